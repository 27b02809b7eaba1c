#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: see recover.t.

# What is waited for is called by name.
# shellcheck disable=SC2317

here=/mnt/tests/e2e
. $here/lib.sh
# shellcheck source=tests/guest/ask.sh
. /mnt/tests/guest/ask.sh

driver=/sys/bus/pci/drivers/tnpu
slot=$(basename "$(ls -d $driver/0000:*)")
power=/sys/bus/pci/devices/$slot/power

# From here on, what the kernel says is about this step.
step() {
	what=$1
	echo "recover: $what" > /dev/kmsg
}

said() {
	dmesg | sed "1,/recover: $what\$/d" | grep -qE "$1"
}

# says TEXT: the kernel's log has it, or will
says() {
	await 30 said "$1"
	ok $? "$what: $1"
}

job() {
	/mnt/build/kselftests/tnpu/uapi -t job_runs > "$work/job" 2>&1
	grep -q '^ok 1 ' "$work/job" && ! grep -q SKIP "$work/job"
}

works() {
	job
	ok $? "$what: the device works"
	sed 's/^/# /' "$work/job"
}

pending() {
	grep -q '^# pending' "$work/bind"
}

asleep() {
	grep -q suspended "$power/runtime_status"
}

# ---- Firmware ------------------------------------------------------------------------------------
step "an answer that is lost"
host corrupt-reply 1
works
says "no answer to message"
says "function reset"

step "firmware that dies in its sleep"
await 30 asleep
ok $? "$what: the device sleeps"
host fw-crash true
works
says "function reset"

# ---- A device that is given up -------------------------------------------------------------------
step "firmware that does not start again"
host corrupt-image 100
TNPU_TEST_WEDGED=1 /mnt/build/kselftests/tnpu/driver -t bind_wedged > "$work/bind" 2>&1 &
binder=$!
await 30 pending
ok $? "$what: a VM_BIND is pending"
host fw-crash true
job
says "firmware refused: wrong digest"
says "recovery failed .*wedged"
wait $binder
ok "$(grep -q '^ok 1 ' "$work/bind" && ! grep -q SKIP "$work/bind"; echo $?)" \
	"$what: it ends with an error"
sed 's/^/# /' "$work/bind"
ok "$(! job; echo $?)" "$what: jobs fail"
host corrupt-image 0
echo "$slot" > $driver/unbind
echo "$slot" > $driver/bind
works
done_testing
