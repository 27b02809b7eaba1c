// SPDX-License-Identifier: MIT
/*
 * Hardware queues: ring entries in, completion records out.
 */
#include <stddef.h>
#include <string.h>

#include "chip.h"

#define TNPU_POLL_MIN_NS	20000
#define TNPU_POLL_MAX_NS	1000000

static uint32_t tnpu_queue_entries(const struct tnpu_queue *q)
{
	return 1u << q->order;
}

bool tnpu_queue_has_work(const struct tnpu_queue *q)
{
	return q->job.active || q->head != q->tail || q->bad_tail;
}

/* ---- Doorbells ---------------------------------------------------------------------- */

/*
 * Head and tail count mod 2N, so a tail can name 0..N entries. One that names more, or is
 * not below 2N, tells that driver and device disagree about the ring: nothing in it can be
 * trusted from here on, and the queue stops at the next entry with TNPU_ERR_ENTRY.
 */
static void tnpu_queue_set_tail(struct tnpu_queue *q, uint32_t tail)
{
	const uint32_t entries = tnpu_queue_entries(q);

	if (tail >= 2 * entries || ((tail - q->head) & (2 * entries - 1)) > entries)
		q->bad_tail = true;
	else
		q->tail = tail;
}

void tnpu_queue_doorbells(struct tnpu_chip *chip)
{
	uint32_t tail[TNPU_QUEUES_MAX];
	uint64_t rung;
	unsigned int i;

	pthread_mutex_lock(&chip->lock);
	rung = chip->rung;
	chip->rung = 0;
	memcpy(tail, chip->tail, sizeof(tail));
	pthread_mutex_unlock(&chip->lock);
	for (i = 0; rung; i++, rung >>= 1)
		if (rung & 1 && chip->queue[i].exists)
			tnpu_queue_set_tail(&chip->queue[i], tail[i]);
}

/* ---- Completions -------------------------------------------------------------------- */

/*
 * The order is a promise: all stores of the job and its fence, then the record, then its
 * seq by an access of its own, then the interrupt.
 */
static void tnpu_completion_write(struct tnpu_queue *q, const struct tnpu_completion *c)
{
	const uint32_t index = (c->seq - 1) & (tnpu_queue_entries(q) - 1);
	const uint64_t addr = q->completion + index * sizeof(*c);

	__sync_synchronize();
	if (tnpu_bus_write(q->chip, addr + sizeof(c->seq), (const uint8_t *)c + sizeof(c->seq),
			   sizeof(*c) - sizeof(c->seq)) ||
	    tnpu_bus_write(q->chip, addr, &c->seq, sizeof(c->seq)))
		tnpu_log(q->chip, "queue %u: completion %llu refused by the bus",
			 q->id, c->seq);
	tnpu_bus_raise(q->chip, TNPU_VECTOR_QUEUE(q->id, q->chip->config.vectors));
}

static void tnpu_job_log(struct tnpu_queue *q, const struct tnpu_completion *c)
{
	if (c->status == TNPU_STATUS_ERROR)
		tnpu_log(q->chip,
			 "queue %u context %u job %llu command %u: error %u va 0x%llx access %u",
			 q->id, q->mem->id, c->seq, c->cmd_index, c->reason, c->fault_va,
			 c->access);
	else if (q->stopped)
		tnpu_log(q->chip, "queue %u context %u job %llu: stopped, status %u",
			 q->id, q->mem->id, c->seq, c->status);
}

/* Ends the job at the head. Whatever is neither success nor skip stops the queue. */
static void tnpu_job_complete(struct tnpu_queue *q, uint32_t status,
			      const struct tnpu_error *error)
{
	struct tnpu_job *job = &q->job;
	const struct tnpu_completion c = {
		.seq = ++q->seq,
		.status = status,
		.reason = error ? error->reason : TNPU_ERR_NONE,
		.cmd_index = job->cmd_index,
		.access = error ? error->access : 0,
		.fault_va = error ? error->va : 0,
		.start = job->start,
		.end = tnpu_chip_clock(q->chip),
		.busy = job->busy,
	};

	tnpu_exec_end(q);
	job->active = false;
	q->stopped = status != TNPU_STATUS_OK && status != TNPU_STATUS_SKIPPED;
	q->head = (q->head + 1) & (2 * tnpu_queue_entries(q) - 1);
	q->jobs++;
	tnpu_chip_count(q->chip, TNPU_COUNTER_JOBS, 1);
	tnpu_chip_count(q->chip, TNPU_COUNTER_JOBS_FAILED, q->stopped);
	tnpu_job_log(q, &c);
	tnpu_completion_write(q, &c);
}

static void tnpu_job_fail(struct tnpu_queue *q, const struct tnpu_error *error)
{
	tnpu_job_complete(q, TNPU_STATUS_ERROR, error);
}

/* ---- Jobs --------------------------------------------------------------------------- */

static uint32_t tnpu_entry_check(const struct tnpu_queue *q, const struct tnpu_ring_entry *e)
{
	if (q->bad_tail || e->seq != q->seq + 1)
		return TNPU_ERR_ENTRY;
	if (e->flags & ~TNPU_JOB_FLAGS || e->reserved[0] || e->reserved[1])
		return TNPU_ERR_ENTRY;
	if (e->cmd_va % 8 || e->cmd_size % 8 || e->fence_va % 8 || e->pred_va % 4)
		return TNPU_ERR_ENTRY;
	if (!e->cmd_size && !(e->flags & TNPU_JOB_NULL))
		return TNPU_ERR_ENTRY;
	if (e->cmd_size > TNPU_MAX_STREAM_BYTES)
		return TNPU_ERR_LIMIT;
	return TNPU_ERR_NONE;
}

/* Fetches the entry at the head. Returns a reason. */
static uint32_t tnpu_job_fetch(struct tnpu_queue *q)
{
	struct tnpu_job *job = &q->job;
	const uint32_t index = q->head & (tnpu_queue_entries(q) - 1);

	job->offset = 0;
	job->ahead = 0;
	job->cmd_index = 0;
	job->busy = 0;
	job->start = tnpu_chip_clock(q->chip);
	if (tnpu_bus_read(q->chip, q->ring + index * sizeof(job->entry), &job->entry,
			  sizeof(job->entry)))
		return TNPU_ERR_DMA;
	return tnpu_entry_check(q, &job->entry);
}

static struct tnpu_mmu *tnpu_queue_mmu(struct tnpu_queue *q)
{
	struct tnpu_mmu *mmu = &q->chip->pool.lane[0].mmu;

	tnpu_mmu_begin(mmu, q->mem);
	return mmu;
}

/*
 * The fence of a skipped job is written too: it says that the job is over, and whoever waits
 * for it would wait for ever.
 */
static void tnpu_job_finish(struct tnpu_queue *q, uint32_t status)
{
	const struct tnpu_ring_entry *entry = &q->job.entry;
	struct tnpu_error error;

	if (entry->fence_va) {
		__sync_synchronize();
		if (tnpu_mmu_write(tnpu_queue_mmu(q), entry->fence_va, &entry->fence_value,
				   sizeof(entry->fence_value), &error)) {
			tnpu_job_fail(q, &error);
			return;
		}
		tnpu_sched_signalled(q->chip);
	}
	tnpu_job_complete(q, status, NULL);
}

static void tnpu_job_start(struct tnpu_queue *q)
{
	struct tnpu_job *job = &q->job;
	struct tnpu_error error = { .reason = tnpu_job_fetch(q) };
	uint32_t predicate = 0;

	if (error.reason) {
		tnpu_job_fail(q, &error);
		return;
	}
	job->active = true;
	if (job->entry.flags & TNPU_JOB_NULL)
		job->entry.cmd_size = 0;
	if (!job->entry.pred_va)
		return;
	if (tnpu_mmu_read(tnpu_queue_mmu(q), job->entry.pred_va, &predicate,
			  sizeof(predicate), &error))
		tnpu_job_fail(q, &error);
	else if (predicate)
		tnpu_job_finish(q, TNPU_STATUS_SKIPPED);
}

static void tnpu_queue_poll_later(struct tnpu_queue *q)
{
	q->poll_ns = q->poll_ns ? 2 * q->poll_ns : TNPU_POLL_MIN_NS;
	if (q->poll_ns > TNPU_POLL_MAX_NS)
		q->poll_ns = TNPU_POLL_MAX_NS;
	q->poll_at = tnpu_host_ns() + q->poll_ns;
}

/* Runs the next command, or what is left of it; false where the queue has to yield. */
static bool tnpu_job_step(struct tnpu_queue *q, uint64_t deadline)
{
	struct tnpu_job *job = &q->job;
	enum tnpu_exec ret = TNPU_EXEC_FAILED;

	if (!tnpu_exec_next(q))
		ret = tnpu_exec_run(q, deadline);
	switch (ret) {
	case TNPU_EXEC_DONE:
		tnpu_trace_add(q, TNPU_SPAN_CONTROL, job->since);
		q->poll_ns = 0;
		q->commands++;
		tnpu_chip_count(q->chip, TNPU_COUNTER_COMMANDS, 1);
		job->offset = job->cmd.ends ? job->entry.cmd_size :
					      job->offset + job->cmd.op->size;
		job->cmd_index++;
		tnpu_exec_end(q);
		return true;
	case TNPU_EXEC_WAIT:
		tnpu_queue_poll_later(q);
		return false;
	case TNPU_EXEC_FAILED:
		tnpu_job_fail(q, &job->cmd.error);
		return false;
	default:
		return false;
	}
}

static bool tnpu_queue_hangs(const struct tnpu_queue *q)
{
	return tnpu_provoked(q->chip, TNPU_PROVOKE_HANG_QUEUE) == q->id + 1;
}

static bool tnpu_queue_expired(const struct tnpu_queue *q, uint64_t deadline)
{
	return q->slow_tiles ||
	       atomic_load_explicit(&q->chip->events, memory_order_relaxed) &
	       TNPU_EVENTS_URGENT || tnpu_host_ns() >= deadline;
}

/*
 * The commands of the active job. Its engine time ends before its completion is written.
 * Polling a fence is no engine time: who watches a queue must see that it stands still.
 */
static void tnpu_job_run(struct tnpu_queue *q, uint64_t deadline)
{
	struct tnpu_job *job = &q->job;
	uint64_t start = tnpu_chip_clock(q->chip);
	bool more;

	do {
		uint64_t now;

		more = tnpu_job_step(q, deadline);
		now = tnpu_chip_clock(q->chip);
		if (!q->poll_ns) {
			q->busy += now - start;
			tnpu_chip_count(q->chip, TNPU_COUNTER_BUSY, now - start);
			job->busy += now - start;
		}
		start = now;
	} while (more && job->offset < job->entry.cmd_size && !tnpu_queue_expired(q, deadline));
	tnpu_sensors_advance(&q->chip->sensors, start,
			     tnpu_chip_counter(q->chip, TNPU_COUNTER_BUSY));
}

void tnpu_queue_run(struct tnpu_queue *q, uint64_t deadline)
{
	struct tnpu_job *job = &q->job;

	q->slow_tiles = 0;
	do {
		if (!job->active)
			tnpu_job_start(q);
		if (!job->active)
			continue;
		if (tnpu_queue_hangs(q))
			return;
		if (job->offset < job->entry.cmd_size)
			tnpu_job_run(q, deadline);
		if (!job->active)
			continue;
		if (job->offset < job->entry.cmd_size || q->slow_tiles)
			return;
		tnpu_job_finish(q, TNPU_STATUS_OK);
	} while (!q->stopped && tnpu_queue_has_work(q) && !tnpu_queue_expired(q, deadline));
}

/* ---- What messages do to a queue ------------------------------------------------------ */

bool tnpu_queue_create_valid(const struct tnpu_msg_queue_create *msg)
{
	const uint64_t bytes = sizeof(struct tnpu_ring_entry) << (msg->order & 31);

	if (msg->order < TNPU_RING_ORDER_MIN || msg->order > TNPU_RING_ORDER_MAX)
		return false;
	if (msg->priority >= TNPU_PRIORITY_COUNT || msg->reserved)
		return false;
	return !(msg->ring % 64) && !(msg->completion % 64) &&
	       msg->ring + bytes > msg->ring && msg->completion + bytes > msg->completion;
}

void tnpu_queue_create(struct tnpu_queue *q, const struct tnpu_msg_queue_create *msg)
{
	struct tnpu_chip *chip = q->chip;
	const uint32_t id = q->id;

	/* A doorbell rung before the queue existed names nothing. */
	pthread_mutex_lock(&chip->lock);
	chip->rung &= ~(1ull << id);
	pthread_mutex_unlock(&chip->lock);
	memset(q, 0, sizeof(*q));
	q->chip = chip;
	q->id = id;
	q->mem = &chip->mem[msg->context];
	q->ring = msg->ring;
	q->completion = msg->completion;
	q->order = msg->order;
	q->priority = msg->priority;
	q->exists = true;
}

void tnpu_queue_destroy(struct tnpu_queue *q)
{
	tnpu_exec_end(q);
	tnpu_blob_free(&q->job.inputs.blob);
	q->job.active = false;
	q->exists = false;
}

void tnpu_queue_cancel(struct tnpu_queue *q)
{
	if (q->stopped)
		return;
	if (!q->job.active && q->head != q->tail)
		tnpu_job_fetch(q);
	if (q->job.active || q->head != q->tail)
		tnpu_job_complete(q, TNPU_STATUS_CANCELLED, NULL);
	q->stopped = true;
}

void tnpu_queue_engine_reset(struct tnpu_queue *q)
{
	if (q->exists && q->job.active)
		tnpu_job_complete(q, TNPU_STATUS_RESET, NULL);
}
