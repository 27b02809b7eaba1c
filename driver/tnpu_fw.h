/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: the firmware image and the boot handshake.
 */
#ifndef _TNPU_FW_H_
#define _TNPU_FW_H_

#include <linux/types.h>

struct tnpu_device;

#define TNPU_FW_FILE		"tnpu/tnpu.bin"
#define TNPU_FW_NAME_SIZE	32
/* What is taken of its log. */
#define TNPU_FW_LOG_SIZE	8192

/**
 * struct tnpu_fw - the firmware image
 * @image: the file in DMA memory, kept for a reload: recovery must not allocate
 * @dma: its address for the device
 * @size: its bytes
 * @version: major << 24 | minor << 16 | patch
 * @protocol: of the mailbox, major << 16 | minor
 * @name: zero terminated
 *
 * Written by tnpu_fw_init(), constant from there on.
 */
struct tnpu_fw {
	void *image;
	dma_addr_t dma;
	size_t size;
	u32 version;
	u32 protocol;
	char name[TNPU_FW_NAME_SIZE];
};

int tnpu_fw_init(struct tnpu_device *tdev);
void tnpu_fw_fini(struct tnpu_device *tdev);
int tnpu_fw_boot(struct tnpu_device *tdev);
ssize_t tnpu_fw_read_log(struct tnpu_device *tdev, char *text, size_t size);

#endif /* _TNPU_FW_H_ */
