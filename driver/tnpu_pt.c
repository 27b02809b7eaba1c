// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: page tables of a context.
 *
 * Tables lie in coherent memory and are read by the device at any time, so an entry is stored
 * at once, and a table is complete before an entry points to it.
 *
 * Changing a range has two halves. What can fail comes first and changes no translation:
 * tnpu_pt_split() breaks pages of 2 MiB that the range cuts, tnpu_pt_prepare()
 * adds the tables it needs. tnpu_pt_map() and tnpu_pt_unmap() then only store entries. Tables
 * that became empty are taken out by tnpu_pt_prune(), and freed by tnpu_pt_reclaim() when
 * the device has acknowledged an INVALIDATE.
 */
#include <linux/dma-mapping.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "tnpu_gem.h"
#include "tnpu_pt.h"

#define TNPU_PT_TOP		(TNPU_PT_LEVELS - 1)
#define TNPU_PT_HUGE		BIT_ULL(TNPU_HUGE_SHIFT)
#define TNPU_PT_PAGE		BIT_ULL(TNPU_PAGE_SHIFT)

/* BOs and device memory are given out by the kernel's pages, and mapped by the device's. */
static_assert(PAGE_SIZE == TNPU_PT_PAGE, "TNPU needs a kernel with pages of 4 KiB");

static unsigned int tnpu_pt_index(u64 va, unsigned int level)
{
	return va >> (TNPU_PAGE_SHIFT + 9 * level) & (TNPU_PT_ENTRIES - 1);
}

static u64 tnpu_pt_get(const struct tnpu_pt *pt, unsigned int index)
{
	return le64_to_cpu(READ_ONCE(pt->entry[index]));
}

static void tnpu_pt_set(struct tnpu_pt *pt, unsigned int index, u64 value)
{
	pt->used -= tnpu_pt_get(pt, index) & TNPU_PTE_VALID;
	pt->used += value & TNPU_PTE_VALID;
	WRITE_ONCE(pt->entry[index], cpu_to_le64(value));
}

static struct tnpu_pt *tnpu_pt_alloc(struct tnpu_pts *pts, unsigned int level)
{
	const size_t children = level ? TNPU_PT_ENTRIES : 0;
	struct tnpu_pt *pt;

	pt = kzalloc(struct_size(pt, child, children), GFP_KERNEL_ACCOUNT);
	if (!pt)
		return NULL;
	/* Not from a pool: that would give a page, charged to one client, to another one. */
	pt->entry = dma_alloc_coherent(pts->dev, TNPU_PT_BYTES, &pt->dma, GFP_KERNEL_ACCOUNT);
	if (!pt->entry) {
		kfree(pt);
		return NULL;
	}

	return pt;
}

static void tnpu_pt_free(struct tnpu_pts *pts, struct tnpu_pt *pt)
{
	dma_free_coherent(pts->dev, TNPU_PT_BYTES, pt->entry, pt->dma);
	kfree(pt);
}

/* The table of @level that translates @va, or NULL. */
static struct tnpu_pt *tnpu_pt_find(struct tnpu_pts *pts, u64 va, unsigned int level)
{
	struct tnpu_pt *pt = pts->root;
	unsigned int at;

	for (at = TNPU_PT_TOP; pt && at > level; at--)
		pt = pt->child[tnpu_pt_index(va, at)];

	return pt;
}

static void tnpu_pt_link(struct tnpu_pt *parent, unsigned int index, struct tnpu_pt *child)
{
	parent->child[index] = child;
	/* The device may follow the link at once. */
	dma_wmb();
	tnpu_pt_set(parent, index, child->dma | TNPU_PTE_VALID);
}

static void tnpu_pt_unlink(struct tnpu_pts *pts, struct tnpu_pt *parent, unsigned int index)
{
	list_add_tail(&parent->child[index]->node, &pts->retired);
	parent->child[index] = NULL;
	tnpu_pt_set(parent, index, 0);
}

/* As tnpu_pt_find(), with the tables added that are missing; NULL: no memory. */
static struct tnpu_pt *tnpu_pt_make(struct tnpu_pts *pts, u64 va, unsigned int level)
{
	struct tnpu_pt *pt = pts->root;
	unsigned int at;

	for (at = TNPU_PT_TOP; at > level; at--) {
		const unsigned int index = tnpu_pt_index(va, at);

		if (!pt->child[index]) {
			struct tnpu_pt *child = tnpu_pt_alloc(pts, at - 1);

			if (!child)
				return NULL;
			tnpu_pt_link(pt, index, child);
		}
		pt = pt->child[index];
	}

	return pt;
}

/* Replaces the page of 2 MiB at @va, if there is one, by a table that says the same. */
static int tnpu_pt_split_at(struct tnpu_pts *pts, u64 va)
{
	struct tnpu_pt *parent = tnpu_pt_find(pts, va, 1);
	const unsigned int index = tnpu_pt_index(va, 1);
	struct tnpu_pt *child;
	unsigned int i;
	u64 page;

	if (!parent)
		return 0;
	page = tnpu_pt_get(parent, index);
	if (!(page & TNPU_PTE_LEAF))
		return 0;
	child = tnpu_pt_alloc(pts, 0);
	if (!child)
		return -ENOMEM;
	for (i = 0; i < TNPU_PT_ENTRIES; i++)
		tnpu_pt_set(child, i, page + i * TNPU_PT_PAGE);
	tnpu_pt_link(parent, index, child);

	return 0;
}

/**
 * tnpu_pt_split - break the large pages that the ends of a range cut
 * @pts: the tables
 * @va: start of the range
 * @size: bytes
 *
 * No translation changes.
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_pt_split(struct tnpu_pts *pts, u64 va, u64 size)
{
	int ret = 0;

	if (!IS_ALIGNED(va, TNPU_PT_HUGE))
		ret = tnpu_pt_split_at(pts, va);
	if (!ret && !IS_ALIGNED(va + size, TNPU_PT_HUGE))
		ret = tnpu_pt_split_at(pts, va + size);

	return ret;
}

/* How much of [va, va + left) one entry of level 1, or one table of level 0, takes. */
static u64 tnpu_pt_chunk(struct tnpu_gem_cursor *cursor, u64 va, u64 left, bool *huge)
{
	*huge = left >= TNPU_PT_HUGE && tnpu_gem_left(cursor) >= TNPU_PT_HUGE &&
		IS_ALIGNED(va | cursor->addr, TNPU_PT_HUGE);
	if (*huge)
		return TNPU_PT_HUGE;

	return min(left, ALIGN(va + 1, TNPU_PT_HUGE) - va);
}

/**
 * tnpu_pt_prepare - add the tables that a tnpu_pt_map() needs
 * @pts: the tables
 * @va: start of the range
 * @size: bytes
 * @at: what is to be mapped there
 *
 * No translation changes.
 *
 * Return: 0, or -ENOMEM with nothing added that tnpu_pt_prune()
 * does not take out again.
 */
int tnpu_pt_prepare(struct tnpu_pts *pts, u64 va, u64 size, const struct tnpu_gem_cursor *at)
{
	struct tnpu_gem_cursor cursor = *at;
	u64 step;
	bool huge;

	for (; size; size -= step, va += step) {
		step = tnpu_pt_chunk(&cursor, va, size, &huge);
		if (!tnpu_pt_make(pts, va, 1))
			return -ENOMEM;
		/* A large page in the way is about to go as a whole. */
		if (!huge && (tnpu_pt_split_at(pts, va) || !tnpu_pt_make(pts, va, 0)))
			return -ENOMEM;
		tnpu_gem_advance(&cursor, step);
	}

	return 0;
}

static void tnpu_pt_map_huge(struct tnpu_pts *pts, u64 va, u64 page)
{
	struct tnpu_pt *pt = tnpu_pt_find(pts, va, 1);
	const unsigned int index = tnpu_pt_index(va, 1);

	if (pt->child[index])
		tnpu_pt_unlink(pts, pt, index);
	tnpu_pt_set(pt, index, page);
}

static void tnpu_pt_map_pages(struct tnpu_pts *pts, u64 va, u64 size,
			      struct tnpu_gem_cursor *cursor, u64 flags)
{
	struct tnpu_pt *pt = tnpu_pt_find(pts, va, 0);

	for (; size; size -= TNPU_PT_PAGE, va += TNPU_PT_PAGE) {
		tnpu_gem_left(cursor);
		tnpu_pt_set(pt, tnpu_pt_index(va, 0), cursor->addr | flags);
		tnpu_gem_advance(cursor, TNPU_PT_PAGE);
	}
}

/**
 * tnpu_pt_map - map memory
 * @pts: the tables, prepared for this; nothing is mapped in the range
 * @va: start of the range
 * @size: bytes
 * @at: the memory
 * @readonly: the device may not write
 */
void tnpu_pt_map(struct tnpu_pts *pts, u64 va, u64 size, const struct tnpu_gem_cursor *at,
		 bool readonly)
{
	struct tnpu_gem_cursor cursor = *at;
	u64 flags = TNPU_PTE_VALID | TNPU_PTE_READ | TNPU_PTE_LEAF;
	u64 step;
	bool huge;

	if (!readonly)
		flags |= TNPU_PTE_WRITE;
	if (cursor.mm)
		flags |= TNPU_PTE_LOCAL;
	for (; size; size -= step, va += step) {
		step = tnpu_pt_chunk(&cursor, va, size, &huge);
		if (huge) {
			tnpu_pt_map_huge(pts, va, cursor.addr | flags);
			tnpu_gem_advance(&cursor, step);
		} else {
			tnpu_pt_map_pages(pts, va, step, &cursor, flags);
		}
	}
}

static void tnpu_pt_unmap_pages(struct tnpu_pt *pt, u64 va, u64 size)
{
	for (; size; size -= TNPU_PT_PAGE, va += TNPU_PT_PAGE)
		tnpu_pt_set(pt, tnpu_pt_index(va, 0), 0);
}

/**
 * tnpu_pt_unmap - unmap a range
 * @pts: the tables
 * @va: start of the range, all of which is mapped; no large page is cut by its ends
 * @size: bytes
 */
void tnpu_pt_unmap(struct tnpu_pts *pts, u64 va, u64 size)
{
	u64 step;

	for (; size; size -= step, va += step) {
		struct tnpu_pt *pt = tnpu_pt_find(pts, va, 1);
		const unsigned int index = tnpu_pt_index(va, 1);

		step = min(size, ALIGN(va + 1, TNPU_PT_HUGE) - va);
		if (pt->child[index])
			tnpu_pt_unmap_pages(pt->child[index], va, step);
		else
			tnpu_pt_set(pt, index, 0);
	}
}

/* Takes the tables out that translate @va and are empty, from the lowest level up. */
static void tnpu_pt_prune_at(struct tnpu_pts *pts, u64 va)
{
	unsigned int level;

	for (level = 1; level <= TNPU_PT_TOP; level++) {
		struct tnpu_pt *pt = tnpu_pt_find(pts, va, level);
		const unsigned int index = tnpu_pt_index(va, level);

		if (!pt || !pt->child[index])
			continue;
		if (pt->child[index]->used)
			break;
		tnpu_pt_unlink(pts, pt, index);
	}
}

/**
 * tnpu_pt_prune - take empty tables out of the tree
 * @pts: the tables
 * @va: start of the range to look at
 * @size: bytes
 */
void tnpu_pt_prune(struct tnpu_pts *pts, u64 va, u64 size)
{
	const u64 end = va + size;

	for (va = ALIGN_DOWN(va, TNPU_PT_HUGE); va < end; va += TNPU_PT_HUGE)
		tnpu_pt_prune_at(pts, va);
}

/**
 * tnpu_pt_reclaim - free the tables that were taken out
 * @pts: the tables; the device has acknowledged an INVALIDATE since
 */
void tnpu_pt_reclaim(struct tnpu_pts *pts)
{
	struct tnpu_pt *pt, *next;

	list_for_each_entry_safe(pt, next, &pts->retired, node)
		tnpu_pt_free(pts, pt);
	INIT_LIST_HEAD(&pts->retired);
}

/**
 * tnpu_pt_init - make an empty address space
 * @pts: the tables
 * @dev: reads them
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_pt_init(struct tnpu_pts *pts, struct device *dev)
{
	pts->dev = dev;
	INIT_LIST_HEAD(&pts->retired);
	pts->root = tnpu_pt_alloc(pts, TNPU_PT_TOP);

	return pts->root ? 0 : -ENOMEM;
}

/* Children first: retiring a table forgets them. Depth is the number of levels. */
static void tnpu_pt_free_tree(struct tnpu_pts *pts, struct tnpu_pt *pt, unsigned int level)
{
	unsigned int i;

	for (i = 0; level && i < TNPU_PT_ENTRIES; i++) {
		if (pt->child[i])
			tnpu_pt_free_tree(pts, pt->child[i], level - 1);
	}
	tnpu_pt_free(pts, pt);
}

/**
 * tnpu_pt_fini - free all tables
 * @pts: the tables, unknown to the device; may be freed already
 */
void tnpu_pt_fini(struct tnpu_pts *pts)
{
	if (!pts->root)
		return;
	tnpu_pt_reclaim(pts);
	tnpu_pt_free_tree(pts, pts->root, TNPU_PT_TOP);
	pts->root = NULL;
}
