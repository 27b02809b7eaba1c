// SPDX-License-Identifier: MIT
/*
 * Real models against their references: every case of every *.expected.json in a folder,
 * through libtnpu, on whatever device its environment chooses. TAP on stdout; the figures
 * of each case stand in its line.
 *
 * Float files must follow the reference's greedy path and come within 1e-3 of its logits;
 * quantised ones must agree with it wherever it is sure, since INT8 activations round too.
 */
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "together.h"

#define LOGIT_TOLERANCE	1e-3
#define SURE_MARGIN	1.0	/* top-1 must agree from here */
#define PATH_MARGIN	0.5	/* greedy paths may part below it */
#define FORCED_ROWS	32	/* positions with reference logits */
#define PARTS_IDS	40	/* drawn at once, and with a stop in between */
#define PARTS_STOP	13

/** struct golden - a model under test */
struct golden {
	const char *dir;
	const char *file;
	bool is_float;
	double min_cosine;
	struct tnpu_device *dev;
	struct tnpu_model *model;
	struct tnpu_session *session;
	uint32_t vocab;
};

static unsigned int n_tests;
static unsigned int n_failed;
static uint32_t n_drafted, n_accepted;

__attribute__((format(printf, 2, 3)))
static void result(bool ok, const char *fmt, ...)
{
	va_list args;

	printf("%sok %u - ", ok ? "" : "not ", ++n_tests);
	n_failed += !ok;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	long len;

	if (!f)
		return NULL;
	len = fseek(f, 0, SEEK_END) ? -1 : ftell(f);
	if (len >= 0 && !fseek(f, 0, SEEK_SET))
		data = malloc(len + 1);
	if (data && fread(data, 1, len, f) != (size_t)len) {
		free(data);
		data = NULL;
	}
	fclose(f);
	if (data) {
		data[len] = '\0';
		*size = len;
	}
	return data;
}

static uint32_t *id_array(const cJSON *parent, const char *key, uint32_t *n)
{
	const cJSON *array = cJSON_GetObjectItem(parent, key);
	uint32_t *ids = malloc((cJSON_GetArraySize(array) + 1) * sizeof(*ids));
	const cJSON *item;

	*n = 0;
	if (ids)
		cJSON_ArrayForEach(item, array)
			ids[(*n)++] = item->valuedouble;
	return ids;
}

/* ---- Greedy -------------------------------------------------------------------------- */

/** struct collector - ends the generation when it has @max */
struct collector {
	uint32_t ids[4096];
	uint32_t n;
	uint32_t max;
};

static int collect(void *opaque, uint32_t id)
{
	struct collector *c = opaque;

	c->ids[c->n++] = id;
	return c->n == c->max;
}

/* How many of the reference's new ids must be met. */
static uint32_t path_length(const struct golden *g, const cJSON *margins)
{
	const cJSON *item;
	uint32_t n = 0;

	cJSON_ArrayForEach(item, margins) {
		if (!g->is_float && item->valuedouble < PATH_MARGIN)
			break;
		n++;
	}
	return n;
}

static void check_greedy(struct golden *g, const cJSON *json, int index)
{
	const struct tnpu_sampling greedy = { .temperature = 0, .top_p = 1 };
	const cJSON *margins = cJSON_GetObjectItem(json, "greedy_margins");
	uint32_t must = path_length(g, margins);
	uint32_t n_prompt, n_all, same = 0;
	uint32_t *prompt = id_array(json, "prompt_ids", &n_prompt);
	uint32_t *all = id_array(json, "greedy_ids", &n_all);
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_generation gen;
	struct collector c = { .max = 4096 };
	int ret;

	tnpu_session_reset(g->session);
	ret = tnpu_session_generate(g->session, prompt, n_prompt, n_all - n_prompt, &greedy,
				    true, collect, &c, &gen, &err);
	while (same < c.n && same < n_all - n_prompt && c.ids[same] == all[n_prompt + same])
		same++;
	result(!ret && n_all > n_prompt && same >= must,
	       "%s case %d: greedy ids: %u of %u follow, %u must %s", g->file, index, same,
	       n_all - n_prompt, must, err.text);
	free(all);
	free(prompt);
}

/* What the device has computed behind a stop must not be seen by what follows it. */
static void check_parts(struct golden *g, const cJSON *json, int index)
{
	const struct tnpu_sampling greedy = { .temperature = 0, .top_p = 1 };
	struct collector whole = { .max = PARTS_IDS }, parts = { .max = PARTS_STOP };
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_generation gen;
	uint32_t n;
	uint32_t *prompt = id_array(json, "prompt_ids", &n);
	int ret;

	tnpu_session_reset(g->session);
	ret = tnpu_session_generate(g->session, prompt, n, 2 * PARTS_IDS, &greedy, true, collect,
				    &whole, &gen, &err);
	tnpu_session_reset(g->session);
	if (!ret)
		ret = tnpu_session_generate(g->session, prompt, n, 2 * PARTS_IDS, &greedy, true,
					    collect, &parts, &gen, &err);
	parts.max = PARTS_IDS;
	if (!ret)
		ret = tnpu_session_generate(g->session, &parts.ids[PARTS_STOP - 1], 1,
					    2 * PARTS_IDS, &greedy, true, collect, &parts, &gen,
					    &err);
	result(!ret && whole.n == PARTS_IDS && parts.n == PARTS_IDS &&
	       !memcmp(whole.ids, parts.ids, PARTS_IDS * sizeof(*parts.ids)),
	       "%s case %d: stopped after %u ids and gone on, the same %u ids %s", g->file, index,
	       PARTS_STOP, PARTS_IDS, err.text);
	free(prompt);
}

static void check_together(struct golden *g, const cJSON *json, int index)
{
	struct together t;
	uint32_t n;
	uint32_t *ids = id_array(json, "prompt_ids", &n);
	bool ok = together_check(g->model, g->is_float ? TNPU_DTYPE_F32 : TNPU_DTYPE_F16, ids, n,
				 &t);

	n_drafted += t.drafted;
	n_accepted += t.accepted;
	result(ok,
	       "%s case %d: %u requests get the %u ids that they get alone, in %u passes, %u tokens shared; with drafts, %u of %u right %s",
	       g->file, index, t.requests, t.tokens, t.passes, t.shared, t.accepted, t.drafted,
	       t.why);
	free(ids);
}

/* ---- Teacher-forced -------------------------------------------------------------------- */

/** struct forced - comparison of the first FORCED_ROWS rows with reference logits */
struct forced {
	const struct golden *g;
	const float *ref;
	uint32_t rows;
	double max_diff;
	double cosine;
	uint32_t sure;
	uint32_t sure_same;
};

static uint32_t argmax(const float *x, uint32_t n, float *second)
{
	uint32_t best = 0, i;

	*second = -INFINITY;
	for (i = 1; i < n; i++) {
		if (x[i] > x[best]) {
			*second = x[best];
			best = i;
		} else if (x[i] > *second) {
			*second = x[i];
		}
	}
	return best;
}

static int compare_row(void *opaque, uint32_t position, const float *x)
{
	struct forced *f = opaque;
	const float *ref = f->ref + (size_t)position * f->g->vocab;
	double dot = 0, xx = 0, rr = 0;
	float second;
	uint32_t best, i;

	for (i = 0; i < f->g->vocab; i++) {
		dot += (double)x[i] * ref[i];
		xx += (double)x[i] * x[i];
		rr += (double)ref[i] * ref[i];
		f->max_diff = fmax(f->max_diff, fabs((double)x[i] - ref[i]));
		if (isnan(x[i]))
			f->max_diff = INFINITY;
	}
	f->cosine += dot / sqrt(xx * rr);
	f->rows++;
	best = argmax(ref, f->g->vocab, &second);
	if (ref[best] - second >= SURE_MARGIN) {
		f->sure++;
		f->sure_same += argmax(x, f->g->vocab, &second) == best;
	}
	return 0;
}

static void check_forced(struct golden *g, const cJSON *json, int index)
{
	struct forced f = { .g = g };
	struct tnpu_errmsg err = { .text = "" };
	size_t size = 0;
	char path[4096];
	uint32_t n;
	uint32_t *ids = id_array(json, "forced_ids", &n);
	char *ref;
	int ret = -1;
	bool ok;

	snprintf(path, sizeof(path), "%s/logits/%.*s.%d.forced.f32", g->dir,
		 (int)(strlen(g->file) - strlen(".gguf")), g->file, index);
	ref = read_file(path, &size);
	f.ref = (const float *)ref;
	tnpu_session_reset(g->session);
	if (ref && n >= FORCED_ROWS && size == FORCED_ROWS * g->vocab * sizeof(float))
		ret = tnpu_session_eval(g->session, ids, FORCED_ROWS, compare_row, &f, &err);
	f.cosine /= f.rows ? f.rows : 1;
	ok = !ret && f.rows == FORCED_ROWS &&
	     (g->is_float ? f.max_diff <= LOGIT_TOLERANCE :
	      f.sure_same == f.sure && f.cosine >= g->min_cosine);
	result(ok,
	       "%s case %d: forced logits: max difference %.3g, mean cosine %.6f, top-1 %u of %u sure ones %s",
	       g->file, index, f.max_diff, f.cosine, f.sure_same, f.sure, err.text);
	free(ref);
	free(ids);
}

/* ---- Tokenizer -------------------------------------------------------------------------- */

static void check_tokens(struct golden *g, const cJSON *json, int index)
{
	const struct tnpu_tokenizer *tok = tnpu_model_tokenizer(g->model);
	const char *prompt = cJSON_GetStringValue(cJSON_GetObjectItem(json, "prompt"));
	uint32_t n;
	uint32_t *want = id_array(json, "prompt_ids", &n);
	uint32_t *ids = NULL;
	int64_t got = tnpu_tokenizer_encode(tok, prompt, strlen(prompt),
					    TNPU_ENCODE_ADD_SPECIAL, &ids);

	result(got == n && !memcmp(ids, want, n * sizeof(*ids)),
	       "%s case %d: prompt gives its %u ids", g->file, index, n);
	free(ids);
	free(want);
}

/* ---- Models --------------------------------------------------------------------------------- */

static int open_model(struct golden *g, const char *path)
{
	/* The references hold with an FP32 cache for float files, FP16 for the others. */
	const struct tnpu_session_options options = {
		.kv_dtype = g->is_float ? TNPU_DTYPE_F32 : TNPU_DTYPE_F16,
	};
	struct tnpu_errmsg err = { .text = "" };
	int ret = tnpu_device_open(NULL, &g->dev, &err);

	if (!ret)
		ret = tnpu_model_load(g->dev, path, NULL, NULL, &g->model, &err);
	if (!ret)
		ret = tnpu_session_create(g->model, &options, &g->session, &err);
	result(!ret, "%s loads %s", g->file, err.text);
	if (!ret)
		g->vocab = tnpu_model_get_info(g->model)->vocab;
	return ret;
}

static void check_model(const char *dir, const char *expected)
{
	struct golden g = { .dir = dir };
	char path[4096], file[256];
	const cJSON *cases, *one;
	size_t size;
	char *text;
	cJSON *json;
	int index = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, expected);
	text = read_file(path, &size);
	json = text ? cJSON_Parse(text) : NULL;
	cases = cJSON_GetObjectItem(json, "cases");
	result(cJSON_GetArraySize(cases) > 0, "%s holds cases", expected);
	snprintf(file, sizeof(file), "%.*s.gguf", (int)(strstr(expected, ".expected") - expected),
		 expected);
	g.file = file;
	g.is_float = strstr(file, ".f32.") || strstr(file, ".f16.");
	g.min_cosine = strncmp(file, "stories", 7) ? 0.9990 : 0.9999;
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (!open_model(&g, path)) {
		cJSON_ArrayForEach(one, cases) {
			check_tokens(&g, one, index);
			check_greedy(&g, one, index);
			check_parts(&g, one, index);
			if (!index)
				check_together(&g, one, index);
			check_forced(&g, one, index++);
		}
	}
	tnpu_session_destroy(g.session);
	tnpu_model_destroy(g.model);
	tnpu_device_close(g.dev);
	cJSON_Delete(json);
	free(text);
}

static int is_expected(const struct dirent *d)
{
	return !!strstr(d->d_name, ".expected.json");
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : getenv("TNPU_TEST_MODELS");
	struct dirent **files;
	int n, i;

	if (!dir) {
		printf("1..0 # SKIP TNPU_TEST_MODELS is not set\n");
		return 0;
	}
	n = scandir(dir, &files, is_expected, alphasort);
	if (n <= 0) {
		printf("Bail out! no *.expected.json in %s\n", dir);
		return 1;
	}
	for (i = 0; i < n; i++) {
		check_model(dir, files[i]->d_name);
		free(files[i]);
	}
	free(files);
	result(n_accepted && n_accepted < n_drafted, "of %u drafted tokens %u were right",
	       n_drafted, n_accepted);
	printf("1..%u\n", n_tests);
	return n_failed ? 1 : 0;
}
