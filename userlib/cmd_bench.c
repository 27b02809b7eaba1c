// SPDX-License-Identifier: MIT
/*
 * tnpu bench: speed, in the manner of llama-bench.
 *
 * A test either reads a prompt ("pp512") or generates tokens one by one ("tg128"), at some
 * depth of the context ("@ d4096"). Tokens are random, and nothing ends a generation early.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_bench.h"

#define OPT_KV		256
#define OPT_CHUNK	257
#define OPT_JSON	258
#define OPT_MD		259
#define OPT_NULL	260
#define OPT_SERVE	261

#define BENCH_REPS	5
#define BENCH_NULL_REPS	1000
#define BENCH_SERVE_REPS	50
#define BENCH_NULL_WARM	20
#define BENCH_REPS_MAX	1000000
#define BENCH_THREADS_MAX	64

static const struct argp_option options[] = {
	{ "model", 'm', "FILE", 0, "GGUF model file (required without --null)" },
	{ NULL, 'p', "N,...", 0, "Tokens of the prompt; 0: no such test (512)" },
	{ NULL, 'n', "N,...", 0, "Tokens to generate; 0: no such test (128)" },
	{ "batch", 'b', "N,...", 0, "Sequences that generate together (1)" },
	{ "depth", 'd', "N,...", 0, "Tokens in the context before (0)" },
	{ "threads", 't', "N", 0, "Engines: with inproc so many; else the device must have them" },
	{ "reps", 'r', "N", 0, "Repetitions (5; with --null 1000), or requests (50)" },
	{ "kv", OPT_KV, "TYPE", 0, "KV cache: f32, f16 or q8 (f16)" },
	{ "chunk", OPT_CHUNK, "N", 0, "Prompt tokens in one pass (128)" },
	{ "null", OPT_NULL, NULL, 0, "Round trip of a job that does nothing, in microseconds" },
	{ "serve", OPT_SERVE, "RATE", 0,
	  "Requests that arrive at random, RATE a second, and what they wait for" },
	{ "json", OPT_JSON, NULL, 0, "One JSON object, with all repetitions" },
	{ "md", OPT_MD, NULL, 0, "A Markdown table" },
	{ 0 }
};

/** struct bench_list - "512,1024"; at least one */
struct bench_list {
	uint32_t *at;
	uint32_t n;
};

enum bench_format { BENCH_TEXT, BENCH_MD, BENCH_JSON };

struct bench_args {
	const char *model;
	struct bench_list prompt;
	struct bench_list gen;
	struct bench_list depth;
	struct bench_list batch;
	float serve;
	uint32_t reps;
	uint32_t threads;
	const char *kv;
	struct tnpu_session_options session;
	enum bench_format format;
	bool null;
};

static void bench_parse_list(struct argp_state *state, const char *name, const char *text,
			     struct bench_list *list)
{
	int64_t n;
	int64_t i;

	free(list->at);
	list->at = NULL;
	n = tnpu_cmd_ids(text, &list->at);
	for (i = 0; i < n && list->at[i] < TNPU_MAX_POSITIONS; i++)
		;
	if (n < 0 || i < n)
		argp_error(state, "%s takes whole numbers below %u with commas between, not \"%s\"",
			   name, TNPU_MAX_POSITIONS, text);
	list->n = n;
}

static void bench_check(struct bench_args *a, struct argp_state *state)
{
	uint32_t i;

	if (!a->model == !a->null)
		argp_error(state, "give either a model, by -m FILE, or --null");
	if (!a->reps && a->serve > 0)
		a->reps = BENCH_SERVE_REPS;
	if (!a->reps)
		a->reps = a->null ? BENCH_NULL_REPS : BENCH_REPS;
	if (!a->prompt.n)
		bench_parse_list(state, "-p", "512", &a->prompt);
	if (!a->gen.n)
		bench_parse_list(state, "-n", "128", &a->gen);
	if (!a->depth.n)
		bench_parse_list(state, "-d", "0", &a->depth);
	if (!a->batch.n)
		bench_parse_list(state, "-b", a->serve > 0 ? "8" : "1", &a->batch);
	if (a->serve > 0 && (!a->model || !a->prompt.at[0] || !a->gen.at[0]))
		argp_error(state, "--serve needs a model, and -p and -n above 0");
	for (i = 0; i < a->batch.n; i++)
		if (!a->batch.at[i] || a->batch.at[i] > TNPU_BATCH_MAX)
			argp_error(state, "-b takes 1 to %u sequences", TNPU_BATCH_MAX);
}

static error_t bench_parse_number(int key, char *arg, struct argp_state *state)
{
	struct bench_args *a = state->input;

	switch (key) {
	case 'p':
		bench_parse_list(state, "-p", arg, &a->prompt);
		return 0;
	case 'n':
		bench_parse_list(state, "-n", arg, &a->gen);
		return 0;
	case 'd':
		bench_parse_list(state, "-d", arg, &a->depth);
		return 0;
	case 'b':
		bench_parse_list(state, "-b", arg, &a->batch);
		return 0;
	case OPT_SERVE:
		a->serve = tnpu_cmd_float(state, "--serve", arg, 1e6);
		if (!(a->serve > 0))
			argp_error(state, "--serve must be above 0");
		return 0;
	case 'r':
		a->reps = tnpu_cmd_u64(state, "-r", arg, BENCH_REPS_MAX);
		if (!a->reps)
			argp_error(state, "-r must be above 0");
		return 0;
	case 't':
		a->threads = tnpu_cmd_u64(state, "-t", arg, BENCH_THREADS_MAX);
		if (!a->threads)
			argp_error(state, "-t must be above 0");
		return 0;
	case OPT_CHUNK:
		a->session.chunk = tnpu_cmd_u64(state, "--chunk", arg, 1024);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t bench_parse(int key, char *arg, struct argp_state *state)
{
	struct bench_args *a = state->input;

	switch (key) {
	case 'm':
		a->model = arg;
		return 0;
	case OPT_KV:
		a->kv = arg;
		a->session.kv_dtype = tnpu_cmd_kv(state, arg);
		return 0;
	case OPT_NULL:
		a->null = true;
		return 0;
	case OPT_JSON:
		a->format = BENCH_JSON;
		return 0;
	case OPT_MD:
		a->format = BENCH_MD;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument \"%s\"", arg);
		return 0;
	case ARGP_KEY_END:
		bench_check(a, state);
		return 0;
	}
	return bench_parse_number(key, arg, state);
}

/* ---- Figures ------------------------------------------------------------------------- */

/* Seconds that this machine's processors have been busy, all processes and the kernel. */
static double bench_busy(void)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	FILE *f = fopen("/proc/stat", "r");
	double busy = 0;

	if (!f)
		return 0;
	if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
		   &iowait, &irq, &softirq) == 7)
		busy = (double)(user + nice + system + irq + softirq) / sysconf(_SC_CLK_TCK);
	fclose(f);
	return busy;
}

/* ---- Tests --------------------------------------------------------------------------- */

/**
 * struct bench_test - what is measured, and the repetitions' results
 * @prompt, @gen: tokens; one of them is 0
 * @batch: sequences
 * @rates: tokens/s
 * @cpu: share of one processor that the machine was busy meanwhile
 */
struct bench_test {
	uint32_t prompt;
	uint32_t gen;
	uint32_t depth;
	uint32_t batch;
	char name[48];
	double *rates;
	double *cpu;
};

/** struct bench - all of a run; @ids has room for the longest prompt and depth */
struct bench {
	const struct bench_args *args;
	struct tnpu_target target;
	struct bench_test *tests;
	uint32_t n_tests;
	uint32_t *ids;
	uint32_t random;
	double busy;
};

/* Appends @n_prompt random tokens to the session's, and generates @n. */
static int bench_generate(struct bench *b, uint32_t n_prompt, uint32_t n, tnpu_token_fn fn,
			  struct tnpu_generation *g)
{
	const struct tnpu_sampling greedy = { .top_p = 1 };
	uint32_t vocab = tnpu_model_get_info(b->target.model)->vocab;
	struct tnpu_errmsg err = { .text = "" };

	tnpu_bench_random(&b->random, vocab, b->ids, n_prompt);
	if (tnpu_session_generate(b->target.session, b->ids, n_prompt, n, &greedy, true, fn, b, g,
				  &err))
		return tnpu_cmd_error(&err);
	return tnpu_cmd_interrupted() ? -1 : 0;
}

static int bench_prompt(struct bench *b, const struct bench_test *t, uint32_t rep)
{
	struct tnpu_generation g;
	double busy;

	if (t->depth && bench_generate(b, t->depth, 0, NULL, &g))
		return -1;
	busy = bench_busy();
	if (bench_generate(b, t->prompt, 0, NULL, &g))
		return -1;
	t->rates[rep] = t->prompt / g.prefill_s;
	t->cpu[rep] = (bench_busy() - busy) / g.prefill_s;
	return 0;
}

/* The first token is the prompt's: from here on the time counts. */
static int bench_token(void *opaque, uint32_t token)
{
	struct bench *b = opaque;

	if (b->busy < 0)
		b->busy = bench_busy();
	return tnpu_cmd_interrupted();
}

static int bench_gen(struct bench *b, const struct bench_test *t, uint32_t rep)
{
	struct tnpu_generation g;

	b->busy = -1;
	if (bench_generate(b, t->depth ? t->depth : 1, t->gen + 1, bench_token, &g))
		return -1;
	t->rates[rep] = t->gen / g.decode_s;
	t->cpu[rep] = (bench_busy() - b->busy) / g.decode_s;
	return 0;
}

/* Other sequences than the session's, in memory of their own. */
static int bench_together(struct bench *b, const struct bench_test *t, uint32_t rep)
{
	struct tnpu_bench_load load = {
		.model = b->target.model,
		.options = {
			.seqs = t->batch,
			.kv_dtype = b->args->session.kv_dtype,
			.chunk = b->args->session.chunk,
		},
		.prompt = t->depth ? t->depth : 1,
		.gen = t->gen,
		.random = rep,
	};
	double busy = bench_busy();
	double start = tnpu_cmd_clock();

	if (tnpu_bench_batch(&load, &t->rates[rep]))
		return -1;
	t->cpu[rep] = (bench_busy() - busy) / (tnpu_cmd_clock() - start);
	return 0;
}

/* Touches what a first run has to: host pages, caches, threads. */
static int bench_warm(struct bench *b, const struct bench_test *t)
{
	struct tnpu_generation g;

	tnpu_session_reset(b->target.session);
	return bench_generate(b, t->prompt ? t->prompt : 1, t->prompt ? 0 : 2, NULL, &g);
}

static int bench_run(struct bench *b, const struct bench_test *t)
{
	uint32_t i;
	int ret = bench_warm(b, t);

	for (i = 0; !ret && i < b->args->reps; i++) {
		if (isatty(2))
			fprintf(stderr, "\r\033[K%s: %u of %u", t->name, i + 1, b->args->reps);
		tnpu_session_reset(b->target.session);
		if (t->prompt)
			ret = bench_prompt(b, t, i);
		else
			ret = t->batch > 1 ? bench_together(b, t, i) : bench_gen(b, t, i);
	}
	if (isatty(2))
		fprintf(stderr, "\r\033[K");
	return ret;
}

/* ---- The list of tests ----------------------------------------------------------------- */

static int bench_add(struct bench *b, uint32_t prompt, uint32_t gen, uint32_t depth,
		     uint32_t batch)
{
	struct bench_test *t = &b->tests[b->n_tests];
	int len;

	if (!prompt && !gen)
		return 0;
	*t = (struct bench_test){ .prompt = prompt, .gen = gen, .depth = depth, .batch = batch };
	len = snprintf(t->name, sizeof(t->name), "%s%u", prompt ? "pp" : "tg",
		       prompt ? prompt : gen);
	if (batch > 1)
		len += snprintf(t->name + len, sizeof(t->name) - len, " x %u", batch);
	if (depth)
		snprintf(t->name + len, sizeof(t->name) - len, " @ d%u", depth);
	t->rates = calloc(b->args->reps, sizeof(*t->rates));
	t->cpu = calloc(b->args->reps, sizeof(*t->cpu));
	b->n_tests++;
	return t->rates && t->cpu ? 0 : -ENOMEM;
}

static int bench_plan(struct bench *b)
{
	const struct bench_args *a = b->args;
	uint64_t max = (uint64_t)a->depth.n * (a->prompt.n + (uint64_t)a->gen.n * a->batch.n);
	uint32_t d, i, k;
	int ret = 0;

	b->tests = calloc(max, sizeof(*b->tests));
	if (!b->tests)
		return -ENOMEM;
	for (d = 0; d < a->depth.n; d++) {
		for (i = 0; !ret && i < a->prompt.n; i++)
			ret = bench_add(b, a->prompt.at[i], 0, a->depth.at[d], 1);
		for (i = 0; i < a->gen.n; i++)
			for (k = 0; !ret && k < a->batch.n; k++)
				ret = bench_add(b, 0, a->gen.at[i], a->depth.at[d],
						a->batch.at[k]);
	}
	return ret;
}

/* Positions that the longest test needs, and room for its tokens. */
static int bench_room(struct bench *b, struct tnpu_session_options *options)
{
	uint64_t most = 0;
	uint32_t i;

	for (i = 0; i < b->n_tests; i++) {
		const struct bench_test *t = &b->tests[i];
		/* A generation starts from a token, which is the depth's last. */
		uint64_t need = (uint64_t)t->depth + t->prompt + t->gen +
				(t->gen && !t->depth ? 1 : 0);

		most = need > most ? need : most;
	}
	options->context = most < TNPU_MAX_POSITIONS ? most : TNPU_MAX_POSITIONS;
	b->ids = calloc(most + 1, sizeof(*b->ids));
	return b->ids ? 0 : -ENOMEM;
}

static void bench_free(struct bench *b)
{
	uint32_t i;

	for (i = 0; i < b->n_tests; i++) {
		free(b->tests[i].rates);
		free(b->tests[i].cpu);
	}
	free(b->tests);
	free(b->ids);
}

/* ---- Output -------------------------------------------------------------------------------- */

static cJSON *bench_json_device(struct tnpu_device *dev)
{
	const struct drm_tnpu_dev_info *info = tnpu_device_info(dev);
	struct tnpu_driver_info driver;
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "transport", tnpu_device_transport(dev));
	if (!tnpu_device_driver(dev, &driver))
		cJSON_AddStringToObject(json, "driver", driver.name);
	cJSON_AddBoolToObject(json, "emulated", info->platform & DRM_TNPU_PLATFORM_EMULATED);
	cJSON_AddNumberToObject(json, "profile", info->profile);
	cJSON_AddNumberToObject(json, "engines", info->engines);
	cJSON_AddNumberToObject(json, "mem_size", info->mem_size);
	return json;
}

static cJSON *bench_json_shape(const struct tnpu_model_info *model)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "layers", model->layers);
	cJSON_AddNumberToObject(json, "width", model->width);
	cJSON_AddNumberToObject(json, "heads", model->heads);
	cJSON_AddNumberToObject(json, "kv_heads", model->kv_heads);
	cJSON_AddNumberToObject(json, "head_dim", model->head_dim);
	cJSON_AddNumberToObject(json, "ffn", model->ffn);
	cJSON_AddNumberToObject(json, "vocab", model->vocab);
	return json;
}

/* What is in use is the whole device's, of all who have it open. */
static cJSON *bench_json_memory(const struct tnpu_target *target)
{
	struct drm_tnpu_usage_info usage = { 0 };
	struct tnpu_session_memory session;
	cJSON *json = cJSON_CreateObject();

	tnpu_session_get_memory(target->session, &session);
	if (!tnpu_device_query(target->dev, DRM_TNPU_DEV_QUERY_USAGE, &usage, sizeof(usage)))
		cJSON_AddNumberToObject(json, "used", usage.mem_used);
	cJSON_AddNumberToObject(json, "weights",
				tnpu_model_get_info(target->model)->weight_bytes);
	cJSON_AddNumberToObject(json, "kv", session.kv);
	cJSON_AddNumberToObject(json, "activations", session.activations);
	return json;
}

static cJSON *bench_json_test(const struct bench_test *t, uint32_t reps,
			      const struct tnpu_bench_stats *s)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "test", t->name);
	cJSON_AddNumberToObject(json, "n_prompt", t->prompt);
	cJSON_AddNumberToObject(json, "n_gen", t->gen);
	cJSON_AddNumberToObject(json, "n_depth", t->depth);
	cJSON_AddNumberToObject(json, "n_batch", t->batch);
	cJSON_AddNumberToObject(json, "mean", s->mean);
	cJSON_AddNumberToObject(json, "median", s->median);
	cJSON_AddNumberToObject(json, "spread", s->spread);
	cJSON_AddItemToObject(json, "samples", cJSON_CreateDoubleArray(t->rates, reps));
	cJSON_AddItemToObject(json, "cpu", cJSON_CreateDoubleArray(t->cpu, reps));
	return json;
}

static int bench_print_json(struct bench *b, const struct tnpu_bench_stats *stats)
{
	const struct tnpu_model_info *model = tnpu_model_get_info(b->target.model);
	const char *path = b->args->model;
	cJSON *json = cJSON_CreateObject();
	cJSON *tests;
	uint32_t i;

	cJSON_AddStringToObject(json, "version", tnpu_version());
	cJSON_AddItemToObject(json, "device", bench_json_device(b->target.dev));
	cJSON_AddItemToObject(json, "model", tnpu_cmd_json_string(path, strlen(path)));
	cJSON_AddStringToObject(json, "arch", model->arch);
	cJSON_AddNumberToObject(json, "weight_bytes", model->weight_bytes);
	cJSON_AddItemToObject(json, "shape", bench_json_shape(model));
	cJSON_AddItemToObject(json, "memory", bench_json_memory(&b->target));
	cJSON_AddNumberToObject(json, "load_s", b->target.load_s);
	cJSON_AddStringToObject(json, "kv", b->args->kv);
	cJSON_AddNumberToObject(json, "chunk", b->args->session.chunk);
	tests = cJSON_AddArrayToObject(json, "tests");
	for (i = 0; i < b->n_tests; i++)
		cJSON_AddItemToArray(tests, bench_json_test(&b->tests[i], b->args->reps,
							    &stats[i]));
	return tnpu_cmd_print_json(json);
}

static int bench_print_table(const struct bench *b, const struct tnpu_bench_stats *stats)
{
	const struct drm_tnpu_dev_info *info = tnpu_device_info(b->target.dev);
	bool md = b->args->format == BENCH_MD;
	uint32_t i;

	fprintf(stderr, "%s, %u engines; load %.2f s; %u repetitions\n",
		tnpu_device_transport(b->target.dev), info->engines, b->target.load_s,
		b->args->reps);
	printf(md ? "| test | mean t/s | median t/s | spread | CPU |\n|---|--:|--:|--:|--:|\n" :
	       "test                mean t/s  median t/s  spread    CPU\n");
	for (i = 0; i < b->n_tests; i++) {
		struct tnpu_bench_stats cpu;

		if (tnpu_bench_stats(b->tests[i].cpu, b->args->reps, &cpu))
			return -1;
		printf(md ? "| %s | %.2f | %.2f | %.1f %% | %.1f %% |\n" :
		       "%-18s%10.2f%12.2f%7.1f%%%6.1f%%\n", b->tests[i].name, stats[i].mean,
		       stats[i].median, stats[i].spread * 100, cpu.median * 100);
	}
	return fflush(stdout) ? -1 : 0;
}

static int bench_print(struct bench *b)
{
	struct tnpu_bench_stats *stats = calloc(b->n_tests, sizeof(*stats));
	uint32_t i;
	int ret = stats ? 0 : -1;

	for (i = 0; !ret && i < b->n_tests; i++)
		ret = tnpu_bench_stats(b->tests[i].rates, b->args->reps, &stats[i]);
	if (!ret)
		ret = b->args->format == BENCH_JSON ? bench_print_json(b, stats) :
						      bench_print_table(b, stats);
	free(stats);
	return ret;
}

/* ---- Models -------------------------------------------------------------------------- */

static int bench_model(const struct bench_args *a)
{
	struct bench b = { .args = a, .random = 1 };
	struct tnpu_session_options session = a->session;
	uint32_t i;
	int ret = bench_plan(&b);

	if (!ret)
		ret = bench_room(&b, &session);
	if (ret)
		fprintf(stderr, "tnpu: out of memory\n");
	else if (!b.n_tests)
		ret = fprintf(stderr, "tnpu: -p and -n leave no test\n");
	if (!ret)
		ret = tnpu_target_open(&b.target, a->model, NULL, &session);
	if (!ret) {
		for (i = 0; !ret && i < b.n_tests; i++)
			ret = bench_run(&b, &b.tests[i]);
		if (!ret)
			ret = bench_print(&b);
		tnpu_target_close(&b.target);
	}
	bench_free(&b);
	return ret;
}

/* ---- Requests that arrive ----------------------------------------------------------------- */

static cJSON *bench_json_waits(const double *samples, uint32_t n, const struct tnpu_bench_stats *s)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "p50_s", s->median);
	cJSON_AddNumberToObject(json, "p95_s", s->p95);
	cJSON_AddNumberToObject(json, "p99_s", s->p99);
	cJSON_AddItemToObject(json, "samples", cJSON_CreateDoubleArray(samples, n));
	return json;
}

static int bench_print_serve(const struct bench_args *a, struct tnpu_device *dev,
			     const struct tnpu_bench_waits *w)
{
	struct tnpu_bench_stats first, each;
	cJSON *json;

	if (tnpu_bench_stats(w->first, w->n, &first) || tnpu_bench_stats(w->each, w->n, &each))
		return -1;
	if (a->format != BENCH_JSON) {
		printf(a->format == BENCH_MD ?
		       "| wait | p50 ms | p95 ms | p99 ms |\n|---|--:|--:|--:|\n"
		       "| first token | %.1f | %.1f | %.1f |\n"
		       "| each token | %.1f | %.1f | %.1f |\n" :
		       "wait              p50 ms    p95 ms    p99 ms\n"
		       "first token   %10.1f%10.1f%10.1f\neach token    %10.1f%10.1f%10.1f\n",
		       first.median * 1e3, first.p95 * 1e3, first.p99 * 1e3, each.median * 1e3,
		       each.p95 * 1e3, each.p99 * 1e3);
		fprintf(stderr, "%u requests, %.1f tokens/s in all\n", w->n,
			w->tokens / w->seconds);
		return fflush(stdout) ? -1 : 0;
	}
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "version", tnpu_version());
	cJSON_AddItemToObject(json, "device", bench_json_device(dev));
	cJSON_AddNumberToObject(json, "requests_per_s", a->serve);
	cJSON_AddNumberToObject(json, "n_prompt", a->prompt.at[0]);
	cJSON_AddNumberToObject(json, "n_gen", a->gen.at[0]);
	cJSON_AddNumberToObject(json, "n_batch", a->batch.at[0]);
	cJSON_AddNumberToObject(json, "tokens_per_s", w->tokens / w->seconds);
	cJSON_AddItemToObject(json, "first_token", bench_json_waits(w->first, w->n, &first));
	cJSON_AddItemToObject(json, "each_token", bench_json_waits(w->each, w->n, &each));
	return tnpu_cmd_print_json(json);
}

static int bench_serve(const struct bench_args *a)
{
	struct tnpu_bench_load load = {
		.options = {
			.seqs = a->batch.at[0],
			.context = a->prompt.at[0] + a->gen.at[0],
			.kv_dtype = a->session.kv_dtype,
			.chunk = a->session.chunk,
		},
		.prompt = a->prompt.at[0],
		.gen = a->gen.at[0],
		.random = 1,
	};
	struct tnpu_bench_waits waits = { .n = a->reps };
	struct tnpu_session_options small = { .context = 1 };
	struct tnpu_target target = { 0 };
	int ret = tnpu_target_open(&target, a->model, NULL, &small);

	if (ret)
		return ret;
	load.model = target.model;
	waits.first = calloc(waits.n, sizeof(*waits.first));
	waits.each = calloc(waits.n, sizeof(*waits.each));
	if (waits.first && waits.each)
		ret = tnpu_bench_serve(&load, a->serve, &waits);
	else
		ret = fprintf(stderr, "tnpu: out of memory\n");
	if (!ret)
		ret = bench_print_serve(a, target.dev, &waits);
	free(waits.each);
	free(waits.first);
	tnpu_target_close(&target);
	return ret;
}

/* ---- Empty jobs ---------------------------------------------------------------------------- */

static int bench_print_null(const struct bench_args *a, struct tnpu_device *dev,
			    const double *samples)
{
	struct tnpu_bench_stats s;
	cJSON *json;

	if (tnpu_bench_stats(samples, a->reps, &s))
		return -1;
	if (a->format != BENCH_JSON) {
		printf(a->format == BENCH_MD ?
		       "| test | p50 us | p99 us | mean us | min us |\n|---|--:|--:|--:|--:|\n"
		       "| NULL job | %.1f | %.1f | %.1f | %.1f |\n" :
		       "NULL job: p50 %.1f us, p99 %.1f us, mean %.1f us, min %.1f us\n",
		       s.median, s.p99, s.mean, s.min);
		return fflush(stdout) ? -1 : 0;
	}
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "version", tnpu_version());
	cJSON_AddItemToObject(json, "device", bench_json_device(dev));
	cJSON_AddStringToObject(json, "test", "null_job");
	cJSON_AddNumberToObject(json, "p50_us", s.median);
	cJSON_AddNumberToObject(json, "p99_us", s.p99);
	cJSON_AddNumberToObject(json, "mean_us", s.mean);
	cJSON_AddNumberToObject(json, "min_us", s.min);
	cJSON_AddItemToObject(json, "samples", cJSON_CreateDoubleArray(samples, a->reps));
	return tnpu_cmd_print_json(json);
}

static int bench_null_runs(struct tnpu_queue *queue, double *samples, uint32_t reps,
			   struct tnpu_errmsg *err)
{
	const struct tnpu_job job = { 0 };
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && i < BENCH_NULL_WARM + reps && !tnpu_cmd_interrupted(); i++) {
		double start = tnpu_cmd_clock();

		ret = tnpu_queue_run(queue, &job, err);
		if (i >= BENCH_NULL_WARM)
			samples[i - BENCH_NULL_WARM] = (tnpu_cmd_clock() - start) * 1e6;
	}
	return ret;
}

static int bench_null(const struct bench_args *a)
{
	struct tnpu_errmsg err = { .text = "" };
	double *samples = calloc(a->reps, sizeof(*samples));
	struct tnpu_device *dev = NULL;
	struct tnpu_queue *queue = NULL;
	int ret;

	tnpu_cmd_catch_interrupt();
	ret = samples ? tnpu_device_open(NULL, &dev, &err) :
			tnpu_errmsg_set(&err, -ENOMEM, "out of memory");
	if (!ret) {
		tnpu_errmsg_set(&err, 0, "the device has no hardware queue left");
		ret = tnpu_queue_create(dev, DRM_TNPU_QUEUE_PRIORITY_NORMAL, &queue);
	}
	if (!ret)
		ret = bench_null_runs(queue, samples, a->reps, &err);
	if (ret)
		tnpu_cmd_error(&err);
	else if (!tnpu_cmd_interrupted())
		ret = bench_print_null(a, dev, samples);
	tnpu_queue_destroy(queue);
	tnpu_device_close(dev);
	free(samples);
	return ret;
}

/* ---- Engines ------------------------------------------------------------------------------ */

/* The chip in process is made anew by whoever opens it; a machine's has what it has. */
static int bench_engines(uint32_t threads)
{
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_device *dev = NULL;
	char number[16];
	uint32_t engines;

	snprintf(number, sizeof(number), "%u", threads);
	setenv("TNPU_INPROC_ENGINES", number, 1);
	if (tnpu_device_open(NULL, &dev, &err))
		return tnpu_cmd_error(&err);
	engines = tnpu_device_info(dev)->engines;
	tnpu_device_close(dev);
	if (engines == threads)
		return 0;
	fprintf(stderr, "tnpu: -t %u: the device has %u engines, which its machine sets\n",
		threads, engines);
	return -1;
}

int tnpu_cmd_bench(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = bench_parse,
		.doc = "Measure the speed of a language model on a TNPU, or of an empty job.\v"
		       "Every -d goes with every -p and every -n, every -n with every -b. --serve "
		       "takes the first of each: requests of -p tokens that want -n, at most -b "
		       "at once. Spread is (max - min) / median; "
		       "CPU is what this machine's processors were busy meanwhile, of one.",
	};
	struct bench_args args = { .kv = "f16", .session = { .kv_dtype = TNPU_DTYPE_F16 } };
	int ret;

	argv[0] = "tnpu bench";
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	ret = args.threads ? bench_engines(args.threads) : 0;
	if (!ret && args.null)
		ret = bench_null(&args);
	else if (!ret)
		ret = args.serve > 0 ? bench_serve(&args) : bench_model(&args);
	free(args.prompt.at);
	free(args.gen.at);
	free(args.depth.at);
	free(args.batch.at);
	if (tnpu_cmd_interrupted())
		return TNPU_EXIT_INTERRUPTED;
	return ret ? TNPU_EXIT_FAILED : 0;
}
