#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The trainer's programs as a user runs them: a small model, briefly.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"

PATH=$TNPU_BUILD/robot-agent:$PATH
vocab=$work/vocab.txt

# shellcheck disable=SC2317 # by name
small() {
	agent-train "$vocab" --width 64 --layers 2 --heads 2 --ffn 96 --batch 2048 --steps 30 \
		--rise 5 --eval-every 10 --eval-samples 20 --final-samples 20 "$@"
}

same() {
	ok "$(cmp -s "$1" "$2"; echo $?)" "$3"
}

fails() {
	name=$1
	text=$2
	shift 2
	run "$@"
	ok "$([ "$status" -gt 0 ] && [ "$status" -lt 128 ] && grep -q -e "$text" "$work/err"; echo $?)" \
		"$name is refused with a reason"
}

# ---- Vocabulary ----------------------------------------------------------------------

run agent-vocab --samples 2000 "$vocab"
ok "$status" "agent-vocab: $(cat "$work/out")"
run agent-vocab --samples 2000 "$work/again.txt"
same "$vocab" "$work/again.txt" "the same samples give the same vocabulary"
run agent-vocab --samples 2000 --seed 2 "$work/other.txt"
ok "$([ "$status" = 0 ] && ! cmp -s "$vocab" "$work/other.txt"; echo $?)" "others give another"

# ---- Runs ----------------------------------------------------------------------------

run small --out "$work/a.gguf" --out-f32 "$work/a32.gguf" --log "$work/a.tsv" \
	--failures "$work/a.txt"
ok "$status" "agent-train runs"
cp "$work/out" "$work/scores"
ok "$(grep -q '^test f32 en: exact [0-9.]* %, noun' "$work/scores" &&
	grep -q '^refuse q4_0 zh: exact' "$work/scores"; echo $?)" "and prints scores"
ok "$([ "$(wc -l < "$work/a.tsv")" = 4 ] && head -1 "$work/a.tsv" | grep -q '^step.*zh$' &&
	[ "$(tail -1 "$work/a.tsv" | cut -f1)" = 30 ]; echo $?)" "its log has a row for ten steps"
ok "$(grep -q '^right: \[' "$work/a.txt" && grep -q '^model:' "$work/a.txt"; echo $?)" \
	"wrong answers can be looked at"
run small --out "$work/b.gguf" --out-f32 "$work/b32.gguf"
same "$work/a.gguf" "$work/b.gguf" "the same run gives the same file, bit for bit"
same "$work/a32.gguf" "$work/b32.gguf" "in F32, too"
run small --seed 2 --out "$work/c.gguf"
ok "$([ "$status" = 0 ] && ! cmp -s "$work/a.gguf" "$work/c.gguf"; echo $?)" \
	"another seed, another model"

# ---- Interrupted ---------------------------------------------------------------------

agent-train "$vocab" --width 32 --layers 1 --heads 1 --ffn 32 --batch 512 --steps 1000000 \
	--checkpoint "$work/never" > "$work/out" 2> "$work/progress" &
pid=$!
until grep -qs '^step 10 ' "$work/progress"; do
	kill -0 $pid || bail "the run ended by itself"
	sleep 0.1
done
kill -TERM $pid
wait $pid
status=$?
ok "$([ "$status" = 143 ] && [ ! -s "$work/out" ] && [ -s "$work/never" ]; echo $?)" \
	"a run that is told to end saves its state and says so"
run small --checkpoint "$work/state" --stop 13 --log "$work/d.tsv"
ok "$([ "$status" = 0 ] && [ ! -s "$work/out" ]; echo $?)" "a run stops where it is asked to"
echo "99	0	0	0	0	0	0		" >> "$work/d.tsv"
run small --checkpoint "$work/state" --resume --seed 9 --log "$work/d.tsv" \
	--out "$work/d.gguf" --out-f32 "$work/d32.gguf"
same "$work/a.gguf" "$work/d.gguf" "resumed, it ends as one that was not interrupted"
same "$work/a32.gguf" "$work/d32.gguf" "in F32, too"
same "$work/scores" "$work/out" "with the same scores"
ok "$(cut -f1 "$work/a.tsv" > "$work/x"; cut -f1 "$work/d.tsv" | cmp -s - "$work/x"; echo $?)" \
	"and one row for each of its steps"
printf 'plain text' > "$work/text"
fails "a checkpoint that is none" "no checkpoint" small --checkpoint "$work/text" --resume
head -c 100000 "$work/state" > "$work/cut"
fails "a checkpoint that was cut" "length" small --checkpoint "$work/cut" --resume
fails "another vocabulary" "another vocabulary" agent-train "$work/other.txt" \
	--checkpoint "$work/state" --resume
fails "--resume alone" "--checkpoint" small --resume

# ---- Going on from a file ------------------------------------------------------------

run small --from "$work/a32.gguf" --lr 0 --out "$work/e.gguf" --out-f32 "$work/e32.gguf"
ok "$(grep -q 'learning rate' "$work/err"; echo $?)" "a rate of 0 is refused"
run small --from "$work/a32.gguf" --lr 1e-30 --out "$work/e.gguf" --width 96
same "$work/a.gguf" "$work/e.gguf" "a run from a file has its shape and its weights"
run small --from "$work/a.gguf" --seed 2 --under-way 50 --english 90 --out "$work/f.gguf"
ok "$([ "$status" = 0 ] && ! cmp -s "$work/a.gguf" "$work/f.gguf"; echo $?)" "and learns more"
run small --from "$work/a.gguf" --seed 2 --under-way 50 --english 90 --checkpoint "$work/state2" \
	--stop 7
run small --checkpoint "$work/state2" --resume --out "$work/g.gguf"
same "$work/f.gguf" "$work/g.gguf" "interrupted and resumed, the same"
fails "a model that is none" "text" small --from "$work/text"
head -c 60000 "$work/a.gguf" > "$work/cut"
fails "a model that was cut" "cut" small --from "$work/cut"
fails "a model of other tokens" "another vocabulary" agent-train "$work/other.txt" \
	--from "$work/a.gguf"
fails "a model that is missing" "none.gguf" small --from "$work/none.gguf"
fails "--from and --resume" "resume" small --from "$work/a.gguf" --checkpoint "$work/state" --resume
fails "a share of English of 0" "no number from 1" small --english 0
fails "a share of English of 101" "no number from 1 to 100" small --english 101

# ---- The file ------------------------------------------------------------------------

run tnpu run -m "$work/a.gguf" -p "plan:" -n 4
ok "$status" "tnpu runs the Q4_0 file"
run tnpu run -m "$work/a32.gguf" -p "plan:" -n 4
ok "$status" "and the F32 file"

# ---- Curves --------------------------------------------------------------------------

run agent-curve "$work/a.tsv"
ok "$([ "$status" = 0 ] && grep -q '^<svg' "$work/out" && tail -1 "$work/out" | grep -q '</svg>' &&
	[ "$(grep -c '<polyline' "$work/out")" = 4 ] && ! grep -qi nan "$work/out"; echo $?)" \
	"agent-curve draws four curves"
fails "a table without columns" "no column" agent-curve "$work/text"
: > "$work/empty"
fails "an empty table" "empty" agent-curve "$work/empty"

# ---- Options -------------------------------------------------------------------------

fails "a width of 100" "multiples of 32" small --width 100
fails "heads that do not fit" "kv-heads" small --heads 4 --kv-heads 3
fails "a part that is too small" "context" small --part 100
fails "a rise beyond the end" "rise" small --rise 30
fails "steps that are no number" "no number" small --steps 1x
fails "a share above 1" "no number" small --qat-share 1.5
fails "a vocabulary that is missing" "none.txt" agent-train "$work/none.txt"
fails "a vocabulary that is none" "text:1" agent-train "$work/text"
fails "a folder that is missing" "nodir" small --log "$work/nodir/x"

done_testing
