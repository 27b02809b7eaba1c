// SPDX-License-Identifier: MIT
/*
 * Each token's embedding has a single 1. The layer adds nothing, so that the
 * output finds that 1 again: its row of the next token has one in that place.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gguf.h"
#include "gguf_buf.h"
#include "recite.h"

#define BYTES		256
#define PIECES		63
#define WIDTH		64
#define HEADS		2
#define CONTEXT		512
#define ALIGNMENT	32
#define KEYS		18

/* Least bytes of a token of the text: it has some tens of them. */
#define PIECE_LEAST	8

enum { NORMAL = 1, CONTROL = 3 };

/* The tokens: all bytes, the pieces of the text, and its end. */
struct recite {
	const char *piece[PIECES];
	size_t len[PIECES];
	int pieces;
};

static int vocab_of(const struct recite *r)
{
	return BYTES + r->pieces + 1;
}

static bool known(const struct recite *r, const char *piece, size_t len)
{
	int i;

	for (i = 0; i < r->pieces; i++)
		if (r->len[i] == len && !memcmp(r->piece[i], piece, len))
			return true;
	return false;
}

/* No piece comes twice: each has one that follows. */
static void split(struct recite *r, const char *text)
{
	size_t left = strlen(text), len;

	for (; left; text += len, left -= len) {
		len = left < PIECE_LEAST ? left : PIECE_LEAST;
		while (len < left && known(r, text, len))
			len++;
		/* What would remain too short to be new goes along. */
		if (left - len < PIECE_LEAST)
			len = left;
		if (r->pieces == PIECES || known(r, text, len))
			errx(EXIT_FAILURE, "recite: the text is too long, or repeats itself");
		r->piece[r->pieces] = text;
		r->len[r->pieces++] = len;
	}
}

/* As byte-level vocabularies write bytes: what does not print from U+0100 on. */
static void put_byte(struct gguf_buf *buf, unsigned int byte)
{
	unsigned int c = byte;
	char text[2];

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

static void put_vocab(struct gguf_buf *buf, const struct recite *r)
{
	int vocab = vocab_of(r);
	int i;

	gguf_buf_key_str(buf, "tokenizer.ggml.model", "gpt2");
	gguf_buf_key_str(buf, "tokenizer.ggml.pre", "gpt-2");
	gguf_buf_key_array(buf, "tokenizer.ggml.tokens", TNPU_GGUF_STRING, vocab);
	for (i = 0; i < BYTES; i++)
		put_byte(buf, i);
	for (i = 0; i < r->pieces; i++)
		gguf_buf_strn(buf, r->piece[i], r->len[i]);
	gguf_buf_str(buf, "<|endoftext|>");
	gguf_buf_key_array(buf, "tokenizer.ggml.token_type", TNPU_GGUF_INT32, vocab);
	for (i = 0; i < vocab; i++)
		gguf_buf_u32(buf, i < vocab - 1 ? NORMAL : CONTROL);
	gguf_buf_key_array(buf, "tokenizer.ggml.merges", TNPU_GGUF_STRING, 0);
	gguf_buf_key_u32(buf, "tokenizer.ggml.bos_token_id", vocab - 1);
	gguf_buf_key_u32(buf, "tokenizer.ggml.eos_token_id", vocab - 1);
	gguf_buf_key_bool(buf, "tokenizer.ggml.add_bos_token", 0);
}

static void put_keys(struct gguf_buf *buf, const struct recite *r)
{
	gguf_buf_key_str(buf, "general.architecture", "llama");
	gguf_buf_key_u32(buf, "general.alignment", ALIGNMENT);
	gguf_buf_key_u32(buf, "llama.context_length", CONTEXT);
	gguf_buf_key_u32(buf, "llama.embedding_length", WIDTH);
	gguf_buf_key_u32(buf, "llama.block_count", 1);
	gguf_buf_key_u32(buf, "llama.feed_forward_length", WIDTH);
	gguf_buf_key_u32(buf, "llama.attention.head_count", HEADS);
	gguf_buf_key_u32(buf, "llama.attention.head_count_kv", HEADS);
	gguf_buf_key_f32(buf, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
	gguf_buf_key_u32(buf, "llama.rope.dimension_count", WIDTH / HEADS);
	put_vocab(buf, r);
}

/* Where a token's 1 is: the pieces have a place each, ':' has the first. */
static int place(const struct recite *r, int token)
{
	if (token >= BYTES && token < BYTES + r->pieces)
		return token - BYTES + 1;
	return token == ':' ? 0 : WIDTH - 1;
}

/* The token that follows the one of a place: after the last piece, the end. */
static int after(const struct recite *r, int place)
{
	return place < r->pieces ? BYTES + place : BYTES + r->pieces;
}

struct tensor {
	const char *name;
	uint64_t rows;		/* 0: a vector */
	float fill;
};

#define TENSORS 12

static void list_tensors(const struct recite *r, struct tensor *t)
{
	const struct tensor all[TENSORS] = {
		{ "token_embd.weight", vocab_of(r), 0 },
		{ "blk.0.attn_norm.weight", 0, 1 },
		{ "blk.0.attn_q.weight", WIDTH, 0 },
		{ "blk.0.attn_k.weight", WIDTH, 0 },
		{ "blk.0.attn_v.weight", WIDTH, 0 },
		{ "blk.0.attn_output.weight", WIDTH, 0 },
		{ "blk.0.ffn_norm.weight", 0, 1 },
		{ "blk.0.ffn_gate.weight", WIDTH, 0 },
		{ "blk.0.ffn_up.weight", WIDTH, 0 },
		{ "blk.0.ffn_down.weight", WIDTH, 0 },
		{ "output_norm.weight", 0, 1 },
		{ "output.weight", vocab_of(r), 0 },
	};

	memcpy(t, all, sizeof(all));
}

static uint64_t floats(const struct tensor *t)
{
	return WIDTH * (t->rows ? t->rows : 1);
}

static float value(const struct recite *r, int tensor, const struct tensor *t, int row,
		   int column)
{
	if (tensor == 0)
		return column == place(r, row);
	if (tensor == TENSORS - 1)
		return after(r, column) == row;
	return t->fill;
}

static void put_data(struct gguf_buf *buf, const struct recite *r, const struct tensor *t)
{
	uint64_t i;
	int n;

	for (n = 0; n < TENSORS; n++)
		for (i = 0; i < floats(&t[n]); i++)
			gguf_buf_f32(buf, value(r, n, &t[n], i / WIDTH, i % WIDTH));
}

/* A row of floats is a multiple of the alignment: nothing is to be filled up. */
static void put_list(struct gguf_buf *buf, const struct tensor *t)
{
	uint64_t ne[2] = { WIDTH }, offset = 0;
	int n;

	for (n = 0; n < TENSORS; n++) {
		ne[1] = t[n].rows;
		gguf_buf_tensor(buf, t[n].name, t[n].rows ? 2 : 1, ne, TNPU_GGUF_F32, offset);
		offset += floats(&t[n]) * sizeof(float);
	}
	gguf_buf_align(buf, ALIGNMENT);
}

void recite_write(const char *path, const char *text)
{
	struct tensor tensors[TENSORS];
	struct gguf_buf buf = { 0 };
	struct recite r = { .pieces = 0 };
	FILE *f = fopen(path, "w");

	split(&r, text);
	list_tensors(&r, tensors);
	gguf_buf_header(&buf, 3, TENSORS, KEYS);
	put_keys(&buf, &r);
	put_list(&buf, tensors);
	put_data(&buf, &r, tensors);
	if (!f || fwrite(buf.data, 1, buf.len, f) != buf.len || fclose(f))
		err(EXIT_FAILURE, "%s", path);
	free(buf.data);
}
