// SPDX-License-Identifier: MIT
/*
 * What operators refuse: each field wrong by itself, what lies in memory wrong by itself,
 * and streams of random bytes and random fields, which must end, one way or the other.
 */
#include <stdio.h>

#include "ops_env.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

#define ROOM		(1u << 20)
#define AT(n)		((n) * 0x8000ull)	/* places in the room, 32 KiB each */
#define NOWHERE		0x7000ull		/* not mapped */

/* ---- A good command of each operator --------------------------------------------- */

union any_cmd {
	struct tnpu_cmd_header hdr;
	struct tnpu_cmd_fill fill;
	struct tnpu_cmd_copy copy;
	struct tnpu_cmd_convert convert;
	struct tnpu_cmd_gather gather;
	struct tnpu_cmd_norm norm;
	struct tnpu_cmd_rope rope;
	struct tnpu_cmd_kv_store kv_store;
	struct tnpu_cmd_attention attention;
	struct tnpu_cmd_glu glu;
	struct tnpu_cmd_sample sample;
	struct tnpu_cmd_cell cell;
	struct tnpu_cmd_exit exit;
};

static const uint32_t sizes[TNPU_OP_MAX] = {
	[TNPU_OP_FILL] = sizeof(struct tnpu_cmd_fill),
	[TNPU_OP_COPY] = sizeof(struct tnpu_cmd_copy),
	[TNPU_OP_CONVERT] = sizeof(struct tnpu_cmd_convert),
	[TNPU_OP_GATHER] = sizeof(struct tnpu_cmd_gather),
	[TNPU_OP_NORM] = sizeof(struct tnpu_cmd_norm),
	[TNPU_OP_ROPE] = sizeof(struct tnpu_cmd_rope),
	[TNPU_OP_KV_STORE] = sizeof(struct tnpu_cmd_kv_store),
	[TNPU_OP_ATTENTION] = sizeof(struct tnpu_cmd_attention),
	[TNPU_OP_GLU] = sizeof(struct tnpu_cmd_glu),
	[TNPU_OP_SAMPLE] = sizeof(struct tnpu_cmd_sample),
	[TNPU_OP_CELL] = sizeof(struct tnpu_cmd_cell),
	[TNPU_OP_EXIT] = sizeof(struct tnpu_cmd_exit),
};

static struct tnpu_tensor tensor_at(uint64_t room, uint32_t place)
{
	return ops_tensor(room + AT(place), 512);
}

static struct tnpu_kv kv_at(uint64_t room)
{
	return (struct tnpu_kv){
		.k = room + AT(8),
		.v = room + AT(12),
		.table = room + AT(16),
		.blocks = 4,
		.block_positions = 16,
		.blocks_per_seq = 2,
		.seqs = 2,
		.kv_heads = 2,
		.head_dim = 32,
		.dtype = TNPU_DTYPE_F16,
	};
}

static void good_data(union any_cmd *c, uint64_t room)
{
	switch (c->hdr.opcode) {
	case TNPU_OP_FILL:
		c->fill.dst = room;
		c->fill.size = 64;
		break;
	case TNPU_OP_COPY:
		c->copy.src = room;
		c->copy.dst = room + AT(24);
		c->copy.row_bytes = 8;
		c->copy.src_stride = 8;
		c->copy.dst_stride = 8;
		c->copy.rows = ops_dim(2);
		break;
	case TNPU_OP_CONVERT:
		c->convert.src = tensor_at(room, 0);
		c->convert.dst = tensor_at(room, 24);
		c->convert.rows = ops_dim(2);
		c->convert.cols = 64;
		break;
	case TNPU_OP_GATHER:
		c->gather.table.va = room;
		c->gather.format = (struct tnpu_wformat)TNPU_WFORMAT_DESC_INT4_G32;
		c->gather.out = tensor_at(room, 24);
		c->gather.ids = room + AT(2);
		c->gather.rows = ops_dim(2);
		c->gather.table_rows = 20;
		c->gather.cols = 64;
		break;
	case TNPU_OP_CELL:
		c->cell.dst = room;
		break;
	case TNPU_OP_EXIT:
		c->exit.cell = room;
		break;
	}
}

static void good_rows(union any_cmd *c, uint64_t room)
{
	switch (c->hdr.opcode) {
	case TNPU_OP_NORM:
		c->norm.x = tensor_at(room, 0);
		c->norm.out = tensor_at(room, 24);
		c->norm.weight = room + AT(2);
		c->norm.rows = ops_dim(2);
		c->norm.cols = 64;
		break;
	case TNPU_OP_ROPE:
		c->rope.x = tensor_at(room, 0);
		c->rope.positions = room + AT(6);
		c->rope.freqs = room + AT(2);
		c->rope.rows = ops_dim(2);
		c->rope.heads = 2;
		c->rope.head_dim = 64;
		c->rope.n_rot = 32;
		break;
	case TNPU_OP_GLU:
		c->glu.gate = tensor_at(room, 0);
		c->glu.up = tensor_at(room, 1);
		c->glu.out = tensor_at(room, 24);
		c->glu.rows = ops_dim(2);
		c->glu.cols = 64;
		break;
	case TNPU_OP_SAMPLE:
		c->sample.logits = tensor_at(room, 0);
		c->sample.rows = ops_dim(2);
		c->sample.params = room + AT(1);
		c->sample.counters = room + AT(2);
		c->sample.tokens = room + AT(3);
		c->sample.history = room + AT(4);
		c->sample.history_stride = 64;
		c->sample.history_index = ops_dim(3);
		c->sample.stops = room + AT(5);
		c->sample.n_stops = ops_dim(4);
		c->sample.n = 100;
		break;
	}
}

static void good_cache(union any_cmd *c, uint64_t room)
{
	switch (c->hdr.opcode) {
	case TNPU_OP_KV_STORE:
		c->kv_store.k = tensor_at(room, 0);
		c->kv_store.v = tensor_at(room, 1);
		c->kv_store.cache = kv_at(room);
		c->kv_store.positions = room + AT(2);
		c->kv_store.seqs = room + AT(3);
		c->kv_store.rows = ops_dim(2);
		break;
	case TNPU_OP_ATTENTION:
		c->attention.q = tensor_at(room, 0);
		c->attention.out = tensor_at(room, 24);
		c->attention.cache = kv_at(room);
		c->attention.positions = room + AT(2);
		c->attention.seqs = room + AT(3);
		c->attention.rows = ops_dim(2);
		c->attention.heads = 4;
		c->attention.scale = 0x3f800000;
		break;
	}
}

static union any_cmd good(uint32_t op, uint64_t room)
{
	union any_cmd c;

	memset(&c, 0, sizeof(c));
	c.hdr.opcode = op;
	c.hdr.size = sizes[op];
	good_data(&c, room);
	good_rows(&c, room);
	good_cache(&c, room);
	return c;
}

/* Zeros are good contents everywhere, but for top_p. */
static uint64_t good_room(struct ops_env *env)
{
	uint64_t room = ops_alloc(env, ROOM);
	struct tnpu_sample_params params[2] = { { .top_p = 0x3f800000 }, { .top_p = 0x3f800000 } };

	harness_write(&env->h, room + AT(1), params, sizeof(params));
	return room;
}

/* ---- One bad field at a time ----------------------------------------------------- */

/** struct bad_field - a field of a struct made wrong, and how the command must end */
struct bad_field {
	uint32_t offset;
	uint32_t size;
	uint64_t value;
	uint32_t reason;
};

/** struct bad - a bad field of a command */
struct bad {
	const char *what;
	uint32_t op;
	struct bad_field field;
};

/** enum part_dtypes - types of a tensor, if the part is one */
enum part_dtypes { PART_FLOATS, PART_F32_ALONE, PART_F32_OR_QI8 };

/** struct part - a struct inside a command */
struct part {
	const char *what;
	uint32_t op;
	uint32_t offset;
	enum part_dtypes dtypes;
};

#define FIELD(type, name, wrong, err) \
	{ offsetof(struct type, name), sizeof(((struct type *)NULL)->name), wrong, \
	  TNPU_ERR_##err }

#define BAD(OP, type, name, wrong, err) \
	{ #OP " " #name " " #wrong, TNPU_OP_##OP, FIELD(tnpu_cmd_##type, name, wrong, err) }

#define PART(OP, type, name) \
	{ #OP " " #name, TNPU_OP_##OP, offsetof(struct tnpu_cmd_##type, name), PART_FLOATS }

#define PART_F32(OP, type, name) \
	{ #OP " " #name, TNPU_OP_##OP, offsetof(struct tnpu_cmd_##type, name), PART_F32_ALONE }

#define PART_QI8(OP, type, name) \
	{ #OP " " #name, TNPU_OP_##OP, offsetof(struct tnpu_cmd_##type, name), PART_F32_OR_QI8 }

static const struct bad_field bad_tensor[] = {
	FIELD(tnpu_tensor, reserved, 1, RESERVED),
	FIELD(tnpu_tensor, dtype, 4, DTYPE),
	FIELD(tnpu_tensor, dtype, 255, DTYPE),
	FIELD(tnpu_tensor, group_log2, 5, RESERVED),
	FIELD(tnpu_tensor, va, 0x100000002, ALIGN),
	FIELD(tnpu_tensor, stride, 514, ALIGN),
	FIELD(tnpu_tensor, stride, 4, SHAPE),
	FIELD(tnpu_tensor, va, NOWHERE, FAULT),
	FIELD(tnpu_tensor, va, -4ull, SHAPE),
};

static const struct bad_field bad_dtype[] = {
	FIELD(tnpu_tensor, dtype, TNPU_DTYPE_F16, DTYPE),
	FIELD(tnpu_tensor, dtype, TNPU_DTYPE_BF16, DTYPE),
};

static const struct bad_field bad_qi8[] = {
	FIELD(tnpu_tensor, dtype, TNPU_DTYPE_QI8, DTYPE),
};

/* Where QI8 is allowed: groups of one column are not. */
static const struct bad_field bad_groups[] = {
	FIELD(tnpu_tensor, dtype, TNPU_DTYPE_QI8, VALUE),
};

static const struct bad_field bad_dim[] = {
	FIELD(tnpu_dim, reserved, 1, RESERVED),
	FIELD(tnpu_dim, cell, 0x100000002, ALIGN),
	FIELD(tnpu_dim, cell, NOWHERE, FAULT),
	FIELD(tnpu_dim, value, TNPU_MAX_ROWS + 1, SHAPE),
};

static const struct bad_field bad_kv[] = {
	FIELD(tnpu_kv, reserved[0], 1, RESERVED),
	FIELD(tnpu_kv, reserved[2], 1, RESERVED),
	FIELD(tnpu_kv, dtype, TNPU_DTYPE_BF16, DTYPE),
	FIELD(tnpu_kv, dtype, 200, DTYPE),
	FIELD(tnpu_kv, block_positions, 8, SHAPE),
	FIELD(tnpu_kv, block_positions, 48, SHAPE),
	FIELD(tnpu_kv, block_positions, 2048, SHAPE),
	FIELD(tnpu_kv, head_dim, 0, SHAPE),
	FIELD(tnpu_kv, head_dim, 30, SHAPE),
	FIELD(tnpu_kv, head_dim, 260, SHAPE),
	FIELD(tnpu_kv, kv_heads, 0, SHAPE),
	FIELD(tnpu_kv, kv_heads, 1025, SHAPE),
	FIELD(tnpu_kv, kv_heads, 65535, SHAPE),
	FIELD(tnpu_kv, seqs, 0, SHAPE),
	FIELD(tnpu_kv, seqs, TNPU_MAX_ROWS + 1, SHAPE),
	FIELD(tnpu_kv, blocks_per_seq, 0, SHAPE),
	FIELD(tnpu_kv, blocks_per_seq, TNPU_MAX_POSITIONS / 16 + 1, SHAPE),
	FIELD(tnpu_kv, blocks, 0, SHAPE),
	FIELD(tnpu_kv, k, 0x100000020, ALIGN),
	FIELD(tnpu_kv, v, 0x100000020, ALIGN),
	FIELD(tnpu_kv, table, 0x100000002, ALIGN),
	FIELD(tnpu_kv, k, -64ull, SHAPE),
	FIELD(tnpu_kv, v, -4096ull, SHAPE),
	FIELD(tnpu_kv, table, -4ull, SHAPE),
	FIELD(tnpu_kv, k, 0x8000, FAULT),
	FIELD(tnpu_kv, v, 0x8000, FAULT),
	FIELD(tnpu_kv, table, NOWHERE, FAULT),
};

static const struct part tensors[] = {
	PART(CONVERT, convert, src), PART(CONVERT, convert, dst), PART_F32(GATHER, gather, out),
	PART_F32(NORM, norm, x), PART_QI8(NORM, norm, out), PART_F32(ROPE, rope, x),
	PART_F32(KV_STORE, kv_store, k), PART_F32(KV_STORE, kv_store, v),
	PART_F32(ATTENTION, attention, q), PART_F32(ATTENTION, attention, out),
	PART_F32(GLU, glu, gate), PART_F32(GLU, glu, up), PART_QI8(GLU, glu, out),
	PART_F32(SAMPLE, sample, logits),
};

static const struct part dims[] = {
	PART(COPY, copy, rows), PART(CONVERT, convert, rows), PART(GATHER, gather, rows),
	PART(NORM, norm, rows), PART(ROPE, rope, rows), PART(KV_STORE, kv_store, rows),
	PART(ATTENTION, attention, rows), PART(GLU, glu, rows), PART(SAMPLE, sample, rows),
	PART(SAMPLE, sample, history_index), PART(SAMPLE, sample, n_stops),
};

static const struct part caches[] = {
	PART(KV_STORE, kv_store, cache), PART(ATTENTION, attention, cache),
};

static const struct bad bad_data[] = {
	BAD(FILL, fill, reserved, 1, RESERVED), BAD(FILL, fill, hdr.flags, 1, RESERVED),
	BAD(FILL, fill, size, 0, SHAPE), BAD(FILL, fill, size, 66, ALIGN),
	BAD(FILL, fill, dst, 0x100000002, ALIGN), BAD(FILL, fill, dst, NOWHERE + 1, ALIGN),
	BAD(FILL, fill, dst, 0x8000, FAULT), BAD(FILL, fill, dst, -4ull, SHAPE),
	BAD(FILL, fill, dst, 1ull << 48, FAULT), BAD(FILL, fill, size, 1ull << 40, LIMIT),
	BAD(COPY, copy, hdr.flags, 1, RESERVED),
	BAD(COPY, copy, row_bytes, 0, SHAPE), BAD(COPY, copy, row_bytes, 1ull << 50, SHAPE),
	BAD(COPY, copy, src_stride, 7, SHAPE), BAD(COPY, copy, dst_stride, 7, SHAPE),
	BAD(COPY, copy, src_stride, -1ull, SHAPE), BAD(COPY, copy, dst_stride, -1ull, SHAPE),
	BAD(COPY, copy, src_stride, 1ull << 40, LIMIT),
	BAD(COPY, copy, src, NOWHERE, FAULT), BAD(COPY, copy, dst, NOWHERE, FAULT),
	BAD(COPY, copy, src, -1ull, SHAPE),
	BAD(CONVERT, convert, hdr.flags, 1, RESERVED),
	BAD(CONVERT, convert, reserved, 1, RESERVED),
	BAD(CONVERT, convert, cols, 0, SHAPE),
	BAD(CONVERT, convert, cols, TNPU_MAX_COLS + 1, SHAPE),

	BAD(GATHER, gather, hdr.flags, 4, RESERVED),
	BAD(GATHER, gather, hdr.flags, TNPU_GATHER_TENSOR, RESERVED),
	BAD(GATHER, gather, table_rows, 0, SHAPE),
	BAD(GATHER, gather, table_rows, TNPU_MAX_GEMM_N + 1, SHAPE),
	BAD(GATHER, gather, cols, 0, SHAPE),
	BAD(GATHER, gather, cols, TNPU_MAX_COLS + 32, SHAPE),
	BAD(GATHER, gather, cols, 33, SHAPE),
	BAD(GATHER, gather, table.stride, 64, RESERVED),
	BAD(GATHER, gather, table.dtype, 1, RESERVED),
	BAD(GATHER, gather, table.group_log2, 5, RESERVED),
	BAD(GATHER, gather, table.reserved, 1, RESERVED),
	BAD(GATHER, gather, table.va, 0x100000020, ALIGN),
	BAD(GATHER, gather, table.va, 0x8000, FAULT),
	BAD(GATHER, gather, table.va, -64ull, SHAPE),
	BAD(GATHER, gather, format.kind, 0, FORMAT),
	BAD(GATHER, gather, format.bits, 5, FORMAT),
	BAD(GATHER, gather, format.group, 16, FORMAT),
	BAD(GATHER, gather, format.scale, 0, FORMAT),
	BAD(GATHER, gather, format.zero, 7, FORMAT), BAD(GATHER, gather, format.min, 1, FORMAT),
	BAD(GATHER, gather, format.levels, 2, FORMAT),
	BAD(GATHER, gather, format.reserved, 1, FORMAT),
	BAD(GATHER, gather, ids, 0x100000002, ALIGN), BAD(GATHER, gather, ids, NOWHERE, FAULT),
	BAD(EXIT, exit, hdr.flags, 1, RESERVED), BAD(EXIT, exit, cell, 0x100000002, ALIGN),
	BAD(EXIT, exit, cell, NOWHERE, FAULT),
	BAD(CELL, cell, hdr.flags, 1, RESERVED), BAD(CELL, cell, op, 2, VALUE),
	BAD(CELL, cell, src, 4, RESERVED), BAD(CELL, cell, dst, 0x100000002, ALIGN),
	BAD(CELL, cell, dst, NOWHERE, FAULT), BAD(CELL, cell, op, TNPU_CELL_ADD, FAULT),
};

static const struct bad bad_rows[] = {
	BAD(NORM, norm, hdr.flags, 1, RESERVED), BAD(NORM, norm, reserved, 1, RESERVED),
	BAD(NORM, norm, kind, 2, VALUE), BAD(NORM, norm, epsilon, 0xbf800000, VALUE),
	BAD(NORM, norm, epsilon, 0x7f800000, VALUE),
	BAD(NORM, norm, epsilon, 0x7fc00000, VALUE),
	BAD(NORM, norm, cols, 0, SHAPE), BAD(NORM, norm, cols, TNPU_MAX_COLS + 1, SHAPE),
	BAD(NORM, norm, weight, 0x100000002, ALIGN), BAD(NORM, norm, weight, NOWHERE, FAULT),
	BAD(NORM, norm, bias, 0x100000002, ALIGN), BAD(NORM, norm, bias, NOWHERE, FAULT),
	BAD(ROPE, rope, hdr.flags, 1, RESERVED), BAD(ROPE, rope, mode, 2, VALUE),
	BAD(ROPE, rope, heads, 0, SHAPE), BAD(ROPE, rope, heads, TNPU_MAX_HEADS + 1, SHAPE),
	BAD(ROPE, rope, head_dim, 0, SHAPE), BAD(ROPE, rope, head_dim, 257, SHAPE),
	BAD(ROPE, rope, n_rot, 0, SHAPE), BAD(ROPE, rope, n_rot, 31, SHAPE),
	BAD(ROPE, rope, n_rot, 66, SHAPE), BAD(ROPE, rope, heads, 1024, SHAPE),
	BAD(ROPE, rope, positions, 0x100000002, ALIGN),
	BAD(ROPE, rope, positions, NOWHERE, FAULT),
	BAD(ROPE, rope, freqs, 0x100000002, ALIGN), BAD(ROPE, rope, freqs, NOWHERE, FAULT),
	BAD(GLU, glu, hdr.flags, 1, RESERVED), BAD(GLU, glu, act, 5, VALUE),
	BAD(GLU, glu, cols, 0, SHAPE), BAD(GLU, glu, cols, TNPU_MAX_COLS + 1, SHAPE),

	BAD(SAMPLE, sample, hdr.flags, 1, RESERVED),
	BAD(SAMPLE, sample, history, 0, RESERVED), BAD(SAMPLE, sample, stops, 0, RESERVED),
	BAD(SAMPLE, sample, n, 0, SHAPE), BAD(SAMPLE, sample, n, TNPU_MAX_GEMM_N + 1, SHAPE),
	BAD(SAMPLE, sample, history_stride, 0, SHAPE),
	BAD(SAMPLE, sample, history_stride, 62, ALIGN),
	BAD(SAMPLE, sample, history_stride, 12, SHAPE),
	BAD(SAMPLE, sample, params, 0x100000004, ALIGN),
	BAD(SAMPLE, sample, counters, 0x100000002, ALIGN),
	BAD(SAMPLE, sample, tokens, 0x100000002, ALIGN),
	BAD(SAMPLE, sample, mask, 0x100000002, ALIGN),
	BAD(SAMPLE, sample, history, 0x100000002, ALIGN),
	BAD(SAMPLE, sample, stops, 0x100000002, ALIGN),
	BAD(SAMPLE, sample, predicate, 0x100000002, ALIGN),
	BAD(SAMPLE, sample, history, -4ull, SHAPE),
	BAD(SAMPLE, sample, params, NOWHERE, FAULT),
	BAD(SAMPLE, sample, counters, NOWHERE, FAULT),
	BAD(SAMPLE, sample, tokens, NOWHERE, FAULT), BAD(SAMPLE, sample, mask, NOWHERE, FAULT),
	BAD(SAMPLE, sample, history, NOWHERE, FAULT),
	BAD(SAMPLE, sample, stops, NOWHERE, FAULT),
	BAD(SAMPLE, sample, predicate, NOWHERE, FAULT),
	BAD(SAMPLE, sample, history_index.reserved, 1, RESERVED),
	BAD(SAMPLE, sample, history_index.cell, 2, ALIGN),
	BAD(SAMPLE, sample, history_index.value, 16, SHAPE),
	BAD(SAMPLE, sample, n_stops.reserved, 1, RESERVED),
	BAD(SAMPLE, sample, n_stops.cell, 2, ALIGN),
	BAD(SAMPLE, sample, n_stops.value, TNPU_MAX_STOPS + 1, SHAPE),
};

static const struct bad bad_cache[] = {
	BAD(KV_STORE, kv_store, hdr.flags, 1, RESERVED),
	BAD(KV_STORE, kv_store, positions, 0x100000002, ALIGN),
	BAD(KV_STORE, kv_store, positions, NOWHERE, FAULT),
	BAD(KV_STORE, kv_store, seqs, 0x100000002, ALIGN),
	BAD(KV_STORE, kv_store, seqs, NOWHERE, FAULT),

	BAD(ATTENTION, attention, hdr.flags, 2, RESERVED),
	BAD(ATTENTION, attention, reserved, 1, RESERVED),
	BAD(ATTENTION, attention, positions, 0x100000002, ALIGN),
	BAD(ATTENTION, attention, positions, NOWHERE, FAULT),
	BAD(ATTENTION, attention, seqs, 0x100000002, ALIGN),
	BAD(ATTENTION, attention, seqs, NOWHERE, FAULT),
	BAD(ATTENTION, attention, scale, 0x7f800000, VALUE),
	BAD(ATTENTION, attention, scale, 0xffc00000, VALUE),
	BAD(ATTENTION, attention, heads, 0, SHAPE), BAD(ATTENTION, attention, heads, 3, SHAPE),
	BAD(ATTENTION, attention, heads, TNPU_MAX_HEADS + 2, SHAPE),
};

/* @base is good as it is; with @field wrong, in the struct at @offset, it is not. */
static void check_field(struct ops_env *env, const union any_cmd *base, uint32_t offset,
			const struct bad_field *field, const char *what)
{
	union any_cmd c = *base;
	uint32_t reason;

	assert_int_equal(ops_reason(env, &c, c.hdr.size), TNPU_ERR_NONE);
	memcpy((uint8_t *)&c + offset + field->offset, &field->value, field->size);
	reason = ops_reason(env, &c, c.hdr.size);
	if (reason != field->reason)
		fail_msg("%s: offset %u, value %#llx: expected %u, got %u", what, field->offset,
			 (unsigned long long)field->value, field->reason, reason);
}

static void check_bad(const struct bad *table, size_t count)
{
	struct ops_env env;
	uint64_t room;

	ops_open(&env, NULL);
	room = good_room(&env);
	for (size_t i = 0; i < count; i++) {
		const union any_cmd base = good(table[i].op, room);

		check_field(&env, &base, 0, &table[i].field, table[i].what);
	}
	ops_close(&env);
}

static void check_part(const struct part *part, const struct bad_field *fields, size_t count)
{
	struct ops_env env;
	union any_cmd base;

	ops_open(&env, NULL);
	base = good(part->op, good_room(&env));
	for (size_t i = 0; i < count; i++)
		check_field(&env, &base, part->offset, &fields[i], part->what);
	ops_close(&env);
}

static void test_bad_tensors(void **state)
{
	for (size_t i = 0; i < COUNT(tensors); i++) {
		check_part(&tensors[i], bad_tensor, COUNT(bad_tensor));
		if (tensors[i].dtypes != PART_FLOATS)
			check_part(&tensors[i], bad_dtype, COUNT(bad_dtype));
		if (tensors[i].dtypes == PART_F32_OR_QI8)
			check_part(&tensors[i], bad_groups, COUNT(bad_groups));
		else
			check_part(&tensors[i], bad_qi8, COUNT(bad_qi8));
	}
}

static void test_bad_dims(void **state)
{
	for (size_t i = 0; i < COUNT(dims); i++)
		check_part(&dims[i], bad_dim, COUNT(bad_dim));
}

static void test_bad_caches(void **state)
{
	for (size_t i = 0; i < COUNT(caches); i++)
		check_part(&caches[i], bad_kv, COUNT(bad_kv));
}

static void test_bad_data(void **state)
{
	check_bad(bad_data, COUNT(bad_data));
}

static void test_bad_rows(void **state)
{
	check_bad(bad_rows, COUNT(bad_rows));
}

static void test_bad_cache(void **state)
{
	check_bad(bad_cache, COUNT(bad_cache));
}

/* A row-major table; bad_data is about a packed one. */
static void test_bad_table_tensor(void **state)
{
	static const struct bad_field format =
		FIELD(tnpu_cmd_gather, format.bits, 4, RESERVED);
	struct ops_env env;
	union any_cmd base;
	uint64_t room;

	ops_open(&env, NULL);
	room = good_room(&env);
	base = good(TNPU_OP_GATHER, room);
	base.gather.hdr.flags = TNPU_GATHER_TENSOR;
	base.gather.table = tensor_at(room, 0);
	memset(&base.gather.format, 0, sizeof(base.gather.format));
	for (size_t i = 0; i < COUNT(bad_tensor); i++)
		check_field(&env, &base, offsetof(struct tnpu_cmd_gather, table), &bad_tensor[i],
			    "GATHER table");
	check_field(&env, &base, 0, &format, "GATHER format");
	ops_close(&env);
}

/* ---- Combinations ---------------------------------------------------------------- */

/* A window with FULL; no table and too few blocks; scratch beyond the limit. */
static void test_bad_attention(void **state)
{
	struct ops_env env;
	uint64_t room;
	union any_cmd c;

	ops_open(&env, NULL);
	room = good_room(&env);
	c = good(TNPU_OP_ATTENTION, room);
	c.attention.hdr.flags = TNPU_ATTENTION_FULL;
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_NONE);
	c.attention.window = 1;
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_VALUE);
	c = good(TNPU_OP_ATTENTION, room);
	c.attention.cache.table = 0;
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_NONE);
	c.attention.cache.blocks = 3;
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_SHAPE);
	ops_close(&env);
}

/* One million positions of many rows: neither results of chunks nor tables find room. */
static void test_attention_limits(void **state)
{
	uint32_t far[TNPU_MAX_ROWS], seqs[TNPU_MAX_ROWS];
	struct ops_env env;
	uint64_t room;
	union any_cmd c;

	ops_open(&env, NULL);
	room = good_room(&env);
	for (uint32_t i = 0; i < TNPU_MAX_ROWS; i++) {
		far[i] = TNPU_MAX_POSITIONS - 1;
		seqs[i] = i;
	}
	c = good(TNPU_OP_ATTENTION, room);
	c.attention.positions = ops_put(&env, far, sizeof(far));
	c.attention.seqs = ops_put(&env, seqs, sizeof(seqs));
	c.attention.cache.seqs = TNPU_MAX_ROWS;
	c.attention.cache.blocks_per_seq = TNPU_MAX_POSITIONS / 16;
	c.attention.rows.value = TNPU_MAX_ROWS;
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_LIMIT);
	c.attention.rows.value = 17;
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_LIMIT);
	ops_close(&env);
}

/* ---- What lies in memory --------------------------------------------------------- */

/** struct bad_word - the second u32 at a place of the room, made wrong */
struct bad_word {
	uint32_t op;
	uint32_t place;
	uint32_t value;
	uint32_t reason;
};

static const struct bad_word bad_words[] = {
	{ TNPU_OP_GATHER, 2, 20, TNPU_ERR_CELL },
	{ TNPU_OP_ROPE, 6, TNPU_MAX_POSITIONS, TNPU_ERR_CELL },
	{ TNPU_OP_KV_STORE, 2, 32, TNPU_ERR_CELL },
	{ TNPU_OP_KV_STORE, 3, 2, TNPU_ERR_CELL },
	{ TNPU_OP_ATTENTION, 2, 32, TNPU_ERR_CELL },
	{ TNPU_OP_ATTENTION, 3, 2, TNPU_ERR_CELL },
	{ TNPU_OP_SAMPLE, 1, 0, TNPU_ERR_VALUE },		/* top_p */
	{ TNPU_OP_SAMPLE, 1, 0x3f800001, TNPU_ERR_VALUE },
	{ TNPU_OP_SAMPLE, 1, 0x7fc00000, TNPU_ERR_VALUE },
	{ TNPU_OP_SAMPLE, 1, 0xbf800000, TNPU_ERR_VALUE },
};

static void test_bad_words(void **state)
{
	struct ops_env env;

	ops_open(&env, NULL);
	for (size_t i = 0; i < COUNT(bad_words); i++) {
		const struct bad_word *bad = &bad_words[i];
		uint64_t room = good_room(&env);
		union any_cmd c = good(bad->op, room);

		harness_write(&env.h, room + AT(bad->place) + 4, &bad->value, 4);
		assert_int_equal(ops_reason(&env, &c, c.hdr.size), bad->reason);
	}
	ops_close(&env);
}

static void check_params(struct ops_env *env, struct tnpu_sample_params params, uint32_t reason)
{
	uint64_t room = good_room(env);
	union any_cmd c = good(TNPU_OP_SAMPLE, room);

	/* The second row's, so that one good row comes first. */
	harness_write(&env->h, room + AT(1) + sizeof(params), &params, sizeof(params));
	assert_int_equal(ops_reason(env, &c, c.hdr.size), reason);
}

static void test_bad_params(void **state)
{
	const uint32_t one = 0x3f800000;
	struct ops_env env;

	ops_open(&env, NULL);
	check_params(&env, (struct tnpu_sample_params){ one, one, 0, 0, 0 }, TNPU_ERR_NONE);
	check_params(&env, (struct tnpu_sample_params){ one, one, 0, 1, 0 }, TNPU_ERR_RESERVED);
	check_params(&env, (struct tnpu_sample_params){ 0x7f800000, one, 0, 0, 0 }, TNPU_ERR_VALUE);
	check_params(&env, (struct tnpu_sample_params){ 0xbf800000, one, 0, 0, 0 }, TNPU_ERR_VALUE);
	check_params(&env, (struct tnpu_sample_params){ 0x7fc00000, one, 0, 0, 0 }, TNPU_ERR_VALUE);
	ops_close(&env);
}

/* Entries of the table count only where a row looks. */
static void test_bad_table(void **state)
{
	struct ops_env env;
	uint64_t room;
	union any_cmd c;

	ops_open(&env, NULL);
	room = good_room(&env);
	harness_write(&env.h, room + AT(16) + 4, &(uint32_t){ 4 }, 4);
	for (uint32_t op = TNPU_OP_KV_STORE; op <= TNPU_OP_ATTENTION; op++) {
		c = good(op, room);
		assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_NONE);
	}
	harness_write(&env.h, room + AT(2) + 4, &(uint32_t){ 16 }, 4);
	for (uint32_t op = TNPU_OP_KV_STORE; op <= TNPU_OP_ATTENTION; op++) {
		c = good(op, room);
		assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_CELL);
	}
	ops_close(&env);
}

/* A mask that allows nothing, or only ids that there are not. */
static void test_bad_mask(void **state)
{
	struct ops_env env;
	uint64_t room;
	union any_cmd c;

	ops_open(&env, NULL);
	room = good_room(&env);
	c = good(TNPU_OP_SAMPLE, room);
	c.sample.mask = room + AT(20);
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_CELL);
	harness_write(&env.h, c.sample.mask + 12, &(uint32_t){ 16 }, 4);
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_CELL);
	harness_write(&env.h, c.sample.mask + 12, &(uint32_t){ 8 }, 4);
	assert_int_equal(ops_reason(&env, &c, c.hdr.size), TNPU_ERR_NONE);
	assert_int_equal(ops_get_u32(&env, c.sample.tokens), 99);
	ops_close(&env);
}

/* ---- Anything at all ------------------------------------------------------------- */

#define RANDOM_RUNS	4000

/* Values that sit at edges of fields, and addresses that are mapped, or nearly. */
static uint64_t random_value(struct ops_env *env, uint64_t room)
{
	uint64_t bits = (uint64_t)ops_random(env) << 32 | ops_random(env);

	switch (ops_random(env) % 6) {
	case 0:
		return bits;
	case 1:
		return 1ull << bits % 64;
	case 2:
		return (1ull << bits % 64) - 1;
	case 3:
		return room + bits % ROOM;
	case 4:
		return (room + bits % (ROOM + 8192)) & ~63ull;
	default:
		return bits % 300;
	}
}

static void random_fields(struct ops_env *env, union any_cmd *c, uint64_t room)
{
	for (uint32_t changes = 1 + ops_random(env) % 3; changes; changes--) {
		uint64_t value = random_value(env, room);
		uint32_t size = 1u << ops_random(env) % 4;
		uint32_t words = (c->hdr.size - sizeof(c->hdr)) / size;
		uint32_t offset = sizeof(c->hdr) + ops_random(env) % words * size;

		memcpy((uint8_t *)c + offset, &value, size);
	}
}

static void random_room(struct ops_env *env, uint64_t room)
{
	for (int i = 0; i < 16; i++) {
		uint32_t value = random_value(env, room);

		harness_write(&env->h, room + ops_random(env) % (ROOM / 4) * 4, &value, 4);
	}
}

/* Commands that are good but for some fields, over memory that is not zero for long. */
static void test_random_fields(void **state)
{
	struct ops_env env;
	uint64_t room;

	ops_open(&env, NULL);
	room = good_room(&env);
	for (int i = 0; i < RANDOM_RUNS; i++) {
		uint32_t op = ops_random(&env) % TNPU_OP_MAX;
		struct tnpu_completion done;
		union any_cmd c;

		if (!sizes[op])
			continue;
		c = good(op, room);
		random_fields(&env, &c, room);
		random_room(&env, room);
		harness_run(&env.h, &c, c.hdr.size, &done);
		assert_true(done.status == TNPU_STATUS_OK || done.status == TNPU_STATUS_ERROR);
	}
	ops_close(&env);
}

static void test_random_bytes(void **state)
{
	struct ops_env env;
	uint32_t words[64];

	ops_open(&env, NULL);
	for (int i = 0; i < RANDOM_RUNS / 4; i++) {
		struct tnpu_completion done;

		for (int w = 0; w < 64; w++)
			words[w] = ops_random(&env) & ops_random(&env);
		/* Every other one gets past the header. */
		if (i & 1) {
			words[0] %= TNPU_OP_MAX;
			words[1] = sizes[words[0]];
		}
		harness_run(&env.h, words, sizeof(words), &done);
		assert_true(done.status == TNPU_STATUS_OK || done.status == TNPU_STATUS_ERROR);
	}
	ops_close(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_tensors),
		cmocka_unit_test(test_bad_dims),
		cmocka_unit_test(test_bad_caches),
		cmocka_unit_test(test_bad_data),
		cmocka_unit_test(test_bad_rows),
		cmocka_unit_test(test_bad_cache),
		cmocka_unit_test(test_bad_table_tensor),
		cmocka_unit_test(test_bad_attention),
		cmocka_unit_test(test_attention_limits),
		cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_bad_params),
		cmocka_unit_test(test_bad_table),
		cmocka_unit_test(test_bad_mask),
		cmocka_unit_test(test_random_fields),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests_name("operators: errors", tests, NULL, NULL);
}
