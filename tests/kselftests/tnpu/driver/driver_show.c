// SPDX-License-Identifier: GPL-2.0
/*
 * What people and their tools look at: sysfs, fdinfo, trace events.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver_cases.h"

#define SHOW_FILL	(8 * UAPI_HUGE)
#define SHOW_EVENTS	"/sys/kernel/tracing/events/tnpu/enable"
#define SHOW_TRACE	"/sys/kernel/tracing/trace"

/* The device works for a moment. */
static void show_work(struct uapi_test *t, struct uapi_bench *b, __u32 bo)
{
	struct tnpu_cmd_fill fill = {
		.hdr = { TNPU_OP_FILL, 0, sizeof(fill) },
		.dst = b->va + 64 * UAPI_HUGE,
		.size = SHOW_FILL,
	};

	uapi_bind(t, b->vm, bo, 0, fill.dst, SHOW_FILL);
	uapi_bench_add(b, &fill, sizeof(fill));
	uapi_bench_run(t, b);
}

UAPI_CASE(show_sysfs)
{
	unsigned long long busy = sysfs_device_number("npu_busy_time_us");
	unsigned long long used = sysfs_device_number("npu_memory_utilization");
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	show_work(t, &b, uapi_bo_create(t, SHOW_FILL, DRM_TNPU_BO_LOCAL));
	expect_true(sysfs_device_number("npu_busy_time_us") > busy);
	expect_eq(sysfs_device_number("npu_memory_utilization"),
		  used + SHOW_FILL + UAPI_BENCH_SIZE);
	expect_eq(sysfs_device_number("npu_memory_utilization"), uapi_usage(t).mem_used);
}

unsigned long long show_number(int fd, const char *key)
{
	unsigned long long value = ~0ull;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	expect_true(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
			value = strtoull(line + strlen(key) + 1, NULL, 10);
	fclose(f);
	expect_true(value != ~0ull);
	return value;
}

/* The keys of the kernel's Documentation/gpu/drm-usage-stats.rst; these sizes are whole MiB. */
UAPI_CASE(show_fdinfo)
{
	int fd = uapi_dev_fd(t->dev);
	__u32 local = uapi_bo_create(t, SHOW_FILL, DRM_TNPU_BO_LOCAL);
	unsigned long long busy = show_number(fd, "drm-engine-npu");
	unsigned long long cycles = show_number(fd, "drm-cycles-npu");
	struct uapi_bench b;

	uapi_bo_create(t, 2 * UAPI_HUGE, 0);
	expect_eq(show_number(fd, "drm-total-local"), SHOW_FILL >> 20);
	expect_eq(show_number(fd, "drm-resident-local"), SHOW_FILL >> 20);
	expect_eq(show_number(fd, "drm-shared-local"), 0);
	expect_eq(show_number(fd, "drm-purgeable-local"), 0);
	expect_eq(show_number(fd, "drm-total-memory"), 2 * UAPI_HUGE >> 20);
	expect_eq(show_number(fd, "drm-resident-memory"), 2 * UAPI_HUGE >> 20);
	uapi_bench_init(t, &b);
	expect_eq(show_number(fd, "drm-active-local"), 0);
	uapi_bench_hold(t, &b);
	expect_true(show_number(fd, "drm-active-local") > 0);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	show_work(t, &b, local);
	busy = show_number(fd, "drm-engine-npu") - busy;
	cycles = show_number(fd, "drm-cycles-npu") - cycles;
	expect_true(busy > 0);
	expect_eq(show_number(fd, "drm-maxfreq-npu"), t->info.timestamp_hz);
	/* The same time by both clocks, but for what is less than a nanosecond. */
	expect_true(llabs((long long)(cycles * 1e9 / t->info.timestamp_hz) - (long long)busy) <= 1);
}

static bool show_traced(const char *event)
{
	bool found = false;
	char line[512];
	FILE *f = fopen(SHOW_TRACE, "r");

	expect_true(f);
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, event);
	fclose(f);
	return found;
}

/* A job that works and one that faults leave their marks. */
UAPI_CASE(show_trace)
{
	static const char * const events[] = {
		"tnpu_job_submit: ", "tnpu_job_run: ", "tnpu_job_done: ", "tnpu_fault: ",
		"tnpu_mbox: ",
	};
	struct uapi_bench b;
	unsigned int i;

	expect_eq(sysfs_write(SHOW_TRACE, "\n"), 0);
	expect_eq(sysfs_write(SHOW_EVENTS, "1"), 0);
	uapi_bench_init(t, &b);
	uapi_bench_works(t, &b);
	uapi_cmd_store(&b, b.va + UAPI_BENCH_SIZE, 1);
	uapi_bench_run(t, &b);
	expect_eq(sysfs_write(SHOW_EVENTS, "0"), 0);
	for (i = 0; i < UAPI_ARRAY_SIZE(events); i++)
		expect_true(show_traced(events[i]));
}
