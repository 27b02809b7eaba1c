// SPDX-License-Identifier: MIT
/*
 * The paged KV cache, and KV_STORE.
 */
#include <string.h>

#include "kernels.h"
#include "numerics.h"
#include "op_kv.h"

static int kv_check_shape(struct tnpu_cmd *cmd, const struct tnpu_kv *kv)
{
	uint64_t named = (uint64_t)kv->seqs * kv->blocks_per_seq;
	bool positions = kv->block_positions >= 16 && kv->block_positions <= 1024 &&
			 !(kv->block_positions & (kv->block_positions - 1));
	bool dim = kv->head_dim >= 4 && kv->head_dim <= TNPU_MAX_HEAD_DIM &&
		   kv->head_dim % 4 == 0;

	if (tnpu_cmd_require(cmd, positions, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, dim, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, kv->kv_heads > 0 && kv->kv_heads <= TNPU_MAX_HEADS &&
			     kv->kv_heads * kv->head_dim <= TNPU_MAX_COLS, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, kv->seqs > 0 && kv->seqs <= TNPU_MAX_ROWS, TNPU_ERR_SHAPE) ||
	    tnpu_cmd_require(cmd, kv->blocks_per_seq > 0 &&
			     tnpu_kv_positions(kv) <= TNPU_MAX_POSITIONS, TNPU_ERR_SHAPE))
		return -1;
	return tnpu_cmd_require(cmd, kv->blocks > 0 && (kv->table || named <= kv->blocks),
				TNPU_ERR_SHAPE);
}

static int kv_check_extent(struct tnpu_cmd *cmd, const struct tnpu_kv *kv)
{
	uint64_t bytes = kv->blocks * tnpu_kv_block_bytes(kv);
	uint64_t table = 4ull * kv->seqs * kv->blocks_per_seq;

	if (tnpu_cmd_check_extent(cmd, kv->k, bytes) || tnpu_cmd_check_extent(cmd, kv->v, bytes))
		return -1;
	return tnpu_cmd_check_extent(cmd, kv->table, table);
}

int tnpu_kv_check(struct tnpu_cmd *cmd, const struct tnpu_kv *kv)
{
	bool reserved = kv->reserved[0] || kv->reserved[1] || kv->reserved[2];
	bool dtype = kv->dtype == TNPU_DTYPE_F32 || kv->dtype == TNPU_DTYPE_F16 ||
		     kv->dtype == TNPU_DTYPE_QI8;

	if (tnpu_cmd_require(cmd, !reserved, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, dtype, TNPU_ERR_DTYPE) || kv_check_shape(cmd, kv) ||
	    tnpu_cmd_check_va(cmd, kv->k, 64) || tnpu_cmd_check_va(cmd, kv->v, 64) ||
	    tnpu_cmd_check_va(cmd, kv->table, 4))
		return -1;
	return kv_check_extent(cmd, kv);
}

int tnpu_kv_read_seqs(struct tnpu_cmd *cmd, const struct tnpu_kv *kv, uint64_t va,
		      uint32_t rows, uint32_t *seqs)
{
	return va ? tnpu_cmd_read_indices(cmd, va, rows, kv->seqs, seqs) : 0;
}

int tnpu_kv_read_blocks(struct tnpu_cmd *cmd, const struct tnpu_kv *kv, uint32_t seq,
			uint32_t first, uint32_t count, uint32_t *blocks)
{
	uint32_t entry = seq * kv->blocks_per_seq + first;

	if (kv->table)
		return tnpu_cmd_read_indices(cmd, kv->table + 4ull * entry, count, kv->blocks,
					     blocks);
	for (uint32_t i = 0; i < count; i++)
		blocks[i] = entry + i;
	return 0;
}

struct tnpu_kv_range tnpu_kv_range_of(const uint32_t *blocks, uint32_t count)
{
	struct tnpu_kv_range range = { .low = blocks[0], .high = blocks[0] };

	for (uint32_t i = 1; i < count; i++) {
		range.low = blocks[i] < range.low ? blocks[i] : range.low;
		range.high = blocks[i] > range.high ? blocks[i] : range.high;
	}
	return range;
}

int tnpu_kv_bind(struct tnpu_cmd *cmd, const struct tnpu_kv *kv, struct tnpu_kv_range *range,
		 uint32_t access)
{
	uint64_t block = tnpu_kv_block_bytes(kv);
	uint64_t size = (range->high - range->low + 1) * block;
	uint64_t bytes = cmd->bytes;

	range->k = tnpu_cmd_bind(cmd, kv->k + range->low * block, size, access);
	if (range->k < 0)
		return -1;
	cmd->bytes = bytes;
	range->v = tnpu_cmd_bind(cmd, kv->v + range->low * block, size, access);
	cmd->bytes = bytes;
	return range->v < 0 ? -1 : 0;
}

/* ---- KV_STORE -------------------------------------------------------------------- */

/**
 * struct store_state - a KV_STORE in execution
 * @rows: rows
 * @blocks, @positions: of each row: the block, the position in it; in cmd->scratch
 */
struct store_state {
	uint32_t rows;
	uint32_t *blocks;
	uint32_t *positions;
	struct tnpu_kv_range range;
	int k;
	int v;
};

static int store_check(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	uint32_t cols = (uint32_t)d->cache.kv_heads * d->cache.head_dim;

	if (tnpu_kv_check(cmd, &d->cache) ||
	    tnpu_tensor_check(cmd, &d->k, cols, TNPU_DTYPES_F32) ||
	    tnpu_tensor_check(cmd, &d->v, cols, TNPU_DTYPES_F32) ||
	    tnpu_cmd_check_va(cmd, d->positions, 4))
		return -1;
	return tnpu_cmd_check_va(cmd, d->seqs, 4);
}

/* Turns positions of sequences into places in blocks; rows that follow share a look-up. */
static int store_resolve(struct tnpu_cmd *cmd, struct store_state *s, const uint32_t *seqs)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	uint32_t index, last_index = 0;

	for (uint32_t r = 0; r < s->rows; r++) {
		index = s->positions[r] / d->cache.block_positions;
		if (r && index == last_index && seqs[r] == seqs[r - 1])
			s->blocks[r] = s->blocks[r - 1];
		else if (tnpu_kv_read_blocks(cmd, &d->cache, seqs[r], index, 1, &s->blocks[r]))
			return -1;
		s->positions[r] %= d->cache.block_positions;
		last_index = index;
	}
	return 0;
}

static int store_read(struct tnpu_cmd *cmd, struct store_state *s)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	uint32_t *seqs;

	if (tnpu_cmd_scratch(cmd, 3 * s->rows * sizeof(uint32_t)))
		return -1;
	s->blocks = cmd->scratch;
	s->positions = s->blocks + s->rows;
	seqs = s->positions + s->rows;
	if (tnpu_cmd_read_indices(cmd, d->positions, s->rows, tnpu_kv_positions(&d->cache),
				  s->positions) ||
	    tnpu_kv_read_seqs(cmd, &d->cache, d->seqs, s->rows, seqs))
		return -1;
	return store_resolve(cmd, s, seqs);
}

static int store_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	struct store_state *s = (struct store_state *)cmd->priv;
	uint32_t cols = (uint32_t)d->cache.kv_heads * d->cache.head_dim;

	if (store_check(cmd) || tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &s->rows))
		return -1;
	if (!s->rows)
		return 0;
	if (store_read(cmd, s))
		return -1;
	s->range = tnpu_kv_range_of(s->blocks, s->rows);
	s->k = tnpu_tensor_bind(cmd, &d->k, s->rows, cols, TNPU_ACCESS_READ);
	if (s->k < 0)
		return -1;
	s->v = tnpu_tensor_bind(cmd, &d->v, s->rows, cols, TNPU_ACCESS_READ);
	if (s->v < 0 || tnpu_kv_bind(cmd, &d->cache, &s->range,
				     TNPU_ACCESS_READ | TNPU_ACCESS_WRITE))
		return -1;
	cmd->bytes += 2ull * s->rows * d->cache.kv_heads * tnpu_kv_row_bytes(&d->cache);
	tnpu_cmd_phase(cmd, s->rows * d->cache.kv_heads,
		       tnpu_grain(TNPU_GRAIN_ELEMENTS, 4 * d->cache.head_dim));
	return 0;
}

/* One row of one head in the form of the cache: QI8 scales first, then the values. */
static void row_encode(struct tnpu_cmd *cmd, const struct tnpu_kv *kv, const float *src, void *dst)
{
	float *scales = dst;
	uint16_t *half = dst;

	if (kv->dtype == TNPU_DTYPE_QI8) {
		cmd->kernels->quantize(src, (int8_t *)(scales + tnpu_div_up(kv->head_dim,
									    TNPU_KV_SCALE)),
				       scales, kv->head_dim, TNPU_KV_SCALE);
	} else if (kv->dtype == TNPU_DTYPE_F32) {
		memcpy(dst, src, kv->head_dim * sizeof(float));
	} else {
		for (uint32_t i = 0; i < kv->head_dim; i++)
			half[i] = tnpu_f32_to_f16(src[i]);
	}
}

/**
 * struct element - one element of an encoded row
 * @from: its offset in the row; @to: in its group of 16 positions of K
 */
struct element {
	uint32_t from;
	uint32_t to;
	uint32_t size;
};

static struct element element_at(const struct tnpu_kv *kv, uint32_t i, uint32_t lane)
{
	uint32_t scales = 0, size = 1;

	if (kv->dtype != TNPU_DTYPE_QI8)
		size = tnpu_dtype_size(kv->dtype);
	else
		scales = tnpu_div_up(kv->head_dim, TNPU_KV_SCALE);
	if (i < scales)
		return (struct element){ 4 * i, 4 * (i * TNPU_KV_LANES + lane), 4 };
	i -= scales;
	return (struct element){ 4 * scales + i * size,
		(4 * scales + i * size) * TNPU_KV_LANES + lane * size, size };
}

static uint32_t elements_of(const struct tnpu_kv *kv)
{
	uint32_t scales = tnpu_div_up(kv->head_dim, TNPU_KV_SCALE);

	return kv->head_dim + (kv->dtype == TNPU_DTYPE_QI8 ? scales : 0);
}

/*
 * K's group of 16 positions is shared with rows that other lanes store, so a copy of it
 * must never be written back. In place its bytes are this row's own; where the memory is
 * not contiguous each element is stored by itself.
 */
static int store_k_group(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint64_t group,
			 uint32_t position, const uint8_t *row)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	const struct store_state *s = (const struct store_state *)cmd->priv;
	size_t size = (size_t)TNPU_KV_LANES * tnpu_kv_row_bytes(&d->cache);
	uint8_t *dst = tnpu_operand_modify(cmd, lane, s->range.k, group, size);

	if (!dst)
		return -1;
	for (uint32_t i = 0; i < elements_of(&d->cache); i++) {
		struct element e = element_at(&d->cache, i, position);

		memcpy(dst + e.to, row + e.from, e.size);
	}
	return tnpu_operand_done(cmd, lane, s->range.k, group, size, dst);
}

static int store_k_elements(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint64_t group,
			    uint32_t position, const uint8_t *row)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	const struct store_state *s = (const struct store_state *)cmd->priv;
	size_t mark = tnpu_lane_mark(lane);

	for (uint32_t i = 0; i < elements_of(&d->cache); i++) {
		struct element e = element_at(&d->cache, i, position);
		void *dst = tnpu_operand_write(cmd, lane, s->range.k, group + e.to, e.size);

		if (!dst)
			return -1;
		memcpy(dst, row + e.from, e.size);
		if (tnpu_operand_done(cmd, lane, s->range.k, group + e.to, e.size, dst))
			return -1;
		tnpu_lane_release(lane, mark);
	}
	return 0;
}

static int store_k(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint64_t head,
		   uint32_t position, const uint8_t *row)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	const struct store_state *s = (const struct store_state *)cmd->priv;
	uint32_t lanes = TNPU_KV_LANES;
	uint64_t group = head + position / lanes * lanes * tnpu_kv_row_bytes(&d->cache);

	if (cmd->operand[s->range.k].host)
		return store_k_group(cmd, lane, group, position % lanes, row);
	return store_k_elements(cmd, lane, group, position % lanes, row);
}

static int store_v(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint64_t head,
		   uint32_t position, const float *src)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	const struct store_state *s = (const struct store_state *)cmd->priv;
	uint32_t size = tnpu_kv_row_bytes(&d->cache);
	uint64_t offset = head + (uint64_t)position * size;
	void *dst = tnpu_operand_write(cmd, lane, s->range.v, offset, size);

	if (!dst)
		return -1;
	row_encode(cmd, &d->cache, src, dst);
	return tnpu_operand_done(cmd, lane, s->range.v, offset, size, dst);
}

static int store_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_kv_store *d = cmd->desc;
	const struct store_state *s = (const struct store_state *)cmd->priv;
	uint32_t row = tile / d->cache.kv_heads, head = tile % d->cache.kv_heads;
	uint64_t to = tnpu_kv_offset(&d->cache, &s->range, s->blocks[row], head);
	uint32_t bytes = d->cache.head_dim * sizeof(float);
	const float *k = tnpu_operand_read(cmd, lane, s->k,
					   (uint64_t)row * d->k.stride + head * bytes, bytes);
	const float *v = tnpu_operand_read(cmd, lane, s->v,
					   (uint64_t)row * d->v.stride + head * bytes, bytes);
	float encoded[TNPU_MAX_HEAD_DIM];

	if (!k || !v)
		return -1;
	row_encode(cmd, &d->cache, k, encoded);
	if (store_k(cmd, lane, to, s->positions[row], (const uint8_t *)encoded))
		return -1;
	return store_v(cmd, lane, to, s->positions[row], v);
}

static int store_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		       uint32_t first, uint32_t count)
{
	return tnpu_tiles_run(cmd, lane, first, count, store_tile);
}

const struct tnpu_op tnpu_op_kv_store = {
	.name = "KV_STORE",
	.size = sizeof(struct tnpu_cmd_kv_store),
	.prepare = store_prepare,
	.tiles = store_tiles,
};
