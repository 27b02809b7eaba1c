// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is gone under load: "removal cut" or "removal unplug", and how often. Threads work
 * on files of their own until they are told that it is gone; every fence signals by then, mappings
 * can be touched, and every call says -ENODEV. What the slot holds afterwards is a fresh device,
 * whatever is still open of the old one.
 *
 * What only the host can do is asked for in a file, see removal.t. TAP on standard output.
 */
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/sync_file.h>

#include "uapi.h"

#define REMOVAL_THREADS		8
#define REMOVAL_DEPTH		4		/* jobs in flight of a thread */
#define REMOVAL_TIMEOUT_MS	500
#define REMOVAL_BOUND_MS	15000		/* for a fence to signal */
#define REMOVAL_WARM		3		/* jobs of each thread before the device goes */
#define REMOVAL_ASK		"/mnt/out/ask"
#define REMOVAL_PCI		"/sys/bus/pci/"

/**
 * struct removal_client - a thread
 * @test: its file, open beyond the thread's end
 * @done: jobs that ended well
 * @lost: jobs whose fence says that the device is gone, or took them with it
 */
struct removal_client {
	struct uapi_test test;
	struct uapi_bench bench;
	__u32 syncobj[REMOVAL_DEPTH];
	pthread_t thread;
	atomic_uint done;
	unsigned int lost;
};

static void removal_pause(unsigned int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000l }, NULL);
}

static void removal_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	expect_true(f);
	expect_true(fputs(text, f) >= 0);
	expect_eq(fclose(f), 0);
}

/* The host takes the file away when it has done what is in it. */
static void removal_ask(const char *what)
{
	const __s64 late = uapi_deadline(90000);

	removal_write(REMOVAL_ASK ".new", what);
	expect_eq(rename(REMOVAL_ASK ".new", REMOVAL_ASK), 0);
	while (!access(REMOVAL_ASK, F_OK) && uapi_deadline(0) < late)
		removal_pause(20);
	expect_true(access(REMOVAL_ASK, F_OK));
}

/* ---- Clients --------------------------------------------------------------------------- */

static int removal_submit(struct removal_client *c, unsigned int i)
{
	struct drm_tnpu_sync sync[] = { uapi_signal_of(c->syncobj[i]) };
	struct drm_tnpu_job job = {
		.stream = c->bench.va,
		.stream_size = c->bench.end,
		.syncs = uapi_array(sync),
	};

	return uapi_submit(&c->test, c->bench.queue, &job);
}

/*
 * The fence of a job as a sync file, which outlives the device: of a syncobj the DRM core tells
 * nothing any more. -1: it went in between.
 */
static int removal_export(struct removal_client *c, unsigned int i)
{
	struct drm_syncobj_handle export = {
		.handle = c->syncobj[i],
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};
	int ret = uapi_dev_ioctl(c->test.dev, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &export);

	expect_true(!ret || ret == -ENODEV);
	return ret ? -1 : export.fd;
}

/* The error of a fence, which must signal. */
static int removal_wait(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct sync_file_info info = { 0 };

	if (fd < 0)
		return -ENODEV;
	expect_eq(poll(&wait, 1, REMOVAL_BOUND_MS), 1);
	expect_eq(ioctl(fd, SYNC_IOC_FILE_INFO, &info), 0);
	expect_true(info.status);
	close(fd);
	return info.status < 0 ? info.status : 0;
}

static void removal_count(struct removal_client *c, int error)
{
	if (!error) {
		atomic_fetch_add(&c->done, 1);
		return;
	}
	expect_true(error == -ENODEV || error == -ECANCELED || error == -EIO);
	c->lost++;
}

/* Keeps the device busy until a job is not taken any more. */
static void *removal_thread(void *arg)
{
	struct removal_client *c = arg;
	unsigned int first = 0, last = 0;
	int fd[REMOVAL_DEPTH];
	int ret;

	while (!(ret = removal_submit(c, last % REMOVAL_DEPTH))) {
		fd[last % REMOVAL_DEPTH] = removal_export(c, last % REMOVAL_DEPTH);
		if (++last - first == REMOVAL_DEPTH)
			removal_count(c, removal_wait(fd[first++ % REMOVAL_DEPTH]));
	}
	/* A queue may die, of the job that was on it, before the whole device does. */
	expect_true(ret == -ENODEV || ret == -ECANCELED || ret == -EIO);
	for (; first < last; first++)
		removal_count(c, removal_wait(fd[first % REMOVAL_DEPTH]));
	return NULL;
}

/* What there is to open may come in a moment. */
static void removal_open(struct uapi_test *t)
{
	struct drm_tnpu_dev_query query = {
		.type = DRM_TNPU_DEV_QUERY_INFO,
		.size = sizeof(t->info),
		.pointer = (uintptr_t)&t->info,
	};
	const __s64 late = uapi_deadline(60000);

	while (uapi_dev_open(&t->dev)) {
		expect_true(uapi_deadline(0) < late);
		removal_pause(50);
	}
	expect_eq(uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_DEV_QUERY, &query), 0);
}

static void removal_client_start(struct removal_client *c)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	removal_open(&c->test);
	uapi_bench_init(&c->test, &c->bench);
	expect_ioctl(&c->test, TNPU_QUEUE_DESTROY,
		     &(struct drm_tnpu_queue_destroy){ c->bench.queue }, 0);
	c->bench.queue = uapi_queue_create_timeout(&c->test, c->bench.vm, REMOVAL_TIMEOUT_MS);
	for (i = 0; i < 64; i++)
		uapi_cmd_copy(&c->bench, uapi_bench_data(&c->bench, 1024),
			      uapi_bench_data(&c->bench, 0), 4096);
	for (i = 0; i < REMOVAL_DEPTH; i++)
		c->syncobj[i] = uapi_syncobj_create(&c->test);
	expect_eq(pthread_create(&c->thread, NULL, removal_thread, c), 0);
}

static void removal_await_load(struct removal_client *clients)
{
	const __s64 late = UAPI_LATE;
	unsigned int i;

	for (i = 0; i < REMOVAL_THREADS; i++)
		while (atomic_load(&clients[i].done) < REMOVAL_WARM && uapi_deadline(0) < late)
			removal_pause(5);
	for (i = 0; i < REMOVAL_THREADS; i++)
		expect_true(atomic_load(&clients[i].done) >= REMOVAL_WARM);
}

/* What is open of a device that is gone. */
static void removal_expect_gone(struct removal_client *c)
{
	struct drm_tnpu_bo_create bo = { .size = UAPI_PAGE };
	struct drm_tnpu_vm_create vm = { 0 };
	volatile __u64 *word = uapi_bench_word(&c->bench, 0);

	expect_eq(uapi_dev_ioctl(c->test.dev, DRM_IOCTL_TNPU_BO_CREATE, &bo), -ENODEV);
	expect_eq(uapi_dev_ioctl(c->test.dev, DRM_IOCTL_TNPU_VM_CREATE, &vm), -ENODEV);
	expect_eq(removal_submit(c, 0), -ENODEV);
	/* Neither crashes; what is read means nothing. */
	*word = 1;
	(void)*word;
}

/* ---- The slot -------------------------------------------------------------------------- */

static void removal_slot(char *slot, size_t size)
{
	FILE *f = popen("cd " REMOVAL_PCI "drivers/tnpu && echo 0000:*", "r");

	expect_true(f);
	expect_true(fgets(slot, size, f));
	pclose(f);
	slot[strcspn(slot, "\n")] = '\0';
}

/* The device is cut off, and nobody tells the kernel. Then somebody pulls what is left of it. */
static void removal_cut(struct removal_client *clients, const char *slot)
{
	char path[PATH_MAX];
	unsigned int i;

	removal_ask("link-down true");
	for (i = 0; i < REMOVAL_THREADS; i++)
		expect_eq(pthread_join(clients[i].thread, NULL), 0);
	snprintf(path, sizeof(path), REMOVAL_PCI "devices/%s/remove", slot);
	removal_write(path, "1");
	for (i = 0; i < REMOVAL_THREADS; i++)
		removal_expect_gone(&clients[i]);
	removal_ask("link-down false");
	removal_write(REMOVAL_PCI "rescan", "1");
}

/* In good order, with jobs under way. */
static void removal_unplug(struct removal_client *clients)
{
	unsigned int i;

	removal_ask("unplug");
	for (i = 0; i < REMOVAL_THREADS; i++)
		expect_eq(pthread_join(clients[i].thread, NULL), 0);
	for (i = 0; i < REMOVAL_THREADS; i++)
		removal_expect_gone(&clients[i]);
	removal_ask("plug");
}

/*
 * A device as it was at the @first one's start, and it works; the old one's files are still open.
 */
static void removal_expect_fresh(const struct drm_tnpu_usage_info *first)
{
	struct drm_tnpu_usage_info usage;
	struct uapi_test t = { 0 };
	struct uapi_bench b;

	removal_open(&t);
	usage = uapi_usage(&t);
	expect_eq(memcmp(&usage, first, sizeof(usage)), 0);
	uapi_bench_init(&t, &b);
	uapi_bench_works(&t, &b);
	uapi_dev_close(t.dev);
}

static void removal_round(bool cut, unsigned int round, const struct drm_tnpu_usage_info *first)
{
	static struct removal_client clients[REMOVAL_THREADS];
	unsigned int i, done = 0, lost = 0;
	char slot[NAME_MAX];

	removal_slot(slot, sizeof(slot));
	for (i = 0; i < REMOVAL_THREADS; i++)
		removal_client_start(&clients[i]);
	removal_await_load(clients);
	if (cut)
		removal_cut(clients, slot);
	else
		removal_unplug(clients);
	removal_expect_fresh(first);
	for (i = 0; i < REMOVAL_THREADS; i++) {
		done += clients[i].done;
		lost += clients[i].lost;
		uapi_dev_close(clients[i].test.dev);
	}
	printf("# %u jobs done, %u lost\nok %u - %s, round %u\n", done, lost, round,
	       cut ? "cut off" : "unplugged", round);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct drm_tnpu_usage_info first;
	struct uapi_test t = { 0 };
	unsigned int rounds, i;

	if (argc != 3 || (strcmp(argv[1], "cut") && strcmp(argv[1], "unplug"))) {
		fprintf(stderr, "usage: removal cut|unplug ROUNDS\n");
		return 2;
	}
	rounds = strtoul(argv[2], NULL, 10);
	removal_open(&t);
	first = uapi_usage(&t);
	uapi_dev_close(t.dev);
	printf("TAP version 13\n1..%u\n", rounds);
	for (i = 1; i <= rounds; i++)
		removal_round(!strcmp(argv[1], "cut"), i, &first);
	return 0;
}
