// SPDX-License-Identifier: MIT
/*
 * agent-rules: the baseline's answers, one line for each sample.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "rules.h"

static error_t rules_parse(int key, char *arg, struct argp_state *state)
{
	const char **name = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*name)
		argp_error(state, "one file, not also \"%s\"", arg);
	*name = arg;
	return 0;
}

static int rules_answer_all(FILE *file, const char *name)
{
	struct agent_program program;
	struct agent_record record;
	char text[AGENT_TEXT];
	char why[256];
	long line = 0;
	int ret;

	while ((ret = agent_record_read(file, &line, &record, why, sizeof(why))) > 0) {
		agent_rules_answer(&record.scene, record.instruction, &program);
		agent_program_print(&program, text, sizeof(text));
		puts(text);
	}
	if (ret < 0)
		fprintf(stderr, "agent-rules: %s: %s\n", name, why);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		NULL, rules_parse, "[SAMPLES]",
		"Answers of the baseline without a model to samples of agent-data.",
	};
	const char *name = NULL;
	FILE *file = stdin;
	int ret;

	argp_parse(&argp, argc, argv, 0, NULL, &name);
	if (name)
		file = fopen(name, "r");
	if (!file) {
		fprintf(stderr, "agent-rules: %s: %s\n", name, strerror(errno));
		return 1;
	}
	ret = rules_answer_all(file, name ? name : "standard input");
	if (name)
		fclose(file);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "agent-rules: cannot write: %s\n", strerror(errno));
		return 1;
	}
	return ret ? 1 : 0;
}
