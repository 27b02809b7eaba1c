// SPDX-License-Identifier: MIT
/*
 * What is to be refused: unsafe and senseless instructions, from a grammar.
 */
#include <stdio.h>

#include "draft.h"

#define REFUSAL_TOO_FAR	10	/* percent of what is unsafe */

static void refusal_add_object(struct agent_draft *d, struct agent_text *out)
{
	struct agent_text object;
	enum agent_kind kind;

	agent_text_clear(&object);
	if (agent_mention_object(d, agent_rng_below(d->rng, d->sample->scene.count), &object,
				 &kind))
		agent_text_add(out, object.s);
	else
		agent_text_add(out, agent_list_draw(d->rng, d->language->gaps->absent));
}

static void refusal_add_number(struct agent_draft *d, struct agent_text *out)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%d", 1 + agent_rng_below(d->rng, 99));
	agent_text_add(out, digits);
}

static void refusal_add_invented(struct agent_draft *d, struct agent_text *out)
{
	char word[32];

	agent_invent_word(d->rng, d->sample->scene.tongue, false, word, sizeof(word));
	agent_text_add(out, word);
}

/* What stands for "%x". */
static void refusal_add_slot(struct agent_draft *d, const struct agent_refusals *grammar, char slot,
			     struct agent_text *out)
{
	const char *const *list = grammar->slot[(unsigned char)slot];

	if (slot == 'o')
		refusal_add_object(d, out);
	else if (slot == 'n')
		refusal_add_number(d, out);
	else if (slot == 'g')
		refusal_add_invented(d, out);
	else
		agent_refusal_expand(d, grammar, agent_list_draw(d->rng, list), out);
}

void agent_refusal_expand(struct agent_draft *d, const struct agent_refusals *grammar,
			  const char *pattern, struct agent_text *out)
{
	const char *p;

	for (p = pattern; *p; p++) {
		if (*p == '%')
			refusal_add_slot(d, grammar, *++p, out);
		else
			agent_text_add_char(out, *p);
	}
}

static void refusal_too_far(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	enum agent_dir dir = agent_rng_below(d->rng, AGENT_DIRS);
	const char *const *phrases = p->move;
	struct agent_text length;

	agent_text_clear(&length);
	agent_number_too_long(d, &length);
	if (agent_rng_chance(d->rng, 30))
		phrases = p->move_dir[dir];
	agent_text_expand(out, agent_list_draw(d->rng, phrases), &(struct agent_slots) {
		.of['d'] = agent_list_draw(d->rng, p->dir[dir]), .of['n'] = length.s,
	});
}

bool agent_refusal_make(struct agent_draft *d, enum agent_why why, struct agent_text *out)
{
	const struct agent_refusals *grammar = d->language->refusals[why];

	/* These phrases are orders only. */
	if (d->verb)
		return false;
	d->named = -1;
	if (why == AGENT_UNSAFE && agent_rng_chance(d->rng, REFUSAL_TOO_FAR))
		refusal_too_far(d, out);
	else
		agent_refusal_expand(d, grammar, agent_list_draw(d->rng, grammar->pattern),
				     out);
	return !out->full;
}
