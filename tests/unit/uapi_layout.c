// SPDX-License-Identifier: MIT
/*
 * The layout of every struct of the contracts, in bytes, as it was agreed: what is
 * compiled here with -m32 and -m64 is the same for programs, kernels and devices of either.
 * A struct of drm/tnpu_accel.h may grow at its end; nothing here may change otherwise.
 *
 * There is nothing to run: it compiles, or it is wrong. The offsets and sizes of the members
 * leave no gap: there is no padding that nobody sees.
 */
#include <stddef.h>

#include <drm/tnpu_accel.h>
#include <tnpu/tnpu_dump.h>
#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>
#include <tnpu/tnpu_spans.h>

#define SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), "size of struct " #type)
#define FIELD(type, member, offset, bytes)					\
	_Static_assert(offsetof(struct type, member) == (offset) &&		\
		       sizeof(((struct type *)0)->member) == (bytes),		\
		       "struct " #type ", member " #member)

/* ---- drm/tnpu_accel.h ---- */

FIELD(drm_tnpu_obj_array, stride, 0, 4);
FIELD(drm_tnpu_obj_array, count, 4, 4);
FIELD(drm_tnpu_obj_array, array, 8, 8);
SIZE(drm_tnpu_obj_array, 16);

FIELD(drm_tnpu_dev_query, type, 0, 4);
FIELD(drm_tnpu_dev_query, size, 4, 4);
FIELD(drm_tnpu_dev_query, pointer, 8, 8);
SIZE(drm_tnpu_dev_query, 16);

FIELD(drm_tnpu_dev_info, hw_version, 0, 4);
FIELD(drm_tnpu_dev_info, platform, 4, 4);
FIELD(drm_tnpu_dev_info, features, 8, 4);
FIELD(drm_tnpu_dev_info, profile, 12, 4);
FIELD(drm_tnpu_dev_info, mem_size, 16, 8);
FIELD(drm_tnpu_dev_info, va_start, 24, 8);
FIELD(drm_tnpu_dev_info, va_end, 32, 8);
FIELD(drm_tnpu_dev_info, ops, 40, 8);
FIELD(drm_tnpu_dev_info, max_cmd_bytes, 48, 8);
FIELD(drm_tnpu_dev_info, max_cmd_macs, 56, 8);
FIELD(drm_tnpu_dev_info, timestamp_hz, 64, 8);
FIELD(drm_tnpu_dev_info, wformats, 72, 4);
FIELD(drm_tnpu_dev_info, dtypes, 76, 4);
FIELD(drm_tnpu_dev_info, max_stream_bytes, 80, 4);
FIELD(drm_tnpu_dev_info, max_span_us, 84, 4);
FIELD(drm_tnpu_dev_info, num_queues, 88, 4);
FIELD(drm_tnpu_dev_info, num_contexts, 92, 4);
FIELD(drm_tnpu_dev_info, engines, 96, 4);
FIELD(drm_tnpu_dev_info, gemm_tile, 100, 4);
FIELD(drm_tnpu_dev_info, max_jobs, 104, 4);
FIELD(drm_tnpu_dev_info, max_syncs, 108, 4);
FIELD(drm_tnpu_dev_info, max_bind_ops, 112, 4);
FIELD(drm_tnpu_dev_info, page_sizes, 116, 4);
SIZE(drm_tnpu_dev_info, 120);

FIELD(drm_tnpu_firmware_info, version, 0, 4);
FIELD(drm_tnpu_firmware_info, protocol, 4, 4);
FIELD(drm_tnpu_firmware_info, name, 8, 32);
SIZE(drm_tnpu_firmware_info, 40);

FIELD(drm_tnpu_usage_info, mem_used, 0, 8);
FIELD(drm_tnpu_usage_info, sysmem_used, 8, 8);
FIELD(drm_tnpu_usage_info, queues, 16, 4);
FIELD(drm_tnpu_usage_info, contexts, 20, 4);
FIELD(drm_tnpu_usage_info, reset_count, 24, 4);
FIELD(drm_tnpu_usage_info, pad, 28, 4);
SIZE(drm_tnpu_usage_info, 32);

FIELD(drm_tnpu_bo_create, size, 0, 8);
FIELD(drm_tnpu_bo_create, flags, 8, 4);
FIELD(drm_tnpu_bo_create, vm_id, 12, 4);
FIELD(drm_tnpu_bo_create, handle, 16, 4);
FIELD(drm_tnpu_bo_create, pad, 20, 4);
SIZE(drm_tnpu_bo_create, 24);

FIELD(drm_tnpu_bo_mmap_offset, handle, 0, 4);
FIELD(drm_tnpu_bo_mmap_offset, pad, 4, 4);
FIELD(drm_tnpu_bo_mmap_offset, offset, 8, 8);
SIZE(drm_tnpu_bo_mmap_offset, 16);

FIELD(drm_tnpu_bo_wait, handle, 0, 4);
FIELD(drm_tnpu_bo_wait, pad, 4, 4);
FIELD(drm_tnpu_bo_wait, timeout_ns, 8, 8);
SIZE(drm_tnpu_bo_wait, 16);

FIELD(drm_tnpu_vm_create, flags, 0, 4);
FIELD(drm_tnpu_vm_create, id, 4, 4);
SIZE(drm_tnpu_vm_create, 8);

FIELD(drm_tnpu_vm_destroy, id, 0, 4);
FIELD(drm_tnpu_vm_destroy, pad, 4, 4);
SIZE(drm_tnpu_vm_destroy, 8);

FIELD(drm_tnpu_vm_bind_op, op, 0, 4);
FIELD(drm_tnpu_vm_bind_op, flags, 4, 4);
FIELD(drm_tnpu_vm_bind_op, handle, 8, 4);
FIELD(drm_tnpu_vm_bind_op, pad, 12, 4);
FIELD(drm_tnpu_vm_bind_op, bo_offset, 16, 8);
FIELD(drm_tnpu_vm_bind_op, va, 24, 8);
FIELD(drm_tnpu_vm_bind_op, size, 32, 8);
SIZE(drm_tnpu_vm_bind_op, 40);

FIELD(drm_tnpu_vm_bind, vm_id, 0, 4);
FIELD(drm_tnpu_vm_bind, flags, 4, 4);
FIELD(drm_tnpu_vm_bind, ops, 8, 16);
FIELD(drm_tnpu_vm_bind, syncs, 24, 16);
SIZE(drm_tnpu_vm_bind, 40);

FIELD(drm_tnpu_queue_create, vm_id, 0, 4);
FIELD(drm_tnpu_queue_create, priority, 4, 4);
FIELD(drm_tnpu_queue_create, flags, 8, 4);
FIELD(drm_tnpu_queue_create, timeout_ms, 12, 4);
FIELD(drm_tnpu_queue_create, id, 16, 4);
FIELD(drm_tnpu_queue_create, pad, 20, 4);
SIZE(drm_tnpu_queue_create, 24);

FIELD(drm_tnpu_queue_destroy, id, 0, 4);
FIELD(drm_tnpu_queue_destroy, pad, 4, 4);
SIZE(drm_tnpu_queue_destroy, 8);

FIELD(drm_tnpu_sync, flags, 0, 4);
FIELD(drm_tnpu_sync, handle, 4, 4);
FIELD(drm_tnpu_sync, timeline_value, 8, 8);
SIZE(drm_tnpu_sync, 16);

FIELD(drm_tnpu_job, stream, 0, 8);
FIELD(drm_tnpu_job, stream_size, 8, 4);
FIELD(drm_tnpu_job, flags, 12, 4);
FIELD(drm_tnpu_job, fence, 16, 8);
FIELD(drm_tnpu_job, fence_value, 24, 8);
FIELD(drm_tnpu_job, predicate, 32, 8);
FIELD(drm_tnpu_job, syncs, 40, 16);
SIZE(drm_tnpu_job, 56);

FIELD(drm_tnpu_queue_submit, queue_id, 0, 4);
FIELD(drm_tnpu_queue_submit, flags, 4, 4);
FIELD(drm_tnpu_queue_submit, jobs, 8, 16);
SIZE(drm_tnpu_queue_submit, 24);

FIELD(drm_tnpu_queue_get_state, queue_id, 0, 4);
FIELD(drm_tnpu_queue_get_state, pad, 4, 4);
FIELD(drm_tnpu_queue_get_state, state, 8, 4);
FIELD(drm_tnpu_queue_get_state, reason, 12, 4);
FIELD(drm_tnpu_queue_get_state, error, 16, 4);
FIELD(drm_tnpu_queue_get_state, cmd_index, 20, 4);
FIELD(drm_tnpu_queue_get_state, seq, 24, 8);
FIELD(drm_tnpu_queue_get_state, fault_va, 32, 8);
FIELD(drm_tnpu_queue_get_state, fault_access, 40, 4);
FIELD(drm_tnpu_queue_get_state, reset_count, 44, 4);
FIELD(drm_tnpu_queue_get_state, submitted, 48, 8);
FIELD(drm_tnpu_queue_get_state, completed, 56, 8);
SIZE(drm_tnpu_queue_get_state, 64);

/* ---- tnpu/tnpu_dump.h ---- */

FIELD(tnpu_dump_header, magic, 0, 4);
FIELD(tnpu_dump_header, version_major, 4, 2);
FIELD(tnpu_dump_header, version_minor, 6, 2);
FIELD(tnpu_dump_header, header_size, 8, 4);
FIELD(tnpu_dump_header, sections, 12, 4);
FIELD(tnpu_dump_header, size, 16, 8);
SIZE(tnpu_dump_header, 24);

FIELD(tnpu_dump_section, type, 0, 4);
FIELD(tnpu_dump_section, stride, 4, 4);
FIELD(tnpu_dump_section, size, 8, 8);
SIZE(tnpu_dump_section, 16);

FIELD(tnpu_dump_info, cause, 0, 4);
FIELD(tnpu_dump_info, driver_major, 4, 4);
FIELD(tnpu_dump_info, driver_minor, 8, 4);
FIELD(tnpu_dump_info, hw_version, 12, 4);
FIELD(tnpu_dump_info, fw_version, 16, 4);
FIELD(tnpu_dump_info, fw_protocol, 20, 4);
FIELD(tnpu_dump_info, reset_count, 24, 4);
FIELD(tnpu_dump_info, reserved, 28, 4);
FIELD(tnpu_dump_info, realtime_ns, 32, 8);
FIELD(tnpu_dump_info, boottime_ns, 40, 8);
FIELD(tnpu_dump_info, fw_name, 48, 32);
FIELD(tnpu_dump_info, kernel, 80, 64);
FIELD(tnpu_dump_info, device, 144, 32);
SIZE(tnpu_dump_info, 176);

FIELD(tnpu_dump_reg, offset, 0, 4);
FIELD(tnpu_dump_reg, value, 4, 4);
SIZE(tnpu_dump_reg, 8);

FIELD(tnpu_dump_mbox, order, 0, 4);
FIELD(tnpu_dump_mbox, online, 4, 4);
FIELD(tnpu_dump_mbox, req_tail, 8, 4);
FIELD(tnpu_dump_mbox, rsp_head, 12, 4);
FIELD(tnpu_dump_mbox, seq, 16, 4);
FIELD(tnpu_dump_mbox, in_flight, 20, 4);
SIZE(tnpu_dump_mbox, 24);

FIELD(tnpu_dump_queue, slot, 0, 4);
FIELD(tnpu_dump_queue, context, 4, 4);
FIELD(tnpu_dump_queue, priority, 8, 4);
FIELD(tnpu_dump_queue, order, 12, 4);
FIELD(tnpu_dump_queue, state, 16, 4);
FIELD(tnpu_dump_queue, reason, 20, 4);
FIELD(tnpu_dump_queue, error, 24, 4);
FIELD(tnpu_dump_queue, cmd_index, 28, 4);
FIELD(tnpu_dump_queue, access, 32, 4);
FIELD(tnpu_dump_queue, tail, 36, 4);
FIELD(tnpu_dump_queue, pid, 40, 4);
FIELD(tnpu_dump_queue, stream_status, 44, 4);
FIELD(tnpu_dump_queue, mappings, 48, 4);
FIELD(tnpu_dump_queue, reserved, 52, 4);
FIELD(tnpu_dump_queue, seq, 56, 8);
FIELD(tnpu_dump_queue, seq_base, 64, 8);
FIELD(tnpu_dump_queue, fault_va, 72, 8);
FIELD(tnpu_dump_queue, submitted, 80, 8);
FIELD(tnpu_dump_queue, completed, 88, 8);
FIELD(tnpu_dump_queue, busy, 96, 8);
FIELD(tnpu_dump_queue, stream_va, 104, 8);
FIELD(tnpu_dump_queue, stream_size, 112, 8);
FIELD(tnpu_dump_queue, comm, 120, 16);
SIZE(tnpu_dump_queue, 136);

FIELD(tnpu_dump_mapping, va, 0, 8);
FIELD(tnpu_dump_mapping, size, 8, 8);
FIELD(tnpu_dump_mapping, bo_offset, 16, 8);
FIELD(tnpu_dump_mapping, flags, 24, 4);
FIELD(tnpu_dump_mapping, reserved, 28, 4);
SIZE(tnpu_dump_mapping, 32);

/* ---- tnpu/tnpu_spans.h ---- */

FIELD(tnpu_spans, counter, 0, 8);
FIELD(tnpu_spans, mono_ns, 8, 8);
FIELD(tnpu_spans, lost, 16, 8);
FIELD(tnpu_spans, count, 24, 4);
FIELD(tnpu_spans, reserved, 28, 4);
SIZE(tnpu_spans, 32);
_Static_assert(offsetof(struct tnpu_spans, span) == 32, "the spans are right behind it");

/* ---- tnpu/tnpu_regs.h ---- */

FIELD(tnpu_ring_entry, cmd_va, 0, 8);
FIELD(tnpu_ring_entry, cmd_size, 8, 4);
FIELD(tnpu_ring_entry, flags, 12, 4);
FIELD(tnpu_ring_entry, fence_va, 16, 8);
FIELD(tnpu_ring_entry, fence_value, 24, 8);
FIELD(tnpu_ring_entry, pred_va, 32, 8);
FIELD(tnpu_ring_entry, seq, 40, 8);
FIELD(tnpu_ring_entry, reserved, 48, 16);
SIZE(tnpu_ring_entry, 64);

FIELD(tnpu_completion, seq, 0, 8);
FIELD(tnpu_completion, status, 8, 4);
FIELD(tnpu_completion, reason, 12, 4);
FIELD(tnpu_completion, cmd_index, 16, 4);
FIELD(tnpu_completion, access, 20, 4);
FIELD(tnpu_completion, fault_va, 24, 8);
FIELD(tnpu_completion, start, 32, 8);
FIELD(tnpu_completion, end, 40, 8);
FIELD(tnpu_completion, busy, 48, 8);
FIELD(tnpu_completion, reserved, 56, 8);
SIZE(tnpu_completion, 64);

FIELD(tnpu_msg, seq, 0, 4);
FIELD(tnpu_msg, type, 4, 2);
FIELD(tnpu_msg, version, 6, 2);
FIELD(tnpu_msg, status, 8, 4);
FIELD(tnpu_msg, reserved, 12, 4);
FIELD(tnpu_msg, payload, 16, 48);
SIZE(tnpu_msg, 64);

FIELD(tnpu_msg_query, item, 0, 4);
FIELD(tnpu_msg_query, index, 4, 4);
FIELD(tnpu_msg_query, value, 8, 8);
SIZE(tnpu_msg_query, 16);

FIELD(tnpu_msg_context, context, 0, 4);
FIELD(tnpu_msg_context, reserved, 4, 4);
FIELD(tnpu_msg_context, root, 8, 8);
SIZE(tnpu_msg_context, 16);

FIELD(tnpu_msg_invalidate, context, 0, 4);
FIELD(tnpu_msg_invalidate, reserved, 4, 4);
FIELD(tnpu_msg_invalidate, va, 8, 8);
FIELD(tnpu_msg_invalidate, size, 16, 8);
SIZE(tnpu_msg_invalidate, 24);

FIELD(tnpu_msg_queue_create, queue, 0, 4);
FIELD(tnpu_msg_queue_create, context, 4, 4);
FIELD(tnpu_msg_queue_create, ring, 8, 8);
FIELD(tnpu_msg_queue_create, completion, 16, 8);
FIELD(tnpu_msg_queue_create, order, 24, 4);
FIELD(tnpu_msg_queue_create, priority, 28, 4);
FIELD(tnpu_msg_queue_create, reserved, 32, 8);
SIZE(tnpu_msg_queue_create, 40);

FIELD(tnpu_msg_queue, queue, 0, 4);
FIELD(tnpu_msg_queue, priority, 4, 4);
SIZE(tnpu_msg_queue, 8);

FIELD(tnpu_msg_log, addr, 0, 8);
FIELD(tnpu_msg_log, size, 8, 4);
FIELD(tnpu_msg_log, reserved, 12, 4);
SIZE(tnpu_msg_log, 16);

FIELD(tnpu_msg_trace, addr, 0, 8);
FIELD(tnpu_msg_trace, count, 8, 4);
FIELD(tnpu_msg_trace, flags, 12, 4);
FIELD(tnpu_msg_trace, lost, 16, 8);
SIZE(tnpu_msg_trace, 24);

FIELD(tnpu_span, start, 0, 8);
FIELD(tnpu_span, end, 8, 8);
FIELD(tnpu_span, seq, 16, 8);
FIELD(tnpu_span, command, 24, 4);
FIELD(tnpu_span, opcode, 28, 2);
FIELD(tnpu_span, queue, 30, 1);
FIELD(tnpu_span, lane, 31, 1);
SIZE(tnpu_span, 32);

FIELD(tnpu_fw_header, magic, 0, 4);
FIELD(tnpu_fw_header, header_version, 4, 2);
FIELD(tnpu_fw_header, header_size, 6, 2);
FIELD(tnpu_fw_header, image_size, 8, 4);
FIELD(tnpu_fw_header, payload_offset, 12, 4);
FIELD(tnpu_fw_header, payload_size, 16, 4);
FIELD(tnpu_fw_header, fw_version, 20, 4);
FIELD(tnpu_fw_header, protocol, 24, 4);
FIELD(tnpu_fw_header, hw_min, 28, 2);
FIELD(tnpu_fw_header, hw_max, 30, 2);
FIELD(tnpu_fw_header, name, 32, 32);
FIELD(tnpu_fw_header, digest, 64, 32);
FIELD(tnpu_fw_header, signature_type, 96, 4);
FIELD(tnpu_fw_header, reserved, 100, 28);
FIELD(tnpu_fw_header, signature, 128, 64);
SIZE(tnpu_fw_header, 192);

FIELD(tnpu_fw_table, type, 0, 4);
FIELD(tnpu_fw_table, size, 4, 4);
SIZE(tnpu_fw_table, 8);

FIELD(tnpu_fw_sched, quantum_us, 0, 4);
FIELD(tnpu_fw_sched, heartbeat_ms, 4, 4);
SIZE(tnpu_fw_sched, 8);

FIELD(tnpu_fw_limits, max_cmd_bytes, 0, 8);
FIELD(tnpu_fw_limits, max_cmd_macs, 8, 8);
SIZE(tnpu_fw_limits, 16);

/* ---- tnpu/tnpu_isa.h ---- */

FIELD(tnpu_cmd_header, opcode, 0, 2);
FIELD(tnpu_cmd_header, flags, 2, 2);
FIELD(tnpu_cmd_header, size, 4, 4);
SIZE(tnpu_cmd_header, 8);

FIELD(tnpu_tensor, va, 0, 8);
FIELD(tnpu_tensor, stride, 8, 4);
FIELD(tnpu_tensor, dtype, 12, 1);
FIELD(tnpu_tensor, group_log2, 13, 1);
FIELD(tnpu_tensor, reserved, 14, 2);
SIZE(tnpu_tensor, 16);

FIELD(tnpu_dim, cell, 0, 8);
FIELD(tnpu_dim, value, 8, 4);
FIELD(tnpu_dim, reserved, 12, 4);
SIZE(tnpu_dim, 16);

FIELD(tnpu_wformat, kind, 0, 1);
FIELD(tnpu_wformat, bits, 1, 1);
FIELD(tnpu_wformat, group, 2, 1);
FIELD(tnpu_wformat, scale, 3, 1);
FIELD(tnpu_wformat, zero, 4, 1);
FIELD(tnpu_wformat, min, 5, 1);
FIELD(tnpu_wformat, levels, 6, 1);
FIELD(tnpu_wformat, reserved, 7, 1);
SIZE(tnpu_wformat, 8);

FIELD(tnpu_cmd_nop, hdr, 0, 8);
SIZE(tnpu_cmd_nop, 8);

FIELD(tnpu_cmd_fill, hdr, 0, 8);
FIELD(tnpu_cmd_fill, dst, 8, 8);
FIELD(tnpu_cmd_fill, size, 16, 8);
FIELD(tnpu_cmd_fill, pattern, 24, 4);
FIELD(tnpu_cmd_fill, reserved, 28, 4);
SIZE(tnpu_cmd_fill, 32);

FIELD(tnpu_cmd_copy, hdr, 0, 8);
FIELD(tnpu_cmd_copy, src, 8, 8);
FIELD(tnpu_cmd_copy, dst, 16, 8);
FIELD(tnpu_cmd_copy, src_stride, 24, 8);
FIELD(tnpu_cmd_copy, dst_stride, 32, 8);
FIELD(tnpu_cmd_copy, row_bytes, 40, 8);
FIELD(tnpu_cmd_copy, rows, 48, 16);
SIZE(tnpu_cmd_copy, 64);

FIELD(tnpu_cmd_convert, hdr, 0, 8);
FIELD(tnpu_cmd_convert, src, 8, 16);
FIELD(tnpu_cmd_convert, dst, 24, 16);
FIELD(tnpu_cmd_convert, rows, 40, 16);
FIELD(tnpu_cmd_convert, cols, 56, 4);
FIELD(tnpu_cmd_convert, reserved, 60, 4);
SIZE(tnpu_cmd_convert, 64);

FIELD(tnpu_cmd_repack, hdr, 0, 8);
FIELD(tnpu_cmd_repack, src, 8, 8);
FIELD(tnpu_cmd_repack, dst, 16, 8);
FIELD(tnpu_cmd_repack, format, 24, 8);
FIELD(tnpu_cmd_repack, n, 32, 4);
FIELD(tnpu_cmd_repack, k, 36, 4);
FIELD(tnpu_cmd_repack, first_row, 40, 4);
FIELD(tnpu_cmd_repack, rows, 44, 4);
SIZE(tnpu_cmd_repack, 48);

FIELD(tnpu_cmd_gather, hdr, 0, 8);
FIELD(tnpu_cmd_gather, table, 8, 16);
FIELD(tnpu_cmd_gather, format, 24, 8);
FIELD(tnpu_cmd_gather, out, 32, 16);
FIELD(tnpu_cmd_gather, ids, 48, 8);
FIELD(tnpu_cmd_gather, rows, 56, 16);
FIELD(tnpu_cmd_gather, table_rows, 72, 4);
FIELD(tnpu_cmd_gather, cols, 76, 4);
SIZE(tnpu_cmd_gather, 80);

FIELD(tnpu_cmd_quantize, hdr, 0, 8);
FIELD(tnpu_cmd_quantize, src, 8, 16);
FIELD(tnpu_cmd_quantize, dst, 24, 16);
FIELD(tnpu_cmd_quantize, rows, 40, 16);
FIELD(tnpu_cmd_quantize, cols, 56, 4);
FIELD(tnpu_cmd_quantize, reserved, 60, 4);
SIZE(tnpu_cmd_quantize, 64);

FIELD(tnpu_cmd_gemm, hdr, 0, 8);
FIELD(tnpu_cmd_gemm, x, 8, 16);
FIELD(tnpu_cmd_gemm, weights, 24, 8);
FIELD(tnpu_cmd_gemm, format, 32, 8);
FIELD(tnpu_cmd_gemm, bias, 40, 8);
FIELD(tnpu_cmd_gemm, residual, 48, 16);
FIELD(tnpu_cmd_gemm, out, 64, 16);
FIELD(tnpu_cmd_gemm, rows, 80, 16);
FIELD(tnpu_cmd_gemm, n, 96, 4);
FIELD(tnpu_cmd_gemm, k, 100, 4);
FIELD(tnpu_cmd_gemm, act, 104, 4);
FIELD(tnpu_cmd_gemm, reserved, 108, 4);
SIZE(tnpu_cmd_gemm, 112);

FIELD(tnpu_cmd_norm, hdr, 0, 8);
FIELD(tnpu_cmd_norm, x, 8, 16);
FIELD(tnpu_cmd_norm, out, 24, 16);
FIELD(tnpu_cmd_norm, weight, 40, 8);
FIELD(tnpu_cmd_norm, bias, 48, 8);
FIELD(tnpu_cmd_norm, rows, 56, 16);
FIELD(tnpu_cmd_norm, cols, 72, 4);
FIELD(tnpu_cmd_norm, kind, 76, 4);
FIELD(tnpu_cmd_norm, epsilon, 80, 4);
FIELD(tnpu_cmd_norm, reserved, 84, 4);
SIZE(tnpu_cmd_norm, 88);

FIELD(tnpu_cmd_rope, hdr, 0, 8);
FIELD(tnpu_cmd_rope, x, 8, 16);
FIELD(tnpu_cmd_rope, positions, 24, 8);
FIELD(tnpu_cmd_rope, freqs, 32, 8);
FIELD(tnpu_cmd_rope, rows, 40, 16);
FIELD(tnpu_cmd_rope, heads, 56, 4);
FIELD(tnpu_cmd_rope, head_dim, 60, 4);
FIELD(tnpu_cmd_rope, n_rot, 64, 4);
FIELD(tnpu_cmd_rope, mode, 68, 4);
SIZE(tnpu_cmd_rope, 72);

FIELD(tnpu_kv, k, 0, 8);
FIELD(tnpu_kv, v, 8, 8);
FIELD(tnpu_kv, table, 16, 8);
FIELD(tnpu_kv, blocks, 24, 4);
FIELD(tnpu_kv, block_positions, 28, 4);
FIELD(tnpu_kv, blocks_per_seq, 32, 4);
FIELD(tnpu_kv, seqs, 36, 4);
FIELD(tnpu_kv, kv_heads, 40, 2);
FIELD(tnpu_kv, head_dim, 42, 2);
FIELD(tnpu_kv, dtype, 44, 1);
FIELD(tnpu_kv, reserved, 45, 3);
SIZE(tnpu_kv, 48);

FIELD(tnpu_cmd_kv_store, hdr, 0, 8);
FIELD(tnpu_cmd_kv_store, k, 8, 16);
FIELD(tnpu_cmd_kv_store, v, 24, 16);
FIELD(tnpu_cmd_kv_store, cache, 40, 48);
FIELD(tnpu_cmd_kv_store, positions, 88, 8);
FIELD(tnpu_cmd_kv_store, seqs, 96, 8);
FIELD(tnpu_cmd_kv_store, rows, 104, 16);
SIZE(tnpu_cmd_kv_store, 120);

FIELD(tnpu_cmd_attention, hdr, 0, 8);
FIELD(tnpu_cmd_attention, q, 8, 16);
FIELD(tnpu_cmd_attention, out, 24, 16);
FIELD(tnpu_cmd_attention, cache, 40, 48);
FIELD(tnpu_cmd_attention, positions, 88, 8);
FIELD(tnpu_cmd_attention, seqs, 96, 8);
FIELD(tnpu_cmd_attention, rows, 104, 16);
FIELD(tnpu_cmd_attention, heads, 120, 4);
FIELD(tnpu_cmd_attention, window, 124, 4);
FIELD(tnpu_cmd_attention, scale, 128, 4);
FIELD(tnpu_cmd_attention, reserved, 132, 4);
SIZE(tnpu_cmd_attention, 136);

FIELD(tnpu_cmd_glu, hdr, 0, 8);
FIELD(tnpu_cmd_glu, gate, 8, 16);
FIELD(tnpu_cmd_glu, up, 24, 16);
FIELD(tnpu_cmd_glu, out, 40, 16);
FIELD(tnpu_cmd_glu, rows, 56, 16);
FIELD(tnpu_cmd_glu, cols, 72, 4);
FIELD(tnpu_cmd_glu, act, 76, 4);
SIZE(tnpu_cmd_glu, 80);

FIELD(tnpu_sample_params, temperature, 0, 4);
FIELD(tnpu_sample_params, top_p, 4, 4);
FIELD(tnpu_sample_params, top_k, 8, 4);
FIELD(tnpu_sample_params, reserved, 12, 4);
FIELD(tnpu_sample_params, seed, 16, 8);
SIZE(tnpu_sample_params, 24);

FIELD(tnpu_cmd_sample, hdr, 0, 8);
FIELD(tnpu_cmd_sample, logits, 8, 16);
FIELD(tnpu_cmd_sample, rows, 24, 16);
FIELD(tnpu_cmd_sample, params, 40, 8);
FIELD(tnpu_cmd_sample, counters, 48, 8);
FIELD(tnpu_cmd_sample, tokens, 56, 8);
FIELD(tnpu_cmd_sample, mask, 64, 8);
FIELD(tnpu_cmd_sample, history, 72, 8);
FIELD(tnpu_cmd_sample, history_index, 80, 16);
FIELD(tnpu_cmd_sample, stops, 96, 8);
FIELD(tnpu_cmd_sample, n_stops, 104, 16);
FIELD(tnpu_cmd_sample, predicate, 120, 8);
FIELD(tnpu_cmd_sample, n, 128, 4);
FIELD(tnpu_cmd_sample, history_stride, 132, 4);
SIZE(tnpu_cmd_sample, 136);

FIELD(tnpu_cmd_cell, hdr, 0, 8);
FIELD(tnpu_cmd_cell, dst, 8, 8);
FIELD(tnpu_cmd_cell, src, 16, 8);
FIELD(tnpu_cmd_cell, value, 24, 4);
FIELD(tnpu_cmd_cell, op, 28, 4);
SIZE(tnpu_cmd_cell, 32);

FIELD(tnpu_cmd_fence_signal, hdr, 0, 8);
FIELD(tnpu_cmd_fence_signal, va, 8, 8);
FIELD(tnpu_cmd_fence_signal, value, 16, 8);
SIZE(tnpu_cmd_fence_signal, 24);

FIELD(tnpu_cmd_fence_wait, hdr, 0, 8);
FIELD(tnpu_cmd_fence_wait, va, 8, 8);
FIELD(tnpu_cmd_fence_wait, value, 16, 8);
FIELD(tnpu_cmd_fence_wait, timeout_us, 24, 4);
FIELD(tnpu_cmd_fence_wait, reserved, 28, 4);
SIZE(tnpu_cmd_fence_wait, 32);

FIELD(tnpu_cmd_timestamp, hdr, 0, 8);
FIELD(tnpu_cmd_timestamp, va, 8, 8);
SIZE(tnpu_cmd_timestamp, 16);
FIELD(tnpu_cmd_exit, hdr, 0, 8);
FIELD(tnpu_cmd_exit, cell, 8, 8);
SIZE(tnpu_cmd_exit, 16);
