// SPDX-License-Identifier: MIT
/*
 * Where fuzzing of the PCIe device starts: what its machine's memory holds, and inputs for
 * QEMU's generic-fuzz.
 *
 * An input is a list of accesses to the device's registers and configuration space. What lies
 * in system memory an input can say only as patterns, one for each read of the device. So that
 * few accesses lead to a job on the engines, QEMU's loader puts here what a driver would have
 * put there: an image, requests, page tables, rings, and a good command of every kind.
 *
 * Usage: seeds_qemu MEMORY FOLDER
 *   MEMORY  file for QEMU's loader, to lie at 16 MiB
 *   FOLDER  of the seeds
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>

#include "../../firmware-sim/fwimage.h"
#include "fuzz.h"
#include "fuzz_stream.h"

/* As tests/fuzz/run has it. */
#define MEMORY		0x1000000u
#define QUEUES		4

/* What lies where in that memory. */
#define IMAGE		0x00000u
#define TABLES		0x01000u	/* one of each level, and two of level 0 */
#define REQUESTS	0x06000u
#define RESPONSES	0x07000u
#define RING		0x08000u
#define COMPLETIONS	0x0a000u
#define LOG		0x0c000u
#define STREAMS		0x10000u
#define ROOM		0x20000u
#define MEMORY_SIZE	0x40000u

#define MBOX_ORDER	6
#define RING_ORDER	7
#define STREAM_ROOM	STREAM_VA(STREAM_ROOMS, 0)

/* The operations of generic-fuzz. */
enum op {
	OP_IN, OP_OUT, OP_READ, OP_WRITE, OP_PCI_READ, OP_PCI_WRITE, OP_DISABLE_PCI,
	OP_ADD_DMA_PATTERN, OP_CLEAR_DMA_PATTERNS, OP_CLOCK_STEP,
};

#define SEPARATOR	"FUZZ"
#define SIZE_LONG	2

/* The regions that it finds, in the order of their addresses. */
#define REGION_REGS	0
#define REGION_VECTORS	1

/* Where the function's capabilities lie. */
#define PM_CTRL		(0x40 + PCI_PM_CTRL)
#define PCIE_DEVCTL	(0x80 + PCI_EXP_DEVCTL)
#define MSIX_FLAGS	(0x48 + PCI_MSIX_FLAGS)

static _Alignas(8) uint8_t memory[MEMORY_SIZE];

/* ---- Memory ------------------------------------------------------------------------------ */

static void put_image(void)
{
	struct tnpu_fwimage fw;

	tnpu_fwimage_default(&fw);
	fw.limits.max_cmd_bytes = 1u << 20;
	fw.limits.max_cmd_macs = 1u << 22;
	tnpu_fwimage_build(&fw, memory + IMAGE);
}

/* Entry for @va in table @index. */
static void put_pte(unsigned int index, unsigned int level, uint64_t va, uint64_t pte)
{
	const uint32_t entry = va >> (TNPU_PAGE_SHIFT + 9 * level) & (TNPU_PT_ENTRIES - 1);

	memcpy(memory + TABLES + 0x1000 * index + 8 * entry, &pte, sizeof(pte));
}

static void map_pages(unsigned int table, uint64_t va, uint32_t place, uint32_t size)
{
	uint32_t i;

	put_pte(2, 1, va, (MEMORY + TABLES + 0x1000 * table) | TNPU_PTE_VALID);
	for (i = 0; i < size; i += 4096)
		put_pte(table, 0, va + i, (MEMORY + place + i) | TNPU_PTE_VALID | TNPU_PTE_READ |
			TNPU_PTE_WRITE | TNPU_PTE_LEAF);
}

/* Device memory, which is one huge page. */
static void map_local(uint64_t va, uint64_t access)
{
	put_pte(2, 1, va, access | TNPU_PTE_VALID | TNPU_PTE_LOCAL | TNPU_PTE_LEAF);
}

static void put_tables(void)
{
	put_pte(0, 3, STREAM_ROOM, (MEMORY + TABLES + 0x1000) | TNPU_PTE_VALID);
	put_pte(1, 2, STREAM_ROOM, (MEMORY + TABLES + 0x2000) | TNPU_PTE_VALID);
	map_local(STREAM_VA(STREAM_LOCAL, 0), TNPU_PTE_READ | TNPU_PTE_WRITE);
	map_local(STREAM_VA(STREAM_SCATTER, 0), TNPU_PTE_READ | TNPU_PTE_WRITE);
	map_local(STREAM_VA(STREAM_READ_ONLY, 0), TNPU_PTE_READ);
	map_local(STREAM_VA(STREAM_WRITE_ONLY, 0), TNPU_PTE_WRITE);
	map_pages(3, STREAM_VA(STREAM_HOST, 0), ROOM, STREAM_ROOM_BYTES);
	map_pages(4, STREAM_ROOM, STREAMS, ROOM - STREAMS);
}

static void put_msg(unsigned int index, uint16_t type, const void *payload, size_t size)
{
	struct tnpu_msg msg = { .seq = index, .type = type, .version = TNPU_MSG_VERSION };

	memcpy(msg.payload, payload, size);
	memcpy(memory + REQUESTS + index * sizeof(msg), &msg, sizeof(msg));
}

static void put_queue(unsigned int index, uint32_t queue)
{
	const struct tnpu_msg_queue_create create = {
		.queue = queue,
		.context = 1,
		.ring = MEMORY + RING,
		.completion = MEMORY + COMPLETIONS,
		.order = RING_ORDER,
		.priority = queue % TNPU_PRIORITY_COUNT,
	};

	put_msg(index, TNPU_MSG_QUEUE_CREATE, &create, sizeof(create));
}

/* A context and queues, then one of each message, then the reverse. Returns their number. */
static unsigned int put_requests(void)
{
	const struct tnpu_msg_context context = { .context = 1, .root = MEMORY + TABLES };
	const uint64_t payload[TNPU_MSG_COUNT][3] = {
		[TNPU_MSG_QUERY] = { TNPU_QUERY_ENERGY },
		[TNPU_MSG_INVALIDATE] = { 1 },
		[TNPU_MSG_QUEUE_PRIORITY] = { (uint64_t)TNPU_PRIORITY_HIGH << 32 },
		[TNPU_MSG_LOG] = { MEMORY + LOG, 4096 },
		[TNPU_MSG_TRACE] = { MEMORY + LOG, 16 | (uint64_t)TNPU_TRACE_RECORD << 32 },
	};
	unsigned int index = 0, i;

	put_msg(index++, TNPU_MSG_CONTEXT_MAP, &context, sizeof(context));
	for (i = 0; i < QUEUES; i++)
		put_queue(index++, i);
	for (i = 0; i < TNPU_MSG_COUNT; i++)
		if (i != TNPU_MSG_CONTEXT_MAP && i != TNPU_MSG_QUEUE_CREATE)
			put_msg(index++, i, payload[i], sizeof(payload[i]));
	return index;
}

#define REQUESTS_SETUP	(1 + QUEUES)

static void put_entry(unsigned int index, uint32_t size, uint64_t fence_va)
{
	const struct tnpu_ring_entry entry = {
		.cmd_va = STREAM_ROOM + index * STREAM_COMMAND_MAX,
		.cmd_size = size,
		.fence_va = fence_va,
		.fence_value = index,
		.seq = index + 1,
	};

	memcpy(memory + RING + index * sizeof(entry), &entry, sizeof(entry));
}

/* The first job gives device memory what the room holds; then each command is a job. */
static unsigned int put_jobs(void)
{
	const struct tnpu_cmd_copy copy = {
		.hdr = { .opcode = TNPU_OP_COPY, .size = sizeof(copy) },
		.src = STREAM_VA(STREAM_HOST, 0),
		.dst = STREAM_VA(STREAM_LOCAL, 0),
		.src_stride = STREAM_OUT,
		.dst_stride = STREAM_OUT,
		.row_bytes = STREAM_OUT,
		.rows = { .value = 1 },
	};
	unsigned int i = 1;
	size_t size;

	memcpy(memory + STREAMS, &copy, sizeof(copy));
	put_entry(0, sizeof(copy), STREAM_VA(STREAM_HOST, STREAM_ROOM_BYTES - 8));
	for (; i < 1u << RING_ORDER; i++) {
		size = stream_command(i - 1, memory + STREAMS + i * STREAM_COMMAND_MAX);
		if (!size)
			break;
		put_entry(i, size, 0);
	}
	return i;
}

static void put_room(void)
{
	const struct tnpu_sample_params params = { .temperature = 0x3f800000, .top_p = 0x3f000000 };
	uint32_t *room = (uint32_t *)(memory + ROOM);
	uint32_t i;

	for (i = 0; i < 256; i++) {
		room[STREAM_PAIRS / 4 + i] = i % 2;
		room[STREAM_COUNT / 4 + i] = i;
		room[STREAM_ONES / 4 + i] = ~0u;
	}
	for (i = STREAM_PARAMS; i < STREAM_DATA; i += sizeof(params))
		if (i + sizeof(params) <= STREAM_DATA)
			memcpy(memory + ROOM + i, &params, sizeof(params));
	/* Floats about 1, of either sign. */
	for (i = STREAM_DATA / 4; i < STREAM_ROOM_BYTES / 4; i++)
		room[i] = 0x3f000000 | (i * 2654435761u & 0x80ffffff);
}

/* ---- Inputs ------------------------------------------------------------------------------ */

static struct fuzz_output out;

static void emit(enum op op, const void *operands, size_t size)
{
	fuzz_put_u8(&out, op);
	fuzz_put(&out, operands, size);
	fuzz_put(&out, SEPARATOR, strlen(SEPARATOR));
}

/* The operands of OP_READ; OP_WRITE has a value, too. */
struct access {
	uint8_t size;
	uint8_t region;
	uint32_t offset;
	uint64_t value;
};

static void region_write(uint8_t region, uint32_t offset, uint32_t value)
{
	const struct access access = { SIZE_LONG, region, offset, value };

	emit(OP_WRITE, &access, sizeof(access));
}

static void reg_write(uint32_t reg, uint32_t value)
{
	region_write(REGION_REGS, reg, value);
}

/* Also waits for what was begun. */
static void reg_read(uint32_t reg)
{
	const struct access access = { SIZE_LONG, REGION_REGS, reg, 0 };

	emit(OP_READ, &access, offsetof(struct access, value));
}

static void cfg_write(uint8_t reg, uint32_t value)
{
	const struct {
		uint8_t size;
		uint8_t device;
		uint8_t offset;
		uint32_t value;
	} access = { 1, 0, reg, value };

	emit(OP_PCI_WRITE, &access, sizeof(access));
}

/* What the next read of the device finds, whatever its address. */
static void pattern(const void *bytes, size_t size)
{
	uint8_t operands[2 + 1024] = { 0, 0 };

	memcpy(operands + 2, bytes, size);
	emit(OP_ADD_DMA_PATTERN, operands, 2 + size);
}

static void boot(void)
{
	reg_write(TNPU_REG_FW_ADDR_LO, MEMORY + IMAGE);
	reg_write(TNPU_REG_FW_SIZE, TNPU_FWIMAGE_SIZE);
	reg_write(TNPU_REG_MBOX_REQ_LO, MEMORY + REQUESTS);
	reg_write(TNPU_REG_MBOX_RSP_LO, MEMORY + RESPONSES);
	reg_write(TNPU_REG_MBOX_ORDER, MBOX_ORDER);
	reg_write(TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	reg_read(TNPU_REG_BOOT_STATE);
}

static void requests(unsigned int count)
{
	reg_write(TNPU_REG_MBOX_REQ_TAIL, count);
	reg_read(TNPU_REG_MBOX_RSP_TAIL);
	reg_write(TNPU_REG_MBOX_RSP_HEAD, count);
}

static void doorbell(unsigned int queue, uint32_t tail)
{
	reg_write(TNPU_REGS_SIZE + queue * TNPU_DB_STRIDE + TNPU_DB_TAIL, tail);
}

static void interrupts(void)
{
	unsigned int i;

	cfg_write(MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE);
	reg_write(TNPU_REG_IRQ_ENABLE, TNPU_IRQ_ALL);
	for (i = 0; i <= QUEUES; i++) {
		region_write(REGION_VECTORS, 16 * i, MEMORY + LOG + 4 * i);
		region_write(REGION_VECTORS, 16 * i + 8, i);
		region_write(REGION_VECTORS, 16 * i + 12, 0);
	}
}

static unsigned int requests_all, jobs_all;

static void seed_registers(void)
{
	uint32_t reg;

	for (reg = TNPU_REG_MAGIC; reg <= TNPU_REG_IRQ_ENABLE; reg += 4) {
		reg_read(reg);
		reg_write(reg, ~0u);
	}
}

static void seed_requests(void)
{
	boot();
	for (unsigned int i = 1; i <= requests_all; i++)
		requests(i);
}

static void seed_jobs(void)
{
	boot();
	requests(REQUESTS_SETUP);
	doorbell(0, jobs_all);
	for (unsigned int i = 0; i < 8; i++)
		reg_read(TNPU_REG_HEARTBEAT);
	requests(requests_all);
}

static void seed_interrupts(void)
{
	interrupts();
	boot();
	requests(REQUESTS_SETUP);
	for (unsigned int i = 0; i < QUEUES; i++)
		doorbell(i, 2 + i);
	reg_read(TNPU_REG_IRQ_STATUS);
	emit(OP_CLOCK_STEP, "", 0);
	reg_write(TNPU_REG_IRQ_STATUS, TNPU_IRQ_ALL);
	reg_write(TNPU_REG_CTRL, TNPU_CTRL_ENGINE_RESET);
}

/* Jobs are under way in each of these. */
static void seed_resets(void)
{
	seed_jobs();
	doorbell(1, jobs_all);
	reg_write(TNPU_REG_CTRL, TNPU_CTRL_RESET);
	seed_jobs();
	doorbell(1, jobs_all);
	cfg_write(PCIE_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
}

static void seed_power(void)
{
	interrupts();
	boot();
	requests(REQUESTS_SETUP);
	doorbell(0, jobs_all);
	cfg_write(PM_CTRL, PCI_PM_CTRL_STATE_MASK);
	emit(OP_CLOCK_STEP, "", 0);
	cfg_write(PM_CTRL, 0);
	reg_read(TNPU_REG_BOOT_STATE);
}

static void seed_master(void)
{
	boot();
	requests(REQUESTS_SETUP);
	doorbell(0, jobs_all);
	cfg_write(PCI_COMMAND, PCI_COMMAND_MEMORY);
	reg_read(TNPU_REG_BOOT_STATE);
	doorbell(1, jobs_all);
	cfg_write(PCI_COMMAND, PCI_COMMAND_MASTER);
	cfg_write(PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	reg_read(TNPU_REG_BOOT_STATE);
}

/* The same, with memory that the input brings. */
static void seed_patterns(void)
{
	pattern(memory + IMAGE, TNPU_FWIMAGE_SIZE);
	boot();
	for (unsigned int i = 0; i < REQUESTS_SETUP; i++) {
		emit(OP_CLEAR_DMA_PATTERNS, "", 0);
		pattern(memory + REQUESTS + i * sizeof(struct tnpu_msg), sizeof(struct tnpu_msg));
		requests(i + 1);
	}
	emit(OP_CLEAR_DMA_PATTERNS, "", 0);
	pattern(memory + RING, sizeof(struct tnpu_ring_entry));
	pattern(memory + TABLES, 8);
	pattern(memory + TABLES + 0x1000 + 8, 8);
	pattern(memory + TABLES + 0x2000 + 8 * 40, 8);
	pattern(memory + TABLES + 0x4000, 8);
	pattern(memory + STREAMS, 8);
	pattern(memory + STREAMS + 8, sizeof(struct tnpu_cmd_copy) - 8);
	doorbell(0, 1);
	reg_read(TNPU_REG_BOOT_STATE);
}

static void (*const seeds[])(void) = {
	boot, seed_registers, seed_requests, seed_jobs, seed_interrupts, seed_resets,
	seed_power, seed_master, seed_patterns,
};

static void save(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(data, 1, size, file) != size || fclose(file))
		err(1, "%s", path);
}

int main(int argc, char **argv)
{
	static uint8_t seed[FUZZ_SEED_MAX];
	char name[4096];

	if (argc != 3)
		errx(1, "usage: seeds_qemu MEMORY FOLDER");
	put_image();
	put_tables();
	requests_all = put_requests();
	jobs_all = put_jobs();
	put_room();
	save(argv[1], memory, sizeof(memory));
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		out = (struct fuzz_output){ seed, 0 };
		seeds[i]();
		snprintf(name, sizeof(name), "%s/seed-%03zu", argv[2], i);
		save(name, out.data, out.size);
	}
	return 0;
}
