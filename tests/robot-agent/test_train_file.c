// SPDX-License-Identifier: MIT
/*
 * A file that the trainer wrote, run by "tnpu eval" on the chip in process,
 * against the trainer's own forward pass.
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
#include "../../examples/robot-agent/train/gguf_in.h"
#include "../../examples/robot-agent/train/gguf_out.h"
#include "../../examples/robot-agent/train/pass.h"
#include "../../examples/robot-agent/train/quant.h"

#define ROWS	60

/** struct model - a model, and where its file lies */
struct model {
	struct train_shape shape;
	struct train_vocab *vocab;
	real_t *params;
	int ids[ROWS + 1];
	char dir[64];
};

static int setup(void **state)
{
	struct model *m = train_alloc(1, sizeof(*m));
	struct agent_rng rng;
	int i;

	m->vocab = train_vocab_create();
	for (i = 'a'; i < 'z'; i++)
		train_vocab_merge(m->vocab, i, i + 1);
	m->shape = (struct train_shape){
		.vocab = train_vocab_size(m->vocab), .width = 96, .layers = 3,
		.heads = 3, .kv_heads = 1, .ffn = 256, .context = 128,
		.epsilon = 1e-5, .rope_base = 10000,
	};
	m->params = train_alloc(train_params_count(&m->shape), sizeof(real_t));
	train_params_init(&m->shape, m->params, 21);
	agent_rng_seed(&rng, 22, 0);
	for (i = 0; i < ROWS; i++)
		m->ids[i] = agent_rng_below(&rng, m->shape.vocab);
	snprintf(m->dir, sizeof(m->dir), "/tmp/test_train_file.XXXXXX");
	assert_non_null(mkdtemp(m->dir));
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct model *m = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", m->dir);
	assert_int_equal(system(command), 0);
	train_vocab_destroy(m->vocab);
	free(m->params);
	free(m);
	return 0;
}

/* Writes the model; its logits as the chip computes them. */
static float *their_logits(struct model *m, bool quantised)
{
	struct train_gguf file = {
		.shape = &m->shape, .vocab = m->vocab, .params = m->params,
		.name = "test", .description = "test", .quantised = quantised,
	};
	size_t n = (size_t)ROWS * m->shape.vocab;
	float *logits = train_alloc(n, sizeof(*logits));
	char path[128], command[2048];
	int len, i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/model.gguf", m->dir);
	train_gguf_write(&file, path);
	len = snprintf(command, sizeof(command),
		       "TNPU_TRANSPORT=inproc '%s/bin/tnpu' eval -m '%s' --kv f32 --logits '%s/logits' --ids ",
		       getenv("TNPU_BUILD"), path, m->dir);
	for (i = 0; i < ROWS; i++)
		len += snprintf(command + len, sizeof(command) - len, "%s%d",
				i ? "," : "", m->ids[i]);
	snprintf(command + len, sizeof(command) - len, " >/dev/null");
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/logits", m->dir);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(logits, sizeof(*logits), n, f), n);
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
	return logits;
}

static float *our_logits(const struct model *m, const real_t *params)
{
	struct train_pass *pass = train_pass_create(&m->shape, ROWS);
	struct train_tokens tokens = { (int *)m->ids, ROWS + 1, 1 };
	size_t n = (size_t)ROWS * m->shape.vocab;
	float *copy = train_alloc(n, sizeof(*copy));
	struct train_batch batch;

	train_batch_init(&batch, ROWS);
	assert_true(train_batch_add(&batch, &tokens, 1));
	memcpy(copy, train_pass_forward(pass, params, &batch),
	       n * sizeof(*copy));
	train_batch_fini(&batch);
	train_pass_destroy(pass);
	return copy;
}

static double worst(const float *a, const float *b, size_t n)
{
	double max = 0;
	size_t i;

	for (i = 0; i < n; i++)
		max = fmax(max, fabs(a[i] - b[i]));
	return max;
}

/* 1 - cosine of the angle between two rows, the largest of all rows. */
static double worst_angle(const float *a, const float *b, int vocab)
{
	double max = 0, ab, aa, bb;
	int r, i;

	for (r = 0; r < ROWS; r++, a += vocab, b += vocab) {
		ab = 0;
		aa = 0;
		bb = 0;
		for (i = 0; i < vocab; i++) {
			ab += a[i] * b[i];
			aa += a[i] * a[i];
			bb += b[i] * b[i];
		}
		max = fmax(max, 1 - ab / sqrt(aa * bb));
	}
	return max;
}

static void test_f32(void **state)
{
	struct model *m = *state;
	float *theirs = their_logits(m, false);
	float *ours = our_logits(m, m->params);
	double max = worst(ours, theirs, (size_t)ROWS * m->shape.vocab);

	print_message("# within %.1e\n", max);
	assert_true(max < 1e-3);
	free(ours);
	free(theirs);
}

/*
 * The chip also rounds activations to eight bits, so the logits differ by
 * that, but much less than by the rounding of the weights.
 */
static void test_q4_0(void **state)
{
	struct model *m = *state;
	size_t size = train_params_count(&m->shape);
	real_t *rounded = train_alloc(size, sizeof(real_t));
	float *theirs = their_logits(m, true);
	struct train_tensor *tensor;
	float *ours, *plain;
	double close, far;
	int count;

	tensor = train_params_tensors(&m->shape, &count);
	train_quant_params(tensor, count, m->params, rounded);
	ours = our_logits(m, rounded);
	plain = our_logits(m, m->params);
	close = worst_angle(ours, theirs, m->shape.vocab);
	far = worst_angle(plain, theirs, m->shape.vocab);
	print_message("# angle to rounded weights %.1e, to others %.1e\n",
		      close, far);
	assert_true(close < 2e-3);
	assert_true(close < far / 4);
	free(plain);
	free(ours);
	free(theirs);
	free(tensor);
	free(rounded);
}

/* Read again: the shape, and the weights as the file's rounding left them. */
static void check_read(struct model *m, bool quantised)
{
	struct train_gguf file = {
		.shape = &m->shape, .vocab = m->vocab, .params = m->params,
		.name = "test", .description = "test", .quantised = quantised,
	};
	size_t size = train_params_count(&m->shape);
	real_t *wanted = train_alloc(size, sizeof(real_t));
	real_t *read = train_alloc(size, sizeof(real_t));
	struct train_tensor *tensor;
	struct train_shape shape;
	char path[128];
	int count, i;

	snprintf(path, sizeof(path), "%s/read.gguf", m->dir);
	train_gguf_write(&file, path);
	train_gguf_shape(path, m->vocab, &shape);
	assert_int_equal(shape.vocab, m->shape.vocab);
	assert_int_equal(shape.kv_heads, m->shape.kv_heads);
	assert_int_equal(shape.context, m->shape.context);
	assert_true(shape.epsilon == (float)m->shape.epsilon);
	train_gguf_params(path, &shape, read);
	tensor = train_params_tensors(&m->shape, &count);
	for (i = 0; i < count && !quantised; i++)
		tensor[i].store = TRAIN_STORE_F32;
	train_quant_params(tensor, count, m->params, wanted);
	assert_memory_equal(read, wanted, size * sizeof(*read));
	free(tensor);
	free(read);
	free(wanted);
}

static void test_read(void **state)
{
	check_read(*state, false);
	check_read(*state, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_f32),
		cmocka_unit_test(test_q4_0),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
