/* SPDX-License-Identifier: MIT */
/*
 * What the parts of libtnpu share: a device with one address space. Only device.c knows
 * that there is a transport.
 */
#ifndef TNPU_DEVICE_H
#define TNPU_DEVICE_H

#include <pthread.h>

#include "tnpu.h"
#include "transport.h"

/**
 * struct tnpu_device - an open node and a VM on it
 * @lock: protects @next_va
 * @next_va: where the next buffer is bound. Addresses are never used twice: 2^47 bytes
 *	outlast any process, and a stale address faults instead of hitting a stranger
 */
struct tnpu_device {
	struct tnpu_transport *transport;
	struct drm_tnpu_dev_info info;
	uint32_t vm_id;
	pthread_mutex_t lock;
	uint64_t next_va;
};

/** tnpu_device_ioctl() - any ioctl of the node. 0 or a negative errno. */
int tnpu_device_ioctl(struct tnpu_device *dev, unsigned long cmd, void *arg);

/**
 * tnpu_device_reserve() - a free range of device addresses
 * Ranges start at 2 MiB, so that the driver can use 2 MiB pages, and leave a gap, so that
 * what runs over the end of a buffer faults. 0 when there are none left.
 */
uint64_t tnpu_device_reserve(struct tnpu_device *dev, uint64_t size);

#endif /* TNPU_DEVICE_H */
