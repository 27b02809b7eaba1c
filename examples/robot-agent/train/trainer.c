// SPDX-License-Identifier: MIT
#include <err.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "../lang/rng.h"
#include "alloc.h"
#include "quant.h"
#include "rows.h"
#include "trainer.h"

/**
 * struct train_lane - what one thread works with
 * @pass: memory of its passes
 * @batch: [parts] its parts of the step
 * @parts: of them
 * @grads: its gradient
 * @loss: its part of the mean
 */
struct train_lane {
	struct train_pass *pass;
	struct train_batch *batch;
	int parts;
	real_t *grads;
	double loss;
};

const char *train_options_check(const struct train_options *options)
{
	const char *why = train_shape_check(&options->shape);

	if (why)
		return why;
	if (options->part < options->shape.context)
		return "a part holds a sample of the context's length at least";
	if (options->batch < 1 || options->lanes < 1)
		return "batch and threads are at least 1";
	if (options->steps < 1 || options->rise < 1 ||
	    options->rise >= options->steps || options->rounded < 0 ||
	    options->rounded > options->steps || options->easy < 0 ||
	    options->easy > options->steps)
		return "rise, easy and rounded steps are parts of all steps";
	if (options->gap < 0 || options->gap > options->shape.context)
		return "a gap is a part of the context";
	if (!(options->rate > 0) || !(options->hint_weight >= 0))
		return "the learning rate is above 0, the prompt's weight not below";
	return NULL;
}

/* Parts of a step: enough for its rows, as many for each lane. */
static int trainer_parts(const struct train_options *options)
{
	int row = options->part * options->lanes;

	return (options->batch + row - 1) / row;
}

static void trainer_init_lane(struct train_trainer *trainer,
			      struct train_lane *lane)
{
	const struct train_options *options = &trainer->options;
	int i;

	lane->parts = trainer_parts(options);
	lane->pass = train_pass_create(&options->shape, options->part);
	lane->grads = train_alloc(trainer->size, sizeof(real_t));
	lane->batch = train_alloc(lane->parts, sizeof(*lane->batch));
	for (i = 0; i < lane->parts; i++)
		train_batch_init(&lane->batch[i], options->part);
}

struct train_trainer *train_trainer_create(const struct train_options *options,
					   train_source_fn source, void *opaque)
{
	struct train_trainer *trainer = train_alloc(1, sizeof(*trainer));
	int i;

	trainer->options = *options;
	trainer->source = source;
	trainer->opaque = opaque;
	trainer->size = train_params_count(&options->shape);
	trainer->tensor = train_params_tensors(&options->shape,
					       &trainer->tensors);
	trainer->params = train_alloc(trainer->size, sizeof(real_t));
	trainer->mean = train_alloc(trainer->size, sizeof(real_t));
	trainer->square = train_alloc(trainer->size, sizeof(real_t));
	trainer->weights = train_alloc(trainer->size, sizeof(real_t));
	train_params_init(&options->shape, trainer->params, options->seed);
	trainer->lane = train_alloc(options->lanes, sizeof(*trainer->lane));
	for (i = 0; i < options->lanes; i++)
		trainer_init_lane(trainer, &trainer->lane[i]);
	omp_set_num_threads(options->lanes);
	openblas_set_num_threads(1);
	return trainer;
}

void train_trainer_destroy(struct train_trainer *trainer)
{
	struct train_lane *lane = trainer->lane;
	int i;

	for (; lane < trainer->lane + trainer->options.lanes; lane++) {
		for (i = 0; i < lane->parts; i++)
			train_batch_fini(&lane->batch[i]);
		free(lane->batch);
		free(lane->grads);
		train_pass_destroy(lane->pass);
	}
	free(trainer->lane);
	free(trainer->tensor);
	free(trainer->params);
	free(trainer->mean);
	free(trainer->square);
	free(trainer->weights);
	free(trainer);
}

/* ---- Samples ---------------------------------------------------------------- */

/**
 * struct trainer_set - samples that are yet to be taken
 * @source: of samples
 * @opaque: for @source
 * @next: number of the next
 * @end: number at which they end
 * @easy: those that are not easy are left out
 * @hint_weight: of a prompt's hint in the loss
 * @gap: positions that are left out at most
 * @seed: of the gaps
 */
struct trainer_set {
	train_source_fn source;
	void *opaque;
	uint64_t next;
	uint64_t end;
	bool easy;
	double hint_weight;
	int gap;
	uint64_t seed;
};

/* Where there is room for it in the context. */
static void trainer_leave_gap(const struct trainer_set *set, int context,
			      struct train_tokens *tokens)
{
	struct agent_rng rng;
	int gap;

	agent_rng_seed(&rng, ~set->seed, set->next);
	gap = agent_rng_below(&rng, 2 * set->gap + 1) - set->gap;
	tokens->gap_at = 1 + agent_rng_below(&rng, tokens->count - 1);
	tokens->gap = gap < 0 || gap > context - (tokens->count - 1) ? 0 : gap;
}

/* Takes samples until one does not fit, or the set ends. */
static void trainer_fill(struct trainer_set *set, int context,
			 struct train_batch *batch)
{
	int id[TRAIN_SAMPLE_MAX], hint[TRAIN_SAMPLE_MAX];
	struct train_tokens tokens = { .id = id, .hint = hint };

	train_batch_clear(batch);
	for (; set->next < set->end; set->next++) {
		set->source(set->opaque, set->next, &tokens);
		if (tokens.count - 1 > context)
			errx(1, "sample %ju has %d tokens, the context %d",
			     (uintmax_t)set->next, tokens.count - 1, context);
		trainer_leave_gap(set, context, &tokens);
		if ((tokens.easy || !set->easy) &&
		    !train_batch_add(batch, &tokens, set->hint_weight))
			break;
	}
}

/* All lanes' parts; their weights sum to 1. */
static void trainer_fill_all(struct train_trainer *trainer)
{
	int lanes = trainer->options.lanes, parts = trainer->lane[0].parts, i;
	struct trainer_set set = {
		.source = trainer->source,
		.opaque = trainer->opaque,
		.next = trainer->next,
		.end = UINT64_MAX,
		.easy = trainer->step < trainer->options.easy,
		.hint_weight = trainer->options.hint_weight,
		.gap = trainer->options.gap,
		.seed = trainer->options.seed,
	};
	struct train_batch *batch;
	double weight = 0;

	for (i = 0; i < lanes * parts; i++) {
		batch = &trainer->lane[i % lanes].batch[i / lanes];
		trainer_fill(&set, trainer->options.shape.context, batch);
		weight += train_batch_weight(batch);
	}
	for (i = 0; i < lanes * parts; i++)
		train_batch_scale(&trainer->lane[i % lanes].batch[i / lanes],
				  1 / weight);
	trainer->next = set.next;
}

/* ---- Step ------------------------------------------------------------------- */

bool train_trainer_is_rounding(const struct train_trainer *trainer)
{
	return trainer->step >=
	       trainer->options.steps - trainer->options.rounded;
}

/*
 * Rounding is straight through (Bengio, Leonard, Courville: "Estimating or
 * propagating gradients through stochastic neurons", 2013): the passes see
 * rounded weights, and their gradient changes the weights behind them.
 */
static void trainer_weights(struct train_trainer *trainer, bool rounded)
{
	if (rounded)
		train_quant_params(trainer->tensor, trainer->tensors,
				   trainer->params, trainer->weights);
	else
		memcpy(trainer->weights, trainer->params,
		       trainer->size * sizeof(real_t));
}

/*
 * Weights that are rounded to the file's form are seen exactly: bfloat16 has not the
 * bits of four of a weight times the eleven of its scale.
 */
static void trainer_brisk(struct train_trainer *trainer, bool brisk)
{
	int i;

	for (i = 0; i < trainer->options.lanes; i++)
		train_pass_brisk(trainer->lane[i].pass, brisk);
}

static void trainer_run_lane(const struct train_trainer *trainer,
			     struct train_lane *lane)
{
	const struct train_options *options = &trainer->options;
	struct train_batch *batch;
	real_t *logits;

	lane->loss = 0;
	memset(lane->grads, 0, trainer->size * sizeof(real_t));
	for (batch = lane->batch; batch < lane->batch + lane->parts; batch++) {
		logits = train_pass_forward(lane->pass, trainer->weights,
					    batch);
		lane->loss += train_loss(batch->losses, options->shape.vocab,
					 batch->target, batch->weight, logits,
					 batch->right);
		train_pass_backward(lane->pass, trainer->weights, batch,
				    logits, lane->grads);
	}
}

static void trainer_count(const struct train_trainer *trainer,
			  const struct train_lane *lane,
			  struct train_figures *figures)
{
	const struct train_batch *batch;
	int i;

	figures->loss += lane->loss;
	for (batch = lane->batch; batch < lane->batch + lane->parts; batch++) {
		figures->rows += batch->rows;
		figures->samples += batch->spans;
		figures->flops += 3 * train_pass_flops(&trainer->options.shape,
						       batch);
		for (i = 0; i < batch->spans; i++)
			figures->exact += train_batch_wrong(batch, i) < 0;
	}
}

static void trainer_update(struct train_trainer *trainer,
			   struct train_figures *figures)
{
	const struct train_options *options = &trainer->options;
	real_t **grads = train_alloc(options->lanes, sizeof(*grads));
	int i;

	for (i = 0; i < options->lanes; i++)
		grads[i] = trainer->lane[i].grads;
	figures->length = train_adamw_length(grads, options->lanes,
					     trainer->size);
	figures->rate = train_rate(trainer->step, options->rise,
				   options->steps, options->rate);
	train_optimise(&options->optimiser, trainer->tensor, trainer->tensors,
		       ++trainer->step, figures->rate, figures->length,
		       grads[0], trainer->mean, trainer->square,
		       trainer->params);
	free(grads);
}

void train_trainer_step(struct train_trainer *trainer,
			struct train_figures *figures)
{
	int i;

	trainer_fill_all(trainer);
	trainer_weights(trainer, train_trainer_is_rounding(trainer));
	trainer_brisk(trainer, !train_trainer_is_rounding(trainer));
#pragma omp parallel for schedule(static, 1)
	for (i = 0; i < trainer->options.lanes; i++)
		trainer_run_lane(trainer, &trainer->lane[i]);
	memset(figures, 0, sizeof(*figures));
	for (i = 0; i < trainer->options.lanes; i++)
		trainer_count(trainer, &trainer->lane[i], figures);
	trainer_update(trainer, figures);
}

/* ---- Evaluation ------------------------------------------------------------- */

static void trainer_answer(const struct train_trainer *trainer,
			   struct train_lane *lane, uint64_t first, int *wrong)
{
	struct train_batch *batch = lane->batch;
	real_t *logits;
	int i;

	logits = train_pass_forward(lane->pass, trainer->weights, batch);
	train_loss(batch->losses, trainer->options.shape.vocab, batch->target,
		   batch->weight, logits, batch->right);
	for (i = 0; i < batch->spans; i++)
		wrong[first + i] = train_batch_wrong(batch, i);
}

void train_trainer_evaluate(struct train_trainer *trainer, bool rounded,
			    train_source_fn source, void *opaque, int count,
			    int *wrong)
{
	struct trainer_set set = {
		.source = source,
		.opaque = opaque,
		.end = count,
	};
	struct train_lane *lane;
	uint64_t first;

	trainer_weights(trainer, rounded);
	trainer_brisk(trainer, false);
#pragma omp parallel private(lane, first)
	{
		lane = &trainer->lane[omp_get_thread_num()];
		do {
#pragma omp critical
			{
				first = set.next;
				trainer_fill(&set,
					     trainer->options.shape.context,
					     lane->batch);
			}
			trainer_answer(trainer, lane, first, wrong);
		} while (lane->batch->spans);
	}
}

int train_trainer_choose(struct train_trainer *trainer,
			 const struct train_tokens *tokens)
{
	/* The row that predicts counts; what it is told to predict does not. */
	struct train_tokens all = {
		.id = tokens->id,
		.count = tokens->count + 1,
		.prompt = tokens->count,
	};
	struct train_lane *lane = &trainer->lane[0];
	int vocab = trainer->options.shape.vocab, best = 0, i;
	const real_t *logits;

	all.id[tokens->count] = 0;
	train_batch_clear(lane->batch);
	train_batch_add(lane->batch, &all, 0);
	logits = train_pass_forward(lane->pass, trainer->weights, lane->batch);
	for (i = 1; i < vocab; i++)
		if (logits[i] > logits[best])
			best = i;
	return best;
}
