// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to the device. Each counts by what was seen of it: the state of a queue, the number
 * of resets, a call that returned. What only the host can do is asked for in a file, see
 * tests/guest/host.sh.
 */
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define EVENT_TIMEOUT_MS	100
#define EVENT_ASK		"/mnt/out/ask"
#define EVENT_PCI		"/sys/bus/pci/"

static void event_pause(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

/* The host takes the file away when it has done what is in it. */
static void event_ask(const char *what)
{
	const __s64 late = uapi_deadline(90000);
	FILE *f = fopen(EVENT_ASK ".new", "w");

	expect_true(f);
	expect_true(fputs(what, f) >= 0);
	expect_eq(fclose(f), 0);
	expect_eq(rename(EVENT_ASK ".new", EVENT_ASK), 0);
	while (!access(EVENT_ASK, F_OK) && uapi_deadline(0) < late)
		event_pause();
	expect_true(access(EVENT_ASK, F_OK));
}

/* ---- By a job of a client's own ---------------------------------------------------------- */

static void event_open(struct uapi_test *t, struct uapi_bench *b)
{
	stress_open(t);
	uapi_bench_init(t, b);
	b->queue = uapi_queue_create_timeout(t, b->vm, EVENT_TIMEOUT_MS);
}

static struct drm_tnpu_queue_get_state event_end(struct uapi_test *t, struct uapi_bench *b)
{
	const struct drm_tnpu_queue_get_state state = uapi_state(t, b->queue);

	expect_eq(uapi_dev_munmap(t->dev, b->cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(t->dev);
	return state;
}

/* Whether its queue is dead by its own fault, for @reason. */
static bool event_close(struct uapi_test *t, struct uapi_bench *b, __u32 reason)
{
	const struct drm_tnpu_queue_get_state state = event_end(t, b);

	return state.state == DRM_TNPU_QUEUE_STATE_GUILTY && state.reason == reason;
}

static bool event_hang(void)
{
	struct uapi_test t = { 0 };
	struct uapi_bench b;

	event_open(&t, &b);
	uapi_bench_hold(&t, &b);
	uapi_bench_finish(&t, &b);
	return event_close(&t, &b, DRM_TNPU_REASON_TIMEOUT);
}

static bool event_fault(void)
{
	struct uapi_test t = { 0 };
	struct uapi_bench b;

	event_open(&t, &b);
	uapi_cmd_store(&b, b.va + UAPI_BENCH_SIZE, 1);
	uapi_bench_run(&t, &b);
	return event_close(&t, &b, TNPU_ERR_FAULT);
}

/* ---- To the whole device ----------------------------------------------------------------- */

static unsigned int event_resets(void)
{
	struct uapi_test t = { 0 };
	unsigned int resets;

	stress_open(&t);
	resets = uapi_usage(&t).reset_count;
	uapi_dev_close(t.dev);
	return resets;
}

static bool event_await_reset(unsigned int before)
{
	const __s64 late = UAPI_LATE;

	while (event_resets() == before && uapi_deadline(0) < late)
		event_pause();
	return event_resets() > before;
}

/* With firmware that cannot cancel a job. */
static bool event_engine_reset(void)
{
	const unsigned int before = event_resets();

	return event_hang() && event_resets() > before;
}

static bool event_fw_crash(void)
{
	const unsigned int before = event_resets();

	event_ask("fw-crash true");
	return event_await_reset(before);
}

/* A job that hangs while the heart stands still: who can tell whose fault it is? */
static bool event_fw_stall(void)
{
	struct drm_tnpu_queue_get_state state;
	struct uapi_test t = { 0 };
	struct uapi_bench b;

	event_ask("stall-heartbeat true");
	event_open(&t, &b);
	uapi_bench_hold(&t, &b);
	uapi_bench_finish(&t, &b);
	state = event_end(&t, &b);
	event_ask("stall-heartbeat false");
	return state.state == DRM_TNPU_QUEUE_STATE_INNOCENT &&
	       state.reason == DRM_TNPU_REASON_RESET;
}

static bool event_reset_by(const char *method)
{
	const unsigned int before = event_resets();

	expect_eq(sysfs_device_write("reset_method", method), 0);
	/* Above a port whose link seems down one is done, and then not believed in. */
	sysfs_device_write("reset", "1");
	return event_await_reset(before);
}

static bool event_flr(void)
{
	return event_reset_by("flr");
}

static bool event_hot_reset(void)
{
	return event_reset_by("bus");
}

/* The bus has failed: the PCI core resets the link. */
static bool event_aer_fatal(void)
{
	const unsigned int before = event_resets();

	event_ask("aer DLP");
	return event_await_reset(before);
}

static unsigned long long event_count_nonfatal(void)
{
	unsigned long long value = 0;
	char slot[NAME_MAX], path[PATH_MAX], line[128];
	FILE *f;

	sysfs_device_slot(slot, sizeof(slot));
	snprintf(path, sizeof(path), EVENT_PCI "devices/%s/aer_dev_nonfatal", slot);
	f = fopen(path, "r");
	expect_true(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "TOTAL_ERR_NONFATAL %llu", &value);
	fclose(f);
	return value;
}

/* One transaction has failed, and nobody knows whose. */
static bool event_aer_nonfatal(void)
{
	const unsigned long long before = event_count_nonfatal();
	const __s64 late = UAPI_LATE;

	event_ask("aer COMP_ABORT");
	while (event_count_nonfatal() == before && uapi_deadline(0) < late)
		event_pause();
	return event_count_nonfatal() > before;
}

/* All that drivers do for it; the processor does not stop. */
static bool event_suspend(void)
{
	expect_eq(sysfs_write("/sys/power/pm_test", "platform"), 0);
	expect_eq(sysfs_write("/sys/module/suspend/parameters/pm_test_delay", "0"), 0);
	return !sysfs_write("/sys/power/state", "mem");
}

/* ---- The device goes --------------------------------------------------------------------- */

static char event_slot[NAME_MAX];

/* Nobody tells the kernel. */
static bool event_cut(void)
{
	sysfs_device_slot(event_slot, sizeof(event_slot));
	event_ask("link-down true");
	return true;
}

static void event_remove(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), EVENT_PCI "devices/%s/remove", event_slot);
	expect_eq(sysfs_write(path, "1"), 0);
}

static void event_rescan(void)
{
	expect_eq(sysfs_write(EVENT_PCI "rescan", "1"), 0);
}

/* Somebody pulls what is left of it, and puts in another one. */
static void event_cut_restore(void)
{
	event_remove();
	event_ask("link-down false");
	event_rescan();
}

static void event_aer_lost_restore(void)
{
	event_remove();
	event_rescan();
}

/* The bus has failed, and the link stays down: nobody tells the driver. */
static bool event_aer_lost(void)
{
	sysfs_device_slot(event_slot, sizeof(event_slot));
	event_ask("aer DLP");
	return true;
}

/* In good order, with jobs under way. */
static bool event_unplug(void)
{
	event_ask("unplug");
	return true;
}

static void event_unplug_restore(void)
{
	event_ask("plug");
}

const struct stress_event stress_events[] = {
	{ "hang", event_hang },
	{ "fault", event_fault },
	{ "engine_reset", event_engine_reset, .loses = true },
	{ "fw_crash", event_fw_crash, .loses = true },
	{ "fw_stall", event_fw_stall, .loses = true },
	{ "flr", event_flr },
	{ "hot_reset", event_hot_reset, .loses = true, .forgets = true },
	{ "aer_fatal", event_aer_fatal, .loses = true, .forgets = true },
	{ "aer_nonfatal", event_aer_nonfatal },
	{ "suspend", event_suspend },
	{ "cut", event_cut, event_cut_restore, .loses = true, .removes = true },
	{ "aer_lost", event_aer_lost, event_aer_lost_restore,
	  .loses = true, .forgets = true, .removes = true },
	{ "unplug", event_unplug, event_unplug_restore, .loses = true, .removes = true },
};

const size_t stress_events_count = UAPI_ARRAY_SIZE(stress_events);
