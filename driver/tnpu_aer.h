/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: errors of the bus, and resets from outside.
 */
#ifndef _TNPU_AER_H_
#define _TNPU_AER_H_

#include <linux/workqueue.h>

struct pci_error_handlers;
struct tnpu_device;

/**
 * struct tnpu_aer - errors of the bus
 */
struct tnpu_aer {
	/** @give_up: pending from an error that stopped the device until the core goes on */
	struct delayed_work give_up;
};

extern const struct pci_error_handlers tnpu_aer_handlers;

void tnpu_aer_init(struct tnpu_device *tdev);
void tnpu_aer_fini(struct tnpu_device *tdev);

#endif /* _TNPU_AER_H_ */
