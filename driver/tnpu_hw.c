// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: registers, doorbells and what the device says of itself.
 */
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/math64.h>
#include <linux/pci.h>
#include <linux/random.h>

#include "tnpu_drv.h"

/* A reset waits for the tiles in progress: 1 ms a tile, and a slow host. */
#define TNPU_HW_RESET_TIMEOUT_US	(2 * USEC_PER_SEC)
#define TNPU_HW_POLL_US			100

/**
 * tnpu_hw_read - read a register; use tnpu_rd()
 * @tdev: the device
 * @reg: TNPU_REG_*
 * @name: its name, for debug output
 *
 * Return: TNPU_GONE where the device does not answer any more.
 */
u32 tnpu_hw_read(struct tnpu_device *tdev, u32 reg, const char *name)
{
	const u32 value = readl(tdev->hw.regs + reg);

	tnpu_dbg(tdev, REG, "rd %s = 0x%08x", name, value);

	return value;
}

/**
 * tnpu_hw_write - write a register; use tnpu_wr()
 * @tdev: the device
 * @reg: TNPU_REG_*
 * @value: to be written, after all earlier stores to memory
 * @name: its name, for debug output
 */
void tnpu_hw_write(struct tnpu_device *tdev, u32 reg, u32 value, const char *name)
{
	tnpu_dbg(tdev, REG, "wr %s = 0x%08x", name, value);
	writel(value, tdev->hw.regs + reg);
}

/**
 * tnpu_hw_read64 - read a pair of registers; use tnpu_rd64()
 * @tdev: the device
 * @reg: TNPU_REG_*_LO
 * @name: its name, for debug output
 *
 * Return: all-ones where the device does not answer any more.
 */
u64 tnpu_hw_read64(struct tnpu_device *tdev, u32 reg, const char *name)
{
	const u32 low = tnpu_hw_read(tdev, reg, name);

	return low | (u64)tnpu_hw_read(tdev, reg + sizeof(u32), name) << 32;
}

/**
 * tnpu_hw_write64 - write a pair of registers; use tnpu_wr64()
 * @tdev: the device
 * @reg: TNPU_REG_*_LO
 * @value: to be written
 * @name: its name, for debug output
 */
void tnpu_hw_write64(struct tnpu_device *tdev, u32 reg, u64 value, const char *name)
{
	tnpu_hw_write(tdev, reg, lower_32_bits(value), name);
	tnpu_hw_write(tdev, reg + sizeof(u32), upper_32_bits(value), name);
}

/**
 * tnpu_hw_doorbell - tell a queue its ring's new tail
 * @tdev: the device
 * @queue: hardware queue
 * @tail: mod twice the ring's entries
 */
void tnpu_hw_doorbell(struct tnpu_device *tdev, u32 queue, u32 tail)
{
	const struct tnpu_hw *hw = &tdev->hw;

	writel(tail, hw->regs + hw->db_offset + (size_t)queue * hw->db_stride +
	       TNPU_DB_TAIL);
}

/**
 * tnpu_hw_gone - whether the device has left the bus
 * @tdev: the device
 *
 * Unmapped reads give all-ones on most machines but not on all: ask the
 * configuration space too.
 *
 * Return: whether it has.
 */
bool tnpu_hw_gone(struct tnpu_device *tdev)
{
	return tnpu_rd(tdev, MAGIC) != TNPU_MAGIC || !pci_device_is_present(tdev->pdev);
}

static void __iomem *tnpu_hw_mark(struct tnpu_device *tdev)
{
	return tdev->hw.mem + tdev->hw.mem_size - TNPU_HW_MARK_BYTES;
}

/**
 * tnpu_hw_mark_memory - from here on, device memory holds what matters
 * @tdev: the device
 */
void tnpu_hw_mark_memory(struct tnpu_device *tdev)
{
	writeq(tdev->hw.mark, tnpu_hw_mark(tdev));
}

/**
 * tnpu_hw_memory_kept - whether device memory is as it was
 * @tdev: the device
 *
 * The kind of a reset that came from outside is told by nobody, and no register remembers.
 *
 * Return: false where it has lost its contents since tnpu_hw_mark_memory().
 */
bool tnpu_hw_memory_kept(struct tnpu_device *tdev)
{
	return readq(tnpu_hw_mark(tdev)) == tdev->hw.mark;
}

/**
 * tnpu_hw_reset - reset the engines or the function, and wait for its end
 * @tdev: the device
 * @ctrl: TNPU_CTRL_ENGINE_RESET or TNPU_CTRL_RESET
 *
 * After a function reset no engine runs, no DMA is under way, and the boot ROM waits
 * for an image. Device memory keeps its contents.
 *
 * Return: 0; -ENODEV where the device is gone; -ETIMEDOUT.
 */
int tnpu_hw_reset(struct tnpu_device *tdev, u32 ctrl)
{
	u32 count, now;

	if (tnpu_hw_gone(tdev))
		return -ENODEV;
	count = tnpu_rd(tdev, RESET_COUNT);
	tnpu_wr(tdev, CTRL, ctrl);
	if (read_poll_timeout(tnpu_hw_read, now, now != count,
			      TNPU_HW_POLL_US, TNPU_HW_RESET_TIMEOUT_US, false,
			      tdev, TNPU_REG_RESET_COUNT, "RESET_COUNT"))
		return -ETIMEDOUT;

	return tnpu_hw_gone(tdev) ? -ENODEV : 0;
}

static int tnpu_hw_identify(struct tnpu_device *tdev)
{
	struct tnpu_hw *hw = &tdev->hw;

	if (tnpu_hw_gone(tdev)) {
		tnpu_err(tdev, "the device does not answer (MAGIC is 0x%08x)",
			 tnpu_rd(tdev, MAGIC));
		return -ENODEV;
	}
	hw->version = tnpu_rd(tdev, HW_VERSION);
	if (hw->version >> 16 != TNPU_HW_VERSION_MAJOR) {
		tnpu_err(tdev, "hardware version %u.%u, the driver knows %u.x",
			 hw->version >> 16, hw->version & 0xffff, TNPU_HW_VERSION_MAJOR);
		return -ENODEV;
	}

	return 0;
}

static void tnpu_hw_read_limits(struct tnpu_device *tdev)
{
	struct tnpu_hw *hw = &tdev->hw;

	hw->mem_size = tnpu_rd64(tdev, MEM_SIZE);
	hw->num_queues = tnpu_rd(tdev, NUM_QUEUES);
	hw->num_contexts = tnpu_rd(tdev, NUM_CONTEXTS);
	hw->num_vectors = tnpu_rd(tdev, NUM_VECTORS);
	hw->db_offset = tnpu_rd(tdev, DB_OFFSET);
	hw->db_stride = tnpu_rd(tdev, DB_STRIDE);
	hw->ring_order = min_t(u32, tnpu_rd(tdev, RING_ORDER_MAX), TNPU_HW_RING_ORDER);
	hw->max_stream_bytes = tnpu_rd(tdev, MAX_STREAM_BYTES);
	hw->timestamp_hz = tnpu_rd(tdev, TIMESTAMP_HZ);
}

static bool tnpu_hw_doorbells_fit(struct tnpu_device *tdev)
{
	const struct tnpu_hw *hw = &tdev->hw;
	const u64 end = hw->db_offset + (u64)hw->num_queues * hw->db_stride;

	return hw->db_offset >= TNPU_REGS_SIZE && hw->db_stride >= sizeof(u32) &&
	       IS_ALIGNED(hw->db_offset | hw->db_stride, sizeof(u32)) &&
	       end <= pci_resource_len(tdev->pdev, TNPU_BAR_REGS);
}

/* Even a device may lie: nothing below may run out of a BAR or an array. */
static const char *tnpu_hw_find_fault(struct tnpu_device *tdev)
{
	const struct tnpu_hw *hw = &tdev->hw;
	const u32 pages = tnpu_rd(tdev, PAGE_SIZES);

	if (!hw->num_queues || hw->num_queues > TNPU_HW_QUEUES_MAX)
		return "NUM_QUEUES";
	if (!hw->num_contexts || hw->num_contexts > TNPU_HW_CONTEXTS_MAX)
		return "NUM_CONTEXTS";
	if (hw->num_vectors < 2 || hw->num_vectors > TNPU_HW_VECTORS_MAX)
		return "NUM_VECTORS";
	if (!tnpu_hw_doorbells_fit(tdev))
		return "DB_OFFSET or DB_STRIDE";
	if (hw->ring_order < TNPU_RING_ORDER_MIN)
		return "RING_ORDER_MAX";
	if (!hw->timestamp_hz)
		return "TIMESTAMP_HZ";
	if (tnpu_rd(tdev, VA_BITS) != TNPU_VA_BITS)
		return "VA_BITS";
	if (!(pages & BIT(TNPU_PAGE_SHIFT)) || !(pages & BIT(TNPU_HUGE_SHIFT)))
		return "PAGE_SIZES";
	if (hw->mem_size < SZ_2M || !IS_ALIGNED(hw->mem_size, PAGE_SIZE) ||
	    hw->mem_size > pci_resource_len(tdev->pdev, TNPU_BAR_MEM))
		return "MEM_SIZE";

	return NULL;
}

static int tnpu_hw_map_memory(struct tnpu_device *tdev)
{
	struct tnpu_hw *hw = &tdev->hw;
	int ret;

	ret = pcim_request_region(tdev->pdev, TNPU_BAR_MEM, TNPU_DRIVER_NAME);
	if (ret)
		return ret;
	hw->mem_phys = pci_resource_start(tdev->pdev, TNPU_BAR_MEM);
	hw->mem = devm_ioremap_wc(&tdev->pdev->dev, hw->mem_phys, hw->mem_size);
	if (!hw->mem)
		return -ENOMEM;
	hw->mark = get_random_u64();
	tnpu_hw_mark_memory(tdev);

	return 0;
}

/**
 * tnpu_hw_ticks_in - a time of the device's clock in another unit
 * @tdev: the device
 * @ticks: of its clock, as it told them
 * @units: in a second
 *
 * Return: the time, or U64_MAX where it is longer than that: the division would trap.
 */
u64 tnpu_hw_ticks_in(const struct tnpu_device *tdev, u64 ticks, u64 units)
{
	const u64 hz = tdev->hw.timestamp_hz;

	if (mul_u64_u64_shr(ticks, units, 64) >= hz)
		return U64_MAX;

	return mul_u64_u64_div_u64(ticks, units, hz);
}

/**
 * tnpu_hw_init - map the BARs and read what the device is
 * @tdev: the device
 *
 * The mappings are managed by the PCI device.
 *
 * Return: 0; -ENODEV for a device that does not answer, or is none that this driver
 * knows; -ENOMEM; -EBUSY where somebody else has claimed a BAR.
 */
int tnpu_hw_init(struct tnpu_device *tdev)
{
	struct tnpu_hw *hw = &tdev->hw;
	const char *fault;
	int ret;

	hw->regs = pcim_iomap_region(tdev->pdev, TNPU_BAR_REGS, TNPU_DRIVER_NAME);
	if (IS_ERR(hw->regs))
		return PTR_ERR(hw->regs);
	if (pci_resource_len(tdev->pdev, TNPU_BAR_REGS) < TNPU_REGS_SIZE)
		return -ENODEV;
	ret = tnpu_hw_identify(tdev);
	if (ret)
		return ret;
	tnpu_hw_read_limits(tdev);
	fault = tnpu_hw_find_fault(tdev);
	if (fault) {
		tnpu_err(tdev, "register %s holds what no TNPU can have", fault);
		return -ENODEV;
	}

	return tnpu_hw_map_memory(tdev);
}
