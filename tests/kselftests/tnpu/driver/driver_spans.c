// SPDX-License-Identifier: GPL-2.0
/*
 * The debugfs file "spans": what the engine lanes did.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <tnpu/tnpu_spans.h>

#include "driver_cases.h"

#define SPANS_ROOM	512
#define SPANS_FILL	(8 * UAPI_HUGE)
#define SPANS_JOBS	40

/** struct spans_block - what one read returns at most */
struct spans_block {
	struct tnpu_spans head;
	struct tnpu_span span[SPANS_ROOM];
};

static int spans_try_open(void)
{
	char slot[NAME_MAX], path[PATH_MAX];

	sysfs_device_slot(slot, sizeof(slot));
	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/spans", slot);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int spans_open(struct uapi_test *t)
{
	int fd;

	if (access("/sys/kernel/debug/accel", X_OK))
		uapi_skip(t, "no debugfs");
	fd = spans_try_open();
	expect_true(fd >= 0);
	return fd;
}

static __u64 spans_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* What holds of every read. */
static __u32 spans_read(int fd, struct spans_block *block)
{
	const __u64 before = spans_now();
	ssize_t size = read(fd, block, sizeof(*block));
	__u32 i;

	expect_true(size >= (ssize_t)sizeof(block->head));
	expect_eq(size, sizeof(block->head) + block->head.count * sizeof(block->span[0]));
	expect_true(block->head.mono_ns >= before && block->head.mono_ns <= spans_now());
	expect_eq(block->head.lost, 0);
	for (i = 0; i < block->head.count; i++) {
		expect_true(block->span[i].start <= block->span[i].end);
		expect_true(block->span[i].end <= block->head.counter);
	}
	return block->head.count;
}

static void spans_fill(struct uapi_test *t, struct uapi_bench *b)
{
	struct tnpu_cmd_fill fill = {
		.hdr = { TNPU_OP_FILL, 0, sizeof(fill) },
		.dst = b->va + 64 * UAPI_HUGE,
		.size = SPANS_FILL,
	};

	uapi_bind(t, b->vm, uapi_bo_create(t, SPANS_FILL, DRM_TNPU_BO_LOCAL), 0, fill.dst,
		  SPANS_FILL);
	uapi_bench_add(b, &fill, sizeof(fill));
	uapi_bench_run(t, b);
}

/* Lanes that worked on our command, and the command itself, by the device's clock and ours. */
UAPI_CASE(spans_job)
{
	struct spans_block first, block;
	__u32 i, n, lanes = 0, whole = 0;
	struct uapi_bench b;
	int fd;

	uapi_bench_init(t, &b);
	fd = spans_open(t);
	expect_eq(spans_read(fd, &first), 0);
	spans_fill(t, &b);
	n = spans_read(fd, &block);
	expect_true(n && n < SPANS_ROOM);
	for (i = 0; i < n; i++) {
		if (block.span[i].opcode != TNPU_OP_FILL || block.span[i].seq != 1)
			continue;
		expect_true(block.span[i].start >= first.head.counter);
		lanes += block.span[i].lane != TNPU_SPAN_CONTROL;
		whole += block.span[i].lane == TNPU_SPAN_CONTROL;
	}
	expect_true(lanes);
	expect_true(whole);
	expect_eq(spans_read(fd, &block), 0);
	close(fd);
}

/* One at a time; and who comes next finds nothing of what was recorded before. */
UAPI_CASE(spans_busy)
{
	struct spans_block block;
	struct uapi_bench b;
	int fd;

	uapi_bench_init(t, &b);
	fd = spans_open(t);
	expect_eq(spans_try_open(), -1);
	expect_eq(errno, EBUSY);
	uapi_cmd_nop(&b);
	uapi_bench_run(t, &b);
	close(fd);
	uapi_cmd_nop(&b);
	uapi_bench_run(t, &b);
	fd = spans_open(t);
	expect_eq(spans_read(fd, &block), 0);
	close(fd);
}

UAPI_CASE(spans_small)
{
	struct spans_block block;
	void *nowhere = mmap(NULL, sizeof(block), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uapi_bench b;
	int fd;

	uapi_bench_init(t, &b);
	fd = spans_open(t);
	uapi_cmd_nop(&b);
	uapi_cmd_nop(&b);
	uapi_bench_run(t, &b);
	expect_eq(read(fd, &block, sizeof(block.head) + sizeof(block.span[0]) - 1), -1);
	expect_eq(errno, EINVAL);
	expect_eq(read(fd, &block, sizeof(block.head) + sizeof(block.span[0])),
		  sizeof(block.head) + sizeof(block.span[0]));
	expect_eq(block.span[0].command, 0);
	/* What cannot be stored is gone, no more. */
	expect_eq(read(fd, nowhere, sizeof(block)), -1);
	expect_eq(errno, EFAULT);
	expect_eq(spans_read(fd, &block), 0);
	close(fd);
}

/* Firmware that is started anew is told again. */
UAPI_CASE(spans_reset)
{
	struct spans_block block;
	struct uapi_bench b;
	int fd;

	fd = spans_open(t);
	expect_eq(sysfs_device_write("reset", "1"), 0);
	spans_read(fd, &block);
	uapi_bench_init(t, &b);
	uapi_cmd_nop(&b);
	uapi_bench_run(t, &b);
	expect_eq(spans_read(fd, &block), 1);
	expect_eq(block.span[0].opcode, TNPU_OP_NOP);
	close(fd);
}

/* The open file outlives the driver's device. */
UAPI_CASE(spans_unbound)
{
	struct spans_block block;
	char slot[NAME_MAX];
	int fd;

	fd = spans_open(t);
	sysfs_device_slot(slot, sizeof(slot));
	expect_eq(sysfs_write("/sys/bus/pci/drivers/tnpu/unbind", slot), 0);
	expect_eq(read(fd, &block, sizeof(block)), -1);
	expect_true(errno == EIO || errno == ENODEV);
	expect_eq(sysfs_write("/sys/bus/pci/drivers/tnpu/bind", slot), 0);
	close(fd);
	fd = spans_open(t);
	expect_eq(spans_read(fd, &block), 0);
	close(fd);
}

static volatile bool spans_over;

static void *spans_thread(void *arg)
{
	struct spans_block block;
	int fd = *(int *)arg;

	while (!spans_over)
		spans_read(fd, &block);
	return NULL;
}

/* Readers that share the file, beside a device that works: each span once, or with another. */
UAPI_CASE(spans_threads)
{
	pthread_t threads[2];
	struct uapi_bench b;
	unsigned int i;
	int fd;

	uapi_bench_init(t, &b);
	fd = spans_open(t);
	spans_over = false;
	for (i = 0; i < UAPI_ARRAY_SIZE(threads); i++)
		expect_eq(pthread_create(&threads[i], NULL, spans_thread, &fd), 0);
	for (i = 0; i < SPANS_JOBS; i++) {
		uapi_cmd_nop(&b);
		uapi_bench_run(t, &b);
	}
	spans_over = true;
	for (i = 0; i < UAPI_ARRAY_SIZE(threads); i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	close(fd);
}
