// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "robot_check.h"

#define PERIOD		0.02
#define TURN		(2 * M_PI)
#define TIP_SPEED	0.25
#define SLACK		1e-6

/* From the maker's manual: ranges and speeds of the joints. */
static const double range[ARM_JOINTS] = { TURN, TURN, M_PI, TURN, TURN, TURN };
static const double speed[ARM_JOINTS] = { M_PI, M_PI, M_PI, TURN, TURN, TURN };

static void check_setpoint(const struct arm_setpoint *last, const struct arm_setpoint *at)
{
	double from[3], to[3], moved;
	int i;

	for (i = 0; i < ARM_JOINTS; i++) {
		assert_true(fabs(at->joints.q[i]) <= range[i]);
		assert_true(fabs(at->joints.q[i] - last->joints.q[i]) <=
			    speed[i] * PERIOD + SLACK);
	}
	cell_tip(&last->joints, from);
	cell_tip(&at->joints, to);
	moved = hypot(hypot(to[0] - from[0], to[1] - from[1]), to[2] - from[2]);
	assert_true(moved <= TIP_SPEED * PERIOD + SLACK);
	assert_true(to[2] >= -SLACK);
	assert_true(hypot(to[0], to[1]) >= CELL_COLUMN - SLACK);
	assert_true(at->grip >= 0 && at->grip <= CELL_OPEN);
}

void robot_check_move(const struct arm_move *move, const struct arm_setpoint *from)
{
	struct arm_setpoint last = *from, at;
	int i;

	for (i = 1; i <= move->samples; i++, last = at) {
		assert_int_equal(arm_move_at(move, i, &at), 0);
		check_setpoint(&last, &at);
	}
}

void robot_check_plan(const struct plan *plan)
{
	const struct arm_setpoint *last = &plan->before.at;
	int i;

	assert_in_range(plan->count, 0, PLAN_MOVES);
	for (i = 0; i < plan->count; i++) {
		robot_check_move(&plan->step[i].move, last);
		last = &plan->step[i].move.to;
	}
}
