/* SPDX-License-Identifier: MIT */
/*
 * What an input of fuzz_stream looks like, and the memory that its commands find. Shared
 * by the target, its seeds and its mutator.
 */
#ifndef _FUZZ_STREAM_H_
#define _FUZZ_STREAM_H_

#include <stddef.h>
#include <stdint.h>

/**
 * struct stream_head - an input: this, @pokes times struct stream_poke, then the stream
 * @chip: variant, see fuzz_chip_get()
 * @flags: STREAM_*
 * @fill: what STREAM_DATA holds: STREAM_FILL_*
 */
struct stream_head {
	uint8_t chip;
	uint8_t flags;
	uint8_t pokes;
	uint8_t fill;
};

#define STREAM_FENCE		(1u << 0)	/* the job has a user fence */
#define STREAM_PREDICATE	(1u << 1)	/* the job has a predicate cell: word 16 */
#define STREAM_INVALIDATE	(1u << 2)	/* INVALIDATE while it runs */
#define STREAM_CANCEL		(1u << 3)	/* CANCEL while it runs */
#define STREAM_PAUSE		(1u << 4)	/* pause and resume while it runs */
#define STREAM_SYSTEM		(1u << 5)	/* the stream lies in system memory */

#define STREAM_FILL_FLOATS	0
#define STREAM_FILL_BYTES	1
#define STREAM_FILL_ODD		2		/* infinities, NaN, subnormals between others */
#define STREAM_FILLS		3

/** struct stream_poke - a word of the rooms, before the stream runs */
struct stream_poke {
	uint32_t word;
	uint32_t value;
};

#define STREAM_BYTES_MAX	8192u

/*
 * The rooms have the same contents at the same offsets, so that a command may find its
 * operands in any of them. No page after a room is mapped.
 */
enum stream_room {
	STREAM_LOCAL,		/* device memory, contiguous */
	STREAM_SCATTER,		/* device memory, pages in descending order */
	STREAM_HOST,		/* system memory */
	STREAM_READ_ONLY,	/* the pages of STREAM_LOCAL */
	STREAM_WRITE_ONLY,	/* the pages of STREAM_LOCAL */
	STREAM_ROOMS
};

#define STREAM_ROOM_BYTES	0x20000u
#define STREAM_ROOM_BASE	0x40000000ull
#define STREAM_ROOM_STEP	0x1000000ull
#define STREAM_VA(room, offset)	(STREAM_ROOM_BASE + (room) * STREAM_ROOM_STEP + (offset))

/* What lies where in a room. */
#define STREAM_ZEROS		0x0000u		/* words of 0 */
#define STREAM_PAIRS		0x0400u		/* words 0, 1, 0, 1, ... */
#define STREAM_COUNT		0x0800u		/* words 0, 1, 2, ... 255 */
#define STREAM_ONES		0x0c00u		/* words with all bits set */
#define STREAM_PARAMS		0x1000u		/* struct tnpu_sample_params */
#define STREAM_DATA		0x2000u		/* see stream_head.fill */
#define STREAM_OUT		0x18000u	/* where seeds store */

/**
 * stream_command - good command @index
 * Into @buf of STREAM_COMMAND_MAX bytes; returns its size, 0: there are no more.
 */
size_t stream_command(unsigned int index, void *buf);

#define STREAM_COMMAND_MAX	512u

#endif /* _FUZZ_STREAM_H_ */
