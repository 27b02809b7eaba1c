// SPDX-License-Identifier: MIT
#include <math.h>
#include <string.h>

#include "attend.h"
#include "rows.h"

/*
 * Queries that are taken together. Less saves more of what causality makes
 * superfluous, more makes larger matrix products.
 */
#define ATTEND_TILE 64

/**
 * struct attend - one head's tile of queries, and all keys before its end
 * @rows: queries
 * @keys: keys, of which query i sees the first keys - rows + i + 1
 * @q, @k, @v, @o: the head's columns; @q and @o begin at the tile
 * @lse: of the head, [rows] at a distance of @lse_step
 * @p: [rows][keys] probabilities
 */
struct attend {
	int rows;
	int keys;
	int head;
	real_t scale;
	struct train_mat q;
	struct train_mat k;
	struct train_mat v;
	struct train_mat o;
	real_t *lse;
	int lse_step;
	struct train_mat p;
};

size_t train_attend_scratch(const struct train_shape *shape)
{
	return 2 * (size_t)ATTEND_TILE * shape->context;
}

static struct train_mat attend_columns(real_t *array, int step, int row, int col)
{
	return (struct train_mat){ array + (size_t)row * step + col, step };
}

static int attend_min(int a, int b)
{
	return a < b ? a : b;
}

/* Head @head, and the queries from row @row of the batch. */
static void attend_tile(const struct train_shape *shape,
			const struct train_span *span, int head, int row,
			real_t *qkv, real_t *out, struct attend *a)
{
	int width = train_head_width(shape), step = train_qkv_width(shape);
	int kv = head / (shape->heads / shape->kv_heads) * width;

	a->head = width;
	a->scale = 1 / real_sqrt(width);
	a->rows = attend_min(ATTEND_TILE, span->end - row);
	a->keys = row + a->rows - span->first;
	a->q = attend_columns(qkv, step, row, head * width);
	a->k = attend_columns(qkv, step, span->first, shape->width + kv);
	a->v = attend_columns(qkv, step, span->first,
			      shape->width + train_kv_width(shape) + kv);
	a->o = attend_columns(out, shape->width, row, head * width);
	a->p.step = a->keys;
}

static void attend_softmax_row(real_t *p, int seen, int keys, real_t *lse)
{
	real_t max = train_max(seen, p), sum = train_exp(seen, max, p);
	int i;

	*lse = max + real_log(sum);
	for (i = 0; i < seen; i++)
		p[i] *= 1 / sum;
	memset(p + seen, 0, (keys - seen) * sizeof(*p));
}

static void attend_forward(const struct attend *a)
{
	int i;

	train_gemm_nt(a->rows, a->keys, a->head, a->scale, a->q, a->k, 0, a->p);
	for (i = 0; i < a->rows; i++)
		attend_softmax_row(a->p.at + i * a->p.step,
				   a->keys - a->rows + i + 1, a->keys,
				   a->lse + i * a->lse_step);
	train_gemm_nn(a->rows, a->head, a->keys, 1, a->p, a->v, 0, a->o);
}

void train_attend(const struct train_shape *shape,
		  const struct train_span *span, const real_t *qkv, real_t *out,
		  real_t *lse, real_t *scratch)
{
	struct attend a = { .lse_step = shape->heads, .p.at = scratch };
	int head, row;

	for (head = 0; head < shape->heads; head++) {
		for (row = span->query; row < span->end; row += ATTEND_TILE) {
			attend_tile(shape, span, head, row, (real_t *)qkv, out,
				    &a);
			a.lse = lse + row * shape->heads + head;
			attend_forward(&a);
		}
	}
}

/*
 * p = exp(scores - lse), ds = p (dp - sum of p dp); that sum is o do. Of keys
 * that are not seen both become 0.
 */
static void attend_scores_row(int seen, int keys, real_t lse, real_t sum,
			      real_t *p, real_t *dp)
{
	int i;

	train_exp(seen, lse, p);
	for (i = 0; i < seen; i++)
		dp[i] = p[i] * (dp[i] - sum);
	memset(p + seen, 0, (keys - seen) * sizeof(*p));
	memset(dp + seen, 0, (keys - seen) * sizeof(*dp));
}

static real_t attend_dot(int n, const real_t *a, const real_t *b)
{
	real_t sum = 0;
	int i;

	for (i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/*
 * @d has the gradients in the places of q, k, v and o; d->p becomes that of
 * the scores.
 */
static void attend_backward(const struct attend *a, const struct attend *d)
{
	real_t sum;
	int i;

	train_gemm_nt(a->rows, a->keys, a->head, a->scale, a->q, a->k, 0, a->p);
	train_gemm_nt(a->rows, a->keys, a->head, 1, d->o, a->v, 0, d->p);
	for (i = 0; i < a->rows; i++) {
		sum = attend_dot(a->head, a->o.at + i * a->o.step,
				 d->o.at + i * d->o.step);
		attend_scores_row(a->keys - a->rows + i + 1, a->keys,
				  a->lse[i * a->lse_step], sum,
				  a->p.at + i * a->p.step,
				  d->p.at + i * d->p.step);
	}
	train_gemm_tn_add(a->keys, a->head, a->rows, 1, a->p, d->o, d->v);
	train_gemm_nn(a->rows, a->head, a->keys, a->scale, d->p, a->k, 1, d->q);
	train_gemm_tn_add(a->keys, a->head, a->rows, a->scale, d->p, a->q,
			  d->k);
}

void train_attend_back(const struct train_shape *shape,
		       const struct train_span *span, const real_t *qkv,
		       const real_t *out, const real_t *lse, const real_t *grad,
		       real_t *dqkv, real_t *scratch)
{
	struct attend a = { .lse_step = shape->heads, .p.at = scratch };
	struct attend d = { .p.at = scratch + ATTEND_TILE * shape->context };
	size_t step = train_qkv_width(shape);
	int head, row;

	memset(dqkv + span->first * step, 0,
	       (span->end - span->first) * step * sizeof(*dqkv));
	for (head = 0; head < shape->heads; head++) {
		for (row = span->query; row < span->end; row += ATTEND_TILE) {
			attend_tile(shape, span, head, row, (real_t *)qkv,
				    (real_t *)out, &a);
			attend_tile(shape, span, head, row, dqkv, (real_t *)grad,
				    &d);
			a.lse = (real_t *)lse + row * shape->heads + head;
			attend_backward(&a, &d);
		}
	}
}
