/* SPDX-License-Identifier: MIT */
/*
 * Text to token ids and back, by the vocabulary inside a model file.
 *
 * Two families: SPM ("llama": pieces with scores, bytes where no piece fits)
 * and byte-level BPE ("gpt2": ranked merges behind a pre-tokenizer that the
 * file names: default, gpt-2, qwen2 or llama-bpe).
 *
 * A tokenizer is immutable: any number of threads may use one at the same
 * time; only tnpu_tokenizer_destroy() needs it alone. struct tnpu_detok
 * belongs to one thread at a time.
 */
#ifndef TNPU_TOKENIZER_H
#define TNPU_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errmsg.h"

#if defined(__cplusplus)
extern "C" {
#endif

struct tnpu_gguf;
struct tnpu_tokenizer;

/* Text longer than this is refused with -E2BIG. */
#define TNPU_TOKENIZER_TEXT_MAX	(16u << 20)

/*
 * A vocabulary with a token of more bytes is refused with -E2BIG; real ones
 * stay below 300.
 */
#define TNPU_TOKENIZER_PIECE_MAX	1024u

/* Ids where the vocabulary has no such token. */
#define TNPU_TOKEN_NONE		(-1)

/* Add BOS and EOS where the file asks for them. */
#define TNPU_ENCODE_ADD_SPECIAL		(1u << 0)
/*
 * Read the text of control tokens ("</s>", "<|im_end|>") as those tokens.
 * Never for text from a stranger: it could end a turn. The longest token that
 * starts at the leftmost place wins. User-defined tokens (plain words that the
 * model's author added) are always read so.
 */
#define TNPU_ENCODE_PARSE_SPECIAL	(1u << 1)

/* Show control tokens as their text; without it they are nothing. */
#define TNPU_DECODE_SPECIAL		(1u << 0)
/*
 * The ids go on where other ids ended: keep the space that starts the first
 * one. Without it SPM's artificial first space is taken off.
 */
#define TNPU_DECODE_CONTINUE		(1u << 1)

/**
 * struct tnpu_tokenizer_info - what the file says about its vocabulary
 * @vocab_size: ids are 0 to vocab_size - 1
 * @max_piece: bytes of the longest token, at most TNPU_TOKENIZER_PIECE_MAX
 * @bos: begin of sequence, or TNPU_TOKEN_NONE
 * @eos: end of sequence, or TNPU_TOKEN_NONE
 * @eot: end of turn, or TNPU_TOKEN_NONE
 * @unk: unknown, or TNPU_TOKEN_NONE
 * @add_bos: TNPU_ENCODE_ADD_SPECIAL puts @bos in front
 * @add_eos: TNPU_ENCODE_ADD_SPECIAL puts @eos at the end
 * @add_space_prefix: SPM puts a space before text
 */
struct tnpu_tokenizer_info {
	uint32_t vocab_size;
	uint32_t max_piece;
	int32_t bos;
	int32_t eos;
	int32_t eot;
	int32_t unk;
	bool add_bos;
	bool add_eos;
	bool add_space_prefix;
};

/**
 * tnpu_tokenizer_create() - Build a tokenizer from a file's metadata
 * @gguf: an open file; not needed any longer afterwards
 * @tokenizer: receives the handle; the caller destroys it
 * @err: receives the message on failure, or NULL
 *
 * Return: 0, -ENOENT where the file has no vocabulary, -EOPNOTSUPP for a
 * tokenizer model or pre-tokenizer that is not supported, -EINVAL or -ERANGE
 * where the vocabulary contradicts itself, -E2BIG for a token that is too
 * long, -ENOMEM.
 */
int tnpu_tokenizer_create(const struct tnpu_gguf *gguf,
			  struct tnpu_tokenizer **tokenizer,
			  struct tnpu_errmsg *err);

/**
 * tnpu_tokenizer_start() - Build a tokenizer in a thread of its own
 * @gguf: an open file, which must stay open until tnpu_tokenizer_finish()
 *
 * Return: a task for tnpu_tokenizer_finish(), or NULL without memory.
 */
struct tnpu_tokenizer_task *tnpu_tokenizer_start(const struct tnpu_gguf *gguf);

/**
 * tnpu_tokenizer_finish() - Wait for a tokenizer
 * @task: from tnpu_tokenizer_start(); gone afterwards
 * @tokenizer: receives the handle, which the caller destroys, or NULL
 * @err: receives the message on failure, or NULL
 *
 * Return: as tnpu_tokenizer_create().
 */
int tnpu_tokenizer_finish(struct tnpu_tokenizer_task *task,
			  struct tnpu_tokenizer **tokenizer,
			  struct tnpu_errmsg *err);

/**
 * tnpu_tokenizer_destroy() - Free a tokenizer
 * @tokenizer: a handle, or NULL
 */
void tnpu_tokenizer_destroy(struct tnpu_tokenizer *tokenizer);

/* What the file says; lives as long as the tokenizer. */
const struct tnpu_tokenizer_info *
tnpu_tokenizer_get_info(const struct tnpu_tokenizer *tokenizer);

/*
 * Does generation end at this id? EOS, end of turn, and control tokens that
 * are known by name to end text ("<|endoftext|>", "<|im_end|>", ...).
 */
bool tnpu_tokenizer_is_eog(const struct tnpu_tokenizer *tokenizer,
			   uint32_t id);

/**
 * tnpu_tokenizer_encode() - Turn text into ids
 * @tokenizer: a tokenizer
 * @text: bytes, meant to be UTF-8; other bytes are encoded one by one
 * @len: of @text, in bytes; 0 is allowed
 * @flags: TNPU_ENCODE_*
 * @ids: receives an array that the caller frees with free(); never NULL on
 *       success
 *
 * Takes O(len log len) time.
 *
 * Return: the number of ids, or -EINVAL for unknown flags, -E2BIG for text
 * that is too long, -EILSEQ for text with a byte for which the vocabulary
 * has neither a token nor an unknown token, -ENOMEM.
 */
int64_t tnpu_tokenizer_encode(const struct tnpu_tokenizer *tokenizer,
			      const char *text, size_t len,
			      uint32_t flags, uint32_t **ids);

/**
 * tnpu_tokenizer_decode() - Turn ids into text
 * @tokenizer: a tokenizer
 * @ids: token ids
 * @n: number of @ids; 0 is allowed
 * @flags: TNPU_DECODE_*
 * @text: receives the bytes and a NUL after them; the caller frees them with
 *        free()
 *
 * Return: bytes of the text without the NUL (it may hold others), -EINVAL
 * for unknown flags, -ERANGE for an id outside of the vocabulary, -ENOMEM.
 */
int64_t tnpu_tokenizer_decode(const struct tnpu_tokenizer *tokenizer,
			      const uint32_t *ids, size_t n,
			      uint32_t flags, char **text);

/**
 * tnpu_tokenizer_piece() - The bytes of one token
 * @tokenizer: a tokenizer
 * @id: token id
 * @flags: TNPU_DECODE_SPECIAL or 0
 * @len: receives the number of bytes, at most max_piece, often no whole
 *       character
 *
 * Return: the bytes, not NUL-terminated, which live as long as the
 * tokenizer; NULL for an id outside of the vocabulary.
 */
const char *
tnpu_tokenizer_piece(const struct tnpu_tokenizer *tokenizer, uint32_t id,
		     uint32_t flags, size_t *len);

/* Bytes that struct tnpu_detok may hold back: an unfinished character. */
#define TNPU_DETOK_HELD_MAX	3u

/**
 * struct tnpu_detok - state of a streamed decode
 * @tokenizer: borrowed
 * @flags: TNPU_DECODE_*
 * @strip_space: no text came out yet, its first space is to be dropped
 * @n_held: bytes in @held
 * @held: start of a character whose end has not come yet
 *
 * Put it where you like; it owns nothing.
 */
struct tnpu_detok {
	const struct tnpu_tokenizer *tokenizer;
	uint32_t flags;
	bool strip_space;
	uint8_t n_held;
	char held[TNPU_DETOK_HELD_MAX];
};

/**
 * tnpu_detok_init() - Start a streamed decode
 * @detok: state
 * @tokenizer: must outlive @detok
 * @flags: TNPU_DECODE_*; TNPU_DECODE_CONTINUE where the ids go on after a
 *         prompt
 */
void tnpu_detok_init(struct tnpu_detok *detok,
		     const struct tnpu_tokenizer *tokenizer,
		     uint32_t flags);

/**
 * tnpu_detok_push() - Text that one more id makes ready to show
 * @detok: state
 * @id: token id
 * @out: receives the bytes, without a NUL
 * @size: of @out, at least max_piece + TNPU_DETOK_HELD_MAX
 *
 * Only whole characters come out; the start of an unfinished one is held
 * back until its end or until it proves invalid. All pieces together with
 * tnpu_detok_flush() are exactly what tnpu_tokenizer_decode() gives.
 *
 * Return: number of bytes, may be 0; -ERANGE for an id outside of the
 * vocabulary, -ENOSPC for a small @out: then the state is unchanged.
 */
int64_t tnpu_detok_push(struct tnpu_detok *detok, uint32_t id,
			char *out, size_t size);

/**
 * tnpu_detok_flush() - What is still held back at the end
 * @detok: state; empty afterwards
 * @out: receives the bytes, without a NUL
 *
 * Return: number of bytes, 0 to TNPU_DETOK_HELD_MAX. They are no valid UTF-8.
 */
size_t tnpu_detok_flush(struct tnpu_detok *detok,
			char out[TNPU_DETOK_HELD_MAX]);

/**
 * tnpu_utf8_complete() - How much of a text may be shown
 * @text: bytes
 * @len: in bytes
 *
 * Return: @len, less an unfinished but so far valid character at the end.
 * Invalid bytes count as shown.
 */
size_t tnpu_utf8_complete(const char *text, size_t len);

#if defined(__cplusplus)
}
#endif

#endif /* TNPU_TOKENIZER_H */
