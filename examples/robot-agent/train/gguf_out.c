// SPDX-License-Identifier: MIT
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "gguf_out.h"
#include "quant.h"

#define GGUF_ALIGN 32

/* Numbers of the format. */
enum { GGUF_U32 = 4, GGUF_I32, GGUF_F32, GGUF_BOOL, GGUF_STRING, GGUF_ARRAY };
enum { GGUF_NORMAL = 1, GGUF_CONTROL = 3, GGUF_USER_DEFINED = 4 };
enum { GGUF_FILE_F32 = 0, GGUF_FILE_Q4_0 = 2, GGUF_QUANT_VERSION = 2 };

/* A file as it grows; @keys counts what gguf_key() began. */
struct gguf_out {
	FILE *file;
	int keys;
};

/* ---- Pieces; the host is little-endian, as the format ------------------------ */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian");

static void gguf_bytes(struct gguf_out *out, const void *bytes, size_t len)
{
	fwrite(bytes, 1, len, out->file);
}

static void gguf_u32(struct gguf_out *out, uint32_t value)
{
	gguf_bytes(out, &value, sizeof(value));
}

static void gguf_u64(struct gguf_out *out, uint64_t value)
{
	gguf_bytes(out, &value, sizeof(value));
}

static void gguf_string(struct gguf_out *out, const char *text)
{
	gguf_u64(out, strlen(text));
	gguf_bytes(out, text, strlen(text));
}

static void gguf_align(struct gguf_out *out)
{
	while (ftell(out->file) % GGUF_ALIGN && !ferror(out->file))
		gguf_bytes(out, "", 1);
}

/* ---- Keys ------------------------------------------------------------------- */

static void gguf_key(struct gguf_out *out, const char *key, uint32_t type)
{
	gguf_string(out, key);
	gguf_u32(out, type);
	out->keys++;
}

static void gguf_key_u32(struct gguf_out *out, const char *key, uint32_t value)
{
	gguf_key(out, key, GGUF_U32);
	gguf_u32(out, value);
}

static void gguf_key_f32(struct gguf_out *out, const char *key, float value)
{
	gguf_key(out, key, GGUF_F32);
	gguf_bytes(out, &value, sizeof(value));
}

static void gguf_key_bool(struct gguf_out *out, const char *key, bool value)
{
	gguf_key(out, key, GGUF_BOOL);
	gguf_bytes(out, value ? "\1" : "\0", 1);
}

static void gguf_key_string(struct gguf_out *out, const char *key,
			    const char *value)
{
	gguf_key(out, key, GGUF_STRING);
	gguf_string(out, value);
}

static void gguf_key_array(struct gguf_out *out, const char *key, uint32_t type,
			   uint64_t count)
{
	gguf_key(out, key, GGUF_ARRAY);
	gguf_u32(out, type);
	gguf_u64(out, count);
}

static void gguf_general(struct gguf_out *out, const struct train_gguf *gguf)
{
	gguf_key_string(out, "general.architecture", "llama");
	gguf_key_string(out, "general.type", "model");
	gguf_key_string(out, "general.name", gguf->name);
	gguf_key_string(out, "general.description", gguf->description);
	gguf_key_string(out, "general.license", "mit");
	gguf_key_u32(out, "general.alignment", GGUF_ALIGN);
	gguf_key_u32(out, "general.quantization_version", GGUF_QUANT_VERSION);
	gguf_key_u32(out, "general.file_type",
		     gguf->quantised ? GGUF_FILE_Q4_0 : GGUF_FILE_F32);
}

static void gguf_shape(struct gguf_out *out, const struct train_shape *shape)
{
	int head = train_head_width(shape);

	gguf_key_u32(out, "llama.vocab_size", shape->vocab);
	gguf_key_u32(out, "llama.context_length", shape->context);
	gguf_key_u32(out, "llama.embedding_length", shape->width);
	gguf_key_u32(out, "llama.block_count", shape->layers);
	gguf_key_u32(out, "llama.feed_forward_length", shape->ffn);
	gguf_key_u32(out, "llama.attention.head_count", shape->heads);
	gguf_key_u32(out, "llama.attention.head_count_kv", shape->kv_heads);
	gguf_key_f32(out, "llama.attention.layer_norm_rms_epsilon",
		     shape->epsilon);
	gguf_key_u32(out, "llama.rope.dimension_count", head);
	gguf_key_f32(out, "llama.rope.freq_base", shape->rope_base);
}

static void gguf_merges(struct gguf_out *out, const struct train_vocab *vocab)
{
	char spelled[2][2 * TRAIN_PIECE_MAX + 1];
	char line[sizeof(spelled)];
	int n = train_vocab_merges(vocab), part[2], i;

	gguf_key_array(out, "tokenizer.ggml.merges", GGUF_STRING, n);
	for (i = 0; i < n; i++) {
		train_vocab_parts(vocab, i, part);
		train_vocab_spell(vocab, part[0], spelled[0]);
		train_vocab_spell(vocab, part[1], spelled[1]);
		snprintf(line, sizeof(line), "%s %s", spelled[0], spelled[1]);
		gguf_string(out, line);
	}
}

const char *train_gguf_token(const struct train_vocab *vocab, int id,
			     char text[2 * TRAIN_PIECE_MAX + 1])
{
	size_t len;

	if (train_vocab_is_whole(vocab, id))
		return train_vocab_piece(vocab, id, &len);
	train_vocab_spell(vocab, id, text);
	return text;
}

static void gguf_vocab(struct gguf_out *out, const struct train_vocab *vocab)
{
	int n = train_vocab_size(vocab), end = train_vocab_end(vocab), i;
	char text[2 * TRAIN_PIECE_MAX + 1];

	gguf_key_string(out, "tokenizer.ggml.model", "gpt2");
	gguf_key_string(out, "tokenizer.ggml.pre", "gpt-2");
	gguf_key_array(out, "tokenizer.ggml.tokens", GGUF_STRING, n);
	for (i = 0; i < n; i++)
		gguf_string(out, train_gguf_token(vocab, i, text));
	gguf_key_array(out, "tokenizer.ggml.token_type", GGUF_I32, n);
	for (i = 0; i < n; i++)
		gguf_u32(out, i == end ? GGUF_CONTROL :
			      train_vocab_is_whole(vocab, i) ?
			      GGUF_USER_DEFINED : GGUF_NORMAL);
	gguf_merges(out, vocab);
	gguf_key_u32(out, "tokenizer.ggml.bos_token_id", end);
	gguf_key_u32(out, "tokenizer.ggml.eos_token_id", end);
	gguf_key_bool(out, "tokenizer.ggml.add_bos_token", true);
	gguf_key_bool(out, "tokenizer.ggml.add_eos_token", false);
}

/* ---- Tensors ---------------------------------------------------------------- */

static uint32_t gguf_type(enum train_store store)
{
	static const uint32_t types[] = {
		[TRAIN_STORE_F32] = 0,
		[TRAIN_STORE_Q4_0] = 2,
		[TRAIN_STORE_Q8_0] = 8,
	};

	return types[store];
}

/* Returns where the tensor's data end, from the start of all data. */
static uint64_t gguf_tensor_info(struct gguf_out *out,
				 const struct train_tensor *t, uint64_t at)
{
	size_t bytes = train_quant_bytes(t->store, (size_t)t->rows * t->cols);

	gguf_string(out, t->name);
	gguf_u32(out, t->rows > 1 ? 2 : 1);
	gguf_u64(out, t->cols);
	if (t->rows > 1)
		gguf_u64(out, t->rows);
	gguf_u32(out, gguf_type(t->store));
	gguf_u64(out, at);
	return at + (bytes + GGUF_ALIGN - 1) / GGUF_ALIGN * GGUF_ALIGN;
}

static void gguf_tensor_data(struct gguf_out *out, const struct train_tensor *t,
			     const real_t *params)
{
	size_t count = (size_t)t->rows * t->cols;
	size_t bytes = train_quant_bytes(t->store, count);
	uint8_t *data = train_alloc(bytes, 1);

	train_quant_pack(t->store, count, params + t->offset, data);
	gguf_bytes(out, data, bytes);
	gguf_align(out);
	free(data);
}

static void gguf_tensors(struct gguf_out *out, const struct train_gguf *gguf,
			 struct train_tensor *tensor, int count)
{
	uint64_t at = 0;
	int i;

	for (i = 0; i < count; i++) {
		if (!gguf->quantised)
			tensor[i].store = TRAIN_STORE_F32;
		at = gguf_tensor_info(out, &tensor[i], at);
	}
	gguf_align(out);
	for (i = 0; i < count; i++)
		gguf_tensor_data(out, &tensor[i], gguf->params);
}

/* The number of keys is known behind them only. */
static void gguf_header(struct gguf_out *out, int tensors)
{
	rewind(out->file);
	gguf_bytes(out, "GGUF", 4);
	gguf_u32(out, 3);
	gguf_u64(out, tensors);
	gguf_u64(out, out->keys);
}

void train_gguf_write(const struct train_gguf *gguf, const char *path)
{
	struct gguf_out out = { .file = fopen(path, "wb") };
	struct train_tensor *tensor;
	int count, bad;

	if (!out.file)
		err(1, "%s", path);
	tensor = train_params_tensors(gguf->shape, &count);
	gguf_header(&out, count);
	gguf_general(&out, gguf);
	gguf_shape(&out, gguf->shape);
	gguf_vocab(&out, gguf->vocab);
	gguf_tensors(&out, gguf, tensor, count);
	gguf_header(&out, count);
	free(tensor);
	bad = ferror(out.file);
	if (fclose(out.file) || bad)
		err(1, "%s", path);
}
