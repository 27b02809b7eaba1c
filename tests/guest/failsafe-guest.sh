#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: the arm moves, and the NPU fails. See failsafe.t.

here=/mnt/tests/e2e
. $here/lib.sh

export LD_LIBRARY_PATH=/mnt/out/guest/lib
driver=/sys/bus/pci/drivers/tnpu

# await SECONDS COMMAND...: until the command succeeds
await() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

gone() {
	[ ! -e "$1" ]
}

lines() {
	[ "$(grep -c "$2" "$1")" -ge "$3" ]
}

last_line() {
	tail -1 "$1" | grep -q "$2"
}

bound() {
	ls -d $driver/0000:* > /dev/null 2>&1
}

unbound() {
	! bound
}

# What only the host can do.
host() {
	echo "$*" > /mnt/out/asking
	mv /mnt/out/asking /mnt/out/ask
	await 60 gone /mnt/out/ask
}

slot() {
	basename "$(ls -d $driver/0000:*)"
}

# The queue that the model runs on: the driver's own is idle.
queue() {
	awk 'NR > 1 && $3 > most { most = $3; queue = $1 } END { print queue }' \
		/sys/kernel/debug/accel/*/queues
}

# ---- Ways to fail -------------------------------------------------------------------
# The gate's time runs out, or the driver's for the job.
fail_hang() {
	host hang-queue "$(queue)"
}

heal_hang() {
	host hang-queue -1
}

# The driver starts the firmware anew; a job that was running is lost.
fail_crash() {
	host hang-queue "$(queue)" && host fw-crash true
}

heal_crash() {
	host hang-queue -1
}

# Device memory is lost, and with it every queue.
fail_reset() {
	echo bus > "$driver/$(slot)/reset_method"
	# Above a port whose link seems down the reset is done, and then not believed in.
	echo 1 > "$driver/$(slot)/reset" 2> /dev/null
	true
}

heal_reset() {
	true
}

fail_unbind() {
	unbound_slot=$(slot)
	echo "$unbound_slot" > $driver/unbind
}

heal_unbind() {
	echo "$unbound_slot" > $driver/bind
}

# The attention button of a slot gives five seconds to think it over.
fail_unplug() {
	host unplug && await 30 unbound
}

heal_unplug() {
	host plug && await 30 bound
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
	await 60 lines "$work/arm" 'ms: active' $orders
}

outcome() {
	await 60 lines "$work/said" '^> ' $orders
	tail -1 "$work/said"
}

mount -t debugfs none /sys/kernel/debug 2> /dev/null
start
for what in hang crash reset unbind unplug; do
	instruct
	ok $? "$what: the arm moves"
	sleep 0.3
	fail_$what
	ok $? "$what: the NPU fails"
	said=$(outcome)
	ok "$([ "${said%%:*}" = stopped ]; echo $?)" "$what: $said"
	await 60 last_line "$work/arm" 'ms: stopped: told to'
	ok $? "$what: the arm $(tail -1 "$work/arm")"
	heal_$what
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
