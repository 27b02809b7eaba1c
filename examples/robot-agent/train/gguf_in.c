// SPDX-License-Identifier: MIT
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "../../../userlib/gguf.h"
#include "alloc.h"
#include "gguf_in.h"
#include "gguf_out.h"
#include "quant.h"

/* libtnpu's reader has checked the file when it gives it out. */
static struct tnpu_gguf *gguf_open(const char *path)
{
	struct tnpu_gguf *gguf;
	struct tnpu_errmsg why;

	if (tnpu_gguf_open(path, &gguf, &why))
		errx(1, "%s", why.text);
	return gguf;
}

/* ---- Keys ------------------------------------------------------------------- */

static int gguf_number(const struct tnpu_gguf *gguf, const char *key)
{
	struct tnpu_errmsg why;
	uint32_t value;

	if (tnpu_gguf_get_u32(gguf, key, &value, &why))
		errx(1, "%s", why.text);
	if (value > TRAIN_VOCAB_MAX)
		errx(1, "%s: %s is %u, %d at most", tnpu_gguf_name(gguf), key, value,
		     TRAIN_VOCAB_MAX);
	return value;
}

static double gguf_real(const struct tnpu_gguf *gguf, const char *key)
{
	struct tnpu_errmsg why;
	float value;

	if (tnpu_gguf_get_f32(gguf, key, &value, &why))
		errx(1, "%s", why.text);
	return value;
}

static void gguf_check_vocab(const struct tnpu_gguf *gguf, const struct train_vocab *vocab)
{
	char text[2 * TRAIN_PIECE_MAX + 1];
	struct tnpu_gguf_array tokens;
	struct tnpu_errmsg why;
	bool same;
	int i;

	if (tnpu_gguf_get_array(gguf, "tokenizer.ggml.tokens", TNPU_GGUF_STRING, &tokens, &why))
		errx(1, "%s", why.text);
	same = tokens.count == train_vocab_size(vocab);
	for (i = 0; same && i < train_vocab_size(vocab); i++)
		same = tnpu_gguf_str_equal(tnpu_gguf_array_str(&tokens, i),
					   train_gguf_token(vocab, i, text));
	if (!same)
		errx(1, "%s: was made with another vocabulary", tnpu_gguf_name(gguf));
}

void train_gguf_shape(const char *path, const struct train_vocab *vocab,
		      struct train_shape *shape)
{
	struct tnpu_gguf *gguf = gguf_open(path);
	const char *why;

	gguf_check_vocab(gguf, vocab);
	*shape = (struct train_shape){
		.vocab = train_vocab_size(vocab),
		.width = gguf_number(gguf, "llama.embedding_length"),
		.layers = gguf_number(gguf, "llama.block_count"),
		.heads = gguf_number(gguf, "llama.attention.head_count"),
		.kv_heads = gguf_number(gguf, "llama.attention.head_count_kv"),
		.ffn = gguf_number(gguf, "llama.feed_forward_length"),
		.context = gguf_number(gguf, "llama.context_length"),
		.epsilon = gguf_real(gguf, "llama.attention.layer_norm_rms_epsilon"),
		.rope_base = gguf_real(gguf, "llama.rope.freq_base"),
	};
	why = train_shape_check(shape);
	if (why)
		errx(1, "%s: %s", path, why);
	tnpu_gguf_close(gguf);
}

/* ---- Tensors ---------------------------------------------------------------- */

static enum train_store gguf_store(const struct tnpu_gguf *gguf,
				   const struct tnpu_gguf_tensor *from)
{
	switch (from->type) {
	case TNPU_GGUF_F32:
		return TRAIN_STORE_F32;
	case TNPU_GGUF_Q4_0:
		return TRAIN_STORE_Q4_0;
	case TNPU_GGUF_Q8_0:
		return TRAIN_STORE_Q8_0;
	default:
		errx(1, "%s: %s is of type %s; F32, Q4_0 and Q8_0 are read",
		     tnpu_gguf_name(gguf), from->name, tnpu_gguf_type_name(from->type));
	}
}

static void gguf_read_tensor(const struct tnpu_gguf *gguf, const struct train_tensor *to,
			     real_t *params)
{
	const struct tnpu_gguf_tensor *from = tnpu_gguf_tensor_find(gguf, to->name);
	struct tnpu_errmsg why;
	uint8_t *bytes;

	if (!from || from->ne[0] != (uint64_t)to->cols || from->ne[1] != (uint64_t)to->rows ||
	    from->n_dims > 2)
		errx(1, "%s: has no tensor %s of %d x %d", tnpu_gguf_name(gguf), to->name,
		     to->cols, to->rows);
	bytes = train_alloc(from->nbytes, 1);
	if (tnpu_gguf_tensor_read(gguf, from, 0, bytes, from->nbytes, &why))
		errx(1, "%s", why.text);
	train_quant_unpack(gguf_store(gguf, from), (size_t)to->rows * to->cols, bytes,
			   params + to->offset);
	free(bytes);
}

void train_gguf_params(const char *path, const struct train_shape *shape, real_t *params)
{
	struct tnpu_gguf *gguf = gguf_open(path);
	struct train_tensor *tensor;
	int count, i;

	tensor = train_params_tensors(shape, &count);
	for (i = 0; i < count; i++)
		gguf_read_tensor(gguf, &tensor[i], params);
	free(tensor);
	tnpu_gguf_close(gguf);
}
