/* SPDX-License-Identifier: MIT */
/*
 * A model in training: its parameters, the optimiser's state, and what runs a
 * step on several threads.
 *
 * The step's batch is cut into parts of a fixed size, part i goes to lane
 * i modulo the number of lanes, each lane is one thread with a gradient of its
 * own, and the lanes are added up in order. So the same seed and the same
 * number of lanes give the same weights, bit for bit.
 */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "optimise.h"
#include "pass.h"

/**
 * typedef train_source_fn - gives sample @number, always the same
 * @tokens: tokens->id and, where it is given, tokens->hint have room for
 *	TRAIN_SAMPLE_MAX
 *
 * Called by one thread at a time.
 */
typedef void (*train_source_fn)(void *opaque, uint64_t number,
				struct train_tokens *tokens);

/** TRAIN_SAMPLE_MAX - tokens of a sample at most, before it is measured */
#define TRAIN_SAMPLE_MAX 4096

/**
 * struct train_options - all that decides what the weights become
 * @shape: of the model
 * @seed: of the first parameters and of the samples
 * @steps: of the whole run
 * @rise: steps in which the learning rate rises
 * @easy: steps at the start that take easy samples only
 * @rounded: steps at the end in which weights are rounded as in the file
 * @batch: rows of a step, at least
 * @part: rows of a part of it, at most; at least shape.context
 * @lanes: threads
 * @rate: highest learning rate
 * @hint_weight: of a prompt's hint in the loss; an answer's token is 1
 * @gap: positions that a sample leaves out at most, somewhere; half of them leave
 *	out none
 * @english: see struct train_samples
 * @under_way: the same
 * @optimiser: its constants
 */
struct train_options {
	struct train_shape shape;
	uint64_t seed;
	long steps;
	long rise;
	long easy;
	long rounded;
	int batch;
	int part;
	int lanes;
	double rate;
	double hint_weight;
	int gap;
	int english;
	int under_way;
	struct train_optimiser optimiser;
};

/**
 * struct train_figures - what a step came to
 * @rows: tokens that went through the model
 * @samples: of them
 * @exact: samples whose answer was foreseen exactly
 * @loss: mean over the rows that count
 * @rate: learning rate
 * @length: of the gradient, before it was clipped
 * @flops: floating-point operations of matrix products
 */
struct train_figures {
	long rows;
	long samples;
	long exact;
	double loss;
	double rate;
	double length;
	double flops;
};

struct train_lane;

/**
 * struct train_trainer - a model in training
 * @step: steps done
 * @next: number of the next sample
 * @tensor: list of the model's tensors
 * @tensors: of @tensor
 * @size: numbers in each of the arrays
 * @params: the parameters
 * @mean: see train_optimise()
 * @square: the same
 * @weights: @params, or what rounding leaves of them, as of the last step
 */
struct train_trainer {
	struct train_options options;
	long step;
	uint64_t next;
	struct train_tensor *tensor;
	int tensors;
	size_t size;
	real_t *params;
	real_t *mean;
	real_t *square;
	real_t *weights;
	train_source_fn source;
	void *opaque;
	struct train_lane *lane;
};

/** train_options_check() - NULL, or a sentence on what they may not be */
const char *train_options_check(const struct train_options *options);

/**
 * train_trainer_create() - a model before its first step
 * @options: checked
 * @source: of samples; a program ends on one that is longer than the context
 * @opaque: for @source
 */
struct train_trainer *train_trainer_create(const struct train_options *options,
					   train_source_fn source,
					   void *opaque);
void train_trainer_destroy(struct train_trainer *trainer);

/** train_trainer_step() - one step on the next samples */
void train_trainer_step(struct train_trainer *trainer,
			struct train_figures *figures);

/** train_trainer_is_rounding() - do the next step's weights get rounded? */
bool train_trainer_is_rounding(const struct train_trainer *trainer);

/**
 * train_trainer_evaluate() - let the model answer
 * @trainer: whose model
 * @rounded: with weights as in the quantised file
 * @source: of samples; not trainer->source
 * @opaque: for @source
 * @count: samples, from number 0
 * @wrong: receives, for each, train_batch_wrong()
 */
void train_trainer_evaluate(struct train_trainer *trainer, bool rounded,
			    train_source_fn source, void *opaque, int count,
			    int *wrong);

/**
 * train_trainer_choose() - the model's first choice for the next token
 * @trainer: whose model, with the weights of the last evaluation
 * @tokens: all before it; tokens->id has room for one more
 */
int train_trainer_choose(struct train_trainer *trainer,
			 const struct train_tokens *tokens);

#endif
