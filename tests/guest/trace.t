#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tnpu trace in the machine: that the driver's events and the device's spans are on one clock,
# that the traced command notices nothing, and that nothing is left behind.

. "$(dirname "$0")/lib.sh"

[ -n "${TNPU_TEST_MODELS:-}" ] || { echo "1..0 # SKIP TNPU_TEST_MODELS is not set"; exit 0; }

# Every line of its output is NAME VALUE, to be looked up below.
cat > "$work/guest.sh" << 'END'
cd /mnt/out || exit

# traced NAME OPTION... -- COMMAND...: its exit status
traced() {
	name=$1
	shift
	tnpu trace -o "$name.json" "$@" > "$name.out" 2> "$name.err"
	echo "$name $?"
}

left() {
	echo "$1 $(ls /sys/kernel/tracing/instances | wc -l)"
}

model=/mnt/models/stories260K.q4_0.gguf
traced run -- tnpu run -m $model -p "Once upon a time" -n 24 --ignore-eos --json
left left_run
tnpu run -m $model -p "Once upon a time" -n 24 --ignore-eos --json > untraced.out
traced bench -d /dev/accel/accel0 -- tnpu bench -m $model -p 400 -n 16 --chunk 400 -r 1 --json
traced driver --no-device -- tnpu bench --null -r 10
traced device --no-driver -- tnpu run -m $model --prompt-ids 1,2 -n 4
traced seven -- sh -c 'exit 7'
traced killed -- sh -c 'kill -9 $$'
traced missing -- /mnt/none
traced folder -- /mnt/out
traced outer -- tnpu trace -o inner.json -- touch inner.ran
echo "mono $(cat /sys/kernel/tracing/trace_clock | grep -c '\[mono\]')"
tnpu trace -o stopped.json -- sleep 1000 > /dev/null 2> stopped.err &
sleep 2
left left_during
kill -TERM $!
wait $!
echo "stopped $?"
left left_end
traced again -- true

cp no-trace.bin /lib/firmware/tnpu/tnpu.bin && cd /sys/bus/pci/drivers/tnpu || exit
slot=$(echo 0000:*)
echo "$slot" > unbind
echo "$slot" > bind
cd /mnt/out || exit
traced old -- touch old.ran
traced plain --no-device -- tnpu bench --null -r 10
END
# All messages but TNPU_MSG_TRACE.
"$BUILD/bin/tnpu-mkfw" -n no-trace --messages=0x7ff -o "$work/no-trace.bin"
vm --device-opts engines=3 -- sh /mnt/out/guest.sh > "$work/told" 2> "$work/err"
ok $? "the machine: $(tail -1 "$work/err")"
dmesg_clean trace

# told NAME VALUE WHAT
told() {
	local value

	value=$(sed -n "s/^$1 //p" "$work/told")
	ok "$([ "$value" = "$2" ]; echo $?)" "$3: $value"
}

told run 0 "a traced command's status"
told bench 0 "and of one with the device given"
told seven 7 "and one of its own"
told killed 137 "a command that a signal ended"
told missing 127 "a command that is not there"
told folder 126 "a command that is none"
told outer 1 "two tracers: the second's status"
grep -q "somebody traces" "$work/outer.err"
ok $? "and what it says: $(head -1 "$work/outer.err")"
ok "$([ ! -e "$work/inner.ran" ] && [ ! -e "$work/inner.json" ]; echo $?)" \
	"it runs nothing and leaves no file"
ok "$([ ! -e "$work/missing.json" ] && [ ! -e "$work/folder.json" ]; echo $?)" \
	"nor does one whose command cannot be run"
told left_run 0 "instances of tracefs behind it"
told left_during 1 "instances of tracefs while it runs"
told stopped 143 "SIGTERM ends the command"
told left_end 0 "and leaves no instance behind"
told mono 0 "the user's own trace keeps its clock"
told again 0 "and the next one runs"
told old 1 "firmware that cannot record"
grep -q "firmware is too old" "$work/old.err"
ok $? "and what it says: $(head -1 "$work/old.err")"
ok "$([ ! -e "$work/old.ran" ] && [ ! -e "$work/old.json" ]; echo $?)" "nothing runs then"
told plain 0 "without spans it is traced"
cmp -s <(sed 's/,"load_s".*//' "$work/run.out") <(sed 's/,"load_s".*//' "$work/untraced.out")
ok $? "the traced command says what it says untraced"

for name in run bench driver device seven killed outer stopped again plain; do
	jq -c -f "$TOP/tests/guest/trace.jq" "$work/$name.json" > "$work/$name.facts"
	ok $? "$name is JSON: $(tail -1 "$work/$name.err")"
done

# facts NAME FILTER WHAT
facts() {
	local holds

	holds=$(jq "$2" "$work/$1.facts")
	ok "$([ "$holds" = true ]; echo $?)" "$1: $3"
	[ "$holds" = true ] || cut -c 1-1000 "$work/$1.facts" | sed 's/^/#   /' >&2
}

for name in run bench; do
	facts "$name" '.jobs > 10 and .command_spans > 100 and .lane_spans > 100' \
		"$(jq -r '"\(.jobs) jobs, \(.command_spans) commands, \(.lane_spans) spans"' \
			"$work/$name.facts")"
	facts "$name" '.scheduler > 0' "the scheduler's events too"
	facts "$name" '.unknown == []' "all opcodes have names"
	facts "$name" '.nameless == []' "all rows have names"
	facts "$name" '.negative == [] and .unordered == []' "in order of time"
	facts "$name" '.overlapping == []' "no row does two things at a time"
	facts "$name" '.outside == []' "spans lie within their jobs"
	facts "$name" '.early == []' "no job starts before it was submitted"
	facts "$name" '.late == []' "or ends after the driver was told"
	facts "$name" '.edges == []' "what was submitted ended"
	grep -q "lost: 0 spans, 0 events$" "$work/$name.err"
	ok $? "$name: nothing was lost"
done
# Where there is little to do, one lane does it all.
facts bench '.lanes == 3' "three lanes"
for name in driver plain; do
	facts "$name" '.jobs == 0 and .lane_spans == 0 and .scheduler > 0' "events alone"
done
facts device '.jobs == 0 and .lane_spans > 0 and .scheduler == 0' "spans alone"
done_testing
