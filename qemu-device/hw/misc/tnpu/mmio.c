// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: BAR0. The chip answers; the shell adds what a function without a chip
 * reads as, and traces.
 */
#include "qemu/osdep.h"

#include "tnpu.h"
#include "trace.h"
#include "uapi/tnpu/tnpu_regs.h"

#define TNPU_REG_NAME(reg) \
	[TNPU_REG_##reg / 4] = #reg

static const char *const tnpu_reg_names[] = {
	TNPU_REG_NAME(MAGIC),
	TNPU_REG_NAME(HW_VERSION),
	TNPU_REG_NAME(PLATFORM),
	TNPU_REG_NAME(FEATURES),
	TNPU_REG_NAME(MEM_SIZE_LO),
	TNPU_REG_NAME(MEM_SIZE_HI),
	TNPU_REG_NAME(NUM_QUEUES),
	TNPU_REG_NAME(NUM_CONTEXTS),
	TNPU_REG_NAME(DB_OFFSET),
	TNPU_REG_NAME(DB_STRIDE),
	TNPU_REG_NAME(NUM_VECTORS),
	TNPU_REG_NAME(VA_BITS),
	TNPU_REG_NAME(PAGE_SIZES),
	TNPU_REG_NAME(MAX_SPAN_US),
	TNPU_REG_NAME(OPS_LO),
	TNPU_REG_NAME(OPS_HI),
	TNPU_REG_NAME(WFORMATS),
	TNPU_REG_NAME(DTYPES),
	TNPU_REG_NAME(MAX_CMD_BYTES_LO),
	TNPU_REG_NAME(MAX_CMD_BYTES_HI),
	TNPU_REG_NAME(MAX_CMD_MACS_LO),
	TNPU_REG_NAME(MAX_CMD_MACS_HI),
	TNPU_REG_NAME(MAX_STREAM_BYTES),
	TNPU_REG_NAME(ENGINES),
	TNPU_REG_NAME(GEMM_TILE),
	TNPU_REG_NAME(RING_ORDER_MAX),
	TNPU_REG_NAME(TIMESTAMP_HZ),
	TNPU_REG_NAME(PROFILE),
	TNPU_REG_NAME(CTRL),
	TNPU_REG_NAME(BOOT_STATE),
	TNPU_REG_NAME(BOOT_REASON),
	TNPU_REG_NAME(FW_ADDR_LO),
	TNPU_REG_NAME(FW_ADDR_HI),
	TNPU_REG_NAME(FW_SIZE),
	TNPU_REG_NAME(FW_VERSION),
	TNPU_REG_NAME(PROTOCOL),
	TNPU_REG_NAME(HEARTBEAT),
	TNPU_REG_NAME(RESET_COUNT),
	TNPU_REG_NAME(TIMESTAMP_LO),
	TNPU_REG_NAME(TIMESTAMP_HI),
	TNPU_REG_NAME(SCRATCH),
	TNPU_REG_NAME(MBOX_REQ_LO),
	TNPU_REG_NAME(MBOX_REQ_HI),
	TNPU_REG_NAME(MBOX_RSP_LO),
	TNPU_REG_NAME(MBOX_RSP_HI),
	TNPU_REG_NAME(MBOX_ORDER),
	TNPU_REG_NAME(MBOX_REQ_TAIL),
	TNPU_REG_NAME(MBOX_REQ_HEAD),
	TNPU_REG_NAME(MBOX_RSP_TAIL),
	TNPU_REG_NAME(MBOX_RSP_HEAD),
	TNPU_REG_NAME(IRQ_STATUS),
	TNPU_REG_NAME(IRQ_ENABLE),
};

static const char *tnpu_mmio_name(hwaddr addr)
{
	const char *name = NULL;

	if (addr >= TNPU_REGS_SIZE)
		return "doorbell";
	if (addr / 4 < ARRAY_SIZE(tnpu_reg_names))
		name = tnpu_reg_names[addr / 4];
	return name ? name : "reserved";
}

#ifdef CONFIG_FUZZ
static void tnpu_mmio_settle_chip(struct tnpu_chip *chip)
{
	tnpu_chip_settle(chip, 10);
}

/*
 * A driver polls a register until the chip has changed it; a fuzzer cannot, so there a read
 * comes after all that the writes before it have started.
 */
static void tnpu_mmio_settle(TnpuState *s)
{
	tnpu_dma_call(s, tnpu_mmio_settle_chip);
}
#else
static void tnpu_mmio_settle(TnpuState *s)
{
}
#endif

/*
 * A processor can hold a BAR that was unmapped a moment ago until it gets the
 * BQL, hence the check for the chip.
 */
static uint64_t tnpu_mmio_read(void *opaque, hwaddr addr, unsigned int size)
{
	TnpuState *s = opaque;
	uint32_t value = TNPU_GONE;

	if (s->chip) {
		tnpu_mmio_settle(s);
		value = tnpu_chip_mmio_read(s->chip, addr);
	}
	trace_tnpu_mmio_read(s, addr, tnpu_mmio_name(addr), value);
	return value;
}

static void tnpu_mmio_trace_write(TnpuState *s, hwaddr addr, uint32_t value)
{
	hwaddr doorbell = addr - TNPU_REGS_SIZE;

	if (addr >= TNPU_REGS_SIZE && doorbell % TNPU_DB_STRIDE == TNPU_DB_TAIL)
		trace_tnpu_doorbell(s, doorbell / TNPU_DB_STRIDE, value);
	else
		trace_tnpu_mmio_write(s, addr, tnpu_mmio_name(addr), value);
}

static void tnpu_mmio_write(void *opaque, hwaddr addr, uint64_t value,
			    unsigned int size)
{
	TnpuState *s = opaque;

	tnpu_mmio_trace_write(s, addr, value);
	if (s->chip)
		tnpu_chip_mmio_write(s->chip, addr, value);
}

static const MemoryRegionOps tnpu_mmio_ops = {
	.read = tnpu_mmio_read,
	.write = tnpu_mmio_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};

void tnpu_mmio_init(TnpuState *s)
{
	memory_region_init_io(&s->mmio, OBJECT(s), &tnpu_mmio_ops, s,
			      "tnpu-regs", tnpu_chip_bar0_size(s->chip));
}
