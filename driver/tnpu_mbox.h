/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: the control mailbox.
 */
#ifndef _TNPU_MBOX_H_
#define _TNPU_MBOX_H_

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include <tnpu/tnpu_dump.h>
#include <tnpu/tnpu_regs.h>

struct tnpu_device;

#define TNPU_MBOX_ORDER		5
#define TNPU_MBOX_ENTRIES	BIT(TNPU_MBOX_ORDER)

/**
 * struct tnpu_mbox_rings - what the device reads and writes
 * @req: requests
 * @rsp: responses
 */
struct tnpu_mbox_rings {
	struct tnpu_msg req[TNPU_MBOX_ENTRIES];
	struct tnpu_msg rsp[TNPU_MBOX_ENTRIES];
};

/**
 * struct tnpu_mbox - the control mailbox
 */
struct tnpu_mbox {
	/** @rings: DMA memory, constant */
	struct tnpu_mbox_rings *rings;
	/** @dma: its address for the device, constant */
	dma_addr_t dma;
	/** @lock: protects all members below */
	spinlock_t lock;
	/** @online: requests are taken */
	bool online;
	/** @epoch: another one each time that the mailbox is stopped */
	u32 epoch;
	/** @req_tail: mod twice the entries */
	u32 req_tail;
	/** @rsp_head: mod twice the entries */
	u32 rsp_head;
	/** @seq: of the newest request */
	u32 seq;
	/** @in_flight: requests without a response, at most the entries */
	u32 in_flight;
	/** @waiting: those requests, struct tnpu_mbox_request.node */
	struct list_head waiting;
	/** @space: woken when @in_flight falls or @online changes */
	wait_queue_head_t space;
};

int tnpu_mbox_init(struct tnpu_device *tdev);
void tnpu_mbox_fini(struct tnpu_device *tdev);
void tnpu_mbox_reset(struct tnpu_device *tdev);
void tnpu_mbox_start(struct tnpu_device *tdev);
void tnpu_mbox_stop(struct tnpu_device *tdev);
void tnpu_mbox_copy(struct tnpu_device *tdev, struct tnpu_dump_mbox *state,
		    struct tnpu_mbox_rings *rings);
void tnpu_mbox_poll(struct tnpu_device *tdev);
int tnpu_mbox_exchange(struct tnpu_device *tdev, u16 type, void *payload, size_t size);
int tnpu_mbox_call(struct tnpu_device *tdev, u16 type, void *payload, size_t size);
int tnpu_mbox_query(struct tnpu_device *tdev, u32 item, u64 *value);

#endif /* _TNPU_MBOX_H_ */
