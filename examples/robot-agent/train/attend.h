/* SPDX-License-Identifier: MIT */
/*
 * Causal attention inside of each sample of a packed batch. The scores are
 * never kept: the backward pass makes them again from each query's logarithm
 * of the sum (Dao et al., "FlashAttention", 2022).
 */
#ifndef TRAIN_ATTEND_H
#define TRAIN_ATTEND_H

#include "params.h"

/**
 * struct train_span - a sample's rows in a packed batch
 * @first: its first row
 * @query: the first row whose output is wanted
 * @answer: the first row that predicts a token of the answer
 * @end: behind its last
 */
struct train_span {
	int first;
	int query;
	int answer;
	int end;
};

/** train_attend_scratch() - numbers that @scratch below needs */
size_t train_attend_scratch(const struct train_shape *shape);

/**
 * train_attend() - out = softmax(q k^T / sqrt(head)) v
 * @shape: of the model
 * @span: one sample, at most shape->context rows
 * @qkv: [rows][qkv width]: queries, keys, values of all samples
 * @out: [rows][width], written from span->query
 * @lse: [rows][heads], receives log(sum of exp(scores)), from span->query
 * @scratch: contents do not matter
 */
void train_attend(const struct train_shape *shape,
		  const struct train_span *span, const real_t *qkv, real_t *out,
		  real_t *lse, real_t *scratch);

/**
 * train_attend_back() - its gradient
 * @grad: [rows][width] of @out, read from span->query
 * @dqkv: [rows][qkv width], written for all rows of @span
 */
void train_attend_back(const struct train_shape *shape,
		       const struct train_span *span, const real_t *qkv,
		       const real_t *out, const real_t *lse, const real_t *grad,
		       real_t *dqkv, real_t *scratch);

#endif
