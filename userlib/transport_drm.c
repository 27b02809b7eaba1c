// SPDX-License-Identifier: MIT
/*
 * The DRM node of tnpu.ko. libdrm looks for devices in /dev/dri only, so accel nodes are
 * found here, through /sys/class/accel.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "transport.h"

#define DRM_SYSFS_NODES	"/sys/class/accel/accel*"

struct transport_drm {
	struct tnpu_transport base;
	int fd;
};

static int transport_drm_fd(struct tnpu_transport *t)
{
	return ((struct transport_drm *)t)->fd;
}

static int transport_drm_is_tnpu(const char *sysfs)
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
static int transport_drm_find(char *node, size_t size)
{
	int ret = -ENODEV;
	glob_t g;
	size_t i;

	if (glob(DRM_SYSFS_NODES, 0, NULL, &g))
		return -ENODEV;
	for (i = 0; i < g.gl_pathc && ret; i++) {
		if (!transport_drm_is_tnpu(g.gl_pathv[i]))
			continue;
		snprintf(node, size, "/dev/accel%s", strrchr(g.gl_pathv[i], '/'));
		ret = 0;
	}
	globfree(&g);
	return ret;
}

static int transport_drm_open_node(const char *path, int *fd, struct tnpu_errmsg *err)
{
	const char *env = secure_getenv("TNPU_DEVICE");
	char node[PATH_MAX];

	if (!path && env && *env)
		path = env;
	if (!path) {
		if (transport_drm_find(node, sizeof(node)))
			return tnpu_errmsg_set(err, -ENODEV,
					       "no TNPU found: no node of /sys/class/accel has driver tnpu");
		path = node;
	}
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return tnpu_errmsg_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int transport_drm_open(const char *path, struct tnpu_transport **t,
			      struct tnpu_errmsg *err)
{
	struct transport_drm *drm;
	int fd, ret;

	ret = transport_drm_open_node(path, &fd, err);
	if (ret)
		return ret;
	drm = calloc(1, sizeof(*drm));
	if (!drm) {
		close(fd);
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	}
	drm->fd = fd;
	*t = &drm->base;
	return 0;
}

static void transport_drm_close(struct tnpu_transport *t)
{
	close(transport_drm_fd(t));
	free(t);
}

static int transport_drm_ioctl(struct tnpu_transport *t, unsigned long cmd, void *arg)
{
	int ret;

	do {
		ret = ioctl(transport_drm_fd(t), cmd, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

static int transport_drm_mmap(struct tnpu_transport *t, uint64_t offset, size_t size, void **ptr)
{
	void *p = mmap64(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, transport_drm_fd(t),
			 offset);

	if (p == MAP_FAILED)
		return -errno;
	*ptr = p;
	return 0;
}

static int transport_drm_munmap(struct tnpu_transport *t, void *ptr, size_t size)
{
	return munmap(ptr, size) ? -errno : 0;
}

const struct tnpu_transport_ops tnpu_transport_drm = {
	.abi = TNPU_TRANSPORT_ABI,
	.name = "drm",
	.open = transport_drm_open,
	.close = transport_drm_close,
	.ioctl = transport_drm_ioctl,
	.mmap = transport_drm_mmap,
	.munmap = transport_drm_munmap,
};
