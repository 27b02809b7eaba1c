// SPDX-License-Identifier: MIT
/*
 * The table of operators, and the checks that they share.
 */
#include <string.h>

#include "numerics.h"
#include "ops.h"

const struct tnpu_op *const tnpu_ops[TNPU_OP_MAX] = {
	[TNPU_OP_NOP] = &tnpu_op_nop,
	[TNPU_OP_FILL] = &tnpu_op_fill,
	[TNPU_OP_COPY] = &tnpu_op_copy,
	[TNPU_OP_CONVERT] = &tnpu_op_convert,
	[TNPU_OP_REPACK] = &tnpu_op_repack,
	[TNPU_OP_GATHER] = &tnpu_op_gather,
	[TNPU_OP_QUANTIZE] = &tnpu_op_quantize,
	[TNPU_OP_GEMM] = &tnpu_op_gemm,
	[TNPU_OP_NORM] = &tnpu_op_norm,
	[TNPU_OP_ROPE] = &tnpu_op_rope,
	[TNPU_OP_KV_STORE] = &tnpu_op_kv_store,
	[TNPU_OP_ATTENTION] = &tnpu_op_attention,
	[TNPU_OP_GLU] = &tnpu_op_glu,
	[TNPU_OP_SAMPLE] = &tnpu_op_sample,
	[TNPU_OP_CELL] = &tnpu_op_cell,
	[TNPU_OP_FENCE_SIGNAL] = &tnpu_op_fence_signal,
	[TNPU_OP_FENCE_WAIT] = &tnpu_op_fence_wait,
	[TNPU_OP_TIMESTAMP] = &tnpu_op_timestamp,
	[TNPU_OP_EXIT] = &tnpu_op_exit,
};

uint32_t tnpu_grain(uint64_t target, uint64_t each)
{
	uint64_t grain = each ? target / each : target;

	return grain < 1 ? 1 : tnpu_min_u32(grain, 1024);
}

void tnpu_cmd_phase(struct tnpu_cmd *cmd, uint32_t tiles, uint32_t grain)
{
	cmd->tiles[cmd->phases] = tiles;
	cmd->grain[cmd->phases] = grain;
	cmd->phases++;
}

int tnpu_cmd_read_indices(struct tnpu_cmd *cmd, uint64_t va, uint32_t count, uint64_t limit,
			  uint32_t *indices)
{
	if (count && tnpu_cmd_read(cmd, va, indices, count * sizeof(*indices)))
		return -1;
	for (uint32_t i = 0; i < count; i++)
		if (indices[i] >= limit)
			return tnpu_cmd_fail(cmd, TNPU_ERR_CELL);
	return 0;
}

int tnpu_tiles_run(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t first, uint32_t count,
		   int (*tile)(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile))
{
	size_t mark = tnpu_lane_mark(lane);

	for (uint32_t i = 0; i < count; i++) {
		if (tile(cmd, lane, first + i))
			return -1;
		tnpu_lane_release(lane, mark);
	}
	return 0;
}

/* ---- Tensors --------------------------------------------------------------------- */

/* Values of a QI8 row, padded so that the scales after them start at a multiple of 64. */
static uint64_t qi8_values(uint32_t cols)
{
	return ((uint64_t)cols + 63) / 64 * 64;
}

uint64_t tnpu_tensor_row_bytes(const struct tnpu_tensor *t, uint32_t cols)
{
	if (t->dtype != TNPU_DTYPE_QI8)
		return (uint64_t)cols * tnpu_dtype_size(t->dtype);
	return qi8_values(cols) + 4ull * tnpu_div_up(cols, 1ull << t->group_log2);
}

static int tensor_check_group(struct tnpu_cmd *cmd, const struct tnpu_tensor *t)
{
	if (t->dtype != TNPU_DTYPE_QI8)
		return tnpu_cmd_require(cmd, t->group_log2 == 0, TNPU_ERR_RESERVED);
	return tnpu_cmd_require(cmd, t->group_log2 >= 5 && t->group_log2 <= 8, TNPU_ERR_VALUE);
}

int tnpu_tensor_check(struct tnpu_cmd *cmd, const struct tnpu_tensor *t, uint32_t cols,
		      uint32_t dtypes)
{
	uint32_t align;

	if (tnpu_cmd_require(cmd, t->reserved == 0, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, t->dtype < 32 && dtypes >> t->dtype & 1, TNPU_ERR_DTYPE) ||
	    tensor_check_group(cmd, t))
		return -1;
	align = t->dtype == TNPU_DTYPE_QI8 ? 64 : tnpu_dtype_size(t->dtype);
	if (tnpu_cmd_check_va(cmd, t->va, align) || tnpu_cmd_check_va(cmd, t->stride, align))
		return -1;
	return tnpu_cmd_require(cmd, t->stride >= tnpu_tensor_row_bytes(t, cols), TNPU_ERR_SHAPE);
}

int tnpu_tensor_bind(struct tnpu_cmd *cmd, const struct tnpu_tensor *t, uint32_t rows,
		     uint32_t cols, uint32_t access)
{
	uint64_t size = 0;

	if (rows)
		size = (uint64_t)(rows - 1) * t->stride + tnpu_tensor_row_bytes(t, cols);
	return tnpu_cmd_bind(cmd, t->va, size, access);
}

void tnpu_row_load(unsigned int dtype, const void *src, float *dst, uint32_t count)
{
	const uint16_t *half = src;

	if (dtype == TNPU_DTYPE_F32) {
		memcpy(dst, src, (size_t)count * 4);
	} else if (dtype == TNPU_DTYPE_F16) {
		for (uint32_t i = 0; i < count; i++)
			dst[i] = tnpu_f16_to_f32(half[i]);
	} else {
		for (uint32_t i = 0; i < count; i++)
			dst[i] = tnpu_bf16_to_f32(half[i]);
	}
}

/* ---- Packed weights -------------------------------------------------------------- */

static const struct tnpu_wformat wformats[TNPU_WFORMAT_COUNT] = {
	[TNPU_WFORMAT_INT4_G32] = TNPU_WFORMAT_DESC_INT4_G32,
	[TNPU_WFORMAT_INT8_G32] = TNPU_WFORMAT_DESC_INT8_G32,
	[TNPU_WFORMAT_F16] = TNPU_WFORMAT_DESC_F16,
	[TNPU_WFORMAT_BF16] = TNPU_WFORMAT_DESC_BF16,
	[TNPU_WFORMAT_F32] = TNPU_WFORMAT_DESC_F32,
};

#define GROUP_COLS	32
#define SCALES_BYTES	(TNPU_WEIGHT_LANES * sizeof(uint16_t))

int tnpu_wformat_find(const struct tnpu_wformat *f)
{
	for (int i = 0; i < TNPU_WFORMAT_COUNT; i++)
		if (!memcmp(f, &wformats[i], sizeof(*f)))
			return i;
	return -1;
}

uint64_t tnpu_weight_block_bytes(int wformat, uint32_t k)
{
	const struct tnpu_wformat *f = &wformats[wformat];
	uint64_t bytes = (uint64_t)k * TNPU_WEIGHT_LANES * f->bits / 8;

	if (f->kind == TNPU_WKIND_INT)
		bytes += k / GROUP_COLS * SCALES_BYTES;
	return (bytes + TNPU_WEIGHT_ALIGN - 1) / TNPU_WEIGHT_ALIGN * TNPU_WEIGHT_ALIGN;
}

uint64_t tnpu_weight_bytes(int wformat, uint32_t n, uint32_t k)
{
	return tnpu_div_up(n, TNPU_WEIGHT_LANES) * tnpu_weight_block_bytes(wformat, k);
}

/* One group of 32 columns of one lane: scale, then the vectors of 64 bytes. */
static void group_load(unsigned int bits, const uint8_t *group, uint32_t lane, float *dst)
{
	const uint8_t *values = group + SCALES_BYTES + 4 * lane;
	uint16_t half;
	float scale;

	memcpy(&half, group + 2 * lane, sizeof(half));
	scale = tnpu_f16_to_f32(half);
	for (int i = 0; i < GROUP_COLS; i++) {
		int column = bits == 4 ? i % 16 : i;
		int value = values[column / 4 * 64 + column % 4];

		if (bits == 4)
			value = (i < 16 ? value : value >> 4) & 15;
		dst[i] = (float)(value - (1 << (bits - 1))) * scale;
	}
}

static void float_row_load(int wformat, const struct tnpu_weight_row *row, float *dst,
			   uint32_t count)
{
	const uint32_t *word = (const uint32_t *)row->block + row->lane;
	const uint16_t *half = (const uint16_t *)row->block + row->lane;

	for (uint32_t i = 0; i < count; i++) {
		if (wformat == TNPU_WFORMAT_F32)
			dst[i] = tnpu_f32_from_bits(word[i * TNPU_WEIGHT_LANES]);
		else if (wformat == TNPU_WFORMAT_F16)
			dst[i] = tnpu_f16_to_f32(half[i * TNPU_WEIGHT_LANES]);
		else
			dst[i] = tnpu_bf16_to_f32(half[i * TNPU_WEIGHT_LANES]);
	}
}

void tnpu_weight_row_load(int wformat, const struct tnpu_weight_row *row, float *dst,
			  uint32_t count)
{
	unsigned int bits = wformats[wformat].bits;
	size_t group_bytes = SCALES_BYTES + GROUP_COLS * TNPU_WEIGHT_LANES * bits / 8;

	if (wformats[wformat].kind != TNPU_WKIND_INT) {
		float_row_load(wformat, row, dst, count);
		return;
	}
	for (uint32_t i = 0; i < count; i += GROUP_COLS)
		group_load(bits, row->block + i / GROUP_COLS * group_bytes, row->lane, dst + i);
}
