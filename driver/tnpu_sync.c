// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: the syncobjs of a job or a VM_BIND.
 */
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>

#include <drm/drm_syncobj.h>

#include "tnpu_drv.h"
#include "tnpu_job.h"
#include "tnpu_sync.h"

static int tnpu_sync_check(const struct drm_tnpu_sync *sync)
{
	if (sync->flags & ~(DRM_TNPU_SYNC_SIGNAL | DRM_TNPU_SYNC_TIMELINE))
		return -EINVAL;
	if (!(sync->flags & DRM_TNPU_SYNC_TIMELINE) != !sync->timeline_value)
		return -EINVAL;

	return 0;
}

/*
 * Jobs of one ioctl run in order. A wait for what an earlier one of them signals is fulfilled
 * by that, and the syncobj does not have that fence yet.
 */
static bool tnpu_sync_is_ordered(const struct tnpu_syncs *earlier,
				 const struct drm_syncobj *syncobj, u64 point)
{
	u32 i;

	for (i = 0; i < earlier->num_signals; i++) {
		const struct tnpu_sync_signal *signal = &earlier->signals[i];

		if (signal->syncobj == syncobj && (!point || signal->point >= point))
			return true;
	}

	return false;
}

static int tnpu_sync_add_wait(struct tnpu_syncs *syncs, struct drm_syncobj *syncobj, u64 point,
			      struct tnpu_job **earlier, u32 count)
{
	struct dma_fence *fence;
	int ret;

	while (count--) {
		if (tnpu_sync_is_ordered(&earlier[count]->syncs, syncobj, point))
			return 0;
	}
	fence = drm_syncobj_fence_get(syncobj);
	if (!fence)
		return -EINVAL;
	ret = dma_fence_chain_find_seqno(&fence, point);
	if (ret) {
		dma_fence_put(fence);
		return ret;
	}
	/* A point that has signalled long since has none. */
	if (fence)
		syncs->waits[syncs->num_waits++] = fence;

	return 0;
}

static int tnpu_sync_add_signal(struct tnpu_syncs *syncs, struct drm_syncobj *syncobj, u64 point)
{
	struct tnpu_sync_signal *signal = &syncs->signals[syncs->num_signals];

	if (point) {
		signal->chain = dma_fence_chain_alloc();
		if (!signal->chain)
			return -ENOMEM;
	}
	drm_syncobj_get(syncobj);
	signal->syncobj = syncobj;
	signal->point = point;
	syncs->num_signals++;

	return 0;
}

static int tnpu_sync_add_one(struct tnpu_syncs *syncs, struct drm_file *file,
			     const struct drm_tnpu_sync *sync, struct tnpu_job **earlier,
			     u32 count)
{
	struct drm_syncobj *syncobj;
	int ret;

	ret = tnpu_sync_check(sync);
	if (ret)
		return ret;
	syncobj = drm_syncobj_find(file, sync->handle);
	if (!syncobj)
		return -ENOENT;
	if (sync->flags & DRM_TNPU_SYNC_SIGNAL)
		ret = tnpu_sync_add_signal(syncs, syncobj, sync->timeline_value);
	else
		ret = tnpu_sync_add_wait(syncs, syncobj, sync->timeline_value, earlier, count);
	drm_syncobj_put(syncobj);

	return ret;
}

static int tnpu_sync_alloc(struct tnpu_syncs *syncs, u32 count)
{
	syncs->waits = kcalloc(count, sizeof(*syncs->waits), GFP_KERNEL_ACCOUNT);
	syncs->signals = kcalloc(count, sizeof(*syncs->signals), GFP_KERNEL_ACCOUNT);

	return syncs->waits && syncs->signals ? 0 : -ENOMEM;
}

/**
 * tnpu_sync_add - read an array of syncobjs
 * @syncs: where they go, zero
 * @file: whose handles they are
 * @array: of struct drm_tnpu_sync
 * @earlier: jobs of the same ioctl that come before
 * @count: their number
 *
 * Return: 0; -EINVAL malformed, or a wait for what nobody has submitted; -E2BIG; -ENOENT;
 * -ENOMEM; -EFAULT. In any case tnpu_sync_free() has to follow.
 */
int tnpu_sync_add(struct tnpu_syncs *syncs, struct drm_file *file,
		  const struct drm_tnpu_obj_array *array, struct tnpu_job **earlier,
		  u32 count)
{
	struct drm_tnpu_sync sync;
	u32 i;
	int ret;

	ret = tnpu_array_check(array, sizeof(sync), TNPU_MAX_SYNCS);
	if (ret || !array->count)
		return ret;
	ret = tnpu_sync_alloc(syncs, array->count);
	for (i = 0; !ret && i < array->count; i++) {
		ret = tnpu_array_get(array, i, &sync, sizeof(sync));
		if (!ret)
			ret = tnpu_sync_add_one(syncs, file, &sync, earlier, count);
	}

	return ret;
}

/**
 * tnpu_sync_signal - put a fence into the syncobjs that are to be signalled
 * @syncs: the syncobjs
 * @fence: the fence
 *
 * Cannot fail.
 */
void tnpu_sync_signal(struct tnpu_syncs *syncs, struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < syncs->num_signals; i++) {
		struct tnpu_sync_signal *signal = &syncs->signals[i];

		if (signal->chain)
			drm_syncobj_add_point(signal->syncobj, no_free_ptr(signal->chain),
					      fence, signal->point);
		else
			drm_syncobj_replace_fence(signal->syncobj, fence);
	}
}

/**
 * tnpu_sync_free - the end of tnpu_sync_add()
 * @syncs: the syncobjs
 */
void tnpu_sync_free(struct tnpu_syncs *syncs)
{
	u32 i;

	for (i = 0; i < syncs->num_waits; i++)
		dma_fence_put(syncs->waits[i]);
	for (i = 0; i < syncs->num_signals; i++) {
		dma_fence_chain_free(syncs->signals[i].chain);
		drm_syncobj_put(syncs->signals[i].syncobj);
	}
	kfree(syncs->waits);
	kfree(syncs->signals);
}
