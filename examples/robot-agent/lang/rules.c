// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"
#include "rules.h"

#define RULES_MM_PER_CM	10
#define RULES_CJK	3	/* bytes of a character */

/* Keywords of both languages; each list ends with NULL. */
#define LIST (const char *const[])

/* Longer ones first where one begins with another. */
static const char *const *const rules_splits = LIST {
	" and then ", ", then ", ", and ", " then ", " and ", ". ", "; ", ", ", "然后",
	"接着", "并且", "最后", "随后", "之后", "，", "。", "；", "、", ",",
	"再", "并", NULL
};

static const char *const *const rules_unsafe = LIST {
	"throw", "toss", "hurl", "hit", "kick", "punch", "stab", "burn", "fire", "smash",
	"break", "crush", "destroy", "kill", "hurt", "spill", "pour", "safety", "emergency",
	"full speed", "cat", "dog", "扔", "砸", "打碎", "烧", "火", "踢", "刺", "伤",
	"杀", "泼", "急停", "安全", "全速", NULL
};

static const struct {
	enum agent_rel rel;
	const char *const *words;
} rules_rels[] = {
	{ AGENT_LEFT_OF, LIST {
		"left of", "left side of", "左边", "左侧", "左面", "左手边", NULL
	} },
	{ AGENT_RIGHT_OF, LIST {
		"right of", "right side of", "右边", "右侧", "右面", "右手边", NULL
	} },
	{ AGENT_IN_FRONT_OF, LIST {
		"in front", "front of", "前面", "前边", "前方", "跟前", NULL
	} },
	{ AGENT_BEHIND, LIST {
		"behind", "back of", "rear of", "后面", "后边", "后方", "背后", NULL
	} },
	{ AGENT_IN, LIST {
		"inside", "into ", " in ", "里", "中", "内", "放进", "装进", "放入",
		NULL
	} },
	{ AGENT_ON, LIST { "on top", "onto", "upon", " on ", "上", "顶部", NULL } },
};

static const struct {
	enum agent_dir dir;
	const char *const *words;
} rules_dirs[] = {
	{ AGENT_UP, LIST { "up", "raise", "lift", "rise", "上", "抬", "升", NULL } },
	{ AGENT_DOWN, LIST { "down", "lower", "下", "降", NULL } },
	{ AGENT_LEFT, LIST { "left", "左", NULL } },
	{ AGENT_RIGHT, LIST { "right", "右", NULL } },
	{ AGENT_FORWARD, LIST { "forward", "ahead", "extend", "advance", "前", NULL } },
	{ AGENT_BACK, LIST { "back", "retract", "retreat", "后", NULL } },
};

static const struct {
	int value;
	const char *const *words;
} rules_numbers[] = {
	{ 15, LIST { "fifteen", "十五", NULL } },
	{ 20, LIST { "twenty", "二十", NULL } },
	{ 30, LIST { "thirty", "三十", NULL } },
	{ 12, LIST { "twelve", "十二", NULL } },
	{ 11, LIST { "eleven", "十一", NULL } },
	{ 10, LIST { "ten ", "十", NULL } },
	{ 2, LIST { "two ", "两", NULL } },
	{ 3, LIST { "three", "三", NULL } },
	{ 4, LIST { "four ", "四", NULL } },
	{ 5, LIST { "five", "五", NULL } },
	{ 6, LIST { "six ", "六", NULL } },
	{ 7, LIST { "seven ", "七", NULL } },
	{ 8, LIST { "eight ", "八", NULL } },
	{ 9, LIST { "nine ", "九", NULL } },
	{ 60, LIST { "minute", "分钟", NULL } },
	{ 1, LIST { "one ", " a ", "一", NULL } },
};

static const char *const *const rules_pick = LIST {
	"pick", "grab", "take", "lift", "get", "grasp", "grip", "hold", "拿", "抓", "夹",
	"捡", "取", "举", NULL
};

static const char *const *const rules_put = LIST {
	"put", "place", "move", "set", "bring", "lay", "drop", "放", "移", "挪", "搬",
	"摆", NULL
};

static const char *const *const rules_home = LIST {
	"home", "start", "rest position", "回家", "原点", "原位", "归位", "复位",
	"初始", "起始", "回零", NULL
};

static const char *const *const rules_wait = LIST {
	"wait", "pause", "second", "等", "停", "秒", NULL
};

static const char *const *const rules_open = LIST {
	"open", "release", "let go", "打开", "张开", "松", NULL
};

static const char *const *const rules_close = LIST {
	"close", "shut", "合上", "关闭", "闭合", "收紧", NULL
};

static const char *const *const rules_it = LIST {
	" it", "that", "它", "手里", "手上", "you hold", NULL
};

static const char *const *const rules_leftmost = LIST { "leftmost", "far left", "最左", NULL };

static const char *const *const rules_rightmost = LIST { "rightmost", "far right", "最右", NULL };

static const char *const *const rules_cm = LIST { "cm", "centi", "厘米", "公分", NULL };

static const char *const *const rules_mm = LIST { "mm", "milli", "毫米", NULL };

/* What may stand before a noun that is the whole name. */
static const char *const *const rules_articles = LIST {
	"the", "a", "an", "that", "any", "up", NULL
};

/**
 * struct rules_clause - what the keywords of one clause say
 * @text: the clause, with a space at each end
 * @object: objects that it names, in this order
 * @objects: how many
 * @ambiguous: a name fits several
 * @missing: a name has words that no object has
 */
struct rules_clause {
	char text[AGENT_INSTRUCTION + 2];
	int object[AGENT_OBJECTS];
	int objects;
	bool ambiguous;
	bool missing;
};

struct rules_state {
	const struct agent_scene *scene;
	struct agent_program *program;
	int held;
	int theme;
	bool over;	/* the answer is one action that is final */
};

/* Any of @words, where a word begins. */
static bool rules_find(const char *text, const char *const *words)
{
	const char *p;

	for (; *words; words++)
		for (p = strstr(text, *words); p; p = strstr(p + 1, *words))
			if (p == text || !isalpha((unsigned char)p[0]) ||
			    !isalpha((unsigned char)p[-1]))
				return true;
	return false;
}

static void rules_do(struct rules_state *s, struct agent_action action)
{
	if (!s->over && s->program->count < AGENT_ACTIONS)
		s->program->action[s->program->count++] = action;
}

static void rules_end(struct rules_state *s, struct agent_action action)
{
	if (s->over)
		return;
	s->program->count = 0;
	rules_do(s, action);
	s->over = true;
}

static void rules_ask(struct rules_state *s, enum agent_about about)
{
	rules_end(s, (struct agent_action) { .verb = AGENT_ASK, .about = about });
}

static void rules_refuse(struct rules_state *s, enum agent_why why)
{
	rules_end(s, (struct agent_action) { .verb = AGENT_REFUSE, .why = why });
}

/* Bytes that the end of @name has in common with @text's beginning, in whole words. */
static size_t rules_match(const struct agent_scene *scene, const char *name, const char *text)
{
	bool english = scene->tongue == AGENT_ENGLISH;
	const char *p = name;
	size_t len;

	while (p) {
		len = strlen(p);
		if (!strncmp(text, p, len) && (!english || !isalpha((unsigned char)text[len]) ||
					       text[len] == 's'))
			return len;
		if (english) {
			p = strchr(p, ' ');
			p = p ? p + 1 : NULL;
		} else {
			p = len > 2 * RULES_CJK ? p + RULES_CJK : NULL;
		}
	}
	return 0;
}

/* Whether another word stands before the noun: "green" of "green block". */
static bool rules_qualified(const char *text, const char *at)
{
	const char *end = at - 1;
	const char *p = end;
	int i;

	if (*at & 0x80)
		return at - text > RULES_CJK && !strncmp(at - RULES_CJK, "色", RULES_CJK);
	while (p > text && isalpha((unsigned char)p[-1]))
		p--;
	for (i = 0; rules_articles[i]; i++)
		if (strlen(rules_articles[i]) == end - p && !strncmp(rules_articles[i], p, end - p))
			return false;
	return end > p;
}

/* The objects that fit best at @at; returns the bytes that fit. */
static size_t rules_fit(const struct agent_scene *scene, const char *at, int *found, int *count)
{
	size_t best = 1;
	size_t len;
	int i;

	*count = 0;
	for (i = 0; i < scene->count; i++) {
		len = rules_match(scene, scene->object[i].name, at);
		if (len < best)
			continue;
		if (len > best)
			*count = 0;
		best = len;
		found[(*count)++] = i;
	}
	return *count ? best : 0;
}

static void rules_name(struct rules_clause *c, const struct agent_scene *scene, const char *at,
		       const int *found, int count)
{
	size_t len = strlen(scene->object[found[0]].name);
	bool whole = !strncmp(at, scene->object[found[0]].name, len);
	int which = found[0];

	if (!whole && rules_qualified(c->text, at))
		c->missing = true;
	if (rules_find(c->text, rules_rightmost))
		which = found[count - 1];
	else if (count > 1 && !rules_find(c->text, rules_leftmost))
		c->ambiguous = true;
	if (c->objects < AGENT_OBJECTS)
		c->object[c->objects++] = which;
}

static bool rules_word_starts(const char *text, const char *p)
{
	return (*p & 0x80) || (p > text && !isalpha((unsigned char)p[-1]));
}

static void rules_name_all(struct rules_clause *c, const struct agent_scene *scene)
{
	int found[AGENT_OBJECTS];
	const char *p = c->text;
	size_t len;
	int count;

	while (*p) {
		len = rules_word_starts(c->text, p) ? rules_fit(scene, p, found, &count) : 0;
		if (len)
			rules_name(c, scene, p, found, count);
		p += len ? len : 1;
	}
}

static int rules_number(const char *text)
{
	const char *p = strpbrk(text, "0123456789");
	int i;

	if (p)
		return atoi(p);
	for (i = 0; i < sizeof(rules_numbers) / sizeof(rules_numbers[0]); i++)
		if (rules_find(text, rules_numbers[i].words))
			return rules_numbers[i].value;
	return 0;
}

static bool rules_length(struct rules_state *s, const char *text)
{
	bool cm = rules_find(text, rules_cm);
	int i;

	if (!cm && !rules_find(text, rules_mm))
		return false;
	for (i = 0; i < AGENT_DIRS; i++) {
		if (!rules_find(text, rules_dirs[i].words))
			continue;
		rules_do(s, (struct agent_action) {
			.verb = AGENT_MOVE, .dir = rules_dirs[i].dir,
			.mm = rules_number(text) * (cm ? RULES_MM_PER_CM : 1),
		});
		return true;
	}
	return false;
}

/* Clauses without an object. */
static bool rules_plain(struct rules_state *s, const char *text)
{
	if (rules_length(s, text))
		return true;
	if (rules_find(text, rules_home))
		rules_do(s, (struct agent_action) { .verb = AGENT_HOME });
	else if (rules_find(text, rules_wait))
		rules_do(s, (struct agent_action) { .verb = AGENT_WAIT, .s = rules_number(text) });
	else if (rules_find(text, rules_open))
		rules_do(s, (struct agent_action) { .verb = AGENT_OPEN });
	else if (rules_find(text, rules_close))
		rules_do(s, (struct agent_action) { .verb = AGENT_CLOSE });
	else
		return false;
	return true;
}

static void rules_put_one(struct rules_state *s, int object, enum agent_rel rel, int ref)
{
	if (s->held < 0)
		rules_do(s, (struct agent_action) { .verb = AGENT_PICK, .obj = object });
	rules_do(s, (struct agent_action) { .verb = AGENT_PLACE, .rel = rel, .ref = ref });
	s->held = -1;
	s->theme = object;
}

static void rules_put_clause(struct rules_state *s, const struct rules_clause *c,
			     enum agent_rel rel)
{
	int ref;
	int i;

	if (!c->objects) {
		rules_refuse(s, AGENT_MISSING);
		return;
	}
	ref = c->object[c->objects - 1];
	if (c->objects == 1) {
		if (s->theme < 0)
			rules_ask(s, AGENT_WHAT);
		else
			rules_put_one(s, s->theme, rel, ref);
		return;
	}
	for (i = 0; i < c->objects - 1; i++)
		rules_put_one(s, c->object[i], rel, ref);
}

static void rules_pick_clause(struct rules_state *s, const struct rules_clause *c)
{
	if (!c->objects && rules_find(c->text, rules_it)) {
		rules_ask(s, AGENT_WHAT);
	} else if (!c->objects) {
		rules_refuse(s, AGENT_MISSING);
	} else {
		rules_do(s, (struct agent_action) { .verb = AGENT_PICK, .obj = c->object[0] });
		s->held = c->object[0];
		s->theme = s->held;
	}
}

static void rules_clause(struct rules_state *s, struct rules_clause *c)
{
	int i;

	rules_name_all(c, s->scene);
	if (rules_find(c->text, rules_unsafe)) {
		rules_refuse(s, AGENT_UNSAFE);
		return;
	}
	if (c->missing) {
		rules_refuse(s, AGENT_MISSING);
		return;
	}
	if (c->ambiguous) {
		rules_ask(s, AGENT_WHICH);
		return;
	}
	if (!c->objects && rules_plain(s, c->text))
		return;
	for (i = 0; i < AGENT_RELS; i++) {
		if (rules_find(c->text, rules_rels[i].words)) {
			rules_put_clause(s, c, rules_rels[i].rel);
			return;
		}
	}
	if (rules_find(c->text, rules_pick))
		rules_pick_clause(s, c);
	else if (rules_find(c->text, rules_put))
		rules_ask(s, AGENT_WHERE);
	else
		rules_refuse(s, AGENT_SENSELESS);
}

/* The first place where a clause ends; its separator has *@len bytes. */
static const char *rules_split(const char *text, size_t *len)
{
	const char *first = NULL;
	const char *p;
	int i;

	*len = 0;
	for (i = 0; rules_splits[i]; i++) {
		p = strstr(text, rules_splits[i]);
		if (p && (!first || p < first)) {
			first = p;
			*len = strlen(rules_splits[i]);
		}
	}
	return first ? first : text + strlen(text);
}

static void rules_lower(char *to, const char *from, size_t size)
{
	size_t i;

	for (i = 0; from[i] && i + 1 < size; i++)
		to[i] = tolower((unsigned char)from[i]);
	to[i] = '\0';
}

void agent_rules_answer(const struct agent_scene *scene, const char *instruction,
			struct agent_program *program)
{
	struct rules_state s = { scene, program, scene->held, scene->held, false };
	struct rules_clause c = { .objects = 0 };
	char text[AGENT_INSTRUCTION];
	const char *p = text;
	const char *end;
	size_t len;

	memset(program, 0, sizeof(*program));
	rules_lower(text, instruction, sizeof(text));
	while (*p) {
		end = rules_split(p, &len);
		if (end > p) {
			memset(&c, 0, sizeof(c));
			c.text[0] = ' ';
			memcpy(c.text + 1, p, end - p);
			c.text[end - p + 1] = ' ';
			rules_clause(&s, &c);
		}
		p = end + len;
	}
	if (!program->count)
		rules_refuse(&s, AGENT_SENSELESS);
}
