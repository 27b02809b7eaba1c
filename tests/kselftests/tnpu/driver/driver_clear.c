// SPDX-License-Identifier: GPL-2.0
/*
 * A new BO in device memory is zero, whatever was there before and whoever clears it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver_cases.h"

#define CLEAR_SIZE	(16 * UAPI_HUGE + 3 * UAPI_PAGE)
#define CLEAR_THREADS	4
#define CLEAR_ROUNDS	8
#define CLEAR_MEM_MAX	(256ull << 20)

static volatile bool clear_over;

void clear_expect(struct uapi_test *t, __u64 size)
{
	__u32 handle = uapi_bo_create(t, size, DRM_TNPU_BO_LOCAL);
	char *p = uapi_bo_map(t, handle, size);

	/* Zero at the start, and each byte equal to the one before. */
	expect_true(!p[0] && !memcmp(p, p + 1, size - 1));
	memset(p, 0xff, size);
	expect_eq(uapi_dev_munmap(t->dev, p, size), 0);
	uapi_bo_close(t, handle);
}

void clear_dirty(struct uapi_test *t)
{
	struct drm_tnpu_bo_create args = { .size = UAPI_HUGE / 2, .flags = DRM_TNPU_BO_LOCAL };
	__u32 handle[CLEAR_MEM_MAX / (UAPI_HUGE / 2)];
	unsigned int count;
	void *p;

	for (count = 0; count < UAPI_ARRAY_SIZE(handle); count++) {
		if (uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_BO_CREATE, &args))
			break;
		handle[count] = args.handle;
		p = uapi_bo_map(t, args.handle, args.size);
		memset(p, 0xff, args.size);
		expect_eq(uapi_dev_munmap(t->dev, p, args.size), 0);
	}
	while (count)
		uapi_bo_close(t, handle[--count]);
}

UAPI_CASE(clear_reused)
{
	unsigned int i;

	for (i = 0; i < CLEAR_ROUNDS; i++)
		clear_expect(t, CLEAR_SIZE >> (i % 4) & -UAPI_PAGE);
}

/*
 * In many pieces: every second BO is freed, and a large one takes their places. To use all of a
 * large memory takes too long.
 */
UAPI_CASE(clear_pieces)
{
	__u64 piece = UAPI_HUGE / 2, count = t->info.mem_size / piece, i;
	struct drm_tnpu_bo_create args = { .size = piece, .flags = DRM_TNPU_BO_LOCAL };
	__u32 *handle;

	if (t->info.mem_size > CLEAR_MEM_MAX)
		return;
	handle = calloc(count, sizeof(*handle));
	expect_true(handle);
	for (i = 0; i < count && !uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_BO_CREATE, &args); i++)
		handle[i] = args.handle;
	expect_true(i > 64);
	count = i;
	for (i = 0; i < count; i += 2)
		uapi_bo_close(t, handle[i]);
	clear_expect(t, 32 * piece);
	clear_expect(t, 32 * piece);
	free(handle);
}

static void *clear_thread(void *arg)
{
	struct uapi_test *t = arg, own = { .info = t->info };
	unsigned int i;

	expect_eq(uapi_dev_open(&own.dev), 0);
	for (i = 0; i < CLEAR_ROUNDS; i++)
		clear_expect(&own, CLEAR_SIZE / 2 & -UAPI_PAGE);
	uapi_dev_close(own.dev);
	return NULL;
}

/* Several clients, beside a job that holds its queue. */
UAPI_CASE(clear_threads)
{
	pthread_t threads[CLEAR_THREADS];
	struct uapi_bench b;
	unsigned int i;

	uapi_bench_init(t, &b);
	uapi_bench_hold(t, &b);
	for (i = 0; i < CLEAR_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, clear_thread, t), 0);
	for (i = 0; i < CLEAR_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
}

/* ---- Interrupted ----------------------------------------------------------------------- */

/* Until so much device memory is allocated. */
static void clear_await_used(struct uapi_test *t, __u64 used)
{
	__s64 late = UAPI_LATE;

	while (uapi_usage(t).mem_used != used && uapi_deadline(0) < late)
		uapi_pause(100);
	expect_eq(uapi_usage(t).mem_used, used);
}

/* A process that makes a BO, and has the memory for it when this returns. */
static pid_t clear_fork(struct uapi_test *t)
{
	__u64 used = uapi_usage(t).mem_used;
	struct uapi_test own = { 0 };
	pid_t child = fork();

	expect_true(child >= 0);
	if (!child) {
		expect_eq(uapi_dev_open(&own.dev), 0);
		clear_expect(&own, CLEAR_SIZE);
		_exit(0);
	}
	clear_await_used(t, used + CLEAR_SIZE);
	return child;
}

/* How a process ended. */
static int clear_join(pid_t child)
{
	__s64 late = UAPI_LATE;
	int status = -1;

	while (!waitpid(child, &status, WNOHANG) && uapi_deadline(0) < late)
		uapi_pause(100);
	return status;
}

static void clear_kill(pid_t child)
{
	/* It has the memory, and is about to wait for the engines, or does. */
	uapi_pause(100);
	expect_eq(kill(child, SIGKILL), 0);
	expect_eq(clear_join(child), SIGKILL);
}

static void clear_free_engines(struct uapi_test *t, const struct uapi_bench *busy)
{
	struct drm_tnpu_queue_destroy args = { .id = busy->queue };

	/* They were busy all the time. */
	expect_eq(uapi_wait(t, busy->syncobj, UAPI_SOON), -ETIME);
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &args, 0);
}

/*
 * Who waits for its BO to be cleared can be killed, and leaves nothing: neither the one whose BO it
 * is the turn of, nor who waits for that one. Who comes next is not concerned.
 */
UAPI_CASE(clear_killed)
{
	struct drm_tnpu_usage_info before, after;
	pid_t first, second, third;
	struct uapi_bench busy;

	sched_occupy(t, &busy);
	before = uapi_usage(t);
	first = clear_fork(t);
	second = clear_fork(t);
	third = clear_fork(t);
	clear_kill(second);
	clear_kill(first);
	clear_await_used(t, before.mem_used + CLEAR_SIZE);
	clear_free_engines(t, &busy);
	expect_eq(clear_join(third), 0);
	clear_await_used(t, before.mem_used);
	after = uapi_usage(t);
	expect_eq(after.contexts, before.contexts);
	expect_eq(after.queues, before.queues - 1);
	expect_eq(after.reset_count, before.reset_count);
}

static void *clear_reset_thread(void *arg)
{
	struct uapi_test own = { 0 };

	expect_eq(uapi_dev_open(&own.dev), 0);
	while (!clear_over)
		clear_expect(&own, CLEAR_SIZE);
	uapi_dev_close(own.dev);
	return NULL;
}

/*
 * What the CPU stores while the device is reset goes nowhere. It has a lot to store where the
 * driver's own queue went with somebody who was killed, and there is no other one left.
 */
UAPI_CASE(clear_reset)
{
	struct drm_tnpu_queue_create args = { 0 };
	pthread_t threads[CLEAR_THREADS];
	struct uapi_bench busy;
	unsigned int i;

	sched_occupy(t, &busy);
	clear_kill(clear_fork(t));
	clear_free_engines(t, &busy);
	args.vm_id = busy.vm;
	while (!uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_QUEUE_CREATE, &args))
		;
	clear_over = false;
	for (i = 0; i < CLEAR_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, clear_reset_thread, NULL), 0);
	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	for (i = 0; i < CLEAR_ROUNDS; i++) {
		uapi_pause(100);
		expect_eq(sysfs_device_write("reset", "1"), 0);
	}
	clear_over = true;
	for (i = 0; i < CLEAR_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	expect_eq(sysfs_device_write("reset_method", "default"), 0);
}
