// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent_task.h"

/* Between two tries to reach an NPU that is lost: at first, and at most. */
#define RETRY_NS	10000000LL
#define RETRY_MAX_NS	320000000LL

const char *agent_outcome_name(enum agent_outcome outcome)
{
	static const char * const names[AGENT_OUTCOMES] = {
		[AGENT_DONE] = "done", [AGENT_PLANNED] = "planned",
		[AGENT_ASKED] = "asked", [AGENT_DECLINED] = "declined",
		[AGENT_REJECTED] = "rejected", [AGENT_STOPPED] = "stopped",
		[AGENT_FAILED] = "failed",
	};

	return names[outcome];
}

static void conclude(struct agent_record *r, enum agent_outcome outcome, const char *why)
{
	r->outcome = outcome;
	snprintf(r->why, sizeof(r->why), "%s", why);
}

/* ---- Asking --------------------------------------------------------------------- */

static void pause_ns(int64_t ns)
{
	const struct timespec ts = { 0, ns };

	nanosleep(&ts, NULL);
}

/*
 * An NPU that fails is asked anew from the start, for as long as there is
 * patience: nothing of an answer that broke off is used.
 */
static int ask(struct agent *agent, const char *prompt, struct agent_record *r)
{
	int64_t give_up = agent_clock_ns() + agent->patience_ns;
	int64_t wait = RETRY_NS;
	struct tnpu_errmsg err;
	int ret;

	for (;; wait = wait < RETRY_MAX_NS ? 2 * wait : wait) {
		r->tries++;
		agent_answer_init(&r->answer, &r->scene);
		ret = agent_worker_ask(agent->worker, &r->scene, prompt, &r->answer,
				       &r->figures, &err);
		if (!ret || ret == -EBADMSG)
			return ret;
		r->npu = err;
		if (agent_clock_ns() + wait > give_up)
			return ret;
		pause_ns(wait);
	}
}

/* Return: 0 with a program in r->answer, or -1 with an outcome. */
static int answer(struct agent *agent, struct agent_record *r)
{
	char prompt[AGENT_PROMPT];
	int ret;

	if (agent_prompt_print(&r->scene, r->instruction, prompt, sizeof(prompt)) < 0) {
		conclude(r, AGENT_REJECTED,
			 "an instruction is one line of text, of at most 511 bytes");
		return -1;
	}
	r->times.prompt = agent_clock_ns();
	ret = ask(agent, prompt, r);
	if (ret == -EBADMSG)
		conclude(r, AGENT_REJECTED, r->answer.why);
	else if (ret)
		conclude(r, AGENT_FAILED, r->npu.text);
	else
		r->times.answered = agent_clock_ns();
	return ret ? -1 : 0;
}

/* ---- Thinking ------------------------------------------------------------------- */

static void reply(struct agent_record *r, const struct agent_action *action)
{
	static const char * const questions[AGENT_ABOUTS] = {
		[AGENT_WHICH] = "which one is meant?",
		[AGENT_WHAT] = "what is meant?",
		[AGENT_WHERE] = "where to?",
	};
	static const char * const reasons[AGENT_WHYS] = {
		[AGENT_MISSING] = "there is no such thing here",
		[AGENT_UNSAFE] = "that is not safe",
		[AGENT_SENSELESS] = "that is nothing an arm can do",
	};

	if (action->verb == AGENT_ASK)
		conclude(r, AGENT_ASKED, questions[action->about]);
	else
		conclude(r, AGENT_DECLINED, reasons[action->why]);
}

void agent_task_think(struct agent *agent, const char *instruction,
		      struct agent_record *r)
{
	const struct agent_action *first = &r->answer.program.action[0];

	memset(r, 0, sizeof(*r));
	r->instruction = instruction;
	r->scene = agent->scene;
	r->times.start = agent_clock_ns();
	if (answer(agent, r))
		return;
	if (first->verb == AGENT_ASK || first->verb == AGENT_REFUSE) {
		reply(r, first);
		return;
	}
	conclude(r, AGENT_PLANNED, "");
	if (plan_make(&r->answer.program, &r->scene, &agent->world, &r->plan, r->why,
		      sizeof(r->why))) {
		r->plan.count = 0;
		r->outcome = AGENT_REJECTED;
		return;
	}
	r->times.planned = agent_clock_ns();
}

/* ---- Moving --------------------------------------------------------------------- */

struct moving {
	struct agent *agent;
	struct agent_record *record;
};

static bool may_move(void *opaque)
{
	struct moving *m = opaque;
	int64_t now = agent_clock_ns();

	if (!m->record->times.moving)
		m->record->times.moving = now;
	return agent_guard_open(m->agent->guard, now);
}

static void motion_done(void *opaque, int step)
{
	struct moving *m = opaque;

	m->record->done_ns[step] = agent_clock_ns();
}

/* False: the NPU failed before anything moved. */
static bool move(struct agent *agent, struct agent_record *r)
{
	struct moving m = { agent, r };
	const struct drive_gate gate = { may_move, motion_done, &m };
	struct tnpu_errmsg err = { "" };
	char why[AGENT_WHY] = "";
	enum drive_end end;

	if (agent_worker_pulse(agent->worker, &r->npu)) {
		conclude(r, AGENT_FAILED, r->npu.text);
		return false;
	}
	end = drive_run(agent->link, &r->plan, &gate, &agent->world, why, sizeof(why));
	if (agent_worker_rest(agent->worker, &err))
		r->npu = err;
	if (end == DRIVE_DONE)
		conclude(r, AGENT_DONE, "");
	else
		conclude(r, AGENT_STOPPED, why);
	world_scene(&agent->world, &agent->scene);
	return true;
}

/* Plans are made for an arm that is where it is. */
static int look_at_arm(struct agent *agent, struct agent_record *r)
{
	struct arm_status status;

	if (arm_link_status(agent->link, &status)) {
		memset(r, 0, sizeof(*r));
		r->scene = agent->scene;
		conclude(r, AGENT_STOPPED, arm_link_error(agent->link));
		return -1;
	}
	agent->world.at = status.at;
	world_follow(&agent->world);
	return 0;
}

/* An answer of an NPU that then failed is stale: it is asked for anew. */
static void think_and_move(struct agent *agent, const char *instruction,
			   struct agent_record *r)
{
	int64_t give_up = agent_clock_ns() + agent->patience_ns;
	int tries = 0;

	do {
		agent_task_think(agent, instruction, r);
		tries += r->tries;
		r->tries = tries;
	} while (r->outcome == AGENT_PLANNED && !move(agent, r) &&
		 agent_clock_ns() < give_up);
}

void agent_task_run(struct agent *agent, const char *instruction,
		    struct agent_record *r)
{
	if (!agent->link) {
		agent_task_think(agent, instruction, r);
		if (r->outcome == AGENT_PLANNED) {
			agent->world = *plan_world_after(&r->plan, AGENT_ACTIONS);
			world_scene(&agent->world, &agent->scene);
		}
	} else if (!look_at_arm(agent, r)) {
		think_and_move(agent, instruction, r);
	}
	r->instruction = instruction;
	r->times.end = agent_clock_ns();
}
