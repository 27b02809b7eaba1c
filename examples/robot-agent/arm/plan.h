/* SPDX-License-Identifier: MIT */
/*
 * From a checked program to motions. A plan exists only when all of it can be
 * done: what is out of reach, taken, or in the way is found out before
 * anything moves.
 */
#ifndef ARM_PLAN_H
#define ARM_PLAN_H

#include "../lang/program.h"
#include "world.h"

/** PLAN_ACTION_MOVES - motions that one action takes at most */
#define PLAN_ACTION_MOVES	8

#define PLAN_MOVES	(AGENT_ACTIONS * PLAN_ACTION_MOVES)

/** PLAN_WHY - bytes that suffice for why a program is refused */
#define PLAN_WHY	512

/**
 * struct plan_step - a motion of a plan
 * @action: index of the action that it is part of
 * @move: the motion
 * @after: the world when it has been done
 */
struct plan_step {
	int action;
	struct arm_move move;
	struct world after;
};

/**
 * struct plan - all that an arm does for a program
 * @count: motions
 * @before: the world when it starts
 */
struct plan {
	int count;
	struct world before;
	struct plan_step step[PLAN_MOVES];
};

/**
 * plan_make() - plan a program
 * @program: from agent_program_parse() for @scene
 * @scene: for the names of things
 * @world: where everything is now
 * @plan: filled in; unspecified after a failure
 * @why: receives one sentence, without a newline, where it is refused
 * @size: of @why; PLAN_WHY suffices
 *
 * Every setpoint of the plan has been looked at: angles, speeds, the table,
 * the column, and what stands beside the gripper's way.
 *
 * Return: 0, or -1 when the program cannot be done.
 */
int plan_make(const struct agent_program *program,
	      const struct agent_scene *scene, const struct world *world,
	      struct plan *plan, char *why, size_t size);

/**
 * plan_world_after() - the world after an action
 * @plan: a plan
 * @action: index; -1: before the first
 */
const struct world *plan_world_after(const struct plan *plan, int action);

/** plan_seconds() - how long an action takes */
double plan_seconds(const struct plan *plan, int action);

#endif
