// SPDX-License-Identifier: MIT
/*
 * Buffer objects and their CPU mappings, which are pointers into the regions.
 */
#include <errno.h>
#include <stdlib.h>

#include "inproc.h"

#define INPROC_BO_FLAGS		(DRM_TNPU_BO_LOCAL | DRM_TNPU_BO_NO_MMAP)
#define INPROC_BO_SYSTEM_MAX	(1ull << 40)

void inproc_bo_put(struct inproc_bo *bo)
{
	if (--bo->refs)
		return;
	TAILQ_REMOVE(&bo->dev->bos, bo, link);
	inproc_region_free(bo->region, bo->offset);
	free(bo);
}

static int inproc_bo_check(struct inproc_file *file, const struct drm_tnpu_bo_create *args)
{
	uint64_t max = args->flags & DRM_TNPU_BO_LOCAL ? file->dev->local.size :
							 INPROC_BO_SYSTEM_MAX;

	if (!args->size || args->flags & ~INPROC_BO_FLAGS || args->pad)
		return -EINVAL;
	if (args->size > max)
		return -E2BIG;
	if (args->vm_id && !inproc_table_get(&file->vms, args->vm_id))
		return -ENOENT;
	return 0;
}

static int inproc_bo_alloc(struct inproc_device *dev, const struct drm_tnpu_bo_create *args,
			   struct inproc_bo **object)
{
	struct inproc_bo *bo = calloc(1, sizeof(*bo));
	int ret;

	if (!bo)
		return -ENOMEM;
	bo->refs = 1;
	bo->dev = dev;
	bo->region = args->flags & DRM_TNPU_BO_LOCAL ? &dev->local : &dev->system;
	bo->size = args->size;
	bo->flags = args->flags;
	ret = inproc_region_alloc(bo->region, bo->size, &bo->offset);
	if (ret) {
		ret = bo->region == &dev->system ? -ENOMEM : ret;
		free(bo);
		return ret;
	}
	bo->mmap_offset = dev->next_offset;
	dev->next_offset += bo->size;
	TAILQ_INSERT_TAIL(&dev->bos, bo, link);
	*object = bo;
	return 0;
}

int inproc_bo_create(struct inproc_file *file, void *data)
{
	struct drm_tnpu_bo_create *args = data;
	struct inproc_vm *vm;
	struct inproc_bo *bo;
	int ret = inproc_bo_check(file, args);

	if (ret)
		return ret;
	args->size = (args->size + INPROC_PAGE_SIZE - 1) & ~(INPROC_PAGE_SIZE - 1);
	ret = inproc_bo_alloc(file->dev, args, &bo);
	if (ret)
		return ret;
	vm = inproc_table_get(&file->vms, args->vm_id);
	if (vm)
		bo->vm_serial = vm->serial;
	ret = inproc_table_add(&file->bos, bo, &args->handle);
	if (ret)
		inproc_bo_put(bo);
	return ret;
}

int inproc_bo_mmap_offset(struct inproc_file *file, void *data)
{
	struct drm_tnpu_bo_mmap_offset *args = data;
	struct inproc_bo *bo;

	if (args->pad)
		return -EINVAL;
	bo = inproc_table_get(&file->bos, args->handle);
	if (!bo)
		return -ENOENT;
	if (bo->flags & DRM_TNPU_BO_NO_MMAP)
		return -EACCES;
	args->offset = bo->mmap_offset;
	return 0;
}

static bool inproc_bo_in_vm(const struct inproc_bo *bo, const struct inproc_vm *vm)
{
	return inproc_vm_has_bo(vm, bo) || inproc_bind_has_bo(vm, bo);
}

/*
 * The newest fence of each queue and of the binds of each VM where the BO is mapped, or about to
 * be; both end in order.
 */
static unsigned int inproc_bo_fences(struct inproc_bo *bo, struct inproc_fence **fences)
{
	struct inproc_device *dev = bo->dev;
	struct inproc_queue *queue;
	struct inproc_job *job;
	unsigned int i, count = 0;

	for (i = 0; i < INPROC_QUEUES; i++) {
		queue = dev->queues[i];
		if (!queue || !inproc_bo_in_vm(bo, queue->vm))
			continue;
		job = TAILQ_LAST(&queue->waiting, inproc_jobs);
		if (!job)
			job = TAILQ_LAST(&queue->running, inproc_jobs);
		if (job)
			fences[count++] = inproc_fence_get(job->fence);
	}
	for (i = 0; i < INPROC_CONTEXTS; i++)
		if (dev->contexts[i] && !TAILQ_EMPTY(&dev->contexts[i]->binds) &&
		    inproc_bo_in_vm(bo, dev->contexts[i]))
			fences[count++] = inproc_fence_get(inproc_bind_last(dev->contexts[i]));
	return count;
}

int inproc_bo_wait(struct inproc_file *file, void *data)
{
	struct inproc_fence *fences[INPROC_QUEUES + INPROC_CONTEXTS];
	struct drm_tnpu_bo_wait *args = data;
	struct inproc_bo *bo;
	unsigned int i, count;
	int ret = 0;

	if (args->pad || args->timeout_ns < 0)
		return -EINVAL;
	bo = inproc_table_get(&file->bos, args->handle);
	if (!bo)
		return -ENOENT;
	count = inproc_bo_fences(bo, fences);
	for (i = 0; i < count; i++) {
		while (!ret && !inproc_fence_done(fences[i]))
			ret = inproc_device_wait(file->dev, args->timeout_ns);
		inproc_fence_put(fences[i]);
	}
	return ret;
}

int inproc_gem_close(struct inproc_file *file, void *data)
{
	struct drm_gem_close *args = data;
	struct inproc_bo *bo = inproc_table_remove(&file->bos, args->handle);

	if (!bo)
		return -EINVAL;
	inproc_bo_put(bo);
	return 0;
}

static bool inproc_gem_is_allowed(struct inproc_file *file, struct inproc_bo *bo)
{
	uint32_t i;

	for (i = 0; i < file->bos.size; i++)
		if (file->bos.slots[i] == bo)
			return true;
	return false;
}

/** inproc_mmap() - see tnpu_transport_mmap() */
int inproc_mmap(struct inproc_file *file, uint64_t offset, size_t size, void **ptr)
{
	struct inproc_mapping *mapping;
	struct inproc_bo *bo;

	TAILQ_FOREACH(bo, &file->dev->bos, link)
		if (bo->mmap_offset == offset)
			break;
	if (!bo || !size || size > bo->size)
		return -EINVAL;
	if (!inproc_gem_is_allowed(file, bo))
		return -EACCES;
	mapping = calloc(1, sizeof(*mapping));
	if (!mapping)
		return -ENOMEM;
	mapping->bo = bo;
	mapping->size = size;
	bo->refs++;
	TAILQ_INSERT_TAIL(&file->mappings, mapping, link);
	*ptr = bo->region->base + bo->offset;
	return 0;
}

static void inproc_mapping_free(struct inproc_file *file, struct inproc_mapping *mapping)
{
	TAILQ_REMOVE(&file->mappings, mapping, link);
	inproc_bo_put(mapping->bo);
	free(mapping);
}

/** inproc_munmap() - see tnpu_transport_munmap() */
int inproc_munmap(struct inproc_file *file, void *ptr, size_t size)
{
	struct inproc_mapping *mapping;

	TAILQ_FOREACH(mapping, &file->mappings, link) {
		if (mapping->bo->region->base + mapping->bo->offset != ptr || mapping->size != size)
			continue;
		inproc_mapping_free(file, mapping);
		return 0;
	}
	return -EINVAL;
}

/** inproc_gem_release() - What a client that closes leaves behind */
void inproc_gem_release(struct inproc_file *file)
{
	struct inproc_mapping *mapping;
	uint32_t i;

	while ((mapping = TAILQ_FIRST(&file->mappings)))
		inproc_mapping_free(file, mapping);
	for (i = 0; i < file->bos.size; i++)
		if (file->bos.slots[i])
			inproc_bo_put(file->bos.slots[i]);
	free(file->bos.slots);
}
