// SPDX-License-Identifier: MIT
/*
 * SPM, SentencePiece's BPE: neighbours merge where the vocabulary has their
 * concatenation, the best score first; what no piece covers goes out as bytes.
 * Pieces write a space as U+2581. Vocabulary and text are both turned back to
 * plain spaces, which comes to the same and gives the text of a piece for free.
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer_internal.h"

/* Replace U+2581 by a space. */
static size_t spm_decode(const char *src, size_t len, char *dst)
{
	size_t i = 0, n = 0;

	while (i < len) {
		if (len - i >= 3 && !memcmp(src + i, "\xe2\x96\x81", 3)) {
			dst[n++] = ' ';
			i += 3;
		} else {
			dst[n++] = src[i++];
		}
	}
	return n;
}

/* Order-preserving: a higher score gives a lower value; -0 equals 0. */
static uint32_t spm_priority(float score)
{
	uint32_t bits;

	score += 0.0f;
	memcpy(&bits, &score, sizeof(bits));
	return bits >> 31 ? bits : ~bits & 0x7fffffff;
}

/* Without scores all merges are equal: the leftmost comes first. */
static int spm_create(struct tnpu_tokenizer *tok, const struct tnpu_gguf *gguf,
		      struct tnpu_errmsg *err)
{
	static const char key[] = "tokenizer.ggml.scores";
	struct tnpu_gguf_array scores = { .count = 0 };
	uint32_t *prio;
	float score;
	uint32_t i;
	int ret;

	ret = tnpu_gguf_get_array(gguf, key, TNPU_GGUF_FLOAT32, &scores, err);
	if (ret && ret != -ENOENT)
		return ret;
	if (!ret && scores.count != tok->vocab.count)
		return tnpu_errmsg_set(err, -EINVAL,
				       "%s: %s has %u entries for %u tokens",
				       tnpu_gguf_name(gguf), key, scores.count,
				       tok->vocab.count);
	prio = calloc(tok->vocab.count, sizeof(*prio));
	if (!prio)
		return tnpu_errmsg_set(err, -ENOMEM,
				       "%s: no memory for the vocabulary",
				       tnpu_gguf_name(gguf));
	tok->priv = prio;
	for (i = 0; i < scores.count; i++) {
		score = tnpu_gguf_array_f32(&scores, i);
		if (score != score)
			return tnpu_errmsg_set(err, -ERANGE,
					       "%s: the score of token %u is not a number",
					       tnpu_gguf_name(gguf), i);
		prio[i] = spm_priority(score);
	}
	return 0;
}

static void spm_destroy(struct tnpu_tokenizer *tok)
{
	free(tok->priv);
}

static bool spm_merge(const struct tnpu_tokenizer *tok, const char *text,
		      const struct tnpu_symbol *l, const struct tnpu_symbol *r,
		      uint32_t *prio, uint32_t *id)
{
	const uint32_t *prios = tok->priv;
	int32_t found;

	found = tnpu_vocab_find(&tok->vocab, text + l->start, l->len + r->len);
	if (found == TNPU_TOKEN_NONE)
		return false;
	*prio = prios[found];
	*id = found;
	return true;
}

/*
 * Length of a character by its first byte alone: where text is not UTF-8,
 * this is how the reference implementations group its bytes.
 */
static uint32_t spm_char_len(uint8_t lead)
{
	if (lead < 0xc0)
		return 1;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static int spm_split(struct tnpu_encoder *enc, const char *text, size_t len)
{
	uint32_t n;
	size_t pos;
	int ret;

	tnpu_merge_start(&enc->merge);
	for (pos = 0; pos < len; pos += n) {
		n = spm_char_len(text[pos]);
		if (n > len - pos)
			n = len - pos;
		ret = tnpu_merge_add(&enc->merge, n,
				     tnpu_vocab_find(&enc->tok->vocab,
						     text + pos, n));
		if (ret)
			return ret;
	}
	return 0;
}

static int spm_encode(struct tnpu_encoder *enc, const char *text, size_t len,
		      bool first)
{
	bool prefix = first && enc->tok->info.add_space_prefix;
	char *plain;
	size_t n;
	int ret;

	plain = malloc(len + 1);
	if (!plain)
		return -ENOMEM;
	plain[0] = ' ';
	n = prefix + spm_decode(text, len, plain + prefix);
	ret = spm_split(enc, plain, n);
	if (!ret)
		ret = tnpu_merge_run(enc, plain, spm_merge);
	free(plain);
	return ret;
}

const struct tnpu_tokenizer_family tnpu_tokenizer_spm = {
	.model = "llama",
	.space_prefix = true,
	.add_bos = true,
	.bos = 1,
	.eos = 2,
	.unk = 0,
	.decode = spm_decode,
	.create = spm_create,
	.destroy = spm_destroy,
	.encode = spm_encode,
};
