/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TNPU: the PCIe shell around the chip (firmware-sim). The shell owns what is
 * PCI: identity, BARs, interrupts, reset kinds, power states, DMA. What happens
 * behind the registers is the chip's alone.
 *
 * Locks. Everything runs under the big QEMU lock (BQL) except the callbacks of
 * struct tnpu_bus, which run on the chip's own threads and never take it: a
 * thread that holds the BQL waits for them in tnpu_dma_call(). @dma_lock nests
 * inside the BQL and guards @dma_requests alone.
 */
#ifndef HW_MISC_TNPU_H
#define HW_MISC_TNPU_H

#include "hw/pci/pci_device.h"
#include "qemu/bitmap.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qom/object.h"

#include "chip/tnpu_chip.h"
#include "tnpu_compat.h"

/* A missing header is an error to GCC 14, and shall be one to every compiler. */
#pragma GCC diagnostic error "-Wimplicit-function-declaration"

#define TYPE_TNPU "tnpu"
OBJECT_DECLARE_SIMPLE_TYPE(TnpuState, TNPU)

#define TNPU_QUEUES_MAX		64
#define TNPU_CONTEXTS_MAX	256
#define TNPU_ENGINES_MAX	64
#define TNPU_VECTORS_MAX	(TNPU_QUEUES_MAX + 1)
#define TNPU_IRQ_WORDS		DIV_ROUND_UP(TNPU_VECTORS_MAX, 64)
#define TNPU_BARS		3

/* The longest that interrupts can be delayed, in microseconds. */
#define TNPU_DELAY_MAX		10000000

/*
 * What device memory holds after a reset that loses it: neither what was there
 * nor zeros, so that software which relies on either is found out.
 */
#define TNPU_POISON		0xa5

struct tnpu_dma_request;

/**
 * struct TnpuState - one device
 * @mmio: BAR0, registers and doorbells
 * @mem: BAR2, device memory
 * @chip: NULL before realize and after exit; changes under the BQL
 * @mem_size: property, bytes of device memory
 * @queues: property, hardware queues
 * @contexts: property, address spaces
 * @engines: property, engine lanes; 0: one per host CPU
 * @isa: property, name of the engines' instruction set; NULL: the host's best
 * @profile: property, name of the chip profile; NULL: generic
 * @vm_change: handler of stop and cont
 * @vm_running: the virtual machine runs
 * @frozen: the chip is paused, because the machine is stopped or the function
 *	is in D3hot; see tnpu_freeze_update()
 * @iommu: an IOMMU may translate this function's DMA; set in reset
 * @irq_bh: delivers @irq_pending
 * @irq_pending: vectors raised and not delivered yet; atomic
 * @irq_saved: @irq_pending in a stream, a bit a vector whatever the host's long is
 * @irq_left: messages of a vector that are still to be sent
 * @irq_due: not before this time of the virtual clock
 * @irq_timer: schedules @irq_bh when the next of them is due
 * @delay_irq: provoked: microseconds by which messages are late
 * @repeat_irq: provoked: so many of the next interrupts are sent twice
 * @link_down: provoked: the link is cut; written under the BQL, atomic
 * @gone: what covers a BAR while the link is cut
 * @dma_bh: serves @dma_requests
 * @dma_lock: guards @dma_requests and the fields of what is queued there
 * @dma_cond: a request was queued or served, or a call has ended
 * @dma_requests: translations that wait for a holder of the BQL
 */
struct TnpuState {
	PCIDevice parent_obj;

	MemoryRegion mmio;
	MemoryRegion mem;
	struct tnpu_chip *chip;

	uint64_t mem_size;
	uint32_t queues;
	uint32_t contexts;
	uint32_t engines;
	char *isa;
	char *profile;

	VMChangeStateEntry *vm_change;
	bool vm_running;
	bool frozen;

	bool iommu;
	QEMUBH *irq_bh;
	DECLARE_BITMAP(irq_pending, TNPU_VECTORS_MAX);
	uint64_t irq_saved[TNPU_IRQ_WORDS];
	uint8_t irq_left[TNPU_VECTORS_MAX];
	int64_t irq_due[TNPU_VECTORS_MAX];
	QEMUTimer *irq_timer;

	uint32_t delay_irq;
	uint64_t repeat_irq;
	bool link_down;
	MemoryRegion gone[TNPU_BARS];

	QEMUBH *dma_bh;
	QemuMutex dma_lock;
	QemuCond dma_cond;

	QSIMPLEQ_HEAD(, tnpu_dma_request) dma_requests;
};

/** tnpu_vectors - MSI-X vectors: events, and one for each queue. */
static inline unsigned int tnpu_vectors(TnpuState *s)
{
	return s->queues + 1;
}

/* ---- props.c ------------------------------------------------------------------ */

/** tnpu_props_init - add the properties to the class. */
void tnpu_props_init(ObjectClass *klass);

/**
 * tnpu_props_config - check the properties and state them as @config
 * Returns false with @errp naming the property, its value and what is allowed.
 */
bool tnpu_props_config(TnpuState *s, struct tnpu_chip_config *config,
		       Error **errp);

/* ---- provoke.c ------------------------------------------------------------------ */

/** tnpu_provoke_init - add the properties that provoke failures to the class. */
void tnpu_provoke_init(ObjectClass *klass);

/* ---- counters.c ----------------------------------------------------------------- */

/** tnpu_counters_init - add the properties that show counters to the class. */
void tnpu_counters_init(ObjectClass *klass);

/* ---- mmio.c ------------------------------------------------------------------- */

/** tnpu_mmio_init - make BAR0 for the chip. */
void tnpu_mmio_init(TnpuState *s);

/* ---- host.c -------------------------------------------------------------------- */

/** tnpu_bus - the callbacks of the chip; their argument is the TnpuState. */
extern const struct tnpu_bus tnpu_host_bus;

/** tnpu_host_init, tnpu_host_exit - interrupt delivery. BQL held. */
void tnpu_host_init(TnpuState *s);
void tnpu_host_exit(TnpuState *s);

/** tnpu_host_resume - deliver what was raised while the machine stood. BQL held. */
void tnpu_host_resume(TnpuState *s);

/** tnpu_host_reset - forget interrupts that wait for delivery. BQL held. */
void tnpu_host_reset(TnpuState *s);

/**
 * tnpu_host_delay - send interrupts so many microseconds late, from now on
 * What was held back before is sent at once. Returns 0 or -EINVAL. BQL held.
 */
int tnpu_host_delay(TnpuState *s, uint64_t us);

/** tnpu_host_repeat - send so many of the next interrupts twice. Returns 0. BQL held. */
int tnpu_host_repeat(TnpuState *s, uint64_t count);

/* ---- link.c -------------------------------------------------------------------- */

/** tnpu_link_init, tnpu_link_exit - BQL held, the BARs exist. */
void tnpu_link_init(TnpuState *s);
void tnpu_link_exit(TnpuState *s);

/** tnpu_link_cut - cut the link, or mend it. Returns 0. BQL held. */
int tnpu_link_cut(TnpuState *s, uint64_t down);

/* ---- dma.c -------------------------------------------------------------------- */

/** tnpu_dma_init, tnpu_dma_exit - BQL held, no chip thread runs. */
void tnpu_dma_init(TnpuState *s);
void tnpu_dma_exit(TnpuState *s);

/** tnpu_dma_reset - look anew whether an IOMMU is there. BQL held, chip idle. */
void tnpu_dma_reset(TnpuState *s);

/**
 * tnpu_dma_call - run @fn, which waits for the chip's threads
 *
 * BQL held. Every function of the chip that waits for its threads must be
 * called through here: behind an IOMMU such a thread may in turn wait for a
 * holder of the BQL.
 */
void tnpu_dma_call(TnpuState *s, void (*fn)(struct tnpu_chip *chip));

/**
 * tnpu_dma_read, tnpu_dma_write, tnpu_dma_map, tnpu_dma_unmap - see struct tnpu_bus
 *
 * Chip threads only. What is not plain RAM is refused, and so are the device's
 * own memory and everything while bus mastering is off.
 */
int tnpu_dma_read(void *opaque, uint64_t addr, void *buf, size_t size);
int tnpu_dma_write(void *opaque, uint64_t addr, const void *buf, size_t size);
void *tnpu_dma_map(void *opaque, uint64_t addr, size_t *size, bool write);
void tnpu_dma_unmap(void *opaque, void *host, size_t size, bool write,
		    size_t written);

/* ---- vmstate.c ---------------------------------------------------------------- */

/** tnpu_vmstate_init - make the class migratable. */
void tnpu_vmstate_init(ObjectClass *klass);

/* ---- reset.c ------------------------------------------------------------------ */

/** tnpu_reset_init - add the reset phases to the class. */
void tnpu_reset_init(ObjectClass *klass);

/**
 * tnpu_freeze_update - pause or resume the chip as the machine's run state and
 * the function's power state demand. BQL held.
 */
void tnpu_freeze_update(TnpuState *s);

#endif /* HW_MISC_TNPU_H */
