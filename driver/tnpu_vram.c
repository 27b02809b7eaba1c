// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: the allocator of device memory.
 *
 * A buddy allocator, behind the face that TTM knows. In pieces as large as can be had: what is free
 * can always be used, so whether a BO has room is a matter of numbers.
 */
#include <linux/slab.h>

#include <drm/drm_managed.h>
#include <drm/ttm/ttm_device.h>
#include <drm/ttm/ttm_placement.h>

#include "tnpu_drv.h"

/**
 * tnpu_vram_alloc - take device memory
 * @tdev: the device
 * @size: bytes, whole pages
 * @blocks: where its pieces go, an empty list
 *
 * Return: 0; -ENOSPC there is not as much; -ENOMEM.
 */
int tnpu_vram_alloc(struct tnpu_device *tdev, u64 size, struct list_head *blocks)
{
	struct gpu_buddy *mm = &tdev->vram.mm;
	int ret;

	/* All of it is too much: the last page is nobody's. */
	if (size > mm->size)
		return -ENOSPC;
	guard(mutex)(&tdev->vram.lock);
	/* In one piece it costs one translation; in several it still works. */
	ret = gpu_buddy_alloc_blocks(mm, 0, mm->size, size, PAGE_SIZE, blocks,
				     GPU_BUDDY_CONTIGUOUS_ALLOCATION);
	if (ret)
		ret = gpu_buddy_alloc_blocks(mm, 0, mm->size, size, PAGE_SIZE, blocks, 0);

	return ret;
}

/**
 * tnpu_vram_free - the end of tnpu_vram_alloc()
 * @tdev: the device
 * @blocks: from there; empty then
 */
void tnpu_vram_free(struct tnpu_device *tdev, struct list_head *blocks)
{
	guard(mutex)(&tdev->vram.lock);
	gpu_buddy_free_list(&tdev->vram.mm, blocks, 0);
}

/**
 * tnpu_vram_used - tell how much device memory is taken
 * @tdev: the device
 *
 * Return: bytes.
 */
u64 tnpu_vram_used(struct tnpu_device *tdev)
{
	guard(mutex)(&tdev->vram.lock);

	return tdev->vram.mm.size - tdev->vram.mm.avail;
}

/* ---- What TTM asks for ----------------------------------------------------------- */

static struct tnpu_device *tnpu_vram_device(struct ttm_resource_manager *man)
{
	return container_of(man, struct tnpu_device, vram.man);
}

static int tnpu_vram_man_alloc(struct ttm_resource_manager *man, struct ttm_buffer_object *bo,
			       const struct ttm_place *place, struct ttm_resource **out)
{
	struct tnpu_device *tdev = tnpu_vram_device(man);
	struct tnpu_vram_res *res = kzalloc(sizeof(*res), GFP_KERNEL);
	int ret;

	if (!res)
		return -ENOMEM;
	INIT_LIST_HEAD(&res->blocks);
	ttm_resource_init(bo, place, &res->base);
	ret = tnpu_vram_alloc(tdev, res->base.size, &res->blocks);
	tnpu_evict_note(tdev, ret);
	if (ret) {
		ttm_resource_fini(man, &res->base);
		kfree(res);
		return ret;
	}
	*out = &res->base;

	return 0;
}

static void tnpu_vram_man_free(struct ttm_resource_manager *man, struct ttm_resource *base)
{
	struct tnpu_vram_res *res = to_tnpu_vram_res(base);

	tnpu_vram_free(tnpu_vram_device(man), &res->blocks);
	ttm_resource_fini(man, base);
	kfree(res);
}

static const struct ttm_resource_manager_func tnpu_vram_man_funcs = {
	.alloc = tnpu_vram_man_alloc,
	.free = tnpu_vram_man_free,
};

/* ---- The device ------------------------------------------------------------------ */

static void tnpu_vram_fini(struct drm_device *drm, void *arg)
{
	gpu_buddy_fini(arg);
}

/**
 * tnpu_vram_init - start with all device memory free
 * @tdev: the device, its memory's size known
 *
 * The allocator lives as long as the DRM device, for BOs do too.
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_vram_init(struct tnpu_device *tdev)
{
	struct tnpu_vram *vram = &tdev->vram;
	int ret;

	ret = drmm_mutex_init(&tdev->drm, &vram->lock);
	if (ret)
		return ret;
	vram->room = tdev->hw.mem_size - TNPU_HW_MARK_BYTES;
	ret = gpu_buddy_init(&vram->mm, vram->room, PAGE_SIZE);
	if (ret)
		return ret;

	return drmm_add_action_or_reset(&tdev->drm, tnpu_vram_fini, &vram->mm);
}

/**
 * tnpu_vram_init_man - make device memory known to TTM
 * @tdev: the device
 * @ttm: its TTM device
 */
void tnpu_vram_init_man(struct tnpu_device *tdev, struct ttm_device *ttm)
{
	struct ttm_resource_manager *man = &tdev->vram.man;

	ttm_resource_manager_init(man, ttm, tdev->vram.room);
	man->func = &tnpu_vram_man_funcs;
	ttm_set_driver_manager(ttm, TTM_PL_VRAM, man);
	ttm_resource_manager_set_used(man, true);
}
