/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: hardware queues.
 */
#ifndef _TNPU_QUEUE_H_
#define _TNPU_QUEUE_H_

#include <linux/atomic.h>
#include <linux/dma-fence.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <drm/gpu_scheduler.h>

#include "tnpu_hw.h"

struct drm_device;
struct drm_file;
struct tnpu_device;
struct tnpu_file;
struct tnpu_vm;

/**
 * struct tnpu_queue_shade - what keeps the engines from a priority
 * @queues: queues of higher priorities with jobs in their rings
 * @gaps: how often @queues fell to 0: the engines were free then
 */
struct tnpu_queue_shade {
	atomic_t queues;
	atomic_t gaps;
};

/**
 * struct tnpu_queues - the hardware queues of the device
 */
struct tnpu_queues {
	/** @lock: protects @slot; taken in interrupts */
	spinlock_t lock;
	/** @slot: the queue behind each hardware queue, or NULL */
	struct tnpu_queue *slot[TNPU_HW_QUEUES_MAX];
	/** @shade: by priority; changed under tnpu_queue.lock of any queue */
	struct tnpu_queue_shade shade[TNPU_PRIORITY_COUNT];
	/** @busy: engine ticks that jobs of all queues took, since the driver was bound */
	atomic64_t busy;
	/** @restore_lock: a queue dies by its owner's hand either before a restore or after it */
	struct mutex restore_lock;
	/** @paused: queues whose schedulers a recovery has stopped; references; recovery's */
	struct tnpu_queue *paused[TNPU_HW_QUEUES_MAX];
	/** @wq: ordered: puts jobs into rings and frees them */
	struct workqueue_struct *wq;
};

/**
 * struct tnpu_fence - the end of a job, as the device tells it
 */
struct tnpu_fence {
	/** @base: base; seqno is the job's number on its queue */
	struct dma_fence base;
	/** @lock: of @base */
	spinlock_t lock;
	/**
	 * @queue: a hold on its memory. The scheduler's fence of the job holds this one, and
	 * names the scheduler, which lies in the queue: so it is there as long as any fence
	 */
	struct tnpu_queue *queue;
	/** @node: entry of tnpu_queue.in_flight */
	struct list_head node;
};

/**
 * struct tnpu_queue_fault - why a queue is dead
 * @state: DRM_TNPU_QUEUE_STATE_*
 * @reason: TNPU_ERR_* or DRM_TNPU_REASON_*
 * @error: negative errno of the failed job's fence
 * @cmd_index: command that failed
 * @access: TNPU_ACCESS_*, for TNPU_ERR_FAULT
 * @seq: the failed job, from 1
 * @va: fault address, for TNPU_ERR_FAULT
 */
struct tnpu_queue_fault {
	u32 state;
	u32 reason;
	int error;
	u32 cmd_index;
	u32 access;
	u64 seq;
	u64 va;
};

/**
 * struct tnpu_queue - a queue of jobs
 *
 * It goes in three steps. With its ID goes the hardware queue (tnpu_queue_shut()). With the last
 * reference, of the ID or of a job, goes the scheduler, and the hold on the device. With the
 * last hold on the memory, of the references or of a job's fence, the rest goes, and the hold
 * on the module.
 */
struct tnpu_queue {
	/** @tdev: the device */
	struct tnpu_device *tdev;
	/** @ref: references; may be dropped in any context */
	struct kref ref;
	/** @memory: holds on the memory: fences, and one for all of @ref */
	struct kref memory;
	/** @release: ends the scheduler, which may sleep */
	struct work_struct release;
	/** @free: frees the queue */
	struct work_struct free;
	/** @sched: feeds the ring, and watches over the time */
	struct drm_gpu_scheduler sched;
	/** @entity: the jobs that @sched has not put into the ring yet */
	struct drm_sched_entity entity;
	/** @own: of the driver itself, so it does not hold the module, constant */
	bool own;
	/** @slot: hardware queue, constant */
	u32 slot;
	/** @priority: TNPU_PRIORITY_*, constant */
	u32 priority;
	/** @context: hardware context of @vm, constant; it may be another's once @vm is gone */
	u32 context;
	/** @fence_context: of struct tnpu_fence, constant */
	u64 fence_context;
	/** @pid: of the process that made it, 0: the driver itself; constant */
	pid_t pid;
	/** @comm: name of the thread that made it, constant */
	char comm[TASK_COMM_LEN];

	/**
	 * @submit_lock: makes sequence numbers and the order in @entity agree; protects
	 * @submitted and @vm. Outside tnpu_vm.lock and reservations; that of the driver's own
	 * queue is inside
	 */
	struct mutex submit_lock;
	/** @vm: a reference until the queue is shut, then NULL */
	struct tnpu_vm *vm;
	/** @submitted: jobs ever submitted; number of the newest */
	u64 submitted;

	/** @lock: protects all members below; taken in interrupts, inside tnpu_queues.lock */
	spinlock_t lock;
	/** @ring: TNPU ring entries; DMA memory, NULL when the device is gone */
	struct tnpu_ring_entry *ring;
	/** @done: completion records, as many, behind @ring */
	struct tnpu_completion *done;
	/** @dma: address of @ring for the device */
	dma_addr_t dma;
	/** @tail: of the ring, mod twice its entries */
	u32 tail;
	/**
	 * @seq_base: what to subtract from a job's number to get the device's, which counts
	 * anew after a function reset
	 */
	u64 seq_base;
	/** @in_flight: struct tnpu_fence.node of the jobs in the ring, in order */
	struct list_head in_flight;
	/** @completed: jobs that have ended in any way */
	u64 completed;
	/** @busy: engine ticks that they took */
	u64 busy;
	/** @seen_commands: commands completed when recovery looked last; recovery's own */
	u64 seen_commands;
	/** @seen_busy: engine ticks used until then; recovery's own */
	u64 seen_busy;
	/** @looked: jiffies when recovery looked last, or when the ring was last empty */
	unsigned long looked;
	/** @seen_gaps: of its tnpu_queue_shade when recovery looked last; recovery's own */
	int seen_gaps;
	/** @seen_work: of queues of higher priority until then; recovery's own */
	u64 seen_work;
	/** @stalled: looks without progress since there was some; recovery's own */
	unsigned int stalled;
	/** @blamed: its job is being killed for want of progress */
	bool blamed;
	/** @error: 0: alive; else what jobs that still come end with */
	int error;
	/** @fault: valid once @error is set */
	struct tnpu_queue_fault fault;
};

u32 tnpu_queue_entries(const struct tnpu_queue *queue);
size_t tnpu_queue_ring_bytes(const struct tnpu_queue *queue);

void tnpu_queue_get(struct tnpu_queue *queue);
void tnpu_queue_put(struct tnpu_queue *queue);
struct tnpu_queue *tnpu_queue_lookup(struct tnpu_file *file, u32 id);
struct tnpu_queue *tnpu_queue_create_own(struct tnpu_vm *vm);
void tnpu_queue_shut(struct tnpu_queue *queue);
void tnpu_queue_close(struct tnpu_file *file);

struct dma_fence *tnpu_queue_push(struct tnpu_queue *queue, struct tnpu_fence *fence,
				  const struct tnpu_ring_entry *entry);
int tnpu_queue_error(struct tnpu_queue *queue);
void tnpu_queue_poll(struct tnpu_queue *queue);
void tnpu_queue_settle(struct tnpu_queue *queue);
bool tnpu_queue_advances(struct tnpu_queue *queue);
void tnpu_queue_blame(struct tnpu_queue *queue);
u64 tnpu_queue_busy(struct tnpu_queue *queue);

void tnpu_queue_poll_slot(struct tnpu_device *tdev, u32 slot);
u32 tnpu_queues_count(struct tnpu_device *tdev);
struct tnpu_queue *tnpu_queues_get(struct tnpu_device *tdev, u32 slot);

int tnpu_queues_init(struct tnpu_device *tdev);
void tnpu_queues_unplug(struct tnpu_device *tdev);
void tnpu_queues_poll(struct tnpu_device *tdev);
bool tnpu_queues_idle(struct tnpu_device *tdev);
void tnpu_queues_pause(struct tnpu_device *tdev);
void tnpu_queues_resume(struct tnpu_device *tdev);
void tnpu_queues_lose(struct tnpu_device *tdev, struct tnpu_queue *guilty);
void tnpu_queues_kill(struct tnpu_device *tdev, int error);
int tnpu_queues_restore(struct tnpu_device *tdev);

int tnpu_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int tnpu_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int tnpu_queue_get_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* _TNPU_QUEUE_H_ */
