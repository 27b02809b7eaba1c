// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: core dumps.
 *
 * What is known of a queue that dies by its own fault, and of firmware that fails, goes to
 * userspace by way of the kernel's device core dumps, in the format of tnpu_dump.h.
 *
 * There are dumps of translation faults, errors of the bus and of the engines, waits that ran
 * into their limit, jobs without progress, and of firmware that crashes or does not answer. There
 * are none of commands that the device refuses for what they are: such a stream says all of it
 * by itself, its owner has it, and is told what is wrong by QUEUE_GET_STATE. The core keeps
 * one dump of a device until it is read, so any client that submits nonsense could keep the place
 * taken, while somebody waits for the fault that comes once a week. For the same reason nothing
 * is logged.
 *
 * A queue may die in an interrupt, and fences wait for recovery: neither may allocate or take
 * a reservation lock. So it happens in steps. What recovery is about to overwrite, registers
 * and mailbox, it copies to memory that is there for this: tnpu_coredump_freeze(). Where the queue
 * dies, only that is noted: tnpu_coredump_take(). The rest is done by a work item, for which no
 * fence waits, with GFP_KERNEL. Until it is through, who takes the queue's ring or its VM waits,
 * in tnpu_coredump_wait():
 *
 * - the ring and the queue's fault do not change once it is dead. The ring is freed by
 *   tnpu_queue_shut(), or by tnpu_queues_unplug();
 * - tnpu_queue.vm is the queue's reference until tnpu_queue_shut() drops it;
 * - tnpu_vm.lock protects the mappings, which keep their BOs;
 * - the reservation lock of a BO in system memory protects its pages; blocks in device memory
 *   stay where they are.
 *
 * There is one dump in the making at a time; what happens meanwhile is not dumped.
 */
#include <linux/devcoredump.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "tnpu_drv.h"

#define TNPU_COREDUMP_SECTIONS		11
#define TNPU_COREDUMP_STREAM_MAX	SZ_4M
#define TNPU_COREDUMP_MAPPINGS_MAX	SZ_32K

/**
 * struct tnpu_coredump_buf - a dump that is being written
 * @data: the dump
 * @size: bytes of room
 * @used: bytes written, a multiple of TNPU_DUMP_ALIGN
 */
struct tnpu_coredump_buf {
	void *data;
	size_t size;
	size_t used;
};

/* ---- Sections ------------------------------------------------------------------------ */

/* Where the bytes of the next section will be; NULL where there is no room for so many. */
static void *tnpu_coredump_next(struct tnpu_coredump_buf *buf, size_t size)
{
	const size_t at = buf->used + sizeof(struct tnpu_dump_section);

	return at + ALIGN(size, TNPU_DUMP_ALIGN) > buf->size ? NULL : buf->data + at;
}

/* Adds a section, whose bytes the caller writes. */
static void *tnpu_coredump_add(struct tnpu_coredump_buf *buf, u32 type, u32 stride, size_t size)
{
	struct tnpu_dump_section *section = buf->data + buf->used;
	struct tnpu_dump_header *header = buf->data;
	void *to = tnpu_coredump_next(buf, size);

	if (WARN_ON_ONCE(!to))
		return NULL;
	section->type = type;
	section->stride = stride;
	section->size = size;
	buf->used += sizeof(*section) + ALIGN(size, TNPU_DUMP_ALIGN);
	header->sections++;
	header->size = buf->used;

	return to;
}

static void tnpu_coredump_put(struct tnpu_coredump_buf *buf, u32 type, u32 stride,
			      const void *from, size_t size)
{
	void *to = tnpu_coredump_add(buf, type, stride, size);

	if (to)
		memcpy(to, from, size);
}

static int tnpu_coredump_open(struct tnpu_coredump_buf *buf, size_t size)
{
	buf->data = vzalloc(size);
	if (!buf->data)
		return -ENOMEM;
	buf->size = size;
	buf->used = sizeof(struct tnpu_dump_header);
	*(struct tnpu_dump_header *)buf->data = (struct tnpu_dump_header){
		.magic = TNPU_DUMP_MAGIC,
		.version_major = TNPU_DUMP_VERSION_MAJOR,
		.version_minor = TNPU_DUMP_VERSION_MINOR,
		.header_size = sizeof(struct tnpu_dump_header),
		.size = buf->used,
	};

	return 0;
}

/* ---- The device ------------------------------------------------------------------------ */

static const struct {
	u32 first;
	u32 last;
} tnpu_coredump_ranges[] = {
	{ TNPU_REG_MAGIC, TNPU_REG_PROFILE },
	{ TNPU_REG_BOOT_STATE, TNPU_REG_SCRATCH },
	{ TNPU_REG_MBOX_REQ_LO, TNPU_REG_MBOX_RSP_HEAD },
	{ TNPU_REG_IRQ_STATUS, TNPU_REG_IRQ_ENABLE },
};

static void tnpu_coredump_copy_regs(struct tnpu_device *tdev)
{
	struct tnpu_dump_reg *to = tdev->coredump.regs;
	const struct tnpu_dump_reg *end = to + TNPU_COREDUMP_REGS;
	unsigned int i;
	u32 reg;

	for (i = 0; i < ARRAY_SIZE(tnpu_coredump_ranges); i++) {
		for (reg = tnpu_coredump_ranges[i].first;
		     reg <= tnpu_coredump_ranges[i].last && !WARN_ON_ONCE(to == end);
		     reg += sizeof(u32), to++) {
			to->offset = reg;
			to->value = tnpu_hw_read(tdev, reg, "for a core dump");
		}
	}
}

static void tnpu_coredump_copy_device(struct tnpu_device *tdev)
{
	struct tnpu_coredump *dump = &tdev->coredump;

	tnpu_coredump_copy_regs(tdev);
	tnpu_mbox_copy(tdev, &dump->mbox, &dump->rings);
}

static void tnpu_coredump_put_info(struct tnpu_coredump_buf *buf, struct tnpu_device *tdev)
{
	struct tnpu_dump_info info = {
		.cause = tdev->coredump.queue ? TNPU_DUMP_CAUSE_QUEUE :
						TNPU_DUMP_CAUSE_FIRMWARE,
		.driver_major = TNPU_DRIVER_MAJOR,
		.driver_minor = TNPU_DRIVER_MINOR,
		.hw_version = tdev->hw.version,
		.fw_version = tdev->fw.version,
		.fw_protocol = tdev->fw.protocol,
		.reset_count = atomic_read(&tdev->reset.count),
		.realtime_ns = ktime_get_real_ns(),
		.boottime_ns = ktime_get_boottime_ns(),
	};

	BUILD_BUG_ON(sizeof(info.fw_name) != sizeof(tdev->fw.name));
	memcpy(info.fw_name, tdev->fw.name, sizeof(info.fw_name));
	strscpy((char *)info.kernel, init_utsname()->release, sizeof(info.kernel));
	strscpy((char *)info.device, pci_name(tdev->pdev), sizeof(info.device));
	tnpu_coredump_put(buf, TNPU_DUMP_INFO, sizeof(info), &info, sizeof(info));
}

static void tnpu_coredump_put_device(struct tnpu_coredump_buf *buf, struct tnpu_device *tdev)
{
	struct tnpu_coredump *dump = &tdev->coredump;

	tnpu_coredump_put_info(buf, tdev);
	tnpu_coredump_put(buf, TNPU_DUMP_REGS, sizeof(dump->regs[0]), dump->regs,
			  sizeof(dump->regs));
	tnpu_coredump_put(buf, TNPU_DUMP_MBOX, sizeof(dump->mbox), &dump->mbox,
			  sizeof(dump->mbox));
	tnpu_coredump_put(buf, TNPU_DUMP_MBOX_REQ, sizeof(struct tnpu_msg), dump->rings.req,
			  sizeof(dump->rings.req));
	tnpu_coredump_put(buf, TNPU_DUMP_MBOX_RSP, sizeof(struct tnpu_msg), dump->rings.rsp,
			  sizeof(dump->rings.rsp));
}

static void tnpu_coredump_put_log(struct tnpu_coredump_buf *buf, struct tnpu_device *tdev)
{
	char *text = tnpu_coredump_next(buf, TNPU_FW_LOG_SIZE);
	ssize_t size;

	if (WARN_ON_ONCE(!text))
		return;
	size = tnpu_fw_read_log(tdev, text, TNPU_FW_LOG_SIZE);
	if (size > 0)
		tnpu_coredump_add(buf, TNPU_DUMP_LOG, 1, size);
}

/* ---- The queue and its VM -------------------------------------------------------------- */

/* What the ring held for the failed job, or NULL: it never got there. */
static const struct tnpu_ring_entry *tnpu_coredump_entry(const struct tnpu_queue *queue)
{
	const u64 seq = queue->fault.seq - queue->seq_base;
	const struct tnpu_ring_entry *entry;

	entry = &queue->ring[(seq - 1) % tnpu_queue_entries(queue)];

	return entry->seq == seq ? entry : NULL;
}

static u32 tnpu_coredump_stream_size(const struct tnpu_queue *queue)
{
	const struct tnpu_ring_entry *entry = tnpu_coredump_entry(queue);

	return entry ? min(entry->cmd_size, TNPU_COREDUMP_STREAM_MAX) : 0;
}

static u32 tnpu_coredump_count_mappings(const struct tnpu_queue *queue)
{
	struct drm_gpuva *gpuva;
	u32 count = 0;

	lockdep_assert_held(&queue->vm->lock);

	drm_gpuvm_for_each_va(gpuva, &queue->vm->gpuvm)
		count++;

	return count;
}

static struct tnpu_dump_mapping tnpu_coredump_mapping(const struct drm_gpuva *gpuva)
{
	struct drm_gem_object *obj = gpuva->gem.obj;
	struct tnpu_dump_mapping mapping = {
		.va = gpuva->va.addr,
		.size = gpuva->va.range,
		.bo_offset = gpuva->gem.offset,
	};

	if (to_tnpu_bo(obj)->flags & DRM_TNPU_BO_LOCAL)
		mapping.flags |= TNPU_DUMP_MAPPING_LOCAL;
	if (gpuva->flags & TNPU_VMA_READONLY)
		mapping.flags |= TNPU_DUMP_MAPPING_READONLY;
	if (drm_gem_is_imported(obj))
		mapping.flags |= TNPU_DUMP_MAPPING_IMPORTED;

	return mapping;
}

static void tnpu_coredump_put_vm(struct tnpu_coredump_buf *buf, const struct tnpu_queue *queue,
				 u32 count)
{
	struct tnpu_dump_mapping *to;
	struct drm_gpuva *gpuva;

	count = min(count, TNPU_COREDUMP_MAPPINGS_MAX);
	to = tnpu_coredump_add(buf, TNPU_DUMP_VM, sizeof(*to), count * sizeof(*to));
	drm_gpuvm_for_each_va(gpuva, &queue->vm->gpuvm) {
		if (!to || !count--)
			break;
		*to++ = tnpu_coredump_mapping(gpuva);
	}
}

/* Reads what the device would; TNPU_DUMP_STREAM_* says why @done is less than @size. */
static u32 tnpu_coredump_read(const struct tnpu_queue *queue, u64 va, u8 *to, u32 size, u32 *done)
{
	lockdep_assert_held(&queue->vm->lock);

	for (*done = 0; *done < size; ) {
		struct drm_gpuva *gpuva = drm_gpuva_find_first(&queue->vm->gpuvm, va + *done, 1);
		u64 offset, step;

		if (!gpuva)
			return TNPU_DUMP_STREAM_UNMAPPED;
		offset = va + *done - gpuva->va.addr;
		step = min_t(u64, size - *done, gpuva->va.range - offset);
		if (tnpu_gem_read(to_tnpu_bo(gpuva->gem.obj), gpuva->gem.offset + offset,
				  to + *done, step))
			return TNPU_DUMP_STREAM_UNREADABLE;
		*done += step;
	}

	return TNPU_DUMP_STREAM_WHOLE;
}

/* The driver does not look for the command in it: it knows nothing of commands. */
static void tnpu_coredump_put_stream(struct tnpu_coredump_buf *buf,
				     const struct tnpu_queue *queue,
				     struct tnpu_dump_queue *about)
{
	const struct tnpu_ring_entry *entry = tnpu_coredump_entry(queue);
	u32 size = tnpu_coredump_stream_size(queue), done;
	u8 *to = tnpu_coredump_next(buf, size);

	if (!size || WARN_ON_ONCE(!to))
		return;
	about->stream_va = entry->cmd_va;
	about->stream_size = entry->cmd_size;
	about->stream_status = tnpu_coredump_read(queue, entry->cmd_va, to, size, &done);
	if (!about->stream_status && size < entry->cmd_size)
		about->stream_status = TNPU_DUMP_STREAM_CUT;
	if (done)
		tnpu_coredump_add(buf, TNPU_DUMP_STREAM, 1, done);
}

static struct tnpu_dump_queue tnpu_coredump_about(struct tnpu_queue *queue)
{
	const struct tnpu_queue_fault *fault = &queue->fault;
	struct tnpu_dump_queue about = {
		.slot = queue->slot,
		.context = queue->context,
		.priority = queue->priority,
		.order = queue->tdev->hw.ring_order,
		.state = fault->state,
		.reason = fault->reason,
		.error = fault->error,
		.cmd_index = fault->cmd_index,
		.access = fault->access,
		.tail = queue->tail,
		.pid = queue->pid,
		.seq = fault->seq,
		.seq_base = queue->seq_base,
		.fault_va = fault->va,
		.submitted = READ_ONCE(queue->submitted),
		.completed = READ_ONCE(queue->completed),
		.busy = tnpu_queue_busy(queue),
	};

	BUILD_BUG_ON(sizeof(about.comm) != sizeof(queue->comm));
	memcpy(about.comm, queue->comm, sizeof(about.comm));

	return about;
}

static void tnpu_coredump_put_queue(struct tnpu_coredump_buf *buf, struct tnpu_queue *queue,
				    u32 mappings)
{
	const u32 entries = tnpu_queue_entries(queue);
	struct tnpu_dump_queue about = tnpu_coredump_about(queue);

	about.mappings = mappings;
	tnpu_coredump_put_stream(buf, queue, &about);
	tnpu_coredump_put(buf, TNPU_DUMP_QUEUE, sizeof(about), &about, sizeof(about));
	tnpu_coredump_put(buf, TNPU_DUMP_RING, sizeof(*queue->ring), queue->ring,
			  entries * sizeof(*queue->ring));
	tnpu_coredump_put(buf, TNPU_DUMP_COMPLETIONS, sizeof(*queue->done), queue->done,
			  entries * sizeof(*queue->done));
	tnpu_coredump_put_vm(buf, queue, mappings);
}

/* ---- Writing --------------------------------------------------------------------------- */

/* At least what the sections of the device will take. */
static size_t tnpu_coredump_device_size(void)
{
	return sizeof(struct tnpu_dump_header) +
	       TNPU_COREDUMP_SECTIONS * (sizeof(struct tnpu_dump_section) + TNPU_DUMP_ALIGN) +
	       sizeof(struct tnpu_dump_info) + sizeof(struct tnpu_coredump) + TNPU_FW_LOG_SIZE;
}

static size_t tnpu_coredump_queue_size(const struct tnpu_queue *queue, u32 mappings)
{
	return sizeof(struct tnpu_dump_queue) + tnpu_coredump_stream_size(queue) +
	       tnpu_queue_ring_bytes(queue) +
	       min(mappings, TNPU_COREDUMP_MAPPINGS_MAX) * sizeof(struct tnpu_dump_mapping);
}

static int tnpu_coredump_write_queue(struct tnpu_coredump_buf *buf, struct tnpu_queue *queue)
{
	u32 mappings;
	int ret;

	guard(mutex)(&queue->vm->lock);
	mappings = tnpu_coredump_count_mappings(queue);
	ret = tnpu_coredump_open(buf, tnpu_coredump_device_size() +
				      tnpu_coredump_queue_size(queue, mappings));
	if (ret)
		return ret;
	tnpu_coredump_put_device(buf, queue->tdev);
	tnpu_coredump_put_queue(buf, queue, mappings);

	return 0;
}

static void tnpu_coredump_write(struct tnpu_device *tdev)
{
	struct tnpu_coredump *dump = &tdev->coredump;
	struct tnpu_coredump_buf buf = { };
	int ret;

	if (!dump->frozen)
		tnpu_coredump_copy_device(tdev);
	if (dump->queue) {
		ret = tnpu_coredump_write_queue(&buf, dump->queue);
	} else {
		ret = tnpu_coredump_open(&buf, tnpu_coredump_device_size());
		if (!ret)
			tnpu_coredump_put_device(&buf, tdev);
	}
	if (ret)
		return;
	tnpu_coredump_put_log(&buf, tdev);
	tnpu_dbg(tdev, RESET, "core dump of %zu bytes", buf.used);
	/* Frees it, at once where there is one already that nobody has read. */
	dev_coredumpv(tdev->drm.dev, buf.data, buf.used, GFP_KERNEL);
}

static void tnpu_coredump_finish(struct tnpu_device *tdev)
{
	struct tnpu_coredump *dump = &tdev->coredump;
	struct tnpu_queue *queue;

	spin_lock_irq(&dump->lock);
	queue = dump->queue;
	dump->queue = NULL;
	dump->frozen = false;
	dump->state = TNPU_COREDUMP_IDLE;
	spin_unlock_irq(&dump->lock);
	wake_up_all(&dump->done);
	if (queue)
		tnpu_queue_put(queue);
}

static void tnpu_coredump_work(struct work_struct *work)
{
	struct tnpu_device *tdev = container_of(work, struct tnpu_device, coredump.work);
	int idx;

	if (tnpu_pm_enter(tdev, &idx)) {
		/* Nor is it to be read while it is in other hands. One that is lost is dumped. */
		tnpu_reset_wait(tdev);
		tnpu_coredump_write(tdev);
		tnpu_pm_exit(tdev, idx);
	}
	tnpu_coredump_finish(tdev);
}

/* ---- When ------------------------------------------------------------------------------ */

static bool tnpu_coredump_wants(const struct tnpu_queue_fault *fault)
{
	if (fault->state != DRM_TNPU_QUEUE_STATE_GUILTY)
		return false;
	switch (fault->reason) {
	case TNPU_ERR_FAULT:
	case TNPU_ERR_DMA:
	case TNPU_ERR_WAIT:
	case TNPU_ERR_ENGINE:
	case DRM_TNPU_REASON_TIMEOUT:
		return true;
	default:
		return false;
	}
}

/*
 * A program that sees its queue dead is frozen before the device sleeps, and so is this: the
 * device is there as long as it runs.
 */
static void tnpu_coredump_start(struct tnpu_coredump *dump)
{
	queue_work(system_freezable_wq, &dump->work);
}

/**
 * tnpu_coredump_freeze - recovery begins: copy what it will overwrite
 * @tdev: the device, awake
 * @queue: the queue that is to blame, or NULL: the firmware
 *
 * Part of recovery: allocates nothing.
 *
 * Return: whether tnpu_coredump_thaw() is to be called at the end of recovery: not where another
 * dump is in the making, or where the device is gone and there is nothing to be seen.
 */
bool tnpu_coredump_freeze(struct tnpu_device *tdev, struct tnpu_queue *queue)
{
	struct tnpu_coredump *dump = &tdev->coredump;
	bool mine;

	if (tnpu_hw_gone(tdev))
		return false;
	spin_lock_irq(&dump->lock);
	mine = dump->state == TNPU_COREDUMP_IDLE;
	if (mine) {
		dump->state = TNPU_COREDUMP_FROZEN;
		dump->frozen = true;
		dump->queue = queue;
	}
	spin_unlock_irq(&dump->lock);
	/* Whatever becomes of the queue now, nobody reads this before tnpu_coredump_thaw(). */
	if (mine)
		tnpu_coredump_copy_device(tdev);

	return mine;
}

/**
 * tnpu_coredump_thaw - the end of recovery
 * @tdev: the device, after tnpu_coredump_freeze()
 *
 * Has a dump written where the queue is dead for what is worth one, or no queue was to blame.
 */
void tnpu_coredump_thaw(struct tnpu_device *tdev)
{
	struct tnpu_coredump *dump = &tdev->coredump;

	spin_lock_irq(&dump->lock);
	if (!dump->queue || dump->state == TNPU_COREDUMP_TAKEN) {
		dump->state = TNPU_COREDUMP_TAKEN;
		tnpu_coredump_start(dump);
	} else {
		dump->state = TNPU_COREDUMP_IDLE;
		dump->frozen = false;
		dump->queue = NULL;
	}
	spin_unlock_irq(&dump->lock);
}

/**
 * tnpu_coredump_take - a queue has died: have a dump written
 * @queue: the queue; under its lock, its fault just set and not shut before, so that its VM is
 * there
 *
 * In any context. Where this happens in recovery, tnpu_coredump_thaw() has it written.
 */
void tnpu_coredump_take(struct tnpu_queue *queue)
{
	struct tnpu_coredump *dump = &queue->tdev->coredump;
	unsigned long flags;

	lockdep_assert_held(&queue->lock);

	if (!tnpu_coredump_wants(&queue->fault))
		return;
	spin_lock_irqsave(&dump->lock, flags);
	if (dump->state == TNPU_COREDUMP_IDLE) {
		dump->queue = queue;
		tnpu_coredump_start(dump);
	}
	if (dump->queue == queue) {
		tnpu_queue_get(queue);
		dump->state = TNPU_COREDUMP_TAKEN;
	}
	spin_unlock_irqrestore(&dump->lock, flags);
}

static bool tnpu_coredump_needs(struct tnpu_queue *queue)
{
	struct tnpu_coredump *dump = &queue->tdev->coredump;
	bool needs;

	spin_lock_irq(&dump->lock);
	needs = dump->state == TNPU_COREDUMP_TAKEN && dump->queue == queue;
	spin_unlock_irq(&dump->lock);

	return needs;
}

/**
 * tnpu_coredump_wait - wait until no dump needs the queue's VM and ring
 * @queue: the queue; its error is set, so that tnpu_coredump_take() is not called any more
 *
 * Not for recovery, which the dump may wait for, nor under a lock that either takes.
 */
void tnpu_coredump_wait(struct tnpu_queue *queue)
{
	wait_event(queue->tdev->coredump.done, !tnpu_coredump_needs(queue));
}

/* ---- The device's life ----------------------------------------------------------------- */

/**
 * tnpu_coredump_init - prepare for dumps
 * @tdev: the device
 */
void tnpu_coredump_init(struct tnpu_device *tdev)
{
	struct tnpu_coredump *dump = &tdev->coredump;

	spin_lock_init(&dump->lock);
	init_waitqueue_head(&dump->done);
	INIT_WORK(&dump->work, tnpu_coredump_work);
}

/**
 * tnpu_coredump_fini - the end of dumps; one that is there already stays
 * @tdev: the device, its recovery ended
 */
void tnpu_coredump_fini(struct tnpu_device *tdev)
{
	flush_work(&tdev->coredump.work);
}
