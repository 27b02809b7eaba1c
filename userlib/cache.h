/* SPDX-License-Identifier: MIT */
/*
 * The pages of a paged KV cache: who has which block, and what is in it.
 *
 * A block belongs to any number of sequences that begin alike; one that nobody has keeps what
 * is in it until it is taken for something else, the one that was left longest ago first. What
 * a block holds is known by its tokens and the block before it, compared token by token: no
 * hash can make two of them the same. This is bookkeeping alone; no device memory is touched.
 */
#ifndef TNPU_CACHE_H
#define TNPU_CACHE_H

#include <stdbool.h>
#include <stdint.h>

struct tnpu_cache;

/**
 * struct tnpu_pages - what a sequence has of a cache
 * @seq: its row of the block table
 * @block: @count blocks, in order of positions
 * @shared: positions that were in the cache already
 * @filled: blocks that others can share
 */
struct tnpu_pages {
	uint32_t seq;
	uint32_t *block;
	uint32_t count;
	uint32_t shared;
	uint32_t filled;
};

/** tnpu_cache_create() - @blocks of @block positions, for @seqs sequences; NULL: no memory */
struct tnpu_cache *tnpu_cache_create(uint32_t blocks, uint32_t block, uint32_t seqs);
void tnpu_cache_destroy(struct tnpu_cache *cache);

/** tnpu_cache_holds() - would so many positions fit if nobody else had any? */
bool tnpu_cache_holds(const struct tnpu_cache *cache, uint32_t positions);

/**
 * tnpu_cache_take() - blocks for a sequence
 * @ids: its first @n tokens
 * @positions: that it will fill, at least @n
 * @pages: receives them, to be given back by tnpu_cache_release()
 *
 * Whole blocks of what the cache knows of the beginning are shared, but for the last token,
 * which has to run: somebody wants to know what comes behind it.
 *
 * Return: false where there are too few blocks, sequences or memory; then nothing is taken.
 */
bool tnpu_cache_take(struct tnpu_cache *cache, const uint32_t *ids, uint32_t n,
		     uint32_t positions, struct tnpu_pages *pages);

/** tnpu_cache_filled() - the positions below @position are computed, of tokens @ids */
void tnpu_cache_filled(struct tnpu_cache *cache, struct tnpu_pages *pages,
		       const uint32_t *ids, uint32_t position);

/** tnpu_cache_release() - the sequence is gone */
void tnpu_cache_release(struct tnpu_cache *cache, struct tnpu_pages *pages);

#endif /* TNPU_CACHE_H */
