// SPDX-License-Identifier: MIT
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lang/rng.h"
#include "alloc.h"
#include "vocab.h"
#include "pretoken.h"

#define VOCAB_BYTES	256
#define VOCAB_VERSION	"#version: 0.2\n"

/**
 * struct vocab_merge - one merge
 * @part: the tokens that it merges
 * @len: bytes of what it makes
 * @piece: those bytes
 */
struct vocab_merge {
	int part[2];
	size_t len;
	char piece[TRAIN_PIECE_MAX];
};

struct vocab_whole {
	size_t len;
	char text[TRAIN_PIECE_MAX + 1];
};

/**
 * struct train_vocab - a vocabulary
 * @byte: the pieces of tokens 0 to 255
 * @merge: by rank
 * @whole: [wholes] whole words
 * @begins: whether some whole word begins with that byte
 * @slots: of @slot, a power of two, more than half of them free
 * @slot: ranks by a hash of their parts, -1 where free
 */
struct train_vocab {
	struct train_pretoken *pretoken;
	char byte[VOCAB_BYTES];
	struct vocab_merge *merge;
	int merges;
	struct vocab_whole *whole;
	int wholes;
	bool begins[VOCAB_BYTES];
	int slots;
	int *slot;
};

/* ---- Merges ----------------------------------------------------------------- */

/* The slot of the merge of @left and @right, or the one where it belongs. */
static int vocab_slot(const struct train_vocab *vocab, int left, int right)
{
	uint32_t hash = (left * 65536u + right) * 2654435769u;
	const int *part;
	int i = hash >> 12 & (vocab->slots - 1);

	while (vocab->slot[i] >= 0) {
		part = vocab->merge[vocab->slot[i]].part;
		if (part[0] == left && part[1] == right)
			break;
		i = (i + 1) & (vocab->slots - 1);
	}
	return i;
}

static void vocab_rehash(struct train_vocab *vocab)
{
	const int *part;
	int i;

	vocab->slots = vocab->slots ? 2 * vocab->slots : 1024;
	free(vocab->slot);
	vocab->slot = train_alloc(vocab->slots, sizeof(*vocab->slot));
	for (i = 0; i < vocab->slots; i++)
		vocab->slot[i] = -1;
	for (i = 0; i < vocab->merges; i++) {
		part = vocab->merge[i].part;
		vocab->slot[vocab_slot(vocab, part[0], part[1])] = i;
	}
}

struct train_vocab *train_vocab_create(void)
{
	struct train_vocab *vocab = train_alloc(1, sizeof(*vocab));
	int i;

	for (i = 0; i < VOCAB_BYTES; i++)
		vocab->byte[i] = i;
	vocab->pretoken = train_pretoken_create();
	vocab_rehash(vocab);
	return vocab;
}

void train_vocab_destroy(struct train_vocab *vocab)
{
	train_pretoken_destroy(vocab->pretoken);
	free(vocab->merge);
	free(vocab->whole);
	free(vocab->slot);
	free(vocab);
}

int train_vocab_merge(struct train_vocab *vocab, int left, int right)
{
	struct vocab_merge merge = { .part = { left, right } };
	size_t len[2];
	const char *piece[2];
	int i;

	for (i = 0; i < 2; i++)
		piece[i] = train_vocab_piece(vocab, merge.part[i], &len[i]);
	merge.len = len[0] + len[1];
	if (merge.len > TRAIN_PIECE_MAX ||
	    train_vocab_size(vocab) == TRAIN_VOCAB_MAX)
		return -1;
	memcpy(merge.piece, piece[0], len[0]);
	memcpy(merge.piece + len[0], piece[1], len[1]);
	if (2 * (vocab->merges + 1) > vocab->slots)
		vocab_rehash(vocab);
	vocab->slot[vocab_slot(vocab, left, right)] = vocab->merges;
	vocab->merge = train_grow(vocab->merge, vocab->merges,
				  sizeof(*vocab->merge));
	vocab->merge[vocab->merges] = merge;
	return VOCAB_BYTES + vocab->merges++;
}

int train_vocab_size(const struct train_vocab *vocab)
{
	return train_vocab_end(vocab) + 1;
}

int train_vocab_end(const struct train_vocab *vocab)
{
	return VOCAB_BYTES + vocab->merges + vocab->wholes;
}

int train_vocab_merges(const struct train_vocab *vocab)
{
	return vocab->merges;
}

void train_vocab_parts(const struct train_vocab *vocab, int rank, int part[2])
{
	memcpy(part, vocab->merge[rank].part, 2 * sizeof(*part));
}

const char *train_vocab_piece(const struct train_vocab *vocab, int id,
			      size_t *len)
{
	*len = 1;
	if (id < VOCAB_BYTES)
		return &vocab->byte[id];
	id -= VOCAB_BYTES;
	if (id < vocab->merges) {
		*len = vocab->merge[id].len;
		return vocab->merge[id].piece;
	}
	id -= vocab->merges;
	*len = id < vocab->wholes ? vocab->whole[id].len : 0;
	return id < vocab->wholes ? vocab->whole[id].text : "";
}

uint64_t train_vocab_hash(const struct train_vocab *vocab)
{
	uint64_t hash = vocab->merges;
	const char *piece;
	size_t len, i;
	int id;

	for (id = 0; id < train_vocab_end(vocab); id++) {
		piece = train_vocab_piece(vocab, id, &len);
		hash = agent_rng_mix(hash, len);
		for (i = 0; i < len; i++)
			hash = agent_rng_mix(hash, (unsigned char)piece[i]);
	}
	return hash;
}

/* ---- Whole words ------------------------------------------------------------ */

void train_vocab_add(struct train_vocab *vocab, const char *text)
{
	struct vocab_whole whole = { .len = strlen(text) };

	if (!whole.len || whole.len > TRAIN_PIECE_MAX ||
	    train_vocab_size(vocab) == TRAIN_VOCAB_MAX)
		errx(1, "a whole word has 1 to %d bytes, a vocabulary %d tokens at most: %s",
		     TRAIN_PIECE_MAX, TRAIN_VOCAB_MAX, text);
	memcpy(whole.text, text, whole.len + 1);
	vocab->whole = train_grow(vocab->whole, vocab->wholes,
				  sizeof(*vocab->whole));
	vocab->whole[vocab->wholes++] = whole;
	vocab->begins[(unsigned char)text[0]] = true;
}

int train_vocab_whole(const struct train_vocab *vocab, const char *text,
		      size_t len, size_t *size)
{
	const struct vocab_whole *w;
	int best = -1, i;

	*size = 0;
	for (i = 0; vocab->begins[(unsigned char)*text] && i < vocab->wholes;
	     i++) {
		w = &vocab->whole[i];
		if (w->len > len || w->len <= *size ||
		    memcmp(w->text, text, w->len))
			continue;
		*size = w->len;
		best = VOCAB_BYTES + vocab->merges + i;
	}
	return best;
}

bool train_vocab_is_whole(const struct train_vocab *vocab, int id)
{
	return id >= VOCAB_BYTES + vocab->merges && id < train_vocab_end(vocab);
}

/* ---- File ------------------------------------------------------------------- */

/* Bytes that print stand for themselves, the others are U+0100 and on. */
static int vocab_letter(int byte)
{
	if (byte <= ' ')
		return 0x100 + byte;
	if (byte >= 0x7f && byte <= 0xa0)
		return 0x121 + byte - 0x7f;
	return byte == 0xad ? 0x143 : byte;
}

void train_vocab_spell(const struct train_vocab *vocab, int id,
		       char text[2 * TRAIN_PIECE_MAX + 1])
{
	size_t len, i;
	const char *piece = train_vocab_piece(vocab, id, &len);
	int c;

	if (!len) {
		memcpy(text, TRAIN_TEXT_END, sizeof(TRAIN_TEXT_END));
		return;
	}
	for (i = 0; i < len; i++) {
		c = vocab_letter((unsigned char)piece[i]);
		if (c >= 0x80)
			*text++ = 0xc0 | c >> 6;
		*text++ = c >= 0x80 ? 0x80 | (c & 0x3f) : c;
	}
	*text = '\0';
}

void train_vocab_write(const struct train_vocab *vocab, const char *path)
{
	char left[2 * TRAIN_PIECE_MAX + 1], right[2 * TRAIN_PIECE_MAX + 1];
	FILE *f = fopen(path, "w");
	const int *part;
	int i, bad;

	if (!f)
		err(1, "%s", path);
	fputs(VOCAB_VERSION, f);
	for (i = 0; i < vocab->merges; i++) {
		part = vocab->merge[i].part;
		train_vocab_spell(vocab, part[0], left);
		train_vocab_spell(vocab, part[1], right);
		fprintf(f, "%s %s\n", left, right);
	}
	for (i = VOCAB_BYTES + vocab->merges; i < train_vocab_end(vocab); i++) {
		train_vocab_spell(vocab, i, left);
		fprintf(f, "%s\n", left);
	}
	bad = ferror(f);
	if (fclose(f) || bad)
		err(1, "%s", path);
}

/* The token of that spelling, or -1. */
static int vocab_find(const struct train_vocab *vocab, const char *spelled)
{
	char text[2 * TRAIN_PIECE_MAX + 1];
	int id;

	for (id = 0; id < train_vocab_end(vocab); id++) {
		train_vocab_spell(vocab, id, text);
		if (!strcmp(text, spelled))
			return id;
	}
	return -1;
}

/* The byte that the character at *@at spells, or -1; *@at goes behind it. */
static int vocab_unletter(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	int c = *p < 0x80 ? p[0] : (p[0] & 0x1f) << 6 | (p[1] & 0x3f), byte;

	*at += *p < 0x80 || !p[1] ? 1 : 2;
	for (byte = 0; byte < VOCAB_BYTES; byte++)
		if (vocab_letter(byte) == c)
			return byte;
	return -1;
}

static int vocab_read_whole(struct train_vocab *vocab, const char *line)
{
	char text[4 * TRAIN_PIECE_MAX + 4];
	int n = 0, byte;

	while (*line) {
		byte = vocab_unletter(&line);
		if (byte < 1)
			return -1;
		text[n++] = byte;
	}
	text[n] = '\0';
	if (!n || n > TRAIN_PIECE_MAX)
		return -1;
	train_vocab_add(vocab, text);
	return 0;
}

static int vocab_read_line(struct train_vocab *vocab, char *line)
{
	char *right = strchr(line, ' ');
	int part[2];

	line[strcspn(line, "\n")] = '\0';
	if (!right)
		return vocab_read_whole(vocab, line);
	*right++ = '\0';
	part[0] = vocab_find(vocab, line);
	part[1] = vocab_find(vocab, right);
	if (part[0] < 0 || part[1] < 0 || vocab->wholes)
		return -1;
	return train_vocab_merge(vocab, part[0], part[1]);
}

struct train_vocab *train_vocab_read(const char *path)
{
	struct train_vocab *vocab = train_vocab_create();
	char line[4 * TRAIN_PIECE_MAX + 4];
	FILE *f = fopen(path, "r");
	int n;

	if (!f)
		err(1, "%s", path);
	for (n = 1; fgets(line, sizeof(line), f); n++) {
		if (n == 1 ? strcmp(line, VOCAB_VERSION) :
			     vocab_read_line(vocab, line) < 0)
			errx(1, "%s:%d: neither a merge of tokens made so far nor a word",
			     path, n);
	}
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
	return vocab;
}

/* ---- Encoding --------------------------------------------------------------- */

/* The first place of the lowest merge in @id, or -1; *rank receives it. */
static int vocab_best(const struct train_vocab *vocab, const int *id, int n,
		      int *rank)
{
	int best = -1, i, found;

	*rank = INT32_MAX;
	for (i = 0; i + 1 < n; i++) {
		found = vocab->slot[vocab_slot(vocab, id[i], id[i + 1])];
		if (found >= 0 && found < *rank) {
			*rank = found;
			best = i;
		}
	}
	return best;
}

static int vocab_encode_word(const struct train_vocab *vocab, const char *word,
			     size_t len, int *id)
{
	int n = len, i, rank;

	for (i = 0; i < n; i++)
		id[i] = (unsigned char)word[i];
	while ((i = vocab_best(vocab, id, n, &rank)) >= 0) {
		id[i] = VOCAB_BYTES + rank;
		n--;
		memmove(id + i + 1, id + i + 2, (n - i - 1) * sizeof(*id));
	}
	return n;
}

/* A text without whole words. */
static int vocab_encode_rest(struct train_vocab *vocab, const char *text,
			     size_t len, int *id)
{
	size_t at = 0, next;
	int n = 0;

	while (at < len) {
		next = train_pretoken_next(vocab->pretoken, text, len, at);
		n += vocab_encode_word(vocab, text + at, next - at, id + n);
		at = next;
	}
	return n;
}

int train_vocab_encode(struct train_vocab *vocab, const char *text, size_t len,
		       int *id)
{
	size_t from = 0, at = 0, size;
	int n = 0, whole;

	while (at < len) {
		whole = train_vocab_whole(vocab, text + at, len - at, &size);
		if (whole < 0) {
			at++;
			continue;
		}
		n += vocab_encode_rest(vocab, text + from, at - from, id + n);
		id[n++] = whole;
		at += size;
		from = at;
	}
	return n + vocab_encode_rest(vocab, text + from, len - from, id + n);
}

void train_vocab_sample(struct train_vocab *vocab, const char *prompt,
			const char *answer, struct train_tokens *tokens)
{
	int end = train_vocab_end(vocab), n = 0;
	size_t len = strlen(answer);
	char *rest = train_alloc(len + 2, 1);

	rest[0] = ' ';
	memcpy(rest + 1, answer, len);
	tokens->id[n++] = end;
	n += train_vocab_encode(vocab, prompt, strlen(prompt), tokens->id + n);
	tokens->prompt = n;
	n += train_vocab_encode(vocab, rest, len + 1, tokens->id + n);
	tokens->id[n++] = end;
	tokens->count = n;
	free(rest);
}
