/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary: byte-level BPE as GPT-2 has it, and whole words besides
 * (GGUF: user-defined tokens), which are taken out of a text before it is cut
 * into others: at each place the longest one that begins there, from left to
 * right. Tokens 0 to 255 are the bytes, then comes what each merge makes, then
 * the whole words, and the last one ends a text, and also begins it, which
 * gives attention a place to rest on.
 *
 * Its file is what GPT-2 calls merges.txt: a line "#version: 0.2", then one
 * merge a line, "left right", in the alphabet that gives every byte, also a
 * space, a printing character; then one whole word a line. All else follows
 * from it.
 *
 * A sample is "begin PROMPT ANSWER end". The prompt ends with "plan:", and the
 * answer begins with the space behind it: the pre-tokenizer binds a space to
 * the word that follows, so that the prompt alone has the same tokens as at
 * the start of the whole, and with a space at its end it would not.
 */
#ifndef TRAIN_VOCAB_H
#define TRAIN_VOCAB_H

#include <stdint.h>

#include "batch.h"

/** TRAIN_TEXT_END - the text of the token that begins and ends a text */
#define TRAIN_TEXT_END "<|endoftext|>"

/** TRAIN_VOCAB_MAX - tokens at most; ids fit 16 bits */
#define TRAIN_VOCAB_MAX 65536

/** TRAIN_PIECE_MAX - bytes of a token at most */
#define TRAIN_PIECE_MAX 64

struct train_vocab;

/** train_vocab_create() - the bytes and the end of text, no merges */
struct train_vocab *train_vocab_create(void);
void train_vocab_destroy(struct train_vocab *vocab);

/**
 * train_vocab_merge() - add a merge behind all others
 * @vocab: to add to
 * @left: a token, not the end of text
 * @right: another
 *
 * Return: the token that it makes; -1 where the vocabulary is full or the
 * token would be too long.
 */
int train_vocab_merge(struct train_vocab *vocab, int left, int right);

/** train_vocab_add() - add a whole word behind all others; at most
 * TRAIN_PIECE_MAX bytes, or the program ends
 */
void train_vocab_add(struct train_vocab *vocab, const char *text);

/**
 * train_vocab_whole() - find a whole word
 * @vocab: the vocabulary
 * @text: bytes
 * @len: of @text
 * @size: receives the bytes of the longest one that @text begins with
 *
 * Return: its token, or -1.
 */
int train_vocab_whole(const struct train_vocab *vocab, const char *text,
		      size_t len, size_t *size);

/** train_vocab_is_whole() - is the token a whole word? */
bool train_vocab_is_whole(const struct train_vocab *vocab, int id);

/** train_vocab_read() - a vocabulary from its file; ends the program where
 * @path is none
 */
struct train_vocab *train_vocab_read(const char *path);

/** train_vocab_write() - the vocabulary's file; ends the program on failure */
void train_vocab_write(const struct train_vocab *vocab, const char *path);

/** train_vocab_size() - number of tokens */
int train_vocab_size(const struct train_vocab *vocab);

/** train_vocab_end() - the token that begins and ends a text */
int train_vocab_end(const struct train_vocab *vocab);

/** train_vocab_merges() - number of merges */
int train_vocab_merges(const struct train_vocab *vocab);

/** train_vocab_parts() - what merge @rank merges: tokens part[0], part[1] */
void train_vocab_parts(const struct train_vocab *vocab, int rank, int part[2]);

/** train_vocab_hash() - a number that tells vocabularies apart */
uint64_t train_vocab_hash(const struct train_vocab *vocab);

/**
 * train_vocab_piece() - the bytes of a token
 * @vocab: the vocabulary
 * @id: token
 * @len: receives their number, 0 for the end of text
 */
const char *train_vocab_piece(const struct train_vocab *vocab, int id,
			      size_t *len);

/**
 * train_vocab_spell() - a token in the file's alphabet
 * @text: receives UTF-8 and a NUL
 */
void train_vocab_spell(const struct train_vocab *vocab, int id,
		       char text[2 * TRAIN_PIECE_MAX + 1]);

/**
 * train_vocab_encode() - text to tokens
 * @vocab: the vocabulary; one thread at a time
 * @text: UTF-8; "<|endoftext|>" in it is but text
 * @len: its bytes, which are as many as there are tokens at most
 * @id: receives the tokens
 *
 * Return: their number.
 */
int train_vocab_encode(struct train_vocab *vocab, const char *text, size_t len,
		       int *id);

/**
 * train_vocab_sample() - a sample as the model sees it
 * @vocab: the vocabulary; one thread at a time
 * @prompt: "scene: ...\ndo: ...\nplan:"
 * @answer: "[...]"
 * @tokens: tokens->id has room for the bytes of both and 3
 */
void train_vocab_sample(struct train_vocab *vocab, const char *prompt,
			const char *answer, struct train_tokens *tokens);

#endif
