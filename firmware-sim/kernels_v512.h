/* SPDX-License-Identifier: MIT */
/*
 * What kernels_lanes.h is written for, in a vector of 512 bits: AVX-512 with VNNI. The file
 * that includes this one has set its functions' target.
 */
#ifndef _TNPU_KERNELS_V512_H_
#define _TNPU_KERNELS_V512_H_

#include <immintrin.h>

#include "numerics.h"

#define LANES_CHAINS	8
#define LANES_SUMS	16
#define DOT_ROWS	4

struct v16 {
	__m512 v;
};

static __always_inline struct v16 v16_zero(void)
{
	return (struct v16){ _mm512_setzero_ps() };
}

static __always_inline struct v16 v16_set1(float x)
{
	return (struct v16){ _mm512_set1_ps(x) };
}

static __always_inline struct v16 v16_fma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ _mm512_fmadd_ps(a.v, b.v, c.v) };
}

static __always_inline struct v16 v16_mul(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm512_mul_ps(a.v, b.v) };
}

static __always_inline struct v16 v16_add(struct v16 a, struct v16 b)
{
	return (struct v16){ _mm512_add_ps(a.v, b.v) };
}

static __always_inline struct v16 v16_load_f32(const void *p)
{
	return (struct v16){ _mm512_loadu_ps(p) };
}

static __always_inline struct v16 v16_load_f16(const void *p)
{
	return (struct v16){ _mm512_cvtph_ps(_mm256_loadu_si256(p)) };
}

static __always_inline struct v16 v16_load_bf16(const void *p)
{
	__m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(p));

	return (struct v16){ _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16)) };
}

static __always_inline struct v16 v16_load_i8(const void *p)
{
	return (struct v16){ _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p))) };
}

static __always_inline void v16_store(float *p, struct v16 a)
{
	_mm512_storeu_ps(p, a.v);
}

/* vpdpbusd does not saturate. */
struct weights {
	__m512i quad[8];
};

static __always_inline struct weights unpack(const uint8_t *p, const uint32_t bits)
{
	const __m512i nibble = _mm512_set1_epi8(0xf);
	struct weights w;
	uint32_t i;

	for (i = 0; i < bits; i++) {
		__m512i v = _mm512_loadu_si512(p + i * 64);

		if (bits == 8) {
			w.quad[i] = v;
			continue;
		}
		w.quad[i] = _mm512_and_si512(v, nibble);
		w.quad[i + 4] = _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble);
	}
	return w;
}

static __always_inline void dots(const struct weights *w, const int8_t *q,
				 const int32_t *offset, const uint32_t rows,
				 const uint32_t bits, struct v16 *f)
{
	__m512i sum[DOT_ROWS];
	uint32_t i, r;

	for (r = 0; r < rows; r++)
		sum[r] = _mm512_set1_epi32(offset[r]);
	for (i = 0; i < 8; i++) {
		for (r = 0; r < rows; r++) {
			int32_t quad;

			memcpy(&quad, q + r * 32 + i * 4, 4);
			sum[r] = _mm512_dpbusd_epi32(sum[r], w->quad[i], _mm512_set1_epi32(quad));
		}
	}
	for (r = 0; r < rows; r++)
		f[r].v = _mm512_cvtepi32_ps(sum[r]);
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

#endif /* _TNPU_KERNELS_V512_H_ */
