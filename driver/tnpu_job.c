// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: jobs.
 *
 * QUEUE_SUBMIT first makes all its jobs, which can fail; then locks the reservations of what
 * is mapped in the VM, and brings it back to device memory; then arms and pushes the jobs one by
 * one, which cannot. From there on they are the scheduler's, which puts them into the ring when all
 * they wait for has signalled.
 */
#include <linux/completion.h>
#include <linux/slab.h>

#include <drm/drm_exec.h>

#include "tnpu_drv.h"
#include "tnpu_job.h"
#include "tnpu_trace.h"

/**
 * struct tnpu_submit - one QUEUE_SUBMIT ioctl
 * @queue: the queue, a reference
 * @file: the open file
 * @jobs: made so far, and not pushed
 * @count: their number
 */
struct tnpu_submit {
	struct tnpu_queue *queue;
	struct drm_file *file;
	struct tnpu_job *jobs[TNPU_MAX_JOBS];
	u32 count;
};

static struct tnpu_job *to_tnpu_job(struct drm_sched_job *job)
{
	return container_of(job, struct tnpu_job, base);
}

static void tnpu_job_destroy(struct tnpu_job *job)
{
	drm_sched_job_cleanup(&job->base);
	tnpu_sync_free(&job->syncs);
	kfree(job->fence);
	tnpu_pm_put(job->queue->tdev);
	tnpu_queue_put(job->queue);
	kfree(job);
}

/* ---- What the scheduler asks for --------------------------------------------------- */

/*
 * The scheduler begins to wait anew with every job that it starts, so that a job which hangs
 * would be left alone for as long as others come.
 */
static void tnpu_job_insist(struct tnpu_queue *queue)
{
	if (time_after(jiffies, READ_ONCE(queue->looked) + queue->sched.timeout))
		drm_sched_fault(&queue->sched);
}

/* Always gives a fence: that holds the queue, on which the scheduler's fence depends. */
static struct dma_fence *tnpu_job_run(struct drm_sched_job *base)
{
	struct tnpu_job *job = to_tnpu_job(base);
	const bool cookie = dma_fence_begin_signalling();
	struct dma_fence *fence;

	fence = tnpu_queue_push(job->queue, no_free_ptr(job->fence), &job->entry);
	tnpu_job_insist(job->queue);
	dma_fence_end_signalling(cookie);

	return fence;
}

static void tnpu_job_look_after(struct tnpu_job *job)
{
	struct tnpu_queue *queue = job->queue;

	WRITE_ONCE(queue->looked, jiffies);
	/* An interrupt may have been lost. */
	tnpu_queue_poll(queue);
	if (dma_fence_is_signaled(&job->base.s_fence->finished) ||
	    tnpu_reset_error(queue->tdev))
		return;
	/* Then jobs come to an end, and silent firmware need not be asked for each queue. */
	if (tnpu_reset_pending(queue->tdev))
		return;
	if (!tnpu_queue_advances(queue))
		tnpu_reset_queue(queue);
}

static enum drm_gpu_sched_stat tnpu_job_timedout(struct drm_sched_job *base)
{
	struct tnpu_job *job = to_tnpu_job(base);
	const bool cookie = dma_fence_begin_signalling();
	struct tnpu_queue *queue = job->queue;
	enum drm_gpu_sched_stat stat;

	tnpu_job_look_after(job);
	dma_fence_end_signalling(cookie);
	/* As soon as it is given back, the job may be freed, and with it the queue. */
	tnpu_queue_get(queue);
	stat = tnpu_compat_sched_keep(base);
	tnpu_queue_put(queue);

	return stat;
}

static void tnpu_job_free(struct drm_sched_job *base)
{
	tnpu_job_destroy(to_tnpu_job(base));
}

const struct drm_sched_backend_ops tnpu_job_sched_ops = {
	.run_job = tnpu_job_run,
	.timedout_job = tnpu_job_timedout,
	.free_job = tnpu_job_free,
};

/* ---- Submission -------------------------------------------------------------------- */

static int tnpu_job_check(struct tnpu_device *tdev, const struct drm_tnpu_job *args)
{
	if (args->flags & ~DRM_TNPU_JOB_NULL)
		return -EINVAL;
	if (args->flags & DRM_TNPU_JOB_NULL) {
		if (args->stream || args->stream_size)
			return -EINVAL;
	} else if (!args->stream_size || args->stream_size > tdev->hw.max_stream_bytes) {
		return -EINVAL;
	}
	if (!IS_ALIGNED(args->stream | args->stream_size | args->fence, sizeof(u64)) ||
	    !IS_ALIGNED(args->predicate, sizeof(u32)))
		return -EINVAL;

	return 0;
}

static struct tnpu_job *tnpu_job_alloc(struct tnpu_queue *queue, u64 client_id)
{
	struct tnpu_job *job;
	int ret;

	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job)
		return ERR_PTR(-ENOMEM);
	job->fence = kzalloc(sizeof(*job->fence), GFP_KERNEL_ACCOUNT);
	if (!job->fence) {
		kfree(job);
		return ERR_PTR(-ENOMEM);
	}
	ret = drm_sched_job_init(&job->base, &queue->entity, 1, NULL, client_id);
	if (ret) {
		kfree(job->fence);
		kfree(job);
		return ERR_PTR(ret);
	}
	tnpu_queue_get(queue);
	job->queue = queue;
	/* Not when it runs: waking the device may allocate. */
	tnpu_pm_get(queue->tdev);

	return job;
}

/* Each call takes a reference. */
static int tnpu_job_add_waits(struct tnpu_job *job)
{
	struct tnpu_syncs *syncs = &job->syncs;
	int ret = 0;

	while (!ret && syncs->num_waits)
		ret = drm_sched_job_add_dependency(&job->base,
						   syncs->waits[--syncs->num_waits]);

	return ret;
}

/* Makes the next job of a submission. */
static int tnpu_submit_add(struct tnpu_submit *submit, const struct drm_tnpu_job *args)
{
	struct tnpu_job *job;
	int ret;

	ret = tnpu_job_check(submit->queue->tdev, args);
	if (ret)
		return ret;
	job = tnpu_job_alloc(submit->queue, submit->file->client_id);
	if (IS_ERR(job))
		return PTR_ERR(job);
	job->entry = (struct tnpu_ring_entry){
		.cmd_va = args->stream,
		.cmd_size = args->stream_size,
		.flags = args->flags & DRM_TNPU_JOB_NULL ? TNPU_JOB_NULL : 0,
		.fence_va = args->fence,
		.fence_value = args->fence_value,
		.pred_va = args->predicate,
	};
	ret = tnpu_sync_add(&job->syncs, submit->file, &args->syncs, submit->jobs,
			    submit->count);
	if (!ret)
		ret = tnpu_job_add_waits(job);
	submit->jobs[submit->count++] = job;

	return ret;
}

static int tnpu_submit_read(struct tnpu_submit *submit, const struct drm_tnpu_obj_array *jobs)
{
	struct drm_tnpu_job args;
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < jobs->count; i++) {
		ret = tnpu_array_get(jobs, i, &args, sizeof(args));
		if (!ret)
			ret = tnpu_submit_add(submit, &args);
	}

	return ret;
}

/* Gives a job its number, and its fence; the caller pushes it then. */
static struct dma_fence *tnpu_job_arm(struct tnpu_job *job)
{
	struct tnpu_queue *queue = job->queue;

	lockdep_assert_held(&queue->submit_lock);

	drm_sched_job_arm(&job->base);
	job->entry.seq = queue->submitted + 1;
	WRITE_ONCE(queue->submitted, job->entry.seq);
	trace_tnpu_job_submit(queue->slot, queue->context, &job->entry);

	return &job->base.s_fence->finished;
}

/* The point of no return: nothing here can fail, or wait for memory. */
static void tnpu_submit_push(struct tnpu_submit *submit, struct drm_gpuvm_exec *exec)
{
	const bool cookie = dma_fence_begin_signalling();
	u32 i;

	for (i = 0; i < submit->count; i++) {
		struct tnpu_job *job = submit->jobs[i];
		struct dma_fence *fence = tnpu_job_arm(job);

		tnpu_sync_signal(&job->syncs, fence);
		/* Jobs end in order: the last one's fence stands for all. */
		if (i == submit->count - 1)
			drm_gpuvm_exec_resv_add_fence(exec, fence, DMA_RESV_USAGE_BOOKKEEP,
						      DMA_RESV_USAGE_BOOKKEEP);
		drm_sched_entity_push_job(&job->base);
	}
	submit->count = 0;
	dma_fence_end_signalling(cookie);
}

static int tnpu_submit_commit(struct tnpu_submit *submit)
{
	struct drm_gpuvm_exec exec = {
		.flags = DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES,
		.num_fences = 1,
	};
	int ret;

	lockdep_assert_held(&submit->queue->submit_lock);

	ret = tnpu_reset_error(submit->queue->tdev);
	if (ret)
		return ret;
	/* It may have been shut, or have died, while the jobs were made. */
	if (tnpu_queue_error(submit->queue))
		return -ECANCELED;
	exec.vm = &submit->queue->vm->gpuvm;
	ret = tnpu_evict_lock_vm(&exec);
	if (ret)
		return ret;
	tnpu_evict_touch(&exec);
	tnpu_submit_push(submit, &exec);
	drm_gpuvm_exec_unlock(&exec);

	return 0;
}

static int tnpu_submit_run(struct tnpu_submit *submit, const struct drm_tnpu_obj_array *jobs)
{
	int ret;

	ret = tnpu_submit_read(submit, jobs);
	if (!ret) {
		mutex_lock(&submit->queue->submit_lock);
		ret = tnpu_submit_commit(submit);
		mutex_unlock(&submit->queue->submit_lock);
	}
	while (submit->count)
		tnpu_job_destroy(submit->jobs[--submit->count]);

	return ret;
}

/**
 * struct tnpu_job_waiter - who waits for the end of a job
 * @cb: on its fence
 * @ended: complete when that has signalled
 */
struct tnpu_job_waiter {
	struct dma_fence_cb cb;
	struct completion ended;
};

static void tnpu_job_ended(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	complete(&container_of(cb, struct tnpu_job_waiter, cb)->ended);
}

/* dma_fence_wait() knows nothing between any signal and none. */
static int tnpu_job_wait_killable(struct dma_fence *fence)
{
	struct tnpu_job_waiter waiter = {
		.ended = COMPLETION_INITIALIZER_ONSTACK(waiter.ended),
	};
	int ret;

	if (dma_fence_add_callback(fence, &waiter.cb, tnpu_job_ended))
		return 0;
	ret = wait_for_completion_killable(&waiter.ended);
	/* Where it runs just now, this waits for its end. */
	if (ret)
		dma_fence_remove_callback(fence, &waiter.cb);

	return ret;
}

/**
 * tnpu_job_run_and_wait - run a job of the driver's own
 * @queue: the driver's own queue
 * @entry: what goes into the ring; without seq
 *
 * Recovery bounds the time that the job may take, but not how long higher priorities keep it from
 * the engines.
 *
 * Return: 0; what the job's fence says; -ERESTARTSYS: the caller is being killed, and the job has
 * not ended.
 */
int tnpu_job_run_and_wait(struct tnpu_queue *queue, const struct tnpu_ring_entry *entry)
{
	struct tnpu_job *job = tnpu_job_alloc(queue, 0);
	struct dma_fence *fence;
	int ret;

	if (IS_ERR(job))
		return PTR_ERR(job);
	job->entry = *entry;
	mutex_lock(&queue->submit_lock);
	fence = dma_fence_get(tnpu_job_arm(job));
	drm_sched_entity_push_job(&job->base);
	mutex_unlock(&queue->submit_lock);
	ret = tnpu_job_wait_killable(fence);
	if (!ret)
		ret = min(dma_fence_get_status(fence), 0);
	dma_fence_put(fence);

	return ret;
}

/**
 * tnpu_job_submit_ioctl - DRM_IOCTL_TNPU_QUEUE_SUBMIT
 * @drm: the device, inside drm_dev_enter()
 * @data: struct drm_tnpu_queue_submit
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_job_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_tnpu_queue_submit *args = data;
	struct tnpu_submit submit = { .file = file };
	int ret;

	if (args->flags || !args->jobs.count)
		return -EINVAL;
	ret = tnpu_array_check(&args->jobs, sizeof(struct drm_tnpu_job), TNPU_MAX_JOBS);
	if (ret)
		return ret;
	submit.queue = tnpu_queue_lookup(file->driver_priv, args->queue_id);
	if (!submit.queue)
		return -ENOENT;
	ret = tnpu_submit_run(&submit, &args->jobs);
	tnpu_queue_put(submit.queue);
	tnpu_dbg(to_tnpu_device(drm), JOB, "submit %u jobs: %d", args->jobs.count, ret);

	return ret;
}
