/* SPDX-License-Identifier: MIT */
/*
 * The model's answer as it comes, piece by piece. Each action is looked at the
 * moment its JSON object is complete, and an answer that has gone wrong ends
 * there; but what may be carried out is only the whole.
 */
#ifndef AGENT_ANSWER_H
#define AGENT_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "lang/program.h"

/** AGENT_WHY - bytes that suffice for why something is refused */
#define AGENT_WHY 512

/**
 * struct agent_answer - an answer on its way
 * @scene: that it is about
 * @text: so far
 * @len: its bytes
 * @actions: how many of them are complete
 * @action_ns: when each was, CLOCK_MONOTONIC
 * @first_ns: when the first piece came
 * @done_ns: when the answer was found to be whole and right
 * @program: of the @actions so far; all of it once agent_answer_finish() said so
 * @why: one sentence where the answer is wrong, else empty
 */
struct agent_answer {
	const struct agent_scene *scene;
	char text[AGENT_TEXT];
	size_t len;
	int depth;
	bool quoted;
	bool escaped;
	int actions;
	int64_t action_ns[AGENT_ACTIONS];
	int64_t first_ns;
	int64_t done_ns;
	struct agent_program program;
	char why[AGENT_WHY];
};

/** agent_answer_init() - nothing has come yet */
void agent_answer_init(struct agent_answer *answer,
		       const struct agent_scene *scene);

/**
 * agent_answer_add() - a piece of text came
 * @answer: state
 * @piece: any bytes
 * @len: how many
 *
 * Return: 0, or -1 when the answer is wrong whatever may follow.
 */
int agent_answer_add(struct agent_answer *answer, const char *piece, size_t len);

/**
 * agent_answer_finish() - no more will come
 * Return: 0 when the answer is a program, or -1.
 */
int agent_answer_finish(struct agent_answer *answer);

#endif
