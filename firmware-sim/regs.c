// SPDX-License-Identifier: MIT
/*
 * BAR0: the register file and the doorbells. Everything here runs under the chip's lock,
 * for a few instructions; what a write sets off is done by control.
 */
#include "chip.h"

static void tnpu_reg_put(struct tnpu_chip *chip, uint32_t reg, uint32_t value)
{
	chip->reg[reg / 4] = value;
}

static void tnpu_reg_put64(struct tnpu_chip *chip, uint32_t reg, uint64_t value)
{
	tnpu_reg_put(chip, reg, value);
	tnpu_reg_put(chip, reg + 4, value >> 32);
}

static void tnpu_regs_identify(struct tnpu_chip *chip)
{
	const struct tnpu_chip_config *config = &chip->config;

	tnpu_reg_put(chip, TNPU_REG_MAGIC, TNPU_MAGIC);
	tnpu_reg_put(chip, TNPU_REG_HW_VERSION,
		     TNPU_HW_VERSION_MAJOR << 16 | TNPU_HW_VERSION_MINOR);
	tnpu_reg_put(chip, TNPU_REG_PLATFORM, TNPU_PLATFORM_EMULATED);
	tnpu_reg_put64(chip, TNPU_REG_MEM_SIZE_LO, config->mem_size);
	tnpu_reg_put(chip, TNPU_REG_NUM_QUEUES, config->queues);
	tnpu_reg_put(chip, TNPU_REG_NUM_CONTEXTS, config->contexts);
	tnpu_reg_put(chip, TNPU_REG_DB_OFFSET, TNPU_REGS_SIZE);
	tnpu_reg_put(chip, TNPU_REG_DB_STRIDE, TNPU_DB_STRIDE);
	tnpu_reg_put(chip, TNPU_REG_NUM_VECTORS, config->vectors);
	tnpu_reg_put(chip, TNPU_REG_VA_BITS, TNPU_VA_BITS);
	tnpu_reg_put(chip, TNPU_REG_PAGE_SIZES, 1u << TNPU_PAGE_SHIFT | 1u << TNPU_HUGE_SHIFT);
	tnpu_reg_put(chip, TNPU_REG_PROFILE, config->profile);
	tnpu_reg_put(chip, TNPU_REG_ENGINES, config->engines);
}

static void tnpu_regs_limits(struct tnpu_chip *chip)
{
	tnpu_reg_put(chip, TNPU_REG_MAX_SPAN_US, TNPU_MAX_SPAN_US);
	tnpu_reg_put64(chip, TNPU_REG_OPS_LO, chip->ops);
	tnpu_reg_put(chip, TNPU_REG_WFORMATS, (1u << TNPU_WFORMAT_COUNT) - 1);
	tnpu_reg_put(chip, TNPU_REG_DTYPES, 1u << TNPU_DTYPE_F32 | 1u << TNPU_DTYPE_F16 |
		     1u << TNPU_DTYPE_BF16 | 1u << TNPU_DTYPE_QI8);
	tnpu_reg_put64(chip, TNPU_REG_MAX_CMD_BYTES_LO, TNPU_MAX_CMD_BYTES);
	tnpu_reg_put64(chip, TNPU_REG_MAX_CMD_MACS_LO, TNPU_MAX_CMD_MACS);
	tnpu_reg_put(chip, TNPU_REG_MAX_STREAM_BYTES, TNPU_MAX_STREAM_BYTES);
	tnpu_reg_put(chip, TNPU_REG_GEMM_TILE, TNPU_GEMM_TILE);
	tnpu_reg_put(chip, TNPU_REG_RING_ORDER_MAX, TNPU_RING_ORDER_MAX);
	tnpu_reg_put(chip, TNPU_REG_TIMESTAMP_HZ, TNPU_TIMESTAMP_HZ);
}

void tnpu_regs_init(struct tnpu_chip *chip)
{
	/* The two that a reset does not clear at once: see tnpu_chip_do_reset(). */
	const uint32_t state = chip->reg[TNPU_REG_BOOT_STATE / 4];
	const uint32_t resets = chip->reg[TNPU_REG_RESET_COUNT / 4];
	unsigned int i;

	for (i = 0; i < TNPU_REG_FILE / 4; i++)
		chip->reg[i] = 0;
	tnpu_regs_identify(chip);
	tnpu_regs_limits(chip);
	tnpu_reg_put(chip, TNPU_REG_BOOT_STATE, state);
	tnpu_reg_put(chip, TNPU_REG_RESET_COUNT, resets);
	chip->rung = 0;
	chip->boot_requested = false;
}

uint32_t tnpu_reg_get(struct tnpu_chip *chip, uint32_t reg)
{
	uint32_t value;

	pthread_mutex_lock(&chip->lock);
	value = chip->reg[reg / 4];
	pthread_mutex_unlock(&chip->lock);
	return value;
}

uint64_t tnpu_reg_get64(struct tnpu_chip *chip, uint32_t reg)
{
	uint64_t value;

	pthread_mutex_lock(&chip->lock);
	value = chip->reg[reg / 4] | (uint64_t)chip->reg[reg / 4 + 1] << 32;
	pthread_mutex_unlock(&chip->lock);
	return value;
}

void tnpu_reg_set(struct tnpu_chip *chip, uint32_t reg, uint32_t value)
{
	pthread_mutex_lock(&chip->lock);
	if (!chip->reset_pending)
		tnpu_reg_put(chip, reg, value);
	pthread_mutex_unlock(&chip->lock);
}

void tnpu_irq_raise(struct tnpu_chip *chip, uint32_t bits)
{
	bool enabled = false;

	pthread_mutex_lock(&chip->lock);
	if (!chip->reset_pending) {
		chip->reg[TNPU_REG_IRQ_STATUS / 4] |= bits;
		enabled = chip->reg[TNPU_REG_IRQ_STATUS / 4] &
			  chip->reg[TNPU_REG_IRQ_ENABLE / 4];
	}
	pthread_mutex_unlock(&chip->lock);
	if (enabled)
		tnpu_bus_raise(chip, TNPU_VECTOR_EVENT);
}

void tnpu_regs_request_reset(struct tnpu_chip *chip)
{
	tnpu_regs_init(chip);
	chip->reset_pending = true;
	pthread_cond_broadcast(&chip->cond);
	tnpu_chip_kick(chip, TNPU_EVENT_RESET);
}

/* Each returns the event that the write sets off. */
static uint32_t tnpu_reg_write_ctrl(struct tnpu_chip *chip, uint32_t value)
{
	uint32_t *state = &chip->reg[TNPU_REG_BOOT_STATE / 4];
	uint32_t events = 0;

	if (value & TNPU_CTRL_RESET) {
		tnpu_regs_request_reset(chip);
		return 0;
	}
	if (value & TNPU_CTRL_ENGINE_RESET && *state == TNPU_BOOT_READY)
		events |= TNPU_EVENT_ENGINE_RESET;
	if (value & TNPU_CTRL_BOOT &&
	    (*state == TNPU_BOOT_ROM || *state == TNPU_BOOT_FAILED)) {
		*state = TNPU_BOOT_LOADING;
		chip->boot_requested = true;
		events |= TNPU_EVENT_BOOT;
	}
	return events;
}

static uint32_t tnpu_reg_write(struct tnpu_chip *chip, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case TNPU_REG_CTRL:
		return tnpu_reg_write_ctrl(chip, value);
	case TNPU_REG_MBOX_REQ_TAIL:
	case TNPU_REG_MBOX_RSP_HEAD:
		tnpu_reg_put(chip, reg, value);
		return TNPU_EVENT_MBOX;
	case TNPU_REG_IRQ_STATUS:
		chip->reg[reg / 4] &= ~value;
		return 0;
	case TNPU_REG_IRQ_ENABLE:
		/* What is pending already must not be lost: the vector is an edge. */
		tnpu_reg_put(chip, reg, value & TNPU_IRQ_ALL);
		return TNPU_EVENT_IRQ;
	case TNPU_REG_FW_ADDR_LO:
	case TNPU_REG_FW_ADDR_HI:
	case TNPU_REG_FW_SIZE:
	case TNPU_REG_SCRATCH:
	case TNPU_REG_MBOX_REQ_LO:
	case TNPU_REG_MBOX_REQ_HI:
	case TNPU_REG_MBOX_RSP_LO:
	case TNPU_REG_MBOX_RSP_HI:
	case TNPU_REG_MBOX_ORDER:
		tnpu_reg_put(chip, reg, value);
		return 0;
	default:
		return 0;
	}
}

static uint32_t tnpu_doorbell_write(struct tnpu_chip *chip, uint64_t offset, uint32_t value)
{
	const uint64_t queue = (offset - TNPU_REGS_SIZE) / TNPU_DB_STRIDE;

	if (offset % TNPU_DB_STRIDE != TNPU_DB_TAIL || queue >= chip->config.queues)
		return 0;
	chip->tail[queue] = value;
	chip->rung |= 1ull << queue;
	return TNPU_EVENT_DOORBELL;
}

uint32_t tnpu_chip_mmio_read(struct tnpu_chip *chip, uint64_t offset)
{
	uint64_t now = 0;
	uint32_t value;

	if (offset % 4 || offset >= TNPU_REG_FILE || offset == TNPU_REG_CTRL)
		return 0;
	if (offset == TNPU_REG_TIMESTAMP_LO)
		now = tnpu_chip_clock(chip);
	pthread_mutex_lock(&chip->lock);
	if (offset == TNPU_REG_TIMESTAMP_LO)
		tnpu_reg_put64(chip, TNPU_REG_TIMESTAMP_LO, now);
	value = chip->reg[offset / 4];
	pthread_mutex_unlock(&chip->lock);
	return value;
}

void tnpu_chip_mmio_write(struct tnpu_chip *chip, uint64_t offset, uint32_t value)
{
	uint32_t event;

	if (offset % 4)
		return;
	pthread_mutex_lock(&chip->lock);
	if (offset < TNPU_REGS_SIZE)
		event = tnpu_reg_write(chip, offset, value);
	else
		event = tnpu_doorbell_write(chip, offset, value);
	pthread_mutex_unlock(&chip->lock);
	if (event)
		tnpu_chip_kick(chip, event);
}
