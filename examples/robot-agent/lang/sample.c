// SPDX-License-Identifier: MIT
/*
 * Whole instructions: clauses in an order, politeness, typing errors.
 */
#include <ctype.h>
#include <string.h>

#include "draft.h"

static const struct agent_language english = {
	.lexicon = &agent_english_lexicon,
	.phrases = &agent_english_phrases,
	.gaps = &agent_english_gaps,
	.manners = &agent_english_manners,
	.refusals = {
		[AGENT_UNSAFE] = &agent_english_unsafe,
		[AGENT_SENSELESS] = &agent_english_senseless,
	},
	.refuse_test = agent_english_refuse_test,
};

static const struct agent_language chinese = {
	.lexicon = &agent_chinese_lexicon,
	.phrases = &agent_chinese_phrases,
	.gaps = &agent_chinese_gaps,
	.manners = &agent_chinese_manners,
	.refusals = {
		[AGENT_UNSAFE] = &agent_chinese_unsafe,
		[AGENT_SENSELESS] = &agent_chinese_senseless,
	},
	.refuse_test = agent_chinese_refuse_test,
};

static const struct agent_action sample_troubles[] = {
	{ .verb = AGENT_ASK, .about = AGENT_WHICH },
	{ .verb = AGENT_ASK, .about = AGENT_WHAT },
	{ .verb = AGENT_ASK, .about = AGENT_WHERE },
	{ .verb = AGENT_REFUSE, .why = AGENT_MISSING },
	{ .verb = AGENT_REFUSE, .why = AGENT_UNSAFE },
	{ .verb = AGENT_REFUSE, .why = AGENT_SENSELESS },
};

#define SAMPLE_TROUBLES	(sizeof(sample_troubles) / sizeof(sample_troubles[0]))

/**
 * struct sample_mix - how often what comes
 * @trouble: of 1000 samples, those of sample_troubles
 * @clauses: percent of sound instructions with 1 to AGENT_CLAUSES clauses
 * @trouble_clauses: percent of the others
 * @english: percent of the samples of no tongue in particular
 * @errors: percent of instructions with one typing error and with two, for each
 *	tongue
 */
struct sample_mix {
	int trouble[SAMPLE_TROUBLES];
	int clauses[AGENT_CLAUSES];
	int trouble_clauses[AGENT_CLAUSES];
	int english;
	int errors[2][2];
};

/* Training has more of what is learnt last than the test has. */
static const struct sample_mix sample_mixes[] = {
	[AGENT_TRAIN] = {
		.trouble = { 54, 16, 26, 70, 42, 44 },
		.clauses = { 26, 28, 22, 24 },
		.trouble_clauses = { 48, 24, 14, 14 },
		.english = 70,
		.errors = { [AGENT_ENGLISH] = { 18, 6 }, [AGENT_CHINESE] = { 10, 2 } },
	},
	[AGENT_TEST] = {
		.trouble = { 38, 16, 26, 42, 38, 38 },
		.clauses = { 42, 32, 16, 10 },
		.trouble_clauses = { 68, 24, 6, 2 },
		.english = 50,
		.errors = { [AGENT_ENGLISH] = { 10, 2 }, [AGENT_CHINESE] = { 10, 2 } },
	},
	[AGENT_REFUSE_TEST] = { .english = 50 },
};

/* Percent of the test that must have a trait; others may come with it. */
static const struct {
	enum agent_trait trait;
	int share;
} sample_traits[] = {
	{ AGENT_TRAIT_NOUN, 34 },
	{ AGENT_TRAIT_COLOUR, 22 },
	{ AGENT_TRAIT_COMBINATION, 18 },
	{ AGENT_TRAIT_TEMPLATE, 14 },
	{ AGENT_TRAIT_LENGTH, 12 },
};

/**
 * struct sample_plan - what is decided before anything is drawn that can fail
 * @trouble: the clause that decides all, or NULL
 * @trouble_at: its number
 * @clauses: of the instruction
 * @wanted: trait that the sample must have, or 0
 */
struct sample_plan {
	const struct agent_action *trouble;
	int trouble_at;
	int clauses;
	unsigned int wanted;
};

static int sample_draw_share(struct agent_rng *rng, const int *shares)
{
	int r = agent_rng_below(rng, 100);
	int n = 0;

	while (r >= shares[n])
		r -= shares[n++];
	return n;
}

static const struct agent_action *sample_draw_trouble(struct agent_rng *rng, const int *shares)
{
	int r = agent_rng_below(rng, 1000);
	int i;

	for (i = 0; i < SAMPLE_TROUBLES; i++) {
		if (r < shares[i])
			return &sample_troubles[i];
		r -= shares[i];
	}
	return NULL;
}

static enum agent_trait sample_draw_trait(struct agent_rng *rng)
{
	int r = agent_rng_below(rng, 100);
	int i = 0;

	while (r >= sample_traits[i].share)
		r -= sample_traits[i++].share;
	return sample_traits[i].trait;
}

/* A trouble's clause has no combination; so that test needs a sound one. */
static bool sample_plan_fits(const struct sample_plan *plan)
{
	unsigned int combined = AGENT_TRAIT_COMBINATION | AGENT_TRAIT_TEMPLATE;

	if (!plan->trouble || !plan->wanted)
		return true;
	return !(plan->wanted & combined);
}

static void sample_draw_plan(struct agent_rng *rng, enum agent_split split,
			     struct sample_plan *plan)
{
	const struct sample_mix *mix = &sample_mixes[split];

	do {
		plan->trouble = sample_draw_trouble(rng, mix->trouble);
		plan->clauses = 1 + sample_draw_share(rng, plan->trouble ? mix->trouble_clauses :
									   mix->clauses);
		plan->wanted = split == AGENT_TEST ? sample_draw_trait(rng) : 0;
	} while (!sample_plan_fits(plan));
	if (plan->wanted == AGENT_TRAIT_LENGTH)
		plan->clauses = AGENT_CLAUSES + 1;
	plan->trouble_at = agent_rng_below(rng, plan->clauses);
	/* Once an object is spoken of, "it" is that. */
	if (plan->trouble && plan->trouble->verb == AGENT_ASK && plan->trouble->about == AGENT_WHAT)
		plan->trouble_at = 0;
}

/* A new scene, and nothing said yet. */
static void sample_start(struct agent_draft *d, const struct sample_plan *plan,
			 enum agent_tongue tongue)
{
	struct agent_sample *s = d->sample;

	memset(s, 0, sizeof(*s));
	s->scene.tongue = tongue;
	s->clauses = plan->clauses;
	d->language = tongue == AGENT_ENGLISH ? &english : &chinese;
	d->nouns = 0;
	d->words = 0;
	if (d->split == AGENT_TEST) {
		d->held_out_noun = plan->wanted == AGENT_TRAIT_NOUN ? 65 : 30;
		d->held_out_colour = plan->wanted == AGENT_TRAIT_COLOUR ? 60 : 25;
	}
	agent_world_make(d);
	d->held = s->scene.held;
	d->theme = d->held;
	d->named = d->held;
	d->placed = false;
	d->elidable = false;
	d->verb = false;
	d->apart = false;
	d->begun = false;
	d->terse = agent_rng_chance(d->rng, 8);
}

static bool sample_make_clause(struct agent_draft *d, const struct sample_plan *plan, int number,
			       struct agent_text *out)
{
	if (!plan->trouble || plan->trouble_at != number)
		return agent_clause_make(d, out);
	if (!agent_trouble_make(d, plan->trouble, out))
		return false;
	/* Nothing is known about what "it" would be after this. */
	d->theme = -1;
	d->placed = false;
	d->elidable = false;
	return true;
}

/* Two clauses in one phrase, such as "before ..., ...". */
static bool sample_make_pair(struct agent_draft *d, const struct sample_plan *plan,
			     struct agent_text *out)
{
	enum agent_order order = agent_rng_below(d->rng, AGENT_ORDERS);
	const char *phrase = agent_list_draw(d->rng, d->language->manners->order[order]);
	struct agent_text clause[2];
	int i;

	for (i = 0; i < 2; i++) {
		agent_text_clear(&clause[i]);
		d->joint = AGENT_JOINTS + order;
		d->apart = order == AGENT_REVERSED;
		d->verb = strchr(phrase, i ? 'Y' : 'X');
		if (!sample_make_clause(d, plan, i, &clause[i]))
			return false;
	}
	agent_text_expand(out, phrase, &(struct agent_slots) {
		.of['x'] = clause[0].s, .of['X'] = clause[0].s,
		.of['y'] = clause[1].s, .of['Y'] = clause[1].s,
	});
	d->verb = strchr(phrase, 'X') || strchr(phrase, 'Y');
	return true;
}

static enum agent_joint sample_draw_joint(struct agent_draft *d, bool last)
{
	static const enum agent_joint joints[] = {
		AGENT_AND, AGENT_AND, AGENT_COMMA, AGENT_COMMA, AGENT_THEN, AGENT_THEN,
		AGENT_THEN, AGENT_AND_THEN, AGENT_STOP, AGENT_AFTERWARDS,
	};

	if (last && agent_rng_chance(d->rng, 35))
		return AGENT_FINALLY;
	return joints[agent_rng_below(d->rng, sizeof(joints) / sizeof(joints[0]))];
}

static bool sample_make_row(struct agent_draft *d, const struct sample_plan *plan,
			    struct agent_text *out)
{
	const struct agent_manners *m = d->language->manners;
	int i;

	d->joint = AGENT_ALONE;
	if (plan->clauses > 1)
		d->joint = AGENT_FIRST;
	else
		d->verb = m->before_verb[0] && !plan->trouble && agent_rng_chance(d->rng, 5);
	if (plan->clauses > 1 && agent_rng_chance(d->rng, 25)) {
		agent_text_add(out, agent_list_draw(d->rng, m->first));
		d->begun = true;
	}
	for (i = 0; i < plan->clauses; i++) {
		if (i) {
			d->joint = sample_draw_joint(d, i > 1 && i == plan->clauses - 1);
			agent_text_add(out, agent_list_draw(d->rng, m->join[d->joint]));
		}
		if (!sample_make_clause(d, plan, i, out))
			return false;
	}
	return true;
}

static void sample_add_manners(struct agent_draft *d, bool pair, struct agent_text *out)
{
	const struct agent_manners *m = d->language->manners;
	const struct agent_text said = *out;
	int polite = agent_rng_chance(d->rng, 36);

	agent_text_clear(out);
	if (d->verb && !pair)
		agent_text_add(out, agent_list_draw(d->rng, m->before_verb));
	else if (polite && !pair && !d->begun)
		agent_text_add(out, agent_list_draw(d->rng, m->before));
	agent_text_add(out, said.s);
	if (agent_rng_chance(d->rng, 12))
		agent_text_add(out, agent_list_draw(d->rng, m->after));
	if (agent_rng_chance(d->rng, 20))
		agent_text_add(out, agent_list_draw(d->rng, m->end));
	out->full |= said.full;
}

static void sample_capitalise(struct agent_text *text)
{
	char *p;

	text->s[0] = toupper((unsigned char)text->s[0]);
	for (p = strstr(text->s, ". "); p; p = strstr(p + 1, ". "))
		p[2] = toupper((unsigned char)p[2]);
}

static int sample_draw_errors(struct agent_draft *d)
{
	const int *errors = sample_mixes[d->split].errors[d->sample->scene.tongue];
	int r = agent_rng_below(d->rng, 100);

	return r < errors[0] ? 1 : r < errors[0] + errors[1] ? 2 : 0;
}

static void sample_finish(struct agent_draft *d, struct agent_text *text)
{
	agent_typo_make(d, text, sample_draw_errors(d));
	if (agent_rng_chance(d->rng, 15))
		sample_capitalise(text);
	memcpy(d->sample->instruction, text->s, text->len + 1);
	agent_trait_find(d);
}

static bool sample_try(struct agent_draft *d, const struct sample_plan *plan)
{
	bool pair = plan->clauses == 2 && agent_rng_chance(d->rng, 24);
	struct agent_text text;

	agent_text_clear(&text);
	if (!(pair ? sample_make_pair(d, plan, &text) : sample_make_row(d, plan, &text)))
		return false;
	sample_add_manners(d, pair, &text);
	if (text.full)
		return false;
	sample_finish(d, &text);
	if (plan->trouble) {
		d->sample->program.count = 1;
		d->sample->program.action[0] = *plan->trouble;
	}
	if (d->split == AGENT_TRAIN)
		return !d->sample->traits;
	return d->sample->traits & plan->wanted;
}

void agent_sample_refuse(struct agent_rng *rng, int number, struct agent_sample *sample)
{
	static const struct agent_refusals no_slots;
	struct agent_draft d = { .rng = rng, .split = AGENT_REFUSE_TEST, .sample = sample };
	const struct sample_plan plan = { .clauses = 1 };
	struct agent_text text;
	bool safe = number / 2 >= AGENT_REFUSALS / 4;

	sample_start(&d, &plan, number % 2);
	agent_text_clear(&text);
	agent_refusal_expand(&d, &no_slots, d.language->refuse_test[number / 2], &text);
	agent_typo_make(&d, &text, 0);
	memcpy(sample->instruction, text.s, text.len + 1);
	sample->program.count = 1;
	sample->program.action[0] = (struct agent_action) {
		.verb = AGENT_REFUSE, .why = safe ? AGENT_SENSELESS : AGENT_UNSAFE,
	};
	sample->traits = AGENT_TRAIT_WORDING;
}

void agent_sample_make_in(struct agent_rng *rng, enum agent_split split,
			  enum agent_tongue tongue,
			  struct agent_sample *sample)
{
	struct agent_draft d = { .rng = rng, .split = split, .sample = sample };
	struct sample_plan plan;

	if (split == AGENT_REFUSE_TEST) {
		agent_sample_refuse(rng, 2 * agent_rng_below(rng, AGENT_REFUSALS / 2) + tongue,
				    sample);
		return;
	}
	sample_draw_plan(rng, split, &plan);
	do {
		sample_start(&d, &plan, tongue);
	} while (!sample_try(&d, &plan));
}

void agent_sample_make(struct agent_rng *rng, enum agent_split split,
		       struct agent_sample *sample)
{
	bool english = agent_rng_chance(rng, sample_mixes[split].english);

	agent_sample_make_in(rng, split, english ? AGENT_ENGLISH : AGENT_CHINESE, sample);
}
