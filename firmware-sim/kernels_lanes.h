/* SPDX-License-Identifier: MIT */
/*
 * Kernels over vectors of 16 F32 lanes, written once for all instruction sets. The file
 * that includes this one has defined struct v16 and its operations:
 *
 *   v16_zero(), v16_set1(x), v16_fma(a, b, c), v16_mul(a, b), v16_add(a, b)
 *   v16_load_f32(p), v16_load_f16(p), v16_load_bf16(p), v16_load_i8(p), v16_store(p, v)
 *   LANES_CHAINS	sums that the registers hold besides operands
 *   LANES_SUMS	the same where the operands are few
 *
 * and, for integer weights,
 *
 *   struct weights	a weight group of one row block, unpacked
 *   unpack(p, bits)	unpacks the values at p
 *   dots(w, q, offset, rows, bits, f)	f[r] = (float)(offset[r] + sum(w * q[r])); offset[r] is
 *		-zero * sum(q[r]): who takes zero off the weights leaves it out
 *   sum_group(q)	sum of the 32 values of a weight group
 *   DOT_ROWS	rows that dots() takes at once, to hide latency
 *
 * Lanes are outputs: rows of weights, positions of keys, dimensions of values. Each lane
 * has one chain in the order that the manual gives, so vectors need no order of their own;
 * several chains side by side hide the latency of fma.
 */
#ifndef _TNPU_KERNELS_LANES_H_
#define _TNPU_KERNELS_LANES_H_

#include "kernels.h"
#include "kernels_rows.h"
#include "numerics.h"

/* ---- Integer GEMM ---------------------------------------------------------------------- */

#define QUADS		(WEIGHT_GROUP / 4)	/* of columns in a weight group */
#define PANEL_ROWS	16
#define PANEL_BYTES	16384
#define PANEL_GROUPS	(PANEL_BYTES / WEIGHT_GROUP)
#define PREFETCH_AHEAD	2048		/* bytes; decode lives on memory bandwidth */

/**
 * struct panel - the activations of some columns of all rows, as the inner loops want them
 * @q: for each weight group, for each row, 32 values
 * @offset: for each weight group, for each row, -zero * sum(q): where its sum starts
 * @scale: for each activation group, for each row
 * @part: for each row, the sum of its present activation group
 * @acc: for each row, the sum of those before it. Both lie here, not in the caller's rows,
 *	since a stride of a power of two would put all rows in one set of the L1 cache
 */
struct panel {
	int8_t q[PANEL_BYTES];
	int32_t offset[PANEL_GROUPS];
	float scale[PANEL_GROUPS];
	struct v16 part[PANEL_ROWS];
	struct v16 acc[PANEL_ROWS];
	uint32_t rows;
	uint32_t first;		/* column */
	uint32_t cols;
	uint32_t group;
};

static __always_inline size_t group_bytes(const uint32_t bits)
{
	return LANES * 2 + LANES * WEIGHT_GROUP * bits / 8;
}

/* The rows from @row on, the columns from @first on: whole activation groups, or the rest. */
static __always_inline void panel_pack(struct panel *p, const struct tnpu_gemm_tile *t,
				       uint32_t row, uint32_t rows, uint32_t first,
				       const uint32_t bits)
{
	uint32_t cols = PANEL_BYTES / rows / 256 * 256;
	uint32_t r, g;

	p->rows = rows;
	p->first = first;
	p->cols = t->k - first < cols ? t->k - first : cols;
	p->group = t->group;
	for (r = 0; r < rows; r++) {
		const uint8_t *x = (const uint8_t *)t->x + (row + r) * t->x_stride + first;
		const uint8_t *scales = (const uint8_t *)t->scales + (row + r) * t->x_stride;

		scales += first / t->group * 4;
		for (g = 0; g < p->cols / WEIGHT_GROUP; g++) {
			uint32_t at = g * rows + r;

			memcpy(p->q + at * WEIGHT_GROUP, x + g * WEIGHT_GROUP, WEIGHT_GROUP);
			p->offset[at] = -(sum_group(x + g * WEIGHT_GROUP) * (1 << (bits - 1)));
		}
		for (g = 0; g * t->group < p->cols; g++)
			memcpy(&p->scale[g * rows + r], scales + g * 4, 4);
	}
}

static __always_inline void prefetch_group(const uint8_t *p, const uint32_t bits)
{
	uint32_t i;

	for (i = 0; i < group_bytes(bits); i += 64)
		__builtin_prefetch(p + i + PREFETCH_AHEAD);
}

/* One row against @streams sequences of row blocks at once, @step blocks apart. */
static __always_inline void panel_row(const struct tnpu_gemm_tile *t, const struct panel *p,
				      uint32_t block, uint32_t step, const uint32_t streams,
				      const uint32_t bits)
{
	const uint8_t *w = t->weights + block * t->block_bytes +
			   p->first / WEIGHT_GROUP * group_bytes(bits);
	float *out = t->acc + block * LANES;
	struct v16 acc[2], part[2];
	uint32_t c, g, s;

	for (s = 0; s < streams; s++)
		acc[s] = p->first ? v16_load_f32(out + s * step * LANES) : v16_zero();
	for (c = 0, g = 0; c < p->cols; g++) {
		uint32_t end = c + p->group < p->cols ? c + p->group : p->cols;

		for (s = 0; s < streams; s++)
			part[s] = v16_zero();
		for (; c < end; c += WEIGHT_GROUP, w += group_bytes(bits)) {
			for (s = 0; s < streams; s++) {
				const uint8_t *ws = w + s * step * t->block_bytes;
				struct weights u = unpack(ws + LANES * 2, bits);
				struct v16 f;

				prefetch_group(ws, bits);
				dots(&u, p->q + c, p->offset + c / WEIGHT_GROUP, 1, bits, &f);
				part[s] = v16_fma(f, v16_load_f16(ws), part[s]);
			}
		}
		for (s = 0; s < streams; s++)
			acc[s] = v16_fma(part[s], v16_set1(p->scale[g]), acc[s]);
	}
	for (s = 0; s < streams; s++)
		v16_store(out + s * step * LANES, acc[s]);
}

/* Two streams of blocks keep more cache lines under way than one. */
static __always_inline void int_gemv(const struct tnpu_gemm_tile *t, const uint32_t bits)
{
	uint32_t half = t->blocks / 2;
	uint32_t first, b;
	struct panel p;

	for (first = 0; first < t->k; first += p.cols) {
		panel_pack(&p, t, 0, 1, first, bits);
		for (b = 0; b < half; b++)
			panel_row(t, &p, b, half, 2, bits);
		if (t->blocks % 2)
			panel_row(t, &p, t->blocks - 1, 0, 1, bits);
	}
}

/**
 * struct panel_step - what a weight group is to the panel
 * @at: first of its rows in the panel's values and offsets
 * @scale: of its activation group, for each row
 * @opens: the activation group begins with it
 * @closes: it ends with it
 */
struct panel_step {
	uint32_t at;
	const float *scale;
	bool opens;
	bool closes;
};

/* Does weight group @g end an activation group, or the panel? */
static __always_inline bool panel_closes(const struct panel *p, uint32_t g)
{
	uint32_t end = (g + 1) * WEIGHT_GROUP;

	return end % p->group == 0 || end == p->cols;
}

/* To the group behind it. */
static __always_inline void panel_next(const struct panel *p, struct panel_step *s)
{
	s->at += p->rows;
	s->scale += s->closes ? p->rows : 0;
	s->opens = s->closes;
}

/* A row's sum of a weight group. */
static __always_inline void panel_add(struct panel *p, struct v16 f, struct v16 scale,
				      const struct panel_step *s, uint32_t row)
{
	f = v16_fma(f, scale, s->opens ? v16_zero() : p->part[row]);
	if (s->closes)
		p->acc[row] = v16_fma(f, v16_set1(s->scale[row]), p->acc[row]);
	else
		p->part[row] = f;
}

/* One weight group of one row block, and @rows rows from @row on, a constant. */
static __always_inline void panel_rows(struct panel *p, const struct weights *w, struct v16 scale,
				       const struct panel_step *s, uint32_t row,
				       const uint32_t rows, const uint32_t bits)
{
	uint32_t at = s->at + row;
	struct v16 f[DOT_ROWS];
	uint32_t r;

	dots(w, p->q + at * WEIGHT_GROUP, p->offset + at, rows, bits, f);
	for (r = 0; r < rows; r++)
		panel_add(p, f[r], scale, s, row + r);
}

/* Unpacks each weight once for all rows; sums stay in L1. */
static __always_inline void panel_block(const struct tnpu_gemm_tile *t, struct panel *p,
					uint32_t row, uint32_t block, const uint32_t bits)
{
	const uint8_t *w = t->weights + block * t->block_bytes +
			   p->first / WEIGHT_GROUP * group_bytes(bits);
	float *out = t->acc + row * t->acc_stride + block * LANES;
	struct panel_step s = { .scale = p->scale, .opens = true };
	uint32_t g, r;

	for (r = 0; r < p->rows; r++)
		p->acc[r] = p->first ? v16_load_f32(out + r * t->acc_stride) : v16_zero();
	for (g = 0; g < p->cols / WEIGHT_GROUP; g++, w += group_bytes(bits)) {
		struct weights u = unpack(w + LANES * 2, bits);
		struct v16 scale = v16_load_f16(w);

		s.closes = panel_closes(p, g);
		prefetch_group(w, bits);
		for (r = 0; r + DOT_ROWS <= p->rows; r += DOT_ROWS)
			panel_rows(p, &u, scale, &s, r, DOT_ROWS, bits);
		for (; r < p->rows; r++)
			panel_rows(p, &u, scale, &s, r, 1, bits);
		panel_next(p, &s);
	}
	for (r = 0; r < p->rows; r++)
		v16_store(out + r * t->acc_stride, p->acc[r]);
}

static __always_inline void int_gemm(const struct tnpu_gemm_tile *t, const uint32_t bits)
{
	uint32_t row, rows, first, b;
	struct panel p;

	if (t->rows == 1)
		return int_gemv(t, bits);
	for (row = 0; row < t->rows; row += rows) {
		rows = t->rows - row < PANEL_ROWS ? t->rows - row : PANEL_ROWS;
		for (first = 0; first < t->k; first += p.cols) {
			panel_pack(&p, t, row, rows, first, bits);
			for (b = 0; b < t->blocks; b++)
				panel_block(t, &p, row, b, bits);
		}
	}
}

static void lanes_gemm_int4(const struct tnpu_gemm_tile *t)
{
	int_gemm(t, 4);
}

static void lanes_gemm_int8(const struct tnpu_gemm_tile *t)
{
	int_gemm(t, 8);
}

/* ---- Floating-point GEMM --------------------------------------------------------------- */

static __always_inline struct v16 load_weights(const uint8_t *block, uint32_t wformat,
					       size_t col)
{
	switch (wformat) {
	case TNPU_WFORMAT_F16:
		return v16_load_f16(block + col * LANES * 2);
	case TNPU_WFORMAT_BF16:
		return v16_load_bf16(block + col * LANES * 2);
	default:
		return v16_load_f32(block + col * LANES * 4);
	}
}

/* @rows activation rows and @blocks row blocks, both constants: rows * blocks chains. */
static __always_inline void float_sums(const struct tnpu_gemm_tile *t, uint32_t wformat,
				       uint32_t row, const uint32_t rows, uint32_t block,
				       const uint32_t blocks)
{
	const uint8_t *x = (const uint8_t *)t->x + row * t->x_stride;
	const uint8_t *w = t->weights + block * t->block_bytes;
	size_t col_bytes = LANES * (wformat == TNPU_WFORMAT_F32 ? 4 : 2);
	struct v16 acc[LANES_CHAINS];
	uint32_t b, r, c;

	for (b = 0; b < blocks * rows; b++)
		acc[b] = v16_zero();
	for (c = 0; c < t->k; c++) {
		for (b = 0; b < blocks; b++) {
			const uint8_t *wb = w + b * t->block_bytes;
			struct v16 v = load_weights(wb, wformat, c);

			__builtin_prefetch(wb + (c + 32) * col_bytes);
			for (r = 0; r < rows; r++) {
				float xv;

				memcpy(&xv, x + r * t->x_stride + c * 4, 4);
				acc[b * rows + r] = v16_fma(v, v16_set1(xv), acc[b * rows + r]);
			}
		}
	}
	for (b = 0; b < blocks; b++)
		for (r = 0; r < rows; r++)
			v16_store(t->acc + (row + r) * t->acc_stride + (block + b) * LANES,
				  acc[b * rows + r]);
}

/* Up to LANES_CHAINS rows against one row block; one row against as many blocks. */
static __always_inline void float_gemm(const struct tnpu_gemm_tile *t, uint32_t wformat)
{
	uint32_t block = 0;
	uint32_t row;

	if (t->rows == 1)
		for (; block + 4 <= t->blocks; block += 4)
			float_sums(t, wformat, 0, 1, block, 4);
	for (; block < t->blocks; block++) {
		for (row = 0; row + LANES_CHAINS <= t->rows; row += LANES_CHAINS)
			float_sums(t, wformat, row, LANES_CHAINS, block, 1);
		for (; row + 2 <= t->rows; row += 2)
			float_sums(t, wformat, row, 2, block, 1);
		if (row < t->rows)
			float_sums(t, wformat, row, 1, block, 1);
	}
}

static void lanes_gemm_f16(const struct tnpu_gemm_tile *t)
{
	float_gemm(t, TNPU_WFORMAT_F16);
}

static void lanes_gemm_bf16(const struct tnpu_gemm_tile *t)
{
	float_gemm(t, TNPU_WFORMAT_BF16);
}

static void lanes_gemm_f32(const struct tnpu_gemm_tile *t)
{
	float_gemm(t, TNPU_WFORMAT_F32);
}

/* ---- Norm ------------------------------------------------------------------------------ */

/* What lies past the last whole vector, then the tree 8, 4, 2, 1. */
static __always_inline float lanes_reduce(struct v16 sum, const float *tail, uint32_t n,
					  float mean, bool squares)
{
	float lane[LANES];
	uint32_t i, step;

	v16_store(lane, sum);
	for (i = 0; i < n; i++) {
		float d = tail[i] - mean;

		lane[i] = squares ? fmaf(d, d, lane[i]) : lane[i] + tail[i];
	}
	for (step = LANES / 2; step; step /= 2)
		for (i = 0; i < step; i++)
			lane[i] += lane[i + step];
	return lane[0];
}

static float lanes_sum(const float *x, uint32_t cols)
{
	struct v16 sum = v16_zero();
	uint32_t i;

	for (i = 0; i + LANES <= cols; i += LANES)
		sum = v16_add(sum, v16_load_f32(x + i));
	return lanes_reduce(sum, x + i, cols - i, 0.0f, false);
}

static float lanes_squares(const float *x, uint32_t cols, float mean)
{
	struct v16 minus_mean = v16_set1(-mean);
	struct v16 sum = v16_zero();
	uint32_t i;

	for (i = 0; i + LANES <= cols; i += LANES) {
		struct v16 d = v16_add(v16_load_f32(x + i), minus_mean);

		sum = v16_fma(d, d, sum);
	}
	return lanes_reduce(sum, x + i, cols - i, mean, true);
}

static void lanes_norm(const float *x, float *out, const float *weight, const float *bias,
		       uint32_t cols, uint32_t kind, float epsilon)
{
	float n = (float)cols;
	float mean = kind == TNPU_NORM_LAYER ? lanes_sum(x, cols) / n : 0.0f;
	float rstd = 1.0f / sqrtf(lanes_squares(x, cols, mean) / n + epsilon);
	uint32_t i;

	if (bias) {
		IN_PLACE
		for (i = 0; i < cols; i++)
			out[i] = fmaf((x[i] - mean) * rstd, weight[i], bias[i]);
	} else {
		IN_PLACE
		for (i = 0; i < cols; i++)
			out[i] = (x[i] - mean) * rstd * weight[i];
	}
}

/* ---- Attention: scores ----------------------------------------------------------------- */

/* Bytes of the scales before the values of a QI8 row of the cache. */
static __always_inline size_t kv_scale_bytes(uint32_t dtype, uint32_t head_dim)
{
	return dtype == TNPU_DTYPE_QI8 ? (head_dim + 31) / 32 * 4 : 0;
}

static __always_inline size_t kv_element_bytes(uint32_t dtype)
{
	return dtype == TNPU_DTYPE_QI8 ? 1 : dtype == TNPU_DTYPE_F16 ? 2 : 4;
}

static __always_inline struct v16 load_elements(const uint8_t *p, uint32_t dtype)
{
	switch (dtype) {
	case TNPU_DTYPE_F16:
		return v16_load_f16(p);
	case TNPU_DTYPE_QI8:
		return v16_load_i8(p);
	default:
		return v16_load_f32(p);
	}
}

#define SCORE_GROUPS	4	/* of 16 positions, at once */

/* Groups that @heads have registers for. */
static __always_inline uint32_t score_room(const uint32_t heads)
{
	return LANES_SUMS / heads < SCORE_GROUPS ? LANES_SUMS / heads : SCORE_GROUPS;
}

/*
 * Dot products of 16 * @groups positions, 16-position groups @group... of the block. A key is
 * brought into lanes once for all heads.
 */
static __always_inline void score_groups(const struct tnpu_attention_span *s, uint32_t dtype,
					 const uint32_t heads, uint32_t group,
					 const uint32_t groups,
					 float out[][SCORE_GROUPS * LANES])
{
	size_t scales = kv_scale_bytes(dtype, s->head_dim) * LANES;
	size_t element = kv_element_bytes(dtype) * LANES;
	size_t bytes = scales + element * s->head_dim;
	const uint8_t *k = s->k + group * bytes;
	struct v16 acc[TNPU_ATTENTION_HEADS][SCORE_GROUPS];
	uint32_t d, h, i;

#pragma GCC unroll 4
	for (h = 0; h < heads; h++) {
#pragma GCC unroll 4
		for (i = 0; i < groups; i++)
			acc[h][i] = v16_zero();
	}
	for (d = 0; d < s->head_dim; d++) {
#pragma GCC unroll 4
		for (i = 0; i < groups; i++) {
			const uint8_t *kg = k + i * bytes;
			struct v16 v = load_elements(kg + scales + d * element, dtype);

			if (dtype == TNPU_DTYPE_QI8) {
				/* Short groups of lines are beyond the host's own prefetch. */
				if (d % 4 == 0)
					__builtin_prefetch(kg + groups * bytes + d * LANES);
				v = v16_mul(v, v16_load_f32(kg + d / 32 * 64));
			}
#pragma GCC unroll 4
			for (h = 0; h < heads; h++)
				acc[h][i] = v16_fma(v16_set1(s->q[h * s->head_dim + d]), v,
						    acc[h][i]);
		}
	}
#pragma GCC unroll 4
	for (h = 0; h < heads; h++) {
#pragma GCC unroll 4
		for (i = 0; i < groups; i++)
			v16_store(out[h] + i * LANES, v16_mul(acc[h][i], v16_set1(s->scale)));
	}
}

static __always_inline void score_span(const struct tnpu_attention_span *s, uint32_t dtype,
				       const uint32_t heads, float *const *scores)
{
	const uint32_t room = score_room(heads);
	uint32_t end = s->first + s->count;
	uint32_t pos = s->first / LANES * LANES;
	float buf[TNPU_ATTENTION_HEADS][SCORE_GROUPS * LANES];
	uint32_t h;

	while (pos < end) {
		uint32_t n = end - pos > (room - 1) * LANES ? room : 1;
		uint32_t from = pos < s->first ? s->first : pos;
		uint32_t to = pos + n * LANES < end ? pos + n * LANES : end;

		if (n == room)
			score_groups(s, dtype, heads, pos / LANES, room, buf);
		else
			score_groups(s, dtype, heads, pos / LANES, 1, buf);
		for (h = 0; h < heads; h++)
			memcpy(scores[h] + (from - s->first), buf[h] + (from - pos),
			       (to - from) * 4);
		pos = to;
	}
}

static __always_inline void score_heads(const struct tnpu_attention_span *s, uint32_t dtype,
					float *const *scores)
{
	switch (s->heads) {
	case 1:
		return score_span(s, dtype, 1, scores);
	case 2:
		return score_span(s, dtype, 2, scores);
	case 3:
		return score_span(s, dtype, 3, scores);
	default:
		return score_span(s, dtype, 4, scores);
	}
}

static void lanes_scores(const struct tnpu_attention_span *s, float *const *scores)
{
	switch (s->dtype) {
	case TNPU_DTYPE_F16:
		return score_heads(s, TNPU_DTYPE_F16, scores);
	case TNPU_DTYPE_QI8:
		return score_heads(s, TNPU_DTYPE_QI8, scores);
	default:
		return score_heads(s, TNPU_DTYPE_F32, scores);
	}
}

/* Of zeros of both signs either may come out: nothing that follows can tell. */
static float lanes_max(const float *x, uint32_t count)
{
	float lane[LANES], most = -INFINITY;
	uint32_t i, l;

	for (l = 0; l < LANES; l++)
		lane[l] = -INFINITY;
	for (i = 0; i + LANES <= count; i += LANES)
		for (l = 0; l < LANES; l++)
			lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
	for (l = 0; i + l < count; l++)
		lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
	for (l = 0; l < LANES; l++)
		most = lane[l] > most ? lane[l] : most;
	return most;
}

/* ---- Attention: values ----------------------------------------------------------------- */

#define VALUE_VECTORS	8	/* of 16 dimensions, at once */

/*
 * out[h][d...] over all positions of the span, 16 * @vectors dimensions. A value is brought
 * into lanes once for all heads.
 */
static __always_inline void value_vectors(const struct tnpu_attention_span *s, uint32_t dtype,
					  const uint32_t heads, uint32_t d,
					  const uint32_t vectors, float *const *p,
					  float *const *out)
{
	size_t scales = kv_scale_bytes(dtype, s->head_dim);
	size_t element = kv_element_bytes(dtype);
	size_t bytes = scales + element * s->head_dim;
	const uint8_t *row = s->v + s->first * bytes;
	struct v16 acc[TNPU_ATTENTION_HEADS][VALUE_VECTORS];
	uint32_t h, i, j;

#pragma GCC unroll 4
	for (h = 0; h < heads; h++) {
#pragma GCC unroll 8
		for (j = 0; j < vectors; j++)
			acc[h][j] = v16_load_f32(out[h] + d + j * LANES);
	}
	for (i = 0; i < s->count; i++, row += bytes) {
#pragma GCC unroll 8
		for (j = 0; j < vectors; j++) {
			uint32_t at = d + j * LANES;
			struct v16 v = load_elements(row + scales + at * element, dtype);

			if (dtype == TNPU_DTYPE_QI8) {
				float scale;

				memcpy(&scale, row + at / 32 * 4, 4);
				v = v16_mul(v, v16_set1(scale));
			}
#pragma GCC unroll 4
			for (h = 0; h < heads; h++)
				acc[h][j] = v16_fma(v16_set1(p[h][i]), v, acc[h][j]);
		}
	}
#pragma GCC unroll 4
	for (h = 0; h < heads; h++) {
#pragma GCC unroll 8
		for (j = 0; j < vectors; j++)
			v16_store(out[h] + d + j * LANES, acc[h][j]);
	}
}

/* The last head_dim % 16 dimensions, one by one. */
static __always_inline void value_tail(const struct tnpu_attention_span *s, uint32_t dtype,
				       uint32_t d, const float *p, float *out)
{
	size_t scales = kv_scale_bytes(dtype, s->head_dim);
	size_t element = kv_element_bytes(dtype);
	size_t bytes = scales + element * s->head_dim;
	uint8_t buf[LANES * 4] = { 0 };
	float lane[LANES], scale;
	uint32_t i, j, n = s->head_dim - d;

	for (i = 0; i < s->count; i++) {
		const uint8_t *row = s->v + (s->first + i) * bytes;

		memcpy(buf, row + scales + d * element, n * element);
		v16_store(lane, load_elements(buf, dtype));
		if (dtype == TNPU_DTYPE_QI8) {
			memcpy(&scale, row + d / 32 * 4, 4);
			for (j = 0; j < n; j++)
				lane[j] *= scale;
		}
		for (j = 0; j < n; j++)
			out[d + j] = fmaf(p[i], lane[j], out[d + j]);
	}
}

static __always_inline void value_span(const struct tnpu_attention_span *s, uint32_t dtype,
				       const uint32_t heads, float *const *p, float *const *out)
{
	const uint32_t room = LANES_SUMS / heads < VALUE_VECTORS ? LANES_SUMS / heads :
								   VALUE_VECTORS;
	uint32_t d = 0, h;

	for (; d + room * LANES <= s->head_dim; d += room * LANES)
		value_vectors(s, dtype, heads, d, room, p, out);
	for (; d + LANES <= s->head_dim; d += LANES)
		value_vectors(s, dtype, heads, d, 1, p, out);
	for (h = 0; d < s->head_dim && h < heads; h++)
		value_tail(s, dtype, d, p[h], out[h]);
}

static __always_inline void value_heads(const struct tnpu_attention_span *s, uint32_t dtype,
					float *const *p, float *const *out)
{
	switch (s->heads) {
	case 1:
		return value_span(s, dtype, 1, p, out);
	case 2:
		return value_span(s, dtype, 2, p, out);
	case 3:
		return value_span(s, dtype, 3, p, out);
	default:
		return value_span(s, dtype, 4, p, out);
	}
}

static void lanes_values(const struct tnpu_attention_span *s, float *const *p, float *const *out)
{
	switch (s->dtype) {
	case TNPU_DTYPE_F16:
		return value_heads(s, TNPU_DTYPE_F16, p, out);
	case TNPU_DTYPE_QI8:
		return value_heads(s, TNPU_DTYPE_QI8, p, out);
	default:
		return value_heads(s, TNPU_DTYPE_F32, p, out);
	}
}

/* ---- The table ------------------------------------------------------------------------- */

/* LANES_KERNELS - all of the above, with these two for integer weights */
#define LANES_KERNELS(isa, int4, int8)						\
	{									\
		.name = (isa),							\
		.gemm = {							\
			[TNPU_WFORMAT_INT4_G32] = (int4),			\
			[TNPU_WFORMAT_INT8_G32] = (int8),			\
			[TNPU_WFORMAT_F16] = lanes_gemm_f16,			\
			[TNPU_WFORMAT_BF16] = lanes_gemm_bf16,			\
			[TNPU_WFORMAT_F32] = lanes_gemm_f32,			\
		},								\
		.quantize = tnpu_rows_quantize,					\
		.norm = lanes_norm,						\
		.act = tnpu_rows_act,						\
		.glu = tnpu_rows_glu,						\
		.scores = lanes_scores,						\
		.max = lanes_max,						\
		.values = lanes_values,						\
		.softmax_exp = tnpu_rows_softmax_exp,				\
	}

#endif /* _TNPU_KERNELS_LANES_H_ */
