// SPDX-License-Identifier: GPL-2.0
/*
 * Sharing: dma-bufs of udmabuf's, and our own.
 */
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver_cases.h"

#define PRIME_SIZE	UAPI_HUGE

static int prime_export(struct uapi_test *t, __u32 handle, int *fd)
{
	struct drm_prime_handle args = { .handle = handle, .flags = DRM_CLOEXEC | DRM_RDWR };
	int ret = uapi_dev_ioctl(t->dev, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);

	*fd = args.fd;
	return ret;
}

static __u32 prime_import(struct uapi_test *t, int fd)
{
	struct drm_prime_handle args = { .fd = fd };

	expect_ioctl(t, PRIME_FD_TO_HANDLE, &args, 0);
	expect_true(args.handle);
	return args.handle;
}

/* Binds @handle, has the device store a word there and copy another one from there. */
static void prime_use(struct uapi_test *t, __u32 handle, volatile __u64 *memory)
{
	struct uapi_bench b;
	__u64 va;

	uapi_bench_init(t, &b);
	va = b.va + 64 * UAPI_HUGE;
	uapi_bind(t, b.vm, handle, 0, va, PRIME_SIZE);
	memory[1] = 0x123456789abc;
	uapi_cmd_store(&b, va + PRIME_SIZE - 8, 0xcba987654321);
	uapi_cmd_copy(&b, uapi_bench_data(&b, 0), va + 8, 8);
	uapi_bench_run(t, &b);
	expect_eq(uapi_state(t, b.queue).state, DRM_TNPU_QUEUE_STATE_OK);
	expect_eq(memory[PRIME_SIZE / 8 - 1], 0xcba987654321);
	expect_eq(uapi_bench_load(&b, 0), 0x123456789abc);
}

/* Memory of a program's, that udmabuf makes a dma-buf of. */
UAPI_CASE(prime_import_udmabuf)
{
	struct udmabuf_create create = { .size = PRIME_SIZE };
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;
	volatile __u64 *memory;

	expect_true(dev >= 0);
	create.memfd = memfd_create("tnpu", MFD_ALLOW_SEALING);
	expect_eq(ftruncate(create.memfd, PRIME_SIZE), 0);
	expect_eq(fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	memory = mmap(NULL, PRIME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, create.memfd, 0);
	expect_true(memory != MAP_FAILED);
	fd = ioctl(dev, UDMABUF_CREATE, &create);
	expect_true(fd >= 0);
	prime_use(t, prime_import(t, fd), memory);
	close(fd);
	close(create.memfd);
	close(dev);
}

/* What one client exports another one uses, also when the first has gone. */
static void prime_share(struct uapi_test *t, __u32 flags)
{
	struct uapi_test other = { .info = t->info };
	volatile __u64 *memory;
	__u32 handle;
	int fd;

	expect_eq(uapi_dev_open(&other.dev), 0);
	handle = uapi_bo_create(&other, PRIME_SIZE, flags);
	memory = uapi_bo_map(&other, handle, PRIME_SIZE);
	expect_eq(prime_export(&other, handle, &fd), 0);
	expect_eq(prime_import(&other, fd), handle);
	handle = prime_import(t, fd);
	/* In MiB. */
	expect_eq(show_number(uapi_dev_fd(t->dev), flags & DRM_TNPU_BO_LOCAL ?
			      "drm-shared-local" : "drm-shared-memory"), PRIME_SIZE >> 20);
	close(fd);
	uapi_dev_close(other.dev);
	prime_use(t, handle, memory);
	expect_eq(munmap((void *)memory, PRIME_SIZE), 0);
	memory = uapi_bo_map(t, handle, PRIME_SIZE);
	expect_eq(memory[1], 0x123456789abc);
}

UAPI_CASE(prime_share_local)
{
	prime_share(t, DRM_TNPU_BO_LOCAL);
}

UAPI_CASE(prime_share_system)
{
	prime_share(t, 0);
}

/* The CPU maps the dma-buf itself. */
UAPI_CASE(prime_map)
{
	__u32 handle = uapi_bo_create(t, PRIME_SIZE, 0);
	volatile __u64 *memory;
	int fd;

	expect_eq(prime_export(t, handle, &fd), 0);
	memory = mmap(NULL, PRIME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	expect_true(memory != MAP_FAILED);
	prime_use(t, handle, memory);
	close(fd);
}

UAPI_CASE(prime_of_vm)
{
	struct drm_tnpu_bo_create args = { .size = PRIME_SIZE, .vm_id = uapi_vm_create(t) };
	int fd;

	expect_ioctl(t, TNPU_BO_CREATE, &args, 0);
	expect_eq(prime_export(t, args.handle, &fd), -EACCES);
}

static int prime_try_map(struct uapi_test *t, __u32 flags)
{
	void *p;
	int fd;

	expect_eq(prime_export(t, uapi_bo_create(t, PRIME_SIZE, flags), &fd), 0);
	p = mmap(NULL, PRIME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? -errno : 0;
}

/* A dma-buf is no way round a BO's flag. */
UAPI_CASE(prime_no_mmap)
{
	expect_eq(prime_try_map(t, DRM_TNPU_BO_LOCAL), 0);
	expect_eq(prime_try_map(t, DRM_TNPU_BO_LOCAL | DRM_TNPU_BO_NO_MMAP), -EACCES);
	expect_eq(prime_try_map(t, 0), 0);
	expect_eq(prime_try_map(t, DRM_TNPU_BO_NO_MMAP), -EACCES);
}
