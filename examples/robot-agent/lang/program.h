/* SPDX-License-Identifier: MIT */
/*
 * The language that the model answers in: a JSON array of robot actions. What
 * it may hold is told by schema.json and README.md; nothing else gets through
 * agent_program_parse().
 */
#ifndef AGENT_PROGRAM_H
#define AGENT_PROGRAM_H

#include "scene.h"

/** AGENT_ACTIONS - most actions of a program */
#define AGENT_ACTIONS 12

/** AGENT_TEXT - bytes of a program's text at most, with the closing NUL */
#define AGENT_TEXT 1024

/* Limits of the numbers in a program. */
#define AGENT_MM_MAX	500
#define AGENT_S_MAX	60

enum agent_verb {
	AGENT_PICK,	/* obj */
	AGENT_PLACE,	/* rel, ref: what is held */
	AGENT_MOVE,	/* dir, mm: the gripper, from where it is */
	AGENT_OPEN,
	AGENT_CLOSE,
	AGENT_HOME,
	AGENT_WAIT,	/* s */
	AGENT_ASK,	/* about; the only action of its program */
	AGENT_REFUSE,	/* why; the only action of its program */
	AGENT_VERBS
};

enum agent_rel {
	AGENT_ON,
	AGENT_IN,
	AGENT_LEFT_OF,
	AGENT_RIGHT_OF,
	AGENT_IN_FRONT_OF,	/* nearer to the arm's base */
	AGENT_BEHIND,
	AGENT_RELS
};

enum agent_dir {
	AGENT_UP,
	AGENT_DOWN,
	AGENT_LEFT,
	AGENT_RIGHT,
	AGENT_FORWARD,		/* away from the arm's base */
	AGENT_BACK,
	AGENT_DIRS
};

enum agent_about {
	AGENT_WHICH,		/* several objects fit */
	AGENT_WHAT,		/* the object is not said */
	AGENT_WHERE,		/* the place is not said */
	AGENT_ABOUTS
};

enum agent_why {
	AGENT_MISSING,		/* no such object in the scene */
	AGENT_UNSAFE,		/* would hurt or break something */
	AGENT_SENSELESS,	/* no instruction to a robot arm */
	AGENT_WHYS
};

/**
 * struct agent_action - one step
 * @verb: tells which of the others count
 * @obj: AGENT_PICK: index of an object of the scene
 * @rel: AGENT_PLACE: where, seen from @ref
 * @ref: AGENT_PLACE: index of an object of the scene
 * @dir: AGENT_MOVE
 * @mm: AGENT_MOVE: 1 to AGENT_MM_MAX
 * @s: AGENT_WAIT: 1 to AGENT_S_MAX
 * @about: AGENT_ASK
 * @why: AGENT_REFUSE
 */
struct agent_action {
	enum agent_verb verb;
	int obj;
	enum agent_rel rel;
	int ref;
	enum agent_dir dir;
	int mm;
	int s;
	enum agent_about about;
	enum agent_why why;
};

struct agent_program {
	int count;
	struct agent_action action[AGENT_ACTIONS];
};

/**
 * agent_program_parse() - read and check a program
 * @text: a JSON array of actions and nothing behind it; hostile
 * @len: its bytes
 * @scene: whose objects it may name
 * @program: filled in; unspecified after a failure
 * @why: receives one sentence, without a newline, where @text is refused
 * @size: of @why
 *
 * Checks what can be known without the arm: the schema (members, types,
 * limits, no unknown or repeated member), that every object is in @scene, that
 * ask and refuse stand alone, and that the gripper is free before "pick" and
 * holds something other than the reference before "place".
 *
 * Return: 0, or -1 when @text is not such a program.
 */
int agent_program_parse(const char *text, size_t len,
			const struct agent_scene *scene,
			struct agent_program *program, char *why, size_t size);

/**
 * agent_program_print() - write a program in the one canonical spelling
 * @program: to write
 * @text: receives it, closed by a NUL, no newline
 * @size: of @text; AGENT_TEXT suffices
 *
 * The spelling: no spaces, members in the order of the schema:
 * [{"do":"pick","obj":"a"},{"do":"place","rel":"left_of","ref":"b"},
 * {"do":"move","dir":"up","mm":50},{"do":"wait","s":3},{"do":"home"}]
 *
 * Return: its length, or -1 when @size does not suffice.
 */
int agent_program_print(const struct agent_program *program, char *text,
			size_t size);

#endif
