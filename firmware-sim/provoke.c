// SPDX-License-Identifier: MIT
/*
 * Failures on demand. Each has a value; whoever is to fail looks at it, or takes one from it.
 */
#include <errno.h>

#include "chip.h"

bool tnpu_provoked_take(struct tnpu_chip *chip, enum tnpu_provoke what)
{
	uint64_t n = tnpu_provoked(chip, what);

	while (n)
		if (atomic_compare_exchange_weak(&chip->provoked[what], &n, n - 1))
			return true;
	return false;
}

static uint64_t tnpu_provoke_max(const struct tnpu_chip *chip, enum tnpu_provoke what)
{
	switch (what) {
	case TNPU_PROVOKE_HANG_QUEUE:
		return chip->config.queues;
	case TNPU_PROVOKE_FW_CRASH:
	case TNPU_PROVOKE_STALL_HEARTBEAT:
		return 1;
	case TNPU_PROVOKE_SLOW_US:
		return TNPU_PROVOKE_SLOW_US_MAX;
	default:
		return ~0ull;
	}
}

/* A crash happens once and is over: nothing of it stays. */
int tnpu_chip_provoke(struct tnpu_chip *chip, enum tnpu_provoke what, uint64_t value)
{
	const bool crash = what == TNPU_PROVOKE_FW_CRASH;

	if ((unsigned int)what >= TNPU_PROVOKES || value > tnpu_provoke_max(chip, what) ||
	    (crash && !value))
		return -EINVAL;
	if (!crash)
		atomic_store(&chip->provoked[what], value);
	tnpu_chip_kick(chip, crash ? TNPU_EVENT_CRASH : TNPU_EVENT_WAKE);
	return 0;
}
