/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: the allocator of device memory.
 */
#ifndef _TNPU_VRAM_H_
#define _TNPU_VRAM_H_

#include <linux/mutex.h>

#include <drm/ttm/ttm_resource.h>

#include "tnpu_compat.h"

struct tnpu_device;

/**
 * struct tnpu_vram - device memory
 */
struct tnpu_vram {
	/** @man: what TTM asks for memory */
	struct ttm_resource_manager man;
	/** @lock: protects @mm; innermost but for spinlocks */
	struct mutex lock;
	/** @mm: the allocator */
	struct gpu_buddy mm;
	/** @room: bytes that BOs may have in all; constant once the driver has its own */
	u64 room;
};

/**
 * struct tnpu_vram_res - the device memory of a BO
 * @base: base
 * @blocks: in order, constant
 */
struct tnpu_vram_res {
	struct ttm_resource base;
	struct list_head blocks;
};

static inline struct tnpu_vram_res *to_tnpu_vram_res(struct ttm_resource *res)
{
	return container_of(res, struct tnpu_vram_res, base);
}

int tnpu_vram_alloc(struct tnpu_device *tdev, u64 size, struct list_head *blocks);
void tnpu_vram_free(struct tnpu_device *tdev, struct list_head *blocks);
u64 tnpu_vram_used(struct tnpu_device *tdev);
int tnpu_vram_init(struct tnpu_device *tdev);
void tnpu_vram_init_man(struct tnpu_device *tdev, struct ttm_device *ttm);

#endif /* _TNPU_VRAM_H_ */
