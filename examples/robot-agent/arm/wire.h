/* SPDX-License-Identifier: MIT */
/*
 * Setpoints in the units of the registers, which both sides share.
 */
#ifndef ARM_WIRE_H
#define ARM_WIRE_H

#include <stdint.h>

#include "move.h"

/** ARM_SETPOINT_REGS - registers that a setpoint takes: angles and opening */
#define ARM_SETPOINT_REGS	(2 * ARM_JOINTS + 1)

/** arm_wire_angle() - radians as microradians, rounded; NaN is INT32_MIN */
int32_t arm_wire_angle(double angle);

/** arm_wire_grip() - metres as units of 10 micrometres, 0 to 65535 */
uint16_t arm_wire_grip(double grip);

/** arm_wire_put() - a setpoint into its registers */
void arm_wire_put(const struct arm_setpoint *at, uint16_t *reg);

/** arm_wire_get() - a setpoint from its registers; any values are taken */
void arm_wire_get(const uint16_t *reg, struct arm_setpoint *at);

#endif
