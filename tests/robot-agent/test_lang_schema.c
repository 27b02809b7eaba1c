// SPDX-License-Identifier: MIT
/*
 * schema.json and the parser say the same: for each action of the schema, each
 * value that it allows is taken, and those next to it are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "program.h"

/* AGENT_SCHEMA: the file's name, from the build. */
static struct cJSON *schema;

/* All the objects that there can be; one in the hand where it is to be placed. */
static struct agent_scene table(bool full)
{
	struct agent_scene scene = { .count = AGENT_OBJECTS, .held = full ? 0 : -1 };
	int i;

	for (i = 0; i < AGENT_OBJECTS; i++)
		scene.object[i].name[0] = 'a' + i;
	return scene;
}

static int read_schema(void **state)
{
	static char text[16384];
	FILE *file = fopen(AGENT_SCHEMA, "r");
	size_t len;

	if (!file)
		return -1;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	schema = cJSON_Parse(text);
	return schema ? 0 : -1;
}

static int free_schema(void **state)
{
	cJSON_Delete(schema);
	return 0;
}

static const cJSON *get(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!item)
		fail_msg("the schema has no \"%s\"", name);
	return item;
}

/* What "#/$defs/..." names. */
static const cJSON *resolve(const cJSON *item)
{
	const cJSON *ref = cJSON_GetObjectItemCaseSensitive(item, "$ref");

	if (!ref)
		return item;
	assert_memory_equal(ref->valuestring, "#/$defs/", strlen("#/$defs/"));
	return get(get(schema, "$defs"), ref->valuestring + strlen("#/$defs/"));
}

static bool parses(const cJSON *action)
{
	const char *verb = get(action, "do")->valuestring;
	struct agent_scene scene = table(!strcmp(verb, "place"));
	struct agent_program program;
	char text[AGENT_TEXT];
	char why[256];

	assert_true(cJSON_PrintPreallocated((cJSON *)action, text + 1, sizeof(text) - 2, false));
	text[0] = '[';
	strcat(text, "]");
	return !agent_program_parse(text, strlen(text), &scene, &program, why, sizeof(why));
}

/* The action with one member set to something else. */
static bool parses_with(const cJSON *action, const char *name, cJSON *value)
{
	cJSON *copy = cJSON_Duplicate(action, true);
	bool ok;

	assert_non_null(copy);
	assert_true(cJSON_ReplaceItemInObjectCaseSensitive(copy, name, value));
	ok = parses(copy);
	cJSON_Delete(copy);
	return ok;
}

static cJSON *sound_value(const char *name, const cJSON *type)
{
	const cJSON *words = cJSON_GetObjectItemCaseSensitive(type, "enum");
	const cJSON *constant = cJSON_GetObjectItemCaseSensitive(type, "const");
	const cJSON *last = cJSON_GetArrayItem(words, cJSON_GetArraySize(words) - 1);

	if (constant)
		return cJSON_Duplicate(constant, true);
	/* The last word, as object a is in the hand. */
	return words ? cJSON_Duplicate(last, true) :
		       cJSON_CreateNumber(get(type, "minimum")->valuedouble);
}

static cJSON *sound_action(const cJSON *def)
{
	cJSON *action = cJSON_CreateObject();
	const cJSON *p;

	for (p = get(def, "properties")->child; p; p = p->next)
		cJSON_AddItemToObject(action, p->string, sound_value(p->string, resolve(p)));
	return action;
}

static void check_words(const cJSON *action, const char *name, const cJSON *words)
{
	const cJSON *word;

	for (word = words->child; word; word = word->next) {
		/* What is held cannot be placed by itself. */
		if (!strcmp(name, "ref") && !strcmp(word->valuestring, "a"))
			continue;
		if (!parses_with(action, name, cJSON_Duplicate(word, true)))
			fail_msg("%s: %s is refused", name, word->valuestring);
	}
	assert_false(parses_with(action, name, cJSON_CreateString("i")));
	assert_false(parses_with(action, name, cJSON_CreateNumber(1)));
}

static void check_number(const cJSON *action, const char *name, const cJSON *type)
{
	int min = get(type, "minimum")->valueint;
	int max = get(type, "maximum")->valueint;

	assert_true(parses_with(action, name, cJSON_CreateNumber(min)));
	assert_true(parses_with(action, name, cJSON_CreateNumber(max)));
	assert_false(parses_with(action, name, cJSON_CreateNumber(min - 1)));
	assert_false(parses_with(action, name, cJSON_CreateNumber(max + 1)));
	assert_false(parses_with(action, name, cJSON_CreateString("1")));
}

static void check_property(const cJSON *action, const char *name, const cJSON *type)
{
	const cJSON *words = cJSON_GetObjectItemCaseSensitive(type, "enum");
	cJSON *copy = cJSON_Duplicate(action, true);

	cJSON_DeleteItemFromObjectCaseSensitive(copy, name);
	if (strcmp(name, "do"))
		assert_false(parses(copy));
	cJSON_Delete(copy);
	if (words)
		check_words(action, name, words);
	else if (strcmp(name, "do"))
		check_number(action, name, type);
}

static void check_action(const cJSON *def)
{
	cJSON *action = sound_action(def);
	const cJSON *p;

	assert_true(parses(action));
	assert_true(cJSON_IsFalse(get(def, "additionalProperties")));
	assert_int_equal(cJSON_GetArraySize(get(def, "required")),
			 cJSON_GetArraySize(get(def, "properties")));
	for (p = get(def, "properties")->child; p; p = p->next)
		check_property(action, p->string, resolve(p));
	cJSON_AddNumberToObject(action, "more", 1);
	assert_false(parses(action));
	cJSON_Delete(action);
}

static void test_actions(void **state)
{
	const cJSON *ways, *def;
	int actions = 0;

	for (ways = get(schema, "oneOf")->child; ways; ways = ways->next) {
		for (def = get(get(ways, "items"), "oneOf")->child; def; def = def->next) {
			check_action(resolve(def));
			actions++;
		}
	}
	assert_int_equal(actions, AGENT_VERBS);
}

static void test_counts(void **state)
{
	const cJSON *alone = cJSON_GetArrayItem(get(schema, "oneOf"), 1);

	assert_string_equal(get(schema, "type")->valuestring, "array");
	assert_int_equal(get(schema, "minItems")->valueint, 1);
	assert_int_equal(get(schema, "maxItems")->valueint, AGENT_ACTIONS);
	assert_int_equal(get(alone, "maxItems")->valueint, 1);
	assert_int_equal(cJSON_GetArraySize(get(get(get(schema, "$defs"), "object"), "enum")),
			 AGENT_OBJECTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, read_schema, free_schema);
}
