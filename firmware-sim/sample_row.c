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
#define BATCH		256	/* keys that are looked at together */

/** struct batch - keys of consecutive ids; key 0: not a candidate; @max: the greatest */
struct batch {
	uint32_t first;
	uint32_t count;
	uint32_t max;
	uint32_t key[BATCH];
};

/* ---- Keys and weights --------------------------------------------------------------- */

/* Orders as floats do; -0 is 0, NaN is -inf. Never 0. No branch: loops become vectors. */
static inline uint32_t key_of(float l)
{
	uint32_t bits = tnpu_f32_bits((l == l ? l : -INFINITY) + 0.0f);

	return bits ^ (-(bits >> 31) | 0x80000000);
}

static inline float key_value(uint32_t key)
{
	return tnpu_f32_from_bits(key ^ (((key >> 31) - 1) | 0x80000000));
}

/* Signed, since that is what the plainest vector instructions compare. */
static uint32_t max_of(const uint32_t *keys, uint32_t count)
{
	int32_t max = INT32_MIN;

	for (uint32_t i = 0; i < count; i++) {
		int32_t biased = (int32_t)(keys[i] ^ 0x80000000);

		max = biased > max ? biased : max;
	}
	return (uint32_t)max ^ 0x80000000;
}

/* The batch that starts at @at of a segment. */
static void batch_load(const struct tnpu_sample_row *row, const struct tnpu_sample_logits *x,
		       uint32_t at, struct batch *batch)
{
	float temperature = row->temperature > 0 ? row->temperature : 1.0f;
	uint32_t count = x->count - at < BATCH ? x->count - at : BATCH;

	batch->first = x->first + at;
	batch->count = count;
	for (uint32_t i = 0; i < count; i++)
		batch->key[i] = key_of(x->logit[at + i] / temperature);
	for (uint32_t i = 0; x->mask && i < count; i++) {
		uint32_t id = batch->first + i;

		if (!(x->mask[id / 32] >> id % 32 & 1))
			batch->key[i] = 0;
	}
	batch->max = max_of(batch->key, count);
}

/*
 * Weights of @count keys, at most a batch: exp(l - max) in units of 2^-32, truncated. The
 * maximum weighs one by definition, since inf - inf would not.
 */
static void weights_of(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		       const uint32_t *keys, uint32_t count, uint64_t *weights)
{
	float e[BATCH];

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
static uint32_t keys_above(const struct batch *batch, uint32_t key, uint32_t *above)
{
	uint32_t count = 0;

	if (batch->max <= key)
		return 0;
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

/**
 * struct bin_cache - sums on their way to a histogram that lanes share, few at a time, so
 * that they seldom meet there
 */
struct bin_cache {
	uint32_t bin[1024];
	uint64_t sum[1024];
};

static void bin_flush(struct bin_cache *cache, uint64_t *bins, uint32_t slot)
{
	if (cache->sum[slot])
		__atomic_fetch_add(&bins[cache->bin[slot]], cache->sum[slot], __ATOMIC_RELAXED);
	cache->sum[slot] = 0;
}

static void bin_add(struct bin_cache *cache, uint64_t *bins, uint32_t bin, uint64_t value)
{
	uint32_t slot = bin % 1024;

	if (cache->bin[slot] != bin) {
		bin_flush(cache, bins, slot);
		cache->bin[slot] = bin;
	}
	cache->sum[slot] += value;
}

static void bin_flush_all(struct bin_cache *cache, uint64_t *bins)
{
	for (uint32_t slot = 0; slot < 1024; slot++)
		bin_flush(cache, bins, slot);
}

/* The batch's greatest key and the lowest id that has it, where @best is not greater. */
static uint64_t batch_best(const struct batch *batch, uint64_t best)
{
	uint32_t i = 0;

	if (batch->max <= best >> 32)
		return best;
	while (batch->key[i] != batch->max)
		i++;
	return (uint64_t)batch->max << 32 | (uint32_t)~(batch->first + i);
}

static void scan_best(struct tnpu_sample_row *row, const struct tnpu_sample_logits *x)
{
	uint64_t best = 0, seen = __atomic_load_n(&row->best, __ATOMIC_RELAXED);
	struct bin_cache cache = { 0 };
	struct batch batch;

	for (uint32_t at = 0; at < x->count; at += BATCH) {
		batch_load(row, x, at, &batch);
		best = batch_best(&batch, best);
		for (uint32_t i = 0; tnpu_sample_uses_top_k(row) && i < batch.count; i++)
			bin_add(&cache, row->k_high, batch.key[i] >> HALF, batch.key[i] > 0);
	}
	while (best > seen && !__atomic_compare_exchange_n(&row->best, &seen, best, true,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	bin_flush_all(&cache, row->k_high);
}

/* Counts the low halves of the keys whose high half is @bin. */
static void batch_low(const struct batch *batch, uint32_t bin, uint32_t *low)
{
	if (batch->max >> HALF < bin)
		return;
	for (uint32_t i = 0; i < batch->count; i++)
		if (batch->key[i] >> HALF == bin)
			__atomic_fetch_add(&low[LOW(batch->key[i])], 1, __ATOMIC_RELAXED);
}

/* Adds the weights of the keys above the k-th one's bin to their bins. */
static void batch_sums(struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		       const struct batch *batch, struct bin_cache *cache)
{
	uint32_t keys[BATCH] = { 0 };
	uint64_t weights[BATCH];
	uint32_t count = keys_above(batch, row->k_bin << HALF | LOW(-1u), keys);

	weights_of(row, kernels, keys, count, weights);
	for (uint32_t i = 0; i < count; i++)
		bin_add(cache, row->p_high, keys[i] >> HALF, weights[i]);
}

static void scan_bins(struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		      const struct tnpu_sample_logits *x)
{
	bool top_k = tnpu_sample_uses_top_k(row), top_p = tnpu_sample_uses_top_p(row);
	struct bin_cache cache = { 0 };
	struct batch batch;

	for (uint32_t at = 0; at < x->count; at += BATCH) {
		batch_load(row, x, at, &batch);
		if (top_k)
			batch_low(&batch, row->k_bin, row->k_low);
		if (top_p)
			batch_sums(row, kernels, &batch, &cache);
	}
	bin_flush_all(&cache, row->p_high);
}

static void scan_low(struct tnpu_sample_row *row, const struct tnpu_sample_logits *x)
{
	struct batch batch;

	for (uint32_t at = 0; at < x->count; at += BATCH) {
		batch_load(row, x, at, &batch);
		batch_low(&batch, row->p_bin, row->p_low);
	}
}

static void scan_kept(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		      const struct tnpu_sample_logits *x, struct tnpu_sample_segment *found)
{
	uint32_t keys[BATCH] = { 0 };
	uint64_t weights[BATCH];
	struct batch batch;

	for (uint32_t at = 0; at < x->count; at += BATCH) {
		uint32_t count;

		batch_load(row, x, at, &batch);
		if (batch.max < row->kept_key)
			continue;
		count = keys_above(&batch, row->kept_key, keys);
		weights_of(row, kernels, keys, count, weights);
		for (uint32_t i = 0; i < count; i++)
			found->sum += weights[i];
		for (uint32_t i = 0; i < batch.count; i++)
			found->ties += batch.key[i] && batch.key[i] == row->kept_key;
	}
}

void tnpu_sample_scan(struct tnpu_sample_row *row, uint32_t phase,
		      const struct tnpu_kernels *kernels, const struct tnpu_sample_logits *x,
		      struct tnpu_sample_segment *found)
{
	switch (phase) {
	case 0:
		scan_best(row, x);
		break;
	case 1:
		scan_bins(row, kernels, x);
		break;
	case 2:
		scan_low(row, x);
		break;
	default:
		scan_kept(row, kernels, x, found);
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
	uint32_t keys[BATCH];
	uint32_t total = 0;

	for (uint32_t i = 0; i < BATCH; i++) {
		uint32_t key = bins->bin << HALF | (first + i);

		keys[i] = key;
		counts[i] = key < bins->kept ? 0 : bins->count[first + i];
		if (key == bins->kept && counts[i] > bins->ties)
			counts[i] = bins->ties;
		total += counts[i];
	}
	if (total)
		weights_of(row, kernels, keys, BATCH, weights);
	return total;
}

static uint64_t low_sum(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
			const struct low_bins *bins)
{
	uint32_t counts[BATCH];
	uint64_t weights[BATCH];
	uint64_t sum = 0;

	for (uint32_t low = 0; low < TNPU_SAMPLE_BINS; low += BATCH) {
		if (!low_batch(row, kernels, bins, low, counts, weights))
			continue;
		for (uint32_t i = 0; i < BATCH; i++)
			if (counts[i])
				sum += counts[i] * weights[i];
	}
	return sum;
}

/* The key, greatest first, at which the weights reach @need, and the ties it takes. */
static void find_p_key(struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		       const struct low_bins *bins, uint64_t need)
{
	uint32_t counts[BATCH];
	uint64_t weights[BATCH];

	for (uint32_t low = TNPU_SAMPLE_BINS; low;) {
		low -= BATCH;
		if (!low_batch(row, kernels, bins, low, counts, weights))
			continue;
		for (uint32_t i = BATCH; i--;) {
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
	struct tnpu_philox out = tnpu_philox((struct tnpu_philox){ { row->counter } }, row->seed);
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

/* Passes a batch in order of ids; returns how many candidates were passed. */
static uint32_t walk_batch(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
			   const struct batch *batch, struct tnpu_sample_draw *draw)
{
	uint64_t weights[BATCH];
	uint32_t i;

	weights_of(row, kernels, batch->key, batch->count, weights);
	for (i = 0; i < batch->count; i++) {
		uint64_t weight = batch->key[i] > row->kept_key ? weights[i] : 0;

		if (batch->key[i] && batch->key[i] == row->kept_key && draw->ties) {
			weight = weights[i];
			draw->ties--;
		}
		if (weight > draw->rest)
			break;
		draw->rest -= weight;
	}
	return i;
}

bool tnpu_sample_walk(const struct tnpu_sample_row *row, const struct tnpu_kernels *kernels,
		      const struct tnpu_sample_logits *x, struct tnpu_sample_draw *draw,
		      uint32_t *token)
{
	struct batch batch;
	uint32_t passed;

	for (uint32_t at = 0; at < x->count; at += BATCH) {
		batch_load(row, x, at, &batch);
		passed = walk_batch(row, kernels, &batch, draw);
		if (passed < batch.count) {
			*token = batch.first + passed;
			return true;
		}
	}
	return false;
}
