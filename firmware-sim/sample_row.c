// SPDX-License-Identifier: MIT
/*
 * Keys, weights, thresholds and the draw of one row.
 */
#include <math.h>
#include <string.h>

#include "numerics.h"
#include "philox.h"
#include "sample_row.h"

#define HALF		16
#define LOW(key)	((key) & (TNPU_SAMPLE_BINS - 1))
#define WEIGHT_ONE	(1ull << 32)

/* ---- Keys and weights ------------------------------------------------------------ */

/* Orders as floats do; -0 is 0, NaN is -inf. Never 0. */
static uint32_t key_of(float l)
{
	uint32_t bits = tnpu_f32_bits(l == l ? l + 0.0f : -INFINITY);

	return bits & 0x80000000 ? ~bits : bits | 0x80000000;
}

static float key_value(uint32_t key)
{
	return tnpu_f32_from_bits(key & 0x80000000 ? key ^ 0x80000000 : ~key);
}

void tnpu_sample_keys(const struct tnpu_sample_row *row, const float *logits,
		      const uint32_t *mask, struct tnpu_sample_batch *batch)
{
	float temperature = row->temperature > 0 ? row->temperature : 1.0f;

	for (uint32_t i = 0; i < batch->count; i++)
		batch->key[i] = key_of(logits[i] / temperature);
	for (uint32_t i = 0; mask && i < batch->count; i++) {
		uint32_t id = batch->first + i;

		if (!(mask[id / 32] >> id % 32 & 1))
			batch->key[i] = 0;
	}
}

/*
 * Weights of @count keys, at most a batch: exp(l - max) in units of 2^-32, truncated. The
 * maximum weighs one by definition, since inf - inf would not.
 */
static void weights_of(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		       const uint32_t *keys, uint32_t count, uint64_t *weights)
{
	float e[TNPU_SAMPLE_BATCH];

	for (uint32_t i = 0; i < count; i++)
		e[i] = key_value(keys[i]);
	kernels->softmax_exp(e, row->max, count);
	for (uint32_t i = 0; i < count; i++) {
		if (key_value(keys[i]) >= row->max)
			weights[i] = WEIGHT_ONE;
		else
			weights[i] = e[i] > 0 ? (uint64_t)(e[i] * 0x1p32f) : 0;
	}
}

static uint64_t weight_of(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
			  uint32_t key)
{
	uint64_t weight;

	weights_of(row, kernels, &key, 1, &weight);
	return weight;
}

/* The keys of a batch that are greater than @key, and how many. */
static uint32_t keys_above(const struct tnpu_sample_batch *batch, uint32_t key, uint32_t *above)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < batch->count; i++) {
		above[count] = batch->key[i];
		count += batch->key[i] > key;
	}
	return count;
}

/* ---- Scanning -------------------------------------------------------------------- */

bool tnpu_sample_uses(const struct tnpu_sample_row *row, uint32_t phase)
{
	switch (phase) {
	case 0:
		return true;
	case 1:
		return !row->done && (tnpu_sample_uses_top_k(row) || tnpu_sample_uses_top_p(row));
	case 2:
		return !row->done && row->p_open;
	default:
		return !row->done;
	}
}

static void count_one(uint32_t *bin)
{
	__atomic_fetch_add(bin, 1, __ATOMIC_RELAXED);
}

static void scan_best(struct tnpu_sample_row *row, const struct tnpu_sample_batch *batch)
{
	uint64_t best = 0, seen = __atomic_load_n(&row->best, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < batch->count; i++) {
		uint64_t value = (uint64_t)batch->key[i] << 32 | (uint32_t)~(batch->first + i);

		if (batch->key[i] && value > best)
			best = value;
	}
	while (best > seen && !__atomic_compare_exchange_n(&row->best, &seen, best, true,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	if (!tnpu_sample_uses_top_k(row))
		return;
	for (uint32_t i = 0; i < batch->count; i++)
		if (batch->key[i])
			count_one(&row->k_high[batch->key[i] >> HALF]);
}

/* Counts the low halves of the keys whose high half is @bin. */
static void scan_low(const struct tnpu_sample_batch *batch, uint32_t bin, uint32_t *low)
{
	for (uint32_t i = 0; i < batch->count; i++)
		if (batch->key[i] >> HALF == bin)
			count_one(&low[LOW(batch->key[i])]);
}

static void scan_sums(struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		      const struct tnpu_sample_batch *batch)
{
	uint32_t keys[TNPU_SAMPLE_BATCH] = { 0 };
	uint64_t weights[TNPU_SAMPLE_BATCH];
	uint32_t count = keys_above(batch, row->k_bin << HALF | LOW(-1u), keys);

	weights_of(row, kernels, keys, count, weights);
	for (uint32_t i = 0; i < count; i++)
		if (weights[i])
			__atomic_fetch_add(&row->p_high[keys[i] >> HALF], weights[i],
					   __ATOMIC_RELAXED);
}

static void scan_kept(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		      const struct tnpu_sample_batch *batch, struct tnpu_sample_segment *segment)
{
	uint32_t keys[TNPU_SAMPLE_BATCH] = { 0 };
	uint64_t weights[TNPU_SAMPLE_BATCH];
	uint32_t count = keys_above(batch, row->kept_key, keys);

	weights_of(row, kernels, keys, count, weights);
	for (uint32_t i = 0; i < count; i++)
		segment->sum += weights[i];
	for (uint32_t i = 0; i < batch->count; i++)
		segment->ties += batch->key[i] && batch->key[i] == row->kept_key;
}

void tnpu_sample_scan(struct tnpu_sample_row *row, uint32_t phase,
		      const struct tnpu_kernels *kernels,
		      const struct tnpu_sample_batch *batch,
		      struct tnpu_sample_segment *segment)
{
	switch (phase) {
	case 0:
		scan_best(row, batch);
		break;
	case 1:
		if (tnpu_sample_uses_top_k(row))
			scan_low(batch, row->k_bin, row->k_low);
		if (tnpu_sample_uses_top_p(row))
			scan_sums(row, kernels, batch);
		break;
	case 2:
		scan_low(batch, row->p_bin, row->p_low);
		break;
	default:
		scan_kept(row, kernels, batch, segment);
	}
}

/* ---- Thresholds ------------------------------------------------------------------ */

/* Phase 0: the bin of the k-th candidate. Fewer candidates than k: all are kept. */
static void find_k_bin(struct tnpu_sample_row *row)
{
	uint32_t need = row->top_k;

	for (uint32_t bin = TNPU_SAMPLE_BINS; bin--;) {
		if (row->k_high[bin] >= need) {
			row->k_bin = bin;
			row->k_need = need;
			return;
		}
		need -= row->k_high[bin];
	}
	row->top_k = 0;
}

/* Phase 1: the k-th key, and how many of its ties are in. */
static void find_k_key(struct tnpu_sample_row *row)
{
	uint32_t need = row->k_need;

	for (uint32_t low = TNPU_SAMPLE_BINS; low--;) {
		row->kept_key = row->k_bin << HALF | low;
		row->kept_ties = need;
		if (row->k_low[low] >= need)
			return;
		need -= row->k_low[low];
	}
}

/**
 * struct low_bins - the candidates of a bin, by low half; of the key @kept only @ties
 */
struct low_bins {
	const uint32_t *count;
	uint32_t bin;
	uint32_t kept;
	uint32_t ties;
};

/* Candidates and weights of keys first..first + BATCH - 1; returns how many candidates. */
static uint32_t low_batch(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
			  const struct low_bins *bins, uint32_t first, uint32_t *counts,
			  uint64_t *weights)
{
	uint32_t keys[TNPU_SAMPLE_BATCH];
	uint32_t total = 0;

	for (uint32_t i = 0; i < TNPU_SAMPLE_BATCH; i++) {
		uint32_t key = bins->bin << HALF | (first + i);

		keys[i] = key;
		counts[i] = key < bins->kept ? 0 : bins->count[first + i];
		if (key == bins->kept && counts[i] > bins->ties)
			counts[i] = bins->ties;
		total += counts[i];
	}
	if (total)
		weights_of(row, kernels, keys, TNPU_SAMPLE_BATCH, weights);
	return total;
}

static uint64_t low_sum(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
			const struct low_bins *bins)
{
	uint32_t counts[TNPU_SAMPLE_BATCH];
	uint64_t weights[TNPU_SAMPLE_BATCH];
	uint64_t sum = 0;

	for (uint32_t low = 0; low < TNPU_SAMPLE_BINS; low += TNPU_SAMPLE_BATCH) {
		if (!low_batch(row, kernels, bins, low, counts, weights))
			continue;
		for (uint32_t i = 0; i < TNPU_SAMPLE_BATCH; i++)
			if (counts[i])
				sum += counts[i] * weights[i];
	}
	return sum;
}

/* The key, greatest first, at which the weights reach @need, and the ties it takes. */
static void find_p_key(struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		       const struct low_bins *bins, uint64_t need)
{
	uint32_t counts[TNPU_SAMPLE_BATCH];
	uint64_t weights[TNPU_SAMPLE_BATCH];

	for (uint32_t low = TNPU_SAMPLE_BINS; low;) {
		low -= TNPU_SAMPLE_BATCH;
		if (!low_batch(row, kernels, bins, low, counts, weights))
			continue;
		for (uint32_t i = TNPU_SAMPLE_BATCH; i--;) {
			uint64_t sum = counts[i] ? counts[i] * weights[i] : 0;

			if (sum >= need) {
				row->kept_key = bins->bin << HALF | (low + i);
				row->kept_ties = (need + weights[i] - 1) / weights[i];
				return;
			}
			need -= sum;
		}
	}
}

/* ceil(top_p * sum), at least one: the first candidate is always kept. */
static uint64_t top_p_target(const struct tnpu_sample_row *row, uint64_t sum)
{
	unsigned __int128 product = (unsigned __int128)row->top_p * sum;
	uint64_t target = (product + TNPU_SAMPLE_TOP_P_ONE - 1) / TNPU_SAMPLE_TOP_P_ONE;

	return target ? target : 1;
}

/* Phase 1: the bin in which the sum reaches top_p, or, where that is k's bin, the key. */
static void find_p_bin(struct tnpu_sample_row *row, const struct tnpu_kernels *kernels)
{
	struct low_bins bins = { row->k_low, row->k_bin, row->kept_key, row->kept_ties };
	uint64_t sum = 0, need;

	for (uint32_t bin = 0; bin < TNPU_SAMPLE_BINS; bin++)
		sum += row->p_high[bin];
	if (row->top_k)
		sum += low_sum(row, kernels, &bins);
	need = top_p_target(row, sum);
	for (uint32_t bin = TNPU_SAMPLE_BINS; bin--;) {
		if (row->p_high[bin] >= need) {
			row->p_bin = bin;
			row->p_need = need;
			row->p_open = true;
			return;
		}
		need -= row->p_high[bin];
	}
	if (row->top_k)
		find_p_key(row, kernels, &bins, need);
}

static void conclude_best(struct tnpu_sample_row *row)
{
	row->max = key_value(row->best >> 32);
	row->done = row->temperature == 0 || row->max == -INFINITY;
	if (!row->done && row->top_k)
		find_k_bin(row);
}

void tnpu_sample_conclude(struct tnpu_sample_row *row, uint32_t phase,
			  const struct tnpu_kernels *kernels)
{
	struct low_bins bins = { row->p_low, row->p_bin, 0, 0 };

	switch (phase) {
	case 0:
		conclude_best(row);
		break;
	case 1:
		if (row->top_k)
			find_k_key(row);
		if (tnpu_sample_uses_top_p(row))
			find_p_bin(row, kernels);
		break;
	default:
		find_p_key(row, kernels, &bins, row->p_need);
	}
}

/* ---- The draw -------------------------------------------------------------------- */

/* A number below @total. */
static uint64_t random_below(const struct tnpu_sample_row *row, uint64_t total)
{
	struct tnpu_philox out = tnpu_philox((struct tnpu_philox){ { row->counter, row->index } },
					     row->seed);
	uint64_t random = out.word[0] | (uint64_t)out.word[1] << 32;

	return (unsigned __int128)random * total >> 64;
}

uint32_t tnpu_sample_draw(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
			  const struct tnpu_sample_segment *segment, uint32_t segments,
			  struct tnpu_sample_draw *draw)
{
	uint64_t tie = weight_of(row, kernels, row->kept_key), total = 0, sum;
	uint64_t ties = 0;
	uint32_t i, taken;

	for (i = 0; i < segments; i++) {
		total += segment[i].sum;
		ties += segment[i].ties;
	}
	draw->ties = ties < row->kept_ties ? ties : row->kept_ties;
	draw->rest = random_below(row, total + draw->ties * tie);
	for (i = 0; i < segments - 1; i++) {
		taken = segment[i].ties < draw->ties ? segment[i].ties : draw->ties;
		sum = segment[i].sum + taken * tie;
		if (sum > draw->rest)
			break;
		draw->rest -= sum;
		draw->ties -= taken;
	}
	return i;
}

bool tnpu_sample_walk(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		      const struct tnpu_sample_batch *batch, struct tnpu_sample_draw *draw,
		      uint32_t *token)
{
	uint64_t weights[TNPU_SAMPLE_BATCH];

	weights_of(row, kernels, batch->key, batch->count, weights);
	for (uint32_t i = 0; i < batch->count; i++) {
		uint64_t weight = batch->key[i] > row->kept_key ? weights[i] : 0;

		if (batch->key[i] && batch->key[i] == row->kept_key && draw->ties) {
			weight = weights[i];
			draw->ties--;
		}
		if (weight > draw->rest) {
			*token = batch->first + i;
			return true;
		}
		draw->rest -= weight;
	}
	return false;
}
