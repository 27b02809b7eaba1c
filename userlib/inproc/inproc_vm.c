// SPDX-License-Identifier: MIT
/*
 * Address spaces: which range of which BO lies where. The list of maps is the truth, the
 * page tables follow it.
 */
#include <errno.h>
#include <stdlib.h>

#include "inproc.h"

static int inproc_vm_context(struct inproc_vm *vm, uint64_t root)
{
	struct tnpu_msg_context msg = { .context = vm->context, .root = root };

	return inproc_mbox_call(vm->dev, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg));
}

/* After the device has acknowledged that it holds nothing of these any more. */
static void inproc_vm_bury(struct inproc_vm *vm)
{
	struct inproc_map *map;
	struct inproc_pt *pt;

	while ((map = TAILQ_FIRST(&vm->dead_maps))) {
		TAILQ_REMOVE(&vm->dead_maps, map, link);
		inproc_bo_put(map->bo);
		free(map);
	}
	while ((pt = SLIST_FIRST(&vm->dead_pts))) {
		SLIST_REMOVE_HEAD(&vm->dead_pts, dead);
		inproc_pt_destroy(vm->dev, pt);
	}
}

/*
 * Where the firmware does not answer any more, memory that the device might still see is
 * not freed, nor the context reused.
 */
void inproc_vm_put(struct inproc_vm *vm)
{
	if (--vm->refs || inproc_vm_context(vm, 0))
		return;
	TAILQ_CONCAT(&vm->dead_maps, &vm->maps, link);
	inproc_vm_bury(vm);
	inproc_pt_destroy(vm->dev, vm->root);
	vm->dev->contexts[vm->context - 1] = NULL;
	free(vm);
}

/** inproc_vm_has_bo() - Whether any of @bo is mapped */
bool inproc_vm_has_bo(const struct inproc_vm *vm, const struct inproc_bo *bo)
{
	struct inproc_map *map;

	TAILQ_FOREACH(map, &vm->maps, link)
		if (map->bo == bo)
			return true;
	return false;
}

static int inproc_vm_alloc(struct inproc_device *dev, uint32_t context, struct inproc_vm **object)
{
	struct inproc_vm *vm = calloc(1, sizeof(*vm));
	int ret = -ENOMEM;

	if (!vm)
		return ret;
	vm->refs = 1;
	vm->dev = dev;
	vm->serial = ++dev->next_serial;
	vm->context = context;
	TAILQ_INIT(&vm->maps);
	TAILQ_INIT(&vm->dead_maps);
	SLIST_INIT(&vm->dead_pts);
	vm->root = inproc_pt_create(dev, TNPU_PT_LEVELS - 1);
	if (!vm->root)
		goto free_vm;
	ret = inproc_vm_context(vm, vm->root->dma);
	if (ret)
		goto free_root;
	dev->contexts[context - 1] = vm;
	*object = vm;
	return 0;

free_root:
	inproc_pt_destroy(dev, vm->root);
free_vm:
	free(vm);
	return ret;
}

int inproc_vm_create(struct inproc_file *file, void *data)
{
	struct drm_tnpu_vm_create *args = data;
	struct inproc_vm *vm;
	uint32_t i = 0;
	int ret;

	if (args->flags)
		return -EINVAL;
	while (i < INPROC_CONTEXTS && file->dev->contexts[i])
		i++;
	if (i == INPROC_CONTEXTS)
		return -EBUSY;
	ret = inproc_vm_alloc(file->dev, i + 1, &vm);
	if (ret)
		return ret;
	ret = inproc_table_add(&file->vms, vm, &args->id);
	if (ret)
		inproc_vm_put(vm);
	return ret;
}

int inproc_vm_destroy(struct inproc_file *file, void *data)
{
	struct drm_tnpu_vm_destroy *args = data;
	struct inproc_vm *vm;

	if (args->pad)
		return -EINVAL;
	vm = inproc_table_remove(&file->vms, args->id);
	if (!vm)
		return -ENOENT;
	inproc_vm_put(vm);
	return 0;
}

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
static int inproc_map_split(struct inproc_vm *vm, uint64_t va)
{
	struct inproc_map *tail, *map = inproc_map_behind(vm, va);
	uint64_t head_size;

	if (!map || map->va >= va)
		return 0;
	head_size = va - map->va;
	tail = inproc_map_create(map->bo, map->bo_offset + head_size, va, map->size - head_size,
				 map->flags);
	if (!tail)
		return -ENOMEM;
	map->size = head_size;
	TAILQ_INSERT_AFTER(&vm->maps, map, tail, link);
	return 0;
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

static int inproc_bind_unmap(struct inproc_vm *vm, const struct drm_tnpu_vm_bind_op *op)
{
	if (inproc_pt_prepare_clear(vm, op->va, op->size) || inproc_map_split(vm, op->va) ||
	    inproc_map_split(vm, op->va + op->size))
		return -ENOMEM;
	inproc_map_remove(vm, op->va, op->size);
	inproc_pt_clear(vm, op->va, op->size);
	return 0;
}

static int inproc_bind_map(struct inproc_vm *vm, const struct drm_tnpu_vm_bind_op *op,
			   struct inproc_bo *bo)
{
	struct inproc_map *map = inproc_map_create(bo, op->bo_offset, op->va, op->size, op->flags);

	if (!map)
		return -ENOMEM;
	if (inproc_pt_prepare(vm, map) || inproc_map_split(vm, op->va) ||
	    inproc_map_split(vm, op->va + op->size)) {
		inproc_bo_put(bo);
		free(map);
		return -ENOMEM;
	}
	inproc_map_remove(vm, op->va, op->size);
	inproc_map_insert(vm, map);
	inproc_pt_set(vm, map);
	return 0;
}

static int inproc_bind_check_range(const struct drm_tnpu_vm_bind_op *op)
{
	if ((op->va | op->size | op->bo_offset) % INPROC_PAGE_SIZE || !op->size)
		return -EINVAL;
	if (op->va < INPROC_VA_START || op->va >= INPROC_VA_END ||
	    op->size > INPROC_VA_END - op->va)
		return -EINVAL;
	return 0;
}

static int inproc_bind_one(struct inproc_file *file, struct inproc_vm *vm,
			   const struct drm_tnpu_vm_bind_op *op)
{
	struct inproc_bo *bo;

	if (op->pad || inproc_bind_check_range(op))
		return -EINVAL;
	if (op->op == DRM_TNPU_VM_BIND_OP_UNMAP)
		return op->flags || op->handle || op->bo_offset ? -EINVAL :
								  inproc_bind_unmap(vm, op);
	if (op->op != DRM_TNPU_VM_BIND_OP_MAP || op->flags & ~DRM_TNPU_VM_BIND_READONLY)
		return -EINVAL;
	bo = inproc_table_get(&file->bos, op->handle);
	if (!bo)
		return -ENOENT;
	if (bo->vm_serial && bo->vm_serial != vm->serial)
		return -EACCES;
	if (op->bo_offset > bo->size || op->size > bo->size - op->bo_offset)
		return -EINVAL;
	return inproc_bind_map(vm, op, bo);
}

/* One INVALIDATE for all operations; what they took out is freed after it. */
static int inproc_bind_flush(struct inproc_vm *vm, const struct drm_tnpu_vm_bind_op *ops,
			     uint32_t count)
{
	struct tnpu_msg_invalidate msg = { .context = vm->context, .va = UINT64_MAX };
	uint64_t end = 0;
	uint32_t i;
	int ret;

	if (!count)
		return 0;
	for (i = 0; i < count; i++) {
		if (ops[i].va < msg.va)
			msg.va = ops[i].va;
		if (ops[i].va + ops[i].size > end)
			end = ops[i].va + ops[i].size;
	}
	msg.size = end - msg.va;
	ret = inproc_mbox_call(vm->dev, TNPU_MSG_INVALIDATE, &msg, sizeof(msg));
	if (!ret)
		inproc_vm_bury(vm);
	return ret;
}

static int inproc_bind_all(struct inproc_file *file, struct inproc_vm *vm,
			   const struct drm_tnpu_vm_bind_op *ops, uint32_t count, uint32_t *done)
{
	int flush, ret = 0;

	while (*done < count && !ret) {
		ret = inproc_bind_one(file, vm, &ops[*done]);
		if (!ret)
			(*done)++;
	}
	flush = inproc_bind_flush(vm, ops, *done);
	return ret ? ret : flush;
}

int inproc_vm_bind(struct inproc_file *file, void *data)
{
	struct drm_tnpu_vm_bind *args = data;
	uint32_t count = args->ops.count, done = 0;
	struct inproc_vm *vm = inproc_table_get(&file->vms, args->vm_id);
	void *ops;
	int ret;

	if (!vm)
		ret = -ENOENT;
	else if (args->flags)
		ret = -EINVAL;
	else
		ret = inproc_user_array(&args->ops, sizeof(struct drm_tnpu_vm_bind_op),
					INPROC_MAX_BIND_OPS, &ops);
	if (!ret) {
		ret = inproc_bind_all(file, vm, ops, count, &done);
		free(ops);
	}
	if (ret)
		args->ops.count = done;
	return ret;
}
