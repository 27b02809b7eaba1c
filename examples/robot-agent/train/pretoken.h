/* SPDX-License-Identifier: MIT */
/*
 * GPT-2's pre-tokenizer: cuts a text into the words inside of which byte pairs
 * may merge. In GGUF files its name is "gpt-2".
 */
#ifndef TRAIN_PRETOKEN_H
#define TRAIN_PRETOKEN_H

#include <stddef.h>

struct train_pretoken;

/** train_pretoken_create() - compile the pattern */
struct train_pretoken *train_pretoken_create(void);
void train_pretoken_destroy(struct train_pretoken *pretoken);

/**
 * train_pretoken_next() - find a word's end
 * @pretoken: the pattern
 * @text: UTF-8; a program ends on other text
 * @len: bytes of @text
 * @at: where a word begins, below @len
 *
 * Return: where the next one begins, above @at, at most @len.
 */
size_t train_pretoken_next(struct train_pretoken *pretoken, const char *text,
			   size_t len, size_t at);

#endif
