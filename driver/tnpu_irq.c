// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: MSI-X vectors.
 *
 * Vector 0 carries the events of TNPU_REG_IRQ_STATUS; its work may sleep, so it is done
 * in a thread. The others say that a queue has written a completion record: those are read
 * at once, for a job's fence is what somebody waits for.
 */
#include <linux/dma-fence.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "tnpu_drv.h"

static irqreturn_t tnpu_irq_event_thread(int irq, void *arg)
{
	struct tnpu_irq_vector *vector = arg;
	struct tnpu_device *tdev = vector->tdev;
	const u32 status = tnpu_rd(tdev, IRQ_STATUS);

	tnpu_dbg(tdev, IRQ, "events 0x%x", status);
	if (status == TNPU_GONE) {
		tnpu_reset_trigger(tdev);
		return IRQ_HANDLED;
	}
	/* The vector is an edge: clear first, so that what comes later raises it anew. */
	tnpu_wr(tdev, IRQ_STATUS, status);
	if (status & TNPU_IRQ_MBOX)
		tnpu_mbox_poll(tdev);
	if (status & TNPU_IRQ_CRASH)
		tnpu_reset_trigger(tdev);

	return IRQ_HANDLED;
}

static irqreturn_t tnpu_irq_queue(int irq, void *arg)
{
	struct tnpu_irq_vector *vector = arg;
	struct tnpu_device *tdev = vector->tdev;
	const bool cookie = dma_fence_begin_signalling();
	unsigned int step = tdev->hw.num_vectors - 1;
	unsigned int queue;

	for (queue = vector->index - 1; queue < tdev->hw.num_queues; queue += step)
		tnpu_queue_poll_slot(tdev, queue);
	dma_fence_end_signalling(cookie);

	return IRQ_HANDLED;
}

static int tnpu_irq_request(struct tnpu_device *tdev, unsigned int index)
{
	struct tnpu_irq_vector *vector = &tdev->irq.vector[index];

	vector->tdev = tdev;
	vector->index = index;
	if (index == TNPU_VECTOR_EVENT)
		return pci_request_irq(tdev->pdev, index, NULL, tnpu_irq_event_thread,
				       vector, "%s event", dev_name(tdev->drm.dev));

	return pci_request_irq(tdev->pdev, index, tnpu_irq_queue, NULL, vector,
			       "%s queue%u", dev_name(tdev->drm.dev), index - 1);
}

static void tnpu_irq_free(struct tnpu_device *tdev, unsigned int count)
{
	while (count--)
		pci_free_irq(tdev->pdev, count, &tdev->irq.vector[count]);
	pci_free_irq_vectors(tdev->pdev);
}

/**
 * tnpu_irq_init - install the handlers
 * @tdev: the device, with mailbox and queues ready to be asked
 *
 * The device chooses vectors by number, so it has all that it names or none.
 *
 * Return: 0, or
 * the error of the PCI core.
 */
int tnpu_irq_init(struct tnpu_device *tdev)
{
	const unsigned int count = tdev->hw.num_vectors;
	unsigned int i;
	int ret;

	ret = pci_alloc_irq_vectors(tdev->pdev, count, count, PCI_IRQ_MSIX);
	if (ret < 0) {
		tnpu_err(tdev, "%u MSI-X vectors are not to be had (%d)", count, ret);
		return ret;
	}
	for (i = 0; i < count; i++) {
		ret = tnpu_irq_request(tdev, i);
		if (ret) {
			tnpu_irq_free(tdev, i);
			return ret;
		}
	}

	return 0;
}

/**
 * tnpu_irq_fini - remove the handlers; none runs after it
 * @tdev: the device
 */
void tnpu_irq_fini(struct tnpu_device *tdev)
{
	tnpu_irq_free(tdev, tdev->hw.num_vectors);
}

/**
 * tnpu_irq_mask - keep the event handler off the device's registers
 * @tdev: the device
 *
 * What is raised until tnpu_irq_unmask() is pending then. The other handlers only read memory.
 */
void tnpu_irq_mask(struct tnpu_device *tdev)
{
	disable_irq(pci_irq_vector(tdev->pdev, TNPU_VECTOR_EVENT));
}

/**
 * tnpu_irq_unmask - the end of tnpu_irq_mask()
 * @tdev: the device, awake
 */
void tnpu_irq_unmask(struct tnpu_device *tdev)
{
	enable_irq(pci_irq_vector(tdev->pdev, TNPU_VECTOR_EVENT));
}

/**
 * tnpu_irq_enable - let the device signal events; a function reset disables them
 * @tdev: the device
 */
void tnpu_irq_enable(struct tnpu_device *tdev)
{
	tnpu_wr(tdev, IRQ_ENABLE, TNPU_IRQ_MBOX | TNPU_IRQ_CRASH);
}
