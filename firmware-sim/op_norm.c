// SPDX-License-Identifier: MIT
/*
 * NORM: root-mean-square and layer normalisation, one row a tile. The arithmetic is the
 * kernels'; its order is in numerics.rst.
 */
#include <math.h>

#include "kernels.h"
#include "numerics.h"
#include "ops.h"

/** struct norm_state - operands, in the order in which they are bound; @bias -1: none */
struct norm_state {
	int weight;
	int bias;
	int x;
	int out;
};

static int norm_check(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_norm *d = cmd->desc;
	float epsilon = tnpu_f32_from_bits(d->epsilon);

	if (tnpu_cmd_require(cmd, d->reserved == 0, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, d->kind <= TNPU_NORM_LAYER, TNPU_ERR_VALUE) ||
	    tnpu_cmd_require(cmd, epsilon >= 0 && epsilon < INFINITY, TNPU_ERR_VALUE) ||
	    tnpu_cmd_require(cmd, d->cols > 0 && d->cols <= TNPU_MAX_COLS, TNPU_ERR_SHAPE) ||
	    tnpu_tensor_check(cmd, &d->x, d->cols, TNPU_DTYPES_F32) ||
	    tnpu_tensor_check(cmd, &d->out, d->cols, TNPU_DTYPES_ROUNDED) ||
	    tnpu_cmd_check_va(cmd, d->weight, 4))
		return -1;
	return tnpu_cmd_check_va(cmd, d->bias, 4);
}

static int norm_bind(struct tnpu_cmd *cmd, struct norm_state *s, uint32_t rows)
{
	const struct tnpu_cmd_norm *d = cmd->desc;
	uint64_t bytes = rows ? d->cols * sizeof(float) : 0;

	s->weight = tnpu_cmd_bind(cmd, d->weight, bytes, TNPU_ACCESS_READ);
	if (s->weight < 0)
		return -1;
	s->bias = -1;
	if (d->bias) {
		s->bias = tnpu_cmd_bind(cmd, d->bias, bytes, TNPU_ACCESS_READ);
		if (s->bias < 0)
			return -1;
	}
	s->x = tnpu_tensor_bind(cmd, &d->x, rows, d->cols, TNPU_ACCESS_READ);
	if (s->x < 0)
		return -1;
	s->out = tnpu_tensor_bind(cmd, &d->out, rows, d->cols, TNPU_ACCESS_WRITE);
	return s->out < 0 ? -1 : 0;
}

static int norm_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_norm *d = cmd->desc;
	struct norm_state *s = (struct norm_state *)cmd->priv;
	uint32_t rows;

	if (norm_check(cmd) || tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &rows) ||
	    norm_bind(cmd, s, rows))
		return -1;
	tnpu_cmd_phase(cmd, rows, tnpu_grain(TNPU_GRAIN_ELEMENTS, d->cols));
	return 0;
}

static int norm_store(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t row,
		      const float *x, const float *weight, const float *bias)
{
	const struct tnpu_cmd_norm *d = cmd->desc;
	const struct norm_state *s = (const struct norm_state *)cmd->priv;
	const struct tnpu_quantize_at at = { &d->out, row, d->cols, 0, d->cols };
	bool rounded = d->out.dtype == TNPU_DTYPE_QI8;
	size_t bytes = d->cols * sizeof(float);
	uint64_t to = (uint64_t)row * d->out.stride;
	float *out;

	out = rounded ? tnpu_lane_alloc(cmd, lane, bytes) :
			tnpu_operand_write(cmd, lane, s->out, to, bytes);
	if (!out)
		return -1;
	cmd->kernels->norm(x, out, weight, bias, d->cols, d->kind,
			   tnpu_f32_from_bits(d->epsilon));
	if (rounded)
		return tnpu_quantize_store(cmd, lane, s->out, &at, out);
	return tnpu_operand_done(cmd, lane, s->out, to, bytes, out);
}

static int norm_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t row)
{
	const struct tnpu_cmd_norm *d = cmd->desc;
	const struct norm_state *s = (const struct norm_state *)cmd->priv;
	size_t bytes = d->cols * sizeof(float);
	const float *weight = tnpu_operand_read(cmd, lane, s->weight, 0, bytes);
	const float *x = tnpu_operand_read(cmd, lane, s->x, (uint64_t)row * d->x.stride, bytes);
	const float *bias = NULL;

	if (!weight || !x)
		return -1;
	if (s->bias >= 0) {
		bias = tnpu_operand_read(cmd, lane, s->bias, 0, bytes);
		if (!bias)
			return -1;
	}
	return norm_store(cmd, lane, row, x, weight, bias);
}

static int norm_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		      uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, norm_tile);
}

const struct tnpu_op tnpu_op_norm = {
	.name = "NORM",
	.size = sizeof(struct tnpu_cmd_norm),
	.prepare = norm_prepare,
	.tiles = norm_tiles,
};
