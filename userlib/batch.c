// SPDX-License-Identifier: MIT
/*
 * Batches: sequences that are decoded together.
 *
 * A sequence that has started has a seat: row i of every pass of steps is seat i's, and seats
 * are filled from 0 on. The KV cache is pages of its sequences (cache.h); those for all that a
 * request may draw are taken when it starts, so that nothing that has started ever waits.
 *
 * One call reads prompts, a pass's rows of them, and then makes steps of the sequences that are
 * past theirs. A long prompt so delays the others by a chunk at a time.
 * All cells are written anew before each job, from what the host knows: no state is kept twice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "runner.h"

#define TNPU_BATCH_SEQS	8

/**
 * struct tnpu_seq - a request, and the sequence that comes of it
 * @next: in the queue of those that have not started
 * @request: the caller's; its prompt is @ids
 * @result: so far; its @tokens are those drawn
 * @ids: the prompt, and behind it what has been drawn
 * @pages: its pages of the cache and row of the table, when it has started
 * @position: tokens in the KV cache
 * @limit: tokens to draw at most
 * @added, @first: times of tnpu_batch_add() and of the first token
 */
struct tnpu_seq {
	struct tnpu_seq *next;
	struct tnpu_request request;
	struct tnpu_generation result;
	uint32_t *ids;
	struct tnpu_pages pages;
	uint32_t position;
	uint32_t limit;
	double added;
	double first;
};

/**
 * struct tnpu_batch - see tnpu_batch_create()
 * @queue, @queue_end: requests that have not started, in their order
 * @seat: those past their prompt, @seated of them
 * @reading: the one whose prompt is being read, or NULL
 * @waiting: requests in the queue
 * @step_s: seconds of a step, of late; 0: none was made
 */
struct tnpu_batch {
	struct tnpu_runner runner;
	struct tnpu_cache *cache;
	struct tnpu_seq *queue;
	struct tnpu_seq **queue_end;
	struct tnpu_seq *seat[TNPU_BATCH_MAX];
	struct tnpu_seq *reading;
	uint32_t seated;
	uint32_t waiting;
	double step_s;
	struct tnpu_batch_stats stats;
};

/* ---- Creation --------------------------------------------------------------------------- */

static int tnpu_batch_shape(struct tnpu_model *model, const struct tnpu_batch_options *o,
			    struct tnpu_shape *shape, struct tnpu_errmsg *err)
{
	uint32_t per_seq;

	if (o->seqs > TNPU_BATCH_MAX)
		return tnpu_errmsg_set(err, -EINVAL, "a batch has 1 to %u sequences, not %u",
				       TNPU_BATCH_MAX, o->seqs);
	if (o->positions > TNPU_MAX_POSITIONS)
		return tnpu_errmsg_set(err, -EINVAL, "a cache has at most %u positions, not %u",
				       TNPU_MAX_POSITIONS, o->positions);
	*shape = (struct tnpu_shape){
		.context = tnpu_runner_context(model, o->context),
		.kv_dtype = o->kv_dtype,
		.chunk = o->chunk,
		.seqs = o->seqs ? o->seqs : TNPU_BATCH_SEQS,
		.block = TNPU_BATCH_BLOCK,
		.history = TNPU_RUNNER_STEPS,
	};
	shape->outs = shape->seqs;
	per_seq = (shape->context + TNPU_BATCH_BLOCK - 1) / TNPU_BATCH_BLOCK;
	shape->blocks = (o->positions + TNPU_BATCH_BLOCK - 1) / TNPU_BATCH_BLOCK;
	if (!shape->blocks)
		shape->blocks = shape->seqs * per_seq;
	return 0;
}

int tnpu_batch_create(struct tnpu_model *model, const struct tnpu_batch_options *options,
		      struct tnpu_batch **out, struct tnpu_errmsg *err)
{
	const struct tnpu_batch_options none = { 0 };
	struct tnpu_batch *b = calloc(1, sizeof(*b));
	struct tnpu_shape shape;
	int ret;

	if (!b)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	b->queue_end = &b->queue;
	ret = tnpu_batch_shape(model, options ? options : &none, &shape, err);
	if (!ret)
		ret = tnpu_runner_build(&b->runner, model, &shape, err);
	if (!ret) {
		b->cache = tnpu_cache_create(shape.blocks, shape.block, shape.seqs);
		if (!b->cache)
			ret = tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	}
	if (ret) {
		tnpu_batch_destroy(b);
		return ret;
	}
	*out = b;
	return 0;
}

static void tnpu_seq_free(struct tnpu_seq *seq)
{
	if (!seq)
		return;
	free(seq->pages.block);
	free(seq->ids);
	free(seq);
}

void tnpu_batch_destroy(struct tnpu_batch *b)
{
	struct tnpu_seq *seq;
	uint32_t i;

	if (!b)
		return;
	tnpu_runner_free(&b->runner);
	while (b->queue) {
		seq = b->queue;
		b->queue = seq->next;
		tnpu_seq_free(seq);
	}
	for (i = 0; i < b->seated; i++)
		tnpu_seq_free(b->seat[i]);
	tnpu_seq_free(b->reading);
	tnpu_cache_destroy(b->cache);
	free(b);
}

void tnpu_batch_get_stats(const struct tnpu_batch *b, struct tnpu_batch_stats *stats)
{
	*stats = b->stats;
}

/* ---- Requests ---------------------------------------------------------------------------- */

/* Positions that a request fills: the last token drawn needs none. */
static uint32_t tnpu_seq_positions(const struct tnpu_seq *seq)
{
	return seq->request.n_prompt + (seq->limit ? seq->limit - 1 : 0);
}

static struct tnpu_seq *tnpu_seq_create(const struct tnpu_batch *b,
					const struct tnpu_request *request)
{
	struct tnpu_seq *seq = calloc(1, sizeof(*seq));
	uint32_t room = b->runner.context - request->n_prompt + 1;

	if (!seq)
		return NULL;
	seq->request = *request;
	seq->limit = request->n < room ? request->n : room;
	seq->result.stop = request->n > room ? TNPU_STOP_CONTEXT : TNPU_STOP_LENGTH;
	seq->added = tnpu_runner_clock();
	seq->ids = malloc(((size_t)tnpu_seq_positions(seq) + 1) * sizeof(*seq->ids));
	if (!seq->ids) {
		free(seq);
		return NULL;
	}
	memcpy(seq->ids, request->prompt, request->n_prompt * sizeof(*seq->ids));
	return seq;
}

int tnpu_batch_add(struct tnpu_batch *b, const struct tnpu_request *request,
		   struct tnpu_errmsg *err)
{
	struct tnpu_seq *seq;
	int ret;

	ret = tnpu_runner_check(&b->runner, request->prompt, request->n_prompt,
				b->runner.context, err);
	if (ret)
		return ret;
	seq = tnpu_seq_create(b, request);
	if (!seq)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	if (!tnpu_cache_holds(b->cache, tnpu_seq_positions(seq))) {
		ret = tnpu_errmsg_set(err, -E2BIG,
				      "%u positions are more than the cache of the batch has",
				      tnpu_seq_positions(seq));
		tnpu_seq_free(seq);
		return ret;
	}
	*b->queue_end = seq;
	b->queue_end = &seq->next;
	b->waiting++;
	return 0;
}

/* The request has ended: its pages stay in the cache until others need them. */
static void tnpu_batch_end(struct tnpu_batch *b, struct tnpu_seq *seq)
{
	double now = tnpu_runner_clock();

	tnpu_cache_filled(b->cache, &seq->pages, seq->ids, seq->position);
	tnpu_cache_release(b->cache, &seq->pages);
	if (!seq->first)
		seq->first = now;
	seq->result.prefill_s = seq->first - seq->added;
	seq->result.decode_s = now - seq->first;
	if (seq->request.done)
		seq->request.done(seq->request.opaque, &seq->result);
	tnpu_seq_free(seq);
}

/* Hands on a token. False: the sequence ends. */
static bool tnpu_batch_token(struct tnpu_batch *b, struct tnpu_seq *seq, uint32_t token)
{
	const uint32_t n = seq->result.tokens;

	if (!n)
		seq->first = tnpu_runner_clock();
	if (!tnpu_runner_count(&b->runner, token, seq->request.ignore_eos, &seq->result))
		return false;
	seq->ids[seq->request.n_prompt + n] = token;
	b->stats.tokens++;
	if (seq->request.fn && seq->request.fn(seq->request.opaque, token)) {
		seq->result.stop = TNPU_STOP_CALLER;
		return false;
	}
	return seq->result.tokens < seq->limit;
}

/* ---- Prompts ------------------------------------------------------------------------------ */

/* The first of the queue starts where there is a seat and room in the cache. */
static void tnpu_batch_start(struct tnpu_batch *b)
{
	struct tnpu_seq *seq = b->queue;
	volatile uint32_t *row;
	uint32_t i;

	if (b->reading || !seq || b->seated == b->runner.plan.outs ||
	    !tnpu_cache_take(b->cache, seq->ids, seq->request.n_prompt, tnpu_seq_positions(seq),
			     &seq->pages))
		return;
	b->queue = seq->next;
	if (!b->queue)
		b->queue_end = &b->queue;
	b->waiting--;
	b->reading = seq;
	seq->position = seq->pages.shared;
	b->stats.prompt_tokens += seq->request.n_prompt;
	b->stats.shared_tokens += seq->pages.shared;
	row = b->runner.table + seq->pages.seq * b->runner.plan.kv.blocks_per_seq;
	for (i = 0; i < seq->pages.count; i++)
		row[i] = seq->pages.block[i];
}

static void tnpu_batch_put_prompt(struct tnpu_batch *b, const struct tnpu_seq *seq, uint32_t n)
{
	struct tnpu_runner *r = &b->runner;
	uint32_t i;

	for (i = 0; i < n; i++) {
		r->tokens[i] = seq->ids[seq->position + i];
		r->positions[i] = seq->position + i;
		r->seqs[i] = seq->pages.seq;
	}
	r->state->rows = n;
	r->state->outs = 1;
	r->state->step = 0;
	r->picks[0] = n - 1;
	r->counters[0] = 0;
	tnpu_runner_put_sampling(r, 0, &seq->request.sampling);
}

/* A chunk of the prompt, of *@rows at most; behind its last one, the first token. */
static int tnpu_batch_read(struct tnpu_batch *b, uint32_t *rows, struct tnpu_errmsg *err)
{
	struct tnpu_runner *r = &b->runner;
	struct tnpu_seq *seq = b->reading;
	uint32_t left = seq->request.n_prompt - seq->position;
	uint32_t n = left < *rows ? left : *rows;
	uint64_t point;
	int ret;

	tnpu_batch_put_prompt(b, seq, n);
	ret = tnpu_runner_submit(r, &r->body, &point, err);
	if (!ret && n == left)
		ret = tnpu_runner_submit(r, &r->tail, &point, err);
	if (!ret)
		ret = tnpu_queue_wait(r->queue, point, -1, err);
	if (ret)
		return ret;
	*rows -= n;
	seq->position += n;
	tnpu_cache_filled(b->cache, &seq->pages, seq->ids, seq->position);
	if (n < left)
		return 0;
	b->reading = NULL;
	if (seq->limit && tnpu_batch_token(b, seq, r->tokens[0]))
		b->seat[b->seated++] = seq;
	else
		tnpu_batch_end(b, seq);
	return 0;
}

/* ---- Steps --------------------------------------------------------------------------------- */

static void tnpu_batch_put_seats(struct tnpu_batch *b)
{
	struct tnpu_runner *r = &b->runner;
	const struct tnpu_seq *seq;
	uint32_t i;

	for (i = 0; i < b->seated; i++) {
		seq = b->seat[i];
		r->tokens[i] = seq->ids[seq->position];
		r->positions[i] = seq->position;
		r->seqs[i] = seq->pages.seq;
		r->counters[i] = seq->result.tokens;
		tnpu_runner_put_sampling(r, i, &seq->request.sampling);
	}
	r->state->rows = b->seated;
	r->state->step = 0;
}

/* No more than any of the sequences may draw, nor than a moment's. */
static uint32_t tnpu_batch_steps_wanted(const struct tnpu_batch *b)
{
	uint32_t most = tnpu_runner_max_steps(&b->runner);
	double steps = b->step_s > 0 ? TNPU_RUNNER_JOB_S / b->step_s : 1;
	uint32_t i;

	for (i = 0; i < b->seated; i++)
		if (b->seat[i]->limit - b->seat[i]->result.tokens < most)
			most = b->seat[i]->limit - b->seat[i]->result.tokens;
	return steps < 1 ? 1 : steps < most ? steps : most;
}

/* What seat @i has drawn in @n steps. False: it ends. */
static bool tnpu_batch_take(struct tnpu_batch *b, uint32_t i, uint32_t n)
{
	const volatile uint32_t *drawn = b->runner.history + i * b->runner.plan.n_history;
	struct tnpu_seq *seq = b->seat[i];
	uint32_t step;

	for (step = 0; step < n; step++) {
		seq->position++;
		if (!tnpu_batch_token(b, seq, drawn[step]))
			return false;
	}
	tnpu_cache_filled(b->cache, &seq->pages, seq->ids, seq->position);
	return true;
}

/* Hands on what was drawn; who ends leaves the seat, and the others move up. */
static void tnpu_batch_take_all(struct tnpu_batch *b, uint32_t steps)
{
	uint32_t seated = b->seated;
	uint32_t i;

	b->seated = 0;
	for (i = 0; i < seated; i++) {
		if (tnpu_batch_take(b, i, steps))
			b->seat[b->seated++] = b->seat[i];
		else
			tnpu_batch_end(b, b->seat[i]);
	}
}

static int tnpu_batch_step(struct tnpu_batch *b, struct tnpu_errmsg *err)
{
	uint32_t steps = tnpu_batch_steps_wanted(b);
	double start = tnpu_runner_clock();
	uint64_t point;
	int ret;

	tnpu_batch_put_seats(b);
	ret = tnpu_runner_submit_steps(&b->runner, steps, &point, err);
	if (!ret)
		ret = tnpu_queue_wait(b->runner.queue, point, -1, err);
	if (ret)
		return ret;
	b->step_s = (tnpu_runner_clock() - start) / steps;
	b->stats.passes += steps;
	tnpu_batch_take_all(b, steps);
	return 0;
}

int tnpu_batch_run(struct tnpu_batch *b, struct tnpu_errmsg *err)
{
	uint32_t rows = b->runner.plan.rows;
	int ret = 0;

	tnpu_batch_start(b);
	while (!ret && rows && b->reading) {
		ret = tnpu_batch_read(b, &rows, err);
		tnpu_batch_start(b);
	}
	if (!ret && b->seated)
		ret = tnpu_batch_step(b, err);
	return ret ? ret : (int)(b->waiting + !!b->reading + b->seated);
}
