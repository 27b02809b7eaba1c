// SPDX-License-Identifier: MIT
/*
 * GATHER: rows of an embedding table, by index.
 */
#include <string.h>

#include "numerics.h"
#include "ops.h"

/**
 * struct gather_state - a GATHER in execution
 * @wformat: TNPU_WFORMAT_* of a packed table; -1: a row-major tensor
 * @base: first row that is bound: the lowest index, down to a row block's border
 * @rows: rows of the output
 *
 * The indices themselves lie in the command's scratch.
 */
struct gather_state {
	int wformat;
	uint32_t base;
	uint32_t rows;
};

static int gather_check_packed(struct tnpu_cmd *cmd, struct gather_state *s)
{
	const struct tnpu_cmd_gather *d = cmd->desc;
	bool plain = !d->table.stride && !d->table.dtype && !d->table.group_log2 &&
		     !d->table.reserved;

	s->wformat = tnpu_wformat_find(&d->format);
	if (tnpu_cmd_require(cmd, plain, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, s->wformat >= 0, TNPU_ERR_FORMAT))
		return -1;
	if (d->format.kind == TNPU_WKIND_INT &&
	    tnpu_cmd_require(cmd, d->cols % d->format.group == 0, TNPU_ERR_SHAPE))
		return -1;
	if (tnpu_cmd_check_va(cmd, d->table.va, TNPU_WEIGHT_ALIGN))
		return -1;
	return tnpu_cmd_check_extent(cmd, d->table.va,
				     tnpu_weight_bytes(s->wformat, d->table_rows, d->cols));
}

static int gather_check_table(struct tnpu_cmd *cmd, struct gather_state *s)
{
	static const struct tnpu_wformat none;
	const struct tnpu_cmd_gather *d = cmd->desc;

	if (!(d->hdr.flags & TNPU_GATHER_TENSOR))
		return gather_check_packed(cmd, s);
	s->wformat = -1;
	if (tnpu_cmd_require(cmd, !memcmp(&d->format, &none, sizeof(none)), TNPU_ERR_RESERVED))
		return -1;
	if (tnpu_tensor_check(cmd, &d->table, d->cols, TNPU_DTYPES_FLOAT))
		return -1;
	return tnpu_cmd_check_extent(cmd, d->table.va, (uint64_t)d->table_rows * d->table.stride);
}

static int gather_check(struct tnpu_cmd *cmd, struct gather_state *s)
{
	const struct tnpu_cmd_gather *d = cmd->desc;

	if (tnpu_cmd_require(cmd, d->table_rows > 0 && d->table_rows <= TNPU_MAX_GEMM_N,
			     TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->cols > 0 && d->cols <= TNPU_MAX_COLS, TNPU_ERR_SHAPE) ||
	    gather_check_table(cmd, s) ||
	    tnpu_tensor_check(cmd, &d->out, d->cols, TNPU_DTYPES_F32) ||
	    tnpu_cmd_check_va(cmd, d->ids, 4))
		return -1;
	return tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &s->rows);
}

/* Binds the table from the lowest row named to the highest, not all of it. */
static int gather_bind_table(struct tnpu_cmd *cmd, struct gather_state *s)
{
	const struct tnpu_cmd_gather *d = cmd->desc;
	const uint32_t *ids = cmd->scratch;
	uint32_t low = ids[0], high = ids[0];
	uint64_t block;

	for (uint32_t i = 1; i < s->rows; i++) {
		low = ids[i] < low ? ids[i] : low;
		high = ids[i] > high ? ids[i] : high;
	}
	s->base = low;
	if (s->wformat < 0) {
		block = tnpu_tensor_row_bytes(&d->table, d->cols);
		return tnpu_cmd_bind(cmd, d->table.va + (uint64_t)low * d->table.stride,
				     (uint64_t)(high - low) * d->table.stride + block,
				     TNPU_ACCESS_READ);
	}
	s->base -= low % TNPU_WEIGHT_LANES;
	block = tnpu_weight_block_bytes(s->wformat, d->cols);
	return tnpu_cmd_bind(cmd, d->table.va + s->base / TNPU_WEIGHT_LANES * block,
			     (high / TNPU_WEIGHT_LANES - s->base / TNPU_WEIGHT_LANES + 1) * block,
			     TNPU_ACCESS_READ);
}

static int gather_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_gather *d = cmd->desc;
	struct gather_state *s = (struct gather_state *)cmd->priv;
	uint32_t access = TNPU_ACCESS_WRITE;

	if (gather_check(cmd, s))
		return -1;
	if (!s->rows)
		return 0;
	if (d->hdr.flags & TNPU_GATHER_ADD)
		access |= TNPU_ACCESS_READ;
	if (tnpu_cmd_scratch(cmd, s->rows * sizeof(uint32_t)) ||
	    tnpu_cmd_read_indices(cmd, d->ids, s->rows, d->table_rows, cmd->scratch) ||
	    gather_bind_table(cmd, s) < 0)
		return -1;
	/* What is read, not what lies between the rows. */
	cmd->bytes = (uint64_t)s->rows * d->cols * sizeof(float);
	if (tnpu_tensor_bind(cmd, &d->out, s->rows, d->cols, access) < 0)
		return -1;
	tnpu_cmd_phase(cmd, s->rows * tnpu_div_up(d->cols, TNPU_TILE_COLS),
		       tnpu_grain(TNPU_GRAIN_ELEMENTS, tnpu_min_u32(d->cols, TNPU_TILE_COLS)));
	return 0;
}

static int gather_packed(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t index,
			 uint32_t col, float *dst, uint32_t count)
{
	const struct tnpu_cmd_gather *d = cmd->desc;
	const struct gather_state *s = (const struct gather_state *)cmd->priv;
	struct tnpu_weight_row row = { .lane = index % TNPU_WEIGHT_LANES };
	uint64_t offset = (index - s->base) / TNPU_WEIGHT_LANES *
			  tnpu_weight_block_bytes(s->wformat, d->cols);

	/* Where a piece starts, columns before it fill whole 64-byte vectors. */
	offset += tnpu_weight_block_bytes(s->wformat, col);
	row.block = tnpu_operand_read(cmd, lane, 0, offset,
				      tnpu_weight_block_bytes(s->wformat, count));
	if (!row.block)
		return -1;
	tnpu_weight_row_load(s->wformat, &row, dst, count);
	return 0;
}

static int gather_load(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t index,
		       uint32_t col, float *dst, uint32_t count)
{
	const struct tnpu_cmd_gather *d = cmd->desc;
	const struct gather_state *s = (const struct gather_state *)cmd->priv;
	uint32_t size = tnpu_dtype_size(d->table.dtype);
	const void *src;

	if (s->wformat >= 0)
		return gather_packed(cmd, lane, index, col, dst, count);
	src = tnpu_operand_read(cmd, lane, 0,
				(uint64_t)(index - s->base) * d->table.stride + col * size,
				(size_t)count * size);
	if (!src)
		return -1;
	tnpu_row_load(d->table.dtype, src, dst, count);
	return 0;
}

static int gather_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_gather *d = cmd->desc;
	const uint32_t *ids = cmd->scratch;
	uint32_t pieces = tnpu_div_up(d->cols, TNPU_TILE_COLS);
	uint32_t col = tile % pieces * TNPU_TILE_COLS;
	uint32_t count = tnpu_min_u32(d->cols - col, TNPU_TILE_COLS);
	uint64_t offset = (uint64_t)(tile / pieces) * d->out.stride + col * sizeof(float);
	bool add = d->hdr.flags & TNPU_GATHER_ADD;
	float *row = tnpu_lane_alloc(cmd, lane, TNPU_TILE_COLS * sizeof(*row));
	float *out;

	if (!row || gather_load(cmd, lane, ids[tile / pieces], col, row, count))
		return -1;
	out = add ? tnpu_operand_modify(cmd, lane, 1, offset, count * sizeof(*out)) :
		    tnpu_operand_write(cmd, lane, 1, offset, count * sizeof(*out));
	if (!out)
		return -1;
	for (uint32_t i = 0; i < count; i++)
		out[i] = add ? out[i] + row[i] : row[i];
	return tnpu_operand_done(cmd, lane, 1, offset, count * sizeof(*out), out);
}

static int gather_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
			uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, gather_tile);
}

const struct tnpu_op tnpu_op_gather = {
	.name = "GATHER",
	.size = sizeof(struct tnpu_cmd_gather),
	.flags = TNPU_GATHER_TENSOR | TNPU_GATHER_ADD,
	.prepare = gather_prepare,
	.tiles = gather_tiles,
};
