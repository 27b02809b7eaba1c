// SPDX-License-Identifier: MIT
/*
 * Setpoints on a CAN bus: the very bytes of the frames through a pair of sockets, and through
 * a virtual bus where this kernel has one.
 */
#include <endian.h>
#include <errno.h>
#include <linux/can/raw.h>
#include <math.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "arm/can.h"
#include "arm/link.h"

#define VCAN "vcan0"

static const struct arm_setpoint sample = {
	{ { 0, -M_PI / 2, M_PI / 2, -2 * M_PI, 1e-6, 2 } }, 0.052
};

static void receive(int fd, struct can_frame *frame)
{
	assert_int_equal(read(fd, frame, sizeof(*frame)), sizeof(*frame));
	assert_int_equal(frame->can_dlc, 8);
}

static uint32_t get(const struct can_frame *frame, int offset, int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | frame->data[offset + bytes];
	return value;
}

/* As the header of can.h describes them. */
static void is_sample(int fd, uint16_t seq, uint16_t beat)
{
	static const int32_t angles[ARM_JOINTS] = { 0, -1570796, 1570796, -6283185, 1, 2000000 };
	struct can_frame frame;
	int i;

	for (i = 0; i < ARM_JOINTS; i++) {
		receive(fd, &frame);
		assert_int_equal(frame.can_id, 0x201 + i);
		assert_int_equal(get(&frame, 0, 2), seq);
		assert_int_equal(get(&frame, 2, 2), 0);
		assert_int_equal((int32_t)get(&frame, 4, 4), angles[i]);
	}
	receive(fd, &frame);
	assert_int_equal(frame.can_id, 0x207);
	assert_int_equal(get(&frame, 0, 2), seq);
	assert_int_equal(get(&frame, 2, 2), 5200);
	assert_int_equal(get(&frame, 4, 2), beat);
	assert_int_equal(get(&frame, 6, 2), 0);
}

static void test_setpoint(void **state)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	assert_int_equal(arm_can_send(fd[0], 0x1234, 0xfffe, &sample), 0);
	is_sample(fd[1], 0x1234, 0xfffe);
	close(fd[0]);
	close(fd[1]);
}

static void test_command(void **state)
{
	struct can_frame frame;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	assert_int_equal(arm_can_command(fd[0], 7, ARM_COMMAND_STOP), 0);
	receive(fd[1], &frame);
	assert_int_equal(frame.can_id, 0x200);
	assert_int_equal(get(&frame, 0, 2), 7);
	assert_int_equal(get(&frame, 2, 2), ARM_COMMAND_STOP);
	assert_int_equal(get(&frame, 4, 4), 0);
	close(fd[0]);
	close(fd[1]);
}

static void test_errors(void **state)
{
	char why[128];

	assert_int_equal(arm_can_send(-1, 1, 1, &sample), -EBADF);
	assert_int_equal(arm_can_open("nonesuch0", why, sizeof(why)), -1);
	assert_true(strstr(why, "no SocketCAN") || strstr(why, "no CAN interface nonesuch0"));
}

static int listen_on(const char *name)
{
	struct sockaddr_can address = {
		.can_family = AF_CAN, .can_ifindex = if_nametoindex(name),
	};
	int fd = socket(PF_CAN, SOCK_RAW, CAN_RAW);

	if (fd >= 0 && address.can_ifindex &&
	    !bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* On CAN alone the arm is taken to be where it was sent. */
static void drive_on(int listener)
{
	struct arm_status status;
	struct can_frame frame;
	struct arm_link *link;
	char why[128];

	if (arm_link_open(NULL, VCAN, &link, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(arm_link_start(link, &status), 0);
	receive(listener, &frame);
	assert_int_equal(get(&frame, 2, 2), ARM_COMMAND_NONE);
	receive(listener, &frame);
	assert_int_equal(get(&frame, 2, 2), ARM_COMMAND_ENABLE);
	assert_int_equal(arm_link_send(link, &sample, &status), 0);
	is_sample(listener, 1, 3);
	assert_memory_equal(&status.at, &sample, sizeof(sample));
	assert_int_equal(arm_link_finish(link, &status), 0);
	receive(listener, &frame);
	assert_int_equal(get(&frame, 2, 2), ARM_COMMAND_DISABLE);
	arm_link_close(link);
}

/* Where this kernel has no such bus, that is said, and nothing is opened. */
static void test_bus(void **state)
{
	int listener = listen_on(VCAN);
	struct arm_link *link;
	char why[128];

	if (listener >= 0) {
		drive_on(listener);
		close(listener);
		return;
	}
	assert_int_equal(arm_link_open(NULL, VCAN, &link, why, sizeof(why)), -1);
	assert_true(strstr(why, "no SocketCAN") || strstr(why, "no CAN interface " VCAN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setpoint),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bus),
	};

	return cmocka_run_group_tests_name("can", tests, NULL, NULL);
}
