// SPDX-License-Identifier: MIT
#include <endian.h>
#include <errno.h>
#include <net/if.h>
#include <linux/can/raw.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "can.h"
#include "wire.h"

static int bind_to(int fd, const char *name)
{
	struct sockaddr_can address = { .can_family = AF_CAN };

	address.can_ifindex = if_nametoindex(name);
	/* Nothing is received: what others say is not for us. */
	if (!address.can_ifindex ||
	    setsockopt(fd, SOL_CAN_RAW, CAN_RAW_FILTER, NULL, 0) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return 0;
}

int arm_can_open(const char *name, char *why, size_t size)
{
	int fd = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);
	int ret;

	if (fd < 0) {
		snprintf(why, size, "this kernel has no SocketCAN (modules can, can-raw): %s",
			 strerror(errno));
		return -1;
	}
	ret = bind_to(fd, name);
	if (!ret)
		return fd;
	close(fd);
	snprintf(why, size, "there is no CAN interface %s: %s", name, strerror(-ret));
	return -1;
}

static int send_frame(int fd, const struct can_frame *frame)
{
	ssize_t len;

	do
		len = write(fd, frame, sizeof(*frame));
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	return len == sizeof(*frame) ? 0 : -EIO;
}

static void put16(struct can_frame *frame, int offset, uint16_t value)
{
	value = htole16(value);
	memcpy(frame->data + offset, &value, sizeof(value));
}

static void put32(struct can_frame *frame, int offset, uint32_t value)
{
	value = htole32(value);
	memcpy(frame->data + offset, &value, sizeof(value));
}

int arm_can_send(int fd, uint16_t seq, uint16_t beat,
		 const struct arm_setpoint *at)
{
	struct can_frame frame;
	int i, ret;

	for (i = 0; i < ARM_CAN_FRAMES; i++) {
		frame = (struct can_frame){ .can_id = ARM_CAN_JOINT + i,
					    .can_dlc = CAN_MAX_DLEN };
		put16(&frame, 0, seq);
		if (i < ARM_JOINTS) {
			put32(&frame, 4, arm_wire_angle(at->joints.q[i]));
		} else {
			put16(&frame, 2, arm_wire_grip(at->grip));
			put16(&frame, 4, beat);
		}
		ret = send_frame(fd, &frame);
		if (ret)
			return ret;
	}
	return 0;
}

int arm_can_command(int fd, uint16_t beat, uint16_t command)
{
	struct can_frame frame = { .can_id = ARM_CAN_COMMAND, .can_dlc = CAN_MAX_DLEN };

	put16(&frame, 0, beat);
	put16(&frame, 2, command);
	return send_frame(fd, &frame);
}
