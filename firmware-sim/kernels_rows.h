/* SPDX-License-Identifier: MIT */
/*
 * Kernels without an order to state: each output depends on its own input (or, in
 * quantise, on a maximum of integers). They are plain C loops that every table compiles
 * for its own instruction set; the compiler's vectors cannot change a bit of them.
 */
#ifndef _TNPU_KERNELS_ROWS_H_
#define _TNPU_KERNELS_ROWS_H_

#include "kernels.h"
#include "numerics.h"

/* Before a loop whose output may be its input, which is no dependence between iterations. */
#if defined(__clang__)
#define IN_PLACE	_Pragma("clang loop vectorize(assume_safety)")
#else
#define IN_PLACE	_Pragma("GCC ivdep")
#endif

#define LANES		TNPU_WEIGHT_LANES
#define WEIGHT_GROUP	32
#define QUANTIZE_STEP	32

static __always_inline uint32_t quantize_magnitude(const float *x, const uint32_t n, uint32_t mag)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint32_t m = tnpu_f32_magnitude(x[i]);

		mag = m > mag ? m : mag;
	}
	return mag;
}

static __always_inline void quantize_values(const float *x, int8_t *q, const uint32_t n,
					    float inverse)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		q[i] = tnpu_quantize_one(x[i], inverse);
}

/* Whole groups are multiples of a constant: loops of that length are vectors alone. */
static __always_inline float quantize_group(const float *x, int8_t *q, uint32_t n)
{
	uint32_t whole = n / QUANTIZE_STEP * QUANTIZE_STEP;
	uint32_t mag = 0, i;
	float amax;

	for (i = 0; i < whole; i += QUANTIZE_STEP)
		mag = quantize_magnitude(x + i, QUANTIZE_STEP, mag);
	mag = quantize_magnitude(x + whole, n - whole, mag);
	amax = tnpu_f32_from_bits(mag);
	for (i = 0; i < whole; i += QUANTIZE_STEP)
		quantize_values(x + i, q + i, QUANTIZE_STEP, 127.0f / amax);
	quantize_values(x + whole, q + whole, n - whole, 127.0f / amax);
	return amax / 127.0f;
}

static void tnpu_rows_quantize(const float *x, int8_t *q, float *scales, uint32_t cols,
			       uint32_t group)
{
	uint32_t first;

	for (first = 0; first < cols; first += group)
		scales[first / group] = quantize_group(x + first, q + first,
						       cols - first < group ? cols - first : group);
}

static __always_inline void act_loop(float *x, uint32_t cols, uint32_t act)
{
	uint32_t i;

	for (i = 0; i < cols; i++)
		x[i] = tnpu_act(x[i], act);
}

/* One loop a function: with a constant in it the compiler makes vectors of each. */
static void tnpu_rows_act(float *x, uint32_t cols, uint32_t act)
{
	switch (act) {
	case TNPU_ACT_SILU:
		return act_loop(x, cols, TNPU_ACT_SILU);
	case TNPU_ACT_GELU_TANH:
		return act_loop(x, cols, TNPU_ACT_GELU_TANH);
	case TNPU_ACT_GELU_ERF:
		return act_loop(x, cols, TNPU_ACT_GELU_ERF);
	case TNPU_ACT_RELU:
		return act_loop(x, cols, TNPU_ACT_RELU);
	}
}

static __always_inline void glu_loop(const float *gate, const float *up, float *out,
				     uint32_t cols, uint32_t act)
{
	uint32_t i;

	IN_PLACE
	for (i = 0; i < cols; i++)
		out[i] = tnpu_act(gate[i], act) * up[i];
}

static void tnpu_rows_glu(const float *gate, const float *up, float *out, uint32_t cols,
			  uint32_t act)
{
	switch (act) {
	case TNPU_ACT_SILU:
		return glu_loop(gate, up, out, cols, TNPU_ACT_SILU);
	case TNPU_ACT_GELU_TANH:
		return glu_loop(gate, up, out, cols, TNPU_ACT_GELU_TANH);
	case TNPU_ACT_GELU_ERF:
		return glu_loop(gate, up, out, cols, TNPU_ACT_GELU_ERF);
	case TNPU_ACT_RELU:
		return glu_loop(gate, up, out, cols, TNPU_ACT_RELU);
	default:
		return glu_loop(gate, up, out, cols, TNPU_ACT_NONE);
	}
}

static void tnpu_rows_softmax_exp(float *x, float max, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		x[i] = tnpu_exp(x[i] - max);
}

#endif /* _TNPU_KERNELS_ROWS_H_ */
