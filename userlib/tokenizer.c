// SPDX-License-Identifier: MIT
/*
 * The tokenizer: what the file says, special tokens, and decoding. How text
 * between special tokens is cut is the families' part.
 */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "tokenizer_internal.h"

#define ENCODE_FLAGS (TNPU_ENCODE_ADD_SPECIAL | TNPU_ENCODE_PARSE_SPECIAL)
#define DECODE_FLAGS (TNPU_DECODE_SPECIAL | TNPU_DECODE_CONTINUE)

/* Control tokens that end text, or a turn, by their name. */
static const struct tokenizer_eog {
	const char *name;
	bool turn;
} tokenizer_eogs[] = {
	{ "<|eot_id|>", true },
	{ "<|im_end|>", true },
	{ "<|end|>", true },
	{ "<end_of_turn>", true },
	{ "<EOT>", true },
	{ "<|eom_id|>", false },
	{ "<|endoftext|>", false },
	{ "<|end_of_text|>", false },
};

static int tokenizer_find_family(struct tnpu_tokenizer *tok,
				 const struct tnpu_gguf *gguf,
				 struct tnpu_errmsg *err)
{
	struct tnpu_gguf_str model;
	int ret;

	ret = tnpu_gguf_get_str(gguf, "tokenizer.ggml.model", &model, err);
	if (ret)
		return ret;
	if (tnpu_gguf_str_equal(model, tnpu_tokenizer_spm.model))
		tok->family = &tnpu_tokenizer_spm;
	else if (tnpu_gguf_str_equal(model, tnpu_tokenizer_bpe.model))
		tok->family = &tnpu_tokenizer_bpe;
	else
		return tnpu_errmsg_set(err, -EOPNOTSUPP,
				       "%s: tokenizer \"%.*s\" is not supported; llama, gpt2 are",
				       tnpu_gguf_name(gguf),
				       model.len < 64 ? (int)model.len : 64,
				       model.ptr);
	return 0;
}

static int tokenizer_count_tokens(struct tnpu_tokenizer *tok,
				  const struct tnpu_gguf *gguf,
				  struct tnpu_errmsg *err)
{
	struct tnpu_gguf_array tokens;
	int ret;

	ret = tnpu_gguf_get_array(gguf, "tokenizer.ggml.tokens",
				  TNPU_GGUF_STRING, &tokens, err);
	if (ret)
		return ret;
	if (!tokens.count)
		return tnpu_errmsg_set(err, -EINVAL,
				       "%s: the vocabulary is empty",
				       tnpu_gguf_name(gguf));
	tok->info.vocab_size = tokens.count;
	return 0;
}

/* An id from the file, or the default where the vocabulary reaches so far. */
static int tokenizer_get_id(struct tnpu_tokenizer *tok,
			    const struct tnpu_gguf *gguf, const char *key,
			    int32_t def, int32_t *id, struct tnpu_errmsg *err)
{
	uint32_t val;
	int ret;

	*id = def < (int64_t)tok->info.vocab_size ? def : TNPU_TOKEN_NONE;
	ret = tnpu_gguf_get_u32(gguf, key, &val, err);
	if (ret)
		return tnpu_gguf_optional(ret);
	if (val >= tok->info.vocab_size)
		return tnpu_errmsg_set(err, -ERANGE,
				       "%s: %s is %u, the vocabulary has %u tokens",
				       tnpu_gguf_name(gguf), key, val,
				       tok->info.vocab_size);
	*id = val;
	return 0;
}

static int tokenizer_get_ids(struct tnpu_tokenizer *tok,
			     const struct tnpu_gguf *gguf,
			     struct tnpu_errmsg *err)
{
	const struct tnpu_tokenizer_family *family = tok->family;
	struct tnpu_tokenizer_info *info = &tok->info;
	int ret;

	ret = tokenizer_get_id(tok, gguf, "tokenizer.ggml.bos_token_id",
			       family->bos, &info->bos, err);
	if (!ret)
		ret = tokenizer_get_id(tok, gguf, "tokenizer.ggml.eos_token_id",
				       family->eos, &info->eos, err);
	if (!ret)
		ret = tokenizer_get_id(tok, gguf, "tokenizer.ggml.eot_token_id",
				       TNPU_TOKEN_NONE, &info->eot, err);
	if (!ret)
		ret = tokenizer_get_id(tok, gguf,
				       "tokenizer.ggml.unknown_token_id",
				       family->unk, &info->unk, err);
	return ret;
}

static int tokenizer_get_bool(const struct tnpu_gguf *gguf, const char *key,
			      bool *val, struct tnpu_errmsg *err)
{
	return tnpu_gguf_optional(tnpu_gguf_get_bool(gguf, key, val, err));
}

static int tokenizer_get_flags(struct tnpu_tokenizer *tok,
			       const struct tnpu_gguf *gguf,
			       struct tnpu_errmsg *err)
{
	struct tnpu_tokenizer_info *info = &tok->info;
	const char *missing = NULL;
	int ret;

	ret = tokenizer_get_bool(gguf, "tokenizer.ggml.add_bos_token",
				 &info->add_bos, err);
	if (!ret)
		ret = tokenizer_get_bool(gguf, "tokenizer.ggml.add_eos_token",
					 &info->add_eos, err);
	if (!ret && tok->family->space_prefix)
		ret = tokenizer_get_bool(gguf,
					 "tokenizer.ggml.add_space_prefix",
					 &info->add_space_prefix, err);
	if (ret)
		return ret;
	if (info->add_bos && info->bos == TNPU_TOKEN_NONE)
		missing = "bos";
	if (info->add_eos && info->eos == TNPU_TOKEN_NONE)
		missing = "eos";
	if (missing)
		return tnpu_errmsg_set(err, -EINVAL,
				       "%s: tokenizer.ggml.%s_token_id is missing, yet to be added",
				       tnpu_gguf_name(gguf), missing);
	return 0;
}

/* The control token of exactly this text, or TNPU_TOKEN_NONE. */
static int32_t tokenizer_find_control(const struct tnpu_vocab *vocab,
				      const char *name)
{
	size_t want = strlen(name), len;
	int32_t id;

	id = tnpu_vocab_find_special(vocab, name, want, true);
	if (id == TNPU_TOKEN_NONE || vocab->type[id] != TNPU_TOKEN_CONTROL)
		return TNPU_TOKEN_NONE;
	tnpu_vocab_text(vocab, id, &len);
	return len == want ? id : TNPU_TOKEN_NONE;
}

/* Mark what ends generation, and find the end of turn if no key names it. */
static int tokenizer_mark_eog(struct tnpu_tokenizer *tok)
{
	struct tnpu_tokenizer_info *info = &tok->info;
	const struct tokenizer_eog *eog;
	uint32_t i;
	int32_t id;

	tok->eog = calloc(info->vocab_size, sizeof(*tok->eog));
	if (!tok->eog)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(tokenizer_eogs); i++) {
		eog = &tokenizer_eogs[i];
		id = tokenizer_find_control(&tok->vocab, eog->name);
		if (id == TNPU_TOKEN_NONE)
			continue;
		tok->eog[id] = true;
		if (eog->turn && info->eot == TNPU_TOKEN_NONE)
			info->eot = id;
	}
	if (info->eos != TNPU_TOKEN_NONE)
		tok->eog[info->eos] = true;
	if (info->eot != TNPU_TOKEN_NONE)
		tok->eog[info->eot] = true;
	return 0;
}

static int tokenizer_load(struct tnpu_tokenizer *tok,
			  const struct tnpu_gguf *gguf, struct tnpu_errmsg *err)
{
	int ret;

	ret = tokenizer_find_family(tok, gguf, err);
	if (!ret)
		ret = tokenizer_count_tokens(tok, gguf, err);
	if (!ret)
		ret = tokenizer_get_ids(tok, gguf, err);
	if (!ret)
		ret = tnpu_vocab_load(tok, gguf, err);
	if (ret)
		return ret;
	tok->info.add_bos = tok->family->add_bos;
	tok->info.add_space_prefix = tok->family->space_prefix;
	tok->info.max_piece = tok->vocab.max_len;
	ret = tok->family->create(tok, gguf, err);
	if (!ret)
		ret = tokenizer_get_flags(tok, gguf, err);
	if (!ret && tokenizer_mark_eog(tok))
		ret = tnpu_errmsg_set(err, -ENOMEM, "%s: no memory",
				      tnpu_gguf_name(gguf));
	return ret;
}

int tnpu_tokenizer_create(const struct tnpu_gguf *gguf,
			  struct tnpu_tokenizer **tokenizer,
			  struct tnpu_errmsg *err)
{
	struct tnpu_tokenizer *tok;
	int ret;

	tok = calloc(1, sizeof(*tok));
	if (!tok)
		return tnpu_errmsg_set(err, -ENOMEM, "%s: no memory",
				       tnpu_gguf_name(gguf));
	ret = tokenizer_load(tok, gguf, err);
	if (ret)
		tnpu_tokenizer_destroy(tok);
	else
		*tokenizer = tok;
	return ret;
}

void tnpu_tokenizer_destroy(struct tnpu_tokenizer *tokenizer)
{
	if (!tokenizer)
		return;
	if (tokenizer->family)
		tokenizer->family->destroy(tokenizer);
	tnpu_vocab_free(&tokenizer->vocab);
	free(tokenizer->eog);
	free(tokenizer);
}

const struct tnpu_tokenizer_info *
tnpu_tokenizer_get_info(const struct tnpu_tokenizer *tokenizer)
{
	return &tokenizer->info;
}

bool tnpu_tokenizer_is_eog(const struct tnpu_tokenizer *tokenizer, uint32_t id)
{
	return id < tokenizer->info.vocab_size && tokenizer->eog[id];
}

int tnpu_encoder_emit(struct tnpu_encoder *enc, uint32_t id)
{
	uint32_t *ids;

	ids = tnpu_grow(enc->ids, &enc->max_ids, enc->n_ids + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	enc->ids = ids;
	ids[enc->n_ids++] = id;
	return 0;
}

int tnpu_encoder_emit_byte(struct tnpu_encoder *enc, uint8_t byte)
{
	int32_t id = enc->tok->vocab.byte_id[byte];

	if (id == TNPU_TOKEN_NONE)
		id = enc->tok->info.unk;
	return id == TNPU_TOKEN_NONE ? -EILSEQ : tnpu_encoder_emit(enc, id);
}

/* Bytes before the next special token, which goes to @special. */
static size_t encode_find_special(const struct tnpu_tokenizer *tok,
				  const char *text, size_t len, bool control,
				  int32_t *special)
{
	size_t pos;

	*special = TNPU_TOKEN_NONE;
	for (pos = 0; pos < len; pos++) {
		*special = tnpu_vocab_find_special(&tok->vocab, text + pos,
						   len - pos, control);
		if (*special != TNPU_TOKEN_NONE)
			break;
	}
	return pos;
}

static int encode_text(struct tnpu_encoder *enc, const char *text, size_t len,
		       bool control)
{
	const struct tnpu_tokenizer *tok = enc->tok;
	bool first = true;
	int32_t special;
	size_t n, skip;
	int ret = 0;

	while (len && !ret) {
		n = encode_find_special(tok, text, len, control, &special);
		if (n)
			ret = tok->family->encode(enc, text, n, first);
		first = special != TNPU_TOKEN_NONE;
		text += n;
		len -= n;
		if (!first || ret)
			continue;
		ret = tnpu_encoder_emit(enc, special);
		tnpu_vocab_text(&tok->vocab, special, &skip);
		text += skip;
		len -= skip;
	}
	return ret;
}

int64_t tnpu_tokenizer_encode(const struct tnpu_tokenizer *tokenizer,
			      const char *text, size_t len, uint32_t flags,
			      uint32_t **ids)
{
	const struct tnpu_tokenizer_info *info = &tokenizer->info;
	struct tnpu_encoder enc = { .tok = tokenizer };
	bool special = flags & TNPU_ENCODE_ADD_SPECIAL;
	int ret = 0;

	if (flags & ~ENCODE_FLAGS)
		return -EINVAL;
	if (len > TNPU_TOKENIZER_TEXT_MAX)
		return -E2BIG;
	/* So that success gives an array even for no ids. */
	enc.ids = tnpu_grow(NULL, &enc.max_ids, 1, sizeof(*enc.ids));
	if (!enc.ids)
		return -ENOMEM;
	if (special && info->add_bos)
		ret = tnpu_encoder_emit(&enc, info->bos);
	if (!ret)
		ret = encode_text(&enc, text, len,
				  flags & TNPU_ENCODE_PARSE_SPECIAL);
	if (!ret && special && info->add_eos)
		ret = tnpu_encoder_emit(&enc, info->eos);
	tnpu_merge_free(&enc.merge);
	if (ret) {
		free(enc.ids);
		return ret;
	}
	*ids = enc.ids;
	return enc.n_ids;
}

static bool tokenizer_is_hidden(uint8_t type)
{
	return type == TNPU_TOKEN_CONTROL || type == TNPU_TOKEN_UNKNOWN ||
	       type == TNPU_TOKEN_UNUSED;
}

const char *tnpu_tokenizer_piece(const struct tnpu_tokenizer *tokenizer,
				 uint32_t id, uint32_t flags, size_t *len)
{
	const struct tnpu_vocab *vocab = &tokenizer->vocab;
	const char *text;

	if (id >= vocab->count)
		return NULL;
	text = tnpu_vocab_text(vocab, id, len);
	if (tokenizer_is_hidden(vocab->type[id]) &&
	    !(flags & TNPU_DECODE_SPECIAL))
		*len = 0;
	return text;
}

/* Is it cut out of text, rather than put there whole? */
static bool tokenizer_is_cut(uint8_t type)
{
	return type == TNPU_TOKEN_UNDEFINED || type == TNPU_TOKEN_NORMAL ||
	       type == TNPU_TOKEN_BYTE;
}

/* A piece as it follows the text so far: the first one loses its space. */
static const char *detok_piece(struct tnpu_detok *detok, uint32_t id,
			       bool *strip_space, size_t *len)
{
	const struct tnpu_tokenizer *tok = detok->tokenizer;
	const char *text;

	text = tnpu_tokenizer_piece(tok, id, detok->flags, len);
	*strip_space = detok->strip_space;
	if (!text || !*len || !*strip_space)
		return text;
	*strip_space = false;
	if (*text == ' ' && tokenizer_is_cut(tok->vocab.type[id])) {
		++text;
		--*len;
	}
	return text;
}

void tnpu_detok_init(struct tnpu_detok *detok,
		     const struct tnpu_tokenizer *tokenizer, uint32_t flags)
{
	memset(detok, 0, sizeof(*detok));
	detok->tokenizer = tokenizer;
	detok->flags = flags;
	detok->strip_space = tokenizer->info.add_space_prefix &&
			     !(flags & TNPU_DECODE_CONTINUE);
}

int64_t tnpu_detok_push(struct tnpu_detok *detok, uint32_t id, char *out,
			size_t size)
{
	bool strip_space;
	const char *text;
	size_t len, n;

	text = detok_piece(detok, id, &strip_space, &len);
	if (!text)
		return -ERANGE;
	if (len + detok->n_held > size)
		return -ENOSPC;
	memcpy(out, detok->held, detok->n_held);
	memcpy(out + detok->n_held, text, len);
	len += detok->n_held;
	n = tnpu_utf8_complete(out, len);
	detok->n_held = len - n;
	memcpy(detok->held, out + n, len - n);
	detok->strip_space = strip_space;
	return n;
}

size_t tnpu_detok_flush(struct tnpu_detok *detok, char out[TNPU_DETOK_HELD_MAX])
{
	size_t n = detok->n_held;

	memcpy(out, detok->held, n);
	detok->n_held = 0;
	return n;
}

/* Bytes of all pieces, which @text receives unless it is NULL. */
static int64_t decode_pieces(struct tnpu_detok detok, const uint32_t *ids,
			     size_t n, char *text)
{
	int64_t total = 0;
	const char *piece;
	size_t i, len;

	for (i = 0; i < n; i++) {
		piece = detok_piece(&detok, ids[i], &detok.strip_space, &len);
		if (!piece)
			return -ERANGE;
		if (text)
			memcpy(text + total, piece, len);
		total += len;
	}
	return total;
}

int64_t tnpu_tokenizer_decode(const struct tnpu_tokenizer *tokenizer,
			      const uint32_t *ids, size_t n, uint32_t flags,
			      char **text)
{
	struct tnpu_detok detok;
	int64_t len;

	if (flags & ~DECODE_FLAGS)
		return -EINVAL;
	tnpu_detok_init(&detok, tokenizer, flags);
	len = decode_pieces(detok, ids, n, NULL);
	if (len < 0)
		return len;
	*text = malloc(len + 1);
	if (!*text)
		return -ENOMEM;
	decode_pieces(detok, ids, n, *text);
	(*text)[len] = '\0';
	return len;
}
