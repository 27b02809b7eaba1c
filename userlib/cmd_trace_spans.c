// SPDX-License-Identifier: MIT
/*
 * tnpu trace: the device's spans, and its clock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_trace.h"

/* Of pairs that follow each other faster, small errors would count for much. */
#define PAIR_DISTANCE_NS	1000000
/* Counters and times are below it, so that 128 bits hold the product of two differences. */
#define CLOCK_MAX		INT64_MAX

/* ---- Blocks -------------------------------------------------------------------------------- */

size_t tnpu_trace_block_size(const void *data, size_t size)
{
	const struct tnpu_spans *block = data;

	if (size < sizeof(*block) ||
	    block->count > (size - sizeof(*block)) / sizeof(block->span[0]))
		return 0;
	return sizeof(*block) + block->count * sizeof(block->span[0]);
}

static size_t count_blocks(const uint8_t *data, size_t size)
{
	size_t n = 0, at, len;

	for (at = 0; (len = tnpu_trace_block_size(data + at, size - at)); at += len)
		n++;
	return n;
}

/* Only one that is behind the last, in time by @distance at least, and not too large. */
static void add_pair(struct tnpu_trace_clock *clock, uint64_t counter, uint64_t ns,
		     uint64_t distance)
{
	const struct tnpu_trace_pair *last = clock->n ? &clock->pairs[clock->n - 1] : NULL;

	if (counter > CLOCK_MAX || ns > CLOCK_MAX)
		return;
	if (last && (counter <= last->counter || ns < last->ns || ns - last->ns < distance))
		return;
	clock->pairs[clock->n++] = (struct tnpu_trace_pair){ counter, ns };
}

/* ---- Late pairs ---------------------------------------------------------------------------- */

/*
 * The driver reads one clock a little after the other, and where something interrupts it, by a
 * lot: one pair in many is off by a millisecond. Seen from the line that all of them follow, such
 * a pair stands out from its neighbours; it gets what is usual among them.
 */

static int compare_values(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_values);
	return values[n / 2];
}

/* How fast it goes, by pairs that are far from each other; @room: for half as many values. */
static double clock_slope(const struct tnpu_trace_clock *clock, double *room)
{
	size_t i, half = clock->n / 2;

	for (i = 0; i < half; i++) {
		const struct tnpu_trace_pair *a = &clock->pairs[i], *b = a + half;

		room[i] = (double)(b->ns - a->ns) / (b->counter - a->counter);
	}
	return median(room, half);
}

/* What is usual among the neighbours of value @i. */
static double neighbours(const double *values, size_t n, size_t i)
{
	const size_t half = TNPU_TRACE_PAIRS / 2, last = n - TNPU_TRACE_PAIRS;
	double window[TNPU_TRACE_PAIRS];
	size_t first = i < half ? 0 : i - half;

	memcpy(window, values + (first < last ? first : last), sizeof(window));
	return median(window, TNPU_TRACE_PAIRS);
}

static int smooth_pairs(struct tnpu_trace_clock *clock)
{
	const struct tnpu_trace_pair first = clock->pairs[0];
	double *late, slope, ns;
	size_t i;

	if (clock->n < TNPU_TRACE_PAIRS)
		return 0;
	late = calloc(clock->n, sizeof(*late));
	if (!late)
		return -ENOMEM;
	slope = clock_slope(clock, late);
	for (i = 0; i < clock->n; i++)
		late[i] = clock->pairs[i].ns - first.ns -
			  (clock->pairs[i].counter - first.counter) * slope;
	for (i = 0; i < clock->n; i++) {
		ns = first.ns + (clock->pairs[i].counter - first.counter) * slope +
		     neighbours(late, clock->n, i);
		if (ns >= 0 && ns < CLOCK_MAX)
			clock->pairs[i].ns = ns;
	}
	free(late);
	return 0;
}

static void thin_pairs(struct tnpu_trace_clock *clock)
{
	const struct tnpu_trace_pair *pair = clock->pairs, *end = pair + clock->n;

	for (clock->n = 0; pair < end; pair++)
		add_pair(clock, pair->counter, pair->ns, PAIR_DISTANCE_NS);
}

/* ---- The spans ----------------------------------------------------------------------------- */

int tnpu_trace_spans_parse(void *data, size_t size, struct tnpu_trace_spans *out)
{
	size_t at, len, blocks = count_blocks(data, size);
	struct tnpu_spans head;

	*out = (struct tnpu_trace_spans){ .at = data };
	out->clock.pairs = calloc(blocks + 1, sizeof(out->clock.pairs[0]));
	if (!out->clock.pairs)
		return -ENOMEM;
	for (at = 0; blocks--; at += len) {
		len = tnpu_trace_block_size((uint8_t *)data + at, size - at);
		memcpy(&head, (uint8_t *)data + at, sizeof(head));
		add_pair(&out->clock, head.counter, head.mono_ns, 0);
		out->lost += head.lost;
		memmove(&out->at[out->n], (uint8_t *)data + at + sizeof(head),
			len - sizeof(head));
		out->n += head.count;
	}
	if (smooth_pairs(&out->clock))
		return -ENOMEM;
	thin_pairs(&out->clock);
	return at == size ? 0 : -EINVAL;
}

/* ---- Clock --------------------------------------------------------------------------------- */

/* The last pair that is not behind @ticks; the first where all are. */
static size_t find_pair(const struct tnpu_trace_clock *clock, uint64_t ticks)
{
	size_t low = 0, high = clock->n, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (clock->pairs[middle].counter <= ticks)
			low = middle;
		else
			high = middle;
	}
	return low;
}

bool tnpu_trace_clock_ns(const struct tnpu_trace_clock *clock, uint64_t ticks, uint64_t *ns)
{
	uint64_t counted = 1, passed = 1;
	struct tnpu_trace_pair from, to;
	__int128 result;
	size_t i;

	if (!clock->n || ticks > CLOCK_MAX)
		return false;
	i = find_pair(clock, ticks);
	from = clock->pairs[i];
	to = clock->pairs[clock->n - 1];
	if (clock->n > 1) {
		/* One error of a pair is nothing on the whole, but much a long way off. */
		bool inside = ticks >= from.counter && i + 1 < clock->n;
		const struct tnpu_trace_pair *a = inside ? &from : &clock->pairs[0];

		if (inside)
			to = clock->pairs[i + 1];
		counted = to.counter - a->counter;
		passed = to.ns - a->ns;
	}
	result = (__int128)ticks - from.counter;
	result = from.ns + result * passed / counted;
	*ns = result;
	return result >= 0 && result <= CLOCK_MAX;
}
