// SPDX-License-Identifier: MIT
/*
 * Sleeping on a word: cheaper than a condition variable where the word is there anyway.
 */
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "chip.h"

void tnpu_futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t ns)
{
	const struct timespec ts = {
		.tv_sec = ns / 1000000000u,
		.tv_nsec = ns % 1000000000u,
	};

	/* An early return is harmless: every caller looks at its word again. */
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, ns == ~0ull ? NULL : &ts, NULL, 0);
}

void tnpu_spin(void)
{
	sched_yield();
}

void tnpu_futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, TNPU_LANES_MAX, NULL, NULL, 0);
}
