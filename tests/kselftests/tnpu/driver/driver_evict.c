// SPDX-License-Identifier: GPL-2.0
/*
 * BOs in device memory that are together larger than it: they are moved out and back, and nobody
 * notices but by fdinfo.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver_cases.h"

#define EVICT_BOS	6	/* of a client; together three quarters of device memory */
#define EVICT_ROUNDS	6
#define EVICT_CLIENTS	2
#define EVICT_KILLS	4
#define EVICT_RESETS	8
#define EVICT_MEM_MAX	(256ull << 20)	/* to use more takes too long */

/**
 * struct evict_client - a client with BOs
 * @b: its VM and queue
 * @size: of a BO
 * @bo: its BOs, alternately of the VM alone, and not
 * @cpu: as the CPU sees them
 * @seed: by which its patterns differ from those of others
 */
struct evict_client {
	struct uapi_bench b;
	__u64 size;
	__u32 bo[EVICT_BOS];
	__u64 *cpu[EVICT_BOS];
	__u64 seed;
};

static __u64 evict_va(const struct evict_client *c, unsigned int bo)
{
	return c->b.va + 64 * UAPI_HUGE + bo * ((c->size + UAPI_HUGE) & -UAPI_HUGE);
}

static __u64 evict_pattern(const struct evict_client *c, unsigned int bo, __u64 word)
{
	return (c->seed << 56 | (__u64)bo << 48) ^ word * 0x9e3779b97f4a7c15ull;
}

static __u32 evict_create(struct uapi_test *t, __u64 size, __u32 vm)
{
	struct drm_tnpu_bo_create args = {
		.size = size,
		.flags = DRM_TNPU_BO_LOCAL,
		.vm_id = vm,
	};

	expect_ioctl(t, TNPU_BO_CREATE, &args, 0);
	return args.handle;
}

static void evict_fill(struct evict_client *c, unsigned int bo)
{
	__u64 i;

	for (i = 0; i < c->size / sizeof(__u64); i++)
		c->cpu[bo][i] = evict_pattern(c, bo, i);
}

static void evict_init(struct uapi_test *t, struct evict_client *c, __u64 size, __u64 seed)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	uapi_bench_init(t, &c->b);
	c->size = size & -UAPI_PAGE;
	c->seed = seed;
	for (i = 0; i < EVICT_BOS; i++) {
		c->bo[i] = evict_create(t, c->size, i % 2 ? c->b.vm : 0);
		c->cpu[i] = uapi_bo_map(t, c->bo[i], c->size);
		evict_fill(c, i);
		uapi_bind(t, c->b.vm, c->bo[i], 0, evict_va(c, i), c->size);
	}
}

/*
 * One job for all BOs: the word of the round in each is copied from the next word's place, and
 * a page of each goes to the bench.
 */
static void evict_round(struct uapi_test *t, struct evict_client *c, unsigned int round)
{
	unsigned int i;

	c->b.begin = 0;
	c->b.end = 0;
	for (i = 0; i < EVICT_BOS; i++) {
		uapi_cmd_store(&c->b, evict_va(c, i) + round * sizeof(__u64), c->seed + round);
		uapi_cmd_copy(&c->b, uapi_bench_data(&c->b, i),
			      evict_va(c, i) + c->size - sizeof(__u64), sizeof(__u64));
	}
	uapi_bench_run(t, &c->b);
	for (i = 0; i < EVICT_BOS; i++)
		expect_eq(uapi_bench_load(&c->b, i),
			  evict_pattern(c, i, c->size / sizeof(__u64) - 1));
}

static void evict_check(struct evict_client *c, unsigned int rounds)
{
	unsigned int bo;
	__u64 i;

	for (bo = 0; bo < EVICT_BOS; bo++) {
		for (i = 0; i < rounds; i++)
			expect_eq(c->cpu[bo][i], c->seed + i);
		for (; i < c->size / sizeof(__u64); i++)
			if (c->cpu[bo][i] != evict_pattern(c, bo, i))
				expect_eq(c->cpu[bo][i], evict_pattern(c, bo, i));
	}
}

/* The driver's own queue may have gone with somebody who was killed: it is made anew then. */
static void evict_use_queue(struct uapi_test *t)
{
	uapi_bo_close(t, evict_create(t, UAPI_HUGE, 0));
}

static __u64 evict_size(struct uapi_test *t)
{
	if (t->info.mem_size > EVICT_MEM_MAX)
		uapi_skip(t, "more than 256 MiB of device memory");
	evict_use_queue(t);
	return t->info.mem_size * 3 / 4 / EVICT_BOS & -UAPI_PAGE;
}

static void evict_client(__u64 size, __u64 seed, unsigned int rounds)
{
	struct uapi_test own = { 0 };
	struct evict_client c;
	unsigned int i;

	expect_eq(uapi_dev_open(&own.dev), 0);
	own.info.va_start = UAPI_HUGE;
	evict_init(&own, &c, size, seed);
	for (i = 0; i < rounds; i++)
		evict_round(&own, &c, i % EVICT_ROUNDS);
	evict_check(&c, EVICT_ROUNDS);
	uapi_dev_close(own.dev);
}

static pid_t evict_fork(__u64 size, __u64 seed, unsigned int rounds)
{
	pid_t child = fork();

	expect_true(child >= 0);
	if (!child) {
		evict_client(size, seed, rounds);
		_exit(0);
	}
	return child;
}

static void evict_join(pid_t child, int expected)
{
	int status = -1;

	expect_eq(waitpid(child, &status, 0), child);
	expect_eq(status, expected);
}

/* What is freed is free when jobs that might use it have ended. */
static void evict_await(struct uapi_test *t, const struct drm_tnpu_usage_info *before)
{
	evict_use_queue(t);
	uapi_await_usage(t, before);
}

/* Two processes that need one and a half of what there is, at the same time. */
static void evict_together(struct uapi_test *t, unsigned int rounds, void (*meanwhile)(void))
{
	/* By this the driver has its own queue, which counts. */
	__u64 size = evict_size(t);
	struct drm_tnpu_usage_info before;
	pid_t child[EVICT_CLIENTS];
	unsigned int i;

	before = uapi_usage(t);
	for (i = 0; i < EVICT_CLIENTS; i++)
		child[i] = evict_fork(size, i + 1, rounds);
	if (meanwhile) {
		meanwhile();
		before.reset_count = uapi_usage(t).reset_count;
	}
	for (i = 0; i < EVICT_CLIENTS; i++)
		evict_join(child[i], 0);
	evict_await(t, &before);
}

UAPI_CASE(evict_processes)
{
	evict_together(t, EVICT_ROUNDS, NULL);
}

/* In turn, so that each finds nothing where it left it. */
UAPI_CASE(evict_alternate)
{
	struct evict_client c[EVICT_CLIENTS];
	unsigned int i, round;

	for (i = 0; i < EVICT_CLIENTS; i++)
		evict_init(t, &c[i], evict_size(t), i + 1);
	for (round = 0; round < EVICT_ROUNDS; round++)
		for (i = 0; i < EVICT_CLIENTS; i++)
			evict_round(t, &c[i], round);
	for (i = 0; i < EVICT_CLIENTS; i++)
		evict_check(&c[i], EVICT_ROUNDS);
}

static int evict_try_bind(struct uapi_test *t, __u32 vm, __u32 bo, __u64 va, __u64 size)
{
	struct drm_tnpu_vm_bind_op op[] = { {
		.op = DRM_TNPU_VM_BIND_OP_MAP,
		.handle = bo,
		.va = va,
		.size = size,
	} };
	struct drm_tnpu_vm_bind args = { .vm_id = vm, .ops = uapi_array(op) };

	return uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_VM_BIND, &args);
}

/* One VM cannot map more than there is. Others stay, and what is unmapped does not count. */
UAPI_CASE(evict_too_much)
{
	__u64 half = t->info.mem_size / 2;
	__u32 bo[2], other;
	struct uapi_bench b;
	__u64 va;

	evict_size(t);
	uapi_bench_init(t, &b);
	va = b.va + 64 * UAPI_HUGE;
	bo[0] = evict_create(t, half, b.vm);
	bo[1] = evict_create(t, half, b.vm);
	expect_eq(evict_try_bind(t, b.vm, bo[0], va, half), 0);
	expect_eq(evict_try_bind(t, b.vm, bo[1], va + half, half), -ENOSPC);
	expect_eq(evict_try_bind(t, b.vm, bo[1], va + half, UAPI_PAGE), -ENOSPC);
	expect_eq(evict_try_bind(t, b.vm, bo[0], va + half, half), 0);
	uapi_cmd_store(&b, va + 8, 1234);
	uapi_cmd_copy(&b, uapi_bench_data(&b, 0), va + half + 8, 8);
	uapi_bench_run(t, &b);
	expect_eq(uapi_bench_load(&b, 0), 1234);
	other = uapi_vm_create(t);
	expect_eq(evict_try_bind(t, other, bo[1], va, half), -EACCES);
	uapi_unbind(t, b.vm, va, 2 * half);
	expect_eq(evict_try_bind(t, b.vm, bo[1], va, half), 0);
	uapi_bench_works(t, &b);
}

/* The CPU reads and writes what is its own, wherever that is; and the device sees it. */
UAPI_CASE(evict_mmap)
{
	struct evict_client c;
	__u32 other[EVICT_BOS];
	unsigned int i;

	evict_init(t, &c, evict_size(t), 7);
	for (i = 0; i < EVICT_BOS; i++)
		other[i] = evict_create(t, c.size, 0);
	evict_check(&c, 0);
	for (i = 0; i < EVICT_BOS; i++)
		c.cpu[i][c.size / sizeof(__u64) - 1] ^= 1;
	for (i = 0; i < EVICT_BOS; i++)
		uapi_cmd_copy(&c.b, uapi_bench_data(&c.b, i),
			      evict_va(&c, i) + c.size - sizeof(__u64), sizeof(__u64));
	uapi_bench_run(t, &c.b);
	for (i = 0; i < EVICT_BOS; i++) {
		c.cpu[i][c.size / sizeof(__u64) - 1] ^= 1;
		expect_eq(uapi_bench_load(&c.b, i) ^ 1,
			  evict_pattern(&c, i, c.size / sizeof(__u64) - 1));
	}
	evict_check(&c, 0);
	for (i = 0; i < EVICT_BOS; i++)
		uapi_bo_close(t, other[i]);
}

UAPI_CASE(evict_fdinfo)
{
	struct drm_tnpu_usage_info before, usage;
	int fd = uapi_dev_fd(t->dev);
	struct uapi_test own = { 0 };
	struct evict_client c;
	__u64 total, there;
	unsigned int i;

	evict_init(t, &c, evict_size(t), 3);
	before = uapi_usage(t);
	total = show_number(fd, "drm-total-local");
	expect_eq(show_number(fd, "drm-resident-local"), total);
	expect_eq(uapi_dev_open(&own.dev), 0);
	for (i = 0; i < EVICT_BOS; i++)
		evict_create(&own, c.size, 0);
	usage = uapi_usage(t);
	there = show_number(fd, "drm-resident-local");
	expect_true(there < total);
	expect_true(usage.sysmem_used > before.sysmem_used);
	expect_true(show_number(fd, "drm-resident-memory") > 0);
	expect_eq(show_number(fd, "drm-total-local"), total);
	evict_round(t, &c, 0);
	expect_eq(show_number(fd, "drm-resident-local"), total);
	expect_eq(show_number(fd, "drm-resident-memory"), 0);
	uapi_dev_close(own.dev);
	evict_check(&c, 1);
	evict_await(t, &before);
}

/* Who is killed while BOs move leaves nothing, and what is beside it goes on. */
UAPI_CASE(evict_killed)
{
	struct drm_tnpu_usage_info before;
	__u64 size = evict_size(t);
	pid_t beside, child;
	unsigned int i;

	before = uapi_usage(t);
	beside = evict_fork(size, 9, 4 * EVICT_ROUNDS);
	for (i = 0; i < EVICT_KILLS; i++) {
		child = evict_fork(size, i + 1, ~0u);
		uapi_pause(500 + 170 * i);
		expect_eq(kill(child, SIGKILL), 0);
		evict_join(child, SIGKILL);
	}
	evict_join(beside, 0);
	evict_await(t, &before);
}

/* The device is reset from outside while BOs move: its memory and all contents are kept. */
static void evict_reset_function(void)
{
	unsigned int i;

	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	for (i = 0; i < EVICT_RESETS; i++) {
		uapi_pause(300);
		expect_eq(sysfs_device_write("reset", "1"), 0);
	}
	expect_eq(sysfs_device_write("reset_method", "default"), 0);
}

UAPI_CASE(evict_reset)
{
	evict_together(t, 2 * EVICT_ROUNDS, evict_reset_function);
}

/* A BO in two VMs moves for both. */
UAPI_CASE(evict_shared)
{
	__u64 size = evict_size(t) * EVICT_BOS / 2 & -UAPI_PAGE, va, i;
	struct uapi_bench a, b;
	__u32 shared, other;
	__u64 *cpu;

	uapi_bench_init(t, &a);
	uapi_bench_init(t, &b);
	va = a.va + 64 * UAPI_HUGE;
	shared = evict_create(t, size, 0);
	cpu = uapi_bo_map(t, shared, size);
	uapi_bind(t, a.vm, shared, 0, va, size);
	uapi_bind(t, b.vm, shared, 0, va + UAPI_PAGE, size);
	for (i = 1; i <= EVICT_ROUNDS; i++) {
		other = evict_create(t, t->info.mem_size - size, 0);
		uapi_bo_close(t, other);
		uapi_cmd_store(&a, va + 8 * i, i);
		uapi_bench_run(t, &a);
		uapi_cmd_copy(&b, va + UAPI_PAGE + size - 8 * i, va + UAPI_PAGE + 8 * i, 8);
		uapi_bench_run(t, &b);
		expect_eq(cpu[i], i);
		expect_eq(cpu[size / 8 - i], i);
	}
}

static void *evict_release_thread(void *arg)
{
	uapi_pause(300);
	uapi_bench_release(arg);
	return NULL;
}

/* What a job uses stays: who needs the room waits, and can be killed. */
UAPI_CASE(evict_busy)
{
	__u64 size = evict_size(t) * EVICT_BOS;
	struct uapi_bench b;
	pthread_t thread;
	pid_t child;
	__u64 va;

	uapi_bench_init(t, &b);
	va = b.va + 64 * UAPI_HUGE;
	uapi_bind(t, b.vm, evict_create(t, size, b.vm), 0, va, size);
	uapi_bench_hold(t, &b);
	child = evict_fork(size / EVICT_BOS & -UAPI_PAGE, 1, 1);
	uapi_pause(300);
	expect_eq(kill(child, SIGKILL), 0);
	evict_join(child, SIGKILL);
	uapi_cmd_store(&b, va + 16, 77);
	uapi_cmd_copy(&b, uapi_bench_data(&b, 0), va + 16, 8);
	uapi_bench_submit(t, &b);
	expect_eq(pthread_create(&thread, NULL, evict_release_thread, &b), 0);
	evict_client(size / EVICT_BOS & -UAPI_PAGE, 2, EVICT_ROUNDS);
	expect_eq(pthread_join(thread, NULL), 0);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0), 77);
}

/* Mappings are cut and replaced while their BO is elsewhere. */
UAPI_CASE(evict_bind)
{
	__u64 size = evict_size(t) * EVICT_BOS / 2 & -UAPI_HUGE, va;
	struct uapi_bench b;
	__u32 bo, other;
	__u64 *cpu;

	uapi_bench_init(t, &b);
	va = b.va + 64 * UAPI_HUGE;
	bo = evict_create(t, size, b.vm);
	cpu = uapi_bo_map(t, bo, size);
	uapi_bind(t, b.vm, bo, 0, va, size);
	other = evict_create(t, t->info.mem_size - size, 0);
	uapi_bo_close(t, other);
	/* A hole, a page from elsewhere in a large page, and the whole once more. */
	uapi_unbind(t, b.vm, va + UAPI_HUGE + UAPI_PAGE, UAPI_PAGE);
	uapi_bind(t, b.vm, bo, 0, va + UAPI_HUGE + 4 * UAPI_PAGE, UAPI_PAGE);
	uapi_bind(t, b.vm, bo, 0, va + 2 * size, size);
	uapi_cmd_store(&b, va + UAPI_HUGE + 4 * UAPI_PAGE, 5);
	uapi_cmd_store(&b, va + 2 * size + UAPI_HUGE + 4 * UAPI_PAGE, 6);
	uapi_cmd_store(&b, va + UAPI_HUGE, 7);
	uapi_bench_run(t, &b);
	expect_eq(uapi_state(t, b.queue).state, DRM_TNPU_QUEUE_STATE_OK);
	expect_eq(cpu[0], 5);
	expect_eq(cpu[(UAPI_HUGE + 4 * UAPI_PAGE) / 8], 6);
	expect_eq(cpu[UAPI_HUGE / 8], 7);
	uapi_cmd_store(&b, va + UAPI_HUGE + UAPI_PAGE, 8);
	uapi_bench_run(t, &b);
	expect_eq(uapi_state(t, b.queue).reason, TNPU_ERR_FAULT);
}
