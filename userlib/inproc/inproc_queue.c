// SPDX-License-Identifier: MIT
/*
 * Queues: each one is a hardware queue with its ring and completion ring.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inproc.h"

#define INPROC_NSEC_PER_MSEC	1000000ull
#define INPROC_TIMEOUT_MS	5000
#define INPROC_TIMEOUT_MS_MAX	600000
#define INPROC_RING_BYTES	(INPROC_RING_ENTRIES * sizeof(struct tnpu_ring_entry))
#define INPROC_RINGS_BYTES	\
	(INPROC_RING_BYTES + INPROC_RING_ENTRIES * sizeof(struct tnpu_completion))

/* Of this thread, as capable() sees it. */
static bool inproc_capable(unsigned int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

static int inproc_queue_check_args(struct inproc_file *file,
				   const struct drm_tnpu_queue_create *args)
{
	if (args->priority >= TNPU_PRIORITY_COUNT || args->flags || args->pad ||
	    args->timeout_ms > INPROC_TIMEOUT_MS_MAX)
		return -EINVAL;
	if (!inproc_table_get(&file->vms, args->vm_id))
		return -ENOENT;
	if (args->priority >= DRM_TNPU_QUEUE_PRIORITY_HIGH && !inproc_capable(CAP_SYS_NICE))
		return -EPERM;
	return 0;
}

static int inproc_queue_alloc(struct inproc_device *dev, unsigned int hw,
			      struct inproc_queue **object)
{
	struct inproc_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return -ENOMEM;
	if (inproc_region_alloc(&dev->system, INPROC_RINGS_BYTES, &queue->dma)) {
		free(queue);
		return -ENOMEM;
	}
	queue->hw = hw;
	queue->ring = (void *)(dev->system.base + queue->dma);
	queue->completions = (void *)(dev->system.base + queue->dma + INPROC_RING_BYTES);
	TAILQ_INIT(&queue->waiting);
	TAILQ_INIT(&queue->running);
	*object = queue;
	return 0;
}

static int inproc_queue_start(struct inproc_device *dev, struct inproc_queue *queue,
			      struct inproc_vm *vm, const struct drm_tnpu_queue_create *args)
{
	uint64_t timeout_ms = args->timeout_ms ? args->timeout_ms : INPROC_TIMEOUT_MS;
	struct tnpu_msg_queue_create msg = {
		.queue = queue->hw,
		.context = vm->context,
		.ring = queue->dma,
		.completion = queue->dma + INPROC_RING_BYTES,
		.order = INPROC_RING_ORDER,
		.priority = args->priority,
	};
	int ret = inproc_mbox_call(dev, TNPU_MSG_QUEUE_CREATE, &msg, sizeof(msg));

	if (ret)
		return ret;
	queue->timeout_ns = timeout_ms * INPROC_NSEC_PER_MSEC;
	queue->vm = vm;
	vm->refs++;
	dev->queues[queue->hw] = queue;
	return 0;
}

int inproc_queue_create(struct inproc_file *file, void *data)
{
	struct drm_tnpu_queue_create *args = data;
	struct inproc_device *dev = file->dev;
	struct inproc_queue *queue;
	unsigned int hw = 0;
	int ret = inproc_queue_check_args(file, args);

	if (ret)
		return ret;
	while (hw < INPROC_QUEUES && dev->queues[hw])
		hw++;
	if (hw == INPROC_QUEUES)
		return -EBUSY;
	ret = inproc_queue_alloc(dev, hw, &queue);
	if (ret)
		return ret;
	ret = inproc_queue_start(dev, queue, inproc_table_get(&file->vms, args->vm_id), args);
	if (ret) {
		inproc_region_free(&dev->system, queue->dma);
		free(queue);
		return ret;
	}
	ret = inproc_table_add(&file->queues, queue, &args->id);
	if (ret)
		inproc_queue_free(queue);
	return ret;
}

/**
 * inproc_queue_free() - Cancel what is pending and give the hardware queue back
 *
 * Where the firmware does not answer any more, the hardware queue and its rings are lost.
 */
void inproc_queue_free(struct inproc_queue *queue)
{
	struct tnpu_msg_queue msg = { .queue = queue->hw };
	struct inproc_device *dev = queue->vm->dev;
	bool lost = inproc_mbox_call(dev, TNPU_MSG_QUEUE_DESTROY, &msg, sizeof(msg));

	inproc_job_complete_all(dev);
	inproc_job_cancel_all(dev, queue);
	inproc_job_push_all(dev);
	if (lost)
		return;
	dev->queues[queue->hw] = NULL;
	inproc_region_free(&dev->system, queue->dma);
	inproc_vm_put(queue->vm);
	free(queue);
}

int inproc_queue_destroy(struct inproc_file *file, void *data)
{
	struct drm_tnpu_queue_destroy *args = data;
	struct inproc_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = inproc_table_remove(&file->queues, args->id);
	if (!queue)
		return -ENOENT;
	inproc_queue_free(queue);
	return 0;
}

int inproc_queue_get_state(struct inproc_file *file, void *data)
{
	struct drm_tnpu_queue_get_state *args = data;
	struct inproc_queue *queue;
	uint32_t id = args->queue_id;

	if (args->pad)
		return -EINVAL;
	queue = inproc_table_get(&file->queues, id);
	if (!queue)
		return -ENOENT;
	*args = queue->state;
	args->queue_id = id;
	args->reset_count = inproc_device_read(file->dev, TNPU_REG_RESET_COUNT) -
			    file->dev->reset_base;
	return 0;
}
