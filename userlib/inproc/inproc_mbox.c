// SPDX-License-Identifier: MIT
/*
 * The control mailbox: one request at a time, under the device's lock.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "inproc.h"

/*
 * A request waits for a tile boundary at most, that is a millisecond; a host that is
 * overloaded or instrumented may take much longer. Beyond this the firmware is lost.
 */
#define INPROC_MBOX_TIMEOUT_S	30

/**
 * inproc_mbox_init() - Place the rings; before boot, which checks them
 * @dev: the device, whose system memory is up
 *
 * Return: 0 or -ENOMEM.
 */
int inproc_mbox_init(struct inproc_device *dev)
{
	struct inproc_mbox *mbox = &dev->mbox;
	uint64_t ring = INPROC_MBOX_ENTRIES * sizeof(struct tnpu_msg);

	if (inproc_region_alloc(&dev->system, INPROC_PAGE_SIZE, &mbox->dma))
		return -ENOMEM;
	mbox->req = (void *)(dev->system.base + mbox->dma);
	mbox->rsp = (void *)(dev->system.base + mbox->dma + ring);
	inproc_device_write64(dev, TNPU_REG_MBOX_REQ_LO, mbox->dma);
	inproc_device_write64(dev, TNPU_REG_MBOX_RSP_LO, mbox->dma + ring);
	tnpu_chip_mmio_write(dev->chip, TNPU_REG_MBOX_ORDER, INPROC_MBOX_ORDER);
	tnpu_chip_mmio_write(dev->chip, TNPU_REG_IRQ_ENABLE, TNPU_IRQ_ALL);
	return 0;
}

static int inproc_mbox_wait(struct inproc_device *dev, uint32_t tail)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += INPROC_MBOX_TIMEOUT_S;
	while (inproc_device_read(dev, TNPU_REG_MBOX_RSP_TAIL) != tail) {
		if (inproc_device_read(dev, TNPU_REG_BOOT_STATE) != TNPU_BOOT_READY)
			return -EIO;
		if (sem_clockwait(&dev->mbox.event, CLOCK_MONOTONIC, &deadline) &&
		    errno == ETIMEDOUT)
			return -EIO;
	}
	tnpu_chip_mmio_write(dev->chip, TNPU_REG_IRQ_STATUS, TNPU_IRQ_MBOX);
	return 0;
}

static int inproc_mbox_errno(uint32_t status)
{
	switch (status) {
	case TNPU_MSG_OK:
		return 0;
	case TNPU_MSG_BUSY:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/**
 * inproc_mbox_call() - Make a request and wait for its response
 * @dev: the device, lock held
 * @type: TNPU_MSG_*
 * @payload: of the request; of the response on return
 * @size: its bytes
 *
 * Return: 0, -EBUSY the object is in use, -EIO refused, or the firmware is lost.
 */
int inproc_mbox_call(struct inproc_device *dev, uint16_t type, void *payload, size_t size)
{
	uint32_t mod = 2 * INPROC_MBOX_ENTRIES;
	uint32_t next = (dev->mbox.seq + 1) % mod;
	uint32_t slot = dev->mbox.seq % INPROC_MBOX_ENTRIES;
	struct tnpu_msg *req = &dev->mbox.req[slot], *rsp = &dev->mbox.rsp[slot];

	memset(req, 0, sizeof(*req));
	req->seq = dev->mbox.seq++;
	req->type = type;
	req->version = TNPU_MSG_VERSION;
	memcpy(req->payload, payload, size);
	tnpu_chip_mmio_write(dev->chip, TNPU_REG_MBOX_REQ_TAIL, next);
	if (inproc_mbox_wait(dev, next))
		return -EIO;
	tnpu_chip_mmio_write(dev->chip, TNPU_REG_MBOX_RSP_HEAD, next);
	if (rsp->seq != req->seq || rsp->type != type)
		return -EIO;
	memcpy(payload, rsp->payload, size);
	return inproc_mbox_errno(rsp->status);
}
