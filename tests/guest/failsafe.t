#!/bin/bash
# SPDX-License-Identifier: MIT
#
# An NPU that fails in every way while the robot's arm moves by its word: the arm stops, the
# rest of the program is dropped, and the next instruction finds an NPU that works.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/machine.sh"
. "$(dirname "$0")/host.sh"

robot=$TOP/examples/robot-agent
# A way that takes longer than any of the failures is waited for.
answer='[{"do":"home"},{"do":"move","dir":"left","mm":120},{"do":"wait","s":12},{"do":"home"}]'

"$robot/arm/guest-files" "$work/guest" "$BUILD/bin/robot-agent" "$BUILD/bin/arm-sim"
"$BUILD/tests/robot-agent/recite" "$work/model.gguf" "$answer"
asking_tap failsafe -- sh /mnt/tests/guest/failsafe-guest.sh
done_testing
