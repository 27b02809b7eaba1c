// SPDX-License-Identifier: MIT
/*
 * Made-up words. A model that has seen many of them must find any word of the
 * instruction in the scene, also one that it has never met.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "draft.h"

#define INVENT_CJK_FIRST	0x4e00
#define INVENT_CJK_COUNT	0x5000

static const char *const onsets[] = {
	"b", "bl", "br", "c", "ch", "cl", "cr", "d", "dr", "f", "fl", "fr", "g", "gl", "gr",
	"h", "j", "k", "kl", "l", "m", "n", "p", "pl", "pr", "qu", "r", "s", "sc", "sh", "sk",
	"sl", "sm", "sn", "sp", "spr", "st", "str", "sw", "t", "th", "tr", "tw", "v", "w", "wh",
	"y", "z", "", NULL
};

static const char *const vowels[] = {
	"a", "a", "e", "e", "i", "i", "o", "o", "u", "ai", "ea", "ee", "oa", "oo", "ou", "oi",
	"au", NULL
};

static const char *const codas[] = {
	"", "", "", "b", "ck", "d", "ff", "g", "l", "ll", "m", "mp", "n", "ng", "nk",
	"nt", "p", "r", "rd", "rk", "rm", "rn", "rt", "s", "sh", "sk", "st", "t", "tch", "x",
	"zz", NULL
};

static const char *const endings[] = {
	"er", "le", "el", "et", "in", "on", "or", "y", "us", "a", "o", "ow", "ish", "ic", "ine",
	"ant", "ory", "um", "ax", "age", "ie", "ive", "ette", NULL
};

/* Characters that names of things are often made of. */
static const char invent_cjk[] =
	"布米木金水火土石玉竹草花果瓜豆麦茶酒盐糖油纸笔墨书画琴棋"
	"车船马牛羊猪狗猫鸟鱼虫蛇虎龙山河湖海云雨雪风雷电星月日天"
	"地门窗床桌椅柜灯镜钟表伞扇鞋帽衣裤裙袋包箱盒瓶罐壶碗盘勺"
	"锅刀叉剪针线绳网钩锁链环珠球轮板片条块棒管筒架台座盖垫套"
	"圈扣夹钳锤锯钻螺钉铲耙犁磨秤尺规笛鼓号锣铃哨旗牌章印票卡"
	"钱币奖杯冠甲盾弓箭枪炮弹塔桥亭楼房屋墙砖瓦柱梁楔楞棱锥圆"
	"方角边心耳眼鼻口舌牙手足头骨皮毛羽翅尾蛋壳丝棉麻绒毯席帘"
	"帐幕巾带领袖兜囊鞍缰铛铜铁锡铝钢漆胶蜡炭灰沙泥浆膏粉药丸"
	"饼糕面饭粥汤菜葱蒜姜椒茄萝卜薯莲藕桃李杏梅梨枣橘柚柿葡萄";

/* One is in the other. */
static bool invent_overlap(const char *a, const char *b)
{
	return strstr(a, b) || strstr(b, a);
}

/* They cannot be told apart: words of English end where letters do. */
static bool invent_clash(const char *a, const char *b)
{
	return isascii((unsigned char)*a) ? !strcmp(a, b) : invent_overlap(a, b);
}

static bool invent_listed(const char *const *list, const char *word,
			  bool (*same)(const char *, const char *))
{
	for (; *list; list++)
		if (same(*list, word))
			return true;
	return false;
}

static bool invent_noun_listed(const struct agent_noun *noun, const char *word,
			       bool (*same)(const char *, const char *))
{
	int i;

	for (; noun->form[0]; noun++)
		for (i = 0; i < AGENT_FORMS && noun->form[i]; i++)
			if (same(noun->form[i], word) ||
			    (noun->plural[i] && same(noun->plural[i], word)))
				return true;
	return false;
}

/* Chinese colours also go without their last character: "紫方块". */
static bool invent_short_listed(const char *const *list, const char *word)
{
	char first[4] = "";

	for (; *list; list++) {
		memcpy(first, *list, 3);
		if (strstr(word, first))
			return true;
	}
	return false;
}

/* A word must stay what it is, and a held-out one must stay unseen, in parts too. */
static bool invent_taken(const struct agent_draft *d, const char *word)
{
	const struct agent_lexicon *l = d->language->lexicon;
	int i;

	for (i = 0; i < d->words; i++)
		if (invent_clash(d->word[i], word))
			return true;
	return invent_short_listed(l->colour_held_out, word) ||
	       invent_listed(l->colour, word, invent_clash) ||
	       invent_listed(l->colour_held_out, word, invent_overlap) ||
	       invent_listed(l->attribute, word, invent_clash) ||
	       invent_noun_listed(l->noun, word, invent_clash) ||
	       invent_noun_listed(l->noun_held_out, word, invent_overlap);
}

static void invent_english(struct agent_rng *rng, char *word, size_t size)
{
	int syllables = 1 + agent_rng_chance(rng, 45);
	size_t len = 0;
	int i;

	for (i = 0; i < syllables; i++)
		len += snprintf(word + len, size - len, "%s%s%s", agent_list_draw(rng, onsets),
				agent_list_draw(rng, vowels), agent_list_draw(rng, codas));
	if (len < 3 || agent_rng_chance(rng, 40))
		snprintf(word + len, size - len, "%s", agent_list_draw(rng, endings));
}

/* Half of the characters are common, half are any of the 20,480 in Unicode's block. */
static size_t invent_character(struct agent_rng *rng, char *word)
{
	unsigned int code;

	if (agent_rng_chance(rng, 50)) {
		code = agent_rng_below(rng, (sizeof(invent_cjk) - 1) / 3);
		memcpy(word, invent_cjk + code * 3, 3);
		return 3;
	}
	code = INVENT_CJK_FIRST + agent_rng_below(rng, INVENT_CJK_COUNT);
	word[0] = 0xe0 | code >> 12;
	word[1] = 0x80 | (code >> 6 & 0x3f);
	word[2] = 0x80 | (code & 0x3f);
	return 3;
}

static void invent_chinese(struct agent_rng *rng, bool colour, char *word, size_t size)
{
	int n = colour ? 1 + agent_rng_chance(rng, 15) : 2 + agent_rng_chance(rng, 20);
	size_t len = 0;

	while (n--)
		len += invent_character(rng, word + len);
	snprintf(word + len, size - len, "%s", colour ? "色" : "");
}

void agent_invent_word(struct agent_rng *rng, enum agent_tongue tongue, bool colour, char *word,
		       size_t size)
{
	if (tongue == AGENT_ENGLISH)
		invent_english(rng, word, size);
	else
		invent_chinese(rng, colour, word, size);
}

/* A word of the scene, or a real noun: what a new word may look like. */
static const char *invent_draw_like(struct agent_draft *d)
{
	const struct agent_noun *noun;

	if (d->words && agent_rng_chance(d->rng, 60))
		return d->word[agent_rng_below(d->rng, d->words)];
	noun = agent_world_draw_noun(d, false);
	return noun->form[noun->form[1] && agent_rng_chance(d->rng, 50)];
}

/*
 * Begins or ends as another word does, or has all of it in it, as "teapot" has "pot": such words
 * are told apart by all their parts.
 */
static void invent_english_like(struct agent_rng *rng, const char *like, char *word, size_t size)
{
	const int len = strlen(like);
	const int keep = len < 3 ? len : 2 + agent_rng_below(rng, len - 1);

	if (agent_rng_chance(rng, 65))
		snprintf(word, size, "%.*s%s", keep, like, agent_list_draw(rng, endings));
	else
		snprintf(word, size, "%s%s%s", agent_list_draw(rng, onsets),
			 agent_list_draw(rng, vowels), like + len - keep);
}

/* Has a character of another word in the place of its first or last one; colours end as all do. */
static void invent_chinese_like(struct agent_rng *rng, const char *like, bool colour, char *word)
{
	const size_t from = agent_rng_chance(rng, 50) ? 0 : strlen(like) - 3;
	const size_t to = colour || agent_rng_chance(rng, 50) ? 0 : strlen(word) - 3;

	if (strncmp(like + from, "色", 3))
		memcpy(word + to, like + from, 3);
}

static void invent_word_like(struct agent_draft *d, const char *like, bool colour, char *word,
			     size_t size)
{
	if (strchr(like, ' ') || strlen(like) + 8 > size)
		return;
	if (d->sample->scene.tongue == AGENT_ENGLISH)
		invent_english_like(d->rng, like, word, size);
	else
		invent_chinese_like(d->rng, like, colour, word);
}

static char *invent_keep(struct agent_draft *d, bool colour)
{
	char *word = d->word[d->words];
	const size_t size = sizeof(d->word[0]) - 2;

	if (d->words + 2 > AGENT_INVENTED)
		return NULL;
	do {
		agent_invent_word(d->rng, d->sample->scene.tongue, colour, word, size);
		if (agent_rng_chance(d->rng, 40))
			invent_word_like(d, invent_draw_like(d), colour, word, size);
	} while (invent_taken(d, word));
	d->words++;
	return word;
}

const char *agent_invent_colour(struct agent_draft *d)
{
	return invent_keep(d, true);
}

/* "boxes", "dishes", "dolls" */
static void invent_plural(const char *word, char *plural, size_t size)
{
	size_t len = strlen(word);
	bool hissing = strchr("sxz", word[len - 1]) || (len > 1 && !strcmp(word + len - 2, "sh")) ||
		       (len > 1 && !strcmp(word + len - 2, "ch"));

	snprintf(plural, size, "%s%s", word, hissing ? "es" : "s");
}

const struct agent_noun *agent_invent_noun(struct agent_draft *d)
{
	struct agent_noun *noun = &d->noun[d->nouns];
	char *word;

	if (d->nouns == AGENT_INVENTED)
		return NULL;
	word = invent_keep(d, false);
	if (!word)
		return NULL;
	*noun = (struct agent_noun) { .form = { word }, .container = true };
	if (d->sample->scene.tongue == AGENT_ENGLISH) {
		invent_plural(word, d->word[d->words], sizeof(d->word[0]));
		noun->plural[0] = d->word[d->words++];
	}
	d->nouns++;
	return noun;
}
