// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: sensors; Documentation/ABI/testing/sysfs-driver-tnpu-hwmon.
 *
 * Every read asks the device, unless it sleeps: then there is nothing to tell. To wake it for a
 * sensor, as xe and i915 do, would be cheap here, but who looks once a second would keep it from
 * sleeping ever again; and what it told last may be of a time when it was hot. So this does as
 * newer versions of amdgpu do, with the error that the hwmon ABI has for a sensor that is off.
 */
#include <linux/err.h>
#include <linux/hwmon.h>
#include <linux/pci.h>

#include "tnpu_drv.h"

static const struct hwmon_channel_info * const tnpu_hwmon_channels[] = {
	HWMON_CHANNEL_INFO(temp, HWMON_T_INPUT | HWMON_T_LABEL),
	HWMON_CHANNEL_INFO(power, HWMON_P_AVERAGE | HWMON_P_AVERAGE_INTERVAL | HWMON_P_LABEL),
	HWMON_CHANNEL_INFO(energy, HWMON_E_INPUT | HWMON_E_LABEL),
	NULL
};

static umode_t tnpu_hwmon_is_visible(const void *data, enum hwmon_sensor_types type, u32 attr,
				     int channel)
{
	return 0444;
}

/*
 * A device that lost its power may count from zero again; what it forgot is added. Two readers
 * must not meet: the one that asked first could seem to have seen it fall.
 */
static int tnpu_hwmon_read_energy(struct tnpu_device *tdev, u64 *value)
{
	struct tnpu_hwmon *hwmon = &tdev->hwmon;
	int ret;

	mutex_lock(&hwmon->lock);
	ret = tnpu_mbox_query(tdev, TNPU_QUERY_ENERGY, value);
	if (!ret) {
		if (*value < hwmon->newest)
			hwmon->before += hwmon->newest;
		hwmon->newest = *value;
		*value += hwmon->before;
	}
	mutex_unlock(&hwmon->lock);

	return ret;
}

static int tnpu_hwmon_read_awake(struct tnpu_device *tdev, enum hwmon_sensor_types type,
				 u64 *value)
{
	switch (type) {
	case hwmon_temp:
		return tnpu_mbox_query(tdev, TNPU_QUERY_TEMPERATURE, value);
	case hwmon_power:
		return tnpu_mbox_query(tdev, TNPU_QUERY_POWER, value);
	case hwmon_energy:
		return tnpu_hwmon_read_energy(tdev, value);
	default:
		return -EOPNOTSUPP;
	}
}

static int tnpu_hwmon_read(struct device *dev, enum hwmon_sensor_types type, u32 attr, int channel,
			   long *val)
{
	struct tnpu_device *tdev = dev_get_drvdata(dev);
	u64 value = TNPU_POWER_WINDOW_MS;
	int ret = 0, idx;

	if (type != hwmon_power || attr != hwmon_power_average_interval) {
		ret = tnpu_pm_enter_awake(tdev, &idx);
		if (ret)
			return ret;
		ret = tnpu_hwmon_read_awake(tdev, type, &value);
		tnpu_pm_exit_awake(tdev, idx);
	}
	*val = value;

	return ret;
}

/* One of each kind, all of the whole chip. */
static int tnpu_hwmon_read_string(struct device *dev, enum hwmon_sensor_types type, u32 attr,
				  int channel, const char **str)
{
	*str = "npu";

	return 0;
}

static const struct hwmon_ops tnpu_hwmon_ops = {
	.is_visible = tnpu_hwmon_is_visible,
	.read = tnpu_hwmon_read,
	.read_string = tnpu_hwmon_read_string,
};

static const struct hwmon_chip_info tnpu_hwmon_chip = {
	.ops = &tnpu_hwmon_ops,
	.info = tnpu_hwmon_channels,
};

/**
 * tnpu_hwmon_init - show the device's sensors, where it has any
 * @tdev: the device, ready for use and awake
 *
 * No sensors are no reason to do without the device.
 */
void tnpu_hwmon_init(struct tnpu_device *tdev)
{
	struct tnpu_hwmon *hwmon = &tdev->hwmon;
	struct device *dev;
	u64 value;
	int ret;

	mutex_init(&hwmon->lock);
	ret = tnpu_mbox_query(tdev, TNPU_QUERY_TEMPERATURE, &value);
	if (ret) {
		tnpu_dbg(tdev, MBOX, "no sensors (%d)", ret);
		return;
	}
	dev = hwmon_device_register_with_info(&tdev->pdev->dev, TNPU_DRIVER_NAME, tdev,
					      &tnpu_hwmon_chip, NULL);
	if (IS_ERR(dev))
		tnpu_warn(tdev, "sensors cannot be shown (%pe)", dev);
	else
		hwmon->dev = dev;
}

/**
 * tnpu_hwmon_fini - the end of tnpu_hwmon_init()
 * @tdev: the device, which still answers
 *
 * Waits for reads that are under way; none comes after.
 */
void tnpu_hwmon_fini(struct tnpu_device *tdev)
{
	if (tdev->hwmon.dev)
		hwmon_device_unregister(tdev->hwmon.dev);
}
