// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: buffer objects.
 *
 * A BO lies in device memory, by TTM, or in system memory, from shmem with a DMA mapping. Either is
 * allocated and zeroed when the BO is created. System memory stays where it is until the last
 * reference is gone; what is in device memory may be moved out and back, see tnpu_evict.c.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/drm_prime.h>
#include <drm/drm_syncobj.h>
#include <drm/drm_utils.h>
#include <drm/ttm/ttm_tt.h>

#include "tnpu_drv.h"

#define TNPU_BO_FLAGS		(DRM_TNPU_BO_LOCAL | DRM_TNPU_BO_NO_MMAP)
#define TNPU_BO_SIZE_MAX	BIT_ULL(40)
/* The array of a BO's pages must fit in what kvmalloc() gives. */
#define TNPU_BO_PAGES_MAX	(INT_MAX / sizeof(struct page *))

/* ---- Pieces ------------------------------------------------------------------ */

static void tnpu_gem_load(struct tnpu_gem_cursor *cursor)
{
	if (cursor->mm) {
		cursor->addr = gpu_buddy_block_offset(cursor->block);
		cursor->left = gpu_buddy_block_size(cursor->mm, cursor->block);
	} else {
		cursor->addr = sg_dma_address(cursor->sg);
		cursor->left = sg_dma_len(cursor->sg);
	}
}

/**
 * tnpu_gem_seek_blocks - put a cursor at the start of device memory
 * @cursor: the cursor
 * @tdev: the device
 * @blocks: as from tnpu_vram_alloc()
 */
void tnpu_gem_seek_blocks(struct tnpu_gem_cursor *cursor, struct tnpu_device *tdev,
			  struct list_head *blocks)
{
	cursor->mm = &tdev->vram.mm;
	cursor->block = list_first_entry(blocks, struct gpu_buddy_block, link);
	tnpu_gem_load(cursor);
}

/**
 * tnpu_gem_seek_sgt - put a cursor at the start of system memory
 * @cursor: the cursor
 * @sgt: its pages, mapped for the device
 */
void tnpu_gem_seek_sgt(struct tnpu_gem_cursor *cursor, struct sg_table *sgt)
{
	cursor->mm = NULL;
	cursor->sg = sgt->sgl;
	tnpu_gem_load(cursor);
}

/**
 * tnpu_gem_seek - put a cursor at a place of a BO
 * @cursor: the cursor
 * @bo: the BO, not evicted
 * @offset: bytes from its start, less than its size
 */
void tnpu_gem_seek(struct tnpu_gem_cursor *cursor, struct tnpu_bo *bo, u64 offset)
{
	if (bo->flags & DRM_TNPU_BO_LOCAL)
		tnpu_gem_seek_blocks(cursor, to_tnpu_device(bo->base.dev),
				     &to_tnpu_vram_res(bo->ttm.resource)->blocks);
	else
		tnpu_gem_seek_sgt(cursor, bo->shmem.sgt);
	tnpu_gem_advance(cursor, offset);
}

/**
 * tnpu_gem_left - contiguous bytes at a cursor
 * @cursor: the cursor, not at the end of the memory
 *
 * Steps to the next piece where one is used up; after it, tnpu_gem_cursor.addr is valid.
 *
 * Return: the bytes, not 0.
 */
u64 tnpu_gem_left(struct tnpu_gem_cursor *cursor)
{
	if (!cursor->left) {
		if (cursor->mm)
			cursor->block = list_next_entry(cursor->block, link);
		else
			cursor->sg = sg_next(cursor->sg);
		tnpu_gem_load(cursor);
	}

	return cursor->left;
}

/**
 * tnpu_gem_advance - move a cursor
 * @cursor: the cursor
 * @size: bytes; it may get to the end of the memory and no further
 */
void tnpu_gem_advance(struct tnpu_gem_cursor *cursor, u64 size)
{
	while (size) {
		const u64 step = min(size, tnpu_gem_left(cursor));

		cursor->addr += step;
		cursor->left -= step;
		size -= step;
	}
}

/* ---- What a BO holds, for a core dump ------------------------------------------ */

static void tnpu_gem_read_local(struct tnpu_bo *bo, u64 offset, void *to, u64 size)
{
	struct tnpu_device *tdev = to_tnpu_device(bo->base.dev);
	struct tnpu_gem_cursor cursor;

	tnpu_gem_seek(&cursor, bo, offset);
	while (size) {
		const u64 step = min(size, tnpu_gem_left(&cursor));

		memcpy_fromio(to, tdev->hw.mem + cursor.addr, step);
		tnpu_gem_advance(&cursor, step);
		to += step;
		size -= step;
	}
}

static void tnpu_gem_read_pages(struct page **pages, u64 offset, void *to, u64 size)
{
	while (size) {
		const u64 in_page = offset_in_page(offset);
		const u64 step = min(size, PAGE_SIZE - in_page);

		memcpy_from_page(to, pages[PHYS_PFN(offset)], in_page, step);
		offset += step;
		to += step;
		size -= step;
	}
}

/* The pages that hold the BO's contents, or NULL. */
static struct page **tnpu_gem_pages(struct tnpu_bo *bo)
{
	if (bo->flags & DRM_TNPU_BO_LOCAL)
		return bo->ttm.ttm->pages;
	/* With the DMA mapping go the pages, for all that this driver knows. */
	if (!bo->shmem.sgt || drm_gem_is_imported(&bo->base))
		return NULL;

	return bo->shmem.pages;
}

/**
 * tnpu_gem_read - copy from a BO
 * @bo: the BO
 * @offset: where from
 * @to: where to
 * @size: bytes; the BO has them
 *
 * Inside tnpu_pm_enter(). Takes the BO's reservation lock, so not for recovery.
 *
 * Return: 0; -ENXIO its pages are not the driver's: it is imported, or the device is gone.
 */
int tnpu_gem_read(struct tnpu_bo *bo, u64 offset, void *to, u64 size)
{
	struct page **pages;
	int ret = 0;

	dma_resv_lock(bo->base.resv, NULL);
	if (bo->flags & DRM_TNPU_BO_LOCAL && !bo->evicted) {
		tnpu_gem_read_local(bo, offset, to, size);
	} else {
		pages = tnpu_gem_pages(bo);
		if (pages)
			tnpu_gem_read_pages(pages, offset, to, size);
		else
			ret = -ENXIO;
	}
	dma_resv_unlock(bo->base.resv);

	return ret;
}

/* ---- CPU mappings of device memory ---------------------------------------------- */

static u64 tnpu_gem_vma_offset(struct vm_area_struct *vma, unsigned long addr)
{
	struct drm_gem_object *obj = vma->vm_private_data;

	return (u64)(linear_page_index(vma, addr) -
		     drm_vma_node_start(&obj->vma_node)) << PAGE_SHIFT;
}

/* What is in system memory is mapped as such, with no more than what it takes to be coherent. */
static vm_fault_t tnpu_gem_fault_evicted(struct vm_fault *vmf, unsigned long addr,
					 unsigned long end)
{
	struct vm_area_struct *vma = vmf->vma;
	struct tnpu_bo *bo = to_tnpu_bo(vma->vm_private_data);
	const pgprot_t prot = vm_get_page_prot(vma->vm_flags);
	struct page **page = bo->ttm.ttm->pages + PHYS_PFN(tnpu_gem_vma_offset(vma, addr));
	vm_fault_t ret = VM_FAULT_NOPAGE;

	for (; addr < end && ret == VM_FAULT_NOPAGE; addr += PAGE_SIZE, page++)
		ret = vmf_insert_pfn_prot(vma, addr, page_to_pfn(*page), prot);

	return ret;
}

/* One fault maps what is around it too: faults are dear in an emulated guest. */
static vm_fault_t tnpu_gem_fault_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct tnpu_bo *bo = to_tnpu_bo(vma->vm_private_data);
	struct tnpu_device *tdev = to_tnpu_device(bo->base.dev);
	unsigned long addr = max(ALIGN_DOWN(vmf->address, PMD_SIZE), vma->vm_start);
	unsigned long end = min(ALIGN_DOWN(vmf->address, PMD_SIZE) + PMD_SIZE, vma->vm_end);
	struct tnpu_gem_cursor cursor;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	if (bo->evicted)
		return tnpu_gem_fault_evicted(vmf, addr, end);
	tnpu_gem_seek(&cursor, bo, tnpu_gem_vma_offset(vma, addr));
	for (; addr < end && ret == VM_FAULT_NOPAGE; addr += PAGE_SIZE) {
		tnpu_gem_left(&cursor);
		ret = vmf_insert_pfn(vma, addr, PHYS_PFN(tdev->hw.mem_phys + cursor.addr));
		tnpu_gem_advance(&cursor, PAGE_SIZE);
	}

	return ret;
}

/*
 * The device is gone: programs must not die of it, so they get a page of nothing, shared
 * by all of this BO's pages. It was cleared through the CPU's caches, which device memory is
 * mapped around: on processors that do not look into them all the same, it would show what
 * the page held before.
 */
static vm_fault_t tnpu_gem_fault_dummy(struct vm_fault *vmf)
{
	struct tnpu_bo *bo = to_tnpu_bo(vmf->vma->vm_private_data);
	struct page *page = READ_ONCE(bo->dummy);

	if (!page) {
		page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!page)
			return VM_FAULT_OOM;
		if (cmpxchg(&bo->dummy, NULL, page)) {
			__free_page(page);
			page = bo->dummy;
		}
	}

	return vmf_insert_pfn_prot(vmf->vma, vmf->address, page_to_pfn(page),
				   vm_get_page_prot(vmf->vma->vm_flags));
}

/*
 * The device may be taken from us at any moment. Either that finds what is mapped here, or it is
 * seen here and taken back.
 */
static vm_fault_t tnpu_gem_check_fault(struct vm_fault *vmf, vm_fault_t ret)
{
	struct drm_gem_object *obj = vmf->vma->vm_private_data;

	/* Pairs with that of tnpu_gem_zap(). */
	smp_mb();
	if (tnpu_reset_held(to_tnpu_device(obj->dev)))
		drm_vma_node_unmap(&obj->vma_node, vmf->vma->vm_file->f_mapping);

	return ret;
}

static vm_fault_t tnpu_gem_fault(struct vm_fault *vmf)
{
	struct drm_gem_object *obj = vmf->vma->vm_private_data;
	struct tnpu_device *tdev = to_tnpu_device(obj->dev);
	vm_fault_t ret;
	int idx;

	if (tnpu_reset_wait_unheld(tdev))
		return VM_FAULT_NOPAGE;
	if (!tnpu_pm_enter(tdev, &idx))
		return tnpu_gem_fault_dummy(vmf);
	/* Where this fails the mapping may be gone, and the BO with it. */
	ret = ttm_bo_vm_reserve(&to_tnpu_bo(obj)->ttm, vmf);
	if (!ret) {
		ret = tnpu_gem_check_fault(vmf, tnpu_gem_fault_around(vmf));
		dma_resv_unlock(obj->resv);
	}
	tnpu_pm_exit(tdev, idx);

	return ret;
}

static vm_fault_t tnpu_gem_insert_huge(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct tnpu_bo *bo = to_tnpu_bo(vma->vm_private_data);
	struct tnpu_device *tdev = to_tnpu_device(bo->base.dev);
	const unsigned long addr = ALIGN_DOWN(vmf->address, PMD_SIZE);
	struct tnpu_gem_cursor cursor;
	phys_addr_t phys;

	if (addr < vma->vm_start || addr + PMD_SIZE > vma->vm_end || bo->evicted)
		return VM_FAULT_FALLBACK;
	tnpu_gem_seek(&cursor, bo, tnpu_gem_vma_offset(vma, addr));
	if (tnpu_gem_left(&cursor) < PMD_SIZE)
		return VM_FAULT_FALLBACK;
	phys = tdev->hw.mem_phys + cursor.addr;
	if (!IS_ALIGNED(phys, PMD_SIZE))
		return VM_FAULT_FALLBACK;

	return tnpu_compat_insert_pmd(vmf, PHYS_PFN(phys), vmf->flags & FAULT_FLAG_WRITE);
}

static vm_fault_t tnpu_gem_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct drm_gem_object *obj = vmf->vma->vm_private_data;
	struct tnpu_device *tdev = to_tnpu_device(obj->dev);
	vm_fault_t ret;
	int idx;

	/* tnpu_gem_fault() waits. */
	if (order != PMD_ORDER || tnpu_reset_held(tdev) || !tnpu_pm_enter(tdev, &idx))
		return VM_FAULT_FALLBACK;
	ret = VM_FAULT_FALLBACK;
	if (dma_resv_trylock(obj->resv)) {
		ret = tnpu_gem_check_fault(vmf, tnpu_gem_insert_huge(vmf));
		dma_resv_unlock(obj->resv);
	}
	tnpu_pm_exit(tdev, idx);

	return ret;
}

static const struct vm_operations_struct tnpu_gem_local_vm_ops = {
	.fault = tnpu_gem_fault,
	.huge_fault = tnpu_gem_huge_fault,
	.open = drm_gem_vm_open,
	.close = drm_gem_vm_close,
};

static int tnpu_gem_local_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	if (to_tnpu_bo(obj)->flags & DRM_TNPU_BO_NO_MMAP)
		return -EACCES;
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_writecombine(vm_get_page_prot(vma->vm_flags));

	return 0;
}

static int tnpu_gem_system_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	if (to_tnpu_bo(obj)->flags & DRM_TNPU_BO_NO_MMAP)
		return -EACCES;

	return drm_gem_shmem_object_mmap(obj, vma);
}

/**
 * tnpu_gem_get_unmapped_area - where a mapping goes
 * @file: the node
 * @addr: wish of the caller, or 0
 * @len: bytes
 * @pgoff: offset in the node, in pages
 * @flags: MAP_*
 *
 * Large BOs start at 2 MiB of device memory; with addresses aligned alike the CPU can map
 * them by pages of 2 MiB.
 *
 * Return: the address, or a negative errno.
 */
unsigned long tnpu_gem_get_unmapped_area(struct file *file, unsigned long addr,
					 unsigned long len, unsigned long pgoff,
					 unsigned long flags)
{
	unsigned long found;

	if (!addr && len >= PMD_SIZE && len < TASK_SIZE - PMD_SIZE) {
		found = tnpu_compat_unmapped_area(file, 0, len + PMD_SIZE, pgoff, flags);
		if (!IS_ERR_VALUE(found))
			return ALIGN(found, PMD_SIZE);
	}

	return tnpu_compat_unmapped_area(file, addr, len, pgoff, flags);
}

/* ---- Objects -------------------------------------------------------------------- */

static struct dma_buf *tnpu_gem_export(struct drm_gem_object *obj, int flags)
{
	if (to_tnpu_bo(obj)->vm_root)
		return ERR_PTR(-EACCES);

	return drm_gem_prime_export(obj, flags);
}

/* Ends the DMA mapping; the pages stay where a CPU mapping holds them. */
static void tnpu_gem_unmap(struct tnpu_bo *bo)
{
	struct drm_gem_shmem_object *shmem = &bo->shmem;

	if (bo->flags & DRM_TNPU_BO_LOCAL || drm_gem_is_imported(&shmem->base))
		return;
	dma_resv_lock(shmem->base.resv, NULL);
	if (shmem->sgt) {
		dma_unmap_sgtable(shmem->base.dev->dev, shmem->sgt, DMA_BIDIRECTIONAL, 0);
		sg_free_table(shmem->sgt);
		kfree(shmem->sgt);
		shmem->sgt = NULL;
		drm_gem_shmem_put_pages_locked(shmem);
	}
	dma_resv_unlock(shmem->base.resv);
}

static void tnpu_gem_retire(struct tnpu_bo *bo)
{
	struct tnpu_device *tdev = to_tnpu_device(bo->base.dev);

	mutex_lock(&tdev->gem.lock);
	list_del_init(&bo->node);
	mutex_unlock(&tdev->gem.lock);
	vfree(bo->saved);
	if (bo->dummy)
		__free_page(bo->dummy);
}

/* Its memory goes when its fences have signalled. */
static void tnpu_gem_local_free(struct drm_gem_object *obj)
{
	struct tnpu_bo *bo = to_tnpu_bo(obj);

	tnpu_gem_retire(bo);
	ttm_bo_fini(&bo->ttm);
}

/**
 * tnpu_gem_local_destroy - ttm_buffer_object.destroy: the memory is gone
 * @ttm: the BO, by its base
 */
void tnpu_gem_local_destroy(struct ttm_buffer_object *ttm)
{
	struct tnpu_bo *bo = container_of(ttm, struct tnpu_bo, ttm);
	struct drm_gem_object *vm_root = bo->vm_root;

	if (bo->evicted)
		atomic64_sub(bo->base.size, &to_tnpu_device(bo->base.dev)->evict.bytes);
	drm_gem_object_release(&bo->base);
	kfree(bo);
	if (vm_root)
		drm_gem_object_put(vm_root);
}

static void tnpu_gem_system_free(struct drm_gem_object *obj)
{
	struct tnpu_bo *bo = to_tnpu_bo(obj);
	struct tnpu_device *tdev = to_tnpu_device(obj->dev);
	struct drm_gem_object *vm_root = bo->vm_root;

	/* While it is on the list, the device cannot be unplugged under it. */
	tnpu_gem_unmap(bo);
	tnpu_gem_retire(bo);
	if (!drm_gem_is_imported(obj))
		atomic64_sub(obj->size, &tdev->gem.sysmem);
	/* The VM's root holds the reservation lock that this takes. */
	drm_gem_shmem_free(&bo->shmem);
	if (vm_root)
		drm_gem_object_put(vm_root);
}

static const struct drm_gem_object_funcs tnpu_gem_local_funcs = {
	.free = tnpu_gem_local_free,
	.export = tnpu_gem_export,
	.mmap = tnpu_gem_local_mmap,
	.vm_ops = &tnpu_gem_local_vm_ops,
};

static const struct drm_gem_object_funcs tnpu_gem_system_funcs = {
	.free = tnpu_gem_system_free,
	.export = tnpu_gem_export,
	.pin = drm_gem_shmem_object_pin,
	.unpin = drm_gem_shmem_object_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = tnpu_gem_system_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/**
 * tnpu_gem_create_object - drm_driver.gem_create_object: a BO in system memory
 * @drm: the device
 * @size: its bytes
 *
 * Of the shmem helpers, also for imported buffers.
 *
 * Return: the object, or -ENOMEM.
 */
struct drm_gem_object *tnpu_gem_create_object(struct drm_device *drm, size_t size)
{
	struct tnpu_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);

	if (!bo)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&bo->node);
	bo->base.funcs = &tnpu_gem_system_funcs;

	return &bo->base;
}

/**
 * tnpu_gem_import_sg_table - drm_driver.gem_prime_import_sg_table
 * @drm: the device
 * @attach: of the dma-buf
 * @sgt: its pages, mapped for the device
 *
 * Return: the object, or an error: -EINVAL not in whole pages.
 */
struct drm_gem_object *tnpu_gem_import_sg_table(struct drm_device *drm,
						struct dma_buf_attachment *attach,
						struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (!IS_ALIGNED(sg_dma_address(sg) | sg_dma_len(sg), BIT(TNPU_PAGE_SHIFT)))
			return ERR_PTR(-EINVAL);
	}

	return drm_gem_shmem_prime_import_sg_table(drm, attach, sgt);
}

/* Of a VM's own, the reservation lock is the VM's. */
static void tnpu_gem_adopt(struct tnpu_bo *bo, u32 flags, struct tnpu_vm *vm)
{
	bo->flags = flags;
	if (vm) {
		bo->vm_root = drm_gpuvm_resv_obj(&vm->gpuvm);
		drm_gem_object_get(bo->vm_root);
		bo->base.resv = bo->vm_root->resv;
	}
}

static void tnpu_gem_enlist(struct tnpu_bo *bo)
{
	struct tnpu_gem *gem = &to_tnpu_device(bo->base.dev)->gem;

	mutex_lock(&gem->lock);
	list_add_tail(&bo->node, &gem->bos);
	mutex_unlock(&gem->lock);
}

static struct tnpu_bo *tnpu_gem_alloc_local(struct tnpu_device *tdev, u64 size, u32 flags,
					    struct tnpu_vm *vm)
{
	struct tnpu_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);

	if (!bo)
		return NULL;
	INIT_LIST_HEAD(&bo->node);
	bo->base.funcs = &tnpu_gem_local_funcs;
	drm_gem_private_object_init(&tdev->drm, &bo->base, size);
	tnpu_gem_adopt(bo, flags, vm);

	return bo;
}

/* On failure the BO is gone. */
static int tnpu_gem_place(struct tnpu_bo *bo)
{
	struct drm_gem_object *root = bo->vm_root;
	int ret;

	if (!root)
		return tnpu_evict_place(bo, NULL);
	drm_gem_object_get(root);
	dma_resv_lock(root->resv, NULL);
	ret = tnpu_evict_place(bo, root->resv);
	dma_resv_unlock(root->resv);
	drm_gem_object_put(root);

	return ret;
}

/* As tnpu_gem_create_local(), with the BO not cleared, and pinned. */
static struct tnpu_bo *tnpu_gem_make_room(struct tnpu_device *tdev, u64 size, u32 flags,
					  struct tnpu_vm *vm)
{
	struct tnpu_bo *bo;
	int ret;

	if (size > tdev->vram.room)
		return ERR_PTR(-ENOSPC);
	ret = tnpu_evict_begin(tdev);
	if (ret)
		return ERR_PTR(ret);
	do {
		bo = tnpu_gem_alloc_local(tdev, size, flags, vm);
		ret = bo ? tnpu_gem_place(bo) : -ENOMEM;
		if (ret != -ENOSPC)
			break;
		ret = tnpu_evict_wait(tdev);
	} while (!ret);
	tnpu_evict_end(tdev);

	return ret ? ERR_PTR(ret) : bo;
}

static void tnpu_gem_unpin(struct tnpu_bo *bo)
{
	dma_resv_lock(bo->base.resv, NULL);
	ttm_bo_unpin(&bo->ttm);
	dma_resv_unlock(bo->base.resv);
}

static struct tnpu_bo *tnpu_gem_create_local(struct tnpu_device *tdev, u64 size, u32 flags,
					     struct tnpu_vm *vm)
{
	struct tnpu_gem_cursor cursor;
	struct tnpu_bo *bo;
	int ret;

	bo = tnpu_gem_make_room(tdev, size, flags, vm);
	if (IS_ERR(bo))
		return bo;
	tnpu_gem_enlist(bo);
	tnpu_gem_seek(&cursor, bo, 0);
	ret = tnpu_blit_clear(tdev, &cursor, size);
	tnpu_gem_unpin(bo);
	if (ret) {
		drm_gem_object_put(&bo->base);
		return ERR_PTR(ret);
	}

	return bo;
}

static struct tnpu_bo *tnpu_gem_create_system(struct tnpu_device *tdev, u64 size, u32 flags,
					      struct tnpu_vm *vm)
{
	struct drm_gem_shmem_object *shmem;
	struct sg_table *sgt;
	struct tnpu_bo *bo;

	if (PHYS_PFN(size) > min(totalram_pages(), TNPU_BO_PAGES_MAX))
		return ERR_PTR(-ENOMEM);
	shmem = drm_gem_shmem_create(&tdev->drm, size);
	if (IS_ERR(shmem))
		return ERR_CAST(shmem);
	atomic64_add(size, &tdev->gem.sysmem);
	bo = to_tnpu_bo(&shmem->base);
	tnpu_gem_adopt(bo, flags, vm);
	tnpu_gem_enlist(bo);
	sgt = drm_gem_shmem_get_pages_sgt(shmem);
	if (IS_ERR(sgt)) {
		drm_gem_object_put(&bo->base);
		return ERR_CAST(sgt);
	}

	return bo;
}

static int tnpu_gem_create(struct drm_file *file, struct drm_tnpu_bo_create *args,
			   struct tnpu_vm *vm)
{
	struct tnpu_file *priv = file->driver_priv;
	struct tnpu_bo *bo;
	int ret;

	args->size = PAGE_ALIGN(args->size);
	if (args->flags & DRM_TNPU_BO_LOCAL)
		bo = tnpu_gem_create_local(priv->tdev, args->size, args->flags, vm);
	else
		bo = tnpu_gem_create_system(priv->tdev, args->size, args->flags, vm);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->base, &args->handle);
	tnpu_dbg(priv->tdev, BO, "bo %u: %llu bytes, flags %x", args->handle, args->size,
		 args->flags);
	drm_gem_object_put(&bo->base);

	return ret;
}

/* ---- ioctls --------------------------------------------------------------------- */

/**
 * tnpu_gem_create_ioctl - DRM_IOCTL_TNPU_BO_CREATE
 * @drm: the device, inside drm_dev_enter()
 * @data: struct drm_tnpu_bo_create
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_gem_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct tnpu_device *tdev = to_tnpu_device(drm);
	struct drm_tnpu_bo_create *args = data;
	struct tnpu_vm *vm = NULL;
	u64 limit;
	int ret;

	if (!args->size || args->flags & ~TNPU_BO_FLAGS || args->pad)
		return -EINVAL;
	limit = args->flags & DRM_TNPU_BO_LOCAL ? tdev->hw.mem_size : TNPU_BO_SIZE_MAX;
	if (args->size > limit)
		return -E2BIG;
	if (args->vm_id) {
		vm = tnpu_vm_lookup(file->driver_priv, args->vm_id);
		if (!vm)
			return -ENOENT;
	}
	ret = tnpu_gem_create(file, args, vm);
	if (vm)
		tnpu_vm_put(vm);

	return ret;
}

/**
 * tnpu_gem_mmap_offset_ioctl - DRM_IOCTL_TNPU_BO_MMAP_OFFSET
 * @drm: the device
 * @data: struct drm_tnpu_bo_mmap_offset
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_gem_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_tnpu_bo_mmap_offset *args = data;
	struct drm_gem_object *obj;
	int ret = 0;

	if (args->pad)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	if (to_tnpu_bo(obj)->flags & DRM_TNPU_BO_NO_MMAP)
		ret = -EACCES;
	else
		args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);

	return ret;
}

/**
 * tnpu_gem_wait_ioctl - DRM_IOCTL_TNPU_BO_WAIT
 * @drm: the device. Not inside drm_dev_enter(): unplugging ends the wait
 * @data: struct drm_tnpu_bo_wait
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_gem_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_tnpu_bo_wait *args = data;
	struct drm_gem_object *obj;
	long ret;

	if (args->pad || args->timeout_ns < 0)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	ret = dma_resv_wait_timeout(obj->resv, DMA_RESV_USAGE_BOOKKEEP, true,
				    drm_timeout_abs_to_jiffies(args->timeout_ns));
	drm_gem_object_put(obj);
	if (!ret)
		return -ETIME;

	return ret < 0 ? ret : 0;
}

/* ---- The device ----------------------------------------------------------------- */

/**
 * tnpu_gem_init - start without BOs
 * @tdev: the device, its memory's size known
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_gem_init(struct tnpu_device *tdev)
{
	struct tnpu_gem *gem = &tdev->gem;
	int ret;

	BUILD_BUG_ON(offsetof(struct tnpu_bo, shmem.base) || offsetof(struct tnpu_bo, ttm.base) ||
		     offsetof(struct tnpu_bo, base));
	INIT_LIST_HEAD(&gem->bos);
	ret = drmm_mutex_init(&tdev->drm, &gem->lock);
	if (ret)
		return ret;
	ret = tnpu_vram_init(tdev);
	if (ret)
		return ret;

	return tnpu_evict_init(tdev);
}

/**
 * tnpu_gem_zap - take away the CPU's mappings; the next access faults
 * @tdev: the device
 */
void tnpu_gem_zap(struct tnpu_device *tdev)
{
	/* Pairs with that of tnpu_gem_check_fault(). */
	smp_mb();
	unmap_mapping_range(tdev->drm.anon_inode->i_mapping, 0, 0, 1);
}

static int tnpu_gem_save_bo(struct tnpu_bo *bo)
{
	if (!(bo->flags & DRM_TNPU_BO_LOCAL) || bo->evicted)
		return 0;
	bo->saved = __vmalloc(bo->base.size, GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	if (!bo->saved)
		return -ENOMEM;
	tnpu_gem_read_local(bo, 0, bo->saved, bo->base.size);

	return 0;
}

static void tnpu_gem_restore_bo(struct tnpu_device *tdev, struct tnpu_bo *bo)
{
	u64 left = bo->base.size, step;
	struct tnpu_gem_cursor cursor;
	void *from = bo->saved;

	if (!bo->saved)
		return;
	for (tnpu_gem_seek(&cursor, bo, 0); left; left -= step) {
		step = min(left, tnpu_gem_left(&cursor));
		memcpy_toio(tdev->hw.mem + cursor.addr, from, step);
		tnpu_gem_advance(&cursor, step);
		from += step;
	}
	vfree(bo->saved);
	bo->saved = NULL;
}

static void tnpu_gem_forget_saved(struct tnpu_gem *gem)
{
	struct tnpu_bo *bo;

	list_for_each_entry(bo, &gem->bos, node) {
		vfree(bo->saved);
		bo->saved = NULL;
	}
}

/**
 * tnpu_gem_save - copy all BOs in device memory to system memory
 * @tdev: the device, without running jobs; programs are frozen, so no BO moves
 *
 * They are not evicted: jobs that are submitted but wait for others expect to find them.
 *
 * Return: 0; -ENOMEM: nothing is copied.
 */
int tnpu_gem_save(struct tnpu_device *tdev)
{
	struct tnpu_gem *gem = &tdev->gem;
	struct tnpu_bo *bo;
	int ret;

	guard(mutex)(&gem->lock);
	list_for_each_entry(bo, &gem->bos, node) {
		ret = tnpu_gem_save_bo(bo);
		if (ret) {
			tnpu_gem_forget_saved(gem);
			return ret;
		}
	}

	return 0;
}

/**
 * tnpu_gem_restore - the end of tnpu_gem_save()
 * @tdev: the device
 */
void tnpu_gem_restore(struct tnpu_device *tdev)
{
	struct tnpu_gem *gem = &tdev->gem;
	struct tnpu_bo *bo;

	guard(mutex)(&gem->lock);
	list_for_each_entry(bo, &gem->bos, node)
		tnpu_gem_restore_bo(tdev, bo);
	tnpu_hw_mark_memory(tdev);
}

/* Takes one BO off the list; NULL where the list is empty or its BOs are being freed. */
static struct tnpu_bo *tnpu_gem_pop(struct tnpu_gem *gem)
{
	struct tnpu_bo *bo;

	guard(mutex)(&gem->lock);
	list_for_each_entry(bo, &gem->bos, node) {
		if (!kref_get_unless_zero(&bo->base.refcount))
			continue;
		list_del_init(&bo->node);
		return bo;
	}

	return NULL;
}

static bool tnpu_gem_empty(struct tnpu_gem *gem)
{
	guard(mutex)(&gem->lock);

	return list_empty(&gem->bos);
}

/**
 * tnpu_gem_unplug - take all BOs from the device
 * @tdev: the device, unplugged and stopped
 *
 * A DMA mapping must not outlive the driver's hold on the device; open files do.
 */
void tnpu_gem_unplug(struct tnpu_device *tdev)
{
	struct tnpu_gem *gem = &tdev->gem;
	struct tnpu_bo *bo;

	while (!tnpu_gem_empty(gem)) {
		bo = tnpu_gem_pop(gem);
		if (bo) {
			tnpu_gem_unmap(bo);
			drm_gem_object_put(&bo->base);
		} else {
			/* Who frees them is about to take them off. */
			fsleep(USEC_PER_MSEC);
		}
	}
}
