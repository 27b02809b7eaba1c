// SPDX-License-Identifier: MIT
/*
 * Page tables with any entries. An input is a chip's variant and a list of actions: store
 * an entry; touch words through the chip and compare with what a walk of our own says must
 * happen; copy across pages; take entries away under a running job.
 */
#include "fuzz_chip.h"

#define ACTIONS_MAX	64
#define TABLES		8
#define DATA_PAGES	8
#define PAGE		4096ull
#define WAIT_US		20000u
#define STREAM_VA	0x1000ull	/* in the root's entry 0, which inputs cannot change */
#define PATTERN		0x600dcafe

enum action {
	ACTION_ENTRY, ACTION_RAW_ENTRY, ACTION_PATH, ACTION_FILL, ACTION_CELL, ACTION_COPY,
	ACTION_RACE, ACTIONS
};

/** struct state - the guest: DMA addresses of TABLES tables, the root first, and of data */
struct state {
	struct harness *h;
	uint64_t tables;
	uint64_t data;
	struct tnpu_msg_queue_create queue;
};

/** struct walk - TNPU_ERR_NONE, the address of the VA and its page's flags; or a reason */
struct walk {
	uint32_t reason;
	uint64_t addr;
	uint64_t flags;
};

/* ---- The guest ------------------------------------------------------------------------ */

static void create_queue(struct state *s)
{
	memset(harness_sys(s->h, s->queue.completion), 0, PAGE);
	fuzz_require(!fuzz_chip_queue(s->h, &s->queue));
}

static void start(struct state *s)
{
	struct tnpu_msg_context context = { .context = 1 };

	fuzz_chip_boot(s->h);
	s->tables = harness_sys_alloc(s->h, TABLES * PAGE);
	s->data = harness_sys_alloc(s->h, DATA_PAGES * PAGE);
	s->h->root[1] = s->tables;
	context.root = s->tables;
	fuzz_require(!fuzz_chip_msg(s->h, TNPU_MSG_CONTEXT_MAP, &context, sizeof(context)));
	harness_map(s->h, 1, STREAM_VA, harness_sys_alloc(s->h, PAGE), PAGE, TNPU_PTE_READ);
	s->queue = (struct tnpu_msg_queue_create){
		.context = 1,
		.ring = harness_sys_alloc(s->h, PAGE),
		.completion = harness_sys_alloc(s->h, PAGE),
		.order = 2,
	};
	create_queue(s);
}

static void submit(struct state *s, const void *cmd, uint32_t size)
{
	struct tnpu_msg_invalidate all = { .context = 1 };

	harness_write(s->h, STREAM_VA, cmd, size);
	fuzz_require(!fuzz_chip_msg(s->h, TNPU_MSG_INVALIDATE, &all, sizeof(all)));
	harness_submit_stream(s->h, 0, STREAM_VA, size);
}

/* Waits for the job; a queue that it stopped is made anew. */
static void finish(struct state *s, struct tnpu_completion *c)
{
	struct tnpu_msg_queue msg = { .queue = 0 };

	fuzz_require(fuzz_chip_wait(s->h, 0, s->h->queue[0].seq, 500 * WAIT_US, c));
	if (c->status == TNPU_STATUS_OK)
		return;
	fuzz_require(c->status == TNPU_STATUS_ERROR && c->cmd_index == 0);
	fuzz_require(!fuzz_chip_msg(s->h, TNPU_MSG_QUEUE_DESTROY, &msg, sizeof(msg)));
	create_queue(s);
}

/* ---- A walk by the manual --------------------------------------------------------------- */

static bool in_system(const struct state *s, uint64_t addr)
{
	return addr >= HARNESS_SYS_BASE && addr < HARNESS_SYS_BASE + s->h->sys_size;
}

static bool leaf_is_sound(const struct state *s, uint64_t pte, uint64_t page)
{
	const uint64_t addr = pte & TNPU_PTE_ADDR;

	if (pte >> 52 || pte & 0xfe0 || !(pte & TNPU_PTE_LEAF) || addr % page)
		return false;
	return !(pte & TNPU_PTE_LOCAL) || addr + page <= s->h->mem_size;
}

static struct walk walk(const struct state *s, uint64_t va)
{
	uint64_t table = s->tables, pte, page;

	if (va >> 48)
		return (struct walk){ .reason = TNPU_ERR_FAULT };
	for (int level = 3;; level--) {
		page = PAGE << 9 * level;
		if (!in_system(s, table))
			return (struct walk){ .reason = TNPU_ERR_DMA };
		pte = ((uint64_t *)harness_sys(s->h, table))[va / page % 512];
		if (!(pte & TNPU_PTE_VALID))
			return (struct walk){ .reason = TNPU_ERR_FAULT };
		if (level == 0 || (level == 1 && pte & TNPU_PTE_LEAF))
			break;
		if (pte & ~(TNPU_PTE_VALID | TNPU_PTE_ADDR))
			return (struct walk){ .reason = TNPU_ERR_FAULT };
		table = pte & TNPU_PTE_ADDR;
	}
	if (!leaf_is_sound(s, pte, page))
		return (struct walk){ .reason = TNPU_ERR_FAULT };
	return (struct walk){ .addr = (pte & TNPU_PTE_ADDR) + va % page, .flags = pte };
}

/* Where the page lies in what the guest needs for itself, commands must not go. */
static bool off_limits(const struct state *s, uint64_t va)
{
	const struct walk w = walk(s, va);

	return !w.reason && !(w.flags & TNPU_PTE_LOCAL) && in_system(s, w.addr) &&
	       w.addr - s->data >= DATA_PAGES * PAGE;
}

static bool range_off_limits(const struct state *s, uint64_t va, uint64_t size)
{
	for (uint64_t page = va & -PAGE; page < va + size; page += PAGE)
		if (off_limits(s, page))
			return true;
	return false;
}

static uint32_t *word_at(const struct state *s, const struct walk *w)
{
	if (w->flags & TNPU_PTE_LOCAL)
		return (uint32_t *)(s->h->mem + w->addr);
	return harness_sys(s->h, w->addr);
}

/* What binding a word must end with, and what touching it then must end with. */
static uint32_t bound(const struct walk *w, uint64_t flag)
{
	if (w->reason)
		return w->reason;
	return w->flags & flag ? TNPU_ERR_NONE : TNPU_ERR_FAULT;
}

static uint32_t touched(const struct state *s, const struct walk *w)
{
	return w->flags & TNPU_PTE_LOCAL || in_system(s, w->addr) ? TNPU_ERR_NONE : TNPU_ERR_DMA;
}

/* ---- Actions --------------------------------------------------------------------------- */

static uint64_t slot(uint8_t which)
{
	static const uint16_t slots[] = { 1, 2, 3, 62, 63, 64, 510, 511 };

	return slots[which % 8];
}

/* One of 4096 places, whose tables' slots entries can be stored to; and beyond. */
static uint64_t some_va(struct fuzz_input *in)
{
	const uint32_t bits = fuzz_u32(in);
	uint64_t va = 0;

	for (unsigned int level = 0; level < 4; level++)
		va |= slot(bits >> 3 * level) * PAGE << 9 * level;
	va += (bits >> 12 & 0x3ff) * 4;
	return bits >> 29 == 7 ? va | 1ull << (48 + (bits >> 22) % 16) : va;
}

static uint64_t some_page(const struct state *s, uint8_t which)
{
	if (which < TABLES)
		return s->tables + which * PAGE;
	if (which < TABLES + DATA_PAGES)
		return s->data + (which - TABLES) * PAGE;
	if (which < 64)
		return (which - 16) * PAGE;
	if (which < 80)
		return (which - 64) * 512 * PAGE;
	return which % 2 ? s->h->mem_size - PAGE : HARNESS_SYS_BASE + s->h->sys_size;
}

static uint64_t some_entry(const struct state *s, struct fuzz_input *in)
{
	const uint64_t page = some_page(s, fuzz_u8(in));
	const uint8_t flags = fuzz_u8(in);
	const uint64_t odd = flags >> 5 == 7 ? 1ull << (5 + page / PAGE % 7) : 0;

	return page | (flags & 31) | odd;
}

static void store(struct state *s, uint8_t table, uint8_t which, uint64_t entry)
{
	uint64_t *entries = harness_sys(s->h, s->tables + table % TABLES * PAGE);

	__atomic_store_n(&entries[slot(which)], entry, __ATOMIC_RELEASE);
}

/* Tables for all levels of a VA, and an entry at the end. */
static void path(struct state *s, struct fuzz_input *in)
{
	const uint64_t va = some_va(in);
	uint64_t *entries;

	for (unsigned int i = 0; i < 4; i++) {
		entries = harness_sys(s->h, s->tables + i * PAGE);
		entries[va >> (39 - 9 * i) & 511] = i == 3 ? some_entry(s, in) :
			(s->tables + (i + 1) * PAGE) | TNPU_PTE_VALID;
	}
}

static void check_error(const struct tnpu_completion *c, uint32_t reason, uint64_t va,
			uint32_t access)
{
	fuzz_require(c->status == TNPU_STATUS_ERROR && c->reason == reason);
	fuzz_require(c->fault_va == va && c->access == access);
}

static void fill(struct state *s, uint64_t va)
{
	const struct tnpu_cmd_fill cmd = {
		.hdr = { .opcode = TNPU_OP_FILL, .size = sizeof(cmd) },
		.dst = va, .size = 4, .pattern = PATTERN,
	};
	const struct walk w = walk(s, va);
	uint32_t reason = bound(&w, TNPU_PTE_WRITE);
	struct tnpu_completion c;

	if (off_limits(s, va))
		return;
	submit(s, &cmd, sizeof(cmd));
	finish(s, &c);
	if (!reason)
		reason = touched(s, &w);
	if (reason)
		check_error(&c, reason, va, TNPU_ACCESS_WRITE);
	else
		fuzz_require(c.status == TNPU_STATUS_OK && *word_at(s, &w) == PATTERN);
}

static void check_cell(struct state *s, const struct tnpu_cmd_cell *cmd, uint32_t sum,
		       const struct tnpu_completion *c)
{
	const struct walk src = walk(s, cmd->src), dst = walk(s, cmd->dst);

	if (bound(&src, TNPU_PTE_READ))
		check_error(c, bound(&src, TNPU_PTE_READ), cmd->src, TNPU_ACCESS_READ);
	else if (bound(&dst, TNPU_PTE_WRITE))
		check_error(c, bound(&dst, TNPU_PTE_WRITE), cmd->dst, TNPU_ACCESS_WRITE);
	else if (touched(s, &src))
		check_error(c, TNPU_ERR_DMA, cmd->src, TNPU_ACCESS_READ);
	else if (touched(s, &dst))
		check_error(c, TNPU_ERR_DMA, cmd->dst, TNPU_ACCESS_WRITE);
	else
		fuzz_require(c->status == TNPU_STATUS_OK && *word_at(s, &dst) == sum);
}

static void cell(struct state *s, uint64_t to, uint64_t from)
{
	const struct tnpu_cmd_cell cmd = {
		.hdr = { .opcode = TNPU_OP_CELL, .size = sizeof(cmd) },
		.dst = to, .src = from, .value = 3, .op = TNPU_CELL_ADD,
	};
	const struct walk w = walk(s, from);
	struct tnpu_completion c;
	uint32_t sum = 3;

	if (off_limits(s, to) || off_limits(s, from))
		return;
	if (!bound(&w, TNPU_PTE_READ) && !touched(s, &w))
		sum += *word_at(s, &w);
	submit(s, &cmd, sizeof(cmd));
	finish(s, &c);
	check_cell(s, &cmd, sum, &c);
}

static struct tnpu_cmd_copy some_copy(struct fuzz_input *in)
{
	const uint64_t bytes = 1 + fuzz_u32(in) % (5 * PAGE);

	return (struct tnpu_cmd_copy){
		.hdr = { .opcode = TNPU_OP_COPY, .size = sizeof(struct tnpu_cmd_copy) },
		.src = some_va(in) + bytes % 7,
		.dst = some_va(in) + bytes % 3,
		.src_stride = bytes,
		.dst_stride = bytes,
		.row_bytes = bytes,
		.rows = { .value = 1 + bytes % 3 },
	};
}

static bool submit_copy(struct state *s, struct fuzz_input *in)
{
	const struct tnpu_cmd_copy cmd = some_copy(in);
	const uint64_t size = cmd.row_bytes * cmd.rows.value;

	if (range_off_limits(s, cmd.src, size) || range_off_limits(s, cmd.dst, size))
		return false;
	submit(s, &cmd, sizeof(cmd));
	return true;
}

/* Entries go away while a copy runs: it may fail or not. */
static void race(struct state *s, struct fuzz_input *in)
{
	struct tnpu_msg_invalidate all = { .context = 1 };
	struct tnpu_completion c;

	if (!submit_copy(s, in))
		return;
	for (unsigned int i = 0; i < 3; i++) {
		store(s, fuzz_u8(in), fuzz_u8(in), 0);
		fuzz_require(!fuzz_chip_msg(s->h, TNPU_MSG_INVALIDATE, &all, sizeof(all)));
	}
	finish(s, &c);
}

static void act(struct state *s, struct fuzz_input *in)
{
	const unsigned int what = fuzz_u8(in) % ACTIONS;
	struct tnpu_completion c;
	uint8_t table, which;

	switch (what) {
	case ACTION_ENTRY:
	case ACTION_RAW_ENTRY:
		table = fuzz_u8(in);
		which = fuzz_u8(in);
		return store(s, table, which, what == ACTION_ENTRY ? some_entry(s, in) :
			     fuzz_u64(in));
	case ACTION_PATH:
		return path(s, in);
	case ACTION_FILL:
		return fill(s, some_va(in));
	case ACTION_CELL:
		return cell(s, some_va(in), some_va(in));
	case ACTION_COPY:
		if (submit_copy(s, in))
			finish(s, &c);
		return;
	case ACTION_RACE:
		return race(s, in);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct state s = { .h = fuzz_chip_get(fuzz_u8(&in)) };

	start(&s);
	for (unsigned int i = 0; in.left && i < ACTIONS_MAX; i++)
		act(&s, &in);
	return 0;
}

/* ---- Seeds -------------------------------------------------------------------------- */

static void put_path(struct fuzz_output *out, uint32_t va, uint8_t page, uint8_t flags)
{
	fuzz_put_u8(out, ACTION_PATH);
	fuzz_put_u32(out, va);
	fuzz_put_u8(out, page);
	fuzz_put_u8(out, flags);
}

static void put_touches(struct fuzz_output *out, uint32_t a, uint32_t b, uint8_t last)
{
	fuzz_put_u8(out, ACTION_FILL);
	fuzz_put_u32(out, a);
	fuzz_put_u8(out, ACTION_CELL);
	fuzz_put_u32(out, a);
	fuzz_put_u32(out, b);
	fuzz_put_u8(out, last);
	fuzz_put_u32(out, 3000);
	fuzz_put_u32(out, a);
	fuzz_put_u32(out, b);
	fuzz_put_u8(out, 3);
	fuzz_put_u8(out, a);
}

size_t fuzz_seed(unsigned int index, uint8_t *buf)
{
	static const uint8_t pages[] = { 8, 9, 16, 40, 64, 65, 100, 101 };
	const uint32_t a = 0x1000, b = a + 1 + index % 2;
	struct fuzz_output out = { buf, 0 };

	if (index >= 64)
		return 0;
	fuzz_put_u8(&out, index);
	put_path(&out, a, pages[index % 8], index / 8 % 4 * 4 ^ 0x1f);
	put_path(&out, b, pages[index / 8], 0x17 | (index & 8));
	/* A page of 2 MiB in level 1. */
	fuzz_put_u8(&out, ACTION_ENTRY);
	fuzz_put_u8(&out, 2);
	fuzz_put_u8(&out, 3);
	fuzz_put_u8(&out, 64 + index % 4);
	fuzz_put_u8(&out, 0x1f);
	put_touches(&out, a, b, ACTION_COPY + index % 2);
	put_touches(&out, a | 3 << 3, b, ACTION_COPY);
	return out.size;
}
