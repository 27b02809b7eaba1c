/* SPDX-License-Identifier: MIT */
/*
 * From a model to command streams. A stream is compiled once for a session's buffers;
 * what changes from pass to pass lies in memory cells, so it is replayed as it is.
 */
#ifndef TNPU_COMPILE_H
#define TNPU_COMPILE_H

#include "model.h"

/* Columns that share an activation scale: a fourth of the FP work of 32, no loss seen. */
#define TNPU_ACTIVATION_GROUP_LOG2	6

/**
 * struct tnpu_plan - device addresses of a session's memory, and its fixed shapes
 * @rows: rows of every activation tensor
 * @x, @norm, @qkv, @att: F32 activations [rows]
 * @ffn: F32 activations [rows]: the gate's, where there is one, then the others
 * @q8: QI8 activations [rows], as wide as the widest input of a matrix
 * @last: F32 [1]: the row whose logits are wanted, then its norm in row 1
 * @logits: F32 [1][vocab]
 * @kv: layer 0's cache; layer i's lies i * @kv_layer further on
 * @state: struct tnpu_state
 * @n_history: tokens that the history holds
 */
struct tnpu_plan {
	const struct tnpu_model *model;
	uint32_t rows;
	struct tnpu_tensor x;
	struct tnpu_tensor norm;
	struct tnpu_tensor qkv;
	struct tnpu_tensor att;
	struct tnpu_tensor ffn;
	struct tnpu_tensor q8;
	struct tnpu_tensor last;
	struct tnpu_tensor logits;
	struct tnpu_kv kv;
	uint64_t kv_layer;
	uint64_t state;
	uint64_t tokens;	/* u32[rows] */
	uint64_t positions;	/* u32[rows] */
	uint64_t history;	/* u32[n_history] */
	uint32_t n_history;
};

/**
 * struct tnpu_state - cells of a session, in device memory
 * @rows: of the present pass
 * @last: the row whose logits are wanted
 * @drawn: tokens drawn so far; index into the history and the generator's counter
 * @predicate: nonzero once a stop token was drawn: queued passes do nothing
 */
struct tnpu_state {
	uint32_t rows;
	uint32_t last;
	uint32_t drawn;
	uint32_t predicate;
	uint32_t n_stops;
	uint32_t reserved;
	struct tnpu_sample_params sampling;
	uint32_t stops[TNPU_MAX_STOPS];
};

/** tnpu_plan_activations() - fill in the tensors' shapes at consecutive addresses from @va;
 *  returns the bytes they take
 */
uint64_t tnpu_plan_activations(struct tnpu_plan *plan, uint64_t va);

/** tnpu_compile_body() - the layers over the rows that state.rows says, or over one row */
void tnpu_compile_body(const struct tnpu_plan *plan, struct tnpu_stream *s, bool single);

/** tnpu_compile_sample() - from the last row (@single: the only one) to a drawn token */
void tnpu_compile_sample(const struct tnpu_plan *plan, struct tnpu_stream *s, bool single);

/** tnpu_compile_advance() - the next position, for a pass of one row */
void tnpu_compile_advance(const struct tnpu_plan *plan, struct tnpu_stream *s);

/** tnpu_compile_logits() - logits of all rows into @logits (F32 [rows][vocab]) */
void tnpu_compile_logits(const struct tnpu_plan *plan, struct tnpu_stream *s,
			 const struct tnpu_tensor *logits);

#endif /* TNPU_COMPILE_H */
