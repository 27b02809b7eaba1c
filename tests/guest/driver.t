#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The driver's own kselftests; and once more those of sleep, with real sleep, and those of jobs
# that hang, with firmware that cannot cancel one.

. "$(dirname "$0")/lib.sh"

driver=/mnt/build/kselftests/tnpu/driver

sleep_for_real() {
	# The entry by which a kernel boots fastest here is not one that it wakes up by.
	mkdir "$work/kernel"
	ln -s "$(readlink -f "$BUILD/kernel$for_kernel/files/lib")" "$work/kernel/lib"
	ln -s "$(readlink -f "$BUILD/kernel$for_kernel"/files/boot/vmlinuz-*)" "$work/kernel/vmlinuz"
	guest_tap sleep "${s3[@]}" --kernel "$work/kernel" \
		--module "$BUILD/driver$for_kernel/tnpu.ko" \
		--env TNPU_TEST_SLEEP=1 -- sh -c "$alone" sh $driver \
		-t pm_mem_keeps -t pm_mem_job -t pm_mem_busy -t hwmon_sleep
}

# bind_wedged is for recover.t, which breaks the device.
guest_tap driver "${s3[@]}" --npu-mem 256M -- sh -c "$alone" sh $driver -T bind_wedged
[ ${#s3[@]} = 0 ] || sleep_for_real

make_no_cancel
guest_tap engines --npu-mem 256M -- sh -c "$no_cancel" sh $driver -t recover_timeout \
	-t recover_closed -t recover_clear

# All queues that a device can have: one is the driver's own.
guest_tap fair --npu-mem 256M --device-opts queues=64,contexts=64 -- $driver -t fair_contexts

# ---- Core dumps: what the driver writes, the command reads ---------------------------------

# explains NAME TEXT...: tnpu decode tells each TEXT of the dump that the case NAME left
explains() {
	local name=$1 text

	shift
	"$BUILD/bin/tnpu" decode "$work/dumps/$name" > "$work/told" 2> "$work/err"
	ok $? "tnpu decode reads the dump of $name: $(wc -c < "$work/dumps/$name") bytes"
	sed 's/^/#   /' "$work/err" >&2
	for text; do
		grep -qF -- "$text" "$work/told"
		ok $? "$name: $text"
	done
}

mkdir "$work/dumps"
guest_tap coredump --npu-mem 256M --env TNPU_TEST_DUMPS=/mnt/out/dumps -- \
	$driver -t coredump_fault -t coredump_hang -t coredump_firmware
explains fault "reason: FAULT" "access: WRITE" "behind the end of the mapping at" \
	"opcode: FENCE_SIGNAL" "wrong the fault is 0x0 bytes behind it" \
	"name value  value 81985529216486895" "means READY" "type QUEUE_CREATE" "is FAILED"
explains hang "reason: TIMEOUT" "opcode: FENCE_WAIT" "name timeout_us  value 10000000" \
	"status CANCELLED" "memory system  access r"
explains firmware "cause: the firmware crashed" "means CRASHED"
done_testing
