/* SPDX-License-Identifier: MIT */
/*
 * What carries setpoints to the arm: Modbus/TCP, a CAN bus, or both. The arm
 * answers on Modbus only; on CAN alone it is taken to be where it was sent.
 */
#ifndef ARM_LINK_H
#define ARM_LINK_H

#include "client.h"

struct arm_link;

/**
 * arm_link_open() - connect
 * @address: of the arm's Modbus/TCP server, or NULL
 * @can: name of a CAN interface, or NULL
 * @link: receives the handle; the caller closes it
 * @why: receives one sentence after a failure
 * @size: of @why
 *
 * Return: 0, or -1.
 */
int arm_link_open(const char *address, const char *can, struct arm_link **link,
		  char *why, size_t size);

/** arm_link_close() - disconnect, which stops a moving arm; NULL is allowed */
void arm_link_close(struct arm_link *link);

/** arm_link_status() - what the arm says of itself; 0 or -1 */
int arm_link_status(struct arm_link *link, struct arm_status *status);

/**
 * arm_link_start() - make the arm take setpoints
 * @link: connection
 * @status: receives where it is
 *
 * An arm that has been stopped is cleared first, since who calls this has found
 * out that it may move again; but not one that has refused a setpoint.
 *
 * Return: 0, or -1; arm_link_error() tells why.
 */
int arm_link_start(struct arm_link *link, struct arm_status *status);

/** arm_link_send() - the next setpoint, with a heartbeat; 0 or -1 */
int arm_link_send(struct arm_link *link, const struct arm_setpoint *at,
		  struct arm_status *status);

/** arm_link_beat() - a heartbeat alone; 0 or -1 */
int arm_link_beat(struct arm_link *link, struct arm_status *status);

/** arm_link_stop() - stop now; 0 or -1 */
int arm_link_stop(struct arm_link *link, struct arm_status *status);

/** arm_link_finish() - an arm that is at rest takes no more setpoints; 0 or -1 */
int arm_link_finish(struct arm_link *link, struct arm_status *status);

/** arm_link_error() - why the last call failed */
const char *arm_link_error(const struct arm_link *link);

#endif
