/* SPDX-License-Identifier: MIT */
/*
 * The text that the model reads, and that its answer follows.
 */
#ifndef AGENT_PROMPT_H
#define AGENT_PROMPT_H

#include "scene.h"

/** AGENT_INSTRUCTION - bytes of an instruction at most, with the closing NUL */
#define AGENT_INSTRUCTION 512

/** AGENT_LINE - bytes of a scene's line at most, with the closing NUL */
#define AGENT_LINE 768

/** AGENT_PROMPT - bytes of a prompt at most, with the closing NUL */
#define AGENT_PROMPT (AGENT_LINE + AGENT_INSTRUCTION + 16)

/**
 * agent_prompt_print() - write a prompt
 * @scene: the table
 * @instruction: one line of UTF-8: no control characters
 * @text: receives "scene: ...\ndo: ...\nplan:", closed by a NUL; the space
 *        before the answer is not in it
 * @size: of @text; AGENT_PROMPT suffices for what the limits above allow
 *
 * Return: its length, or -1 when @size does not suffice, or when @instruction
 * is empty, too long, or has a control character.
 */
int agent_prompt_print(const struct agent_scene *scene, const char *instruction,
		       char *text, size_t size);

#endif
