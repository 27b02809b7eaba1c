// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: probe, open files, the ioctl table.
 *
 * tnpu_dev_init() is the map of the driver: what there is, and what builds on what.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>

#include "tnpu_debugfs.h"
#include "tnpu_drv.h"
#include "tnpu_fdinfo.h"
#include "tnpu_job.h"
#include "tnpu_query.h"
#include "tnpu_sysfs.h"

struct workqueue_struct *tnpu_wq;

unsigned int tnpu_debug;
module_param_named(debug, tnpu_debug, uint, 0644);
MODULE_PARM_DESC(debug, "Classes of debug messages, a mask of TNPU_DBG_*");

/* ---- Arguments --------------------------------------------------------------------- */

/**
 * tnpu_array_check - check an array that userspace names
 * @array: the array
 * @first_size: bytes of an element's first version
 * @max: most elements
 *
 * Return: 0; -EINVAL stride; -E2BIG.
 */
int tnpu_array_check(const struct drm_tnpu_obj_array *array, size_t first_size, u32 max)
{
	if (!array->count)
		return 0;
	if (array->stride < first_size || array->stride > TNPU_MAX_STRIDE)
		return -EINVAL;
	if (array->count > max)
		return -E2BIG;

	return 0;
}

/**
 * tnpu_array_get - copy an element of an array that userspace names
 * @array: the array, checked
 * @index: of the element
 * @obj: where it goes
 * @size: its bytes, as this driver knows it
 *
 * What userspace knows more must be zero, what it knows less is taken as zero.
 *
 * Return: 0; -EFAULT; -E2BIG userspace uses what this driver does not know.
 */
int tnpu_array_get(const struct drm_tnpu_obj_array *array, u32 index, void *obj, size_t size)
{
	const u64 from = array->array + (u64)index * array->stride;

	return copy_struct_from_user(obj, size, u64_to_user_ptr(from), array->stride);
}

/* ---- Open files -------------------------------------------------------------------- */

static int tnpu_file_open(struct drm_device *drm, struct drm_file *file)
{
	struct tnpu_file *priv;

	priv = kzalloc(sizeof(*priv), GFP_KERNEL_ACCOUNT);
	if (!priv)
		return -ENOMEM;
	priv->tdev = to_tnpu_device(drm);
	xa_init_flags(&priv->vms, XA_FLAGS_ALLOC1);
	xa_init_flags(&priv->queues, XA_FLAGS_ALLOC1);
	file->driver_priv = priv;

	return 0;
}

static void tnpu_file_close(struct drm_device *drm, struct drm_file *file)
{
	struct tnpu_file *priv = file->driver_priv;

	tnpu_queue_close(priv);
	tnpu_vm_close(priv);
	kfree(priv);
}

/* ---- ioctls ------------------------------------------------------------------------ */

/*
 * Most ioctls touch the device or its DMA memory: they run as a whole before the device is
 * unplugged, or not at all, and keep it awake.
 */
#define TNPU_IOCTL_ENTERED(func)						\
static int func##_entered(struct drm_device *drm, void *data, struct drm_file *file) \
{										\
	struct tnpu_device *tdev = to_tnpu_device(drm);				\
	int ret, idx;								\
										\
	if (!tnpu_pm_enter(tdev, &idx))						\
		return -ENODEV;							\
	ret = func(drm, data, file);						\
	tnpu_dbg(tdev, IOCTL, "%s: %d", #func, ret);				\
	tnpu_pm_exit(tdev, idx);						\
										\
	return ret;								\
}

TNPU_IOCTL_ENTERED(tnpu_gem_create_ioctl)
TNPU_IOCTL_ENTERED(tnpu_vm_create_ioctl)
TNPU_IOCTL_ENTERED(tnpu_vm_destroy_ioctl)
TNPU_IOCTL_ENTERED(tnpu_queue_create_ioctl)
TNPU_IOCTL_ENTERED(tnpu_queue_destroy_ioctl)
TNPU_IOCTL_ENTERED(tnpu_job_submit_ioctl)

static const struct drm_ioctl_desc tnpu_ioctls[] = {
	DRM_IOCTL_DEF_DRV(TNPU_DEV_QUERY, tnpu_query_ioctl, 0),
	DRM_IOCTL_DEF_DRV(TNPU_BO_CREATE, tnpu_gem_create_ioctl_entered, 0),
	DRM_IOCTL_DEF_DRV(TNPU_BO_MMAP_OFFSET, tnpu_gem_mmap_offset_ioctl, 0),
	DRM_IOCTL_DEF_DRV(TNPU_BO_WAIT, tnpu_gem_wait_ioctl, 0),
	DRM_IOCTL_DEF_DRV(TNPU_VM_CREATE, tnpu_vm_create_ioctl_entered, 0),
	DRM_IOCTL_DEF_DRV(TNPU_VM_DESTROY, tnpu_vm_destroy_ioctl_entered, 0),
	DRM_IOCTL_DEF_DRV(TNPU_VM_BIND, tnpu_bind_ioctl, 0),
	DRM_IOCTL_DEF_DRV(TNPU_QUEUE_CREATE, tnpu_queue_create_ioctl_entered, 0),
	DRM_IOCTL_DEF_DRV(TNPU_QUEUE_DESTROY, tnpu_queue_destroy_ioctl_entered, 0),
	DRM_IOCTL_DEF_DRV(TNPU_QUEUE_SUBMIT, tnpu_job_submit_ioctl_entered, 0),
	DRM_IOCTL_DEF_DRV(TNPU_QUEUE_GET_STATE, tnpu_queue_get_state_ioctl, 0),
};

/* DRM_ACCEL_FOPS, with our own get_unmapped_area. */
static const struct file_operations tnpu_fops = {
	.owner = THIS_MODULE,
	.open = accel_open,
	.release = drm_release,
	.unlocked_ioctl = drm_ioctl,
	.compat_ioctl = drm_compat_ioctl,
	.poll = drm_poll,
	.read = drm_read,
	.llseek = noop_llseek,
	.mmap = drm_gem_mmap,
	.get_unmapped_area = tnpu_gem_get_unmapped_area,
	.show_fdinfo = drm_show_fdinfo,
	.fop_flags = FOP_UNSIGNED_OFFSET,
};

static const struct drm_driver tnpu_driver = {
	.driver_features = DRIVER_GEM | DRIVER_GEM_GPUVA | DRIVER_COMPUTE_ACCEL |
			   DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.open = tnpu_file_open,
	.postclose = tnpu_file_close,
	.gem_create_object = tnpu_gem_create_object,
	.gem_prime_import_sg_table = tnpu_gem_import_sg_table,
	.show_fdinfo = tnpu_fdinfo_show,
	.ioctls = tnpu_ioctls,
	.num_ioctls = ARRAY_SIZE(tnpu_ioctls),
	.fops = &tnpu_fops,
	.name = TNPU_DRIVER_NAME,
	.desc = TNPU_DRIVER_DESC,
	.major = TNPU_DRIVER_MAJOR,
	.minor = TNPU_DRIVER_MINOR,
};

/* ---- The device -------------------------------------------------------------------- */

static int tnpu_dev_init_pci(struct tnpu_device *tdev)
{
	struct device *dev = &tdev->pdev->dev;
	int ret;

	ret = pcim_enable_device(tdev->pdev);
	if (ret)
		return ret;
	/* Addresses in page tables end at bit 51. */
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(52));
	if (ret)
		return ret;
	/* Nothing limits a piece: the more contiguous, the larger its pages. */
	dma_set_max_seg_size(dev, UINT_MAX);
	pci_set_master(tdev->pdev);
	/* What tnpu_aer_slot_reset() restores. */
	return pci_save_state(tdev->pdev);
}

/* What lives as long as the DRM device or the PCI device's binding, and needs no fini. */
static int tnpu_dev_init_managed(struct tnpu_device *tdev)
{
	int ret;

	ret = tnpu_dev_init_pci(tdev);
	if (ret)
		return ret;
	ret = tnpu_hw_init(tdev);
	if (ret)
		return ret;
	tnpu_coredump_init(tdev);
	tnpu_aer_init(tdev);
	ret = tnpu_reset_init(tdev);
	if (ret)
		return ret;
	ret = tnpu_gem_init(tdev);
	if (ret)
		return ret;
	ret = drmm_mutex_init(&tdev->drm, &tdev->blit.lock);
	if (ret)
		return ret;
	ret = tnpu_vms_init(tdev);
	if (ret)
		return ret;

	return tnpu_queues_init(tdev);
}

/* Open files may use the DRM device on; what is DMA memory or needs the device ends here. */
static void tnpu_dev_fini(struct tnpu_device *tdev)
{
	tnpu_reset_fini(tdev);
	tnpu_irq_fini(tdev);
	tnpu_coredump_fini(tdev);
	tnpu_blit_fini(tdev);
	tnpu_vms_unplug(tdev);
	tnpu_gem_unplug(tdev);
	tnpu_mbox_fini(tdev);
	tnpu_fw_fini(tdev);
}

static int tnpu_dev_init(struct tnpu_device *tdev)
{
	int ret;

	ret = tnpu_dev_init_managed(tdev);
	if (ret)
		return ret;
	ret = tnpu_fw_init(tdev);
	if (ret)
		return ret;
	ret = tnpu_mbox_init(tdev);
	if (ret)
		goto err_fw_fini;
	ret = tnpu_irq_init(tdev);
	if (ret)
		goto err_mbox_fini;
	ret = tnpu_reset_boot(tdev);
	if (ret)
		goto err_reset_fini;
	tnpu_query_init(tdev);
	ret = tnpu_blit_init(tdev);
	if (ret)
		goto err_blit_fini;

	return 0;

err_blit_fini:
	tnpu_dev_fini(tdev);
	return ret;
err_reset_fini:
	tnpu_reset_fini(tdev);
	tnpu_irq_fini(tdev);
	tnpu_coredump_fini(tdev);
err_mbox_fini:
	tnpu_mbox_fini(tdev);
err_fw_fini:
	tnpu_fw_fini(tdev);
	return ret;
}

static int tnpu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct tnpu_device *tdev;
	int ret;

	tdev = devm_drm_dev_alloc(&pdev->dev, &tnpu_driver, struct tnpu_device, drm);
	if (IS_ERR(tdev))
		return PTR_ERR(tdev);
	tdev->pdev = pdev;
	pci_set_drvdata(pdev, tdev);
	ret = tnpu_dev_init(tdev);
	if (ret)
		return ret;
	tnpu_debugfs_init(tdev);
	ret = drm_dev_register(&tdev->drm, 0);
	if (ret) {
		tnpu_dev_fini(tdev);
		return ret;
	}
	tnpu_info(tdev, "%llu MiB, %u queues, firmware %s %u.%u.%u",
		  tdev->hw.mem_size >> 20, tdev->hw.num_queues, tdev->fw.name,
		  tdev->fw.version >> 24, tdev->fw.version >> 16 & 0xff,
		  tdev->fw.version & 0xffff);
	tnpu_hwmon_init(tdev);
	tnpu_pm_init(tdev);

	return 0;
}

static void tnpu_remove(struct pci_dev *pdev)
{
	struct tnpu_device *tdev = pci_get_drvdata(pdev);

	tnpu_pm_fini(tdev);
	tnpu_aer_fini(tdev);
	/* Who waits for a bus that did not come back must not wait any longer. */
	if (tnpu_reset_held(tdev))
		tnpu_reset_abandon(tdev);
	tnpu_hwmon_fini(tdev);
	drm_dev_unplug(&tdev->drm);
	tnpu_dev_fini(tdev);
}

static const struct pci_device_id tnpu_ids[] = {
	{ PCI_DEVICE(TNPU_PCI_VENDOR_ID, TNPU_PCI_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, tnpu_ids);

static struct pci_driver tnpu_pci_driver = {
	.name = TNPU_DRIVER_NAME,
	.id_table = tnpu_ids,
	.probe = tnpu_probe,
	.remove = tnpu_remove,
	.err_handler = &tnpu_aer_handlers,
	.dev_groups = tnpu_sysfs_groups,
	.driver.pm = pm_ptr(&tnpu_pm_ops),
};

static int __init tnpu_module_init(void)
{
	int ret;

	tnpu_wq = alloc_workqueue("tnpu", WQ_UNBOUND, 0);
	if (!tnpu_wq)
		return -ENOMEM;
	ret = pci_register_driver(&tnpu_pci_driver);
	if (ret)
		destroy_workqueue(tnpu_wq);

	return ret;
}

/* Queues and fences hold the module, so all of them that can be left is the tail of a work item. */
static void __exit tnpu_module_exit(void)
{
	pci_unregister_driver(&tnpu_pci_driver);
	destroy_workqueue(tnpu_wq);
}

module_init(tnpu_module_init);
module_exit(tnpu_module_exit);

MODULE_DESCRIPTION(TNPU_DRIVER_DESC);
MODULE_LICENSE("GPL");
MODULE_FIRMWARE(TNPU_FW_FILE);
