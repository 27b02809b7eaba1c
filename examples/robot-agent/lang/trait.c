// SPDX-License-Identifier: MIT
/*
 * Held-out traits that the text itself shows.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "draft.h"

static const char *const trait_names[AGENT_TRAITS] = {
	"noun", "colour", "combination", "template", "length", "wording",
};

const char *agent_trait_name(int bit)
{
	return trait_names[bit];
}

static bool trait_letter(const char *s, const char *p)
{
	return p >= s && isalpha((unsigned char)*p);
}

/* Whether @word is in @s, not as a part of another English word. */
static bool trait_has_word(const char *s, const char *word)
{
	const char *p;

	for (p = strstr(s, word); p; p = strstr(p + 1, word))
		if (!isascii((unsigned char)*word) || (!trait_letter(s, p - 1) &&
						       !trait_letter(s, p + strlen(word))))
			return true;
	return false;
}

static bool trait_has_noun(const char *s, const struct agent_noun *noun)
{
	for (; noun->form[0]; noun++)
		if (trait_has_word(s, noun->form[0]) ||
		    (noun->plural[0] && trait_has_word(s, noun->plural[0])))
			return true;
	return false;
}

/* A Chinese colour may lack its last character. */
static bool trait_has_colour(const char *s, const char *const *colour)
{
	char word[32];

	for (; *colour; colour++) {
		snprintf(word, sizeof(word), "%s", *colour);
		if (!isascii((unsigned char)*word))
			word[3] = '\0';
		if (trait_has_word(s, word))
			return true;
	}
	return false;
}

void agent_trait_find(struct agent_draft *d)
{
	const struct agent_lexicon *l = d->language->lexicon;
	struct agent_sample *s = d->sample;

	if (trait_has_noun(s->instruction, l->noun_held_out))
		s->traits |= AGENT_TRAIT_NOUN;
	if (trait_has_colour(s->instruction, l->colour_held_out))
		s->traits |= AGENT_TRAIT_COLOUR;
	if (s->clauses > AGENT_CLAUSES)
		s->traits |= AGENT_TRAIT_LENGTH;
}
