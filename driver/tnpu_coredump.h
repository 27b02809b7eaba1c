/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: core dumps.
 */
#ifndef _TNPU_COREDUMP_H_
#define _TNPU_COREDUMP_H_

#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <tnpu/tnpu_dump.h>

#include "tnpu_mbox.h"

struct tnpu_device;
struct tnpu_queue;

/* All registers but the one that cannot be read: tnpu_coredump.c has the same ranges. */
#define TNPU_COREDUMP_SPAN(first, last) \
	((TNPU_REG_##last - TNPU_REG_##first) / sizeof(u32) + 1)
#define TNPU_COREDUMP_REGS						\
	(TNPU_COREDUMP_SPAN(MAGIC, PROFILE) +				\
	 TNPU_COREDUMP_SPAN(BOOT_STATE, SCRATCH) +			\
	 TNPU_COREDUMP_SPAN(MBOX_REQ_LO, MBOX_RSP_HEAD) +		\
	 TNPU_COREDUMP_SPAN(IRQ_STATUS, IRQ_ENABLE))

/**
 * enum tnpu_coredump_state - how far the core dump in the making is
 * @TNPU_COREDUMP_IDLE: there is none
 * @TNPU_COREDUMP_FROZEN: recovery has copied the registers and deals with the queue
 * @TNPU_COREDUMP_TAKEN: it will be written; the queue keeps its ring and its VM for that
 */
enum tnpu_coredump_state {
	TNPU_COREDUMP_IDLE,
	TNPU_COREDUMP_FROZEN,
	TNPU_COREDUMP_TAKEN,
};

/**
 * struct tnpu_coredump - the core dump in the making
 */
struct tnpu_coredump {
	/** @lock: protects @state, @queue and @frozen; taken in interrupts, the innermost */
	spinlock_t lock;
	/** @state: how far it is. Whoever leaves IDLE owns all below until it is IDLE again */
	enum tnpu_coredump_state state;
	/** @queue: the guilty one, a reference once it is TAKEN; NULL: the firmware is */
	struct tnpu_queue *queue;
	/** @frozen: @regs, @mbox and @rings are from before recovery touched the device */
	bool frozen;
	/** @work: writes it, where memory may be allocated and reservations be locked */
	struct work_struct work;
	/** @done: woken when @state becomes IDLE */
	wait_queue_head_t done;
	/** @regs: registers */
	struct tnpu_dump_reg regs[TNPU_COREDUMP_REGS];
	/** @mbox: state of the mailbox */
	struct tnpu_dump_mbox mbox;
	/** @rings: and its messages */
	struct tnpu_mbox_rings rings;
};

#ifdef CONFIG_DEV_COREDUMP
void tnpu_coredump_init(struct tnpu_device *tdev);
void tnpu_coredump_fini(struct tnpu_device *tdev);
bool tnpu_coredump_freeze(struct tnpu_device *tdev, struct tnpu_queue *queue);
void tnpu_coredump_thaw(struct tnpu_device *tdev);
void tnpu_coredump_take(struct tnpu_queue *queue);
void tnpu_coredump_wait(struct tnpu_queue *queue);
#else
static inline void tnpu_coredump_init(struct tnpu_device *tdev) { }
static inline void tnpu_coredump_fini(struct tnpu_device *tdev) { }
static inline bool tnpu_coredump_freeze(struct tnpu_device *tdev, struct tnpu_queue *queue)
{
	return false;
}

static inline void tnpu_coredump_thaw(struct tnpu_device *tdev) { }
static inline void tnpu_coredump_take(struct tnpu_queue *queue) { }
static inline void tnpu_coredump_wait(struct tnpu_queue *queue) { }
#endif

#endif /* _TNPU_COREDUMP_H_ */
