// SPDX-License-Identifier: GPL-2.0
/*
 * The DRM core's syncobjs, as far as users of this driver need them.
 */
#include "uapi_cases.h"

#define SYNCOBJ_POINTS	4

static void syncobj_signal(struct uapi_test *t, __u32 handle)
{
	struct drm_syncobj_array args = { .handles = (uintptr_t)&handle, .count_handles = 1 };

	expect_ioctl(t, SYNCOBJ_SIGNAL, &args, 0);
}

static void syncobj_signal_point(struct uapi_test *t, __u32 handle, __u64 point)
{
	struct drm_syncobj_timeline_array args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
	};

	expect_ioctl(t, SYNCOBJ_TIMELINE_SIGNAL, &args, 0);
}

static __u64 syncobj_query(struct uapi_test *t, __u32 handle, __u32 flags)
{
	__u64 point = ~0ull;
	struct drm_syncobj_timeline_array args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
		.flags = flags,
	};

	expect_ioctl(t, SYNCOBJ_QUERY, &args, 0);
	return point;
}

UAPI_CASE(syncobj_create)
{
	struct drm_syncobj_create args = { .flags = DRM_SYNCOBJ_CREATE_SIGNALED };

	expect_ioctl(t, SYNCOBJ_CREATE, &args, 0);
	expect_eq(uapi_wait(t, args.handle, 0), 0);
	args.flags = DRM_SYNCOBJ_CREATE_SIGNALED << 1;
	expect_ioctl(t, SYNCOBJ_CREATE, &args, -EINVAL);
}

UAPI_CASE(syncobj_destroy)
{
	struct drm_syncobj_destroy args = { .handle = uapi_syncobj_create(t), .pad = 1 };

	expect_ioctl(t, SYNCOBJ_DESTROY, &args, -EINVAL);
	args.pad = 0;
	expect_ioctl(t, SYNCOBJ_DESTROY, &args, 0);
	expect_ioctl(t, SYNCOBJ_DESTROY, &args, -EINVAL);
}

UAPI_CASE(syncobj_signal_reset)
{
	__u32 handle = uapi_syncobj_create(t);
	struct drm_syncobj_array args = { .handles = (uintptr_t)&handle, .count_handles = 1 };

	expect_eq(uapi_wait(t, handle, 0), -EINVAL);
	syncobj_signal(t, handle);
	expect_eq(uapi_wait(t, handle, 0), 0);
	expect_ioctl(t, SYNCOBJ_RESET, &args, 0);
	expect_eq(uapi_wait(t, handle, 0), -EINVAL);
}

UAPI_CASE(syncobj_array_args)
{
	__u32 handle = uapi_syncobj_create(t);
	struct drm_syncobj_array args = { .handles = (uintptr_t)&handle };

	expect_ioctl(t, SYNCOBJ_SIGNAL, &args, -EINVAL);
	expect_ioctl(t, SYNCOBJ_RESET, &args, -EINVAL);
	args.count_handles = 1;
	args.pad = 1;
	expect_ioctl(t, SYNCOBJ_SIGNAL, &args, -EINVAL);
	expect_ioctl(t, SYNCOBJ_RESET, &args, -EINVAL);
	args.pad = 0;
	args.handles = (uintptr_t)uapi_page_end(0);
	expect_ioctl(t, SYNCOBJ_SIGNAL, &args, -EFAULT);
	expect_ioctl(t, SYNCOBJ_RESET, &args, -EFAULT);
	args.handles = (uintptr_t)&handle;
	handle = UAPI_BAD_HANDLE;
	expect_ioctl(t, SYNCOBJ_SIGNAL, &args, -ENOENT);
	expect_ioctl(t, SYNCOBJ_RESET, &args, -ENOENT);
}

UAPI_CASE(syncobj_wait_args)
{
	__u32 handle = UAPI_BAD_HANDLE;
	struct drm_syncobj_wait args = { .handles = (uintptr_t)&handle, .count_handles = 1 };

	expect_ioctl(t, SYNCOBJ_WAIT, &args, -ENOENT);
	args.handles = (uintptr_t)uapi_page_end(0);
	expect_ioctl(t, SYNCOBJ_WAIT, &args, -EFAULT);
	args.flags = 1u << 31;
	expect_ioctl(t, SYNCOBJ_WAIT, &args, -EINVAL);
	args.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;
	expect_ioctl(t, SYNCOBJ_WAIT, &args, -EINVAL);
	args.flags = 0;
	args.count_handles = 0;
	expect_ioctl(t, SYNCOBJ_WAIT, &args, 0);
}

UAPI_CASE(syncobj_wait_for_submit)
{
	__u32 handle = uapi_syncobj_create(t);
	struct drm_syncobj_wait args = {
		.handles = (uintptr_t)&handle,
		.count_handles = 1,
		.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
	};

	expect_ioctl(t, SYNCOBJ_WAIT, &args, -ETIME);
	args.timeout_nsec = UAPI_SOON;
	expect_ioctl(t, SYNCOBJ_WAIT, &args, -ETIME);
	syncobj_signal(t, handle);
	args.timeout_nsec = UAPI_LATE;
	expect_ioctl(t, SYNCOBJ_WAIT, &args, 0);
}

UAPI_CASE(syncobj_wait_any_all)
{
	__u32 handles[3];
	struct drm_syncobj_wait args = {
		.handles = (uintptr_t)handles,
		.count_handles = 3,
		.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
	};
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	uapi_bench_hold(t, &b);
	handles[0] = b.syncobj;
	handles[1] = uapi_syncobj_create(t);
	handles[2] = uapi_syncobj_create(t);
	syncobj_signal(t, handles[2]);
	expect_ioctl(t, SYNCOBJ_WAIT, &args, 0);
	expect_eq(args.first_signaled, 2);
	args.flags |= DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL;
	args.timeout_nsec = UAPI_SOON;
	expect_ioctl(t, SYNCOBJ_WAIT, &args, -ETIME);
	syncobj_signal(t, handles[1]);
	uapi_bench_release(&b);
	args.timeout_nsec = UAPI_LATE;
	expect_ioctl(t, SYNCOBJ_WAIT, &args, 0);
}

UAPI_CASE(syncobj_timeline)
{
	__u32 handle = uapi_syncobj_create(t);

	expect_eq(syncobj_query(t, handle, 0), 0);
	syncobj_signal_point(t, handle, 3);
	expect_eq(syncobj_query(t, handle, 0), 3);
	syncobj_signal_point(t, handle, 1ull << 40);
	expect_eq(syncobj_query(t, handle, 0), 1ull << 40);
	syncobj_signal(t, handle);
	expect_eq(syncobj_query(t, handle, 0), 0);
}

UAPI_CASE(syncobj_timeline_pending)
{
	const __u32 last = DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED;
	struct uapi_bench b;
	__u32 handle;

	uapi_bench_init(t, &b);
	handle = uapi_syncobj_create(t);
	syncobj_signal_point(t, handle, 2);
	uapi_bench_hold_point(t, &b, handle, 5);
	syncobj_signal_point(t, handle, 9);
	expect_eq(syncobj_query(t, handle, 0), 2);
	expect_eq(syncobj_query(t, handle, last), 9);
	uapi_bench_release(&b);
	expect_eq(uapi_wait(t, handle, UAPI_LATE), 0);
	expect_eq(syncobj_query(t, handle, 0), 9);
}

UAPI_CASE(syncobj_timeline_wait)
{
	__u64 point = 4;
	__u32 handle;
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
	};
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	handle = uapi_syncobj_create(t);
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, -EINVAL);
	args.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, -ETIME);
	uapi_bench_hold_point(t, &b, handle, 6);
	args.flags = 0;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, -ETIME);
	args.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, 0);
	args.flags = 0;
	uapi_bench_release(&b);
	args.timeout_nsec = UAPI_LATE;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, 0);
	point = 6;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, 0);
	point = 7;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, -EINVAL);
	point = 0;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, 0);
}

/* A point whose predecessors are not there yet is not reached, though its own fence is. */
UAPI_CASE(syncobj_timeline_order)
{
	__u64 point = 8;
	__u32 handle;
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
	};
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	handle = uapi_syncobj_create(t);
	uapi_bench_hold_point(t, &b, handle, 4);
	syncobj_signal_point(t, handle, 8);
	args.timeout_nsec = UAPI_SOON;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, -ETIME);
	uapi_bench_release(&b);
	args.timeout_nsec = UAPI_LATE;
	expect_ioctl(t, SYNCOBJ_TIMELINE_WAIT, &args, 0);
}

UAPI_CASE(syncobj_timeline_args)
{
	__u64 point = 1;
	__u32 handle = uapi_syncobj_create(t);
	struct drm_syncobj_timeline_array args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
	};

	expect_ioctl(t, SYNCOBJ_TIMELINE_SIGNAL, &args, -EINVAL);
	expect_ioctl(t, SYNCOBJ_QUERY, &args, -EINVAL);
	args.count_handles = 1;
	args.flags = 2;
	expect_ioctl(t, SYNCOBJ_TIMELINE_SIGNAL, &args, -EINVAL);
	expect_ioctl(t, SYNCOBJ_QUERY, &args, -EINVAL);
	args.flags = 0;
	args.points = (uintptr_t)uapi_page_end(0);
	expect_ioctl(t, SYNCOBJ_TIMELINE_SIGNAL, &args, -EFAULT);
	expect_ioctl(t, SYNCOBJ_QUERY, &args, -EFAULT);
	args.points = (uintptr_t)&point;
	handle = UAPI_BAD_HANDLE;
	expect_ioctl(t, SYNCOBJ_TIMELINE_SIGNAL, &args, -ENOENT);
	expect_ioctl(t, SYNCOBJ_QUERY, &args, -ENOENT);
}

/*
 * A long timeline: what has signalled is forgotten, and freed without deep recursion. Not longer,
 * for a job cannot be held for more than some seconds.
 */
UAPI_CASE(syncobj_timeline_long)
{
	__u32 handle = uapi_syncobj_create(t);
	struct uapi_bench b;
	__u64 i;

	uapi_bench_init(t, &b);
	/* Kernels with their debugging on take seconds for all of this. */
	b.queue = uapi_queue_create_timeout(t, b.vm, 20000);
	uapi_bench_hold_point(t, &b, handle, 1);
	for (i = 2; i <= 3000; i++)
		syncobj_signal_point(t, handle, i);
	expect_eq(syncobj_query(t, handle, 0), 0);
	uapi_bench_release(&b);
	expect_eq(uapi_wait(t, handle, UAPI_LATE), 0);
	expect_eq(syncobj_query(t, handle, 0), 3000);
}
