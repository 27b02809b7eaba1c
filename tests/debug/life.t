#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Clients that share, die and outlive the device, on the debug kernel.

. "$(dirname "$0")/lib.sh"

[ -n "${TNPU_TEST_MODELS:-}" ] || { echo "1..0 # SKIP TNPU_TEST_MODELS is not set"; exit 0; }
debug_tap life -- sh /mnt/tests/guest/life-guest.sh
done_testing
