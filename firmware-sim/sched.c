// SPDX-License-Identifier: MIT
/*
 * Which queue works next: the highest band that has work; inside a band one after the
 * other, a quantum each.
 */
#include "chip.h"

/*
 * When the queue may work: it polls a fence, or its last tiles are slow. A slow queue waits
 * here and not on a lane, so that it can be cancelled, and others work, as at any time.
 */
static uint64_t tnpu_sched_at(const struct tnpu_queue *q)
{
	const uint64_t slow_ns = 1000 * tnpu_provoked(q->chip, TNPU_PROVOKE_SLOW_US);
	const uint64_t slow_until = q->slow_from + q->slow_tiles * slow_ns;

	return slow_until > q->poll_at ? slow_until : q->poll_at;
}

static bool tnpu_sched_ready(const struct tnpu_queue *q, uint64_t now)
{
	if (!q->exists || q->suspended || q->stopped || now < tnpu_sched_at(q))
		return false;
	/* A hung queue takes its job, so that the job can be found guilty. */
	if (q->job.active && tnpu_provoked(q->chip, TNPU_PROVOKE_HANG_QUEUE) == q->id + 1)
		return false;
	return tnpu_queue_has_work(q);
}

/* The queue whose turn it is in a band, NULL where none is ready. */
static struct tnpu_queue *tnpu_sched_band(struct tnpu_chip *chip, uint32_t band, uint64_t now)
{
	const unsigned int queues = chip->config.queues;
	struct tnpu_queue *q = &chip->queue[chip->current[band]];
	unsigned int i;

	if (q->priority == band && q->slice > 0 && tnpu_sched_ready(q, now))
		return q;
	for (i = 1; i <= queues; i++) {
		q = &chip->queue[(chip->current[band] + i) % queues];
		if (q->priority == band && tnpu_sched_ready(q, now)) {
			chip->current[band] = q->id;
			q->slice = chip->fw.quantum_ns;
			return q;
		}
	}
	return NULL;
}

bool tnpu_sched_run(struct tnpu_chip *chip)
{
	const uint64_t now = tnpu_host_ns();
	struct tnpu_queue *q = NULL;
	int band;

	if (!chip->running)
		return false;
	for (band = TNPU_PRIORITY_COUNT - 1; band >= 0 && !q; band--)
		q = tnpu_sched_band(chip, band, now);
	if (!q)
		return false;
	tnpu_queue_run(q, now + TNPU_BATCH_NS);
	q->slice -= tnpu_host_ns() - now;
	if (q->slice < 0)
		q->slice = 0;
	return true;
}

uint64_t tnpu_sched_next(struct tnpu_chip *chip)
{
	uint64_t next = ~0ull;
	unsigned int i;

	for (i = 0; i < chip->config.queues; i++) {
		const struct tnpu_queue *q = &chip->queue[i];

		if (tnpu_sched_at(q) < next && tnpu_sched_ready(q, ~0ull))
			next = tnpu_sched_at(q);
	}
	return next;
}

void tnpu_sched_signalled(struct tnpu_chip *chip)
{
	unsigned int i;

	for (i = 0; i < chip->config.queues; i++)
		chip->queue[i].poll_at = 0;
}
