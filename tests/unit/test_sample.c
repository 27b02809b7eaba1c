// SPDX-License-Identifier: MIT
/*
 * SAMPLE against a sort and a loop, token by token; the generator against its published
 * answers; stop tokens, history, mask; and the same tokens everywhere.
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "../../firmware-sim/numerics.h"
#include "../../firmware-sim/philox.h"
#include "ops_env.h"

/* ---- The plainest way ------------------------------------------------------------ */

/** struct candidate - a token and its logit over the temperature */
struct candidate {
	uint32_t id;
	float l;
	bool kept;
};

static int by_order(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->l != y->l)
		return x->l > y->l ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

static int by_id(const void *a, const void *b)
{
	return ((const struct candidate *)a)->id < ((const struct candidate *)b)->id ? -1 : 1;
}

static uint64_t weight(const struct candidate *c, float max)
{
	return c->l == max ? 1ull << 32 : (uint64_t)(tnpu_exp(c->l - max) * 0x1p32f);
}

static uint64_t sum_kept(const struct candidate *c, uint32_t count, float max)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += c[i].kept ? weight(&c[i], max) : 0;
	return sum;
}

static uint32_t allowed(const float *logits, uint32_t n, const uint32_t *mask,
			float temperature, struct candidate *c)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		float l = temperature > 0 ? logits[i] / temperature : logits[i];

		if (mask && !(mask[i / 32] >> i % 32 & 1))
			continue;
		c[count++] = (struct candidate){ i, isnan(l) ? -INFINITY : l + 0.0f, false };
	}
	qsort(c, count, sizeof(*c), by_order);
	return count;
}

/* Keeps top_k, then the shortest prefix of these that weighs top_p. */
static void narrow(struct candidate *c, uint32_t count, const struct tnpu_sample_params *p)
{
	float top_p = tnpu_f32_from_bits(p->top_p);
	uint64_t total, sum = 0, scale = (uint64_t)(top_p * 0x1p24f);
	float max = c[0].l;

	for (uint32_t i = 0; i < count; i++)
		c[i].kept = !p->top_k || i < p->top_k;
	if (top_p == 1)
		return;
	total = sum_kept(c, count, max);
	for (uint32_t i = 0; i < count; i++) {
		unsigned __int128 reached = (unsigned __int128)sum << 24;

		if (i && reached >= (unsigned __int128)total * scale)
			c[i].kept = false;
		sum += c[i].kept ? weight(&c[i], max) : 0;
	}
}

static uint32_t expected_token(const float *logits, uint32_t n, const uint32_t *mask,
			       const struct tnpu_sample_params *p, uint32_t counter)
{
	float temperature = tnpu_f32_from_bits(p->temperature);
	struct candidate *c = test_malloc(n * sizeof(*c));
	uint32_t count = allowed(logits, n, mask, temperature, c), token = c[0].id, i;
	struct tnpu_philox out = tnpu_philox((struct tnpu_philox){ { counter } }, p->seed);
	uint64_t random = out.word[0] | (uint64_t)out.word[1] << 32, sum;
	float max = c[0].l;

	if (temperature > 0 && max > -INFINITY) {
		narrow(c, count, p);
		random = (unsigned __int128)random * sum_kept(c, count, max) >> 64;
		qsort(c, count, sizeof(*c), by_id);
		for (i = 0, sum = 0; i < count; i++) {
			sum += c[i].kept ? weight(&c[i], max) : 0;
			if (sum > random)
				break;
		}
		assert_in_range(i, 0, count - 1);
		token = c[i].id;
	}
	test_free(c);
	return token;
}

/* ---- The command ----------------------------------------------------------------- */

static struct tnpu_sample_params sample_params(float temperature, float top_p, uint32_t top_k,
					       uint64_t seed)
{
	return (struct tnpu_sample_params){
		.temperature = tnpu_f32_bits(temperature),
		.top_p = tnpu_f32_bits(top_p),
		.top_k = top_k,
		.seed = seed,
	};
}

static struct tnpu_cmd_sample sample_cmd(struct ops_env *env, const float *logits, uint32_t n,
					 uint32_t rows, const struct tnpu_sample_params *params,
					 const uint32_t *counters, const uint32_t *mask)
{
	struct tnpu_cmd_sample cmd = { OPS_HEADER(SAMPLE, cmd) };

	cmd.logits = ops_tensor(ops_put(env, logits, (size_t)rows * n * 4), n * 4);
	cmd.rows = ops_dim(rows);
	cmd.params = ops_put(env, params, rows * sizeof(*params));
	cmd.counters = ops_put(env, counters, rows * 4);
	cmd.tokens = ops_alloc(env, rows * 4);
	cmd.mask = mask ? ops_put(env, mask, (n + 31) / 32 * 4) : 0;
	cmd.n = n;
	return cmd;
}

/* Logits of few values, so that ties are met at every threshold, or of many. */
static float *random_logits(struct ops_env *env, size_t count, bool ties)
{
	float *x = ops_random_floats(env, count, 12);

	for (size_t i = 0; ties && i < count; i++)
		x[i] = rintf(x[i] / 3);
	return x;
}

static uint32_t *random_mask(struct ops_env *env, uint32_t n)
{
	uint32_t *mask = test_malloc((n + 31) / 32 * 4);

	for (uint32_t i = 0; i < (n + 31) / 32; i++)
		mask[i] = ops_random(env) & ops_random(env);
	mask[0] |= 2;
	return mask;
}

#define ROWS	40

static const float temperatures[] = { 0, 1, 0.3f, 2.5f, 1e-3f };
static const float top_ps[] = { 1, 0.9f, 0.3f, 0.999f, 1e-9f, 0.5f };
static const uint32_t top_ks[] = { 0, 40, 1, 100000, 7, 300 };

static void random_params(struct ops_env *env, struct tnpu_sample_params *p, uint32_t *counters)
{
	for (uint32_t r = 0; r < ROWS; r++) {
		p[r] = sample_params(temperatures[ops_random(env) % 5], top_ps[ops_random(env) % 6],
				     top_ks[ops_random(env) % 6], ops_random(env) * 0x9e3779b97ull);
		counters[r] = ops_random(env);
	}
}

static void check_tokens(struct ops_env *env, uint32_t n, bool ties, bool masked)
{
	struct tnpu_sample_params params[ROWS];
	uint32_t counters[ROWS], tokens[ROWS];
	float *logits = random_logits(env, (size_t)ROWS * n, ties);
	uint32_t *mask = random_mask(env, n);
	struct tnpu_cmd_sample cmd;

	random_params(env, params, counters);
	cmd = sample_cmd(env, logits, n, ROWS, params, counters, masked ? mask : NULL);
	ops_run(env, &cmd);
	harness_read(&env->h, cmd.tokens, tokens, sizeof(tokens));
	for (uint32_t r = 0; r < ROWS; r++)
		assert_int_equal(tokens[r],
				 expected_token(logits + (size_t)r * n, n, masked ? mask : NULL,
						&params[r], counters[r]));
	test_free(logits);
	test_free(mask);
}

static void test_tokens(void **state)
{
	static const uint32_t sizes[] = { 2, 31, 512, 5000, 33000 };

	for (int i = 0; i < 20; i++) {
		struct ops_env env;

		ops_open(&env, NULL);
		env.random += i;
		check_tokens(&env, sizes[i / 4], i & 1, i & 2);
		ops_close(&env);
	}
}

/* ---- Logits that are not numbers ------------------------------------------------- */

static uint32_t token_of(struct ops_env *env, const float *logits, uint32_t n, float temperature,
			 float top_p, uint32_t top_k)
{
	struct tnpu_sample_params params = sample_params(temperature, top_p, top_k, 5);
	struct tnpu_cmd_sample cmd = sample_cmd(env, logits, n, 1, &params, &(uint32_t){ 3 }, NULL);
	uint32_t token;

	ops_run(env, &cmd);
	token = ops_get_u32(env, cmd.tokens);
	assert_int_equal(token, expected_token(logits, n, NULL, &params, 3));
	return token;
}

static void test_not_numbers(void **state)
{
	static const float first[] = { NAN, -INFINITY, NAN, -INFINITY };
	static const float zeros[] = { NAN, -0.0f, 0.0f, -1 };
	static const float tops[] = { 1, INFINITY, NAN, INFINITY };
	struct ops_env env;

	ops_open(&env, NULL);
	for (int i = 0; i < 8; i++) {
		float temperature = i & 1, top_p = i & 2 ? 0.5f : 1;
		uint32_t token;

		assert_int_equal(token_of(&env, first, 4, temperature, top_p, i / 4), 0);
		token = token_of(&env, zeros, 4, temperature, top_p, i / 4);
		if (!temperature || i / 4)
			assert_int_equal(token, 1);
		token = token_of(&env, tops, 4, temperature, top_p, i / 4);
		assert_true(token == 1 || token == 3);
	}
	/* A quotient that overflows is infinite, and ties with its like. */
	token_of(&env, (const float[]){ 1, 2, 3 }, 3, 1e-40f, 1, 0);
	ops_close(&env);
}

/*
 * top_p of the sum lies between 2^32, the first weight, and 2^32 + 1: a prefix of one token
 * falls short of it by less than one unit, so there are two.
 */
static void test_top_p_rounds_up(void **state)
{
	const float logits[] = { 0, -0x1.333f86p-2f };
	uint32_t seconds = 0;
	struct ops_env env;

	ops_open(&env, NULL);
	for (uint32_t seed = 0; seed < 20; seed++) {
		struct tnpu_sample_params params = sample_params(1, 0x1.261ed6p-1f, 0, seed);
		struct tnpu_cmd_sample cmd = sample_cmd(&env, logits, 2, 1, &params,
							&(uint32_t){ 0 }, NULL);

		ops_run(&env, &cmd);
		seconds += ops_get_u32(&env, cmd.tokens);
	}
	assert_in_range(seconds, 1, 19);
	ops_close(&env);
}

/* ---- Stop tokens, history, predicate --------------------------------------------- */

static void check_stop(struct ops_env *env, uint32_t n_stops, uint32_t predicate)
{
	const float logits[] = { 0, 9, 1, 2, 3, 9 };
	const struct tnpu_sample_params params[2] = {
		sample_params(0, 1, 0, 0), sample_params(0, 1, 0, 0),
	};
	const uint32_t stops[] = { 7, 1, 2 }, counters[2] = { 0 };
	struct tnpu_cmd_sample cmd = sample_cmd(env, logits, 3, 2, params, counters, NULL);
	uint64_t history = ops_alloc(env, 64);

	cmd.history = history;
	cmd.history_stride = 16;
	cmd.history_index = (struct tnpu_dim){ .cell = ops_put_u32(env, 2), .value = 3 };
	cmd.stops = ops_put(env, stops, sizeof(stops));
	cmd.n_stops = (struct tnpu_dim){ .cell = ops_put_u32(env, n_stops), .value = 3 };
	cmd.predicate = ops_put_u32(env, 0);
	ops_run(env, &cmd);
	assert_int_equal(ops_get_u32(env, cmd.tokens), 1);
	assert_int_equal(ops_get_u32(env, cmd.tokens + 4), 2);
	assert_int_equal(ops_get_u32(env, history + 8), 1);
	assert_int_equal(ops_get_u32(env, history + 24), 2);
	assert_int_equal(ops_get_u32(env, history + 4), 0);
	assert_int_equal(ops_get_u32(env, history + 12), 0);
	assert_int_equal(ops_get_u32(env, cmd.predicate), predicate);
}

static void test_stop(void **state)
{
	struct ops_env env;

	ops_open(&env, NULL);
	check_stop(&env, 3, 1);
	check_stop(&env, 2, 0);
	check_stop(&env, 0, 0);
	ops_close(&env);
}

/* ---- The generator, and what it does to frequencies ------------------------------ */

/* Known answers published with the generator. */
static void test_philox(void **state)
{
	static const struct {
		uint64_t key;
		struct tnpu_philox counter;
		struct tnpu_philox out;
	} known[] = {
		{ 0, { { 0, 0, 0, 0 } },
		  { { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } } },
		{ ~0ull, { { -1u, -1u, -1u, -1u } },
		  { { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } } },
		{ 0x299f31d0a4093822ull, { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 } },
		  { { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } } },
	};

	for (size_t i = 0; i < 3; i++) {
		struct tnpu_philox out = tnpu_philox(known[i].counter, known[i].key);

		assert_memory_equal(&out, &known[i].out, sizeof(out));
	}
}

/* Where a row stands plays no part: the same seed and counter draw the same. */
static void test_rows_alike(void **state)
{
	struct tnpu_sample_params params[ROWS];
	uint32_t counters[ROWS], first, others = 0;
	float logits[ROWS * 64];
	struct tnpu_cmd_sample cmd;
	struct ops_env env;

	ops_open(&env, NULL);
	memset(logits, 0, sizeof(logits));
	for (uint32_t counter = 0; counter < 20; counter++) {
		for (uint32_t r = 0; r < ROWS; r++) {
			params[r] = sample_params(1, 1, 0, 42);
			counters[r] = counter;
		}
		cmd = sample_cmd(&env, logits, 64, ROWS, params, counters, NULL);
		ops_run(&env, &cmd);
		first = ops_get_u32(&env, cmd.tokens);
		for (uint32_t r = 1; r < ROWS; r++)
			assert_int_equal(ops_get_u32(&env, cmd.tokens + 4 * r), first);
		others += first != expected_token(logits, 64, NULL, params, 0);
	}
	assert_true(others);
	ops_close(&env);
}

/* Four thousand rows of one distribution: 1/2, 1/4, 1/8, 1/8 within five deviations. */
static void test_frequencies(void **state)
{
	static const float chances[] = { 0.5f, 0.25f, 0.125f, 0.125f };
	const uint32_t rows = 4000;
	struct tnpu_sample_params *params = test_malloc(rows * sizeof(*params));
	uint32_t *counters = test_malloc(rows * 4), *tokens = test_malloc(rows * 4);
	float *logits = test_malloc(rows * 16);
	uint32_t seen[4] = { 0 };
	struct tnpu_cmd_sample cmd;
	struct ops_env env;

	ops_open(&env, NULL);
	for (uint32_t i = 0; i < rows; i++) {
		params[i] = sample_params(1, 1, 0, 42);
		counters[i] = i;
		for (int t = 0; t < 4; t++)
			logits[4 * i + t] = logf(chances[t]) + 3;
	}
	cmd = sample_cmd(&env, logits, 4, rows, params, counters, NULL);
	ops_run(&env, &cmd);
	harness_read(&env.h, cmd.tokens, tokens, rows * 4);
	for (uint32_t i = 0; i < rows; i++)
		seen[tokens[i]]++;
	for (int t = 0; t < 4; t++) {
		double mean = rows * chances[t];

		assert_true(fabs(seen[t] - mean) < 5 * sqrt(mean * (1 - chances[t])));
	}
	ops_close(&env);
	test_free(params);
	test_free(counters);
	test_free(tokens);
	test_free(logits);
}

/* ---- Limits ---------------------------------------------------------------------- */

/* The largest vocabulary, by every way of narrowing; a tie of all of it. */
static void test_largest(void **state)
{
	const uint32_t n = TNPU_MAX_GEMM_N;
	float *logits = test_calloc(n, 4);
	struct ops_env env;

	ops_open(&env, NULL);
	token_of(&env, logits, n, 1, 0.37f, 0);
	token_of(&env, logits, n, 1, 0.37f, n - 5);
	token_of(&env, logits, n, 1, 1, 777777);
	ops_close(&env);
	test_free(logits);
}

/* ---- Logits that change under the draw ------------------------------------------- */

#define CHANGING_N	100000

struct changer {
	float *logits;
	atomic_bool stop;
};

static void *changer_run(void *arg)
{
	struct changer *c = arg;

	for (uint32_t i = 1; !atomic_load(&c->stop); i = i * 1664525 + 1013904223)
		c->logits[i % CHANGING_N] = (float)(i >> 24) - 200;
	return NULL;
}

/* Whatever comes out is an allowed token: here an odd one. */
static void test_changing(void **state)
{
	const struct tnpu_sample_params params = sample_params(20, 0.9f, 5000, 1);
	struct changer changer = { 0 };
	struct tnpu_cmd_sample cmd;
	struct ops_env env;
	pthread_t thread;
	uint32_t *mask = test_malloc(CHANGING_N / 8);
	float *logits;

	ops_open(&env, NULL);
	memset(mask, 0xaa, CHANGING_N / 8);
	logits = random_logits(&env, CHANGING_N, false);
	cmd = sample_cmd(&env, logits, CHANGING_N, 1, &params, &(uint32_t){ 0 }, mask);
	changer.logits = harness_ptr(&env.h, cmd.logits.va);
	assert_int_equal(pthread_create(&thread, NULL, changer_run, &changer), 0);
	for (int i = 0; i < 100; i++) {
		ops_run(&env, &cmd);
		assert_int_equal(ops_get_u32(&env, cmd.tokens) & 1, 1);
		assert_in_range(ops_get_u32(&env, cmd.tokens), 0, CHANGING_N - 1);
	}
	atomic_store(&changer.stop, true);
	pthread_join(thread, NULL);
	ops_close(&env);
	test_free(mask);
	test_free(logits);
}

/* ---- The same tokens everywhere -------------------------------------------------- */

#define WORK_N		40000
#define WORK_ROWS	12

static void work_sample(struct ops_env *env, void *result)
{
	struct tnpu_sample_params params[ROWS];
	uint32_t counters[ROWS];
	uint32_t *mask = random_mask(env, WORK_N);
	float *logits = random_logits(env, WORK_ROWS * WORK_N, false);
	struct tnpu_cmd_sample cmd;

	random_params(env, params, counters);
	cmd = sample_cmd(env, logits, WORK_N, WORK_ROWS, params, counters, mask);
	ops_run(env, &cmd);
	harness_read(&env->h, cmd.tokens, result, WORK_ROWS * 4);
	cmd.mask = 0;
	ops_run(env, &cmd);
	harness_read(&env->h, cmd.tokens, (uint32_t *)result + WORK_ROWS, WORK_ROWS * 4);
	test_free(mask);
	test_free(logits);
}

static void test_everywhere(void **state)
{
	const struct ops_work work = { "SAMPLE", 2 * WORK_ROWS * 4, work_sample };

	ops_work_everywhere(&work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_philox),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_not_numbers),
		cmocka_unit_test(test_top_p_rounds_up),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_rows_alike),
		cmocka_unit_test(test_frequencies),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_changing),
		cmocka_unit_test(test_everywhere),
	};

	return cmocka_run_group_tests_name("sampling", tests, NULL, NULL);
}
