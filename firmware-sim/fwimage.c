// SPDX-License-Identifier: MIT
/*
 * Builds firmware images: header, digest and the four tables.
 */
#include <string.h>

#include <sodium.h>

#include "fwimage.h"

void tnpu_fwimage_default(struct tnpu_fwimage *image)
{
	*image = (struct tnpu_fwimage){
		.name = "tnpu",
		.version = 1u << 24,
		.hw_min = TNPU_HW_VERSION_MAJOR,
		.hw_max = TNPU_HW_VERSION_MAJOR,
		.ops = ~0ull,
		.msgs = (1ull << TNPU_MSG_COUNT) - 1,
		.sched = { .quantum_us = 2000, .heartbeat_ms = 100 },
	};
}

static uint8_t *tnpu_fwimage_table(uint8_t *p, uint32_t type, const void *data,
				   uint32_t size)
{
	const struct tnpu_fw_table table = { .type = type, .size = size };

	memcpy(p, &table, sizeof(table));
	memcpy(p + sizeof(table), data, size);
	return p + sizeof(table) + size;
}

void tnpu_fwimage_seal(void *buf)
{
	struct tnpu_fw_header *header = buf;

	crypto_hash_sha256(header->digest, (uint8_t *)buf + header->payload_offset,
			   header->payload_size);
}

void tnpu_fwimage_build(const struct tnpu_fwimage *image, void *buf)
{
	struct tnpu_fw_header *header = buf;
	uint8_t *p = (uint8_t *)(header + 1);

	p = tnpu_fwimage_table(p, TNPU_FW_TABLE_OPS, &image->ops, sizeof(image->ops));
	p = tnpu_fwimage_table(p, TNPU_FW_TABLE_MSGS, &image->msgs, sizeof(image->msgs));
	p = tnpu_fwimage_table(p, TNPU_FW_TABLE_SCHED, &image->sched, sizeof(image->sched));
	tnpu_fwimage_table(p, TNPU_FW_TABLE_LIMITS, &image->limits, sizeof(image->limits));

	*header = (struct tnpu_fw_header){
		.magic = TNPU_FW_MAGIC,
		.header_version = TNPU_FW_HEADER_VERSION,
		.header_size = sizeof(*header),
		.image_size = TNPU_FWIMAGE_SIZE,
		.payload_offset = sizeof(*header),
		.payload_size = TNPU_FWIMAGE_SIZE - sizeof(*header),
		.fw_version = image->version,
		.protocol = TNPU_PROTOCOL_MAJOR << 16 | TNPU_PROTOCOL_MINOR,
		.hw_min = image->hw_min,
		.hw_max = image->hw_max,
	};
	memcpy(header->name, image->name, sizeof(header->name));
	header->name[sizeof(header->name) - 1] = 0;
	tnpu_fwimage_seal(buf);
}
