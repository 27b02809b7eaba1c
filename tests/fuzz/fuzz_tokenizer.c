// SPDX-License-Identifier: MIT
/*
 * Text to ids and back. An input is a byte that chooses the vocabulary, a byte of flags,
 * and the text, whose bytes are then taken as ids, too.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "gguf.h"
#include "gguf_buf.h"
#include "random_vocab.h"
#include "tokenizer.h"

/** struct vocab_seed - a vocabulary of tests/tools, and its pre-tokenizer */
struct vocab_seed {
	const char *name;
	const char *pre;
};

static const struct vocab_seed vocab_seeds[] = {
	{ "spm", "default" }, { "bpe", "default" }, { "bpe", "gpt-2" },
	{ "bpe", "qwen2" }, { "bpe", "llama-bpe" }, { "bytes", "gpt-2" },
};

#define VOCABS	(sizeof(vocab_seeds) / sizeof(vocab_seeds[0]))

static struct tnpu_tokenizer *make_tokenizer(const struct vocab_seed *seed)
{
	const struct random_vocab *vocab = random_vocab_find(seed->name);
	struct tnpu_tokenizer *tokenizer;
	struct tnpu_errmsg err = { "" };
	struct gguf_buf buf = { 0 };
	struct tnpu_gguf *gguf;
	int fd = memfd_create("fuzz_tokenizer", 0);

	gguf_buf_header(&buf, 3, 0, vocab->keys);
	vocab->put(&buf, vocab->min + 1500, seed->pre);
	gguf_buf_align(&buf, 32);
	fuzz_require(fd >= 0 && write(fd, buf.data, buf.len) == (ssize_t)buf.len);
	free(buf.data);
	fuzz_require(!tnpu_gguf_open_fd(fd, "vocabulary", &gguf, &err));
	close(fd);
	fuzz_require(!tnpu_tokenizer_create(gguf, &tokenizer, &err));
	tnpu_gguf_close(gguf);
	return tokenizer;
}

static const struct tnpu_tokenizer *get_tokenizer(unsigned int which)
{
	static struct tnpu_tokenizer *tokenizers[VOCABS];

	if (!tokenizers[which])
		tokenizers[which] = make_tokenizer(&vocab_seeds[which]);
	return tokenizers[which];
}

/* The pieces of a streamed decode together are the decoded text. */
static void check_stream(const struct tnpu_tokenizer *tokenizer, const uint32_t *ids, size_t n,
			 uint32_t flags, const char *text, int64_t len)
{
	char out[TNPU_TOKENIZER_PIECE_MAX + TNPU_DETOK_HELD_MAX];
	struct tnpu_detok detok;
	int64_t at = 0, part;

	tnpu_detok_init(&detok, tokenizer, flags);
	for (size_t i = 0; i <= n; i++) {
		part = i < n ? tnpu_detok_push(&detok, ids[i], out, sizeof(out)) :
			       (int64_t)tnpu_detok_flush(&detok, out);
		fuzz_require(part >= 0 && part <= len - at);
		fuzz_require(!memcmp(text + at, out, part));
		at += part;
	}
	fuzz_require(at == len);
}

/* Whether these vocabularies must give a text back as it was: SPM's space is a character. */
static bool is_exact(const char *text, size_t len, unsigned int which)
{
	return which || !memmem(text, len, "\u2581", 3);
}

static void check_text(unsigned int which, const char *text, size_t len, uint32_t flags)
{
	const struct tnpu_tokenizer *tokenizer = get_tokenizer(which);
	uint32_t *ids;
	char *back;
	int64_t n = tnpu_tokenizer_encode(tokenizer, text, len, flags & 3, &ids);
	int64_t size;

	fuzz_require(n >= 0 && (uint64_t)n <= len + 3);
	size = tnpu_tokenizer_decode(tokenizer, ids, n, flags >> 2 & 3, &back);
	fuzz_require(size >= 0 && !back[size]);
	check_stream(tokenizer, ids, n, flags >> 2 & 3, back, size);
	if (!(flags & 15) && is_exact(text, len, which))
		fuzz_require((size_t)size == len && !memcmp(back, text, len));
	free(back);
	free(ids);
}

static void check_ids(unsigned int which, const uint8_t *bytes, size_t size, uint32_t flags)
{
	const struct tnpu_tokenizer *tokenizer = get_tokenizer(which);
	const uint32_t vocab = tnpu_tokenizer_get_info(tokenizer)->vocab_size;
	const size_t n = size / 2;
	uint32_t *ids = malloc(n * sizeof(*ids) + 1);
	bool inside = true;
	char *text;
	int64_t len;

	fuzz_require(ids);
	for (size_t i = 0; i < n; i++) {
		ids[i] = (bytes[2 * i] | bytes[2 * i + 1] << 8) % (vocab + 1);
		inside = inside && ids[i] < vocab;
		tnpu_tokenizer_is_eog(tokenizer, ids[i]);
	}
	len = tnpu_tokenizer_decode(tokenizer, ids, n, flags & 3, &text);
	fuzz_require(inside ? len >= 0 : len < 0);
	if (inside) {
		check_stream(tokenizer, ids, n, flags & 3, text, len);
		free(text);
	}
	free(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const unsigned int which = fuzz_u8(&in) % VOCABS;
	const uint8_t flags = fuzz_u8(&in);

	tnpu_utf8_complete((const char *)in.data, in.left);
	check_text(which, (const char *)in.data, in.left, flags);
	check_ids(which, in.data, in.left, flags);
	return 0;
}

/* ---- Seeds -------------------------------------------------------------------------- */

size_t fuzz_seed(unsigned int index, uint8_t *buf)
{
	static const char *const texts[] = {
		"Hello, world! It's 12345 o'clock.\n\n  Two  spaces\tand a tab.",
		"kabe  gate <s>maki</s> <|im_start|>user\nlo<|im_end|>\n<0x41><unk>",
		"na\u00efve \u4f60\u597d \U0001f600 \u2581\u2581x \u0301\u0302 \u00a0\u3000 \xff\xc3\xe2\x82",
		"IT'LL'VE'm're''s  \r\n\r\n\n 1 22 333 4444 55555 -- ...!?",
	};
	struct fuzz_output out = { buf, 0 };

	if (index >= 4 * VOCABS)
		return 0;
	fuzz_put_u8(&out, index % VOCABS);
	fuzz_put_u8(&out, index * 5 % 16);
	fuzz_put(&out, texts[index / VOCABS], strlen(texts[index / VOCABS]));
	return out.size;
}
