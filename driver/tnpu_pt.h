/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: page tables of a context.
 */
#ifndef _TNPU_PT_H_
#define _TNPU_PT_H_

#include <linux/list.h>
#include <linux/types.h>

#include <tnpu/tnpu_regs.h>

struct device;
struct tnpu_gem_cursor;

#define TNPU_PT_BYTES	(TNPU_PT_ENTRIES * sizeof(__le64))

/**
 * struct tnpu_pt - one table
 * @entry: what the device reads, TNPU_PT_ENTRIES of them, in DMA memory
 * @dma: its address for the device
 * @node: entry of tnpu_pts.retired
 * @used: valid entries
 * @child: tables of the level below by index, NULL elsewhere; none on level 0
 */
struct tnpu_pt {
	__le64 *entry;
	dma_addr_t dma;
	struct list_head node;
	unsigned int used;
	struct tnpu_pt *child[];
};

/**
 * struct tnpu_pts - the page tables of a context
 * @dev: reads the tables
 * @root: table of the highest level; NULL when the device is gone
 * @retired: tables that are out of the tree, but may be in use until the next INVALIDATE
 *
 * Protected by tnpu_vm.pt_lock.
 */
struct tnpu_pts {
	struct device *dev;
	struct tnpu_pt *root;
	struct list_head retired;
};

int tnpu_pt_init(struct tnpu_pts *pts, struct device *dev);
void tnpu_pt_fini(struct tnpu_pts *pts);
int tnpu_pt_split(struct tnpu_pts *pts, u64 va, u64 size);
int tnpu_pt_prepare(struct tnpu_pts *pts, u64 va, u64 size, const struct tnpu_gem_cursor *at);
void tnpu_pt_map(struct tnpu_pts *pts, u64 va, u64 size, const struct tnpu_gem_cursor *at,
		 bool readonly);
void tnpu_pt_unmap(struct tnpu_pts *pts, u64 va, u64 size);
void tnpu_pt_prune(struct tnpu_pts *pts, u64 va, u64 size);
void tnpu_pt_reclaim(struct tnpu_pts *pts);

#endif /* _TNPU_PT_H_ */
