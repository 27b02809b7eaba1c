/* SPDX-License-Identifier: MIT */
/*
 * What happened, as JSON: one document, written anew after each instruction,
 * so that it is whole at any time. README.md describes it.
 */
#ifndef AGENT_LOG_H
#define AGENT_LOG_H

#include "agent_task.h"

struct agent_log;

/**
 * struct agent_bounds - of a stop, milliseconds
 * @npu_ms: since the NPU's last right answer
 * @watchdog_ms: since the last heartbeat; 0: not known
 * @stop_ms: that the arm takes to come to rest; 0: not known
 */
struct agent_bounds {
	unsigned int npu_ms;
	unsigned int watchdog_ms;
	unsigned int stop_ms;
};

/**
 * agent_log_open() - begin a log
 * @path: file; made by the first agent_log_add()
 * @bounds: told in it
 * @log: receives the handle
 *
 * Return: 0, or -ENOMEM.
 */
int agent_log_open(const char *path, const struct agent_bounds *bounds,
		   struct agent_log **log);

/**
 * agent_log_add() - add what became of an instruction, and write the file
 * @log: handle
 * @record: of agent_task_run()
 * @after: the scene afterwards
 *
 * Return: 0, or a negative errno.
 */
int agent_log_add(struct agent_log *log, const struct agent_record *record,
		  const struct agent_scene *after);

/** agent_log_close() - free; NULL is allowed */
void agent_log_close(struct agent_log *log);

#endif
