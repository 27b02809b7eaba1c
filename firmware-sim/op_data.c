// SPDX-License-Identifier: MIT
/*
 * NOP, FILL, COPY and CONVERT: what moves data and does not compute.
 */
#include <string.h>

#include "numerics.h"
#include "ops.h"

/* Bytes of one tile: some 40 microseconds where memory is in place. */
#define TILE_BYTES	(256u << 10)

/* Longest row of a COPY: TNPU_MAX_ROWS of them still count their tiles in 32 bits. */
#define COPY_ROW_MAX	(1ull << 37)

static uint32_t piece_size(uint64_t size, uint64_t offset)
{
	return size - offset < TILE_BYTES ? size - offset : TILE_BYTES;
}

/* ---- NOP ------------------------------------------------------------------------- */

/* No phase, so no tiles to run. */
static int nop_prepare(struct tnpu_cmd *cmd)
{
	return 0;
}

const struct tnpu_op tnpu_op_nop = {
	.name = "NOP",
	.size = sizeof(struct tnpu_cmd_nop),
	.prepare = nop_prepare,
};

/* ---- FILL ------------------------------------------------------------------------ */

static int fill_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_fill *d = cmd->desc;

	if (tnpu_cmd_require(cmd, d->reserved == 0, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, d->size > 0, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_check_va(cmd, d->dst, 4) || tnpu_cmd_check_va(cmd, d->size, 4) ||
	    tnpu_cmd_bind(cmd, d->dst, d->size, TNPU_ACCESS_WRITE) < 0)
		return -1;
	tnpu_cmd_phase(cmd, tnpu_div_up(d->size, TILE_BYTES), 1);
	return 0;
}

static int fill_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_fill *d = cmd->desc;
	uint64_t offset = (uint64_t)tile * TILE_BYTES;
	uint32_t size = piece_size(d->size, offset);
	uint32_t *dst = tnpu_operand_write(cmd, lane, 0, offset, size);

	if (!dst)
		return -1;
	for (uint32_t i = 0; i < size / 4; i++)
		dst[i] = d->pattern;
	return tnpu_operand_done(cmd, lane, 0, offset, size, dst);
}

static int fill_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		      uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, fill_tile);
}

const struct tnpu_op tnpu_op_fill = {
	.name = "FILL",
	.size = sizeof(struct tnpu_cmd_fill),
	.prepare = fill_prepare,
	.tiles = fill_tiles,
};

/* ---- COPY ------------------------------------------------------------------------ */

/** struct copy_state - @pieces: tiles of a row */
struct copy_state {
	uint32_t pieces;
};

/* Bytes from the first row's start to the last row's end; rows > 0. */
static int copy_extent(struct tnpu_cmd *cmd, uint64_t stride, uint32_t rows, uint64_t *extent)
{
	const struct tnpu_cmd_copy *d = cmd->desc;

	return tnpu_cmd_require(cmd, !__builtin_mul_overflow(stride, rows - 1, extent) &&
				!__builtin_add_overflow(*extent, d->row_bytes, extent),
				TNPU_ERR_SHAPE);
}

static int copy_bind(struct tnpu_cmd *cmd, uint32_t rows)
{
	const struct tnpu_cmd_copy *d = cmd->desc;
	uint64_t src, dst;

	if (copy_extent(cmd, d->src_stride, rows, &src) ||
	    copy_extent(cmd, d->dst_stride, rows, &dst) ||
	    tnpu_cmd_bind(cmd, d->src, src, TNPU_ACCESS_READ) < 0)
		return -1;
	return tnpu_cmd_bind(cmd, d->dst, dst, TNPU_ACCESS_WRITE) < 0 ? -1 : 0;
}

static int copy_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_copy *d = cmd->desc;
	struct copy_state *s = (struct copy_state *)cmd->priv;
	uint32_t rows;

	if (tnpu_cmd_require(cmd, d->row_bytes > 0 && d->row_bytes <= COPY_ROW_MAX,
			     TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->src_stride >= d->row_bytes, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->dst_stride >= d->row_bytes, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &rows))
		return -1;
	if (rows && copy_bind(cmd, rows))
		return -1;
	s->pieces = tnpu_div_up(d->row_bytes, TILE_BYTES);
	tnpu_cmd_phase(cmd, rows * s->pieces, tnpu_grain(TNPU_GRAIN_BYTES, d->row_bytes));
	return 0;
}

static int copy_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_copy *d = cmd->desc;
	const struct copy_state *s = (const struct copy_state *)cmd->priv;
	uint64_t row = tile / s->pieces;
	uint64_t offset = (uint64_t)(tile % s->pieces) * TILE_BYTES;
	uint32_t size = piece_size(d->row_bytes, offset);
	const void *src = tnpu_operand_read(cmd, lane, 0, row * d->src_stride + offset, size);
	void *dst = tnpu_operand_write(cmd, lane, 1, row * d->dst_stride + offset, size);

	if (!src || !dst)
		return -1;
	memmove(dst, src, size);
	return tnpu_operand_done(cmd, lane, 1, row * d->dst_stride + offset, size, dst);
}

static int copy_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		      uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, copy_tile);
}

const struct tnpu_op tnpu_op_copy = {
	.name = "COPY",
	.size = sizeof(struct tnpu_cmd_copy),
	.prepare = copy_prepare,
	.tiles = copy_tiles,
};

/* ---- CONVERT --------------------------------------------------------------------- */

static int convert_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_convert *d = cmd->desc;
	uint32_t rows;

	if (tnpu_cmd_require(cmd, d->reserved == 0, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, d->cols > 0 && d->cols <= TNPU_MAX_COLS, TNPU_ERR_SHAPE) ||
	    tnpu_tensor_check(cmd, &d->src, d->cols, TNPU_DTYPES_FLOAT) ||
	    tnpu_tensor_check(cmd, &d->dst, d->cols, TNPU_DTYPES_FLOAT) ||
	    tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &rows) ||
	    tnpu_tensor_bind(cmd, &d->src, rows, d->cols, TNPU_ACCESS_READ) < 0 ||
	    tnpu_tensor_bind(cmd, &d->dst, rows, d->cols, TNPU_ACCESS_WRITE) < 0)
		return -1;
	tnpu_cmd_phase(cmd, rows * tnpu_div_up(d->cols, TNPU_TILE_COLS),
		       tnpu_grain(TNPU_GRAIN_ELEMENTS, tnpu_min_u32(d->cols, TNPU_TILE_COLS)));
	return 0;
}

static void convert_store(unsigned int dtype, const float *src, void *dst, uint32_t count)
{
	uint16_t *half = dst;

	if (dtype == TNPU_DTYPE_F32) {
		memcpy(dst, src, (size_t)count * 4);
	} else if (dtype == TNPU_DTYPE_F16) {
		for (uint32_t i = 0; i < count; i++)
			half[i] = tnpu_f32_to_f16(src[i]);
	} else {
		for (uint32_t i = 0; i < count; i++)
			half[i] = tnpu_f32_to_bf16(src[i]);
	}
}

static int convert_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_convert *d = cmd->desc;
	uint32_t pieces = tnpu_div_up(d->cols, TNPU_TILE_COLS);
	uint32_t col = tile % pieces * TNPU_TILE_COLS;
	uint32_t count = tnpu_min_u32(d->cols - col, TNPU_TILE_COLS);
	uint32_t size = count * tnpu_dtype_size(d->dst.dtype);
	uint64_t from = (uint64_t)(tile / pieces) * d->src.stride +
			col * tnpu_dtype_size(d->src.dtype);
	uint64_t to = (uint64_t)(tile / pieces) * d->dst.stride +
		      col * tnpu_dtype_size(d->dst.dtype);
	float *row = tnpu_lane_alloc(cmd, lane, TNPU_TILE_COLS * sizeof(*row));
	const void *src = tnpu_operand_read(cmd, lane, 0, from,
					    count * tnpu_dtype_size(d->src.dtype));
	void *dst = tnpu_operand_write(cmd, lane, 1, to, size);

	if (!row || !src || !dst)
		return -1;
	tnpu_row_load(d->src.dtype, src, row, count);
	convert_store(d->dst.dtype, row, dst, count);
	return tnpu_operand_done(cmd, lane, 1, to, size, dst);
}

static int convert_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
			 uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, convert_tile);
}

const struct tnpu_op tnpu_op_convert = {
	.name = "CONVERT",
	.size = sizeof(struct tnpu_cmd_convert),
	.prepare = convert_prepare,
	.tiles = convert_tiles,
};
