/* SPDX-License-Identifier: MIT */
/*
 * How long it takes from an instruction to its actions.
 */
#ifndef AGENT_BENCH_H
#define AGENT_BENCH_H

#include "agent_task.h"

/**
 * struct agent_order - an instruction for a bench, and its scene
 */
struct agent_order {
	struct agent_scene scene;
	char *instruction;
};

/**
 * agent_bench_run() - think about instructions, without moving, and print figures
 * @agent: its scene and world are changed
 * @order: instructions
 * @count: how many; they are gone through again and again
 * @runs: how many are to be measured
 * @path: of a JSON file for the figures, or NULL
 *
 * Return: 0, or -1 when the NPU failed or @path cannot be written.
 */
int agent_bench_run(struct agent *agent, const struct agent_order *order,
		    int count, int runs, const char *path);

#endif
