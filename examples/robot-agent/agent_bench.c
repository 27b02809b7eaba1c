// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent_bench.h"

#define MS_NS 1e6

/* What is measured, all in milliseconds since the instruction was there. */
enum bench_figure {
	BENCH_FIRST_TOKEN,
	BENCH_FIRST_ACTION,	/* its JSON object is complete */
	BENCH_READY,		/* the whole program is checked: it may be sent */
	BENCH_PER_ACTION,	/* from one complete object to the next */
	BENCH_FIGURES
};

static const char * const figure_names[BENCH_FIGURES] = {
	[BENCH_FIRST_TOKEN] = "first_token",
	[BENCH_FIRST_ACTION] = "first_action_complete",
	[BENCH_READY] = "first_action_ready",
	[BENCH_PER_ACTION] = "per_action",
};

/** struct series - values of one figure */
struct series {
	double *value;
	size_t count;
};

struct bench {
	struct series series[BENCH_FIGURES];
	int outcomes[AGENT_OUTCOMES];
};

static void note(struct bench *b, enum bench_figure figure, int64_t from_ns, int64_t to_ns)
{
	struct series *s = &b->series[figure];

	s->value[s->count++] = (to_ns - from_ns) / MS_NS;
}

static void note_record(struct bench *b, const struct agent_record *r)
{
	const struct agent_answer *a = &r->answer;
	int i;

	b->outcomes[r->outcome]++;
	if (!a->done_ns)
		return;
	note(b, BENCH_FIRST_TOKEN, r->times.start, a->first_ns);
	note(b, BENCH_FIRST_ACTION, r->times.start, a->action_ns[0]);
	if (r->times.planned)
		note(b, BENCH_READY, r->times.start, r->times.planned);
	for (i = 1; i < a->actions; i++)
		note(b, BENCH_PER_ACTION, a->action_ns[i - 1], a->action_ns[i]);
}

/* ---- Figures -------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The least value that at least @part of all do not exceed. */
static double percentile(const struct series *s, double part)
{
	size_t rank = ceil(part * s->count);

	return s->value[rank ? rank - 1 : 0];
}

static void print_series(cJSON *json, const char *name, const struct series *s)
{
	static const struct {
		const char *name;
		double part;
	} parts[] = {
		{ "median_ms", 0.5 }, { "p99_ms", 0.99 }, { "p99_99_ms", 0.9999 }, { "max_ms", 1 }
	};
	cJSON *object = cJSON_AddObjectToObject(json, name);
	size_t i;

	cJSON_AddNumberToObject(object, "count", s->count);
	printf("%-24s %8zu", name, s->count);
	for (i = 0; s->count && i < sizeof(parts) / sizeof(parts[0]); i++) {
		cJSON_AddNumberToObject(object, parts[i].name, percentile(s, parts[i].part));
		printf(" %10.3f", percentile(s, parts[i].part));
	}
	putchar('\n');
}

static int save(cJSON *json, const char *path)
{
	char *text = cJSON_Print(json);
	FILE *f = text && path ? fopen(path, "w") : NULL;
	int failed = path && !f;

	if (f) {
		failed = fprintf(f, "%s\n", text) < 0;
		failed = fclose(f) || failed;
	}
	if (failed)
		fprintf(stderr, "robot-agent: cannot write %s\n", path);
	cJSON_free(text);
	return failed ? -1 : 0;
}

static int print_all(struct bench *b, const char *path)
{
	cJSON *json = cJSON_CreateObject();
	int i, ret;

	printf("%-24s %8s %10s %10s %10s %10s\n", "milliseconds", "count", "median", "p99",
	       "p99.99", "max");
	for (i = 0; i < BENCH_FIGURES; i++) {
		qsort(b->series[i].value, b->series[i].count, sizeof(double), compare);
		print_series(json, figure_names[i], &b->series[i]);
	}
	for (i = 0; i < AGENT_OUTCOMES; i++)
		if (b->outcomes[i])
			cJSON_AddNumberToObject(json, agent_outcome_name(i), b->outcomes[i]);
	ret = save(json, path);
	cJSON_Delete(json);
	return ret;
}

/* ---- Running -------------------------------------------------------------------- */

static int measure(struct bench *b, struct agent *agent, const struct agent_order *order,
		   int count, int runs)
{
	struct agent_record *r = malloc(sizeof(*r));
	int i, ret = r ? 0 : -1;

	for (i = 0; !ret && i < runs; i++) {
		agent->scene = order[i % count].scene;
		world_init(&agent->world, &agent->scene);
		agent_task_think(agent, order[i % count].instruction, r);
		note_record(b, r);
		if (r->outcome != AGENT_FAILED)
			continue;
		fprintf(stderr, "robot-agent: %s\n", r->why);
		ret = -1;
	}
	free(r);
	return ret;
}

int agent_bench_run(struct agent *agent, const struct agent_order *order,
		    int count, int runs, const char *path)
{
	struct bench b = { 0 };
	int i, ret = 0;

	for (i = 0; i < BENCH_FIGURES; i++) {
		b.series[i].value = calloc(runs, AGENT_ACTIONS * sizeof(double));
		ret |= b.series[i].value ? 0 : -1;
	}
	if (!ret)
		ret = measure(&b, agent, order, count, runs);
	if (!ret)
		ret = print_all(&b, path);
	for (i = 0; i < BENCH_FIGURES; i++)
		free(b.series[i].value);
	return ret;
}
