// SPDX-License-Identifier: MIT
/*
 * tnpu run: generate text.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_run.h"

#define OPT_IDS		256
#define OPT_FILE	257
#define OPT_TEMP	258
#define OPT_TOP_K	259
#define OPT_TOP_P	260
#define OPT_SEED	261
#define OPT_IGNORE_EOS	262
#define OPT_KV		263
#define OPT_JSON	264
#define OPT_CHUNK	265
#define OPT_SPECIAL	266
#define OPT_LOOKUP	267
#define OPT_BATCH	268
#define OPT_DRAFT	269
#define OPT_DRAFT_MAX	270

static const struct argp_option options[] = {
	{ "model", 'm', "FILE", 0, "GGUF model file (required)" },
	{ "prompt", 'p', "TEXT", 0, "Text to go on from" },
	{ "prompt-ids", OPT_IDS, "IDS", 0, "The same as token IDs: 1,2,3" },
	{ "prompts-file", OPT_FILE, "FILE", 0,
	  "One prompt a line: text, or IDs where it starts with \"#ids \"" },
	{ NULL, 'n', "N", 0, "Tokens to generate (128)" },
	{ "temp", OPT_TEMP, "T", 0, "Temperature; 0 takes the likeliest token (0)" },
	{ "top-k", OPT_TOP_K, "K", 0, "Draw from the K likeliest tokens; 0: from all (40)" },
	{ "top-p", OPT_TOP_P, "P", 0,
	  "Draw from the likeliest tokens of total probability P (0.95)" },
	{ "seed", OPT_SEED, "S", 0, "Of the random generator (0)" },
	{ "ignore-eos", OPT_IGNORE_EOS, NULL, 0, "Go on behind tokens that end the text" },
	{ "special", OPT_SPECIAL, NULL, 0, "Read control tokens in the prompt's text as such" },
	{ "context", 'c', "N", 0, "Positions of the context (the model's, at most 4096)" },
	{ "kv", OPT_KV, "TYPE", 0, "KV cache: f32, f16 or q8 (f16)" },
	{ "chunk", OPT_CHUNK, "N", 0, "Prompt tokens in one pass (128); the results are the same" },
	{ "lookup", OPT_LOOKUP, "N", 0,
	  "Foretell up to N tokens from text that repeats itself (0); the results are the same" },
	{ "draft", OPT_DRAFT, "FILE", 0,
	  "Foretell tokens with a smaller model of the same vocabulary; the results are the same" },
	{ "draft-max", OPT_DRAFT_MAX, "N", 0, "Tokens that it foretells at most (4)" },
	{ "batch", OPT_BATCH, "N", 0,
	  "Prompts of --prompts-file that are answered together (1); the answers are the same" },
	{ "json", OPT_JSON, NULL, 0, "One JSON object a prompt" },
	{ 0 }
};

static void run_check(struct tnpu_run_args *a, struct argp_state *state)
{
	if (!a->model)
		argp_error(state, "no model: give one by -m FILE");
	if (!!a->prompt + !!a->ids + !!a->file != 1)
		argp_error(state, "give one of -p, --prompt-ids and --prompts-file");
	if (!(a->sampling.top_p > 0))
		argp_error(state, "--top-p must be above 0");
	if (a->draft && a->session.lookup)
		argp_error(state, "--draft does not go with --lookup");
	if (a->session.draft_max && !a->draft)
		argp_error(state, "--draft-max needs --draft");
	if (a->batch && (!a->file || a->session.lookup || a->draft))
		argp_error(state,
			   "--batch needs --prompts-file, and goes with neither --lookup nor --draft");
}

static error_t run_parse_number(int key, char *arg, struct argp_state *state)
{
	struct tnpu_run_args *a = state->input;

	switch (key) {
	case 'n':
		a->n = tnpu_cmd_u64(state, "-n", arg, TNPU_MAX_POSITIONS);
		return 0;
	case 'c':
		a->session.context = tnpu_cmd_u64(state, "-c", arg, TNPU_MAX_POSITIONS);
		return 0;
	case OPT_CHUNK:
		a->session.chunk = tnpu_cmd_u64(state, "--chunk", arg, 1024);
		return 0;
	case OPT_BATCH:
		a->batch = tnpu_cmd_u64(state, "--batch", arg, TNPU_BATCH_MAX);
		if (!a->batch)
			argp_error(state, "--batch must be above 0");
		return 0;
	case OPT_LOOKUP:
		a->session.lookup = tnpu_cmd_u64(state, "--lookup", arg, TNPU_LOOKUP_MAX);
		return 0;
	case OPT_DRAFT_MAX:
		a->session.draft_max = tnpu_cmd_u64(state, "--draft-max", arg, TNPU_DRAFT_MAX);
		if (!a->session.draft_max)
			argp_error(state, "--draft-max must be above 0");
		return 0;
	case OPT_TEMP:
		a->sampling.temperature = tnpu_cmd_float(state, "--temp", arg, 1000);
		return 0;
	case OPT_TOP_K:
		a->sampling.top_k = tnpu_cmd_u64(state, "--top-k", arg, UINT32_MAX);
		return 0;
	case OPT_TOP_P:
		a->sampling.top_p = tnpu_cmd_float(state, "--top-p", arg, 1);
		return 0;
	case OPT_SEED:
		a->sampling.seed = tnpu_cmd_u64(state, "--seed", arg, UINT64_MAX);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t run_parse(int key, char *arg, struct argp_state *state)
{
	struct tnpu_run_args *a = state->input;

	switch (key) {
	case 'm':
		a->model = arg;
		return 0;
	case 'p':
		a->prompt = arg;
		return 0;
	case OPT_IDS:
		a->ids = arg;
		return 0;
	case OPT_FILE:
		a->file = arg;
		return 0;
	case OPT_DRAFT:
		a->draft = arg;
		return 0;
	case OPT_IGNORE_EOS:
		a->ignore_eos = true;
		return 0;
	case OPT_SPECIAL:
		a->special = true;
		return 0;
	case OPT_KV:
		a->session.kv_dtype = tnpu_cmd_kv(state, arg);
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument \"%s\"", arg);
		return 0;
	case ARGP_KEY_END:
		run_check(a, state);
		return 0;
	}
	return run_parse_number(key, arg, state);
}

/* ---- One prompt --------------------------------------------------------------------- */

/** struct run - a prompt on its way; the answer's ids grow as they come */
struct run {
	const struct tnpu_run_args *args;
	struct tnpu_target *target;
	struct tnpu_detok detok;
	char *piece;
	size_t piece_size;
	struct tnpu_run_answer answer;
	bool failed;
};

static int run_token(void *opaque, uint32_t token)
{
	struct run *r = opaque;
	int64_t len;

	r->answer.ids[r->answer.n_ids++] = token;
	if (!r->args->json) {
		len = tnpu_detok_push(&r->detok, token, r->piece, r->piece_size);
		r->failed = len > 0 && (fwrite(r->piece, 1, len, stdout) != (size_t)len ||
					fflush(stdout));
	}
	return r->failed || tnpu_cmd_interrupted();
}

static const char *run_stop_name(enum tnpu_stop stop)
{
	static const char * const names[] = {
		[TNPU_STOP_LENGTH] = "length",
		[TNPU_STOP_EOS] = "eos",
		[TNPU_STOP_CONTEXT] = "context",
		[TNPU_STOP_CALLER] = "interrupted",
	};

	return names[stop];
}

static double run_rate(double tokens, double seconds)
{
	return tokens > 0 && seconds > 0 ? tokens / seconds : 0;
}

static cJSON *run_json_ids(const uint32_t *ids, uint32_t n)
{
	cJSON *array = cJSON_CreateArray();
	uint32_t i;

	for (i = 0; i < n; i++)
		cJSON_AddItemToArray(array, cJSON_CreateNumber(ids[i]));
	return array;
}

int tnpu_run_print_json(const struct tnpu_target *target, const struct tnpu_run_answer *a)
{
	const struct tnpu_tokenizer *tok = tnpu_model_tokenizer(target->model);
	const struct tnpu_generation *g = &a->g;
	cJSON *json = cJSON_CreateObject();
	char *text = NULL;
	int64_t len = tnpu_tokenizer_decode(tok, a->ids, a->n_ids, TNPU_DECODE_CONTINUE, &text);

	cJSON_AddItemToObject(json, "prompt_ids", run_json_ids(a->prompt, a->n_prompt));
	cJSON_AddItemToObject(json, "ids", run_json_ids(a->ids, a->n_ids));
	cJSON_AddItemToObject(json, "text", tnpu_cmd_json_string(text, len > 0 ? len : 0));
	cJSON_AddStringToObject(json, "stop", run_stop_name(g->stop));
	cJSON_AddNumberToObject(json, "load_s", target->load_s);
	cJSON_AddNumberToObject(json, "prefill_tps", run_rate(a->n_prompt, g->prefill_s));
	cJSON_AddNumberToObject(json, "decode_tps", run_rate((double)g->tokens - 1, g->decode_s));
	cJSON_AddNumberToObject(json, "drafted", g->drafted);
	cJSON_AddNumberToObject(json, "accepted", g->accepted);
	free(text);
	return tnpu_cmd_print_json(json);
}

void tnpu_run_print_stats(const struct tnpu_target *target, const struct tnpu_run_answer *a)
{
	const struct tnpu_generation *g = &a->g;

	fprintf(stderr,
		"load %.2f s; prompt %u tokens, %.1f tokens/s; generated %u, %.1f tokens/s; stop: %s",
		target->load_s, a->n_prompt, run_rate(a->n_prompt, g->prefill_s), g->tokens,
		run_rate((double)g->tokens - 1, g->decode_s), run_stop_name(g->stop));
	if (g->drafted)
		fprintf(stderr, "; drafted %u, accepted %u", g->drafted, g->accepted);
	putc('\n', stderr);
}

int tnpu_run_encode(const struct tnpu_run_args *args, const struct tnpu_target *target,
		    const char *line, size_t len, uint32_t **ids)
{
	uint32_t flags = TNPU_ENCODE_ADD_SPECIAL | (args->special ? TNPU_ENCODE_PARSE_SPECIAL : 0);
	struct tnpu_errmsg err;
	int64_t n;

	n = tnpu_tokenizer_encode(tnpu_model_tokenizer(target->model), line, len, flags, ids);
	if (n >= 0)
		return n;
	tnpu_errmsg_set(&err, n, "cannot turn the prompt into tokens");
	return tnpu_cmd_error(&err);
}

int tnpu_run_encode_ids(const char *text, uint32_t **ids)
{
	int64_t n = tnpu_cmd_ids(text, ids);

	if (n >= 0)
		return n;
	fprintf(stderr, "tnpu: token IDs are whole numbers with commas between: 1,2,3\n");
	return -1;
}

static int run_print_end(struct run *r)
{
	char held[TNPU_DETOK_HELD_MAX];
	size_t len = tnpu_detok_flush(&r->detok, held);

	if (r->failed || fwrite(held, 1, len, stdout) != len || putchar('\n') == EOF ||
	    fflush(stdout)) {
		fprintf(stderr, "tnpu: cannot write the text: %s\n", strerror(errno));
		return -1;
	}
	tnpu_run_print_stats(r->target, &r->answer);
	return 0;
}

/* Takes the IDs, which are freed; a negative @n has been told. */
static int run_ids(struct run *r, uint32_t *prompt, int n_prompt)
{
	struct tnpu_session *session = r->target->session;
	struct tnpu_run_answer *a = &r->answer;
	struct tnpu_errmsg err = { .text = "" };
	int ret;

	if (n_prompt < 0)
		return -1;
	a->prompt = prompt;
	a->n_prompt = n_prompt;
	a->n_ids = 0;
	tnpu_detok_init(&r->detok, tnpu_model_tokenizer(r->target->model),
			TNPU_DECODE_CONTINUE);
	tnpu_session_reset(session);
	ret = tnpu_session_generate(session, prompt, n_prompt, r->args->n, &r->args->sampling,
				    r->args->ignore_eos, run_token, r, &a->g, &err);
	if (ret) {
		/* The message starts a line of its own on a terminal. */
		if (a->n_ids && !r->args->json)
			putchar('\n');
		ret = tnpu_cmd_error(&err);
	} else {
		ret = r->args->json ? tnpu_run_print_json(r->target, a) : run_print_end(r);
	}
	free(prompt);
	return ret;
}

static int run_id_text(struct run *r, const char *text)
{
	uint32_t *ids = NULL;
	int n = tnpu_run_encode_ids(text, &ids);

	return run_ids(r, ids, n);
}

static int run_text(struct run *r, const char *text, size_t len)
{
	uint32_t *ids = NULL;
	int n = tnpu_run_encode(r->args, r->target, text, len, &ids);

	return run_ids(r, ids, n);
}

int tnpu_run_each(const struct tnpu_run_args *args, tnpu_line_fn fn, void *opaque)
{
	FILE *f = fopen(args->file, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	if (!f) {
		fprintf(stderr, "tnpu: %s: %s\n", args->file, strerror(errno));
		return -1;
	}
	while (!ret && !tnpu_cmd_interrupted() && (len = getline(&line, &size, f)) >= 0) {
		if (len && line[len - 1] == '\n')
			line[--len] = '\0';
		ret = fn(opaque, line, len);
	}
	if (!ret && ferror(f)) {
		fprintf(stderr, "tnpu: %s: %s\n", args->file, strerror(errno));
		ret = -1;
	}
	free(line);
	fclose(f);
	return ret;
}

static int run_line(void *opaque, const char *line, size_t len)
{
	return strncmp(line, TNPU_RUN_IDS, strlen(TNPU_RUN_IDS)) ?
	       run_text(opaque, line, len) : run_id_text(opaque, line + strlen(TNPU_RUN_IDS));
}

static int run_prompts(struct run *r)
{
	const struct tnpu_tokenizer *tok = tnpu_model_tokenizer(r->target->model);
	int ret = -1;

	r->piece_size = tnpu_tokenizer_get_info(tok)->max_piece + TNPU_DETOK_HELD_MAX;
	r->piece = malloc(r->piece_size);
	r->answer.ids = malloc((r->args->n + 1) * sizeof(*r->answer.ids));
	if (!r->piece || !r->answer.ids)
		fprintf(stderr, "tnpu: out of memory\n");
	else if (r->args->file)
		ret = tnpu_run_each(r->args, run_line, r);
	else if (r->args->ids)
		ret = run_id_text(r, r->args->ids);
	else
		ret = run_text(r, r->args->prompt, strlen(r->args->prompt));
	free(r->answer.ids);
	free(r->piece);
	return ret;
}

int tnpu_cmd_run(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = run_parse,
		.doc = "Generate text with a language model on a TNPU.\v"
		       "The text goes to stdout, statistics to stderr.",
	};
	struct tnpu_run_args args = {
		.n = 128,
		.sampling = { .top_k = 40, .top_p = 0.95f },
		.session = { .kv_dtype = TNPU_DTYPE_F16 },
	};
	struct tnpu_target target = { 0 };
	struct run r = { .args = &args, .target = &target };
	int ret;

	argv[0] = "tnpu run";
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	if (args.batch) {
		ret = tnpu_run_batch(&args);
		if (tnpu_cmd_interrupted())
			return TNPU_EXIT_INTERRUPTED;
		return ret ? TNPU_EXIT_FAILED : 0;
	}
	if (tnpu_target_open(&target, args.model, args.draft, &args.session))
		return tnpu_cmd_interrupted() ? TNPU_EXIT_INTERRUPTED : TNPU_EXIT_FAILED;
	ret = run_prompts(&r);
	tnpu_target_close(&target);
	if (tnpu_cmd_interrupted())
		return TNPU_EXIT_INTERRUPTED;
	return ret ? TNPU_EXIT_FAILED : 0;
}
