// SPDX-License-Identifier: MIT
/*
 * REPACK, QUANTIZE and GEMM on the chip, against what the manual says, computed here in
 * the plainest way from the rows of a model file: the same bits, on every instruction set,
 * with any number of lanes, wherever memory lies. And every field that they refuse.
 */
#include <math.h>

#include "../../firmware-sim/numerics.h"
#include "ops_env.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const struct tnpu_wformat formats[TNPU_WFORMAT_COUNT] = {
	[TNPU_WFORMAT_INT4_G32] = TNPU_WFORMAT_DESC_INT4_G32,
	[TNPU_WFORMAT_INT8_G32] = TNPU_WFORMAT_DESC_INT8_G32,
	[TNPU_WFORMAT_F16] = TNPU_WFORMAT_DESC_F16,
	[TNPU_WFORMAT_BF16] = TNPU_WFORMAT_DESC_BF16,
	[TNPU_WFORMAT_F32] = TNPU_WFORMAT_DESC_F32,
};

static int env_setup(void **state)
{
	struct ops_env *env = test_calloc(1, sizeof(*env));

	ops_open(env, NULL);
	*state = env;
	return 0;
}

static int env_teardown(void **state)
{
	ops_close(*state);
	test_free(*state);
	return 0;
}

static bool takes_int(int wformat)
{
	return wformat <= TNPU_WFORMAT_INT8_G32;
}

static uint32_t round_up(uint32_t value, uint32_t by)
{
	return (value + by - 1) / by * by;
}

/* ---- Weights as a model file has them -------------------------------------------------- */

/** struct weights - @n rows of @k columns, @row_bytes each */
struct weights {
	int wformat;
	uint32_t n;
	uint32_t k;
	uint32_t row_bytes;
	uint8_t *file;
};

/* Q4_0 and Q8_0: bytes of a block of 32 columns, an F16 scale first. */
static uint32_t block_bytes(int wformat)
{
	return wformat == TNPU_WFORMAT_INT4_G32 ? 18 : 34;
}

static void random_row(struct ops_env *env, const struct weights *w, uint8_t *row)
{
	uint32_t i;

	for (i = 0; i < w->row_bytes; i++)
		row[i] = ops_random(env) >> 24;
	for (i = 0; i < w->k; i++) {
		float x = ops_random_float(env, 0.5f);
		uint16_t half = tnpu_f32_to_f16(x);

		if (takes_int(w->wformat) && i % 32 == 0)
			memcpy(row + i / 32 * block_bytes(w->wformat), &half, 2);
		else if (w->wformat == TNPU_WFORMAT_F32)
			memcpy(row + i * 4, &x, 4);
		else if (w->wformat == TNPU_WFORMAT_F16)
			memcpy(row + i * 2, &half, 2);
		else if (w->wformat == TNPU_WFORMAT_BF16)
			memcpy(row + i * 2, &(uint16_t){ tnpu_f32_to_bf16(x) }, 2);
	}
}

static struct weights random_weights(struct ops_env *env, int wformat, uint32_t n, uint32_t k)
{
	struct weights w = { wformat, n, k, k * 2, NULL };
	uint32_t r;

	if (takes_int(wformat))
		w.row_bytes = k / 32 * block_bytes(wformat);
	else if (wformat == TNPU_WFORMAT_F32)
		w.row_bytes = k * 4;
	w.file = test_malloc(n * w.row_bytes);
	for (r = 0; r < n; r++)
		random_row(env, &w, w.file + r * w.row_bytes);
	return w;
}

static uint16_t half_at(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

/* Column @c of a Q4_0 or Q8_0 row, without its scale. */
static int32_t int_weight(const struct weights *w, uint32_t row, uint32_t c)
{
	const uint8_t *block = w->file + row * w->row_bytes + c / 32 * block_bytes(w->wformat);

	if (w->wformat == TNPU_WFORMAT_INT8_G32)
		return (int8_t)block[2 + c % 32];
	return (block[2 + c % 16] >> (c % 32 < 16 ? 0 : 4) & 15) - 8;
}

static float weight_scale(const struct weights *w, uint32_t row, uint32_t c)
{
	return tnpu_f16_to_f32(half_at(w->file + row * w->row_bytes +
				       c / 32 * block_bytes(w->wformat)));
}

static float float_weight(const struct weights *w, uint32_t row, uint32_t c)
{
	const uint8_t *p = w->file + row * w->row_bytes;
	float x;

	if (w->wformat == TNPU_WFORMAT_F16)
		return tnpu_f16_to_f32(half_at(p + c * 2));
	if (w->wformat == TNPU_WFORMAT_BF16)
		return tnpu_bf16_to_f32(half_at(p + c * 2));
	memcpy(&x, p + c * 4, 4);
	return x;
}

/* Bytes of a row block of packed weights. */
static uint32_t packed_block(const struct weights *w)
{
	uint32_t bytes = w->k * (w->wformat == TNPU_WFORMAT_F32 ? 64 : 32);

	if (takes_int(w->wformat))
		bytes = w->k / 32 * (32 + (w->wformat == TNPU_WFORMAT_INT4_G32 ? 256 : 512));
	return round_up(bytes, 64);
}

static uint32_t packed_bytes(const struct weights *w)
{
	return (w->n + 15) / 16 * packed_block(w);
}

static uint32_t repack_reason(struct ops_env *env, const struct weights *w, uint64_t src,
			      uint64_t dst, uint32_t first, uint32_t rows)
{
	const struct tnpu_cmd_repack cmd = {
		.hdr = OPS_HEADER(REPACK, cmd),
		.src = src,
		.dst = dst,
		.format = formats[w->wformat],
		.n = w->n,
		.k = w->k,
		.first_row = first,
		.rows = rows,
	};

	return ops_reason(env, &cmd, sizeof(cmd));
}

/* Packed on the chip; freed with the environment. */
static uint64_t pack(struct ops_env *env, const struct weights *w)
{
	uint64_t src = ops_put(env, w->file, w->n * w->row_bytes);
	uint64_t dst = ops_alloc(env, packed_bytes(w));

	assert_int_equal(repack_reason(env, w, src, dst, 0, w->n), TNPU_ERR_NONE);
	return dst;
}

/* ---- REPACK ---------------------------------------------------------------------------- */

/* The value at (row, column), read from packed weights as tnpu_isa.h describes them. */
static void check_packed(const struct weights *w, const uint8_t *packed, uint32_t row, uint32_t c)
{
	const uint8_t *block = packed + row / 16 * packed_block(w);
	uint32_t lane = row % 16;
	uint32_t size = w->wformat == TNPU_WFORMAT_F32 ? 4 : 2;

	if (!takes_int(w->wformat)) {
		assert_memory_equal(block + (c * 16 + lane) * size,
				    w->file + row * w->row_bytes + c * size, size);
		return;
	}
	block += c / 32 * (w->wformat == TNPU_WFORMAT_INT4_G32 ? 288 : 544);
	assert_true(tnpu_f16_to_f32(half_at(block + lane * 2)) == weight_scale(w, row, c));
	block += 32 + lane * 4 + c % 32 / 4 * 64 + c % 4;
	if (w->wformat == TNPU_WFORMAT_INT8_G32)
		assert_int_equal(*block - 128, int_weight(w, row, c));
}

static void check_nibbles(const struct weights *w, const uint8_t *packed, uint32_t row)
{
	uint32_t c;

	for (c = 0; c < w->k; c++) {
		const uint8_t *group = packed + row / 16 * packed_block(w) + c / 32 * 288;
		uint32_t at = c % 16;
		uint8_t byte = group[32 + at / 4 * 64 + row % 16 * 4 + at % 4];

		assert_int_equal((c % 32 < 16 ? byte & 15 : byte >> 4) - 8, int_weight(w, row, c));
	}
}

static void check_repack(struct ops_env *env, int wformat, uint32_t n, uint32_t k)
{
	struct weights w = random_weights(env, wformat, n, k);
	uint8_t *got = test_malloc(packed_bytes(&w));
	uint64_t dst = pack(env, &w);
	uint32_t row, c;

	harness_read(&env->h, dst, got, packed_bytes(&w));
	for (row = 0; row < n; row++) {
		for (c = 0; c < k; c++)
			check_packed(&w, got, row, c);
		if (wformat == TNPU_WFORMAT_INT4_G32)
			check_nibbles(&w, got, row);
	}
	test_free(got);
	test_free(w.file);
}

static void test_repack(void **state)
{
	int f;

	for (f = 0; f < TNPU_WFORMAT_COUNT; f++) {
		check_repack(*state, f, 16, 32);
		check_repack(*state, f, 37, 96);
		check_repack(*state, f, 1, 32);
		if (!takes_int(f))
			check_repack(*state, f, 18, 37);
	}
}

/* What pads rows and blocks is zero whatever lay there; nothing beyond is touched. */
static void test_repack_padding(void **state)
{
	struct ops_env *env = *state;
	struct weights w = random_weights(env, TNPU_WFORMAT_F16, 3, 5);
	uint8_t old[256], got[256];
	uint64_t dst;
	uint32_t i;

	memset(old, 0xaa, sizeof(old));
	dst = ops_put(env, old, sizeof(old));
	assert_int_equal(repack_reason(env, &w, ops_put(env, w.file, 30), dst, 0, 3), 0);
	harness_read(&env->h, dst, got, sizeof(got));
	for (i = 0; i < 256; i++) {
		if (i >= 192)
			assert_int_equal(got[i], 0xaa);
		else if (i >= 160 || i % 32 >= 6)
			assert_int_equal(got[i], 0);
	}
	test_free(w.file);
}

/* In pieces, from an odd address, the same as at once. */
static void test_repack_pieces(void **state)
{
	struct ops_env *env = *state;
	struct weights w = random_weights(env, TNPU_WFORMAT_INT4_G32, 75, 64);
	uint8_t *file = test_malloc(75 * w.row_bytes + 1);
	uint8_t *whole = test_malloc(packed_bytes(&w)), *got = test_malloc(packed_bytes(&w));
	uint64_t src, dst = ops_alloc(env, packed_bytes(&w));

	memcpy(file + 1, w.file, 75 * w.row_bytes);
	src = ops_put(env, file, 75 * w.row_bytes + 1) + 1;
	harness_read(&env->h, pack(env, &w), whole, packed_bytes(&w));
	assert_int_equal(repack_reason(env, &w, src + 48 * w.row_bytes, dst, 48, 27), 0);
	assert_int_equal(repack_reason(env, &w, src, dst, 0, 16), 0);
	assert_int_equal(repack_reason(env, &w, src + 16 * w.row_bytes, dst, 16, 32), 0);
	harness_read(&env->h, dst, got, packed_bytes(&w));
	assert_memory_equal(got, whole, packed_bytes(&w));
	test_free(file);
	test_free(whole);
	test_free(got);
	test_free(w.file);
}

/* ---- QUANTIZE -------------------------------------------------------------------------- */

static uint32_t qi8_stride(uint32_t cols, uint32_t group_log2)
{
	return round_up(cols, 64) + round_up(4 * ((cols - 1) / (1u << group_log2) + 1), 64);
}

static struct tnpu_tensor qi8_tensor(uint64_t va, uint32_t cols, uint32_t group_log2)
{
	return (struct tnpu_tensor){ .va = va, .stride = qi8_stride(cols, group_log2),
				     .dtype = TNPU_DTYPE_QI8, .group_log2 = group_log2 };
}

/** struct activations - @rows of @k values, and the same in memory as GEMM takes them */
struct activations {
	float *x;
	uint8_t *q;		/* INT weights: QI8 rows */
	struct tnpu_tensor tensor;
	uint32_t rows;
	uint32_t k;
};

#define UNTOUCHED	0xaa

static void quantize(struct ops_env *env, struct activations *a, uint64_t src, uint32_t group_log2)
{
	uint32_t bytes = a->rows * qi8_stride(a->k, group_log2);
	struct tnpu_cmd_quantize cmd = {
		.hdr = OPS_HEADER(QUANTIZE, cmd),
		.src = ops_tensor(src, a->k * 4),
		.dst = qi8_tensor(ops_alloc(env, bytes), a->k, group_log2),
		.rows = ops_dim(a->rows),
		.cols = a->k,
	};

	a->q = test_malloc(bytes);
	memset(a->q, UNTOUCHED, bytes);
	harness_write(&env->h, cmd.dst.va, a->q, bytes);
	ops_run(env, &cmd);
	a->tensor = cmd.dst;
	harness_read(&env->h, cmd.dst.va, a->q, bytes);
}

/* @group_log2: 0 leaves the values F32. */
static struct activations activations(struct ops_env *env, uint32_t rows, uint32_t k,
				      uint32_t group_log2)
{
	struct activations a = { .rows = rows, .k = k };
	uint64_t va;

	a.x = ops_random_floats(env, rows * k, 3.0f);
	va = ops_put(env, a.x, rows * k * 4);
	a.tensor = ops_tensor(va, k * 4);
	if (group_log2)
		quantize(env, &a, va, group_log2);
	return a;
}

static void activations_free(struct activations *a)
{
	test_free(a->x);
	if (a->q)
		test_free(a->q);
}

static int8_t quantized(const struct activations *a, uint32_t row, uint32_t c)
{
	return a->q[row * a->tensor.stride + c];
}

static float quantized_scale(const struct activations *a, uint32_t row, uint32_t c)
{
	float scale;

	memcpy(&scale, a->q + row * a->tensor.stride + round_up(a->k, 64) +
	       (c >> a->tensor.group_log2) * 4, 4);
	return scale;
}

static void check_quantized(const struct activations *a, uint32_t row, uint32_t first)
{
	uint32_t end = first + (1u << a->tensor.group_log2);
	const float *x = a->x + row * a->k;
	float amax = 0;
	uint32_t c;

	end = end < a->k ? end : a->k;
	for (c = first; c < end; c++)
		amax = fmaxf(amax, fabsf(x[c]));
	assert_true(quantized_scale(a, row, first) == amax / 127.0f);
	for (c = first; c < end; c++)
		assert_int_equal(quantized(a, row, c), lrintf(x[c] * (127.0f / amax)));
}

static void check_quantize(struct ops_env *env, uint32_t rows, uint32_t k, uint32_t group_log2)
{
	struct activations a = activations(env, rows, k, group_log2);
	uint32_t r, c;

	for (r = 0; r < rows; r++) {
		for (c = 0; c < k; c += 1u << group_log2)
			check_quantized(&a, r, c);
		for (c = k; c % 64; c++)
			assert_int_equal(quantized(&a, r, c), 0);
		for (c += 4 * ((k - 1) / (1u << group_log2) + 1); c < a.tensor.stride; c++)
			assert_int_equal((uint8_t)quantized(&a, r, c), UNTOUCHED);
	}
	activations_free(&a);
}

static void test_quantize(void **state)
{
	check_quantize(*state, 1, 1, 5);
	check_quantize(*state, 3, 300, 5);
	check_quantize(*state, 7, 1000, 6);
	check_quantize(*state, 2, 4096, 7);
	check_quantize(*state, 5, 9001, 8);
}

/* ---- GEMM ------------------------------------------------------------------------------ */

/** struct gemm - a GEMM with all it may have */
struct gemm {
	struct weights w;
	struct activations a;
	float *bias;
	float *residual;
	uint32_t act;
	struct tnpu_cmd_gemm cmd;
};

static struct gemm gemm_make(struct ops_env *env, int wformat, uint32_t rows, uint32_t n,
			     uint32_t k, uint32_t group_log2)
{
	struct gemm g = {
		.w = random_weights(env, wformat, n, k),
		.a = activations(env, rows, k, takes_int(wformat) ? group_log2 : 0),
	};

	g.cmd = (struct tnpu_cmd_gemm) {
		.hdr = OPS_HEADER(GEMM, g.cmd),
		.x = g.a.tensor,
		.weights = pack(env, &g.w),
		.format = formats[wformat],
		.out = ops_tensor(ops_alloc(env, rows * (n * 4 + 8)), n * 4 + 8),
		.rows = ops_dim(rows),
		.n = n,
		.k = k,
	};
	return g;
}

static void gemm_epilogue(struct ops_env *env, struct gemm *g, uint32_t act)
{
	uint32_t n = g->w.n;

	g->bias = ops_random_floats(env, n, 1.0f);
	g->residual = ops_random_floats(env, g->a.rows * n, 1.0f);
	g->act = act;
	g->cmd.bias = ops_put(env, g->bias, n * 4);
	g->cmd.residual = ops_tensor(ops_put(env, g->residual, g->a.rows * n * 4), n * 4);
	g->cmd.act = act;
}

static void gemm_free(struct gemm *g)
{
	test_free(g->w.file);
	activations_free(&g->a);
	if (g->bias)
		test_free(g->bias);
	if (g->residual)
		test_free(g->residual);
}

static float int_sum(const struct gemm *g, uint32_t row, uint32_t n)
{
	uint32_t group = 1u << g->a.tensor.group_log2;
	float acc = 0, t = 0;
	uint32_t c, i;

	for (c = 0; c < g->w.k; c += 32) {
		int32_t sum = 0;

		for (i = c; i < c + 32; i++)
			sum += int_weight(&g->w, n, i) * quantized(&g->a, row, i);
		t = fmaf((float)sum, weight_scale(&g->w, n, c), t);
		if ((c + 32) % group && c + 32 < g->w.k)
			continue;
		acc = fmaf(t, quantized_scale(&g->a, row, c), acc);
		t = 0;
	}
	return acc;
}

static float float_sum(const struct gemm *g, uint32_t row, uint32_t n)
{
	float acc = 0;
	uint32_t c;

	for (c = 0; c < g->w.k; c++)
		acc = fmaf(float_weight(&g->w, n, c), g->a.x[row * g->a.k + c], acc);
	return acc;
}

static float gemm_expected(const struct gemm *g, uint32_t row, uint32_t n)
{
	float y = takes_int(g->w.wformat) ? int_sum(g, row, n) : float_sum(g, row, n);

	if (g->bias)
		y += g->bias[n];
	y = tnpu_act(y, g->act);
	if (g->residual)
		y += g->residual[row * g->w.n + n];
	return y;
}

/* Every output of rows 0..rows - 1 has the expected bits; the padding of rows is untouched. */
static void gemm_check(struct ops_env *env, const struct gemm *g)
{
	uint32_t stride = g->cmd.out.stride / 4;
	float *got = test_malloc(g->a.rows * stride * 4);
	uint32_t r, n;

	ops_run(env, &g->cmd);
	harness_read(&env->h, g->cmd.out.va, got, g->a.rows * stride * 4);
	for (r = 0; r < g->a.rows; r++) {
		for (n = 0; n < stride; n++) {
			float want = n < g->w.n ? gemm_expected(g, r, n) : 0;

			if (memcmp(&want, &got[r * stride + n], 4))
				fail_msg("format %d, row %u, output %u: %a, not %a",
					 g->w.wformat, r, n, got[r * stride + n], want);
		}
	}
	test_free(got);
}

static void gemm_case(struct ops_env *env, int wformat, uint32_t rows, uint32_t n, uint32_t k,
		      uint32_t group_log2)
{
	struct gemm g = gemm_make(env, wformat, rows, n, k, group_log2);

	gemm_check(env, &g);
	gemm_epilogue(env, &g, (rows + n) % (TNPU_ACT_RELU + 1));
	gemm_check(env, &g);
	gemm_free(&g);
}

static void test_gemm(void **state)
{
	int f;

	for (f = 0; f < TNPU_WFORMAT_COUNT; f++) {
		gemm_case(*state, f, 1, 1, 32, 5);
		gemm_case(*state, f, 1, 200, 320, 6);
		gemm_case(*state, f, 3, 64, 96, 7);
		gemm_case(*state, f, 16, 65, 544, 8);
		gemm_case(*state, f, 37, 130, 160, 5);
	}
	gemm_case(*state, TNPU_WFORMAT_F32, 2, 33, 1, 0);
	gemm_case(*state, TNPU_WFORMAT_F16, 17, 20, 33, 0);
	gemm_case(*state, TNPU_WFORMAT_BF16, 1, 90, 101, 0);
}

/* The residual stream of a transformer: out is the residual. */
static void test_gemm_residual_in_place(void **state)
{
	struct ops_env *env = *state;
	struct gemm g = gemm_make(env, TNPU_WFORMAT_INT4_G32, 5, 80, 64, 5);
	uint32_t r;

	gemm_epilogue(env, &g, TNPU_ACT_NONE);
	g.cmd.residual = g.cmd.out;
	for (r = 0; r < 5; r++)
		harness_write(&env->h, g.cmd.out.va + r * g.cmd.out.stride,
			      g.residual + r * 80, 80 * 4);
	gemm_check(env, &g);
	gemm_free(&g);
}

/* Row by row what all give together: batches and prefill chunks do not matter. */
static void test_gemm_batch(void **state)
{
	struct ops_env *env = *state;
	struct gemm g = gemm_make(env, TNPU_WFORMAT_INT8_G32, 19, 48, 224, 7);
	float all[19 * 50], one[19 * 50] = { 0 };
	uint32_t r;

	ops_run(env, &g.cmd);
	harness_read(&env->h, g.cmd.out.va, all, sizeof(all));
	harness_write(&env->h, g.cmd.out.va, one, sizeof(one));
	g.cmd.rows = ops_dim(1);
	for (r = 0; r < 19; r++) {
		ops_run(env, &g.cmd);
		g.cmd.x.va += g.cmd.x.stride;
		g.cmd.out.va += g.cmd.out.stride;
	}
	harness_read(&env->h, g.cmd.out.va - 19 * g.cmd.out.stride, one, sizeof(one));
	assert_memory_equal(one, all, sizeof(all));
	gemm_free(&g);
}

static void test_gemm_rows_cell(void **state)
{
	struct ops_env *env = *state;
	struct gemm g = gemm_make(env, TNPU_WFORMAT_F32, 4, 16, 8, 0);
	float got[4 * 18], none[4 * 18] = { 0 };

	g.cmd.rows.cell = ops_put_u32(env, 0);
	ops_run(env, &g.cmd);
	harness_read(&env->h, g.cmd.out.va, got, sizeof(got));
	assert_memory_equal(got, none, sizeof(got));
	harness_write(&env->h, g.cmd.rows.cell, &(uint32_t){ 3 }, 4);
	ops_run(env, &g.cmd);
	harness_read(&env->h, g.cmd.out.va, got, sizeof(got));
	assert_true(got[2 * 18 + 15] == gemm_expected(&g, 2, 15));
	assert_true(got[3 * 18] == 0);
	harness_write(&env->h, g.cmd.rows.cell, &(uint32_t){ 5 }, 4);
	assert_int_equal(ops_reason(env, &g.cmd, sizeof(g.cmd)), TNPU_ERR_CELL);
	gemm_free(&g);
}

/* ---- The same everywhere --------------------------------------------------------------- */

#define EVERYWHERE_ROWS		21
#define EVERYWHERE_N		150

static void gemm_everywhere(struct ops_env *env, void *result)
{
	float *out = result;
	int f;

	for (f = 0; f < TNPU_WFORMAT_COUNT; f++) {
		struct gemm g = gemm_make(env, f, EVERYWHERE_ROWS, EVERYWHERE_N, 480, 6);
		uint32_t r;

		gemm_epilogue(env, &g, TNPU_ACT_GELU_TANH);
		ops_run(env, &g.cmd);
		for (r = 0; r < EVERYWHERE_ROWS; r++, out += EVERYWHERE_N)
			harness_read(&env->h, g.cmd.out.va + r * g.cmd.out.stride, out,
				     EVERYWHERE_N * 4);
		gemm_free(&g);
	}
}

static void test_everywhere(void **state)
{
	const struct ops_work work = {
		"gemm", TNPU_WFORMAT_COUNT * EVERYWHERE_ROWS * EVERYWHERE_N * 4, gemm_everywhere,
	};

	ops_work_everywhere(&work);
}

/* ---- What is refused ------------------------------------------------------------------- */

/** struct refusal - @value put at @offset makes a good command fail with @reason */
struct refusal {
	const char *what;
	size_t offset;
	size_t size;
	uint64_t value;
	uint32_t reason;
};

#define REFUSE(type, field, value, reason) \
	{ #field " = " #value, offsetof(struct type, field), \
	  sizeof(((struct type *)NULL)->field), value, TNPU_ERR_##reason }

static void check_refusals(struct ops_env *env, const void *good, size_t size,
			   const struct refusal *refusal, size_t count)
{
	uint8_t bad[512];
	size_t i;

	assert_int_equal(ops_reason(env, good, size), TNPU_ERR_NONE);
	for (i = 0; i < count; i++) {
		const struct refusal *r = &refusal[i];
		uint32_t reason;

		memcpy(bad, good, size);
		memcpy(bad + r->offset, &r->value, r->size);
		reason = ops_reason(env, bad, size);
		if (reason != r->reason)
			fail_msg("%s ends with %u, should with %u", r->what, reason, r->reason);
	}
}

#define UNMAPPED	0x7f0000000000ull
#define BEYOND		0xffffffffffffffc0ull

static const struct refusal gemm_refusals[] = {
	REFUSE(tnpu_cmd_gemm, hdr.flags, 1, RESERVED),
	REFUSE(tnpu_cmd_gemm, reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_gemm, rows.reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_gemm, act, TNPU_ACT_RELU + 1, VALUE),
	REFUSE(tnpu_cmd_gemm, format.kind, TNPU_WKIND_CODEBOOK, FORMAT),
	REFUSE(tnpu_cmd_gemm, format.bits, 5, FORMAT),
	REFUSE(tnpu_cmd_gemm, format.group, 16, FORMAT),
	REFUSE(tnpu_cmd_gemm, format.scale, 0, FORMAT),
	REFUSE(tnpu_cmd_gemm, format.zero, 7, FORMAT),
	REFUSE(tnpu_cmd_gemm, format.min, 1, FORMAT),
	REFUSE(tnpu_cmd_gemm, format.levels, 2, FORMAT),
	REFUSE(tnpu_cmd_gemm, format.reserved, 1, FORMAT),
	REFUSE(tnpu_cmd_gemm, n, 0, SHAPE),
	REFUSE(tnpu_cmd_gemm, n, TNPU_MAX_GEMM_N + 1, SHAPE),
	REFUSE(tnpu_cmd_gemm, k, 0, SHAPE),
	REFUSE(tnpu_cmd_gemm, k, 33, SHAPE),
	REFUSE(tnpu_cmd_gemm, k, TNPU_MAX_GEMM_K + 32, SHAPE),
	REFUSE(tnpu_cmd_gemm, x.dtype, TNPU_DTYPE_F32, DTYPE),
	REFUSE(tnpu_cmd_gemm, x.dtype, 200, DTYPE),
	REFUSE(tnpu_cmd_gemm, x.group_log2, 4, VALUE),
	REFUSE(tnpu_cmd_gemm, x.group_log2, 9, VALUE),
	REFUSE(tnpu_cmd_gemm, x.reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_gemm, x.stride, 64, SHAPE),
	REFUSE(tnpu_cmd_gemm, x.stride, 132, ALIGN),
	REFUSE(tnpu_cmd_gemm, x.va, UNMAPPED + 32, ALIGN),
	REFUSE(tnpu_cmd_gemm, x.va, UNMAPPED, FAULT),
	REFUSE(tnpu_cmd_gemm, x.va, BEYOND, SHAPE),
	REFUSE(tnpu_cmd_gemm, weights, UNMAPPED + 32, ALIGN),
	REFUSE(tnpu_cmd_gemm, weights, UNMAPPED, FAULT),
	REFUSE(tnpu_cmd_gemm, weights, BEYOND, SHAPE),
	REFUSE(tnpu_cmd_gemm, bias, UNMAPPED + 2, ALIGN),
	REFUSE(tnpu_cmd_gemm, bias, UNMAPPED, FAULT),
	REFUSE(tnpu_cmd_gemm, residual.dtype, TNPU_DTYPE_F16, DTYPE),
	REFUSE(tnpu_cmd_gemm, residual.group_log2, 5, RESERVED),
	REFUSE(tnpu_cmd_gemm, residual.reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_gemm, residual.stride, 76, SHAPE),
	REFUSE(tnpu_cmd_gemm, residual.stride, 82, ALIGN),
	REFUSE(tnpu_cmd_gemm, residual.va, UNMAPPED + 1, ALIGN),
	REFUSE(tnpu_cmd_gemm, residual.va, UNMAPPED, FAULT),
	REFUSE(tnpu_cmd_gemm, residual.va, 0, FAULT),
	REFUSE(tnpu_cmd_gemm, out.dtype, TNPU_DTYPE_QI8, DTYPE),
	REFUSE(tnpu_cmd_gemm, out.group_log2, 1, RESERVED),
	REFUSE(tnpu_cmd_gemm, out.reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_gemm, out.stride, 76, SHAPE),
	REFUSE(tnpu_cmd_gemm, out.stride, 90, ALIGN),
	REFUSE(tnpu_cmd_gemm, out.va, UNMAPPED + 3, ALIGN),
	REFUSE(tnpu_cmd_gemm, out.va, UNMAPPED, FAULT),
	REFUSE(tnpu_cmd_gemm, rows.value, TNPU_MAX_ROWS + 1, SHAPE),
	REFUSE(tnpu_cmd_gemm, rows.cell, UNMAPPED + 2, ALIGN),
	REFUSE(tnpu_cmd_gemm, rows.cell, UNMAPPED, FAULT),
};

static void test_gemm_refusals(void **state)
{
	struct ops_env *env = *state;
	struct gemm g = gemm_make(env, TNPU_WFORMAT_INT4_G32, 2, 20, 64, 5);

	gemm_epilogue(env, &g, TNPU_ACT_SILU);
	check_refusals(env, &g.cmd, sizeof(g.cmd), gemm_refusals, ARRAY_SIZE(gemm_refusals));
	gemm_free(&g);
	/* Floating-point weights take F32 activations, of any K. */
	g = gemm_make(env, TNPU_WFORMAT_BF16, 2, 20, 65, 5);
	g.cmd.x.dtype = TNPU_DTYPE_F16;
	assert_int_equal(ops_reason(env, &g.cmd, sizeof(g.cmd)), TNPU_ERR_DTYPE);
	g.cmd.x.dtype = TNPU_DTYPE_QI8;
	assert_int_equal(ops_reason(env, &g.cmd, sizeof(g.cmd)), TNPU_ERR_DTYPE);
	gemm_free(&g);
}

static void test_gemm_limit(void **state)
{
	struct ops_env *env = *state;
	struct gemm g = gemm_make(env, TNPU_WFORMAT_INT4_G32, 1, 16, 32, 5);

	/* 16.6 GB of weights, none of them mapped: refused before the walk. */
	g.cmd.n = TNPU_MAX_GEMM_N;
	g.cmd.k = TNPU_MAX_GEMM_K;
	g.cmd.x.stride = qi8_stride(TNPU_MAX_GEMM_K, 5);
	g.cmd.x.va = ops_alloc(env, g.cmd.x.stride);
	g.cmd.out.stride = TNPU_MAX_GEMM_N * 4;
	assert_int_equal(ops_reason(env, &g.cmd, sizeof(g.cmd)), TNPU_ERR_LIMIT);
	gemm_free(&g);
}

static const struct refusal quantize_refusals[] = {
	REFUSE(tnpu_cmd_quantize, hdr.flags, 1, RESERVED),
	REFUSE(tnpu_cmd_quantize, reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_quantize, cols, 0, SHAPE),
	REFUSE(tnpu_cmd_quantize, cols, TNPU_MAX_COLS + 1, SHAPE),
	REFUSE(tnpu_cmd_quantize, src.dtype, TNPU_DTYPE_F16, DTYPE),
	REFUSE(tnpu_cmd_quantize, src.reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_quantize, src.stride, 396, SHAPE),
	REFUSE(tnpu_cmd_quantize, src.stride, 401, ALIGN),
	REFUSE(tnpu_cmd_quantize, src.va, UNMAPPED + 2, ALIGN),
	REFUSE(tnpu_cmd_quantize, src.va, UNMAPPED, FAULT),
	REFUSE(tnpu_cmd_quantize, dst.dtype, TNPU_DTYPE_F32, DTYPE),
	REFUSE(tnpu_cmd_quantize, dst.group_log2, 4, VALUE),
	REFUSE(tnpu_cmd_quantize, dst.group_log2, 9, VALUE),
	REFUSE(tnpu_cmd_quantize, dst.reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_quantize, dst.stride, 128, SHAPE),
	REFUSE(tnpu_cmd_quantize, dst.stride, 200, ALIGN),
	REFUSE(tnpu_cmd_quantize, dst.va, UNMAPPED + 4, ALIGN),
	REFUSE(tnpu_cmd_quantize, dst.va, UNMAPPED, FAULT),
	REFUSE(tnpu_cmd_quantize, rows.value, TNPU_MAX_ROWS + 1, SHAPE),
	REFUSE(tnpu_cmd_quantize, rows.reserved, 1, RESERVED),
	REFUSE(tnpu_cmd_quantize, rows.cell, UNMAPPED + 1, ALIGN),
	REFUSE(tnpu_cmd_quantize, rows.cell, UNMAPPED, FAULT),
};

static void test_quantize_refusals(void **state)
{
	struct ops_env *env = *state;
	const struct tnpu_cmd_quantize cmd = {
		.hdr = OPS_HEADER(QUANTIZE, cmd),
		.src = ops_tensor(ops_alloc(env, 800), 400),
		.dst = qi8_tensor(ops_alloc(env, 2 * qi8_stride(100, 5)), 100, 5),
		.rows = ops_dim(2),
		.cols = 100,
	};

	check_refusals(env, &cmd, sizeof(cmd), quantize_refusals, ARRAY_SIZE(quantize_refusals));
}

static const struct refusal repack_refusals[] = {
	REFUSE(tnpu_cmd_repack, hdr.flags, 1, RESERVED),
	REFUSE(tnpu_cmd_repack, format.kind, TNPU_WKIND_FLOAT, FORMAT),
	REFUSE(tnpu_cmd_repack, format.bits, 6, FORMAT),
	REFUSE(tnpu_cmd_repack, format.reserved, 9, FORMAT),
	REFUSE(tnpu_cmd_repack, n, 0, SHAPE),
	REFUSE(tnpu_cmd_repack, n, TNPU_MAX_GEMM_N + 1, SHAPE),
	REFUSE(tnpu_cmd_repack, n, 16, SHAPE),
	REFUSE(tnpu_cmd_repack, n, 19, SHAPE),
	REFUSE(tnpu_cmd_repack, k, 0, SHAPE),
	REFUSE(tnpu_cmd_repack, k, 48, SHAPE),
	REFUSE(tnpu_cmd_repack, k, TNPU_MAX_GEMM_K + 32, SHAPE),
	REFUSE(tnpu_cmd_repack, first_row, 8, SHAPE),
	REFUSE(tnpu_cmd_repack, first_row, 32, SHAPE),
	REFUSE(tnpu_cmd_repack, rows, 0, SHAPE),
	REFUSE(tnpu_cmd_repack, rows, 3, SHAPE),
	REFUSE(tnpu_cmd_repack, rows, 16, SHAPE),
	REFUSE(tnpu_cmd_repack, rows, 0xffffffff, SHAPE),
	REFUSE(tnpu_cmd_repack, src, UNMAPPED + 1, FAULT),
	REFUSE(tnpu_cmd_repack, src, BEYOND, SHAPE),
	REFUSE(tnpu_cmd_repack, dst, UNMAPPED + 32, ALIGN),
	REFUSE(tnpu_cmd_repack, dst, UNMAPPED, FAULT),
	REFUSE(tnpu_cmd_repack, dst, BEYOND, SHAPE),
};

static void test_repack_refusals(void **state)
{
	struct ops_env *env = *state;
	const struct tnpu_cmd_repack cmd = {
		.hdr = OPS_HEADER(REPACK, cmd),
		.src = ops_alloc(env, 4 * 36),
		.dst = ops_alloc(env, 2 * 2 * 288),
		.format = formats[TNPU_WFORMAT_INT4_G32],
		.n = 20,
		.k = 64,
		.first_row = 16,
		.rows = 4,
	};

	check_refusals(env, &cmd, sizeof(cmd), repack_refusals, ARRAY_SIZE(repack_refusals));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_repack, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_repack_padding, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_repack_pieces, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_quantize, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_gemm, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_gemm_residual_in_place, env_setup,
						env_teardown),
		cmocka_unit_test_setup_teardown(test_gemm_batch, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_gemm_rows_cell, env_setup, env_teardown),
		cmocka_unit_test(test_everywhere),
		cmocka_unit_test_setup_teardown(test_gemm_refusals, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_gemm_limit, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_quantize_refusals, env_setup, env_teardown),
		cmocka_unit_test_setup_teardown(test_repack_refusals, env_setup, env_teardown),
	};

	return cmocka_run_group_tests_name("gemm_op", tests, NULL, NULL);
}
