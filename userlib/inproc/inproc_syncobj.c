// SPDX-License-Identifier: MIT
/*
 * Syncobjs, binary and timeline, with the semantics and errors of the DRM core.
 */
#include <errno.h>
#include <stdlib.h>

#include "inproc.h"

/* Of kernels newer than some libdrm. A hint to the driver of the fence; nothing here. */
#ifndef DRM_SYNCOBJ_WAIT_FLAGS_WAIT_DEADLINE
#define DRM_SYNCOBJ_WAIT_FLAGS_WAIT_DEADLINE	(1 << 3)
#endif

#define INPROC_SYNCOBJS_MAX	(1u << 19)	/* the kernel's largest array */
#define INPROC_BINARY_WAIT_FLAGS			\
	(DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL |		\
	 DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT |	\
	 DRM_SYNCOBJ_WAIT_FLAGS_WAIT_DEADLINE)
#define INPROC_TIMELINE_WAIT_FLAGS	\
	(INPROC_BINARY_WAIT_FLAGS | DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE)

/** inproc_syncobj_get() - A reference to the syncobj behind @handle, or NULL */
struct inproc_syncobj *inproc_syncobj_get(struct inproc_file *file, uint32_t handle)
{
	struct inproc_syncobj *syncobj = inproc_table_get(&file->syncobjs, handle);

	if (syncobj)
		syncobj->refs++;
	return syncobj;
}

void inproc_syncobj_put(struct inproc_syncobj *syncobj)
{
	if (!syncobj || --syncobj->refs)
		return;
	inproc_fence_put(syncobj->fence);
	free(syncobj);
}

/**
 * inproc_syncobj_find() - The fence of a point
 * @point: 0: all that the syncobj holds
 * @fence: a reference; NULL where the point has signalled and its link is gone
 *
 * Return: 0, -EINVAL no fence, or the point has not been submitted.
 */
int inproc_syncobj_find(struct inproc_syncobj *syncobj, uint64_t point,
			struct inproc_fence **fence)
{
	struct inproc_fence *f = syncobj->fence;

	if (!f || (point && (!f->base || f->point < point)))
		return -EINVAL;
	inproc_fence_done(f);
	while (point && f && f->prev_point >= point)
		f = f->prev;
	*fence = f ? inproc_fence_get(f) : NULL;
	return 0;
}

/** inproc_syncobj_replace() - Make it hold @fence alone, or nothing where that is NULL */
void inproc_syncobj_replace(struct inproc_syncobj *syncobj, struct inproc_fence *fence)
{
	struct inproc_fence *old = syncobj->fence;

	syncobj->fence = fence ? inproc_fence_get(fence) : NULL;
	inproc_fence_put(old);
}

/**
 * inproc_syncobj_add_point() - Append a point to a timeline
 * @link: fresh, taken over
 * @fence: of the point
 * @point: one that is not above the newest one starts a new order, as in the DRM core
 */
void inproc_syncobj_add_point(struct inproc_syncobj *syncobj, struct inproc_fence *link,
			      struct inproc_fence *fence, uint64_t point)
{
	struct inproc_fence *prev = syncobj->fence;

	link->base = inproc_fence_get(fence);
	link->prev = prev;
	link->point = point;
	if (prev && prev->base && prev->point < point)
		link->prev_point = prev->point;
	else if (prev && prev->point > point)
		link->point = prev->point;
	syncobj->fence = link;
}

int inproc_syncobj_create(struct inproc_file *file, void *data)
{
	struct drm_syncobj_create *args = data;
	struct inproc_syncobj *syncobj;
	int ret;

	if (args->flags & ~DRM_SYNCOBJ_CREATE_SIGNALED)
		return -EINVAL;
	syncobj = calloc(1, sizeof(*syncobj));
	if (!syncobj)
		return -ENOMEM;
	syncobj->refs = 1;
	ret = inproc_table_add(&file->syncobjs, syncobj, &args->handle);
	if (!ret && args->flags) {
		syncobj->fence = inproc_fence_create(true);
		ret = syncobj->fence ? 0 : -ENOMEM;
		if (ret)
			inproc_table_remove(&file->syncobjs, args->handle);
	}
	if (ret)
		inproc_syncobj_put(syncobj);
	return ret;
}

int inproc_syncobj_destroy(struct inproc_file *file, void *data)
{
	struct drm_syncobj_destroy *args = data;
	struct inproc_syncobj *syncobj;

	if (args->pad)
		return -EINVAL;
	syncobj = inproc_table_remove(&file->syncobjs, args->handle);
	if (!syncobj)
		return -EINVAL;
	inproc_syncobj_put(syncobj);
	return 0;
}

/** struct inproc_point - one of the syncobjs of an ioctl */
struct inproc_point {
	struct inproc_syncobj *syncobj;
	struct inproc_fence *fence;	/* waits: what is waited for; signals: the new link */
	uint64_t point;
	bool found;			/* waits: @fence is known; NULL: signalled long ago */
};

static void inproc_points_put(struct inproc_point *points, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		inproc_syncobj_put(points[i].syncobj);
		inproc_fence_put(points[i].fence);
	}
	free(points);
}

static int inproc_point_read(struct inproc_file *file, struct inproc_point *p, uint64_t handle,
			     uint64_t point)
{
	uint32_t id;

	if (inproc_user_read(&id, handle, sizeof(id)))
		return -EFAULT;
	if (point && inproc_user_read(&p->point, point, sizeof(p->point)))
		return -EFAULT;
	p->syncobj = inproc_syncobj_get(file, id);
	return p->syncobj ? 0 : -ENOENT;
}

static int inproc_points_get(struct inproc_file *file, uint64_t handles, uint64_t values,
			     uint32_t count, struct inproc_point **out)
{
	struct inproc_point *points;
	uint32_t i;
	int ret = 0;

	if (count > INPROC_SYNCOBJS_MAX)
		return -ENOMEM;
	points = calloc(count, sizeof(*points));
	if (!points)
		return -ENOMEM;
	for (i = 0; i < count && !ret; i++)
		ret = inproc_point_read(file, &points[i], handles + i * sizeof(uint32_t),
					values ? values + i * sizeof(uint64_t) : 0);
	if (ret)
		inproc_points_put(points, count);
	else
		*out = points;
	return ret;
}

static bool inproc_point_done(struct inproc_point *p, uint32_t flags)
{
	if (!p->found && !inproc_syncobj_find(p->syncobj, p->point, &p->fence))
		p->found = true;
	if (!p->found)
		return false;
	return flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE || !p->fence ||
	       inproc_fence_done(p->fence);
}

/* Whether the wait is over; *@first is the first one that is. */
static bool inproc_points_done(struct inproc_point *points, uint32_t count, uint32_t flags,
			       uint32_t *first)
{
	uint32_t i, done = 0;

	for (i = 0; i < count; i++) {
		if (!inproc_point_done(&points[i], flags))
			continue;
		if (!done)
			*first = i;
		done++;
	}
	return flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL ? done == count : done > 0;
}

/* Without one of these flags, a syncobj that holds no fence is an error. */
static int inproc_points_check(struct inproc_point *points, uint32_t count, uint32_t flags)
{
	uint32_t i, first;

	inproc_points_done(points, count, flags, &first);
	if (flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT ||
	    flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE)
		return 0;
	for (i = 0; i < count; i++)
		if (!points[i].found)
			return -EINVAL;
	return 0;
}

static int inproc_points_wait(struct inproc_file *file, struct inproc_point *points,
			      const struct drm_syncobj_timeline_wait *args, uint32_t *first)
{
	int ret = inproc_points_check(points, args->count_handles, args->flags);

	while (!ret && !inproc_points_done(points, args->count_handles, args->flags, first))
		ret = inproc_device_wait(file->dev, args->timeout_nsec);
	return ret;
}

static int inproc_syncobj_wait_any(struct inproc_file *file,
				   const struct drm_syncobj_timeline_wait *args, uint32_t *first)
{
	struct inproc_point *points;
	int ret;

	if (!args->count_handles)
		return 0;
	ret = inproc_points_get(file, args->handles, args->points, args->count_handles, &points);
	if (ret)
		return ret;
	ret = inproc_points_wait(file, points, args, first);
	inproc_points_put(points, args->count_handles);
	return ret;
}

int inproc_syncobj_wait(struct inproc_file *file, void *data)
{
	struct drm_syncobj_wait *args = data;
	struct drm_syncobj_timeline_wait wait = {
		.handles = args->handles,
		.timeout_nsec = args->timeout_nsec,
		.count_handles = args->count_handles,
		.flags = args->flags,
	};

	if (args->flags & ~INPROC_BINARY_WAIT_FLAGS)
		return -EINVAL;
	return inproc_syncobj_wait_any(file, &wait, &args->first_signaled);
}

int inproc_syncobj_timeline_wait(struct inproc_file *file, void *data)
{
	struct drm_syncobj_timeline_wait *args = data;

	if (args->flags & ~INPROC_TIMELINE_WAIT_FLAGS)
		return -EINVAL;
	return inproc_syncobj_wait_any(file, args, &args->first_signaled);
}

/* Jobs may have waited for what a syncobj was just given. */
static void inproc_syncobj_changed(struct inproc_device *dev)
{
	pthread_cond_broadcast(&dev->changed);
}

static int inproc_syncobj_replace_all(struct inproc_file *file,
				      const struct drm_syncobj_array *args,
				      struct inproc_fence *fence)
{
	struct inproc_point *points;
	uint32_t i;
	int ret;

	if (args->pad || !args->count_handles)
		return -EINVAL;
	ret = inproc_points_get(file, args->handles, 0, args->count_handles, &points);
	if (ret)
		return ret;
	for (i = 0; i < args->count_handles; i++)
		inproc_syncobj_replace(points[i].syncobj, fence);
	inproc_points_put(points, args->count_handles);
	inproc_syncobj_changed(file->dev);
	return 0;
}

int inproc_syncobj_reset(struct inproc_file *file, void *data)
{
	return inproc_syncobj_replace_all(file, data, NULL);
}

int inproc_syncobj_signal(struct inproc_file *file, void *data)
{
	struct inproc_fence *fence = inproc_fence_create(true);
	int ret;

	if (!fence)
		return -ENOMEM;
	ret = inproc_syncobj_replace_all(file, data, fence);
	inproc_fence_put(fence);
	return ret;
}

/* A link for each point, beforehand: it is all or nothing. */
static int inproc_points_links(struct inproc_point *points, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		points[i].fence = inproc_fence_create(false);
		if (!points[i].fence)
			return -ENOMEM;
	}
	return 0;
}

static int inproc_points_signal(struct inproc_point *points, uint32_t count)
{
	struct inproc_fence *fence = inproc_fence_create(true);
	uint32_t i;

	if (!fence)
		return -ENOMEM;
	if (inproc_points_links(points, count)) {
		inproc_fence_put(fence);
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		inproc_syncobj_add_point(points[i].syncobj, points[i].fence, fence,
					 points[i].point);
		points[i].fence = NULL;
	}
	inproc_fence_put(fence);
	return 0;
}

int inproc_syncobj_timeline_signal(struct inproc_file *file, void *data)
{
	struct drm_syncobj_timeline_array *args = data;
	struct inproc_point *points;
	int ret;

	if (args->flags || !args->count_handles)
		return -EINVAL;
	ret = inproc_points_get(file, args->handles, args->points, args->count_handles, &points);
	if (ret)
		return ret;
	ret = inproc_points_signal(points, args->count_handles);
	inproc_points_put(points, args->count_handles);
	inproc_syncobj_changed(file->dev);
	return ret;
}

/* The newest point whose link and all before it have signalled; 0 for a binary one. */
static uint64_t inproc_syncobj_point(struct inproc_syncobj *syncobj, uint32_t flags)
{
	struct inproc_fence *f = syncobj->fence;

	if (!f || !f->base)
		return 0;
	if (flags & DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED)
		return f->point;
	while (!inproc_fence_done(f) && f->prev_point && f->prev)
		f = f->prev;
	return inproc_fence_done(f) ? f->point : f->prev_point;
}

int inproc_syncobj_query(struct inproc_file *file, void *data)
{
	struct drm_syncobj_timeline_array *args = data;
	struct inproc_point *points;
	uint64_t value;
	uint32_t i;
	int ret;

	if (args->flags & ~DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED || !args->count_handles)
		return -EINVAL;
	ret = inproc_points_get(file, args->handles, 0, args->count_handles, &points);
	if (ret)
		return ret;
	for (i = 0; i < args->count_handles && !ret; i++) {
		value = inproc_syncobj_point(points[i].syncobj, args->flags);
		ret = inproc_user_write(args->points + i * sizeof(value), &value, sizeof(value));
	}
	inproc_points_put(points, args->count_handles);
	return ret;
}

/** inproc_syncobj_release() - What a client that closes leaves behind */
void inproc_syncobj_release(struct inproc_file *file)
{
	uint32_t i;

	for (i = 0; i < file->syncobjs.size; i++)
		inproc_syncobj_put(file->syncobjs.slots[i]);
	free(file->syncobjs.slots);
}
