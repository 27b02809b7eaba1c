// SPDX-License-Identifier: MIT
/*
 * Sessions: one sequence on a model.
 *
 * Three streams are compiled once: the body over a chunk of rows, the tail that draws a
 * token from the last row, and steps, each of which is both for one row and then advances
 * the position. A generation replays the steps; several jobs are in flight, so that the
 * device never waits for the CPU, and the predicate cell drops those behind a stop token.
 *
 * A job has as many steps as the device makes in a moment that nobody notices. Each job
 * costs system calls, an interrupt and a wake-up, which in an emulated machine take longer
 * than a small model's step. What a job computes behind a stop token is never looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compile.h"

#define TNPU_SESSION_CHUNK	128
#define TNPU_SESSION_CHUNK_MAX	1024
#define TNPU_SESSION_CONTEXT	4096
#define TNPU_SESSION_IN_FLIGHT	2
#define TNPU_SESSION_STEPS	8	/* of a job, at most */
#define TNPU_SESSION_JOB_S	0.05	/* text that comes 20 times a second seems to flow */
#define TNPU_SESSION_KV_BLOCK	256
#define TNPU_SESSION_EVAL_BYTES	(64u << 20)

#define ALIGN_UP(x, a)	(((x) + (a) - 1) / (a) * (a))

/** struct tnpu_program - a stream in device memory */
struct tnpu_program {
	struct tnpu_buffer *buf;
	uint32_t size;
};

/**
 * struct tnpu_session - see tnpu_session_create()
 * @position: tokens in the KV cache
 * @state, @tokens, @positions, @history: the cells of @cells, mapped
 * @steps: TNPU_SESSION_STEPS of @step_size bytes each, or as many as a job may have
 * @eval: compiled when first asked for, with @eval_logits and @eval_rows
 */
struct tnpu_session {
	struct tnpu_model *model;
	struct tnpu_queue *queue;
	struct tnpu_plan plan;
	uint32_t context;
	uint32_t position;
	struct tnpu_buffer *cache;
	struct tnpu_buffer *activations;
	struct tnpu_buffer *cells;
	volatile struct tnpu_state *state;
	volatile uint32_t *tokens;
	volatile uint32_t *positions;
	volatile uint32_t *history;
	struct tnpu_program body;
	struct tnpu_program tail;
	struct tnpu_program steps;
	uint32_t step_size;
	struct tnpu_program eval;
	struct tnpu_buffer *eval_logits;
	uint32_t eval_rows;
};

/* ---- Creation --------------------------------------------------------------------------- */

static uint64_t tnpu_session_kv_row(uint32_t dtype, uint32_t head_dim)
{
	switch (dtype) {
	case TNPU_DTYPE_F16:
		return head_dim * 2;
	case TNPU_DTYPE_QI8:
		return ALIGN_UP(head_dim, 32) / 32 * sizeof(float) + head_dim;
	default:
		return head_dim * sizeof(float);
	}
}

static int tnpu_session_cache(struct tnpu_session *s, uint32_t dtype)
{
	const struct tnpu_model_info *info = &s->model->info;
	struct tnpu_kv *kv = &s->plan.kv;
	uint64_t size;
	int ret;

	kv->block_positions = TNPU_SESSION_KV_BLOCK;
	kv->blocks_per_seq = ALIGN_UP(s->context, TNPU_SESSION_KV_BLOCK) / TNPU_SESSION_KV_BLOCK;
	kv->blocks = kv->blocks_per_seq;
	kv->seqs = 1;
	kv->kv_heads = info->kv_heads;
	kv->head_dim = info->head_dim;
	kv->dtype = dtype;
	size = tnpu_session_kv_row(dtype, info->head_dim) * kv->block_positions * kv->blocks *
	       info->kv_heads;
	s->plan.kv_layer = 2 * size;
	ret = tnpu_buffer_create(s->model->dev, s->plan.kv_layer * info->layers, 0, &s->cache);
	if (ret)
		return ret;
	kv->k = tnpu_buffer_va(s->cache);
	kv->v = kv->k + size;
	return 0;
}

static int tnpu_session_activations(struct tnpu_session *s)
{
	int ret;

	ret = tnpu_buffer_create(s->model->dev, tnpu_plan_activations(&s->plan, 0), 0,
				 &s->activations);
	if (!ret)
		tnpu_plan_activations(&s->plan, tnpu_buffer_va(s->activations));
	return ret;
}

static int tnpu_session_cells(struct tnpu_session *s)
{
	uint64_t tokens = ALIGN_UP(sizeof(struct tnpu_state), 64);
	uint64_t positions = tokens + s->plan.rows * sizeof(uint32_t);
	uint64_t history = positions + s->plan.rows * sizeof(uint32_t);
	uint64_t va;
	char *map;
	int ret;

	/* P prompt tokens and N drawn ones fill P + N - 1 positions. */
	s->plan.n_history = s->context + 1;
	ret = tnpu_buffer_create(s->model->dev,
				 history + s->plan.n_history * sizeof(uint32_t), 0, &s->cells);
	if (ret)
		return ret;
	map = tnpu_buffer_map(s->cells);
	if (!map)
		return -errno;
	va = tnpu_buffer_va(s->cells);
	s->plan.state = va;
	s->plan.tokens = va + tokens;
	s->plan.positions = va + positions;
	s->plan.history = va + history;
	s->state = (void *)map;
	s->tokens = (void *)(map + tokens);
	s->positions = (void *)(map + positions);
	s->history = (void *)(map + history);
	return 0;
}

static int tnpu_session_upload(struct tnpu_session *s, struct tnpu_stream *stream,
			       struct tnpu_program *program)
{
	program->size = tnpu_stream_size(stream);
	return tnpu_stream_upload(stream, s->model->dev, &program->buf);
}

/* Step behind step: the beginning of the stream is a job of fewer. */
static void tnpu_session_compile_steps(struct tnpu_session *s, struct tnpu_stream *steps)
{
	uint32_t max = s->model->dev->info.max_stream_bytes;
	uint32_t i;

	for (i = 0; i < TNPU_SESSION_STEPS; i++) {
		if (i && max - tnpu_stream_size(steps) < s->step_size)
			return;
		tnpu_compile_body(&s->plan, steps, true);
		tnpu_compile_sample(&s->plan, steps, true);
		tnpu_compile_advance(&s->plan, steps);
		s->step_size = tnpu_stream_size(steps) / (i + 1);
	}
}

static int tnpu_session_compile(struct tnpu_session *s)
{
	struct tnpu_stream *body = NULL, *tail = NULL, *steps = NULL;
	int ret;

	ret = tnpu_stream_create(&body);
	if (!ret)
		ret = tnpu_stream_create(&tail);
	if (!ret)
		ret = tnpu_stream_create(&steps);
	if (ret)
		goto out;
	tnpu_compile_body(&s->plan, body, false);
	tnpu_compile_sample(&s->plan, tail, false);
	tnpu_session_compile_steps(s, steps);
	ret = tnpu_session_upload(s, body, &s->body);
	if (!ret)
		ret = tnpu_session_upload(s, tail, &s->tail);
	if (!ret)
		ret = tnpu_session_upload(s, steps, &s->steps);
out:
	tnpu_stream_destroy(steps);
	tnpu_stream_destroy(tail);
	tnpu_stream_destroy(body);
	return ret;
}

static int tnpu_session_options(struct tnpu_session *s,
				const struct tnpu_session_options *o, struct tnpu_errmsg *err)
{
	uint32_t max = s->model->info.context;

	s->context = o->context;
	if (!s->context)
		s->context = max < TNPU_SESSION_CONTEXT ? max : TNPU_SESSION_CONTEXT;
	if (s->context > max)
		return tnpu_errmsg_set(err, -EINVAL,
				       "a context of %u is more than the model's %u positions",
				       s->context, max);
	if (o->kv_dtype != TNPU_DTYPE_F32 && o->kv_dtype != TNPU_DTYPE_F16 &&
	    o->kv_dtype != TNPU_DTYPE_QI8)
		return tnpu_errmsg_set(err, -EINVAL, "a KV cache is F32, F16 or QI8");
	if (o->chunk > TNPU_SESSION_CHUNK_MAX)
		return tnpu_errmsg_set(err, -EINVAL, "chunks have 1 to %u rows, not %u",
				       TNPU_SESSION_CHUNK_MAX, o->chunk);
	s->plan.rows = o->chunk ? o->chunk : TNPU_SESSION_CHUNK;
	if (s->plan.rows > s->context)
		s->plan.rows = s->context;
	return 0;
}

static int tnpu_session_build(struct tnpu_session *s, uint32_t kv_dtype,
			      struct tnpu_errmsg *err)
{
	int ret;

	ret = tnpu_queue_create(s->model->dev, DRM_TNPU_QUEUE_PRIORITY_NORMAL, &s->queue);
	if (ret == -EBUSY)
		return tnpu_errmsg_set(err, ret, "all hardware queues are taken");
	if (ret)
		return tnpu_errmsg_set(err, ret, "no hardware queue: %s", strerror(-ret));
	ret = tnpu_session_cache(s, kv_dtype);
	if (!ret)
		ret = tnpu_session_activations(s);
	if (!ret)
		ret = tnpu_session_cells(s);
	if (!ret)
		ret = tnpu_session_compile(s);
	if (ret == -ENOSPC)
		return tnpu_errmsg_set(err, ret,
				       "device memory is too small for a context of %u positions",
				       s->context);
	if (ret == -EINVAL)
		return tnpu_errmsg_set(err, ret, "the model's streams exceed %u bytes",
				       s->model->dev->info.max_stream_bytes);
	return ret ? tnpu_errmsg_set(err, ret, "cannot set up a session: %s", strerror(-ret)) : 0;
}

int tnpu_session_create(struct tnpu_model *model, const struct tnpu_session_options *options,
			struct tnpu_session **out, struct tnpu_errmsg *err)
{
	const struct tnpu_session_options none = { 0 };
	struct tnpu_session *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	options = options ? options : &none;
	s->model = model;
	s->plan.model = model;
	ret = tnpu_session_options(s, options, err);
	if (!ret)
		ret = tnpu_session_build(s, options->kv_dtype, err);
	if (ret) {
		tnpu_session_destroy(s);
		return ret;
	}
	*out = s;
	return 0;
}

void tnpu_session_destroy(struct tnpu_session *s)
{
	if (!s)
		return;
	tnpu_queue_destroy(s->queue);
	tnpu_buffer_destroy(s->eval_logits);
	tnpu_buffer_destroy(s->eval.buf);
	tnpu_buffer_destroy(s->steps.buf);
	tnpu_buffer_destroy(s->tail.buf);
	tnpu_buffer_destroy(s->body.buf);
	tnpu_buffer_destroy(s->cells);
	tnpu_buffer_destroy(s->activations);
	tnpu_buffer_destroy(s->cache);
	free(s);
}

uint32_t tnpu_session_context(const struct tnpu_session *s)
{
	return s->context;
}

void tnpu_session_reset(struct tnpu_session *s)
{
	s->position = 0;
}

/* ---- Passes -------------------------------------------------------------------------------- */

static int tnpu_session_submit_job(struct tnpu_session *s, const struct tnpu_job *job,
				   uint64_t *point, struct tnpu_errmsg *err)
{
	int ret = tnpu_queue_submit(s->queue, job, point);

	/* A dead queue says why when it is asked. */
	if (ret == -ECANCELED)
		return tnpu_queue_wait(s->queue, 0, 0, err);
	if (ret)
		tnpu_errmsg_set(err, ret, "the device took no more work: %s", strerror(-ret));
	return ret;
}

static int tnpu_session_submit(struct tnpu_session *s, const struct tnpu_program *program,
			       uint64_t *point, struct tnpu_errmsg *err)
{
	const struct tnpu_job job = {
		.stream = tnpu_buffer_va(program->buf),
		.size = program->size,
	};

	return tnpu_session_submit_job(s, &job, point, err);
}

static int tnpu_session_check(struct tnpu_session *s, const uint32_t *ids, uint32_t n,
			      struct tnpu_errmsg *err)
{
	uint32_t i;

	if (!n)
		return tnpu_errmsg_set(err, -EINVAL, "the prompt is empty");
	if (n > s->context - s->position)
		return tnpu_errmsg_set(err, -E2BIG,
				       "the prompt has %u tokens; the context of %u has room for %u",
				       n, s->context, s->context - s->position);
	for (i = 0; i < n; i++)
		if (ids[i] >= s->model->info.vocab)
			return tnpu_errmsg_set(err, -EINVAL,
					       "token %u at %u is not in the vocabulary of %u",
					       ids[i], i, s->model->info.vocab);
	return 0;
}

/* Writes a chunk's rows; the streams read them when they run. */
static void tnpu_session_rows(struct tnpu_session *s, const uint32_t *ids, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		s->tokens[i] = ids[i];
		s->positions[i] = s->position + i;
	}
	s->state->rows = n;
	s->state->last = n - 1;
	s->position += n;
}

static int tnpu_session_prefill(struct tnpu_session *s, const uint32_t *ids, uint32_t n,
				struct tnpu_errmsg *err)
{
	uint64_t point = 0;
	uint32_t done, rows;
	int ret = 0;

	for (done = 0; !ret && done < n; done += rows) {
		rows = n - done < s->plan.rows ? n - done : s->plan.rows;
		tnpu_session_rows(s, ids + done, rows);
		ret = tnpu_session_submit(s, &s->body, &point, err);
		if (!ret && done + rows == n)
			ret = tnpu_session_submit(s, &s->tail, &point, err);
		if (!ret)
			ret = tnpu_queue_wait(s->queue, point, -1, err);
	}
	return ret;
}

/* ---- Generation ------------------------------------------------------------------------------ */

/** struct tnpu_burst - a job of steps in flight; they draw the tokens below @end */
struct tnpu_burst {
	uint64_t point;
	uint32_t end;
};

/**
 * struct tnpu_run - state of one generation
 * @limit: tokens to draw at most
 * @token: the next one to hand on
 * @submitted: tokens drawn when all jobs have run
 * @jobs: so far; number i is burst[i % TNPU_SESSION_IN_FLIGHT]
 * @start: when the first of them was submitted
 */
struct tnpu_run {
	struct tnpu_session *s;
	uint32_t limit;
	bool ignore_eos;
	tnpu_token_fn fn;
	void *opaque;
	struct tnpu_generation *result;
	struct tnpu_errmsg *err;
	uint32_t token;
	uint32_t submitted;
	uint32_t jobs;
	double start;
	struct tnpu_burst burst[TNPU_SESSION_IN_FLIGHT];
};

static double tnpu_session_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void tnpu_session_sampling(struct tnpu_session *s, const struct tnpu_sampling *o,
				  bool ignore_eos)
{
	struct tnpu_sample_params p = { .top_k = o->top_k, .seed = o->seed };
	const float off = 1;
	uint32_t i;

	memcpy(&p.temperature, &o->temperature, sizeof(p.temperature));
	memcpy(&p.top_p, o->top_p ? &o->top_p : &off, sizeof(p.top_p));
	s->state->sampling = p;
	s->state->drawn = 0;
	s->state->predicate = 0;
	s->state->n_stops = ignore_eos ? 0 : s->model->n_stops;
	for (i = 0; i < s->model->n_stops; i++)
		s->state->stops[i] = s->model->stops[i];
}

/*
 * Hands on token number @i. False: the generation ends, @result says why. Device memory may
 * hold anything, all the more when the device is gone: what is not a token is not passed on.
 */
static bool tnpu_run_token(struct tnpu_run *r, uint32_t i)
{
	uint32_t token = r->s->history[i];

	if (token >= r->s->model->info.vocab) {
		r->result->stop = TNPU_STOP_CALLER;
		return false;
	}
	if (!r->ignore_eos && tnpu_tokenizer_is_eog(r->s->model->tokenizer, token)) {
		r->result->stop = TNPU_STOP_EOS;
		return false;
	}
	r->result->tokens++;
	if (r->fn && r->fn(r->opaque, token)) {
		r->result->stop = TNPU_STOP_CALLER;
		return false;
	}
	return true;
}

/* How many the next job is to have: one, until it is known how long a step takes. */
static uint32_t tnpu_run_steps_wanted(const struct tnpu_run *r)
{
	double steps = 1;
	uint32_t most = r->s->steps.size / r->s->step_size;

	if (r->token > 1)
		steps = TNPU_SESSION_JOB_S * (r->token - 1) / (tnpu_session_clock() - r->start);
	if (most > r->limit - r->submitted)
		most = r->limit - r->submitted;
	return steps < 1 ? 1 : steps < most ? steps : most;
}

static int tnpu_run_submit(struct tnpu_run *r)
{
	struct tnpu_burst *burst = &r->burst[r->jobs % TNPU_SESSION_IN_FLIGHT];
	uint32_t steps = tnpu_run_steps_wanted(r);
	const struct tnpu_job job = {
		.stream = tnpu_buffer_va(r->s->steps.buf),
		.size = steps * r->s->step_size,
		.predicate = r->s->plan.state + offsetof(struct tnpu_state, predicate),
	};
	int ret = tnpu_session_submit_job(r->s, &job, &burst->point, r->err);

	if (ret)
		return ret;
	r->submitted += steps;
	burst->end = r->submitted;
	r->jobs++;
	return 0;
}

/* Waits for a job and hands its tokens on. False: the generation ends, or has failed. */
static bool tnpu_run_burst(struct tnpu_run *r, const struct tnpu_burst *burst, int *ret)
{
	*ret = tnpu_queue_wait(r->s->queue, burst->point, -1, r->err);
	while (!*ret && r->token < burst->end) {
		r->s->position++;
		if (!tnpu_run_token(r, r->token))
			return false;
		r->token++;
	}
	return !*ret;
}

/* The prefill drew token number 0. */
static int tnpu_run_steps(struct tnpu_run *r)
{
	struct tnpu_session *s = r->s;
	uint32_t done = 0;
	int ret = 0;

	s->positions[0] = s->position;
	r->token = 1;
	r->submitted = 1;
	r->start = tnpu_session_clock();
	while (r->token < r->limit) {
		while (!ret && r->submitted < r->limit && r->jobs < done + TNPU_SESSION_IN_FLIGHT)
			ret = tnpu_run_submit(r);
		if (ret)
			return ret;
		if (!tnpu_run_burst(r, &r->burst[done % TNPU_SESSION_IN_FLIGHT], &ret))
			break;
		done++;
	}
	/* Jobs behind the last token may still run; drop what has not begun. */
	s->state->predicate = 1;
	if (!ret && r->jobs)
		ret = tnpu_queue_wait(s->queue,
				      r->burst[(r->jobs - 1) % TNPU_SESSION_IN_FLIGHT].point, -1,
				      r->err);
	return ret;
}

static int tnpu_run_all(struct tnpu_run *r, const uint32_t *prompt, uint32_t n_prompt)
{
	double start = tnpu_session_clock();
	double first;
	int ret;

	ret = tnpu_session_prefill(r->s, prompt, n_prompt, r->err);
	first = tnpu_session_clock();
	r->result->prefill_s = first - start;
	if (!ret && r->limit && tnpu_run_token(r, 0))
		ret = tnpu_run_steps(r);
	r->result->decode_s = tnpu_session_clock() - first;
	return ret;
}

int tnpu_session_generate(struct tnpu_session *s, const uint32_t *prompt, uint32_t n_prompt,
			  uint32_t n, const struct tnpu_sampling *sampling, bool ignore_eos,
			  tnpu_token_fn fn, void *opaque, struct tnpu_generation *result,
			  struct tnpu_errmsg *err)
{
	struct tnpu_run run = {
		.s = s,
		.limit = n,
		.ignore_eos = ignore_eos,
		.fn = fn,
		.opaque = opaque,
		.result = result,
		.err = err,
	};
	uint32_t room;
	int ret = tnpu_session_check(s, prompt, n_prompt, err);

	if (ret)
		return ret;
	*result = (struct tnpu_generation){ .stop = TNPU_STOP_LENGTH };
	room = s->context - s->position - n_prompt + 1;
	if (n > room) {
		run.limit = room;
		result->stop = TNPU_STOP_CONTEXT;
	}
	tnpu_session_sampling(s, sampling, ignore_eos);
	return tnpu_run_all(&run, prompt, n_prompt);
}

/* ---- Evaluation ------------------------------------------------------------------ */

static int tnpu_session_prepare_eval(struct tnpu_session *s)
{
	uint32_t vocab = s->model->info.vocab;
	struct tnpu_tensor logits = { .stride = vocab * sizeof(float) };
	struct tnpu_stream *stream;
	int ret;

	if (s->eval.buf)
		return 0;
	s->eval_rows = TNPU_SESSION_EVAL_BYTES / logits.stride;
	if (s->eval_rows > s->plan.rows)
		s->eval_rows = s->plan.rows;
	tnpu_buffer_destroy(s->eval_logits);
	s->eval_logits = NULL;
	/* The command's operands are checked for the rows of the pass, not the maximum. */
	ret = tnpu_buffer_create(s->model->dev, (uint64_t)s->eval_rows * logits.stride, 0,
				 &s->eval_logits);
	if (ret)
		return ret;
	logits.va = tnpu_buffer_va(s->eval_logits);
	ret = tnpu_stream_create(&stream);
	if (ret)
		return ret;
	tnpu_compile_body(&s->plan, stream, false);
	tnpu_compile_logits(&s->plan, stream, &logits);
	ret = tnpu_session_upload(s, stream, &s->eval);
	tnpu_stream_destroy(stream);
	return ret;
}

static int tnpu_session_eval_rows(struct tnpu_session *s, const uint32_t *ids, uint32_t n,
				  tnpu_logits_fn fn, void *opaque, struct tnpu_errmsg *err)
{
	const float *logits = tnpu_buffer_map(s->eval_logits);
	uint32_t first = s->position;
	uint64_t point;
	uint32_t i;
	int ret;

	if (!logits)
		return tnpu_errmsg_set(err, -errno, "cannot map device memory: %s",
				       strerror(errno));
	tnpu_session_rows(s, ids, n);
	ret = tnpu_session_submit(s, &s->eval, &point, err);
	if (!ret)
		ret = tnpu_queue_wait(s->queue, point, -1, err);
	for (i = 0; !ret && i < n; i++)
		ret = fn(opaque, first + i, logits + (size_t)i * s->model->info.vocab);
	return ret;
}

int tnpu_session_eval(struct tnpu_session *s, const uint32_t *ids, uint32_t n,
		      tnpu_logits_fn fn, void *opaque, struct tnpu_errmsg *err)
{
	uint32_t done, rows;
	int ret = tnpu_session_check(s, ids, n, err);

	if (ret)
		return ret;
	ret = tnpu_session_prepare_eval(s);
	if (ret)
		return tnpu_errmsg_set(err, ret, "no memory for the logits: %s", strerror(-ret));
	for (done = 0; !ret && done < n; done += rows) {
		rows = n - done < s->eval_rows ? n - done : s->eval_rows;
		ret = tnpu_session_eval_rows(s, ids + done, rows, fn, opaque, err);
	}
	return ret;
}
