// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: resets, and the freezing of the chip.
 *
 * A function-level reset (FLR) stops all work and keeps device memory. Every
 * other reset (of the system, of the bus: hot reset, hotplug, wakeup from S3) stands for
 * lost power, and device memory is lost with it.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "hw/pci/pcie.h"
#include "hw/resettable.h"
#include "system/runstate.h"

#include <sys/mman.h>

#include "tnpu.h"
#include "trace.h"

/* At once: a transparent huge page. */
#define TNPU_POISON_CHUNK	(2 * MiB)

/* pcie_cap_flr_write_config() clears the bit after the reset, for this use. */
static bool tnpu_reset_is_flr(PCIDevice *dev)
{
	uint8_t *devctl = dev->config + dev->exp.exp_cap + PCI_EXP_DEVCTL;

	return pci_get_word(devctl) & PCI_EXP_DEVCTL_BCR_FLR;
}

static bool tnpu_reset_is_resident(void *host)
{
	unsigned char pages[TNPU_POISON_CHUNK / (4 * KiB)] = { 0 };

	if (mincore(host, TNPU_POISON_CHUNK, (void *)pages))
		return true;
	return !buffer_is_zero(pages, sizeof(pages));
}

/*
 * Poisons only what the host backs with memory, so that an idle device of many
 * GiB costs neither memory nor time. The rest is discarded, because the host may
 * have it in its swap; it reads as zero, as it does before its first use.
 */
static void tnpu_reset_poison(TnpuState *s)
{
	uint8_t *host = memory_region_get_ram_ptr(&s->mem);
	uint64_t offset;

	for (offset = 0; offset < s->mem_size; offset += TNPU_POISON_CHUNK) {
		if (tnpu_reset_is_resident(host + offset) ||
		    ram_block_discard_range(s->mem.ram_block, offset,
					    TNPU_POISON_CHUNK))
			memset(host + offset, TNPU_POISON, TNPU_POISON_CHUNK);
	}
	memory_region_set_dirty(&s->mem, 0, s->mem_size);
}

/*
 * The BQL is held until no engine and no callback is active. Work stops at the
 * next tile boundary, so that is bounded by the longest span.
 */
static void tnpu_reset_enter(Object *obj, ResetType type)
{
	tnpu_dma_call(TNPU(obj), tnpu_chip_reset);
}

static void tnpu_reset_hold(Object *obj, ResetType type)
{
	PCIDevice *dev = PCI_DEVICE(obj);
	TnpuState *s = TNPU(obj);

	tnpu_host_reset(s);
	tnpu_dma_reset(s);
	pcie_cap_deverr_reset(dev);
	if (tnpu_reset_is_flr(dev)) {
		trace_tnpu_flr(s);
	} else if (type != RESET_TYPE_SNAPSHOT_LOAD) {
		/* What a snapshot loads, it loads all of. */
		trace_tnpu_reset(s);
		tnpu_reset_poison(s);
	}
}

/* The PCI core brings the function to D0 too, but after this. */
static void tnpu_reset_exit(Object *obj, ResetType type)
{
	PCIDevice *dev = PCI_DEVICE(obj);

	pci_word_test_and_clear_mask(dev->config + dev->pm_cap + PCI_PM_CTRL,
				     PCI_PM_CTRL_STATE_MASK);
	tnpu_freeze_update(TNPU(obj));
}

void tnpu_reset_init(ObjectClass *klass)
{
	ResettableClass *rc = RESETTABLE_CLASS(klass);

	rc->phases.enter = tnpu_reset_enter;
	rc->phases.hold = tnpu_reset_hold;
	rc->phases.exit = tnpu_reset_exit;
}

/* A function in D3hot may not send anything but PME. */
static bool tnpu_freeze_wanted(TnpuState *s)
{
	PCIDevice *dev = PCI_DEVICE(s);

	return !s->vm_running ||
	       pci_get_word(dev->config + dev->pm_cap + PCI_PM_CTRL) &
	       PCI_PM_CTRL_STATE_MASK;
}

void tnpu_freeze_update(TnpuState *s)
{
	bool frozen = tnpu_freeze_wanted(s);

	if (frozen == s->frozen)
		return;
	s->frozen = frozen;
	if (frozen) {
		trace_tnpu_pause(s);
		tnpu_dma_call(s, tnpu_chip_pause);
	} else {
		trace_tnpu_resume(s);
		tnpu_dma_call(s, tnpu_chip_resume);
	}
}
