/* SPDX-License-Identifier: MIT */
/*
 * One instruction from its text to an arm that has carried it out.
 */
#ifndef AGENT_TASK_H
#define AGENT_TASK_H

#include "agent_worker.h"
#include "arm/drive.h"

/**
 * struct agent - what all instructions share
 * @worker: the NPU
 * @guard: lets the arm move
 * @link: to the arm, or NULL: then programs are planned, and nothing moves
 * @scene: as the model is told of it
 * @world: as it is
 * @patience_ns: how long a lost NPU is waited for before an instruction is refused
 */
struct agent {
	struct agent_worker *worker;
	struct agent_guard *guard;
	struct arm_link *link;
	struct agent_scene scene;
	struct world world;
	int64_t patience_ns;
};

enum agent_outcome {
	AGENT_DONE,	/* carried out */
	AGENT_PLANNED,	/* it could be carried out, but there is no arm */
	AGENT_ASKED,	/* the model asks back */
	AGENT_DECLINED,	/* the model refuses */
	AGENT_REJECTED,	/* no program, or one that cannot be carried out */
	AGENT_STOPPED,	/* the arm was stopped on the way */
	AGENT_FAILED,	/* the NPU gave no answer; nothing has moved */
	AGENT_OUTCOMES
};

/**
 * struct agent_times - when what was over, CLOCK_MONOTONIC; 0: never
 * @start: the instruction was there
 * @prompt: its prompt was written
 * @answered: the model had ended its answer
 * @planned: all motions were found to be possible
 * @moving: the first setpoint was due
 * @end: all was over
 */
struct agent_times {
	int64_t start;
	int64_t prompt;
	int64_t answered;
	int64_t planned;
	int64_t moving;
	int64_t end;
};

/**
 * struct agent_record - what became of one instruction
 * @instruction: borrowed from the caller
 * @scene: when it came
 * @outcome, @why: and the reason in one sentence, or empty
 * @tries: how often the NPU was asked
 * @npu: the NPU's last error, or empty
 * @answer: of the model
 * @figures: of that
 * @plan: empty where nothing was to move
 * @done_ns: when each motion of @plan was over; 0: it was not
 * @times: of the stages
 */
struct agent_record {
	const char *instruction;
	struct agent_scene scene;
	enum agent_outcome outcome;
	char why[AGENT_WHY];
	int tries;
	struct tnpu_errmsg npu;
	struct agent_answer answer;
	struct agent_figures figures;
	struct plan plan;
	int64_t done_ns[PLAN_MOVES];
	struct agent_times times;
};

/**
 * agent_task_think() - everything short of moving
 * @agent: its world is not changed
 * @instruction: one line of text; hostile
 * @record: filled in; AGENT_PLANNED where something is to move
 */
void agent_task_think(struct agent *agent, const char *instruction,
		      struct agent_record *record);

/**
 * agent_task_run() - carry an instruction out
 * @agent: its world and scene are what they are afterwards
 * @instruction: one line of text; hostile
 * @record: filled in
 */
void agent_task_run(struct agent *agent, const char *instruction,
		    struct agent_record *record);

/** agent_outcome_name() - "done", "asked", ... */
const char *agent_outcome_name(enum agent_outcome outcome);

#endif
