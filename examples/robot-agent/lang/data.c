// SPDX-License-Identifier: MIT
/*
 * agent-data: samples as text, to read or to train on.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

#define OPT_SPLIT	256
#define OPT_TONGUE	257
#define OPT_TAGS	258
#define OPT_FROM	259

static const struct argp_option options[] = {
	{ "seed", 's', "N", 0, "Of the set (1)" },
	{ "count", 'n', "N", 0, "Samples (10)" },
	{ "from", OPT_FROM, "N", 0, "Number of the first (0)" },
	{ "split", OPT_SPLIT, "NAME", 0, "train, test or refuse-test (train)" },
	{ "tongue", OPT_TONGUE, "NAME", 0, "en, zh or both (both)" },
	{ "tags", OPT_TAGS, NULL, 0, "A fourth line: clauses, held-out traits" },
	{ 0 }
};

static const char *const splits[] = { "train", "test", "refuse-test", NULL };
static const char *const tongues[] = { "en", "zh", "both", NULL };

struct data_args {
	uint64_t seed;
	uint64_t from;
	uint64_t count;
	enum agent_split split;
	int tongue;
	bool tags;
};

static uint64_t data_number(struct argp_state *state, const char *name, const char *arg)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(arg, &end, 10);
	if (errno || end == arg || *end || *arg == '-')
		argp_error(state, "%s takes a whole number, not \"%s\"", name, arg);
	return n;
}

static int data_word(struct argp_state *state, const char *name, const char *const *words,
		     const char *arg)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(words[i], arg))
			return i;
	argp_error(state, "%s takes %s, %s or %s, not \"%s\"", name, words[0], words[1], words[2],
		   arg);
	return 0;
}

static error_t data_parse(int key, char *arg, struct argp_state *state)
{
	struct data_args *a = state->input;

	switch (key) {
	case 's':
		a->seed = data_number(state, "--seed", arg);
		return 0;
	case 'n':
		a->count = data_number(state, "--count", arg);
		return 0;
	case OPT_FROM:
		a->from = data_number(state, "--from", arg);
		return 0;
	case OPT_SPLIT:
		a->split = data_word(state, "--split", splits, arg);
		return 0;
	case OPT_TONGUE:
		a->tongue = data_word(state, "--tongue", tongues, arg);
		return 0;
	case OPT_TAGS:
		a->tags = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Every sample has a stream of its own, so that any can be made alone. */
static void data_make(const struct data_args *a, uint64_t number, struct agent_sample *sample)
{
	bool both = a->tongue > AGENT_CHINESE;
	struct agent_rng rng;

	agent_rng_seed(&rng, a->seed, number);
	if (a->split == AGENT_REFUSE_TEST)
		agent_sample_refuse(&rng, (both ? number : number * 2 + a->tongue) % AGENT_REFUSALS,
				    sample);
	else if (both)
		agent_sample_make(&rng, a->split, sample);
	else
		agent_sample_make_in(&rng, a->split, a->tongue, sample);
}

static void data_print_tags(const struct agent_sample *s)
{
	int i;

	printf("tags: clauses-%d", s->clauses);
	for (i = 0; i < AGENT_TRAITS; i++)
		if (s->traits & 1 << i)
			printf(" %s", agent_trait_name(i));
	puts("");
}

static void data_print(const struct data_args *a, const struct agent_sample *s)
{
	char prompt[AGENT_PROMPT];
	char plan[AGENT_TEXT];

	agent_prompt_print(&s->scene, s->instruction, prompt, sizeof(prompt));
	agent_program_print(&s->program, plan, sizeof(plan));
	printf("%s %s\n", prompt, plan);
	if (a->tags)
		data_print_tags(s);
	puts("");
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, data_parse, NULL,
		"Samples of the robot's language: scene, instruction, program.",
	};
	struct data_args a = { .seed = 1, .count = 10, .tongue = 2 };
	struct agent_sample sample;
	uint64_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	for (i = 0; i < a.count && !ferror(stdout); i++) {
		data_make(&a, a.from + i, &sample);
		data_print(&a, &sample);
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "agent-data: cannot write: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
