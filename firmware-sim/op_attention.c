// SPDX-License-Identifier: MIT
/*
 * ATTENTION over a paged KV cache.
 *
 * One query head of one row is computed in chunks at absolute multiples of 256 positions.
 * Of a chunk: the scores of its positions; their maximum mc; p = exp(score - mc); the sum
 * lc of p in one chain; oc[d] = fma(p, v[d], oc[d]); positions ascending, those outside the
 * row's range left out. Chunks are then merged ascending, the first one as it is:
 *
 *	m' = max(m, mc), a = exp(m - m'), b = exp(mc - m')
 *	l = fma(l, a, lc * b), o[d] = fma(o[d], a, oc[d] * b)
 *
 * and the result is o / l. Neither blocks, nor tiles, nor other rows have a part in it.
 *
 * NaN and infinities: a maximum starts at -inf and takes a score only where that is
 * greater, so a NaN is never the maximum; it makes its p, and with it the whole row, NaN.
 * So does a score of +inf (inf - inf), and a chunk whose scores are all -inf. A NaN or an
 * infinity in V spreads by IEEE arithmetic (0 * inf is NaN).
 *
 * Long contexts of few heads are computed in two phases: the chunks as tiles of their own,
 * then the merge. Both ways do the same arithmetic in the same order.
 */
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "numerics.h"
#include "op_kv.h"

/* Tiles from which on all lanes are busy without splitting. */
#define TILES_SPLIT	32

/* Positions times dimensions times heads that one tile takes without splitting: some 0.3 ms. */
#define TILE_ELEMENTS	(1u << 22)

/* Limit of what a command keeps meanwhile, besides the results of chunks. */
#define TABLE_ENTRIES	(1u << 20)

/**
 * struct attention_row - where a row looks
 * @first, @end: positions first..end - 1
 * @table: what to add to a block's number in the sequence to find it in
 *	attention_state.blocks
 */
struct attention_row {
	uint32_t seq;
	uint32_t first;
	uint32_t end;
	int64_t table;
};

/**
 * struct attention_state - an ATTENTION in execution
 * @chunks: most chunks that a row has
 * @split: chunks are tiles of their own
 * @row, @blocks, @partial: parts of cmd->scratch: the rows, the block tables as far as
 *	rows look at them, and with @split the chunks' results (struct partial)
 */
struct attention_state {
	uint32_t rows;
	uint32_t chunks;
	bool split;
	struct tnpu_kv_range range;
	int q;
	int out;
	struct attention_row *row;
	uint32_t *blocks;
	float *partial;
};

/** struct partial - maximum, sum and weighted values of positions so far */
struct partial {
	float max;
	float sum;
	float *out;
};

/* ---- Preparation ----------------------------------------------------------------- */

static int attention_check(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	bool full = d->hdr.flags & TNPU_ATTENTION_FULL;
	uint32_t cols = d->heads * d->cache.head_dim;

	if (tnpu_cmd_require(cmd, d->reserved == 0, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, !full || d->window == 0, TNPU_ERR_VALUE) ||
	    tnpu_cmd_require(cmd, isfinite(tnpu_f32_from_bits(d->scale)), TNPU_ERR_VALUE) ||
	    tnpu_kv_check(cmd, &d->cache) ||
	    tnpu_cmd_require(cmd, d->heads > 0 && d->heads <= TNPU_MAX_HEADS &&
			     d->heads % d->cache.kv_heads == 0 && cols <= TNPU_MAX_COLS,
			     TNPU_ERR_SHAPE) ||
	    tnpu_tensor_check(cmd, &d->q, cols, TNPU_DTYPES_F32) ||
	    tnpu_tensor_check(cmd, &d->out, cols, TNPU_DTYPES_F32) ||
	    tnpu_cmd_check_va(cmd, d->positions, 4))
		return -1;
	return tnpu_cmd_check_va(cmd, d->seqs, 4);
}

/* Copies positions and sequences in, and turns them into ranges. */
static int attention_read_rows(struct tnpu_cmd *cmd, uint32_t rows, struct attention_row *row)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	bool full = d->hdr.flags & TNPU_ATTENTION_FULL;
	uint64_t limit = tnpu_kv_positions(&d->cache) + full;
	uint32_t positions[TNPU_MAX_ROWS];
	uint32_t seqs[TNPU_MAX_ROWS] = { 0 };

	if (tnpu_cmd_read_indices(cmd, d->positions, rows, limit, positions) ||
	    tnpu_kv_read_seqs(cmd, &d->cache, d->seqs, rows, seqs))
		return -1;
	for (uint32_t r = 0; r < rows; r++) {
		row[r].seq = seqs[r];
		row[r].end = positions[r] + !full;
		row[r].first = d->window && row[r].end > d->window ? row[r].end - d->window : 0;
	}
	return 0;
}

/** struct seq_use - blocks first..end - 1 of a sequence are looked at */
struct seq_use {
	uint32_t first;
	uint32_t end;
};

/* The blocks that rows look at, by sequence, and how many they are together. */
static uint64_t attention_uses(const struct tnpu_kv *kv, const struct attention_row *row,
			       uint32_t rows, struct seq_use *use)
{
	uint64_t total = 0;

	for (uint32_t r = 0; r < rows; r++) {
		uint32_t first = row[r].first / kv->block_positions;
		uint32_t end = tnpu_div_up(row[r].end, kv->block_positions);
		struct seq_use *u = &use[row[r].seq];

		if (row[r].first == row[r].end)
			continue;
		total -= u->end - u->first;
		u->first = u->end && u->first < first ? u->first : first;
		u->end = u->end > end ? u->end : end;
		total += u->end - u->first;
	}
	return total;
}

/* Copies the block tables in; @use becomes each sequence's place in them. */
static int attention_read_blocks(struct tnpu_cmd *cmd, struct attention_state *s,
				 const struct seq_use *use)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	int64_t place[TNPU_MAX_ROWS];
	uint32_t used = 0;

	for (uint32_t seq = 0; seq < d->cache.seqs; seq++) {
		uint32_t count = use[seq].end - use[seq].first;

		place[seq] = (int64_t)used - use[seq].first;
		if (count && tnpu_kv_read_blocks(cmd, &d->cache, seq, use[seq].first, count,
						 s->blocks + used))
			return -1;
		used += count;
	}
	for (uint32_t r = 0; r < s->rows; r++)
		s->row[r].table = place[s->row[r].seq];
	return 0;
}

static uint32_t row_chunks(const struct attention_row *row)
{
	uint32_t first = row->first / TNPU_ATTENTION_CHUNK;

	return row->first == row->end ? 0 : (row->end - 1) / TNPU_ATTENTION_CHUNK - first + 1;
}

/* Chunks, and the positions that rows attend to: in sum, and the most. */
static uint64_t attention_measure(struct attention_state *s, const struct attention_row *row,
				  uint32_t *most)
{
	uint64_t sum = 0;

	*most = 0;
	s->chunks = 0;
	for (uint32_t r = 0; r < s->rows; r++) {
		uint32_t count = row[r].end - row[r].first;

		sum += count;
		*most = count > *most ? count : *most;
		s->chunks = row_chunks(&row[r]) > s->chunks ? row_chunks(&row[r]) : s->chunks;
	}
	return sum;
}

/* Floats of one chunk's result: values, maximum, sum. */
static size_t partial_floats(const struct tnpu_kv *kv)
{
	return ((size_t)kv->head_dim + 2 + 15) / 16 * 16;
}

/* Tiles of one row: of a KV head's query heads TNPU_ATTENTION_HEADS, the last one the rest. */
static uint32_t row_tiles(const struct tnpu_cmd_attention *d)
{
	return d->cache.kv_heads * tnpu_div_up(d->heads / d->cache.kv_heads, TNPU_ATTENTION_HEADS);
}

static int attention_plan(struct tnpu_cmd *cmd, struct attention_state *s,
			  const struct attention_row *row, uint64_t *partial_bytes)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	uint64_t pairs = (uint64_t)s->rows * d->heads;
	uint32_t most;
	uint64_t sum = attention_measure(s, row, &most);
	uint64_t elements = (uint64_t)most * d->cache.head_dim * TNPU_ATTENTION_HEADS;

	cmd->macs = 2 * sum * d->heads * d->cache.head_dim;
	s->split = s->chunks > 1 && (s->rows * row_tiles(d) < TILES_SPLIT ||
				     elements > TILE_ELEMENTS);
	*partial_bytes = 0;
	if (s->split)
		*partial_bytes = pairs * s->chunks * partial_floats(&d->cache) * sizeof(float);
	return tnpu_cmd_require(cmd, *partial_bytes <= TNPU_MAX_ATTENTION_BYTES, TNPU_ERR_LIMIT);
}

/* One allocation: partial results, which want the best alignment, rows, block tables. */
static int attention_scratch(struct tnpu_cmd *cmd, struct attention_state *s,
			     const struct attention_row *row, uint64_t partial_bytes,
			     uint64_t entries)
{
	size_t row_bytes = s->rows * sizeof(*row);

	if (tnpu_cmd_require(cmd, entries <= TABLE_ENTRIES, TNPU_ERR_LIMIT) ||
	    tnpu_cmd_scratch(cmd, partial_bytes + row_bytes + entries * sizeof(uint32_t)))
		return -1;
	cmd->results = partial_bytes;
	s->partial = cmd->scratch;
	s->row = (struct attention_row *)((uint8_t *)cmd->scratch + partial_bytes);
	s->blocks = (uint32_t *)(s->row + s->rows);
	memcpy(s->row, row, row_bytes);
	return 0;
}

static int attention_read(struct tnpu_cmd *cmd, struct attention_state *s)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	struct attention_row row[TNPU_MAX_ROWS];
	struct seq_use use[TNPU_MAX_ROWS] = { 0 };
	uint64_t partial_bytes, entries;

	if (attention_read_rows(cmd, s->rows, row) ||
	    attention_plan(cmd, s, row, &partial_bytes))
		return -1;
	entries = attention_uses(&d->cache, row, s->rows, use);
	if (attention_scratch(cmd, s, row, partial_bytes, entries) ||
	    attention_read_blocks(cmd, s, use))
		return -1;
	if (!entries)
		return 0;
	cmd->bytes += 2 * entries * tnpu_kv_block_bytes(&d->cache);
	s->range = tnpu_kv_range_of(s->blocks, entries);
	return tnpu_kv_bind(cmd, &d->cache, &s->range, TNPU_ACCESS_READ);
}

static void attention_phases(struct tnpu_cmd *cmd, const struct attention_state *s)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	uint32_t tiles = s->rows * row_tiles(d);
	uint64_t chunk = 2 * TNPU_ATTENTION_CHUNK * d->cache.head_dim * TNPU_ATTENTION_HEADS;

	if (!s->split) {
		tnpu_cmd_phase(cmd, tiles, tnpu_grain(8 * TNPU_GRAIN_ELEMENTS,
						      cmd->macs / tiles));
		return;
	}
	tnpu_cmd_phase(cmd, tiles * s->chunks, tnpu_grain(8 * TNPU_GRAIN_ELEMENTS, chunk));
	tnpu_cmd_phase(cmd, s->rows * d->heads,
		       tnpu_grain(TNPU_GRAIN_ELEMENTS, s->chunks * d->cache.head_dim));
}

static int attention_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	struct attention_state *s = (struct attention_state *)cmd->priv;
	uint32_t cols = d->heads * d->cache.head_dim;

	if (attention_check(cmd) || tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &s->rows))
		return -1;
	if (!s->rows)
		return 0;
	if (attention_read(cmd, s))
		return -1;
	s->q = tnpu_tensor_bind(cmd, &d->q, s->rows, cols, TNPU_ACCESS_READ);
	if (s->q < 0)
		return -1;
	s->out = tnpu_tensor_bind(cmd, &d->out, s->rows, cols, TNPU_ACCESS_WRITE);
	if (s->out < 0)
		return -1;
	attention_phases(cmd, s);
	return 0;
}

/* ---- One chunk ------------------------------------------------------------------- */

/**
 * struct chunk - the work of some heads on one chunk
 * @q: of @heads heads from @head on
 * @first, @end: positions of the sequence
 */
struct chunk {
	const struct attention_row *row;
	const float *q;
	uint32_t head;
	uint32_t heads;
	uint32_t kv_head;
	uint32_t first;
	uint32_t end;
};

/* Spans of a chunk: a block has 16 positions or more. */
#define SPANS_MAX	(TNPU_ATTENTION_CHUNK / TNPU_KV_LANES)

static uint64_t span_offset(struct tnpu_cmd *cmd, const struct chunk *c, uint32_t position)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	const struct attention_state *s = (const struct attention_state *)cmd->priv;
	uint32_t in_block = position % d->cache.block_positions;
	uint32_t block = s->blocks[c->row->table + position / d->cache.block_positions];

	return tnpu_kv_offset(&d->cache, &s->range, block, c->kv_head) +
	       (uint64_t)(in_block / TNPU_KV_LANES * TNPU_KV_LANES) * tnpu_kv_row_bytes(&d->cache);
}

/*
 * The span from @position to the end of its block or chunk. Its base is the group of 16
 * positions, not the block, so that memory that is not in place is copied no further.
 */
static int span_open(struct tnpu_cmd *cmd, struct tnpu_lane *lane, const struct chunk *c,
		     uint32_t position, struct tnpu_attention_span *span)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	const struct attention_state *s = (const struct attention_state *)cmd->priv;
	uint32_t positions = d->cache.block_positions;
	uint32_t row_bytes = tnpu_kv_row_bytes(&d->cache);
	uint64_t offset = span_offset(cmd, c, position);
	uint32_t rows;

	span->q = c->q;
	span->first = position % TNPU_KV_LANES;
	span->count = tnpu_min_u32(c->end - position, positions - position % positions);
	span->head_dim = d->cache.head_dim;
	span->dtype = d->cache.dtype;
	span->scale = tnpu_f32_from_bits(d->scale);
	span->heads = c->heads;
	rows = tnpu_div_up(span->first + span->count, TNPU_KV_LANES) * TNPU_KV_LANES;
	span->k = tnpu_operand_read(cmd, lane, s->range.k, offset, (size_t)rows * row_bytes);
	span->v = tnpu_operand_read(cmd, lane, s->range.v, offset, (size_t)rows * row_bytes);
	return span->k && span->v ? 0 : -1;
}

/* One chain of additions for each head; they do not wait for each other. */
static void chunk_sums(float *const *p, uint32_t heads, uint32_t count, struct partial *part)
{
	float sum[TNPU_ATTENTION_HEADS] = { 0 };

	for (uint32_t h = 0; h < heads; h++)
		sum[h] = p[h][0];
	for (uint32_t i = 1; i < count; i++)
		for (uint32_t h = 0; h < TNPU_ATTENTION_HEADS; h++)
			sum[h] += p[h][i];
	for (uint32_t h = 0; h < heads; h++)
		part[h].sum = sum[h];
}

/* From scores to what the values are weighted by. */
static void chunk_softmax(struct tnpu_cmd *cmd, const struct chunk *c, float *const *p,
			  struct partial *part)
{
	uint32_t count = c->end - c->first;

	for (uint32_t h = 0; h < c->heads; h++) {
		part[h].max = cmd->kernels->max(p[h], count);
		cmd->kernels->softmax_exp(p[h], part[h].max, count);
	}
	chunk_sums(p, c->heads, count, part);
}

static void chunk_values(struct tnpu_cmd *cmd, const struct chunk *c,
			 const struct tnpu_attention_span *spans, float *const *p,
			 struct partial *part)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	float *out[TNPU_ATTENTION_HEADS], *at[TNPU_ATTENTION_HEADS];
	uint32_t done = 0;

	for (uint32_t h = 0; h < c->heads; h++) {
		out[h] = part[h].out;
		at[h] = p[h];
		memset(out[h], 0, d->cache.head_dim * sizeof(float));
	}
	for (; done < c->end - c->first; done += spans++->count) {
		cmd->kernels->values(spans, at, out);
		for (uint32_t h = 0; h < c->heads; h++)
			at[h] += spans->count;
	}
}

/* @part: one for each head */
static int chunk_run(struct tnpu_cmd *cmd, struct tnpu_lane *lane, const struct chunk *c,
		     struct partial *part)
{
	/* The chains of heads that there are not add up what is never looked at. */
	float scores[TNPU_ATTENTION_HEADS][TNPU_ATTENTION_CHUNK + TNPU_KV_LANES];
	struct tnpu_attention_span spans[SPANS_MAX];
	float *p[TNPU_ATTENTION_HEADS], *at[TNPU_ATTENTION_HEADS];
	uint32_t count = 0, n = 0;

	for (uint32_t h = 0; h < TNPU_ATTENTION_HEADS; h++)
		p[h] = scores[h < c->heads ? h : 0];
	for (; c->first + count < c->end; n++) {
		if (span_open(cmd, lane, c, c->first + count, &spans[n]))
			return -1;
		for (uint32_t h = 0; h < c->heads; h++)
			at[h] = p[h] + count;
		cmd->kernels->scores(&spans[n], at);
		count += spans[n].count;
	}
	chunk_softmax(cmd, c, p, part);
	chunk_values(cmd, c, spans, p, part);
	return 0;
}

/* The @index-th chunk of a row, cut to what the row attends to. */
static void chunk_bounds(struct chunk *c, const struct attention_row *row, uint32_t index)
{
	uint32_t start = (row->first / TNPU_ATTENTION_CHUNK + index) * TNPU_ATTENTION_CHUNK;

	c->row = row;
	c->first = start > row->first ? start : row->first;
	c->end = tnpu_min_u32(start + TNPU_ATTENTION_CHUNK, row->end);
}

/* ---- Chunks together ------------------------------------------------------------- */

static void partial_merge(struct partial *to, const struct partial *part, uint32_t dims)
{
	float max = part->max > to->max ? part->max : to->max;
	float a = tnpu_exp(to->max - max);
	float b = tnpu_exp(part->max - max);

	to->max = max;
	to->sum = fmaf(to->sum, a, part->sum * b);
	for (uint32_t i = 0; i < dims; i++)
		to->out[i] = fmaf(to->out[i], a, part->out[i] * b);
}

static int partial_store(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint64_t offset,
			 const struct partial *part, uint32_t chunks)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	const struct attention_state *s = (const struct attention_state *)cmd->priv;
	size_t bytes = d->cache.head_dim * sizeof(float);
	float *out = tnpu_operand_write(cmd, lane, s->out, offset, bytes);

	if (!out)
		return -1;
	for (uint32_t i = 0; i < d->cache.head_dim; i++)
		out[i] = chunks ? part->out[i] / part->sum : 0.0f;
	return tnpu_operand_done(cmd, lane, s->out, offset, bytes, out);
}

static struct partial partial_at(const struct tnpu_kv *kv, float *partials, uint64_t index)
{
	float *p = partials + index * partial_floats(kv);

	return (struct partial){ p[kv->head_dim], p[kv->head_dim + 1], p };
}

/* ---- Tiles ----------------------------------------------------------------------- */

static uint64_t head_offset(const struct tnpu_cmd_attention *d, const struct tnpu_tensor *t,
			    uint32_t row, uint32_t head)
{
	return (uint64_t)row * t->stride + head * d->cache.head_dim * sizeof(float);
}

/* The @index-th tile of a row: its heads and their queries. */
static int chunk_open(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t row,
		      uint32_t index, struct chunk *c)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	const struct attention_state *s = (const struct attention_state *)cmd->priv;
	uint32_t group = d->heads / d->cache.kv_heads;
	uint32_t tiles = tnpu_div_up(group, TNPU_ATTENTION_HEADS);
	uint32_t first = index % tiles * TNPU_ATTENTION_HEADS;

	*c = (struct chunk){
		.row = &s->row[row],
		.head = index / tiles * group + first,
		.heads = tnpu_min_u32(group - first, TNPU_ATTENTION_HEADS),
		.kv_head = index / tiles,
	};
	c->q = tnpu_operand_read(cmd, lane, s->q, head_offset(d, &d->q, row, c->head),
				 c->heads * d->cache.head_dim * sizeof(float));
	return c->q ? 0 : -1;
}

/** struct whole - what heads have of all chunks so far, and of the next one */
struct whole {
	float all_out[TNPU_ATTENTION_HEADS][TNPU_MAX_HEAD_DIM];
	float next_out[TNPU_ATTENTION_HEADS][TNPU_MAX_HEAD_DIM];
	struct partial all[TNPU_ATTENTION_HEADS];
	struct partial next[TNPU_ATTENTION_HEADS];
};

static int whole_run(struct tnpu_cmd *cmd, struct tnpu_lane *lane, struct chunk *c,
		     struct whole *w)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	size_t mark = tnpu_lane_mark(lane);

	for (uint32_t h = 0; h < c->heads; h++) {
		w->all[h].out = w->all_out[h];
		w->next[h].out = w->next_out[h];
	}
	for (uint32_t i = 0; i < row_chunks(c->row); i++) {
		chunk_bounds(c, c->row, i);
		if (chunk_run(cmd, lane, c, i ? w->next : w->all))
			return -1;
		for (uint32_t h = 0; i && h < c->heads; h++)
			partial_merge(&w->all[h], &w->next[h], d->cache.head_dim);
		tnpu_lane_release(lane, mark);
	}
	return 0;
}

/* Some heads of a row, whole. Rows run fastest: they share the keys that the cache holds. */
static int attention_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	const struct attention_state *s = (const struct attention_state *)cmd->priv;
	uint32_t row = tile % s->rows;
	struct whole w;
	struct chunk c;

	if (chunk_open(cmd, lane, row, tile / s->rows, &c) || whole_run(cmd, lane, &c, &w))
		return -1;
	for (uint32_t h = 0; h < c.heads; h++)
		if (partial_store(cmd, lane, head_offset(d, &d->out, row, c.head + h), &w.all[h],
				  row_chunks(c.row)))
			return -1;
	return 0;
}

/* One chunk of some heads of a row. Heads that share keys run fastest, then chunks. */
static int chunk_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	const struct attention_state *s = (const struct attention_state *)cmd->priv;
	uint32_t tiles = row_tiles(d) / d->cache.kv_heads;
	uint32_t index = tile / tiles % s->chunks;
	uint32_t shared = tile / tiles / s->chunks;
	uint32_t row = shared / d->cache.kv_heads;
	struct partial part[TNPU_ATTENTION_HEADS];
	struct chunk c;

	if (index >= row_chunks(&s->row[row]))
		return 0;
	if (chunk_open(cmd, lane, row, shared % d->cache.kv_heads * tiles + tile % tiles, &c))
		return -1;
	for (uint32_t h = 0; h < c.heads; h++)
		part[h] = partial_at(&d->cache, s->partial,
				     ((uint64_t)row * d->heads + c.head + h) * s->chunks + index);
	chunk_bounds(&c, c.row, index);
	if (chunk_run(cmd, lane, &c, part))
		return -1;
	for (uint32_t h = 0; h < c.heads; h++) {
		part[h].out[d->cache.head_dim] = part[h].max;
		part[h].out[d->cache.head_dim + 1] = part[h].sum;
	}
	return 0;
}

static int merge_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t tile)
{
	const struct tnpu_cmd_attention *d = cmd->desc;
	const struct attention_state *s = (const struct attention_state *)cmd->priv;
	uint32_t row = tile / d->heads, head = tile % d->heads;
	uint32_t chunks = row_chunks(&s->row[row]);
	uint64_t place = (uint64_t)tile * s->chunks;
	struct partial all = partial_at(&d->cache, s->partial, place);

	for (uint32_t i = 1; i < chunks; i++) {
		struct partial part = partial_at(&d->cache, s->partial, place + i);

		partial_merge(&all, &part, d->cache.head_dim);
	}
	return partial_store(cmd, lane, head_offset(d, &d->out, row, head), &all, chunks);
}

static int attention_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
			   uint32_t first, uint32_t count)
{
	const struct attention_state *s = (const struct attention_state *)cmd->priv;

	if (!s->split)
		return tnpu_tiles_run(cmd, lane, first, count, attention_tile);
	return tnpu_tiles_run(cmd, lane, first, count, phase ? merge_tile : chunk_tile);
}

const struct tnpu_op tnpu_op_attention = {
	.name = "ATTENTION",
	.size = sizeof(struct tnpu_cmd_attention),
	.flags = TNPU_ATTENTION_FULL,
	.prepare = attention_prepare,
	.tiles = attention_tiles,
};
