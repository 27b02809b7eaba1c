// SPDX-License-Identifier: MIT
/*
 * Address translation. Each lane walks the page tables by itself and keeps two things:
 * chunks of table entries, for one tile; and ranges of device memory, until the context's
 * epoch changes. The epoch changes only between batches, so no lane is ever inside a
 * translation that an INVALIDATE has answered.
 */
#include <string.h>

#include "chip.h"

#define TNPU_PTE_LEAF_BITS \
	(TNPU_PTE_VALID | TNPU_PTE_READ | TNPU_PTE_WRITE | TNPU_PTE_LOCAL | \
	 TNPU_PTE_LEAF | TNPU_PTE_ADDR)
#define TNPU_PTE_FLAGS		(TNPU_PTE_READ | TNPU_PTE_WRITE | TNPU_PTE_LOCAL)

void tnpu_mmu_begin(struct tnpu_mmu *mmu, struct tnpu_mem *mem)
{
	int level;

	if (mmu->mem != mem || mmu->epoch != mem->epoch) {
		mmu->mem = mem;
		mmu->epoch = mem->epoch;
		mmu->count = 0;
		mmu->victim = 0;
	}
	for (level = 0; level < TNPU_PT_LEVELS; level++)
		mmu->tag[level] = ~0ull;
}

static int tnpu_mmu_fail(struct tnpu_error *error, uint32_t reason, uint64_t va,
			 uint32_t access)
{
	*error = (struct tnpu_error){ .reason = reason, .access = access, .va = va };
	return -1;
}

/* The part of @access that the page does not allow. */
static uint32_t tnpu_range_refused(const struct tnpu_range *r, uint32_t access)
{
	if (r->flags & TNPU_PTE_READ)
		access &= ~TNPU_ACCESS_READ;
	if (r->flags & TNPU_PTE_WRITE)
		access &= ~TNPU_ACCESS_WRITE;
	return access;
}

static bool tnpu_range_adjoins(const struct tnpu_range *r, const struct tnpu_range *next)
{
	return r->va + r->size == next->va && r->addr + r->size == next->addr &&
	       r->flags == next->flags;
}

/* The entry of @level for @va. NULL where the bus refuses the table. */
static const uint64_t *tnpu_mmu_entry(struct tnpu_mmu *mmu, int level, uint64_t table,
				      uint64_t va)
{
	const unsigned int index = va >> (TNPU_PAGE_SHIFT + 9 * level) & 511;
	const uint64_t tag = table + index / TNPU_MMU_CHUNK * sizeof(mmu->chunk[0]);

	if (mmu->tag[level] != tag) {
		mmu->tag[level] = ~0ull;
		if (tnpu_bus_read(mmu->mem->chip, tag, mmu->chunk[level],
				  sizeof(mmu->chunk[level])))
			return NULL;
		mmu->tag[level] = tag;
	}
	return &mmu->chunk[level][index % TNPU_MMU_CHUNK];
}

static bool tnpu_pte_is_leaf(uint64_t pte, int level)
{
	return level == 0 || (level == 1 && pte & TNPU_PTE_LEAF);
}

/* Whether a valid entry keeps the rules of its level. */
static bool tnpu_pte_good(const struct tnpu_chip *chip, uint64_t pte, int level)
{
	const uint64_t page = 1ull << (TNPU_PAGE_SHIFT + 9 * level);
	const uint64_t addr = pte & TNPU_PTE_ADDR;

	if (!tnpu_pte_is_leaf(pte, level))
		return !(pte & ~(TNPU_PTE_VALID | TNPU_PTE_ADDR));
	if (pte & ~TNPU_PTE_LEAF_BITS || !(pte & TNPU_PTE_LEAF) || addr % page)
		return false;
	return !(pte & TNPU_PTE_LOCAL) ||
	       (addr < chip->config.mem_size && page <= chip->config.mem_size - addr);
}

/* Follows the neighbours of a leaf that the chunk holds already, while they continue it. */
static void tnpu_mmu_extend(struct tnpu_mmu *mmu, const uint64_t *pte, int level,
			    struct tnpu_range *r)
{
	const uint64_t *end = &mmu->chunk[level][TNPU_MMU_CHUNK];
	const uint64_t page = r->size;

	for (pte++; pte < end; pte++) {
		const struct tnpu_range next = {
			.va = r->va + r->size,
			.size = page,
			.addr = *pte & TNPU_PTE_ADDR,
			.flags = *pte & TNPU_PTE_FLAGS,
		};

		if (!(*pte & TNPU_PTE_VALID) || !tnpu_pte_is_leaf(*pte, level) ||
		    !tnpu_pte_good(mmu->mem->chip, *pte, level) ||
		    !tnpu_range_adjoins(r, &next))
			return;
		r->size += page;
	}
}

/* Walks the tables; @r becomes the page of @va and what follows it. */
static int tnpu_mmu_walk(struct tnpu_mmu *mmu, uint64_t va, uint32_t access,
			 struct tnpu_range *r, struct tnpu_error *error)
{
	uint64_t table = mmu->mem->root;
	int level = TNPU_PT_LEVELS - 1;
	const uint64_t *pte;

	for (;; level--) {
		pte = tnpu_mmu_entry(mmu, level, table, va);
		if (!pte)
			return tnpu_mmu_fail(error, TNPU_ERR_DMA, va, access);
		if (!(*pte & TNPU_PTE_VALID) || !tnpu_pte_good(mmu->mem->chip, *pte, level))
			return tnpu_mmu_fail(error, TNPU_ERR_FAULT, va, access);
		if (tnpu_pte_is_leaf(*pte, level))
			break;
		table = *pte & TNPU_PTE_ADDR;
	}
	r->size = 1ull << (TNPU_PAGE_SHIFT + 9 * level);
	r->va = va & -r->size;
	r->addr = *pte & TNPU_PTE_ADDR;
	r->flags = *pte & TNPU_PTE_FLAGS;
	tnpu_mmu_extend(mmu, pte, level, r);
	return 0;
}

static void tnpu_mmu_remember(struct tnpu_mmu *mmu, const struct tnpu_range *r)
{
	unsigned int i;

	for (i = 0; i < mmu->count; i++) {
		if (tnpu_range_adjoins(&mmu->ranges[i], r)) {
			mmu->ranges[i].size += r->size;
			return;
		}
	}
	if (mmu->count < TNPU_MMU_RANGES) {
		mmu->ranges[mmu->count++] = *r;
		return;
	}
	mmu->ranges[mmu->victim] = *r;
	mmu->victim = (mmu->victim + 1) % TNPU_MMU_RANGES;
}

static bool tnpu_mmu_recall(const struct tnpu_mmu *mmu, uint64_t va, uint32_t access,
			    struct tnpu_range *r)
{
	unsigned int i;

	for (i = 0; i < mmu->count; i++) {
		*r = mmu->ranges[i];
		if (va - r->va < r->size && !tnpu_range_refused(r, access))
			return true;
	}
	return false;
}

/* On success @r starts at @va exactly, at least to the end of its page. */
static int tnpu_mmu_translate(struct tnpu_mmu *mmu, uint64_t va, uint32_t access,
			      struct tnpu_range *r, struct tnpu_error *error)
{
	uint64_t skip;

	if (va >> TNPU_VA_BITS || !mmu->mem->root)
		return tnpu_mmu_fail(error, TNPU_ERR_FAULT, va, access);
	if (!tnpu_mmu_recall(mmu, va, access, r)) {
		if (tnpu_mmu_walk(mmu, va, access, r, error))
			return -1;
		if (tnpu_range_refused(r, access))
			return tnpu_mmu_fail(error, TNPU_ERR_FAULT, va,
					     tnpu_range_refused(r, access));
		if (r->flags & TNPU_PTE_LOCAL)
			tnpu_mmu_remember(mmu, r);
	}
	skip = va - r->va;
	r->va = va;
	r->addr += skip;
	r->size -= skip;
	return 0;
}

static uint8_t *tnpu_mmu_local(const struct tnpu_mmu *mmu, uint64_t offset)
{
	return (uint8_t *)mmu->mem->chip->config.mem + offset;
}

int tnpu_mmu_map(struct tnpu_mmu *mmu, uint64_t va, uint64_t size, uint32_t access,
		 void **host, struct tnpu_error *error)
{
	struct tnpu_range whole = { .va = va };
	struct tnpu_range r;
	bool local = true;

	*host = NULL;
	while (whole.size < size) {
		if (tnpu_mmu_translate(mmu, va + whole.size, access, &r, error))
			return -1;
		if (!whole.size) {
			whole.addr = r.addr;
			whole.flags = r.flags;
		}
		local = local && r.flags & TNPU_PTE_LOCAL &&
			r.addr == whole.addr + whole.size;
		whole.size += r.size;
	}
	if (local && size)
		*host = tnpu_mmu_local(mmu, whole.addr);
	return 0;
}

const void *tnpu_mmu_known(const struct tnpu_mmu *mmu, uint64_t va, uint64_t size)
{
	struct tnpu_range r;

	if (!size || !tnpu_mmu_recall(mmu, va, TNPU_ACCESS_READ, &r))
		return NULL;
	return size <= r.size - (va - r.va) ? tnpu_mmu_local(mmu, r.addr + (va - r.va)) : NULL;
}

/* Cells are shared with CPUs and other queues: they must not be torn. */
static void tnpu_copy(void *dst, const void *src, uint64_t size)
{
	const uintptr_t both = (uintptr_t)dst | (uintptr_t)src;

	if (size == 8 && both % 8 == 0)
		__atomic_store_n((uint64_t *)dst,
				 __atomic_load_n((const uint64_t *)src, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
	else if (size == 4 && both % 4 == 0)
		__atomic_store_n((uint32_t *)dst,
				 __atomic_load_n((const uint32_t *)src, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
	else
		memcpy(dst, src, size);
}

/* One contiguous piece. */
static int tnpu_mmu_transfer(struct tnpu_mmu *mmu, const struct tnpu_range *r, void *buf,
			     uint64_t size, bool write)
{
	struct tnpu_chip *chip = mmu->mem->chip;

	if (!(r->flags & TNPU_PTE_LOCAL))
		return write ? tnpu_bus_write(chip, r->addr, buf, size) :
			       tnpu_bus_read(chip, r->addr, buf, size);
	if (write) {
		tnpu_copy(tnpu_mmu_local(mmu, r->addr), buf, size);
		tnpu_bus_dirty(chip, r->addr, size);
	} else {
		tnpu_copy(buf, tnpu_mmu_local(mmu, r->addr), size);
	}
	return 0;
}

static int tnpu_mmu_copy(struct tnpu_mmu *mmu, uint64_t va, void *buf, uint64_t size,
			 uint32_t access, struct tnpu_error *error)
{
	struct tnpu_range r;
	uint64_t done, part;

	for (done = 0; done < size; done += part) {
		if (tnpu_mmu_translate(mmu, va + done, access, &r, error))
			return -1;
		part = r.size < size - done ? r.size : size - done;
		if (tnpu_mmu_transfer(mmu, &r, (uint8_t *)buf + done, part,
				      access == TNPU_ACCESS_WRITE))
			return tnpu_mmu_fail(error, TNPU_ERR_DMA, r.va, access);
	}
	return 0;
}

int tnpu_mmu_read(struct tnpu_mmu *mmu, uint64_t va, void *buf, uint64_t size,
		  struct tnpu_error *error)
{
	return tnpu_mmu_copy(mmu, va, buf, size, TNPU_ACCESS_READ, error);
}

int tnpu_mmu_write(struct tnpu_mmu *mmu, uint64_t va, const void *buf, uint64_t size,
		   struct tnpu_error *error)
{
	return tnpu_mmu_copy(mmu, va, (void *)buf, size, TNPU_ACCESS_WRITE, error);
}
