/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cases for the uAPI of drm/tnpu_accel.h: one right use of everything, and one wrong use
 * for each check, with its exact errno. They are written once and run by two programs:
 * by the kernel's harness on the DRM node (uapi_test.c), and on a host without the driver
 * on libtnpu's transport (tests/uapi/uapi_host.c in TNPU's own tree).
 *
 * A case runs in a process of its own on a freshly opened device. The first check that
 * fails ends that process; what the case holds goes with it.
 */
#ifndef UAPI_H
#define UAPI_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drm/tnpu_accel.h>
#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>

#define UAPI_PAGE		4096ull
#define UAPI_HUGE		(2ull << 20)
#define UAPI_BAD_HANDLE		0x7ffffff0u
#define UAPI_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- The device: one implementation a program ------------------------------------- */

struct uapi_dev;

/* All return 0 or a negative errno. */
int uapi_dev_open(struct uapi_dev **dev);
void uapi_dev_close(struct uapi_dev *dev);
/** uapi_dev_fd - the open file; on the DRM node only */
int uapi_dev_fd(struct uapi_dev *dev);
int uapi_dev_ioctl(struct uapi_dev *dev, unsigned long cmd, void *arg);
int uapi_dev_mmap(struct uapi_dev *dev, __u64 offset, size_t size, void **ptr);
int uapi_dev_munmap(struct uapi_dev *dev, void *ptr, size_t size);

/* ---- Cases -------------------------------------------------------------------------- */

/**
 * struct uapi_test - what a case starts with
 * @dev: an open device
 * @info: what it is
 */
struct uapi_test {
	struct uapi_dev *dev;
	struct drm_tnpu_dev_info info;
};

#define UAPI_CASE(name) void uapi_case_##name(struct uapi_test *t)

/** UAPI_EXIT_SKIP - status of a process whose case was skipped, as kselftests know it */
#define UAPI_EXIT_SKIP	4

/** uapi_skip - end the process: this case cannot be run here, @why */
void uapi_skip(struct uapi_test *t, const char *why);

/** uapi_run - open the device, run a case, close it; fails as checks do */
void uapi_run(void (*run)(struct uapi_test *t));

/* ---- Checks -------------------------------------------------------------------------- */

/** uapi_check - end the process as failed unless @actual is @expected */
void uapi_check(const char *file, int line, const char *what, long long actual,
		long long expected);

#define expect_eq(actual, expected)						\
	uapi_check(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))
#define expect_true(condition)	expect_eq(!!(condition), true)

/* An ioctl of @t's device must return this. */
#define expect_ioctl(t, nr, arg, expected)					\
	uapi_check(__FILE__, __LINE__, #nr, uapi_dev_ioctl((t)->dev, DRM_IOCTL_##nr, arg), expected)

/* ---- Helpers: they must succeed, or the case fails ------------------------------------- */

/** uapi_array - an object array of what @array, a C array, holds */
#define uapi_array(array)	uapi_array_of(array, sizeof((array)[0]), UAPI_ARRAY_SIZE(array))
struct drm_tnpu_obj_array uapi_array_of(const void *array, size_t stride, size_t count);

/** uapi_page_end - zeroed memory of @size bytes whose end is the end of all that is mapped */
void *uapi_page_end(size_t size);

/** uapi_deadline - absolute CLOCK_MONOTONIC, @ms from now */
__s64 uapi_deadline(unsigned int ms);

/** uapi_pause - sleep for @ms */
void uapi_pause(unsigned int ms);

/** UAPI_SOON, UAPI_LATE - deadlines of waits that must run out, and of those that must not */
#define UAPI_SOON	uapi_deadline(20)
#define UAPI_LATE	uapi_deadline(20000)

__u32 uapi_vm_create(struct uapi_test *t);
__u32 uapi_bo_create(struct uapi_test *t, __u64 size, __u32 flags);
void uapi_bo_close(struct uapi_test *t, __u32 handle);
void *uapi_bo_map(struct uapi_test *t, __u32 handle, size_t size);
/** uapi_bo_numbered - a BO whose pages begin with 1, 2, 3, ... */
__u32 uapi_bo_numbered(struct uapi_test *t, __u64 size, __u32 flags);
__u32 uapi_queue_create(struct uapi_test *t, __u32 vm);
__u32 uapi_queue_create_timeout(struct uapi_test *t, __u32 vm, __u32 timeout_ms);
__u32 uapi_syncobj_create(struct uapi_test *t);
void uapi_bind(struct uapi_test *t, __u32 vm, __u32 handle, __u64 offset, __u64 va, __u64 size);
void uapi_unbind(struct uapi_test *t, __u32 vm, __u64 va, __u64 size);
/** uapi_bind_async - VM_BIND with ASYNC; what it returned */
int uapi_bind_async(struct uapi_test *t, __u32 vm, struct drm_tnpu_obj_array ops,
		    struct drm_tnpu_obj_array syncs);
struct drm_tnpu_usage_info uapi_usage(struct uapi_test *t);
/** uapi_await_usage - what is in use becomes @before, since what is freed may be waited for */
void uapi_await_usage(struct uapi_test *t, const struct drm_tnpu_usage_info *before);
struct drm_tnpu_queue_get_state uapi_state(struct uapi_test *t, __u32 queue);

/** uapi_submit_jobs, uapi_submit - QUEUE_SUBMIT of jobs, of one job; what it returned */
int uapi_submit_jobs(struct uapi_test *t, __u32 queue, const struct drm_tnpu_job *jobs,
		     size_t count);
int uapi_submit(struct uapi_test *t, __u32 queue, const struct drm_tnpu_job *job);

/** uapi_wait - wait for a binary syncobj; what the wait returned */
int uapi_wait(struct uapi_test *t, __u32 syncobj, __s64 deadline);

/** uapi_signal_of - a sync operation by which a job signals @syncobj */
struct drm_tnpu_sync uapi_signal_of(__u32 syncobj);

/* ---- A work bench: VM, queue, and one BO for streams and data ---------------------------- */

#define UAPI_BENCH_SIZE		(16 * UAPI_PAGE)
#define UAPI_BENCH_DATA		(8 * UAPI_PAGE)		/* streams before it, data from it on */

/**
 * struct uapi_bench - enough to run commands
 * @va: of the BO; the page behind it and a lot more are not mapped
 * @cpu: the BO as the CPU sees it
 * @begin, @end: of the commands added since the last job, in the BO
 * @syncobj: signalled by uapi_bench_run()'s jobs
 */
struct uapi_bench {
	__u32 vm;
	__u32 queue;
	__u32 bo;
	__u32 syncobj;
	__u64 va;
	__u8 *cpu;
	__u32 begin;
	__u32 end;
};

void uapi_bench_init(struct uapi_test *t, struct uapi_bench *b);
/** uapi_bench_fork - the same VM and BO with a queue and a syncobj of its own */
void uapi_bench_fork(struct uapi_test *t, struct uapi_bench *b, const struct uapi_bench *from);

/** uapi_bench_data - the device address, and the CPU's, of 64-bit word @index of the data */
__u64 uapi_bench_data(const struct uapi_bench *b, unsigned int index);
__u64 *uapi_bench_word(const struct uapi_bench *b, unsigned int index);
__u64 uapi_bench_load(const struct uapi_bench *b, unsigned int index);

/** uapi_bench_add - append a command to the streams */
void uapi_bench_add(struct uapi_bench *b, const void *cmd, size_t size);
/** uapi_bench_job - the commands added since the last one, as a job */
struct drm_tnpu_job uapi_bench_job(struct uapi_bench *b);
/** uapi_bench_submit - submit such a job, signalling the bench's syncobj */
void uapi_bench_submit(struct uapi_test *t, struct uapi_bench *b);
/** uapi_bench_submit_after - the same, but the job waits for @wait */
void uapi_bench_submit_after(struct uapi_test *t, struct uapi_bench *b, struct drm_tnpu_sync wait);
/** uapi_bench_finish - wait for it */
void uapi_bench_finish(struct uapi_test *t, struct uapi_bench *b);
/** uapi_bench_run - both */
void uapi_bench_run(struct uapi_test *t, struct uapi_bench *b);
/** uapi_bench_works - run one command and see its effect */
void uapi_bench_works(struct uapi_test *t, struct uapi_bench *b);

/** UAPI_BENCH_FREE_VA - where nothing is mapped, with a lot of room behind it */
#define UAPI_BENCH_FREE_VA(b)	((b)->va + 64 * UAPI_HUGE)

/** uapi_bench_expect_word - let the device read a word */
void uapi_bench_expect_word(struct uapi_test *t, struct uapi_bench *b, __u64 va, __u64 value);
/** uapi_bench_expect_fault - let the device try to. The queue is dead after it */
void uapi_bench_expect_fault(struct uapi_test *t, struct uapi_bench *b, __u64 va);

/* Commands, appended to the streams. */
void uapi_cmd_nop(struct uapi_bench *b);
void uapi_cmd_store(struct uapi_bench *b, __u64 va, __u64 value);
void uapi_cmd_copy(struct uapi_bench *b, __u64 dst, __u64 src, __u64 size);
void uapi_cmd_wait(struct uapi_bench *b, __u64 va, __u64 value, __u32 timeout_us);

/** uapi_bench_hold - submit a job that runs until uapi_bench_release() */
void uapi_bench_hold(struct uapi_test *t, struct uapi_bench *b);
/** uapi_bench_hold_point - the same, signalling a point of a timeline, not the bench's syncobj */
void uapi_bench_hold_point(struct uapi_test *t, struct uapi_bench *b, __u32 timeline, __u64 point);
void uapi_bench_release(struct uapi_bench *b);
/** uapi_bench_hold_on, uapi_bench_release_on - the same, by a word of the data */
void uapi_bench_hold_on(struct uapi_test *t, struct uapi_bench *b, unsigned int index);
void uapi_bench_release_on(struct uapi_bench *b, unsigned int index);

#endif /* UAPI_H */
