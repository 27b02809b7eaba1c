// SPDX-License-Identifier: MIT
/*
 * What operators see: operands, cells, lane memory. See engine.h.
 */
#include <stdlib.h>

#include <sanitizer/asan_interface.h>

#include "chip.h"

#define TNPU_BLOCK_ALIGN	64
#define TNPU_BLOCK_BYTES	(256u << 10)
#define TNPU_BLOCK_KEPT		(16u << 20)	/* an idle lane keeps no more */
#define TNPU_LANE_BYTES		(256u << 20)	/* a guest cannot make it take more */

/* ---- Lane memory ------------------------------------------------------------------ */

/**
 * struct tnpu_block - a piece of lane memory; blocks form a stack
 * @base: bytes of the blocks below; a mark is @base + @used of the top
 */
struct tnpu_block {
	struct tnpu_block *below;
	size_t base;
	size_t size;
	size_t used;
	uint8_t data[] __attribute__((aligned(TNPU_BLOCK_ALIGN)));
};

static struct tnpu_block *tnpu_block_push(struct tnpu_lane *lane, size_t size)
{
	struct tnpu_block *block;

	if (size < TNPU_BLOCK_BYTES)
		size = TNPU_BLOCK_BYTES;
	block = aligned_alloc(TNPU_BLOCK_ALIGN, sizeof(*block) + size);
	if (!block)
		return NULL;
	block->below = lane->top;
	block->base = lane->top ? lane->top->base + lane->top->size : 0;
	block->size = size;
	block->used = 0;
	/* Under ASan only what was asked for may be touched; elsewhere this is nothing. */
	ASAN_POISON_MEMORY_REGION(block->data, size);
	lane->top = block;
	return block;
}

static void tnpu_block_use(struct tnpu_block *block, size_t used)
{
	block->used = used;
	ASAN_POISON_MEMORY_REGION(block->data + used, block->size - used);
}

static void tnpu_block_pop(struct tnpu_lane *lane)
{
	struct tnpu_block *block = lane->top;

	lane->top = block->below;
	free(block);
}

void *tnpu_lane_alloc(struct tnpu_cmd *cmd, struct tnpu_lane *lane, size_t size)
{
	struct tnpu_block *block = lane->top;
	void *p = NULL;

	if (size <= TNPU_LANE_BYTES) {
		const size_t room = (size + TNPU_BLOCK_ALIGN - 1) & -(size_t)TNPU_BLOCK_ALIGN;

		if (tnpu_lane_mark(lane) + room > TNPU_LANE_BYTES)
			block = NULL;
		else if (!block || room > block->size - block->used)
			block = tnpu_block_push(lane, room);
		if (block) {
			p = block->data + block->used;
			block->used += room;
			ASAN_UNPOISON_MEMORY_REGION(p, size);
		}
	}
	if (!p)
		tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE);
	return p;
}

size_t tnpu_lane_mark(const struct tnpu_lane *lane)
{
	return lane->top ? lane->top->base + lane->top->used : 0;
}

void tnpu_lane_release(struct tnpu_lane *lane, size_t mark)
{
	while (lane->top && lane->top->below && lane->top->base >= mark)
		tnpu_block_pop(lane);
	if (lane->top && mark >= lane->top->base)
		tnpu_block_use(lane->top, mark - lane->top->base);
}

/*
 * A tile that needed several blocks will be followed by others that do: keep one block of
 * their sum, so that malloc() stays out of the steady state.
 */
void tnpu_lane_reset(struct tnpu_lane *lane)
{
	size_t total;

	if (!lane->top)
		return;
	total = lane->top->base + lane->top->size;
	if (!lane->top->below && total <= TNPU_BLOCK_KEPT) {
		tnpu_block_use(lane->top, 0);
		return;
	}
	tnpu_lane_destroy(lane);
	if (total <= TNPU_BLOCK_KEPT)
		tnpu_block_push(lane, total);
}

void tnpu_lane_destroy(struct tnpu_lane *lane)
{
	while (lane->top)
		tnpu_block_pop(lane);
}

/* ---- Commands --------------------------------------------------------------------- */

static int tnpu_cmd_fail_as(struct tnpu_cmd *cmd, const struct tnpu_error *error)
{
	struct tnpu_chip *chip = cmd->mem->chip;

	pthread_mutex_lock(&chip->error_lock);
	if (!cmd->error.reason)
		cmd->error = *error;
	pthread_mutex_unlock(&chip->error_lock);
	return -1;
}

int tnpu_cmd_fail(struct tnpu_cmd *cmd, uint32_t reason)
{
	const struct tnpu_error error = { .reason = reason };

	return tnpu_cmd_fail_as(cmd, &error);
}

/* Prepare runs on control, which is lane 0. */
static struct tnpu_mmu *tnpu_cmd_mmu(struct tnpu_cmd *cmd)
{
	return &cmd->mem->chip->pool.lane[0].mmu;
}

static int tnpu_operand_translate(struct tnpu_cmd *cmd, struct tnpu_operand *operand)
{
	struct tnpu_error error;

	if (tnpu_mmu_map(tnpu_cmd_mmu(cmd), operand->va, operand->size, operand->access,
			 &operand->host, &error))
		return tnpu_cmd_fail_as(cmd, &error);
	return 0;
}

int tnpu_cmd_bind(struct tnpu_cmd *cmd, uint64_t va, uint64_t size, uint32_t access)
{
	const uint64_t limit = cmd->mem->chip->fw.max_cmd_bytes;
	struct tnpu_operand *operand = &cmd->operand[cmd->operands];

	if (va + size < va)
		return tnpu_cmd_fail(cmd, TNPU_ERR_SHAPE);
	/* Before the walk, whose time grows with the size. */
	if (size > limit || cmd->bytes > limit - size)
		return tnpu_cmd_fail(cmd, TNPU_ERR_LIMIT);
	if (cmd->operands == TNPU_OPERANDS_MAX)
		return tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE);
	*operand = (struct tnpu_operand){ .va = va, .size = size, .access = access };
	if (tnpu_operand_translate(cmd, operand))
		return -1;
	cmd->bytes += size;
	return cmd->operands++;
}

int tnpu_cmd_rebind(struct tnpu_cmd *cmd)
{
	unsigned int i;

	for (i = 0; i < cmd->operands; i++)
		if (tnpu_operand_translate(cmd, &cmd->operand[i]))
			return -1;
	return 0;
}

static int tnpu_cmd_remember(struct tnpu_cmd *cmd, const void *buf, size_t size)
{
	return tnpu_blob_append(&cmd->inputs->blob, buf, size) ?
	       tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE) : 0;
}

static int tnpu_cmd_recall(struct tnpu_cmd *cmd, void *buf, size_t size)
{
	return tnpu_inputs_next(cmd->inputs, buf, size) ?
	       tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE) : 0;
}

int tnpu_cmd_read(struct tnpu_cmd *cmd, uint64_t va, void *buf, size_t size)
{
	struct tnpu_error error;

	if (cmd->inputs->replay)
		return tnpu_cmd_recall(cmd, buf, size);
	if (tnpu_mmu_read(tnpu_cmd_mmu(cmd), va, buf, size, &error))
		return tnpu_cmd_fail_as(cmd, &error);
	return tnpu_cmd_remember(cmd, buf, size);
}

int tnpu_cmd_clock(struct tnpu_cmd *cmd, uint64_t *ticks)
{
	if (cmd->inputs->replay)
		return tnpu_cmd_recall(cmd, ticks, sizeof(*ticks));
	*ticks = tnpu_chip_clock(cmd->mem->chip);
	return tnpu_cmd_remember(cmd, ticks, sizeof(*ticks));
}

int tnpu_cmd_dim(struct tnpu_cmd *cmd, const struct tnpu_dim *dim, uint32_t limit,
		 uint32_t *value)
{
	if (dim->reserved)
		return tnpu_cmd_fail(cmd, TNPU_ERR_RESERVED);
	if (dim->cell % sizeof(*value))
		return tnpu_cmd_fail(cmd, TNPU_ERR_ALIGN);
	if (dim->value > limit)
		return tnpu_cmd_fail(cmd, TNPU_ERR_SHAPE);
	*value = dim->value;
	if (!dim->cell)
		return 0;
	if (tnpu_cmd_read(cmd, dim->cell, value, sizeof(*value)))
		return -1;
	return *value > dim->value ? tnpu_cmd_fail(cmd, TNPU_ERR_CELL) : 0;
}

int tnpu_cmd_scratch(struct tnpu_cmd *cmd, size_t size)
{
	free(cmd->scratch);
	/* One more byte: calloc(0) may answer NULL without being short of memory. */
	cmd->scratch = size < TNPU_MAX_CMD_BYTES ? calloc(1, size + 1) : NULL;
	return cmd->scratch ? 0 : tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE);
}

/* ---- Operands --------------------------------------------------------------------- */

/* What device memory's check finds in what is read. */
static int tnpu_operand_ecc(struct tnpu_cmd *cmd)
{
	struct tnpu_chip *chip = cmd->mem->chip;

	if (tnpu_provoked_take(chip, TNPU_PROVOKE_ECC_SINGLE))
		tnpu_chip_count(chip, TNPU_COUNTER_ECC_CORRECTED, 1);
	if (!tnpu_provoked_take(chip, TNPU_PROVOKE_ECC_DOUBLE))
		return 0;
	tnpu_chip_count(chip, TNPU_COUNTER_ECC_UNCORRECTED, 1);
	return tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE);
}

/*
 * The place of a part of an operand: in device memory where it is contiguous there, which
 * parts of an operand may be though the whole is not, else lane memory, filled with what
 * the operand holds where @fill is set.
 */
static void *tnpu_operand_place(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int index,
				uint64_t offset, size_t size, bool fill)
{
	const struct tnpu_operand *operand = &cmd->operand[index];
	struct tnpu_error error;
	void *p = NULL;

	/* The one check between an operator's arithmetic and the host's memory. */
	if (offset > operand->size || size > operand->size - offset) {
		tnpu_cmd_fail(cmd, TNPU_ERR_SHAPE);
		return NULL;
	}
	if (operand->host) {
		p = (uint8_t *)operand->host + offset;
	} else if (tnpu_mmu_map(&lane->mmu, operand->va + offset, size, operand->access, &p,
				&error)) {
		tnpu_cmd_fail_as(cmd, &error);
		return NULL;
	}
	if (p)
		return fill && tnpu_operand_ecc(cmd) ? NULL : p;
	p = tnpu_lane_alloc(cmd, lane, size);
	if (!p || !fill)
		return p;
	if (tnpu_mmu_read(&lane->mmu, operand->va + offset, p, size, &error)) {
		tnpu_cmd_fail_as(cmd, &error);
		return NULL;
	}
	return p;
}

const void *tnpu_operand_read(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
			      uint64_t offset, size_t size)
{
	return tnpu_operand_place(cmd, lane, operand, offset, size, true);
}

void *tnpu_operand_write(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
			 uint64_t offset, size_t size)
{
	return tnpu_operand_place(cmd, lane, operand, offset, size, false);
}

void *tnpu_operand_modify(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
			  uint64_t offset, size_t size)
{
	return tnpu_operand_place(cmd, lane, operand, offset, size, true);
}

int tnpu_operand_done(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
		      uint64_t offset, size_t size, void *ptr)
{
	const struct tnpu_chip *chip = cmd->mem->chip;
	const uintptr_t place = (uintptr_t)ptr - (uintptr_t)chip->config.mem;
	struct tnpu_error error;

	if (place < chip->config.mem_size) {
		tnpu_bus_dirty(cmd->mem->chip, place, size);
		return 0;
	}
	if (tnpu_mmu_write(&lane->mmu, cmd->operand[operand].va + offset, ptr, size, &error))
		return tnpu_cmd_fail_as(cmd, &error);
	return 0;
}
