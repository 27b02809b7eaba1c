// SPDX-License-Identifier: MIT
/*
 * Clauses that cannot be carried out as they are said: what they name is not
 * there or is not one thing, or something is left unsaid.
 */
#include <string.h>

#include "draft.h"

/* How a description is used. */
enum trouble_role {
	TROUBLE_PICKED, TROUBLE_PUT, TROUBLE_REFERENCE, TROUBLE_ROLES
};

static void trouble_write(struct agent_draft *d, const char *const *phrases, const char *a,
			  const char *r, const char *b, struct agent_text *out)
{
	agent_text_expand(out, agent_draft_draw(d, phrases), &(struct agent_slots) {
		.of['a'] = a, .of['r'] = r, .of['b'] = b, .verb = d->verb,
	});
}

static const char *trouble_rel(struct agent_draft *d)
{
	return agent_list_draw(d->rng,
			       d->language->lexicon->rel[agent_rng_below(d->rng, AGENT_RELS)]);
}

/* An object that can be told, and that @q does not fit, or NULL. */
static bool trouble_mention_apart(struct agent_draft *d, const struct agent_query *q,
				  struct agent_text *out)
{
	int object = agent_rng_below(d->rng, d->sample->scene.count);
	int found[AGENT_OBJECTS];
	enum agent_kind kind;
	int n, i;

	n = q ? agent_query_find(d, q, found) : 0;
	for (i = 0; i < n; i++)
		if (found[i] == object)
			return false;
	return agent_mention_object(d, object, out, &kind) && kind != AGENT_OTHER;
}

/* A clause about what @words say, in any role. */
static bool trouble_use(struct agent_draft *d, enum trouble_role role,
			const struct agent_query *q, const char *words, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	struct agent_text apart;

	if (role == TROUBLE_PICKED) {
		trouble_write(d, p->pick, words, NULL, NULL, out);
		return true;
	}
	agent_text_clear(&apart);
	if (!trouble_mention_apart(d, q, &apart))
		return false;
	if (role == TROUBLE_PUT)
		trouble_write(d, p->put, words, trouble_rel(d), apart.s, out);
	else
		trouble_write(d, p->put, apart.s, trouble_rel(d), words, out);
	return true;
}

static enum agent_kind trouble_kind(struct agent_draft *d, const struct agent_query *q)
{
	if (!q->noun)
		return AGENT_BY_COLOUR;
	if (!q->colour && !q->attribute)
		return AGENT_BY_NOUN;
	return agent_rng_chance(d->rng, 85) ? AGENT_BY_NAME : AGENT_BY_CLAUSE;
}

/* Words that fit two objects or more. */
static bool trouble_which(struct agent_draft *d, struct agent_text *out)
{
	enum trouble_role role = agent_rng_below(d->rng, TROUBLE_ROLES);
	const struct agent_thing *t;
	struct agent_text words;
	int found[AGENT_OBJECTS];
	struct agent_query q;

	t = &d->thing[agent_rng_below(d->rng, d->sample->scene.count)];
	q = (struct agent_query) { .noun = agent_rng_chance(d->rng, 85) ? t->noun : NULL };
	if (!q.noun || agent_rng_chance(d->rng, 60))
		q.colour = t->colour;
	if (agent_rng_chance(d->rng, 20))
		q.attribute = t->attribute;
	/* After a block, "the red one" is the red block. */
	if (!q.noun && (!q.colour || d->theme >= 0 || role == TROUBLE_REFERENCE))
		return false;
	if (agent_query_find(d, &q, found) < 2)
		return false;
	agent_text_clear(&words);
	agent_query_mention(d, &q, trouble_kind(d, &q), NULL, &words);
	agent_text_hint(&words, AGENT_HINT_ASK + AGENT_WHICH);
	return trouble_use(d, role, &q, words.s, out);
}

/* Words that no object has, made from those of objects, and others. */
static void trouble_draw_missing(struct agent_draft *d, struct agent_query *q)
{
	int n = d->sample->scene.count;
	const struct agent_thing *a = &d->thing[agent_rng_below(d->rng, n)];
	const struct agent_thing *b = &d->thing[agent_rng_below(d->rng, n)];
	bool invented = d->nouns && agent_rng_chance(d->rng, 60);

	*q = (struct agent_query) { .noun = a->noun };
	switch (agent_rng_below(d->rng, 5)) {
	case 0:
		q->noun = agent_world_draw_noun(d, invented);
		q->colour = a->colour;
		break;
	case 1:
		q->noun = agent_world_draw_noun(d, invented);
		break;
	case 2:
		q->colour = b->colour;
		q->attribute = agent_rng_chance(d->rng, 30) ? b->attribute : NULL;
		break;
	case 3:
		q->colour = agent_world_draw_colour(d, invented);
		break;
	case 4:
		q->noun = NULL;
		q->colour = agent_world_draw_colour(d, invented);
		break;
	}
}

static bool trouble_absent(struct agent_draft *d, struct agent_text *out)
{
	enum trouble_role role = agent_rng_below(d->rng, TROUBLE_ROLES);
	struct agent_text words;

	agent_text_clear(&words);
	agent_text_add(&words, agent_list_draw(d->rng, d->language->gaps->absent));
	agent_text_hint(&words, AGENT_HINT_REFUSE + AGENT_MISSING);
	return trouble_use(d, role, NULL, words.s, out);
}

static bool trouble_missing(struct agent_draft *d, struct agent_text *out)
{
	static const enum agent_kind groups[] = { AGENT_BOTH, AGENT_ALL, AGENT_THREE };
	static const enum agent_kind ends[] = { AGENT_LEFTMOST, AGENT_RIGHTMOST, AGENT_ANY };
	enum trouble_role role = agent_rng_below(d->rng, TROUBLE_ROLES);
	int found[AGENT_OBJECTS];
	struct agent_text words;
	struct agent_query q;
	enum agent_kind kind;

	if (agent_rng_chance(d->rng, 12))
		return trouble_absent(d, out);
	trouble_draw_missing(d, &q);
	if ((!q.noun && !q.colour) || agent_query_find(d, &q, found))
		return false;
	kind = trouble_kind(d, &q);
	if (q.noun && agent_rng_chance(d->rng, 10))
		kind = ends[agent_rng_below(d->rng, 3)];
	else if (q.noun && role == TROUBLE_PUT && agent_rng_chance(d->rng, 15))
		kind = groups[agent_rng_below(d->rng, 3)];
	agent_text_clear(&words);
	agent_query_mention(d, &q, kind, NULL, &words);
	agent_text_hint(&words, AGENT_HINT_REFUSE + AGENT_MISSING);
	return trouble_use(d, role, &q, words.s, out);
}

static bool trouble_what(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_gaps *g = d->language->gaps;
	struct agent_text place;

	/* With an object spoken of before, "it" would have a meaning. */
	if (d->theme >= 0 || d->apart)
		return false;
	if (agent_rng_chance(d->rng, 50)) {
		trouble_write(d, g->pick_what, NULL, NULL, NULL, out);
		return true;
	}
	agent_text_clear(&place);
	if (!trouble_mention_apart(d, NULL, &place))
		return false;
	trouble_write(d, g->put_what, NULL, trouble_rel(d), place.s, out);
	return true;
}

/* "Next to the cup" is no place: the side is not said. */
static bool trouble_vague(struct agent_draft *d, const char *theme, struct agent_text *out)
{
	struct agent_text place, vague;
	const struct agent_slots *slots;

	agent_text_clear(&place);
	agent_text_clear(&vague);
	if (!trouble_mention_apart(d, NULL, &place) || !strcmp(place.s, theme))
		return false;
	slots = &(struct agent_slots) { .of['b'] = place.s };
	agent_text_expand(&vague, agent_list_draw(d->rng, d->language->gaps->place_vague), slots);
	trouble_write(d, d->language->gaps->put_vague, theme, NULL, vague.s, out);
	return true;
}

static bool trouble_where(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	const struct agent_gaps *g = d->language->gaps;
	struct agent_text theme;
	enum agent_dir dir;

	if (agent_rng_chance(d->rng, 15)) {
		dir = agent_rng_below(d->rng, AGENT_BACK);
		agent_text_expand(out, agent_draft_draw(d, g->move_where), &(struct agent_slots) {
			.of['d'] = agent_list_draw(d->rng, p->dir[dir]), .verb = d->verb,
		});
		return true;
	}
	agent_text_clear(&theme);
	if (!trouble_mention_apart(d, NULL, &theme))
		return false;
	if (agent_rng_chance(d->rng, 40))
		return trouble_vague(d, theme.s, out);
	trouble_write(d, g->put_where, theme.s, NULL, NULL, out);
	return true;
}

static bool trouble_make(struct agent_draft *d, const struct agent_action *trouble,
			 struct agent_text *out)
{
	static bool (*const ask[AGENT_ABOUTS])(struct agent_draft *, struct agent_text *) = {
		[AGENT_WHICH] = trouble_which,
		[AGENT_WHAT] = trouble_what,
		[AGENT_WHERE] = trouble_where,
	};

	if (trouble->verb == AGENT_REFUSE && trouble->why != AGENT_MISSING)
		return agent_refusal_make(d, trouble->why, out);
	d->named = d->theme;
	/* With a full hand, other things would be wrong as well. */
	if (d->held >= 0)
		return false;
	return trouble->verb == AGENT_ASK ? ask[trouble->about](d, out) : trouble_missing(d, out);
}

/* What is missing, or is more than one thing, is told where it is named. */
static void trouble_hint(const struct agent_action *trouble, struct agent_text *out)
{
	if (trouble->verb == AGENT_ASK && trouble->about != AGENT_WHICH)
		agent_text_hint(out, AGENT_HINT_ASK + trouble->about);
	else if (trouble->verb == AGENT_REFUSE && trouble->why != AGENT_MISSING)
		agent_text_hint(out, AGENT_HINT_REFUSE + trouble->why);
}

bool agent_trouble_make(struct agent_draft *d, const struct agent_action *trouble,
			struct agent_text *out)
{
	bool made = trouble_make(d, trouble, out);

	trouble_hint(trouble, out);
	return made;
}
