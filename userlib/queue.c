// SPDX-License-Identifier: MIT
/*
 * Queues: submission, and a timeline syncobj whose points number the jobs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"

struct tnpu_queue {
	struct tnpu_device *dev;
	uint32_t id;
	uint32_t timeline;
	uint64_t submitted;
};

int tnpu_queue_create(struct tnpu_device *dev, uint32_t priority, struct tnpu_queue **out)
{
	struct drm_tnpu_queue_create args = { .vm_id = dev->vm_id, .priority = priority };
	struct drm_syncobj_create sync = { 0 };
	struct drm_syncobj_destroy undo;
	struct tnpu_queue *queue = calloc(1, sizeof(*queue));
	int ret;

	if (!queue)
		return -ENOMEM;
	queue->dev = dev;
	ret = tnpu_device_ioctl(dev, DRM_IOCTL_SYNCOBJ_CREATE, &sync);
	if (ret)
		goto err_free;
	queue->timeline = sync.handle;
	ret = tnpu_device_ioctl(dev, DRM_IOCTL_TNPU_QUEUE_CREATE, &args);
	if (ret)
		goto err_sync;
	queue->id = args.id;
	*out = queue;
	return 0;

err_sync:
	undo = (struct drm_syncobj_destroy){ .handle = queue->timeline };
	tnpu_device_ioctl(dev, DRM_IOCTL_SYNCOBJ_DESTROY, &undo);
err_free:
	free(queue);
	return ret;
}

void tnpu_queue_destroy(struct tnpu_queue *queue)
{
	struct drm_tnpu_queue_destroy args;
	struct drm_syncobj_destroy sync;

	if (!queue)
		return;
	args = (struct drm_tnpu_queue_destroy){ .id = queue->id };
	tnpu_device_ioctl(queue->dev, DRM_IOCTL_TNPU_QUEUE_DESTROY, &args);
	sync = (struct drm_syncobj_destroy){ .handle = queue->timeline };
	tnpu_device_ioctl(queue->dev, DRM_IOCTL_SYNCOBJ_DESTROY, &sync);
	free(queue);
}

int tnpu_queue_submit(struct tnpu_queue *queue, const struct tnpu_job *job, uint64_t *point)
{
	struct drm_tnpu_sync sync = {
		.flags = DRM_TNPU_SYNC_SIGNAL | DRM_TNPU_SYNC_TIMELINE,
		.handle = queue->timeline,
		.timeline_value = queue->submitted + 1,
	};
	struct drm_tnpu_job desc = {
		.stream = job->stream,
		.stream_size = job->size,
		.flags = job->size ? 0 : DRM_TNPU_JOB_NULL,
		.predicate = job->predicate,
		.syncs = { .stride = sizeof(sync), .count = 1, .array = (uintptr_t)&sync },
	};
	struct drm_tnpu_queue_submit args = {
		.queue_id = queue->id,
		.jobs = { .stride = sizeof(desc), .count = 1, .array = (uintptr_t)&desc },
	};
	int ret = tnpu_device_ioctl(queue->dev, DRM_IOCTL_TNPU_QUEUE_SUBMIT, &args);

	if (!ret)
		*point = ++queue->submitted;
	return ret;
}

int tnpu_queue_state(struct tnpu_queue *queue, struct drm_tnpu_queue_get_state *state)
{
	*state = (struct drm_tnpu_queue_get_state){ .queue_id = queue->id };
	return tnpu_device_ioctl(queue->dev, DRM_IOCTL_TNPU_QUEUE_GET_STATE, state);
}

/* A signalled fence says nothing of success: the queue's state does. */
static int tnpu_queue_check(struct tnpu_queue *queue, struct tnpu_errmsg *err)
{
	struct drm_tnpu_queue_get_state st;
	int ret = tnpu_queue_state(queue, &st);

	if (ret)
		return tnpu_errmsg_set(err, ret, "the queue does not answer: %s", strerror(-ret));
	if (st.state == DRM_TNPU_QUEUE_STATE_OK)
		return 0;
	if (st.state == DRM_TNPU_QUEUE_STATE_INNOCENT)
		return tnpu_errmsg_set(err, -ECANCELED, "the job was lost to a device reset");
	if (st.reason == TNPU_ERR_FAULT)
		return tnpu_errmsg_set(err, -EIO,
				       "job %llu failed at command %u: %s of 0x%llx",
				       (unsigned long long)st.seq, st.cmd_index,
				       st.fault_access & TNPU_ACCESS_WRITE ?
				       "faulting write" : "faulting read",
				       (unsigned long long)st.fault_va);
	return tnpu_errmsg_set(err, -EIO, "job %llu failed at command %u: %s",
			       (unsigned long long)st.seq, st.cmd_index,
			       tnpu_reason_name(st.reason));
}

static int64_t tnpu_queue_deadline(int64_t timeout_ns)
{
	struct timespec ts;
	int64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000000000ll + ts.tv_nsec;
	return timeout_ns < 0 || timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
}

int tnpu_queue_wait(struct tnpu_queue *queue, uint64_t point, int64_t timeout_ns,
		    struct tnpu_errmsg *err)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&queue->timeline,
		.points = (uintptr_t)&point,
		.timeout_nsec = tnpu_queue_deadline(timeout_ns),
		.count_handles = 1,
	};
	int ret = tnpu_device_ioctl(queue->dev, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);

	if (ret == -ETIME)
		return tnpu_errmsg_set(err, ret, "timed out waiting for job %llu",
				       (unsigned long long)point);
	if (ret)
		return tnpu_errmsg_set(err, ret, "cannot wait for job %llu: %s",
				       (unsigned long long)point, strerror(-ret));
	return tnpu_queue_check(queue, err);
}

int tnpu_queue_run(struct tnpu_queue *queue, const struct tnpu_job *job,
		   struct tnpu_errmsg *err)
{
	uint64_t point;
	int ret = tnpu_queue_submit(queue, job, &point);

	if (ret)
		return tnpu_errmsg_set(err, ret, "the job was not accepted: %s", strerror(-ret));
	return tnpu_queue_wait(queue, point, -1, err);
}

const char *tnpu_reason_name(uint32_t reason)
{
	static const char * const names[] = {
		[TNPU_ERR_NONE] = "no error",
		[TNPU_ERR_FAULT] = "translation fault",
		[TNPU_ERR_DMA] = "DMA refused by the bus",
		[TNPU_ERR_OPCODE] = "unknown operator",
		[TNPU_ERR_SIZE] = "wrong command size",
		[TNPU_ERR_RESERVED] = "reserved field or flag is not zero",
		[TNPU_ERR_ALIGN] = "misaligned address or stride",
		[TNPU_ERR_SHAPE] = "dimension out of range",
		[TNPU_ERR_DTYPE] = "data type not taken here",
		[TNPU_ERR_FORMAT] = "weight format not taken here",
		[TNPU_ERR_VALUE] = "field out of range",
		[TNPU_ERR_CELL] = "memory cell above its maximum",
		[TNPU_ERR_LIMIT] = "command or stream above the device's limits",
		[TNPU_ERR_ENTRY] = "malformed ring entry",
		[TNPU_ERR_WAIT] = "fence wait timed out",
		[TNPU_ERR_ENGINE] = "device out of working memory, or a memory error",
	};

	if (reason == DRM_TNPU_REASON_TIMEOUT)
		return "no progress, killed";
	if (reason == DRM_TNPU_REASON_RESET)
		return "lost to a device reset";
	return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "unknown reason";
}
