/* SPDX-License-Identifier: MIT */
/*
 * tnpu bench: what its kinds of measurement share.
 */
#ifndef TNPU_CMD_BENCH_H
#define TNPU_CMD_BENCH_H

#include "cmd.h"

/** struct tnpu_bench_stats - of some samples; @spread is (largest - smallest) / median */
struct tnpu_bench_stats {
	double mean;
	double median;
	double p95;
	double p99;
	double min;
	double spread;
};

/** tnpu_bench_stats() - percentiles by nearest rank. 0 or -ENOMEM. */
int tnpu_bench_stats(const double *samples, uint32_t n, struct tnpu_bench_stats *s);

/**
 * struct tnpu_bench_load - sequences of random tokens
 * @options: of the batch
 * @prompt, @gen: tokens of each
 * @random: state of the generator of tokens
 */
struct tnpu_bench_load {
	struct tnpu_model *model;
	struct tnpu_batch_options options;
	uint32_t prompt;
	uint32_t gen;
	uint32_t random;
};

/** tnpu_bench_random() - @n tokens of a vocabulary */
void tnpu_bench_random(uint32_t *random, uint32_t vocab, uint32_t *ids, uint32_t n);

/**
 * tnpu_bench_batch() - options.seqs sequences that start together
 * @load: options.context and gen are made as large as it takes
 * @rate: receives tokens/s of all, from when the last has its first token, over gen of each
 * Return: 0, or -1 after a message or an interrupt.
 */
int tnpu_bench_batch(struct tnpu_bench_load *load, double *rate);

/**
 * struct tnpu_bench_waits - what @n requests waited for, in seconds
 * @first: until the first token, from the arrival
 * @each: for a token behind it, mean of the request's
 * @seconds: from the first arrival to the last token
 * @tokens: drawn in that time
 */
struct tnpu_bench_waits {
	uint32_t n;
	double *first;
	double *each;
	double seconds;
	uint64_t tokens;
};

/**
 * tnpu_bench_serve() - @waits->n requests that arrive at random, @rate a second
 * The gaps are exponential: a Poisson process. Return: 0, or -1 after a message or an interrupt.
 */
int tnpu_bench_serve(struct tnpu_bench_load *load, double rate, struct tnpu_bench_waits *waits);

#endif /* TNPU_CMD_BENCH_H */
