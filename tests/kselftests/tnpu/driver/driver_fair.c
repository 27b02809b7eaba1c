// SPDX-License-Identifier: GPL-2.0
/*
 * Turns of many contexts at the same priority.
 */
#include <stdio.h>
#include <time.h>

#include "driver_cases.h"

#define FAIR_QUEUES	64
#define FAIR_QUEUES_MIN	8
#define FAIR_JOBS	32
#define FAIR_COMMANDS	48		/* a job: some turns, which a busy host cuts short */
#define FAIR_GATE_US	10000000
#define FAIR_LIMIT_MS	80000
#define FAIR_FILL	(4ull << 20)
#define FAIR_TARGET	(1024 * UAPI_HUGE)	/* behind the stream's address */
#define FAIR_PERCENT	98		/* of Jain's index: 100 where all have done the same */

/**
 * struct fair - contexts that compete
 * @bench: the first; holds the stream that all run, and the gate
 * @target: what it fills
 * @count: of @queue
 * @queue: each on a VM of its own
 */
struct fair {
	struct uapi_bench bench;
	__u32 target;
	unsigned int count;
	__u32 queue[FAIR_QUEUES];
};

static void fair_init(struct uapi_test *t, struct fair *f)
{
	uapi_bench_init(t, &f->bench);
	f->target = uapi_bo_create(t, FAIR_FILL, DRM_TNPU_BO_LOCAL);
	uapi_bind(t, f->bench.vm, f->target, 0, f->bench.va + FAIR_TARGET, FAIR_FILL);
	f->queue[0] = f->bench.queue;
	f->count = 1;
}

/* False: the device has no more. */
static bool fair_add(struct uapi_test *t, struct fair *f)
{
	struct drm_tnpu_vm_create vm = { 0 };
	struct drm_tnpu_queue_create queue = { .priority = DRM_TNPU_QUEUE_PRIORITY_NORMAL };
	int ret;

	ret = uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_VM_CREATE, &vm);
	if (!ret) {
		queue.vm_id = vm.id;
		ret = uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_QUEUE_CREATE, &queue);
	}
	if (ret) {
		expect_eq(ret, -EBUSY);
		return false;
	}
	uapi_bind(t, vm.id, f->bench.bo, 0, f->bench.va, UAPI_BENCH_SIZE);
	uapi_bind(t, vm.id, f->target, 0, f->bench.va + FAIR_TARGET, FAIR_FILL);
	f->queue[f->count++] = queue.id;

	return true;
}

/* All that each has to do lies in its ring, behind the gate. */
static void fair_submit(struct uapi_test *t, struct fair *f)
{
	const struct tnpu_cmd_fill fill = {
		.hdr = { TNPU_OP_FILL, 0, sizeof(fill) },
		.dst = f->bench.va + FAIR_TARGET,
		.size = FAIR_FILL,
	};
	struct drm_tnpu_job gate, job;
	unsigned int i, j;

	uapi_cmd_wait(&f->bench, uapi_bench_data(&f->bench, 0), 1, FAIR_GATE_US);
	gate = uapi_bench_job(&f->bench);
	for (i = 0; i < FAIR_COMMANDS; i++)
		uapi_bench_add(&f->bench, &fill, sizeof(fill));
	job = uapi_bench_job(&f->bench);
	for (i = 0; i < f->count; i++) {
		expect_eq(uapi_submit(t, f->queue[i], &gate), 0);
		job.fence = uapi_bench_data(&f->bench, 1 + i);
		for (j = 1; j < FAIR_JOBS; j++) {
			job.fence_value = j;
			expect_eq(uapi_submit(t, f->queue[i], &job), 0);
		}
	}
}

/*
 * What all have done, as the device tells, and the squares of what each has: the driver hears of
 * it later, and of one queue sooner than of another.
 */
static void fair_count(const struct fair *f, __u64 *sum, __u64 *squares)
{
	unsigned int i;

	*sum = 0;
	*squares = 0;
	for (i = 0; i < f->count; i++) {
		const __u64 done = uapi_bench_load(&f->bench, 1 + i);

		*sum += done;
		*squares += done * done;
	}
}

/* As long as all have work, all get the same of the engines. */
UAPI_CASE(fair_contexts)
{
	const __s64 end = uapi_deadline(FAIR_LIMIT_MS);
	__u64 sum, squares;
	struct fair f;

	fair_init(t, &f);
	while (f.count < FAIR_QUEUES && fair_add(t, &f))
		continue;
	expect_true(f.count >= FAIR_QUEUES_MIN);
	fair_submit(t, &f);
	__atomic_store_n(uapi_bench_word(&f.bench, 0), 1, __ATOMIC_RELEASE);
	do {
		uapi_pause(1);
		fair_count(&f, &sum, &squares);
		expect_true(uapi_deadline(0) < end);
	} while (sum < f.count * FAIR_JOBS / 2);
	printf("# %u contexts: Jain's index %llu/1000\n", f.count,
	       sum * sum * 1000 / (f.count * squares));
	expect_true(sum * sum * 100 >= FAIR_PERCENT * f.count * squares);
}
