// SPDX-License-Identifier: MIT
/* Kernels for AVX2 with FMA and F16C: two vectors hold the 16 rows of a row block. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif

#include "kernels_v256.h"

#define DOT_ROWS	2

/*
 * vpmaddubsw saturates at 16 bits, so weights go in as nibbles: 2 * 15 * 128 fits, and so
 * does the sum of all 8 quads of a group, 30720. An INT8 weight is two nibbles.
 */
struct weights {
	__m256i low[8][2];
	__m256i high[8][2];	/* INT8 only */
};

static __always_inline struct weights unpack(const uint8_t *p, const uint32_t bits)
{
	const __m256i nibble = _mm256_set1_epi8(0xf);
	struct weights w;
	uint32_t i, h;

	for (i = 0; i < bits; i++) {
		for (h = 0; h < 2; h++) {
			__m256i v = _mm256_loadu_si256((const __m256i *)(p + i * 64) + h);
			__m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);

			w.low[i][h] = _mm256_and_si256(v, nibble);
			if (bits == 8)
				w.high[i][h] = high;
			else
				w.low[i + 4][h] = high;
		}
	}
	return w;
}

static __always_inline void nibble_dots(const __m256i quad[8][2], const int8_t *q,
					const uint32_t rows, __m256i sum[DOT_ROWS][2])
{
	uint32_t i, r, h;

	for (r = 0; r < rows; r++)
		for (h = 0; h < 2; h++)
			sum[r][h] = _mm256_setzero_si256();
	for (i = 0; i < 8; i++) {
		for (r = 0; r < rows; r++) {
			int32_t v;

			memcpy(&v, q + r * 32 + i * 4, 4);
			for (h = 0; h < 2; h++) {
				__m256i product = _mm256_maddubs_epi16(quad[i][h],
								       _mm256_set1_epi32(v));

				sum[r][h] = _mm256_add_epi16(sum[r][h], product);
				/* Else gcc regroups the sums, and spills the products. */
				__asm__("" : "+x" (sum[r][h]));
			}
		}
	}
	for (r = 0; r < rows; r++)
		for (h = 0; h < 2; h++)
			sum[r][h] = _mm256_madd_epi16(sum[r][h], _mm256_set1_epi16(1));
}

static __always_inline void dots(const struct weights *w, const int8_t *q,
				 const int32_t *offset, const uint32_t rows,
				 const uint32_t bits, struct v16 *f)
{
	__m256i low[DOT_ROWS][2], high[DOT_ROWS][2];
	uint32_t r, h;

	nibble_dots(w->low, q, rows, low);
	if (bits == 8)
		nibble_dots(w->high, q, rows, high);
	for (r = 0; r < rows; r++) {
		for (h = 0; h < 2; h++) {
			__m256i sum = _mm256_add_epi32(low[r][h], _mm256_set1_epi32(offset[r]));

			if (bits == 8)
				sum = _mm256_add_epi32(sum, _mm256_slli_epi32(high[r][h], 4));
			f[r].half[h] = _mm256_cvtepi32_ps(sum);
		}
	}
}

#include "kernels_lanes.h"

const struct tnpu_kernels tnpu_kernels_avx2 =
	LANES_KERNELS("avx2", lanes_gemm_int4, lanes_gemm_int8);

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif /* __x86_64__ */
