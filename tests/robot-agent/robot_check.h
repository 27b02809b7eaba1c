/* SPDX-License-Identifier: MIT */
/*
 * Looks at every setpoint of a motion, by numbers of its own: the maker's ranges and speeds,
 * the table, and that one follows the other.
 */
#ifndef ROBOT_CHECK_H
#define ROBOT_CHECK_H

#include "arm/plan.h"

/** robot_check_move() - fails the test unless all of @move, from @from on, is in bounds */
void robot_check_move(const struct arm_move *move, const struct arm_setpoint *from);

/** robot_check_plan() - the same for all motions of a plan, one after the other */
void robot_check_plan(const struct plan *plan);

#endif
