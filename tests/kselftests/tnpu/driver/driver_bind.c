// SPDX-License-Identifier: GPL-2.0
/*
 * VM_BIND with ASYNC that is pending when something else happens.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver_cases.h"

#define BIND_PAGES	4
#define BIND_BOS	6	/* of a client; together three quarters of device memory */
#define BIND_ROUNDS	12
#define BIND_RESETS	6
#define BIND_KILLS	3
#define BIND_MEM_MAX	(256ull << 20)	/* to use more takes too long */

/**
 * struct bind - a client with a VM, and something pending in it
 * @own: the client
 * @b: VM and queue
 * @bo: numbered pages, mapped at @va; @va + a page is to become the first one
 * @va: where
 * @done: signalled by what is pending
 */
struct bind {
	struct uapi_test own;
	struct uapi_bench b;
	__u32 bo;
	__u64 va;
	__u32 done;
};

/* What another client's fence signals: it outlives this client's queues. */
static __u32 bind_import(struct uapi_test *t, int fd)
{
	struct drm_syncobj_handle args = {
		.handle = uapi_syncobj_create(t),
		.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
		.fd = fd,
	};

	expect_ioctl(t, SYNCOBJ_FD_TO_HANDLE, &args, 0);
	return args.handle;
}

static struct drm_tnpu_vm_bind_op bind_op(struct bind *c, __u64 page, __u64 index)
{
	return (struct drm_tnpu_vm_bind_op){
		.op = DRM_TNPU_VM_BIND_OP_MAP,
		.handle = c->bo,
		.bo_offset = page * UAPI_PAGE,
		.va = c->va + index * UAPI_PAGE,
		.size = UAPI_PAGE,
	};
}

static void bind_open(struct uapi_test *t, struct bind *c)
{
	c->own.info = t->info;
	expect_eq(uapi_dev_open(&c->own.dev), 0);
	uapi_bench_init(&c->own, &c->b);
	c->bo = uapi_bo_numbered(&c->own, BIND_PAGES * UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	c->va = UAPI_BENCH_FREE_VA(&c->b);
	c->done = uapi_syncobj_create(&c->own);
	uapi_bind(&c->own, c->b.vm, c->bo, 0, c->va, BIND_PAGES * UAPI_PAGE);
}

static void bind_close(struct bind *c)
{
	expect_eq(uapi_dev_munmap(c->own.dev, c->b.cpu, UAPI_BENCH_SIZE), 0);
	uapi_dev_close(c->own.dev);
}

/* Three calls, of which the first waits for @fd. */
static void bind_pend(struct bind *c, int fd)
{
	struct drm_tnpu_sync syncs[] = {
		uapi_signal_of(c->done),
		{ .handle = bind_import(&c->own, fd) },
	};
	struct drm_tnpu_vm_bind_op op[] = { bind_op(c, 1, 0) };
	unsigned int i;

	for (i = 0; i < 3; i++)
		expect_eq(uapi_bind_async(&c->own, c->b.vm, uapi_array(op),
					  uapi_array_of(syncs, sizeof(syncs[0]), i ? 1 : 2)), 0);
	expect_eq(uapi_wait(&c->own, c->done, UAPI_SOON), -ETIME);
}

/* ---- The end of a client ---------------------------------------------------------------- */

/* Closing the file does not wait for what the calls wait for. */
UAPI_CASE(bind_closed)
{
	struct drm_tnpu_usage_info before;
	struct uapi_bench gate;
	struct bind c;
	int fd, held;

	uapi_bench_init(t, &gate);
	before = uapi_usage(t);
	uapi_bench_hold(t, &gate);
	held = fence_export(t, gate.syncobj);
	bind_open(t, &c);
	bind_pend(&c, held);
	fd = fence_export(&c.own, c.done);
	expect_eq(fence_status(fd), 0);
	bind_close(&c);
	expect_eq(fence_status(fd), -ECANCELED);
	expect_eq(fence_status(held), 0);
	uapi_await_usage(t, &before);
	uapi_bench_release(&gate);
	uapi_bench_finish(t, &gate);
	expect_eq(fence_status(held), 1);
}

/* VM_DESTROY ends what is pending in a VM without queues; else the last queue's end does. */
UAPI_CASE(bind_destroyed)
{
	struct drm_tnpu_queue_destroy queue = { 0 };
	struct drm_tnpu_vm_destroy vm = { 0 };
	struct uapi_bench gate;
	struct bind c;
	int fd, held;

	uapi_bench_init(t, &gate);
	uapi_bench_hold(t, &gate);
	held = fence_export(t, gate.syncobj);
	bind_open(t, &c);
	bind_pend(&c, held);
	fd = fence_export(&c.own, c.done);
	vm.id = c.b.vm;
	expect_ioctl(&c.own, TNPU_VM_DESTROY, &vm, 0);
	expect_eq(fence_status(fd), 0);
	queue.id = c.b.queue;
	expect_ioctl(&c.own, TNPU_QUEUE_DESTROY, &queue, 0);
	expect_eq(fence_status(fd), -ECANCELED);
	expect_eq(fence_status(held), 0);
	bind_close(&c);
	uapi_bench_release(&gate);
	uapi_bench_finish(t, &gate);
}

static void bind_child(struct uapi_test *t, int held)
{
	struct bind c;

	bind_open(t, &c);
	bind_pend(&c, held);
	/* Waits for what is pending. */
	uapi_bind(&c.own, c.b.vm, c.bo, 0, c.va, UAPI_PAGE);
	_exit(0);
}

/* Who is killed while a call of his waits for others leaves nothing. */
UAPI_CASE(bind_killed)
{
	struct drm_tnpu_usage_info before;
	struct uapi_bench gate;
	unsigned int i;
	int held, status;
	pid_t child;

	uapi_bench_init(t, &gate);
	before = uapi_usage(t);
	uapi_bench_hold(t, &gate);
	held = fence_export(t, gate.syncobj);
	for (i = 0; i < BIND_KILLS; i++) {
		child = fork();
		expect_true(child >= 0);
		if (!child)
			bind_child(t, held);
		uapi_pause(300);
		expect_eq(kill(child, SIGKILL), 0);
		expect_eq(waitpid(child, &status, 0), child);
		expect_eq(status, SIGKILL);
	}
	expect_eq(fence_status(held), 0);
	uapi_await_usage(t, &before);
	uapi_bench_release(&gate);
	uapi_bench_finish(t, &gate);
}

/* ---- The end of the device ---------------------------------------------------------------- */

/*
 * What waits for a device that is given up ends with that device's error. Who runs this breaks the
 * device once it says that all is pending, which tests/guest/recover.t does.
 */
UAPI_CASE(bind_wedged)
{
	struct drm_tnpu_vm_bind_op op[1];
	struct drm_tnpu_sync sync;
	struct uapi_bench gate;
	__s64 late = UAPI_LATE;
	struct bind c;
	int fd, held;

	if (!getenv("TNPU_TEST_WEDGED"))
		uapi_skip(t, "TNPU_TEST_WEDGED is not set");
	uapi_bench_init(t, &gate);
	uapi_bench_hold(t, &gate);
	held = fence_export(t, gate.syncobj);
	bind_open(t, &c);
	bind_pend(&c, held);
	fd = fence_export(&c.own, c.done);
	printf("# pending\n");
	fflush(stdout);
	while (!fence_status(fd) && uapi_deadline(0) < late)
		uapi_pause(10);
	/* The job was on the device when it broke; only then the device is given up. */
	expect_eq(fence_status(held), -ECANCELED);
	expect_eq(fence_status(fd), -EIO);
	op[0] = bind_op(&c, 2, 0);
	sync = uapi_signal_of(c.done);
	expect_eq(uapi_bind_async(&c.own, c.b.vm, uapi_array(op),
				  uapi_array_of(&sync, sizeof(sync), 1)), -EIO);
	bind_close(&c);
}

/* ---- Moves ------------------------------------------------------------------------------- */

static __u64 bind_size(struct uapi_test *t)
{
	if (t->info.mem_size > BIND_MEM_MAX)
		uapi_skip(t, "more than 256 MiB of device memory");
	return t->info.mem_size * 3 / 4 / BIND_BOS & -UAPI_HUGE;
}

static void *bind_release_thread(void *arg)
{
	uapi_pause(300);
	uapi_bench_release(arg);
	return NULL;
}

/*
 * What is to be mapped comes back to device memory, and nobody takes it away again before that has
 * taken effect: who needs the room waits.
 */
UAPI_CASE(bind_evicted)
{
	__u64 size = bind_size(t) * BIND_BOS / 2, *cpu;
	int fd = uapi_dev_fd(t->dev);
	struct drm_tnpu_vm_bind_op op[1];
	struct uapi_test own = { 0 };
	struct drm_tnpu_sync syncs[2];
	struct uapi_bench b, gate;
	pthread_t thread;
	__u32 bo, done;

	uapi_bench_init(t, &b);
	uapi_bench_init(t, &gate);
	done = uapi_syncobj_create(t);
	bo = uapi_bo_create(t, size, DRM_TNPU_BO_LOCAL);
	cpu = uapi_bo_map(t, bo, size);
	cpu[size / 8 - 1] = 77;
	expect_eq(uapi_dev_open(&own.dev), 0);
	uapi_bo_create(&own, t->info.mem_size - size, DRM_TNPU_BO_LOCAL);
	expect_true(show_number(fd, "drm-resident-memory") >= size >> 10);
	uapi_bench_hold(t, &gate);
	op[0] = (struct drm_tnpu_vm_bind_op){
		.handle = bo,
		.va = UAPI_BENCH_FREE_VA(&b),
		.size = size,
	};
	syncs[0] = (struct drm_tnpu_sync){ .handle = gate.syncobj };
	syncs[1] = uapi_signal_of(done);
	expect_eq(uapi_bind_async(t, b.vm, uapi_array(op), uapi_array(syncs)), 0);
	expect_true(show_number(fd, "drm-resident-memory") < size >> 10);
	expect_eq(pthread_create(&thread, NULL, bind_release_thread, &gate), 0);
	uapi_bo_create(&own, t->info.mem_size - size, DRM_TNPU_BO_LOCAL);
	expect_eq(uapi_wait(t, done, 0), 0);
	expect_eq(pthread_join(thread, NULL), 0);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + size - 8, 77);
	uapi_dev_close(own.dev);
}

static int bind_one(struct uapi_test *t, __u32 vm, struct drm_tnpu_vm_bind_op op,
		    const struct drm_tnpu_sync *syncs, size_t count)
{
	return uapi_bind_async(t, vm, uapi_array_of(&op, sizeof(op), 1),
			       uapi_array_of(syncs, sizeof(*syncs), count));
}

/* What is to be unmapped counts until that has taken effect, and no longer. */
UAPI_CASE(bind_too_much)
{
	__u64 half = t->info.mem_size / 2;
	struct drm_tnpu_vm_bind_op map = { .size = half };
	struct drm_tnpu_vm_bind_op unmap = { .op = DRM_TNPU_VM_BIND_OP_UNMAP, .size = half };
	struct drm_tnpu_sync syncs[2];
	struct uapi_bench b, gate;
	__u64 *cpu;
	__u32 bo;

	bind_size(t);
	uapi_bench_init(t, &b);
	uapi_bench_init(t, &gate);
	bo = uapi_bo_create(t, half, DRM_TNPU_BO_LOCAL);
	map.handle = uapi_bo_create(t, half, DRM_TNPU_BO_LOCAL);
	cpu = uapi_bo_map(t, map.handle, half);
	cpu[1] = 1234;
	map.va = UAPI_BENCH_FREE_VA(&b);
	unmap.va = map.va;
	uapi_bind(t, b.vm, bo, 0, unmap.va, half);
	uapi_bench_hold(t, &gate);
	syncs[0] = uapi_signal_of(uapi_syncobj_create(t));
	syncs[1] = (struct drm_tnpu_sync){ .handle = gate.syncobj };
	expect_eq(bind_one(t, b.vm, unmap, syncs, 2), 0);
	expect_eq(bind_one(t, b.vm, map, syncs, 1), -ENOSPC);
	uapi_bench_release(&gate);
	expect_eq(uapi_wait(t, syncs[0].handle, UAPI_LATE), 0);
	expect_eq(bind_one(t, b.vm, map, syncs, 1), 0);
	expect_eq(uapi_wait(t, syncs[0].handle, UAPI_LATE), 0);
	uapi_bench_expect_word(t, &b, map.va + 8, 1234);
}

static __u64 bind_va(const struct uapi_bench *b, __u64 size, unsigned int bo)
{
	return UAPI_BENCH_FREE_VA(b) + bo * (size + UAPI_HUGE);
}

/* All BOs in one call go and come back, a page further each time, and a job sees them. */
static void bind_round(struct uapi_test *t, struct uapi_bench *b, const __u32 *bo, __u64 size,
		       unsigned int round)
{
	struct drm_tnpu_vm_bind_op op[2 * BIND_BOS] = { 0 };
	struct drm_tnpu_sync sync[] = { uapi_signal_of(uapi_syncobj_create(t)) };
	struct drm_syncobj_destroy destroy = { .handle = sync[0].handle };
	unsigned int i;

	b->begin = 0;
	b->end = 0;
	for (i = 0; i < BIND_BOS; i++) {
		op[i].op = DRM_TNPU_VM_BIND_OP_UNMAP;
		op[i].va = bind_va(b, size, i);
		op[i].size = size + UAPI_HUGE;
		op[BIND_BOS + i].handle = bo[i];
		op[BIND_BOS + i].va = op[i].va + round * UAPI_PAGE;
		op[BIND_BOS + i].size = size;
		uapi_cmd_copy(b, uapi_bench_data(b, i), op[BIND_BOS + i].va + size - 8, 8);
	}
	expect_eq(uapi_bind_async(t, b->vm, uapi_array(op), uapi_array(sync)), 0);
	sync[0].flags = 0;
	uapi_bench_submit_after(t, b, sync[0]);
	uapi_bench_finish(t, b);
	for (i = 0; i < BIND_BOS; i++)
		expect_eq(uapi_bench_load(b, i), i + 1);
	expect_ioctl(t, SYNCOBJ_DESTROY, &destroy, 0);
}

static void bind_client(struct uapi_test *t, __u64 size)
{
	struct uapi_test own = { .info = t->info };
	struct uapi_bench b;
	__u32 bo[BIND_BOS];
	unsigned int i;
	__u64 *cpu;

	expect_eq(uapi_dev_open(&own.dev), 0);
	uapi_bench_init(&own, &b);
	for (i = 0; i < BIND_BOS; i++) {
		bo[i] = uapi_bo_create(&own, size, DRM_TNPU_BO_LOCAL);
		cpu = uapi_bo_map(&own, bo[i], size);
		cpu[size / 8 - 1] = i + 1;
	}
	for (i = 0; i < BIND_ROUNDS; i++)
		bind_round(&own, &b, bo, size, i);
	uapi_dev_close(own.dev);
	_exit(0);
}

/* Two clients that need one and a half of what there is. */
UAPI_CASE(bind_processes)
{
	__u64 size = bind_size(t);
	pid_t child[2];
	int status;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		child[i] = fork();
		expect_true(child[i] >= 0);
		if (!child[i])
			bind_client(t, size);
	}
	for (i = 0; i < 2; i++) {
		status = -1;
		expect_eq(waitpid(child[i], &status, 0), child[i]);
		expect_eq(status, 0);
	}
}

/* ---- Resets ------------------------------------------------------------------------------- */

/* A reset takes the job that is waited for, and then what waits for it takes effect. */
UAPI_CASE(bind_reset)
{
	struct uapi_bench gate;
	struct bind c;
	int fd, held;

	uapi_bench_init(t, &gate);
	uapi_bench_hold(t, &gate);
	held = fence_export(t, gate.syncobj);
	bind_open(t, &c);
	bind_pend(&c, held);
	fd = fence_export(&c.own, c.done);
	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	expect_eq(sysfs_device_write("reset", "1"), 0);
	expect_eq(sysfs_device_write("reset_method", "default"), 0);
	expect_eq(uapi_wait(&c.own, c.done, UAPI_LATE), 0);
	expect_eq(fence_status(held), -ECANCELED);
	expect_eq(fence_status(fd), 1);
	uapi_bench_expect_word(&c.own, &c.b, c.va, 2);
	bind_close(&c);
}

static volatile bool bind_over;

static void bind_move(struct bind *c, unsigned int i)
{
	struct drm_tnpu_vm_bind_op op[] = {
		bind_op(c, i % BIND_PAGES, 0),
		bind_op(c, (i + 1) % BIND_PAGES, 1),
	};
	struct drm_tnpu_sync sync[] = { uapi_signal_of(c->done) };

	expect_eq(uapi_bind_async(&c->own, c->b.vm, uapi_array(op), uapi_array(sync)), 0);
	expect_eq(uapi_wait(&c->own, c->done, UAPI_LATE), 0);
}

/* Goes from page to page, and the device has to see the right one each time. */
static void *bind_stream_thread(void *arg)
{
	unsigned int i;
	struct bind c;

	bind_open(arg, &c);
	for (i = 0; !bind_over; i++) {
		bind_move(&c, i);
		c.b.begin = 0;
		c.b.end = 0;
		uapi_bench_expect_word(&c.own, &c.b, c.va, i % BIND_PAGES + 1);
	}
	bind_close(&c);
	return NULL;
}

/* Calls that come and go while the device is reset from outside. */
UAPI_CASE(bind_reset_stream)
{
	pthread_t threads[2];
	unsigned int i;

	expect_eq(sysfs_device_write("reset_method", "flr"), 0);
	bind_over = false;
	for (i = 0; i < UAPI_ARRAY_SIZE(threads); i++)
		expect_eq(pthread_create(&threads[i], NULL, bind_stream_thread, t), 0);
	for (i = 0; i < BIND_RESETS; i++) {
		uapi_pause(100);
		expect_eq(sysfs_device_write("reset", "1"), 0);
	}
	bind_over = true;
	for (i = 0; i < UAPI_ARRAY_SIZE(threads); i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	expect_eq(sysfs_device_write("reset_method", "default"), 0);
}

static void *bind_move_thread(void *arg)
{
	unsigned int i;

	for (i = 0; !bind_over; i++)
		bind_move(arg, i);
	return NULL;
}

/* Firmware that dies leaves calls without an answer: recovery takes its place. */
UAPI_CASE(bind_recover)
{
	const unsigned int resets = uapi_usage(t).reset_count;
	pthread_t thread;
	struct bind c;

	bind_open(t, &c);
	bind_over = false;
	expect_eq(pthread_create(&thread, NULL, bind_move_thread, &c), 0);
	recover_silence();
	recover_await_reset(t, resets);
	bind_over = true;
	expect_eq(pthread_join(thread, NULL), 0);
	bind_move(&c, 2);
	expect_eq(fence_status(fence_export(&c.own, c.done)), 1);
	uapi_bench_expect_word(&c.own, &c.b, c.va, 3);
	bind_close(&c);
}

/* ---- Sleep -------------------------------------------------------------------------------- */

/* What is pending when the system goes to sleep takes effect before or afterwards. */
UAPI_CASE(bind_sleep)
{
	struct drm_tnpu_vm_bind_op op[1];
	struct drm_tnpu_sync sync[1];
	unsigned int i;
	struct bind c;

	bind_open(t, &c);
	sync[0] = uapi_signal_of(c.done);
	for (i = 0; i < 64; i++) {
		op[0] = bind_op(&c, i % BIND_PAGES, 0);
		expect_eq(uapi_bind_async(&c.own, c.b.vm, uapi_array(op), uapi_array(sync)), 0);
	}
	expect_eq(pm_sleep("mem"), 0);
	expect_eq(uapi_wait(&c.own, c.done, UAPI_LATE), 0);
	uapi_bench_expect_word(&c.own, &c.b, c.va, (i - 1) % BIND_PAGES + 1);
	bind_close(&c);
}

/* ---- Removal ------------------------------------------------------------------------------ */

struct bind_waiter {
	struct bind *c;
	int ret;
};

static void *bind_wait_thread(void *arg)
{
	struct bind_waiter *w = arg;
	struct drm_tnpu_vm_bind_op op[] = { bind_op(w->c, 0, 0) };
	struct drm_tnpu_vm_bind args = { .vm_id = w->c->b.vm, .ops = uapi_array(op) };

	w->ret = uapi_dev_ioctl(w->c->own.dev, DRM_IOCTL_TNPU_VM_BIND, &args);
	return NULL;
}

/* The driver lets go of the device: all ends with that, also who waits for others. */
UAPI_CASE(bind_unbound)
{
	struct bind_waiter waiter;
	struct uapi_bench gate;
	pthread_t thread;
	char slot[256];
	struct bind c;
	int fd;

	sysfs_device_slot(slot, sizeof(slot));
	uapi_bench_init(t, &gate);
	uapi_bench_hold(t, &gate);
	bind_open(t, &c);
	bind_pend(&c, fence_export(t, gate.syncobj));
	fd = fence_export(&c.own, c.done);
	waiter.c = &c;
	expect_eq(pthread_create(&thread, NULL, bind_wait_thread, &waiter), 0);
	uapi_pause(100);
	expect_eq(sysfs_write("/sys/bus/pci/drivers/tnpu/unbind", slot), 0);
	expect_eq(pthread_join(thread, NULL), 0);
	expect_eq(waiter.ret, -ENODEV);
	expect_eq(fence_status(fd), -ENODEV);
	expect_eq(sysfs_write("/sys/bus/pci/drivers/tnpu/bind", slot), 0);
	bind_close(&c);
}
