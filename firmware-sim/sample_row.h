/* SPDX-License-Identifier: MIT */
/*
 * How SAMPLE chooses among the candidates of one row. It knows keys, not memory.
 *
 * Candidates are ordered by (l descending, id ascending), l = logit / temperature, on an
 * integer key that orders as l does. All that follows the exponential is integer
 * arithmetic, which has no order: lanes add to shared counts and sums, and whoever
 * finishes a row's last segment of a phase draws the conclusion. Nothing is ever sorted:
 *
 *	phase 0: the greatest key (for a greedy row that is all); with top_k a histogram of
 *		the keys' high halves, which gives the bin of the k-th candidate;
 *	phase 1: with top_k a histogram of low halves in that bin, which gives the k-th key
 *		and how many of its ties are in; with top_p sums of weights by high half, which
 *		give the bin in which the sum reaches top_p;
 *	phase 2: with top_p a histogram of low halves in that bin, which gives its key;
 *	phase 3: sums of the weights kept, by segment; then the segment in which the drawn number
 *		falls is walked in order of ids.
 *
 * Each phase reads the logits anew. Should somebody change them meanwhile, the token is
 * one of the allowed ones all the same.
 */
#ifndef _TNPU_SAMPLE_ROW_H_
#define _TNPU_SAMPLE_ROW_H_

#include "kernels.h"

#define TNPU_SAMPLE_BINS	65536	/* values of half a key */
#define TNPU_SAMPLE_PHASES	4
#define TNPU_SAMPLE_TOP_P_ONE	(1u << 24)

/**
 * struct tnpu_sample_row - a row in execution
 * @temperature: zero: greedy
 * @top_p: in units of 2^-24; TNPU_SAMPLE_TOP_P_ONE: off
 * @top_k: 0: off
 * @seed, @counter: of the generator
 * @left: segments that the row still has in each phase
 * @best: greatest (key << 32 | ~id) so far
 * @max: the greatest l, once phase 0 is over
 * @done: phase 0 has ended the row
 * @kept_key, @kept_ties: kept are the candidates with a greater key, and so many, by id,
 *	of those with this one
 * @k_bin, @k_need: high half of the k-th key, and candidates to keep of those that have it
 * @p_bin, @p_need: the same for top_p, in units of weight
 * @p_open: phase 2 has to look for the key
 * @k_high, @k_low: counts by halves of keys; NULL without top_k
 * @p_high, @p_low: sums of weights, and counts; NULL without top_p
 */
struct tnpu_sample_row {
	float temperature;
	uint32_t top_p;
	uint32_t top_k;
	uint32_t counter;
	uint64_t seed;
	uint32_t left[TNPU_SAMPLE_PHASES];
	uint64_t best;
	float max;
	bool done;
	bool p_open;
	uint32_t kept_key;
	uint32_t kept_ties;
	uint32_t k_bin;
	uint32_t k_need;
	uint32_t p_bin;
	uint64_t p_need;
	uint64_t *k_high;
	uint32_t *k_low;
	uint64_t *p_high;
	uint32_t *p_low;
};

/**
 * struct tnpu_sample_logits - a segment of a row
 * @first: id of the first one
 * @mask: of the whole row, a bit an id; NULL: all are allowed
 */
struct tnpu_sample_logits {
	const float *logit;
	const uint32_t *mask;
	uint32_t first;
	uint32_t count;
};

/**
 * struct tnpu_sample_segment - what phase 3 finds in a segment
 * @sum: weights of the keys above the threshold
 * @ties: candidates at the threshold
 */
struct tnpu_sample_segment {
	uint64_t sum;
	uint32_t ties;
};

static inline bool tnpu_sample_uses_top_k(const struct tnpu_sample_row *row)
{
	return row->temperature > 0 && row->top_k;
}

static inline bool tnpu_sample_uses_top_p(const struct tnpu_sample_row *row)
{
	return row->temperature > 0 && row->top_p < TNPU_SAMPLE_TOP_P_ONE;
}

/** tnpu_sample_uses - whether a row takes part in @phase */
bool tnpu_sample_uses(const struct tnpu_sample_row *row, uint32_t phase);

/** tnpu_sample_scan - a segment in @phase; @found: of phase 3. Any lane. */
void tnpu_sample_scan(struct tnpu_sample_row *row, uint32_t phase,
		      const struct tnpu_kernels *kernels, const struct tnpu_sample_logits *x,
		      struct tnpu_sample_segment *found);

/** tnpu_sample_conclude - the end of phase 0, 1 or 2, once all of the row was scanned */
void tnpu_sample_conclude(struct tnpu_sample_row *row, uint32_t phase,
			  const struct tnpu_kernels *kernels);

/** tnpu_sample_best - the lowest id with the greatest key */
static inline uint32_t tnpu_sample_best(const struct tnpu_sample_row *row)
{
	return ~(uint32_t)row->best;
}

/**
 * struct tnpu_sample_draw - the drawn number on its way to a token
 * @rest: weight still to pass
 * @ties: candidates at the threshold still to keep
 */
struct tnpu_sample_draw {
	uint64_t rest;
	uint32_t ties;
};

/** tnpu_sample_draw - draw; returns the segment in which the number falls */
uint32_t tnpu_sample_draw(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
			  const struct tnpu_sample_segment *segment, uint32_t segments,
			  struct tnpu_sample_draw *draw);

/** tnpu_sample_walk - the token on which the draw falls in that segment; false: on none */
bool tnpu_sample_walk(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		      const struct tnpu_sample_logits *x, struct tnpu_sample_draw *draw,
		      uint32_t *token);

#endif /* _TNPU_SAMPLE_ROW_H_ */
