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
 */
struct train_samples {
	struct train_vocab *vocab;
	uint64_t seed;
	enum agent_split split;
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
