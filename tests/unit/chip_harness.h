/* SPDX-License-Identifier: MIT */
/*
 * A chip in a test: system memory as an array, page tables, mailbox, queues, submit and
 * wait. Typical use:
 *
 *	struct harness h;
 *
 *	harness_open(&h, NULL);
 *	src = harness_alloc(&h, 4096, HARNESS_LOCAL);
 *	harness_write(&h, src, data, sizeof(data));
 *	harness_run(&h, &cmd, sizeof(cmd), &completion);
 *	harness_close(&h);
 *
 * Device virtual addresses are of context 1 unless a function says otherwise. Functions
 * fail the running cmocka test when the harness itself cannot go on (out of memory, no
 * answer within ten seconds).
 */
#ifndef _CHIP_HARNESS_H_
#define _CHIP_HARNESS_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>

#include "../../firmware-sim/tnpu_chip.h"

#define HARNESS_SYS_BASE	0x40000000ull	/* DMA address of the first byte */
#define HARNESS_QUEUES		64
#define HARNESS_CONTEXTS	256

/** struct harness_options - zero: the default in brackets */
struct harness_options {
	unsigned int queues;	/* [4] */
	unsigned int contexts;	/* [4] */
	unsigned int vectors;	/* [5] */
	unsigned int engines;	/* [2] */
	uint64_t mem_size;	/* [64 MiB] device memory */
	uint64_t sys_size;	/* [32 MiB] system memory */
	enum tnpu_isa isa;	/* [TNPU_ISA_AUTO] */
};

struct harness_queue {
	uint64_t ring;		/* DMA addresses */
	uint64_t completion;
	uint32_t order;
	uint32_t tail;		/* mod 2N */
	uint64_t seq;		/* of the newest job */
};

struct harness {
	struct tnpu_chip *chip;
	struct tnpu_chip_config config;
	bool moves;		/* TNPU_TEST_MOVE */
	unsigned int moved;
	uint8_t *sys;
	uint64_t sys_size;
	uint64_t sys_used;
	uint8_t *mem;
	uint64_t mem_size;
	uint64_t mem_used;
	uint64_t va_next;
	uint64_t stream_va;	/* what harness_run() uses */
	uint64_t root[HARNESS_CONTEXTS + 1];
	struct harness_queue queue[HARNESS_QUEUES];
	uint64_t mbox_req;
	uint64_t mbox_rsp;
	uint32_t mbox_order;
	uint32_t mbox_tail;
	uint32_t mbox_head;
	uint32_t mbox_seq;
	atomic_uint raised[65];	/* interrupts by vector */
	atomic_uint_least64_t dirty;		/* bytes reported dirty */
	atomic_uint log_lines;
	atomic_uint threads;	/* chip threads alive */
};

/** enum harness_place - where harness_alloc() puts memory */
enum harness_place {
	HARNESS_LOCAL,		/* device memory, contiguous: engines use it in place */
	HARNESS_SYSTEM,		/* system memory */
	HARNESS_SCATTER,	/* device memory, pages in descending order: never contiguous */
	HARNESS_HUGE,		/* device memory, 2 MiB pages */
};

/* ---- Life ---------------------------------------------------------------------- */

/** harness_create - power on only; the chip waits in its ROM */
void harness_create(struct harness *h, const struct harness_options *options);
/** harness_open - create, boot the default image, context 1, queue 0 (order 4, NORMAL) */
void harness_open(struct harness *h, const struct harness_options *options);
/** harness_save - what the paused chip saves; freed by the caller, *@size bytes */
uint8_t *harness_save(struct harness *h, size_t *size);
/** harness_load - load @size bytes into the paused chip; its result, @why of 128 bytes */
int harness_load(struct harness *h, const uint8_t *data, size_t size, char *why);
/**
 * harness_move - save the chip, and go on with a new one that has loaded it
 * Device and system memory stay. Every function that waits for a job moves the chip again
 * and again where the variable TNPU_TEST_MOVE is set.
 */
void harness_move(struct harness *h);
/** harness_close - power off and free; also after harness_create() */
void harness_close(struct harness *h);
/** harness_setup - a test's state: a harness of its own, opened with the defaults */
int harness_setup(void **state);
/** harness_teardown - close and free a test's harness; no thread of its chip is left */
int harness_teardown(void **state);

/**
 * harness_boot - boot the @size bytes at @image, NULL: the default image
 * Sets up the mailbox rings of order 2. Returns TNPU_REG_BOOT_REASON.
 */
uint32_t harness_boot(struct harness *h, const void *image, size_t size);
/** harness_context - give @context empty page tables by CONTEXT_MAP */
void harness_context(struct harness *h, uint32_t context);

uint32_t harness_reg(struct harness *h, uint32_t reg);
uint64_t harness_reg64(struct harness *h, uint32_t reg);
void harness_set(struct harness *h, uint32_t reg, uint32_t value);
void harness_set64(struct harness *h, uint32_t reg, uint64_t value);
/** harness_until - wait until register @reg reads @value */
void harness_until(struct harness *h, uint32_t reg, uint32_t value);

/** harness_while - wait while register @reg reads @value: for counters, which may skip one */
void harness_while(struct harness *h, uint32_t reg, uint32_t value);

/* ---- Memory -------------------------------------------------------------------- */

/** harness_sys_alloc - zeroed system memory, page aligned, in no context; DMA address */
uint64_t harness_sys_alloc(struct harness *h, uint64_t size);
/** harness_sys - host pointer to DMA address @addr */
void *harness_sys(struct harness *h, uint64_t addr);

/**
 * harness_alloc - zeroed memory, mapped read and write into context 1
 * Returns its VA, page aligned; the page after it is not mapped.
 */
uint64_t harness_alloc(struct harness *h, uint64_t size, enum harness_place place);
/**
 * harness_map - map @size bytes at @addr to @va of @context
 * @flags: TNPU_PTE_READ, _WRITE, _LOCAL (@addr is then an offset in device memory), and
 *	_LEAF for 2 MiB pages. 0 unmaps. Does not invalidate.
 */
void harness_map(struct harness *h, uint32_t context, uint64_t va, uint64_t addr,
		 uint64_t size, uint64_t flags);
/** harness_pte - the entry of @level (0: 4 KiB pages) for @va, tables made as needed */
uint64_t *harness_pte(struct harness *h, uint32_t context, uint64_t va, int level);
/** harness_ptr - host pointer behind @va, good to the end of its page or contiguous run */
void *harness_ptr(struct harness *h, uint64_t va);
/** harness_write, harness_read - copy to or from memory behind @va, across pages */
void harness_write(struct harness *h, uint64_t va, const void *buf, size_t size);
void harness_read(struct harness *h, uint64_t va, void *buf, size_t size);

/* ---- Mailbox ------------------------------------------------------------------- */

/** harness_msg - send a message, wait for its answer, copy @size payload bytes both ways */
uint32_t harness_msg(struct harness *h, uint16_t type, void *payload, size_t size);
/** harness_post - queue a request without waiting; returns its seq */
uint32_t harness_post(struct harness *h, uint16_t type, const void *payload, size_t size);
/** harness_answer - wait for the next response and take it off the ring */
void harness_answer(struct harness *h, struct tnpu_msg *msg);
/** harness_queue_create - QUEUE_CREATE with fresh rings; returns the response status */
uint32_t harness_queue_create(struct harness *h, uint32_t queue, uint32_t context,
			      uint32_t order, uint32_t priority);
/** harness_queue_msg - DESTROY, SUSPEND, RESUME, PRIORITY or CANCEL */
uint32_t harness_queue_msg(struct harness *h, uint16_t type, uint32_t queue,
			   uint32_t priority);
/** harness_invalidate - INVALIDATE a range; the answer has been received */
uint32_t harness_invalidate(struct harness *h, uint32_t context, uint64_t va,
			    uint64_t size);

/* ---- Jobs ---------------------------------------------------------------------- */

/** harness_submit - put @entry (its seq is filled in) on the ring, ring the doorbell; seq */
uint64_t harness_submit(struct harness *h, uint32_t queue,
			const struct tnpu_ring_entry *entry);
/** harness_submit_stream - the same for a stream that lies at @va */
uint64_t harness_submit_stream(struct harness *h, uint32_t queue, uint64_t va,
			       uint32_t size);
/** harness_done - whether job @seq has its completion; copied to @c unless NULL */
bool harness_done(struct harness *h, uint32_t queue, uint64_t seq,
		  struct tnpu_completion *c);
/** harness_wait - wait for the completion of job @seq */
void harness_wait(struct harness *h, uint32_t queue, uint64_t seq,
		  struct tnpu_completion *c);
/**
 * harness_run - run a stream of commands on queue 0 and wait
 * @c: the completion, may be NULL. A queue that an error stopped is made anew.
 * Returns the completion's status.
 */
uint32_t harness_run(struct harness *h, const void *stream, size_t size,
		     struct tnpu_completion *c);

#endif /* _CHIP_HARNESS_H_ */
