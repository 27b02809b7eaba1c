// SPDX-License-Identifier: MIT
/*
 * Runners: buffers, streams and jobs.
 *
 * A job has as many steps as the device makes in a moment that nobody notices. Each job
 * costs system calls, an interrupt and a wake-up, which in an emulated machine take longer
 * than a small model's step.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "runner.h"

#define TNPU_RUNNER_CHUNK	128
#define TNPU_RUNNER_CONTEXT	4096
#define TNPU_RUNNER_STREAM	(512u << 10)	/* of steps: who has long ones needs few */

#define ALIGN_UP(x, a)	(((x) + (a) - 1) / (a) * (a))

/* ---- Memory ----------------------------------------------------------------------------- */

static uint64_t tnpu_runner_kv_row(uint32_t dtype, uint32_t head_dim)
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

static int tnpu_runner_cache(struct tnpu_runner *r, const struct tnpu_shape *shape)
{
	const struct tnpu_model_info *info = &r->model->info;
	struct tnpu_kv *kv = &r->plan.kv;
	uint64_t size;
	int ret;

	kv->block_positions = shape->block;
	kv->blocks_per_seq = ALIGN_UP(r->context, shape->block) / shape->block;
	kv->seqs = shape->seqs ? shape->seqs : 1;
	kv->blocks = shape->seqs ? shape->blocks : kv->blocks_per_seq;
	kv->kv_heads = info->kv_heads;
	kv->head_dim = info->head_dim;
	kv->dtype = shape->kv_dtype;
	size = tnpu_runner_kv_row(kv->dtype, info->head_dim) * kv->block_positions * kv->blocks *
	       info->kv_heads;
	r->plan.kv_layer = 2 * size;
	ret = tnpu_buffer_create(r->model->dev, r->plan.kv_layer * info->layers, 0, &r->cache);
	if (ret)
		return ret;
	kv->k = tnpu_buffer_va(r->cache);
	kv->v = kv->k + size;
	return 0;
}

static int tnpu_runner_activations(struct tnpu_runner *r)
{
	int ret;

	ret = tnpu_buffer_create(r->model->dev, tnpu_plan_activations(&r->plan, 0), 0,
				 &r->activations);
	if (!ret)
		tnpu_plan_activations(&r->plan, tnpu_buffer_va(r->activations));
	return ret;
}

/** struct tnpu_layout - cells being placed one behind the other, at @va and in @map */
struct tnpu_layout {
	uint64_t va;
	char *map;
	uint64_t end;
};

/* Room for @size bytes; @va receives their address. Returns where they are mapped. */
static void *tnpu_layout_place(struct tnpu_layout *l, uint64_t size, uint64_t *va)
{
	uint64_t at = ALIGN_UP(l->end, 64);

	l->end = at + size;
	*va = l->va + at;
	return l->map ? l->map + at : NULL;
}

/* Returns the bytes that all cells take. */
static uint64_t tnpu_runner_place(struct tnpu_runner *r, bool paged, uint64_t va, char *map)
{
	struct tnpu_layout l = { .va = va, .map = map };
	struct tnpu_plan *p = &r->plan;
	uint64_t outs = p->outs * sizeof(uint32_t);
	uint64_t rows = p->rows * sizeof(uint32_t);
	uint64_t table;

	r->state = tnpu_layout_place(&l, sizeof(*r->state), &p->state);
	r->tokens = tnpu_layout_place(&l, rows, &p->tokens);
	r->positions = tnpu_layout_place(&l, rows, &p->positions);
	r->picks = tnpu_layout_place(&l, outs, &p->picks);
	r->params = tnpu_layout_place(&l, p->outs * sizeof(*r->params), &p->params);
	r->counters = tnpu_layout_place(&l, outs, &p->counters);
	r->history = tnpu_layout_place(&l, (uint64_t)p->kv.seqs * p->n_history * sizeof(uint32_t),
				       &p->history);
	if (paged) {
		r->seqs = tnpu_layout_place(&l, rows, &p->seqs);
		r->table = tnpu_layout_place(&l, (uint64_t)p->kv.seqs * p->kv.blocks_per_seq *
					     sizeof(uint32_t), &table);
		p->kv.table = table;
	}
	return l.end;
}

static int tnpu_runner_cells(struct tnpu_runner *r, bool paged)
{
	char *map;
	int ret;

	ret = tnpu_buffer_create(r->model->dev, tnpu_runner_place(r, paged, 0, NULL), 0,
				 &r->cells);
	if (ret)
		return ret;
	map = tnpu_buffer_map(r->cells);
	if (!map)
		return -errno;
	tnpu_runner_place(r, paged, tnpu_buffer_va(r->cells), map);
	return 0;
}

/* ---- Streams ----------------------------------------------------------------------------- */

int tnpu_runner_upload(struct tnpu_runner *r, const struct tnpu_stream *stream,
		       struct tnpu_program *program)
{
	program->size = tnpu_stream_size(stream);
	return tnpu_stream_upload(stream, r->model->dev, &program->buf);
}

/* Step behind step: the beginning of the stream is a job of fewer. */
static void tnpu_runner_compile_steps(struct tnpu_runner *r, struct tnpu_stream *steps)
{
	enum tnpu_rows rows = r->plan.seqs ? TNPU_ROWS_PASS : TNPU_ROWS_ONE;
	uint32_t max = r->model->dev->info.max_stream_bytes;
	uint32_t i;

	max = max < TNPU_RUNNER_STREAM ? max : TNPU_RUNNER_STREAM;
	for (i = 0; i < TNPU_RUNNER_STEPS; i++) {
		if (i && tnpu_stream_size(steps) + r->step_size > max)
			return;
		tnpu_compile_body(&r->plan, steps, rows);
		tnpu_compile_sample(&r->plan, steps, rows);
		tnpu_compile_advance(&r->plan, steps, rows);
		r->step_size = tnpu_stream_size(steps) / (i + 1);
	}
}

static int tnpu_runner_compile(struct tnpu_runner *r)
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
	tnpu_compile_body(&r->plan, body, TNPU_ROWS_PASS);
	tnpu_compile_sample(&r->plan, tail, TNPU_ROWS_PICKED);
	tnpu_runner_compile_steps(r, steps);
	ret = tnpu_runner_upload(r, body, &r->body);
	if (!ret)
		ret = tnpu_runner_upload(r, tail, &r->tail);
	if (!ret)
		ret = tnpu_runner_upload(r, steps, &r->steps);
out:
	tnpu_stream_destroy(steps);
	tnpu_stream_destroy(tail);
	tnpu_stream_destroy(body);
	return ret;
}

/* ---- Creation ----------------------------------------------------------------------------- */

uint32_t tnpu_runner_context(const struct tnpu_model *model, uint32_t context)
{
	uint32_t max = model->info.context;

	if (context)
		return context;
	return max < TNPU_RUNNER_CONTEXT ? max : TNPU_RUNNER_CONTEXT;
}

/*
 * Rows that one ATTENTION takes at the end of the context: it keeps a result of every chunk of
 * every head meanwhile.
 */
static uint32_t tnpu_runner_most_rows(const struct tnpu_model *model, uint32_t context)
{
	uint64_t chunks = ALIGN_UP(context, TNPU_ATTENTION_CHUNK) / TNPU_ATTENTION_CHUNK;
	uint64_t result = ALIGN_UP(model->info.head_dim + 2, 16) * sizeof(float);
	uint64_t rows = TNPU_MAX_ATTENTION_BYTES / (chunks * model->info.heads * result);

	return rows < TNPU_RUNNER_CHUNK_MAX ? rows : TNPU_RUNNER_CHUNK_MAX;
}

static int tnpu_runner_shape(struct tnpu_runner *r, const struct tnpu_shape *shape,
			     struct tnpu_errmsg *err)
{
	uint32_t max = r->model->info.context;
	struct tnpu_plan *p = &r->plan;

	r->context = tnpu_runner_context(r->model, shape->context);
	if (r->context > max)
		return tnpu_errmsg_set(err, -EINVAL,
				       "a context of %u is more than the model's %u positions",
				       r->context, max);
	if (shape->kv_dtype != TNPU_DTYPE_F32 && shape->kv_dtype != TNPU_DTYPE_F16 &&
	    shape->kv_dtype != TNPU_DTYPE_QI8)
		return tnpu_errmsg_set(err, -EINVAL, "a KV cache is F32, F16 or QI8");
	if (shape->chunk > TNPU_RUNNER_CHUNK_MAX)
		return tnpu_errmsg_set(err, -EINVAL, "chunks have 1 to %u rows, not %u",
				       TNPU_RUNNER_CHUNK_MAX, shape->chunk);
	p->rows = shape->chunk ? shape->chunk : TNPU_RUNNER_CHUNK;
	if (p->rows > r->context)
		p->rows = r->context;
	if (p->rows > tnpu_runner_most_rows(r->model, r->context))
		p->rows = tnpu_runner_most_rows(r->model, r->context);
	p->outs = shape->outs;
	if (p->rows < p->outs)
		p->rows = p->outs;
	/* P prompt tokens and N drawn ones fill P + N - 1 positions. */
	p->n_history = shape->history ? shape->history : r->context + 1;
	return 0;
}

static int tnpu_runner_memory(struct tnpu_runner *r, const struct tnpu_shape *shape)
{
	int ret = tnpu_runner_cache(r, shape);

	if (!ret)
		ret = tnpu_runner_activations(r);
	if (!ret)
		ret = tnpu_runner_cells(r, shape->seqs);
	if (!ret)
		ret = tnpu_runner_compile(r);
	return ret;
}

int tnpu_runner_build(struct tnpu_runner *r, struct tnpu_model *model,
		      const struct tnpu_shape *shape, struct tnpu_errmsg *err)
{
	int ret;

	r->model = model;
	r->plan.model = model;
	ret = tnpu_runner_shape(r, shape, err);
	if (ret)
		return ret;
	ret = tnpu_queue_create(model->dev, DRM_TNPU_QUEUE_PRIORITY_NORMAL, &r->queue);
	if (ret == -EBUSY)
		return tnpu_errmsg_set(err, ret, "all hardware queues are taken");
	if (ret)
		return tnpu_errmsg_set(err, ret, "no hardware queue: %s", strerror(-ret));
	ret = tnpu_runner_memory(r, shape);
	if (ret == -ENOSPC)
		return tnpu_errmsg_set(err, ret,
				       "device memory is too small for a context of %u positions",
				       r->context);
	if (ret == -EINVAL)
		return tnpu_errmsg_set(err, ret, "the model's streams exceed %u bytes",
				       model->dev->info.max_stream_bytes);
	return ret ? tnpu_errmsg_set(err, ret, "cannot set up a session: %s", strerror(-ret)) : 0;
}

void tnpu_runner_free(struct tnpu_runner *r)
{
	tnpu_queue_destroy(r->queue);
	tnpu_buffer_destroy(r->steps.buf);
	tnpu_buffer_destroy(r->tail.buf);
	tnpu_buffer_destroy(r->body.buf);
	tnpu_buffer_destroy(r->cells);
	tnpu_buffer_destroy(r->activations);
	tnpu_buffer_destroy(r->cache);
}

/* ---- Jobs ---------------------------------------------------------------------------------- */

static int tnpu_runner_submit_job(struct tnpu_runner *r, const struct tnpu_job *job,
				  uint64_t *point, struct tnpu_errmsg *err)
{
	int ret = tnpu_queue_submit(r->queue, job, point);

	/* A dead queue says why when it is asked. */
	if (ret == -ECANCELED)
		return tnpu_queue_wait(r->queue, 0, 0, err);
	if (ret)
		tnpu_errmsg_set(err, ret, "the device took no more work: %s", strerror(-ret));
	return ret;
}

int tnpu_runner_submit(struct tnpu_runner *r, const struct tnpu_program *program,
		       uint64_t *point, struct tnpu_errmsg *err)
{
	const struct tnpu_job job = {
		.stream = tnpu_buffer_va(program->buf),
		.size = program->size,
	};

	return tnpu_runner_submit_job(r, &job, point, err);
}

int tnpu_runner_submit_steps(struct tnpu_runner *r, uint32_t n, uint64_t *point,
			     struct tnpu_errmsg *err)
{
	const struct tnpu_job job = {
		.stream = tnpu_buffer_va(r->steps.buf),
		.size = n * r->step_size,
		.predicate = r->plan.state + offsetof(struct tnpu_state, predicate),
	};

	return tnpu_runner_submit_job(r, &job, point, err);
}

uint32_t tnpu_runner_max_steps(const struct tnpu_runner *r)
{
	return r->steps.size / r->step_size;
}

int tnpu_runner_check(const struct tnpu_runner *r, const uint32_t *ids, uint32_t n,
		      uint32_t room, struct tnpu_errmsg *err)
{
	uint32_t i;

	if (!n)
		return tnpu_errmsg_set(err, -EINVAL, "the prompt is empty");
	if (n > room)
		return tnpu_errmsg_set(err, -E2BIG,
				       "the prompt has %u tokens; the context of %u has room for %u",
				       n, r->context, room);
	for (i = 0; i < n; i++)
		if (ids[i] >= r->model->info.vocab)
			return tnpu_errmsg_set(err, -EINVAL,
					       "token %u at %u is not in the vocabulary of %u",
					       ids[i], i, r->model->info.vocab);
	return 0;
}

void tnpu_runner_put_sampling(struct tnpu_runner *r, uint32_t out,
			      const struct tnpu_sampling *o)
{
	struct tnpu_sample_params p = { .top_k = o->top_k, .seed = o->seed };
	const float off = 1;

	memcpy(&p.temperature, &o->temperature, sizeof(p.temperature));
	memcpy(&p.top_p, o->top_p ? &o->top_p : &off, sizeof(p.top_p));
	r->params[out] = p;
}

bool tnpu_runner_count(const struct tnpu_runner *r, uint32_t token, bool ignore_eos,
		       struct tnpu_generation *result)
{
	if (token >= r->model->info.vocab) {
		result->stop = TNPU_STOP_CALLER;
		return false;
	}
	if (!ignore_eos && tnpu_tokenizer_is_eog(r->model->tokenizer, token)) {
		result->stop = TNPU_STOP_EOS;
		return false;
	}
	result->tokens++;
	return true;
}

double tnpu_runner_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}
