// SPDX-License-Identifier: MIT
/*
 * SAMPLE: one token from each row of logits. How it is chosen is sample_row.c's; here are
 * the command's fields, its tiles, and what is stored in the end.
 */
#include <math.h>

#include "numerics.h"
#include "ops.h"
#include "sample_row.h"

#define SEGMENT		16384	/* logits of one tile */

/* Limit of what the histograms of one command take. */
#define HISTOGRAM_BYTES	(256ull << 20)

enum { SAMPLE_LOGITS, SAMPLE_TOKENS };	/* operands in the order in which they are bound */

/**
 * struct sample_state - a SAMPLE in execution
 * @segments: tiles of a row
 * @row, @segment, @mask: parts of cmd->scratch; the mask NULL where there is none
 * @rows_left, @rows_stopped: counted by whoever ends a row
 * @history, @predicate: operands, -1: none
 */
struct sample_state {
	uint32_t rows;
	uint32_t segments;
	struct tnpu_sample_row *row;
	struct tnpu_sample_segment *segment;
	uint32_t *mask;
	uint32_t rows_left;
	uint32_t rows_stopped;
	uint32_t history_index;
	uint32_t n_stops;
	uint32_t stops[TNPU_MAX_STOPS];
	int history;
	int predicate;
};

/* ---- Checks ---------------------------------------------------------------------- */

static bool dim_is_zero(const struct tnpu_dim *dim)
{
	return !dim->cell && !dim->value && !dim->reserved;
}

static int sample_check_options(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	bool no_history = dim_is_zero(&d->history_index) && !d->history_stride;

	if (tnpu_cmd_require(cmd, d->history || no_history, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, d->stops || dim_is_zero(&d->n_stops), TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, d->n > 0 && d->n <= TNPU_MAX_GEMM_N, TNPU_ERR_SHAPE))
		return -1;
	return tnpu_cmd_require(cmd, !d->history || d->history_stride >= 4, TNPU_ERR_SHAPE);
}

static int sample_check_addresses(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	uint64_t words = d->counters | d->tokens | d->mask | d->history | d->stops |
			 d->predicate | d->history_stride;

	if (tnpu_cmd_check_va(cmd, d->params, 8) || tnpu_cmd_check_va(cmd, words, 4))
		return -1;
	return tnpu_cmd_check_extent(cmd, d->history, d->history_stride);
}

static int sample_check(struct tnpu_cmd *cmd, struct sample_state *s)
{
	const struct tnpu_cmd_sample *d = cmd->desc;

	if (sample_check_options(cmd) ||
	    tnpu_tensor_check(cmd, &d->logits, d->n, TNPU_DTYPES_F32) ||
	    sample_check_addresses(cmd) ||
	    tnpu_cmd_dim(cmd, &d->rows, TNPU_MAX_ROWS, &s->rows))
		return -1;
	if (d->history && tnpu_cmd_dim(cmd, &d->history_index, d->history_stride / 4 - 1,
				       &s->history_index))
		return -1;
	return d->stops ? tnpu_cmd_dim(cmd, &d->n_stops, TNPU_MAX_STOPS, &s->n_stops) : 0;
}

/* ---- What lies in memory --------------------------------------------------------- */

static int row_init(struct tnpu_cmd *cmd, const struct tnpu_sample_params *p,
		    struct tnpu_sample_row *row)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	float temperature = tnpu_f32_from_bits(p->temperature);
	float top_p = tnpu_f32_from_bits(p->top_p);

	if (tnpu_cmd_require(cmd, p->reserved == 0, TNPU_ERR_RESERVED) ||
	    tnpu_cmd_require(cmd, temperature >= 0 && temperature < INFINITY, TNPU_ERR_VALUE) ||
	    tnpu_cmd_require(cmd, top_p > 0 && top_p <= 1, TNPU_ERR_VALUE))
		return -1;
	*row = (struct tnpu_sample_row){
		.temperature = temperature,
		.top_p = (uint32_t)(top_p * TNPU_SAMPLE_TOP_P_ONE),
		.top_k = p->top_k < d->n ? p->top_k : 0,
		.seed = p->seed,
		.kept_ties = d->n,
	};
	return 0;
}

/* A mask that allows nothing is refused: there would be no token to give. */
static int sample_read_mask(struct tnpu_cmd *cmd, uint32_t *mask)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	uint32_t words = tnpu_div_up(d->n, 32), any = 0;

	if (tnpu_cmd_read(cmd, d->mask, mask, words * sizeof(*mask)))
		return -1;
	if (d->n % 32)
		mask[words - 1] &= (1u << d->n % 32) - 1;
	for (uint32_t i = 0; i < words; i++)
		any |= mask[i];
	return tnpu_cmd_require(cmd, any, TNPU_ERR_CELL);
}

/* ---- Scratch --------------------------------------------------------------------- */

static uint64_t histogram_bytes(const struct tnpu_sample_row *row)
{
	uint64_t bytes = 0;

	if (tnpu_sample_uses_top_p(row))
		bytes += sizeof(*row->p_high) + sizeof(*row->p_low);
	if (tnpu_sample_uses_top_k(row))
		bytes += sizeof(*row->k_high) + sizeof(*row->k_low);
	return bytes * TNPU_SAMPLE_BINS;
}

/* Deals the histograms of a row out at @at; returns where they end. */
static uint8_t *row_histograms(struct tnpu_sample_row *row, uint8_t *at)
{
	if (tnpu_sample_uses_top_p(row)) {
		row->p_high = (uint64_t *)at;
		row->p_low = (uint32_t *)(row->p_high + TNPU_SAMPLE_BINS);
		at = (uint8_t *)(row->p_low + TNPU_SAMPLE_BINS);
	}
	if (tnpu_sample_uses_top_k(row)) {
		row->k_high = (uint64_t *)at;
		row->k_low = (uint32_t *)(row->k_high + TNPU_SAMPLE_BINS);
		at = (uint8_t *)(row->k_low + TNPU_SAMPLE_BINS);
	}
	return at;
}

/* One allocation: histograms, rows, segments, mask. */
static int sample_scratch(struct tnpu_cmd *cmd, struct sample_state *s, uint64_t histograms)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	uint64_t tiles = (uint64_t)s->rows * s->segments;

	if (tnpu_cmd_require(cmd, histograms <= HISTOGRAM_BYTES, TNPU_ERR_LIMIT) ||
	    tnpu_cmd_scratch(cmd, histograms + s->rows * sizeof(*s->row) +
			     tiles * sizeof(*s->segment) + tnpu_div_up(d->n, 32) * 4))
		return -1;
	s->row = (struct tnpu_sample_row *)((uint8_t *)cmd->scratch + histograms);
	s->segment = (struct tnpu_sample_segment *)(s->row + s->rows);
	s->mask = d->mask ? (uint32_t *)(s->segment + tiles) : NULL;
	return 0;
}

static int sample_rows(struct tnpu_cmd *cmd, struct sample_state *s,
		       const struct tnpu_sample_params *params, const uint32_t *counters)
{
	uint64_t histograms = 0;
	struct tnpu_sample_row row;
	uint8_t *at;

	for (uint32_t r = 0; r < s->rows; r++) {
		if (row_init(cmd, &params[r], &row))
			return -1;
		histograms += histogram_bytes(&row);
	}
	if (sample_scratch(cmd, s, histograms))
		return -1;
	at = cmd->scratch;
	for (uint32_t r = 0; r < s->rows; r++) {
		if (row_init(cmd, &params[r], &s->row[r]))
			return -1;
		s->row[r].counter = counters[r];
		for (uint32_t phase = 0; phase < TNPU_SAMPLE_PHASES; phase++)
			s->row[r].left[phase] = s->segments;
		at = row_histograms(&s->row[r], at);
	}
	return 0;
}

/* ---- Preparation ----------------------------------------------------------------- */

static int sample_read(struct tnpu_cmd *cmd, struct sample_state *s)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	struct tnpu_sample_params params[TNPU_MAX_ROWS];
	uint32_t counters[TNPU_MAX_ROWS];

	if (tnpu_cmd_read(cmd, d->params, params, s->rows * sizeof(*params)) ||
	    tnpu_cmd_read(cmd, d->counters, counters, s->rows * sizeof(*counters)) ||
	    sample_rows(cmd, s, params, counters))
		return -1;
	if (d->mask && sample_read_mask(cmd, s->mask))
		return -1;
	if (!s->n_stops)
		return 0;
	return tnpu_cmd_read(cmd, d->stops, s->stops, s->n_stops * sizeof(*s->stops));
}

static int sample_bind(struct tnpu_cmd *cmd, struct sample_state *s)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	uint64_t history = (uint64_t)(s->rows - 1) * d->history_stride + sizeof(uint32_t);
	uint64_t bytes;

	s->history = -1;
	s->predicate = -1;
	if (tnpu_tensor_bind(cmd, &d->logits, s->rows, d->n, TNPU_ACCESS_READ) < 0 ||
	    tnpu_cmd_bind(cmd, d->tokens, s->rows * sizeof(uint32_t), TNPU_ACCESS_WRITE) < 0)
		return -1;
	bytes = cmd->bytes;
	if (d->history) {
		s->history = tnpu_cmd_bind(cmd, d->history + 4ull * s->history_index, history,
					   TNPU_ACCESS_WRITE);
		if (s->history < 0)
			return -1;
	}
	cmd->bytes = bytes;
	if (!d->predicate)
		return 0;
	s->predicate = tnpu_cmd_bind(cmd, d->predicate, sizeof(uint32_t), TNPU_ACCESS_WRITE);
	return s->predicate < 0 ? -1 : 0;
}

/* Phases end where no row needs the next one. */
static void sample_phases(struct tnpu_cmd *cmd, const struct sample_state *s)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	uint32_t tiles = s->rows * s->segments;
	uint32_t grain = tnpu_grain(TNPU_GRAIN_ELEMENTS, tnpu_min_u32(d->n, SEGMENT));
	bool draws = false, narrows = false, top_p = false;

	for (uint32_t r = 0; r < s->rows; r++) {
		draws |= s->row[r].temperature > 0;
		top_p |= tnpu_sample_uses_top_p(&s->row[r]);
		narrows |= top_p || tnpu_sample_uses_top_k(&s->row[r]);
	}
	tnpu_cmd_phase(cmd, tiles, grain);
	tnpu_cmd_phase(cmd, narrows ? tiles : 0, grain);
	tnpu_cmd_phase(cmd, top_p ? tiles : 0, grain);
	tnpu_cmd_phase(cmd, draws ? tiles : 0, grain);
}

static int sample_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	struct sample_state *s = (struct sample_state *)cmd->priv;

	if (sample_check(cmd, s))
		return -1;
	if (!s->rows)
		return 0;
	s->segments = tnpu_div_up(d->n, SEGMENT);
	s->rows_left = s->rows;
	if (sample_read(cmd, s) || sample_bind(cmd, s))
		return -1;
	sample_phases(cmd, s);
	return 0;
}

/* ---- A token is found ------------------------------------------------------------ */

static int store_u32(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand, uint64_t offset,
		     uint32_t value)
{
	uint32_t *dst = tnpu_operand_write(cmd, lane, operand, offset, sizeof(*dst));

	if (!dst)
		return -1;
	*dst = value;
	return tnpu_operand_done(cmd, lane, operand, offset, sizeof(*dst), dst);
}

static bool is_stop(const struct sample_state *s, uint32_t token)
{
	for (uint32_t i = 0; i < s->n_stops; i++)
		if (s->stops[i] == token)
			return true;
	return false;
}

/* The row that ends last knows how all of them ended. */
static int row_end(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t token)
{
	struct sample_state *s = (struct sample_state *)cmd->priv;

	if (is_stop(s, token))
		__atomic_add_fetch(&s->rows_stopped, 1, __ATOMIC_RELAXED);
	if (__atomic_sub_fetch(&s->rows_left, 1, __ATOMIC_ACQ_REL) || s->predicate < 0)
		return 0;
	if (__atomic_load_n(&s->rows_stopped, __ATOMIC_RELAXED) < s->rows)
		return 0;
	return store_u32(cmd, lane, s->predicate, 0, 1);
}

static int row_token(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t row, uint32_t token)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	const struct sample_state *s = (const struct sample_state *)cmd->priv;

	if (store_u32(cmd, lane, SAMPLE_TOKENS, 4ull * row, token))
		return -1;
	if (s->history >= 0 && store_u32(cmd, lane, s->history,
					 (uint64_t)row * d->history_stride, token))
		return -1;
	return row_end(cmd, lane, token);
}

/* ---- Tiles ----------------------------------------------------------------------- */

/* The logits of a segment; false: they cannot be read. */
static bool segment_load(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t row,
			 uint32_t segment, struct tnpu_sample_logits *x)
{
	const struct tnpu_cmd_sample *d = cmd->desc;
	const struct sample_state *s = (const struct sample_state *)cmd->priv;

	x->first = segment * SEGMENT;
	x->count = tnpu_min_u32(d->n - x->first, SEGMENT);
	x->mask = s->mask;
	x->logit = tnpu_operand_read(cmd, lane, SAMPLE_LOGITS,
				     (uint64_t)row * d->logits.stride + x->first * sizeof(float),
				     x->count * sizeof(float));
	return x->logit;
}

/* Falls back on the best candidate, should the logits have changed under the draw. */
static int row_draw(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t index)
{
	const struct sample_state *s = (const struct sample_state *)cmd->priv;
	const struct tnpu_sample_row *row = &s->row[index];
	struct tnpu_sample_logits x;
	struct tnpu_sample_draw draw;
	uint32_t token, segment;

	segment = tnpu_sample_draw(row, cmd->kernels, s->segment + index * s->segments,
				   s->segments, &draw);
	if (!segment_load(cmd, lane, index, segment, &x))
		return -1;
	if (!tnpu_sample_walk(row, cmd->kernels, &x, &draw, &token))
		token = tnpu_sample_best(row);
	return row_token(cmd, lane, index, token);
}

/* Whoever finishes a row's last tile of a phase goes on with what the row has become. */
static int row_phase_end(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
			 uint32_t index)
{
	struct sample_state *s = (struct sample_state *)cmd->priv;
	struct tnpu_sample_row *row = &s->row[index];

	if (__atomic_sub_fetch(&row->left[phase], 1, __ATOMIC_ACQ_REL))
		return 0;
	if (phase == TNPU_SAMPLE_PHASES - 1)
		return row_draw(cmd, lane, index);
	tnpu_sample_conclude(row, phase, cmd->kernels);
	return row->done ? row_token(cmd, lane, index, tnpu_sample_best(row)) : 0;
}

static int sample_tile(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		       uint32_t tile)
{
	const struct sample_state *s = (const struct sample_state *)cmd->priv;
	uint32_t index = tile / s->segments;
	struct tnpu_sample_row *row = &s->row[index];
	struct tnpu_sample_logits x;

	if (!tnpu_sample_uses(row, phase))
		return 0;
	if (!segment_load(cmd, lane, index, tile % s->segments, &x))
		return -1;
	tnpu_sample_scan(row, phase, cmd->kernels, &x, &s->segment[tile]);
	return row_phase_end(cmd, lane, phase, index);
}

static int sample_tiles(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
			uint32_t first, uint32_t count)
{
	size_t mark = tnpu_lane_mark(lane);

	for (uint32_t i = 0; i < count; i++) {
		if (sample_tile(cmd, lane, phase, first + i))
			return -1;
		tnpu_lane_release(lane, mark);
	}
	return 0;
}

const struct tnpu_op tnpu_op_sample = {
	.name = "SAMPLE",
	.size = sizeof(struct tnpu_cmd_sample),
	.starts_over = true,
	.prepare = sample_prepare,
	.tiles = sample_tiles,
};
