// SPDX-License-Identifier: MIT
/*
 * The chip in process as the device that traces are replayed against.
 */
#include <stdlib.h>
#include <string.h>

#include "chip_harness.h"
#include "replay.h"

static void *chip_open(void)
{
	struct harness *h = malloc(sizeof(*h));

	if (h)
		harness_create(h, NULL);
	return h;
}

static void chip_close(void *dev)
{
	harness_close(dev);
	free(dev);
}

static uint32_t chip_read32(void *dev, uint64_t offset)
{
	struct harness *h = dev;

	return tnpu_chip_mmio_read(h->chip, offset);
}

static void chip_write32(void *dev, uint64_t offset, uint32_t value)
{
	struct harness *h = dev;

	tnpu_chip_mmio_write(h->chip, offset, value);
}

static void *chip_memory(struct harness *h, enum replay_space space, uint64_t addr)
{
	return space == REPLAY_MEM ? h->mem + addr : harness_sys(h, addr);
}

static uint64_t chip_load(void *dev, enum replay_space space, uint64_t addr, size_t size)
{
	const void *p = chip_memory(dev, space, addr);
	uint64_t value = 0;

	if (size == 8 && addr % 8 == 0)
		return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE);
	if (size == 4 && addr % 4 == 0)
		return __atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE);
	memcpy(&value, p, size);
	return value;
}

static void chip_store(void *dev, enum replay_space space, uint64_t addr, size_t size,
		       uint64_t value)
{
	void *p = chip_memory(dev, space, addr);

	if (size == 8 && addr % 8 == 0)
		__atomic_store_n((uint64_t *)p, value, __ATOMIC_RELEASE);
	else if (size == 4 && addr % 4 == 0)
		__atomic_store_n((uint32_t *)p, value, __ATOMIC_RELEASE);
	else
		memcpy(p, &value, size);
}

static unsigned int chip_interrupts(void *dev, unsigned int vector)
{
	struct harness *h = dev;

	return h->raised[vector];
}

/* Behind the harness's system memory, which is much less, there is nothing. */
const struct replay_backend replay_chip = {
	.open = chip_open,
	.close = chip_close,
	.read32 = chip_read32,
	.write32 = chip_write32,
	.load = chip_load,
	.store = chip_store,
	.interrupts = chip_interrupts,
	.sys_base = HARNESS_SYS_BASE,
	.nowhere = HARNESS_SYS_BASE + (1ull << 40),
};
