/* SPDX-License-Identifier: MIT */
/*
 * Chips for fuzz targets: created once a process, reset for every input. Guest software is
 * chip_harness.h; what is here waits for chips that the input may have stopped, too.
 */
#ifndef _FUZZ_CHIP_H_
#define _FUZZ_CHIP_H_

#include "chip_harness.h"
#include "fuzz.h"

#define FUZZ_CHIP_QUEUES	8
#define FUZZ_CHIP_CONTEXTS	4
#define FUZZ_CHIP_MEM		(4ull << 20)
#define FUZZ_CHIP_SYS		(1ull << 20)
#define FUZZ_CHIP_GONE		0xffffffffu	/* fuzz_chip_msg(): the firmware stopped */

/**
 * fuzz_chip_get - a chip as after power-on, all memory zero
 * @variant: bit 0: two lanes, else one; bit 1: scalar, else the host's best instruction set,
 *	or with bit 2 AVX2, where the host has it
 */
struct harness *fuzz_chip_get(unsigned int variant);

/**
 * fuzz_chip_boot - boot an image whose limits bound the time of a command; set up context 1
 * Aborts where that fails: nothing of the input has had an effect yet.
 */
void fuzz_chip_boot(struct harness *h);

/** fuzz_chip_msg - as harness_msg(), but FUZZ_CHIP_GONE where the firmware is not READY */
uint32_t fuzz_chip_msg(struct harness *h, uint16_t type, void *payload, size_t size);

/** fuzz_chip_queue - QUEUE_CREATE; returns the response status or FUZZ_CHIP_GONE */
uint32_t fuzz_chip_queue(struct harness *h, const struct tnpu_msg_queue_create *msg);

/** fuzz_chip_wait - wait for job @seq of @queue, at most @us; whether it has completed */
bool fuzz_chip_wait(struct harness *h, uint32_t queue, uint64_t seq, uint32_t us,
		    struct tnpu_completion *c);

/** fuzz_chip_settle - give the chip @us to do whatever it does */
void fuzz_chip_settle(uint32_t us);

/** fuzz_chip_loaded - wait until BOOT_STATE is not LOADING; BOOT_STATE */
uint32_t fuzz_chip_loaded(struct harness *h);

/**
 * fuzz_chip_guard - device memory from @offset on belongs to nobody: that an engine touches
 * it is an error, under ASan, until the next fuzz_chip_get()
 */
void fuzz_chip_guard(struct harness *h, uint64_t offset);

#endif /* _FUZZ_CHIP_H_ */
