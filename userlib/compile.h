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
 * @outs: rows whose logits are wanted at once, at most @rows
 * @x, @norm, @qkv, @att: F32 activations [rows]
 * @ffn: F32 activations [rows]: the gate's, where there is one, then the others
 * @q8: QI8 activations [rows], as wide as the widest input of a matrix
 * @last: F32 [2 * outs]: the rows whose logits are wanted, then their norms
 * @logits: F32 [outs][vocab]
 * @kv: layer 0's cache; layer i's lies i * @kv_layer further on
 * @state: struct tnpu_state
 * @seqs: the sequence of each row; 0: all rows are sequence 0
 * @picks: the rows whose logits are wanted
 * @params: how each of them is drawn
 * @counters: tokens that each has drawn: the generator's counter
 * @history: what each sequence has drawn in step state.step; 0: is not kept
 * @n_history: steps that it holds
 */
struct tnpu_plan {
	const struct tnpu_model *model;
	uint32_t rows;
	uint32_t outs;
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
	uint64_t seqs;		/* u32[rows] */
	uint64_t picks;		/* u32[outs] */
	uint64_t params;	/* struct tnpu_sample_params[outs] */
	uint64_t counters;	/* u32[outs] */
	uint64_t history;	/* u32[kv.seqs][n_history] */
	uint32_t n_history;
};

/**
 * struct tnpu_state - cells of a session, in device memory
 * @rows: of the present pass
 * @outs: entries of the plan's picks
 * @step: index into the history
 * @predicate: nonzero once all rows drew a stop token: the job ends, queued ones do nothing
 */
struct tnpu_state {
	uint32_t rows;
	uint32_t outs;
	uint32_t step;
	uint32_t predicate;
	uint32_t n_stops;
	uint32_t stops[TNPU_MAX_STOPS];
};

/**
 * enum tnpu_rows - which rows a part of a stream is about
 * @TNPU_ROWS_ONE: the first
 * @TNPU_ROWS_PASS: as many as state.rows says
 * @TNPU_ROWS_PICKED: those that the plan's picks name, as many as state.outs says
 */
enum tnpu_rows {
	TNPU_ROWS_ONE,
	TNPU_ROWS_PASS,
	TNPU_ROWS_PICKED,
};

/** tnpu_plan_activations() - fill in the tensors' shapes at consecutive addresses from @va;
 *  returns the bytes they take
 */
uint64_t tnpu_plan_activations(struct tnpu_plan *plan, uint64_t va);

/** tnpu_compile_body() - the layers over @rows, not PICKED */
void tnpu_compile_body(const struct tnpu_plan *plan, struct tnpu_stream *s,
		       enum tnpu_rows rows);

/** tnpu_compile_sample() - from the body's @rows, at most plan->outs, to as many drawn tokens */
void tnpu_compile_sample(const struct tnpu_plan *plan, struct tnpu_stream *s,
			 enum tnpu_rows rows);

/**
 * tnpu_compile_advance() - to the next step and position of @rows, not PICKED; the job ends here
 * where all rows have drawn a stop token
 */
void tnpu_compile_advance(const struct tnpu_plan *plan, struct tnpu_stream *s,
			  enum tnpu_rows rows);

/** tnpu_compile_logits() - logits of all rows into @logits (F32 [rows][vocab]) */
void tnpu_compile_logits(const struct tnpu_plan *plan, struct tnpu_stream *s,
			 const struct tnpu_tensor *logits);

#endif /* TNPU_COMPILE_H */
