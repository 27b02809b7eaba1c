// SPDX-License-Identifier: MIT
/*
 * tnpu bench: sequences that generate together, all at once or as requests arrive.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cmd_bench.h"

/* A batch that cannot go on says why; an interrupt has been seen to. */
static int bench_failed(int ret, const struct tnpu_errmsg *err)
{
	if (ret < 0)
		return tnpu_cmd_error(err);
	return tnpu_cmd_interrupted() ? -1 : 0;
}

static int bench_add(struct tnpu_batch *batch, struct tnpu_bench_load *load,
		     struct tnpu_request *request, struct tnpu_errmsg *err)
{
	uint32_t vocab = tnpu_model_get_info(load->model)->vocab;
	uint32_t *ids = calloc(load->prompt, sizeof(*ids));
	int ret;

	if (!ids)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	tnpu_bench_random(&load->random, vocab, ids, load->prompt);
	request->prompt = ids;
	request->n_prompt = load->prompt;
	request->n = load->gen;
	request->ignore_eos = true;
	ret = tnpu_batch_add(batch, request, err);
	free(ids);
	return ret;
}

/* ---- All at once ---------------------------------------------------------------------- */

/* Tokens of one sequence in one call, at most: see tnpu_token_fn. */
#define BENCH_STEPS	64

/**
 * struct bench_crowd - sequences that started together
 * @left: how many have no token yet
 * @drawn: tokens since the last of them has
 * @start, @end: when that was; when there were enough of them
 */
struct bench_crowd {
	uint32_t left;
	uint64_t drawn;
	double start;
	double end;
};

/** struct bench_member - one of them, and its tokens */
struct bench_member {
	struct bench_crowd *crowd;
	uint32_t tokens;
};

static int bench_crowd_token(void *opaque, uint32_t token)
{
	struct bench_member *m = opaque;
	struct bench_crowd *c = m->crowd;

	if (!m->tokens++ && !--c->left)
		c->start = tnpu_cmd_clock();
	else if (!c->left)
		c->drawn++;
	return tnpu_cmd_interrupted();
}

/* Who was first goes on until the last has begun: it needs more tokens than are counted. */
static void bench_make_room(struct tnpu_bench_load *load)
{
	uint32_t max = tnpu_model_get_info(load->model)->context;
	uint64_t runs = load->options.seqs + (uint64_t)load->options.seqs * load->prompt /
			(load->options.chunk ? load->options.chunk : 1);
	uint64_t gen = load->gen + BENCH_STEPS * (runs + 2);

	load->gen = gen < max - load->prompt ? gen : max - load->prompt;
	load->options.context = load->prompt + load->gen;
}

static int bench_crowd_run(struct tnpu_batch *batch, struct bench_crowd *crowd, uint64_t enough,
			   struct tnpu_errmsg *err)
{
	int ret;

	do
		ret = tnpu_batch_run(batch, err);
	while (ret > 0 && crowd->drawn < enough && !tnpu_cmd_interrupted());
	crowd->end = tnpu_cmd_clock();
	if (ret >= 0 && crowd->drawn < enough)
		ret = tnpu_errmsg_set(err, -E2BIG, "the model's context is too short for that");
	return ret;
}

int tnpu_bench_batch(struct tnpu_bench_load *load, double *rate)
{
	const uint64_t enough = (uint64_t)load->gen * load->options.seqs;
	struct bench_crowd crowd = { .left = load->options.seqs };
	struct bench_member member[TNPU_BATCH_MAX] = { { NULL, 0 } };
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_batch *batch = NULL;
	uint32_t i;
	int ret;

	bench_make_room(load);
	ret = tnpu_batch_create(load->model, &load->options, &batch, &err);
	for (i = 0; !ret && i < load->options.seqs; i++) {
		struct tnpu_request request = { .fn = bench_crowd_token, .opaque = &member[i] };

		member[i].crowd = &crowd;
		ret = bench_add(batch, load, &request, &err);
	}
	if (!ret)
		ret = bench_crowd_run(batch, &crowd, enough, &err);
	*rate = crowd.drawn / (crowd.end - crowd.start);
	tnpu_batch_destroy(batch);
	return bench_failed(ret, &err);
}

/* ---- As they arrive ----------------------------------------------------------------------- */

/** struct bench_guest - a request; times are of the monotonic clock */
struct bench_guest {
	double arrival;
	double first;
	double last;
	uint32_t tokens;
};

static int bench_guest_token(void *opaque, uint32_t token)
{
	struct bench_guest *g = opaque;

	g->last = tnpu_cmd_clock();
	if (!g->tokens++)
		g->first = g->last;
	return tnpu_cmd_interrupted();
}

/* Uniform in (0, 1]. */
static double bench_uniform(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return ((*random >> 8) + 1) / 16777216.0;
}

static void bench_sleep_until(double when)
{
	double left = when - tnpu_cmd_clock();
	struct timespec ts = { .tv_sec = left, .tv_nsec = (left - floor(left)) * 1e9 };

	if (left > 0)
		nanosleep(&ts, NULL);
}

static int bench_serve_all(struct tnpu_batch *batch, struct tnpu_bench_load *load,
			   struct bench_guest *guest, uint32_t n, struct tnpu_errmsg *err)
{
	uint32_t next = 0;
	int ret = 0;

	while (ret >= 0 && (ret || next < n) && !tnpu_cmd_interrupted()) {
		if (!ret)
			bench_sleep_until(guest[next].arrival);
		while (ret >= 0 && next < n && guest[next].arrival <= tnpu_cmd_clock()) {
			struct tnpu_request request = {
				.fn = bench_guest_token, .opaque = &guest[next++],
			};

			ret = bench_add(batch, load, &request, err);
		}
		if (ret >= 0)
			ret = tnpu_batch_run(batch, err);
	}
	return ret;
}

static void bench_serve_waits(const struct bench_guest *guest, struct tnpu_bench_waits *w)
{
	double last = 0;
	uint32_t i;

	w->tokens = 0;
	for (i = 0; i < w->n; i++) {
		const struct bench_guest *g = &guest[i];

		w->first[i] = g->first - g->arrival;
		w->each[i] = g->tokens > 1 ? (g->last - g->first) / (g->tokens - 1) : 0;
		w->tokens += g->tokens;
		last = g->last > last ? g->last : last;
	}
	w->seconds = last - guest[0].arrival;
}

int tnpu_bench_serve(struct tnpu_bench_load *load, double rate, struct tnpu_bench_waits *waits)
{
	struct bench_guest *guest = calloc(waits->n, sizeof(*guest));
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_batch *batch = NULL;
	double at;
	uint32_t i;
	int ret;

	ret = guest ? tnpu_batch_create(load->model, &load->options, &batch, &err) :
		      tnpu_errmsg_set(&err, -ENOMEM, "out of memory");
	at = tnpu_cmd_clock();
	for (i = 0; !ret && i < waits->n; i++) {
		guest[i].arrival = at;
		at -= log(bench_uniform(&load->random)) / rate;
	}
	if (!ret)
		ret = bench_serve_all(batch, load, guest, waits->n, &err);
	tnpu_batch_destroy(batch);
	ret = bench_failed(ret, &err);
	if (!ret)
		bench_serve_waits(guest, waits);
	free(guest);
	return ret;
}
