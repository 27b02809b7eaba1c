// SPDX-License-Identifier: MIT
/*
 * Staging memory; see staging.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "staging.h"

/* Of offset, address and length of what is read with O_DIRECT. */
#define STAGING_ALIGN	4096

/* ---- Memory ------------------------------------------------------------------------- */

static int staging_dmabuf(int memfd, size_t size)
{
	struct udmabuf_create create = {
		.memfd = memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int fd;

	if (dev < 0)
		return -1;
	fd = ioctl(dev, UDMABUF_CREATE, &create);
	close(dev);
	return fd;
}

static int staging_memfd(size_t size)
{
	int fd = memfd_create("tnpu-staging", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	/* udmabuf asks for the seal. */
	if (!ftruncate(fd, size) && !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return fd;
	close(fd);
	return -1;
}

static int staging_import(struct tnpu_device *dev, int memfd, struct tnpu_staging *s)
{
	int dmabuf = staging_dmabuf(memfd, s->size);
	int ret;

	if (dmabuf < 0)
		return -ENODEV;
	ret = tnpu_buffer_import(dev, dmabuf, s->size, &s->buffer);
	close(dmabuf);
	return ret;
}

static int staging_map(int memfd, struct tnpu_staging *s)
{
	void *map = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 memfd, 0);

	if (map == MAP_FAILED)
		return -errno;
	s->map = map;
	s->plain = map;
	return 0;
}

/* Plain memory that is a BO too. On failure @s is as it was. */
static int staging_create_plain(struct tnpu_device *dev, struct tnpu_staging *s)
{
	int memfd = staging_memfd(s->size);
	int ret;

	if (memfd < 0)
		return -ENOMEM;
	ret = staging_import(dev, memfd, s);
	if (!ret)
		ret = staging_map(memfd, s);
	close(memfd);
	if (ret) {
		tnpu_buffer_destroy(s->buffer);
		s->buffer = NULL;
	}
	return ret;
}

static int staging_create_bo(struct tnpu_device *dev, struct tnpu_staging *s)
{
	int ret = tnpu_buffer_create(dev, s->size, TNPU_BUFFER_SYSTEM, &s->buffer);

	if (ret)
		return ret;
	s->map = tnpu_buffer_map(s->buffer);
	return s->map ? 0 : -errno;
}

/* Another open file of the same inode, whatever became of its name. */
static int staging_open_direct(const struct tnpu_gguf *gguf)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", tnpu_gguf_fd(gguf));
	return open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
}

int tnpu_staging_create(struct tnpu_device *dev, size_t size, const struct tnpu_gguf *gguf,
			struct tnpu_staging *s)
{
	int ret;

	*s = (struct tnpu_staging){ .size = size, .direct = -1 };
	if (!staging_create_plain(dev, s)) {
		s->direct = staging_open_direct(gguf);
		return 0;
	}
	ret = staging_create_bo(dev, s);
	if (ret)
		tnpu_staging_destroy(s);
	return ret;
}

void tnpu_staging_destroy(struct tnpu_staging *s)
{
	if (s->buffer && s->direct >= 0)
		close(s->direct);
	tnpu_buffer_destroy(s->buffer);
	if (s->plain)
		munmap(s->plain, s->size);
	*s = (struct tnpu_staging){ 0 };
}

/* ---- Reading ------------------------------------------------------------------------- */

/* Reads past @want up to the next aligned byte, or to the end of the file. */
static bool staging_read_direct(struct tnpu_staging *s, uint64_t from, size_t want)
{
	const size_t room = (want + STAGING_ALIGN - 1) / STAGING_ALIGN * STAGING_ALIGN;
	size_t done = 0;
	ssize_t n;

	while (done < want) {
		n = pread(s->direct, s->map + done, room - done, from + done);
		if (n < 0 && errno == EINTR)
			continue;
		/* What it cannot do, or says is amiss, is left to an ordinary read. */
		if (n <= 0 || (n % STAGING_ALIGN && done + n < want))
			return false;
		done += n;
	}
	return true;
}

int tnpu_staging_read(struct tnpu_staging *s, const struct tnpu_gguf *gguf,
		      const struct tnpu_gguf_tensor *tensor, uint64_t start, size_t len,
		      uint64_t *va, struct tnpu_errmsg *err)
{
	const size_t skip = (tensor->offset + start) % STAGING_ALIGN;

	*va = tnpu_buffer_va(s->buffer) + skip;
	if (s->direct >= 0 &&
	    staging_read_direct(s, tensor->offset + start - skip, skip + len))
		return 0;
	*va = tnpu_buffer_va(s->buffer);
	return tnpu_gguf_tensor_read(gguf, tensor, start, s->map, len, err);
}
