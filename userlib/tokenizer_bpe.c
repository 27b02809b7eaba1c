// SPDX-License-Identifier: MIT
/*
 * Byte-level BPE: a pattern cuts the text into words, and inside of a word
 * neighbours merge in the order of the file's list of merges. The file writes
 * bytes that do not print as other characters; tokens are kept as plain bytes.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "tokenizer_internal.h"
#include "utf8.h"

#define MERGES_KEY	"tokenizer.ggml.merges"
#define PRE_KEY		"tokenizer.ggml.pre"

/*
 * White space by its Unicode property, as in the models' own tokenizers:
 * PCRE2's \s also takes U+180E, which is none.
 */
#define WS	"\\p{White_Space}"
#define LETTER	"\\p{L}"
#define NUMBER	"\\p{N}"
#define TRAIL	WS "+(?!\\P{White_Space})|" WS "+"

#define PATTERN_GPT2 \
	"'s|'t|'re|'ve|'m|'ll|'d" \
	"| ?" LETTER "+" \
	"| ?" NUMBER "+" \
	"| ?[^" WS LETTER NUMBER "]+" \
	"|" TRAIL

/* Those of qwen2 and llama-bpe differ in how many digits make a word. */
#define PATTERN_DIGITS(digits) \
	"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]" \
	"|[^\\r\\n" LETTER NUMBER "]?" LETTER "+" \
	"|" digits \
	"| ?[^" WS LETTER NUMBER "]+[\\r\\n]*" \
	"|" WS "*[\\r\\n]+" \
	"|" TRAIL

static const struct bpe_pre {
	const char *name;
	const char *pattern;
	bool whole_words;	/* a word that is a token is not cut */
	bool add_bos;		/* default */
} bpe_pres[] = {
	{ "default", PATTERN_GPT2 },
	{ "gpt-2", PATTERN_GPT2 },
	{ "qwen2", PATTERN_DIGITS(NUMBER) },
	{ "llama-bpe", PATTERN_DIGITS(NUMBER "{1,3}"), true, true },
};

struct bpe_merge {
	uint64_t pair;		/* left id << 32 | right id */
	uint32_t rank;
	uint32_t id;
};

struct bpe {
	const struct bpe_pre *pre;
	pcre2_code *pattern;
	pcre2_match_context *match;
	struct bpe_merge *merges;	/* by pair */
	uint32_t n_merges;
};

/*
 * The byte behind a character, or -1. Printing bytes stand for themselves;
 * the others, in order, are U+0100 to U+0143.
 */
static int bpe_byte(uint32_t c)
{
	if ((c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xff && c != 0xad))
		return c;
	if (c >= 0x100 && c <= 0x120)
		return c - 0x100;
	if (c >= 0x121 && c <= 0x142)
		return c - 0x121 + 0x7f;
	return c == 0x143 ? 0xad : -1;
}

/* Characters that stand for no byte are kept as they are. */
static size_t bpe_decode(const char *src, size_t len, char *dst)
{
	const uint8_t *p = (const uint8_t *)src;
	size_t i = 0, n = 0;
	uint32_t c, k;
	int byte;

	while (i < len) {
		k = 1;
		c = p[i];
		/* All characters concerned have at most two bytes. */
		if (tnpu_utf8_char(src + i, len - i) == 2) {
			c = (p[i] & 0x1f) << 6 | (p[i + 1] & 0x3f);
			k = 2;
		}
		byte = k == 2 || c < 0x80 ? bpe_byte(c) : -1;
		if (byte < 0) {
			memcpy(dst + n, src + i, k);
			n += k;
		} else {
			dst[n++] = byte;
		}
		i += k;
	}
	return n;
}

static int bpe_merge_cmp(const void *a, const void *b)
{
	const struct bpe_merge *l = a, *r = b;

	if (l->pair != r->pair)
		return l->pair < r->pair ? -1 : 1;
	return (l->rank > r->rank) - (l->rank < r->rank);
}

/*
 * Read "left right". The parts are tokens, and so is their concatenation; a
 * merge that names something else could never lead to a token and is left out.
 * Return: 1, 0 where it is left out, -EINVAL where there are no two parts.
 */
static int bpe_parse_merge(const struct tnpu_vocab *vocab,
			   struct tnpu_gguf_str str, char *buf,
			   struct bpe_merge *merge)
{
	const char *space;
	int32_t left, right, id;
	size_t l_len, r_len;

	/* The first character may not be the separator. */
	space = str.len > 2 ? memchr(str.ptr + 1, ' ', str.len - 2) : NULL;
	if (!space)
		return -EINVAL;
	l_len = bpe_decode(str.ptr, space - str.ptr, buf);
	r_len = bpe_decode(space + 1, str.ptr + str.len - space - 1,
			   buf + l_len);
	left = tnpu_vocab_find(vocab, buf, l_len);
	right = tnpu_vocab_find(vocab, buf + l_len, r_len);
	id = tnpu_vocab_find(vocab, buf, l_len + r_len);
	if (left < 0 || right < 0 || id < 0)
		return 0;
	merge->pair = (uint64_t)left << 32 | right;
	merge->id = id;
	return 1;
}

static int bpe_read_merges(struct tnpu_tokenizer *tok,
			   const struct tnpu_gguf *gguf,
			   const struct tnpu_gguf_array *lines, char *buf,
			   struct tnpu_errmsg *err)
{
	struct bpe *bpe = tok->priv;
	struct bpe_merge *merge;
	uint32_t i;
	int ret;

	for (i = 0; i < lines->count; i++) {
		merge = &bpe->merges[bpe->n_merges];
		merge->rank = i;
		ret = bpe_parse_merge(&tok->vocab,
				      tnpu_gguf_array_str(lines, i), buf,
				      merge);
		if (ret < 0)
			return tnpu_errmsg_set(err, -EINVAL,
					       "%s: merge %u is not of the form \"left right\"",
					       tnpu_gguf_name(gguf), i);
		bpe->n_merges += ret;
	}
	qsort(bpe->merges, bpe->n_merges, sizeof(*bpe->merges), bpe_merge_cmp);
	return 0;
}

static int bpe_load_merges(struct tnpu_tokenizer *tok,
			   const struct tnpu_gguf *gguf,
			   struct tnpu_errmsg *err)
{
	struct bpe *bpe = tok->priv;
	struct tnpu_gguf_array lines;
	uint32_t i, len, max = 0;
	char *buf;
	int ret;

	ret = tnpu_gguf_get_array(gguf, MERGES_KEY, TNPU_GGUF_STRING, &lines,
				  err);
	if (ret)
		return ret;
	for (i = 0; i < lines.count; i++) {
		len = tnpu_gguf_array_str(&lines, i).len;
		max = len > max ? len : max;
	}
	bpe->merges = calloc((size_t)lines.count + 1, sizeof(*bpe->merges));
	buf = malloc((size_t)max + 1);
	if (bpe->merges && buf)
		ret = bpe_read_merges(tok, gguf, &lines, buf, err);
	else
		ret = tnpu_errmsg_set(err, -ENOMEM, "%s: no memory for %u merges",
				      tnpu_gguf_name(gguf), lines.count);
	free(buf);
	return ret;
}

static int bpe_find_pre(struct bpe *bpe, const struct tnpu_gguf *gguf,
			struct tnpu_errmsg *err)
{
	struct tnpu_gguf_str name = { .ptr = "default", .len = 7 };
	uint32_t i;
	int ret;

	ret = tnpu_gguf_optional(tnpu_gguf_get_str(gguf, PRE_KEY, &name, err));
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(bpe_pres); i++) {
		if (!tnpu_gguf_str_equal(name, bpe_pres[i].name))
			continue;
		bpe->pre = &bpe_pres[i];
		return 0;
	}
	return tnpu_errmsg_set(err, -EOPNOTSUPP,
			       "%s: pre-tokenizer %.*s is none of default, gpt-2, qwen2, llama-bpe",
			       tnpu_gguf_name(gguf),
			       name.len < 64 ? (int)name.len : 64, name.ptr);
}

static int bpe_compile(struct bpe *bpe, const struct tnpu_gguf *gguf,
		       struct tnpu_errmsg *err)
{
	PCRE2_UCHAR why[128];
	PCRE2_SIZE where;
	int code;

	bpe->pattern = pcre2_compile((PCRE2_SPTR)bpe->pre->pattern,
				     PCRE2_ZERO_TERMINATED,
				     PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED,
				     &code, &where, NULL);
	bpe->match = pcre2_match_context_create(NULL);
	if (!bpe->match)
		code = PCRE2_ERROR_NOMEMORY;
	if (!bpe->pattern || !bpe->match) {
		pcre2_get_error_message(code, why, sizeof(why));
		return tnpu_errmsg_set(err, -ENOMEM,
				       "%s: pre-tokenizer %s: %s",
				       tnpu_gguf_name(gguf), bpe->pre->name,
				       (char *)why);
	}
	/* The default limit would refuse long runs of white space. */
	pcre2_set_match_limit(bpe->match, UINT32_MAX);
	/* Where there is no JIT the interpreter does the same, slower. */
	pcre2_jit_compile(bpe->pattern, PCRE2_JIT_COMPLETE);
	return 0;
}

static int bpe_create(struct tnpu_tokenizer *tok, const struct tnpu_gguf *gguf,
		      struct tnpu_errmsg *err)
{
	struct tnpu_vocab *vocab = &tok->vocab;
	struct bpe *bpe;
	int32_t id;
	int ret, i;
	char byte;

	bpe = calloc(1, sizeof(*bpe));
	if (!bpe)
		return tnpu_errmsg_set(err, -ENOMEM, "%s: no memory",
				       tnpu_gguf_name(gguf));
	tok->priv = bpe;
	for (i = 0; i < 256; i++) {
		byte = i;
		id = tnpu_vocab_find(vocab, &byte, 1);
		if (id != TNPU_TOKEN_NONE)
			vocab->byte_id[i] = id;
	}
	ret = bpe_find_pre(bpe, gguf, err);
	if (!ret)
		ret = bpe_compile(bpe, gguf, err);
	if (!ret)
		ret = bpe_load_merges(tok, gguf, err);
	if (!ret)
		tok->info.add_bos = bpe->pre->add_bos;
	return ret;
}

static void bpe_destroy(struct tnpu_tokenizer *tok)
{
	struct bpe *bpe = tok->priv;

	if (!bpe)
		return;
	pcre2_code_free(bpe->pattern);
	pcre2_match_context_free(bpe->match);
	free(bpe->merges);
	free(bpe);
}

static bool bpe_pair(const struct tnpu_tokenizer *tok, const char *text,
		     const struct tnpu_symbol *l, const struct tnpu_symbol *r,
		     uint32_t *prio, uint32_t *id)
{
	const struct bpe *bpe = tok->priv;
	uint64_t pair = (uint64_t)(uint32_t)l->id << 32 | (uint32_t)r->id;
	uint32_t lo = 0, hi = bpe->n_merges, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (bpe->merges[mid].pair < pair)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* Of equal pairs the lowest rank comes first. */
	if (lo == bpe->n_merges || bpe->merges[lo].pair != pair)
		return false;
	*prio = bpe->merges[lo].rank;
	*id = bpe->merges[lo].id;
	return true;
}

static int bpe_encode_word(struct tnpu_encoder *enc, const char *word,
			   size_t len)
{
	const struct tnpu_vocab *vocab = &enc->tok->vocab;
	const struct bpe *bpe = enc->tok->priv;
	int32_t id;
	size_t i;
	int ret;

	if (bpe->pre->whole_words) {
		id = tnpu_vocab_find(vocab, word, len);
		if (id != TNPU_TOKEN_NONE)
			return tnpu_encoder_emit(enc, id);
	}
	tnpu_merge_start(&enc->merge);
	for (i = 0; i < len; i++) {
		ret = tnpu_merge_add(&enc->merge, 1,
				     vocab->byte_id[(uint8_t)word[i]]);
		if (ret)
			return ret;
	}
	return tnpu_merge_run(enc, word, bpe_pair);
}

/*
 * Words of valid UTF-8. The pattern takes every character, so the matches
 * follow one another without a gap.
 */
static int bpe_encode_valid(struct tnpu_encoder *enc, const char *text,
			    size_t len, pcre2_match_data *match)
{
	const struct bpe *bpe = enc->tok->priv;
	const PCRE2_SIZE *range = pcre2_get_ovector_pointer(match);
	size_t pos = 0;
	int ret;

	while (pos < len) {
		ret = pcre2_match(bpe->pattern, (PCRE2_SPTR)text, len, pos,
				  PCRE2_NO_UTF_CHECK, match, bpe->match);
		if (ret <= 0)
			return ret == PCRE2_ERROR_NOMEMORY ? -ENOMEM : -EILSEQ;
		ret = bpe_encode_word(enc, text + pos, range[1] - pos);
		if (ret)
			return ret;
		pos = range[1];
	}
	return 0;
}

static int bpe_encode(struct tnpu_encoder *enc, const char *text, size_t len,
		      bool first)
{
	const struct bpe *bpe = enc->tok->priv;
	pcre2_match_data *match;
	size_t pos = 0, n;
	int ret = 0;

	match = pcre2_match_data_create_from_pattern(bpe->pattern, NULL);
	if (!match)
		return -ENOMEM;
	while (pos < len && !ret) {
		n = tnpu_utf8_valid(text + pos, len - pos);
		if (n)
			ret = bpe_encode_valid(enc, text + pos, n, match);
		else
			ret = tnpu_encoder_emit_byte(enc, text[pos]);
		pos += n ? n : 1;
	}
	pcre2_match_data_free(match);
	return ret;
}

const struct tnpu_tokenizer_family tnpu_tokenizer_bpe = {
	.model = "gpt2",
	.bos = TNPU_TOKEN_NONE,
	.eos = TNPU_TOKEN_NONE,
	.unk = TNPU_TOKEN_NONE,
	.decode = bpe_decode,
	.create = bpe_create,
	.destroy = bpe_destroy,
	.encode = bpe_encode,
};
