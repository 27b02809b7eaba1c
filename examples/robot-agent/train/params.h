/* SPDX-License-Identifier: MIT */
/*
 * A model's parameters: one array of numbers, and where in it each tensor
 * lies. Gradients, the optimiser's moments and rounded weights are arrays of
 * the same layout.
 *
 * The architecture is llama's: RMS norms, rotary embedding of neighbouring
 * pairs, grouped heads, a SiLU gate, the embedding used as the output, too.
 */
#ifndef TRAIN_PARAMS_H
#define TRAIN_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "real.h"

/**
 * struct train_shape - what a model looks like
 * @vocab: tokens
 * @width: of the residual stream; @heads divides it
 * @layers: blocks
 * @heads: of queries; @kv_heads divides it
 * @kv_heads: of keys and values
 * @ffn: width of the gate
 * @context: positions at most
 * @epsilon: of the norms
 * @rope_base: of the rotary embedding
 */
struct train_shape {
	int vocab;
	int width;
	int layers;
	int heads;
	int kv_heads;
	int ffn;
	int context;
	double epsilon;
	double rope_base;
};

/* Form of a tensor in the quantised file. */
enum train_store {
	TRAIN_STORE_F32,
	TRAIN_STORE_Q4_0,
	TRAIN_STORE_Q8_0,
};

/**
 * struct train_tensor - a tensor of the file
 * @name: there
 * @rows: outputs; 1 for a vector
 * @cols: inputs, contiguous
 * @offset: of its first element
 * @store: its form in the quantised file; vectors are F32
 */
struct train_tensor {
	char name[32];
	int rows;
	int cols;
	size_t offset;
	enum train_store store;
};

/**
 * struct train_layer - a block's tensors in some array
 * @norm1: [width] before attention
 * @qkv: [width + 2 * kv width][width], three tensors of the file
 * @out: [width][width] after attention
 * @norm2: [width] before the gate
 * @gate_up: [2 * ffn][width], two tensors of the file
 * @down: [width][ffn]
 */
struct train_layer {
	real_t *norm1;
	real_t *qkv;
	real_t *out;
	real_t *norm2;
	real_t *gate_up;
	real_t *down;
};

/* Width of one head, of all keys, and of a row of queries, keys, values. */
static inline int train_head_width(const struct train_shape *shape)
{
	return shape->width / shape->heads;
}

static inline int train_kv_width(const struct train_shape *shape)
{
	return train_head_width(shape) * shape->kv_heads;
}

static inline int train_qkv_width(const struct train_shape *shape)
{
	return shape->width + 2 * train_kv_width(shape);
}

/** train_shape_check() - NULL, or a sentence on what @shape may not be */
const char *train_shape_check(const struct train_shape *shape);

/** train_params_count() - numbers in an array of parameters */
size_t train_params_count(const struct train_shape *shape);

/** train_params_layer() - the tensors of block @index in @array */
struct train_layer train_params_layer(const struct train_shape *shape,
				      real_t *array, int index);

/** train_params_norm() - the last norm's [width] in @array; the embedding
 * [vocab][width] is its start
 */
real_t *train_params_norm(const struct train_shape *shape, real_t *array);

/**
 * train_params_tensors() - list a model's tensors in the array's order
 * @shape: of the model
 * @count: receives their number
 *
 * Return: the list; released with free().
 */
struct train_tensor *train_params_tensors(const struct train_shape *shape,
					  int *count);

/**
 * train_params_init() - draw the first parameters
 * @shape: of the model
 * @array: receives them
 * @seed: the same gives the same
 *
 * Normal, with a deviation of 1 / sqrt(inputs); what is added to the residual
 * stream is smaller by sqrt(2 * layers), as GPT-2 does, and the embedding has
 * 1 / sqrt(width), which makes the first logits near normal.
 */
void train_params_init(const struct train_shape *shape, real_t *array,
		       uint64_t seed);

#endif
