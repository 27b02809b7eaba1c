#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A machine whose model is talking moves: live to another QEMU, whose device has another
# number of engines, and back in time to a snapshot. What the model says is what it says in
# process, and each text comes once. The device's energy never falls.
#
# TNPU_MOVES is how many moves of each kind there are (2).

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/machine.sh"

[ -n "${TNPU_TEST_MODELS:-}" ] || { echo "1..0 # SKIP TNPU_TEST_MODELS is not set"; exit 0; }

MODEL=$TNPU_TEST_MODELS/stories260K.q4_0.gguf
MOVES=${TNPU_MOVES:-2}
SEEDS=4

run() {
	local tnpu=$1 model=$2 seed=$3

	"$tnpu" run -m "$model" -p "Once upon a time" -n 100 --ignore-eos --temp 1 --seed "$seed" \
		2> /dev/null | sha256sum | cut -c 1-64
}

# energy FALLS LAST: how often the device's energy has fallen, and what it was last
# shellcheck disable=SC2317 # the guest calls it
energy() {
	local falls=$1 last=$2 now power

	# A device that has fallen asleep since the text tells nothing.
	power=$(echo /sys/bus/pci/drivers/tnpu/0000:*/power/control)
	echo on > "$power"
	now=$(cat /sys/bus/pci/drivers/tnpu/0000:*/hwmon/hwmon*/energy1_input)
	echo auto > "$power"
	[ "$now" -gt "$last" ] || falls=$((falls + 1))
	echo "$falls $now"
}

# Texts without end. Errors of the driver would show in the count behind a text, and so does
# energy that falls.
agent() {
	cat <<-AGENT
		#!/bin/busybox sh
		exec > /dev/ttyS0 2>&1 < /dev/null
		$(declare -f run energy)
		k=0
		energy="0 0"
		while :; do
			sum=\$(run tnpu /model.gguf \$((k % $SEEDS)))
			energy=\$(energy \$energy)
			errors=\$(dmesg | grep -c -E 'tnpu.*(reset|timed|fault)|WARNING:|BUG:')
			echo "text \$k \$sum \$((errors + \${energy% *})) \${energy#* }"
			k=\$((k + 1))
		done
	AGENT
}

texts() {
	tr -d '\r' < "$work/console" | grep -a '^text '
}

# Waits until there are more than N texts.
wait_texts() {
	local i

	for ((i = 0; i < 3000; i++)); do
		[ "$(texts | wc -l)" -le "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

mkdir -p "$work/disk/sbin"
agent > "$work/disk/sbin/vm-agent"
chmod 755 "$work/disk/sbin/vm-agent"
cp "$MODEL" "$work/disk/model.gguf"
machine_initrd "$work/disk"
for ((seed = 0; seed < SEEDS; seed++)); do
	expected[seed]=$(TNPU_TRANSPORT=inproc run "$BUILD/bin/tnpu" "$MODEL" "$seed")
done

machine_start 0
wait_texts 0
ok $? "a model talks"
at=0
for ((move = 1; move <= MOVES; move++)); do
	sleep "0.$((RANDOM % 10))"
	machine_migrate "$at" "$move" && at=$move
	ok $? "migration $move"
	sleep "0.$((RANDOM % 10))"
	machine_snapshots "$at" && machine_go_back "$at" "0.$((RANDOM % 10))"
	ok $? "snapshot $move"
done
wait_texts "$(($(texts | wc -l) + 1))"
ok $? "the model talks on"
machine_end "$at"

differ=0 k=0 took=0
while read -r _ number sum errors energy; do
	if [ "$number $sum $errors" != "$k ${expected[k % SEEDS]} 0" ]; then
		echo "# text $k: $number $sum $errors"
		differ=$((differ + 1))
	fi
	took=$energy
	k=$((k + 1))
done < <(texts)
ok "$([ "$k" -gt 2 ] && [ "$differ" = 0 ]; echo $?)" \
	"$k texts over $MOVES migrations and $MOVES snapshots, $differ differ"
ok "$([ "$took" -gt 0 ]; echo $?)" "they took energy: $took microjoules"
[ "$failed" = 0 ] || tail -20 "$work/qemu.err" | sed 's/^/# qemu: /'
done_testing
