// SPDX-License-Identifier: MIT
/*
 * A chip in a test; see chip_harness.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <errno.h>

#include <cmocka.h>

#include "../../firmware-sim/fwimage.h"
#include "chip_harness.h"

#define PAGE		4096ull
#define HUGE_PAGE	(2ull << 20)
#define STREAM_BYTES	(1u << 20)
#define MBOX_ORDER	2
#define QUEUE_ORDER	4
#define TIMEOUT_NS	10000000000ull
#define MOVES_MAX	8	/* during one job */

static uint64_t harness_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* One step of a polling loop: yields soon, so that two cores serve all threads. */
static void harness_poll(uint64_t start, const char *what)
{
	const struct timespec nap = { .tv_nsec = 20000 };
	const uint64_t waited = harness_now() - start;

	if (waited > TIMEOUT_NS)
		fail_msg("no %s within ten seconds", what);
	if (waited > 100000)
		nanosleep(&nap, NULL);
}

/* ---- Bus ------------------------------------------------------------------------- */

/* Words are copied atomically: the tests change page tables and cells under work. */
static void copy_in(void *dst, const void *src, size_t size)
{
	size_t i;

	if (((uintptr_t)src | size) % 8) {
		if ((uintptr_t)src % 4 == 0 && size == 4)
			*(uint32_t *)dst = __atomic_load_n((const uint32_t *)src,
							   __ATOMIC_ACQUIRE);
		else
			memcpy(dst, src, size);
		return;
	}
	for (i = 0; i < size; i += 8) {
		uint64_t word = __atomic_load_n((const uint64_t *)((const char *)src + i),
						__ATOMIC_ACQUIRE);

		memcpy((char *)dst + i, &word, 8);
	}
}

static void copy_out(void *dst, const void *src, size_t size)
{
	if (size == 8 && (uintptr_t)dst % 8 == 0)
		__atomic_store_n((uint64_t *)dst, *(const uint64_t *)src, __ATOMIC_RELEASE);
	else
		memcpy(dst, src, size);
}

static bool bus_inside(struct harness *h, uint64_t addr, size_t size)
{
	const uint64_t offset = addr - HARNESS_SYS_BASE;

	return addr >= HARNESS_SYS_BASE && offset <= h->sys_size &&
	       size <= h->sys_size - offset;
}

static int bus_read(void *opaque, uint64_t addr, void *buf, size_t size)
{
	struct harness *h = opaque;

	if (!bus_inside(h, addr, size))
		return -EIO;
	copy_in(buf, h->sys + (addr - HARNESS_SYS_BASE), size);
	return 0;
}

static int bus_write(void *opaque, uint64_t addr, const void *buf, size_t size)
{
	struct harness *h = opaque;

	if (!bus_inside(h, addr, size))
		return -EIO;
	copy_out(h->sys + (addr - HARNESS_SYS_BASE), buf, size);
	return 0;
}

static void bus_dirty(void *opaque, uint64_t offset, uint64_t size)
{
	struct harness *h = opaque;

	h->dirty += size;
}

static void bus_raise(void *opaque, unsigned int vector)
{
	struct harness *h = opaque;

	h->raised[vector]++;
}

static uint64_t bus_clock(void *opaque)
{
	return harness_now();
}

static void bus_log(void *opaque, const char *line)
{
	struct harness *h = opaque;

	h->log_lines++;
}

static void bus_thread_start(void *opaque)
{
	struct harness *h = opaque;

	h->threads++;
}

static void bus_thread_stop(void *opaque)
{
	struct harness *h = opaque;

	h->threads--;
}

static const struct tnpu_bus harness_bus = {
	.read = bus_read,
	.write = bus_write,
	.dirty = bus_dirty,
	.raise = bus_raise,
	.clock = bus_clock,
	.log = bus_log,
	.thread_start = bus_thread_start,
	.thread_stop = bus_thread_stop,
};

/* ---- Life ------------------------------------------------------------------------ */

static void *harness_zeroed(uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		fail_msg("no memory for %llu bytes", (unsigned long long)size);
	return p;
}

void harness_create(struct harness *h, const struct harness_options *options)
{
	static const struct harness_options none;
	const struct harness_options *o = options ? options : &none;
	struct tnpu_chip_config config = {
		.bus = harness_bus,
		.opaque = h,
		.queues = o->queues ? o->queues : 4,
		.contexts = o->contexts ? o->contexts : 4,
		.vectors = o->vectors ? o->vectors : 5,
		.engines = o->engines ? o->engines : 2,
		.profile = TNPU_PCI_SUBSYS_GENERIC,
		.isa = o->isa,
	};

	memset(h, 0, sizeof(*h));
	h->mem_size = o->mem_size ? o->mem_size : 64ull << 20;
	h->sys_size = o->sys_size ? o->sys_size : 32ull << 20;
	h->mem = harness_zeroed(h->mem_size);
	h->sys = harness_zeroed(h->sys_size);
	h->va_next = 0x100000000ull;
	config.mem = h->mem;
	config.mem_size = h->mem_size;
	assert_int_equal(tnpu_chip_create(&config, &h->chip), 0);
	h->config = config;
	h->moves = getenv("TNPU_TEST_MOVE");
}

/** struct harness_stream - bytes that a chip saves or loads */
struct harness_stream {
	uint8_t *data;
	size_t size;
	size_t at;
};

static int stream_write(void *opaque, const void *buf, size_t size)
{
	struct harness_stream *s = opaque;

	s->data = realloc(s->data, s->size + size);
	memcpy(s->data + s->size, buf, size);
	s->size += size;
	return 0;
}

static int stream_read(void *opaque, void *buf, size_t size)
{
	struct harness_stream *s = opaque;

	if (size > s->size - s->at)
		return -EIO;
	memcpy(buf, s->data + s->at, size);
	s->at += size;
	return 0;
}

uint8_t *harness_save(struct harness *h, size_t *size)
{
	struct harness_stream s = { 0 };
	const struct tnpu_stream stream = { .write = stream_write, .opaque = &s };

	assert_int_equal(tnpu_chip_save(h->chip, &stream), 0);
	*size = s.size;
	return s.data;
}

int harness_load(struct harness *h, const uint8_t *data, size_t size, char *why)
{
	struct harness_stream s = { .data = (uint8_t *)data, .size = size };
	const struct tnpu_stream stream = { .read = stream_read, .opaque = &s };

	why[0] = 0;
	return tnpu_chip_load(h->chip, &stream, why, 128);
}

/* The new chip has another number of engines: what is saved must not depend on it. */
void harness_move(struct harness *h)
{
	uint8_t *data;
	char why[128];
	size_t size;

	tnpu_chip_pause(h->chip);
	data = harness_save(h, &size);
	tnpu_chip_destroy(h->chip);
	h->config.engines = h->config.engines % 3 + 1;
	assert_int_equal(tnpu_chip_create(&h->config, &h->chip), 0);
	tnpu_chip_pause(h->chip);
	if (harness_load(h, data, size, why))
		fail_msg("a chip does not load what another saved: %s", why);
	free(data);
	tnpu_chip_resume(h->chip);
}

void harness_open(struct harness *h, const struct harness_options *options)
{
	harness_create(h, options);
	assert_int_equal(harness_boot(h, NULL, 0), TNPU_REASON_NONE);
	harness_context(h, 1);
	assert_int_equal(harness_queue_create(h, 0, 1, QUEUE_ORDER, TNPU_PRIORITY_NORMAL),
			 TNPU_MSG_OK);
	h->stream_va = harness_alloc(h, STREAM_BYTES, HARNESS_LOCAL);
}

void harness_close(struct harness *h)
{
	tnpu_chip_destroy(h->chip);
	munmap(h->mem, h->mem_size);
	munmap(h->sys, h->sys_size);
}

int harness_setup(void **state)
{
	struct harness *h = malloc(sizeof(*h));

	assert_non_null(h);
	harness_open(h, NULL);
	*state = h;
	return 0;
}

int harness_teardown(void **state)
{
	struct harness *h = *state;

	harness_close(h);
	assert_int_equal(h->threads, 0);
	free(h);
	return 0;
}

uint32_t harness_reg(struct harness *h, uint32_t reg)
{
	return tnpu_chip_mmio_read(h->chip, reg);
}

uint64_t harness_reg64(struct harness *h, uint32_t reg)
{
	const uint64_t low = harness_reg(h, reg);

	return low | (uint64_t)harness_reg(h, reg + 4) << 32;
}

void harness_set(struct harness *h, uint32_t reg, uint32_t value)
{
	tnpu_chip_mmio_write(h->chip, reg, value);
}

void harness_set64(struct harness *h, uint32_t reg, uint64_t value)
{
	harness_set(h, reg, value);
	harness_set(h, reg + 4, value >> 32);
}

void harness_until(struct harness *h, uint32_t reg, uint32_t value)
{
	const uint64_t start = harness_now();

	while (harness_reg(h, reg) != value)
		harness_poll(start, "register value");
}

void harness_while(struct harness *h, uint32_t reg, uint32_t value)
{
	const uint64_t start = harness_now();

	while (harness_reg(h, reg) == value)
		harness_poll(start, "change of a register");
}

static void harness_mbox_setup(struct harness *h)
{
	h->mbox_order = MBOX_ORDER;
	h->mbox_req = harness_sys_alloc(h, PAGE);
	h->mbox_rsp = harness_sys_alloc(h, PAGE);
	h->mbox_tail = 0;
	h->mbox_head = 0;
	harness_set64(h, TNPU_REG_MBOX_REQ_LO, h->mbox_req);
	harness_set64(h, TNPU_REG_MBOX_RSP_LO, h->mbox_rsp);
	harness_set(h, TNPU_REG_MBOX_ORDER, h->mbox_order);
}

uint32_t harness_boot(struct harness *h, const void *image, size_t size)
{
	uint8_t standard[TNPU_FWIMAGE_SIZE];
	struct tnpu_fwimage fw;
	uint64_t start = harness_now();
	uint64_t addr;

	if (!image) {
		tnpu_fwimage_default(&fw);
		tnpu_fwimage_build(&fw, standard);
		image = standard;
		size = sizeof(standard);
	}
	harness_mbox_setup(h);
	addr = harness_sys_alloc(h, size);
	memcpy(harness_sys(h, addr), image, size);
	harness_set64(h, TNPU_REG_FW_ADDR_LO, addr);
	harness_set(h, TNPU_REG_FW_SIZE, size);
	harness_set(h, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	while (harness_reg(h, TNPU_REG_BOOT_STATE) == TNPU_BOOT_LOADING)
		harness_poll(start, "boot");
	return harness_reg(h, TNPU_REG_BOOT_REASON);
}

void harness_context(struct harness *h, uint32_t context)
{
	struct tnpu_msg_context msg = { .context = context };

	h->root[context] = harness_sys_alloc(h, PAGE);
	msg.root = h->root[context];
	assert_int_equal(harness_msg(h, TNPU_MSG_CONTEXT_MAP, &msg, sizeof(msg)),
			 TNPU_MSG_OK);
}

/* ---- Memory ---------------------------------------------------------------------- */

void *harness_sys(struct harness *h, uint64_t addr)
{
	return h->sys + (addr - HARNESS_SYS_BASE);
}

static uint64_t harness_pages(uint64_t size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

uint64_t harness_sys_alloc(struct harness *h, uint64_t size)
{
	const uint64_t addr = HARNESS_SYS_BASE + h->sys_used;

	size = harness_pages(size);
	if (size > h->sys_size - h->sys_used)
		fail_msg("the harness is out of system memory");
	h->sys_used += size;
	return addr;
}

static uint64_t harness_mem_alloc(struct harness *h, uint64_t size, uint64_t align)
{
	const uint64_t offset = (h->mem_used + align - 1) / align * align;

	if (offset > h->mem_size || size > h->mem_size - offset)
		fail_msg("the harness is out of device memory");
	h->mem_used = offset + size;
	return offset;
}

uint64_t *harness_pte(struct harness *h, uint32_t context, uint64_t va, int level)
{
	uint64_t *table = harness_sys(h, h->root[context]);
	int i;

	for (i = TNPU_PT_LEVELS - 1; i > level; i--) {
		uint64_t *pte = &table[va >> (TNPU_PAGE_SHIFT + 9 * i) & 511];

		if (!(*pte & TNPU_PTE_VALID))
			__atomic_store_n(pte, harness_sys_alloc(h, PAGE) | TNPU_PTE_VALID,
					 __ATOMIC_RELEASE);
		table = harness_sys(h, *pte & TNPU_PTE_ADDR);
	}
	return &table[va >> (TNPU_PAGE_SHIFT + 9 * level) & 511];
}

void harness_map(struct harness *h, uint32_t context, uint64_t va, uint64_t addr,
		 uint64_t size, uint64_t flags)
{
	const int level = flags & TNPU_PTE_LEAF ? 1 : 0;
	const uint64_t page = level ? HUGE_PAGE : PAGE;
	uint64_t i;

	for (i = 0; i < size; i += page) {
		uint64_t *pte = harness_pte(h, context, va + i, level);
		uint64_t value = 0;

		if (flags)
			value = (addr + i) | flags | TNPU_PTE_VALID | TNPU_PTE_LEAF;
		__atomic_store_n(pte, value, __ATOMIC_RELEASE);
	}
}

static void harness_scatter(struct harness *h, uint64_t va, uint64_t size)
{
	const uint64_t offset = harness_mem_alloc(h, size, PAGE);
	uint64_t i;

	for (i = 0; i < size; i += PAGE)
		harness_map(h, 1, va + i, offset + size - PAGE - i, PAGE,
			    TNPU_PTE_READ | TNPU_PTE_WRITE | TNPU_PTE_LOCAL);
}

uint64_t harness_alloc(struct harness *h, uint64_t size, enum harness_place place)
{
	const uint64_t page = place == HARNESS_HUGE ? HUGE_PAGE : PAGE;
	const uint64_t va = (h->va_next + page - 1) / page * page;
	uint64_t flags = TNPU_PTE_READ | TNPU_PTE_WRITE;
	uint64_t addr;

	size = (size + page - 1) / page * page;
	h->va_next = va + size + page;
	if (place == HARNESS_SCATTER) {
		harness_scatter(h, va, size);
		return va;
	}
	if (place == HARNESS_SYSTEM) {
		addr = harness_sys_alloc(h, size);
	} else {
		addr = harness_mem_alloc(h, size, page);
		flags |= TNPU_PTE_LOCAL;
	}
	if (place == HARNESS_HUGE)
		flags |= TNPU_PTE_LEAF;
	harness_map(h, 1, va, addr, size, flags);
	return va;
}

void *harness_ptr(struct harness *h, uint64_t va)
{
	uint64_t pte = *harness_pte(h, 1, va, 1);
	uint64_t page = HUGE_PAGE;
	uint64_t addr;

	if (!(pte & TNPU_PTE_LEAF)) {
		pte = *harness_pte(h, 1, va, 0);
		page = PAGE;
	}
	if (!(pte & TNPU_PTE_VALID))
		fail_msg("va 0x%llx is not mapped", (unsigned long long)va);
	addr = (pte & TNPU_PTE_ADDR) + va % page;
	return pte & TNPU_PTE_LOCAL ? h->mem + addr : harness_sys(h, addr);
}

void harness_write(struct harness *h, uint64_t va, const void *buf, size_t size)
{
	size_t done, part;

	for (done = 0; done < size; done += part) {
		part = PAGE - (va + done) % PAGE;
		part = part < size - done ? part : size - done;
		memcpy(harness_ptr(h, va + done), (const char *)buf + done, part);
	}
}

void harness_read(struct harness *h, uint64_t va, void *buf, size_t size)
{
	size_t done, part;

	for (done = 0; done < size; done += part) {
		part = PAGE - (va + done) % PAGE;
		part = part < size - done ? part : size - done;
		memcpy((char *)buf + done, harness_ptr(h, va + done), part);
	}
}

/* ---- Mailbox --------------------------------------------------------------------- */

uint32_t harness_post(struct harness *h, uint16_t type, const void *payload, size_t size)
{
	const uint32_t entries = 1u << h->mbox_order;
	struct tnpu_msg *ring = harness_sys(h, h->mbox_req);
	struct tnpu_msg msg = {
		.seq = ++h->mbox_seq,
		.type = type,
		.version = TNPU_MSG_VERSION,
	};

	memcpy(msg.payload, payload, size);
	ring[h->mbox_tail % entries] = msg;
	h->mbox_tail = (h->mbox_tail + 1) % (2 * entries);
	harness_set(h, TNPU_REG_MBOX_REQ_TAIL, h->mbox_tail);
	return msg.seq;
}

void harness_answer(struct harness *h, struct tnpu_msg *msg)
{
	const uint32_t entries = 1u << h->mbox_order;
	const struct tnpu_msg *ring = harness_sys(h, h->mbox_rsp);
	const uint64_t start = harness_now();

	while (harness_reg(h, TNPU_REG_MBOX_RSP_TAIL) == h->mbox_head)
		harness_poll(start, "mailbox response");
	*msg = ring[h->mbox_head % entries];
	h->mbox_head = (h->mbox_head + 1) % (2 * entries);
	harness_set(h, TNPU_REG_MBOX_RSP_HEAD, h->mbox_head);
}

uint32_t harness_msg(struct harness *h, uint16_t type, void *payload, size_t size)
{
	const uint32_t seq = harness_post(h, type, payload, size);
	struct tnpu_msg msg;

	harness_answer(h, &msg);
	assert_int_equal(msg.seq, seq);
	assert_int_equal(msg.type, type);
	memcpy(payload, msg.payload, size);
	return msg.status;
}

uint32_t harness_queue_create(struct harness *h, uint32_t queue, uint32_t context,
			      uint32_t order, uint32_t priority)
{
	struct tnpu_msg_queue_create msg = {
		.queue = queue,
		.context = context,
		.ring = harness_sys_alloc(h, sizeof(struct tnpu_ring_entry) << order),
		.completion = harness_sys_alloc(h, sizeof(struct tnpu_completion) << order),
		.order = order,
		.priority = priority,
	};
	const uint32_t status = harness_msg(h, TNPU_MSG_QUEUE_CREATE, &msg, sizeof(msg));

	if (status == TNPU_MSG_OK)
		h->queue[queue] = (struct harness_queue){
			.ring = msg.ring,
			.completion = msg.completion,
			.order = order,
		};
	return status;
}

uint32_t harness_queue_msg(struct harness *h, uint16_t type, uint32_t queue,
			   uint32_t priority)
{
	struct tnpu_msg_queue msg = { .queue = queue, .priority = priority };

	return harness_msg(h, type, &msg, sizeof(msg));
}

uint32_t harness_invalidate(struct harness *h, uint32_t context, uint64_t va, uint64_t size)
{
	struct tnpu_msg_invalidate msg = { .context = context, .va = va, .size = size };

	return harness_msg(h, TNPU_MSG_INVALIDATE, &msg, sizeof(msg));
}

/* ---- Jobs ------------------------------------------------------------------------ */

uint64_t harness_submit(struct harness *h, uint32_t queue,
			const struct tnpu_ring_entry *entry)
{
	const uint32_t stride = harness_reg(h, TNPU_REG_DB_STRIDE);
	const uint32_t base = harness_reg(h, TNPU_REG_DB_OFFSET);
	struct harness_queue *q = &h->queue[queue];
	struct tnpu_ring_entry *ring = harness_sys(h, q->ring);
	struct tnpu_ring_entry *slot = &ring[q->tail % (1u << q->order)];

	*slot = *entry;
	slot->seq = ++q->seq;
	q->tail = (q->tail + 1) % (2u << q->order);
	harness_set(h, base + queue * stride + TNPU_DB_TAIL, q->tail);
	return q->seq;
}

uint64_t harness_submit_stream(struct harness *h, uint32_t queue, uint64_t va, uint32_t size)
{
	const struct tnpu_ring_entry entry = { .cmd_va = va, .cmd_size = size };

	return harness_submit(h, queue, &entry);
}

bool harness_done(struct harness *h, uint32_t queue, uint64_t seq, struct tnpu_completion *c)
{
	const struct harness_queue *q = &h->queue[queue];
	struct tnpu_completion *ring = harness_sys(h, q->completion);
	struct tnpu_completion *record = &ring[(seq - 1) % (1u << q->order)];

	if (__atomic_load_n(&record->seq, __ATOMIC_ACQUIRE) != seq)
		return false;
	if (c)
		*c = *record;
	return true;
}

/*
 * At all distances from the chip's start, from none at all to where it has its batches; and
 * not for ever: a SAMPLE, which starts over, may need longer than any of them.
 */
static void harness_move_later(struct harness *h, unsigned int moves)
{
	const struct timespec nap = { .tv_nsec = h->moved++ * 7919 % 13 * 50000 };

	nanosleep(&nap, NULL);
	if (moves < MOVES_MAX)
		harness_move(h);
}

void harness_wait(struct harness *h, uint32_t queue, uint64_t seq, struct tnpu_completion *c)
{
	const uint64_t start = harness_now();
	unsigned int moves = 0;

	while (!harness_done(h, queue, seq, c)) {
		harness_poll(start, "completion");
		if (h->moves)
			harness_move_later(h, moves++);
	}
}

uint32_t harness_run(struct harness *h, const void *stream, size_t size,
		     struct tnpu_completion *c)
{
	struct tnpu_completion record;

	assert_true(size <= STREAM_BYTES);
	harness_write(h, h->stream_va, stream, size);
	harness_wait(h, 0, harness_submit_stream(h, 0, h->stream_va, size), &record);
	if (record.status != TNPU_STATUS_OK && record.status != TNPU_STATUS_SKIPPED) {
		harness_queue_msg(h, TNPU_MSG_QUEUE_DESTROY, 0, 0);
		harness_queue_create(h, 0, 1, QUEUE_ORDER, TNPU_PRIORITY_NORMAL);
	}
	if (c)
		*c = record;
	return record.status;
}
