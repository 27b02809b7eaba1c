// SPDX-License-Identifier: MIT
/*
 * The smallest program that runs a language model on a TNPU:
 *
 *	cc generate.c $(pkg-config --cflags --libs tnpu) -o generate
 *	./generate MODEL.gguf "Once upon a time"
 */
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

static int generate(struct tnpu_session *session, const struct tnpu_tokenizer *tok,
		    const char *prompt, struct tnpu_errmsg *err)
{
	const struct tnpu_sampling sampling = { .temperature = 0, .top_p = 1 };
	struct tnpu_generation result;
	uint32_t *ids;
	int64_t n = tnpu_tokenizer_encode(tok, prompt, strlen(prompt),
					  TNPU_ENCODE_ADD_SPECIAL, &ids);
	int ret;

	if (n < 0) {
		snprintf(err->text, sizeof(err->text), "%s", strerror(-n));
		return n;
	}
	ret = tnpu_session_generate(session, ids, n, 64, &sampling, false, print_token,
				    (void *)tok, &result, err);
	puts("");
	free(ids);
	return ret;
}

int main(int argc, char **argv)
{
	struct tnpu_session_options options = { .kv_dtype = TNPU_DTYPE_F16 };
	struct tnpu_device *dev = NULL;
	struct tnpu_model *model = NULL;
	struct tnpu_session *session = NULL;
	struct tnpu_errmsg err = { "usage: generate MODEL.gguf PROMPT" };
	int ret = argc != 3;

	if (!ret)
		ret = tnpu_device_open(NULL, &dev, &err);
	if (!ret)
		ret = tnpu_model_load(dev, argv[1], NULL, NULL, &model, &err);
	if (!ret)
		ret = tnpu_session_create(model, &options, &session, &err);
	if (!ret)
		ret = generate(session, tnpu_model_tokenizer(model), argv[2], &err);
	if (ret)
		fprintf(stderr, "%s\n", err.text);
	tnpu_session_destroy(session);
	tnpu_model_destroy(model);
	tnpu_device_close(dev);
	return ret ? 1 : 0;
}
