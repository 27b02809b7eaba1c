// SPDX-License-Identifier: GPL-2.0
/*
 * Queues: their life, their state, and what QUEUE_SUBMIT must refuse.
 */
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uapi_cases.h"

static struct drm_tnpu_queue_create queue_right(struct uapi_test *t)
{
	return (struct drm_tnpu_queue_create){
		.vm_id = uapi_vm_create(t),
		.priority = DRM_TNPU_QUEUE_PRIORITY_NORMAL,
	};
}

UAPI_CASE(queue_create)
{
	struct drm_tnpu_queue_create args = queue_right(t);
	struct drm_tnpu_queue_destroy destroy = { 0 };

	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
	expect_true(args.id);
	destroy.id = args.id;
	args.priority = DRM_TNPU_QUEUE_PRIORITY_LOW;
	args.timeout_ms = 600000;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
	expect_true(args.id != destroy.id);
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &destroy, 0);
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &destroy, -ENOENT);
}

UAPI_CASE(queue_create_vm_unknown)
{
	struct drm_tnpu_queue_create args = queue_right(t);

	args.vm_id = UAPI_BAD_HANDLE;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -ENOENT);
	args.vm_id = 0;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -ENOENT);
}

UAPI_CASE(queue_create_priority)
{
	struct drm_tnpu_queue_create args = queue_right(t);

	args.priority = DRM_TNPU_QUEUE_PRIORITY_REALTIME + 1;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -EINVAL);
	args.priority = ~0u;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -EINVAL);
}

UAPI_CASE(queue_create_flags)
{
	struct drm_tnpu_queue_create args = queue_right(t);

	args.flags = 1;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -EINVAL);
}

UAPI_CASE(queue_create_pad)
{
	struct drm_tnpu_queue_create args = queue_right(t);

	args.pad = 1;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -EINVAL);
}

UAPI_CASE(queue_create_timeout)
{
	struct drm_tnpu_queue_create args = queue_right(t);

	args.timeout_ms = 600001;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -EINVAL);
}

/* 0, or -EPERM where the process may not have it. */
static int queue_set_cap(__u32 cap, bool on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	expect_eq(syscall(SYS_capget, &header, data), 0);
	if (on)
		data[CAP_TO_INDEX(cap)].effective |= CAP_TO_MASK(cap);
	else
		data[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

UAPI_CASE(queue_create_privilege)
{
	struct drm_tnpu_queue_create args = queue_right(t);
	__u32 priority;

	for (priority = DRM_TNPU_QUEUE_PRIORITY_HIGH;
	     priority <= DRM_TNPU_QUEUE_PRIORITY_REALTIME; priority++) {
		args.priority = priority;
		expect_eq(queue_set_cap(CAP_SYS_NICE, false), 0);
		expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -EPERM);
	}
	args.priority = DRM_TNPU_QUEUE_PRIORITY_NORMAL;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
}

/* Needs the capability: run as root, as kselftests are. */
UAPI_CASE(queue_create_privileged)
{
	struct drm_tnpu_queue_create args = queue_right(t);
	int ret = queue_set_cap(CAP_SYS_NICE, true);

	if (ret == -EPERM)
		uapi_skip(t, "this user may not have CAP_SYS_NICE");
	expect_eq(ret, 0);
	args.priority = DRM_TNPU_QUEUE_PRIORITY_HIGH;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
	args.priority = DRM_TNPU_QUEUE_PRIORITY_REALTIME;
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
}

UAPI_CASE(queue_create_busy)
{
	__u32 i, n = t->info.num_queues - uapi_usage(t).queues;
	struct drm_tnpu_queue_create args = queue_right(t);
	struct drm_tnpu_queue_destroy destroy = { 0 };

	for (i = 0; i < n; i++)
		destroy.id = uapi_queue_create(t, args.vm_id);
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, -EBUSY);
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &destroy, 0);
	expect_ioctl(t, TNPU_QUEUE_CREATE, &args, 0);
}

UAPI_CASE(queue_destroy_id)
{
	struct drm_tnpu_queue_destroy args = { .id = UAPI_BAD_HANDLE };

	expect_ioctl(t, TNPU_QUEUE_DESTROY, &args, -ENOENT);
	args.id = 0;
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &args, -ENOENT);
}

UAPI_CASE(queue_destroy_pad)
{
	struct drm_tnpu_queue_destroy args = {
		.id = uapi_queue_create(t, uapi_vm_create(t)),
		.pad = 1,
	};

	expect_ioctl(t, TNPU_QUEUE_DESTROY, &args, -EINVAL);
	args.pad = 0;
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &args, 0);
}

/* A running job, one in the ring and one that waits: all end, the hardware is free again. */
UAPI_CASE(queue_destroy_cancels)
{
	struct drm_tnpu_sync syncs[2] = { 0 };
	struct drm_tnpu_queue_destroy args = { 0 };
	struct uapi_bench b, other;
	struct drm_tnpu_job job;
	__u32 last;

	uapi_bench_init(t, &b);
	uapi_bench_fork(t, &other, &b);
	last = uapi_syncobj_create(t);
	uapi_bench_hold(t, &b);
	uapi_cmd_nop(&b);
	uapi_bench_submit(t, &b);
	uapi_cmd_nop(&b);
	job = uapi_bench_job(&b);
	syncs[0].handle = b.syncobj;
	syncs[1] = uapi_signal_of(last);
	job.syncs = uapi_array(syncs);
	expect_eq(uapi_submit(t, b.queue, &job), 0);
	args.id = b.queue;
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &args, 0);
	expect_eq(uapi_wait(t, b.syncobj, UAPI_LATE), 0);
	expect_eq(uapi_wait(t, last, UAPI_LATE), 0);
	uapi_bench_works(t, &other);
}

/* A job that waits for one of another queue ends without having run. */
UAPI_CASE(queue_destroy_waiting)
{
	struct drm_tnpu_queue_destroy args = { 0 };
	struct uapi_bench b, other;

	uapi_bench_init(t, &b);
	uapi_bench_fork(t, &other, &b);
	uapi_bench_hold(t, &other);
	uapi_cmd_store(&b, uapi_bench_data(&b, 0), 1);
	uapi_bench_submit_after(t, &b, (struct drm_tnpu_sync){ .handle = other.syncobj });
	args.id = b.queue;
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &args, 0);
	uapi_bench_release(&other);
	uapi_bench_finish(t, &other);
	uapi_bench_finish(t, &b);
	uapi_bench_works(t, &other);
	expect_eq(uapi_bench_load(&b, 0), 0);
}

UAPI_CASE(queue_keeps_vm)
{
	struct drm_tnpu_vm_destroy args = { 0 };
	struct drm_tnpu_vm_bind bind = { 0 };
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	args.id = b.vm;
	expect_ioctl(t, TNPU_VM_DESTROY, &args, 0);
	bind.vm_id = b.vm;
	expect_ioctl(t, TNPU_VM_BIND, &bind, -ENOENT);
	uapi_bench_works(t, &b);
}

UAPI_CASE(queue_state_id)
{
	struct drm_tnpu_queue_get_state args = { .queue_id = UAPI_BAD_HANDLE };

	expect_ioctl(t, TNPU_QUEUE_GET_STATE, &args, -ENOENT);
}

UAPI_CASE(queue_state_pad)
{
	struct drm_tnpu_queue_get_state args = {
		.queue_id = uapi_queue_create(t, uapi_vm_create(t)),
		.pad = 1,
	};

	expect_ioctl(t, TNPU_QUEUE_GET_STATE, &args, -EINVAL);
}

UAPI_CASE(queue_state_counts)
{
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	uapi_bench_works(t, &b);
	uapi_bench_hold(t, &b);
	state = uapi_state(t, b.queue);
	expect_eq(state.submitted, 2);
	expect_eq(state.completed, 1);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
	expect_eq(uapi_state(t, b.queue).completed, 2);
}

/* ---- QUEUE_SUBMIT: what must be refused ------------------------------------------------ */

/* A right submission of one job with one sync; each case spoils one thing of it. */
struct submit {
	struct uapi_bench b;
	struct drm_tnpu_queue_submit args;
	struct drm_tnpu_job job;
	struct drm_tnpu_sync sync;
};

static void submit_right(struct uapi_test *t, struct submit *s)
{
	uapi_bench_init(t, &s->b);
	uapi_cmd_nop(&s->b);
	s->job = uapi_bench_job(&s->b);
	s->sync = uapi_signal_of(s->b.syncobj);
	s->job.syncs = uapi_array_of(&s->sync, sizeof(s->sync), 1);
	s->args = (struct drm_tnpu_queue_submit){
		.queue_id = s->b.queue,
		.jobs = uapi_array_of(&s->job, sizeof(s->job), 1),
	};
}

/* What is refused leaves no trace: no job, no fence in the syncobj. */
static void submit_fails(struct uapi_test *t, struct submit *s, int error)
{
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &s->args, error);
	expect_eq(uapi_state(t, s->b.queue).submitted, 0);
	expect_eq(uapi_wait(t, s->b.syncobj, 0), -EINVAL);
}

UAPI_CASE(submit_right)
{
	struct submit s;

	submit_right(t, &s);
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &s.args, 0);
	expect_eq(uapi_wait(t, s.b.syncobj, UAPI_LATE), 0);
	expect_eq(uapi_state(t, s.b.queue).submitted, 1);
	expect_eq(uapi_state(t, s.b.queue).completed, 1);
	expect_eq(uapi_state(t, s.b.queue).state, DRM_TNPU_QUEUE_STATE_OK);
}

UAPI_CASE(submit_queue_unknown)
{
	struct submit s;

	submit_right(t, &s);
	s.args.queue_id = UAPI_BAD_HANDLE;
	submit_fails(t, &s, -ENOENT);
}

UAPI_CASE(submit_flags)
{
	struct submit s;

	submit_right(t, &s);
	s.args.flags = 1;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_count)
{
	struct submit s;

	submit_right(t, &s);
	s.args.jobs.count = 0;
	submit_fails(t, &s, -EINVAL);
	s.args.jobs.count = t->info.max_jobs + 1;
	submit_fails(t, &s, -E2BIG);
	s.args.jobs.count = ~0u;
	submit_fails(t, &s, -E2BIG);
}

UAPI_CASE(submit_stride)
{
	__u8 longer[256] = { 0 };
	struct submit s;

	submit_right(t, &s);
	s.args.jobs.stride = sizeof(s.job) - 8;
	submit_fails(t, &s, -EINVAL);
	s.args.jobs.stride = 256 + 8;
	submit_fails(t, &s, -EINVAL);
	*(struct drm_tnpu_job *)longer = s.job;
	longer[sizeof(s.job)] = 1;
	s.args.jobs = uapi_array_of(longer, sizeof(longer), 1);
	submit_fails(t, &s, -E2BIG);
	longer[sizeof(s.job)] = 0;
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &s.args, 0);
	expect_eq(uapi_wait(t, s.b.syncobj, UAPI_LATE), 0);
}

UAPI_CASE(submit_array_bad)
{
	struct drm_tnpu_job *job = uapi_page_end(sizeof(*job));
	struct submit s;

	submit_right(t, &s);
	*job = s.job;
	s.args.jobs = uapi_array_of(NULL, sizeof(*job), 1);
	submit_fails(t, &s, -EFAULT);
	s.args.jobs = uapi_array_of((char *)job + 8, sizeof(*job), 1);
	submit_fails(t, &s, -EFAULT);
	s.args.jobs = uapi_array_of(job, sizeof(*job), 2);
	submit_fails(t, &s, -EFAULT);
	s.args.jobs = uapi_array_of(job, sizeof(*job), 1);
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &s.args, 0);
}

UAPI_CASE(submit_job_flags)
{
	struct submit s;

	submit_right(t, &s);
	s.job.flags = DRM_TNPU_JOB_NULL << 1;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_null_with_stream)
{
	struct submit s;

	submit_right(t, &s);
	s.job.flags = DRM_TNPU_JOB_NULL;
	submit_fails(t, &s, -EINVAL);
	s.job.stream = 0;
	submit_fails(t, &s, -EINVAL);
	s.job.stream = s.b.va;
	s.job.stream_size = 0;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_stream)
{
	struct submit s;

	submit_right(t, &s);
	s.job.stream += 4;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_stream_size)
{
	struct submit s;

	submit_right(t, &s);
	s.job.stream_size = 0;
	submit_fails(t, &s, -EINVAL);
	s.job.stream_size = 12;
	submit_fails(t, &s, -EINVAL);
	s.job.stream_size = t->info.max_stream_bytes + 8;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_fence_unaligned)
{
	struct submit s;

	submit_right(t, &s);
	s.job.fence = uapi_bench_data(&s.b, 0) + 4;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_predicate_unaligned)
{
	struct submit s;

	submit_right(t, &s);
	s.job.predicate = uapi_bench_data(&s.b, 0) + 2;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_sync_count)
{
	struct submit s;

	submit_right(t, &s);
	s.job.syncs.count = t->info.max_syncs + 1;
	submit_fails(t, &s, -E2BIG);
	s.job.syncs.count = ~0u;
	submit_fails(t, &s, -E2BIG);
}

UAPI_CASE(submit_sync_stride)
{
	struct submit s;

	submit_right(t, &s);
	s.job.syncs.stride = sizeof(s.sync) - 8;
	submit_fails(t, &s, -EINVAL);
	s.job.syncs.stride = 256 + 8;
	submit_fails(t, &s, -EINVAL);
}

/* Elements of a newer program: what the driver does not know of them must be zero. */
UAPI_CASE(submit_sync_longer)
{
	struct {
		struct drm_tnpu_sync sync;
		__u64 more;
	} longer[2] = { 0 };
	struct submit s;

	submit_right(t, &s);
	longer[0].sync = s.sync;
	longer[1].sync = uapi_signal_of(uapi_syncobj_create(t));
	s.job.syncs = uapi_array(longer);
	longer[1].more = 1ull << 63;
	submit_fails(t, &s, -E2BIG);
	longer[1].more = 0;
	longer[0].more = 1;
	submit_fails(t, &s, -E2BIG);
	longer[0].more = 0;
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &s.args, 0);
	expect_eq(uapi_wait(t, longer[0].sync.handle, UAPI_LATE), 0);
	expect_eq(uapi_wait(t, longer[1].sync.handle, UAPI_LATE), 0);
}

UAPI_CASE(submit_sync_array_bad)
{
	struct submit s;

	submit_right(t, &s);
	s.job.syncs = uapi_array_of(NULL, sizeof(s.sync), 1);
	submit_fails(t, &s, -EFAULT);
	s.job.syncs = uapi_array_of(uapi_page_end(8), sizeof(s.sync), 1);
	submit_fails(t, &s, -EFAULT);
}

UAPI_CASE(submit_sync_flags)
{
	struct submit s;

	submit_right(t, &s);
	s.sync.flags |= DRM_TNPU_SYNC_TIMELINE << 1;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_sync_handle)
{
	struct submit s;

	submit_right(t, &s);
	s.sync.handle = UAPI_BAD_HANDLE;
	submit_fails(t, &s, -ENOENT);
	s.sync.handle = 0;
	submit_fails(t, &s, -ENOENT);
	s.sync.flags = 0;
	s.sync.handle = UAPI_BAD_HANDLE;
	submit_fails(t, &s, -ENOENT);
}

UAPI_CASE(submit_sync_point)
{
	struct submit s;

	submit_right(t, &s);
	s.sync.timeline_value = 1;
	submit_fails(t, &s, -EINVAL);
	s.sync.timeline_value = 0;
	s.sync.flags |= DRM_TNPU_SYNC_TIMELINE;
	submit_fails(t, &s, -EINVAL);
	s.sync.flags = DRM_TNPU_SYNC_TIMELINE;
	submit_fails(t, &s, -EINVAL);
}

UAPI_CASE(submit_wait_without_fence)
{
	struct submit s;

	submit_right(t, &s);
	s.sync.flags = 0;
	submit_fails(t, &s, -EINVAL);
	s.sync.flags = DRM_TNPU_SYNC_TIMELINE;
	s.sync.timeline_value = 1;
	submit_fails(t, &s, -EINVAL);
}

/* A point above the last one of a timeline has no fence, whether or not that one has signalled. */
UAPI_CASE(submit_wait_above_last)
{
	struct drm_tnpu_sync syncs[2];
	struct uapi_bench other;
	struct submit s;

	submit_right(t, &s);
	uapi_bench_fork(t, &other, &s.b);
	syncs[0] = (struct drm_tnpu_sync){
		.flags = DRM_TNPU_SYNC_TIMELINE,
		.handle = uapi_syncobj_create(t),
		.timeline_value = 6,
	};
	syncs[1] = s.sync;
	s.job.syncs = uapi_array(syncs);
	uapi_bench_hold_point(t, &other, syncs[0].handle, 5);
	submit_fails(t, &s, -EINVAL);
	uapi_bench_release(&other);
	expect_eq(uapi_wait(t, syncs[0].handle, UAPI_LATE), 0);
	submit_fails(t, &s, -EINVAL);
	syncs[0].timeline_value = 5;
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &s.args, 0);
	uapi_bench_finish(t, &s.b);
}

/* Nor has one above what an earlier job of the same call signals. */
UAPI_CASE(submit_wait_above_earlier)
{
	struct drm_tnpu_sync points[2];
	struct drm_tnpu_job jobs[2];
	struct submit s;
	__u32 i;

	submit_right(t, &s);
	for (i = 0; i < UAPI_ARRAY_SIZE(jobs); i++) {
		jobs[i] = s.job;
		jobs[i].syncs = uapi_array_of(&points[i], sizeof(points[i]), 1);
		points[i].flags = DRM_TNPU_SYNC_TIMELINE;
		points[i].handle = s.b.syncobj;
		points[i].timeline_value = 5 + i;
	}
	points[0].flags |= DRM_TNPU_SYNC_SIGNAL;
	s.args.jobs = uapi_array(jobs);
	submit_fails(t, &s, -EINVAL);
	points[1].timeline_value = 5;
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &s.args, 0);
	uapi_bench_finish(t, &s.b);
}

/* The second job is wrong, so the first one is not submitted either. */
UAPI_CASE(submit_all_or_nothing)
{
	struct drm_tnpu_job jobs[2];
	struct submit s;

	submit_right(t, &s);
	jobs[0] = s.job;
	jobs[1] = s.job;
	jobs[1].stream_size = 0;
	s.args.jobs = uapi_array(jobs);
	submit_fails(t, &s, -EINVAL);
	jobs[1].stream_size = jobs[0].stream_size;
	expect_ioctl(t, TNPU_QUEUE_SUBMIT, &s.args, 0);
	expect_eq(uapi_wait(t, s.b.syncobj, UAPI_LATE), 0);
	expect_eq(uapi_state(t, s.b.queue).submitted, 2);
}
