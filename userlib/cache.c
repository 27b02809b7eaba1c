// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "cache.h"

#define TNPU_CACHE_NONE	UINT32_MAX

/**
 * struct tnpu_block - a block of the cache
 * @users: sequences that have it
 * @left: when the last of them left: the cache's clock
 * @known: its tokens are in the cache's ids: it is full, and can be shared
 * @before: the block before it, or TNPU_CACHE_NONE where it is a sequence's first; if @known
 */
struct tnpu_block {
	uint32_t users;
	uint64_t left;
	bool known;
	uint32_t before;
};

/**
 * struct tnpu_cache - see cache.h
 * @size: positions of a block
 * @free: blocks that nobody has
 * @clock: counts releases
 * @ids: tokens of each block, @size of them
 * @taken: for each sequence's row of the table, whether somebody has it
 */
struct tnpu_cache {
	uint32_t count;
	uint32_t size;
	uint32_t seqs;
	uint32_t free;
	uint64_t clock;
	struct tnpu_block *block;
	uint32_t *ids;
	bool *taken;
};

struct tnpu_cache *tnpu_cache_create(uint32_t blocks, uint32_t block, uint32_t seqs)
{
	struct tnpu_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->count = blocks;
	c->size = block;
	c->seqs = seqs;
	c->free = blocks;
	c->block = calloc(blocks, sizeof(*c->block));
	c->ids = calloc((size_t)blocks * block, sizeof(*c->ids));
	c->taken = calloc(seqs, sizeof(*c->taken));
	if (!c->block || !c->ids || !c->taken) {
		tnpu_cache_destroy(c);
		return NULL;
	}
	return c;
}

void tnpu_cache_destroy(struct tnpu_cache *c)
{
	if (!c)
		return;
	free(c->taken);
	free(c->ids);
	free(c->block);
	free(c);
}

static uint32_t tnpu_cache_blocks(const struct tnpu_cache *c, uint32_t positions)
{
	return positions / c->size + !!(positions % c->size);
}

bool tnpu_cache_holds(const struct tnpu_cache *c, uint32_t positions)
{
	return tnpu_cache_blocks(c, positions) <= c->count;
}

/* The block that holds these tokens behind block @before. */
static uint32_t tnpu_cache_find(const struct tnpu_cache *c, uint32_t before, const uint32_t *ids)
{
	uint32_t i;

	for (i = 0; i < c->count; i++)
		if (c->block[i].known && c->block[i].before == before &&
		    !memcmp(c->ids + (size_t)i * c->size, ids, c->size * sizeof(*ids)))
			return i;
	return TNPU_CACHE_NONE;
}

/* Block @i is somebody's. */
static void tnpu_cache_use(struct tnpu_cache *c, uint32_t i)
{
	if (!c->block[i].users++)
		c->free--;
}

/* What was known to follow block @i followed its old contents. */
static void tnpu_cache_forget(struct tnpu_cache *c, uint32_t i)
{
	uint32_t k;

	c->block[i].known = false;
	for (k = 0; k < c->count; k++)
		if (c->block[k].known && c->block[k].before == i)
			tnpu_cache_forget(c, k);
}

/* The block that nobody has had for longest; there is one. */
static uint32_t tnpu_cache_oldest(const struct tnpu_cache *c)
{
	uint32_t best = TNPU_CACHE_NONE;
	uint32_t i;

	for (i = 0; i < c->count; i++)
		if (!c->block[i].users &&
		    (best == TNPU_CACHE_NONE || c->block[i].left < c->block[best].left))
			best = i;
	return best;
}

/* Blocks that the cache has of the beginning; all but the last of @n tokens may be shared. */
static uint32_t tnpu_cache_share(struct tnpu_cache *c, const uint32_t *ids, uint32_t n,
				 struct tnpu_pages *pages)
{
	uint32_t before = TNPU_CACHE_NONE;
	uint32_t i, found;

	for (i = 0; i < (n - 1) / c->size; i++) {
		found = tnpu_cache_find(c, before, ids + (size_t)i * c->size);
		if (found == TNPU_CACHE_NONE)
			break;
		pages->block[i] = found;
		tnpu_cache_use(c, found);
		before = found;
	}
	return i;
}

static bool tnpu_cache_take_seq(struct tnpu_cache *c, struct tnpu_pages *pages)
{
	uint32_t i;

	for (i = 0; i < c->seqs; i++) {
		if (c->taken[i])
			continue;
		c->taken[i] = true;
		pages->seq = i;
		return true;
	}
	return false;
}

bool tnpu_cache_take(struct tnpu_cache *c, const uint32_t *ids, uint32_t n,
		     uint32_t positions, struct tnpu_pages *pages)
{
	uint32_t count = tnpu_cache_blocks(c, positions);

	*pages = (struct tnpu_pages){ 0 };
	pages->block = calloc(count, sizeof(*pages->block));
	if (!pages->block || !tnpu_cache_take_seq(c, pages)) {
		free(pages->block);
		return false;
	}
	pages->filled = tnpu_cache_share(c, ids, n, pages);
	pages->count = pages->filled;
	pages->shared = pages->filled * c->size;
	if (count - pages->count > c->free) {
		tnpu_cache_release(c, pages);
		return false;
	}
	while (pages->count < count) {
		uint32_t i = tnpu_cache_oldest(c);

		tnpu_cache_forget(c, i);
		tnpu_cache_use(c, i);
		pages->block[pages->count++] = i;
	}
	return true;
}

/* A block that holds what another is known to hold stays unknown: nobody needs both. */
void tnpu_cache_filled(struct tnpu_cache *c, struct tnpu_pages *pages,
		       const uint32_t *ids, uint32_t position)
{
	uint32_t i, before;

	for (; (pages->filled + 1) * c->size <= position; pages->filled++) {
		i = pages->block[pages->filled];
		before = pages->filled ? pages->block[pages->filled - 1] : TNPU_CACHE_NONE;
		if (before != TNPU_CACHE_NONE && !c->block[before].known)
			continue;
		if (tnpu_cache_find(c, before, ids + (size_t)pages->filled * c->size) !=
		    TNPU_CACHE_NONE)
			continue;
		memcpy(c->ids + (size_t)i * c->size, ids + (size_t)pages->filled * c->size,
		       c->size * sizeof(*ids));
		c->block[i].known = true;
		c->block[i].before = before;
	}
}

/* The last block is left first: a beginning is shared more often than an end. */
void tnpu_cache_release(struct tnpu_cache *c, struct tnpu_pages *pages)
{
	struct tnpu_block *block;

	while (pages->count) {
		block = &c->block[pages->block[--pages->count]];
		block->left = ++c->clock;
		if (!--block->users)
			c->free++;
	}
	c->taken[pages->seq] = false;
	free(pages->block);
	*pages = (struct tnpu_pages){ 0 };
}
