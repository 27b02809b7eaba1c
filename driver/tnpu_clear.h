/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: clearing of device memory.
 */
#ifndef _TNPU_CLEAR_H_
#define _TNPU_CLEAR_H_

#include <linux/mutex.h>

struct tnpu_bo;
struct tnpu_device;
struct tnpu_queue;
struct tnpu_vm;

/**
 * struct tnpu_clear - the driver's own queue
 */
struct tnpu_clear {
	/**
	 * @lock: protects all members below, and what is mapped in @vm. Outside the locks of queues
	 * and VMs
	 */
	struct mutex lock;
	/** @vm: address space of @queue; NULL where the firmware cannot fill memory */
	struct tnpu_vm *vm;
	/** @queue: NULL where it was dropped, or could not be replaced after it had died */
	struct tnpu_queue *queue;
	/** @stream: a page of device memory, for commands */
	struct tnpu_bo *stream;
};

int tnpu_clear_init(struct tnpu_device *tdev);
void tnpu_clear_fini(struct tnpu_device *tdev);
int tnpu_clear_bo(struct tnpu_device *tdev, struct tnpu_bo *bo);

#endif /* _TNPU_CLEAR_H_ */
