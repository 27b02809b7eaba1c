// SPDX-License-Identifier: MIT
/*
 * tnpu bench: figures of samples.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_bench.h"

static int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double bench_percentile(const double *sorted, uint32_t n, uint32_t percent)
{
	return sorted[((uint64_t)n * percent + 99) / 100 - 1];
}

int tnpu_bench_stats(const double *samples, uint32_t n, struct tnpu_bench_stats *s)
{
	double *sorted = malloc(n * sizeof(*sorted));
	uint32_t i;

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, samples, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), bench_compare);
	s->mean = 0;
	for (i = 0; i < n; i++)
		s->mean += sorted[i] / n;
	s->median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
	s->p95 = bench_percentile(sorted, n, 95);
	s->p99 = bench_percentile(sorted, n, 99);
	s->min = sorted[0];
	s->spread = s->median > 0 ? (sorted[n - 1] - sorted[0]) / s->median : 0;
	free(sorted);
	return 0;
}

void tnpu_bench_random(uint32_t *random, uint32_t vocab, uint32_t *ids, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		*random = *random * 1664525 + 1013904223;
		ids[i] = (*random >> 8) % vocab;
	}
}
