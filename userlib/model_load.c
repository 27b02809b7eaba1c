// SPDX-License-Identifier: MIT
/*
 * Loading: every tensor of the file gets a place in one buffer of device memory, then its
 * rows stream through two staging slots, from which the device packs them itself. The CPU
 * of an emulated machine is far too slow to touch every weight; it builds the tokenizer
 * meanwhile.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "staging.h"

#define TNPU_STAGING_SLOTS	2
#define TNPU_STAGING_BYTES	(8u << 20)

/** struct tnpu_placement - where a tensor of the file goes */
struct tnpu_placement {
	const struct tnpu_gguf_tensor *tensor;
	uint64_t offset;
	int wformat;		/* of the matrix it becomes; -1: an F32 vector */
};

/** struct tnpu_slot - a staging buffer and the stream that empties it */
struct tnpu_slot {
	struct tnpu_staging data;
	struct tnpu_buffer *stream;
	uint64_t point;
};

/**
 * struct tnpu_loader - state of one load
 * @end: bytes of the weights buffer handed out so far
 * @done, @total: bytes of the file's tensors, for the progress
 */
struct tnpu_loader {
	struct tnpu_model *model;
	struct tnpu_gguf *gguf;
	struct tnpu_tokenizer_task *tokenizer;
	struct tnpu_queue *queue;
	struct tnpu_errmsg *err;
	struct tnpu_placement *places;
	uint32_t n_places;
	uint64_t end;
	struct tnpu_slot slot[TNPU_STAGING_SLOTS];
	unsigned int next_slot;
	tnpu_progress_fn progress;
	void *opaque;
	uint64_t done;
	uint64_t total;
};

/* ---- Placing ------------------------------------------------------------------------- */

struct tnpu_wformat tnpu_wformat_desc(int wformat)
{
	static const struct tnpu_wformat desc[TNPU_WFORMAT_COUNT] = {
		[TNPU_WFORMAT_INT4_G32] = TNPU_WFORMAT_DESC_INT4_G32,
		[TNPU_WFORMAT_INT8_G32] = TNPU_WFORMAT_DESC_INT8_G32,
		[TNPU_WFORMAT_F16] = TNPU_WFORMAT_DESC_F16,
		[TNPU_WFORMAT_BF16] = TNPU_WFORMAT_DESC_BF16,
		[TNPU_WFORMAT_F32] = TNPU_WFORMAT_DESC_F32,
	};

	return desc[wformat];
}

uint64_t tnpu_wformat_bytes(int wformat, uint32_t n, uint32_t k)
{
	struct tnpu_wformat f = tnpu_wformat_desc(wformat);
	uint64_t block = (uint64_t)k * f.bits / 8 * TNPU_WEIGHT_LANES;

	if (f.kind == TNPU_WKIND_INT)
		block += (uint64_t)k / f.group * 2 * TNPU_WEIGHT_LANES;
	block = (block + TNPU_WEIGHT_ALIGN - 1) / TNPU_WEIGHT_ALIGN * TNPU_WEIGHT_ALIGN;
	return block * ((n + TNPU_WEIGHT_LANES - 1) / TNPU_WEIGHT_LANES);
}

static int tnpu_loader_wformat(enum tnpu_gguf_type type)
{
	switch (type) {
	case TNPU_GGUF_F32:
		return TNPU_WFORMAT_F32;
	case TNPU_GGUF_F16:
		return TNPU_WFORMAT_F16;
	case TNPU_GGUF_BF16:
		return TNPU_WFORMAT_BF16;
	case TNPU_GGUF_Q4_0:
		return TNPU_WFORMAT_INT4_G32;
	case TNPU_GGUF_Q8_0:
		return TNPU_WFORMAT_INT8_G32;
	}
	return -1;
}

static uint64_t tnpu_loader_reserve(struct tnpu_loader *l, uint64_t size)
{
	uint64_t offset = l->end;

	l->end += (size + TNPU_WEIGHT_ALIGN - 1) / TNPU_WEIGHT_ALIGN * TNPU_WEIGHT_ALIGN;
	return offset;
}

/* Finds a tensor of @n rows of @k elements. */
static int tnpu_loader_find(struct tnpu_loader *l, const char *name, uint32_t n, uint32_t k,
			    const struct tnpu_gguf_tensor **out)
{
	const struct tnpu_gguf_tensor *t = tnpu_gguf_tensor_find(l->gguf, name);

	if (!t)
		return tnpu_errmsg_set(l->err, -EINVAL, "%s: tensor %s is missing",
				       tnpu_gguf_name(l->gguf), name);
	if (t->ne[0] != k || t->ne[1] != n || t->ne[2] != 1 || t->ne[3] != 1)
		return tnpu_errmsg_set(l->err, -EINVAL,
				       "%s: tensor %s has shape %llu x %llu x %llu x %llu; the metadata ask for %u x %u",
				       tnpu_gguf_name(l->gguf), name,
				       (unsigned long long)t->ne[0], (unsigned long long)t->ne[1],
				       (unsigned long long)t->ne[2], (unsigned long long)t->ne[3],
				       k, n);
	*out = t;
	return 0;
}

static uint64_t tnpu_loader_add(struct tnpu_loader *l, const struct tnpu_gguf_tensor *t,
				int wformat, uint64_t size)
{
	struct tnpu_placement *p = &l->places[l->n_places++];

	p->tensor = t;
	p->wformat = wformat;
	p->offset = tnpu_loader_reserve(l, size);
	l->total += t->nbytes;
	return p->offset;
}

static int tnpu_loader_matrix(struct tnpu_loader *l, const char *name, uint32_t n, uint32_t k,
			      struct tnpu_matrix *m)
{
	const struct tnpu_gguf_tensor *t;
	int ret = tnpu_loader_find(l, name, n, k, &t);

	if (ret)
		return ret;
	*m = (struct tnpu_matrix){ .n = n, .k = k, .wformat = tnpu_loader_wformat(t->type) };
	if (!(l->model->dev->info.wformats & 1u << m->wformat))
		return tnpu_errmsg_set(l->err, -EOPNOTSUPP,
				       "%s: tensor %s is %s, which this device does not have",
				       tnpu_gguf_name(l->gguf), name,
				       tnpu_gguf_type_name(t->type));
	m->offset = tnpu_loader_add(l, t, m->wformat, tnpu_wformat_bytes(m->wformat, n, k));
	return 0;
}

static int tnpu_loader_vector(struct tnpu_loader *l, const char *name, uint32_t n,
			      uint64_t *offset)
{
	const struct tnpu_gguf_tensor *t;
	int ret = tnpu_loader_find(l, name, 1, n, &t);

	if (ret)
		return ret;
	if (t->type == TNPU_GGUF_Q4_0 || t->type == TNPU_GGUF_Q8_0)
		return tnpu_errmsg_set(l->err, -EOPNOTSUPP,
				       "%s: tensor %s is %s; vectors must be F32, F16 or BF16",
				       tnpu_gguf_name(l->gguf), name,
				       tnpu_gguf_type_name(t->type));
	*offset = tnpu_loader_add(l, t, -1, (uint64_t)n * sizeof(float));
	return 0;
}

/* @part: "attn_q" of layer @layer, or with @layer < 0 "output". */
__attribute__((format(printf, 2, 3)))
static const char *tnpu_loader_name(char name[64], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, 64, fmt, args);
	va_end(args);
	return name;
}

static int tnpu_loader_norm(struct tnpu_loader *l, const char *prefix, struct tnpu_norm *norm)
{
	uint32_t width = l->model->info.width;
	char name[64];
	int ret;

	ret = tnpu_loader_vector(l, tnpu_loader_name(name, "%s.weight", prefix), width,
				 &norm->weight);
	if (!ret && l->model->arch->biases)
		ret = tnpu_loader_vector(l, tnpu_loader_name(name, "%s.bias", prefix), width,
					 &norm->bias);
	return ret;
}

/** struct tnpu_part - one of the linear maps of the same input; @name: "attn_q" */
struct tnpu_part {
	const char *name;
	uint32_t n;
	struct tnpu_linear *linear;
};

/* A bias that the architecture does not ask for is used where the file has one. */
static int tnpu_loader_bias(struct tnpu_loader *l, uint32_t layer, const struct tnpu_part *part)
{
	char name[64];

	tnpu_loader_name(name, "blk.%u.%s.bias", layer, part->name);
	if (!l->model->arch->biases && !tnpu_gguf_tensor_find(l->gguf, name))
		return 0;
	return tnpu_loader_vector(l, name, part->n, &part->linear->bias);
}

/*
 * All weights lie behind each other, then all biases: where the formats are the same, the
 * compiler makes one matrix of them.
 */
static int tnpu_loader_parts(struct tnpu_loader *l, uint32_t layer, uint32_t k,
			     const struct tnpu_part *part, int n)
{
	char name[64];
	int ret = 0;
	int i;

	for (i = 0; !ret && i < n; i++)
		ret = tnpu_loader_matrix(l, tnpu_loader_name(name, "blk.%u.%s.weight", layer,
							     part[i].name),
					 part[i].n, k, &part[i].linear->weight);
	for (i = 0; !ret && i < n; i++)
		ret = tnpu_loader_bias(l, layer, &part[i]);
	return ret;
}

static int tnpu_loader_linear(struct tnpu_loader *l, uint32_t layer, const char *part,
			      uint32_t n, uint32_t k, struct tnpu_linear *linear)
{
	return tnpu_loader_parts(l, layer, k, &(struct tnpu_part){ part, n, linear }, 1);
}

static int tnpu_loader_attention(struct tnpu_loader *l, uint32_t i, struct tnpu_layer *layer)
{
	const struct tnpu_model_info *info = &l->model->info;
	uint32_t q = info->heads * info->head_dim;
	uint32_t kv = info->kv_heads * info->head_dim;
	const struct tnpu_part parts[] = {
		{ "attn_q", q, &layer->q },
		{ "attn_k", kv, &layer->k },
		{ "attn_v", kv, &layer->v },
	};

	if (l->model->arch->fused_qkv)
		return tnpu_loader_linear(l, i, "attn_qkv", q + 2 * kv, info->width, &layer->qkv);
	return tnpu_loader_parts(l, i, info->width, parts, 3);
}

static int tnpu_loader_ffn(struct tnpu_loader *l, uint32_t i, struct tnpu_layer *layer)
{
	const struct tnpu_model_info *info = &l->model->info;
	const struct tnpu_part parts[] = {
		{ "ffn_gate", info->ffn, &layer->gate }, { "ffn_up", info->ffn, &layer->up },
	};
	int skip = !l->model->arch->gated;

	return tnpu_loader_parts(l, i, info->width, parts + skip, 2 - skip);
}

static int tnpu_loader_layer(struct tnpu_loader *l, uint32_t i)
{
	const struct tnpu_model_info *info = &l->model->info;
	struct tnpu_layer *layer = &l->model->layers[i];
	char name[64];
	int ret;

	ret = tnpu_loader_norm(l, tnpu_loader_name(name, "blk.%u.attn_norm", i),
			       &layer->attn_norm);
	if (!ret)
		ret = tnpu_loader_attention(l, i, layer);
	if (!ret)
		ret = tnpu_loader_linear(l, i, "attn_output", info->width,
					 info->heads * info->head_dim, &layer->attn_out);
	if (!ret)
		ret = tnpu_loader_norm(l, tnpu_loader_name(name, "blk.%u.ffn_norm", i),
				       &layer->ffn_norm);
	if (!ret)
		ret = tnpu_loader_ffn(l, i, layer);
	if (!ret)
		ret = tnpu_loader_linear(l, i, "ffn_down", info->width, info->ffn, &layer->down);
	return ret;
}

/* A file that has layers beyond its block_count lies about one of the two. */
static int tnpu_loader_no_layer(struct tnpu_loader *l, uint32_t i)
{
	char name[64];

	tnpu_loader_name(name, "blk.%u.attn_norm.weight", i);
	if (!tnpu_gguf_tensor_find(l->gguf, name))
		return 0;
	return tnpu_errmsg_set(l->err, -EINVAL, "%s: tensor %s is beyond the block_count, %u",
			       tnpu_gguf_name(l->gguf), name, i);
}

/* The vocabulary's size is the embedding's; the tokenizer must fit into it. */
static int tnpu_loader_embedding(struct tnpu_loader *l)
{
	const struct tnpu_gguf_tensor *t = tnpu_gguf_tensor_find(l->gguf, "token_embd.weight");
	struct tnpu_model_info *info = &l->model->info;
	struct tnpu_gguf_array ids = { 0 };

	/* What is wrong with the vocabulary itself, the tokenizer tells. */
	tnpu_gguf_get_array(l->gguf, "tokenizer.ggml.tokens", TNPU_GGUF_STRING, &ids, NULL);
	if (t && (t->ne[1] > TNPU_MAX_GEMM_N || t->ne[1] < ids.count))
		return tnpu_errmsg_set(l->err, -EINVAL,
				       "%s: %llu token embeddings; allowed are %u (the vocabulary's size) to %u",
				       tnpu_gguf_name(l->gguf), (unsigned long long)t->ne[1],
				       ids.count, TNPU_MAX_GEMM_N);
	info->vocab = t ? t->ne[1] : 0;
	return tnpu_loader_matrix(l, "token_embd.weight", info->vocab, info->width,
				  &l->model->embedding);
}

static int tnpu_loader_place(struct tnpu_loader *l)
{
	struct tnpu_model *m = l->model;
	uint32_t i;
	int ret = tnpu_loader_embedding(l);

	if (!ret && !m->arch->rotary)
		ret = tnpu_loader_matrix(l, "position_embd.weight", m->info.context,
					 m->info.width, &m->positions);
	for (i = 0; !ret && i < m->info.layers; i++)
		ret = tnpu_loader_layer(l, i);
	if (!ret)
		ret = tnpu_loader_no_layer(l, i);
	if (!ret)
		ret = tnpu_loader_norm(l, "output_norm", &m->out_norm);
	if (ret)
		return ret;
	m->freqs = m->arch->rotary ? tnpu_loader_reserve(l, m->n_rot / 2 * sizeof(float)) : 0;
	m->head.weight = m->embedding;
	if (!tnpu_gguf_tensor_find(l->gguf, "output.weight"))
		return 0;
	return tnpu_loader_matrix(l, "output.weight", m->info.vocab, m->info.width,
				  &m->head.weight);
}

/* ---- Moving ------------------------------------------------------------------------------ */

static int tnpu_loader_slots(struct tnpu_loader *l)
{
	struct tnpu_slot *slot;
	int ret = 0;

	for (slot = l->slot; !ret && slot < l->slot + TNPU_STAGING_SLOTS; slot++) {
		ret = tnpu_staging_create(l->model->dev, TNPU_STAGING_BYTES, l->gguf, &slot->data);
		if (!ret)
			ret = tnpu_buffer_create(l->model->dev, 4096, 0, &slot->stream);
		if (!ret && !tnpu_buffer_map(slot->stream))
			ret = -errno;
	}
	return ret ? tnpu_errmsg_set(l->err, ret, "no staging buffers: %s",
				     strerror(-ret)) : 0;
}

static uint32_t tnpu_loader_command(struct tnpu_loader *l, const struct tnpu_placement *p,
				    struct tnpu_slot *slot, uint64_t src, uint32_t row,
				    uint32_t rows)
{
	void *stream = tnpu_buffer_map(slot->stream);
	uint64_t dst = tnpu_buffer_va(l->model->weights) + p->offset;
	uint32_t cols = p->tensor->ne[0];
	struct tnpu_cmd_repack pack = {
		.hdr = { TNPU_OP_REPACK, 0, sizeof(pack) },
		.src = src,
		.dst = dst,
		.n = p->tensor->ne[1],
		.k = cols,
		.first_row = row,
		.rows = rows,
	};
	struct tnpu_cmd_convert convert = {
		.hdr = { TNPU_OP_CONVERT, 0, sizeof(convert) },
		.src = { src, cols * (p->tensor->type == TNPU_GGUF_F32 ? 4 : 2),
			 p->tensor->type == TNPU_GGUF_F32 ? TNPU_DTYPE_F32 :
			 p->tensor->type == TNPU_GGUF_F16 ? TNPU_DTYPE_F16 : TNPU_DTYPE_BF16 },
		.dst = { dst, cols * 4, TNPU_DTYPE_F32 },
		.rows = { .value = 1 },
		.cols = cols,
	};

	if (p->wformat < 0) {
		memcpy(stream, &convert, sizeof(convert));
		return sizeof(convert);
	}
	pack.format = tnpu_wformat_desc(p->wformat);
	memcpy(stream, &pack, sizeof(pack));
	return sizeof(pack);
}

static int tnpu_loader_wait(struct tnpu_loader *l, struct tnpu_slot *slot)
{
	uint64_t point = slot->point;

	slot->point = 0;
	return point ? tnpu_queue_wait(l->queue, point, -1, l->err) : 0;
}

/* Reads rows into the next slot and lets the device pack them while we read on. */
static int tnpu_loader_rows(struct tnpu_loader *l, const struct tnpu_placement *p,
			    uint32_t row, uint32_t rows)
{
	struct tnpu_slot *slot = &l->slot[l->next_slot++ % TNPU_STAGING_SLOTS];
	uint64_t row_bytes = p->tensor->nbytes / p->tensor->ne[1];
	struct tnpu_job job = { .stream = tnpu_buffer_va(slot->stream) };
	int ret = tnpu_loader_wait(l, slot);
	uint64_t src;

	if (!ret)
		ret = tnpu_staging_read(&slot->data, l->gguf, p->tensor, row * row_bytes,
					rows * row_bytes, &src, l->err);
	if (ret)
		return ret;
	job.size = tnpu_loader_command(l, p, slot, src, row, rows);
	ret = tnpu_queue_submit(l->queue, &job, &slot->point);
	if (ret)
		return tnpu_errmsg_set(l->err, ret, "the device took no more work: %s",
				       strerror(-ret));
	l->done += rows * row_bytes;
	if (l->progress && l->progress(l->opaque, l->done, l->total))
		return tnpu_errmsg_set(l->err, -ECANCELED, "loading was cancelled");
	return 0;
}

static int tnpu_loader_tensor(struct tnpu_loader *l, const struct tnpu_placement *p)
{
	uint64_t row_bytes = p->tensor->nbytes / p->tensor->ne[1];
	uint32_t n = p->tensor->ne[1];
	uint64_t step = (TNPU_STAGING_BYTES - TNPU_STAGING_SLACK) / row_bytes /
			TNPU_WEIGHT_LANES * TNPU_WEIGHT_LANES;
	uint64_t row;
	int ret = 0;

	/* K and vocabulary limits keep 16 rows of F32 within a slot. */
	for (row = 0; !ret && row < n; row += step)
		ret = tnpu_loader_rows(l, p, row, n - row < step ? n - row : step);
	return ret;
}

/* theta_i = base^(-2i / n_rot) / factor, in double: F32 powers would lose long contexts. */
static int tnpu_loader_freqs(struct tnpu_loader *l)
{
	const struct tnpu_gguf_tensor *t = tnpu_gguf_tensor_find(l->gguf, "rope_freqs.weight");
	struct tnpu_model *m = l->model;
	float factors[TNPU_MAX_HEAD_DIM / 2];
	char *map = tnpu_buffer_map(m->weights);
	uint32_t half = m->n_rot / 2;
	uint32_t i;
	int ret;

	if (!map)
		return tnpu_errmsg_set(l->err, -errno, "cannot map device memory: %s",
				       strerror(errno));
	for (i = 0; i < half; i++)
		factors[i] = 1;
	if (t && (t->type != TNPU_GGUF_F32 || t->nbytes != half * sizeof(float)))
		return tnpu_errmsg_set(l->err, -EINVAL, "%s: rope_freqs.weight must be F32[%u]",
				       tnpu_gguf_name(l->gguf), half);
	ret = t ? tnpu_gguf_tensor_read(l->gguf, t, 0, factors, t->nbytes, l->err) : 0;
	for (i = 0; !ret && i < half; i++)
		((float *)(map + m->freqs))[i] =
			pow(m->rope_base, -2.0 * i / m->n_rot) / factors[i] / m->rope_factor;
	return ret;
}

static int tnpu_loader_move(struct tnpu_loader *l)
{
	struct tnpu_device *dev = l->model->dev;
	uint32_t i;
	int ret;

	l->model->info.weight_bytes = l->end;
	ret = tnpu_buffer_create(dev, l->end, 0, &l->model->weights);
	if (ret == -ENOSPC)
		return tnpu_errmsg_set(l->err, ret,
				       "%s: its weights take %llu MiB of device memory, of which there are %llu MiB in all",
				       tnpu_gguf_name(l->gguf),
				       (unsigned long long)(l->end >> 20) + 1,
				       (unsigned long long)dev->info.mem_size >> 20);
	if (ret)
		return tnpu_errmsg_set(l->err, ret, "no device memory for the weights: %s",
				       strerror(-ret));
	ret = tnpu_queue_create(dev, DRM_TNPU_QUEUE_PRIORITY_NORMAL, &l->queue);
	if (ret)
		return tnpu_errmsg_set(l->err, ret, "no hardware queue for loading: %s",
				       strerror(-ret));
	ret = tnpu_loader_slots(l);
	for (i = 0; !ret && i < l->n_places; i++)
		ret = tnpu_loader_tensor(l, &l->places[i]);
	for (i = 0; !ret && i < TNPU_STAGING_SLOTS; i++)
		ret = tnpu_loader_wait(l, &l->slot[i]);
	if (!ret && l->model->freqs)
		ret = tnpu_loader_freqs(l);
	return ret;
}

static void tnpu_loader_fini(struct tnpu_loader *l)
{
	unsigned int i;

	/* After a failure, whose message stands; the file must stay open for it. */
	if (l->tokenizer)
		tnpu_tokenizer_finish(l->tokenizer, &l->model->tokenizer, NULL);
	/* The queue goes first: pending jobs end before their buffers do. */
	tnpu_queue_destroy(l->queue);
	for (i = 0; i < TNPU_STAGING_SLOTS; i++) {
		tnpu_buffer_destroy(l->slot[i].stream);
		tnpu_staging_destroy(&l->slot[i].data);
	}
	free(l->places);
	tnpu_gguf_close(l->gguf);
}

/* ---- Model -------------------------------------------------------------------------------- */

static void tnpu_model_find_stops(struct tnpu_model *model)
{
	uint32_t n = tnpu_tokenizer_get_info(model->tokenizer)->vocab_size;
	uint32_t id;

	for (id = 0; id < n && model->n_stops < TNPU_MAX_STOPS; id++)
		if (tnpu_tokenizer_is_eog(model->tokenizer, id))
			model->stops[model->n_stops++] = id;
}

static int tnpu_model_read(struct tnpu_loader *l, const char *path)
{
	struct tnpu_model *m = l->model;
	int ret;

	ret = tnpu_gguf_open(path, &l->gguf, l->err);
	if (!ret)
		ret = tnpu_model_read_params(m, l->gguf, l->err);
	if (ret)
		return ret;
	l->tokenizer = tnpu_tokenizer_start(l->gguf);
	m->layers = calloc(m->info.layers, sizeof(*m->layers));
	/* A layer has at most 7 matrices and 9 vectors; 8 more tensors lie outside of them. */
	l->places = calloc(16 * (size_t)m->info.layers + 8, sizeof(*l->places));
	if (!l->tokenizer || !m->layers || !l->places)
		return tnpu_errmsg_set(l->err, -ENOMEM, "out of memory");
	return tnpu_loader_place(l);
}

/* Waits for the tokenizer, which was begun before the weights were moved. */
static int tnpu_model_tokens(struct tnpu_loader *l)
{
	int ret = tnpu_tokenizer_finish(l->tokenizer, &l->model->tokenizer, l->err);

	l->tokenizer = NULL;
	if (!ret)
		tnpu_model_find_stops(l->model);
	return ret;
}

int tnpu_model_load(struct tnpu_device *dev, const char *path, tnpu_progress_fn progress,
		    void *opaque, struct tnpu_model **out, struct tnpu_errmsg *err)
{
	struct tnpu_model *model = calloc(1, sizeof(*model));
	struct tnpu_loader l = {
		.model = model,
		.err = err,
		.end = TNPU_WEIGHT_ALIGN,
		.progress = progress,
		.opaque = opaque,
	};
	int ret;

	if (!model)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	model->dev = dev;
	ret = tnpu_model_read(&l, path);
	if (!ret)
		ret = tnpu_loader_move(&l);
	if (!ret)
		ret = tnpu_model_tokens(&l);
	tnpu_loader_fini(&l);
	if (ret) {
		tnpu_model_destroy(model);
		return ret;
	}
	*out = model;
	return 0;
}

void tnpu_model_destroy(struct tnpu_model *model)
{
	if (!model)
		return;
	tnpu_buffer_destroy(model->weights);
	tnpu_tokenizer_destroy(model->tokenizer);
	free(model->layers);
	free(model);
}

const struct tnpu_model_info *tnpu_model_get_info(const struct tnpu_model *model)
{
	return &model->info;
}

const struct tnpu_tokenizer *tnpu_model_tokenizer(const struct tnpu_model *model)
{
	return model->tokenizer;
}
