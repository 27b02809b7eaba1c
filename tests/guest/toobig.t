#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Models larger than device memory, of which this machine has little.

. "$(dirname "$0")/lib.sh"

guest_tap toobig --npu-mem 32M -- sh /mnt/tests/guest/toobig-guest.sh
done_testing
