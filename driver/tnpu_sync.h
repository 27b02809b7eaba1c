/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: the syncobjs of a job or a VM_BIND.
 */
#ifndef _TNPU_SYNC_H_
#define _TNPU_SYNC_H_

#include <linux/types.h>

struct dma_fence;
struct dma_fence_chain;
struct drm_file;
struct drm_syncobj;
struct drm_tnpu_obj_array;
struct tnpu_job;

/**
 * struct tnpu_sync_signal - a syncobj to be signalled
 * @syncobj: a reference
 * @chain: what carries the point of a timeline; NULL for a binary syncobj, and once used
 * @point: of the timeline, 0 for a binary syncobj
 */
struct tnpu_sync_signal {
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct tnpu_syncs - the syncobjs of a job or a VM_BIND
 * @waits: fences to wait for; references
 * @num_waits: their number
 * @signals: syncobjs to be signalled
 * @num_signals: their number
 */
struct tnpu_syncs {
	struct dma_fence **waits;
	u32 num_waits;
	struct tnpu_sync_signal *signals;
	u32 num_signals;
};

int tnpu_sync_add(struct tnpu_syncs *syncs, struct drm_file *file,
		  const struct drm_tnpu_obj_array *array, struct tnpu_job **earlier,
		  u32 count);
void tnpu_sync_signal(struct tnpu_syncs *syncs, struct dma_fence *fence);
void tnpu_sync_free(struct tnpu_syncs *syncs);

#endif /* _TNPU_SYNC_H_ */
