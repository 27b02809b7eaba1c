// SPDX-License-Identifier: MIT
/*
 * The forward pass: against the reference logits of a model that was trained
 * elsewhere, and packed against alone.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "../../examples/robot-agent/lang/rng.h"
#include "../../examples/robot-agent/train/alloc.h"
#include "../../examples/robot-agent/train/pass.h"
#include "gguf.h"

#define MODEL		"stories260K.f32"
#define FORCED_ROWS	32
#define TOLERANCE	1e-3
#define EPSILON		"llama.attention.layer_norm_rms_epsilon"

static void *read_file(const char *dir, const char *name, size_t *size)
{
	char path[4096];
	char *data;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s cannot be opened", path);
	fseek(f, 0, SEEK_END);
	*size = ftell(f);
	rewind(f);
	data = train_alloc(*size + 1, 1);
	assert_int_equal(fread(data, 1, *size, f), *size);
	fclose(f);
	return data;
}

/* ---- A model of others ------------------------------------------------------ */

static int number(const struct tnpu_gguf *gguf, const char *key)
{
	uint32_t value;

	assert_int_equal(tnpu_gguf_get_u32(gguf, key, &value, NULL), 0);
	return value;
}

static void read_shape(const struct tnpu_gguf *gguf, struct train_shape *shape)
{
	float epsilon;

	assert_int_equal(tnpu_gguf_get_f32(gguf, EPSILON, &epsilon, NULL), 0);
	*shape = (struct train_shape){
		.vocab = tnpu_gguf_tensor_find(gguf, "token_embd.weight")->ne[1],
		.width = number(gguf, "llama.embedding_length"),
		.layers = number(gguf, "llama.block_count"),
		.heads = number(gguf, "llama.attention.head_count"),
		.kv_heads = number(gguf, "llama.attention.head_count_kv"),
		.ffn = number(gguf, "llama.feed_forward_length"),
		.context = number(gguf, "llama.context_length"),
		.epsilon = epsilon,
		.rope_base = 10000,
	};
}

/* The file has the output besides, which is the embedding. */
static void check_tied(const struct tnpu_gguf *gguf)
{
	const struct tnpu_gguf_tensor *in, *out;

	in = tnpu_gguf_tensor_find(gguf, "token_embd.weight");
	out = tnpu_gguf_tensor_find(gguf, "output.weight");
	assert_non_null(out);
	assert_int_equal(out->nbytes, in->nbytes);
	assert_memory_equal(tnpu_gguf_tensor_data(gguf, out),
			    tnpu_gguf_tensor_data(gguf, in), in->nbytes);
}

static real_t *read_params(const struct tnpu_gguf *gguf,
			   const struct train_shape *shape)
{
	real_t *params = train_alloc(train_params_count(shape), sizeof(real_t));
	const struct tnpu_gguf_tensor *found;
	struct train_tensor *tensor;
	int count, i;

	tensor = train_params_tensors(shape, &count);
	assert_int_equal(tnpu_gguf_tensor_count(gguf), count + 1);
	check_tied(gguf);
	for (i = 0; i < count; i++) {
		found = tnpu_gguf_tensor_find(gguf, tensor[i].name);
		if (!found)
			fail_msg("%s is missing", tensor[i].name);
		assert_int_equal(found->ne[0], tensor[i].cols);
		assert_int_equal(found->ne[1], tensor[i].rows);
		assert_int_equal(found->type, TNPU_GGUF_F32);
		memcpy(params + tensor[i].offset,
		       tnpu_gguf_tensor_data(gguf, found), found->nbytes);
	}
	free(tensor);
	return params;
}

/* Cases of the reference, all packed into one batch. */
static int add_cases(const cJSON *cases, struct train_batch *batch)
{
	const cJSON *one, *id;
	int ids[64];
	struct train_tokens tokens = { .id = ids, .prompt = 1 };
	int n = 0;

	cJSON_ArrayForEach(one, cases) {
		tokens.count = 0;
		cJSON_ArrayForEach(id, cJSON_GetObjectItem(one, "forced_ids"))
			if (tokens.count < FORCED_ROWS)
				ids[tokens.count++] = id->valuedouble;
		/* The last row predicts something, too. */
		ids[tokens.count++] = 0;
		assert_true(train_batch_add(batch, &tokens, 1));
		n++;
	}
	return n;
}

static double compare(const char *dir, int index, const real_t *logits, int rows,
		      int vocab)
{
	double worst = 0;
	char name[64];
	size_t size;
	float *want;
	int i;

	snprintf(name, sizeof(name), "logits/%s.%d.forced.f32", MODEL, index);
	want = read_file(dir, name, &size);
	assert_int_equal(size, (size_t)rows * vocab * sizeof(*want));
	for (i = 0; i < rows * vocab; i++)
		worst = fmax(worst, fabs(want[i] - logits[i]));
	free(want);
	return worst;
}

static void check_cases(const char *dir, const struct tnpu_gguf *gguf,
			const cJSON *cases)
{
	struct train_shape shape;
	struct train_batch batch;
	struct train_pass *pass;
	real_t *params, *logits;
	double worst;
	int n, i, rows;

	read_shape(gguf, &shape);
	params = read_params(gguf, &shape);
	pass = train_pass_create(&shape, 512);
	train_batch_init(&batch, 512);
	n = add_cases(cases, &batch);
	assert_true(n >= 5);
	logits = train_pass_forward(pass, params, &batch);
	for (i = 0; i < n; i++) {
		rows = batch.span[i].end - batch.span[i].first;
		worst = compare(dir, i, logits, rows, shape.vocab);
		print_message("# case %d: %d rows, within %.1e\n", i, rows,
			      worst);
		assert_true(worst < TOLERANCE);
		logits += rows * shape.vocab;
	}
	train_batch_fini(&batch);
	train_pass_destroy(pass);
	free(params);
}

static void test_reference(void **state)
{
	const char *dir = getenv("TNPU_TEST_MODELS");
	struct tnpu_gguf *gguf;
	char path[4096];
	cJSON *json;
	size_t size;
	char *text;

	snprintf(path, sizeof(path), "%s/" MODEL ".gguf", dir);
	assert_int_equal(tnpu_gguf_open(path, &gguf, NULL), 0);
	text = read_file(dir, MODEL ".expected.json", &size);
	json = cJSON_Parse(text);
	check_cases(dir, gguf, cJSON_GetObjectItem(json, "cases"));
	cJSON_Delete(json);
	free(text);
	tnpu_gguf_close(gguf);
}

/* ---- Packed and alone ------------------------------------------------------- */

#define SAMPLES 5

static const struct train_shape small = {
	.vocab = 61,
	.width = 64,
	.layers = 3,
	.heads = 2,
	.kv_heads = 1,
	.ffn = 96,
	.context = 128,
	.epsilon = 1e-5,
	.rope_base = 10000,
};

static void random_sample(struct agent_rng *rng, struct train_tokens *tokens)
{
	int i;

	tokens->count = 2 + agent_rng_below(rng, small.context - 1);
	tokens->prompt = 1 + agent_rng_below(rng, tokens->count - 1);
	for (i = 0; i < tokens->count; i++)
		tokens->id[i] = agent_rng_below(rng, small.vocab);
}

static void assert_close(const real_t *a, const real_t *b, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!(fabs(a[i] - b[i]) < 1e-4))
			fail_msg("%d: %g and %g", i, a[i], b[i]);
}

/* The logits of each sample's answer: alone with a hint for each row, and packed. */
static void test_packed(void **state)
{
	int ids[SAMPLES][256], hint[256] = { 0 }, i, first, answer;
	struct train_pass *pass[2] = {
		train_pass_create(&small, 1024), train_pass_create(&small, 1024),
	};
	real_t *params = train_alloc(train_params_count(&small), sizeof(real_t));
	struct train_tokens tokens[SAMPLES];
	struct train_batch all, one;
	struct agent_rng rng;
	real_t *logits, *alone;

	agent_rng_seed(&rng, 3, 0);
	train_params_init(&small, params, 5);
	train_batch_init(&all, 1024);
	train_batch_init(&one, 1024);
	for (i = 0; i < SAMPLES; i++) {
		tokens[i] = (struct train_tokens){ .id = ids[i] };
		random_sample(&rng, &tokens[i]);
		assert_true(train_batch_add(&all, &tokens[i], 0));
	}
	logits = train_pass_forward(pass[0], params, &all);
	for (i = 0; i < SAMPLES; i++) {
		train_batch_clear(&one);
		tokens[i].hint = hint;
		assert_true(train_batch_add(&one, &tokens[i], 1));
		alone = train_pass_forward(pass[1], params, &one);
		first = tokens[i].prompt - 1;
		answer = tokens[i].count - tokens[i].prompt;
		assert_close(logits, alone + first * small.vocab,
			     answer * small.vocab);
		logits += answer * small.vocab;
	}
	train_batch_fini(&one);
	train_batch_fini(&all);
	free(params);
	train_pass_destroy(pass[0]);
	train_pass_destroy(pass[1]);
}

/* What a batch says of its samples. */
static void test_batch(void **state)
{
	int ids[] = { 9, 1, 2, 3, 4, 9 }, hint[] = { -1, 7, -1 };
	struct train_tokens tokens = { ids, 6, 3, hint };
	struct train_batch batch;

	train_batch_init(&batch, 12);
	assert_true(train_batch_add(&batch, &tokens, 0));
	assert_true(train_batch_add(&batch, &tokens, 0.5));
	assert_false(train_batch_add(&batch, &tokens, 0));
	assert_int_equal(batch.rows, 10);
	assert_int_equal(batch.position[5], 0);
	assert_int_equal(batch.losses, 3 + 4);
	assert_true(train_batch_weight(&batch) == 3 + 3 + 0.5);
	assert_int_equal(batch.target[3], 7);
	memset(batch.right, 1, batch.losses);
	assert_int_equal(train_batch_wrong(&batch, 0), -1);
	/* The first row of the second sample is a hint's. */
	batch.right[3] = 0;
	assert_int_equal(train_batch_wrong(&batch, 1), -1);
	batch.right[5] = 0;
	assert_int_equal(train_batch_wrong(&batch, 1), 1);
	train_batch_scale(&batch, 2);
	assert_true(train_batch_weight(&batch) == 13);
	train_batch_clear(&batch);
	assert_int_equal(batch.rows, 0);
	tokens.gap = 5;
	tokens.gap_at = 2;
	assert_true(train_batch_add(&batch, &tokens, 0));
	assert_int_equal(batch.position[1], 1);
	assert_int_equal(batch.position[2], 7);
	assert_int_equal(batch.position[4], 9);
	train_batch_fini(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_reference),
	};
	size_t n = sizeof(tests) / sizeof(tests[0]);

	if (!getenv("TNPU_TEST_MODELS")) {
		n--;
		print_message("# not run: the reference, TNPU_TEST_MODELS is not set\n");
	}
	return _cmocka_run_group_tests("pass", tests, n, NULL, NULL);
}
