/* SPDX-License-Identifier: MIT */
/*
 * The block formats of GGUF files that the model is stored in, and what
 * rounding to them leaves of a weight.
 */
#ifndef TRAIN_QUANT_H
#define TRAIN_QUANT_H

#include <stddef.h>
#include <stdint.h>

#include "params.h"

/** TRAIN_QUANT_BLOCK - weights of a block, neighbours in a row */
#define TRAIN_QUANT_BLOCK 32

/**
 * train_quant_bytes() - size of weights in a file
 * @store: form
 * @count: weights; a multiple of TRAIN_QUANT_BLOCK, unless F32
 */
size_t train_quant_bytes(enum train_store store, size_t count);

/**
 * train_quant_pack() - weights as a file has them
 * @store: form
 * @count: see above
 * @weight: finite
 * @bytes: receives train_quant_bytes()
 *
 * Q4_0: 18 bytes a block: FP16 scale d, then 16 bytes whose low nibbles are
 * weights 0 to 15 and high nibbles 16 to 31; a weight is (nibble - 8) * d. The
 * weight of greatest magnitude gets nibble 0. Q8_0: 34 bytes: FP16 scale, then
 * 32 signed bytes. Both round as ggml does, so that a file packed elsewhere
 * from the same weights is the same.
 */
void train_quant_pack(enum train_store store, size_t count, const real_t *weight,
		      uint8_t *bytes);

/**
 * train_quant_unpack() - weights of a file
 * @store: form
 * @count: see above
 * @bytes: train_quant_bytes() of them
 * @weight: receives them
 */
void train_quant_unpack(enum train_store store, size_t count, const uint8_t *bytes,
			real_t *weight);

/**
 * train_quant_round() - weights after packing and unpacking
 * @rounded: receives them; may be @weight
 */
void train_quant_round(enum train_store store, size_t count,
		       const real_t *weight, real_t *rounded);

/**
 * train_quant_params() - a model after packing and unpacking
 * @tensor: list of its tensors
 * @count: of @tensor
 * @params: of the model
 * @rounded: receives them
 */
void train_quant_params(const struct train_tensor *tensor, int count,
			const real_t *params, real_t *rounded);

/** train_quant_f16() - nearest FP16, ties to even */
uint16_t train_quant_f16(float value);

/** train_quant_f32() - the value of an FP16 */
float train_quant_f32(uint16_t half);

#endif
