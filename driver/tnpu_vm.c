// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: address spaces.
 *
 * What is mapped where changes in tnpu_bind.c. BOs in device memory may be moved out of it
 * (tnpu_evict.c), and back, and the tables follow here.
 */
#include <linux/delay.h>
#include <linux/pci.h>

#include <drm/drm_managed.h>

#include "tnpu_drv.h"

/**
 * struct tnpu_vm_bo - a BO in a VM
 * @base: base
 * @counted: in tnpu_vm.local; protected by the BO's reservation
 */
struct tnpu_vm_bo {
	struct drm_gpuvm_bo base;
	bool counted;
};

static struct tnpu_vm *to_tnpu_vm(struct drm_gpuvm *gpuvm)
{
	return container_of(gpuvm, struct tnpu_vm, gpuvm);
}

static struct tnpu_vm_bo *to_tnpu_vm_bo(struct drm_gpuvm_bo *vm_bo)
{
	return container_of(vm_bo, struct tnpu_vm_bo, base);
}

/* ---- Tables ---------------------------------------------------------------------- */

/**
 * tnpu_vm_flush - make the device forget all translations
 * @vm: the VM
 *
 * Frees the tables that were taken out before.
 */
void tnpu_vm_flush(struct tnpu_vm *vm)
{
	struct tnpu_msg_invalidate msg = { .context = vm->context };
	LIST_HEAD(tables);

	mutex_lock(&vm->pts.lock);
	list_splice_init(&vm->pts.retired, &tables);
	mutex_unlock(&vm->pts.lock);
	/* Without an answer the device is stopped, and reaches nothing either. */
	if (tnpu_mbox_call(vm->tdev, TNPU_MSG_INVALIDATE, &msg, sizeof(msg)))
		tnpu_dbg(vm->tdev, VM, "context %u: the device is lost", vm->context);
	tnpu_pt_free_list(&vm->pts, &tables);
}

static void tnpu_vm_evict(struct drm_gpuvm_bo *vm_bo)
{
	struct tnpu_vm *vm = to_tnpu_vm(vm_bo->vm);
	struct drm_gpuva *gpuva;

	mutex_lock(&vm->pts.lock);
	drm_gpuvm_bo_for_each_va(gpuva, vm_bo) {
		if (drm_gpuva_invalidated(gpuva) || gpuva->flags & TNPU_VMA_REMOVED)
			continue;
		tnpu_pt_unmap(&vm->pts, gpuva->va.addr, gpuva->va.range);
		tnpu_pt_prune(&vm->pts, gpuva->va.addr, gpuva->va.range);
		drm_gpuva_invalidate(gpuva, true);
	}
	mutex_unlock(&vm->pts.lock);
	/* Also for what was removed. */
	tnpu_vm_flush(vm);
	drm_gpuvm_bo_evict(vm_bo, true);
}

/**
 * tnpu_vm_evict_bo - take a BO from the device
 * @bo: the BO, its reservation locked
 *
 * On return the device reaches it no more, in no VM. QUEUE_SUBMIT brings it back.
 */
void tnpu_vm_evict_bo(struct tnpu_bo *bo)
{
	struct drm_gpuvm_bo *vm_bo;

	dma_resv_assert_held(bo->base.resv);

	drm_gem_for_each_gpuvm_bo(vm_bo, &bo->base)
		tnpu_vm_evict(vm_bo);
}

/* Gives a mapping its entries again. Tables are on hold. */
static int tnpu_vm_return_one(struct tnpu_vm *vm, struct drm_gpuva *gpuva)
{
	const u64 va = gpuva->va.addr, size = gpuva->va.range;
	struct tnpu_gem_cursor cursor;
	int ret;

	if (!drm_gpuva_invalidated(gpuva) || gpuva->flags & TNPU_VMA_REMOVED)
		return 0;
	tnpu_gem_seek(&cursor, to_tnpu_bo(gpuva->gem.obj), gpuva->gem.offset);
	ret = tnpu_pt_prepare_map(&vm->pts, va, size, &cursor);
	if (ret)
		return ret;
	mutex_lock(&vm->pts.lock);
	tnpu_pt_map(&vm->pts, va, size, &cursor, gpuva->flags & TNPU_VMA_READONLY);
	mutex_unlock(&vm->pts.lock);
	drm_gpuva_invalidate(gpuva, false);

	return 0;
}

/*
 * Entries that were not valid may be made valid without an INVALIDATE. Tables that this leaves
 * without use go when something is unmapped there.
 */
static int tnpu_vm_return(struct drm_gpuvm_bo *vm_bo, struct drm_exec *exec)
{
	struct tnpu_vm *vm = to_tnpu_vm(vm_bo->vm);
	struct drm_gpuva *gpuva;
	int ret;

	ret = tnpu_evict_return(to_tnpu_bo(vm_bo->obj));
	if (ret)
		return ret;
	tnpu_pt_hold(&vm->pts);
	drm_gpuvm_bo_for_each_va(gpuva, vm_bo) {
		ret = tnpu_vm_return_one(vm, gpuva);
		if (ret)
			break;
	}
	mutex_lock(&vm->pts.lock);
	tnpu_pt_unhold(&vm->pts);
	if (ret)
		tnpu_pt_prune(&vm->pts, TNPU_VA_START, TNPU_VA_END - TNPU_VA_START);
	mutex_unlock(&vm->pts.lock);
	if (!ret)
		drm_gpuvm_bo_evict(vm_bo, false);

	return ret;
}

/* ---- What drm_gpuvm asks for ------------------------------------------------------ */

static void tnpu_vm_free(struct drm_gpuvm *gpuvm)
{
	struct tnpu_vm *vm = to_tnpu_vm(gpuvm);

	mutex_destroy(&vm->pts.lock);
	mutex_destroy(&vm->lock);
	kfree(vm);
}

static struct drm_gpuvm_bo *tnpu_vm_bo_alloc(void)
{
	struct tnpu_vm_bo *vm_bo = kzalloc(sizeof(*vm_bo), GFP_KERNEL_ACCOUNT);

	return vm_bo ? &vm_bo->base : NULL;
}

/* Nothing of the BO is mapped any more. */
static void tnpu_vm_bo_free(struct drm_gpuvm_bo *base)
{
	struct tnpu_vm_bo *vm_bo = to_tnpu_vm_bo(base);

	if (vm_bo->counted)
		atomic64_sub(base->obj->size, &to_tnpu_vm(base->vm)->local);
	kfree(vm_bo);
}

/**
 * tnpu_vm_count - count a BO that is to be mapped, where its memory is limited
 * @vm_bo: the BO in the VM; its reservation is locked
 *
 * Return: 0; -ENOSPC: what is mapped in the VM would not fit into device memory.
 */
int tnpu_vm_count(struct drm_gpuvm_bo *vm_bo)
{
	struct tnpu_vm *vm = to_tnpu_vm(vm_bo->vm);

	if (to_tnpu_vm_bo(vm_bo)->counted || !(to_tnpu_bo(vm_bo->obj)->flags & DRM_TNPU_BO_LOCAL))
		return 0;
	to_tnpu_vm_bo(vm_bo)->counted = true;
	if (atomic64_add_return(vm_bo->obj->size, &vm->local) > vm->tdev->vram.room)
		return -ENOSPC;

	return 0;
}

static const struct drm_gpuvm_ops tnpu_vm_ops = {
	.vm_free = tnpu_vm_free,
	.vm_bo_alloc = tnpu_vm_bo_alloc,
	.vm_bo_free = tnpu_vm_bo_free,
	.vm_bo_validate = tnpu_vm_return,
	.sm_step_map = tnpu_bind_step_map,
	.sm_step_remap = tnpu_bind_step_remap,
	.sm_step_unmap = tnpu_bind_step_unmap,
};

/* ---- The object ------------------------------------------------------------------ */

/* Root 0 unmaps the context. */
static int tnpu_vm_set_root(struct tnpu_vm *vm, dma_addr_t root)
{
	struct tnpu_msg_context msg = { .context = vm->context, .root = root };

	return tnpu_mbox_call(vm->tdev, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg));
}

static void tnpu_vm_retire(struct tnpu_vm *vm)
{
	struct tnpu_vms *vms = &vm->tdev->vms;

	tnpu_pt_fini(&vm->pts);
	/* While it is on the list, the device cannot be unplugged under it. */
	mutex_lock(&vms->lock);
	list_del(&vm->node);
	mutex_unlock(&vms->lock);
	ida_free(&vms->contexts, vm->context);
	atomic_dec(&vms->count);
}

static void tnpu_vm_release(struct kref *ref)
{
	struct tnpu_vm *vm = container_of(ref, struct tnpu_vm, ref);
	struct drm_gpuva *gpuva, *next;

	/* From here on recovery does not tell it to the device again. */
	mutex_lock(&vm->tdev->vms.lock);
	vm->released = true;
	mutex_unlock(&vm->tdev->vms.lock);
	if (tnpu_reset_pin(vm->tdev)) {
		if (tnpu_vm_set_root(vm, 0))
			tnpu_dbg(vm->tdev, VM, "context %u: the device is lost", vm->context);
		tnpu_reset_unpin(vm->tdev);
	}
	tnpu_binds_cancel(vm, -ECANCELED);
	mutex_lock(&vm->lock);
	drm_gpuvm_for_each_va_safe(gpuva, next, &vm->gpuvm) {
		drm_gpuva_remove(gpuva);
		tnpu_vma_free(gpuva);
	}
	mutex_unlock(&vm->lock);
	tnpu_vm_retire(vm);
	drm_gpuvm_put(&vm->gpuvm);
}

/**
 * tnpu_vm_get - take a reference
 * @vm: the VM
 */
void tnpu_vm_get(struct tnpu_vm *vm)
{
	kref_get(&vm->ref);
}

/**
 * tnpu_vm_put - drop a reference; with the last one all mappings go. May sleep.
 * @vm: the VM
 */
void tnpu_vm_put(struct tnpu_vm *vm)
{
	kref_put(&vm->ref, tnpu_vm_release);
}

/**
 * tnpu_vm_lookup - find a VM by its ID
 * @file: the open file
 * @id: of the VM
 *
 * Return: the VM with a reference for the caller, or NULL.
 */
struct tnpu_vm *tnpu_vm_lookup(struct tnpu_file *file, u32 id)
{
	struct tnpu_vm *vm;

	xa_lock(&file->vms);
	vm = xa_load(&file->vms, id);
	if (vm)
		tnpu_vm_get(vm);
	xa_unlock(&file->vms);

	return vm;
}

static int tnpu_vm_init_gpuvm(struct tnpu_vm *vm)
{
	struct drm_device *drm = &vm->tdev->drm;
	struct drm_gem_object *root = drm_gpuvm_resv_object_alloc(drm);

	if (!root)
		return -ENOMEM;
	drm_gpuvm_init(&vm->gpuvm, "tnpu-vm", 0, drm, root, TNPU_VA_START,
		       TNPU_VA_END - TNPU_VA_START, 0, 0, &tnpu_vm_ops);
	drm_gem_object_put(root);

	return 0;
}

static int tnpu_vm_init(struct tnpu_vm *vm)
{
	struct tnpu_vms *vms = &vm->tdev->vms;
	int context, ret;

	context = ida_alloc_range(&vms->contexts, 1, vm->tdev->hw.num_contexts, GFP_KERNEL);
	if (context < 0)
		return context == -ENOSPC ? -EBUSY : context;
	vm->context = context;
	ret = tnpu_pt_init(&vm->pts, vm->tdev->drm.dev);
	if (!ret) {
		ret = tnpu_vm_init_gpuvm(vm);
		if (ret)
			tnpu_pt_fini(&vm->pts);
	}
	if (ret) {
		ida_free(&vms->contexts, vm->context);
		return ret;
	}
	atomic_inc(&vms->count);

	return 0;
}

/**
 * tnpu_vm_create - make a VM
 * @tdev: the device
 *
 * Return: the VM with a reference for the caller; -ENOMEM; -EBUSY no context is free; else as
 * tnpu_mbox_call().
 */
struct tnpu_vm *tnpu_vm_create(struct tnpu_device *tdev)
{
	struct tnpu_vm *vm;
	int ret;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	vm->tdev = tdev;
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	tnpu_binds_init(vm);
	ret = tnpu_vm_init(vm);
	if (ret) {
		kfree(vm);
		return ERR_PTR(ret);
	}
	mutex_lock(&tdev->vms.lock);
	list_add_tail(&vm->node, &tdev->vms.list);
	mutex_unlock(&tdev->vms.lock);
	ret = tnpu_vm_set_root(vm, vm->pts.root->dma);
	if (ret) {
		tnpu_vm_put(vm);
		return ERR_PTR(ret);
	}

	return vm;
}

/**
 * tnpu_vm_close - drop all VMs of a file that is being closed
 * @file: the file
 */
void tnpu_vm_close(struct tnpu_file *file)
{
	struct tnpu_vm *vm;
	unsigned long id;

	xa_for_each(&file->vms, id, vm)
		tnpu_vm_put(vm);
	xa_destroy(&file->vms);
}

/* ---- ioctls ---------------------------------------------------------------------- */

/**
 * tnpu_vm_create_ioctl - DRM_IOCTL_TNPU_VM_CREATE
 * @drm: the device, inside drm_dev_enter()
 * @data: struct drm_tnpu_vm_create
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct tnpu_file *priv = file->driver_priv;
	struct drm_tnpu_vm_create *args = data;
	struct tnpu_vm *vm;
	int ret;

	if (args->flags)
		return -EINVAL;
	vm = tnpu_vm_create(to_tnpu_device(drm));
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ret = xa_alloc(&priv->vms, &args->id, vm, xa_limit_32b, GFP_KERNEL);
	if (ret)
		tnpu_vm_put(vm);

	return ret;
}

/**
 * tnpu_vm_destroy_ioctl - DRM_IOCTL_TNPU_VM_DESTROY
 * @drm: the device, inside drm_dev_enter()
 * @data: struct drm_tnpu_vm_destroy
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct tnpu_file *priv = file->driver_priv;
	struct drm_tnpu_vm_destroy *args = data;
	struct tnpu_vm *vm;

	if (args->pad)
		return -EINVAL;
	vm = xa_erase(&priv->vms, args->id);
	if (!vm)
		return -ENOENT;
	tnpu_vm_put(vm);

	return 0;
}

/* ---- The device ------------------------------------------------------------------ */

static void tnpu_vms_release(struct drm_device *drm, void *arg)
{
	ida_destroy(arg);
}

static void tnpu_vms_destroy_wq(struct drm_device *drm, void *arg)
{
	destroy_workqueue(arg);
}

/**
 * tnpu_vms_init - start without contexts
 * @tdev: the device
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_vms_init(struct tnpu_device *tdev)
{
	struct tnpu_vms *vms = &tdev->vms;
	int ret;

	INIT_LIST_HEAD(&vms->list);
	ida_init(&vms->contexts);
	ret = drmm_add_action_or_reset(&tdev->drm, tnpu_vms_release, &vms->contexts);
	if (ret)
		return ret;
	ret = drmm_mutex_init(&tdev->drm, &vms->lock);
	if (ret)
		return ret;
	/* While the system sleeps nothing talks to the device. */
	vms->wq = alloc_workqueue("tnpu-bind", WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_FREEZABLE, 0);
	if (!vms->wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&tdev->drm, tnpu_vms_destroy_wq, vms->wq);
}

/* Takes one VM off the list; NULL where the list is empty or its VMs are being released. */
static struct tnpu_vm *tnpu_vms_pop(struct tnpu_vms *vms)
{
	struct tnpu_vm *vm;

	guard(mutex)(&vms->lock);
	list_for_each_entry(vm, &vms->list, node) {
		if (!kref_get_unless_zero(&vm->ref))
			continue;
		list_del_init(&vm->node);
		return vm;
	}

	return NULL;
}

static bool tnpu_vms_empty(struct tnpu_vms *vms)
{
	guard(mutex)(&vms->lock);

	return list_empty(&vms->list);
}

/**
 * tnpu_vms_unplug - end all VM_BINDs with -ENODEV and free all page tables
 * @tdev: the device, unplugged and stopped
 *
 * These are DMA memory, which must not outlive the driver's hold on the device.
 */
void tnpu_vms_unplug(struct tnpu_device *tdev)
{
	struct tnpu_vms *vms = &tdev->vms;
	struct tnpu_vm *vm;

	while (!tnpu_vms_empty(vms)) {
		vm = tnpu_vms_pop(vms);
		if (vm) {
			tnpu_binds_cancel(vm, -ENODEV);
			tnpu_pt_fini(&vm->pts);
			tnpu_vm_put(vm);
		} else {
			/* Who releases them is about to take them off. */
			fsleep(USEC_PER_MSEC);
		}
	}
}

/**
 * tnpu_vms_restore - tell the device all contexts anew
 * @tdev: the device, its firmware just started
 *
 * Part of recovery.
 *
 * Return: as tnpu_mbox_exchange().
 */
int tnpu_vms_restore(struct tnpu_device *tdev)
{
	struct tnpu_msg_context msg;
	struct tnpu_vm *vm;
	int ret;

	guard(mutex)(&tdev->vms.lock);
	list_for_each_entry(vm, &tdev->vms.list, node) {
		if (vm->released)
			continue;
		msg = (struct tnpu_msg_context){
			.context = vm->context,
			.root = vm->pts.root->dma,
		};
		ret = tnpu_mbox_exchange(tdev, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg));
		if (ret)
			return ret;
	}

	return 0;
}
