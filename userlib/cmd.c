// SPDX-License-Identifier: MIT
/*
 * tnpu: entry, and what its subcommands share.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"

static volatile sig_atomic_t interrupted;

int tnpu_cmd_error(const struct tnpu_errmsg *err)
{
	fprintf(stderr, "tnpu: %s\n", err->text);
	return -1;
}

double tnpu_cmd_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void tnpu_cmd_on_interrupt(int sig)
{
	interrupted = 1;
}

void tnpu_cmd_catch_interrupt(void)
{
	/* The second one kills. */
	struct sigaction sa = { .sa_handler = tnpu_cmd_on_interrupt, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &sa, NULL);
}

int tnpu_cmd_interrupted(void)
{
	return interrupted;
}

int64_t tnpu_cmd_ids(const char *text, uint32_t **out)
{
	uint32_t *ids = malloc((strlen(text) / 2 + 1) * sizeof(*ids));
	int64_t n = 0;
	unsigned long id;
	char *end;

	if (!ids)
		return -1;
	for (;; text = end + 1) {
		errno = 0;
		id = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || errno || id > UINT32_MAX ||
		    (*end && *end != ','))
			break;
		ids[n++] = id;
		if (!*end) {
			*out = ids;
			return n;
		}
	}
	free(ids);
	return -1;
}

uint64_t tnpu_cmd_u64(struct argp_state *state, const char *name, const char *text,
		      uint64_t max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > max)
		argp_error(state, "%s takes a whole number from 0 to %llu, not \"%s\"", name,
			   (unsigned long long)max, text);
	return value;
}

float tnpu_cmd_float(struct argp_state *state, const char *name, const char *text, float max)
{
	char *end;
	float value = strtof(text, &end);

	if (end == text || *end || !(value >= 0 && value <= max))
		argp_error(state, "%s takes a number from 0 to %g, not \"%s\"", name, max, text);
	return value;
}

uint32_t tnpu_cmd_kv(struct argp_state *state, const char *text)
{
	if (!strcmp(text, "f32"))
		return TNPU_DTYPE_F32;
	if (!strcmp(text, "f16"))
		return TNPU_DTYPE_F16;
	if (strcmp(text, "q8"))
		argp_error(state, "--kv takes f32, f16 or q8, not \"%s\"", text);
	return TNPU_DTYPE_QI8;
}

/* ---- Target -------------------------------------------------------------------------- */

static int tnpu_target_progress(void *opaque, uint64_t done, uint64_t total)
{
	static const char bar[] = "########################################";
	int *shown = opaque;
	int width = done * 40 / total;

	if (width != *shown)
		fprintf(stderr, "\rloading [%-40.*s] %3d%%%s", width, bar,
			(int)(done * 100 / total), done == total ? "\r\033[K" : "");
	*shown = width;
	return tnpu_cmd_interrupted();
}

static int tnpu_target_load(struct tnpu_target *t, const char *path, struct tnpu_model **model,
			    struct tnpu_errmsg *err)
{
	int shown = -1;

	return tnpu_model_load(t->dev, path, isatty(2) ? tnpu_target_progress : NULL, &shown,
			       model, err);
}

int tnpu_target_open(struct tnpu_target *t, const char *model, const char *draft,
		     const struct tnpu_session_options *options)
{
	struct tnpu_session_options session = *options;
	struct tnpu_errmsg err = { .text = "" };
	double start = tnpu_cmd_clock();
	int ret;

	tnpu_cmd_catch_interrupt();
	ret = tnpu_device_open(NULL, &t->dev, &err);
	if (!ret)
		ret = tnpu_target_load(t, model, &t->model, &err);
	if (!ret && draft)
		ret = tnpu_target_load(t, draft, &t->draft, &err);
	session.draft = t->draft;
	if (!ret)
		ret = tnpu_session_create(t->model, &session, &t->session, &err);
	t->load_s = tnpu_cmd_clock() - start;
	if (!ret)
		return 0;
	tnpu_target_close(t);
	return tnpu_cmd_error(&err);
}

void tnpu_target_close(struct tnpu_target *t)
{
	tnpu_session_destroy(t->session);
	tnpu_model_destroy(t->draft);
	tnpu_model_destroy(t->model);
	tnpu_device_close(t->dev);
}

/* ---- Entry ---------------------------------------------------------------------------- */

static const struct tnpu_cmd_entry {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", tnpu_cmd_run, "Generate text with a language model" },
	{ "eval", tnpu_cmd_eval, "Logits and likelihood of given tokens" },
	{ "bench", tnpu_cmd_bench, "Speed of prompts, generation and empty jobs" },
	{ "info", tnpu_cmd_info, "Device, firmware, driver, limits, memory" },
	{ "decode", tnpu_cmd_decode, "Explain a core dump of the driver" },
	{ "trace", tnpu_cmd_trace, "Record what driver and device do during a command" },
};

static int tnpu_cmd_usage(FILE *out, int status)
{
	size_t i;

	fprintf(out, "Usage: tnpu COMMAND [OPTION...]\n"
		     "Run language models on a TNPU.\n\nCommands:\n");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s%s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n`tnpu COMMAND --help' tells more; `tnpu --version' the version.\n"
		     "Environment: TNPU_DEVICE names the node to use; TNPU_TRANSPORT=inproc runs\n"
		     "the chip inside the process, with no device and no driver.\n"
		     "Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\n");
	return status;
}

int main(int argc, char **argv)
{
	size_t i;

	argp_err_exit_status = TNPU_EXIT_USAGE;
	if (argc < 2)
		return tnpu_cmd_usage(stderr, TNPU_EXIT_USAGE);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return tnpu_cmd_usage(stdout, 0);
	if (!strcmp(argv[1], "--version")) {
		printf("tnpu %s\n", tnpu_version());
		return 0;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	fprintf(stderr, "tnpu: no such command: %s\n", argv[1]);
	return tnpu_cmd_usage(stderr, TNPU_EXIT_USAGE);
}
