/* SPDX-License-Identifier: MIT */
/*
 * The tnpu command: what its subcommands share.
 *
 * stdout carries the result alone; messages, progress and statistics go to stderr. Exit
 * status: 0 done, 1 it failed (one message says why), 2 wrong usage, 130 interrupted.
 */
#ifndef TNPU_CMD_H
#define TNPU_CMD_H

#include <argp.h>
#include <cjson/cJSON.h>

#include "tnpu.h"

#define TNPU_EXIT_FAILED	1
#define TNPU_EXIT_USAGE		2
#define TNPU_EXIT_INTERRUPTED	130

int tnpu_cmd_run(int argc, char **argv);
int tnpu_cmd_eval(int argc, char **argv);
int tnpu_cmd_bench(int argc, char **argv);
int tnpu_cmd_info(int argc, char **argv);
int tnpu_cmd_decode(int argc, char **argv);
int tnpu_cmd_trace(int argc, char **argv);

/**
 * struct tnpu_target - a device with a model on it, and how long that took
 * @draft: a second model, which makes drafts; NULL: there is none
 */
struct tnpu_target {
	struct tnpu_device *dev;
	struct tnpu_model *model;
	struct tnpu_model *draft;
	struct tnpu_session *session;
	double load_s;
};

/**
 * tnpu_target_open() - device, model and session; says on stderr what failed
 * @draft: the file of a model that makes drafts, or NULL
 * @options: the session's, without that model
 * Return: 0 or -1.
 */
int tnpu_target_open(struct tnpu_target *target, const char *model, const char *draft,
		     const struct tnpu_session_options *options);
void tnpu_target_close(struct tnpu_target *target);

/** tnpu_cmd_error() - "tnpu: MESSAGE" on stderr. Returns -1. */
int tnpu_cmd_error(const struct tnpu_errmsg *err);

/** tnpu_cmd_clock() - seconds, monotonic */
double tnpu_cmd_clock(void);

/** tnpu_cmd_interrupted() - has SIGINT come since tnpu_cmd_catch_interrupt()? */
int tnpu_cmd_interrupted(void);
void tnpu_cmd_catch_interrupt(void);

/**
 * tnpu_cmd_ids() - parse "1,2,3"
 * Return: how many, in an array that the caller frees; -1 where it is malformed.
 */
int64_t tnpu_cmd_ids(const char *text, uint32_t **ids);

/* Parsers of option values; they end the program with usage on nonsense. */
uint64_t tnpu_cmd_u64(struct argp_state *state, const char *name, const char *text,
		      uint64_t max);
float tnpu_cmd_float(struct argp_state *state, const char *name, const char *text, float max);
uint32_t tnpu_cmd_kv(struct argp_state *state, const char *text);

/**
 * tnpu_cmd_json_string() - a string of model output, or of the kernel
 * JSON is UTF-8, these need not be: invalid bytes become U+FFFD.
 */
cJSON *tnpu_cmd_json_string(const char *text, size_t len);

/** tnpu_cmd_print_json() - one object, one line, on stdout; frees it. 0 or -1. */
int tnpu_cmd_print_json(cJSON *json);

#endif /* TNPU_CMD_H */
