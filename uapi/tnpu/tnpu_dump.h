/* SPDX-License-Identifier: MIT */
/*
 * TNPU: the contract between the driver and who reads its core dumps.
 *
 * A dump is a struct tnpu_dump_header and then sections, each a struct tnpu_dump_section and
 * its bytes, padded with zeros to a multiple of 8. It describes itself: a reader skips sections
 * that it does not know, and what is longer than it knows; what is not there was not to be had.
 * All fields are little endian. Documentation/driver.rst tells when the driver writes one.
 */
#ifndef _TNPU_DUMP_H_
#define _TNPU_DUMP_H_

#include <linux/types.h>

#define TNPU_DUMP_MAGIC			0x44504e54	/* "TNPD" */
#define TNPU_DUMP_VERSION_MAJOR		1
#define TNPU_DUMP_VERSION_MINOR		0
#define TNPU_DUMP_ALIGN			8

struct tnpu_dump_header {
	__u32 magic;		/* TNPU_DUMP_MAGIC */
	__u16 version_major;	/* another one: not to be read */
	__u16 version_minor;	/* higher: more sections, or more at the end of structs */
	__u32 header_size;	/* where the first section is, a multiple of 8 */
	__u32 sections;		/* their number */
	__u64 size;		/* bytes of the whole dump */
};

/*
 * An array of elements of @stride bytes; a struct is an array of one. A reader takes of each
 * element what it knows, and steps by @stride.
 */
struct tnpu_dump_section {
	__u32 type;		/* TNPU_DUMP_*; each at most once */
	__u32 stride;		/* not 0; 1: plain bytes */
	__u64 size;		/* bytes that follow, without padding: a multiple of stride */
};

#define TNPU_DUMP_INFO			1	/* struct tnpu_dump_info */
#define TNPU_DUMP_REGS			2	/* struct tnpu_dump_reg[] */
#define TNPU_DUMP_MBOX			3	/* struct tnpu_dump_mbox */
#define TNPU_DUMP_MBOX_REQ		4	/* struct tnpu_msg[]: the request ring */
#define TNPU_DUMP_MBOX_RSP		5	/* struct tnpu_msg[]: the response ring */
#define TNPU_DUMP_QUEUE			6	/* struct tnpu_dump_queue: the guilty one */
#define TNPU_DUMP_RING			7	/* struct tnpu_ring_entry[] of that queue */
#define TNPU_DUMP_COMPLETIONS		8	/* struct tnpu_completion[] of that queue */
#define TNPU_DUMP_VM			9	/* struct tnpu_dump_mapping[], by ascending VA */
#define TNPU_DUMP_STREAM		10	/* bytes: the failed job's command stream */
#define TNPU_DUMP_LOG			11	/* bytes: the newest text of the firmware's log */

/* Why there is a dump. */
#define TNPU_DUMP_CAUSE_QUEUE		1	/* a queue is guilty: TNPU_DUMP_QUEUE tells of it */
#define TNPU_DUMP_CAUSE_FIRMWARE	2	/* it crashed, or does not answer */

struct tnpu_dump_info {
	__u32 cause;		/* TNPU_DUMP_CAUSE_* */
	__u32 driver_major;
	__u32 driver_minor;
	__u32 hw_version;	/* major << 16 | minor */
	__u32 fw_version;	/* major << 24 | minor << 16 | patch */
	__u32 fw_protocol;	/* of the mailbox, major << 16 | minor */
	__u32 reset_count;	/* engine and function resets since the driver was bound */
	__u32 reserved;
	__u64 realtime_ns;	/* CLOCK_REALTIME */
	__u64 boottime_ns;	/* CLOCK_BOOTTIME */
	__u8 fw_name[32];	/* these three end with a zero */
	__u8 kernel[64];	/* release */
	__u8 device[32];	/* the PCI function */
};

struct tnpu_dump_reg {
	__u32 offset;		/* TNPU_REG_* */
	__u32 value;
};

/* Indices are mod twice the entries of a ring, of which there are 2^order. */
struct tnpu_dump_mbox {
	__u32 order;
	__u32 online;		/* the driver takes requests */
	__u32 req_tail;
	__u32 rsp_head;
	__u32 seq;		/* of the newest request */
	__u32 in_flight;	/* requests without a response */
};

struct tnpu_dump_queue {
	__u32 slot;		/* hardware queue */
	__u32 context;		/* hardware context */
	__u32 priority;		/* TNPU_PRIORITY_* */
	__u32 order;		/* log2 of the entries of its rings */
	__u32 state;		/* DRM_TNPU_QUEUE_STATE_* */
	__u32 reason;		/* TNPU_ERR_* or DRM_TNPU_REASON_* */
	__s32 error;		/* negative errno of the failed job's fence */
	__u32 cmd_index;	/* as the job's completion record says; without one, 0 */
	__u32 access;		/* TNPU_ACCESS_*, for TNPU_ERR_FAULT */
	__u32 tail;		/* of the ring, mod twice its entries */
	__u32 pid;		/* who made the queue: process; 0: the driver itself */
	__u32 stream_status;	/* TNPU_DUMP_STREAM_* */
	__u32 mappings;		/* of the VM, of which TNPU_DUMP_VM may hold fewer */
	__u32 reserved;
	__u64 seq;		/* the failed job, from 1 */
	__u64 seq_base;		/* what a job's number is ahead of the device's */
	__u64 fault_va;		/* for TNPU_ERR_FAULT */
	__u64 submitted;	/* jobs ever submitted */
	__u64 completed;	/* jobs that have ended in any way */
	__u64 busy;		/* engine ticks that they took */
	__u64 stream_va;	/* of the failed job */
	__u64 stream_size;	/* its bytes, of which TNPU_DUMP_STREAM may hold fewer */
	__u8 comm[16];		/* and the thread's name, ends with a zero */
};

#define TNPU_DUMP_STREAM_WHOLE		0	/* there, or the job has none */
#define TNPU_DUMP_STREAM_UNMAPPED	1	/* the rest is not mapped */
#define TNPU_DUMP_STREAM_UNREADABLE	2	/* the rest is memory of another driver's */
#define TNPU_DUMP_STREAM_CUT		3	/* it is longer than a dump takes */

struct tnpu_dump_mapping {
	__u64 va;
	__u64 size;
	__u64 bo_offset;	/* of the first byte, in the BO */
	__u32 flags;		/* TNPU_DUMP_MAPPING_* */
	__u32 reserved;
};

#define TNPU_DUMP_MAPPING_LOCAL		(1u << 0)	/* device memory, else system memory */
#define TNPU_DUMP_MAPPING_READONLY	(1u << 1)
#define TNPU_DUMP_MAPPING_IMPORTED	(1u << 2)	/* memory of another driver's */

#endif /* _TNPU_DUMP_H_ */
