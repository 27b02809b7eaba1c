// SPDX-License-Identifier: MIT
/*
 * The probe behind Documentation/hardware/numerics.rst: do the GEMM and attention kernels
 * of every instruction set agree bit for bit, and how close to the host's limits does the
 * order of the contract let them run? Prints tables; exits 1 where a result differs.
 * Rates are medians of interleaved rounds, since shared hosts drift.
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "kernel_data.h"

#define ROUNDS		9
#define THREADS_MAX	2
#define STREAM_BYTES	(256u << 20)

static const char *const wformat_name[TNPU_WFORMAT_COUNT] = {
	[TNPU_WFORMAT_INT4_G32] = "INT4", [TNPU_WFORMAT_INT8_G32] = "INT8",
	[TNPU_WFORMAT_F16] = "F16", [TNPU_WFORMAT_BF16] = "BF16", [TNPU_WFORMAT_F32] = "F32",
};

static const enum tnpu_isa isas[] = {
	TNPU_ISA_AMX_INT8, TNPU_ISA_AVX512_VNNI, TNPU_ISA_AVX_VNNI, TNPU_ISA_AVX2,
	TNPU_ISA_NEON_DOTPROD,
};

#define ISAS	(sizeof(isas) / sizeof(isas[0]))

/* The thread's own time, so that other processes on a shared host count little. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static void *huge_alloc(size_t size)
{
	void *p = aligned_alloc(2u << 20, (size + (2u << 20)) >> 21 << 21);

	if (!p) {
		perror("aligned_alloc");
		exit(1);
	}
	madvise(p, size, MADV_HUGEPAGE);
	return p;
}

/* ---- Threads: all start a job together, the time is the slowest one's ------------------ */

/**
 * struct work - what one thread runs
 * @run: does its share, @index of @threads
 */
struct work {
	void (*run)(void *arg, unsigned int index, unsigned int threads);
	void *arg;
	unsigned int index;
	unsigned int threads;
	pthread_barrier_t *barrier;
	double seconds;
};

static void *work_main(void *arg)
{
	struct work *w = arg;
	double start;

	pthread_barrier_wait(w->barrier);
	start = now();
	w->run(w->arg, w->index, w->threads);
	w->seconds = now() - start;
	return NULL;
}

static double run_threads(void (*run)(void *, unsigned int, unsigned int), void *arg,
			  unsigned int threads)
{
	struct work work[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	pthread_barrier_t barrier;
	double seconds = 0;
	unsigned int i;

	pthread_barrier_init(&barrier, NULL, threads);
	for (i = 0; i < threads; i++) {
		work[i] = (struct work){ run, arg, i, threads, &barrier, 0 };
		if (pthread_create(&thread[i], NULL, work_main, &work[i]))
			exit(1);
	}
	for (i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		if (work[i].seconds > seconds)
			seconds = work[i].seconds;
	}
	pthread_barrier_destroy(&barrier);
	return seconds;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), compare_doubles);
	return v[ROUNDS / 2];
}

/* ---- The host's limits ----------------------------------------------------------------- */

struct stream {
	const uint8_t *data;
	size_t size;
	atomic_ullong sink;
};

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f,avx512dq")))
static uint64_t read_vectors(const uint8_t *p, size_t size)
{
	__m512i sum[4] = { _mm512_setzero_si512(), _mm512_setzero_si512(),
			   _mm512_setzero_si512(), _mm512_setzero_si512() };
	size_t i;
	int j;

	for (i = 0; i < size; i += 256)
		for (j = 0; j < 4; j++)
			sum[j] = _mm512_xor_si512(sum[j], _mm512_load_si512(p + i + j * 64));
	return _mm512_reduce_add_epi64(_mm512_add_epi64(_mm512_add_epi64(sum[0], sum[1]),
							_mm512_add_epi64(sum[2], sum[3])));
}

/* 8 sums, one operand of each vpdpbusd from L1: what bounds an integer GEMM. */
__attribute__((target("avx512f,avx512bw,avx512vnni")))
static uint32_t multiply_vectors(const int32_t *l1, size_t loops)
{
	__m512i sum[8], w[4];
	size_t i;
	int j;

	for (j = 0; j < 4; j++)
		w[j] = _mm512_set1_epi32(l1[j]);
	for (j = 0; j < 8; j++)
		sum[j] = _mm512_setzero_si512();
	for (i = 0; i < loops; i++) {
		const int32_t *q = l1 + i % 16 * 8;

#pragma GCC unroll 8
		for (j = 0; j < 8; j++)
			sum[j] = _mm512_dpbusd_epi32(sum[j], w[j % 4], _mm512_set1_epi32(q[j]));
	}
	for (j = 1; j < 8; j++)
		sum[0] = _mm512_add_epi32(sum[0], sum[j]);
	return _mm512_reduce_add_epi32(sum[0]);
}
#else
static uint64_t read_vectors(const uint8_t *p, size_t size)
{
	uint64_t sum = 0, v;
	size_t i;

	for (i = 0; i < size; i += 8) {
		memcpy(&v, p + i, 8);
		sum ^= v;
	}
	return sum;
}
#endif

static void read_share(void *arg, unsigned int index, unsigned int threads)
{
	struct stream *s = arg;
	size_t share = s->size / threads / 4096 * 4096;

	s->sink += read_vectors(s->data + index * share, share);
}

#define MULTIPLY_LOOPS	1000000

#if defined(__x86_64__)
static void multiply_share(void *arg, unsigned int index, unsigned int threads)
{
	static const int32_t l1[128];

	*(atomic_ullong *)arg += multiply_vectors(l1, MULTIPLY_LOOPS);
}

#endif

/* GOPS (two a multiply-accumulate) of @threads cores; 1 where the host has no VNNI. */
static double multiply_roof(unsigned int threads)
{
#if defined(__x86_64__)
	atomic_ullong sink = 0;

	if (tnpu_isa_supported(TNPU_ISA_AVX512_VNNI))
		return threads * MULTIPLY_LOOPS * 8.0 * 128 * 1e-9 /
		       run_threads(multiply_share, &sink, threads);
#endif
	return 1;
}

/* ---- Shapes of GEMM -------------------------------------------------------------------- */

/** struct gemm - a whole GEMM, split by row blocks */
struct gemm {
	const struct tnpu_kernels *kernels;
	int wformat;
	struct tnpu_gemm_tile tile;
};

static void gemm_free(struct gemm *g)
{
	free((void *)g->tile.weights);
	free((void *)g->tile.x);
	free(g->tile.acc);
}

static void gemm_make(struct gemm *g, int wformat, uint32_t blocks, uint32_t rows, uint32_t k,
		      uint32_t group, uint64_t *state, enum kernel_data dw, enum kernel_data dx)
{
	struct tnpu_gemm_tile *t = &g->tile;
	bool integer = wformat <= TNPU_WFORMAT_INT8_G32;
	uint8_t *w, *x;

	g->wformat = wformat;
	t->blocks = blocks;
	t->rows = rows;
	t->k = k;
	t->group = group;
	t->block_bytes = data_block_bytes(wformat, k);
	t->x_stride = integer ? data_qi8_stride(k, group) : (size_t)k * 4;
	t->acc_stride = blocks * 16;
	w = huge_alloc(t->block_bytes * blocks + 8192);
	x = data_alloc(t->x_stride * rows);
	t->acc = data_alloc(t->acc_stride * rows * 4);
	data_weights(state, w, wformat, blocks, k, dw);
	if (integer)
		data_qi8(state, x, rows, k, group, dx);
	else
		data_floats(state, (float *)x, (size_t)k * rows, dx);
	t->weights = w;
	t->x = x;
	t->scales = (const float *)(x + (k + 63) / 64 * 64);
}

/* Tiles of 64 outputs x 16 rows, as the operator runs them; one row: all at once. */
static void gemm_share(void *arg, unsigned int index, unsigned int threads)
{
	const struct gemm *g = arg;
	uint32_t share = (g->tile.blocks / threads + 3) / 4 * 4;
	uint32_t end = index + 1 == threads ? g->tile.blocks : share * (index + 1);
	uint32_t step = g->tile.rows == 1 ? 64 : 4;
	uint32_t block, row;

	for (block = share * index; block < end; block += step) {
		for (row = 0; row < g->tile.rows; row += 16) {
			struct tnpu_gemm_tile t = g->tile;

			t.blocks = end - block < step ? end - block : step;
			t.rows = t.rows - row < 16 ? t.rows - row : 16;
			t.weights += block * t.block_bytes;
			t.x = (const uint8_t *)t.x + row * t.x_stride;
			t.scales = (const float *)((const uint8_t *)t.scales + row * t.x_stride);
			t.acc += row * t.acc_stride + block * 16;
			g->kernels->gemm[g->wformat](&t);
		}
	}
}

/* ---- Equality -------------------------------------------------------------------------- */

static int gemm_compare(int wformat, uint32_t group, uint64_t *state)
{
	bool integer = wformat <= TNPU_WFORMAT_INT8_G32;
	uint32_t rows = data_random(state) % 2 ? 1 : 1 + data_random(state) % 17;
	uint32_t k = 1 + data_random(state) % 1200;
	enum kernel_data dw = data_random(state) % DATA_COUNT;
	enum kernel_data dx = data_random(state) % DATA_COUNT;
	struct gemm g;
	float *want;
	size_t n;
	int differ = 0;
	int i;

	if (integer)
		k = (k + 31) / 32 * 32;
	gemm_make(&g, wformat, 1 + data_random(state) % 5, rows, k, group, state, dw, dx);
	n = g.tile.acc_stride * rows;
	want = data_alloc(n * 4);
	tnpu_kernels_scalar.gemm[wformat](&g.tile);
	memcpy(want, g.tile.acc, n * 4);
	for (i = 0; i < ISAS; i++) {
		g.kernels = tnpu_kernels_get(isas[i]);
		if (!g.kernels)
			continue;
		memset(g.tile.acc, 0, n * 4);
		g.kernels->gemm[wformat](&g.tile);
		differ += data_differ(want, g.tile.acc, n) != n;
	}
	free(want);
	gemm_free(&g);
	return differ;
}

struct attention {
	const struct tnpu_kernels *kernels;
	struct tnpu_attention_span span;
	uint32_t spans;
	size_t span_bytes;
};

static size_t kv_bytes(uint32_t dtype, uint32_t head_dim, uint32_t positions)
{
	size_t row = dtype == TNPU_DTYPE_F32 ? head_dim * 4 : dtype == TNPU_DTYPE_F16 ?
		     head_dim * 2 : (head_dim + 31) / 32 * 4 + head_dim;

	return row * positions;
}

static void kv_fill(uint8_t *p, size_t bytes, uint32_t dtype, uint64_t *state,
		    enum kernel_data kind)
{
	size_t i;

	if (dtype == TNPU_DTYPE_F32)
		return data_floats(state, (float *)p, bytes / 4, kind);
	for (i = 0; i < bytes; i += 2)
		memcpy(p + i, &(uint16_t){ data_f16(state, kind) }, 2);
}

static int attention_compare(uint32_t dtype, uint64_t *state)
{
	uint32_t head_dim = 4 + data_random(state) % 64 * 4;
	uint32_t first = data_random(state) % 100;
	uint32_t count = 1 + data_random(state) % 156;
	enum kernel_data kind = data_random(state) % DATA_COUNT;
	size_t bytes = kv_bytes(dtype, head_dim, 256);
	uint8_t *k = data_alloc(bytes), *v = data_alloc(bytes);
	float q[256], want[2][256], got[2][256];
	struct tnpu_attention_span s = { q, k, v, first, count, head_dim, dtype, 0.125f, 1 };
	int differ = 0;
	int i;

	kv_fill(k, bytes, dtype, state, kind);
	kv_fill(v, bytes, dtype, state, kind);
	data_floats(state, q, head_dim, kind);
	memset(want, 0, sizeof(want));
	tnpu_kernels_scalar.scores(&s, (float *[]){ want[0] });
	tnpu_kernels_scalar.values(&s, (float *[]){ want[0] }, (float *[]){ want[1] });
	for (i = 0; i < ISAS; i++) {
		const struct tnpu_kernels *kernels = tnpu_kernels_get(isas[i]);

		if (!kernels)
			continue;
		memset(got, 0, sizeof(got));
		kernels->scores(&s, (float *[]){ got[0] });
		kernels->values(&s, (float *[]){ want[0] }, (float *[]){ got[1] });
		differ += data_differ(want[0], got[0], 512) != 512;
	}
	free(k);
	free(v);
	return differ;
}

static void print_kernel(const struct tnpu_kernels *kernels, int wformat, uint32_t group)
{
	printf("  %-12s %-5s", kernels->name, wformat_name[wformat]);
	if (wformat <= TNPU_WFORMAT_INT8_G32)
		printf(" G=%-4u", group);
	else
		printf("       ");
}

static int print_equality(void)
{
	static const uint32_t groups[] = { 32, 64, 128, 256 };
	uint64_t state = 1;
	int differ, all = 0;
	int f, g, i;

	printf("Equality of what this host has with the scalar reference\n");
	for (f = 0; f < TNPU_WFORMAT_COUNT; f++) {
		for (g = 0; g < (f <= TNPU_WFORMAT_INT8_G32 ? 4 : 1); g++) {
			for (differ = 0, i = 0; i < 600; i++)
				differ += gemm_compare(f, groups[g], &state);
			print_kernel(&tnpu_kernels_scalar, f, groups[g]);
			printf(" 600 GEMM, %d differ\n", differ);
			all += differ;
		}
	}
	for (f = 0; f < 4; f++) {
		if (f == TNPU_DTYPE_BF16)
			continue;
		for (differ = 0, i = 0; i < 600; i++)
			differ += attention_compare(f, &state);
		printf("  %-12s %-5s        600 attention spans, %d differ\n",
		       tnpu_kernels_scalar.name, f == TNPU_DTYPE_F32 ? "F32" :
		       f == TNPU_DTYPE_F16 ? "F16" : "QI8", differ);
		all += differ;
	}
	return all;
}

/* ---- Rates ----------------------------------------------------------------------------- */

/* GB/s of packed weights, and of plain reads of as many bytes, in turns. */
static void print_gemv(const struct tnpu_kernels *kernels, int wformat, uint32_t group,
		       size_t bytes)
{
	double rate[ROUNDS], roof[ROUNDS], ratio[ROUNDS];
	struct stream s = { 0 };
	uint64_t state = 7;
	uint32_t k = 4096;
	struct gemm g = { .kernels = kernels };
	unsigned int threads;
	int i;

	gemm_make(&g, wformat, bytes / data_block_bytes(wformat, k) / 8 * 8, 1, k, group, &state,
		  DATA_NORMAL, DATA_NORMAL);
	s.data = g.tile.weights;
	s.size = g.tile.block_bytes * g.tile.blocks;
	print_kernel(kernels, wformat, group);
	printf(" %4zu MB", s.size >> 20);
	for (threads = 1; threads <= THREADS_MAX; threads++) {
		for (i = 0; i < ROUNDS; i++) {
			roof[i] = s.size / run_threads(read_share, &s, threads) * 1e-9;
			rate[i] = s.size / run_threads(gemm_share, &g, threads) * 1e-9;
			ratio[i] = rate[i] / roof[i];
		}
		printf("   %u: %5.1f of %5.1f = %.2f", threads, median(rate), median(roof),
		       median(ratio));
	}
	printf("\n");
	gemm_free(&g);
}

static void print_gemm(const struct tnpu_kernels *kernels, int wformat, uint32_t group,
		       uint32_t rows)
{
	double rate[ROUNDS], roof[ROUNDS], ratio[ROUNDS];
	uint64_t state = 9;
	uint32_t k = 4096, blocks = 64;
	struct gemm g = { .kernels = kernels };
	unsigned int threads;
	int i;

	gemm_make(&g, wformat, blocks, rows, k, group, &state, DATA_NORMAL, DATA_NORMAL);
	print_kernel(kernels, wformat, group);
	printf(" rows %-4u", rows);
	for (threads = 1; threads <= THREADS_MAX; threads++) {
		for (i = 0; i < ROUNDS; i++) {
			roof[i] = multiply_roof(threads);
			rate[i] = 2.0 * blocks * 16 * k * rows /
				  run_threads(gemm_share, &g, threads) * 1e-9;
			ratio[i] = rate[i] / roof[i];
		}
		printf("   %u: %6.1f of %6.1f = %.2f", threads, median(rate), median(roof),
		       median(ratio));
	}
	printf("\n");
	gemm_free(&g);
}

static void attention_share(void *arg, unsigned int index, unsigned int threads)
{
	const struct attention *a = arg;
	uint32_t i;

	for (i = index; i < a->spans; i += threads) {
		struct tnpu_attention_span s = a->span;
		float p[256], out[256] = { 0 };

		s.k += i * a->span_bytes;
		s.v += i * a->span_bytes;
		a->kernels->scores(&s, (float *[]){ p });
		a->kernels->softmax_exp(p, 1.0f, 256);
		a->kernels->values(&s, (float *[]){ p }, (float *[]){ out });
	}
}

static void print_attention(const struct tnpu_kernels *kernels, uint32_t dtype, size_t total)
{
	double rate[ROUNDS], roof[ROUNDS], ratio[ROUNDS];
	uint64_t state = 11;
	float q[128];
	struct attention a = {
		.kernels = kernels,
		.span = { q, NULL, NULL, 0, 256, 128, dtype, 0.1f, 1 },
		.span_bytes = kv_bytes(dtype, 128, 256),
	};
	uint8_t *k = huge_alloc(total), *v = huge_alloc(total);
	struct stream s = { .data = k, .size = total };
	unsigned int threads;
	int i;

	a.span.k = k;
	a.span.v = v;
	a.spans = total / a.span_bytes;
	data_floats(&state, q, 128, DATA_NORMAL);
	kv_fill(k, total, dtype, &state, DATA_NORMAL);
	kv_fill(v, total, dtype, &state, DATA_NORMAL);
	printf("  %-12s %-4s %3zu MB", kernels->name, dtype == TNPU_DTYPE_F32 ? "F32" :
	       dtype == TNPU_DTYPE_F16 ? "F16" : "QI8", total >> 19);
	for (threads = 1; threads <= THREADS_MAX; threads++) {
		for (i = 0; i < ROUNDS; i++) {
			roof[i] = s.size / run_threads(read_share, &s, threads) * 1e-9;
			rate[i] = 2.0 * a.spans * a.span_bytes /
				  run_threads(attention_share, &a, threads) * 1e-9;
			ratio[i] = rate[i] / roof[i];
		}
		printf("   %u: %5.1f of %5.1f = %.2f", threads, median(rate), median(roof),
		       median(ratio));
	}
	printf("\n");
	free(k);
	free(v);
}

static void print_rates(const struct tnpu_kernels *kernels)
{
	static const uint32_t groups[] = { 32, 64, 128, 256 };
	int f, g;

	for (f = 0; f < TNPU_WFORMAT_COUNT; f++)
		for (g = 0; g < (f == TNPU_WFORMAT_INT4_G32 ? 4 : 1); g++)
			print_gemv(kernels, f, groups[g], STREAM_BYTES);
	for (f = 0; f < TNPU_WFORMAT_COUNT; f++) {
		for (g = 0; g < (f == TNPU_WFORMAT_INT4_G32 ? 4 : 1); g++) {
			print_gemm(kernels, f, groups[g], 16);
			print_gemm(kernels, f, groups[g], 512);
		}
	}
	print_attention(kernels, TNPU_DTYPE_F32, 64u << 20);
	print_attention(kernels, TNPU_DTYPE_F16, 64u << 20);
	print_attention(kernels, TNPU_DTYPE_QI8, 64u << 20);
}

int main(int argc, char **argv)
{
	int differ;
	unsigned int i;

	setlinebuf(stdout);
	differ = print_equality();
	if (differ)
		return 1;
	printf("\nRates by threads. GEMV, attention: GB/s, of plain reads in the same round;\n");
	printf("GEMM: GOPS, of vpdpbusd with one L1 load each in the same round\n");
	for (i = 0; i < ISAS; i++)
		if (tnpu_kernels_get(isas[i]))
			print_rates(tnpu_kernels_get(isas[i]));
	return 0;
}
