// SPDX-License-Identifier: MIT
/*
 * FENCE_SIGNAL, FENCE_WAIT and TIMESTAMP. They are a few bytes each, so they run on control
 * (lane 0), which is why a signal may wake the queues that wait.
 */
#include "chip.h"
#include "ops.h"

static int tnpu_sync_prepare(struct tnpu_cmd *cmd, uint64_t va, uint32_t access)
{
	if (va % sizeof(uint64_t))
		return tnpu_cmd_fail(cmd, TNPU_ERR_ALIGN);
	if (tnpu_cmd_bind(cmd, va, sizeof(uint64_t), access) < 0)
		return -1;
	cmd->phases = 1;
	cmd->tiles[0] = 1;
	return 0;
}

static int tnpu_sync_store(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint64_t value)
{
	uint64_t *p = tnpu_operand_write(cmd, lane, 0, 0, sizeof(value));

	if (!p)
		return -1;
	__atomic_store_n(p, value, __ATOMIC_SEQ_CST);
	return tnpu_operand_done(cmd, lane, 0, 0, sizeof(value), p);
}

static int tnpu_fence_signal_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_fence_signal *desc = cmd->desc;

	return tnpu_sync_prepare(cmd, desc->va, TNPU_ACCESS_WRITE);
}

static int tnpu_fence_signal_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane,
				   uint32_t phase, uint32_t first, uint32_t count)
{
	const struct tnpu_cmd_fence_signal *desc = cmd->desc;

	if (tnpu_sync_store(cmd, lane, desc->value))
		return -1;
	tnpu_sched_signalled(cmd->mem->chip);
	return 0;
}

const struct tnpu_op tnpu_op_fence_signal = {
	.name = "FENCE_SIGNAL",
	.size = sizeof(struct tnpu_cmd_fence_signal),
	.prepare = tnpu_fence_signal_prepare,
	.tiles = tnpu_fence_signal_tiles,
};

/* priv[0] is the end of the wait, in ticks of the timestamp counter. */
static int tnpu_fence_wait_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_fence_wait *desc = cmd->desc;

	if (desc->reserved)
		return tnpu_cmd_fail(cmd, TNPU_ERR_RESERVED);
	if (desc->timeout_us < 1 || desc->timeout_us > 10000000)
		return tnpu_cmd_fail(cmd, TNPU_ERR_VALUE);
	if (tnpu_cmd_clock(cmd, &cmd->priv[0]))
		return -1;
	cmd->priv[0] += desc->timeout_us * 1000ull;
	return tnpu_sync_prepare(cmd, desc->va, TNPU_ACCESS_READ);
}

static int tnpu_fence_wait_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane,
				 uint32_t phase, uint32_t first, uint32_t count)
{
	const struct tnpu_cmd_fence_wait *desc = cmd->desc;
	const uint64_t *p = tnpu_operand_read(cmd, lane, 0, 0, sizeof(*p));

	if (!p)
		return -1;
	if (__atomic_load_n(p, __ATOMIC_SEQ_CST) >= desc->value)
		return 0;
	if (tnpu_chip_clock(cmd->mem->chip) >= cmd->priv[0])
		return tnpu_cmd_fail(cmd, TNPU_ERR_WAIT);
	return TNPU_TILE_AGAIN;
}

const struct tnpu_op tnpu_op_fence_wait = {
	.name = "FENCE_WAIT",
	.size = sizeof(struct tnpu_cmd_fence_wait),
	.prepare = tnpu_fence_wait_prepare,
	.tiles = tnpu_fence_wait_tiles,
};

static int tnpu_timestamp_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_timestamp *desc = cmd->desc;

	return tnpu_sync_prepare(cmd, desc->va, TNPU_ACCESS_WRITE);
}

static int tnpu_timestamp_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane,
				uint32_t phase, uint32_t first, uint32_t count)
{
	return tnpu_sync_store(cmd, lane, tnpu_chip_clock(cmd->mem->chip));
}

const struct tnpu_op tnpu_op_timestamp = {
	.name = "TIMESTAMP",
	.size = sizeof(struct tnpu_cmd_timestamp),
	.prepare = tnpu_timestamp_prepare,
	.tiles = tnpu_timestamp_tiles,
};
