// SPDX-License-Identifier: MIT
/*
 * Model files: an input is the file. What opens is read whole: its metadata as a model's
 * parameters and as a vocabulary, its tensors by name and by number.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "gguf.h"
#include "gguf_buf.h"
#include "model.h"
#include "random_vocab.h"
#include "tokenizer.h"

static int file_of(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("fuzz_gguf", 0);
	fuzz_require(fd >= 0 && !ftruncate(fd, 0));
	fuzz_require(pwrite(fd, data, size, 0) == (ssize_t)size);
	return fd;
}

static void check_tensor(const struct tnpu_gguf *gguf, const struct tnpu_gguf_tensor *t)
{
	const uint8_t *bytes = tnpu_gguf_tensor_data(gguf, t);
	struct tnpu_errmsg err;
	uint8_t last;

	fuzz_require(tnpu_gguf_tensor_find(gguf, t->name) == t);
	fuzz_require(t->nbytes && t->offset < tnpu_gguf_size(gguf) &&
		     t->nbytes <= tnpu_gguf_size(gguf) - t->offset);
	fuzz_require(!tnpu_gguf_tensor_read(gguf, t, t->nbytes - 1, &last, 1, &err));
	fuzz_require(tnpu_gguf_tensor_read(gguf, t, t->nbytes, &last, 1, &err) < 0);
	fuzz_require(!bytes || bytes[t->nbytes - 1] == last);
}

/* A vocabulary that was taken encodes and decodes. */
static void check_tokenizer(const struct tnpu_tokenizer *tokenizer)
{
	static const char text[] = "Hello, w\xc3\xb6rld \xff <s>\n 42";
	const uint32_t flags = TNPU_ENCODE_ADD_SPECIAL | TNPU_ENCODE_PARSE_SPECIAL;
	uint32_t *ids;
	char *back;
	int64_t n;

	n = tnpu_tokenizer_encode(tokenizer, text, sizeof(text) - 1, flags, &ids);
	if (n < 0)
		return;
	fuzz_require(tnpu_tokenizer_decode(tokenizer, ids, n, TNPU_DECODE_SPECIAL, &back) >= 0);
	free(back);
	free(ids);
}

static void check_file(const struct tnpu_gguf *gguf)
{
	const uint32_t tensors = tnpu_gguf_tensor_count(gguf);
	struct tnpu_tokenizer *tokenizer;
	struct tnpu_model model = { 0 };
	struct tnpu_errmsg err;

	for (uint32_t i = 0; i < tensors; i++)
		check_tensor(gguf, tnpu_gguf_tensor_at(gguf, i));
	if (!tnpu_model_read_params(&model, gguf, &err))
		fuzz_require(model.info.heads % model.info.kv_heads == 0 &&
			     model.n_rot <= model.info.head_dim);
	if (tnpu_tokenizer_create(gguf, &tokenizer, &err))
		return;
	check_tokenizer(tokenizer);
	tnpu_tokenizer_destroy(tokenizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tnpu_errmsg err = { "" };
	struct tnpu_gguf *gguf;

	if (tnpu_gguf_open_fd(file_of(data, size), "input", &gguf, &err)) {
		fuzz_require(err.text[0]);
		return 0;
	}
	check_file(gguf);
	tnpu_gguf_close(gguf);
	return 0;
}

/* ---- Seeds -------------------------------------------------------------------------- */

/** struct model_seed - a file: architecture, vocabulary, pre-tokenizer, type of tensors */
struct model_seed {
	const char *arch;
	const char *vocab;
	const char *pre;
	enum tnpu_gguf_type type;
};

static const struct model_seed model_seeds[] = {
	{ "llama", "spm", "default", TNPU_GGUF_Q4_0 },
	{ "qwen2", "bpe", "qwen2", TNPU_GGUF_Q8_0 },
	{ "llama", "bpe", "llama-bpe", TNPU_GGUF_F16 },
	{ "gpt2", "bytes", "gpt-2", TNPU_GGUF_F32 },
	{ "gpt2", "bpe", "default", TNPU_GGUF_BF16 },
};

static void put_number(struct gguf_buf *buf, const char *arch, const char *name, uint32_t value)
{
	char key[128];

	snprintf(key, sizeof(key), "%s.%s", arch, name);
	gguf_buf_key_u32(buf, key, value);
}

static void put_params(struct gguf_buf *buf, const char *arch)
{
	gguf_buf_key_str(buf, "general.architecture", arch);
	put_number(buf, arch, "block_count", 1);
	put_number(buf, arch, "embedding_length", 64);
	put_number(buf, arch, "attention.head_count", 4);
	put_number(buf, arch, "attention.head_count_kv", 2);
	put_number(buf, arch, "feed_forward_length", 96);
	put_number(buf, arch, "context_length", 128);
	put_number(buf, arch, "rope.dimension_count", 16);
}

/* Two tensors, 64 x 4 and 64. */
static void put_tensors(struct gguf_buf *buf, enum tnpu_gguf_type type)
{
	const uint64_t ne[] = { 64, 4 };
	const uint64_t bytes = 4 * 64 / tnpu_gguf_type_block(type) * tnpu_gguf_type_size(type);
	const uint64_t second = (bytes + 31) / 32 * 32;
	static const uint8_t zeros[32];
	size_t data;

	gguf_buf_tensor(buf, "token_embd.weight", 2, ne, type, 0);
	gguf_buf_tensor(buf, "output_norm.weight", 1, ne, TNPU_GGUF_F32, second);
	gguf_buf_align(buf, 32);
	data = buf->len;
	while (buf->len < data + second + 64 * 4)
		gguf_buf_bytes(buf, zeros, sizeof(zeros));
}

size_t fuzz_seed(unsigned int index, uint8_t *out)
{
	const struct random_vocab *vocab;
	const struct model_seed *seed;
	struct gguf_buf buf = { 0 };
	size_t size;

	if (index >= sizeof(model_seeds) / sizeof(model_seeds[0]))
		return 0;
	seed = &model_seeds[index];
	vocab = random_vocab_find(seed->vocab);
	gguf_buf_header(&buf, 3 - index % 2, 2, 8 + vocab->keys);
	put_params(&buf, seed->arch);
	vocab->put(&buf, vocab->min + 110, seed->pre);
	put_tensors(&buf, seed->type);
	size = buf.len < FUZZ_SEED_MAX ? buf.len : FUZZ_SEED_MAX;
	memcpy(out, buf.data, size);
	free(buf.data);
	return size;
}
