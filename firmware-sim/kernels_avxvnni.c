// SPDX-License-Identifier: MIT
/*
 * Kernels for AVX-VNNI, the dot product of processors without AVX-512: two vectors hold the
 * 16 rows of a row block, as for AVX2.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,avxvnni")
#endif

#include "kernels_v256.h"

#define DOT_ROWS	4

/* vpdpbusd does not saturate. */
struct weights {
	__m256i quad[8][2];
};

static __always_inline struct weights unpack(const uint8_t *p, const uint32_t bits)
{
	const __m256i nibble = _mm256_set1_epi8(0xf);
	struct weights w;
	uint32_t i, h;

	for (i = 0; i < bits; i++) {
		for (h = 0; h < 2; h++) {
			__m256i v = _mm256_loadu_si256((const __m256i *)(p + i * 64) + h);

			if (bits == 8) {
				w.quad[i][h] = v;
				continue;
			}
			w.quad[i][h] = _mm256_and_si256(v, nibble);
			w.quad[i + 4][h] = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);
		}
	}
	return w;
}

static __always_inline void dots(const struct weights *w, const int8_t *q,
				 const int32_t *offset, const uint32_t rows,
				 const uint32_t bits, struct v16 *f)
{
	__m256i sum[DOT_ROWS][2];
	uint32_t i, r, h;

	for (r = 0; r < rows; r++)
		for (h = 0; h < 2; h++)
			sum[r][h] = _mm256_set1_epi32(offset[r]);
	for (i = 0; i < 8; i++) {
		for (r = 0; r < rows; r++) {
			int32_t quad;

			memcpy(&quad, q + r * 32 + i * 4, 4);
			for (h = 0; h < 2; h++)
				sum[r][h] = _mm256_dpbusd_avx_epi32(sum[r][h], w->quad[i][h],
								    _mm256_set1_epi32(quad));
		}
	}
	for (r = 0; r < rows; r++)
		for (h = 0; h < 2; h++)
			f[r].half[h] = _mm256_cvtepi32_ps(sum[r][h]);
}

#include "kernels_lanes.h"

const struct tnpu_kernels tnpu_kernels_avxvnni =
	LANES_KERNELS("avx-vnni", lanes_gemm_int4, lanes_gemm_int8);

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif /* __x86_64__ */
