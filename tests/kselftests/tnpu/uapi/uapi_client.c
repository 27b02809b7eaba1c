// SPDX-License-Identifier: GPL-2.0
/*
 * Several clients: none sees or harms what is another's.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "uapi_cases.h"

/* A second client with a work bench of its own. */
static void client_open(struct uapi_test *t, struct uapi_test *other, struct uapi_bench *b)
{
	other->info = t->info;
	expect_eq(uapi_dev_open(&other->dev), 0);
	uapi_bench_init(other, b);
}

/* Handles of @t that @other has not got: its own are lower. */
struct client_handles {
	__u32 vm;
	__u32 bo;
	__u32 queue;
	__u32 syncobj;
};

static struct client_handles client_more_handles(struct uapi_test *t)
{
	struct client_handles h;
	int i;

	for (i = 0; i < 3; i++) {
		h.vm = uapi_vm_create(t);
		h.bo = uapi_bo_create(t, UAPI_PAGE, 0);
		h.queue = uapi_queue_create(t, h.vm);
		h.syncobj = uapi_syncobj_create(t);
	}
	return h;
}

UAPI_CASE(client_handles_bo)
{
	struct client_handles h = client_more_handles(t);
	struct drm_tnpu_bo_mmap_offset offset = { .handle = h.bo };
	struct drm_tnpu_bo_wait wait = { .handle = h.bo };
	struct drm_gem_close close = { .handle = h.bo };
	struct drm_tnpu_bo_create create = { .size = UAPI_PAGE, .vm_id = h.vm };
	struct uapi_test other;
	struct uapi_bench b;

	client_open(t, &other, &b);
	expect_ioctl(&other, TNPU_BO_MMAP_OFFSET, &offset, -ENOENT);
	expect_ioctl(&other, TNPU_BO_WAIT, &wait, -ENOENT);
	expect_ioctl(&other, GEM_CLOSE, &close, -EINVAL);
	expect_ioctl(&other, TNPU_BO_CREATE, &create, -ENOENT);
	uapi_dev_close(other.dev);
}

UAPI_CASE(client_handles_vm)
{
	struct client_handles h = client_more_handles(t);
	struct drm_tnpu_vm_destroy destroy = { .id = h.vm };
	struct drm_tnpu_queue_create queue = { .vm_id = h.vm };
	struct drm_tnpu_vm_bind_op op[] = { {
		.handle = h.bo,
		.va = t->info.va_start,
		.size = UAPI_PAGE,
	} };
	struct drm_tnpu_vm_bind bind = { .vm_id = h.vm, .ops = uapi_array(op) };
	struct uapi_test other;
	struct uapi_bench b;

	client_open(t, &other, &b);
	expect_ioctl(&other, TNPU_VM_DESTROY, &destroy, -ENOENT);
	expect_ioctl(&other, TNPU_QUEUE_CREATE, &queue, -ENOENT);
	expect_ioctl(&other, TNPU_VM_BIND, &bind, -ENOENT);
	bind = (struct drm_tnpu_vm_bind){ .vm_id = b.vm, .ops = uapi_array(op) };
	expect_ioctl(&other, TNPU_VM_BIND, &bind, -ENOENT);
	uapi_dev_close(other.dev);
}

UAPI_CASE(client_handles_queue)
{
	struct client_handles h = client_more_handles(t);
	struct drm_tnpu_queue_get_state state = { .queue_id = h.queue };
	struct drm_tnpu_queue_destroy destroy = { .id = h.queue };
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	struct drm_tnpu_sync sync[] = { uapi_signal_of(h.syncobj) };
	struct uapi_test other;
	struct uapi_bench b;

	client_open(t, &other, &b);
	expect_ioctl(&other, TNPU_QUEUE_GET_STATE, &state, -ENOENT);
	expect_ioctl(&other, TNPU_QUEUE_DESTROY, &destroy, -ENOENT);
	expect_eq(uapi_submit(&other, h.queue, &job), -ENOENT);
	job.syncs = uapi_array(sync);
	expect_eq(uapi_submit(&other, b.queue, &job), -ENOENT);
	uapi_dev_close(other.dev);
}

/* The same addresses, and each client's own data behind them. */
UAPI_CASE(client_address_spaces)
{
	struct uapi_bench a, b;
	struct uapi_test other;

	uapi_bench_init(t, &a);
	client_open(t, &other, &b);
	expect_eq(a.va, b.va);
	uapi_cmd_store(&a, uapi_bench_data(&a, 0), 1);
	uapi_cmd_store(&b, uapi_bench_data(&b, 0), 2);
	uapi_bench_submit(t, &a);
	uapi_bench_run(&other, &b);
	uapi_bench_finish(t, &a);
	expect_eq(uapi_bench_load(&a, 0), 1);
	expect_eq(uapi_bench_load(&b, 0), 2);
	expect_eq(uapi_dev_munmap(other.dev, b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(other.dev);
}

/* A client whose job faults, and one that never notices. */
UAPI_CASE(client_faults_alone)
{
	struct uapi_bench a, b;
	struct uapi_test other;

	uapi_bench_init(t, &a);
	client_open(t, &other, &b);
	uapi_bench_hold(t, &a);
	uapi_cmd_store(&b, b.va + UAPI_BENCH_SIZE, 1);
	uapi_bench_run(&other, &b);
	expect_eq(uapi_state(&other, b.queue).reason, TNPU_ERR_FAULT);
	uapi_bench_release(&a);
	uapi_bench_finish(t, &a);
	uapi_bench_works(t, &a);
	expect_eq(uapi_dev_munmap(other.dev, b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(other.dev);
}

/* A client that closes with a job running and everything else in place leaves nothing. */
UAPI_CASE(client_close_frees)
{
	struct drm_tnpu_usage_info before = uapi_usage(t), now;
	struct uapi_test other;
	struct uapi_bench b;

	client_open(t, &other, &b);
	client_more_handles(&other);
	uapi_bench_hold(&other, &b);
	now = uapi_usage(t);
	expect_true(memcmp(&now, &before, sizeof(now)));
	expect_eq(uapi_dev_munmap(other.dev, b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(other.dev);
	/* The last references may be dropped a moment after close(). */
	uapi_await_usage(t, &before);
}

/* 200 clients, one after the other. */
UAPI_CASE(client_many)
{
	struct uapi_test other;
	struct uapi_bench b;
	int i;

	for (i = 0; i < 200; i++) {
		client_open(t, &other, &b);
		uapi_bench_works(&other, &b);
		expect_eq(uapi_dev_munmap(other.dev, b.cpu, UAPI_BENCH_SIZE), 0);
		uapi_dev_close(other.dev);
	}
}

/* ---- Threads ----------------------------------------------------------------------------- */

#define CLIENT_THREADS	8
#define CLIENT_ROUNDS	100

/* A client of its own that maps, runs, looks and unmaps, over and over. */
static void *client_thread(void *arg)
{
	struct uapi_test *t = arg, own;
	struct uapi_bench b;
	unsigned int i;
	__u64 va;
	__u32 bo;

	client_open(t, &own, &b);
	va = b.va + 64 * UAPI_HUGE;
	for (i = 0; i < CLIENT_ROUNDS; i++) {
		bo = uapi_bo_create(&own, 3 * UAPI_PAGE, i % 2 ? DRM_TNPU_BO_LOCAL : 0);
		uapi_bind(&own, b.vm, bo, 0, va, 3 * UAPI_PAGE);
		b.begin = 0;
		b.end = 0;
		uapi_cmd_store(&b, va + 2 * UAPI_PAGE, i + 1);
		uapi_cmd_copy(&b, uapi_bench_data(&b, 0), va + 2 * UAPI_PAGE, sizeof(__u64));
		uapi_bench_run(&own, &b);
		expect_eq(uapi_bench_load(&b, 0), i + 1);
		uapi_unbind(&own, b.vm, va, 3 * UAPI_PAGE);
		uapi_bo_close(&own, bo);
	}
	expect_eq(uapi_dev_munmap(own.dev, b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(own.dev);
	return NULL;
}

UAPI_CASE(client_threads)
{
	pthread_t threads[CLIENT_THREADS];
	unsigned int i;

	for (i = 0; i < CLIENT_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, client_thread, t), 0);
	for (i = 0; i < CLIENT_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
}

/* All on one file and one queue: each thread's jobs end, none is lost. */
static struct uapi_bench client_shared;

static void *client_shared_thread(void *arg)
{
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	struct drm_tnpu_sync sync[1];
	struct uapi_test *t = arg;
	unsigned int i;

	sync[0] = uapi_signal_of(uapi_syncobj_create(t));
	job.syncs = uapi_array(sync);
	for (i = 0; i < CLIENT_ROUNDS; i++) {
		expect_eq(uapi_submit(t, client_shared.queue, &job), 0);
		expect_eq(uapi_wait(t, sync[0].handle, UAPI_LATE), 0);
	}
	return NULL;
}

UAPI_CASE(client_threads_of_one)
{
	pthread_t threads[CLIENT_THREADS];
	unsigned int i;

	uapi_bench_init(t, &client_shared);
	for (i = 0; i < CLIENT_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, client_shared_thread, t), 0);
	for (i = 0; i < CLIENT_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	expect_eq(uapi_state(t, client_shared.queue).completed, CLIENT_THREADS * CLIENT_ROUNDS);
}
