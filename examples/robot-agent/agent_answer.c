// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "agent_answer.h"
#include "agent_guard.h"

void agent_answer_init(struct agent_answer *answer,
		       const struct agent_scene *scene)
{
	memset(answer, 0, sizeof(*answer));
	answer->scene = scene;
}

/* What was right so far stays when more turns out wrong. */
static int parse(struct agent_answer *answer, const char *text, size_t len)
{
	struct agent_program program;

	if (agent_program_parse(text, len, answer->scene, &program, answer->why,
				sizeof(answer->why)))
		return -1;
	answer->program = program;
	return 0;
}

/* The array so far, as if it ended here. */
static int parse_so_far(struct agent_answer *answer)
{
	char text[AGENT_TEXT + 1];

	memcpy(text, answer->text, answer->len);
	text[answer->len] = ']';
	if (parse(answer, text, answer->len + 1))
		return -1;
	answer->action_ns[answer->actions++] = agent_clock_ns();
	return 0;
}

/* Is this the end of an action: a brace that closes, right inside the array? */
static bool ends_action(struct agent_answer *answer, char c)
{
	if (answer->quoted) {
		if (c == '"' && !answer->escaped)
			answer->quoted = false;
		answer->escaped = c == '\\' && !answer->escaped;
		return false;
	}
	if (c == '"')
		answer->quoted = true;
	else if (c == '[' || c == '{')
		answer->depth++;
	else if (c == ']' || c == '}')
		answer->depth--;
	return c == '}' && answer->depth == 1;
}

static int add_byte(struct agent_answer *answer, char c)
{
	/* The space before the answer may belong to either. */
	if (!answer->len && c == ' ')
		return 0;
	if (answer->len == sizeof(answer->text) - 1) {
		snprintf(answer->why, sizeof(answer->why), "the answer is longer than %zu bytes",
			 sizeof(answer->text) - 1);
		return -1;
	}
	answer->text[answer->len++] = c;
	return ends_action(answer, c) ? parse_so_far(answer) : 0;
}

int agent_answer_add(struct agent_answer *answer, const char *piece, size_t len)
{
	size_t i;

	if (!answer->first_ns)
		answer->first_ns = agent_clock_ns();
	if (answer->why[0])
		return -1;
	for (i = 0; i < len; i++)
		if (add_byte(answer, piece[i]))
			return -1;
	return 0;
}

int agent_answer_finish(struct agent_answer *answer)
{
	if (answer->why[0] || parse(answer, answer->text, answer->len))
		return -1;
	answer->done_ns = agent_clock_ns();
	return 0;
}
