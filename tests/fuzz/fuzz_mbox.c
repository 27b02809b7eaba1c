// SPDX-License-Identifier: MIT
/*
 * The mailbox: messages, indices and rings of any kind. An input is a chip's variant, the
 * order of the rings, and a list of actions, a byte and operands each.
 */
#include "fuzz_chip.h"

#define ACTIONS_MAX	128
#define RING_BYTES	0x4000u		/* order 8 */
#define WAIT_US		1000u
#define CALM_US		50u

enum action {
	ACTION_SEND, ACTION_SEND_RAW, ACTION_STORE, ACTION_TAIL, ACTION_HEAD, ACTION_STEP,
	ACTION_DRAIN, ACTION_SETTLE, ACTION_REGISTER, ACTION_DOORBELL, ACTIONS
};

static uint32_t entries(const struct harness *h)
{
	return 1u << h->mbox_order;
}

static struct tnpu_msg *request_slot(struct harness *h, uint32_t index)
{
	return (struct tnpu_msg *)harness_sys(h, h->mbox_req) + index % entries(h);
}

static bool ready(struct harness *h)
{
	return harness_reg(h, TNPU_REG_BOOT_STATE) == TNPU_BOOT_READY;
}

/* Boots twice: the second time with rings of that order; the image is there still. */
static void start(struct harness *h, uint8_t order)
{
	uint64_t image;
	uint32_t size;

	fuzz_chip_boot(h);
	image = harness_reg64(h, TNPU_REG_FW_ADDR_LO);
	size = harness_reg(h, TNPU_REG_FW_SIZE);
	tnpu_chip_reset(h->chip);
	h->mbox_order = 1 + order % 8;
	h->mbox_req = harness_sys_alloc(h, RING_BYTES);
	h->mbox_rsp = harness_sys_alloc(h, RING_BYTES);
	h->mbox_head = 0;
	h->mbox_tail = 0;
	harness_set64(h, TNPU_REG_MBOX_REQ_LO, h->mbox_req);
	harness_set64(h, TNPU_REG_MBOX_RSP_LO, h->mbox_rsp);
	harness_set(h, TNPU_REG_MBOX_ORDER, h->mbox_order);
	harness_set64(h, TNPU_REG_FW_ADDR_LO, image);
	harness_set(h, TNPU_REG_FW_SIZE, size);
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	fuzz_require(fuzz_chip_loaded(h) == TNPU_BOOT_READY);
}

/* ---- Actions ------------------------------------------------------------------------ */

static bool answered(struct harness *h)
{
	return harness_reg(h, TNPU_REG_MBOX_RSP_TAIL) != h->mbox_head;
}

static bool pending(struct harness *h)
{
	return ready(h) && harness_reg(h, TNPU_REG_MBOX_REQ_HEAD) !=
	       harness_reg(h, TNPU_REG_MBOX_REQ_TAIL);
}

/* Takes one response, where rings and indices are sound still. */
static void drain(struct harness *h, const struct tnpu_msg *request)
{
	const struct tnpu_msg *rsp = harness_sys(h, h->mbox_rsp);

	for (unsigned int i = 0; !answered(h) && pending(h) && i < WAIT_US / CALM_US; i++)
		fuzz_chip_settle(CALM_US);
	if (!answered(h))
		return;
	rsp += h->mbox_head % entries(h);
	fuzz_require(!rsp->reserved && rsp->status <= TNPU_MSG_BUSY);
	if (request)
		fuzz_require(rsp->seq == request->seq && rsp->type == request->type &&
			     rsp->version == request->version);
	h->mbox_head = (h->mbox_head + 1) % (2 * entries(h));
	harness_set(h, TNPU_REG_MBOX_RSP_HEAD, h->mbox_head);
}

/*
 * Whether the guest kept the rules up to now and all its requests are answered: only then
 * the next response is that of the next request.
 */
static bool in_step(struct harness *h)
{
	return ready(h) && h->mbox_head == h->mbox_tail &&
	       harness_reg(h, TNPU_REG_MBOX_REQ_HEAD) == h->mbox_tail &&
	       harness_reg(h, TNPU_REG_MBOX_REQ_TAIL) == h->mbox_tail &&
	       harness_reg(h, TNPU_REG_MBOX_RSP_HEAD) == h->mbox_head && !answered(h);
}

/* Where the device writes must not be the mailbox: the guest would deceive itself. */
static void keep_off(struct harness *h, struct tnpu_msg *msg)
{
	struct tnpu_msg_queue_create *create = (struct tnpu_msg_queue_create *)msg->payload;
	/* Where text or spans go is the first word of either. */
	__u64 *addr = &((struct tnpu_msg_log *)msg->payload)->addr;

	if (msg->type == TNPU_MSG_QUEUE_CREATE)
		create->completion |= 1ull << 40;
	if ((msg->type == TNPU_MSG_LOG || msg->type == TNPU_MSG_TRACE) &&
	    *addr - HARNESS_SYS_BASE < h->sys_size)
		*addr = HARNESS_SYS_BASE + h->sys_size - *addr % 0x4000;
}

static void send(struct harness *h, struct tnpu_msg *msg)
{
	const bool expect = in_step(h);

	keep_off(h, msg);
	*request_slot(h, h->mbox_tail) = *msg;
	h->mbox_tail = (h->mbox_tail + 1) % (2 * entries(h));
	harness_set(h, TNPU_REG_MBOX_REQ_TAIL, h->mbox_tail);
	if (expect)
		drain(h, msg);
}

static void send_good(struct harness *h, struct fuzz_input *in)
{
	struct tnpu_msg msg = {
		.type = fuzz_u8(in) % (TNPU_MSG_COUNT + 1),
		.version = TNPU_MSG_VERSION,
		.seq = ++h->mbox_seq,
	};

	fuzz_take(in, msg.payload, sizeof(msg.payload));
	send(h, &msg);
}

static void send_raw(struct harness *h, struct fuzz_input *in)
{
	struct tnpu_msg msg;

	fuzz_take(in, &msg, sizeof(msg));
	send(h, &msg);
}

static void store(struct harness *h, struct fuzz_input *in)
{
	struct tnpu_msg *slot = request_slot(h, fuzz_u8(in));

	fuzz_take(in, slot, sizeof(*slot));
	keep_off(h, slot);
}

/* Indices that move like a driver's, but without its bookkeeping. */
static void step(struct harness *h, uint8_t how)
{
	const uint32_t reg = how & 1 ? TNPU_REG_MBOX_RSP_HEAD : TNPU_REG_MBOX_REQ_TAIL;

	harness_set(h, reg, (harness_reg(h, reg) + (how >> 1)) % (2 * entries(h)));
}

static void any_register(struct harness *h, struct fuzz_input *in)
{
	const uint32_t reg = TNPU_REG_MBOX_REQ_LO + fuzz_u8(in) % 9 * 4;

	harness_set(h, reg, fuzz_u32(in));
}

static void act(struct harness *h, struct fuzz_input *in)
{
	const uint8_t byte = fuzz_u8(in);

	switch (byte % ACTIONS) {
	case ACTION_SEND:
		return send_good(h, in);
	case ACTION_SEND_RAW:
		return send_raw(h, in);
	case ACTION_STORE:
		return store(h, in);
	case ACTION_TAIL:
		return harness_set(h, TNPU_REG_MBOX_REQ_TAIL, fuzz_u32(in));
	case ACTION_HEAD:
		return harness_set(h, TNPU_REG_MBOX_RSP_HEAD, fuzz_u32(in));
	case ACTION_STEP:
		return step(h, fuzz_u8(in));
	case ACTION_DRAIN:
		return drain(h, NULL);
	case ACTION_SETTLE:
		return fuzz_chip_settle(CALM_US);
	case ACTION_REGISTER:
		return any_register(h, in);
	case ACTION_DOORBELL:
		return harness_set(h, TNPU_REGS_SIZE + fuzz_u8(in) % 9 * TNPU_DB_STRIDE,
				   fuzz_u8(in));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct harness *h = fuzz_chip_get(fuzz_u8(&in));

	start(h, fuzz_u8(&in));
	for (unsigned int i = 0; in.left && ready(h) && i < ACTIONS_MAX; i++)
		act(h, &in);
	return 0;
}

/* ---- Seeds -------------------------------------------------------------------------- */

union payload {
	uint64_t raw[6];
	struct tnpu_msg_query query;
	struct tnpu_msg_context context;
	struct tnpu_msg_invalidate invalidate;
	struct tnpu_msg_queue_create create;
	struct tnpu_msg_queue queue;
	struct tnpu_msg_log log;
	struct tnpu_msg_trace trace;
};

static union payload good_payload(uint16_t type, unsigned int variant)
{
	union payload p = { .raw = { 0 } };

	switch (type) {
	case TNPU_MSG_QUERY:
		p.query.item = variant;
		break;
	case TNPU_MSG_CONTEXT_MAP:
		p.context.context = 1 + variant;
		p.context.root = variant == 3 ? 0 : HARNESS_SYS_BASE + 0x80000;
		break;
	case TNPU_MSG_INVALIDATE:
		p.invalidate.context = 1;
		p.invalidate.size = variant * 0x1000;
		break;
	case TNPU_MSG_QUEUE_CREATE:
		p.create.queue = variant;
		p.create.context = 1;
		p.create.ring = HARNESS_SYS_BASE + 0x90000;
		p.create.completion = HARNESS_SYS_BASE + 0xa0000;
		p.create.order = 4;
		break;
	case TNPU_MSG_LOG:
		p.log.addr = HARNESS_SYS_BASE + 0xb0000;
		p.log.size = 0x400 << 2 * variant;
		break;
	case TNPU_MSG_TRACE:
		p.trace.addr = HARNESS_SYS_BASE + 0xb0000;
		p.trace.count = variant;
		p.trace.flags = TNPU_TRACE_RECORD;
		break;
	default:
		p.queue.queue = variant / 2;
	}
	return p;
}

static void put_message(struct fuzz_output *out, uint16_t type, unsigned int variant)
{
	const union payload p = good_payload(type, variant);

	fuzz_put_u8(out, ACTION_SEND);
	fuzz_put_u8(out, type);
	fuzz_put(out, &p, sizeof(p));
}

size_t fuzz_seed(unsigned int index, uint8_t *buf)
{
	struct fuzz_output out = { buf, 0 };

	if (index >= 4 * (TNPU_MSG_COUNT + 1))
		return 0;
	fuzz_put_u8(&out, index);
	fuzz_put_u8(&out, index / 4);
	put_message(&out, TNPU_MSG_CONTEXT_MAP, 0);
	put_message(&out, TNPU_MSG_QUEUE_CREATE, 0);
	put_message(&out, index / 4, index % 4);
	fuzz_put_u8(&out, ACTION_STEP);
	fuzz_put_u8(&out, 2 + index % 4);
	fuzz_put_u8(&out, ACTION_DRAIN);
	for (unsigned int i = 0; i < 4; i++)
		put_message(&out, (index + i) % TNPU_MSG_COUNT, i);
	return out.size;
}
