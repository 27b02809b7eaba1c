/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: power management.
 */
#ifndef _TNPU_PM_H_
#define _TNPU_PM_H_

#include <linux/pm.h>
#include <linux/types.h>

struct tnpu_device;

/**
 * struct tnpu_pm - power management
 * @lost_power: in a system suspend: the device was reset, and its memory was saved
 */
struct tnpu_pm {
	bool lost_power;
};

extern const struct dev_pm_ops tnpu_pm_ops;

void tnpu_pm_init(struct tnpu_device *tdev);
void tnpu_pm_fini(struct tnpu_device *tdev);
void tnpu_pm_get(struct tnpu_device *tdev);
void tnpu_pm_put(struct tnpu_device *tdev);
bool tnpu_pm_enter(struct tnpu_device *tdev, int *idx);
void tnpu_pm_exit(struct tnpu_device *tdev, int idx);
int tnpu_pm_enter_awake(struct tnpu_device *tdev, int *idx);
void tnpu_pm_exit_awake(struct tnpu_device *tdev, int idx);

#endif /* _TNPU_PM_H_ */
