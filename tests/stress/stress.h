/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clients that keep a device busy and check each result, and what happens to the device meanwhile.
 */
#ifndef STRESS_H
#define STRESS_H

#include <pthread.h>
#include <stdatomic.h>

#include "driver_cases.h"

#define STRESS_CLIENTS		8
#define STRESS_DEPTH		4	/* jobs in flight of a client */

/**
 * struct stress_client - a thread with a file of its own
 * @stop: end when the jobs in flight have
 * @jobs: those that ended well, their results right
 * @lost: those whose fence told of an error
 * @wrong: those with wrong results, and the times that a queue was called guilty
 * @unsignalled: fences that did not signal in time
 * @forgets: a queue's death may come with the loss of device memory, and of results in it
 * @gone: the thread has ended, because the device is gone
 * @number: of jobs submitted, for the pattern that each copies
 * @offset, @size: of the slots' streams
 */
struct stress_client {
	unsigned int id;
	struct uapi_test test;
	struct uapi_bench bench;
	__u32 syncobj[STRESS_DEPTH];
	__u32 offset[STRESS_DEPTH];
	__u32 size;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint jobs;
	unsigned int lost;
	unsigned int wrong;
	unsigned int unsignalled;
	bool forgets;
	bool gone;
	__u64 number[STRESS_DEPTH];
	__u64 last;
};

/** stress_open - open the device, which may come in a moment, and ask what it is */
void stress_open(struct uapi_test *t);

/** stress_client_start - open the device and begin */
void stress_client_start(struct stress_client *c, unsigned int id, bool forgets);
/** stress_client_await - wait until it has got on by some jobs */
void stress_client_await(struct stress_client *c);
/** stress_client_join - wait for its end; its file stays open */
void stress_client_join(struct stress_client *c);
/** stress_client_expect_gone - what is open of a device that is gone */
void stress_client_expect_gone(struct stress_client *c);
/** stress_client_close - give back all that it has */
void stress_client_close(struct stress_client *c);

/**
 * struct stress_event - what can happen to a device
 * @happen: make it happen; whether it was seen to
 * @loses: jobs of innocent clients may be lost by it
 * @forgets: device memory too
 * @removes: afterwards there is no device, until @restore
 */
struct stress_event {
	const char *name;
	bool (*happen)(void);
	void (*restore)(void);
	bool loses;
	bool forgets;
	bool removes;
};

extern const struct stress_event stress_events[];
extern const size_t stress_events_count;

#endif /* STRESS_H */
