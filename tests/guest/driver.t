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
"$BUILD/bin/tnpu-mkfw" -n no-cancel --messages=0x5ff -o "$work/no-cancel.bin"
guest_tap engines --npu-mem 256M -- sh -c "$other" sh -t recover_timeout -t recover_closed \
	-t recover_clear
done_testing
