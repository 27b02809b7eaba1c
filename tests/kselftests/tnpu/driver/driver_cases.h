/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cases for the Linux driver: what the uAPI's header does not promise, or what is seen of the
 * device elsewhere in the system. They are written as those of the uAPI, ../uapi/uapi.h.
 */
#ifndef DRIVER_CASES_H
#define DRIVER_CASES_H

#include "uapi.h"

#define UAPI_ROW(name) UAPI_CASE(name)
#include "driver_table.h"

/** clear_expect - make a BO in device memory, expect zeros, leave ones */
void clear_expect(struct uapi_test *t, __u64 size);

/** clear_dirty - leave ones in free device memory, by BOs that the CPU clears */
void clear_dirty(struct uapi_test *t);

/** recover_call - calls that need the firmware's answer, and must succeed */
void recover_call(struct uapi_test *t);
/** recover_silence - kill the firmware in such a way that only who waits for an answer notices */
void recover_silence(void);
/** recover_await_reset - wait until the device has been reset more often than @resets */
void recover_await_reset(struct uapi_test *t, unsigned int resets);

/**
 * sched_occupy - keep all lower priorities from the engines until the queue of @b is destroyed
 *
 * The bench's syncobj signals where that was not long enough.
 */
void sched_occupy(struct uapi_test *t, struct uapi_bench *b);

/** pm_sleep - the whole system goes to sleep and wakes up again; 0 or a negative errno */
int pm_sleep(const char *state);

/** hwmon_open - a file of the sensors; its descriptor or a negative errno */
int hwmon_open(const char *attribute);
/** hwmon_read - the number in one; 0 or a negative errno */
int hwmon_read(const char *attribute, long long *value);

/** fence_export - the fence that a syncobj holds now, as a sync file; its descriptor */
int fence_export(struct uapi_test *t, __u32 syncobj);
/** fence_status - 0: has not signalled; 1: has; negative: has, with this error */
int fence_status(int fd);

/** show_number - the number behind @key in the fdinfo of an open file of ours */
unsigned long long show_number(int fd, const char *key);

/* ---- sysfs ----------------------------------------------------------------------------- */

/** sysfs_write - write to a file; 0 or a negative errno */
int sysfs_write(const char *path, const char *text);
/** sysfs_is - whether a file begins with @text */
bool sysfs_is(const char *path, const char *text);

/** sysfs_device_slot - the name of the PCI device */
void sysfs_device_slot(char *slot, size_t size);
/* The same for an attribute of the PCI device; the last one waits until it is so. */
int sysfs_device_write(const char *attribute, const char *text);
bool sysfs_device_is(const char *attribute, const char *text);
unsigned long long sysfs_device_number(const char *attribute);
void sysfs_device_await(const char *attribute, const char *text);
/** sysfs_device_config - change bits of a 16-bit register of configuration space */
void sysfs_device_config(unsigned int reg, uint16_t clear, uint16_t set);

#endif /* DRIVER_CASES_H */
