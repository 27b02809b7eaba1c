// SPDX-License-Identifier: MIT
/*
 * The shell's callbacks, with provoked failures in front of them.
 */
#include <errno.h>

#include "chip.h"

/* Takes one from a counter of provocations; false where it stands at zero. */
static bool tnpu_bus_provoked(_Atomic uint64_t *counter)
{
	uint64_t n = atomic_load_explicit(counter, memory_order_relaxed);

	while (n)
		if (atomic_compare_exchange_weak(counter, &n, n - 1))
			return true;
	return false;
}

static int tnpu_bus_fail(struct tnpu_chip *chip)
{
	tnpu_chip_count(chip, TNPU_COUNTER_BUS_ERRORS, 1);
	return -EIO;
}

int tnpu_bus_read(struct tnpu_chip *chip, uint64_t addr, void *buf, size_t size)
{
	if (addr + size < addr || tnpu_bus_provoked(&chip->dma_errors) ||
	    chip->config.bus.read(chip->config.opaque, addr, buf, size))
		return tnpu_bus_fail(chip);
	return 0;
}

int tnpu_bus_write(struct tnpu_chip *chip, uint64_t addr, const void *buf, size_t size)
{
	if (addr + size < addr || tnpu_bus_provoked(&chip->dma_errors) ||
	    chip->config.bus.write(chip->config.opaque, addr, buf, size))
		return tnpu_bus_fail(chip);
	return 0;
}

void tnpu_bus_raise(struct tnpu_chip *chip, unsigned int vector)
{
	if (tnpu_bus_provoked(&chip->drop_irq)) {
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
