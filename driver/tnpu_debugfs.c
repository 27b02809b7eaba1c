// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: debugfs.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_drv.h>

#include "tnpu_debugfs.h"
#include "tnpu_drv.h"

static struct tnpu_device *tnpu_debugfs_device(struct seq_file *m)
{
	struct drm_debugfs_entry *entry = m->private;

	return to_tnpu_device(entry->dev);
}

static void tnpu_debugfs_show_queue(struct seq_file *m, struct tnpu_queue *queue)
{
	spin_lock_irq(&queue->lock);
	seq_printf(m, "%5u %8u %9llu %9llu %5u %6d %6u %12llu\n", queue->slot,
		   queue->priority, READ_ONCE(queue->submitted), queue->completed,
		   queue->tail, queue->error, queue->fault.reason, queue->busy);
	spin_unlock_irq(&queue->lock);
}

static int tnpu_debugfs_each_queue(struct seq_file *m,
				   void (*show)(struct seq_file *m, struct tnpu_queue *queue))
{
	struct tnpu_device *tdev = tnpu_debugfs_device(m);
	u32 slot;

	for (slot = 0; slot < tdev->hw.num_queues; slot++) {
		struct tnpu_queue *queue = tnpu_queues_get(tdev, slot);

		if (!queue)
			continue;
		show(m, queue);
		tnpu_queue_put(queue);
	}

	return 0;
}

static int tnpu_debugfs_queues(struct seq_file *m, void *data)
{
	seq_puts(m, "queue priority submitted completed  tail  error reason        ticks\n");

	return tnpu_debugfs_each_queue(m, tnpu_debugfs_show_queue);
}

/* What is in the ring: its last entries, as many as there are fences in flight. */
static void tnpu_debugfs_show_ring(struct seq_file *m, struct tnpu_queue *queue)
{
	const u32 entries = tnpu_queue_entries(queue);
	const struct tnpu_ring_entry *entry;
	u32 left;

	spin_lock_irq(&queue->lock);
	for (left = list_count_nodes(&queue->in_flight); queue->ring && left; left--) {
		entry = &queue->ring[(queue->tail + entries - left) % entries];
		seq_printf(m, "%5u %9llu %#14llx %8u %#5x %#14llx %#14llx\n", queue->slot,
			   entry->seq + queue->seq_base, entry->cmd_va, entry->cmd_size,
			   entry->flags, entry->fence_va, entry->pred_va);
	}
	spin_unlock_irq(&queue->lock);
}

static int tnpu_debugfs_rings(struct seq_file *m, void *data)
{
	seq_puts(m, "queue       seq         stream    bytes flags          fence      predicate\n");

	return tnpu_debugfs_each_queue(m, tnpu_debugfs_show_ring);
}

static const char *tnpu_debugfs_place(const struct tnpu_bo *bo)
{
	if (bo->base.import_attach)
		return "imported";
	if (!(bo->flags & DRM_TNPU_BO_LOCAL))
		return "memory";

	return READ_ONCE(bo->evicted) ? "moved" : "local";
}

static int tnpu_debugfs_bos(struct seq_file *m, void *data)
{
	struct tnpu_device *tdev = tnpu_debugfs_device(m);
	struct tnpu_bo *bo;

	seq_puts(m, "          size    place users handles exported one_vm\n");
	mutex_lock(&tdev->gem.lock);
	list_for_each_entry(bo, &tdev->gem.bos, node)
		seq_printf(m, "%14zu %8s %5u %7u %8u %6u\n", bo->base.size,
			   tnpu_debugfs_place(bo), kref_read(&bo->base.refcount),
			   READ_ONCE(bo->base.handle_count), !!READ_ONCE(bo->base.dma_buf),
			   !!bo->vm_root);
	mutex_unlock(&tdev->gem.lock);

	return 0;
}

static int tnpu_debugfs_vms(struct seq_file *m, void *data)
{
	struct tnpu_device *tdev = tnpu_debugfs_device(m);
	struct tnpu_vm *vm;

	seq_puts(m, "context users\n");
	mutex_lock(&tdev->vms.lock);
	list_for_each_entry(vm, &tdev->vms.list, node)
		seq_printf(m, "%7u %5u\n", vm->context, kref_read(&vm->ref));
	mutex_unlock(&tdev->vms.lock);

	return 0;
}

static int tnpu_debugfs_read_log(struct seq_file *m, struct tnpu_device *tdev)
{
	char *log = kmalloc(TNPU_FW_LOG_SIZE, GFP_KERNEL);
	ssize_t ret;

	if (!log)
		return -ENOMEM;
	ret = tnpu_fw_read_log(tdev, log, TNPU_FW_LOG_SIZE);
	if (ret > 0)
		seq_write(m, log, ret);
	kfree(log);

	return min(ret, 0);
}

static int tnpu_debugfs_log(struct seq_file *m, void *data)
{
	struct tnpu_device *tdev = tnpu_debugfs_device(m);
	int ret, idx;

	if (!tnpu_pm_enter(tdev, &idx))
		return -ENODEV;
	ret = tnpu_debugfs_read_log(m, tdev);
	tnpu_pm_exit(tdev, idx);

	return ret;
}

/* Resets the function, as when the firmware has crashed. */
static int tnpu_debugfs_reset(void *data, u64 value)
{
	struct tnpu_device *tdev = data;
	int ret, idx;

	if (value != 1)
		return -EINVAL;
	if (!tnpu_pm_enter(tdev, &idx))
		return -ENODEV;
	tnpu_reset_trigger(tdev);
	ret = tnpu_reset_wait(tdev);
	tnpu_pm_exit(tdev, idx);

	return ret;
}

DEFINE_DEBUGFS_ATTRIBUTE(tnpu_debugfs_reset_fops, NULL, tnpu_debugfs_reset, "%llu\n");

static const struct drm_debugfs_info tnpu_debugfs_files[] = {
	{ "queues", tnpu_debugfs_queues },
	{ "rings", tnpu_debugfs_rings },
	{ "bos", tnpu_debugfs_bos },
	{ "vms", tnpu_debugfs_vms },
	{ "firmware_log", tnpu_debugfs_log },
};

/**
 * tnpu_debugfs_init - add the files
 * @tdev: the device, before it is registered
 */
void tnpu_debugfs_init(struct tnpu_device *tdev)
{
	drm_debugfs_add_files(&tdev->drm, tnpu_debugfs_files, ARRAY_SIZE(tnpu_debugfs_files));
	debugfs_create_file("reset", 0200, tdev->drm.debugfs_root, tdev, &tnpu_debugfs_reset_fops);
	tnpu_spans_init(tdev);
}
