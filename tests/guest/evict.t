#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Two models that together need one and a half of the device's memory.

. "$(dirname "$0")/lib.sh"

guest_tap evict --npu-mem 32M -- sh /mnt/tests/guest/evict-guest.sh
done_testing
