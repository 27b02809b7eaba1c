// SPDX-License-Identifier: MIT
/*
 * BAR0: accesses of any kind, between and during boots, resets and crashes. An input is a
 * chip's variant and a list of actions, a byte and operands each.
 */
#include "../../firmware-sim/fwimage.h"
#include "fuzz_chip.h"

#define ACTIONS_MAX	192
#define CALM_US		30u

enum action {
	ACTION_WRITE, ACTION_WRITE_ADDRESS, ACTION_READ, ACTION_WRITE_ANY, ACTION_READ_ANY,
	ACTION_CTRL, ACTION_LOADED, ACTION_PROVOKE, ACTION_BOOT, ACTION_MESSAGE,
	ACTION_DOORBELL, ACTION_SETTLE, ACTION_RESET, ACTIONS
};

static const uint16_t registers[] = {
	TNPU_REG_CTRL, TNPU_REG_FW_ADDR_LO, TNPU_REG_FW_ADDR_HI, TNPU_REG_FW_SIZE,
	TNPU_REG_SCRATCH, TNPU_REG_MBOX_REQ_LO, TNPU_REG_MBOX_REQ_HI, TNPU_REG_MBOX_RSP_LO,
	TNPU_REG_MBOX_RSP_HI, TNPU_REG_MBOX_ORDER, TNPU_REG_MBOX_REQ_TAIL,
	TNPU_REG_MBOX_REQ_HEAD, TNPU_REG_MBOX_RSP_TAIL, TNPU_REG_MBOX_RSP_HEAD,
	TNPU_REG_IRQ_STATUS, TNPU_REG_IRQ_ENABLE, TNPU_REG_BOOT_STATE, TNPU_REG_BOOT_REASON,
	TNPU_REG_TIMESTAMP_LO, TNPU_REG_TIMESTAMP_HI, TNPU_REG_HEARTBEAT,
	TNPU_REG_RESET_COUNT, TNPU_REG_MAGIC, TNPU_REG_FEATURES,
};

#define REGISTERS	(sizeof(registers) / sizeof(registers[0]))

static uint32_t some_register(struct fuzz_input *in)
{
	return registers[fuzz_u8(in) % REGISTERS];
}

/* Low halves of addresses at which something lies: image, rings, nothing. */
static uint32_t some_address(struct harness *h, uint8_t which)
{
	const uint32_t bases[] = {
		HARNESS_SYS_BASE + 0x1000, h->mbox_req, h->mbox_rsp,
		HARNESS_SYS_BASE + FUZZ_CHIP_SYS - 64,
	};

	return bases[which % 4] + (which >> 2);
}

static void put_image(struct harness *h, uint64_t addr)
{
	struct tnpu_fwimage fw;

	tnpu_fwimage_default(&fw);
	tnpu_fwimage_build(&fw, harness_sys(h, addr));
}

/* What a driver does; the state it finds may be any. */
static void boot(struct harness *h)
{
	put_image(h, HARNESS_SYS_BASE + 0x1000);
	h->mbox_order = 4;
	h->mbox_req = HARNESS_SYS_BASE + 0x2000;
	h->mbox_rsp = HARNESS_SYS_BASE + 0x3000;
	h->mbox_head = 0;
	h->mbox_tail = 0;
	harness_set64(h, TNPU_REG_MBOX_REQ_LO, h->mbox_req);
	harness_set64(h, TNPU_REG_MBOX_RSP_LO, h->mbox_rsp);
	harness_set(h, TNPU_REG_MBOX_ORDER, h->mbox_order);
	harness_set64(h, TNPU_REG_FW_ADDR_LO, HARNESS_SYS_BASE + 0x1000);
	harness_set(h, TNPU_REG_FW_SIZE, TNPU_FWIMAGE_SIZE);
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
}

/* A request without waiting: the answer may never come. */
static void message(struct harness *h, uint8_t type)
{
	const uint64_t payload[6] = { 1, HARNESS_SYS_BASE + 0x4000, 0x1000 };

	harness_post(h, type, payload, sizeof(payload));
}

static void provoke(struct harness *h, uint8_t how)
{
	if (how % 8 < 5)
		tnpu_chip_provoke(h->chip, how % 8, how >> 3);
	else
		tnpu_chip_provoke(h->chip, TNPU_PROVOKE_FW_CRASH, 1);
}

/* Registers that no write may change, whatever the state. */
static void check(struct harness *h)
{
	const uint32_t state = harness_reg(h, TNPU_REG_BOOT_STATE);

	fuzz_require(state <= TNPU_BOOT_CRASHED);
	fuzz_require(harness_reg(h, TNPU_REG_MAGIC) == TNPU_MAGIC);
	fuzz_require(harness_reg(h, TNPU_REG_NUM_QUEUES) == FUZZ_CHIP_QUEUES);
	fuzz_require(harness_reg64(h, TNPU_REG_MEM_SIZE_LO) == FUZZ_CHIP_MEM);
	fuzz_require(harness_reg(h, TNPU_REG_BOOT_REASON) <= TNPU_REASON_CRASH);
	fuzz_require(!(harness_reg(h, TNPU_REG_IRQ_STATUS) & ~TNPU_IRQ_ALL));
}

static void access(struct harness *h, struct fuzz_input *in, unsigned int what)
{
	uint32_t reg;

	switch (what) {
	case ACTION_WRITE:
		reg = some_register(in);
		return harness_set(h, reg, fuzz_u32(in));
	case ACTION_WRITE_ADDRESS:
		reg = some_register(in);
		return harness_set(h, reg, some_address(h, fuzz_u8(in)));
	case ACTION_READ:
		harness_reg(h, some_register(in));
		return;
	case ACTION_WRITE_ANY:
		reg = fuzz_u32(in);
		return tnpu_chip_mmio_write(h->chip, reg, fuzz_u32(in));
	case ACTION_READ_ANY:
		fuzz_require(tnpu_chip_mmio_read(h->chip, fuzz_u64(in) | 1) == 0);
		return;
	case ACTION_CTRL:
		return harness_set(h, TNPU_REG_CTRL, fuzz_u8(in) & 7);
	case ACTION_DOORBELL:
		reg = TNPU_REGS_SIZE + fuzz_u8(in) % 16 * TNPU_DB_STRIDE;
		return harness_set(h, reg, fuzz_u8(in));
	}
}

static void act(struct harness *h, struct fuzz_input *in)
{
	const unsigned int what = fuzz_u8(in) % ACTIONS;

	switch (what) {
	case ACTION_LOADED:
		fuzz_chip_loaded(h);
		return;
	case ACTION_PROVOKE:
		return provoke(h, fuzz_u8(in));
	case ACTION_BOOT:
		return boot(h);
	case ACTION_MESSAGE:
		return message(h, fuzz_u8(in));
	case ACTION_SETTLE:
		return fuzz_chip_settle(CALM_US);
	case ACTION_RESET:
		return tnpu_chip_reset(h->chip);
	default:
		return access(h, in, what);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct harness *h = fuzz_chip_get(fuzz_u8(&in));

	boot(h);
	if (fuzz_u8(&in) & 1)
		tnpu_chip_reset(h->chip);
	for (unsigned int i = 0; in.left && i < ACTIONS_MAX; i++) {
		act(h, &in);
		check(h);
	}
	return 0;
}

/* ---- Seeds -------------------------------------------------------------------------- */

size_t fuzz_seed(unsigned int index, uint8_t *buf)
{
	struct fuzz_output out = { buf, 0 };

	if (index >= 2 * REGISTERS)
		return 0;
	fuzz_put_u8(&out, index);
	fuzz_put_u8(&out, index / REGISTERS);
	for (unsigned int what = 0; what < ACTIONS; what++) {
		fuzz_put_u8(&out, what);
		fuzz_put_u8(&out, index % REGISTERS);
		if (what == ACTION_WRITE)
			fuzz_put_u32(&out, 1u << index % 32);
		if (what == ACTION_WRITE_ADDRESS)
			fuzz_put_u8(&out, index);
		if (what == ACTION_BOOT || what == ACTION_LOADED)
			fuzz_put_u8(&out, ACTION_LOADED);
	}
	return out.size;
}
