/* SPDX-License-Identifier: MIT */
/*
 * How many samples that it was never trained on a model answers exactly.
 */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include "samples.h"
#include "trainer.h"

/** struct train_count - samples, and those of them that were right */
struct train_count {
	int all;
	int right;
};

/**
 * struct train_score - a set's result
 * @tongue: by language
 * @trait: by language and what the sample has that none of training has
 */
struct train_score {
	struct train_count tongue[TRAIN_TONGUES];
	struct train_count trait[TRAIN_TONGUES][AGENT_TRAITS];
};

/**
 * train_evaluate() - score a model
 * @trainer: whose
 * @rounded: with weights as in the quantised file
 * @samples: the set
 * @count: of its samples
 * @score: receives the result
 * @wrong: receives, for each sample, train_batch_wrong(); or NULL
 */
void train_evaluate(struct train_trainer *trainer, bool rounded,
		    struct train_samples *samples, int count,
		    struct train_score *score, int *wrong);

/** train_percent() - of @count's samples those that were right */
double train_percent(const struct train_count *count);

/**
 * train_decode() - what a model answers
 * @trainer: whose; train_trainer_evaluate() decided on its weights
 * @vocab: its vocabulary
 * @tokens: a sample; its prompt counts
 * @text: receives the answer, without the space before it, closed by a NUL
 * @size: of @text
 *
 * One pass a token over all tokens before it: for a few answers to look at.
 */
void train_decode(struct train_trainer *trainer,
		  const struct train_vocab *vocab, struct train_tokens *tokens,
		  char *text, size_t size);

#endif
