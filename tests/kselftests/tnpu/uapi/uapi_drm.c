// SPDX-License-Identifier: GPL-2.0
/*
 * The device as the cases see it: the DRM node of the driver. The environment variable
 * TNPU_DEVICE names it; else it is the first node of /sys/class/accel whose driver is tnpu.
 */
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uapi.h"

struct uapi_dev {
	int fd;
};

static bool uapi_node_is_tnpu(const char *sysfs)
{
	char link[PATH_MAX], target[PATH_MAX] = "";

	snprintf(link, sizeof(link), "%s/device/driver", sysfs);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return false;
	return !strcmp(strrchr(target, '/') + 1, "tnpu");
}

static int uapi_node_find(char *node, size_t size)
{
	int ret = -ENODEV;
	size_t i;
	glob_t g;

	if (getenv("TNPU_DEVICE")) {
		snprintf(node, size, "%s", getenv("TNPU_DEVICE"));
		return 0;
	}
	if (glob("/sys/class/accel/accel*", 0, NULL, &g))
		return -ENODEV;
	for (i = 0; i < g.gl_pathc && ret; i++) {
		if (!uapi_node_is_tnpu(g.gl_pathv[i]))
			continue;
		snprintf(node, size, "/dev/accel%s", strrchr(g.gl_pathv[i], '/'));
		ret = 0;
	}
	globfree(&g);
	return ret;
}

int uapi_dev_open(struct uapi_dev **dev)
{
	char node[PATH_MAX];
	int ret = uapi_node_find(node, sizeof(node));

	if (ret)
		return ret;
	*dev = malloc(sizeof(**dev));
	if (!*dev)
		return -ENOMEM;
	(*dev)->fd = open(node, O_RDWR | O_CLOEXEC);
	if ((*dev)->fd >= 0)
		return 0;
	ret = -errno;
	free(*dev);
	return ret;
}

void uapi_dev_close(struct uapi_dev *dev)
{
	close(dev->fd);
	free(dev);
}

int uapi_dev_fd(struct uapi_dev *dev)
{
	return dev->fd;
}

int uapi_dev_ioctl(struct uapi_dev *dev, unsigned long cmd, void *arg)
{
	int ret;

	do {
		ret = ioctl(dev->fd, cmd, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

int uapi_dev_mmap(struct uapi_dev *dev, __u64 offset, size_t size, void **ptr)
{
	void *p = mmap64(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd, offset);

	if (p == MAP_FAILED)
		return -errno;
	*ptr = p;
	return 0;
}

int uapi_dev_munmap(struct uapi_dev *dev, void *ptr, size_t size)
{
	return munmap(ptr, size) ? -errno : 0;
}
