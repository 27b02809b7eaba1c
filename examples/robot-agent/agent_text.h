/* SPDX-License-Identifier: MIT */
#ifndef AGENT_TEXT_H
#define AGENT_TEXT_H

#include <stddef.h>

/** AGENT_CLEAN - bytes that agent_text_clean() needs for @len bytes of text */
#define AGENT_CLEAN(len) (3 * (len) + 1)

/**
 * agent_text_clean() - text of a stranger as UTF-8 that any file may hold
 * @text: bytes
 * @len: how many
 * @clean: receives them, closed by a NUL, with U+FFFD for each byte that is no
 *	   part of a character, or of one that only controls
 *
 * Return: @clean.
 */
char *agent_text_clean(const char *text, size_t len, char *clean);

#endif
