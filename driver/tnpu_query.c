// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: DEV_QUERY.
 */
#include <linux/uaccess.h>

#include <drm/drm_drv.h>

#include "tnpu_drv.h"
#include "tnpu_query.h"

/* Gives @size bytes of which the caller wants args->size: cut off, or zeros after it. */
static int tnpu_query_give(struct drm_tnpu_dev_query *args, const void *object, size_t size)
{
	void __user *to = u64_to_user_ptr(args->pointer);
	const size_t known = min_t(size_t, size, args->size);

	if (!args->pointer) {
		args->size = size;
		return 0;
	}
	if (copy_to_user(to, object, known) || clear_user(to + known, args->size - known))
		return -EFAULT;

	return 0;
}

static void tnpu_query_read_device(struct tnpu_device *tdev, struct drm_tnpu_dev_info *info)
{
	info->platform = tnpu_rd(tdev, PLATFORM);
	info->features = tnpu_rd(tdev, FEATURES);
	info->profile = tnpu_rd(tdev, PROFILE);
	info->ops = tnpu_rd64(tdev, OPS);
	info->max_cmd_bytes = tnpu_rd64(tdev, MAX_CMD_BYTES);
	info->max_cmd_macs = tnpu_rd64(tdev, MAX_CMD_MACS);
	info->wformats = tnpu_rd(tdev, WFORMATS);
	info->dtypes = tnpu_rd(tdev, DTYPES);
	info->max_span_us = tnpu_rd(tdev, MAX_SPAN_US);
	info->engines = tnpu_rd(tdev, ENGINES);
	info->gemm_tile = tnpu_rd(tdev, GEMM_TILE);
	info->page_sizes = tnpu_rd(tdev, PAGE_SIZES);
}

/**
 * tnpu_query_init - take down what DEV_QUERY_INFO tells, which never changes
 * @tdev: the device, its firmware ready
 */
void tnpu_query_init(struct tnpu_device *tdev)
{
	const struct tnpu_hw *hw = &tdev->hw;

	tdev->info = (struct drm_tnpu_dev_info){
		.hw_version = hw->version,
		.mem_size = hw->mem_size,
		.va_start = TNPU_VA_START,
		.va_end = TNPU_VA_END,
		.timestamp_hz = hw->timestamp_hz,
		.max_stream_bytes = hw->max_stream_bytes,
		.num_queues = hw->num_queues,
		.num_contexts = hw->num_contexts,
		.max_jobs = TNPU_MAX_JOBS,
		.max_syncs = TNPU_MAX_SYNCS,
		.max_bind_ops = TNPU_MAX_BIND_OPS,
	};
	tnpu_query_read_device(tdev, &tdev->info);
}

static int tnpu_query_info(struct tnpu_device *tdev, struct drm_tnpu_dev_query *args)
{
	int idx;

	if (!drm_dev_enter(&tdev->drm, &idx))
		return -ENODEV;
	drm_dev_exit(idx);

	return tnpu_query_give(args, &tdev->info, sizeof(tdev->info));
}

static int tnpu_query_firmware(struct tnpu_device *tdev, struct drm_tnpu_dev_query *args)
{
	struct drm_tnpu_firmware_info info = {
		.version = tdev->fw.version,
		.protocol = tdev->fw.protocol,
	};

	BUILD_BUG_ON(sizeof(info.name) != sizeof(tdev->fw.name));
	memcpy(info.name, tdev->fw.name, sizeof(info.name));

	return tnpu_query_give(args, &info, sizeof(info));
}

static int tnpu_query_usage(struct tnpu_device *tdev, struct drm_tnpu_dev_query *args)
{
	struct drm_tnpu_usage_info info = {
		.mem_used = tnpu_vram_used(tdev),
		.sysmem_used = atomic64_read(&tdev->gem.sysmem) +
			       atomic64_read(&tdev->evict.bytes),
		.queues = tnpu_queues_count(tdev),
		.contexts = atomic_read(&tdev->vms.count),
		.reset_count = atomic_read(&tdev->reset.count),
	};

	return tnpu_query_give(args, &info, sizeof(info));
}

/**
 * tnpu_query_ioctl - DRM_IOCTL_TNPU_DEV_QUERY
 * @drm: the device
 * @data: struct drm_tnpu_dev_query
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct tnpu_device *tdev = to_tnpu_device(drm);
	struct drm_tnpu_dev_query *args = data;

	switch (args->type) {
	case DRM_TNPU_DEV_QUERY_INFO:
		return tnpu_query_info(tdev, args);
	case DRM_TNPU_DEV_QUERY_FIRMWARE:
		return tnpu_query_firmware(tdev, args);
	case DRM_TNPU_DEV_QUERY_USAGE:
		return tnpu_query_usage(tdev, args);
	default:
		return -EINVAL;
	}
}
