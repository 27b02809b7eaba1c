// SPDX-License-Identifier: MIT
/*
 * Operators against what their manual says, computed here in the plainest way: NOP, FILL,
 * COPY, CONVERT, GATHER, NORM, ROPE, GLU, CELL. Then the same bits everywhere.
 */
#include <math.h>

#include "ops_env.h"

/* ---- Helpers --------------------------------------------------------------------- */

static float half_value(uint16_t h)
{
	int exponent = h >> 10 & 31, mantissa = h & 1023;
	float x = exponent ? ldexpf(1024 + mantissa, exponent - 25) : ldexpf(mantissa, -24);

	return h & 0x8000 ? -x : x;
}

static float bfloat_value(uint16_t h)
{
	uint32_t bits = (uint32_t)h << 16;
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static void assert_near(double expected, double got, double tolerance)
{
	if (!(fabs(expected - got) <= tolerance))
		fail_msg("expected %.9g, got %.9g, tolerance %.3g", expected, got, tolerance);
}

static void read_floats(struct ops_env *env, uint64_t va, float *x, size_t count)
{
	harness_read(&env->h, va, x, count * sizeof(*x));
}

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

/* ---- Moving data ----------------------------------------------------------------- */

static void test_nop(void **state)
{
	struct tnpu_cmd_nop cmd = { OPS_HEADER(NOP, cmd) };

	ops_run(*state, &cmd);
}

/* Two tiles and a part, and nothing beyond them. */
static void test_fill(void **state)
{
	struct ops_env *env = *state;
	const uint32_t size = (512 << 10) + 12, room = size + 8;
	struct tnpu_cmd_fill cmd = { OPS_HEADER(FILL, cmd) };
	uint32_t *got = test_malloc(room);
	uint64_t va = ops_alloc(env, room);

	cmd.dst = va + 4;
	cmd.size = size;
	cmd.pattern = 0xc0ffee01;
	ops_run(env, &cmd);
	harness_read(&env->h, va, got, room);
	assert_int_equal(got[0], 0);
	for (uint32_t i = 1; i <= size / 4; i++)
		assert_int_equal(got[i], 0xc0ffee01);
	assert_int_equal(got[size / 4 + 1], 0);
	test_free(got);
}

static void check_copy(struct ops_env *env, uint32_t rows, uint32_t row_bytes, uint32_t from,
		       uint32_t to)
{
	struct tnpu_cmd_copy cmd = { OPS_HEADER(COPY, cmd) };
	uint8_t *src = test_malloc(rows * from + 1), *got = test_malloc(rows * to + 3);
	uint64_t dst = ops_alloc(env, rows * to + 3);

	for (uint32_t i = 0; i < rows * from + 1; i++)
		src[i] = ops_random(env) | 1;
	cmd.src = ops_put(env, src, rows * from + 1) + 1;
	cmd.dst = dst + 3;
	cmd.src_stride = from;
	cmd.dst_stride = to;
	cmd.row_bytes = row_bytes;
	cmd.rows = ops_dim(rows);
	ops_run(env, &cmd);
	harness_read(&env->h, dst, got, rows * to + 3);
	for (uint32_t i = 0; i < rows * to; i++)
		assert_int_equal(got[i + 3],
				 i % to < row_bytes ? src[1 + i / to * from + i % to] : 0);
	test_free(src);
	test_free(got);
}

static void test_copy(void **state)
{
	check_copy(*state, 1, 1, 1, 1);
	check_copy(*state, 37, 101, 103, 211);
	check_copy(*state, 3, 300001, 300001, 300005);
}

/* Every value of F16 there and back, and halfway cases by hand. */
static void test_convert_half(void **state)
{
	struct ops_env *env = *state;
	struct tnpu_cmd_convert cmd = { OPS_HEADER(CONVERT, cmd) };
	uint16_t *half = test_malloc(63488 * 2), *back = test_malloc(63488 * 2);
	float *single = test_malloc(63488 * 4);

	/* All but the NaNs and infinities: 0..0x7bff and 0x8000..0xfbff. */
	for (uint32_t i = 0; i < 63488; i++)
		half[i] = i < 0x7c00 ? i : i - 0x7c00 + 0x8000;
	cmd.src = ops_tensor(ops_put(env, half, 63488 * 2), 63488 * 2);
	cmd.src.dtype = TNPU_DTYPE_F16;
	cmd.dst = ops_tensor(ops_alloc(env, 63488 * 4), 63488 * 4);
	cmd.rows = ops_dim(1);
	cmd.cols = 63488;
	ops_run(env, &cmd);
	read_floats(env, cmd.dst.va, single, 63488);
	for (uint32_t i = 0; i < 63488; i++)
		assert_true(single[i] == half_value(half[i]));
	cmd.src = cmd.dst;
	cmd.dst = ops_tensor(ops_alloc(env, 63488 * 2), 63488 * 2);
	cmd.dst.dtype = TNPU_DTYPE_F16;
	ops_run(env, &cmd);
	harness_read(&env->h, cmd.dst.va, back, 63488 * 2);
	assert_memory_equal(half, back, 63488 * 2);
	test_free(half);
	test_free(back);
	test_free(single);
}

static void test_convert_rounds(void **state)
{
	static const float src[] = {
		0x1.002p0f, 0x1.006p0f, 65519.0f, 65520.0f, 0x1p-25f, 0x1.8p-25f, -0x1p-24f,
		INFINITY,
	};
	static const uint16_t half[] = {
		0x3c00, 0x3c02, 0x7bff, 0x7c00, 0x0000, 0x0001, 0x8001, 0x7c00,
	};
	static const uint16_t bfloat[] = {
		0x3f80, 0x3f80, 0x4780, 0x4780, 0x3300, 0x3340, 0xb380, 0x7f80,
	};
	struct ops_env *env = *state;
	struct tnpu_cmd_convert cmd = { OPS_HEADER(CONVERT, cmd) };
	uint16_t got[8];

	cmd.src = ops_tensor(ops_put(env, src, sizeof(src)), sizeof(src));
	cmd.dst = ops_tensor(ops_alloc(env, sizeof(got)), sizeof(got));
	cmd.rows = ops_dim(1);
	cmd.cols = 8;
	cmd.dst.dtype = TNPU_DTYPE_F16;
	ops_run(env, &cmd);
	harness_read(&env->h, cmd.dst.va, got, sizeof(got));
	assert_memory_equal(got, half, sizeof(got));
	cmd.dst.dtype = TNPU_DTYPE_BF16;
	ops_run(env, &cmd);
	harness_read(&env->h, cmd.dst.va, got, sizeof(got));
	assert_memory_equal(got, bfloat, sizeof(got));
}

/* ---- GATHER ---------------------------------------------------------------------- */

static const struct tnpu_wformat formats[] = {
	TNPU_WFORMAT_DESC_INT4_G32, TNPU_WFORMAT_DESC_INT8_G32, TNPU_WFORMAT_DESC_F16,
	TNPU_WFORMAT_DESC_BF16, TNPU_WFORMAT_DESC_F32,
};

static size_t block_bytes(const struct tnpu_wformat *f, uint32_t cols)
{
	size_t bytes = 16ul * cols * f->bits / 8 + (f->group ? cols / f->group * 32 : 0);

	return (bytes + 63) & ~63ul;
}

/* One weight, straight from the words of the header. */
static float packed_value(const struct tnpu_wformat *f, const uint8_t *packed, uint32_t cols,
			  uint32_t row, uint32_t col)
{
	const uint8_t *block = packed + row / 16 * block_bytes(f, cols);
	const uint8_t *group = block + col / 32 * (32 + 64 * f->bits);
	uint32_t r = row % 16, c = f->bits == 4 ? col % 16 : col % 32, value;
	float scale;

	if (f->kind == TNPU_WKIND_BFLOAT)
		return bfloat_value(((const uint16_t *)block)[col * 16 + r]);
	if (f->kind == TNPU_WKIND_FLOAT && f->bits == 16)
		return half_value(((const uint16_t *)block)[col * 16 + r]);
	if (f->kind == TNPU_WKIND_FLOAT)
		return ((const float *)block)[col * 16 + r];
	scale = half_value(((const uint16_t *)group)[r]);
	value = group[32 + c / 4 * 64 + 4 * r + c % 4];
	if (f->bits == 4)
		value = col % 32 < 16 ? value & 15 : value >> 4;
	return ((float)value - f->zero) * scale;
}

/* Random bytes without a NaN or an infinity: bit 14 of each half of a word is cleared. */
static uint8_t *random_packed(struct ops_env *env, size_t size)
{
	uint32_t *words = test_malloc(size);

	for (size_t i = 0; i < size / 4; i++)
		words[i] = ops_random(env) & 0xbfffbfff;
	return (uint8_t *)words;
}

static void check_gather_packed(struct ops_env *env, int format, uint32_t cols)
{
	static const uint32_t ids[] = { 16, 3, 18, 3, 15 };
	const struct tnpu_wformat *f = &formats[format];
	struct tnpu_cmd_gather cmd = { OPS_HEADER(GATHER, cmd) };
	uint8_t *packed = random_packed(env, 2 * block_bytes(f, cols));
	float *got = test_malloc(5 * cols * sizeof(*got));

	cmd.table.va = ops_put(env, packed, 2 * block_bytes(f, cols));
	cmd.format = *f;
	cmd.out = ops_tensor(ops_alloc(env, 5 * cols * 4), cols * 4);
	cmd.ids = ops_put(env, ids, sizeof(ids));
	cmd.rows = ops_dim(5);
	cmd.table_rows = 19;
	cmd.cols = cols;
	ops_run(env, &cmd);
	read_floats(env, cmd.out.va, got, 5 * cols);
	for (uint32_t r = 0; r < 5; r++)
		for (uint32_t c = 0; c < cols; c++)
			assert_true(got[r * cols + c] == packed_value(f, packed, cols, ids[r], c));
	cmd.hdr.flags = TNPU_GATHER_ADD;
	ops_run(env, &cmd);
	read_floats(env, cmd.out.va, got, 5 * cols);
	for (uint32_t c = 0; c < cols; c++)
		assert_true(got[c] == 2 * packed_value(f, packed, cols, ids[0], c));
	test_free(packed);
	test_free(got);
}

static void test_gather_packed(void **state)
{
	for (int format = 0; format < TNPU_WFORMAT_COUNT; format++) {
		check_gather_packed(*state, format, 64);
		check_gather_packed(*state, format, 8192 + 32);
		if (!formats[format].group)
			check_gather_packed(*state, format, 4097);
	}
}

static void test_gather_tensor(void **state)
{
	static const uint32_t ids[] = { 4, 0, 4 };
	struct ops_env *env = *state;
	struct tnpu_cmd_gather cmd = { OPS_HEADER(GATHER, cmd) };
	uint16_t *table = (uint16_t *)random_packed(env, 5 * 104);
	float got[3 * 50];

	cmd.hdr.flags = TNPU_GATHER_TENSOR;
	cmd.table = ops_tensor(ops_put(env, table, 5 * 104), 104);
	cmd.table.dtype = TNPU_DTYPE_BF16;
	cmd.out = ops_tensor(ops_alloc(env, sizeof(got)), 200);
	cmd.ids = ops_put(env, ids, sizeof(ids));
	cmd.rows = ops_dim(3);
	cmd.table_rows = 5;
	cmd.cols = 50;
	ops_run(env, &cmd);
	read_floats(env, cmd.out.va, got, 150);
	for (uint32_t i = 0; i < 150; i++)
		assert_true(got[i] == bfloat_value(table[ids[i / 50] * 52 + i % 50]));
	test_free(table);
}

/* ---- Outputs that are quantised -------------------------------------------------- */

/*
 * @command with an output of QI8 stores the bytes that it and QUANTIZE store one after the other.
 * @out: where its output is in the struct; it has run already, into F32
 */
static void check_rounded(struct ops_env *env, const void *command, size_t size,
			  struct tnpu_tensor *out, uint32_t rows, uint32_t cols)
{
	struct tnpu_cmd_quantize quantize = { OPS_HEADER(QUANTIZE, quantize) };
	uint32_t groups = (cols + 63) / 64, stride = groups * 64 + (groups + 15) / 16 * 64;
	uint8_t *want = test_malloc(rows * stride), *got = test_malloc(rows * stride);

	quantize.src = *out;
	quantize.dst = (struct tnpu_tensor){
		.va = ops_alloc(env, rows * stride), .stride = stride,
		.dtype = TNPU_DTYPE_QI8, .group_log2 = 6,
	};
	quantize.rows = ops_dim(rows);
	quantize.cols = cols;
	ops_run(env, &quantize);
	*out = quantize.dst;
	out->va = ops_alloc(env, rows * stride);
	assert_int_equal(ops_reason(env, command, size), TNPU_ERR_NONE);
	harness_read(&env->h, quantize.dst.va, want, rows * stride);
	harness_read(&env->h, out->va, got, rows * stride);
	assert_memory_equal(want, got, rows * stride);
	test_free(want);
	test_free(got);
}

/* ---- NORM ------------------------------------------------------------------------ */

/* RMS: y = x / sqrt(mean(x^2) + eps) * weight; LAYER: (x - mean) and variance, + bias. */
static void norm_expected(const float *x, const float *weight, const float *bias, uint32_t cols,
			  uint32_t kind, double *y)
{
	double mean = 0, square = 0;

	for (uint32_t i = 0; kind == TNPU_NORM_LAYER && i < cols; i++)
		mean += (double)x[i] / cols;
	for (uint32_t i = 0; i < cols; i++)
		square += (x[i] - mean) * (x[i] - mean) / cols;
	for (uint32_t i = 0; i < cols; i++)
		y[i] = (x[i] - mean) / sqrt(square + (double)1e-5f) * weight[i] +
		       (bias ? bias[i] : 0);
}

/* Random rows; the command alone differs. In place where @in_place. */
static void check_norm(struct ops_env *env, uint32_t cols, uint32_t kind, bool biased,
		       bool in_place)
{
	struct tnpu_cmd_norm cmd = { OPS_HEADER(NORM, cmd) };
	float *x = ops_random_floats(env, 3 * cols, 4), *weight = ops_random_floats(env, cols, 2);
	float *bias = ops_random_floats(env, cols, 1), *got = test_malloc(3 * cols * 4);
	double *expected = test_malloc(cols * sizeof(*expected));

	cmd.x = ops_tensor(ops_put(env, x, 3 * cols * 4), cols * 4);
	cmd.out = in_place ? cmd.x : ops_tensor(ops_alloc(env, 3 * cols * 4), cols * 4);
	cmd.weight = ops_put(env, weight, cols * 4);
	cmd.bias = biased ? ops_put(env, bias, cols * 4) : 0;
	cmd.rows = ops_dim(3);
	cmd.cols = cols;
	cmd.kind = kind;
	cmd.epsilon = 0x3727c5ac;	/* 1e-5 */
	ops_run(env, &cmd);
	read_floats(env, cmd.out.va, got, 3 * cols);
	for (uint32_t i = 0; i < 3 * cols; i++) {
		if (i % cols == 0)
			norm_expected(x + i, weight, biased ? bias : NULL, cols, kind, expected);
		assert_near(expected[i % cols], got[i], 2e-5);
	}
	if (!in_place)
		check_rounded(env, &cmd, sizeof(cmd), &cmd.out, 3, cols);
	test_free(x);
	test_free(weight);
	test_free(bias);
	test_free(got);
	test_free(expected);
}

static void test_norm(void **state)
{
	static const uint32_t cols[] = { 1, 17, 64, 896 };

	for (int i = 0; i < 16; i++)
		check_norm(*state, cols[i / 4], i & 1, i & 2, i % 3 == 0);
}

/* ---- ROPE ------------------------------------------------------------------------ */

static void rope_expected(const float *x, uint32_t position, const float *freqs, uint32_t n_rot,
			  uint32_t mode, double *y)
{
	for (uint32_t i = 0; i < n_rot / 2; i++) {
		double angle = (double)position * freqs[i], c = cos(angle), s = sin(angle);
		uint32_t a = mode == TNPU_ROPE_PAIRS ? 2 * i : i;
		uint32_t b = mode == TNPU_ROPE_PAIRS ? 2 * i + 1 : i + n_rot / 2;

		y[a] = x[a] * c - x[b] * s;
		y[b] = x[a] * s + x[b] * c;
	}
}

static void check_rope(struct ops_env *env, uint32_t head_dim, uint32_t n_rot, uint32_t mode)
{
	const uint32_t positions[] = { 0, 1, 4097, TNPU_MAX_POSITIONS - 1 };
	const uint32_t heads = 3, cols = heads * head_dim;
	struct tnpu_cmd_rope cmd = { OPS_HEADER(ROPE, cmd) };
	float *x = ops_random_floats(env, 4 * cols, 2), *got = test_malloc(4 * cols * 4);
	float *freqs = ops_random_floats(env, n_rot / 2, 1);
	double *expected = test_malloc(head_dim * sizeof(*expected));

	cmd.x = ops_tensor(ops_put(env, x, 4 * cols * 4), cols * 4);
	cmd.positions = ops_put(env, positions, sizeof(positions));
	cmd.freqs = ops_put(env, freqs, n_rot / 2 * 4);
	cmd.rows = ops_dim(4);
	cmd.heads = heads;
	cmd.head_dim = head_dim;
	cmd.n_rot = n_rot;
	cmd.mode = mode;
	ops_run(env, &cmd);
	read_floats(env, cmd.x.va, got, 4 * cols);
	for (uint32_t h = 0; h < 4 * heads; h++) {
		rope_expected(x + h * head_dim, positions[h / heads], freqs, n_rot, mode, expected);
		for (uint32_t i = 0; i < n_rot; i++)
			assert_near(expected[i], got[h * head_dim + i], 1e-6);
		for (uint32_t i = n_rot; i < head_dim; i++)
			assert_true(got[h * head_dim + i] == x[h * head_dim + i]);
	}
	test_free(x);
	test_free(got);
	test_free(freqs);
	test_free(expected);
}

static void test_rope(void **state)
{
	for (uint32_t mode = 0; mode <= TNPU_ROPE_HALVES; mode++) {
		check_rope(*state, 64, 64, mode);
		check_rope(*state, 96, 40, mode);
		check_rope(*state, 256, 256, mode);
		check_rope(*state, 3, 2, mode);
	}
}

/* ---- GLU ------------------------------------------------------------------------- */

static double act_expected(double x, uint32_t act)
{
	switch (act) {
	case TNPU_ACT_SILU:
		return x / (1 + exp(-x));
	case TNPU_ACT_GELU_TANH:
		return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
	case TNPU_ACT_GELU_ERF:
		return 0.5 * x * (1 + erf(x * M_SQRT1_2));
	case TNPU_ACT_RELU:
		return x > 0 ? x : 0;
	default:
		return x;
	}
}

static void check_glu(struct ops_env *env, uint32_t act, int out)
{
	const uint32_t cols = 5000, rows = 2, size = rows * cols * 4;
	struct tnpu_cmd_glu cmd = { OPS_HEADER(GLU, cmd) };
	float *gate = ops_random_floats(env, rows * cols, 8);
	float *up = ops_random_floats(env, rows * cols, 2), *got = test_malloc(size);

	cmd.gate = ops_tensor(ops_put(env, gate, size), cols * 4);
	cmd.up = ops_tensor(ops_put(env, up, size), cols * 4);
	cmd.out = out == 0 ? cmd.gate : out == 1 ? cmd.up :
		  ops_tensor(ops_alloc(env, size), cols * 4);
	cmd.rows = ops_dim(rows);
	cmd.cols = cols;
	cmd.act = act;
	ops_run(env, &cmd);
	read_floats(env, cmd.out.va, got, rows * cols);
	for (uint32_t i = 0; i < rows * cols; i++)
		assert_near(act_expected(gate[i], act) * up[i], got[i], 4e-6);
	if (out == 2)
		check_rounded(env, &cmd, sizeof(cmd), &cmd.out, rows, cols);
	test_free(gate);
	test_free(up);
	test_free(got);
}

static void test_glu(void **state)
{
	for (uint32_t act = 0; act <= TNPU_ACT_RELU; act++)
		check_glu(*state, act, act % 3);
}

/* ---- CELL, and dimensions from cells --------------------------------------------- */

static void test_cell(void **state)
{
	struct ops_env *env = *state;
	uint64_t cell = ops_put_u32(env, 7), other = ops_put_u32(env, 0);
	struct {
		struct tnpu_cmd_cell set;
		struct tnpu_cmd_cell add;
		struct tnpu_cmd_cell twice;
	} cmds = {
		{ OPS_HEADER(CELL, struct tnpu_cmd_cell), cell, 0, 40, TNPU_CELL_SET },
		{ OPS_HEADER(CELL, struct tnpu_cmd_cell), cell, cell, 2, TNPU_CELL_ADD },
		{ OPS_HEADER(CELL, struct tnpu_cmd_cell), other, cell, -43, TNPU_CELL_ADD },
	};

	ops_run(env, &cmds);
	assert_int_equal(ops_get_u32(env, cell), 42);
	assert_int_equal(ops_get_u32(env, other), UINT32_MAX);
}

/* What lies behind is not run, not even looked at; with a zero it is. */
static void test_exit(void **state)
{
	struct ops_env *env = *state;
	uint64_t cell = ops_put_u32(env, 0), other = ops_put_u32(env, 7);
	struct tnpu_completion c;
	struct {
		struct tnpu_cmd_cell first;
		struct tnpu_cmd_exit exit;
		struct tnpu_cmd_cell behind;
		struct tnpu_cmd_header wrong;
	} cmds = {
		{ OPS_HEADER(CELL, struct tnpu_cmd_cell), other, other, 1, TNPU_CELL_ADD },
		{ OPS_HEADER(EXIT, struct tnpu_cmd_exit), cell },
		{ OPS_HEADER(CELL, struct tnpu_cmd_cell), other, other, 10, TNPU_CELL_ADD },
		{ .opcode = TNPU_OP_MAX, .size = 8 },
	};

	harness_run(&env->h, &cmds, sizeof(cmds), &c);
	assert_int_equal(c.reason, TNPU_ERR_OPCODE);
	assert_int_equal(c.cmd_index, 3);
	assert_int_equal(ops_get_u32(env, other), 18);
	harness_write(&env->h, cell, &(uint32_t){ 1u << 31 }, 4);
	harness_run(&env->h, &cmds, sizeof(cmds), &c);
	assert_int_equal(c.status, TNPU_STATUS_OK);
	assert_int_equal(ops_get_u32(env, other), 19);
	/* The next job begins at its beginning. */
	ops_run(env, &cmds.first);
	assert_int_equal(ops_get_u32(env, other), 20);
}

/* A cell lowers the rows; none of them is no error and does nothing. */
static void test_rows_cell(void **state)
{
	struct ops_env *env = *state;
	struct tnpu_cmd_copy cmd = { OPS_HEADER(COPY, cmd) };
	uint64_t cell = ops_put_u32(env, 2);
	uint32_t src[3] = { 1, 2, 3 }, got[3];

	cmd.src = ops_put(env, src, sizeof(src));
	cmd.dst = ops_alloc(env, sizeof(src));
	cmd.row_bytes = 4;
	cmd.src_stride = 4;
	cmd.dst_stride = 4;
	cmd.rows = (struct tnpu_dim){ .cell = cell, .value = 3 };
	ops_run(env, &cmd);
	harness_read(&env->h, cmd.dst, got, sizeof(got));
	assert_int_equal(got[0], 1);
	assert_int_equal(got[1], 2);
	assert_int_equal(got[2], 0);
	harness_write(&env->h, cell, &(uint32_t){ 0 }, 4);
	cmd.src = 0x1000;	/* not mapped */
	ops_run(env, &cmd);
	harness_write(&env->h, cell, &(uint32_t){ 4 }, 4);
	assert_int_equal(ops_reason(env, &cmd, sizeof(cmd)), TNPU_ERR_CELL);
}

/* ---- The same bits everywhere ---------------------------------------------------- */

#define WORK_COLS	5376
#define WORK_ROWS	7
#define WORK_FLOATS	(WORK_COLS * WORK_ROWS)
#define WORK_SIZE	(WORK_FLOATS * 4)

static struct tnpu_tensor work_tensor(struct ops_env *env, float scale)
{
	float *x = ops_random_floats(env, WORK_FLOATS, scale);
	struct tnpu_tensor t = ops_tensor(ops_put(env, x, WORK_SIZE), WORK_COLS * 4);

	test_free(x);
	return t;
}

static void work_gather(struct ops_env *env, void *result)
{
	const uint32_t ids[WORK_ROWS] = { 0, 30, 7, 12, 12, 16, 31 };
	struct tnpu_cmd_gather cmd = { OPS_HEADER(GATHER, cmd) };
	uint8_t *out = result;

	for (int format = 0; format < TNPU_WFORMAT_COUNT; format++) {
		size_t size = 2 * block_bytes(&formats[format], WORK_COLS);
		uint8_t *packed = random_packed(env, size);

		cmd.table.va = ops_put(env, packed, size);
		cmd.format = formats[format];
		cmd.out = work_tensor(env, 1);
		cmd.ids = ops_put(env, ids, sizeof(ids));
		cmd.rows = ops_dim(WORK_ROWS);
		cmd.table_rows = 32;
		cmd.cols = WORK_COLS;
		cmd.hdr.flags = format & 1 ? TNPU_GATHER_ADD : 0;
		ops_run(env, &cmd);
		harness_read(&env->h, cmd.out.va, out + format * WORK_SIZE, WORK_SIZE);
		test_free(packed);
	}
}

static void work_norm(struct ops_env *env, void *result)
{
	struct tnpu_cmd_norm cmd = { OPS_HEADER(NORM, cmd) };

	cmd.x = work_tensor(env, 3);
	cmd.weight = work_tensor(env, 1).va;
	cmd.bias = work_tensor(env, 1).va;
	cmd.rows = ops_dim(WORK_ROWS);
	cmd.cols = WORK_COLS;
	cmd.epsilon = 0x3727c5ac;
	for (cmd.kind = 0; cmd.kind <= TNPU_NORM_LAYER; cmd.kind++) {
		cmd.out = cmd.kind ? cmd.x : ops_tensor(ops_alloc(env, WORK_SIZE), WORK_COLS * 4);
		ops_run(env, &cmd);
		harness_read(&env->h, cmd.out.va, (uint8_t *)result + cmd.kind * WORK_SIZE,
			     WORK_SIZE);
	}
}

static void work_rope(struct ops_env *env, void *result)
{
	const uint32_t positions[WORK_ROWS] = { 0, 1, 99, 1000, 20000, 300000, 1048575 };
	struct tnpu_cmd_rope cmd = { OPS_HEADER(ROPE, cmd) };

	cmd.x = work_tensor(env, 3);
	cmd.positions = ops_put(env, positions, sizeof(positions));
	cmd.freqs = work_tensor(env, 1).va;
	cmd.rows = ops_dim(WORK_ROWS);
	cmd.heads = WORK_COLS / 64;
	cmd.head_dim = 64;
	cmd.n_rot = 48;
	for (cmd.mode = 0; cmd.mode <= TNPU_ROPE_HALVES; cmd.mode++)
		ops_run(env, &cmd);
	harness_read(&env->h, cmd.x.va, result, WORK_SIZE);
}

static void work_glu(struct ops_env *env, void *result)
{
	struct tnpu_cmd_glu cmd = { OPS_HEADER(GLU, cmd) };

	cmd.gate = work_tensor(env, 20);
	cmd.up = work_tensor(env, 3);
	cmd.rows = ops_dim(WORK_ROWS);
	cmd.cols = WORK_COLS;
	for (cmd.act = 0; cmd.act <= TNPU_ACT_RELU; cmd.act++) {
		cmd.out = ops_tensor(ops_alloc(env, WORK_SIZE), WORK_COLS * 4);
		ops_run(env, &cmd);
		harness_read(&env->h, cmd.out.va, (uint8_t *)result + cmd.act * WORK_SIZE,
			     WORK_SIZE);
	}
}

/* FILL, COPY from an odd address, CONVERT to BF16 and on to F16. */
static void work_data(struct ops_env *env, void *result)
{
	struct tnpu_cmd_fill fill = { OPS_HEADER(FILL, fill) };
	struct tnpu_cmd_copy copy = { OPS_HEADER(COPY, copy) };
	struct tnpu_cmd_convert convert = { OPS_HEADER(CONVERT, convert) };
	struct tnpu_tensor src = work_tensor(env, 100);

	fill.dst = ops_alloc(env, WORK_SIZE);
	fill.size = WORK_SIZE;
	fill.pattern = 0x3fc0ffee;
	copy.src = src.va + 1;
	copy.dst = fill.dst + 2;
	copy.src_stride = WORK_COLS * 4;
	copy.dst_stride = WORK_COLS * 4;
	copy.row_bytes = WORK_COLS * 2 + 1;
	copy.rows = ops_dim(WORK_ROWS);
	convert.src = src;
	convert.dst = ops_tensor(ops_alloc(env, WORK_SIZE), WORK_COLS * 2);
	convert.dst.dtype = TNPU_DTYPE_BF16;
	convert.rows = ops_dim(WORK_ROWS);
	convert.cols = WORK_COLS;
	ops_run(env, &fill);
	ops_run(env, &copy);
	ops_run(env, &convert);
	harness_read(&env->h, fill.dst, result, WORK_SIZE);
	convert.src = convert.dst;
	convert.dst = ops_tensor(ops_alloc(env, WORK_SIZE), WORK_COLS * 4);
	convert.dst.dtype = TNPU_DTYPE_F16;
	ops_run(env, &convert);
	harness_read(&env->h, convert.dst.va, (uint8_t *)result + WORK_SIZE, WORK_SIZE);
}

static void test_everywhere(void **state)
{
	static const struct ops_work works[] = {
		{ "GATHER", TNPU_WFORMAT_COUNT * WORK_SIZE, work_gather },
		{ "NORM", 2 * WORK_SIZE, work_norm },
		{ "ROPE", WORK_SIZE, work_rope },
		{ "GLU", 5 * WORK_SIZE, work_glu },
		{ "FILL, COPY and CONVERT", 2 * WORK_SIZE, work_data },
	};

	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		ops_work_everywhere(&works[i]);
}

#define ops_test(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ops_test(test_nop), ops_test(test_fill), ops_test(test_copy),
		ops_test(test_convert_half), ops_test(test_convert_rounds),
		ops_test(test_gather_packed), ops_test(test_gather_tensor),
		ops_test(test_norm), ops_test(test_rope), ops_test(test_glu),
		ops_test(test_cell), ops_test(test_exit), ops_test(test_rows_cell),
		cmocka_unit_test(test_everywhere),
	};

	return cmocka_run_group_tests_name("operators", tests, NULL, NULL);
}
