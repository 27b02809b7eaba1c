// SPDX-License-Identifier: MIT
/*
 * Queues: ring entries, tails and doorbells, on many queues at once, with the messages and
 * resets that may come between. An input is a chip's variant and a list of actions, a byte
 * and operands each.
 */
#include "fuzz_chip.h"

#define QUEUES		FUZZ_CHIP_QUEUES
#define RING_BYTES	0x4000u		/* each of ring and completion ring: order 8 fits */
#define RINGS_BYTES	(2u * FUZZ_CHIP_QUEUES * RING_BYTES)
#define RING_SLACK	0x10000u	/* the longest ring from any of them on */
#define ACTIONS_MAX	96
#define RESETS_MAX	2
#define WAIT_US		2000u
#define STREAMS		4

enum action {
	ACTION_CREATE, ACTION_CREATE_ANY, ACTION_MESSAGE, ACTION_JOB, ACTION_ENTRY,
	ACTION_DOORBELL, ACTION_TAIL, ACTION_ENGINE_RESET, ACTION_HANG, ACTION_DMA_ERROR,
	ACTION_INVALIDATE, ACTION_UNMAP, ACTION_WAIT, ACTION_RESET, ACTION_BURST,
	ACTION_PAUSE, ACTIONS
};

/**
 * struct state - the guest
 * @memory: DMA address of the rings
 * @data: a mapped VA; @pte its page-table entry, and those of the pages after it
 */
struct state {
	struct harness *h;
	uint64_t memory;
	uint64_t data;
	uint64_t *pte;
	uint64_t stream[STREAMS];
	uint32_t stream_bytes[STREAMS];
	unsigned int resets;
};

static void put_stream(struct state *s, unsigned int i, const void *commands, uint32_t size)
{
	s->stream[i] = harness_alloc(s->h, size, i & 1 ? HARNESS_SYSTEM : HARNESS_LOCAL);
	s->stream_bytes[i] = size;
	harness_write(s->h, s->stream[i], commands, size);
}

/* A short job, one that fails, one that waits in vain, and one of many commands. */
static void put_streams(struct state *s)
{
	struct tnpu_cmd_fill fill[32];
	struct tnpu_cmd_fence_wait wait = {
		{ .opcode = TNPU_OP_FENCE_WAIT, .size = sizeof(wait) },
		.va = s->data + 8, .value = 1ull << 40, .timeout_us = 1500,
	};

	for (unsigned int i = 0; i < 32; i++)
		fill[i] = (struct tnpu_cmd_fill){
			.hdr = { .opcode = TNPU_OP_FILL, .size = sizeof(fill[i]) },
			.dst = s->data + 0x1000, .size = 0x3000,
		};
	put_stream(s, 0, fill, sizeof(fill[0]));
	put_stream(s, 3, fill, sizeof(fill));
	fill[0].dst = 0x1000;
	put_stream(s, 1, fill, 2 * sizeof(fill[0]));
	put_stream(s, 2, &wait, sizeof(wait));
}

/* Guest software starts anew. */
static void start(struct state *s)
{
	memset(s->h->queue, 0, sizeof(s->h->queue));
	memset(s->h->sys, 0, s->h->sys_size);
	s->h->sys_used = 0;
	s->h->mem_used = 0;
	s->h->va_next = 0x100000000ull;
	fuzz_chip_boot(s->h);
	harness_context(s->h, 2);
	s->data = harness_alloc(s->h, 0x8000, HARNESS_LOCAL);
	put_streams(s);
	s->pte = harness_pte(s->h, 1, s->data, 0);
	s->memory = harness_sys_alloc(s->h, RINGS_BYTES + RING_SLACK);
}

static void restart(struct state *s)
{
	if (s->resets++ >= RESETS_MAX)
		return;
	tnpu_chip_provoke(s->h->chip, TNPU_PROVOKE_DMA_ERROR, 0);
	tnpu_chip_reset(s->h->chip);
	start(s);
}

static uint64_t ring_of(const struct state *s, unsigned int queue)
{
	return s->memory + 2ull * queue * RING_BYTES;
}

static void create(struct state *s, struct fuzz_input *in, unsigned int queue)
{
	const uint8_t how = fuzz_u8(in);
	const struct tnpu_msg_queue_create msg = {
		.queue = queue,
		.context = 1 + (how >> 7),
		.ring = ring_of(s, queue),
		.completion = ring_of(s, queue) + RING_BYTES,
		.order = TNPU_RING_ORDER_MIN + how % 7,
		.priority = how >> 4 & 3,
	};

	fuzz_chip_queue(s->h, &msg);
}

/* A driver keeps the device off its own memory: into the rings, or to where nothing is. */
static uint64_t ring_address(const struct state *s, uint64_t address)
{
	const uint64_t offset = address - HARNESS_SYS_BASE;

	if (offset < s->h->sys_size || -offset < RING_SLACK)
		return s->memory + offset % RINGS_BYTES;
	return address;
}

static void create_any(struct state *s, struct fuzz_input *in)
{
	struct tnpu_msg_queue_create msg;

	fuzz_take(in, &msg, sizeof(msg));
	msg.ring = ring_address(s, msg.ring);
	msg.completion = ring_address(s, msg.completion);
	fuzz_chip_msg(s->h, TNPU_MSG_QUEUE_CREATE, &msg, sizeof(msg));
}

static void message(struct state *s, struct fuzz_input *in, unsigned int queue)
{
	const uint8_t what = fuzz_u8(in);
	const uint16_t type = TNPU_MSG_QUEUE_DESTROY +
			      what % (TNPU_MSG_QUEUE_CANCEL - TNPU_MSG_QUEUE_DESTROY + 1);
	struct tnpu_msg_queue msg = {
		.queue = queue,
		.priority = type == TNPU_MSG_QUEUE_PRIORITY ? what >> 6 : 0,
	};

	fuzz_chip_msg(s->h, type, &msg, sizeof(msg));
}

static void job(struct state *s, unsigned int queue, uint8_t how)
{
	const unsigned int stream = how % STREAMS;
	const struct tnpu_ring_entry entry = {
		.cmd_va = s->stream[stream],
		.cmd_size = s->stream_bytes[stream],
		.flags = how & 4 ? TNPU_JOB_NULL : 0,
		.fence_va = how & 8 ? s->data : 0,
		.fence_value = how,
		.pred_va = how & 16 ? s->data + 0x1000 : 0,
	};

	/* What was never created has no ring: its entry would lie outside of memory. */
	if (s->h->queue[queue].ring)
		harness_submit(s->h, queue, &entry);
}

static void raw_entry(struct state *s, struct fuzz_input *in, unsigned int queue)
{
	struct tnpu_ring_entry *ring = harness_sys(s->h, ring_of(s, queue));

	fuzz_take(in, &ring[fuzz_u8(in) % 64], sizeof(*ring));
}

static void doorbell(struct state *s, unsigned int queue, uint32_t tail)
{
	harness_set(s->h, TNPU_REGS_SIZE + queue * TNPU_DB_STRIDE + TNPU_DB_TAIL, tail);
}

static void invalidate(struct state *s, unsigned int context)
{
	struct tnpu_msg_invalidate msg = { .context = context };

	fuzz_chip_msg(s->h, TNPU_MSG_INVALIDATE, &msg, sizeof(msg));
}

static void unmap(struct state *s, uint8_t how)
{
	uint64_t *pte = &s->pte[how % 8];

	__atomic_store_n(pte, *pte ^ TNPU_PTE_VALID, __ATOMIC_RELEASE);
}

static void finish_newest(struct state *s, unsigned int queue)
{
	const struct harness_queue *q = &s->h->queue[queue];
	struct tnpu_completion c;

	if (!q->seq || !fuzz_chip_wait(s->h, queue, q->seq, WAIT_US, &c))
		return;
	fuzz_require(c.status <= TNPU_STATUS_RESET && c.reason <= TNPU_ERR_WAIT);
}

/* Those that talk to queues. */
static void act_queue(struct state *s, struct fuzz_input *in, unsigned int what,
		      unsigned int queue)
{
	uint8_t how;

	switch (what) {
	case ACTION_CREATE:
		return create(s, in, queue);
	case ACTION_CREATE_ANY:
		return create_any(s, in);
	case ACTION_MESSAGE:
		return message(s, in, queue);
	case ACTION_JOB:
		return job(s, queue, fuzz_u8(in));
	case ACTION_ENTRY:
		return raw_entry(s, in, queue);
	case ACTION_DOORBELL:
		return doorbell(s, queue, fuzz_u32(in));
	case ACTION_TAIL:
		return doorbell(s, queue, fuzz_u8(in));
	case ACTION_WAIT:
		return finish_newest(s, queue);
	case ACTION_BURST:
		how = fuzz_u8(in);
		for (unsigned int i = 0; i < how % 32u; i++)
			job(s, (queue + i) % QUEUES, how & ~3u);
		return;
	}
}

static void act(struct state *s, struct fuzz_input *in)
{
	const uint8_t byte = fuzz_u8(in);
	const unsigned int what = byte % ACTIONS;
	const unsigned int queue = byte / ACTIONS % QUEUES;

	switch (what) {
	case ACTION_ENGINE_RESET:
		return harness_set(s->h, TNPU_REG_CTRL, TNPU_CTRL_ENGINE_RESET);
	case ACTION_HANG:
		tnpu_chip_provoke(s->h->chip, TNPU_PROVOKE_HANG_QUEUE, queue);
		return;
	case ACTION_DMA_ERROR:
		tnpu_chip_provoke(s->h->chip, TNPU_PROVOKE_DMA_ERROR, fuzz_u8(in) % 4);
		return;
	case ACTION_INVALIDATE:
		return invalidate(s, 1 + queue % 2);
	case ACTION_UNMAP:
		return unmap(s, fuzz_u8(in));
	case ACTION_RESET:
		return restart(s);
	case ACTION_PAUSE:
		tnpu_chip_pause(s->h->chip);
		tnpu_chip_resume(s->h->chip);
		return;
	default:
		return act_queue(s, in, what, queue);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct state s = { .h = fuzz_chip_get(fuzz_u8(&in)) };

	start(&s);
	for (unsigned int i = 0; in.left && i < ACTIONS_MAX; i++) {
		act(&s, &in);
		if (harness_reg(s.h, TNPU_REG_BOOT_STATE) == TNPU_BOOT_CRASHED)
			restart(&s);
	}
	return 0;
}

/* ---- Seeds -------------------------------------------------------------------------- */

static void put_action(struct fuzz_output *out, enum action what, unsigned int queue)
{
	fuzz_put_u8(out, what + queue * ACTIONS);
}

static void put_one(struct fuzz_output *out, enum action what, unsigned int queue, uint8_t how)
{
	put_action(out, what, queue);
	fuzz_put_u8(out, how);
}

/* Two queues at work, then the action that gives the seed its name, then more work. */
size_t fuzz_seed(unsigned int index, uint8_t *buf)
{
	struct fuzz_output out = { buf, 0 };

	if (index >= 4 * ACTIONS)
		return 0;
	fuzz_put_u8(&out, index);
	put_one(&out, ACTION_CREATE, 0, 0x10);
	put_one(&out, ACTION_CREATE, 1, 0x21);
	for (unsigned int i = 0; i < 6; i++)
		put_one(&out, ACTION_JOB, i % 2, (i < 3 ? 0x0b : 0x08) + 4 * index);
	put_action(&out, index % ACTIONS, index / ACTIONS);
	fuzz_put_u32(&out, index / ACTIONS);
	put_one(&out, ACTION_BURST, 0, 0x0b);
	put_action(&out, ACTION_WAIT, 0);
	put_action(&out, ACTION_WAIT, 1);
	return out.size;
}
