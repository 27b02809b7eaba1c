// SPDX-License-Identifier: MIT
/*
 * Scenes: which things lie where, and what they are called.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"

/* Centimetres: objects lie in a half ring in front of the base. */
#define WORLD_Y_MAX	36
#define WORLD_Y_GAP	5
#define WORLD_X_MIN	18
#define WORLD_X_MAX	42
#define WORLD_REACH	45
#define WORLD_MM_PER_CM	10

/* Percent of 2 to 8 objects. */
static const int world_counts[] = { 16, 29, 25, 16, 8, 4, 2 };

/**
 * struct world_style - what the names of one scene have in common
 * @invented: percent of words that are made up
 * @coloured: percent of objects with a colour
 * @attributed: percent of objects with an attribute
 * @alike: percent of nouns that are taken from the object before
 * @twins: two objects may have the same name
 */
struct world_style {
	int invented;
	int coloured;
	int attributed;
	int alike;
	bool twins;
};

static int world_draw_count(struct agent_draft *d)
{
	int r = agent_rng_below(d->rng, 100);
	int n = 0;

	while (r >= world_counts[n])
		r -= world_counts[n++];
	return n + 2;
}

static int world_noun_count(const struct agent_noun *noun)
{
	int n = 0;

	while (noun[n].form[0])
		n++;
	return n;
}

const struct agent_noun *agent_world_draw_noun(struct agent_draft *d, bool invented)
{
	const struct agent_lexicon *l = d->language->lexicon;
	const struct agent_noun *list = l->noun;

	if (invented)
		return agent_invent_noun(d);
	if (agent_rng_chance(d->rng, d->held_out_noun))
		list = l->noun_held_out;
	return &list[agent_rng_below(d->rng, world_noun_count(list))];
}

const char *agent_world_draw_colour(struct agent_draft *d, bool invented)
{
	const struct agent_lexicon *l = d->language->lexicon;

	if (invented)
		return agent_invent_colour(d);
	if (agent_rng_chance(d->rng, d->held_out_colour))
		return agent_list_draw(d->rng, l->colour_held_out);
	return agent_list_draw(d->rng, l->colour);
}

static void world_draw_style(struct agent_draft *d, struct world_style *style)
{
	bool invented = d->split == AGENT_TRAIN && agent_rng_chance(d->rng, 50);

	style->invented = invented ? 55 : 0;
	style->coloured = agent_rng_chance(d->rng, 12) ? 0 : 88;
	style->attributed = agent_rng_chance(d->rng, 20) ? 45 : 0;
	style->alike = agent_rng_chance(d->rng, 50) ? 50 : 0;
	style->twins = agent_rng_chance(d->rng, 12);
}

static bool world_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Whether an object before this one has the same words. */
static bool world_has_twin(const struct agent_draft *d, int object)
{
	const struct agent_thing *t = &d->thing[object];
	int i;

	for (i = 0; i < object; i++)
		if (d->thing[i].noun == t->noun && world_same(d->thing[i].colour, t->colour) &&
		    world_same(d->thing[i].attribute, t->attribute))
			return true;
	return false;
}

/* Things of one kind are called by one word in a scene. */
static int world_draw_form(struct agent_draft *d, int object)
{
	const struct agent_noun *noun = d->thing[object].noun;
	int i;

	for (i = 0; i < object; i++)
		if (d->thing[i].noun == noun)
			return d->thing[i].form;
	return noun->form[1] && agent_rng_chance(d->rng, 30);
}

static void world_draw_thing(struct agent_draft *d, const struct world_style *style, int object)
{
	struct agent_thing *t = &d->thing[object];
	struct agent_rng *rng = d->rng;

	t->noun = NULL;
	if (object && agent_rng_chance(rng, style->alike))
		t->noun = d->thing[agent_rng_below(rng, object)].noun;
	if (!t->noun)
		t->noun = agent_world_draw_noun(d, agent_rng_chance(rng, style->invented));
	t->colour = NULL;
	if (agent_rng_chance(rng, style->coloured))
		t->colour = agent_world_draw_colour(d, agent_rng_chance(rng, style->invented));
	t->attribute = NULL;
	if (agent_rng_chance(rng, style->attributed))
		t->attribute = agent_list_draw(rng, d->language->lexicon->attribute);
	if (t->noun)
		t->form = world_draw_form(d, object);
}

/* How "red" stands before "block": Chinese may say 红色方块, 红方块, 红色的方块. */
enum world_colour { WORLD_PLAIN, WORLD_SHORT, WORLD_LINKED };

static enum world_colour world_draw_colour_style(struct agent_draft *d)
{
	int r = agent_rng_below(d->rng, 100);

	if (d->sample->scene.tongue == AGENT_ENGLISH || r < 75)
		return WORLD_PLAIN;
	return r < 92 ? WORLD_SHORT : WORLD_LINKED;
}

static void world_name(struct agent_draft *d, int object, enum world_colour colour_style)
{
	const char *gap = d->sample->scene.tongue == AGENT_ENGLISH ? " " : "";
	const struct agent_thing *t = &d->thing[object];
	char *name = d->sample->scene.object[object].name;
	size_t len = 0;

	if (t->attribute)
		len += snprintf(name, AGENT_NAME, "%s%s", t->attribute, gap);
	if (t->colour) {
		len += snprintf(name + len, AGENT_NAME - len, "%s%s", t->colour, gap);
		if (colour_style == WORLD_SHORT)
			len -= strlen("色");
		else if (colour_style == WORLD_LINKED)
			len += snprintf(name + len, AGENT_NAME - len, "的");
	}
	snprintf(name + len, AGENT_NAME - len, "%s", t->noun->form[t->form]);
}

static void world_name_all(struct agent_draft *d)
{
	enum world_colour style = world_draw_colour_style(d);
	int i;

	for (i = 0; i < d->sample->scene.count; i++)
		world_name(d, i, style);
}

static int world_compare(const void *a, const void *b)
{
	return *(const int *)b - *(const int *)a;
}

static void world_lay_out(struct agent_draft *d)
{
	struct agent_scene *scene = &d->sample->scene;
	int slack = 2 * WORLD_Y_MAX - WORLD_Y_GAP * (scene->count - 1);
	int y[AGENT_OBJECTS] = { 0 };
	int far, i, cm, x;

	for (i = 0; i < scene->count; i++)
		y[i] = agent_rng_below(d->rng, slack + 1);
	qsort(y, scene->count, sizeof(y[0]), world_compare);
	for (i = 0; i < scene->count; i++) {
		cm = y[i] + WORLD_Y_GAP * (scene->count - 1 - i) - WORLD_Y_MAX;
		for (far = WORLD_X_MAX; far * far + cm * cm > WORLD_REACH * WORLD_REACH; far--)
			;
		x = WORLD_X_MIN + agent_rng_below(d->rng, far - WORLD_X_MIN + 1);
		scene->object[i].x = x * WORLD_MM_PER_CM;
		scene->object[i].y = cm * WORLD_MM_PER_CM;
	}
}

static bool world_complete(const struct agent_draft *d, int object, bool twins)
{
	const struct agent_thing *t = &d->thing[object];

	return t->noun && (twins || !world_has_twin(d, object));
}

void agent_world_make(struct agent_draft *d)
{
	struct agent_scene *scene = &d->sample->scene;
	int wanted = world_draw_count(d);
	struct world_style style;

	world_draw_style(d, &style);
	scene->count = 0;
	while (scene->count < wanted) {
		world_draw_thing(d, &style, scene->count);
		if (world_complete(d, scene->count, style.twins)) {
			scene->count++;
		} else if (d->words + 2 >= AGENT_INVENTED) {
			/* Out of room for made-up words: go on with real ones. */
			style.invented = 0;
		}
	}
	world_name_all(d);
	world_lay_out(d);
	scene->held = -1;
	if (agent_rng_chance(d->rng, 8))
		scene->held = agent_rng_below(d->rng, scene->count);
}
