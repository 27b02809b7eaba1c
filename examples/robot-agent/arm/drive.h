/* SPDX-License-Identifier: MIT */
/*
 * Carries a plan out, a setpoint every ARM_PERIOD, for as long as a gate is
 * open.
 */
#ifndef ARM_DRIVE_H
#define ARM_DRIVE_H

#include "link.h"
#include "plan.h"

/**
 * struct drive_gate - what allows the arm to move
 * @open: asked before every setpoint and every heartbeat; false stops the arm
 * @done: told when a motion of the plan has been done; may be NULL
 * @opaque: their argument
 */
struct drive_gate {
	bool (*open)(void *opaque);
	void (*done)(void *opaque, int step);
	void *opaque;
};

enum drive_end {
	DRIVE_DONE,	/* the whole plan */
	DRIVE_SHUT,	/* the gate was shut, and the arm has been told to stop */
	DRIVE_FAILED,	/* the arm stopped by itself, or does not answer */
};

/**
 * drive_run() - carry a plan out
 * @link: to the arm, which is where the plan begins
 * @plan: to do
 * @gate: may shut at any time
 * @world: receives the world at the end: after the last motion that was
 *         begun, with the arm where it came to rest
 * @why: receives a sentence unless DRIVE_DONE
 * @size: of @why
 *
 * Return: how it ended.
 */
enum drive_end drive_run(struct arm_link *link, const struct plan *plan,
			 const struct drive_gate *gate, struct world *world,
			 char *why, size_t size);

#endif
