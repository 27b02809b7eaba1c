#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The device is taken away under load, with and without a warning, and another one comes.
# TNPU_REMOVALS: how often each (2).

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/machine.sh"
. "$(dirname "$0")/host.sh"

for way in cut unplug; do
	asking_tap $way -- /mnt/build/tests/guest/removal $way "${TNPU_REMOVALS:-2}"
done
done_testing
