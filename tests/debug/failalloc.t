#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Each allocation that a call of the uAPI makes fails once, on the debug kernel.

. "$(dirname "$0")/lib.sh"
debug_tap failalloc -- sh /mnt/tests/debug/failalloc.sh
done_testing
