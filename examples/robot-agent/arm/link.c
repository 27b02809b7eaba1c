// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "can.h"
#include "link.h"

/**
 * struct arm_link - see arm_link_open()
 * @client: NULL without Modbus
 * @can: socket, or -1
 * @seq: of the last setpoint
 * @beat: of the last CAN frame
 * @sent: the last setpoint, where an arm that does not answer is taken to be
 */
struct arm_link {
	struct arm_client *client;
	int can;
	uint16_t seq;
	uint16_t beat;
	struct arm_setpoint sent;
	char error[128];
};

static int open_both(struct arm_link *link, const char *address, const char *can,
		     char *why, size_t size)
{
	if (address && arm_client_open(address, &link->client, why, size))
		return -1;
	if (!can)
		return 0;
	link->can = arm_can_open(can, why, size);
	return link->can < 0 ? -1 : 0;
}

int arm_link_open(const char *address, const char *can, struct arm_link **out,
		  char *why, size_t size)
{
	struct arm_link *link = calloc(1, sizeof(*link));

	if (!link) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	link->can = -1;
	cell_home_joints(&link->sent.joints);
	link->sent.grip = CELL_OPEN;
	if (open_both(link, address, can, why, size)) {
		arm_link_close(link);
		return -1;
	}
	*out = link;
	return 0;
}

void arm_link_close(struct arm_link *link)
{
	if (!link)
		return;
	arm_client_close(link->client);
	if (link->can >= 0)
		close(link->can);
	free(link);
}

const char *arm_link_error(const struct arm_link *link)
{
	return link->error;
}

/* What Modbus said, or what would have been said. */
static int answered(struct arm_link *link, int ret, struct arm_status *status)
{
	if (!link->client) {
		*status = (struct arm_status){
			.state = ARM_STATE_ACTIVE, .taken = link->seq, .at = link->sent,
		};
		return 0;
	}
	if (ret)
		snprintf(link->error, sizeof(link->error), "the arm: %s",
			 arm_client_error(link->client));
	return ret;
}

static int on_can(struct arm_link *link, int ret)
{
	if (!ret)
		return 0;
	snprintf(link->error, sizeof(link->error), "the CAN bus: %s", strerror(-ret));
	return -1;
}

int arm_link_status(struct arm_link *link, struct arm_status *status)
{
	int ret = link->client ? arm_client_read(link->client, status) : 0;

	return answered(link, ret, status);
}

/* On both, Modbus first: what the arm refuses is not put on the bus. */
static int command(struct arm_link *link, uint16_t command, struct arm_status *status)
{
	int ret = link->client ? arm_client_beat(link->client, command, status) : 0;

	ret = answered(link, ret, status);
	if (link->can >= 0 && (!ret || command == ARM_COMMAND_STOP))
		ret |= on_can(link, arm_can_command(link->can, ++link->beat, command));
	return ret;
}

int arm_link_beat(struct arm_link *link, struct arm_status *status)
{
	return command(link, ARM_COMMAND_NONE, status);
}

int arm_link_stop(struct arm_link *link, struct arm_status *status)
{
	return command(link, ARM_COMMAND_STOP, status);
}

int arm_link_finish(struct arm_link *link, struct arm_status *status)
{
	return command(link, ARM_COMMAND_DISABLE, status);
}

/* What the arm would not take was a fault of ours: a person has to look at it. */
static int clear(struct arm_link *link, struct arm_status *status)
{
	if (status->reason == ARM_REASON_RANGE || status->reason == ARM_REASON_SEQUENCE) {
		snprintf(link->error, sizeof(link->error),
			 "the arm has refused a setpoint and must be cleared by a person");
		return -1;
	}
	return command(link, ARM_COMMAND_CLEAR, status);
}

int arm_link_start(struct arm_link *link, struct arm_status *status)
{
	/* A first heartbeat, so that the next one is another. */
	if (arm_link_beat(link, status))
		return -1;
	if (status->state == ARM_STATE_STOPPED && clear(link, status))
		return -1;
	link->seq = 0;
	return command(link, ARM_COMMAND_ENABLE, status);
}

int arm_link_send(struct arm_link *link, const struct arm_setpoint *at,
		  struct arm_status *status)
{
	int ret = 0;

	link->seq++;
	if (link->client)
		ret = arm_client_send(link->client, link->seq, at, status);
	if (!ret)
		link->sent = *at;
	ret = answered(link, ret, status);
	if (!ret && link->can >= 0)
		ret = on_can(link, arm_can_send(link->can, link->seq, ++link->beat, at));
	return ret;
}
