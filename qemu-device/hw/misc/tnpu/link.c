// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: the link to the function, which can be cut. Behind a cut link everything reads as
 * all-ones, writes are lost, and the function reaches neither memory nor processors. It
 * does not know: what it was told before, it goes on with.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"

#include "tnpu.h"
#include "trace.h"
#include "uapi/tnpu/tnpu_regs.h"

static const unsigned int tnpu_link_bars[TNPU_BARS] = {
	TNPU_BAR_REGS, TNPU_BAR_MEM, TNPU_BAR_MSIX,
};

static uint64_t tnpu_link_read(void *opaque, hwaddr addr, unsigned int size)
{
	return ~0ull;
}

static void tnpu_link_write(void *opaque, hwaddr addr, uint64_t value,
			    unsigned int size)
{
}

static const MemoryRegionOps tnpu_link_ops = {
	.read = tnpu_link_read,
	.write = tnpu_link_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
	.impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static MemoryRegion *tnpu_link_bar(TnpuState *s, int i)
{
	return PCI_DEVICE(s)->io_regions[tnpu_link_bars[i]].memory;
}

/*
 * What covers the BARs while the link is cut lies in them, so that it goes where they go,
 * and is gone with them in D3hot: an unmapped BAR would read as the platform likes.
 */
void tnpu_link_init(TnpuState *s)
{
	int i;

	for (i = 0; i < TNPU_BARS; i++) {
		MemoryRegion *bar = tnpu_link_bar(s, i);

		memory_region_init_io(&s->gone[i], OBJECT(s), &tnpu_link_ops, s,
				      "tnpu-gone", memory_region_size(bar));
		memory_region_set_enabled(&s->gone[i], false);
		memory_region_add_subregion_overlap(bar, 0, &s->gone[i], 1);
	}
}

void tnpu_link_exit(TnpuState *s)
{
	int i;

	for (i = 0; i < TNPU_BARS; i++)
		memory_region_del_subregion(tnpu_link_bar(s, i), &s->gone[i]);
}

static void tnpu_link_set(TnpuState *s, bool down)
{
	int i;

	qatomic_set(&s->link_down, down);
	if (down)
		tnpu_host_reset(s);
	memory_region_transaction_begin();
	for (i = 0; i < TNPU_BARS; i++)
		memory_region_set_enabled(&s->gone[i], down);
	memory_region_transaction_commit();
}

/* The chip stands still meanwhile: no access that has begun ends behind the cut. */
int tnpu_link_cut(TnpuState *s, uint64_t down)
{
	trace_tnpu_link(s, down);
	if (!s->frozen)
		tnpu_dma_call(s, tnpu_chip_pause);
	tnpu_link_set(s, down);
	if (!s->frozen)
		tnpu_dma_call(s, tnpu_chip_resume);
	return 0;
}
