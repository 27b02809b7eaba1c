/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: jobs.
 */
#ifndef _TNPU_JOB_H_
#define _TNPU_JOB_H_

#include <drm/gpu_scheduler.h>

#include <tnpu/tnpu_regs.h>

#include "tnpu_sync.h"

struct drm_device;
struct drm_file;
struct tnpu_fence;
struct tnpu_queue;

/**
 * struct tnpu_job - a job, until the scheduler frees it
 * @base: base
 * @queue: a reference
 * @fence: not initialised, NULL once the job has run: then the scheduler holds it
 * @entry: what goes into the ring; seq is the job's number on its queue
 * @syncs: syncobjs; what it waits for is the scheduler's already
 */
struct tnpu_job {
	struct drm_sched_job base;
	struct tnpu_queue *queue;
	struct tnpu_fence *fence;
	struct tnpu_ring_entry entry;
	struct tnpu_syncs syncs;
};

extern const struct drm_sched_backend_ops tnpu_job_sched_ops;

int tnpu_job_run_and_wait(struct tnpu_queue *queue, const struct tnpu_ring_entry *entry);
int tnpu_job_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* _TNPU_JOB_H_ */
