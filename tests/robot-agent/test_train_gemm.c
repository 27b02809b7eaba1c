// SPDX-License-Identifier: MIT
/*
 * The trainer's matrix products in bfloat16, against plain sums of rounded factors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/robot-agent/lang/rng.h"
#include "../../examples/robot-agent/train/alloc.h"
#include "../../examples/robot-agent/train/gemm_bf16.h"

enum kind {
	NT, NN, TN, KINDS
};

/* A matrix amid numbers that nobody may touch or use. */
#define MARGIN 37

struct matrix {
	int rows;
	int cols;
	float *memory;
	struct train_mat mat;
};

static struct matrix matrix_draw(struct agent_rng *rng, int rows, int cols)
{
	struct matrix x = { .rows = rows, .cols = cols };
	size_t size = (size_t)(rows + 2) * (cols + MARGIN), i;
	int r, c;

	x.memory = train_alloc(size, sizeof(*x.memory));
	for (i = 0; i < size; i++)
		x.memory[i] = NAN;
	x.mat = (struct train_mat){ x.memory + cols + MARGIN, cols + MARGIN };
	for (r = 0; r < rows; r++)
		for (c = 0; c < cols; c++)
			x.mat.at[r * x.mat.step + c] =
				(int)agent_rng_below(rng, 20001) / 1e4f - 1;
	return x;
}

static float at(const struct matrix *x, int row, int col)
{
	return x->mat.at[row * x->mat.step + col];
}

/* To nearest, ties to even. */
static float rounded(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

static double sum(enum kind kind, int k, const struct matrix *a,
		  const struct matrix *b, int i, int j)
{
	double sum = 0;
	int p;

	for (p = 0; p < k; p++)
		sum += (double)rounded(kind == TN ? at(a, p, i) : at(a, i, p)) *
		       rounded(kind == NT ? at(b, j, p) : at(b, p, j));
	return sum;
}

static void multiply(struct train_bf16 *bf16, enum kind kind, bool add, int k,
		     const struct matrix *a, const struct matrix *b,
		     struct matrix *c)
{
	int m = c->rows, n = c->cols;

	if (kind == NT)
		train_bf16_nt(bf16, m, n, k, a->mat, b->mat, add, c->mat);
	else if (kind == NN)
		train_bf16_nn(bf16, m, n, k, a->mat, b->mat, c->mat);
	else
		train_bf16_tn_add(bf16, m, n, k, a->mat, b->mat, c->mat);
}

static int count_written(const struct matrix *x)
{
	size_t size = (size_t)(x->rows + 2) * x->mat.step, i;
	int n = 0;

	for (i = 0; i < size; i++)
		n += !isnan(x->memory[i]);
	return n;
}

/* @slack: of a sum of @k products */
static void check(struct train_bf16 *bf16, enum kind kind, bool add, int m, int n,
		  int k, double slack)
{
	struct matrix a, b, c, before;
	struct agent_rng rng;
	double right;
	int i, j;

	agent_rng_seed(&rng, kind, m + n + k);
	a = matrix_draw(&rng, kind == TN ? k : m, kind == TN ? m : k);
	b = matrix_draw(&rng, kind == NT ? n : k, kind == NT ? k : n);
	c = matrix_draw(&rng, m, n);
	agent_rng_seed(&rng, 1, 1);
	before = matrix_draw(&rng, m, n);
	for (i = 0; i < m; i++)
		memcpy(c.mat.at + i * c.mat.step, before.mat.at + i * c.mat.step,
		       n * sizeof(float));
	multiply(bf16, kind, add, k, &a, &b, &c);
	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++) {
			right = sum(kind, k, &a, &b, i, j) +
				(add ? at(&before, i, j) : 0);
			assert_float_equal(at(&c, i, j), right, slack);
		}
	assert_int_equal(count_written(&c), m * n);
	free(a.memory);
	free(b.memory);
	free(c.memory);
	free(before.memory);
}

static void check_shapes(struct train_bf16 *bf16, double slack)
{
	static const int shapes[][3] = {
		{ 1, 1, 1 }, { 12, 32, 2 }, { 11, 31, 3 }, { 13, 33, 33 },
		{ 25, 15, 127 }, { 7, 48, 129 }, { 128, 352, 70 },
		/* More to sum over, and more columns, than are packed at once. */
		{ 5, 40, 513 }, { 30, 17, 1597 }, { 14, 2085, 130 },
		{ 3, 520, 1030 },
	};
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		check(bf16, NT, false, shapes[i][0], shapes[i][1], shapes[i][2], slack);
		check(bf16, NT, true, shapes[i][0], shapes[i][1], shapes[i][2], slack);
		check(bf16, NN, false, shapes[i][0], shapes[i][1], shapes[i][2], slack);
		check(bf16, TN, true, shapes[i][0], shapes[i][1], shapes[i][2], slack);
	}
}

/* A processor without bfloat16 has the fallback only; cmocka's skip() would fail there. */
static void test_rounded(void **state)
{
	struct train_bf16 *bf16 = train_bf16_create();

	if (bf16)
		check_shapes(bf16, 1e-4);
	else
		print_message("# this processor has no AVX512-BF16\n");
	free(bf16);
}

/* What a CPU without bfloat16 does: not rounded, so only near. */
static void test_fallback(void **state)
{
	check_shapes(NULL, 0.2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounded),
		cmocka_unit_test(test_fallback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
