/* SPDX-License-Identifier: MIT */
/*
 * Matrix products of the passes in bfloat16: the factors are rounded to it, the
 * sums are float32. An instruction of AVX512-BF16 does twice the multiplications
 * of one for float32, and what is read of memory is half.
 *
 * Rounding is to 8 bits, to nearest even; numbers below 2^-126 become 0.
 */
#ifndef TRAIN_GEMM_BF16_H
#define TRAIN_GEMM_BF16_H

#include <stdbool.h>

#include "real.h"

/* Memory of one thread for its factors. */
struct train_bf16;

/**
 * train_bf16_create() - that memory
 *
 * Return: NULL where this CPU has no such instruction, or real_t is double.
 * Released with free().
 */
struct train_bf16 *train_bf16_create(void);

/**
 * train_bf16_nt() - c [m][n] = a [m][k] * b [n][k] transposed (+ c)
 * @bf16: memory; NULL: in real_t instead
 * @add: add to @c
 */
void train_bf16_nt(struct train_bf16 *bf16, int m, int n, int k,
		   struct train_mat a, struct train_mat b, bool add,
		   struct train_mat c);

/** train_bf16_nn() - c [m][n] = a [m][k] * b [k][n]; @bf16 as above */
void train_bf16_nn(struct train_bf16 *bf16, int m, int n, int k,
		   struct train_mat a, struct train_mat b, struct train_mat c);

/** train_bf16_tn_add() - c [m][n] += a [k][m] transposed * b [k][n] */
void train_bf16_tn_add(struct train_bf16 *bf16, int m, int n, int k,
		       struct train_mat a, struct train_mat b,
		       struct train_mat c);

#endif
