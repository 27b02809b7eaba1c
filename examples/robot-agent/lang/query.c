// SPDX-License-Identifier: MIT
/*
 * What an instruction calls an object, and which objects fit.
 *
 * The one rule: a description fits an object when the object has each of its
 * words, where the synonyms of a noun are one word.
 */
#include <stdio.h>
#include <string.h>

#include "draft.h"

/* Percent: another synonym than the noun's first. */
#define QUERY_SYNONYM	30

static bool query_fits(const struct agent_query *q, const struct agent_thing *t)
{
	if (q->noun && q->noun != t->noun)
		return false;
	if (q->colour && (!t->colour || strcmp(q->colour, t->colour)))
		return false;
	return !q->attribute || (t->attribute && !strcmp(q->attribute, t->attribute));
}

int agent_query_find(const struct agent_draft *d, const struct agent_query *q,
		     int found[AGENT_OBJECTS])
{
	int n = 0;
	int i;

	for (i = 0; i < d->sample->scene.count; i++)
		if (query_fits(q, &d->thing[i]))
			found[n++] = i;
	return n;
}

static bool query_listed(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

/* A made-up or held-out word stays as it is: a model cannot know it. */
static void query_add_word(struct agent_text *text, const char *word, bool known)
{
	if (!known)
		agent_text_add(text, AGENT_MARK_OPEN);
	agent_text_add(text, word);
	if (!known)
		agent_text_add(text, AGENT_MARK_CLOSE);
}

static void query_add_colour(struct agent_draft *d, const struct agent_query *q, bool shorten,
			     struct agent_text *text)
{
	char word[32];

	snprintf(word, sizeof(word), "%s", q->colour);
	if (shorten)
		word[strlen(word) - strlen("色")] = '\0';
	query_add_word(text, word, query_listed(d->language->lexicon->colour, q->colour));
}

/* "small red", "小号红色" */
static void query_add_qualities(struct agent_draft *d, const struct agent_query *q, bool shorten,
				struct agent_text *text)
{
	if (q->attribute)
		agent_text_add(text, q->attribute);
	if (q->attribute && q->colour && d->sample->scene.tongue == AGENT_ENGLISH)
		agent_text_add(text, " ");
	if (q->colour)
		query_add_colour(d, q, shorten, text);
}

static void query_add_noun(struct agent_draft *d, const struct agent_noun *noun, bool plural,
			   struct agent_text *text)
{
	int form = agent_rng_chance(d->rng, QUERY_SYNONYM) && noun->form[1];
	bool invented = noun >= d->noun && noun < d->noun + AGENT_INVENTED;

	if (plural && noun->plural[form])
		query_add_word(text, noun->plural[form], !invented && !noun->held_out);
	else
		query_add_word(text, noun->form[form], !invented && !noun->held_out);
}

static void query_add_all(struct agent_draft *d, const struct agent_query *q, bool plural,
			  struct agent_text *text)
{
	bool english = d->sample->scene.tongue == AGENT_ENGLISH;
	bool shorten = !english && q->colour && agent_rng_chance(d->rng, 20);

	query_add_qualities(d, q, shorten, text);
	if (q->colour || q->attribute) {
		if (english)
			agent_text_add(text, " ");
		else if (!shorten && agent_rng_chance(d->rng, 30))
			agent_text_add(text, "的");
	}
	query_add_noun(d, q->noun, plural, text);
}

/* "an old cup" */
static const char *query_article(const char *words)
{
	words += *words == AGENT_MARK_OPEN[0];
	return *words && strchr("aeiou", *words) ? "an" : "a";
}

void agent_query_mention(struct agent_draft *d, const struct agent_query *q, enum agent_kind kind,
			 const char *other, struct agent_text *out)
{
	const struct agent_lexicon *l = d->language->lexicon;
	const char *phrase = agent_list_draw(d->rng, l->mention[kind]);
	const char *thing = agent_list_draw(d->rng, l->thing);
	struct agent_text name, plural, noun, qualities;

	agent_text_clear(&name);
	agent_text_clear(&plural);
	agent_text_clear(&noun);
	agent_text_clear(&qualities);
	query_add_qualities(d, q, false, &qualities);
	if (q->noun) {
		query_add_all(d, q, false, &name);
		query_add_all(d, q, true, &plural);
		query_add_noun(d, q->noun, false, &noun);
	}
	if (d->terse && kind <= AGENT_BY_NOUN)
		phrase = "%w";
	agent_text_expand(out, phrase, &(struct agent_slots) {
		.of['w'] = name.s, .of['p'] = plural.s, .of['n'] = noun.s,
		.of['c'] = qualities.s, .of['b'] = other, .of['t'] = thing,
		.of['i'] = query_article(name.s),
	});
}
