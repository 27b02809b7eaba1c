// SPDX-License-Identifier: MIT
/*
 * Of the last block only keys and values are needed for every row: behind its
 * attention, and in all that follows, there are only the rows that count.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "gemm_bf16.h"
#include "pass.h"
#include "rows.h"

/**
 * struct pass_layer - what a block's backward pass needs of its forward pass
 * @x: [rows][width] the residual stream before attention
 * @norm1: [rows][width] @x after the norm
 * @scale1: [rows] of that norm
 * @qkv: [rows][qkv width] queries, keys, values, turned
 * @lse: [rows][heads] of attention
 * @att: [rows][width] its output
 * @mid: [rows][width] the residual stream after attention
 * @norm2: [rows][width] @mid after the norm
 * @scale2: [rows] of that norm
 * @gate_up: [rows][2 * ffn]
 * @hidden: [rows][ffn] the gate's output
 */
struct pass_layer {
	real_t *x;
	real_t *norm1;
	real_t *scale1;
	real_t *qkv;
	real_t *lse;
	real_t *att;
	real_t *mid;
	real_t *norm2;
	real_t *scale2;
	real_t *gate_up;
	real_t *hidden;
};

/**
 * struct train_pass - memory of one thread
 * @layer: [shape->layers]
 * @tail: [losses][width] att of the last block's rows that count
 * @x: [losses][width] the residual stream at the end
 * @norm: [losses][width] @x after the last norm
 * @scale: [losses] of that norm
 * @logits: [losses][vocab]
 * @dx: [rows][width] gradient of the residual stream
 * @dtail: [losses][width] the same behind the last block's attention
 * @dnorm: [rows][width] of a norm's output, or of attention's
 * @dwide: [rows][qkv width or 2 * ffn]
 * @dhidden: [rows][ffn]
 * @bf16: memory of its products in bfloat16; NULL: there are none
 * @brisk: they are wanted
 */
struct train_pass {
	const struct train_shape *shape;
	struct pass_layer *layer;
	real_t *tail;
	real_t *x;
	real_t *norm;
	real_t *scale;
	real_t *logits;
	real_t *dx;
	real_t *dtail;
	real_t *dnorm;
	real_t *dwide;
	real_t *dhidden;
	real_t *rope;
	real_t *scratch;
	real_t *memory;
	struct train_bf16 *bf16;
	bool brisk;
};

/* ---- Memory ----------------------------------------------------------------- */

/* Rows of @width at @memory + *end, or, without memory, only their size. */
static real_t *pass_take(real_t *memory, size_t *end, size_t rows, size_t width)
{
	real_t *at = memory ? memory + *end : NULL;

	*end += (rows * width + 15) / 16 * 16;
	return at;
}

static void pass_place_layer(struct pass_layer *layer,
			     const struct train_shape *shape, int max,
			     real_t *memory, size_t *end)
{
	int width = shape->width;

	layer->x = pass_take(memory, end, max, width);
	layer->norm1 = pass_take(memory, end, max, width);
	layer->scale1 = pass_take(memory, end, max, 1);
	layer->qkv = pass_take(memory, end, max, train_qkv_width(shape));
	layer->lse = pass_take(memory, end, max, shape->heads);
	layer->att = pass_take(memory, end, max, width);
	layer->mid = pass_take(memory, end, max, width);
	layer->norm2 = pass_take(memory, end, max, width);
	layer->scale2 = pass_take(memory, end, max, 1);
	layer->gate_up = pass_take(memory, end, max, 2 * shape->ffn);
	layer->hidden = pass_take(memory, end, max, shape->ffn);
}

static size_t pass_place(struct train_pass *pass, int max, real_t *memory)
{
	const struct train_shape *shape = pass->shape;
	int width = shape->width, qkv = train_qkv_width(shape), i;
	int wide = qkv > 2 * shape->ffn ? qkv : 2 * shape->ffn;
	size_t end = 0;

	for (i = 0; i < shape->layers; i++)
		pass_place_layer(&pass->layer[i], shape, max, memory, &end);
	pass->tail = pass_take(memory, &end, max, width);
	pass->x = pass_take(memory, &end, max, width);
	pass->norm = pass_take(memory, &end, max, width);
	pass->scale = pass_take(memory, &end, max, 1);
	pass->logits = pass_take(memory, &end, max, shape->vocab);
	pass->dx = pass_take(memory, &end, max, width);
	pass->dtail = pass_take(memory, &end, max, width);
	pass->dnorm = pass_take(memory, &end, max, width);
	pass->dwide = pass_take(memory, &end, max, wide);
	pass->dhidden = pass_take(memory, &end, max, shape->ffn);
	pass->rope = pass_take(memory, &end, shape->context,
			       train_head_width(shape));
	pass->scratch = pass_take(memory, &end, 1, train_attend_scratch(shape));
	return end;
}

struct train_pass *train_pass_create(const struct train_shape *shape, int max)
{
	struct train_pass *pass = train_alloc(1, sizeof(*pass));

	pass->shape = shape;
	pass->layer = train_alloc(shape->layers, sizeof(*pass->layer));
	pass->memory = train_alloc(pass_place(pass, max, NULL), sizeof(real_t));
	pass_place(pass, max, pass->memory);
	pass->bf16 = train_bf16_create();
	train_rope_table(shape->context, train_head_width(shape),
			 shape->rope_base, pass->rope);
	return pass;
}

void train_pass_destroy(struct train_pass *pass)
{
	free(pass->bf16);
	free(pass->memory);
	free(pass->layer);
	free(pass);
}

void train_pass_brisk(struct train_pass *pass, bool brisk)
{
	pass->brisk = brisk;
}

/* ---- Linear layers ---------------------------------------------------------- */

static struct train_mat pass_mat(const real_t *at, int step)
{
	return (struct train_mat){ (real_t *)at, step };
}

static struct train_bf16 *pass_bf16(const struct train_pass *pass)
{
	return pass->brisk ? pass->bf16 : NULL;
}

/* y [rows][n] = x [rows][k] w [n][k] transposed (+ y) */
static void pass_linear(const struct train_pass *pass, int rows, int n, int k,
			const real_t *x, const real_t *w, bool add, real_t *y)
{
	train_bf16_nt(pass_bf16(pass), rows, n, k, pass_mat(x, k),
		      pass_mat(w, k), add, pass_mat(y, n));
}

/* dx = dy w, dw += dy transposed x */
static void pass_linear_back(const struct train_pass *pass, int rows, int n,
			     int k, const real_t *x, const real_t *w,
			     const real_t *dy, real_t *dx, real_t *dw)
{
	train_bf16_tn_add(pass_bf16(pass), n, k, rows, pass_mat(dy, n),
			  pass_mat(x, k), pass_mat(dw, k));
	train_bf16_nn(pass_bf16(pass), rows, k, n, pass_mat(dy, n),
		      pass_mat(w, k), pass_mat(dx, k));
}

/* ---- Rows that count -------------------------------------------------------- */

/* to [losses][width] = those rows of @from [rows][width] */
static void pass_gather(const struct train_batch *batch, int width,
			const real_t *from, real_t *to)
{
	const struct train_span *s;
	size_t count;

	for (s = batch->span; s < batch->span + batch->spans; s++) {
		count = (size_t)(s->end - s->query) * width;
		memcpy(to, from + (size_t)s->query * width,
		       count * sizeof(*to));
		to += count;
	}
}

/* The way back; rows that do not count become 0. */
static void pass_scatter(const struct train_batch *batch, int width,
			 const real_t *from, real_t *to)
{
	const struct train_span *s;
	size_t count;

	memset(to, 0, (size_t)batch->rows * width * sizeof(*to));
	for (s = batch->span; s < batch->span + batch->spans; s++) {
		count = (size_t)(s->end - s->query) * width;
		memcpy(to + (size_t)s->query * width, from,
		       count * sizeof(*to));
		from += count;
	}
}

/* ---- Forward ---------------------------------------------------------------- */

static void pass_embed(const struct train_shape *shape, const real_t *embedding,
		       const struct train_batch *batch, real_t *x)
{
	int i;

	for (i = 0; i < batch->rows; i++)
		memcpy(x + (size_t)i * shape->width,
		       embedding + (size_t)batch->token[i] * shape->width,
		       shape->width * sizeof(*x));
}

/* The span's rows from which attention is wanted: all, or those that count. */
static struct train_span pass_span(const struct train_span *span, bool last)
{
	struct train_span s = *span;

	if (!last)
		s.query = s.first;
	return s;
}

static void pass_attention(const struct train_pass *pass,
			   const struct pass_layer *act,
			   const struct train_layer *w,
			   const struct train_batch *batch, bool last)
{
	const struct train_shape *shape = pass->shape;
	int rows = batch->rows, qkv = train_qkv_width(shape), i;
	struct train_span span;

	train_norm(rows, shape->width, shape->epsilon, act->x, w->norm1,
		   act->norm1, act->scale1);
	pass_linear(pass, rows, qkv, shape->width, act->norm1, w->qkv, false,
		    act->qkv);
	train_rope(rows, shape->heads + shape->kv_heads,
		   train_head_width(shape), batch->position, pass->rope, 1,
		   pass_mat(act->qkv, qkv));
	for (i = 0; i < batch->spans; i++) {
		span = pass_span(&batch->span[i], last);
		train_attend(shape, &span, act->qkv, act->att, act->lse,
			     pass->scratch);
	}
}

/* act->mid = x + attention's output through its matrix */
static void pass_join(const struct train_pass *pass,
		      const struct pass_layer *act, const struct train_layer *w,
		      const struct train_batch *batch, bool last)
{
	int width = pass->shape->width;
	const real_t *att = act->att;

	if (last) {
		att = pass->tail;
		pass_gather(batch, width, act->att, pass->tail);
		pass_gather(batch, width, act->x, act->mid);
	} else {
		memcpy(act->mid, act->x,
		       (size_t)batch->rows * width * sizeof(*act->mid));
	}
	pass_linear(pass, last ? batch->losses : batch->rows, width, width, att,
		    w->out, true, act->mid);
}

static void pass_feed(const struct train_pass *pass,
		      const struct pass_layer *act, const struct train_layer *w,
		      int rows, real_t *out)
{
	const struct train_shape *shape = pass->shape;

	train_norm(rows, shape->width, shape->epsilon, act->mid, w->norm2,
		   act->norm2, act->scale2);
	pass_linear(pass, rows, 2 * shape->ffn, shape->width, act->norm2,
		    w->gate_up, false, act->gate_up);
	train_gate(rows, shape->ffn, act->gate_up, act->hidden);
	memcpy(out, act->mid, (size_t)rows * shape->width * sizeof(*out));
	pass_linear(pass, rows, shape->width, shape->ffn, act->hidden, w->down,
		    true, out);
}

static void pass_layer_forward(const struct train_pass *pass, int index,
			       const real_t *params,
			       const struct train_batch *batch)
{
	const struct pass_layer *act = &pass->layer[index];
	bool last = index == pass->shape->layers - 1;
	struct train_layer w;

	w = train_params_layer(pass->shape, (real_t *)params, index);
	pass_attention(pass, act, &w, batch, last);
	pass_join(pass, act, &w, batch, last);
	pass_feed(pass, act, &w, last ? batch->losses : batch->rows,
		  last ? pass->x : act[1].x);
}

real_t *train_pass_forward(struct train_pass *pass, const real_t *params,
			   const struct train_batch *batch)
{
	const struct train_shape *shape = pass->shape;
	int i;

	pass_embed(shape, params, batch, pass->layer[0].x);
	for (i = 0; i < shape->layers; i++)
		pass_layer_forward(pass, i, params, batch);
	train_norm(batch->losses, shape->width, shape->epsilon, pass->x,
		   train_params_norm(shape, (real_t *)params), pass->norm,
		   pass->scale);
	pass_linear(pass, batch->losses, shape->vocab, shape->width, pass->norm,
		    params, false, pass->logits);
	return pass->logits;
}

real_t *train_pass_logits(const struct train_pass *pass)
{
	return pass->logits;
}

/* ---- Backward --------------------------------------------------------------- */

/* @dx [rows][width]: of the block's output; becomes that of act->mid. */
static void pass_feed_back(const struct train_pass *pass,
			   const struct pass_layer *act,
			   const struct train_layer *w,
			   const struct train_layer *dw, int rows, real_t *dx)
{
	const struct train_shape *shape = pass->shape;
	int width = shape->width, ffn = shape->ffn;

	pass_linear_back(pass, rows, width, ffn, act->hidden, w->down, dx,
			 pass->dhidden, dw->down);
	train_gate_back(rows, ffn, act->gate_up, pass->dhidden, pass->dwide);
	pass_linear_back(pass, rows, 2 * ffn, width, act->norm2, w->gate_up,
			 pass->dwide, pass->dnorm, dw->gate_up);
	train_norm_back(rows, width, act->mid, w->norm2, act->scale2,
			pass->dnorm, dx, dw->norm2);
}

/*
 * From pass->dtail or pass->dx, of act->mid, to pass->dnorm, of attention's
 * output; pass->dx becomes that of act->x so far.
 */
static void pass_join_back(const struct train_pass *pass,
			   const struct pass_layer *act,
			   const struct train_layer *w,
			   const struct train_layer *dw,
			   const struct train_batch *batch, bool last)
{
	int width = pass->shape->width;

	if (!last) {
		pass_linear_back(pass, batch->rows, width, width, act->att,
				 w->out, pass->dx, pass->dnorm, dw->out);
		return;
	}
	pass_linear_back(pass, batch->losses, width, width, pass->tail, w->out,
			 pass->dtail, pass->dwide, dw->out);
	pass_scatter(batch, width, pass->dwide, pass->dnorm);
	pass_scatter(batch, width, pass->dtail, pass->dx);
}

static void pass_attention_back(const struct train_pass *pass,
				const struct pass_layer *act,
				const struct train_layer *w,
				const struct train_layer *dw,
				const struct train_batch *batch, bool last)
{
	const struct train_shape *shape = pass->shape;
	int rows = batch->rows, qkv = train_qkv_width(shape), i;
	struct train_span span;

	for (i = 0; i < batch->spans; i++) {
		span = pass_span(&batch->span[i], last);
		train_attend_back(shape, &span, act->qkv, act->att, act->lse,
				  pass->dnorm, pass->dwide, pass->scratch);
	}
	train_rope(rows, shape->heads + shape->kv_heads,
		   train_head_width(shape), batch->position, pass->rope, -1,
		   pass_mat(pass->dwide, qkv));
	pass_linear_back(pass, rows, qkv, shape->width, act->norm1, w->qkv,
			 pass->dwide, pass->dnorm, dw->qkv);
	train_norm_back(rows, shape->width, act->x, w->norm1, act->scale1,
			pass->dnorm, pass->dx, dw->norm1);
}

static void pass_layer_backward(const struct train_pass *pass, int index,
				const real_t *params,
				const struct train_batch *batch, real_t *grads)
{
	const struct pass_layer *act = &pass->layer[index];
	bool last = index == pass->shape->layers - 1;
	struct train_layer w, dw;

	w = train_params_layer(pass->shape, (real_t *)params, index);
	dw = train_params_layer(pass->shape, grads, index);
	pass_feed_back(pass, act, &w, &dw, last ? batch->losses : batch->rows,
		       last ? pass->dtail : pass->dx);
	pass_join_back(pass, act, &w, &dw, batch, last);
	pass_attention_back(pass, act, &w, &dw, batch, last);
}

static void pass_embed_back(const struct train_shape *shape,
			    const struct train_batch *batch, const real_t *dx,
			    real_t *dembedding)
{
	real_t *to;
	int r, i;

	for (r = 0; r < batch->rows; r++, dx += shape->width) {
		to = dembedding + (size_t)batch->token[r] * shape->width;
		for (i = 0; i < shape->width; i++)
			to[i] += dx[i];
	}
}

void train_pass_backward(struct train_pass *pass, const real_t *params,
			 const struct train_batch *batch, const real_t *dlogits,
			 real_t *grads)
{
	const struct train_shape *shape = pass->shape;
	int width = shape->width, i;

	pass_linear_back(pass, batch->losses, shape->vocab, width, pass->norm,
			 params, dlogits, pass->dnorm, grads);
	memset(pass->dtail, 0,
	       (size_t)batch->losses * width * sizeof(*pass->dtail));
	train_norm_back(batch->losses, width, pass->x,
			train_params_norm(shape, (real_t *)params), pass->scale,
			pass->dnorm, pass->dtail,
			train_params_norm(shape, grads));
	for (i = shape->layers - 1; i >= 0; i--)
		pass_layer_backward(pass, i, params, batch, grads);
	pass_embed_back(shape, batch, pass->dx, grads);
}

/* ---- Figures ---------------------------------------------------------------- */

/* Pairs of a query and a key that it sees. */
static double pass_pairs(const struct train_batch *batch, bool last)
{
	struct train_span span;
	double pairs = 0, n, seen;
	int i;

	for (i = 0; i < batch->spans; i++) {
		span = pass_span(&batch->span[i], last);
		n = span.end - span.first;
		seen = span.query - span.first;
		pairs += (n * (n + 1) - seen * (seen + 1)) / 2;
	}
	return pairs;
}

double train_pass_flops(const struct train_shape *shape,
			const struct train_batch *batch)
{
	double width = shape->width, all = shape->layers - 1;
	double feed = width * width + 3 * width * shape->ffn;
	double macs;

	macs = batch->rows * (shape->layers * width * train_qkv_width(shape) +
			      all * feed);
	macs += batch->losses * (feed + width * shape->vocab);
	macs += 2 * width * (all * pass_pairs(batch, false) +
			     pass_pairs(batch, true));
	return 2 * macs;
}
