// SPDX-License-Identifier: MIT
/*
 * The boot ROM: reads the image, checks it from the outside in, and takes over its tables.
 * Each check returns the TNPU_REASON_* of a refusal.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "chip.h"

static bool tnpu_boot_is_zero(const void *p, size_t size)
{
	return sodium_is_zero(p, size);
}

static uint32_t tnpu_boot_header(const struct tnpu_fw_header *h, uint32_t size)
{
	const uint32_t major = TNPU_HW_VERSION_MAJOR;

	if (h->magic != TNPU_FW_MAGIC)
		return TNPU_REASON_MAGIC;
	if (h->header_version != TNPU_FW_HEADER_VERSION || h->header_size != sizeof(*h))
		return TNPU_REASON_HEADER;
	if (h->image_size != size)
		return TNPU_REASON_SIZE;
	if (h->payload_offset % 8 || h->payload_offset < sizeof(*h) || h->payload_size % 8 ||
	    (uint64_t)h->payload_offset + h->payload_size != size)
		return TNPU_REASON_HEADER;
	if (!memchr(h->name, 0, sizeof(h->name)) ||
	    !tnpu_boot_is_zero(h->reserved, sizeof(h->reserved)))
		return TNPU_REASON_HEADER;
	if (h->hw_min > major || h->hw_max < major ||
	    h->protocol >> 16 != TNPU_PROTOCOL_MAJOR)
		return TNPU_REASON_PROTOCOL;
	return TNPU_REASON_NONE;
}

/* This ROM holds no key: it takes unsigned images, and must refuse what it cannot check. */
static uint32_t tnpu_boot_authentic(const struct tnpu_fw_header *h)
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, (const uint8_t *)h + h->payload_offset, h->payload_size);
	if (memcmp(digest, h->digest, sizeof(digest)))
		return TNPU_REASON_DIGEST;
	if (h->signature_type != TNPU_FW_SIGN_NONE ||
	    !tnpu_boot_is_zero(h->signature, sizeof(h->signature)))
		return TNPU_REASON_SIGNATURE;
	return TNPU_REASON_NONE;
}

static bool tnpu_boot_sched(struct tnpu_fw *fw, const void *data)
{
	struct tnpu_fw_sched sched;

	memcpy(&sched, data, sizeof(sched));
	fw->quantum_ns = sched.quantum_us * 1000ull;
	fw->heartbeat_ns = sched.heartbeat_ms * 1000000ull;
	return sched.quantum_us >= 100 && sched.quantum_us <= 100000 &&
	       sched.heartbeat_ms >= 1 && sched.heartbeat_ms <= 1000;
}

static bool tnpu_boot_limits(struct tnpu_fw *fw, const void *data)
{
	struct tnpu_fw_limits limits;

	memcpy(&limits, data, sizeof(limits));
	if (limits.max_cmd_bytes)
		fw->max_cmd_bytes = limits.max_cmd_bytes;
	if (limits.max_cmd_macs)
		fw->max_cmd_macs = limits.max_cmd_macs;
	return limits.max_cmd_bytes <= TNPU_MAX_CMD_BYTES &&
	       limits.max_cmd_macs <= TNPU_MAX_CMD_MACS;
}

static bool tnpu_boot_mask(uint64_t *mask, const void *data)
{
	memcpy(mask, data, sizeof(*mask));
	return true;
}

static bool tnpu_boot_table(struct tnpu_fw *fw, const struct tnpu_fw_table *table,
			    const void *data)
{
	switch (table->type) {
	case TNPU_FW_TABLE_OPS:
		return table->size == sizeof(fw->ops) && tnpu_boot_mask(&fw->ops, data);
	case TNPU_FW_TABLE_MSGS:
		return table->size == sizeof(fw->msgs) && tnpu_boot_mask(&fw->msgs, data);
	case TNPU_FW_TABLE_SCHED:
		return table->size == sizeof(struct tnpu_fw_sched) && tnpu_boot_sched(fw, data);
	case TNPU_FW_TABLE_LIMITS:
		return table->size == sizeof(struct tnpu_fw_limits) &&
		       tnpu_boot_limits(fw, data);
	default:
		return false;
	}
}

static uint32_t tnpu_boot_payload(struct tnpu_fw *fw, const uint8_t *p, uint32_t size)
{
	const uint32_t required = 1u << TNPU_FW_TABLE_OPS | 1u << TNPU_FW_TABLE_MSGS |
				  1u << TNPU_FW_TABLE_SCHED;
	struct tnpu_fw_table table;
	uint32_t seen = 0;

	while (size) {
		memcpy(&table, p, sizeof(table));
		if (table.size > size - sizeof(table) ||
		    !tnpu_boot_table(fw, &table, p + sizeof(table)) ||
		    seen & 1u << table.type)
			return TNPU_REASON_PAYLOAD;
		seen |= 1u << table.type;
		p += sizeof(table) + table.size;
		size -= sizeof(table) + table.size;
	}
	return (seen & required) == required ? TNPU_REASON_NONE : TNPU_REASON_PAYLOAD;
}

static uint32_t tnpu_boot_image(struct tnpu_fw *fw, const struct tnpu_fw_header *h,
				uint32_t size)
{
	uint32_t reason = tnpu_boot_header(h, size);

	if (!reason)
		reason = tnpu_boot_authentic(h);
	if (!reason)
		reason = tnpu_boot_payload(fw, (const uint8_t *)h + h->payload_offset,
					   h->payload_size);
	fw->version = h->fw_version;
	fw->protocol = h->protocol;
	return reason;
}

static uint32_t tnpu_boot_read(struct tnpu_chip *chip, struct tnpu_fw *fw)
{
	const uint64_t addr = tnpu_reg_get64(chip, TNPU_REG_FW_ADDR_LO);
	const uint32_t size = tnpu_reg_get(chip, TNPU_REG_FW_SIZE);
	uint32_t reason = TNPU_REASON_DMA;
	struct tnpu_fw_header *image;

	if (size < sizeof(struct tnpu_fw_header) || size > TNPU_FW_SIZE_MAX)
		return TNPU_REASON_SIZE;
	image = malloc(size);
	if (image && !tnpu_bus_read(chip, addr, image, size)) {
		if (tnpu_provoked_take(chip, TNPU_PROVOKE_CORRUPT_IMAGE))
			image->digest[0] ^= 1;
		reason = tnpu_boot_image(fw, image, size);
	}
	free(image);
	return reason;
}

/* The rings are latched: register writes have no effect on them until the next boot. */
static uint32_t tnpu_boot_mailbox(struct tnpu_chip *chip)
{
	const uint32_t order = tnpu_reg_get(chip, TNPU_REG_MBOX_ORDER);
	const uint64_t req = tnpu_reg_get64(chip, TNPU_REG_MBOX_REQ_LO);
	const uint64_t rsp = tnpu_reg_get64(chip, TNPU_REG_MBOX_RSP_LO);

	if (order < TNPU_MBOX_ORDER_MIN || order > TNPU_MBOX_ORDER_MAX)
		return TNPU_REASON_MAILBOX;
	if (req % sizeof(struct tnpu_msg) || rsp % sizeof(struct tnpu_msg))
		return TNPU_REASON_MAILBOX;
	chip->mbox = (struct tnpu_mbox){ .req = req, .rsp = rsp, .order = order };
	return TNPU_REASON_NONE;
}

static void tnpu_boot_start(struct tnpu_chip *chip, const struct tnpu_fw *fw)
{
	chip->fw = *fw;
	chip->fw.ops &= chip->ops;
	chip->running = true;
	chip->next_beat = tnpu_host_ns() + fw->heartbeat_ns;
	tnpu_reg_set(chip, TNPU_REG_FW_VERSION, fw->version);
	tnpu_reg_set(chip, TNPU_REG_PROTOCOL, fw->protocol);
	tnpu_reg_set(chip, TNPU_REG_OPS_LO, chip->fw.ops);
	tnpu_reg_set(chip, TNPU_REG_OPS_HI, chip->fw.ops >> 32);
	tnpu_reg_set(chip, TNPU_REG_MAX_CMD_BYTES_LO, fw->max_cmd_bytes);
	tnpu_reg_set(chip, TNPU_REG_MAX_CMD_BYTES_HI, fw->max_cmd_bytes >> 32);
	tnpu_reg_set(chip, TNPU_REG_MAX_CMD_MACS_LO, fw->max_cmd_macs);
	tnpu_reg_set(chip, TNPU_REG_MAX_CMD_MACS_HI, fw->max_cmd_macs >> 32);
	tnpu_log(chip, "firmware %u.%u.%u runs", fw->version >> 24, fw->version >> 16 & 0xff,
		 fw->version & 0xffff);
}

void tnpu_boot(struct tnpu_chip *chip)
{
	struct tnpu_fw fw = {
		.max_cmd_bytes = TNPU_MAX_CMD_BYTES,
		.max_cmd_macs = TNPU_MAX_CMD_MACS,
	};
	uint32_t reason = tnpu_boot_read(chip, &fw);

	if (!reason)
		reason = tnpu_boot_mailbox(chip);
	if (reason)
		tnpu_log(chip, "firmware refused, reason %u", reason);
	else
		tnpu_boot_start(chip, &fw);
	tnpu_reg_set(chip, TNPU_REG_BOOT_REASON, reason);
	tnpu_reg_set(chip, TNPU_REG_BOOT_STATE, reason ? TNPU_BOOT_FAILED : TNPU_BOOT_READY);
	tnpu_irq_raise(chip, TNPU_IRQ_BOOT);
	/* Requests may have been queued before the firmware ran. */
	tnpu_chip_kick(chip, TNPU_EVENT_MBOX);
}
