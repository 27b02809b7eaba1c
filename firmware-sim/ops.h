/* SPDX-License-Identifier: MIT */
/*
 * The operators, and the checks that several of them share beyond those of engine.h.
 *
 * Every prepare() checks in the same order: reserved fields, other fields, dimensions,
 * tensors in the order of the struct, addresses, cells, what lies in memory, and last
 * whether the operands are mapped. Documentation/hardware/commands.rst is the reference.
 */
#ifndef _TNPU_OPS_H_
#define _TNPU_OPS_H_

#include "engine.h"

extern const struct tnpu_op tnpu_op_nop;
extern const struct tnpu_op tnpu_op_fill;
extern const struct tnpu_op tnpu_op_copy;
extern const struct tnpu_op tnpu_op_convert;
extern const struct tnpu_op tnpu_op_repack;
extern const struct tnpu_op tnpu_op_gather;
extern const struct tnpu_op tnpu_op_quantize;
extern const struct tnpu_op tnpu_op_gemm;
extern const struct tnpu_op tnpu_op_norm;
extern const struct tnpu_op tnpu_op_rope;
extern const struct tnpu_op tnpu_op_kv_store;
extern const struct tnpu_op tnpu_op_attention;
extern const struct tnpu_op tnpu_op_glu;
extern const struct tnpu_op tnpu_op_sample;
extern const struct tnpu_op tnpu_op_cell;
extern const struct tnpu_op tnpu_op_fence_signal;
extern const struct tnpu_op tnpu_op_fence_wait;
extern const struct tnpu_op tnpu_op_timestamp;
extern const struct tnpu_op tnpu_op_exit;

#define TNPU_DTYPES_F32		(1u << TNPU_DTYPE_F32)
#define TNPU_DTYPES_FLOAT	(1u << TNPU_DTYPE_F32 | 1u << TNPU_DTYPE_F16 | \
				 1u << TNPU_DTYPE_BF16)

#define TNPU_DTYPES_ROUNDED	(1u << TNPU_DTYPE_F32 | 1u << TNPU_DTYPE_QI8)

/* Columns that one tile of an elementwise operator takes. */
#define TNPU_TILE_COLS		4096

/* Bytes that a lane moves in some 20 microseconds; elements that it computes meanwhile. */
#define TNPU_GRAIN_BYTES	(128u << 10)
#define TNPU_GRAIN_ELEMENTS	(16u << 10)

static inline uint32_t tnpu_div_up(uint64_t value, uint64_t by)
{
	return (value + by - 1) / by;
}

static inline uint32_t tnpu_min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/** tnpu_cmd_require - 0 where @ok, else fails the command with @reason */
static inline int tnpu_cmd_require(struct tnpu_cmd *cmd, bool ok, uint32_t reason)
{
	return ok ? 0 : tnpu_cmd_fail(cmd, reason);
}

/** tnpu_dtype_size - bytes of an element of F32, F16 or BF16 */
static inline uint32_t tnpu_dtype_size(unsigned int dtype)
{
	return dtype == TNPU_DTYPE_F32 ? 4 : 2;
}

/** tnpu_grain - tiles of @each units that make up @target units; at least one */
uint32_t tnpu_grain(uint64_t target, uint64_t each);

/** tnpu_cmd_phase - append a phase of @tiles tiles */
void tnpu_cmd_phase(struct tnpu_cmd *cmd, uint32_t tiles, uint32_t grain);

/** tnpu_cmd_check_va - TNPU_ERR_ALIGN where @va is no multiple of @align, a power of two */
static inline int tnpu_cmd_check_va(struct tnpu_cmd *cmd, uint64_t va, uint32_t align)
{
	return tnpu_cmd_require(cmd, va % align == 0, TNPU_ERR_ALIGN);
}

/**
 * tnpu_cmd_check_extent - TNPU_ERR_SHAPE where @size bytes from @va on do not end below 2^64
 * For what is bound or read in part only: the address of a part must not wrap.
 */
static inline int tnpu_cmd_check_extent(struct tnpu_cmd *cmd, uint64_t va, uint64_t size)
{
	return tnpu_cmd_require(cmd, va + size >= va, TNPU_ERR_SHAPE);
}

/**
 * tnpu_cmd_read_indices - copy @count u32 at @va in, once
 * Fails with TNPU_ERR_CELL where one of them is not below @limit.
 */
int tnpu_cmd_read_indices(struct tnpu_cmd *cmd, uint64_t va, uint32_t count, uint64_t limit,
			  uint32_t *indices);

/**
 * struct tnpu_quantize_at - a part of a row of a QI8 tensor
 * @cols: of the row
 * @col: the part's first column, a multiple of the tensor's groups
 * @count: its columns: whole groups, or the rest of the row
 */
struct tnpu_quantize_at {
	const struct tnpu_tensor *tensor;
	uint64_t row;
	uint32_t cols;
	uint32_t col;
	uint32_t count;
};

/** tnpu_quantize_store - quantises @x to there; padding becomes zero. 0, or -1 with an error. */
int tnpu_quantize_store(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
			const struct tnpu_quantize_at *at, const float *x);

/** tnpu_tiles_run - @tile for each of the tiles; the lane's memory starts afresh in each */
int tnpu_tiles_run(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t first, uint32_t count,
		   int (*tile)(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile));

/** tnpu_row_load - @count elements of F32, F16 or BF16 as F32 */
void tnpu_row_load(unsigned int dtype, const void *src, float *dst, uint32_t count);

/**
 * struct tnpu_weight_row - one row of packed weights in its row block
 * @block: bytes of the row block from the column where reading starts
 * @lane: row inside the block
 */
struct tnpu_weight_row {
	const uint8_t *block;
	uint32_t lane;
};

/** tnpu_weight_row_load - @count dequantised columns; INT: from a group's border */
void tnpu_weight_row_load(int wformat, const struct tnpu_weight_row *row, float *dst,
			  uint32_t count);

#endif /* _TNPU_OPS_H_ */
