// SPDX-License-Identifier: MIT
#include <pthread.h>

#include "realtime.h"

void arm_realtime_begin(struct arm_realtime *was)
{
	const struct sched_param first = {
		.sched_priority = sched_get_priority_min(SCHED_FIFO),
	};

	pthread_getschedparam(pthread_self(), &was->policy, &was->param);
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &first);
}

void arm_realtime_end(const struct arm_realtime *was)
{
	pthread_setschedparam(pthread_self(), was->policy, &was->param);
}
