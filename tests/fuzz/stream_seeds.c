// SPDX-License-Identifier: MIT
/*
 * Good commands of every opcode, in the variants that take different ways through the
 * chip, over the rooms of fuzz_stream.h.
 */
#include <string.h>

#include <tnpu/tnpu_isa.h>

#include "engine.h"
#include "fuzz_stream.h"

union command {
	uint8_t bytes[STREAM_COMMAND_MAX];
	struct tnpu_cmd_header hdr;
	struct tnpu_cmd_fill fill;
	struct tnpu_cmd_copy copy;
	struct tnpu_cmd_convert convert;
	struct tnpu_cmd_repack repack;
	struct tnpu_cmd_gather gather;
	struct tnpu_cmd_quantize quantize;
	struct tnpu_cmd_gemm gemm;
	struct tnpu_cmd_norm norm;
	struct tnpu_cmd_rope rope;
	struct tnpu_cmd_kv_store kv_store;
	struct tnpu_cmd_attention attention;
	struct tnpu_cmd_glu glu;
	struct tnpu_cmd_sample sample;
	struct tnpu_cmd_cell cell;
	struct tnpu_cmd_fence_signal signal;
	struct tnpu_cmd_fence_wait wait;
	struct tnpu_cmd_timestamp timestamp;
	struct tnpu_cmd_exit exit;
};

static const struct tnpu_wformat formats[TNPU_WFORMAT_COUNT] = {
	TNPU_WFORMAT_DESC_INT4_G32, TNPU_WFORMAT_DESC_INT8_G32, TNPU_WFORMAT_DESC_F16,
	TNPU_WFORMAT_DESC_BF16, TNPU_WFORMAT_DESC_F32,
};

/* Variants go round the kinds of memory. */
static uint64_t at(unsigned int variant, uint32_t offset)
{
	return STREAM_VA(variant % 3, offset);
}

static struct tnpu_dim dim(uint32_t value)
{
	return (struct tnpu_dim){ .value = value };
}

/* A value that comes from a cell: word @value of the count. */
static struct tnpu_dim cell(unsigned int variant, uint32_t value, uint32_t max)
{
	return (struct tnpu_dim){ .cell = at(variant, STREAM_COUNT + 4 * value), .value = max };
}

static struct tnpu_tensor f32(unsigned int variant, uint32_t offset, uint32_t stride)
{
	return (struct tnpu_tensor){ .va = at(variant, offset), .stride = stride };
}

static struct tnpu_tensor qi8(unsigned int variant, uint32_t offset, uint32_t stride)
{
	return (struct tnpu_tensor){
		.va = at(variant, offset),
		.stride = stride,
		.dtype = TNPU_DTYPE_QI8,
		.group_log2 = 5 + variant % 4,
	};
}

static struct tnpu_kv cache(unsigned int variant)
{
	static const uint8_t dtypes[] = { TNPU_DTYPE_F16, TNPU_DTYPE_F32, TNPU_DTYPE_QI8 };

	return (struct tnpu_kv){
		.k = at(variant / 2, 0x4000),
		.v = at(variant / 2, 0xc000),
		.table = variant & 1 ? at(variant, STREAM_COUNT) : 0,
		.blocks = 4,
		.block_positions = 16,
		.blocks_per_seq = 2,
		.seqs = 2,
		.kv_heads = 2,
		.head_dim = 32,
		.dtype = dtypes[variant % 3],
	};
}

/* ---- Moving data --------------------------------------------------------------------- */

static void make_fill(union command *c, unsigned int variant)
{
	c->fill.dst = at(variant, STREAM_OUT);
	c->fill.size = variant ? 0x4004 : 64;
	c->fill.pattern = 0x3f800000;
}

static void make_copy(union command *c, unsigned int variant)
{
	c->copy.src = at(variant, STREAM_DATA + variant);
	c->copy.dst = at(variant + 1, STREAM_OUT + 3 * variant);
	c->copy.row_bytes = variant ? 1000 : 64;
	c->copy.src_stride = 1024;
	c->copy.dst_stride = 2048;
	c->copy.rows = variant ? cell(variant, 7, 9) : dim(2);
}

static void make_convert(union command *c, unsigned int variant)
{
	c->convert.src = f32(variant, STREAM_DATA, 512);
	c->convert.dst = f32(variant, STREAM_OUT, 512);
	c->convert.src.dtype = variant % 3;
	c->convert.dst.dtype = (variant + 1) % 3;
	c->convert.rows = dim(3);
	c->convert.cols = 100;
}

static void make_repack(union command *c, unsigned int variant)
{
	c->repack.src = at(variant, STREAM_DATA);
	c->repack.dst = at(variant + 1, STREAM_OUT);
	c->repack.format = formats[variant % TNPU_WFORMAT_COUNT];
	c->repack.n = 40;
	c->repack.k = 64;
	c->repack.first_row = variant & 1 ? 16 : 0;
	c->repack.rows = variant & 1 ? 24 : 40;
}

static void make_gather(union command *c, unsigned int variant)
{
	const unsigned int format = variant % (TNPU_WFORMAT_COUNT + 1);

	c->gather.table.va = at(variant, STREAM_DATA);
	c->gather.out = f32(variant, STREAM_OUT, 512);
	c->gather.ids = at(variant, STREAM_COUNT);
	c->gather.rows = dim(5);
	c->gather.table_rows = 20;
	c->gather.cols = 64;
	c->gather.hdr.flags = variant & 1 ? TNPU_GATHER_ADD : 0;
	if (format < TNPU_WFORMAT_COUNT) {
		c->gather.format = formats[format];
		return;
	}
	c->gather.hdr.flags |= TNPU_GATHER_TENSOR;
	c->gather.table.stride = 256;
}

static void make_cell(union command *c, unsigned int variant)
{
	c->cell.dst = at(variant, STREAM_OUT);
	c->cell.value = 3;
	c->cell.op = variant & 1;
	c->cell.src = variant & 1 ? at(variant, STREAM_COUNT + 8) : 0;
}

/* ---- Operators ----------------------------------------------------------------------- */

static void make_quantize(union command *c, unsigned int variant)
{
	c->quantize.src = f32(variant, STREAM_DATA, 1024);
	c->quantize.dst = qi8(variant, STREAM_OUT, 512);
	c->quantize.rows = dim(3);
	c->quantize.cols = variant & 1 ? 200 : 64;
}

static void make_gemm(union command *c, unsigned int variant)
{
	const unsigned int format = variant % TNPU_WFORMAT_COUNT;
	const bool large = variant >= TNPU_WFORMAT_COUNT;

	c->gemm.x = format < 2 ? qi8(variant, STREAM_DATA, 512) : f32(variant, STREAM_DATA, 1024);
	c->gemm.weights = at(variant, 0x6000);
	c->gemm.format = formats[format];
	c->gemm.bias = variant & 1 ? at(variant, STREAM_DATA) : 0;
	if (variant & 2)
		c->gemm.residual = f32(variant, STREAM_DATA, 512);
	c->gemm.out = f32(variant, STREAM_OUT, 512);
	c->gemm.rows = large ? dim(19) : cell(variant, 1, 4);
	c->gemm.n = large ? 70 : 20;
	c->gemm.k = large ? 256 : 64;
	c->gemm.act = variant % 5;
}

static void make_norm(union command *c, unsigned int variant)
{
	c->norm.x = f32(variant, STREAM_DATA, 512);
	c->norm.out = f32(variant, STREAM_OUT, 512);
	c->norm.weight = at(variant, 0x6000);
	c->norm.bias = variant & 2 ? at(variant, 0x7000) : 0;
	c->norm.rows = dim(3);
	c->norm.cols = 100;
	c->norm.kind = variant & 1;
	c->norm.epsilon = 0x3727c5ac;
}

static void make_rope(union command *c, unsigned int variant)
{
	c->rope.x = f32(variant, STREAM_OUT, 1024);
	c->rope.positions = at(variant, STREAM_COUNT);
	c->rope.freqs = at(variant, STREAM_DATA);
	c->rope.rows = dim(3);
	c->rope.heads = 3;
	c->rope.head_dim = 64;
	c->rope.n_rot = variant & 2 ? 64 : 30;
	c->rope.mode = variant & 1;
}

static void make_kv_store(union command *c, unsigned int variant)
{
	c->kv_store.k = f32(variant, STREAM_DATA, 512);
	c->kv_store.v = f32(variant, STREAM_DATA + 0x800, 512);
	c->kv_store.cache = cache(variant);
	c->kv_store.positions = at(variant, STREAM_COUNT);
	c->kv_store.seqs = variant & 1 ? at(variant, STREAM_PAIRS) : 0;
	c->kv_store.rows = dim(20);
}

static void make_attention(union command *c, unsigned int variant)
{
	c->attention.q = f32(variant, STREAM_DATA, 512);
	c->attention.out = f32(variant, STREAM_OUT, 512);
	c->attention.cache = cache(variant);
	c->attention.positions = at(variant, STREAM_COUNT);
	c->attention.seqs = variant & 1 ? at(variant, STREAM_PAIRS) : 0;
	c->attention.rows = dim(variant & 4 ? 1 : 20);
	c->attention.heads = 4;
	c->attention.scale = 0x3e000000;
	c->attention.hdr.flags = variant % 5 == 4 ? TNPU_ATTENTION_FULL : 0;
	c->attention.window = variant % 5 == 3 ? 5 : 0;
	if (variant < 6)
		return;
	/* One sequence of 512 positions, so that chunks are tiles of their own. */
	c->attention.cache.blocks_per_seq = 512 / 16;
	c->attention.cache.blocks = 512 / 16;
	c->attention.cache.seqs = 1;
	c->attention.cache.head_dim = 4;
	c->attention.cache.v = c->attention.cache.k + 0x8000;
	c->attention.seqs = 0;
	c->attention.positions = at(variant, STREAM_COUNT + 4 * 255);
	c->attention.rows = dim(1);
	c->attention.window = 0;
}

static void make_glu(union command *c, unsigned int variant)
{
	c->glu.gate = f32(variant, STREAM_DATA, 1024);
	c->glu.up = f32(variant, STREAM_DATA + 512, 1024);
	c->glu.out = f32(variant, STREAM_OUT, 512);
	c->glu.rows = dim(3);
	c->glu.cols = 100;
	c->glu.act = variant % 5;
}

static void make_sample(union command *c, unsigned int variant)
{
	c->sample.logits = f32(variant, STREAM_DATA, 4096);
	c->sample.rows = dim(6);
	c->sample.params = at(variant, STREAM_PARAMS);
	c->sample.counters = at(variant, STREAM_COUNT);
	c->sample.tokens = at(variant, STREAM_OUT);
	c->sample.n = 1000;
	if (variant & 1) {
		c->sample.mask = at(variant, STREAM_ONES);
		c->sample.history = at(variant, STREAM_OUT + 0x1000);
		c->sample.history_stride = 64;
		c->sample.history_index = cell(variant, 3, 15);
	}
	if (variant & 2) {
		c->sample.stops = at(variant, STREAM_COUNT);
		c->sample.n_stops = dim(40);
		c->sample.predicate = at(variant, STREAM_OUT + 0x2000);
	}
}

/* ---- Synchronisation ------------------------------------------------------------------ */

static void make_nop(union command *c, unsigned int variant)
{
}

static void make_signal(union command *c, unsigned int variant)
{
	c->signal.va = at(variant, STREAM_OUT);
	c->signal.value = 5;
}

static void make_wait(union command *c, unsigned int variant)
{
	c->wait.va = at(variant, STREAM_ONES);
	c->wait.value = variant ? ~0ull : 1;
	c->wait.timeout_us = 100;
}

static void make_timestamp(union command *c, unsigned int variant)
{
	c->timestamp.va = at(variant, STREAM_OUT);
}

static void make_exit(union command *c, unsigned int variant)
{
	c->exit.cell = at(variant, STREAM_OUT);
}

static const struct {
	uint16_t opcode;
	uint16_t variants;
	void (*make)(union command *c, unsigned int variant);
} makers[] = {
	{ TNPU_OP_NOP, 1, make_nop },
	{ TNPU_OP_FILL, 2, make_fill },
	{ TNPU_OP_COPY, 3, make_copy },
	{ TNPU_OP_CONVERT, 3, make_convert },
	{ TNPU_OP_REPACK, 5, make_repack },
	{ TNPU_OP_GATHER, 6, make_gather },
	{ TNPU_OP_QUANTIZE, 4, make_quantize },
	{ TNPU_OP_GEMM, 10, make_gemm },
	{ TNPU_OP_NORM, 4, make_norm },
	{ TNPU_OP_ROPE, 4, make_rope },
	{ TNPU_OP_KV_STORE, 6, make_kv_store },
	{ TNPU_OP_ATTENTION, 9, make_attention },
	{ TNPU_OP_GLU, 5, make_glu },
	{ TNPU_OP_SAMPLE, 4, make_sample },
	{ TNPU_OP_CELL, 2, make_cell },
	{ TNPU_OP_FENCE_SIGNAL, 2, make_signal },
	{ TNPU_OP_FENCE_WAIT, 2, make_wait },
	{ TNPU_OP_TIMESTAMP, 1, make_timestamp },
	{ TNPU_OP_EXIT, 1, make_exit },
};

size_t stream_command(unsigned int index, void *buf)
{
	union command c;
	size_t i;

	for (i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		if (index < makers[i].variants)
			break;
		index -= makers[i].variants;
	}
	if (i == sizeof(makers) / sizeof(makers[0]))
		return 0;
	memset(&c, 0, sizeof(c));
	c.hdr.opcode = makers[i].opcode;
	c.hdr.size = tnpu_ops[makers[i].opcode]->size;
	makers[i].make(&c, index);
	memcpy(buf, &c, c.hdr.size);
	return c.hdr.size;
}
