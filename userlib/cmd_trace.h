/* SPDX-License-Identifier: MIT */
/*
 * tnpu trace: its parts. What the kernel and the device say is believed by none of them.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC, where nothing else is said.
 */
#ifndef TNPU_CMD_TRACE_H
#define TNPU_CMD_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <tnpu/tnpu_spans.h>

#include "errmsg.h"

/* ---- What the driver tells: text of tracefs ---------------------------------------------- */

/**
 * struct tnpu_trace_event - a tracepoint that was passed
 * @ns: when, in whole microseconds
 * @comm: the thread, or what interrupted it
 * @pid: its number
 * @cpu: the processor
 * @name: of the tracepoint
 * @text: "key=value key=value"
 * @row: for who tells of threads
 */
struct tnpu_trace_event {
	uint64_t ns;
	const char *comm;
	uint32_t pid;
	uint32_t cpu;
	const char *name;
	const char *text;
	uint32_t row;
};

/** struct tnpu_trace_events - @bad: lines that are none */
struct tnpu_trace_events {
	struct tnpu_trace_event *at;
	size_t n;
	uint64_t bad;
};

/**
 * tnpu_trace_events_parse() - The events of a file "trace" of tracefs
 * @text: the file and a zero behind it; it is cut into strings, to which the events point
 * @size: bytes before that zero
 * @events: free() its @at
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_trace_events_parse(char *text, size_t size, struct tnpu_trace_events *events);

/**
 * tnpu_trace_next_arg() - Step through an event's "key=value"s
 * @at: where to go on; behind what was found afterwards
 * @key: begin of the word
 * @key_len: bytes of letters, digits and "_" before its "=", 0 where it has none
 * @value: begin of the value
 * @value_len: bytes, without the comma that may end it
 *
 * Return: is there another word?
 */
bool tnpu_trace_next_arg(const char **at, const char **key, size_t *key_len, const char **value,
			 size_t *value_len);

/** tnpu_trace_event_u64() - the number that @key of an event is. Is it one? */
bool tnpu_trace_event_u64(const struct tnpu_trace_event *event, const char *key,
			  uint64_t *value);

/* ---- What the device tells: blocks of struct tnpu_spans ---------------------------------- */

/** TNPU_TRACE_PAIRS - clocks of so many blocks tell which of them are off */
#define TNPU_TRACE_PAIRS	15

/** struct tnpu_trace_pair - both clocks at one moment */
struct tnpu_trace_pair {
	uint64_t counter;
	uint64_t ns;
};

/** struct tnpu_trace_clock - pairs in which both grow */
struct tnpu_trace_clock {
	struct tnpu_trace_pair *pairs;
	size_t n;
};

/**
 * struct tnpu_trace_spans - what a device has recorded
 * @at: the spans, in ticks of its counter
 * @n: how many
 * @clock: what its counter was when
 * @lost: spans for which the device had no room
 */
struct tnpu_trace_spans {
	struct tnpu_span *at;
	size_t n;
	struct tnpu_trace_clock clock;
	uint64_t lost;
};

/**
 * tnpu_trace_block_size() - Look at the block of spans that some bytes begin with
 * @data: bytes, aligned to 8
 * @size: how many
 *
 * Return: the block's bytes; 0 where it is not whole.
 */
size_t tnpu_trace_block_size(const void *data, size_t size);

/**
 * tnpu_trace_spans_parse() - The spans and the clock of blocks that lie one behind the other
 * @data: the blocks, aligned to 8; the spans are moved to their beginning
 * @size: bytes
 * @spans: free() its @clock.pairs
 *
 * Return: 0; -ENOMEM; -EINVAL where a block is not whole: what is before it counts.
 */
int tnpu_trace_spans_parse(void *data, size_t size, struct tnpu_trace_spans *spans);

/**
 * tnpu_trace_clock_ns() - When the device's counter was @ticks
 * @clock: linear between two pairs that are neighbours, outside as fast as on average
 * @ticks: the counter
 * @ns: the time
 *
 * Return: false where that is no time, or the clock has no pair.
 */
bool tnpu_trace_clock_ns(const struct tnpu_trace_clock *clock, uint64_t ticks, uint64_t *ns);

/* ---- The file ---------------------------------------------------------------------------- */

/**
 * struct tnpu_trace_counts - what a file holds
 * @spans: of lanes and commands
 * @jobs: spans of jobs
 * @events: tracepoints
 * @dropped: spans and jobs that cannot have been
 */
struct tnpu_trace_counts {
	uint64_t spans;
	uint64_t jobs;
	uint64_t events;
	uint64_t dropped;
};

/**
 * tnpu_trace_write() - Write JSON for ui.perfetto.dev and chrome://tracing
 * @f: where to
 * @events: the driver's; their rows are set
 * @spans: the device's
 * @counts: what was written
 *
 * Everything is in order of time, which begins with the first of all.
 *
 * Return: 0, -ENOMEM, or what the file said.
 */
int tnpu_trace_write(FILE *f, struct tnpu_trace_events *events,
		     const struct tnpu_trace_spans *spans, struct tnpu_trace_counts *counts);

/* ---- The sources, cmd_trace_fs.c --------------------------------------------------------- */

/** struct tnpu_tracefs - an instance of tracefs; @path is empty where there is none */
struct tnpu_tracefs {
	char path[128];
};

/** tnpu_tracefs_start() - record the driver's events from here on. 0 or a negative errno. */
int tnpu_tracefs_start(struct tnpu_tracefs *fs, struct tnpu_errmsg *err);

/**
 * tnpu_tracefs_read() - End the recording, and take what there is
 * @fs: the instance
 * @text: the file "trace", with a zero behind it; free() it
 * @size: its bytes
 * @lost: events that were overwritten
 * @err: why it failed
 *
 * Return: 0 or a negative errno.
 */
int tnpu_tracefs_read(const struct tnpu_tracefs *fs, char **text, size_t *size, uint64_t *lost,
		      struct tnpu_errmsg *err);

/** tnpu_tracefs_stop() - leave nothing of it. More than once is allowed. */
void tnpu_tracefs_stop(struct tnpu_tracefs *fs);

/**
 * struct tnpu_spans_file - a device's file "spans", and where its blocks are kept
 * @fd: the file, -1: closed
 * @raw: an unlinked file, -1: none
 * @block: for one read
 * @err: why it ended early
 */
struct tnpu_spans_file {
	int fd;
	int raw;
	struct tnpu_spans *block;
	struct tnpu_errmsg err;
};

/** tnpu_spans_file_open() - record a device's spans from here on. 0 or a negative errno. */
int tnpu_spans_file_open(struct tnpu_spans_file *file, const char *node,
			 struct tnpu_errmsg *err);

/** tnpu_spans_file_take() - keep what has come; an error ends the recording, see @err */
void tnpu_spans_file_take(struct tnpu_spans_file *file);

/**
 * tnpu_spans_file_map() - End the recording, and take what was kept
 * @file: the file
 * @data: the blocks, to be read and written; munmap() them if there are any
 * @size: their bytes, 0 is possible
 * @err: why it failed
 *
 * Return: 0 or a negative errno.
 */
int tnpu_spans_file_map(struct tnpu_spans_file *file, void **data, size_t *size,
			struct tnpu_errmsg *err);

/** tnpu_spans_file_close() - more than once is allowed */
void tnpu_spans_file_close(struct tnpu_spans_file *file);

#endif /* TNPU_CMD_TRACE_H */
