/* SPDX-License-Identifier: MIT */
/*
 * SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators", 2014): one word of state, so that every sample has a stream of
 * its own and can be made again alone.
 */
#ifndef AGENT_RNG_H
#define AGENT_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct agent_rng {
	uint64_t state;
};

/**
 * agent_rng_seed() - start a stream
 * @rng: to set
 * @seed: of the whole set
 * @stream: within the set, such as a sample's number
 */
void agent_rng_seed(struct agent_rng *rng, uint64_t seed, uint64_t stream);

/** agent_rng_next() - 64 random bits */
uint64_t agent_rng_next(struct agent_rng *rng);

/**
 * agent_rng_below() - a random number
 * @rng: to draw from
 * @n: at least 1
 *
 * Return: 0 to @n - 1.
 */
int agent_rng_below(struct agent_rng *rng, int n);

/** agent_rng_chance() - true in @percent of 100 calls */
bool agent_rng_chance(struct agent_rng *rng, int percent);

/** agent_rng_mix() - one word from two, for seeds and hashes */
uint64_t agent_rng_mix(uint64_t a, uint64_t b);

#endif
