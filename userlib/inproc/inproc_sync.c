// SPDX-License-Identifier: MIT
/*
 * What a job or a VM_BIND waits for, and what it signals.
 */
#include <errno.h>
#include <stdlib.h>

#include "inproc.h"

#define INPROC_SYNC_FLAGS	(DRM_TNPU_SYNC_SIGNAL | DRM_TNPU_SYNC_TIMELINE)

static int inproc_sync_check(const struct drm_tnpu_sync *sync)
{
	bool timeline = sync->flags & DRM_TNPU_SYNC_TIMELINE;

	if (sync->flags & ~INPROC_SYNC_FLAGS || timeline != !!sync->timeline_value)
		return -EINVAL;
	return 0;
}

static bool inproc_syncs_signals(const struct inproc_syncs *syncs,
				 const struct inproc_syncobj *syncobj, uint64_t point)
{
	uint32_t i;

	for (i = 0; i < syncs->num_signals; i++)
		if (syncs->signals[i].syncobj == syncobj && syncs->signals[i].point >= point)
			return true;
	return false;
}

/*
 * Jobs of one submit run in order: what an earlier one of them signals needs no waiting
 * for, and the syncobj has not got that fence yet.
 */
static int inproc_sync_wait(struct inproc_syncs *syncs, struct inproc_syncobj *syncobj,
			    uint64_t point, struct inproc_jobs *earlier)
{
	struct inproc_fence *fence;
	struct inproc_job *e;
	int ret;

	for (e = earlier ? TAILQ_FIRST(earlier) : NULL; e; e = TAILQ_NEXT(e, link))
		if (inproc_syncs_signals(&e->syncs, syncobj, point))
			return 0;
	ret = inproc_syncobj_find(syncobj, point, &fence);
	if (!ret && fence)
		syncs->deps[syncs->num_deps++] = fence;
	return ret;
}

static int inproc_sync_signal(struct inproc_syncs *syncs, struct inproc_syncobj *syncobj,
			      const struct drm_tnpu_sync *sync)
{
	struct inproc_signal *signal = &syncs->signals[syncs->num_signals];

	if (sync->flags & DRM_TNPU_SYNC_TIMELINE) {
		signal->link = inproc_fence_create(false);
		if (!signal->link)
			return -ENOMEM;
	}
	syncobj->refs++;
	signal->syncobj = syncobj;
	signal->point = sync->timeline_value;
	syncs->num_signals++;
	return 0;
}

static int inproc_sync_add(struct inproc_file *file, struct inproc_syncs *syncs,
			   const struct drm_tnpu_sync *sync, struct inproc_jobs *earlier)
{
	struct inproc_syncobj *syncobj;

	if (inproc_sync_check(sync))
		return -EINVAL;
	syncobj = inproc_table_get(&file->syncobjs, sync->handle);
	if (!syncobj)
		return -ENOENT;
	if (sync->flags & DRM_TNPU_SYNC_SIGNAL)
		return inproc_sync_signal(syncs, syncobj, sync);
	return inproc_sync_wait(syncs, syncobj, sync->timeline_value, earlier);
}

/**
 * inproc_syncs_read() - Read an array of struct drm_tnpu_sync
 * @earlier: jobs of the same submit that come before, or NULL
 *
 * Return: 0 or a negative errno; either way inproc_syncs_free() has to follow.
 */
int inproc_syncs_read(struct inproc_file *file, struct inproc_syncs *syncs,
		      const struct drm_tnpu_obj_array *array, struct inproc_jobs *earlier)
{
	const struct drm_tnpu_sync *sync;
	void *objects;
	uint32_t i;
	int ret;

	ret = inproc_user_array(array, sizeof(*sync), INPROC_MAX_SYNCS, &objects);
	if (ret || !objects)
		return ret;
	syncs->deps = calloc(array->count, sizeof(*syncs->deps));
	syncs->signals = calloc(array->count, sizeof(*syncs->signals));
	if (!syncs->deps || !syncs->signals)
		ret = -ENOMEM;
	sync = objects;
	for (i = 0; i < array->count && !ret; i++)
		ret = inproc_sync_add(file, syncs, &sync[i], earlier);
	free(objects);
	return ret;
}

/** inproc_syncs_ready() - Whether all that is to be waited for has signalled */
bool inproc_syncs_ready(const struct inproc_syncs *syncs)
{
	uint32_t i;

	for (i = 0; i < syncs->num_deps; i++)
		if (!inproc_fence_done(syncs->deps[i]))
			return false;
	return true;
}

/** inproc_syncs_signal() - Put @fence into what it is to signal; cannot fail */
void inproc_syncs_signal(struct inproc_syncs *syncs, struct inproc_fence *fence)
{
	struct inproc_signal *signal;
	uint32_t i;

	for (i = 0; i < syncs->num_signals; i++) {
		signal = &syncs->signals[i];
		if (signal->link)
			inproc_syncobj_add_point(signal->syncobj, signal->link, fence,
						 signal->point);
		else
			inproc_syncobj_replace(signal->syncobj, fence);
		signal->link = NULL;
	}
}

void inproc_syncs_free(struct inproc_syncs *syncs)
{
	uint32_t i;

	for (i = 0; i < syncs->num_deps; i++)
		inproc_fence_put(syncs->deps[i]);
	for (i = 0; i < syncs->num_signals; i++) {
		inproc_syncobj_put(syncs->signals[i].syncobj);
		inproc_fence_put(syncs->signals[i].link);
	}
	free(syncs->signals);
	free(syncs->deps);
}
