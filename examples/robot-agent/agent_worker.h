/* SPDX-License-Identifier: MIT */
/*
 * The thread that talks to the NPU, so that the one that talks to the arm never
 * waits for it longer than it wants to. One caller at a time.
 *
 * What the NPU says after its time is up is thrown away: an answer is handed
 * over only to the call that asked for it.
 */
#ifndef AGENT_WORKER_H
#define AGENT_WORKER_H

#include "agent_guard.h"
#include "agent_npu.h"
#include "lang/prompt.h"

struct agent_worker;

/**
 * agent_worker_start() - start the thread; the NPU is opened by the first question
 * @model: GGUF file
 * @guard: fed by right answers, tripped by errors; outlives the worker
 * @patience_ns: how long the NPU may give no sign of life while it is asked
 * @worker: receives the handle
 *
 * Return: 0, or a negative errno.
 */
int agent_worker_start(const char *model, struct agent_guard *guard,
		       int64_t patience_ns, struct agent_worker **worker);

/**
 * agent_worker_open() - open the NPU, and load the model, unless it is open
 * Return: 0; -ETIME: it does not answer; else as agent_npu_open().
 */
int agent_worker_open(struct agent_worker *worker, struct tnpu_errmsg *err);

/**
 * agent_worker_ask() - ask the model
 * @worker: handle
 * @scene: that the question is about
 * @prompt: see agent_prompt_print()
 * @answer: receives the answer
 * @figures: receives its figures
 * @err: receives the message on failure
 *
 * After any failure but -EBADMSG the NPU is closed, and opened anew by the
 * next call.
 *
 * Return: 0; -EBADMSG: what the model said is no program; -ETIME: the NPU does
 * not answer; else as agent_npu_ask().
 */
int agent_worker_ask(struct agent_worker *worker, const struct agent_scene *scene,
		     const char *prompt, struct agent_answer *answer,
		     struct agent_figures *figures, struct tnpu_errmsg *err);

/**
 * agent_worker_pulse() - have the NPU show again and again that it works
 *
 * Returns when it has done so once, from when on the guard is fed, until
 * agent_worker_rest().
 *
 * Return: 0, or as agent_worker_ask().
 */
int agent_worker_pulse(struct agent_worker *worker, struct tnpu_errmsg *err);

/**
 * agent_worker_rest() - end agent_worker_pulse()
 * @err: receives why the NPU failed meanwhile
 *
 * Return: 0: it worked all the time, or as agent_worker_ask().
 */
int agent_worker_rest(struct agent_worker *worker, struct tnpu_errmsg *err);

/**
 * agent_worker_end() - end the thread, close the NPU
 *
 * Return: 0; -EBUSY when it still waits for the NPU: then the worker must be
 * left alone, and the process can only exit.
 */
int agent_worker_end(struct agent_worker *worker);

#endif
