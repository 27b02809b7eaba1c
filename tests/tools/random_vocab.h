/* SPDX-License-Identifier: MIT */
#ifndef RANDOM_VOCAB_H
#define RANDOM_VOCAB_H

#include <stdint.h>

#include "gguf_buf.h"

/**
 * struct random_vocab - a made-up vocabulary
 * @name: for --tokenizer
 * @min: least number of tokens
 * @keys: how many keys @put writes
 * @put: writes the tokenizer's keys for @size tokens; @pre is the
 *	 pre-tokenizer's name
 *
 * Every one encodes any text, since it has all bytes, and all but the bytes
 * and the control tokens are pronounceable words: " ka", "kabe", ...
 */
struct random_vocab {
	const char *name;
	uint32_t min;
	uint32_t keys;
	void (*put)(struct gguf_buf *buf, uint32_t size, const char *pre);
};

/* By name, or NULL. */
const struct random_vocab *random_vocab_find(const char *name);

#endif /* RANDOM_VOCAB_H */
