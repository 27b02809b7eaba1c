// SPDX-License-Identifier: MIT
/*
 * The language of the answers: what parses, what is refused and why, and that
 * nothing else gets through, whatever the text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "sample.h"

#define FUZZ_TEXTS	150000
#define FUZZ_VALID_MIN	1000

static const struct agent_scene three = {
	.count = 3,
	.object = { { "red block", 300, 100 }, { "blue cup", 300, 0 }, { "box", 300, -100 } },
	.held = -1,
};

/* Parse a copy that ends where the text does, so that ASan sees what reads on. */
static int parse(const char *text, size_t len, const struct agent_scene *scene,
		 struct agent_program *program, char *why, size_t size)
{
	char *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, text, len);
	why[0] = '\0';
	ret = agent_program_parse(copy, len, scene, program, why, size);
	free(copy);
	if (ret) {
		assert_int_equal(ret, -1);
		assert_true(why[0]);
		assert_null(strchr(why, '\n'));
	}
	return ret;
}

static void takes(const char *text, const char *canonical)
{
	struct agent_program program;
	char out[AGENT_TEXT];
	char why[256];

	if (parse(text, strlen(text), &three, &program, why, sizeof(why)))
		fail_msg("%s: %s", text, why);
	assert_int_equal(agent_program_print(&program, out, sizeof(out)), strlen(canonical));
	assert_string_equal(out, canonical);
}

static void refuses(const char *text, const char *reason)
{
	struct agent_program program;
	char why[256];

	if (!parse(text, strlen(text), &three, &program, why, sizeof(why)))
		fail_msg("%s: taken", text);
	if (!strstr(why, reason))
		fail_msg("%s: \"%s\", not \"%s\"", text, why, reason);
}

#define SAME(text) takes(text, text)
#define PICK_A "{\"do\":\"pick\",\"obj\":\"a\"}"
#define PLACE_B "{\"do\":\"place\",\"rel\":\"left_of\",\"ref\":\"b\"}"
#define HOME "{\"do\":\"home\"}"

static void test_takes(void **state)
{
	SAME("[" PICK_A "," PLACE_B "," HOME "]");
	SAME("[" PICK_A "," HOME "," PLACE_B "," PICK_A "]");
	SAME("[" PICK_A ",{\"do\":\"open\"}," PICK_A "]");
	SAME("[{\"do\":\"move\",\"dir\":\"up\",\"mm\":1}]");
	SAME("[{\"do\":\"move\",\"dir\":\"back\",\"mm\":500}]");
	SAME("[{\"do\":\"wait\",\"s\":60}]");
	SAME("[{\"do\":\"close\"}]");
	SAME("[{\"do\":\"ask\",\"about\":\"where\"}]");
	SAME("[{\"do\":\"refuse\",\"why\":\"senseless\"}]");
	takes("\n\t\r [ {\"obj\" : \"c\",\n\"do\": \"pick\"} ]\t\n",
	      "[{\"do\":\"pick\",\"obj\":\"c\"}]");
}

static void test_refuses_text(void **state)
{
	refuses("", "no JSON");
	refuses(" ", "no JSON");
	refuses("[", "no JSON");
	refuses("[" HOME, "no JSON");
	refuses("[" HOME "]]", "text behind");
	refuses("[" HOME "] [" HOME "]", "text behind");
	refuses("[" HOME "]x", "text behind");
	refuses("[" HOME ",]", "no JSON");
	refuses("\xef\xbb\xbf[" HOME "]", "not printable ASCII");
	refuses("[" HOME "]\x7f", "not printable ASCII");
	refuses("[{\"do\":\"home\n\"}]", "not printable ASCII");
	refuses("[{\"do\":\"h\\u006fme\"}]", "no word has");
	refuses("[\v" HOME "]", "not printable ASCII");
}

static void test_refuses_nul(void **state)
{
	static const char inside[] = "[" HOME "\0]";
	static const char behind[] = "[" HOME "]\0";
	struct agent_program program;
	char why[256];

	assert_int_equal(parse(inside, sizeof(inside) - 1, &three, &program, why, sizeof(why)), -1);
	assert_int_equal(parse(behind, sizeof(behind) - 1, &three, &program, why, sizeof(why)), -1);
	assert_int_equal(parse(behind, sizeof(behind) - 2, &three, &program, why, sizeof(why)), 0);
}

static void test_refuses_shape(void **state)
{
	refuses("[]", "no action");
	refuses("{}", "not an array");
	refuses(HOME, "not an array");
	refuses("null", "not an array");
	refuses("1", "not an array");
	refuses("\"home\"", "not an array");
	refuses("[[" HOME "]]", "action 1: not an object");
	refuses("[" HOME ",null]", "action 2: not an object");
	refuses("[{}]", "\"do\" is missing");
	refuses("[{\"Do\":\"home\"}]", "\"do\" is missing");
	refuses("[{\"do\":1}]", "\"do\" is not a word");
	refuses("[{\"do\":\"jump\"}]", "none of the 9 verbs");
	refuses("[{\"do\":\"Home\"}]", "none of the 9 verbs");
	refuses("[{\"do\":\"\"}]", "none of the 9 verbs");
}

static void test_refuses_members(void **state)
{
	refuses("[{\"do\":\"pick\"}]", "\"obj\" is missing");
	refuses("[{\"do\":\"home\",\"obj\":\"a\"}]", "may not have");
	refuses("[{\"do\":\"home\",\"\":1}]", "may not have");
	refuses("[{\"do\":\"home\",\"do\":\"home\"}]", "\"do\" comes twice");
	refuses("[{\"do\":\"pick\",\"obj\":\"a\",\"obj\":\"a\"}]", "\"obj\" comes twice");
	refuses("[{\"do\":\"pick\",\"obj\":\"a\",\"x\":[[{}]]}]", "may not have");
	refuses("[{\"do\":\"pick\",\"obj\":0}]", "\"obj\" is not a word");
	refuses("[{\"do\":\"pick\",\"obj\":\"d\"}]", "not the letter of an object");
	refuses("[{\"do\":\"pick\",\"obj\":\"A\"}]", "not the letter of an object");
	refuses("[{\"do\":\"pick\",\"obj\":\"ab\"}]", "not the letter of an object");
	refuses("[{\"do\":\"pick\",\"obj\":\"\"}]", "not the letter of an object");
	refuses("[" PICK_A ",{\"do\":\"place\",\"rel\":\"under\",\"ref\":\"b\"}]",
		"\"rel\" is none");
	refuses("[" PICK_A ",{\"do\":\"place\",\"rel\":\"on\",\"ref\":\"d\"}]", "\"ref\" is not");
	refuses("[{\"do\":\"move\",\"dir\":\"north\",\"mm\":5}]", "\"dir\" is none");
	refuses("[{\"do\":\"ask\",\"about\":\"when\"}]", "\"about\" is none");
	refuses("[{\"do\":\"refuse\",\"why\":\"lazy\"}]", "\"why\" is none");
}

static void test_refuses_numbers(void **state)
{
	refuses("[{\"do\":\"wait\",\"s\":0}]", "\"s\" is not 1 to 60");
	refuses("[{\"do\":\"wait\",\"s\":61}]", "\"s\" is not 1 to 60");
	refuses("[{\"do\":\"wait\",\"s\":\"5\"}]", "\"s\" is not a number");
	refuses("[{\"do\":\"wait\",\"s\":true}]", "\"s\" is not a number");
	refuses("[{\"do\":\"wait\",\"s\":null}]", "\"s\" is not a number");
	refuses("[{\"do\":\"wait\",\"s\":-1}]", "plain and whole");
	refuses("[{\"do\":\"wait\",\"s\":1.5}]", "plain and whole");
	refuses("[{\"do\":\"wait\",\"s\":1.0}]", "plain and whole");
	refuses("[{\"do\":\"wait\",\"s\":1e1}]", "plain and whole");
	refuses("[{\"do\":\"wait\",\"s\":01}]", "plain and whole");
	refuses("[{\"do\":\"wait\",\"s\":+1}]", "plain and whole");
	refuses("[{\"do\":\"wait\",\"s\":1e999}]", "plain and whole");
	refuses("[{\"do\":\"wait\",\"s\":4294967297}]", "\"s\" is not 1 to 60");
	refuses("[{\"do\":\"wait\",\"s\":99999999999999999999999999}]", "\"s\" is not 1 to 60");
	refuses("[{\"do\":\"move\",\"dir\":\"up\",\"mm\":501}]", "\"mm\" is not 1 to 500");
	refuses("[{\"do\":\"move\",\"dir\":\"up\",\"mm\":0}]", "\"mm\" is not 1 to 500");
}

static void test_refuses_order(void **state)
{
	refuses("[" PLACE_B "]", "action 1: \"place\" while nothing is held");
	refuses("[" PICK_A "," PICK_A "]", "action 2: \"pick\" while object a is held");
	refuses("[" PICK_A "," PLACE_B "," PLACE_B "]",
		"action 3: \"place\" while nothing is held");
	refuses("[{\"do\":\"pick\",\"obj\":\"b\"}," PLACE_B "]", "cannot be placed by itself");
	refuses("[" PICK_A ",{\"do\":\"open\"}," PLACE_B "]", "nothing is held");
	refuses("[" HOME ",{\"do\":\"ask\",\"about\":\"what\"}]", "\"ask\" must stand alone");
	refuses("[{\"do\":\"refuse\",\"why\":\"unsafe\"}," HOME "]", "\"refuse\" must stand alone");
}

static void test_hand(void **state)
{
	struct agent_scene scene = three;
	struct agent_program program;
	char why[256];

	scene.held = 0;
	assert_int_equal(parse("[" PLACE_B "]", strlen("[" PLACE_B "]"), &scene, &program, why,
			       sizeof(why)), 0);
	assert_int_equal(parse("[" PICK_A "]", strlen("[" PICK_A "]"), &scene, &program, why,
			       sizeof(why)), -1);
	scene.held = 1;
	assert_int_equal(parse("[" PLACE_B "]", strlen("[" PLACE_B "]"), &scene, &program, why,
			       sizeof(why)), -1);
}

static void test_refuses_sizes(void **state)
{
	struct agent_program program;
	char text[4 * AGENT_TEXT];
	char out[AGENT_TEXT];
	char why[256];
	size_t len = 0;
	int i;

	/* Twelve actions, then thirteen. */
	for (i = 0; i < AGENT_ACTIONS; i++)
		len += sprintf(text + len, "%s" HOME, i ? "," : "[");
	sprintf(text + len, "]");
	SAME(text);
	sprintf(text + len, "," HOME "]");
	refuses(text, "more than 12");
	/* Spaces up to the limit, then one more. */
	memset(text, ' ', sizeof(text));
	memcpy(text, "[" HOME "]", strlen("[" HOME "]"));
	assert_int_equal(parse(text, AGENT_TEXT - 1, &three, &program, why, sizeof(why)), 0);
	assert_int_equal(parse(text, AGENT_TEXT, &three, &program, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "at most 1023"));
	/* As deep as the text may be long. */
	memset(text, '[', sizeof(text));
	assert_int_equal(parse(text, AGENT_TEXT - 1, &three, &program, why, sizeof(why)), -1);
	/* What does not fit is not printed. */
	assert_int_equal(parse("[" HOME "]", strlen("[" HOME "]"), &three, &program, why,
			       sizeof(why)), 0);
	assert_int_equal(agent_program_print(&program, out, strlen("[" HOME "]")), -1);
	assert_int_equal(agent_program_print(&program, out, strlen("[" HOME "]") + 1),
			 strlen("[" HOME "]"));
	assert_int_equal(agent_program_print(&program, out, 0), -1);
}

/* A reason is cut to the room that there is. */
static void test_why_is_cut(void **state)
{
	struct agent_program program;
	char why[8];

	assert_int_equal(parse("[{}]", 4, &three, &program, why, sizeof(why)), -1);
	assert_int_equal(strlen(why), sizeof(why) - 1);
}

/* ---- What parses keeps the limits ------------------------------------------- */

static void check_number(int value, int min, int max)
{
	assert_in_range(value, min, max);
}

/* The contract of program.h, told once more and without the parser's tables. */
static void check_action(const struct agent_action *a, const struct agent_scene *scene, int *held,
			 int count)
{
	switch (a->verb) {
	case AGENT_PICK:
		assert_true(*held < 0);
		check_number(a->obj, 0, scene->count - 1);
		*held = a->obj;
		break;
	case AGENT_PLACE:
		assert_true(*held >= 0);
		check_number(a->ref, 0, scene->count - 1);
		check_number(a->rel, 0, AGENT_RELS - 1);
		assert_int_not_equal(*held, a->ref);
		*held = -1;
		break;
	case AGENT_MOVE:
		check_number(a->dir, 0, AGENT_DIRS - 1);
		check_number(a->mm, 1, AGENT_MM_MAX);
		break;
	case AGENT_WAIT:
		check_number(a->s, 1, AGENT_S_MAX);
		break;
	case AGENT_OPEN:
		*held = -1;
		break;
	case AGENT_CLOSE:
	case AGENT_HOME:
		break;
	case AGENT_ASK:
		check_number(a->about, 0, AGENT_ABOUTS - 1);
		assert_int_equal(count, 1);
		break;
	case AGENT_REFUSE:
		check_number(a->why, 0, AGENT_WHYS - 1);
		assert_int_equal(count, 1);
		break;
	default:
		fail_msg("verb %d", a->verb);
	}
}

static void check_program(const struct agent_program *p, const struct agent_scene *scene)
{
	struct agent_program again;
	char text[AGENT_TEXT];
	char more[AGENT_TEXT];
	int held = scene->held;
	char why[256];
	int len, i;

	check_number(p->count, 1, AGENT_ACTIONS);
	for (i = 0; i < p->count; i++)
		check_action(&p->action[i], scene, &held, p->count);
	len = agent_program_print(p, text, sizeof(text));
	assert_true(len > 0);
	assert_int_equal(parse(text, len, scene, &again, why, sizeof(why)), 0);
	assert_int_equal(agent_program_print(&again, more, sizeof(more)), len);
	assert_string_equal(text, more);
}

/* ---- Hostile texts ------------------------------------------------------------- */

static const char *const pieces[] = {
	"[", "]", "{", "}", ",", ":", "\"", "\"do\":", "\"pick\"", "\"place\"", "\"obj\":", "\"a\"",
	"\"ref\":\"b\"", "\"rel\":\"on\"", "\"mm\":", "\"s\":", "0", "1", "60", "61", "500", "501",
	"-1", "1e9", "1.5", "null", "true", "\\u0061", "\\", " ", "\n", "{\"do\":\"home\"}",
	"{\"do\":\"open\"}", "{\"do\":\"ask\",\"about\":\"which\"}",
	",{\"do\":\"pick\",\"obj\":\"c\"}",
	"\xe6\x94\xbe", "\xff", "99999999999999999999",
};

static size_t insert(char *text, size_t len, size_t at, const char *piece, size_t n)
{
	if (len + n > 2 * AGENT_TEXT)
		return len;
	memmove(text + at + n, text + at, len - at);
	memcpy(text + at, piece, n);
	return len + n;
}

static size_t mutate(struct agent_rng *rng, char *text, size_t len)
{
	const char *piece = pieces[agent_rng_below(rng, sizeof(pieces) / sizeof(pieces[0]))];
	size_t at = agent_rng_below(rng, len + 1);
	size_t n = agent_rng_below(rng, len - at + 1) % 24;
	char part[24];

	switch (agent_rng_below(rng, 5)) {
	case 0:
		if (at < len)
			text[at] ^= 1 << agent_rng_below(rng, 8);
		return len;
	case 1:
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 2:
		memcpy(part, text + at, n);
		return insert(text, len, agent_rng_below(rng, len + 1), part, n);
	case 3:
		if (at < len)
			text[at] = agent_rng_below(rng, 256);
		return len;
	default:
		return insert(text, len, at, piece, strlen(piece));
	}
}

static size_t random_text(struct agent_rng *rng, char *text)
{
	const char *piece;
	size_t len = 0;
	int n = agent_rng_below(rng, 40);

	while (n--) {
		piece = pieces[agent_rng_below(rng, sizeof(pieces) / sizeof(pieces[0]))];
		len = insert(text, len, len, piece, strlen(piece));
	}
	return len;
}

static void test_hostile_texts(void **state)
{
	struct agent_program program;
	struct agent_sample sample;
	char text[2 * AGENT_TEXT + 64];
	struct agent_rng rng;
	char why[256];
	int valid = 0;
	size_t len;
	int i, n;

	for (i = 0; i < FUZZ_TEXTS; i++) {
		agent_rng_seed(&rng, 1, i);
		agent_sample_make(&rng, AGENT_TRAIN, &sample);
		if (agent_rng_chance(&rng, 10))
			len = random_text(&rng, text);
		else
			len = agent_program_print(&sample.program, text, sizeof(text));
		for (n = agent_rng_below(&rng, 4); n; n--)
			len = mutate(&rng, text, len);
		if (parse(text, len, &sample.scene, &program, why, sizeof(why)))
			continue;
		check_program(&program, &sample.scene);
		valid++;
	}
	/* Else nothing was checked. */
	assert_in_range(valid, FUZZ_VALID_MIN, FUZZ_TEXTS - FUZZ_VALID_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_refuses_text),
		cmocka_unit_test(test_refuses_nul),
		cmocka_unit_test(test_refuses_shape),
		cmocka_unit_test(test_refuses_members),
		cmocka_unit_test(test_refuses_numbers),
		cmocka_unit_test(test_refuses_order),
		cmocka_unit_test(test_hand),
		cmocka_unit_test(test_refuses_sizes),
		cmocka_unit_test(test_why_is_cut),
		cmocka_unit_test(test_hostile_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
