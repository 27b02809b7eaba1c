// SPDX-License-Identifier: MIT
/*
 * tnpu info: what is there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

#define OPT_JSON	256

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "One JSON object" },
	{ 0 }
};

static error_t info_parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "unexpected argument \"%s\"", arg);
	if (key != OPT_JSON)
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

/** struct info - all that is asked of the device */
struct info {
	const char *transport;
	struct tnpu_driver_info driver;
	const struct drm_tnpu_dev_info *dev;
	struct drm_tnpu_firmware_info fw;
	struct drm_tnpu_usage_info usage;
};

static int info_query(struct tnpu_device *dev, struct info *info)
{
	int ret;

	info->transport = tnpu_device_transport(dev);
	info->dev = tnpu_device_info(dev);
	ret = tnpu_device_driver(dev, &info->driver);
	if (!ret)
		ret = tnpu_device_query(dev, DRM_TNPU_DEV_QUERY_FIRMWARE, &info->fw,
					sizeof(info->fw));
	if (!ret)
		ret = tnpu_device_query(dev, DRM_TNPU_DEV_QUERY_USAGE, &info->usage,
					sizeof(info->usage));
	info->fw.name[sizeof(info->fw.name) - 1] = '\0';
	return ret;
}

/** struct info_number - a number under its name, in both forms of output */
struct info_number {
	const char *name;
	uint64_t value;
};

#define INFO_NUMBERS 23

static void info_numbers(const struct info *i, struct info_number out[INFO_NUMBERS])
{
	const struct drm_tnpu_dev_info *d = i->dev;
	const struct info_number all[INFO_NUMBERS] = {
		{ "emulated", d->platform & DRM_TNPU_PLATFORM_EMULATED },
		{ "profile", d->profile },
		{ "engines", d->engines },
		{ "mem_size", d->mem_size },
		{ "mem_used", i->usage.mem_used },
		{ "sysmem_used", i->usage.sysmem_used },
		{ "queues", d->num_queues },
		{ "queues_used", i->usage.queues },
		{ "contexts", d->num_contexts },
		{ "contexts_used", i->usage.contexts },
		{ "reset_count", i->usage.reset_count },
		{ "max_stream_bytes", d->max_stream_bytes },
		{ "max_cmd_bytes", d->max_cmd_bytes },
		{ "max_cmd_macs", d->max_cmd_macs },
		{ "max_span_us", d->max_span_us },
		{ "max_jobs", d->max_jobs },
		{ "max_syncs", d->max_syncs },
		{ "max_bind_ops", d->max_bind_ops },
		{ "timestamp_hz", d->timestamp_hz },
		{ "operators", d->ops },
		{ "weight_formats", d->wformats },
		{ "data_types", d->dtypes },
		{ "page_sizes", d->page_sizes },
	};

	memcpy(out, all, sizeof(all));
}

static void info_versions(const struct info *i, char hw[32], char fw[32], char driver[32])
{
	snprintf(hw, 32, "%u.%u", i->dev->hw_version >> 16, i->dev->hw_version & 0xffff);
	snprintf(fw, 32, "%u.%u.%u", i->fw.version >> 24, i->fw.version >> 16 & 0xff,
		 i->fw.version & 0xffff);
	snprintf(driver, 32, "%d.%d.%d", i->driver.major, i->driver.minor, i->driver.patch);
}

static int info_print(const struct info *info, bool as_json)
{
	struct info_number n[INFO_NUMBERS];
	cJSON *json = cJSON_CreateObject();
	char hw[32], fw[32], driver[32];
	const struct { const char *name, *value; } text[] = {
		{ "transport", info->transport },
		{ "driver", info->driver.name },
		{ "driver_version", driver },
		{ "hardware_version", hw },
		{ "firmware", (const char *)info->fw.name },
		{ "firmware_version", fw },
	};
	size_t i;

	info_numbers(info, n);
	info_versions(info, hw, fw, driver);
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		cJSON_AddStringToObject(json, text[i].name, text[i].value);
	for (i = 0; i < INFO_NUMBERS; i++)
		cJSON_AddNumberToObject(json, n[i].name, n[i].value);
	if (as_json)
		return tnpu_cmd_print_json(json);
	cJSON_Delete(json);
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		printf("%-18s%s\n", text[i].name, text[i].value);
	for (i = 0; i < INFO_NUMBERS; i++)
		printf("%-18s%llu\n", n[i].name, (unsigned long long)n[i].value);
	return fflush(stdout) ? -1 : 0;
}

int tnpu_cmd_info(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = info_parse,
		.doc = "Show the device, its firmware and driver, limits and memory.",
	};
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_device *dev = NULL;
	struct info info = { 0 };
	bool json = false;
	int ret;

	argv[0] = "tnpu info";
	argp_parse(&argp, argc, argv, 0, NULL, &json);
	ret = tnpu_device_open(NULL, &dev, &err);
	if (!ret) {
		tnpu_errmsg_set(&err, 0, "the device does not answer");
		ret = info_query(dev, &info);
	}
	ret = ret ? tnpu_cmd_error(&err) : info_print(&info, json);
	tnpu_device_close(dev);
	return ret ? TNPU_EXIT_FAILED : 0;
}
