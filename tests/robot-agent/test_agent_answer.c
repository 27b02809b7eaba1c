// SPDX-License-Identifier: MIT
/*
 * An answer as it comes: in any pieces, and wrong in any way; the gate; text for files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent_answer.h"
#include "agent_guard.h"
#include "agent_text.h"

#define GOOD \
	"[{\"do\":\"pick\",\"obj\":\"a\"},{\"do\":\"place\",\"rel\":\"on\",\"ref\":\"b\"},{\"do\":\"home\"}]"

static struct agent_scene scene;
static struct agent_answer answer;

static int lay(void **state)
{
	char why[AGENT_WHY];

	return agent_scene_parse("scene: red block a (30,20); blue cup b (40,5); hand empty",
				 &scene, why, sizeof(why));
}

static int say(const char *text)
{
	agent_answer_init(&answer, &scene);
	return agent_answer_add(&answer, text, strlen(text));
}

static void test_in_pieces(void **state)
{
	size_t size, at, len = strlen(GOOD);

	for (size = 1; size <= len; size++) {
		agent_answer_init(&answer, &scene);
		for (at = 0; at < len; at += size)
			assert_int_equal(agent_answer_add(&answer, GOOD + at,
							  len - at < size ? len - at : size), 0);
		assert_int_equal(answer.actions, 3);
		assert_int_equal(agent_answer_finish(&answer), 0);
		assert_int_equal(answer.program.count, 3);
		assert_true(answer.first_ns && answer.action_ns[2] && answer.done_ns);
	}
}

/* The first action is known before the second begins. */
static void test_first_action(void **state)
{
	assert_int_equal(say("[{\"do\":\"pick\",\"obj\":\"a\"}"), 0);
	assert_int_equal(answer.actions, 1);
	assert_int_equal(answer.program.action[0].verb, AGENT_PICK);
	/* But it is no program. */
	assert_int_equal(agent_answer_finish(&answer), -1);
	assert_int_equal(answer.done_ns, 0);
	/* What was right is still there to be told. */
	assert_int_equal(answer.program.action[0].verb, AGENT_PICK);
}

/* An answer cut off anywhere is none. */
static void test_cut_off(void **state)
{
	size_t len;

	for (len = 0; len < strlen(GOOD); len++) {
		agent_answer_init(&answer, &scene);
		assert_int_equal(agent_answer_add(&answer, GOOD, len), 0);
		assert_int_equal(agent_answer_finish(&answer), -1);
		assert_true(answer.why[0]);
	}
}

static void test_leading_space(void **state)
{
	assert_int_equal(say(" " GOOD), 0);
	assert_int_equal(agent_answer_finish(&answer), 0);
}

/* Wrong is known at once, not at the end. */
static void test_wrong_early(void **state)
{
	static const char * const wrong[] = {
		"[{\"do\":\"pick\",\"obj\":\"z\"}",
		"[{\"do\":\"fly\"}",
		"[{\"do\":\"place\",\"rel\":\"on\",\"ref\":\"b\"}",
		"[{\"do\":\"pick\",\"obj\":\"a\"},{\"do\":\"pick\",\"obj\":\"b\"}",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":501}",
		"[{\"do\":\"home\"},{\"do\":\"ask\",\"about\":\"what\"}",
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(say(wrong[i]), -1);
		assert_true(answer.why[0]);
		assert_int_equal(agent_answer_add(&answer, "]", 1), -1);
		assert_int_equal(agent_answer_finish(&answer), -1);
	}
}

static void test_wrong_late(void **state)
{
	static const char * const wrong[] = {
		"", " ", "]", "}", "{}", "[]", "null", GOOD "]", GOOD " and more", GOOD GOOD,
		"{\"do\":\"home\"}", "[[{\"do\":\"home\"}]]", "[{\"do\":\"home\"}}", "[\"}\"]",
		"[{\"do\":\"home\"}\\]", "\"[{\\\"do\\\":\\\"home\\\"}]\"",
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		say(wrong[i]);
		assert_int_equal(agent_answer_finish(&answer), -1);
		assert_true(answer.why[0]);
	}
}

static void test_too_long(void **state)
{
	int i, ret = 0;

	agent_answer_init(&answer, &scene);
	for (i = 0; !ret && i < 2 * AGENT_TEXT; i++)
		ret = agent_answer_add(&answer, "[", 1);
	assert_int_equal(ret, -1);
	assert_int_equal(answer.len, AGENT_TEXT - 1);
	/* Closing an array of this size must not write behind it either. */
	agent_answer_init(&answer, &scene);
	assert_int_equal(agent_answer_add(&answer, "[", 1), 0);
	for (i = 1; i < AGENT_TEXT - 3; i++)
		assert_int_equal(agent_answer_add(&answer, " ", 1), 0);
	assert_int_equal(agent_answer_add(&answer, "{}", 2), -1);
	assert_true(answer.why[0]);
}

/* ---- The gate -------------------------------------------------------------------- */

static void test_guard(void **state)
{
	struct agent_guard guard;

	agent_guard_init(&guard, 1000);
	assert_false(agent_guard_open(&guard, 0));
	agent_guard_feed(&guard, 5000);
	assert_true(agent_guard_open(&guard, 5000));
	assert_true(agent_guard_open(&guard, 6000));
	assert_false(agent_guard_open(&guard, 6001));
	agent_guard_feed(&guard, 6500);
	assert_true(agent_guard_open(&guard, 7000));
	agent_guard_trip(&guard);
	assert_false(agent_guard_open(&guard, 7000));
	agent_guard_feed(&guard, 7000);
	assert_true(agent_guard_open(&guard, 7000));
}

/* ---- Text ------------------------------------------------------------------------ */

static void test_clean(void **state)
{
	static const struct {
		const char *text;
		const char *clean;
	} cases[] = {
		{ "plain <&> text", "plain <&> text" },
		{ "\xe6\x8a\x8a", "\xe6\x8a\x8a" },
		{ "\xf0\x9f\xa4\x96", "\xf0\x9f\xa4\x96" },
		{ "a\nb\x7f", "a\xef\xbf\xbd" "b\xef\xbf\xbd" },
		{ "\xe6\x8a", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "\xc2\x85", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	char clean[AGENT_CLEAN(32)];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(agent_text_clean(cases[i].text, strlen(cases[i].text), clean),
				    cases[i].clean);
}

#define TEST(name) cmocka_unit_test_setup(name, lay)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_pieces),
		TEST(test_first_action),
		TEST(test_cut_off),
		TEST(test_leading_space),
		TEST(test_wrong_early),
		TEST(test_wrong_late),
		TEST(test_too_long),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
