/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the tokenizer share: the vocabulary, the pair-merging
 * engine, and the two families (SPM and BPE) behind one table of functions.
 */
#ifndef TNPU_TOKENIZER_INTERNAL_H
#define TNPU_TOKENIZER_INTERNAL_H

#include "gguf.h"
#include "tokenizer.h"

/* tokenizer.ggml.token_type */
enum tnpu_token_type {
	TNPU_TOKEN_UNDEFINED = 0,
	TNPU_TOKEN_NORMAL = 1,
	TNPU_TOKEN_UNKNOWN = 2,
	TNPU_TOKEN_CONTROL = 3,
	TNPU_TOKEN_USER_DEFINED = 4,
	TNPU_TOKEN_UNUSED = 5,
	TNPU_TOKEN_BYTE = 6,
};

struct tnpu_tokenizer;
struct tnpu_encoder;

/**
 * struct tnpu_tokenizer_family - one way to cut text into tokens
 * @model: value of tokenizer.ggml.model
 * @space_prefix: default of add_space_prefix, which only such a family heeds
 * @add_bos: default of add_bos_token
 * @bos: default id where the file names none
 * @eos: likewise
 * @unk: likewise
 * @decode: turns the text of a normal token into the bytes it stands for;
 *	    writes at most @len bytes to @dst and returns their number
 * @create: reads what only this family has, after the vocabulary
 * @destroy: undoes @create, even if it failed halfway or never ran
 * @encode: appends the ids of a text without special tokens; @first tells
 *	    that it follows the start or a special token
 */
struct tnpu_tokenizer_family {
	const char *model;
	bool space_prefix;
	bool add_bos;
	int32_t bos;
	int32_t eos;
	int32_t unk;
	size_t (*decode)(const char *src, size_t len, char *dst);
	int (*create)(struct tnpu_tokenizer *tok, const struct tnpu_gguf *gguf,
		      struct tnpu_errmsg *err);
	void (*destroy)(struct tnpu_tokenizer *tok);
	int (*encode)(struct tnpu_encoder *enc, const char *text, size_t len,
		      bool first);
};

extern const struct tnpu_tokenizer_family tnpu_tokenizer_spm;
extern const struct tnpu_tokenizer_family tnpu_tokenizer_bpe;

/*
 * Tokens are found by binary search in a sorted array, not by hashing: no
 * vocabulary, however hostile, can make a look-up slow. The first eight bytes
 * as a big-endian number decide nearly every comparison.
 */
struct tnpu_vocab_entry {
	uint64_t prefix;
	uint32_t len;
	uint32_t id;
};

/**
 * struct tnpu_vocab - the tokens
 * @count: number of tokens
 * @max_len: bytes of the longest one
 * @text: bytes of all tokens, one after the other
 * @start: token i is @text from start[i] to start[i + 1]
 * @type: enum tnpu_token_type of each token
 * @typed: the file tells the types; else they are guessed
 * @sorted: tokens that text can be cut into, by their bytes, each once
 * @n_sorted: number of those
 * @special: ids of control, unknown and user-defined tokens, by their bytes
 * @n_special: number of those
 * @special_first: bytes that such a token starts with
 * @byte_id: token of each byte for text that no other token covers, or
 *	     TNPU_TOKEN_NONE
 */
struct tnpu_vocab {
	uint32_t count;
	uint32_t max_len;
	char *text;
	uint32_t *start;
	uint8_t *type;
	bool typed;
	struct tnpu_vocab_entry *sorted;
	uint32_t n_sorted;
	uint32_t *special;
	uint32_t n_special;
	bool special_first[256];
	int32_t byte_id[256];
};

struct tnpu_tokenizer {
	const struct tnpu_tokenizer_family *family;
	struct tnpu_tokenizer_info info;
	struct tnpu_vocab vocab;
	bool *eog;		/* by id */
	void *priv;		/* of the family */
};

int tnpu_vocab_load(struct tnpu_tokenizer *tok, const struct tnpu_gguf *gguf,
		    struct tnpu_errmsg *err);
void tnpu_vocab_free(struct tnpu_vocab *vocab);

/*
 * Do the ids of both stand for the same tokens? Types count where both files
 * tell them. Return: 0, or -EINVAL: the message names the first difference,
 * and @a's side of it first.
 */
int tnpu_vocab_compare(const struct tnpu_vocab *a, const struct tnpu_vocab *b,
		       struct tnpu_errmsg *err);

/* The token of exactly these bytes, or TNPU_TOKEN_NONE. */
int32_t tnpu_vocab_find(const struct tnpu_vocab *vocab, const char *bytes,
			size_t len);

/*
 * The longest special token that @text starts with, or TNPU_TOKEN_NONE;
 * control and unknown tokens only with @control.
 */
int32_t tnpu_vocab_find_special(const struct tnpu_vocab *vocab,
				const char *text, size_t len, bool control);

static inline const char *tnpu_vocab_text(const struct tnpu_vocab *vocab,
					  uint32_t id, size_t *len)
{
	*len = vocab->start[id + 1] - vocab->start[id];
	return vocab->text + vocab->start[id];
}

/*
 * The merging engine: a text as a list of symbols, of which the pair with the
 * lowest priority value (leftmost first) becomes one symbol, until no pair is
 * left that the family knows. A heap makes that O(n log n).
 */
struct tnpu_symbol {
	int32_t prev;		/* index, or -1 */
	int32_t next;
	uint32_t start;		/* bytes of the text */
	uint32_t len;		/* 0: merged into its left neighbour */
	int32_t id;		/* token, or TNPU_TOKEN_NONE */
};

struct tnpu_candidate {
	uint64_t key;		/* priority value << 32 | left symbol */
	uint32_t len;		/* of both symbols when it was found */
	uint32_t id;		/* what they become */
};

struct tnpu_merge {
	struct tnpu_symbol *symbols;
	size_t n_symbols;
	size_t max_symbols;
	struct tnpu_candidate *heap;
	size_t n_heap;
	size_t max_heap;
};

/**
 * struct tnpu_encoder - state of one encode call
 * @tok: the tokenizer
 * @ids: result so far
 * @n_ids: its length
 * @max_ids: what @ids has room for
 * @merge: reused from text to text
 */
struct tnpu_encoder {
	const struct tnpu_tokenizer *tok;
	uint32_t *ids;
	size_t n_ids;
	size_t max_ids;
	struct tnpu_merge merge;
};

/* Append one id: 0 or -ENOMEM. */
int tnpu_encoder_emit(struct tnpu_encoder *enc, uint32_t id);

/* Append the token of one byte, else the unknown token: else -EILSEQ. */
int tnpu_encoder_emit_byte(struct tnpu_encoder *enc, uint8_t byte);

/*
 * Does the family merge the neighbours @l and @r of @text? If so, it gives
 * the priority value and the token that they become.
 */
typedef bool (*tnpu_merge_fn)(const struct tnpu_tokenizer *tok,
			      const char *text, const struct tnpu_symbol *l,
			      const struct tnpu_symbol *r, uint32_t *prio,
			      uint32_t *id);

/* Start a new text, and append its next symbol: 0 or -ENOMEM. */
void tnpu_merge_start(struct tnpu_merge *merge);
int tnpu_merge_add(struct tnpu_merge *merge, uint32_t len, int32_t id);

/* Merge, then append the ids of what is left: 0, -EILSEQ or -ENOMEM. */
int tnpu_merge_run(struct tnpu_encoder *enc, const char *text,
		   tnpu_merge_fn fn);
void tnpu_merge_free(struct tnpu_merge *merge);

/*
 * Room for @want elements of @size bytes in an array that grows by doubling:
 * the array, moved perhaps, or NULL (then the old one still stands).
 */
void *tnpu_grow(void *array, size_t *max, size_t want, size_t size);

#endif /* TNPU_TOKENIZER_INTERNAL_H */
