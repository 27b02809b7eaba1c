#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Devices and firmware that the driver cannot work with: it says why, lets go of the device, and
# works with it once the cause is gone.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/machine.sh"
. "$(dirname "$0")/host.sh"

# Without messages that the driver needs, CONTEXT_MAP or QUEUE_CREATE, and without what it uses where
# it can: FILL and COPY, QUERY and TRACE.
"$BUILD/bin/tnpu-mkfw" --messages=0xffb -o "$work/no-context.bin"
"$BUILD/bin/tnpu-mkfw" --messages=0xfef -o "$work/no-queue.bin"
"$BUILD/bin/tnpu-mkfw" --ops=0xfffffffffffffff9 -o "$work/no-copy.bin"
"$BUILD/bin/tnpu-mkfw" --messages=0x7fd -o "$work/no-trace.bin"
asking_tap probe -- sh /mnt/tests/guest/probe-guest.sh
done_testing
