#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The driver's own kselftests.

. "$(dirname "$0")/lib.sh"
guest_tap driver -- /mnt/build/kselftests/tnpu/driver
done_testing
