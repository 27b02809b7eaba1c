// SPDX-License-Identifier: GPL-2.0
/*
 * Timeouts of queues that others keep from the engines.
 */
#include <string.h>
#include <time.h>

#include "driver_cases.h"

#define SCHED_TIMEOUT_MS	200
#define SCHED_FLOOD_MS		2000
#define SCHED_IN_FLIGHT		4
#define SCHED_COMMANDS		32
#define SCHED_FILL		(4ull << 20)
#define SCHED_STREAM		150
#define SCHED_LONG_COMMANDS	512
#define SCHED_LONG_JOBS		256	/* half a tebibyte of fills: nobody waits for their end */

/* A queue of low priority and short timeout on the bench's VM. */
static void sched_fork_low(struct uapi_test *t, struct uapi_bench *low,
			   const struct uapi_bench *from)
{
	struct drm_tnpu_queue_create args = {
		.vm_id = from->vm,
		.priority = DRM_TNPU_QUEUE_PRIORITY_LOW,
		.timeout_ms = SCHED_TIMEOUT_MS,
	};

	uapi_bench_fork(t, low, from);
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
	low->queue = args.id;
}

/* A job that keeps the engines busy, for some milliseconds with SCHED_COMMANDS. */
static struct drm_tnpu_job sched_heavy_job(struct uapi_test *t, struct uapi_bench *b,
					   unsigned int commands)
{
	struct tnpu_cmd_fill fill = {
		.hdr = { TNPU_OP_FILL, 0, sizeof(fill) },
		.dst = b->va + 1024 * UAPI_HUGE,
		.size = SCHED_FILL,
	};
	__u32 bo = uapi_bo_create(t, SCHED_FILL, DRM_TNPU_BO_LOCAL);
	unsigned int i;

	uapi_bind(t, b->vm, bo, 0, fill.dst, SCHED_FILL);
	for (i = 0; i < commands; i++)
		uapi_bench_add(b, &fill, sizeof(fill));
	return uapi_bench_job(b);
}

void sched_occupy(struct uapi_test *t, struct uapi_bench *b)
{
	struct drm_tnpu_queue_create args = { .priority = DRM_TNPU_QUEUE_PRIORITY_HIGH };
	struct drm_tnpu_job job;
	unsigned int i;

	uapi_bench_init(t, b);
	args.vm_id = b->vm;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
	b->queue = args.id;
	job = sched_heavy_job(t, b, SCHED_LONG_COMMANDS);
	for (i = 0; i < SCHED_LONG_JOBS; i++)
		expect_eq(uapi_submit(t, b->queue, &job), 0);
	uapi_cmd_nop(b);
	uapi_bench_submit(t, b);
}

/* Keeps several such jobs in the ring; when it is busy, @low submits its own. */
static void sched_flood(struct uapi_test *t, struct uapi_bench *b, struct drm_tnpu_job job,
			struct uapi_bench *low)
{
	struct drm_tnpu_sync sync[SCHED_IN_FLIGHT];
	__s64 end = uapi_deadline(SCHED_FLOOD_MS);
	unsigned int i;

	for (i = 0; i < SCHED_IN_FLIGHT; i++)
		sync[i] = uapi_signal_of(uapi_syncobj_create(t));
	for (i = 0; i < SCHED_IN_FLIGHT || uapi_deadline(0) < end; i++) {
		struct drm_tnpu_sync *s = &sync[i % SCHED_IN_FLIGHT];

		if (i >= SCHED_IN_FLIGHT)
			expect_eq(uapi_wait(t, s->handle, UAPI_LATE), 0);
		job.syncs = uapi_array_of(s, sizeof(*s), 1);
		expect_eq(uapi_submit(t, b->queue, &job), 0);
		if (i == SCHED_IN_FLIGHT)
			uapi_bench_submit(t, low);
	}
}

/* Higher bands take all that the engines give, for longer than the timeout. */
UAPI_CASE(sched_starved_is_no_timeout)
{
	struct uapi_bench b, low;
	struct drm_tnpu_job job;

	uapi_bench_init(t, &b);
	sched_fork_low(t, &low, &b);
	job = sched_heavy_job(t, &b, SCHED_COMMANDS);
	uapi_cmd_nop(&low);
	sched_flood(t, &b, job, &low);
	uapi_bench_finish(t, &low);
	expect_eq(uapi_state(t, low.queue).state, DRM_TNPU_QUEUE_STATE_OK);
	uapi_bench_works(t, &low);
}

/* A higher band that has a job, but waits: it is in nobody's way, and no excuse. */
UAPI_CASE(sched_hang_below_waiter)
{
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b, low;

	uapi_bench_init(t, &b);
	sched_fork_low(t, &low, &b);
	uapi_bench_hold(t, &b);
	uapi_cmd_wait(&low, uapi_bench_data(&low, 0), 1, 10000000);
	uapi_bench_submit(t, &low);
	uapi_bench_finish(t, &low);
	state = uapi_state(t, low.queue);
	expect_eq(state.state, DRM_TNPU_QUEUE_STATE_GUILTY);
	expect_eq(state.reason, DRM_TNPU_REASON_TIMEOUT);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	uapi_bench_works(t, &b);
}

/* A job that hangs ends in time, however often others are put behind it. */
UAPI_CASE(sched_hang_before_stream)
{
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	unsigned int jobs = 0;
	struct uapi_bench b;
	int ret = 0;

	uapi_bench_init(t, &b);
	b.queue = uapi_queue_create_timeout(t, b.vm, SCHED_TIMEOUT_MS);
	uapi_bench_hold(t, &b);
	/* As many as the ring takes would take twenty times as long. */
	for (jobs = 0; jobs < SCHED_STREAM && !ret; jobs++) {
		ret = uapi_submit(t, b.queue, &job);
		uapi_pause(SCHED_TIMEOUT_MS / 10);
	}
	expect_eq(ret, -ECANCELED);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_state(t, b.queue).reason, DRM_TNPU_REASON_TIMEOUT);
}
