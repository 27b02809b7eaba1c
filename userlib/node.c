// SPDX-License-Identifier: MIT
/*
 * Device nodes. libdrm looks for devices in /dev/dri only, so accel nodes are found here, through
 * /sys/class/accel.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node.h"

#define SYSFS_NODES	"/sys/class/accel/accel*"

static int node_is_tnpu(const char *sysfs)
{
	char link[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(link, sizeof(link), "%s/device/driver", sysfs);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return !strcmp(slash ? slash + 1 : target, "tnpu");
}

/* The first node of the driver, in the order of glob(): accel0, accel1, ... */
static int node_find(char *node, size_t size)
{
	int ret = -ENODEV;
	glob_t g;
	size_t i;

	if (glob(SYSFS_NODES, 0, NULL, &g))
		return -ENODEV;
	for (i = 0; i < g.gl_pathc && ret; i++) {
		if (!node_is_tnpu(g.gl_pathv[i]))
			continue;
		snprintf(node, size, "/dev/accel%s", strrchr(g.gl_pathv[i], '/'));
		ret = 0;
	}
	globfree(&g);
	return ret;
}

int tnpu_node_choose(const char *path, char *node, size_t size, struct tnpu_errmsg *err)
{
	const char *env = secure_getenv("TNPU_DEVICE");

	if (!path && env && *env)
		path = env;
	if (path && snprintf(node, size, "%s", path) >= size)
		return tnpu_errmsg_set(err, -ENAMETOOLONG, "%.100s...: %s", path,
				       strerror(ENAMETOOLONG));
	if (!path && node_find(node, size))
		return tnpu_errmsg_set(err, -ENODEV,
				       "no TNPU found: no node of /sys/class/accel has driver tnpu");
	return 0;
}
