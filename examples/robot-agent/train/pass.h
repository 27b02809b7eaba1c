/* SPDX-License-Identifier: MIT */
/*
 * One packed batch through the model, forward and backward.
 */
#ifndef TRAIN_PASS_H
#define TRAIN_PASS_H

#include "batch.h"

struct train_pass;

/**
 * train_pass_create() - memory for the passes of one thread
 * @shape: of the model; borrowed
 * @max: rows of a batch at most
 */
struct train_pass *train_pass_create(const struct train_shape *shape, int max);
void train_pass_destroy(struct train_pass *pass);

/**
 * train_pass_brisk() - choose the arithmetic of linear layers from now on
 * @brisk: bfloat16 with sums in float32, where the CPU has it; else real_t, which
 *	is how it begins
 */
void train_pass_brisk(struct train_pass *pass, bool brisk);

/**
 * train_pass_forward() - logits of the rows that count
 * @pass: memory
 * @params: of the model, perhaps rounded
 * @batch: samples; none is longer than the model's context
 *
 * Return: [batch->losses][vocab], valid until the next call, and the caller's
 * to change.
 */
real_t *train_pass_forward(struct train_pass *pass, const real_t *params,
			   const struct train_batch *batch);

/** train_pass_logits() - what train_pass_forward() gave last */
real_t *train_pass_logits(const struct train_pass *pass);

/**
 * train_pass_backward() - gradients of what went forward last
 * @params: as they were then
 * @batch: as it was then
 * @dlogits: gradient of the logits
 * @grads: added to
 */
void train_pass_backward(struct train_pass *pass, const real_t *params,
			 const struct train_batch *batch, const real_t *dlogits,
			 real_t *grads);

/**
 * train_pass_flops() - what the matrix products of a batch come to
 * @shape: of the model
 * @batch: samples
 *
 * The backward pass takes twice as many again.
 *
 * Return: floating-point operations of the forward pass.
 */
double train_pass_flops(const struct train_shape *shape,
			const struct train_batch *batch);

#endif
