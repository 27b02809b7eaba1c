// SPDX-License-Identifier: GPL-2.0
/*
 * Jobs: what they do, in which order, and what is seen of those that fail.
 */
#include <time.h>

#include "uapi_cases.h"

UAPI_CASE(job_runs)
{
	struct uapi_bench b;
	unsigned int i;

	uapi_bench_init(t, &b);
	for (i = 0; i < 16; i++)
		uapi_cmd_store(&b, uapi_bench_data(&b, i), i + 100);
	uapi_cmd_copy(&b, uapi_bench_data(&b, 16), uapi_bench_data(&b, 0), 16 * sizeof(__u64));
	uapi_bench_run(t, &b);
	for (i = 0; i < 32; i++)
		expect_eq(uapi_bench_load(&b, i), i % 16 + 100);
}

UAPI_CASE(job_null)
{
	struct drm_tnpu_sync sync[1];
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	sync[0] = uapi_signal_of(b.syncobj);
	job.syncs = uapi_array(sync);
	job.fence = uapi_bench_data(&b, 0);
	job.fence_value = 77;
	expect_eq(uapi_submit(t, b.queue, &job), 0);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0), 77);
	expect_eq(uapi_state(t, b.queue).state, DRM_TNPU_QUEUE_STATE_OK);
}

UAPI_CASE(job_user_fence)
{
	struct drm_tnpu_sync sync[1];
	struct drm_tnpu_job job;
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	sync[0] = uapi_signal_of(b.syncobj);
	uapi_cmd_copy(&b, uapi_bench_data(&b, 1), uapi_bench_data(&b, 0), sizeof(__u64));
	job = uapi_bench_job(&b);
	job.fence = uapi_bench_data(&b, 0);
	job.fence_value = ~0ull - 5;
	job.syncs = uapi_array(sync);
	expect_eq(uapi_submit(t, b.queue, &job), 0);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0), ~0ull - 5);
	expect_eq(uapi_bench_load(&b, 1), 0);
}

/* Skipped: no command; but its user fence and a completion, and the next job runs. */
UAPI_CASE(job_predicate)
{
	struct drm_tnpu_sync sync[1];
	struct drm_tnpu_job job;
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	sync[0] = uapi_signal_of(b.syncobj);
	uapi_cmd_store(&b, uapi_bench_data(&b, 0), 1);
	job = uapi_bench_job(&b);
	job.fence = uapi_bench_data(&b, 1);
	job.fence_value = 1;
	job.predicate = uapi_bench_data(&b, 2);
	job.syncs = uapi_array(sync);
	*uapi_bench_word(&b, 2) = 1;
	expect_eq(uapi_submit(t, b.queue, &job), 0);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0), 0);
	expect_eq(uapi_bench_load(&b, 1), 1);
	expect_eq(uapi_state(t, b.queue).completed, 1);
	*uapi_bench_word(&b, 2) = 0;
	expect_eq(uapi_submit(t, b.queue, &job), 0);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0) & uapi_bench_load(&b, 1), 1);
}

/* Jobs of a queue run in order, however many there are: the ring goes round. */
UAPI_CASE(job_order)
{
	struct tnpu_cmd_cell add = {
		.hdr = { TNPU_OP_CELL, 0, sizeof(add) },
		.value = 1,
		.op = TNPU_CELL_ADD,
	};
	struct drm_tnpu_sync sync[1];
	struct drm_tnpu_job job;
	struct uapi_bench b;
	unsigned int i;

	uapi_bench_init(t, &b);
	sync[0] = uapi_signal_of(b.syncobj);
	add.dst = uapi_bench_data(&b, 0);
	add.src = add.dst;
	uapi_bench_add(&b, &add, sizeof(add));
	job = uapi_bench_job(&b);
	for (i = 1; i <= 3000; i++) {
		if (i == 3000)
			job.syncs = uapi_array(sync);
		job.fence = uapi_bench_data(&b, 1 + i % 8);
		job.fence_value = i;
		expect_eq(uapi_submit(t, b.queue, &job), 0);
	}
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0), 3000);
	for (i = 2993; i <= 3000; i++)
		expect_eq(uapi_bench_load(&b, 1 + i % 8), i);
	expect_eq(uapi_state(t, b.queue).completed, 3000);
}

UAPI_CASE(job_max_jobs)
{
	struct drm_tnpu_job jobs[1024] = { 0 };
	struct drm_tnpu_sync sync[1];
	struct uapi_bench b;
	__u32 i, n = t->info.max_jobs;

	uapi_bench_init(t, &b);
	expect_true(n <= UAPI_ARRAY_SIZE(jobs));
	for (i = 0; i < n; i++)
		jobs[i].flags = DRM_TNPU_JOB_NULL;
	sync[0] = uapi_signal_of(b.syncobj);
	jobs[n - 1].syncs = uapi_array(sync);
	expect_eq(uapi_submit_jobs(t, b.queue, jobs, n), 0);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_state(t, b.queue).completed, n);
}

UAPI_CASE(job_max_syncs)
{
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	struct drm_tnpu_sync syncs[1024];
	struct uapi_bench b;
	__u32 i, n = t->info.max_syncs;

	uapi_bench_init(t, &b);
	expect_true(n <= UAPI_ARRAY_SIZE(syncs));
	for (i = 0; i < n; i++)
		syncs[i] = uapi_signal_of(uapi_syncobj_create(t));
	job.syncs = uapi_array_of(syncs, sizeof(syncs[0]), n);
	expect_eq(uapi_submit(t, b.queue, &job), 0);
	for (i = 0; i < n; i++)
		expect_eq(uapi_wait(t, syncs[i].handle, UAPI_LATE), 0);
}

/* ---- Order between queues ------------------------------------------------------------ */

UAPI_CASE(job_waits_for_other_queue)
{
	struct uapi_bench a, b;

	uapi_bench_init(t, &a);
	uapi_bench_fork(t, &b, &a);
	uapi_cmd_wait(&a, uapi_bench_data(&a, 511), 1, 10000000);
	uapi_cmd_store(&a, uapi_bench_data(&a, 0), 42);
	uapi_bench_submit(t, &a);
	uapi_cmd_copy(&b, uapi_bench_data(&b, 1), uapi_bench_data(&b, 0), sizeof(__u64));
	uapi_bench_submit_after(t, &b, (struct drm_tnpu_sync){ .handle = a.syncobj });
	expect_eq(uapi_wait(t, b.syncobj, UAPI_SOON), -ETIME);
	uapi_bench_release(&a);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 1), 42);
}

UAPI_CASE(job_waits_for_signalled)
{
	struct drm_syncobj_create args = { .flags = DRM_SYNCOBJ_CREATE_SIGNALED };
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	expect_ioctl(t, SYNCOBJ_CREATE, &args, 0);
	uapi_cmd_store(&b, uapi_bench_data(&b, 0), 1);
	uapi_bench_submit_after(t, &b, (struct drm_tnpu_sync){ .handle = args.handle });
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0), 1);
}

/* In one submit, a job waits for what an earlier one signals. */
UAPI_CASE(job_waits_in_submit)
{
	struct drm_tnpu_sync first[1], second[2] = { 0 };
	struct drm_tnpu_job jobs[2];
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	first[0] = uapi_signal_of(uapi_syncobj_create(t));
	second[0].handle = first[0].handle;
	second[1] = uapi_signal_of(b.syncobj);
	uapi_cmd_store(&b, uapi_bench_data(&b, 0), 1);
	jobs[0] = uapi_bench_job(&b);
	jobs[0].syncs = uapi_array(first);
	uapi_cmd_store(&b, uapi_bench_data(&b, 0), 2);
	jobs[1] = uapi_bench_job(&b);
	jobs[1].syncs = uapi_array(second);
	expect_eq(uapi_submit_jobs(t, b.queue, jobs, 2), 0);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0), 2);
}

static int job_wait_point(struct uapi_test *t, __u32 syncobj, __u64 point, __s64 deadline)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&syncobj,
		.points = (uintptr_t)&point,
		.count_handles = 1,
		.timeout_nsec = deadline,
	};

	return uapi_dev_ioctl(t->dev, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

UAPI_CASE(job_timeline)
{
	struct drm_tnpu_sync wait = { .flags = DRM_TNPU_SYNC_TIMELINE, .timeline_value = 7 };
	struct uapi_bench a, b;

	uapi_bench_init(t, &a);
	uapi_bench_fork(t, &b, &a);
	wait.handle = uapi_syncobj_create(t);
	uapi_bench_hold_point(t, &a, wait.handle, 10);
	uapi_cmd_store(&b, uapi_bench_data(&b, 0), 1);
	uapi_bench_submit_after(t, &b, wait);
	expect_eq(job_wait_point(t, wait.handle, 10, UAPI_SOON), -ETIME);
	expect_eq(job_wait_point(t, wait.handle, 11, 0), -EINVAL);
	expect_eq(uapi_bench_load(&b, 0), 0);
	uapi_bench_release(&a);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_bench_load(&b, 0), 1);
	expect_eq(job_wait_point(t, wait.handle, 10, UAPI_LATE), 0);
}

/* ---- Failures -------------------------------------------------------------------------- */

/*
 * Runs two commands that work, one that fails, and jobs behind it, and looks at what must
 * hold after any failure; @state is for the case to look at the rest.
 */
static void job_fails(struct uapi_test *t, struct uapi_bench *b, const void *cmd, size_t size,
		      struct drm_tnpu_queue_get_state *state)
{
	struct drm_tnpu_job behind = { .flags = DRM_TNPU_JOB_NULL };
	struct uapi_bench other;

	uapi_bench_init(t, b);
	uapi_bench_fork(t, &other, b);
	uapi_bench_works(t, b);
	uapi_cmd_nop(b);
	uapi_cmd_store(b, uapi_bench_data(b, 0), 1);
	uapi_bench_add(b, cmd, size);
	uapi_cmd_store(b, uapi_bench_data(b, 1), 1);
	uapi_bench_run(t, b);
	expect_eq(uapi_bench_load(b, 0), 1);
	expect_eq(uapi_bench_load(b, 1), 0);
	*state = uapi_state(t, b->queue);
	expect_eq(state->state, DRM_TNPU_QUEUE_STATE_GUILTY);
	expect_eq(state->error, -EIO);
	expect_eq(state->seq, 2);
	expect_eq(state->cmd_index, 2);
	expect_eq(state->completed, 2);
	expect_eq(uapi_submit(t, b->queue, &behind), -ECANCELED);
	expect_eq(uapi_state(t, b->queue).submitted, 2);
	uapi_bench_works(t, &other);
}

static void job_expect_error(struct uapi_test *t, const void *cmd, size_t size, __u32 reason)
{
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b;

	job_fails(t, &b, cmd, size, &state);
	expect_eq(state.reason, reason);
	expect_eq(state.fault_va, 0);
	expect_eq(state.fault_access, 0);
}

UAPI_CASE(job_opcode_unknown)
{
	struct tnpu_cmd_header cmd = { TNPU_OP_MAX - 1, 0, sizeof(cmd) };

	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_OPCODE);
	cmd.opcode = 0xffff;
	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_OPCODE);
}

UAPI_CASE(job_flag_unknown)
{
	struct tnpu_cmd_header cmd = { TNPU_OP_NOP, 1 << 15, sizeof(cmd) };

	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_RESERVED);
}

UAPI_CASE(job_reserved)
{
	struct tnpu_cmd_fence_wait cmd = {
		.hdr = { TNPU_OP_FENCE_WAIT, 0, sizeof(cmd) },
		.timeout_us = 1,
		.reserved = 1,
	};

	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_RESERVED);
}

UAPI_CASE(job_cmd_size)
{
	struct tnpu_cmd_header cmd = { TNPU_OP_NOP, 0, 16 };

	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_SIZE);
	cmd.size = 0;
	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_SIZE);
}

UAPI_CASE(job_unaligned)
{
	struct tnpu_cmd_fence_signal cmd = {
		.hdr = { TNPU_OP_FENCE_SIGNAL, 0, sizeof(cmd) },
		.va = 4,
	};

	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_ALIGN);
}

/* Rows that overlap, and none at all. */
UAPI_CASE(job_shape)
{
	struct tnpu_cmd_copy copy = {
		.hdr = { TNPU_OP_COPY, 0, sizeof(copy) },
		.src_stride = 7,
		.dst_stride = 8,
		.row_bytes = 8,
		.rows = { .value = 1 },
	};
	struct tnpu_cmd_fill fill = { .hdr = { TNPU_OP_FILL, 0, sizeof(fill) } };

	job_expect_error(t, &copy, sizeof(copy), TNPU_ERR_SHAPE);
	job_expect_error(t, &fill, sizeof(fill), TNPU_ERR_SHAPE);
}

/* A type that another command takes, and one that there is not. */
UAPI_CASE(job_dtype)
{
	struct tnpu_cmd_convert cmd = {
		.hdr = { TNPU_OP_CONVERT, 0, sizeof(cmd) },
		.src = { .stride = 64, .dtype = TNPU_DTYPE_QI8 },
		.dst = { .stride = 64, .dtype = TNPU_DTYPE_F32 },
		.rows = { .value = 1 },
		.cols = 16,
	};

	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_DTYPE);
	cmd.src.dtype = TNPU_DTYPE_QI8 + 1;
	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_DTYPE);
}

/* A description that is wrong in one byte, and none. */
UAPI_CASE(job_format)
{
	struct tnpu_cmd_repack cmd = {
		.hdr = { TNPU_OP_REPACK, 0, sizeof(cmd) },
		.format = TNPU_WFORMAT_DESC_INT8_G32,
		.n = 16,
		.k = 32,
		.rows = 16,
	};

	cmd.format.zero = 0;
	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_FORMAT);
	cmd.format = (struct tnpu_wformat){ 0 };
	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_FORMAT);
}

UAPI_CASE(job_value)
{
	struct tnpu_cmd_cell cell = {
		.hdr = { TNPU_OP_CELL, 0, sizeof(cell) },
		.op = TNPU_CELL_ADD + 1,
	};
	struct tnpu_cmd_fence_wait wait = { .hdr = { TNPU_OP_FENCE_WAIT, 0, sizeof(wait) } };

	job_expect_error(t, &cell, sizeof(cell), TNPU_ERR_VALUE);
	job_expect_error(t, &wait, sizeof(wait), TNPU_ERR_VALUE);
}

/* A dimension, and an index, in a cell that holds the 1 that job_fails() has had stored there. */
UAPI_CASE(job_cell)
{
	struct tnpu_cmd_copy copy = {
		.hdr = { TNPU_OP_COPY, 0, sizeof(copy) },
		.src_stride = 8,
		.dst_stride = 8,
		.row_bytes = 8,
	};
	struct tnpu_cmd_gather gather = {
		.hdr = { TNPU_OP_GATHER, TNPU_GATHER_TENSOR, sizeof(gather) },
		.table = { .stride = 64, .dtype = TNPU_DTYPE_F32 },
		.out = { .stride = 64, .dtype = TNPU_DTYPE_F32 },
		.rows = { .value = 1 },
		.table_rows = 1,
		.cols = 16,
	};
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	copy.rows.cell = uapi_bench_data(&b, 0);
	job_expect_error(t, &copy, sizeof(copy), TNPU_ERR_CELL);
	gather.ids = uapi_bench_data(&b, 0);
	job_expect_error(t, &gather, sizeof(gather), TNPU_ERR_CELL);
}

/* One word more than DEV_QUERY allows. It says so before it looks whether that is mapped. */
UAPI_CASE(job_limit)
{
	struct tnpu_cmd_fill cmd = {
		.hdr = { TNPU_OP_FILL, 0, sizeof(cmd) },
		.size = (t->info.max_cmd_bytes & -4ull) + 4,
	};
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b;

	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_LIMIT);
	cmd.size -= 4;
	job_fails(t, &b, &cmd, sizeof(cmd), &state);
	expect_eq(state.reason, TNPU_ERR_FAULT);
}

UAPI_CASE(job_wait_runs_out)
{
	struct tnpu_cmd_fence_wait cmd = {
		.hdr = { TNPU_OP_FENCE_WAIT, 0, sizeof(cmd) },
		.value = ~0ull,
		.timeout_us = 1000,
	};
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	cmd.va = uapi_bench_data(&b, 0);
	job_expect_error(t, &cmd, sizeof(cmd), TNPU_ERR_WAIT);
}

UAPI_CASE(job_fault_read)
{
	struct tnpu_cmd_copy cmd = {
		.hdr = { TNPU_OP_COPY, 0, sizeof(cmd) },
		.row_bytes = 64,
		.src_stride = 64,
		.dst_stride = 64,
		.rows = { .value = 1 },
	};
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	cmd.dst = uapi_bench_data(&b, 8);
	cmd.src = b.va + UAPI_BENCH_SIZE + 128;
	job_fails(t, &b, &cmd, sizeof(cmd), &state);
	expect_eq(state.reason, TNPU_ERR_FAULT);
	expect_eq(state.fault_va & -UAPI_PAGE, cmd.src & -UAPI_PAGE);
	expect_eq(state.fault_access, TNPU_ACCESS_READ);
}

UAPI_CASE(job_fault_write)
{
	struct tnpu_cmd_fence_signal cmd = { .hdr = { TNPU_OP_FENCE_SIGNAL, 0, sizeof(cmd) } };
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	cmd.va = b.va + UAPI_BENCH_SIZE;
	job_fails(t, &b, &cmd, sizeof(cmd), &state);
	expect_eq(state.reason, TNPU_ERR_FAULT);
	expect_eq(state.fault_va, cmd.va);
	expect_eq(state.fault_access, TNPU_ACCESS_WRITE);
}

/* An address no page table can hold, and the very last one. */
UAPI_CASE(job_fault_high)
{
	struct tnpu_cmd_fence_signal cmd = { .hdr = { TNPU_OP_FENCE_SIGNAL, 0, sizeof(cmd) } };
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b;

	cmd.va = 1ull << TNPU_VA_BITS;
	job_fails(t, &b, &cmd, sizeof(cmd), &state);
	expect_eq(state.reason, TNPU_ERR_FAULT);
	expect_eq(state.fault_va, cmd.va);
	cmd.va = ~7ull;
	job_fails(t, &b, &cmd, sizeof(cmd), &state);
	expect_true(state.reason);
}

/* The stream itself, the user fence and the predicate are checked by the device too. */
static void job_entry_faults(struct uapi_test *t, struct uapi_bench *b, struct drm_tnpu_job job,
			     __u64 va, __u32 access)
{
	struct drm_tnpu_sync sync[] = { uapi_signal_of(b->syncobj) };
	struct drm_tnpu_queue_get_state state;

	job.syncs = uapi_array(sync);
	expect_eq(uapi_submit(t, b->queue, &job), 0);
	uapi_bench_finish(t, b);
	state = uapi_state(t, b->queue);
	expect_eq(state.state, DRM_TNPU_QUEUE_STATE_GUILTY);
	expect_eq(state.reason, TNPU_ERR_FAULT);
	expect_eq(state.fault_va, va);
	expect_eq(state.fault_access, access);
}

UAPI_CASE(job_fault_stream)
{
	struct drm_tnpu_job job = { .stream_size = 8 };
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	job.stream = b.va + UAPI_BENCH_SIZE;
	job_entry_faults(t, &b, job, job.stream, TNPU_ACCESS_READ);
}

UAPI_CASE(job_fault_user_fence)
{
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	job.fence = b.va + UAPI_BENCH_SIZE;
	job_entry_faults(t, &b, job, job.fence, TNPU_ACCESS_WRITE);
}

UAPI_CASE(job_fault_predicate)
{
	struct drm_tnpu_job job = { .flags = DRM_TNPU_JOB_NULL };
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	job.predicate = b.va + UAPI_BENCH_SIZE;
	job_entry_faults(t, &b, job, job.predicate, TNPU_ACCESS_READ);
}

/* Jobs behind the one that fails end too, without running, and what waits for them goes on. */
UAPI_CASE(job_failure_ends_those_behind)
{
	struct drm_tnpu_job jobs[3] = { 0 };
	struct drm_tnpu_sync last[1];
	struct uapi_bench b, other;
	struct drm_tnpu_queue_get_state state;

	uapi_bench_init(t, &b);
	uapi_bench_fork(t, &other, &b);
	uapi_cmd_wait(&b, uapi_bench_data(&b, 511), 1, 10000000);
	uapi_cmd_store(&b, b.va + UAPI_BENCH_SIZE, 1);
	jobs[0] = uapi_bench_job(&b);
	uapi_cmd_store(&b, uapi_bench_data(&b, 0), 1);
	jobs[1] = uapi_bench_job(&b);
	jobs[2].flags = DRM_TNPU_JOB_NULL;
	last[0] = uapi_signal_of(b.syncobj);
	jobs[2].syncs = uapi_array(last);
	expect_eq(uapi_submit_jobs(t, b.queue, jobs, 3), 0);
	uapi_cmd_store(&other, uapi_bench_data(&b, 1), 1);
	uapi_bench_submit_after(t, &other, (struct drm_tnpu_sync){ .handle = b.syncobj });
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	uapi_bench_finish(t, &other);
	expect_eq(uapi_bench_load(&b, 0), 0);
	expect_eq(uapi_bench_load(&b, 1), 1);
	state = uapi_state(t, b.queue);
	expect_eq(state.seq, 1);
	expect_eq(state.cmd_index, 1);
	expect_eq(state.submitted, 3);
	expect_eq(state.completed, 3);
	uapi_bench_works(t, &other);
}

UAPI_CASE(job_timeout)
{
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b, other;

	uapi_bench_init(t, &other);
	uapi_bench_fork(t, &b, &other);
	b.queue = uapi_queue_create_timeout(t, b.vm, 100);
	uapi_cmd_nop(&b);
	uapi_bench_hold(t, &b);
	uapi_bench_works(t, &other);
	uapi_bench_finish(t, &b);
	state = uapi_state(t, b.queue);
	expect_eq(state.state, DRM_TNPU_QUEUE_STATE_GUILTY);
	expect_eq(state.reason, DRM_TNPU_REASON_TIMEOUT);
	expect_eq(state.error, -EIO);
	expect_eq(state.seq, 1);
	expect_eq(state.cmd_index, 1);
	expect_eq(state.completed, 1);
	uapi_cmd_nop(&b);
	uapi_bench_works(t, &other);
	expect_eq(uapi_state(t, other.queue).state, DRM_TNPU_QUEUE_STATE_OK);
}

/* A job may take longer than the timeout, as long as command after command ends. */
UAPI_CASE(job_progress_is_no_timeout)
{
	struct uapi_bench b;
	unsigned int i;

	uapi_bench_init(t, &b);
	b.queue = uapi_queue_create_timeout(t, b.vm, 500);
	for (i = 1; i <= 8; i++)
		uapi_cmd_wait(&b, uapi_bench_data(&b, 0), i, 10000000);
	uapi_bench_submit(t, &b);
	for (i = 1; i <= 8; i++) {
		uapi_pause(150);
		__atomic_store_n(uapi_bench_word(&b, 0), i, __ATOMIC_RELEASE);
	}
	uapi_bench_finish(t, &b);
	expect_eq(uapi_state(t, b.queue).state, DRM_TNPU_QUEUE_STATE_OK);
}
