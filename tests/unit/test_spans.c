// SPDX-License-Identifier: MIT
/*
 * TNPU_MSG_TRACE: what the chip records of its work, and when it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chip_harness.h"

#define ENGINES		2
#define SPANS_MAX	40000
#define FILL_BYTES	(8u << 20)

static int setup(void **state)
{
	struct harness *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	harness_open(h, &(struct harness_options){ .engines = ENGINES });
	*state = h;
	return 0;
}

/* Asks for @count spans at most; they are at @span, in system memory, until the next call. */
static struct tnpu_msg_trace ask(struct harness *h, uint32_t flags, uint32_t count,
				 const struct tnpu_span **span)
{
	static uint64_t addr;
	struct tnpu_msg_trace msg = { .count = count, .flags = flags };

	if (count) {
		addr = harness_sys_alloc(h, count * sizeof(**span));
		msg.addr = addr;
		*span = harness_sys(h, addr);
	}
	assert_int_equal(harness_msg(h, TNPU_MSG_TRACE, &msg, sizeof(msg)), TNPU_MSG_OK);
	assert_int_equal(msg.flags, flags);
	assert_true(msg.count <= count);
	return msg;
}

static void record(struct harness *h)
{
	assert_int_equal(ask(h, TNPU_TRACE_RECORD, 0, NULL).count, 0);
}

static void run_nops(struct harness *h, uint32_t n)
{
	struct tnpu_cmd_nop *nops = calloc(n, sizeof(*nops));
	const uint64_t va = harness_alloc(h, n * sizeof(*nops), HARNESS_LOCAL);
	uint32_t i;

	assert_non_null(nops);
	for (i = 0; i < n; i++)
		nops[i].hdr = (struct tnpu_cmd_header){ TNPU_OP_NOP, 0, sizeof(*nops) };
	harness_write(h, va, nops, n * sizeof(*nops));
	harness_wait(h, 0, harness_submit_stream(h, 0, va, n * sizeof(*nops)), NULL);
	free(nops);
}

static void run_fill(struct harness *h, struct tnpu_completion *c)
{
	const struct tnpu_cmd_fill fill = {
		.hdr = { TNPU_OP_FILL, 0, sizeof(fill) },
		.dst = harness_alloc(h, FILL_BYTES, HARNESS_LOCAL),
		.size = FILL_BYTES,
	};

	assert_int_equal(harness_run(h, &fill, sizeof(fill), c), TNPU_STATUS_OK);
}

static void test_off(void **state)
{
	struct harness *h = *state;
	const struct tnpu_span *span;

	run_nops(h, 3);
	assert_int_equal(ask(h, TNPU_TRACE_RECORD, 16, &span).count, 0);
	run_nops(h, 3);
	assert_int_equal(ask(h, 0, 16, &span).count, 3);
	run_nops(h, 3);
	assert_int_equal(ask(h, 0, 16, &span).count, 0);
}

/* One for each command, in their order, and none overlaps the next. */
static void test_commands(void **state)
{
	struct harness *h = *state;
	const struct tnpu_span *span;
	uint32_t i;

	record(h);
	run_nops(h, 2);
	run_nops(h, 3);
	assert_int_equal(ask(h, 0, 16, &span).count, 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(span[i].lane, TNPU_SPAN_CONTROL);
		assert_int_equal(span[i].opcode, TNPU_OP_NOP);
		assert_int_equal(span[i].queue, 0);
		assert_int_equal(span[i].seq, i < 2 ? 1 : 2);
		assert_int_equal(span[i].command, i < 2 ? i : i - 2);
		assert_true(span[i].start <= span[i].end);
		assert_true(!i || span[i].start >= span[i - 1].end);
	}
}

/* Lanes work within the command, and that is within the job; a lane does one thing at a time. */
static void test_lanes(void **state)
{
	struct harness *h = *state;
	uint64_t end[ENGINES] = { 0 };
	const struct tnpu_span *span, *whole;
	struct tnpu_completion c;
	uint32_t i, n;

	record(h);
	run_fill(h, &c);
	n = ask(h, 0, 4096, &span).count;
	assert_true(n > 1);
	whole = &span[n - 1];
	assert_int_equal(whole->lane, TNPU_SPAN_CONTROL);
	assert_true(whole->start >= c.start && whole->end <= c.end);
	for (i = 0; i < n - 1; i++) {
		assert_true(span[i].lane < ENGINES);
		assert_int_equal(span[i].opcode, TNPU_OP_FILL);
		assert_true(span[i].start >= whole->start && span[i].end <= whole->end);
		assert_true(span[i].start >= end[span[i].lane]);
		end[span[i].lane] = span[i].end;
	}
	assert_true(end[0]);
}

static void test_pieces(void **state)
{
	struct harness *h = *state;
	const struct tnpu_span *span;
	struct tnpu_msg_trace msg;
	uint32_t i;

	record(h);
	run_nops(h, 5);
	for (i = 0; i < 2; i++) {
		msg = ask(h, TNPU_TRACE_RECORD, 2, &span);
		assert_int_equal(msg.count, 2);
		assert_int_equal(span[0].command, 2 * i);
	}
	run_nops(h, 1);
	msg = ask(h, TNPU_TRACE_RECORD, 8, &span);
	assert_int_equal(msg.count, 2);
	assert_int_equal(span[0].command, 4);
	assert_int_equal(span[1].seq, 2);
	assert_int_equal(ask(h, TNPU_TRACE_RECORD, 8, &span).count, 0);
}

/* The oldest stay; what is lost is told once. */
static void test_lost(void **state)
{
	struct harness *h = *state;
	const struct tnpu_span *span;
	struct tnpu_msg_trace msg;
	uint32_t kept;

	record(h);
	run_nops(h, SPANS_MAX);
	msg = ask(h, TNPU_TRACE_RECORD, 10, &span);
	assert_int_equal(msg.count, 10);
	assert_true(msg.lost > 0 && msg.lost < SPANS_MAX);
	kept = SPANS_MAX - msg.lost;
	msg = ask(h, TNPU_TRACE_RECORD, SPANS_MAX, &span);
	assert_int_equal(msg.count, kept - 10);
	assert_int_equal(msg.lost, 0);
	assert_int_equal(span[msg.count - 1].command, kept - 1);
	run_nops(h, 1);
	assert_int_equal(ask(h, TNPU_TRACE_RECORD, 10, &span).count, 1);
}

static void test_refused(void **state)
{
	struct harness *h = *state;
	const struct tnpu_msg_trace bad[] = {
		{ .flags = 2 },
		{ .flags = TNPU_TRACE_RECORD, .lost = 1 },
		{ .flags = TNPU_TRACE_RECORD, .addr = 16, .count = 1 },
	};
	const struct tnpu_span *span;
	struct tnpu_msg_trace msg;
	size_t i;

	record(h);
	run_nops(h, 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		msg = bad[i];
		assert_int_equal(harness_msg(h, TNPU_MSG_TRACE, &msg, sizeof(msg)),
				 TNPU_MSG_INVALID);
	}
	/* Nothing is lost by it. */
	assert_int_equal(ask(h, 0, 8, &span).count, 1);
}

static void test_reset(void **state)
{
	struct harness *h = *state;
	const struct tnpu_span *span;

	record(h);
	run_nops(h, 1);
	tnpu_chip_reset(h->chip);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
	assert_int_equal(ask(h, TNPU_TRACE_RECORD, 8, &span).count, 0);
}

static void test_move(void **state)
{
	struct harness *h = *state;
	const struct tnpu_span *span;

	record(h);
	run_nops(h, 1);
	harness_move(h);
	run_nops(h, 1);
	assert_int_equal(ask(h, TNPU_TRACE_RECORD, 8, &span).count, 0);
	run_nops(h, 1);
	assert_int_equal(ask(h, 0, 8, &span).count, 1);
}

#define TEST(f)		cmocka_unit_test_setup_teardown(f, setup, harness_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_off),
		TEST(test_commands),
		TEST(test_lanes),
		TEST(test_pieces),
		TEST(test_lost),
		TEST(test_refused),
		TEST(test_reset),
		TEST(test_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
