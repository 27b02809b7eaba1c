/* SPDX-License-Identifier: MIT */
#ifndef RANDOM_WEIGHTS_H
#define RANDOM_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "gguf.h"

/* Most elements that random_weights_fill() takes at once: a multiple of 32. */
#define RANDOM_WEIGHTS_CHUNK	65536u

/**
 * struct random_weights - a source of tensor data, in blocks of its type
 * @state: of the generator (xoshiro256++)
 * @type: of the tensor
 * @mean: of the values
 * @spread: they lie within @mean - @spread and @mean + @spread
 * @scales: FP16 scales to choose from (Q4_0 and Q8_0)
 */
struct random_weights {
	uint64_t state[4];
	enum tnpu_gguf_type type;
	float mean;
	float spread;
	uint16_t scales[256];
};

/**
 * random_weights_init() - Start the data of one tensor
 * @data: state
 * @seed: the same seed gives the same data
 * @type: F32, F16, Q8_0 or Q4_0
 * @mean: of the values; 0 where @type is quantised
 * @sigma: their standard deviation
 */
void random_weights_init(struct random_weights *data, uint64_t seed,
			 enum tnpu_gguf_type type, float mean, float sigma);

/**
 * random_weights_fill() - Make the next elements
 * @data: state
 * @buf: receives them
 * @n: number of elements, whole blocks, at most RANDOM_WEIGHTS_CHUNK
 *
 * Return: bytes written
 */
size_t random_weights_fill(struct random_weights *data, void *buf, size_t n);

#endif /* RANDOM_WEIGHTS_H */
