// SPDX-License-Identifier: MIT
/*
 * tnpu decode: what is in a core dump of the driver (tnpu/tnpu_dump.h).
 *
 * A dump may come from anywhere, so nothing in it is believed: sizes are checked before they are
 * used, and what is printed as text has no control characters. All that is told goes into one
 * tree, which is printed as JSON or as lines.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tnpu/tnpu_dump.h>
#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>

#include "cmd.h"
#include "cmd_names.h"

#define OPT_JSON		256
/* The driver's largest is a third of it. */
#define DUMP_SIZE_MAX		(16u << 20)
#define DUMP_TYPES		(TNPU_DUMP_LOG + 1)
#define COUNT(array)		(sizeof(array) / sizeof((array)[0]))
#define HAS_BIT(value, bit)		((value) >> (bit) & 1)

/* ---- Reading the file ------------------------------------------------------------------ */

/** struct part - a section; @data is NULL where the dump does not have it */
struct part {
	const uint8_t *data;
	uint32_t stride;
	uint64_t size;
};

/** struct dump - a dump in memory; names for messages */
struct dump {
	const char *path;
	uint8_t *data;
	size_t size;
	struct part parts[DUMP_TYPES];
	struct tnpu_dump_info info;
	struct tnpu_dump_queue queue;
	struct tnpu_errmsg err;
};

static const struct {
	const char *name;
	uint32_t element;	/* bytes of one in version 1.0 */
} part_types[DUMP_TYPES] = {
	[TNPU_DUMP_INFO] = { "INFO", sizeof(struct tnpu_dump_info) },
	[TNPU_DUMP_REGS] = { "REGS", sizeof(struct tnpu_dump_reg) },
	[TNPU_DUMP_MBOX] = { "MBOX", sizeof(struct tnpu_dump_mbox) },
	[TNPU_DUMP_MBOX_REQ] = { "MBOX_REQ", sizeof(struct tnpu_msg) },
	[TNPU_DUMP_MBOX_RSP] = { "MBOX_RSP", sizeof(struct tnpu_msg) },
	[TNPU_DUMP_QUEUE] = { "QUEUE", sizeof(struct tnpu_dump_queue) },
	[TNPU_DUMP_RING] = { "RING", sizeof(struct tnpu_ring_entry) },
	[TNPU_DUMP_COMPLETIONS] = { "COMPLETIONS", sizeof(struct tnpu_completion) },
	[TNPU_DUMP_VM] = { "VM", sizeof(struct tnpu_dump_mapping) },
	[TNPU_DUMP_STREAM] = { "STREAM", 1 },
	[TNPU_DUMP_LOG] = { "LOG", 1 },
};

static int dump_read_file(struct dump *d, FILE *f)
{
	d->data = malloc(DUMP_SIZE_MAX + 1);
	if (!d->data)
		return tnpu_errmsg_set(&d->err, -ENOMEM, "%s: no memory", d->path);
	d->size = fread(d->data, 1, DUMP_SIZE_MAX + 1, f);
	if (ferror(f))
		return tnpu_errmsg_set(&d->err, -errno, "%s: %s", d->path, strerror(errno));
	if (d->size > DUMP_SIZE_MAX)
		return tnpu_errmsg_set(&d->err, -EINVAL, "%s: more than %u MiB are no dump",
				       d->path, DUMP_SIZE_MAX >> 20);
	return 0;
}

static int dump_read(struct dump *d)
{
	FILE *f;
	int ret;

	if (!strcmp(d->path, "-"))
		return dump_read_file(d, stdin);
	f = fopen(d->path, "rb");
	if (!f)
		return tnpu_errmsg_set(&d->err, -errno, "%s: %s", d->path, strerror(errno));
	ret = dump_read_file(d, f);
	fclose(f);
	return ret;
}

static int dump_bad(struct dump *d, const char *what, uint64_t value)
{
	return tnpu_errmsg_set(&d->err, -EINVAL, "%s: %s %llu (0x%llx)", d->path, what,
			       (unsigned long long)value, (unsigned long long)value);
}

static int dump_check_header(struct dump *d, struct tnpu_dump_header *hdr)
{
	if (d->size < sizeof(*hdr))
		return dump_bad(d, "cut off in the header, at byte", d->size);
	memcpy(hdr, d->data, sizeof(*hdr));
	if (hdr->magic != TNPU_DUMP_MAGIC)
		return dump_bad(d, "not a dump of a TNPU: its magic is", hdr->magic);
	if (hdr->version_major != TNPU_DUMP_VERSION_MAJOR)
		return dump_bad(d, "only version 1 is known, not", hdr->version_major);
	if (hdr->size > d->size)
		return dump_bad(d, "cut off: there should be more bytes,", hdr->size);
	if (hdr->size < d->size)
		return dump_bad(d, "there should be fewer bytes,", hdr->size);
	if (hdr->header_size < sizeof(*hdr) || hdr->header_size > hdr->size ||
	    hdr->header_size % TNPU_DUMP_ALIGN)
		return dump_bad(d, "header_size cannot be", hdr->header_size);
	return 0;
}

static int dump_bad_part(struct dump *d, uint32_t type, const char *what, uint64_t value)
{
	char text[128];

	if (type && type < DUMP_TYPES)
		snprintf(text, sizeof(text), "section %s: %s", part_types[type].name, what);
	else
		snprintf(text, sizeof(text), "section of type %u: %s", type, what);
	return dump_bad(d, text, value);
}

/* Notes a section of which @left bytes are there; returns the bytes that it takes. */
static int64_t dump_add_part(struct dump *d, const uint8_t *at, uint64_t left)
{
	struct tnpu_dump_section s;
	struct part *part;

	if (left < sizeof(s))
		return dump_bad(d, "cut off in the header of a section, at byte", at - d->data);
	memcpy(&s, at, sizeof(s));
	left -= sizeof(s);
	if (s.size > left)
		return dump_bad_part(d, s.type, "longer than what is left of the dump,", s.size);
	if (!s.stride || s.size % s.stride)
		return dump_bad_part(d, s.type, "its size is no multiple of stride", s.stride);
	if (s.type && s.type < DUMP_TYPES) {
		part = &d->parts[s.type];
		if (part->data)
			return dump_bad_part(d, s.type, "is there twice, again at byte",
					     at - d->data);
		if (s.stride < part_types[s.type].element)
			return dump_bad_part(d, s.type, "elements are too short, stride is",
					     s.stride);
		*part = (struct part){ at + sizeof(s), s.stride, s.size };
	}
	s.size += -s.size % TNPU_DUMP_ALIGN;
	return sizeof(s) + (s.size < left ? s.size : left);
}

static uint64_t part_count(const struct dump *d, uint32_t type)
{
	const struct part *part = &d->parts[type];

	return part->data ? part->size / part->stride : 0;
}

/* Copies what is known of element @i; false where there is none. */
static bool part_get(const struct dump *d, uint32_t type, uint64_t i, void *out)
{
	const struct part *part = &d->parts[type];

	if (i >= part_count(d, type))
		return false;
	memcpy(out, part->data + i * part->stride, part_types[type].element);
	return true;
}

static int dump_parse(struct dump *d)
{
	struct tnpu_dump_header hdr;
	uint64_t at;
	int64_t ret;
	uint32_t i;

	ret = dump_check_header(d, &hdr);
	if (ret)
		return ret;
	at = hdr.header_size;
	for (i = 0; i < hdr.sections; i++, at += ret) {
		ret = dump_add_part(d, d->data + at, d->size - at);
		if (ret < 0)
			return ret;
	}
	if (at != d->size)
		return dump_bad(d, "there is something behind the last section, at byte", at);
	if (!part_get(d, TNPU_DUMP_INFO, 0, &d->info))
		return tnpu_errmsg_set(&d->err, -EINVAL, "%s: section INFO is missing", d->path);
	part_get(d, TNPU_DUMP_QUEUE, 0, &d->queue);
	return 0;
}

/* ---- Names ------------------------------------------------------------------------------- */

static const struct tnpu_names reason_names = { {
	"NONE", "FAULT", "DMA", "OPCODE", "SIZE", "RESERVED", "ALIGN", "SHAPE", "DTYPE", "FORMAT",
	"VALUE", "CELL", "LIMIT", "ENTRY", "WAIT", "ENGINE",
} };
static const struct tnpu_names reason_texts = { {
	"none", "an address is not mapped, or not for this access",
	"the bus refused a mapped address in system memory",
	"the opcode is unknown, or not enabled by the firmware",
	"the size is not the opcode's, or past the end of the stream",
	"a reserved field or flag is not zero", "an address or stride is not aligned",
	"a dimension is zero, too large or does not fit",
	"a data type is unknown or not taken here",
	"a weight format is unknown or not taken here", "a field is out of range",
	"a memory cell is above its maximum", "the command or the stream is above a limit",
	"the ring entry is malformed", "FENCE_WAIT ran into its limit",
	"out of working memory, or an error of device memory that was not to be corrected",
} };
static const struct tnpu_names state_names = { { "OK", "GUILTY", "INNOCENT" } };
static const struct tnpu_names access_names = { { "none", "READ", "WRITE" } };
static const struct tnpu_names priority_names = { { "LOW", "NORMAL", "HIGH", "REALTIME" } };
static const struct tnpu_names status_names = { {
	NULL, "OK", "SKIPPED", "ERROR", "CANCELLED", "RESET",
} };
static const struct tnpu_names dtype_names = { { "F32", "F16", "BF16", "QI8" } };
static const struct tnpu_names wformat_names = { { "INT4_G32", "INT8_G32", "F16", "BF16", "F32" } };
static const struct tnpu_names act_names = { { "NONE", "SILU", "GELU_TANH", "GELU_ERF", "RELU" } };
static const struct tnpu_names norm_names = { { "RMS", "LAYER" } };
static const struct tnpu_names rope_names = { { "PAIRS", "HALVES" } };
static const struct tnpu_names cell_names = { { "SET", "ADD" } };
static const struct tnpu_names wkind_names = { { NULL, "INT", "FLOAT", "BFLOAT", "CODEBOOK" } };
static const struct tnpu_names wscale_names = { { "NONE", "F16" } };
static const struct tnpu_names msg_names = { {
	"NOP", "QUERY", "CONTEXT_MAP", "INVALIDATE", "QUEUE_CREATE", "QUEUE_DESTROY",
	"QUEUE_SUSPEND", "QUEUE_RESUME", "QUEUE_PRIORITY", "QUEUE_CANCEL", "LOG", "TRACE",
} };
static const struct tnpu_names msg_status_names = { {
	"OK", "UNKNOWN", "INVALID", "NO_OBJECT", "BUSY",
} };
static const struct tnpu_names boot_names = { { "ROM", "LOADING", "READY", "FAILED", "CRASHED" } };
static const struct tnpu_names boot_reason_names = { {
	"NONE", "DMA", "SIZE", "MAGIC", "HEADER", "PROTOCOL", "DIGEST", "SIGNATURE", "PAYLOAD",
	"MAILBOX", "CRASH",
} };
static const struct tnpu_names irq_names = { { "MBOX", "BOOT", "CRASH" } };
static const struct tnpu_names platform_names = { { "EMULATED" } };
static const struct tnpu_names feature_names = { { "SIGNATURE", "TILE_KERNELS" } };
static const struct tnpu_names stream_names = { {
	"whole", "the rest is not mapped", "the rest is memory of another driver's",
	"longer than a dump takes",
} };
static const struct tnpu_names cause_names = { {
	NULL, "a queue is guilty", "the firmware crashed, or does not answer",
} };

static const char *reason_name(uint32_t reason)
{
	if (reason == DRM_TNPU_REASON_TIMEOUT)
		return "TIMEOUT";
	return reason == DRM_TNPU_REASON_RESET ? "RESET" : tnpu_name_of(&reason_names, reason);
}

static const char *reason_text(uint32_t reason)
{
	if (reason == DRM_TNPU_REASON_TIMEOUT)
		return "the job made no progress for the queue's timeout";
	return reason == DRM_TNPU_REASON_RESET ? "lost to a reset" :
	       tnpu_name_of(&reason_texts, reason);
}

/* ---- The tree ------------------------------------------------------------------------------ */

static void add_num(cJSON *to, const char *key, double value)
{
	cJSON_AddNumberToObject(to, key, value);
}

static void add_hex(cJSON *to, const char *key, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	cJSON_AddStringToObject(to, key, text);
}

static void add_name(cJSON *to, const char *key, const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "unknown (%" PRIu64 ")", value);
	cJSON_AddStringToObject(to, key, name ? name : text);
}

/* Bytes that should be text, up to a zero. */
static void add_text(cJSON *to, const char *key, const uint8_t *text, size_t size)
{
	cJSON_AddItemToObject(to, key, tnpu_cmd_json_string((const char *)text,
							    strnlen((const char *)text, size)));
}

static cJSON *add_row(cJSON *array)
{
	cJSON *row = cJSON_CreateObject();

	cJSON_AddItemToArray(array, row);
	return row;
}

static void format_bits(char *text, size_t size, const struct tnpu_names *names, uint64_t value)
{
	const char *name;
	size_t n = 0;
	unsigned int bit;

	text[0] = '\0';
	for (bit = 0; bit < 64 && n < size; bit++) {
		if (!HAS_BIT(value, bit))
			continue;
		name = tnpu_name_of(names, bit);
		n += name ? snprintf(text + n, size - n, "%s%s", n ? " " : "", name) :
			    snprintf(text + n, size - n, "%sbit %u", n ? " " : "", bit);
	}
}

/* ---- Registers -------------------- */

enum reg_kind { REG_PLAIN, REG_VERSION, REG_FW_VERSION, REG_ENUM, REG_BITS, REG_POWERS, REG_TILE };

#define REG(n, ...)	{ #n, TNPU_REG_##n, __VA_ARGS__ }

static const struct reg {
	const char *name;
	uint32_t offset;
	enum reg_kind kind;
	const struct tnpu_names *names;
} regs[] = {
	REG(MAGIC), REG(HW_VERSION, REG_VERSION), REG(PLATFORM, REG_BITS, &platform_names),
	REG(FEATURES, REG_BITS, &feature_names), REG(MEM_SIZE_LO), REG(MEM_SIZE_HI),
	REG(NUM_QUEUES), REG(NUM_CONTEXTS), REG(DB_OFFSET), REG(DB_STRIDE), REG(NUM_VECTORS),
	REG(VA_BITS), REG(PAGE_SIZES, REG_POWERS), REG(MAX_SPAN_US),
	REG(OPS_LO, REG_BITS, &tnpu_op_names), REG(OPS_HI),
	REG(WFORMATS, REG_BITS, &wformat_names), REG(DTYPES, REG_BITS, &dtype_names),
	REG(MAX_CMD_BYTES_LO), REG(MAX_CMD_BYTES_HI), REG(MAX_CMD_MACS_LO), REG(MAX_CMD_MACS_HI),
	REG(MAX_STREAM_BYTES), REG(ENGINES), REG(GEMM_TILE, REG_TILE), REG(RING_ORDER_MAX),
	REG(TIMESTAMP_HZ), REG(PROFILE), REG(CTRL), REG(BOOT_STATE, REG_ENUM, &boot_names),
	REG(BOOT_REASON, REG_ENUM, &boot_reason_names), REG(FW_ADDR_LO), REG(FW_ADDR_HI),
	REG(FW_SIZE), REG(FW_VERSION, REG_FW_VERSION), REG(PROTOCOL, REG_VERSION), REG(HEARTBEAT),
	REG(RESET_COUNT), REG(TIMESTAMP_LO), REG(TIMESTAMP_HI), REG(SCRATCH), REG(MBOX_REQ_LO),
	REG(MBOX_REQ_HI), REG(MBOX_RSP_LO), REG(MBOX_RSP_HI), REG(MBOX_ORDER), REG(MBOX_REQ_TAIL),
	REG(MBOX_REQ_HEAD), REG(MBOX_RSP_TAIL), REG(MBOX_RSP_HEAD),
	REG(IRQ_STATUS, REG_BITS, &irq_names), REG(IRQ_ENABLE, REG_BITS, &irq_names),
};

static void format_powers(char *text, size_t size, uint32_t value)
{
	size_t n = 0;
	unsigned int bit;

	text[0] = '\0';
	for (bit = 0; bit < 32 && n < size; bit++)
		if (HAS_BIT(value, bit))
			n += snprintf(text + n, size - n, "%s%llu", n ? " " : "", 1ull << bit);
}

static void format_reg(char *text, size_t size, const struct reg *reg, uint32_t value)
{
	const char *name;

	switch (reg->kind) {
	case REG_VERSION:
		snprintf(text, size, "%u.%u", value >> 16, value & 0xffff);
		break;
	case REG_FW_VERSION:
		snprintf(text, size, "%u.%u.%u", value >> 24, value >> 16 & 0xff, value & 0xffff);
		break;
	case REG_TILE:
		snprintf(text, size, "%u outputs of %u rows", value >> 16, value & 0xffff);
		break;
	case REG_ENUM:
		name = tnpu_name_of(reg->names, value);
		snprintf(text, size, "%s", name ? name : "unknown");
		break;
	case REG_BITS:
		format_bits(text, size, reg->names, value);
		break;
	case REG_POWERS:
		format_powers(text, size, value);
		break;
	default:
		snprintf(text, size, "%u", value);
	}
}

static void tell_reg(cJSON *to, const struct tnpu_dump_reg *r)
{
	char text[256] = "";
	cJSON *row;
	size_t i;

	for (i = 0; i < COUNT(regs) && regs[i].offset != r->offset; i++)
		;
	if (i < COUNT(regs))
		format_reg(text, sizeof(text), &regs[i], r->value);
	row = add_row(to);
	cJSON_AddStringToObject(row, "name", i < COUNT(regs) ? regs[i].name : "?");
	add_hex(row, "offset", r->offset);
	add_hex(row, "value", r->value);
	if (text[0])
		cJSON_AddStringToObject(row, "means", r->value == TNPU_GONE ?
					"all ones: the device was gone" : text);
}

static void tell_regs(cJSON *to, const struct dump *d)
{
	cJSON *rows = cJSON_AddArrayToObject(to, "registers");
	struct tnpu_dump_reg r;
	uint64_t i;

	for (i = 0; part_get(d, TNPU_DUMP_REGS, i, &r); i++)
		tell_reg(rows, &r);
}

/* ---- Commands -------------------------------------------------------------------------------- */

enum field_kind {
	FIELD_NUM,
	FIELD_SIZE,		/* hdr.size */
	FIELD_OPCODE,
	FIELD_FLAGS,
	FIELD_HEX,
	FIELD_RESERVED,
	FIELD_F32,
	FIELD_ENUM,
	FIELD_SHAPE,
	FIELD_CELL,
	FIELD_DTYPE,
	FIELD_FORMAT,
	FIELD_STRIDE,		/* of a tensor, whose data type is 4 bytes on */
	FIELD_READ,		/* addresses */
	FIELD_WRITE,
	FIELD_BOTH,
};

/**
 * struct field - of a command
 * @align: what an address or stride must be a multiple of; 0: the element of a tensor, whose
 *	data type lies 12 bytes behind the address, 4 behind the stride
 */
struct field {
	const char *name;
	uint16_t offset;
	uint8_t size;
	uint8_t kind;
	uint8_t align;
	const struct tnpu_names *names;
};

#define SIZE_OF(s, m)	sizeof(((struct tnpu_cmd_##s *)0)->m)
#define FIELD(s, m, k)	{ #m, offsetof(struct tnpu_cmd_##s, m), SIZE_OF(s, m), FIELD_##k, 1 }
#define VA(s, m, k, a)	{ #m, offsetof(struct tnpu_cmd_##s, m), SIZE_OF(s, m), FIELD_##k, a }
#define ENUM(s, m, n)	{ #m, offsetof(struct tnpu_cmd_##s, m), SIZE_OF(s, m), FIELD_ENUM, 1, &n }
#define TENSOR(s, m, k)								\
	VA(s, m.va, k, 0),							\
	{ #m ".stride", offsetof(struct tnpu_cmd_##s, m.stride), 4, FIELD_STRIDE, 0 }, \
	{ #m ".dtype", offsetof(struct tnpu_cmd_##s, m.dtype), 1, FIELD_DTYPE, 1, &dtype_names }, \
	FIELD(s, m.group_log2, NUM), FIELD(s, m.reserved, RESERVED)
#define DIM(s, m)								\
	VA(s, m.cell, CELL, 4), FIELD(s, m.value, SHAPE), FIELD(s, m.reserved, RESERVED)
/* One that may be zero. */
#define INDEX(s, m)								\
	VA(s, m.cell, CELL, 4), FIELD(s, m.value, NUM), FIELD(s, m.reserved, RESERVED)
#define WFORMAT(s, m)								\
	{ #m ".kind", offsetof(struct tnpu_cmd_##s, m.kind), 1, FIELD_FORMAT, 1, &wkind_names }, \
	FIELD(s, m.bits, NUM), FIELD(s, m.group, NUM), ENUM(s, m.scale, wscale_names), \
	FIELD(s, m.zero, NUM), FIELD(s, m.min, NUM), FIELD(s, m.levels, NUM),	\
	FIELD(s, m.reserved, RESERVED)
#define KV(s, m, kd)								\
	VA(s, m.k, kd, 64), VA(s, m.v, kd, 64), VA(s, m.table, READ, 4),	\
	FIELD(s, m.blocks, SHAPE), FIELD(s, m.block_positions, SHAPE),		\
	FIELD(s, m.blocks_per_seq, SHAPE), FIELD(s, m.seqs, SHAPE),		\
	FIELD(s, m.kv_heads, SHAPE), FIELD(s, m.head_dim, SHAPE),		\
	{ #m ".dtype", offsetof(struct tnpu_cmd_##s, m.dtype), 1, FIELD_DTYPE, 1, &dtype_names }, \
	FIELD(s, m.reserved, RESERVED)

/* A list of fields ends with one without a name. */
static const struct field fill_fields[] = {
	VA(fill, dst, WRITE, 4), VA(fill, size, NUM, 4), FIELD(fill, pattern, HEX),
	FIELD(fill, reserved, RESERVED),
	{ NULL }
};

static const struct field copy_fields[] = {
	VA(copy, src, READ, 1), VA(copy, dst, WRITE, 1), FIELD(copy, src_stride, NUM),
	FIELD(copy, dst_stride, NUM), FIELD(copy, row_bytes, SHAPE), DIM(copy, rows),
	{ NULL }
};

static const struct field convert_fields[] = {
	TENSOR(convert, src, READ), TENSOR(convert, dst, WRITE), DIM(convert, rows),
	FIELD(convert, cols, SHAPE), FIELD(convert, reserved, RESERVED),
	{ NULL }
};

static const struct field repack_fields[] = {
	VA(repack, src, READ, 1), VA(repack, dst, WRITE, 64), WFORMAT(repack, format),
	FIELD(repack, n, SHAPE), FIELD(repack, k, SHAPE), FIELD(repack, first_row, NUM),
	FIELD(repack, rows, SHAPE),
	{ NULL }
};

static const struct field gather_fields[] = {
	TENSOR(gather, table, READ), WFORMAT(gather, format), TENSOR(gather, out, BOTH),
	VA(gather, ids, READ, 4), DIM(gather, rows), FIELD(gather, table_rows, SHAPE),
	FIELD(gather, cols, SHAPE),
	{ NULL }
};

static const struct field quantize_fields[] = {
	TENSOR(quantize, src, READ), TENSOR(quantize, dst, WRITE), DIM(quantize, rows),
	FIELD(quantize, cols, SHAPE), FIELD(quantize, reserved, RESERVED),
	{ NULL }
};

static const struct field gemm_fields[] = {
	TENSOR(gemm, x, READ), VA(gemm, weights, READ, 64), WFORMAT(gemm, format),
	VA(gemm, bias, READ, 4), TENSOR(gemm, residual, READ), TENSOR(gemm, out, WRITE),
	DIM(gemm, rows), FIELD(gemm, n, SHAPE), FIELD(gemm, k, SHAPE), ENUM(gemm, act, act_names),
	FIELD(gemm, reserved, RESERVED),
	{ NULL }
};

static const struct field norm_fields[] = {
	TENSOR(norm, x, READ), TENSOR(norm, out, WRITE), VA(norm, weight, READ, 4),
	VA(norm, bias, READ, 4), DIM(norm, rows), FIELD(norm, cols, SHAPE),
	ENUM(norm, kind, norm_names), FIELD(norm, epsilon, F32), FIELD(norm, reserved, RESERVED),
	{ NULL }
};

static const struct field rope_fields[] = {
	TENSOR(rope, x, BOTH), VA(rope, positions, READ, 4), VA(rope, freqs, READ, 4),
	DIM(rope, rows), FIELD(rope, heads, SHAPE), FIELD(rope, head_dim, SHAPE),
	FIELD(rope, n_rot, SHAPE), ENUM(rope, mode, rope_names),
	{ NULL }
};

static const struct field kv_store_fields[] = {
	TENSOR(kv_store, k, READ), TENSOR(kv_store, v, READ), KV(kv_store, cache, WRITE),
	VA(kv_store, positions, READ, 4), VA(kv_store, seqs, READ, 4), DIM(kv_store, rows),
	{ NULL }
};

static const struct field attention_fields[] = {
	TENSOR(attention, q, READ), TENSOR(attention, out, WRITE), KV(attention, cache, READ),
	VA(attention, positions, READ, 4), VA(attention, seqs, READ, 4), DIM(attention, rows),
	FIELD(attention, heads, SHAPE), FIELD(attention, window, NUM),
	FIELD(attention, scale, F32), FIELD(attention, reserved, RESERVED),
	{ NULL }
};

static const struct field glu_fields[] = {
	TENSOR(glu, gate, READ), TENSOR(glu, up, READ), TENSOR(glu, out, WRITE), DIM(glu, rows),
	FIELD(glu, cols, SHAPE), ENUM(glu, act, act_names),
	{ NULL }
};

static const struct field sample_fields[] = {
	TENSOR(sample, logits, READ), DIM(sample, rows), VA(sample, params, READ, 8),
	VA(sample, counters, READ, 4), VA(sample, tokens, WRITE, 4), VA(sample, mask, READ, 4),
	VA(sample, history, WRITE, 4), INDEX(sample, history_index), VA(sample, stops, READ, 4),
	INDEX(sample, n_stops), VA(sample, predicate, WRITE, 4), FIELD(sample, n, SHAPE),
	FIELD(sample, history_stride, NUM),
	{ NULL }
};

static const struct field cell_fields[] = {
	VA(cell, dst, WRITE, 4), VA(cell, src, READ, 4), FIELD(cell, value, NUM),
	ENUM(cell, op, cell_names),
	{ NULL }
};

static const struct field fence_signal_fields[] = {
	VA(fence_signal, va, WRITE, 8), FIELD(fence_signal, value, NUM),
	{ NULL }
};

static const struct field fence_wait_fields[] = {
	VA(fence_wait, va, READ, 8), FIELD(fence_wait, value, NUM),
	FIELD(fence_wait, timeout_us, NUM), FIELD(fence_wait, reserved, RESERVED),
	{ NULL }
};

static const struct field timestamp_fields[] = {
	VA(timestamp, va, WRITE, 8),
	{ NULL }
};

static const struct field exit_fields[] = {
	VA(exit, cell, READ, 4),
	{ NULL }
};

static const struct field nop_fields[] = { { NULL } };

#define OP(n, s, f) \
	[TNPU_OP_##n] = { s##_fields, sizeof(struct tnpu_cmd_##s), f }

/** ops - by opcode: fields behind the header, bytes of the struct, flags that there are */
static const struct {
	const struct field *fields;
	uint32_t size;
	uint16_t flags;
} ops[] = {
	OP(NOP, nop, 0), OP(FILL, fill, 0), OP(COPY, copy, 0), OP(CONVERT, convert, 0),
	OP(REPACK, repack, 0), OP(GATHER, gather, TNPU_GATHER_TENSOR | TNPU_GATHER_ADD),
	OP(QUANTIZE, quantize, 0), OP(GEMM, gemm, 0), OP(NORM, norm, 0), OP(ROPE, rope, 0),
	OP(KV_STORE, kv_store, 0), OP(ATTENTION, attention, TNPU_ATTENTION_FULL), OP(GLU, glu, 0),
	OP(SAMPLE, sample, 0), OP(CELL, cell, 0), OP(FENCE_SIGNAL, fence_signal, 0),
	OP(FENCE_WAIT, fence_wait, 0), OP(TIMESTAMP, timestamp, 0),
	OP(EXIT, exit, 0),
};

static const struct field header_fields[] = {
	{ "hdr.opcode", 0, 2, FIELD_OPCODE, 1 }, { "hdr.flags", 2, 2, FIELD_FLAGS, 1 },
	{ "hdr.size", 4, 4, FIELD_SIZE, 1 }, { NULL }
};

/** struct command - one in a stream: its bytes, as many as the struct has or the stream holds */
struct command {
	const uint8_t *data;
	uint64_t size;
	struct tnpu_cmd_header hdr;
	const struct tnpu_dump_queue *queue;
	/** @whole: all of the opcode's struct is there */
	bool whole;
	/** @blamed: the address nearest at or below the one that faulted, or NULL */
	const struct field *blamed;
};

/* Of the first 8 bytes; a field that is longer is reserved, and only that it is not 0 matters. */
static uint64_t field_value(const struct command *cmd, const struct field *f)
{
	uint64_t value = 0;

	memcpy(&value, cmd->data + f->offset, f->size < 8 ? f->size : 8);
	return value;
}

static bool field_is_address(const struct field *f)
{
	return f->kind == FIELD_READ || f->kind == FIELD_WRITE || f->kind == FIELD_BOTH ||
	       f->kind == FIELD_CELL;
}

static bool field_has_access(const struct field *f, uint32_t access)
{
	if (f->kind == FIELD_BOTH)
		return true;
	return (f->kind == FIELD_WRITE) == (access == TNPU_ACCESS_WRITE);
}

/* The operand whose beginning is nearest below the address that faulted. */
static const struct field *command_blame(const struct command *cmd, const struct field *fields)
{
	const struct field *f, *found = NULL;
	uint64_t value, nearest = 0;

	if (cmd->queue->reason != TNPU_ERR_FAULT)
		return NULL;
	for (f = fields; f->name; f++) {
		value = field_value(cmd, f);
		if (!field_is_address(f) || !value || value > cmd->queue->fault_va ||
		    value < nearest || !field_has_access(f, cmd->queue->access))
			continue;
		found = f;
		nearest = value;
	}
	return found;
}

static uint32_t field_alignment(const struct command *cmd, const struct field *f)
{
	static const uint8_t of_dtype[] = { 4, 2, 2, 64 };
	uint8_t dtype;

	if (f->align)
		return f->align;
	dtype = cmd->data[f->offset + (f->kind == FIELD_STRIDE ? 4 : 12)];
	return dtype < COUNT(of_dtype) ? of_dtype[dtype] : 1;
}

static bool format_known(const uint8_t *format)
{
	static const struct tnpu_wformat known[] = {
		TNPU_WFORMAT_DESC_INT4_G32, TNPU_WFORMAT_DESC_INT8_G32, TNPU_WFORMAT_DESC_F16,
		TNPU_WFORMAT_DESC_BF16, TNPU_WFORMAT_DESC_F32,
	};
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		if (!memcmp(format, &known[i], sizeof(known[i])))
			return true;
	return false;
}

/* What is wrong with the header, as far as it can be seen. */
static void note_header(char *text, size_t size, const struct command *cmd, const struct field *f)
{
	const bool known = cmd->hdr.opcode < COUNT(ops);
	const uint32_t reason = cmd->queue->reason;

	if (f->kind == FIELD_OPCODE && reason == TNPU_ERR_OPCODE)
		snprintf(text, size, known ? "not enabled by the firmware" : "no such opcode");
	if (f->kind == FIELD_SIZE && reason == TNPU_ERR_SIZE && known &&
	    cmd->hdr.size != ops[cmd->hdr.opcode].size)
		snprintf(text, size, "the opcode's is %u", ops[cmd->hdr.opcode].size);
	if (f->kind == FIELD_FLAGS && reason == TNPU_ERR_RESERVED && known &&
	    cmd->hdr.flags & ~ops[cmd->hdr.opcode].flags)
		snprintf(text, size, "not flags of this opcode");
}

static void note_field(char *text, size_t size, const struct command *cmd, const struct field *f)
{
	const uint64_t value = field_value(cmd, f);
	const uint32_t align = field_alignment(cmd, f);

	switch (cmd->queue->reason) {
	case TNPU_ERR_FAULT:
		if (f == cmd->blamed)
			snprintf(text, size, "the fault is 0x%llx bytes behind it",
				 cmd->queue->fault_va - value);
		break;
	case TNPU_ERR_RESERVED:
		if (f->kind == FIELD_RESERVED && value)
			snprintf(text, size, "not zero");
		break;
	case TNPU_ERR_ALIGN:
		if (value % align)
			snprintf(text, size, "not a multiple of %u", align);
		break;
	case TNPU_ERR_SHAPE:
		if (f->kind == FIELD_SHAPE && !value)
			snprintf(text, size, "zero");
		break;
	case TNPU_ERR_DTYPE:
		if (f->kind == FIELD_DTYPE && !tnpu_name_of(f->names, value))
			snprintf(text, size, "no such data type");
		break;
	case TNPU_ERR_FORMAT:
		if (f->kind == FIELD_FORMAT && !format_known(cmd->data + f->offset))
			snprintf(text, size, "no such format");
		break;
	case TNPU_ERR_VALUE:
		if (f->kind == FIELD_ENUM && !tnpu_name_of(f->names, value))
			snprintf(text, size, "out of range");
		break;
	case TNPU_ERR_CELL:
		if (f->kind == FIELD_CELL && value)
			snprintf(text, size, "may have held more than the value below");
		break;
	case TNPU_ERR_WAIT:
		if (cmd->hdr.opcode == TNPU_OP_FENCE_WAIT && !strcmp(f->name, "timeout_us"))
			snprintf(text, size, "ran out");
		break;
	}
}

static void format_field(char *text, size_t size, const struct field *f, uint64_t value)
{
	const char *name = f->kind == FIELD_OPCODE ? tnpu_name_of(&tnpu_op_names, value) :
			   f->names ? tnpu_name_of(f->names, value) : NULL;
	const uint32_t bits = value;
	float number;

	memcpy(&number, &bits, sizeof(number));
	if (f->kind == FIELD_F32)
		snprintf(text, size, "%.9g", number);
	else if (name)
		snprintf(text, size, "%" PRIu64 " (%s)", value, name);
	else if (field_is_address(f) || f->kind == FIELD_HEX || f->kind == FIELD_FLAGS)
		snprintf(text, size, "0x%" PRIx64, value);
	else
		snprintf(text, size, "%" PRIu64, value);
}

static void tell_fields(cJSON *to, const struct command *cmd, const struct field *fields)
{
	const struct field *f;

	for (f = fields; f->name; f++) {
		char value[64], note[96] = "";
		cJSON *row;

		if (f->offset + f->size > cmd->size)
			break;
		row = add_row(to);
		format_field(value, sizeof(value), f, field_value(cmd, f));
		cJSON_AddStringToObject(row, "name", f->name);
		cJSON_AddStringToObject(row, "value", value);
		note_header(note, sizeof(note), cmd, f);
		if (cmd->whole && fields != header_fields)
			note_field(note, sizeof(note), cmd, f);
		if (note[0])
			cJSON_AddStringToObject(row, "wrong", note);
	}
}

static void tell_raw(cJSON *to, const uint8_t *data, uint64_t size)
{
	cJSON *rows = cJSON_AddArrayToObject(to, "raw");
	char text[64];
	uint64_t i, n;

	for (i = 0; i < size; i++) {
		n = snprintf(text + i % 16 * 3, 4, "%02x ", data[i]);
		if (i % 16 == 15 || i + 1 == size) {
			text[i % 16 * 3 + n - 1] = '\0';
			cJSON_AddItemToArray(rows, cJSON_CreateString(text));
		}
	}
}

/* Steps through the stream; false where it does not get as far as command @index. */
static bool command_find(struct command *cmd, const struct part *stream, uint32_t index)
{
	uint64_t at = 0;

	for (;; index--) {
		if (stream->size - at < sizeof(cmd->hdr))
			return false;
		cmd->data = stream->data + at;
		memcpy(&cmd->hdr, cmd->data, sizeof(cmd->hdr));
		cmd->size = stream->size - at;
		if (!index)
			return true;
		if (cmd->hdr.size < sizeof(cmd->hdr) || cmd->hdr.size % 8 ||
		    cmd->hdr.size > cmd->size)
			return false;
		at += cmd->hdr.size;
	}
}

static void tell_command(cJSON *to, const struct dump *d)
{
	const struct part *stream = &d->parts[TNPU_DUMP_STREAM];
	struct command cmd = { .queue = &d->queue };
	const struct field *fields = nop_fields;
	cJSON *json, *rows;

	if (!stream->data || !command_find(&cmd, stream, d->queue.cmd_index)) {
		cJSON_AddStringToObject(to, "command", "not in the dump");
		return;
	}
	if (cmd.hdr.opcode < COUNT(ops)) {
		fields = ops[cmd.hdr.opcode].fields;
		if (cmd.size > ops[cmd.hdr.opcode].size)
			cmd.size = ops[cmd.hdr.opcode].size;
	} else if (cmd.size > sizeof(cmd.hdr)) {
		cmd.size = sizeof(cmd.hdr);
	}
	cmd.whole = cmd.hdr.opcode < COUNT(ops) && cmd.size == ops[cmd.hdr.opcode].size;
	if (cmd.whole)
		cmd.blamed = command_blame(&cmd, fields);
	json = cJSON_AddObjectToObject(to, "command");
	add_num(json, "index", d->queue.cmd_index);
	add_hex(json, "va", d->queue.stream_va + (cmd.data - stream->data));
	add_name(json, "opcode", tnpu_name_of(&tnpu_op_names, cmd.hdr.opcode), cmd.hdr.opcode);
	rows = cJSON_AddArrayToObject(json, "fields");
	tell_fields(rows, &cmd, header_fields);
	tell_fields(rows, &cmd, fields);
	tell_raw(json, cmd.data, cmd.size);
}

/* ---- The queue -------------------- */

/* The mappings around an address: which one has it, or how far away they are. */
static void tell_place(cJSON *to, const struct dump *d, uint64_t va)
{
	struct tnpu_dump_mapping m, below = { 0 }, above = { .va = UINT64_MAX };
	char text[96] = "not mapped";
	uint64_t i;

	for (i = 0; part_get(d, TNPU_DUMP_VM, i, &m); i++) {
		if (m.va <= va && m.va >= below.va)
			below = m;
		else if (m.va > va && m.va < above.va)
			above = m;
	}
	if (below.size && va - below.va < below.size)
		snprintf(text, sizeof(text), "0x%llx bytes into the mapping at 0x%llx%s",
			 va - below.va, below.va, below.flags & TNPU_DUMP_MAPPING_READONLY ?
			 ", which is read only" : "");
	else if (below.size)
		snprintf(text, sizeof(text), "not mapped: 0x%llx bytes behind the end of the "
			 "mapping at 0x%llx", va - below.va - below.size, below.va);
	else if (above.size)
		snprintf(text, sizeof(text), "not mapped: 0x%llx bytes before the mapping at "
			 "0x%llx", above.va - va, above.va);
	cJSON_AddStringToObject(to, "place", text);
}

static void tell_fault(cJSON *to, const struct dump *d)
{
	const struct tnpu_dump_queue *q = &d->queue;
	cJSON *json;

	if (q->reason != TNPU_ERR_FAULT)
		return;
	json = cJSON_AddObjectToObject(to, "fault");
	add_hex(json, "va", q->fault_va);
	add_name(json, "access", tnpu_name_of(&access_names, q->access), q->access);
	tell_place(json, d, q->fault_va);
}

/* A job that is taken away by a reset of the whole function leaves no record. */
static bool dump_job_has_record(const struct dump *d)
{
	struct tnpu_completion c;
	uint64_t i;

	for (i = 0; part_get(d, TNPU_DUMP_COMPLETIONS, i, &c); i++)
		if (c.seq && c.seq == d->queue.seq - d->queue.seq_base)
			return true;
	return false;
}

static void tell_queue(cJSON *to, const struct dump *d)
{
	const struct tnpu_dump_queue *q = &d->queue;
	cJSON *json = cJSON_AddObjectToObject(to, "queue");

	add_name(json, "state", tnpu_name_of(&state_names, q->state), q->state);
	add_name(json, "reason", reason_name(q->reason), q->reason);
	add_name(json, "because", reason_text(q->reason), q->reason);
	add_num(json, "error", q->error);
	add_num(json, "job", q->seq);
	if (dump_job_has_record(d))
		add_num(json, "command", q->cmd_index);
	else
		cJSON_AddStringToObject(json, "command", "unknown: the job has no record");
	add_num(json, "pid", q->pid);
	add_text(json, "comm", q->comm, sizeof(q->comm));
	add_num(json, "queue", q->slot);
	add_num(json, "context", q->context);
	add_name(json, "priority", tnpu_name_of(&priority_names, q->priority), q->priority);
	add_num(json, "submitted", q->submitted);
	add_num(json, "completed", q->completed);
	add_num(json, "busy", q->busy);
	add_num(json, "tail", q->tail);
	add_num(json, "seq_base", q->seq_base);
	add_hex(json, "stream_va", q->stream_va);
	add_num(json, "stream_size", q->stream_size);
	add_name(json, "stream", tnpu_name_of(&stream_names, q->stream_status), q->stream_status);
}

static void tell_ring(cJSON *to, const struct dump *d)
{
	cJSON *rows = cJSON_AddArrayToObject(to, "ring"), *row;
	const uint64_t failed = d->queue.seq - d->queue.seq_base;
	struct tnpu_ring_entry e;
	uint64_t i;

	for (i = 0; part_get(d, TNPU_DUMP_RING, i, &e); i++) {
		if (!e.seq)
			continue;
		row = add_row(rows);
		add_num(row, "job", e.seq + d->queue.seq_base);
		add_num(row, "seq", e.seq);
		cJSON_AddStringToObject(row, "is", e.seq == failed ? "FAILED" :
					e.seq < failed ? "over" : "lost");
		add_hex(row, "cmd_va", e.cmd_va);
		add_num(row, "cmd_size", e.cmd_size);
		add_hex(row, "flags", e.flags);
		add_hex(row, "fence_va", e.fence_va);
		add_hex(row, "fence_value", e.fence_value);
		add_hex(row, "pred_va", e.pred_va);
	}
}

static void tell_completions(cJSON *to, const struct dump *d)
{
	cJSON *rows = cJSON_AddArrayToObject(to, "completions"), *row;
	struct tnpu_completion c;
	uint64_t i;

	for (i = 0; part_get(d, TNPU_DUMP_COMPLETIONS, i, &c); i++) {
		if (!c.seq)
			continue;
		row = add_row(rows);
		add_num(row, "seq", c.seq);
		add_name(row, "status", tnpu_name_of(&status_names, c.status), c.status);
		add_name(row, "reason", reason_name(c.reason), c.reason);
		add_num(row, "cmd_index", c.cmd_index);
		add_name(row, "access", tnpu_name_of(&access_names, c.access), c.access);
		add_hex(row, "fault_va", c.fault_va);
		add_num(row, "start", c.start);
		add_num(row, "end", c.end);
		add_num(row, "busy", c.busy);
	}
}

static void tell_vm(cJSON *to, const struct dump *d)
{
	cJSON *rows = cJSON_AddArrayToObject(to, "vm"), *row;
	struct tnpu_dump_mapping m;
	uint64_t i;

	for (i = 0; part_get(d, TNPU_DUMP_VM, i, &m); i++) {
		row = add_row(rows);
		add_hex(row, "va", m.va);
		add_hex(row, "end", m.va + m.size);
		add_hex(row, "size", m.size);
		add_hex(row, "bo_offset", m.bo_offset);
		cJSON_AddStringToObject(row, "memory",
					m.flags & TNPU_DUMP_MAPPING_LOCAL ? "local" :
					m.flags & TNPU_DUMP_MAPPING_IMPORTED ? "imported" :
					"system");
		cJSON_AddStringToObject(row, "access", m.flags & TNPU_DUMP_MAPPING_READONLY ?
					"r" : "rw");
	}
	if (d->queue.mappings > i)
		add_num(to, "mappings_left_out", d->queue.mappings - i);
}

/* ---- The device -------------------- */

static void tell_info(cJSON *to, const struct dump *d)
{
	const struct tnpu_dump_info *i = &d->info;
	char text[32];

	add_name(to, "cause", tnpu_name_of(&cause_names, i->cause), i->cause);
	snprintf(text, sizeof(text), "%u.%u", i->driver_major, i->driver_minor);
	cJSON_AddStringToObject(to, "driver_version", text);
	snprintf(text, sizeof(text), "%u.%u", i->hw_version >> 16, i->hw_version & 0xffff);
	cJSON_AddStringToObject(to, "hardware_version", text);
	add_text(to, "firmware", i->fw_name, sizeof(i->fw_name));
	snprintf(text, sizeof(text), "%u.%u.%u", i->fw_version >> 24, i->fw_version >> 16 & 0xff,
		 i->fw_version & 0xffff);
	cJSON_AddStringToObject(to, "firmware_version", text);
	add_text(to, "kernel", i->kernel, sizeof(i->kernel));
	add_text(to, "device", i->device, sizeof(i->device));
	add_num(to, "reset_count", i->reset_count);
	add_num(to, "time", i->realtime_ns / 1000000000);
	add_num(to, "uptime_s", i->boottime_ns / 1000000 * 1e-3);
}

static void tell_messages(cJSON *to, const char *key, const struct dump *d, uint32_t type)
{
	cJSON *rows = cJSON_AddArrayToObject(to, key), *row;
	struct tnpu_msg m;
	uint64_t i, n;
	char name[16];

	for (i = 0; part_get(d, type, i, &m); i++) {
		if (!m.seq)
			continue;
		row = add_row(rows);
		add_num(row, "seq", m.seq);
		add_name(row, "type", tnpu_name_of(&msg_names, m.type), m.type);
		if (type == TNPU_DUMP_MBOX_RSP)
			add_name(row, "status", tnpu_name_of(&msg_status_names, m.status),
				 m.status);
		for (n = 0; n < COUNT(m.payload); n++) {
			snprintf(name, sizeof(name), "payload%" PRIu64, n);
			add_hex(row, name, m.payload[n]);
		}
	}
}

static void tell_mbox(cJSON *to, const struct dump *d)
{
	cJSON *json = cJSON_AddObjectToObject(to, "mailbox");
	struct tnpu_dump_mbox m;

	if (!part_get(d, TNPU_DUMP_MBOX, 0, &m))
		return;
	add_num(json, "online", m.online);
	add_num(json, "order", m.order);
	add_num(json, "req_tail", m.req_tail);
	add_num(json, "rsp_head", m.rsp_head);
	add_num(json, "seq", m.seq);
	add_num(json, "in_flight", m.in_flight);
	tell_messages(to, "requests", d, TNPU_DUMP_MBOX_REQ);
	tell_messages(to, "responses", d, TNPU_DUMP_MBOX_RSP);
}

static void tell_log(cJSON *to, const struct dump *d)
{
	const struct part *log = &d->parts[TNPU_DUMP_LOG];
	cJSON *rows = cJSON_AddArrayToObject(to, "log");
	const char *at = (const char *)log->data, *end = at + log->size, *next;

	for (; at && at < end; at = next + 1) {
		next = memchr(at, '\n', end - at);
		if (!next)
			next = end;
		cJSON_AddItemToArray(rows, tnpu_cmd_json_string(at, next - at));
	}
}

/* ---- Printing -------------------- */

static bool is_branch(const cJSON *json)
{
	return cJSON_IsObject(json) || cJSON_IsArray(json);
}

static bool is_flat(const cJSON *json)
{
	const cJSON *child;

	cJSON_ArrayForEach(child, json)
		if (is_branch(child))
			return false;
	return true;
}

static void print_text(const char *text)
{
	/* Bytes of UTF-8 pass, what a terminal would obey does not. */
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static void print_leaf(const cJSON *json)
{
	if (cJSON_IsString(json))
		print_text(json->valuestring);
	else
		printf("%.15g", json->valuedouble);
}

/* An object without branches, in a line. */
static void print_row(const cJSON *row)
{
	const cJSON *child;
	const char *space = "";

	cJSON_ArrayForEach(child, row) {
		printf("%s%s ", space, child->string);
		print_leaf(child);
		space = "  ";
	}
	putchar('\n');
}

static void print_tree(const cJSON *json, int depth)
{
	const cJSON *child;

	cJSON_ArrayForEach(child, json) {
		printf("%*s", 2 * depth, "");
		if (child->string && (is_branch(child) || !cJSON_IsArray(json)))
			printf("%s:%s", child->string, is_branch(child) ? "\n" : " ");
		if (!is_branch(child)) {
			print_leaf(child);
			putchar('\n');
		} else if (!child->string && is_flat(child)) {
			print_row(child);
		} else {
			print_tree(child, depth + 1);
		}
	}
}

static cJSON *dump_tell(const struct dump *d)
{
	cJSON *json = cJSON_CreateObject();

	tell_info(json, d);
	if (d->parts[TNPU_DUMP_QUEUE].data) {
		tell_queue(json, d);
		tell_fault(json, d);
		tell_command(json, d);
		tell_vm(json, d);
		tell_ring(json, d);
		tell_completions(json, d);
	}
	tell_mbox(json, d);
	tell_regs(json, d);
	tell_log(json, d);
	return json;
}

static int dump_print(const struct dump *d, bool as_json)
{
	cJSON *json = dump_tell(d);

	if (as_json)
		return tnpu_cmd_print_json(json);
	print_tree(json, 0);
	cJSON_Delete(json);
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	fprintf(stderr, "tnpu: cannot write the result: %s\n", strerror(errno));
	return -1;
}

/* ---- The command -------------------- */

/** struct decode_args - the command line */
struct decode_args {
	const char *path;
	bool json;
};

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "One JSON object" },
	{ 0 }
};

static error_t decode_parse(int key, char *arg, struct argp_state *state)
{
	struct decode_args *args = state->input;

	switch (key) {
	case OPT_JSON:
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->path)
			argp_error(state, "unexpected argument \"%s\"", arg);
		args->path = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which file?");
	}
	return ARGP_ERR_UNKNOWN;
}

int tnpu_cmd_decode(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = decode_parse,
		.args_doc = "FILE|-",
		.doc = "Explain a core dump of the driver: "
		       "/sys/class/devcoredump/devcd*/data, or a copy of it.",
	};
	struct decode_args args = { 0 };
	struct dump d = { 0 };
	int ret;

	argv[0] = "tnpu decode";
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	d.path = args.path;
	ret = dump_read(&d);
	if (!ret)
		ret = dump_parse(&d);
	ret = ret ? tnpu_cmd_error(&d.err) : dump_print(&d, args.json);
	free(d.data);
	return ret ? TNPU_EXIT_FAILED : 0;
}
