/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: what differs between the kernels that the driver builds on.
 *
 * Kbuild finds out by reading the kernel's headers (TNPU_HAVE_*). The code is
 * written for the newest interface; older ones are bent to it here, and only
 * here.
 *
 * Each difference tells which kernel made it: mainline's, and the stable 6.12
 * that has it too. "7" is for what 7.3 has and no 6.12 does.
 */
#ifndef _TNPU_COMPAT_H_
#define _TNPU_COMPAT_H_

#include <linux/huge_mm.h>
#include <linux/pfn.h>
#include <linux/sched/mm.h>
/* 6.17 has no pfn_t. */
#if TNPU_HAVE_INSERT_PFN_T
#include <linux/pfn_t.h>
#endif

#include <drm/drm_file.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_gpuvm.h>
#include <drm/gpu_scheduler.h>
#include <drm/ttm/ttm_bo.h>
#include <drm/ttm/ttm_tt.h>

/* 7 and 6.12.101 made DRM's allocator one of all GPU drivers. */
#if TNPU_HAVE_GPU_BUDDY
#include <linux/gpu_buddy.h>
#else
#include <drm/drm_buddy.h>
#define gpu_buddy			drm_buddy
#define gpu_buddy_block			drm_buddy_block
#define gpu_buddy_init			drm_buddy_init
#define gpu_buddy_fini			drm_buddy_fini
#define gpu_buddy_alloc_blocks		drm_buddy_alloc_blocks
#define gpu_buddy_free_list		drm_buddy_free_list
#define gpu_buddy_block_offset		drm_buddy_block_offset
#define gpu_buddy_block_size		drm_buddy_block_size
#define GPU_BUDDY_CONTIGUOUS_ALLOCATION	DRM_BUDDY_CONTIGUOUS_ALLOCATION
#endif

/* 6.14 tells what is active only where it is asked to, older ones always. */
#if !TNPU_HAVE_GEM_ACTIVE
#define DRM_GEM_OBJECT_ACTIVE		0
#endif

/* 6.17 gives every object what this flag asked for. */
#if !TNPU_HAVE_GEM_GPUVA
#define DRIVER_GEM_GPUVA		0
#endif

/* 6.16 says in the name that the caller holds the reservation, as before. */
#if !TNPU_HAVE_SHMEM_PUT_LOCKED
#define drm_gem_shmem_put_pages_locked	drm_gem_shmem_put_pages
#endif

/* 7 says in the name that the caller holds the lock of the object's list, as before. */
#if !TNPU_HAVE_GPUVM_OBTAIN_LOCKED
#define drm_gpuvm_bo_obtain_locked	drm_gpuvm_bo_obtain
#endif

/* 7 counts references to the GEM object alone, and ends the BO with it. */
#if !TNPU_HAVE_TTM_BO_FINI
#define ttm_bo_fini			ttm_bo_put
#endif

/* 7 keeps account of BOs that are backed up or swapped, so it asks for the BO. */
#if !TNPU_HAVE_TTM_BO_POPULATE
static inline int ttm_bo_populate(struct ttm_buffer_object *bo, struct ttm_operation_ctx *ctx)
{
	return ttm_tt_populate(bo->bdev, bo->ttm, ctx);
}
#endif

/* 6.17 and 6.12.103 trace the client of a job. */
#if !TNPU_HAVE_SCHED_CLIENT_ID
#define drm_sched_job_init(job, entity, credits, owner, client_id) \
	((void)(client_id), drm_sched_job_init(job, entity, credits, owner))
#endif

/** tnpu_compat_unmapped_area - mm_get_unmapped_area() for the caller's address space */
static inline unsigned long
tnpu_compat_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
			  unsigned long pgoff, unsigned long flags)
{
#if TNPU_HAVE_UNMAPPED_AREA_MM
	return mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags);
#else	/* 7: always the caller's */
	return mm_get_unmapped_area(file, addr, len, pgoff, flags);
#endif
}

/** tnpu_compat_ttm_init - ttm_device_init(), with pages of any address */
static inline int tnpu_compat_ttm_init(struct ttm_device *ttm,
				       const struct ttm_device_funcs *funcs,
				       struct drm_device *drm)
{
#if TNPU_HAVE_TTM_ALLOC_FLAGS
	return ttm_device_init(ttm, funcs, drm->dev, drm->anon_inode->i_mapping,
			       drm->vma_offset_manager, 0);
#else	/* before 7 the flags were two arguments */
	return ttm_device_init(ttm, funcs, drm->dev, drm->anon_inode->i_mapping,
			       drm->vma_offset_manager, false, false);
#endif
}

/** tnpu_compat_gpuvm_map - drm_gpuvm_sm_map() */
static inline int tnpu_compat_gpuvm_map(struct drm_gpuvm *vm, void *priv,
					u64 va, u64 size,
					struct drm_gem_object *obj, u64 offset)
{
#if TNPU_HAVE_GPUVM_MAP_REQ
	struct drm_gpuvm_map_req req = {
		.map.va.addr = va,
		.map.va.range = size,
		.map.gem.obj = obj,
		.map.gem.offset = offset,
	};

	return drm_gpuvm_sm_map(vm, priv, &req);
#else	/* before 6.18 */
	return drm_gpuvm_sm_map(vm, priv, va, size, obj, offset);
#endif
}

/** tnpu_compat_insert_pmd - vmf_insert_pfn_pmd() */
static inline vm_fault_t tnpu_compat_insert_pmd(struct vm_fault *vmf,
						unsigned long pfn, bool write)
{
#if TNPU_HAVE_INSERT_PFN_T
	return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write);
#else	/* 6.17 */
	return vmf_insert_pfn_pmd(vmf, pfn, write);
#endif
}

/**
 * tnpu_compat_sched_init - drm_sched_init() for a scheduler with one entity
 * @sched: the scheduler
 * @ops: what it calls
 * @submit_wq: ordered workqueue on which jobs are run and freed
 * @credits: jobs in flight
 * @timeout: of a job, in jiffies
 * @timeout_wq: ordered workqueue of the timeouts
 * @dev: for messages
 *
 * Return: 0 or a negative errno.
 */
static inline int
tnpu_compat_sched_init(struct drm_gpu_scheduler *sched,
		       const struct drm_sched_backend_ops *ops,
		       struct workqueue_struct *submit_wq, u32 credits, long timeout,
		       struct workqueue_struct *timeout_wq, struct device *dev)
{
#if TNPU_HAVE_SCHED_INIT_ARGS
	const struct drm_sched_init_args args = {
		.ops = ops,
		.submit_wq = submit_wq,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = credits,
		.timeout = timeout,
		.timeout_wq = timeout_wq,
		.name = "tnpu",
		.dev = dev,
	};

	return drm_sched_init(sched, &args);
#else	/* before 6.15 */
	return drm_sched_init(sched, ops, submit_wq, DRM_SCHED_PRIORITY_COUNT,
			      credits, 0, timeout, timeout_wq, NULL, "tnpu", dev);
#endif
}

/**
 * tnpu_compat_sched_keep - give a job back that timedout_job() was called for
 * @job: the job
 *
 * The core took it off its list for the time of the call.
 *
 * Return: what timedout_job() has to return for the core to treat the job as any
 * other from here on: freed where its fence has signalled, timed anew where not.
 */
static inline enum drm_gpu_sched_stat
tnpu_compat_sched_keep(struct drm_sched_job *job)
{
#if TNPU_HAVE_SCHED_NO_HANG
	return DRM_GPU_SCHED_STAT_NO_HANG;
#else	/* before 6.17 there is no such answer */
	struct drm_gpu_scheduler *sched = job->sched;

	spin_lock(&sched->job_list_lock);
	list_add(&job->list, &sched->pending_list);
	spin_unlock(&sched->job_list_lock);
	/* It may have ended meanwhile: let the core look at the list, unless it is to pause. */
	if (!READ_ONCE(sched->pause_submit))
		drm_sched_wqueue_start(sched);

	return DRM_GPU_SCHED_STAT_NOMINAL;
#endif
}

#endif /* _TNPU_COMPAT_H_ */
