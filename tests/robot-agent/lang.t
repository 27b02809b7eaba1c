#!/bin/sh
# SPDX-License-Identifier: MIT
#
# agent-data, agent-rules and agent-score: what they print, what they refuse.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"
PATH=$TNPU_BUILD/robot-agent:$PATH

# shellcheck disable=SC2317 # run calls it
samples() {
	agent-data --seed 7 "$@"
}

lines() {
	grep -c "^$1" "$2"
}

# ---- agent-data ----------------------------------------------------------------

run samples --count 50
ok "$([ "$status" = 0 ] && [ "$(wc -l < "$work/out")" = 200 ] &&
	[ "$(lines 'scene: ' "$work/out")" = 50 ] && [ "$(lines 'do: ' "$work/out")" = 50 ] &&
	[ "$(lines 'plan: \[{"do":' "$work/out")" = 50 ]; echo $?)" \
	"agent-data prints three lines and an empty one for each sample"
cp "$work/out" "$work/first"
run samples --count 50
ok "$(cmp -s "$work/out" "$work/first"; echo $?)" "the same seed gives the same samples"
run agent-data --seed 8 --count 50
ok "$(! cmp -s "$work/out" "$work/first"; echo $?)" "another seed gives others"
run samples --from 40 --count 10
tail -40 "$work/first" > "$work/want"
ok "$(cmp -s "$work/out" "$work/want"; echo $?)" "--from begins at any sample"
run samples --count 200 --tongue en
ok "$(! LC_ALL=C grep -q '[^ -~]' "$work/out"; echo $?)" "--tongue en: ASCII only"
run samples --count 200 --tongue zh
ok "$([ "$(LC_ALL=C grep '^scene: ' "$work/out" | LC_ALL=C grep -c '[^ -~]')" = 200 ]; echo $?)" \
	"--tongue zh: no scene without Chinese"
run samples --count 300 --split test --tags
cp "$work/out" "$work/test"
ok "$([ "$(lines 'tags: clauses-[1-5] [a-z]' "$work/test")" = 300 ]; echo $?)" \
	"each sample of the test has a held-out trait"
run samples --count 300 --tags
ok "$([ "$(lines 'tags: clauses-[1-4]$' "$work/out")" = 300 ]; echo $?)" "none of training has"
run samples --count 200 --split refuse-test
cp "$work/out" "$work/refuse"
ok "$([ "$(lines 'plan: \[{"do":"refuse"' "$work/refuse")" = 200 ] &&
	[ "$(grep '^do: ' "$work/refuse" | sort -u | wc -l)" = 200 ]; echo $?)" \
	"the refuse-test has 200 instructions, each once"
for bad in --count=x --count=-1 --seed=1x --split=all --tongue=de; do
	run agent-data "$bad"
	ok "$([ "$status" != 0 ] && [ -s "$work/err" ] && [ ! -s "$work/out" ]; echo $?)" \
		"refuses $bad"
done
run sh -c 'agent-data --count 100000 > /dev/full'
ok "$([ "$status" = 1 ] && grep -q 'cannot write' "$work/err"; echo $?)" "tells that a disk is full"

# ---- agent-rules, agent-score ----------------------------------------------------

run agent-rules "$work/test"
cp "$work/out" "$work/answers"
ok "$([ "$status" = 0 ] && [ "$(wc -l < "$work/answers")" = 300 ]; echo $?)" \
	"agent-rules gives one line for each sample"
sed -n 's/^plan: //p' "$work/test" > "$work/right"
run agent-score "$work/test" "$work/right"
ok "$([ "$status" = 0 ] && grep -q '^all  *300 samples  100.00 % exact' "$work/out"; echo $?)" \
	"agent-score: right answers are 100 % exact"
# Spaces and the order of members do not count; another value does.
sed 's/","/", "/g; s/^/ /' "$work/right" > "$work/spaced"
run agent-score --json "$work/test" "$work/spaced"
ok "$(grep -q '"exact":	300' "$work/out"; echo $?)" "but for spaces"
awk 'NR <= 30 { print "[]"; next } 1' "$work/right" > "$work/wrong"
run agent-score --json --errors "$work/test" "$work/wrong"
ok "$([ "$(lines 'got:  \[\]$' "$work/out")" = 30 ] && grep -q '"exact":	270' "$work/out" &&
	grep -q '"valid":	270' "$work/out"; echo $?)" "--errors shows what was wrong"
run agent-score "$work/test" "$work/answers"
ok "$([ "$status" = 0 ] && for group in all en zh noun colour combination template length pick \
	place move home clauses-5; do grep -q "^$group  " "$work/out" || echo "$group"; done |
	grep -q . ; [ $? = 1 ]; echo $?)" "by language, trait and verb"
agent-rules "$work/refuse" > "$work/answers"
run agent-score "$work/refuse" "$work/answers"
ok "$([ "$status" = 0 ] && grep -q '^all  *200 samples.*asked or refused' "$work/out"; echo $?)" \
	"and how many were asked about or refused"
head -299 "$work/right" > "$work/few"
run agent-score "$work/test" "$work/few"
ok "$([ "$status" = 1 ] && grep -q 'only 299 answers' "$work/err"; echo $?)" "an answer too few"
echo '[]' >> "$work/right"
run agent-score "$work/test" "$work/right"
ok "$([ "$status" = 1 ] && grep -q 'more answers' "$work/err"; echo $?)" "an answer too many"
sed '7s/.*/do it/' "$work/test" > "$work/bad"
run agent-rules "$work/bad"
ok "$([ "$status" = 1 ] && grep -q 'line 7: no "do: "' "$work/err"; echo $?)" \
	"samples that are none: the line and the reason"
run agent-rules "$work/none"
ok "$([ "$status" = 1 ] && grep -q 'No such file' "$work/err"; echo $?)" "no file: the reason"
run agent-score "$work/test"
ok "$([ "$status" != 0 ] && grep -q 'give the samples and the answers' "$work/err"; echo $?)" \
	"usage"
done_testing
