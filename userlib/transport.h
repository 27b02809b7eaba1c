/* SPDX-License-Identifier: MIT */
/*
 * How libtnpu reaches a device: an open node, its ioctls and its mappings, and nothing
 * else. Two implementations: the DRM node of tnpu.ko (transport_drm.c), and the chip in
 * this process (inproc/, a plug-in). Both have the semantics of drm/tnpu_accel.h, errno
 * by errno; one table of cases (tests/kselftests/tnpu/uapi) runs against both.
 *
 * The DRM core's own ioctls (DRM_IOCTL_SYNCOBJ_*, DRM_IOCTL_GEM_CLOSE,
 * DRM_IOCTL_VERSION) go through the same entry. libdrm's wrappers of them take a file
 * descriptor, which the chip in process has not; hence libdrm's headers only.
 */
#ifndef TNPU_TRANSPORT_H
#define TNPU_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

#include "errmsg.h"

struct tnpu_transport;

/** TNPU_TRANSPORT_ABI - of struct tnpu_transport_ops; a plug-in of another one is refused */
#define TNPU_TRANSPORT_ABI	1

/** TNPU_TRANSPORT_SYMBOL - what a plug-in exports: a struct tnpu_transport_ops */
#define TNPU_TRANSPORT_SYMBOL	"tnpu_transport_plugin"

/**
 * struct tnpu_transport_ops - one way to a device
 * @abi: TNPU_TRANSPORT_ABI
 * @name: "drm", "inproc"
 * @open: see tnpu_transport_open(); allocates *@t, whose first member is a
 *	struct tnpu_transport
 * @close: the reverse; frees @t
 * @ioctl: see tnpu_transport_ioctl()
 * @mmap: see tnpu_transport_mmap()
 * @munmap: see tnpu_transport_munmap()
 */
struct tnpu_transport_ops {
	uint32_t abi;
	const char *name;
	int (*open)(const char *path, struct tnpu_transport **t, struct tnpu_errmsg *err);
	void (*close)(struct tnpu_transport *t);
	int (*ioctl)(struct tnpu_transport *t, unsigned long cmd, void *arg);
	int (*mmap)(struct tnpu_transport *t, uint64_t offset, size_t size, void **ptr);
	int (*munmap)(struct tnpu_transport *t, void *ptr, size_t size);
};

/**
 * struct tnpu_transport - an open device; a client in the sense of drm/tnpu_accel.h
 * @ops: its implementation
 * @plugin: what dlopen() gave, NULL for the built-in one
 */
struct tnpu_transport {
	const struct tnpu_transport_ops *ops;
	void *plugin;
};

/** tnpu_transport_drm - the DRM node, built in */
extern const struct tnpu_transport_ops tnpu_transport_drm;

/**
 * tnpu_transport_open() - Open a device
 * @path: its node (/dev/accel/accel0); NULL: the one that the environment variable
 *	TNPU_DEVICE names, else the first node in /sys/class/accel whose driver is tnpu.
 *	The chip in process ignores it.
 * @t: the open device; close it by tnpu_transport_close()
 * @err: why it failed, or NULL
 *
 * The environment variable TNPU_TRANSPORT chooses: unset, empty or "drm": the DRM node;
 * "inproc": the plug-in libtnpu-inproc.so, looked for in $TNPU_PLUGIN_DIR or, where that
 * is unset, beside libtnpu, in tnpu/ beside it and in ../lib/tnpu from there.
 *
 * Return: 0, -ENODEV no TNPU, -EINVAL unknown transport, -ELIBACC no such plug-in,
 * -ELIBBAD a plug-in of another ABI, or what open() of the node said.
 */
int tnpu_transport_open(const char *path, struct tnpu_transport **t, struct tnpu_errmsg *err);

/**
 * tnpu_transport_close() - Close a device; NULL is allowed
 * @t: the device. Its mappings must have been ended, no other thread may use it.
 */
void tnpu_transport_close(struct tnpu_transport *t);

/**
 * tnpu_transport_ioctl() - Issue an ioctl; any thread
 * @t: the device
 * @cmd: DRM_IOCTL_*
 * @arg: its argument. A bad address is -EFAULT, in process too.
 *
 * Interrupted calls are issued again: timeouts of this interface are absolute.
 *
 * Return: 0 or a negative errno.
 */
int tnpu_transport_ioctl(struct tnpu_transport *t, unsigned long cmd, void *arg);

/**
 * tnpu_transport_mmap() - Map a BO for reading and writing; any thread
 * @t: the device
 * @offset: from DRM_IOCTL_TNPU_BO_MMAP_OFFSET
 * @size: bytes, at most the BO's
 * @ptr: the mapping, which keeps the BO alive; end it by tnpu_transport_munmap()
 *
 * Return: 0 or a negative errno: -EINVAL no BO has this offset, or @size is 0 or too
 * large; -EACCES the BO is another client's.
 */
int tnpu_transport_mmap(struct tnpu_transport *t, uint64_t offset, size_t size, void **ptr);

/**
 * tnpu_transport_munmap() - End a mapping, whole; any thread
 * @t: the device
 * @ptr: from tnpu_transport_mmap()
 * @size: as it was given there
 *
 * Return: 0 or -EINVAL, not a mapping.
 */
int tnpu_transport_munmap(struct tnpu_transport *t, void *ptr, size_t size);

#endif /* TNPU_TRANSPORT_H */
