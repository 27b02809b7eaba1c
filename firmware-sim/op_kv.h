/* SPDX-License-Identifier: MIT */
/*
 * The paged KV cache of KV_STORE and ATTENTION: checks, sizes and the block table.
 */
#ifndef _TNPU_OP_KV_H_
#define _TNPU_OP_KV_H_

#include "ops.h"

#define TNPU_KV_LANES	16	/* positions of a group of K */
#define TNPU_KV_SCALE	32	/* dimensions that share a scale of QI8 */

/** tnpu_kv_check - every field of @kv but what lies in memory; 0 or -1 */
int tnpu_kv_check(struct tnpu_cmd *cmd, const struct tnpu_kv *kv);

/** tnpu_kv_row_bytes - bytes of one position of one head */
static inline uint32_t tnpu_kv_row_bytes(const struct tnpu_kv *kv)
{
	if (kv->dtype != TNPU_DTYPE_QI8)
		return kv->head_dim * tnpu_dtype_size(kv->dtype);
	return tnpu_div_up(kv->head_dim, TNPU_KV_SCALE) * sizeof(float) + kv->head_dim;
}

/** tnpu_kv_head_bytes - bytes of one (block, head) */
static inline uint64_t tnpu_kv_head_bytes(const struct tnpu_kv *kv)
{
	return (uint64_t)kv->block_positions * tnpu_kv_row_bytes(kv);
}

/** tnpu_kv_block_bytes - bytes of one block of K, or of V */
static inline uint64_t tnpu_kv_block_bytes(const struct tnpu_kv *kv)
{
	return kv->kv_heads * tnpu_kv_head_bytes(kv);
}

/** tnpu_kv_positions - positions of one sequence; at most TNPU_MAX_POSITIONS */
static inline uint64_t tnpu_kv_positions(const struct tnpu_kv *kv)
{
	return (uint64_t)kv->blocks_per_seq * kv->block_positions;
}

/**
 * tnpu_kv_read_seqs - the sequences of @rows rows, copied in and checked
 * @va: u32[rows]; 0: all rows are sequence 0
 * @seqs: zeroed by the caller
 */
int tnpu_kv_read_seqs(struct tnpu_cmd *cmd, const struct tnpu_kv *kv, uint64_t va,
		      uint32_t rows, uint32_t *seqs);

/**
 * tnpu_kv_read_blocks - @count entries of a sequence's block table, copied in and checked
 * @seq, @first: which; @first + @count <= blocks_per_seq
 *
 * Where there is no table the entries are made up as the manual says.
 */
int tnpu_kv_read_blocks(struct tnpu_cmd *cmd, const struct tnpu_kv *kv, uint32_t seq,
			uint32_t first, uint32_t count, uint32_t *blocks);

/**
 * struct tnpu_kv_range - the blocks of the cache that a command names
 * @low, @high: lowest and highest; they and what lies between is bound
 * @k, @v: operands, whose offset 0 is block @low
 */
struct tnpu_kv_range {
	uint32_t low;
	uint32_t high;
	int k;
	int v;
};

/** tnpu_kv_range_of - the range of @count blocks, @count > 0 */
struct tnpu_kv_range tnpu_kv_range_of(const uint32_t *blocks, uint32_t count);

/** tnpu_kv_bind - binds the range in K and V; cmd->bytes is left as it was. 0 or -1 */
int tnpu_kv_bind(struct tnpu_cmd *cmd, const struct tnpu_kv *kv, struct tnpu_kv_range *range,
		 uint32_t access);

/** tnpu_kv_offset - of a (block, head) in the operands of @range */
static inline uint64_t tnpu_kv_offset(const struct tnpu_kv *kv,
				      const struct tnpu_kv_range *range, uint32_t block,
				      uint32_t head)
{
	return (block - range->low) * tnpu_kv_block_bytes(kv) + head * tnpu_kv_head_bytes(kv);
}

#endif /* _TNPU_OP_KV_H_ */
