// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: moves of BOs out of device memory and back.
 *
 * BOs of all clients together may be larger than device memory. A BO is made in device memory.
 * Where there is no room, TTM names those that were not used for the longest time, and they go to
 * system memory: they are taken out of the page tables of all VMs and out of the CPU's, and copied
 * by the device. QUEUE_SUBMIT brings back what is mapped in its VM before it pushes a job. So what
 * a job may use is where it belongs, from the submission on until the job's fence has signalled:
 * fences of a BO's reservation are those of all jobs that may use it. With ASYNC, VM_BIND does the
 * same for what it maps, until that has taken effect.
 *
 * One thread at a time makes room, the holder of tnpu_evict.lock. It does not wait for jobs while
 * it holds a reservation: it takes only what is idle, and where that is not enough, lets go of all
 * reservations, waits for one that is in use, and begins anew. VM_BIND and page faults of others
 * do not notice. So that busy queues do not get in again and again meanwhile, QUEUE_SUBMIT waits
 * a little while there is somebody who waits: not for long, for the job that is waited for may
 * itself wait for what that call submits.
 *
 * That it comes to an end: VM_BIND sees to it that what one VM maps fits (tnpu_vram.room), and all
 * that is not mapped in the VM in question can go as soon as its jobs have ended.
 *
 * What was moved out is not swapped, and is no longer that of a client whom it could be charged to:
 * so its amount is limited.
 */
#include <linux/delay.h>
#include <linux/dma-fence.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <drm/drm_managed.h>
#include <drm/ttm/ttm_bo.h>
#include <drm/ttm/ttm_placement.h>
#include <drm/ttm/ttm_tt.h>

#include "tnpu_drv.h"

/* How long QUEUE_SUBMIT lets others make room first. */
#define TNPU_EVICT_YIELD	msecs_to_jiffies(100)

static const struct ttm_place tnpu_evict_places[] = {
	{ .mem_type = TTM_PL_VRAM },
	{ .mem_type = TTM_PL_SYSTEM },
};

static struct ttm_placement tnpu_evict_vram = {
	.num_placement = 1,
	.placement = &tnpu_evict_places[0],
};

static const struct ttm_placement tnpu_evict_system = {
	.num_placement = 1,
	.placement = &tnpu_evict_places[1],
};

static struct tnpu_bo *tnpu_evict_bo(struct ttm_buffer_object *ttm)
{
	return container_of(ttm, struct tnpu_bo, ttm);
}

/* ---- What TTM asks for ----------------------------------------------------------- */

static struct ttm_tt *tnpu_evict_tt_create(struct ttm_buffer_object *ttm, u32 flags)
{
	struct ttm_tt *tt = kzalloc(sizeof(*tt), GFP_KERNEL);

	/* Without DMA addresses: they are needed for a moment only. */
	if (!tt || ttm_tt_init(tt, ttm, flags, ttm_cached, 0)) {
		tnpu_evict_note(to_tnpu_device(ttm->base.dev), -ENOMEM);
		kfree(tt);
		return NULL;
	}

	return tt;
}

static void tnpu_evict_tt_destroy(struct ttm_device *ttm, struct ttm_tt *tt)
{
	ttm_tt_fini(tt);
	kfree(tt);
}

static void tnpu_evict_flags(struct ttm_buffer_object *ttm, struct ttm_placement *placement)
{
	*placement = tnpu_evict_system;
}

static bool tnpu_evict_is_needed(struct tnpu_evict *evict, struct tnpu_bo *bo)
{
	struct drm_gpuvm_bo *vm_bo;

	drm_gem_for_each_gpuvm_bo(vm_bo, &bo->base) {
		if (vm_bo->vm == evict->vm)
			return true;
	}

	return false;
}

static bool tnpu_evict_fits(struct tnpu_evict *evict, u64 size)
{
	const u64 limit = (u64)totalram_pages() << PAGE_SHIFT >> 1;

	return atomic64_read(&evict->bytes) + size <= limit;
}

/* What to wait for. Where this fails, tnpu_evict_wait() waits for a moment instead. */
static void tnpu_evict_note_busy(struct tnpu_evict *evict, struct dma_resv *resv)
{
	if (!evict->busy && dma_resv_get_singleton(resv, DMA_RESV_USAGE_BOOKKEEP, &evict->busy))
		evict->busy = NULL;
}

/* TTM has locked the BO's reservation. */
static bool tnpu_evict_valuable(struct ttm_buffer_object *ttm, const struct ttm_place *place)
{
	struct tnpu_evict *evict = container_of(ttm->bdev, struct tnpu_evict, ttm);
	struct dma_resv *resv = ttm->base.resv;

	/* It would like to swap, while it holds no lock of ours. */
	if (place->mem_type != TTM_PL_VRAM)
		return false;
	lockdep_assert_held(&evict->lock);
	if (tnpu_evict_is_needed(evict, tnpu_evict_bo(ttm)))
		return false;
	if (!dma_resv_test_signaled(resv, DMA_RESV_USAGE_BOOKKEEP)) {
		tnpu_evict_note_busy(evict, resv);
		return false;
	}
	/* TTM would complain of what fails later, and any client could have it do so. */
	if (!ttm->deleted && !tnpu_evict_fits(evict, ttm->base.size)) {
		tnpu_evict_note(to_tnpu_device(ttm->base.dev), -ENOMEM);
		return false;
	}

	return true;
}

static int tnpu_evict_copy(struct tnpu_bo *bo, struct ttm_resource *local, bool out)
{
	struct tnpu_device *tdev = to_tnpu_device(bo->base.dev);
	struct tnpu_gem_cursor cursor;

	tnpu_gem_seek_blocks(&cursor, tdev, &to_tnpu_vram_res(local)->blocks);

	return tnpu_blit_copy(tdev, &cursor, bo->ttm.ttm->pages, bo->base.size, out);
}

static int tnpu_evict_move_out(struct tnpu_bo *bo, struct ttm_operation_ctx *ctx)
{
	struct tnpu_device *tdev = to_tnpu_device(bo->base.dev);
	int ret;

	ret = ttm_bo_populate(&bo->ttm, ctx);
	if (ret) {
		tnpu_evict_note(tdev, ret);
		return ret;
	}
	tnpu_vm_evict_bo(bo);
	ret = tnpu_evict_copy(bo, bo->ttm.resource, true);
	if (ret)
		return ret;
	WRITE_ONCE(bo->evicted, true);
	atomic64_add(bo->base.size, &tdev->evict.bytes);

	return 0;
}

static int tnpu_evict_move_in(struct tnpu_bo *bo, struct ttm_resource *to)
{
	struct tnpu_device *tdev = to_tnpu_device(bo->base.dev);
	int ret;

	ret = tnpu_evict_copy(bo, to, false);
	if (ret)
		return ret;
	WRITE_ONCE(bo->evicted, false);
	atomic64_sub(bo->base.size, &tdev->evict.bytes);

	return 0;
}

/* The BO is idle, and the CPU's mappings are gone. */
static int tnpu_evict_move(struct ttm_buffer_object *ttm, bool evict, struct ttm_operation_ctx *ctx,
			   struct ttm_resource *to, struct ttm_place *hop)
{
	struct tnpu_bo *bo = tnpu_evict_bo(ttm);
	int ret;

	if (!ttm->resource) {
		ttm_bo_move_null(ttm, to);
		return 0;
	}
	if (to->mem_type == TTM_PL_VRAM)
		ret = tnpu_evict_move_in(bo, to);
	else
		ret = tnpu_evict_move_out(bo, ctx);
	if (!ret)
		ttm_bo_move_sync_cleanup(ttm, to);

	return ret;
}

static const struct ttm_device_funcs tnpu_evict_funcs = {
	.ttm_tt_create = tnpu_evict_tt_create,
	.ttm_tt_destroy = tnpu_evict_tt_destroy,
	.eviction_valuable = tnpu_evict_valuable,
	.evict_flags = tnpu_evict_flags,
	.move = tnpu_evict_move,
};

/* ---- Making room ------------------------------------------------------------------- */

/**
 * tnpu_evict_note - take note of how an allocation for a BO ended
 * @tdev: the device, with tnpu_evict.lock held
 * @shortage: 0; -ENOSPC no device memory; -ENOMEM no system memory
 *
 * TTM gives the same error for both.
 */
void tnpu_evict_note(struct tnpu_device *tdev, int shortage)
{
	lockdep_assert_held(&tdev->evict.lock);

	tdev->evict.shortage = shortage;
}

static int tnpu_evict_result(struct tnpu_evict *evict, int ret)
{
	return ret == -ENOMEM && evict->shortage ? evict->shortage : ret;
}

/**
 * tnpu_evict_begin - begin to make room
 * @tdev: the device, inside tnpu_pm_enter()
 *
 * Return: 0; -ERESTARTSYS where a signal kills the caller.
 */
int tnpu_evict_begin(struct tnpu_device *tdev)
{
	return mutex_lock_killable(&tdev->evict.lock) ? -ERESTARTSYS : 0;
}

/**
 * tnpu_evict_end - the end of tnpu_evict_begin()
 * @tdev: the device
 */
void tnpu_evict_end(struct tnpu_device *tdev)
{
	struct tnpu_evict *evict = &tdev->evict;

	dma_fence_put(evict->busy);
	evict->busy = NULL;
	WRITE_ONCE(evict->wanted, false);
	wake_up_all(&evict->ended);
	mutex_unlock(&evict->lock);
}

/**
 * tnpu_evict_wait - wait until there may be more room
 * @tdev: the device, inside tnpu_evict_begin(); the caller holds no reservation
 *
 * After -ENOSPC. What could go was in use, or its reservation was taken for a moment.
 *
 * Return: 0 to try again; -ERESTARTSYS there is a signal.
 */
int tnpu_evict_wait(struct tnpu_device *tdev)
{
	struct dma_fence *busy = no_free_ptr(tdev->evict.busy);
	int ret;

	WRITE_ONCE(tdev->evict.wanted, true);
	if (!busy) {
		fsleep(USEC_PER_MSEC);
		return signal_pending(current) ? -ERESTARTSYS : 0;
	}
	ret = dma_fence_wait(busy, true);
	dma_fence_put(busy);

	return ret;
}

/**
 * tnpu_evict_place - give a new BO its device memory
 * @bo: the BO; inside tnpu_evict_begin()
 * @resv: the reservation that it shares, locked, or NULL
 *
 * Until ttm_bo_unpin() it stays there.
 *
 * Return: 0; -ENOSPC: see tnpu_evict_wait(); -ENOMEM; -ERESTARTSYS; as tnpu_blit_copy(). The BO is
 * gone then.
 */
int tnpu_evict_place(struct tnpu_bo *bo, struct dma_resv *resv)
{
	struct tnpu_evict *evict = &to_tnpu_device(bo->base.dev)->evict;
	struct ttm_operation_ctx ctx = {
		.interruptible = true,
		.gfp_retry_mayfail = true,
		.allow_res_evict = true,
		.resv = resv,
	};
	int ret;

	evict->shortage = 0;
	ret = ttm_bo_init_reserved(&evict->ttm, &bo->ttm, ttm_bo_type_device, &tnpu_evict_vram,
				   0, &ctx, NULL, resv, tnpu_gem_local_destroy);
	if (ret)
		return tnpu_evict_result(evict, ret);
	ttm_bo_pin(&bo->ttm);
	if (!resv)
		dma_resv_unlock(bo->base.resv);

	return 0;
}

/**
 * tnpu_evict_return - bring a BO back to device memory
 * @bo: the BO, mapped in tnpu_evict.vm; its reservation is locked
 *
 * Return: as tnpu_evict_place().
 */
int tnpu_evict_return(struct tnpu_bo *bo)
{
	struct tnpu_evict *evict = &to_tnpu_device(bo->base.dev)->evict;
	struct ttm_operation_ctx ctx = {
		.interruptible = true,
		.gfp_retry_mayfail = true,
		.allow_res_evict = true,
		.resv = drm_gpuvm_resv(evict->vm),
	};

	evict->shortage = 0;

	return tnpu_evict_result(evict, ttm_bo_validate(&bo->ttm, &tnpu_evict_vram, &ctx));
}

/**
 * tnpu_evict_make_room - lock reservations and bring back BOs, until there is room for all
 * @vm: what is mapped in it does not go
 * @lock: locks, and calls tnpu_evict_return(); where it fails, nothing is locked
 * @data: for @lock
 *
 * Inside tnpu_pm_enter(). BOs together have to fit into device memory, or this takes forever.
 *
 * Return: as @lock, but not -ENOSPC; -ERESTARTSYS.
 */
int tnpu_evict_make_room(struct drm_gpuvm *vm, int (*lock)(void *data), void *data)
{
	struct tnpu_device *tdev = to_tnpu_device(vm->drm);
	int ret;

	ret = tnpu_evict_begin(tdev);
	if (ret)
		return ret;
	tdev->evict.vm = vm;
	do {
		ret = lock(data);
		if (ret != -ENOSPC)
			break;
		ret = tnpu_evict_wait(tdev);
	} while (!ret);
	tdev->evict.vm = NULL;
	tnpu_evict_end(tdev);

	return ret;
}

/* ---- QUEUE_SUBMIT -------------------------------------------------------------------- */

static int tnpu_evict_validate(struct drm_gpuvm_exec *exec)
{
	return drm_gpuvm_validate(exec->vm, &exec->exec);
}

static int tnpu_evict_lock_and_return(void *data)
{
	return drm_gpuvm_exec_lock(data);
}

/**
 * tnpu_evict_lock_vm - drm_gpuvm_exec_lock(), with all that is mapped in its place
 * @exec: what to lock
 *
 * Return: 0; as drm_gpuvm_exec_lock(); -ENOMEM; as tnpu_blit_copy().
 */
int tnpu_evict_lock_vm(struct drm_gpuvm_exec *exec)
{
	struct tnpu_evict *evict = &to_tnpu_device(exec->vm->drm)->evict;
	long ret;

	ret = wait_event_killable_timeout(evict->ended, !READ_ONCE(evict->wanted),
					  TNPU_EVICT_YIELD);
	if (ret < 0)
		return ret;
	ret = drm_gpuvm_exec_lock(exec);
	/* With all reservations locked nothing is added. */
	if (ret || list_empty(&exec->vm->evict.list))
		return ret;
	drm_gpuvm_exec_unlock(exec);
	exec->extra.fn = tnpu_evict_validate;

	return tnpu_evict_make_room(exec->vm, tnpu_evict_lock_and_return, exec);
}

/**
 * tnpu_evict_touch - say that what is mapped is being used
 * @exec: locked
 *
 * As long as there is room for everything, nobody keeps account.
 */
void tnpu_evict_touch(struct drm_gpuvm_exec *exec)
{
	struct tnpu_device *tdev = to_tnpu_device(exec->vm->drm);
	struct tnpu_bo *bo;

	if (!atomic64_read(&tdev->evict.bytes))
		return;
	guard(mutex)(&tdev->gem.lock);
	if (tdev->evict.recent == exec->vm)
		return;
	tdev->evict.recent = exec->vm;
	list_for_each_entry(bo, &tdev->gem.bos, node) {
		if (bo->flags & DRM_TNPU_BO_LOCAL &&
		    dma_resv_locking_ctx(bo->base.resv) == &exec->exec.ticket)
			ttm_bo_move_to_lru_tail_unlocked(&bo->ttm);
	}
}

/* ---- The device ---------------------------------------------------------------------- */

static void tnpu_evict_fini(struct drm_device *drm, void *arg)
{
	ttm_device_fini(arg);
}

/**
 * tnpu_evict_init - start with TTM
 * @tdev: the device, its memory's allocator ready
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_evict_init(struct tnpu_device *tdev)
{
	struct tnpu_evict *evict = &tdev->evict;
	int ret;

	init_waitqueue_head(&evict->ended);
	ret = drmm_mutex_init(&tdev->drm, &evict->lock);
	if (ret)
		return ret;
	ret = tnpu_compat_ttm_init(&evict->ttm, &tnpu_evict_funcs, &tdev->drm);
	if (ret)
		return ret;
	tnpu_vram_init_man(tdev, &evict->ttm);

	return drmm_add_action_or_reset(&tdev->drm, tnpu_evict_fini, &evict->ttm);
}
