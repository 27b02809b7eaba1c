// SPDX-License-Identifier: MIT
/*
 * Ways to speak of an object, or of several, that the scene decides.
 */
#include <string.h>

#include "draft.h"

#define MENTION_TRIES	16

/* Of 1000 mentions, those of each kind that are tried. */
static const struct {
	enum agent_kind kind;
	int share;
} mention_shares[] = {
	{ AGENT_BY_NAME, 540 }, { AGENT_BY_NOUN, 170 }, { AGENT_BY_COLOUR, 80 },
	{ AGENT_BY_CLAUSE, 40 }, { AGENT_LEFTMOST, 40 }, { AGENT_RIGHTMOST, 40 },
	{ AGENT_ANY, 20 }, { AGENT_LEFT_NEIGHBOUR, 8 }, { AGENT_RIGHT_NEIGHBOUR, 8 },
	{ AGENT_OTHER, 34 }, { AGENT_THING_LEFTMOST, 10 }, { AGENT_THING_RIGHTMOST, 10 },
};

static enum agent_kind mention_draw_kind(struct agent_draft *d)
{
	int r = agent_rng_below(d->rng, 1000);
	int i = 0;

	while (r >= mention_shares[i].share)
		r -= mention_shares[i++].share;
	return mention_shares[i].kind;
}

/* Words of a thing: its noun or not, and some of what else it has. */
static void mention_draw_query(struct agent_draft *d, const struct agent_thing *t, bool noun,
			       int more, struct agent_query *q)
{
	*q = (struct agent_query) { .noun = noun ? t->noun : NULL };
	if (agent_rng_chance(d->rng, more))
		q->colour = t->colour;
	if (agent_rng_chance(d->rng, more))
		q->attribute = t->attribute;
}

static bool mention_by_words(struct agent_draft *d, int object, enum agent_kind kind,
			     struct agent_text *out)
{
	bool noun = kind != AGENT_BY_COLOUR;
	int found[AGENT_OBJECTS];
	struct agent_query q;

	mention_draw_query(d, &d->thing[object], noun, kind == AGENT_BY_NOUN ? 0 : 85, &q);
	if (kind != AGENT_BY_NOUN && !q.colour && !q.attribute)
		return false;
	if (agent_query_find(d, &q, found) != 1)
		return false;
	agent_query_mention(d, &q, kind, NULL, out);
	return true;
}

static bool mention_by_place(struct agent_draft *d, int object, enum agent_kind kind,
			     struct agent_text *out)
{
	int found[AGENT_OBJECTS];
	struct agent_query q;
	int n;

	mention_draw_query(d, &d->thing[object], true, 35, &q);
	n = agent_query_find(d, &q, found);
	if (n < 2 && kind != AGENT_ANY)
		return false;
	if (found[kind == AGENT_RIGHTMOST ? n - 1 : 0] != object)
		return false;
	agent_query_mention(d, &q, kind, NULL, out);
	return true;
}

static bool mention_by_end(struct agent_draft *d, int object, enum agent_kind kind,
			   struct agent_text *out)
{
	int end = kind == AGENT_THING_LEFTMOST ? 0 : d->sample->scene.count - 1;

	if (object != end)
		return false;
	agent_query_mention(d, &(struct agent_query) { NULL }, kind, NULL, out);
	return true;
}

/* The thing just left of the cup is the one before the cup in the scene. */
static bool mention_by_neighbour(struct agent_draft *d, int object, enum agent_kind kind,
				 struct agent_text *out)
{
	int next = object + (kind == AGENT_LEFT_NEIGHBOUR ? 1 : -1);
	struct agent_text other;

	if (next < 0 || next >= d->sample->scene.count)
		return false;
	agent_text_clear(&other);
	if (!mention_by_words(d, next, AGENT_BY_NAME, &other) &&
	    !mention_by_words(d, next, AGENT_BY_NOUN, &other))
		return false;
	agent_query_mention(d, &(struct agent_query) { NULL }, kind, other.s, out);
	return true;
}

static bool mention_by_other(struct agent_draft *d, int object, struct agent_text *out)
{
	struct agent_query q = { .noun = d->thing[object].noun };
	int found[AGENT_OBJECTS];

	if (d->apart || d->named < 0 || d->named == object ||
	    d->thing[d->named].noun != q.noun || agent_query_find(d, &q, found) != 2)
		return false;
	agent_query_mention(d, &q, AGENT_OTHER, NULL, out);
	return true;
}

static bool mention_try(struct agent_draft *d, int object, enum agent_kind kind,
			struct agent_text *out)
{
	switch (kind) {
	case AGENT_LEFTMOST:
	case AGENT_RIGHTMOST:
	case AGENT_ANY:
		return mention_by_place(d, object, kind, out);
	case AGENT_THING_LEFTMOST:
	case AGENT_THING_RIGHTMOST:
		return mention_by_end(d, object, kind, out);
	case AGENT_LEFT_NEIGHBOUR:
	case AGENT_RIGHT_NEIGHBOUR:
		return mention_by_neighbour(d, object, kind, out);
	case AGENT_OTHER:
		return mention_by_other(d, object, out);
	default:
		return mention_by_words(d, object, kind, out);
	}
}

static bool mention_object(struct agent_draft *d, int object, struct agent_text *out,
			   enum agent_kind *kind)
{
	int i;

	/* "The other one" is rare otherwise, as it needs so much. */
	if (agent_rng_chance(d->rng, 40)) {
		*kind = AGENT_OTHER;
		if (mention_by_other(d, object, out))
			return true;
	}
	for (i = 0; i < MENTION_TRIES; i++) {
		*kind = mention_draw_kind(d);
		if (mention_try(d, object, *kind, out))
			return true;
	}
	return false;
}

bool agent_mention_object(struct agent_draft *d, int object, struct agent_text *out,
			  enum agent_kind *kind)
{
	bool found = mention_object(d, object, out, kind);

	agent_text_hint(out, object);
	return found;
}

static int mention_list(struct agent_draft *d, int but, struct agent_text *out,
			int object[AGENT_OBJECTS])
{
	const char *join = d->language->lexicon->list_join[0];
	int n = 2 + agent_rng_chance(d->rng, 20);
	enum agent_kind kind;
	int i, k;

	for (i = 0; i < n; i++) {
		object[i] = agent_rng_below(d->rng, d->sample->scene.count);
		for (k = 0; k < i && object[k] != object[i]; k++)
			;
		if (k < i || object[i] == but)
			return 0;
		if (i)
			agent_text_add(out, i < n - 1 ? d->language->lexicon->list_join[1] : join);
		if (!agent_mention_object(d, object[i], out, &kind) || kind == AGENT_OTHER)
			return 0;
	}
	return n;
}

static bool mention_count_fits(enum agent_kind kind, int n)
{
	switch (kind) {
	case AGENT_BOTH:
		return n == 2;
	case AGENT_THREE:
		return n == 3;
	default:
		return n >= 2;
	}
}

static int mention_alike(struct agent_draft *d, int but, enum agent_kind kind,
			 struct agent_text *out, int object[AGENT_OBJECTS])
{
	int first = agent_rng_below(d->rng, d->sample->scene.count);
	struct agent_query q;
	int n, i;

	mention_draw_query(d, &d->thing[first], true, 25, &q);
	n = agent_query_find(d, &q, object);
	for (i = 0; i < n && object[i] != but; i++)
		;
	if (i < n || !mention_count_fits(kind, n))
		return 0;
	agent_query_mention(d, &q, kind, NULL, out);
	return n;
}

static int mention_everything(struct agent_draft *d, int but, struct agent_text *out,
			      int object[AGENT_OBJECTS])
{
	int n = 0;
	int i;

	for (i = 0; i < d->sample->scene.count; i++)
		if (i != but)
			object[n++] = i;
	if (n < 2)
		return 0;
	agent_query_mention(d, &(struct agent_query) { NULL }, AGENT_EVERYTHING, NULL, out);
	return n;
}

/*
 * Each of a group is foretold as often as any other, and so all are. The lot is drawn
 * from a copy: what is noted changes nothing that is said.
 */
static int mention_hint(const struct agent_draft *d, const int *object, int n,
			struct agent_text *out)
{
	struct agent_rng rng = *d->rng;

	if (n)
		agent_text_hint(out, object[agent_rng_below(&rng, n)]);
	return n;
}

int agent_mention_group(struct agent_draft *d, int but, struct agent_text *out,
			int object[AGENT_OBJECTS], enum agent_kind *kind)
{
	static const enum agent_kind kinds[] = {
		AGENT_LIST, AGENT_LIST, AGENT_LIST, AGENT_BOTH, AGENT_BOTH, AGENT_BOTH,
		AGENT_THREE, AGENT_ALL, AGENT_ALL, AGENT_EVERYTHING,
	};

	*kind = kinds[agent_rng_below(d->rng, sizeof(kinds) / sizeof(kinds[0]))];
	switch (*kind) {
	case AGENT_LIST:
		return mention_list(d, but, out, object);
	case AGENT_EVERYTHING:
		return mention_hint(d, object, mention_everything(d, but, out, object), out);
	default:
		return mention_hint(d, object, mention_alike(d, but, *kind, out, object), out);
	}
}
