// SPDX-License-Identifier: MIT
/*
 * Block formats: what is known of them, and the bytes that ggml's quantiser
 * made of the same weights.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../examples/robot-agent/lang/rng.h"
#include "../../examples/robot-agent/train/alloc.h"
#include "../../examples/robot-agent/train/quant.h"
#include "gguf.h"

#define N	(64 * TRAIN_QUANT_BLOCK)

static void test_f16(void **state)
{
	uint32_t half;
	float value;

	for (half = 0; half < 0x10000; half++) {
		value = train_quant_f32(half);
		if (!isnan(value))
			assert_int_equal(train_quant_f16(value), half);
	}
	assert_int_equal(train_quant_f16(1), 0x3c00);
	assert_int_equal(train_quant_f16(65504), 0x7bff);
	assert_int_equal(train_quant_f16(1e6f), 0x7c00);
	/* Half way between two: to the even one. */
	assert_int_equal(train_quant_f16(1 + 0x1p-11f), 0x3c00);
	assert_int_equal(train_quant_f16(1 + 3 * 0x1p-11f), 0x3c02);
}

static void random_weights(real_t *weight, int n)
{
	struct agent_rng rng;
	int i;

	agent_rng_seed(&rng, 11, 0);
	for (i = 0; i < n; i++)
		weight[i] = agent_rng_below(&rng, 2000001) / 1e6 - 1;
}

/* What a reader of the file makes of it. */
static float unpack4(const uint8_t *block, int i)
{
	int nibble = i < 16 ? block[2 + i] & 15 : block[2 + i - 16] >> 4;

	return (nibble - 8) * train_quant_f32(block[0] | block[1] << 8);
}

static float unpack8(const uint8_t *block, int i)
{
	return (int8_t)block[2 + i] *
	       train_quant_f32(block[0] | block[1] << 8);
}

static void check_round(enum train_store store, size_t block, double step,
			float (*unpack)(const uint8_t *block, int i))
{
	real_t weight[N], rounded[N], read[N];
	uint8_t bytes[N * 2];
	int i;

	random_weights(weight, N);
	memset(weight + 64, 0, 32 * sizeof(*weight));
	assert_int_equal(train_quant_bytes(store, N), N / 32 * block);
	train_quant_pack(store, N, weight, bytes);
	train_quant_round(store, N, weight, rounded);
	train_quant_unpack(store, N, bytes, read);
	for (i = 0; i < N; i++) {
		assert_true(rounded[i] == read[i]);
		assert_true(rounded[i] == unpack(bytes + i / 32 * block, i % 32));
		/* A step at most; FP16 of the scale moves it by 2^-11. */
		assert_true(fabs(rounded[i] - weight[i]) <= step);
	}
	train_quant_round(store, N, rounded, weight);
	assert_memory_equal(weight + 64, rounded + 64, 32 * sizeof(*weight));
}

static void test_round4(void **state)
{
	/* Half a step is 1/16; the side without -8 is cut at 7: one more half. */
	check_round(TRAIN_STORE_Q4_0, 18, 1 / 8. + 1e-3, unpack4);
}

static void test_round8(void **state)
{
	check_round(TRAIN_STORE_Q8_0, 34, 1 / 254. + 1e-3, unpack8);
}

/* The peak gets nibble 0, whatever its sign. */
static void test_peak(void **state)
{
	real_t weight[32] = { 0.5, -0.25, [20] = -2, [31] = 1.75 };
	uint8_t bytes[18];

	train_quant_pack(TRAIN_STORE_Q4_0, 32, weight, bytes);
	assert_int_equal(bytes[0] | bytes[1] << 8, train_quant_f16(0.25));
	assert_int_equal(bytes[2 + 4], 0 << 4 | 8);
	assert_int_equal(bytes[2 + 0], 8 << 4 | 10);
	assert_int_equal(bytes[2 + 1], 8 << 4 | 7);
	assert_int_equal(bytes[2 + 15], 15 << 4 | 8);
	weight[20] = 2;
	train_quant_pack(TRAIN_STORE_Q4_0, 32, weight, bytes);
	assert_int_equal(bytes[0] | bytes[1] << 8, train_quant_f16(-0.25));
	assert_int_equal(bytes[2 + 4], 0 << 4 | 8);
}

static struct tnpu_gguf *open_model(const char *type)
{
	struct tnpu_gguf *gguf;
	char path[4096];

	snprintf(path, sizeof(path), "%s/stories260K.%s.gguf",
		 getenv("TNPU_TEST_MODELS"), type);
	assert_int_equal(tnpu_gguf_open(path, &gguf, NULL), 0);
	return gguf;
}

static void check_file(const char *type, enum tnpu_gguf_type file,
		       enum train_store store)
{
	struct tnpu_gguf *from = open_model("f32"), *to = open_model(type);
	const struct tnpu_gguf_tensor *t, *want;
	uint32_t i, n = 0;
	uint8_t *bytes;

	for (i = 0; i < tnpu_gguf_tensor_count(from); i++) {
		t = tnpu_gguf_tensor_at(from, i);
		want = tnpu_gguf_tensor_find(to, t->name);
		/* The tied output is not written twice. */
		if (!want || want->type != file)
			continue;
		bytes = train_alloc(want->nbytes, 1);
		train_quant_pack(store, t->ne[0] * t->ne[1],
				 tnpu_gguf_tensor_data(from, t), bytes);
		assert_memory_equal(bytes, tnpu_gguf_tensor_data(to, want),
				    want->nbytes);
		free(bytes);
		n++;
	}
	print_message("# %s: %u tensors are the same\n", type, n);
	assert_true(n >= 5 * 6);
	tnpu_gguf_close(to);
	tnpu_gguf_close(from);
}

static void test_files(void **state)
{
	check_file("q4_0", TNPU_GGUF_Q4_0, TRAIN_STORE_Q4_0);
	check_file("q8_0", TNPU_GGUF_Q8_0, TRAIN_STORE_Q8_0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_f16),
		cmocka_unit_test(test_round4),
		cmocka_unit_test(test_round8),
		cmocka_unit_test(test_peak),
		cmocka_unit_test(test_files),
	};
	size_t n = sizeof(tests) / sizeof(tests[0]);

	if (!getenv("TNPU_TEST_MODELS")) {
		n--;
		print_message("# not run: other files, TNPU_TEST_MODELS is not set\n");
	}
	return _cmocka_run_group_tests("quant", tests, n, NULL, NULL);
}
