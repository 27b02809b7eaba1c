// SPDX-License-Identifier: MIT
/*
 * One command stream on a chip whose context holds memory of every kind. See fuzz_stream.h
 * for the input.
 */
#include "fuzz_chip.h"
#include "fuzz_stream.h"

#define RUN_US		100000u		/* then the job is ended by a reset */
#define FENCE_OFFSET	0x3f8u
#define PREDICATE	0x40u

/* ---- Memory ------------------------------------------------------------------------- */

static uint32_t mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

static uint32_t data_word(unsigned int fill, uint32_t i)
{
	static const uint32_t odd[] = {
		0x7f800000, 0xff800000, 0x7fc00000, 0x00000001, 0x80000000, 0x7f7fffff,
		0xff800001, 0x477fe000,
	};
	const uint32_t bits = mix(i);
	const float value = (float)(bits >> 8) * 0x1p-23f - 1.0f;
	uint32_t word = bits;

	if (fill % STREAM_FILLS == STREAM_FILL_ODD && bits % 4 == 0)
		return odd[bits / 4 % 8];
	if (fill % STREAM_FILLS != STREAM_FILL_BYTES)
		memcpy(&word, &value, sizeof(word));
	return word;
}

static void put_params(uint8_t *room)
{
	struct tnpu_sample_params params;

	for (uint32_t i = 0; i < (STREAM_DATA - STREAM_PARAMS) / sizeof(params); i++) {
		params = (struct tnpu_sample_params){
			.temperature = i % 2 ? 0x3f4ccccd : 0,
			.top_p = i % 4 == 3 ? 0x3f666666 : 0x3f800000,
			.top_k = i % 3 ? 0 : 5,
			.seed = i,
		};
		memcpy(room + STREAM_PARAMS + i * sizeof(params), &params, sizeof(params));
	}
}

/* The contents of a room; data words are the same in every run, so they are made once. */
static const uint8_t *room_contents(unsigned int fill)
{
	static uint32_t rooms[STREAM_FILLS][STREAM_ROOM_BYTES / 4];
	uint32_t *room = rooms[fill % STREAM_FILLS];

	if (room[STREAM_ONES / 4])
		return (const uint8_t *)room;
	for (uint32_t i = 0; i < 256; i++) {
		room[STREAM_PAIRS / 4 + i] = i % 2;
		room[STREAM_COUNT / 4 + i] = i;
		room[STREAM_ONES / 4 + i] = ~0u;
	}
	for (uint32_t i = STREAM_DATA / 4; i < STREAM_ROOM_BYTES / 4; i++)
		room[i] = data_word(fill, i);
	put_params((uint8_t *)room);
	return (const uint8_t *)room;
}

static void alias_room(struct harness *h, enum stream_room room, uint64_t flags)
{
	const uint64_t offset = *harness_pte(h, 1, STREAM_VA(STREAM_LOCAL, 0), 0) & TNPU_PTE_ADDR;

	harness_map(h, 1, STREAM_VA(room, 0), offset, STREAM_ROOM_BYTES, flags | TNPU_PTE_LOCAL);
}

static void make_rooms(struct harness *h, const uint8_t *contents)
{
	static const enum harness_place places[] = {
		HARNESS_LOCAL, HARNESS_SCATTER, HARNESS_SYSTEM,
	};

	for (unsigned int i = 0; i < 3; i++) {
		h->va_next = STREAM_VA(i, 0);
		harness_alloc(h, STREAM_ROOM_BYTES, places[i]);
		harness_write(h, STREAM_VA(i, 0), contents, STREAM_ROOM_BYTES);
	}
	alias_room(h, STREAM_READ_ONLY, TNPU_PTE_READ);
	alias_room(h, STREAM_WRITE_ONLY, TNPU_PTE_WRITE);
	h->va_next = STREAM_VA(STREAM_ROOMS, 0);
}

static void poke(struct harness *h, struct fuzz_input *in, unsigned int count)
{
	while (count--) {
		const uint32_t offset = fuzz_u32(in) % (STREAM_ROOM_BYTES / 4) * 4;
		const uint32_t value = fuzz_u32(in);

		for (unsigned int i = 0; i < 3; i++)
			harness_write(h, STREAM_VA(i, offset), &value, sizeof(value));
	}
}

/* ---- A run -------------------------------------------------------------------------- */

static struct tnpu_ring_entry load_stream(struct harness *h, struct fuzz_input *in,
					  unsigned int flags)
{
	const uint32_t size = (in->left < STREAM_BYTES_MAX ? in->left : STREAM_BYTES_MAX) & ~7u;
	struct tnpu_ring_entry entry = { .cmd_size = size };

	entry.cmd_va = harness_alloc(h, STREAM_BYTES_MAX,
				     flags & STREAM_SYSTEM ? HARNESS_SYSTEM : HARNESS_LOCAL);
	harness_write(h, entry.cmd_va, in->data, size);
	if (!size)
		entry.flags = TNPU_JOB_NULL;
	if (flags & STREAM_FENCE) {
		entry.fence_va = STREAM_VA(STREAM_LOCAL, FENCE_OFFSET);
		entry.fence_value = 0x123456789abcdefull;
	}
	if (flags & STREAM_PREDICATE)
		entry.pred_va = STREAM_VA(STREAM_HOST, PREDICATE);
	return entry;
}

static void disturb(struct harness *h, unsigned int flags)
{
	struct tnpu_msg_invalidate all = { .context = 1 };
	struct tnpu_msg_queue queue = { .queue = 0 };

	if (flags & STREAM_PAUSE) {
		tnpu_chip_pause(h->chip);
		tnpu_chip_resume(h->chip);
	}
	if (flags & STREAM_INVALIDATE)
		fuzz_require(!fuzz_chip_msg(h, TNPU_MSG_INVALIDATE, &all, sizeof(all)));
	if (flags & STREAM_CANCEL)
		fuzz_require(!fuzz_chip_msg(h, TNPU_MSG_QUEUE_CANCEL, &queue, sizeof(queue)));
}

static void check_completion(const struct tnpu_completion *c, uint32_t size)
{
	fuzz_require(c->status >= TNPU_STATUS_OK && c->status <= TNPU_STATUS_CANCELLED);
	fuzz_require((c->status == TNPU_STATUS_ERROR) == (c->reason != TNPU_ERR_NONE));
	fuzz_require(c->reason <= TNPU_ERR_WAIT);
	fuzz_require(c->cmd_index <= size / sizeof(struct tnpu_cmd_header));
	fuzz_require(c->reason == TNPU_ERR_FAULT || c->reason == TNPU_ERR_DMA ||
		     (!c->fault_va && !c->access));
}

/* How many streams came to their first command's end: whether the fuzzer does its work. */
static unsigned long runs, reached;

static __attribute__((destructor)) void report(void)
{
	if (getenv("FUZZ_REPORT"))
		fprintf(stderr, "report: %lu of %lu streams ran a command\n", reached, runs);
}

static void run_stream(struct harness *h, struct fuzz_input *in, unsigned int flags)
{
	const struct tnpu_msg_queue_create queue = {
		.context = 1,
		.ring = harness_sys_alloc(h, sizeof(struct tnpu_ring_entry) << 2),
		.completion = harness_sys_alloc(h, sizeof(struct tnpu_completion) << 2),
		.order = 2,
	};
	const struct tnpu_ring_entry entry = load_stream(h, in, flags);
	struct tnpu_completion c;
	uint64_t seq;

	fuzz_chip_guard(h, h->mem_used);
	fuzz_require(!fuzz_chip_queue(h, &queue));
	seq = harness_submit(h, 0, &entry);
	disturb(h, flags);
	if (!fuzz_chip_wait(h, 0, seq, RUN_US, &c))
		return;
	check_completion(&c, entry.cmd_size);
	runs++;
	reached += c.cmd_index > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct stream_head head;
	struct harness *h;

	fuzz_take(&in, &head, sizeof(head));
	h = fuzz_chip_get(head.chip);
	fuzz_chip_boot(h);
	make_rooms(h, room_contents(head.fill));
	poke(h, &in, head.pokes);
	run_stream(h, &in, head.flags);
	return 0;
}

/* ---- Seeds -------------------------------------------------------------------------- */

/* All good commands, one after the other, from @first on. */
static void put_all(struct fuzz_output *out, unsigned int first)
{
	uint64_t command[STREAM_COMMAND_MAX / 8];
	size_t size;

	while ((size = stream_command(first++, command)) > 0 && out->size + size < STREAM_BYTES_MAX)
		fuzz_put(out, command, size);
}

size_t fuzz_seed(unsigned int index, uint8_t *buf)
{
	struct stream_head head = {
		.chip = index,
		.flags = index % 16 == 15 ? STREAM_CANCEL : index / 4 % 64 & ~STREAM_CANCEL,
		.fill = index / 2,
	};
	struct fuzz_output out = { buf, 0 };
	uint64_t command[STREAM_COMMAND_MAX / 8];
	const size_t size = stream_command(index, command);

	fuzz_put(&out, &head, sizeof(head));
	if (size)
		fuzz_put(&out, command, size);
	else if (stream_command(index - 1, command))
		put_all(&out, 0);
	else
		return 0;
	return out.size;
}
