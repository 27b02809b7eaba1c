/* SPDX-License-Identifier: MIT */
/*
 * Reads a model that train_gguf_write() wrote, for a run that goes on from it. A
 * file that is no such model, or has other tokens, ends the program.
 */
#ifndef TRAIN_GGUF_IN_H
#define TRAIN_GGUF_IN_H

#include "params.h"
#include "vocab.h"

/**
 * train_gguf_shape() - what a file's model looks like
 * @path: of the file
 * @vocab: must be the file's
 * @shape: filled in
 */
void train_gguf_shape(const char *path, const struct train_vocab *vocab,
		      struct train_shape *shape);

/**
 * train_gguf_params() - a file's weights
 * @path: of the file
 * @shape: as train_gguf_shape() told
 * @params: [train_params_count()] receives them, as the file's rounding left them
 */
void train_gguf_params(const char *path, const struct train_shape *shape,
		       real_t *params);

#endif
