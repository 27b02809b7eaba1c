// SPDX-License-Identifier: MIT
#include <math.h>
#include <string.h>

#include "sim.h"
#include "wire.h"

#define TICK		(SIM_TICK_MS / 1000.0)

/* The servos: how they close in on the setpoint, and their acceleration. */
#define SERVO_TIME	0.020
#define SERVO_ACCEL	40.0
#define SERVO_STEP	(SERVO_ACCEL * TICK)

/* Closer than half of a register's unit is there. */
#define GRIP_THERE	(ARM_GRIP_UNIT / 2)

/* Rounding of two setpoints to the registers' units. */
#define ROUNDING	(2 * ARM_ANGLE_UNIT)

#define GRIP_MAX	0.085

/* Modbus exception codes. */
#define BAD_ADDRESS	2
#define BAD_VALUE	3

void arm_sim_init(struct arm_sim *sim, unsigned int watchdog_ms)
{
	uint16_t reg[ARM_SETPOINT_REGS];

	memset(sim, 0, sizeof(*sim));
	cell_home_joints(&sim->at.joints);
	sim->at.grip = CELL_OPEN;
	/* Where it is can be told exactly. */
	arm_wire_put(&sim->at, reg);
	arm_wire_get(reg, &sim->at);
	sim->target = sim->at;
	sim->watchdog_ms = watchdog_ms;
}

/* ---- Time ----------------------------------------------------------------------- */

/* The speed from which a joint comes to rest in @left when it brakes from now on. */
static double brake_speed(double left)
{
	double half = SERVO_STEP / 2;

	return sqrt(half * half + 2 * SERVO_ACCEL * left) - half;
}

/* A joint never passes its setpoint: what lies beyond has not been checked. */
static void servo(struct arm_sim *sim, int i)
{
	double *q = &sim->at.joints.q[i], *v = &sim->speed.q[i];
	double left = sim->target.joints.q[i] - *q, most, want;

	if (fabs(left) <= SERVO_STEP * TICK && fabs(*v) <= 2 * SERVO_STEP) {
		*q = sim->target.joints.q[i];
		*v = 0;
		return;
	}
	most = fmin(arm_limits[i].speed, brake_speed(fabs(left)));
	want = fmax(-most, fmin(most, left / SERVO_TIME));
	*v += fmax(-SERVO_STEP, fmin(SERVO_STEP, want - *v));
	*q += *v * TICK;
}

static void servo_grip(struct arm_sim *sim)
{
	double left = sim->target.grip - sim->at.grip;
	double most = CELL_GRIP_SPEED * TICK;

	sim->at.grip += fmax(-most, fmin(most, left));
	if (fabs(sim->target.grip - sim->at.grip) < GRIP_THERE)
		sim->at.grip = sim->target.grip;
}

bool arm_sim_moving(const struct arm_sim *sim)
{
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		if (sim->speed.q[i] || sim->at.joints.q[i] != sim->target.joints.q[i])
			return true;
	return sim->at.grip != sim->target.grip;
}

static void stop(struct arm_sim *sim, uint16_t reason)
{
	if (sim->state == ARM_STATE_STOPPING || sim->state == ARM_STATE_STOPPED)
		return;
	sim->state = ARM_STATE_STOPPING;
	sim->reason = reason;
	/* A gripper has no way to go on: it stays as it is. */
	sim->target.grip = sim->at.grip;
}

void arm_sim_tick(struct arm_sim *sim)
{
	int i;

	sim->time_ms += SIM_TICK_MS;
	sim->beat_ms += SIM_TICK_MS;
	if (sim->state == ARM_STATE_ACTIVE && sim->beat_ms > sim->watchdog_ms)
		stop(sim, ARM_REASON_WATCHDOG);
	for (i = 0; i < ARM_JOINTS; i++)
		servo(sim, i);
	servo_grip(sim);
	if (sim->state == ARM_STATE_STOPPING && !arm_sim_moving(sim))
		sim->state = ARM_STATE_STOPPED;
}

void arm_sim_lost(struct arm_sim *sim)
{
	if (sim->state == ARM_STATE_ACTIVE)
		stop(sim, ARM_REASON_LOST);
}

/* ---- Writes --------------------------------------------------------------------- */

/* Within ranges, not further than a joint can turn in its time, and safe. */
static bool setpoint_good(const struct arm_sim *sim, const struct arm_setpoint *to)
{
	char why[128];
	int i;

	if (!(to->grip >= 0 && to->grip <= GRIP_MAX))
		return false;
	for (i = 0; i < ARM_JOINTS; i++)
		if (!(fabs(to->joints.q[i] - sim->target.joints.q[i]) <=
		      arm_limits[i].speed * ARM_PERIOD + ROUNDING))
			return false;
	return !cell_check(&to->joints, why, sizeof(why));
}

static int take_setpoint(struct arm_sim *sim, const uint16_t *value)
{
	struct arm_setpoint to;

	if (sim->state != ARM_STATE_ACTIVE)
		return BAD_VALUE;
	arm_wire_get(value + ARM_REG_TARGET, &to);
	if (value[ARM_REG_SEQ] != (uint16_t)(sim->seq + 1))
		stop(sim, ARM_REASON_SEQUENCE);
	else if (!setpoint_good(sim, &to))
		stop(sim, ARM_REASON_RANGE);
	if (sim->state != ARM_STATE_ACTIVE)
		return BAD_VALUE;
	sim->target = to;
	sim->seq++;
	return 0;
}

static int enter(struct arm_sim *sim, uint16_t from, uint16_t to)
{
	if (sim->state != from || arm_sim_moving(sim))
		return BAD_VALUE;
	sim->state = to;
	sim->seq = 0;
	return 0;
}

static int take_command(struct arm_sim *sim, uint16_t command)
{
	switch (command) {
	case ARM_COMMAND_NONE:
		return 0;
	case ARM_COMMAND_ENABLE:
		/* Only with a heartbeat that came with it. */
		return sim->beat_ms ? BAD_VALUE :
				      enter(sim, ARM_STATE_IDLE, ARM_STATE_ACTIVE);
	case ARM_COMMAND_DISABLE:
		return enter(sim, ARM_STATE_ACTIVE, ARM_STATE_IDLE);
	case ARM_COMMAND_STOP:
		stop(sim, ARM_REASON_COMMAND);
		return 0;
	case ARM_COMMAND_CLEAR:
		return enter(sim, ARM_STATE_STOPPED, ARM_STATE_IDLE);
	default:
		return BAD_VALUE;
	}
}

static int take(struct arm_sim *sim, int address, int count, const uint16_t *value)
{
	if (address || (count != ARM_BEAT_REGS && count != ARM_WRITE_REGS))
		return BAD_ADDRESS;
	/* A value that comes again is no sign of life. */
	if (value[ARM_REG_BEAT] != sim->beat)
		sim->beat_ms = 0;
	sim->beat = value[ARM_REG_BEAT];
	if (count == ARM_BEAT_REGS)
		return take_command(sim, value[ARM_REG_COMMAND]);
	/* A setpoint and a command in one: which comes first? Neither. */
	if (value[ARM_REG_COMMAND] != ARM_COMMAND_NONE)
		return BAD_VALUE;
	return take_setpoint(sim, value);
}

int arm_sim_write(struct arm_sim *sim, int address, int count,
		  const uint16_t *value)
{
	int code = take(sim, address, count, value);

	if (code && sim->refused < UINT16_MAX)
		sim->refused++;
	return code;
}

/* ---- Reads ---------------------------------------------------------------------- */

int arm_sim_read(const struct arm_sim *sim, int address, int count,
		 uint16_t *value)
{
	uint16_t status[ARM_STATUS_REGS] = {
		ARM_MAGIC, ARM_VERSION, sim->state, sim->reason, sim->seq,
		arm_sim_moving(sim), sim->watchdog_ms, ARM_STOP_MS,
	};

	int first = address - ARM_REG_STATUS;

	arm_wire_put(&sim->at, &status[ARM_REG_PRESENT - ARM_REG_STATUS]);
	status[ARM_REG_REFUSED - ARM_REG_STATUS] = sim->refused;
	status[ARM_REG_TIME_MS - ARM_REG_STATUS] = sim->time_ms >> 16;
	status[ARM_REG_TIME_MS - ARM_REG_STATUS + 1] = sim->time_ms;
	if (first < 0 || count < 1 || count > ARM_STATUS_REGS - first)
		return BAD_ADDRESS;
	memcpy(value, &status[first], count * sizeof(*value));
	return 0;
}
