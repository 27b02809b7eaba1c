/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: address spaces.
 */
#ifndef _TNPU_VM_H_
#define _TNPU_VM_H_

#include <linux/atomic.h>
#include <linux/idr.h>
#include <linux/kref.h>
#include <linux/mutex.h>

#include <drm/drm_gpuvm.h>

#include "tnpu_bind.h"
#include "tnpu_pt.h"

struct tnpu_bo;
struct tnpu_device;
struct tnpu_file;

/* Low addresses stay free, so that a null pointer with an offset faults. */
#define TNPU_VA_START	BIT_ULL(21)
#define TNPU_VA_END	BIT_ULL(47)

/* In drm_gpuva.flags: mapped without write access. */
#define TNPU_VMA_READONLY	DRM_GPUVA_USERBITS
/* It has been unmapped; the device may hold translations until the next INVALIDATE. */
#define TNPU_VMA_REMOVED	(DRM_GPUVA_USERBITS << 1)

/**
 * struct tnpu_vms - the contexts of the device
 */
struct tnpu_vms {
	/** @lock: protects @list; nobody allocates under it: recovery takes it */
	struct mutex lock;
	/** @list: all VMs, struct tnpu_vm.node */
	struct list_head list;
	/** @wq: lets VM_BINDs take effect; fences depend on it */
	struct workqueue_struct *wq;
	/** @contexts: hardware contexts in use; their number is @count */
	struct ida contexts;
	/** @count: of contexts in use */
	atomic_t count;
};

/**
 * struct tnpu_vm - an address space
 *
 * Users are its ID and its queues, by @ref: with the last one the mappings go. @gpuvm is
 * also kept by what is mapped in it, so it is a little older.
 */
struct tnpu_vm {
	/** @gpuvm: what is mapped where. Its tree is protected by @lock */
	struct drm_gpuvm gpuvm;
	/** @tdev: the device */
	struct tnpu_device *tdev;
	/** @ref: users */
	struct kref ref;
	/** @context: hardware context, constant */
	u32 context;
	/** @lock: serialises VM_BINDs; inside tnpu_queue.submit_lock, outside tnpu_evict.lock */
	struct mutex lock;
	/** @pts: page tables; the root is constant until unplug */
	struct tnpu_pts pts;
	/** @binds: VM_BINDs with ASYNC */
	struct tnpu_binds binds;
	/** @local: bytes of BOs in device memory of which something is mapped */
	atomic64_t local;
	/** @node: entry of tnpu_vms.list */
	struct list_head node;
	/** @released: the last user is gone; protected by tnpu_vms.lock */
	bool released;
};

struct tnpu_vm *tnpu_vm_create(struct tnpu_device *tdev);
struct tnpu_vm *tnpu_vm_lookup(struct tnpu_file *file, u32 id);
void tnpu_vm_get(struct tnpu_vm *vm);
void tnpu_vm_put(struct tnpu_vm *vm);
void tnpu_vm_close(struct tnpu_file *file);
int tnpu_vm_count(struct drm_gpuvm_bo *vm_bo);
void tnpu_vm_flush(struct tnpu_vm *vm);
void tnpu_vm_evict_bo(struct tnpu_bo *bo);

int tnpu_vms_init(struct tnpu_device *tdev);
void tnpu_vms_unplug(struct tnpu_device *tdev);
int tnpu_vms_restore(struct tnpu_device *tdev);

int tnpu_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int tnpu_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* _TNPU_VM_H_ */
