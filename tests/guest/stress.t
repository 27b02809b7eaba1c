#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What happens to a device under load: a little of what "make stress" does.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/machine.sh"
. "$(dirname "$0")/host.sh"
. "$TOP/tests/stress/lib.sh"

for event in hang:5 fault:5 engine_reset:2 fw_crash:1 fw_stall:1 flr:2 hot_reset:1 \
	aer_fatal:1 aer_nonfatal:1 aer_lost:1 suspend:1 cut:1; do
	stress "${event%:*}" "${event#*:}"
done
done_testing
