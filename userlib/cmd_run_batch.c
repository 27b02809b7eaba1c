// SPDX-License-Identifier: MIT
/*
 * tnpu run --batch: prompts of a file, several together. Answers come in the order of the
 * prompts: one that has come early waits for those before it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_run.h"

/** struct run_one - a prompt of the batch */
struct run_one {
	struct run_one *next;
	struct run_batch *all;
	struct tnpu_run_answer answer;
	bool done;
};

/**
 * struct run_batch - all of them
 * @first, @end: those not printed yet, in order
 * @failed: an answer could not be written
 */
struct run_batch {
	const struct tnpu_run_args *args;
	struct tnpu_target target;
	struct tnpu_batch *batch;
	struct run_one *first;
	struct run_one **end;
	bool failed;
};

static void run_one_free(struct run_one *one)
{
	free(one->answer.prompt);
	free(one->answer.ids);
	free(one);
}

static int run_print_text(const struct tnpu_target *target, const struct tnpu_run_answer *a)
{
	char *text = NULL;
	int64_t len = tnpu_tokenizer_decode(tnpu_model_tokenizer(target->model), a->ids, a->n_ids,
					    TNPU_DECODE_CONTINUE, &text);
	bool failed = len < 0 || fwrite(text, 1, len, stdout) != (size_t)len ||
		      putchar('\n') == EOF || fflush(stdout);

	free(text);
	if (failed) {
		fprintf(stderr, "tnpu: cannot write the text: %s\n",
			strerror(len < 0 ? -len : errno));
		return -1;
	}
	tnpu_run_print_stats(target, a);
	return 0;
}

/* What has its turn. */
static void run_print(struct run_batch *b)
{
	struct run_one *one;

	while (b->first && b->first->done && !b->failed) {
		one = b->first;
		b->first = one->next;
		if (!b->first)
			b->end = &b->first;
		b->failed = b->args->json ? tnpu_run_print_json(&b->target, &one->answer) :
					    run_print_text(&b->target, &one->answer);
		run_one_free(one);
	}
}

static int run_one_token(void *opaque, uint32_t token)
{
	struct run_one *one = opaque;

	one->answer.ids[one->answer.n_ids++] = token;
	return tnpu_cmd_interrupted();
}

static void run_one_done(void *opaque, const struct tnpu_generation *result)
{
	struct run_one *one = opaque;

	one->answer.g = *result;
	one->done = true;
}

static int run_one_add(struct run_batch *b, struct run_one *one)
{
	const struct tnpu_request request = {
		.prompt = one->answer.prompt, .n_prompt = one->answer.n_prompt, .n = b->args->n,
		.sampling = b->args->sampling, .ignore_eos = b->args->ignore_eos,
		.fn = run_one_token, .done = run_one_done, .opaque = one,
	};
	struct tnpu_errmsg err = { .text = "" };

	one->answer.ids = calloc((size_t)b->args->n + 1, sizeof(*one->answer.ids));
	if (!one->answer.ids)
		tnpu_errmsg_set(&err, -ENOMEM, "out of memory");
	if (!one->answer.ids || tnpu_batch_add(b->batch, &request, &err))
		return tnpu_cmd_error(&err);
	return 0;
}

static int run_line(void *opaque, const char *line, size_t len)
{
	size_t mark = strlen(TNPU_RUN_IDS);
	struct run_batch *b = opaque;
	struct run_one *one = calloc(1, sizeof(*one));
	int n = -1;

	if (!one)
		fprintf(stderr, "tnpu: out of memory\n");
	else if (strncmp(line, TNPU_RUN_IDS, mark))
		n = tnpu_run_encode(b->args, &b->target, line, len, &one->answer.prompt);
	else
		n = tnpu_run_encode_ids(line + mark, &one->answer.prompt);
	if (one)
		one->answer.n_prompt = n;
	if (n < 0 || run_one_add(b, one)) {
		if (one)
			run_one_free(one);
		return -1;
	}
	*b->end = one;
	b->end = &one->next;
	return 0;
}

static int run_all(struct run_batch *b)
{
	struct tnpu_errmsg err = { .text = "" };
	int ret = 1;

	while (ret > 0 && !b->failed && !tnpu_cmd_interrupted()) {
		ret = tnpu_batch_run(b->batch, &err);
		run_print(b);
	}
	if (ret < 0)
		return tnpu_cmd_error(&err);
	return b->failed ? -1 : 0;
}

int tnpu_run_batch(const struct tnpu_run_args *args)
{
	const struct tnpu_batch_options options = {
		.seqs = args->batch,
		.context = args->session.context,
		.kv_dtype = args->session.kv_dtype,
		.chunk = args->session.chunk,
	};
	/* The session is not used. */
	const struct tnpu_session_options small = { .context = 1 };
	struct run_batch b = { .args = args };
	struct tnpu_errmsg err = { .text = "" };
	struct run_one *one;
	int ret;

	b.end = &b.first;
	if (tnpu_target_open(&b.target, args->model, NULL, &small))
		return -1;
	ret = tnpu_batch_create(b.target.model, &options, &b.batch, &err);
	if (ret)
		ret = tnpu_cmd_error(&err);
	/* A line that is no prompt ends the reading; those before it are answered. */
	if (!ret) {
		ret = tnpu_run_each(args, run_line, &b);
		if (run_all(&b))
			ret = -1;
	}
	while (b.first) {
		one = b.first;
		b.first = one->next;
		run_one_free(one);
	}
	tnpu_batch_destroy(b.batch);
	tnpu_target_close(&b.target);
	return ret;
}
