// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: the firmware image and the boot handshake.
 *
 * The device checks digest and signature. The driver checks what it uses itself, so that
 * a wrong file is told by name and not by a reason code.
 */
#include <linux/dma-mapping.h>
#include <linux/firmware.h>
#include <linux/iopoll.h>
#include <linux/pci.h>

#include "tnpu_drv.h"

#define TNPU_FW_BOOT_TIMEOUT_US		(5 * USEC_PER_SEC)
#define TNPU_FW_POLL_US			200

static const char * const tnpu_fw_reasons[] = {
	[TNPU_REASON_NONE] = "no reason given",
	[TNPU_REASON_DMA] = "the image could not be read",
	[TNPU_REASON_SIZE] = "wrong size",
	[TNPU_REASON_MAGIC] = "not a firmware image",
	[TNPU_REASON_HEADER] = "malformed header",
	[TNPU_REASON_PROTOCOL] = "made for other hardware",
	[TNPU_REASON_DIGEST] = "wrong digest",
	[TNPU_REASON_SIGNATURE] = "missing or wrong signature",
	[TNPU_REASON_PAYLOAD] = "malformed or missing table",
	[TNPU_REASON_MAILBOX] = "mailbox not usable",
	[TNPU_REASON_CRASH] = "it crashed",
};

static const char *tnpu_fw_reason(u32 reason)
{
	return reason < ARRAY_SIZE(tnpu_fw_reasons) ? tnpu_fw_reasons[reason] :
	       "unknown reason";
}

/* The range of payload_offset and payload_size is the device's to check. */
static const char *tnpu_fw_find_fault(const struct tnpu_fw_header *header, size_t size)
{
	if (size < sizeof(*header) || size > TNPU_FW_SIZE_MAX)
		return "the size of the file";
	if (header->magic != TNPU_FW_MAGIC)
		return "magic";
	if (header->header_version != TNPU_FW_HEADER_VERSION)
		return "header_version";
	if (header->header_size != sizeof(*header))
		return "header_size";
	if (header->image_size != size)
		return "image_size";
	if (header->protocol >> 16 != TNPU_PROTOCOL_MAJOR)
		return "protocol";
	if (strnlen((const char *)header->name, sizeof(header->name)) == sizeof(header->name))
		return "name";

	return NULL;
}

static int tnpu_fw_keep(struct tnpu_device *tdev, const struct firmware *file)
{
	const struct tnpu_fw_header *header = (const void *)file->data;
	const char *fault = tnpu_fw_find_fault(header, file->size);
	struct tnpu_fw *fw = &tdev->fw;

	BUILD_BUG_ON(sizeof(fw->name) != sizeof(header->name));
	if (fault) {
		tnpu_err(tdev, "firmware %s: %s is wrong", TNPU_FW_FILE, fault);
		return -EINVAL;
	}
	fw->image = dma_alloc_coherent(&tdev->pdev->dev, file->size, &fw->dma, GFP_KERNEL);
	if (!fw->image)
		return -ENOMEM;
	memcpy(fw->image, file->data, file->size);
	fw->size = file->size;
	fw->version = header->fw_version;
	fw->protocol = header->protocol;
	memcpy(fw->name, header->name, sizeof(fw->name));

	return 0;
}

/**
 * tnpu_fw_init - load the image and check its header
 * @tdev: the device
 *
 * Return: 0; -ENOENT no file; -EINVAL not an image for this driver; -ENOMEM.
 */
int tnpu_fw_init(struct tnpu_device *tdev)
{
	const struct firmware *file;
	int ret;

	ret = request_firmware(&file, TNPU_FW_FILE, &tdev->pdev->dev);
	if (ret) {
		tnpu_err(tdev, "firmware %s cannot be loaded (%d)", TNPU_FW_FILE, ret);
		return ret;
	}
	ret = tnpu_fw_keep(tdev, file);
	release_firmware(file);

	return ret;
}

/**
 * tnpu_fw_fini - forget the image
 * @tdev: the device, in reset: it does not read the image any more
 */
void tnpu_fw_fini(struct tnpu_device *tdev)
{
	struct tnpu_fw *fw = &tdev->fw;

	dma_free_coherent(&tdev->pdev->dev, fw->size, fw->image, fw->dma);
	fw->image = NULL;
}

static int tnpu_fw_check_protocol(struct tnpu_device *tdev)
{
	const u32 protocol = tnpu_rd(tdev, PROTOCOL);

	if (protocol >> 16 == TNPU_PROTOCOL_MAJOR)
		return 0;
	tnpu_err(tdev, "mailbox protocol %u.%u, the driver speaks %u.x",
		 protocol >> 16, protocol & 0xffff, TNPU_PROTOCOL_MAJOR);

	return -EPROTO;
}

/**
 * tnpu_fw_boot - start the image
 * @tdev: the device, just reset, with the mailbox registers set
 *
 * Allocates nothing: recovery uses it.
 *
 * Return: 0; -ENODEV gone; -EIO refused; -ETIMEDOUT; -EPROTO the image speaks another
 * mailbox protocol.
 */
int tnpu_fw_boot(struct tnpu_device *tdev)
{
	u32 state;

	tnpu_wr64(tdev, FW_ADDR, tdev->fw.dma);
	tnpu_wr(tdev, FW_SIZE, tdev->fw.size);
	tnpu_wr(tdev, CTRL, TNPU_CTRL_BOOT);
	if (read_poll_timeout(tnpu_hw_read, state,
			      state != TNPU_BOOT_ROM && state != TNPU_BOOT_LOADING,
			      TNPU_FW_POLL_US, TNPU_FW_BOOT_TIMEOUT_US, false,
			      tdev, TNPU_REG_BOOT_STATE, "BOOT_STATE")) {
		tnpu_err(tdev, "firmware does not start");
		return -ETIMEDOUT;
	}
	if (state == TNPU_GONE)
		return -ENODEV;
	if (state != TNPU_BOOT_READY) {
		tnpu_err(tdev, "firmware refused: %s",
			 tnpu_fw_reason(tnpu_rd(tdev, BOOT_REASON)));
		return -EIO;
	}

	return tnpu_fw_check_protocol(tdev);
}

/**
 * tnpu_fw_read_log - copy the newest text of the firmware's log
 * @tdev: the device, inside tnpu_pm_enter()
 * @text: where it goes, without a zero at its end
 * @size: bytes of room
 *
 * Return: bytes of text; -ENOMEM; as tnpu_mbox_call().
 */
ssize_t tnpu_fw_read_log(struct tnpu_device *tdev, char *text, size_t size)
{
	struct tnpu_msg_log msg = { .size = size };
	struct device *dev = &tdev->pdev->dev;
	dma_addr_t dma;
	ssize_t ret;
	char *log;

	log = dma_alloc_coherent(dev, size, &dma, GFP_KERNEL);
	if (!log)
		return -ENOMEM;
	msg.addr = dma;
	ret = tnpu_mbox_call(tdev, TNPU_MSG_LOG, &msg, sizeof(msg));
	if (!ret) {
		/* Where recovery stepped in, nobody has written anything. */
		ret = strnlen(log, min_t(size_t, msg.size, size));
		memcpy(text, log, ret);
	}
	dma_free_coherent(dev, size, log, dma);

	return ret;
}
