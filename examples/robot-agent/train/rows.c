// SPDX-License-Identifier: MIT
/*
 * Written for the compiler to vectorise: plain loops over a row, nothing in
 * them that depends on the step before except sums.
 */
#include <math.h>

#include "rows.h"

void train_norm(int rows, int width, real_t epsilon, const real_t *x,
		const real_t *weight, real_t *y, real_t *scale)
{
	real_t sum;
	int r, i;

	for (r = 0; r < rows; r++, x += width, y += width) {
		sum = 0;
		for (i = 0; i < width; i++)
			sum += x[i] * x[i];
		scale[r] = 1 / real_sqrt(sum / width + epsilon);
		for (i = 0; i < width; i++)
			y[i] = x[i] * scale[r] * weight[i];
	}
}

/*
 * With s = scale(x): dx = s w dy - s^3 / width (sum of w dy x) x, since
 * ds/dx = -s^3 x / width.
 */
void train_norm_back(int rows, int width, const real_t *x, const real_t *weight,
		     const real_t *scale, const real_t *dy, real_t *dx,
		     real_t *dweight)
{
	real_t sum, s;
	int r, i;

	for (r = 0; r < rows; r++, x += width, dy += width, dx += width) {
		s = scale[r];
		sum = 0;
		for (i = 0; i < width; i++) {
			sum += weight[i] * dy[i] * x[i];
			dweight[i] += dy[i] * x[i] * s;
		}
		sum *= s * s * s / width;
		for (i = 0; i < width; i++)
			dx[i] += s * weight[i] * dy[i] - sum * x[i];
	}
}

void train_gate(int rows, int ffn, const real_t *gate_up, real_t *y)
{
	const real_t *gate, *up;
	int r, i;

	for (r = 0; r < rows; r++, y += ffn) {
		gate = gate_up + (size_t)r * 2 * ffn;
		up = gate + ffn;
		for (i = 0; i < ffn; i++)
			y[i] = gate[i] * up[i] / (1 + real_exp(-gate[i]));
	}
}

/* silu'(g) = p (1 + g (1 - p)), p = 1 / (1 + exp(-g)) */
void train_gate_back(int rows, int ffn, const real_t *gate_up, const real_t *dy,
		     real_t *dgate_up)
{
	const real_t *gate, *up;
	real_t *dgate, *dup;
	real_t g, u, p;
	int r, i;

	for (r = 0; r < rows; r++, dy += ffn) {
		gate = gate_up + (size_t)r * 2 * ffn;
		up = gate + ffn;
		dgate = dgate_up + (size_t)r * 2 * ffn;
		dup = dgate + ffn;
		for (i = 0; i < ffn; i++) {
			g = gate[i];
			u = up[i];
			p = 1 / (1 + real_exp(-g));
			dgate[i] = dy[i] * u * p * (1 + g * (1 - p));
			dup[i] = dy[i] * g * p;
		}
	}
}

void train_rope_table(int positions, int head, double base, real_t *table)
{
	double theta;
	int p, i;

	for (p = 0; p < positions; p++) {
		for (i = 0; i < head; i += 2) {
			theta = p * pow(base, -(double)i / head);
			table[p * head + i] = cos(theta);
			table[p * head + i + 1] = sin(theta);
		}
	}
}

static void rope_head(int head, const real_t *turn, real_t sign, real_t *x)
{
	real_t a, b, c, s;
	int i;

	for (i = 0; i < head; i += 2) {
		c = turn[i];
		s = sign * turn[i + 1];
		a = x[i];
		b = x[i + 1];
		x[i] = a * c - b * s;
		x[i + 1] = a * s + b * c;
	}
}

void train_rope(int rows, int heads, int head, const int *position,
		const real_t *table, real_t sign, struct train_mat x)
{
	const real_t *turn;
	int r, h;

	for (r = 0; r < rows; r++, x.at += x.step) {
		turn = table + position[r] * head;
		for (h = 0; h < heads; h++)
			rope_head(head, turn, sign, x.at + h * head);
	}
}

real_t train_max(int n, const real_t *x)
{
	real_t max = x[0];
	int i;

	for (i = 1; i < n; i++)
		max = x[i] > max ? x[i] : max;
	return max;
}

real_t train_exp(int n, real_t shift, real_t *x)
{
	real_t sum = 0;
	int i;

	for (i = 0; i < n; i++) {
		x[i] = real_exp(x[i] - shift);
		sum += x[i];
	}
	return sum;
}

double train_loss(int rows, int vocab, const int *target, const real_t *weight,
		  real_t *logits, unsigned char *right)
{
	double loss = 0;
	real_t max, sum, x;
	int r, i;

	for (r = 0; r < rows; r++, logits += vocab) {
		max = train_max(vocab, logits);
		x = logits[target[r]];
		right[r] = x == max;
		sum = train_exp(vocab, max, logits);
		loss += (real_log(sum) + max - x) * weight[r];
		for (i = 0; i < vocab; i++)
			logits[i] *= weight[r] / sum;
		logits[target[r]] -= weight[r];
	}
	return loss;
}
