// SPDX-License-Identifier: MIT
/*
 * This file is not compiled with -ffast-math: what is rounded here must be
 * what is rounded elsewhere.
 */
#include <math.h>
#include <string.h>

#include "quant.h"

#define BLOCK TRAIN_QUANT_BLOCK

uint16_t train_quant_f16(float value)
{
	_Float16 half = value;
	uint16_t bits;

	memcpy(&bits, &half, sizeof(bits));
	return bits;
}

float train_quant_f32(uint16_t half)
{
	_Float16 value;

	memcpy(&value, &half, sizeof(value));
	return value;
}

/* The block's weight of greatest magnitude, the first of equal ones. */
static float quant_peak(const real_t *weight)
{
	float peak = 0;
	int i;

	for (i = 0; i < BLOCK; i++)
		if (fabsf(weight[i]) > fabsf(peak))
			peak = weight[i];
	return peak;
}

/* Returns the scale; @q receives 0 to 15. */
static uint16_t quant_block4(const real_t *weight, int8_t *q)
{
	float d = quant_peak(weight) / -8, inverse = d ? 1 / d : 0;
	int i, n;

	for (i = 0; i < BLOCK; i++) {
		n = (int8_t)((float)weight[i] * inverse + 8.5f);
		q[i] = n > 15 ? 15 : n;
	}
	return train_quant_f16(d);
}

/* Returns the scale; @q receives -127 to 127. */
static uint16_t quant_block8(const real_t *weight, int8_t *q)
{
	float d = fabsf(quant_peak(weight)) / 127, inverse = d ? 1 / d : 0;
	int i;

	for (i = 0; i < BLOCK; i++)
		q[i] = roundf((float)weight[i] * inverse);
	return train_quant_f16(d);
}

static void quant_put_u16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = value;
	bytes[1] = value >> 8;
}

static void quant_pack4(const real_t *weight, uint8_t *bytes)
{
	int8_t q[BLOCK];
	int i;

	quant_put_u16(bytes, quant_block4(weight, q));
	for (i = 0; i < BLOCK / 2; i++)
		bytes[2 + i] = q[i] | q[i + BLOCK / 2] << 4;
}

static void quant_pack8(const real_t *weight, uint8_t *bytes)
{
	int8_t q[BLOCK];

	quant_put_u16(bytes, quant_block8(weight, q));
	memcpy(bytes + 2, q, BLOCK);
}

size_t train_quant_bytes(enum train_store store, size_t count)
{
	switch (store) {
	case TRAIN_STORE_Q4_0:
		return count / BLOCK * (2 + BLOCK / 2);
	case TRAIN_STORE_Q8_0:
		return count / BLOCK * (2 + BLOCK);
	case TRAIN_STORE_F32:
		break;
	}
	return count * sizeof(float);
}

void train_quant_pack(enum train_store store, size_t count, const real_t *weight,
		      uint8_t *bytes)
{
	size_t step = store == TRAIN_STORE_F32 ? 1 : BLOCK, i;
	float single;

	for (i = 0; i < count; i += step) {
		if (store == TRAIN_STORE_Q4_0)
			quant_pack4(weight + i, bytes);
		else if (store == TRAIN_STORE_Q8_0)
			quant_pack8(weight + i, bytes);
		single = weight[i];
		if (store == TRAIN_STORE_F32)
			memcpy(bytes, &single, sizeof(single));
		bytes += train_quant_bytes(store, step);
	}
}

static void quant_unpack_block(enum train_store store, const uint8_t *bytes, real_t *weight)
{
	float d = train_quant_f32(bytes[0] | bytes[1] << 8);
	int i;

	for (i = 0; i < BLOCK; i++)
		if (store == TRAIN_STORE_Q8_0)
			weight[i] = (int8_t)bytes[2 + i] * d;
		else
			weight[i] = ((bytes[2 + i % 16] >> (i < 16 ? 0 : 4) & 15) - 8) * d;
}

void train_quant_unpack(enum train_store store, size_t count, const uint8_t *bytes,
			real_t *weight)
{
	size_t step = store == TRAIN_STORE_F32 ? 1 : BLOCK, i;
	float single;

	for (i = 0; i < count; i += step) {
		memcpy(&single, bytes, sizeof(single));
		if (store == TRAIN_STORE_F32)
			weight[i] = single;
		else
			quant_unpack_block(store, bytes, weight + i);
		bytes += train_quant_bytes(store, step);
	}
}

static void quant_round_block(enum train_store store, const real_t *weight,
			      real_t *rounded)
{
	int zero = store == TRAIN_STORE_Q4_0 ? 8 : 0, i;
	int8_t q[BLOCK];
	float d;

	d = train_quant_f32(zero ? quant_block4(weight, q) :
				   quant_block8(weight, q));
	for (i = 0; i < BLOCK; i++)
		rounded[i] = (q[i] - zero) * d;
}

void train_quant_round(enum train_store store, size_t count,
		       const real_t *weight, real_t *rounded)
{
	size_t i;

	if (store == TRAIN_STORE_F32)
		memmove(rounded, weight, count * sizeof(*rounded));
	else
		for (i = 0; i < count; i += BLOCK)
			quant_round_block(store, weight + i, rounded + i);
}

void train_quant_params(const struct train_tensor *tensor, int count,
			const real_t *params, real_t *rounded)
{
	const struct train_tensor *t;
	size_t n;
	int i;

#pragma omp parallel for schedule(dynamic) private(t, n)
	for (i = 0; i < count; i++) {
		t = &tensor[i];
		n = (size_t)t->rows * t->cols;
		train_quant_round(t->store, n, params + t->offset,
				  rounded + t->offset);
	}
}
