/* SPDX-License-Identifier: MIT */
/*
 * TNPU: the contract between userspace and the driver.
 */
#ifndef _TNPU_ACCEL_H_
#define _TNPU_ACCEL_H_

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: introduction
 *
 * A client opens /dev/accel/accelN, creates a VM (an address space), buffer objects
 * (BOs) in device or system memory, binds BOs at addresses of its own choice, creates
 * queues on the VM and submits jobs to them. A job is a command stream
 * (uapi/tnpu/tnpu_isa.h) that lies in a bound BO. Jobs of one queue run in order; between
 * queues order comes from syncobjs, which are the DRM core's, binary and timeline.
 *
 * Rules of this header: no implicit padding, every pad and reserved field and every
 * unlisted flag must be zero (-EINVAL); arrays are struct drm_tnpu_obj_array, whose stride
 * tells the kernel which version of the element userspace knows; timeouts are absolute
 * CLOCK_MONOTONIC nanoseconds; structs grow at the end only; new ioctls are appended.
 *
 * Errors: -EINVAL malformed; -ENOENT no such handle or ID; -ENOSPC out of device memory;
 * -ENOMEM out of system memory; -EBUSY all hardware queues or contexts are taken;
 * -E2BIG more elements than DEV_QUERY allows; -EACCES not allowed by creation flags;
 * -EPERM privilege; -ETIME wait timed out; -ECANCELED the queue is dead, ask
 * QUEUE_GET_STATE; -EIO the device is wedged; -ENODEV it is gone.
 *
 * Device memory: BOs of all clients together may be larger than device memory. What was not used
 * for the longest time, and is used by no job or pending VM_BIND, is moved to system memory, and
 * back when a job is submitted to a VM in which it is mapped; contents and CPU mappings stay. What
 * one VM maps must fit. Only what was mapped when a job was submitted is sure to be there when the
 * job runs.
 *
 * Fences: the out-fence of a job that failed carries -EIO for the guilty job, -ECANCELED
 * for jobs behind it. Syncobj waits do not pass that on: QUEUE_GET_STATE does. That of a VM_BIND
 * carries -ECANCELED where its VM went before it could take effect, -EIO or -ENODEV where the
 * device was lost. What waits for a fence goes on whatever that carries.
 *
 * Driver versions: 1.0, the first one; 1.1: DRM_TNPU_VM_BIND_ASYNC.
 */

#define DRM_TNPU_DEV_QUERY		0x00
#define DRM_TNPU_BO_CREATE		0x01
#define DRM_TNPU_BO_MMAP_OFFSET		0x02
#define DRM_TNPU_BO_WAIT		0x03
#define DRM_TNPU_VM_CREATE		0x04
#define DRM_TNPU_VM_DESTROY		0x05
#define DRM_TNPU_VM_BIND		0x06
#define DRM_TNPU_QUEUE_CREATE		0x07
#define DRM_TNPU_QUEUE_DESTROY		0x08
#define DRM_TNPU_QUEUE_SUBMIT		0x09
#define DRM_TNPU_QUEUE_GET_STATE	0x0a

/**
 * struct drm_tnpu_obj_array - an array of objects
 * @stride: bytes from one element to the next, that is sizeof the element as userspace
 *	knows it; at least the element's first version, at most 256
 * @count: elements
 * @array: pointer to the first; may be 0 when count is 0
 */
struct drm_tnpu_obj_array {
	__u32 stride;
	__u32 count;
	__u64 array;
};

/* ---- DEV_QUERY ------------------------------------------------------------- */

/** DRM_TNPU_DEV_QUERY_INFO: struct drm_tnpu_dev_info, constant while the node exists */
#define DRM_TNPU_DEV_QUERY_INFO		0
/** DRM_TNPU_DEV_QUERY_FIRMWARE: struct drm_tnpu_firmware_info */
#define DRM_TNPU_DEV_QUERY_FIRMWARE	1
/** DRM_TNPU_DEV_QUERY_USAGE: struct drm_tnpu_usage_info, of the moment */
#define DRM_TNPU_DEV_QUERY_USAGE	2

/**
 * struct drm_tnpu_dev_query - argument of DRM_IOCTL_TNPU_DEV_QUERY
 * @type: DRM_TNPU_DEV_QUERY_*
 * @size: bytes at @pointer; out: bytes written, or, where pointer is 0, the size of the
 *	object as the kernel knows it
 * @pointer: where the object goes. It is truncated, or padded with zeros, to @size
 *
 * Errors: -EINVAL unknown type; -EFAULT.
 */
struct drm_tnpu_dev_query {
	__u32 type;
	__u32 size;
	__u64 pointer;
};

/** DRM_TNPU_PLATFORM_EMULATED: not silicon (bit of drm_tnpu_dev_info.platform) */
#define DRM_TNPU_PLATFORM_EMULATED	(1 << 0)

/** struct drm_tnpu_dev_info - what the device is, and every limit */
struct drm_tnpu_dev_info {
	/** @hw_version: major << 16 | minor */
	__u32 hw_version;
	/** @platform: DRM_TNPU_PLATFORM_* */
	__u32 platform;
	/** @features: TNPU_FEATURE_* of tnpu_regs.h */
	__u32 features;
	/** @profile: chip profile */
	__u32 profile;
	/** @mem_size: bytes of device memory */
	__u64 mem_size;
	/** @va_start: lowest address that can be bound */
	__u64 va_start;
	/** @va_end: first address that cannot */
	__u64 va_end;
	/** @ops: bit n: TNPU_OP n exists */
	__u64 ops;
	/** @max_cmd_bytes: bytes that one command may touch */
	__u64 max_cmd_bytes;
	/** @max_cmd_macs: multiply-accumulates of one command */
	__u64 max_cmd_macs;
	/** @timestamp_hz: ticks a second of device timestamps */
	__u64 timestamp_hz;
	/** @wformats: bit n: TNPU_WFORMAT n exists */
	__u32 wformats;
	/** @dtypes: bit n: TNPU_DTYPE n exists */
	__u32 dtypes;
	/** @max_stream_bytes: bytes of one command stream */
	__u32 max_stream_bytes;
	/** @max_span_us: longest time between two points of preemption */
	__u32 max_span_us;
	/** @num_queues: hardware queues, of all clients together */
	__u32 num_queues;
	/** @num_contexts: VMs, of all clients together */
	__u32 num_contexts;
	/** @engines: engine lanes */
	__u32 engines;
	/** @gemm_tile: outputs << 16 | activation rows of a GEMM tile */
	__u32 gemm_tile;
	/** @max_jobs: jobs in one QUEUE_SUBMIT */
	__u32 max_jobs;
	/** @max_syncs: sync operations of one job, or of one VM_BIND */
	__u32 max_syncs;
	/** @max_bind_ops: operations in one VM_BIND */
	__u32 max_bind_ops;
	/** @page_sizes: bit n: pages of 2^n bytes */
	__u32 page_sizes;
};

/** struct drm_tnpu_firmware_info - what runs on the device */
struct drm_tnpu_firmware_info {
	/** @version: major << 24 | minor << 16 | patch */
	__u32 version;
	/** @protocol: mailbox protocol, major << 16 | minor */
	__u32 protocol;
	/** @name: of the image, zero terminated */
	__u8 name[32];
};

/** struct drm_tnpu_usage_info - what all clients together hold */
struct drm_tnpu_usage_info {
	/** @mem_used: bytes of device memory allocated; of BOs that are moved out: none */
	__u64 mem_used;
	/** @sysmem_used: bytes of system memory behind BOs, those that are moved out included */
	__u64 sysmem_used;
	/** @queues: hardware queues taken */
	__u32 queues;
	/** @contexts: VMs taken */
	__u32 contexts;
	/** @reset_count: engine and function resets since the driver was bound */
	__u32 reset_count;
	/** @pad: zero */
	__u32 pad;
};

/* ---- Buffer objects ---------------------------------------------------------- */

/** DRM_TNPU_BO_LOCAL: in device memory, as long as there is room; without it, in system memory */
#define DRM_TNPU_BO_LOCAL		(1 << 0)
/** DRM_TNPU_BO_NO_MMAP: the CPU will not map it; BO_MMAP_OFFSET fails with -EACCES */
#define DRM_TNPU_BO_NO_MMAP		(1 << 1)

/**
 * struct drm_tnpu_bo_create - argument of DRM_IOCTL_TNPU_BO_CREATE
 *
 * The contents are zero. Where device memory is full, other BOs are moved out, and what all clients
 * use just now is waited for. Errors: -EINVAL size 0, flags, pad; -E2BIG larger than the device's
 * memory (LOCAL) or 2^40; -ENOSPC larger than what that memory can hold beside the driver's own;
 * -ENOMEM, also for what has to be moved out; -ENOENT vm_id; -ERESTARTSYS.
 */
struct drm_tnpu_bo_create {
	/** @size: bytes; out: rounded up to pages of 4 KiB */
	__u64 size;
	/** @flags: DRM_TNPU_BO_* */
	__u32 flags;
	/** @vm_id: not 0: bound to this VM alone, never exported: cheaper to submit */
	__u32 vm_id;
	/** @handle: out: GEM handle, closed by DRM_IOCTL_GEM_CLOSE */
	__u32 handle;
	/** @pad: zero */
	__u32 pad;
};

/**
 * struct drm_tnpu_bo_mmap_offset - argument of DRM_IOCTL_TNPU_BO_MMAP_OFFSET
 *
 * Errors: -ENOENT; -EINVAL pad; -EACCES DRM_TNPU_BO_NO_MMAP.
 */
struct drm_tnpu_bo_mmap_offset {
	/** @handle: of the BO */
	__u32 handle;
	/** @pad: zero */
	__u32 pad;
	/** @offset: out: for mmap() of the node */
	__u64 offset;
};

/**
 * struct drm_tnpu_bo_wait - argument of DRM_IOCTL_TNPU_BO_WAIT
 *
 * Waits until no job is pending that was submitted while the BO was bound to its VM, and no VM_BIND
 * that binds or unbinds any of it. Others of the same VMs may be waited for, too. Errors: -ENOENT;
 * -EINVAL pad; -ETIME; -ERESTARTSYS.
 */
struct drm_tnpu_bo_wait {
	/** @handle: of the BO */
	__u32 handle;
	/** @pad: zero */
	__u32 pad;
	/** @timeout_ns: absolute CLOCK_MONOTONIC; 0 or past: poll; negative: -EINVAL */
	__s64 timeout_ns;
};

/* ---- Address spaces ------------------------------------------------------------ */

/**
 * struct drm_tnpu_vm_create - argument of DRM_IOCTL_TNPU_VM_CREATE
 *
 * Errors: -EINVAL flags; -EBUSY all contexts of the device are taken; -ENOMEM.
 */
struct drm_tnpu_vm_create {
	/** @flags: zero */
	__u32 flags;
	/** @id: out: of the VM, never 0 */
	__u32 id;
};

/**
 * struct drm_tnpu_vm_destroy - argument of DRM_IOCTL_TNPU_VM_DESTROY
 *
 * Queues keep their VM alive, but it can no longer be named. Without a queue, or with the last one,
 * it goes: VM_BINDs that are pending do not take effect then, whatever they wait for, and their
 * fences signal with -ECANCELED. Errors: -ENOENT; -EINVAL pad.
 */
struct drm_tnpu_vm_destroy {
	/** @id: of the VM */
	__u32 id;
	/** @pad: zero */
	__u32 pad;
};

/** DRM_TNPU_VM_BIND_OP_MAP: map a range of a BO; what was mapped there is unmapped */
#define DRM_TNPU_VM_BIND_OP_MAP		0
/** DRM_TNPU_VM_BIND_OP_UNMAP: unmap a range; holes are allowed, mappings are split */
#define DRM_TNPU_VM_BIND_OP_UNMAP	1

/** DRM_TNPU_VM_BIND_READONLY: the device may not write through this mapping (MAP) */
#define DRM_TNPU_VM_BIND_READONLY	(1 << 0)

/** struct drm_tnpu_vm_bind_op - one bind operation; addresses are multiples of 4 KiB */
struct drm_tnpu_vm_bind_op {
	/** @op: DRM_TNPU_VM_BIND_OP_* */
	__u32 op;
	/** @flags: DRM_TNPU_VM_BIND_* */
	__u32 flags;
	/** @handle: MAP: of the BO; UNMAP: zero */
	__u32 handle;
	/** @pad: zero */
	__u32 pad;
	/** @bo_offset: MAP: first byte of the BO; UNMAP: zero */
	__u64 bo_offset;
	/** @va: device virtual address, va_start <= va < va_end */
	__u64 va;
	/** @size: bytes, not 0 */
	__u64 size;
};

/** DRM_TNPU_VM_BIND_ASYNC: flag of the call: return at once, and order by @syncs */
#define DRM_TNPU_VM_BIND_ASYNC		(1 << 0)

/**
 * struct drm_tnpu_vm_bind - argument of DRM_IOCTL_TNPU_VM_BIND
 *
 * Executes the operations in order, all of them or none: on an error nothing has taken effect, nor
 * will, no sync is touched, and @ops.count is 0. The VM_BINDs of one VM take effect in the order
 * of the calls. The caller sees to it that no job uses what is unmapped (such a job faults; nothing
 * else is harmed): jobs and VM_BINDs are ordered by syncs alone.
 *
 * Without DRM_TNPU_VM_BIND_ASYNC the operations take effect at once: on return the device sees the
 * new mappings and holds no old translation. Earlier calls that are pending are waited for.
 *
 * With it, the call checks and allocates, and returns. The operations take effect when all @syncs
 * without SIGNAL have signalled, and all earlier VM_BINDs of the VM have taken effect. When the
 * device sees the new mappings and holds no old translation, the fence signals that the @syncs with
 * SIGNAL have received. No operations, and even no syncs, will do. What is unmapped is
 * freed soon afterwards.
 *
 * Errors: -ENOENT vm, BO or syncobj; -EINVAL alignment, range, op, flags, pads, strides, syncs
 * without ASYNC, a sync to wait for has no fence; -E2BIG; -EACCES the BO is bound to another VM by
 * its vm_id; -ENOMEM; -ENOSPC: the BOs in device memory of which something is mapped in this VM
 * would be larger than what that memory can hold, where each counts as a whole, also one whose last
 * mapping this very call, or one that is pending, takes away; -ERESTARTSYS; -EIO, -ENODEV. With
 * ASYNC, what is to be mapped and is not in device memory is moved there first: errors and waits
 * are those of QUEUE_SUBMIT then.
 */
struct drm_tnpu_vm_bind {
	/** @vm_id: the VM */
	__u32 vm_id;
	/** @flags: DRM_TNPU_VM_BIND_ASYNC, or zero */
	__u32 flags;
	/** @ops: of struct drm_tnpu_vm_bind_op */
	struct drm_tnpu_obj_array ops;
	/** @syncs: of struct drm_tnpu_sync, at most max_syncs; count is 0 without ASYNC */
	struct drm_tnpu_obj_array syncs;
};

/* ---- Queues ----------------------------------------------------------------------- */

/** DRM_TNPU_QUEUE_PRIORITY_*: HIGH and REALTIME need CAP_SYS_NICE (-EPERM) */
#define DRM_TNPU_QUEUE_PRIORITY_LOW	0
#define DRM_TNPU_QUEUE_PRIORITY_NORMAL	1
#define DRM_TNPU_QUEUE_PRIORITY_HIGH	2
#define DRM_TNPU_QUEUE_PRIORITY_REALTIME 3

/**
 * struct drm_tnpu_queue_create - argument of DRM_IOCTL_TNPU_QUEUE_CREATE
 *
 * Errors: -ENOENT vm; -EINVAL priority, flags, timeout; -EPERM priority; -EBUSY all hardware
 * queues are taken; -ENOMEM; -EIO, -ENODEV.
 */
struct drm_tnpu_queue_create {
	/** @vm_id: the VM whose addresses its jobs use */
	__u32 vm_id;
	/** @priority: DRM_TNPU_QUEUE_PRIORITY_* */
	__u32 priority;
	/** @flags: zero */
	__u32 flags;
	/** @timeout_ms: a job that makes no progress for so long is killed; 0: 5000; <= 600000 */
	__u32 timeout_ms;
	/** @id: out: of the queue, never 0 */
	__u32 id;
	/** @pad: zero */
	__u32 pad;
};

/**
 * struct drm_tnpu_queue_destroy - argument of DRM_IOCTL_TNPU_QUEUE_DESTROY
 *
 * Pending jobs are cancelled; their fences signal -ECANCELED. Errors: -ENOENT; -EINVAL pad.
 */
struct drm_tnpu_queue_destroy {
	/** @id: of the queue */
	__u32 id;
	/** @pad: zero */
	__u32 pad;
};

/** DRM_TNPU_SYNC_SIGNAL: the sync receives the fence; without it, it is waited for */
#define DRM_TNPU_SYNC_SIGNAL		(1u << 0)
/** DRM_TNPU_SYNC_TIMELINE: flag: @handle is a timeline, @timeline_value a point of it */
#define DRM_TNPU_SYNC_TIMELINE		(1u << 1)

/** struct drm_tnpu_sync - a syncobj that a job or a VM_BIND waits for or signals */
struct drm_tnpu_sync {
	/** @flags: DRM_TNPU_SYNC_* */
	__u32 flags;
	/** @handle: of the syncobj */
	__u32 handle;
	/** @timeline_value: zero unless DRM_TNPU_SYNC_TIMELINE, then not zero */
	__u64 timeline_value;
};

/** DRM_TNPU_JOB_NULL: run no command (stream and stream_size are zero): measures the path */
#define DRM_TNPU_JOB_NULL		(1 << 0)

/** struct drm_tnpu_job - one job */
struct drm_tnpu_job {
	/** @stream: device address of the commands, multiple of 8 */
	__u64 stream;
	/** @stream_size: bytes, multiple of 8, at most max_stream_bytes */
	__u32 stream_size;
	/** @flags: DRM_TNPU_JOB_* */
	__u32 flags;
	/** @fence: device address of a user fence (u64, multiple of 8), 0: none */
	__u64 fence;
	/** @fence_value: stored there when the job has run or was skipped, not when it failed */
	__u64 fence_value;
	/** @predicate: device address of a u32, 0: none; nonzero at the start skips the job */
	__u64 predicate;
	/** @syncs: of struct drm_tnpu_sync */
	struct drm_tnpu_obj_array syncs;
};

/**
 * struct drm_tnpu_queue_submit - argument of DRM_IOCTL_TNPU_QUEUE_SUBMIT
 *
 * All or nothing for what is checked here; addresses are checked by the device when the job
 * runs. Where something that is mapped in the VM is not in device memory, it is moved there first,
 * and what is in the way is waited for as in BO_CREATE. Errors: -ENOENT queue or syncobj; -EINVAL;
 * -E2BIG; -ECANCELED the queue is dead; -ENOMEM, also for what has to be moved out; -ERESTARTSYS;
 * -EIO, -ENODEV.
 */
struct drm_tnpu_queue_submit {
	/** @queue_id: the queue */
	__u32 queue_id;
	/** @flags: zero */
	__u32 flags;
	/** @jobs: of struct drm_tnpu_job, 1..max_jobs */
	struct drm_tnpu_obj_array jobs;
};

/** DRM_TNPU_QUEUE_STATE_*: drm_tnpu_queue_get_state.state */
#define DRM_TNPU_QUEUE_STATE_OK		0
/** a job of this queue failed; the fields below tell which and why */
#define DRM_TNPU_QUEUE_STATE_GUILTY	1
/** the queue's jobs were lost to a reset that another queue or the device caused */
#define DRM_TNPU_QUEUE_STATE_INNOCENT	2

/** DRM_TNPU_REASON_TIMEOUT: after the TNPU_ERR_* of tnpu_regs.h: no progress, killed */
#define DRM_TNPU_REASON_TIMEOUT		0x100
/** DRM_TNPU_REASON_RESET: lost to a device reset */
#define DRM_TNPU_REASON_RESET		0x101

/**
 * struct drm_tnpu_queue_get_state - argument of DRM_IOCTL_TNPU_QUEUE_GET_STATE
 *
 * Errors: -ENOENT; -EINVAL pad.
 */
struct drm_tnpu_queue_get_state {
	/** @queue_id: the queue */
	__u32 queue_id;
	/** @pad: zero */
	__u32 pad;
	/** @state: out: DRM_TNPU_QUEUE_STATE_* */
	__u32 state;
	/** @reason: out: TNPU_ERR_* or DRM_TNPU_REASON_* */
	__u32 reason;
	/** @error: out: negative errno that the guilty job's fence carries, 0 */
	__s32 error;
	/** @cmd_index: out: command of the stream, from 0 */
	__u32 cmd_index;
	/** @seq: out: the failed job, counted from 1 on this queue */
	__u64 seq;
	/** @fault_va: out: for TNPU_ERR_FAULT */
	__u64 fault_va;
	/** @fault_access: out: TNPU_ACCESS_*, for TNPU_ERR_FAULT */
	__u32 fault_access;
	/** @reset_count: out: of the device, since it was bound */
	__u32 reset_count;
	/** @submitted: out: jobs submitted to this queue */
	__u64 submitted;
	/** @completed: out: jobs of it that have ended in any way */
	__u64 completed;
};

#define DRM_IOCTL_TNPU(dir, nr, type) \
	DRM_##dir(DRM_COMMAND_BASE + DRM_TNPU_##nr, struct drm_tnpu_##type)

#define DRM_IOCTL_TNPU_DEV_QUERY	DRM_IOCTL_TNPU(IOWR, DEV_QUERY, dev_query)
#define DRM_IOCTL_TNPU_BO_CREATE	DRM_IOCTL_TNPU(IOWR, BO_CREATE, bo_create)
#define DRM_IOCTL_TNPU_BO_MMAP_OFFSET	DRM_IOCTL_TNPU(IOWR, BO_MMAP_OFFSET, bo_mmap_offset)
#define DRM_IOCTL_TNPU_BO_WAIT		DRM_IOCTL_TNPU(IOW, BO_WAIT, bo_wait)
#define DRM_IOCTL_TNPU_VM_CREATE	DRM_IOCTL_TNPU(IOWR, VM_CREATE, vm_create)
#define DRM_IOCTL_TNPU_VM_DESTROY	DRM_IOCTL_TNPU(IOW, VM_DESTROY, vm_destroy)
#define DRM_IOCTL_TNPU_VM_BIND		DRM_IOCTL_TNPU(IOWR, VM_BIND, vm_bind)
#define DRM_IOCTL_TNPU_QUEUE_CREATE	DRM_IOCTL_TNPU(IOWR, QUEUE_CREATE, queue_create)
#define DRM_IOCTL_TNPU_QUEUE_DESTROY	DRM_IOCTL_TNPU(IOW, QUEUE_DESTROY, queue_destroy)
#define DRM_IOCTL_TNPU_QUEUE_SUBMIT	DRM_IOCTL_TNPU(IOW, QUEUE_SUBMIT, queue_submit)
#define DRM_IOCTL_TNPU_QUEUE_GET_STATE	DRM_IOCTL_TNPU(IOWR, QUEUE_GET_STATE, queue_get_state)

#if defined(__cplusplus)
}
#endif

#endif /* _TNPU_ACCEL_H_ */
