// SPDX-License-Identifier: MIT
/*
 * The optimisers: Muon's step against what its name promises, AdamW's against
 * its formula in another form.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../examples/robot-agent/lang/rng.h"
#include "../../examples/robot-agent/train/muon.h"
#include "../../examples/robot-agent/train/optimise.h"

#define SHORT	24
#define LONG	56
#define COUNT	(SHORT * LONG)

static const struct train_muon muon = { .rate = 0.01, .beta = 0.95, .keep = 0.5 };

/* A gradient whose rows differ much in length, as real ones do. */
static void make_grads(real_t *grads, int rows, int cols)
{
	struct agent_rng rng;
	int i;

	agent_rng_seed(&rng, 5, rows);
	for (i = 0; i < rows * cols; i++)
		grads[i] = (agent_rng_below(&rng, 2001) / 1e3 - 1) *
			   (1 + i / cols);
}

/* One step from 2 everywhere; @step receives what it subtracts, in its unit. */
static void make_step(struct train_bf16 *bf16, int rows, int cols,
		      const real_t *grads, real_t *step)
{
	const double unit = muon.rate * 0.2 * sqrt(LONG);
	real_t mean[COUNT] = { 0 }, params[COUNT];
	int i;

	for (i = 0; i < COUNT; i++)
		params[i] = 2;
	train_muon_step(&muon, bf16, rows, cols, grads, mean, params);
	assert_memory_equal(mean, grads, sizeof(mean));
	for (i = 0; i < COUNT; i++)
		step[i] = (2 * muon.keep - params[i]) / unit;
}

/* Element @k of the short side's vector @i. */
static double short_side(const real_t *step, int rows, int cols, int i, int k)
{
	return rows < cols ? step[i * cols + k] : step[k * cols + i];
}

/* The vectors of the short side have about length 1 and no common direction. */
static void check_orthogonal(struct train_bf16 *bf16, int rows, int cols)
{
	real_t grads[COUNT], step[COUNT];
	double dot;
	int i, j, k;

	make_grads(grads, rows, cols);
	make_step(bf16, rows, cols, grads, step);
	for (i = 0; i < SHORT; i++) {
		for (j = 0; j <= i; j++) {
			dot = 0;
			for (k = 0; k < LONG; k++)
				dot += short_side(step, rows, cols, i, k) *
				       short_side(step, rows, cols, j, k);
			if (i == j)
				assert_true(dot > 0.4 && dot < 1.5);
			else
				assert_true(fabs(dot) < 0.4);
		}
	}
}

static void test_orthogonal(void **state)
{
	/* NULL where this CPU has no bfloat16: then both are the same. */
	struct train_bf16 *bf16 = train_bf16_create();

	check_orthogonal(NULL, SHORT, LONG);
	check_orthogonal(NULL, LONG, SHORT);
	check_orthogonal(bf16, SHORT, LONG);
	check_orthogonal(bf16, LONG, SHORT);
	free(bf16);
}

/* Along the gradient, however long it is; nothing where there is none. */
static void test_length(void **state)
{
	real_t grads[COUNT], one[COUNT], two[COUNT];
	double along = 0;
	int i;

	make_grads(grads, SHORT, LONG);
	make_step(NULL, SHORT, LONG, grads, one);
	for (i = 0; i < COUNT; i++) {
		along += one[i] * grads[i];
		grads[i] *= 1024;
	}
	make_step(NULL, SHORT, LONG, grads, two);
	assert_true(along > 0);
	for (i = 0; i < COUNT; i++)
		assert_true(fabs(one[i] - two[i]) < 1e-4);
	memset(grads, 0, sizeof(grads));
	make_step(NULL, SHORT, LONG, grads, one);
	for (i = 0; i < COUNT; i++)
		assert_true(one[i] == 0);
}

/* Which tensors are whose, and AdamW's third step. */
static void test_optimise(void **state)
{
	const struct train_optimiser both = {
		.adamw = { 0.9, 0.99, 1e-8, 0.1, 1 }, .muon = true,
	};
	const struct train_tensor tensor[] = {
		{ "matrix", 4, 32, 0, TRAIN_STORE_Q4_0 },
		{ "embedding", 4, 32, 128, TRAIN_STORE_Q8_0 },
		{ "norm", 1, 32, 256, TRAIN_STORE_F32 },
	};
	real_t grads[288], mean[288] = { 0 }, square[288] = { 0 }, params[288];
	double m = 0, v = 0, want[2] = { 1, 1 }, g;
	int i, step;

	for (i = 0; i < 288; i++)
		params[i] = 1;
	for (step = 1; step <= 3; step++) {
		g = step - 1.5;
		for (i = 0; i < 288; i++)
			grads[i] = g;
		/* A gradient twice as long as allowed counts half. */
		train_optimise(&both, tensor, 3, step, 0.01, 2, grads, mean,
			       square, params);
		m = 0.9 * m + 0.1 * g / 2;
		v = 0.99 * v + 0.01 * g * g / 4;
		for (i = 0; i < 2; i++)
			want[i] -= 0.01 * (m / (1 - pow(0.9, step)) /
					   (sqrt(v / (1 - pow(0.99, step))) +
					    1e-8) + (i ? 0 : 0.1 * want[i]));
	}
	assert_true(fabs(params[130] - want[0]) < 1e-5);
	assert_true(fabs(params[260] - want[1]) < 1e-5);
	for (i = 0; i < 128; i++)
		assert_true(square[i] == 0);
	for (; i < 288; i++)
		assert_true(square[i] > 0);
}

/* AdamW for all: the matrix goes like the embedding. */
static void test_adamw(void **state)
{
	const struct train_optimiser one = { .adamw = { 0.9, 0.99, 1e-8, 0.1, 1 } };
	const struct train_tensor tensor[] = {
		{ "matrix", 4, 32, 0, TRAIN_STORE_Q4_0 },
		{ "embedding", 4, 32, 128, TRAIN_STORE_Q8_0 },
	};
	real_t grads[256], mean[256] = { 0 }, square[256] = { 0 }, params[256];
	int i;

	for (i = 0; i < 256; i++) {
		params[i] = i % 128;
		grads[i] = i % 128 - 60;
	}
	train_optimise(&one, tensor, 2, 1, 0.01, 1, grads, mean, square, params);
	assert_memory_equal(params, params + 128, 128 * sizeof(*params));
	assert_true(fabs(params[100] - (100 - 0.01 * (1 + 0.1 * 100))) < 1e-4);
}

/* The sum of lanes, and its length. */
static void test_sum(void **state)
{
	enum { N = 20000 };
	static real_t a[N], b[N];
	real_t *lanes[] = { a, b };
	int i;

	for (i = 0; i < N; i++) {
		a[i] = 1;
		b[i] = i % 2 ? 1 : -1;
	}
	assert_true(fabs(train_adamw_length(lanes, 2, N) - sqrt(N / 2 * 4)) <
		    1e-9);
	for (i = 0; i < N; i++)
		assert_true(a[i] == (i % 2 ? 2 : 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orthogonal),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_optimise),
		cmocka_unit_test(test_adamw),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
