#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The driver's own kselftests; and once more those of sleep, with real sleep, and those of jobs
# that hang, with firmware that cannot cancel one.

. "$(dirname "$0")/lib.sh"

# Shared folders cannot sleep: the test goes on without. Output that is under way when the
# machine falls asleep is lost, so it is kept until the end. S3 has to be asked for.
# shellcheck disable=SC2016 # the guest's shell expands it
alone='cp /mnt/build/kselftests/tnpu/driver /tmp && umount /mnt/* || exit
	cd /sys/bus/virtio/drivers/virtiofs
	for device in virtio*; do echo "$device" > unbind; done
	/tmp/driver "$@" > /tmp/tap; status=$?
	cat /tmp/tap
	exit $status'
s3=(--qemu -global --qemu ICH9-LPC.disable_s3=0)

guest_tap driver "${s3[@]}" --npu-mem 256M -- sh -c "$alone"

# The entry by which a kernel boots fastest here is not one that it wakes up by.
mkdir -p "$work/kernel/boot"
ln -s "$(readlink -f "$BUILD/kernel/files/lib")" "$work/kernel/lib"
ln -s "$(readlink -f "$BUILD"/kernel/files/boot/vmlinuz-*)" "$work/kernel/boot/"
guest_tap sleep "${s3[@]}" --kernel "$work/kernel" --module "$BUILD/driver/tnpu.ko" \
	--env TNPU_TEST_SLEEP=1 -- sh -c "$alone" sh -t pm_mem_keeps -t pm_mem_job -t pm_mem_busy

# shellcheck disable=SC2016 # as above
other='cp /mnt/out/no-cancel.bin /lib/firmware/tnpu/tnpu.bin && cd /sys/bus/pci/drivers/tnpu &&
	slot=$(echo 0000:*) && echo "$slot" > unbind && echo "$slot" > bind &&
	exec /mnt/build/kselftests/tnpu/driver "$@"'

# All messages but TNPU_MSG_QUEUE_CANCEL.
"$BUILD/bin/tnpu-mkfw" -n no-cancel --messages=0xdff -o "$work/no-cancel.bin"
guest_tap engines --npu-mem 256M -- sh -c "$other" sh -t recover_timeout -t recover_closed \
	-t recover_clear

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
	/mnt/build/kselftests/tnpu/driver -t coredump_fault -t coredump_hang -t coredump_firmware
explains fault "reason: FAULT" "access: WRITE" "behind the end of the mapping at" \
	"opcode: FENCE_SIGNAL" "wrong the fault is 0x0 bytes behind it" \
	"name value  value 81985529216486895" "means READY" "type QUEUE_CREATE" "is FAILED"
explains hang "reason: TIMEOUT" "opcode: FENCE_WAIT" "name timeout_us  value 10000000" \
	"status CANCELLED" "memory system  access r"
explains firmware "cause: the firmware crashed" "means CRASHED"
done_testing
