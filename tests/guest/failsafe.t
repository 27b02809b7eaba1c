#!/bin/bash
# SPDX-License-Identifier: MIT
#
# An NPU that fails in every way while the robot's arm moves by its word: the arm stops, the
# rest of the program is dropped, and the next instruction finds an NPU that works.
#
# The guest asks for what only the host can do by files in the shared folder: "ask" holds a
# line, and is gone when it is done.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/machine.sh"

robot=$TOP/examples/robot-agent
# A way that takes longer than any of the failures is waited for.
answer='[{"do":"home"},{"do":"move","dir":"left","mm":120},{"do":"wait","s":12},{"do":"home"}]'

provoke() {
	qmp 0 "{\"execute\": \"qom-set\", \"arguments\": {\"path\": \"/machine/peripheral/npu0\",
		\"property\": \"$1\", \"value\": $2}}"
}

# Its name is free when the guest has let go of it.
plug() {
	local i

	for ((i = 0; i < 300; i++)); do
		qmp 0 '{"execute": "device_add", "arguments": {"driver": "tnpu", "id": "npu0",
			"bus": "npuport0", "mem-size": 268435456}}' > /dev/null && return 0
		sleep 0.1
	done
	return 1
}

serve() {
	local what value

	machine_qmp 0
	until [ -e "$work/end" ]; do
		sleep 0.05
		[ -e "$work/ask" ] || continue
		read -r what value < "$work/ask"
		case $what in
		unplug) qmp 0 '{"execute": "device_del", "arguments": {"id": "npu0"}}' ;;
		plug) plug ;;
		*) provoke "$what" "$value" ;;
		esac || echo "$what $value" >> "$work/failed"
		rm "$work/ask"
	done
}

"$robot/arm/guest-files" "$work/guest" "$BUILD/bin/robot-agent" "$BUILD/bin/arm-sim"
"$BUILD/tests/robot-agent/recite" "$work/model.gguf" "$answer"
mkfifo "$work/qmp0.in" "$work/qmp0.out"
serve &
guest_tap failsafe --npu-mem 256M \
	--qemu -chardev --qemu "pipe,id=qmp,path=$work/qmp0" \
	--qemu -mon --qemu chardev=qmp,mode=control -- sh /mnt/tests/guest/failsafe-guest.sh
touch "$work/end"
wait
ok "$([ ! -e "$work/failed" ]; echo $?)" "the machine failed as it was told to"
done_testing
