// SPDX-License-Identifier: GPL-2.0
/*
 * What out-fences carry. Waits for a syncobj do not tell it; a sync file's status does.
 */
#include <linux/sync_file.h>
#include <sys/ioctl.h>

#include "driver_cases.h"

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
