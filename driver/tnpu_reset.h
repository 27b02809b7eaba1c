/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: recovery.
 */
#ifndef _TNPU_RESET_H_
#define _TNPU_RESET_H_

#include <linux/atomic.h>
#include <linux/rwsem.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct tnpu_device;
struct tnpu_queue;

/**
 * struct tnpu_reset - recovery
 */
struct tnpu_reset {
	/**
	 * @wq: ordered, so that there is one recovery at a time: @work and the timeouts of
	 * all schedulers run here
	 */
	struct workqueue_struct *wq;
	/** @work: a function reset that a crash or a silent mailbox asks for */
	struct work_struct work;
	/** @hold: the part of tnpu_reset_hold() that must not meet a recovery */
	struct work_struct hold;
	/** @holds: calls of tnpu_reset_hold() that had to do something; changes in @wq */
	unsigned int holds;
	/** @held: nobody but who called tnpu_reset_hold() touches the device; changes in @wq */
	bool held;
	/** @wedged: tells userspace that the device is wedged */
	struct work_struct wedged;
	/** @pending: @work is queued or running, and who waits for its end waits */
	atomic_t pending;
	/** @done: woken when @pending becomes 0 */
	wait_queue_head_t done;
	/** @count: engine and function resets since the driver was bound */
	atomic_t count;
	/** @pin: held to read by tnpu_reset_pin(), to write while the device is let go of */
	struct rw_semaphore pin;
	/** @gone: the device does no DMA, and no job is left. Changes under @pin */
	bool gone;
	/** @error: 0; -EIO wedged; -ENODEV gone. Never goes back to 0 */
	int error;
};

int tnpu_reset_init(struct tnpu_device *tdev);
void tnpu_reset_fini(struct tnpu_device *tdev);
bool tnpu_reset_pin(struct tnpu_device *tdev);
void tnpu_reset_unpin(struct tnpu_device *tdev);
int tnpu_reset_boot(struct tnpu_device *tdev);
void tnpu_reset_trigger(struct tnpu_device *tdev);
int tnpu_reset_wait(struct tnpu_device *tdev);
int tnpu_reset_error(struct tnpu_device *tdev);
bool tnpu_reset_check_heart(struct tnpu_device *tdev);
void tnpu_reset_queue(struct tnpu_queue *queue);

bool tnpu_reset_held(struct tnpu_device *tdev);
bool tnpu_reset_pending(struct tnpu_device *tdev);
void tnpu_reset_hold(struct tnpu_device *tdev);
int tnpu_reset_wait_unheld(struct tnpu_device *tdev);
bool tnpu_reset_drain(struct tnpu_device *tdev);
void tnpu_reset_halt(struct tnpu_device *tdev);
void tnpu_reset_recover(struct tnpu_device *tdev);
void tnpu_reset_unhold(struct tnpu_device *tdev);
void tnpu_reset_abandon(struct tnpu_device *tdev);

#endif /* _TNPU_RESET_H_ */
