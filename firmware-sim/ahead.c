// SPDX-License-Identifier: MIT
/*
 * Weights of the next matrix, fetched into caches by lanes that have nothing to do.
 *
 * Between two matrices of a decoder lie short commands, which lane 0 runs alone; memory,
 * which bounds decoding, would stand still meanwhile. It is a hint and nothing else: it
 * goes by translations that are known already, makes no access that the bus could see,
 * and what it got wrong was a waste.
 */
#include <string.h>

#include "chip.h"

/* Commands that are looked at for the next one with weights: a decoder has up to seven. */
#define TNPU_AHEAD_COMMANDS	12
/* What the cache of a core takes without losing what the core works on. */
#define TNPU_AHEAD_LANE_BYTES	(512u << 10)
/* Some 100 nanoseconds, after which a lane looks whether there is work. */
#define TNPU_AHEAD_PIECE	2048

static void tnpu_ahead_set(struct tnpu_ahead *ahead, uintptr_t host, uint64_t size)
{
	/* Lanes that read a mixture of old and new fetch something useless, at worst. */
	atomic_store(&ahead->end, 0);
	atomic_store(&ahead->next, host);
	atomic_store(&ahead->end, host + size);
}

bool tnpu_ahead_fetch(struct tnpu_ahead *ahead)
{
	const uintptr_t end = atomic_load_explicit(&ahead->end, memory_order_relaxed);
	uintptr_t at;
	unsigned int i;

	if (atomic_load_explicit(&ahead->next, memory_order_relaxed) >= end)
		return false;
	at = atomic_fetch_add(&ahead->next, TNPU_AHEAD_PIECE);
	for (i = 0; i < TNPU_AHEAD_PIECE; i += 64)
		__builtin_prefetch((const void *)(at + i), 0, 2);
	return true;
}

/* Copies a coming command; returns its operator, NULL where the stream is not known so far. */
static const struct tnpu_op *tnpu_ahead_command(const struct tnpu_queue *q, uint32_t offset,
						uint64_t desc[TNPU_DESC_BYTES / 8])
{
	const struct tnpu_job *job = &q->job;
	const struct tnpu_mmu *mmu = &q->chip->pool.lane[0].mmu;
	const uint32_t left = job->entry.cmd_size - offset;
	struct tnpu_cmd_header header;
	const struct tnpu_op *op;
	const void *p;

	p = left < sizeof(header) ? NULL :
		tnpu_mmu_known(mmu, job->entry.cmd_va + offset, sizeof(header));
	if (!p)
		return NULL;
	memcpy(&header, p, sizeof(header));
	op = header.opcode < TNPU_OP_MAX ? tnpu_ops[header.opcode] : NULL;
	if (!op || left < op->size)
		return NULL;
	p = tnpu_mmu_known(mmu, job->entry.cmd_va + offset, op->size);
	if (p)
		memcpy(desc, p, op->size);
	return p ? op : NULL;
}

static void tnpu_ahead_publish(struct tnpu_chip *chip, const struct tnpu_op *op,
			       const void *desc)
{
	uint64_t size = (uint64_t)(chip->pool.lanes - 1) * TNPU_AHEAD_LANE_BYTES;
	uint64_t va, bytes = 0;
	const void *host;

	va = op->ahead(desc, &bytes);
	if (bytes < size)
		size = bytes;
	host = tnpu_mmu_known(&chip->pool.lane[0].mmu, va, size);
	if (host)
		tnpu_ahead_set(&chip->pool.ahead, (uintptr_t)host, size);
}

void tnpu_ahead_look(struct tnpu_queue *q)
{
	struct tnpu_job *job = &q->job;
	const struct tnpu_op *op = job->cmd.op;
	uint64_t desc[TNPU_DESC_BYTES / 8];
	unsigned int i;

	if (job->offset < job->ahead || q->chip->pool.lanes == 1)
		return;
	tnpu_ahead_set(&q->chip->pool.ahead, 0, 0);
	job->ahead = job->offset + op->size;
	for (i = 0; i < TNPU_AHEAD_COMMANDS; i++) {
		op = tnpu_ahead_command(q, job->ahead, desc);
		if (!op)
			return;
		if (op->ahead) {
			tnpu_ahead_publish(q->chip, op, desc);
			return;
		}
		job->ahead += op->size;
	}
}
