/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: debugfs.
 */
#ifndef _TNPU_DEBUGFS_H_
#define _TNPU_DEBUGFS_H_

#include <linux/kconfig.h>

struct tnpu_device;

#if IS_ENABLED(CONFIG_DEBUG_FS)
void tnpu_debugfs_init(struct tnpu_device *tdev);
#else
static inline void tnpu_debugfs_init(struct tnpu_device *tdev) { }
#endif

#endif /* _TNPU_DEBUGFS_H_ */
