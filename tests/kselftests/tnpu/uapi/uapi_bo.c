// SPDX-License-Identifier: GPL-2.0
/*
 * Buffer objects.
 */
#include <string.h>

#include "uapi_cases.h"

#define BO_PATTERN	0xc35a

static void bo_create_fails(struct uapi_test *t, struct drm_tnpu_bo_create args, int error)
{
	struct drm_tnpu_usage_info before = uapi_usage(t), after;

	expect_ioctl(t, TNPU_BO_CREATE, &args, error);
	after = uapi_usage(t);
	expect_eq(after.mem_used, before.mem_used);
	expect_eq(after.sysmem_used, before.sysmem_used);
}

static void bo_expect_zero(struct uapi_test *t, __u32 handle, size_t size)
{
	const __u64 *p = uapi_bo_map(t, handle, size);
	size_t i;

	for (i = 0; i < size / sizeof(*p); i++)
		expect_eq(p[i], 0);
	expect_eq(uapi_dev_munmap(t->dev, (void *)p, size), 0);
}

/* Sizes are rounded up, contents are zero, whoever had the memory before. */
static void bo_create_use_close(struct uapi_test *t, __u32 flags)
{
	struct drm_tnpu_bo_create args = { .size = 3 * UAPI_PAGE + 1, .flags = flags };
	int round;

	for (round = 0; round < 3; round++) {
		args.size = 3 * UAPI_PAGE + 1;
		expect_ioctl(t, TNPU_BO_CREATE, &args, 0);
		expect_eq(args.size, 4 * UAPI_PAGE);
		bo_expect_zero(t, args.handle, args.size);
		memset(uapi_bo_map(t, args.handle, args.size), 0xff, args.size);
		uapi_bo_close(t, args.handle);
	}
}

UAPI_CASE(bo_create_local)
{
	bo_create_use_close(t, DRM_TNPU_BO_LOCAL);
}

UAPI_CASE(bo_create_system)
{
	bo_create_use_close(t, 0);
}

UAPI_CASE(bo_create_large)
{
	__u32 handle = uapi_bo_create(t, 2 * UAPI_HUGE + UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	__u16 *p = uapi_bo_map(t, handle, 2 * UAPI_HUGE + UAPI_PAGE);

	p[UAPI_HUGE] = BO_PATTERN;
	expect_eq(p[UAPI_HUGE], BO_PATTERN);
	expect_eq(p[UAPI_HUGE - 1], 0);
}

UAPI_CASE(bo_create_of_vm)
{
	struct drm_tnpu_bo_create args = {
		.size = UAPI_PAGE,
		.flags = DRM_TNPU_BO_LOCAL,
		.vm_id = uapi_vm_create(t),
	};

	expect_ioctl(t, TNPU_BO_CREATE, &args, 0);
	uapi_bind(t, args.vm_id, args.handle, 0, t->info.va_start, UAPI_PAGE);
}

UAPI_CASE(bo_create_size_zero)
{
	bo_create_fails(t, (struct drm_tnpu_bo_create){ .size = 0 }, -EINVAL);
}

UAPI_CASE(bo_create_flags)
{
	bo_create_fails(t, (struct drm_tnpu_bo_create){
		.size = UAPI_PAGE, .flags = DRM_TNPU_BO_NO_MMAP << 1 }, -EINVAL);
	bo_create_fails(t, (struct drm_tnpu_bo_create){
		.size = UAPI_PAGE, .flags = 1u << 31 }, -EINVAL);
}

UAPI_CASE(bo_create_pad)
{
	bo_create_fails(t, (struct drm_tnpu_bo_create){ .size = UAPI_PAGE, .pad = 1 }, -EINVAL);
}

UAPI_CASE(bo_create_local_too_large)
{
	bo_create_fails(t, (struct drm_tnpu_bo_create){
		.size = t->info.mem_size + 1, .flags = DRM_TNPU_BO_LOCAL }, -E2BIG);
	bo_create_fails(t, (struct drm_tnpu_bo_create){
		.size = ~0ull, .flags = DRM_TNPU_BO_LOCAL }, -E2BIG);
}

UAPI_CASE(bo_create_system_too_large)
{
	bo_create_fails(t, (struct drm_tnpu_bo_create){ .size = (1ull << 40) + 1 }, -E2BIG);
	bo_create_fails(t, (struct drm_tnpu_bo_create){ .size = ~0ull }, -E2BIG);
}

UAPI_CASE(bo_create_vm_unknown)
{
	bo_create_fails(t, (struct drm_tnpu_bo_create){
		.size = UAPI_PAGE, .vm_id = UAPI_BAD_HANDLE }, -ENOENT);
}

/* A BO as large as all of device memory finds no room where there is another one for good. */
UAPI_CASE(bo_create_no_space)
{
	struct drm_tnpu_usage_info before;

	uapi_bo_create(t, UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	before = uapi_usage(t);
	bo_create_fails(t, (struct drm_tnpu_bo_create){
		.size = t->info.mem_size, .flags = DRM_TNPU_BO_LOCAL }, -ENOSPC);
	expect_eq(uapi_usage(t).mem_used, before.mem_used);
	uapi_bo_create(t, UAPI_PAGE, DRM_TNPU_BO_LOCAL);
}

static void bo_two_maps(struct uapi_test *t, __u32 flags)
{
	__u32 handle = uapi_bo_create(t, 2 * UAPI_PAGE, flags);
	__u16 *a = uapi_bo_map(t, handle, 2 * UAPI_PAGE), *b = uapi_bo_map(t, handle, UAPI_PAGE);

	a[7] = BO_PATTERN;
	expect_eq(b[7], BO_PATTERN);
	expect_eq(uapi_dev_munmap(t->dev, a, 2 * UAPI_PAGE), 0);
	expect_eq(b[7], BO_PATTERN);
}

UAPI_CASE(bo_mmap)
{
	bo_two_maps(t, DRM_TNPU_BO_LOCAL);
	bo_two_maps(t, 0);
}

UAPI_CASE(bo_mmap_outlives_handle)
{
	__u32 handle = uapi_bo_create(t, UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	__u64 used = uapi_usage(t).mem_used;
	__u16 *p = uapi_bo_map(t, handle, UAPI_PAGE);

	uapi_bo_close(t, handle);
	p[0] = BO_PATTERN;
	expect_eq(p[0], BO_PATTERN);
	expect_eq(uapi_usage(t).mem_used, used);
	expect_eq(uapi_dev_munmap(t->dev, p, UAPI_PAGE), 0);
	expect_eq(uapi_usage(t).mem_used, used - UAPI_PAGE);
}

static void bo_mmap_offset_fails(struct uapi_test *t, __u32 handle, __u32 pad, int error)
{
	struct drm_tnpu_bo_mmap_offset args = { .handle = handle, .pad = pad };

	expect_ioctl(t, TNPU_BO_MMAP_OFFSET, &args, error);
}

UAPI_CASE(bo_mmap_offset_handle)
{
	bo_mmap_offset_fails(t, UAPI_BAD_HANDLE, 0, -ENOENT);
	bo_mmap_offset_fails(t, 0, 0, -ENOENT);
}

UAPI_CASE(bo_mmap_offset_pad)
{
	bo_mmap_offset_fails(t, uapi_bo_create(t, UAPI_PAGE, 0), 1, -EINVAL);
}

UAPI_CASE(bo_mmap_offset_no_mmap)
{
	bo_mmap_offset_fails(t, uapi_bo_create(t, UAPI_PAGE, DRM_TNPU_BO_NO_MMAP), 0, -EACCES);
	bo_mmap_offset_fails(t, uapi_bo_create(t, UAPI_PAGE, DRM_TNPU_BO_NO_MMAP |
					       DRM_TNPU_BO_LOCAL), 0, -EACCES);
}

UAPI_CASE(bo_mmap_size)
{
	struct drm_tnpu_bo_mmap_offset args = { .handle = uapi_bo_create(t, UAPI_PAGE, 0) };
	void *p;

	expect_ioctl(t, TNPU_BO_MMAP_OFFSET, &args, 0);
	expect_eq(uapi_dev_mmap(t->dev, args.offset, 2 * UAPI_PAGE, &p), -EINVAL);
	expect_eq(uapi_dev_mmap(t->dev, args.offset, 0, &p), -EINVAL);
	uapi_bo_close(t, args.handle);
	expect_eq(uapi_dev_mmap(t->dev, args.offset, UAPI_PAGE, &p), -EINVAL);
}

UAPI_CASE(bo_mmap_other_client)
{
	struct drm_tnpu_bo_mmap_offset args = { .handle = uapi_bo_create(t, UAPI_PAGE, 0) };
	struct uapi_dev *other;
	void *p;

	expect_ioctl(t, TNPU_BO_MMAP_OFFSET, &args, 0);
	expect_eq(uapi_dev_open(&other), 0);
	expect_eq(uapi_dev_mmap(other, args.offset, UAPI_PAGE, &p), -EACCES);
	uapi_dev_close(other);
}

UAPI_CASE(bo_close)
{
	struct drm_gem_close args = { .handle = uapi_bo_create(t, UAPI_PAGE, 0) };

	expect_ioctl(t, GEM_CLOSE, &args, 0);
	expect_ioctl(t, GEM_CLOSE, &args, -EINVAL);
	args.handle = UAPI_BAD_HANDLE;
	expect_ioctl(t, GEM_CLOSE, &args, -EINVAL);
}

UAPI_CASE(bo_wait_idle)
{
	struct drm_tnpu_bo_wait args = { .handle = uapi_bo_create(t, UAPI_PAGE, 0) };

	expect_ioctl(t, TNPU_BO_WAIT, &args, 0);
	args.timeout_ns = UAPI_LATE;
	expect_ioctl(t, TNPU_BO_WAIT, &args, 0);
}

UAPI_CASE(bo_wait_busy)
{
	struct drm_tnpu_bo_wait args = { 0 };
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	args.handle = b.bo;
	uapi_bench_hold(t, &b);
	expect_ioctl(t, TNPU_BO_WAIT, &args, -ETIME);
	args.timeout_ns = 1;
	expect_ioctl(t, TNPU_BO_WAIT, &args, -ETIME);
	args.timeout_ns = UAPI_SOON;
	expect_ioctl(t, TNPU_BO_WAIT, &args, -ETIME);
	uapi_bench_release(&b);
	args.timeout_ns = UAPI_LATE;
	expect_ioctl(t, TNPU_BO_WAIT, &args, 0);
	expect_eq(uapi_state(t, b.queue).completed, 1);
}

UAPI_CASE(bo_wait_handle)
{
	struct drm_tnpu_bo_wait args = { .handle = UAPI_BAD_HANDLE };

	expect_ioctl(t, TNPU_BO_WAIT, &args, -ENOENT);
}

UAPI_CASE(bo_wait_pad)
{
	struct drm_tnpu_bo_wait args = { .handle = uapi_bo_create(t, UAPI_PAGE, 0), .pad = 1 };

	expect_ioctl(t, TNPU_BO_WAIT, &args, -EINVAL);
}

UAPI_CASE(bo_wait_negative)
{
	struct drm_tnpu_bo_wait args = {
		.handle = uapi_bo_create(t, UAPI_PAGE, 0),
		.timeout_ns = -1,
	};

	expect_ioctl(t, TNPU_BO_WAIT, &args, -EINVAL);
}
