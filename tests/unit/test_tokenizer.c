// SPDX-License-Identifier: MIT
/*
 * The tokenizers: against reference ids of real vocabularies, on small
 * vocabularies made here, and on unsound ones.
 */
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "array.h"
#include "gguf.h"
#include "gguf_buf.h"
#include "tokenizer_internal.h"
#include "utf8.h"

#define MIB (1u << 20)

enum { NORMAL = 1, UNKNOWN, CONTROL, USER, UNUSED, BYTE };

/* A vocabulary to be written, one token after the other. */
struct vocab {
	const char *model;
	const char *pre;	/* or NULL: no key */
	uint32_t n;
	char *text[600];
	float score[600];
	int32_t type[600];
	const char *const *merges;
	uint32_t n_merges;
	bool no_scores;
	bool no_types;
	bool no_tokens;
	uint32_t extra_scores;
	uint32_t extra_types;
	int64_t bos;		/* -1: no key, likewise below */
	int64_t eos;
	int64_t unk;
	int add_bos;
	int add_eos;
	int add_space_prefix;
};

static void vocab_init(struct vocab *v, const char *model)
{
	memset(v, 0, sizeof(*v));
	v->model = model;
	v->bos = -1;
	v->eos = -1;
	v->unk = -1;
	v->add_bos = -1;
	v->add_eos = -1;
	v->add_space_prefix = -1;
}

static void vocab_add(struct vocab *v, const char *text, int32_t type,
		      float score)
{
	v->text[v->n] = strdup(text);
	v->type[v->n] = type;
	v->score[v->n++] = score;
}

/* <unk>, <s>, </s> and 256 byte tokens: ids 0 to 258. */
static void vocab_init_spm(struct vocab *v)
{
	char text[8];
	int i;

	vocab_init(v, "llama");
	vocab_add(v, "<unk>", UNKNOWN, 0);
	vocab_add(v, "<s>", CONTROL, 0);
	vocab_add(v, "</s>", CONTROL, 0);
	for (i = 0; i < 256; i++) {
		snprintf(text, sizeof(text), "<0x%02X>", i);
		vocab_add(v, text, BYTE, 0);
	}
}

/* The character that stands for a byte in the tokens of a BPE file. */
static void byte_text(int byte, char text[3])
{
	int c = byte;

	if (byte <= 0x20)
		c = 0x100 + byte;
	else if (byte >= 0x7f && byte <= 0xa0)
		c = 0x121 + byte - 0x7f;
	else if (byte == 0xad)
		c = 0x143;
	text[0] = c < 0x80 ? c : 0xc0 | c >> 6;
	text[1] = c < 0x80 ? 0 : 0x80 | (c & 0x3f);
	text[2] = 0;
}

/* The 256 bytes: ids 0 to 255. */
static void vocab_init_bpe(struct vocab *v, const char *pre)
{
	char text[3];
	int i;

	vocab_init(v, "gpt2");
	v->pre = pre;
	for (i = 0; i < 256; i++) {
		byte_text(i, text);
		vocab_add(v, text, NORMAL, 0);
	}
}

static void put_ids(struct gguf_buf *buf, const struct vocab *v, uint64_t *n)
{
	static const char *const keys[] = {
		"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id",
		"tokenizer.ggml.unknown_token_id",
		"tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token",
		"tokenizer.ggml.add_space_prefix",
	};
	const int64_t vals[] = { v->bos, v->eos, v->unk, v->add_bos,
				 v->add_eos, v->add_space_prefix };
	int i;

	for (i = 0; i < 6; i++) {
		if (vals[i] < 0)
			continue;
		if (i < 3)
			gguf_buf_key_u32(buf, keys[i], vals[i]);
		else
			gguf_buf_key_bool(buf, keys[i], vals[i]);
		++*n;
	}
}

static void put_arrays(struct gguf_buf *buf, const struct vocab *v, uint64_t *n)
{
	uint32_t i;

	if (!v->no_tokens) {
		gguf_buf_key_array(buf, "tokenizer.ggml.tokens",
				   TNPU_GGUF_STRING, v->n);
		for (i = 0; i < v->n; i++)
			gguf_buf_str(buf, v->text[i]);
		++*n;
	}
	if (!v->no_types) {
		gguf_buf_key_array(buf, "tokenizer.ggml.token_type",
				   TNPU_GGUF_INT32, v->n + v->extra_types);
		for (i = 0; i < v->n + v->extra_types; i++)
			gguf_buf_u32(buf, v->type[i]);
		++*n;
	}
	if (!v->no_scores) {
		gguf_buf_key_array(buf, "tokenizer.ggml.scores",
				   TNPU_GGUF_FLOAT32, v->n + v->extra_scores);
		for (i = 0; i < v->n + v->extra_scores; i++)
			gguf_buf_f32(buf, v->score[i]);
		++*n;
	}
	if (v->merges) {
		gguf_buf_key_array(buf, "tokenizer.ggml.merges",
				   TNPU_GGUF_STRING, v->n_merges);
		for (i = 0; i < v->n_merges; i++)
			gguf_buf_str(buf, v->merges[i]);
		++*n;
	}
}

/* Write the vocabulary, open the file, make the tokenizer, free the rest. */
static int vocab_open(struct vocab *v, struct tnpu_tokenizer **tok,
		      struct tnpu_errmsg *err)
{
	struct gguf_buf head = { 0 }, buf = { 0 };
	struct tnpu_gguf *gguf;
	uint64_t n = 0;
	int fd, ret;

	if (v->model) {
		gguf_buf_key_str(&buf, "tokenizer.ggml.model", v->model);
		n++;
	}
	if (v->pre) {
		gguf_buf_key_str(&buf, "tokenizer.ggml.pre", v->pre);
		n++;
	}
	put_ids(&buf, v, &n);
	put_arrays(&buf, v, &n);
	gguf_buf_header(&head, 3, 0, n);
	gguf_buf_bytes(&head, buf.data, buf.len);
	fd = memfd_create("gguf", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, head.data, head.len), head.len);
	err->text[0] = '\0';
	if (tnpu_gguf_open_fd(fd, "test.gguf", &gguf, err))
		fail_msg("%s", err->text);
	ret = tnpu_tokenizer_create(gguf, tok, err);
	tnpu_gguf_close(gguf);
	close(fd);
	free(head.data);
	free(buf.data);
	while (v->n)
		free(v->text[--v->n]);
	return ret;
}

static struct tnpu_tokenizer *vocab_open_good(struct vocab *v)
{
	struct tnpu_tokenizer *tok;
	struct tnpu_errmsg err;

	if (vocab_open(v, &tok, &err))
		fail_msg("%s", err.text);
	return tok;
}

/* Encode, compare with ids that end in -1. */
static void check_ids(const struct tnpu_tokenizer *tok, const char *text,
		      uint32_t flags, const int *want)
{
	uint32_t *ids;
	int64_t n, i;

	n = tnpu_tokenizer_encode(tok, text, strlen(text), flags, &ids);
	assert_true(n >= 0);
	for (i = 0; i < n && want[i] >= 0; i++)
		if (ids[i] != want[i])
			fail_msg("\"%s\": id %d is %u, not %d", text, (int)i,
				 ids[i], want[i]);
	assert_int_equal(i, n);
	assert_int_equal(want[i], -1);
	free(ids);
}

#define IDS(...) ((const int[]) { __VA_ARGS__, -1 })
#define NO_IDS ((const int[]) { -1 })

static void check_text(const struct tnpu_tokenizer *tok, const int *list,
		       uint32_t flags, const char *want)
{
	uint32_t ids[16], n;
	int64_t len;
	char *text;

	for (n = 0; list[n] >= 0; n++)
		ids[n] = list[n];
	len = tnpu_tokenizer_decode(tok, ids, n, flags, &text);
	assert_int_equal(len, strlen(want));
	assert_string_equal(text, want);
	free(text);
}

/* Decode as a stream: only whole characters, and the same in the end. */
static void check_stream(const struct tnpu_tokenizer *tok, const uint32_t *ids,
			 size_t n, const char *text, size_t len)
{
	size_t size = tnpu_tokenizer_get_info(tok)->max_piece +
		      TNPU_DETOK_HELD_MAX;
	bool valid = tnpu_utf8_valid(text, len) == len;
	char *out = malloc(len + size);
	struct tnpu_detok detok;
	size_t i, at = 0;
	int64_t got;

	assert_non_null(out);
	tnpu_detok_init(&detok, tok, 0);
	for (i = 0; i < n; i++) {
		assert_true(at <= len);
		got = tnpu_detok_push(&detok, ids[i], out + at, size);
		assert_true(got >= 0);
		if (valid)
			assert_int_equal(tnpu_utf8_valid(out + at, got), got);
		at += got;
	}
	assert_true(at <= len);
	at += tnpu_detok_flush(&detok, out + at);
	assert_int_equal(tnpu_detok_flush(&detok, out), 0);
	assert_int_equal(at, len);
	assert_memory_equal(out, text, len);
	free(out);
}

/* Encode, decode, compare. */
static void check_round(const struct tnpu_tokenizer *tok, const char *text,
			size_t len)
{
	uint32_t *ids;
	int64_t n, got;
	char *back;

	n = tnpu_tokenizer_encode(tok, text, len, TNPU_ENCODE_ADD_SPECIAL,
				  &ids);
	assert_true(n >= 0);
	got = tnpu_tokenizer_decode(tok, ids, n, 0, &back);
	assert_int_equal(got, len);
	assert_memory_equal(back, text, len);
	check_stream(tok, ids, n, text, len);
	free(back);
	free(ids);
}

static struct tnpu_tokenizer *open_spm(void)
{
	struct vocab v;

	vocab_init_spm(&v);
	vocab_add(&v, "\u2581", NORMAL, -10);		/* 259 */
	vocab_add(&v, "a", NORMAL, -11);
	vocab_add(&v, "b", NORMAL, -12);
	vocab_add(&v, "ab", NORMAL, -3);		/* 262 */
	vocab_add(&v, "bb", NORMAL, -2);
	vocab_add(&v, "\u2581a", NORMAL, -1);		/* 264 */
	vocab_add(&v, "\u2581\u2581", NORMAL, -4);
	vocab_add(&v, "<tool>", USER, 0);		/* 266 */
	vocab_add(&v, "<tool>>", USER, 0);
	vocab_add(&v, "<pad>", UNUSED, 0);		/* 268 */
	vocab_add(&v, "aa", NORMAL, 1);
	vocab_add(&v, " <x>", USER, 0);			/* 270 */
	return vocab_open_good(&v);
}

static void test_spm(void **state)
{
	struct tnpu_tokenizer *tok = open_spm();
	const struct tnpu_tokenizer_info *info = tnpu_tokenizer_get_info(tok);

	assert_int_equal(info->vocab_size, 271);
	assert_int_equal(info->bos, 1);
	assert_int_equal(info->eos, 2);
	assert_int_equal(info->unk, 0);
	assert_int_equal(info->eot, TNPU_TOKEN_NONE);
	assert_true(info->add_bos && !info->add_eos && info->add_space_prefix);
	check_ids(tok, "", 0, NO_IDS);
	check_ids(tok, "", TNPU_ENCODE_ADD_SPECIAL, IDS(1));
	check_ids(tok, "a", TNPU_ENCODE_ADD_SPECIAL, IDS(1, 264));
	/* The best score first: a positive one, then near zero. */
	check_ids(tok, "aa", 0, IDS(259, 269));
	check_ids(tok, "abb", 0, IDS(264, 263));
	check_ids(tok, "bab", 0, IDS(259, 261, 262));
	/* Equal scores: the leftmost first. */
	check_ids(tok, "bbb", 0, IDS(259, 263, 261));
	check_ids(tok, "  ", 0, IDS(265, 259));
	/* Bytes, and the sign for a space in the text itself. */
	check_ids(tok, "\n\u00e9", 0, IDS(259, 13, 3 + 0xc3, 3 + 0xa9));
	check_ids(tok, "b\u2581b", 0, IDS(259, 261, 259, 261));
	check_text(tok, IDS(1, 264, 262, 3 + '!', 265, 2), 0, "aab!  ");
	check_text(tok, IDS(264, 264), TNPU_DECODE_CONTINUE, " a a");
	check_text(tok, IDS(1, 264, 2, 268), TNPU_DECODE_SPECIAL,
		   "<s> a</s><pad>");
	check_text(tok, IDS(268, 264), 0, "a");
	/* The artificial space may be a byte; a token put in whole has none. */
	check_text(tok, IDS(3 + ' ', 264), 0, " a");
	check_text(tok, IDS(270, 264), 0, " <x> a");
	tnpu_tokenizer_destroy(tok);
}

static void test_special(void **state)
{
	const uint32_t parse = TNPU_ENCODE_PARSE_SPECIAL;
	struct tnpu_tokenizer *tok = open_spm();

	check_ids(tok, "a</s>a", parse, IDS(264, 2, 264));
	check_ids(tok, "<s>", parse, IDS(1));
	check_ids(tok, "<s><s", parse, IDS(1, 259, 3 + '<', 3 + 's'));
	check_ids(tok, "<s>", 0, IDS(259, 3 + '<', 3 + 's', 3 + '>'));
	/* User-defined ones always, the longest wins. */
	check_ids(tok, "a<tool>a", 0, IDS(264, 266, 264));
	check_ids(tok, "<tool>>>", 0, IDS(267, 259, 3 + '>'));
	check_ids(tok, "<tool", 0, IDS(259, 3 + '<', 3 + 't', 3 + 'o', 3 + 'o',
				       3 + 'l'));
	/* Unused ones never. */
	check_ids(tok, "<pad>", parse, IDS(259, 3 + '<', 3 + 'p', 260, 3 + 'd',
					   3 + '>'));
	check_text(tok, IDS(266, 2, 0), 0, "<tool>");
	assert_true(tnpu_tokenizer_is_eog(tok, 2));
	assert_false(tnpu_tokenizer_is_eog(tok, 1));
	assert_false(tnpu_tokenizer_is_eog(tok, 271));
	tnpu_tokenizer_destroy(tok);
}

/* No scores, no types, no ids, other flags. */
static void test_spm_sparse(void **state)
{
	const struct tnpu_tokenizer_info *info;
	struct tnpu_tokenizer *tok;
	struct vocab v;

	vocab_init_spm(&v);
	vocab_add(&v, "a", NORMAL, 0);			/* 259 */
	vocab_add(&v, "aa", NORMAL, 0);
	vocab_add(&v, "aaa", NORMAL, 0);
	vocab_add(&v, "<0xZZ>", NORMAL, 0);		/* no byte */
	v.no_scores = true;
	v.no_types = true;
	v.add_bos = 0;
	v.add_eos = 1;
	v.add_space_prefix = 0;
	tok = vocab_open_good(&v);
	info = tnpu_tokenizer_get_info(tok);
	assert_true(!info->add_bos && info->add_eos && !info->add_space_prefix);
	check_ids(tok, "aaaa", TNPU_ENCODE_ADD_SPECIAL, IDS(261, 259, 2));
	check_ids(tok, "\xff", 0, IDS(3 + 0xff));
	check_text(tok, IDS(0, 1, 3 + ' ', 259, 262, 2), 0, " a<0xZZ>");
	tnpu_tokenizer_destroy(tok);
}

/* Where bytes are missing there is the unknown token, or nothing. */
static void test_uncovered(void **state)
{
	struct tnpu_tokenizer *tok;
	uint32_t *ids = NULL;
	struct vocab v;

	vocab_init(&v, "llama");
	vocab_add(&v, "<unk>", UNKNOWN, 0);
	vocab_add(&v, "\u2581", NORMAL, 0);
	vocab_add(&v, "a", NORMAL, 0);
	v.add_bos = 0;
	tok = vocab_open_good(&v);
	check_ids(tok, "a?a", 0, IDS(1, 2, 0, 2));
	tnpu_tokenizer_destroy(tok);

	vocab_init(&v, "gpt2");
	vocab_add(&v, "a", NORMAL, 0);
	v.merges = (const char *const *)v.text;
	tok = vocab_open_good(&v);
	check_ids(tok, "aa", 0, IDS(0, 0));
	assert_int_equal(tnpu_tokenizer_encode(tok, "a?", 2, 0, &ids), -EILSEQ);
	assert_null(ids);
	tnpu_tokenizer_destroy(tok);
}

static struct tnpu_tokenizer *open_bpe(const char *pre)
{
	static const char *const merges[] = {
		"1 2", "12 3", "3 4", "a b", "\u0120 ab", "ab a", "! !",
		"\u010a \u010a", "\u0120 \u0120", "x y", "' S",
	};
	struct vocab v;
	char text[16];
	uint32_t i;

	vocab_init_bpe(&v, pre);
	for (i = 0; i < ARRAY_SIZE(merges); i++) {
		const char *space = strchr(merges[i] + 1, ' ');

		/* A merge whose result is no token has no effect. */
		if (!strcmp(merges[i], "x y"))
			continue;
		snprintf(text, sizeof(text), "%.*s%s",
			 (int)(space - merges[i]), merges[i], space + 1);
		vocab_add(&v, text, NORMAL, 0);		/* 256 and on */
	}
	vocab_add(&v, "abcabc", NORMAL, 0);		/* 266 */
	vocab_add(&v, "<|im_end|>", CONTROL, 0);
	vocab_add(&v, "  ", USER, 0);			/* equals 264 */
	v.merges = merges;
	v.n_merges = ARRAY_SIZE(merges);
	v.bos = 267;
	v.eos = 267;
	return vocab_open_good(&v);
}

static void test_bpe(void **state)
{
	struct tnpu_tokenizer *tok = open_bpe("gpt-2");
	const struct tnpu_tokenizer_info *info = tnpu_tokenizer_get_info(tok);

	assert_true(!info->add_bos && !info->add_space_prefix);
	assert_int_equal(info->eot, 267);
	assert_true(tnpu_tokenizer_is_eog(tok, 267));
	check_ids(tok, "", TNPU_ENCODE_ADD_SPECIAL, NO_IDS);
	check_ids(tok, "ab aba", 0, IDS(259, 260, 'a'));
	check_ids(tok, "aba", 0, IDS(261));
	check_ids(tok, "xy", 0, IDS('x', 'y'));
	check_ids(tok, "!!!", 0, IDS(262, '!'));
	check_ids(tok, "<|im_end|>", TNPU_ENCODE_PARSE_SPECIAL, IDS(267));
	check_text(tok, IDS(259, 260, 267, 263), 0, "ab ab\n\n");
	/* A user-defined token is read before anything is merged. */
	check_ids(tok, "a  a", 0, IDS('a', 268, 'a'));
	tnpu_tokenizer_destroy(tok);
}

/* What tells the pre-tokenizers apart: digits, contractions, newlines. */
static void test_pre(void **state)
{
	static const char *const same[] = { "gpt-2", "default", NULL };
	struct tnpu_tokenizer *tok;
	int i;

	for (i = 0; i < 3; i++) {
		tok = open_bpe(same[i]);
		check_ids(tok, "1234", 0, IDS(257, '4'));
		check_ids(tok, "34", 0, IDS(258));
		check_ids(tok, "!\n", 0, IDS('!', '\n'));
		check_ids(tok, "'S", 0, IDS('\'', 'S'));
		check_ids(tok, "abcabc", 0, IDS(259, 'c', 259, 'c'));
		check_ids(tok, "\n\nab", 0, IDS('\n', '\n', 259));
		tnpu_tokenizer_destroy(tok);
	}
	tok = open_bpe("qwen2");
	check_ids(tok, "1234", 0, IDS('1', '2', '3', '4'));
	check_ids(tok, "'S", 0, IDS(265));
	check_ids(tok, "abcabc", 0, IDS(259, 'c', 259, 'c'));
	check_ids(tok, "\n\nab", 0, IDS(263, 259));
	tnpu_tokenizer_destroy(tok);

	tok = open_bpe("llama-bpe");
	assert_true(tnpu_tokenizer_get_info(tok)->add_bos);
	check_ids(tok, "1234", TNPU_ENCODE_ADD_SPECIAL, IDS(267, 257, '4'));
	check_ids(tok, "12341", 0, IDS(257, '4', '1'));
	check_ids(tok, "34", 0, IDS(258));
	check_ids(tok, "'S", 0, IDS(265));
	check_ids(tok, "abcabc", 0, IDS(266));
	tnpu_tokenizer_destroy(tok);
}

/* Bytes that are no UTF-8, alone and between characters. */
static void test_not_utf8(void **state)
{
	static const char *const texts[] = {
		"\xff", "a\xc3", "\x80\x80", "\xe2\x82", "\xf0\x9f\x98",
		"\xed\xa0\x80", "\xc0\xaf", "ab\xff" "ab", "\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80", "\u20ac\xe2\u20ac",
	};
	struct tnpu_tokenizer *bpe = open_bpe("qwen2");
	struct tnpu_tokenizer *spm = open_spm();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		check_round(bpe, texts[i], strlen(texts[i]));
		check_round(spm, texts[i], strlen(texts[i]));
	}
	check_round(bpe, "a\0b", 3);
	check_round(spm, "a\0b", 3);
	check_ids(bpe, "ab\xff" "ab", 0, IDS(259, 0xff, 259));
	tnpu_tokenizer_destroy(bpe);
	tnpu_tokenizer_destroy(spm);
}

static void check_random(const struct tnpu_tokenizer *tok)
{
	static const char alphabet[] = "ab 1234!\n'S\xe2\x82\xac\xff<s>";
	uint32_t seed = 1;
	char text[64];
	int i, k, len;

	for (i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		len = seed >> 26;
		for (k = 0; k < len; k++) {
			seed = seed * 1664525 + 1013904223;
			text[k] = i % 2 ? seed >> 24
					: alphabet[(seed >> 16) %
						   (sizeof(alphabet) - 1)];
		}
		check_round(tok, text, len);
	}
}

static void test_random(void **state)
{
	struct tnpu_tokenizer *tok = open_bpe("llama-bpe");

	check_random(tok);
	tnpu_tokenizer_destroy(tok);
	tok = open_spm();
	check_random(tok);
	tnpu_tokenizer_destroy(tok);
}

static void check_big(const struct tnpu_tokenizer *tok)
{
	static const char *const units[] = { "a", " ", "\n", "1", "ab ", "<",
					     "\u20ac", "\xff", "<tool" };
	char *text = malloc(MIB);
	size_t i, k, len;

	assert_non_null(text);
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		len = strlen(units[i]);
		for (k = 0; k < MIB; k++)
			text[k] = units[i][k % len];
		check_round(tok, text, MIB);
	}
	free(text);
}

/* One mebibyte of one word: it must end, and soon. */
static void test_big(void **state)
{
	struct tnpu_tokenizer *tok;
	uint32_t *ids;
	char *text;

	tok = open_bpe("llama-bpe");
	check_big(tok);
	tnpu_tokenizer_destroy(tok);
	tok = open_spm();
	check_big(tok);
	text = calloc(1, TNPU_TOKENIZER_TEXT_MAX + 1);
	assert_non_null(text);
	assert_int_equal(tnpu_tokenizer_encode(tok, text,
					       TNPU_TOKENIZER_TEXT_MAX + 1, 0,
					       &ids), -E2BIG);
	free(text);
	tnpu_tokenizer_destroy(tok);
}

static void test_bad_calls(void **state)
{
	struct tnpu_tokenizer *tok = open_spm();
	uint32_t id = 271, *ids;
	struct tnpu_detok detok;
	char out[16], *text;
	size_t len;

	assert_int_equal(tnpu_tokenizer_encode(tok, "a", 1, 4, &ids), -EINVAL);
	assert_int_equal(tnpu_tokenizer_decode(tok, &id, 1, 0, &text), -ERANGE);
	assert_int_equal(tnpu_tokenizer_decode(tok, &id, 0, 4, &text), -EINVAL);
	assert_null(tnpu_tokenizer_piece(tok, id, 0, &len));
	assert_non_null(tnpu_tokenizer_piece(tok, 262, 0, &len));
	assert_int_equal(len, 2);
	tnpu_detok_init(&detok, tok, 0);
	assert_int_equal(tnpu_detok_push(&detok, id, out, sizeof(out)),
			 -ERANGE);
	/* Too small, then as if nothing had happened. */
	assert_int_equal(tnpu_detok_push(&detok, 264, out, 0), -ENOSPC);
	assert_int_equal(tnpu_detok_push(&detok, 264, out, sizeof(out)), 1);
	assert_int_equal(out[0], 'a');
	tnpu_tokenizer_destroy(tok);
	tnpu_tokenizer_destroy(NULL);
}

/* Unfinished characters are held back, wrong ones are not. */
static void test_stream(void **state)
{
	struct tnpu_tokenizer *tok = open_spm();
	static const struct {
		uint8_t byte;
		int64_t ready;
	} steps[] = {
		{ 0xe2, 0 }, { 0x82, 0 }, { 0xac, 3 },
		{ 0xf0, 0 }, { 0x9f, 0 }, { 0x98, 0 }, { 0x80, 4 },
		{ 0xc3, 0 }, { 'x', 2 }, { 0xff, 1 },
		{ 0xe2, 0 }, { 0xe2, 1 }, { 0x82, 0 },
	};
	struct tnpu_detok detok;
	char out[16];
	size_t i;

	tnpu_detok_init(&detok, tok, 0);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		assert_int_equal(tnpu_detok_push(&detok, 3 + steps[i].byte,
						 out, sizeof(out)),
				 steps[i].ready);
	assert_int_equal(tnpu_detok_flush(&detok, out), 2);
	assert_memory_equal(out, "\xe2\x82", 2);
	assert_int_equal(tnpu_detok_flush(&detok, out), 0);
	tnpu_tokenizer_destroy(tok);
}

static void test_utf8_complete(void **state)
{
	static const struct {
		const char *text;
		size_t shown;
	} cases[] = {
		{ "", 0 }, { "a", 1 }, { "a\xc3", 1 }, { "\xc3\xa9", 2 },
		{ "\xe2", 0 }, { "\xe2\x82", 0 }, { "\xe2\x82\xac", 3 },
		{ "\xf0\x9f\x98", 0 }, { "\xf0\x9f\x98\x80", 4 },
		{ "\x80", 1 }, { "\x80\x80\x80", 3 }, { "\xff", 1 },
		{ "\xc0", 1 }, { "\xe0\x80", 2 }, { "\xed\xa0", 2 },
		{ "\xf4\x90", 2 }, { "\xf5", 1 }, { "\xe2\x82\xe2", 2 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(tnpu_utf8_complete(cases[i].text,
						    strlen(cases[i].text)),
				 cases[i].shown);
}

/* Unsound vocabularies: each starts from a sound one. */
static void bad_model(struct vocab *v)
{
	v->model = "bert";
}

static void bad_no_model(struct vocab *v)
{
	v->model = NULL;
}

static void bad_no_tokens(struct vocab *v)
{
	v->no_tokens = true;
}

static void bad_empty(struct vocab *v)
{
	while (v->n)
		free(v->text[--v->n]);
}

static void bad_types(struct vocab *v)
{
	v->extra_types = 1;
}

static void bad_type(struct vocab *v)
{
	v->type[5] = 7;
}

static void bad_type_negative(struct vocab *v)
{
	v->type[5] = -1;
}

static void bad_byte(struct vocab *v)
{
	memcpy(v->text[5], "<0x+1>", sizeof("<0x+1>"));
}

static void bad_long(struct vocab *v)
{
	free(v->text[0]);
	v->text[0] = calloc(1, TNPU_TOKENIZER_PIECE_MAX + 2);
	assert_non_null(v->text[0]);
	memset(v->text[0], 'a', TNPU_TOKENIZER_PIECE_MAX + 1);
}

static void bad_scores(struct vocab *v)
{
	v->extra_scores = 1;
}

static void bad_score(struct vocab *v)
{
	v->score[5] = NAN;
}

static void bad_bos(struct vocab *v)
{
	v->bos = v->n;
}

static void bad_eos(struct vocab *v)
{
	v->eos = UINT32_MAX;
}

static const char *const bad_merge_lines[] = { "a b", "ab", " b" };

static void bad_pre(struct vocab *v)
{
	vocab_init_bpe(v, "tekken");
	v->merges = bad_merge_lines;
}

static void bad_merges(struct vocab *v)
{
	vocab_init_bpe(v, "gpt-2");
}

static void bad_merge(struct vocab *v)
{
	vocab_init_bpe(v, "gpt-2");
	v->merges = bad_merge_lines;
	v->n_merges = 2;
}

static void bad_merge_space(struct vocab *v)
{
	vocab_init_bpe(v, "gpt-2");
	v->merges = bad_merge_lines + 2;
	v->n_merges = 1;
}

static void bad_no_bos(struct vocab *v)
{
	vocab_init_bpe(v, "llama-bpe");
	v->merges = bad_merge_lines;
}

static void test_bad_vocab(void **state)
{
	static const struct {
		void (*put)(struct vocab *v);
		int ret;
		const char *says;
	} cases[] = {
		{ bad_model, -EOPNOTSUPP, "\"bert\" is not supported" },
		{ bad_no_model, -ENOENT, "tokenizer.ggml.model" },
		{ bad_no_tokens, -ENOENT, "tokenizer.ggml.tokens" },
		{ bad_empty, -EINVAL, "empty" },
		{ bad_types, -EINVAL, "260 entries for 259 tokens" },
		{ bad_type, -ERANGE, "token 5 has type 7" },
		{ bad_type_negative, -ERANGE, "token 5 has type -1" },
		{ bad_byte, -EINVAL, "<0x+1>" },
		{ bad_long, -E2BIG, "token 0 has 1025 bytes" },
		{ bad_scores, -EINVAL, "260 entries for 259 tokens" },
		{ bad_score, -ERANGE, "token 5" },
		{ bad_bos, -ERANGE, "259" },
		{ bad_eos, -ERANGE, "4294967295" },
		{ bad_pre, -EOPNOTSUPP, "default, gpt-2, qwen2, llama-bpe" },
		{ bad_merges, -ENOENT, "tokenizer.ggml.merges" },
		{ bad_merge, -EINVAL, "merge 1" },
		{ bad_merge_space, -EINVAL, "merge 0" },
		{ bad_no_bos, -EINVAL, "bos_token_id" },
	};
	struct tnpu_tokenizer *tok = NULL;
	struct tnpu_errmsg err;
	struct vocab v;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		vocab_init_spm(&v);
		if (cases[i].put == bad_pre || cases[i].put == bad_merges ||
		    cases[i].put == bad_merge || cases[i].put == bad_no_bos ||
		    cases[i].put == bad_merge_space)
			bad_empty(&v);
		cases[i].put(&v);
		ret = vocab_open(&v, &tok, &err);
		print_message("# %d: %s\n", ret, err.text);
		assert_int_equal(ret, cases[i].ret);
		assert_null(tok);
		assert_non_null(strstr(err.text, "test.gguf: "));
		assert_non_null(strstr(err.text, cases[i].says));
	}
}

/* Real vocabularies, where there are some. */
static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *text;
	long size;

	if (!file)
		fail_msg("%s cannot be opened", path);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = malloc(size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, size, file), size);
	text[size] = '\0';
	fclose(file);
	*len = size;
	return text;
}

static struct tnpu_tokenizer *open_file(const char *path)
{
	struct tnpu_tokenizer *tok;
	struct tnpu_errmsg err;
	struct tnpu_gguf *gguf;

	if (tnpu_gguf_open(path, &gguf, &err) ||
	    tnpu_tokenizer_create(gguf, &tok, &err))
		fail_msg("%s", err.text);
	tnpu_gguf_close(gguf);
	return tok;
}

/* Is this text the ids of the line? */
static bool same_ids(const struct tnpu_tokenizer *tok, const char *text,
		     size_t len, const char *line)
{
	uint32_t *ids;
	int64_t n, i;
	bool same;
	char *end;

	n = tnpu_tokenizer_encode(tok, text, len, 0, &ids);
	assert_true(n >= 0);
	same = true;
	for (i = 0; i < n && same; i++) {
		same = ids[i] == strtoul(line, &end, 10) && end != line;
		line = end;
	}
	free(ids);
	return same && !line[strspn(line, " ")];
}

static void check_vocab(const char *path)
{
	static const char separator[] = "\n__ggml_vocab_test__\n";
	struct tnpu_tokenizer *tok = open_file(path);
	char name[4096], *texts, *lines, *text, *line, *end, *next;
	uint32_t n = 0, good = 0;
	size_t len;

	snprintf(name, sizeof(name), "%s.inp", path);
	texts = read_file(name, &len);
	snprintf(name, sizeof(name), "%s.out", path);
	lines = read_file(name, &len);
	line = lines;
	for (text = texts; (end = strstr(text, separator)); text = next) {
		next = end + strlen(separator);
		*end = '\0';
		end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		good += same_ids(tok, text, strlen(text), line);
		check_round(tok, text, strlen(text));
		line = end + 1;
		n++;
	}
	print_message("# %u of %u texts of %s\n", good, n, path);
	assert_int_equal(good, n);
	assert_true(n >= 46);
	check_random(tok);
	tnpu_tokenizer_destroy(tok);
	free(texts);
	free(lines);
}

static void test_vocabs(void **state)
{
	const char *models = getenv("TNPU_TEST_MODELS");
	char pattern[4096];
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/vocab/*.gguf", models);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++)
		check_vocab(found.gl_pathv[i]);
	assert_true(found.gl_pathc >= 3);
	globfree(&found);
}

static size_t json_ids(const cJSON *array, uint32_t *ids, size_t max)
{
	const cJSON *item;
	size_t n = 0;

	cJSON_ArrayForEach(item, array) {
		assert_true(n < max);
		ids[n++] = item->valueint;
	}
	return n;
}

static void check_case(const struct tnpu_tokenizer *tok, const cJSON *json)
{
	const cJSON *greedy = cJSON_GetObjectItem(json, "greedy_text");
	const char *prompt;
	uint32_t want[1024], *ids;
	char *text;
	int64_t n;

	prompt = cJSON_GetStringValue(cJSON_GetObjectItem(json, "prompt"));
	n = json_ids(cJSON_GetObjectItem(json, "prompt_ids"), want, 1024);
	assert_int_equal(tnpu_tokenizer_encode(tok, prompt, strlen(prompt),
					       TNPU_ENCODE_ADD_SPECIAL, &ids),
			 n);
	assert_memory_equal(ids, want, n * sizeof(*ids));
	free(ids);
	assert_true(tnpu_tokenizer_decode(tok, want, n, 0, &text) >= 0);
	assert_string_equal(text, prompt);
	free(text);
	n = json_ids(cJSON_GetObjectItem(json, "greedy_ids"), want, 1024);
	n = tnpu_tokenizer_decode(tok, want, n, 0, &text);
	assert_int_equal(n, strlen(text));
	if (greedy)
		assert_string_equal(text, cJSON_GetStringValue(greedy));
	assert_memory_equal(text, prompt, strlen(prompt));
	free(text);
}

static uint32_t check_model(const char *path)
{
	struct tnpu_tokenizer *tok;
	char model[4096], *text;
	const cJSON *item;
	uint32_t n = 0;
	cJSON *json;
	size_t len;

	snprintf(model, sizeof(model), "%.*s.gguf",
		 (int)(strlen(path) - strlen(".expected.json")), path);
	tok = open_file(model);
	text = read_file(path, &len);
	json = cJSON_Parse(text);
	assert_non_null(json);
	cJSON_ArrayForEach(item, cJSON_GetObjectItem(json, "cases")) {
		check_case(tok, item);
		n++;
	}
	assert_true(n > 0);
	cJSON_Delete(json);
	free(text);
	tnpu_tokenizer_destroy(tok);
	return n;
}

static void test_expected(void **state)
{
	const char *models = getenv("TNPU_TEST_MODELS");
	char pattern[4096];
	uint32_t n = 0;
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/*.expected.json", models);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++)
		n += check_model(found.gl_pathv[i]);
	print_message("# %u prompts of %zu models\n", n, found.gl_pathc);
	globfree(&found);
}

/* Two small vocabularies, of which one has a change; @why: what differs. */
static void check_compare(const struct vocab *a, const struct vocab *b,
			  const char *why)
{
	struct vocab copy[2] = { *a, *b };
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_tokenizer *tok[2];
	uint32_t i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < copy[i].n; k++)
			copy[i].text[k] = strdup(copy[i].text[k]);
		tok[i] = vocab_open_good(&copy[i]);
	}
	assert_int_equal(tnpu_vocab_compare(&tok[0]->vocab, &tok[1]->vocab,
					    &err), *why ? -EINVAL : 0);
	assert_string_equal(err.text, why);
	tnpu_tokenizer_destroy(tok[1]);
	tnpu_tokenizer_destroy(tok[0]);
}

static void test_compare(void **state)
{
	struct vocab a, b;

	vocab_init_spm(&a);
	vocab_add(&a, "a\x1b", NORMAL, -1);
	b = a;
	b.score[259] = -9;
	b.bos = 1;
	check_compare(&a, &b, "");
	b.n--;
	check_compare(&a, &b, "260 tokens, not 259");
	b.n++;
	b.type[259] = UNUSED;
	check_compare(&a, &b, "token 259 has type 1, not 5");
	b.no_types = true;
	check_compare(&a, &b, "");
	check_compare(&b, &a, "");
	b.text[259] = (char[]){ "ab" };
	check_compare(&a, &b, "token 259 is \"a?\", not \"ab\"");
	b.text[259] = (char[]){ "a" };
	check_compare(&b, &a, "token 259 is \"a\", not \"a?\"");
	while (a.n)
		free(a.text[--a.n]);
}

/* Several threads share one tokenizer. */
static void *thread_run(void *arg)
{
	const struct tnpu_tokenizer *tok = arg;
	uintptr_t sum = 0;
	uint32_t *ids;
	int64_t n;
	int i;

	for (i = 0; i < 2000; i++) {
		n = tnpu_tokenizer_encode(tok, "ab aba 1234\n\nab", 15, 0,
					  &ids);
		if (n < 0)
			return NULL;
		sum = sum * 31 + n;
		while (n)
			sum = sum * 31 + ids[--n];
		free(ids);
	}
	return (void *)sum;
}

static void test_threads(void **state)
{
	struct tnpu_tokenizer *tok = open_bpe("qwen2");
	void *alone = thread_run(tok), *sum;
	pthread_t threads[4];
	int i;

	assert_non_null(alone);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thread_run,
						tok), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &sum), 0);
		assert_ptr_equal(sum, alone);
	}
	tnpu_tokenizer_destroy(tok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spm),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_spm_sparse),
		cmocka_unit_test(test_uncovered),
		cmocka_unit_test(test_bpe),
		cmocka_unit_test(test_pre),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_bad_calls),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_utf8_complete),
		cmocka_unit_test(test_bad_vocab),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_vocabs),
		cmocka_unit_test(test_expected),
	};

	size_t n = sizeof(tests) / sizeof(tests[0]);

	/* Tests with models are last; prove would count a skipped one as failed. */
	if (!getenv("TNPU_TEST_MODELS")) {
		n -= 2;
		print_message("# not run: tests with models, TNPU_TEST_MODELS is not set\n");
	}
	return _cmocka_run_group_tests("tokenizer", tests, n, NULL, NULL);
}
