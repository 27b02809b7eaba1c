// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: what the engines did, for who traces.
 *
 * The debugfs file "spans", in the format of uapi/tnpu/tnpu_spans.h. The device records while the
 * file is open. Not a trace event for each span: there are tens of thousands a second, and what
 * copies them one by one is the CPU that the traced program runs on.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include <drm/drm_drv.h>

#include <tnpu/tnpu_spans.h>

#include "tnpu_drv.h"

/**
 * struct tnpu_spans_file - the open file
 * @tdev: the device; a reference
 * @lock: taken for each read, so that its spans and its clocks belong together. Outside of the
 *	mailbox
 */
struct tnpu_spans_file {
	struct tnpu_device *tdev;
	struct mutex lock;	/* see above */
};

/*
 * Nothing is known of the clocks while the register is being read: the middle is at most half of
 * that off.
 */
static void tnpu_spans_read_clocks(struct tnpu_device *tdev, struct tnpu_spans *head)
{
	const u64 before = ktime_get_ns();

	head->counter = tnpu_rd64(tdev, TIMESTAMP);
	head->mono_ns = before + (ktime_get_ns() - before) / 2;
}

/*
 * Has up to @room spans copied to @span, all of it zero. The device is not believed how many
 * there are, and where recovery stepped in nobody has written anything: no span ends at 0.
 */
static int tnpu_spans_fetch(struct tnpu_device *tdev, struct tnpu_span *span, dma_addr_t dma,
			    u32 room, struct tnpu_spans *head)
{
	struct tnpu_msg_trace msg = { .addr = dma, .count = room, .flags = TNPU_TRACE_RECORD };
	int ret;

	ret = tnpu_mbox_call(tdev, TNPU_MSG_TRACE, &msg, sizeof(msg));
	if (ret)
		return ret;
	head->count = min(msg.count, room);
	head->lost = msg.lost;
	while (head->count && !span[head->count - 1].end)
		head->count--;
	tnpu_spans_read_clocks(tdev, head);

	return 0;
}

static ssize_t tnpu_spans_copy(struct tnpu_device *tdev, char __user *buf, u32 room)
{
	struct device *dev = &tdev->pdev->dev;
	const size_t size = room * sizeof(struct tnpu_span);
	struct tnpu_spans head = { };
	struct tnpu_span *span;
	dma_addr_t dma;
	ssize_t ret;

	span = dma_alloc_coherent(dev, size, &dma, GFP_KERNEL);
	if (!span)
		return -ENOMEM;
	ret = tnpu_spans_fetch(tdev, span, dma, room, &head);
	if (!ret) {
		ret = sizeof(head) + head.count * sizeof(*span);
		if (copy_to_user(buf, &head, sizeof(head)) ||
		    copy_to_user(buf + sizeof(head), span, ret - sizeof(head)))
			ret = -EFAULT;
	}
	dma_free_coherent(dev, size, span, dma);

	return ret;
}

static ssize_t tnpu_spans_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct tnpu_spans_file *spans = file->private_data;
	ssize_t ret;
	u32 room;
	int idx;

	if (size < sizeof(struct tnpu_spans) + sizeof(struct tnpu_span))
		return -EINVAL;
	room = min_t(size_t, (size - sizeof(struct tnpu_spans)) / sizeof(struct tnpu_span),
		     TNPU_SPANS_MAX);
	if (mutex_lock_interruptible(&spans->lock))
		return -ERESTARTSYS;
	if (tnpu_pm_enter(spans->tdev, &idx)) {
		ret = tnpu_spans_copy(spans->tdev, buf, room);
		tnpu_pm_exit(spans->tdev, idx);
	} else {
		ret = -ENODEV;
	}
	mutex_unlock(&spans->lock);

	return ret;
}

static int tnpu_spans_record(struct tnpu_device *tdev, u32 flags)
{
	struct tnpu_msg_trace msg = { .flags = flags };
	int ret, idx;

	if (!tnpu_pm_enter(tdev, &idx))
		return -ENODEV;
	ret = tnpu_mbox_call(tdev, TNPU_MSG_TRACE, &msg, sizeof(msg));
	tnpu_pm_exit(tdev, idx);

	return ret;
}

static int tnpu_spans_start(struct file *file, struct tnpu_device *tdev)
{
	struct tnpu_spans_file *spans;
	int ret;

	ret = tnpu_spans_record(tdev, TNPU_TRACE_RECORD);
	if (ret)
		return ret;
	spans = kzalloc(sizeof(*spans), GFP_KERNEL);
	if (!spans) {
		tnpu_spans_record(tdev, 0);
		return -ENOMEM;
	}
	drm_dev_get(&tdev->drm);
	spans->tdev = tdev;
	mutex_init(&spans->lock);
	file->private_data = spans;

	return stream_open(file_inode(file), file);
}

static int tnpu_spans_open(struct inode *inode, struct file *file)
{
	struct tnpu_device *tdev = inode->i_private;
	int ret;

	if (atomic_cmpxchg(&tdev->recorder.open, 0, 1))
		return -EBUSY;
	ret = tnpu_spans_start(file, tdev);
	if (ret)
		atomic_set(&tdev->recorder.open, 0);

	return ret;
}

static int tnpu_spans_release(struct inode *inode, struct file *file)
{
	struct tnpu_spans_file *spans = file->private_data;
	struct tnpu_device *tdev = spans->tdev;

	/* The device may be gone, and its recording with it. */
	if (tnpu_spans_record(tdev, 0))
		tnpu_dbg(tdev, MBOX, "recording was not ended");
	atomic_set(&tdev->recorder.open, 0);
	kfree(spans);
	drm_dev_put(&tdev->drm);

	return 0;
}

static const struct file_operations tnpu_spans_fops = {
	.owner = THIS_MODULE,
	.open = tnpu_spans_open,
	.read = tnpu_spans_read,
	.release = tnpu_spans_release,
};

/**
 * tnpu_spans_init - add the file
 * @tdev: the device, before it is registered
 */
void tnpu_spans_init(struct tnpu_device *tdev)
{
	debugfs_create_file("spans", 0400, tdev->drm.debugfs_root, tdev, &tnpu_spans_fops);
}
