// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces.
 */
#include "uapi_cases.h"

UAPI_CASE(vm_create)
{
	__u32 a = uapi_vm_create(t), b = uapi_vm_create(t);
	struct drm_tnpu_vm_destroy args = { .id = a };

	expect_true(a != b);
	expect_ioctl(t, TNPU_VM_DESTROY, &args, 0);
	expect_ioctl(t, TNPU_VM_DESTROY, &args, -ENOENT);
	args.id = b;
	expect_ioctl(t, TNPU_VM_DESTROY, &args, 0);
}

UAPI_CASE(vm_create_flags)
{
	struct drm_tnpu_vm_create args = { .flags = 1 };

	expect_ioctl(t, TNPU_VM_CREATE, &args, -EINVAL);
}

UAPI_CASE(vm_create_busy)
{
	__u32 i, n = t->info.num_contexts - uapi_usage(t).contexts;
	struct drm_tnpu_vm_destroy destroy = { 0 };
	struct drm_tnpu_vm_create args = { 0 };

	for (i = 0; i < n; i++)
		destroy.id = uapi_vm_create(t);
	expect_ioctl(t, TNPU_VM_CREATE, &args, -EBUSY);
	expect_ioctl(t, TNPU_VM_DESTROY, &destroy, 0);
	expect_ioctl(t, TNPU_VM_CREATE, &args, 0);
}

UAPI_CASE(vm_destroy_id)
{
	struct drm_tnpu_vm_destroy args = { .id = UAPI_BAD_HANDLE };

	expect_ioctl(t, TNPU_VM_DESTROY, &args, -ENOENT);
	args.id = 0;
	expect_ioctl(t, TNPU_VM_DESTROY, &args, -ENOENT);
}

UAPI_CASE(vm_destroy_pad)
{
	struct drm_tnpu_vm_destroy args = { .id = uapi_vm_create(t), .pad = 1 };

	expect_ioctl(t, TNPU_VM_DESTROY, &args, -EINVAL);
	args.pad = 0;
	expect_ioctl(t, TNPU_VM_DESTROY, &args, 0);
}

/* ---- VM_BIND: what must be refused ------------------------------------------------- */

#define BIND_PAGES	4

/* A right bind of a BO of BIND_PAGES pages; each case spoils one thing of it. */
struct bind {
	__u32 vm;
	struct drm_tnpu_vm_bind_op op;
};

static struct bind bind_right(struct uapi_test *t)
{
	return (struct bind){
		.vm = uapi_vm_create(t),
		.op = {
			.op = DRM_TNPU_VM_BIND_OP_MAP,
			.handle = uapi_bo_create(t, BIND_PAGES * UAPI_PAGE, DRM_TNPU_BO_LOCAL),
			.va = t->info.va_start,
			.size = BIND_PAGES * UAPI_PAGE,
		},
	};
}

static struct bind bind_right_unmap(struct uapi_test *t)
{
	struct bind b = bind_right(t);

	b.op.op = DRM_TNPU_VM_BIND_OP_UNMAP;
	b.op.handle = 0;
	return b;
}

/* The count of operations that took effect comes back in any case. */
static void bind_expect(struct uapi_test *t, const struct bind *b, int ret)
{
	struct drm_tnpu_vm_bind args = {
		.vm_id = b->vm,
		.ops = uapi_array_of(&b->op, sizeof(b->op), 1),
	};

	expect_ioctl(t, TNPU_VM_BIND, &args, ret);
	expect_eq(args.ops.count, ret ? 0 : 1);
}

UAPI_CASE(bind_map_unmap)
{
	struct bind b = bind_right(t);

	bind_expect(t, &b, 0);
	bind_expect(t, &b, 0);
	b.op.flags = DRM_TNPU_VM_BIND_READONLY;
	bind_expect(t, &b, 0);
	b.op = bind_right_unmap(t).op;
	bind_expect(t, &b, 0);
	bind_expect(t, &b, 0);
}

UAPI_CASE(bind_vm_unknown)
{
	struct bind b = bind_right(t);

	b.vm = UAPI_BAD_HANDLE;
	bind_expect(t, &b, -ENOENT);
	b.vm = 0;
	bind_expect(t, &b, -ENOENT);
}

UAPI_CASE(bind_flags)
{
	struct bind b = bind_right(t);
	struct drm_tnpu_vm_bind args = {
		.vm_id = b.vm,
		.flags = DRM_TNPU_VM_BIND_ASYNC << 1,
		.ops = uapi_array_of(&b.op, sizeof(b.op), 1),
	};

	expect_ioctl(t, TNPU_VM_BIND, &args, -EINVAL);
	expect_eq(args.ops.count, 0);
}

UAPI_CASE(bind_op_unknown)
{
	struct bind b = bind_right(t);

	b.op.op = DRM_TNPU_VM_BIND_OP_UNMAP + 1;
	bind_expect(t, &b, -EINVAL);
}

UAPI_CASE(bind_op_flags)
{
	struct bind b = bind_right(t);

	b.op.flags = DRM_TNPU_VM_BIND_READONLY << 1;
	bind_expect(t, &b, -EINVAL);
	b = bind_right_unmap(t);
	b.op.flags = DRM_TNPU_VM_BIND_READONLY;
	bind_expect(t, &b, -EINVAL);
}

UAPI_CASE(bind_op_pad)
{
	struct bind b = bind_right(t);

	b.op.pad = 1;
	bind_expect(t, &b, -EINVAL);
	b = bind_right_unmap(t);
	b.op.pad = 1;
	bind_expect(t, &b, -EINVAL);
}

UAPI_CASE(bind_bo_unknown)
{
	struct bind b = bind_right(t);

	b.op.handle = UAPI_BAD_HANDLE;
	bind_expect(t, &b, -ENOENT);
	b.op.handle = 0;
	bind_expect(t, &b, -ENOENT);
}

UAPI_CASE(bind_bo_of_other_vm)
{
	struct bind b = bind_right(t);
	struct drm_tnpu_bo_create args = { .size = b.op.size, .vm_id = uapi_vm_create(t) };

	expect_ioctl(t, TNPU_BO_CREATE, &args, 0);
	b.op.handle = args.handle;
	bind_expect(t, &b, -EACCES);
	b.vm = args.vm_id;
	bind_expect(t, &b, 0);
}

UAPI_CASE(bind_unaligned)
{
	struct bind b = bind_right(t);

	b.op.va += UAPI_PAGE / 2;
	bind_expect(t, &b, -EINVAL);
	b = bind_right(t);
	b.op.size -= 1;
	bind_expect(t, &b, -EINVAL);
	b = bind_right(t);
	b.op.bo_offset = UAPI_PAGE / 2;
	b.op.size = UAPI_PAGE;
	bind_expect(t, &b, -EINVAL);
	b = bind_right_unmap(t);
	b.op.va += 1;
	bind_expect(t, &b, -EINVAL);
	b = bind_right_unmap(t);
	b.op.size += 1;
	bind_expect(t, &b, -EINVAL);
}

UAPI_CASE(bind_size_zero)
{
	struct bind b = bind_right(t);

	b.op.size = 0;
	bind_expect(t, &b, -EINVAL);
	b = bind_right_unmap(t);
	b.op.size = 0;
	bind_expect(t, &b, -EINVAL);
}

static void bind_va_fails(struct uapi_test *t, __u64 va)
{
	struct bind b = bind_right(t);

	b.op.va = va;
	bind_expect(t, &b, -EINVAL);
	b = bind_right_unmap(t);
	b.op.va = va;
	bind_expect(t, &b, -EINVAL);
}

UAPI_CASE(bind_va_range)
{
	bind_va_fails(t, 0);
	bind_va_fails(t, t->info.va_start - UAPI_PAGE);
	bind_va_fails(t, t->info.va_end - UAPI_PAGE);
	bind_va_fails(t, t->info.va_end);
	bind_va_fails(t, -UAPI_PAGE);
}

UAPI_CASE(bind_va_ends)
{
	struct bind b = bind_right(t);

	bind_expect(t, &b, 0);
	b.op.va = t->info.va_end - b.op.size;
	bind_expect(t, &b, 0);
}

UAPI_CASE(bind_beyond_bo)
{
	struct bind b = bind_right(t);

	b.op.size += UAPI_PAGE;
	bind_expect(t, &b, -EINVAL);
	b = bind_right(t);
	b.op.bo_offset = UAPI_PAGE;
	bind_expect(t, &b, -EINVAL);
	b = bind_right(t);
	b.op.bo_offset = -UAPI_PAGE;
	bind_expect(t, &b, -EINVAL);
}

UAPI_CASE(bind_unmap_handle)
{
	struct bind b = bind_right_unmap(t);

	b.op.handle = bind_right(t).op.handle;
	bind_expect(t, &b, -EINVAL);
}

UAPI_CASE(bind_unmap_offset)
{
	struct bind b = bind_right_unmap(t);

	b.op.bo_offset = UAPI_PAGE;
	bind_expect(t, &b, -EINVAL);
}

static void bind_array(struct uapi_test *t, __u32 vm, struct drm_tnpu_obj_array ops, int ret)
{
	struct drm_tnpu_vm_bind args = { .vm_id = vm, .ops = ops };

	expect_ioctl(t, TNPU_VM_BIND, &args, ret);
	expect_eq(args.ops.count, ret ? 0 : ops.count);
}

UAPI_CASE(bind_count_zero)
{
	bind_array(t, uapi_vm_create(t),
		   uapi_array_of(NULL, sizeof(struct drm_tnpu_vm_bind_op), 0), 0);
}

UAPI_CASE(bind_count_too_large)
{
	struct bind b = bind_right(t);

	bind_array(t, b.vm, uapi_array_of(&b.op, sizeof(b.op), t->info.max_bind_ops + 1), -E2BIG);
	bind_array(t, b.vm, uapi_array_of(&b.op, sizeof(b.op), ~0u), -E2BIG);
}

/* An element that is longer than the driver knows: right while the rest of it is zero. */
UAPI_CASE(bind_stride)
{
	struct bind b = bind_right(t);
	__u8 longer[256 + 8] = { 0 };

	*(struct drm_tnpu_vm_bind_op *)longer = b.op;
	bind_array(t, b.vm, uapi_array_of(longer, sizeof(b.op) - 8, 1), -EINVAL);
	bind_array(t, b.vm, uapi_array_of(longer, 0, 1), -EINVAL);
	bind_array(t, b.vm, uapi_array_of(longer, sizeof(b.op) + 8, 1), 0);
	bind_array(t, b.vm, uapi_array_of(longer, 256, 1), 0);
	bind_array(t, b.vm, uapi_array_of(longer, 264, 1), -EINVAL);
	longer[sizeof(b.op)] = 1;
	bind_array(t, b.vm, uapi_array_of(longer, sizeof(b.op) + 8, 1), -E2BIG);
}

UAPI_CASE(bind_array_bad)
{
	struct bind b = bind_right(t);
	struct drm_tnpu_vm_bind_op *op = uapi_page_end(sizeof(*op));

	*op = b.op;
	bind_array(t, b.vm, uapi_array_of(NULL, sizeof(*op), 1), -EFAULT);
	bind_array(t, b.vm, uapi_array_of(op + 1, sizeof(*op), 1), -EFAULT);
	bind_array(t, b.vm, uapi_array_of((char *)op + 8, sizeof(*op), 1), -EFAULT);
	bind_array(t, b.vm, uapi_array_of(op, sizeof(*op), 1), 0);
}

/* ---- VM_BIND: what the device sees ---------------------------------------------------- */

static void bind_split(struct uapi_test *t, __u32 flags)
{
	struct uapi_bench b;
	__u32 bo;

	uapi_bench_init(t, &b);
	bo = uapi_bo_numbered(t, 4 * UAPI_PAGE, flags);
	uapi_bind(t, b.vm, bo, 0, UAPI_BENCH_FREE_VA(&b), 4 * UAPI_PAGE);
	uapi_bo_close(t, bo);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + 2 * UAPI_PAGE, 3);
	uapi_unbind(t, b.vm, UAPI_BENCH_FREE_VA(&b) + UAPI_PAGE, 2 * UAPI_PAGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b), 1);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + 3 * UAPI_PAGE, 4);
	uapi_bench_expect_fault(t, &b, UAPI_BENCH_FREE_VA(&b) + 2 * UAPI_PAGE);
}

UAPI_CASE(bind_split_local)
{
	bind_split(t, DRM_TNPU_BO_LOCAL);
}

UAPI_CASE(bind_split_system)
{
	bind_split(t, 0);
}

/* Also where 2 MiB pages were used. */
UAPI_CASE(bind_split_huge)
{
	struct uapi_bench b;
	__u32 bo;

	uapi_bench_init(t, &b);
	bo = uapi_bo_numbered(t, 2 * UAPI_HUGE, DRM_TNPU_BO_LOCAL);
	uapi_bind(t, b.vm, bo, 0, UAPI_BENCH_FREE_VA(&b), 2 * UAPI_HUGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + 5 * UAPI_PAGE, 6);
	uapi_unbind(t, b.vm, UAPI_BENCH_FREE_VA(&b) + 4 * UAPI_PAGE, UAPI_PAGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + 3 * UAPI_PAGE, 4);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + 5 * UAPI_PAGE, 6);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + UAPI_HUGE,
			       UAPI_HUGE / UAPI_PAGE + 1);
	uapi_bind(t, b.vm, bo, 0, UAPI_BENCH_FREE_VA(&b), 2 * UAPI_HUGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + 4 * UAPI_PAGE, 5);
	uapi_unbind(t, b.vm, UAPI_BENCH_FREE_VA(&b) + UAPI_HUGE, UAPI_HUGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b), 1);
	uapi_bench_expect_fault(t, &b, UAPI_BENCH_FREE_VA(&b) + UAPI_HUGE);
}

/* Mapping over a mapping replaces that part of it. */
UAPI_CASE(bind_replace)
{
	struct uapi_bench b;
	__u32 bo;

	uapi_bench_init(t, &b);
	bo = uapi_bo_numbered(t, 4 * UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	uapi_bind(t, b.vm, bo, 0, UAPI_BENCH_FREE_VA(&b), 4 * UAPI_PAGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + UAPI_PAGE, 2);
	bo = uapi_bo_numbered(t, 8 * UAPI_PAGE, 0);
	uapi_bind(t, b.vm, bo, 6 * UAPI_PAGE, UAPI_BENCH_FREE_VA(&b) + UAPI_PAGE, 2 * UAPI_PAGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b), 1);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + UAPI_PAGE, 7);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + 2 * UAPI_PAGE, 8);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + 3 * UAPI_PAGE, 4);
}

UAPI_CASE(bind_remap_after_unmap)
{
	struct uapi_bench b;
	__u32 bo;

	uapi_bench_init(t, &b);
	bo = uapi_bo_numbered(t, 2 * UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	uapi_bind(t, b.vm, bo, 0, UAPI_BENCH_FREE_VA(&b), UAPI_PAGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b), 1);
	uapi_unbind(t, b.vm, UAPI_BENCH_FREE_VA(&b), UAPI_PAGE);
	uapi_bind(t, b.vm, bo, UAPI_PAGE, UAPI_BENCH_FREE_VA(&b), UAPI_PAGE);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b), 2);
	uapi_unbind(t, b.vm, UAPI_BENCH_FREE_VA(&b), UAPI_PAGE);
	uapi_bench_expect_fault(t, &b, UAPI_BENCH_FREE_VA(&b));
}

/* The whole space at once, holes and all. */
UAPI_CASE(bind_unmap_all)
{
	struct uapi_bench b;
	__u64 used;

	uapi_bench_init(t, &b);
	uapi_bo_close(t, b.bo);
	expect_eq(uapi_dev_munmap(t->dev, b.cpu, UAPI_BENCH_SIZE), 0);
	used = uapi_usage(t).mem_used;
	uapi_unbind(t, b.vm, t->info.va_start, t->info.va_end - t->info.va_start);
	expect_eq(uapi_usage(t).mem_used, used - UAPI_BENCH_SIZE);
}

UAPI_CASE(bind_readonly)
{
	struct drm_tnpu_vm_bind_op op[] = { {
		.op = DRM_TNPU_VM_BIND_OP_MAP,
		.flags = DRM_TNPU_VM_BIND_READONLY,
		.size = UAPI_PAGE,
	} };
	struct drm_tnpu_vm_bind args = { .ops = uapi_array(op) };
	struct drm_tnpu_queue_get_state state;
	struct uapi_bench b;

	uapi_bench_init(t, &b);
	op[0].handle = uapi_bo_numbered(t, UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	op[0].va = UAPI_BENCH_FREE_VA(&b);
	args.vm_id = b.vm;
	expect_ioctl(t, TNPU_VM_BIND, &args, 0);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b), 1);
	uapi_cmd_store(&b, UAPI_BENCH_FREE_VA(&b), 5);
	uapi_bench_run(t, &b);
	state = uapi_state(t, b.queue);
	expect_eq(state.reason, TNPU_ERR_FAULT);
	expect_eq(state.fault_access, TNPU_ACCESS_WRITE);
	expect_eq(state.fault_va, UAPI_BENCH_FREE_VA(&b));
	expect_eq(*(__u64 *)uapi_bo_map(t, op[0].handle, UAPI_PAGE), 1);
}

/* All operations or none. */
UAPI_CASE(bind_all_or_nothing)
{
	struct drm_tnpu_vm_bind_op op[3] = { 0 };
	struct drm_tnpu_vm_bind args = { .ops = uapi_array(op) };
	struct uapi_bench b;
	unsigned int i;

	uapi_bench_init(t, &b);
	args.vm_id = b.vm;
	for (i = 0; i < 3; i++) {
		op[i].op = DRM_TNPU_VM_BIND_OP_MAP;
		op[i].handle = uapi_bo_numbered(t, UAPI_PAGE, 0);
		op[i].va = UAPI_BENCH_FREE_VA(&b) + i * UAPI_PAGE;
		op[i].size = UAPI_PAGE;
	}
	op[2].handle = UAPI_BAD_HANDLE;
	expect_ioctl(t, TNPU_VM_BIND, &args, -ENOENT);
	expect_eq(args.ops.count, 0);
	uapi_bench_expect_fault(t, &b, UAPI_BENCH_FREE_VA(&b));
}

/* The most operations that one call may carry. */
UAPI_CASE(bind_many)
{
	static struct drm_tnpu_vm_bind_op ops[65536];
	__u32 i, n = t->info.max_bind_ops;
	struct uapi_bench b;
	__u32 bo;

	uapi_bench_init(t, &b);
	bo = uapi_bo_numbered(t, 2 * UAPI_PAGE, DRM_TNPU_BO_LOCAL);
	expect_true(n <= UAPI_ARRAY_SIZE(ops));
	for (i = 0; i < n; i++)
		ops[i] = (struct drm_tnpu_vm_bind_op){
			.op = DRM_TNPU_VM_BIND_OP_MAP,
			.handle = bo,
			.bo_offset = i % 2 * UAPI_PAGE,
			.va = UAPI_BENCH_FREE_VA(&b) + i * UAPI_PAGE,
			.size = UAPI_PAGE,
		};
	bind_array(t, b.vm, uapi_array_of(ops, sizeof(ops[0]), n), 0);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b), 1);
	uapi_bench_expect_word(t, &b, UAPI_BENCH_FREE_VA(&b) + (n - 1) * UAPI_PAGE,
			       (n - 1) % 2 + 1);
}
