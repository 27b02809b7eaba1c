/* SPDX-License-Identifier: MIT */
/*
 * tnpu run: what its two ways share, one prompt after the other and several together.
 */
#ifndef TNPU_CMD_RUN_H
#define TNPU_CMD_RUN_H

#include "cmd.h"

/* What a line of a prompts file starts with whose prompt is token IDs. */
#define TNPU_RUN_IDS	"#ids "

/** struct tnpu_run_args - the command line; @batch 0: one after the other */
struct tnpu_run_args {
	const char *model;
	const char *draft;
	const char *prompt;
	const char *ids;
	const char *file;
	uint32_t n;
	uint32_t batch;
	bool ignore_eos;
	bool special;
	bool json;
	struct tnpu_sampling sampling;
	struct tnpu_session_options session;
};

/** struct tnpu_run_answer - a prompt and what came of it */
struct tnpu_run_answer {
	uint32_t *prompt;
	uint32_t n_prompt;
	uint32_t *ids;
	uint32_t n_ids;
	struct tnpu_generation g;
};

/** tnpu_run_print_json() - the answer as an object on stdout. 0 or -1. */
int tnpu_run_print_json(const struct tnpu_target *target, const struct tnpu_run_answer *a);

/** tnpu_run_print_stats() - one line on stderr */
void tnpu_run_print_stats(const struct tnpu_target *target, const struct tnpu_run_answer *a);

/**
 * tnpu_run_encode() - text to token IDs; tnpu_run_encode_ids() - "1,2,3"
 * Return: how many, in an array that the caller frees; -1 after a message.
 */
int tnpu_run_encode(const struct tnpu_run_args *args, const struct tnpu_target *target,
		    const char *line, size_t len, uint32_t **ids);
int tnpu_run_encode_ids(const char *text, uint32_t **ids);

/** typedef tnpu_line_fn - receives a line of a prompts file; nonzero ends the reading */
typedef int (*tnpu_line_fn)(void *opaque, const char *line, size_t len);

/** tnpu_run_each() - every line of args->file. 0; -1 after a message; what @fn returned. */
int tnpu_run_each(const struct tnpu_run_args *args, tnpu_line_fn fn, void *opaque);

/** tnpu_run_batch() - all prompts of args->file, args->batch together. 0, or -1 after a message. */
int tnpu_run_batch(const struct tnpu_run_args *args);

#endif /* TNPU_CMD_RUN_H */
