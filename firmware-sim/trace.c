// SPDX-License-Identifier: MIT
/*
 * Spans: who did what from when to when, for TNPU_MSG_TRACE. Lanes record during a batch, each
 * into places of its own; control reads and forgets between batches, when no lane records.
 */
#include "chip.h"

uint64_t tnpu_trace_now(struct tnpu_chip *chip)
{
	return chip->trace.on ? tnpu_chip_clock(chip) : 0;
}

void tnpu_trace_add(const struct tnpu_queue *q, unsigned int lane, uint64_t start)
{
	struct tnpu_trace *trace = &q->chip->trace;
	uint64_t place;

	if (!start || !trace->on)
		return;
	place = atomic_fetch_add(&trace->count, 1);
	if (place >= TNPU_SPANS)
		return;
	trace->span[place] = (struct tnpu_span){
		.start = start,
		.end = tnpu_chip_clock(q->chip),
		.seq = q->job.entry.seq,
		.command = q->job.cmd_index,
		.opcode = ((const struct tnpu_cmd_header *)q->job.desc)->opcode,
		.queue = q->id,
		.lane = lane,
	};
}

/* Those that found room. */
static uint32_t tnpu_trace_kept(const struct tnpu_trace *trace)
{
	const uint64_t count = atomic_load(&trace->count);

	return count < TNPU_SPANS ? count : TNPU_SPANS;
}

uint32_t tnpu_trace_peek(const struct tnpu_chip *chip, const struct tnpu_span **span)
{
	const struct tnpu_trace *trace = &chip->trace;

	*span = trace->span + trace->taken;
	return tnpu_trace_kept(trace) - trace->taken;
}

uint64_t tnpu_trace_take(struct tnpu_chip *chip, uint32_t count, bool go_on)
{
	struct tnpu_trace *trace = &chip->trace;
	const uint32_t kept = tnpu_trace_kept(trace);
	const uint64_t lost = atomic_load(&trace->count) - kept;

	trace->on = go_on;
	trace->taken += count;
	if (!go_on || trace->taken == kept)
		trace->taken = 0;
	atomic_store(&trace->count, trace->taken ? kept : 0);
	return lost;
}
