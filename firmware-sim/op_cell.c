// SPDX-License-Identifier: MIT
/*
 * CELL: arithmetic on one u32 in memory, so that a compiled stream can count.
 */
#include "ops.h"

static int cell_check(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_cell *d = cmd->desc;

	if (tnpu_cmd_require(cmd, d->op <= TNPU_CELL_ADD, TNPU_ERR_VALUE) ||
	    tnpu_cmd_require(cmd, d->op == TNPU_CELL_ADD || !d->src, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_check_va(cmd, d->dst, 4))
		return -1;
	return tnpu_cmd_check_va(cmd, d->src, 4);
}

static int cell_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_cell *d = cmd->desc;
	uint32_t size = sizeof(uint32_t);

	if (cell_check(cmd))
		return -1;
	if (d->op == TNPU_CELL_ADD && tnpu_cmd_bind(cmd, d->src, size, TNPU_ACCESS_READ) < 0)
		return -1;
	if (tnpu_cmd_bind(cmd, d->dst, size, TNPU_ACCESS_WRITE) < 0)
		return -1;
	tnpu_cmd_phase(cmd, 1, 1);
	return 0;
}

static int cell_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		      uint32_t first, uint32_t count)
{
	const struct tnpu_cmd_cell *d = cmd->desc;
	int dst = d->op == TNPU_CELL_ADD ? 1 : 0;
	uint32_t value = d->value;
	const uint32_t *in;
	uint32_t *out;

	if (d->op == TNPU_CELL_ADD) {
		in = tnpu_operand_read(cmd, lane, 0, 0, sizeof(*in));
		if (!in)
			return -1;
		value += *in;
	}
	out = tnpu_operand_write(cmd, lane, dst, 0, sizeof(*out));
	if (!out)
		return -1;
	*out = value;
	return tnpu_operand_done(cmd, lane, dst, 0, sizeof(*out), out);
}

const struct tnpu_op tnpu_op_cell = {
	.name = "CELL",
	.size = sizeof(struct tnpu_cmd_cell),
	.prepare = cell_prepare,
	.tiles = cell_tiles,
};
