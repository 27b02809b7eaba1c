// SPDX-License-Identifier: MIT
/*
 * Finds the firmware image and starts the chip with it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "inproc.h"

#define INPROC_FIRMWARE		"/lib/firmware/tnpu/tnpu.bin"
#define INPROC_BOOT_TIMEOUT_S	30

static const char * const inproc_boot_reasons[] = {
	[TNPU_REASON_NONE] = "no reason given",
	[TNPU_REASON_DMA] = "the image could not be read",
	[TNPU_REASON_SIZE] = "wrong size",
	[TNPU_REASON_MAGIC] = "wrong magic number",
	[TNPU_REASON_HEADER] = "malformed header",
	[TNPU_REASON_PROTOCOL] = "made for another hardware version",
	[TNPU_REASON_DIGEST] = "wrong digest",
	[TNPU_REASON_SIGNATURE] = "wrong signature",
	[TNPU_REASON_PAYLOAD] = "a table is malformed or missing",
	[TNPU_REASON_MAILBOX] = "mailbox unusable",
	[TNPU_REASON_CRASH] = "it crashed",
};

static const char *inproc_boot_reason(uint32_t reason)
{
	if (reason >= ARRAY_SIZE(inproc_boot_reasons))
		return "unknown reason";
	return inproc_boot_reasons[reason];
}

/* $TNPU_FIRMWARE, the installed image, or the one beside this plug-in. */
static int inproc_boot_path(char *path, size_t size)
{
	const char *env = secure_getenv("TNPU_FIRMWARE");
	Dl_info info;
	char *slash;

	if (env && *env)
		return snprintf(path, size, "%s", env) < (int)size ? 0 : -ENAMETOOLONG;
	if (!access(INPROC_FIRMWARE, R_OK))
		return snprintf(path, size, "%s", INPROC_FIRMWARE) < (int)size ? 0 : -ENAMETOOLONG;
	if (!dladdr(&inproc_bus, &info) || !info.dli_fname)
		return -ENOENT;
	if (snprintf(path, size, "%s", info.dli_fname) >= (int)size)
		return -ENAMETOOLONG;
	slash = strrchr(path, '/');
	slash = slash ? slash + 1 : path;
	if (snprintf(slash, size - (slash - path), "tnpu.bin") >= (int)(size - (slash - path)))
		return -ENAMETOOLONG;
	return access(path, R_OK) ? -ENOENT : 0;
}

static int inproc_boot_read(int fd, struct inproc_device *dev, uint64_t *dma, uint32_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size < (off_t)sizeof(struct tnpu_fw_header) || st.st_size > TNPU_FW_SIZE_MAX)
		return -ENOEXEC;
	*size = st.st_size;
	if (inproc_region_alloc(&dev->system, (*size + INPROC_PAGE_SIZE - 1) &
				~(INPROC_PAGE_SIZE - 1), dma))
		return -ENOMEM;
	if (read(fd, dev->system.base + *dma, *size) == (ssize_t)*size)
		return 0;
	inproc_region_free(&dev->system, *dma);
	return -EIO;
}

static int inproc_boot_load(struct inproc_device *dev, const char *path, uint64_t *dma,
			    uint32_t *size, struct tnpu_errmsg *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return tnpu_errmsg_set(err, -errno, "firmware %s: %s", path, strerror(errno));
	ret = inproc_boot_read(fd, dev, dma, size);
	close(fd);
	if (ret)
		return tnpu_errmsg_set(err, ret,
				       "firmware %s: cannot be read, or is not of %zu to %u bytes",
				       path, sizeof(struct tnpu_fw_header), TNPU_FW_SIZE_MAX);
	return 0;
}

/* Leaves LOADING by an interrupt. */
static uint32_t inproc_boot_wait(struct inproc_device *dev)
{
	struct timespec deadline;
	uint32_t state;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += INPROC_BOOT_TIMEOUT_S;
	do {
		state = inproc_device_read(dev, TNPU_REG_BOOT_STATE);
		if (state != TNPU_BOOT_ROM && state != TNPU_BOOT_LOADING)
			break;
	} while (!sem_clockwait(&dev->mbox.event, CLOCK_MONOTONIC, &deadline) || errno == EINTR);
	tnpu_chip_mmio_write(dev->chip, TNPU_REG_IRQ_STATUS, TNPU_IRQ_BOOT);
	return state;
}

static int inproc_boot_start(struct inproc_device *dev, const char *path, uint64_t dma,
			     uint32_t size, struct tnpu_errmsg *err)
{
	const struct tnpu_fw_header *header = (void *)(dev->system.base + dma);
	uint32_t reason;

	inproc_device_write64(dev, TNPU_REG_FW_ADDR_LO, dma);
	tnpu_chip_mmio_write(dev->chip, TNPU_REG_FW_SIZE, size);
	tnpu_chip_mmio_write(dev->chip, TNPU_REG_CTRL, TNPU_CTRL_BOOT);
	if (inproc_boot_wait(dev) != TNPU_BOOT_READY) {
		reason = inproc_device_read(dev, TNPU_REG_BOOT_REASON);
		return tnpu_errmsg_set(err, -ENOEXEC, "firmware %s: refused (%s)", path,
				       inproc_boot_reason(reason));
	}
	dev->firmware.version = inproc_device_read(dev, TNPU_REG_FW_VERSION);
	dev->firmware.protocol = inproc_device_read(dev, TNPU_REG_PROTOCOL);
	memcpy(dev->firmware.name, header->name, sizeof(dev->firmware.name) - 1);
	if (dev->firmware.protocol >> 16 != TNPU_PROTOCOL_MAJOR)
		return tnpu_errmsg_set(err, -EPROTO, "firmware %s: mailbox protocol %u, not %u",
				       path, dev->firmware.protocol >> 16, TNPU_PROTOCOL_MAJOR);
	return 0;
}

/**
 * inproc_boot() - Load and start the firmware
 * @dev: the device, mailbox placed
 * @err: why not, or NULL
 *
 * Return: 0, -ENOENT no image, -ENOEXEC refused, -EPROTO, or what reading it said.
 */
int inproc_boot(struct inproc_device *dev, struct tnpu_errmsg *err)
{
	char path[PATH_MAX];
	uint64_t dma = 0;
	uint32_t size = 0;
	int ret;

	if (inproc_boot_path(path, sizeof(path)))
		return tnpu_errmsg_set(err, -ENOENT, "no firmware: neither TNPU_FIRMWARE, "
				       INPROC_FIRMWARE " nor tnpu.bin beside the plug-in");
	ret = inproc_boot_load(dev, path, &dma, &size, err);
	if (ret)
		return ret;
	ret = inproc_boot_start(dev, path, dma, size, err);
	inproc_region_free(&dev->system, dma);
	return ret;
}
