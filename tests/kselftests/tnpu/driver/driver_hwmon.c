// SPDX-License-Identifier: GPL-2.0
/*
 * Sensors. What they tell is a model's, so it is known: Documentation/hardware/sensors.rst.
 */
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver_cases.h"

#define HWMON_FILL		(8 * UAPI_HUGE)
#define HWMON_FILLS		32
#define HWMON_THREADS		4
#define HWMON_RESETS		10
#define HWMON_IDLE_UW		2000000
#define HWMON_FULL_UW		14000000
#define HWMON_AMBIENT_MC	25000
#define HWMON_FULL_MC		67000

static const char * const hwmon_inputs[] = { "temp1_input", "power1_average", "energy1_input" };

static volatile bool hwmon_over;
static unsigned int hwmon_silent;	/* reads that the firmware did not answer */

/* ---- Files ----------------------------------------------------------------------------- */

int hwmon_open(const char *attribute)
{
	char pattern[PATH_MAX];
	glob_t g;
	int fd;

	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/drivers/tnpu/0000:*/hwmon/hwmon*/%s",
		 attribute);
	if (glob(pattern, 0, NULL, &g))
		return -ENOENT;
	fd = open(g.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	globfree(&g);
	return fd;
}

static int hwmon_read_text(const char *attribute, char *text, size_t size)
{
	int fd = hwmon_open(attribute), ret = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, size - 1);
	if (n < 0)
		ret = -errno;
	else
		text[n] = '\0';
	close(fd);
	return ret;
}

int hwmon_read(const char *attribute, long long *value)
{
	char text[64], *end;
	int ret = hwmon_read_text(attribute, text, sizeof(text));

	if (ret)
		return ret;
	*value = strtoll(text, &end, 10);
	expect_true(end > text && *end == '\n');
	return 0;
}

static long long hwmon_get(const char *attribute)
{
	long long value = 0;

	expect_eq(hwmon_read(attribute, &value), 0);
	return value;
}

static void hwmon_expect_text(const char *attribute, const char *expected)
{
	char text[64] = "";

	expect_eq(hwmon_read_text(attribute, text, sizeof(text)), 0);
	expect_eq(strcmp(text, expected), 0);
}

/* A device that is held awake always answers. */
static void hwmon_begin(struct uapi_test *t)
{
	int fd = hwmon_open("name");

	if (fd == -ENOENT)
		uapi_skip(t, "a kernel without hwmon");
	expect_true(fd >= 0);
	close(fd);
	expect_eq(sysfs_device_write("power/control", "on"), 0);
}

static void hwmon_end(void)
{
	expect_eq(sysfs_device_write("power/control", "auto"), 0);
}

/* ---- What they tell -------------------------------------------------------------------- */

static void hwmon_work_init(struct uapi_test *t, struct uapi_bench *b)
{
	uapi_bench_init(t, b);
	uapi_bind(t, b->vm, uapi_bo_create(t, HWMON_FILL, DRM_TNPU_BO_LOCAL), 0,
		  b->va + 64 * UAPI_HUGE, HWMON_FILL);
}

/* The engines work for a while. */
static void hwmon_work(struct uapi_test *t, struct uapi_bench *b)
{
	const struct tnpu_cmd_fill fill = {
		.hdr = { TNPU_OP_FILL, 0, sizeof(fill) },
		.dst = b->va + 64 * UAPI_HUGE,
		.size = HWMON_FILL,
	};
	unsigned int i;

	b->begin = 0;
	b->end = 0;
	for (i = 0; i < HWMON_FILLS; i++)
		uapi_bench_add(b, &fill, sizeof(fill));
	uapi_bench_run(t, b);
}

static bool hwmon_in(long long value, long long low, long long high)
{
	return value >= low && value <= high;
}

UAPI_CASE(hwmon_attributes)
{
	hwmon_begin(t);
	hwmon_expect_text("name", "tnpu\n");
	hwmon_expect_text("temp1_label", "npu\n");
	hwmon_expect_text("power1_label", "npu\n");
	hwmon_expect_text("energy1_label", "npu\n");
	expect_eq(hwmon_get("power1_average_interval"), TNPU_POWER_WINDOW_MS);
	expect_true(hwmon_in(hwmon_get("temp1_input"), HWMON_AMBIENT_MC, HWMON_FULL_MC));
	expect_true(hwmon_in(hwmon_get("power1_average"), HWMON_IDLE_UW, HWMON_FULL_UW));
	expect_true(hwmon_get("energy1_input") > 0);
	hwmon_end();
}

/* Work takes energy, and makes the chip warm; then it takes what an idle one takes. */
UAPI_CASE(hwmon_load)
{
	const __s64 late = UAPI_LATE;
	long long heat, energy, last;
	struct uapi_bench b;

	hwmon_begin(t);
	hwmon_work_init(t, &b);
	heat = hwmon_get("temp1_input");
	energy = hwmon_get("energy1_input");
	do {
		hwmon_work(t, &b);
		last = energy;
		energy = hwmon_get("energy1_input");
		expect_true(energy > last);
	} while ((hwmon_get("power1_average") < 2 * HWMON_IDLE_UW ||
		  hwmon_get("temp1_input") < heat + 500) && uapi_deadline(0) < late);
	expect_true(hwmon_get("power1_average") >= 2 * HWMON_IDLE_UW);
	expect_true(hwmon_in(hwmon_get("temp1_input"), heat + 500, HWMON_FULL_MC));
	uapi_pause(600);
	expect_eq(hwmon_get("power1_average"), HWMON_IDLE_UW);
	hwmon_end();
}

/* ---- What they outlast ----------------------------------------------------------------- */

/* Asked during resets too, energy never falls. */
static void *hwmon_thread(void *arg)
{
	long long last = 0, now = 0;
	int ret;

	while (!hwmon_over) {
		ret = hwmon_read("energy1_input", &now);
		if (ret == -ETIMEDOUT)
			__atomic_fetch_add(&hwmon_silent, 1, __ATOMIC_RELAXED);
		else
			expect_eq(ret, 0);
		expect_true(now >= last);
		last = now;
	}
	return NULL;
}

static void hwmon_readers_begin(pthread_t threads[HWMON_THREADS])
{
	unsigned int i;

	hwmon_silent = 0;
	hwmon_over = false;
	for (i = 0; i < HWMON_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, hwmon_thread, NULL), 0);
}

static void hwmon_readers_end(pthread_t threads[HWMON_THREADS])
{
	unsigned int i;

	hwmon_over = true;
	for (i = 0; i < HWMON_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
}

UAPI_CASE(hwmon_reset)
{
	pthread_t threads[HWMON_THREADS];
	long long energy;
	unsigned int i;

	hwmon_begin(t);
	energy = hwmon_get("energy1_input");
	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	hwmon_readers_begin(threads);
	for (i = 0; i < HWMON_RESETS; i++)
		expect_eq(sysfs_device_write("reset", "1"), 0);
	hwmon_readers_end(threads);
	expect_eq(hwmon_silent, 0);
	expect_eq(sysfs_device_write("reset_method", "default"), 0);
	expect_true(hwmon_get("energy1_input") > energy);
	hwmon_end();
}

/* Firmware that does not answer is started anew. */
UAPI_CASE(hwmon_recover)
{
	const unsigned int resets = uapi_usage(t).reset_count;
	pthread_t threads[HWMON_THREADS];
	long long energy;

	hwmon_begin(t);
	energy = hwmon_get("energy1_input");
	hwmon_readers_begin(threads);
	recover_silence();
	recover_await_reset(t, resets);
	hwmon_readers_end(threads);
	expect_true(hwmon_silent);
	expect_true(hwmon_get("energy1_input") > energy);
	hwmon_end();
}

UAPI_CASE(hwmon_sleep)
{
	long long energy;

	hwmon_begin(t);
	energy = hwmon_get("energy1_input");
	expect_eq(pm_sleep("mem"), 0);
	expect_true(hwmon_get("energy1_input") > energy);
	expect_true(hwmon_in(hwmon_get("temp1_input"), HWMON_AMBIENT_MC, HWMON_FULL_MC));
	hwmon_end();
}

/* ---- A device that sleeps -------------------------------------------------------------- */

/* It is not woken for them, and has nothing to tell. */
UAPI_CASE(hwmon_asleep)
{
	long long value;
	unsigned int i;

	hwmon_begin(t);
	hwmon_end();
	sysfs_device_await("power/runtime_status", "suspended");
	for (i = 0; i < UAPI_ARRAY_SIZE(hwmon_inputs); i++)
		expect_eq(hwmon_read(hwmon_inputs[i], &value), -ENODATA);
	expect_eq(hwmon_get("power1_average_interval"), TNPU_POWER_WINDOW_MS);
	hwmon_expect_text("temp1_label", "npu\n");
	expect_true(sysfs_device_is("power/runtime_status", "suspended"));
}

/* Nor do those who look all the time keep it awake. */
UAPI_CASE(hwmon_falls_asleep)
{
	const __s64 late = UAPI_LATE;
	struct uapi_bench b;
	long long value;
	int ret;

	hwmon_begin(t);
	hwmon_end();
	uapi_bench_init(t, &b);
	uapi_bench_works(t, &b);
	do {
		ret = hwmon_read("temp1_input", &value);
		uapi_pause(50);
	} while (!ret && uapi_deadline(0) < late);
	expect_eq(ret, -ENODATA);
	expect_true(sysfs_device_is("power/runtime_status", "suspended"));
	uapi_bench_works(t, &b);
}
