/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: registers, doorbells and what the device says of itself.
 */
#ifndef _TNPU_HW_H_
#define _TNPU_HW_H_

#include <linux/sizes.h>
#include <linux/types.h>

#include <tnpu/tnpu_regs.h>

struct tnpu_device;

/**
 * struct tnpu_hw - the device's BARs and its identification
 *
 * Written by tnpu_hw_init(), constant from there on.
 */
struct tnpu_hw {
	/** @regs: BAR0: registers and doorbell pages */
	void __iomem *regs;
	/** @mem: BAR2: device memory; mapped write-combining */
	void __iomem *mem;
	/** @mem_phys: CPU physical address of @mem */
	phys_addr_t mem_phys;
	/** @mem_size: bytes of device memory, at most the BAR's */
	u64 mem_size;
	/** @mark: what stands in the last bytes of device memory, by chance nowhere else */
	u64 mark;
	/** @version: major << 16 | minor */
	u32 version;
	/** @num_queues: hardware queues, 1..TNPU_HW_QUEUES_MAX */
	u32 num_queues;
	/** @num_contexts: address spaces; IDs are 1..num_contexts */
	u32 num_contexts;
	/** @num_vectors: MSI-X vectors, at least 2 */
	u32 num_vectors;
	/** @db_offset: BAR0 offset of queue 0's doorbell page */
	u32 db_offset;
	/** @db_stride: bytes from one doorbell page to the next */
	u32 db_stride;
	/** @ring_order: log2 of the entries of a queue's ring */
	u32 ring_order;
	/** @max_stream_bytes: limit of one command stream */
	u32 max_stream_bytes;
	/** @timestamp_hz: ticks a second of the device's clock, not 0 */
	u64 timestamp_hz;
};

/* At the end of device memory: tells whether it was lost. */
#define TNPU_HW_MARK_BYTES	SZ_4K

/* What the driver has room for; the register may name fewer. */
#define TNPU_HW_QUEUES_MAX	64
#define TNPU_HW_VECTORS_MAX	(TNPU_HW_QUEUES_MAX + 1)
#define TNPU_HW_CONTEXTS_MAX	65536
/* A ring of 256 entries keeps the device busy and costs 16 KiB. */
#define TNPU_HW_RING_ORDER	8

u32 tnpu_hw_read(struct tnpu_device *tdev, u32 reg, const char *name);
void tnpu_hw_write(struct tnpu_device *tdev, u32 reg, u32 value, const char *name);
u64 tnpu_hw_read64(struct tnpu_device *tdev, u32 reg, const char *name);
void tnpu_hw_write64(struct tnpu_device *tdev, u32 reg, u64 value, const char *name);

/* Registers are accessed by name, so that debug output can tell it. */
#define tnpu_rd(tdev, name) \
	tnpu_hw_read(tdev, TNPU_REG_##name, #name)
#define tnpu_wr(tdev, name, value) \
	tnpu_hw_write(tdev, TNPU_REG_##name, value, #name)
/* A pair of registers, NAME_LO and NAME_HI. */
#define tnpu_rd64(tdev, name) \
	tnpu_hw_read64(tdev, TNPU_REG_##name##_LO, #name)
#define tnpu_wr64(tdev, name, value) \
	tnpu_hw_write64(tdev, TNPU_REG_##name##_LO, value, #name)

int tnpu_hw_init(struct tnpu_device *tdev);
bool tnpu_hw_gone(struct tnpu_device *tdev);
void tnpu_hw_mark_memory(struct tnpu_device *tdev);
bool tnpu_hw_memory_kept(struct tnpu_device *tdev);
int tnpu_hw_reset(struct tnpu_device *tdev, u32 ctrl);
void tnpu_hw_doorbell(struct tnpu_device *tdev, u32 queue, u32 tail);
u64 tnpu_hw_ticks_in(const struct tnpu_device *tdev, u64 ticks, u64 units);

#endif /* _TNPU_HW_H_ */
