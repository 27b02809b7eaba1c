// SPDX-License-Identifier: MIT
/*
 * What the device is and what of it is in use.
 */
#include <errno.h>
#include <string.h>

#include "inproc.h"

static void inproc_query_info(struct inproc_device *dev, struct drm_tnpu_dev_info *info)
{
	*info = (struct drm_tnpu_dev_info){
		.hw_version = inproc_device_read(dev, TNPU_REG_HW_VERSION),
		.platform = inproc_device_read(dev, TNPU_REG_PLATFORM),
		.features = inproc_device_read(dev, TNPU_REG_FEATURES),
		.profile = inproc_device_read(dev, TNPU_REG_PROFILE),
		.mem_size = inproc_device_read64(dev, TNPU_REG_MEM_SIZE_LO),
		.va_start = INPROC_VA_START,
		.va_end = INPROC_VA_END,
		.ops = inproc_device_read64(dev, TNPU_REG_OPS_LO),
		.max_cmd_bytes = inproc_device_read64(dev, TNPU_REG_MAX_CMD_BYTES_LO),
		.max_cmd_macs = inproc_device_read64(dev, TNPU_REG_MAX_CMD_MACS_LO),
		.timestamp_hz = inproc_device_read(dev, TNPU_REG_TIMESTAMP_HZ),
		.wformats = inproc_device_read(dev, TNPU_REG_WFORMATS),
		.dtypes = inproc_device_read(dev, TNPU_REG_DTYPES),
		.max_stream_bytes = inproc_device_read(dev, TNPU_REG_MAX_STREAM_BYTES),
		.max_span_us = inproc_device_read(dev, TNPU_REG_MAX_SPAN_US),
		.num_queues = inproc_device_read(dev, TNPU_REG_NUM_QUEUES),
		.num_contexts = inproc_device_read(dev, TNPU_REG_NUM_CONTEXTS),
		.engines = inproc_device_read(dev, TNPU_REG_ENGINES),
		.gemm_tile = inproc_device_read(dev, TNPU_REG_GEMM_TILE),
		.max_jobs = INPROC_MAX_JOBS,
		.max_syncs = INPROC_MAX_SYNCS,
		.max_bind_ops = INPROC_MAX_BIND_OPS,
		.page_sizes = inproc_device_read(dev, TNPU_REG_PAGE_SIZES),
	};
}

static uint64_t inproc_query_sysmem(struct inproc_device *dev)
{
	struct inproc_bo *bo;
	uint64_t size = 0;

	TAILQ_FOREACH(bo, &dev->bos, link)
		if (!(bo->flags & DRM_TNPU_BO_LOCAL))
			size += bo->size;
	return size;
}

static void inproc_query_usage(struct inproc_device *dev, struct drm_tnpu_usage_info *usage)
{
	unsigned int i;

	*usage = (struct drm_tnpu_usage_info){
		.mem_used = inproc_region_used(&dev->local),
		.sysmem_used = inproc_query_sysmem(dev),
		.reset_count = inproc_device_read(dev, TNPU_REG_RESET_COUNT) - dev->reset_base,
	};
	for (i = 0; i < INPROC_QUEUES; i++)
		usage->queues += !!dev->queues[i];
	for (i = 0; i < INPROC_CONTEXTS; i++)
		usage->contexts += !!dev->contexts[i];
}

static int inproc_query_pad(uint64_t dst, uint64_t size)
{
	static const uint8_t zeros[4096];
	uint64_t n;

	for (; size; size -= n, dst += n) {
		n = size < sizeof(zeros) ? size : sizeof(zeros);
		if (inproc_user_write(dst, zeros, n))
			return -EFAULT;
	}
	return 0;
}

static int inproc_query_copy(struct drm_tnpu_dev_query *args, const void *object, uint32_t size)
{
	uint32_t n = args->size < size ? args->size : size;

	if (!args->pointer) {
		args->size = size;
		return 0;
	}
	if (inproc_user_write(args->pointer, object, n))
		return -EFAULT;
	return inproc_query_pad(args->pointer + n, args->size - n);
}

int inproc_dev_query(struct inproc_file *file, void *data)
{
	struct drm_tnpu_dev_query *args = data;
	struct drm_tnpu_usage_info usage;
	struct drm_tnpu_dev_info info;

	switch (args->type) {
	case DRM_TNPU_DEV_QUERY_INFO:
		inproc_query_info(file->dev, &info);
		return inproc_query_copy(args, &info, sizeof(info));
	case DRM_TNPU_DEV_QUERY_FIRMWARE:
		return inproc_query_copy(args, &file->dev->firmware, sizeof(file->dev->firmware));
	case DRM_TNPU_DEV_QUERY_USAGE:
		inproc_query_usage(file->dev, &usage);
		return inproc_query_copy(args, &usage, sizeof(usage));
	default:
		return -EINVAL;
	}
}

/* As drm_copy_field(): as much as fits; the length is told whole. */
static int inproc_version_field(char *buf, __kernel_size_t *len, const char *value)
{
	size_t size = strlen(value), n = size < *len ? size : *len;

	*len = size;
	return buf ? inproc_user_write((uintptr_t)buf, value, n) : 0;
}

int inproc_version(struct inproc_file *file, void *data)
{
	struct drm_version *args = data;
	int ret;

	args->version_major = 1;
	args->version_minor = 1;
	args->version_patchlevel = 0;
	ret = inproc_version_field(args->name, &args->name_len, "tnpu");
	if (!ret)
		ret = inproc_version_field(args->date, &args->date_len, "0");
	if (!ret)
		ret = inproc_version_field(args->desc, &args->desc_len, "TNPU in process");
	return ret;
}
