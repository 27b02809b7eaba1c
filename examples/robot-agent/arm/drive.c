// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "drive.h"
#include "realtime.h"

#define NSEC		1000000000L

/* The arm may be this far from where a plan begins: rounding of registers. */
#define START_ANGLE	1e-5
#define START_GRIP	1e-4

/* Setpoints' periods that the arm may take to come to rest. */
#define REST_PERIODS	100

/**
 * struct drive - a plan on its way
 * @step: index of the motion
 * @status: the arm's last answer
 * @next: when the next setpoint is due
 */
struct drive {
	struct arm_link *link;
	const struct plan *plan;
	const struct drive_gate *gate;
	int step;
	struct arm_status status;
	struct timespec next;
	char *why;
	size_t size;
};

static enum drive_end failed(struct drive *d, const char *what)
{
	snprintf(d->why, d->size, "%s", what);
	return DRIVE_FAILED;
}

/* One that comes late makes all after it late: the arm is never hurried. */
static void await_period(struct drive *d)
{
	struct timespec now;

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &d->next, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	d->next.tv_nsec += ARM_PERIOD_MS * 1000000L;
	if (d->next.tv_nsec >= NSEC) {
		d->next.tv_nsec -= NSEC;
		d->next.tv_sec++;
	}
	if (d->next.tv_sec < now.tv_sec ||
	    (d->next.tv_sec == now.tv_sec && d->next.tv_nsec < now.tv_nsec))
		d->next = now;
}

static enum drive_end shut(struct drive *d)
{
	snprintf(d->why, d->size, "the NPU does not answer: the arm has been stopped");
	return DRIVE_SHUT;
}

/* After each answer of the arm. */
static enum drive_end look(struct drive *d)
{
	static const char * const reasons[] = {
		[ARM_REASON_NONE] = "without a reason",
		[ARM_REASON_WATCHDOG] = "no heartbeat came in time",
		[ARM_REASON_COMMAND] = "someone else told it to",
		[ARM_REASON_LOST] = "the connection was lost",
		[ARM_REASON_RANGE] = "a setpoint was out of range",
		[ARM_REASON_SEQUENCE] = "a setpoint was out of sequence",
	};
	unsigned int reason = d->status.reason;

	if (d->status.state == ARM_STATE_ACTIVE)
		return DRIVE_DONE;
	snprintf(d->why, d->size, "the arm stopped: %s",
		 reason <= ARM_REASON_SEQUENCE ? reasons[reason] : "for an unknown reason");
	return DRIVE_FAILED;
}

/* A call failed: because the arm has stopped, or because it cannot be reached? */
static enum drive_end no_answer(struct drive *d)
{
	char error[128];

	snprintf(error, sizeof(error), "%s", arm_link_error(d->link));
	if (!arm_link_status(d->link, &d->status) && look(d) != DRIVE_DONE)
		return DRIVE_FAILED;
	return failed(d, error);
}

static enum drive_end send(struct drive *d, const struct arm_setpoint *at)
{
	await_period(d);
	if (!d->gate->open(d->gate->opaque))
		return shut(d);
	if (arm_link_send(d->link, at, &d->status))
		return no_answer(d);
	return look(d);
}

static enum drive_end beat(struct drive *d)
{
	await_period(d);
	if (!d->gate->open(d->gate->opaque))
		return shut(d);
	if (arm_link_beat(d->link, &d->status))
		return no_answer(d);
	return look(d);
}

/* The servos follow a little behind the setpoints. */
static enum drive_end await_rest(struct drive *d)
{
	enum drive_end end = DRIVE_DONE;
	int i;

	for (i = 0; i < REST_PERIODS; i++) {
		end = beat(d);
		if (end != DRIVE_DONE || !d->status.moving)
			return end;
	}
	return failed(d, "the arm does not come to rest");
}

static enum drive_end run_step(struct drive *d)
{
	const struct arm_move *move = &d->plan->step[d->step].move;
	enum drive_end end = DRIVE_DONE;
	struct arm_setpoint at;
	int i;

	for (i = 1; end == DRIVE_DONE && i <= move->samples; i++) {
		if (arm_move_at(move, i, &at))
			return failed(d, "a point of the plan is out of reach");
		end = move->kind == ARM_HOLD ? beat(d) : send(d, &at);
	}
	if (end == DRIVE_DONE)
		end = await_rest(d);
	if (end == DRIVE_DONE && d->gate->done)
		d->gate->done(d->gate->opaque, d->step);
	return end;
}

/* The plan was made for an arm that is where it says. */
static bool at_start(struct drive *d)
{
	const struct arm_setpoint *want = &d->plan->before.at, *is = &d->status.at;
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		if (fabs(want->joints.q[i] - is->joints.q[i]) > START_ANGLE)
			return false;
	return fabs(want->grip - is->grip) <= START_GRIP;
}

static enum drive_end start(struct drive *d)
{
	if (!d->gate->open(d->gate->opaque))
		return shut(d);
	if (arm_link_start(d->link, &d->status))
		return failed(d, arm_link_error(d->link));
	if (!at_start(d))
		return failed(d, "the arm is not where the plan begins");
	return look(d);
}

static void halt(struct drive *d)
{
	const struct timespec period = { 0, ARM_PERIOD_MS * 1000000L };
	int i;

	if (arm_link_stop(d->link, &d->status))
		return;
	for (i = 0; i < REST_PERIODS && d->status.moving; i++) {
		nanosleep(&period, NULL);
		if (arm_link_status(d->link, &d->status))
			return;
	}
}

/*
 * Where everything is when a motion was not finished. While the gripper opens
 * or closes, what is in it stands on something: it is taken for let go.
 */
static void world_amid(struct drive *d, struct world *world)
{
	const struct plan_step *step = &d->plan->step[d->step];
	const struct world *before = d->step ? &step[-1].after : &d->plan->before;

	*world = step->move.kind == ARM_GRIP && step->after.held < 0 ? step->after : *before;
	world->at = d->status.at;
	world_follow(world);
}

/* The arm has not moved, or has done all: @world is what it was set to. */
static enum drive_end run_all(struct drive *d, struct world *world)
{
	enum drive_end end = start(d);

	for (d->step = 0; end == DRIVE_DONE && d->step < d->plan->count; d->step++) {
		end = run_step(d);
		if (end != DRIVE_DONE) {
			halt(d);
			world_amid(d, world);
			return end;
		}
		*world = d->plan->step[d->step].after;
	}
	if (end == DRIVE_DONE && arm_link_finish(d->link, &d->status))
		end = failed(d, arm_link_error(d->link));
	if (end != DRIVE_DONE)
		halt(d);
	return end;
}

enum drive_end drive_run(struct arm_link *link, const struct plan *plan,
			 const struct drive_gate *gate, struct world *world,
			 char *why, size_t size)
{
	struct drive d = { .link = link, .plan = plan, .gate = gate, .why = why, .size = size };
	struct arm_realtime was;
	enum drive_end end;

	*world = plan->before;
	if (!plan->count)
		return DRIVE_DONE;
	arm_realtime_begin(&was);
	clock_gettime(CLOCK_MONOTONIC, &d.next);
	end = run_all(&d, world);
	arm_realtime_end(&was);
	return end;
}
