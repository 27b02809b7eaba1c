// SPDX-License-Identifier: MIT
/*
 * TNPU: the PCIe device by itself, driven register by register with no guest
 * running: identity, BARs, boot, interrupts, the kinds of reset, power states,
 * provoked failures, hot-unplug, and moves to another machine.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qobject/qdict.h"
#include "hw/pci/pci_regs.h"
#include "libqtest.h"

#include "hw/misc/tnpu/uapi/tnpu/tnpu_isa.h"
#include "hw/misc/tnpu/uapi/tnpu/tnpu_regs.h"
#include "tnpu-image.h"

#define DEVFN		(4 << 3)
#define PORT_DEVFN	(3 << 3)
#define QUEUES		4
#define MEM_SIZE	(16u << 20)

/* Where the test puts the BARs, and what it uses of the machine's RAM. */
#define BAR0		0xe0000000ull
#define BAR2		0x1000000000ull
#define BAR4		0xe1000000ull
#define ECAM		0xb0000000ull
#define IMAGE		0x1000000ull
#define RINGS		0x1100000ull
#define MESSAGE		0x1200000ull
#define IRQ_DATA	0xb007

#define ROOT_TABLE	0x1300000ull
#define PAGE_TABLES	0x1400000ull
#define QUEUE_RING	0x1500000ull
#define COMPLETIONS	0x1510000ull

/* Registers of the Intel IOMMU. */
#define VTD		0xfed90000ull
#define VTD_GCMD	0x18
#define VTD_GCMD_TE	(1u << 31)
#define VTD_GCMD_SRTP	(1u << 30)
#define VTD_RTADDR	0x20

#define POISON		0xa5
#define BAD_ADDR	0xd0000000ull	/* no RAM, no device */

/* ---- The machine ------------------------------------------------------------ */

static char *bios;

/* No processor runs: any file serves as BIOS, so no ROM has to be there. */
static void bios_create(void)
{
	char *zeros = g_malloc0(64 << 10);
	int fd = g_file_open_tmp("tnpu-test-XXXXXX", &bios, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_assert(g_file_set_contents(bios, zeros, 64 << 10, NULL));
	close(fd);
	g_free(zeros);
}

static QTestState *machine_start(const char *device)
{
	return qtest_initf("-machine q35 -m 64 -nodefaults -bios %s "
			   "-global apic-common.vapic=off "
			   "-device pcie-root-port,id=rp0,chassis=1,addr=3.0 %s",
			   bios, device);
}

/* The function that cfg_*() reach, as bus << 8 | devfn. */
static unsigned int cfg_function = DEVFN;

static void cfg_select(QTestState *qts, unsigned int reg)
{
	qtest_outl(qts, 0xcf8, 0x80000000u | cfg_function << 8 | (reg & ~3u));
}

static uint32_t cfg_readl(QTestState *qts, unsigned int reg)
{
	cfg_select(qts, reg);
	return qtest_inl(qts, 0xcfc);
}

static uint16_t cfg_readw(QTestState *qts, unsigned int reg)
{
	cfg_select(qts, reg);
	return qtest_inw(qts, 0xcfc + (reg & 2));
}

static uint8_t cfg_readb(QTestState *qts, unsigned int reg)
{
	cfg_select(qts, reg);
	return qtest_inb(qts, 0xcfc + (reg & 3));
}

static void cfg_writel(QTestState *qts, unsigned int reg, uint32_t value)
{
	cfg_select(qts, reg);
	qtest_outl(qts, 0xcfc, value);
}

static void cfg_writew(QTestState *qts, unsigned int reg, uint16_t value)
{
	cfg_select(qts, reg);
	qtest_outw(qts, 0xcfc + (reg & 2), value);
}

static unsigned int cfg_find(QTestState *qts, uint8_t id)
{
	unsigned int pos = cfg_readb(qts, PCI_CAPABILITY_LIST);

	while (pos && cfg_readb(qts, pos) != id)
		pos = cfg_readb(qts, pos + 1);
	g_assert_cmpuint(pos, !=, 0);
	return pos;
}

static void device_map(QTestState *qts)
{
	cfg_writel(qts, PCI_BASE_ADDRESS_0, BAR0);
	cfg_writel(qts, PCI_BASE_ADDRESS_2, (uint32_t)BAR2);
	cfg_writel(qts, PCI_BASE_ADDRESS_3, BAR2 >> 32);
	cfg_writel(qts, PCI_BASE_ADDRESS_4, BAR4);
	cfg_writew(qts, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static QTestState *device_start(void)
{
	QTestState *qts;

	qts = machine_start("-device tnpu,id=npu,mem-size=16M,queues=4,addr=4.0");
	device_map(qts);
	return qts;
}

static uint32_t reg_read(QTestState *qts, unsigned int reg)
{
	return qtest_readl(qts, BAR0 + reg);
}

static void reg_write(QTestState *qts, unsigned int reg, uint32_t value)
{
	qtest_writel(qts, BAR0 + reg, value);
}

/* The chip's threads answer in their own time; one that never does fails. */
static void mem_wait(QTestState *qts, uint64_t addr, uint32_t value)
{
	int left = 20000;

	while (qtest_readl(qts, addr) != value && --left)
		g_usleep(1000);
	g_assert_cmphex(qtest_readl(qts, addr), ==, value);
}

static void reg_wait(QTestState *qts, unsigned int reg, uint32_t value)
{
	mem_wait(qts, BAR0 + reg, value);
}

/* ---- Firmware ------------------------------------------------------------------ */

static void boot_start(QTestState *qts, const struct image *image, uint64_t addr)
{
	qtest_memwrite(qts, IMAGE, image, sizeof(*image));
	reg_write(qts, TNPU_REG_FW_ADDR_LO, (uint32_t)addr);
	reg_write(qts, TNPU_REG_FW_ADDR_HI, addr >> 32);
	reg_write(qts, TNPU_REG_FW_SIZE, sizeof(*image));
	reg_write(qts, TNPU_REG_MBOX_REQ_LO, RINGS);
	reg_write(qts, TNPU_REG_MBOX_RSP_LO, RINGS + 0x1000);
	reg_write(qts, TNPU_REG_MBOX_ORDER, 4);
	reg_write(qts, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
}

static void boot_ready(QTestState *qts)
{
	struct image image;

	image_init(&image);
	boot_start(qts, &image, IMAGE);
	reg_wait(qts, TNPU_REG_BOOT_STATE, TNPU_BOOT_READY);
}

static void boot_refused(QTestState *qts, const struct image *image,
			 uint64_t addr, uint32_t reason)
{
	boot_start(qts, image, addr);
	reg_wait(qts, TNPU_REG_BOOT_STATE, TNPU_BOOT_FAILED);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_REASON), ==, reason);
}

/* ---- Work ----------------------------------------------------------------------- */

#define MBOX_ENTRIES	16
#define RING_ORDER	4
#define HUGE_PAGE	(1ull << TNPU_HUGE_SHIFT)
#define WORK_STREAM	HUGE_PAGE
#define WORK_DST	(4 * HUGE_PAGE)		/* to the end of device memory */
#define WORK_PATTERN	0x600df00du

/* Queues a request and rings for it. */
static void mbox_post(QTestState *qts, uint16_t type, const void *payload,
		      size_t size)
{
	struct tnpu_msg msg = { .type = type, .version = TNPU_MSG_VERSION };
	uint32_t tail = reg_read(qts, TNPU_REG_MBOX_REQ_TAIL);

	memcpy(msg.payload, payload, size);
	qtest_memwrite(qts, RINGS + tail % MBOX_ENTRIES * sizeof(msg), &msg,
		       sizeof(msg));
	reg_write(qts, TNPU_REG_MBOX_REQ_TAIL, (tail + 1) % (2 * MBOX_ENTRIES));
}

/* Takes the next answer; it must be a good one. */
static void mbox_answer(QTestState *qts)
{
	uint32_t head = reg_read(qts, TNPU_REG_MBOX_RSP_HEAD);
	uint32_t next = (head + 1) % (2 * MBOX_ENTRIES);
	struct tnpu_msg msg;

	reg_wait(qts, TNPU_REG_MBOX_RSP_TAIL, next);
	qtest_memread(qts, RINGS + 0x1000 + head % MBOX_ENTRIES * sizeof(msg),
		      &msg, sizeof(msg));
	g_assert_cmpuint(msg.status, ==, TNPU_MSG_OK);
	reg_write(qts, TNPU_REG_MBOX_RSP_HEAD, next);
}

static void mbox_send(QTestState *qts, uint16_t type, const void *payload,
		      size_t size)
{
	mbox_post(qts, type, payload, size);
	mbox_answer(qts);
}

/* Context 1: device memory in huge pages at the addresses that it has. */
static void work_map(QTestState *qts)
{
	struct tnpu_msg_context context = { .context = 1, .root = PAGE_TABLES };
	uint64_t at;

	qtest_memset(qts, PAGE_TABLES, 0, 3 * 4096);
	qtest_writeq(qts, PAGE_TABLES, (PAGE_TABLES + 4096) | TNPU_PTE_VALID);
	qtest_writeq(qts, PAGE_TABLES + 4096,
		     (PAGE_TABLES + 8192) | TNPU_PTE_VALID);
	for (at = 0; at < MEM_SIZE; at += HUGE_PAGE)
		qtest_writeq(qts, PAGE_TABLES + 8192 + 8 * (at / HUGE_PAGE),
			     at | TNPU_PTE_VALID | TNPU_PTE_READ |
			     TNPU_PTE_WRITE | TNPU_PTE_LOCAL | TNPU_PTE_LEAF);
	mbox_send(qts, TNPU_MSG_CONTEXT_MAP, &context, sizeof(context));
}

/* Puts job @seq on queue 0. No test has more jobs than the ring has entries. */
static void work_put(QTestState *qts, uint64_t seq, const void *stream,
		     size_t size)
{
	struct tnpu_ring_entry entry = {
		.cmd_va = WORK_STREAM,
		.cmd_size = size,
		.seq = seq,
	};

	qtest_memwrite(qts, BAR2 + WORK_STREAM, stream, size);
	qtest_memset(qts, COMPLETIONS + (seq - 1) * sizeof(struct tnpu_completion),
		     0, sizeof(struct tnpu_completion));
	qtest_memwrite(qts, QUEUE_RING + (seq - 1) * sizeof(entry), &entry,
		       sizeof(entry));
	reg_write(qts, TNPU_REGS_SIZE + TNPU_DB_TAIL, seq);
}

/* Puts a job on queue 0: @fills commands, each over half of the device memory. */
static void work_submit(QTestState *qts, unsigned int fills)
{
	struct tnpu_cmd_fill fill = {
		.hdr = { .opcode = TNPU_OP_FILL, .size = sizeof(fill) },
		.dst = WORK_DST,
		.size = MEM_SIZE - WORK_DST,
		.pattern = WORK_PATTERN,
	};
	g_autofree struct tnpu_cmd_fill *stream = g_new(struct tnpu_cmd_fill,
							fills);
	unsigned int i;

	for (i = 0; i < fills; i++)
		stream[i] = fill;
	work_put(qts, 1, stream, fills * sizeof(fill));
}

/* From power-on to a queue 0 that waits for jobs. */
static void work_queue(QTestState *qts)
{
	struct tnpu_msg_queue_create create = {
		.context = 1,
		.ring = QUEUE_RING,
		.completion = COMPLETIONS,
		.order = RING_ORDER,
		.priority = TNPU_PRIORITY_NORMAL,
	};

	boot_ready(qts);
	work_map(qts);
	mbox_send(qts, TNPU_MSG_QUEUE_CREATE, &create, sizeof(create));
}

/* From power-on to a job on queue 0 that runs. */
static void work_start(QTestState *qts, unsigned int fills)
{
	work_queue(qts);
	work_submit(qts, fills);
}

/* Waits for job @seq; returns its record. */
static struct tnpu_completion work_end(QTestState *qts, uint64_t seq)
{
	uint64_t at = COMPLETIONS + (seq - 1) * sizeof(struct tnpu_completion);
	struct tnpu_completion c;

	mem_wait(qts, at, seq);
	qtest_memread(qts, at, &c, sizeof(c));
	return c;
}

static void work_wait(QTestState *qts)
{
	g_assert_cmpuint(work_end(qts, 1).status, ==, TNPU_STATUS_OK);
	g_assert_cmphex(qtest_readl(qts, BAR2 + MEM_SIZE - 4), ==,
			WORK_PATTERN);
}

/* ---- Identity ----------------------------------------------------------------- */

static void test_identity(void)
{
	QTestState *qts = device_start();
	unsigned int pcie = cfg_find(qts, PCI_CAP_ID_EXP);

	g_assert_cmphex(cfg_readw(qts, PCI_VENDOR_ID), ==, TNPU_PCI_VENDOR_ID);
	g_assert_cmphex(cfg_readw(qts, PCI_DEVICE_ID), ==, TNPU_PCI_DEVICE_ID);
	g_assert_cmphex(cfg_readl(qts, PCI_CLASS_REVISION), ==,
			TNPU_PCI_CLASS << 8 | TNPU_HW_VERSION_MAJOR);
	g_assert_cmphex(cfg_readw(qts, PCI_SUBSYSTEM_VENDOR_ID), ==,
			TNPU_PCI_SUBSYS_VENDOR_ID);
	g_assert_cmphex(cfg_readw(qts, PCI_SUBSYSTEM_ID), ==,
			TNPU_PCI_SUBSYS_GENERIC);
	g_assert_cmphex(cfg_readb(qts, PCI_INTERRUPT_PIN), ==, 0);
	g_assert(cfg_readl(qts, pcie + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR);
	cfg_find(qts, PCI_CAP_ID_PM);
	g_assert_cmpuint(cfg_readw(qts, cfg_find(qts, PCI_CAP_ID_MSIX) +
				   PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_QSIZE,
			 ==, QUEUES);
	qtest_quit(qts);
}

/* Extended capabilities are reached through memory only; the bridge decodes it. */
static void test_aer(void)
{
	QTestState *qts = device_start();

	qtest_outl(qts, 0xcf8, 0x80000060);
	qtest_outl(qts, 0xcfc, ECAM | 1);
	g_assert_cmphex(qtest_readw(qts, ECAM + (DEVFN << 12) + 0x100), ==,
			PCI_EXT_CAP_ID_ERR);
	qtest_quit(qts);
}

static uint32_t bar_probe(QTestState *qts, unsigned int reg)
{
	cfg_writel(qts, reg, ~0u);
	return cfg_readl(qts, reg);
}

static void test_bars(void)
{
	QTestState *qts = device_start();
	uint32_t regs = TNPU_REGS_SIZE + QUEUES * TNPU_DB_STRIDE;

	cfg_writew(qts, PCI_COMMAND, 0);
	g_assert_cmphex(bar_probe(qts, PCI_BASE_ADDRESS_0), ==,
			-(uint32_t)pow2ceil(regs));
	g_assert_cmphex(bar_probe(qts, PCI_BASE_ADDRESS_2), ==,
			-MEM_SIZE | PCI_BASE_ADDRESS_MEM_TYPE_64 |
			PCI_BASE_ADDRESS_MEM_PREFETCH);
	g_assert_cmphex(bar_probe(qts, PCI_BASE_ADDRESS_3), ==, ~0u);
	g_assert_cmphex(bar_probe(qts, PCI_BASE_ADDRESS_4), ==, -4096u);
	qtest_quit(qts);
}

static void test_registers(void)
{
	QTestState *qts = device_start();

	g_assert_cmphex(reg_read(qts, TNPU_REG_MAGIC), ==, TNPU_MAGIC);
	g_assert_cmphex(reg_read(qts, TNPU_REG_HW_VERSION), ==,
			TNPU_HW_VERSION_MAJOR << 16 | TNPU_HW_VERSION_MINOR);
	g_assert_cmphex(reg_read(qts, TNPU_REG_PLATFORM), ==,
			TNPU_PLATFORM_EMULATED);
	g_assert_cmphex(reg_read(qts, TNPU_REG_MEM_SIZE_LO), ==, MEM_SIZE);
	g_assert_cmphex(reg_read(qts, TNPU_REG_MEM_SIZE_HI), ==, 0);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_NUM_QUEUES), ==, QUEUES);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_NUM_CONTEXTS), ==, 64);
	g_assert_cmphex(reg_read(qts, TNPU_REG_DB_OFFSET), ==, TNPU_REGS_SIZE);
	g_assert_cmphex(reg_read(qts, TNPU_REG_DB_STRIDE), ==, TNPU_DB_STRIDE);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_NUM_VECTORS), ==, QUEUES + 1);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_PROFILE), ==,
			 TNPU_PCI_SUBSYS_GENERIC);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_STATE), ==, TNPU_BOOT_ROM);
	qtest_quit(qts);
}

static bool reg_is_writable(unsigned int reg)
{
	switch (reg) {
	case TNPU_REG_CTRL:
	case TNPU_REG_FW_ADDR_LO:
	case TNPU_REG_FW_ADDR_HI:
	case TNPU_REG_FW_SIZE:
	case TNPU_REG_SCRATCH:
	case TNPU_REG_MBOX_REQ_LO:
	case TNPU_REG_MBOX_REQ_HI:
	case TNPU_REG_MBOX_RSP_LO:
	case TNPU_REG_MBOX_RSP_HI:
	case TNPU_REG_MBOX_ORDER:
	case TNPU_REG_MBOX_REQ_TAIL:
	case TNPU_REG_MBOX_RSP_HEAD:
	case TNPU_REG_IRQ_STATUS:
	case TNPU_REG_IRQ_ENABLE:
		return true;
	default:
		return false;
	}
}

/* No processor runs, so the virtual clock, and with it the timestamp, stands. */
static void test_read_only(void)
{
	QTestState *qts = device_start();
	unsigned int reg;
	uint32_t old;

	for (reg = 0; reg < 0x1000; reg += 4) {
		if (reg_is_writable(reg))
			continue;
		old = reg_read(qts, reg);
		reg_write(qts, reg, ~old);
		g_assert_cmphex(reg_read(qts, reg), ==, old);
	}
	g_assert_cmphex(reg_read(qts, TNPU_REG_CTRL), ==, 0);
	g_assert_cmphex(reg_read(qts, TNPU_REGS_SIZE - 4), ==, 0);
	reg_write(qts, TNPU_REG_SCRATCH, 0x12345678);
	g_assert_cmphex(reg_read(qts, TNPU_REG_SCRATCH), ==, 0x12345678);
	qtest_quit(qts);
}

/* Accesses of other sizes have no effect. */
static void test_access_size(void)
{
	QTestState *qts = device_start();

	reg_write(qts, TNPU_REG_SCRATCH, 0x12345678);
	qtest_writeb(qts, BAR0 + TNPU_REG_SCRATCH, 0xff);
	qtest_writew(qts, BAR0 + TNPU_REG_SCRATCH, 0xffff);
	qtest_writel(qts, BAR0 + TNPU_REG_SCRATCH + 2, ~0u);
	g_assert_cmphex(qtest_readw(qts, BAR0 + TNPU_REG_SCRATCH), ==, 0);
	g_assert_cmphex(reg_read(qts, TNPU_REG_SCRATCH), ==, 0x12345678);
	qtest_quit(qts);
}

static void test_doorbells(void)
{
	QTestState *qts = device_start();
	uint64_t end = pow2ceil(TNPU_REGS_SIZE + QUEUES * TNPU_DB_STRIDE);
	uint64_t page;

	boot_ready(qts);
	for (page = TNPU_REGS_SIZE; page < end; page += TNPU_DB_STRIDE) {
		reg_write(qts, page + TNPU_DB_TAIL, ~0u);
		reg_write(qts, page + TNPU_DB_STRIDE - 4, 1);
		g_assert_cmphex(reg_read(qts, page), ==, 0);
	}
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_STATE), ==, TNPU_BOOT_READY);
	qtest_quit(qts);
}

/* ---- Boot --------------------------------------------------------------------- */

static void test_boot_refused(void)
{
	QTestState *qts = device_start();
	struct image image;

	image_init(&image);
	image.header.magic ^= 1;
	boot_refused(qts, &image, IMAGE, TNPU_REASON_MAGIC);

	image_init(&image);
	image.header.header_version++;
	boot_refused(qts, &image, IMAGE, TNPU_REASON_HEADER);

	image_init(&image);
	image.header.image_size += 8;
	boot_refused(qts, &image, IMAGE, TNPU_REASON_SIZE);

	image_init(&image);
	image.header.hw_min = TNPU_HW_VERSION_MAJOR + 1;
	boot_refused(qts, &image, IMAGE, TNPU_REASON_PROTOCOL);

	image_init(&image);
	image.ops.mask ^= 1;
	boot_refused(qts, &image, IMAGE, TNPU_REASON_DIGEST);

	image_init(&image);
	image.header.signature_type = TNPU_FW_SIGN_ED25519;
	boot_refused(qts, &image, IMAGE, TNPU_REASON_SIGNATURE);

	image_init(&image);
	image.sched.sched.quantum_us = 0;
	image_seal(&image);
	boot_refused(qts, &image, IMAGE, TNPU_REASON_PAYLOAD);

	/* A refusal is not the end. */
	boot_ready(qts);
	g_assert_cmphex(reg_read(qts, TNPU_REG_FW_VERSION), ==, IMAGE_VERSION);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_REASON), ==,
			 TNPU_REASON_NONE);
	qtest_quit(qts);
}

/* What is not RAM, what is the device's own, and all while it is no bus master. */
static void test_dma_refused(void)
{
	QTestState *qts = device_start();
	struct image image;

	image_init(&image);
	qtest_memwrite(qts, BAR2, &image, sizeof(image));
	boot_refused(qts, &image, BAR2, TNPU_REASON_DMA);
	boot_refused(qts, &image, BAR0, TNPU_REASON_DMA);
	boot_refused(qts, &image, BAR4, TNPU_REASON_DMA);
	boot_refused(qts, &image, BAD_ADDR, TNPU_REASON_DMA);
	boot_refused(qts, &image, ~0ull - 63, TNPU_REASON_DMA);
	cfg_writew(qts, PCI_COMMAND, PCI_COMMAND_MEMORY);
	boot_refused(qts, &image, IMAGE, TNPU_REASON_DMA);
	qtest_quit(qts);
}

/*
 * Behind an IOMMU: first idle, then with an empty root table, so that every access
 * faults, on a thread of the chip. Resets get through in either state.
 */
static void test_iommu(void)
{
	QTestState *qts;
	struct image image;

	qts = machine_start("-device intel-iommu "
			    "-device tnpu,mem-size=16M,queues=4,addr=4.0");
	device_map(qts);
	boot_ready(qts);
	qtest_system_reset(qts);
	device_map(qts);
	boot_ready(qts);
	reg_write(qts, TNPU_REG_CTRL, TNPU_CTRL_RESET);
	reg_wait(qts, TNPU_REG_BOOT_STATE, TNPU_BOOT_ROM);

	qtest_memset(qts, ROOT_TABLE, 0, 4096);
	qtest_writeq(qts, VTD + VTD_RTADDR, ROOT_TABLE);
	qtest_writel(qts, VTD + VTD_GCMD, VTD_GCMD_SRTP);
	qtest_writel(qts, VTD + VTD_GCMD, VTD_GCMD_TE);
	image_init(&image);
	boot_refused(qts, &image, IMAGE, TNPU_REASON_DMA);
	qtest_system_reset(qts);
	device_map(qts);
	boot_ready(qts);
	qtest_quit(qts);
}

/* A message is a store, here to RAM, where the test can see it. */
static void irq_start(QTestState *qts)
{
	unsigned int msix = cfg_find(qts, PCI_CAP_ID_MSIX);
	uint64_t entry;

	/* Of events, and of queue 0. */
	for (entry = BAR4; entry < BAR4 + 2 * PCI_MSIX_ENTRY_SIZE;
	     entry += PCI_MSIX_ENTRY_SIZE) {
		qtest_writel(qts, entry + PCI_MSIX_ENTRY_LOWER_ADDR, MESSAGE);
		qtest_writel(qts, entry + PCI_MSIX_ENTRY_DATA, IRQ_DATA);
		qtest_writel(qts, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
	}
	cfg_writew(qts, msix + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE);
	reg_write(qts, TNPU_REG_IRQ_ENABLE, TNPU_IRQ_BOOT);
}

static void test_irq(void)
{
	QTestState *qts = device_start();

	irq_start(qts);
	boot_ready(qts);
	mem_wait(qts, MESSAGE, IRQ_DATA);
	g_assert_cmphex(reg_read(qts, TNPU_REG_IRQ_STATUS), ==, TNPU_IRQ_BOOT);
	reg_write(qts, TNPU_REG_IRQ_STATUS, TNPU_IRQ_BOOT);
	g_assert_cmphex(reg_read(qts, TNPU_REG_IRQ_STATUS), ==, 0);
	qtest_quit(qts);
}

/* ---- Resets and power ------------------------------------------------------------ */

static void mem_mark(QTestState *qts)
{
	qtest_writeq(qts, BAR2, 0x0123456789abcdefull);
	qtest_writeq(qts, BAR2 + MEM_SIZE - 8, 0xfedcba9876543210ull);
	reg_write(qts, TNPU_REG_SCRATCH, 1);
}

static void test_flr(void)
{
	QTestState *qts = device_start();
	unsigned int pcie = cfg_find(qts, PCI_CAP_ID_EXP);

	boot_ready(qts);
	mem_mark(qts);
	cfg_writew(qts, pcie + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
	g_assert_cmphex(cfg_readw(qts, PCI_COMMAND), ==, 0);
	device_map(qts);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_STATE), ==, TNPU_BOOT_ROM);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_SCRATCH), ==, 0);
	g_assert_cmphex(qtest_readq(qts, BAR2), ==, 0x0123456789abcdefull);
	g_assert_cmphex(qtest_readq(qts, BAR2 + MEM_SIZE - 8), ==,
			0xfedcba9876543210ull);
	boot_ready(qts);
	qtest_quit(qts);
}

static void test_system_reset(void)
{
	QTestState *qts = device_start();
	int i;

	for (i = 0; i < 4; i++) {
		boot_ready(qts);
		mem_mark(qts);
		qtest_system_reset(qts);
		device_map(qts);
		g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_STATE), ==,
				 TNPU_BOOT_ROM);
		g_assert_cmpuint(reg_read(qts, TNPU_REG_SCRATCH), ==, 0);
		g_assert_cmphex(qtest_readb(qts, BAR2), ==, POISON);
		g_assert_cmphex(qtest_readb(qts, BAR2 + MEM_SIZE - 1), ==,
				POISON);
	}
	qtest_quit(qts);
}

/* D3hot hides the BARs, and keeps what is behind them. */
static void test_power(void)
{
	QTestState *qts = device_start();
	unsigned int pm = cfg_find(qts, PCI_CAP_ID_PM);

	boot_ready(qts);
	mem_mark(qts);
	g_assert(cfg_readw(qts, pm + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET);
	cfg_writew(qts, pm + PCI_PM_CTRL, 3);
	g_assert_cmphex(reg_read(qts, TNPU_REG_MAGIC), !=, TNPU_MAGIC);
	cfg_writew(qts, pm + PCI_PM_CTRL, 0);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_STATE), ==, TNPU_BOOT_READY);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_SCRATCH), ==, 1);
	g_assert_cmphex(qtest_readq(qts, BAR2), ==, 0x0123456789abcdefull);
	qtest_quit(qts);
}

/* A reset must get through to a chip that stands still. */
static void test_reset_frozen(void)
{
	QTestState *qts = device_start();
	unsigned int pm = cfg_find(qts, PCI_CAP_ID_PM);

	boot_ready(qts);
	cfg_writew(qts, pm + PCI_PM_CTRL, 3);
	qtest_system_reset(qts);
	device_map(qts);
	boot_ready(qts);
	qtest_qmp_assert_success(qts, "{ 'execute': 'stop' }");
	qtest_system_reset(qts);
	qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
	device_map(qts);
	boot_ready(qts);
	qtest_quit(qts);
}

/* In a stopped machine nothing happens; what was asked for is done when it goes on. */
static void test_stop(void)
{
	QTestState *qts = device_start();
	uint64_t nothing[6] = { 0 };
	uint32_t beats;

	work_start(qts, 2000);
	qtest_qmp_assert_success(qts, "{ 'execute': 'stop' }");
	beats = reg_read(qts, TNPU_REG_HEARTBEAT);
	qtest_memset(qts, BAR2 + WORK_DST, 0, MEM_SIZE - WORK_DST);
	mbox_post(qts, TNPU_MSG_NOP, nothing, sizeof(nothing));
	g_usleep(20000);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_HEARTBEAT), ==, beats);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_MBOX_RSP_TAIL), ==,
			 reg_read(qts, TNPU_REG_MBOX_RSP_HEAD));
	g_assert_cmphex(qtest_readq(qts, COMPLETIONS), ==, 0);
	g_assert_cmphex(qtest_readl(qts, BAR2 + MEM_SIZE - 4), ==, 0);
	qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
	mbox_answer(qts);
	work_wait(qts);
	qtest_quit(qts);
}

/* ---- Resets under load ------------------------------------------------------------ */

/* Hotplug by the port's own registers, not by ACPI. */
#define HOTPLUG	"-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off "

/* Below the port: bus 1, with windows that hold the BARs. */
static void port_map(QTestState *qts)
{
	cfg_function = PORT_DEVFN;
	cfg_writel(qts, PCI_PRIMARY_BUS, 0x00010100);
	cfg_writel(qts, PCI_MEMORY_BASE, 0xe1f00000 | BAR0 >> 16);
	cfg_writel(qts, PCI_PREF_MEMORY_BASE,
		   ((BAR2 + MEM_SIZE - 1) & 0xfff00000) | (BAR2 & 0xfff00000) >> 16);
	cfg_writel(qts, PCI_PREF_BASE_UPPER32, BAR2 >> 32);
	cfg_writel(qts, PCI_PREF_LIMIT_UPPER32, BAR2 >> 32);
	cfg_writew(qts, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	cfg_function = 1 << 8;
	device_map(qts);
}

static void reset_register(QTestState *qts)
{
	reg_write(qts, TNPU_REG_CTRL, TNPU_CTRL_RESET);
	reg_wait(qts, TNPU_REG_BOOT_STATE, TNPU_BOOT_ROM);
}

static void reset_flr(QTestState *qts)
{
	cfg_writew(qts, cfg_find(qts, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL,
		   PCI_EXP_DEVCTL_BCR_FLR);
	device_map(qts);
}

static void reset_system(QTestState *qts)
{
	qtest_system_reset(qts);
	port_map(qts);
}

static void port_power(QTestState *qts, bool on)
{
	unsigned int pcie;

	cfg_function = PORT_DEVFN;
	pcie = cfg_find(qts, PCI_CAP_ID_EXP);
	cfg_writew(qts, pcie + PCI_EXP_SLTCTL,
		   on ? PCI_EXP_SLTCTL_PWR_IND_ON | PCI_EXP_SLTCTL_ATTN_IND_OFF :
			PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_ATTN_IND_OFF |
			PCI_EXP_SLTCTL_PCC);
}

/* As a guest agrees to a removal: it takes the slot's power away, here under the job. */
static void reset_replug(QTestState *qts)
{
	qtest_qmp_assert_success(qts, "{ 'execute': 'device_del', "
				 "'arguments': { 'id': 'npu' } }");
	port_power(qts, false);
	qtest_qmp_eventwait(qts, "DEVICE_DELETED");
	qtest_qmp_assert_success(qts, "{ 'execute': 'device_add', 'arguments': "
		"{ 'driver': 'tnpu', 'id': 'npu', 'bus': 'rp0', "
		"'mem-size': 16777216, 'queues': 4 } }");
	port_power(qts, true);
	port_map(qts);
}

/* Reads a number that @file of the machine's /proc has in field @field. */
static long proc_number(QTestState *qts, const char *file, int field)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", qtest_pid(qts), file);
	g_autofree char *text = NULL;
	char *at;

	g_assert(g_file_get_contents(path, &text, NULL, NULL));
	for (at = text; field; field--)
		at = strchr(at, ' ') + 1;
	return strtol(at, NULL, 10);
}

/* Field 20 of stat, where the name has no blank. */
static long proc_threads(QTestState *qts)
{
	return proc_number(qts, "stat", 19);
}

static long proc_resident(QTestState *qts)
{
	return proc_number(qts, "statm", 1) * (getpagesize() / 1024);
}

static unsigned int campaign_length(void)
{
	const char *resets = g_getenv("TNPU_RESETS");

	return resets ? strtoul(resets, NULL, 10) : 20;
}

static void (*const resets[])(QTestState *qts) = {
	reset_register, reset_flr, reset_system, reset_replug,
};

/*
 * Resets of all kinds at random moments of a job that would run for seconds. In the end
 * there are as many threads as after the first of each, and hardly more memory; and the
 * device works.
 */
static void test_resets(void)
{
	unsigned int i, count = campaign_length();
	long threads = 0, resident = 0;
	QTestState *qts;

	qts = machine_start(HOTPLUG "-device tnpu,id=npu,bus=rp0,mem-size=16M,queues=4");
	port_map(qts);
	for (i = 0; i < count; i++) {
		work_start(qts, 2000);
		g_usleep(g_random_int_range(0, 3000));
		resets[i % ARRAY_SIZE(resets)](qts);
		if (i == 2 * ARRAY_SIZE(resets)) {
			threads = proc_threads(qts);
			resident = proc_resident(qts);
		}
	}
	g_test_message("%u resets: %ld KiB of memory at first, %ld KiB in the end",
		       count, resident, proc_resident(qts));
	g_assert_cmpint(proc_threads(qts), <=, threads);
	g_assert_cmpint(proc_resident(qts), <, resident + 64 * 1024);
	work_start(qts, 1);
	work_wait(qts);
	qtest_quit(qts);
	cfg_function = DEVFN;
}

/* ---- Migration -------------------------------------------------------------------- */

#define QUERY_MIGRATE	"{ 'execute': 'query-migrate' }"

static char *state_path(void)
{
	return g_strdup_printf("%s.state", bios);
}

/* Writes the machine to a file; it is stopped afterwards. */
static void machine_save(QTestState *qts, const char *path)
{
	g_autofree char *uri = g_strdup_printf("file:%s", path);
	bool done = false;
	const char *status;
	QDict *response;

	qtest_qmp_assert_success(qts, "{ 'execute': 'migrate', 'arguments': "
				 "{ 'uri': %s } }", uri);
	while (!done) {
		response = qtest_qmp_assert_success_ref(qts, QUERY_MIGRATE);
		status = qdict_get_try_str(response, "status");
		g_assert(g_strcmp0(status, "failed"));
		done = !g_strcmp0(status, "completed");
		qobject_unref(response);
		g_usleep(1000);
	}
}

/* A machine that waits for machine_take(). */
static QTestState *machine_expect(const char *opts)
{
	g_autofree char *device = g_strdup_printf("-device tnpu,id=npu,addr=4.0,"
		"mem-size=16M,queues=4%s -incoming defer", opts);

	return machine_start(device);
}

static void machine_take(QTestState *qts, const char *path)
{
	g_autofree char *uri = g_strdup_printf("file:%s", path);

	qtest_qmp_assert_success(qts, "{ 'execute': 'migrate-incoming', "
				 "'arguments': { 'uri': %s } }", uri);
}

static QTestState *machine_load(const char *path, const char *opts)
{
	QTestState *qts = machine_expect(opts);

	machine_take(qts, path);
	return qts;
}

/* The new machine's chip has another number of engines, and goes on with the job. */
static void test_migrate(void)
{
	g_autofree char *path = state_path();
	QTestState *qts = device_start();
	uint64_t nothing[6] = { 0 };

	work_start(qts, 4000);
	reg_write(qts, TNPU_REG_SCRATCH, 0x12345678);
	mbox_post(qts, TNPU_MSG_NOP, nothing, sizeof(nothing));
	g_usleep(g_random_int_range(0, 20000));
	machine_save(qts, path);
	qtest_quit(qts);

	qts = machine_load(path, ",engines=3");
	qtest_qmp_eventwait(qts, "RESUME");
	g_assert_cmphex(reg_read(qts, TNPU_REG_SCRATCH), ==, 0x12345678);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_STATE), ==, TNPU_BOOT_READY);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_ENGINES), ==, 3);
	mbox_answer(qts);
	work_wait(qts);
	qtest_quit(qts);
	unlink(path);
}

/* A machine that does not take a state ends. */
static void state_refused(const char *path, const char *opts)
{
	QTestState *qts = machine_load(path, opts);

	qtest_set_expected_status(qts, EXIT_FAILURE);
	qtest_wait_qemu(qts);
	qtest_quit(qts);
}

static void test_migrate_refused(void)
{
	g_autofree char *path = state_path();
	QTestState *qts = device_start();

	boot_ready(qts);
	machine_save(qts, path);
	qtest_quit(qts);
	/* The device is another one. */
	state_refused(path, ",contexts=8");
	unlink(path);
}

/* ---- Provoked failures, properties, hotplug ----------------------------------------- */

static uint64_t counter(QTestState *qts, const char *name)
{
	QDict *response;
	uint64_t value;

	response = qtest_qmp(qts, "{ 'execute': 'qom-get', 'arguments': "
			     "{ 'path': '/machine/peripheral/npu', 'property': %s } }",
			     name);
	g_assert(qdict_haskey(response, "return"));
	value = qdict_get_int(response, "return");
	qobject_unref(response);
	return value;
}

static void provoke(QTestState *qts, const char *name, int64_t value)
{
	qtest_qmp_assert_success(qts, "{ 'execute': 'qom-set', 'arguments': "
		"{ 'path': '/machine/peripheral/npu', 'property': %s, "
		"'value': %" PRId64 " } }", name, value);
}

static void provoke_flag(QTestState *qts, const char *name, bool value)
{
	qtest_qmp_assert_success(qts, "{ 'execute': 'qom-set', 'arguments': "
		"{ 'path': '/machine/peripheral/npu', 'property': %s, "
		"'value': %i } }", name, value);
}

/* Behind a name in a saved state, which has it. */
static char *state_behind(char *state, gsize size, const char *name)
{
	char *at = memmem(state, size, name, strlen(name));

	g_assert(at);
	return at + strlen(name);
}

/* A state that is cut off in the chip's part, and one with what no device can have. */
static void test_migrate_damaged(void)
{
	g_autofree char *path = state_path(), *state = NULL;
	QTestState *qts = device_start();
	gsize size;
	char *at;

	boot_ready(qts);
	provoke(qts, "delay-irq", 500);
	machine_save(qts, path);
	qtest_quit(qts);
	g_assert(g_file_get_contents(path, &state, &size, NULL));

	at = state_behind(state, size, "heartbeat_ns");
	g_assert(g_file_set_contents(path, state, at - state, NULL));
	state_refused(path, "");

	/* The section's version, then the delay, most significant byte first. */
	at = state_behind(state, size, "tnpu/provoked") + sizeof(uint32_t);
	g_assert_cmphex(ldl_be_p(at), ==, 500);
	stl_be_p(at, UINT32_MAX);
	g_assert(g_file_set_contents(path, state, size, NULL));
	state_refused(path, "");
	unlink(path);
}

static void test_provoke_crash(void)
{
	QTestState *qts = device_start();

	boot_ready(qts);
	provoke_flag(qts, "fw-crash", true);
	reg_wait(qts, TNPU_REG_BOOT_STATE, TNPU_BOOT_CRASHED);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_REASON), ==,
			 TNPU_REASON_CRASH);
	reg_write(qts, TNPU_REG_CTRL, TNPU_CTRL_RESET);
	reg_wait(qts, TNPU_REG_BOOT_STATE, TNPU_BOOT_ROM);
	boot_ready(qts);
	qtest_quit(qts);
}

static void test_provoke_dma(void)
{
	QTestState *qts = device_start();
	struct image image;

	image_init(&image);
	provoke(qts, "dma-error", 1);
	boot_refused(qts, &image, IMAGE, TNPU_REASON_DMA);
	boot_ready(qts);
	qtest_quit(qts);
}

static void test_provoke_image(void)
{
	QTestState *qts = device_start();
	struct image image;

	image_init(&image);
	provoke(qts, "corrupt-image", 1);
	boot_refused(qts, &image, IMAGE, TNPU_REASON_DIGEST);
	boot_ready(qts);
	qtest_quit(qts);
}

/* The requests of this test have the number 0. */
static void test_provoke_reply(void)
{
	QTestState *qts = device_start();
	uint64_t nothing[6] = { 0 };
	struct tnpu_msg msg;

	boot_ready(qts);
	provoke(qts, "corrupt-reply", 1);
	mbox_send(qts, TNPU_MSG_NOP, nothing, sizeof(nothing));
	mbox_send(qts, TNPU_MSG_NOP, nothing, sizeof(nothing));
	qtest_memread(qts, RINGS + 0x1000, &msg, sizeof(msg));
	g_assert_cmphex(msg.seq, ==, ~0u);
	qtest_memread(qts, RINGS + 0x1000 + sizeof(msg), &msg, sizeof(msg));
	g_assert_cmphex(msg.seq, ==, 0);
	qtest_quit(qts);
}

static void test_provoke_ecc(void)
{
	QTestState *qts = device_start();
	struct tnpu_cmd_copy copy = {
		.hdr = { .opcode = TNPU_OP_COPY, .size = sizeof(copy) },
		.src = WORK_DST,
		.dst = WORK_DST + 4096,
		.src_stride = 4096,
		.dst_stride = 4096,
		.row_bytes = 4096,
		.rows = { .value = 1 },
	};
	struct tnpu_completion c;

	work_queue(qts);
	qtest_writel(qts, BAR2 + WORK_DST, WORK_PATTERN);
	provoke(qts, "ecc-single", 1);
	work_put(qts, 1, &copy, sizeof(copy));
	g_assert_cmpuint(work_end(qts, 1).status, ==, TNPU_STATUS_OK);
	g_assert_cmphex(qtest_readl(qts, BAR2 + WORK_DST + 4096), ==,
			WORK_PATTERN);
	g_assert_cmpuint(counter(qts, "ecc-corrected"), ==, 1);
	provoke(qts, "ecc-double", 1);
	work_put(qts, 2, &copy, sizeof(copy));
	c = work_end(qts, 2);
	g_assert_cmpuint(c.status, ==, TNPU_STATUS_ERROR);
	g_assert_cmpuint(c.reason, ==, TNPU_ERR_ENGINE);
	g_assert_cmpuint(counter(qts, "ecc-uncorrected"), ==, 1);
	g_assert_cmpuint(counter(qts, "ecc-corrected"), ==, 1);
	qtest_quit(qts);
}

/* A job of milliseconds, that would take half a minute; it is let go before. */
static void test_provoke_slow(void)
{
	QTestState *qts = device_start();

	provoke(qts, "slow-us", 1000000);
	work_start(qts, 1);
	g_usleep(200000);
	g_assert_cmphex(qtest_readq(qts, COMPLETIONS), ==, 0);
	provoke(qts, "slow-us", 0);
	work_wait(qts);
	qtest_quit(qts);
}

/* ---- Interrupts that are late, or come twice; a link that is cut ---------------------- */

/* The vector of an event that stands is raised when events are enabled again. */
static void irq_raise(QTestState *qts)
{
	uint64_t before = counter(qts, "irqs");

	reg_write(qts, TNPU_REG_IRQ_ENABLE, TNPU_IRQ_BOOT);
	while (counter(qts, "irqs") == before)
		g_usleep(1000);
}

/* Nothing comes by itself: the machine's clock stands unless the test moves it. */
static void irq_none(QTestState *qts)
{
	g_usleep(20000);
	g_assert_cmphex(qtest_readl(qts, MESSAGE), ==, 0);
}

static void irq_comes(QTestState *qts)
{
	mem_wait(qts, MESSAGE, IRQ_DATA);
	qtest_writel(qts, MESSAGE, 0);
}

static void test_provoke_delay(void)
{
	QTestState *qts = device_start();

	irq_start(qts);
	boot_ready(qts);
	irq_comes(qts);
	provoke(qts, "delay-irq", 500);
	irq_raise(qts);
	irq_none(qts);
	qtest_clock_step(qts, 499999);
	irq_none(qts);
	qtest_clock_step(qts, 1);
	irq_comes(qts);
	irq_raise(qts);
	irq_none(qts);
	/* What is late comes when it is no longer to be. */
	provoke(qts, "delay-irq", 0);
	irq_comes(qts);
	irq_raise(qts);
	irq_comes(qts);
	qtest_quit(qts);
}

static void test_provoke_repeat(void)
{
	QTestState *qts = device_start();

	irq_start(qts);
	provoke(qts, "repeat-irq", 1);
	boot_ready(qts);
	irq_comes(qts);
	irq_none(qts);
	qtest_clock_step(qts, 1000000);
	irq_comes(qts);
	qtest_clock_step(qts, 1000000);
	irq_none(qts);
	irq_raise(qts);
	irq_comes(qts);
	qtest_clock_step(qts, 1000000);
	irq_none(qts);
	qtest_quit(qts);
}

/* Nothing of the function can be seen, whatever the size of an access. */
static void link_gone(QTestState *qts)
{
	g_assert_cmphex(cfg_readl(qts, PCI_VENDOR_ID), ==, ~0u);
	g_assert_cmphex(cfg_readw(qts, PCI_COMMAND), ==, 0xffff);
	g_assert_cmphex(cfg_readb(qts, PCI_CAPABILITY_LIST), ==, 0xff);
	g_assert_cmphex(reg_read(qts, TNPU_REG_MAGIC), ==, TNPU_GONE);
	g_assert_cmphex(qtest_readb(qts, BAR0 + TNPU_REGS_SIZE + 1), ==, 0xff);
	g_assert_cmphex(qtest_readq(qts, BAR2), ==, ~0ull);
	g_assert_cmphex(qtest_readw(qts, BAR2 + 1), ==, 0xffff);
	g_assert_cmphex(qtest_readl(qts, BAR2 + MEM_SIZE - 4), ==, ~0u);
	g_assert_cmphex(qtest_readl(qts, BAR4 + PCI_MSIX_ENTRY_DATA), ==, ~0u);
}

static void link_write(QTestState *qts)
{
	cfg_writew(qts, PCI_COMMAND, 0);
	reg_write(qts, TNPU_REG_SCRATCH, 2);
	reg_write(qts, TNPU_REG_CTRL, TNPU_CTRL_RESET);
	qtest_writeq(qts, BAR2, 2);
	qtest_writel(qts, BAR4 + PCI_MSIX_ENTRY_DATA, 2);
}

static void link_same(QTestState *qts)
{
	g_assert_cmphex(cfg_readw(qts, PCI_COMMAND), ==,
			PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	g_assert_cmphex(reg_read(qts, TNPU_REG_MAGIC), ==, TNPU_MAGIC);
	g_assert_cmphex(reg_read(qts, TNPU_REG_SCRATCH), ==, 1);
	g_assert_cmpuint(reg_read(qts, TNPU_REG_BOOT_STATE), ==, TNPU_BOOT_READY);
	g_assert_cmphex(qtest_readq(qts, BAR2), ==, 0x0123456789abcdefull);
	g_assert_cmphex(qtest_readl(qts, BAR4 + PCI_MSIX_ENTRY_DATA), ==,
			IRQ_DATA);
}

/* A job ends behind the cut: neither its record nor its interrupt gets through. */
static void test_link_down(void)
{
	QTestState *qts = device_start();
	uint64_t errors;

	irq_start(qts);
	work_queue(qts);
	irq_comes(qts);
	provoke(qts, "slow-us", 1000000);
	mem_mark(qts);
	work_submit(qts, 1);
	errors = counter(qts, "dma-errors");
	provoke_flag(qts, "link-down", true);
	link_gone(qts);
	link_write(qts);
	provoke(qts, "slow-us", 0);
	while (!counter(qts, "jobs"))
		g_usleep(1000);
	irq_none(qts);
	g_assert_cmphex(qtest_readq(qts, COMPLETIONS), ==, 0);
	g_assert_cmpuint(counter(qts, "dma-errors"), >, errors);
	provoke_flag(qts, "link-down", false);
	link_same(qts);
	g_assert_cmphex(qtest_readq(qts, COMPLETIONS), ==, 0);
	irq_raise(qts);
	irq_comes(qts);
	qtest_quit(qts);
}

/* What is removed behind a cut link leaves room for another. */
static void test_link_unplug(void)
{
	QTestState *qts;

	qts = machine_start(HOTPLUG "-device tnpu,id=npu,bus=rp0,mem-size=16M,queues=4");
	port_map(qts);
	work_start(qts, 2000);
	provoke_flag(qts, "link-down", true);
	g_assert_cmphex(reg_read(qts, TNPU_REG_MAGIC), ==, TNPU_GONE);
	reset_replug(qts);
	work_start(qts, 1);
	work_wait(qts);
	qtest_quit(qts);
	cfg_function = DEVFN;
}

/* A message that is late, one more that is to come twice, and the cut, in another machine. */
static void test_provoke_migrate(void)
{
	g_autofree char *path = state_path();
	QTestState *qts = device_start();

	irq_start(qts);
	boot_ready(qts);
	irq_comes(qts);
	mem_mark(qts);
	provoke(qts, "delay-irq", 500);
	irq_raise(qts);
	irq_none(qts);
	provoke(qts, "repeat-irq", 1);
	machine_save(qts, path);
	qtest_quit(qts);

	qts = machine_load(path, "");
	qtest_qmp_eventwait(qts, "RESUME");
	irq_none(qts);
	qtest_clock_step(qts, 500000);
	irq_comes(qts);
	irq_raise(qts);
	qtest_clock_step(qts, 500000);
	irq_comes(qts);
	qtest_clock_step(qts, 1000000);
	irq_comes(qts);
	provoke_flag(qts, "link-down", true);
	machine_save(qts, path);
	qtest_quit(qts);

	qts = machine_load(path, "");
	qtest_qmp_eventwait(qts, "RESUME");
	link_gone(qts);
	provoke_flag(qts, "link-down", false);
	link_same(qts);
	qtest_quit(qts);
	unlink(path);
}

/* A machine that is said nothing of failures has none, whatever it had before. */
static void test_provoke_forgotten(void)
{
	g_autofree char *path = state_path();
	QTestState *qts = device_start();

	irq_start(qts);
	boot_ready(qts);
	irq_comes(qts);
	mem_mark(qts);
	machine_save(qts, path);
	qtest_quit(qts);

	qts = machine_expect("");
	provoke_flag(qts, "link-down", true);
	provoke(qts, "delay-irq", 500);
	machine_take(qts, path);
	qtest_qmp_eventwait(qts, "RESUME");
	link_same(qts);
	irq_raise(qts);
	irq_comes(qts);
	qtest_quit(qts);
	unlink(path);
}

static void test_counters(void)
{
	QTestState *qts = device_start();

	g_assert_cmpuint(counter(qts, "boot-state"), ==, TNPU_BOOT_ROM);
	work_start(qts, 3);
	work_wait(qts);
	g_assert_cmpuint(counter(qts, "boot-state"), ==, TNPU_BOOT_READY);
	g_assert_cmpuint(counter(qts, "jobs"), ==, 1);
	g_assert_cmpuint(counter(qts, "jobs-failed"), ==, 0);
	g_assert_cmpuint(counter(qts, "commands"), ==, 3);
	g_assert_cmpuint(counter(qts, "dma-errors"), ==, 0);
	g_assert_cmpuint(counter(qts, "irqs"), >, 0);
	reset_register(qts);
	g_assert_cmpuint(counter(qts, "resets"), ==, reg_read(qts, TNPU_REG_RESET_COUNT));
	g_assert_cmpuint(counter(qts, "jobs"), ==, 1);
	qtest_quit(qts);
}

/* A value that is refused, and the word of the message that says what is allowed. */
static const char *const bad_values[][3] = {
	{ "hang-queue", "4", "number of a queue" },
	{ "hang-queue", "-2", "-1 lets all go on" },
	{ "hang-queue", "9223372036854775807", "number of a queue" },
	{ "fw-crash", "false", "true" },
	{ "drop-irq", "-1", "0 or more" },
	{ "dma-error", "true", "integer" },
	{ "dma-error", "-1", "0 or more" },
	{ "stall-heartbeat", "1", "boolean" },
	{ "slow-us", "-1", "0 to 1000000" },
	{ "slow-us", "1000001", "0 to 1000000" },
	{ "ecc-single", "-1", "0 or more" },
	{ "ecc-double", "-9223372036854775808", "0 or more" },
	{ "corrupt-reply", "-1", "0 or more" },
	{ "corrupt-image", "-1", "0 or more" },
	{ "delay-irq", "10000001", "0 to 10000000" },
	{ "delay-irq", "-1", "0 to 10000000" },
	{ "repeat-irq", "-1", "0 or more" },
	{ "link-down", "1", "boolean" },
	{ "queues", "8", "realized" },
};

/* Expects @command to fail. Returns the message, to be freed. */
static char *qmp_refused(QTestState *qts, const char *command)
{
	char *desc;
	QDict *response;

	qtest_qmp_send_raw(qts, "%s", command);
	response = qtest_qmp_receive(qts);
	g_assert(qdict_haskey(response, "error"));
	desc = g_strdup(qdict_get_str(qdict_get_qdict(response, "error"),
				      "desc"));
	qobject_unref(response);
	return desc;
}

static void test_provoke_invalid(void)
{
	QTestState *qts = device_start();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_values); i++) {
		g_autofree char *command = NULL, *desc = NULL;

		command = g_strdup_printf("{ 'execute': 'qom-set', 'arguments': "
			"{ 'path': '/machine/peripheral/npu', 'property': '%s', "
			"'value': %s } }", bad_values[i][0], bad_values[i][1]);
		desc = qmp_refused(qts, command);

		g_assert(strstr(desc, bad_values[i][0]));
		g_assert(strstr(desc, bad_values[i][2]));
	}
	qtest_quit(qts);
}

/* A property that is refused, and the word of the message that says what is allowed. */
static const char *const bad_properties[][3] = {
	{ "mem-size", "3145728", "power of two" },
	{ "mem-size", "1048576", "2M" },
	{ "mem-size", "2199023255552", "1T" },
	{ "queues", "0", "1 to 64" },
	{ "queues", "65", "1 to 64" },
	{ "contexts", "257", "1 to 256" },
	{ "engines", "65", "0 to 64" },
	{ "isa", "'mmx'", "scalar" },
	{ "profile", "'huge'", "generic" },
	{ "fw-crash", "true", "running device" },
};

static void test_properties(void)
{
	QTestState *qts = machine_start("");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_properties); i++) {
		g_autofree char *command = NULL, *desc = NULL;

		command = g_strdup_printf("{ 'execute': 'device_add', 'arguments': "
			"{ 'driver': 'tnpu', 'bus': 'rp0', '%s': %s } }",
			bad_properties[i][0], bad_properties[i][1]);
		desc = qmp_refused(qts, command);
		g_assert(strstr(desc, bad_properties[i][0]));
		g_assert(strstr(desc, bad_properties[i][2]));
	}
	qtest_quit(qts);
}

/* A reset takes the place of the guest, which has to agree to a removal. */
static void test_hotplug(void)
{
	QTestState *qts = machine_start("");
	int i;

	for (i = 0; i < 8; i++) {
		qtest_qmp_device_add(qts, "tnpu", "npu",
				     "{ 'bus': 'rp0', 'mem-size': 16777216 }");
		qtest_qmp_assert_success(qts, "{ 'execute': 'device_del', "
					 "'arguments': { 'id': 'npu' } }");
		qtest_system_reset_nowait(qts);
		qtest_qmp_eventwait(qts, "DEVICE_DELETED");
	}
	qtest_quit(qts);
}

int main(int argc, char **argv)
{
	int ret;

	g_test_init(&argc, &argv, NULL);
	bios_create();
	qtest_add_func("/tnpu/identity", test_identity);
	qtest_add_func("/tnpu/aer", test_aer);
	qtest_add_func("/tnpu/bars", test_bars);
	qtest_add_func("/tnpu/registers", test_registers);
	qtest_add_func("/tnpu/read-only", test_read_only);
	qtest_add_func("/tnpu/access-size", test_access_size);
	qtest_add_func("/tnpu/doorbells", test_doorbells);
	qtest_add_func("/tnpu/boot-refused", test_boot_refused);
	qtest_add_func("/tnpu/dma-refused", test_dma_refused);
	qtest_add_func("/tnpu/iommu", test_iommu);
	qtest_add_func("/tnpu/irq", test_irq);
	qtest_add_func("/tnpu/flr", test_flr);
	qtest_add_func("/tnpu/system-reset", test_system_reset);
	qtest_add_func("/tnpu/power", test_power);
	qtest_add_func("/tnpu/reset-frozen", test_reset_frozen);
	qtest_add_func("/tnpu/stop", test_stop);
	qtest_add_func("/tnpu/resets", test_resets);
	qtest_add_func("/tnpu/migrate", test_migrate);
	qtest_add_func("/tnpu/migrate-refused", test_migrate_refused);
	qtest_add_func("/tnpu/migrate-damaged", test_migrate_damaged);
	qtest_add_func("/tnpu/provoke-crash", test_provoke_crash);
	qtest_add_func("/tnpu/provoke-dma", test_provoke_dma);
	qtest_add_func("/tnpu/provoke-image", test_provoke_image);
	qtest_add_func("/tnpu/provoke-reply", test_provoke_reply);
	qtest_add_func("/tnpu/provoke-ecc", test_provoke_ecc);
	qtest_add_func("/tnpu/provoke-slow", test_provoke_slow);
	qtest_add_func("/tnpu/provoke-delay", test_provoke_delay);
	qtest_add_func("/tnpu/provoke-repeat", test_provoke_repeat);
	qtest_add_func("/tnpu/provoke-migrate", test_provoke_migrate);
	qtest_add_func("/tnpu/provoke-forgotten", test_provoke_forgotten);
	qtest_add_func("/tnpu/link-down", test_link_down);
	qtest_add_func("/tnpu/link-unplug", test_link_unplug);
	qtest_add_func("/tnpu/counters", test_counters);
	qtest_add_func("/tnpu/provoke-invalid", test_provoke_invalid);
	qtest_add_func("/tnpu/properties", test_properties);
	qtest_add_func("/tnpu/hotplug", test_hotplug);
	ret = g_test_run();
	unlink(bios);
	g_free(bios);
	return ret;
}
