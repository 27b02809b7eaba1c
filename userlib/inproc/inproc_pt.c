// SPDX-License-Identifier: MIT
/*
 * Page tables as the chip walks them (tnpu/tnpu_regs.h).
 *
 * A change is made in two steps. The first one prepares: it allocates every table that
 * may be needed, which the device cannot notice. The second one cannot fail, and may come
 * much later, after others that were prepared before; so tables stay as long as anybody is
 * between the two, also where a 2 MiB page takes their place meanwhile. Then those of
 * level 0 go that are not needed; the few above them (one a GiB of addresses) stay as long as
 * the VM.
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

/* Whether the device sees the child. */
static bool inproc_pt_linked(const struct inproc_pt *parent, unsigned int i)
{
	uint64_t pte = parent->entries[i];

	return parent->children[i] && pte & TNPU_PTE_VALID && !(pte & TNPU_PTE_LEAF);
}

/* Out of the device's next walks; freed after the next INVALIDATE. */
static void inproc_pt_retire(struct inproc_vm *vm, struct inproc_pt *parent, unsigned int i)
{
	if (inproc_pt_linked(parent, i))
		inproc_pt_store(parent, i, 0);
	SLIST_INSERT_HEAD(&vm->dead_pts, parent->children[i], dead);
	parent->children[i] = NULL;
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

static int inproc_pt_need_level0(struct inproc_vm *vm, struct inproc_pt *pt1, uint64_t va)
{
	unsigned int i = inproc_pt_index(va, 1);

	if (!pt1->children[i])
		pt1->children[i] = inproc_pt_create(vm->dev, 0);
	return pt1->children[i] ? 0 : -ENOMEM;
}

/* The table of level 0 for @va, prepared: with what the device sees there, which it then is. */
static struct inproc_pt *inproc_pt_open(struct inproc_pt *pt1, uint64_t va)
{
	unsigned int j, i = inproc_pt_index(va, 1);
	struct inproc_pt *pt = pt1->children[i];
	uint64_t huge = pt1->entries[i];

	if (inproc_pt_linked(pt1, i))
		return pt;
	for (j = 0; j < TNPU_PT_ENTRIES; j++)
		inproc_pt_store(pt, j, huge ? huge + j * INPROC_PAGE_SIZE : 0);
	inproc_pt_link(pt1, i, pt);
	return pt;
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

	if (va % INPROC_HUGE_SIZE == 0 || !pt1)
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
			inproc_pt_store(pt1, i, inproc_map_addr(map, va) | flags);
		else
			inproc_pt_set_small(inproc_pt_open(pt1, va), map, va, next, flags);
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

static void inproc_pt_clear_chunk(struct inproc_pt *pt1, uint64_t va, uint64_t end)
{
	unsigned int i = inproc_pt_index(va, 1);
	struct inproc_pt *pt;

	if (!(pt1->entries[i] & TNPU_PTE_VALID))
		return;
	if (end - va == INPROC_HUGE_SIZE && !inproc_pt_linked(pt1, i)) {
		inproc_pt_store(pt1, i, 0);
		return;
	}
	for (pt = inproc_pt_open(pt1, va); va < end; va += INPROC_PAGE_SIZE)
		inproc_pt_store(pt, inproc_pt_index(va, 0), 0);
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
			inproc_pt_clear_chunk(pt1, va, next);
	}
}

/** inproc_pt_hold() - Keep all tables: before anything is prepared */
void inproc_pt_hold(struct inproc_vm *vm)
{
	vm->holds++;
}

static void inproc_pt_prune_chunk(struct inproc_vm *vm, struct inproc_pt *pt1, uint64_t va)
{
	unsigned int i = inproc_pt_index(va, 1);
	struct inproc_pt *pt = pt1->children[i];

	if (pt && (!inproc_pt_linked(pt1, i) || inproc_pt_is_empty(pt)))
		inproc_pt_retire(vm, pt1, i);
}

static void inproc_pt_prune(struct inproc_vm *vm, uint64_t va, uint64_t end)
{
	struct inproc_pt *pt1;

	for (; va < end; va = inproc_pt_next(va, pt1 ? INPROC_HUGE_SIZE : INPROC_PT1_SIZE, end)) {
		pt1 = inproc_pt_level1(vm, va, false);
		if (pt1)
			inproc_pt_prune_chunk(vm, pt1, va);
	}
}

/** inproc_pt_unhold() - What was prepared in a range has been entered, or will not be */
void inproc_pt_unhold(struct inproc_vm *vm, uint64_t start, uint64_t end)
{
	if (start < vm->prune_start)
		vm->prune_start = start;
	if (end > vm->prune_end)
		vm->prune_end = end;
	if (--vm->holds)
		return;
	inproc_pt_prune(vm, vm->prune_start, vm->prune_end);
	vm->prune_start = UINT64_MAX;
	vm->prune_end = 0;
}
