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
#include <unistd.h>

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

static void unbind_driver(const char *slot)
{
	expect_eq(sysfs_write("/sys/bus/pci/drivers/tnpu/unbind", slot), 0);
}

static void unbind_bind_again(const char *slot)
{
	expect_eq(sysfs_write("/sys/bus/pci/drivers/tnpu/bind", slot), 0);
}

static void unbind_rounds(const char *slot)
{
	const __s64 late = UAPI_LATE;
	struct timespec pause = { 0 };
	unsigned int i;

	for (i = 0; i < UNBIND_ROUNDS && uapi_deadline(0) < late; i++) {
		pause.tv_nsec = (i * 7919 % 41) * 500000;
		nanosleep(&pause, NULL);
		unbind_driver(slot);
		unbind_bind_again(slot);
	}
	printf("# %u rounds\n", i);
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

static void unbind_expect_works(struct uapi_test *t)
{
	struct uapi_test own = { .info = t->info };
	struct uapi_bench b;

	expect_eq(uapi_dev_open(&own.dev), 0);
	uapi_bench_init(&own, &b);
	uapi_bench_works(&own, &b);
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
	unbind_expect_works(t);
}

/* ---- Every call ------------------------------------------------------------------------ */

static void unbind_expect_query(struct uapi_test *t, int expected)
{
	struct drm_tnpu_dev_query args = { 0 };

	for (args.type = DRM_TNPU_DEV_QUERY_INFO; args.type <= DRM_TNPU_DEV_QUERY_USAGE;
	     args.type++)
		expect_ioctl(t, TNPU_DEV_QUERY, &args, expected);
}

static void unbind_expect_bo(struct uapi_test *t, const struct uapi_bench *b, int expected)
{
	struct drm_tnpu_bo_create local = { .size = UAPI_PAGE, .flags = DRM_TNPU_BO_LOCAL };
	struct drm_tnpu_bo_create system = { .size = UAPI_PAGE };
	struct drm_tnpu_bo_mmap_offset offset = { .handle = b->bo };
	struct drm_tnpu_bo_wait wait = { .handle = b->bo };

	expect_ioctl(t, TNPU_BO_CREATE, &local, expected);
	expect_ioctl(t, TNPU_BO_CREATE, &system, expected);
	expect_ioctl(t, TNPU_BO_MMAP_OFFSET, &offset, expected);
	expect_ioctl(t, TNPU_BO_WAIT, &wait, expected);
}

static void unbind_expect_vm(struct uapi_test *t, const struct uapi_bench *b, __u32 spare,
			     int expected)
{
	struct drm_tnpu_vm_create create = { 0 };
	struct drm_tnpu_vm_destroy destroy = { .id = spare };
	struct drm_tnpu_vm_bind_op op[] = { {
		.op = DRM_TNPU_VM_BIND_OP_MAP,
		.handle = b->bo,
		.va = b->va + UAPI_HUGE,
		.size = UAPI_PAGE,
	} };
	struct drm_tnpu_vm_bind bind = { .vm_id = b->vm, .ops = uapi_array(op) };

	expect_ioctl(t, TNPU_VM_CREATE, &create, expected);
	expect_ioctl(t, TNPU_VM_BIND, &bind, expected);
	expect_ioctl(t, TNPU_VM_DESTROY, &destroy, expected);
}

static void unbind_expect_queue(struct uapi_test *t, const struct uapi_bench *b, __u32 spare,
				int expected)
{
	struct drm_tnpu_job job[] = { { .flags = DRM_TNPU_JOB_NULL } };
	struct drm_tnpu_queue_create create = { .vm_id = b->vm };
	struct drm_tnpu_queue_submit submit = { .queue_id = spare, .jobs = uapi_array(job) };
	struct drm_tnpu_queue_get_state state = { .queue_id = spare };
	struct drm_tnpu_queue_destroy destroy = { .id = spare };

	expect_ioctl(t, TNPU_QUEUE_CREATE, &create, expected);
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &submit, expected);
	expect_ioctl(t, TNPU_QUEUE_GET_STATE, &state, expected);
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &destroy, expected);
}

/* Every ioctl of the uAPI on a file: right ones, but for what the device's absence makes of it. */
static void unbind_expect_all(struct uapi_test *t, const struct uapi_bench *b, __u32 spare_vm,
			      __u32 spare_queue, int expected)
{
	unbind_expect_query(t, expected);
	unbind_expect_bo(t, b, expected);
	unbind_expect_queue(t, b, spare_queue, expected);
	unbind_expect_vm(t, b, spare_vm, expected);
}

/* The file outlives the device: its calls say so, and a job that the device had ends so. */
UAPI_CASE(unbind_ioctls)
{
	__u32 vm, queue;
	struct uapi_bench b;
	char slot[NAME_MAX];
	int fd;

	sysfs_device_slot(slot, sizeof(slot));
	uapi_bench_init(t, &b);
	unbind_expect_all(t, &b, uapi_vm_create(t), uapi_queue_create(t, b.vm), 0);
	vm = uapi_vm_create(t);
	queue = uapi_queue_create(t, b.vm);
	uapi_bench_hold(t, &b);
	fd = fence_export(t, b.syncobj);
	unbind_driver(slot);
	unbind_expect_all(t, &b, vm, queue, -ENODEV);
	expect_eq(fence_status(fd), -ENODEV);
	unbind_bind_again(slot);
	unbind_expect_works(t);
	/* Not the device that there is again. */
	unbind_expect_all(t, &b, vm, queue, -ENODEV);
}

/* ---- Memory ---------------------------------------------------------------------------- */

/* What was mapped of the device reads as zeros, and can be written: nobody dies of it. */
UAPI_CASE(unbind_mapping)
{
	const __u64 size = 4 * UAPI_PAGE;
	volatile char *p = (volatile char *)uapi_bo_map(t, uapi_bo_create(t, size,
						     DRM_TNPU_BO_LOCAL), size);
	char slot[NAME_MAX];
	__u64 i;

	for (i = 0; i < size; i += UAPI_PAGE)
		p[i] = 1;
	sysfs_device_slot(slot, sizeof(slot));
	unbind_driver(slot);
	for (i = 0; i < size; i += UAPI_PAGE)
		expect_eq(p[i], 0);
	p[size - 1] = 1;
	expect_eq(p[size - 1], 1);
	unbind_bind_again(slot);
	/* It is not the memory of the device that there is again. */
	expect_eq(p[size - 1], 1);
	expect_eq(uapi_dev_munmap(t->dev, (void *)p, size), 0);
	unbind_expect_works(t);
}

/* ---- Sensors --------------------------------------------------------------------------- */

static void *unbind_sensors_thread(void *arg)
{
	long long value;

	while (!unbind_over) {
		int ret = hwmon_read("energy1_input", &value);

		/* The file is not there, or no more; or the device sleeps. */
		expect_true(!ret || ret == -ENOENT || ret == -ENODEV || ret == -ENODATA);
	}
	return NULL;
}

UAPI_CASE(unbind_sensors)
{
	pthread_t threads[UNBIND_THREADS];
	char slot[NAME_MAX], text[32];
	int fd = hwmon_open("temp1_input");
	unsigned int i;

	if (fd == -ENOENT)
		uapi_skip(t, "a kernel without hwmon");
	sysfs_device_slot(slot, sizeof(slot));
	unbind_over = false;
	for (i = 0; i < UNBIND_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, unbind_sensors_thread, NULL), 0);
	unbind_rounds(slot);
	unbind_over = true;
	for (i = 0; i < UNBIND_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	expect_eq(read(fd, text, sizeof(text)), -1);
	expect_eq(errno, ENODEV);
	close(fd);
	unbind_expect_works(t);
}
