// SPDX-License-Identifier: MIT
#include <err.h>
#include <string.h>

#include "samples.h"
#include "skeleton.h"
#include "trainer.h"

_Static_assert(AGENT_PROMPT + AGENT_TEXT + 3 <= TRAIN_SAMPLE_MAX,
	       "a token has a byte at least");

static void samples_make_train(const struct train_samples *samples, struct agent_rng *rng,
			       struct agent_sample *sample)
{
	bool english;

	if (!samples->english) {
		agent_sample_make(rng, AGENT_TRAIN, sample);
		return;
	}
	english = agent_rng_chance(rng, samples->english);
	agent_sample_make_in(rng, AGENT_TRAIN, english ? AGENT_ENGLISH : AGENT_CHINESE, sample);
}

/* Streams of their own: what else is drawn for a sample does not depend on these. */
#define SAMPLES_UNDER_WAY	0x756e646572776179ull

/*
 * A sample's actions that are left out of its answer, by lot: one that is given and
 * one that is asked for are left. 0: all are asked for.
 */
static int samples_done(const struct train_samples *samples, uint64_t number,
			const struct agent_sample *sample)
{
	struct agent_rng rng;

	agent_rng_seed(&rng, samples->seed ^ SAMPLES_UNDER_WAY, number);
	if (samples->split != AGENT_TRAIN || sample->program.count < 3 ||
	    !agent_rng_chance(&rng, samples->under_way))
		return 0;
	return 1 + agent_rng_below(&rng, sample->program.count - 2);
}

void train_samples_make(const struct train_samples *samples, uint64_t number,
			struct agent_sample *sample, struct train_text *text)
{
	struct agent_rng rng;

	agent_rng_seed(&rng, samples->seed, number);
	if (samples->split == AGENT_TRAIN)
		samples_make_train(samples, &rng, sample);
	else if (samples->split == AGENT_REFUSE_TEST)
		agent_sample_refuse(&rng, number % AGENT_REFUSALS, sample);
	else
		agent_sample_make_in(&rng, samples->split,
				     number % TRAIN_TONGUES ? AGENT_CHINESE :
							      AGENT_ENGLISH,
				     sample);
	if (agent_prompt_print(&sample->scene, sample->instruction,
			       text->prompt, sizeof(text->prompt)) < 0 ||
	    agent_program_print(&sample->program, text->answer,
				sizeof(text->answer)) < 0)
		errx(1, "sample %ju does not fit its limits",
		     (uintmax_t)number);
}

/*
 * One clause about things, and nothing wrong with it: from these a model learns
 * soonest which thing is meant.
 */
static bool samples_easy(const struct agent_sample *sample)
{
	return sample->clauses == 1 &&
	       sample->program.action[0].verb <= AGENT_PLACE;
}

/* Hints go to the tokens that the places they are about end in. */
static void samples_hint(struct train_vocab *vocab,
			 const struct agent_sample *sample, const char *prompt,
			 struct train_tokens *tokens)
{
	size_t at = 0, len, first;
	int i, n = 0;

	/* The instruction's last line end is that before "plan:". */
	first = strrchr(prompt, '\n') - prompt - strlen(sample->instruction);
	for (i = 0; i < tokens->prompt; i++) {
		train_vocab_piece(vocab, tokens->id[i], &len);
		at += len;
		tokens->hint[i] = -1;
		while (n < sample->hints && first + sample->hint[n].end <= at)
			tokens->hint[i] =
				train_skeleton_hint(vocab,
						    sample->hint[n++].what);
	}
}

/* Leave out the first @done actions of the answer. */
static void samples_skip(int done, struct agent_sample *sample, struct train_text *text)
{
	struct agent_program *program = &sample->program;

	program->count -= done;
	memmove(program->action, program->action + done,
		program->count * sizeof(program->action[0]));
	agent_program_print(program, text->answer, sizeof(text->answer));
}

/* Make the first action part of what is given; the comma behind it is in its token. */
static void samples_give(struct train_vocab *vocab, const struct agent_sample *sample,
			 struct train_tokens *tokens)
{
	struct agent_program first = { .count = 1, .action[0] = sample->program.action[0] };
	char text[AGENT_TEXT];
	size_t left, len;

	left = strlen(" ") + agent_program_print(&first, text, sizeof(text));
	while (left) {
		train_vocab_piece(vocab, tokens->id[tokens->prompt], &len);
		if (tokens->hint)
			tokens->hint[tokens->prompt] = -1;
		tokens->prompt++;
		left -= len < left ? len : left;
	}
}

void train_samples_source(void *opaque, uint64_t number,
			  struct train_tokens *tokens)
{
	const struct train_samples *samples = opaque;
	struct agent_sample sample;
	struct train_text text;
	int done;

	train_samples_make(samples, number, &sample, &text);
	tokens->easy = samples_easy(&sample);
	done = samples_done(samples, number, &sample);
	if (done)
		samples_skip(done, &sample, &text);
	train_vocab_sample(samples->vocab, text.prompt, text.answer, tokens);
	if (tokens->hint)
		samples_hint(samples->vocab, &sample, text.prompt, tokens);
	if (done)
		samples_give(samples->vocab, &sample, tokens);
}
