/* SPDX-License-Identifier: MIT */
/*
 * The chip in process, with a hand in it: a plug-in that fails when a test says so.
 * tests find its functions by dlsym(), by these names.
 */
#ifndef FAULTY_H
#define FAULTY_H

enum faulty_kind {
	FAULTY_NONE,
	FAULTY_ERROR,		/* one ioctl fails with -EIO */
	FAULTY_GONE,		/* the device is removed: -ENODEV from all, and no opening */
	FAULTY_BLOCK,		/* ioctls do not return before it is healed */
	FAULTY_HANG,		/* the chip's queue makes no progress */
	FAULTY_CRASH,		/* its firmware crashes */
	FAULTY_RESET,		/* the chip is reset under the driver's feet */
	FAULTY_SCRIBBLE,	/* its memory is full of something else */
	FAULTY_KINDS
};

/** faulty_set() - the ioctl after @after more ones fails by @kind */
void faulty_set(enum faulty_kind kind, long after);

/** faulty_heal() - what can end, ends */
void faulty_heal(void);

/** faulty_count() - ioctls so far */
long faulty_count(void);

#endif
