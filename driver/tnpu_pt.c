// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: page tables of a context.
 *
 * Tables lie in coherent memory and are read by the device at any time, so an entry is stored
 * at once, and a table is complete before an entry points to it.
 *
 * Changing a range has two halves. What can fail comes first and changes no translation:
 * tnpu_pt_prepare_unmap() and tnpu_pt_prepare_map() add the tables it needs. tnpu_pt_map() and
 * tnpu_pt_unmap() then only store entries, maybe much later, and after others that were prepared
 * before. So what an entry will be by then is not known when a table is prepared: it is added
 * wherever it may be needed, and stays until nobody is between the two halves (tnpu_pt_hold()),
 * even where a page of 2 MiB takes its place meanwhile. Tables that are not needed are taken out by
 * tnpu_pt_prune(), and freed when the device has acknowledged an INVALIDATE.
 */
#include <linux/dma-mapping.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "tnpu_gem.h"
#include "tnpu_pt.h"

#define TNPU_PT_TOP		(TNPU_PT_LEVELS - 1)
#define TNPU_PT_HUGE		BIT_ULL(TNPU_HUGE_SHIFT)
#define TNPU_PT_PAGE		BIT_ULL(TNPU_PAGE_SHIFT)
/* What all tables translate. */
#define TNPU_PT_SPAN		BIT_ULL(TNPU_PAGE_SHIFT + 9 * TNPU_PT_LEVELS)

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

static void tnpu_pt_link(struct tnpu_pt *parent, unsigned int index)
{
	/* The device may follow the link at once. */
	dma_wmb();
	tnpu_pt_set(parent, index, parent->child[index]->dma | TNPU_PTE_VALID);
}

/* Whether the device sees the child. */
static bool tnpu_pt_linked(const struct tnpu_pt *parent, unsigned int index)
{
	const u64 entry = tnpu_pt_get(parent, index);

	return parent->child[index] && entry & TNPU_PTE_VALID && !(entry & TNPU_PTE_LEAF);
}

static void tnpu_pt_retire(struct tnpu_pts *pts, struct tnpu_pt *parent, unsigned int index)
{
	if (tnpu_pt_linked(parent, index))
		tnpu_pt_set(parent, index, 0);
	list_add_tail(&parent->child[index]->node, &pts->retired);
	parent->child[index] = NULL;
}

/**
 * tnpu_pt_hold - keep all tables from now on
 * @pts: the tables
 *
 * Before anything is prepared.
 */
void tnpu_pt_hold(struct tnpu_pts *pts)
{
	mutex_lock(&pts->lock);
	pts->holds++;
	mutex_unlock(&pts->lock);
}

/**
 * tnpu_pt_unhold - the end of tnpu_pt_hold()
 * @pts: the tables, locked
 *
 * What was prepared has been stored, or will not be.
 */
void tnpu_pt_unhold(struct tnpu_pts *pts)
{
	lockdep_assert_held(&pts->lock);

	pts->holds--;
}

static bool tnpu_pt_has(struct tnpu_pts *pts, u64 va, unsigned int level)
{
	guard(mutex)(&pts->lock);

	return tnpu_pt_find(pts, va, level);
}

/* Adds @child unless somebody else has added one; returns what is left over. */
static struct tnpu_pt *tnpu_pt_add(struct tnpu_pts *pts, u64 va, unsigned int level,
				   struct tnpu_pt *child)
{
	const unsigned int index = tnpu_pt_index(va, level + 1);
	struct tnpu_pt *parent;

	guard(mutex)(&pts->lock);
	parent = tnpu_pt_find(pts, va, level + 1);
	if (parent->child[index])
		return child;
	parent->child[index] = child;
	if (!tnpu_pt_get(parent, index))
		tnpu_pt_link(parent, index);

	return NULL;
}

/* Adds the table of @level that translates @va, and those above it, where they are missing. */
static int tnpu_pt_make(struct tnpu_pts *pts, u64 va, unsigned int level)
{
	struct tnpu_pt *child;
	unsigned int at = TNPU_PT_TOP;

	if (tnpu_pt_has(pts, va, level))
		return 0;
	while (at-- > level) {
		if (tnpu_pt_has(pts, va, at))
			continue;
		child = tnpu_pt_alloc(pts, at);
		if (!child)
			return -ENOMEM;
		child = tnpu_pt_add(pts, va, at, child);
		if (child)
			tnpu_pt_free(pts, child);
	}

	return 0;
}

/* What may be a page of 2 MiB by then may have to be broken: not where nothing can be. */
static int tnpu_pt_prepare_cut(struct tnpu_pts *pts, u64 va)
{
	if (IS_ALIGNED(va, TNPU_PT_HUGE) || !tnpu_pt_has(pts, va, 1))
		return 0;

	return tnpu_pt_make(pts, va, 0);
}

/**
 * tnpu_pt_prepare_unmap - add the tables that tnpu_pt_unmap() of parts of a range needs
 * @pts: the tables, on hold
 * @va: start of the range
 * @size: bytes
 *
 * No translation changes.
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_pt_prepare_unmap(struct tnpu_pts *pts, u64 va, u64 size)
{
	int ret = tnpu_pt_prepare_cut(pts, va);

	return ret ? ret : tnpu_pt_prepare_cut(pts, va + size);
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
 * tnpu_pt_prepare_map - add the tables that a tnpu_pt_map() needs
 * @pts: the tables, on hold
 * @va: start of the range
 * @size: bytes
 * @at: what is to be mapped there
 *
 * No translation changes.
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_pt_prepare_map(struct tnpu_pts *pts, u64 va, u64 size, const struct tnpu_gem_cursor *at)
{
	struct tnpu_gem_cursor cursor = *at;
	u64 step;
	bool huge;

	for (; size; size -= step, va += step) {
		step = tnpu_pt_chunk(&cursor, va, size, &huge);
		if (tnpu_pt_make(pts, va, huge ? 1 : 0))
			return -ENOMEM;
		tnpu_gem_advance(&cursor, step);
	}

	return 0;
}

/* The table of level 0 that translates @va, which was prepared: the device sees it from now on. */
static struct tnpu_pt *tnpu_pt_open(struct tnpu_pts *pts, u64 va)
{
	struct tnpu_pt *parent = tnpu_pt_find(pts, va, 1);
	const unsigned int index = tnpu_pt_index(va, 1);
	const u64 page = tnpu_pt_get(parent, index);
	struct tnpu_pt *child = parent->child[index];
	unsigned int i;

	if (tnpu_pt_linked(parent, index))
		return child;
	/* It says the same as what it replaces. */
	for (i = 0; i < TNPU_PT_ENTRIES; i++)
		tnpu_pt_set(child, i, page ? page + i * TNPU_PT_PAGE : 0);
	tnpu_pt_link(parent, index);

	return child;
}

static void tnpu_pt_map_pages(struct tnpu_pts *pts, u64 va, u64 size,
			      struct tnpu_gem_cursor *cursor, u64 flags)
{
	struct tnpu_pt *pt = tnpu_pt_open(pts, va);

	for (; size; size -= TNPU_PT_PAGE, va += TNPU_PT_PAGE) {
		tnpu_gem_left(cursor);
		tnpu_pt_set(pt, tnpu_pt_index(va, 0), cursor->addr | flags);
		tnpu_gem_advance(cursor, TNPU_PT_PAGE);
	}
}

/**
 * tnpu_pt_map - map memory
 * @pts: the tables, locked and prepared for this; nothing is mapped in the range
 * @va: start of the range
 * @size: bytes
 * @at: the memory, the same as when this was prepared
 * @readonly: the device may not write
 */
void tnpu_pt_map(struct tnpu_pts *pts, u64 va, u64 size, const struct tnpu_gem_cursor *at,
		 bool readonly)
{
	struct tnpu_gem_cursor cursor = *at;
	u64 flags = TNPU_PTE_VALID | TNPU_PTE_READ | TNPU_PTE_LEAF;
	u64 step;
	bool huge;

	lockdep_assert_held(&pts->lock);

	if (!readonly)
		flags |= TNPU_PTE_WRITE;
	if (cursor.mm)
		flags |= TNPU_PTE_LOCAL;
	for (; size; size -= step, va += step) {
		step = tnpu_pt_chunk(&cursor, va, size, &huge);
		if (huge) {
			tnpu_pt_set(tnpu_pt_find(pts, va, 1), tnpu_pt_index(va, 1),
				    cursor.addr | flags);
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
 * @pts: the tables, locked; prepared for this where a large page may be cut by the range's ends
 * @va: start of the range, all of which is mapped
 * @size: bytes
 */
void tnpu_pt_unmap(struct tnpu_pts *pts, u64 va, u64 size)
{
	u64 step;

	lockdep_assert_held(&pts->lock);

	for (; size; size -= step, va += step) {
		struct tnpu_pt *pt = tnpu_pt_find(pts, va, 1);
		const unsigned int index = tnpu_pt_index(va, 1);

		step = min(size, ALIGN(va + 1, TNPU_PT_HUGE) - va);
		if (step == TNPU_PT_HUGE && !tnpu_pt_linked(pt, index))
			tnpu_pt_set(pt, index, 0);
		else
			tnpu_pt_unmap_pages(tnpu_pt_open(pts, va), va, step);
	}
}

/* The first address behind what the entry of a table of @level for @va translates. */
static u64 tnpu_pt_next(u64 va, unsigned int level)
{
	return ALIGN(va + 1, BIT_ULL(TNPU_PAGE_SHIFT + 9 * level));
}

/* From the lowest level up. Depth is the number of levels. */
static void tnpu_pt_prune_below(struct tnpu_pts *pts, struct tnpu_pt *pt, unsigned int level,
				u64 va, u64 end)
{
	for (; va < end; va = tnpu_pt_next(va, level)) {
		const unsigned int index = tnpu_pt_index(va, level);
		struct tnpu_pt *child = pt->child[index];

		if (!child)
			continue;
		if (level > 1)
			tnpu_pt_prune_below(pts, child, level - 1, va,
					    min(end, tnpu_pt_next(va, level)));
		if (!child->used || !tnpu_pt_linked(pt, index))
			tnpu_pt_retire(pts, pt, index);
	}
}

/**
 * tnpu_pt_prune - take the tables out of the tree that are not needed
 * @pts: the tables, locked
 * @va: start of the range to look at
 * @size: bytes
 *
 * Where tables are on hold, that is left to the next call.
 */
void tnpu_pt_prune(struct tnpu_pts *pts, u64 va, u64 size)
{
	lockdep_assert_held(&pts->lock);

	if (pts->holds) {
		pts->unpruned = true;
		return;
	}
	if (pts->unpruned) {
		va = 0;
		size = TNPU_PT_SPAN;
		pts->unpruned = false;
	}
	tnpu_pt_prune_below(pts, pts->root, TNPU_PT_TOP, va, va + size);
}

/**
 * tnpu_pt_free_list - free tables that were taken out
 * @pts: where they were, not locked
 * @tables: were on tnpu_pts.retired; the device has acknowledged an INVALIDATE since
 */
void tnpu_pt_free_list(struct tnpu_pts *pts, struct list_head *tables)
{
	struct tnpu_pt *pt, *next;

	list_for_each_entry_safe(pt, next, tables, node)
		tnpu_pt_free(pts, pt);
	INIT_LIST_HEAD(tables);
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
	mutex_init(&pts->lock);
	INIT_LIST_HEAD(&pts->retired);
	pts->root = tnpu_pt_alloc(pts, TNPU_PT_TOP);
	if (pts->root)
		return 0;
	mutex_destroy(&pts->lock);

	return -ENOMEM;
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
	struct tnpu_pt *root;
	LIST_HEAD(retired);

	mutex_lock(&pts->lock);
	root = no_free_ptr(pts->root);
	list_splice_init(&pts->retired, &retired);
	mutex_unlock(&pts->lock);
	tnpu_pt_free_list(pts, &retired);
	if (root)
		tnpu_pt_free_tree(pts, root, TNPU_PT_TOP);
}
