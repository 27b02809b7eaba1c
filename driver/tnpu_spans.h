/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: what the engines did, for who traces.
 */
#ifndef _TNPU_DRV_SPANS_H_
#define _TNPU_DRV_SPANS_H_

#include <linux/atomic.h>

struct tnpu_device;

/**
 * struct tnpu_recorder - the device's recording of spans
 * @open: whether the file is open
 */
struct tnpu_recorder {
	atomic_t open;
};

void tnpu_spans_init(struct tnpu_device *tdev);

#endif /* _TNPU_DRV_SPANS_H_ */
