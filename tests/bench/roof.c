// SPDX-License-Identifier: MIT
/*
 * roof: what this host can do at most, as the measure for what the engines reach.
 *
 * Read bandwidth: plain sequential loads of 1 GiB in huge pages, a part for each thread.
 * INT8 peak: multiply-accumulates that stay in registers; one is two operations. Both are
 * medians. Prints one JSON object.
 */
#include <argp.h>
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if !defined(__x86_64__)
#error "the loops are written for x86-64"
#endif

#define READ_BYTES	(1ull << 30)
#define PASSES		7
#define THREADS_MAX	64
#define MAC_ROUNDS	(1u << 23)
#define MAC_CHAINS	12

/* ---- Loops ------------------------------------------------------------------------- */

__attribute__((target("avx512f")))
static uint64_t read_avx512(const void *data, size_t bytes)
{
	const __m512i *p = data;
	__m512i sum[4] = { 0 };
	size_t i;

	for (i = 0; i < bytes / sizeof(*p); i += 4) {
		sum[0] = _mm512_xor_si512(sum[0], _mm512_load_si512(p + i));
		sum[1] = _mm512_xor_si512(sum[1], _mm512_load_si512(p + i + 1));
		sum[2] = _mm512_xor_si512(sum[2], _mm512_load_si512(p + i + 2));
		sum[3] = _mm512_xor_si512(sum[3], _mm512_load_si512(p + i + 3));
	}
	sum[0] = _mm512_xor_si512(_mm512_xor_si512(sum[0], sum[1]),
				  _mm512_xor_si512(sum[2], sum[3]));
	return _mm512_reduce_or_epi64(sum[0]);
}

__attribute__((target("avx2")))
static uint64_t read_avx2(const void *data, size_t bytes)
{
	const __m256i *p = data;
	__m256i sum[4] = { 0 };
	size_t i;

	for (i = 0; i < bytes / sizeof(*p); i += 4) {
		sum[0] = _mm256_xor_si256(sum[0], _mm256_load_si256(p + i));
		sum[1] = _mm256_xor_si256(sum[1], _mm256_load_si256(p + i + 1));
		sum[2] = _mm256_xor_si256(sum[2], _mm256_load_si256(p + i + 2));
		sum[3] = _mm256_xor_si256(sum[3], _mm256_load_si256(p + i + 3));
	}
	sum[0] = _mm256_xor_si256(_mm256_xor_si256(sum[0], sum[1]),
				  _mm256_xor_si256(sum[2], sum[3]));
	return !_mm256_testz_si256(sum[0], sum[0]);
}

/*
 * Registers 0 to 11 are the sums: as many chains as hide an instruction's latency. What the
 * registers hold does not matter. In assembler, because a compiler may keep some of the sums
 * in memory, or leave out what nobody reads.
 */
#define MAC_LOOP(instructions)								\
	do {										\
		unsigned int round;							\
											\
		for (round = 0; round < MAC_ROUNDS; round++)				\
			asm volatile(".irp r,0,1,2,3,4,5,6,7,8,9,10,11\n\t"		\
				     instructions "\n\t.endr"				\
				     ::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",	\
				     "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",	\
				     "xmm11", "xmm14");					\
	} while (0)

static void mac_avx512_vnni(void)
{
	MAC_LOOP("vpdpbusd %%zmm12, %%zmm13, %%zmm\\r");
}

static void mac_avx_vnni(void)
{
	MAC_LOOP("%{vex%} vpdpbusd %%ymm12, %%ymm13, %%ymm\\r");
}

/* Three instructions for what VNNI does in one. */
static void mac_avx2(void)
{
	MAC_LOOP("vpmaddubsw %%ymm12, %%ymm13, %%ymm14\n\t"
		 "vpmaddwd %%ymm14, %%ymm15, %%ymm14\n\t"
		 "vpaddd %%ymm14, %%ymm\\r, %%ymm\\r");
}

/** struct loops - the widest that the host has; @lanes: INT8 products an instruction */
struct loops {
	const char *read_isa;
	uint64_t (*read)(const void *data, size_t bytes);
	const char *mac_isa;
	void (*mac)(void);
	unsigned int lanes;
};

static struct loops loops_pick(void)
{
	struct loops l = { "avx2", read_avx2, "avx2", mac_avx2, 32 };

	__builtin_cpu_init();
	if (!__builtin_cpu_supports("avx2")) {
		fprintf(stderr, "roof: this processor has no AVX2\n");
		exit(1);
	}
	if (__builtin_cpu_supports("avx512f"))
		l.read_isa = "avx512", l.read = read_avx512;
	if (__builtin_cpu_supports("avx512vnni"))
		l.mac_isa = "avx512-vnni", l.mac = mac_avx512_vnni, l.lanes = 64;
	else if (__builtin_cpu_supports("avxvnni"))
		l.mac_isa = "avx-vnni", l.mac = mac_avx_vnni;
	return l;
}

/* ---- Threads ------------------------------------------------------------------------- */

/** struct worker - a thread's share; @result keeps the compiler from dropping the work */
struct worker {
	pthread_t thread;
	const struct loops *loops;
	pthread_barrier_t *barrier;
	const char *data;
	size_t bytes;
	volatile uint64_t result;
};

static void *worker_run(void *opaque)
{
	struct worker *w = opaque;
	int pass;

	for (pass = 0; pass < 2 * PASSES; pass++) {
		pthread_barrier_wait(w->barrier);
		if (pass < PASSES)
			w->result = w->loops->read(w->data, w->bytes);
		else
			w->loops->mac();
		pthread_barrier_wait(w->barrier);
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median seconds of PASSES runs of what the workers do next. */
static double passes_time(pthread_barrier_t *barrier)
{
	double seconds[PASSES];
	struct timespec a, b;
	int i;

	for (i = 0; i < PASSES; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		pthread_barrier_wait(barrier);
		pthread_barrier_wait(barrier);
		clock_gettime(CLOCK_MONOTONIC, &b);
		seconds[i] = b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) * 1e-9;
	}
	qsort(seconds, PASSES, sizeof(seconds[0]), compare);
	return seconds[PASSES / 2];
}

static char *huge_alloc(void)
{
	char *data = aligned_alloc(2u << 20, READ_BYTES);

	if (!data) {
		perror("roof: aligned_alloc");
		exit(1);
	}
	madvise(data, READ_BYTES, MADV_HUGEPAGE);
	memset(data, 1, READ_BYTES);
	return data;
}

static void measure(unsigned int threads)
{
	const struct loops loops = loops_pick();
	struct worker workers[THREADS_MAX];
	/* Whole cache lines of each loop's unrolling. */
	size_t share = READ_BYTES / threads / 4096 * 4096;
	char *data = huge_alloc();
	pthread_barrier_t barrier;
	double read_s, mac_s;
	unsigned int i;

	pthread_barrier_init(&barrier, NULL, threads + 1);
	for (i = 0; i < threads; i++) {
		workers[i] = (struct worker){ .loops = &loops, .barrier = &barrier,
					      .data = data + i * share, .bytes = share };
		if (pthread_create(&workers[i].thread, NULL, worker_run, &workers[i])) {
			perror("roof: pthread_create");
			exit(1);
		}
	}
	read_s = passes_time(&barrier);
	mac_s = passes_time(&barrier);
	for (i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	printf("{\"threads\":%u,\"read_isa\":\"%s\",\"read_gbs\":%.2f,", threads,
	       loops.read_isa, threads * share / read_s / 1e9);
	printf("\"int8_isa\":\"%s\",\"int8_gops\":%.0f}\n", loops.mac_isa,
	       2.0 * threads * MAC_ROUNDS * MAC_CHAINS * loops.lanes / mac_s / 1e9);
	free(data);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	unsigned int *threads = state->input;
	char *end;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "unexpected argument \"%s\"", arg);
	if (key != 't')
		return ARGP_ERR_UNKNOWN;
	*threads = strtoul(arg, &end, 10);
	if (*end || *threads < 1 || *threads > THREADS_MAX)
		argp_error(state, "-t takes 1 to %u, not \"%s\"", THREADS_MAX, arg);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "threads", 't', "N", 0, "Threads (2)" },
		{ 0 }
	};
	const struct argp argp = { .options = options, .parser = parse,
				   .doc = "Read bandwidth and INT8 peak of this host." };
	unsigned int threads = 2;

	argp_parse(&argp, argc, argv, 0, NULL, &threads);
	measure(threads);
	return 0;
}
