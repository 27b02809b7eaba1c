// SPDX-License-Identifier: MIT
/*
 * REPACK: rows of weights as a model file holds them into row blocks of 16 rows. One row
 * block a tile; no value changes, only its place.
 *
 * A Q4_0 block is an F16 scale and 16 bytes, byte j holding column j in its low nibble and
 * column 16 + j in its high one, as packed weights have them: four bytes move as they are.
 * A Q8_0 block is an F16 scale and 32 signed values, here stored with zero point 128.
 */
#include <string.h>

#include "ops.h"

#define LANES		TNPU_WEIGHT_LANES
#define GROUP_COLS	32
#define SCALE_BYTES	2

enum { REPACK_SRC, REPACK_DST };	/* operands in the order in which they are bound */

/** struct repack_state - a REPACK in execution; @row_bytes of a row of the source */
struct repack_state {
	int wformat;
	uint64_t row_bytes;
	uint64_t block_bytes;
};

static uint64_t repack_row_bytes(int wformat, uint32_t k)
{
	switch (wformat) {
	case TNPU_WFORMAT_INT4_G32:
		return (uint64_t)k / GROUP_COLS * (SCALE_BYTES + GROUP_COLS / 2);
	case TNPU_WFORMAT_INT8_G32:
		return (uint64_t)k / GROUP_COLS * (SCALE_BYTES + GROUP_COLS);
	case TNPU_WFORMAT_F32:
		return k * 4ull;
	default:
		return k * 2ull;
	}
}

static int repack_check(struct tnpu_cmd *cmd, int wformat)
{
	const struct tnpu_cmd_repack *d = cmd->desc;
	bool groups = wformat == TNPU_WFORMAT_INT4_G32 || wformat == TNPU_WFORMAT_INT8_G32;

	if (tnpu_cmd_require(cmd, wformat >= 0, TNPU_ERR_FORMAT) ||
	    tnpu_cmd_require(cmd, d->n > 0 && d->n <= TNPU_MAX_GEMM_N, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->k > 0 && d->k <= TNPU_MAX_GEMM_K, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, !groups || d->k % GROUP_COLS == 0, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->first_row % LANES == 0 && d->first_row < d->n,
			     TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->rows > 0 && d->rows <= d->n - d->first_row,
			     TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, d->rows % LANES == 0 || d->rows == d->n - d->first_row,
			     TNPU_ERR_SHAPE))
		return -1;
	return tnpu_cmd_check_va(cmd, d->dst, TNPU_WEIGHT_ALIGN);
}

static int repack_bind(struct tnpu_cmd *cmd, const struct repack_state *s, uint32_t blocks)
{
	const struct tnpu_cmd_repack *d = cmd->desc;
	uint64_t skip = d->first_row / LANES * s->block_bytes;

	if (tnpu_cmd_require(cmd, d->dst + skip >= skip, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_bind(cmd, d->src, d->rows * s->row_bytes, TNPU_ACCESS_READ) < 0)
		return -1;
	return tnpu_cmd_bind(cmd, d->dst + skip, blocks * s->block_bytes, TNPU_ACCESS_WRITE);
}

static int repack_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_repack *d = cmd->desc;
	struct repack_state *s = (struct repack_state *)cmd->priv;
	uint32_t blocks = tnpu_div_up(d->rows, LANES);

	s->wformat = tnpu_wformat_find(&d->format);
	if (repack_check(cmd, s->wformat))
		return -1;
	s->row_bytes = repack_row_bytes(s->wformat, d->k);
	s->block_bytes = tnpu_weight_block_bytes(s->wformat, d->k);
	if (repack_bind(cmd, s, blocks) < 0)
		return -1;
	tnpu_cmd_phase(cmd, blocks, tnpu_grain(TNPU_GRAIN_BYTES, s->block_bytes));
	return 0;
}

/* Columns of @bytes each: 16 elements, one a row. */
static void pack_floats(uint8_t *dst, const uint8_t *src, const struct repack_state *s,
			uint32_t rows, uint32_t k, const uint32_t bytes)
{
	for (uint32_t r = 0; r < rows; r++)
		for (uint32_t c = 0; c < k; c++)
			memcpy(dst + (c * LANES + r) * bytes, src + r * s->row_bytes + c * bytes,
			       bytes);
}

/* One block of a file's row, @bits a value, into lane @lane of a weight group. */
static void pack_group(uint8_t *dst, const uint8_t *src, uint32_t lane, const uint32_t bits)
{
	memcpy(dst + lane * SCALE_BYTES, src, SCALE_BYTES);
	dst += LANES * SCALE_BYTES + lane * 4;
	src += SCALE_BYTES;
	for (uint32_t v = 0; v < bits; v++, dst += 64, src += 4) {
		uint32_t quad;

		memcpy(&quad, src, 4);
		if (bits == 8)
			quad ^= 0x80808080;
		memcpy(dst, &quad, 4);
	}
}

static void pack_groups(uint8_t *dst, const uint8_t *src, const struct repack_state *s,
			uint32_t rows, uint32_t k, const uint32_t bits)
{
	size_t packed = LANES * (SCALE_BYTES + GROUP_COLS * bits / 8);
	size_t stored = SCALE_BYTES + GROUP_COLS * bits / 8;

	for (uint32_t g = 0; g < k / GROUP_COLS; g++)
		for (uint32_t r = 0; r < rows; r++)
			pack_group(dst + g * packed, src + r * s->row_bytes + g * stored, r, bits);
}

static void repack_block(uint8_t *dst, const uint8_t *src, const struct repack_state *s,
			 uint32_t rows, uint32_t k)
{
	switch (s->wformat) {
	case TNPU_WFORMAT_INT4_G32:
		return pack_groups(dst, src, s, rows, k, 4);
	case TNPU_WFORMAT_INT8_G32:
		return pack_groups(dst, src, s, rows, k, 8);
	case TNPU_WFORMAT_F32:
		return pack_floats(dst, src, s, rows, k, 4);
	default:
		return pack_floats(dst, src, s, rows, k, 2);
	}
}

static int repack_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_repack *d = cmd->desc;
	const struct repack_state *s = (const struct repack_state *)cmd->priv;
	uint32_t rows = tnpu_min_u32(d->rows - tile * LANES, LANES);
	uint64_t to = tile * s->block_bytes;
	const uint8_t *src = tnpu_operand_read(cmd, lane, REPACK_SRC,
					       (uint64_t)tile * LANES * s->row_bytes,
					       rows * s->row_bytes);
	uint8_t *dst = tnpu_operand_write(cmd, lane, REPACK_DST, to, s->block_bytes);

	if (!src || !dst)
		return -1;
	/* Rows that are missing, and what pads the block to its alignment. */
	memset(dst, 0, s->block_bytes);
	repack_block(dst, src, s, rows, d->k);
	return tnpu_operand_done(cmd, lane, REPACK_DST, to, s->block_bytes, dst);
}

static int repack_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
			uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, repack_tile);
}

const struct tnpu_op tnpu_op_repack = {
	.name = "REPACK",
	.size = sizeof(struct tnpu_cmd_repack),
	.prepare = repack_prepare,
	.tiles = repack_tiles,
};
