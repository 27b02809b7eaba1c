// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: VM_BIND.
 *
 * drm_gpuvm knows what is mapped where and works out how a new operation cuts what is there. A call
 * has two halves. The first, in the ioctl, can fail, and then nothing has happened: it checks all
 * operations, allocates all that they may need, locks the reservations of the VM and of all BOs
 * that they touch, and prepares tables. Then it enters the operations into drm_gpuvm's tree, which
 * cannot fail, and lists the steps by which the page tables follow. The second half takes these
 * steps, and has the device forget. Without DRM_TNPU_VM_BIND_ASYNC it comes at once; else when
 * what the call waits for has signalled and earlier calls are through, in a work item of the VM. It
 * is on the way to a fence: it allocates nothing and takes no reservation.
 *
 * So the tree is ahead of the tables while calls are pending. Their fence is in the reservations of
 * all BOs that they touch: what is mapped or unmapped by a pending call is not moved out of device
 * memory (tnpu_evict.c), and what is to be mapped is brought there first. BOs that no pending call
 * touches come and go; no table goes meanwhile (tnpu_pt_hold()).
 *
 * What was moved out stays mapped without entries in the tables: DRM_GPUVA_INVALIDATED, which the
 * BO's reservation protects, as all flags of mappings. A mapping that was removed stays with its
 * BO until the device has forgotten it, so that who moves the BO in this moment sends an INVALIDATE
 * first. Nothing is ever freed that the device still reaches.
 */
#include <linux/dma-fence.h>
#include <linux/module.h>

#include <drm/drm_exec.h>

#include "tnpu_drv.h"
#include "tnpu_sync.h"

/* For an operation: what is left of two mappings that it cuts, or of one; and a new one. */
#define TNPU_BIND_RESTS		2

/**
 * struct tnpu_bind_step - a change of page tables
 * @node: entry of tnpu_bind.steps
 * @va: start of a range
 * @size: its bytes
 * @bo: to be mapped there, by a mapping that holds it; NULL: what is there is unmapped
 * @offset: in @bo
 * @readonly: the device may not write
 */
struct tnpu_bind_step {
	struct list_head node;
	u64 va;
	u64 size;
	struct tnpu_bo *bo;
	u64 offset;
	bool readonly;
};

/**
 * struct tnpu_vma - a mapping
 * @gpuva: base
 * @node: entry of tnpu_bind.spares or tnpu_bind.removed
 * @map: the step by which it comes
 * @unmap: the step by which it goes, maybe before @map is taken
 */
struct tnpu_vma {
	struct drm_gpuva gpuva;
	struct list_head node;
	struct tnpu_bind_step map;
	struct tnpu_bind_step unmap;
};

/**
 * struct tnpu_bind_op - an operation
 * @args: as userspace gave it, checked
 * @obj: what is to be mapped, a reference; NULL: UNMAP
 * @vm_bo: @obj in the VM, a reference while the reservations are locked
 */
struct tnpu_bind_op {
	struct drm_tnpu_vm_bind_op args;
	struct drm_gem_object *obj;
	struct drm_gpuvm_bo *vm_bo;
};

/**
 * struct tnpu_bind_fence - when a call with ASYNC has taken effect
 */
struct tnpu_bind_fence {
	/** @base: base */
	struct dma_fence base;
	/** @lock: of @base */
	spinlock_t lock;
	/** @free: frees it, and lets go of the module */
	struct work_struct free;
};

/**
 * struct tnpu_bind - a call of VM_BIND
 * @vm: the VM; of a pending call it is kept alive by others, who cancel it when they go
 * @ops: operations, until they are in the tree
 * @num_ops: their number
 * @op: the one that is being entered into the tree
 * @exec: reservations
 * @spares: mappings to be used
 * @steps: struct tnpu_bind_step.node: what is to be done to the tables
 * @removed: mappings that are gone, but may be in use until the call has taken effect
 * @tables: that were taken out, likewise
 * @start: lowest address that is touched
 * @end: first address behind all that is touched
 * @fence: NULL without ASYNC; not initialised until it is published
 * @syncs: what to wait for and to signal
 * @waited: how many of @syncs.waits have signalled
 * @armed: @cb is with the next one
 * @cb: has the call looked at again
 * @node: entry of tnpu_binds.pending or tnpu_binds.done
 */
struct tnpu_bind {
	struct tnpu_vm *vm;
	struct tnpu_bind_op *ops;
	u32 num_ops;
	struct tnpu_bind_op *op;
	struct drm_exec exec;
	struct list_head spares;
	struct list_head steps;
	struct list_head removed;
	struct list_head tables;
	u64 start;
	u64 end;
	struct tnpu_bind_fence *fence;
	struct tnpu_syncs syncs;
	u32 waited;
	bool armed;
	struct dma_fence_cb cb;
	struct list_head node;
};

static struct tnpu_vma *to_tnpu_vma(struct drm_gpuva *gpuva)
{
	return container_of(gpuva, struct tnpu_vma, gpuva);
}

/* ---- Fences ---------------------------------------------------------------------- */

static const char *tnpu_bind_fence_get_driver_name(struct dma_fence *fence)
{
	return TNPU_DRIVER_NAME;
}

static const char *tnpu_bind_fence_get_timeline_name(struct dma_fence *fence)
{
	return "tnpu-bind";
}

static void tnpu_bind_fence_free_work(struct work_struct *work)
{
	struct tnpu_bind_fence *fence = container_of(work, struct tnpu_bind_fence, free);

	dma_fence_free(&fence->base);
	/* module_exit() waits for the end of this function. */
	module_put(THIS_MODULE);
}

static void tnpu_bind_fence_release(struct dma_fence *base)
{
	struct tnpu_bind_fence *fence = container_of(base, struct tnpu_bind_fence, base);

	queue_work(tnpu_wq, &fence->free);
}

static const struct dma_fence_ops tnpu_bind_fence_ops = {
	.get_driver_name = tnpu_bind_fence_get_driver_name,
	.get_timeline_name = tnpu_bind_fence_get_timeline_name,
	.release = tnpu_bind_fence_release,
};

static void tnpu_bind_fence_init(struct tnpu_bind_fence *fence, struct tnpu_binds *binds)
{
	BUILD_BUG_ON(offsetof(struct tnpu_bind_fence, base));
	/* The caller has the node open. */
	__module_get(THIS_MODULE);
	INIT_WORK(&fence->free, tnpu_bind_fence_free_work);
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &tnpu_bind_fence_ops, &fence->lock, binds->context,
		       ++binds->seqno);
}

/* ---- Mappings -------------------------------------------------------------------- */

/**
 * tnpu_vma_free - free a mapping that is out of the tree and unknown to the device
 * @gpuva: the mapping
 *
 * Its reference to the BO, whose lock this takes, may be the last one.
 */
void tnpu_vma_free(struct drm_gpuva *gpuva)
{
	struct drm_gem_object *obj = gpuva->gem.obj;

	drm_gem_object_get(obj);
	dma_resv_lock(obj->resv, NULL);
	drm_gpuva_unlink(gpuva);
	dma_resv_unlock(obj->resv);
	drm_gem_object_put(obj);
	kfree(to_tnpu_vma(gpuva));
}

static void tnpu_bind_free_removed(struct tnpu_bind *bind)
{
	struct tnpu_vma *vma, *next;

	list_for_each_entry_safe(vma, next, &bind->removed, node)
		tnpu_vma_free(&vma->gpuva);
	INIT_LIST_HEAD(&bind->removed);
	tnpu_pt_free_list(&bind->vm->pts, &bind->tables);
}

static void tnpu_bind_free_spares(struct tnpu_bind *bind)
{
	struct tnpu_vma *vma, *next;

	list_for_each_entry_safe(vma, next, &bind->spares, node)
		kfree(vma);
	INIT_LIST_HEAD(&bind->spares);
}

static struct tnpu_vma *tnpu_bind_take(struct tnpu_bind *bind)
{
	struct tnpu_vma *vma = list_first_entry_or_null(&bind->spares, struct tnpu_vma, node);

	/* drm_gpuvm promises one map and two rests at most. */
	if (WARN_ON_ONCE(!vma))
		return NULL;
	list_del(&vma->node);

	return vma;
}

/* What was moved out has no entries, neither now nor when the step's turn comes. */
static void tnpu_bind_remove(struct tnpu_bind *bind, struct drm_gpuva *gpuva, u64 va, u64 size)
{
	struct tnpu_vma *vma = to_tnpu_vma(gpuva);

	if (!drm_gpuva_invalidated(gpuva)) {
		vma->unmap.va = va;
		vma->unmap.size = size;
		list_add_tail(&vma->unmap.node, &bind->steps);
	}
	gpuva->flags |= TNPU_VMA_REMOVED;
	list_add_tail(&vma->node, &bind->removed);
}

static void tnpu_bind_add(struct tnpu_bind *bind, struct tnpu_vma *vma)
{
	struct drm_gpuva *gpuva = &vma->gpuva;
	struct tnpu_bo *bo = to_tnpu_bo(gpuva->gem.obj);

	if (bo->evicted) {
		/* Not with ASYNC. */
		drm_gpuva_invalidate(gpuva, true);
		drm_gpuvm_bo_evict(bind->op->vm_bo, true);
		return;
	}
	vma->map = (struct tnpu_bind_step){
		.va = gpuva->va.addr,
		.size = gpuva->va.range,
		.bo = bo,
		.offset = gpuva->gem.offset,
		.readonly = gpuva->flags & TNPU_VMA_READONLY,
	};
	list_add_tail(&vma->map.node, &bind->steps);
}

/**
 * tnpu_bind_step_map - drm_gpuvm_ops.sm_step_map
 * @op: what is mapped
 * @priv: struct tnpu_bind
 *
 * Return: 0.
 */
int tnpu_bind_step_map(struct drm_gpuva_op *op, void *priv)
{
	struct tnpu_bind *bind = priv;
	struct tnpu_vma *vma = tnpu_bind_take(bind);

	if (!vma)
		return -EINVAL;
	drm_gpuva_map(&bind->vm->gpuvm, &vma->gpuva, &op->map);
	if (bind->op->args.flags & DRM_TNPU_VM_BIND_READONLY)
		vma->gpuva.flags |= TNPU_VMA_READONLY;
	tnpu_bind_add(bind, vma);
	drm_gpuva_link(&vma->gpuva, bind->op->vm_bo);

	return 0;
}

static void tnpu_bind_keep_rest(struct tnpu_vma *rest, struct drm_gpuva *whole)
{
	rest->gpuva.flags = whole->flags;
	drm_gpuva_link(&rest->gpuva, whole->vm_bo);
}

/**
 * tnpu_bind_step_remap - drm_gpuvm_ops.sm_step_remap
 * @op: what is cut
 * @priv: struct tnpu_bind
 *
 * Return: 0.
 */
int tnpu_bind_step_remap(struct drm_gpuva_op *op, void *priv)
{
	struct tnpu_bind *bind = priv;
	struct drm_gpuva *whole = op->remap.unmap->va;
	struct tnpu_vma *prev = op->remap.prev ? tnpu_bind_take(bind) : NULL;
	struct tnpu_vma *next = op->remap.next ? tnpu_bind_take(bind) : NULL;
	u64 va, size;

	drm_gpuva_op_remap_to_unmap_range(&op->remap, &va, &size);
	drm_gpuva_remap(prev ? &prev->gpuva : NULL, next ? &next->gpuva : NULL, &op->remap);
	if (prev)
		tnpu_bind_keep_rest(prev, whole);
	if (next)
		tnpu_bind_keep_rest(next, whole);
	tnpu_bind_remove(bind, whole, va, size);

	return 0;
}

/**
 * tnpu_bind_step_unmap - drm_gpuvm_ops.sm_step_unmap
 * @op: what is unmapped
 * @priv: struct tnpu_bind
 *
 * Return: 0.
 */
int tnpu_bind_step_unmap(struct drm_gpuva_op *op, void *priv)
{
	struct drm_gpuva *gpuva = op->unmap.va;

	drm_gpuva_unmap(&op->unmap);
	tnpu_bind_remove(priv, gpuva, gpuva->va.addr, gpuva->va.range);

	return 0;
}

/* ---- The second half --------------------------------------------------------------- */

static void tnpu_bind_take_step(struct tnpu_pts *pts, const struct tnpu_bind_step *step)
{
	struct tnpu_gem_cursor cursor;

	if (!step->bo) {
		tnpu_pt_unmap(pts, step->va, step->size);
		return;
	}
	tnpu_gem_seek(&cursor, step->bo, step->offset);
	tnpu_pt_map(pts, step->va, step->size, &cursor, step->readonly);
}

/* BOs are held in their places by their reservations or by the call's fence. */
static void tnpu_bind_store(struct tnpu_bind *bind)
{
	struct tnpu_pts *pts = &bind->vm->pts;
	struct tnpu_bind_step *step;

	guard(mutex)(&pts->lock);
	list_for_each_entry(step, &bind->steps, node)
		tnpu_bind_take_step(pts, step);
	tnpu_pt_unhold(pts);
	tnpu_pt_prune(pts, bind->start, bind->end - bind->start);
	list_splice_init(&pts->retired, &bind->tables);
}

/* Makes the device forget what was changed. */
static int tnpu_bind_invalidate(struct tnpu_bind *bind)
{
	struct tnpu_vm *vm = bind->vm;
	struct tnpu_msg_invalidate msg = { .context = vm->context };

	/* Tables that were taken out may have been anywhere. */
	if (list_empty(&bind->tables)) {
		msg.va = bind->start;
		msg.size = bind->end - bind->start;
		if (!msg.size)
			return tnpu_reset_error(vm->tdev);
	}

	/* Without an answer the device is stopped, and reaches nothing either. */
	return tnpu_mbox_call(vm->tdev, TNPU_MSG_INVALIDATE, &msg, sizeof(msg));
}

static void tnpu_bind_wake(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	struct tnpu_vm *vm = container_of(cb, struct tnpu_bind, cb)->vm;

	queue_work(vm->tdev->vms.wq, &vm->binds.run);
}

/* Whether the next fence to be waited for has signalled. Else we are told when it does. */
static bool tnpu_bind_waited_for(struct tnpu_bind *bind, bool cancelled)
{
	struct dma_fence *fence = bind->syncs.waits[bind->waited];

	if (!bind->armed && !cancelled)
		bind->armed = !dma_fence_add_callback(fence, &bind->cb, tnpu_bind_wake);
	if (!bind->armed)
		return true;
	if (!cancelled && !dma_fence_is_signaled(fence))
		return false;
	/* On return it does not run, nor will. */
	dma_fence_remove_callback(fence, &bind->cb);
	bind->armed = false;

	return true;
}

static bool tnpu_bind_ready(struct tnpu_bind *bind)
{
	const bool cancelled = READ_ONCE(bind->vm->binds.error);

	for (; bind->waited < bind->syncs.num_waits; bind->waited++) {
		if (!tnpu_bind_waited_for(bind, cancelled))
			return false;
	}

	return true;
}

/* Who sees the fence signalled can have the call reaped. It may be gone at once. */
static void tnpu_bind_end(struct tnpu_bind *bind, int error)
{
	struct tnpu_binds *binds = &bind->vm->binds;
	struct dma_fence *fence = &bind->fence->base;

	spin_lock(&binds->lock);
	list_move_tail(&bind->node, &binds->done);
	spin_unlock(&binds->lock);
	if (error)
		dma_fence_set_error(fence, error);
	dma_fence_signal(fence);
	dma_fence_put(fence);
	queue_work(tnpu_wq, &binds->reap);
}

static void tnpu_bind_run(struct tnpu_bind *bind)
{
	int error = READ_ONCE(bind->vm->binds.error);

	if (!error) {
		tnpu_bind_store(bind);
		error = tnpu_bind_invalidate(bind);
	}
	tnpu_bind_end(bind, error);
}

static struct tnpu_bind *tnpu_binds_first(struct tnpu_binds *binds)
{
	struct tnpu_bind *bind;

	spin_lock(&binds->lock);
	bind = list_first_entry_or_null(&binds->pending, struct tnpu_bind, node);
	spin_unlock(&binds->lock);

	return bind;
}

static void tnpu_binds_run(struct tnpu_binds *binds)
{
	const bool cookie = dma_fence_begin_signalling();
	struct tnpu_bind *bind;

	while ((bind = tnpu_binds_first(binds)) && tnpu_bind_ready(bind))
		tnpu_bind_run(bind);
	dma_fence_end_signalling(cookie);
}

static void tnpu_binds_run_work(struct work_struct *work)
{
	tnpu_binds_run(container_of(work, struct tnpu_binds, run));
}

/* ---- Calls of a VM ----------------------------------------------------------------- */

static void tnpu_bind_free_ops(struct tnpu_bind *bind)
{
	u32 i;

	for (i = 0; i < bind->num_ops; i++) {
		if (bind->ops[i].obj)
			drm_gem_object_put(bind->ops[i].obj);
	}
	kvfree(bind->ops);
	bind->ops = NULL;
	bind->num_ops = 0;
}

static void tnpu_bind_free(struct tnpu_bind *bind)
{
	tnpu_bind_free_removed(bind);
	tnpu_bind_free_spares(bind);
	tnpu_bind_free_ops(bind);
	tnpu_sync_free(&bind->syncs);
	kfree(bind);
}

/* Frees the calls that are through, in order: steps of one may be in mappings of the next. */
static void tnpu_binds_reap(struct tnpu_vm *vm)
{
	struct tnpu_binds *binds = &vm->binds;
	struct tnpu_bind *bind, *next;
	LIST_HEAD(done);

	lockdep_assert_held(&vm->lock);

	spin_lock(&binds->lock);
	list_splice_init(&binds->done, &done);
	spin_unlock(&binds->lock);
	list_for_each_entry_safe(bind, next, &done, node) {
		tnpu_bind_free(bind);
		tnpu_pm_put(vm->tdev);
	}
}

static void tnpu_binds_reap_work(struct work_struct *work)
{
	struct tnpu_vm *vm = container_of(work, struct tnpu_vm, binds.reap);

	guard(mutex)(&vm->lock);
	tnpu_binds_reap(vm);
}

/* The fence of the last call that is pending, a reference, or NULL. */
static struct dma_fence *tnpu_binds_last(struct tnpu_binds *binds)
{
	struct dma_fence *fence = NULL;

	spin_lock(&binds->lock);
	if (!list_empty(&binds->pending))
		fence = dma_fence_get(&list_last_entry(&binds->pending, struct tnpu_bind,
						       node)->fence->base);
	spin_unlock(&binds->lock);

	return fence;
}

static bool tnpu_binds_pending(struct tnpu_binds *binds)
{
	return tnpu_binds_first(binds);
}

static int tnpu_binds_wait(struct tnpu_binds *binds)
{
	struct dma_fence *fence = tnpu_binds_last(binds);
	int ret;

	if (!fence)
		return 0;
	ret = dma_fence_wait(fence, true);
	dma_fence_put(fence);

	return ret;
}

/**
 * tnpu_binds_init - start without calls
 * @vm: the VM
 */
void tnpu_binds_init(struct tnpu_vm *vm)
{
	struct tnpu_binds *binds = &vm->binds;

	spin_lock_init(&binds->lock);
	INIT_LIST_HEAD(&binds->pending);
	INIT_LIST_HEAD(&binds->done);
	INIT_WORK(&binds->run, tnpu_binds_run_work);
	INIT_WORK(&binds->reap, tnpu_binds_reap_work);
	binds->context = dma_fence_context_alloc(1);
}

/**
 * tnpu_binds_cancel - end all calls that are pending, for good
 * @vm: the VM; no more calls come
 * @error: what their fences carry
 *
 * Whatever they wait for. The tables stay as they are: the caller frees them.
 */
void tnpu_binds_cancel(struct tnpu_vm *vm, int error)
{
	struct tnpu_binds *binds = &vm->binds;

	cmpxchg(&binds->error, 0, error);
	/* From here on it does not run, also where it is frozen: we do it. */
	disable_work_sync(&binds->run);
	tnpu_binds_run(binds);
	flush_work(&binds->reap);
}

/* ---- The first half: what is asked for -------------------------------------------- */

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

static int tnpu_bind_find_bo(struct tnpu_bind *bind, struct tnpu_bind_op *op,
			     struct drm_file *file)
{
	struct drm_gem_object *vm_root;

	op->obj = drm_gem_object_lookup(file, op->args.handle);
	if (!op->obj)
		return -ENOENT;
	if (op->args.bo_offset >= op->obj->size ||
	    op->args.size > op->obj->size - op->args.bo_offset)
		return -EINVAL;
	vm_root = to_tnpu_bo(op->obj)->vm_root;
	if (vm_root && vm_root != drm_gpuvm_resv_obj(&bind->vm->gpuvm))
		return -EACCES;

	return 0;
}

static int tnpu_bind_reserve(struct tnpu_bind *bind, unsigned int count)
{
	struct tnpu_vma *vma;

	for (; count; count--) {
		vma = kzalloc(sizeof(*vma), GFP_KERNEL_ACCOUNT);
		if (!vma)
			return -ENOMEM;
		list_add(&vma->node, &bind->spares);
	}

	return 0;
}

static int tnpu_bind_read_op(struct tnpu_bind *bind, struct tnpu_bind_op *op,
			     struct drm_file *file)
{
	const bool map = op->args.op == DRM_TNPU_VM_BIND_OP_MAP;
	int ret;

	ret = tnpu_bind_check(&op->args);
	if (!ret && map)
		ret = tnpu_bind_find_bo(bind, op, file);
	if (ret)
		return ret;
	bind->start = min(bind->start, op->args.va);
	bind->end = max(bind->end, op->args.va + op->args.size);

	return tnpu_bind_reserve(bind, TNPU_BIND_RESTS + map);
}

static int tnpu_bind_read_ops(struct tnpu_bind *bind, const struct drm_tnpu_obj_array *array,
			      struct drm_file *file)
{
	int ret = 0;

	if (!array->count)
		return 0;
	bind->ops = kvcalloc(array->count, sizeof(*bind->ops), GFP_KERNEL_ACCOUNT);
	if (!bind->ops)
		return -ENOMEM;
	bind->start = TNPU_VA_END;
	while (!ret && bind->num_ops < array->count) {
		struct tnpu_bind_op *op = &bind->ops[bind->num_ops];

		ret = tnpu_array_get(array, bind->num_ops++, &op->args, sizeof(op->args));
		if (!ret)
			ret = tnpu_bind_read_op(bind, op, file);
	}

	return ret;
}

static int tnpu_bind_read(struct tnpu_bind *bind, const struct drm_tnpu_vm_bind *args,
			  struct drm_file *file)
{
	int ret;

	ret = tnpu_bind_read_ops(bind, &args->ops, file);
	if (ret || !(args->flags & DRM_TNPU_VM_BIND_ASYNC))
		return ret;
	bind->fence = kzalloc(sizeof(*bind->fence), GFP_KERNEL_ACCOUNT);
	if (!bind->fence)
		return -ENOMEM;

	return tnpu_sync_add(&bind->syncs, file, &args->syncs, NULL, 0);
}

static struct tnpu_bind *tnpu_bind_alloc(struct tnpu_vm *vm)
{
	struct tnpu_bind *bind = kzalloc(sizeof(*bind), GFP_KERNEL_ACCOUNT);

	if (!bind)
		return NULL;
	bind->vm = vm;
	INIT_LIST_HEAD(&bind->spares);
	INIT_LIST_HEAD(&bind->steps);
	INIT_LIST_HEAD(&bind->removed);
	INIT_LIST_HEAD(&bind->tables);

	return bind;
}

/* ---- The first half: reservations --------------------------------------------------- */

static int tnpu_bind_lock_op(struct tnpu_bind *bind, const struct tnpu_bind_op *op)
{
	int ret = 0;

	if (op->obj)
		ret = drm_exec_prepare_obj(&bind->exec, op->obj, 1);
	if (ret)
		return ret;

	return drm_gpuvm_prepare_range(&bind->vm->gpuvm, &bind->exec, op->args.va, op->args.size,
				       1);
}

/* Locks the VM, what is to be mapped, and what is mapped there. */
static int tnpu_bind_lock_resv(struct tnpu_bind *bind)
{
	struct drm_exec *exec = &bind->exec;
	int ret;
	u32 i;

	drm_exec_init(exec, DRM_EXEC_IGNORE_DUPLICATES, 0);
	drm_exec_until_all_locked(exec) {
		ret = drm_gpuvm_prepare_vm(&bind->vm->gpuvm, exec, 1);
		for (i = 0; !ret && i < bind->num_ops; i++)
			ret = tnpu_bind_lock_op(bind, &bind->ops[i]);
		drm_exec_retry_on_contention(exec);
		if (ret)
			break;
	}
	if (ret)
		drm_exec_fini(exec);

	return ret;
}

static void tnpu_bind_unlock(struct tnpu_bind *bind)
{
	u32 i;

	for (i = 0; i < bind->num_ops; i++) {
		if (bind->ops[i].vm_bo)
			drm_gpuvm_bo_put(no_free_ptr(bind->ops[i].vm_bo));
	}
	drm_exec_fini(&bind->exec);
}

static int tnpu_bind_obtain(struct tnpu_bind *bind, struct tnpu_bind_op *op)
{
	struct drm_gpuvm_bo *vm_bo;
	int ret;

	if (!op->obj)
		return 0;
	vm_bo = drm_gpuvm_bo_obtain_locked(&bind->vm->gpuvm, op->obj);
	if (IS_ERR(vm_bo))
		return PTR_ERR(vm_bo);
	op->vm_bo = vm_bo;
	ret = tnpu_vm_count(vm_bo);
	if (!ret)
		drm_gpuvm_bo_extobj_add(vm_bo);

	return ret;
}

static int tnpu_bind_lock(struct tnpu_bind *bind)
{
	int ret;
	u32 i;

	ret = tnpu_bind_lock_resv(bind);
	if (ret)
		return ret;
	for (i = 0; !ret && i < bind->num_ops; i++)
		ret = tnpu_bind_obtain(bind, &bind->ops[i]);
	if (ret)
		tnpu_bind_unlock(bind);

	return ret;
}

static bool tnpu_bind_is_evicted(const struct tnpu_bind_op *op)
{
	return op->obj && to_tnpu_bo(op->obj)->evicted;
}

static bool tnpu_bind_any_evicted(const struct tnpu_bind *bind)
{
	u32 i;

	for (i = 0; i < bind->num_ops; i++) {
		if (tnpu_bind_is_evicted(&bind->ops[i]))
			return true;
	}

	return false;
}

static int tnpu_bind_try_return(void *data)
{
	struct tnpu_bind *bind = data;
	int ret;
	u32 i;

	ret = tnpu_bind_lock(bind);
	if (ret)
		return ret;
	for (i = 0; !ret && i < bind->num_ops; i++) {
		if (tnpu_bind_is_evicted(&bind->ops[i]))
			ret = tnpu_evict_return(to_tnpu_bo(bind->ops[i].obj));
	}
	if (ret)
		tnpu_bind_unlock(bind);

	return ret;
}

/*
 * With ASYNC, what is to be mapped has to be in device memory: nobody can bring it there when the
 * mapping takes effect, and QUEUE_SUBMIT would do it too early. What the VM maps fits, or
 * tnpu_bind_lock() would have failed.
 */
static int tnpu_bind_lock_and_return(struct tnpu_bind *bind)
{
	int ret;

	ret = tnpu_bind_lock(bind);
	if (ret || !bind->fence || !tnpu_bind_any_evicted(bind))
		return ret;
	tnpu_bind_unlock(bind);

	return tnpu_evict_make_room(&bind->vm->gpuvm, tnpu_bind_try_return, bind);
}

/* ---- The first half: tables and tree ------------------------------------------------ */

static int tnpu_bind_prepare_op(struct tnpu_pts *pts, const struct tnpu_bind_op *op)
{
	const u64 va = op->args.va, size = op->args.size;
	struct tnpu_gem_cursor cursor;
	int ret;

	ret = tnpu_pt_prepare_unmap(pts, va, size);
	if (ret || !op->obj || tnpu_bind_is_evicted(op))
		return ret;
	tnpu_gem_seek(&cursor, to_tnpu_bo(op->obj), op->args.bo_offset);

	return tnpu_pt_prepare_map(pts, va, size, &cursor);
}

/* On success tables are on hold. */
static int tnpu_bind_prepare(struct tnpu_bind *bind)
{
	struct tnpu_pts *pts = &bind->vm->pts;
	int ret = 0;
	u32 i;

	tnpu_pt_hold(pts);
	for (i = 0; !ret && i < bind->num_ops; i++)
		ret = tnpu_bind_prepare_op(pts, &bind->ops[i]);
	if (!ret)
		return 0;
	mutex_lock(&pts->lock);
	tnpu_pt_unhold(pts);
	tnpu_pt_prune(pts, bind->start, bind->end - bind->start);
	mutex_unlock(&pts->lock);

	return ret;
}

static void tnpu_bind_enter_op(struct tnpu_bind *bind, struct tnpu_bind_op *op)
{
	struct drm_gpuvm *gpuvm = &bind->vm->gpuvm;
	const u64 va = op->args.va, size = op->args.size;
	int ret;

	bind->op = op;
	if (op->obj)
		ret = tnpu_compat_gpuvm_map(gpuvm, bind, va, size, op->obj, op->args.bo_offset);
	else
		ret = drm_gpuvm_sm_unmap(gpuvm, bind, va, size);
	WARN_ON_ONCE(ret);
}

static void tnpu_bind_enter_ops(struct tnpu_bind *bind)
{
	u32 i;

	for (i = 0; i < bind->num_ops; i++)
		tnpu_bind_enter_op(bind, &bind->ops[i]);
}

/* The point of no return: nothing here can fail, or wait for memory. */
static void tnpu_bind_publish(struct tnpu_bind *bind)
{
	struct tnpu_vm *vm = bind->vm;
	struct tnpu_binds *binds = &vm->binds;
	struct dma_fence *fence;
	bool cookie;

	/* Not when it runs: waking the device may allocate. */
	tnpu_pm_get(vm->tdev);
	tnpu_bind_fence_init(bind->fence, binds);
	fence = &bind->fence->base;
	cookie = dma_fence_begin_signalling();
	tnpu_sync_signal(&bind->syncs, fence);
	drm_gpuvm_resv_add_fence(&vm->gpuvm, &bind->exec, fence, DMA_RESV_USAGE_BOOKKEEP,
				 DMA_RESV_USAGE_BOOKKEEP);
	spin_lock(&binds->lock);
	list_add_tail(&bind->node, &binds->pending);
	spin_unlock(&binds->lock);
	queue_work(vm->tdev->vms.wq, &binds->run);
	dma_fence_end_signalling(cookie);
}

/* ---- The ioctl ---------------------------------------------------------------------- */

/* When this has succeeded with ASYNC, the call may be reaped as soon as the VM is unlocked. */
static int tnpu_bind_commit(struct tnpu_bind *bind)
{
	int ret;

	ret = tnpu_bind_lock_and_return(bind);
	if (ret)
		return ret;
	ret = tnpu_bind_prepare(bind);
	if (ret) {
		tnpu_bind_unlock(bind);
		return ret;
	}
	tnpu_bind_enter_ops(bind);
	if (bind->fence)
		tnpu_bind_publish(bind);
	else
		tnpu_bind_store(bind);
	tnpu_bind_unlock(bind);
	tnpu_bind_free_spares(bind);
	tnpu_bind_free_ops(bind);
	if (bind->fence)
		return 0;
	ret = tnpu_bind_invalidate(bind);
	tnpu_bind_free_removed(bind);

	return ret;
}

static int tnpu_bind_run_locked(struct tnpu_bind *bind)
{
	struct tnpu_vm *vm = bind->vm;
	int ret;

	ret = tnpu_reset_error(vm->tdev);
	if (ret)
		return ret;
	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	/* What is unmapped does not count any more. */
	tnpu_binds_reap(vm);
	if (!bind->fence && tnpu_binds_pending(&vm->binds))
		ret = -EAGAIN;
	else
		ret = tnpu_bind_commit(bind);
	mutex_unlock(&vm->lock);

	return ret;
}

static int tnpu_bind_run_entered(struct tnpu_bind *bind)
{
	struct tnpu_device *tdev = bind->vm->tdev;
	int ret, idx;

	if (!tnpu_pm_enter(tdev, &idx))
		return -ENODEV;
	ret = tnpu_bind_run_locked(bind);
	tnpu_pm_exit(tdev, idx);

	return ret;
}

/* Unbinding the driver does not wait for who waits for earlier calls, but ends the wait. */
static int tnpu_bind_run_now(struct tnpu_bind *bind)
{
	int ret;

	do {
		ret = tnpu_binds_wait(&bind->vm->binds);
		if (!ret)
			ret = tnpu_bind_run_entered(bind);
	} while (ret == -EAGAIN);

	return ret;
}

static int tnpu_bind_call(struct tnpu_vm *vm, const struct drm_tnpu_vm_bind *args,
			  struct drm_file *file)
{
	const bool async = args->flags & DRM_TNPU_VM_BIND_ASYNC;
	struct tnpu_bind *bind = tnpu_bind_alloc(vm);
	int ret;

	if (!bind)
		return -ENOMEM;
	ret = tnpu_bind_read(bind, args, file);
	if (!ret)
		ret = async ? tnpu_bind_run_entered(bind) : tnpu_bind_run_now(bind);
	if (async && !ret)
		return 0;
	kfree(bind->fence);
	tnpu_bind_free(bind);

	return ret;
}

static int tnpu_bind_check_args(const struct drm_tnpu_vm_bind *args)
{
	if (args->flags & ~DRM_TNPU_VM_BIND_ASYNC)
		return -EINVAL;
	if (!(args->flags & DRM_TNPU_VM_BIND_ASYNC) && args->syncs.count)
		return -EINVAL;

	return tnpu_array_check(&args->ops, sizeof(struct drm_tnpu_vm_bind_op),
				TNPU_MAX_BIND_OPS);
}

/**
 * tnpu_bind_ioctl - DRM_IOCTL_TNPU_VM_BIND
 * @drm: the device. Not inside drm_dev_enter(): this may wait for any time
 * @data: struct drm_tnpu_vm_bind
 * @file: the open file
 *
 * Return: 0, or what the header says of this call.
 */
int tnpu_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_tnpu_vm_bind *args = data;
	struct tnpu_vm *vm;
	int ret;

	ret = tnpu_bind_check_args(args);
	if (!ret) {
		vm = tnpu_vm_lookup(file->driver_priv, args->vm_id);
		ret = vm ? tnpu_bind_call(vm, args, file) : -ENOENT;
		if (vm)
			tnpu_vm_put(vm);
	}
	tnpu_dbg(to_tnpu_device(drm), VM, "bind %u operations: %d", args->ops.count, ret);
	if (ret)
		args->ops.count = 0;

	return ret;
}
