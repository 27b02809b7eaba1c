/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: errors of the bus, and resets from outside.
 */
#ifndef _TNPU_AER_H_
#define _TNPU_AER_H_

struct pci_error_handlers;

extern const struct pci_error_handlers tnpu_aer_handlers;

#endif /* _TNPU_AER_H_ */
