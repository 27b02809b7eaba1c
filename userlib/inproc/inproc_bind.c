// SPDX-License-Identifier: MIT
/*
 * VM_BIND. The first half, in the call, checks everything and allocates all that the operations may
 * need: what an operation finds is not known before its turn comes. The second half, which cannot
 * fail, changes the list of maps and the page tables. Without ASYNC it comes at once, else
 * when what the call waits for has signalled and those before it are through.
 */
#include <errno.h>
#include <stdlib.h>

#include "inproc.h"

/**
 * struct inproc_bind_op - an operation
 * @args: checked
 * @map: what MAP enters; NULL: UNMAP, or entered
 */
struct inproc_bind_op {
	struct drm_tnpu_vm_bind_op args;
	struct inproc_map *map;
};

/**
 * struct inproc_bind - a call
 * @start, @end: of all that it touches
 * @spares: for the maps that it cuts, two an operation
 * @fence: signals when it has taken effect; NULL without ASYNC
 */
struct inproc_bind {
	TAILQ_ENTRY(inproc_bind) link;
	struct inproc_vm *vm;
	struct inproc_bind_op *ops;
	uint32_t count;
	uint64_t start;
	uint64_t end;
	struct inproc_maps spares;
	struct inproc_syncs syncs;
	struct inproc_fence *fence;
};

/* ---- Maps ------------------------------------------------------------------ */

static struct inproc_map *inproc_map_create(struct inproc_bo *bo, uint64_t bo_offset, uint64_t va,
					    uint64_t size, uint32_t flags)
{
	struct inproc_map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->bo = bo;
	map->bo_offset = bo_offset;
	map->va = va;
	map->size = size;
	map->flags = flags;
	bo->refs++;
	return map;
}

/* The first map that ends behind @va. */
static struct inproc_map *inproc_map_behind(struct inproc_vm *vm, uint64_t va)
{
	struct inproc_map *map;

	TAILQ_FOREACH(map, &vm->maps, link)
		if (map->va + map->size > va)
			break;
	return map;
}

/* Cuts the map that @va lies inside of in two. What the device sees stays the same. */
static void inproc_map_split(struct inproc_bind *bind, uint64_t va)
{
	struct inproc_vm *vm = bind->vm;
	struct inproc_map *tail, *map = inproc_map_behind(vm, va);
	uint64_t head_size;

	if (!map || map->va >= va)
		return;
	head_size = va - map->va;
	tail = TAILQ_FIRST(&bind->spares);
	TAILQ_REMOVE(&bind->spares, tail, link);
	*tail = *map;
	tail->bo->refs++;
	tail->bo_offset += head_size;
	tail->va += head_size;
	tail->size -= head_size;
	map->size = head_size;
	TAILQ_INSERT_AFTER(&vm->maps, map, tail, link);
}

/* Takes out the maps of a range at whose ends maps have been split. */
static void inproc_map_remove(struct inproc_vm *vm, uint64_t va, uint64_t size)
{
	struct inproc_map *next, *map = inproc_map_behind(vm, va);

	for (; map && map->va < va + size; map = next) {
		next = TAILQ_NEXT(map, link);
		TAILQ_REMOVE(&vm->maps, map, link);
		TAILQ_INSERT_TAIL(&vm->dead_maps, map, link);
	}
}

static void inproc_map_insert(struct inproc_vm *vm, struct inproc_map *map)
{
	struct inproc_map *behind = inproc_map_behind(vm, map->va);

	if (behind)
		TAILQ_INSERT_BEFORE(behind, map, link);
	else
		TAILQ_INSERT_TAIL(&vm->maps, map, link);
}

static void inproc_map_free(struct inproc_map *map)
{
	inproc_bo_put(map->bo);
	free(map);
}

/* ---- The second half --------------------------------------------------------- */

static void inproc_bind_run_op(struct inproc_bind *bind, struct inproc_bind_op *op)
{
	uint64_t va = op->args.va, size = op->args.size;
	struct inproc_vm *vm = bind->vm;

	inproc_map_split(bind, va);
	inproc_map_split(bind, va + size);
	inproc_map_remove(vm, va, size);
	if (op->map) {
		inproc_map_insert(vm, op->map);
		inproc_pt_set(vm, op->map);
		op->map = NULL;
	} else {
		inproc_pt_clear(vm, va, size);
	}
}

/* One INVALIDATE for all operations; what they took out is freed after it. */
static int inproc_bind_run(struct inproc_bind *bind)
{
	struct inproc_vm *vm = bind->vm;
	struct tnpu_msg_invalidate msg = { .context = vm->context };
	uint32_t i;
	int ret;

	for (i = 0; i < bind->count; i++)
		inproc_bind_run_op(bind, &bind->ops[i]);
	inproc_pt_unhold(vm, bind->start, bind->end);
	if (!bind->count)
		return 0;
	/* Tables that were taken out may have been anywhere. */
	if (SLIST_EMPTY(&vm->dead_pts)) {
		msg.va = bind->start;
		msg.size = bind->end - bind->start;
	}
	ret = inproc_mbox_call(vm->dev, TNPU_MSG_INVALIDATE, &msg, sizeof(msg));
	if (!ret)
		inproc_vm_bury(vm);
	return ret;
}

static void inproc_bind_free(struct inproc_bind *bind)
{
	struct inproc_map *map;
	uint32_t i;

	for (i = 0; i < bind->count; i++)
		if (bind->ops[i].map)
			inproc_map_free(bind->ops[i].map);
	while ((map = TAILQ_FIRST(&bind->spares))) {
		TAILQ_REMOVE(&bind->spares, map, link);
		free(map);
	}
	inproc_syncs_free(&bind->syncs);
	inproc_fence_put(bind->fence);
	free(bind->ops);
	free(bind);
}

static void inproc_bind_end(struct inproc_bind *bind)
{
	TAILQ_REMOVE(&bind->vm->binds, bind, link);
	inproc_fence_signal(bind->vm->dev, bind->fence);
	inproc_bind_free(bind);
}

static bool inproc_bind_run_ready(struct inproc_vm *vm)
{
	struct inproc_bind *bind;
	bool any = false;

	while ((bind = TAILQ_FIRST(&vm->binds)) && inproc_syncs_ready(&bind->syncs)) {
		inproc_bind_run(bind);
		inproc_bind_end(bind);
		any = true;
	}
	return any;
}

/** inproc_bind_run_all() - Let those take effect whose turn has come */
void inproc_bind_run_all(struct inproc_device *dev)
{
	unsigned int i;
	bool any;

	/* One may be what another one waits for. */
	do {
		any = false;
		for (i = 0; i < INPROC_CONTEXTS; i++)
			if (dev->contexts[i])
				any |= inproc_bind_run_ready(dev->contexts[i]);
	} while (any);
}

/** inproc_bind_cancel_all() - End what is pending, for the VM goes */
void inproc_bind_cancel_all(struct inproc_vm *vm)
{
	struct inproc_bind *bind;

	while ((bind = TAILQ_FIRST(&vm->binds)))
		inproc_bind_end(bind);
}

/** inproc_bind_last() - The fence of the newest one that is pending; there is one */
struct inproc_fence *inproc_bind_last(const struct inproc_vm *vm)
{
	return TAILQ_LAST(&vm->binds, inproc_binds)->fence;
}

static bool inproc_bind_maps(const struct inproc_bind *bind, const struct inproc_bo *bo)
{
	uint32_t i;

	for (i = 0; i < bind->count; i++)
		if (bind->ops[i].map && bind->ops[i].map->bo == bo)
			return true;
	return false;
}

/** inproc_bind_has_bo() - Whether any of @bo is about to be mapped */
bool inproc_bind_has_bo(const struct inproc_vm *vm, const struct inproc_bo *bo)
{
	const struct inproc_bind *bind;

	TAILQ_FOREACH(bind, &vm->binds, link)
		if (inproc_bind_maps(bind, bo))
			return true;
	return false;
}

/* ---- The first half ------------------------------------------------------------ */

static int inproc_bind_check_range(const struct drm_tnpu_vm_bind_op *op)
{
	if ((op->va | op->size | op->bo_offset) % INPROC_PAGE_SIZE || !op->size)
		return -EINVAL;
	if (op->va < INPROC_VA_START || op->va >= INPROC_VA_END ||
	    op->size > INPROC_VA_END - op->va)
		return -EINVAL;
	return 0;
}

static int inproc_bind_check(const struct drm_tnpu_vm_bind_op *op)
{
	if (op->pad || inproc_bind_check_range(op))
		return -EINVAL;
	if (op->op == DRM_TNPU_VM_BIND_OP_UNMAP)
		return op->flags || op->handle || op->bo_offset ? -EINVAL : 0;
	if (op->op != DRM_TNPU_VM_BIND_OP_MAP || op->flags & ~DRM_TNPU_VM_BIND_READONLY)
		return -EINVAL;
	return 0;
}

static int inproc_bind_find_bo(struct inproc_file *file, struct inproc_vm *vm,
			       struct inproc_bind_op *op)
{
	const struct drm_tnpu_vm_bind_op *args = &op->args;
	struct inproc_bo *bo = inproc_table_get(&file->bos, args->handle);

	if (!bo)
		return -ENOENT;
	if (bo->vm_serial && bo->vm_serial != vm->serial)
		return -EACCES;
	if (args->bo_offset > bo->size || args->size > bo->size - args->bo_offset)
		return -EINVAL;
	op->map = inproc_map_create(bo, args->bo_offset, args->va, args->size, args->flags);
	return op->map ? 0 : -ENOMEM;
}

static int inproc_bind_reserve(struct inproc_bind *bind)
{
	struct inproc_map *map;
	int i;

	for (i = 0; i < 2; i++) {
		map = calloc(1, sizeof(*map));
		if (!map)
			return -ENOMEM;
		TAILQ_INSERT_TAIL(&bind->spares, map, link);
	}
	return 0;
}

static int inproc_bind_read_op(struct inproc_file *file, struct inproc_bind *bind,
			       const struct drm_tnpu_vm_bind_op *args)
{
	struct inproc_bind_op *op = &bind->ops[bind->count++];
	int ret = inproc_bind_check(args);

	if (ret)
		return ret;
	op->args = *args;
	if (args->op == DRM_TNPU_VM_BIND_OP_MAP)
		ret = inproc_bind_find_bo(file, bind->vm, op);
	if (args->va < bind->start)
		bind->start = args->va;
	if (args->va + args->size > bind->end)
		bind->end = args->va + args->size;
	return ret ? ret : inproc_bind_reserve(bind);
}

static int inproc_bind_read(struct inproc_file *file, struct inproc_bind *bind,
			    const struct drm_tnpu_obj_array *array)
{
	const struct drm_tnpu_vm_bind_op *args;
	void *objects;
	uint32_t i;
	int ret;

	ret = inproc_user_array(array, sizeof(*args), INPROC_MAX_BIND_OPS, &objects);
	if (ret || !objects)
		return ret;
	args = objects;
	bind->ops = calloc(array->count, sizeof(*bind->ops));
	if (!bind->ops)
		ret = -ENOMEM;
	for (i = 0; i < array->count && !ret; i++)
		ret = inproc_bind_read_op(file, bind, &args[i]);
	free(objects);
	return ret;
}

/* On success tables are on hold. */
static int inproc_bind_prepare(struct inproc_bind *bind)
{
	struct inproc_bind_op *op;
	uint32_t i;
	int ret = 0;

	inproc_pt_hold(bind->vm);
	for (i = 0; i < bind->count && !ret; i++) {
		op = &bind->ops[i];
		ret = inproc_pt_prepare_clear(bind->vm, op->args.va, op->args.size);
		if (!ret && op->map)
			ret = inproc_pt_prepare(bind->vm, op->map);
	}
	if (ret)
		inproc_pt_unhold(bind->vm, bind->start, bind->end);
	return ret;
}

static int inproc_bind_create(struct inproc_file *file, struct inproc_vm *vm,
			      const struct drm_tnpu_vm_bind *args, struct inproc_bind **out)
{
	struct inproc_bind *bind = calloc(1, sizeof(*bind));
	bool async = args->flags & DRM_TNPU_VM_BIND_ASYNC;
	int ret;

	if (!bind)
		return -ENOMEM;
	bind->vm = vm;
	bind->start = UINT64_MAX;
	TAILQ_INIT(&bind->spares);
	if (async)
		bind->fence = inproc_fence_create(false);
	ret = async && !bind->fence ? -ENOMEM : inproc_bind_read(file, bind, &args->ops);
	if (!ret)
		ret = inproc_syncs_read(file, &bind->syncs, &args->syncs, NULL);
	if (!ret)
		ret = inproc_bind_prepare(bind);
	if (ret)
		inproc_bind_free(bind);
	else
		*out = bind;
	return ret;
}

static void inproc_bind_submit(struct inproc_bind *bind)
{
	struct inproc_device *dev = bind->vm->dev;

	inproc_syncs_signal(&bind->syncs, bind->fence);
	TAILQ_INSERT_TAIL(&bind->vm->binds, bind, link);
	inproc_job_push_all(dev);
	/* Others may wait for a syncobj to get its fence. */
	pthread_cond_broadcast(&dev->changed);
}

/* Those before it take effect first. */
static int inproc_bind_now(struct inproc_file *file, struct inproc_vm *vm,
			   const struct drm_tnpu_vm_bind *args)
{
	struct inproc_bind *bind;
	int ret;

	while (!TAILQ_EMPTY(&vm->binds))
		inproc_device_wait(vm->dev, INT64_MAX);
	ret = inproc_bind_create(file, vm, args, &bind);
	if (ret)
		return ret;
	ret = inproc_bind_run(bind);
	inproc_bind_free(bind);
	return ret;
}

static int inproc_bind_call(struct inproc_file *file, const struct drm_tnpu_vm_bind *args)
{
	struct inproc_vm *vm = inproc_table_get(&file->vms, args->vm_id);
	struct inproc_bind *bind;
	int ret;

	if (args->flags & ~DRM_TNPU_VM_BIND_ASYNC || (!args->flags && args->syncs.count))
		return -EINVAL;
	if (!vm)
		return -ENOENT;
	vm->refs++;
	if (args->flags & DRM_TNPU_VM_BIND_ASYNC) {
		ret = inproc_bind_create(file, vm, args, &bind);
		if (!ret)
			inproc_bind_submit(bind);
	} else {
		ret = inproc_bind_now(file, vm, args);
	}
	inproc_vm_put(vm);
	return ret;
}

int inproc_bind(struct inproc_file *file, void *data)
{
	struct drm_tnpu_vm_bind *args = data;
	int ret = inproc_bind_call(file, args);

	if (ret)
		args->ops.count = 0;
	return ret;
}
