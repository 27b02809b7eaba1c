// SPDX-License-Identifier: MIT
/*
 * The samples: each is what it claims to be, the same at every time, and none
 * for training has anything of what is held out.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "draft.h"
#include "rules.h"

#define TRAIN_SAMPLES	100000
#define TEST_SAMPLES	4000

struct texts {
	char prompt[AGENT_PROMPT];
	char plan[AGENT_TEXT];
};

static void make(struct agent_sample *s, enum agent_split split, int number)
{
	struct agent_rng rng;

	agent_rng_seed(&rng, 42, number);
	agent_sample_make(&rng, split, s);
}

static void print(const struct agent_sample *s, struct texts *t)
{
	int len = agent_prompt_print(&s->scene, s->instruction, t->prompt, sizeof(t->prompt));

	assert_true(len > 0);
	len = agent_program_print(&s->program, t->plan, sizeof(t->plan));
	assert_true(len > 0);
}

/* ---- Every sample ------------------------------------------------------------ */

/* Bytes of the UTF-8 character at @s, which must be one; no control characters. */
static int character(const char *s)
{
	unsigned char c = *s;
	int n = c < 0x80 ? 1 : c >= 0xe0 && c < 0xf0 ? 3 : 0;
	int i;

	assert_true(c >= ' ' && c != 0x7f && n);
	for (i = 1; i < n; i++)
		assert_int_equal(s[i] & 0xc0, 0x80);
	return n;
}

static void check_instruction(const char *s)
{
	assert_true(*s && *s != ' ');
	while (*s) {
		/* No place was left open in a phrase. */
		assert_true(*s != '%' && *s != '{' && *s != '|');
		s += character(s);
	}
}

static void check_round_trip(const struct agent_sample *s)
{
	struct agent_program program;
	struct agent_scene scene;
	struct texts texts, again;
	char why[256];

	print(s, &texts);
	*strchr(texts.prompt, '\n') = '\0';
	if (agent_scene_parse(texts.prompt, &scene, why, sizeof(why)))
		fail_msg("%s: %s", texts.prompt, why);
	assert_int_equal(scene.tongue, s->scene.tongue);
	assert_int_equal(scene.held, s->scene.held);
	assert_true(agent_scene_print(&scene, again.prompt, sizeof(again.prompt)) > 0);
	assert_string_equal(again.prompt, texts.prompt);
	if (agent_program_parse(texts.plan, strlen(texts.plan), &scene, &program, why, sizeof(why)))
		fail_msg("%s: %s", texts.plan, why);
	assert_true(agent_program_print(&program, again.plan, sizeof(again.plan)) > 0);
	assert_string_equal(again.plan, texts.plan);
}

static void check_all(enum agent_split split, int count)
{
	struct agent_sample s;
	int i;

	for (i = 0; i < count; i++) {
		make(&s, split, i);
		check_instruction(s.instruction);
		check_round_trip(&s);
	}
}

static void test_round_trip(void **state)
{
	check_all(AGENT_TRAIN, TRAIN_SAMPLES);
	check_all(AGENT_TEST, TEST_SAMPLES);
	check_all(AGENT_REFUSE_TEST, TEST_SAMPLES);
}

/* A sample depends on its seed and number, not on those made before. */
static void test_deterministic(void **state)
{
	struct agent_sample a, b;
	struct texts ta, tb;
	int i;

	for (i = 0; i < 1000; i++) {
		make(&a, AGENT_TRAIN, i);
		make(&b, AGENT_TEST, 999 - i);
		make(&b, AGENT_TRAIN, i);
		print(&a, &ta);
		print(&b, &tb);
		assert_string_equal(ta.prompt, tb.prompt);
		assert_string_equal(ta.plan, tb.plan);
	}
}

/* SplitMix64 as published: seed 0 gives these (as does Java's SplittableRandom). */
static void test_generator(void **state)
{
	struct agent_rng rng = { .state = 0 };
	int i;

	assert_true(agent_rng_next(&rng) == 0xe220a8397b1dcdafull);
	assert_true(agent_rng_next(&rng) == 0x6e789e6aa1b965f4ull);
	assert_true(agent_rng_next(&rng) == 0x06c45d188009454full);
	for (i = 0; i < 1000; i++)
		assert_in_range(agent_rng_below(&rng, 7), 0, 6);
}

/* ---- What is held out -------------------------------------------------------- */

struct held_out {
	const char *word[256];
	int words;
};

static void held_out_add(struct held_out *h, const char *word)
{
	assert_true(h->words < 256);
	h->word[h->words++] = word;
}

static void held_out_collect(struct held_out *h, const struct agent_lexicon *l)
{
	const struct agent_noun *noun;
	const char *const *colour;

	for (noun = l->noun_held_out; noun->form[0]; noun++) {
		held_out_add(h, noun->form[0]);
		if (noun->plural[0])
			held_out_add(h, noun->plural[0]);
	}
	for (colour = l->colour_held_out; *colour; colour++)
		held_out_add(h, *colour);
}

static bool letter(char c)
{
	return isalpha((unsigned char)c);
}

/* An English word counts as a whole, in any case; a Chinese one anywhere. */
static bool has_word(const char *text, const char *word)
{
	bool english = letter(*word);
	size_t len = strlen(word);
	const char *p;

	for (p = strcasestr(text, word); p; p = strcasestr(p + 1, word))
		if (!english || (!letter(p[len]) && (p == text || !letter(p[-1]))))
			return true;
	return false;
}

static const char *find_held_out(const struct held_out *h, const char *text)
{
	int i;

	for (i = 0; i < h->words; i++)
		if (has_word(text, h->word[i]))
			return h->word[i];
	return NULL;
}

static void test_train_has_nothing_held_out(void **state)
{
	struct held_out h = { .words = 0 };
	struct agent_sample s;
	struct texts t;
	int i;

	held_out_collect(&h, &agent_english_lexicon);
	held_out_collect(&h, &agent_chinese_lexicon);
	assert_true(h.words >= 2 * (16 + 5));
	for (i = 0; i < TRAIN_SAMPLES; i++) {
		make(&s, AGENT_TRAIN, i);
		print(&s, &t);
		if (find_held_out(&h, t.prompt))
			fail_msg("%s: has %s", t.prompt, find_held_out(&h, t.prompt));
		assert_int_equal(s.traits, 0);
		assert_in_range(s.clauses, 1, AGENT_CLAUSES);
	}
}

static void test_test_has_something_held_out(void **state)
{
	int count[AGENT_TRAITS] = { 0 };
	struct held_out h = { .words = 0 };
	struct agent_sample s;
	bool word;
	int i, k;

	held_out_collect(&h, &agent_english_lexicon);
	held_out_collect(&h, &agent_chinese_lexicon);
	for (i = 0; i < TEST_SAMPLES; i++) {
		make(&s, AGENT_TEST, i);
		assert_true(s.traits);
		assert_int_equal(!!(s.traits & AGENT_TRAIT_LENGTH), s.clauses > AGENT_CLAUSES);
		word = find_held_out(&h, s.instruction);
		if (word)
			assert_true(s.traits & (AGENT_TRAIT_NOUN | AGENT_TRAIT_COLOUR));
		for (k = 0; k < AGENT_TRAITS; k++)
			count[k] += s.traits >> k & 1;
	}
	/* Each trait has the share that README.md states, or more. */
	assert_in_range(count[0], TEST_SAMPLES * 34 / 100, TEST_SAMPLES);
	assert_in_range(count[1], TEST_SAMPLES * 22 / 100, TEST_SAMPLES);
	assert_in_range(count[2], TEST_SAMPLES * 16 / 100, TEST_SAMPLES);
	assert_in_range(count[3], TEST_SAMPLES * 12 / 100, TEST_SAMPLES);
	assert_in_range(count[4], TEST_SAMPLES * 10 / 100, TEST_SAMPLES * 14 / 100);
	assert_int_equal(count[5], 0);
}

/* About one of eight combinations is held out, and always the same ones. */
static void test_combinations(void **state)
{
	struct agent_sample s = { .traits = 0 };
	struct agent_draft d = { .sample = &s };
	int held_out = 0;
	bool first;
	int i;

	for (i = 0; i < 10000; i++) {
		s.traits = 0;
		agent_draft_keep_out(&d, AGENT_TRAIT_COMBINATION, "put %a %r %b", i, "left of");
		first = s.traits;
		held_out += first;
		s.traits = 0;
		agent_draft_keep_out(&d, AGENT_TRAIT_COMBINATION, "put %a %r %b", i, "left of");
		assert_int_equal(first, !!s.traits);
	}
	assert_in_range(held_out, 1100, 1400);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What only the order of words holds out is not said in training either. */
static void test_no_instruction_twice(void **state)
{
	unsigned int combined = AGENT_TRAIT_COMBINATION | AGENT_TRAIT_TEMPLATE;
	char **train = calloc(TRAIN_SAMPLES, sizeof(*train));
	struct agent_sample s;
	char *key = s.instruction;
	int i;

	assert_non_null(train);
	for (i = 0; i < TRAIN_SAMPLES; i++) {
		make(&s, AGENT_TRAIN, i);
		train[i] = strdup(s.instruction);
		assert_non_null(train[i]);
	}
	qsort(train, TRAIN_SAMPLES, sizeof(*train), compare_text);
	for (i = 0; i < TEST_SAMPLES; i++) {
		make(&s, AGENT_TEST, i);
		if ((s.traits & combined) &&
		    bsearch(&key, train, TRAIN_SAMPLES, sizeof(*train), compare_text))
			fail_msg("also in training: %s", s.instruction);
	}
	for (i = 0; i < TRAIN_SAMPLES; i++)
		free(train[i]);
	free(train);
}

/* ---- What is to be refused ---------------------------------------------------- */

/* The longest part of a phrase without "%o". */
static void longest_part(const char *phrase, char *part)
{
	const char *p = phrase;
	size_t n;

	part[0] = '\0';
	while (*p) {
		n = strcspn(p, "%");
		if (n > strlen(part)) {
			memcpy(part, p, n);
			part[n] = '\0';
		}
		p += n;
		p += *p ? 2 : 0;
	}
}

static void collect_parts(const char *const *phrases, char part[][AGENT_INSTRUCTION])
{
	int i;

	for (i = 0; i < AGENT_REFUSALS / 2; i++) {
		longest_part(phrases[i], part[i]);
		assert_true(part[i][0]);
	}
}

static void test_refusals_are_worded_otherwise(void **state)
{
	static char part[AGENT_REFUSALS][AGENT_INSTRUCTION];
	struct agent_sample s;
	int i, k;

	collect_parts(agent_english_refuse_test, part);
	collect_parts(agent_chinese_refuse_test, part + AGENT_REFUSALS / 2);
	for (i = 0; i < TRAIN_SAMPLES; i++) {
		make(&s, AGENT_TRAIN, i);
		for (k = 0; k < AGENT_REFUSALS; k++)
			/* "what would " is said in many questions. */
			if (strlen(part[k]) >= 12 && strcasestr(s.instruction, part[k]))
				fail_msg("\"%s\" is in training: %s", part[k], s.instruction);
	}
}

static void test_refusals(void **state)
{
	int count[AGENT_WHYS] = { 0 };
	int tongue[2] = { 0 };
	struct agent_sample s;
	struct agent_rng rng;
	int i;

	for (i = 0; i < AGENT_REFUSALS; i++) {
		agent_rng_seed(&rng, 1, i);
		agent_sample_refuse(&rng, i, &s);
		assert_int_equal(s.program.count, 1);
		assert_int_equal(s.program.action[0].verb, AGENT_REFUSE);
		assert_int_equal(s.traits, AGENT_TRAIT_WORDING);
		count[s.program.action[0].why]++;
		tongue[s.scene.tongue]++;
	}
	assert_int_equal(count[AGENT_UNSAFE], AGENT_REFUSALS / 2);
	assert_int_equal(count[AGENT_SENSELESS], AGENT_REFUSALS / 2);
	assert_int_equal(tongue[AGENT_ENGLISH], AGENT_REFUSALS / 2);
}

/* The share of what is not simply done, of all kinds. */
static void test_troubles(void **state)
{
	int ask[AGENT_ABOUTS] = { 0 };
	int refuse[AGENT_WHYS] = { 0 };
	struct agent_sample s;
	int all = 0;
	int i;

	for (i = 0; i < 20000; i++) {
		make(&s, AGENT_TRAIN, i);
		if (s.program.action[0].verb == AGENT_ASK)
			ask[s.program.action[0].about]++;
		else if (s.program.action[0].verb == AGENT_REFUSE)
			refuse[s.program.action[0].why]++;
	}
	for (i = 0; i < AGENT_ABOUTS; i++) {
		assert_true(ask[i] > 200);
		all += ask[i];
	}
	for (i = 0; i < AGENT_WHYS; i++) {
		assert_true(refuse[i] > 600);
		all += refuse[i];
	}
	assert_in_range(all, 3800, 5400);
}

/* ---- Words ----------------------------------------------------------------------- */

static bool noun_has(const struct agent_noun *noun, const char *part)
{
	int i;

	for (i = 0; i < AGENT_FORMS && noun->form[i]; i++)
		if (strstr(noun->form[i], part))
			return true;
	return false;
}

static void check_nouns_differ(const struct agent_noun *a, const struct agent_noun *list)
{
	int i;

	for (; list->form[0]; list++)
		for (i = 0; list != a && i < AGENT_FORMS && a->form[i]; i++)
			if (noun_has(list, a->form[i]))
				fail_msg("%s is in %s", a->form[i], list->form[0]);
}

/* A Chinese name has no spaces, so that no noun may be a part of another. */
static void test_chinese_nouns(void **state)
{
	const struct agent_lexicon *l = &agent_chinese_lexicon;
	const struct agent_noun *n;

	for (n = l->noun; n->form[0]; n++) {
		check_nouns_differ(n, l->noun);
		check_nouns_differ(n, l->noun_held_out);
	}
	for (n = l->noun_held_out; n->form[0]; n++) {
		check_nouns_differ(n, l->noun);
		check_nouns_differ(n, l->noun_held_out);
	}
}

/* Typing errors replace characters; none of these is in a thing's name. */
static void test_typos_spare_names(void **state)
{
	const struct agent_lexicon *l = &agent_chinese_lexicon;
	const struct agent_noun *n;
	int i, k;

	for (i = 0; agent_typo_alike[i][0]; i++) {
		for (n = l->noun; n->form[0]; n++)
			assert_false(noun_has(n, agent_typo_alike[i][0]));
		for (k = 0; l->colour[k]; k++)
			assert_null(strstr(l->colour[k], agent_typo_alike[i][0]));
		for (k = 0; l->attribute[k]; k++)
			assert_null(strstr(l->attribute[k], agent_typo_alike[i][0]));
	}
}

/* ---- Hints ------------------------------------------------------------------------- */

static bool has_hint(const struct agent_sample *s, int what)
{
	int i;

	for (i = 0; i < s->hints; i++)
		if (s->hint[i].what == what)
			return true;
	return false;
}

/* They are in order, end characters, and speak of what there is. */
static void check_hints(const struct agent_sample *s)
{
	int last = 0;
	int i;

	for (i = 0; i < s->hints; i++) {
		assert_true(s->hint[i].end > last);
		last = s->hint[i].end;
		assert_true(last <= strlen(s->instruction));
		assert_true((s->instruction[last] & 0xc0) != 0x80);
		assert_true(s->instruction[last - 1] != ' ');
		assert_true(s->hint[i].what < s->scene.count || s->hint[i].what >= AGENT_OBJECTS);
		assert_true(s->hint[i].what < AGENT_HINT_WHATS);
	}
}

/* Of a sound clause: what it does, or the things that it speaks of. */
static void check_clause_hinted(const struct agent_sample *s)
{
	const struct agent_action *a = s->program.action;
	const struct agent_action *last = a + s->program.count - 1;
	bool member = false;

	if (last->verb == AGENT_MOVE)
		assert_true(has_hint(s, AGENT_HINT_MOVE + last->dir));
	else if (last->verb >= AGENT_OPEN)
		assert_true(has_hint(s, AGENT_HINT_DO + last->verb));
	else if (last->verb == AGENT_PICK)
		assert_true(has_hint(s, last->obj));
	else
		assert_true(has_hint(s, last->ref));
	for (; a < last; a++)
		member |= a->verb == AGENT_PICK && has_hint(s, a->obj);
	assert_true(member || last->verb != AGENT_PLACE ||
		    s->program.action[0].verb != AGENT_PICK);
}

static void check_hinted(const struct agent_sample *s)
{
	const struct agent_action *a = s->program.action;

	if (a->verb == AGENT_ASK)
		assert_true(has_hint(s, AGENT_HINT_ASK + a->about));
	else if (a->verb == AGENT_REFUSE)
		assert_true(has_hint(s, AGENT_HINT_REFUSE + a->why));
	else if (s->clauses == 1)
		check_clause_hinted(s);
}

static void test_hints(void **state)
{
	int seen[AGENT_HINT_WHATS] = { 0 };
	struct agent_sample s;
	int i, k;

	for (i = 0; i < TRAIN_SAMPLES; i++) {
		make(&s, AGENT_TRAIN, i);
		check_hints(&s);
		check_hinted(&s);
		for (k = 0; k < s.hints; k++)
			seen[s.hint[k].what]++;
	}
	for (i = 0; i < AGENT_HINT_WHATS; i++)
		assert_true(seen[i]);
}

/* ---- The baseline ------------------------------------------------------------------ */

static void answers(const char *scene_line, const char *instruction, const char *want)
{
	struct agent_program program;
	struct agent_scene scene;
	char text[AGENT_TEXT];
	char why[256];

	if (agent_scene_parse(scene_line, &scene, why, sizeof(why)))
		fail_msg("%s", why);
	agent_rules_answer(&scene, instruction, &program);
	agent_program_print(&program, text, sizeof(text));
	assert_string_equal(text, want);
}

static void test_rules(void **state)
{
	static const char en[] = "scene: red block a (32,12); blue cup b (41,-8); hand empty";
	static const char zh[] =
		"scene: 红色方块 a (32,12); 蓝色杯子 b (41,-8); hand empty";

	answers(en, "put the red block left of the blue cup, then go home",
		"[{\"do\":\"pick\",\"obj\":\"a\"},{\"do\":\"place\",\"rel\":\"left_of\",\"ref\":\"b\"},"
		"{\"do\":\"home\"}]");
	answers(en, "move up 5 cm and open the gripper",
		"[{\"do\":\"move\",\"dir\":\"up\",\"mm\":50},{\"do\":\"open\"}]");
	answers(en, "pick up the green block", "[{\"do\":\"refuse\",\"why\":\"missing\"}]");
	answers(en, "sing", "[{\"do\":\"refuse\",\"why\":\"senseless\"}]");
	answers(en, "", "[{\"do\":\"refuse\",\"why\":\"senseless\"}]");
	answers(zh, "把红色方块放到蓝色杯子左边,然后回家",
		"[{\"do\":\"pick\",\"obj\":\"a\"},{\"do\":\"place\",\"rel\":\"left_of\",\"ref\":\"b\"},"
		"{\"do\":\"home\"}]");
}

/* Whatever it makes of a sample, the answer is printable. */
static void test_rules_always_answers(void **state)
{
	struct agent_program program;
	struct agent_sample s;
	char text[AGENT_TEXT];
	int i;

	for (i = 0; i < TEST_SAMPLES; i++) {
		make(&s, AGENT_TEST, i);
		agent_rules_answer(&s.scene, s.instruction, &program);
		assert_in_range(program.count, 1, AGENT_ACTIONS);
		assert_true(agent_program_print(&program, text, sizeof(text)) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_generator),
		cmocka_unit_test(test_train_has_nothing_held_out),
		cmocka_unit_test(test_test_has_something_held_out),
		cmocka_unit_test(test_combinations),
		cmocka_unit_test(test_no_instruction_twice),
		cmocka_unit_test(test_refusals_are_worded_otherwise),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_troubles),
		cmocka_unit_test(test_chinese_nouns),
		cmocka_unit_test(test_typos_spare_names),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rules_always_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
