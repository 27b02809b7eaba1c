// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: how chip threads reach system memory.
 *
 * They must not take the BQL, because a reset holds it while it waits for them.
 * QEMU's own accessors take it as soon as an address turns out not to be RAM, and
 * a guest can make that happen between any check and the access. So an address
 * is translated exactly once, to a referenced region of RAM or to a refusal, and
 * the access then goes by host pointer.
 *
 * Without an IOMMU a translation reads an RCU-protected table, on the spot. With
 * one it may end in a fault report, that is in an interrupt, for which QEMU wants
 * the BQL held. Then the chip thread queues a request, and a bottom half serves
 * it; or, while the BQL is held by someone who waits for the chip,
 * tnpu_dma_call() does.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"

#include "tnpu.h"
#include "trace.h"

/**
 * struct tnpu_dma_request - a translation that needs the BQL; on its thread's stack
 * @size: in: bytes wanted; out: bytes at @host
 * @host: out: NULL where the access is refused
 */
struct tnpu_dma_request {
	QSIMPLEQ_ENTRY(tnpu_dma_request) next;
	uint64_t addr;
	size_t size;
	bool write;
	void *host;
	bool done;
};

/** struct tnpu_dma_call - a call that waits for chip threads, on a thread of its own */
struct tnpu_dma_call {
	TnpuState *s;
	void (*fn)(struct tnpu_chip *chip);
	bool done;
};

static bool tnpu_dma_allowed(TnpuState *s, MemoryRegion *mr, bool write)
{
	return mr != &s->mem &&
	       memory_access_is_direct(mr, write, MEMTXATTRS_UNSPECIFIED);
}

/* The region stays referenced until tnpu_dma_unmap(). */
static void *tnpu_dma_translate(TnpuState *s, uint64_t addr, size_t *size,
				bool write)
{
	AddressSpace *as = pci_get_address_space(PCI_DEVICE(s));
	hwaddr offset, len = *size;
	MemoryRegion *mr;

	RCU_READ_LOCK_GUARD();
	mr = address_space_translate(as, addr, &offset, &len, write,
				     MEMTXATTRS_UNSPECIFIED);
	if (!tnpu_dma_allowed(s, mr, write)) {
		trace_tnpu_dma_refused(s, addr, memory_region_name(mr));
		return NULL;
	}
	/*
	 * In a QEMU built for fuzzing an input says here what lies in that memory, which
	 * needs the BQL. Elsewhere this is nothing.
	 */
	if (s->iommu && !write)
		fuzz_dma_read_cb(addr, len, mr);
	memory_region_ref(mr);
	*size = len;
	return (uint8_t *)memory_region_get_ram_ptr(mr) + offset;
}

/* BQL and @dma_lock held; the latter is dropped while an IOMMU translates. */
static void tnpu_dma_serve(TnpuState *s)
{
	struct tnpu_dma_request *req;

	while ((req = QSIMPLEQ_FIRST(&s->dma_requests))) {
		QSIMPLEQ_REMOVE_HEAD(&s->dma_requests, next);
		qemu_mutex_unlock(&s->dma_lock);
		req->host = tnpu_dma_translate(s, req->addr, &req->size,
					       req->write);
		qemu_mutex_lock(&s->dma_lock);
		req->done = true;
		qemu_cond_broadcast(&s->dma_cond);
	}
}

static void tnpu_dma_bh(void *opaque)
{
	TnpuState *s = opaque;

	QEMU_LOCK_GUARD(&s->dma_lock);
	tnpu_dma_serve(s);
}

static void *tnpu_dma_request(TnpuState *s, uint64_t addr, size_t *size,
			      bool write)
{
	struct tnpu_dma_request req = {
		.addr = addr, .size = *size, .write = write,
	};

	QEMU_LOCK_GUARD(&s->dma_lock);
	QSIMPLEQ_INSERT_TAIL(&s->dma_requests, &req, next);
	qemu_cond_broadcast(&s->dma_cond);
	qemu_bh_schedule(s->dma_bh);
	while (!req.done)
		qemu_cond_wait(&s->dma_cond, &s->dma_lock);
	*size = req.size;
	return req.host;
}

void *tnpu_dma_map(void *opaque, uint64_t addr, size_t *size, bool write)
{
	TnpuState *s = opaque;

	if (qatomic_read(&s->link_down))
		return NULL;
	return s->iommu ? tnpu_dma_request(s, addr, size, write) :
			  tnpu_dma_translate(s, addr, size, write);
}

/* Marks what was written dirty, drops translated code there, drops the reference. */
void tnpu_dma_unmap(void *opaque, void *host, size_t size, bool write,
		    size_t written)
{
	TnpuState *s = opaque;

	address_space_unmap(pci_get_address_space(PCI_DEVICE(s)), host, size,
			    write, written);
}

/* A store of an aligned machine word is single-copy atomic. */
static void tnpu_dma_store(void *host, const void *buf, size_t size)
{
	/* No later write is seen before an earlier one. */
	smp_wmb();
	switch (QEMU_PTR_IS_ALIGNED(host, size) ? size : 0) {
	case 8:
		qatomic_set((uint64_t *)host, ldq_he_p(buf));
		break;
	case 4:
		qatomic_set((uint32_t *)host, ldl_he_p(buf));
		break;
	case 2:
		qatomic_set((uint16_t *)host, lduw_he_p(buf));
		break;
	default:
		memcpy(host, buf, size);
	}
}

static void tnpu_dma_load(void *buf, const void *host, size_t size)
{
	switch (QEMU_PTR_IS_ALIGNED(host, size) ? size : 0) {
	case 8:
		stq_he_p(buf, qatomic_read((const uint64_t *)host));
		break;
	case 4:
		stl_he_p(buf, qatomic_read((const uint32_t *)host));
		break;
	default:
		memcpy(buf, host, size);
	}
	/* What a caller reads next is no older than this. */
	smp_rmb();
}

int tnpu_dma_read(void *opaque, uint64_t addr, void *buf, size_t size)
{
	size_t done, len;
	void *host;

	for (done = 0; done < size; done += len) {
		len = size - done;
		host = tnpu_dma_map(opaque, addr + done, &len, false);
		if (!host) {
			trace_tnpu_dma_read_error(opaque, addr, size);
			return -EIO;
		}
		tnpu_dma_load((uint8_t *)buf + done, host, len);
		tnpu_dma_unmap(opaque, host, len, false, 0);
	}
	return 0;
}

int tnpu_dma_write(void *opaque, uint64_t addr, const void *buf, size_t size)
{
	size_t done, len;
	void *host;

	for (done = 0; done < size; done += len) {
		len = size - done;
		host = tnpu_dma_map(opaque, addr + done, &len, true);
		if (!host) {
			trace_tnpu_dma_write_error(opaque, addr, size);
			return -EIO;
		}
		tnpu_dma_store(host, (const uint8_t *)buf + done, len);
		tnpu_dma_unmap(opaque, host, len, true, len);
	}
	return 0;
}

static void *tnpu_dma_call_thread(void *opaque)
{
	struct tnpu_dma_call *call = opaque;

	call->fn(call->s->chip);
	QEMU_LOCK_GUARD(&call->s->dma_lock);
	call->done = true;
	qemu_cond_broadcast(&call->s->dma_cond);
	return NULL;
}

void tnpu_dma_call(TnpuState *s, void (*fn)(struct tnpu_chip *chip))
{
	struct tnpu_dma_call call = { .s = s, .fn = fn };
	QemuThread thread;

	if (!s->iommu) {
		fn(s->chip);
		return;
	}
	qemu_thread_create(&thread, "tnpu-call", tnpu_dma_call_thread, &call,
			   QEMU_THREAD_JOINABLE);
	WITH_QEMU_LOCK_GUARD(&s->dma_lock) {
		tnpu_dma_serve(s);
		while (!call.done) {
			qemu_cond_wait(&s->dma_cond, &s->dma_lock);
			tnpu_dma_serve(s);
		}
	}
	qemu_thread_join(&thread);
}

/*
 * Only here, because IOMMUs may be set up later than the functions below them,
 * but never later than a machine's first reset.
 */
void tnpu_dma_reset(TnpuState *s)
{
	s->iommu = pci_device_iommu_address_space(PCI_DEVICE(s)) !=
		   &address_space_memory;
}

void tnpu_dma_init(TnpuState *s)
{
	QSIMPLEQ_INIT(&s->dma_requests);
	qemu_mutex_init(&s->dma_lock);
	qemu_cond_init(&s->dma_cond);
	s->dma_bh = qemu_bh_new_guarded(tnpu_dma_bh, s,
					&DEVICE(s)->mem_reentrancy_guard);
}

void tnpu_dma_exit(TnpuState *s)
{
	qemu_bh_delete(s->dma_bh);
	qemu_cond_destroy(&s->dma_cond);
	qemu_mutex_destroy(&s->dma_lock);
}
