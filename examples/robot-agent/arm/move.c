// SPDX-License-Identifier: MIT
#include <math.h>
#include <string.h>

#include "move.h"

/* Peaks of the first and second derivative of blend() over the unit time. */
#define BLEND_SPEED	1.875
#define BLEND_ACCEL	5.7735026918962584

/* How often a motion is made slower until no limit is passed. */
#define STRETCHES	8

/* A step that is too fast by more than this is a jump to other joint angles. */
#define FOLD		10

/* Of rounding, relative. */
#define SLACK		1e-9

/* From 0 to 1 at rest at both ends, without a jump of the acceleration. */
static double blend(double u)
{
	return u * u * u * (10 + u * (6 * u - 15));
}

static void set_seconds(struct arm_move *move, double seconds)
{
	move->samples = fmax(1, ceil(seconds / ARM_PERIOD - SLACK));
}

double arm_move_seconds(const struct arm_move *move)
{
	return move->samples * ARM_PERIOD;
}

static double mix(double a, double b, double s)
{
	return s >= 1 ? b : a + s * (b - a);
}

static int line_at(const struct arm_move *move, double s, struct arm_joints *near)
{
	double tip[3];
	int i;

	for (i = 0; i < 3; i++)
		tip[i] = mix(move->tip_from[i], move->tip_to[i], s);
	return cell_reach(tip, near, near);
}

int arm_move_at(const struct arm_move *move, int sample,
		struct arm_setpoint *at)
{
	double s = blend((double)sample / move->samples);
	int i;

	if (sample >= move->samples) {
		*at = move->to;
		return 0;
	}
	at->grip = mix(move->from.grip, move->to.grip, s);
	for (i = 0; i < ARM_JOINTS; i++)
		at->joints.q[i] = mix(move->from.joints.q[i], move->to.joints.q[i], s);
	return move->kind == ARM_LINE ? line_at(move, s, &at->joints) : 0;
}

static double tip_distance(const struct arm_setpoint *a, const struct arm_setpoint *b)
{
	double p[3], q[3];

	cell_tip(&a->joints, p);
	cell_tip(&b->joints, q);
	return hypot(hypot(p[0] - q[0], p[1] - q[1]), p[2] - q[2]);
}

/* By how much the step from @a to @b is above a limit of speed: 1 is just at it. */
static double excess(const struct arm_setpoint *a, const struct arm_setpoint *b)
{
	double most = tip_distance(a, b) / (CELL_SPEED * ARM_PERIOD);
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		most = fmax(most, fabs(b->joints.q[i] - a->joints.q[i]) /
				  (CELL_JOINT_SPEED * arm_limits[i].speed * ARM_PERIOD));
	return most;
}

/* The largest excess of a motion, or -1 when a setpoint is out of reach. */
static double worst(const struct arm_move *move)
{
	struct arm_setpoint last = move->from, at;
	double most = 0;
	int i;

	for (i = 1; i <= move->samples; i++, last = at) {
		if (arm_move_at(move, i, &at))
			return -1;
		most = fmax(most, excess(&last, &at));
	}
	return most;
}

/* Makes the motion as slow as it must be. */
static int stretch(struct arm_move *move)
{
	double most;
	int i;

	for (i = 0; i < STRETCHES; i++) {
		most = worst(move);
		if (most < 0 || most > FOLD)
			return -1;
		if (most <= 1 + SLACK)
			return 0;
		set_seconds(move, arm_move_seconds(move) * most + ARM_PERIOD);
	}
	return -1;
}

/* What the joints' speed and acceleration ask for. */
static double turn_seconds(const struct arm_setpoint *from, const struct arm_joints *to)
{
	double seconds = 0, angle;
	int i;

	for (i = 0; i < ARM_JOINTS; i++) {
		angle = fabs(to->q[i] - from->joints.q[i]);
		seconds = fmax(seconds, BLEND_SPEED * angle /
					(CELL_JOINT_SPEED * arm_limits[i].speed));
		seconds = fmax(seconds, sqrt(BLEND_ACCEL * angle / CELL_JOINT_ACCEL));
	}
	return seconds;
}

static void move_init(struct arm_move *move, enum arm_move_kind kind,
		      const struct arm_setpoint *from)
{
	memset(move, 0, sizeof(*move));
	move->kind = kind;
	move->from = *from;
	move->to = *from;
}

void arm_move_turn(struct arm_move *move, const struct arm_setpoint *from,
		   const struct arm_joints *to)
{
	move_init(move, ARM_TURN, from);
	move->to.joints = *to;
	set_seconds(move, turn_seconds(from, to));
	stretch(move);
}

int arm_move_line(struct arm_move *move, const struct arm_setpoint *from,
		  const double tip[3])
{
	double length;

	move_init(move, ARM_LINE, from);
	cell_tip(&from->joints, move->tip_from);
	memcpy(move->tip_to, tip, sizeof(move->tip_to));
	if (cell_reach(tip, &from->joints, &move->to.joints))
		return -1;
	length = tip_distance(from, &move->to);
	set_seconds(move, fmax(BLEND_SPEED * length / CELL_SPEED,
			       turn_seconds(from, &move->to.joints)));
	return stretch(move);
}

void arm_move_grip(struct arm_move *move, const struct arm_setpoint *from,
		   double grip)
{
	move_init(move, ARM_GRIP, from);
	move->to.grip = grip;
	set_seconds(move, BLEND_SPEED * fabs(grip - from->grip) / CELL_GRIP_SPEED);
}

void arm_move_hold(struct arm_move *move, const struct arm_setpoint *from,
		   double seconds)
{
	move_init(move, ARM_HOLD, from);
	set_seconds(move, seconds);
}
