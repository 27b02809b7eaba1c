// SPDX-License-Identifier: MIT
#include <time.h>

#include "agent_guard.h"

#define NSEC 1000000000LL

int64_t agent_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void agent_guard_init(struct agent_guard *guard, int64_t deadline_ns)
{
	guard->deadline_ns = deadline_ns;
	atomic_store(&guard->answered_ns, 0);
	atomic_store(&guard->tripped, true);
}

void agent_guard_feed(struct agent_guard *guard, int64_t now_ns)
{
	atomic_store(&guard->answered_ns, now_ns);
	atomic_store(&guard->tripped, false);
}

void agent_guard_trip(struct agent_guard *guard)
{
	atomic_store(&guard->tripped, true);
}

bool agent_guard_open(const struct agent_guard *guard, int64_t now_ns)
{
	return !atomic_load(&guard->tripped) &&
	       now_ns - atomic_load(&guard->answered_ns) <= guard->deadline_ns;
}
