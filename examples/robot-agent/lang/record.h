/* SPDX-License-Identifier: MIT */
/*
 * Samples as text, as agent-data prints them: lines "scene: ...", "do: ...",
 * "plan: ..." and where asked for "tags: ...", then an empty line.
 */
#ifndef AGENT_RECORD_H
#define AGENT_RECORD_H

#include <stdio.h>

#include "program.h"
#include "prompt.h"

/** AGENT_TAGS - bytes of a sample's tags at most, with the closing NUL */
#define AGENT_TAGS 128

/**
 * struct agent_record - a sample that was read
 * @scene: the table
 * @instruction: one line
 * @program: the right answer
 * @tags: words with spaces between, or ""
 */
struct agent_record {
	struct agent_scene scene;
	char instruction[AGENT_INSTRUCTION];
	struct agent_program program;
	char tags[AGENT_TAGS];
};

/**
 * agent_record_read() - read the next sample
 * @file: to read from
 * @line: number of the last line read, counted on
 * @record: filled in
 * @why: receives one sentence where the text is refused
 * @size: of @why
 *
 * Return: 1, 0 at the end of @file, or -1 when the text is no sample or
 * @file cannot be read.
 */
int agent_record_read(FILE *file, long *line, struct agent_record *record, char *why,
		      size_t size);

#endif
