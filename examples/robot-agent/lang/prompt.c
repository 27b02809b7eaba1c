// SPDX-License-Identifier: MIT
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "prompt.h"

static bool prompt_one_line(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return p > text && p < text + AGENT_INSTRUCTION;
}

int agent_prompt_print(const struct agent_scene *scene, const char *instruction,
		       char *text, size_t size)
{
	int len = agent_scene_print(scene, text, size);
	int more;

	if (len < 0 || !prompt_one_line(instruction))
		return -1;
	more = snprintf(text + len, size - len, "\ndo: %s\nplan:", instruction);
	return len + more < size ? len + more : -1;
}
