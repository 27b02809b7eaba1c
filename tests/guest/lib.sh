# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Tests that run in the emulated machine. guest_tap boots it, runs a command there that
# prints TAP and hands its results on, renumbered; then the kernel's log must be clean.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${TNPU_BUILD:-$TOP/build}
# What is made for another kernel than the stock one lies in folders with its name.
# shellcheck disable=SC2034 # used where this file is sourced
for_kernel=${TNPU_KERNEL:+-$TNPU_KERNEL}
n=0
failed=0
# When the kernel tells of a task that hangs, with its stack: before a test's patience ends.
hung_task_s=25
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		# prove hides what is on standard output.
		echo "# ${0##*/}: not ok $n - $2" >&2
		failed=$((failed + 1))
	fi
}

done_testing() {
	echo "1..$n"
	exit $((failed > 0))
}

# A machine that can sleep, which no test but those of sleep needs.
# shellcheck disable=SC2034 # used where this file is sourced
s3=(--qemu -global --qemu ICH9-LPC.disable_s3=0 --qemu -machine --qemu hpet=on)

# A machine whose ports have a link to reset. With ACPI's hotplug, QEMU's say that it is down.
# shellcheck disable=SC2034 # used where this file is sourced
native_hotplug=(--qemu -global --qemu ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off)

# TNPU_ARCH=aarch64: in such a machine, for which what runs in it is built a second time. It
# cannot sleep.
arch=()
guest_build=$BUILD
if [ "${TNPU_ARCH:-}" = aarch64 ]; then
	arch=(--arch aarch64)
	guest_build=$BUILD/arm64
	# shellcheck disable=SC2034 # as above
	s3=()
fi

# sh -c "$alone" sh PROGRAM ARGUMENT...: in such a machine. Shared folders cannot sleep, nor
# can 7.3's ports to the host; what is said meanwhile is kept.
# shellcheck disable=SC2016,SC2034 # the guest's shell expands it
alone='cp "$1" /tmp/alone && shift && umount /mnt/* || exit
	cd /sys/bus/virtio/drivers/virtiofs
	for device in virtio*; do echo "$device" > unbind; done
	cd ../virtio_console && port=$(echo virtio*) && echo "$port" > unbind
	/tmp/alone "$@" > /tmp/tap; status=$?
	echo "$port" > bind
	cat /tmp/tap
	exit $status'

# make_no_cancel: firmware with all messages but TNPU_MSG_QUEUE_CANCEL, which
# sh -c "$no_cancel" sh PROGRAM ARGUMENT... starts first
make_no_cancel() {
	"$BUILD/bin/tnpu-mkfw" -n no-cancel --messages=0xdff -o "$work/no-cancel.bin"
}

# shellcheck disable=SC2016,SC2034 # the guest's shell expands it
no_cancel='cp /mnt/out/no-cancel.bin /lib/firmware/tnpu/tnpu.bin && cd /sys/bus/pci/drivers/tnpu &&
	slot=$(echo 0000:*) && echo "$slot" > unbind && echo "$slot" > bind && exec "$@"'

# vm [OPTION]... -- COMMAND...: with the build tree, the tests and a folder for results
# shared; the models too, where there are some.
vm() {
	local models=()

	[ -z "${TNPU_TEST_MODELS:-}" ] || models=(--share "$TNPU_TEST_MODELS:models")
	"$TOP/scripts/vm" "${arch[@]}" --dmesg "$work/dmesg" --share "$guest_build:build" --share "$TOP/tests:tests" \
		--share "$work:out" "${models[@]}" --env TNPU_BUILD=/mnt/build \
		--append "sysctl.kernel.hung_task_timeout_secs=$hung_task_s" \
		--env TNPU_TEST_MODELS=/mnt/models --timeout 900 "$@"
}

# What no test may leave in the kernel's log.
dmesg_clean() {
	local bad='WARNING:|BUG:|Oops|Call Trace|lockdep|possible recursive|refcount_t|'
	bad+='general protection|unable to handle|hung task|blocked for more than|leak'

	grep -E "$bad" "$work/dmesg" > "$work/bad"
	ok "$([ -s "$work/dmesg" ] && [ ! -s "$work/bad" ]; echo $?)" "$1: the kernel's log is clean"
	sed 's/^/#   /' "$work/bad" | head -20 >&2
}

# keep_failure NAME: what is known of it, told by "make check-guest" at its very end too
keep_failure() {
	local file

	mkdir -p "$BUILD/tests/failed"
	file=$BUILD/tests/failed/${0##*/}-$1
	cp "$work/tap" "$file.tap"
	cp "$work/dmesg" "$file.dmesg"
	{
		grep -Ev '^ok |^1\.\.|^TAP|^# +(RUN|OK) |^# (Starting|PASSED|Totals)' "$file.tap"
		tail -5 "$work/err"
		grep -E '\[drm\]|\+0x.*\[tnpu\]|hung|blocked|timed out' "$file.dmesg" | tail -8
	} > "$file.why"
}

# guest_tap NAME [VM-OPTION]... -- COMMAND...
guest_tap() {
	local name=$1 status line plan='' count=0 before=$failed

	shift
	vm "$@" > "$work/tap" 2> "$work/err"
	status=$?
	while read -r line; do
		case $line in
		'ok '*'# SKIP'*) count=$((count + 1)); ok 1 "$name: skipped: ${line#ok * }" ;;
		'ok '*) count=$((count + 1)); ok 0 "$name: ${line#ok * }" ;;
		'not ok '*) count=$((count + 1)); ok 1 "$name: ${line#not ok * }" ;;
		'TAP version'*) ;;
		1..*) plan=${line#1..}; plan=${plan%% *} ;;
		'#'*) echo "$line" ;;
		'Bail out!'*) ok 1 "$name: $line" ;;
		esac
	done < "$work/tap"
	ok "$([ "$status" = 0 ] && [ "$plan" = "$count" ] && [ "$count" -gt 0 ]; echo $?)" \
		"$name: status $status, $count of ${plan:-?} tests ran"
	[ "$plan" = "$count" ] || sed 's/^/#   /' "$work/tap" >&2
	[ "$status" = 0 ] || tail -20 "$work/err" | sed 's/^/#   /' >&2
	dmesg_clean "$name"
	[ "$failed" = "$before" ] || keep_failure "$name"
}
