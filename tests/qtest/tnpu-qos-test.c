// SPDX-License-Identifier: MIT
/*
 * TNPU as a node of QEMU's qgraph: qos-test runs these cases on every machine whose PCI bus
 * takes the device, each at the places that the machine gives its BARs and memory. What one
 * machine is enough for is in tnpu-test.c.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/pci/pci_regs.h"
#include "libqtest.h"
#include "libqos/libqos-malloc.h"
#include "libqos/pci.h"
#include "libqos/qgraph.h"

#include "hw/misc/tnpu/uapi/tnpu/tnpu_regs.h"
#include "tnpu-image.h"

#define QUEUES		4
#define MEM_SIZE	(16u << 20)
#define RING_ORDER	1
#define IRQ_DATA	0xb007

struct qtnpu {
	QOSGraphObject obj;
	QPCIDevice dev;
	QPCIBar regs;
};

static uint32_t reg_read(struct qtnpu *npu, unsigned int reg)
{
	return qpci_io_readl(&npu->dev, npu->regs, reg);
}

static void reg_write(struct qtnpu *npu, unsigned int reg, uint32_t value)
{
	qpci_io_writel(&npu->dev, npu->regs, reg, value);
}

static void reg_write64(struct qtnpu *npu, unsigned int reg, uint64_t value)
{
	reg_write(npu, reg, (uint32_t)value);
	reg_write(npu, reg + 4, value >> 32);
}

/* The chip's threads answer in their own time; one that never does fails. */
static void reg_wait(struct qtnpu *npu, unsigned int reg, uint32_t value)
{
	int left = 20000;

	while (reg_read(npu, reg) != value && --left)
		g_usleep(1000);
	g_assert_cmphex(reg_read(npu, reg), ==, value);
}

/* ---- Cases ---------------------------------------------------------------------- */

static void test_identity(void *obj, void *data, QGuestAllocator *alloc)
{
	struct qtnpu *npu = obj;

	g_assert_cmphex(qpci_config_readl(&npu->dev, PCI_VENDOR_ID), ==,
			TNPU_PCI_DEVICE_ID << 16 | TNPU_PCI_VENDOR_ID);
	g_assert_cmphex(qpci_config_readl(&npu->dev, PCI_CLASS_REVISION), ==,
			TNPU_PCI_CLASS << 8 | TNPU_HW_VERSION_MAJOR);
	g_assert_cmphex(reg_read(npu, TNPU_REG_MAGIC), ==, TNPU_MAGIC);
	g_assert_cmphex(reg_read(npu, TNPU_REG_HW_VERSION), ==,
			TNPU_HW_VERSION_MAJOR << 16 | TNPU_HW_VERSION_MINOR);
	g_assert_cmphex(reg_read(npu, TNPU_REG_PLATFORM), ==,
			TNPU_PLATFORM_EMULATED);
	g_assert_cmphex(reg_read(npu, TNPU_REG_MEM_SIZE_LO), ==, MEM_SIZE);
	g_assert_cmpuint(reg_read(npu, TNPU_REG_NUM_QUEUES), ==, QUEUES);
	g_assert_cmphex(reg_read(npu, TNPU_REG_DB_OFFSET), ==, TNPU_REGS_SIZE);
	g_assert_cmphex(reg_read(npu, TNPU_REG_DB_STRIDE), ==, TNPU_DB_STRIDE);
	g_assert_cmpuint(reg_read(npu, TNPU_REG_NUM_VECTORS), ==,
			 qpci_msix_table_size(&npu->dev));
	g_assert_cmpuint(reg_read(npu, TNPU_REG_VA_BITS), ==, TNPU_VA_BITS);
	g_assert_cmpuint(reg_read(npu, TNPU_REG_BOOT_STATE), ==, TNPU_BOOT_ROM);
}

static const unsigned int zero_after_reset[] = {
	TNPU_REG_BOOT_REASON, TNPU_REG_FW_ADDR_LO, TNPU_REG_FW_ADDR_HI,
	TNPU_REG_FW_SIZE, TNPU_REG_FW_VERSION, TNPU_REG_PROTOCOL,
	TNPU_REG_HEARTBEAT, TNPU_REG_SCRATCH, TNPU_REG_MBOX_REQ_LO,
	TNPU_REG_MBOX_REQ_HI, TNPU_REG_MBOX_RSP_LO, TNPU_REG_MBOX_RSP_HI,
	TNPU_REG_MBOX_ORDER, TNPU_REG_MBOX_REQ_TAIL, TNPU_REG_MBOX_REQ_HEAD,
	TNPU_REG_MBOX_RSP_TAIL, TNPU_REG_MBOX_RSP_HEAD, TNPU_REG_IRQ_STATUS,
	TNPU_REG_IRQ_ENABLE,
};

static void test_reset(void *obj, void *data, QGuestAllocator *alloc)
{
	struct qtnpu *npu = obj;
	uint32_t count = reg_read(npu, TNPU_REG_RESET_COUNT);
	unsigned int i;

	reg_write(npu, TNPU_REG_SCRATCH, 0x600df00d);
	g_assert_cmphex(reg_read(npu, TNPU_REG_SCRATCH), ==, 0x600df00d);
	reg_write64(npu, TNPU_REG_FW_ADDR_LO, 0x123456789000);
	reg_write(npu, TNPU_REG_MBOX_ORDER, RING_ORDER);
	reg_write(npu, TNPU_REG_IRQ_ENABLE, TNPU_IRQ_ALL);
	/* An image of no bytes: what is left of it is a reason. */
	reg_write(npu, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	reg_wait(npu, TNPU_REG_BOOT_STATE, TNPU_BOOT_FAILED);
	g_assert_cmpuint(reg_read(npu, TNPU_REG_BOOT_REASON), ==,
			 TNPU_REASON_SIZE);

	reg_write(npu, TNPU_REG_CTRL, TNPU_CTRL_RESET);
	reg_wait(npu, TNPU_REG_RESET_COUNT, count + 1);
	g_assert_cmpuint(reg_read(npu, TNPU_REG_BOOT_STATE), ==, TNPU_BOOT_ROM);
	for (i = 0; i < ARRAY_SIZE(zero_after_reset); i++)
		g_assert_cmphex(reg_read(npu, zero_after_reset[i]), ==, 0);
}

/* The aperture is memory, to its last byte, and no reset of the function clears it. */
static void test_memory(void *obj, void *data, QGuestAllocator *alloc)
{
	struct qtnpu *npu = obj;
	QPCIBar mem = qpci_iomap(&npu->dev, TNPU_BAR_MEM, NULL);

	qpci_io_writeq(&npu->dev, mem, 0, 0x0123456789abcdef);
	qpci_io_writeb(&npu->dev, mem, MEM_SIZE - 1, 0x5a);
	reg_write(npu, TNPU_REG_CTRL, TNPU_CTRL_RESET);
	g_assert_cmphex(qpci_io_readq(&npu->dev, mem, 0), ==, 0x0123456789abcdef);
	g_assert_cmphex(qpci_io_readb(&npu->dev, mem, MEM_SIZE - 1), ==, 0x5a);
}

/* Vector 0 becomes a store to memory, where the test can see it. */
static void irq_route(struct qtnpu *npu, uint64_t message)
{
	QPCIDevice *dev = &npu->dev;

	qpci_msix_enable(dev);
	qpci_io_writel(dev, dev->msix_table_bar, PCI_MSIX_ENTRY_LOWER_ADDR,
		       (uint32_t)message);
	qpci_io_writel(dev, dev->msix_table_bar, PCI_MSIX_ENTRY_UPPER_ADDR,
		       message >> 32);
	qpci_io_writel(dev, dev->msix_table_bar, PCI_MSIX_ENTRY_DATA, IRQ_DATA);
	qpci_io_writel(dev, dev->msix_table_bar, PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
	reg_write(npu, TNPU_REG_IRQ_ENABLE, TNPU_IRQ_BOOT);
}

static void irq_comes(struct qtnpu *npu, uint64_t message)
{
	int left = 20000;

	while (qtest_readl(npu->dev.bus->qts, message) != IRQ_DATA && --left)
		g_usleep(1000);
	g_assert_cmphex(qtest_readl(npu->dev.bus->qts, message), ==, IRQ_DATA);
}

static void boot(struct qtnpu *npu, uint64_t addr, uint64_t req, uint64_t rsp)
{
	struct image image;

	image_init(&image);
	qtest_memwrite(npu->dev.bus->qts, addr, &image, sizeof(image));
	reg_write64(npu, TNPU_REG_FW_ADDR_LO, addr);
	reg_write(npu, TNPU_REG_FW_SIZE, sizeof(image));
	reg_write64(npu, TNPU_REG_MBOX_REQ_LO, req);
	reg_write64(npu, TNPU_REG_MBOX_RSP_LO, rsp);
	reg_write(npu, TNPU_REG_MBOX_ORDER, RING_ORDER);
	reg_write(npu, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	reg_wait(npu, TNPU_REG_BOOT_STATE, TNPU_BOOT_READY);
}

/* The function reads memory, writes it, and interrupts: all that a driver needs of a bus. */
static void test_boot(void *obj, void *data, QGuestAllocator *alloc)
{
	struct tnpu_msg msg = {
		.seq = 7, .version = TNPU_MSG_VERSION, .payload = { 0x600df00d },
	};
	struct qtnpu *npu = obj;
	QTestState *qts = npu->dev.bus->qts;
	uint64_t addr = guest_alloc(alloc, sizeof(struct image));
	uint64_t rings = guest_alloc(alloc, 4096);
	uint64_t message = guest_alloc(alloc, 4);
	struct tnpu_msg answer;

	qtest_memset(qts, message, 0, 4);
	irq_route(npu, message);
	boot(npu, addr, rings, rings + 2048);
	irq_comes(npu, message);
	g_assert_cmphex(reg_read(npu, TNPU_REG_FW_VERSION), ==, IMAGE_VERSION);

	qtest_memwrite(qts, rings, &msg, sizeof(msg));
	reg_write(npu, TNPU_REG_MBOX_REQ_TAIL, 1);
	reg_wait(npu, TNPU_REG_MBOX_RSP_TAIL, 1);
	qtest_memread(qts, rings + 2048, &answer, sizeof(answer));
	g_assert_cmpmem(&answer, sizeof(answer), &msg, sizeof(msg));

	guest_free(alloc, message);
	guest_free(alloc, rings);
	guest_free(alloc, addr);
}

/* ---- The node ------------------------------------------------------------------- */

static void *qtnpu_get_driver(void *obj, const char *interface)
{
	struct qtnpu *npu = obj;

	g_assert_cmpstr(interface, ==, "pci-device");
	return &npu->dev;
}

static void qtnpu_start(QOSGraphObject *obj)
{
	struct qtnpu *npu = container_of(obj, struct qtnpu, obj);

	qpci_device_enable(&npu->dev);
	npu->regs = qpci_iomap(&npu->dev, TNPU_BAR_REGS, NULL);
}

static void *qtnpu_create(void *bus, QGuestAllocator *alloc, void *addr)
{
	struct qtnpu *npu = g_new0(struct qtnpu, 1);

	qpci_device_init(&npu->dev, bus, addr);
	npu->obj.get_driver = qtnpu_get_driver;
	npu->obj.start_hw = qtnpu_start;
	return &npu->obj;
}

static void qtnpu_register(void)
{
	QOSGraphEdgeOptions opts = {
		.extra_device_opts = "addr=04.0,mem-size=16M,queues=4",
	};

	add_qpci_address(&opts, &(QPCIAddress) { .devfn = QPCI_DEVFN(4, 0) });
	qos_node_create_driver("tnpu", qtnpu_create);
	qos_node_consumes("tnpu", "pci-bus", &opts);
	qos_node_produces("tnpu", "pci-device");

	qos_add_test("identity", "tnpu", test_identity, NULL);
	qos_add_test("reset", "tnpu", test_reset, NULL);
	qos_add_test("memory", "tnpu", test_memory, NULL);
	qos_add_test("boot", "tnpu", test_boot, NULL);
}

libqos_init(qtnpu_register);
