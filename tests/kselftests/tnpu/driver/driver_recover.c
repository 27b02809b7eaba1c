// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery, provoked from inside: by jobs that hang, and by firmware that dies silently.
 *
 * How far recovery goes for a job that hangs depends on the firmware. Where its name is
 * RECOVER_NO_CANCEL it is an image without TNPU_MSG_QUEUE_CANCEL, and the engines are reset.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "driver_cases.h"

#define RECOVER_NO_CANCEL	"no-cancel"
#define RECOVER_TIMEOUT_MS	100
#define RECOVER_ROUNDS		40
#define RECOVER_THREADS		4
#define RECOVER_CLEAR		(2 * UAPI_HUGE)
#define RECOVER_EVENT		"/sys/kernel/tracing/events/tnpu/tnpu_job_submit/enable"
#define RECOVER_TRACE		"/sys/kernel/tracing/trace"
#define RECOVER_SEC		1000000000ll

static volatile bool recover_over;

static void recover_pause(__s64 ns)
{
	const struct timespec pause = { .tv_sec = ns / RECOVER_SEC, .tv_nsec = ns % RECOVER_SEC };

	nanosleep(&pause, NULL);
}

void recover_call(struct uapi_test *t)
{
	struct drm_tnpu_vm_create vm = { 0 };
	struct drm_tnpu_queue_create queue = { 0 };

	expect_ioctl(t, TNPU_VM_CREATE, &vm, 0);
	queue.vm_id = vm.id;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &queue, 0);
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &(struct drm_tnpu_queue_destroy){ queue.id }, 0);
	expect_ioctl(t, TNPU_VM_DESTROY, &(struct drm_tnpu_vm_destroy){ vm.id }, 0);
}

/* ---- Jobs that hang ---------------------------------------------------------------------- */

static bool recover_can_cancel(struct uapi_test *t)
{
	struct drm_tnpu_firmware_info info = { 0 };
	struct drm_tnpu_dev_query args = {
		.type = DRM_TNPU_DEV_QUERY_FIRMWARE,
		.size = sizeof(info),
		.pointer = (uintptr_t)&info,
	};

	expect_ioctl(t, TNPU_DEV_QUERY, &args, 0);
	return strcmp((char *)info.name, RECOVER_NO_CANCEL);
}

/* A job that does not end by itself, and has begun. */
static void recover_hold(struct uapi_test *t, struct uapi_bench *b, unsigned int word)
{
	__s64 late = UAPI_LATE;

	uapi_cmd_store(b, uapi_bench_data(b, word), 1);
	uapi_bench_hold(t, b);
	while (!uapi_bench_load(b, word) && uapi_deadline(0) < late)
		sched_yield();
	expect_eq(uapi_bench_load(b, word), 1);
}

static void recover_expect_state(struct uapi_test *t, const struct uapi_bench *b, __u32 state,
				 __u32 reason, int error)
{
	struct drm_tnpu_queue_get_state is = uapi_state(t, b->queue);

	expect_eq(is.state, state);
	expect_eq(is.reason, reason);
	expect_eq(is.error, error);
}

/*
 * The queue of a job that hangs is guilty. One beside it with a job that had begun pays only where
 * the engines had to be reset; one without a job never does.
 */
UAPI_CASE(recover_timeout)
{
	const unsigned int resets = uapi_usage(t).reset_count;
	const bool cancels = recover_can_cancel(t);
	struct uapi_bench b, other, idle;

	uapi_bench_init(t, &b);
	uapi_bench_init(t, &other);
	uapi_bench_init(t, &idle);
	b.queue = uapi_queue_create_timeout(t, b.vm, RECOVER_TIMEOUT_MS);
	recover_hold(t, &other, 1);
	uapi_bench_hold(t, &b);
	uapi_bench_finish(t, &b);
	recover_expect_state(t, &b, DRM_TNPU_QUEUE_STATE_GUILTY, DRM_TNPU_REASON_TIMEOUT, -EIO);
	uapi_bench_release(&other);
	uapi_bench_finish(t, &other);
	if (cancels)
		recover_expect_state(t, &other, DRM_TNPU_QUEUE_STATE_OK, 0, 0);
	else
		recover_expect_state(t, &other, DRM_TNPU_QUEUE_STATE_INNOCENT,
				     DRM_TNPU_REASON_RESET, -ECANCELED);
	expect_eq(uapi_usage(t).reset_count, resets + !cancels);
	uapi_bench_works(t, &idle);
}

/* A job in the place of the one before. */
static void recover_work(struct uapi_test *t, struct uapi_bench *b)
{
	b->begin = 0;
	b->end = 0;
	uapi_cmd_nop(b);
	uapi_bench_run(t, b);
}

/* A client that works all the time. Each job that is lost was so by no fault of its queue. */
static void *recover_work_thread(void *arg)
{
	struct uapi_test *t = arg, own = { .info = t->info };
	const bool cancels = recover_can_cancel(t);
	struct uapi_bench b;

	expect_eq(uapi_dev_open(&own.dev), 0);
	uapi_bench_init(&own, &b);
	while (!recover_over) {
		recover_work(&own, &b);
		if (uapi_state(&own, b.queue).state == DRM_TNPU_QUEUE_STATE_OK)
			continue;
		expect_true(!cancels);
		recover_expect_state(&own, &b, DRM_TNPU_QUEUE_STATE_INNOCENT,
				     DRM_TNPU_REASON_RESET, -ECANCELED);
		expect_ioctl(&own, TNPU_QUEUE_DESTROY,
			     &(struct drm_tnpu_queue_destroy){ b.queue }, 0);
		b.queue = uapi_queue_create(&own, b.vm);
	}
	expect_eq(uapi_dev_munmap(own.dev, b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(own.dev);
	return NULL;
}

/* A client whose job hangs, with more behind it, is gone at @ns, or where 0 when that has ended. */
static __s64 recover_hang(struct uapi_test *t, __s64 ns)
{
	struct uapi_test own = { .info = t->info };
	struct uapi_bench b;
	__s64 start;

	expect_eq(uapi_dev_open(&own.dev), 0);
	uapi_bench_init(&own, &b);
	b.queue = uapi_queue_create_timeout(&own, b.vm, RECOVER_TIMEOUT_MS);
	start = uapi_deadline(0);
	uapi_bench_hold(&own, &b);
	uapi_cmd_nop(&b);
	uapi_bench_submit(&own, &b);
	if (ns)
		recover_pause(ns);
	else
		uapi_bench_finish(&own, &b);
	start = uapi_deadline(0) - start;
	expect_eq(uapi_dev_munmap(own.dev, b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(own.dev);
	return start;
}

/*
 * Files are closed just when recovery deals with the jobs that hang there. It leaves nothing
 * behind, and nobody else is the worse for it than recover_timeout says.
 */
UAPI_CASE(recover_closed)
{
	struct drm_tnpu_usage_info before, after;
	pthread_t threads[RECOVER_THREADS];
	struct uapi_bench idle;
	const bool cancels = recover_can_cancel(t);
	unsigned int i, resets;
	__s64 takes;

	uapi_bench_init(t, &idle);
	before = uapi_usage(t);
	recover_over = false;
	for (i = 0; i < RECOVER_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, recover_work_thread, t), 0);
	takes = recover_hang(t, 0);
	/* From a tenth before its end to a tenth after it. */
	for (i = 0; i < RECOVER_ROUNDS; i++) {
		resets = uapi_usage(t).reset_count;
		recover_hang(t, takes * 9 / 10 + takes / 5 * i / RECOVER_ROUNDS);
		/* Of the engines; there is no reason to go any further. */
		expect_true(uapi_usage(t).reset_count <= resets + !cancels);
		recover_work(t, &idle);
		expect_eq(uapi_state(t, idle.queue).state, DRM_TNPU_QUEUE_STATE_OK);
	}
	recover_over = true;
	for (i = 0; i < RECOVER_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	after = uapi_usage(t);
	expect_eq(after.mem_used, before.mem_used);
	expect_eq(after.queues, before.queues);
	expect_eq(after.contexts, before.contexts);
	expect_eq(after.reset_count > before.reset_count, !cancels);
}

/* Jobs that the driver's own queue was given since tracing began. */
static unsigned int recover_clear_jobs(void)
{
	unsigned int count = 0;
	char line[512];
	FILE *f = fopen(RECOVER_TRACE, "r");

	expect_true(f);
	while (fgets(line, sizeof(line), f))
		count += strstr(line, "tnpu_job_submit: ") && strstr(line, " context=1 ");
	fclose(f);
	return count;
}

static void *recover_clear_thread(void *arg)
{
	struct uapi_test own = { 0 };

	expect_eq(uapi_dev_open(&own.dev), 0);
	clear_expect(&own, RECOVER_CLEAR);
	uapi_dev_close(own.dev);
	return NULL;
}

/* A queue of the highest priority, with a job that hangs; all that keeps others waiting ends. */
static void recover_end_busy(struct uapi_test *t, const struct uapi_bench *busy)
{
	struct drm_tnpu_queue_create args = {
		.priority = DRM_TNPU_QUEUE_PRIORITY_REALTIME,
		.timeout_ms = RECOVER_TIMEOUT_MS,
	};
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	args.vm_id = b.vm;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
	b.queue = args.id;
	uapi_bench_hold(t, &b);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_state(t, busy->queue).state == DRM_TNPU_QUEUE_STATE_OK,
		  recover_can_cancel(t));
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &(struct drm_tnpu_queue_destroy){ busy->queue }, 0);
}

/* The engines are reset while a BO waits to be cleared: that is not done once more for it. */
UAPI_CASE(recover_clear)
{
	__s64 late = UAPI_LATE;
	struct uapi_bench busy;
	pthread_t thread;

	sched_occupy(t, &busy);
	expect_eq(sysfs_write(RECOVER_TRACE, "\n"), 0);
	expect_eq(sysfs_write(RECOVER_EVENT, "1"), 0);
	expect_eq(pthread_create(&thread, NULL, recover_clear_thread, NULL), 0);
	while (!recover_clear_jobs() && uapi_deadline(0) < late)
		uapi_pause(10);
	recover_end_busy(t, &busy);
	expect_eq(pthread_join(thread, NULL), 0);
	expect_eq(recover_clear_jobs(), 1);
	expect_eq(sysfs_write(RECOVER_EVENT, "0"), 0);
}

/* ---- Firmware that dies silently ----------------------------------------------------------- */

/*
 * Cuts the device off from system memory for a moment. The next message that the firmware reads
 * kills it, and its last interrupt goes nowhere: all that is left to notice is that no answer
 * comes, for five seconds. Somebody has to call it meanwhile, and it must be over by then: what
 * cannot read its image does not start.
 */
void recover_silence(void)
{
	sysfs_device_config(PCI_COMMAND, PCI_COMMAND_MASTER, 0);
	uapi_pause(600);
	sysfs_device_config(PCI_COMMAND, 0, PCI_COMMAND_MASTER);
}

void recover_await_reset(struct uapi_test *t, unsigned int resets)
{
	__s64 late = UAPI_LATE;

	while (uapi_usage(t).reset_count == resets && uapi_deadline(0) < late)
		uapi_pause(10);
	expect_true(uapi_usage(t).reset_count > resets);
}

/* Found out for the sake of a job that hangs, which is lost; all else is as it was. */
UAPI_CASE(recover_silent_job)
{
	const unsigned int resets = uapi_usage(t).reset_count;
	struct uapi_bench b, idle;

	uapi_bench_init(t, &b);
	uapi_bench_fork(t, &idle, &b);
	b.queue = uapi_queue_create_timeout(t, b.vm, RECOVER_TIMEOUT_MS * 10);
	*uapi_bench_word(&b, 2) = 0x1234567;
	recover_hold(t, &b, 1);
	recover_silence();
	recover_await_reset(t, resets);
	uapi_bench_finish(t, &b);
	recover_expect_state(t, &b, DRM_TNPU_QUEUE_STATE_INNOCENT, DRM_TNPU_REASON_RESET,
			     -ECANCELED);
	expect_eq(uapi_bench_load(&b, 2), 0x1234567);
	uapi_bench_works(t, &idle);
	recover_call(t);
}

static void *recover_call_thread(void *arg)
{
	struct uapi_test own = { 0 };

	expect_eq(uapi_dev_open(&own.dev), 0);
	while (!recover_over)
		recover_call(&own);
	uapi_dev_close(own.dev);
	return NULL;
}

/* Calls that get no answer, and those that are made while recovery runs, succeed after it. */
UAPI_CASE(recover_silent_calls)
{
	const unsigned int resets = uapi_usage(t).reset_count;
	pthread_t threads[RECOVER_THREADS];
	struct uapi_bench idle;
	unsigned int i;

	uapi_bench_init(t, &idle);
	recover_over = false;
	for (i = 0; i < RECOVER_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, recover_call_thread, NULL), 0);
	recover_silence();
	recover_await_reset(t, resets);
	recover_over = true;
	for (i = 0; i < RECOVER_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	uapi_bench_works(t, &idle);
}
