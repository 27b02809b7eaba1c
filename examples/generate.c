// SPDX-License-Identifier: MIT
/*
 * The smallest program that runs a language model on a TNPU:
 *
 *	cc generate.c $(pkg-config --cflags --libs tnpu) -o generate
 *	./generate MODEL.gguf "Once upon a time"
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tnpu.h>

static int print_token(void *tokenizer, uint32_t id)
{
	size_t len;
	const char *piece = tnpu_tokenizer_piece(tokenizer, id, 0, &len);

	return fwrite(piece, 1, len, stdout) != len || fflush(stdout);
}

int main(int argc, char **argv)
{
	struct tnpu_session_options options = { .kv_dtype = TNPU_DTYPE_F16 };
	struct tnpu_sampling greedy = { .temperature = 0, .top_p = 1 };
	const struct tnpu_tokenizer *tokenizer;
	struct tnpu_device *dev;
	struct tnpu_model *model;
	struct tnpu_session *session;
	struct tnpu_generation result;
	struct tnpu_errmsg why;
	uint32_t *ids;
	int64_t n;

	if (argc != 3)
		errx(1, "usage: generate MODEL.gguf PROMPT");
	if (tnpu_device_open(NULL, &dev, &why) ||
	    tnpu_model_load(dev, argv[1], NULL, NULL, &model, &why) ||
	    tnpu_session_create(model, &options, &session, &why))
		errx(1, "%s", why.text);

	tokenizer = tnpu_model_tokenizer(model);
	n = tnpu_tokenizer_encode(tokenizer, argv[2], strlen(argv[2]),
				  TNPU_ENCODE_ADD_SPECIAL, &ids);
	if (n < 0)
		errx(1, "%s", strerror(-n));
	if (tnpu_session_generate(session, ids, n, 64, &greedy, false, print_token,
				  (void *)tokenizer, &result, &why))
		errx(1, "%s", why.text);
	puts("");

	free(ids);
	tnpu_session_destroy(session);
	tnpu_model_destroy(model);
	tnpu_device_close(dev);
	return 0;
}
