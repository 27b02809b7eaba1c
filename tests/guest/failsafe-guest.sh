#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: the arm moves, and the NPU fails. See failsafe.t.

# What is waited for is called by name.
# shellcheck disable=SC2317

here=/mnt/tests/e2e
. $here/lib.sh
# shellcheck source=tests/guest/ask.sh
. /mnt/tests/guest/ask.sh

export LD_LIBRARY_PATH=/mnt/out/guest/lib
driver=/sys/bus/pci/drivers/tnpu
slot=$(basename "$(ls -d $driver/0000:*)")

lines() {
	[ "$(grep -c "$2" "$1")" -ge "$3" ]
}

last_line() {
	tail -1 "$1" | grep -q "$2"
}

bound() {
	[ -e "$driver/$slot" ]
}

unbound() {
	! bound
}

# The queue that the model runs on: the driver's own is idle.
queue() {
	awk 'NR > 1 && $3 > most { most = $3; queue = $1 } END { print queue }' \
		/sys/kernel/debug/accel/*/queues
}

# ---- Ways to fail -------------------------------------------------------------------
fail() {
	case $1 in
	hang)	# The gate's time runs out, or the driver's for the job.
		host hang-queue "$(queue)" ;;
	crash)	# The driver starts the firmware anew; a job that was running is lost.
		host hang-queue "$(queue)" && host fw-crash true ;;
	reset)	# Device memory is lost, and with it every queue.
		echo bus > "$driver/$slot/reset_method"
		# Above a port whose link seems down it is done, and then not believed in.
		echo 1 > "$driver/$slot/reset" 2> /dev/null || true ;;
	unbind)
		echo "$slot" > "$driver"/unbind ;;
	unplug)	# The slot's attention button gives five seconds to think it over.
		host unplug && await 30 unbound ;;
	esac
}

heal() {
	case $1 in
	hang | crash)
		host hang-queue -1 ;;
	unbind)
		echo "$slot" > "$driver"/bind ;;
	unplug)
		host plug && await 30 bound ;;
	esac
}

# ---- The robot ------------------------------------------------------------------------
start() {
	arm-sim --watchdog 2000 --listen 127.0.0.1:1502 > "$work/arm" &
	arm=$!
	await 20 lines "$work/arm" listening 1 || bail "no arm"
	mkfifo "$work/in"
	robot-agent -m /mnt/out/model.gguf --arm 127.0.0.1:1502 --npu-deadline 3000 \
		--patience 60 --scene "scene: red block a (30,20); hand empty" \
		< "$work/in" > "$work/said" 2> "$work/err" &
	agent=$!
	exec 3> "$work/in"
}

orders=0
instruct() {
	orders=$((orders + 1))
	echo "go" >&3
	await 60 lines "$work/arm" 'ms: active' "$orders"
}

outcome() {
	await 60 lines "$work/said" '^> ' "$orders"
	tail -1 "$work/said"
}

mount -t debugfs none /sys/kernel/debug 2> /dev/null
start
for what in hang crash reset unbind unplug; do
	instruct
	ok $? "$what: the arm moves"
	sleep 0.3
	fail "$what"
	ok $? "$what: the NPU fails"
	said=$(outcome)
	ok "$([ "${said%%:*}" = stopped ]; echo $?)" "$what: $said"
	await 60 last_line "$work/arm" 'ms: stopped: told to'
	ok $? "$what: the arm $(tail -1 "$work/arm")"
	heal "$what"
	ok $? "$what: the NPU is back"
done
instruct
said=$(outcome)
ok "$([ "$said" = "done" ]; echo $?)" "the next instruction: $said"
exec 3>&-
wait $agent
ok "$([ $? = 1 ]; echo $?)" "robot-agent tells that the arm was stopped"
kill $arm
done_testing
