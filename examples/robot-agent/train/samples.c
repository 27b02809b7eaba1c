// SPDX-License-Identifier: MIT
#include <err.h>

#include "samples.h"
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

void train_samples_source(void *opaque, uint64_t number,
			  struct train_tokens *tokens)
{
	const struct train_samples *samples = opaque;
	struct agent_sample sample;
	struct train_text text;

	train_samples_make(samples, number, &sample, &text);
	train_vocab_sample(samples->vocab, text.prompt, text.answer, tokens);
}
