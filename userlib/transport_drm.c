// SPDX-License-Identifier: MIT
/*
 * The DRM node of tnpu.ko.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node.h"
#include "transport.h"

struct transport_drm {
	struct tnpu_transport base;
	int fd;
};

static int transport_drm_fd(struct tnpu_transport *t)
{
	return ((struct transport_drm *)t)->fd;
}

static int transport_drm_open_node(const char *path, int *fd, struct tnpu_errmsg *err)
{
	char node[PATH_MAX];
	int ret = tnpu_node_choose(path, node, sizeof(node), err);

	if (ret)
		return ret;
	*fd = open(node, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return tnpu_errmsg_set(err, -errno, "%s: %s", node, strerror(errno));
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
