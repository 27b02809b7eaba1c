// SPDX-License-Identifier: MIT
/*
 * Whatever a model says, no setpoint out of bounds reaches the arm: random and adversarial
 * texts go through checker and planner, and what comes out of them into a simulated arm,
 * which refuses what it must not do. It must never have to.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent_answer.h"
#include "arm/sim.h"
#include "arm/wire.h"
#include "robot_check.h"

#define TEXTS	10000
#define PIECE	24

static struct agent_scene scene;
static struct world world;
static struct plan plan;

/* ---- Chance ---------------------------------------------------------------------- */

static int below(int n)
{
	return drand48() * n;
}

static const char *one_of(const char * const *words, int count)
{
	return words[below(count)];
}

#define ONE_OF(list) one_of(list, sizeof(list) / sizeof((list)[0]))

/* ---- Scenes ---------------------------------------------------------------------- */

static int by_y(const void *a, const void *b)
{
	const struct agent_object *one = a, *two = b;

	return two->y - one->y;
}

/* Of sense and nonsense: in reach or not, apart or in one place, held or not. */
static void random_scene(void)
{
	int wide = 1 + below(4) * 15, i;

	memset(&scene, 0, sizeof(scene));
	scene.count = below(AGENT_OBJECTS + 1);
	for (i = 0; i < scene.count; i++) {
		snprintf(scene.object[i].name, AGENT_NAME, "thing %c", 'a' + i);
		scene.object[i].x = 10 * (18 + below(wide));
		scene.object[i].y = 10 * (below(2 * wide) - wide);
	}
	qsort(scene.object, scene.count, sizeof(scene.object[0]), by_y);
	scene.held = below(3) || !scene.count ? -1 : below(scene.count);
	world_init(&world, &scene);
}

/* ---- Texts ----------------------------------------------------------------------- */

static size_t random_bytes(char *text, size_t size)
{
	size_t len = below(size), i;

	for (i = 0; i < len; i++)
		text[i] = below(256);
	return len;
}

/* What a model's vocabulary is made of, in any order. */
static size_t random_tokens(char *text, size_t size)
{
	static const char * const tokens[] = {
		"[", "]", "{", "}", ",", ":", "\"", "[{\"do\":\"", "\"},{\"do\":\"", "\"}]",
		"pick", "place", "move", "open", "close", "home", "wait", "ask", "refuse",
		"\",\"obj\":\"", "\",\"rel\":\"", "\",\"ref\":\"", "\",\"dir\":\"", "\",\"mm\":",
		"\",\"s\":", "\",\"about\":\"", "\",\"why\":\"", "left_of", "on", "in", "up",
		"down",
		"a", "b", "c", "h", "1", "50", "500", "-1", "1e9", "0.5", "null", "true", "\\u0061",
		" ", "\n", "unsafe", "which", "},", "\"home\"", "NaN", "99999999999999999999",
	};
	size_t len = 0;
	const char *token;

	while (below(40)) {
		token = ONE_OF(tokens);
		if (len + strlen(token) >= size)
			break;
		memcpy(text + len, token, strlen(token));
		len += strlen(token);
	}
	return len;
}

static size_t random_action(char *text, size_t size)
{
	static const char * const rels[] = {
		"on", "in", "left_of", "right_of", "in_front_of", "behind"
	};
	static const char * const dirs[] = { "up", "down", "left", "right", "forward", "back" };
	static const char * const plain[] = { "open", "close", "home" };
	char obj = 'a' + below(scene.count + (below(20) == 0));

	switch (below(6)) {
	case 0:
	case 1:
		return snprintf(text, size, "{\"do\":\"pick\",\"obj\":\"%c\"}", obj);
	case 2:
		return snprintf(text, size, "{\"do\":\"place\",\"rel\":\"%s\",\"ref\":\"%c\"}",
				ONE_OF(rels), obj);
	case 3:
		return snprintf(text, size, "{\"do\":\"move\",\"dir\":\"%s\",\"mm\":%d}",
				ONE_OF(dirs), below(4) ? 1 + below(200) : below(510));
	case 4:
		return snprintf(text, size, "{\"do\":\"wait\",\"s\":%d}", below(4));
	default:
		return snprintf(text, size, "{\"do\":\"%s\"}", ONE_OF(plain));
	}
}

/* By the grammar, so that most get as far as the planner. */
static size_t random_program(char *text, size_t size)
{
	int count = 1 + below(5), i;
	size_t len = 0;

	text[len++] = '[';
	for (i = 0; i < count; i++) {
		if (i)
			text[len++] = ',';
		len += random_action(text + len, size - len);
	}
	text[len++] = ']';
	return len;
}

/* A right program with some bytes wrong, missing, or doubled. */
static size_t random_mutant(char *text, size_t size)
{
	size_t len = random_program(text, size - 64), at, span;
	int n;

	for (n = 1 + below(3); n; n--) {
		at = below(len);
		span = 1 + below(len - at < 8 ? len - at : 8);
		switch (below(4)) {
		case 0:
			text[at] = below(256);
			break;
		case 1:
			text[at] = "0123456789-+.eE\"{}[],:\\"[below(22)];
			break;
		case 2:
			memmove(text + at, text + at + span, len - at - span);
			len -= span;
			break;
		default:
			memmove(text + at + span, text + at, len - at);
			len += span;
		}
		if (!len)
			break;
	}
	return len;
}

/* ---- Through checker, planner, and into the arm ---------------------------------- */

static int decide(const char *text, size_t len, struct agent_answer *answer)
{
	char why[PLAN_WHY];
	size_t at, size;

	agent_answer_init(answer, &scene);
	for (at = 0; at < len; at += size) {
		size = 1 + below(PIECE);
		size = size < len - at ? size : len - at;
		if (agent_answer_add(answer, text + at, size))
			break;
	}
	if (agent_answer_finish(answer)) {
		assert_true(answer->why[0]);
		return -1;
	}
	if (!plan_make(&answer->program, &scene, &world, &plan, why, sizeof(why)))
		return 0;
	assert_true(why[0]);
	return -1;
}

static void write_move(struct arm_sim *sim, const struct arm_move *move)
{
	uint16_t reg[ARM_WRITE_REGS] = { 0 };
	struct arm_setpoint at;
	int i, tick;

	for (i = 1; i <= move->samples; i++) {
		assert_int_equal(arm_move_at(move, i, &at), 0);
		reg[ARM_REG_BEAT] = sim->beat + 1;
		reg[ARM_REG_SEQ] = sim->seq + 1;
		arm_wire_put(&at, reg + ARM_REG_TARGET);
		assert_int_equal(arm_sim_write(sim, 0, ARM_WRITE_REGS, reg), 0);
		for (tick = 0; tick < ARM_PERIOD_MS; tick += SIM_TICK_MS)
			arm_sim_tick(sim);
	}
}

/* The arm is where the world says, and takes every setpoint of the plan. */
static void carry_out(void)
{
	const uint16_t enable[ARM_BEAT_REGS] = { 1, ARM_COMMAND_ENABLE };
	struct arm_sim sim;
	int i;

	robot_check_plan(&plan);
	arm_sim_init(&sim, ARM_WATCHDOG_MS);
	sim.at = plan.before.at;
	sim.target = sim.at;
	assert_int_equal(arm_sim_write(&sim, 0, ARM_BEAT_REGS, enable), 0);
	for (i = 0; i < plan.count; i++)
		write_move(&sim, &plan.step[i].move);
	assert_int_equal(sim.refused, 0);
	assert_int_equal(sim.state, ARM_STATE_ACTIVE);
}

static int run(size_t (*make)(char *text, size_t size))
{
	struct agent_answer answer;
	char text[AGENT_TEXT + 256];
	int n, planned = 0;
	size_t len;

	for (n = 0; n < TEXTS; n++) {
		random_scene();
		len = make(text, sizeof(text));
		if (decide(text, len, &answer))
			continue;
		carry_out();
		planned += plan.count > 0;
	}
	return planned;
}

static int seed(void **state)
{
	srand48(10);
	return 0;
}

static void test_bytes(void **state)
{
	assert_int_equal(run(random_bytes), 0);
}

static void test_tokens(void **state)
{
	run(random_tokens);
}

static void test_mutants(void **state)
{
	assert_in_range(run(random_mutant), 1, TEXTS);
}

static void test_programs(void **state)
{
	assert_in_range(run(random_program), 1000, TEXTS);
}

/* ---- By hand --------------------------------------------------------------------- */

static void test_by_hand(void **state)
{
	static const char * const texts[] = {
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":1e2}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":1e308}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":-50}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":50.5}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":\"50\"}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":50,\"mm\":5000}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":0050}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":4294967297}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":[50]}]",
		"[{\"do\":\"move\",\"dir\":\"UP\",\"mm\":50}]",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":50,\"speed\":9}]",
		"[{\"do\":\"wait\",\"s\":61}]",
		"[{\"do\":\"wait\",\"s\":0}]",
		"[{\"do\":\"pick\",\"obj\":\"a\\u0000\"}]",
		"[{\"do\":\"pick\",\"obj\":\"A\"}]",
		"[{\"do\":\"pick\",\"obj\":0}]",
		"[{\"do\":\"pick\",\"obj\":\"\\u0061\"}]",
		"[{\"do\":\"pick\"}]",
		"[{\"DO\":\"home\"}]",
		"[{\"do\":\"home\",\"do\":\"open\"}]",
		"[{\"do\":\"home\"},null]",
		"[{\"do\":\"home\"},]",
		"[{\"do\":\"home\"}]x",
		"/**/[{\"do\":\"home\"}]",
		"[{'do':'home'}]",
		"[{\"do\":\"home\"}",
		"{\"do\":\"home\"}",
		"\xef\xbb\xbf[{\"do\":\"home\"}]",
		"[{\"do\":\"refuse\",\"why\":\"unsafe\"},{\"do\":\"home\"}]",
		"[{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"},{\"do\":\"home\"}]",
	};
	struct agent_answer answer;
	size_t i;

	do
		random_scene();
	while (scene.count < 2 || scene.held >= 0);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!decide(texts[i], strlen(texts[i]), &answer))
			fail_msg("this got through: %s", texts[i]);
}

static void test_deep(void **state)
{
	struct agent_answer answer;
	char text[AGENT_TEXT - 1];

	random_scene();
	memset(text, '[', sizeof(text));
	assert_int_equal(decide(text, sizeof(text), &answer), -1);
	memset(text, '{', sizeof(text));
	assert_int_equal(decide(text, sizeof(text), &answer), -1);
	memset(text, '"', sizeof(text));
	assert_int_equal(decide(text, sizeof(text), &answer), -1);
}

/* ---- Behind the checker's back ---------------------------------------------------- */

static struct agent_action random_step(void)
{
	return (struct agent_action){
		.verb = below(AGENT_VERBS), .obj = below(scene.count), .rel = below(AGENT_RELS),
		.ref = below(scene.count), .dir = below(AGENT_DIRS), .mm = 1 + below(AGENT_MM_MAX),
		.s = 1 + below(3), .about = below(AGENT_ABOUTS), .why = below(AGENT_WHYS),
	};
}

/* The planner relies on what a program's type allows, and on nothing else. */
static void test_unchecked(void **state)
{
	struct agent_program program;
	char why[PLAN_WHY];
	int n, i, planned = 0;

	for (n = 0; n < TEXTS; n++) {
		do
			random_scene();
		while (!scene.count);
		program.count = 1 + below(AGENT_ACTIONS);
		for (i = 0; i < program.count; i++)
			program.action[i] = random_step();
		if (plan_make(&program, &scene, &world, &plan, why, sizeof(why)))
			continue;
		carry_out();
		planned++;
	}
	assert_true(planned > 0);
}

#define TEST(name) cmocka_unit_test_setup(name, seed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bytes),
		TEST(test_tokens),
		TEST(test_mutants),
		TEST(test_programs),
		TEST(test_by_hand),
		TEST(test_deep),
		TEST(test_unchecked),
	};

	return cmocka_run_group_tests_name("adversarial", tests, NULL, NULL);
}
