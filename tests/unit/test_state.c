// SPDX-License-Identifier: MIT
/*
 * Saving and loading a chip: what is saved comes back, jobs go on where they were, and a bad
 * stream is refused without harm. (That every operator goes on with the same bits is seen by
 * the operators' own tests, run with TNPU_TEST_MOVE.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include "../../firmware-sim/state.h"
#include "chip_harness.h"

#define BIG	(8u << 20)
#define COPIES	64

/* A job of many long commands, so that a pause finds it in one; returns its seq. */
static uint64_t start_copies(struct harness *h, uint32_t queue, uint64_t src, uint64_t dst)
{
	const struct tnpu_cmd_copy one = {
		.hdr = { .opcode = TNPU_OP_COPY, .size = sizeof(one) },
		.src = src,
		.dst = dst,
		.src_stride = BIG,
		.dst_stride = BIG,
		.row_bytes = BIG,
		.rows = { .value = 1 },
	};
	const uint64_t stream = harness_alloc(h, COPIES * sizeof(one), HARNESS_LOCAL);
	int i;

	for (i = 0; i < COPIES; i++)
		harness_write(h, stream + i * sizeof(one), &one, sizeof(one));
	return harness_submit_stream(h, queue, stream, COPIES * sizeof(one));
}

static uint64_t query(struct harness *h, uint32_t item, uint32_t index)
{
	struct tnpu_msg_query msg = { .item = item, .index = index };

	assert_int_equal(harness_msg(h, TNPU_MSG_QUERY, &msg, sizeof(msg)), TNPU_MSG_OK);
	return msg.value;
}

/* A busy chip, paused: a long copy under way in queue 0, one in queue 1 behind it. */
static void pause_busy(struct harness *h, uint64_t *seq)
{
	const uint64_t src = harness_alloc(h, BIG, HARNESS_LOCAL);
	const uint64_t dst = harness_alloc(h, BIG, HARNESS_SCATTER);

	harness_queue_create(h, 1, 1, 4, TNPU_PRIORITY_LOW);
	harness_set(h, TNPU_REG_SCRATCH, 0x1234);
	*seq = start_copies(h, 0, src, dst);
	start_copies(h, 1, src, dst);
	while (!query(h, TNPU_QUERY_COMMANDS, 0))
		;
	tnpu_chip_pause(h->chip);
}

/* ---- What comes back --------------------------------------------------------------------- */

/* The stream is a function of the state, and loading one gives the state. */
static void test_same(void **state)
{
	struct harness *h = *state;
	uint8_t *first, *second;
	size_t size, again;
	char why[128];
	uint64_t seq;

	pause_busy(h, &seq);
	first = harness_save(h, &size);
	assert_int_equal(harness_load(h, first, size, why), 0);
	second = harness_save(h, &again);
	assert_int_equal(size, again);
	assert_memory_equal(first, second, size);
	free(first);
	free(second);
	assert_int_equal(harness_reg(h, TNPU_REG_SCRATCH), 0x1234);
	tnpu_chip_resume(h->chip);
	harness_wait(h, 0, seq, NULL);
	harness_wait(h, 1, 1, NULL);
}

/* An old save is as good as a new one: the chip goes back, and does the rest again. */
static void test_back(void **state)
{
	struct harness *h = *state;
	struct tnpu_completion c;
	uint64_t seq, commands;
	uint8_t *data;
	char why[128];
	size_t size;

	pause_busy(h, &seq);
	data = harness_save(h, &size);
	tnpu_chip_resume(h->chip);
	harness_wait(h, 0, seq, NULL);
	tnpu_chip_pause(h->chip);
	assert_int_equal(harness_load(h, data, size, why), 0);
	free(data);
	tnpu_chip_resume(h->chip);
	/* As the driver's side of the mailbox would have gone back too. */
	harness_set(h, TNPU_REG_MBOX_REQ_TAIL, harness_reg(h, TNPU_REG_MBOX_REQ_HEAD));
	harness_wait(h, 1, 1, &c);
	assert_int_equal(c.status, TNPU_STATUS_OK);
	commands = query(h, TNPU_QUERY_COMMANDS, 0);
	assert_int_equal(commands, COPIES);
}

/* Powered on only; booted; crashed; a wait whose time goes on. */
static void test_states(void **state)
{
	struct harness *h = *state;
	const struct tnpu_cmd_fence_wait wait = {
		.hdr = { .opcode = TNPU_OP_FENCE_WAIT, .size = sizeof(wait) },
		.va = harness_alloc(h, 8, HARNESS_LOCAL),
		.value = 7,
		.timeout_us = 10000000,
	};
	uint64_t seq, value = 7;

	harness_write(h, h->stream_va, &wait, sizeof(wait));
	seq = harness_submit_stream(h, 0, h->stream_va, sizeof(wait));
	harness_move(h);
	assert_false(harness_done(h, 0, seq, NULL));
	harness_write(h, wait.va, &value, sizeof(value));
	harness_wait(h, 0, seq, NULL);
	tnpu_chip_provoke(h->chip, TNPU_PROVOKE_FW_CRASH, 1);
	harness_until(h, TNPU_REG_BOOT_STATE, TNPU_BOOT_CRASHED);
	harness_move(h);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_CRASHED);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_REASON), TNPU_REASON_CRASH);
	tnpu_chip_reset(h->chip);
	harness_move(h);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_ROM);
}

/* Doorbells and messages that came during the pause are requests like others. */
static void test_requests(void **state)
{
	struct harness *h = *state;
	const struct tnpu_ring_entry entry = { .flags = TNPU_JOB_NULL };
	uint64_t payload[6] = { 0 };
	struct tnpu_msg msg;
	uint64_t seq;

	tnpu_chip_provoke(h->chip, TNPU_PROVOKE_HANG_QUEUE, 2);
	tnpu_chip_pause(h->chip);
	harness_post(h, TNPU_MSG_NOP, payload, sizeof(payload));
	seq = harness_submit(h, 0, &entry);
	tnpu_chip_resume(h->chip);
	harness_move(h);
	harness_answer(h, &msg);
	harness_wait(h, 0, seq, NULL);
	harness_queue_create(h, 1, 1, 4, TNPU_PRIORITY_NORMAL);
	seq = harness_submit(h, 1, &entry);
	harness_move(h);
	assert_false(harness_done(h, 1, seq, NULL));
	tnpu_chip_provoke(h->chip, TNPU_PROVOKE_HANG_QUEUE, 0);
	harness_wait(h, 1, seq, NULL);
}

/* ---- What is refused --------------------------------------------------------------------- */

static void test_busy(void **state)
{
	struct harness *h = *state;
	const struct tnpu_stream none = { 0 };
	char why[8];

	assert_int_equal(tnpu_chip_save(h->chip, &none), -EBUSY);
	assert_int_equal(tnpu_chip_load(h->chip, &none, why, sizeof(why)), -EBUSY);
	assert_int_equal(query(h, TNPU_QUERY_JOBS, 0), 0);
}

/* Loads @data, which is bad; the chip must be as after a reset. */
static void refuse(struct harness *h, const uint8_t *data, size_t size, const char *reason)
{
	char why[128];

	assert_int_equal(harness_load(h, data, size, why), -EINVAL);
	if (!strstr(why, reason))
		fail_msg("\"%s\" does not say \"%s\"", why, reason);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_ROM);
}

/* Where the first item called @name begins. */
static uint8_t *find(uint8_t *data, size_t size, const char *name)
{
	struct tnpu_item item;
	uint8_t *p = data;

	while (p < data + size) {
		memcpy(&item, p, sizeof(item));
		if (item.name == strlen(name) && !memcmp(p + sizeof(item), name, item.name))
			return p;
		p += sizeof(item) + item.name + item.size;
	}
	fail_msg("there is no %s", name);
	return NULL;
}

static void put(uint8_t *item, const char *name, uint64_t value)
{
	memcpy(item + sizeof(struct tnpu_item) + strlen(name), &value, sizeof(value));
}

/* @to is as long as @from. */
static void rename_item(uint8_t *data, size_t size, const char *from, const char *to)
{
	memcpy(find(data, size, from) + sizeof(struct tnpu_item), to, strlen(to));
}

/* A value out of range is refused by name; an item whose name is not known, as it says. */
static void test_refused(void **state)
{
	static const struct {
		const char *item;
		uint64_t value;
		const char *why;
	} bad[] = {
		{ "tnpu", TNPU_STATE_VERSION + 1, "version" },
		{ "mem_size", 4096, "mem_size is 4096" },
		{ "queues", 5, "queues is 5" },
		{ "boot_state", 9, "boot_state is 9" },
		{ "quantum_ns", 0, "quantum_ns is 0" },
		{ "sensors_recent", 1ull << 32, "sensors_recent is" },
		{ "sensors_rise", 1ull << 32, "sensors_rise is" },
		{ "ops", ~0ull, "opcode" },
		{ "rung", 1ull << 40, "doorbell" },
		{ "context", 5, "context 5: there is none" },
		{ "queue", ~0ull, "there is none" },
		{ "ring", 8, "QUEUE_CREATE" },
		{ "head", 32, "ring" },
		{ "cmd_size", 1ull << 32, "cmd_size is" },
		{ "cmd_va", 4, "aligned" },
		{ "offset", 1u << 20, "beyond" },
		{ "phase", 4, "phase is 4" },
	};
	struct harness *h = *state;
	uint8_t *data, *copy;
	size_t size, i;
	uint64_t seq;

	pause_busy(h, &seq);
	data = harness_save(h, &size);
	copy = malloc(size);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(copy, data, size);
		put(find(copy, size, bad[i].item), bad[i].item, bad[i].value);
		refuse(h, copy, size, bad[i].why);
	}
	memcpy(copy, data, size);
	rename_item(copy, size, "mailbox", "mailb0x");
	refuse(h, copy, size, "mailb0x: not known");
	free(copy);
	free(data);
	tnpu_chip_resume(h->chip);
}

/* A name that is not known and need not be: the rest is as it was. */
static void test_unknown(void **state)
{
	struct harness *h = *state;
	uint8_t *data;
	char why[128];
	uint64_t seq;
	size_t size;

	pause_busy(h, &seq);
	data = harness_save(h, &size);
	rename_item(data, size, "heartbeat", "heartbeet");
	assert_int_equal(harness_load(h, data, size, why), 0);
	assert_int_equal(harness_reg(h, TNPU_REG_HEARTBEAT), 0);
	free(data);
	tnpu_chip_resume(h->chip);
	harness_wait(h, 0, seq, NULL);
}

/* Cut short anywhere: what the stream itself returned. */
static void test_cut(void **state)
{
	struct harness *h = *state;
	uint8_t *data;
	char why[128];
	size_t size, at;
	uint64_t seq;

	pause_busy(h, &seq);
	data = harness_save(h, &size);
	for (at = 0; at < size; at += 97)
		assert_int_equal(harness_load(h, data, at, why), -EIO);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_ROM);
	free(data);
	tnpu_chip_resume(h->chip);
}

/* Any byte may be any other: refused, or a chip that runs and can be reset. */
static void test_mutated(void **state)
{
	struct harness *h = *state;
	uint32_t random = 1;
	uint8_t *data, old;
	char why[128];
	uint64_t seq;
	size_t size;
	int i, ret;

	pause_busy(h, &seq);
	data = harness_save(h, &size);
	for (i = 0; i < 4000; i++) {
		size_t at;

		random = random * 1664525 + 1013904223;
		at = (random >> 8) % size;
		old = data[at];
		data[at] ^= 1u << (random >> 5 & 7);
		ret = harness_load(h, data, size, why);
		data[at] = old;
		assert_true(!ret || ret == -EINVAL || ret == -EIO);
		if (ret)
			continue;
		tnpu_chip_resume(h->chip);
		harness_reg(h, TNPU_REG_MAGIC);
		tnpu_chip_pause(h->chip);
	}
	free(data);
	tnpu_chip_reset(h->chip);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_ROM);
	tnpu_chip_resume(h->chip);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same),
		TEST(test_back),
		TEST(test_states),
		TEST(test_requests),
		TEST(test_busy),
		TEST(test_refused),
		TEST(test_unknown),
		TEST(test_cut),
		TEST(test_mutated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
