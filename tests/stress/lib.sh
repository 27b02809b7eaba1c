# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Source after tests/guest/lib.sh, machine.sh and host.sh.

: "${work:?}" "${BUILD:?}" "${s3[0]:?}" "${native_hotplug[0]:?}" "${alone:?}" "${no_cancel:?}"

# stress EVENT COUNT: in a machine of its own; the figures go to $work/EVENT.json
stress() {
	local program=/mnt/build/tests/stress/stress

	case $1 in
	suspend)
		guest_tap suspend --npu-mem 256M "${s3[@]}" -- \
			sh -c "$alone" sh $program suspend "$2"
		;;
	engine_reset)
		make_no_cancel
		asking_tap engine_reset -- sh -c "$no_cancel" sh $program engine_reset "$2"
		;;
	aer_fatal)
		asking_tap aer_fatal "${native_hotplug[@]}" -- $program aer_fatal "$2"
		;;
	*)
		asking_tap "$1" -- $program "$1" "$2"
		;;
	esac
	sed -n 's/^# json //p' "$work/tap" > "$work/$1.json"
	[ ! -s "$work/bad" ] || wc -l < "$work/bad" > "$work/$1.warnings"
}
