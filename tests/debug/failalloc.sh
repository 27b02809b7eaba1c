#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: the cases of the uAPI with allocations that fail. Those that pass bad
# pointers are left out, as are the long ones, in which nothing is new.

debug=/sys/kernel/debug
cases=$(sed -n 's/^UAPI_ROW(\(.*\));/\1/p' /mnt/tests/kselftests/tnpu/uapi/uapi_table.h |
	grep -vE '^(arg_.*|.*_bad|ioctl_unknown|async_many|client_many|client_threads.*|syncobj_timeline_long)$')

# Those that may sleep too, and of any order; without a stack for each in the log.
for what in failslab fail_page_alloc; do
	echo N > $debug/$what/ignore-gfp-wait
	echo 0 > $debug/$what/verbose
done
echo N > $debug/fail_page_alloc/ignore-gfp-highmem
echo 0 > $debug/fail_page_alloc/min-order
# shellcheck disable=SC2086 # names
exec /mnt/build/tests/debug/uapi_fail $cases
