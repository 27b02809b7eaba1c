// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "scene.h"

#define SCENE_HEAD	"scene: "
#define SCENE_HAND	"hand "
#define SCENE_EMPTY	"empty"
#define SCENE_MM_PER_CM	10
#define SCENE_CM_MAX	200

/* The ideographs that a name may hold: three bytes each in UTF-8. */
#define SCENE_CJK_FIRST	0x3400
#define SCENE_CJK_LAST	0x9fff

struct scene_reader {
	const char *at;
	char *why;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static int scene_refuse(struct scene_reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, r->size, format, args);
	va_end(args);
	return -1;
}

static bool scene_take(struct scene_reader *r, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(r->at, word, len))
		return false;
	r->at += len;
	return true;
}

/* Bytes of the ideograph at @s, or 0 when there is none. */
static int scene_ideograph(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;
	unsigned int code;

	if ((p[0] & 0xf0) != 0xe0 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
		return 0;
	code = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return code >= SCENE_CJK_FIRST && code <= SCENE_CJK_LAST ? 3 : 0;
}

static bool scene_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Bytes of the word at @s: letters, hyphens inside, ideographs. */
static size_t scene_word(const char *s)
{
	size_t n = 0;
	int step;

	for (;;) {
		step = scene_ideograph(s + n);
		if (!step)
			step = scene_letter(s[n]) || (n && s[n] == '-');
		if (!step)
			return n;
		n += step;
	}
}

/* Whether an object's letter and place, and no word of its name, are at @s. */
static bool scene_mark(const char *s)
{
	return *s >= 'a' && *s <= 'z' && s[1] == ' ' && s[2] == '(';
}

static int scene_read_name(struct scene_reader *r, char letter, char *name)
{
	size_t n = scene_word(r->at);
	size_t more = n;

	/* A name goes on for as long as a space and a word follow. */
	while (more && r->at[n] == ' ' && !scene_mark(r->at + n + 1)) {
		more = scene_word(r->at + n + 1);
		n += more ? more + 1 : 0;
	}
	if (!n || scene_mark(r->at))
		return scene_refuse(r, "object %c has no name of letters or ideographs", letter);
	if (n >= AGENT_NAME)
		return scene_refuse(r, "the name of object %c has %zu bytes: at most %d may be",
				    letter, n, AGENT_NAME - 1);
	memcpy(name, r->at, n);
	name[n] = '\0';
	r->at += n;
	return 0;
}

/* " a (" */
static int scene_read_mark(struct scene_reader *r, char letter)
{
	if (*r->at != ' ' || !scene_mark(r->at + 1))
		return scene_refuse(r, "behind the name of object %c must stand \" %c (\"",
				    letter, letter);
	if (r->at[1] != letter)
		return scene_refuse(r, "object %d must be called \"%c\"", letter - 'a' + 1,
				    letter);
	r->at += strlen(" a (");
	return 0;
}

static int scene_read_number(struct scene_reader *r, char letter, int *mm)
{
	bool negative = *r->at == '-';
	const char *first = r->at + negative;
	const char *p;
	int cm = 0;

	for (p = first; *p >= '0' && *p <= '9' && cm <= SCENE_CM_MAX; p++)
		cm = cm * 10 + *p - '0';
	if (p == first || (*first == '0' && (p > first + 1 || negative)))
		return scene_refuse(r, "object %c: its place must be two whole numbers: (32,-8)",
				    letter);
	if (cm > SCENE_CM_MAX)
		return scene_refuse(r, "object %c lies beyond %d cm", letter, SCENE_CM_MAX);
	*mm = (negative ? -cm : cm) * SCENE_MM_PER_CM;
	r->at = p;
	return 0;
}

/* "red block a (32,12); " */
static int scene_read_object(struct scene_reader *r, struct agent_scene *scene)
{
	struct agent_object *o = &scene->object[scene->count];
	char letter = 'a' + scene->count;

	if (scene->count == AGENT_OBJECTS)
		return scene_refuse(r, "more than %d objects", AGENT_OBJECTS);
	if (scene_read_name(r, letter, o->name) || scene_read_mark(r, letter) ||
	    scene_read_number(r, letter, &o->x))
		return -1;
	if (!scene_take(r, ","))
		return scene_refuse(r, "object %c: no comma in its place", letter);
	if (scene_read_number(r, letter, &o->y))
		return -1;
	if (!scene_take(r, "); "))
		return scene_refuse(r, "object %c: \"); \" must stand behind it", letter);
	if (scene->count && o->y > o[-1].y)
		return scene_refuse(r, "object %c is left of the one before: y may not grow",
				    letter);
	scene->count++;
	return 0;
}

static int scene_read_hand(struct scene_reader *r, struct agent_scene *scene)
{
	scene->held = -1;
	if (!scene_take(r, SCENE_EMPTY)) {
		scene->held = *r->at - 'a';
		if (scene->held < 0 || scene->held >= scene->count)
			return scene_refuse(r, "the hand must be \"empty\" or an object's letter");
		r->at++;
	}
	if (*r->at)
		return scene_refuse(r, "text behind the hand");
	return 0;
}

static enum agent_tongue scene_tongue(const struct agent_scene *scene)
{
	const char *p;
	int i;

	for (i = 0; i < scene->count; i++)
		for (p = scene->object[i].name; *p; p++)
			if (*p & 0x80)
				return AGENT_CHINESE;
	return AGENT_ENGLISH;
}

int agent_scene_parse(const char *line, struct agent_scene *scene, char *why,
		      size_t size)
{
	struct scene_reader r = { line, why, size };

	memset(scene, 0, sizeof(*scene));
	if (!scene_take(&r, SCENE_HEAD))
		return scene_refuse(&r, "a scene must begin with \"" SCENE_HEAD "\"");
	while (!scene_take(&r, SCENE_HAND))
		if (scene_read_object(&r, scene))
			return -1;
	if (scene_read_hand(&r, scene))
		return -1;
	scene->tongue = scene_tongue(scene);
	return 0;
}

/* Millimetres as whole centimetres, halves away from zero. */
static int scene_cm(int mm)
{
	return (mm + (mm < 0 ? -SCENE_MM_PER_CM : SCENE_MM_PER_CM) / 2) / SCENE_MM_PER_CM;
}

int agent_scene_print(const struct agent_scene *scene, char *line, size_t size)
{
	char hand[] = { 'a' + scene->held, '\0' };
	const struct agent_object *o;
	size_t len;
	int i;

	len = snprintf(line, size, SCENE_HEAD);
	for (i = 0; i < scene->count && len < size; i++) {
		o = &scene->object[i];
		len += snprintf(line + len, size - len, "%s %c (%d,%d); ", o->name, 'a' + i,
				scene_cm(o->x), scene_cm(o->y));
	}
	if (len < size)
		len += snprintf(line + len, size - len, SCENE_HAND "%s",
				scene->held < 0 ? SCENE_EMPTY : hand);
	return len < size ? (int)len : -1;
}
