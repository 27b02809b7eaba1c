#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The model in the box, in the emulated machine: what it answers to samples of all kinds, how
# many of these are right (model/scores), and that the arm moves by them.

. "$(dirname "$0")/lib.sh"

robot=$TOP/examples/robot-agent
model=$robot/model/agent.gguf
bin=$BUILD/robot-agent
export B=$BUILD

score() {
	"$bin/agent-score" --json "$1" "$2" | sed -n 's/.*"exact":\t\([0-9]*\).*/\1/p' | head -1
}

# ---- 200 held-out instructions ----------------------------------------------------------
"$robot/arm/guest-files" "$work/guest" "$BUILD/bin/robot-agent" "$BUILD/bin/arm-sim"
"$bin/agent-data" --split test --seed 200 --count 200 > "$work/samples"
vm --share "$robot:robot" -- env LD_LIBRARY_PATH=/mnt/out/guest/lib sh -c '
	/mnt/robot/answers /mnt/build/bin/robot-agent /mnt/robot/model/agent.gguf \
		< /mnt/out/samples > /mnt/out/answers' 2> "$work/err"
ok $? "200 instructions are answered on the NPU$(sed 's/^/ # /' "$work/err" | tail -1)"
dmesg_clean "robot"
env TNPU_TRANSPORT=inproc TNPU_FIRMWARE="$BUILD/firmware/tnpu.bin" \
	TNPU_PLUGIN_DIR="$BUILD/lib/tnpu" "$robot/answers" "$BUILD/bin/robot-agent" "$model" \
	< "$work/samples" > "$work/inproc"
ok "$(cmp -s "$work/answers" "$work/inproc"; echo $?)" "the chip in process answers the same"
want=$(sed -n 's/^guest-200 //p' "$robot/model/scores")
got=$(score "$work/samples" "$work/answers")
ok "$([ -n "$want" ] && [ "$got" = "$want" ]; echo $?)" "$got of 200 are exact, $want were"

# ---- make run, as it calls its script -----------------------------------------------------
# says PROMPT PROGRAM
says() {
	VM_OPTS="--dmesg $work/dmesg" "$TOP/scripts/run" '' "$1" > "$work/out" 2> "$work/err"
	status=$?
	ok "$([ $status = 0 ] && [ "$(sed 's/^ //' "$work/out")" = "$2" ]; echo $?)" "make run: $1"
	sed 's/^/# /' "$work/out"
	dmesg_clean "make run"
}

says "pick up the green block and put it on the red one" \
	'[{"do":"pick","obj":"a"},{"do":"place","rel":"on","ref":"b"}]'
says "把绿色方块放到红色方块上，然后回家" \
	'[{"do":"pick","obj":"a"},{"do":"place","rel":"on","ref":"b"},{"do":"home"}]'
"$BUILD/bin/robot-agent" --print-prompt "go home" > "$work/want"
"$TOP/scripts/run" --prompt "go home" > "$work/got"
"$BUILD/bin/robot-agent" --print-prompt "回家" >> "$work/want"
"$TOP/scripts/run" --prompt "回家" >> "$work/got"
ok "$(cmp -s "$work/want" "$work/got"; echo $?)" "make run and robot-agent have the same scenes"

# ---- make demo ------------------------------------------------------------------------------
"$robot/demo" "$model" --dmesg "$work/dmesg" > "$work/out" 2> "$work/err"
ok $? "make demo$(sed 's/^/ # /' "$work/err" | tail -1)"
dmesg_clean "demo"
for tongue in en zh; do
	ok "$(grep -q '</svg>' "$bin/demo-$tongue.svg" && [ -s "$bin/demo-$tongue.json" ]; echo $?)" \
		"$tongue: a picture and a log"
done
ok "$([ "$(grep -c '^done' "$work/out")" = 4 ]; echo $?)" "two instructions a language are done"
ok "$([ "$(grep -c '^declined' "$work/out")" = 4 ]; echo $?)" "two are declined"
sed 's/^/# /' "$work/out"
done_testing
