// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "gguf.h"
#include "random_vocab.h"

#define VOWELS		"aeiou"
#define CONSONANTS	"bcdfghjklmnpqrstvwxz"
#define SYLLABLES	100u
#define WORD_MAX	64u

enum { NORMAL = 1, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };

/*
 * Word @k: first all syllables, then those with a space in front, then every
 * earlier word with every syllable behind it. So each is an earlier one (or a
 * letter, or a space) and one more piece, which is what a list of merges
 * needs; @split receives the length of the first part.
 */
static size_t word_text(uint32_t k, const char *space, char *text,
			size_t *split)
{
	uint32_t syllable = k % SYLLABLES;
	size_t len = 0, inner;

	if (k >= 2 * SYLLABLES)
		len = word_text(k / SYLLABLES - 2, space, text, &inner);
	else if (k >= SYLLABLES)
		len = sprintf(text, "%s", space);
	*split = len ? len : 1;
	text[len++] = CONSONANTS[syllable / 5];
	text[len++] = VOWELS[syllable % 5];
	text[len] = '\0';
	return len;
}

static void put_words(struct gguf_buf *buf, uint32_t n, const char *space)
{
	char text[WORD_MAX];
	size_t split;
	uint32_t k;

	for (k = 0; k < n; k++)
		gguf_buf_strn(buf, text, word_text(k, space, text, &split));
}

static void put_types(struct gguf_buf *buf, uint32_t n, uint32_t type)
{
	while (n--)
		gguf_buf_u32(buf, type);
}

static void put_ids(struct gguf_buf *buf, uint32_t bos, uint32_t eos)
{
	gguf_buf_key_u32(buf, "tokenizer.ggml.bos_token_id", bos);
	gguf_buf_key_u32(buf, "tokenizer.ggml.eos_token_id", eos);
}

static void put_model(struct gguf_buf *buf, const char *model, const char *pre)
{
	gguf_buf_key_str(buf, "tokenizer.ggml.model", model);
	gguf_buf_key_str(buf, "tokenizer.ggml.pre", pre);
}

static void put_tokens_key(struct gguf_buf *buf, uint32_t size)
{
	gguf_buf_key_array(buf, "tokenizer.ggml.tokens", TNPU_GGUF_STRING,
			   size);
}

static void put_types_key(struct gguf_buf *buf, uint32_t size)
{
	gguf_buf_key_array(buf, "tokenizer.ggml.token_type", TNPU_GGUF_INT32,
			   size);
}

/* <unk>, <s>, </s>, 256 bytes, the space, then words by falling score. */
#define SPM_FIXED 260u

static void put_spm(struct gguf_buf *buf, uint32_t size, const char *pre)
{
	uint32_t i;
	char text[8];

	put_model(buf, "llama", "default");
	put_tokens_key(buf, size);
	gguf_buf_str(buf, "<unk>");
	gguf_buf_str(buf, "<s>");
	gguf_buf_str(buf, "</s>");
	for (i = 0; i < 256; i++) {
		snprintf(text, sizeof(text), "<0x%02X>", i);
		gguf_buf_str(buf, text);
	}
	gguf_buf_str(buf, "\u2581");
	put_words(buf, size - SPM_FIXED, "\u2581");
	gguf_buf_key_array(buf, "tokenizer.ggml.scores", TNPU_GGUF_FLOAT32,
			   size);
	for (i = 0; i < size; i++)
		gguf_buf_f32(buf, i < SPM_FIXED ? 0 : -(float)(i - SPM_FIXED));
	put_types_key(buf, size);
	gguf_buf_u32(buf, UNKNOWN);
	put_types(buf, 2, CONTROL);
	put_types(buf, 256, BYTE);
	put_types(buf, size - 259, NORMAL);
	put_ids(buf, 1, 2);
	gguf_buf_key_u32(buf, "tokenizer.ggml.unknown_token_id", 0);
	gguf_buf_key_bool(buf, "tokenizer.ggml.add_bos_token", 1);
}

/* The byte-level files write bytes that do not print as U+0100 and on. */
static void put_byte_tokens(struct gguf_buf *buf)
{
	uint32_t byte, c;
	char text[2];

	for (byte = 0; byte < 256; byte++) {
		c = byte;
		if (byte <= 0x20)
			c = 0x100 + byte;
		else if (byte >= 0x7f && byte <= 0xa0)
			c = 0x121 + byte - 0x7f;
		else if (byte == 0xad)
			c = 0x143;
		text[0] = c < 0x80 ? c : 0xc0 | c >> 6;
		text[1] = 0x80 | (c & 0x3f);
		gguf_buf_strn(buf, text, c < 0x80 ? 1 : 2);
	}
}

static void put_merges(struct gguf_buf *buf, uint32_t n)
{
	char text[WORD_MAX], line[WORD_MAX + 1];
	size_t split;
	uint32_t k;

	gguf_buf_key_array(buf, "tokenizer.ggml.merges", TNPU_GGUF_STRING, n);
	for (k = 0; k < n; k++) {
		word_text(k, "\u0120", text, &split);
		snprintf(line, sizeof(line), "%.*s %s", (int)split, text,
			 text + split);
		gguf_buf_str(buf, line);
	}
}

/* 256 bytes, words with their merges, three control tokens at the end. */
#define BPE_FIXED 259u

static void put_bpe(struct gguf_buf *buf, uint32_t size, const char *pre)
{
	uint32_t words = size - BPE_FIXED;

	put_model(buf, "gpt2", pre);
	put_tokens_key(buf, size);
	put_byte_tokens(buf);
	put_words(buf, words, "\u0120");
	gguf_buf_str(buf, "<|endoftext|>");
	gguf_buf_str(buf, "<|im_start|>");
	gguf_buf_str(buf, "<|im_end|>");
	put_types_key(buf, size);
	put_types(buf, size - 3, NORMAL);
	put_types(buf, 3, CONTROL);
	put_merges(buf, words);
	put_ids(buf, size - 3, size - 3);
	gguf_buf_key_bool(buf, "tokenizer.ggml.add_bos_token", 0);
}

/* Two control tokens and 256 bytes; words beyond them, but no merges. */
#define BYTES_FIXED 258u

static void put_bytes(struct gguf_buf *buf, uint32_t size, const char *pre)
{
	put_model(buf, "gpt2", pre);
	put_tokens_key(buf, size);
	gguf_buf_str(buf, "<|endoftext|>");
	gguf_buf_str(buf, "<|unk|>");
	put_byte_tokens(buf);
	put_words(buf, size - BYTES_FIXED, "\u0120");
	put_types_key(buf, size);
	gguf_buf_u32(buf, CONTROL);
	gguf_buf_u32(buf, UNKNOWN);
	put_types(buf, size - 2, NORMAL);
	put_merges(buf, 0);
	put_ids(buf, 0, 0);
	gguf_buf_key_u32(buf, "tokenizer.ggml.unknown_token_id", 1);
	gguf_buf_key_bool(buf, "tokenizer.ggml.add_bos_token", 0);
}

static const struct random_vocab vocabs[] = {
	{ "spm", SPM_FIXED, 9, put_spm },
	{ "bpe", BPE_FIXED, 8, put_bpe },
	{ "bytes", BYTES_FIXED, 9, put_bytes },
};

const struct random_vocab *random_vocab_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vocabs); i++)
		if (!strcmp(name, vocabs[i].name))
			return &vocabs[i];
	return NULL;
}
