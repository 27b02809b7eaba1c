// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: what /proc/PID/fdinfo tells of an open file.
 *
 * The keys are those of Documentation/gpu/drm-usage-stats.rst. Memory regions are "local"
 * (device memory) and "memory" (system memory, for which that page reserves the name).
 */

#include <drm/drm_gem.h>

#include "tnpu_drv.h"
#include "tnpu_fdinfo.h"

/* In ticks of the device's clock. */
static u64 tnpu_fdinfo_busy(struct tnpu_file *file)
{
	u64 busy = atomic64_read(&file->busy);
	struct tnpu_queue *queue;
	unsigned long id;

	xa_lock(&file->queues);
	xa_for_each(&file->queues, id, queue)
		busy += tnpu_queue_busy(queue);
	xa_unlock(&file->queues);

	return busy;
}

static void tnpu_fdinfo_add(struct drm_memory_stats *stats, struct drm_memory_stats *system,
			    struct drm_gem_object *obj)
{
	if (drm_gem_object_is_shared_for_memory_stats(obj))
		stats->shared += obj->size;
	else
		stats->private += obj->size;
	/* What was moved out of device memory counts for that in all else. */
	if (READ_ONCE(to_tnpu_bo(obj)->evicted))
		system->resident += obj->size;
	else
		stats->resident += obj->size;
	if (!dma_resv_test_signaled(obj->resv, DMA_RESV_USAGE_BOOKKEEP))
		stats->active += obj->size;
}

/**
 * tnpu_fdinfo_show - drm_driver.show_fdinfo
 * @p: where to print
 * @file: the open file
 */
void tnpu_fdinfo_show(struct drm_printer *p, struct drm_file *file)
{
	/* Nothing can be purged: the keys say so. */
	const enum drm_gem_object_status flags = DRM_GEM_OBJECT_RESIDENT |
						 DRM_GEM_OBJECT_PURGEABLE | DRM_GEM_OBJECT_ACTIVE;
	struct drm_memory_stats local = {}, system = {};
	struct tnpu_file *priv = file->driver_priv;
	struct drm_gem_object *obj;
	u64 busy = tnpu_fdinfo_busy(priv);
	int id;

	drm_printf(p, "drm-engine-npu:\t%llu ns\n",
		   tnpu_hw_ticks_in(priv->tdev, busy, NSEC_PER_SEC));
	drm_printf(p, "drm-cycles-npu:\t%llu\n", busy);
	drm_printf(p, "drm-maxfreq-npu:\t%llu Hz\n", priv->tdev->hw.timestamp_hz);
	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, obj, id)
		tnpu_fdinfo_add(to_tnpu_bo(obj)->flags & DRM_TNPU_BO_LOCAL ? &local : &system,
				&system, obj);
	spin_unlock(&file->table_lock);
	drm_print_memory_stats(p, &local, flags, "local");
	drm_print_memory_stats(p, &system, flags, "memory");
}
