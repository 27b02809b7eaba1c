/* SPDX-License-Identifier: MIT */
/*
 * The smallest firmware image that TNPU takes, for the tests beside this file.
 */
#ifndef _TNPU_IMAGE_H_
#define _TNPU_IMAGE_H_

#include "hw/misc/tnpu/uapi/tnpu/tnpu_regs.h"

#define IMAGE_VERSION	0x01020003

struct image {
	struct tnpu_fw_header header;
	struct {
		struct tnpu_fw_table table;
		uint64_t mask;
	} ops, msgs;
	struct {
		struct tnpu_fw_table table;
		struct tnpu_fw_sched sched;
	} sched;
};

#define IMAGE_PAYLOAD	(sizeof(struct image) - sizeof(struct tnpu_fw_header))

static inline void image_seal(struct image *image)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize size = sizeof(image->header.digest);

	g_checksum_update(sum, (const guchar *)&image->ops, IMAGE_PAYLOAD);
	g_checksum_get_digest(sum, image->header.digest, &size);
}

static inline void image_init(struct image *image)
{
	*image = (struct image) {
		.header = {
			.magic = TNPU_FW_MAGIC,
			.header_version = TNPU_FW_HEADER_VERSION,
			.header_size = sizeof(image->header),
			.image_size = sizeof(*image),
			.payload_offset = sizeof(image->header),
			.payload_size = IMAGE_PAYLOAD,
			.fw_version = IMAGE_VERSION,
			.protocol = TNPU_PROTOCOL_MAJOR << 16,
			.hw_min = TNPU_HW_VERSION_MAJOR,
			.hw_max = TNPU_HW_VERSION_MAJOR,
			.name = "qtest",
		},
		.ops = { { TNPU_FW_TABLE_OPS, 8 }, ~0ull },
		.msgs = { { TNPU_FW_TABLE_MSGS, 8 }, ~0ull },
		.sched = { { TNPU_FW_TABLE_SCHED, 8 }, { 1000, 1 } },
	};
	image_seal(image);
}

#endif /* _TNPU_IMAGE_H_ */
