/* SPDX-License-Identifier: MIT */
/*
 * TNPU: the contract between the driver and the device.
 *
 * Registers, doorbells, rings, completion records, page tables, the control
 * mailbox and the firmware image. Documentation/hardware is the manual; a test
 * keeps this header and the manual in step. All fields are little endian.
 */
#ifndef _TNPU_REGS_H_
#define _TNPU_REGS_H_

#include <linux/types.h>

/* ---- PCI identity ------------------------------------------------------ */

/*
 * 1234 is the unregistered vendor that QEMU's own teaching and display devices
 * use: no silicon can ever carry it, so the driver can never bind to a stranger.
 * The subsystem device ID names the chip profile.
 */
#define TNPU_PCI_VENDOR_ID		0x1234
#define TNPU_PCI_DEVICE_ID		0x7e10
#define TNPU_PCI_CLASS			0x120000
#define TNPU_PCI_SUBSYS_VENDOR_ID	0x1234
#define TNPU_PCI_SUBSYS_GENERIC		0x0001

#define TNPU_BAR_REGS			0
#define TNPU_BAR_MEM			2
#define TNPU_BAR_MSIX			4

/* ---- Register map (BAR0) ----------------------------------------------- */

/*
 * Registers are 32 bits wide and are accessed as such; 64-bit values are a
 * _LO/_HI pair at consecutive addresses. Unlisted offsets read as zero and
 * ignore writes. A device that is gone reads as all-ones everywhere.
 */
#define TNPU_REG_MAGIC			0x000	/* RO: TNPU_MAGIC */
#define TNPU_REG_HW_VERSION		0x004	/* RO: major << 16 | minor */
#define TNPU_REG_PLATFORM		0x008	/* RO: TNPU_PLATFORM_* */
#define TNPU_REG_FEATURES		0x00c	/* RO: TNPU_FEATURE_* */
#define TNPU_REG_MEM_SIZE_LO		0x010	/* RO: bytes of device memory */
#define TNPU_REG_MEM_SIZE_HI		0x014
#define TNPU_REG_NUM_QUEUES		0x018	/* RO: hardware queues */
#define TNPU_REG_NUM_CONTEXTS		0x01c	/* RO: address spaces; IDs are 1..N */
#define TNPU_REG_DB_OFFSET		0x020	/* RO: BAR0 offset of queue 0's doorbell page */
#define TNPU_REG_DB_STRIDE		0x024	/* RO: bytes between doorbell pages */
#define TNPU_REG_NUM_VECTORS		0x028	/* RO: MSI-X vectors */
#define TNPU_REG_VA_BITS		0x02c	/* RO: width of a device virtual address */
#define TNPU_REG_PAGE_SIZES		0x030	/* RO: bit n set: pages of 2^n bytes */
#define TNPU_REG_MAX_SPAN_US		0x034	/* RO: longest span between two tile boundaries */
#define TNPU_REG_OPS_LO			0x038	/* RO: bit n set: opcode n exists, n < 64 */
#define TNPU_REG_OPS_HI			0x03c
#define TNPU_REG_WFORMATS		0x040	/* RO: bit n set: TNPU_WFORMAT n exists */
#define TNPU_REG_DTYPES			0x044	/* RO: bit n set: TNPU_DTYPE n exists */
#define TNPU_REG_MAX_CMD_BYTES_LO	0x048	/* RO: limit of a command's bytes */
#define TNPU_REG_MAX_CMD_BYTES_HI	0x04c
#define TNPU_REG_MAX_CMD_MACS_LO	0x050	/* RO: limit of a command's MACs */
#define TNPU_REG_MAX_CMD_MACS_HI	0x054
#define TNPU_REG_MAX_STREAM_BYTES	0x058	/* RO: limit of one command buffer */
#define TNPU_REG_ENGINES		0x05c	/* RO: engine lanes (host threads in emulation) */
#define TNPU_REG_GEMM_TILE		0x060	/* RO: outputs << 16 | rows of a tile */
#define TNPU_REG_RING_ORDER_MAX		0x064	/* RO: log2 of the longest queue ring */
#define TNPU_REG_TIMESTAMP_HZ		0x068	/* RO: ticks a second of the timestamp counter */
#define TNPU_REG_PROFILE		0x06c	/* RO: chip profile (PCI subsystem device ID) */

#define TNPU_REG_CTRL			0x100	/* WO: TNPU_CTRL_*, self clearing */
#define TNPU_REG_BOOT_STATE		0x104	/* RO: TNPU_BOOT_* */
#define TNPU_REG_BOOT_REASON		0x108	/* RO: TNPU_REASON_*, last refusal or crash */
#define TNPU_REG_FW_ADDR_LO		0x10c	/* RW: DMA address of the firmware image */
#define TNPU_REG_FW_ADDR_HI		0x110
#define TNPU_REG_FW_SIZE		0x114	/* RW: its size in bytes */
#define TNPU_REG_FW_VERSION		0x118	/* RO: version of the running image */
#define TNPU_REG_PROTOCOL		0x11c	/* RO: mailbox protocol, major << 16 | minor */
#define TNPU_REG_HEARTBEAT		0x120	/* RO: counts while the firmware's loop turns */
#define TNPU_REG_RESET_COUNT		0x124	/* RO: engine and function resets since power-on */
#define TNPU_REG_TIMESTAMP_LO		0x128	/* RO: reading LO latches HI */
#define TNPU_REG_TIMESTAMP_HI		0x12c
#define TNPU_REG_SCRATCH		0x130	/* RW: kept until reset */

#define TNPU_REG_MBOX_REQ_LO		0x200	/* RW: DMA address of the request ring */
#define TNPU_REG_MBOX_REQ_HI		0x204
#define TNPU_REG_MBOX_RSP_LO		0x208	/* RW: DMA address of the response ring */
#define TNPU_REG_MBOX_RSP_HI		0x20c
#define TNPU_REG_MBOX_ORDER		0x210	/* RW: log2 of the entries of each ring, 1..8 */
#define TNPU_REG_MBOX_REQ_TAIL		0x214	/* RW: written by the driver; a doorbell */
#define TNPU_REG_MBOX_REQ_HEAD		0x218	/* RO: advanced by the device */
#define TNPU_REG_MBOX_RSP_TAIL		0x21c	/* RO: advanced by the device */
#define TNPU_REG_MBOX_RSP_HEAD		0x220	/* RW: written by the driver */

#define TNPU_REG_IRQ_STATUS		0x300	/* RW1C: TNPU_IRQ_* */
#define TNPU_REG_IRQ_ENABLE		0x304	/* RW: TNPU_IRQ_*, vector 0 */

#define TNPU_REGS_SIZE			0x10000	/* the register page of BAR0 */

#define TNPU_MAGIC			0x55504e54	/* "TNPU" */
#define TNPU_HW_VERSION_MAJOR		1
#define TNPU_HW_VERSION_MINOR		0
#define TNPU_GONE			0xffffffff	/* what an absent device reads as */

#define TNPU_PLATFORM_EMULATED		(1u << 0)

#define TNPU_FEATURE_SIGNATURE		(1u << 0)	/* images must be signed */
#define TNPU_FEATURE_TILE_KERNELS	(1u << 1)	/* TNPU_OP_KERNEL exists */

#define TNPU_CTRL_BOOT			(1u << 0)	/* load and start the image at FW_ADDR */
#define TNPU_CTRL_RESET			(1u << 1)	/* function: as FLR, back to ROM */
#define TNPU_CTRL_ENGINE_RESET		(1u << 2)	/* jobs end as TNPU_STATUS_RESET */

#define TNPU_BOOT_ROM			0	/* waiting for TNPU_CTRL_BOOT */
#define TNPU_BOOT_LOADING		1	/* the image is being read and checked */
#define TNPU_BOOT_READY			2
#define TNPU_BOOT_FAILED		3	/* refused; see TNPU_REG_BOOT_REASON */
#define TNPU_BOOT_CRASHED		4	/* was READY; only RESET leads out */

#define TNPU_REASON_NONE		0
#define TNPU_REASON_DMA			1	/* the image could not be read */
#define TNPU_REASON_SIZE		2	/* FW_SIZE out of range, not the header's */
#define TNPU_REASON_MAGIC		3
#define TNPU_REASON_HEADER		4	/* version, offsets or reserved fields */
#define TNPU_REASON_PROTOCOL		5	/* hardware version not in the image's range */
#define TNPU_REASON_DIGEST		6
#define TNPU_REASON_SIGNATURE		7
#define TNPU_REASON_PAYLOAD		8	/* a table is malformed or missing */
#define TNPU_REASON_MAILBOX		9	/* ring registers unusable at boot or later */
#define TNPU_REASON_CRASH		10	/* the firmware stopped (provoked) */

#define TNPU_IRQ_MBOX			(1u << 0)	/* a response was queued */
#define TNPU_IRQ_BOOT			(1u << 1)	/* BOOT_STATE left LOADING */
#define TNPU_IRQ_CRASH			(1u << 2)	/* BOOT_STATE became CRASHED */
#define TNPU_IRQ_ALL			0x7

/* Vector 0 carries TNPU_IRQ_*; queue q signals vector 1 + q % (NUM_VECTORS - 1). */
#define TNPU_VECTOR_EVENT		0
#define TNPU_VECTOR_QUEUE(q, n)		(1 + (q) % ((n) - 1))

/* ---- Doorbells ---------------------------------------------------------- */

/* Offsets in a queue's doorbell page. The rest of the page is reserved. */
#define TNPU_DB_TAIL			0x0	/* WO: the ring's new tail, mod 2N */
#define TNPU_DB_STRIDE			0x10000

/* ---- Queues -------------------------------------------------------------- */

/*
 * A ring has N = 2^order entries; head and tail count mod 2N, so that full and
 * empty differ. Ring and completion ring lie in kernel-owned system memory,
 * outside every context's address space: no stream can forge a completion.
 */
struct tnpu_ring_entry {
	__u64 cmd_va;		/* command stream, 8-byte aligned */
	__u32 cmd_size;		/* bytes, multiple of 8; 0 only with TNPU_JOB_NULL */
	__u32 flags;		/* TNPU_JOB_* */
	__u64 fence_va;		/* user fence, 8-byte aligned, 0: none */
	__u64 fence_value;	/* written there after the last command, or when skipped */
	__u64 pred_va;		/* predicate cell (u32), 0: none */
	__u64 seq;		/* echoed in the completion; 1, 2, 3, ... a queue */
	__u64 reserved[2];	/* zero */
};

#define TNPU_JOB_NULL			(1u << 0)	/* run no command: measures the path */
#define TNPU_JOB_FLAGS			0x1

/*
 * One record a job, at index (seq - 1) % N of the completion ring. The device
 * writes @seq last: a record is valid once its seq is the one waited for.
 */
struct tnpu_completion {
	__u64 seq;
	__u32 status;		/* TNPU_STATUS_* */
	__u32 reason;		/* TNPU_ERR_*, 0 unless status is TNPU_STATUS_ERROR */
	__u32 cmd_index;	/* command that ended the job, counted from 0 */
	__u32 access;		/* TNPU_ACCESS_*, for TNPU_ERR_FAULT */
	__u64 fault_va;		/* for TNPU_ERR_FAULT */
	__u64 start;		/* timestamp of the first command */
	__u64 end;		/* timestamp of the completion */
	__u64 busy;		/* ticks spent on the engines */
	__u64 reserved;
};

#define TNPU_STATUS_OK			1
#define TNPU_STATUS_SKIPPED		2	/* the predicate cell was nonzero */
#define TNPU_STATUS_ERROR		3	/* see reason; the queue is stopped */
#define TNPU_STATUS_CANCELLED		4	/* by TNPU_MSG_QUEUE_CANCEL; the queue is stopped */
#define TNPU_STATUS_RESET		5	/* by an engine reset; the queue is stopped */

/* Why a job failed. Also in uapi/drm (QUEUE_GET_STATE passes it on). */
#define TNPU_ERR_NONE			0
#define TNPU_ERR_FAULT			1	/* translation: unmapped, or access not allowed */
#define TNPU_ERR_DMA			2	/* the bus refused a mapped system address */
#define TNPU_ERR_OPCODE			3	/* unknown, or not enabled by the firmware */
#define TNPU_ERR_SIZE			4	/* not the opcode's, or past the end */
#define TNPU_ERR_RESERVED		5	/* a reserved field or flag is not zero */
#define TNPU_ERR_ALIGN			6	/* an address or stride is not aligned */
#define TNPU_ERR_SHAPE			7	/* a dimension is zero, too large or does not fit */
#define TNPU_ERR_DTYPE			8	/* a data type is unknown or not taken here */
#define TNPU_ERR_FORMAT			9	/* a weight format is unknown or not taken here */
#define TNPU_ERR_VALUE			10	/* another field is out of range */
#define TNPU_ERR_CELL			11	/* a memory cell is above its maximum */
#define TNPU_ERR_LIMIT			12	/* MAX_CMD_BYTES, _MACS, MAX_STREAM_BYTES */
#define TNPU_ERR_ENTRY			13	/* the ring entry itself is malformed */
#define TNPU_ERR_WAIT			14	/* FENCE_WAIT ran into its limit */
#define TNPU_ERR_ENGINE			15	/* out of working memory; uncorrectable ECC error */

#define TNPU_ACCESS_READ		1
#define TNPU_ACCESS_WRITE		2

/* Bands: a higher one always runs first; inside a band, round robin by quantum. */
#define TNPU_PRIORITY_LOW		0
#define TNPU_PRIORITY_NORMAL		1
#define TNPU_PRIORITY_HIGH		2
#define TNPU_PRIORITY_REALTIME		3
#define TNPU_PRIORITY_COUNT		4

#define TNPU_RING_ORDER_MIN		2
#define TNPU_RING_ORDER_MAX		10

/* ---- Page tables ---------------------------------------------------------- */

/*
 * Four levels of 512 entries of 8 bytes; the root is level 3, level 0 holds 4 KiB
 * pages, a level-1 entry with LEAF holds a 2 MiB page. Tables lie in system
 * memory. An entry without VALID may hold anything; in one with VALID, unlisted
 * bits must be zero, else the access faults. Entries that point to a table carry
 * VALID and the address only.
 */
#define TNPU_PTE_VALID			(1ull << 0)
#define TNPU_PTE_READ			(1ull << 1)
#define TNPU_PTE_WRITE			(1ull << 2)
#define TNPU_PTE_LOCAL			(1ull << 3)	/* device memory, else a DMA address */
#define TNPU_PTE_LEAF			(1ull << 4)	/* in level 1; must be set in level 0 */
#define TNPU_PTE_ADDR			0x000ffffffffff000ull
#define TNPU_PT_LEVELS			4
#define TNPU_PT_ENTRIES			512
#define TNPU_PAGE_SHIFT			12
#define TNPU_HUGE_SHIFT			21
#define TNPU_VA_BITS			48

/* ---- Control mailbox ------------------------------------------------------ */

/*
 * Two rings of 64-byte messages in system memory, indices mod 2N. Every request
 * gets exactly one response with the request's seq and type; payloads are the
 * structs below. Unknown types are answered TNPU_MSG_UNKNOWN. The device stops
 * taking requests while the response ring is full.
 */
struct tnpu_msg {
	__u32 seq;
	__u16 type;		/* TNPU_MSG_* */
	__u16 version;		/* of the payload; TNPU_MSG_VERSION */
	__u32 status;		/* in responses: TNPU_MSG_OK ...; in requests zero */
	__u32 reserved;
	__u64 payload[6];
};

#define TNPU_MSG_VERSION		1
#define TNPU_PROTOCOL_MAJOR		1
#define TNPU_PROTOCOL_MINOR		0

#define TNPU_MSG_NOP			0	/* payload is echoed */
#define TNPU_MSG_QUERY			1	/* struct tnpu_msg_query, both ways */
#define TNPU_MSG_CONTEXT_MAP		2	/* struct tnpu_msg_context: root, 0 unmaps */
#define TNPU_MSG_INVALIDATE		3	/* struct tnpu_msg_invalidate */
#define TNPU_MSG_QUEUE_CREATE		4	/* struct tnpu_msg_queue_create */
#define TNPU_MSG_QUEUE_DESTROY		5	/* struct tnpu_msg_queue */
#define TNPU_MSG_QUEUE_SUSPEND		6	/* struct tnpu_msg_queue */
#define TNPU_MSG_QUEUE_RESUME		7	/* struct tnpu_msg_queue */
#define TNPU_MSG_QUEUE_PRIORITY		8	/* struct tnpu_msg_queue */
#define TNPU_MSG_QUEUE_CANCEL		9	/* struct tnpu_msg_queue */
#define TNPU_MSG_LOG			10	/* struct tnpu_msg_log */
#define TNPU_MSG_TRACE			11	/* struct tnpu_msg_trace, both ways */
#define TNPU_MSG_COUNT			12

/* Response status. */
#define TNPU_MSG_OK			0
#define TNPU_MSG_UNKNOWN		1	/* type or version unknown, or disabled */
#define TNPU_MSG_INVALID		2	/* out of range, or reserved and not 0 */
#define TNPU_MSG_NO_OBJECT		3	/* no such queue or context */
#define TNPU_MSG_BUSY			4	/* exists already, or still in use */

/* TNPU_MSG_QUERY: @item in, @value out. */
struct tnpu_msg_query {
	__u32 item;		/* TNPU_QUERY_* */
	__u32 index;		/* queue, for per-queue items, else zero */
	__u64 value;
};

#define TNPU_QUERY_JOBS			0	/* jobs completed by queue @index */
#define TNPU_QUERY_COMMANDS		1	/* commands completed by queue @index */
#define TNPU_QUERY_BUSY			2	/* engine ticks used by queue @index */
#define TNPU_QUERY_QUANTUM_US		3	/* scheduler quantum of the image */
#define TNPU_QUERY_TEMPERATURE		4	/* thousandths of a degree Celsius */
#define TNPU_QUERY_POWER		5	/* microwatts, average of TNPU_POWER_WINDOW_MS */
#define TNPU_QUERY_ENERGY		6	/* microjoules since power-on, never falls */
#define TNPU_QUERY_COUNT		7

#define TNPU_POWER_WINDOW_MS		250	/* TNPU_QUERY_POWER: the last one that is over */

/*
 * Sets the page-table root of a context; 0 unmaps it. Implies INVALIDATE of the
 * whole context. BUSY while queues of the context exist and the root is 0.
 */
struct tnpu_msg_context {
	__u32 context;
	__u32 reserved;
	__u64 root;		/* DMA address, 4 KiB aligned */
};

/*
 * Answered only when no engine holds a translation or host pointer taken before
 * it. The driver frees pages after the answer.
 */
struct tnpu_msg_invalidate {
	__u32 context;
	__u32 reserved;
	__u64 va;
	__u64 size;		/* bytes; va = 0 and size = 0: the whole context */
};

struct tnpu_msg_queue_create {
	__u32 queue;
	__u32 context;
	__u64 ring;		/* DMA address, 64-byte aligned */
	__u64 completion;	/* DMA address, 64-byte aligned */
	__u32 order;		/* log2 of the entries, RING_ORDER_MIN..MAX */
	__u32 priority;		/* TNPU_PRIORITY_* */
	__u64 reserved;
};

/*
 * DESTROY, SUSPEND, RESUME, PRIORITY and CANCEL. DESTROY and SUSPEND are answered
 * when the queue's job stands at a tile boundary; DESTROY drops it without a
 * completion. CANCEL ends the running or next job as TNPU_STATUS_CANCELLED and
 * stops the queue; it is answered after that record, if any, is written.
 */
struct tnpu_msg_queue {
	__u32 queue;
	__u32 priority;		/* PRIORITY only, else zero */
};

/* Copies the newest bytes of the firmware's log (text) to @addr. */
struct tnpu_msg_log {
	__u64 addr;		/* DMA address */
	__u32 size;		/* of the buffer in; bytes copied out */
	__u32 reserved;
};

/*
 * TNPU_MSG_TRACE: copies the oldest spans that have been recorded, and forgets them. From the
 * response on the device records or does not, as @flags says; where it does not, spans that were
 * not copied are forgotten too.
 */
struct tnpu_msg_trace {
	__u64 addr;		/* of struct tnpu_span[count]; count 0: of nothing */
	__u32 count;		/* request: room; response: spans copied, less: there are no more */
	__u32 flags;		/* TNPU_TRACE_*; response: the same */
	__u64 lost;		/* request: zero; response: spans without room since the last one */
};

#define TNPU_TRACE_RECORD		(1u << 0)

/* What one lane, or the control plane, did without a pause. Ticks of the timestamp counter. */
struct tnpu_span {
	__u64 start;
	__u64 end;
	__u64 seq;		/* the job, as in its ring entry */
	__u32 command;		/* its number in the job's stream */
	__u16 opcode;		/* of the command */
	__u8 queue;
	__u8 lane;		/* of the engine, or TNPU_SPAN_CONTROL */
};

/* The span of a whole command, from its fetch to its end; it may pause for other queues. */
#define TNPU_SPAN_CONTROL		0xff

/* ---- Firmware image -------------------------------------------------------- */

/*
 * A header and a payload of tables by which the simulated firmware runs: which
 * operators and messages it enables, its limits and scheduler parameters. It is
 * not machine code, and does not pretend to be.
 */
struct tnpu_fw_header {
	__u32 magic;		/* TNPU_FW_MAGIC */
	__u16 header_version;	/* TNPU_FW_HEADER_VERSION */
	__u16 header_size;	/* sizeof(struct tnpu_fw_header) */
	__u32 image_size;	/* header and payload */
	__u32 payload_offset;	/* 8-byte aligned, >= header_size */
	__u32 payload_size;	/* multiple of 8 */
	__u32 fw_version;	/* major << 24 | minor << 16 | patch */
	__u32 protocol;		/* mailbox protocol, major << 16 | minor */
	__u16 hw_min;		/* lowest and highest hardware major version */
	__u16 hw_max;
	__u8 name[32];		/* zero terminated */
	__u8 digest[32];	/* SHA-256 of the payload */
	__u32 signature_type;	/* TNPU_FW_SIGN_* */
	__u32 reserved[7];
	__u8 signature[64];	/* over the header up to signature_type, inclusive */
};

#define TNPU_FW_MAGIC			0x57464e54	/* "TNFW" */
#define TNPU_FW_HEADER_VERSION		1
#define TNPU_FW_SIGN_NONE		0	/* signature is zero */
#define TNPU_FW_SIGN_ED25519		1
#define TNPU_FW_SIZE_MAX		(1u << 20)

/* Each table is a struct tnpu_fw_table followed by @size bytes, multiple of 8. */
struct tnpu_fw_table {
	__u32 type;		/* TNPU_FW_TABLE_* */
	__u32 size;
};

#define TNPU_FW_TABLE_OPS		1	/* u64: bit n enables opcode n; required */
#define TNPU_FW_TABLE_MSGS		2	/* u64: bit n enables message n; required */
#define TNPU_FW_TABLE_SCHED		3	/* struct tnpu_fw_sched; required */
#define TNPU_FW_TABLE_LIMITS		4	/* struct tnpu_fw_limits; optional */

struct tnpu_fw_sched {
	__u32 quantum_us;	/* 100..100000: time slice inside a band */
	__u32 heartbeat_ms;	/* 1..1000 */
};

struct tnpu_fw_limits {
	__u64 max_cmd_bytes;	/* at most the hardware's; 0: the hardware's */
	__u64 max_cmd_macs;
};

#endif /* _TNPU_REGS_H_ */
