// SPDX-License-Identifier: MIT
/*
 * GLU: gated activations, out = act(gate) * up.
 */
#include "kernels.h"
#include "ops.h"

enum { GLU_GATE, GLU_UP, GLU_OUT };	/* operands in the order in which they are bound */

static int glu_check(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_glu *d = cmd->desc;

	if (tnpu_cmd_require(cmd, d->act <= TNPU_ACT_RELU, TNPU_ERR_VALUE) ||
	    tnpu_cmd_require(cmd, d->cols > 0 && d->cols <= TNPU_MAX_COLS, TNPU_ERR_SHAPE) ||
	    tnpu_tensor_check(cmd, &d->gate, d->cols, TNPU_DTYPES_F32) ||
	    tnpu_tensor_check(cmd, &d->up, d->cols, TNPU_DTYPES_F32))
		return -1;
	return tnpu_tensor_check(cmd, &d->out, d->cols, TNPU_DTYPES_ROUNDED);
}

static int glu_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_glu *d = cmd->desc;
	uint32_t rows;

	if (glu_check(cmd) || tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &rows) ||
	    tnpu_tensor_bind(cmd, &d->gate, rows, d->cols, TNPU_ACCESS_READ) < 0 ||
	    tnpu_tensor_bind(cmd, &d->up, rows, d->cols, TNPU_ACCESS_READ) < 0 ||
	    tnpu_tensor_bind(cmd, &d->out, rows, d->cols, TNPU_ACCESS_WRITE) < 0)
		return -1;
	tnpu_cmd_phase(cmd, rows * tnpu_div_up(d->cols, TNPU_TILE_COLS),
		       tnpu_grain(TNPU_GRAIN_ELEMENTS, tnpu_min_u32(d->cols, TNPU_TILE_COLS)));
	return 0;
}

static int glu_store(struct tnpu_cmd *cmd, struct tnpu_lane *lane,
		     const struct tnpu_quantize_at *at, const float *gate, const float *up)
{
	const struct tnpu_cmd_glu *d = cmd->desc;
	bool rounded = d->out.dtype == TNPU_DTYPE_QI8;
	uint64_t to = at->row * d->out.stride + at->col * sizeof(float);
	size_t bytes = at->count * sizeof(float);
	float *out;

	out = rounded ? tnpu_lane_alloc(cmd, lane, bytes) :
			tnpu_operand_write(cmd, lane, GLU_OUT, to, bytes);
	if (!out)
		return -1;
	cmd->kernels->glu(gate, up, out, at->count, d->act);
	if (rounded)
		return tnpu_quantize_store(cmd, lane, GLU_OUT, at, out);
	return tnpu_operand_done(cmd, lane, GLU_OUT, to, bytes, out);
}

static int glu_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_glu *d = cmd->desc;
	uint32_t pieces = tnpu_div_up(d->cols, TNPU_TILE_COLS);
	uint32_t col = tile % pieces * TNPU_TILE_COLS;
	uint32_t count = tnpu_min_u32(d->cols - col, TNPU_TILE_COLS);
	const struct tnpu_quantize_at at = { &d->out, tile / pieces, d->cols, col, count };
	uint64_t offset = col * sizeof(float);
	size_t bytes = count * sizeof(float);
	const float *gate = tnpu_operand_read(cmd, lane, GLU_GATE,
					      at.row * d->gate.stride + offset, bytes);
	const float *up = tnpu_operand_read(cmd, lane, GLU_UP, at.row * d->up.stride + offset,
					    bytes);

	return gate && up ? glu_store(cmd, lane, &at, gate, up) : -1;
}

static int glu_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		     uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, glu_tile);
}

const struct tnpu_op tnpu_op_glu = {
	.name = "GLU",
	.size = sizeof(struct tnpu_cmd_glu),
	.prepare = glu_prepare,
	.tiles = glu_tiles,
};
