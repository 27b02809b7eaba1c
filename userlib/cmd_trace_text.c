// SPDX-License-Identifier: MIT
/*
 * tnpu trace: the driver's events, from the text of tracefs:
 *
 *	"            tnpu-1234    [001] d..1.  5678.123456: tnpu_job_done: queue=0 seq=17 ..."
 *
 * A thread chooses its name, so that it may hold anything, "-1 [000]" too; but not all of what
 * follows it, which is longer than a name can be.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_trace.h"

#define DIGITS		"0123456789"
#define KEY_CHARS	DIGITS "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
/* So many always fit into 64 bits, as nanoseconds too. */
#define SECONDS_DIGITS	9

/* ---- A line -------------------------------------------------------------------------------- */

static bool take_number(char **at, size_t max_digits, uint64_t *value)
{
	size_t digits = strspn(*at, DIGITS);

	if (!digits || digits > max_digits)
		return false;
	*value = strtoull(*at, at, 10);
	return true;
}

static bool take_literal(char **at, const char *literal)
{
	size_t len = strlen(literal);

	if (strncmp(*at, literal, len))
		return false;
	*at += len;
	return true;
}

static bool take_word(char **at)
{
	size_t len = strcspn(*at, " ");

	*at += len;
	return len;
}

static void take_spaces(char **at)
{
	*at += strspn(*at, " ");
}

/* "SECONDS.MICROS: ", MICROS of six digits */
static bool take_time(char **at, uint64_t *ns)
{
	uint64_t seconds, micros;
	char *begin;

	if (!take_number(at, SECONDS_DIGITS, &seconds) || !take_literal(at, "."))
		return false;
	begin = *at;
	if (!take_number(at, 6, &micros) || *at - begin != 6 || !take_literal(at, ": "))
		return false;
	*ns = (seconds * 1000000 + micros) * 1000;
	return true;
}

/* "-PID [CPU] FLAGS TIME: ", with the process's number behind the thread's where it is noted */
static bool take_context(char **at, struct tnpu_trace_event *e)
{
	uint64_t pid, cpu;

	if (!take_literal(at, "-") || !take_number(at, 9, &pid))
		return false;
	take_spaces(at);
	if (**at == '(') {
		*at += strcspn(*at, ")");
		if (!take_literal(at, ")"))
			return false;
		take_spaces(at);
	}
	if (!take_literal(at, "[") || !take_number(at, 9, &cpu) || !take_literal(at, "] ") ||
	    !take_word(at))
		return false;
	take_spaces(at);
	e->pid = pid;
	e->cpu = cpu;
	return take_time(at, &e->ns);
}

/* "NAME: TEXT" */
static bool take_event(char *at, struct tnpu_trace_event *e)
{
	char *colon = strstr(at, ": ");

	if (!colon || colon == at || strcspn(at, " ") < colon - at)
		return false;
	*colon = '\0';
	e->name = at;
	e->text = colon + 2;
	return true;
}

static bool parse_line(char *line, struct tnpu_trace_event *e)
{
	char *dash, *at;

	line += strspn(line, " ");
	for (dash = strchr(line, '-'); dash; dash = strchr(dash + 1, '-')) {
		at = dash;
		if (!take_context(&at, e))
			continue;
		*dash = '\0';
		e->comm = line;
		return take_event(at, e);
	}
	return false;
}

/* ---- The file ------------------------------------------------------------------------------ */

/* Comments, and "CPU:0 [LOST 12 EVENTS]", which is counted elsewhere. */
static bool line_is_remark(const char *line)
{
	return !*line || *line == '#' || !strncmp(line, "CPU:", 4);
}

static int add_line(struct tnpu_trace_events *events, size_t *room, char *line)
{
	struct tnpu_trace_event *at;

	if (line_is_remark(line))
		return 0;
	if (events->n == *room) {
		*room += *room / 2 + 1024;
		at = realloc(events->at, *room * sizeof(*at));
		if (!at)
			return -ENOMEM;
		events->at = at;
	}
	events->at[events->n] = (struct tnpu_trace_event){ 0 };
	if (parse_line(line, &events->at[events->n]))
		events->n++;
	else
		events->bad++;
	return 0;
}

int tnpu_trace_events_parse(char *text, size_t size, struct tnpu_trace_events *events)
{
	char *line, *end, *last = text + size;
	size_t room = 0;
	int ret = 0;

	*events = (struct tnpu_trace_events){ 0 };
	for (line = text; line < last && !ret; line = end + 1) {
		end = memchr(line, '\n', last - line);
		if (!end)
			end = last;
		*end = '\0';
		ret = add_line(events, &room, line);
	}
	return ret;
}

/* ---- Fields -------------------------------------------------------------------------------- */

bool tnpu_trace_next_arg(const char **at, const char **key, size_t *key_len, const char **value,
			 size_t *value_len)
{
	const char *word = *at + strspn(*at, " ");
	size_t len = strcspn(word, " ");
	size_t name = strspn(word, KEY_CHARS);
	const char *equals = name && word[name] == '=' ? word + name : NULL;

	*at = word + len;
	if (len && word[len - 1] == ',')
		len--;
	*key = word;
	*key_len = equals ? name : 0;
	*value = equals ? equals + 1 : word;
	*value_len = word + len - *value;
	return **key;
}

bool tnpu_trace_event_u64(const struct tnpu_trace_event *e, const char *name, uint64_t *out)
{
	const char *at = e->text, *key, *value;
	size_t key_len, len;
	char *end;

	while (tnpu_trace_next_arg(&at, &key, &key_len, &value, &len)) {
		if (key_len != strlen(name) || memcmp(key, name, key_len))
			continue;
		errno = 0;
		*out = strtoull(value, &end, 10);
		return len && strspn(value, DIGITS) == len && !errno;
	}
	return false;
}
