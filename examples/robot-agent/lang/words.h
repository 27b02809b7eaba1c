/* SPDX-License-Identifier: MIT */
/*
 * A language of the generator: its words and phrases. Lists of strings end
 * with NULL. In phrases, "%x" is filled in by the code that uses the list, and
 * "{put|putting}" is the verb, as an order or after "before" and the like; a
 * phrase without braces serves as an order only.
 */
#ifndef AGENT_WORDS_H
#define AGENT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "sample.h"

/* A list of strings, which ends with NULL. */
#define LIST (const char *const[])

/** AGENT_FORMS - synonyms of a noun at most */
#define AGENT_FORMS 3

/**
 * struct agent_noun - what a thing is
 * @form: its words, any of which means the same thing
 * @plural: of each, where the language has one
 * @container: things go into it
 * @held_out: in no sample for training
 */
struct agent_noun {
	const char *form[AGENT_FORMS];
	const char *plural[AGENT_FORMS];
	bool container;
	bool held_out;
};

/* Ways to speak of an object. */
enum agent_kind {
	AGENT_BY_NAME,		/* the red block */
	AGENT_BY_NOUN,		/* the block */
	AGENT_BY_COLOUR,	/* the red one */
	AGENT_BY_CLAUSE,	/* the block that is red */
	AGENT_LEFTMOST,
	AGENT_RIGHTMOST,
	AGENT_ANY,		/* one of the blocks: the leftmost */
	AGENT_LEFT_NEIGHBOUR,	/* the thing just left of the cup */
	AGENT_RIGHT_NEIGHBOUR,
	AGENT_OTHER,		/* the other block */
	AGENT_PRONOUN,
	AGENT_IN_HAND,		/* what you hold */
	AGENT_THING_LEFTMOST,	/* the leftmost thing */
	AGENT_THING_RIGHTMOST,
	AGENT_LIST,		/* the cup and the ball */
	AGENT_BOTH,
	AGENT_THREE,
	AGENT_ALL,
	AGENT_EVERYTHING,
	AGENT_KINDS
};

/* How a clause is joined to the one before; the first that has none. */
enum agent_joint {
	AGENT_ALONE,
	AGENT_FIRST,		/* of several */
	AGENT_AND,
	AGENT_COMMA,
	AGENT_THEN,
	AGENT_AND_THEN,
	AGENT_STOP,		/* a sentence of its own */
	AGENT_AFTERWARDS,
	AGENT_FINALLY,
	AGENT_JOINTS
};

/*
 * Orders of two clauses as one phrase: "%x" is done first, "%y" second; "%X"
 * and "%Y" have the verb's other form.
 */
enum agent_order {
	AGENT_STRAIGHT,		/* said in the order of doing */
	AGENT_REVERSED,
	AGENT_ORDERS
};

/* Clauses that need nothing but words. */
struct agent_phrases {
	const char *const *pick;	/* %a */
	const char *const *put;		/* %a %r %b, free hand */
	const char *const *put_said;	/* the same, as a statement */
	const char *const *put_rel[AGENT_RELS];	/* %a %b: the relation is in the verb */
	const char *const *put_group;	/* %a: several objects */
	const char *const *elided;	/* after another "put": %a %r %b */
	const char *const *there;	/* %a: where the last one went */
	const char *const *place;	/* %a %r %b, %a in hand */
	const char *const *let_go;
	const char *const *open;
	const char *const *close;
	const char *const *open_close;
	const char *const *close_open;
	const char *const *times;	/* %v %c: a verb phrase and how often */
	const char *const *count[3];	/* twice, three times, four times */
	const char *const *home;
	const char *const *wait;	/* %t */
	const char *const *moment;	/* wait one second */
	const char *const *move;	/* %d %n */
	const char *const *dir[AGENT_DIRS];
	const char *const *move_dir[AGENT_DIRS];	/* %n: the direction is in the verb */
	const char *const *cm;
	const char *const *mm;
	const char *const *m;
	const char *const *s;
	const char *const *minute;
	const char *const *half_minute;
};

/* Clauses that lack something. */
struct agent_gaps {
	const char *const *pick_what;
	const char *const *put_what;	/* %r %b */
	const char *const *put_where;	/* %a */
	const char *const *put_vague;	/* %a %b: place_vague of an object */
	const char *const *place_vague;	/* %b: a place that is no relation */
	const char *const *move_where;	/* %d */
	const char *const *absent;	/* things that are in no scene */
};

/*
 * A grammar of what to refuse: "%x" is drawn from slot['x'], and filled in
 * likewise. "%o" is an object, "%n" a number, "%g" a made-up word.
 */
struct agent_refusals {
	const char *const *pattern;
	const char *const *slot[128];
};

/** struct agent_lexicon - things and how to speak of them */
struct agent_lexicon {
	const struct agent_noun *noun;		/* ends with one without a form */
	const struct agent_noun *noun_held_out;
	const char *const *colour;
	const char *const *colour_held_out;
	const char *const *attribute;
	const char *const *thing;		/* any object */
	const char *const *rel[AGENT_RELS];
	/*
	 * %w: attribute, colour, noun; %n: the noun; %c: attribute and colour;
	 * %p: the plural of %w; %b: another object; %t: a word for any object;
	 * %i: the article for %w.
	 */
	const char *const *mention[AGENT_KINDS];
	const char *const *list_join;		/* before the last object, before others */
};

/** struct agent_manners - what stands around clauses */
struct agent_manners {
	const char *const *first;		/* before the first of several */
	const char *const *join[AGENT_JOINTS];
	const char *const *order[AGENT_ORDERS];
	const char *const *before;		/* an order follows */
	const char *const *before_verb;		/* the verb's other form follows */
	const char *const *after;
	const char *const *end;			/* of a sentence */
};

struct agent_language {
	const struct agent_lexicon *lexicon;
	const struct agent_phrases *phrases;
	const struct agent_gaps *gaps;
	const struct agent_manners *manners;
	const struct agent_refusals *refusals[AGENT_WHYS];
	const char *const *refuse_test;		/* first what is unsafe */
};

extern const struct agent_lexicon agent_english_lexicon;
extern const struct agent_lexicon agent_chinese_lexicon;
extern const struct agent_phrases agent_english_phrases;
extern const struct agent_phrases agent_chinese_phrases;
extern const struct agent_gaps agent_english_gaps;
extern const struct agent_gaps agent_chinese_gaps;
extern const struct agent_manners agent_english_manners;
extern const struct agent_manners agent_chinese_manners;
extern const struct agent_refusals agent_english_unsafe;
extern const struct agent_refusals agent_chinese_unsafe;
extern const struct agent_refusals agent_english_senseless;
extern const struct agent_refusals agent_chinese_senseless;
extern const char *const agent_english_refuse_test[AGENT_REFUSALS / 2];
extern const char *const agent_chinese_refuse_test[AGENT_REFUSALS / 2];

#endif
