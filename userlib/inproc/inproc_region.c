// SPDX-License-Identifier: MIT
/*
 * Device memory and system memory: reserved, sparse, handed out first-fit.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "inproc.h"

static uint64_t inproc_align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

/**
 * inproc_region_init() - Reserve a region; pages become real when they are touched
 * @region: to set up
 * @size: bytes, a multiple of 2 MiB
 * @guard: protect what is not handed out
 *
 * Return: 0 or -ENOMEM.
 */
int inproc_region_init(struct inproc_region *region, uint64_t size, bool guard)
{
	void *base = mmap(NULL, size, guard ? PROT_NONE : PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	TAILQ_INIT(&region->spans);
	if (base == MAP_FAILED)
		return -ENOMEM;
	/* Weights are streamed; without huge pages the TLB would bound their speed. */
	if (!guard)
		madvise(base, size, MADV_HUGEPAGE);
	region->base = base;
	region->size = size;
	region->guard = guard;
	return 0;
}

void inproc_region_fini(struct inproc_region *region)
{
	struct inproc_span *span;

	if (!region->base)
		return;
	while ((span = TAILQ_FIRST(&region->spans))) {
		TAILQ_REMOVE(&region->spans, span, link);
		free(span);
	}
	munmap(region->base, region->size);
	region->base = NULL;
}

/*
 * The first hole that fits, and the span before it. Offset 0 is never handed out where
 * it would be a DMA address: it stands for "none" in registers and messages.
 */
static uint64_t inproc_region_find(struct inproc_region *region, uint64_t size, uint64_t align,
				   struct inproc_span **before)
{
	uint64_t start = region->guard ? inproc_align_up(1, align) : 0;
	struct inproc_span *span;

	*before = NULL;
	TAILQ_FOREACH(span, &region->spans, link) {
		if (span->start >= start && span->start - start >= size)
			break;
		start = inproc_align_up(span->start + span->size, align);
		*before = span;
	}
	return start;
}

/**
 * inproc_region_alloc() - Hand out zeroed memory
 * @region: where
 * @size: bytes, a multiple of 4 KiB, not 0. From 2 MiB on it is aligned to 2 MiB, so
 *	that huge pages can map it
 * @offset: where it lies
 *
 * Return: 0, -ENOSPC no hole is large enough, -ENOMEM.
 */
int inproc_region_alloc(struct inproc_region *region, uint64_t size, uint64_t *offset)
{
	uint64_t align = size < INPROC_HUGE_SIZE ? INPROC_PAGE_SIZE : INPROC_HUGE_SIZE;
	struct inproc_span *span, *before;
	uint64_t start = inproc_region_find(region, size, align, &before);

	if (start > region->size || size > region->size - start)
		return -ENOSPC;
	span = malloc(sizeof(*span));
	if (!span)
		return -ENOMEM;
	if (region->guard &&
	    mprotect(region->base + start, size, PROT_READ | PROT_WRITE)) {
		free(span);
		return -ENOMEM;
	}
	span->start = start;
	span->size = size;
	if (before)
		TAILQ_INSERT_AFTER(&region->spans, before, span, link);
	else
		TAILQ_INSERT_HEAD(&region->spans, span, link);
	*offset = start;
	return 0;
}

/** inproc_region_free() - Take back what inproc_region_alloc() gave at @offset */
void inproc_region_free(struct inproc_region *region, uint64_t offset)
{
	struct inproc_span *span;

	TAILQ_FOREACH(span, &region->spans, link)
		if (span->start == offset)
			break;
	madvise(region->base + offset, span->size, MADV_DONTNEED);
	if (region->guard)
		mprotect(region->base + offset, span->size, PROT_NONE);
	TAILQ_REMOVE(&region->spans, span, link);
	free(span);
}

/** inproc_region_used() - Bytes handed out */
uint64_t inproc_region_used(const struct inproc_region *region)
{
	struct inproc_span *span;
	uint64_t used = 0;

	TAILQ_FOREACH(span, &region->spans, link)
		used += span->size;
	return used;
}
