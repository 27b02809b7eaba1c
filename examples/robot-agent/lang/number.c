// SPDX-License-Identifier: MIT
/*
 * Lengths and times, in digits and words.
 */
#include <stdio.h>
#include <string.h>

#include "draft.h"

#define NUMBER_WORDS	40	/* percent */

static const char *const english_small[] = {
	"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
	"eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
	"nineteen",
};

static const char *const english_tens[] = {
	"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
};

static const char *const chinese_digits[] = {
	"零", "一", "二", "三", "四", "五", "六", "七", "八", "九",
};

static void number_english_hundred(int n, const char *hyphen, struct agent_text *out)
{
	if (n < 20) {
		agent_text_add(out, english_small[n]);
		return;
	}
	agent_text_add(out, english_tens[n / 10]);
	if (n % 10) {
		agent_text_add(out, hyphen);
		agent_text_add(out, english_small[n % 10]);
	}
}

static void number_english(struct agent_rng *rng, int n, struct agent_text *out)
{
	const char *hyphen = agent_rng_chance(rng, 50) ? "-" : " ";

	if (n >= 100) {
		agent_text_add(out, n < 200 && agent_rng_chance(rng, 50) ? "a" :
							english_small[n / 100]);
		agent_text_add(out, " hundred");
		if (n % 100)
			agent_text_add(out, agent_rng_chance(rng, 50) ? " and " : " ");
	}
	if (n % 100)
		number_english_hundred(n % 100, hyphen, out);
}

/* A two before a unit, or before hundreds, is 两. */
static void number_chinese(struct agent_rng *rng, int n, struct agent_text *out)
{
	int tens = n / 10 % 10;

	if (n == 2) {
		agent_text_add(out, "两");
		return;
	}
	if (n >= 100) {
		agent_text_add(out, n / 100 == 2 && agent_rng_chance(rng, 50) ? "两" :
							chinese_digits[n / 100]);
		agent_text_add(out, "百");
		if (!tens && n % 10)
			agent_text_add(out, "零");
	}
	if (tens > 1 || (tens && n >= 100))
		agent_text_add(out, chinese_digits[tens]);
	if (tens)
		agent_text_add(out, "十");
	if (n % 10)
		agent_text_add(out, chinese_digits[n % 10]);
}

/* Numbers are marked: an error in one would make it another. */
static void number_write(struct agent_draft *d, int n, const char *unit, struct agent_text *out)
{
	bool english = d->sample->scene.tongue == AGENT_ENGLISH;
	bool words = agent_rng_chance(d->rng, NUMBER_WORDS);
	char digits[16];

	agent_text_add(out, AGENT_MARK_OPEN);
	snprintf(digits, sizeof(digits), "%d", n);
	if (!words)
		agent_text_add(out, digits);
	else if (english)
		number_english(d->rng, n, out);
	else
		number_chinese(d->rng, n, out);
	if (english ? words || agent_rng_chance(d->rng, 70) : agent_rng_chance(d->rng, 10))
		agent_text_add(out, " ");
	agent_text_add(out, AGENT_MARK_CLOSE);
	agent_text_add(out, unit);
}

static void number_write_half(struct agent_draft *d, int mm, struct agent_text *out)
{
	char digits[24];

	snprintf(digits, sizeof(digits), AGENT_MARK_OPEN "%d.%d" AGENT_MARK_CLOSE " ", mm / 10,
		 mm % 10);
	agent_text_add(out, digits);
	agent_text_add(out, agent_list_draw(d->rng, d->language->phrases->cm));
}

int agent_number_length(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	int r = agent_rng_below(d->rng, 100);
	int n;

	if (r < 5) {
		n = 10 * agent_rng_below(d->rng, 20) + 5;
		number_write_half(d, n, out);
		return n;
	}
	if (r < 60) {
		n = 1 + agent_rng_below(d->rng, agent_rng_chance(d->rng, 70) ? 20 : 50);
		number_write(d, n, agent_list_draw(d->rng, p->cm), out);
		return n * 10;
	}
	if (r < 90)
		n = 5 * (1 + agent_rng_below(d->rng, AGENT_MM_MAX / 5));
	else
		n = 1 + agent_rng_below(d->rng, AGENT_MM_MAX);
	number_write(d, n, agent_list_draw(d->rng, p->mm), out);
	return n;
}

void agent_number_too_long(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	int r = agent_rng_below(d->rng, 3);

	if (r == 0)
		number_write(d, 60 + agent_rng_below(d->rng, 900),
			     agent_list_draw(d->rng, p->cm), out);
	else if (r == 1)
		number_write(d, 600 + 10 * agent_rng_below(d->rng, 40),
			     agent_list_draw(d->rng, p->mm), out);
	else
		number_write(d, 1 + agent_rng_below(d->rng, 99),
			     agent_list_draw(d->rng, p->m), out);
}

int agent_number_time(struct agent_draft *d, struct agent_text *out)
{
	const struct agent_phrases *p = d->language->phrases;
	int r = agent_rng_below(d->rng, 100);
	int n;

	if (r < 4) {
		agent_text_add(out, agent_list_draw(d->rng, p->minute));
		return 60;
	}
	if (r < 8) {
		agent_text_add(out, agent_list_draw(d->rng, p->half_minute));
		return 30;
	}
	n = 1 + agent_rng_below(d->rng, agent_rng_chance(d->rng, 75) ? 15 : AGENT_S_MAX);
	number_write(d, n, agent_list_draw(d->rng, p->s), out);
	return n;
}
