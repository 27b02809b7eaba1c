// SPDX-License-Identifier: MIT
/*
 * The instruction adds the products of two pairs to a sum: its factors are words
 * of two numbers, neighbours in the direction that is summed over. A tile of 12 by
 * 32 sums stays in registers. Of the right factor's columns 32 lie together, a
 * panel, pair by pair; of the left one's rows only those of a tile are packed at a
 * time. Either is packed anew in each call: next to the sums that is little.
 */
#include <stdint.h>

#include "alloc.h"
#include "gemm_bf16.h"

/**
 * struct bf16_task - a product, or a part of it
 * @add: c is added to
 */
struct bf16_task {
	struct train_bf16 *bf16;
	int m;
	int n;
	int k;
	struct train_mat a;
	struct train_mat b;
	struct train_mat c;
	bool add;
};

#if defined(__x86_64__) && !defined(TRAIN_DOUBLE)

#include <immintrin.h>

#define BF16_TARGET \
	__attribute__((target("avx512bf16,avx512f,avx512bw,avx512vl")))

#define BF16_ROWS	12	/* of a tile */
#define BF16_COLS	32	/* of a tile, and of a panel */
#define BF16_LANES	16	/* floats, or words, of a register */

/*
 * Pairs that are summed over at once: so much of a tile's rows fits the first cache.
 * Where they lie one below the other, so many whole rows of the left factor fit the
 * second, from which its tiles take a few columns each.
 */
#define BF16_PAIRS	256
#define BF16_PAIRS_TN	64

/* Words from one row of a tile to the next: an odd number of cache lines. */
#define BF16_STEP	(BF16_PAIRS + BF16_LANES)

/* Words of the right factor that are packed at once: half of the second cache. */
#define BF16_PACKED	(128 * 1024)

/**
 * struct train_bf16 - packed factors
 * @tile: of the left one, [BF16_ROWS] at a distance of BF16_STEP, or
 *	[BF16_PAIRS_TN][BF16_LANES]
 * @panel: of the right one, each [pairs][BF16_COLS]
 */
struct train_bf16 {
	uint32_t tile[BF16_ROWS * BF16_STEP];
	uint32_t panel[BF16_PACKED];
};

struct train_bf16 *train_bf16_create(void)
{
	if (!__builtin_cpu_supports("avx512bf16") ||
	    !__builtin_cpu_supports("avx512bw") ||
	    !__builtin_cpu_supports("avx512vl"))
		return NULL;
	return train_alloc(1, sizeof(struct train_bf16));
}

static int bf16_min(int a, int b)
{
	return a < b ? a : b;
}

/* ---- Packing ---------------------------------------------------------------- */

/* The lanes of @count numbers, of which a register has some. */
static __mmask16 bf16_mask(int count)
{
	return count >= BF16_LANES ? 0xffff : count > 0 ? (1 << count) - 1 : 0;
}

/* Rounded, each in the lower half of a word. */
BF16_TARGET static inline __m512i bf16_load(__mmask16 mask, const float *at)
{
	__m512 x = _mm512_maskz_loadu_ps(mask, at);

	return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
}

/* to [ceil(count / 2)] = neighbours of a row; a missing one is 0 */
BF16_TARGET static void bf16_pack_row(int count, const float *row, uint32_t *to)
{
	__m256i *at;
	__m512 x;
	int i;

	for (i = 0; i < count; i += BF16_LANES) {
		x = _mm512_maskz_loadu_ps(bf16_mask(count - i), row + i);
		at = (__m256i *)(to + i / 2);
		_mm256_storeu_si256(at, (__m256i)_mm512_cvtneps_pbh(x));
	}
}

/* to [up to BF16_LANES] = a number, and the one below it, of each column */
BF16_TARGET static inline void bf16_pack_pair(__mmask16 mask, const float *row,
					      int step, bool below, uint32_t *to)
{
	__m512i x = bf16_load(mask, row), high;

	if (below) {
		high = _mm512_slli_epi32(bf16_load(mask, row + step), 16);
		x = _mm512_or_si512(x, high);
	}
	_mm512_storeu_si512(to, x);
}

/* The panels of @n columns; b is [k][n]. */
BF16_TARGET static void bf16_pack_below(const struct bf16_task *t)
{
	int pairs = (t->k + 1) / 2, p, j;
	uint32_t *panel = t->bf16->panel;
	const float *row = t->b.at;

	for (p = 0; p < pairs; p++, row += 2 * t->b.step)
		for (j = 0; j < t->n; j += BF16_LANES)
			bf16_pack_pair(bf16_mask(t->n - j), row + j, t->b.step,
				       2 * p + 1 < t->k,
				       panel + j / BF16_COLS * BF16_COLS * pairs +
				       p * BF16_COLS + j % BF16_COLS);
}

/* The same where b is [n][k]. */
static void bf16_pack_across(const struct bf16_task *t)
{
	uint32_t word[BF16_PAIRS + BF16_LANES], *panel;
	int pairs = (t->k + 1) / 2, p, j;

	for (j = 0; j < t->n; j++) {
		bf16_pack_row(t->k, t->b.at + (size_t)j * t->b.step, word);
		panel = t->bf16->panel + j / BF16_COLS * BF16_COLS * pairs +
			j % BF16_COLS;
		for (p = 0; p < pairs; p++)
			panel[p * BF16_COLS] = word[p];
	}
}

/* ---- Tiles ------------------------------------------------------------------ */

/*
 * Word p of the tile's row i is a[i * row + p * pair]. Unrolled, all that is done with
 * @sum has constant indices, which keeps it in registers: 24 of 32.
 */
BF16_TARGET static inline __attribute__((always_inline)) void
bf16_sums(int pairs, const uint32_t *a, int row, int pair,
	  const uint32_t *panel, __m512 sum[BF16_ROWS][2])
{
	__m512bh left, right[2];
	int p, i;

#pragma GCC unroll 12
	for (i = 0; i < BF16_ROWS; i++) {
		sum[i][0] = _mm512_setzero_ps();
		sum[i][1] = _mm512_setzero_ps();
	}
	for (p = 0; p < pairs; p++, a += pair, panel += BF16_COLS) {
		right[0] = (__m512bh)_mm512_loadu_si512(panel);
		right[1] = (__m512bh)_mm512_loadu_si512(panel + BF16_LANES);
#pragma GCC unroll 12
		for (i = 0; i < BF16_ROWS; i++) {
			left = (__m512bh)_mm512_set1_epi32(a[i * row]);
			sum[i][0] = _mm512_dpbf16_ps(sum[i][0], left, right[0]);
			sum[i][1] = _mm512_dpbf16_ps(sum[i][1], left, right[1]);
		}
	}
}

/* @rows and @cols: of the tile that are in c */
BF16_TARGET static inline __attribute__((always_inline)) void
bf16_store(__m512 sum[BF16_ROWS][2], int rows, int cols, bool add,
	   struct train_mat c)
{
	__mmask16 mask[2] = { bf16_mask(cols), bf16_mask(cols - BF16_LANES) };
	float *at;
	__m512 x;
	int i, k;

#pragma GCC unroll 12
	for (i = 0; i < BF16_ROWS; i++, c.at += c.step) {
		if (i >= rows)
			return;
#pragma GCC unroll 2
		for (k = 0; k < 2; k++) {
			at = c.at + k * BF16_LANES;
			x = sum[i][k];
			if (add)
				x += _mm512_maskz_loadu_ps(mask[k], at);
			_mm512_mask_storeu_ps(at, mask[k], x);
		}
	}
}

/* All columns of the rows from @i on, which are packed. */
BF16_TARGET static inline __attribute__((always_inline)) void
bf16_row_of_tiles(const struct bf16_task *t, int i, int row, int pair)
{
	struct train_mat c = { t->c.at + (size_t)i * t->c.step, t->c.step };
	const uint32_t *panel = t->bf16->panel;
	int rows = bf16_min(BF16_ROWS, t->m - i), pairs = (t->k + 1) / 2, j;
	__m512 sum[BF16_ROWS][2];

	for (j = 0; j < t->n; j += BF16_COLS, c.at += BF16_COLS) {
		bf16_sums(pairs, t->bf16->tile, row, pair,
			  panel + (size_t)j * pairs, sum);
		bf16_store(sum, rows, t->n - j, t->add, c);
	}
}

/* ---- Products --------------------------------------------------------------- */

/* a is [m][k]; the right factor is packed. */
BF16_TARGET static void bf16_tiles(const struct bf16_task *t)
{
	int i, r;

	for (i = 0; i < t->m; i += BF16_ROWS) {
		for (r = 0; r < bf16_min(BF16_ROWS, t->m - i); r++)
			bf16_pack_row(t->k, t->a.at + (size_t)(i + r) * t->a.step,
				      t->bf16->tile + r * BF16_STEP);
		bf16_row_of_tiles(t, i, BF16_STEP, 1);
	}
}

/* a is [k][m]; the right factor is packed. */
BF16_TARGET static void bf16_tiles_tn(const struct bf16_task *t)
{
	int pairs = (t->k + 1) / 2, i, p;
	const float *at;

	for (i = 0; i < t->m; i += BF16_ROWS) {
		at = t->a.at + i;
		for (p = 0; p < pairs; p++, at += 2 * t->a.step)
			bf16_pack_pair(bf16_mask(bf16_min(BF16_ROWS, t->m - i)),
				       at, t->a.step, 2 * p + 1 < t->k,
				       t->bf16->tile + p * BF16_LANES);
		bf16_row_of_tiles(t, i, 1, BF16_LANES);
	}
}

/* Columns whose panels fit, with so many numbers to sum over. */
static int bf16_fit(int k)
{
	return BF16_PACKED / ((k + 1) / 2) / BF16_COLS * BF16_COLS;
}

/* Parts that fit the packed factors. @across: b is [n][k] */
static void bf16_multiply(const struct bf16_task *whole, bool across)
{
	int parts = (whole->k + 2 * BF16_PAIRS - 1) / (2 * BF16_PAIRS);
	/* All of about one length, and even but for the last. */
	int most = (whole->k + 2 * parts - 1) / (2 * parts) * 2, k, j;
	struct bf16_task t = *whole;

	for (k = 0; k < whole->k; k += most) {
		t.k = bf16_min(most, whole->k - k);
		t.a.at = whole->a.at + k;
		t.add = whole->add || k;
		for (j = 0; j < whole->n; j += bf16_fit(t.k)) {
			t.n = bf16_min(bf16_fit(t.k), whole->n - j);
			t.c.at = whole->c.at + j;
			t.b.at = whole->b.at + (across ? (size_t)j * t.b.step + k :
						(size_t)k * t.b.step + j);
			if (across)
				bf16_pack_across(&t);
			else
				bf16_pack_below(&t);
			bf16_tiles(&t);
		}
	}
}

static void bf16_multiply_tn(const struct bf16_task *whole)
{
	struct bf16_task t = *whole;
	int k, j;

	for (k = 0; k < whole->k; k += 2 * BF16_PAIRS_TN) {
		t.k = bf16_min(2 * BF16_PAIRS_TN, whole->k - k);
		t.a.at = whole->a.at + (size_t)k * t.a.step;
		for (j = 0; j < whole->n; j += bf16_fit(t.k)) {
			t.n = bf16_min(bf16_fit(t.k), whole->n - j);
			t.c.at = whole->c.at + j;
			t.b.at = whole->b.at + (size_t)k * t.b.step + j;
			bf16_pack_below(&t);
			bf16_tiles_tn(&t);
		}
	}
}

#else

struct train_bf16 *train_bf16_create(void)
{
	return NULL;
}

static void bf16_multiply(const struct bf16_task *t, bool across)
{
	(void)t;
	(void)across;
}

static void bf16_multiply_tn(const struct bf16_task *t)
{
	(void)t;
}

#endif

void train_bf16_nt(struct train_bf16 *bf16, int m, int n, int k,
		   struct train_mat a, struct train_mat b, bool add,
		   struct train_mat c)
{
	if (bf16)
		bf16_multiply(&(struct bf16_task){ bf16, m, n, k, a, b, c, add },
			      true);
	else
		train_gemm_nt(m, n, k, 1, a, b, add, c);
}

void train_bf16_nn(struct train_bf16 *bf16, int m, int n, int k,
		   struct train_mat a, struct train_mat b, struct train_mat c)
{
	if (bf16)
		bf16_multiply(&(struct bf16_task){ bf16, m, n, k, a, b, c, false },
			      false);
	else
		train_gemm_nn(m, n, k, 1, a, b, 0, c);
}

void train_bf16_tn_add(struct train_bf16 *bf16, int m, int n, int k,
		       struct train_mat a, struct train_mat b,
		       struct train_mat c)
{
	if (bf16)
		bf16_multiply_tn(&(struct bf16_task){ bf16, m, n, k, a, b, c, true });
	else
		train_gemm_tn_add(m, n, k, 1, a, b, c);
}
