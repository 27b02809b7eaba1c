// SPDX-License-Identifier: MIT
/*
 * Page tables as the chip walks them (tnpu/tnpu_regs.h).
 *
 * A change is made in two steps. The first one prepares: it allocates every table that
 * will be needed and cuts the 2 MiB pages that will be changed in part, neither of which
 * the device can notice. The second one cannot fail. Tables of level 0 go when they
 * become empty; the few above them (one a GiB of addresses) stay as long as the VM.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inproc.h"

#define INPROC_PT_BITS	9
#define INPROC_PT1_SIZE	(INPROC_HUGE_SIZE << INPROC_PT_BITS)	/* a table of level 1 */

static unsigned int inproc_pt_index(uint64_t va, int level)
{
	return va >> (TNPU_PAGE_SHIFT + INPROC_PT_BITS * level) & (TNPU_PT_ENTRIES - 1);
}

/* The device reads entries at any moment, so each is stored whole. */
static void inproc_pt_store(struct inproc_pt *pt, unsigned int i, uint64_t pte)
{
	__atomic_store_n(&pt->entries[i], pte, __ATOMIC_RELEASE);
}

/** inproc_pt_create() - An empty table of @level, or NULL */
struct inproc_pt *inproc_pt_create(struct inproc_device *dev, int level)
{
	struct inproc_pt *pt = calloc(1, sizeof(*pt));

	if (!pt)
		return NULL;
	if (level)
		pt->children = calloc(TNPU_PT_ENTRIES, sizeof(*pt->children));
	if ((level && !pt->children) ||
	    inproc_region_alloc(&dev->system, INPROC_PAGE_SIZE, &pt->dma)) {
		free(pt->children);
		free(pt);
		return NULL;
	}
	pt->entries = (void *)(dev->system.base + pt->dma);
	return pt;
}

/** inproc_pt_destroy() - Free a table and all below it, which the device must not see */
void inproc_pt_destroy(struct inproc_device *dev, struct inproc_pt *pt)
{
	unsigned int i;

	for (i = 0; pt->children && i < TNPU_PT_ENTRIES; i++)
		if (pt->children[i])
			inproc_pt_destroy(dev, pt->children[i]);
	inproc_region_free(&dev->system, pt->dma);
	free(pt->children);
	free(pt);
}

static void inproc_pt_link(struct inproc_pt *parent, unsigned int i, struct inproc_pt *child)
{
	parent->children[i] = child;
	inproc_pt_store(parent, i, child->dma | TNPU_PTE_VALID);
}

/* Out of the device's next walks; freed after the next INVALIDATE. */
static void inproc_pt_retire(struct inproc_vm *vm, struct inproc_pt *parent, unsigned int i,
			     uint64_t pte)
{
	struct inproc_pt *child = parent->children[i];

	inproc_pt_store(parent, i, pte);
	parent->children[i] = NULL;
	if (child)
		SLIST_INSERT_HEAD(&vm->dead_pts, child, dead);
}

/* The table of level 1 for @va, made on the way down where it is asked for. */
static struct inproc_pt *inproc_pt_level1(struct inproc_vm *vm, uint64_t va, bool create)
{
	struct inproc_pt *child, *pt = vm->root;
	unsigned int i;
	int level;

	for (level = TNPU_PT_LEVELS - 1; level > 1; level--, pt = child) {
		i = inproc_pt_index(va, level);
		child = pt->children[i];
		if (child)
			continue;
		child = create ? inproc_pt_create(vm->dev, level - 1) : NULL;
		if (!child)
			return NULL;
		inproc_pt_link(pt, i, child);
	}
	return pt;
}

/* Fills a new table of level 0 with the 2 MiB page that it replaces, if there is one. */
static void inproc_pt_cut(struct inproc_pt *pt, uint64_t huge)
{
	unsigned int i;

	for (i = 0; huge & TNPU_PTE_VALID && i < TNPU_PT_ENTRIES; i++)
		pt->entries[i] = huge + i * INPROC_PAGE_SIZE;
}

static int inproc_pt_need_level0(struct inproc_vm *vm, struct inproc_pt *pt1, uint64_t va)
{
	unsigned int i = inproc_pt_index(va, 1);
	struct inproc_pt *pt;

	if (pt1->children[i])
		return 0;
	pt = inproc_pt_create(vm->dev, 0);
	if (!pt)
		return -ENOMEM;
	inproc_pt_cut(pt, pt1->entries[i]);
	inproc_pt_link(pt1, i, pt);
	return 0;
}

/* The next multiple of @step behind @va, or @end. */
static uint64_t inproc_pt_next(uint64_t va, uint64_t step, uint64_t end)
{
	uint64_t next = (va | (step - 1)) + 1;

	return next < end ? next : end;
}

static uint64_t inproc_map_addr(const struct inproc_map *map, uint64_t va)
{
	return map->bo->offset + map->bo_offset + (va - map->va);
}

static bool inproc_map_is_huge(const struct inproc_map *map, uint64_t va, uint64_t end)
{
	return end - va == INPROC_HUGE_SIZE && !(inproc_map_addr(map, va) % INPROC_HUGE_SIZE);
}

/**
 * inproc_pt_prepare() - Make inproc_pt_set() of @map possible
 * Return: 0 or -ENOMEM; either way the device sees no difference.
 */
int inproc_pt_prepare(struct inproc_vm *vm, const struct inproc_map *map)
{
	uint64_t va, next, end = map->va + map->size;
	struct inproc_pt *pt1;

	for (va = map->va; va < end; va = next) {
		next = inproc_pt_next(va, INPROC_HUGE_SIZE, end);
		pt1 = inproc_pt_level1(vm, va, true);
		if (!pt1)
			return -ENOMEM;
		if (!inproc_map_is_huge(map, va, next) && inproc_pt_need_level0(vm, pt1, va))
			return -ENOMEM;
	}
	return 0;
}

static int inproc_pt_prepare_edge(struct inproc_vm *vm, uint64_t va)
{
	struct inproc_pt *pt1 = inproc_pt_level1(vm, va, false);

	if (va % INPROC_HUGE_SIZE == 0 || !pt1 ||
	    !(pt1->entries[inproc_pt_index(va, 1)] & TNPU_PTE_LEAF))
		return 0;
	return inproc_pt_need_level0(vm, pt1, va);
}

/**
 * inproc_pt_prepare_clear() - Make inproc_pt_clear() of a range possible
 * Return: 0 or -ENOMEM; either way the device sees no difference.
 */
int inproc_pt_prepare_clear(struct inproc_vm *vm, uint64_t va, uint64_t size)
{
	int ret = inproc_pt_prepare_edge(vm, va);

	return ret ? ret : inproc_pt_prepare_edge(vm, va + size);
}

static void inproc_pt_set_small(struct inproc_pt *pt, const struct inproc_map *map, uint64_t va,
				uint64_t end, uint64_t flags)
{
	for (; va < end; va += INPROC_PAGE_SIZE)
		inproc_pt_store(pt, inproc_pt_index(va, 0), inproc_map_addr(map, va) | flags);
}

/** inproc_pt_set() - Enter a prepared mapping over whatever was there */
void inproc_pt_set(struct inproc_vm *vm, const struct inproc_map *map)
{
	uint64_t flags = TNPU_PTE_VALID | TNPU_PTE_LEAF | TNPU_PTE_READ;
	uint64_t va, next, end = map->va + map->size;
	struct inproc_pt *pt1;
	unsigned int i;

	if (!(map->flags & DRM_TNPU_VM_BIND_READONLY))
		flags |= TNPU_PTE_WRITE;
	if (map->bo->flags & DRM_TNPU_BO_LOCAL)
		flags |= TNPU_PTE_LOCAL;
	for (va = map->va; va < end; va = next) {
		next = inproc_pt_next(va, INPROC_HUGE_SIZE, end);
		pt1 = inproc_pt_level1(vm, va, false);
		i = inproc_pt_index(va, 1);
		if (inproc_map_is_huge(map, va, next))
			inproc_pt_retire(vm, pt1, i, inproc_map_addr(map, va) | flags);
		else
			inproc_pt_set_small(pt1->children[i], map, va, next, flags);
	}
}

static bool inproc_pt_is_empty(const struct inproc_pt *pt)
{
	unsigned int i;

	for (i = 0; i < TNPU_PT_ENTRIES; i++)
		if (pt->entries[i])
			return false;
	return true;
}

static void inproc_pt_clear_chunk(struct inproc_vm *vm, struct inproc_pt *pt1, uint64_t va,
				  uint64_t end)
{
	unsigned int i = inproc_pt_index(va, 1);
	struct inproc_pt *pt = pt1->children[i];

	for (; pt && va < end; va += INPROC_PAGE_SIZE)
		inproc_pt_store(pt, inproc_pt_index(va, 0), 0);
	if (!pt || inproc_pt_is_empty(pt))
		inproc_pt_retire(vm, pt1, i, 0);
}

/** inproc_pt_clear() - Clear a prepared range; what is not mapped in it is skipped */
void inproc_pt_clear(struct inproc_vm *vm, uint64_t va, uint64_t size)
{
	uint64_t next, end = va + size;
	struct inproc_pt *pt1;

	for (; va < end; va = next) {
		pt1 = inproc_pt_level1(vm, va, false);
		next = inproc_pt_next(va, pt1 ? INPROC_HUGE_SIZE : INPROC_PT1_SIZE, end);
		if (pt1)
			inproc_pt_clear_chunk(vm, pt1, va, next);
	}
}
