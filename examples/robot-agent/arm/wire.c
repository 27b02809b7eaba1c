// SPDX-License-Identifier: MIT
#include <math.h>

#include "regs.h"
#include "wire.h"

int32_t arm_wire_angle(double angle)
{
	double units = rint(angle / ARM_ANGLE_UNIT);

	return units > INT32_MIN && units <= INT32_MAX ? (int32_t)units : INT32_MIN;
}

uint16_t arm_wire_grip(double grip)
{
	double units = rint(grip / ARM_GRIP_UNIT);

	return units >= 0 && units <= UINT16_MAX ? (uint16_t)units : UINT16_MAX;
}

void arm_wire_put(const struct arm_setpoint *at, uint16_t *reg)
{
	uint32_t angle;
	int i;

	for (i = 0; i < ARM_JOINTS; i++) {
		angle = arm_wire_angle(at->joints.q[i]);
		reg[2 * i] = angle >> 16;
		reg[2 * i + 1] = angle;
	}
	reg[2 * ARM_JOINTS] = arm_wire_grip(at->grip);
}

void arm_wire_get(const uint16_t *reg, struct arm_setpoint *at)
{
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		at->joints.q[i] = ARM_ANGLE_UNIT *
			(int32_t)((uint32_t)reg[2 * i] << 16 | reg[2 * i + 1]);
	at->grip = ARM_GRIP_UNIT * reg[2 * ARM_JOINTS];
}
