// SPDX-License-Identifier: MIT
/*
 * The simulated arm: what it takes and refuses, that it never passes a checked setpoint, and
 * how long it takes to stop, in its own time; then the same over the network.
 */
#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "arm/client.h"
#include "arm/server.h"
#include "arm/wire.h"

#define WATCHDOG_MS	100

/* ---- In its own time ------------------------------------------------------------ */

static struct arm_sim sim;
static uint16_t beat;

static int command(uint16_t code)
{
	const uint16_t reg[ARM_BEAT_REGS] = { ++beat, code };

	return arm_sim_write(&sim, 0, ARM_BEAT_REGS, reg);
}

static int setpoint(uint16_t seq, const struct arm_setpoint *at)
{
	uint16_t reg[ARM_WRITE_REGS] = { ++beat, ARM_COMMAND_NONE, seq };

	arm_wire_put(at, reg + ARM_REG_TARGET);
	return arm_sim_write(&sim, 0, ARM_WRITE_REGS, reg);
}

static void pass(int ms)
{
	for (; ms > 0; ms -= SIM_TICK_MS)
		arm_sim_tick(&sim);
}

static int enable(void **state)
{
	arm_sim_init(&sim, WATCHDOG_MS);
	beat = 0;
	return command(ARM_COMMAND_ENABLE);
}

/* Turns the base as fast as its limit allows for @periods; returns the last number. */
static int race(int periods, double speed)
{
	struct arm_setpoint at = sim.target;
	int i;

	for (i = 1; i <= periods; i++) {
		at.joints.q[0] += speed * ARM_PERIOD;
		assert_int_equal(setpoint(i, &at), 0);
		pass(ARM_PERIOD_MS);
	}
	return periods;
}

static void test_follows(void **state)
{
	struct arm_setpoint want;
	int i;

	race(25, 1.5);
	want = sim.target;
	while (arm_sim_moving(&sim)) {
		pass(ARM_PERIOD_MS);
		assert_int_equal(command(ARM_COMMAND_NONE), 0);
	}
	for (i = 0; i < ARM_JOINTS; i++)
		assert_true(sim.at.joints.q[i] == want.joints.q[i]);
}

/* A heartbeat that stays away stops the arm within the bounds that it states. */
static void test_watchdog(void **state)
{
	double last;
	uint32_t ms;

	race(20, M_PI);
	last = sim.target.joints.q[0];
	assert_true(sim.speed.q[0] > 0.9 * M_PI);
	for (ms = ARM_PERIOD_MS; sim.state == ARM_STATE_ACTIVE; ms += SIM_TICK_MS)
		arm_sim_tick(&sim);
	assert_in_range(ms, WATCHDOG_MS, WATCHDOG_MS + 2 * SIM_TICK_MS);
	assert_int_equal(sim.reason, ARM_REASON_WATCHDOG);
	pass(ARM_STOP_MS);
	assert_int_equal(sim.state, ARM_STATE_STOPPED);
	assert_false(arm_sim_moving(&sim));
	assert_true(sim.at.joints.q[0] <= last + 1e-9);
}

/* Told to, at any moment of the fastest motion, it is at rest within its bound. */
static void test_stop_bound(void **state)
{
	double last;
	int when, i;

	for (when = 1; when < 30; when++) {
		enable(NULL);
		race(when, M_PI);
		last = sim.target.joints.q[0];
		assert_int_equal(command(ARM_COMMAND_STOP), 0);
		assert_int_equal(sim.state, ARM_STATE_STOPPING);
		for (i = 0; i < ARM_STOP_MS; i += SIM_TICK_MS) {
			arm_sim_tick(&sim);
			/* Never beyond what was checked. */
			assert_true(sim.at.joints.q[0] <= last + 1e-9);
		}
		assert_int_equal(sim.state, ARM_STATE_STOPPED);
	}
}

static void test_stale_beat(void **state)
{
	const uint16_t same[ARM_BEAT_REGS] = { 7, ARM_COMMAND_NONE };
	int ms;

	for (ms = 0; ms < 2 * WATCHDOG_MS && sim.state == ARM_STATE_ACTIVE; ms += ARM_PERIOD_MS) {
		assert_int_equal(arm_sim_write(&sim, 0, ARM_BEAT_REGS, same), 0);
		pass(ARM_PERIOD_MS);
	}
	pass(ARM_STOP_MS);
	assert_int_equal(sim.state, ARM_STATE_STOPPED);
	assert_int_equal(sim.reason, ARM_REASON_WATCHDOG);
}

static void is_refused(uint16_t seq, const struct arm_setpoint *at, uint16_t reason)
{
	struct arm_setpoint target = sim.target;
	uint16_t refused = sim.refused;

	assert_int_equal(setpoint(seq, at), 3);
	assert_int_equal(sim.refused, refused + 1);
	assert_int_equal(sim.reason, reason);
	assert_memory_equal(&sim.target.joints, &target.joints, sizeof(target.joints));
	pass(ARM_STOP_MS);
	assert_int_equal(sim.state, ARM_STATE_STOPPED);
	/* And it stays so until it is cleared. */
	assert_int_equal(setpoint(seq, &target), 3);
	assert_int_equal(command(ARM_COMMAND_ENABLE), 3);
	assert_int_equal(command(ARM_COMMAND_CLEAR), 0);
	assert_int_equal(command(ARM_COMMAND_ENABLE), 0);
}

static void test_refused_setpoints(void **state)
{
	struct arm_setpoint at;
	int i;

	for (i = 0; i < ARM_JOINTS; i++) {
		at = sim.target;
		at.joints.q[i] += arm_limits[i].speed * ARM_PERIOD + 1e-4;
		is_refused(1, &at, ARM_REASON_RANGE);
		at = sim.target;
		at.joints.q[i] = arm_limits[i].max + 0.01;
		is_refused(1, &at, ARM_REASON_RANGE);
	}
	at = sim.target;
	at.grip = 0.2;
	is_refused(1, &at, ARM_REASON_RANGE);
	is_refused(0, &sim.at, ARM_REASON_SEQUENCE);
	is_refused(2, &sim.at, ARM_REASON_SEQUENCE);
	assert_int_equal(setpoint(1, &sim.at), 0);
	is_refused(1, &sim.at, ARM_REASON_SEQUENCE);
}

/* Small steps into the table, past the end of a range, and to the base are refused too. */
static void creep(int joint, double step)
{
	struct arm_setpoint at = sim.target;
	char why[128];
	int seq;

	for (seq = 1; seq < 10000; seq++) {
		at.joints.q[joint] += step;
		if (setpoint(seq, &at))
			break;
		pass(ARM_PERIOD_MS);
	}
	assert_in_range(seq, 2, 9999);
	assert_int_equal(sim.reason, ARM_REASON_RANGE);
	pass(ARM_STOP_MS);
	assert_int_equal(cell_check(&sim.at.joints, why, sizeof(why)), 0);
}

static void test_creeping(void **state)
{
	static const double steps[] = { -0.01, 0.01 };
	size_t i;
	int joint;

	for (joint = 0; joint < ARM_JOINTS; joint++) {
		for (i = 0; i < 2; i++) {
			enable(NULL);
			creep(joint, steps[i]);
		}
	}
}

static void test_states(void **state)
{
	arm_sim_init(&sim, WATCHDOG_MS);
	assert_int_equal(setpoint(1, &sim.at), 3);
	assert_int_equal(command(ARM_COMMAND_DISABLE), 3);
	assert_int_equal(command(ARM_COMMAND_CLEAR), 3);
	assert_int_equal(command(99), 3);
	assert_int_equal(sim.state, ARM_STATE_IDLE);
	assert_int_equal(command(ARM_COMMAND_ENABLE), 0);
	assert_int_equal(command(ARM_COMMAND_ENABLE), 3);
	race(5, 1);
	assert_int_equal(command(ARM_COMMAND_DISABLE), 3);
	while (arm_sim_moving(&sim)) {
		pass(ARM_PERIOD_MS);
		assert_int_equal(command(ARM_COMMAND_NONE), 0);
	}
	assert_int_equal(command(ARM_COMMAND_DISABLE), 0);
	assert_int_equal(sim.state, ARM_STATE_IDLE);
	assert_int_equal(command(ARM_COMMAND_STOP), 0);
	pass(SIM_TICK_MS);
	assert_int_equal(sim.state, ARM_STATE_STOPPED);
}

/* Without a heartbeat of its own, enabling is nothing but an old message. */
static void test_enable_wants_a_beat(void **state)
{
	const uint16_t old[ARM_BEAT_REGS] = { 0, ARM_COMMAND_ENABLE };

	arm_sim_init(&sim, WATCHDOG_MS);
	pass(10);
	assert_int_equal(arm_sim_write(&sim, 0, ARM_BEAT_REGS, old), 3);
	assert_int_equal(sim.state, ARM_STATE_IDLE);
}

static void test_lost(void **state)
{
	race(10, 2);
	arm_sim_lost(&sim);
	assert_int_equal(sim.reason, ARM_REASON_LOST);
	pass(ARM_STOP_MS);
	assert_int_equal(sim.state, ARM_STATE_STOPPED);
}

static void test_gripper_stops_where_it_is(void **state)
{
	struct arm_setpoint at = sim.target;

	at.grip = 0;
	assert_int_equal(setpoint(1, &at), 0);
	pass(100);
	assert_int_equal(command(ARM_COMMAND_STOP), 0);
	pass(ARM_STOP_MS);
	assert_int_equal(sim.state, ARM_STATE_STOPPED);
	assert_true(sim.at.grip > 0.03 && sim.at.grip < 0.052);
}

/* ---- Registers ------------------------------------------------------------------ */

static void test_addresses(void **state)
{
	uint16_t value[256] = { 0 };
	int address, count;
	bool good;

	arm_sim_init(&sim, WATCHDOG_MS);
	for (address = -2; address < 80; address++) {
		for (count = -2; count < 130; count++) {
			good = !address && (count == ARM_BEAT_REGS || count == ARM_WRITE_REGS);
			assert_true(good || arm_sim_write(&sim, address, count, value) == 2);
			good = address >= ARM_REG_STATUS && count >= 1 &&
			       address + count <= ARM_REG_STATUS + ARM_STATUS_REGS;
			assert_int_equal(arm_sim_read(&sim, address, count, value), good ? 0 : 2);
		}
	}
	assert_int_equal(arm_sim_read(&sim, INT32_MAX, INT32_MAX, value), 2);
}

static void test_status(void **state)
{
	uint16_t reg[ARM_STATUS_REGS];
	struct arm_setpoint at;

	race(3, 1);
	assert_int_equal(arm_sim_read(&sim, ARM_REG_STATUS, ARM_STATUS_REGS, reg), 0);
	assert_int_equal(reg[ARM_REG_MAGIC - ARM_REG_STATUS], ARM_MAGIC);
	assert_int_equal(reg[ARM_REG_STATE - ARM_REG_STATUS], ARM_STATE_ACTIVE);
	assert_int_equal(reg[ARM_REG_TAKEN - ARM_REG_STATUS], 3);
	assert_int_equal(reg[ARM_REG_MOVING - ARM_REG_STATUS], 1);
	assert_int_equal(reg[ARM_REG_WATCHDOG_MS - ARM_REG_STATUS], WATCHDOG_MS);
	assert_int_equal(reg[ARM_REG_TIME_MS - ARM_REG_STATUS + 1], 3 * ARM_PERIOD_MS);
	arm_wire_get(reg + ARM_REG_PRESENT - ARM_REG_STATUS, &at);
	assert_true(fabs(at.joints.q[0] - sim.at.joints.q[0]) < 1e-6);
}

static void test_wire(void **state)
{
	assert_int_equal(arm_wire_angle(M_PI), 3141593);
	assert_int_equal(arm_wire_angle(-M_PI), -3141593);
	assert_int_equal(arm_wire_angle(NAN), INT32_MIN);
	assert_int_equal(arm_wire_angle(1e9), INT32_MIN);
	assert_int_equal(arm_wire_angle(-1e9), INT32_MIN);
	assert_int_equal(arm_wire_grip(0.052), 5200);
	assert_int_equal(arm_wire_grip(-1), UINT16_MAX);
	assert_int_equal(arm_wire_grip(NAN), UINT16_MAX);
	assert_int_equal(arm_wire_grip(1), UINT16_MAX);
}

/* Whatever is written, the arm stays where it may be. */
static void test_garbage(void **state)
{
	uint16_t reg[ARM_WRITE_REGS];
	int n, i;

	srand48(8);
	for (n = 0; n < 200000; n++) {
		for (i = 0; i < ARM_WRITE_REGS; i++)
			reg[i] = drand48() < 0.5 ? drand48() * 6 : drand48() * 65536;
		if (drand48() < 0.5) {
			reg[ARM_REG_COMMAND] = 0;
			reg[ARM_REG_SEQ] = sim.seq + 1;
			arm_wire_put(&sim.target, reg + ARM_REG_TARGET);
			reg[ARM_REG_TARGET + 1 + 2 * (n % ARM_JOINTS)] ^= reg[0];
		}
		arm_sim_write(&sim, 0, n % 3 ? ARM_WRITE_REGS : ARM_BEAT_REGS, reg);
		pass(drand48() * 20);
		assert_int_equal(arm_joint_outside(&sim.at.joints), -1);
		for (i = 0; i < ARM_JOINTS; i++)
			assert_true(fabs(sim.speed.q[i]) <= arm_limits[i].speed + 1e-9);
	}
	assert_true(sim.refused > 0);
}

/* ---- Over the network ----------------------------------------------------------- */

static struct arm_server *server;
static pthread_t serving;
static char address[ARM_STATUS_REGS];

static void *serve(void *arg)
{
	arm_server_run(server);
	return NULL;
}

static int open_server(void **state)
{
	const struct arm_server_options options = { .address = "127.0.0.1:0", .watchdog_ms = 5000 };
	char why[128];

	if (arm_server_open(&options, &server, why, sizeof(why)))
		fail_msg("%s", why);
	snprintf(address, sizeof(address), "127.0.0.1:%d", arm_server_port(server));
	return pthread_create(&serving, NULL, serve, NULL);
}

static int close_server(void **state)
{
	arm_server_stop(server);
	pthread_join(serving, NULL);
	arm_server_close(server);
	return 0;
}

static struct arm_client *connect_client(void)
{
	struct arm_client *client;
	char why[128];

	if (arm_client_open(address, &client, why, sizeof(why)))
		fail_msg("%s", why);
	return client;
}

static void await_state(uint16_t state)
{
	const struct timespec tick = { 0, SIM_TICK_MS * 1000000 };
	struct arm_sim now;

	/* Prove ends a test that never comes to its end. */
	for (arm_server_sim(server, &now); now.state != state; arm_server_sim(server, &now))
		nanosleep(&tick, NULL);
}

static void test_client(void **state)
{
	struct arm_client *client = connect_client();
	struct arm_status status;
	struct arm_setpoint at;
	int i;

	assert_int_equal(arm_client_beat(client, ARM_COMMAND_NONE, &status), 0);
	assert_int_equal(arm_client_beat(client, ARM_COMMAND_ENABLE, &status), 0);
	assert_int_equal(status.state, ARM_STATE_ACTIVE);
	assert_int_equal(status.watchdog_ms, 5000);
	at = status.at;
	for (i = 1; i <= 5; i++) {
		at.joints.q[0] += 0.01;
		assert_int_equal(arm_client_send(client, i, &at, &status), 0);
		assert_int_equal(status.taken, i);
	}
	at.joints.q[0] += 1;
	assert_int_equal(arm_client_send(client, i, &at, &status), -1);
	assert_non_null(strstr(arm_client_error(client), "data value"));
	assert_int_equal(arm_client_read(client, &status), 0);
	assert_int_equal(status.reason, ARM_REASON_RANGE);
	await_state(ARM_STATE_STOPPED);
	arm_client_close(client);
}

/* Who moves the arm holds the line; when it breaks, the arm stops. */
static void test_control(void **state)
{
	struct arm_client *one = connect_client(), *two = connect_client();
	struct arm_status status;

	assert_int_equal(arm_client_beat(one, ARM_COMMAND_ENABLE, &status), 0);
	assert_int_equal(arm_client_read(two, &status), 0);
	assert_int_equal(arm_client_beat(two, ARM_COMMAND_STOP, &status), -1);
	assert_int_equal(arm_client_read(two, &status), 0);
	assert_int_equal(status.state, ARM_STATE_ACTIVE);
	arm_client_close(one);
	await_state(ARM_STATE_STOPPED);
	assert_int_equal(arm_client_read(two, &status), 0);
	assert_int_equal(status.reason, ARM_REASON_LOST);
	assert_int_equal(arm_client_beat(two, ARM_COMMAND_CLEAR, &status), 0);
	arm_client_close(two);
}

static int connect_raw(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(arm_server_port(server)),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* What is no Modbus, or half of it, or says more than it has, ends its connection at most. */
static void test_bad_requests(void **state)
{
	uint8_t frame[64];
	size_t len, i;
	int n, fd;

	srand48(9);
	for (n = 0; n < 200; n++) {
		fd = connect_raw();
		len = 1 + drand48() * (sizeof(frame) - 1);
		for (i = 0; i < len; i++)
			frame[i] = drand48() * 256;
		if (n % 2) {
			memcpy(frame, "\0\1\0\0\0", 5);
			frame[5] = drand48() * 40;
			frame[7] = n % 4 == 1 ? 0x10 : 0x17;
		}
		assert_true(write(fd, frame, len) >= 0);
		close(fd);
	}
	arm_client_close(connect_client());
}

static void test_many_clients(void **state)
{
	int fd[32], i;

	for (i = 0; i < 32; i++)
		fd[i] = connect_raw();
	for (i = 0; i < 32; i++)
		close(fd[i]);
	/* A client is let in as soon as those are gone. */
	for (;;) {
		struct arm_client *client;
		char why[128];

		if (!arm_client_open(address, &client, why, sizeof(why))) {
			arm_client_close(client);
			return;
		}
	}
}

static void test_bad_addresses(void **state)
{
	static const char * const addresses[] = {
		"", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999",
		"localhost:1", "127.0.0.1:-1", ":5",
	};
	struct arm_server_options options = { .watchdog_ms = 100 };
	struct arm_client *client;
	struct arm_server *none;
	char why[128];
	size_t i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		options.address = addresses[i];
		assert_int_equal(arm_client_open(addresses[i], &client, why, sizeof(why)), -1);
		assert_non_null(strstr(why, "no address"));
		assert_int_equal(arm_server_open(&options, &none, why, sizeof(why)), -1);
	}
	assert_int_equal(arm_client_open("127.0.0.1:1", &client, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "cannot connect"));
}

#define TEST(name)	cmocka_unit_test_setup(name, enable)
#define NETWORK(name)	cmocka_unit_test_setup_teardown(name, open_server, close_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_follows),
		TEST(test_watchdog),
		TEST(test_stop_bound),
		TEST(test_stale_beat),
		TEST(test_refused_setpoints),
		TEST(test_creeping),
		TEST(test_states),
		TEST(test_enable_wants_a_beat),
		TEST(test_lost),
		TEST(test_gripper_stops_where_it_is),
		TEST(test_addresses),
		TEST(test_status),
		TEST(test_wire),
		TEST(test_garbage),
		NETWORK(test_client),
		NETWORK(test_control),
		NETWORK(test_bad_requests),
		NETWORK(test_many_clients),
		cmocka_unit_test(test_bad_addresses),
	};

	return cmocka_run_group_tests_name("arm", tests, NULL, NULL);
}
