// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: hardware queues.
 *
 * A queue is a ring of jobs and a ring of completion records, in memory that no context of the
 * device maps. One DRM scheduler with one entity feeds it. Jobs end in the order in which they
 * were submitted, so the fences in flight are a list, of which the completion records
 * take the head.
 *
 * When a job fails the device stops the queue, and the driver declares it dead: the other jobs
 * in the ring end with -ECANCELED, as does what is submitted later.
 */
#include <linux/capability.h>
#include <linux/dma-mapping.h>
#include <linux/pci.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "tnpu_drv.h"
#include "tnpu_job.h"
#include "tnpu_trace.h"

#define TNPU_QUEUE_TIMEOUT_MS		5000
#define TNPU_QUEUE_TIMEOUT_MAX_MS	600000
/* The scheduler looks so many times in a timeout whether the job advances. */
#define TNPU_QUEUE_LOOKS		4

/* The driver's own queue is used under reservations, which are inside the lock of all others. */
static struct lock_class_key tnpu_queue_own_key;

/**
 * tnpu_queue_entries - jobs that a queue's ring holds
 * @queue: the queue
 *
 * A power of two. There are as many completion records.
 */
u32 tnpu_queue_entries(const struct tnpu_queue *queue)
{
	return 1u << queue->tdev->hw.ring_order;
}

/**
 * tnpu_queue_ring_bytes - memory that a queue's ring and its completion records take
 * @queue: the queue
 */
size_t tnpu_queue_ring_bytes(const struct tnpu_queue *queue)
{
	return tnpu_queue_entries(queue) *
	       (sizeof(struct tnpu_ring_entry) + sizeof(struct tnpu_completion));
}

/* ---- Lifetime ---------------------------------------------------------------------- */

/**
 * tnpu_queue_get - take a reference
 * @queue: the queue
 */
void tnpu_queue_get(struct tnpu_queue *queue)
{
	kref_get(&queue->ref);
}

static void tnpu_queue_release(struct kref *ref)
{
	struct tnpu_queue *queue = container_of(ref, struct tnpu_queue, ref);

	queue_work(tnpu_wq, &queue->release);
}

/**
 * tnpu_queue_put - drop a reference; in any context
 * @queue: the queue
 */
void tnpu_queue_put(struct tnpu_queue *queue)
{
	kref_put(&queue->ref, tnpu_queue_release);
}

static void tnpu_queue_free_work(struct work_struct *work)
{
	struct tnpu_queue *queue = container_of(work, struct tnpu_queue, free);
	const bool own = queue->own;

	kfree(queue);
	/* module_exit() waits for the end of this function. */
	if (!own)
		module_put(THIS_MODULE);
}

static void tnpu_queue_free(struct kref *memory)
{
	struct tnpu_queue *queue = container_of(memory, struct tnpu_queue, memory);

	queue_work(tnpu_wq, &queue->free);
}

static void tnpu_queue_release_work(struct work_struct *work)
{
	struct tnpu_queue *queue = container_of(work, struct tnpu_queue, release);
	struct tnpu_device *tdev = queue->tdev;

	/* The scheduler's work that freed the last job may still be about to start more. */
	flush_workqueue(tdev->queues.wq);
	/* The entity holds the last job's fence, and that the memory. */
	drm_sched_entity_destroy(&queue->entity);
	drm_sched_fini(&queue->sched);
	mutex_destroy(&queue->submit_lock);
	kref_put(&queue->memory, tnpu_queue_free);
	drm_dev_put(&tdev->drm);
}

/**
 * tnpu_queue_lookup - find a queue by its ID
 * @file: the open file
 * @id: of the queue
 *
 * Return: the queue with a reference for the caller, or NULL.
 */
struct tnpu_queue *tnpu_queue_lookup(struct tnpu_file *file, u32 id)
{
	struct tnpu_queue *queue;

	xa_lock(&file->queues);
	queue = xa_load(&file->queues, id);
	if (queue)
		tnpu_queue_get(queue);
	xa_unlock(&file->queues);

	return queue;
}

/* ---- Fences ------------------------------------------------------------------------ */

static const char *tnpu_fence_get_driver_name(struct dma_fence *fence)
{
	return TNPU_DRIVER_NAME;
}

static const char *tnpu_fence_get_timeline_name(struct dma_fence *fence)
{
	return "tnpu-queue";
}

static void tnpu_fence_release(struct dma_fence *base)
{
	struct tnpu_fence *fence = container_of(base, struct tnpu_fence, base);

	kref_put(&fence->queue->memory, tnpu_queue_free);
	dma_fence_free(base);
}

static const struct dma_fence_ops tnpu_fence_ops = {
	.get_driver_name = tnpu_fence_get_driver_name,
	.get_timeline_name = tnpu_fence_get_timeline_name,
	.release = tnpu_fence_release,
};

static void tnpu_fence_init(struct tnpu_fence *fence, struct tnpu_queue *queue, u64 seq)
{
	BUILD_BUG_ON(offsetof(struct tnpu_fence, base));
	kref_get(&queue->memory);
	fence->queue = queue;
	spin_lock_init(&fence->lock);
	INIT_LIST_HEAD(&fence->node);
	dma_fence_init(&fence->base, &tnpu_fence_ops, &fence->lock,
		       queue->fence_context, seq);
}

/* The queue's ring got its first job, or lost its last one. */
static void tnpu_queue_cast_shade(struct tnpu_queue *queue, bool on)
{
	u32 below;

	lockdep_assert_held(&queue->lock);

	for (below = 0; below < queue->priority; below++) {
		struct tnpu_queue_shade *shade = &queue->tdev->queues.shade[below];

		if (on)
			atomic_inc(&shade->queues);
		else if (atomic_dec_and_test(&shade->queues))
			atomic_inc(&shade->gaps);
	}
}

/* Ends a job. Under the queue's lock, so that fences signal in order. */
static void tnpu_fence_end(struct tnpu_queue *queue, struct tnpu_fence *fence, int error)
{
	lockdep_assert_held(&queue->lock);

	queue->completed++;
	if (error)
		dma_fence_set_error(&fence->base, error);
	dma_fence_signal(&fence->base);
	if (list_empty(&fence->node))
		return;
	list_del(&fence->node);
	if (list_empty(&queue->in_flight))
		tnpu_queue_cast_shade(queue, false);
	dma_fence_put(&fence->base);
}

/* ---- Death ------------------------------------------------------------------------- */

/* Ends all jobs in the ring, the first one with @first. */
static void tnpu_queue_flush(struct tnpu_queue *queue, int first, int error)
{
	struct tnpu_fence *fence, *next;

	list_for_each_entry_safe(fence, next, &queue->in_flight, node) {
		tnpu_fence_end(queue, fence, first);
		first = error;
	}
}

static void tnpu_queue_die(struct tnpu_queue *queue, const struct tnpu_queue_fault *fault)
{
	lockdep_assert_held(&queue->lock);

	if (queue->error)
		return;
	queue->fault = *fault;
	queue->error = -ECANCELED;
	tnpu_dbg(queue->tdev, QUEUE, "queue %u is dead: job %llu reason %u command %u",
		 queue->slot, fault->seq, fault->reason, fault->cmd_index);
	tnpu_coredump_take(queue);
}

/* The fault of a job that was taken away: from a culprit, or from an innocent. */
static struct tnpu_queue_fault tnpu_queue_lost_fault(bool guilty, u64 seq)
{
	return (struct tnpu_queue_fault){
		.state = guilty ? DRM_TNPU_QUEUE_STATE_GUILTY :
				  DRM_TNPU_QUEUE_STATE_INNOCENT,
		.reason = guilty ? DRM_TNPU_REASON_TIMEOUT : DRM_TNPU_REASON_RESET,
		.error = guilty ? -EIO : -ECANCELED,
		.seq = seq,
	};
}

/* Jobs in the ring, if any, are lost. */
static void tnpu_queue_lose(struct tnpu_queue *queue, bool guilty)
{
	struct tnpu_queue_fault fault = tnpu_queue_lost_fault(guilty, queue->completed + 1);
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	if (guilty || !list_empty(&queue->in_flight)) {
		fault.seq = queue->completed + 1;
		tnpu_queue_die(queue, &fault);
		tnpu_queue_flush(queue, fault.error, -ECANCELED);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
}

static void tnpu_queue_kill(struct tnpu_queue *queue, int error)
{
	struct tnpu_queue_fault fault = tnpu_queue_lost_fault(false, 0);
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	fault.seq = queue->completed + 1;
	fault.error = error;
	tnpu_queue_die(queue, &fault);
	queue->error = error;
	tnpu_queue_flush(queue, error, error);
	spin_unlock_irqrestore(&queue->lock, flags);
}

/**
 * tnpu_queue_error - whether the queue is dead
 * @queue: the queue
 *
 * Return: 0, or what a job that is pushed now ends with.
 */
int tnpu_queue_error(struct tnpu_queue *queue)
{
	return READ_ONCE(queue->error);
}

/* ---- Running ----------------------------------------------------------------------- */

static void tnpu_queue_ring_write(struct tnpu_queue *queue, struct tnpu_fence *fence,
				  const struct tnpu_ring_entry *entry)
{
	const u32 entries = tnpu_queue_entries(queue);
	struct tnpu_ring_entry *slot = &queue->ring[queue->tail % entries];

	*slot = *entry;
	slot->seq = fence->base.seqno - queue->seq_base;
	dma_fence_get(&fence->base);
	if (list_empty(&queue->in_flight)) {
		tnpu_queue_cast_shade(queue, true);
		WRITE_ONCE(queue->looked, jiffies);
	}
	list_add_tail(&fence->node, &queue->in_flight);
	queue->tail = (queue->tail + 1) % (2 * entries);
	tnpu_hw_doorbell(queue->tdev, queue->slot, queue->tail);
}

/**
 * tnpu_queue_push - put a job into the ring
 * @queue: the queue, with room: the scheduler's credits see to it
 * @fence: of the job, not initialised; the caller's reference passes to the return value
 * @entry: what goes into the ring; seq is the job's number
 *
 * Return: the fence, initialised. It has signalled already, with an error, where the queue is
 * dead.
 */
struct dma_fence *tnpu_queue_push(struct tnpu_queue *queue, struct tnpu_fence *fence,
				  const struct tnpu_ring_entry *entry)
{
	unsigned long flags;

	tnpu_fence_init(fence, queue, entry->seq);
	spin_lock_irqsave(&queue->lock, flags);
	if (queue->error) {
		tnpu_fence_end(queue, fence, queue->error);
	} else {
		trace_tnpu_job_run(queue->slot, queue->context, entry);
		tnpu_queue_ring_write(queue, fence, entry);
	}
	spin_unlock_irqrestore(&queue->lock, flags);

	return &fence->base;
}

static struct tnpu_queue_fault tnpu_queue_judge(struct tnpu_queue *queue, u64 seq,
						const struct tnpu_completion *done)
{
	struct tnpu_queue_fault fault = tnpu_queue_lost_fault(queue->blamed, seq);

	if (done->status == TNPU_STATUS_ERROR) {
		fault.state = DRM_TNPU_QUEUE_STATE_GUILTY;
		fault.reason = done->reason;
		fault.error = -EIO;
		fault.access = done->access;
		fault.va = done->fault_va;
	}
	fault.cmd_index = done->cmd_index;

	return fault;
}

static void tnpu_queue_complete(struct tnpu_queue *queue, struct tnpu_fence *fence,
				const struct tnpu_completion *done)
{
	struct tnpu_queue_fault fault;

	trace_tnpu_job_done(queue->slot, fence->base.seqno, done);
	if (done->status == TNPU_STATUS_ERROR && done->reason == TNPU_ERR_FAULT)
		trace_tnpu_fault(queue->slot, fence->base.seqno, done);
	queue->busy += done->busy;
	atomic64_add(done->busy, &queue->tdev->queues.busy);
	if (done->status == TNPU_STATUS_OK || done->status == TNPU_STATUS_SKIPPED) {
		tnpu_fence_end(queue, fence, 0);
		return;
	}
	fault = tnpu_queue_judge(queue, fence->base.seqno, done);
	tnpu_queue_die(queue, &fault);
	tnpu_queue_flush(queue, fault.error, -ECANCELED);
}

/* Takes the next completion record; false where there is none. */
static bool tnpu_queue_poll_one(struct tnpu_queue *queue)
{
	struct tnpu_fence *fence = list_first_entry_or_null(&queue->in_flight,
							    struct tnpu_fence, node);
	const struct tnpu_completion *record;
	struct tnpu_completion done;
	u64 seq;

	if (!fence)
		return false;
	seq = fence->base.seqno - queue->seq_base;
	record = &queue->done[(seq - 1) % tnpu_queue_entries(queue)];
	if (READ_ONCE(record->seq) != seq)
		return false;
	/* The device stores seq last. */
	dma_rmb();
	done = *record;
	tnpu_queue_complete(queue, fence, &done);

	return true;
}

/**
 * tnpu_queue_poll - end the jobs that the device has completed
 * @queue: the queue
 */
void tnpu_queue_poll(struct tnpu_queue *queue)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	while (tnpu_queue_poll_one(queue))
		;
	spin_unlock_irqrestore(&queue->lock, flags);
}

/**
 * tnpu_queue_busy - tell the engine time that the queue's jobs took
 * @queue: the queue
 *
 * Return: ticks of the device's clock.
 */
u64 tnpu_queue_busy(struct tnpu_queue *queue)
{
	unsigned long flags;
	u64 busy;

	spin_lock_irqsave(&queue->lock, flags);
	busy = queue->busy;
	spin_unlock_irqrestore(&queue->lock, flags);

	return busy;
}

/* ---- Watching ---------------------------------------------------------------------- */

/* A queue that the device does not know any more gets nothing done. False: no answer at all. */
static bool tnpu_queue_query(struct tnpu_queue *queue, u32 item, u64 *value)
{
	struct tnpu_msg_query msg = { .item = item, .index = queue->slot };
	int ret;

	ret = tnpu_mbox_exchange(queue->tdev, TNPU_MSG_QUERY, &msg, sizeof(msg));
	if (!ret)
		*value = msg.value;
	if (ret == -ETIMEDOUT) {
		tnpu_err(queue->tdev, "no answer to a query");
		tnpu_reset_trigger(queue->tdev);
	}

	return ret != -ETIMEDOUT;
}

/* Adds whatever changes while the queue gets anything done. False: no answer. */
static bool tnpu_queue_add_work(struct tnpu_queue *queue, u64 *work)
{
	u64 commands = 0, busy = 0;

	if (!tnpu_queue_query(queue, TNPU_QUERY_COMMANDS, &commands) ||
	    !tnpu_queue_query(queue, TNPU_QUERY_BUSY, &busy))
		return false;
	/* Jobs without commands are work, too. */
	*work += READ_ONCE(queue->completed) + commands + busy;

	return true;
}

static u64 tnpu_queues_work_above(struct tnpu_device *tdev, u32 priority)
{
	bool answers = true;
	u64 work = 0;
	u32 slot;

	for (slot = 0; answers && slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

		if (!queue)
			continue;
		if (queue->priority > priority)
			answers = tnpu_queue_add_work(queue, &work);
		tnpu_queue_put(queue);
	}

	return work;
}

/*
 * Whether higher priorities have kept the engines to themselves since the last look. The device
 * does not tell which job has begun. But it never idles while there is work: where a job that
 * could run got nothing done, rings above it cannot have been empty for a moment. Nor
 * may they just stand there: they would be waiting for something, and not in the way.
 */
static bool tnpu_queue_starves(struct tnpu_queue *queue)
{
	struct tnpu_queue_shade *shade = &queue->tdev->queues.shade[queue->priority];
	const u64 work = tnpu_queues_work_above(queue->tdev, queue->priority);
	const int gaps = atomic_read(&shade->gaps);
	bool starves;

	starves = atomic_read(&shade->queues) && gaps == queue->seen_gaps &&
		  work != queue->seen_work;
	queue->seen_gaps = gaps;
	queue->seen_work = work;

	return starves;
}

/**
 * tnpu_queue_advances - whether the job in progress may still be expected to end
 * @queue: the queue; called TNPU_QUEUE_LOOKS times in its timeout while jobs run
 *
 * Progress is commands that end, and engine time that is spent, of which waiting takes none.
 * Time in which higher priorities left it no engine does not count.
 * Part of recovery: may ask the firmware, allocates nothing. Firmware that does not answer, or
 * whose heartbeat stands still, is not the queue's fault: it is started anew next.
 *
 * Return: false where no progress was seen for the queue's timeout.
 */
bool tnpu_queue_advances(struct tnpu_queue *queue)
{
	u64 commands = queue->seen_commands;
	u64 busy = queue->seen_busy;

	if (!tnpu_queue_query(queue, TNPU_QUERY_COMMANDS, &commands) ||
	    !tnpu_queue_query(queue, TNPU_QUERY_BUSY, &busy))
		return true;
	if (commands != queue->seen_commands || busy != queue->seen_busy)
		queue->stalled = 0;
	else if (!tnpu_queue_starves(queue))
		queue->stalled++;
	queue->seen_commands = commands;
	queue->seen_busy = busy;

	return queue->stalled < TNPU_QUEUE_LOOKS || !tnpu_reset_check_heart(queue->tdev);
}

/**
 * tnpu_queue_blame - say that a job which is taken away now is guilty
 * @queue: the queue
 */
void tnpu_queue_blame(struct tnpu_queue *queue)
{
	spin_lock_irq(&queue->lock);
	queue->blamed = true;
	spin_unlock_irq(&queue->lock);
}

/**
 * tnpu_queue_settle - after a cancellation: take note of its end
 * @queue: the queue, stopped by the device; tnpu_queue_blame() was called
 *
 * Where no job is left in the ring the queue is dead then: tnpu_queue_error() tells.
 */
void tnpu_queue_settle(struct tnpu_queue *queue)
{
	struct tnpu_queue_fault fault;

	tnpu_queue_poll(queue);
	spin_lock_irq(&queue->lock);
	if (list_empty(&queue->in_flight)) {
		/* Its last job made it just in time: the queue is stopped all the same. */
		fault = tnpu_queue_lost_fault(true, queue->completed);
		tnpu_queue_die(queue, &fault);
	}
	spin_unlock_irq(&queue->lock);
}

/* ---- The hardware queue ------------------------------------------------------------ */

static int tnpu_queue_claim_slot(struct tnpu_queue *queue)
{
	struct tnpu_queues *queues = &queue->tdev->queues;
	int ret = -EBUSY;
	u32 slot;

	spin_lock_irq(&queues->lock);
	for (slot = 0; slot < queue->tdev->hw.num_queues; slot++) {
		if (queues->slot[slot])
			continue;
		queue->slot = slot;
		queues->slot[slot] = queue;
		ret = 0;
		break;
	}
	spin_unlock_irq(&queues->lock);

	return ret;
}

static void tnpu_queue_yield_slot(struct tnpu_queue *queue)
{
	struct tnpu_queues *queues = &queue->tdev->queues;

	spin_lock_irq(&queues->lock);
	queues->slot[queue->slot] = NULL;
	spin_unlock_irq(&queues->lock);
}

static int tnpu_queue_alloc_ring(struct tnpu_queue *queue)
{
	queue->ring = dma_alloc_coherent(queue->tdev->drm.dev, tnpu_queue_ring_bytes(queue),
					 &queue->dma, GFP_KERNEL);
	if (!queue->ring)
		return -ENOMEM;
	queue->done = (void *)(queue->ring + tnpu_queue_entries(queue));

	return 0;
}

/* The device does not use the ring any more, and the queue is dead. */
static void tnpu_queue_free_ring(struct tnpu_queue *queue)
{
	if (!queue->ring)
		return;
	dma_free_coherent(queue->tdev->drm.dev, tnpu_queue_ring_bytes(queue), queue->ring,
			  queue->dma);
	queue->ring = NULL;
}

static struct tnpu_msg_queue_create tnpu_queue_create_msg(const struct tnpu_queue *queue)
{
	return (struct tnpu_msg_queue_create){
		.queue = queue->slot,
		.context = queue->vm->context,
		.ring = queue->dma,
		.completion = queue->dma + tnpu_queue_entries(queue) *
			      sizeof(struct tnpu_ring_entry),
		.order = queue->tdev->hw.ring_order,
		.priority = queue->priority,
	};
}

static void tnpu_queue_stop(struct tnpu_queue *queue)
{
	struct tnpu_msg_queue msg = { .queue = queue->slot };

	/* tnpu_queues_unplug() has done it. */
	if (!tnpu_reset_pin(queue->tdev))
		return;
	if (tnpu_mbox_call(queue->tdev, TNPU_MSG_QUEUE_DESTROY, &msg, sizeof(msg)))
		tnpu_dbg(queue->tdev, QUEUE, "queue %u was gone already", queue->slot);
	tnpu_queue_kill(queue, -ECANCELED);
	tnpu_queue_free_ring(queue);
	tnpu_reset_unpin(queue->tdev);
}

/**
 * tnpu_queue_shut - end a queue
 * @queue: the queue; the caller's reference goes
 *
 * Slot, ring and hold on the VM are free at once. What is left are jobs whose fences have
 * signalled, or that wait for others and will be told then.
 */
void tnpu_queue_shut(struct tnpu_queue *queue)
{
	struct tnpu_queues *queues = &queue->tdev->queues;

	mutex_lock(&queue->submit_lock);
	/* From here on recovery does not tell it to the device again. */
	mutex_lock(&queues->restore_lock);
	spin_lock_irq(&queue->lock);
	if (!queue->error)
		queue->error = -ECANCELED;
	spin_unlock_irq(&queue->lock);
	mutex_unlock(&queues->restore_lock);
	/* No dump is begun from here on. One that was needs VM and ring. */
	tnpu_coredump_wait(queue);
	tnpu_queue_stop(queue);
	tnpu_queue_yield_slot(queue);
	tnpu_vm_put(queue->vm);
	queue->vm = NULL;
	mutex_unlock(&queue->submit_lock);
	tnpu_queue_put(queue);
}

/* ---- The object -------------------------------------------------------------------- */

static int tnpu_queue_init_sched(struct tnpu_queue *queue, u32 timeout_ms)
{
	struct drm_gpu_scheduler *sched = &queue->sched;
	struct tnpu_device *tdev = queue->tdev;
	int ret;

	ret = tnpu_compat_sched_init(sched, &tnpu_job_sched_ops, tdev->queues.wq,
				     tnpu_queue_entries(queue),
				     msecs_to_jiffies(timeout_ms / TNPU_QUEUE_LOOKS) + 1,
				     tdev->reset.wq, tdev->drm.dev);
	if (ret)
		return ret;
	ret = drm_sched_entity_init(&queue->entity, DRM_SCHED_PRIORITY_NORMAL, &sched, 1,
				    NULL);
	if (ret)
		drm_sched_fini(sched);

	return ret;
}

/* For core dumps. The file may be another's by then, and the process be gone. */
static void tnpu_queue_note_maker(struct tnpu_queue *queue)
{
	if (queue->own) {
		strscpy(queue->comm, TNPU_DRIVER_NAME, sizeof(queue->comm));
	} else {
		queue->pid = task_tgid_nr(current);
		get_task_comm(queue->comm, current);
	}
}

static struct tnpu_queue *tnpu_queue_alloc(struct tnpu_device *tdev, u32 timeout_ms, bool own)
{
	struct tnpu_queue *queue;
	int ret;

	/* The driver's own is no client's, even where one's call makes it. */
	queue = kzalloc(sizeof(*queue), own ? GFP_KERNEL : GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	queue->tdev = tdev;
	queue->own = own;
	tnpu_queue_note_maker(queue);
	kref_init(&queue->ref);
	kref_init(&queue->memory);
	INIT_WORK(&queue->release, tnpu_queue_release_work);
	INIT_WORK(&queue->free, tnpu_queue_free_work);
	INIT_LIST_HEAD(&queue->in_flight);
	spin_lock_init(&queue->lock);
	mutex_init(&queue->submit_lock);
	if (own)
		lockdep_set_class(&queue->submit_lock, &tnpu_queue_own_key);
	queue->fence_context = dma_fence_context_alloc(1);
	ret = tnpu_queue_init_sched(queue, timeout_ms);
	if (ret) {
		kfree(queue);
		return ERR_PTR(ret);
	}
	/* The caller has the node open, so both are there to be held. */
	drm_dev_get(&tdev->drm);
	if (!own)
		__module_get(THIS_MODULE);

	return queue;
}

static struct tnpu_queue *tnpu_queue_create(struct tnpu_device *tdev, struct tnpu_vm *vm,
					    const struct drm_tnpu_queue_create *args, bool own)
{
	struct tnpu_queue *queue;
	int ret;

	queue = tnpu_queue_alloc(tdev, args->timeout_ms ?: TNPU_QUEUE_TIMEOUT_MS, own);
	if (IS_ERR(queue))
		return queue;
	queue->priority = args->priority;
	queue->vm = vm;
	queue->context = vm->context;
	ret = tnpu_queue_alloc_ring(queue);
	if (!ret)
		ret = tnpu_queue_claim_slot(queue);
	if (ret) {
		tnpu_queue_free_ring(queue);
		tnpu_queue_put(queue);
		return ERR_PTR(ret);
	}
	tnpu_vm_get(vm);

	return queue;
}

static int tnpu_queue_start(struct tnpu_queue *queue)
{
	struct tnpu_msg_queue_create msg = tnpu_queue_create_msg(queue);
	int ret;

	ret = tnpu_mbox_call(queue->tdev, TNPU_MSG_QUEUE_CREATE, &msg, sizeof(msg));
	/* Recovery found it in the table of queues, and was faster. */
	if (ret == -EEXIST)
		ret = 0;
	if (ret && ret != -EIO && ret != -ENODEV) {
		tnpu_err(queue->tdev, "firmware refuses queue %u (%d)", queue->slot, ret);
		ret = -EIO;
	}

	return ret;
}

/**
 * tnpu_queue_create_own - make a queue for the driver itself
 * @vm: its address space
 *
 * It goes with tnpu_queue_shut(), before the driver lets go of the device.
 *
 * Return: the queue; -ENOMEM; -EBUSY no hardware queue is free; -EIO; -ENODEV.
 */
struct tnpu_queue *tnpu_queue_create_own(struct tnpu_vm *vm)
{
	const struct drm_tnpu_queue_create args = { .priority = TNPU_PRIORITY_NORMAL };
	struct tnpu_queue *queue;
	int ret;

	queue = tnpu_queue_create(vm->tdev, vm, &args, true);
	if (IS_ERR(queue))
		return queue;
	ret = tnpu_queue_start(queue);
	if (ret) {
		tnpu_queue_shut(queue);
		return ERR_PTR(ret);
	}

	return queue;
}

/**
 * tnpu_queue_close - end all queues of a file that is being closed
 * @file: the file
 */
void tnpu_queue_close(struct tnpu_file *file)
{
	struct tnpu_queue *queue;
	unsigned long id;

	xa_for_each(&file->queues, id, queue)
		tnpu_queue_shut(queue);
	xa_destroy(&file->queues);
}

/* ---- ioctls ------------------------------------------------------------------------ */

static int tnpu_queue_check(const struct drm_tnpu_queue_create *args)
{
	if (args->flags || args->pad || args->priority >= TNPU_PRIORITY_COUNT ||
	    args->timeout_ms > TNPU_QUEUE_TIMEOUT_MAX_MS)
		return -EINVAL;
	if (args->priority >= DRM_TNPU_QUEUE_PRIORITY_HIGH && !capable(CAP_SYS_NICE))
		return -EPERM;

	return 0;
}

static int tnpu_queue_publish(struct tnpu_file *file, struct tnpu_queue *queue, u32 *id)
{
	int ret;

	ret = tnpu_queue_start(queue);
	if (!ret)
		ret = xa_alloc(&file->queues, id, queue, xa_limit_32b, GFP_KERNEL);
	if (ret)
		tnpu_queue_shut(queue);

	return ret;
}

/**
 * tnpu_queue_create_ioctl - DRM_IOCTL_TNPU_QUEUE_CREATE
 * @drm: the device, inside drm_dev_enter()
 * @data: struct drm_tnpu_queue_create
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct tnpu_device *tdev = to_tnpu_device(drm);
	struct drm_tnpu_queue_create *args = data;
	struct tnpu_queue *queue;
	struct tnpu_vm *vm;
	int ret;

	ret = tnpu_queue_check(args);
	if (ret)
		return ret;
	vm = tnpu_vm_lookup(file->driver_priv, args->vm_id);
	if (!vm)
		return -ENOENT;
	queue = tnpu_queue_create(tdev, vm, args, false);
	tnpu_vm_put(vm);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	return tnpu_queue_publish(file->driver_priv, queue, &args->id);
}

/**
 * tnpu_queue_destroy_ioctl - DRM_IOCTL_TNPU_QUEUE_DESTROY
 * @drm: the device, inside drm_dev_enter()
 * @data: struct drm_tnpu_queue_destroy
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct tnpu_file *priv = file->driver_priv;
	struct drm_tnpu_queue_destroy *args = data;
	struct tnpu_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = xa_erase(&priv->queues, args->id);
	if (!queue)
		return -ENOENT;
	atomic64_add(tnpu_queue_busy(queue), &priv->busy);
	tnpu_queue_shut(queue);

	return 0;
}

static void tnpu_queue_get_state(struct tnpu_queue *queue,
				 struct drm_tnpu_queue_get_state *args)
{
	const struct tnpu_queue_fault *fault = &queue->fault;

	args->submitted = READ_ONCE(queue->submitted);
	args->reset_count = atomic_read(&queue->tdev->reset.count);
	spin_lock_irq(&queue->lock);
	args->state = fault->state;
	args->reason = fault->reason;
	args->error = fault->error;
	args->cmd_index = fault->cmd_index;
	args->seq = fault->seq;
	args->fault_va = fault->va;
	args->fault_access = fault->access;
	args->completed = queue->completed;
	spin_unlock_irq(&queue->lock);
}

/**
 * tnpu_queue_get_state_ioctl - DRM_IOCTL_TNPU_QUEUE_GET_STATE
 * @drm: the device
 * @data: struct drm_tnpu_queue_get_state
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_queue_get_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_tnpu_queue_get_state *args = data;
	struct tnpu_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = tnpu_queue_lookup(file->driver_priv, args->queue_id);
	if (!queue)
		return -ENOENT;
	tnpu_queue_get_state(queue, args);
	tnpu_queue_put(queue);

	return 0;
}

/* ---- All queues -------------------------------------------------------------------- */

/**
 * tnpu_queues_get - the queue behind a hardware queue
 * @tdev: the device
 * @slot: hardware queue
 *
 * Return: it with a reference for the caller, or NULL. In any context.
 */
struct tnpu_queue *tnpu_queues_get(struct tnpu_device *tdev, u32 slot)
{
	struct tnpu_queues *queues = &tdev->queues;
	struct tnpu_queue *queue;
	unsigned long flags;

	spin_lock_irqsave(&queues->lock, flags);
	queue = queues->slot[slot];
	/* The slot's user holds a reference as long as it is in the slot. */
	if (queue)
		tnpu_queue_get(queue);
	spin_unlock_irqrestore(&queues->lock, flags);

	return queue;
}

/**
 * tnpu_queue_poll_slot - tnpu_queue_poll() for a hardware queue; in interrupts
 * @tdev: the device
 * @slot: hardware queue
 */
void tnpu_queue_poll_slot(struct tnpu_device *tdev, u32 slot)
{
	struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

	if (!queue)
		return;
	tnpu_queue_poll(queue);
	tnpu_queue_put(queue);
}

/**
 * tnpu_queues_count - count the hardware queues that are taken
 * @tdev: the device
 *
 * Return: their number.
 */
u32 tnpu_queues_count(struct tnpu_device *tdev)
{
	struct tnpu_queues *queues = &tdev->queues;
	u32 slot, count = 0;

	spin_lock_irq(&queues->lock);
	for (slot = 0; slot < tdev->hw.num_queues; slot++)
		count += !!queues->slot[slot];
	spin_unlock_irq(&queues->lock);

	return count;
}

/**
 * tnpu_queues_poll - tnpu_queue_poll() for all
 * @tdev: the device
 */
void tnpu_queues_poll(struct tnpu_device *tdev)
{
	u32 slot;

	for (slot = 0; slot < tdev->hw.num_queues; slot++)
		tnpu_queue_poll_slot(tdev, slot);
}

static bool tnpu_queue_idle(struct tnpu_queue *queue)
{
	bool idle;

	tnpu_queue_poll(queue);
	spin_lock_irq(&queue->lock);
	idle = list_empty(&queue->in_flight);
	spin_unlock_irq(&queue->lock);

	return idle;
}

/**
 * tnpu_queues_idle - whether all rings are empty
 * @tdev: the device
 *
 * Return: whether they are.
 */
bool tnpu_queues_idle(struct tnpu_device *tdev)
{
	bool idle = true;
	u32 slot;

	for (slot = 0; slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

		if (!queue)
			continue;
		idle &= tnpu_queue_idle(queue);
		tnpu_queue_put(queue);
	}

	return idle;
}

/**
 * tnpu_queues_pause - put no job into a ring until tnpu_queues_resume()
 * @tdev: the device
 *
 * Part of recovery, as what follows.
 */
void tnpu_queues_pause(struct tnpu_device *tdev)
{
	u32 slot;

	for (slot = 0; slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

		tdev->queues.paused[slot] = queue;
		if (queue)
			drm_sched_wqueue_stop(&queue->sched);
	}
}

/**
 * tnpu_queues_resume - the end of tnpu_queues_pause()
 * @tdev: the device
 */
void tnpu_queues_resume(struct tnpu_device *tdev)
{
	u32 slot;

	for (slot = 0; slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = no_free_ptr(tdev->queues.paused[slot]);

		if (!queue)
			continue;
		drm_sched_wqueue_start(&queue->sched);
		tnpu_queue_put(queue);
	}
}

/**
 * tnpu_queues_lose - declare dead the queues that had jobs in their rings
 * @tdev: the device, reset
 * @guilty: the one whose fault it is, or NULL
 */
void tnpu_queues_lose(struct tnpu_device *tdev, struct tnpu_queue *guilty)
{
	u32 slot;

	for (slot = 0; slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

		if (!queue)
			continue;
		tnpu_queue_lose(queue, queue == guilty);
		tnpu_queue_put(queue);
	}
}

/**
 * tnpu_queues_kill - declare all queues dead
 * @tdev: the device, lost
 * @error: what their jobs end with
 */
void tnpu_queues_kill(struct tnpu_device *tdev, int error)
{
	u32 slot;

	for (slot = 0; slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

		if (!queue)
			continue;
		tnpu_queue_kill(queue, error);
		tnpu_queue_put(queue);
	}
}

/* Starts the ring anew. Returns false for a dead queue: the device is not told of it. */
static bool tnpu_queue_rewind(struct tnpu_queue *queue)
{
	bool alive;

	spin_lock_irq(&queue->lock);
	alive = !queue->error;
	/* A queue that was made in this very moment may have jobs: they stay. */
	if (alive && list_empty(&queue->in_flight)) {
		memset(queue->ring, 0, tnpu_queue_ring_bytes(queue));
		queue->tail = 0;
		queue->seq_base = queue->completed;
		queue->seen_commands = 0;
		queue->seen_busy = 0;
	}
	spin_unlock_irq(&queue->lock);

	return alive;
}

static int tnpu_queue_restore(struct tnpu_queue *queue)
{
	struct tnpu_msg_queue_create msg;
	int ret;

	if (!tnpu_queue_rewind(queue))
		return 0;
	msg = tnpu_queue_create_msg(queue);
	ret = tnpu_mbox_exchange(queue->tdev, TNPU_MSG_QUEUE_CREATE, &msg, sizeof(msg));
	if (ret == -EEXIST)
		ret = 0;
	spin_lock_irq(&queue->lock);
	if (!ret && !queue->error && queue->tail)
		tnpu_hw_doorbell(queue->tdev, queue->slot, queue->tail);
	spin_unlock_irq(&queue->lock);

	return ret;
}

/**
 * tnpu_queues_restore - tell the device all queues that are alive anew
 * @tdev: the device, its firmware just started and its contexts restored
 *
 * Return: as tnpu_mbox_exchange().
 */
int tnpu_queues_restore(struct tnpu_device *tdev)
{
	u32 slot;
	int ret = 0;

	guard(mutex)(&tdev->queues.restore_lock);
	for (slot = 0; !ret && slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

		if (!queue)
			continue;
		ret = tnpu_queue_restore(queue);
		tnpu_queue_put(queue);
	}

	return ret;
}

static void tnpu_queues_release(struct drm_device *drm, void *arg)
{
	destroy_workqueue(arg);
}

/**
 * tnpu_queues_init - start without queues
 * @tdev: the device
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_queues_init(struct tnpu_device *tdev)
{
	struct tnpu_queues *queues = &tdev->queues;
	int ret;

	spin_lock_init(&queues->lock);
	ret = drmm_mutex_init(&tdev->drm, &queues->restore_lock);
	if (ret)
		return ret;
	queues->wq = alloc_ordered_workqueue("tnpu-submit", WQ_MEM_RECLAIM | WQ_HIGHPRI);
	if (!queues->wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&tdev->drm, tnpu_queues_release, queues->wq);
}

/**
 * tnpu_queues_unplug - end all jobs with -ENODEV and free the rings
 * @tdev: the device, unplugged and stopped
 */
void tnpu_queues_unplug(struct tnpu_device *tdev)
{
	u32 slot;

	tnpu_queues_kill(tdev, -ENODEV);
	for (slot = 0; slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

		if (!queue)
			continue;
		tnpu_coredump_wait(queue);
		tnpu_queue_free_ring(queue);
		tnpu_queue_put(queue);
	}
}
