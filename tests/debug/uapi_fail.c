// SPDX-License-Identifier: MIT
/*
 * Makes allocations of the kernel fail in the cases of the uAPI: linked in front of what they
 * reach the device by (ld --wrap). Each call is made again and again, with its first
 * allocation failing, its second, and so on until all that it needs was there. So each error
 * path runs once; and as a call that fails must have done nothing, the case goes on as if
 * nothing had been. Not for cases that pass memory which is not there.
 *
 * In the end it tells how many allocations failed, on stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uapi_fail.h"

/* From here on only some: a large BO has thousands of allocations, all alike. */
#define FAIL_ALL	48
#define FAIL_ARG_MAX	4096

/* Shared by the processes of the cases; the first process reports it. */
static atomic_uint *fail_count;
static pid_t fail_reporter;

static void fail_die(const char *what)
{
	fprintf(stderr, "uapi_fail: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void fail_report(void)
{
	if (getpid() == fail_reporter)
		fprintf(stderr, "%u allocations failed\n", atomic_load(fail_count));
}

static void __attribute__((constructor)) fail_init(void)
{
	fail_count = mmap(NULL, sizeof(*fail_count), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fail_count == MAP_FAILED)
		fail_die("mmap");
	fail_reporter = getpid();
	atexit(fail_report);
}

static int fail_open(void)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail_die("fail-nth");
	return fd;
}

static void fail_set(int fd, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fd, text, len, 0) != len)
		fail_die("fail-nth");
}

/* Ends what fail_set() began. Returns whether an allocation failed. */
static bool fail_happened(int fd)
{
	char text[16] = "";
	bool happened;

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		fail_die("fail-nth");
	happened = !strtoul(text, NULL, 10);
	fail_set(fd, 0);
	if (happened)
		atomic_fetch_add(fail_count, 1);
	return happened;
}

/** struct fail_call - a call of one of the three kinds */
struct fail_call {
	int (*call)(const struct fail_call *c);
	struct uapi_dev *dev;
	struct uapi_dev **opened;
	unsigned long cmd;
	void *arg;
	__u64 offset;
	size_t size;
	void **ptr;
};

static int fail_run(const struct fail_call *c)
{
	const size_t size = _IOC_SIZE(c->cmd);
	int fd = fail_open(), ret;
	char arg[FAIL_ARG_MAX];
	unsigned int n = 0;

	if (size > sizeof(arg))
		fail_die("argument");
	if (size)
		memcpy(arg, c->arg, size);
	do {
		n += n < FAIL_ALL ? 1 : n / 4;
		if (size)
			memcpy(c->arg, arg, size);
		fail_set(fd, n);
		ret = c->call(c);
	} while (fail_happened(fd) && ret);
	close(fd);
	return ret;
}

static int fail_call_open(const struct fail_call *c)
{
	return __real_uapi_dev_open(c->opened);
}

int __wrap_uapi_dev_open(struct uapi_dev **dev)
{
	return fail_run(&(struct fail_call){ .call = fail_call_open, .opened = dev });
}

static int fail_call_ioctl(const struct fail_call *c)
{
	return __real_uapi_dev_ioctl(c->dev, c->cmd, c->arg);
}

int __wrap_uapi_dev_ioctl(struct uapi_dev *dev, unsigned long cmd, void *arg)
{
	const struct fail_call c = {
		.call = fail_call_ioctl,
		.dev = dev,
		.cmd = cmd,
		.arg = arg,
	};

	return fail_run(&c);
}

static int fail_call_mmap(const struct fail_call *c)
{
	return __real_uapi_dev_mmap(c->dev, c->offset, c->size, c->ptr);
}

int __wrap_uapi_dev_mmap(struct uapi_dev *dev, __u64 offset, size_t size, void **ptr)
{
	const struct fail_call c = {
		.call = fail_call_mmap,
		.dev = dev,
		.offset = offset,
		.size = size,
		.ptr = ptr,
	};

	return fail_run(&c);
}
