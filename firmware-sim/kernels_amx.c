// SPDX-License-Identifier: MIT
/*
 * Kernels for AMX-INT8: tiles multiply a weight group of a row block by all rows of
 * activations at once. What has few rows, and all else, is as for AVX-512 with VNNI.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target( \
	"avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,amx-tile,amx-int8"))), \
	apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")
#pragma GCC target("amx-tile,amx-int8")
#endif

#include "kernels_tiles.h"
#include "kernels_v512.h"
#include "kernels_lanes.h"

/* Weights as a tile and sums to memory cost as much for few rows as for many. */
#define TILE_ROWS_MIN	8

/* The integer sums of weight group @g of the row block, whose bytes are at @w. */
static __always_inline void tile_sums(const struct panel *p, const uint8_t *w, uint32_t g,
				      const uint32_t bits, void *sums)
{
	const int8_t *q = p->q + g * p->rows * WEIGHT_GROUP;
	const uint8_t *values = w + LANES * 2;

	if (bits == 4) {
		struct weights u = unpack(values, bits);

		tiles_multiply(q, (const void *)u.quad, sums);
	} else {
		tiles_multiply(q, values, sums);
	}
}

static __always_inline void tile_scale(struct panel *p, const __m512i *sums,
				       struct v16 scale, const struct panel_step *s)
{
	uint32_t r;

	for (r = 0; r < p->rows; r++) {
		__m512i offset = _mm512_set1_epi32(p->offset[s->at + r]);
		struct v16 f = { _mm512_cvtepi32_ps(_mm512_add_epi32(sums[r], offset)) };

		panel_add(p, f, scale, s, r);
	}
}

/* The tiles are a group ahead, so that they and the vectors work at the same time. */
static __always_inline void tile_block(const struct tnpu_gemm_tile *t, struct panel *p,
				       uint32_t row, uint32_t block, const uint32_t bits)
{
	const uint8_t *w = t->weights + block * t->block_bytes +
			   p->first / WEIGHT_GROUP * group_bytes(bits);
	float *out = t->acc + row * t->acc_stride + block * LANES;
	struct panel_step s = { .scale = p->scale, .opens = true };
	uint32_t groups = p->cols / WEIGHT_GROUP;
	__m512i sums[2][PANEL_ROWS];
	uint32_t g, r;

	for (r = 0; r < p->rows; r++)
		p->acc[r] = p->first ? v16_load_f32(out + r * t->acc_stride) : v16_zero();
	tile_sums(p, w, 0, bits, sums[0]);
	for (g = 0; g < groups; g++, w += group_bytes(bits)) {
		prefetch_group(w, bits);
		if (g + 1 < groups)
			tile_sums(p, w + group_bytes(bits), g + 1, bits, sums[(g + 1) % 2]);
		s.closes = panel_closes(p, g);
		tile_scale(p, sums[g % 2], v16_load_f16(w), &s);
		panel_next(p, &s);
	}
	for (r = 0; r < p->rows; r++)
		v16_store(out + r * t->acc_stride, p->acc[r]);
}

static __always_inline void tile_gemm(const struct tnpu_gemm_tile *t, const uint32_t bits)
{
	uint32_t row, rows, first, b;
	struct panel p;

	for (row = 0; row < t->rows; row += rows) {
		rows = t->rows - row < PANEL_ROWS ? t->rows - row : PANEL_ROWS;
		tiles_open(rows);
		for (first = 0; first < t->k; first += p.cols) {
			panel_pack(&p, t, row, rows, first, bits);
			for (b = 0; b < t->blocks; b++)
				tile_block(t, &p, row, b, bits);
		}
		tiles_close();
	}
}

static void tile_gemm_int4(const struct tnpu_gemm_tile *t)
{
	if (t->rows < TILE_ROWS_MIN)
		lanes_gemm_int4(t);
	else
		tile_gemm(t, 4);
}

static void tile_gemm_int8(const struct tnpu_gemm_tile *t)
{
	if (t->rows < TILE_ROWS_MIN)
		lanes_gemm_int8(t);
	else
		tile_gemm(t, 8);
}

const struct tnpu_kernels tnpu_kernels_amx =
	LANES_KERNELS("amx-int8", tile_gemm_int4, tile_gemm_int8);

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif /* __x86_64__ */
