// SPDX-License-Identifier: MIT
/*
 * QUEUE_SUBMIT. First all jobs are made and checked, which may fail; then they are queued,
 * which cannot: all or nothing.
 */
#include <errno.h>
#include <stdlib.h>

#include "inproc.h"

static int inproc_job_check(struct inproc_device *dev, const struct drm_tnpu_job *args)
{
	if (args->flags & ~DRM_TNPU_JOB_NULL || args->fence % 8 || args->predicate % 4)
		return -EINVAL;
	if (args->flags & DRM_TNPU_JOB_NULL)
		return args->stream || args->stream_size ? -EINVAL : 0;
	if (args->stream % 8 || args->stream_size % 8 || !args->stream_size ||
	    args->stream_size > inproc_device_read(dev, TNPU_REG_MAX_STREAM_BYTES))
		return -EINVAL;
	return 0;
}

static int inproc_job_create(struct inproc_file *file, const struct drm_tnpu_job *args,
			     struct inproc_jobs *jobs)
{
	struct inproc_job *job;
	int ret = inproc_job_check(file->dev, args);

	if (ret)
		return ret;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->entry.cmd_va = args->stream;
	job->entry.cmd_size = args->stream_size;
	job->entry.flags = args->flags & DRM_TNPU_JOB_NULL ? TNPU_JOB_NULL : 0;
	job->entry.fence_va = args->fence;
	job->entry.fence_value = args->fence_value;
	job->entry.pred_va = args->predicate;
	job->fence = inproc_fence_create(false);
	ret = job->fence ? inproc_syncs_read(file, &job->syncs, &args->syncs, jobs) : -ENOMEM;
	if (ret)
		inproc_job_free(job);
	else
		TAILQ_INSERT_TAIL(jobs, job, link);
	return ret;
}

static int inproc_jobs_create(struct inproc_file *file, const struct drm_tnpu_obj_array *array,
			      struct inproc_jobs *jobs)
{
	const struct drm_tnpu_job *args;
	void *objects;
	uint32_t i;
	int ret;

	ret = inproc_user_array(array, sizeof(*args), INPROC_MAX_JOBS, &objects);
	if (ret)
		return ret;
	args = objects;
	for (i = 0; i < array->count && !ret; i++)
		ret = inproc_job_create(file, &args[i], jobs);
	free(objects);
	return ret;
}

static void inproc_jobs_submit(struct inproc_device *dev, struct inproc_queue *queue,
			       struct inproc_jobs *jobs)
{
	struct inproc_job *job;

	while ((job = TAILQ_FIRST(jobs))) {
		TAILQ_REMOVE(jobs, job, link);
		inproc_job_submit(dev, queue, job);
	}
	inproc_job_push_all(dev);
	/* Others may wait for a syncobj to get its fence. */
	pthread_cond_broadcast(&dev->changed);
}

static void inproc_jobs_free(struct inproc_jobs *jobs)
{
	struct inproc_job *job;

	while ((job = TAILQ_FIRST(jobs))) {
		TAILQ_REMOVE(jobs, job, link);
		inproc_job_free(job);
	}
}

int inproc_queue_submit(struct inproc_file *file, void *data)
{
	struct drm_tnpu_queue_submit *args = data;
	struct inproc_jobs jobs = TAILQ_HEAD_INITIALIZER(jobs);
	struct inproc_queue *queue;
	int ret;

	if (args->flags || !args->jobs.count)
		return -EINVAL;
	queue = inproc_table_get(&file->queues, args->queue_id);
	if (!queue)
		return -ENOENT;
	ret = inproc_jobs_create(file, &args->jobs, &jobs);
	if (!ret && queue->state.state != DRM_TNPU_QUEUE_STATE_OK)
		ret = -ECANCELED;
	if (ret)
		inproc_jobs_free(&jobs);
	else
		inproc_jobs_submit(file->dev, queue, &jobs);
	return ret;
}
