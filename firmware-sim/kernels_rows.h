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

static void tnpu_rows_quantize(const float *x, int8_t *q, float *scales, uint32_t cols,
			       uint32_t group)
{
	uint32_t first, i;

	for (first = 0; first < cols; first += group) {
		uint32_t n = cols - first < group ? cols - first : group;
		uint32_t mag = 0;
		float amax, inverse;

		for (i = 0; i < n; i++) {
			uint32_t m = tnpu_f32_magnitude(x[first + i]);

			mag = m > mag ? m : mag;
		}
		amax = tnpu_f32_from_bits(mag);
		inverse = 127.0f / amax;
		for (i = 0; i < n; i++)
			q[first + i] = tnpu_quantize_one(x[first + i], inverse);
		scales[first / group] = amax / 127.0f;
	}
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
