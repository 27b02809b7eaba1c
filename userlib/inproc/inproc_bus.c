// SPDX-License-Identifier: MIT
/*
 * The chip's way to system memory, interrupts and time. DMA addresses are offsets in the
 * system region. Nothing here takes the device's lock; see inproc.h.
 */
#include <errno.h>
#include <string.h>

#include "inproc.h"

static uint8_t *inproc_bus_host(struct inproc_device *dev, uint64_t addr, size_t size)
{
	if (addr > dev->system.size || size > dev->system.size - addr)
		return NULL;
	return dev->system.base + addr;
}

/* Eight bytes and less must be seen whole, and records in the order of their writes. */
static int inproc_bus_read(void *opaque, uint64_t addr, void *buf, size_t size)
{
	uint8_t *host = inproc_bus_host(opaque, addr, size);
	uint64_t value;

	if (!host)
		return -EIO;
	if (size == sizeof(value) && !(addr & (sizeof(value) - 1))) {
		value = __atomic_load_n((uint64_t *)host, __ATOMIC_ACQUIRE);
		memcpy(buf, &value, sizeof(value));
	} else {
		memcpy(buf, host, size);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	}
	return 0;
}

static int inproc_bus_write(void *opaque, uint64_t addr, const void *buf, size_t size)
{
	uint8_t *host = inproc_bus_host(opaque, addr, size);
	uint64_t value;
	uint32_t half;

	if (!host)
		return -EIO;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (size == sizeof(value) && !(addr & (sizeof(value) - 1))) {
		memcpy(&value, buf, sizeof(value));
		__atomic_store_n((uint64_t *)host, value, __ATOMIC_RELEASE);
	} else if (size == sizeof(half) && !(addr & (sizeof(half) - 1))) {
		memcpy(&half, buf, sizeof(half));
		__atomic_store_n((uint32_t *)host, half, __ATOMIC_RELEASE);
	} else {
		memcpy(host, buf, size);
	}
	return 0;
}

static void *inproc_bus_map(void *opaque, uint64_t addr, size_t *size, bool write)
{
	struct inproc_device *dev = opaque;

	if (addr >= dev->system.size)
		return NULL;
	if (*size > dev->system.size - addr)
		*size = dev->system.size - addr;
	return dev->system.base + addr;
}

static void inproc_bus_unmap(void *opaque, void *host, size_t size, bool write, size_t written)
{
}

static void inproc_bus_raise(void *opaque, unsigned int vector)
{
	struct inproc_device *dev = opaque;

	if (vector == TNPU_VECTOR_EVENT)
		sem_post(&dev->mbox.event);
	else
		inproc_device_wake(dev);
}

static uint64_t inproc_bus_clock(void *opaque)
{
	return inproc_device_now();
}

const struct tnpu_bus inproc_bus = {
	.read = inproc_bus_read,
	.write = inproc_bus_write,
	.map = inproc_bus_map,
	.unmap = inproc_bus_unmap,
	.raise = inproc_bus_raise,
	.clock = inproc_bus_clock,
};
