// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent_worker.h"

#define NSEC		1000000000LL

/* From the end of one pulse to the next. */
#define PULSE_NS	50000000LL

/* How often a caller that waits looks at the time. */
#define LOOK_NS		10000000LL

enum job {
	JOB_NONE,
	JOB_OPEN,
	JOB_ASK,
	JOB_PULSE,
	JOB_END,
};

/**
 * struct agent_worker - see agent_worker_start()
 * @job: what the thread does; it sets JOB_NONE when it has done it
 * @rest: JOB_PULSE is to end
 * @pulses: right answers of this JOB_PULSE
 * @ret, @err: how the job ended
 * @alive_ns: last sign of life of the NPU
 * @npu: the thread's own
 * @scene, @prompt, @answer, @figures: of JOB_ASK; the thread's own while it
 *	runs, so that a caller may give up and go
 *
 * @lock guards all but @npu and what belongs to the thread.
 */
struct agent_worker {
	const char *model;
	struct agent_guard *guard;
	int64_t patience_ns;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum job job;
	bool rest;
	unsigned int pulses;
	int ret;
	struct tnpu_errmsg err;
	_Atomic int64_t alive_ns;
	struct agent_npu *npu;
	struct agent_scene scene;
	char prompt[AGENT_PROMPT];
	struct agent_answer answer;
	struct agent_figures figures;
};

static void wait_ns(struct agent_worker *w, int64_t ns)
{
	int64_t until = agent_clock_ns() + ns;
	const struct timespec ts = { until / NSEC, until % NSEC };

	pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &ts);
}

/* ---- The thread ----------------------------------------------------------------- */

static void sign_of_life(void *opaque)
{
	struct agent_worker *w = opaque;

	atomic_store(&w->alive_ns, agent_clock_ns());
}

static int open_npu(struct agent_worker *w, struct tnpu_errmsg *err)
{
	return w->npu ? 0 : agent_npu_open(w->model, &w->npu, err);
}

static int ask_npu(struct agent_worker *w, struct tnpu_errmsg *err)
{
	int ret = open_npu(w, err);

	if (ret)
		return ret;
	sign_of_life(w);
	return agent_npu_ask(w->npu, w->prompt, &w->answer, sign_of_life, w, &w->figures,
			     err);
}

/* One more pulse? Waits until it is due. */
static bool pulse_due(struct agent_worker *w)
{
	int64_t until = agent_clock_ns() + PULSE_NS;
	bool due;

	pthread_mutex_lock(&w->lock);
	w->pulses++;
	pthread_cond_broadcast(&w->changed);
	while (!w->rest && agent_clock_ns() < until)
		wait_ns(w, until - agent_clock_ns());
	due = !w->rest;
	pthread_mutex_unlock(&w->lock);
	return due;
}

static int pulse_npu(struct agent_worker *w, struct tnpu_errmsg *err)
{
	int ret;

	do {
		ret = open_npu(w, err);
		if (!ret)
			ret = agent_npu_pulse(w->npu, err);
		if (ret)
			return ret;
		sign_of_life(w);
		agent_guard_feed(w->guard, agent_clock_ns());
	} while (pulse_due(w));
	return 0;
}

/*
 * Nothing that an NPU has once failed on is kept. A wrong answer of the model
 * is no failure of the NPU, but a wrong pulse is one.
 */
static int run_job(struct agent_worker *w, enum job job, struct tnpu_errmsg *err)
{
	int ret;

	if (job == JOB_OPEN)
		ret = open_npu(w, err);
	else if (job == JOB_ASK)
		ret = ask_npu(w, err);
	else
		ret = pulse_npu(w, err);
	if (!ret || (ret == -EBADMSG && job == JOB_ASK))
		return ret;
	agent_guard_trip(w->guard);
	agent_npu_close(w->npu);
	w->npu = NULL;
	return ret;
}

static void *work(void *arg)
{
	struct agent_worker *w = arg;
	struct tnpu_errmsg err;
	enum job job;
	int ret;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->job == JOB_NONE)
			pthread_cond_wait(&w->changed, &w->lock);
		job = w->job;
		if (job == JOB_END)
			break;
		pthread_mutex_unlock(&w->lock);
		err.text[0] = '\0';
		ret = run_job(w, job, &err);
		pthread_mutex_lock(&w->lock);
		w->ret = ret;
		w->err = err;
		w->job = JOB_NONE;
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	agent_npu_close(w->npu);
	return NULL;
}

/* ---- Its callers ---------------------------------------------------------------- */

static int fail(struct tnpu_errmsg *err, int ret, const char *text)
{
	snprintf(err->text, sizeof(err->text), "%s", text);
	return ret;
}

/* Until the thread is free, or the NPU was silent for too long; @lock is held. */
static int await_free(struct agent_worker *w, struct tnpu_errmsg *err)
{
	while (w->job != JOB_NONE) {
		if (agent_clock_ns() - atomic_load(&w->alive_ns) > w->patience_ns)
			return fail(err, -ETIME, "the NPU does not answer");
		wait_ns(w, LOOK_NS);
	}
	return 0;
}

static void begin(struct agent_worker *w, enum job job)
{
	sign_of_life(w);
	w->rest = false;
	w->pulses = 0;
	w->job = job;
	pthread_cond_broadcast(&w->changed);
}

/* How the job ended that @begin began; @lock is held. */
static int await_end(struct agent_worker *w, struct tnpu_errmsg *err)
{
	int ret = await_free(w, err);

	if (ret) {
		agent_guard_trip(w->guard);
		return ret;
	}
	*err = w->err;
	return w->ret;
}

int agent_worker_open(struct agent_worker *w, struct tnpu_errmsg *err)
{
	int ret;

	pthread_mutex_lock(&w->lock);
	ret = await_free(w, err);
	if (!ret) {
		begin(w, JOB_OPEN);
		ret = await_end(w, err);
	}
	pthread_mutex_unlock(&w->lock);
	return ret;
}

int agent_worker_ask(struct agent_worker *w, const struct agent_scene *scene,
		     const char *prompt, struct agent_answer *answer,
		     struct agent_figures *figures, struct tnpu_errmsg *err)
{
	int ret;

	pthread_mutex_lock(&w->lock);
	ret = await_free(w, err);
	if (!ret) {
		w->scene = *scene;
		snprintf(w->prompt, sizeof(w->prompt), "%s", prompt);
		agent_answer_init(&w->answer, &w->scene);
		begin(w, JOB_ASK);
		ret = await_end(w, err);
	}
	if (ret != -ETIME) {
		*answer = w->answer;
		answer->scene = scene;
		*figures = w->figures;
	}
	pthread_mutex_unlock(&w->lock);
	return ret;
}

int agent_worker_pulse(struct agent_worker *w, struct tnpu_errmsg *err)
{
	int ret;

	pthread_mutex_lock(&w->lock);
	ret = await_free(w, err);
	if (!ret) {
		begin(w, JOB_PULSE);
		while (w->job == JOB_PULSE && !w->pulses && !ret) {
			if (agent_clock_ns() - atomic_load(&w->alive_ns) > w->patience_ns)
				ret = fail(err, -ETIME, "the NPU does not answer");
			else
				wait_ns(w, LOOK_NS);
		}
		if (!ret && w->job == JOB_NONE)
			ret = await_end(w, err);
	}
	pthread_mutex_unlock(&w->lock);
	return ret;
}

int agent_worker_rest(struct agent_worker *w, struct tnpu_errmsg *err)
{
	int ret;

	pthread_mutex_lock(&w->lock);
	w->rest = true;
	pthread_cond_broadcast(&w->changed);
	ret = await_end(w, err);
	pthread_mutex_unlock(&w->lock);
	return ret;
}

int agent_worker_start(const char *model, struct agent_guard *guard,
		       int64_t patience_ns, struct agent_worker **out)
{
	struct agent_worker *w = calloc(1, sizeof(*w));
	int ret;

	if (!w)
		return -ENOMEM;
	w->model = model;
	w->guard = guard;
	w->patience_ns = patience_ns;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	ret = pthread_create(&w->thread, NULL, work, w);
	if (ret) {
		free(w);
		return -ret;
	}
	*out = w;
	return 0;
}

int agent_worker_end(struct agent_worker *w)
{
	struct tnpu_errmsg err;
	int ret;

	if (!w)
		return 0;
	pthread_mutex_lock(&w->lock);
	w->rest = true;
	pthread_cond_broadcast(&w->changed);
	ret = await_free(w, &err);
	if (!ret)
		begin(w, JOB_END);
	pthread_mutex_unlock(&w->lock);
	if (ret)
		return -EBUSY;
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return 0;
}
