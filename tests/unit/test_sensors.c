// SPDX-License-Identifier: MIT
/*
 * The sensors: the model by itself, with a clock of the test's own; and what a chip answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include "../../firmware-sim/sensors.h"
#include "chip_harness.h"

#define MS		1000000ull
#define S		(1000 * MS)
#define BATCH		250000ull	/* how often a chip at work looks at its sensors */
#define BIG		(8u << 20)
#define FIRST		(77 * S)	/* the timestamp counter at power-on may be anything */

#define IDLE_UW		(TNPU_SENSORS_IDLE_MW * 1000ull)
#define FULL_UW		(IDLE_UW + TNPU_SENSORS_BUSY_MW * 1000ull)
#define IDLE_MC		(TNPU_SENSORS_AMBIENT_MC + IDLE_UW * TNPU_SENSORS_UC_PER_UW / 1000)
#define FULL_MC		(TNPU_SENSORS_AMBIENT_MC + FULL_UW * TNPU_SENSORS_UC_PER_UW / 1000)

/* ---- The model --------------------------------------------------------------------------- */

/** struct model - the sensors of a chip that does not exist, and what it has done */
struct model {
	struct tnpu_sensors s;
	uint64_t now;
	uint64_t busy;
	uint64_t energy;
};

static uint64_t model_read(const struct model *m, uint32_t item)
{
	return tnpu_sensors_read(&m->s, item, m->busy);
}

/* What holds at any time, after whatever the chip did. */
static void model_check(struct model *m)
{
	const uint64_t energy = model_read(m, TNPU_QUERY_ENERGY);

	assert_true(energy >= m->energy);
	m->energy = energy;
	assert_in_range(model_read(m, TNPU_QUERY_POWER), IDLE_UW, FULL_UW);
	assert_in_range(model_read(m, TNPU_QUERY_TEMPERATURE), TNPU_SENSORS_AMBIENT_MC, FULL_MC);
}

static void model_start(struct model *m)
{
	*m = (struct model){ .now = FIRST };
	tnpu_sensors_start(&m->s, m->now);
	model_check(m);
}

/* Works for @percent of each millisecond. */
static void model_work(struct model *m, uint64_t ns, unsigned int percent)
{
	const uint64_t end = m->now + ns;

	while (m->now < end) {
		m->now += BATCH;
		m->busy += BATCH * percent / 100;
		tnpu_sensors_advance(&m->s, m->now, m->busy);
		model_check(m);
	}
}

/* Nobody looks meanwhile. */
static void model_idle(struct model *m, uint64_t ns)
{
	m->now += ns;
	tnpu_sensors_advance(&m->s, m->now, m->busy);
	model_check(m);
}

static void test_idle(void **state)
{
	struct model m;

	model_start(&m);
	assert_int_equal(model_read(&m, TNPU_QUERY_TEMPERATURE), TNPU_SENSORS_AMBIENT_MC);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER), IDLE_UW);
	assert_int_equal(model_read(&m, TNPU_QUERY_ENERGY), 0);
	model_idle(&m, 3 * S);
	assert_in_range(model_read(&m, TNPU_QUERY_TEMPERATURE), TNPU_SENSORS_AMBIENT_MC + 1,
			IDLE_MC - 1);
	model_idle(&m, 3600 * S);
	assert_int_equal(model_read(&m, TNPU_QUERY_TEMPERATURE), IDLE_MC);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER), IDLE_UW);
	assert_int_equal(model_read(&m, TNPU_QUERY_ENERGY), 3603 * IDLE_UW);
}

static void test_load(void **state)
{
	struct model m;

	model_start(&m);
	model_work(&m, 250 * MS, 100);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER), FULL_UW);
	model_work(&m, 250 * MS, 50);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER), (IDLE_UW + FULL_UW) / 2);
	assert_int_equal(model_read(&m, TNPU_QUERY_ENERGY), (3 * FULL_UW + IDLE_UW) / 8);
	model_work(&m, 250 * MS, 0);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER), IDLE_UW);
	model_work(&m, 120 * S, 100);
	assert_int_equal(model_read(&m, TNPU_QUERY_TEMPERATURE), FULL_MC);
}

/* Eight seconds are the time constant: two thirds of the way, both ways. */
static void test_temperature(void **state)
{
	const uint64_t way = FULL_MC - IDLE_MC;
	uint64_t last = 0, now;
	struct model m;
	unsigned int i;

	model_start(&m);
	model_idle(&m, 3600 * S);
	for (i = 0; i < 32; i++) {
		model_work(&m, 250 * MS, 100);
		now = model_read(&m, TNPU_QUERY_TEMPERATURE);
		assert_true(now > last);
		last = now;
	}
	assert_in_range(last, IDLE_MC + way * 60 / 100, IDLE_MC + way * 67 / 100);
	model_work(&m, 60 * S, 100);
	for (i = 0; i < 32; i++) {
		last = model_read(&m, TNPU_QUERY_TEMPERATURE);
		model_idle(&m, 250 * MS);
		assert_true(model_read(&m, TNPU_QUERY_TEMPERATURE) < last);
	}
	last = model_read(&m, TNPU_QUERY_TEMPERATURE);
	assert_in_range(last, FULL_MC - way * 67 / 100, FULL_MC - way * 60 / 100);
}

/* Who asks often is told what another is told who asks once. */
static void test_asking(void **state)
{
	struct model often, once;
	unsigned int i;

	model_start(&often);
	model_work(&often, 2 * S, 100);
	once = often;
	for (i = 0; i < 700; i++)
		model_idle(&often, 10 * MS);
	model_idle(&once, 7 * S);
	assert_memory_equal(&often.s, &once.s, sizeof(often.s));
	assert_int_equal(often.energy, once.energy);
}

/* The end of a window is seen late: what was done since belongs to the next one. */
static void test_late(void **state)
{
	struct model m;

	model_start(&m);
	m.busy = 300 * MS;
	model_idle(&m, 300 * MS);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER), FULL_UW);
	model_idle(&m, 200 * MS);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER),
			 IDLE_UW + (FULL_UW - IDLE_UW) * 50 / 250);
	model_idle(&m, 250 * MS);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER), IDLE_UW);
}

/* On another host: a counter that is behind, one that is far ahead, times that cannot be. */
static void test_moved(void **state)
{
	struct model m;

	model_start(&m);
	model_work(&m, 5 * S + 100 * MS, 80);
	m.now = 0;
	model_idle(&m, 0);
	model_work(&m, 1 * S, 100);
	m.now += 1000000 * S;
	model_idle(&m, 0);
	assert_int_equal(model_read(&m, TNPU_QUERY_TEMPERATURE), IDLE_MC);
	m.s.spent = ~0ull - 5;
	model_work(&m, 10 * S, 100);
	m.s.spent = 0;
	m.busy += 1000000 * S;
	model_work(&m, 10 * S, 0);
	assert_int_equal(model_read(&m, TNPU_QUERY_POWER), IDLE_UW);
}

/* ---- The chip ---------------------------------------------------------------------------- */

static uint64_t query(struct harness *h, uint32_t item)
{
	struct tnpu_msg_query msg = { .item = item };

	assert_int_equal(harness_msg(h, TNPU_MSG_QUERY, &msg, sizeof(msg)), TNPU_MSG_OK);
	assert_int_equal(msg.item, item);
	return msg.value;
}

/* Keeps the engines at work for a while; returns the ticks that they spent. */
static uint64_t work(struct harness *h)
{
	const uint64_t va = harness_alloc(h, BIG, HARNESS_LOCAL);
	struct tnpu_cmd_fill fill[64];
	struct tnpu_completion c;
	unsigned int i;

	for (i = 0; i < 64; i++)
		fill[i] = (struct tnpu_cmd_fill){
			.hdr = { .opcode = TNPU_OP_FILL, .size = sizeof(fill[0]) },
			.dst = va,
			.size = BIG,
		};
	assert_int_equal(harness_run(h, fill, sizeof(fill), &c), TNPU_STATUS_OK);
	return c.busy;
}

static void test_chip(void **state)
{
	struct harness *h = *state;
	uint64_t before, after, busy;

	assert_in_range(query(h, TNPU_QUERY_TEMPERATURE), TNPU_SENSORS_AMBIENT_MC, FULL_MC);
	assert_in_range(query(h, TNPU_QUERY_POWER), IDLE_UW, FULL_UW);
	before = query(h, TNPU_QUERY_ENERGY);
	busy = work(h);
	after = query(h, TNPU_QUERY_ENERGY);
	/* Each of the two was rounded down. */
	assert_true(after - before + 2 >= busy / 1000 * TNPU_SENSORS_BUSY_MW / 1000);
}

/* Resets are nothing to a sensor, nor is another host. */
static void test_kept(void **state)
{
	struct harness *h = *state;
	uint64_t energy;

	work(h);
	energy = query(h, TNPU_QUERY_ENERGY);
	harness_move(h);
	assert_true(query(h, TNPU_QUERY_ENERGY) >= energy);
	energy = query(h, TNPU_QUERY_ENERGY);
	tnpu_chip_reset(h->chip);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
	assert_true(query(h, TNPU_QUERY_ENERGY) >= energy);
}

/* Items that there are not, of a queue that has none, and a value where none belongs. */
static void test_refused(void **state)
{
	static const struct tnpu_msg_query bad[] = {
		{ .item = TNPU_QUERY_COUNT },
		{ .item = ~0u, .index = ~0u, .value = ~0ull },
		{ .item = TNPU_QUERY_TEMPERATURE, .index = 1 },
		{ .item = TNPU_QUERY_POWER, .index = ~0u },
		{ .item = TNPU_QUERY_ENERGY, .value = 1 },
	};
	struct harness *h = *state;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tnpu_msg_query msg = bad[i];

		assert_int_equal(harness_msg(h, TNPU_MSG_QUERY, &msg, sizeof(msg)),
				 TNPU_MSG_INVALID);
		assert_memory_equal(&msg, &bad[i], sizeof(msg));
	}
	query(h, TNPU_QUERY_ENERGY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_temperature),
		cmocka_unit_test(test_asking),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_moved),
		cmocka_unit_test_setup_teardown(test_chip, harness_setup, harness_teardown),
		cmocka_unit_test_setup_teardown(test_kept, harness_setup, harness_teardown),
		cmocka_unit_test_setup_teardown(test_refused, harness_setup, harness_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
