// SPDX-License-Identifier: GPL-2.0
/*
 * Resets from outside.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "driver_cases.h"

#define RESET_THREADS	8
#define RESET_ROUNDS	10
#define RESET_CLEAR		(16 * UAPI_HUGE)

static volatile bool reset_over;

/* A client that notices nothing. */
static void *reset_thread(void *arg)
{
	struct uapi_test *t = arg, own = { .info = t->info };
	struct uapi_bench b;

	expect_eq(uapi_dev_open(&own.dev), 0);
	uapi_bench_init(&own, &b);
	while (!reset_over) {
		b.begin = 0;
		b.end = 0;
		uapi_bench_works(&own, &b);
	}
	expect_eq(uapi_dev_munmap(own.dev, b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(own.dev);
	return NULL;
}

/* A function-level reset loses nothing of jobs that end in time. */
UAPI_CASE(reset_function)
{
	pthread_t threads[RESET_THREADS];
	unsigned int i;

	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	reset_over = false;
	for (i = 0; i < RESET_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, reset_thread, t), 0);
	for (i = 0; i < RESET_ROUNDS; i++)
		expect_eq(sysfs_device_write("reset", "1"), 0);
	reset_over = true;
	for (i = 0; i < RESET_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	expect_true(uapi_usage(t).reset_count >= RESET_ROUNDS);
}

/* One that does not end is lost, by no fault of its queue; memory is kept. */
UAPI_CASE(reset_function_job)
{
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b, other;
	__s64 late = UAPI_LATE;

	uapi_bench_init(t, &b);
	uapi_bench_fork(t, &other, &b);
	uapi_cmd_store(&b, uapi_bench_data(&b, 1), 0xabcdef);
	uapi_bench_hold(t, &b);
	while (uapi_bench_load(&b, 1) != 0xabcdef && uapi_deadline(0) < late)
		sched_yield();
	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	expect_eq(sysfs_device_write("reset", "1"), 0);
	uapi_bench_finish(t, &b);
	state = uapi_state(t, b.queue);
	expect_eq(state.reason, DRM_TNPU_REASON_RESET);
	expect_eq(state.state, DRM_TNPU_QUEUE_STATE_INNOCENT);
	expect_eq(state.error, -ECANCELED);
	expect_eq(uapi_bench_load(&b, 1), 0xabcdef);
	uapi_bench_works(t, &other);
}

static void *reset_calls_thread(void *arg)
{
	struct uapi_test own = { 0 };

	expect_eq(uapi_dev_open(&own.dev), 0);
	while (!reset_over)
		recover_call(&own);
	uapi_dev_close(own.dev);
	return NULL;
}

/* Calls that need an answer from the firmware wait for one that there will be. */
UAPI_CASE(reset_function_calls)
{
	pthread_t threads[RESET_THREADS];
	unsigned int i;

	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	reset_over = false;
	for (i = 0; i < RESET_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, reset_calls_thread, NULL), 0);
	for (i = 0; i < RESET_ROUNDS; i++)
		expect_eq(sysfs_device_write("reset", "1"), 0);
	reset_over = true;
	for (i = 0; i < RESET_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	expect_eq(sysfs_device_write("reset_method", "default"), 0);
}

static void *reset_clear_thread(void *arg)
{
	struct uapi_test own = { 0 };

	expect_eq(uapi_dev_open(&own.dev), 0);
	clear_expect(&own, RESET_CLEAR);
	uapi_dev_close(own.dev);
	return NULL;
}

/* A BO whose job is lost to the reset, like the one that keeps it waiting, is zero all the same. */
UAPI_CASE(reset_function_clear)
{
	struct uapi_bench busy;
	pthread_t thread;
	__u64 used;

	sched_occupy(t, &busy);
	clear_dirty(t);
	used = uapi_usage(t).mem_used;
	expect_eq(pthread_create(&thread, NULL, reset_clear_thread, NULL), 0);
	while (uapi_usage(t).mem_used < used + RESET_CLEAR)
		sched_yield();
	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	expect_eq(sysfs_device_write("reset", "1"), 0);
	expect_eq(uapi_state(t, busy.queue).reason, DRM_TNPU_REASON_RESET);
	expect_eq(pthread_join(thread, NULL), 0);
	expect_eq(sysfs_device_write("reset_method", "default"), 0);
}

/* A reset of the bus takes the memory, and so every queue; what comes later works. */
UAPI_CASE(reset_bus)
{
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b;
	int ret;

	uapi_bench_init(t, &b);
	uapi_bench_works(t, &b);
	expect_eq(sysfs_device_write("reset_method", "bus"), 0);
	ret = sysfs_device_write("reset", "1");
	/* The reset is done, and then not believed in, above a port whose link seems down. */
	expect_true(!ret || ret == -ENOTTY);
	expect_eq(sysfs_device_write("reset_method", "default"), 0);
	state = uapi_state(t, b.queue);
	expect_eq(state.reason, DRM_TNPU_REASON_RESET);
	expect_eq(state.state, DRM_TNPU_QUEUE_STATE_INNOCENT);
	expect_eq(state.error, -ECANCELED);
	expect_eq(uapi_submit(t, b.queue, &job), -ECANCELED);
	b.queue = uapi_queue_create(t, b.vm);
	uapi_bench_works(t, &b);
	/* The driver's own queue was lost too, and memory holds anything. */
	clear_expect(t, 16 * UAPI_HUGE);
	clear_expect(t, 16 * UAPI_HUGE);
}
