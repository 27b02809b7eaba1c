// SPDX-License-Identifier: MIT
/*
 * Devices: an open node, its constants and one address space.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define TNPU_DEVICE_ALIGN	(2ull << 20)

const char *tnpu_version(void)
{
	return TNPU_VERSION;
}

int tnpu_device_ioctl(struct tnpu_device *dev, unsigned long cmd, void *arg)
{
	return tnpu_transport_ioctl(dev->transport, cmd, arg);
}

int tnpu_device_query(struct tnpu_device *dev, uint32_t type, void *data, uint32_t size)
{
	struct drm_tnpu_dev_query args = {
		.type = type,
		.size = size,
		.pointer = (uintptr_t)data,
	};

	return tnpu_device_ioctl(dev, DRM_IOCTL_TNPU_DEV_QUERY, &args);
}

int tnpu_device_driver(struct tnpu_device *dev, struct tnpu_driver_info *info)
{
	struct drm_version v = { .name = info->name, .name_len = sizeof(info->name) - 1 };
	int ret;

	*info = (struct tnpu_driver_info){ 0 };
	ret = tnpu_device_ioctl(dev, DRM_IOCTL_VERSION, &v);
	info->major = v.version_major;
	info->minor = v.version_minor;
	info->patch = v.version_patchlevel;
	return ret;
}

static int tnpu_device_setup(struct tnpu_device *dev, struct tnpu_errmsg *err)
{
	struct drm_tnpu_vm_create vm = { 0 };
	int ret;

	ret = tnpu_device_query(dev, DRM_TNPU_DEV_QUERY_INFO, &dev->info, sizeof(dev->info));
	if (ret)
		return tnpu_errmsg_set(err, ret, "the device does not tell what it is: %s",
				       strerror(-ret));
	ret = tnpu_device_ioctl(dev, DRM_IOCTL_TNPU_VM_CREATE, &vm);
	if (ret == -EBUSY)
		return tnpu_errmsg_set(err, ret, "all %u address spaces of the device are taken",
				       dev->info.num_contexts);
	if (ret)
		return tnpu_errmsg_set(err, ret, "no address space on the device: %s",
				       strerror(-ret));
	dev->vm_id = vm.id;
	dev->next_va = (dev->info.va_start + TNPU_DEVICE_ALIGN - 1) & ~(TNPU_DEVICE_ALIGN - 1);
	return 0;
}

int tnpu_device_open(const char *path, struct tnpu_device **out, struct tnpu_errmsg *err)
{
	struct tnpu_device *dev = calloc(1, sizeof(*dev));
	int ret;

	if (!dev)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&dev->lock, NULL);
	ret = tnpu_transport_open(path, &dev->transport, err);
	if (!ret)
		ret = tnpu_device_setup(dev, err);
	if (ret) {
		tnpu_device_close(dev);
		return ret;
	}
	*out = dev;
	return 0;
}

void tnpu_device_close(struct tnpu_device *dev)
{
	struct drm_tnpu_vm_destroy vm;

	if (!dev)
		return;
	vm = (struct drm_tnpu_vm_destroy){ .id = dev->vm_id };
	if (dev->vm_id)
		tnpu_device_ioctl(dev, DRM_IOCTL_TNPU_VM_DESTROY, &vm);
	tnpu_transport_close(dev->transport);
	pthread_mutex_destroy(&dev->lock);
	free(dev);
}

const struct drm_tnpu_dev_info *tnpu_device_info(const struct tnpu_device *dev)
{
	return &dev->info;
}

const char *tnpu_device_transport(const struct tnpu_device *dev)
{
	return dev->transport->ops->name;
}

uint64_t tnpu_device_reserve(struct tnpu_device *dev, uint64_t size)
{
	uint64_t va = 0;

	pthread_mutex_lock(&dev->lock);
	if (size <= dev->info.va_end - dev->next_va) {
		va = dev->next_va;
		dev->next_va += (size + 2 * TNPU_DEVICE_ALIGN - 1) & ~(TNPU_DEVICE_ALIGN - 1);
		if (dev->next_va > dev->info.va_end)
			dev->next_va = dev->info.va_end;
	}
	pthread_mutex_unlock(&dev->lock);
	return va;
}
