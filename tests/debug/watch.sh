#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: a command; then takes the driver out, so that the DMA debugger looks for
# mappings that are left, and lets kmemleak look for memory that is. What that finds goes to
# the kernel's log. The status is the command's.
#
# Usage: watch.sh COMMAND...

kmemleak=/sys/kernel/debug/kmemleak

tell() {
	while read -r line; do
		echo "LEAK $line" > /dev/kmsg
	done
}

"$@"
status=$?
rmmod tnpu || echo "the driver stays: $(grep ^tnpu /proc/modules)" | tell
# Memory younger than five seconds is not suspected; the second look clears those who were
# being moved during the first.
sleep 6
echo scan > $kmemleak
sleep 6
echo scan > $kmemleak
tell < $kmemleak
exit $status
