/* SPDX-License-Identifier: MIT */
/*
 * What sequences of a model run on: a queue, a KV cache, activations, cells and compiled
 * streams. A session or a batch has one, and decides what runs on it and when.
 *
 * Three streams are compiled once and replayed: the body over the rows of a pass, the tail that
 * draws tokens from rows that are picked, and steps, each of which draws a token from every row
 * and makes it that row's next input.
 */
#ifndef TNPU_RUNNER_H
#define TNPU_RUNNER_H

#include "compile.h"

#define TNPU_RUNNER_CHUNK_MAX	1024
#define TNPU_RUNNER_STEPS	64	/* of a job, at most */
#define TNPU_RUNNER_JOB_S	0.05	/* text that comes 20 times a second seems to flow */

/**
 * struct tnpu_shape - what a runner has room for
 * @context: positions of a sequence; 0: the model's, at most 4096
 * @kv_dtype: of the KV cache: TNPU_DTYPE_F32, F16 or QI8
 * @chunk: rows of a pass, at most TNPU_RUNNER_CHUNK_MAX; 0: 128
 * @outs: rows whose logits are wanted at once
 * @seqs: sequences, whose blocks a table names; 0: there is one, and no table
 * @blocks: of the cache, for all sequences together; without a table, whatever it takes
 * @block: positions of a block
 * @history: steps whose tokens are kept, for each sequence; 0: those that fill a context
 */
struct tnpu_shape {
	uint32_t context;
	uint32_t kv_dtype;
	uint32_t chunk;
	uint32_t outs;
	uint32_t seqs;
	uint32_t blocks;
	uint32_t block;
	uint32_t history;
};

/** struct tnpu_program - a stream in device memory */
struct tnpu_program {
	struct tnpu_buffer *buf;
	uint32_t size;
};

/**
 * struct tnpu_runner - see above
 * @context: positions of a sequence
 * @state, @tokens, @positions, @seqs, @picks, @params, @counters, @table, @history: the cells
 *	of @cells, mapped. Streams read them when they run: they are written while none does
 * @steps: TNPU_RUNNER_STEPS of @step_size bytes each, or as many as a job may have
 */
struct tnpu_runner {
	struct tnpu_model *model;
	struct tnpu_queue *queue;
	struct tnpu_plan plan;
	uint32_t context;
	struct tnpu_buffer *cache;
	struct tnpu_buffer *activations;
	struct tnpu_buffer *cells;
	volatile struct tnpu_state *state;
	volatile uint32_t *tokens;
	volatile uint32_t *positions;
	volatile uint32_t *seqs;
	volatile uint32_t *picks;
	volatile struct tnpu_sample_params *params;
	volatile uint32_t *counters;
	volatile uint32_t *table;
	volatile uint32_t *history;
	struct tnpu_program body;
	struct tnpu_program tail;
	struct tnpu_program steps;
	uint32_t step_size;
};

/**
 * tnpu_runner_build() - all of it
 * @shape: 0 in @context and @chunk is replaced by what that stands for
 * Return: 0; -EINVAL a number that is not allowed; -ENOSPC, -EBUSY, -ENOMEM. Also after a failure
 * tnpu_runner_free() frees what there is.
 */
int tnpu_runner_build(struct tnpu_runner *r, struct tnpu_model *model,
		      const struct tnpu_shape *shape, struct tnpu_errmsg *err);
void tnpu_runner_free(struct tnpu_runner *r);

/** tnpu_runner_context() - what a context of 0 stands for; else @context */
uint32_t tnpu_runner_context(const struct tnpu_model *model, uint32_t context);

/** tnpu_runner_upload() - a stream of the caller's into device memory */
int tnpu_runner_upload(struct tnpu_runner *r, const struct tnpu_stream *stream,
		       struct tnpu_program *program);

/** tnpu_runner_submit() - start a program. As tnpu_queue_submit(), with a message. */
int tnpu_runner_submit(struct tnpu_runner *r, const struct tnpu_program *program,
		       uint64_t *point, struct tnpu_errmsg *err);

/** tnpu_runner_submit_steps() - start @n steps, which the predicate cell can drop */
int tnpu_runner_submit_steps(struct tnpu_runner *r, uint32_t n, uint64_t *point,
			     struct tnpu_errmsg *err);

/** tnpu_runner_max_steps() - of one job */
uint32_t tnpu_runner_max_steps(const struct tnpu_runner *r);

/** tnpu_runner_check() - are @ids a prompt that fits @room positions? 0, -EINVAL or -E2BIG. */
int tnpu_runner_check(const struct tnpu_runner *r, const uint32_t *ids, uint32_t n,
		      uint32_t room, struct tnpu_errmsg *err);

/** tnpu_runner_put_sampling() - row @out of the next draw is drawn like that */
void tnpu_runner_put_sampling(struct tnpu_runner *r, uint32_t out,
			      const struct tnpu_sampling *sampling);

/**
 * tnpu_runner_count() - count a token that was drawn, if it is one to be handed on
 *
 * Device memory may hold anything, all the more when the device is gone: what is not a token is
 * not handed on.
 *
 * Return: true; else @result says why the sequence ends: TNPU_STOP_EOS, or TNPU_STOP_CALLER.
 */
bool tnpu_runner_count(const struct tnpu_runner *r, uint32_t token, bool ignore_eos,
		       struct tnpu_generation *result);

/** tnpu_runner_clock() - seconds, monotonic */
double tnpu_runner_clock(void);

#endif /* TNPU_RUNNER_H */
