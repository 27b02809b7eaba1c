// SPDX-License-Identifier: MIT
/*
 * Typing errors. English: a letter dropped, doubled, or swapped with the next,
 * in words of four letters and more. Chinese: a character that sounds alike,
 * or a particle left out. Numbers, and words that a model can only compare
 * letter by letter, are marked and stay.
 */
#include <stdio.h>
#include <string.h>

#include "draft.h"

#define TYPO_WORD_MIN	4
#define TYPO_WORDS	96

#define TYPO_CJK	3	/* bytes of a character */

/* None of these characters is in the name of a thing (tests/robot-agent). */
const char *const agent_typo_alike[][2] = {
	{ "放", "防" }, { "放", "房" }, { "到", "道" }, { "到", "倒" },
	{ "在", "再" }, { "然后", "燃后" }, { "请", "清" }, { "拿", "那" },
	{ "起来", "起莱" }, { "边", "变" }, { "抓", "爪" }, { "移", "疑" },
	{ "等", "登" }, { "秒", "妙" }, { "回", "会" }, { "打开", "打凯" },
	{ "的", "得" }, { "的", "地" }, { "左", "佐" }, { "接着", "接这" },
	{ "把", "" }, { "把", "" }, { "了", "" }, { "了", "" },
	{ "将", "" }, { NULL, NULL }
};

struct typo_word {
	int at;
	int len;
};

static bool typo_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Words outside of marks that are long enough. */
static int typo_find_words(const struct agent_text *text, struct typo_word *words)
{
	bool marked = false;
	int n = 0;
	int i, k;

	for (i = 0; i < text->len; i = k) {
		if (text->s[i] == AGENT_MARK_OPEN[0] || text->s[i] == AGENT_MARK_CLOSE[0])
			marked = text->s[i] == AGENT_MARK_OPEN[0];
		for (k = i; typo_letter(text->s[k]); k++)
			;
		if (k - i >= TYPO_WORD_MIN && !marked && n < TYPO_WORDS)
			words[n++] = (struct typo_word) { i, k - i };
		k += k == i;
	}
	return n;
}

/* Whether the error made another thing's name of the word. */
static bool typo_is_name(const struct agent_draft *d, const char *word)
{
	const struct agent_noun *noun;
	int i;

	for (noun = d->language->lexicon->noun; noun->form[0]; noun++)
		for (i = 0; i < AGENT_FORMS && noun->form[i]; i++)
			if (!strcmp(noun->form[i], word) || !strcmp(noun->plural[i], word))
				return true;
	for (i = 0; i < d->sample->scene.count; i++)
		if (strstr(d->sample->scene.object[i].name, word))
			return true;
	return false;
}

/* The first letter is seldom wrong. */
static void typo_change(struct agent_rng *rng, char *word, int len)
{
	char *p = word + 1 + agent_rng_below(rng, len - 2);
	char c = *p;

	switch (agent_rng_below(rng, 3)) {
	case 0:
		p[0] = p[1];
		p[1] = c;
		break;
	case 1:
		memmove(p, p + 1, strlen(p));
		break;
	case 2:
		memmove(p + 1, p, strlen(p) + 1);
		break;
	}
}

static void typo_english(struct agent_draft *d, struct agent_text *text)
{
	struct typo_word words[TYPO_WORDS];
	int n = typo_find_words(text, words);
	struct agent_text whole = *text;
	struct typo_word *w;
	char word[64];

	if (!n)
		return;
	w = &words[agent_rng_below(d->rng, n)];
	snprintf(word, sizeof(word), "%.*s", w->len, text->s + w->at);
	if (strlen(word) < w->len || w->len + 1 >= sizeof(word))
		return;
	typo_change(d->rng, word, w->len);
	if (typo_is_name(d, word))
		return;
	text->len = w->at;
	text->s[text->len] = '\0';
	agent_text_add(text, word);
	agent_text_add(text, whole.s + w->at + w->len);
}

static char *typo_find_unmarked(char *s, const char *word)
{
	const char *close;
	char *p;

	for (p = strstr(s, word); p; p = strstr(p + 1, word)) {
		close = strpbrk(p, AGENT_MARK_OPEN AGENT_MARK_CLOSE);
		if (!close || *close == AGENT_MARK_OPEN[0])
			return p;
	}
	return NULL;
}

/* Rules are tried from a random one on until one applies. */
static void typo_chinese(struct agent_rng *rng, struct agent_text *text)
{
	int count = sizeof(agent_typo_alike) / sizeof(agent_typo_alike[0]) - 1;
	int first = agent_rng_below(rng, count);
	const char *const *rule;
	char *p = NULL;
	int i;

	for (i = 0; i < count && !p; i++) {
		rule = agent_typo_alike[(first + i) % count];
		p = typo_find_unmarked(text->s, rule[0]);
	}
	if (!p)
		return;
	memcpy(p, rule[1], strlen(rule[1]));
	if (!rule[1][0]) {
		memmove(p, p + TYPO_CJK, strlen(p + TYPO_CJK) + 1);
		text->len -= TYPO_CJK;
	}
}

/* Of several hints at one place the last counts: it is that of the whole. */
static void typo_keep_hint(struct agent_sample *s, int end, int what)
{
	if (s->hints && s->hint[s->hints - 1].end == end)
		s->hints--;
	if (s->hints < AGENT_HINTS)
		s->hint[s->hints++] = (struct agent_hint) { end, what };
}

static void typo_unmark(struct agent_text *text, struct agent_sample *sample)
{
	char *to = text->s;
	const char *p;
	int more = 0;

	sample->hints = 0;
	for (p = text->s; *p; p++) {
		if (*p >= AGENT_MARK_HINT && *p < ' ')
			typo_keep_hint(sample, to - text->s, *p - AGENT_MARK_HINT + more);
		else if (*p & ~0x1f)
			*to++ = *p;
		more = *p == AGENT_MARK_MORE ? AGENT_MARK_HINTS : 0;
	}
	*to = '\0';
	text->len = to - text->s;
}

void agent_typo_make(struct agent_draft *d, struct agent_text *text, int errors)
{
	while (errors--) {
		if (d->sample->scene.tongue == AGENT_ENGLISH)
			typo_english(d, text);
		else
			typo_chinese(d->rng, text);
	}
	typo_unmark(text, d->sample);
}
