// SPDX-License-Identifier: MIT
/*
 * Sessions: one sequence on a model.
 *
 * A generation replays the runner's steps; several jobs are in flight, so that the device
 * never waits for the CPU. A stop token ends the job that draws it, and the predicate cell
 * drops those behind.
 *
 * With drafts, from look-up or from another model, a pass has a row for the last token and one
 * for each token of a draft, and draws behind every one of them. As a row's result does not
 * depend on the rows beside it, what is drawn is what would have been drawn one by one, as long
 * as the draft is right.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drafter.h"
#include "lookup.h"

#define TNPU_SESSION_IN_FLIGHT	2
#define TNPU_SESSION_KV_BLOCK	256
#define TNPU_SESSION_EVAL_BYTES	(64u << 20)
#define TNPU_SESSION_PLAIN	4	/* steps at once where there is no draft */
#define TNPU_SESSION_LOOKUP	2	/* tokens of a draft beyond as many as were right before */
#define TNPU_SESSION_DRAFTER	1	/* the same of a model, which has to work for each */
#define TNPU_SESSION_DRAFT_MAX	4	/* its longest, where nothing else is asked for */

/**
 * struct tnpu_session - see tnpu_session_create()
 * @position: tokens in the KV cache
 * @step_s: seconds of a step, of late; 0: none was made
 * @eval: compiled when first asked for, with @eval_logits and @eval_rows
 * @draft_max: longest draft; 0: none is made
 * @drafter: makes drafts; NULL: they come from look-up
 * @verify: a pass that draws behind each row; with drafts
 * @ids: the token of each position, and the one drawn last; with drafts
 */
struct tnpu_session {
	struct tnpu_runner runner;
	uint32_t position;
	double step_s;
	struct tnpu_program eval;
	struct tnpu_buffer *eval_logits;
	uint32_t eval_rows;
	uint32_t draft_max;
	struct tnpu_drafter *drafter;
	struct tnpu_program verify;
	uint32_t *ids;
};

/* ---- Creation --------------------------------------------------------------------------- */

static int tnpu_session_verify(struct tnpu_session *s, struct tnpu_errmsg *err)
{
	/* The host reads what is drawn from the tokens. */
	struct tnpu_plan plan = s->runner.plan;
	struct tnpu_stream *stream;
	int ret;

	s->ids = calloc(s->runner.context + 1, sizeof(*s->ids));
	ret = s->ids ? tnpu_stream_create(&stream) : -ENOMEM;
	if (ret)
		return tnpu_errmsg_set(err, ret, "out of memory");
	plan.history = 0;
	tnpu_compile_body(&plan, stream, TNPU_ROWS_PASS);
	tnpu_compile_sample(&plan, stream, TNPU_ROWS_PASS);
	ret = tnpu_runner_upload(&s->runner, stream, &s->verify);
	tnpu_stream_destroy(stream);
	return ret ? tnpu_errmsg_set(err, ret, "no memory for drafts: %s", strerror(-ret)) : 0;
}

/* The longest draft that is asked for, or what is wrong with that. */
static int tnpu_session_draft_max(const struct tnpu_session_options *o, struct tnpu_errmsg *err)
{
	uint32_t max = o->draft ? o->draft_max : o->lookup;

	if (o->draft && o->lookup)
		return tnpu_errmsg_set(err, -EINVAL,
				       "drafts come from a model or from look-up, not from both");
	if (max > TNPU_DRAFT_MAX)
		return tnpu_errmsg_set(err, -EINVAL, "drafts have at most %u tokens, not %u",
				       TNPU_DRAFT_MAX, max);
	return o->draft && !max ? TNPU_SESSION_DRAFT_MAX : (int)max;
}

static int tnpu_session_drafts(struct tnpu_session *s, struct tnpu_model *draft,
			       const struct tnpu_shape *session, struct tnpu_errmsg *err)
{
	struct tnpu_shape shape = *session;
	int ret = tnpu_session_verify(s, err);

	if (ret || !draft)
		return ret;
	shape.context = s->runner.context;
	return tnpu_drafter_create(draft, s->runner.model, &shape, s->draft_max, &s->drafter, err);
}

static int tnpu_session_build(struct tnpu_session *s, struct tnpu_model *model,
			      const struct tnpu_session_options *o, struct tnpu_errmsg *err)
{
	struct tnpu_shape shape = {
		.context = o->context,
		.kv_dtype = o->kv_dtype,
		.chunk = o->chunk,
		.block = TNPU_SESSION_KV_BLOCK,
	};
	int ret = tnpu_session_draft_max(o, err);

	if (ret < 0)
		return ret;
	s->draft_max = ret;
	shape.outs = 1 + s->draft_max;
	ret = tnpu_runner_build(&s->runner, model, &shape, err);
	return ret || !s->draft_max ? ret : tnpu_session_drafts(s, o->draft, &shape, err);
}

int tnpu_session_create(struct tnpu_model *model, const struct tnpu_session_options *options,
			struct tnpu_session **out, struct tnpu_errmsg *err)
{
	const struct tnpu_session_options none = { 0 };
	struct tnpu_session *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	ret = tnpu_session_build(s, model, options ? options : &none, err);
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
	tnpu_drafter_destroy(s->drafter);
	tnpu_runner_free(&s->runner);
	tnpu_buffer_destroy(s->verify.buf);
	tnpu_buffer_destroy(s->eval_logits);
	tnpu_buffer_destroy(s->eval.buf);
	free(s->ids);
	free(s);
}

uint32_t tnpu_session_context(const struct tnpu_session *s)
{
	return s->runner.context;
}

void tnpu_session_get_memory(const struct tnpu_session *s, struct tnpu_session_memory *memory)
{
	memory->kv = tnpu_buffer_size(s->runner.cache);
	memory->activations = tnpu_buffer_size(s->runner.activations);
	if (s->drafter) {
		memory->kv += tnpu_buffer_size(s->drafter->runner.cache);
		memory->activations += tnpu_buffer_size(s->drafter->runner.activations);
	}
}

void tnpu_session_reset(struct tnpu_session *s)
{
	s->position = 0;
}

/* ---- Passes -------------------------------------------------------------------------------- */

/* Writes a pass's rows; the streams read them when they run. */
static void tnpu_session_rows(struct tnpu_session *s, const uint32_t *ids, uint32_t n)
{
	struct tnpu_runner *r = &s->runner;
	uint32_t i;

	for (i = 0; i < n; i++) {
		r->tokens[i] = ids[i];
		r->positions[i] = s->position + i;
	}
	r->state->rows = n;
	r->state->outs = 1;
	r->picks[0] = n - 1;
	if (s->draft_max)
		memcpy(s->ids + s->position, ids, n * sizeof(*ids));
}

static int tnpu_session_prefill(struct tnpu_session *s, const uint32_t *ids, uint32_t n,
				struct tnpu_errmsg *err)
{
	struct tnpu_runner *r = &s->runner;
	uint64_t point = 0;
	uint32_t done, rows;
	int ret = 0;

	for (done = 0; !ret && done < n; done += rows) {
		rows = n - done < r->plan.rows ? n - done : r->plan.rows;
		tnpu_session_rows(s, ids + done, rows);
		s->position += rows;
		ret = tnpu_runner_submit(r, &r->body, &point, err);
		if (!ret && done + rows == n)
			ret = tnpu_runner_submit(r, &r->tail, &point, err);
		if (!ret)
			ret = tnpu_queue_wait(r->queue, point, -1, err);
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
 * @token: number of the next one to hand on
 * @submitted: tokens drawn when all jobs have run
 * @jobs: so far; number i is burst[i % TNPU_SESSION_IN_FLIGHT]
 * @right: tokens of the last draft that were right
 * @start: when the first job was submitted
 */
struct tnpu_run {
	struct tnpu_session *s;
	uint32_t limit;
	const struct tnpu_sampling *sampling;
	bool ignore_eos;
	tnpu_token_fn fn;
	void *opaque;
	struct tnpu_generation *result;
	struct tnpu_errmsg *err;
	uint32_t token;
	uint32_t submitted;
	uint32_t jobs;
	uint32_t right;
	double start;
	struct tnpu_burst burst[TNPU_SESSION_IN_FLIGHT];
};

/* The first token to be drawn is the prompt's. */
static void tnpu_run_begin(struct tnpu_run *r)
{
	struct tnpu_runner *runner = &r->s->runner;
	const struct tnpu_model *model = runner->model;
	uint32_t i;

	for (i = 0; i < runner->plan.outs; i++)
		tnpu_runner_put_sampling(runner, i, r->sampling);
	if (r->s->drafter)
		tnpu_drafter_begin(r->s->drafter, r->sampling);
	runner->counters[0] = 0;
	runner->state->step = 0;
	runner->state->predicate = 0;
	runner->state->n_stops = r->ignore_eos ? 0 : model->n_stops;
	for (i = 0; i < model->n_stops; i++)
		runner->state->stops[i] = model->stops[i];
}

/* Hands on a token. False: the generation ends, @result says why. */
static bool tnpu_run_token(struct tnpu_run *r, uint32_t token)
{
	r->token++;
	if (!tnpu_runner_count(&r->s->runner, token, r->ignore_eos, r->result))
		return false;
	if (r->s->draft_max)
		r->s->ids[r->s->position] = token;
	if (r->fn && r->fn(r->opaque, token)) {
		r->result->stop = TNPU_STOP_CALLER;
		return false;
	}
	return true;
}

/* How many the next job is to have: one, until it is known how long a step takes. */
static uint32_t tnpu_run_steps_wanted(const struct tnpu_run *r)
{
	uint32_t most = tnpu_runner_max_steps(&r->s->runner);
	double steps = r->s->step_s > 0 ? TNPU_RUNNER_JOB_S / r->s->step_s : 1;

	if (most > r->limit - r->submitted)
		most = r->limit - r->submitted;
	return steps < 1 ? 1 : steps < most ? steps : most;
}

static int tnpu_run_submit(struct tnpu_run *r, uint32_t most)
{
	struct tnpu_burst *burst = &r->burst[r->jobs % TNPU_SESSION_IN_FLIGHT];
	uint32_t steps = tnpu_run_steps_wanted(r);
	int ret;

	steps = steps < most ? steps : most;
	ret = tnpu_runner_submit_steps(&r->s->runner, steps, &burst->point, r->err);
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
	struct tnpu_runner *runner = &r->s->runner;
	bool more = true;
	double end;

	*ret = tnpu_queue_wait(runner->queue, burst->point, -1, r->err);
	end = tnpu_runner_clock();
	while (!*ret && more && r->token < burst->end) {
		r->s->position++;
		more = tnpu_run_token(r, runner->history[r->token]);
	}
	/* A job ends with the last token, however many steps it had. */
	if (r->token > 1)
		r->s->step_s = (end - r->start) / (r->token - 1);
	return !*ret && more;
}

/* The next step is that of token number r->token, behind token @last. */
static void tnpu_run_put(struct tnpu_run *r, uint32_t last)
{
	struct tnpu_runner *runner = &r->s->runner;

	runner->tokens[0] = last;
	runner->positions[0] = r->s->position;
	runner->counters[0] = r->token;
	runner->state->step = r->token;
	r->submitted = r->token;
}

static int tnpu_run_steps(struct tnpu_run *r)
{
	uint32_t done = 0;
	int ret = 0;

	while (r->token < r->limit) {
		while (!ret && r->submitted < r->limit && r->jobs < done + TNPU_SESSION_IN_FLIGHT)
			ret = tnpu_run_submit(r, r->limit);
		if (ret)
			return ret;
		if (!tnpu_run_burst(r, &r->burst[done % TNPU_SESSION_IN_FLIGHT], &ret))
			break;
		done++;
	}
	/* Jobs behind the last token may still run; drop what has not begun. */
	r->s->runner.state->predicate = 1;
	if (!ret && r->jobs)
		ret = tnpu_queue_wait(r->s->runner.queue,
				      r->burst[(r->jobs - 1) % TNPU_SESSION_IN_FLIGHT].point, -1,
				      r->err);
	return ret;
}

/* ---- Drafts ------------------------------------------------------------------------------ */

/* The last token's row, and one for each of the draft's, drawn with the counters of their turn. */
static int tnpu_run_verify(struct tnpu_run *r, const uint32_t *rows, uint32_t n)
{
	struct tnpu_runner *runner = &r->s->runner;
	uint64_t point;
	uint32_t i;
	int ret;

	tnpu_session_rows(r->s, rows, n);
	for (i = 0; i < n; i++)
		runner->counters[i] = r->token + i;
	ret = tnpu_runner_submit(runner, &r->s->verify, &point, r->err);
	return ret ? ret : tnpu_queue_wait(runner->queue, point, -1, r->err);
}

/* Hands on what was drawn, as long as the row that it was drawn behind is the right one. */
static bool tnpu_run_accept(struct tnpu_run *r, const uint32_t *rows, uint32_t n)
{
	uint32_t i, token, right = 0;

	for (i = 0; i == right && i < n; i++) {
		token = r->s->runner.tokens[i];
		r->s->position++;
		if (!tnpu_run_token(r, token))
			return false;
		right += i + 1 < n && token == rows[i + 1];
	}
	r->result->drafted += n - 1;
	r->result->accepted += right;
	r->right = right;
	return true;
}

/* Where there is no draft, steps as without drafts: a few, to try again soon. */
static bool tnpu_run_plain(struct tnpu_run *r, int *ret)
{
	tnpu_run_put(r, r->s->ids[r->s->position]);
	*ret = tnpu_run_submit(r, TNPU_SESSION_PLAIN);
	return !*ret && tnpu_run_burst(r, &r->burst[(r->jobs - 1) % TNPU_SESSION_IN_FLIGHT], ret);
}

/* How many tokens the next draft is to have: fewer than are wanted, one is drawn behind it. */
static uint32_t tnpu_run_draft_wanted(const struct tnpu_run *r)
{
	const struct tnpu_session *s = r->s;
	uint32_t wanted = r->right + (s->drafter ? TNPU_SESSION_DRAFTER : TNPU_SESSION_LOOKUP);

	if (wanted > s->draft_max)
		wanted = s->draft_max;
	return wanted < r->limit - r->token ? wanted : r->limit - r->token - 1;
}

/* What may come behind the last token: up to @max tokens. */
static int tnpu_run_draft(struct tnpu_run *r, uint32_t *draft, uint32_t max)
{
	struct tnpu_session *s = r->s;

	if (s->drafter)
		return tnpu_drafter_draft(s->drafter, s->ids, s->position + 1, r->token, draft,
					  max, r->err);
	return tnpu_lookup_draft(s->ids, s->position + 1, draft, max);
}

static int tnpu_run_drafts(struct tnpu_run *r)
{
	uint32_t rows[1 + TNPU_DRAFT_MAX];
	bool more = true;
	int n, ret = 0;

	while (more && !ret && r->token < r->limit) {
		rows[0] = r->s->ids[r->s->position];
		n = tnpu_run_draft(r, rows + 1, tnpu_run_draft_wanted(r));
		if (n < 0)
			return n;
		if (n) {
			ret = tnpu_run_verify(r, rows, n + 1);
			more = !ret && tnpu_run_accept(r, rows, n + 1);
		} else {
			more = tnpu_run_plain(r, &ret);
		}
	}
	return ret;
}

static int tnpu_run_all(struct tnpu_run *r, const uint32_t *prompt, uint32_t n_prompt)
{
	double start = tnpu_runner_clock();
	uint32_t token;
	int ret;

	tnpu_run_begin(r);
	ret = tnpu_session_prefill(r->s, prompt, n_prompt, r->err);
	r->start = tnpu_runner_clock();
	r->result->prefill_s = r->start - start;
	token = r->s->runner.history[0];
	if (!ret && r->limit && tnpu_run_token(r, token)) {
		tnpu_run_put(r, token);
		ret = r->s->draft_max ? tnpu_run_drafts(r) : tnpu_run_steps(r);
	}
	r->result->decode_s = tnpu_runner_clock() - r->start;
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
		.sampling = sampling,
		.ignore_eos = ignore_eos,
		.fn = fn,
		.opaque = opaque,
		.result = result,
		.err = err,
	};
	uint32_t room = s->runner.context - s->position;
	int ret = tnpu_runner_check(&s->runner, prompt, n_prompt, room, err);

	if (ret)
		return ret;
	*result = (struct tnpu_generation){ .stop = TNPU_STOP_LENGTH };
	room -= n_prompt - 1;
	if (n > room) {
		run.limit = room;
		result->stop = TNPU_STOP_CONTEXT;
	}
	return tnpu_run_all(&run, prompt, n_prompt);
}

/* ---- Evaluation ------------------------------------------------------------------ */

static int tnpu_session_prepare_eval(struct tnpu_session *s)
{
	struct tnpu_runner *r = &s->runner;
	struct tnpu_tensor logits = { .stride = r->model->info.vocab * sizeof(float) };
	struct tnpu_stream *stream;
	int ret;

	if (s->eval.buf)
		return 0;
	s->eval_rows = TNPU_SESSION_EVAL_BYTES / logits.stride;
	if (s->eval_rows > r->plan.rows)
		s->eval_rows = r->plan.rows;
	tnpu_buffer_destroy(s->eval_logits);
	s->eval_logits = NULL;
	/* The command's operands are checked for the rows of the pass, not the maximum. */
	ret = tnpu_buffer_create(r->model->dev, (uint64_t)s->eval_rows * logits.stride, 0,
				 &s->eval_logits);
	if (ret)
		return ret;
	logits.va = tnpu_buffer_va(s->eval_logits);
	ret = tnpu_stream_create(&stream);
	if (ret)
		return ret;
	tnpu_compile_body(&r->plan, stream, TNPU_ROWS_PASS);
	tnpu_compile_logits(&r->plan, stream, &logits);
	ret = tnpu_runner_upload(r, stream, &s->eval);
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
	s->position += n;
	ret = tnpu_runner_submit(&s->runner, &s->eval, &point, err);
	if (!ret)
		ret = tnpu_queue_wait(s->runner.queue, point, -1, err);
	for (i = 0; !ret && i < n; i++)
		ret = fn(opaque, first + i, logits + (size_t)i * s->runner.model->info.vocab);
	return ret;
}

int tnpu_session_eval(struct tnpu_session *s, const uint32_t *ids, uint32_t n,
		      tnpu_logits_fn fn, void *opaque, struct tnpu_errmsg *err)
{
	uint32_t room = s->runner.context - s->position;
	uint32_t done, rows;
	int ret = tnpu_runner_check(&s->runner, ids, n, room, err);

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
