// SPDX-License-Identifier: MIT
/*
 * A tokenizer that is built beside something else. An emulated processor takes half a
 * second to sort a vocabulary of 150,000 tokens, while the weights need the device only.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "tokenizer.h"

struct tnpu_tokenizer_task {
	const struct tnpu_gguf *gguf;
	struct tnpu_tokenizer *tokenizer;
	struct tnpu_errmsg err;
	pthread_t thread;
	bool threaded;
	int ret;
};

static void *task_run(void *arg)
{
	struct tnpu_tokenizer_task *task = arg;

	task->ret = tnpu_tokenizer_create(task->gguf, &task->tokenizer, &task->err);
	return NULL;
}

/* Signals stay with the threads of the application. */
static bool task_start(struct tnpu_tokenizer_task *task)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&task->thread, NULL, task_run, task);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return !ret;
}

struct tnpu_tokenizer_task *tnpu_tokenizer_start(const struct tnpu_gguf *gguf)
{
	struct tnpu_tokenizer_task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	task->gguf = gguf;
	task->threaded = task_start(task);
	if (!task->threaded)
		task_run(task);
	return task;
}

int tnpu_tokenizer_finish(struct tnpu_tokenizer_task *task, struct tnpu_tokenizer **tokenizer,
			  struct tnpu_errmsg *err)
{
	int ret;

	if (task->threaded)
		pthread_join(task->thread, NULL);
	ret = task->ret;
	if (ret && err)
		*err = task->err;
	*tokenizer = task->tokenizer;
	free(task);
	return ret;
}
