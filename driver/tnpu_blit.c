// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: clearing and copying of device memory.
 *
 * What others left in device memory is not for the next owner to read, so a BO is cleared before
 * anybody gets to know it; and BOs move to system memory and back. The device does that by itself,
 * on a queue of the driver's own: no other context can reach that queue's ring, its commands or the
 * memory on which it works. Its priority is the normal one, for this is work like any other: who
 * makes BOs gets a share of the engines.
 *
 * The caller waits. A BO that is handed out while a job still works on it would have to be kept not
 * only from jobs that are submitted later, but also from those that are running in a VM to which it
 * is bound; and who moves a BO out does so because it needs the memory now. Where higher priorities
 * leave the engines to nobody, that takes any time: so the caller can be killed. The queue goes
 * then, and the job with it.
 *
 * What is small, and what the device fails to do, the CPU does.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/mm.h>

#include <drm/drm_managed.h>

#include <tnpu/tnpu_isa.h>

#include "tnpu_drv.h"
#include "tnpu_job.h"

/* Below, a job and an INVALIDATE take longer than the CPU. */
#define TNPU_BLIT_MIN		SZ_2M
#define TNPU_BLIT_STREAM_VA	TNPU_VA_START
#define TNPU_BLIT_LOCAL_VA	BIT_ULL(40)
#define TNPU_BLIT_SYSTEM_VA	BIT_ULL(41)

/**
 * struct tnpu_blit_work - what is to be done
 * @local: device memory
 * @system: the same as @pages, as the device sees it; while it works
 * @pages: system memory; NULL: @local is to be cleared
 * @size: bytes, whole pages
 * @out: from @local to @pages
 */
struct tnpu_blit_work {
	struct tnpu_gem_cursor local;
	struct tnpu_gem_cursor system;
	struct page **pages;
	u64 size;
	bool out;
};

/* ---- By the CPU --------------------------------------------------------------------- */

static void tnpu_blit_page(void __iomem *local, const struct tnpu_blit_work *work, u64 offset)
{
	void *page;

	if (!work->pages) {
		/* memset_io() goes by bytes on some processors: eight times as slow. */
		__iowrite64_copy(local, page_address(ZERO_PAGE(0)), PAGE_SIZE / sizeof(u64));
		return;
	}
	page = page_address(work->pages[PHYS_PFN(offset)]);
	if (work->out)
		memcpy_fromio(page, local, PAGE_SIZE);
	else
		memcpy_toio(local, page, PAGE_SIZE);
}

static void tnpu_blit_by_cpu(struct tnpu_device *tdev, const struct tnpu_blit_work *work)
{
	struct tnpu_gem_cursor cursor = work->local;
	u64 offset;

	for (offset = 0; offset < work->size; offset += PAGE_SIZE) {
		tnpu_gem_left(&cursor);
		tnpu_blit_page(tdev->hw.mem + cursor.addr, work, offset);
		tnpu_gem_advance(&cursor, PAGE_SIZE);
		cond_resched();
	}
	/* The mapping is write-combining; and tnpu_blit() asks then whether all this counts. */
	mb();
}

/* ---- By the device ------------------------------------------------------------------ */

static int tnpu_blit_map(struct tnpu_vm *vm, u64 va, const struct tnpu_gem_cursor *at, u64 size)
{
	int ret;

	tnpu_pt_hold(&vm->pts);
	ret = tnpu_pt_prepare_map(&vm->pts, va, size, at);
	mutex_lock(&vm->pts.lock);
	if (!ret)
		tnpu_pt_map(&vm->pts, va, size, at, false);
	tnpu_pt_unhold(&vm->pts);
	if (ret)
		tnpu_pt_prune(&vm->pts, va, size);
	mutex_unlock(&vm->pts.lock);

	return ret;
}

static void tnpu_blit_unmap_one(struct tnpu_vm *vm, u64 va, u64 size)
{
	lockdep_assert_held(&vm->pts.lock);

	tnpu_pt_unmap(&vm->pts, va, size);
	tnpu_pt_prune(&vm->pts, va, size);
}

/* On return the device reaches it no more. */
static void tnpu_blit_unmap(struct tnpu_vm *vm, const struct tnpu_blit_work *work)
{
	mutex_lock(&vm->pts.lock);
	tnpu_blit_unmap_one(vm, TNPU_BLIT_LOCAL_VA, work->size);
	if (work->pages)
		tnpu_blit_unmap_one(vm, TNPU_BLIT_SYSTEM_VA, work->size);
	mutex_unlock(&vm->pts.lock);
	tnpu_vm_flush(vm);
}

static int tnpu_blit_map_all(struct tnpu_vm *vm, const struct tnpu_blit_work *work)
{
	int ret;

	ret = tnpu_blit_map(vm, TNPU_BLIT_LOCAL_VA, &work->local, work->size);
	if (ret || !work->pages)
		return ret;
	ret = tnpu_blit_map(vm, TNPU_BLIT_SYSTEM_VA, &work->system, work->size);
	if (ret) {
		mutex_lock(&vm->pts.lock);
		tnpu_blit_unmap_one(vm, TNPU_BLIT_LOCAL_VA, work->size);
		mutex_unlock(&vm->pts.lock);
		tnpu_vm_flush(vm);
	}

	return ret;
}

union tnpu_blit_command {
	struct tnpu_cmd_fill fill;
	struct tnpu_cmd_copy copy;
};

/* Makes the command for some of the work; returns its bytes. */
static u32 tnpu_blit_make(const struct tnpu_blit_work *work, u64 offset, u64 size,
			  union tnpu_blit_command *command)
{
	const u64 local = TNPU_BLIT_LOCAL_VA + offset, system = TNPU_BLIT_SYSTEM_VA + offset;

	if (!work->pages) {
		command->fill = (struct tnpu_cmd_fill){
			.hdr = { .opcode = TNPU_OP_FILL, .size = sizeof(command->fill) },
			.dst = local,
			.size = size,
		};
		return sizeof(command->fill);
	}
	command->copy = (struct tnpu_cmd_copy){
		.hdr = { .opcode = TNPU_OP_COPY, .size = sizeof(command->copy) },
		.src = work->out ? local : system,
		.dst = work->out ? system : local,
		.src_stride = size,
		.dst_stride = size,
		.row_bytes = size,
		.rows.value = 1,
	};

	return sizeof(command->copy);
}

/* Writes the commands; returns the bytes of the stream, or 0 where there is no room for it. */
static u32 tnpu_blit_write_stream(struct tnpu_device *tdev, const struct tnpu_blit_work *work)
{
	/* A copy counts twice. */
	const u64 max = ALIGN_DOWN(tnpu_rd64(tdev, MAX_CMD_BYTES) / 2, PAGE_SIZE);
	struct tnpu_gem_cursor stream;
	union tnpu_blit_command command;
	u32 bytes = 0, length;
	u64 offset;

	if (!max || DIV_ROUND_UP_ULL(work->size, max) > PAGE_SIZE / sizeof(command))
		return 0;
	tnpu_gem_seek_blocks(&stream, tdev, &tdev->blit.stream);
	for (offset = 0; offset < work->size; offset += max) {
		length = tnpu_blit_make(work, offset, min(work->size - offset, max), &command);
		memcpy_toio(tdev->hw.mem + stream.addr + bytes, &command, length);
		bytes += length;
	}

	return bytes;
}

/* What is under way goes with it: nothing else is ever on this queue. */
static void tnpu_blit_drop_queue(struct tnpu_blit *blit)
{
	if (blit->queue)
		tnpu_queue_shut(blit->queue);
	blit->queue = NULL;
}

static int tnpu_blit_run(struct tnpu_device *tdev, const struct tnpu_blit_work *work)
{
	struct tnpu_blit *blit = &tdev->blit;
	struct tnpu_ring_entry entry = { .cmd_va = TNPU_BLIT_STREAM_VA };
	int ret;

	entry.cmd_size = tnpu_blit_write_stream(tdev, work);
	if (!entry.cmd_size)
		return -E2BIG;
	ret = tnpu_blit_map_all(blit->vm, work);
	if (ret)
		return ret;
	ret = tnpu_job_run_and_wait(blit->queue, &entry);
	/* The job must not outlive the call: the memory may go back at once. */
	if (ret == -ERESTARTSYS)
		tnpu_blit_drop_queue(blit);
	tnpu_blit_unmap(blit->vm, work);

	return ret;
}

/* A queue that was lost to a reset or dropped is replaced. */
static int tnpu_blit_prepare(struct tnpu_blit *blit)
{
	struct tnpu_queue *queue;

	if (blit->queue && !tnpu_queue_error(blit->queue))
		return 0;
	tnpu_blit_drop_queue(blit);
	queue = tnpu_queue_create_own(blit->vm);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	blit->queue = queue;

	return 0;
}

static int tnpu_blit_by_queue(struct tnpu_device *tdev, const struct tnpu_blit_work *work)
{
	int ret;

	/* Its holder may be waiting for higher priorities for any time. */
	if (mutex_lock_killable(&tdev->blit.lock))
		return -ERESTARTSYS;
	ret = tnpu_blit_prepare(&tdev->blit);
	if (!ret)
		ret = tnpu_blit_run(tdev, work);
	mutex_unlock(&tdev->blit.lock);

	return ret;
}

static int tnpu_blit_map_pages(struct tnpu_device *tdev, const struct tnpu_blit_work *work,
			       struct sg_table *sgt)
{
	int ret;

	ret = sg_alloc_table_from_pages(sgt, work->pages, PHYS_PFN(work->size), 0, work->size,
					GFP_KERNEL);
	if (ret)
		return ret;
	ret = dma_map_sgtable(tdev->drm.dev, sgt, DMA_BIDIRECTIONAL, 0);
	if (ret)
		sg_free_table(sgt);

	return ret;
}

static int tnpu_blit_by_device(struct tnpu_device *tdev, struct tnpu_blit_work *work)
{
	const u64 op = BIT_ULL(work->pages ? TNPU_OP_COPY : TNPU_OP_FILL);
	struct sg_table sgt;
	int ret;

	if (!tdev->blit.vm || !(tnpu_rd64(tdev, OPS) & op))
		return -EOPNOTSUPP;
	if (!work->pages)
		return tnpu_blit_by_queue(tdev, work);
	ret = tnpu_blit_map_pages(tdev, work, &sgt);
	if (ret)
		return ret;
	tnpu_gem_seek_sgt(&work->system, &sgt);
	ret = tnpu_blit_by_queue(tdev, work);
	dma_unmap_sgtable(tdev->drm.dev, &sgt, DMA_BIDIRECTIONAL, 0);
	sg_free_table(&sgt);

	return ret;
}

static int tnpu_blit_once(struct tnpu_device *tdev, struct tnpu_blit_work *work)
{
	int ret = -E2BIG;

	if (work->size >= TNPU_BLIT_MIN)
		ret = tnpu_blit_by_device(tdev, work);
	if (!ret || ret == -ERESTARTSYS)
		return ret;
	tnpu_blit_by_cpu(tdev, work);

	return 0;
}

/*
 * While the device is in other hands, jobs are lost and so is what the CPU stores: then it is
 * done once more. Recovery leaves device memory reachable and as it is: where a job is lost to
 * that, the CPU does what it has not.
 */
static int tnpu_blit(struct tnpu_device *tdev, struct tnpu_blit_work *work)
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
		ret = tnpu_blit_once(tdev, work);
		if (ret)
			return ret;
	} while (READ_ONCE(tdev->reset.holds) != holds);

	return tnpu_reset_error(tdev);
}

/**
 * tnpu_blit_clear - clear device memory, and wait for it
 * @tdev: the device, inside tnpu_pm_enter()
 * @local: what to clear, that nobody else knows of yet
 * @size: bytes, whole pages
 *
 * Return: 0; -EIO the device is wedged; -ENODEV it is gone; -ERESTARTSYS the caller is being
 * killed.
 */
int tnpu_blit_clear(struct tnpu_device *tdev, const struct tnpu_gem_cursor *local, u64 size)
{
	struct tnpu_blit_work work = { .local = *local, .size = size };

	return tnpu_blit(tdev, &work);
}

/**
 * tnpu_blit_copy - copy between device memory and system memory, and wait for it
 * @tdev: the device, inside tnpu_pm_enter()
 * @local: the device memory, that nobody uses
 * @pages: the system memory, likewise
 * @size: bytes, whole pages
 * @out: from device memory
 *
 * Return: as tnpu_blit_clear().
 */
int tnpu_blit_copy(struct tnpu_device *tdev, const struct tnpu_gem_cursor *local,
		   struct page **pages, u64 size, bool out)
{
	struct tnpu_blit_work work = {
		.local = *local,
		.pages = pages,
		.size = size,
		.out = out,
	};

	return tnpu_blit(tdev, &work);
}

/* ---- The device --------------------------------------------------------------------- */

static int tnpu_blit_init_vm(struct tnpu_device *tdev)
{
	struct tnpu_blit *blit = &tdev->blit;
	struct tnpu_gem_cursor stream;
	struct tnpu_vm *vm;
	int ret;

	vm = tnpu_vm_create(tdev);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	tnpu_gem_seek_blocks(&stream, tdev, &blit->stream);
	ret = tnpu_blit_map(vm, TNPU_BLIT_STREAM_VA, &stream, PAGE_SIZE);
	if (ret) {
		tnpu_vm_put(vm);
		return ret;
	}
	blit->vm = vm;

	return tnpu_blit_prepare(blit);
}

/**
 * tnpu_blit_init - make the driver's own queue
 * @tdev: the device, its firmware ready
 *
 * Return: 0; -ENOMEM; else as tnpu_mbox_call(). In any case tnpu_blit_fini() undoes it.
 */
int tnpu_blit_init(struct tnpu_device *tdev)
{
	struct tnpu_blit *blit = &tdev->blit;
	int ret;

	INIT_LIST_HEAD(&blit->stream);
	if (!(tnpu_rd64(tdev, OPS) & (BIT_ULL(TNPU_OP_FILL) | BIT_ULL(TNPU_OP_COPY))))
		return 0;
	ret = tnpu_vram_alloc(tdev, PAGE_SIZE, &blit->stream);
	if (ret)
		return ret;
	tdev->vram.room -= PAGE_SIZE;

	return tnpu_blit_init_vm(tdev);
}

/**
 * tnpu_blit_fini - the end of tnpu_blit_init()
 * @tdev: the device, stopped
 */
void tnpu_blit_fini(struct tnpu_device *tdev)
{
	struct tnpu_blit *blit = &tdev->blit;

	tnpu_blit_drop_queue(blit);
	/* This queue does not hold the module, but its jobs hold it. */
	flush_workqueue(tdev->queues.wq);
	if (blit->vm)
		tnpu_vm_put(blit->vm);
	tnpu_vram_free(tdev, &blit->stream);
}
