// SPDX-License-Identifier: MIT
/*
 * Random weights, made directly in the form in which they are stored: a file
 * of several hundred megabytes takes no longer than writing it.
 */
#include <math.h>
#include <string.h>

#include "random_weights.h"

/* Standard deviation of what the random bits are, before the scale. */
#define SIGMA_UNIFORM	0.57735f	/* -1 to 1 */
#define SIGMA_Q4_0	4.63681f	/* -8 to 7, root mean square */
#define SIGMA_Q8_0	73.3f		/* -127 to 127 */

static uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

/* xoshiro256++ 1.0 by Blackman and Vigna (public domain). */
static uint64_t next(struct random_weights *data)
{
	uint64_t *s = data->state;
	uint64_t result = rotl(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

/* splitmix64, which its authors give for seeding. */
static void seed_state(struct random_weights *data, uint64_t seed)
{
	uint64_t z;
	int i;

	for (i = 0; i < 4; i++) {
		seed += 0x9e3779b97f4a7c15;
		z = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		data->state[i] = z ^ z >> 31;
	}
}

/* FP16 of a value that is far below its largest. */
static uint16_t half_bits(float val)
{
	uint32_t bits, sign;

	memcpy(&bits, &val, sizeof(bits));
	sign = bits >> 16 & 0x8000;
	bits &= 0x7fffffff;
	/* Below 2^-14 the result is subnormal, a multiple of 2^-24. */
	if (bits < 0x38800000)
		return sign | (uint32_t)(fabsf(val) * 0x1p24f + 0.5f);
	bits += 0xfff + (bits >> 13 & 1);
	return sign | (bits - 0x38000000) >> 13;
}

/*
 * Scales from 0.75 to 1.25 of the middle one, and of both signs: the nibbles
 * have a mean of -0.5, which would add up over a row if all signs were alike.
 */
static void init_scales(struct random_weights *data, float middle)
{
	float scale;
	int i;

	for (i = 0; i < 256; i++) {
		scale = middle * (0.75f + (i >> 1) * (0.5f / 127));
		data->scales[i] = half_bits(i & 1 ? -scale : scale);
	}
}

void random_weights_init(struct random_weights *data, uint64_t seed,
			 enum tnpu_gguf_type type, float mean, float sigma)
{
	seed_state(data, seed);
	data->type = type;
	data->mean = mean;
	data->spread = sigma / SIGMA_UNIFORM;
	if (type == TNPU_GGUF_Q4_0)
		init_scales(data, sigma / SIGMA_Q4_0);
	if (type == TNPU_GGUF_Q8_0)
		init_scales(data, sigma / SIGMA_Q8_0);
}

/* One value from 32 random bits. */
static float value(const struct random_weights *data, uint32_t bits)
{
	return data->mean + data->spread * ((int32_t)bits * 0x1p-31f);
}

static void fill_f32(struct random_weights *data, uint8_t *buf, size_t n)
{
	uint64_t bits = 0;
	float val;
	size_t i;

	for (i = 0; i < n; i++) {
		bits = i % 2 ? bits >> 32 : next(data);
		val = value(data, bits);
		memcpy(buf + 4 * i, &val, 4);
	}
}

static void fill_f16(struct random_weights *data, uint8_t *buf, size_t n)
{
	uint64_t bits = 0;
	uint16_t half;
	size_t i;

	for (i = 0; i < n; i++) {
		bits = i % 4 ? bits >> 16 : next(data);
		half = half_bits(value(data, bits << 16));
		memcpy(buf + 2 * i, &half, 2);
	}
}

static void fill_q4_0(struct random_weights *data, uint8_t *buf, size_t n)
{
	uint64_t bits;
	int i;

	for (; n; n -= 32, buf += 18) {
		memcpy(buf, &data->scales[next(data) >> 56], 2);
		for (i = 0; i < 2; i++) {
			bits = next(data);
			memcpy(buf + 2 + 8 * i, &bits, 8);
		}
	}
}

static void fill_q8_0(struct random_weights *data, uint8_t *buf, size_t n)
{
	uint64_t bits;
	int i;

	for (; n; n -= 32, buf += 34) {
		memcpy(buf, &data->scales[next(data) >> 56], 2);
		for (i = 0; i < 4; i++) {
			bits = next(data);
			memcpy(buf + 2 + 8 * i, &bits, 8);
		}
		/* No quantiser makes -128. */
		for (i = 2; i < 34; i++)
			buf[i] = buf[i] == 0x80 ? 0 : buf[i];
	}
}

size_t random_weights_fill(struct random_weights *data, void *buf, size_t n)
{
	switch (data->type) {
	case TNPU_GGUF_F32:
		fill_f32(data, buf, n);
		break;
	case TNPU_GGUF_F16:
		fill_f16(data, buf, n);
		break;
	case TNPU_GGUF_Q4_0:
		fill_q4_0(data, buf, n);
		break;
	default:
		fill_q8_0(data, buf, n);
		break;
	}
	return n / tnpu_gguf_type_block(data->type) *
	       tnpu_gguf_type_size(data->type);
}
