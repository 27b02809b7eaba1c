// SPDX-License-Identifier: MIT
/*
 * The engine lanes. Control opens a gate, works along as lane 0, closes the gate and waits
 * until the workers inside have left: a worker that wakes too late finds it closed and
 * costs nobody any time. Workers spin shortly between batches, then sleep.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "chip.h"

#define TNPU_GATE_OPEN		(1u << 31)
#define TNPU_POOL_SPIN_NS	30000

static bool tnpu_batch_expired(const struct tnpu_batch *batch, struct tnpu_chip *chip)
{
	return atomic_load_explicit(&chip->events, memory_order_relaxed) &
	       TNPU_EVENTS_URGENT || tnpu_host_ns() >= batch->deadline;
}

static int tnpu_batch_tiles(struct tnpu_batch *batch, struct tnpu_lane *lane,
			    uint64_t first, uint32_t count)
{
	struct tnpu_cmd *cmd = batch->cmd;
	int ret;

	tnpu_mmu_begin(&lane->mmu, cmd->mem);
	ret = cmd->op->tiles(cmd, lane, batch->phase, first, count);
	tnpu_lane_reset(lane);
	if (ret == TNPU_TILE_AGAIN)
		atomic_store(&batch->next, first);
	return ret;
}

/*
 * What is taken is finished, so that @next alone says how far the phase is; and a lane
 * takes before it looks at the clock, so that even a flood of events lets work go on.
 * False: there was nothing left to take.
 */
static bool tnpu_batch_take(struct tnpu_batch *batch, struct tnpu_lane *lane)
{
	const uint32_t tiles = batch->cmd->tiles[batch->phase];
	const uint32_t grain = batch->cmd->grain[batch->phase];
	const uint64_t first = atomic_fetch_add(&batch->next, grain);
	int ret;

	if (first >= tiles)
		return false;
	ret = tnpu_batch_tiles(batch, lane, first, grain < tiles - first ? grain : tiles - first);
	if (ret)
		atomic_store(&batch->stop, ret);
	return true;
}

void tnpu_batch_run(struct tnpu_batch *batch, struct tnpu_lane *lane)
{
	const uint64_t start = tnpu_trace_now(lane->chip);
	bool any = false;

	while (tnpu_batch_take(batch, lane)) {
		any = true;
		if (atomic_load(&batch->stop) || tnpu_batch_expired(batch, lane->chip))
			break;
	}
	if (any)
		tnpu_trace_add(batch->queue, lane - lane->chip->pool.lane, start);
}

static void tnpu_pool_join(struct tnpu_pool *pool, struct tnpu_lane *lane)
{
	if (atomic_fetch_add(&pool->gate, 1) & TNPU_GATE_OPEN)
		tnpu_batch_run(pool->batch, lane);
	if (atomic_fetch_sub(&pool->gate, 1) == 1 && atomic_load(&pool->waiting))
		tnpu_futex_wake(&pool->gate);
}

/* Waits for a batch after @seen; returns its number. */
static uint32_t tnpu_pool_wait(struct tnpu_pool *pool, uint32_t seen)
{
	const uint64_t end = tnpu_host_ns() + TNPU_POOL_SPIN_NS;
	uint32_t now;

	while ((now = atomic_load(&pool->generation)) == seen) {
		if (tnpu_ahead_fetch(&pool->ahead))
			continue;
		if (tnpu_host_ns() < end) {
			tnpu_spin();
			continue;
		}
		atomic_fetch_add(&pool->sleepers, 1);
		tnpu_futex_wait(&pool->generation, seen, ~0ull);
		atomic_fetch_sub(&pool->sleepers, 1);
	}
	return now;
}

static void *tnpu_pool_worker(void *arg)
{
	struct tnpu_lane *lane = arg;
	struct tnpu_chip *chip = lane->chip;
	struct tnpu_pool *pool = &chip->pool;
	uint32_t seen = 0;

	if (chip->config.bus.thread_start)
		chip->config.bus.thread_start(chip->config.opaque);
	while (!atomic_load(&pool->stop)) {
		tnpu_pool_join(pool, lane);
		seen = tnpu_pool_wait(pool, seen);
	}
	if (chip->config.bus.thread_stop)
		chip->config.bus.thread_stop(chip->config.opaque);
	return NULL;
}

static void tnpu_pool_next(struct tnpu_pool *pool)
{
	atomic_fetch_add(&pool->generation, 1);
	if (atomic_load(&pool->sleepers))
		tnpu_futex_wake(&pool->generation);
}

/* A lane may be in a long tile, or its thread not on a core: do not spin for long. */
static void tnpu_pool_drain(struct tnpu_pool *pool)
{
	const uint64_t end = tnpu_host_ns() + TNPU_POOL_SPIN_NS;
	uint32_t inside;

	while ((inside = atomic_load(&pool->gate))) {
		if (tnpu_host_ns() < end) {
			tnpu_spin();
			continue;
		}
		atomic_store(&pool->waiting, 1);
		inside = atomic_load(&pool->gate);
		if (inside)
			tnpu_futex_wait(&pool->gate, inside, ~0ull);
		atomic_store(&pool->waiting, 0);
	}
}

void tnpu_pool_run(struct tnpu_chip *chip, struct tnpu_batch *batch, bool parallel)
{
	struct tnpu_pool *pool = &chip->pool;

	if (!parallel || pool->lanes == 1) {
		tnpu_batch_run(batch, &pool->lane[0]);
		return;
	}
	pool->batch = batch;
	atomic_fetch_or(&pool->gate, TNPU_GATE_OPEN);
	tnpu_pool_next(pool);
	tnpu_batch_run(batch, &pool->lane[0]);
	atomic_fetch_and(&pool->gate, ~TNPU_GATE_OPEN);
	tnpu_pool_drain(pool);
}

static int tnpu_pool_spawn(struct tnpu_pool *pool, unsigned int index)
{
	char name[24];
	int ret;

	ret = pthread_create(&pool->thread[index], NULL, tnpu_pool_worker, &pool->lane[index]);
	if (ret)
		return -ret;
	snprintf(name, sizeof(name), "tnpu-lane%u", index);
	pthread_setname_np(pool->thread[index], name);
	return 0;
}

int tnpu_pool_create(struct tnpu_chip *chip, unsigned int lanes)
{
	struct tnpu_pool *pool = &chip->pool;
	unsigned int i;
	int ret;

	pool->lane = calloc(lanes, sizeof(*pool->lane));
	if (!pool->lane)
		return -ENOMEM;
	for (i = 0; i < lanes; i++)
		pool->lane[i].chip = chip;
	for (pool->lanes = 1; pool->lanes < lanes; pool->lanes++) {
		ret = tnpu_pool_spawn(pool, pool->lanes);
		if (ret) {
			tnpu_pool_destroy(chip);
			return ret;
		}
	}
	return 0;
}

void tnpu_pool_destroy(struct tnpu_chip *chip)
{
	struct tnpu_pool *pool = &chip->pool;
	unsigned int i;

	atomic_store(&pool->stop, true);
	tnpu_pool_next(pool);
	for (i = 1; i < pool->lanes; i++)
		pthread_join(pool->thread[i], NULL);
	for (i = 0; i < pool->lanes; i++)
		tnpu_lane_destroy(&pool->lane[i]);
	free(pool->lane);
}
