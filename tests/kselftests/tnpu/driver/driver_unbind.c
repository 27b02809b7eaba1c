// SPDX-License-Identifier: GPL-2.0
/*
 * The driver lets go of the device while it is being used.
 */
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "driver_cases.h"

#define UNBIND_THREADS	4
#define UNBIND_ROUNDS	60
#define UNBIND_BO_SIZE	(2 * UAPI_HUGE)		/* large enough to be cleared by the device */

static volatile bool unbind_over;

/* Every call ends, either way. */
static int unbind_call(struct uapi_dev *dev, unsigned long cmd, void *arg)
{
	int ret = uapi_dev_ioctl(dev, cmd, arg);

	expect_true(!ret || ret == -ENODEV);
	return ret;
}

static int unbind_use_queue(struct uapi_dev *dev, __u32 vm)
{
	struct drm_tnpu_queue_create create = { .vm_id = vm };
	struct drm_tnpu_queue_destroy destroy = { 0 };
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	struct drm_tnpu_queue_submit submit = { .jobs = uapi_array_of(&job, sizeof(job), 1) };
	int ret = unbind_call(dev, DRM_IOCTL_TNPU_QUEUE_CREATE, &create);

	if (ret)
		return ret;
	submit.queue_id = create.id;
	ret = unbind_call(dev, DRM_IOCTL_TNPU_QUEUE_SUBMIT, &submit);
	destroy.id = create.id;
	return unbind_call(dev, DRM_IOCTL_TNPU_QUEUE_DESTROY, &destroy) ?: ret;
}

static int unbind_use_vm(struct uapi_dev *dev)
{
	struct drm_tnpu_vm_create create = { 0 };
	struct drm_tnpu_vm_destroy destroy = { 0 };
	int ret = unbind_call(dev, DRM_IOCTL_TNPU_VM_CREATE, &create);

	if (ret)
		return ret;
	ret = unbind_use_queue(dev, create.id);
	destroy.id = create.id;
	return unbind_call(dev, DRM_IOCTL_TNPU_VM_DESTROY, &destroy) ?: ret;
}

/* Its file closes it. */
static int unbind_use_bo(struct uapi_dev *dev)
{
	struct drm_tnpu_bo_create create = {
		.size = UNBIND_BO_SIZE,
		.flags = DRM_TNPU_BO_LOCAL,
	};

	return unbind_call(dev, DRM_IOCTL_TNPU_BO_CREATE, &create);
}

static int unbind_use(struct uapi_dev *dev)
{
	unsigned int i;
	int ret = unbind_use_bo(dev);

	for (i = 0; i < 20 && !ret && !unbind_over; i++)
		ret = unbind_use_vm(dev);
	return ret;
}

static void *unbind_thread(void *arg)
{
	struct uapi_dev *dev;

	while (!unbind_over) {
		/* Between unbinding and binding there is nothing to open. */
		if (uapi_dev_open(&dev)) {
			sched_yield();
			continue;
		}
		unbind_use(dev);
		uapi_dev_close(dev);
	}
	return NULL;
}

static void unbind_rounds(const char *slot)
{
	struct timespec pause = { 0 };
	unsigned int i;

	for (i = 0; i < UNBIND_ROUNDS; i++) {
		pause.tv_nsec = (i * 7919 % 41) * 500000;
		nanosleep(&pause, NULL);
		expect_eq(sysfs_write("/sys/bus/pci/drivers/tnpu/unbind", slot), 0);
		expect_eq(sysfs_write("/sys/bus/pci/drivers/tnpu/bind", slot), 0);
	}
}

static void unbind_expect_unused(const struct drm_tnpu_usage_info *before)
{
	struct drm_tnpu_usage_info after;
	struct uapi_test own = { 0 };

	expect_eq(uapi_dev_open(&own.dev), 0);
	after = uapi_usage(&own);
	expect_eq(after.mem_used, before->mem_used);
	expect_eq(after.sysmem_used, before->sysmem_used);
	expect_eq(after.queues, before->queues);
	expect_eq(after.contexts, before->contexts);
	uapi_dev_close(own.dev);
}

/*
 * Calls that take queues, VMs and BOs from the device while the driver waits for them to end, and
 * files that are closed meanwhile.
 */
UAPI_CASE(unbind_calls)
{
	const struct drm_tnpu_usage_info before = uapi_usage(t);
	pthread_t threads[UNBIND_THREADS];
	struct uapi_test own = { .info = t->info };
	struct uapi_bench b;
	char slot[NAME_MAX];
	unsigned int i;

	sysfs_device_slot(slot, sizeof(slot));
	unbind_over = false;
	for (i = 0; i < UNBIND_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, unbind_thread, t), 0);
	unbind_rounds(slot);
	unbind_over = true;
	for (i = 0; i < UNBIND_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	unbind_expect_unused(&before);
	expect_eq(uapi_dev_open(&own.dev), 0);
	uapi_bench_init(&own, &b);
	uapi_bench_works(&own, &b);
	uapi_dev_close(own.dev);
}
