/* SPDX-License-Identifier: MIT */
/*
 * Samples packed one behind the other, without padding: each attends to itself
 * only, and its positions begin at 0, as they do when the model is asked; but for
 * the gap that a sample for training may have they follow each other.
 */
#ifndef TRAIN_BATCH_H
#define TRAIN_BATCH_H

#include <stdbool.h>

#include "attend.h"

/**
 * struct train_tokens - one sample as the model sees it
 * @id: begin of text, prompt, answer, end of text
 * @count: of @id, at least 2
 * @prompt: of them, begin of text and prompt, at least 1
 * @hint: [prompt] tokens that are to be foretold behind a prompt's token, for
 *	what the model is to know there already; -1: none; or NULL: nowhere
 * @easy: a sample to begin with
 * @gap: positions that are left out before token @gap_at, so that what is learnt
 *	from short samples holds at the distances of long ones
 * @gap_at: see @gap
 */
struct train_tokens {
	int *id;
	int count;
	int prompt;
	int *hint;
	bool easy;
	int gap;
	int gap_at;
};

/**
 * struct train_batch - rows and what they are to predict
 * @max: rows at most
 * @rows: positions of all samples; the last token of a sample has none
 * @token: [rows] of the vocabulary
 * @position: [rows] in the sample
 * @spans: samples
 * @span: [spans]; rows from span->query on count
 * @losses: rows that count, of all spans
 * @target: [losses] right tokens
 * @weight: [losses] in the loss
 * @right: [losses] whether the model's first choice was the right one
 */
struct train_batch {
	int max;
	int rows;
	int *token;
	int *position;
	int spans;
	struct train_span *span;
	int losses;
	int *target;
	real_t *weight;
	unsigned char *right;
};

/** train_batch_init() - an empty batch for at most @max rows */
void train_batch_init(struct train_batch *batch, int max);
void train_batch_fini(struct train_batch *batch);

/** train_batch_clear() - forget all samples */
void train_batch_clear(struct train_batch *batch);

/**
 * train_batch_add() - append a sample
 * @batch: to append to
 * @tokens: the sample
 * @hint_weight: what the hints of the prompt count in the loss; tokens of the
 *               answer count 1, unless train_batch_scale() says otherwise
 *
 * Return: false where it does not fit; the batch is unchanged then.
 */
bool train_batch_add(struct train_batch *batch,
		     const struct train_tokens *tokens, real_t hint_weight);

/**
 * train_batch_wrong() - where the model leaves a sample's answer
 * @batch: with batch->right filled in
 * @index: of the sample
 *
 * A greedy decoder writes exactly the right answer where the model's first
 * choice behind each of its beginnings is the right one. So one pass over the
 * whole sample tells what decoding it token by token would.
 *
 * Return: tokens of the answer before the first wrong choice, -1 where there
 * is none.
 */
int train_batch_wrong(const struct train_batch *batch, int index);

/** train_batch_weight() - sum of all weights */
double train_batch_weight(const struct train_batch *batch);

/** train_batch_scale() - multiply all weights, so that they sum to a mean */
void train_batch_scale(struct train_batch *batch, real_t factor);

#endif
