// SPDX-License-Identifier: MIT
/*
 * GEMM: packed weights times rows of activations, with bias, activation function and
 * residual fused behind it.
 *
 * A tile is 64 outputs of 16 rows. Their order is that of groups of outputs; inside a group
 * tiles of the same rows follow each other. What a lane takes of those at once is one piece:
 * activations are packed once for it. The group's weights are few enough to stay in a cache
 * from rows to rows. Where there is one tile of rows only, as in decoding, all outputs are
 * one group, and a piece one run of weights.
 *
 * A saved chip tells by its number in this order which tile is next: another order is
 * another version of what is saved.
 */
#include <string.h>

#include "kernels.h"
#include "numerics.h"
#include "ops.h"

#define TILE_OUTPUTS	64
#define TILE_ROWS	16
#define TILE_BLOCKS	(TILE_OUTPUTS / TNPU_WEIGHT_LANES)

/* What a lane multiplies in some 20 microseconds, and reads meanwhile. */
#define GRAIN_MACS	(2u << 20)
#define GRAIN_BYTES	(384u << 10)
/* Grains of a command, so that lanes end at nearly the same time. */
#define GRAINS_MIN	24
/* Tiles of outputs in a group; packing for each of them was 13 % of the work. */
#define GROUP_TILES	4

/**
 * struct gemm_state - a GEMM in execution
 * @row_tiles, @col_tiles: tiles of the same outputs, and of the same rows
 * @group: tiles of outputs in a group; the last one may have fewer
 * @x, @weights, @bias, @residual, @out: operands; @bias and @residual -1: none
 */
struct gemm_state {
	int wformat;
	uint32_t rows;
	uint32_t row_tiles;
	uint32_t col_tiles;
	uint32_t group;
	uint64_t block_bytes;
	int x;
	int weights;
	int bias;
	int residual;
	int out;
};

/**
 * struct gemm_part - outputs first..first + cols - 1 of rows row..row + rows - 1
 */
struct gemm_part {
	uint32_t first;
	uint32_t cols;
	uint32_t row;
	uint32_t rows;
};

/* ---- Preparation ----------------------------------------------------------------- */

static bool gemm_takes_int(const struct gemm_state *s)
{
	return s->wformat == TNPU_WFORMAT_INT4_G32 || s->wformat == TNPU_WFORMAT_INT8_G32;
}

static bool gemm_has_residual(const struct tnpu_cmd_gemm *d)
{
	static const struct tnpu_tensor none;

	return memcmp(&d->residual, &none, sizeof(none)) != 0;
}

static int gemm_check_shape(struct tnpu_cmd *cmd, const struct gemm_state *s)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;

	if (tnpu_cmd_require(cmd, d->n > 0 && d->n <= TNPU_MAX_GEMM_N, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->k > 0 && d->k <= TNPU_MAX_GEMM_K, TNPU_ERR_SHAPE))
		return -1;
	return tnpu_cmd_require(cmd, !gemm_takes_int(s) || d->k % 32 == 0, TNPU_ERR_SHAPE);
}

static int gemm_check(struct tnpu_cmd *cmd, struct gemm_state *s)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;
	uint32_t dtypes;

	s->wformat = tnpu_wformat_find(&d->format);
	if (tnpu_cmd_require(cmd, d->reserved == 0, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, d->act <= TNPU_ACT_RELU, TNPU_ERR_VALUE) ||
	    tnpu_cmd_require(cmd, s->wformat >= 0, TNPU_ERR_FORMAT) ||
	    gemm_check_shape(cmd, s))
		return -1;
	dtypes = gemm_takes_int(s) ? 1u << TNPU_DTYPE_QI8 : TNPU_DTYPES_F32;
	if (tnpu_tensor_check(cmd, &d->x, d->k, dtypes) ||
	    (gemm_has_residual(d) && tnpu_tensor_check(cmd, &d->residual, d->n, TNPU_DTYPES_F32)) ||
	    tnpu_tensor_check(cmd, &d->out, d->n, TNPU_DTYPES_F32) ||
	    tnpu_cmd_check_va(cmd, d->weights, TNPU_WEIGHT_ALIGN))
		return -1;
	return tnpu_cmd_check_va(cmd, d->bias, 4);
}

static int gemm_bind_epilogue(struct tnpu_cmd *cmd, struct gemm_state *s)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;

	s->bias = -1;
	if (d->bias) {
		s->bias = tnpu_cmd_bind(cmd, d->bias, d->n * sizeof(float), TNPU_ACCESS_READ);
		if (s->bias < 0)
			return -1;
	}
	s->residual = -1;
	if (gemm_has_residual(d)) {
		s->residual = tnpu_tensor_bind(cmd, &d->residual, s->rows, d->n,
					       TNPU_ACCESS_READ);
		if (s->residual < 0)
			return -1;
	}
	s->out = tnpu_tensor_bind(cmd, &d->out, s->rows, d->n, TNPU_ACCESS_WRITE);
	return s->out < 0 ? -1 : 0;
}

static int gemm_bind(struct tnpu_cmd *cmd, struct gemm_state *s)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;

	s->x = tnpu_tensor_bind(cmd, &d->x, s->rows, d->k, TNPU_ACCESS_READ);
	if (s->x < 0)
		return -1;
	s->weights = tnpu_cmd_bind(cmd, d->weights, tnpu_weight_bytes(s->wformat, d->n, d->k),
				   TNPU_ACCESS_READ);
	if (s->weights < 0)
		return -1;
	return gemm_bind_epilogue(cmd, s);
}

static uint32_t gemm_grain(const struct tnpu_cmd *cmd, const struct gemm_state *s, uint32_t tiles)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;
	uint64_t macs = (uint64_t)TILE_OUTPUTS * tnpu_min_u32(s->rows, TILE_ROWS) * d->k;
	uint32_t grain = tnpu_min_u32(tnpu_grain(GRAIN_MACS, macs),
				      tnpu_grain(GRAIN_BYTES, TILE_BLOCKS * s->block_bytes));

	if (s->row_tiles > 1 && grain < GROUP_TILES)
		grain = GROUP_TILES;
	return tnpu_min_u32(grain, tnpu_grain(tiles, GRAINS_MIN));
}

static int gemm_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;
	struct gemm_state *s = (struct gemm_state *)cmd->priv;
	uint32_t tiles;

	if (gemm_check(cmd, s) || tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &s->rows))
		return -1;
	if (!s->rows)
		return 0;
	if (gemm_bind(cmd, s))
		return -1;
	s->block_bytes = tnpu_weight_block_bytes(s->wformat, d->k);
	s->row_tiles = tnpu_div_up(s->rows, TILE_ROWS);
	cmd->macs = (uint64_t)s->rows * d->n * d->k;
	s->col_tiles = tnpu_div_up(d->n, TILE_OUTPUTS);
	s->group = s->row_tiles == 1 ? s->col_tiles : GROUP_TILES;
	tiles = s->col_tiles * s->row_tiles;
	tnpu_cmd_phase(cmd, tiles, gemm_grain(cmd, s, tiles));
	return 0;
}

static uint64_t gemm_ahead(const void *desc, uint64_t *bytes)
{
	const struct tnpu_cmd_gemm *d = desc;
	int wformat = tnpu_wformat_find(&d->format);

	*bytes = wformat < 0 ? 0 : tnpu_weight_bytes(wformat, d->n, d->k);
	return d->weights;
}

/* ---- Execution ------------------------------------------------------------------- */

/*
 * Rows of activations: in place, or row by row into lane memory, since a stride may be
 * far longer than a row.
 */
static int gemm_load_x(struct tnpu_cmd *cmd, struct tnpu_lane *lane, const struct gemm_part *part,
		       struct tnpu_gemm_tile *t)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;
	const struct gemm_state *s = (const struct gemm_state *)cmd->priv;
	uint64_t bytes = tnpu_tensor_row_bytes(&d->x, d->k);
	uint64_t first = (uint64_t)part->row * d->x.stride;
	uint64_t all = (uint64_t)(part->rows - 1) * d->x.stride + bytes;
	uint8_t *copy;
	size_t mark;

	t->x = NULL;
	t->x_stride = d->x.stride;
	if (cmd->operand[s->x].host || part->rows == 1) {
		t->x = tnpu_operand_read(cmd, lane, s->x, first, all);
		return t->x ? 0 : -1;
	}
	t->x_stride = (bytes + 63) / 64 * 64;
	copy = tnpu_lane_alloc(cmd, lane, part->rows * t->x_stride);
	if (!copy)
		return -1;
	mark = tnpu_lane_mark(lane);
	for (uint32_t r = 0; r < part->rows; r++) {
		const void *row = tnpu_operand_read(cmd, lane, s->x,
						    first + (uint64_t)r * d->x.stride, bytes);

		if (!row)
			return -1;
		memcpy(copy + r * t->x_stride, row, bytes);
		tnpu_lane_release(lane, mark);
	}
	t->x = copy;
	return 0;
}

/* The order is the manual's: bias, activation, residual. */
static void gemm_finish(const struct tnpu_cmd *cmd, float *acc, const float *bias,
			const float *residual, float *out, uint32_t cols)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;
	uint32_t i;

	if (bias)
		for (i = 0; i < cols; i++)
			acc[i] += bias[i];
	cmd->kernels->act(acc, cols, d->act);
	if (residual)
		for (i = 0; i < cols; i++)
			acc[i] += residual[i];
	memcpy(out, acc, cols * sizeof(*out));
}

static int gemm_store_row(struct tnpu_cmd *cmd, struct tnpu_lane *lane,
			  const struct gemm_part *part, uint32_t row, const float *bias,
			  float *acc)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;
	const struct gemm_state *s = (const struct gemm_state *)cmd->priv;
	uint64_t col = part->first * sizeof(float);
	uint64_t to = (uint64_t)row * d->out.stride + col;
	size_t bytes = part->cols * sizeof(float);
	const float *residual = NULL;
	float *out;

	if (s->residual >= 0) {
		residual = tnpu_operand_read(cmd, lane, s->residual,
					     (uint64_t)row * d->residual.stride + col, bytes);
		if (!residual)
			return -1;
	}
	out = tnpu_operand_write(cmd, lane, s->out, to, bytes);
	if (!out)
		return -1;
	gemm_finish(cmd, acc, bias, residual, out, part->cols);
	return tnpu_operand_done(cmd, lane, s->out, to, bytes, out);
}

static int gemm_store(struct tnpu_cmd *cmd, struct tnpu_lane *lane, const struct gemm_part *part,
		      const struct tnpu_gemm_tile *t)
{
	const struct gemm_state *s = (const struct gemm_state *)cmd->priv;
	const float *bias = NULL;
	size_t mark;

	if (s->bias >= 0) {
		bias = tnpu_operand_read(cmd, lane, s->bias, part->first * sizeof(float),
					 part->cols * sizeof(float));
		if (!bias)
			return -1;
	}
	mark = tnpu_lane_mark(lane);
	for (uint32_t r = 0; r < part->rows; r++) {
		if (gemm_store_row(cmd, lane, part, part->row + r, bias,
				   t->acc + r * t->acc_stride))
			return -1;
		tnpu_lane_release(lane, mark);
	}
	return 0;
}

static int gemm_part(struct tnpu_cmd *cmd, struct tnpu_lane *lane, const struct gemm_part *part)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;
	const struct gemm_state *s = (const struct gemm_state *)cmd->priv;
	uint32_t block = part->first / TNPU_WEIGHT_LANES;
	struct tnpu_gemm_tile t = {
		.block_bytes = s->block_bytes,
		.blocks = tnpu_div_up(part->cols, TNPU_WEIGHT_LANES),
		.rows = part->rows,
		.k = d->k,
		.group = 1u << d->x.group_log2,
	};

	if (gemm_load_x(cmd, lane, part, &t))
		return -1;
	if (gemm_takes_int(s))
		t.scales = (const float *)((const uint8_t *)t.x + (d->k + 63) / 64 * 64);
	t.weights = tnpu_operand_read(cmd, lane, s->weights, block * s->block_bytes,
				      t.blocks * s->block_bytes);
	t.acc_stride = t.blocks * TNPU_WEIGHT_LANES;
	t.acc = tnpu_lane_alloc(cmd, lane, t.rows * t.acc_stride * sizeof(float));
	if (!t.weights || !t.acc)
		return -1;
	cmd->kernels->gemm[s->wformat](&t);
	return gemm_store(cmd, lane, part, &t);
}

/* Those of @count tiles from @tile on that are one piece; *taken receives how many. */
static struct gemm_part gemm_take(const struct tnpu_cmd *cmd, uint32_t tile, uint32_t count,
				  uint32_t *taken)
{
	const struct tnpu_cmd_gemm *d = cmd->desc;
	const struct gemm_state *s = (const struct gemm_state *)cmd->priv;
	uint32_t each = s->group * s->row_tiles;
	uint32_t first = tile / each * s->group;
	uint32_t group = tnpu_min_u32(s->group, s->col_tiles - first);
	uint32_t col = first + tile % each % group;
	uint32_t row = tile % each / group * TILE_ROWS;

	*taken = tnpu_min_u32(count, first + group - col);
	return (struct gemm_part){
		.first = col * TILE_OUTPUTS,
		.cols = tnpu_min_u32(d->n - col * TILE_OUTPUTS, *taken * TILE_OUTPUTS),
		.row = row,
		.rows = tnpu_min_u32(s->rows - row, TILE_ROWS),
	};
}

static int gemm_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		      uint32_t first, uint32_t count)
{
	size_t mark = tnpu_lane_mark(lane);
	struct gemm_part part;
	uint32_t taken;

	for (; count; first += taken, count -= taken) {
		part = gemm_take(cmd, first, count, &taken);
		if (gemm_part(cmd, lane, &part))
			return -1;
		tnpu_lane_release(lane, mark);
	}
	return 0;
}

const struct tnpu_op tnpu_op_gemm = {
	.name = "GEMM",
	.size = sizeof(struct tnpu_cmd_gemm),
	.prepare = gemm_prepare,
	.ahead = gemm_ahead,
	.tiles = gemm_tiles,
};
