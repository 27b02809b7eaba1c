// SPDX-License-Identifier: MIT
/*
 * KV_STORE and ATTENTION: the cache's layout byte by byte, results against plain double
 * precision, and the promise that neither batch, nor blocks, nor lanes change a bit.
 */
#include <math.h>
#include <stdio.h>

#include "../../firmware-sim/numerics.h"
#include "ops_env.h"

/* ---- A cache with known contents ------------------------------------------------- */

/** struct setup - a cache of @seqs sequences of @length positions each */
struct setup {
	uint32_t heads;
	uint32_t kv_heads;
	uint32_t head_dim;
	uint32_t block_positions;
	uint32_t seqs;
	uint32_t length;
	uint8_t dtype;
	bool table;
};

/**
 * struct cache - @k, @v: what was stored, F32, [seq][position][kv_heads * head_dim];
 * @k_kept, @v_kept: what the cache makes of it
 */
struct cache {
	struct setup setup;
	struct tnpu_kv kv;
	uint32_t *table;
	float *k;
	float *v;
	double *k_kept;
	double *v_kept;
};

static uint32_t row_bytes(const struct setup *s)
{
	if (s->dtype == TNPU_DTYPE_QI8)
		return (s->head_dim + 31) / 32 * 4 + s->head_dim;
	return s->head_dim * (s->dtype == TNPU_DTYPE_F32 ? 4 : 2);
}

/* Blocks in an order that is nowhere ascending for long. */
static void cache_table(struct ops_env *env, struct cache *c)
{
	uint32_t blocks = c->kv.blocks;

	c->table = test_malloc(blocks * sizeof(*c->table));
	for (uint32_t i = 0; i < blocks; i++)
		c->table[i] = i;
	for (uint32_t i = blocks; i-- > 1;) {
		uint32_t j = ops_random(env) % (i + 1), block = c->table[i];

		c->table[i] = c->table[j];
		c->table[j] = block;
	}
	c->kv.table = ops_put(env, c->table, blocks * sizeof(*c->table));
}

static void cache_fill(struct ops_env *env, struct cache *c)
{
	const struct setup *s = &c->setup;
	uint32_t cols = s->kv_heads * s->head_dim, rows = s->seqs * s->length;
	struct tnpu_cmd_kv_store cmd = { OPS_HEADER(KV_STORE, cmd) };
	uint32_t *positions = test_malloc(rows * 4), *seqs = test_malloc(rows * 4);

	for (uint32_t i = 0; i < rows; i++) {
		positions[i] = i % s->length;
		seqs[i] = i / s->length;
	}
	cmd.k = ops_tensor(ops_put(env, c->k, rows * cols * 4), cols * 4);
	cmd.v = ops_tensor(ops_put(env, c->v, rows * cols * 4), cols * 4);
	cmd.cache = c->kv;
	cmd.positions = ops_put(env, positions, rows * 4);
	cmd.seqs = ops_put(env, seqs, rows * 4);
	cmd.rows = ops_dim(rows);
	ops_run(env, &cmd);
	test_free(positions);
	test_free(seqs);
}

/* What the cache keeps of element @i of a row of one head. */
static float kept(const struct setup *s, const float *row, uint32_t i, float *scale)
{
	uint32_t first = i / 32 * 32, end = first + 32 < s->head_dim ? first + 32 : s->head_dim;
	float amax = 0;

	*scale = 1;
	if (s->dtype == TNPU_DTYPE_F32)
		return row[i];
	if (s->dtype == TNPU_DTYPE_F16)
		return tnpu_f16_to_f32(tnpu_f32_to_f16(row[i]));
	for (uint32_t d = first; d < end; d++)
		amax = fabsf(row[d]) > amax ? fabsf(row[d]) : amax;
	*scale = amax / 127.0f;
	return rintf(row[i] * (127.0f / amax));
}

static double *kept_all(const struct setup *s, const float *x, size_t count)
{
	double *values = test_malloc(count * sizeof(*values));

	for (size_t i = 0; i < count; i++) {
		float scale, value = kept(s, x + (i - i % s->head_dim), i % s->head_dim, &scale);

		values[i] = (double)value * scale;
	}
	return values;
}

static void cache_open(struct ops_env *env, struct cache *c, const struct setup *s)
{
	uint32_t per_seq = (s->length + s->block_positions - 1) / s->block_positions;
	uint32_t blocks = per_seq * s->seqs;
	size_t bytes = (size_t)blocks * s->kv_heads * s->block_positions * row_bytes(s);
	size_t count = (size_t)s->seqs * s->length * s->kv_heads * s->head_dim;

	memset(c, 0, sizeof(*c));
	c->setup = *s;
	c->kv = (struct tnpu_kv){
		.blocks = blocks,
		.block_positions = s->block_positions,
		.blocks_per_seq = per_seq,
		.seqs = s->seqs,
		.kv_heads = s->kv_heads,
		.head_dim = s->head_dim,
		.dtype = s->dtype,
	};
	c->k = ops_random_floats(env, count, 2);
	c->v = ops_random_floats(env, count, 1);
	c->k_kept = kept_all(s, c->k, count);
	c->v_kept = kept_all(s, c->v, count);
	c->kv.k = ops_alloc(env, bytes);
	c->kv.v = ops_alloc(env, bytes);
	if (s->table)
		cache_table(env, c);
	cache_fill(env, c);
}

static void cache_close(struct cache *c)
{
	test_free(c->k);
	test_free(c->v);
	test_free(c->k_kept);
	test_free(c->v_kept);
	if (c->table)
		test_free(c->table);
}

/* ---- Layout ---------------------------------------------------------------------- */

static const uint8_t *cache_read(struct ops_env *env, const struct cache *c, uint64_t va,
				 size_t *head)
{
	size_t size;
	uint8_t *bytes;

	*head = (size_t)c->setup.block_positions * row_bytes(&c->setup);
	size = *head * c->kv.kv_heads * c->kv.blocks;
	bytes = test_malloc(size);
	harness_read(&env->h, va, bytes, size);
	return bytes;
}

static float stored(const struct setup *s, const uint8_t *at)
{
	uint16_t half;
	float single;

	memcpy(&half, at, sizeof(half));
	memcpy(&single, at, sizeof(single));
	if (s->dtype == TNPU_DTYPE_QI8)
		return *(const int8_t *)at;
	return s->dtype == TNPU_DTYPE_F16 ? tnpu_f16_to_f32(half) : single;
}

static void check_element(const struct cache *c, const uint8_t *k, const uint8_t *v, uint32_t p,
			  const float *source, uint32_t d)
{
	const struct setup *s = &c->setup;
	uint32_t scales = s->dtype == TNPU_DTYPE_QI8 ? (s->head_dim + 31) / 32 : 0;
	uint32_t size = s->dtype == TNPU_DTYPE_QI8 ? 1 : s->dtype == TNPU_DTYPE_F16 ? 2 : 4;
	const uint8_t *group = k + p / 16 * 16 * row_bytes(s);
	const uint8_t *row = v + p * row_bytes(s);
	size_t offset = source - c->k;
	float scale, value = kept(s, c->k + offset, d, &scale);

	assert_true(value == stored(s, group + scales * 64 + (d * 16 + p % 16) * size));
	if (scales)
		assert_true(((const float *)group)[d / 32 * 16 + p % 16] == scale);
	value = kept(s, c->v + offset, d, &scale);
	assert_true(value == stored(s, row + scales * 4 + d * size));
	if (scales)
		assert_true(((const float *)row)[d / 32] == scale);
}

static void check_layout(struct ops_env *env, const struct setup *s)
{
	struct cache c;
	const uint8_t *k, *v;
	size_t head;

	cache_open(env, &c, s);
	k = cache_read(env, &c, c.kv.k, &head);
	v = cache_read(env, &c, c.kv.v, &head);
	for (uint32_t i = 0; i < s->seqs * s->length * s->kv_heads * s->head_dim; i++) {
		uint32_t d = i % s->head_dim, h = i / s->head_dim % s->kv_heads;
		uint32_t row = i / s->head_dim / s->kv_heads;
		uint32_t seq = row / s->length, p = row % s->length;
		uint32_t index = seq * c.kv.blocks_per_seq + p / s->block_positions;
		uint32_t block = c.table ? c.table[index] : index;
		size_t at = head * (block * s->kv_heads + h);

		check_element(&c, k + at, v + at, p % s->block_positions, c.k + (i - d), d);
	}
	test_free((void *)k);
	test_free((void *)v);
	cache_close(&c);
}

static void test_layout(void **state)
{
	for (int i = 0; i < 6; i++) {
		static const uint8_t dtypes[] = {
			TNPU_DTYPE_F32, TNPU_DTYPE_F16, TNPU_DTYPE_QI8,
		};
		struct setup s = { 4, 2, i < 3 ? 64 : 36, 32, 3, 70, dtypes[i % 3], i & 1 };
		struct ops_env env;

		ops_open(&env, NULL);
		env.place = i < 3 ? HARNESS_LOCAL : HARNESS_SCATTER;
		check_layout(&env, &s);
		ops_close(&env);
	}
}

/* ---- Results --------------------------------------------------------------------- */

/** struct question - what rows attend to; @window and @full as in the command */
struct question {
	uint32_t rows;
	const uint32_t *positions;
	const uint32_t *seqs;
	uint32_t window;
	bool full;
};

static void attend(struct ops_env *env, const struct cache *c, const struct question *ask,
		   const float *q, float *out)
{
	const struct setup *s = &c->setup;
	uint32_t cols = s->heads * s->head_dim;
	struct tnpu_cmd_attention cmd = { OPS_HEADER(ATTENTION, cmd) };
	float scale = 1.0f / sqrtf(s->head_dim);

	cmd.hdr.flags = ask->full ? TNPU_ATTENTION_FULL : 0;
	cmd.q = ops_tensor(ops_put(env, q, ask->rows * cols * 4), cols * 4);
	cmd.out = ops_tensor(ops_alloc(env, ask->rows * cols * 4), cols * 4);
	cmd.cache = c->kv;
	cmd.positions = ops_put(env, ask->positions, ask->rows * 4);
	cmd.seqs = ops_put(env, ask->seqs, ask->rows * 4);
	cmd.rows = ops_dim(ask->rows);
	cmd.heads = s->heads;
	cmd.window = ask->window;
	memcpy(&cmd.scale, &scale, 4);
	ops_run(env, &cmd);
	harness_read(&env->h, cmd.out.va, out, ask->rows * cols * 4);
}

static double score(const struct setup *s, const float *q, const double *k)
{
	double sum = 0;

	for (uint32_t d = 0; d < s->head_dim; d++)
		sum += q[d] * k[d];
	return sum / sqrt(s->head_dim);
}

/* Softmax over first..end - 1, without a maximum: scores here are small. */
static void expect(const struct cache *c, const float *q, uint32_t seq, uint32_t kv_head,
		   uint32_t first, uint32_t end, double *out)
{
	const struct setup *s = &c->setup;
	double total = 0;

	memset(out, 0, s->head_dim * sizeof(*out));
	for (uint32_t p = first; p < end; p++) {
		size_t at = ((size_t)(seq * s->length + p) * s->kv_heads + kv_head) * s->head_dim;
		double weight = exp(score(s, q, c->k_kept + at));

		total += weight;
		for (uint32_t d = 0; d < s->head_dim; d++)
			out[d] += weight * c->v_kept[at + d];
	}
	for (uint32_t d = 0; total > 0 && d < s->head_dim; d++)
		out[d] /= total;
}

static void check_row(const struct cache *c, const struct question *ask, uint32_t row,
		      const float *q, const float *got)
{
	const struct setup *s = &c->setup;
	uint32_t end = ask->positions[row] + !ask->full;
	uint32_t first = ask->window && end > ask->window ? end - ask->window : 0;
	double expected[TNPU_MAX_HEAD_DIM];

	for (uint32_t h = 0; h < s->heads; h++) {
		const float *out = got + (row * s->heads + h) * s->head_dim;

		expect(c, q + (row * s->heads + h) * s->head_dim, ask->seqs[row],
		       h / (s->heads / s->kv_heads), first, end, expected);
		for (uint32_t d = 0; d < s->head_dim; d++)
			if (!(fabs(out[d] - expected[d]) <= 3e-6))
				fail_msg("row %u head %u: expected %.9g, got %.9g", row, h,
					 expected[d], out[d]);
	}
}

static void check_attention(struct ops_env *env, const struct setup *s,
			    const struct question *ask)
{
	uint32_t count = ask->rows * s->heads * s->head_dim;
	float *q = ops_random_floats(env, count, 1), *got = test_malloc(count * 4);
	struct cache c;

	cache_open(env, &c, s);
	attend(env, &c, ask, q, got);
	for (uint32_t row = 0; row < ask->rows; row++)
		check_row(&c, ask, row, q, got);
	cache_close(&c);
	test_free(q);
	test_free(got);
}

static void test_results(void **state)
{
	static const uint32_t positions[] = { 0, 15, 255, 256, 257, 599 };
	static const uint32_t seqs[] = { 0, 1, 0, 1, 1, 0 };
	static const struct question asks[] = {
		{ 6, positions, seqs, 0, false }, { 6, positions, seqs, 0, true },
		{ 6, positions, seqs, 1, false }, { 6, positions, seqs, 300, false },
	};
	static const struct setup setups[] = {
		{ 4, 4, 32, 16, 2, 600, TNPU_DTYPE_F32, false },
		{ 6, 2, 64, 64, 2, 600, TNPU_DTYPE_F16, true },
		{ 14, 2, 20, 1024, 2, 600, TNPU_DTYPE_QI8, false },
		{ 3, 1, 256, 128, 2, 600, TNPU_DTYPE_QI8, true },
	};

	for (int i = 0; i < 16; i++) {
		struct ops_env env;

		ops_open(&env, NULL);
		check_attention(&env, &setups[i / 4], &asks[i % 4]);
		ops_close(&env);
	}
}

/* ---- The same bits whatever is around -------------------------------------------- */

#define LENGTH	700
#define BATCH	24	/* with three heads or more: beyond what is split by chunks */

static void batch_question(struct ops_env *env, uint32_t *positions, uint32_t *seqs)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		positions[i] = ops_random(env) % LENGTH;
		seqs[i] = ops_random(env) % 3;
	}
}

/* A row alone is split by chunks, the batch is not: here both meet. */
static void test_alone(void **state)
{
	const struct setup s = { 4, 2, 48, 64, 3, LENGTH, TNPU_DTYPE_F16, true };
	const uint32_t cols = 4 * 48;
	uint32_t positions[BATCH], seqs[BATCH];
	struct question ask = { BATCH, positions, seqs, 400, false };
	float *got = test_malloc(BATCH * cols * 4), *alone = test_malloc(cols * 4), *q;
	struct ops_env env;
	struct cache c;

	ops_open(&env, NULL);
	batch_question(&env, positions, seqs);
	cache_open(&env, &c, &s);
	q = ops_random_floats(&env, BATCH * cols, 1);
	attend(&env, &c, &ask, q, got);
	for (uint32_t row = 0; row < BATCH; row++) {
		struct question one = { 1, positions + row, seqs + row, 400, false };

		attend(&env, &c, &one, q + row * cols, alone);
		assert_memory_equal(alone, got + row * cols, cols * 4);
	}
	cache_close(&c);
	ops_close(&env);
	test_free(q);
	test_free(got);
	test_free(alone);
}

/* The same sequences in blocks of every size, with a table and without. */
static void test_blocks(void **state)
{
	const uint32_t positions[] = { 699, 300 }, seqs[] = { 1, 0 };
	const struct question ask = { 2, positions, seqs, 0, false };
	float got[2][2 * 4 * 64], *q;
	int run = 0;

	for (uint32_t block = 16; block <= 1024; block *= 2) {
		for (int table = 0; table < 2; table++, run = 1) {
			struct setup s = { 4, 2, 64, block, 2, LENGTH, TNPU_DTYPE_QI8, false };
			struct ops_env env;
			struct cache c;

			ops_open(&env, NULL);
			q = ops_random_floats(&env, 2 * 4 * 64, 1);
			cache_open(&env, &c, &s);
			if (table) {
				cache_table(&env, &c);
				cache_fill(&env, &c);
			}
			attend(&env, &c, &ask, q, got[run]);
			assert_memory_equal(got[0], got[run], sizeof(got[0]));
			cache_close(&c);
			ops_close(&env);
			test_free(q);
		}
	}
}

/* Not a number stays in its row; nothing to attend to gives zeros. */
static void test_nan(void **state)
{
	const struct setup s = { 1, 1, 16, 16, 2, 16, TNPU_DTYPE_F32, false };
	const uint32_t positions[] = { 15, 15, 0 }, seqs[] = { 0, 1, 0 };
	const struct question ask = { 3, positions, seqs, 0, true };
	float q[3 * 16] = { NAN }, got[3 * 16];
	struct ops_env env;
	struct cache c;

	ops_open(&env, NULL);
	cache_open(&env, &c, &s);
	q[32] = NAN;
	attend(&env, &c, &ask, q, got);
	for (int i = 0; i < 16; i++) {
		assert_true(isnan(got[i]));
		assert_true(isfinite(got[16 + i]));
		assert_true(got[32 + i] == 0);
	}
	cache_close(&c);
	ops_close(&env);
}

/* ---- The same bits everywhere ---------------------------------------------------- */

/* The caches as they were stored, then a batch, then one long row by chunks. */
static void work_attention(struct ops_env *env, void *result)
{
	static const uint8_t dtypes[] = { TNPU_DTYPE_F32, TNPU_DTYPE_F16, TNPU_DTYPE_QI8 };
	uint32_t positions[BATCH], seqs[BATCH];
	const uint32_t cols = 6 * 64;
	float *out = result;

	batch_question(env, positions, seqs);
	for (int i = 0; i < 3; i++) {
		struct setup s = { 6, 2, 64, 32, 3, LENGTH, dtypes[i], i != 1 };
		struct question many = { BATCH, positions, seqs, i ? 0 : 333, false };
		struct question one = { 1, &(uint32_t){ LENGTH - 1 }, seqs, 0, false };
		float *q = ops_random_floats(env, BATCH * cols, 1);
		struct cache c;

		cache_open(env, &c, &s);
		attend(env, &c, &many, q, out);
		attend(env, &c, &one, q, out + BATCH * cols);
		out += (BATCH + 1) * cols;
		cache_close(&c);
		test_free(q);
	}
}

static void test_everywhere(void **state)
{
	const struct ops_work work = {
		"ATTENTION", 3 * (BATCH + 1) * 6 * 64 * 4, work_attention,
	};

	ops_work_everywhere(&work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_nan),
		cmocka_unit_test(test_everywhere),
	};

	return cmocka_run_group_tests_name("attention", tests, NULL, NULL);
}
