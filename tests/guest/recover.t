#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the driver recovers from, one at a time: an answer that does not come, and firmware that dies
# while the device sleeps; and a device that it has to give up.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/machine.sh"
. "$(dirname "$0")/host.sh"
asking_tap recover -- sh /mnt/tests/guest/recover-guest.sh
done_testing
