// SPDX-License-Identifier: GPL-2.0
/*
 * Power management.
 *
 * System sleep ends after all callbacks of drivers have run, by /sys/power/pm_test. Where the
 * environment variable TNPU_TEST_SLEEP is set it is real, and the real-time clock's alarm ends it.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver_cases.h"

#define PM_STATUS	"power/runtime_status"
#define PM_SIZE		(3 * UAPI_HUGE + 5 * UAPI_PAGE)

/* ---- Runtime --------------------------------------------------------------------------- */

/* Asleep, memory keeps what it holds; the CPU's next access wakes the device, as does a job. */
UAPI_CASE(pm_runtime_sleeps)
{
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	*uapi_bench_word(&b, 3) = 0x1234567;
	uapi_bench_works(t, &b);
	sysfs_device_await(PM_STATUS, "suspended");
	expect_eq(uapi_bench_load(&b, 3), 0x1234567);
	expect_true(sysfs_device_is(PM_STATUS, "active"));
	sysfs_device_await(PM_STATUS, "suspended");
	*uapi_bench_word(&b, 4) = 0x7654321;
	expect_true(sysfs_device_is(PM_STATUS, "active"));
	sysfs_device_await(PM_STATUS, "suspended");
	uapi_bench_works(t, &b);
	expect_eq(uapi_bench_load(&b, 3), 0x1234567);
	expect_eq(uapi_bench_load(&b, 4), 0x7654321);
}

/* What is kept open does not keep the device awake, and closing it works. */
UAPI_CASE(pm_runtime_close)
{
	struct uapi_test other = { .info = t->info };
	struct uapi_bench b;

	expect_eq(uapi_dev_open(&other.dev), 0);
	uapi_bench_init(&other, &b);
	sysfs_device_await(PM_STATUS, "suspended");
	expect_eq(uapi_dev_munmap(other.dev, b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(other.dev);
	sysfs_device_await(PM_STATUS, "suspended");
}

UAPI_CASE(pm_runtime_job)
{
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	uapi_bench_hold(t, &b);
	uapi_pause(3000);
	expect_true(sysfs_device_is(PM_STATUS, "active"));
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	sysfs_device_await(PM_STATUS, "suspended");
}

/* ---- System ---------------------------------------------------------------------------- */

int pm_sleep(const char *state)
{
	const char *test = getenv("TNPU_TEST_SLEEP") ? "none" : "platform";
	int ret;

	expect_eq(sysfs_write("/sys/power/pm_test", test), 0);
	expect_eq(sysfs_write("/sys/module/suspend/parameters/pm_test_delay", "1"), 0);
	if (strcmp(test, "platform")) {
		expect_eq(sysfs_write("/sys/class/rtc/rtc0/wakealarm", "0"), 0);
		expect_eq(sysfs_write("/sys/class/rtc/rtc0/wakealarm", "+4"), 0);
	}
	ret = sysfs_write("/sys/power/state", state);
	expect_eq(sysfs_write("/sys/power/pm_test", "none"), 0);
	return ret;
}

/* A job that does not end, and has begun. */
static void pm_hold(struct uapi_test *t, struct uapi_bench *b)
{
	__s64 late = UAPI_LATE;

	uapi_cmd_store(b, uapi_bench_data(b, 1), 1);
	uapi_bench_hold(t, b);
	while (!uapi_bench_load(b, 1) && uapi_deadline(0) < late)
		sched_yield();
}

static void pm_fill(__u64 *p, __u64 first)
{
	size_t i;

	for (i = 0; i < PM_SIZE / sizeof(*p); i++)
		p[i] = first + i;
}

static void pm_expect(const __u64 *p, __u64 first)
{
	size_t i;

	for (i = 0; i < PM_SIZE / sizeof(*p); i++)
		expect_eq(p[i], first + i);
}

/* Memory of both kinds keeps what it holds, and a queue that was idle goes on. */
static void pm_keeps(struct uapi_test *t, const char *state)
{
	__u32 local = uapi_bo_create(t, PM_SIZE, DRM_TNPU_BO_LOCAL);
	__u32 system = uapi_bo_create(t, PM_SIZE, 0);
	__u64 *p = uapi_bo_map(t, local, PM_SIZE);
	__u64 *q = uapi_bo_map(t, system, PM_SIZE);
	struct uapi_bench b;
	unsigned int round;

	uapi_bench_init(t, &b);
	for (round = 0; round < 2; round++) {
		pm_fill(p, round * PM_SIZE);
		pm_fill(q, (round + 2) * PM_SIZE);
		uapi_bench_works(t, &b);
		expect_eq(pm_sleep(state), 0);
		pm_expect(p, round * PM_SIZE);
		pm_expect(q, (round + 2) * PM_SIZE);
		uapi_bench_works(t, &b);
	}
}

UAPI_CASE(pm_idle_keeps)
{
	pm_keeps(t, "freeze");
}

UAPI_CASE(pm_mem_keeps)
{
	pm_keeps(t, "mem");
}

/* What was moved out of device memory stays where it is, and comes back when it is used. */
UAPI_CASE(pm_mem_evicted)
{
	__u32 bo = uapi_bo_create(t, PM_SIZE, DRM_TNPU_BO_LOCAL);
	__u64 *p = uapi_bo_map(t, bo, PM_SIZE);
	int fd = uapi_dev_fd(t->dev);
	struct uapi_bench b;
	__u64 va;

	pm_fill(p, PM_SIZE);
	uapi_bo_close(t, uapi_bo_create(t, t->info.mem_size - PM_SIZE, DRM_TNPU_BO_LOCAL));
	expect_true(show_number(fd, "drm-resident-memory") > 0);
	expect_eq(pm_sleep("mem"), 0);
	pm_expect(p, PM_SIZE);
	uapi_bench_init(t, &b);
	va = b.va + 64 * UAPI_HUGE;
	uapi_bind(t, b.vm, bo, 0, va, PM_SIZE);
	uapi_cmd_copy(&b, uapi_bench_data(&b, 0), va + PM_SIZE - 8, 8);
	uapi_bench_run(t, &b);
	expect_eq(uapi_bench_load(&b, 0), PM_SIZE + PM_SIZE / 8 - 1);
	expect_eq(show_number(fd, "drm-resident-memory"), 0);
	pm_expect(p, PM_SIZE);
}

/* A job sleeps too, and goes on. */
UAPI_CASE(pm_idle_job)
{
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	pm_hold(t, &b);
	uapi_cmd_nop(&b);
	uapi_bench_submit(t, &b);
	expect_eq(pm_sleep("freeze"), 0);
	expect_eq(uapi_wait(t, b.syncobj, UAPI_SOON), -ETIME);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_state(t, b.queue).state, DRM_TNPU_QUEUE_STATE_OK);
	uapi_bench_works(t, &b);
}

/* Jobs that end in time do so before the power goes. */
UAPI_CASE(pm_mem_job)
{
	struct uapi_bench b;
	unsigned int i;

	uapi_bench_init(t, &b);
	for (i = 0; i < 64; i++) {
		uapi_cmd_store(&b, uapi_bench_data(&b, i), i + 1);
		uapi_bench_submit(t, &b);
	}
	expect_eq(pm_sleep("mem"), 0);
	uapi_bench_finish(t, &b);
	for (i = 0; i < 64; i++)
		expect_eq(uapi_bench_load(&b, i), i + 1);
	uapi_bench_works(t, &b);
}

/*
 * A job that does not end keeps the system awake, and nothing happens to it. Systems that know
 * no other sleep than that to idle call it "mem"; there it sleeps too.
 */
UAPI_CASE(pm_mem_busy)
{
	const bool idle = sysfs_is("/sys/power/mem_sleep", "[s2idle]");
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	pm_hold(t, &b);
	expect_eq(pm_sleep("mem"), idle ? 0 : -EBUSY);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_state(t, b.queue).state, DRM_TNPU_QUEUE_STATE_OK);
	uapi_bench_works(t, &b);
}
