// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "learn.h"
#include "pretoken.h"

/* Characters of three bytes are U+0800 to U+FFFF. */
#define LEARN_CHARS 0x10000

/**
 * struct train_learn - words as they came
 * @word: ASCII words, with repetitions
 * @seen: how often each character of three bytes came
 */
struct train_learn {
	struct train_pretoken *pretoken;
	char **word;
	size_t count;
	long *seen;
};

/**
 * struct learn_word - a word that occurs @count times
 * @id: its @n tokens
 */
struct learn_word {
	long count;
	int n;
	int *id;
};

struct train_learn *train_learn_create(void)
{
	struct train_learn *learn = train_alloc(1, sizeof(*learn));

	learn->pretoken = train_pretoken_create();
	learn->seen = train_alloc(LEARN_CHARS, sizeof(*learn->seen));
	return learn;
}

void train_learn_destroy(struct train_learn *learn)
{
	while (learn->count)
		free(learn->word[--learn->count]);
	train_pretoken_destroy(learn->pretoken);
	free(learn->word);
	free(learn->seen);
	free(learn);
}

/* ---- Texts ------------------------------------------------------------------ */

static bool learn_is_ascii(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (word[i] & 0x80)
			return false;
	return true;
}

static void learn_add_word(struct train_learn *learn, const char *word,
			   size_t len)
{
	char *copy = train_alloc(len + 1, 1);

	memcpy(copy, word, len);
	learn->word = train_grow(learn->word, learn->count, sizeof(copy));
	learn->word[learn->count++] = copy;
}

/* The word is valid UTF-8: the pattern took it. */
static void learn_add_chars(struct train_learn *learn, const char *word,
			    size_t len)
{
	const unsigned char *p = (const unsigned char *)word;
	size_t i;

	for (i = 0; i + 2 < len; i++)
		if (p[i] >> 4 == 0xe)
			learn->seen[(p[i] & 0xf) << 12 | (p[i + 1] & 0x3f) << 6 |
				    (p[i + 2] & 0x3f)]++;
}

static void learn_add_rest(struct train_learn *learn, const char *text,
			   size_t len)
{
	size_t at = 0, next;

	while (at < len) {
		next = train_pretoken_next(learn->pretoken, text, len, at);
		if (learn_is_ascii(text + at, next - at))
			learn_add_word(learn, text + at, next - at);
		else
			learn_add_chars(learn, text + at, next - at);
		at = next;
	}
}

void train_learn_add(struct train_learn *learn,
		     const struct train_vocab *vocab, const char *text)
{
	size_t len = strlen(text), from = 0, at = 0, size;

	while (at < len) {
		if (train_vocab_whole(vocab, text + at, len - at, &size) < 0) {
			at++;
			continue;
		}
		learn_add_rest(learn, text + from, at - from);
		at += size;
		from = at;
	}
	learn_add_rest(learn, text + from, len - from);
}

/* ---- ASCII ------------------------------------------------------------------ */

static int learn_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void learn_split(struct learn_word *word, const char *text, long count)
{
	word->count = count;
	word->n = strlen(text);
	word->id = train_alloc(word->n, sizeof(*word->id));
	for (count = 0; count < word->n; count++)
		word->id[count] = text[count];
}

/* The different words, each with its frequency; *n receives their number. */
static struct learn_word *learn_count(const struct train_learn *learn,
				      size_t *n)
{
	char **text = learn->word;
	struct learn_word *word = NULL;
	size_t i, first;

	*n = 0;
	qsort(text, learn->count, sizeof(*text), learn_compare);
	for (first = 0; first < learn->count; first = i) {
		i = first + 1;
		while (i < learn->count && !strcmp(text[i], text[first]))
			i++;
		word = train_grow(word, *n, sizeof(*word));
		learn_split(&word[(*n)++], text[first], i - first);
	}
	return word;
}

static bool learn_digit(const struct train_vocab *vocab, int id)
{
	size_t len;
	const char *piece = train_vocab_piece(vocab, id, &len);

	return isdigit((unsigned char)piece[len - 1]);
}

static void learn_count_pairs(const struct learn_word *word, size_t n,
			      int size, long *pairs)
{
	const struct learn_word *w;
	int i;

	memset(pairs, 0, (size_t)size * size * sizeof(*pairs));
	for (w = word; w < word + n; w++)
		for (i = 0; i + 1 < w->n; i++)
			pairs[(size_t)w->id[i] * size + w->id[i + 1]] +=
				w->count;
}

/* The most frequent pair as left * size + right, or -1. */
static long learn_best(const struct train_vocab *vocab, const long *pairs,
		       int size, long least)
{
	long best = -1, count = least - 1, i;

	for (i = 0; i < (long)size * size; i++) {
		if (pairs[i] <= count ||
		    (learn_digit(vocab, i / size) &&
		     learn_digit(vocab, i % size)))
			continue;
		count = pairs[i];
		best = i;
	}
	return best;
}

static void learn_apply(struct learn_word *word, int left, int right, int id)
{
	int i, n = 0;

	for (i = 0; i < word->n; i++) {
		if (i + 1 < word->n && word->id[i] == left &&
		    word->id[i + 1] == right) {
			word->id[n++] = id;
			i++;
		} else {
			word->id[n++] = word->id[i];
		}
	}
	word->n = n;
}

/* Merges the best pair; false where there is none. */
static bool learn_merge(struct train_vocab *vocab, struct learn_word *word,
			size_t n, long least)
{
	int size = train_vocab_end(vocab), id;
	long *pairs = train_alloc((size_t)size * size, sizeof(*pairs));
	long best;
	size_t i;

	learn_count_pairs(word, n, size, pairs);
	best = learn_best(vocab, pairs, size, least);
	free(pairs);
	if (best < 0)
		return false;
	id = train_vocab_merge(vocab, best / size, best % size);
	for (i = 0; id >= 0 && i < n; i++)
		learn_apply(&word[i], best / size, best % size, id);
	return id >= 0;
}

void train_learn_ascii(const struct train_learn *learn,
		       struct train_vocab *vocab, int merges, long least)
{
	struct learn_word *word;
	size_t n, i;

	word = learn_count(learn, &n);
	while (merges-- && learn_merge(vocab, word, n, least))
		;
	for (i = 0; i < n; i++)
		free(word[i].id);
	free(word);
}

/* ---- Characters ------------------------------------------------------------- */

void train_learn_chars(const struct train_learn *learn,
		       struct train_vocab *vocab, long least)
{
	int c, start = -1, prefix = -1;

	for (c = 0; c < LEARN_CHARS; c++) {
		if (learn->seen[c] < least)
			continue;
		/* The first two bytes tell all but the last six bits. */
		if (c >> 6 != start) {
			start = c >> 6;
			prefix = train_vocab_merge(vocab, 0xe0 | c >> 12,
						   0x80 | (c >> 6 & 0x3f));
		}
		if (prefix < 0 ||
		    train_vocab_merge(vocab, prefix, 0x80 | (c & 0x3f)) < 0)
			return;
	}
}
