/* SPDX-License-Identifier: MIT */
/*
 * Setpoints on a CAN bus, by SocketCAN. A setpoint is seven frames of eight
 * bytes, little-endian, sent in this order; a receiver acts on the last one,
 * when all before it had the same number.
 *
 *	0x201 to 0x206	joints 1 to 6	u16 number, u16 0, i32 microradians
 *	0x207		gripper		u16 number, u16 opening in 10 micrometres,
 *					u16 heartbeat, u16 0
 *
 * One more stands for itself:
 *
 *	0x200		command		u16 heartbeat, u16 ARM_COMMAND_*, u32 0
 */
#ifndef ARM_CAN_H
#define ARM_CAN_H

#include <linux/can.h>
#include <stddef.h>
#include <stdint.h>

#include "move.h"

#define ARM_CAN_COMMAND	0x200
#define ARM_CAN_JOINT	0x201
#define ARM_CAN_GRIP	0x207

/** ARM_CAN_FRAMES - of a setpoint */
#define ARM_CAN_FRAMES	(ARM_JOINTS + 1)

/**
 * arm_can_open() - a raw socket on an interface
 * @name: of the interface: "vcan0"
 * @why: receives one sentence after a failure
 * @size: of @why
 *
 * Return: the socket, or -1.
 */
int arm_can_open(const char *name, char *why, size_t size);

/**
 * arm_can_send() - put a setpoint on the bus
 * @fd: from arm_can_open(), or another socket that takes whole frames
 * @seq: its number
 * @beat: value of the heartbeat
 * @at: setpoint
 *
 * Return: 0, or a negative errno.
 */
int arm_can_send(int fd, uint16_t seq, uint16_t beat,
		 const struct arm_setpoint *at);

/** arm_can_command() - put a command on the bus: 0, or a negative errno */
int arm_can_command(int fd, uint16_t beat, uint16_t command);

#endif
