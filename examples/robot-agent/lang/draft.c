// SPDX-License-Identifier: MIT
#include <string.h>

#include "draft.h"

/* Of 1000 combinations, those that are held out. */
#define DRAFT_COMBINATIONS	125
#define DRAFT_TEMPLATES		100

#define DRAFT_SEED		0x544e5055

const char *agent_draft_draw(struct agent_draft *d, const char *const *list)
{
	const char *phrase;

	do {
		phrase = agent_list_draw(d->rng, list);
	} while (d->verb && !strchr(phrase, '{'));
	return phrase;
}

bool agent_draft_do(struct agent_draft *d, struct agent_action action)
{
	struct agent_program *program = &d->sample->program;

	if (program->count == AGENT_ACTIONS)
		return false;
	program->action[program->count++] = action;
	return true;
}

static uint64_t draft_hash(const char *s)
{
	uint64_t hash = DRAFT_SEED;

	while (*s)
		hash = agent_rng_mix(hash, (unsigned char)*s++);
	return hash;
}

void agent_draft_keep_out(struct agent_draft *d, enum agent_trait trait, const char *a, int b,
			  const char *c)
{
	uint64_t hash = agent_rng_mix(agent_rng_mix(draft_hash(a), b), draft_hash(c));
	int share = trait == AGENT_TRAIT_COMBINATION ? DRAFT_COMBINATIONS : DRAFT_TEMPLATES;

	if (agent_rng_mix(hash, trait) % 1000 < share)
		d->sample->traits |= trait;
}
