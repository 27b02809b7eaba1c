// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_npu.h"

/* Of an answer: more than any program of AGENT_TEXT bytes that a model writes. */
#define ANSWER_TOKENS	384

#define PULSE_TEXT	"scene: "

/**
 * struct agent_npu - see agent_npu_open()
 * @question: the prompt of a pulse
 * @known: its answer
 */
struct agent_npu {
	struct tnpu_device *device;
	struct tnpu_model *model;
	struct tnpu_session *session;
	uint32_t *question;
	uint32_t n_question;
	uint32_t known;
};

static int fail(struct tnpu_errmsg *err, int ret, const char *text)
{
	snprintf(err->text, sizeof(err->text), "%s", text);
	return ret;
}

static int encode(struct agent_npu *npu, const char *text, uint32_t **ids, uint32_t *n,
		  struct tnpu_errmsg *err)
{
	int64_t count = tnpu_tokenizer_encode(tnpu_model_tokenizer(npu->model), text,
					      strlen(text), TNPU_ENCODE_ADD_SPECIAL, ids);

	if (count < 0)
		return fail(err, count, "the model's vocabulary cannot write the prompt");
	*n = count;
	return 0;
}

static int keep_token(void *opaque, uint32_t token)
{
	*(uint32_t *)opaque = token;
	return 0;
}

/* The likeliest token after the question. */
static int pulse(struct agent_npu *npu, uint32_t *token, struct tnpu_errmsg *err)
{
	const struct tnpu_sampling greedy = { 0 };
	struct tnpu_generation result;
	int ret;

	tnpu_session_reset(npu->session);
	ret = tnpu_session_generate(npu->session, npu->question, npu->n_question, 1,
				    &greedy, true, keep_token, token, &result, err);
	if (!ret && result.tokens != 1)
		return fail(err, -EBADMSG, "the NPU gave no token");
	return ret;
}

int agent_npu_pulse(struct agent_npu *npu, struct tnpu_errmsg *err)
{
	uint32_t token;
	int ret = pulse(npu, &token, err);

	if (!ret && token != npu->known)
		return fail(err, -EBADMSG, "the NPU gave another answer than before");
	return ret;
}

static int load(struct agent_npu *npu, const char *path, struct tnpu_errmsg *err)
{
	const struct tnpu_session_options options = { .kv_dtype = TNPU_DTYPE_F32 };
	int ret;

	ret = tnpu_device_open(NULL, &npu->device, err);
	if (!ret)
		ret = tnpu_model_load(npu->device, path, NULL, NULL, &npu->model, err);
	if (!ret)
		ret = tnpu_session_create(npu->model, &options, &npu->session, err);
	if (!ret)
		ret = encode(npu, PULSE_TEXT, &npu->question, &npu->n_question, err);
	return ret ? ret : pulse(npu, &npu->known, err);
}

int agent_npu_open(const char *path, struct agent_npu **out,
		   struct tnpu_errmsg *err)
{
	struct agent_npu *npu = calloc(1, sizeof(*npu));
	int ret;

	if (!npu)
		return fail(err, -ENOMEM, "out of memory");
	ret = load(npu, path, err);
	if (ret) {
		agent_npu_close(npu);
		return ret;
	}
	*out = npu;
	return 0;
}

void agent_npu_close(struct agent_npu *npu)
{
	if (!npu)
		return;
	tnpu_session_destroy(npu->session);
	tnpu_model_destroy(npu->model);
	tnpu_device_close(npu->device);
	free(npu->question);
	free(npu);
}

/** struct asking - an answer being generated */
struct asking {
	const struct tnpu_tokenizer *tokenizer;
	struct agent_answer *answer;
	void (*fn)(void *opaque);
	void *opaque;
};

static int take_token(void *opaque, uint32_t token)
{
	struct asking *a = opaque;
	size_t len;
	const char *piece = tnpu_tokenizer_piece(a->tokenizer, token, 0, &len);

	if (a->fn)
		a->fn(a->opaque);
	return !piece || agent_answer_add(a->answer, piece, len);
}

static int ask(struct agent_npu *npu, const uint32_t *ids, struct asking *a,
	       struct agent_figures *figures, struct tnpu_errmsg *err)
{
	const struct tnpu_sampling greedy = { 0 };
	struct tnpu_generation result;
	int ret;

	tnpu_session_reset(npu->session);
	ret = tnpu_session_generate(npu->session, ids, figures->prompt_tokens, ANSWER_TOKENS,
				    &greedy, false, take_token, a, &result, err);
	if (ret)
		return ret;
	figures->tokens = result.tokens;
	figures->prefill_s = result.prefill_s;
	figures->decode_s = result.decode_s;
	if (a->answer->why[0])
		return -EBADMSG;
	if (result.stop == TNPU_STOP_CALLER)
		return fail(err, -EIO, "the NPU gave a token that is in no vocabulary");
	if (result.stop != TNPU_STOP_EOS) {
		snprintf(a->answer->why, sizeof(a->answer->why), "the answer has no end");
		return -EBADMSG;
	}
	return agent_answer_finish(a->answer) ? -EBADMSG : 0;
}

int agent_npu_ask(struct agent_npu *npu, const char *prompt,
		  struct agent_answer *answer, void (*fn)(void *opaque),
		  void *opaque, struct agent_figures *figures,
		  struct tnpu_errmsg *err)
{
	struct asking a = { tnpu_model_tokenizer(npu->model), answer, fn, opaque };
	uint32_t *ids;
	int ret;

	memset(figures, 0, sizeof(*figures));
	ret = encode(npu, prompt, &ids, &figures->prompt_tokens, err);
	if (ret)
		return ret;
	ret = ask(npu, ids, &a, figures, err);
	free(ids);
	return ret;
}
