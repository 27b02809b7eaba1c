/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: moves of BOs out of device memory and back.
 */
#ifndef _TNPU_EVICT_H_
#define _TNPU_EVICT_H_

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include <drm/ttm/ttm_device.h>

struct dma_fence;
struct drm_gpuvm;
struct drm_gpuvm_exec;
struct dma_resv;
struct tnpu_bo;
struct tnpu_device;

/**
 * struct tnpu_evict - moves of BOs
 */
struct tnpu_evict {
	/** @ttm: TTM's part: who was used last, and who goes next */
	struct ttm_device ttm;
	/**
	 * @lock: held by who takes device memory for BOs, and while a BO moves. Inside
	 * tnpu_queue.submit_lock and tnpu_vm.lock, outside reservations. Protects the members below
	 */
	struct mutex lock;
	/** @shortage: 0; -ENOSPC, -ENOMEM: of which memory there was too little last */
	int shortage;
	/** @busy: what to wait for where all that could go is in use; a reference, or NULL */
	struct dma_fence *busy;
	/** @vm: what is mapped here does not go; or NULL */
	struct drm_gpuvm *vm;
	/** @wanted: the holder of @lock waits for jobs; read without it */
	bool wanted;
	/** @ended: woken when @wanted falls */
	wait_queue_head_t ended;
	/** @bytes: of BOs whose contents are in system memory; no lock */
	atomic64_t bytes;
	/** @recent: the VM that was used last, not to be followed; tnpu_gem.lock */
	const void *recent;
};

void tnpu_evict_note(struct tnpu_device *tdev, int shortage);
int tnpu_evict_begin(struct tnpu_device *tdev);
void tnpu_evict_end(struct tnpu_device *tdev);
int tnpu_evict_wait(struct tnpu_device *tdev);

int tnpu_evict_place(struct tnpu_bo *bo, struct dma_resv *resv);
int tnpu_evict_return(struct tnpu_bo *bo);
int tnpu_evict_make_room(struct drm_gpuvm *vm, int (*lock)(void *data), void *data);
int tnpu_evict_lock_vm(struct drm_gpuvm_exec *exec);
void tnpu_evict_touch(struct drm_gpuvm_exec *exec);
int tnpu_evict_init(struct tnpu_device *tdev);

#endif /* _TNPU_EVICT_H_ */
