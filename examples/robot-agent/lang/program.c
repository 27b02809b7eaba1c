// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "program.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Where a member's value lies, and which values it may have. */
struct program_member {
	const char *name;
	size_t offset;
	int max;			/* of a number, 1 to max; else 0 */
	const char *const *words;	/* NULL: an object's letter */
	int count;
};

static const char *const program_verbs[] = {
	"pick", "place", "move", "open", "close", "home", "wait", "ask", "refuse",
};

static const char *const program_rels[] = {
	"on", "in", "left_of", "right_of", "in_front_of", "behind",
};

static const char *const program_dirs[] = {
	"up", "down", "left", "right", "forward", "back",
};

static const char *const program_abouts[] = { "which", "what", "where" };
static const char *const program_whys[] = { "missing", "unsafe", "senseless" };

_Static_assert(ARRAY_SIZE(program_verbs) == AGENT_VERBS, "a verb has no name");
_Static_assert(ARRAY_SIZE(program_rels) == AGENT_RELS, "a relation has no name");
_Static_assert(ARRAY_SIZE(program_dirs) == AGENT_DIRS, "a direction has no name");
_Static_assert(ARRAY_SIZE(program_abouts) == AGENT_ABOUTS, "a question has no name");
_Static_assert(ARRAY_SIZE(program_whys) == AGENT_WHYS, "a reason has no name");
_Static_assert(sizeof(enum agent_verb) == sizeof(int), "members are accessed as int");

#define MEMBER_OBJECT(m) \
	{ #m, offsetof(struct agent_action, m), 0, NULL, 0 }
#define MEMBER_WORD(m) \
	{ #m, offsetof(struct agent_action, m), 0, program_##m##s, ARRAY_SIZE(program_##m##s) }
#define MEMBER_NUMBER(m, max) \
	{ #m, offsetof(struct agent_action, m), max, NULL, 0 }

#define PROGRAM_MEMBERS 2

/* The members of each verb, in the order of printing. */
static const struct program_member program_members[AGENT_VERBS][PROGRAM_MEMBERS + 1] = {
	[AGENT_PICK] = { MEMBER_OBJECT(obj) },
	[AGENT_PLACE] = { MEMBER_WORD(rel), MEMBER_OBJECT(ref) },
	[AGENT_MOVE] = { MEMBER_WORD(dir), MEMBER_NUMBER(mm, AGENT_MM_MAX) },
	[AGENT_WAIT] = { MEMBER_NUMBER(s, AGENT_S_MAX) },
	[AGENT_ASK] = { MEMBER_WORD(about) },
	[AGENT_REFUSE] = { MEMBER_WORD(why) },
};

struct program_reader {
	const struct agent_scene *scene;
	char *why;
	size_t size;
	int step;	/* of the action being read, from 1 */
	int held;
};

__attribute__((format(printf, 2, 3)))
static int program_refuse(struct program_reader *r, const char *format, ...)
{
	size_t len = 0;
	va_list args;

	if (r->step)
		len = snprintf(r->why, r->size, "action %d: ", r->step);
	if (len < r->size) {
		va_start(args, format);
		vsnprintf(r->why + len, r->size - len, format, args);
		va_end(args);
	}
	return -1;
}

static int *program_field(const struct agent_action *action, const struct program_member *m)
{
	return (int *)((char *)action + m->offset);
}

static int program_word(const char *const *words, int count, const char *word)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

/* cJSON takes more numbers than JSON has, so the spelling is checked here. */
static bool program_number_plain(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && strchr("0123456789+-.eE", *q))
		if (!isdigit((unsigned char)*q++))
			return false;
	return *p != '0' || q == p + 1;
}

/*
 * What no program has and a JSON library may let pass: bytes outside of
 * printable ASCII, and numbers that are not plain and whole.
 */
static int program_check_bytes(struct program_reader *r, const char *text, size_t len)
{
	const char *end = text + len;
	bool quoted = false;
	const char *p;

	for (p = text; p < end; p++) {
		if ((*p < ' ' || *p > '~') && (quoted || !*p || !strchr("\t\n\r", *p)))
			return program_refuse(r, "byte %zu is not printable ASCII", p - text);
		if (quoted && *p == '\\')
			return program_refuse(r, "byte %zu: no word has a \"\\\"", p - text);
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && strchr("+-.0123456789", *p) &&
			 !isalnum((unsigned char)p[-(p > text)]) && !program_number_plain(p, end))
			return program_refuse(r, "byte %zu: numbers must be plain and whole",
					      p - text);
	}
	return 0;
}

static int program_read_object(struct program_reader *r, const struct program_member *m,
			       const cJSON *value, int *to)
{
	const char *s = value->valuestring;

	*to = s[0] - 'a';
	if (s[0] && !s[1] && *to >= 0 && *to < r->scene->count)
		return 0;
	return program_refuse(r, "\"%s\" is not the letter of an object, of which there are %d",
			      m->name, r->scene->count);
}

static int program_read_word(struct program_reader *r, const struct program_member *m,
			     const cJSON *value, int *to)
{
	*to = program_word(m->words, m->count, value->valuestring);
	if (*to >= 0)
		return 0;
	return program_refuse(r, "\"%s\" is none of the %d words allowed from \"%s\" to \"%s\"",
			      m->name, m->count, m->words[0], m->words[m->count - 1]);
}

static int program_read_member(struct program_reader *r, const struct program_member *m,
			       const cJSON *value, struct agent_action *action)
{
	int *to = program_field(action, m);

	if (m->max) {
		if (!cJSON_IsNumber(value))
			return program_refuse(r, "\"%s\" is not a number", m->name);
		if (value->valuedouble < 1 || value->valuedouble > m->max)
			return program_refuse(r, "\"%s\" is not 1 to %d", m->name, m->max);
		*to = value->valuedouble;
		return 0;
	}
	if (!cJSON_IsString(value))
		return program_refuse(r, "\"%s\" is not a word", m->name);
	return m->words ? program_read_word(r, m, value, to) :
			  program_read_object(r, m, value, to);
}

/* One member of this name, not more. */
static int program_find(struct program_reader *r, const cJSON *item, const char *name,
			const cJSON **found)
{
	const cJSON *m;

	*found = NULL;
	cJSON_ArrayForEach(m, item) {
		if (strcmp(m->string, name))
			continue;
		if (*found)
			return program_refuse(r, "\"%s\" comes twice", name);
		*found = m;
	}
	if (!*found)
		return program_refuse(r, "\"%s\" is missing", name);
	return 0;
}

static int program_read_verb(struct program_reader *r, const cJSON *item,
			     struct agent_action *action)
{
	const cJSON *value;
	int verb;

	if (!cJSON_IsObject(item))
		return program_refuse(r, "not an object");
	if (program_find(r, item, "do", &value))
		return -1;
	if (!cJSON_IsString(value))
		return program_refuse(r, "\"do\" is not a word");
	verb = program_word(program_verbs, AGENT_VERBS, value->valuestring);
	if (verb < 0)
		return program_refuse(r, "\"do\" is none of the %d verbs", AGENT_VERBS);
	action->verb = verb;
	return 0;
}

static int program_read_action(struct program_reader *r, const cJSON *item,
			       struct agent_action *action)
{
	const struct program_member *m;
	const cJSON *value;
	int members = 1;

	if (program_read_verb(r, item, action))
		return -1;
	for (m = program_members[action->verb]; m->name; m++) {
		if (program_find(r, item, m->name, &value) ||
		    program_read_member(r, m, value, action))
			return -1;
		members++;
	}
	if (cJSON_GetArraySize(item) != members)
		return program_refuse(r, "\"%s\" has a member that it may not have",
				      program_verbs[action->verb]);
	return 0;
}

/* What the gripper holds must allow the action. */
static int program_follow(struct program_reader *r, const struct agent_action *action)
{
	switch (action->verb) {
	case AGENT_PICK:
		if (r->held >= 0)
			return program_refuse(r, "\"pick\" while object %c is held", 'a' + r->held);
		r->held = action->obj;
		return 0;
	case AGENT_PLACE:
		if (r->held < 0)
			return program_refuse(r, "\"place\" while nothing is held");
		if (r->held == action->ref)
			return program_refuse(r, "object %c cannot be placed by itself",
					      'a' + r->held);
		r->held = -1;
		return 0;
	case AGENT_OPEN:
		r->held = -1;
		return 0;
	default:
		return 0;
	}
}

static int program_check_alone(struct program_reader *r, const struct agent_program *program)
{
	enum agent_verb verb;
	int i;

	for (i = 0; program->count > 1 && i < program->count; i++) {
		verb = program->action[i].verb;
		r->step = i + 1;
		if (verb == AGENT_ASK || verb == AGENT_REFUSE)
			return program_refuse(r, "\"%s\" must stand alone", program_verbs[verb]);
	}
	return 0;
}

static int program_read(struct program_reader *r, const cJSON *array,
			struct agent_program *program)
{
	struct agent_action *action;
	const cJSON *item;

	if (!cJSON_IsArray(array))
		return program_refuse(r, "not an array");
	cJSON_ArrayForEach(item, array) {
		if (r->step++ == AGENT_ACTIONS)
			return program_refuse(r, "more than %d are not allowed", AGENT_ACTIONS);
		action = &program->action[program->count++];
		if (program_read_action(r, item, action) || program_follow(r, action))
			return -1;
	}
	if (!program->count)
		return program_refuse(r, "no action");
	return program_check_alone(r, program);
}

int agent_program_parse(const char *text, size_t len,
			const struct agent_scene *scene,
			struct agent_program *program, char *why, size_t size)
{
	struct program_reader r = { scene, why, size, 0, scene->held };
	const char *end;
	cJSON *array;
	int ret;

	memset(program, 0, sizeof(*program));
	if (len >= AGENT_TEXT)
		return program_refuse(&r, "%zu bytes: at most %d are allowed", len, AGENT_TEXT - 1);
	if (program_check_bytes(&r, text, len))
		return -1;
	array = cJSON_ParseWithLengthOpts(text, len, &end, false);
	if (!array)
		return program_refuse(&r, "no JSON at byte %zu", end - text);
	while (end < text + len && strchr(" \t\n\r", *end))
		end++;
	if (end < text + len)
		ret = program_refuse(&r, "text behind the array at byte %zu", end - text);
	else
		ret = program_read(&r, array, program);
	cJSON_Delete(array);
	return ret;
}

static int program_print_member(const struct agent_action *action,
				const struct program_member *m, char *text, size_t size)
{
	int value = *program_field(action, m);

	if (m->max)
		return snprintf(text, size, ",\"%s\":%d", m->name, value);
	if (m->words)
		return snprintf(text, size, ",\"%s\":\"%s\"", m->name, m->words[value]);
	return snprintf(text, size, ",\"%s\":\"%c\"", m->name, 'a' + value);
}

int agent_program_print(const struct agent_program *program, char *text,
			size_t size)
{
	const struct agent_action *action = program->action;
	const struct program_member *m;
	size_t len = 0;
	int i;

	for (i = 0; i < program->count && len < size; i++, action++) {
		len += snprintf(text + len, size - len, "%s{\"do\":\"%s\"", i ? "," : "[",
				program_verbs[action->verb]);
		for (m = program_members[action->verb]; m->name && len < size; m++)
			len += program_print_member(action, m, text + len, size - len);
		if (len < size)
			len += snprintf(text + len, size - len, "}");
	}
	if (len < size)
		len += snprintf(text + len, size - len, program->count ? "]" : "[]");
	return len < size ? (int)len : -1;
}
