// SPDX-License-Identifier: MIT
/*
 * The shell's callbacks, with provoked failures in front of them.
 */
#include <errno.h>

#include "chip.h"

static int tnpu_bus_fail(struct tnpu_chip *chip)
{
	tnpu_chip_count(chip, TNPU_COUNTER_BUS_ERRORS, 1);
	return -EIO;
}

int tnpu_bus_read(struct tnpu_chip *chip, uint64_t addr, void *buf, size_t size)
{
	if (addr + size < addr || tnpu_provoked_take(chip, TNPU_PROVOKE_DMA_ERROR) ||
	    chip->config.bus.read(chip->config.opaque, addr, buf, size))
		return tnpu_bus_fail(chip);
	return 0;
}

int tnpu_bus_write(struct tnpu_chip *chip, uint64_t addr, const void *buf, size_t size)
{
	if (addr + size < addr || tnpu_provoked_take(chip, TNPU_PROVOKE_DMA_ERROR) ||
	    chip->config.bus.write(chip->config.opaque, addr, buf, size))
		return tnpu_bus_fail(chip);
	return 0;
}

void tnpu_bus_raise(struct tnpu_chip *chip, unsigned int vector)
{
	if (tnpu_provoked_take(chip, TNPU_PROVOKE_DROP_IRQ)) {
		tnpu_chip_count(chip, TNPU_COUNTER_IRQS_DROPPED, 1);
		return;
	}
	tnpu_chip_count(chip, TNPU_COUNTER_IRQS, 1);
	chip->config.bus.raise(chip->config.opaque, vector);
}

void tnpu_bus_dirty(struct tnpu_chip *chip, uint64_t offset, uint64_t size)
{
	if (chip->config.bus.dirty)
		chip->config.bus.dirty(chip->config.opaque, offset, size);
}
