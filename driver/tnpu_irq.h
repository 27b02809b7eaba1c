/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: MSI-X vectors.
 */
#ifndef _TNPU_IRQ_H_
#define _TNPU_IRQ_H_

#include "tnpu_hw.h"

/**
 * struct tnpu_irq_vector - the argument of a handler
 * @tdev: the device
 * @index: MSI-X vector
 */
struct tnpu_irq_vector {
	struct tnpu_device *tdev;
	unsigned int index;
};

/**
 * struct tnpu_irq - MSI-X vectors
 * @vector: one a vector, constant while the handlers are installed
 */
struct tnpu_irq {
	struct tnpu_irq_vector vector[TNPU_HW_VECTORS_MAX];
};

int tnpu_irq_init(struct tnpu_device *tdev);
void tnpu_irq_fini(struct tnpu_device *tdev);
void tnpu_irq_mask(struct tnpu_device *tdev);
void tnpu_irq_unmask(struct tnpu_device *tdev);
void tnpu_irq_enable(struct tnpu_device *tdev);

#endif /* _TNPU_IRQ_H_ */
