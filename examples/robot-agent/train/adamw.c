// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>

#include "adamw.h"
#include "alloc.h"

/* Numbers that are summed in one go. */
#define ADAMW_CHUNK 8192

static double adamw_chunk(real_t *const *lanes, int count, size_t from, size_t to)
{
	real_t *sum = lanes[0];
	double square = 0;
	size_t i;
	int lane;

	for (lane = 1; lane < count; lane++)
		for (i = from; i < to; i++)
			sum[i] += lanes[lane][i];
	for (i = from; i < to; i++)
		square += (double)sum[i] * sum[i];
	return square;
}

double train_adamw_length(real_t *const *lanes, int count, size_t size)
{
	long chunks = (size + ADAMW_CHUNK - 1) / ADAMW_CHUNK, i;
	double *square = train_alloc(chunks, sizeof(*square));
	double sum = 0;
	size_t from, to;

#pragma omp parallel for private(from, to)
	for (i = 0; i < chunks; i++) {
		from = (size_t)i * ADAMW_CHUNK;
		to = from + ADAMW_CHUNK < size ? from + ADAMW_CHUNK : size;
		square[i] = adamw_chunk(lanes, count, from, to);
	}
	for (i = 0; i < chunks; i++)
		sum += square[i];
	free(square);
	return sqrt(sum);
}

void train_adamw_step(const struct train_adamw *adamw,
		      const struct train_adamw_factors *f, size_t n,
		      const real_t *grads, real_t *mean, real_t *square,
		      real_t *params)
{
	real_t beta1 = adamw->beta1, beta2 = adamw->beta2;
	real_t epsilon = adamw->epsilon, g;
	size_t i;

	for (i = 0; i < n; i++) {
		g = grads[i] * f->clip;
		mean[i] = beta1 * mean[i] + (1 - beta1) * g;
		square[i] = beta2 * square[i] + (1 - beta2) * g * g;
		params[i] = f->keep * params[i] -
			    f->rate * mean[i] /
				    (real_sqrt(square[i]) * f->bias + epsilon);
	}
}
