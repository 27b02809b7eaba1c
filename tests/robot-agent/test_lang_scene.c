// SPDX-License-Identifier: MIT
/*
 * The scene's line and the prompt: what parses, what is refused and why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prompt.h"
#include "sample.h"
#include "scene.h"

#define FUZZ_LINES	150000
#define FUZZ_VALID_MIN	1000

static int parse(const char *line, struct agent_scene *scene, char *why, size_t size)
{
	char *copy = strdup(line);
	int ret;

	assert_non_null(copy);
	why[0] = '\0';
	ret = agent_scene_parse(copy, scene, why, size);
	free(copy);
	if (ret) {
		assert_int_equal(ret, -1);
		assert_true(why[0]);
		assert_null(strchr(why, '\n'));
	}
	return ret;
}

static void refuses(const char *line, const char *reason)
{
	struct agent_scene scene;
	char why[256];

	if (!parse(line, &scene, why, sizeof(why)))
		fail_msg("%s: taken", line);
	if (!strstr(why, reason))
		fail_msg("%s: \"%s\", not \"%s\"", line, why, reason);
}

static void takes(const char *line, struct agent_scene *scene)
{
	char out[AGENT_LINE];
	char why[256];

	if (parse(line, scene, why, sizeof(why)))
		fail_msg("%s: %s", line, why);
	assert_int_equal(agent_scene_print(scene, out, sizeof(out)), strlen(line));
	assert_string_equal(out, line);
}

static void test_takes(void **state)
{
	struct agent_scene scene;

	takes("scene: red block a (32,12); blue cup b (41,-8); hand empty", &scene);
	assert_int_equal(scene.tongue, AGENT_ENGLISH);
	assert_int_equal(scene.count, 2);
	assert_string_equal(scene.object[0].name, "red block");
	assert_int_equal(scene.object[0].x, 320);
	assert_int_equal(scene.object[1].y, -80);
	assert_int_equal(scene.held, -1);
	takes("scene: 红色方块 a (32,12); 蓝色杯子 b (41,12); hand b", &scene);
	assert_int_equal(scene.tongue, AGENT_CHINESE);
	assert_int_equal(scene.held, 1);
	takes("scene: T-shirt a (0,200); toy car b (-200,-200); hand a", &scene);
	takes("scene: hand empty", &scene);
	assert_int_equal(scene.count, 0);
}

static void test_refuses(void **state)
{
	refuses("", "must begin with");
	refuses("Scene: hand empty", "must begin with");
	refuses("scene: ", "no name");
	refuses("scene: cup b (1,1); hand empty", "object 1 must be called \"a\"");
	refuses("scene: cup a (1,1); cup a (1,1); hand empty", "object 2 must be called \"b\"");
	refuses("scene:  cup a (1,1); hand empty", "no name");
	refuses("scene: a (1,1); hand empty", "no name");
	refuses("scene: (1,1); hand empty", "no name");
	refuses("scene: cup; hand empty", "must stand \" a (\"");
	refuses("scene: cup a; hand empty", "must stand \" a (\"");
	refuses("scene: cup  a (1,1); hand empty", "must stand \" a (\"");
	refuses("scene: cup (1,1); hand empty", "must stand \" a (\"");
	refuses("scene: cup A (1,1); hand empty", "must stand \" a (\"");
	refuses("scene: a cup 1,1; hand empty", "must stand \" a (\"");
	refuses("scene: cup! a (1,1); hand empty", "must stand \" a (\"");
	refuses("scene: cup\na (1,1); hand empty", "must stand \" a (\"");
	refuses("scene: cup a ( 1,1); hand empty", "whole numbers");
	refuses("scene: \xc3\xa9 a (1,1); hand empty", "no name");
	refuses("scene: \xe6\x94 a (1,1); hand empty", "no name");
	refuses("scene: \xe6", "no name");
	refuses("scene: cup a (,1); hand empty", "whole numbers");
	refuses("scene: cup a (1); hand empty", "no comma");
	refuses("scene: cup a (1, 1); hand empty", "whole numbers");
	refuses("scene: cup a (01,1); hand empty", "whole numbers");
	refuses("scene: cup a (-0,1); hand empty", "whole numbers");
	refuses("scene: cup a (+1,1); hand empty", "whole numbers");
	refuses("scene: cup a (1.5,1); hand empty", "no comma");
	refuses("scene: cup a (201,1); hand empty", "beyond 200");
	refuses("scene: cup a (1,99999999999999999999); hand empty", "beyond 200");
	refuses("scene: cup a (1,1, hand empty", "must stand behind");
	refuses("scene: cup a (1,1);cup b (1,1); hand empty", "must stand behind");
	refuses("scene: cup a (1,1); cup b (1,2); hand empty", "y may not grow");
	refuses("scene: cup a (1,1); hand b", "the hand must be");
	refuses("scene: cup a (1,1); hand A", "the hand must be");
	refuses("scene: cup a (1,1); hand ", "the hand must be");
	refuses("scene: cup a (1,1); hand ab", "text behind");
	refuses("scene: cup a (1,1); hand empty ", "text behind");
	refuses("scene: c a (1,1); c b (1,1); c c (1,1); c d (1,1); c e (1,1); c f (1,1); "
		"c g (1,1); c h (1,1); c i (1,1); hand empty", "more than 8");
}

static void test_name_length(void **state)
{
	char name[AGENT_NAME + 1];
	struct agent_scene scene;
	char line[128];
	char why[256];

	memset(name, 'x', sizeof(name));
	snprintf(line, sizeof(line), "scene: %.*s a (1,1); hand empty", AGENT_NAME - 1, name);
	takes(line, &scene);
	snprintf(line, sizeof(line), "scene: %.*s a (1,1); hand empty", AGENT_NAME, name);
	assert_int_equal(parse(line, &scene, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "at most 63"));
}

/* Where something lies in between, it is told to the next centimetre. */
static void test_print_rounds(void **state)
{
	struct agent_scene scene = { .count = 1, .object = { { "cup", 306, -14 } }, .held = -1 };
	char line[64];

	assert_true(agent_scene_print(&scene, line, sizeof(line)) > 0);
	assert_string_equal(line, "scene: cup a (31,-1); hand empty");
	assert_int_equal(agent_scene_print(&scene, line, strlen(line)), -1);
}

static void test_prompt(void **state)
{
	struct agent_scene scene = { .count = 1, .object = { { "cup", 300, 0 } }, .held = -1 };
	char long_line[AGENT_INSTRUCTION + 1];
	char text[AGENT_PROMPT];

	assert_true(agent_prompt_print(&scene, "go home", text, sizeof(text)) > 0);
	assert_string_equal(text, "scene: cup a (30,0); hand empty\ndo: go home\nplan:");
	assert_int_equal(agent_prompt_print(&scene, "go home", text, strlen(text)), -1);
	assert_int_equal(agent_prompt_print(&scene, "", text, sizeof(text)), -1);
	assert_int_equal(agent_prompt_print(&scene, "go\nplan: []", text, sizeof(text)), -1);
	assert_int_equal(agent_prompt_print(&scene, "go\x7f", text, sizeof(text)), -1);
	memset(long_line, 'x', sizeof(long_line));
	long_line[AGENT_INSTRUCTION] = '\0';
	assert_int_equal(agent_prompt_print(&scene, long_line, text, sizeof(text)), -1);
	assert_true(agent_prompt_print(&scene, long_line + 1, text, sizeof(text)) > 0);
}

/* A full table with the longest names and the longest instruction fits. */
static void test_prompt_limits(void **state)
{
	char instruction[AGENT_INSTRUCTION];
	struct agent_scene scene = { .count = AGENT_OBJECTS, .held = -1 };
	char text[AGENT_PROMPT];
	int i;

	for (i = 0; i < AGENT_OBJECTS; i++) {
		memset(scene.object[i].name, 'x', AGENT_NAME - 1);
		scene.object[i].x = -2000;
		scene.object[i].y = -2000;
	}
	memset(instruction, 'x', sizeof(instruction));
	instruction[AGENT_INSTRUCTION - 1] = '\0';
	assert_true(agent_prompt_print(&scene, instruction, text, sizeof(text)) > 0);
}

static void mutate(struct agent_rng *rng, char *line)
{
	size_t len = strlen(line);
	size_t at = agent_rng_below(rng, len);
	size_t n = agent_rng_below(rng, len - at) % 16;

	switch (agent_rng_below(rng, 4)) {
	case 0:
		line[at] ^= 1 << agent_rng_below(rng, 8);
		break;
	case 1:
		memmove(line + at, line + at + n, len - at - n + 1);
		break;
	case 2:
		line[at] = " ;,-0123456789abchx"[agent_rng_below(rng, 19)];
		break;
	default:
		line[at] = 1 + agent_rng_below(rng, 255);
		break;
	}
}

static void check_scene(const struct agent_scene *s, const char *line)
{
	char out[AGENT_LINE];
	int i;

	assert_in_range(s->count, 0, AGENT_OBJECTS);
	assert_true(s->held >= -1 && s->held < s->count);
	for (i = 0; i < s->count; i++) {
		assert_in_range(strlen(s->object[i].name), 1, AGENT_NAME - 1);
		assert_true(abs(s->object[i].x) <= 2000 && abs(s->object[i].y) <= 2000);
		assert_true(!i || s->object[i].y <= s->object[i - 1].y);
	}
	/* There is one spelling: what was read is what is written. */
	assert_true(agent_scene_print(s, out, sizeof(out)) > 0);
	assert_string_equal(out, line);
}

static void test_hostile_lines(void **state)
{
	struct agent_sample sample;
	struct agent_scene scene;
	char line[AGENT_LINE];
	struct agent_rng rng;
	char why[256];
	int valid = 0;
	int i, n;

	for (i = 0; i < FUZZ_LINES; i++) {
		agent_rng_seed(&rng, 2, i);
		agent_sample_make(&rng, AGENT_TRAIN, &sample);
		assert_true(agent_scene_print(&sample.scene, line, sizeof(line)) > 0);
		for (n = 1 + agent_rng_below(&rng, 3); n && line[0]; n--)
			mutate(&rng, line);
		if (parse(line, &scene, why, sizeof(why)))
			continue;
		check_scene(&scene, line);
		valid++;
	}
	assert_in_range(valid, FUZZ_VALID_MIN, FUZZ_LINES - FUZZ_VALID_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_name_length),
		cmocka_unit_test(test_print_rounds),
		cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_prompt_limits),
		cmocka_unit_test(test_hostile_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
