// SPDX-License-Identifier: MIT
/*
 * agent-vocab: learn the vocabulary from samples for training.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "learn.h"
#include "samples.h"
#include "skeleton.h"

enum {
	OPT_SEED = 0x100, OPT_SAMPLES, OPT_MERGES, OPT_LEAST, OPT_LEAST_CHAR,
};

static const struct argp_option options[] = {
	{ "seed", OPT_SEED, "N", 0, "Of the samples (1)" },
	{ "samples", OPT_SAMPLES, "N", 0, "Texts to learn from (20000)" },
	{ "merges", OPT_MERGES, "N", 0, "Of ASCII, at most (400)" },
	{ "least", OPT_LEAST, "N", 0,
	  "Samples in 10000 that a merge of ASCII occurs in (20)" },
	{ "least-char", OPT_LEAST_CHAR, "N", 0,
	  "Samples in 10000 that a Chinese character occurs in (20)" },
	{ 0 }
};

struct arguments {
	const char *path;
	long seed;
	long samples;
	long merges;
	long least;
	long least_char;
};

static long parse_number(struct argp_state *state, const char *arg, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(arg, &end, 10);
	if (errno || end == arg || *end || value < 0 || value > max)
		argp_error(state, "'%s' is no number from 0 to %ld", arg, max);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case OPT_SEED:
		args->seed = parse_number(state, arg, INT32_MAX);
		return 0;
	case OPT_SAMPLES:
		args->samples = parse_number(state, arg, 1000000);
		return 0;
	case OPT_MERGES:
		args->merges = parse_number(state, arg, 4000);
		return 0;
	case OPT_LEAST:
		args->least = parse_number(state, arg, 10000);
		return 0;
	case OPT_LEAST_CHAR:
		args->least_char = parse_number(state, arg, 10000);
		return 0;
	case ARGP_KEY_ARG:
		if (args->path)
			argp_error(state, "one FILE is enough");
		args->path = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no FILE was given");
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Learn byte pair merges from samples for training, "
	       "and write them to FILE (merges.txt of GPT-2).",
};

static long share(const struct arguments *args, long in_10000)
{
	return 1 + args->samples * in_10000 / 10000;
}

static void learn_samples(const struct arguments *args,
			  const struct train_vocab *vocab,
			  struct train_learn *learn)
{
	const struct train_samples samples = {
		.seed = args->seed,
		.split = AGENT_TRAIN,
	};
	char whole[AGENT_PROMPT + AGENT_TEXT];
	struct agent_sample sample;
	struct train_text text;
	long i;

	for (i = 0; i < args->samples; i++) {
		train_samples_make(&samples, i, &sample, &text);
		snprintf(whole, sizeof(whole), "%s %s", text.prompt,
			 text.answer);
		train_learn_add(learn, vocab, whole);
	}
}

int main(int argc, char **argv)
{
	struct arguments args = {
		.seed = 1,
		.samples = 20000,
		.merges = 400,
		.least = 20,
		.least_char = 20,
	};
	struct train_vocab *vocab = train_vocab_create();
	struct train_learn *learn = train_learn_create();

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	train_skeleton_add(vocab);
	learn_samples(&args, vocab, learn);
	train_learn_ascii(learn, vocab, args.merges, share(&args, args.least));
	train_learn_chars(learn, vocab, share(&args, args.least_char));
	train_vocab_write(vocab, args.path);
	printf("%s: %d tokens\n", args.path, train_vocab_size(vocab));
	train_learn_destroy(learn);
	train_vocab_destroy(vocab);
	return 0;
}
