/* SPDX-License-Identifier: MIT */
/*
 * Muon (Jordan et al.: "Muon: an optimizer for hidden layers in neural
 * networks", 2024): a step of equal length in all directions of a matrix, for
 * which it takes the nearest orthogonal matrix to the mean gradient. It takes
 * less than half of the steps here that AdamW takes to the same loss.
 */
#ifndef TRAIN_MUON_H
#define TRAIN_MUON_H

#include "gemm_bf16.h"

/**
 * struct train_muon - constants of a step
 * @rate: learning rate, as AdamW would have it: the step's numbers are as large
 *	as AdamW's (Liu et al.: "Muon is scalable for LLM training", 2025)
 * @beta: of the mean of gradients
 * @keep: what the decay leaves of the matrix
 */
struct train_muon {
	real_t rate;
	real_t beta;
	real_t keep;
};

/**
 * train_muon_step() - change a matrix
 * @muon: constants
 * @bf16: this thread's memory for products in bfloat16, which suffices as the
 *	rounds correct what went before; NULL: in real_t
 * @rows: of the matrix
 * @cols: of the matrix, contiguous
 * @grads: gradient; its length does not count
 * @mean: of gradients, updated; first zero
 * @params: the matrix, updated
 */
void train_muon_step(const struct train_muon *muon, struct train_bf16 *bf16,
		     int rows, int cols, const real_t *grads, real_t *mean,
		     real_t *params);

#endif
