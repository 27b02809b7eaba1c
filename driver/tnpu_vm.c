// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: address spaces.
 *
 * drm_gpuvm knows what is mapped where and works out how a new operation cuts what is there;
 * tnpu_pt.c writes it down for the device. An operation takes effect as a whole or not at
 * all: all memory it may need is allocated first. What it removed is kept until the device
 * has acknowledged the INVALIDATE at the end of the ioctl, so nothing is ever freed
 * that the device still reaches.
 *
 * BOs in device memory may be moved out of it (tnpu_evict.c). Mappings stay, without entries in
 * the tables: DRM_GPUVA_INVALIDATED, which the BO's reservation protects, as all flags of mappings.
 * Each operation holds the reservations of all BOs that it touches, and that of the VM, which keeps
 * QUEUE_SUBMIT away. A mapping that was removed, but whose INVALIDATE is still to come, stays with
 * its BO, so that who moves the BO in this moment sends one first.
 */
#include <linux/delay.h>
#include <linux/pci.h>

#include <drm/drm_exec.h>
#include <drm/drm_managed.h>

#include "tnpu_drv.h"

/* One for the new mapping, two for what is left of one that it cuts. */
#define TNPU_BIND_SPARES	3

/**
 * struct tnpu_vma - a mapping
 * @gpuva: base
 * @node: entry of tnpu_bind.removed
 */
struct tnpu_vma {
	struct drm_gpuva gpuva;
	struct list_head node;
};

/**
 * struct tnpu_bind - one VM_BIND ioctl
 * @vm: the VM, locked
 * @exec: reservations that the operation in progress needs
 * @spare: mappings to be used by the operation in progress
 * @vm_bo: the BO of the operation in progress in this VM, or NULL
 * @readonly: the operation in progress maps without write access
 * @removed: mappings that are gone, but may be in use until the next INVALIDATE
 * @start: lowest address that was touched
 * @end: first address behind all that was touched
 */
struct tnpu_bind {
	struct tnpu_vm *vm;
	struct drm_exec exec;
	struct tnpu_vma *spare[TNPU_BIND_SPARES];
	struct drm_gpuvm_bo *vm_bo;
	bool readonly;
	struct list_head removed;
	u64 start;
	u64 end;
};

static struct tnpu_vm *to_tnpu_vm(struct drm_gpuvm *gpuvm)
{
	return container_of(gpuvm, struct tnpu_vm, gpuvm);
}

static struct tnpu_vma *to_tnpu_vma(struct drm_gpuva *gpuva)
{
	return container_of(gpuva, struct tnpu_vma, gpuva);
}

/* ---- Tables ---------------------------------------------------------------------- */

/**
 * tnpu_vm_flush - make the device forget all translations
 * @vm: the VM, with its pt_lock held
 *
 * Frees the tables that were taken out.
 */
void tnpu_vm_flush(struct tnpu_vm *vm)
{
	struct tnpu_msg_invalidate msg = { .context = vm->context };

	lockdep_assert_held(&vm->pt_lock);

	/* Without an answer the device is stopped, and reaches nothing either. */
	if (tnpu_mbox_call(vm->tdev, TNPU_MSG_INVALIDATE, &msg, sizeof(msg)))
		tnpu_dbg(vm->tdev, VM, "context %u: the device is lost", vm->context);
	tnpu_pt_reclaim(&vm->pts);
}

static void tnpu_vm_evict(struct drm_gpuvm_bo *vm_bo)
{
	struct tnpu_vm *vm = to_tnpu_vm(vm_bo->vm);
	struct drm_gpuva *gpuva;

	mutex_lock(&vm->pt_lock);
	drm_gpuvm_bo_for_each_va(gpuva, vm_bo) {
		if (drm_gpuva_invalidated(gpuva) || gpuva->flags & TNPU_VMA_REMOVED)
			continue;
		tnpu_pt_unmap(&vm->pts, gpuva->va.addr, gpuva->va.range);
		tnpu_pt_prune(&vm->pts, gpuva->va.addr, gpuva->va.range);
		drm_gpuva_invalidate(gpuva, true);
	}
	/* Also for what was removed. */
	tnpu_vm_flush(vm);
	mutex_unlock(&vm->pt_lock);
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

/* Gives a mapping its entries again. On failure nothing has changed. */
static int tnpu_vm_return_one(struct tnpu_vm *vm, struct drm_gpuva *gpuva)
{
	const u64 va = gpuva->va.addr, size = gpuva->va.range;
	struct tnpu_gem_cursor cursor;
	int ret;

	if (!drm_gpuva_invalidated(gpuva) || gpuva->flags & TNPU_VMA_REMOVED)
		return 0;
	tnpu_gem_seek(&cursor, to_tnpu_bo(gpuva->gem.obj), gpuva->gem.offset);
	ret = tnpu_pt_prepare(&vm->pts, va, size, &cursor);
	if (ret) {
		tnpu_pt_prune(&vm->pts, va, size);
		return ret;
	}
	tnpu_pt_map(&vm->pts, va, size, &cursor, gpuva->flags & TNPU_VMA_READONLY);
	drm_gpuva_invalidate(gpuva, false);

	return 0;
}

/* Entries that were not valid may be made valid without an INVALIDATE. */
static int tnpu_vm_return(struct drm_gpuvm_bo *vm_bo, struct drm_exec *exec)
{
	struct tnpu_vm *vm = to_tnpu_vm(vm_bo->vm);
	struct drm_gpuva *gpuva;
	int ret;

	ret = tnpu_evict_return(to_tnpu_bo(vm_bo->obj));
	if (ret)
		return ret;
	mutex_lock(&vm->pt_lock);
	drm_gpuvm_bo_for_each_va(gpuva, vm_bo) {
		ret = tnpu_vm_return_one(vm, gpuva);
		if (ret)
			break;
	}
	if (!list_empty(&vm->pts.retired))
		tnpu_vm_flush(vm);
	mutex_unlock(&vm->pt_lock);
	if (!ret)
		drm_gpuvm_bo_evict(vm_bo, false);

	return ret;
}

/* ---- Mappings -------------------------------------------------------------------- */

static struct tnpu_vma *tnpu_bind_take(struct tnpu_bind *bind)
{
	unsigned int i;

	for (i = 0; i < TNPU_BIND_SPARES; i++) {
		if (bind->spare[i])
			return no_free_ptr(bind->spare[i]);
	}
	/* drm_gpuvm promises one map and two rests at most. */
	WARN_ON_ONCE(1);

	return NULL;
}

/* The mapping's reference to the BO may be the last one, whose lock this takes. */
static void tnpu_vma_free(struct tnpu_vma *vma)
{
	struct drm_gem_object *obj = vma->gpuva.gem.obj;

	drm_gem_object_get(obj);
	dma_resv_lock(obj->resv, NULL);
	drm_gpuva_unlink(&vma->gpuva);
	dma_resv_unlock(obj->resv);
	drm_gem_object_put(obj);
	kfree(vma);
}

static void tnpu_vma_free_list(struct list_head *list)
{
	struct tnpu_vma *vma, *next;

	list_for_each_entry_safe(vma, next, list, node)
		tnpu_vma_free(vma);
	INIT_LIST_HEAD(list);
}

static void tnpu_vma_map(struct tnpu_bind *bind, struct drm_gpuva *gpuva)
{
	struct tnpu_bo *bo = to_tnpu_bo(gpuva->gem.obj);
	struct tnpu_gem_cursor cursor;

	if (bo->evicted) {
		drm_gpuva_invalidate(gpuva, true);
		drm_gpuvm_bo_evict(bind->vm_bo, true);
		return;
	}
	tnpu_gem_seek(&cursor, bo, gpuva->gem.offset);
	tnpu_pt_map(&bind->vm->pts, gpuva->va.addr, gpuva->va.range, &cursor, bind->readonly);
}

static void tnpu_vma_unmap(struct tnpu_bind *bind, struct drm_gpuva *gpuva, u64 va, u64 size)
{
	if (!drm_gpuva_invalidated(gpuva))
		tnpu_pt_unmap(&bind->vm->pts, va, size);
}

/* Until the INVALIDATE. */
static void tnpu_vma_remove(struct tnpu_bind *bind, struct drm_gpuva *gpuva)
{
	gpuva->flags |= TNPU_VMA_REMOVED;
	list_add_tail(&to_tnpu_vma(gpuva)->node, &bind->removed);
}

static int tnpu_vm_step_map(struct drm_gpuva_op *op, void *priv)
{
	struct tnpu_bind *bind = priv;
	struct tnpu_vma *vma = tnpu_bind_take(bind);
	struct drm_gpuva *gpuva = &vma->gpuva;

	if (!vma)
		return -EINVAL;
	drm_gpuva_map(&bind->vm->gpuvm, gpuva, &op->map);
	if (bind->readonly)
		gpuva->flags |= TNPU_VMA_READONLY;
	tnpu_vma_map(bind, gpuva);
	drm_gpuva_link(gpuva, bind->vm_bo);

	return 0;
}

static void tnpu_vm_keep_rest(struct tnpu_vma *rest, struct drm_gpuva *whole)
{
	rest->gpuva.flags = whole->flags;
	drm_gpuva_link(&rest->gpuva, whole->vm_bo);
}

static int tnpu_vm_step_remap(struct drm_gpuva_op *op, void *priv)
{
	struct tnpu_bind *bind = priv;
	struct drm_gpuva *whole = op->remap.unmap->va;
	struct tnpu_vma *prev = op->remap.prev ? tnpu_bind_take(bind) : NULL;
	struct tnpu_vma *next = op->remap.next ? tnpu_bind_take(bind) : NULL;
	u64 va, size;

	drm_gpuva_op_remap_to_unmap_range(&op->remap, &va, &size);
	tnpu_vma_unmap(bind, whole, va, size);
	drm_gpuva_remap(prev ? &prev->gpuva : NULL, next ? &next->gpuva : NULL, &op->remap);
	if (prev)
		tnpu_vm_keep_rest(prev, whole);
	if (next)
		tnpu_vm_keep_rest(next, whole);
	tnpu_vma_remove(bind, whole);

	return 0;
}

static int tnpu_vm_step_unmap(struct drm_gpuva_op *op, void *priv)
{
	struct tnpu_bind *bind = priv;
	struct drm_gpuva *gpuva = op->unmap.va;

	tnpu_vma_unmap(bind, gpuva, gpuva->va.addr, gpuva->va.range);
	drm_gpuva_unmap(&op->unmap);
	tnpu_vma_remove(bind, gpuva);

	return 0;
}

static void tnpu_vm_free(struct drm_gpuvm *gpuvm)
{
	struct tnpu_vm *vm = to_tnpu_vm(gpuvm);

	mutex_destroy(&vm->pt_lock);
	mutex_destroy(&vm->lock);
	kfree(vm);
}

/* Nothing of the BO is mapped any more. */
static void tnpu_vm_bo_free(struct drm_gpuvm_bo *vm_bo)
{
	if (to_tnpu_bo(vm_bo->obj)->flags & DRM_TNPU_BO_LOCAL)
		atomic64_sub(vm_bo->obj->size, &to_tnpu_vm(vm_bo->vm)->local);
	kfree(vm_bo);
}

static const struct drm_gpuvm_ops tnpu_vm_ops = {
	.vm_free = tnpu_vm_free,
	.vm_bo_free = tnpu_vm_bo_free,
	.vm_bo_validate = tnpu_vm_return,
	.sm_step_map = tnpu_vm_step_map,
	.sm_step_remap = tnpu_vm_step_remap,
	.sm_step_unmap = tnpu_vm_step_unmap,
};

/* ---- Operations ------------------------------------------------------------------ */

static int tnpu_bind_reserve(struct tnpu_bind *bind)
{
	unsigned int i;

	for (i = 0; i < TNPU_BIND_SPARES; i++) {
		if (!bind->spare[i])
			bind->spare[i] = kzalloc(sizeof(*bind->spare[i]), GFP_KERNEL_ACCOUNT);
		if (!bind->spare[i])
			return -ENOMEM;
	}

	return 0;
}

/* Counts a BO of which nothing was mapped, where its memory is limited. */
static int tnpu_bind_count(struct tnpu_bind *bind)
{
	struct tnpu_vm *vm = bind->vm;
	struct drm_gem_object *obj = bind->vm_bo->obj;

	if (!list_empty(&bind->vm_bo->list.gpuva) ||
	    !(to_tnpu_bo(obj)->flags & DRM_TNPU_BO_LOCAL))
		return 0;
	if (atomic64_add_return(obj->size, &vm->local) > vm->tdev->vram.room)
		return -ENOSPC;

	return 0;
}

static int tnpu_bind_obtain(struct tnpu_bind *bind, struct drm_gem_object *obj)
{
	int ret;

	bind->vm_bo = drm_gpuvm_bo_obtain_locked(&bind->vm->gpuvm, obj);
	if (IS_ERR(bind->vm_bo))
		return PTR_ERR(bind->vm_bo);
	ret = tnpu_bind_count(bind);
	if (ret)
		drm_gpuvm_bo_put(bind->vm_bo);
	else
		drm_gpuvm_bo_extobj_add(bind->vm_bo);

	return ret;
}

static int tnpu_bind_prepare_map(struct tnpu_bind *bind, const struct drm_tnpu_vm_bind_op *op,
				 struct tnpu_bo *bo)
{
	struct tnpu_pts *pts = &bind->vm->pts;
	struct tnpu_gem_cursor cursor;
	int ret;

	if (bo->evicted)
		return 0;
	tnpu_gem_seek(&cursor, bo, op->bo_offset);
	ret = tnpu_pt_prepare(pts, op->va, op->size, &cursor);
	if (ret)
		tnpu_pt_prune(pts, op->va, op->size);

	return ret;
}

static int tnpu_bind_prepare(struct tnpu_bind *bind, const struct drm_tnpu_vm_bind_op *op)
{
	int ret;

	ret = tnpu_bind_reserve(bind);
	if (ret)
		return ret;

	return tnpu_pt_split(&bind->vm->pts, op->va, op->size);
}

static int tnpu_bind_map(struct tnpu_bind *bind, const struct drm_tnpu_vm_bind_op *op,
			 struct drm_gem_object *obj)
{
	struct tnpu_bo *bo = to_tnpu_bo(obj);
	int ret;

	if (op->bo_offset >= obj->size || op->size > obj->size - op->bo_offset)
		return -EINVAL;
	if (bo->vm_root && bo->vm_root != drm_gpuvm_resv_obj(&bind->vm->gpuvm))
		return -EACCES;
	ret = tnpu_bind_prepare(bind, op);
	if (ret)
		return ret;
	ret = tnpu_bind_obtain(bind, obj);
	if (ret)
		return ret;
	ret = tnpu_bind_prepare_map(bind, op, bo);
	if (ret)
		goto out_put;
	bind->readonly = op->flags & DRM_TNPU_VM_BIND_READONLY;
	ret = tnpu_compat_gpuvm_map(&bind->vm->gpuvm, bind, op->va, op->size, obj,
				    op->bo_offset);
out_put:
	drm_gpuvm_bo_put(bind->vm_bo);

	return ret;
}

static int tnpu_bind_unmap(struct tnpu_bind *bind, const struct drm_tnpu_vm_bind_op *op)
{
	int ret;

	ret = tnpu_bind_prepare(bind, op);
	if (ret)
		return ret;

	return drm_gpuvm_sm_unmap(&bind->vm->gpuvm, bind, op->va, op->size);
}

static int tnpu_bind_check(const struct drm_tnpu_vm_bind_op *op)
{
	if (op->op > DRM_TNPU_VM_BIND_OP_UNMAP || op->pad ||
	    op->flags & ~DRM_TNPU_VM_BIND_READONLY)
		return -EINVAL;
	if (op->op == DRM_TNPU_VM_BIND_OP_UNMAP &&
	    (op->flags || op->handle || op->bo_offset))
		return -EINVAL;
	if (!IS_ALIGNED(op->bo_offset | op->va | op->size, BIT(TNPU_PAGE_SHIFT)))
		return -EINVAL;
	if (!op->size || op->va < TNPU_VA_START || op->va >= TNPU_VA_END ||
	    op->size > TNPU_VA_END - op->va)
		return -EINVAL;

	return 0;
}

/* Locks the VM, what is to be mapped, and what is mapped there. */
static int tnpu_bind_lock(struct tnpu_bind *bind, const struct drm_tnpu_vm_bind_op *op,
			  struct drm_gem_object *obj)
{
	struct drm_gpuvm *gpuvm = &bind->vm->gpuvm;
	struct drm_exec *exec = &bind->exec;
	int ret;

	drm_exec_init(exec, DRM_EXEC_IGNORE_DUPLICATES, 0);
	drm_exec_until_all_locked(exec) {
		ret = drm_gpuvm_prepare_vm(gpuvm, exec, 0);
		if (!ret && obj)
			ret = drm_exec_lock_obj(exec, obj);
		if (!ret)
			ret = drm_gpuvm_prepare_range(gpuvm, exec, op->va, op->size, 0);
		drm_exec_retry_on_contention(exec);
		if (ret)
			break;
	}
	if (ret)
		drm_exec_fini(exec);

	return ret;
}

static int tnpu_bind_run_op(struct tnpu_bind *bind, const struct drm_tnpu_vm_bind_op *op,
			    struct drm_gem_object *obj)
{
	int ret;

	ret = tnpu_bind_lock(bind, op, obj);
	if (ret)
		return ret;
	mutex_lock(&bind->vm->pt_lock);
	ret = obj ? tnpu_bind_map(bind, op, obj) : tnpu_bind_unmap(bind, op);
	mutex_unlock(&bind->vm->pt_lock);
	drm_exec_fini(&bind->exec);

	return ret;
}

static int tnpu_bind_op(struct tnpu_bind *bind, const struct drm_tnpu_vm_bind_op *op,
			struct drm_file *file)
{
	struct drm_gem_object *obj;
	int ret;

	ret = tnpu_bind_check(op);
	if (ret)
		return ret;
	if (op->op == DRM_TNPU_VM_BIND_OP_UNMAP) {
		ret = tnpu_bind_run_op(bind, op, NULL);
	} else {
		obj = drm_gem_object_lookup(file, op->handle);
		if (!obj)
			return -ENOENT;
		ret = tnpu_bind_run_op(bind, op, obj);
		drm_gem_object_put(obj);
	}
	if (ret)
		return ret;
	bind->start = min(bind->start, op->va);
	bind->end = max(bind->end, op->va + op->size);

	return 0;
}

/* Makes the device forget what was changed, then frees what was removed. */
static int tnpu_bind_finish(struct tnpu_bind *bind)
{
	struct tnpu_vm *vm = bind->vm;
	struct tnpu_msg_invalidate msg = {
		.context = vm->context,
		.va = bind->start,
		.size = bind->end - bind->start,
	};
	struct tnpu_vma *vma;
	int ret;

	mutex_lock(&vm->pt_lock);
	list_for_each_entry(vma, &bind->removed, node)
		tnpu_pt_prune(&vm->pts, vma->gpuva.va.addr, vma->gpuva.va.range);
	ret = tnpu_mbox_call(vm->tdev, TNPU_MSG_INVALIDATE, &msg, sizeof(msg));
	/* Without an answer the device is stopped, and reaches nothing either. */
	tnpu_pt_reclaim(&vm->pts);
	mutex_unlock(&vm->pt_lock);
	tnpu_vma_free_list(&bind->removed);

	return ret;
}

static int tnpu_bind_run(struct tnpu_bind *bind, struct drm_tnpu_vm_bind *args,
			 struct drm_file *file)
{
	const u32 count = args->ops.count;
	struct drm_tnpu_vm_bind_op op;
	int ret = 0, error;

	/* Counts what took effect; told to the caller in any case. */
	for (args->ops.count = 0; args->ops.count < count && !ret; ) {
		ret = tnpu_array_get(&args->ops, args->ops.count, &op, sizeof(op));
		if (!ret)
			ret = tnpu_bind_op(bind, &op, file);
		if (!ret)
			args->ops.count++;
	}
	if (!args->ops.count)
		return ret;
	error = tnpu_bind_finish(bind);

	return ret ? ret : error;
}

static int tnpu_vm_bind(struct tnpu_vm *vm, struct drm_tnpu_vm_bind *args,
			struct drm_file *file)
{
	struct tnpu_bind bind = {
		.vm = vm,
		.removed = LIST_HEAD_INIT(bind.removed),
		.start = TNPU_VA_END,
	};
	unsigned int i;
	int ret;

	mutex_lock(&vm->lock);
	ret = tnpu_bind_run(&bind, args, file);
	mutex_unlock(&vm->lock);
	for (i = 0; i < TNPU_BIND_SPARES; i++)
		kfree(bind.spare[i]);

	return ret;
}

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

	mutex_lock(&vm->pt_lock);
	tnpu_pt_fini(&vm->pts);
	mutex_unlock(&vm->pt_lock);
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
	mutex_lock(&vm->lock);
	drm_gpuvm_for_each_va_safe(gpuva, next, &vm->gpuvm) {
		drm_gpuva_remove(gpuva);
		tnpu_vma_free(to_tnpu_vma(gpuva));
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
	mutex_init(&vm->pt_lock);
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

/**
 * tnpu_vm_bind_ioctl - DRM_IOCTL_TNPU_VM_BIND
 * @drm: the device, inside drm_dev_enter()
 * @data: struct drm_tnpu_vm_bind
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_tnpu_vm_bind *args = data;
	struct tnpu_vm *vm = NULL;
	int ret;

	ret = args->flags ? -EINVAL :
	      tnpu_array_check(&args->ops, sizeof(struct drm_tnpu_vm_bind_op),
			       TNPU_MAX_BIND_OPS);
	if (!ret) {
		vm = tnpu_vm_lookup(file->driver_priv, args->vm_id);
		ret = vm ? 0 : -ENOENT;
	}
	if (ret) {
		args->ops.count = 0;
		return ret;
	}
	ret = tnpu_vm_bind(vm, args, file);
	tnpu_vm_put(vm);

	return ret;
}

/* ---- The device ------------------------------------------------------------------ */

static void tnpu_vms_release(struct drm_device *drm, void *arg)
{
	ida_destroy(arg);
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

	return drmm_mutex_init(&tdev->drm, &vms->lock);
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
 * tnpu_vms_unplug - free all page tables
 * @tdev: the device, unplugged and stopped
 *
 * They are DMA memory, which must not outlive the driver's hold on the device.
 */
void tnpu_vms_unplug(struct tnpu_device *tdev)
{
	struct tnpu_vms *vms = &tdev->vms;
	struct tnpu_vm *vm;

	while (!tnpu_vms_empty(vms)) {
		vm = tnpu_vms_pop(vms);
		if (vm) {
			mutex_lock(&vm->pt_lock);
			tnpu_pt_fini(&vm->pts);
			mutex_unlock(&vm->pt_lock);
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
