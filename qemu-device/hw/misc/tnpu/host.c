// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: the rest of the bus interface that the shell provides to the chip:
 * interrupts, dirty memory, clock, log, threads. All of it runs on chip threads,
 * without the BQL.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "hw/pci/msix.h"

#include "tnpu.h"
#include "trace.h"

/* From a message to its repetition: time for software to be done with the first. */
#define TNPU_REPEAT_NS	SCALE_MS

/* Sending a message is a store to memory that is not RAM: it needs the BQL. */
static void tnpu_host_raise(void *opaque, unsigned int vector)
{
	TnpuState *s = opaque;

	trace_tnpu_irq_raise(s, vector);
	set_bit_atomic(vector, s->irq_pending);
	qemu_bh_schedule(s->irq_bh);
}

/* msix_notify() alone would keep a vector pending until MSI-X is switched on. */
static void tnpu_host_notify(TnpuState *s, unsigned int vector)
{
	if (!msix_enabled(PCI_DEVICE(s)) || s->link_down) {
		trace_tnpu_irq_lost(s, vector);
		return;
	}
	trace_tnpu_irq_notify(s, vector);
	msix_notify(PCI_DEVICE(s), vector);
}

/* One message, and another where it is to be repeated. More than two tell no more. */
static void tnpu_host_queue(TnpuState *s, unsigned int vector)
{
	int64_t due = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
		      s->delay_irq * (int64_t)SCALE_US;
	unsigned int count = 1;

	if (s->repeat_irq) {
		s->repeat_irq--;
		count++;
	}
	if (!s->irq_left[vector] || due < s->irq_due[vector])
		s->irq_due[vector] = due;
	s->irq_left[vector] = MIN(s->irq_left[vector] + count, 2);
}

static void tnpu_host_send(TnpuState *s)
{
	int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), next = INT64_MAX;
	unsigned int v;

	for (v = 0; v < tnpu_vectors(s); v++) {
		if (s->irq_left[v] && s->irq_due[v] <= now) {
			tnpu_host_notify(s, v);
			s->irq_left[v]--;
			s->irq_due[v] = now + TNPU_REPEAT_NS;
		}
		if (s->irq_left[v])
			next = MIN(next, s->irq_due[v]);
	}
	if (next != INT64_MAX)
		timer_mod(s->irq_timer, next);
}

/*
 * Raising a vector twice before this runs gives one message, as PCIe allows. In a machine
 * that is stopped nothing may change: there they wait, and may move to another machine.
 */
static void tnpu_host_irq_bh(void *opaque)
{
	TnpuState *s = opaque;
	DECLARE_BITMAP(fired, TNPU_VECTORS_MAX);
	unsigned long v;

	if (!s->vm_running)
		return;
	bitmap_copy_and_clear_atomic(fired, s->irq_pending, TNPU_VECTORS_MAX);
	for (v = find_first_bit(fired, TNPU_VECTORS_MAX); v < TNPU_VECTORS_MAX;
	     v = find_next_bit(fired, TNPU_VECTORS_MAX, v + 1))
		tnpu_host_queue(s, v);
	tnpu_host_send(s);
}

/* Sending is for the bottom half, which is guarded against messages to the device itself. */
static void tnpu_host_irq_due(void *opaque)
{
	TnpuState *s = opaque;

	qemu_bh_schedule(s->irq_bh);
}

static void tnpu_host_dirty(void *opaque, uint64_t offset, uint64_t size)
{
	TnpuState *s = opaque;

	memory_region_set_dirty(&s->mem, offset, size);
}

/*
 * The virtual clock stands while the machine is stopped, so a guest never sees
 * a job last as long as a pause or a migration. It is read under a seqlock, which
 * is safe on any thread.
 */
static uint64_t tnpu_host_clock(void *opaque)
{
	return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void tnpu_host_log(void *opaque, const char *line)
{
	trace_tnpu_log(opaque, line);
}

static void tnpu_host_thread_start(void *opaque)
{
	sigset_t all;

	/* Signals belong to QEMU's main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	rcu_register_thread();
}

static void tnpu_host_thread_stop(void *opaque)
{
	rcu_unregister_thread();
}

const struct tnpu_bus tnpu_host_bus = {
	.read = tnpu_dma_read,
	.write = tnpu_dma_write,
	.map = tnpu_dma_map,
	.unmap = tnpu_dma_unmap,
	.dirty = tnpu_host_dirty,
	.raise = tnpu_host_raise,
	.clock = tnpu_host_clock,
	.log = tnpu_host_log,
	.thread_start = tnpu_host_thread_start,
	.thread_stop = tnpu_host_thread_stop,
};

void tnpu_host_resume(TnpuState *s)
{
	qemu_bh_schedule(s->irq_bh);
}

int tnpu_host_delay(TnpuState *s, uint64_t us)
{
	if (us > TNPU_DELAY_MAX)
		return -EINVAL;
	s->delay_irq = us;
	memset(s->irq_due, 0, sizeof(s->irq_due));
	qemu_bh_schedule(s->irq_bh);
	return 0;
}

int tnpu_host_repeat(TnpuState *s, uint64_t count)
{
	s->repeat_irq = count;
	return 0;
}

void tnpu_host_reset(TnpuState *s)
{
	bitmap_zero(s->irq_pending, TNPU_VECTORS_MAX);
	memset(s->irq_left, 0, sizeof(s->irq_left));
	timer_del(s->irq_timer);
	qemu_bh_cancel(s->irq_bh);
}

void tnpu_host_init(TnpuState *s)
{
	s->irq_bh = qemu_bh_new_guarded(tnpu_host_irq_bh, s,
					&DEVICE(s)->mem_reentrancy_guard);
	s->irq_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, tnpu_host_irq_due, s);
}

void tnpu_host_exit(TnpuState *s)
{
	timer_free(s->irq_timer);
	qemu_bh_delete(s->irq_bh);
}
