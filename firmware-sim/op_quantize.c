// SPDX-License-Identifier: MIT
/*
 * QUANTIZE: F32 rows to INT8 in groups, with an F32 scale a group.
 */
#include <string.h>

#include "kernels.h"
#include "ops.h"

enum { QUANTIZE_SRC, QUANTIZE_DST };	/* operands in the order in which they are bound */

static int quantize_check(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_quantize *d = cmd->desc;

	if (tnpu_cmd_require(cmd, d->reserved == 0, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, d->cols > 0 && d->cols <= TNPU_MAX_COLS, TNPU_ERR_SHAPE) ||
	    tnpu_tensor_check(cmd, &d->src, d->cols, TNPU_DTYPES_F32))
		return -1;
	return tnpu_tensor_check(cmd, &d->dst, d->cols, 1u << TNPU_DTYPE_QI8);
}

static int quantize_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_quantize *d = cmd->desc;
	uint32_t rows;

	if (quantize_check(cmd) || tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &rows))
		return -1;
	if (!rows)
		return 0;
	if (tnpu_tensor_bind(cmd, &d->src, rows, d->cols, TNPU_ACCESS_READ) < 0 ||
	    tnpu_tensor_bind(cmd, &d->dst, rows, d->cols, TNPU_ACCESS_WRITE) < 0)
		return -1;
	tnpu_cmd_phase(cmd, rows * tnpu_div_up(d->cols, TNPU_TILE_COLS),
		       tnpu_grain(TNPU_GRAIN_ELEMENTS, tnpu_min_u32(d->cols, TNPU_TILE_COLS)));
	return 0;
}

int tnpu_quantize_store(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
			const struct tnpu_quantize_at *at, const float *x)
{
	const struct tnpu_tensor *t = at->tensor;
	uint32_t group = 1u << t->group_log2;
	uint32_t padded = (at->count + 63) / 64 * 64;
	uint64_t values = at->row * t->stride + at->col;
	uint64_t scales = at->row * t->stride + (at->cols + 63) / 64 * 64 + at->col / group * 4;
	size_t scale_bytes = tnpu_div_up(at->count, group) * sizeof(float);
	int8_t *q = tnpu_operand_write(cmd, lane, operand, values, padded);
	float *s = tnpu_operand_write(cmd, lane, operand, scales, scale_bytes);

	if (!q || !s)
		return -1;
	cmd->kernels->quantize(x, q, s, at->count, group);
	memset(q + at->count, 0, padded - at->count);
	if (tnpu_operand_done(cmd, lane, operand, values, padded, q))
		return -1;
	return tnpu_operand_done(cmd, lane, operand, scales, scale_bytes, s);
}

static int quantize_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_quantize *d = cmd->desc;
	uint32_t pieces = tnpu_div_up(d->cols, TNPU_TILE_COLS);
	uint32_t col = tile % pieces * TNPU_TILE_COLS;
	uint32_t count = tnpu_min_u32(d->cols - col, TNPU_TILE_COLS);
	const struct tnpu_quantize_at at = { &d->dst, tile / pieces, d->cols, col, count };
	const float *x = tnpu_operand_read(cmd, lane, QUANTIZE_SRC,
					   at.row * d->src.stride + col * 4ull, count * 4ull);

	return x ? tnpu_quantize_store(cmd, lane, QUANTIZE_DST, &at, x) : -1;
}

static int quantize_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
			  uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, quantize_tile);
}

const struct tnpu_op tnpu_op_quantize = {
	.name = "QUANTIZE",
	.size = sizeof(struct tnpu_cmd_quantize),
	.prepare = quantize_prepare,
	.tiles = quantize_tiles,
};
