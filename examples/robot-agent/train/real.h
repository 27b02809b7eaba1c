/* SPDX-License-Identifier: MIT */
/*
 * The type that the trainer computes in: float32, or with TRAIN_DOUBLE double,
 * in which finite differences are exact enough to check every gradient.
 *
 * Matrix products in it are OpenBLAS's. Its kernels reach about 90 GFLOP/s on one
 * Zen 4 core at the shapes of this model (some hundred rows and columns), 80 % of
 * what the core can do, and they exist for every CPU. Those of the linear layers
 * are in bfloat16 where the CPU has it (gemm_bf16.h), at about twice that.
 * OpenBLAS is called with one thread: the threads of the trainer each have a part
 * of the batch, which costs one meeting a step instead of one a product.
 */
#ifndef TRAIN_REAL_H
#define TRAIN_REAL_H

#include <cblas.h>

#if defined(TRAIN_DOUBLE)
#define real_t double
#define train_cblas_gemm cblas_dgemm
#define real_exp exp
#define real_log log
#define real_sqrt sqrt
#else
#define real_t float
#define train_cblas_gemm cblas_sgemm
#define real_exp expf
#define real_log logf
#define real_sqrt sqrtf
#endif

/**
 * struct train_mat - a matrix inside of a larger array
 * @at: first element
 * @step: elements from one row to the next
 */
struct train_mat {
	real_t *at;
	int step;
};

/* c [m][n] = alpha * a [m][k] * b [n][k] transposed + beta * c */
static inline void train_gemm_nt(int m, int n, int k, real_t alpha,
				 struct train_mat a, struct train_mat b,
				 real_t beta, struct train_mat c)
{
	train_cblas_gemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k,
			 alpha, a.at, a.step, b.at, b.step, beta, c.at, c.step);
}

/* c [m][n] = alpha * a [m][k] * b [k][n] + beta * c */
static inline void train_gemm_nn(int m, int n, int k, real_t alpha,
				 struct train_mat a, struct train_mat b,
				 real_t beta, struct train_mat c)
{
	train_cblas_gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k,
			 alpha, a.at, a.step, b.at, b.step, beta, c.at, c.step);
}

/* c [m][n] += alpha * a [k][m] transposed * b [k][n] */
static inline void train_gemm_tn_add(int m, int n, int k, real_t alpha,
				     struct train_mat a, struct train_mat b,
				     struct train_mat c)
{
	train_cblas_gemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k,
			 alpha, a.at, a.step, b.at, b.step, 1, c.at, c.step);
}

#endif
