// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "../lang/sample.h"
#include "skeleton.h"

/* Where things of generated scenes lie, in centimetres: x, and y at most. */
#define SKELETON_X_MIN	18
#define SKELETON_X_MAX	42
#define SKELETON_Y	36

/* What comes behind an action's last value, when more follows, and at the end. */
static const char *const skeleton_ends[] = { ",", "]" };

/**
 * skeleton_action() - add an action's text, without brackets around it
 * @action: with the value that comes last 'a' or 1, if it has one
 * @value: bytes of the text from that value on; 0: it has none, and the text
 *         is added with what comes behind it
 * @alone: nothing comes behind it but the end
 */
static void skeleton_action(struct train_vocab *vocab,
			    const struct agent_action *action, size_t value,
			    bool alone)
{
	const struct agent_program program = { .count = 1, .action[0] = *action };
	char text[AGENT_TEXT];
	size_t len;
	int i;

	len = agent_program_print(&program, text, sizeof(text)) - strlen("]");
	if (value) {
		text[len - value] = '\0';
		train_vocab_add(vocab, text + strlen("["));
		return;
	}
	for (i = alone; i < 2; i++) {
		memcpy(text + len, skeleton_ends[i], 2);
		train_vocab_add(vocab, text + strlen("["));
	}
}

static void skeleton_verbs(struct train_vocab *vocab)
{
	struct agent_action a = { .verb = AGENT_PICK };

	skeleton_action(vocab, &a, strlen("a\"}"), false);
	a.verb = AGENT_PLACE;
	for (a.rel = 0; a.rel < AGENT_RELS; a.rel++)
		skeleton_action(vocab, &a, strlen("a\"}"), false);
	a = (struct agent_action){ .verb = AGENT_MOVE, .mm = 1 };
	for (a.dir = 0; a.dir < AGENT_DIRS; a.dir++)
		skeleton_action(vocab, &a, strlen("1}"), false);
	a = (struct agent_action){ .verb = AGENT_WAIT, .s = 1 };
	skeleton_action(vocab, &a, strlen("1}"), false);
	for (a.verb = AGENT_OPEN; a.verb <= AGENT_HOME; a.verb++)
		skeleton_action(vocab, &a, 0, false);
	a.verb = AGENT_ASK;
	for (a.about = 0; a.about < AGENT_ABOUTS; a.about++)
		skeleton_action(vocab, &a, 0, true);
	a.verb = AGENT_REFUSE;
	for (a.why = 0; a.why < AGENT_WHYS; a.why++)
		skeleton_action(vocab, &a, 0, true);
}

static void skeleton_values(struct train_vocab *vocab)
{
	char text[8];
	int i, end;

	for (end = 0; end < 2; end++) {
		snprintf(text, sizeof(text), "}%s", skeleton_ends[end]);
		train_vocab_add(vocab, text);
		for (i = 0; i < AGENT_OBJECTS; i++) {
			snprintf(text, sizeof(text), "%c\"}%s", 'a' + i,
				 skeleton_ends[end]);
			train_vocab_add(vocab, text);
		}
	}
}

/*
 * Behind numbers of instructions and programs there are units and braces, not commas
 * and brackets; so these tokens are parts of places only.
 */
static void skeleton_places(struct train_vocab *vocab)
{
	char text[16];
	int i;

	for (i = SKELETON_X_MIN; i <= SKELETON_X_MAX; i++) {
		snprintf(text, sizeof(text), "%d,", i);
		train_vocab_add(vocab, text);
	}
	for (i = -SKELETON_Y; i <= SKELETON_Y; i++) {
		snprintf(text, sizeof(text), "%d);", i);
		train_vocab_add(vocab, text);
	}
}

static void skeleton_prompt(struct train_vocab *vocab)
{
	char text[32];
	int i;

	train_vocab_add(vocab, "scene:");
	train_vocab_add(vocab, " hand empty\ndo:");
	for (i = 0; i < AGENT_OBJECTS; i++) {
		snprintf(text, sizeof(text), " hand %c\ndo:", 'a' + i);
		train_vocab_add(vocab, text);
		/* A letter that is an object's, and no word of the instruction. */
		snprintf(text, sizeof(text), " %c (", 'a' + i);
		train_vocab_add(vocab, text);
	}
	train_vocab_add(vocab, "\nplan:");
	skeleton_places(vocab);
}

void train_skeleton_add(struct train_vocab *vocab)
{
	skeleton_verbs(vocab);
	skeleton_values(vocab);
	skeleton_prompt(vocab);
}

/* The action that @what, which is no object, stands for. */
static struct agent_action skeleton_hinted(int what)
{
	if (what < AGENT_HINT_REFUSE)
		return (struct agent_action){
			.verb = AGENT_ASK, .about = what - AGENT_HINT_ASK,
		};
	if (what < AGENT_HINT_PLACE)
		return (struct agent_action){
			.verb = AGENT_REFUSE, .why = what - AGENT_HINT_REFUSE,
		};
	if (what < AGENT_HINT_MOVE)
		return (struct agent_action){
			.verb = AGENT_PLACE, .rel = what - AGENT_HINT_PLACE,
		};
	if (what < AGENT_HINT_DO + AGENT_OPEN)
		return (struct agent_action){
			.verb = AGENT_MOVE, .dir = what - AGENT_HINT_MOVE, .mm = 1,
		};
	if (what < AGENT_HINT_PICK)
		return (struct agent_action){
			.verb = what - AGENT_HINT_DO, .s = 1,
		};
	return (struct agent_action){ .verb = AGENT_PICK };
}

int train_skeleton_hint(const struct train_vocab *vocab, int what)
{
	struct agent_program program = { .count = 1 };
	char text[AGENT_TEXT];
	size_t size;

	if (what < AGENT_OBJECTS) {
		snprintf(text, sizeof(text), " %c (", 'a' + what);
		return train_vocab_whole(vocab, text, strlen(text), &size);
	}
	program.action[0] = skeleton_hinted(what);
	agent_program_print(&program, text, sizeof(text));
	return train_vocab_whole(vocab, text + 1, strlen(text + 1), &size);
}
