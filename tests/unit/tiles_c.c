// SPDX-License-Identifier: MIT
/*
 * The table for AMX once more, with tiles that are C: what they multiply is tested wherever
 * there is AVX-512, signs included, which an emulator may get wrong.
 */
#if defined(__x86_64__)

#include <stdint.h>

#include "kernel_data.h"

/* In the place of firmware-sim/kernels_tiles.h. */
#define _TNPU_KERNELS_TILES_H_

static _Thread_local uint32_t tile_rows;

static inline void tiles_open(uint32_t rows)
{
	tile_rows = rows;
}

static inline void tiles_multiply(const int8_t *q, const uint8_t *w, void *out)
{
	int32_t (*sums)[16] = out;
	uint32_t r, n, c;

	for (r = 0; r < tile_rows; r++) {
		for (n = 0; n < 16; n++) {
			sums[r][n] = 0;
			for (c = 0; c < 32; c++)
				sums[r][n] += q[r * 32 + c] * w[c / 4 * 64 + n * 4 + c % 4];
		}
	}
}

static inline void tiles_close(void)
{
	tile_rows = 0;
}

#define tnpu_kernels_amx	data_kernels_tiles_c
#include "../../firmware-sim/kernels_amx.c"

#endif /* __x86_64__ */
