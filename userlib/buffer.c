// SPDX-License-Identifier: MIT
/*
 * Buffers: a BO, its address and its mapping.
 */
#include <errno.h>
#include <stdlib.h>

#include "device.h"

struct tnpu_buffer {
	struct tnpu_device *dev;
	uint64_t size;
	uint64_t va;
	uint32_t handle;
	void *map;
};

static int tnpu_buffer_bind(struct tnpu_buffer *buf, uint32_t op)
{
	struct drm_tnpu_vm_bind_op bind = {
		.op = op,
		.handle = op == DRM_TNPU_VM_BIND_OP_MAP ? buf->handle : 0,
		.va = buf->va,
		.size = buf->size,
	};
	struct drm_tnpu_vm_bind args = {
		.vm_id = buf->dev->vm_id,
		.ops = { .stride = sizeof(bind), .count = 1, .array = (uintptr_t)&bind },
	};

	return tnpu_device_ioctl(buf->dev, DRM_IOCTL_TNPU_VM_BIND, &args);
}

static int tnpu_buffer_allocate(struct tnpu_buffer *buf, uint64_t size, uint32_t flags)
{
	struct drm_tnpu_bo_create args = {
		.size = size,
		.flags = flags & TNPU_BUFFER_SYSTEM ? 0 : DRM_TNPU_BO_LOCAL,
		.vm_id = buf->dev->vm_id,
	};
	int ret = tnpu_device_ioctl(buf->dev, DRM_IOCTL_TNPU_BO_CREATE, &args);

	/* Larger than the whole device is only a special case of full. */
	if (ret == -E2BIG)
		ret = -ENOSPC;
	buf->handle = args.handle;
	buf->size = args.size;
	return ret;
}

static void tnpu_buffer_close(const struct tnpu_buffer *buf)
{
	struct drm_gem_close args = { .handle = buf->handle };

	tnpu_device_ioctl(buf->dev, DRM_IOCTL_GEM_CLOSE, &args);
}

/* Gives a BO an address, and a handle of ours to @out. On failure the BO is closed. */
static int tnpu_buffer_place(const struct tnpu_buffer *bo, struct tnpu_buffer **out)
{
	struct tnpu_buffer *buf = malloc(sizeof(*buf));
	int ret = -ENOMEM;

	if (!buf)
		goto err_close;
	*buf = *bo;
	buf->va = tnpu_device_reserve(buf->dev, buf->size);
	ret = buf->va ? tnpu_buffer_bind(buf, DRM_TNPU_VM_BIND_OP_MAP) : -ENOMEM;
	if (ret)
		goto err_free;
	*out = buf;
	return 0;

err_free:
	free(buf);
err_close:
	tnpu_buffer_close(bo);
	return ret;
}

int tnpu_buffer_create(struct tnpu_device *dev, uint64_t size, uint32_t flags,
		       struct tnpu_buffer **out)
{
	struct tnpu_buffer bo = { .dev = dev };
	int ret;

	if (!size || flags & ~TNPU_BUFFER_SYSTEM)
		return -EINVAL;
	ret = tnpu_buffer_allocate(&bo, size, flags);
	return ret ? ret : tnpu_buffer_place(&bo, out);
}

int tnpu_buffer_import(struct tnpu_device *dev, int dmabuf, uint64_t size,
		       struct tnpu_buffer **out)
{
	struct drm_prime_handle args = { .fd = dmabuf };
	struct tnpu_buffer bo = { .dev = dev, .size = size };
	int ret;

	if (!size)
		return -EINVAL;
	ret = tnpu_device_ioctl(dev, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args);
	bo.handle = args.handle;
	return ret ? ret : tnpu_buffer_place(&bo, out);
}

void tnpu_buffer_destroy(struct tnpu_buffer *buf)
{
	if (!buf)
		return;
	if (buf->map)
		tnpu_transport_munmap(buf->dev->transport, buf->map, buf->size);
	tnpu_buffer_bind(buf, DRM_TNPU_VM_BIND_OP_UNMAP);
	tnpu_buffer_close(buf);
	free(buf);
}

uint64_t tnpu_buffer_va(const struct tnpu_buffer *buf)
{
	return buf->va;
}

uint64_t tnpu_buffer_size(const struct tnpu_buffer *buf)
{
	return buf->size;
}

void *tnpu_buffer_map(struct tnpu_buffer *buf)
{
	struct drm_tnpu_bo_mmap_offset args = { .handle = buf->handle };
	int ret;

	if (buf->map)
		return buf->map;
	ret = tnpu_device_ioctl(buf->dev, DRM_IOCTL_TNPU_BO_MMAP_OFFSET, &args);
	if (!ret)
		ret = tnpu_transport_mmap(buf->dev->transport, args.offset, buf->size, &buf->map);
	if (ret) {
		buf->map = NULL;
		errno = -ret;
	}
	return buf->map;
}
