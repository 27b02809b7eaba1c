#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the driver does to a device's registers, from probe to removal, with one job between:
# as recorded in tests/conformance/driver.registers. `registers.t --record' records it anew.

. "$(dirname "$0")/lib.sh"

recorded=$TOP/tests/conformance/driver.registers

# Addresses are the guest's own. A register that is read until it changes is told once, and
# that the firmware runs, too: the driver asks again when it wakes the device, which on a slow
# host fell asleep.
listing() {
	sed -n 's/^tnpu_mmio_\(read\|write\) .* \([A-Z0-9_]* = .*\)/\1 \2/p
		s/^tnpu_doorbell dev [^ ]* \(.*\)/doorbell \1/p
		s/^tnpu_irq_notify dev [^ ]* \(.*\)/interrupt \1/p' "$1" |
		sed -E 's/^(write (MBOX_RE[QS]|MBOX_RSP|FW_ADDR)_(LO|HI) =) .*/\1 an address/
			s/^(write FW_SIZE =) .*/\1 the image/; s/^(read FW_VERSION =) .*/\1 the image/' |
		awk '/^read BOOT_STATE = 0x2$/ && running++ { next }
			{ print }' |
		awk '{ key = $1 $2 } NR > 1 && !(key == last && $1 == "read") { print line }
			{ last = key; line = $0 } END { print line }'
}

# What was open is closed a moment after its process has ended.
# shellcheck disable=SC2016 # the guest's shell expands it
vm --qemu -trace --qemu "enable=tnpu_*,file=$work/trace" -- sh -c '
	/mnt/build/kselftests/tnpu/uapi -t job_null > /mnt/out/job
	for i in $(seq 50); do rmmod tnpu 2> /dev/null && exit; sleep 0.1; done; exit 1' \
	> "$work/out" 2> "$work/err"
ok $? "probe, a job without commands, removal$(head -3 "$work/err")"
ok "$(grep -q '^ok 1 ' "$work/job"; echo $?)" "the job runs"
listing "$work/trace" > "$work/registers"
if [ "${1:-}" = --record ]; then
	sed '/^[^#]/,$d' "$recorded" > "$work/head"
	cat "$work/head" "$work/registers" > "$recorded"
fi
ok "$(sed '/^#/d' "$recorded" | diff - "$work/registers" > "$work/diff"; echo $?)" \
	"$(wc -l < "$work/registers") accesses, doorbells and interrupts are those recorded"
sed 's/^/#   /' "$work/diff" | head -20 >&2
dmesg_clean "registers"
done_testing
