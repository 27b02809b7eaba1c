// SPDX-License-Identifier: MIT
/*
 * The vocabulary: the bytes and the type of every token, and the ways to find
 * a token by its bytes. Every look-up costs at most the length of a token
 * times a logarithm, which is why tokens have a greatest length.
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer_internal.h"

#define TOKENS_KEY	"tokenizer.ggml.tokens"
#define TYPES_KEY	"tokenizer.ggml.token_type"

static int vocab_nomem(const struct tnpu_gguf *gguf, struct tnpu_errmsg *err)
{
	return tnpu_errmsg_set(err, -ENOMEM, "%s: no memory for the vocabulary",
			       tnpu_gguf_name(gguf));
}

/* Bytes of a token that a message shows. */
static int vocab_shown(size_t len)
{
	return len < 64 ? (int)len : 64;
}

/* The byte of "<0x41>", or -1. */
static int vocab_parse_byte(struct tnpu_gguf_str str)
{
	char digits[3];
	char *end;
	long val;

	if (str.len != 6 || memcmp(str.ptr, "<0x", 3) || str.ptr[5] != '>')
		return -1;
	memcpy(digits, str.ptr + 3, 2);
	digits[2] = '\0';
	val = strtol(digits, &end, 16);
	/* strtol() would take a sign or a space as well. */
	if (end != digits + 2 || digits[0] < '0')
		return -1;
	return val;
}

/* Types where the file has none: bytes by their look, the rest by their ids. */
static void vocab_guess_types(struct tnpu_tokenizer *tok,
			      const struct tnpu_gguf_array *tokens)
{
	struct tnpu_vocab *vocab = &tok->vocab;
	uint32_t i;

	memset(vocab->type, TNPU_TOKEN_NORMAL, vocab->count);
	for (i = 0; i < vocab->count; i++)
		if (vocab_parse_byte(tnpu_gguf_array_str(tokens, i)) >= 0)
			vocab->type[i] = TNPU_TOKEN_BYTE;
	if (tok->info.unk >= 0)
		vocab->type[tok->info.unk] = TNPU_TOKEN_UNKNOWN;
	if (tok->info.bos >= 0)
		vocab->type[tok->info.bos] = TNPU_TOKEN_CONTROL;
	if (tok->info.eos >= 0)
		vocab->type[tok->info.eos] = TNPU_TOKEN_CONTROL;
}

static int vocab_load_types(struct tnpu_tokenizer *tok,
			    const struct tnpu_gguf *gguf,
			    const struct tnpu_gguf_array *tokens,
			    struct tnpu_errmsg *err)
{
	struct tnpu_gguf_array types;
	uint32_t i, type;
	int ret;

	ret = tnpu_gguf_get_array(gguf, TYPES_KEY, TNPU_GGUF_INT32, &types,
				  err);
	if (ret == -ENOENT) {
		vocab_guess_types(tok, tokens);
		return 0;
	}
	if (ret)
		return ret;
	if (types.count != tokens->count)
		return tnpu_errmsg_set(err, -EINVAL,
				       "%s: %s has %u entries for %u tokens",
				       tnpu_gguf_name(gguf), TYPES_KEY,
				       types.count, tokens->count);
	for (i = 0; i < types.count; i++) {
		type = tnpu_gguf_array_i32(&types, i);
		if (type > TNPU_TOKEN_BYTE)
			return tnpu_errmsg_set(err, -ERANGE,
					       "%s: token %u has type %d; 0 to %d are defined",
					       tnpu_gguf_name(gguf), i,
					       (int32_t)type, TNPU_TOKEN_BYTE);
		tok->vocab.type[i] = type;
	}
	tok->vocab.typed = true;
	return 0;
}

/* The bytes that token @i stands for, which are never more than its text. */
static int vocab_decode(struct tnpu_tokenizer *tok, uint32_t i,
			struct tnpu_gguf_str str, char *dst, size_t *len)
{
	int byte;

	*len = str.len;
	switch (tok->vocab.type[i]) {
	case TNPU_TOKEN_UNDEFINED:
	case TNPU_TOKEN_NORMAL:
		*len = tok->family->decode(str.ptr, str.len, dst);
		return 0;
	case TNPU_TOKEN_BYTE:
		byte = vocab_parse_byte(str);
		if (byte < 0)
			return -EINVAL;
		*len = 1;
		*dst = byte;
		tok->vocab.byte_id[byte] = i;
		return 0;
	default:
		memcpy(dst, str.ptr, str.len);
		return 0;
	}
}

static int vocab_load_text(struct tnpu_tokenizer *tok,
			   const struct tnpu_gguf *gguf,
			   const struct tnpu_gguf_array *tokens,
			   struct tnpu_errmsg *err)
{
	struct tnpu_vocab *vocab = &tok->vocab;
	struct tnpu_gguf_str str;
	size_t total = 0, len;
	uint32_t i;

	for (i = 0; i < vocab->count; i++)
		total += tnpu_gguf_array_str(tokens, i).len;
	vocab->text = malloc(total + 1);
	if (!vocab->text)
		return vocab_nomem(gguf, err);
	for (i = 0; i < vocab->count; i++) {
		str = tnpu_gguf_array_str(tokens, i);
		if (vocab_decode(tok, i, str, vocab->text + vocab->start[i],
				 &len))
			return tnpu_errmsg_set(err, -EINVAL,
					       "%s: byte token %u reads %.*s, not <0x00> to <0xFF>",
					       tnpu_gguf_name(gguf), i,
					       vocab_shown(str.len), str.ptr);
		if (len > TNPU_TOKENIZER_PIECE_MAX)
			return tnpu_errmsg_set(err, -E2BIG,
					       "%s: token %u has %zu bytes; at most %u are allowed",
					       tnpu_gguf_name(gguf), i, len,
					       TNPU_TOKENIZER_PIECE_MAX);
		vocab->start[i + 1] = vocab->start[i] + len;
		if (len > vocab->max_len)
			vocab->max_len = len;
	}
	return 0;
}

static uint64_t vocab_prefix(const char *bytes, size_t len)
{
	uint64_t prefix = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		prefix = prefix << 8 | (i < len ? (uint8_t)bytes[i] : 0);
	return prefix;
}

static int vocab_text_cmp(const char *a, size_t a_len, const char *b,
			  size_t b_len)
{
	int cmp = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return cmp ? cmp : (a_len > b_len) - (a_len < b_len);
}

/*
 * Of several tokens with the same bytes the last one counts, but a normal one
 * before a user-defined one: that is the order which puts it in front.
 */
static int vocab_entry_cmp(const void *a, const void *b, void *ctx)
{
	const struct tnpu_vocab_entry *l = a, *r = b;
	const struct tnpu_vocab *vocab = ctx;
	bool l_user, r_user;
	int cmp;

	if (l->prefix != r->prefix)
		return l->prefix < r->prefix ? -1 : 1;
	cmp = vocab_text_cmp(vocab->text + vocab->start[l->id], l->len,
			     vocab->text + vocab->start[r->id], r->len);
	if (cmp)
		return cmp;
	l_user = vocab->type[l->id] == TNPU_TOKEN_USER_DEFINED;
	r_user = vocab->type[r->id] == TNPU_TOKEN_USER_DEFINED;
	if (l_user != r_user)
		return l_user ? 1 : -1;
	return l->id > r->id ? -1 : 1;
}

static bool vocab_entry_equal(const struct tnpu_vocab *vocab,
			      const struct tnpu_vocab_entry *a,
			      const struct tnpu_vocab_entry *b)
{
	return a->len == b->len &&
	       !memcmp(vocab->text + vocab->start[a->id],
		       vocab->text + vocab->start[b->id], a->len);
}

static bool vocab_is_piece(uint8_t type)
{
	return type == TNPU_TOKEN_UNDEFINED || type == TNPU_TOKEN_NORMAL ||
	       type == TNPU_TOKEN_USER_DEFINED;
}

static void vocab_sort(struct tnpu_vocab *vocab)
{
	struct tnpu_vocab_entry *sorted = vocab->sorted;
	uint32_t i, n = 0, kept = 0;
	const char *text;
	size_t len;

	for (i = 0; i < vocab->count; i++) {
		text = tnpu_vocab_text(vocab, i, &len);
		if (!len || !vocab_is_piece(vocab->type[i]))
			continue;
		sorted[n].prefix = vocab_prefix(text, len);
		sorted[n].len = len;
		sorted[n++].id = i;
	}
	qsort_r(sorted, n, sizeof(*sorted), vocab_entry_cmp, vocab);
	for (i = 0; i < n; i++)
		if (!kept || !vocab_entry_equal(vocab, &sorted[kept - 1],
						&sorted[i]))
			sorted[kept++] = sorted[i];
	vocab->n_sorted = kept;
}

static bool vocab_is_special(uint8_t type)
{
	return type == TNPU_TOKEN_CONTROL || type == TNPU_TOKEN_UNKNOWN ||
	       type == TNPU_TOKEN_USER_DEFINED;
}

static int vocab_special_cmp(const void *a, const void *b, void *ctx)
{
	uint32_t l = *(const uint32_t *)a, r = *(const uint32_t *)b;
	const struct tnpu_vocab *vocab = ctx;
	size_t l_len, r_len;
	const char *l_text = tnpu_vocab_text(vocab, l, &l_len);
	const char *r_text = tnpu_vocab_text(vocab, r, &r_len);
	int cmp = vocab_text_cmp(l_text, l_len, r_text, r_len);

	return cmp ? cmp : (l > r) - (l < r);
}

static int vocab_sort_special(struct tnpu_vocab *vocab)
{
	uint32_t i, n = 0;
	const char *text;
	size_t len;

	for (i = 0; i < vocab->count; i++)
		n += vocab_is_special(vocab->type[i]);
	vocab->special = calloc(n + 1, sizeof(*vocab->special));
	if (!vocab->special)
		return -ENOMEM;
	for (i = 0; i < vocab->count; i++) {
		text = tnpu_vocab_text(vocab, i, &len);
		if (!len || !vocab_is_special(vocab->type[i]))
			continue;
		vocab->special[vocab->n_special++] = i;
		vocab->special_first[(uint8_t)text[0]] = true;
	}
	qsort_r(vocab->special, vocab->n_special, sizeof(*vocab->special),
		vocab_special_cmp, vocab);
	return 0;
}

int tnpu_vocab_load(struct tnpu_tokenizer *tok, const struct tnpu_gguf *gguf,
		    struct tnpu_errmsg *err)
{
	struct tnpu_vocab *vocab = &tok->vocab;
	struct tnpu_gguf_array tokens;
	int ret;

	memset(vocab->byte_id, 0xff, sizeof(vocab->byte_id));
	ret = tnpu_gguf_get_array(gguf, TOKENS_KEY, TNPU_GGUF_STRING, &tokens,
				  err);
	if (ret)
		return ret;
	vocab->count = tokens.count;
	vocab->type = calloc(vocab->count, sizeof(*vocab->type));
	vocab->start = calloc(vocab->count + 1, sizeof(*vocab->start));
	vocab->sorted = calloc(vocab->count, sizeof(*vocab->sorted));
	if (!vocab->type || !vocab->start || !vocab->sorted)
		return vocab_nomem(gguf, err);
	ret = vocab_load_types(tok, gguf, &tokens, err);
	if (!ret)
		ret = vocab_load_text(tok, gguf, &tokens, err);
	if (ret)
		return ret;
	vocab_sort(vocab);
	return vocab_sort_special(vocab) ? vocab_nomem(gguf, err) : 0;
}

void tnpu_vocab_free(struct tnpu_vocab *vocab)
{
	free(vocab->text);
	free(vocab->start);
	free(vocab->type);
	free(vocab->sorted);
	free(vocab->special);
}

int tnpu_vocab_compare(const struct tnpu_vocab *a, const struct tnpu_vocab *b,
		       struct tnpu_errmsg *err)
{
	bool typed = a->typed && b->typed;
	const char *a_text, *b_text;
	size_t a_len, b_len;
	uint32_t i;

	if (a->count != b->count)
		return tnpu_errmsg_set(err, -EINVAL, "%u tokens, not %u",
				       a->count, b->count);
	for (i = 0; i < a->count; i++) {
		a_text = tnpu_vocab_text(a, i, &a_len);
		b_text = tnpu_vocab_text(b, i, &b_len);
		if (vocab_text_cmp(a_text, a_len, b_text, b_len))
			return tnpu_errmsg_set(err, -EINVAL,
					       "token %u is \"%.*s\", not \"%.*s\"",
					       i, vocab_shown(a_len), a_text,
					       vocab_shown(b_len), b_text);
		if (typed && a->type[i] != b->type[i])
			return tnpu_errmsg_set(err, -EINVAL,
					       "token %u has type %u, not %u",
					       i, a->type[i], b->type[i]);
	}
	return 0;
}

int32_t tnpu_vocab_find(const struct tnpu_vocab *vocab, const char *bytes,
			size_t len)
{
	uint32_t lo = 0, hi = vocab->n_sorted, mid;
	const struct tnpu_vocab_entry *entry;
	uint64_t prefix;
	int cmp;

	if (len > vocab->max_len)
		return TNPU_TOKEN_NONE;
	prefix = vocab_prefix(bytes, len);
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		entry = &vocab->sorted[mid];
		if (entry->prefix != prefix)
			cmp = prefix < entry->prefix ? -1 : 1;
		else
			cmp = vocab_text_cmp(bytes, len, vocab->text +
					     vocab->start[entry->id],
					     entry->len);
		if (!cmp)
			return entry->id;
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return TNPU_TOKEN_NONE;
}

/*
 * First of the special tokens lo to hi, which agree in @depth bytes, whose
 * next byte is at least @byte; one that ends there comes before all others.
 */
static uint32_t special_bound(const struct tnpu_vocab *vocab, uint32_t lo,
			      uint32_t hi, size_t depth, int byte)
{
	const char *text;
	uint32_t mid;
	size_t len;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		text = tnpu_vocab_text(vocab, vocab->special[mid], &len);
		if (len > depth && (uint8_t)text[depth] >= byte)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

int32_t tnpu_vocab_find_special(const struct tnpu_vocab *vocab,
				const char *text, size_t len, bool control)
{
	uint32_t lo = 0, hi = vocab->n_special;
	int32_t best = TNPU_TOKEN_NONE;
	size_t depth, found;
	uint32_t id;
	int byte;

	if (!len || !vocab->special_first[(uint8_t)text[0]])
		return best;
	for (depth = 0; depth < len; depth++) {
		byte = (uint8_t)text[depth];
		lo = special_bound(vocab, lo, hi, depth, byte);
		hi = special_bound(vocab, lo, hi, depth, byte + 1);
		if (lo == hi)
			break;
		id = vocab->special[lo];
		tnpu_vocab_text(vocab, id, &found);
		if (found == depth + 1 &&
		    (control || vocab->type[id] == TNPU_TOKEN_USER_DEFINED))
			best = id;
	}
	return best;
}
