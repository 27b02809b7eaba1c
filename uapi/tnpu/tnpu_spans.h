/* SPDX-License-Identifier: MIT */
/*
 * TNPU: the contract between the driver and who reads the debugfs file "spans".
 *
 * Each read(2) returns one struct tnpu_spans and @count struct tnpu_span behind it, at once, with
 * whatever the device has recorded since the file was opened or read last. A read that had room
 * for more spans than it got, and got fewer than TNPU_SPANS_MAX, was the last one for now. The
 * file can be open once. All fields are in the CPU's byte order. A span's seq is the ring entry's:
 * on a queue that lives through a function reset it begins anew, and that of trace events goes on.
 *
 * Debugfs is for root, and for looking at: no program may depend on it to work.
 * Documentation/driver.rst, "Tracing", tells more.
 */
#ifndef _TNPU_SPANS_H_
#define _TNPU_SPANS_H_

#include <linux/types.h>

#include "tnpu_regs.h"

#define TNPU_SPANS_MAX			8192	/* of one read, however large its buffer */

struct tnpu_spans {
	__u64 counter;		/* the device's timestamp counter, ... */
	__u64 mono_ns;		/* ... when CLOCK_MONOTONIC, as trace_clock "mono", was this */
	__u64 lost;		/* spans for which the device had no room, since the last read */
	__u32 count;
	__u32 reserved;
	struct tnpu_span span[];
};

#endif /* _TNPU_SPANS_H_ */
