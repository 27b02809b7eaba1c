// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: power management.
 *
 * Runtime: a device that nobody uses goes to D3hot, where registers and memory keep what they
 * hold but cannot be reached. Who touches the device holds it awake: jobs from QUEUE_SUBMIT
 * until they are freed, ioctls, page faults. CPU mappings of device memory are taken away
 * before, so that the next access faults, and wakes it.
 *
 * A job is not allowed to wake the device when it starts: waking may allocate memory, and a fence
 * must not wait for that. So jobs that wait for others keep the device awake too.
 *
 * System: to idle (s2idle), the device goes to D3hot with its jobs, which go on afterwards. In all
 * other states it loses its power and its memory. Jobs are given time to end, BOs in device memory
 * are copied to system memory, and at resume all is set up again from the driver's tables.
 */
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/suspend.h>

#include <drm/drm_drv.h>

#include "tnpu_drv.h"
#include "tnpu_trace.h"

/* Waking costs little, but each page of device memory that the CPU used faults again. */
#define TNPU_PM_AUTOSUSPEND_MS	1000

/**
 * tnpu_pm_get - keep the device awake, and wake it where it sleeps
 * @tdev: the device
 *
 * May sleep, and allocate: not for recovery. A device that cannot be woken is found out by who
 * talks to it.
 */
void tnpu_pm_get(struct tnpu_device *tdev)
{
	int ret = pm_runtime_get_sync(tdev->drm.dev);

	if (ret < 0)
		tnpu_dbg(tdev, PM, "the device does not wake up (%d)", ret);
	/* Just woken. Its firmware may have crashed in the last moment, or it may be gone. */
	if (!ret && tnpu_rd(tdev, BOOT_STATE) != TNPU_BOOT_READY)
		tnpu_reset_trigger(tdev);
}

/**
 * tnpu_pm_put - the end of tnpu_pm_get()
 * @tdev: the device
 *
 * In any context.
 */
void tnpu_pm_put(struct tnpu_device *tdev)
{
	pm_runtime_mark_last_busy(tdev->drm.dev);
	pm_runtime_put_autosuspend(tdev->drm.dev);
}

/**
 * tnpu_pm_enter - drm_dev_enter() and tnpu_pm_get()
 * @tdev: the device
 * @idx: for tnpu_pm_exit()
 *
 * Return: whether the device is there.
 */
bool tnpu_pm_enter(struct tnpu_device *tdev, int *idx)
{
	if (!drm_dev_enter(&tdev->drm, idx))
		return false;
	tnpu_pm_get(tdev);

	return true;
}

/**
 * tnpu_pm_exit - the end of tnpu_pm_enter()
 * @tdev: the device
 * @idx: from there
 */
void tnpu_pm_exit(struct tnpu_device *tdev, int idx)
{
	tnpu_pm_put(tdev);
	drm_dev_exit(idx);
}

/**
 * tnpu_pm_enter_awake - drm_dev_enter(), and hold the device awake if it is
 * @tdev: the device
 * @idx: for tnpu_pm_exit_awake()
 *
 * Return: 0; -ENODATA it sleeps; -ENODEV it is gone.
 */
int tnpu_pm_enter_awake(struct tnpu_device *tdev, int *idx)
{
	if (!drm_dev_enter(&tdev->drm, idx))
		return -ENODEV;
	if (!IS_ENABLED(CONFIG_PM) || pm_runtime_get_if_active(tdev->drm.dev) > 0)
		return 0;
	drm_dev_exit(*idx);

	return -ENODATA;
}

/**
 * tnpu_pm_exit_awake - the end of tnpu_pm_enter_awake()
 * @tdev: the device
 * @idx: from there
 *
 * Unlike tnpu_pm_put() it does not count as use: the device falls asleep when it would have.
 */
void tnpu_pm_exit_awake(struct tnpu_device *tdev, int idx)
{
	pm_runtime_put(tdev->drm.dev);
	drm_dev_exit(idx);
}

/* ---- Runtime ----------------------------------------------------------------------- */

static int tnpu_pm_runtime_suspend(struct device *dev)
{
	struct tnpu_device *tdev = dev_get_drvdata(dev);

	trace_tnpu_power(false, true);
	tnpu_irq_mask(tdev);
	tnpu_gem_zap(tdev);

	return 0;
}

static int tnpu_pm_runtime_resume(struct device *dev)
{
	struct tnpu_device *tdev = dev_get_drvdata(dev);

	trace_tnpu_power(true, true);
	tnpu_irq_unmask(tdev);

	return 0;
}

/* ---- System ------------------------------------------------------------------------ */

/* Programs are frozen: no job comes, and nobody reads or writes BOs. */
static int tnpu_pm_power_off(struct tnpu_device *tdev)
{
	int ret;

	if (!tnpu_reset_drain(tdev))
		return -EBUSY;
	ret = tnpu_gem_save(tdev);
	if (ret)
		return ret;
	tnpu_reset_halt(tdev);

	return 0;
}

static int tnpu_pm_suspend(struct device *dev)
{
	struct tnpu_device *tdev = dev_get_drvdata(dev);
	int ret = 0;

	tnpu_reset_hold(tdev);
	tdev->pm.lost_power = pm_suspend_target_state != PM_SUSPEND_TO_IDLE;
	if (tdev->pm.lost_power)
		ret = tnpu_pm_power_off(tdev);
	if (ret) {
		tnpu_err(tdev, "cannot be suspended: %s", ret == -EBUSY ?
			 "a job does not end" : "no room for device memory");
		tnpu_reset_unhold(tdev);
		return ret;
	}
	tnpu_irq_mask(tdev);
	trace_tnpu_power(false, false);

	return 0;
}

static int tnpu_pm_resume(struct device *dev)
{
	struct tnpu_device *tdev = dev_get_drvdata(dev);

	trace_tnpu_power(true, false);
	tnpu_irq_unmask(tdev);
	if (tdev->pm.lost_power)
		tnpu_gem_restore(tdev);
	if (!tdev->pm.lost_power && tnpu_hw_memory_kept(tdev) &&
	    tnpu_rd(tdev, BOOT_STATE) == TNPU_BOOT_READY)
		tnpu_reset_unhold(tdev);
	else
		tnpu_reset_recover(tdev);

	return 0;
}

const struct dev_pm_ops tnpu_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(tnpu_pm_suspend, tnpu_pm_resume)
	RUNTIME_PM_OPS(tnpu_pm_runtime_suspend, tnpu_pm_runtime_resume, NULL)
};

/* ---- The device -------------------------------------------------------------------- */

/**
 * tnpu_pm_init - let the device sleep when it is idle
 * @tdev: the device, ready for use
 */
void tnpu_pm_init(struct tnpu_device *tdev)
{
	struct device *dev = &tdev->pdev->dev;

	/* Memory does not survive D3cold. */
	pci_d3cold_disable(tdev->pdev);
	pm_runtime_set_autosuspend_delay(dev, TNPU_PM_AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(dev);
	pm_runtime_allow(dev);
	/* The PCI core holds a device awake for its driver's probe. */
	tnpu_pm_put(tdev);
}

/**
 * tnpu_pm_fini - the end of tnpu_pm_init()
 * @tdev: the device, awake
 */
void tnpu_pm_fini(struct tnpu_device *tdev)
{
	struct device *dev = &tdev->pdev->dev;

	pm_runtime_get_noresume(dev);
	pm_runtime_forbid(dev);
	pm_runtime_dont_use_autosuspend(dev);
	pci_d3cold_enable(tdev->pdev);
}
