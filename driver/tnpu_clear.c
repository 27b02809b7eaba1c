// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: clearing of device memory.
 *
 * What others left in device memory is not for the next owner to read, so a BO is cleared before
 * anybody gets to know it. The device does that by itself, on a queue of the driver's own: no
 * other context can reach that queue's ring, its commands or the memory on which it works. Its
 * priority is the normal one, for this is work like any other: who makes BOs gets a share of the
 * engines.
 *
 * The caller waits. A BO that is handed out while a job still clears it would have to be kept not
 * only from jobs that are submitted later, but also from those that are running in a VM to which it
 * is bound. Where higher priorities leave the engines to nobody, that takes any time: so the caller
 * can be killed. The queue goes then, and the job with it.
 *
 * What is small, and what the device fails to clear, is cleared by the CPU.
 */
#include <linux/io.h>
#include <linux/mm.h>

#include <drm/drm_managed.h>

#include <tnpu/tnpu_isa.h>

#include "tnpu_drv.h"
#include "tnpu_job.h"

/* Below, a job and an INVALIDATE take longer than the CPU. */
#define TNPU_CLEAR_MIN		SZ_2M
#define TNPU_CLEAR_STREAM_VA	TNPU_VA_START
#define TNPU_CLEAR_VA		BIT_ULL(40)
#define TNPU_CLEAR_COMMANDS	(PAGE_SIZE / sizeof(struct tnpu_cmd_fill))

static void tnpu_clear_by_cpu(struct tnpu_device *tdev, struct tnpu_bo *bo)
{
	const void *zeros = page_address(ZERO_PAGE(0));
	struct tnpu_gem_cursor cursor;
	u64 left;

	tnpu_gem_seek(&cursor, bo, 0);
	for (left = bo->shmem.base.size; left; left -= PAGE_SIZE) {
		tnpu_gem_left(&cursor);
		/* memset_io() goes by bytes on some processors: eight times as slow. */
		__iowrite64_copy(tdev->hw.mem + cursor.addr, zeros, PAGE_SIZE / sizeof(u64));
		tnpu_gem_advance(&cursor, PAGE_SIZE);
		cond_resched();
	}
	/* The mapping is write-combining; and tnpu_clear_bo() asks then whether all this counts. */
	mb();
}

/* ---- By the device ------------------------------------------------------------------ */

static int tnpu_clear_map(struct tnpu_vm *vm, struct tnpu_bo *bo, u64 va)
{
	const u64 size = bo->shmem.base.size;
	int ret;

	mutex_lock(&vm->lock);
	ret = tnpu_pt_prepare(&vm->pts, va, size, bo, 0);
	if (ret)
		tnpu_pt_prune(&vm->pts, va, size);
	else
		tnpu_pt_map(&vm->pts, va, size, bo, 0, false);
	mutex_unlock(&vm->lock);

	return ret;
}

/* On return the device reaches the BO no more. */
static void tnpu_clear_unmap(struct tnpu_vm *vm, struct tnpu_bo *bo, u64 va)
{
	struct tnpu_msg_invalidate msg = {
		.context = vm->context,
		.va = va,
		.size = bo->shmem.base.size,
	};

	mutex_lock(&vm->lock);
	tnpu_pt_unmap(&vm->pts, va, msg.size);
	tnpu_pt_prune(&vm->pts, va, msg.size);
	/* Without an answer the device is stopped. */
	if (tnpu_mbox_call(vm->tdev, TNPU_MSG_INVALIDATE, &msg, sizeof(msg)))
		tnpu_dbg(vm->tdev, VM, "context %u: the device is lost", vm->context);
	tnpu_pt_reclaim(&vm->pts);
	mutex_unlock(&vm->lock);
}

/* Writes the commands; returns the bytes of the stream, or 0 where there is no room for it. */
static u32 tnpu_clear_write_stream(struct tnpu_device *tdev, u64 size)
{
	const u64 max = ALIGN_DOWN(tnpu_rd64(tdev, MAX_CMD_BYTES), PAGE_SIZE);
	struct tnpu_cmd_fill fill = {
		.hdr = { .opcode = TNPU_OP_FILL, .size = sizeof(fill) },
		.dst = TNPU_CLEAR_VA,
	};
	struct tnpu_gem_cursor cursor;
	u32 bytes;

	if (!max || DIV_ROUND_UP_ULL(size, max) > TNPU_CLEAR_COMMANDS)
		return 0;
	tnpu_gem_seek(&cursor, tdev->clear.stream, 0);
	for (bytes = 0; size; bytes += sizeof(fill)) {
		fill.size = min(size, max);
		memcpy_toio(tdev->hw.mem + cursor.addr + bytes, &fill, sizeof(fill));
		fill.dst += fill.size;
		size -= fill.size;
	}

	return bytes;
}

/* What is under way goes with it: nothing else is ever on this queue. */
static void tnpu_clear_drop_queue(struct tnpu_clear *clear)
{
	if (clear->queue)
		tnpu_queue_shut(clear->queue);
	clear->queue = NULL;
}

static int tnpu_clear_run(struct tnpu_device *tdev, struct tnpu_bo *bo)
{
	struct tnpu_clear *clear = &tdev->clear;
	struct tnpu_ring_entry entry = { .cmd_va = TNPU_CLEAR_STREAM_VA };
	int ret;

	entry.cmd_size = tnpu_clear_write_stream(tdev, bo->shmem.base.size);
	if (!entry.cmd_size)
		return -E2BIG;
	ret = tnpu_clear_map(clear->vm, bo, TNPU_CLEAR_VA);
	if (ret)
		return ret;
	ret = tnpu_job_run_and_wait(clear->queue, &entry);
	/* The job must not outlive the BO, whose memory goes back at once. */
	if (ret == -ERESTARTSYS)
		tnpu_clear_drop_queue(clear);
	tnpu_clear_unmap(clear->vm, bo, TNPU_CLEAR_VA);

	return ret;
}

/* A queue that was lost to a reset or dropped is replaced. */
static int tnpu_clear_prepare(struct tnpu_device *tdev)
{
	struct tnpu_clear *clear = &tdev->clear;
	struct tnpu_queue *queue;

	if (!clear->vm)
		return -EOPNOTSUPP;
	if (clear->queue && !tnpu_queue_error(clear->queue))
		return 0;
	tnpu_clear_drop_queue(clear);
	queue = tnpu_queue_create_own(clear->vm);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	clear->queue = queue;

	return 0;
}

static int tnpu_clear_by_device(struct tnpu_device *tdev, struct tnpu_bo *bo)
{
	int ret;

	/* Its holder may be waiting for higher priorities for any time. */
	if (mutex_lock_killable(&tdev->clear.lock))
		return -ERESTARTSYS;
	ret = tnpu_clear_prepare(tdev);
	if (!ret)
		ret = tnpu_clear_run(tdev, bo);
	mutex_unlock(&tdev->clear.lock);

	return ret;
}

static int tnpu_clear_once(struct tnpu_device *tdev, struct tnpu_bo *bo)
{
	int ret = -E2BIG;

	if (bo->shmem.base.size >= TNPU_CLEAR_MIN)
		ret = tnpu_clear_by_device(tdev, bo);
	if (!ret || ret == -ERESTARTSYS)
		return ret;
	tnpu_clear_by_cpu(tdev, bo);

	return 0;
}

/**
 * tnpu_clear_bo - clear a new BO in device memory, and wait for it
 * @tdev: the device, inside tnpu_pm_enter()
 * @bo: the BO, that nobody else knows of yet
 *
 * While the device is in other hands, jobs are lost and so is what the CPU stores: then it is
 * done once more. Recovery leaves device memory reachable and as it is: where a job is lost to
 * that, the CPU clears what it has not.
 *
 * Return: 0; -EIO the device is wedged; -ENODEV it is gone; -ERESTARTSYS the caller is being
 * killed.
 */
int tnpu_clear_bo(struct tnpu_device *tdev, struct tnpu_bo *bo)
{
	unsigned int holds;
	int ret;

	do {
		holds = READ_ONCE(tdev->reset.holds);
		/* Who took it before that is waited for; who does later is seen below. */
		smp_rmb();
		ret = tnpu_reset_wait(tdev);
		if (ret)
			return ret;
		ret = tnpu_clear_once(tdev, bo);
		if (ret)
			return ret;
	} while (READ_ONCE(tdev->reset.holds) != holds);

	return tnpu_reset_error(tdev);
}

/* ---- The device --------------------------------------------------------------------- */

static int tnpu_clear_init_vm(struct tnpu_device *tdev)
{
	struct tnpu_clear *clear = &tdev->clear;
	struct tnpu_vm *vm;
	int ret;

	vm = tnpu_vm_create(tdev);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ret = tnpu_clear_map(vm, clear->stream, TNPU_CLEAR_STREAM_VA);
	if (ret) {
		tnpu_vm_put(vm);
		return ret;
	}
	clear->vm = vm;

	return tnpu_clear_prepare(tdev);
}

/**
 * tnpu_clear_init - make the driver's own queue
 * @tdev: the device, its firmware ready
 *
 * Return: 0; -ENOMEM; else as tnpu_mbox_call(). In any case tnpu_clear_fini() undoes it.
 */
int tnpu_clear_init(struct tnpu_device *tdev)
{
	struct tnpu_clear *clear = &tdev->clear;
	struct tnpu_bo *stream;

	if (!(tnpu_rd64(tdev, OPS) & BIT_ULL(TNPU_OP_FILL)))
		return 0;
	stream = tnpu_gem_create_local(tdev, PAGE_SIZE, DRM_TNPU_BO_LOCAL, NULL);
	if (IS_ERR(stream))
		return PTR_ERR(stream);
	clear->stream = stream;

	return tnpu_clear_init_vm(tdev);
}

/**
 * tnpu_clear_fini - the end of tnpu_clear_init()
 * @tdev: the device, stopped
 */
void tnpu_clear_fini(struct tnpu_device *tdev)
{
	struct tnpu_clear *clear = &tdev->clear;

	tnpu_clear_drop_queue(clear);
	/* This queue does not hold the module, but its jobs hold it. */
	flush_workqueue(tdev->queues.wq);
	if (clear->vm)
		tnpu_vm_put(clear->vm);
	if (clear->stream)
		drm_gem_object_put(&clear->stream->shmem.base);
}
