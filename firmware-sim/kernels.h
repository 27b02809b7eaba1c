/* SPDX-License-Identifier: MIT */
/*
 * Micro-kernels: one table an instruction set, all bit-identical to the scalar one, which
 * is the manual's numerics written in C. Kernels see host pointers and sizes that the
 * operators have checked; they cannot fail.
 */
#ifndef _TNPU_KERNELS_H_
#define _TNPU_KERNELS_H_

#include <stddef.h>
#include <stdint.h>

#include <tnpu/tnpu_isa.h>

#include "tnpu_chip.h"

/**
 * struct tnpu_gemm_tile - one tile of a GEMM: @blocks row blocks x @rows activation rows
 * @weights: first row block; blocks follow each other at @block_bytes
 * @x: INT: INT8 values of row 0; FLOAT: F32. Rows at @x_stride bytes
 * @scales: INT: F32 activation scales of row 0, rows at @x_stride bytes too
 * @group: INT: columns of one activation group, 32..256
 * @acc: sums, F32, 16 * blocks a row, rows at @acc_stride floats; no epilogue applied
 */
struct tnpu_gemm_tile {
	const uint8_t *weights;
	size_t block_bytes;
	const void *x;
	const float *scales;
	size_t x_stride;
	float *acc;
	size_t acc_stride;
	uint32_t blocks;
	uint32_t rows;
	uint32_t k;
	uint32_t group;
};

/* Query heads of a row that share a KV head and are computed together, at most. */
#define TNPU_ATTENTION_HEADS	4

/**
 * struct tnpu_attention_span - query heads against positions first..last of one chunk
 * (an absolute multiple of 256) that lie in one KV block
 * @q: @heads rows of @head_dim, one behind the other
 */
struct tnpu_attention_span {
	const float *q;
	const uint8_t *k;	/* the (block, head)'s K */
	const uint8_t *v;	/* the (block, head)'s V */
	uint32_t first;		/* in the block */
	uint32_t count;
	uint32_t head_dim;
	uint32_t dtype;
	float scale;
	uint32_t heads;		/* 1..TNPU_ATTENTION_HEADS */
};

struct tnpu_kernels {
	const char *name;
	/* sums of a GEMM tile, by TNPU_WFORMAT_* */
	void (*gemm[TNPU_WFORMAT_COUNT])(const struct tnpu_gemm_tile *t);
	/* one row F32 -> INT8 values and scales */
	void (*quantize)(const float *x, int8_t *q, float *scales, uint32_t cols, uint32_t group);
	/* one row; bias may be NULL */
	void (*norm)(const float *x, float *out, const float *weight, const float *bias,
		     uint32_t cols, uint32_t kind, float epsilon);
	/* x = act(x), and out = act(gate) * up */
	void (*act)(float *x, uint32_t cols, uint32_t act);
	void (*glu)(const float *gate, const float *up, float *out, uint32_t cols, uint32_t act);
	/*
	 * Scores of a span; then out[d] = fma(p[i], v[i][d], out[d]), positions ascending.
	 * One array for each head.
	 */
	void (*scores)(const struct tnpu_attention_span *s, float *const *scores);
	void (*values)(const struct tnpu_attention_span *s, float *const *p, float *const *out);
	/* the greatest of x, -inf at least; a NaN is none */
	float (*max)(const float *x, uint32_t count);
	/* x[i] = exp(x[i] - max) */
	void (*softmax_exp)(float *x, float max, uint32_t count);
};

extern const struct tnpu_kernels tnpu_kernels_scalar;
extern const struct tnpu_kernels tnpu_kernels_avx2;
extern const struct tnpu_kernels tnpu_kernels_avxvnni;
extern const struct tnpu_kernels tnpu_kernels_avx512;
extern const struct tnpu_kernels tnpu_kernels_amx;
extern const struct tnpu_kernels tnpu_kernels_neon;

/** tnpu_kernels_get - the table of @isa; NULL where this host lacks it */
const struct tnpu_kernels *tnpu_kernels_get(enum tnpu_isa isa);

#endif /* _TNPU_KERNELS_H_ */
