// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings by the CPU that must be refused.
 */
#include <sys/mman.h>

#include "driver_cases.h"

#define MMAP_SIZE	(3 * UAPI_PAGE)

static __u64 mmap_offset(struct uapi_test *t, __u32 handle)
{
	struct drm_tnpu_bo_mmap_offset args = { .handle = handle };

	expect_ioctl(t, TNPU_BO_MMAP_OFFSET, &args, 0);
	return args.offset;
}

static int mmap_try(int fd, __u64 offset, int flags)
{
	void *p = mmap64(NULL, MMAP_SIZE, PROT_READ | PROT_WRITE, flags, fd, offset);

	if (p == MAP_FAILED)
		return -errno;
	expect_eq(munmap(p, MMAP_SIZE), 0);
	return 0;
}

/* There is no copy on write of what the device sees. */
static void mmap_private_of(struct uapi_test *t, __u32 flags)
{
	__u64 offset = mmap_offset(t, uapi_bo_create(t, MMAP_SIZE, flags));
	int fd = uapi_dev_fd(t->dev);

	expect_eq(mmap_try(fd, offset, MAP_SHARED), 0);
	expect_eq(mmap_try(fd, offset, MAP_PRIVATE), -EINVAL);
}

UAPI_CASE(mmap_private)
{
	mmap_private_of(t, DRM_TNPU_BO_LOCAL);
	mmap_private_of(t, 0);
}

/*
 * No call tells the offset of a BO with NO_MMAP. But the DRM core gives it the one that a BO of
 * its size had a moment before, where else there is nothing.
 */
static void mmap_no_mmap_of(struct uapi_test *t, __u32 flags)
{
	__u32 handle = uapi_bo_create(t, MMAP_SIZE, flags);
	__u64 offset = mmap_offset(t, handle);
	int fd = uapi_dev_fd(t->dev);

	expect_eq(mmap_try(fd, offset, MAP_SHARED), 0);
	uapi_bo_close(t, handle);
	expect_eq(mmap_try(fd, offset, MAP_SHARED), -EINVAL);
	handle = uapi_bo_create(t, MMAP_SIZE, flags | DRM_TNPU_BO_NO_MMAP);
	expect_eq(mmap_try(fd, offset, MAP_SHARED), -EACCES);
	uapi_bo_close(t, handle);
	expect_eq(mmap_try(fd, offset, MAP_SHARED), -EINVAL);
}

UAPI_CASE(mmap_no_mmap)
{
	mmap_no_mmap_of(t, DRM_TNPU_BO_LOCAL);
	mmap_no_mmap_of(t, 0);
}
