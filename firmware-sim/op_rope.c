// SPDX-License-Identifier: MIT
/*
 * ROPE: rotary position embedding, in place, one row a tile.
 *
 * The angle is (double)position * (double)freq, an exact product; its sine and cosine are
 * rounded to F32 once. y0 = x0 * cos - x1 * sin and y1 = x0 * sin + x1 * cos with every
 * product and sum rounded: no fused operation, so that a compiler for any instruction set
 * gives the same and no micro-kernel is needed.
 */
#include "numerics.h"
#include "ops.h"

/** struct rope_state - @freqs, @x: operands. The positions lie in the command's scratch. */
struct rope_state {
	int freqs;
	int x;
};

static int rope_check(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_rope *d = cmd->desc;

	if (tnpu_cmd_require(cmd, d->mode <= TNPU_ROPE_HALVES, TNPU_ERR_VALUE) ||
	    tnpu_cmd_require(cmd, d->heads > 0 && d->heads <= TNPU_MAX_HEADS, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->head_dim > 0 && d->head_dim <= TNPU_MAX_HEAD_DIM,
			     TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->n_rot > 0 && d->n_rot <= d->head_dim && d->n_rot % 2 == 0,
			     TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->heads * d->head_dim <= TNPU_MAX_COLS, TNPU_ERR_SHAPE) ||
	    tnpu_tensor_check(cmd, &d->x, d->heads * d->head_dim, TNPU_DTYPES_F32) ||
	    tnpu_cmd_check_va(cmd, d->positions, 4))
		return -1;
	return tnpu_cmd_check_va(cmd, d->freqs, 4);
}

static int rope_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_rope *d = cmd->desc;
	struct rope_state *s = (struct rope_state *)cmd->priv;
	uint32_t rows, cols = d->heads * d->head_dim;

	if (rope_check(cmd) || tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &rows))
		return -1;
	if (!rows)
		return 0;
	if (tnpu_cmd_scratch(cmd, rows * sizeof(uint32_t)) ||
	    tnpu_cmd_read_indices(cmd, d->positions, rows, TNPU_MAX_POSITIONS, cmd->scratch))
		return -1;
	s->freqs = tnpu_cmd_bind(cmd, d->freqs, d->n_rot / 2 * sizeof(float), TNPU_ACCESS_READ);
	if (s->freqs < 0)
		return -1;
	s->x = tnpu_tensor_bind(cmd, &d->x, rows, cols, TNPU_ACCESS_READ | TNPU_ACCESS_WRITE);
	if (s->x < 0)
		return -1;
	tnpu_cmd_phase(cmd, rows, tnpu_grain(TNPU_GRAIN_ELEMENTS, cols + 16 * d->n_rot));
	return 0;
}

/* One pair of one head after the other: @step between the two, @next to the next pair. */
static inline void rope_head(float *x, const float *sines, const float *cosines, uint32_t pairs,
			     uint32_t step, uint32_t next)
{
	for (uint32_t i = 0; i < pairs; i++) {
		float x0 = x[i * next], x1 = x[i * next + step];

		x[i * next] = x0 * cosines[i] - x1 * sines[i];
		x[i * next + step] = x0 * sines[i] + x1 * cosines[i];
	}
}

static void rope_row(const struct tnpu_cmd_rope *d, uint32_t position, const float *freqs,
		     float *x)
{
	float sines[TNPU_MAX_HEAD_DIM / 2], cosines[TNPU_MAX_HEAD_DIM / 2];
	uint32_t pairs = d->n_rot / 2;

	for (uint32_t i = 0; i < pairs; i++) {
		struct tnpu_sincos sc = tnpu_sincos((double)position * (double)freqs[i]);

		sines[i] = sc.sin;
		cosines[i] = sc.cos;
	}
	for (uint32_t h = 0; h < d->heads; h++, x += d->head_dim) {
		if (d->mode == TNPU_ROPE_HALVES)
			rope_head(x, sines, cosines, pairs, pairs, 1);
		else
			rope_head(x, sines, cosines, pairs, 1, 2);
	}
}

static int rope_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t row)
{
	const struct tnpu_cmd_rope *d = cmd->desc;
	const struct rope_state *s = (const struct rope_state *)cmd->priv;
	const uint32_t *positions = cmd->scratch;
	size_t bytes = d->heads * d->head_dim * sizeof(float);
	uint64_t offset = (uint64_t)row * d->x.stride;
	const float *freqs = tnpu_operand_read(cmd, lane, s->freqs, 0,
					       d->n_rot / 2 * sizeof(float));
	float *x = tnpu_operand_modify(cmd, lane, s->x, offset, bytes);

	if (!freqs || !x)
		return -1;
	rope_row(d, positions[row], freqs, x);
	return tnpu_operand_done(cmd, lane, s->x, offset, bytes, x);
}

static int rope_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		      uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, rope_tile);
}

const struct tnpu_op tnpu_op_rope = {
	.name = "ROPE",
	.size = sizeof(struct tnpu_cmd_rope),
	.prepare = rope_prepare,
	.tiles = rope_tiles,
};
