#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The driver's kselftests on the debug kernel, but for those of system sleep: shared folders, by
# which the machine is watched, cannot sleep. Nor does this kernel have memory cgroups.

. "$(dirname "$0")/lib.sh"
debug_tap driver --npu-mem 256M -- /mnt/build/kselftests/tnpu/driver -T pm_idle_keeps \
	-T pm_idle_job -T pm_mem_keeps -T pm_mem_evicted -T pm_mem_job -T pm_mem_busy \
	-T hwmon_sleep -T bind_sleep -T memcg_tables
done_testing
