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

/** inproc_vm_bury() - Free what was taken out, which the device has acknowledged to have let go */
void inproc_vm_bury(struct inproc_vm *vm)
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
	struct inproc_device *dev = vm->dev;

	if (--vm->refs)
		return;
	inproc_bind_cancel_all(vm);
	if (inproc_vm_context(vm, 0))
		return;
	TAILQ_CONCAT(&vm->dead_maps, &vm->maps, link);
	inproc_vm_bury(vm);
	inproc_pt_destroy(dev, vm->root);
	dev->contexts[vm->context - 1] = NULL;
	free(vm);
	/* Others may have waited for the binds. */
	inproc_job_push_all(dev);
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
	TAILQ_INIT(&vm->binds);
	TAILQ_INIT(&vm->dead_maps);
	SLIST_INIT(&vm->dead_pts);
	vm->prune_start = UINT64_MAX;
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
