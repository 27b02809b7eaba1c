// SPDX-License-Identifier: MIT
/*
 * The compiler: a decoder's layers as commands.
 */
#include <math.h>
#include <string.h>

#include "compile.h"

#define ALIGN_UP(x, a)	(((x) + (a) - 1) / (a) * (a))

/**
 * struct tnpu_compiler - state of one stream
 * @rows: of every command
 * @input: activations that the next matrices multiply
 * @width: its columns
 * @quantized: they lie in plan->q8, and perhaps only there
 */
struct tnpu_compiler {
	const struct tnpu_plan *plan;
	const struct tnpu_model *model;
	struct tnpu_stream *s;
	struct tnpu_dim rows;
	struct tnpu_tensor input;
	uint32_t width;
	bool quantized;
};

/* tnpu_stream_add() remembers a failure to grow; what is lost then is not missed. */
#define TNPU_ADD(c, opcode, flags, ...)							\
	do {										\
		void *cmd_ = tnpu_stream_add((c)->s, opcode, flags, sizeof(__VA_ARGS__));	\
		if (cmd_)								\
			memcpy((char *)cmd_ + sizeof(struct tnpu_cmd_header),		\
			       (const char *)&(__VA_ARGS__) + sizeof(struct tnpu_cmd_header),	\
			       sizeof(__VA_ARGS__) - sizeof(struct tnpu_cmd_header));	\
	} while (0)

static uint64_t tnpu_compile_va(const struct tnpu_compiler *c, uint64_t offset)
{
	return offset ? tnpu_buffer_va(c->model->weights) + offset : 0;
}

static uint32_t tnpu_compile_bits(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof(u));
	return u;
}

static struct tnpu_tensor tnpu_compile_columns(struct tnpu_tensor t, uint32_t first)
{
	t.va += (uint64_t)first * sizeof(float);
	return t;
}

static struct tnpu_dim tnpu_compile_rows(const struct tnpu_plan *plan, enum tnpu_rows rows)
{
	switch (rows) {
	case TNPU_ROWS_PASS:
		return (struct tnpu_dim){
			.cell = plan->state + offsetof(struct tnpu_state, rows),
			.value = plan->rows,
		};
	case TNPU_ROWS_PICKED:
		return (struct tnpu_dim){
			.cell = plan->state + offsetof(struct tnpu_state, outs),
			.value = plan->outs,
		};
	default:
		return (struct tnpu_dim){ .value = 1 };
	}
}

static struct tnpu_compiler tnpu_compile_begin(const struct tnpu_plan *plan,
					       struct tnpu_stream *s, enum tnpu_rows rows)
{
	return (struct tnpu_compiler){
		.plan = plan,
		.model = plan->model,
		.s = s,
		.rows = tnpu_compile_rows(plan, rows),
	};
}

/* ---- Parts --------------------------------------------------------------------------- */

static void tnpu_compile_input(struct tnpu_compiler *c, const struct tnpu_tensor *x,
			       uint32_t width)
{
	c->input = *x;
	c->width = width;
	c->quantized = false;
}

static void tnpu_compile_quantize(struct tnpu_compiler *c)
{
	const struct tnpu_cmd_quantize cmd = {
		.src = c->input,
		.dst = c->plan->q8,
		.rows = c->rows,
		.cols = c->width,
	};

	if (!c->quantized)
		TNPU_ADD(c, TNPU_OP_QUANTIZE, 0, cmd);
	c->quantized = true;
}

/* out = act(linear(input)) + residual, which may be NULL */
static void tnpu_compile_linear(struct tnpu_compiler *c, const struct tnpu_linear *l,
				uint32_t act, const struct tnpu_tensor *residual,
				const struct tnpu_tensor *out)
{
	struct tnpu_cmd_gemm cmd = {
		.x = c->input,
		.weights = tnpu_compile_va(c, l->weight.offset),
		.format = tnpu_wformat_desc(l->weight.wformat),
		.bias = tnpu_compile_va(c, l->bias),
		.out = *out,
		.rows = c->rows,
		.n = l->weight.n,
		.k = l->weight.k,
		.act = act,
	};

	if (cmd.format.kind == TNPU_WKIND_INT) {
		tnpu_compile_quantize(c);
		cmd.x = c->plan->q8;
	}
	if (residual)
		cmd.residual = *residual;
	TNPU_ADD(c, TNPU_OP_GEMM, 0, cmd);
}

/* Large ones gain nothing, and may exceed what a command is allowed. */
static bool tnpu_compile_small(const struct tnpu_compiler *c, const struct tnpu_matrix *m,
			       uint32_t n)
{
	const struct drm_tnpu_dev_info *info = &c->model->dev->info;

	return n <= TNPU_MAX_GEMM_N &&
	       tnpu_wformat_bytes(m->wformat, n, m->k) <= info->max_cmd_bytes / 4 &&
	       (uint64_t)c->plan->rows * n * m->k <= info->max_cmd_macs / 4;
}

/* Appends @b to @a where the loader has placed them as one matrix; else false. */
static bool tnpu_compile_join(const struct tnpu_compiler *c, struct tnpu_linear *a,
			      const struct tnpu_linear *b)
{
	struct tnpu_matrix *m = &a->weight;

	if (m->wformat != b->weight.wformat || m->n % TNPU_WEIGHT_LANES ||
	    m->offset + tnpu_wformat_bytes(m->wformat, m->n, m->k) != b->weight.offset ||
	    b->bias != (a->bias ? a->bias + m->n * sizeof(float) : 0) ||
	    !tnpu_compile_small(c, m, m->n + b->weight.n))
		return false;
	m->n += b->weight.n;
	return true;
}

/* Several maps of the input, with as few commands as possible; @out has one behind the other. */
static void tnpu_compile_linears(struct tnpu_compiler *c, const struct tnpu_linear *const part[],
				 int n, const struct tnpu_tensor *out)
{
	struct tnpu_tensor to = *out;
	struct tnpu_linear whole;
	int i = 0;

	while (i < n) {
		whole = *part[i++];
		while (i < n && tnpu_compile_join(c, &whole, part[i]))
			i++;
		tnpu_compile_linear(c, &whole, TNPU_ACT_NONE, NULL, &to);
		to = tnpu_compile_columns(to, whole.weight.n);
	}
}

/* What INT weights alone multiply is wanted as QI8 alone. */
static bool tnpu_compile_rounds(const struct tnpu_linear *const next[], int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (tnpu_wformat_desc(next[i]->weight.wformat).kind != TNPU_WKIND_INT)
			return false;
	return true;
}

/* The input of the @n maps @next: in @out, or, where these are INT, in plan->q8. */
static void tnpu_compile_norm(struct tnpu_compiler *c, const struct tnpu_norm *norm,
			      const struct tnpu_tensor *x, const struct tnpu_tensor *out,
			      const struct tnpu_linear *const next[], int n)
{
	bool rounds = tnpu_compile_rounds(next, n);
	const struct tnpu_cmd_norm cmd = {
		.x = *x,
		.out = rounds ? c->plan->q8 : *out,
		.weight = tnpu_compile_va(c, norm->weight),
		.bias = tnpu_compile_va(c, norm->bias),
		.rows = c->rows,
		.cols = c->model->info.width,
		.kind = c->model->arch->norm,
		.epsilon = tnpu_compile_bits(c->model->epsilon),
	};

	TNPU_ADD(c, TNPU_OP_NORM, 0, cmd);
	tnpu_compile_input(c, out, c->model->info.width);
	c->quantized = rounds;
}

static void tnpu_compile_gather(struct tnpu_compiler *c, const struct tnpu_matrix *table,
				uint64_t ids, uint16_t flags)
{
	const struct tnpu_cmd_gather cmd = {
		.table = { .va = tnpu_compile_va(c, table->offset) },
		.format = tnpu_wformat_desc(table->wformat),
		.out = c->plan->x,
		.ids = ids,
		.rows = c->rows,
		.table_rows = table->n,
		.cols = table->k,
	};

	TNPU_ADD(c, TNPU_OP_GATHER, flags, cmd);
}

static void tnpu_compile_rope(struct tnpu_compiler *c, const struct tnpu_tensor *x,
			      uint32_t heads)
{
	const struct tnpu_cmd_rope cmd = {
		.x = *x,
		.positions = c->plan->positions,
		.freqs = tnpu_compile_va(c, c->model->freqs),
		.rows = c->rows,
		.heads = heads,
		.head_dim = c->model->info.head_dim,
		.n_rot = c->model->n_rot,
		.mode = c->model->arch->rope,
	};

	if (c->model->arch->rotary)
		TNPU_ADD(c, TNPU_OP_ROPE, 0, cmd);
}

static struct tnpu_kv tnpu_compile_kv(const struct tnpu_compiler *c, uint32_t layer)
{
	struct tnpu_kv kv = c->plan->kv;

	kv.k += layer * c->plan->kv_layer;
	kv.v += layer * c->plan->kv_layer;
	return kv;
}

/* From plan->qkv, where q, k and v of a row lie behind each other. */
static void tnpu_compile_attend(struct tnpu_compiler *c, uint32_t layer,
				const struct tnpu_tensor *k, const struct tnpu_tensor *v)
{
	const struct tnpu_cmd_kv_store store = {
		.k = *k,
		.v = *v,
		.cache = tnpu_compile_kv(c, layer),
		.positions = c->plan->positions,
		.seqs = c->plan->seqs,
		.rows = c->rows,
	};
	const struct tnpu_cmd_attention attend = {
		.q = c->plan->qkv,
		.out = c->plan->att,
		.cache = store.cache,
		.positions = c->plan->positions,
		.seqs = c->plan->seqs,
		.rows = c->rows,
		.heads = c->model->info.heads,
		.scale = tnpu_compile_bits(1.0 / sqrt(c->model->info.head_dim)),
	};

	TNPU_ADD(c, TNPU_OP_KV_STORE, 0, store);
	TNPU_ADD(c, TNPU_OP_ATTENTION, 0, attend);
}

static void tnpu_compile_attention(struct tnpu_compiler *c, uint32_t i)
{
	const struct tnpu_model_info *info = &c->model->info;
	const struct tnpu_layer *layer = &c->model->layers[i];
	uint32_t width = info->heads * info->head_dim;
	const struct tnpu_tensor *q = &c->plan->qkv;
	struct tnpu_tensor k = tnpu_compile_columns(*q, width);
	struct tnpu_tensor v = tnpu_compile_columns(k, info->kv_heads * info->head_dim);
	const struct tnpu_linear *const one[] = { &layer->qkv };
	const struct tnpu_linear *const three[] = { &layer->q, &layer->k, &layer->v };
	const struct tnpu_linear *const *parts = layer->qkv.weight.n ? one : three;
	int n = layer->qkv.weight.n ? 1 : 3;

	tnpu_compile_norm(c, &layer->attn_norm, &c->plan->x, &c->plan->norm, parts, n);
	tnpu_compile_linears(c, parts, n, q);
	/* Keys lie behind the queries: heads like these. */
	tnpu_compile_rope(c, q, info->heads + info->kv_heads);
	tnpu_compile_attend(c, i, &k, &v);
	tnpu_compile_input(c, &c->plan->att, width);
	tnpu_compile_linear(c, &layer->attn_out, TNPU_ACT_NONE, &c->plan->x, &c->plan->x);
}

static void tnpu_compile_gated(struct tnpu_compiler *c, const struct tnpu_layer *layer)
{
	const struct tnpu_linear *const parts[] = { &layer->gate, &layer->up };
	const struct tnpu_linear *const next[] = { &layer->down };
	bool rounds = tnpu_compile_rounds(next, 1);
	const struct tnpu_plan *p = c->plan;
	const struct tnpu_cmd_glu glu = {
		.gate = p->ffn,
		.up = tnpu_compile_columns(p->ffn, c->model->info.ffn),
		.out = rounds ? p->q8 : p->ffn,
		.rows = c->rows,
		.cols = c->model->info.ffn,
		.act = c->model->arch->act,
	};

	tnpu_compile_norm(c, &layer->ffn_norm, &p->x, &p->norm, parts, 2);
	tnpu_compile_linears(c, parts, 2, &p->ffn);
	TNPU_ADD(c, TNPU_OP_GLU, 0, glu);
	tnpu_compile_input(c, &p->ffn, c->model->info.ffn);
	c->quantized = rounds;
}

static void tnpu_compile_ffn(struct tnpu_compiler *c, const struct tnpu_layer *layer)
{
	const struct tnpu_linear *const up[] = { &layer->up };
	const struct tnpu_plan *p = c->plan;

	if (c->model->arch->gated) {
		tnpu_compile_gated(c, layer);
	} else {
		tnpu_compile_norm(c, &layer->ffn_norm, &p->x, &p->norm, up, 1);
		tnpu_compile_linear(c, &layer->up, c->model->arch->act, NULL, &p->ffn);
		tnpu_compile_input(c, &p->ffn, c->model->info.ffn);
	}
	tnpu_compile_linear(c, &layer->down, TNPU_ACT_NONE, &p->x, &p->x);
}

/* ---- Streams --------------------------------------------------------------------------- */

void tnpu_compile_body(const struct tnpu_plan *plan, struct tnpu_stream *s,
		       enum tnpu_rows rows)
{
	struct tnpu_compiler c = tnpu_compile_begin(plan, s, rows);
	uint32_t i;

	tnpu_compile_gather(&c, &c.model->embedding, plan->tokens, 0);
	if (!c.model->arch->rotary)
		tnpu_compile_gather(&c, &c.model->positions, plan->positions, TNPU_GATHER_ADD);
	for (i = 0; i < c.model->info.layers; i++) {
		tnpu_compile_attention(&c, i);
		tnpu_compile_ffn(&c, &c.model->layers[i]);
	}
}

static void tnpu_compile_draw(struct tnpu_compiler *c)
{
	uint64_t state = c->plan->state;
	struct tnpu_cmd_sample cmd = {
		.logits = c->plan->logits,
		.rows = c->rows,
		.params = c->plan->params,
		.counters = c->plan->counters,
		.tokens = c->plan->tokens,
		.history = c->plan->history,
		.stops = state + offsetof(struct tnpu_state, stops),
		.n_stops = {
			.cell = state + offsetof(struct tnpu_state, n_stops),
			.value = TNPU_MAX_STOPS,
		},
		.predicate = state + offsetof(struct tnpu_state, predicate),
		.n = c->model->info.vocab,
	};

	if (c->plan->history) {
		cmd.history_index.cell = state + offsetof(struct tnpu_state, step);
		cmd.history_index.value = c->plan->n_history - 1;
		cmd.history_stride = c->plan->n_history * sizeof(uint32_t);
	}
	TNPU_ADD(c, TNPU_OP_SAMPLE, 0, cmd);
}

/* plan->last[i] = x[picks[i]] */
static void tnpu_compile_pick(struct tnpu_compiler *c)
{
	const struct tnpu_cmd_gather cmd = {
		.table = c->plan->x,
		.out = c->plan->last,
		.ids = c->plan->picks,
		.rows = c->rows,
		.table_rows = c->plan->rows,
		.cols = c->model->info.width,
	};

	TNPU_ADD(c, TNPU_OP_GATHER, TNPU_GATHER_TENSOR, cmd);
}

void tnpu_compile_sample(const struct tnpu_plan *plan, struct tnpu_stream *s,
			 enum tnpu_rows rows)
{
	struct tnpu_compiler c = tnpu_compile_begin(plan, s, rows);
	const struct tnpu_linear *const next[] = { &plan->model->head };
	const struct tnpu_tensor *from = &plan->x;
	struct tnpu_tensor norm = plan->last;

	if (c.rows.value > plan->outs)
		c.rows.value = plan->outs;
	if (rows == TNPU_ROWS_PICKED) {
		tnpu_compile_pick(&c);
		from = &plan->last;
	}
	norm.va += (uint64_t)plan->outs * norm.stride;
	tnpu_compile_norm(&c, &c.model->out_norm, from, &norm, next, 1);
	tnpu_compile_linear(&c, &c.model->head, TNPU_ACT_NONE, NULL, &plan->logits);
	tnpu_compile_draw(&c);
}

/* *@cell += 1, for @n cells */
static void tnpu_compile_count(struct tnpu_compiler *c, uint64_t cell, uint32_t n)
{
	struct tnpu_cmd_cell cmd = { .value = 1, .op = TNPU_CELL_ADD };
	uint32_t i;

	for (i = 0; i < n; i++) {
		cmd.dst = cell + i * sizeof(uint32_t);
		cmd.src = cmd.dst;
		TNPU_ADD(c, TNPU_OP_CELL, 0, cmd);
	}
}

void tnpu_compile_advance(const struct tnpu_plan *plan, struct tnpu_stream *s,
			  enum tnpu_rows rows)
{
	struct tnpu_compiler c = tnpu_compile_begin(plan, s, rows);
	uint32_t n = rows == TNPU_ROWS_ONE ? 1 : plan->outs;
	const struct tnpu_cmd_exit exit = {
		.cell = plan->state + offsetof(struct tnpu_state, predicate),
	};

	tnpu_compile_count(&c, plan->state + offsetof(struct tnpu_state, step), 1);
	tnpu_compile_count(&c, plan->positions, n);
	tnpu_compile_count(&c, plan->counters, n);
	TNPU_ADD(&c, TNPU_OP_EXIT, 0, exit);
}

void tnpu_compile_logits(const struct tnpu_plan *plan, struct tnpu_stream *s,
			 const struct tnpu_tensor *logits)
{
	struct tnpu_compiler c = tnpu_compile_begin(plan, s, TNPU_ROWS_PASS);
	const struct tnpu_linear *const next[] = { &plan->model->head };

	tnpu_compile_norm(&c, &c.model->out_norm, &plan->x, &plan->norm, next, 1);
	tnpu_compile_linear(&c, &c.model->head, TNPU_ACT_NONE, NULL, logits);
}

/* ---- Memory ------------------------------------------------------------------------------ */

static uint64_t tnpu_plan_tensor(struct tnpu_tensor *t, uint64_t va, uint32_t rows,
				 uint32_t cols)
{
	*t = (struct tnpu_tensor){
		.va = va,
		.stride = ALIGN_UP(cols * sizeof(float), 64),
		.dtype = TNPU_DTYPE_F32,
	};
	return va + (uint64_t)rows * t->stride;
}

static uint64_t tnpu_plan_quantized(struct tnpu_tensor *t, uint64_t va, uint32_t rows,
				    uint32_t cols)
{
	uint32_t groups = ALIGN_UP(cols, 1u << TNPU_ACTIVATION_GROUP_LOG2) >>
			  TNPU_ACTIVATION_GROUP_LOG2;

	*t = (struct tnpu_tensor){
		.va = va,
		.stride = ALIGN_UP(ALIGN_UP(cols, 64) + groups * sizeof(float), 64),
		.dtype = TNPU_DTYPE_QI8,
		.group_log2 = TNPU_ACTIVATION_GROUP_LOG2,
	};
	return va + (uint64_t)rows * t->stride;
}

uint64_t tnpu_plan_activations(struct tnpu_plan *p, uint64_t va)
{
	const struct tnpu_model_info *info = &p->model->info;
	uint32_t q = info->heads * info->head_dim;
	uint32_t kv = info->kv_heads * info->head_dim;
	uint32_t widest = info->width > info->ffn ? info->width : info->ffn;
	uint64_t end;

	widest = widest > q ? widest : q;
	end = tnpu_plan_tensor(&p->x, va, p->rows, info->width);
	end = tnpu_plan_tensor(&p->norm, end, p->rows, info->width);
	end = tnpu_plan_tensor(&p->qkv, end, p->rows, q + 2 * kv);
	end = tnpu_plan_tensor(&p->att, end, p->rows, q);
	end = tnpu_plan_tensor(&p->ffn, end, p->rows, p->model->arch->gated ? 2 * info->ffn :
										info->ffn);
	end = tnpu_plan_quantized(&p->q8, end, p->rows, widest);
	end = tnpu_plan_tensor(&p->last, end, 2 * p->outs, info->width);
	end = tnpu_plan_tensor(&p->logits, end, p->outs, info->vocab);
	return end - va;
}
