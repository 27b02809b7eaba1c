// SPDX-License-Identifier: MIT
/*
 * The reference kernels: Documentation/hardware/numerics.rst in C, one output at a time.
 * Every other table must agree with this one bit for bit, NaN payloads excepted.
 */
#include "kernels.h"
#include "kernels_rows.h"
#include "numerics.h"

static uint16_t load_u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static float load_f32(const uint8_t *p)
{
	float v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* ---- GEMM, integer weights ------------------------------------------------------------- */

/* A stored value of @bits in the values of a weight group. */
static int32_t weight_value(const uint8_t *values, uint32_t bits, uint32_t lane, uint32_t col)
{
	uint32_t shift;

	if (bits == 8)
		return values[(col / 4) * 64 + lane * 4 + col % 4];
	shift = col < 16 ? 0 : 4;
	col %= 16;
	return (values[(col / 4) * 64 + lane * 4 + col % 4] >> shift) & 0xf;
}

/* The exact integer of one weight group: sum(w * q) - zero * sum(q). */
static int32_t group_dot(const uint8_t *values, const int8_t *q, uint32_t bits, uint32_t lane)
{
	int32_t zero = bits == 8 ? 128 : 8;
	int32_t dot = 0;
	int32_t sum = 0;
	uint32_t c;

	for (c = 0; c < WEIGHT_GROUP; c++) {
		dot += weight_value(values, bits, lane, c) * q[c];
		sum += q[c];
	}
	return dot - zero * sum;
}

static float int_output(const struct tnpu_gemm_tile *t, const uint8_t *block, uint32_t row,
			uint32_t lane, uint32_t bits)
{
	const int8_t *q = (const int8_t *)t->x + row * t->x_stride;
	const uint8_t *scales = (const uint8_t *)t->scales + row * t->x_stride;
	size_t group_bytes = LANES * 2 + LANES * WEIGHT_GROUP * bits / 8;
	float acc = 0.0f;
	float part = 0.0f;
	uint32_t c;

	for (c = 0; c < t->k; c += WEIGHT_GROUP) {
		const uint8_t *g = block + c / WEIGHT_GROUP * group_bytes;
		float scale = tnpu_f16_to_f32(load_u16(g + lane * 2));

		part = fmaf((float)group_dot(g + LANES * 2, q + c, bits, lane), scale, part);
		if ((c + WEIGHT_GROUP) % t->group && c + WEIGHT_GROUP < t->k)
			continue;
		acc = fmaf(part, load_f32(scales + c / t->group * 4), acc);
		part = 0.0f;
	}
	return acc;
}

/* ---- GEMM, floating-point weights ------------------------------------------------------ */

static float load_weight(const uint8_t *block, uint32_t wformat, size_t index)
{
	if (wformat == TNPU_WFORMAT_F16)
		return tnpu_f16_to_f32(load_u16(block + index * 2));
	if (wformat == TNPU_WFORMAT_BF16)
		return tnpu_bf16_to_f32(load_u16(block + index * 2));
	return load_f32(block + index * 4);
}

static float float_output(const struct tnpu_gemm_tile *t, const uint8_t *block, uint32_t row,
			  uint32_t lane, uint32_t wformat)
{
	const uint8_t *x = (const uint8_t *)t->x + row * t->x_stride;
	float acc = 0.0f;
	uint32_t c;

	for (c = 0; c < t->k; c++)
		acc = fmaf(load_weight(block, wformat, (size_t)c * LANES + lane),
			   load_f32(x + c * 4), acc);
	return acc;
}

static void gemm(const struct tnpu_gemm_tile *t, uint32_t wformat)
{
	uint32_t row, n;

	for (row = 0; row < t->rows; row++) {
		float *acc = t->acc + row * t->acc_stride;

		for (n = 0; n < t->blocks * LANES; n++) {
			const uint8_t *block = t->weights + n / LANES * t->block_bytes;

			if (wformat == TNPU_WFORMAT_INT4_G32)
				acc[n] = int_output(t, block, row, n % LANES, 4);
			else if (wformat == TNPU_WFORMAT_INT8_G32)
				acc[n] = int_output(t, block, row, n % LANES, 8);
			else
				acc[n] = float_output(t, block, row, n % LANES, wformat);
		}
	}
}

static void gemm_int4(const struct tnpu_gemm_tile *t)
{
	gemm(t, TNPU_WFORMAT_INT4_G32);
}

static void gemm_int8(const struct tnpu_gemm_tile *t)
{
	gemm(t, TNPU_WFORMAT_INT8_G32);
}

static void gemm_f16(const struct tnpu_gemm_tile *t)
{
	gemm(t, TNPU_WFORMAT_F16);
}

static void gemm_bf16(const struct tnpu_gemm_tile *t)
{
	gemm(t, TNPU_WFORMAT_BF16);
}

static void gemm_f32(const struct tnpu_gemm_tile *t)
{
	gemm(t, TNPU_WFORMAT_F32);
}

/* ---- Norm ------------------------------------------------------------------------------ */

/* Sum of (x - mean)^2, or of x, in 16 lanes, then pairwise. */
static float lane_sum(const float *x, uint32_t cols, float mean, bool squares)
{
	float lane[LANES] = { 0 };
	uint32_t i, step;

	for (i = 0; i < cols; i++) {
		float d = x[i] - mean;
		float *sum = &lane[i % LANES];

		*sum = squares ? fmaf(d, d, *sum) : *sum + x[i];
	}
	for (step = LANES / 2; step; step /= 2)
		for (i = 0; i < step; i++)
			lane[i] += lane[i + step];
	return lane[0];
}

static void norm(const float *x, float *out, const float *weight, const float *bias,
		 uint32_t cols, uint32_t kind, float epsilon)
{
	float n = (float)cols;
	float mean = 0.0f;
	float rstd;
	uint32_t i;

	if (kind == TNPU_NORM_LAYER)
		mean = lane_sum(x, cols, 0.0f, false) / n;
	rstd = 1.0f / sqrtf(lane_sum(x, cols, mean, true) / n + epsilon);
	for (i = 0; i < cols; i++) {
		float y = (x[i] - mean) * rstd;

		out[i] = bias ? fmaf(y, weight[i], bias[i]) : y * weight[i];
	}
}

/* ---- Attention ------------------------------------------------------------------------- */

/* Scales of a cached QI8 row. */
static uint32_t kv_scales(const struct tnpu_attention_span *s)
{
	return (s->head_dim + 31) / 32;
}

static float load_kv(const uint8_t *p, uint32_t dtype, size_t index)
{
	if (dtype == TNPU_DTYPE_F16)
		return tnpu_f16_to_f32(load_u16(p + index * 2));
	return load_f32(p + index * 4);
}

static float load_k(const struct tnpu_attention_span *s, uint32_t pos, uint32_t d)
{
	uint32_t lane = pos % LANES;
	const uint8_t *group;
	size_t scales;

	if (s->dtype != TNPU_DTYPE_QI8)
		return load_kv(s->k, s->dtype,
			       ((size_t)(pos / LANES) * s->head_dim + d) * LANES + lane);
	scales = (size_t)kv_scales(s) * LANES * 4;
	group = s->k + pos / LANES * (scales + (size_t)s->head_dim * LANES);
	return (float)(int8_t)group[scales + d * LANES + lane] *
	       load_f32(group + (d / 32 * LANES + lane) * 4);
}

static float load_v(const struct tnpu_attention_span *s, uint32_t pos, uint32_t d)
{
	const uint8_t *row;
	size_t scales;

	if (s->dtype != TNPU_DTYPE_QI8)
		return load_kv(s->v, s->dtype, (size_t)pos * s->head_dim + d);
	scales = (size_t)kv_scales(s) * 4;
	row = s->v + pos * (scales + s->head_dim);
	return (float)(int8_t)row[scales + d] * load_f32(row + d / 32 * 4);
}

static void scores(const struct tnpu_attention_span *s, float *const *scores)
{
	uint32_t h, i, d;

	for (h = 0; h < s->heads; h++) {
		for (i = 0; i < s->count; i++) {
			const float *q = s->q + h * s->head_dim;
			float acc = 0.0f;

			for (d = 0; d < s->head_dim; d++)
				acc = fmaf(q[d], load_k(s, s->first + i, d), acc);
			scores[h][i] = acc * s->scale;
		}
	}
}

static void values(const struct tnpu_attention_span *s, float *const *p, float *const *out)
{
	uint32_t h, i, d;

	for (h = 0; h < s->heads; h++)
		for (i = 0; i < s->count; i++)
			for (d = 0; d < s->head_dim; d++)
				out[h][d] = fmaf(p[h][i], load_v(s, s->first + i, d), out[h][d]);
}

static float max(const float *x, uint32_t count)
{
	float most = -INFINITY;
	uint32_t i;

	for (i = 0; i < count; i++)
		most = x[i] > most ? x[i] : most;
	return most;
}

const struct tnpu_kernels tnpu_kernels_scalar = {
	.name = "scalar",
	.gemm = {
		[TNPU_WFORMAT_INT4_G32] = gemm_int4,
		[TNPU_WFORMAT_INT8_G32] = gemm_int8,
		[TNPU_WFORMAT_F16] = gemm_f16,
		[TNPU_WFORMAT_BF16] = gemm_bf16,
		[TNPU_WFORMAT_F32] = gemm_f32,
	},
	.quantize = tnpu_rows_quantize,
	.norm = norm,
	.act = tnpu_rows_act,
	.glu = tnpu_rows_glu,
	.scores = scores,
	.values = values,
	.max = max,
	.softmax_exp = tnpu_rows_softmax_exp,
};
