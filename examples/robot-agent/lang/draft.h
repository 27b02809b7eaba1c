/* SPDX-License-Identifier: MIT */
/*
 * A sample being made: what the parts of the generator share.
 */
#ifndef AGENT_DRAFT_H
#define AGENT_DRAFT_H

#include "sample.h"
#include "text.h"
#include "words.h"

/** AGENT_INVENTED - made-up words of a scene at most */
#define AGENT_INVENTED 24

/**
 * struct agent_thing - the words that an object's name is made of
 * @noun: what it is
 * @colour: or NULL
 * @attribute: or NULL
 * @form: of @noun in the scene
 */
struct agent_thing {
	const struct agent_noun *noun;
	const char *colour;
	const char *attribute;
	int form;
};

/**
 * struct agent_draft - a sample being made
 * @rng: to draw from
 * @language: of the sample
 * @split: which set it is for
 * @sample: to fill in
 * @thing: the scene's objects, in words
 * @noun: made-up nouns; their words lie in @word
 * @word: made-up words
 * @nouns: of @noun
 * @words: of @word
 * @held_out_noun: percent of nouns that are held out
 * @held_out_colour: percent of colours
 * @held: the object in the gripper after the clauses so far, or -1
 * @theme: the object that "it" is, or -1
 * @named: the object that "the other one" is not, or -1
 * @placed: something was placed, by @rel and @ref: "there"
 * @rel: see @placed
 * @ref: see @placed
 * @elidable: the clause before was a plain "put": the verb may be left out
 * @joint: how the clause being made is joined
 * @verb: the clause takes the verb's other form
 * @apart: the clause is not said where it is done: no pronouns
 * @begun: the instruction begins with words that no politeness goes before
 * @terse: no articles
 */
struct agent_draft {
	struct agent_rng *rng;
	const struct agent_language *language;
	enum agent_split split;
	struct agent_sample *sample;
	struct agent_thing thing[AGENT_OBJECTS];
	struct agent_noun noun[AGENT_INVENTED];
	char word[AGENT_INVENTED][32];
	int nouns;
	int words;
	int held_out_noun;
	int held_out_colour;
	int held;
	int theme;
	int named;
	bool placed;
	enum agent_rel rel;
	int ref;
	bool elidable;
	enum agent_joint joint;
	bool verb;
	bool apart;
	bool begun;
	bool terse;
};

/** struct agent_query - words that an object must have; NULL: any */
struct agent_query {
	const struct agent_noun *noun;
	const char *colour;
	const char *attribute;
};

/* ---- draft.c -------------------------------------------------------------- */

/** agent_draft_draw() - any string of @list that can take the verb's form */
const char *agent_draft_draw(struct agent_draft *d, const char *const *list);

/** agent_draft_do() - add an action; false when the program is full */
bool agent_draft_do(struct agent_draft *d, struct agent_action action);

/**
 * agent_draft_keep_out() - note a combination that may be held out
 * @d: whose traits are set where the combination is held out
 * @trait: AGENT_TRAIT_COMBINATION or AGENT_TRAIT_TEMPLATE
 * @a: first part, a string
 * @b: second part
 * @c: third part, a string
 */
void agent_draft_keep_out(struct agent_draft *d, enum agent_trait trait, const char *a, int b,
			  const char *c);

/* ---- invent.c ------------------------------------------------------------- */

/** agent_invent_word() - write a made-up noun or colour into @word */
void agent_invent_word(struct agent_rng *rng, enum agent_tongue tongue, bool colour, char *word,
		       size_t size);

/** agent_invent_noun() - a made-up noun, kept by @d; NULL when it has too many */
const struct agent_noun *agent_invent_noun(struct agent_draft *d);

/** agent_invent_colour() - a made-up colour, kept by @d; NULL when it has too many */
const char *agent_invent_colour(struct agent_draft *d);

/* ---- world.c -------------------------------------------------------------- */

/** agent_world_make() - lay out @d's scene */
void agent_world_make(struct agent_draft *d);

/** agent_world_draw_noun() - a noun as the scenes of this split have */
const struct agent_noun *agent_world_draw_noun(struct agent_draft *d, bool invented);

/** agent_world_draw_colour() - a colour as the scenes of this split have */
const char *agent_world_draw_colour(struct agent_draft *d, bool invented);

/* ---- query.c -------------------------------------------------------------- */

/** agent_query_find() - the objects that fit, from the left; returns how many */
int agent_query_find(const struct agent_draft *d, const struct agent_query *q,
		     int found[AGENT_OBJECTS]);

/**
 * agent_query_mention() - write what has these words
 * @d: the draft
 * @q: the words
 * @kind: how
 * @other: another object, for a kind that needs it, as text; or NULL
 * @out: to write to
 */
void agent_query_mention(struct agent_draft *d, const struct agent_query *q, enum agent_kind kind,
			 const char *other, struct agent_text *out);

/* ---- mention.c ------------------------------------------------------------ */

/**
 * agent_mention_object() - speak of an object so that no other can be meant
 * @d: the draft
 * @object: index
 * @out: to write to
 * @kind: receives how
 *
 * Return: false when no way was found.
 */
bool agent_mention_object(struct agent_draft *d, int object, struct agent_text *out,
			  enum agent_kind *kind);

/**
 * agent_mention_group() - speak of several objects
 * @d: the draft
 * @but: an object that may not be among them
 * @out: to write to
 * @object: receives them, in the order in which they are to be moved
 * @kind: receives how
 *
 * Return: how many, or 0.
 */
int agent_mention_group(struct agent_draft *d, int but, struct agent_text *out,
			int object[AGENT_OBJECTS], enum agent_kind *kind);

/* ---- number.c ------------------------------------------------------------- */

/** agent_number_length() - write a length; returns it in millimetres */
int agent_number_length(struct agent_draft *d, struct agent_text *out);

/** agent_number_too_long() - write a length that is beyond AGENT_MM_MAX */
void agent_number_too_long(struct agent_draft *d, struct agent_text *out);

/** agent_number_time() - write a time; returns it in seconds */
int agent_number_time(struct agent_draft *d, struct agent_text *out);

/* ---- clause.c ------------------------------------------------------------- */

/**
 * agent_clause_make() - write a clause and add its actions
 * @d: the draft; @joint and what follows it are set
 * @out: to write to
 *
 * Return: false when none was found.
 */
bool agent_clause_make(struct agent_draft *d, struct agent_text *out);

/* ---- trouble.c ------------------------------------------------------------ */

/**
 * agent_trouble_make() - write a clause that is to be asked about or refused
 * @d: the draft
 * @trouble: AGENT_ASK with @about or AGENT_REFUSE with @why
 * @out: to write to
 *
 * Return: false when it cannot be said here.
 */
bool agent_trouble_make(struct agent_draft *d, const struct agent_action *trouble,
			struct agent_text *out);

/* ---- refusal.c ------------------------------------------------------------- */

/**
 * agent_refusal_make() - write what is to be refused
 * @d: the draft
 * @why: AGENT_UNSAFE or AGENT_SENSELESS
 * @out: to write to
 *
 * Return: false when it cannot be said here.
 */
bool agent_refusal_make(struct agent_draft *d, enum agent_why why, struct agent_text *out);

/** agent_refusal_expand() - fill in a pattern from a grammar of refusals */
void agent_refusal_expand(struct agent_draft *d, const struct agent_refusals *grammar,
			  const char *pattern, struct agent_text *out);

/* ---- trait.c --------------------------------------------------------------- */

/** agent_trait_find() - set those of @d's traits that its text shows */
void agent_trait_find(struct agent_draft *d);

/* ---- typo.c --------------------------------------------------------------- */

/* Chinese: what is written for what; ends with NULL. */
extern const char *const agent_typo_alike[][2];

/**
 * agent_typo_make() - make one typing error, and take the marks away
 * @d: the draft
 * @text: to change
 * @errors: how many; 0: only take the marks away
 */
void agent_typo_make(struct agent_draft *d, struct agent_text *text, int errors);

#endif
