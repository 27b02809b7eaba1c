/* SPDX-License-Identifier: MIT */
/*
 * The tiles of AMX-INT8, as far as the kernels use them: each thread has three, which exist
 * from tiles_open() to tiles_close(). Assembly, since compilers differ in what they think
 * the intrinsics read and write (gcc 12 drops stores that _tile_loadconfig() reads).
 */
#ifndef _TNPU_KERNELS_TILES_H_
#define _TNPU_KERNELS_TILES_H_

#include <stdint.h>

/**
 * struct tiles_config - the operand of LDTILECFG
 * @palette: 1: eight tiles of up to 16 rows of 64 bytes
 */
struct tiles_config {
	uint8_t palette;
	uint8_t start_row;
	uint8_t reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

/** tiles_open - for products with @rows rows of activations, 16 at most */
static __always_inline void tiles_open(uint32_t rows)
{
	const struct tiles_config config = {
		.palette = 1,
		.row_bytes = { 64, 32, 64 },
		.rows = { rows, rows, 8 },
	};

	__asm__ volatile("ldtilecfg %0" : : "m" (config));
}

/**
 * tiles_multiply - a weight group: @sums, of each row 16 of int32_t
 * @q: of each row 32 signed values
 * @w: of each of 8 quads of columns, 16 outputs x 4 columns, unsigned
 */
static __always_inline void tiles_multiply(const int8_t *q, const uint8_t *w, void *sums)
{
	__asm__ volatile("tilezero %%tmm0\n\t"
			 "tileloadd (%[q],%[half]), %%tmm1\n\t"
			 "tileloadd (%[w],%[line]), %%tmm2\n\t"
			 "tdpbsud %%tmm2, %%tmm1, %%tmm0\n\t"
			 "tilestored %%tmm0, (%[sums],%[line])"
			 : : [q] "r" (q), [w] "r" (w), [sums] "r" (sums),
			     [half] "r" (32ul), [line] "r" (64ul) : "memory");
}

/** tiles_close - a thread without tiles has less state for the kernel to save */
static __always_inline void tiles_close(void)
{
	__asm__ volatile("tilerelease" : : : "memory");
}

#endif /* _TNPU_KERNELS_TILES_H_ */
