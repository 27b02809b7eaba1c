/* SPDX-License-Identifier: MIT */
/*
 * The arm's Modbus/TCP client. One thread at a time may use one.
 */
#ifndef ARM_CLIENT_H
#define ARM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "move.h"
#include "regs.h"

struct arm_client;

/**
 * struct arm_status - what the arm says of itself
 * @state, @reason: ARM_STATE_*, ARM_REASON_*
 * @taken: number of the last setpoint taken
 * @moving: a joint or the gripper moves
 * @watchdog_ms, @stop_ms: its bounds
 * @at: where it is
 */
struct arm_status {
	uint16_t state;
	uint16_t reason;
	uint16_t taken;
	bool moving;
	unsigned int watchdog_ms;
	unsigned int stop_ms;
	struct arm_setpoint at;
};

/**
 * arm_client_open() - connect
 * @address: see arm_address_parse()
 * @client: receives the handle; the caller closes it
 * @why: receives one sentence after a failure
 * @size: of @why
 *
 * Return: 0, or -1.
 */
int arm_client_open(const char *address, struct arm_client **client, char *why,
		    size_t size);

/** arm_client_close() - disconnect, which stops a moving arm; NULL is allowed */
void arm_client_close(struct arm_client *client);

/**
 * arm_client_read() - read the arm's status; no heartbeat
 * Return: 0, or -1; arm_client_error() tells why.
 */
int arm_client_read(struct arm_client *client, struct arm_status *status);

/**
 * arm_client_beat() - send a heartbeat, and a command
 * @command: ARM_COMMAND_*
 * @status: receives the arm's status after it
 * Return: 0, or -1 when it did not arrive or was refused.
 */
int arm_client_beat(struct arm_client *client, uint16_t command,
		    struct arm_status *status);

/**
 * arm_client_send() - send a heartbeat and a setpoint
 * @seq: its number: 1, 2, ... since ARM_COMMAND_ENABLE
 * @at: setpoint
 * @status: receives the arm's status after it
 * Return: 0, or -1 when it did not arrive or was refused.
 */
int arm_client_send(struct arm_client *client, uint16_t seq,
		    const struct arm_setpoint *at, struct arm_status *status);

/** arm_client_error() - why the last call failed */
const char *arm_client_error(const struct arm_client *client);

#endif
