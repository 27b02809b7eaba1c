/* SPDX-License-Identifier: MIT */
/*
 * Writes a model as a GGUF file, version 3, with every key that libtnpu and
 * llama.cpp read.
 */
#ifndef TRAIN_GGUF_OUT_H
#define TRAIN_GGUF_OUT_H

#include "params.h"
#include "vocab.h"

/**
 * struct train_gguf - a model and what its file says about it
 * @name: general.name
 * @description: general.description: of what, and how it was made
 * @quantised: matrices in Q4_0, the embedding in Q8_0; else all in F32
 */
struct train_gguf {
	const struct train_shape *shape;
	const struct train_vocab *vocab;
	const real_t *params;
	const char *name;
	const char *description;
	bool quantised;
};

/**
 * train_gguf_token() - a token as the file has it
 * @vocab: the vocabulary
 * @id: token
 * @text: room for it
 *
 * A whole word stands there as it is, without the alphabet.
 *
 * Return: its text, @text or the vocabulary's.
 */
const char *train_gguf_token(const struct train_vocab *vocab, int id,
			     char text[2 * TRAIN_PIECE_MAX + 1]);

/** train_gguf_write() - write @path; ends the program on failure */
void train_gguf_write(const struct train_gguf *gguf, const char *path);

#endif
