/* SPDX-License-Identifier: MIT */
/*
 * What a model does to each row alone, forward and backward. A function named
 * ..._back takes the gradient with respect to what the other one wrote, and
 * gives the one with respect to what it read.
 */
#ifndef TRAIN_ROWS_H
#define TRAIN_ROWS_H

#include "real.h"

/**
 * train_norm() - RMS norm: y = x / rms(x) * weight
 * @rows: of @x and @y
 * @width: of a row
 * @epsilon: added to the mean square
 * @x: [rows][width]
 * @weight: [width]
 * @y: [rows][width]
 * @scale: [rows], receives 1 / rms(x)
 */
void train_norm(int rows, int width, real_t epsilon, const real_t *x,
		const real_t *weight, real_t *y, real_t *scale);

/**
 * train_norm_back() - its gradients, added
 * @dy: [rows][width]
 * @dx: [rows][width], added to
 * @dweight: [width], added to
 */
void train_norm_back(int rows, int width, const real_t *x, const real_t *weight,
		     const real_t *scale, const real_t *dy, real_t *dx,
		     real_t *dweight);

/**
 * train_gate() - y = silu(gate) * up
 * @rows: of all
 * @ffn: width of gate, of up and of @y
 * @gate_up: [rows][2 * ffn]: gate, then up
 * @y: [rows][ffn]
 */
void train_gate(int rows, int ffn, const real_t *gate_up, real_t *y);

/**
 * train_gate_back() - its gradient
 * @dy: [rows][ffn]
 * @dgate_up: [rows][2 * ffn], written; may be @gate_up
 */
void train_gate_back(int rows, int ffn, const real_t *gate_up, const real_t *dy,
		     real_t *dgate_up);

/**
 * train_rope_table() - the rotary embedding's angles
 * @positions: from 0
 * @head: width of a head
 * @base: theta of pair i is base ^ (-2i / head)
 * @table: [positions][head]: cosine and sine of each pair, neighbours
 */
void train_rope_table(int positions, int head, double base, real_t *table);

/**
 * train_rope() - turn each pair of neighbours by its position's angle
 * @rows: of @x
 * @heads: that lie at the start of a row
 * @head: width of each
 * @position: [rows]
 * @table: see above
 * @sign: 1; -1 turns back, which is the gradient
 * @x: in place
 */
void train_rope(int rows, int heads, int head, const int *position,
		const real_t *table, real_t sign, struct train_mat x);

/** train_max() - the greatest of @n numbers, at least one */
real_t train_max(int n, const real_t *x);

/**
 * train_exp() - x = exp(x - shift)
 * @n: numbers
 * @shift: as great as the greatest, or nearly
 * @x: in place
 *
 * Return: their sum.
 */
real_t train_exp(int n, real_t shift, real_t *x);

/**
 * train_loss() - cross entropy
 * @rows: of @logits
 * @vocab: of a row
 * @target: [rows], the right token of each
 * @weight: [rows], of each in the sum
 * @logits: [rows][vocab], replaced by their gradient
 * @right: [rows], receives whether the right token has the greatest logit
 *
 * Return: the weighted sum of -log p(target).
 */
double train_loss(int rows, int vocab, const int *target, const real_t *weight,
		  real_t *logits, unsigned char *right);

#endif
