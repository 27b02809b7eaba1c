#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The uAPI's kselftests on the debug kernel.

. "$(dirname "$0")/lib.sh"
debug_tap uapi -- /mnt/build/kselftests/tnpu/uapi
done_testing
