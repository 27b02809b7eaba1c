// SPDX-License-Identifier: MIT
#include "rng.h"

#define RNG_GAMMA 0x9e3779b97f4a7c15ull

static uint64_t rng_finish(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t agent_rng_mix(uint64_t a, uint64_t b)
{
	return rng_finish(rng_finish(a + RNG_GAMMA) + b + RNG_GAMMA);
}

void agent_rng_seed(struct agent_rng *rng, uint64_t seed, uint64_t stream)
{
	rng->state = agent_rng_mix(seed, stream);
}

uint64_t agent_rng_next(struct agent_rng *rng)
{
	rng->state += RNG_GAMMA;
	return rng_finish(rng->state);
}

int agent_rng_below(struct agent_rng *rng, int n)
{
	/* The bias of a product of 32 bits is below n / 2^32. */
	return (agent_rng_next(rng) >> 32) * n >> 32;
}

bool agent_rng_chance(struct agent_rng *rng, int percent)
{
	return agent_rng_below(rng, 100) < percent;
}
