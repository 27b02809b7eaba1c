// SPDX-License-Identifier: GPL-2.0
/*
 * What out-fences carry. Waits for a syncobj do not tell it; a sync file's status does.
 */
#include <linux/sync_file.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "driver_cases.h"

/* New in Linux 6.6; libdrm's headers may be older. */
#ifndef DRM_IOCTL_SYNCOBJ_EVENTFD
struct drm_syncobj_eventfd {
	__u32 handle;
	__u32 flags;
	__u64 point;
	__s32 fd;
	__u32 pad;
};

#define DRM_IOCTL_SYNCOBJ_EVENTFD	DRM_IOWR(0xcf, struct drm_syncobj_eventfd)
#endif

#define FENCE_PENDING	0
#define FENCE_OK	1

int fence_export(struct uapi_test *t, __u32 syncobj)
{
	struct drm_syncobj_handle args = {
		.handle = syncobj,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};

	expect_ioctl(t, SYNCOBJ_HANDLE_TO_FD, &args, 0);
	return args.fd;
}

int fence_status(int fd)
{
	struct sync_file_info info = { 0 };

	expect_eq(ioctl(fd, SYNC_IOC_FILE_INFO, &info), 0);
	return info.status;
}

static void fence_destroy_queue(struct uapi_test *t, const struct uapi_bench *b)
{
	struct drm_tnpu_queue_destroy args = { .id = b->queue };

	expect_ioctl(t, TNPU_QUEUE_DESTROY, &args, 0);
}

UAPI_CASE(fence_job)
{
	struct uapi_bench b;
	int fd;

	uapi_bench_init(t, &b);
	uapi_bench_hold(t, &b);
	fd = fence_export(t, b.syncobj);
	expect_eq(fence_status(fd), FENCE_PENDING);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	expect_eq(fence_status(fd), FENCE_OK);
}

/* The queue is destroyed while a job runs and one is behind it. */
UAPI_CASE(fence_destroyed)
{
	int running, behind;
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	uapi_bench_hold(t, &b);
	running = fence_export(t, b.syncobj);
	uapi_cmd_nop(&b);
	uapi_bench_submit(t, &b);
	behind = fence_export(t, b.syncobj);
	expect_eq(fence_status(running), FENCE_PENDING);
	expect_eq(fence_status(behind), FENCE_PENDING);
	fence_destroy_queue(t, &b);
	uapi_bench_finish(t, &b);
	expect_eq(fence_status(running), -ECANCELED);
	expect_eq(fence_status(behind), -ECANCELED);
}

/* It is destroyed while its job waits for another queue's, which is none the worse for it. */
UAPI_CASE(fence_destroyed_waiting)
{
	struct uapi_bench b, other;
	int waiting, held;

	uapi_bench_init(t, &b);
	uapi_bench_fork(t, &other, &b);
	uapi_bench_hold(t, &other);
	held = fence_export(t, other.syncobj);
	uapi_cmd_nop(&b);
	uapi_bench_submit_after(t, &b, (struct drm_tnpu_sync){ .handle = other.syncobj });
	waiting = fence_export(t, b.syncobj);
	expect_eq(fence_status(waiting), FENCE_PENDING);
	fence_destroy_queue(t, &b);
	expect_eq(fence_status(held), FENCE_PENDING);
	uapi_bench_release(&other);
	uapi_bench_finish(t, &b);
	expect_eq(fence_status(waiting), -ECANCELED);
	uapi_bench_finish(t, &other);
	expect_eq(fence_status(held), FENCE_OK);
}

/* Of a job that fails, and of one behind it; it must not fail before that is submitted. */
UAPI_CASE(fence_failed)
{
	int guilty, behind;
	struct uapi_bench b, other;

	uapi_bench_init(t, &b);
	uapi_bench_fork(t, &other, &b);
	uapi_bench_hold(t, &other);
	uapi_cmd_store(&b, b.va + UAPI_BENCH_SIZE, 1);
	uapi_bench_submit_after(t, &b, (struct drm_tnpu_sync){ .handle = other.syncobj });
	guilty = fence_export(t, b.syncobj);
	uapi_cmd_nop(&b);
	uapi_bench_submit(t, &b);
	behind = fence_export(t, b.syncobj);
	uapi_bench_release(&other);
	uapi_bench_finish(t, &b);
	expect_eq(fence_status(guilty), -EIO);
	expect_eq(fence_status(behind), -ECANCELED);
}

UAPI_CASE(fence_timeout)
{
	struct uapi_bench b;
	int fd;

	uapi_bench_init(t, &b);
	b.queue = uapi_queue_create_timeout(t, b.vm, 100);
	uapi_bench_hold(t, &b);
	fd = fence_export(t, b.syncobj);
	uapi_bench_finish(t, &b);
	expect_eq(fence_status(fd), -EIO);
}

static int fence_eventfd_of(struct uapi_test *t, __u32 syncobj, __u64 point)
{
	struct drm_syncobj_eventfd args = {
		.handle = syncobj,
		.point = point,
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};

	expect_true(args.fd >= 0);
	expect_ioctl(t, SYNCOBJ_EVENTFD, &args, 0);
	return args.fd;
}

static bool fence_eventfd_raised(int fd, int timeout_ms)
{
	struct pollfd events = { .fd = fd, .events = POLLIN };

	return poll(&events, 1, timeout_ms) == 1;
}

/* Who waits for other things as well, waits for a job by poll(). */
UAPI_CASE(fence_eventfd)
{
	struct uapi_bench b, timed;
	__u32 timeline;
	int binary, point;

	uapi_bench_init(t, &b);
	uapi_bench_fork(t, &timed, &b);
	timeline = uapi_syncobj_create(t);
	uapi_bench_hold(t, &b);
	uapi_bench_hold_point(t, &timed, timeline, 7);
	binary = fence_eventfd_of(t, b.syncobj, 0);
	point = fence_eventfd_of(t, timeline, 7);
	expect_true(!fence_eventfd_raised(binary, 0));
	expect_true(!fence_eventfd_raised(point, 0));
	uapi_bench_release(&b);
	expect_true(fence_eventfd_raised(binary, -1));
	expect_true(fence_eventfd_raised(point, -1));
	uapi_bench_finish(t, &b);
	close(binary);
	close(point);
}
