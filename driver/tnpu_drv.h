/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: the device and the open file.
 */
#ifndef _TNPU_DRV_H_
#define _TNPU_DRV_H_

#include <linux/xarray.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>
#include <drm/tnpu_accel.h>

#include "tnpu_aer.h"
#include "tnpu_blit.h"
#include "tnpu_coredump.h"
#include "tnpu_evict.h"
#include "tnpu_fw.h"
#include "tnpu_gem.h"
#include "tnpu_hw.h"
#include "tnpu_hwmon.h"
#include "tnpu_irq.h"
#include "tnpu_mbox.h"
#include "tnpu_pm.h"
#include "tnpu_queue.h"
#include "tnpu_reset.h"
#include "tnpu_spans.h"
#include "tnpu_vm.h"
#include "tnpu_vram.h"

#define TNPU_DRIVER_NAME	"tnpu"
#define TNPU_DRIVER_DESC	"TNPU transformer accelerator"
#define TNPU_DRIVER_MAJOR	1
#define TNPU_DRIVER_MINOR	1

/* Software limits of the uAPI; DEV_QUERY tells them. */
#define TNPU_MAX_JOBS		64
#define TNPU_MAX_SYNCS		64
#define TNPU_MAX_BIND_OPS	4096
#define TNPU_MAX_STRIDE		256

struct pci_dev;

/* Frees what may be given up in any context, or outlives the device; no fence depends on it. */
extern struct workqueue_struct *tnpu_wq;

/**
 * struct tnpu_device - a TNPU
 *
 * Allocated with the DRM device, so it lives until the last open file is closed, which may
 * be long after the PCI device is gone. What touches the device or its DMA memory runs inside of
 * drm_dev_enter(), or between tnpu_reset_pin() and tnpu_reset_unpin(), or as part of recovery or
 * of a job, which tnpu_reset_fini() ends. Each member belongs to the file of
 * its name, which also documents its locks.
 */
struct tnpu_device {
	/** @drm: base */
	struct drm_device drm;
	/** @pdev: the PCI function; not to be used after tnpu_remove() */
	struct pci_dev *pdev;
	/** @hw: BARs and identification */
	struct tnpu_hw hw;
	/** @fw: firmware image */
	struct tnpu_fw fw;
	/** @irq: MSI-X vectors */
	struct tnpu_irq irq;
	/** @mbox: control mailbox */
	struct tnpu_mbox mbox;
	/** @vram: device memory */
	struct tnpu_vram vram;
	/** @evict: moves of BOs */
	struct tnpu_evict evict;
	/** @gem: all BOs */
	struct tnpu_gem gem;
	/** @vms: contexts and page-table memory */
	struct tnpu_vms vms;
	/** @queues: hardware queues */
	struct tnpu_queues queues;
	/** @reset: recovery */
	struct tnpu_reset reset;
	/** @blit: the driver's own queue */
	struct tnpu_blit blit;
	/** @coredump: the core dump in the making */
	struct tnpu_coredump coredump;
	/** @recorder: the recording of spans */
	struct tnpu_recorder recorder;
	/** @hwmon: sensors */
	struct tnpu_hwmon hwmon;
	/** @aer: errors of the bus */
	struct tnpu_aer aer;
	/** @pm: power management */
	struct tnpu_pm pm;
	/** @info: what DEV_QUERY_INFO tells; constant, tnpu_query.c's */
	struct drm_tnpu_dev_info info;
};

/**
 * struct tnpu_file - an open file
 * @tdev: the device
 * @vms: struct tnpu_vm by ID, from 1. Each entry holds a reference
 * @queues: struct tnpu_queue by ID, from 1. Each entry holds a reference
 * @busy: engine ticks of queues that are destroyed
 */
struct tnpu_file {
	struct tnpu_device *tdev;
	struct xarray vms;
	struct xarray queues;
	atomic64_t busy;
};

static inline struct tnpu_device *to_tnpu_device(struct drm_device *drm)
{
	return container_of(drm, struct tnpu_device, drm);
}

/* Classes of debug messages: bits of the module parameter "debug". */
#define TNPU_DBG_REG	BIT(0)
#define TNPU_DBG_IRQ	BIT(1)
#define TNPU_DBG_MBOX	BIT(2)
#define TNPU_DBG_FW	BIT(3)
#define TNPU_DBG_IOCTL	BIT(4)
#define TNPU_DBG_BO	BIT(5)
#define TNPU_DBG_VM	BIT(6)
#define TNPU_DBG_QUEUE	BIT(7)
#define TNPU_DBG_JOB	BIT(8)
#define TNPU_DBG_RESET	BIT(9)
#define TNPU_DBG_PM	BIT(10)

extern unsigned int tnpu_debug;

/*
 * tnpu_dbg - a debug message of a class, e.g. tnpu_dbg(tdev, IOCTL, "...")
 *
 * What a user did wrong is told this way and no other, so that no user can fill the log.
 */
#define tnpu_dbg(tdev, class, fmt, ...) do {				\
	if (unlikely(tnpu_debug & TNPU_DBG_##class))			\
		drm_dev_printk((tdev)->drm.dev, KERN_DEBUG, "[%s] " fmt "\n", \
			       #class, ##__VA_ARGS__);			\
} while (0)

#define tnpu_err(tdev, fmt, ...) \
	drm_err(&(tdev)->drm, fmt "\n", ##__VA_ARGS__)
#define tnpu_warn(tdev, fmt, ...) \
	drm_warn(&(tdev)->drm, fmt "\n", ##__VA_ARGS__)
#define tnpu_info(tdev, fmt, ...) \
	drm_info(&(tdev)->drm, fmt "\n", ##__VA_ARGS__)

int tnpu_array_check(const struct drm_tnpu_obj_array *array, size_t first_size, u32 max);
int tnpu_array_get(const struct drm_tnpu_obj_array *array, u32 index, void *obj, size_t size);

#endif /* _TNPU_DRV_H_ */
