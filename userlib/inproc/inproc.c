// SPDX-License-Identifier: MIT
/*
 * The plug-in: opens clients of the device of this process and gives ioctls to those who
 * answer them, by the rules of the DRM core.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inproc.h"

/** struct inproc_ioctl - an ioctl as it is known here */
struct inproc_ioctl {
	unsigned long cmd;
	int (*func)(struct inproc_file *file, void *data);
};

static const struct inproc_ioctl inproc_ioctls[] = {
	{ DRM_IOCTL_TNPU_DEV_QUERY, inproc_dev_query },
	{ DRM_IOCTL_TNPU_BO_CREATE, inproc_bo_create },
	{ DRM_IOCTL_TNPU_BO_MMAP_OFFSET, inproc_bo_mmap_offset },
	{ DRM_IOCTL_TNPU_BO_WAIT, inproc_bo_wait },
	{ DRM_IOCTL_TNPU_VM_CREATE, inproc_vm_create },
	{ DRM_IOCTL_TNPU_VM_DESTROY, inproc_vm_destroy },
	{ DRM_IOCTL_TNPU_VM_BIND, inproc_bind },
	{ DRM_IOCTL_TNPU_QUEUE_CREATE, inproc_queue_create },
	{ DRM_IOCTL_TNPU_QUEUE_DESTROY, inproc_queue_destroy },
	{ DRM_IOCTL_TNPU_QUEUE_SUBMIT, inproc_queue_submit },
	{ DRM_IOCTL_TNPU_QUEUE_GET_STATE, inproc_queue_get_state },
	{ DRM_IOCTL_VERSION, inproc_version },
	{ DRM_IOCTL_GEM_CLOSE, inproc_gem_close },
	{ DRM_IOCTL_SYNCOBJ_CREATE, inproc_syncobj_create },
	{ DRM_IOCTL_SYNCOBJ_DESTROY, inproc_syncobj_destroy },
	{ DRM_IOCTL_SYNCOBJ_WAIT, inproc_syncobj_wait },
	{ DRM_IOCTL_SYNCOBJ_RESET, inproc_syncobj_reset },
	{ DRM_IOCTL_SYNCOBJ_SIGNAL, inproc_syncobj_signal },
	{ DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, inproc_syncobj_timeline_wait },
	{ DRM_IOCTL_SYNCOBJ_QUERY, inproc_syncobj_query },
	{ DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, inproc_syncobj_timeline_signal },
};

static const struct inproc_ioctl *inproc_ioctl_find(unsigned long cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(inproc_ioctls); i++)
		if (_IOC_NR(inproc_ioctls[i].cmd) == _IOC_NR(cmd))
			return &inproc_ioctls[i];
	return NULL;
}

static int inproc_ioctl_call(struct inproc_file *file, const struct inproc_ioctl *ioctl, void *data)
{
	int ret;

	pthread_mutex_lock(&file->dev->lock);
	ret = ioctl->func(file, data);
	pthread_mutex_unlock(&file->dev->lock);
	return ret;
}

/*
 * As drm_ioctl(): the caller's size counts, what it does not give is zero, and the
 * argument is copied back on errors too.
 */
static int inproc_ioctl(struct tnpu_transport *t, unsigned long cmd, void *arg)
{
	const struct inproc_ioctl *ioctl = inproc_ioctl_find(cmd);
	uint64_t data[(1 << _IOC_SIZEBITS) / sizeof(uint64_t)];
	size_t in_size, out_size, size;
	int ret;

	if (_IOC_TYPE(cmd) != DRM_IOCTL_BASE)
		return -ENOTTY;
	if (!ioctl)
		return -EINVAL;
	in_size = cmd & ioctl->cmd & IOC_IN ? _IOC_SIZE(cmd) : 0;
	out_size = cmd & ioctl->cmd & IOC_OUT ? _IOC_SIZE(cmd) : 0;
	size = _IOC_SIZE(ioctl->cmd);
	if (size < out_size)
		size = out_size;
	if (inproc_user_read(data, (uintptr_t)arg, in_size))
		return -EFAULT;
	if (size > in_size)
		memset((uint8_t *)data + in_size, 0, size - in_size);
	ret = inproc_ioctl_call((struct inproc_file *)t, ioctl, data);
	if (inproc_user_write((uintptr_t)arg, data, out_size))
		return -EFAULT;
	return ret;
}

static int inproc_open(const char *path, struct tnpu_transport **t, struct tnpu_errmsg *err)
{
	struct inproc_file *file = calloc(1, sizeof(*file));
	int ret;

	if (!file)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	ret = inproc_device_get(&file->dev, err);
	if (ret) {
		free(file);
		return ret;
	}
	TAILQ_INIT(&file->mappings);
	*t = &file->base;
	return 0;
}

/* Queues first: they use VMs, which use BOs. */
static void inproc_release(struct inproc_file *file)
{
	uint32_t i;

	for (i = 0; i < file->queues.size; i++)
		if (file->queues.slots[i])
			inproc_queue_free(file->queues.slots[i]);
	free(file->queues.slots);
	for (i = 0; i < file->vms.size; i++)
		if (file->vms.slots[i])
			inproc_vm_put(file->vms.slots[i]);
	free(file->vms.slots);
	inproc_gem_release(file);
	inproc_syncobj_release(file);
}

static void inproc_close(struct tnpu_transport *t)
{
	struct inproc_file *file = (struct inproc_file *)t;

	pthread_mutex_lock(&file->dev->lock);
	inproc_release(file);
	pthread_mutex_unlock(&file->dev->lock);
	inproc_device_put(file->dev);
	free(file);
}

static int inproc_ops_mmap(struct tnpu_transport *t, uint64_t offset, size_t size, void **ptr)
{
	struct inproc_file *file = (struct inproc_file *)t;
	int ret;

	pthread_mutex_lock(&file->dev->lock);
	ret = inproc_mmap(file, offset, size, ptr);
	pthread_mutex_unlock(&file->dev->lock);
	return ret;
}

static int inproc_ops_munmap(struct tnpu_transport *t, void *ptr, size_t size)
{
	struct inproc_file *file = (struct inproc_file *)t;
	int ret;

	pthread_mutex_lock(&file->dev->lock);
	ret = inproc_munmap(file, ptr, size);
	pthread_mutex_unlock(&file->dev->lock);
	return ret;
}

extern const struct tnpu_transport_ops tnpu_transport_plugin;

__attribute__((visibility("default")))
const struct tnpu_transport_ops tnpu_transport_plugin = {
	.abi = TNPU_TRANSPORT_ABI,
	.name = "inproc",
	.open = inproc_open,
	.close = inproc_close,
	.ioctl = inproc_ioctl,
	.mmap = inproc_ops_mmap,
	.munmap = inproc_ops_munmap,
};
