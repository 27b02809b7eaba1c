// SPDX-License-Identifier: MIT
/*
 * What the compiler makes of matrices that have one input: as few commands as their places,
 * formats and the device's limits allow, which together do what one for each would do. And of
 * what lies between them: INT matrices' inputs are quantised where they come from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile.h"

#define WIDTH	64
#define Q	64
#define KV	32
#define FFN	160
#define GEMMS_MAX	8

/** struct fixture - a model of one layer, whose weights are nowhere but have addresses */
struct fixture {
	struct tnpu_model model;
	struct tnpu_layer layer;
	struct tnpu_plan plan;
	uint64_t end;
	unsigned int gemms;
	struct tnpu_cmd_gemm gemm[GEMMS_MAX];
	struct tnpu_cmd_norm norm;	/* the last one */
	struct tnpu_cmd_glu glu;
	unsigned int count[TNPU_OP_MAX];
};

static const struct tnpu_arch arch = {
	.name = "test", .act = TNPU_ACT_SILU, .rotary = true, .gated = true,
};

static void place(struct fixture *f, struct tnpu_linear *l, uint32_t n, uint32_t k)
{
	l->weight = (struct tnpu_matrix){ f->end, n, k, TNPU_WFORMAT_INT4_G32 };
	f->end += tnpu_wformat_bytes(l->weight.wformat, n, k);
}

static void place_bias(struct fixture *f, struct tnpu_linear *l)
{
	l->bias = f->end;
	f->end += l->weight.n * sizeof(float);
}

/* As the loader does: weights, then biases. */
static void place_all(struct fixture *f, uint32_t kv)
{
	struct tnpu_layer *l = &f->layer;

	f->end = TNPU_WEIGHT_ALIGN;
	place(f, &l->q, Q, WIDTH);
	place(f, &l->k, kv, WIDTH);
	place(f, &l->v, kv, WIDTH);
	place_bias(f, &l->q);
	place_bias(f, &l->k);
	place_bias(f, &l->v);
	place(f, &l->attn_out, WIDTH, Q);
	place(f, &l->gate, FFN, WIDTH);
	place(f, &l->up, FFN, WIDTH);
	place(f, &l->down, WIDTH, FFN);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tnpu_model *m = &f->model;

	assert_non_null(f);
	assert_int_equal(tnpu_device_open(NULL, &m->dev, NULL), 0);
	assert_int_equal(tnpu_buffer_create(m->dev, 4096, 0, &m->weights), 0);
	m->arch = &arch;
	m->layers = &f->layer;
	m->info = (struct tnpu_model_info){
		.layers = 1, .width = WIDTH, .heads = 4, .kv_heads = 2, .head_dim = 16, .ffn = FFN,
		.vocab = 256, .context = 64,
	};
	f->plan.model = m;
	f->plan.rows = 8;
	f->plan.outs = 1;
	tnpu_plan_activations(&f->plan, 1 << 20);
	place_all(f, KV);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tnpu_buffer_destroy(f->model.weights);
	tnpu_device_close(f->model.dev);
	free(f);
	return 0;
}

static void collect(struct fixture *f, const char *data, uint32_t size)
{
	const struct tnpu_cmd_header *hdr;
	uint32_t at;

	f->gemms = 0;
	memset(f->count, 0, sizeof(f->count));
	for (at = 0; at < size; at += hdr->size) {
		hdr = (const struct tnpu_cmd_header *)(data + at);
		assert_true(hdr->opcode < TNPU_OP_MAX);
		f->count[hdr->opcode]++;
		if (hdr->opcode == TNPU_OP_NORM)
			memcpy(&f->norm, hdr, sizeof(f->norm));
		if (hdr->opcode == TNPU_OP_GLU)
			memcpy(&f->glu, hdr, sizeof(f->glu));
		if (hdr->opcode != TNPU_OP_GEMM)
			continue;
		assert_true(f->gemms < GEMMS_MAX);
		memcpy(&f->gemm[f->gemms++], hdr, sizeof(f->gemm[0]));
	}
}

static void compile(struct fixture *f)
{
	struct tnpu_stream *s;
	struct tnpu_buffer *buf;

	assert_int_equal(tnpu_stream_create(&s), 0);
	tnpu_compile_body(&f->plan, s, TNPU_ROWS_PASS);
	assert_int_equal(tnpu_stream_upload(s, f->model.dev, &buf), 0);
	collect(f, tnpu_buffer_map(buf), tnpu_stream_size(s));
	tnpu_buffer_destroy(buf);
	tnpu_stream_destroy(s);
}

/* Command @i multiplies @n outputs from @first's on, into the columns from @col on of @out. */
static void expect(const struct fixture *f, unsigned int i, const struct tnpu_linear *first,
		   uint32_t n, const struct tnpu_tensor *out, uint32_t col)
{
	const struct tnpu_cmd_gemm *g = &f->gemm[i];
	uint64_t weights = tnpu_buffer_va(f->model.weights);

	assert_true(i < f->gemms);
	assert_int_equal(g->n, n);
	assert_int_equal(g->k, first->weight.k);
	assert_int_equal(g->weights, weights + first->weight.offset);
	assert_int_equal(g->bias, first->bias ? weights + first->bias : 0);
	assert_int_equal(g->out.va, out->va + col * sizeof(float));
	assert_int_equal(g->out.stride, out->stride);
}

static void test_joined(void **state)
{
	struct fixture *f = *state;

	compile(f);
	assert_int_equal(f->gemms, 4);
	expect(f, 0, &f->layer.q, Q + 2 * KV, &f->plan.qkv, 0);
	expect(f, 1, &f->layer.attn_out, WIDTH, &f->plan.x, 0);
	expect(f, 2, &f->layer.gate, 2 * FFN, &f->plan.ffn, 0);
	expect(f, 3, &f->layer.down, WIDTH, &f->plan.x, 0);
}

/* The last row block of k has padding, behind which v cannot go on. */
static void test_padded(void **state)
{
	struct fixture *f = *state;

	place_all(f, 24);
	f->layer.q.bias = 0;
	f->layer.k.bias = 0;
	f->layer.v.bias = 0;
	compile(f);
	assert_int_equal(f->gemms, 5);
	expect(f, 0, &f->layer.q, Q + 24, &f->plan.qkv, 0);
	expect(f, 1, &f->layer.v, 24, &f->plan.qkv, Q + 24);
}

/* Each of these keeps k apart from q; v goes on where k ends. */
static void test_apart(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 4; i++) {
		place_all(f, KV);
		if (i == 0)
			f->layer.q.weight.offset += TNPU_WEIGHT_ALIGN;
		else if (i == 1)
			f->layer.q.weight.wformat = TNPU_WFORMAT_INT8_G32;
		else if (i == 2)
			f->layer.q.bias = 0;
		else
			f->layer.q.bias += sizeof(float);
		compile(f);
		assert_int_equal(f->gemms, 5);
		expect(f, 0, &f->layer.q, Q, &f->plan.qkv, 0);
		expect(f, 1, &f->layer.k, 2 * KV, &f->plan.qkv, Q);
	}
}

static void test_limits(void **state)
{
	struct fixture *f = *state;

	f->model.dev->info.max_cmd_bytes = 4 * tnpu_wformat_bytes(TNPU_WFORMAT_INT4_G32, Q + KV,
								  WIDTH);
	compile(f);
	assert_int_equal(f->gemms, 6);
	expect(f, 0, &f->layer.q, Q + KV, &f->plan.qkv, 0);
	expect(f, 1, &f->layer.v, KV, &f->plan.qkv, Q + KV);
	expect(f, 4, &f->layer.up, FFN, &f->plan.ffn, FFN);
	f->model.dev->info.max_cmd_bytes = UINT64_MAX;
	f->model.dev->info.max_cmd_macs = 4ull * f->plan.rows * (Q + KV) * WIDTH;
	compile(f);
	assert_int_equal(f->gemms, 6);
}

/* Only attention, whose output is heads, has a command of its own for it. */
static void test_rounded(void **state)
{
	struct fixture *f = *state;

	compile(f);
	assert_int_equal(f->count[TNPU_OP_QUANTIZE], 1);
	assert_int_equal(f->count[TNPU_OP_ROPE], 1);
	assert_int_equal(f->norm.out.va, f->plan.q8.va);
	assert_int_equal(f->glu.out.va, f->plan.q8.va);
	assert_int_equal(f->glu.out.dtype, TNPU_DTYPE_QI8);
}

/* A matrix of floats takes what is not rounded; others beside it have it quantised. */
static void test_floats(void **state)
{
	struct fixture *f = *state;

	f->layer.up.weight.wformat = TNPU_WFORMAT_F16;
	f->layer.down.weight.wformat = TNPU_WFORMAT_F32;
	compile(f);
	assert_int_equal(f->count[TNPU_OP_QUANTIZE], 2);
	assert_int_equal(f->norm.out.va, f->plan.norm.va);
	assert_int_equal(f->gemm[2].x.va, f->plan.q8.va);
	assert_int_equal(f->gemm[3].x.va, f->plan.norm.va);
	assert_int_equal(f->glu.out.va, f->plan.ffn.va);
	assert_int_equal(f->gemm[4].x.va, f->plan.ffn.va);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_joined, setup, teardown),
		cmocka_unit_test_setup_teardown(test_padded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_floats, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
