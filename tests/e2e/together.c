// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "together.h"

#define REQUESTS	7
#define LONG		150	/* tokens of a prompt: more than two blocks of the cache */
#define ANSWER		24
#define SEATS		3	/* fewer than requests: some wait, some join while others go on */
#define CHUNK		32
#define CONTEXT		256
#define DRAFT		8

/** struct variant - a request: a prompt of @n tokens, whose last @changed are others */
struct variant {
	uint32_t n;
	uint32_t changed;
	uint32_t answer;
	uint32_t stop_after;	/* the caller's; 0: it lets it go on */
	float temperature;
};

static const struct variant variants[REQUESTS] = {
	{ LONG, 0, ANSWER, 0, 0 },
	{ LONG, 9, ANSWER, 0, 0 },
	{ 3, 0, ANSWER, 0, 0 },
	{ LONG, 0, ANSWER - 5, 0, 0.8f },
	{ 1, 0, 1, 0, 0 },
	{ LONG / 2, 0, ANSWER, 5, 0.8f },
	{ LONG, 9, ANSWER, 0, 1.3f },
};

/** struct answer - the tokens of a request */
struct answer {
	const struct variant *variant;
	uint32_t ids[ANSWER];
	uint32_t n;
	enum tnpu_stop stop;
	bool done;
};

static int take(void *opaque, uint32_t token)
{
	struct answer *a = opaque;

	if (a->n < ANSWER)
		a->ids[a->n] = token;
	a->n++;
	return a->n == a->variant->stop_after;
}

static void done(void *opaque, const struct tnpu_generation *result)
{
	struct answer *a = opaque;

	a->done = true;
	a->stop = result->stop;
}

/* The tokens over and over: a text that repeats itself. */
static void make_prompt(const struct variant *v, const uint32_t *ids, uint32_t n, uint32_t *prompt)
{
	uint32_t i;

	for (i = 0; i < v->n; i++)
		prompt[i] = ids[i + v->changed < v->n ? i % n : (i + 1) % n];
}

static struct tnpu_sampling sampling(const struct variant *v)
{
	return (struct tnpu_sampling){
		.temperature = v->temperature, .top_k = 40, .top_p = 0.95f, .seed = v->n,
	};
}

static int run_alone(struct tnpu_session *session, struct answer *a, const uint32_t *prompt,
		     struct tnpu_generation *g, struct tnpu_errmsg *err)
{
	const struct variant *v = a->variant;
	const struct tnpu_sampling how = sampling(v);
	int ret;

	tnpu_session_reset(session);
	ret = tnpu_session_generate(session, prompt, v->n, v->answer, &how, true, take, a, g, err);
	a->stop = g->stop;
	return ret;
}

static bool same(const struct answer *a, const struct answer *b)
{
	return a->n == b->n && a->n <= ANSWER && a->stop == b->stop &&
	       !memcmp(a->ids, b->ids, a->n * sizeof(*a->ids));
}

/** struct run - a comparison on its way */
struct run {
	struct tnpu_model *model;
	uint32_t prompt[REQUESTS][LONG];
	struct answer alone[REQUESTS];
	struct together *t;
	struct tnpu_errmsg err;
};

/* Request @i on a session with drafts gets what it gets alone. */
static bool run_drafts(struct run *r, struct tnpu_session *session, uint32_t i,
		       struct tnpu_generation *g)
{
	struct answer with = { .variant = &variants[i] };

	if (run_alone(session, &with, r->prompt[i], g, &r->err))
		return false;
	if (!same(&r->alone[i], &with))
		tnpu_errmsg_set(&r->err, -1, "request %u is another with drafts", i);
	return same(&r->alone[i], &with);
}

/* Without drafts, with those of look-up, and with the model's own, which are all right. */
static bool run_sessions(struct run *r, struct tnpu_session *session[3])
{
	struct tnpu_generation g;
	uint32_t i;

	for (i = 0; i < REQUESTS; i++) {
		r->alone[i].variant = &variants[i];
		if (run_alone(session[0], &r->alone[i], r->prompt[i], &g, &r->err) ||
		    !run_drafts(r, session[1], i, &g))
			return false;
		r->t->tokens += r->alone[i].n;
		r->t->drafted += g.drafted;
		r->t->accepted += g.accepted;
		if (!run_drafts(r, session[2], i, &g))
			return false;
		if (g.accepted != g.drafted) {
			tnpu_errmsg_set(&r->err, -1, "request %u foretells itself wrongly", i);
			return false;
		}
	}
	return true;
}

static bool run_batch(struct run *r, struct tnpu_batch *batch)
{
	struct answer answer[REQUESTS] = { { .variant = NULL } };
	struct tnpu_batch_stats stats;
	int ret = 1;
	uint32_t i;

	for (i = 0; i < REQUESTS; i++) {
		const struct tnpu_request request = {
			.prompt = r->prompt[i], .n_prompt = variants[i].n, .n = variants[i].answer,
			.sampling = sampling(&variants[i]), .ignore_eos = true, .fn = take,
			.done = done, .opaque = &answer[i],
		};

		answer[i].variant = &variants[i];
		if (tnpu_batch_add(batch, &request, &r->err))
			return false;
	}
	while (ret > 0)
		ret = tnpu_batch_run(batch, &r->err);
	for (i = 0; !ret && i < REQUESTS; i++)
		if (!answer[i].done || !same(&r->alone[i], &answer[i]))
			ret = tnpu_errmsg_set(&r->err, -1, "request %u is another in the batch", i);
	tnpu_batch_get_stats(batch, &stats);
	r->t->shared = stats.shared_tokens;
	r->t->passes = stats.passes;
	return !ret;
}

static bool run_all(struct run *r, uint32_t kv_dtype)
{
	uint32_t max = tnpu_model_get_info(r->model)->context;
	const uint32_t context = max < CONTEXT ? max : CONTEXT;
	const struct tnpu_session_options plain = { .context = context, .kv_dtype = kv_dtype };
	const struct tnpu_session_options drafts = {
		.context = context, .kv_dtype = kv_dtype, .chunk = CHUNK, .lookup = DRAFT,
	};
	/* Too few positions for three long ones: the cache is what they wait for. */
	const struct tnpu_batch_options together = {
		.context = context, .kv_dtype = kv_dtype, .chunk = CHUNK, .seqs = SEATS,
		.positions = 2 * context,
	};
	/* The model itself foretells what it will draw. */
	const struct tnpu_session_options itself = {
		.context = context, .kv_dtype = kv_dtype, .chunk = CHUNK, .draft = r->model,
	};
	struct tnpu_session *session[3] = { NULL, NULL, NULL };
	struct tnpu_batch *batch = NULL;
	bool ok;

	ok = !tnpu_session_create(r->model, &plain, &session[0], &r->err) &&
	     !tnpu_session_create(r->model, &drafts, &session[1], &r->err) &&
	     !tnpu_session_create(r->model, &itself, &session[2], &r->err) &&
	     !tnpu_batch_create(r->model, &together, &batch, &r->err) &&
	     run_sessions(r, session) && run_batch(r, batch);
	tnpu_batch_destroy(batch);
	tnpu_session_destroy(session[2]);
	tnpu_session_destroy(session[1]);
	tnpu_session_destroy(session[0]);
	return ok;
}

bool together_check(struct tnpu_model *model, uint32_t kv_dtype, const uint32_t *ids, uint32_t n,
		    struct together *t)
{
	struct run r = { .model = model, .t = t };
	uint32_t i;
	bool ok;

	*t = (struct together){ .requests = REQUESTS };
	for (i = 0; i < REQUESTS; i++)
		make_prompt(&variants[i], ids, n, r.prompt[i]);
	ok = run_all(&r, kv_dtype);
	if (ok && !t->shared) {
		tnpu_errmsg_set(&r.err, -1, "prompts begin alike, and nothing was shared");
		ok = false;
	}
	snprintf(t->why, sizeof(t->why), "%s", r.err.text);
	return ok;
}
