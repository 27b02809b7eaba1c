// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "muon.h"

/*
 * Rounds of x <- a x + (b s + c s s) x, s = x x^T, which draw the singular
 * values to about one, from 0.7 to 1.2; the factors are the paper's.
 */
#define MUON_ROUNDS	5
#define MUON_A		3.4445
#define MUON_B		(-4.7750)
#define MUON_C		2.0315

/* Root mean square of the step's numbers that suits AdamW's rates. */
#define MUON_SIZE	0.2

/* to [cols][rows] = from [rows][cols] transposed */
static void muon_transpose(int rows, int cols, const real_t *from, real_t *to)
{
	int r, c;

	for (r = 0; r < rows; r++)
		for (c = 0; c < cols; c++)
			to[c * rows + r] = from[r * cols + c];
}

/* The root of the sum of squares becomes 1; no singular value is greater. */
static void muon_scale(size_t n, real_t *x)
{
	real_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += x[i] * x[i];
	sum = 1 / (real_sqrt(sum) + (real_t)1e-20);
	for (i = 0; i < n; i++)
		x[i] *= sum;
}

/* to = a x + b y */
static void muon_sum(size_t n, real_t a, const real_t *x, real_t b,
		     const real_t *y, real_t *to)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = a * x[i] + b * y[i];
}

/* One round; scratch: @s and @t [rows][rows], @y [rows][cols]. */
static void muon_round(struct train_bf16 *bf16, int rows, int cols, real_t *x,
		       real_t *s, real_t *t, real_t *y)
{
	struct train_mat xm = { x, cols }, ym = { y, cols };
	struct train_mat sm = { s, rows }, tm = { t, rows };
	size_t square = (size_t)rows * rows, n = (size_t)rows * cols;

	train_bf16_nt(bf16, rows, rows, cols, xm, xm, false, sm);
	train_bf16_nn(bf16, rows, rows, rows, sm, sm, tm);
	muon_sum(square, MUON_B, s, MUON_C, t, t);
	train_bf16_nn(bf16, rows, cols, rows, tm, xm, ym);
	muon_sum(n, MUON_A, x, 1, y, x);
}

/* The nearest orthogonal matrix to @x, which is no higher than wide. */
static void muon_wide(struct train_bf16 *bf16, int rows, int cols, real_t *x)
{
	size_t square = (size_t)rows * rows, n = (size_t)rows * cols;
	real_t *scratch = train_alloc(2 * square + n, sizeof(*scratch));
	int i;

	muon_scale(n, x);
	for (i = 0; i < MUON_ROUNDS; i++)
		muon_round(bf16, rows, cols, x, scratch, scratch + square,
			   scratch + 2 * square);
	free(scratch);
}

static void muon_orthogonal(struct train_bf16 *bf16, int rows, int cols,
			    real_t *x)
{
	real_t *wide;

	if (rows <= cols) {
		muon_wide(bf16, rows, cols, x);
		return;
	}
	wide = train_alloc((size_t)rows * cols, sizeof(*wide));
	muon_transpose(rows, cols, x, wide);
	muon_wide(bf16, cols, rows, wide);
	muon_transpose(cols, rows, wide, x);
	free(wide);
}

void train_muon_step(const struct train_muon *muon, struct train_bf16 *bf16,
		     int rows, int cols, const real_t *grads, real_t *mean,
		     real_t *params)
{
	real_t rate = muon->rate * MUON_SIZE * sqrt(rows > cols ? rows : cols);
	size_t n = (size_t)rows * cols, i;
	real_t *step = train_alloc(n, sizeof(*step));

	/* Nesterov's momentum: the mean as the next step will see it. */
	for (i = 0; i < n; i++) {
		mean[i] = muon->beta * mean[i] + grads[i];
		step[i] = muon->beta * mean[i] + grads[i];
	}
	muon_orthogonal(bf16, rows, cols, step);
	for (i = 0; i < n; i++)
		params[i] = muon->keep * params[i] - rate * step[i];
	free(step);
}
