#!/bin/bash
# SPDX-License-Identifier: MIT
#
# robot-agent and arm-sim as their users see them, on this host: with a model that recites,
# what becomes of each answer is known.
#
# shellcheck disable=SC2016 # perl expands what is in single quotes

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"

recite=$TNPU_BUILD/tests/robot-agent/recite
sim=
wave='[{"do":"move","dir":"left","mm":150},{"do":"wait","s":1},{"do":"move","dir":"right","mm":150}]'
stack='[{"do":"pick","obj":"a"},{"do":"place","rel":"on","ref":"b"},{"do":"home"}]'

# A busy machine may be late; how the arm stops is not what most of these look at.
arm_start() {
	: > "$work/arm"
	arm-sim --listen 127.0.0.1:0 --watchdog "${1:-5000}" > "$work/arm" &
	sim=$!
	until grep -q listening "$work/arm"; do sleep 0.05; done
	arm=127.0.0.1:$(sed -n 's/listening on port //p' "$work/arm")
}

arm_end() {
	kill $sim
	wait $sim
}

arm_said() {
	sed -n 's/^[0-9]* ms: //p' "$work/arm" | tr '\n' ,
}

# await TEXT: in what the arm says
await() {
	until grep -q "$1" "$work/arm"; do sleep 0.05; done
}

# model TEXT: one that recites it
model() {
	"$recite" "$work/model.gguf" "$1"
}

agent() {
	run robot-agent -m "$work/model.gguf" --npu-deadline 5000 "$@"
}

# is STATUS PATTERN WHAT
is() {
	ok "$([ "$status" = "$1" ] && grep -q -- "$2" "$work/out"; echo $?)" "$3"
}

# json FILE EXPRESSION: of perl, about $j
json() {
	perl -MJSON::PP -e 'local $/; open(F, "<", $ARGV[0]); $j = decode_json(<F>);
		print eval($ARGV[1]), "\n"; die $@ if $@' "$1" "$2"
}

# ---- Usage --------------------------------------------------------------------------
for args in "" "-m" "--nonsense" "-m x --bench 0" "-m x --bench 5 --arm 127.0.0.1:1" \
	"-m x --lang fr" "-m x --npu-deadline 0" "-m x --patience x"; do
	# shellcheck disable=SC2086
	run robot-agent $args < /dev/null
	ok "$([ "$status" = 2 ] && [ -s "$work/err" ] && [ ! -s "$work/out" ]; echo $?)" \
		"robot-agent $args: wrong usage, status 2"
done
for program in robot-agent arm-sim; do
	run $program --help
	ok "$([ "$status" = 0 ] && [ -s "$work/out" ]; echo $?)" "$program --help"
done
run arm-sim --watchdog 0
ok "$([ "$status" != 0 ] && [ -s "$work/err" ]; echo $?)" "arm-sim --watchdog 0 is refused"
run arm-sim --listen nowhere
ok "$([ "$status" = 1 ] && grep -q "no address" "$work/err"; echo $?)" "arm-sim --listen nowhere"

# ---- Prompts ------------------------------------------------------------------------
run robot-agent --print-prompt -s "scene: red block a (32,12); hand empty" "go home"
printf 'scene: red block a (32,12); hand empty\ndo: go home\nplan:\n' > "$work/want"
ok "$(cmp -s "$work/out" "$work/want"; echo $?)" "the prompt of a scene and an instruction"
run robot-agent --print-prompt "回家"
ok "$(grep -q '^scene: 绿色方块 a ' "$work/out"; echo $?)" "Chinese gets a Chinese scene"
run robot-agent --print-prompt --lang en "回家"
ok "$(grep -q '^scene: green block a ' "$work/out"; echo $?)" "unless --lang says otherwise"
run robot-agent --print-prompt -s "scene: red block a (32" "go home"
ok "$([ "$status" = 1 ] && grep -q "the scene: " "$work/err"; echo $?)" \
	"a bad scene: $(cat "$work/err")"

# ---- Plans --------------------------------------------------------------------------
model "$stack"
agent --svg "$work/a.svg" --log "$work/a.json" "put the green block on the red one"
is 0 "^planned" "without an arm it is planned"
ok "$(grep -qF "$stack" "$work/out"; echo $?)" "and the program is told"
ok "$([ "$(json "$work/a.json" '$j->{instructions}[0]{outcome}')" = planned ]; echo $?)" \
	"the log is JSON"
ok "$([ "$(json "$work/a.json" 'scalar(@{$j->{instructions}[0]{actions}})')" = 3 ]; echo $?)" \
	"with three actions"
ok "$([ "$(head -c 4 "$work/a.svg")" = "<svg" ] && [ "$(tail -1 "$work/a.svg")" = "</svg>" ] &&
	[ "$(grep -c 'class="caption"' "$work/a.svg")" = 4 ]; echo $?)" \
	"and there are four pictures"
agent "first" "second"
ok "$([ "$(tail -1 "$work/out")" = "planned" ]; echo $?)" "a stack may be taken down again"
agent -s "scene: red block a (90,12); cup b (40,5); hand empty" "first"
is 0 "^rejected: action 1: .* out of reach" "what is out of reach: $(tail -1 "$work/out")"
agent -s "scene: cup b (40,5); hand empty" "first"
ok "$([ "$status" = 1 ]; echo $?)" "a scene that is none ends it"
printf 'scene: can a (30,10); cup b (40,5); hand empty\n\ngo\nscene: can a (90,9); cup b (40,5); hand empty\ngo\n' |
	agent
ok "$([ "$(grep -c '^planned' "$work/out")" = 1 ] && [ "$(grep -c '^rejected' "$work/out")" = 1 ]
	echo $?)" "scenes and instructions on standard input"

# ---- Strangers ----------------------------------------------------------------------
hostile=$(printf 'a <b> & "c" \377\376 \342\202')
agent --svg "$work/b.svg" --log "$work/b.json" "$hostile" "$(printf 'two\nlines')" \
	"$(head -c 600 /dev/zero | tr '\0' x)"
ok "$([ "$(grep -c '^rejected: an instruction' "$work/out")" = 2 ]; echo $?)" \
	"what is no line of text is refused"
ok "$([ "$(json "$work/b.json" 'scalar(@{$j->{instructions}})')" = 3 ]; echo $?)" \
	"the log is still JSON"
ok "$(perl -e 'local $/; $_ = <>; utf8::decode($_) or exit 1;
	exit(/<b>|& |[\x00-\x08\x0b-\x1f]/ ? 1 : 0)' "$work/b.svg"; echo $?)" \
	"the picture is still XML"
gguf_random -q "$work/random.gguf"
run robot-agent -m "$work/random.gguf" "go home"
is 0 "^rejected: " "a model of random weights: $(tail -1 "$work/out" | tr -cd ' -~')"
run robot-agent -m "$work/none.gguf" "go home"
ok "$([ "$status" = 1 ] && grep -q "No such file" "$work/err"; echo $?)" "no model file"

# ---- The arm ------------------------------------------------------------------------
arm_start
agent --arm "$arm" --log "$work/c.json" "go" "go"
is 0 "^done" "the arm does it"
ok "$(grep -q '^rejected\|^done' <(tail -1 "$work/out"); echo $?)" "and answers again"
ok "$([ "$(json "$work/c.json" '$j->{instructions}[0]{actions}[2]{done_ms} > 1000')" = 1 ]
	echo $?)" "the log tells when each action was done"
ok "$(grep -q "active,idle," <(arm_said); echo $?)" "the arm says: $(arm_said)"
arm_end

for answer in '[{"do":"ask","about":"which"}]' '[{"do":"refuse","why":"unsafe"}]' 'nonsense'; do
	arm_start
	model "$answer"
	agent --arm "$arm" "go"
	ok "$([ "$status" = 0 ] && grep -q '^asked\|^declined\|^rejected' "$work/out" &&
		[ -z "$(arm_said)" ]; echo $?)" "$answer: $(tail -1 "$work/out"); nothing moves"
	arm_end
done

# ---- What can break -----------------------------------------------------------------
model "$wave"
run robot-agent -m "$work/model.gguf" --arm 127.0.0.1:1 "go"
ok "$([ "$status" = 1 ] && grep -q "cannot connect to the arm" "$work/err"; echo $?)" \
	"no arm: $(cat "$work/err")"
run robot-agent -m "$work/model.gguf" --can nonesuch0 "go"
ok "$([ "$status" = 1 ] && grep -q "CAN" "$work/err"; echo $?)" "no bus: $(cat "$work/err")"

arm_start
robot-agent -m "$work/model.gguf" --npu-deadline 5000 --arm "$arm" "go" > "$work/out" 2> "$work/err" &
agent=$!
await active
sleep 0.5
{
	kill -9 $agent
	wait $agent
} 2> /dev/null
await "stopped"
ok "$(grep -q "stopped: connection lost" "$work/arm"; echo $?)" \
	"the agent is killed: the arm stops: $(arm_said)"
# Who comes next finds out, clears it, and goes on.
agent --arm "$arm" "go"
is 0 "^done" "the next agent goes on"
arm_end

arm_start 1000
robot-agent -m "$work/model.gguf" --npu-deadline 5000 --arm "$arm" "go" > "$work/out" 2> "$work/err" &
agent=$!
await active
sleep 0.5
kill -STOP $agent
await "stopped"
ok "$(grep -q "stopped: no heartbeat" "$work/arm"; echo $?)" \
	"the agent stands still: the arm stops: $(arm_said)"
kill -CONT $agent
wait $agent
status=$?
is 1 "^stopped: the arm stopped: no heartbeat" "and the agent knows: $(tail -1 "$work/out")"
arm_end

arm_start
robot-agent -m "$work/model.gguf" --npu-deadline 5000 --arm "$arm" "go" > "$work/out" 2> "$work/err" &
agent=$!
await active
{
	kill -9 $sim
	wait $sim
} 2> /dev/null
wait $agent
status=$?
is 1 "^stopped: " "the arm is gone: $(tail -1 "$work/out")"

# ---- Figures ------------------------------------------------------------------------
agent --bench 20 --log "$work/bench.json" "one" "two"
is 0 "^first_action_ready *20 " "--bench prints figures"
ok "$([ "$(json "$work/bench.json" '$j->{first_action_complete}{p99_99_ms} > 0')" = 1 ]; echo $?)" \
	"and writes them as JSON"
run sh -c "robot-agent -m '$work/model.gguf' --log /nonexistent/x go"
ok "$([ "$status" = 1 ] && grep -q "No such file" "$work/err"; echo $?)" "an unwritable log is an error"

done_testing
