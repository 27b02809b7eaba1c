/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: clearing and copying of device memory.
 */
#ifndef _TNPU_BLIT_H_
#define _TNPU_BLIT_H_

#include <linux/mutex.h>

struct page;
struct tnpu_device;
struct tnpu_gem_cursor;
struct tnpu_queue;
struct tnpu_vm;

/**
 * struct tnpu_blit - the driver's own queue
 */
struct tnpu_blit {
	/**
	 * @lock: protects all members below, and what is mapped in @vm. Inside reservations,
	 * outside the locks of @queue and @vm
	 */
	struct mutex lock;
	/** @vm: address space of @queue; NULL where the firmware can neither fill nor copy */
	struct tnpu_vm *vm;
	/** @queue: NULL where it was dropped, or could not be replaced after it had died */
	struct tnpu_queue *queue;
	/** @stream: a page of device memory, for commands; empty without @vm */
	struct list_head stream;
};

int tnpu_blit_init(struct tnpu_device *tdev);
void tnpu_blit_fini(struct tnpu_device *tdev);
int tnpu_blit_clear(struct tnpu_device *tdev, const struct tnpu_gem_cursor *local, u64 size);
int tnpu_blit_copy(struct tnpu_device *tdev, const struct tnpu_gem_cursor *local,
		   struct page **pages, u64 size, bool out);

#endif /* _TNPU_BLIT_H_ */
