// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: errors of the bus, and resets from outside.
 *
 * While the PCI core works on the device, it is taken from everybody: tnpu_reset_hold(). Where it
 * then comes back as it was, which an FLR leaves to the driver's tables, nobody notices but jobs
 * that were running and could not wait. Where its memory is lost, every queue is.
 *
 * The PCI core calls all this under the device's lock, as it does tnpu_remove(). Of a link that
 * stays down after an error it says nothing more (Linux 6.12), so the driver's patience has an end.
 */
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "tnpu_drv.h"

/* This device is back a second after its link at the latest, but others may be reset first. */
#define TNPU_AER_PATIENCE	(10 * HZ)
#define TNPU_AER_AGAIN		(HZ / 10)

static void tnpu_aer_give_up(struct work_struct *work)
{
	struct tnpu_device *tdev = container_of(work, struct tnpu_device, aer.give_up.work);

	/* Who holds the lock may be waiting for the end of this. */
	if (!device_trylock(&tdev->pdev->dev)) {
		schedule_delayed_work(&tdev->aer.give_up, TNPU_AER_AGAIN);
		return;
	}
	if (tnpu_reset_held(tdev))
		tnpu_reset_abandon(tdev);
	device_unlock(&tdev->pdev->dev);
}

/**
 * tnpu_aer_init - prepare for errors of the bus
 * @tdev: the device
 */
void tnpu_aer_init(struct tnpu_device *tdev)
{
	INIT_DELAYED_WORK(&tdev->aer.give_up, tnpu_aer_give_up);
}

/**
 * tnpu_aer_fini - expect nothing of the bus any more
 * @tdev: the device; its lock is held
 */
void tnpu_aer_fini(struct tnpu_device *tdev)
{
	cancel_delayed_work_sync(&tdev->aer.give_up);
}

static pci_ers_result_t tnpu_aer_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct tnpu_device *tdev = pci_get_drvdata(pdev);

	cancel_delayed_work_sync(&tdev->aer.give_up);
	switch (state) {
	case pci_channel_io_normal:
		return PCI_ERS_RESULT_CAN_RECOVER;
	case pci_channel_io_frozen:
		tnpu_warn(tdev, "the bus stopped the device");
		tnpu_reset_hold(tdev);
		schedule_delayed_work(&tdev->aer.give_up, TNPU_AER_PATIENCE);
		return PCI_ERS_RESULT_NEED_RESET;
	default:
		tnpu_reset_abandon(tdev);
		return PCI_ERS_RESULT_DISCONNECT;
	}
}

static pci_ers_result_t tnpu_aer_mmio_enabled(struct pci_dev *pdev)
{
	struct tnpu_device *tdev = pci_get_drvdata(pdev);

	return tnpu_hw_gone(tdev) ? PCI_ERS_RESULT_NEED_RESET : PCI_ERS_RESULT_RECOVERED;
}

static pci_ers_result_t tnpu_aer_slot_reset(struct pci_dev *pdev)
{
	struct tnpu_device *tdev = pci_get_drvdata(pdev);

	cancel_delayed_work_sync(&tdev->aer.give_up);
	/* Another function's error may have led here. */
	tnpu_reset_hold(tdev);
	pci_restore_state(pdev);
	pci_save_state(pdev);
	if (!tnpu_hw_gone(tdev))
		return PCI_ERS_RESULT_RECOVERED;
	tnpu_reset_abandon(tdev);

	return PCI_ERS_RESULT_DISCONNECT;
}

static void tnpu_aer_resume(struct pci_dev *pdev)
{
	struct tnpu_device *tdev = pci_get_drvdata(pdev);

	if (tnpu_reset_held(tdev))
		tnpu_reset_recover(tdev);
}

/* What can end in time does, and is not lost. */
static void tnpu_aer_reset_prepare(struct pci_dev *pdev)
{
	struct tnpu_device *tdev = pci_get_drvdata(pdev);

	tnpu_reset_hold(tdev);
	tnpu_reset_drain(tdev);
	tnpu_reset_halt(tdev);
}

static void tnpu_aer_reset_done(struct pci_dev *pdev)
{
	tnpu_reset_recover(pci_get_drvdata(pdev));
}

const struct pci_error_handlers tnpu_aer_handlers = {
	.error_detected = tnpu_aer_error_detected,
	.mmio_enabled = tnpu_aer_mmio_enabled,
	.slot_reset = tnpu_aer_slot_reset,
	.resume = tnpu_aer_resume,
	.reset_prepare = tnpu_aer_reset_prepare,
	.reset_done = tnpu_aer_reset_done,
};
