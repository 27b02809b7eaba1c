// SPDX-License-Identifier: GPL-2.0
/*
 * The debugfs files that show what there is, and the one that resets the device.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver_cases.h"

/* Sizes that nobody else has. */
#define DEBUGFS_LOCAL	(37 * UAPI_PAGE)
#define DEBUGFS_SYSTEM	(41 * UAPI_PAGE)

/* A multiple of the entries that a ring has. */
#define DEBUGFS_RING	256u

static void debugfs_path(struct uapi_test *t, const char *name, char *path, size_t size)
{
	char slot[NAME_MAX];

	if (access("/sys/kernel/debug/accel", X_OK))
		uapi_skip(t, "no debugfs");
	sysfs_device_slot(slot, sizeof(slot));
	snprintf(path, size, "/sys/kernel/debug/accel/%s/%s", slot, name);
}

static FILE *debugfs_open(struct uapi_test *t, const char *name)
{
	char path[PATH_MAX];
	FILE *f;

	debugfs_path(t, name, path, sizeof(path));
	f = fopen(path, "r");
	expect_true(f);
	return f;
}

/* Lines of a file, and the sums of its numbers by column. */
static unsigned int debugfs_sum(struct uapi_test *t, const char *name, unsigned long long *sums,
				unsigned int columns)
{
	FILE *f = debugfs_open(t, name);
	unsigned int lines, i;
	char line[256];

	for (lines = 0; fgets(line, sizeof(line), f); lines++) {
		char *at = line;

		for (i = 0; i < columns; i++)
			sums[i] += strtoull(at, &at, 10);
	}
	fclose(f);
	return lines;
}

/* A line of titles, then one for each queue and VM, those of the driver's own too. */
UAPI_CASE(debugfs_lists)
{
	enum { SLOT, PRIORITY, SUBMITTED, COMPLETED, COLUMNS };
	unsigned long long before[COLUMNS] = { 0 }, after[COLUMNS] = { 0 };
	struct drm_tnpu_usage_info usage;
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	usage = uapi_usage(t);
	expect_eq(debugfs_sum(t, "queues", before, COLUMNS), usage.queues + 1);
	uapi_bench_works(t, &b);
	expect_eq(debugfs_sum(t, "queues", after, COLUMNS), usage.queues + 1);
	expect_eq(after[SUBMITTED], before[SUBMITTED] + 1);
	expect_eq(after[COMPLETED], after[SUBMITTED]);
	expect_eq(debugfs_sum(t, "vms", NULL, 0), usage.contexts + 1);
	expect_true(debugfs_sum(t, "firmware_log", NULL, 0) > 0);
}

/* BOs that are told of with these properties. */
static int debugfs_count_bos(struct uapi_test *t, size_t size, const char *place, int handles,
			     int exported, int one_vm)
{
	char line[256], where[16];
	int users, h, e, v, n = 0;
	FILE *f = debugfs_open(t, "bos");
	size_t s;

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%zu %15s %d %d %d %d", &s, where, &users, &h, &e, &v) == 6)
			n += s == size && !strcmp(where, place) && users > 0 && h == handles &&
			     e == exported && v == one_vm;
	fclose(f);
	return n;
}

static __u32 debugfs_create(struct uapi_test *t, size_t size, __u32 flags, __u32 vm)
{
	struct drm_tnpu_bo_create args = { .size = size, .flags = flags, .vm_id = vm };

	expect_ioctl(t, TNPU_BO_CREATE, &args, 0);
	return args.handle;
}

UAPI_CASE(debugfs_bos)
{
	struct drm_prime_handle export = { .flags = DRM_CLOEXEC };
	__u32 local, system;

	local = debugfs_create(t, DEBUGFS_LOCAL, DRM_TNPU_BO_LOCAL, uapi_vm_create(t));
	system = debugfs_create(t, DEBUGFS_SYSTEM, 0, 0);
	expect_eq(debugfs_count_bos(t, DEBUGFS_LOCAL, "local", 1, 0, 1), 1);
	expect_eq(debugfs_count_bos(t, DEBUGFS_SYSTEM, "memory", 1, 0, 0), 1);
	export.handle = system;
	expect_ioctl(t, PRIME_HANDLE_TO_FD, &export, 0);
	expect_eq(debugfs_count_bos(t, DEBUGFS_SYSTEM, "memory", 1, 1, 0), 1);
	uapi_bo_close(t, system);
	uapi_bo_close(t, local);
	expect_eq(debugfs_count_bos(t, DEBUGFS_LOCAL, "local", 1, 0, 1), 0);
	close(export.fd);
}

/* Jobs in rings whose streams are the bench's; they have numbers from @first on. */
static unsigned int debugfs_count_jobs(struct uapi_test *t, const struct uapi_bench *b, __u64 first)
{
	unsigned long long seq, stream;
	FILE *f = debugfs_open(t, "rings");
	unsigned int queue, bytes, n = 0;
	char line[256];

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%u %llu %llx %u", &queue, &seq, &stream, &bytes) != 4)
			continue;
		if (stream < b->va || stream >= b->va + UAPI_BENCH_SIZE)
			continue;
		expect_eq(seq, first + n);
		expect_true(bytes > 0);
		n++;
	}
	fclose(f);
	return n;
}

/* The scheduler puts jobs into the ring in its own time. */
static void debugfs_await_jobs(struct uapi_test *t, const struct uapi_bench *b, __u64 first,
			       unsigned int jobs)
{
	const __s64 late = UAPI_LATE;

	while (debugfs_count_jobs(t, b, first) < jobs && uapi_deadline(0) < late)
		uapi_pause(1);
	expect_eq(debugfs_count_jobs(t, b, first), jobs);
}

static void debugfs_submit(struct uapi_test *t, struct uapi_bench *b, unsigned int jobs)
{
	while (jobs--) {
		uapi_cmd_nop(b);
		uapi_bench_submit(t, b);
	}
}

/* Where it begins again at its start, a ring is shown in order all the same. */
UAPI_CASE(debugfs_rings)
{
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	debugfs_submit(t, &b, DEBUGFS_RING - 2);
	uapi_bench_finish(t, &b);
	uapi_bench_hold(t, &b);
	debugfs_submit(t, &b, 3);
	debugfs_await_jobs(t, &b, DEBUGFS_RING - 1, 4);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	expect_eq(debugfs_count_jobs(t, &b, 1), 0);
}

/* No queue is guilty. One that had a job on the device has lost it, another one goes on. */
UAPI_CASE(debugfs_reset)
{
	struct uapi_bench busy, idle;
	char path[PATH_MAX];
	__u32 resets;
	int fd;

	debugfs_path(t, "reset", path, sizeof(path));
	uapi_bench_init(t, &idle);
	uapi_bench_works(t, &idle);
	uapi_bench_init(t, &busy);
	uapi_bench_hold(t, &busy);
	debugfs_await_jobs(t, &busy, 1, 1);
	fd = fence_export(t, busy.syncobj);
	resets = uapi_usage(t).reset_count;
	expect_eq(sysfs_write(path, "2"), -EINVAL);
	expect_eq(uapi_usage(t).reset_count, resets);
	expect_eq(fence_status(fd), 0);
	expect_eq(sysfs_write(path, "1"), 0);
	expect_eq(uapi_usage(t).reset_count, resets + 1);
	expect_eq(fence_status(fd), -ECANCELED);
	expect_eq(uapi_state(t, busy.queue).state, DRM_TNPU_QUEUE_STATE_INNOCENT);
	uapi_bench_works(t, &idle);
}
