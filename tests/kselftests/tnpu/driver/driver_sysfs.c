// SPDX-License-Identifier: GPL-2.0
/*
 * Files of sysfs.
 */
#include <endian.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver_cases.h"

/* The first one with our driver, as uapi_dev_open() looks for it. */
static void sysfs_device(char *path, size_t size, const char *attribute)
{
	char real[PATH_MAX / 2];
	glob_t g;

	expect_eq(glob("/sys/bus/pci/drivers/tnpu/0000:*", 0, NULL, &g), 0);
	expect_true(realpath(g.gl_pathv[0], path));
	snprintf(real, sizeof(real), "%s", path);
	snprintf(path, size, "%s/%s", real, attribute);
	globfree(&g);
}

void sysfs_device_slot(char *slot, size_t size)
{
	char path[PATH_MAX];

	sysfs_device(path, sizeof(path), "");
	*strrchr(path, '/') = '\0';
	snprintf(slot, size, "%s", strrchr(path, '/') + 1);
}

int sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

bool sysfs_is(const char *path, const char *text)
{
	char buffer[256] = "";
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buffer, sizeof(buffer) - 1);
	close(fd);
	return n > 0 && !strncmp(buffer, text, strlen(text));
}

int sysfs_device_write(const char *attribute, const char *text)
{
	char path[PATH_MAX];

	sysfs_device(path, sizeof(path), attribute);
	return sysfs_write(path, text);
}

bool sysfs_device_is(const char *attribute, const char *text)
{
	char path[PATH_MAX];

	sysfs_device(path, sizeof(path), attribute);
	return sysfs_is(path, text);
}

unsigned long long sysfs_device_number(const char *attribute)
{
	unsigned long long number;
	char path[PATH_MAX];
	FILE *f;

	sysfs_device(path, sizeof(path), attribute);
	f = fopen(path, "r");
	expect_true(f && fscanf(f, "%llu", &number) == 1);
	fclose(f);
	return number;
}

void sysfs_device_config(unsigned int reg, uint16_t clear, uint16_t set)
{
	char path[PATH_MAX];
	uint16_t value;
	int fd;

	sysfs_device(path, sizeof(path), "config");
	fd = open(path, O_RDWR);
	expect_true(fd >= 0);
	expect_eq(pread(fd, &value, sizeof(value), reg), sizeof(value));
	value = htole16((le16toh(value) & ~clear) | set);
	expect_eq(pwrite(fd, &value, sizeof(value), reg), sizeof(value));
	close(fd);
}

void sysfs_device_await(const char *attribute, const char *text)
{
	__s64 late = UAPI_LATE;

	while (!sysfs_device_is(attribute, text) && uapi_deadline(0) < late)
		uapi_pause(10);
	expect_true(sysfs_device_is(attribute, text));
}
