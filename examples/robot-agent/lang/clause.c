// SPDX-License-Identifier: MIT
/*
 * Clauses with a meaning: what is said, and the actions that it stands for.
 */
#include <string.h>

#include "draft.h"

#define CLAUSE_TRIES	24

/* Of 100 clauses, those of each kind, with a free hand and with a full one. */
enum clause_kind {
	CLAUSE_PUT, CLAUSE_PICK, CLAUSE_GROUP, CLAUSE_THERE, CLAUSE_PLACE, CLAUSE_LET_GO,
	CLAUSE_GRIPPER, CLAUSE_MOVE, CLAUSE_HOME, CLAUSE_WAIT, CLAUSE_KINDS
};

static const int clause_free[CLAUSE_KINDS] = {
	[CLAUSE_PUT] = 46, [CLAUSE_PICK] = 15, [CLAUSE_GROUP] = 7, [CLAUSE_THERE] = 3,
	[CLAUSE_GRIPPER] = 8, [CLAUSE_MOVE] = 9, [CLAUSE_HOME] = 6, [CLAUSE_WAIT] = 6,
};

static const int clause_full[CLAUSE_KINDS] = {
	[CLAUSE_PLACE] = 62, [CLAUSE_LET_GO] = 6, [CLAUSE_GRIPPER] = 3, [CLAUSE_MOVE] = 14,
	[CLAUSE_HOME] = 7, [CLAUSE_WAIT] = 8,
};

/**
 * struct clause_place - where something goes
 * @rel: relation
 * @ref: to this object
 * @phrase: the relation in words
 * @text: the object in words
 * @kind: of @text
 */
struct clause_place {
	enum agent_rel rel;
	int ref;
	const char *phrase;
	struct agent_text text;
	enum agent_kind kind;
};

static bool clause_do(struct agent_draft *d, enum agent_verb verb)
{
	return agent_draft_do(d, (struct agent_action) { .verb = verb });
}

static bool clause_do_pick(struct agent_draft *d, int object)
{
	return agent_draft_do(d, (struct agent_action) { .verb = AGENT_PICK, .obj = object });
}

static bool clause_do_place(struct agent_draft *d, const struct clause_place *place)
{
	return agent_draft_do(d, (struct agent_action) {
		.verb = AGENT_PLACE, .rel = place->rel, .ref = place->ref,
	});
}

static bool clause_do_put(struct agent_draft *d, int object, const struct clause_place *place)
{
	return clause_do_pick(d, object) && clause_do_place(d, place);
}

static void clause_placed(struct agent_draft *d, const struct clause_place *place)
{
	d->placed = true;
	d->rel = place->rel;
	d->ref = place->ref;
	d->held = -1;
}

static int clause_draw_object(struct agent_draft *d)
{
	return agent_rng_below(d->rng, d->sample->scene.count);
}

/* Nothing goes into a thing that holds nothing, where that is known. */
static enum agent_rel clause_draw_rel(struct agent_draft *d, int ref)
{
	enum agent_rel rel = agent_rng_below(d->rng, AGENT_RELS);

	if (d->thing[ref].noun->container)
		return agent_rng_chance(d->rng, 25) ? AGENT_IN : rel;
	return rel == AGENT_IN ? AGENT_ON : rel;
}

/* Some place, which is not beside @object itself. */
static bool clause_draw_place(struct agent_draft *d, int object, struct clause_place *place)
{
	place->ref = clause_draw_object(d);
	if (place->ref == object)
		return false;
	d->named = object;
	place->rel = clause_draw_rel(d, place->ref);
	place->phrase = agent_list_draw(d->rng, d->language->lexicon->rel[place->rel]);
	agent_text_clear(&place->text);
	if (place->ref == d->theme && !d->apart && agent_rng_chance(d->rng, 40)) {
		place->kind = AGENT_PRONOUN;
		agent_text_add(&place->text,
			       d->language->lexicon->mention[AGENT_PRONOUN][0]);
		agent_text_hint(&place->text, place->ref);
		return true;
	}
	return agent_mention_object(d, place->ref, &place->text, &place->kind);
}

/* Plain names in any relation are too common to be left out of training. */
static bool clause_plain(enum agent_kind kind)
{
	return kind <= AGENT_BY_NOUN || kind == AGENT_PRONOUN || kind == AGENT_IN_HAND;
}

static void clause_keep_out(struct agent_draft *d, const char *phrase, enum agent_kind kind,
			    const struct clause_place *place)
{
	const char *tongue = d->language->phrases->cm[0];

	agent_draft_keep_out(d, AGENT_TRAIT_COMBINATION, phrase, d->joint, place->phrase);
	if (!clause_plain(kind) || !clause_plain(place->kind))
		agent_draft_keep_out(d, AGENT_TRAIT_TEMPLATE, tongue,
				     (kind * AGENT_RELS + place->rel) * AGENT_KINDS + place->kind,
				     tongue);
}

static void clause_write(struct agent_draft *d, struct agent_text *out, const char *phrase,
			 const char *a, const struct clause_place *place)
{
	struct agent_text rel;

	agent_text_clear(&rel);
	if (place) {
		agent_text_add(&rel, place->phrase);
		agent_text_hint(&rel, AGENT_HINT_PLACE + place->rel);
	}
	agent_text_expand(out, phrase, &(struct agent_slots) {
		.of['a'] = a,
		.of['r'] = rel.s,
		.of['b'] = place ? place->text.s : NULL,
		.verb = d->verb,
	});
}

/* "It", or what else the object may be called here. */
static bool clause_mention_theme(struct agent_draft *d, int object, struct agent_text *out,
				 enum agent_kind *kind)
{
	if (object == d->theme && !d->apart && agent_rng_chance(d->rng, 50)) {
		*kind = AGENT_PRONOUN;
		agent_query_mention(d, &(struct agent_query) { NULL }, *kind, NULL, out);
		agent_text_hint(out, object);
		return true;
	}
	return agent_mention_object(d, object, out, kind);
}

static bool clause_may_state(const struct agent_draft *d)
{
	return !d->verb && !d->apart && d->joint != AGENT_FIRST;
}

static bool clause_may_elide(struct agent_draft *d)
{
	return d->elidable && (d->joint == AGENT_AND || d->joint == AGENT_COMMA) &&
	       agent_rng_chance(d->rng, 50);
}

static const char *clause_draw_put(struct agent_draft *d, enum agent_rel rel)
{
	const struct agent_phrases *p = d->language->phrases;

	if (clause_may_elide(d))
		return agent_draft_draw(d, p->elided);
	if (clause_may_state(d) && agent_rng_chance(d->rng, 6)) {
		d->begun = d->begun || d->joint == AGENT_ALONE;
		return agent_draft_draw(d, p->put_said);
	}
	if (p->put_rel[rel] && agent_rng_chance(d->rng, 12))
		return agent_draft_draw(d, p->put_rel[rel]);
	return agent_draft_draw(d, p->put);
}

/*
 * In "pick up the cup and put it on it" one word would mean two things, and in
 * "left of the other block put the red one" it is not yet said other than what.
 */
static bool clause_phrase_fits(const char *phrase, enum agent_kind kind,
			       const struct clause_place *place)
{
	const char *a = strstr(phrase, "%a");
	const char *b = strstr(phrase, "%b");

	if ((kind == AGENT_PRONOUN || place->kind == AGENT_PRONOUN) && strstr(phrase, "it "))
		return false;
	return a < b || place->kind != AGENT_OTHER;
}

static const char *clause_put_phrase(struct agent_draft *d, enum agent_kind kind,
				     const struct clause_place *place)
{
	const char *phrase;

	do {
		phrase = clause_draw_put(d, place->rel);
	} while (!clause_phrase_fits(phrase, kind, place));
	return phrase;
}

static bool clause_put(struct agent_draft *d, struct agent_text *out)
{
	int object = clause_draw_object(d);
	struct clause_place place;
	struct agent_text theme;
	enum agent_kind kind;
	const char *phrase;

	agent_text_clear(&theme);
	if (!clause_mention_theme(d, object, &theme, &kind) ||
	    !clause_draw_place(d, object, &place) || !clause_do_put(d, object, &place))
		return false;
	phrase = clause_put_phrase(d, kind, &place);
	clause_write(d, out, phrase, theme.s, &place);
	clause_keep_out(d, phrase, kind, &place);
	clause_placed(d, &place);
	d->theme = object;
	d->elidable = true;
	return true;
}

static bool clause_pick(struct agent_draft *d, struct agent_text *out)
{
	int object = clause_draw_object(d);
	struct agent_text theme;
	enum agent_kind kind;

	agent_text_clear(&theme);
	if (object == d->theme || !agent_mention_object(d, object, &theme, &kind) ||
	    !clause_do_pick(d, object))
		return false;
	clause_write(d, out, agent_draft_draw(d, d->language->phrases->pick), theme.s, NULL);
	d->theme = object;
	d->held = object;
	return true;
}

static bool clause_group(struct agent_draft *d, struct agent_text *out)
{
	struct clause_place place;
	int object[AGENT_OBJECTS];
	struct agent_text group;
	enum agent_kind kind;
	const char *phrase;
	int n, i;

	if (!clause_draw_place(d, -1, &place))
		return false;
	agent_text_clear(&group);
	n = agent_mention_group(d, place.ref, &group, object, &kind);
	if (!n || d->sample->program.count + 2 * n > AGENT_ACTIONS)
		return false;
	for (i = 0; i < n; i++)
		clause_do_put(d, object[i], &place);
	phrase = agent_draft_draw(d, d->language->phrases->put_group);
	clause_write(d, out, phrase, group.s, &place);
	clause_keep_out(d, phrase, kind, &place);
	clause_placed(d, &place);
	d->theme = -1;
	return true;
}

static bool clause_there(struct agent_draft *d, struct agent_text *out)
{
	struct clause_place place = { .rel = d->rel, .ref = d->ref };
	int object = clause_draw_object(d);
	struct agent_text theme;
	enum agent_kind kind;

	agent_text_clear(&theme);
	if (!d->placed || d->apart || object == d->theme || object == d->ref ||
	    !agent_mention_object(d, object, &theme, &kind) || !clause_do_put(d, object, &place))
		return false;
	clause_write(d, out, agent_draft_draw(d, d->language->phrases->there), theme.s, NULL);
	d->theme = object;
	return true;
}

/* The object in the hand: "it", "what you hold", or its name. */
static bool clause_mention_held(struct agent_draft *d, struct agent_text *out,
				enum agent_kind *kind)
{
	if (!d->apart && agent_rng_chance(d->rng, 80)) {
		*kind = AGENT_IN_HAND;
		agent_query_mention(d, &(struct agent_query) { NULL }, *kind, NULL, out);
		agent_text_hint(out, d->held);
		return true;
	}
	return agent_mention_object(d, d->held, out, kind);
}

static bool clause_place(struct agent_draft *d, struct agent_text *out)
{
	struct clause_place place;
	struct agent_text theme;
	enum agent_kind kind;
	const char *phrase;

	agent_text_clear(&theme);
	if (!clause_mention_held(d, &theme, &kind) || !clause_draw_place(d, d->held, &place) ||
	    !clause_do_place(d, &place))
		return false;
	do {
		phrase = agent_draft_draw(d, d->language->phrases->place);
	} while (!clause_phrase_fits(phrase, kind, &place));
	clause_write(d, out, phrase, theme.s, &place);
	clause_keep_out(d, phrase, kind, &place);
	clause_placed(d, &place);
	return true;
}

static bool clause_let_go(struct agent_draft *d, struct agent_text *out)
{
	if (!clause_do(d, AGENT_OPEN))
		return false;
	clause_write(d, out, agent_draft_draw(d, d->language->phrases->let_go), NULL, NULL);
	d->held = -1;
	return true;
}

/* Several times; what is written so far is the verb phrase. */
static int clause_repeat(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	int more = agent_rng_below(d->rng, 3);
	struct agent_text once = *out;

	agent_text_clear(out);
	agent_text_expand(out, agent_list_draw(d->rng, p->times), &(struct agent_slots) {
		.of['v'] = once.s,
		.of['c'] = agent_list_draw(d->rng, p->count[more]),
	});
	return more + 2;
}

static bool clause_gripper(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	const struct {
		const char *const *phrase;
		enum agent_verb verb[2];
		int n;
	} ways[] = {
		{ p->open, { AGENT_OPEN }, 1 },
		{ p->close, { AGENT_CLOSE }, 1 },
		{ p->open_close, { AGENT_OPEN, AGENT_CLOSE }, 2 },
		{ p->close_open, { AGENT_CLOSE, AGENT_OPEN }, 2 },
	};
	int way = d->held < 0 ? agent_rng_below(d->rng, 4) : 0;
	int times = 1;
	int i;

	clause_write(d, out, agent_draft_draw(d, ways[way].phrase), NULL, NULL);
	if (d->held < 0 && agent_rng_chance(d->rng, 30))
		times = clause_repeat(d, out);
	for (i = 0; i < times * ways[way].n; i++)
		if (!clause_do(d, ways[way].verb[i % ways[way].n]))
			return false;
	d->held = -1;
	return true;
}

static bool clause_move(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	enum agent_dir dir = agent_rng_below(d->rng, AGENT_DIRS);
	const char *const *phrases = p->move;
	struct agent_text length;
	int mm;

	agent_text_clear(&length);
	mm = agent_number_length(d, &length);
	if (agent_rng_chance(d->rng, 30))
		phrases = p->move_dir[dir];
	agent_text_expand(out, agent_draft_draw(d, phrases), &(struct agent_slots) {
		.of['d'] = agent_list_draw(d->rng, p->dir[dir]),
		.of['n'] = length.s,
		.verb = d->verb,
	});
	return agent_draft_do(d, (struct agent_action) {
		.verb = AGENT_MOVE, .dir = dir, .mm = mm,
	});
}

static bool clause_home(struct agent_draft *d, struct agent_text *out)
{
	clause_write(d, out, agent_draft_draw(d, d->language->phrases->home), NULL, NULL);
	return clause_do(d, AGENT_HOME);
}

static bool clause_wait(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	struct agent_text time;
	int s = 1;

	if (agent_rng_chance(d->rng, 8)) {
		clause_write(d, out, agent_draft_draw(d, p->moment), NULL, NULL);
	} else {
		agent_text_clear(&time);
		s = agent_number_time(d, &time);
		agent_text_expand(out, agent_draft_draw(d, p->wait), &(struct agent_slots) {
			.of['t'] = time.s,
			.verb = d->verb,
		});
	}
	return agent_draft_do(d, (struct agent_action) { .verb = AGENT_WAIT, .s = s });
}

static bool (*const clause_makers[CLAUSE_KINDS])(struct agent_draft *, struct agent_text *) = {
	[CLAUSE_PUT] = clause_put,
	[CLAUSE_PICK] = clause_pick,
	[CLAUSE_GROUP] = clause_group,
	[CLAUSE_THERE] = clause_there,
	[CLAUSE_PLACE] = clause_place,
	[CLAUSE_LET_GO] = clause_let_go,
	[CLAUSE_GRIPPER] = clause_gripper,
	[CLAUSE_MOVE] = clause_move,
	[CLAUSE_HOME] = clause_home,
	[CLAUSE_WAIT] = clause_wait,
};

static enum clause_kind clause_draw_kind(struct agent_draft *d)
{
	const int *shares = d->held < 0 ? clause_free : clause_full;
	int r = agent_rng_below(d->rng, 100);
	int kind = 0;

	while (r >= shares[kind])
		r -= shares[kind++];
	return kind;
}

/* What a clause does last is told at its end, where that is free. */
static void clause_hint(const struct agent_program *program, struct agent_text *out)
{
	const struct agent_action *a = &program->action[program->count - 1];
	int what = AGENT_HINT_DO + a->verb;

	if (a->verb == AGENT_PICK)
		what = AGENT_HINT_PICK;
	else if (a->verb == AGENT_PLACE)
		what = AGENT_HINT_PLACE + a->rel;
	else if (a->verb == AGENT_MOVE)
		what = AGENT_HINT_MOVE + a->dir;
	agent_text_hint_end(out, what);
}

bool agent_clause_make(struct agent_draft *d, struct agent_text *out)
{
	struct agent_program *program = &d->sample->program;
	const struct agent_text text = *out;
	const struct agent_program done = *program;
	bool elidable = d->elidable;
	enum clause_kind kind;
	int i;

	for (i = 0; i < CLAUSE_TRIES; i++) {
		d->named = d->theme;
		kind = clause_draw_kind(d);
		if (clause_makers[kind](d, out)) {
			d->elidable = d->elidable && kind == CLAUSE_PUT;
			clause_hint(program, out);
			return !out->full;
		}
		*out = text;
		*program = done;
		d->elidable = elidable;
	}
	return false;
}
