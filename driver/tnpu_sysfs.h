/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: attributes of the PCI device.
 */
#ifndef _TNPU_SYSFS_H_
#define _TNPU_SYSFS_H_

struct attribute_group;

extern const struct attribute_group *tnpu_sysfs_groups[];

#endif /* _TNPU_SYSFS_H_ */
