/* SPDX-License-Identifier: MIT */
/*
 * The cell that the arm stands in: a table, a pedestal at its edge, a
 * two-finger gripper that always points down, and things of one size.
 *
 * World frame: metres; z is the height above the table, x goes to the front
 * and y to the left of the pedestal's axis, as in a scene.
 */
#ifndef ARM_CELL_H
#define ARM_CELL_H

#include <stddef.h>

#include "kinematics.h"

/** CELL_PEDESTAL - height of the base's foot above the table */
#define CELL_PEDESTAL	0.200

/** CELL_TOOL - from the flange to the fingertips */
#define CELL_TOOL	0.150

/** CELL_THING - edge of the cube that every thing of a scene is taken for */
#define CELL_THING	0.040

/** CELL_GRASP - of the fingertips above the foot of what they hold */
#define CELL_GRASP	0.020

/** CELL_FLOOR - of a container, above its own foot */
#define CELL_FLOOR	0.005

/** CELL_SPACE - least distance of the axes of two things side by side */
#define CELL_SPACE	0.050

/** CELL_TRAVEL - of the fingertips when they cross the table */
#define CELL_TRAVEL	0.180

/** CELL_STACK - highest foot of a thing on others: three of them */
#define CELL_STACK	(2 * CELL_THING)

/* Opening of the gripper: around a thing, on a thing, closed. */
#define CELL_OPEN	0.052
#define CELL_SHUT	0.0

/** CELL_GRIP_SPEED - of the opening */
#define CELL_GRIP_SPEED	0.080

/** CELL_SPEED - of the fingertips at most: ISO 10218-1, reduced speed */
#define CELL_SPEED	0.250

/* What of the joints' speeds is used, and how fast it is reached (rad/s^2). */
#define CELL_JOINT_SPEED	0.6
#define CELL_JOINT_ACCEL	5.0

/** CELL_COLUMN - radius around the base that the fingertips keep out of */
#define CELL_COLUMN	0.180

/** CELL_LINK - that the middle of a link keeps above the table */
#define CELL_LINK	0.060

/** cell_home - where the fingertips are when the arm is at home */
extern const double cell_home[3];

/** cell_tip() - where the fingertips are for these joint angles */
void cell_tip(const struct arm_joints *joints, double tip[3]);

/**
 * cell_reach() - joint angles that put the fingertips at a point, pointing down
 * @tip: world
 * @near: the arm's present angles, to stay close to
 * @joints: receives them
 *
 * Return: 0, or -1 when no angles do.
 */
int cell_reach(const double tip[3], const struct arm_joints *near,
	       struct arm_joints *joints);

/** cell_home_joints() - the joint angles of the arm at home */
void cell_home_joints(struct arm_joints *joints);

/**
 * cell_check() - may the arm be here?
 * @joints: angles
 * @why: receives a clause such as "the elbow would be 20 mm above the table"
 * @size: of @why
 *
 * Ranges of the joints, the table, and the column around the base.
 *
 * Return: 0, or -1 when it may not.
 */
int cell_check(const struct arm_joints *joints, char *why, size_t size);

#endif
