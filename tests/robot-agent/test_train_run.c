// SPDX-License-Identifier: MIT
/*
 * A run: it learns, it is the same every time, and one that was interrupted
 * ends like one that was not.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../examples/robot-agent/lang/rng.h"
#include "../../examples/robot-agent/train/alloc.h"
#include "../../examples/robot-agent/train/checkpoint.h"
#include "../../examples/robot-agent/train/quant.h"

#define VOCAB	24
#define END	(VOCAB - 1)

/*
 * A task that needs attention: pairs of key and value, then a key; the answer
 * is its value.
 */
static void source(void *opaque, uint64_t number, struct train_tokens *tokens)
{
	struct agent_rng rng;
	int i, key, n = 0;

	agent_rng_seed(&rng, *(uint64_t *)opaque, number);
	tokens->id[n++] = END;
	key = agent_rng_below(&rng, 8);
	for (i = 0; i < 4; i++) {
		tokens->id[n++] = (key + i) % 8;
		tokens->id[n++] = 8 + agent_rng_below(&rng, 8);
	}
	i = agent_rng_below(&rng, 4);
	tokens->id[n++] = tokens->id[1 + 2 * i];
	tokens->prompt = n;
	tokens->id[n++] = tokens->id[2 + 2 * i];
	tokens->id[n++] = END;
	tokens->count = n;
}

static struct train_options options(long steps)
{
	return (struct train_options){
		.shape = {
			.vocab = VOCAB, .width = 64, .layers = 2, .heads = 2,
			.kv_heads = 1, .ffn = 96, .context = 32,
			.epsilon = 1e-5, .rope_base = 10000,
		},
		.seed = 3,
		.steps = steps,
		.rise = 10,
		.rounded = steps / 4,
		.batch = 1024,
		.part = 256,
		.lanes = 2,
		.rate = 3e-3,
		.optimiser = {
			.adamw = { 0.9, 0.98, 1e-8, 0.1, 1 },
			.muon = true,
		},
	};
}

static uint64_t seeds[] = { 3, 4 };

static struct train_trainer *run(const struct train_options *o, long steps)
{
	struct train_trainer *t = train_trainer_create(o, source, &seeds[0]);
	struct train_figures figures;

	while (t->step < steps)
		train_trainer_step(t, &figures);
	return t;
}

static void assert_same(const struct train_trainer *a,
			const struct train_trainer *b)
{
	assert_int_equal(a->step, b->step);
	assert_int_equal(a->next, b->next);
	assert_memory_equal(a->params, b->params, a->size * sizeof(real_t));
	assert_memory_equal(a->mean, b->mean, a->size * sizeof(real_t));
	assert_memory_equal(a->square, b->square, a->size * sizeof(real_t));
}

static void test_repeated(void **state)
{
	struct train_options o = options(20);
	struct train_trainer *a = run(&o, 20), *b = run(&o, 20), *c;

	assert_same(a, b);
	o.seed++;
	c = run(&o, 20);
	assert_memory_not_equal(a->params, c->params, a->size * sizeof(real_t));
	train_trainer_destroy(c);
	train_trainer_destroy(b);
	train_trainer_destroy(a);
}

static void test_resumed(void **state)
{
	struct train_options o = options(24), read;
	struct train_trainer *whole = run(&o, 24), *half = run(&o, 9), *rest;
	char path[] = "/tmp/test_train_run.XXXXXX";
	struct train_figures figures;

	close(mkstemp(path));
	train_checkpoint_save(half, 77, path);
	train_checkpoint_options(path, 77, &read);
	assert_memory_equal(&read, &o, sizeof(o));
	rest = train_trainer_create(&read, source, &seeds[0]);
	train_checkpoint_load(rest, path);
	assert_same(half, rest);
	while (rest->step < 24)
		train_trainer_step(rest, &figures);
	assert_same(whole, rest);
	unlink(path);
	train_trainer_destroy(rest);
	train_trainer_destroy(half);
	train_trainer_destroy(whole);
}

static int right(const int *wrong, int n)
{
	int count = 0, i;

	for (i = 0; i < n; i++)
		count += wrong[i] < 0;
	return count;
}

/* The answer token by token, as a decoder would choose them. */
static bool decode(struct train_trainer *t, uint64_t number)
{
	int want[32] = { 0 }, id[32], n;
	struct train_tokens sample = { .id = want }, tokens = { .id = id };

	source(&seeds[1], number, &sample);
	memcpy(id, want, sizeof(id));
	for (n = sample.prompt; n < sample.count; n++) {
		tokens.count = n;
		id[n] = train_trainer_choose(t, &tokens);
	}
	return !memcmp(id, want, sample.count * sizeof(*id));
}

static void test_learns(void **state)
{
	struct train_options o = options(300);
	struct train_trainer *t = run(&o, 30);
	struct train_figures figures = { 0 };
	int wrong[200], i;

	train_trainer_evaluate(t, false, source, &seeds[1], 200, wrong);
	assert_in_range(right(wrong, 200), 1, 150);
	for (i = 0; i < 200; i++)
		assert_int_equal(decode(t, i), wrong[i] < 0);
	while (t->step < o.steps)
		train_trainer_step(t, &figures);
	assert_true(figures.loss < 0.05);
	train_trainer_evaluate(t, false, source, &seeds[1], 200, wrong);
	assert_in_range(right(wrong, 200), 195, 200);
	train_trainer_evaluate(t, true, source, &seeds[1], 200, wrong);
	assert_in_range(right(wrong, 200), 195, 200);
	train_trainer_destroy(t);
}

/* Steps of the last quarter see rounded weights, and move those behind them. */
static void test_rounded(void **state)
{
	struct train_options o = options(8);
	struct train_trainer *t = run(&o, 6);
	real_t *rounded = train_alloc(t->size, sizeof(real_t));
	real_t *params = train_alloc(t->size, sizeof(real_t));
	struct train_figures figures;

	assert_true(train_trainer_is_rounding(t));
	memcpy(params, t->params, t->size * sizeof(real_t));
	train_quant_params(t->tensor, t->tensors, t->params, rounded);
	assert_memory_not_equal(rounded, params, t->size * sizeof(real_t));
	train_trainer_step(t, &figures);
	assert_memory_equal(t->weights, rounded, t->size * sizeof(real_t));
	assert_memory_not_equal(t->params, params, t->size * sizeof(real_t));
	free(params);
	free(rounded);
	train_trainer_destroy(t);
}

/* Of 3 tokens each, but every third sample, which is not easy, has 30. */
static void source_lengths(void *opaque, uint64_t number,
			   struct train_tokens *tokens)
{
	int i;

	tokens->easy = number % 3;
	tokens->count = tokens->easy ? 3 : 30;
	tokens->prompt = 1;
	for (i = 0; i < tokens->count; i++)
		tokens->id[i] = (number + i) % VOCAB;
}

static void test_easy(void **state)
{
	struct train_options o = options(12);
	struct train_figures figures;
	struct train_trainer *t;

	o.easy = 8;
	t = train_trainer_create(&o, source_lengths, NULL);
	while (t->step < 8) {
		train_trainer_step(t, &figures);
		assert_int_equal(figures.rows, 2 * figures.samples);
	}
	train_trainer_step(t, &figures);
	assert_true(figures.rows > 8 * figures.samples);
	train_trainer_destroy(t);
}

static void test_rate(void **state)
{
	assert_true(train_rate(0, 10, 110, 1) == 0.1);
	assert_true(train_rate(9, 10, 110, 1) == 1);
	assert_true(train_rate(10, 10, 110, 1) == 1);
	assert_true(fabs(train_rate(60, 10, 110, 1) - 0.5) < 1e-12);
	assert_true(train_rate(109, 10, 110, 1) < 0.001);
}

static void test_options(void **state)
{
	struct train_options good = options(20), bad;

	assert_null(train_options_check(&good));
	bad = good;
	bad.shape.width = 65;
	assert_non_null(train_options_check(&bad));
	bad = good;
	bad.shape.heads = 3;
	assert_non_null(train_options_check(&bad));
	bad = good;
	bad.shape.kv_heads = 3;
	assert_non_null(train_options_check(&bad));
	bad = good;
	bad.part = 31;
	assert_non_null(train_options_check(&bad));
	bad = good;
	bad.rise = 20;
	assert_non_null(train_options_check(&bad));
	bad = good;
	bad.easy = 21;
	assert_non_null(train_options_check(&bad));
	bad = good;
	bad.rounded = 21;
	assert_non_null(train_options_check(&bad));
	bad = good;
	bad.rate = NAN;
	assert_non_null(train_options_check(&bad));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_rounded),
		cmocka_unit_test(test_easy),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
