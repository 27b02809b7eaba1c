// SPDX-License-Identifier: GPL-2.0
/*
 * VM_BIND with ASYNC.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "uapi_cases.h"

#define ASYNC_PAGES	4
#define ASYNC_MANY	300

/**
 * struct async - a VM with two BOs, and a gate
 * @b: VM and queue
 * @gate: another queue of it, whose job ends when the gate is opened
 * @bo: BOs of ASYNC_PAGES numbered pages; the first is mapped at @va
 * @va: of the first page
 * @done: a syncobj
 */
struct async {
	struct uapi_bench b;
	struct uapi_bench gate;
	__u32 bo[2];
	__u64 va;
	__u32 done;
};

static struct drm_tnpu_vm_bind_op async_map(__u32 bo, __u64 page, __u64 va, __u64 pages)
{
	return (struct drm_tnpu_vm_bind_op){
		.op = DRM_TNPU_VM_BIND_OP_MAP,
		.handle = bo,
		.bo_offset = page * UAPI_PAGE,
		.va = va,
		.size = pages * UAPI_PAGE,
	};
}

static struct drm_tnpu_vm_bind_op async_unmap(__u64 va, __u64 pages)
{
	return (struct drm_tnpu_vm_bind_op){
		.op = DRM_TNPU_VM_BIND_OP_UNMAP,
		.va = va,
		.size = pages * UAPI_PAGE,
	};
}

static struct drm_tnpu_sync async_wait_for(__u32 syncobj)
{
	return (struct drm_tnpu_sync){ .handle = syncobj };
}

static struct drm_tnpu_sync async_point(__u32 syncobj, __u32 flags, __u64 point)
{
	return (struct drm_tnpu_sync){
		.flags = flags | DRM_TNPU_SYNC_TIMELINE,
		.handle = syncobj,
		.timeline_value = point,
	};
}

static void async_init(struct uapi_test *t, struct async *a)
{
	memset(a, 0, sizeof(*a));
	uapi_bench_init(t, &a->b);
	uapi_bench_fork(t, &a->gate, &a->b);
	a->bo[0] = uapi_bo_numbered(t, ASYNC_PAGES * UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	a->bo[1] = uapi_bo_numbered(t, ASYNC_PAGES * UAPI_PAGE, 0);
	a->va = UAPI_BENCH_FREE_VA(&a->b);
	a->done = uapi_syncobj_create(t);
	uapi_bind(t, a->b.vm, a->bo[0], 0, a->va, ASYNC_PAGES * UAPI_PAGE);
}

/* One operation that waits for the gate, which is closed, and signals a->done. */
static void async_bind_behind_gate(struct uapi_test *t, struct async *a,
				   struct drm_tnpu_vm_bind_op op)
{
	struct drm_tnpu_sync syncs[] = {
		async_wait_for(a->gate.syncobj),
		uapi_signal_of(a->done),
	};

	uapi_bench_hold(t, &a->gate);
	expect_eq(uapi_bind_async(t, a->b.vm, uapi_array_of(&op, sizeof(op), 1),
				  uapi_array(syncs)), 0);
	expect_eq(uapi_wait(t, a->done, UAPI_SOON), -ETIME);
}

static void async_open_gate(struct uapi_test *t, struct async *a)
{
	uapi_bench_release(&a->gate);
	expect_eq(uapi_wait(t, a->done, UAPI_LATE), 0);
}

/* One operation that waits for nothing, and signals a syncobj, if any. */
static void async_bind_one(struct uapi_test *t, struct async *a, struct drm_tnpu_vm_bind_op op,
			   __u32 done)
{
	struct drm_tnpu_sync sync = uapi_signal_of(done);

	expect_eq(uapi_bind_async(t, a->b.vm, uapi_array_of(&op, sizeof(op), 1),
				  uapi_array_of(&sync, sizeof(sync), !!done)), 0);
}

/* ---- What must be refused: nothing happens then -------------------------------------- */

static void async_expect(struct uapi_test *t, struct async *a, struct drm_tnpu_obj_array syncs,
			 int ret)
{
	struct drm_tnpu_vm_bind_op op[] = { async_map(a->bo[1], 1, a->va, 1) };

	expect_eq(uapi_bind_async(t, a->b.vm, uapi_array(op), syncs), ret);
}

static void async_expect_sync(struct uapi_test *t, struct async *a, struct drm_tnpu_sync sync,
			      int ret)
{
	async_expect(t, a, uapi_array_of(&sync, sizeof(sync), 1), ret);
}

/* The mapping is the old one, and nobody has put a fence into the syncobj. */
static void async_expect_nothing(struct uapi_test *t, struct async *a)
{
	uapi_bench_expect_word(t, &a->b, a->va, 1);
	expect_eq(uapi_wait(t, a->done, UAPI_SOON), -EINVAL);
}

UAPI_CASE(async_flags)
{
	struct drm_tnpu_vm_bind args = { 0 };
	struct drm_tnpu_sync sync[1];
	struct async a;

	async_init(t, &a);
	sync[0] = uapi_signal_of(a.done);
	args.vm_id = a.b.vm;
	args.syncs = uapi_array(sync);
	expect_ioctl(t, TNPU_VM_BIND, &args, -EINVAL);
	args.flags = DRM_TNPU_VM_BIND_ASYNC << 1;
	expect_ioctl(t, TNPU_VM_BIND, &args, -EINVAL);
	args.flags |= DRM_TNPU_VM_BIND_ASYNC;
	expect_ioctl(t, TNPU_VM_BIND, &args, -EINVAL);
	async_expect_nothing(t, &a);
	args.flags = DRM_TNPU_VM_BIND_ASYNC;
	expect_ioctl(t, TNPU_VM_BIND, &args, 0);
}

UAPI_CASE(async_vm_unknown)
{
	struct drm_tnpu_obj_array none = { 0 };

	expect_eq(uapi_bind_async(t, UAPI_BAD_HANDLE, none, none), -ENOENT);
}

UAPI_CASE(async_sync_count)
{
	static struct drm_tnpu_sync sync[4096];
	__u32 i, max = t->info.max_syncs;
	struct async a;

	async_init(t, &a);
	expect_true(max < UAPI_ARRAY_SIZE(sync));
	for (i = 0; i <= max; i++)
		sync[i] = uapi_signal_of(a.done);
	async_expect(t, &a, uapi_array_of(sync, sizeof(sync[0]), max + 1), -E2BIG);
	async_expect(t, &a, uapi_array_of(sync, sizeof(sync[0]), ~0u), -E2BIG);
	async_expect_nothing(t, &a);
	async_expect(t, &a, uapi_array_of(sync, sizeof(sync[0]), max), 0);
	expect_eq(uapi_wait(t, a.done, UAPI_LATE), 0);
}

UAPI_CASE(async_sync_array)
{
	__u8 longer[264] = { 0 };
	struct async a;

	async_init(t, &a);
	*(struct drm_tnpu_sync *)longer = uapi_signal_of(a.done);
	async_expect(t, &a, uapi_array_of(longer, sizeof(struct drm_tnpu_sync) - 8, 1), -EINVAL);
	async_expect(t, &a, uapi_array_of(longer, 264, 1), -EINVAL);
	longer[sizeof(struct drm_tnpu_sync)] = 1;
	async_expect(t, &a, uapi_array_of(longer, 256, 1), -E2BIG);
	async_expect_nothing(t, &a);
	longer[sizeof(struct drm_tnpu_sync)] = 0;
	async_expect(t, &a, uapi_array_of(longer, 256, 1), 0);
}

UAPI_CASE(async_sync_array_bad)
{
	struct async a;

	async_init(t, &a);
	async_expect(t, &a, uapi_array_of(NULL, sizeof(struct drm_tnpu_sync), 1), -EFAULT);
	async_expect_nothing(t, &a);
}

UAPI_CASE(async_sync_wrong)
{
	struct drm_tnpu_sync sync;
	struct async a;

	async_init(t, &a);
	sync = uapi_signal_of(a.done);
	sync.flags |= DRM_TNPU_SYNC_TIMELINE << 1;
	async_expect_sync(t, &a, sync, -EINVAL);
	async_expect_sync(t, &a, uapi_signal_of(UAPI_BAD_HANDLE), -ENOENT);
	async_expect_sync(t, &a, async_wait_for(UAPI_BAD_HANDLE), -ENOENT);
	async_expect_sync(t, &a, async_point(a.done, DRM_TNPU_SYNC_SIGNAL, 0), -EINVAL);
	sync = uapi_signal_of(a.done);
	sync.timeline_value = 1;
	async_expect_sync(t, &a, sync, -EINVAL);
	/* Nobody has submitted what would signal it. */
	async_expect_sync(t, &a, async_wait_for(a.done), -EINVAL);
	async_expect_sync(t, &a, async_point(a.done, 0, 1), -EINVAL);
	async_expect_nothing(t, &a);
}

/* What is wrong may be anywhere: nothing of the call has happened, nor does it later. */
UAPI_CASE(async_all_or_nothing)
{
	struct drm_tnpu_vm_bind_op op[3];
	struct drm_tnpu_sync sync[1];
	struct async a;

	async_init(t, &a);
	sync[0] = uapi_signal_of(a.done);
	op[0] = async_map(a.bo[1], 1, a.va, 1);
	op[1] = async_unmap(a.va + UAPI_PAGE, 1);
	op[2] = async_map(UAPI_BAD_HANDLE, 0, a.va, 1);
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array(op), uapi_array(sync)), -ENOENT);
	op[2] = async_map(a.bo[1], 1, a.va, ASYNC_PAGES);
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array(op), uapi_array(sync)), -EINVAL);
	op[2] = async_unmap(a.va + 1, 1);
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array(op), uapi_array(sync)), -EINVAL);
	async_expect_nothing(t, &a);
	uapi_bench_expect_word(t, &a.b, a.va + UAPI_PAGE, 2);
}

/* The struct as it was before there were syncs. */
UAPI_CASE(async_older_struct)
{
	const size_t size = offsetof(struct drm_tnpu_vm_bind, syncs);
	struct drm_tnpu_vm_bind_op op[1];
	struct drm_tnpu_vm_bind args;
	struct async a;

	async_init(t, &a);
	memset(&args, 0xa5, sizeof(args));
	op[0] = async_map(a.bo[1], 1, a.va, 1);
	args.vm_id = a.b.vm;
	args.flags = 0;
	args.ops = uapi_array(op);
	expect_eq(uapi_dev_ioctl(t->dev, _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE,
					      DRM_COMMAND_BASE + DRM_TNPU_VM_BIND, size), &args),
		  0);
	expect_eq(args.syncs.count, 0xa5a5a5a5);
	uapi_bench_expect_word(t, &a.b, a.va, 2);
}

/* ---- Order --------------------------------------------------------------------------- */

UAPI_CASE(async_takes_effect)
{
	struct async a;

	async_init(t, &a);
	async_bind_one(t, &a, async_map(a.bo[1], 1, a.va, 2), a.done);
	expect_eq(uapi_wait(t, a.done, UAPI_LATE), 0);
	uapi_bench_expect_word(t, &a.b, a.va, 2);
	uapi_bench_expect_word(t, &a.b, a.va + UAPI_PAGE, 3);
	uapi_bench_expect_word(t, &a.b, a.va + 2 * UAPI_PAGE, 3);
	async_bind_one(t, &a, async_unmap(a.va, 1), a.done);
	expect_eq(uapi_wait(t, a.done, UAPI_LATE), 0);
	uapi_bench_expect_fault(t, &a.b, a.va);
}

/* Until what it waits for has signalled, the device sees what was there. */
UAPI_CASE(async_waits)
{
	struct async a;

	async_init(t, &a);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, 1));
	uapi_bench_expect_word(t, &a.b, a.va, 1);
	async_open_gate(t, &a);
	uapi_bench_expect_word(t, &a.b, a.va, 2);
	async_bind_one(t, &a, async_map(a.bo[1], 2, a.va, 1), a.done);
	expect_eq(uapi_wait(t, a.done, UAPI_LATE), 0);
	uapi_bench_expect_word(t, &a.b, a.va, 3);
}

UAPI_CASE(async_unmap_waits)
{
	struct async a;

	async_init(t, &a);
	async_bind_behind_gate(t, &a, async_unmap(a.va + UAPI_PAGE, 1));
	uapi_bench_expect_word(t, &a.b, a.va + UAPI_PAGE, 2);
	async_open_gate(t, &a);
	uapi_bench_expect_word(t, &a.b, a.va, 1);
	uapi_bench_expect_word(t, &a.b, a.va + 2 * UAPI_PAGE, 3);
	uapi_bench_expect_fault(t, &a.b, a.va + UAPI_PAGE);
}

/* One that waits for nothing is behind those before it. */
UAPI_CASE(async_order)
{
	struct async a;
	__u32 later;

	async_init(t, &a);
	later = uapi_syncobj_create(t);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, 1));
	async_bind_one(t, &a, async_unmap(a.va, 2), 0);
	async_bind_one(t, &a, async_map(a.bo[1], 2, a.va, 1), later);
	expect_eq(uapi_wait(t, later, UAPI_SOON), -ETIME);
	uapi_bench_expect_word(t, &a.b, a.va, 1);
	async_open_gate(t, &a);
	expect_eq(uapi_wait(t, later, UAPI_LATE), 0);
	uapi_bench_expect_word(t, &a.b, a.va, 3);
	uapi_bench_expect_fault(t, &a.b, a.va + UAPI_PAGE);
}

/* Those of another VM do not wait. */
UAPI_CASE(async_other_vm)
{
	struct async a, other;

	async_init(t, &a);
	async_init(t, &other);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, 1));
	async_bind_one(t, &other, async_map(other.bo[1], 2, other.va, 1), other.done);
	expect_eq(uapi_wait(t, other.done, UAPI_LATE), 0);
	uapi_bench_expect_word(t, &other.b, other.va, 3);
	expect_eq(uapi_wait(t, a.done, UAPI_SOON), -ETIME);
	async_open_gate(t, &a);
}

static void *async_open_gate_later(void *arg)
{
	uapi_pause(50);
	uapi_bench_release(arg);
	return NULL;
}

/* A call without ASYNC returns when those before it, and itself, have taken effect. */
UAPI_CASE(async_then_sync)
{
	pthread_t thread;
	struct async a;

	async_init(t, &a);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, 2));
	expect_eq(pthread_create(&thread, NULL, async_open_gate_later, &a.gate), 0);
	uapi_bind(t, a.b.vm, a.bo[1], 2 * UAPI_PAGE, a.va, UAPI_PAGE);
	expect_eq(uapi_wait(t, a.done, 0), 0);
	expect_eq(pthread_join(thread, NULL), 0);
	uapi_bench_expect_word(t, &a.b, a.va, 3);
	uapi_bench_expect_word(t, &a.b, a.va + UAPI_PAGE, 3);
}

/* Jobs are ordered by syncs, and may be submitted before. */
UAPI_CASE(async_job)
{
	struct async a;

	async_init(t, &a);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 3, a.va, 1));
	uapi_cmd_copy(&a.b, uapi_bench_data(&a.b, 2), a.va, sizeof(__u64));
	uapi_bench_submit_after(t, &a.b, async_wait_for(a.done));
	expect_eq(uapi_wait(t, a.b.syncobj, UAPI_SOON), -ETIME);
	async_open_gate(t, &a);
	uapi_bench_finish(t, &a.b);
	expect_eq(uapi_bench_load(&a.b, 2), 4);
}

/* Each waits for a point that the one before it signals, and the first for a job's. */
UAPI_CASE(async_timeline)
{
	struct drm_tnpu_vm_bind_op op[1];
	struct drm_tnpu_sync syncs[2];
	struct async a;
	__u32 timeline;
	__u64 i;

	async_init(t, &a);
	timeline = uapi_syncobj_create(t);
	uapi_bench_hold_point(t, &a.gate, timeline, 10);
	for (i = 1; i < ASYNC_PAGES; i++) {
		op[0] = async_map(a.bo[1], i, a.va, 1);
		syncs[0] = async_point(timeline, 0, 9 * i + 1);
		syncs[1] = async_point(timeline, DRM_TNPU_SYNC_SIGNAL, 10 * i + 10);
		expect_eq(uapi_bind_async(t, a.b.vm, uapi_array(op), uapi_array(syncs)), 0);
	}
	uapi_bench_expect_word(t, &a.b, a.va, 1);
	syncs[0] = async_point(timeline, 0, 10 * i + 1);
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array(op),
				  uapi_array_of(syncs, sizeof(syncs[0]), 1)), -EINVAL);
	syncs[0] = async_point(timeline, 0, 10 * i);
	syncs[1] = uapi_signal_of(a.done);
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array_of(NULL, 0, 0), uapi_array(syncs)), 0);
	expect_eq(uapi_wait(t, a.done, UAPI_SOON), -ETIME);
	uapi_bench_release(&a.gate);
	expect_eq(uapi_wait(t, a.done, UAPI_LATE), 0);
	uapi_bench_expect_word(t, &a.b, a.va, ASYNC_PAGES);
}

/* What it waits for may have signalled, or be several things, or the same one twice. */
UAPI_CASE(async_waits_for_several)
{
	struct drm_tnpu_vm_bind_op op[1];
	struct drm_tnpu_sync syncs[5];
	struct uapi_bench other;
	struct async a;

	async_init(t, &a);
	uapi_bench_works(t, &a.b);
	uapi_bench_hold_on(t, &a.gate, 20);
	other = a.gate;
	other.queue = uapi_queue_create(t, a.b.vm);
	other.syncobj = uapi_syncobj_create(t);
	uapi_bench_hold_on(t, &other, 21);
	syncs[0] = async_wait_for(a.b.syncobj);
	syncs[1] = async_wait_for(a.gate.syncobj);
	syncs[2] = async_wait_for(other.syncobj);
	syncs[3] = async_wait_for(a.gate.syncobj);
	syncs[4] = uapi_signal_of(a.done);
	op[0] = async_map(a.bo[1], 1, a.va, 1);
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array(op), uapi_array(syncs)), 0);
	uapi_bench_release_on(&a.gate, 21);
	uapi_bench_finish(t, &other);
	expect_eq(uapi_wait(t, a.done, UAPI_SOON), -ETIME);
	uapi_bench_expect_word(t, &a.b, a.va, 1);
	uapi_bench_release_on(&a.gate, 20);
	expect_eq(uapi_wait(t, a.done, UAPI_LATE), 0);
	uapi_bench_expect_word(t, &a.b, a.va, 2);
}

/* Without operations it is a fence behind those before it. */
UAPI_CASE(async_no_ops)
{
	struct drm_tnpu_obj_array none = { 0 };
	struct drm_tnpu_sync sync[1];
	struct async a;

	async_init(t, &a);
	sync[0] = uapi_signal_of(uapi_syncobj_create(t));
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, 1));
	expect_eq(uapi_bind_async(t, a.b.vm, none, none), 0);
	expect_eq(uapi_bind_async(t, a.b.vm, none, uapi_array(sync)), 0);
	expect_eq(uapi_wait(t, sync[0].handle, UAPI_SOON), -ETIME);
	async_open_gate(t, &a);
	expect_eq(uapi_wait(t, sync[0].handle, UAPI_LATE), 0);
}

UAPI_CASE(async_bo_wait)
{
	struct drm_tnpu_bo_wait wait = { 0 };
	struct async a;

	async_init(t, &a);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, 1));
	wait.handle = a.bo[1];
	wait.timeout_ns = UAPI_SOON;
	expect_ioctl(t, TNPU_BO_WAIT, &wait, -ETIME);
	wait.handle = a.bo[0];
	expect_ioctl(t, TNPU_BO_WAIT, &wait, -ETIME);
	async_open_gate(t, &a);
	wait.timeout_ns = UAPI_LATE;
	expect_ioctl(t, TNPU_BO_WAIT, &wait, 0);
	wait.handle = a.bo[1];
	expect_ioctl(t, TNPU_BO_WAIT, &wait, 0);
}

/* ---- What the device sees --------------------------------------------------------------- */

/* Large pages come, are cut and go, while nothing has taken effect yet. */
UAPI_CASE(async_huge)
{
	struct async a;
	__u32 huge;

	async_init(t, &a);
	huge = uapi_bo_numbered(t, 2 * UAPI_HUGE, DRM_TNPU_BO_LOCAL);
	async_bind_behind_gate(t, &a, async_map(huge, 0, a.va, 1024));
	async_bind_one(t, &a, async_unmap(a.va + 8 * UAPI_PAGE, 1), 0);
	async_bind_one(t, &a, async_map(a.bo[1], 3, a.va + 700 * UAPI_PAGE, 1), 0);
	async_bind_one(t, &a, async_map(huge, 0, a.va, 512), 0);
	async_bind_one(t, &a, async_unmap(a.va + 100 * UAPI_PAGE, 300), 0);
	async_bind_one(t, &a, async_map(a.bo[1], 2, a.va + 200 * UAPI_PAGE, 1), a.done);
	uapi_bench_expect_word(t, &a.b, a.va + 2 * UAPI_PAGE, 3);
	async_open_gate(t, &a);
	uapi_bench_expect_word(t, &a.b, a.va + 8 * UAPI_PAGE, 9);
	uapi_bench_expect_word(t, &a.b, a.va + 99 * UAPI_PAGE, 100);
	uapi_bench_expect_word(t, &a.b, a.va + 200 * UAPI_PAGE, 3);
	uapi_bench_expect_word(t, &a.b, a.va + 400 * UAPI_PAGE, 401);
	uapi_bench_expect_word(t, &a.b, a.va + 699 * UAPI_PAGE, 700);
	uapi_bench_expect_word(t, &a.b, a.va + 700 * UAPI_PAGE, 4);
	uapi_bench_expect_word(t, &a.b, a.va + 1023 * UAPI_PAGE, 1024);
	/* And once more, when no table is in use. */
	uapi_unbind(t, a.b.vm, a.va, 1024 * UAPI_PAGE);
	uapi_bind(t, a.b.vm, huge, 0, a.va, 1024 * UAPI_PAGE);
	uapi_bench_expect_word(t, &a.b, a.va + 700 * UAPI_PAGE, 701);
	uapi_unbind(t, a.b.vm, a.va + 100 * UAPI_PAGE, UAPI_PAGE);
}

/* In one call, the same place is mapped again and again. */
UAPI_CASE(async_overlapping)
{
	struct drm_tnpu_vm_bind_op op[6];
	struct drm_tnpu_sync sync[1];
	struct async a;
	__u32 huge;

	async_init(t, &a);
	huge = uapi_bo_numbered(t, UAPI_HUGE, DRM_TNPU_BO_LOCAL);
	sync[0] = uapi_signal_of(a.done);
	op[0] = async_map(huge, 0, a.va, 512);
	op[1] = async_map(a.bo[1], 0, a.va + UAPI_PAGE, 2);
	op[2] = async_unmap(a.va, 512);
	op[3] = async_map(a.bo[0], 2, a.va + 511 * UAPI_PAGE, 1);
	op[4] = async_map(huge, 0, a.va, 512);
	op[5] = async_map(a.bo[0], 3, a.va + 3 * UAPI_PAGE, 1);
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array(op), uapi_array(sync)), 0);
	expect_eq(uapi_wait(t, a.done, UAPI_LATE), 0);
	uapi_bench_expect_word(t, &a.b, a.va + UAPI_PAGE, 2);
	uapi_bench_expect_word(t, &a.b, a.va + 3 * UAPI_PAGE, 4);
	uapi_bench_expect_word(t, &a.b, a.va + 511 * UAPI_PAGE, 512);
}

/* What is about to be mapped or unmapped is kept, also when its handle is closed. */
UAPI_CASE(async_keeps_bo)
{
	struct async a;
	__u64 used;

	async_init(t, &a);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, ASYNC_PAGES - 1));
	used = uapi_usage(t).mem_used;
	uapi_bo_close(t, a.bo[0]);
	uapi_bo_close(t, a.bo[1]);
	async_bind_one(t, &a, async_unmap(a.va, ASYNC_PAGES), a.done);
	expect_eq(uapi_usage(t).mem_used, used);
	uapi_bench_expect_word(t, &a.b, a.va + (ASYNC_PAGES - 1) * UAPI_PAGE, ASYNC_PAGES);
	async_open_gate(t, &a);
	/* A call without ASYNC finds all behind it freed. */
	uapi_unbind(t, a.b.vm, a.va, UAPI_PAGE);
	expect_eq(uapi_usage(t).mem_used, used - ASYNC_PAGES * UAPI_PAGE);
}

/* The most operations that one call may carry, and they wait. */
UAPI_CASE(async_many_ops)
{
	static struct drm_tnpu_vm_bind_op ops[65536];
	__u32 i, n = t->info.max_bind_ops;
	struct drm_tnpu_sync sync[1];
	struct async a;

	async_init(t, &a);
	sync[0] = uapi_signal_of(a.done);
	expect_true(n < UAPI_ARRAY_SIZE(ops));
	for (i = 0; i <= n; i++)
		ops[i] = async_map(a.bo[1], i % ASYNC_PAGES, a.va + i * UAPI_PAGE, 1);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 3, a.va, 1));
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array_of(ops, sizeof(ops[0]), n + 1),
				  uapi_array(sync)), -E2BIG);
	expect_eq(uapi_bind_async(t, a.b.vm, uapi_array_of(ops, sizeof(ops[0]), n),
				  uapi_array(sync)), 0);
	uapi_bench_expect_word(t, &a.b, a.va, 1);
	async_open_gate(t, &a);
	uapi_bench_expect_word(t, &a.b, a.va, 1);
	uapi_bench_expect_word(t, &a.b, a.va + (n - 2) * UAPI_PAGE, (n - 2) % ASYNC_PAGES + 1);
}

/* Many calls, of which every other one waits for the one before. */
UAPI_CASE(async_many)
{
	struct drm_tnpu_vm_bind_op op[2];
	struct drm_tnpu_sync syncs[2];
	struct async a;
	__u32 i;

	async_init(t, &a);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, 1));
	for (i = 0; i < ASYNC_MANY; i++) {
		op[0] = async_unmap(a.va + (i + 1) % 3 * UAPI_PAGE, 1);
		op[1] = async_map(a.bo[i % 2], i % ASYNC_PAGES, a.va + i % 3 * UAPI_PAGE, 1);
		syncs[0] = uapi_signal_of(a.done);
		syncs[1] = async_wait_for(a.done);
		expect_eq(uapi_bind_async(t, a.b.vm, uapi_array(op),
					  uapi_array_of(syncs, sizeof(syncs[0]), 1 + i % 2)), 0);
	}
	expect_eq(uapi_wait(t, a.done, UAPI_SOON), -ETIME);
	async_open_gate(t, &a);
	i = ASYNC_MANY - 1;
	uapi_bench_expect_word(t, &a.b, a.va + i % 3 * UAPI_PAGE, i % ASYNC_PAGES + 1);
	uapi_bench_expect_fault(t, &a.b, a.va + (i + 1) % 3 * UAPI_PAGE);
}

/* ---- The end ------------------------------------------------------------------------------ */

static void async_destroy_vm(struct uapi_test *t, __u32 vm)
{
	struct drm_tnpu_vm_destroy args = { .id = vm };

	expect_ioctl(t, TNPU_VM_DESTROY, &args, 0);
}

/* A VM without queues goes with what is pending; what that waits for is another's. */
UAPI_CASE(async_destroy)
{
	struct drm_tnpu_vm_bind_op op[1];
	struct drm_tnpu_sync syncs[2];
	struct async a;
	__u32 vm;

	async_init(t, &a);
	vm = uapi_vm_create(t);
	uapi_bench_hold(t, &a.gate);
	op[0] = async_map(a.bo[1], 0, a.va, ASYNC_PAGES);
	syncs[0] = async_wait_for(a.gate.syncobj);
	syncs[1] = uapi_signal_of(a.done);
	expect_eq(uapi_bind_async(t, vm, uapi_array(op), uapi_array(syncs)), 0);
	expect_eq(uapi_bind_async(t, vm, uapi_array(op), uapi_array(syncs)), 0);
	expect_eq(uapi_wait(t, a.done, UAPI_SOON), -ETIME);
	async_destroy_vm(t, vm);
	expect_eq(uapi_wait(t, a.done, UAPI_LATE), 0);
	expect_eq(uapi_wait(t, a.gate.syncobj, UAPI_SOON), -ETIME);
	uapi_bench_release(&a.gate);
	uapi_bench_finish(t, &a.gate);
	uapi_bench_works(t, &a.b);
}

/* A queue keeps it alive, and what is pending takes effect. */
UAPI_CASE(async_destroy_with_queue)
{
	struct async a;

	async_init(t, &a);
	async_bind_behind_gate(t, &a, async_map(a.bo[1], 1, a.va, 1));
	async_destroy_vm(t, a.b.vm);
	expect_eq(uapi_wait(t, a.done, UAPI_SOON), -ETIME);
	async_open_gate(t, &a);
	uapi_bench_expect_word(t, &a.b, a.va, 2);
}

/* A client that closes with something pending leaves nothing. */
UAPI_CASE(async_close)
{
	struct drm_tnpu_usage_info before = uapi_usage(t), after;
	struct uapi_test other = { .info = t->info };
	struct async a;

	expect_eq(uapi_dev_open(&other.dev), 0);
	async_init(&other, &a);
	async_bind_behind_gate(&other, &a, async_map(a.bo[1], 1, a.va, 2));
	async_bind_one(&other, &a, async_unmap(a.va, ASYNC_PAGES), 0);
	expect_eq(uapi_dev_munmap(other.dev, a.b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(other.dev);
	after = uapi_usage(t);
	expect_eq(after.contexts, before.contexts);
	expect_eq(after.queues, before.queues);
	expect_eq(after.mem_used, before.mem_used);
	expect_eq(after.sysmem_used, before.sysmem_used);
}
