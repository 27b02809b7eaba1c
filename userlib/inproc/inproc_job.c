// SPDX-License-Identifier: MIT
/*
 * Jobs from their submission to their end: into the ring when what they wait for has
 * signalled, out of it by the completion record, or by a timeout.
 */
#include <errno.h>
#include <stdlib.h>

#include "inproc.h"

#define INPROC_CHECKS	4	/* looks at a job's progress in one timeout */

/** inproc_job_free() - Free a job that is on no list; its fence may live on */
void inproc_job_free(struct inproc_job *job)
{
	inproc_syncs_free(&job->syncs);
	inproc_fence_put(job->fence);
	free(job);
}

static void inproc_job_end(struct inproc_device *dev, struct inproc_queue *queue,
			   struct inproc_job *job)
{
	queue->state.completed++;
	inproc_fence_signal(dev, job->fence);
	inproc_job_free(job);
}

/** inproc_job_cancel_all() - End all jobs of a queue on which the device works no more */
void inproc_job_cancel_all(struct inproc_device *dev, struct inproc_queue *queue)
{
	struct inproc_job *job;

	TAILQ_CONCAT(&queue->running, &queue->waiting, link);
	while ((job = TAILQ_FIRST(&queue->running))) {
		TAILQ_REMOVE(&queue->running, job, link);
		inproc_job_end(dev, queue, job);
	}
}

static bool inproc_queue_full(const struct inproc_queue *queue)
{
	const struct inproc_job *oldest = TAILQ_FIRST(&queue->running);

	return oldest && queue->pushed - oldest->entry.seq + 1 == INPROC_RING_ENTRIES;
}

/* The oldest running job is a new one: its time begins. */
static void inproc_queue_watch(struct inproc_device *dev, struct inproc_queue *queue)
{
	queue->moved_ns = 0;
	queue->check_ns = inproc_device_now() + queue->timeout_ns / INPROC_CHECKS;
	if (queue->check_ns >= dev->check_ns)
		return;
	dev->check_ns = queue->check_ns;
	inproc_device_wake(dev);
}

static void inproc_job_push(struct inproc_device *dev, struct inproc_queue *queue)
{
	struct inproc_job *job = TAILQ_FIRST(&queue->waiting);

	if (TAILQ_EMPTY(&queue->running))
		inproc_queue_watch(dev, queue);
	TAILQ_REMOVE(&queue->waiting, job, link);
	TAILQ_INSERT_TAIL(&queue->running, job, link);
	job->entry.seq = ++queue->pushed;
	queue->ring[(queue->pushed - 1) % INPROC_RING_ENTRIES] = job->entry;
}

static void inproc_queue_push(struct inproc_device *dev, struct inproc_queue *queue)
{
	uint64_t doorbell = inproc_device_read(dev, TNPU_REG_DB_OFFSET) +
			    (uint64_t)queue->hw * inproc_device_read(dev, TNPU_REG_DB_STRIDE);
	uint64_t pushed = queue->pushed;
	struct inproc_job *job;

	while ((job = TAILQ_FIRST(&queue->waiting)) && !inproc_queue_full(queue) &&
	       inproc_syncs_ready(&job->syncs))
		inproc_job_push(dev, queue);
	if (queue->pushed != pushed)
		tnpu_chip_mmio_write(dev->chip, doorbell + TNPU_DB_TAIL,
				     queue->pushed % (2 * INPROC_RING_ENTRIES));
}

/** inproc_job_push_all() - Let binds that are ready take effect, put ready jobs into the rings */
void inproc_job_push_all(struct inproc_device *dev)
{
	unsigned int i;

	inproc_bind_run_all(dev);
	for (i = 0; i < INPROC_QUEUES; i++)
		if (dev->queues[i] && !TAILQ_EMPTY(&dev->queues[i]->waiting))
			inproc_queue_push(dev, dev->queues[i]);
}

static void inproc_queue_fail(struct inproc_queue *queue, const struct tnpu_completion *record)
{
	struct drm_tnpu_queue_get_state *state = &queue->state;

	state->state = DRM_TNPU_QUEUE_STATE_GUILTY;
	state->error = -EIO;
	state->seq = record->seq;
	state->cmd_index = record->cmd_index;
	state->reason = record->reason;
	state->fault_va = record->fault_va;
	state->fault_access = record->access;
	/* Nobody but the watch over timeouts cancels a queue that goes on to exist. */
	if (record->status == TNPU_STATUS_CANCELLED)
		state->reason = DRM_TNPU_REASON_TIMEOUT;
}

static void inproc_job_complete(struct inproc_device *dev, struct inproc_queue *queue)
{
	struct inproc_job *job = TAILQ_FIRST(&queue->running);
	const struct tnpu_completion *record =
		&queue->completions[(job->entry.seq - 1) % INPROC_RING_ENTRIES];

	TAILQ_REMOVE(&queue->running, job, link);
	inproc_job_end(dev, queue, job);
	if (record->status == TNPU_STATUS_OK || record->status == TNPU_STATUS_SKIPPED) {
		if (!TAILQ_EMPTY(&queue->running))
			inproc_queue_watch(dev, queue);
		return;
	}
	inproc_queue_fail(queue, record);
	inproc_job_cancel_all(dev, queue);
}

static bool inproc_job_completed(const struct inproc_queue *queue)
{
	const struct inproc_job *job = TAILQ_FIRST(&queue->running);
	uint64_t slot;

	if (!job)
		return false;
	slot = (job->entry.seq - 1) % INPROC_RING_ENTRIES;
	return __atomic_load_n(&queue->completions[slot].seq, __ATOMIC_ACQUIRE) == job->entry.seq;
}

/** inproc_job_complete_all() - Take what the device has ended, and hand on what waited */
void inproc_job_complete_all(struct inproc_device *dev)
{
	unsigned int i;

	for (i = 0; i < INPROC_QUEUES; i++)
		while (dev->queues[i] && inproc_job_completed(dev->queues[i]))
			inproc_job_complete(dev, dev->queues[i]);
	inproc_job_push_all(dev);
}

static uint64_t inproc_queue_query(struct inproc_device *dev, struct inproc_queue *queue,
				   uint32_t item)
{
	struct tnpu_msg_query msg = { .item = item, .index = queue->hw };

	return inproc_mbox_call(dev, TNPU_MSG_QUERY, &msg, sizeof(msg)) ? 0 : msg.value;
}

/* Where the firmware does not answer, the job is lost all the same. */
static void inproc_queue_kill(struct inproc_device *dev, struct inproc_queue *queue)
{
	struct tnpu_completion lost = {
		.seq = TAILQ_FIRST(&queue->running)->entry.seq,
		.status = TNPU_STATUS_CANCELLED,
	};
	struct tnpu_msg_queue msg = { .queue = queue->hw };

	if (!inproc_mbox_call(dev, TNPU_MSG_QUEUE_CANCEL, &msg, sizeof(msg)))
		return;
	inproc_queue_fail(queue, &lost);
	inproc_job_cancel_all(dev, queue);
}

/* The first look only learns how far the job is, so what is killed stood still throughout. */
static void inproc_queue_check(struct inproc_device *dev, struct inproc_queue *queue, uint64_t now)
{
	uint64_t progress = inproc_queue_query(dev, queue, TNPU_QUERY_COMMANDS) +
			    inproc_queue_query(dev, queue, TNPU_QUERY_BUSY);

	queue->check_ns = now + queue->timeout_ns / INPROC_CHECKS;
	if (!queue->moved_ns || progress != queue->progress) {
		queue->progress = progress;
		queue->moved_ns = now;
	} else if (now - queue->moved_ns >= queue->timeout_ns) {
		inproc_queue_kill(dev, queue);
	}
}

/** inproc_job_check_timeouts() - Kill jobs that stand still; sets when to look next */
void inproc_job_check_timeouts(struct inproc_device *dev)
{
	uint64_t now = inproc_device_now();
	struct inproc_queue *queue;
	unsigned int i;

	dev->check_ns = UINT64_MAX;
	for (i = 0; i < INPROC_QUEUES; i++) {
		queue = dev->queues[i];
		if (queue && !TAILQ_EMPTY(&queue->running) && now >= queue->check_ns)
			inproc_queue_check(dev, queue, now);
	}
	inproc_job_complete_all(dev);
	for (i = 0; i < INPROC_QUEUES; i++) {
		queue = dev->queues[i];
		if (queue && !TAILQ_EMPTY(&queue->running) && queue->check_ns < dev->check_ns)
			dev->check_ns = queue->check_ns;
	}
}

/** inproc_job_submit() - Queue a job that has been checked; cannot fail */
void inproc_job_submit(struct inproc_device *dev, struct inproc_queue *queue,
		       struct inproc_job *job)
{
	inproc_syncs_signal(&job->syncs, job->fence);
	TAILQ_INSERT_TAIL(&queue->waiting, job, link);
	queue->state.submitted++;
}
