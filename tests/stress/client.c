// SPDX-License-Identifier: GPL-2.0
/*
 * A client: each of its jobs copies a pattern of its own, and what has arrived is looked at. A
 * queue that dies is replaced, its streams written anew, for device memory may have been lost.
 */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/sync_file.h>

#include "stress.h"

#define CLIENT_TIMEOUT_MS	2000
#define CLIENT_BOUND_MS		20000		/* for a fence to signal */
#define CLIENT_COPIES		32		/* of a job: it takes a moment */
#define CLIENT_WORDS		64		/* of a slot's page that are looked at */
#define CLIENT_PAGE_WORDS	(UAPI_PAGE / sizeof(__u64))
#define CLIENT_WARM		3

void stress_open(struct uapi_test *t)
{
	struct drm_tnpu_dev_query query = {
		.type = DRM_TNPU_DEV_QUERY_INFO,
		.size = sizeof(t->info),
		.pointer = (uintptr_t)&t->info,
	};
	const struct timespec pause = { .tv_nsec = 50000000 };
	const __s64 late = uapi_deadline(60000);

	while (uapi_dev_open(&t->dev)) {
		expect_true(uapi_deadline(0) < late);
		nanosleep(&pause, NULL);
	}
	expect_ioctl(t, TNPU_DEV_QUERY, &query, 0);
}

/* ---- Jobs ------------------------------------------------------------------------------ */

static __u64 *client_page(struct stress_client *c, unsigned int page)
{
	return uapi_bench_word(&c->bench, page * CLIENT_PAGE_WORDS);
}

static __u64 client_pattern(const struct stress_client *c, unsigned int slot, unsigned int word)
{
	return (__u64)c->id << 56 | c->number[slot] << 16 | slot << 8 | word;
}

/* A slot's job copies page number @slot to the one STRESS_DEPTH behind it. */
static void client_write_streams(struct stress_client *c)
{
	struct uapi_bench *b = &c->bench;
	unsigned int slot, i;

	b->end = 0;
	for (slot = 0; slot < STRESS_DEPTH; slot++) {
		c->offset[slot] = b->end;
		for (i = 0; i < CLIENT_COPIES; i++)
			uapi_cmd_copy(b, uapi_bench_data(b, (slot + STRESS_DEPTH) *
							 CLIENT_PAGE_WORDS),
				      uapi_bench_data(b, slot * CLIENT_PAGE_WORDS), UAPI_PAGE);
		c->size = b->end - c->offset[slot];
	}
}

static int client_submit(struct stress_client *c, unsigned int slot)
{
	struct drm_tnpu_sync sync[] = { uapi_signal_of(c->syncobj[slot]) };
	struct drm_tnpu_job job = {
		.stream = c->bench.va + c->offset[slot],
		.stream_size = c->size,
		.syncs = uapi_array(sync),
	};
	__u64 *from = client_page(c, slot);
	unsigned int i;

	c->number[slot] = ++c->last;
	for (i = 0; i < CLIENT_WORDS; i++)
		from[i] = client_pattern(c, slot, i);
	return uapi_submit(&c->test, c->bench.queue, &job);
}

/*
 * The fence of a job as a sync file, which outlives the device: of a syncobj the DRM core tells
 * nothing any more. -1: it went in between.
 */
static int client_export(struct stress_client *c, unsigned int slot)
{
	struct drm_syncobj_handle export = {
		.handle = c->syncobj[slot],
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};
	int ret = uapi_dev_ioctl(c->test.dev, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &export);

	expect_true(!ret || ret == -ENODEV);
	return ret ? -1 : export.fd;
}

static bool client_result_right(struct stress_client *c, unsigned int slot)
{
	const __u64 *to = client_page(c, slot + STRESS_DEPTH);
	unsigned int i;

	for (i = 0; i < CLIENT_WORDS; i++)
		if (to[i] != client_pattern(c, slot, i))
			return false;
	return true;
}

/* Whether what a job left may be lost since it has ended: the queue has died with the memory. */
static bool client_forgot(struct stress_client *c)
{
	struct drm_tnpu_queue_get_state state = { .queue_id = c->bench.queue };

	return c->forgets &&
	       !uapi_dev_ioctl(c->test.dev, DRM_IOCTL_TNPU_QUEUE_GET_STATE, &state) &&
	       state.state == DRM_TNPU_QUEUE_STATE_INNOCENT;
}

/* Whether what the CPU reads is no memory of the device: all ones, or a page of nothing. */
static bool client_cut_off(struct stress_client *c, unsigned int slot)
{
	struct drm_tnpu_usage_info usage;
	struct drm_tnpu_dev_query query = {
		.type = DRM_TNPU_DEV_QUERY_USAGE,
		.size = sizeof(usage),
		.pointer = (uintptr_t)&usage,
	};

	return client_page(c, slot + STRESS_DEPTH)[0] == ~0ull ||
	       uapi_dev_ioctl(c->test.dev, DRM_IOCTL_TNPU_DEV_QUERY, &query) == -ENODEV;
}

static void client_take(struct stress_client *c, unsigned int slot, int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct sync_file_info info = { 0 };

	if (fd < 0) {
		c->lost++;
		return;
	}
	c->unsignalled += poll(&wait, 1, CLIENT_BOUND_MS) != 1;
	expect_eq(ioctl(fd, SYNC_IOC_FILE_INFO, &info), 0);
	close(fd);
	if (info.status == 1 && client_result_right(c, slot))
		atomic_fetch_add(&c->jobs, 1);
	else if (info.status == 1 && !client_cut_off(c, slot) && !client_forgot(c))
		c->wrong++;
	else
		c->lost++;
}

/* ---- Life ------------------------------------------------------------------------------ */

/* A new queue for one that died. False: the device is gone. */
static bool client_revive(struct stress_client *c)
{
	struct drm_tnpu_queue_create create = {
		.vm_id = c->bench.vm,
		.timeout_ms = CLIENT_TIMEOUT_MS,
	};
	struct drm_tnpu_queue_get_state state = { .queue_id = c->bench.queue };
	struct drm_tnpu_queue_destroy destroy = { .id = c->bench.queue };

	if (uapi_dev_ioctl(c->test.dev, DRM_IOCTL_TNPU_QUEUE_GET_STATE, &state) ||
	    uapi_dev_ioctl(c->test.dev, DRM_IOCTL_TNPU_QUEUE_DESTROY, &destroy) ||
	    uapi_dev_ioctl(c->test.dev, DRM_IOCTL_TNPU_QUEUE_CREATE, &create))
		return false;
	/* No job of ours is to blame for anything. */
	c->wrong += state.state != DRM_TNPU_QUEUE_STATE_INNOCENT;
	c->bench.queue = create.id;
	client_write_streams(c);
	return true;
}

/* Submits until the queue is dead, or the client is to stop; takes all that it has submitted. */
static int client_work(struct stress_client *c)
{
	unsigned int first = 0, last = 0;
	int fd[STRESS_DEPTH];
	int ret = 0;

	while (!ret && !atomic_load(&c->stop)) {
		ret = client_submit(c, last % STRESS_DEPTH);
		if (ret)
			break;
		fd[last % STRESS_DEPTH] = client_export(c, last % STRESS_DEPTH);
		if (++last - first < STRESS_DEPTH)
			continue;
		client_take(c, first % STRESS_DEPTH, fd[first % STRESS_DEPTH]);
		first++;
	}
	for (; first < last; first++)
		client_take(c, first % STRESS_DEPTH, fd[first % STRESS_DEPTH]);
	return ret;
}

static void *client_thread(void *arg)
{
	struct stress_client *c = arg;
	int ret;

	while ((ret = client_work(c))) {
		expect_true(ret == -ECANCELED || ret == -ENODEV);
		c->gone = ret == -ENODEV || !client_revive(c);
		if (c->gone)
			break;
	}
	return NULL;
}

void stress_client_start(struct stress_client *c, unsigned int id, bool forgets)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	c->id = id;
	c->forgets = forgets;
	stress_open(&c->test);
	uapi_bench_init(&c->test, &c->bench);
	expect_ioctl(&c->test, TNPU_QUEUE_DESTROY,
		     &(struct drm_tnpu_queue_destroy){ c->bench.queue }, 0);
	c->bench.queue = uapi_queue_create_timeout(&c->test, c->bench.vm, CLIENT_TIMEOUT_MS);
	for (i = 0; i < STRESS_DEPTH; i++)
		c->syncobj[i] = uapi_syncobj_create(&c->test);
	client_write_streams(c);
	expect_eq(pthread_create(&c->thread, NULL, client_thread, c), 0);
}

void stress_client_await(struct stress_client *c)
{
	const unsigned int enough = atomic_load(&c->jobs) + CLIENT_WARM;
	const struct timespec pause = { .tv_nsec = 2000000 };
	const __s64 late = uapi_deadline(60000);

	while (atomic_load(&c->jobs) < enough && uapi_deadline(0) < late)
		nanosleep(&pause, NULL);
	expect_true(atomic_load(&c->jobs) >= enough);
}

void stress_client_join(struct stress_client *c)
{
	expect_eq(pthread_join(c->thread, NULL), 0);
}

void stress_client_expect_gone(struct stress_client *c)
{
	struct drm_tnpu_bo_create bo = { .size = UAPI_PAGE };
	struct drm_tnpu_vm_create vm = { 0 };
	volatile __u64 *word = client_page(c, 0);

	expect_true(c->gone);
	expect_ioctl(&c->test, TNPU_BO_CREATE, &bo, -ENODEV);
	expect_ioctl(&c->test, TNPU_VM_CREATE, &vm, -ENODEV);
	expect_eq(client_submit(c, 0), -ENODEV);
	/* Neither crashes; what is read means nothing. */
	*word = 1;
	(void)*word;
}

void stress_client_close(struct stress_client *c)
{
	expect_eq(uapi_dev_munmap(c->test.dev, c->bench.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(c->test.dev);
}
