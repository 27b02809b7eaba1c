// SPDX-License-Identifier: MIT
/*
 * Walking a stream: the next command is copied, checked and prepared; then its phases run
 * in batches of tiles, between which it can stand still for any time.
 */
#include <stdlib.h>
#include <string.h>

#include "chip.h"

/* Below this, waking lanes costs more than they save. */
#define TNPU_INLINE_WORK	(128u << 10)

_Static_assert(sizeof(struct tnpu_cmd_sample) <= TNPU_DESC_BYTES &&
	       sizeof(struct tnpu_cmd_attention) <= TNPU_DESC_BYTES &&
	       sizeof(struct tnpu_cmd_gemm) <= TNPU_DESC_BYTES,
	       "the copy of a command has no room for the largest ones");

static int tnpu_exec_read(struct tnpu_job *job, void *buf, uint32_t offset, uint32_t size)
{
	struct tnpu_mmu *mmu = &job->cmd.mem->chip->pool.lane[0].mmu;

	return tnpu_mmu_read(mmu, job->entry.cmd_va + offset, buf, size, &job->cmd.error);
}

static const struct tnpu_op *tnpu_exec_find(const struct tnpu_chip *chip, uint32_t opcode)
{
	if (opcode >= TNPU_OP_MAX || !(chip->fw.ops >> opcode & 1))
		return NULL;
	return tnpu_ops[opcode];
}

static int tnpu_exec_header(struct tnpu_job *job, const struct tnpu_cmd_header *header)
{
	struct tnpu_cmd *cmd = &job->cmd;

	cmd->op = tnpu_exec_find(cmd->mem->chip, header->opcode);
	if (!cmd->op)
		return tnpu_cmd_fail(cmd, TNPU_ERR_OPCODE);
	if (header->size != cmd->op->size ||
	    header->size > job->entry.cmd_size - job->offset)
		return tnpu_cmd_fail(cmd, TNPU_ERR_SIZE);
	if (header->flags & ~cmd->op->flags)
		return tnpu_cmd_fail(cmd, TNPU_ERR_RESERVED);
	return 0;
}

/*
 * Copies the command. The header is read once: what guests store to it later does not
 * change the size that was checked.
 */
static int tnpu_exec_copy(struct tnpu_job *job)
{
	struct tnpu_cmd_header header;

	if (tnpu_exec_read(job, &header, job->offset, sizeof(header)) ||
	    tnpu_exec_header(job, &header))
		return -1;
	memcpy(job->desc, &header, sizeof(header));
	return tnpu_exec_read(job, (uint8_t *)job->desc + sizeof(header),
			      job->offset + sizeof(header), header.size - sizeof(header));
}

static int tnpu_exec_limits(struct tnpu_cmd *cmd)
{
	const struct tnpu_fw *fw = &cmd->mem->chip->fw;

	if (cmd->bytes > fw->max_cmd_bytes || cmd->macs > fw->max_cmd_macs)
		return tnpu_cmd_fail(cmd, TNPU_ERR_LIMIT);
	return 0;
}

static void tnpu_exec_begin(struct tnpu_queue *q)
{
	struct tnpu_job *job = &q->job;
	struct tnpu_cmd *cmd = &job->cmd;
	unsigned int i;

	memset(cmd, 0, sizeof(*cmd));
	cmd->mem = q->mem;
	cmd->kernels = q->chip->kernels;
	cmd->desc = job->desc;
	cmd->inputs = &job->inputs;
	for (i = 0; i < TNPU_PHASES_MAX; i++)
		cmd->grain[i] = 1;
	job->in_cmd = true;
	job->epoch = q->mem->epoch;
	tnpu_mmu_begin(&q->chip->pool.lane[0].mmu, q->mem);
}

static int tnpu_exec_prepare(struct tnpu_cmd *cmd)
{
	return cmd->op->prepare(cmd) || tnpu_exec_limits(cmd) ? -1 : 0;
}

static int tnpu_exec_fetch(struct tnpu_queue *q)
{
	struct tnpu_job *job = &q->job;
	int ret;

	tnpu_exec_begin(q);
	job->since = tnpu_trace_now(q->chip);
	job->phase = 0;
	job->tile = 0;
	ret = tnpu_exec_copy(job);
	if (!ret)
		ret = tnpu_exec_prepare(&job->cmd);
	tnpu_lane_reset(&q->chip->pool.lane[0]);
	if (!ret)
		tnpu_ahead_look(q);
	return ret;
}

/*
 * What was loaded has not been looked at beyond its size: it fits to what prepare makes of
 * the command, or it is refused.
 */
static int tnpu_exec_go_on(struct tnpu_job *job)
{
	struct tnpu_cmd *cmd = &job->cmd;

	if (job->inputs.at != job->inputs.blob.size || job->phase >= cmd->phases ||
	    job->tile >= cmd->tiles[job->phase])
		return tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE);
	if (cmd->op->starts_over) {
		job->phase = 0;
		job->tile = 0;
		return 0;
	}
	if (job->results.size != cmd->results)
		return tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE);
	if (cmd->results)
		memcpy(cmd->scratch, job->results.data, cmd->results);
	return 0;
}

/* The command as it was when the chip was saved. */
static int tnpu_exec_restore(struct tnpu_queue *q)
{
	struct tnpu_job *job = &q->job;
	int ret;

	tnpu_exec_begin(q);
	job->loaded = false;
	job->inputs.at = 0;
	job->inputs.replay = true;
	ret = tnpu_exec_header(job, (const struct tnpu_cmd_header *)job->desc);
	if (!ret)
		ret = tnpu_exec_prepare(&job->cmd);
	if (!ret)
		ret = tnpu_exec_go_on(job);
	job->inputs.replay = false;
	tnpu_blob_free(&job->results);
	tnpu_lane_reset(&q->chip->pool.lane[0]);
	return ret;
}

int tnpu_exec_next(struct tnpu_queue *q)
{
	if (!q->job.in_cmd)
		return tnpu_exec_fetch(q);
	return q->job.loaded ? tnpu_exec_restore(q) : 0;
}

static int tnpu_exec_rebind(struct tnpu_queue *q)
{
	struct tnpu_job *job = &q->job;

	if (job->epoch == q->mem->epoch)
		return 0;
	job->epoch = q->mem->epoch;
	tnpu_mmu_begin(&q->chip->pool.lane[0].mmu, q->mem);
	return tnpu_cmd_rebind(&job->cmd);
}

static bool tnpu_exec_parallel(const struct tnpu_job *job)
{
	const struct tnpu_cmd *cmd = &job->cmd;

	return cmd->tiles[job->phase] - job->tile > cmd->grain[job->phase] &&
	       cmd->bytes + cmd->macs > TNPU_INLINE_WORK;
}

static void tnpu_exec_slow(struct tnpu_queue *q, uint64_t tiles)
{
	if (!tnpu_provoked(q->chip, TNPU_PROVOKE_SLOW_US))
		return;
	q->slow_tiles += tiles;
	q->slow_from = tnpu_host_ns();
}

/* One batch of the present phase. */
static enum tnpu_exec tnpu_exec_batch(struct tnpu_queue *q, uint64_t deadline)
{
	struct tnpu_job *job = &q->job;
	struct tnpu_cmd *cmd = &job->cmd;
	const uint64_t tiles = cmd->tiles[job->phase];
	uint64_t next;
	struct tnpu_batch batch = {
		.queue = q,
		.cmd = cmd,
		.phase = job->phase,
		.deadline = deadline,
		.next = job->tile,
	};

	tnpu_pool_run(q->chip, &batch, tnpu_exec_parallel(job));
	if (atomic_load(&batch.stop) == TNPU_TILE_AGAIN)
		return TNPU_EXEC_WAIT;
	if (atomic_load(&batch.stop)) {
		tnpu_cmd_fail(cmd, TNPU_ERR_ENGINE);
		return TNPU_EXEC_FAILED;
	}
	/* Lanes that found no tile left have counted on. */
	next = atomic_load(&batch.next);
	next = next < tiles ? next : tiles;
	tnpu_exec_slow(q, next - job->tile);
	job->tile = next;
	if (next < tiles)
		return TNPU_EXEC_PREEMPTED;
	job->phase++;
	job->tile = 0;
	return TNPU_EXEC_DONE;
}

enum tnpu_exec tnpu_exec_run(struct tnpu_queue *q, uint64_t deadline)
{
	struct tnpu_job *job = &q->job;
	enum tnpu_exec ret;

	if (tnpu_exec_rebind(q))
		return TNPU_EXEC_FAILED;
	while (job->phase < job->cmd.phases) {
		ret = tnpu_exec_batch(q, deadline);
		if (ret != TNPU_EXEC_DONE)
			return ret;
	}
	return TNPU_EXEC_DONE;
}

void tnpu_exec_end(struct tnpu_queue *q)
{
	struct tnpu_job *job = &q->job;

	if (job->in_cmd)
		free(job->cmd.scratch);
	job->in_cmd = false;
	job->loaded = false;
	tnpu_inputs_clear(&job->inputs);
	tnpu_blob_free(&job->results);
}
