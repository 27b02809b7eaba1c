// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: recovery.
 *
 * A job without progress is dealt with by the mildest means that works:
 *
 * 1. QUEUE_CANCEL: the firmware ends the job. Nobody else notices.
 * 2. Engine reset: running jobs end as TNPU_STATUS_RESET; other queues whose jobs were
 *    running are innocent, but lost them.
 * 3. Function reset: the firmware is started anew, contexts and queues are set up from the
 *    driver's tables; queues that had jobs on the device lost them.
 * 4. The device is declared wedged: every job ends with -EIO, as does every call that needs
 *    the device. Files stay open.
 *
 * A crash of the firmware, a mailbox that does not answer, and a heartbeat that stands still when
 * a job makes no progress, start at step 3; no queue is guilty then.
 *
 * All this runs on one ordered workqueue, until tnpu_reset_fini(), and not only while
 * drm_dev_enter() succeeds: drm_dev_unplug() waits for calls that may wait for recovery. Jobs'
 * fences wait for it, so nothing here may allocate memory, or take a lock under which somebody
 * allocates, a reservation lock included.
 */
#include <linux/delay.h>
#include <linux/dma-fence.h>
#include <linux/iopoll.h>
#include <linux/kobject.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "tnpu_drv.h"
#include "tnpu_trace.h"

/* Function resets in one recovery, and what the pause before each grows by. */
#define TNPU_RESET_TRIES	3
#define TNPU_RESET_PAUSE_MS	500
/* How long jobs may take to end before the device is stopped. */
#define TNPU_RESET_DRAIN_US	(5 * USEC_PER_SEC)
#define TNPU_RESET_POLL_US	1000
/* Firmware's heartbeat has a period of a second at most. */
#define TNPU_RESET_BEAT_US	(2 * USEC_PER_SEC)
#define TNPU_RESET_LISTEN_US	(10 * USEC_PER_MSEC)

/**
 * tnpu_reset_error - whether the device is lost
 * @tdev: the device
 *
 * Return: 0; -EIO wedged; -ENODEV gone.
 */
int tnpu_reset_error(struct tnpu_device *tdev)
{
	return READ_ONCE(tdev->reset.error);
}

static void tnpu_reset_begin(struct tnpu_device *tdev)
{
	atomic_inc(&tdev->reset.pending);
}

static void tnpu_reset_end(struct tnpu_device *tdev)
{
	if (atomic_dec_and_test(&tdev->reset.pending))
		wake_up_all(&tdev->reset.done);
}

/**
 * tnpu_reset_pending - whether a function reset is under way or will be, or the device is held
 * @tdev: the device
 *
 * Return: whether tnpu_reset_wait() would wait now.
 */
bool tnpu_reset_pending(struct tnpu_device *tdev)
{
	return atomic_read(&tdev->reset.pending);
}

/**
 * tnpu_reset_wait - wait until no recovery is under way
 * @tdev: the device
 *
 * Return: as tnpu_reset_error().
 */
int tnpu_reset_wait(struct tnpu_device *tdev)
{
	wait_event(tdev->reset.done, !tnpu_reset_pending(tdev));

	return tnpu_reset_error(tdev);
}

/**
 * tnpu_reset_trigger - ask for a function reset
 * @tdev: the device
 *
 * From any context. tnpu_reset_wait() waits for its end.
 */
void tnpu_reset_trigger(struct tnpu_device *tdev)
{
	tnpu_reset_begin(tdev);
	if (tnpu_reset_error(tdev) || !queue_work(tdev->reset.wq, &tdev->reset.work))
		tnpu_reset_end(tdev);
}

/*
 * A uevent allocates, so it is not part of recovery. drm_dev_wedged_event() is for devices with
 * a primary node, or not there at all.
 */
static void tnpu_reset_wedged_work(struct work_struct *work)
{
	struct tnpu_device *tdev = container_of(work, struct tnpu_device, reset.wedged);
	char wedged[] = "WEDGED=rebind,bus-reset";
	char *env[2] = { wedged };
	int idx;

	if (!drm_dev_enter(&tdev->drm, &idx))
		return;
	kobject_uevent_env(&tdev->drm.accel->kdev->kobj, KOBJ_CHANGE, env);
	drm_dev_exit(idx);
}

static void tnpu_reset_give_up(struct tnpu_device *tdev, int error)
{
	/* That it is gone may be known already. */
	cmpxchg(&tdev->reset.error, 0, error == -ENODEV ? -ENODEV : -EIO);
	pci_clear_master(tdev->pdev);
	tnpu_err(tdev, "recovery failed (%d): the device is %s", error,
		 error == -ENODEV ? "gone" : "wedged; unbind and bind it, or reset its slot");
	schedule_work(&tdev->reset.wedged);
}

/**
 * tnpu_reset_boot - reset the function and start the firmware
 * @tdev: the device, its mailbox stopped
 *
 * Return: 0 with the mailbox started; else as tnpu_hw_reset() and tnpu_fw_boot().
 */
int tnpu_reset_boot(struct tnpu_device *tdev)
{
	int ret;

	ret = tnpu_hw_reset(tdev, TNPU_CTRL_RESET);
	if (ret)
		return ret;
	tnpu_mbox_reset(tdev);
	ret = tnpu_fw_boot(tdev);
	if (ret)
		return ret;
	tnpu_irq_enable(tdev);
	tnpu_mbox_start(tdev);

	return 0;
}

static int tnpu_reset_revive_once(struct tnpu_device *tdev)
{
	int ret;

	tnpu_mbox_stop(tdev);
	ret = tnpu_reset_boot(tdev);
	if (ret)
		return ret;
	ret = tnpu_vms_restore(tdev);
	if (ret)
		return ret;

	return tnpu_queues_restore(tdev);
}

/* What made the device fail may not be over yet, and a refusal comes at once. */
static int tnpu_reset_revive(struct tnpu_device *tdev)
{
	unsigned int tries;
	int ret;

	for (tries = 0; tries < TNPU_RESET_TRIES; tries++) {
		if (tries)
			msleep(tries * TNPU_RESET_PAUSE_MS);
		ret = tnpu_reset_revive_once(tdev);
		if (!ret || ret == -ENODEV)
			break;
	}

	return ret;
}

/* Stops the device. @guilty: the queue whose fault it is, or NULL. */
static int tnpu_reset_stop(struct tnpu_device *tdev, struct tnpu_queue *guilty)
{
	int ret;

	tnpu_mbox_stop(tdev);
	ret = tnpu_hw_reset(tdev, TNPU_CTRL_RESET);
	/* What the device finished before it stopped counts as finished. */
	tnpu_queues_poll(tdev);
	tnpu_queues_lose(tdev, guilty);

	return ret;
}

static void tnpu_reset_fail(struct tnpu_device *tdev, int error)
{
	trace_tnpu_reset(TNPU_TRACE_RESET_FAILED, -1, error);
	tnpu_reset_give_up(tdev, error);
	tnpu_mbox_stop(tdev);
	tnpu_queues_kill(tdev, tnpu_reset_error(tdev));
}

static void tnpu_reset_function(struct tnpu_device *tdev, struct tnpu_queue *guilty)
{
	int ret;

	tnpu_reset_begin(tdev);
	tnpu_warn(tdev, "function reset");
	trace_tnpu_reset(TNPU_TRACE_RESET_FUNCTION, guilty ? (int)guilty->slot : -1, 0);
	atomic_inc(&tdev->reset.count);
	tnpu_queues_pause(tdev);
	ret = tnpu_reset_stop(tdev, guilty);
	if (!ret)
		ret = tnpu_reset_revive(tdev);
	if (ret)
		tnpu_reset_fail(tdev, ret);
	tnpu_queues_resume(tdev);
	tnpu_reset_end(tdev);
}

/*
 * Recovery does not wake the device, for that may allocate. Whoever waits for recovery holds it
 * awake; what else is wrong with a device that sleeps is seen when it wakes up.
 */
static void tnpu_reset_function_if_awake(struct tnpu_device *tdev)
{
	const int awake = pm_runtime_get_if_active(tdev->drm.dev);
	bool frozen;

	if (!awake)
		return;
	frozen = tnpu_coredump_freeze(tdev, NULL);
	tnpu_reset_function(tdev, NULL);
	if (frozen)
		tnpu_coredump_thaw(tdev);
	if (awake > 0)
		tnpu_pm_put(tdev);
}

static void tnpu_reset_work(struct work_struct *work)
{
	struct tnpu_device *tdev = container_of(work, struct tnpu_device, reset.work);
	const bool cookie = dma_fence_begin_signalling();

	if (!tnpu_reset_error(tdev) && !tnpu_reset_held(tdev))
		tnpu_reset_function_if_awake(tdev);
	dma_fence_end_signalling(cookie);
	tnpu_reset_end(tdev);
}

/*
 * Cancels what is left of a queue. Its owner may be about to end it: then either the queue's error
 * is seen here, or its slot is not free for another one before the answer is there.
 */
static void tnpu_reset_cancel(struct tnpu_queue *queue)
{
	struct tnpu_device *tdev = queue->tdev;
	struct tnpu_msg_queue msg = { .queue = queue->slot };

	guard(mutex)(&tdev->queues.restore_lock);
	if (!tnpu_queue_error(queue) &&
	    !tnpu_mbox_exchange(tdev, TNPU_MSG_QUEUE_CANCEL, &msg, sizeof(msg)))
		tnpu_queue_settle(queue);
}

/* Goes from one rung to the next until the queue is dead. */
static void tnpu_reset_climb(struct tnpu_queue *queue)
{
	struct tnpu_device *tdev = queue->tdev;

	trace_tnpu_reset(TNPU_TRACE_RESET_CANCEL, queue->slot, 0);
	tnpu_dbg(tdev, RESET, "queue %u makes no progress", queue->slot);
	tnpu_reset_cancel(queue);
	/* Innocent ones pay for what comes then: not for a queue that has ended, in any way. */
	if (tnpu_queue_error(queue))
		return;
	tnpu_warn(tdev, "queue %u is not to be cancelled: engine reset", queue->slot);
	trace_tnpu_reset(TNPU_TRACE_RESET_ENGINES, queue->slot, 0);
	atomic_inc(&tdev->reset.count);
	if (!tnpu_hw_reset(tdev, TNPU_CTRL_ENGINE_RESET)) {
		tnpu_queues_poll(tdev);
		tnpu_queue_settle(queue);
		if (tnpu_queue_error(queue))
			return;
	}
	tnpu_reset_function(tdev, queue);
}

/**
 * tnpu_reset_queue - end the job of a queue that makes no progress
 * @queue: the queue
 *
 * On return the queue is dead and its jobs' fences have signalled. On the recovery
 * workqueue only.
 */
void tnpu_reset_queue(struct tnpu_queue *queue)
{
	const bool frozen = tnpu_coredump_freeze(queue->tdev, queue);

	tnpu_queue_blame(queue);
	tnpu_reset_climb(queue);
	if (frozen)
		tnpu_coredump_thaw(queue->tdev);
}

/**
 * tnpu_reset_check_heart - see to it that the firmware lives, before a queue is blamed
 * @tdev: the device
 *
 * Waits for the next heartbeat. Where none comes, a function reset is asked for. On the recovery
 * workqueue only.
 *
 * Return: whether the heart beats.
 */
bool tnpu_reset_check_heart(struct tnpu_device *tdev)
{
	const u32 seen = tnpu_rd(tdev, HEARTBEAT);
	u32 beat;

	if (!read_poll_timeout(tnpu_rd, beat, beat != seen, TNPU_RESET_LISTEN_US,
			       TNPU_RESET_BEAT_US, true, tdev, HEARTBEAT))
		return true;
	tnpu_err(tdev, "the firmware's heartbeat stands still at %u", seen);
	tnpu_reset_trigger(tdev);

	return false;
}

/* ---- The device in other hands ------------------------------------------------------ */

/**
 * tnpu_reset_held - whether the device is somebody else's
 * @tdev: the device
 *
 * Return: whether it is between tnpu_reset_hold() and tnpu_reset_unhold().
 */
bool tnpu_reset_held(struct tnpu_device *tdev)
{
	return READ_ONCE(tdev->reset.held);
}

static void tnpu_reset_hold_work(struct work_struct *work)
{
	struct tnpu_device *tdev = container_of(work, struct tnpu_device, reset.hold);

	WRITE_ONCE(tdev->reset.holds, tdev->reset.holds + 1);
	WRITE_ONCE(tdev->reset.held, true);
	tnpu_queues_pause(tdev);
}

/**
 * tnpu_reset_hold - take the device from everybody
 * @tdev: the device
 *
 * From here on no recovery runs, no job gets into a ring, and the CPU's mappings of device memory
 * are gone: who touches it waits, as does who needs an answer by mailbox once that is stopped.
 * Jobs in the rings go on. To be ended by tnpu_reset_unhold(), tnpu_reset_recover() or
 * tnpu_reset_abandon(), by the same caller or another, under the PCI device's lock. A second
 * call changes nothing.
 */
void tnpu_reset_hold(struct tnpu_device *tdev)
{
	if (tnpu_reset_held(tdev))
		return;
	tnpu_reset_begin(tdev);
	queue_work(tdev->reset.wq, &tdev->reset.hold);
	flush_work(&tdev->reset.hold);
	tnpu_gem_zap(tdev);
}

/**
 * tnpu_reset_unhold - give the device back as it is
 * @tdev: the device, held
 */
void tnpu_reset_unhold(struct tnpu_device *tdev)
{
	/* An interrupt may have been lost. */
	tnpu_queues_poll(tdev);
	tnpu_queues_resume(tdev);
	WRITE_ONCE(tdev->reset.held, false);
	tnpu_reset_end(tdev);
	wake_up_all(&tdev->reset.done);
}

/**
 * tnpu_reset_wait_unheld - wait for tnpu_reset_unhold()
 * @tdev: the device
 *
 * Return: 0; -ERESTARTSYS where a signal kills the caller.
 */
int tnpu_reset_wait_unheld(struct tnpu_device *tdev)
{
	return wait_event_killable(tdev->reset.done, !tnpu_reset_held(tdev));
}

/**
 * tnpu_reset_drain - wait for the end of all jobs in the rings
 * @tdev: the device, held
 *
 * Return: whether they ended in time.
 */
bool tnpu_reset_drain(struct tnpu_device *tdev)
{
	bool idle;

	return !read_poll_timeout(tnpu_queues_idle, idle, idle, TNPU_RESET_POLL_US,
				  TNPU_RESET_DRAIN_US, false, tdev);
}

/**
 * tnpu_reset_halt - stop the device; what still runs is lost
 * @tdev: the device, held
 */
void tnpu_reset_halt(struct tnpu_device *tdev)
{
	if (tnpu_reset_stop(tdev, NULL))
		tnpu_dbg(tdev, RESET, "the device does not stop");
}

/**
 * tnpu_reset_recover - start the device anew and give it back
 * @tdev: the device, held, and reset by somebody else
 *
 * Where device memory is lost, so are all queues: whatever their jobs were to work on is gone.
 */
void tnpu_reset_recover(struct tnpu_device *tdev)
{
	int ret;

	trace_tnpu_reset(TNPU_TRACE_RESET_OUTSIDE, -1, 0);
	atomic_inc(&tdev->reset.count);
	tnpu_mbox_stop(tdev);
	tnpu_queues_poll(tdev);
	tnpu_queues_lose(tdev, NULL);
	if (!tnpu_reset_error(tdev)) {
		if (!tnpu_hw_memory_kept(tdev)) {
			tnpu_warn(tdev, "device memory has lost its contents");
			tnpu_queues_kill(tdev, -ECANCELED);
			tnpu_hw_mark_memory(tdev);
		}
		ret = tnpu_reset_revive(tdev);
		if (ret)
			tnpu_reset_fail(tdev, ret);
	}
	tnpu_reset_unhold(tdev);
}

/**
 * tnpu_reset_abandon - the device does not come back
 * @tdev: the device
 */
void tnpu_reset_abandon(struct tnpu_device *tdev)
{
	tnpu_reset_hold(tdev);
	tnpu_reset_fail(tdev, -ENODEV);
	tnpu_reset_unhold(tdev);
}

/* ------------------------------------------------------------------------------------ */

static void tnpu_reset_destroy_wq(struct drm_device *drm, void *arg)
{
	destroy_workqueue(arg);
}

/**
 * tnpu_reset_init - prepare for recovery
 * @tdev: the device
 *
 * The workqueue lives as long as the DRM device, for schedulers of open files use it.
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_reset_init(struct tnpu_device *tdev)
{
	struct tnpu_reset *reset = &tdev->reset;

	INIT_WORK(&reset->work, tnpu_reset_work);
	INIT_WORK(&reset->hold, tnpu_reset_hold_work);
	INIT_WORK(&reset->wedged, tnpu_reset_wedged_work);
	init_waitqueue_head(&reset->done);
	init_rwsem(&reset->pin);
	reset->wq = alloc_ordered_workqueue("tnpu-reset", WQ_MEM_RECLAIM);
	if (!reset->wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&tdev->drm, tnpu_reset_destroy_wq, reset->wq);
}

/**
 * tnpu_reset_fini - end recovery for good: the device is going away
 * @tdev: the device, unplugged
 *
 * Stops the device and ends all jobs. Who waits for recovery gets -ENODEV.
 */
void tnpu_reset_fini(struct tnpu_device *tdev)
{
	down_write(&tdev->reset.pin);
	WRITE_ONCE(tdev->reset.error, -ENODEV);
	/* What is queued from here on finds the error. */
	flush_workqueue(tdev->reset.wq);
	flush_work(&tdev->reset.wedged);
	tnpu_mbox_stop(tdev);
	if (tnpu_hw_reset(tdev, TNPU_CTRL_RESET))
		tnpu_dbg(tdev, RESET, "the device was gone before it could be stopped");
	pci_clear_master(tdev->pdev);
	tnpu_queues_unplug(tdev);
	tdev->reset.gone = true;
	up_write(&tdev->reset.pin);
}

/**
 * tnpu_reset_pin - begin to take from the device what it may reach
 * @tdev: the device
 *
 * For the ends of queues and VMs, be it by a call, inside of drm_dev_enter(), or by closing the
 * file, outside of it. To a call drm_dev_enter() says no as soon as unbinding has begun, which
 * then waits for the call; so it is not asked. This succeeds, and keeps the device awake, until
 * unbinding waits for calls no more, and from then on it waits until the device is stopped.
 * It does not nest.
 *
 * Return: whether the device is there, until tnpu_reset_unpin(); if not, it reaches nothing.
 */
bool tnpu_reset_pin(struct tnpu_device *tdev)
{
	down_read(&tdev->reset.pin);
	if (tdev->reset.gone) {
		up_read(&tdev->reset.pin);
		return false;
	}
	tnpu_pm_get(tdev);

	return true;
}

/**
 * tnpu_reset_unpin - the end of tnpu_reset_pin()
 * @tdev: the device
 */
void tnpu_reset_unpin(struct tnpu_device *tdev)
{
	tnpu_pm_put(tdev);
	up_read(&tdev->reset.pin);
}
