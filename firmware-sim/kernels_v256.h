/* SPDX-License-Identifier: MIT */
/*
 * What kernels_lanes.h is written for, in two vectors of 256 bits: AVX2 with FMA and F16C.
 * The file that includes this one has set its functions' target.
 */
#ifndef _TNPU_KERNELS_V256_H_
#define _TNPU_KERNELS_V256_H_

#include <immintrin.h>

#include "numerics.h"

#define LANES_CHAINS	4
#define LANES_SUMS	4

struct v16 {
	__m256 half[2];
};

static __always_inline struct v16 v16_zero(void)
{
	return (struct v16){ { _mm256_setzero_ps(), _mm256_setzero_ps() } };
}

static __always_inline struct v16 v16_set1(float x)
{
	return (struct v16){ { _mm256_set1_ps(x), _mm256_set1_ps(x) } };
}

static __always_inline struct v16 v16_fma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ { _mm256_fmadd_ps(a.half[0], b.half[0], c.half[0]),
			       _mm256_fmadd_ps(a.half[1], b.half[1], c.half[1]) } };
}

static __always_inline struct v16 v16_mul(struct v16 a, struct v16 b)
{
	return (struct v16){ { _mm256_mul_ps(a.half[0], b.half[0]),
			       _mm256_mul_ps(a.half[1], b.half[1]) } };
}

static __always_inline struct v16 v16_add(struct v16 a, struct v16 b)
{
	return (struct v16){ { _mm256_add_ps(a.half[0], b.half[0]),
			       _mm256_add_ps(a.half[1], b.half[1]) } };
}

static __always_inline struct v16 v16_load_f32(const void *p)
{
	const float *f = p;

	return (struct v16){ { _mm256_loadu_ps(f), _mm256_loadu_ps(f + 8) } };
}

static __always_inline struct v16 v16_load_f16(const void *p)
{
	const __m128i *h = p;

	return (struct v16){ { _mm256_cvtph_ps(_mm_loadu_si128(h)),
			       _mm256_cvtph_ps(_mm_loadu_si128(h + 1)) } };
}

static __always_inline __m256 load8_bf16(const __m128i *p)
{
	__m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(p));

	return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

static __always_inline struct v16 v16_load_bf16(const void *p)
{
	const __m128i *h = p;

	return (struct v16){ { load8_bf16(h), load8_bf16(h + 1) } };
}

static __always_inline struct v16 v16_load_i8(const void *p)
{
	__m128i v = _mm_loadu_si128(p);
	__m256i lo = _mm256_cvtepi8_epi32(v);
	__m256i hi = _mm256_cvtepi8_epi32(_mm_srli_si128(v, 8));

	return (struct v16){ { _mm256_cvtepi32_ps(lo), _mm256_cvtepi32_ps(hi) } };
}

static __always_inline void v16_store(float *p, struct v16 a)
{
	_mm256_storeu_ps(p, a.half[0]);
	_mm256_storeu_ps(p + 8, a.half[1]);
}

/* As unsigned bytes, less 128 each. */
static __always_inline int32_t sum_group(const uint8_t *q)
{
	__m256i v = _mm256_loadu_si256((const __m256i *)q);
	__m256i sums = _mm256_sad_epu8(_mm256_xor_si256(v, _mm256_set1_epi8(-128)),
				       _mm256_setzero_si256());
	__m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums),
				    _mm256_extracti128_si256(sums, 1));

	return _mm_cvtsi128_si32(sum) + _mm_extract_epi32(sum, 2) - 32 * 128;
}

#endif /* _TNPU_KERNELS_V256_H_ */
