# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Source after tests/guest/lib.sh, machine.sh and host.sh.

: "${work:?}" "${BUILD:?}"

# All messages but TNPU_MSG_QUEUE_CANCEL.
# shellcheck disable=SC2016 # the guest's shell expands it
no_cancel='cp /mnt/out/no-cancel.bin /lib/firmware/tnpu/tnpu.bin && cd /sys/bus/pci/drivers/tnpu &&
	slot=$(echo 0000:*) && echo "$slot" > unbind && echo "$slot" > bind && exec "$@"'

# Shared folders cannot sleep, and what is said meanwhile is lost.
# shellcheck disable=SC2016
alone='cp "$1" /tmp && shift && umount /mnt/* || exit
	cd /sys/bus/virtio/drivers/virtiofs
	for device in virtio*; do echo "$device" > unbind; done
	/tmp/stress "$@" > /tmp/tap; status=$?
	cat /tmp/tap
	exit $status'

# stress EVENT COUNT: in a machine of its own; the figures go to $work/EVENT.json
stress() {
	local program=/mnt/build/tests/stress/stress

	case $1 in
	suspend)
		guest_tap suspend --npu-mem 256M \
			--qemu -global --qemu ICH9-LPC.disable_s3=0 -- \
			sh -c "$alone" sh $program suspend "$2"
		;;
	engine_reset)
		"$BUILD/bin/tnpu-mkfw" -n no-cancel --messages=0xdff -o "$work/no-cancel.bin"
		asking_tap engine_reset -- sh -c "$no_cancel" sh $program engine_reset "$2"
		;;
	*)
		asking_tap "$1" -- $program "$1" "$2"
		;;
	esac
	sed -n 's/^# json //p' "$work/tap" > "$work/$1.json"
	[ ! -s "$work/bad" ] || wc -l < "$work/bad" > "$work/$1.warnings"
}
