/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table: every case, once. Who includes it says what UAPI_ROW makes of a name.
 */

/* driver_sched.c */
UAPI_ROW(sched_starved_is_no_timeout);
UAPI_ROW(sched_hang_below_waiter);
UAPI_ROW(sched_hang_before_stream);

/* driver_fair.c */
UAPI_ROW(fair_contexts);

/* driver_clear.c */
UAPI_ROW(clear_reused);
UAPI_ROW(clear_pieces);
UAPI_ROW(clear_threads);
UAPI_ROW(clear_killed);
UAPI_ROW(clear_reset);

/* driver_evict.c */
UAPI_ROW(evict_processes);
UAPI_ROW(evict_alternate);
UAPI_ROW(evict_too_much);
UAPI_ROW(evict_mmap);
UAPI_ROW(evict_fdinfo);
UAPI_ROW(evict_killed);
UAPI_ROW(evict_reset);
UAPI_ROW(evict_shared);
UAPI_ROW(evict_busy);
UAPI_ROW(evict_bind);

/* driver_bind.c */
UAPI_ROW(bind_closed);
UAPI_ROW(bind_destroyed);
UAPI_ROW(bind_killed);
UAPI_ROW(bind_wedged);
UAPI_ROW(bind_evicted);
UAPI_ROW(bind_too_much);
UAPI_ROW(bind_processes);
UAPI_ROW(bind_reset);
UAPI_ROW(bind_reset_stream);
UAPI_ROW(bind_recover);
UAPI_ROW(bind_sleep);

/* driver_pm.c */
UAPI_ROW(pm_runtime_sleeps);
UAPI_ROW(pm_runtime_close);
UAPI_ROW(pm_runtime_job);
UAPI_ROW(pm_idle_keeps);
UAPI_ROW(pm_idle_job);
UAPI_ROW(pm_mem_keeps);
UAPI_ROW(pm_mem_evicted);
UAPI_ROW(pm_mem_job);
UAPI_ROW(pm_mem_busy);

/* driver_reset.c */
UAPI_ROW(reset_function);
UAPI_ROW(reset_function_job);
UAPI_ROW(reset_function_calls);
UAPI_ROW(reset_function_clear);
UAPI_ROW(reset_bus);

/* driver_recover.c */
UAPI_ROW(recover_timeout);
UAPI_ROW(recover_closed);
UAPI_ROW(recover_clear);
UAPI_ROW(recover_silent_job);
UAPI_ROW(recover_silent_calls);

/* driver_coredump.c */
UAPI_ROW(coredump_fault);
UAPI_ROW(coredump_hang);
UAPI_ROW(coredump_one);
UAPI_ROW(coredump_unmapped);
UAPI_ROW(coredump_firmware);

/* driver_memcg.c */
UAPI_ROW(memcg_tables);

/* driver_prime.c */
UAPI_ROW(prime_import_udmabuf);
UAPI_ROW(prime_share_local);
UAPI_ROW(prime_share_system);
UAPI_ROW(prime_map);
UAPI_ROW(prime_of_vm);
UAPI_ROW(prime_no_mmap);

/* driver_mmap.c */
UAPI_ROW(mmap_private);
UAPI_ROW(mmap_no_mmap);

/* driver_fence.c */
UAPI_ROW(fence_job);
UAPI_ROW(fence_destroyed);
UAPI_ROW(fence_destroyed_waiting);
UAPI_ROW(fence_failed);
UAPI_ROW(fence_timeout);
UAPI_ROW(fence_eventfd);

/* driver_show.c */
UAPI_ROW(show_sysfs);
UAPI_ROW(show_fdinfo);
UAPI_ROW(show_trace);

/* driver_debugfs.c */
UAPI_ROW(debugfs_lists);
UAPI_ROW(debugfs_bos);
UAPI_ROW(debugfs_rings);
UAPI_ROW(debugfs_reset);

/* driver_spans.c */
UAPI_ROW(spans_job);
UAPI_ROW(spans_busy);
UAPI_ROW(spans_small);
UAPI_ROW(spans_reset);
UAPI_ROW(spans_threads);
UAPI_ROW(spans_unbound);

/* driver_hwmon.c */
UAPI_ROW(hwmon_attributes);
UAPI_ROW(hwmon_load);
UAPI_ROW(hwmon_reset);
UAPI_ROW(hwmon_recover);
UAPI_ROW(hwmon_sleep);
UAPI_ROW(hwmon_asleep);
UAPI_ROW(hwmon_falls_asleep);

/* driver_bind.c, driver_unbind.c: last, for where one fails there may be no device any more */
UAPI_ROW(bind_unbound);
UAPI_ROW(unbind_calls);
UAPI_ROW(unbind_ioctls);
UAPI_ROW(unbind_mapping);
UAPI_ROW(unbind_sensors);

#undef UAPI_ROW
