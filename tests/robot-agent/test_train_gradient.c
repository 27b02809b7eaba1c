// SPDX-License-Identifier: MIT
/*
 * Every gradient against finite differences, in double: the derivative of the
 * loss along the gradient of each tensor, and along single parameters of it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../examples/robot-agent/lang/rng.h"
#include "../../examples/robot-agent/train/alloc.h"
#include "../../examples/robot-agent/train/pass.h"
#include "../../examples/robot-agent/train/rows.h"

#define ROWS		256
#define STEP		1e-4
#define TOLERANCE	1e-5
#define SINGLE		6

static const struct train_shape shape = {
	.vocab = 37,
	.width = 64,
	.layers = 2,
	.heads = 4,
	.kv_heads = 2,
	.ffn = 96,
	.context = 96,
	.epsilon = 1e-5,
	.rope_base = 10000,
};

struct model {
	struct train_pass *pass;
	struct train_batch batch;
	real_t *params;
	real_t *grads;
};

/* Three samples, of which one is longer than a tile of attention. */
static void fill(struct train_batch *batch, struct agent_rng *rng,
		 double hint_weight)
{
	static const int lengths[] = { 90, 2, 31 };
	int id[96], hint[96], i, k;
	struct train_tokens tokens = { .id = id, .hint = hint };

	for (k = 0; k < 3; k++) {
		tokens.count = lengths[k];
		tokens.prompt = (lengths[k] + 1) / 2;
		for (i = 0; i < tokens.count; i++)
			id[i] = agent_rng_below(rng, shape.vocab);
		for (i = 0; i < tokens.prompt; i++)
			hint[i] = i % 3 ? -1 : (int)agent_rng_below(rng, shape.vocab);
		assert_true(train_batch_add(batch, &tokens, hint_weight));
	}
	train_batch_scale(batch, 1 / train_batch_weight(batch));
}

static double loss(struct model *m)
{
	real_t *logits = train_pass_forward(m->pass, m->params, &m->batch);

	return train_loss(m->batch.losses, shape.vocab, m->batch.target,
			  m->batch.weight, logits, m->batch.right);
}

static void model_init(struct model *m, double hint_weight)
{
	struct agent_rng rng;
	size_t i;

	agent_rng_seed(&rng, 7, 0);
	m->pass = train_pass_create(&shape, ROWS);
	train_batch_init(&m->batch, ROWS);
	fill(&m->batch, &rng, hint_weight);
	m->params = train_alloc(train_params_count(&shape), sizeof(real_t));
	m->grads = train_alloc(train_params_count(&shape), sizeof(real_t));
	train_params_init(&shape, m->params, 1);
	/* Norms that are not all 1. */
	for (i = 0; i < train_params_count(&shape); i++)
		m->params[i] += 0.2 * (agent_rng_below(&rng, 1000) / 1e3 - .5);
	loss(m);
	train_pass_backward(m->pass, m->params, &m->batch,
			    train_pass_logits(m->pass), m->grads);
}

static void model_fini(struct model *m)
{
	train_pass_destroy(m->pass);
	train_batch_fini(&m->batch);
	free(m->params);
	free(m->grads);
}

/* Central difference of the loss along @direction. */
static double difference(struct model *m, const struct train_tensor *t,
			 const real_t *direction, double step)
{
	size_t n = (size_t)t->rows * t->cols, i;
	real_t *old = train_alloc(n, sizeof(real_t));
	double value[2];
	int side;

	memcpy(old, m->params + t->offset, n * sizeof(real_t));
	for (side = 0; side < 2; side++) {
		for (i = 0; i < n; i++)
			m->params[t->offset + i] =
				old[i] + (side ? -step : step) * direction[i];
		value[side] = loss(m);
	}
	memcpy(m->params + t->offset, old, n * sizeof(real_t));
	free(old);
	return (value[0] - value[1]) / (2 * step);
}

/* Two steps cancel the error of second order (Richardson). */
static double derivative(struct model *m, const struct train_tensor *t,
			 const real_t *direction)
{
	return (4 * difference(m, t, direction, STEP / 2) -
		difference(m, t, direction, STEP)) / 3;
}

/* Along the gradient, scaled to length 1: the result is its length. */
static void check_whole(struct model *m, const struct train_tensor *t)
{
	size_t n = (size_t)t->rows * t->cols, i;
	real_t *direction = train_alloc(n, sizeof(real_t));
	double length = 0, got;

	for (i = 0; i < n; i++)
		length += m->grads[t->offset + i] * m->grads[t->offset + i];
	length = sqrt(length);
	for (i = 0; i < n; i++)
		direction[i] = m->grads[t->offset + i] / length;
	got = derivative(m, t, direction);
	if (!(fabs(got - length) < TOLERANCE * length))
		fail_msg("%s: %.12g, differences say %.12g", t->name, length,
			 got);
	free(direction);
}

/* Single parameters, against the tensor's root mean square. */
static void check_single(struct model *m, const struct train_tensor *t,
			 struct agent_rng *rng)
{
	size_t n = (size_t)t->rows * t->cols, i, at;
	real_t *direction = train_alloc(n, sizeof(real_t));
	double scale = 0, want, got;

	for (i = 0; i < n; i++)
		scale += m->grads[t->offset + i] * m->grads[t->offset + i] / n;
	scale = sqrt(scale);
	for (i = 0; i < SINGLE; i++) {
		at = agent_rng_below(rng, n);
		direction[at] = 1;
		want = m->grads[t->offset + at];
		got = derivative(m, t, direction);
		if (!(fabs(got - want) < TOLERANCE * (fabs(want) + scale)))
			fail_msg("%s[%zu]: %.12g, differences say %.12g",
				 t->name, at, want, got);
		direction[at] = 0;
	}
	free(direction);
}

static void check_all(double hint_weight)
{
	struct train_tensor *tensor;
	struct agent_rng rng;
	struct model m;
	int count, i;

	agent_rng_seed(&rng, 8, 0);
	model_init(&m, hint_weight);
	tensor = train_params_tensors(&shape, &count);
	assert_int_equal(count, 2 + 9 * shape.layers);
	for (i = 0; i < count; i++) {
		check_whole(&m, &tensor[i]);
		check_single(&m, &tensor[i], &rng);
	}
	free(tensor);
	model_fini(&m);
}

static void test_answers(void **state)
{
	check_all(0);
}

static void test_hints(void **state)
{
	check_all(0.25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_hints),
	};

	_Static_assert(sizeof(real_t) == sizeof(double), "TRAIN_DOUBLE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
