/* SPDX-License-Identifier: MIT */
/*
 * Samples of the task as the trainer takes them.
 */
#ifndef TRAIN_SAMPLES_H
#define TRAIN_SAMPLES_H

#include "../lang/sample.h"
#include "vocab.h"

/* Of a set for tests, samples of even numbers are English, odd ones Chinese. */
#define TRAIN_TONGUES 2

/**
 * struct train_samples - a set of samples
 * @vocab: their vocabulary
 * @seed: of the set
 * @split: what it is for
 * @english: percent of English samples of AGENT_TRAIN; 0: as agent_sample_make() has
 * @under_way: percent of samples of AGENT_TRAIN that begin under way, of those that
 *	are long enough: the first actions are left out, the model is given one and
 *	is asked for what follows. So it learns to look at what it did last, not at
 *	how much it has done, which longer programs than these need.
 */
struct train_samples {
	struct train_vocab *vocab;
	uint64_t seed;
	enum agent_split split;
	int english;
	int under_way;
};

/** struct train_text - a sample's texts */
struct train_text {
	char prompt[AGENT_PROMPT];
	char answer[AGENT_TEXT];
};

/**
 * train_samples_make() - sample @number
 * @sample: filled in
 * @text: filled in
 */
void train_samples_make(const struct train_samples *samples, uint64_t number,
			struct agent_sample *sample, struct train_text *text);

/** train_samples_source() - a train_source_fn; @opaque: struct train_samples */
void train_samples_source(void *opaque, uint64_t number,
			  struct train_tokens *tokens);

#endif
