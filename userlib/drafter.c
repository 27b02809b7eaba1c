// SPDX-License-Identifier: MIT
/*
 * Drafters: a draft is two jobs and one wait.
 *
 * The first job reads the tokens that the cache lacks, and draws behind the last of them: that
 * one is row 0, so that the steps of the second job go on from there. Which row a position is
 * in makes no difference to what is computed. After a draft that was right to its end two
 * tokens are lacking, else one; a prompt's are read in chunks before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drafter.h"
#include "tokenizer_internal.h"

/* ---- Creation --------------------------------------------------------------------------- */

/* Embeddings may be more than the tokens that the file names; any of them can be drawn. */
static int tnpu_drafter_check(const struct tnpu_model *model, const struct tnpu_model *target,
			      struct tnpu_errmsg *err)
{
	struct tnpu_errmsg why = { .text = "" };
	int ret;

	if (model->info.vocab != target->info.vocab)
		return tnpu_errmsg_set(err, -EINVAL,
				       "the draft model has a vocabulary of %u, the model one of %u",
				       model->info.vocab, target->info.vocab);
	ret = tnpu_vocab_compare(&model->tokenizer->vocab, &target->tokenizer->vocab, &why);
	return ret ? tnpu_errmsg_set(err, ret,
				     "the draft model's vocabulary is not the model's: %s",
				     why.text) : 0;
}

static int tnpu_drafter_compile(struct tnpu_drafter *d)
{
	const struct tnpu_plan *plan = &d->runner.plan;
	struct tnpu_stream *stream;
	int ret = tnpu_stream_create(&stream);

	if (ret)
		return ret;
	tnpu_compile_body(plan, stream, TNPU_ROWS_PASS);
	tnpu_compile_sample(plan, stream, TNPU_ROWS_ONE);
	tnpu_compile_advance(plan, stream, TNPU_ROWS_ONE);
	ret = tnpu_runner_upload(&d->runner, stream, &d->first);
	tnpu_stream_destroy(stream);
	return ret;
}

static int tnpu_drafter_build(struct tnpu_drafter *d, struct tnpu_model *model,
			      const struct tnpu_shape *session, uint32_t max,
			      struct tnpu_errmsg *err)
{
	struct tnpu_errmsg why = { .text = "" };
	struct tnpu_shape shape = *session;
	int ret;

	if (shape.context > model->info.context)
		shape.context = model->info.context;
	shape.outs = 1;
	shape.history = max;
	ret = tnpu_runner_build(&d->runner, model, &shape, &why);
	if (ret)
		return tnpu_errmsg_set(err, ret, "the draft model: %s", why.text);
	d->ids = calloc(d->runner.context, sizeof(*d->ids));
	ret = d->ids ? tnpu_drafter_compile(d) : -ENOMEM;
	return ret ? tnpu_errmsg_set(err, ret, "cannot set up the draft model: %s",
				     strerror(-ret)) : 0;
}

int tnpu_drafter_create(struct tnpu_model *model, const struct tnpu_model *target,
			const struct tnpu_shape *shape, uint32_t max,
			struct tnpu_drafter **out, struct tnpu_errmsg *err)
{
	int ret = tnpu_drafter_check(model, target, err);
	struct tnpu_drafter *d;

	if (ret)
		return ret;
	d = calloc(1, sizeof(*d));
	if (!d)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	ret = tnpu_drafter_build(d, model, shape, max, err);
	if (ret) {
		tnpu_drafter_destroy(d);
		return ret;
	}
	*out = d;
	return 0;
}

void tnpu_drafter_destroy(struct tnpu_drafter *d)
{
	if (!d)
		return;
	tnpu_runner_free(&d->runner);
	tnpu_buffer_destroy(d->first.buf);
	free(d->ids);
	free(d);
}

/* ---- Drafts ------------------------------------------------------------------------------ */

void tnpu_drafter_begin(struct tnpu_drafter *d, const struct tnpu_sampling *sampling)
{
	tnpu_runner_put_sampling(&d->runner, 0, sampling);
}

/* Back to where the cache and @ids part; the last of these has to run in any case. */
static void tnpu_drafter_match(struct tnpu_drafter *d, const uint32_t *ids, uint32_t n)
{
	uint32_t same = 0;

	while (same < d->position && same < n - 1 && d->ids[same] == ids[same])
		same++;
	d->position = same;
}

/* Rows from @row on are the next @n tokens that the cache lacks. */
static void tnpu_drafter_put(struct tnpu_drafter *d, const uint32_t *ids, uint32_t row, uint32_t n)
{
	struct tnpu_runner *r = &d->runner;
	uint32_t i;

	for (i = row; i < row + n; i++) {
		r->tokens[i] = ids[d->position];
		r->positions[i] = d->position;
		d->ids[d->position] = ids[d->position];
		d->position++;
	}
	r->state->rows = row + n;
}

/* Reads of @n tokens so many that one pass takes what is left. */
static int tnpu_drafter_read(struct tnpu_drafter *d, const uint32_t *ids, uint32_t n,
			     struct tnpu_errmsg *err)
{
	struct tnpu_runner *r = &d->runner;
	uint64_t point;
	int ret = 0;

	while (!ret && n - d->position > r->plan.rows) {
		tnpu_drafter_put(d, ids, 0, r->plan.rows);
		ret = tnpu_runner_submit(r, &r->body, &point, err);
		if (!ret)
			ret = tnpu_queue_wait(r->queue, point, -1, err);
	}
	return ret;
}

/* Draws @max tokens behind @n, of which one pass takes what the cache lacks. */
static int tnpu_drafter_draw(struct tnpu_drafter *d, const uint32_t *ids, uint32_t n,
			     uint32_t counter, uint32_t max, struct tnpu_errmsg *err)
{
	struct tnpu_runner *r = &d->runner;
	uint32_t most = tnpu_runner_max_steps(r);
	uint32_t left, steps;
	uint64_t point;
	int ret;

	tnpu_drafter_put(d, ids, 1, n - 1 - d->position);
	d->ids[n - 1] = ids[n - 1];
	r->tokens[0] = ids[n - 1];
	r->positions[0] = n - 1;
	r->counters[0] = counter;
	r->state->step = 0;
	ret = tnpu_runner_submit(r, &d->first, &point, err);
	for (left = max - 1; !ret && left; left -= steps) {
		steps = left < most ? left : most;
		ret = tnpu_runner_submit_steps(r, steps, &point, err);
	}
	if (!ret)
		ret = tnpu_queue_wait(r->queue, point, -1, err);
	return ret;
}

/* The last token drawn has not run. Memory may hold anything: what is no token ends the draft. */
static uint32_t tnpu_drafter_take(struct tnpu_drafter *d, uint32_t n, uint32_t *draft,
				  uint32_t max)
{
	uint32_t i;

	d->position = n;
	for (i = 0; i < max; i++) {
		draft[i] = d->runner.history[i];
		if (draft[i] >= d->runner.model->info.vocab)
			break;
		if (i + 1 < max)
			d->ids[d->position++] = draft[i];
	}
	return i;
}

int tnpu_drafter_draft(struct tnpu_drafter *d, const uint32_t *ids, uint32_t n, uint32_t counter,
		       uint32_t *draft, uint32_t max, struct tnpu_errmsg *err)
{
	uint32_t room = n <= d->runner.context ? d->runner.context - n + 1 : 0;
	int ret;

	max = max < room ? max : room;
	if (!max)
		return 0;
	tnpu_drafter_match(d, ids, n);
	ret = tnpu_drafter_read(d, ids, n, err);
	if (!ret)
		ret = tnpu_drafter_draw(d, ids, n, counter, max, err);
	return ret ? ret : (int)tnpu_drafter_take(d, n, draft, max);
}
