/* SPDX-License-Identifier: MIT */
/*
 * The gate between the NPU and the arm: open for as long as the NPU has just
 * shown that it works. Any thread may use it.
 */
#ifndef AGENT_GUARD_H
#define AGENT_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct agent_guard - a deadline on the NPU's answers
 * @answered_ns: when the last right answer came, CLOCK_MONOTONIC
 * @tripped: a wrong answer or an error came, or none has come yet
 * @deadline_ns: how old the last right answer may be
 */
struct agent_guard {
	_Atomic int64_t answered_ns;
	_Atomic bool tripped;
	int64_t deadline_ns;
};

/** agent_clock_ns() - CLOCK_MONOTONIC */
int64_t agent_clock_ns(void);

/** agent_guard_init() - a shut gate */
void agent_guard_init(struct agent_guard *guard, int64_t deadline_ns);

/** agent_guard_feed() - a right answer came at @now_ns: opens the gate */
void agent_guard_feed(struct agent_guard *guard, int64_t now_ns);

/** agent_guard_trip() - shuts the gate at once */
void agent_guard_trip(struct agent_guard *guard);

/** agent_guard_open() - may the arm move at @now_ns? */
bool agent_guard_open(const struct agent_guard *guard, int64_t now_ns);

#endif
