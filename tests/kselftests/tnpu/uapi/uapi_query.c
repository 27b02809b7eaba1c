// SPDX-License-Identifier: GPL-2.0
/*
 * DEV_QUERY, DRM_IOCTL_VERSION, and what holds for the argument of every ioctl.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "uapi_cases.h"

UAPI_CASE(query_info)
{
	const struct drm_tnpu_dev_info *info = &t->info;

	expect_eq(info->hw_version >> 16, TNPU_HW_VERSION_MAJOR);
	expect_eq(info->platform, DRM_TNPU_PLATFORM_EMULATED);
	expect_true(info->mem_size && info->mem_size % UAPI_PAGE == 0);
	expect_true(info->va_start && info->va_start < info->va_end);
	expect_true(info->va_end <= 1ull << TNPU_VA_BITS);
	expect_eq((info->va_start | info->va_end) % UAPI_PAGE, 0);
	expect_true(info->page_sizes & 1 << TNPU_PAGE_SHIFT);
	expect_true(info->ops & 1 << TNPU_OP_NOP);
	expect_true(info->num_queues && info->num_contexts && info->engines);
	expect_true(info->max_jobs && info->max_syncs && info->max_bind_ops);
	expect_true(info->max_stream_bytes && info->max_span_us && info->timestamp_hz);
	expect_true(info->max_cmd_bytes && info->max_cmd_macs);
}

UAPI_CASE(query_firmware)
{
	struct drm_tnpu_firmware_info firmware;
	struct drm_tnpu_dev_query args = {
		.type = DRM_TNPU_DEV_QUERY_FIRMWARE,
		.size = sizeof(firmware),
		.pointer = (uintptr_t)&firmware,
	};

	memset(&firmware, 0xff, sizeof(firmware));
	expect_ioctl(t, TNPU_DEV_QUERY, &args, 0);
	expect_eq(args.size, sizeof(firmware));
	expect_eq(firmware.protocol >> 16, TNPU_PROTOCOL_MAJOR);
	expect_true(firmware.version);
	expect_true(memchr(firmware.name, 0, sizeof(firmware.name)));
}

UAPI_CASE(query_usage)
{
	struct drm_tnpu_usage_info before = uapi_usage(t), after;
	__u32 vm = uapi_vm_create(t);

	uapi_queue_create(t, vm);
	uapi_bo_create(t, 5 * UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	uapi_bo_create(t, 3 * UAPI_PAGE, 0);
	after = uapi_usage(t);
	expect_eq(after.contexts, before.contexts + 1);
	expect_eq(after.queues, before.queues + 1);
	expect_eq(after.mem_used, before.mem_used + 5 * UAPI_PAGE);
	expect_eq(after.sysmem_used, before.sysmem_used + 3 * UAPI_PAGE);
	expect_eq(after.reset_count, before.reset_count);
	expect_eq(after.pad, 0);
}

static void query_size(struct uapi_test *t, __u32 type, size_t size)
{
	struct drm_tnpu_dev_query args = { .type = type };

	expect_ioctl(t, TNPU_DEV_QUERY, &args, 0);
	expect_eq(args.size, size);
}

UAPI_CASE(query_tells_sizes)
{
	query_size(t, DRM_TNPU_DEV_QUERY_INFO, sizeof(struct drm_tnpu_dev_info));
	query_size(t, DRM_TNPU_DEV_QUERY_FIRMWARE, sizeof(struct drm_tnpu_firmware_info));
	query_size(t, DRM_TNPU_DEV_QUERY_USAGE, sizeof(struct drm_tnpu_usage_info));
}

/* Asks for @size bytes of INFO; they lie at the start of the returned buffer. */
static const __u8 *query_bytes(struct uapi_test *t, size_t size)
{
	static __u8 buf[512];
	struct drm_tnpu_dev_query args = {
		.type = DRM_TNPU_DEV_QUERY_INFO,
		.size = size,
		.pointer = (uintptr_t)buf,
	};

	memset(buf, 0xa5, sizeof(buf));
	expect_ioctl(t, TNPU_DEV_QUERY, &args, 0);
	expect_eq(args.size, size);
	expect_eq(buf[size], 0xa5);
	return buf;
}

UAPI_CASE(query_truncates)
{
	const size_t size = offsetof(struct drm_tnpu_dev_info, va_start);

	expect_eq(memcmp(query_bytes(t, size), &t->info, size), 0);
}

UAPI_CASE(query_pads_with_zeros)
{
	const __u8 *buf = query_bytes(t, sizeof(t->info) + 64);
	size_t i;

	expect_eq(memcmp(buf, &t->info, sizeof(t->info)), 0);
	for (i = 0; i < 64; i++)
		expect_eq(buf[sizeof(t->info) + i], 0);
}

UAPI_CASE(query_size_zero)
{
	query_bytes(t, 0);
}

UAPI_CASE(query_type_unknown)
{
	struct drm_tnpu_dev_query args = { .type = DRM_TNPU_DEV_QUERY_USAGE + 1 };

	expect_ioctl(t, TNPU_DEV_QUERY, &args, -EINVAL);
}

UAPI_CASE(query_pointer_bad)
{
	struct drm_tnpu_dev_query args = {
		.type = DRM_TNPU_DEV_QUERY_INFO,
		.size = sizeof(t->info),
		.pointer = (uintptr_t)uapi_page_end(0),
	};

	expect_ioctl(t, TNPU_DEV_QUERY, &args, -EFAULT);
	args.pointer = (uintptr_t)uapi_page_end(sizeof(t->info) - 1);
	expect_ioctl(t, TNPU_DEV_QUERY, &args, -EFAULT);
	args.pointer = (uintptr_t)uapi_page_end(sizeof(t->info));
	expect_ioctl(t, TNPU_DEV_QUERY, &args, 0);
}

UAPI_CASE(query_padding_bad)
{
	struct drm_tnpu_dev_query args = {
		.type = DRM_TNPU_DEV_QUERY_INFO,
		.size = sizeof(t->info) + 8,
		.pointer = (uintptr_t)uapi_page_end(sizeof(t->info)),
	};

	expect_ioctl(t, TNPU_DEV_QUERY, &args, -EFAULT);
}

UAPI_CASE(version)
{
	char name[16] = "";
	struct drm_version args = { .name_len = sizeof(name), .name = name };

	expect_ioctl(t, VERSION, &args, 0);
	expect_eq(args.version_major, 1);
	expect_eq(args.version_minor, 1);
	expect_eq(args.name_len, 4);
	expect_eq(strcmp(name, "tnpu"), 0);
}

/* ---- Every ioctl -------------------------------------------------------------------- */

/* Arguments of zeros, and what they give. */
static const struct {
	unsigned long cmd;
	int ret;
} uapi_ioctls[] = {
	{ DRM_IOCTL_TNPU_DEV_QUERY, 0 },
	{ DRM_IOCTL_TNPU_BO_CREATE, -EINVAL },
	{ DRM_IOCTL_TNPU_BO_MMAP_OFFSET, -ENOENT },
	{ DRM_IOCTL_TNPU_BO_WAIT, -ENOENT },
	{ DRM_IOCTL_TNPU_VM_CREATE, 0 },
	{ DRM_IOCTL_TNPU_VM_DESTROY, -ENOENT },
	{ DRM_IOCTL_TNPU_VM_BIND, -ENOENT },
	{ DRM_IOCTL_TNPU_QUEUE_CREATE, -ENOENT },
	{ DRM_IOCTL_TNPU_QUEUE_DESTROY, -ENOENT },
	{ DRM_IOCTL_TNPU_QUEUE_SUBMIT, -EINVAL },
	{ DRM_IOCTL_TNPU_QUEUE_GET_STATE, -ENOENT },
};

UAPI_CASE(arg_at_page_end)
{
	size_t i;

	for (i = 0; i < UAPI_ARRAY_SIZE(uapi_ioctls); i++)
		expect_eq(uapi_dev_ioctl(t->dev, uapi_ioctls[i].cmd,
					 uapi_page_end(_IOC_SIZE(uapi_ioctls[i].cmd))),
			  uapi_ioctls[i].ret);
}

UAPI_CASE(arg_across_page_end)
{
	size_t i;

	for (i = 0; i < UAPI_ARRAY_SIZE(uapi_ioctls); i++)
		expect_eq(uapi_dev_ioctl(t->dev, uapi_ioctls[i].cmd,
					 uapi_page_end(_IOC_SIZE(uapi_ioctls[i].cmd) - 1)),
			  -EFAULT);
}

UAPI_CASE(arg_unmapped)
{
	size_t i;

	for (i = 0; i < UAPI_ARRAY_SIZE(uapi_ioctls); i++) {
		expect_eq(uapi_dev_ioctl(t->dev, uapi_ioctls[i].cmd, NULL), -EFAULT);
		expect_eq(uapi_dev_ioctl(t->dev, uapi_ioctls[i].cmd, uapi_page_end(0)), -EFAULT);
	}
}

/* An older struct: what it lacks counts as zero, and nothing behind it is written. */
UAPI_CASE(arg_shorter)
{
	const size_t size = offsetof(struct drm_tnpu_queue_get_state, seq);
	struct drm_tnpu_queue_get_state args;
	__u32 vm = uapi_vm_create(t);

	memset(&args, 0xa5, sizeof(args));
	args.queue_id = uapi_queue_create(t, vm);
	args.pad = 0;
	expect_eq(uapi_dev_ioctl(t->dev, _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE,
					      DRM_COMMAND_BASE + DRM_TNPU_QUEUE_GET_STATE, size),
				 &args), 0);
	expect_eq(args.state, DRM_TNPU_QUEUE_STATE_OK);
	expect_eq(args.cmd_index, 0);
	expect_eq(args.seq, 0xa5a5a5a5a5a5a5a5ull);
}

/* A newer struct: what the driver does not know comes back as it was. */
UAPI_CASE(arg_longer)
{
	struct {
		struct drm_tnpu_vm_create args;
		__u64 more;
	} longer = { .more = 0 };

	expect_eq(uapi_dev_ioctl(t->dev, _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE,
					      DRM_COMMAND_BASE + DRM_TNPU_VM_CREATE,
					      sizeof(longer)), &longer), 0);
	expect_true(longer.args.id);
	expect_eq(longer.more, 0);
}

/* The caller's outputs are written whole, or come back untouched. */
UAPI_CASE(arg_outputs)
{
	struct drm_tnpu_bo_create bad = { .size = 0, .handle = 0x5a5a5a5a };
	struct drm_tnpu_vm_create vm = { .id = 0xa5a5a5a5 };
	struct drm_tnpu_queue_get_state state;

	expect_ioctl(t, TNPU_BO_CREATE, &bad, -EINVAL);
	expect_true(bad.handle == 0x5a5a5a5a || !bad.handle);
	expect_ioctl(t, TNPU_VM_CREATE, &vm, 0);
	expect_true(vm.id != 0xa5a5a5a5);
	state = uapi_state(t, uapi_queue_create(t, vm.id));
	expect_eq(state.state, DRM_TNPU_QUEUE_STATE_OK);
	expect_eq(state.reason, 0);
	expect_eq(state.error, 0);
	expect_eq(state.cmd_index, 0);
	expect_eq(state.seq, 0);
	expect_eq(state.fault_va, 0);
	expect_eq(state.fault_access, 0);
	expect_eq(state.submitted, 0);
	expect_eq(state.completed, 0);
}

UAPI_CASE(ioctl_unknown)
{
	__u64 arg = 0;

	expect_eq(uapi_dev_ioctl(t->dev, _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE,
					      DRM_COMMAND_BASE + DRM_TNPU_QUEUE_GET_STATE + 1,
					      sizeof(arg)), &arg), -EINVAL);
	expect_eq(uapi_dev_ioctl(t->dev, _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE,
					      DRM_COMMAND_END - 1, sizeof(arg)), &arg), -EINVAL);
	expect_eq(uapi_dev_ioctl(t->dev, _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE + 1,
					      DRM_COMMAND_BASE, sizeof(arg)), &arg), -ENOTTY);
}
