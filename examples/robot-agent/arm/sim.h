/* SPDX-License-Identifier: MIT */
/*
 * The simulated arm: its registers, its servos and its watchdog, without the
 * network. Time is a parameter, so that a test can say what happened when.
 */
#ifndef ARM_SIM_H
#define ARM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "move.h"
#include "regs.h"

/** SIM_TICK_MS - of arm_sim_tick(): 500 Hz, as the e-Series' controller */
#define SIM_TICK_MS	2

/**
 * struct arm_sim - an arm
 * @at: where it is
 * @speed: how fast the joints turn, rad/s
 * @target: the last setpoint that was taken, where the servos go
 * @state, @reason: ARM_STATE_*, ARM_REASON_*
 * @beat: last value of the heartbeat
 * @beat_ms: age of the heartbeat
 * @watchdog_ms: its limit
 * @seq: number of the last setpoint taken
 * @refused: writes refused
 * @time_ms: since arm_sim_init()
 */
struct arm_sim {
	struct arm_setpoint at;
	struct arm_joints speed;
	struct arm_setpoint target;
	uint16_t state;
	uint16_t reason;
	uint16_t beat;
	uint32_t beat_ms;
	uint32_t watchdog_ms;
	uint16_t seq;
	uint16_t refused;
	uint32_t time_ms;
};

/** arm_sim_init() - an idle arm at home, its gripper open */
void arm_sim_init(struct arm_sim *sim, unsigned int watchdog_ms);

/** arm_sim_tick() - SIM_TICK_MS pass */
void arm_sim_tick(struct arm_sim *sim);

/**
 * arm_sim_write() - registers are written
 * @sim: arm
 * @address: of the first
 * @count: how many; @address and @count may be anything
 * @value: theirs
 *
 * Return: 0, or the Modbus exception code (2: address, 3: value) of a write
 * that is refused. A setpoint that is refused while active stops the arm.
 */
int arm_sim_write(struct arm_sim *sim, int address, int count,
		  const uint16_t *value);

/**
 * arm_sim_read() - registers are read
 * @sim: arm
 * @address: of the first
 * @count: how many; @address and @count may be anything
 * @value: receives theirs
 *
 * Return: 0, or 2, the Modbus exception code of an address without a register.
 */
int arm_sim_read(const struct arm_sim *sim, int address, int count,
		 uint16_t *value);

/** arm_sim_lost() - the connection that had control has ended */
void arm_sim_lost(struct arm_sim *sim);

/** arm_sim_moving() - does a joint or the gripper move? */
bool arm_sim_moving(const struct arm_sim *sim);

#endif
