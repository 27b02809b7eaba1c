/* SPDX-License-Identifier: MIT */
/*
 * Motions as the arm gets them: a setpoint every ARM_PERIOD. A motion starts
 * and ends at rest; between, it follows a polynomial of fifth degree, so that
 * speed and acceleration are steady.
 */
#ifndef ARM_MOVE_H
#define ARM_MOVE_H

#include "cell.h"

/** ARM_PERIOD_MS - time from one setpoint to the next */
#define ARM_PERIOD_MS	20
#define ARM_PERIOD	(ARM_PERIOD_MS / 1000.0)

/**
 * struct arm_setpoint - where the arm is to be
 * @joints: angles
 * @grip: opening of the gripper, metres
 */
struct arm_setpoint {
	struct arm_joints joints;
	double grip;
};

enum arm_move_kind {
	ARM_TURN,	/* all joints together, each by the same law */
	ARM_LINE,	/* the fingertips on a straight line */
	ARM_GRIP,	/* the gripper alone */
	ARM_HOLD,	/* nothing, for a time */
};

/**
 * struct arm_move - one motion
 * @kind: which
 * @from, @to: its ends
 * @tip_from, @tip_to: ARM_LINE: the same ends, of the fingertips
 * @samples: setpoints; number @samples is @to
 */
struct arm_move {
	enum arm_move_kind kind;
	struct arm_setpoint from;
	struct arm_setpoint to;
	double tip_from[3];
	double tip_to[3];
	int samples;
};

/**
 * arm_move_turn() - turn the joints
 * @move: filled in
 * @from: where the arm is
 * @to: angles to reach
 *
 * As fast as CELL_JOINT_SPEED, CELL_JOINT_ACCEL and CELL_SPEED allow.
 */
void arm_move_turn(struct arm_move *move, const struct arm_setpoint *from,
		   const struct arm_joints *to);

/**
 * arm_move_line() - lead the fingertips along a straight line
 * @move: filled in
 * @from: where the arm is, its gripper pointing down
 * @tip: world, to reach
 *
 * Return: 0, or -1 when a point of the line is out of reach, or the arm would
 * have to fold over on its way.
 */
int arm_move_line(struct arm_move *move, const struct arm_setpoint *from,
		  const double tip[3]);

/** arm_move_grip() - open or close the gripper to @grip metres */
void arm_move_grip(struct arm_move *move, const struct arm_setpoint *from,
		   double grip);

/** arm_move_hold() - stay for @seconds */
void arm_move_hold(struct arm_move *move, const struct arm_setpoint *from,
		   double seconds);

/**
 * arm_move_at() - a setpoint of a motion
 * @move: made by one of the above
 * @sample: 1 to @move->samples
 * @at: receives it
 *
 * Return: 0, or -1 when it is out of reach, which arm_move_line() rules out.
 */
int arm_move_at(const struct arm_move *move, int sample,
		struct arm_setpoint *at);

/** arm_move_seconds() - how long it takes */
double arm_move_seconds(const struct arm_move *move);

#endif
