/* SPDX-License-Identifier: MIT */
/*
 * AdamW (Loshchilov, Hutter: "Decoupled weight decay regularization", 2019)
 * with the gradient's length clipped.
 */
#ifndef TRAIN_ADAMW_H
#define TRAIN_ADAMW_H

#include "params.h"

/**
 * struct train_adamw - constants
 * @beta1: of the mean of gradients
 * @beta2: of the mean of their squares
 * @epsilon: added to the root of the latter
 * @decay: of matrices, as a part of the learning rate; vectors have none
 * @clip: length that a gradient has at most
 */
struct train_adamw {
	double beta1;
	double beta2;
	double epsilon;
	double decay;
	double clip;
};

/**
 * train_adamw_length() - Euclidean length of a gradient
 * @lanes: gradients that are to be summed, into the first of them
 * @count: of @lanes
 * @size: numbers of each
 *
 * The order of all sums is fixed: it does not depend on the threads.
 */
double train_adamw_length(real_t *const *lanes, int count, size_t size);

/**
 * struct train_adamw_factors - of one step
 * @clip: of the gradient
 * @rate: of the step, bias of the mean included
 * @bias: root of the bias of the squares
 * @keep: what the decay leaves of a parameter
 */
struct train_adamw_factors {
	real_t clip;
	real_t rate;
	real_t bias;
	real_t keep;
};

/**
 * train_adamw_step() - change a tensor's parameters
 * @adamw: constants
 * @f: factors of the step
 * @n: numbers of the tensor
 * @grads: gradient
 * @mean: of gradients, updated; first zero
 * @square: of squares, updated; first zero
 * @params: updated
 */
void train_adamw_step(const struct train_adamw *adamw,
		      const struct train_adamw_factors *f, size_t n,
		      const real_t *grads, real_t *mean, real_t *square,
		      real_t *params);

#endif
