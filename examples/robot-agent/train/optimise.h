/* SPDX-License-Identifier: MIT */
/*
 * A step of the parameters against their gradient: Muon for the matrices of
 * the blocks, AdamW for the embedding and the norms, as Muon's authors advise;
 * or AdamW for all.
 */
#ifndef TRAIN_OPTIMISE_H
#define TRAIN_OPTIMISE_H

#include <stdbool.h>

#include "adamw.h"
#include "params.h"

/**
 * struct train_optimiser - constants
 * @adamw: of AdamW; its decay and clip hold for all
 * @muon: the blocks' matrices are Muon's
 */
struct train_optimiser {
	struct train_adamw adamw;
	bool muon;
};

/**
 * train_optimise() - change the parameters
 * @optimiser: constants
 * @tensor: list of the model's tensors
 * @count: of @tensor
 * @step: from 1
 * @rate: learning rate
 * @length: of the gradient
 * @grads: gradient
 * @mean: of gradients, updated; first zero
 * @square: of squares, updated; first zero
 * @params: updated
 *
 * A tensor is one thread's, so that threads do not decide about sums.
 */
void train_optimise(const struct train_optimiser *optimiser,
		    const struct train_tensor *tensor, int count, long step,
		    double rate, double length, const real_t *grads,
		    real_t *mean, real_t *square, real_t *params);

/**
 * train_rate() - learning rate: a linear rise, then half a cosine to zero
 * @step: from 0
 * @rise: steps of the rise
 * @steps: in all
 * @peak: the highest
 */
double train_rate(long step, long rise, long steps, double peak);

#endif
