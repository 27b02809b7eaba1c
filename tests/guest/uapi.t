#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The uAPI's kselftests against the driver.

. "$(dirname "$0")/lib.sh"
guest_tap uapi -- /mnt/build/kselftests/tnpu/uapi
done_testing
