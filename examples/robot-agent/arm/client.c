// SPDX-License-Identifier: MIT
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>

#include "address.h"
#include "client.h"
#include "wire.h"

/* An arm that does not answer in this time is lost. */
#define ANSWER_US	500000

struct arm_client {
	modbus_t *modbus;
	uint16_t beat;
	int error;
};

static int check_arm(struct arm_client *client, char *why, size_t size)
{
	uint16_t id[2];

	if (modbus_read_registers(client->modbus, ARM_REG_MAGIC, 2, id) != 2) {
		snprintf(why, size, "the arm does not answer: %s", modbus_strerror(errno));
		return -1;
	}
	if (id[0] == ARM_MAGIC && id[1] == ARM_VERSION)
		return 0;
	snprintf(why, size, "what answers is no arm of version %d", ARM_VERSION);
	return -1;
}

static int connect_arm(struct arm_client *client, const char *address, char *why,
		       size_t size)
{
	char host[ARM_HOST];
	int port;

	if (arm_address_parse(address, host, &port)) {
		snprintf(why, size, "\"%s\" is no address like 127.0.0.1:1502", address);
		return -1;
	}
	client->modbus = modbus_new_tcp(host, port);
	if (client->modbus)
		modbus_set_response_timeout(client->modbus, 0, ANSWER_US);
	if (!client->modbus || modbus_connect(client->modbus)) {
		snprintf(why, size, "cannot connect to the arm at %s: %s", address,
			 modbus_strerror(errno));
		return -1;
	}
	return check_arm(client, why, size);
}

int arm_client_open(const char *address, struct arm_client **out, char *why,
		    size_t size)
{
	struct arm_client *client = calloc(1, sizeof(*client));

	if (!client) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	if (connect_arm(client, address, why, size)) {
		arm_client_close(client);
		return -1;
	}
	*out = client;
	return 0;
}

void arm_client_close(struct arm_client *client)
{
	if (!client)
		return;
	if (client->modbus)
		modbus_close(client->modbus);
	modbus_free(client->modbus);
	free(client);
}

const char *arm_client_error(const struct arm_client *client)
{
	return modbus_strerror(client->error);
}

static uint16_t status_reg(const uint16_t *status, int reg)
{
	return status[reg - ARM_REG_STATUS];
}

static void unpack(const uint16_t *reg, struct arm_status *status)
{
	*status = (struct arm_status){
		.state = status_reg(reg, ARM_REG_STATE),
		.reason = status_reg(reg, ARM_REG_REASON),
		.taken = status_reg(reg, ARM_REG_TAKEN),
		.moving = status_reg(reg, ARM_REG_MOVING),
		.watchdog_ms = status_reg(reg, ARM_REG_WATCHDOG_MS),
		.stop_ms = status_reg(reg, ARM_REG_STOP_MS),
	};
	arm_wire_get(reg + ARM_REG_PRESENT - ARM_REG_STATUS, &status->at);
}

static int finish(struct arm_client *client, int count, const uint16_t *reg,
		  struct arm_status *status)
{
	if (count != ARM_STATUS_REGS) {
		client->error = errno;
		return -1;
	}
	unpack(reg, status);
	return 0;
}

int arm_client_read(struct arm_client *client, struct arm_status *status)
{
	uint16_t reg[ARM_STATUS_REGS];
	int count = modbus_read_registers(client->modbus, ARM_REG_STATUS,
					  ARM_STATUS_REGS, reg);

	return finish(client, count, reg, status);
}

static int exchange(struct arm_client *client, uint16_t *out, int count,
		    struct arm_status *status)
{
	uint16_t reg[ARM_STATUS_REGS];

	out[ARM_REG_BEAT] = ++client->beat;
	count = modbus_write_and_read_registers(client->modbus, 0, count, out,
						ARM_REG_STATUS, ARM_STATUS_REGS, reg);
	return finish(client, count, reg, status);
}

int arm_client_beat(struct arm_client *client, uint16_t command,
		    struct arm_status *status)
{
	uint16_t out[ARM_BEAT_REGS] = { [ARM_REG_COMMAND] = command };

	return exchange(client, out, ARM_BEAT_REGS, status);
}

int arm_client_send(struct arm_client *client, uint16_t seq,
		    const struct arm_setpoint *at, struct arm_status *status)
{
	uint16_t out[ARM_WRITE_REGS] = { [ARM_REG_SEQ] = seq };

	arm_wire_put(at, out + ARM_REG_TARGET);
	return exchange(client, out, ARM_WRITE_REGS, status);
}
