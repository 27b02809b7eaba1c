/* SPDX-License-Identifier: MIT */
/*
 * Firmware images: what tnpu-mkfw writes and in-process users boot.
 */
#ifndef _TNPU_FWIMAGE_H_
#define _TNPU_FWIMAGE_H_

#include <stddef.h>
#include <stdint.h>

#include <tnpu/tnpu_regs.h>

/**
 * struct tnpu_fwimage - what an image says
 * @ops: bit n enables opcode n; opcodes that the chip lacks stay unknown
 * @msgs: bit n enables mailbox message n
 */
struct tnpu_fwimage {
	char name[32];
	uint32_t version;
	uint16_t hw_min;
	uint16_t hw_max;
	uint64_t ops;
	uint64_t msgs;
	struct tnpu_fw_sched sched;
	struct tnpu_fw_limits limits;
};

/* Bytes of every image that tnpu_fwimage_build() makes. */
#define TNPU_FWIMAGE_SIZE						\
	(sizeof(struct tnpu_fw_header) + 4 * sizeof(struct tnpu_fw_table) +	\
	 2 * sizeof(uint64_t) + sizeof(struct tnpu_fw_sched) +		\
	 sizeof(struct tnpu_fw_limits))

/** tnpu_fwimage_default - everything enabled, the hardware's limits, 2 ms quantum */
void tnpu_fwimage_default(struct tnpu_fwimage *image);

/** tnpu_fwimage_build - write the image to @buf, of TNPU_FWIMAGE_SIZE bytes */
void tnpu_fwimage_build(const struct tnpu_fwimage *image, void *buf);

/** tnpu_fwimage_seal - set the digest of the image at @buf, which is complete otherwise */
void tnpu_fwimage_seal(void *buf);

#endif /* _TNPU_FWIMAGE_H_ */
