/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: buffer objects.
 */
#ifndef _TNPU_GEM_H_
#define _TNPU_GEM_H_

#include <linux/mutex.h>

#include <drm/ttm/ttm_bo.h>

#include "tnpu_compat.h"

struct tnpu_device;
struct tnpu_vm;

/**
 * struct tnpu_gem - all BOs
 */
struct tnpu_gem {
	/** @lock: protects @bos; inside reservations */
	struct mutex lock;
	/** @bos: all BOs, struct tnpu_bo.node: system memory is unmapped when the device goes */
	struct list_head bos;
	/** @sysmem: bytes of BOs that are in system memory by their nature */
	atomic64_t sysmem;
};

/**
 * struct tnpu_bo - a buffer object
 *
 * Its nature is given by DRM_TNPU_BO_LOCAL in @flags. All three bases begin with the same GEM
 * object.
 */
struct tnpu_bo {
	union {
		/** @base: base */
		struct drm_gem_object base;
		/** @shmem: in system memory: pages and their DMA mapping */
		struct drm_gem_shmem_object shmem;
		/** @ttm: in device memory: where it is */
		struct ttm_buffer_object ttm;
	};
	/** @flags: DRM_TNPU_BO_*, constant */
	u32 flags;
	/** @vm_root: the VM to which it can be bound, or NULL: any. A reference, constant */
	struct drm_gem_object *vm_root;
	/**
	 * @evicted: of device memory by nature, its contents are in system memory. Changes under
	 * tnpu_evict.lock and the reservation; either will do to rely on it
	 */
	bool evicted;
	/** @node: entry of tnpu_gem.bos */
	struct list_head node;
	/** @saved: a copy of device memory while that has no power, or NULL */
	void *saved;
	/** @dummy: what CPU mappings show when the device is gone; set once, by cmpxchg */
	struct page *dummy;
};

static inline struct tnpu_bo *to_tnpu_bo(struct drm_gem_object *obj)
{
	return container_of(obj, struct tnpu_bo, base);
}

/**
 * struct tnpu_gem_cursor - a walk over the contiguous pieces of memory
 * @mm: of device memory; NULL in system memory
 * @block: the piece in device memory
 * @sg: the piece in system memory
 * @addr: current place: offset in device memory, or DMA address; valid while @left is not 0
 * @left: contiguous bytes from there on; at 0, tnpu_gem_left() steps to the next piece
 */
struct tnpu_gem_cursor {
	struct gpu_buddy *mm;
	struct gpu_buddy_block *block;
	struct scatterlist *sg;
	u64 addr;
	u64 left;
};

void tnpu_gem_seek(struct tnpu_gem_cursor *cursor, struct tnpu_bo *bo, u64 offset);
void tnpu_gem_seek_blocks(struct tnpu_gem_cursor *cursor, struct tnpu_device *tdev,
			  struct list_head *blocks);
void tnpu_gem_seek_sgt(struct tnpu_gem_cursor *cursor, struct sg_table *sgt);
u64 tnpu_gem_left(struct tnpu_gem_cursor *cursor);
void tnpu_gem_advance(struct tnpu_gem_cursor *cursor, u64 size);

int tnpu_gem_read(struct tnpu_bo *bo, u64 offset, void *to, u64 size);

int tnpu_gem_init(struct tnpu_device *tdev);
void tnpu_gem_unplug(struct tnpu_device *tdev);
void tnpu_gem_zap(struct tnpu_device *tdev);
int tnpu_gem_save(struct tnpu_device *tdev);
void tnpu_gem_restore(struct tnpu_device *tdev);

struct drm_gem_object *tnpu_gem_create_object(struct drm_device *drm, size_t size);
struct drm_gem_object *tnpu_gem_import_sg_table(struct drm_device *drm,
						struct dma_buf_attachment *attach,
						struct sg_table *sgt);
unsigned long tnpu_gem_get_unmapped_area(struct file *file, unsigned long addr,
					 unsigned long len, unsigned long pgoff,
					 unsigned long flags);

void tnpu_gem_local_destroy(struct ttm_buffer_object *ttm);
int tnpu_gem_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int tnpu_gem_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int tnpu_gem_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* _TNPU_GEM_H_ */
