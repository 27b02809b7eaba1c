// SPDX-License-Identifier: MIT
#include <err.h>
#include <string.h>

#include "samples.h"
#include "skeleton.h"
#include "trainer.h"

_Static_assert(AGENT_PROMPT + AGENT_TEXT + 3 <= TRAIN_SAMPLE_MAX,
	       "a token has a byte at least");

void train_samples_make(const struct train_samples *samples, uint64_t number,
			struct agent_sample *sample, struct train_text *text)
{
	struct agent_rng rng;

	agent_rng_seed(&rng, samples->seed, number);
	if (samples->split == AGENT_TRAIN)
		agent_sample_make(&rng, samples->split, sample);
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

void train_samples_source(void *opaque, uint64_t number,
			  struct train_tokens *tokens)
{
	const struct train_samples *samples = opaque;
	struct agent_sample sample;
	struct train_text text;

	train_samples_make(samples, number, &sample, &text);
	train_vocab_sample(samples->vocab, text.prompt, text.answer, tokens);
	tokens->easy = samples_easy(&sample);
	if (tokens->hint)
		samples_hint(samples->vocab, &sample, text.prompt, tokens);
}
