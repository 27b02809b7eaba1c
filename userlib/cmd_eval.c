// SPDX-License-Identifier: MIT
/*
 * tnpu eval: teacher-forced logits and likelihood.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define OPT_IDS		256
#define OPT_LOGITS	257
#define OPT_KV		258
#define OPT_JSON	259
#define OPT_CHUNK	260

static const struct argp_option options[] = {
	{ "model", 'm', "FILE", 0, "GGUF model file (required)" },
	{ "ids", OPT_IDS, "IDS", 0, "Token IDs: 1,2,3 (required)" },
	{ "logits", OPT_LOGITS, "FILE", 0,
	  "Write all logits: little-endian float32 [positions][vocabulary]" },
	{ "context", 'c', "N", 0, "Positions of the context (the model's, at most 4096)" },
	{ "kv", OPT_KV, "TYPE", 0, "KV cache: f32, f16 or q8 (f16)" },
	{ "chunk", OPT_CHUNK, "N", 0, "Tokens in one pass (128); the results are the same" },
	{ "json", OPT_JSON, NULL, 0, "One JSON object" },
	{ 0 }
};

struct eval {
	const char *model;
	const char *ids_text;
	const char *logits_path;
	struct tnpu_session_options session;
	bool json;
	uint32_t *ids;
	int64_t n;
	uint32_t vocab;
	FILE *logits;
	double nll;
};

static void eval_check(struct eval *e, struct argp_state *state)
{
	if (!e->model)
		argp_error(state, "no model: give one by -m FILE");
	if (!e->ids_text)
		argp_error(state, "no tokens: give them by --ids 1,2,3");
	e->n = tnpu_cmd_ids(e->ids_text, &e->ids);
	if (e->n < 0)
		argp_error(state, "--ids takes whole numbers with commas between: 1,2,3");
}

static error_t eval_parse(int key, char *arg, struct argp_state *state)
{
	struct eval *e = state->input;

	switch (key) {
	case 'm':
		e->model = arg;
		return 0;
	case 'c':
		e->session.context = tnpu_cmd_u64(state, "-c", arg, TNPU_MAX_POSITIONS);
		return 0;
	case OPT_IDS:
		e->ids_text = arg;
		return 0;
	case OPT_LOGITS:
		e->logits_path = arg;
		return 0;
	case OPT_KV:
		e->session.kv_dtype = tnpu_cmd_kv(state, arg);
		return 0;
	case OPT_CHUNK:
		e->session.chunk = tnpu_cmd_u64(state, "--chunk", arg, 1024);
		return 0;
	case OPT_JSON:
		e->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument \"%s\"", arg);
		return 0;
	case ARGP_KEY_END:
		eval_check(e, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* -log softmax(logits)[id] */
static double eval_nll(const float *logits, uint32_t vocab, uint32_t id)
{
	float max = logits[0];
	double sum;
	uint32_t i;

	for (i = 1; i < vocab; i++)
		max = logits[i] > max ? logits[i] : max;
	sum = exp((double)logits[0] - max);
	for (i = 1; i < vocab; i++)
		sum += exp((double)logits[i] - max);
	return log(sum) - ((double)logits[id] - max);
}

static int eval_logits(void *opaque, uint32_t position, const float *logits)
{
	struct eval *e = opaque;

	if (e->logits && fwrite(logits, sizeof(float), e->vocab, e->logits) != e->vocab)
		return -EIO;
	if (position + 1 < e->n)
		e->nll += eval_nll(logits, e->vocab, e->ids[position + 1]);
	return tnpu_cmd_interrupted() ? -EINTR : 0;
}

static int eval_print(const struct eval *e)
{
	uint32_t predicted = e->n - 1;
	double mean = predicted ? e->nll / predicted : 0;
	cJSON *json;

	if (!e->json) {
		printf("nll %.6f\npositions %lld\n", mean, (long long)e->n);
		return fflush(stdout) ? -1 : 0;
	}
	json = cJSON_CreateObject();
	cJSON_AddNumberToObject(json, "positions", e->n);
	cJSON_AddNumberToObject(json, "vocabulary", e->vocab);
	cJSON_AddNumberToObject(json, "nll", mean);
	return tnpu_cmd_print_json(json);
}

static int eval_session(struct eval *e, struct tnpu_target *target)
{
	struct tnpu_errmsg err = { .text = "" };
	int ret;

	e->vocab = tnpu_model_get_info(target->model)->vocab;
	ret = tnpu_session_eval(target->session, e->ids, e->n, eval_logits, e, &err);
	if (ret && !*err.text)
		tnpu_errmsg_set(&err, ret, "cannot write the logits");
	return ret ? tnpu_cmd_error(&err) : eval_print(e);
}

static int eval_open(struct eval *e)
{
	if (!e->logits_path)
		return 0;
	e->logits = fopen(e->logits_path, "wb");
	if (e->logits)
		return 0;
	fprintf(stderr, "tnpu: %s: %s\n", e->logits_path, strerror(errno));
	return -1;
}

int tnpu_cmd_eval(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = eval_parse,
		.doc = "Feed tokens to a language model and report how likely it finds them.\v"
		       "NLL is the mean of -log p(token | tokens before), natural logarithm.",
	};
	struct eval e = { .session = { .kv_dtype = TNPU_DTYPE_F16 } };
	struct tnpu_target target = { 0 };
	int ret;

	argv[0] = "tnpu eval";
	argp_parse(&argp, argc, argv, 0, NULL, &e);
	ret = eval_open(&e);
	if (!ret)
		ret = tnpu_target_open(&target, e.model, NULL, &e.session);
	if (!ret) {
		ret = eval_session(&e, &target);
		tnpu_target_close(&target);
	}
	if (e.logits && fclose(e.logits) && !ret) {
		fprintf(stderr, "tnpu: %s: %s\n", e.logits_path, strerror(errno));
		ret = -1;
	}
	free(e.ids);
	if (tnpu_cmd_interrupted())
		return TNPU_EXIT_INTERRUPTED;
	return ret ? TNPU_EXIT_FAILED : 0;
}
