/* SPDX-License-Identifier: MIT */
/*
 * The baseline: an instruction understood by keywords, without a model. It
 * tells what a model must be better than.
 */
#ifndef AGENT_RULES_H
#define AGENT_RULES_H

#include "program.h"

/**
 * agent_rules_answer() - understand an instruction by keywords
 * @scene: the table
 * @instruction: UTF-8, one line
 * @program: receives an answer, always; agent_program_parse() may refuse it
 */
void agent_rules_answer(const struct agent_scene *scene, const char *instruction,
			struct agent_program *program);

#endif
