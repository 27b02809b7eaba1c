/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: sensors.
 */
#ifndef _TNPU_HWMON_H_
#define _TNPU_HWMON_H_

#include <linux/kconfig.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct device;
struct tnpu_device;

/**
 * struct tnpu_hwmon - sensors
 */
struct tnpu_hwmon {
	/** @dev: of class hwmon; NULL: the device has no sensors, or nobody can look at them */
	struct device *dev;
	/** @lock: held while energy is read; outside of the mailbox */
	struct mutex lock;
	/** @newest: microjoules that the device told last. Under @lock */
	u64 newest;
	/** @before: microjoules that the device has forgotten. Under @lock */
	u64 before;
};

#if IS_REACHABLE(CONFIG_HWMON)
void tnpu_hwmon_init(struct tnpu_device *tdev);
void tnpu_hwmon_fini(struct tnpu_device *tdev);
#else
static inline void tnpu_hwmon_init(struct tnpu_device *tdev) { }
static inline void tnpu_hwmon_fini(struct tnpu_device *tdev) { }
#endif

#endif /* _TNPU_HWMON_H_ */
