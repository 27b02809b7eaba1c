/* SPDX-License-Identifier: MIT */
/*
 * Operands for kernel tests: random ones, and those at which instruction sets could
 * part ways. Any bytes are valid packed weights, so they are filled as bytes.
 */
#ifndef _TNPU_KERNEL_DATA_H_
#define _TNPU_KERNEL_DATA_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware-sim/kernels.h"

/** data_kernels_tiles_c - the table for AMX with tiles in C; needs AVX-512 */
extern const struct tnpu_kernels data_kernels_tiles_c;

/** enum kernel_data - what operands look like */
enum kernel_data {
	DATA_NORMAL,		/* what models hold */
	DATA_HIGHEST,		/* largest values, all of one sign */
	DATA_LOWEST,		/* largest values, all of the other sign */
	DATA_ZERO,		/* groups of zeros, and zero scales */
	DATA_SUBNORMAL,		/* subnormal scales and values */
	DATA_BITS,		/* any bits, so NaN and infinity too */
	DATA_COUNT,
};

/* xorshift64*: the same operands in every run. */
static inline uint32_t data_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull >> 32;
}

static inline float data_float(uint64_t *state, enum kernel_data kind)
{
	uint32_t bits = data_random(state);
	float x;

	switch (kind) {
	case DATA_HIGHEST:
		return 1000.0f;
	case DATA_LOWEST:
		return -1000.0f;
	case DATA_ZERO:
		return bits & 1 ? 0.0f : -0.0f;
	case DATA_SUBNORMAL:
		bits &= 0x807fffff;
		break;
	case DATA_BITS:
		break;
	default:
		return ((float)(bits >> 8) - 0x1p23f) * 0x1p-22f;
	}
	memcpy(&x, &bits, sizeof(x));
	return x;
}

static inline void data_floats(uint64_t *state, float *x, size_t n, enum kernel_data kind)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = data_float(state, kind);
}

static inline int8_t data_int8(uint64_t *state, enum kernel_data kind)
{
	switch (kind) {
	case DATA_HIGHEST:
		return 127;
	case DATA_LOWEST:
		return -128;
	case DATA_ZERO:
		return 0;
	default:
		return data_random(state) >> 24;
	}
}

static inline uint16_t data_f16(uint64_t *state, enum kernel_data kind)
{
	uint32_t bits = data_random(state);

	switch (kind) {
	case DATA_HIGHEST:
		return 0x7bff;
	case DATA_LOWEST:
		return 0xfbff;
	case DATA_ZERO:
		return bits & 0x8000;
	case DATA_SUBNORMAL:
		return bits & 0x83ff;
	case DATA_BITS:
		return bits;
	default:
		return (bits & 0x83ff) | (8 + bits % 8) << 10;
	}
}

static inline uint8_t data_value(uint64_t *state, enum kernel_data kind)
{
	switch (kind) {
	case DATA_HIGHEST:
		return 0xff;
	case DATA_LOWEST:
		return 0x00;
	default:
		return data_random(state) >> 24;
	}
}

/* Bytes of a packed row block, a multiple of 64. */
static inline size_t data_block_bytes(int wformat, uint32_t k)
{
	size_t bytes = (size_t)k * (wformat == TNPU_WFORMAT_F32 ? 64 : 32);

	if (wformat == TNPU_WFORMAT_INT4_G32)
		bytes = (size_t)k / 32 * 288;
	else if (wformat == TNPU_WFORMAT_INT8_G32)
		bytes = (size_t)k / 32 * 544;
	return (bytes + 63) / 64 * 64;
}

static inline void data_int_block(uint64_t *state, uint8_t *block, uint32_t values, uint32_t k,
				  enum kernel_data kind)
{
	uint32_t g, i;

	for (g = 0; g < k / 32; g++) {
		for (i = 0; i < 16; i++, block += 2)
			memcpy(block, &(uint16_t){ data_f16(state, kind) }, 2);
		for (i = 0; i < values; i++)
			*block++ = data_value(state, kind);
	}
}

static inline void data_weights(uint64_t *state, uint8_t *w, int wformat, uint32_t blocks,
				uint32_t k, enum kernel_data kind)
{
	size_t bytes = data_block_bytes(wformat, k);
	size_t b, i;

	for (b = 0; b < blocks; b++, w += bytes) {
		memset(w, 0, bytes);
		if (wformat == TNPU_WFORMAT_INT4_G32)
			data_int_block(state, w, 256, k, kind);
		else if (wformat == TNPU_WFORMAT_INT8_G32)
			data_int_block(state, w, 512, k, kind);
		else if (wformat == TNPU_WFORMAT_F32)
			data_floats(state, (float *)w, bytes / 4, kind);
		else
			for (i = 0; i < bytes; i += 2)
				memcpy(w + i, &(uint16_t){ data_f16(state, kind) }, 2);
	}
}

/* Rows of QI8: values padded to 64 bytes, then scales. */
static inline size_t data_qi8_stride(uint32_t k, uint32_t group)
{
	return ((size_t)k + 63) / 64 * 64 + ((k + group - 1) / group * 4 + 63) / 64 * 64;
}

static inline void data_qi8(uint64_t *state, uint8_t *x, uint32_t rows, uint32_t k,
			    uint32_t group, enum kernel_data kind)
{
	size_t stride = data_qi8_stride(k, group);
	size_t values = ((size_t)k + 63) / 64 * 64;
	uint32_t r, i;

	for (r = 0; r < rows; r++, x += stride) {
		for (i = 0; i < k; i++)
			x[i] = data_int8(state, kind);
		data_floats(state, (float *)(x + values), (k + group - 1) / group, kind);
	}
}

static inline void *data_alloc(size_t size)
{
	void *p = aligned_alloc(64, (size + 4096 + 63) / 64 * 64);

	if (!p) {
		perror("aligned_alloc");
		exit(1);
	}
	memset(p, 0, (size + 4096 + 63) / 64 * 64);
	return p;
}

/* Index of the first float whose bits differ, n if none do. NaN equals NaN. */
static inline size_t data_differ(const float *a, const float *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (memcmp(a + i, b + i, 4) && !(a[i] != a[i] && b[i] != b[i]))
			break;
	return i;
}

#endif /* _TNPU_KERNEL_DATA_H_ */
