/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table: every case, once. Who includes it says what UAPI_ROW makes of a name.
 */

/* uapi_query.c */
UAPI_ROW(query_info);
UAPI_ROW(query_firmware);
UAPI_ROW(query_usage);
UAPI_ROW(query_tells_sizes);
UAPI_ROW(query_truncates);
UAPI_ROW(query_pads_with_zeros);
UAPI_ROW(query_size_zero);
UAPI_ROW(query_type_unknown);
UAPI_ROW(query_pointer_bad);
UAPI_ROW(query_padding_bad);
UAPI_ROW(version);
UAPI_ROW(arg_at_page_end);
UAPI_ROW(arg_across_page_end);
UAPI_ROW(arg_unmapped);
UAPI_ROW(arg_shorter);
UAPI_ROW(arg_longer);
UAPI_ROW(arg_outputs);
UAPI_ROW(ioctl_unknown);

/* uapi_bo.c */
UAPI_ROW(bo_create_local);
UAPI_ROW(bo_create_system);
UAPI_ROW(bo_create_large);
UAPI_ROW(bo_create_of_vm);
UAPI_ROW(bo_create_size_zero);
UAPI_ROW(bo_create_flags);
UAPI_ROW(bo_create_pad);
UAPI_ROW(bo_create_local_too_large);
UAPI_ROW(bo_create_system_too_large);
UAPI_ROW(bo_create_vm_unknown);
UAPI_ROW(bo_create_no_space);
UAPI_ROW(bo_mmap);
UAPI_ROW(bo_mmap_outlives_handle);
UAPI_ROW(bo_mmap_offset_handle);
UAPI_ROW(bo_mmap_offset_pad);
UAPI_ROW(bo_mmap_offset_no_mmap);
UAPI_ROW(bo_mmap_size);
UAPI_ROW(bo_mmap_other_client);
UAPI_ROW(bo_close);
UAPI_ROW(bo_wait_idle);
UAPI_ROW(bo_wait_busy);
UAPI_ROW(bo_wait_handle);
UAPI_ROW(bo_wait_pad);
UAPI_ROW(bo_wait_negative);

/* uapi_vm.c */
UAPI_ROW(vm_create);
UAPI_ROW(vm_create_flags);
UAPI_ROW(vm_create_busy);
UAPI_ROW(vm_destroy_id);
UAPI_ROW(vm_destroy_pad);
UAPI_ROW(bind_map_unmap);
UAPI_ROW(bind_vm_unknown);
UAPI_ROW(bind_flags);
UAPI_ROW(bind_op_unknown);
UAPI_ROW(bind_op_flags);
UAPI_ROW(bind_op_pad);
UAPI_ROW(bind_bo_unknown);
UAPI_ROW(bind_bo_of_other_vm);
UAPI_ROW(bind_unaligned);
UAPI_ROW(bind_size_zero);
UAPI_ROW(bind_va_range);
UAPI_ROW(bind_va_ends);
UAPI_ROW(bind_beyond_bo);
UAPI_ROW(bind_unmap_handle);
UAPI_ROW(bind_unmap_offset);
UAPI_ROW(bind_count_zero);
UAPI_ROW(bind_count_too_large);
UAPI_ROW(bind_stride);
UAPI_ROW(bind_array_bad);
UAPI_ROW(bind_split_local);
UAPI_ROW(bind_split_system);
UAPI_ROW(bind_split_huge);
UAPI_ROW(bind_replace);
UAPI_ROW(bind_remap_after_unmap);
UAPI_ROW(bind_unmap_all);
UAPI_ROW(bind_readonly);
UAPI_ROW(bind_stops_at_error);
UAPI_ROW(bind_many);

/* uapi_queue.c */
UAPI_ROW(queue_create);
UAPI_ROW(queue_create_vm_unknown);
UAPI_ROW(queue_create_priority);
UAPI_ROW(queue_create_flags);
UAPI_ROW(queue_create_pad);
UAPI_ROW(queue_create_timeout);
UAPI_ROW(queue_create_privilege);
UAPI_ROW(queue_create_privileged);
UAPI_ROW(queue_create_busy);
UAPI_ROW(queue_destroy_id);
UAPI_ROW(queue_destroy_pad);
UAPI_ROW(queue_destroy_cancels);
UAPI_ROW(queue_keeps_vm);
UAPI_ROW(queue_state_id);
UAPI_ROW(queue_state_pad);
UAPI_ROW(queue_state_counts);
UAPI_ROW(submit_right);
UAPI_ROW(submit_queue_unknown);
UAPI_ROW(submit_flags);
UAPI_ROW(submit_count);
UAPI_ROW(submit_stride);
UAPI_ROW(submit_array_bad);
UAPI_ROW(submit_job_flags);
UAPI_ROW(submit_null_with_stream);
UAPI_ROW(submit_stream);
UAPI_ROW(submit_stream_size);
UAPI_ROW(submit_fence_unaligned);
UAPI_ROW(submit_predicate_unaligned);
UAPI_ROW(submit_sync_count);
UAPI_ROW(submit_sync_stride);
UAPI_ROW(submit_sync_array_bad);
UAPI_ROW(submit_sync_flags);
UAPI_ROW(submit_sync_handle);
UAPI_ROW(submit_sync_point);
UAPI_ROW(submit_wait_without_fence);
UAPI_ROW(submit_all_or_nothing);

/* uapi_job.c */
UAPI_ROW(job_runs);
UAPI_ROW(job_null);
UAPI_ROW(job_user_fence);
UAPI_ROW(job_predicate);
UAPI_ROW(job_order);
UAPI_ROW(job_max_jobs);
UAPI_ROW(job_max_syncs);
UAPI_ROW(job_waits_for_other_queue);
UAPI_ROW(job_waits_for_signalled);
UAPI_ROW(job_waits_in_submit);
UAPI_ROW(job_timeline);
UAPI_ROW(job_opcode_unknown);
UAPI_ROW(job_flag_unknown);
UAPI_ROW(job_reserved);
UAPI_ROW(job_cmd_size);
UAPI_ROW(job_unaligned);
UAPI_ROW(job_wait_runs_out);
UAPI_ROW(job_fault_read);
UAPI_ROW(job_fault_write);
UAPI_ROW(job_fault_high);
UAPI_ROW(job_fault_stream);
UAPI_ROW(job_fault_user_fence);
UAPI_ROW(job_fault_predicate);
UAPI_ROW(job_failure_ends_those_behind);
UAPI_ROW(job_timeout);
UAPI_ROW(job_progress_is_no_timeout);

/* uapi_syncobj.c */
UAPI_ROW(syncobj_create);
UAPI_ROW(syncobj_destroy);
UAPI_ROW(syncobj_signal_reset);
UAPI_ROW(syncobj_array_args);
UAPI_ROW(syncobj_wait_args);
UAPI_ROW(syncobj_wait_for_submit);
UAPI_ROW(syncobj_wait_any_all);
UAPI_ROW(syncobj_timeline);
UAPI_ROW(syncobj_timeline_pending);
UAPI_ROW(syncobj_timeline_wait);
UAPI_ROW(syncobj_timeline_order);
UAPI_ROW(syncobj_timeline_args);
UAPI_ROW(syncobj_timeline_long);

/* uapi_client.c */
UAPI_ROW(client_handles_bo);
UAPI_ROW(client_handles_vm);
UAPI_ROW(client_handles_queue);
UAPI_ROW(client_address_spaces);
UAPI_ROW(client_faults_alone);
UAPI_ROW(client_close_frees);
UAPI_ROW(client_many);
UAPI_ROW(client_threads);
UAPI_ROW(client_threads_of_one);

#undef UAPI_ROW
