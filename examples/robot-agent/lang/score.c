// SPDX-License-Identifier: MIT
/*
 * agent-score: how many answers are exactly right, in all and by language,
 * tag, and what the right answer does.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "record.h"

#define SCORE_GROUPS	64
#define SCORE_NAME	48
#define SCORE_WHY	256

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "One JSON object" },
	{ "errors", 'e', NULL, 0, "First every sample with a wrong answer, and the answer" },
	{ 0 }
};

struct score_args {
	const char *name[2];
	int names;
	bool json;
	bool errors;
};

/**
 * struct score_group - samples that have something in common
 * @name: what
 * @samples: how many
 * @exact: with exactly the right answer
 * @stopped: answered by a question or a refusal
 */
struct score_group {
	char name[SCORE_NAME];
	int samples;
	int exact;
	int stopped;
};

/**
 * struct score - what was counted
 * @all: every sample
 * @valid: answers that agent_program_parse() takes
 * @group: in the order of appearance
 * @groups: of @group
 */
struct score {
	struct score_group all;
	int valid;
	struct score_group group[SCORE_GROUPS];
	int groups;
};

struct score_answer {
	bool valid;
	bool exact;
	bool stopped;
};

static error_t score_parse(int key, char *arg, struct argp_state *state)
{
	struct score_args *a = state->input;

	switch (key) {
	case 'j':
		a->json = true;
		return 0;
	case 'e':
		a->errors = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->names == 2)
			argp_error(state, "two files, not also \"%s\"", arg);
		a->name[a->names++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->names != 2)
			argp_error(state, "give the samples and the answers");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static bool score_stops(const struct agent_program *program)
{
	enum agent_verb verb = program->action[0].verb;

	return verb == AGENT_ASK || verb == AGENT_REFUSE;
}

static struct score_answer score_judge(const struct agent_record *record, const char *text)
{
	struct score_answer answer = { false };
	struct agent_program program;
	char right[AGENT_TEXT];
	char given[AGENT_TEXT];
	char why[SCORE_WHY];

	if (agent_program_parse(text, strlen(text), &record->scene, &program, why, sizeof(why)))
		return answer;
	agent_program_print(&record->program, right, sizeof(right));
	agent_program_print(&program, given, sizeof(given));
	answer.valid = true;
	answer.exact = !strcmp(right, given);
	answer.stopped = score_stops(&program);
	return answer;
}

static void score_count_in(struct score_group *group, const struct score_answer *answer)
{
	group->samples++;
	group->exact += answer->exact;
	group->stopped += answer->stopped;
}

/* Names beyond the room for groups are not counted on their own. */
static void score_count(struct score *score, const char *name, const struct score_answer *answer)
{
	int i;

	for (i = 0; i < score->groups; i++)
		if (!strcmp(score->group[i].name, name))
			break;
	if (i == SCORE_GROUPS || strlen(name) >= SCORE_NAME)
		return;
	if (i == score->groups) {
		score->groups++;
		memcpy(score->group[i].name, name, strlen(name) + 1);
	}
	score_count_in(&score->group[i], answer);
}

/* "refuse missing" from [{"do":"refuse","why":"missing"}], or only the verb. */
static void score_name(const char *text, bool more, char name[SCORE_NAME])
{
	const char *verb = strchr(text, ':') + 2;
	const char *why = strrchr(text, ':') + 2;

	if (more)
		snprintf(name, SCORE_NAME, "%.*s %.*s", (int)strcspn(verb, "\""), verb,
			 (int)strcspn(why, "\""), why);
	else
		snprintf(name, SCORE_NAME, "%.*s", (int)strcspn(verb, "\""), verb);
}

/* By the words of the right answer: "pick", "wait", "refuse missing". */
static void score_count_verbs(struct score *score, const struct agent_record *record,
			      const struct score_answer *answer)
{
	struct agent_program one = { .count = 1 };
	unsigned int seen = 0;
	char text[AGENT_TEXT];
	char name[SCORE_NAME];
	int i;

	for (i = 0; i < record->program.count; i++) {
		one.action[0] = record->program.action[i];
		if (seen & 1 << one.action[0].verb)
			continue;
		seen |= 1 << one.action[0].verb;
		agent_program_print(&one, text, sizeof(text));
		score_name(text, score_stops(&one), name);
		score_count(score, name, answer);
	}
}

static void score_count_tags(struct score *score, const struct agent_record *record,
			     const struct score_answer *answer)
{
	char tags[AGENT_TAGS];
	char *rest = tags;
	char *tag;

	memcpy(tags, record->tags, sizeof(tags));
	while ((tag = strsep(&rest, " ")))
		if (*tag)
			score_count(score, tag, answer);
}

static void score_print_error(const struct agent_record *record, const char *text)
{
	char prompt[AGENT_PROMPT];
	char plan[AGENT_TEXT];

	agent_prompt_print(&record->scene, record->instruction, prompt, sizeof(prompt));
	agent_program_print(&record->program, plan, sizeof(plan));
	printf("%s %s\ngot:  %s\n\n", prompt, plan, text);
}

static int score_add(struct score *score, const struct agent_record *record, const char *text,
		     bool errors)
{
	bool english = record->scene.tongue == AGENT_ENGLISH;
	struct score_answer answer = score_judge(record, text);

	score_count_in(&score->all, &answer);
	score->valid += answer.valid;
	score_count(score, english ? "en" : "zh", &answer);
	score_count_tags(score, record, &answer);
	score_count_verbs(score, record, &answer);
	if (errors && !answer.exact)
		score_print_error(record, text);
	return 0;
}

static int score_compare(const void *a, const void *b)
{
	return strcmp(((const struct score_group *)a)->name, ((const struct score_group *)b)->name);
}

static double score_percent(int n, int of)
{
	return of ? 100.0 * n / of : 0;
}

static void score_print_group(const struct score_group *g)
{
	printf("%-18s %6d samples  %6.2f %% exact  %6.2f %% asked or refused\n", g->name,
	       g->samples, score_percent(g->exact, g->samples),
	       score_percent(g->stopped, g->samples));
}

static void score_print(const struct score *score)
{
	int i;

	score_print_group(&score->all);
	printf("%-18s %6d answers are programs\n", "valid", score->valid);
	for (i = 0; i < score->groups; i++)
		score_print_group(&score->group[i]);
}

static bool score_add_group(cJSON *parent, const struct score_group *g)
{
	cJSON *o = cJSON_AddObjectToObject(parent, g->name);

	return o && cJSON_AddNumberToObject(o, "samples", g->samples) &&
	       cJSON_AddNumberToObject(o, "exact", g->exact) &&
	       cJSON_AddNumberToObject(o, "stopped", g->stopped);
}

static int score_print_json(const struct score *score)
{
	cJSON *root = cJSON_CreateObject();
	bool ok = root && score_add_group(root, &score->all) &&
		  cJSON_AddNumberToObject(root, "valid", score->valid);
	cJSON *groups = ok ? cJSON_AddObjectToObject(root, "groups") : NULL;
	char *text;
	int i;

	ok = groups;
	for (i = 0; ok && i < score->groups; i++)
		ok = score_add_group(groups, &score->group[i]);
	text = ok ? cJSON_Print(root) : NULL;
	if (text)
		puts(text);
	else
		fprintf(stderr, "agent-score: out of memory\n");
	cJSON_free(text);
	cJSON_Delete(root);
	return text ? 0 : -1;
}

/* One line of answer for each sample, and none more. */
static int score_read_all(const struct score_args *a, FILE *samples, FILE *answers,
			  struct score *score)
{
	struct agent_record record;
	char why[SCORE_WHY];
	char text[4096];
	long line = 0;
	int ret;

	while ((ret = agent_record_read(samples, &line, &record, why, sizeof(why))) > 0) {
		if (!fgets(text, sizeof(text), answers)) {
			fprintf(stderr, "agent-score: %s: only %d answers\n", a->name[1],
				score->all.samples);
			return -1;
		}
		text[strcspn(text, "\n")] = '\0';
		score_add(score, &record, text, a->errors);
	}
	if (ret < 0)
		fprintf(stderr, "agent-score: %s: %s\n", a->name[0], why);
	else if (fgets(text, sizeof(text), answers))
		ret = fprintf(stderr, "agent-score: %s: more answers than samples\n", a->name[1]);
	return ret ? -1 : 0;
}

static FILE *score_open(const char *name)
{
	FILE *file = fopen(name, "r");

	if (!file)
		fprintf(stderr, "agent-score: %s: %s\n", name, strerror(errno));
	return file;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, score_parse, "SAMPLES ANSWERS",
		"Score answers, one in each line, to samples of agent-data.",
	};
	static struct score score = { .all.name = "all" };
	struct score_args a = { .names = 0 };
	FILE *samples, *answers;
	int ret = -1;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	samples = score_open(a.name[0]);
	answers = score_open(a.name[1]);
	if (samples && answers)
		ret = score_read_all(&a, samples, answers, &score);
	if (samples)
		fclose(samples);
	if (answers)
		fclose(answers);
	if (ret)
		return 1;
	qsort(score.group, score.groups, sizeof(score.group[0]), score_compare);
	if (a.json)
		ret = score_print_json(&score);
	else
		score_print(&score);
	return ret || fflush(stdout) ? 1 : 0;
}
