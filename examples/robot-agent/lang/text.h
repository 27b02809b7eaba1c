/* SPDX-License-Identifier: MIT */
/*
 * Text of the generator: a line that grows, and phrases that are filled in.
 */
#ifndef AGENT_TEXT_H
#define AGENT_TEXT_H

#include "prompt.h"
#include "rng.h"

/*
 * Marks are bytes that are no text; agent_typo_make() takes them away. Between the first
 * two, a text holds words that no typing error may touch. The others, from
 * AGENT_MARK_HINT on, are hints: see agent_text_hint(). There is room for
 * AGENT_MARK_HINTS; with AGENT_MARK_MORE before them they are others.
 */
#define AGENT_MARK_OPEN		"\1"
#define AGENT_MARK_CLOSE	"\2"
#define AGENT_MARK_MORE		'\3'
#define AGENT_MARK_HINT		'\x10'
#define AGENT_MARK_HINTS	16

/**
 * struct agent_text - a line being written
 * @s: closed by a NUL
 * @len: without it
 * @full: something did not fit and was left out
 */
struct agent_text {
	char s[AGENT_INSTRUCTION];
	size_t len;
	bool full;
};

/**
 * struct agent_slots - what a phrase is filled in with
 * @of: by the letter after "%"; NULL: none
 * @verb: whether of "{put|putting}" the second is taken
 */
struct agent_slots {
	const char *of[128];
	bool verb;
};

/** agent_text_clear() - make an empty line */
void agent_text_clear(struct agent_text *text);

/** agent_text_add() - write @s at the end */
void agent_text_add(struct agent_text *text, const char *s);

/** agent_text_add_char() - write one byte at the end */
void agent_text_add_char(struct agent_text *text, char c);

/** agent_text_hint() - note what the text so far ends with; see struct agent_hint */
void agent_text_hint(struct agent_text *text, int what);

/** agent_text_hint_end() - the same, unless something is noted there */
void agent_text_hint_end(struct agent_text *text, int what);

/** agent_text_expand() - write @phrase at the end, filled in with @slots */
void agent_text_expand(struct agent_text *text, const char *phrase,
		       const struct agent_slots *slots);

/** agent_list_count() - strings of a list that ends with NULL */
int agent_list_count(const char *const *list);

/** agent_list_draw() - any string of a list */
const char *agent_list_draw(struct agent_rng *rng, const char *const *list);

#endif
