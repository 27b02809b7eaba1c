// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "record.h"

#define RECORD_LINE	4096
#define RECORD_WHY	256

#define RECORD_DO	"do: "
#define RECORD_PLAN	"plan: "
#define RECORD_TAGS	"tags: "

struct record_reader {
	FILE *file;
	long *line;
	char text[RECORD_LINE];
	char *why;
	size_t size;
};

static int record_refuse(struct record_reader *r, const char *what)
{
	snprintf(r->why, r->size, "line %ld: %s", *r->line, what);
	return -1;
}

/* The next line without its end; 0 at the end of the file. */
static int record_next(struct record_reader *r)
{
	size_t len;

	if (!fgets(r->text, sizeof(r->text), r->file))
		return ferror(r->file) ? record_refuse(r, strerror(errno)) : 0;
	(*r->line)++;
	len = strlen(r->text);
	if (!len || r->text[len - 1] != '\n')
		return record_refuse(r, "no end of line, or too long");
	r->text[len - 1] = '\0';
	return 1;
}

static bool record_starts(const char *text, const char *head)
{
	return !strncmp(text, head, strlen(head));
}

static int record_read_do(struct record_reader *r, struct agent_record *record)
{
	const char *instruction = r->text + strlen(RECORD_DO);

	if (record_next(r) <= 0 || !record_starts(r->text, RECORD_DO))
		return record_refuse(r, "no \"" RECORD_DO "\"");
	if (strlen(instruction) >= sizeof(record->instruction))
		return record_refuse(r, "the instruction is too long");
	memcpy(record->instruction, instruction, strlen(instruction) + 1);
	return 0;
}

static int record_read_plan(struct record_reader *r, struct agent_record *record)
{
	const char *plan = r->text + strlen(RECORD_PLAN);
	char why[RECORD_WHY];

	if (record_next(r) <= 0 || !record_starts(r->text, RECORD_PLAN))
		return record_refuse(r, "no \"" RECORD_PLAN "\"");
	if (agent_program_parse(plan, strlen(plan), &record->scene, &record->program, why,
				sizeof(why)))
		return record_refuse(r, why);
	return 0;
}

/* An empty line ends the sample; tags may come before. */
static int record_read_end(struct record_reader *r, struct agent_record *record)
{
	const char *tags = r->text + strlen(RECORD_TAGS);
	int ret = record_next(r);

	record->tags[0] = '\0';
	if (ret > 0 && record_starts(r->text, RECORD_TAGS)) {
		if (strlen(tags) >= sizeof(record->tags))
			return record_refuse(r, "the tags are too long");
		memcpy(record->tags, tags, strlen(tags) + 1);
		ret = record_next(r);
	}
	if (ret > 0 && r->text[0])
		return record_refuse(r, "no empty line behind the sample");
	return ret < 0 ? -1 : 0;
}

int agent_record_read(FILE *file, long *line, struct agent_record *record, char *why,
		      size_t size)
{
	struct record_reader r = { .file = file, .line = line, .why = why, .size = size };
	char reason[RECORD_WHY];
	int ret;

	do {
		ret = record_next(&r);
		if (ret <= 0)
			return ret;
	} while (!r.text[0]);
	if (agent_scene_parse(r.text, &record->scene, reason, sizeof(reason)))
		return record_refuse(&r, reason);
	if (record_read_do(&r, record) || record_read_plan(&r, record) ||
	    record_read_end(&r, record))
		return -1;
	return 1;
}
