// SPDX-License-Identifier: MIT
/*
 * Chips for fuzz targets; see fuzz_chip.h.
 */
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include <sanitizer/asan_interface.h>

#include "../../firmware-sim/fwimage.h"
#include "fuzz_chip.h"

#define VARIANTS	8
#define PATIENCE_US	10000000u	/* a chip that needs longer hangs */

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ull + ts.tv_nsec / 1000;
}

static void calm(struct harness *h)
{
	int what;

	for (what = 0; what < TNPU_PROVOKES; what++)
		if (what != TNPU_PROVOKE_FW_CRASH)
			tnpu_chip_provoke(h->chip, what, 0);
}

static void forget(struct harness *h)
{
	ASAN_UNPOISON_MEMORY_REGION(h->mem, h->mem_size);
	madvise(h->mem, h->mem_size, MADV_DONTNEED);
	memset(h->sys, 0, h->sys_size);
	memset(h->root, 0, sizeof(h->root));
	memset(h->queue, 0, sizeof(h->queue));
	h->sys_used = 0;
	h->mem_used = 0;
	h->mbox_seq = 0;
}

static enum tnpu_isa isa_of(unsigned int variant)
{
	if (variant & 2)
		return TNPU_ISA_SCALAR;
	return variant & 4 && tnpu_isa_supported(TNPU_ISA_AVX2) ? TNPU_ISA_AVX2 : TNPU_ISA_AUTO;
}

struct harness *fuzz_chip_get(unsigned int variant)
{
	static struct harness chips[VARIANTS];
	struct harness *h = &chips[variant % VARIANTS];
	const struct harness_options options = {
		.queues = FUZZ_CHIP_QUEUES,
		.contexts = FUZZ_CHIP_CONTEXTS,
		.engines = variant & 1 ? 2 : 1,
		.isa = isa_of(variant),
		.mem_size = FUZZ_CHIP_MEM,
		.sys_size = FUZZ_CHIP_SYS,
	};

	if (!h->chip)
		harness_create(h, &options);
	calm(h);
	tnpu_chip_reset(h->chip);
	forget(h);
	return h;
}

void fuzz_chip_boot(struct harness *h)
{
	uint8_t image[TNPU_FWIMAGE_SIZE];
	struct tnpu_fwimage fw;

	tnpu_fwimage_default(&fw);
	fw.limits.max_cmd_bytes = 1u << 20;
	fw.limits.max_cmd_macs = 1u << 22;
	tnpu_fwimage_build(&fw, image);
	fuzz_require(harness_boot(h, image, sizeof(image)) == TNPU_REASON_NONE);
	harness_context(h, 1);
}

uint32_t fuzz_chip_msg(struct harness *h, uint16_t type, void *payload, size_t size)
{
	const uint64_t start = now_us();
	uint32_t seq;
	struct tnpu_msg msg;

	if (harness_reg(h, TNPU_REG_BOOT_STATE) != TNPU_BOOT_READY)
		return FUZZ_CHIP_GONE;
	seq = harness_post(h, type, payload, size);
	while (harness_reg(h, TNPU_REG_MBOX_RSP_TAIL) == h->mbox_head) {
		if (harness_reg(h, TNPU_REG_BOOT_STATE) != TNPU_BOOT_READY)
			return FUZZ_CHIP_GONE;
		fuzz_require(now_us() - start < PATIENCE_US);
		sched_yield();
	}
	harness_answer(h, &msg);
	fuzz_require(msg.seq == seq && msg.type == type && msg.status <= TNPU_MSG_BUSY);
	memcpy(payload, msg.payload, size);
	return msg.status;
}

uint32_t fuzz_chip_queue(struct harness *h, const struct tnpu_msg_queue_create *msg)
{
	struct tnpu_msg_queue_create payload = *msg;
	const uint32_t status = fuzz_chip_msg(h, TNPU_MSG_QUEUE_CREATE, &payload,
					      sizeof(payload));

	if (status == TNPU_MSG_OK)
		h->queue[msg->queue] = (struct harness_queue){
			.ring = msg->ring,
			.completion = msg->completion,
			.order = msg->order,
		};
	return status;
}

bool fuzz_chip_wait(struct harness *h, uint32_t queue, uint64_t seq, uint32_t us,
		    struct tnpu_completion *c)
{
	const uint64_t start = now_us();

	while (!harness_done(h, queue, seq, c)) {
		if (now_us() - start > us)
			return false;
		sched_yield();
	}
	return true;
}

void fuzz_chip_settle(uint32_t us)
{
	const uint64_t start = now_us();

	while (now_us() - start < us)
		sched_yield();
}

uint32_t fuzz_chip_loaded(struct harness *h)
{
	const uint64_t start = now_us();
	uint32_t state;

	while ((state = harness_reg(h, TNPU_REG_BOOT_STATE)) == TNPU_BOOT_LOADING) {
		fuzz_require(now_us() - start < PATIENCE_US);
		sched_yield();
	}
	return state;
}

void fuzz_chip_guard(struct harness *h, uint64_t offset)
{
	ASAN_POISON_MEMORY_REGION(h->mem + offset, h->mem_size - offset);
}
