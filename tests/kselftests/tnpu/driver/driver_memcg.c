// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the kernel's that a client makes it take is charged to the client's memory cgroup.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver_cases.h"

#define MEMCG_TABLES	4096		/* a page each: 16 MiB */
#define MEMCG_PATH	128
#define MEMCG_SLACK	(4ull << 20)	/* what else comes and goes, and what is counted late */

static unsigned long long memcg_charged(const char *group)
{
	unsigned long long bytes;
	char path[MEMCG_PATH];
	FILE *f;

	snprintf(path, sizeof(path), "%s/memory.current", group);
	f = fopen(path, "r");
	expect_true(f && fscanf(f, "%llu", &bytes) == 1);
	fclose(f);
	return bytes;
}

/* A page of the BO at so many places that no two of them share a table. */
static void memcg_bind(struct uapi_test *t, __u32 vm)
{
	struct drm_tnpu_vm_bind_op *op = calloc(MEMCG_TABLES, sizeof(*op));
	struct drm_tnpu_vm_bind args = {
		.vm_id = vm,
		.ops = uapi_array_of(op, sizeof(*op), MEMCG_TABLES),
	};
	__u32 bo = uapi_bo_create(t, UAPI_PAGE, 0);
	unsigned int i;

	expect_true(op);
	for (i = 0; i < MEMCG_TABLES; i++)
		op[i] = (struct drm_tnpu_vm_bind_op){
			.op = DRM_TNPU_VM_BIND_OP_MAP,
			.handle = bo,
			.va = t->info.va_start + i * UAPI_HUGE,
			.size = UAPI_PAGE,
		};
	expect_ioctl(t, TNPU_VM_BIND, &args, 0);
	uapi_bo_close(t, bo);
	free(op);
}

static void memcg_client(struct uapi_test *t, const char *group)
{
	struct uapi_test own = { .info = t->info };
	const __u64 tables = MEMCG_TABLES * UAPI_PAGE;
	struct drm_tnpu_vm_destroy destroy = { 0 };
	unsigned long long before;
	char path[MEMCG_PATH];

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	expect_eq(sysfs_write(path, "0"), 0);
	expect_eq(uapi_dev_open(&own.dev), 0);
	destroy.id = uapi_vm_create(&own);
	before = memcg_charged(group);
	memcg_bind(&own, destroy.id);
	expect_true(memcg_charged(group) >= before + tables);
	expect_ioctl(&own, TNPU_VM_DESTROY, &destroy, 0);
	expect_true(memcg_charged(group) <= before + MEMCG_SLACK);
	uapi_dev_close(own.dev);
}

/* Runs the client in a process that goes into a group of its own. */
static int memcg_run(struct uapi_test *t, const char *group)
{
	pid_t child = fork();
	int status;

	expect_true(child >= 0);
	if (!child) {
		memcg_client(t, group);
		_exit(0);
	}
	expect_eq(waitpid(child, &status, 0), child);
	return status;
}

/* Page tables: a few bytes of arguments ask for any number of them. */
UAPI_CASE(memcg_tables)
{
	char root[] = "/tmp/tnpu-memcg-XXXXXX", control[MEMCG_PATH], group[MEMCG_PATH / 2];
	int ret, status = 0;

	expect_true(mkdtemp(root));
	snprintf(control, sizeof(control), "%s/cgroup.subtree_control", root);
	snprintf(group, sizeof(group), "%s/tnpu-test-%d", root, getpid());
	ret = mount("none", root, "cgroup2", 0, NULL);
	if (!ret) {
		ret = sysfs_write(control, "+memory") || mkdir(group, 0755);
		if (!ret)
			status = memcg_run(t, group);
		rmdir(group);
		expect_eq(umount(root), 0);
	}
	expect_eq(rmdir(root), 0);
	if (ret)
		uapi_skip(t, "no memory cgroups");
	expect_eq(status, 0);
}
