/* SPDX-License-Identifier: MIT */
/*
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3" (SC 2011): a draw depends on its counter and key
 * alone, so it can be repeated anywhere.
 */
#ifndef _TNPU_PHILOX_H_
#define _TNPU_PHILOX_H_

#include <stdint.h>

/** struct tnpu_philox - four words: the counter in, the random numbers out */
struct tnpu_philox {
	uint32_t word[4];
};

static inline struct tnpu_philox tnpu_philox_round(struct tnpu_philox c, uint32_t key0,
						   uint32_t key1)
{
	uint64_t a = 0xd2511f53ull * c.word[0];
	uint64_t b = 0xcd9e8d57ull * c.word[2];

	return (struct tnpu_philox){ { (uint32_t)(b >> 32) ^ c.word[1] ^ key0, (uint32_t)b,
				       (uint32_t)(a >> 32) ^ c.word[3] ^ key1, (uint32_t)a } };
}

/** tnpu_philox - ten rounds; the key is @key's low word, then its high word */
static inline struct tnpu_philox tnpu_philox(struct tnpu_philox counter, uint64_t key)
{
	uint32_t key0 = (uint32_t)key, key1 = key >> 32;

	for (int i = 0; i < 10; i++) {
		counter = tnpu_philox_round(counter, key0, key1);
		key0 += 0x9e3779b9u;
		key1 += 0xbb67ae85u;
	}
	return counter;
}

#endif /* _TNPU_PHILOX_H_ */
