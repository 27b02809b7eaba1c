// SPDX-License-Identifier: MIT
/*
 * The chip's control plane: registers, boot, mailbox, queues, jobs, memory protection,
 * scheduling, resets and provoked failures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include "../../firmware-sim/fwimage.h"
#include "chip_harness.h"

#define PAGE		4096u
#define RW		(TNPU_PTE_READ | TNPU_PTE_WRITE)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIG		(8u << 20)
#define REPEATS		16384	/* of an 8 MiB fill: far longer than any test needs */

static const struct harness_options options;

static int setup(void **state)
{
	struct harness *h = malloc(sizeof(*h));

	harness_open(h, &options);
	*state = h;
	return 0;
}

/* Powered on, not booted. */
static int setup_rom(void **state)
{
	struct harness *h = malloc(sizeof(*h));

	harness_create(h, &options);
	*state = h;
	return 0;
}

/* ---- Commands ---------------------------------------------------------------------- */

static struct tnpu_cmd_fill fill(uint64_t dst, uint64_t size, uint32_t pattern)
{
	return (struct tnpu_cmd_fill){
		.hdr = { .opcode = TNPU_OP_FILL, .size = sizeof(struct tnpu_cmd_fill) },
		.dst = dst,
		.size = size,
		.pattern = pattern,
	};
}

static struct tnpu_cmd_copy copy(uint64_t src, uint64_t dst, uint64_t size)
{
	return (struct tnpu_cmd_copy){
		.hdr = { .opcode = TNPU_OP_COPY, .size = sizeof(struct tnpu_cmd_copy) },
		.src = src,
		.dst = dst,
		.src_stride = size,
		.dst_stride = size,
		.row_bytes = size,
		.rows = { .value = 1 },
	};
}

static struct tnpu_cmd_fence_signal fence_signal(uint64_t va, uint64_t value)
{
	return (struct tnpu_cmd_fence_signal){
		.hdr = {
			.opcode = TNPU_OP_FENCE_SIGNAL,
			.size = sizeof(struct tnpu_cmd_fence_signal),
		},
		.va = va,
		.value = value,
	};
}

static struct tnpu_cmd_fence_wait fence_wait(uint64_t va, uint64_t value, uint32_t us)
{
	return (struct tnpu_cmd_fence_wait){
		.hdr = {
			.opcode = TNPU_OP_FENCE_WAIT,
			.size = sizeof(struct tnpu_cmd_fence_wait),
		},
		.va = va,
		.value = value,
		.timeout_us = us,
	};
}

static uint32_t cell(struct harness *h, uint64_t va)
{
	return __atomic_load_n((uint32_t *)harness_ptr(h, va), __ATOMIC_ACQUIRE);
}

static uint64_t cell64(struct harness *h, uint64_t va)
{
	return __atomic_load_n((uint64_t *)harness_ptr(h, va), __ATOMIC_ACQUIRE);
}

static void put64(struct harness *h, uint64_t va, uint64_t value)
{
	__atomic_store_n((uint64_t *)harness_ptr(h, va), value, __ATOMIC_RELEASE);
}

/*
 * A job that only a cancel, a reset or much time ends: it signals *@started first, then
 * fills @dst over and over. Returns its seq.
 */
static uint64_t submit_long(struct harness *h, uint32_t queue, uint64_t started,
			    uint64_t dst)
{
	const struct tnpu_cmd_fence_signal signal = fence_signal(started, 1);
	const struct tnpu_cmd_fill one = fill(dst, BIG, 0x5a5a5a5a);
	const uint64_t stream = harness_alloc(h, sizeof(signal) + REPEATS * sizeof(one),
					      HARNESS_LOCAL);
	uint64_t seq;
	int i;

	harness_write(h, stream, &signal, sizeof(signal));
	for (i = 0; i < REPEATS; i++)
		harness_write(h, stream + sizeof(signal) + i * sizeof(one), &one, sizeof(one));
	seq = harness_submit_stream(h, queue, stream, sizeof(signal) + REPEATS * sizeof(one));
	while (!cell64(h, started))
		harness_reg(h, TNPU_REG_MAGIC);
	return seq;
}

static uint64_t start_long(struct harness *h, uint32_t queue)
{
	return submit_long(h, queue, harness_alloc(h, 8, HARNESS_LOCAL),
			   harness_alloc(h, BIG, HARNESS_LOCAL));
}

static uint64_t submit_null(struct harness *h, uint32_t queue)
{
	const struct tnpu_ring_entry entry = { .flags = TNPU_JOB_NULL };

	return harness_submit(h, queue, &entry);
}

static uint32_t wait_status(struct harness *h, uint32_t queue, uint64_t seq)
{
	struct tnpu_completion c;

	harness_wait(h, queue, seq, &c);
	return c.status;
}

static void make_queue(struct harness *h, uint32_t queue, uint32_t priority)
{
	assert_int_equal(harness_queue_create(h, queue, 1, 4, priority), TNPU_MSG_OK);
}

/* ---- Power on, registers ----------------------------------------------------------- */

static void test_identification(void **state)
{
	struct harness *h = *state;

	assert_int_equal(harness_reg(h, TNPU_REG_MAGIC), TNPU_MAGIC);
	assert_int_equal(harness_reg(h, TNPU_REG_HW_VERSION), 0x10000);
	assert_int_equal(harness_reg(h, TNPU_REG_PLATFORM), TNPU_PLATFORM_EMULATED);
	assert_int_equal(harness_reg(h, TNPU_REG_FEATURES), 0);
	assert_int_equal(harness_reg64(h, TNPU_REG_MEM_SIZE_LO), 64u << 20);
	assert_int_equal(harness_reg(h, TNPU_REG_NUM_QUEUES), 4);
	assert_int_equal(harness_reg(h, TNPU_REG_NUM_CONTEXTS), 4);
	assert_int_equal(harness_reg(h, TNPU_REG_NUM_VECTORS), 5);
	assert_int_equal(harness_reg(h, TNPU_REG_ENGINES), 2);
	assert_int_equal(harness_reg(h, TNPU_REG_VA_BITS), 48);
	assert_int_equal(harness_reg(h, TNPU_REG_PAGE_SIZES), 1u << 12 | 1u << 21);
	assert_int_equal(harness_reg(h, TNPU_REG_MAX_SPAN_US), 1000);
	assert_int_equal(harness_reg(h, TNPU_REG_GEMM_TILE), 64u << 16 | 16);
	assert_int_equal(harness_reg64(h, TNPU_REG_OPS_LO), 0x7ffff);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_ROM);
	assert_true(tnpu_chip_bar0_size(h->chip) >=
		    harness_reg(h, TNPU_REG_DB_OFFSET) + 4 * harness_reg(h, TNPU_REG_DB_STRIDE));
}

static void test_registers_hostile(void **state)
{
	struct harness *h = *state;
	uint32_t i;

	for (i = 0; i < TNPU_REG_CTRL; i += 4) {
		const uint32_t before = harness_reg(h, i);

		harness_set(h, i, ~before);
		assert_int_equal(harness_reg(h, i), before);
	}
	assert_int_equal(harness_reg(h, TNPU_REG_MAGIC + 1), 0);
	assert_int_equal(harness_reg(h, 0x1000), 0);
	assert_int_equal(tnpu_chip_mmio_read(h->chip, ~0ull), 0);
	assert_int_equal(tnpu_chip_mmio_read(h->chip, 1ull << 40), 0);
	tnpu_chip_mmio_write(h->chip, ~3ull, 1);
	tnpu_chip_mmio_write(h->chip, TNPU_REGS_SIZE + 1000ull * TNPU_DB_STRIDE, 1);
	tnpu_chip_mmio_write(h->chip, TNPU_REGS_SIZE + 4, 1);
	tnpu_chip_mmio_write(h->chip, TNPU_REG_SCRATCH + 2, 1);
	assert_int_equal(harness_reg(h, TNPU_REG_SCRATCH), 0);
	harness_set(h, TNPU_REG_SCRATCH, 0x12345678);
	assert_int_equal(harness_reg(h, TNPU_REG_SCRATCH), 0x12345678);
	tnpu_chip_reset(h->chip);
	assert_int_equal(harness_reg(h, TNPU_REG_SCRATCH), 0);
	assert_int_equal(harness_reg(h, TNPU_REG_RESET_COUNT), 1);
}

static void test_timestamp(void **state)
{
	struct harness *h = *state;
	const uint64_t first = harness_reg64(h, TNPU_REG_TIMESTAMP_LO);
	const uint32_t latched = harness_reg(h, TNPU_REG_TIMESTAMP_HI);

	assert_int_equal(latched, first >> 32);
	assert_true(harness_reg64(h, TNPU_REG_TIMESTAMP_LO) > first);
}

static int refuses(struct harness *h, struct tnpu_chip_config config)
{
	struct tnpu_chip *chip = NULL;
	const int ret = tnpu_chip_create(&config, &chip);

	assert_null(chip);
	return ret;
}

static int bus_none(void *opaque, uint64_t addr, void *buf, size_t size)
{
	return -EIO;
}

static int bus_none_write(void *opaque, uint64_t addr, const void *buf, size_t size)
{
	return -EIO;
}

static void bus_no_raise(void *opaque, unsigned int vector)
{
}

static uint64_t bus_no_clock(void *opaque)
{
	return 0;
}

static void test_config(void **state)
{
	struct harness *h = *state;
	const struct tnpu_chip_config good = {
		.bus = {
			.read = bus_none,
			.write = bus_none_write,
			.raise = bus_no_raise,
			.clock = bus_no_clock,
		},
		.mem = h->mem,
		.mem_size = 2u << 20,
		.queues = 1,
		.contexts = 1,
		.vectors = 2,
	};
	struct tnpu_chip_config bad = good;
	struct tnpu_chip *chip;

	assert_int_equal(tnpu_chip_create(&good, &chip), 0);
	tnpu_chip_destroy(chip);
	tnpu_chip_destroy(NULL);
	bad.queues = 65;
	assert_int_equal(refuses(h, bad), -EINVAL);
	bad = good;
	bad.mem_size = 3u << 20;
	assert_int_equal(refuses(h, bad), -EINVAL);
	bad = good;
	bad.vectors = 1;
	assert_int_equal(refuses(h, bad), -EINVAL);
	bad = good;
	bad.contexts = 257;
	assert_int_equal(refuses(h, bad), -EINVAL);
	bad = good;
	bad.bus.clock = NULL;
	assert_int_equal(refuses(h, bad), -EINVAL);
	bad = good;
	bad.engines = 65;
	assert_int_equal(refuses(h, bad), -EINVAL);
}

/* ---- Boot -------------------------------------------------------------------------- */

static void test_boot_good(void **state)
{
	struct harness *h = *state;

	harness_set(h, TNPU_REG_IRQ_ENABLE, TNPU_IRQ_ALL);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_READY);
	assert_int_equal(harness_reg(h, TNPU_REG_FW_VERSION), 1u << 24);
	assert_int_equal(harness_reg(h, TNPU_REG_PROTOCOL), 1u << 16);
	harness_until(h, TNPU_REG_IRQ_STATUS, TNPU_IRQ_BOOT);
	while (!h->raised[0])
		harness_reg(h, TNPU_REG_MAGIC);
	harness_set(h, TNPU_REG_IRQ_STATUS, TNPU_IRQ_BOOT);
	assert_int_equal(harness_reg(h, TNPU_REG_IRQ_STATUS), 0);
	harness_while(h, TNPU_REG_HEARTBEAT, 0);
	harness_while(h, TNPU_REG_HEARTBEAT, harness_reg(h, TNPU_REG_HEARTBEAT));
	/* A running chip takes no second image. */
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_READY);
}

struct boot_case {
	const char *name;
	size_t offset;		/* in the image */
	uint8_t flip;		/* bits to change there */
	bool seal;		/* with a good digest after that */
	uint32_t reason;
};

#define HEADER(field)	offsetof(struct tnpu_fw_header, field)
#define TABLE(n)	(sizeof(struct tnpu_fw_header) + 16 * (n))

static const struct boot_case boot_cases[] = {
	{ "magic", HEADER(magic), 1, false, TNPU_REASON_MAGIC },
	{ "header version", HEADER(header_version), 2, false, TNPU_REASON_HEADER },
	{ "header size", HEADER(header_size), 8, false, TNPU_REASON_HEADER },
	{ "image size", HEADER(image_size), 8, false, TNPU_REASON_SIZE },
	{ "payload offset", HEADER(payload_offset), 4, false, TNPU_REASON_HEADER },
	{ "payload far away", HEADER(payload_offset) + 3, 0xff, false, TNPU_REASON_HEADER },
	{ "payload size", HEADER(payload_size), 8, false, TNPU_REASON_HEADER },
	{ "payload huge", HEADER(payload_size) + 3, 0xff, false, TNPU_REASON_HEADER },
	{ "reserved", HEADER(reserved), 1, false, TNPU_REASON_HEADER },
	{ "protocol", HEADER(protocol) + 2, 2, false, TNPU_REASON_PROTOCOL },
	{ "hardware too old", HEADER(hw_min), 2, false, TNPU_REASON_PROTOCOL },
	{ "hardware too new", HEADER(hw_max), 1, false, TNPU_REASON_PROTOCOL },
	{ "digest", HEADER(digest) + 31, 0x80, false, TNPU_REASON_DIGEST },
	{ "payload bit", TABLE(0) + 8, 1, false, TNPU_REASON_DIGEST },
	{ "signature type", HEADER(signature_type), 1, false, TNPU_REASON_SIGNATURE },
	{ "signature bytes", HEADER(signature) + 63, 1, false, TNPU_REASON_SIGNATURE },
	{ "unknown table", TABLE(0), 0x40, true, TNPU_REASON_PAYLOAD },
	{ "table twice", TABLE(1), 3, true, TNPU_REASON_PAYLOAD },
	{ "table size", TABLE(0) + 4, 16, true, TNPU_REASON_PAYLOAD },
	{ "table past the end", TABLE(3) + 7, 0xff, true, TNPU_REASON_PAYLOAD },
	{ "quantum", TABLE(2) + 10, 0xff, true, TNPU_REASON_PAYLOAD },
	{ "heartbeat", TABLE(2) + 15, 0xff, true, TNPU_REASON_PAYLOAD },
	{ "limit", TABLE(3) + 15, 0xff, true, TNPU_REASON_PAYLOAD },
};

static void test_boot_refused(void **state)
{
	uint8_t image[TNPU_FWIMAGE_SIZE];
	struct harness *h = *state;
	struct tnpu_fwimage fw;
	size_t i;

	tnpu_fwimage_default(&fw);
	for (i = 0; i < ARRAY_SIZE(boot_cases); i++) {
		const struct boot_case *c = &boot_cases[i];
		uint32_t reason;

		tnpu_fwimage_build(&fw, image);
		image[c->offset] ^= c->flip;
		if (c->seal)
			tnpu_fwimage_seal(image);
		reason = harness_boot(h, image, sizeof(image));
		if (reason != c->reason)
			fail_msg("%s: reason %u, not %u", c->name, reason, c->reason);
		assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_FAILED);
	}
	/* A refused image does no harm to the next. */
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
}

static void test_boot_missing_table(void **state)
{
	uint8_t image[TNPU_FWIMAGE_SIZE];
	struct tnpu_fw_header *header = (void *)image;
	struct harness *h = *state;
	struct tnpu_fwimage fw;

	tnpu_fwimage_default(&fw);
	tnpu_fwimage_build(&fw, image);
	header->payload_size = 32;	/* the first two */
	header->image_size = sizeof(*header) + 32;
	tnpu_fwimage_seal(image);
	assert_int_equal(harness_boot(h, image, header->image_size), TNPU_REASON_PAYLOAD);
	header->payload_size = 48;	/* LIMITS is optional */
	header->image_size = sizeof(*header) + 48;
	tnpu_fwimage_seal(image);
	assert_int_equal(harness_boot(h, image, header->image_size), TNPU_REASON_NONE);
}

static void test_boot_name(void **state)
{
	uint8_t image[TNPU_FWIMAGE_SIZE];
	struct tnpu_fw_header *header = (void *)image;
	struct harness *h = *state;
	struct tnpu_fwimage fw;

	tnpu_fwimage_default(&fw);
	tnpu_fwimage_build(&fw, image);
	memset(header->name, 'x', sizeof(header->name));
	assert_int_equal(harness_boot(h, image, sizeof(image)), TNPU_REASON_HEADER);
}

static uint32_t boot_with(struct harness *h, uint64_t addr, uint32_t size, uint32_t order)
{
	harness_set64(h, TNPU_REG_FW_ADDR_LO, addr);
	harness_set(h, TNPU_REG_FW_SIZE, size);
	harness_set(h, TNPU_REG_MBOX_ORDER, order);
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	while (harness_reg(h, TNPU_REG_BOOT_STATE) == TNPU_BOOT_LOADING)
		harness_reg(h, TNPU_REG_MAGIC);
	return harness_reg(h, TNPU_REG_BOOT_REASON);
}

static void test_boot_registers(void **state)
{
	const uint32_t size = TNPU_FWIMAGE_SIZE;
	struct harness *h = *state;
	struct tnpu_fwimage fw;
	const uint64_t addr = harness_sys_alloc(h, size);

	tnpu_fwimage_default(&fw);
	tnpu_fwimage_build(&fw, harness_sys(h, addr));
	assert_int_equal(boot_with(h, addr, 0, 2), TNPU_REASON_SIZE);
	assert_int_equal(boot_with(h, addr, sizeof(struct tnpu_fw_header) - 1, 2),
			 TNPU_REASON_SIZE);
	assert_int_equal(boot_with(h, addr, 0xffffffff, 2), TNPU_REASON_SIZE);
	assert_int_equal(boot_with(h, addr, size - 8, 2), TNPU_REASON_SIZE);
	assert_int_equal(boot_with(h, 0, size, 2), TNPU_REASON_DMA);
	assert_int_equal(boot_with(h, ~0ull - 8, size, 2), TNPU_REASON_DMA);
	assert_int_equal(boot_with(h, addr, size, 0), TNPU_REASON_MAILBOX);
	assert_int_equal(boot_with(h, addr, size, 9), TNPU_REASON_MAILBOX);
	assert_int_equal(boot_with(h, addr, size, 0xffffffff), TNPU_REASON_MAILBOX);
	harness_set64(h, TNPU_REG_MBOX_REQ_LO, addr + 8);
	assert_int_equal(boot_with(h, addr, size, 2), TNPU_REASON_MAILBOX);
}

/* Two images, two behaviours. */
static void test_boot_tables(void **state)
{
	uint8_t image[TNPU_FWIMAGE_SIZE];
	const struct tnpu_cmd_nop nop = { .hdr = { TNPU_OP_NOP, 0, sizeof(nop) } };
	struct tnpu_msg_query query = { .item = TNPU_QUERY_QUANTUM_US };
	struct tnpu_msg_log log = { 0 };
	struct harness *h = *state;
	struct tnpu_completion c;
	struct tnpu_cmd_fill cmd;
	struct tnpu_fwimage fw;

	tnpu_fwimage_default(&fw);
	fw.ops = 1ull << TNPU_OP_FILL | 1ull << 60;
	fw.msgs &= ~(1ull << TNPU_MSG_LOG);
	fw.sched.quantum_us = 777;
	fw.limits.max_cmd_bytes = 4096;
	tnpu_fwimage_build(&fw, image);
	assert_int_equal(harness_boot(h, image, sizeof(image)), TNPU_REASON_NONE);
	assert_int_equal(harness_reg64(h, TNPU_REG_OPS_LO), 1u << TNPU_OP_FILL);
	assert_int_equal(harness_reg64(h, TNPU_REG_MAX_CMD_BYTES_LO), 4096);
	assert_int_equal(harness_msg(h, TNPU_MSG_QUERY, &query, sizeof(query)), TNPU_MSG_OK);
	assert_int_equal(query.value, 777);
	assert_int_equal(harness_msg(h, TNPU_MSG_LOG, &log, sizeof(log)), TNPU_MSG_UNKNOWN);
	harness_context(h, 1);
	make_queue(h, 0, TNPU_PRIORITY_NORMAL);
	h->stream_va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	assert_int_equal(harness_run(h, &nop, sizeof(nop), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_OPCODE);
	cmd = fill(harness_alloc(h, 2 * PAGE, HARNESS_LOCAL), 4096, 1);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), NULL), TNPU_STATUS_OK);
	cmd.size += 4;
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_LIMIT);
}

static struct tnpu_cmd_gemm gemm(uint64_t x, uint64_t weights, uint64_t out, uint32_t k)
{
	return (struct tnpu_cmd_gemm){
		.hdr = { .opcode = TNPU_OP_GEMM, .size = sizeof(struct tnpu_cmd_gemm) },
		.x = { .va = x, .stride = 4 * k, .dtype = TNPU_DTYPE_F32 },
		.weights = weights,
		.format = TNPU_WFORMAT_DESC_F32,
		.out = { .va = out, .stride = 64, .dtype = TNPU_DTYPE_F32 },
		.rows = { .value = 1 },
		.n = 16,
		.k = k,
	};
}

static void test_boot_macs(void **state)
{
	uint8_t image[TNPU_FWIMAGE_SIZE];
	struct harness *h = *state;
	struct tnpu_completion c;
	struct tnpu_cmd_gemm cmd;
	struct tnpu_fwimage fw;
	uint64_t va;

	tnpu_fwimage_default(&fw);
	fw.limits.max_cmd_macs = 16 * 32;
	tnpu_fwimage_build(&fw, image);
	assert_int_equal(harness_boot(h, image, sizeof(image)), TNPU_REASON_NONE);
	harness_context(h, 1);
	make_queue(h, 0, TNPU_PRIORITY_NORMAL);
	h->stream_va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	va = harness_alloc(h, 3 * PAGE, HARNESS_LOCAL);
	cmd = gemm(va, va + PAGE, va + 2 * PAGE, 32);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), NULL), TNPU_STATUS_OK);
	cmd = gemm(va, va + PAGE, va + 2 * PAGE, 33);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_LIMIT);
}

/* ---- Mailbox ----------------------------------------------------------------------- */

static void test_mbox_wrap(void **state)
{
	struct harness *h = *state;
	uint64_t payload[6] = { 1, 2, 3, 4, 5, 6 };
	int i;

	for (i = 0; i < 40; i++) {
		payload[5] = i;
		assert_int_equal(harness_msg(h, TNPU_MSG_NOP, payload, sizeof(payload)),
				 TNPU_MSG_OK);
		assert_int_equal(payload[5], i);
	}
}

/* Requests wait while nobody takes the responses; none is lost. */
static void test_mbox_full(void **state)
{
	struct harness *h = *state;
	uint64_t payload[6] = { 0 };
	struct tnpu_msg msg;
	uint32_t first, i;

	first = harness_post(h, TNPU_MSG_NOP, payload, sizeof(payload));
	for (i = 1; i < 4; i++)
		harness_post(h, TNPU_MSG_NOP, payload, sizeof(payload));
	harness_until(h, TNPU_REG_MBOX_REQ_HEAD, h->mbox_tail);
	for (i = 4; i < 8; i++)
		harness_post(h, TNPU_MSG_NOP, payload, sizeof(payload));
	for (i = 0; i < 8; i++) {
		harness_answer(h, &msg);
		assert_int_equal(msg.seq, first + i);
	}
}

static void test_mbox_unknown(void **state)
{
	struct harness *h = *state;
	struct tnpu_msg *ring = harness_sys(h, h->mbox_req);
	uint64_t payload[6] = { 7 };
	struct tnpu_msg msg;

	assert_int_equal(harness_msg(h, TNPU_MSG_COUNT, payload, sizeof(payload)),
			 TNPU_MSG_UNKNOWN);
	assert_int_equal(harness_msg(h, 0xffff, payload, sizeof(payload)), TNPU_MSG_UNKNOWN);
	assert_int_equal(payload[0], 7);
	ring[h->mbox_tail % 4] = (struct tnpu_msg){ .seq = 99, .version = 2 };
	h->mbox_tail = (h->mbox_tail + 1) % 8;
	harness_set(h, TNPU_REG_MBOX_REQ_TAIL, h->mbox_tail);
	harness_answer(h, &msg);
	assert_int_equal(msg.seq, 99);
	assert_int_equal(msg.status, TNPU_MSG_UNKNOWN);
	ring[h->mbox_tail % 4] = (struct tnpu_msg){ .version = 1, .reserved = 1 };
	h->mbox_tail = (h->mbox_tail + 1) % 8;
	harness_set(h, TNPU_REG_MBOX_REQ_TAIL, h->mbox_tail);
	harness_answer(h, &msg);
	assert_int_equal(msg.status, TNPU_MSG_INVALID);
}

static void crash_by(struct harness *h, uint32_t reg, uint32_t value)
{
	harness_set(h, reg, value);
	harness_until(h, TNPU_REG_BOOT_STATE, TNPU_BOOT_CRASHED);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_REASON), TNPU_REASON_MAILBOX);
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_RESET);
	harness_until(h, TNPU_REG_BOOT_STATE, TNPU_BOOT_ROM);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
}

static void test_mbox_hostile(void **state)
{
	struct harness *h = *state;
	uint64_t payload[6] = { 0 };

	crash_by(h, TNPU_REG_MBOX_REQ_TAIL, 8);
	crash_by(h, TNPU_REG_MBOX_REQ_TAIL, 5);
	crash_by(h, TNPU_REG_MBOX_REQ_TAIL, 0xffffffff);
	crash_by(h, TNPU_REG_MBOX_RSP_HEAD, 8);
	crash_by(h, TNPU_REG_MBOX_RSP_HEAD, 1);
	/* What is written to a running chip's ring registers has no effect. */
	harness_set(h, TNPU_REG_MBOX_ORDER, 31);
	harness_set64(h, TNPU_REG_MBOX_REQ_LO, ~0ull);
	assert_int_equal(harness_msg(h, TNPU_MSG_NOP, payload, sizeof(payload)), TNPU_MSG_OK);
}

static uint32_t create(struct harness *h, struct tnpu_msg_queue_create msg)
{
	return harness_msg(h, TNPU_MSG_QUEUE_CREATE, &msg, sizeof(msg));
}

static void test_mbox_queue_create(void **state)
{
	struct harness *h = *state;
	const struct tnpu_msg_queue_create good = {
		.queue = 1,
		.context = 1,
		.ring = harness_sys_alloc(h, PAGE),
		.completion = harness_sys_alloc(h, PAGE),
		.order = 2,
		.priority = TNPU_PRIORITY_REALTIME,
	};
	struct tnpu_msg_queue_create bad = good;

	bad.order = 1;
	assert_int_equal(create(h, bad), TNPU_MSG_INVALID);
	bad.order = 0xffffffff;
	assert_int_equal(create(h, bad), TNPU_MSG_INVALID);
	bad = good;
	bad.priority = TNPU_PRIORITY_COUNT;
	assert_int_equal(create(h, bad), TNPU_MSG_INVALID);
	bad = good;
	bad.ring += 32;
	assert_int_equal(create(h, bad), TNPU_MSG_INVALID);
	bad = good;
	bad.completion = ~63ull;
	assert_int_equal(create(h, bad), TNPU_MSG_INVALID);
	bad = good;
	bad.reserved = 1;
	assert_int_equal(create(h, bad), TNPU_MSG_INVALID);
	bad = good;
	bad.queue = 4;
	assert_int_equal(create(h, bad), TNPU_MSG_NO_OBJECT);
	bad = good;
	bad.context = 2;
	assert_int_equal(create(h, bad), TNPU_MSG_NO_OBJECT);
	bad.context = 0;
	assert_int_equal(create(h, bad), TNPU_MSG_NO_OBJECT);
	bad.context = 0xffffffff;
	assert_int_equal(create(h, bad), TNPU_MSG_NO_OBJECT);
	assert_int_equal(create(h, good), TNPU_MSG_OK);
	assert_int_equal(create(h, good), TNPU_MSG_BUSY);
}

static void test_mbox_queue_messages(void **state)
{
	static const uint16_t types[] = {
		TNPU_MSG_QUEUE_SUSPEND, TNPU_MSG_QUEUE_RESUME, TNPU_MSG_QUEUE_CANCEL,
		TNPU_MSG_QUEUE_DESTROY,
	};
	struct harness *h = *state;
	size_t i;

	for (i = 0; i < 4; i++) {
		assert_int_equal(harness_queue_msg(h, types[i], 3, 0), TNPU_MSG_NO_OBJECT);
		assert_int_equal(harness_queue_msg(h, types[i], ~0u, 0), TNPU_MSG_NO_OBJECT);
		assert_int_equal(harness_queue_msg(h, types[i], 0, 1), TNPU_MSG_INVALID);
		assert_int_equal(harness_queue_msg(h, types[i], 0, 0), TNPU_MSG_OK);
	}
	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_DESTROY, 0, 0),
			 TNPU_MSG_NO_OBJECT);
	make_queue(h, 0, TNPU_PRIORITY_LOW);
	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_PRIORITY, 0, 4), TNPU_MSG_INVALID);
	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_PRIORITY, 0, 3), TNPU_MSG_OK);
	assert_int_equal(wait_status(h, 0, submit_null(h, 0)), TNPU_STATUS_OK);
}

static void test_mbox_contexts(void **state)
{
	struct harness *h = *state;
	struct tnpu_msg_context msg = { .context = 1 };

	assert_int_equal(harness_msg(h, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg)), TNPU_MSG_BUSY);
	msg = (struct tnpu_msg_context){ .context = 5, .root = PAGE };
	assert_int_equal(harness_msg(h, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg)),
			 TNPU_MSG_NO_OBJECT);
	msg = (struct tnpu_msg_context){ .context = 2, .root = PAGE + 8 };
	assert_int_equal(harness_msg(h, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg)),
			 TNPU_MSG_INVALID);
	msg = (struct tnpu_msg_context){ .context = 2, .root = 1ull << 52 };
	assert_int_equal(harness_msg(h, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg)),
			 TNPU_MSG_INVALID);
	msg = (struct tnpu_msg_context){ .context = 2, .reserved = 1 };
	assert_int_equal(harness_msg(h, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg)),
			 TNPU_MSG_INVALID);
	msg = (struct tnpu_msg_context){ .context = 2 };
	assert_int_equal(harness_msg(h, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg)), TNPU_MSG_OK);
	assert_int_equal(harness_invalidate(h, 1, 0, 0), TNPU_MSG_OK);
	assert_int_equal(harness_invalidate(h, 1, PAGE, 0), TNPU_MSG_INVALID);
	assert_int_equal(harness_invalidate(h, 1, ~0ull, 2), TNPU_MSG_INVALID);
	assert_int_equal(harness_invalidate(h, 1, 0, 1ull << 49), TNPU_MSG_INVALID);
	assert_int_equal(harness_invalidate(h, 9, 0, 0), TNPU_MSG_NO_OBJECT);
}

static uint64_t query(struct harness *h, uint32_t item, uint32_t queue)
{
	struct tnpu_msg_query msg = { .item = item, .index = queue };

	assert_int_equal(harness_msg(h, TNPU_MSG_QUERY, &msg, sizeof(msg)), TNPU_MSG_OK);
	return msg.value;
}

static void test_mbox_query(void **state)
{
	struct tnpu_msg_query bad = { .item = TNPU_QUERY_COUNT };
	struct harness *h = *state;
	struct tnpu_cmd_fill cmds[3];
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_LOCAL);

	cmds[0] = fill(va, PAGE, 1);
	cmds[1] = cmds[0];
	cmds[2] = cmds[0];
	harness_run(h, cmds, sizeof(cmds), NULL);
	harness_run(h, cmds, sizeof(cmds), NULL);
	assert_int_equal(query(h, TNPU_QUERY_JOBS, 0), 2);
	assert_int_equal(query(h, TNPU_QUERY_COMMANDS, 0), 6);
	assert_true(query(h, TNPU_QUERY_BUSY, 0) > 0);
	assert_int_equal(query(h, TNPU_QUERY_QUANTUM_US, 0), 2000);
	assert_int_equal(harness_msg(h, TNPU_MSG_QUERY, &bad, sizeof(bad)), TNPU_MSG_INVALID);
	bad = (struct tnpu_msg_query){ .index = 2 };
	assert_int_equal(harness_msg(h, TNPU_MSG_QUERY, &bad, sizeof(bad)), TNPU_MSG_NO_OBJECT);
}

static void test_mbox_log(void **state)
{
	struct harness *h = *state;
	const uint64_t addr = harness_sys_alloc(h, 2 * PAGE);
	struct tnpu_msg_log msg = { .addr = addr, .size = 0xffffffff };
	const char *text = harness_sys(h, addr);

	assert_int_equal(harness_msg(h, TNPU_MSG_LOG, &msg, sizeof(msg)), TNPU_MSG_OK);
	assert_non_null(strstr(text, "firmware 1.0.0 runs\n"));
	assert_int_equal(strlen(text), msg.size);
	assert_int_equal(h->log_lines, 1);
	msg = (struct tnpu_msg_log){ .addr = addr, .size = 5 };
	assert_int_equal(harness_msg(h, TNPU_MSG_LOG, &msg, sizeof(msg)), TNPU_MSG_OK);
	assert_int_equal(msg.size, 5);
	assert_memory_equal(text, "runs\n", 5);
	msg = (struct tnpu_msg_log){ .addr = 16, .size = 64 };
	assert_int_equal(harness_msg(h, TNPU_MSG_LOG, &msg, sizeof(msg)), TNPU_MSG_INVALID);
}

/* ---- Jobs -------------------------------------------------------------------------- */

static void test_job_null(void **state)
{
	struct harness *h = *state;
	struct tnpu_completion c;
	int i;

	for (i = 0; i < 100; i++) {
		harness_wait(h, 0, submit_null(h, 0), &c);
		assert_int_equal(c.status, TNPU_STATUS_OK);
		assert_int_equal(c.seq, i + 1);
		assert_true(c.end >= c.start);
	}
	while (h->raised[TNPU_VECTOR_QUEUE(0, 5)] < 100)
		harness_reg(h, TNPU_REG_MAGIC);
}

/* A full ring, time and again, across both wraps of the indices. */
static void test_ring_full(void **state)
{
	struct harness *h = *state;
	uint64_t seq = 0;
	int i, j;

	assert_int_equal(harness_queue_create(h, 1, 1, TNPU_RING_ORDER_MIN, 1), TNPU_MSG_OK);
	for (i = 0; i < 7; i++) {
		harness_queue_msg(h, TNPU_MSG_QUEUE_SUSPEND, 1, 0);
		for (j = 0; j < 4; j++)
			seq = submit_null(h, 1);
		assert_false(harness_done(h, 1, seq - 3, NULL));
		harness_queue_msg(h, TNPU_MSG_QUEUE_RESUME, 1, 0);
		assert_int_equal(wait_status(h, 1, seq), TNPU_STATUS_OK);
	}
	assert_int_equal(seq, 28);
}

static void ring_tail(struct harness *h, uint32_t queue, uint32_t tail)
{
	harness_set(h, TNPU_REGS_SIZE + queue * TNPU_DB_STRIDE + TNPU_DB_TAIL, tail);
}

static void test_ring_bad_tail(void **state)
{
	static const uint32_t tails[] = { 17, 31, 32, 0xffffffff };
	struct harness *h = *state;
	struct tnpu_completion c;
	size_t i;

	for (i = 0; i < 4; i++) {
		struct tnpu_ring_entry *entry;

		make_queue(h, 1, TNPU_PRIORITY_NORMAL);
		entry = harness_sys(h, h->queue[1].ring);
		*entry = (struct tnpu_ring_entry){ .flags = TNPU_JOB_NULL, .seq = 1 };
		ring_tail(h, 1, tails[i]);
		harness_wait(h, 1, 1, &c);
		assert_int_equal(c.status, TNPU_STATUS_ERROR);
		assert_int_equal(c.reason, TNPU_ERR_ENTRY);
		harness_queue_msg(h, TNPU_MSG_QUEUE_DESTROY, 1, 0);
	}
	/* Doorbells of queues that do not exist are not remembered. */
	ring_tail(h, 1, 1);
	make_queue(h, 1, TNPU_PRIORITY_NORMAL);
	assert_int_equal(wait_status(h, 1, submit_null(h, 1)), TNPU_STATUS_OK);
}

static void test_ring_entries(void **state)
{
	struct harness *h = *state;
	const struct {
		struct tnpu_ring_entry entry;
		uint32_t reason;
	} cases[] = {
		{ { .cmd_va = PAGE, .cmd_size = 0 }, TNPU_ERR_ENTRY },
		{ { .cmd_va = PAGE, .cmd_size = 12 }, TNPU_ERR_ENTRY },
		{ { .cmd_va = 4, .cmd_size = 8 }, TNPU_ERR_ENTRY },
		{ { .flags = 2 }, TNPU_ERR_ENTRY },
		{ { .flags = 1, .fence_va = 4 }, TNPU_ERR_ENTRY },
		{ { .flags = 1, .pred_va = 2 }, TNPU_ERR_ENTRY },
		{ { .flags = 1, .reserved = { 0, 1 } }, TNPU_ERR_ENTRY },
		{ { .cmd_va = PAGE, .cmd_size = (4u << 20) + 8 }, TNPU_ERR_LIMIT },
		{ { .cmd_va = PAGE, .cmd_size = 0xfffffff8 }, TNPU_ERR_LIMIT },
		{ { .cmd_va = PAGE, .cmd_size = 8 }, TNPU_ERR_FAULT },
		{ { .cmd_va = ~7ull, .cmd_size = 8 }, TNPU_ERR_FAULT },
		{ { .flags = 1, .fence_va = PAGE }, TNPU_ERR_FAULT },
		{ { .flags = 1, .pred_va = PAGE }, TNPU_ERR_FAULT },
	};
	struct tnpu_completion c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		make_queue(h, 1, TNPU_PRIORITY_NORMAL);
		harness_wait(h, 1, harness_submit(h, 1, &cases[i].entry), &c);
		assert_int_equal(c.status, TNPU_STATUS_ERROR);
		assert_int_equal(c.reason, cases[i].reason);
		harness_queue_msg(h, TNPU_MSG_QUEUE_DESTROY, 1, 0);
	}
	make_queue(h, 1, TNPU_PRIORITY_NORMAL);
	h->queue[1].seq = 4;
	submit_null(h, 1);
	harness_wait(h, 1, 1, &c);
	assert_int_equal(c.reason, TNPU_ERR_ENTRY);
}

/* The ring or its completions lie where the bus refuses: the queue stops, no more. */
static void test_ring_dma(void **state)
{
	struct harness *h = *state;
	struct tnpu_msg_queue_create msg = {
		.queue = 1,
		.context = 1,
		.ring = 64,
		.completion = harness_sys_alloc(h, PAGE),
		.order = 2,
	};
	struct tnpu_completion c;

	assert_int_equal(create(h, msg), TNPU_MSG_OK);
	h->queue[1] = (struct harness_queue){ .completion = msg.completion, .order = 2 };
	ring_tail(h, 1, 1);
	harness_wait(h, 1, 1, &c);
	assert_int_equal(c.reason, TNPU_ERR_DMA);
	msg.queue = 2;
	msg.ring = harness_sys_alloc(h, PAGE);
	msg.completion = 64;
	assert_int_equal(create(h, msg), TNPU_MSG_OK);
	ring_tail(h, 2, 1);
	assert_int_equal(wait_status(h, 0, submit_null(h, 0)), TNPU_STATUS_OK);
}

static void test_job_predicate(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_SYSTEM);
	const struct tnpu_cmd_fill cmd = fill(va + 64, 4, 7);
	struct tnpu_ring_entry entry = {
		.cmd_va = h->stream_va,
		.cmd_size = sizeof(cmd),
		.pred_va = va + 4,
		.fence_va = va + 8,
		.fence_value = 0x123456789abcdef0,
	};

	harness_write(h, h->stream_va, &cmd, sizeof(cmd));
	*(uint32_t *)harness_ptr(h, va + 4) = 0x80000000;
	assert_int_equal(wait_status(h, 0, harness_submit(h, 0, &entry)), TNPU_STATUS_SKIPPED);
	assert_int_equal(cell(h, va + 64), 0);
	assert_int_equal(cell64(h, va + 8), entry.fence_value);
	*(uint32_t *)harness_ptr(h, va + 4) = 0;
	entry.fence_value++;
	assert_int_equal(wait_status(h, 0, harness_submit(h, 0, &entry)), TNPU_STATUS_OK);
	assert_int_equal(cell(h, va + 64), 7);
	assert_int_equal(cell64(h, va + 8), entry.fence_value);
}

static void test_job_stream_errors(void **state)
{
	struct harness *h = *state;
	const struct tnpu_cmd_nop nop = { .hdr = { TNPU_OP_NOP, 0, sizeof(nop) } };
	struct tnpu_cmd_nop cmds[3] = { nop, nop, nop };
	struct tnpu_completion c;

	cmds[2].hdr.opcode = 55;
	assert_int_equal(harness_run(h, cmds, sizeof(cmds), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_OPCODE);
	assert_int_equal(c.cmd_index, 2);
	cmds[2].hdr.opcode = 0xffff;
	assert_int_equal(harness_run(h, cmds, sizeof(cmds), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_OPCODE);
	cmds[1].hdr.size = 0;
	assert_int_equal(harness_run(h, cmds, sizeof(cmds), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_SIZE);
	assert_int_equal(c.cmd_index, 1);
	cmds[0].hdr.flags = 0x8000;
	assert_int_equal(harness_run(h, cmds, sizeof(cmds), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_RESERVED);
	cmds[0].hdr = (struct tnpu_cmd_header){ TNPU_OP_FILL, 0, sizeof(struct tnpu_cmd_fill) };
	assert_int_equal(harness_run(h, cmds, 8, &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_SIZE);
}

/* An error stops its queue, and nothing else. */
static void test_job_error_isolated(void **state)
{
	struct harness *h = *state;
	const struct tnpu_cmd_fill bad = fill(PAGE, 4, 0);
	uint64_t good, seq;

	make_queue(h, 1, TNPU_PRIORITY_NORMAL);
	harness_write(h, h->stream_va, &bad, sizeof(bad));
	seq = harness_submit_stream(h, 1, h->stream_va, sizeof(bad));
	good = submit_null(h, 1);
	assert_int_equal(wait_status(h, 1, seq), TNPU_STATUS_ERROR);
	assert_int_equal(wait_status(h, 0, submit_null(h, 0)), TNPU_STATUS_OK);
	harness_queue_msg(h, TNPU_MSG_QUEUE_PRIORITY, 1, TNPU_PRIORITY_REALTIME);
	assert_int_equal(wait_status(h, 0, submit_null(h, 0)), TNPU_STATUS_OK);
	assert_false(harness_done(h, 1, good, NULL));
	harness_queue_msg(h, TNPU_MSG_QUEUE_DESTROY, 1, 0);
	make_queue(h, 1, TNPU_PRIORITY_NORMAL);
	assert_int_equal(wait_status(h, 1, submit_null(h, 1)), TNPU_STATUS_OK);
}

/* ---- Memory ------------------------------------------------------------------------ */

static void test_memory_kinds(void **state)
{
	const uint32_t size = 3 * PAGE + 100;
	uint8_t *in = malloc(size), *out = malloc(size);
	struct harness *h = *state;
	uint32_t i, from, to;

	for (i = 0; i < size; i++)
		in[i] = i * 7 + i / 256;
	for (from = HARNESS_LOCAL; from <= HARNESS_HUGE; from++) {
		for (to = HARNESS_LOCAL; to <= HARNESS_HUGE; to++) {
			const uint64_t src = harness_alloc(h, size + 64, from) + 33;
			const uint64_t dst = harness_alloc(h, size + 64, to) + 21;
			const struct tnpu_cmd_copy cmd = copy(src, dst, size);
			const uint64_t dirty = h->dirty;

			harness_write(h, src, in, size);
			memset(out, 0, size);
			assert_int_equal(harness_run(h, &cmd, sizeof(cmd), NULL), TNPU_STATUS_OK);
			harness_read(h, dst, out, size);
			assert_memory_equal(in, out, size);
			assert_int_equal(h->dirty - dirty, to == HARNESS_SYSTEM ? 0 : size);
		}
	}
	free(in);
	free(out);
}

static void expect_fault(struct harness *h, uint64_t dst, uint64_t size, uint64_t va)
{
	const struct tnpu_cmd_fill cmd = fill(dst, size, 1);
	struct tnpu_completion c;

	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_FAULT);
	assert_int_equal(c.access, TNPU_ACCESS_WRITE);
	assert_int_equal(c.fault_va, va);
	assert_int_equal(c.cmd_index, 0);
}

static void test_memory_faults(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, 2 * PAGE, HARNESS_LOCAL);
	const uint64_t ro = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const uint64_t wo = harness_alloc(h, PAGE, HARNESS_LOCAL);
	struct tnpu_cmd_copy cmd;
	struct tnpu_completion c;

	expect_fault(h, 0, 4, 0);
	expect_fault(h, va + PAGE, PAGE + 4, va + 2 * PAGE);
	expect_fault(h, (1ull << 48) - 4, 4, (1ull << 48) - 4);
	expect_fault(h, 1ull << 48, 4, 1ull << 48);
	expect_fault(h, 1ull << 63, 4, 1ull << 63);
	*harness_pte(h, 1, ro, 0) &= ~TNPU_PTE_WRITE;
	*harness_pte(h, 1, wo, 0) &= ~TNPU_PTE_READ;
	expect_fault(h, ro + 8, 4, ro + 8);
	cmd = copy(wo, va, 16);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_FAULT);
	assert_int_equal(c.access, TNPU_ACCESS_READ);
	assert_int_equal(c.fault_va, wo);
	cmd = copy(ro, wo, 16);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), NULL), TNPU_STATUS_OK);
}

static void test_memory_bad_entries(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const uint64_t huge = harness_alloc(h, 2u << 20, HARNESS_HUGE);
	uint64_t *pte = harness_pte(h, 1, va, 0);
	const uint64_t good = *pte;
	const struct tnpu_cmd_nop nop = { .hdr = { TNPU_OP_NOP, 0, sizeof(nop) } };
	uint64_t *dir = harness_pte(h, 1, huge, 1);
	const uint64_t good_dir = *dir;
	struct tnpu_completion c;
	int bit, level;

	for (bit = 5; bit < 64; bit++) {
		if (bit >= 12 && bit < 52)
			continue;
		*pte = good | 1ull << bit;
		expect_fault(h, va, 4, va);
	}
	*pte = good & ~TNPU_PTE_LEAF;
	expect_fault(h, va, 4, va);
	*pte = good;
	*dir = good_dir | PAGE;
	expect_fault(h, huge, 4, huge);
	*dir = (good_dir & ~TNPU_PTE_ADDR) | 64u << 20;
	expect_fault(h, huge, 4, huge);
	*dir = good_dir | TNPU_PTE_ADDR;
	expect_fault(h, huge, 4, huge);
	*dir = good_dir;
	for (level = 1; level < TNPU_PT_LEVELS; level++) {
		uint64_t *table = harness_pte(h, 1, va, level);
		const uint64_t saved = *table;

		*table = saved | TNPU_PTE_READ;
		harness_invalidate(h, 1, 0, 0);
		assert_int_equal(harness_run(h, &nop, sizeof(nop), &c), TNPU_STATUS_ERROR);
		assert_int_equal(c.reason, TNPU_ERR_FAULT);
		assert_int_equal(c.access, TNPU_ACCESS_READ);
		assert_int_equal(c.fault_va, h->stream_va);
		*table = saved;
	}
	assert_int_equal(harness_run(h, &nop, sizeof(nop), &c), TNPU_STATUS_OK);
}

/* Tables that the bus refuses, and operands there. */
static void test_memory_dma(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_SYSTEM);
	const struct tnpu_cmd_fill cmd = fill(va, 4, 1);
	struct tnpu_completion c;

	harness_map(h, 1, va, 0, PAGE, RW);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_DMA);
	assert_int_equal(c.fault_va, va);
	*harness_pte(h, 1, va, 1) = TNPU_PTE_ADDR | TNPU_PTE_VALID;
	h->va_next += 2u << 20;
	h->stream_va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_DMA);
}

/*
 * Only the first page is mapped: LIMIT rather than FAULT shows that the size is checked before
 * the tables are walked.
 */
static void test_memory_limit(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	struct tnpu_completion c;
	struct tnpu_cmd_fill cmd;

	cmd = fill(va, (1ull << 30) + 4, 1);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_LIMIT);
	cmd = fill(va, ~3ull, 1);
	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_SHAPE);
}

/* ---- Synchronisation ------------------------------------------------------------------ */

static void test_fence_wait(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const struct tnpu_cmd_fence_wait wait = fence_wait(va, 5, 10000000);
	const struct tnpu_cmd_fence_signal signal = fence_signal(va, 5);
	uint64_t seq;

	make_queue(h, 1, TNPU_PRIORITY_REALTIME);
	harness_write(h, va + 512, &wait, sizeof(wait));
	seq = harness_submit_stream(h, 1, va + 512, sizeof(wait));
	assert_int_equal(wait_status(h, 0, submit_null(h, 0)), TNPU_STATUS_OK);
	assert_false(harness_done(h, 1, seq, NULL));
	assert_int_equal(harness_run(h, &signal, sizeof(signal), NULL), TNPU_STATUS_OK);
	assert_int_equal(wait_status(h, 1, seq), TNPU_STATUS_OK);
	/* And by a CPU's store. */
	put64(h, va, 0);
	seq = harness_submit_stream(h, 1, va + 512, sizeof(wait));
	assert_false(harness_done(h, 1, seq, NULL));
	put64(h, va, ~0ull);
	assert_int_equal(wait_status(h, 1, seq), TNPU_STATUS_OK);
}

static void test_fence_wait_errors(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_SYSTEM);
	struct tnpu_cmd_fence_wait wait = fence_wait(va, 5, 3000);
	struct tnpu_completion c;

	assert_int_equal(harness_run(h, &wait, sizeof(wait), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_WAIT);
	wait.timeout_us = 0;
	assert_int_equal(harness_run(h, &wait, sizeof(wait), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_VALUE);
	wait.timeout_us = 10000001;
	assert_int_equal(harness_run(h, &wait, sizeof(wait), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_VALUE);
	wait = fence_wait(va + 4, 5, 1);
	assert_int_equal(harness_run(h, &wait, sizeof(wait), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_ALIGN);
	wait = fence_wait(va, 5, 1);
	wait.reserved = 1;
	assert_int_equal(harness_run(h, &wait, sizeof(wait), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_RESERVED);
}

static void test_timestamp_command(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_SYSTEM);
	const struct tnpu_cmd_timestamp cmds[] = {
		{ { TNPU_OP_TIMESTAMP, 0, sizeof(cmds[0]) }, va },
		{ { TNPU_OP_TIMESTAMP, 0, sizeof(cmds[0]) }, va + 8 },
	};
	struct tnpu_completion c;

	assert_int_equal(harness_run(h, cmds, sizeof(cmds), &c), TNPU_STATUS_OK);
	assert_true(c.start <= cell64(h, va));
	assert_true(cell64(h, va) <= cell64(h, va + 8));
	assert_true(cell64(h, va + 8) <= c.end);
}

/* ---- Scheduling ------------------------------------------------------------------------ */

static void test_preempt_priority(void **state)
{
	struct harness *h = *state;
	uint64_t seq;
	int i;

	make_queue(h, 1, TNPU_PRIORITY_HIGH);
	make_queue(h, 2, TNPU_PRIORITY_LOW);
	seq = start_long(h, 0);
	for (i = 0; i < 20; i++)
		assert_int_equal(wait_status(h, 1, submit_null(h, 1)), TNPU_STATUS_OK);
	/* A lower band gets nothing until priorities change. */
	i = submit_null(h, 2);
	assert_int_equal(wait_status(h, 1, submit_null(h, 1)), TNPU_STATUS_OK);
	assert_false(harness_done(h, 2, i, NULL));
	assert_false(harness_done(h, 0, seq, NULL));
	harness_queue_msg(h, TNPU_MSG_QUEUE_PRIORITY, 2, TNPU_PRIORITY_REALTIME);
	assert_int_equal(wait_status(h, 2, i), TNPU_STATUS_OK);
	assert_false(harness_done(h, 0, seq, NULL));
}

/* Three queues of one band share by quantum: the short job does not wait for the long ones. */
static void test_round_robin(void **state)
{
	struct harness *h = *state;
	uint64_t first, second;

	make_queue(h, 1, TNPU_PRIORITY_NORMAL);
	make_queue(h, 2, TNPU_PRIORITY_NORMAL);
	first = start_long(h, 0);
	second = start_long(h, 1);
	assert_int_equal(wait_status(h, 2, submit_null(h, 2)), TNPU_STATUS_OK);
	assert_false(harness_done(h, 0, first, NULL));
	assert_false(harness_done(h, 1, second, NULL));
	assert_true(query(h, TNPU_QUERY_COMMANDS, 0) > 0);
	assert_true(query(h, TNPU_QUERY_COMMANDS, 1) > 0);
}

/* A command that is interrupted again and again gives the result of one that is not. */
static void test_preempt_result(void **state)
{
	struct harness *h = *state;
	const uint64_t src = harness_alloc(h, BIG, HARNESS_LOCAL);
	const uint64_t dst = harness_alloc(h, BIG, HARNESS_SCATTER);
	const struct tnpu_cmd_copy cmd = copy(src, dst, BIG);
	uint32_t *in = harness_ptr(h, src);
	uint32_t *out = malloc(BIG);
	uint64_t seq;
	uint32_t i;

	make_queue(h, 1, TNPU_PRIORITY_HIGH);
	for (i = 0; i < BIG / 4; i++)
		in[i] = i * 2654435761u;
	harness_write(h, h->stream_va, &cmd, sizeof(cmd));
	seq = harness_submit_stream(h, 0, h->stream_va, sizeof(cmd));
	while (!harness_done(h, 0, seq, NULL)) {
		submit_null(h, 1);
		harness_invalidate(h, 1, dst, PAGE);
	}
	assert_int_equal(wait_status(h, 0, seq), TNPU_STATUS_OK);
	harness_read(h, dst, out, BIG);
	assert_memory_equal(in, out, BIG);
	free(out);
}

static void test_suspend(void **state)
{
	struct harness *h = *state;
	const uint64_t started = harness_alloc(h, 8, HARNESS_LOCAL);
	const uint64_t dst = harness_alloc(h, BIG, HARNESS_LOCAL);
	const uint64_t seq = submit_long(h, 0, started, dst);
	uint64_t before;

	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_SUSPEND, 0, 0), TNPU_MSG_OK);
	before = query(h, TNPU_QUERY_COMMANDS, 0);
	memset(harness_ptr(h, dst), 0, BIG);
	assert_int_equal(query(h, TNPU_QUERY_COMMANDS, 0), before);
	assert_int_equal(cell(h, dst), 0);
	harness_queue_msg(h, TNPU_MSG_QUEUE_RESUME, 0, 0);
	while (query(h, TNPU_QUERY_COMMANDS, 0) < before + 2)
		;
	assert_false(harness_done(h, 0, seq, NULL));
}

/* After the answer to INVALIDATE, no engine stores to the page any more. */
static void test_invalidate_under_load(void **state)
{
	struct harness *h = *state;
	const uint64_t started = harness_alloc(h, 8, HARNESS_LOCAL);
	const uint64_t dst = harness_alloc(h, BIG, HARNESS_LOCAL);
	const uint64_t seq = submit_long(h, 0, started, dst);
	uint32_t *page = harness_ptr(h, dst + PAGE);
	struct tnpu_completion c;
	int i;

	for (i = 0; i < 50; i++)
		assert_int_equal(harness_invalidate(h, 1, dst, BIG), TNPU_MSG_OK);
	assert_false(harness_done(h, 0, seq, NULL));
	harness_map(h, 1, dst + PAGE, 0, PAGE, 0);
	assert_int_equal(harness_invalidate(h, 1, dst + PAGE, PAGE), TNPU_MSG_OK);
	memset(page, 0, PAGE);
	harness_wait(h, 0, seq, &c);
	assert_int_equal(c.status, TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_FAULT);
	assert_int_equal(c.fault_va, dst + PAGE);
	assert_int_equal(page[0], 0);
	assert_int_equal(page[PAGE / 4 - 1], 0);
}

/*
 * Queue 1 stands in a FENCE_WAIT on @va when this returns: a queue of a lower band has had
 * its turn after the stream began.
 */
static uint64_t start_wait(struct harness *h, uint64_t va)
{
	const uint64_t stream = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const uint64_t started = stream + 2048;
	const struct tnpu_cmd_fence_signal signal = fence_signal(started, 1);
	const struct tnpu_cmd_fence_wait wait = fence_wait(va, 5, 2000000);
	uint64_t seq;

	make_queue(h, 1, TNPU_PRIORITY_REALTIME);
	harness_write(h, stream, &signal, sizeof(signal));
	harness_write(h, stream + sizeof(signal), &wait, sizeof(wait));
	seq = harness_submit_stream(h, 1, stream, sizeof(signal) + sizeof(wait));
	while (!cell64(h, started))
		harness_reg(h, TNPU_REG_MAGIC);
	assert_int_equal(wait_status(h, 0, submit_null(h, 0)), TNPU_STATUS_OK);
	return seq;
}

/* A command in the middle of its work follows its operand to another page. */
static void test_invalidate_moves(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const uint64_t other = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const uint64_t seq = start_wait(h, va);

	put64(h, other, 5);
	__atomic_store_n(harness_pte(h, 1, va, 0), *harness_pte(h, 1, other, 0),
			 __ATOMIC_RELEASE);
	assert_int_equal(harness_invalidate(h, 1, va, PAGE), TNPU_MSG_OK);
	assert_int_equal(wait_status(h, 1, seq), TNPU_STATUS_OK);
}

/* And faults where the page is gone. */
static void test_invalidate_unmaps(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const uint64_t seq = start_wait(h, va);
	struct tnpu_completion c;

	harness_map(h, 1, va, 0, PAGE, 0);
	assert_int_equal(harness_invalidate(h, 1, va, PAGE), TNPU_MSG_OK);
	harness_wait(h, 1, seq, &c);
	assert_int_equal(c.status, TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_FAULT);
	assert_int_equal(c.fault_va, va);
	assert_int_equal(c.cmd_index, 1);
}

/* ---- Cancel and reset ------------------------------------------------------------------ */

static void test_cancel(void **state)
{
	struct harness *h = *state;
	uint64_t seq = start_long(h, 0);
	const uint64_t next = submit_null(h, 0);

	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_CANCEL, 0, 0), TNPU_MSG_OK);
	assert_true(harness_done(h, 0, seq, NULL));
	assert_int_equal(wait_status(h, 0, seq), TNPU_STATUS_CANCELLED);
	assert_false(harness_done(h, 0, next, NULL));
	/* A job that has not begun. */
	make_queue(h, 1, TNPU_PRIORITY_NORMAL);
	harness_queue_msg(h, TNPU_MSG_QUEUE_SUSPEND, 1, 0);
	seq = submit_null(h, 1);
	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_CANCEL, 1, 0), TNPU_MSG_OK);
	assert_int_equal(wait_status(h, 1, seq), TNPU_STATUS_CANCELLED);
	/* None at all: the queue stops, no record is written. */
	make_queue(h, 2, TNPU_PRIORITY_NORMAL);
	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_CANCEL, 2, 0), TNPU_MSG_OK);
	seq = submit_null(h, 2);
	make_queue(h, 3, TNPU_PRIORITY_LOW);
	assert_int_equal(wait_status(h, 3, submit_null(h, 3)), TNPU_STATUS_OK);
	assert_false(harness_done(h, 2, seq, NULL));
}

static void test_destroy_running(void **state)
{
	struct harness *h = *state;
	const uint64_t seq = start_long(h, 0);

	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_DESTROY, 0, 0), TNPU_MSG_OK);
	assert_false(harness_done(h, 0, seq, NULL));
	make_queue(h, 0, TNPU_PRIORITY_NORMAL);
	assert_int_equal(wait_status(h, 0, submit_null(h, 0)), TNPU_STATUS_OK);
}

static void test_engine_reset(void **state)
{
	struct harness *h = *state;
	const uint64_t seq = start_long(h, 0);
	uint64_t idle;

	make_queue(h, 1, TNPU_PRIORITY_NORMAL);
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_ENGINE_RESET);
	harness_until(h, TNPU_REG_RESET_COUNT, 1);
	assert_int_equal(wait_status(h, 0, seq), TNPU_STATUS_RESET);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_READY);
	idle = submit_null(h, 1);
	assert_int_equal(wait_status(h, 1, idle), TNPU_STATUS_OK);
	submit_null(h, 0);
	idle = submit_null(h, 1);
	assert_int_equal(wait_status(h, 1, idle), TNPU_STATUS_OK);
	assert_false(harness_done(h, 0, seq + 1, NULL));
}

static void after_reset(struct harness *h)
{
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_ROM);
	assert_int_equal(harness_reg(h, TNPU_REG_MBOX_ORDER), 0);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
	assert_int_equal(harness_queue_create(h, 0, 1, 4, 1), TNPU_MSG_NO_OBJECT);
	harness_context(h, 1);
	make_queue(h, 0, TNPU_PRIORITY_NORMAL);
	assert_int_equal(wait_status(h, 0, submit_null(h, 0)), TNPU_STATUS_OK);
}

static void test_reset_under_load(void **state)
{
	struct harness *h = *state;
	uint64_t seq = start_long(h, 0);

	tnpu_chip_reset(h->chip);
	assert_false(harness_done(h, 0, seq, NULL));
	after_reset(h);
	seq = start_long(h, 0);
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_RESET);
	harness_until(h, TNPU_REG_BOOT_STATE, TNPU_BOOT_ROM);
	assert_false(harness_done(h, 0, seq, NULL));
	assert_int_equal(harness_reg(h, TNPU_REG_RESET_COUNT), 2);
	after_reset(h);
	/* Off with work in progress. */
	start_long(h, 0);
}

/* Device memory survives what is not a cold reset. */
static void test_reset_keeps_memory(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const struct tnpu_cmd_fill cmd = fill(va, PAGE, 0x01020304);

	assert_int_equal(harness_run(h, &cmd, sizeof(cmd), NULL), TNPU_STATUS_OK);
	tnpu_chip_reset(h->chip);
	assert_int_equal(cell(h, va + PAGE - 4), 0x01020304);
}

static void test_pause(void **state)
{
	struct harness *h = *state;
	const uint64_t started = harness_alloc(h, 8, HARNESS_LOCAL);
	const uint64_t dst = harness_alloc(h, BIG, HARNESS_LOCAL);
	uint64_t seq = submit_long(h, 0, started, dst);
	uint64_t payload[6] = { 0 };
	uint64_t dirty;
	struct tnpu_msg msg;

	tnpu_chip_pause(h->chip);
	dirty = h->dirty;
	memset(harness_ptr(h, dst), 0, BIG);
	harness_post(h, TNPU_MSG_NOP, payload, sizeof(payload));
	assert_int_equal(harness_reg(h, TNPU_REG_MBOX_RSP_TAIL), h->mbox_head);
	assert_int_equal(cell(h, dst), 0);
	assert_int_equal(h->dirty, dirty);
	tnpu_chip_resume(h->chip);
	harness_answer(h, &msg);
	assert_false(harness_done(h, 0, seq, NULL));
	/* A reset of a paused chip is done at once; the pause holds on. */
	tnpu_chip_pause(h->chip);
	tnpu_chip_reset(h->chip);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_ROM);
	tnpu_chip_resume(h->chip);
	after_reset(h);
	seq = start_long(h, 0);
	tnpu_chip_pause(h->chip);
	assert_false(harness_done(h, 0, seq, NULL));
}

/* ---- Provoked failures ----------------------------------------------------------------- */

static void test_settle(void **state)
{
	struct harness *h = *state;
	uint64_t payload[6] = { 0 };
	struct tnpu_msg msg;
	uint32_t head;
	int i;

	for (i = 0; i < 100; i++) {
		head = h->mbox_head;
		harness_post(h, TNPU_MSG_NOP, payload, sizeof(payload));
		tnpu_chip_settle(h->chip, 20000);
		assert_int_not_equal(harness_reg(h, TNPU_REG_MBOX_RSP_TAIL), head);
		harness_answer(h, &msg);
	}
	tnpu_chip_pause(h->chip);
	harness_post(h, TNPU_MSG_NOP, payload, sizeof(payload));
	tnpu_chip_settle(h->chip, 20000);
	assert_int_equal(harness_reg(h, TNPU_REG_MBOX_RSP_TAIL), h->mbox_head);
	tnpu_chip_resume(h->chip);
	harness_answer(h, &msg);
}

static void test_provoke_hang(void **state)
{
	struct harness *h = *state;
	uint64_t seq;

	make_queue(h, 1, TNPU_PRIORITY_LOW);
	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_HANG_QUEUE, 5), -EINVAL);
	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_HANG_QUEUE, 1), 0);
	seq = submit_null(h, 0);
	assert_int_equal(wait_status(h, 1, submit_null(h, 1)), TNPU_STATUS_OK);
	assert_false(harness_done(h, 0, seq, NULL));
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_ENGINE_RESET);
	assert_int_equal(wait_status(h, 0, seq), TNPU_STATUS_RESET);
	harness_queue_msg(h, TNPU_MSG_QUEUE_DESTROY, 0, 0);
	make_queue(h, 0, TNPU_PRIORITY_NORMAL);
	seq = submit_null(h, 0);
	assert_int_equal(wait_status(h, 1, submit_null(h, 1)), TNPU_STATUS_OK);
	assert_false(harness_done(h, 0, seq, NULL));
	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_HANG_QUEUE, 0), 0);
	assert_int_equal(wait_status(h, 0, seq), TNPU_STATUS_OK);
}

static void test_provoke_crash(void **state)
{
	struct harness *h = *state;

	harness_set(h, TNPU_REG_IRQ_ENABLE, TNPU_IRQ_CRASH);
	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_FW_CRASH, 2), -EINVAL);
	start_long(h, 0);
	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_FW_CRASH, 1), 0);
	harness_until(h, TNPU_REG_BOOT_STATE, TNPU_BOOT_CRASHED);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_REASON), TNPU_REASON_CRASH);
	while (!h->raised[0])
		harness_reg(h, TNPU_REG_MAGIC);
	/* Only RESET leads out. */
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_BOOT | TNPU_CTRL_ENGINE_RESET);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_CRASHED);
	tnpu_chip_reset(h->chip);
	after_reset(h);
}

/* A wait of three periods of the default image, by the chip's own clock. */
static void test_provoke_heartbeat(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const struct tnpu_cmd_fence_wait wait = fence_wait(va, 1, 300000);
	uint64_t payload[6] = { 0 };
	uint32_t beat;

	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_STALL_HEARTBEAT, 2), -EINVAL);
	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_STALL_HEARTBEAT, 1), 0);
	harness_msg(h, TNPU_MSG_NOP, payload, sizeof(payload));
	beat = harness_reg(h, TNPU_REG_HEARTBEAT);
	assert_int_equal(harness_run(h, &wait, sizeof(wait), NULL), TNPU_STATUS_ERROR);
	assert_int_equal(harness_reg(h, TNPU_REG_HEARTBEAT), beat);
	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_STALL_HEARTBEAT, 0), 0);
	harness_while(h, TNPU_REG_HEARTBEAT, beat);
}

static void test_provoke_irq(void **state)
{
	struct harness *h = *state;
	const unsigned int vector = TNPU_VECTOR_QUEUE(0, 5);
	uint64_t payload[6] = { 0 };

	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_DROP_IRQ, 2), 0);
	wait_status(h, 0, submit_null(h, 0));
	wait_status(h, 0, submit_null(h, 0));
	harness_msg(h, TNPU_MSG_NOP, payload, sizeof(payload));
	assert_int_equal(h->raised[vector], 0);
	wait_status(h, 0, submit_null(h, 0));
	harness_msg(h, TNPU_MSG_NOP, payload, sizeof(payload));
	assert_int_equal(h->raised[vector], 1);
}

static void test_provoke_dma(void **state)
{
	struct harness *h = *state;
	struct tnpu_completion c;

	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_DMA_ERROR, 1), 0);
	harness_wait(h, 0, submit_null(h, 0), &c);
	assert_int_equal(c.status, TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_DMA);
	assert_int_equal(tnpu_chip_provoke(h->chip, (enum tnpu_provoke)99, 1), -EINVAL);
}

static void provoke(struct harness *h, enum tnpu_provoke what, uint64_t value)
{
	assert_int_equal(tnpu_chip_provoke(h->chip, what, value), 0);
}

static uint64_t submit_fill(struct harness *h, uint64_t dst, uint64_t size)
{
	const struct tnpu_cmd_fill cmd = fill(dst, size, 0x5a5a5a5a);

	harness_write(h, h->stream_va, &cmd, sizeof(cmd));
	return harness_submit_stream(h, 0, h->stream_va, sizeof(cmd));
}

/* A fill of BIG has more tiles than anybody waits seconds. */
static void test_provoke_slow(void **state)
{
	struct harness *h = *state;
	const uint64_t dst = harness_alloc(h, BIG, HARNESS_LOCAL);
	struct tnpu_completion c;
	uint64_t seq;

	make_queue(h, 1, TNPU_PRIORITY_LOW);
	assert_int_equal(tnpu_chip_provoke(h->chip, TNPU_PROVOKE_SLOW_US,
					   TNPU_PROVOKE_SLOW_US_MAX + 1), -EINVAL);
	provoke(h, TNPU_PROVOKE_SLOW_US, 20000);
	harness_wait(h, 0, submit_fill(h, dst, PAGE), &c);
	assert_int_equal(c.status, TNPU_STATUS_OK);
	assert_true(c.end - c.start >= 20000000);
	/* Nobody else waits for it, and it can be let go or cancelled at any time. */
	provoke(h, TNPU_PROVOKE_SLOW_US, TNPU_PROVOKE_SLOW_US_MAX);
	seq = submit_fill(h, dst, BIG);
	assert_int_equal(wait_status(h, 1, submit_null(h, 1)), TNPU_STATUS_OK);
	assert_false(harness_done(h, 0, seq, NULL));
	provoke(h, TNPU_PROVOKE_SLOW_US, 0);
	assert_int_equal(wait_status(h, 0, seq), TNPU_STATUS_OK);
	assert_int_equal(cell(h, dst + BIG - 4), 0x5a5a5a5a);
	provoke(h, TNPU_PROVOKE_SLOW_US, TNPU_PROVOKE_SLOW_US_MAX);
	seq = submit_fill(h, dst, BIG);
	assert_int_equal(harness_queue_msg(h, TNPU_MSG_QUEUE_CANCEL, 0, 0), TNPU_MSG_OK);
	assert_int_equal(wait_status(h, 0, seq), TNPU_STATUS_CANCELLED);
}

static void test_provoke_ecc(void **state)
{
	struct harness *h = *state;
	const uint64_t src = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const uint64_t dst = harness_alloc(h, PAGE, HARNESS_LOCAL);
	const struct tnpu_cmd_fill one = fill(dst, PAGE, 1);
	const struct tnpu_cmd_copy two = copy(src, dst, PAGE);
	struct tnpu_completion c;

	put64(h, src, 0x0123456789abcdefull);
	provoke(h, TNPU_PROVOKE_ECC_SINGLE, 1);
	assert_int_equal(harness_run(h, &two, sizeof(two), NULL), TNPU_STATUS_OK);
	assert_int_equal(cell64(h, dst), 0x0123456789abcdefull);
	assert_int_equal(tnpu_chip_counter(h->chip, TNPU_COUNTER_ECC_CORRECTED), 1);
	/* What is not read is not hit. */
	provoke(h, TNPU_PROVOKE_ECC_DOUBLE, 1);
	assert_int_equal(harness_run(h, &one, sizeof(one), NULL), TNPU_STATUS_OK);
	assert_int_equal(harness_run(h, &two, sizeof(two), &c), TNPU_STATUS_ERROR);
	assert_int_equal(c.reason, TNPU_ERR_ENGINE);
	assert_int_equal(c.fault_va, 0);
	assert_int_equal(tnpu_chip_counter(h->chip, TNPU_COUNTER_ECC_UNCORRECTED), 1);
	assert_int_equal(harness_run(h, &two, sizeof(two), NULL), TNPU_STATUS_OK);
	assert_int_equal(tnpu_chip_counter(h->chip, TNPU_COUNTER_ECC_CORRECTED), 1);
}

/* The seq of the response to a NOP; @sent: that of the request. */
static uint32_t nop_seq(struct harness *h, uint32_t *sent)
{
	const uint64_t payload[6] = { 0 };
	struct tnpu_msg msg;

	*sent = harness_post(h, TNPU_MSG_NOP, payload, sizeof(payload));
	harness_answer(h, &msg);
	assert_int_equal(msg.type, TNPU_MSG_NOP);
	return msg.seq;
}

static void test_provoke_reply(void **state)
{
	struct harness *h = *state;
	uint32_t sent, seq;

	provoke(h, TNPU_PROVOKE_CORRUPT_REPLY, 1);
	seq = nop_seq(h, &sent);
	assert_int_not_equal(seq, sent);
	seq = nop_seq(h, &sent);
	assert_int_equal(seq, sent);
}

static void test_provoke_image(void **state)
{
	struct harness *h = *state;

	provoke(h, TNPU_PROVOKE_CORRUPT_IMAGE, 1);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_DIGEST);
	assert_int_equal(harness_reg(h, TNPU_REG_BOOT_STATE), TNPU_BOOT_FAILED);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
}

/* They outlive a reset and go along with a chip that moves, as what they have done does. */
static void test_provoke_stays(void **state)
{
	struct harness *h = *state;
	const uint64_t va = harness_alloc(h, 2 * PAGE, HARNESS_LOCAL);
	const struct tnpu_cmd_copy cmd = copy(va, va + PAGE, PAGE);
	struct tnpu_completion c;
	uint32_t sent, seq;

	provoke(h, TNPU_PROVOKE_ECC_SINGLE, 2);
	provoke(h, TNPU_PROVOKE_ECC_DOUBLE, 1);
	provoke(h, TNPU_PROVOKE_SLOW_US, 20000);
	harness_run(h, &cmd, sizeof(cmd), NULL);
	harness_move(h);
	harness_run(h, &cmd, sizeof(cmd), &c);
	assert_int_equal(c.status, TNPU_STATUS_OK);
	assert_true(c.end - c.start >= 20000000);
	assert_int_equal(tnpu_chip_counter(h->chip, TNPU_COUNTER_ECC_CORRECTED), 2);
	assert_int_equal(tnpu_chip_counter(h->chip, TNPU_COUNTER_ECC_UNCORRECTED), 1);
	provoke(h, TNPU_PROVOKE_CORRUPT_IMAGE, 1);
	provoke(h, TNPU_PROVOKE_CORRUPT_REPLY, 1);
	tnpu_chip_reset(h->chip);
	harness_move(h);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_DIGEST);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
	seq = nop_seq(h, &sent);
	assert_int_not_equal(seq, sent);
}

/* A stream that says nothing about them, as an older chip's: nothing is to fail. */
static void test_provoke_none_saved(void **state)
{
	struct harness *h = *state;
	uint32_t sent, seq;
	uint8_t *data;
	char why[128];
	size_t size;

	tnpu_chip_pause(h->chip);
	data = harness_save(h, &size);
	provoke(h, TNPU_PROVOKE_CORRUPT_REPLY, 1);
	assert_int_equal(harness_load(h, data, size, why), 0);
	free(data);
	tnpu_chip_resume(h->chip);
	seq = nop_seq(h, &sent);
	assert_int_equal(seq, sent);
}

#define TEST(f)		cmocka_unit_test_setup_teardown(f, setup, harness_teardown)
#define TEST_ROM(f)	cmocka_unit_test_setup_teardown(f, setup_rom, harness_teardown)

static const struct CMUnitTest tests[] = {
	TEST_ROM(test_identification),
	TEST_ROM(test_registers_hostile),
	TEST_ROM(test_timestamp),
	TEST_ROM(test_config),
	TEST_ROM(test_boot_good),
	TEST_ROM(test_boot_refused),
	TEST_ROM(test_boot_missing_table),
	TEST_ROM(test_boot_name),
	TEST_ROM(test_boot_registers),
	TEST_ROM(test_boot_tables),
	TEST_ROM(test_boot_macs),
	TEST(test_mbox_wrap),
	TEST(test_mbox_full),
	TEST(test_mbox_unknown),
	TEST(test_mbox_hostile),
	TEST(test_mbox_queue_create),
	TEST(test_mbox_queue_messages),
	TEST(test_mbox_contexts),
	TEST(test_mbox_query),
	TEST(test_mbox_log),
	TEST(test_job_null),
	TEST(test_ring_full),
	TEST(test_ring_bad_tail),
	TEST(test_ring_entries),
	TEST(test_ring_dma),
	TEST(test_job_predicate),
	TEST(test_job_stream_errors),
	TEST(test_job_error_isolated),
	TEST(test_memory_kinds),
	TEST(test_memory_faults),
	TEST(test_memory_bad_entries),
	TEST(test_memory_dma),
	TEST(test_memory_limit),
	TEST(test_fence_wait),
	TEST(test_fence_wait_errors),
	TEST(test_timestamp_command),
	TEST(test_preempt_priority),
	TEST(test_round_robin),
	TEST(test_preempt_result),
	TEST(test_suspend),
	TEST(test_invalidate_under_load),
	TEST(test_invalidate_moves),
	TEST(test_invalidate_unmaps),
	TEST(test_cancel),
	TEST(test_destroy_running),
	TEST(test_engine_reset),
	TEST(test_reset_under_load),
	TEST(test_reset_keeps_memory),
	TEST(test_pause),
	TEST(test_settle),
	TEST(test_provoke_hang),
	TEST(test_provoke_crash),
	TEST(test_provoke_heartbeat),
	TEST(test_provoke_irq),
	TEST(test_provoke_dma),
	TEST(test_provoke_slow),
	TEST(test_provoke_ecc),
	TEST(test_provoke_reply),
	TEST_ROM(test_provoke_image),
	TEST(test_provoke_stays),
	TEST(test_provoke_none_saved),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
