/* SPDX-License-Identifier: MIT */
/*
 * The arm's Modbus registers: 16-bit holding registers, from address 0. A
 * value of 32 bits takes two, the high half first. ROBOT.md tells how they are
 * used.
 */
#ifndef ARM_REGS_H
#define ARM_REGS_H

/* ---- Written: the first two alone, or all --------------------------------------- */

#define ARM_REG_BEAT		0	/* heartbeat: another value each time */
#define ARM_REG_COMMAND		1	/* ARM_COMMAND_* */
#define ARM_REG_SEQ		2	/* of the setpoint: 1, 2, ... since enable */
#define ARM_REG_TARGET		3	/* 6 x 32 bits, signed, microradians */
#define ARM_REG_GRIP		15	/* opening, 10 micrometres */

#define ARM_BEAT_REGS		2
#define ARM_WRITE_REGS		16

/* ---- Read: all ------------------------------------------------------------------ */

#define ARM_REG_STATUS		32
#define ARM_REG_MAGIC		32	/* ARM_MAGIC */
#define ARM_REG_VERSION		33	/* ARM_VERSION */
#define ARM_REG_STATE		34	/* ARM_STATE_* */
#define ARM_REG_REASON		35	/* ARM_REASON_*: of the last stop */
#define ARM_REG_TAKEN		36	/* number of the last setpoint taken */
#define ARM_REG_MOVING		37	/* 1: a joint or the gripper moves */
#define ARM_REG_WATCHDOG_MS	38	/* a heartbeat older than this stops the arm */
#define ARM_REG_STOP_MS		39	/* that a stop takes at most */
#define ARM_REG_PRESENT		40	/* 6 x 32 bits, signed, microradians */
#define ARM_REG_OPENING		52	/* 10 micrometres */
#define ARM_REG_REFUSED		53	/* writes refused since start */
#define ARM_REG_TIME_MS		54	/* 32 bits: since start */

#define ARM_STATUS_REGS		24

#define ARM_MAGIC		0x5552
#define ARM_VERSION		1

/* Units of the registers in radians and metres. */
#define ARM_ANGLE_UNIT		1e-6
#define ARM_GRIP_UNIT		1e-5

#define ARM_COMMAND_NONE	0
#define ARM_COMMAND_ENABLE	1	/* IDLE to ACTIVE */
#define ARM_COMMAND_DISABLE	2	/* ACTIVE, at rest, to IDLE */
#define ARM_COMMAND_STOP	3	/* from any state */
#define ARM_COMMAND_CLEAR	4	/* STOPPED to IDLE */

#define ARM_STATE_IDLE		0	/* takes no setpoints */
#define ARM_STATE_ACTIVE	1	/* takes setpoints; the watchdog runs */
#define ARM_STATE_STOPPING	2	/* comes to rest on the last setpoint taken */
#define ARM_STATE_STOPPED	3	/* at rest until cleared */

#define ARM_REASON_NONE		0
#define ARM_REASON_WATCHDOG	1	/* no fresh heartbeat */
#define ARM_REASON_COMMAND	2	/* ARM_COMMAND_STOP */
#define ARM_REASON_LOST		3	/* the connection ended */
#define ARM_REASON_RANGE	4	/* a setpoint out of range, too far, or unsafe */
#define ARM_REASON_SEQUENCE	5	/* a setpoint that was not the next one */

/** ARM_WATCHDOG_MS - the watchdog's time, unless arm-sim is told another */
#define ARM_WATCHDOG_MS		200

/** ARM_STOP_MS - bound of a stop from full speed; the UR3's manual says 159 */
#define ARM_STOP_MS		200

#endif
