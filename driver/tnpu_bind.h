/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: VM_BIND.
 */
#ifndef _TNPU_BIND_H_
#define _TNPU_BIND_H_

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct drm_device;
struct drm_file;
struct drm_gpuva;
struct drm_gpuva_op;
struct tnpu_vm;

/**
 * struct tnpu_binds - the VM_BINDs of a VM that have been called with ASYNC
 */
struct tnpu_binds {
	/** @lock: protects all members below but the work items; process context */
	spinlock_t lock;
	/** @pending: that have not taken effect, in the order in which they will */
	struct list_head pending;
	/** @done: whose fences have signalled, or are about to: they are to be freed */
	struct list_head done;
	/** @error: what those still pending end with, without taking effect; 0 */
	int error;
	/** @run: lets the first ones of @pending take effect; fences depend on it */
	struct work_struct run;
	/** @reap: frees what is in @done; no fence depends on it */
	struct work_struct reap;
	/** @context: of the fences, constant */
	u64 context;
	/** @seqno: of the newest fence; protected by tnpu_vm.lock */
	u64 seqno;
};

void tnpu_binds_init(struct tnpu_vm *vm);
void tnpu_binds_cancel(struct tnpu_vm *vm, int error);

void tnpu_vma_free(struct drm_gpuva *gpuva);
int tnpu_bind_step_map(struct drm_gpuva_op *op, void *priv);
int tnpu_bind_step_remap(struct drm_gpuva_op *op, void *priv);
int tnpu_bind_step_unmap(struct drm_gpuva_op *op, void *priv);

int tnpu_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* _TNPU_BIND_H_ */
