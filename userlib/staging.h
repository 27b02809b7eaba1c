/* SPDX-License-Identifier: MIT */
/*
 * Staging: memory that a file is read into and the device reads from.
 *
 * The file's bytes should get there without the CPU touching them, which in an emulated machine
 * is what loading takes longest for. So where the kernel can, staging memory is a memfd that
 * udmabuf makes a BO of: unlike a BO's mapping, it is plain memory, into which read() with
 * O_DIRECT has the disk, or the host that shares the file, write. Elsewhere it is a BO in system
 * memory, and the file goes through the page cache.
 */
#ifndef TNPU_STAGING_H
#define TNPU_STAGING_H

#include "device.h"
#include "gguf.h"

/**
 * struct tnpu_staging - one piece of such memory
 * @buffer: as the device sees it
 * @map: as this process does
 * @plain: the same where it is no mapping of @buffer, or NULL
 * @size: bytes
 * @direct: the file, opened with O_DIRECT, or -1
 */
struct tnpu_staging {
	struct tnpu_buffer *buffer;
	char *map;
	char *plain;
	size_t size;
	int direct;
};

/** TNPU_STAGING_SLACK - bytes of staging memory that a read may take beyond its length */
#define TNPU_STAGING_SLACK	8192

/**
 * tnpu_staging_create() - allocate staging memory
 * @dev: whose device is to read it
 * @size: bytes, a multiple of 4096
 * @gguf: the file that it is for
 * @staging: filled in
 *
 * Return: 0 or a negative errno.
 */
int tnpu_staging_create(struct tnpu_device *dev, size_t size, const struct tnpu_gguf *gguf,
			struct tnpu_staging *staging);

/** tnpu_staging_destroy() - free it; no pending job may use it. All zero is allowed. */
void tnpu_staging_destroy(struct tnpu_staging *staging);

/**
 * tnpu_staging_read() - read bytes of a tensor
 * @staging: what was in it is lost
 * @gguf: the file
 * @tensor: one of its tensors
 * @start: first byte within the tensor
 * @len: bytes, TNPU_STAGING_SLACK less than @staging has at most
 * @va: receives the device address of the first one; it is as far behind a multiple of 4096 as
 *	the byte is in the file, or a multiple of 4096
 * @err: why it failed
 *
 * Return: as tnpu_gguf_tensor_read().
 */
int tnpu_staging_read(struct tnpu_staging *staging, const struct tnpu_gguf *gguf,
		      const struct tnpu_gguf_tensor *tensor, uint64_t start, size_t len,
		      uint64_t *va, struct tnpu_errmsg *err);

#endif /* TNPU_STAGING_H */
