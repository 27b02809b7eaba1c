// SPDX-License-Identifier: GPL-2.0
/*
 * What the cases are written with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "uapi.h"

#define UAPI_NSEC		1000000000ll
#define UAPI_HOLD_WORD		511	/* of a bench: 1 ends what uapi_bench_hold() began */
#define UAPI_WORKS_WORD		510
#define UAPI_HOLD_US		10000000

void uapi_check(const char *file, int line, const char *what, long long actual, long long expected)
{
	if (actual == expected)
		return;
	printf("# %s:%d: %s is %lld (0x%llx), not %lld (0x%llx)\n", file, line, what, actual,
	       actual, expected, expected);
	fflush(stdout);
	exit(1);
}

void uapi_skip(struct uapi_test *t, const char *why)
{
	printf("# skipped: %s\n", why);
	fflush(stdout);
	uapi_dev_close(t->dev);
	exit(UAPI_EXIT_SKIP);
}

void uapi_run(void (*run)(struct uapi_test *t))
{
	struct drm_tnpu_dev_query query = { .type = DRM_TNPU_DEV_QUERY_INFO };
	struct uapi_test t = { 0 };

	expect_eq(uapi_dev_open(&t.dev), 0);
	query.size = sizeof(t.info);
	query.pointer = (uintptr_t)&t.info;
	expect_ioctl(&t, TNPU_DEV_QUERY, &query, 0);
	run(&t);
	uapi_dev_close(t.dev);
}

struct drm_tnpu_obj_array uapi_array_of(const void *array, size_t stride, size_t count)
{
	return (struct drm_tnpu_obj_array){
		.stride = stride,
		.count = count,
		.array = (uintptr_t)array,
	};
}

void *uapi_page_end(size_t size)
{
	char *p = mmap(NULL, 2 * UAPI_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	expect_true(p != MAP_FAILED && size <= UAPI_PAGE);
	expect_eq(mprotect(p + UAPI_PAGE, UAPI_PAGE, PROT_NONE), 0);
	return p + UAPI_PAGE - size;
}

__s64 uapi_deadline(unsigned int ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UAPI_NSEC + ts.tv_nsec + ms * (UAPI_NSEC / 1000);
}

void uapi_pause(unsigned int ms)
{
	const struct timespec pause = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * (UAPI_NSEC / 1000),
	};

	nanosleep(&pause, NULL);
}

__u32 uapi_vm_create(struct uapi_test *t)
{
	struct drm_tnpu_vm_create args = { 0 };

	expect_ioctl(t, TNPU_VM_CREATE, &args, 0);
	expect_true(args.id);
	return args.id;
}

__u32 uapi_bo_create(struct uapi_test *t, __u64 size, __u32 flags)
{
	struct drm_tnpu_bo_create args = { .size = size, .flags = flags };

	expect_ioctl(t, TNPU_BO_CREATE, &args, 0);
	expect_true(args.handle);
	return args.handle;
}

void uapi_bo_close(struct uapi_test *t, __u32 handle)
{
	struct drm_gem_close args = { .handle = handle };

	expect_ioctl(t, GEM_CLOSE, &args, 0);
}

void *uapi_bo_map(struct uapi_test *t, __u32 handle, size_t size)
{
	struct drm_tnpu_bo_mmap_offset args = { .handle = handle };
	void *ptr = NULL;

	expect_ioctl(t, TNPU_BO_MMAP_OFFSET, &args, 0);
	expect_eq(uapi_dev_mmap(t->dev, args.offset, size, &ptr), 0);
	return ptr;
}

__u32 uapi_bo_numbered(struct uapi_test *t, __u64 size, __u32 flags)
{
	__u32 handle = uapi_bo_create(t, size, flags);
	char *p = uapi_bo_map(t, handle, size);
	__u64 i;

	for (i = 0; i < size / UAPI_PAGE; i++)
		*(__u64 *)(p + i * UAPI_PAGE) = i + 1;
	expect_eq(uapi_dev_munmap(t->dev, p, size), 0);
	return handle;
}

__u32 uapi_queue_create_timeout(struct uapi_test *t, __u32 vm, __u32 timeout_ms)
{
	struct drm_tnpu_queue_create args = {
		.vm_id = vm,
		.priority = DRM_TNPU_QUEUE_PRIORITY_NORMAL,
		.timeout_ms = timeout_ms,
	};

	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
	expect_true(args.id);
	return args.id;
}

__u32 uapi_queue_create(struct uapi_test *t, __u32 vm)
{
	return uapi_queue_create_timeout(t, vm, 0);
}

__u32 uapi_syncobj_create(struct uapi_test *t)
{
	struct drm_syncobj_create args = { 0 };

	expect_ioctl(t, SYNCOBJ_CREATE, &args, 0);
	return args.handle;
}

void uapi_bind(struct uapi_test *t, __u32 vm, __u32 handle, __u64 offset, __u64 va, __u64 size)
{
	struct drm_tnpu_vm_bind_op op[] = { {
		.op = DRM_TNPU_VM_BIND_OP_MAP,
		.handle = handle,
		.bo_offset = offset,
		.va = va,
		.size = size,
	} };
	struct drm_tnpu_vm_bind args = { .vm_id = vm, .ops = uapi_array(op) };

	expect_ioctl(t, TNPU_VM_BIND, &args, 0);
	expect_eq(args.ops.count, 1);
}

void uapi_unbind(struct uapi_test *t, __u32 vm, __u64 va, __u64 size)
{
	struct drm_tnpu_vm_bind_op op[] = { {
		.op = DRM_TNPU_VM_BIND_OP_UNMAP,
		.va = va,
		.size = size,
	} };
	struct drm_tnpu_vm_bind args = { .vm_id = vm, .ops = uapi_array(op) };

	expect_ioctl(t, TNPU_VM_BIND, &args, 0);
}

int uapi_bind_async(struct uapi_test *t, __u32 vm, struct drm_tnpu_obj_array ops,
		    struct drm_tnpu_obj_array syncs)
{
	struct drm_tnpu_vm_bind args = {
		.vm_id = vm,
		.flags = DRM_TNPU_VM_BIND_ASYNC,
		.ops = ops,
		.syncs = syncs,
	};
	int ret = uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_VM_BIND, &args);

	expect_eq(args.ops.count, ret ? 0 : ops.count);
	return ret;
}

struct drm_tnpu_usage_info uapi_usage(struct uapi_test *t)
{
	struct drm_tnpu_usage_info usage;
	struct drm_tnpu_dev_query args = {
		.type = DRM_TNPU_DEV_QUERY_USAGE,
		.size = sizeof(usage),
		.pointer = (uintptr_t)&usage,
	};

	memset(&usage, 0xff, sizeof(usage));
	expect_ioctl(t, TNPU_DEV_QUERY, &args, 0);
	return usage;
}

void uapi_await_usage(struct uapi_test *t, const struct drm_tnpu_usage_info *before)
{
	struct drm_tnpu_usage_info now = uapi_usage(t);
	__s64 late = UAPI_LATE;

	while (memcmp(&now, before, sizeof(now)) && uapi_deadline(0) < late) {
		uapi_pause(10);
		now = uapi_usage(t);
	}
	expect_eq(now.mem_used, before->mem_used);
	expect_eq(now.sysmem_used, before->sysmem_used);
	expect_eq(now.contexts, before->contexts);
	expect_eq(now.queues, before->queues);
	expect_eq(now.reset_count, before->reset_count);
}

/* Outputs are garbage before: whatever the caller sees afterwards, the driver wrote. */
struct drm_tnpu_queue_get_state uapi_state(struct uapi_test *t, __u32 queue)
{
	struct drm_tnpu_queue_get_state args;

	memset(&args, 0xff, sizeof(args));
	args.queue_id = queue;
	args.pad = 0;
	expect_ioctl(t, TNPU_QUEUE_GET_STATE, &args, 0);
	return args;
}

int uapi_submit_jobs(struct uapi_test *t, __u32 queue, const struct drm_tnpu_job *jobs,
		     size_t count)
{
	struct drm_tnpu_queue_submit args = {
		.queue_id = queue,
		.jobs = uapi_array_of(jobs, sizeof(*jobs), count),
	};

	return uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_QUEUE_SUBMIT, &args);
}

int uapi_submit(struct uapi_test *t, __u32 queue, const struct drm_tnpu_job *job)
{
	return uapi_submit_jobs(t, queue, job, 1);
}

int uapi_wait(struct uapi_test *t, __u32 syncobj, __s64 deadline)
{
	struct drm_syncobj_wait args = {
		.handles = (uintptr_t)&syncobj,
		.count_handles = 1,
		.timeout_nsec = deadline,
	};

	return uapi_dev_ioctl(t->dev, DRM_IOCTL_SYNCOBJ_WAIT, &args);
}

struct drm_tnpu_sync uapi_signal_of(__u32 syncobj)
{
	return (struct drm_tnpu_sync){ .flags = DRM_TNPU_SYNC_SIGNAL, .handle = syncobj };
}

void uapi_bench_init(struct uapi_test *t, struct uapi_bench *b)
{
	memset(b, 0, sizeof(*b));
	b->vm = uapi_vm_create(t);
	b->bo = uapi_bo_create(t, UAPI_BENCH_SIZE, DRM_TNPU_BO_LOCAL);
	b->va = t->info.va_start + 1024 * UAPI_HUGE;
	b->cpu = uapi_bo_map(t, b->bo, UAPI_BENCH_SIZE);
	uapi_bind(t, b->vm, b->bo, 0, b->va, UAPI_BENCH_SIZE);
	b->queue = uapi_queue_create(t, b->vm);
	b->syncobj = uapi_syncobj_create(t);
}

void uapi_bench_fork(struct uapi_test *t, struct uapi_bench *b, const struct uapi_bench *from)
{
	*b = *from;
	b->queue = uapi_queue_create(t, b->vm);
	b->syncobj = uapi_syncobj_create(t);
	/* The streams of the two must not overwrite each other. */
	b->begin = UAPI_BENCH_DATA / 2;
	b->end = b->begin;
}

__u64 uapi_bench_data(const struct uapi_bench *b, unsigned int index)
{
	return b->va + UAPI_BENCH_DATA + index * sizeof(__u64);
}

__u64 *uapi_bench_word(const struct uapi_bench *b, unsigned int index)
{
	return (__u64 *)(b->cpu + UAPI_BENCH_DATA) + index;
}

__u64 uapi_bench_load(const struct uapi_bench *b, unsigned int index)
{
	return __atomic_load_n(uapi_bench_word(b, index), __ATOMIC_ACQUIRE);
}

void uapi_bench_add(struct uapi_bench *b, const void *cmd, size_t size)
{
	expect_true(b->end + size <= UAPI_BENCH_DATA);
	memcpy(b->cpu + b->end, cmd, size);
	b->end += size;
}

struct drm_tnpu_job uapi_bench_job(struct uapi_bench *b)
{
	struct drm_tnpu_job job = {
		.stream = b->va + b->begin,
		.stream_size = b->end - b->begin,
	};

	b->begin = b->end;
	return job;
}

static void uapi_bench_submit_with(struct uapi_test *t, struct uapi_bench *b,
				   const struct drm_tnpu_sync *syncs, size_t count)
{
	struct drm_tnpu_job job = uapi_bench_job(b);

	job.syncs = uapi_array_of(syncs, sizeof(*syncs), count);
	expect_eq(uapi_submit(t, b->queue, &job), 0);
}

void uapi_bench_submit(struct uapi_test *t, struct uapi_bench *b)
{
	const struct drm_tnpu_sync signal = uapi_signal_of(b->syncobj);

	uapi_bench_submit_with(t, b, &signal, 1);
}

void uapi_bench_submit_after(struct uapi_test *t, struct uapi_bench *b, struct drm_tnpu_sync wait)
{
	const struct drm_tnpu_sync syncs[] = { wait, uapi_signal_of(b->syncobj) };

	uapi_bench_submit_with(t, b, syncs, UAPI_ARRAY_SIZE(syncs));
}

void uapi_bench_finish(struct uapi_test *t, struct uapi_bench *b)
{
	expect_eq(uapi_wait(t, b->syncobj, UAPI_LATE), 0);
}

void uapi_bench_run(struct uapi_test *t, struct uapi_bench *b)
{
	uapi_bench_submit(t, b);
	uapi_bench_finish(t, b);
}

void uapi_bench_works(struct uapi_test *t, struct uapi_bench *b)
{
	__u64 value = uapi_bench_load(b, UAPI_WORKS_WORD) + 1;

	uapi_cmd_store(b, uapi_bench_data(b, UAPI_WORKS_WORD), value);
	uapi_bench_run(t, b);
	expect_eq(uapi_bench_load(b, UAPI_WORKS_WORD), value);
	expect_eq(uapi_state(t, b->queue).state, DRM_TNPU_QUEUE_STATE_OK);
}

/* Copies the word at @va to word 0 of the bench's data. */
static void uapi_bench_peek(struct uapi_test *t, struct uapi_bench *b, __u64 va)
{
	*uapi_bench_word(b, 0) = ~0ull;
	uapi_cmd_copy(b, uapi_bench_data(b, 0), va, sizeof(__u64));
	uapi_bench_run(t, b);
}

void uapi_bench_expect_word(struct uapi_test *t, struct uapi_bench *b, __u64 va, __u64 value)
{
	uapi_bench_peek(t, b, va);
	expect_eq(uapi_bench_load(b, 0), value);
	expect_eq(uapi_state(t, b->queue).state, DRM_TNPU_QUEUE_STATE_OK);
}

void uapi_bench_expect_fault(struct uapi_test *t, struct uapi_bench *b, __u64 va)
{
	struct drm_tnpu_queue_get_state state;

	uapi_bench_peek(t, b, va);
	state = uapi_state(t, b->queue);
	expect_eq(state.state, DRM_TNPU_QUEUE_STATE_GUILTY);
	expect_eq(state.reason, TNPU_ERR_FAULT);
	expect_eq(state.fault_va, va);
	expect_eq(state.fault_access, TNPU_ACCESS_READ);
	expect_eq(uapi_bench_load(b, 0), ~0ull);
}

void uapi_cmd_nop(struct uapi_bench *b)
{
	struct tnpu_cmd_nop cmd = { .hdr = { TNPU_OP_NOP, 0, sizeof(cmd) } };

	uapi_bench_add(b, &cmd, sizeof(cmd));
}

void uapi_cmd_store(struct uapi_bench *b, __u64 va, __u64 value)
{
	struct tnpu_cmd_fence_signal cmd = {
		.hdr = { TNPU_OP_FENCE_SIGNAL, 0, sizeof(cmd) },
		.va = va,
		.value = value,
	};

	uapi_bench_add(b, &cmd, sizeof(cmd));
}

void uapi_cmd_copy(struct uapi_bench *b, __u64 dst, __u64 src, __u64 size)
{
	struct tnpu_cmd_copy cmd = {
		.hdr = { TNPU_OP_COPY, 0, sizeof(cmd) },
		.src = src,
		.dst = dst,
		.src_stride = size,
		.dst_stride = size,
		.row_bytes = size,
		.rows = { .value = 1 },
	};

	uapi_bench_add(b, &cmd, sizeof(cmd));
}

void uapi_cmd_wait(struct uapi_bench *b, __u64 va, __u64 value, __u32 timeout_us)
{
	struct tnpu_cmd_fence_wait cmd = {
		.hdr = { TNPU_OP_FENCE_WAIT, 0, sizeof(cmd) },
		.va = va,
		.value = value,
		.timeout_us = timeout_us,
	};

	uapi_bench_add(b, &cmd, sizeof(cmd));
}

void uapi_bench_hold(struct uapi_test *t, struct uapi_bench *b)
{
	uapi_cmd_wait(b, uapi_bench_data(b, UAPI_HOLD_WORD), 1, UAPI_HOLD_US);
	uapi_bench_submit(t, b);
}

void uapi_bench_hold_point(struct uapi_test *t, struct uapi_bench *b, __u32 timeline, __u64 point)
{
	const struct drm_tnpu_sync signal = {
		.flags = DRM_TNPU_SYNC_SIGNAL | DRM_TNPU_SYNC_TIMELINE,
		.handle = timeline,
		.timeline_value = point,
	};

	uapi_cmd_wait(b, uapi_bench_data(b, UAPI_HOLD_WORD), 1, UAPI_HOLD_US);
	uapi_bench_submit_with(t, b, &signal, 1);
}

void uapi_bench_hold_on(struct uapi_test *t, struct uapi_bench *b, unsigned int index)
{
	*uapi_bench_word(b, index) = 0;
	uapi_cmd_wait(b, uapi_bench_data(b, index), 1, UAPI_HOLD_US);
	uapi_bench_submit(t, b);
}

void uapi_bench_release_on(struct uapi_bench *b, unsigned int index)
{
	__atomic_store_n(uapi_bench_word(b, index), 1, __ATOMIC_RELEASE);
}

void uapi_bench_release(struct uapi_bench *b)
{
	__atomic_store_n(uapi_bench_word(b, UAPI_HOLD_WORD), 1, __ATOMIC_RELEASE);
}
