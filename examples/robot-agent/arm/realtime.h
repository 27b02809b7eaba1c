/* SPDX-License-Identifier: MIT */
#ifndef ARM_REALTIME_H
#define ARM_REALTIME_H

#include <sched.h>

/** struct arm_realtime - how the thread was scheduled before */
struct arm_realtime {
	int policy;
	struct sched_param param;
};

/**
 * arm_realtime_begin() - schedule the calling thread before all others
 * @was: for arm_realtime_end()
 *
 * For threads that mostly sleep, and must run when they wake. Where that is
 * not allowed all stays as it is: the watchdog decides whether it is enough.
 */
void arm_realtime_begin(struct arm_realtime *was);

/** arm_realtime_end() - schedule the calling thread as before */
void arm_realtime_end(const struct arm_realtime *was);

#endif
