/* SPDX-License-Identifier: MIT */
/*
 * The cases' way to the device, as "ld --wrap" names what it puts in front and what is behind.
 */
#ifndef UAPI_FAIL_H
#define UAPI_FAIL_H

#include "../kselftests/tnpu/uapi/uapi.h"

int __real_uapi_dev_open(struct uapi_dev **dev);
int __real_uapi_dev_ioctl(struct uapi_dev *dev, unsigned long cmd, void *arg);
int __real_uapi_dev_mmap(struct uapi_dev *dev, __u64 offset, size_t size, void **ptr);
int __wrap_uapi_dev_open(struct uapi_dev **dev);
int __wrap_uapi_dev_ioctl(struct uapi_dev *dev, unsigned long cmd, void *arg);
int __wrap_uapi_dev_mmap(struct uapi_dev *dev, __u64 offset, size_t size, void **ptr);

#endif /* UAPI_FAIL_H */
