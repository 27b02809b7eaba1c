# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What only the host can do, for a test in the guest that asks for it: by a file "ask" in the
# shared folder, with one line, which is gone when that is done:
#
#	unplug, plug		the device, in good order
#	aer ERROR		an error of the bus, by QEMU's name for it
#	PROPERTY VALUE		a property of the device, such as a failure
#
# Source after lib.sh and machine.sh.

: "${work:?}"

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

# The monitor's word is the only one for it, and what it says is an answer in any case.
aer() {
	qmp 0 "{\"execute\": \"human-monitor-command\", \"arguments\":
		{\"command-line\": \"pcie_aer_inject_error npu0 $1\"}}" && [[ $ANSWER == *'"OK '* ]]
}

# Until the file "end" is there. What failed goes to the file "failed".
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
		aer) aer "$value" ;;
		*) provoke "$what" "$value" ;;
		esac || echo "$what $value" >> "$work/failed"
		rm "$work/ask"
	done
}

# asking_tap NAME [VM-OPTION]... -- COMMAND...: guest_tap, with an ear for what it asks for
asking_tap() {
	local name=$1

	shift
	rm -f "$work/end"
	mkfifo "$work/qmp0.in" "$work/qmp0.out"
	serve &
	guest_tap "$name" --npu-mem 256M \
		--qemu -chardev --qemu "pipe,id=qmp,path=$work/qmp0" \
		--qemu -mon --qemu chardev=qmp,mode=control "$@"
	touch "$work/end"
	wait
	rm "$work/qmp0.in" "$work/qmp0.out"
	ok "$([ ! -e "$work/failed" ]; echo $?)" "$name: the machine failed as it was told to"
}
