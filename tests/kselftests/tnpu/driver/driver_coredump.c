// SPDX-License-Identifier: GPL-2.0
/*
 * Core dumps: what one holds of a queue that died by its own fault, and when there is none.
 *
 * Where the environment variable TNPU_TEST_DUMPS names a folder, the dumps are left there, in files
 * with the names of their cases.
 */
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <tnpu/tnpu_dump.h>

#include "driver_cases.h"

#define COREDUMP_FILES		"/sys/class/devcoredump/devcd*/data"
#define COREDUMP_SIZE_MAX	(1u << 20)
#define COREDUMP_NAME		"coredump-test"
#define COREDUMP_TIMEOUT_MS	100

/**
 * struct coredump - a dump that was read
 * @data: all of it
 * @size: its bytes
 */
struct coredump {
	__u8 *data;
	size_t size;
};

/* ---- Files -------------------------------------------------------------------------- */

/* The path of one that is there; it comes and goes by itself. */
static bool coredump_find(char *path, size_t size)
{
	bool found;
	glob_t g;

	found = !glob(COREDUMP_FILES, 0, NULL, &g);
	if (found)
		snprintf(path, size, "%s", g.gl_pathv[0]);
	globfree(&g);
	return found;
}

static bool coredump_there(void)
{
	char path[256];

	return coredump_find(path, sizeof(path));
}

/* Whatever is written to it frees it. */
static void coredump_free(void)
{
	__s64 late = UAPI_LATE;
	char path[256];

	while (coredump_find(path, sizeof(path)) && uapi_deadline(0) < late) {
		sysfs_write(path, "1");
		sched_yield();
	}
	expect_true(!coredump_there());
}

static void coredump_begin(struct uapi_test *t)
{
	if (access("/sys/class/devcoredump", F_OK))
		uapi_skip(t, "this kernel has no core dumps of devices");
	prctl(PR_SET_NAME, COREDUMP_NAME);
	coredump_free();
}

/* The destruction of a queue waits for its dump. */
static void coredump_settle(struct uapi_test *t, const struct uapi_bench *b)
{
	expect_ioctl(t, TNPU_QUEUE_DESTROY, &(struct drm_tnpu_queue_destroy){ b->queue }, 0);
}

static void coredump_keep(const struct coredump *dump, const char *name)
{
	const char *folder = getenv("TNPU_TEST_DUMPS");
	char path[512];
	FILE *f;

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	expect_true(f);
	expect_eq(fwrite(dump->data, 1, dump->size, f), dump->size);
	expect_eq(fclose(f), 0);
}

static struct coredump coredump_read(const char *name)
{
	struct coredump dump = { .data = malloc(COREDUMP_SIZE_MAX) };
	char path[256];
	ssize_t n;
	int fd;

	expect_true(dump.data);
	expect_true(coredump_find(path, sizeof(path)));
	fd = open(path, O_RDONLY);
	expect_true(fd >= 0);
	do {
		n = read(fd, dump.data + dump.size, COREDUMP_SIZE_MAX - dump.size);
		expect_true(n >= 0);
		dump.size += n;
	} while (n);
	close(fd);
	coredump_keep(&dump, name);
	return dump;
}

/* ---- What is in them ---------------------------------------------------------------- */

/* A section and the number of its elements, of @element bytes; NULL where it is not there. */
static const void *coredump_section(const struct coredump *dump, __u32 type, size_t element,
				    size_t *count)
{
	const struct tnpu_dump_header *header = (const void *)dump->data;
	size_t at = header->header_size;
	const void *found = NULL;
	__u32 i;

	for (i = 0; i < header->sections; i++) {
		const struct tnpu_dump_section *s = (const void *)(dump->data + at);

		expect_true(at + sizeof(*s) <= dump->size);
		at += sizeof(*s);
		expect_true(s->size <= dump->size - at);
		if (s->type == type) {
			expect_true(!found);
			expect_eq(s->stride, element);
			found = dump->data + at;
			*count = s->size / s->stride;
		}
		at += (s->size + TNPU_DUMP_ALIGN - 1) / TNPU_DUMP_ALIGN * TNPU_DUMP_ALIGN;
	}
	expect_eq(at, dump->size);
	return found;
}

#define coredump_array(dump, type, name, count) \
	((const struct name *)coredump_section(dump, type, sizeof(struct name), count))

static __u32 coredump_reg(const struct coredump *dump, __u32 offset)
{
	const struct tnpu_dump_reg *regs;
	size_t count, i;

	regs = coredump_array(dump, TNPU_DUMP_REGS, tnpu_dump_reg, &count);
	expect_true(regs);
	for (i = 0; i < count && regs[i].offset != offset; i++)
		;
	expect_true(i < count);
	return regs[i].value;
}

/* What holds of any dump. */
static void coredump_expect_device(const struct coredump *dump, __u32 cause)
{
	const struct tnpu_dump_header *header = (const void *)dump->data;
	const struct tnpu_dump_info *info;
	struct utsname uts;
	size_t count;

	expect_true(dump->size >= sizeof(*header));
	expect_eq(header->magic, TNPU_DUMP_MAGIC);
	expect_eq(header->version_major, TNPU_DUMP_VERSION_MAJOR);
	expect_eq(header->size, dump->size);
	info = coredump_array(dump, TNPU_DUMP_INFO, tnpu_dump_info, &count);
	expect_true(info);
	expect_eq(info->cause, cause);
	uname(&uts);
	expect_eq(strcmp((const char *)info->kernel, uts.release), 0);
	expect_eq(coredump_reg(dump, TNPU_REG_MAGIC), TNPU_MAGIC);
	expect_true(coredump_array(dump, TNPU_DUMP_MBOX_REQ, tnpu_msg, &count));
	expect_true(coredump_array(dump, TNPU_DUMP_MBOX_RSP, tnpu_msg, &count));
	expect_true(coredump_section(dump, TNPU_DUMP_LOG, 1, &count));
	expect_true(count > 0);
}

static const struct tnpu_dump_queue *coredump_queue(const struct coredump *dump)
{
	const struct tnpu_dump_queue *queue;
	size_t count;

	queue = coredump_array(dump, TNPU_DUMP_QUEUE, tnpu_dump_queue, &count);
	expect_true(queue);
	return queue;
}

/* What holds of a dump of our queue's first job, and @cmd, the command at @offset of its stream. */
static void coredump_expect_job(const struct coredump *dump, const struct drm_tnpu_job *job,
				size_t offset, const void *cmd, size_t cmd_size)
{
	const struct tnpu_dump_queue *queue = coredump_queue(dump);
	const struct tnpu_ring_entry *ring;
	const __u8 *stream;
	size_t count;

	expect_eq(queue->state, DRM_TNPU_QUEUE_STATE_GUILTY);
	expect_eq(queue->error, -EIO);
	expect_eq(queue->pid, getpid());
	expect_eq(strcmp((const char *)queue->comm, COREDUMP_NAME), 0);
	expect_eq(queue->seq, 1);
	expect_eq(queue->submitted, 1);
	expect_eq(queue->stream_va, job->stream);
	expect_eq(queue->stream_size, job->stream_size);
	expect_eq(queue->stream_status, TNPU_DUMP_STREAM_WHOLE);
	ring = coredump_array(dump, TNPU_DUMP_RING, tnpu_ring_entry, &count);
	expect_true(ring);
	expect_eq(count, 1u << queue->order);
	expect_eq(ring[0].cmd_va, job->stream);
	expect_eq(ring[0].seq, 1);
	stream = coredump_section(dump, TNPU_DUMP_STREAM, 1, &count);
	expect_true(stream);
	expect_eq(count, job->stream_size);
	expect_eq(memcmp(stream + offset, cmd, cmd_size), 0);
}

static void coredump_expect_mapping(const struct coredump *dump, __u64 va, __u64 size, __u32 flags)
{
	const struct tnpu_dump_mapping *vm;
	size_t count, i;

	vm = coredump_array(dump, TNPU_DUMP_VM, tnpu_dump_mapping, &count);
	expect_true(vm);
	expect_eq(count, coredump_queue(dump)->mappings);
	for (i = 0; i < count && vm[i].va != va; i++)
		;
	expect_true(i < count);
	expect_eq(vm[i].size, size);
	expect_eq(vm[i].flags, flags);
}

/* ---- Cases -------------------------------------------------------------------------- */

/* The second command stores to where nothing is. */
UAPI_CASE(coredump_fault)
{
	struct tnpu_cmd_fence_signal store = {
		.hdr = { TNPU_OP_FENCE_SIGNAL, 0, sizeof(store) },
		.value = 0x123456789abcdefull,
	};
	const struct tnpu_dump_queue *queue;
	const struct tnpu_completion *done;
	struct coredump dump;
	struct uapi_bench b;
	size_t count;

	coredump_begin(t);
	uapi_bench_init(t, &b);
	store.va = b.va + UAPI_BENCH_SIZE + 8;
	uapi_cmd_nop(&b);
	uapi_bench_add(&b, &store, sizeof(store));
	uapi_bench_run(t, &b);
	coredump_settle(t, &b);
	dump = coredump_read("fault");
	coredump_expect_device(&dump, TNPU_DUMP_CAUSE_QUEUE);
	coredump_expect_job(&dump, &(struct drm_tnpu_job){ .stream = b.va, .stream_size = b.end },
			    sizeof(struct tnpu_cmd_nop), &store, sizeof(store));
	coredump_expect_mapping(&dump, b.va, UAPI_BENCH_SIZE, TNPU_DUMP_MAPPING_LOCAL);
	queue = coredump_queue(&dump);
	expect_eq(queue->reason, TNPU_ERR_FAULT);
	expect_eq(queue->fault_va, store.va);
	expect_eq(queue->access, TNPU_ACCESS_WRITE);
	expect_eq(queue->cmd_index, 1);
	done = coredump_array(&dump, TNPU_DUMP_COMPLETIONS, tnpu_completion, &count);
	expect_true(done);
	expect_eq(done[0].status, TNPU_STATUS_ERROR);
	expect_eq(done[0].fault_va, store.va);
	expect_eq(coredump_reg(&dump, TNPU_REG_BOOT_STATE), TNPU_BOOT_READY);
	coredump_free();
	free(dump.data);
}

/* A job that hangs, its stream in system memory, in two pieces and read-only. */
UAPI_CASE(coredump_hang)
{
	struct tnpu_cmd_fence_wait wait = {
		.hdr = { TNPU_OP_FENCE_WAIT, 0, sizeof(wait) },
		.value = 1,
		.timeout_us = 10000000,
	};
	struct drm_tnpu_vm_bind_op op = {
		.op = DRM_TNPU_VM_BIND_OP_MAP,
		.flags = DRM_TNPU_VM_BIND_READONLY,
		.size = UAPI_PAGE,
	};
	struct drm_tnpu_vm_bind bind = {
		.ops = { .stride = sizeof(op), .count = 1, .array = (uintptr_t)&op },
	};
	struct drm_tnpu_sync sync[1];
	struct drm_tnpu_job job = { .stream_size = 8 + sizeof(wait) };
	struct coredump dump;
	struct uapi_bench b;
	__u8 *cpu;

	coredump_begin(t);
	uapi_bench_init(t, &b);
	b.queue = uapi_queue_create_timeout(t, b.vm, COREDUMP_TIMEOUT_MS);
	wait.va = uapi_bench_data(&b, 0);
	bind.vm_id = b.vm;
	op.handle = uapi_bo_create(t, 2 * UAPI_PAGE, 0);
	cpu = uapi_bo_map(t, op.handle, 2 * UAPI_PAGE);
	/* Its pages the other way round: the wait begins in the second and ends in the first. */
	op.va = b.va + 64 * UAPI_HUGE;
	op.bo_offset = UAPI_PAGE;
	expect_ioctl(t, TNPU_VM_BIND, &bind, 0);
	op.va += UAPI_PAGE;
	op.bo_offset = 0;
	expect_ioctl(t, TNPU_VM_BIND, &bind, 0);
	memcpy(cpu + 2 * UAPI_PAGE - 16, &(struct tnpu_cmd_nop){ { TNPU_OP_NOP, 0, 8 } }, 8);
	memcpy(cpu + 2 * UAPI_PAGE - 8, &wait, 8);
	memcpy(cpu, (__u8 *)&wait + 8, sizeof(wait) - 8);
	job.stream = op.va - 16;
	sync[0] = uapi_signal_of(b.syncobj);
	job.syncs = uapi_array(sync);
	expect_eq(uapi_submit(t, b.queue, &job), 0);
	uapi_bench_finish(t, &b);
	coredump_settle(t, &b);
	dump = coredump_read("hang");
	coredump_expect_device(&dump, TNPU_DUMP_CAUSE_QUEUE);
	coredump_expect_job(&dump, &job, 8, &wait, sizeof(wait));
	coredump_expect_mapping(&dump, op.va, UAPI_PAGE, TNPU_DUMP_MAPPING_READONLY);
	coredump_expect_mapping(&dump, b.va, UAPI_BENCH_SIZE, TNPU_DUMP_MAPPING_LOCAL);
	expect_eq(coredump_queue(&dump)->reason, DRM_TNPU_REASON_TIMEOUT);
	expect_eq(coredump_queue(&dump)->cmd_index, 1);
	coredump_free();
	free(dump.data);
}

static void coredump_provoke(struct uapi_test *t, const void *cmd, size_t size)
{
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	uapi_bench_add(&b, cmd, size);
	uapi_bench_run(t, &b);
	expect_eq(uapi_state(t, b.queue).state, DRM_TNPU_QUEUE_STATE_GUILTY);
	coredump_settle(t, &b);
}

/* A command that is refused leaves none; of two faults the first one stays until it is freed. */
UAPI_CASE(coredump_one)
{
	struct tnpu_cmd_header refused = { .opcode = TNPU_OP_MAX - 1, .size = sizeof(refused) };
	struct tnpu_cmd_timestamp fault = {
		.hdr = { TNPU_OP_TIMESTAMP, 0, sizeof(fault) },
		.va = t->info.va_start,
	};
	struct coredump dump;

	coredump_begin(t);
	coredump_provoke(t, &refused, sizeof(refused));
	expect_true(!coredump_there());
	coredump_provoke(t, &fault, sizeof(fault));
	fault.va += UAPI_PAGE;
	coredump_provoke(t, &fault, sizeof(fault));
	dump = coredump_read("one");
	expect_eq(coredump_queue(&dump)->fault_va, t->info.va_start);
	free(dump.data);
	coredump_free();
	coredump_provoke(t, &fault, sizeof(fault));
	dump = coredump_read("one");
	expect_eq(coredump_queue(&dump)->fault_va, t->info.va_start + UAPI_PAGE);
	free(dump.data);
	coredump_free();
}

/* A stream of which nothing is mapped: there is a dump, which says so. */
UAPI_CASE(coredump_unmapped)
{
	struct drm_tnpu_job job = { .stream_size = 16 };
	struct drm_tnpu_sync sync[1];
	struct coredump dump;
	struct uapi_bench b;
	size_t count;

	coredump_begin(t);
	uapi_bench_init(t, &b);
	job.stream = b.va + UAPI_BENCH_SIZE;
	sync[0] = uapi_signal_of(b.syncobj);
	job.syncs = uapi_array(sync);
	expect_eq(uapi_submit(t, b.queue, &job), 0);
	uapi_bench_finish(t, &b);
	coredump_settle(t, &b);
	dump = coredump_read("unmapped");
	coredump_expect_device(&dump, TNPU_DUMP_CAUSE_QUEUE);
	expect_eq(coredump_queue(&dump)->fault_va, job.stream);
	expect_eq(coredump_queue(&dump)->stream_va, job.stream);
	expect_eq(coredump_queue(&dump)->stream_status, TNPU_DUMP_STREAM_UNMAPPED);
	expect_true(!coredump_section(&dump, TNPU_DUMP_STREAM, 1, &count));
	coredump_free();
	free(dump.data);
}

/* Firmware that fails: nobody is guilty, and the registers are from before it is started anew. */
UAPI_CASE(coredump_firmware)
{
	const unsigned int resets = uapi_usage(t).reset_count;
	__s64 late = UAPI_LATE;
	struct coredump dump;
	struct uapi_bench b;
	size_t count;

	coredump_begin(t);
	uapi_bench_init(t, &b);
	b.queue = uapi_queue_create_timeout(t, b.vm, COREDUMP_TIMEOUT_MS * 10);
	uapi_bench_hold(t, &b);
	recover_silence();
	recover_await_reset(t, resets);
	uapi_bench_finish(t, &b);
	while (!coredump_there() && uapi_deadline(0) < late)
		sched_yield();
	dump = coredump_read("firmware");
	coredump_expect_device(&dump, TNPU_DUMP_CAUSE_FIRMWARE);
	expect_eq(coredump_reg(&dump, TNPU_REG_BOOT_STATE), TNPU_BOOT_CRASHED);
	expect_true(!coredump_section(&dump, TNPU_DUMP_QUEUE, sizeof(struct tnpu_dump_queue),
				      &count));
	coredump_free();
	free(dump.data);
}
