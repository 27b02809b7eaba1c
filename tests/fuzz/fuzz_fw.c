// SPDX-License-Identifier: MIT
/*
 * Firmware images. An input is a byte of flags and the image; the flags say what is put
 * right before it is booted, since no fuzzer guesses a digest.
 */
#include "../../firmware-sim/fwimage.h"
#include "fuzz_chip.h"

#define FIX_SIZES	(1u << 2)	/* image_size and payload_size follow from the input */
#define FIX_DIGEST	(1u << 3)
#define AT_END		(1u << 4)	/* of system memory */
#define CUT		(1u << 5)	/* half of it lies past the end of system memory */

static void fix(void *image, uint32_t size, unsigned int flags)
{
	struct tnpu_fw_header *header = image;

	if (size < sizeof(*header))
		return;
	if (flags & FIX_SIZES) {
		header->image_size = size;
		header->payload_size = size - header->payload_offset;
	}
	if (flags & FIX_DIGEST && header->payload_offset <= size &&
	    header->payload_size <= size - header->payload_offset)
		tnpu_fwimage_seal(image);
}

/* An image may lie anywhere, aligned or not; only here it is a struct. */
static void put_image(struct harness *h, uint64_t addr, const void *data, uint32_t size,
		      unsigned int flags)
{
	static uint64_t image[FUZZ_SEED_MAX / 8];

	memcpy(image, data, size);
	fix(image, size, flags);
	memcpy(harness_sys(h, addr), image, size);
}

static uint64_t place(const struct harness *h, uint32_t size, unsigned int flags)
{
	const uint64_t end = HARNESS_SYS_BASE + h->sys_size;

	if (flags & CUT)
		return end - size / 2;
	return flags & AT_END ? end - size : HARNESS_SYS_BASE + 0x8000;
}

static uint32_t boot(struct harness *h, uint64_t addr, uint32_t size)
{
	h->mbox_order = 2;
	h->mbox_req = HARNESS_SYS_BASE + 0x1000;
	h->mbox_rsp = HARNESS_SYS_BASE + 0x2000;
	h->mbox_head = 0;
	h->mbox_tail = 0;
	harness_set64(h, TNPU_REG_MBOX_REQ_LO, h->mbox_req);
	harness_set64(h, TNPU_REG_MBOX_RSP_LO, h->mbox_rsp);
	harness_set(h, TNPU_REG_MBOX_ORDER, h->mbox_order);
	harness_set64(h, TNPU_REG_FW_ADDR_LO, addr);
	harness_set(h, TNPU_REG_FW_SIZE, size);
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	return fuzz_chip_loaded(h);
}

/* An image that runs keeps to what hardware has, and answers. */
static void check_running(struct harness *h)
{
	struct tnpu_msg_query query = { .item = TNPU_QUERY_QUANTUM_US };

	fuzz_require(harness_reg64(h, TNPU_REG_OPS_LO) >> (TNPU_OP_EXIT + 1) == 0);
	fuzz_require(harness_reg64(h, TNPU_REG_MAX_CMD_BYTES_LO) - 1 < 1ull << 30);
	fuzz_require(harness_reg64(h, TNPU_REG_MAX_CMD_MACS_LO) - 1 < 1ull << 40);
	fuzz_require(harness_reg(h, TNPU_REG_PROTOCOL) >> 16 == TNPU_PROTOCOL_MAJOR);
	if (fuzz_chip_msg(h, TNPU_MSG_QUERY, &query, sizeof(query)) == TNPU_MSG_OK)
		fuzz_require(query.value >= 100 && query.value <= 100000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const uint8_t flags = fuzz_u8(&in);
	struct harness *h = fuzz_chip_get(flags);
	uint32_t length, state;
	uint64_t addr;

	length = in.left < FUZZ_SEED_MAX ? in.left : FUZZ_SEED_MAX;
	addr = place(h, length, flags);
	if (!(flags & CUT))
		put_image(h, addr, in.data, length, flags);
	state = boot(h, addr, length);
	fuzz_require(state == TNPU_BOOT_READY || state == TNPU_BOOT_FAILED);
	fuzz_require((state == TNPU_BOOT_READY) ==
		     (harness_reg(h, TNPU_REG_BOOT_REASON) == TNPU_REASON_NONE));
	if (state == TNPU_BOOT_READY)
		check_running(h);
	return 0;
}

/* ---- Seeds -------------------------------------------------------------------------- */

size_t fuzz_seed(unsigned int index, uint8_t *buf)
{
	struct tnpu_fw_header *header = (struct tnpu_fw_header *)(buf + 8);
	struct tnpu_fwimage fw;

	if (index >= 32)
		return 0;
	tnpu_fwimage_default(&fw);
	fw.ops >>= index;
	fw.sched.quantum_us = 100 + 10000 * (index % 12);
	fw.sched.heartbeat_ms = 1 + 100 * (index % 12);
	fw.limits.max_cmd_bytes = (1ull << index) - 1;
	fw.hw_max += index == 5;
	tnpu_fwimage_build(&fw, header);
	if (index == 6)
		header->signature_type = TNPU_FW_SIGN_ED25519;
	if (index == 7)
		header->reserved[3] = 1;
	memmove(buf + 1, header, TNPU_FWIMAGE_SIZE);
	buf[0] = index < 8 ? FIX_DIGEST : index % 4 | FIX_SIZES | FIX_DIGEST | (index & 0x10);
	return 1 + TNPU_FWIMAGE_SIZE;
}
