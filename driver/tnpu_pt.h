/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: page tables of a context.
 */
#ifndef _TNPU_PT_H_
#define _TNPU_PT_H_

#include <linux/list.h>
#include <linux/mutex.h>
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
 * @child: tables of the level below by index, NULL elsewhere; none on level 0. On level 1, the
 *	device does not see one that is kept for later beside a page of 2 MiB, or beside nothing
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
 */
struct tnpu_pts {
	/** @dev: reads the tables, constant */
	struct device *dev;
	/**
	 * @lock: protects all members below, and all tables. Fences wait for who stores entries,
	 * so nobody allocates or frees under it
	 */
	struct mutex lock;
	/** @root: table of the highest level; NULL when the device is gone */
	struct tnpu_pt *root;
	/** @retired: tables out of the tree, maybe in use until the next INVALIDATE */
	struct list_head retired;
	/** @holds: who has prepared tables and is still to store entries: no table goes */
	unsigned int holds;
	/** @unpruned: there may be empty tables anywhere, for the sake of @holds */
	bool unpruned;
};

int tnpu_pt_init(struct tnpu_pts *pts, struct device *dev);
void tnpu_pt_fini(struct tnpu_pts *pts);
void tnpu_pt_hold(struct tnpu_pts *pts);
void tnpu_pt_unhold(struct tnpu_pts *pts);
int tnpu_pt_prepare_unmap(struct tnpu_pts *pts, u64 va, u64 size);
int tnpu_pt_prepare_map(struct tnpu_pts *pts, u64 va, u64 size, const struct tnpu_gem_cursor *at);
void tnpu_pt_map(struct tnpu_pts *pts, u64 va, u64 size, const struct tnpu_gem_cursor *at,
		 bool readonly);
void tnpu_pt_unmap(struct tnpu_pts *pts, u64 va, u64 size);
void tnpu_pt_prune(struct tnpu_pts *pts, u64 va, u64 size);
void tnpu_pt_free_list(struct tnpu_pts *pts, struct list_head *tables);

#endif /* _TNPU_PT_H_ */
