// SPDX-License-Identifier: MIT
#include <string.h>

#include "sample.h"
#include "text.h"

_Static_assert(AGENT_HINT_WHATS <= 2 * AGENT_MARK_HINTS, "every hint has a mark");

void agent_text_clear(struct agent_text *text)
{
	text->s[0] = '\0';
	text->len = 0;
	text->full = false;
}

void agent_text_add_char(struct agent_text *text, char c)
{
	if (text->len + 1 >= sizeof(text->s)) {
		text->full = true;
		return;
	}
	text->s[text->len++] = c;
	text->s[text->len] = '\0';
}

void agent_text_hint(struct agent_text *text, int what)
{
	if (what >= AGENT_MARK_HINTS)
		agent_text_add_char(text, AGENT_MARK_MORE);
	agent_text_add_char(text, AGENT_MARK_HINT + what % AGENT_MARK_HINTS);
}

static bool text_is_hint(char c)
{
	return c == AGENT_MARK_MORE || (c >= AGENT_MARK_HINT && c < ' ');
}

void agent_text_hint_end(struct agent_text *text, int what)
{
	if (!text->len || !text_is_hint(text->s[text->len - 1]))
		agent_text_hint(text, what);
}

static bool text_ends_with(const struct agent_text *text, const char *s)
{
	size_t end = text->len;
	size_t len = strlen(s);

	while (end && text_is_hint(text->s[end - 1]))
		end--;
	return end >= len && !memcmp(text->s + end - len, s, len);
}

void agent_text_add(struct agent_text *text, const char *s)
{
	size_t len;

	/* A Chinese particle that two phrases bring is said once. */
	if (text_ends_with(text, "的") && !strncmp(s, "的", 3))
		s += 3;
	len = strlen(s);
	if (text->len + len >= sizeof(text->s)) {
		text->full = true;
		return;
	}
	memcpy(text->s + text->len, s, len + 1);
	text->len += len;
}

/* "{put|putting}"; returns the place behind it. */
static const char *text_expand_verb(struct agent_text *text, const char *p, bool verb)
{
	bool second = false;

	for (; *p != '}'; p++) {
		if (*p == '|')
			second = true;
		else if (second == verb)
			agent_text_add_char(text, *p);
	}
	return p;
}

void agent_text_expand(struct agent_text *text, const char *phrase,
		       const struct agent_slots *slots)
{
	const char *p;

	for (p = phrase; *p; p++) {
		if (*p == '%')
			agent_text_add(text, slots->of[(unsigned char)*++p]);
		else if (*p == '{')
			p = text_expand_verb(text, p + 1, slots->verb);
		else
			agent_text_add_char(text, *p);
	}
}

int agent_list_count(const char *const *list)
{
	int n = 0;

	while (list[n])
		n++;
	return n;
}

const char *agent_list_draw(struct agent_rng *rng, const char *const *list)
{
	return list[agent_rng_below(rng, agent_list_count(list))];
}
