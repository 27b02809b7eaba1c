// SPDX-License-Identifier: MIT
/*
 * Micro-kernels: every instruction set of this host against the scalar reference, bit for
 * bit, and the reference's functions against libm in double precision.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../firmware-sim/numerics.h"
#include "kernel_data.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const struct tnpu_kernels *const reference = &tnpu_kernels_scalar;

static void assert_same(const float *want, const float *got, size_t n)
{
	size_t at = data_differ(want, got, n);

	if (at != n)
		fail_msg("element %zu of %zu: %a, the reference has %a", at, n, got[at], want[at]);
}

/* ---- GEMM ------------------------------------------------------------------------------ */

/** struct gemm_case - a GEMM tile; @pad: bytes between rows beyond what they need */
struct gemm_case {
	int wformat;
	uint32_t rows;
	uint32_t blocks;
	uint32_t k;
	uint32_t group;
	uint32_t pad;
	enum kernel_data weights;
	enum kernel_data x;
};

/* Bochs takes all that tiles multiply for unsigned: the same where no sign is set. */
static bool unsigned_tiles(const struct tnpu_kernels *kernels)
{
	return getenv("TNPU_TEST_UNSIGNED_TILES") &&
	       kernels == tnpu_kernels_get(TNPU_ISA_AMX_INT8);
}

static void clear_signs(uint8_t *x, uint32_t k)
{
	uint32_t i;

	for (i = 0; i < k; i++)
		x[i] &= 0x7f;
}

static void gemm_compare(const struct tnpu_kernels *kernels, const struct gemm_case *c)
{
	bool integer = c->wformat <= TNPU_WFORMAT_INT8_G32;
	size_t stride = (integer ? data_qi8_stride(c->k, c->group) : c->k * 4) + c->pad;
	size_t block = data_block_bytes(c->wformat, c->k);
	uint8_t *w = data_alloc(block * c->blocks);
	uint8_t *x = data_alloc(stride * c->rows);
	size_t acc_stride = c->blocks * 16 + c->pad / 4;
	float *want = data_alloc(acc_stride * c->rows * 4);
	float *got = data_alloc(acc_stride * c->rows * 4);
	struct tnpu_gemm_tile t = {
		w, block, x, (const float *)(x + (c->k + 63) / 64 * 64), stride, want,
		acc_stride, c->blocks, c->rows, c->k, c->group,
	};
	uint64_t state = c->k * 31 + c->rows * 7 + c->group + 1;
	uint32_t r;

	data_weights(&state, w, c->wformat, c->blocks, c->k, c->weights);
	for (r = 0; r < c->rows; r++) {
		if (integer)
			data_qi8(&state, x + r * stride, 1, c->k, c->group, c->x);
		else
			data_floats(&state, (float *)(x + r * stride), c->k, c->x);
		if (integer && unsigned_tiles(kernels))
			clear_signs(x + r * stride, c->k);
	}
	reference->gemm[c->wformat](&t);
	t.acc = got;
	kernels->gemm[c->wformat](&t);
	assert_same(want, got, acc_stride * c->rows);
	free(w);
	free(x);
	free(want);
	free(got);
}

/* Rows and columns around every border of the kernels, all groups. */
static void gemm_shapes(const struct tnpu_kernels *kernels, int wformat)
{
	static const uint32_t ks[] = { 1, 2, 7, 32, 33, 64, 96, 160, 256, 288, 1056, 1312 };
	static const uint32_t groups[] = { 32, 64, 128, 256 };
	bool integer = wformat <= TNPU_WFORMAT_INT8_G32;
	uint32_t rows, i, g;

	for (rows = 1; rows <= 17; rows++) {
		for (i = 0; i < ARRAY_SIZE(ks); i++) {
			if (integer && ks[i] % 32)
				continue;
			for (g = 0; g < (integer ? ARRAY_SIZE(groups) : 1); g++)
				gemm_compare(kernels, &(struct gemm_case){
					wformat, rows, 1 + (rows + i) % 5, ks[i], groups[g],
					integer ? (rows % 3) * 64 : (rows % 3) * 4,
					DATA_NORMAL, DATA_NORMAL });
		}
	}
}

/* Columns past what the kernels keep of the activations at once. */
static void gemm_long(const struct tnpu_kernels *kernels, int wformat)
{
	static const uint32_t rows[] = { 1, 3, 16 };
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		gemm_compare(kernels, &(struct gemm_case){
			wformat, rows[i], 1, TNPU_MAX_GEMM_K - 32, 128, 0, DATA_NORMAL,
			DATA_NORMAL });
}

static void gemm_extremes(const struct tnpu_kernels *kernels, int wformat)
{
	static const uint32_t rows[] = { 1, 2, 6, 16 };
	int w, x;
	uint32_t i;

	for (w = 0; w < DATA_COUNT; w++)
		for (x = 0; x < DATA_COUNT; x++)
			for (i = 0; i < ARRAY_SIZE(rows); i++)
				gemm_compare(kernels, &(struct gemm_case){
					wformat, rows[i], 3, 416, 32u << (w + x) % 4, 0, w, x });
}

static void gemm_all(const struct tnpu_kernels *kernels, int wformat)
{
	gemm_shapes(kernels, wformat);
	gemm_long(kernels, wformat);
	gemm_extremes(kernels, wformat);
}

static void test_gemm_int4(void **state)
{
	gemm_all(*state, TNPU_WFORMAT_INT4_G32);
}

static void test_gemm_int8(void **state)
{
	gemm_all(*state, TNPU_WFORMAT_INT8_G32);
}

static void test_gemm_f16(void **state)
{
	gemm_all(*state, TNPU_WFORMAT_F16);
}

static void test_gemm_bf16(void **state)
{
	gemm_all(*state, TNPU_WFORMAT_BF16);
}

static void test_gemm_f32(void **state)
{
	gemm_all(*state, TNPU_WFORMAT_F32);
}

/* A row alone gives what it gives among others. */
static void test_gemm_batch(void **state)
{
	const struct tnpu_kernels *kernels = *state;
	const uint32_t k = 544, rows = 13;
	size_t stride = data_qi8_stride(k, 64);
	size_t block = data_block_bytes(TNPU_WFORMAT_INT4_G32, k);
	uint8_t *w = data_alloc(block * 4), *x = data_alloc(stride * rows);
	float all[13 * 64], one[64];
	struct tnpu_gemm_tile t = { w, block, x, (const float *)(x + 576), stride, all, 64, 4,
				    rows, k, 64 };
	uint64_t seed = 5;
	uint32_t r;

	data_weights(&seed, w, TNPU_WFORMAT_INT4_G32, 4, k, DATA_NORMAL);
	data_qi8(&seed, x, rows, k, 64, DATA_NORMAL);
	kernels->gemm[TNPU_WFORMAT_INT4_G32](&t);
	t.acc = one;
	t.rows = 1;
	for (r = 0; r < rows; r++) {
		t.x = x + r * stride;
		t.scales = (const float *)(x + r * stride + 576);
		kernels->gemm[TNPU_WFORMAT_INT4_G32](&t);
		assert_memory_equal(one, all + r * 64, sizeof(one));
	}
	free(w);
	free(x);
}

/* ---- Rows ------------------------------------------------------------------------------ */

#define COLS_MAX	1100

static void test_quantize(void **state)
{
	const struct tnpu_kernels *kernels = *state;
	static float x[COLS_MAX], want_scale[40], got_scale[40];
	static int8_t want[COLS_MAX], got[COLS_MAX];
	uint64_t seed = 3;
	uint32_t cols, group;
	int kind;

	for (kind = 0; kind < DATA_COUNT; kind++) {
		for (cols = 1; cols < COLS_MAX; cols += 1 + cols / 16) {
			for (group = 32; group <= 256; group *= 2) {
				data_floats(&seed, x, cols, kind);
				reference->quantize(x, want, want_scale, cols, group);
				kernels->quantize(x, got, got_scale, cols, group);
				assert_memory_equal(want, got, cols);
				assert_same(want_scale, got_scale, (cols + group - 1) / group);
			}
		}
	}
}

static void test_norm(void **state)
{
	const struct tnpu_kernels *kernels = *state;
	static float x[COLS_MAX], w[COLS_MAX], b[COLS_MAX], want[COLS_MAX], got[COLS_MAX];
	uint64_t seed = 4;
	uint32_t cols, how;
	int kind;

	for (kind = 0; kind < DATA_COUNT; kind++) {
		for (cols = 1; cols < COLS_MAX; cols += 1 + cols / 32) {
			data_floats(&seed, x, cols, kind);
			data_floats(&seed, w, cols, DATA_NORMAL);
			data_floats(&seed, b, cols, DATA_NORMAL);
			for (how = 0; how < 4; how++) {
				const float *bias = how & 1 ? b : NULL;

				reference->norm(x, want, w, bias, cols, how / 2, 1e-5f);
				kernels->norm(x, got, w, bias, cols, how / 2, 1e-5f);
				assert_same(want, got, cols);
				memcpy(got, x, cols * sizeof(*x));
				kernels->norm(got, got, w, bias, cols, how / 2, 1e-5f);
				assert_same(want, got, cols);
			}
		}
	}
}

static void test_act(void **state)
{
	const struct tnpu_kernels *kernels = *state;
	static float x[COLS_MAX], up[COLS_MAX], want[COLS_MAX], got[COLS_MAX];
	uint64_t seed = 6;
	uint32_t cols, act;
	int kind;

	for (kind = 0; kind < DATA_COUNT; kind++) {
		for (act = TNPU_ACT_NONE; act <= TNPU_ACT_RELU; act++) {
			for (cols = 1; cols < COLS_MAX; cols += 1 + cols / 8) {
				data_floats(&seed, x, cols, kind);
				data_floats(&seed, up, cols, kind);
				reference->glu(x, up, want, cols, act);
				kernels->glu(x, up, got, cols, act);
				assert_same(want, got, cols);
				memcpy(got, x, cols * sizeof(*x));
				kernels->glu(got, up, got, cols, act);
				assert_same(want, got, cols);
				memcpy(want, x, cols * sizeof(*x));
				memcpy(got, x, cols * sizeof(*x));
				reference->act(want, cols, act);
				kernels->act(got, cols, act);
				assert_same(want, got, cols);
			}
		}
	}
}

static void test_softmax_exp(void **state)
{
	const struct tnpu_kernels *kernels = *state;
	float x[256], want[256], got[256];
	uint64_t seed = 8;
	uint32_t n;
	int kind;

	for (kind = 0; kind < DATA_COUNT; kind++) {
		for (n = 1; n <= 256; n++) {
			data_floats(&seed, x, n, kind);
			memcpy(want, x, sizeof(x));
			memcpy(got, x, sizeof(x));
			reference->softmax_exp(want, x[n / 2], n);
			kernels->softmax_exp(got, x[n / 2], n);
			assert_same(want, got, n);
		}
	}
}

/* ---- Attention ------------------------------------------------------------------------- */

#define KV_BYTES	(1024 * 256 * 4)

static void kv_fill(uint8_t *p, uint32_t dtype, uint64_t *seed, enum kernel_data kind)
{
	uint32_t i;

	for (i = 0; i < KV_BYTES; i += 4) {
		float x = data_float(seed, kind);
		uint16_t half[2] = { data_f16(seed, kind), data_f16(seed, kind) };

		memcpy(p + i, dtype == TNPU_DTYPE_F16 ? (void *)half : (void *)&x, 4);
	}
}

static void span_compare(const struct tnpu_kernels *kernels,
			 const struct tnpu_attention_span *s, uint64_t *seed)
{
	float want[TNPU_ATTENTION_HEADS][256] = { 0 }, got[TNPU_ATTENTION_HEADS][256] = { 0 };
	float weight[TNPU_ATTENTION_HEADS][256] = { 0 };
	float *wants[TNPU_ATTENTION_HEADS], *gots[TNPU_ATTENTION_HEADS], *p[TNPU_ATTENTION_HEADS];
	uint32_t h;

	for (h = 0; h < TNPU_ATTENTION_HEADS; h++) {
		wants[h] = want[h];
		gots[h] = got[h];
		p[h] = weight[h];
	}
	reference->scores(s, wants);
	kernels->scores(s, gots);
	assert_same(want[0], got[0], TNPU_ATTENTION_HEADS * 256);
	for (h = 0; h < s->heads; h++) {
		assert_true(reference->max(want[h], s->count) == kernels->max(got[h], s->count));
		data_floats(seed, weight[h], s->count, DATA_NORMAL);
		data_floats(seed, want[h], 256, DATA_NORMAL);
	}
	memcpy(got, want, sizeof(got));
	reference->values(s, p, wants);
	kernels->values(s, p, gots);
	assert_same(want[0], got[0], TNPU_ATTENTION_HEADS * 256);
}

static void attention_all(const struct tnpu_kernels *kernels, uint32_t dtype)
{
	static const uint32_t firsts[] = { 0, 1, 15, 16, 77, 768 };
	static const uint32_t counts[] = { 1, 2, 16, 17, 63, 64, 65, 130, 256 };
	const uint32_t cases = ARRAY_SIZE(firsts) * ARRAY_SIZE(counts);
	uint8_t *k = data_alloc(KV_BYTES), *v = data_alloc(KV_BYTES);
	uint64_t seed = 9;
	uint32_t head_dim, i;
	float q[TNPU_ATTENTION_HEADS * 256];
	int kind;

	for (kind = 0; kind < DATA_COUNT; kind++) {
		kv_fill(k, dtype, &seed, kind);
		kv_fill(v, dtype, &seed, kind);
		data_floats(&seed, q, ARRAY_SIZE(q), kind);
		for (head_dim = 4; head_dim <= TNPU_MAX_HEAD_DIM; head_dim += 4)
			for (i = head_dim % 3; i < cases; i += 3)
				span_compare(kernels, &(struct tnpu_attention_span){
					q, k, v, firsts[i % ARRAY_SIZE(firsts)],
					counts[i / ARRAY_SIZE(firsts)], head_dim, dtype, 0.125f,
					1 + (i + head_dim / 4) % TNPU_ATTENTION_HEADS },
					&seed);
	}
	free(k);
	free(v);
}

static void test_attention_f32(void **state)
{
	attention_all(*state, TNPU_DTYPE_F32);
}

static void test_attention_f16(void **state)
{
	attention_all(*state, TNPU_DTYPE_F16);
}

static void test_attention_qi8(void **state)
{
	attention_all(*state, TNPU_DTYPE_QI8);
}

/* ---- The reference itself -------------------------------------------------------------- */

static void test_conversions(void **state)
{
	uint32_t h;

	for (h = 0; h < 65536; h++) {
		float f = tnpu_f16_to_f32(h);
		double value = ldexp(h & 0x3ff, -24);

		if ((h & 0x7c00) == 0x7c00) {
			assert_true(h & 0x3ff ? f != f : isinf(f) && !!signbit(f) == h >> 15);
			continue;
		}
		if (h & 0x7c00)
			value = ldexp(0x400 + (h & 0x3ff), ((h >> 10) & 31) - 25);
		assert_true(f == (h & 0x8000 ? -value : value));
		assert_int_equal(tnpu_f32_to_f16(f), h);
		assert_int_equal(tnpu_f32_to_bf16(tnpu_bf16_to_f32(h)), h);
	}
	assert_int_equal(tnpu_f32_to_f16(65519.996f), 0x7bff);
	assert_int_equal(tnpu_f32_to_f16(65520.0f), 0x7c00);
	assert_int_equal(tnpu_f32_to_f16(0x1.002p0f), 0x3c00);		/* ties to even */
	assert_int_equal(tnpu_f32_to_f16(0x1.006p0f), 0x3c02);
	assert_int_equal(tnpu_f32_to_f16(0x1p-25f), 0x0000);
	assert_int_equal(tnpu_f32_to_f16(0x1.8p-24f), 0x0002);
	assert_int_equal(tnpu_f32_to_f16(-0x1.ffep-15f), 0x8400);
	assert_int_equal(tnpu_f32_to_bf16(0x1.01p0f), 0x3f80);
	assert_int_equal(tnpu_f32_to_bf16(0x1.03p0f), 0x3f82);
	assert_int_equal(tnpu_f32_to_bf16(0x1.ffp127f), 0x7f80);
	assert_int_equal(tnpu_f32_to_f16(NAN) & 0x7e00, 0x7e00);
	assert_int_equal(tnpu_f32_to_bf16(NAN) & 0x7fc0, 0x7fc0);
}

static void test_quantize_rules(void **state)
{
	float x[32] = { 127.0f, 1.5f, 2.5f, -0.5f, -126.5f, 63.4f };
	static const int8_t want[32] = { 127, 2, 2, 0, -126, 63 };
	int8_t q[32], zero[32] = { 0 };
	float scale;

	reference->quantize(x, q, &scale, 32, 32);
	assert_memory_equal(q, want, sizeof(q));
	assert_true(scale == 1.0f);
	x[7] = INFINITY;
	reference->quantize(x, q, &scale, 32, 32);
	assert_memory_equal(q, zero, sizeof(q));
	assert_true(isinf(scale));
	x[9] = -NAN;
	reference->quantize(x, q, &scale, 32, 32);
	assert_memory_equal(q, zero, sizeof(q));
	assert_true(scale != scale);
	memset(x, 0, sizeof(x));
	reference->quantize(x, q, &scale, 32, 32);
	assert_memory_equal(q, zero, sizeof(q));
	assert_true(scale == 0.0f && !signbit(scale));
}

/* Distance from @want in units of the last place of an F32 there. */
static double ulps(float got, double want)
{
	int exponent;

	if (got == want)
		return 0;
	frexp(want, &exponent);
	return fabs(got - want) / ldexp(1, exponent < -125 ? -149 : exponent - 24);
}

/**
 * struct function - a function, its reference, and how far they may be apart in [low, high]
 * @ulp: in units of the last place, or @absolute where the result is smaller than that
 */
struct function {
	const char *name;
	float (*f)(float x);
	double (*reference)(double x);
	float low;
	float high;
	double ulp;
	double absolute;
};

static float f_exp(float x)
{
	return tnpu_exp(x);
}

static float f_erf(float x)
{
	return tnpu_erf(x);
}

static float f_silu(float x)
{
	return tnpu_silu(x);
}

static float f_gelu_tanh(float x)
{
	return tnpu_gelu_tanh(x);
}

static float f_gelu_erf(float x)
{
	return tnpu_gelu_erf(x);
}

static double d_silu(double x)
{
	return x / (1 + exp(-x));
}

static double d_gelu_tanh(double x)
{
	return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

static double d_gelu_erf(double x)
{
	return 0.5 * x * erfc(-x * sqrt(0.5));
}

static const struct function functions[] = {
	{ "exp", f_exp, exp, -103.97f, 88.72f, 1.1, 0 },
	{ "erf", f_erf, erf, -20, 20, 1.3, 0 },
	{ "silu", f_silu, d_silu, -80, 1e30f, 2.5, 0 },
	{ "gelu_tanh", f_gelu_tanh, d_gelu_tanh, -80, 1e12f, 4, 1e-7 },
	{ "gelu_erf", f_gelu_erf, d_gelu_erf, -80, 1e30f, 3, 3e-7 },
};

static void check_function(const struct function *f, float x)
{
	double want = f->reference(x);
	float got = f->f(x);

	if (x < f->low || x > f->high || fabs(got - want) <= f->absolute)
		return;
	if (!(ulps(got, want) <= f->ulp))
		fail_msg("%s(%a) = %a, should be %a: %.3f ulp", f->name, x, got, want,
			 ulps(got, want));
}

/* Floats of all magnitudes, some 170000 a function and sign. */
static void test_accuracy(void **state)
{
	uint32_t bits;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		for (bits = 0; bits < 0x7f800000; bits += 12569) {
			check_function(&functions[i], tnpu_f32_from_bits(bits));
			check_function(&functions[i], tnpu_f32_from_bits(bits | 0x80000000));
		}
	}
}

static void test_limits(void **state)
{
	assert_true(tnpu_exp(INFINITY) == INFINITY && tnpu_exp(88.73f) == INFINITY);
	assert_true(tnpu_exp(-INFINITY) == 0 && tnpu_exp(-103.98f) == 0);
	assert_true(tnpu_exp(-103.0f) == 0x1p-149f);
	assert_true(tnpu_exp(0.0f) == 1 && tnpu_exp(-0.0f) == 1);
	assert_true(tnpu_erf(INFINITY) == 1 && tnpu_erf(-INFINITY) == -1);
	assert_true(signbit(tnpu_erf(-0.0f)));
	assert_true(isnan(tnpu_exp(NAN)) && isnan(tnpu_erf(NAN)));
	assert_true(isnan(tnpu_silu(-INFINITY)) && tnpu_silu(INFINITY) == INFINITY);
	assert_true(isnan(tnpu_gelu_tanh(-INFINITY)) && isnan(tnpu_gelu_erf(-INFINITY)));
	assert_true(tnpu_silu(-1e30f) == 0 && tnpu_gelu_tanh(-1e30f) == 0);
	assert_true(isnan(tnpu_relu(NAN)) && tnpu_relu(-1) == 0 && tnpu_relu(2) == 2);
}

static void check_angle(double angle)
{
	struct tnpu_sincos got = tnpu_sincos(angle);

	if (ulps(got.sin, sin(angle)) > 0.501 || ulps(got.cos, cos(angle)) > 0.501)
		fail_msg("sin, cos(%a) = %a, %a, should be %a, %a", angle, got.sin, got.cos,
			 sin(angle), cos(angle));
}

static void test_sincos(void **state)
{
	uint64_t seed = 12;
	uint32_t i;

	for (i = 0; i < 400000; i++) {
		double position = data_random(&seed) % TNPU_MAX_POSITIONS;
		float freq = tnpu_f32_from_bits(0x3f800000 - data_random(&seed) % 0x08000000);

		check_angle(position * freq);
		check_angle(-position * freq);
	}
	for (i = 0; i < 2000; i++)
		check_angle(i * M_PI_4);
	check_angle(0x1p20);
	check_angle(0x1p48);
	assert_true(isnan(tnpu_sincos(0x1.1p48).sin) && isnan(tnpu_sincos(INFINITY).cos));
	assert_true(isnan(tnpu_sincos(NAN).sin) && isnan(tnpu_sincos(NAN).cos));
	assert_true(tnpu_sincos(0).sin == 0 && tnpu_sincos(0).cos == 1);
}

static void test_tables(void **state)
{
	assert_ptr_equal(tnpu_kernels_get(TNPU_ISA_SCALAR), reference);
	assert_true(tnpu_isa_supported(TNPU_ISA_AUTO) && tnpu_isa_supported(TNPU_ISA_SCALAR));
	assert_false(tnpu_isa_supported(77));
	assert_null(tnpu_kernels_get(77));
	assert_null(tnpu_isa_name(77));
	assert_string_equal(tnpu_isa_name(TNPU_ISA_AVX2), "avx2");
	assert_string_equal(tnpu_isa_name(TNPU_ISA_NEON_DOTPROD), "neon-dotprod");
	assert_string_equal(tnpu_isa_name(TNPU_ISA_AVX512_VNNI), "avx512-vnni");
	assert_string_equal(tnpu_isa_name(TNPU_ISA_AUTO), "auto");
}

/* Each table under its name, and the last of them chosen. */
static void test_best(void **state)
{
	const struct tnpu_kernels *best = NULL;
	enum tnpu_isa isa;

	for (isa = TNPU_ISA_SCALAR; isa < TNPU_ISAS; isa++) {
		const struct tnpu_kernels *kernels = tnpu_kernels_get(isa);

		assert_int_equal(!!kernels, tnpu_isa_supported(isa));
		if (!kernels)
			continue;
		assert_string_equal(kernels->name, tnpu_isa_name(isa));
		best = kernels;
	}
	assert_ptr_equal(tnpu_kernels_get(TNPU_ISA_AUTO), best);
}

/* ---- One list of tests, as long as this host has instruction sets ---------------------- */

static const struct CMUnitTest isa_tests[] = {
	cmocka_unit_test(test_gemm_int4),
	cmocka_unit_test(test_gemm_int8),
	cmocka_unit_test(test_gemm_f16),
	cmocka_unit_test(test_gemm_bf16),
	cmocka_unit_test(test_gemm_f32),
	cmocka_unit_test(test_gemm_batch),
	cmocka_unit_test(test_quantize),
	cmocka_unit_test(test_norm),
	cmocka_unit_test(test_act),
	cmocka_unit_test(test_softmax_exp),
	cmocka_unit_test(test_attention_f32),
	cmocka_unit_test(test_attention_f16),
	cmocka_unit_test(test_attention_qi8),
};

static const struct CMUnitTest reference_tests[] = {
	cmocka_unit_test(test_tables),
	cmocka_unit_test(test_best),
	cmocka_unit_test(test_conversions),
	cmocka_unit_test(test_quantize_rules),
	cmocka_unit_test(test_accuracy),
	cmocka_unit_test(test_limits),
	cmocka_unit_test(test_sincos),
};

#define TESTS_MAX (ARRAY_SIZE(reference_tests) + (TNPU_ISAS + 1) * ARRAY_SIZE(isa_tests))

static struct CMUnitTest tests[TESTS_MAX];
static char names[TESTS_MAX][64];
static size_t count;

static void add_isa(const char *name, const struct tnpu_kernels *kernels)
{
	size_t j;

	for (j = 0; j < ARRAY_SIZE(isa_tests); j++, count++) {
		tests[count] = isa_tests[j];
		snprintf(names[count], sizeof(names[0]), "%s: %s", isa_tests[j].name, name);
		tests[count].name = names[count];
		tests[count].initial_state = (void *)kernels;
	}
}

int main(void)
{
	const char *filter = getenv("TNPU_TEST_FILTER"), *skip = getenv("TNPU_TEST_SKIP");
	enum tnpu_isa isa;

	count = ARRAY_SIZE(reference_tests);
	memcpy(tests, reference_tests, sizeof(reference_tests));
	for (isa = TNPU_ISA_SCALAR + 1; isa < TNPU_ISAS; isa++)
		if (tnpu_isa_supported(isa))
			add_isa(tnpu_isa_name(isa), tnpu_kernels_get(isa));
#if defined(__x86_64__)
	if (tnpu_isa_supported(TNPU_ISA_AVX512_VNNI))
		add_isa("amx-int8 with tiles in C", &data_kernels_tiles_c);
#endif
	/* Some of them, where all would take too long. */
	if (filter)
		cmocka_set_test_filter(filter);
	if (skip)
		cmocka_set_skip_filter(skip);
	return _cmocka_run_group_tests("kernels", tests, count, NULL, NULL);
}
