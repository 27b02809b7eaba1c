// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: attributes of the PCI device; Documentation/ABI/testing/sysfs-driver-tnpu.
 *
 * They are called what those of the ivpu driver are called, so that tools that know
 * these show a TNPU as well.
 */
#include <linux/pci.h>
#include <linux/sysfs.h>

#include "tnpu_drv.h"
#include "tnpu_sysfs.h"

static ssize_t npu_busy_time_us_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct tnpu_device *tdev = dev_get_drvdata(dev);
	const u64 busy = atomic64_read(&tdev->queues.busy);

	return sysfs_emit(buf, "%llu\n", tnpu_hw_ticks_in(tdev, busy, USEC_PER_SEC));
}
static DEVICE_ATTR_RO(npu_busy_time_us);

static ssize_t npu_memory_utilization_show(struct device *dev, struct device_attribute *attr,
					   char *buf)
{
	return sysfs_emit(buf, "%llu\n", tnpu_vram_used(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(npu_memory_utilization);

static struct attribute *tnpu_sysfs_attrs[] = {
	&dev_attr_npu_busy_time_us.attr,
	&dev_attr_npu_memory_utilization.attr,
	NULL,
};

static const struct attribute_group tnpu_sysfs_group = {
	.attrs = tnpu_sysfs_attrs,
};

const struct attribute_group *tnpu_sysfs_groups[] = {
	&tnpu_sysfs_group,
	NULL,
};
