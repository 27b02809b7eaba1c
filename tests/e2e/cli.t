#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tnpu command: options, output, exit status, bad input. Runs on the host against
# the chip in process, and in the guest against the driver.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

tiny=$work/tiny.gguf
gguf_random -q "$tiny" 2>"$work/err" || bail "gguf-random: $(cat "$work/err")"

# ---- Usage ------------------------------------------------------------------
for args in "" "nonsense" "run" "run -m x" "run -m x -p a --prompt-ids 1" "run -m x -p a -n x" \
	"run --nonsense" "run -m x -p a --kv f8" "run -m x -p a --temp -1" "run -m x -p a --top-p 2" \
	"run -m x -p a --top-p 0" "eval -m x" "eval -m x --ids 1,,2" "eval -m x --ids 1," "info extra" "decode" "decode a b" "trace" "trace --" \
	"trace --nonsense true" "trace --no-driver --no-device true" "bench" "bench -m x --null" "bench -m x -p 1,,2" \
	"run -m x -p a --batch 2" "run -m x --prompts-file x --batch 0" \
	"run -m x --prompts-file x --batch 2 --lookup 4" "run -m x -p a --lookup 17" \
	"run -m x --prompts-file x --batch 2 --draft x" "run -m x -p a --draft x --lookup 4" \
	"run -m x -p a --draft-max 4" "run -m x -p a --draft x --draft-max 0" \
	"run -m x -p a --draft x --draft-max 17" "run -m x -p a --draft x --draft-max -1" "bench -m x -b 0" \
	"bench -m x -b 65" "bench -m x --serve 0" "bench --null --serve 1" "bench -m x --serve 1 -n 0" \
	"bench -m x -r 0" "bench --null extra" "bench -m x -d 99999999" "bench --null -t 0" "bench --null -t 65"; do
	# shellcheck disable=SC2086
	run tnpu $args
	ok "$([ "$status" = 2 ] && [ -s "$work/err" ] && [ ! -s "$work/out" ]; echo $?)" \
		"tnpu $args: wrong usage, status 2, message on stderr"
done
for args in "--help" "run --help" "eval --help" "bench --help" "info --help" "decode --help" \
	"trace --help" "--version"; do
	# shellcheck disable=SC2086
	run tnpu $args
	ok "$([ "$status" = 0 ] && [ -s "$work/out" ] && [ ! -s "$work/err" ]; echo $?)" \
		"tnpu $args: status 0, text on stdout"
done

# ---- Info ----------------------------------------------------------------------
run tnpu info
ok $(((status) || ! $(grep -c '^mem_size  *[1-9]' "$work/out"))) "info tells the memory"
run tnpu info --json
ok "$(grep -q '"firmware_version":"[0-9.]*"' "$work/out"; echo $?)" "info --json names the firmware"

# ---- Run --------------------------------------------------------------------------
run tnpu run -m "$tiny" --prompt-ids 1,2,3 -n 8 --ignore-eos --json
ids=$(json_ids "$work/out")
ok "$([ "$status" = 0 ] && [ "$(commas "$ids")" = 7 ]; echo $?)" "run gives 8 ids: $ids"
ok "$(grep -q '"prompt_ids":\[1,2,3\]' "$work/out"; echo $?)" "and repeats the prompt's"
ok "$(grep -q '"stop":"length"' "$work/out"; echo $?)" "and says why it stopped"
ok "$([ ! -s "$work/err" ]; echo $?)" "and keeps stderr empty"
for key in load_s prefill_tps decode_tps; do
	ok "$(grep -q "\"$key\":[0-9.e+-]*[1-9][0-9.e+-]*[,}]" "$work/out"; echo $?)" \
		"and measured: $(grep -o "\"$key\":[^,}]*" "$work/out")"
done
run tnpu run -m "$tiny" --prompt-ids 1,2,3 -n 1 --ignore-eos --json
ok "$([ "$(json_ids "$work/out")" = "${ids%%,*}" ] && grep -q '"decode_tps":0[,}]' "$work/out"
	echo $?)" "the prompt's pass gives the first id; without a second one no rate"

run tnpu run -m "$tiny" --prompt-ids 1,2,3 -n 8 --ignore-eos
ok "$([ "$status" = 0 ] && grep -q 'tokens/s' "$work/err" && [ -s "$work/out" ]; echo $?)" \
	"without --json: text on stdout, statistics on stderr"

run tnpu run -m "$tiny" --prompt-ids 1,2,3 -n 8 --ignore-eos --json --chunk 1
ok "$([ "$(json_ids "$work/out")" = "$ids" ]; echo $?)" "one prompt token a pass: the same ids"
for temp in 0.7 5; do
	run tnpu run -m "$tiny" -p hello -n 16 --ignore-eos --json --temp $temp --seed 7
	first=$(json_ids "$work/out")
	run tnpu run -m "$tiny" -p hello -n 16 --ignore-eos --json --temp $temp --seed 7
	ok "$([ -n "$first" ] && [ "$first" = "$(json_ids "$work/out")" ]; echo $?)" \
		"temperature $temp: one seed, one text"
done
run tnpu run -m "$tiny" -p hello -n 16 --ignore-eos --json --temp 5 --seed 8
ok "$([ "$status" = 0 ] && [ "$first" != "$(json_ids "$work/out")" ]; echo $?)" \
	"another seed, another text"

# Nothing to draw from but the likeliest token: a temperature makes no difference.
for args in "--temp 5 --top-k 1" "--temp 5 --top-k 0 --top-p 1e-6"; do
	# shellcheck disable=SC2086
	run tnpu run -m "$tiny" --prompt-ids 1,2,3 -n 8 --ignore-eos --json --seed 7 $args
	ok "$([ -n "$ids" ] && [ "$(json_ids "$work/out")" = "$ids" ]; echo $?)" \
		"$args: the ids of temperature 0"
done

# Hot enough, with all tokens to draw from, the one that ends the text (2) comes by itself.
hot() {
	run tnpu run -m "$tiny" -p hello --json --temp 100 --top-k 0 --top-p 1 --seed 1 "$@"
}
hot -n 40 --ignore-eos
all=$(json_ids "$work/out")
before=${all%%,2,*}
behind=$(echo "${all#*,2,}" | tr , '\n' | sort -u | wc -l)
ok "$([ "$before" != "$all" ] && [ "$behind" -gt 9 ]; echo $?)" \
	"--ignore-eos goes on behind the end: $all"
hot -n 40
ok "$([ "$(json_ids "$work/out")" = "$before" ] && grep -q '"stop":"eos"' "$work/out"; echo $?)" \
	"without it the ids before the end, stop = eos: $(json_ids "$work/out")"
hot -n $(($(commas "$before") + 1))
ok "$([ "$(json_ids "$work/out")" = "$before" ] && grep -q '"stop":"length"' "$work/out"
	echo $?)" "as many asked for: stop = length"

# P prompt tokens and N new ones need P + N - 1 positions.
run tnpu run -m "$tiny" --prompt-ids 1,2,3 -n 100 --ignore-eos --json -c 16
ok "$([ "$(commas "$(json_ids "$work/out")")" = 13 ] && grep -q '"stop":"context"' "$work/out"
	echo $?)" "a context of 16 holds 3 + 14 - 1 tokens, then stop = context"
run tnpu run -m "$tiny" --prompt-ids 1,2,3 -n 14 --ignore-eos --json -c 16
ok "$(grep -q '"stop":"length"' "$work/out"; echo $?)" "exactly full is no early stop"

printf 'hello\n#ids 1,2,3\n' > "$work/prompts"
run tnpu run -m "$tiny" --prompts-file "$work/prompts" -n 8 --ignore-eos --json
ok "$([ "$status" = 0 ] && [ "$(wc -l < "$work/out")" = 2 ] &&
	[ "$(tail -1 "$work/out" | json_ids -)" = "$ids" ]; echo $?)" \
	"a file of prompts: one object a line, each as alone"

# What does not change from run to run.
answers() {
	sed 's/,"load_s".*//' "$work/out"
}

# Together, some begin alike, and one that comes early waits for its turn.
{
	printf 'hello\n#ids 1,2,3\n'
	for last in 4 5 6 7; do
		echo "#ids $(seq -s, 1 70),$last"
	done
	echo "#ids 9"
} > "$work/prompts"
for how in "" "--temp 5 --seed 3"; do
	# shellcheck disable=SC2086
	run tnpu run -m "$tiny" --prompts-file "$work/prompts" -n 40 --json $how
	answers > "$work/alone"
	for batch in 1 3 64; do
		# shellcheck disable=SC2086
		run tnpu run -m "$tiny" --prompts-file "$work/prompts" -n 40 --json $how --batch $batch
		ok "$([ "$(wc -l < "$work/alone")" = 7 ] && answers | cmp -s - "$work/alone"
			echo $?)" \
			"--batch $batch $how: the answers of one after the other, in their order"
	done
done
run tnpu run -m "$tiny" --prompts-file "$work/prompts" -n 40
cp "$work/out" "$work/alone"
run tnpu run -m "$tiny" --prompts-file "$work/prompts" -n 40 --batch 4
ok "$([ "$status" = 0 ] && cmp -s "$work/out" "$work/alone" &&
	[ "$(grep -c tokens/s "$work/err")" = 7 ]; echo $?)" \
	"as text: the same, and a line of statistics for each"
printf 'hello\n#ids 1,x\n' > "$work/prompts"
run tnpu run -m "$tiny" --prompts-file "$work/prompts" -n 4 --batch 2 --json
ok "$([ "$status" = 1 ] && [ "$(wc -l < "$work/out")" = 1 ] && grep -q "whole numbers" "$work/err"
	echo $?)" "a line that is no prompt: those before it are answered, status 1"
printf '#ids 1,2,3,4,5\n' > "$work/prompts"
fails "a batch's prompt longer than the context" "context of 4" \
	tnpu run -m "$tiny" --prompts-file "$work/prompts" -c 4 -n 1 --batch 2

# A text that goes on as it began.
again="$(seq -s, 1 20),$(seq -s, 1 20),$(seq -s, 1 20)"
for how in "" "--temp 0.5 --seed 3"; do
	# shellcheck disable=SC2086
	run tnpu run -m "$tiny" --prompt-ids "$again" -n 60 --ignore-eos --json $how
	plain=$(json_ids "$work/out")
	for lookup in 1 5 16; do
		# shellcheck disable=SC2086
		run tnpu run -m "$tiny" --prompt-ids "$again" -n 60 --ignore-eos --json $how \
			--lookup $lookup
		ok "$([ "$(commas "$plain")" = 59 ] && [ "$(json_ids "$work/out")" = "$plain" ]
			echo $?)" "--lookup $lookup $how: the same ids, $(grep -o '"accepted":[0-9]*' "$work/out")"
	done
done

# Another model of the same vocabulary drafts, and the model itself.
small="--layers 1 --width 32 --heads 2 --ffn 64 --seed 2"
# shellcheck disable=SC2086
gguf_random -q $small "$work/small.gguf"
for how in "" "--temp 0.5 --seed 3 --kv q8 --chunk 3" "--temp 100 --top-k 0 --top-p 1 --seed 1"; do
	# shellcheck disable=SC2086
	run tnpu run -m "$tiny" -p hello -n 60 --json $how
	answers > "$work/alone"
	for draft in small.gguf tiny.gguf "tiny.gguf --draft-max 1" "tiny.gguf --draft-max 16"; do
		# shellcheck disable=SC2086
		run tnpu run -m "$tiny" -p hello -n 60 --json $how --draft "$work"/$draft
		ok "$([ -s "$work/alone" ] && answers | cmp -s - "$work/alone" &&
			grep -q '"drafted":[1-9]' "$work/out"; echo $?)" \
			"--draft $draft $how: the same answer, $(grep -o '"drafted":[^}]*' "$work/out")"
	done
done
run tnpu run -m "$tiny" -p hello -n 20 --ignore-eos --draft "$tiny"
ok "$(grep -q '; drafted \([1-9][0-9]*\), accepted \1$' "$work/err"; echo $?)" \
	"as text: how many were right, in the statistics"

for kv in f32 f16 q8; do
	run tnpu run -m "$tiny" -p hello -n 4 --json --ignore-eos --kv $kv
	ok "$status" "KV cache $kv"
done

# ---- Eval -----------------------------------------------------------------------------
list=$(seq -s, 1 40)
run tnpu eval -m "$tiny" --ids "$list" --logits "$work/a.f32" --json
ok "$(grep -q '"positions":40' "$work/out"; echo $?)" "eval counts positions"
for chunk in 1 3 16 40; do
	run tnpu eval -m "$tiny" --ids "$list" --logits "$work/b.f32" --chunk $chunk
	ok "$(cmp -s "$work/a.f32" "$work/b.f32"; echo $?)" \
		"chunks of $chunk: the same logits, bit for bit"
done

# ---- Bench ----------------------------------------------------------------------------
run tnpu bench -m "$tiny" -p 12 -n 6 -d 0,20 -r 3 --json
ok "$([ "$status" = 0 ] && [ "$(grep -o '"test":"[^"]*"' "$work/out" | cut -d '"' -f 4 |
	tr '\n' ,)" = "pp12,tg6,pp12 @ d20,tg6 @ d20," ]; echo $?)" \
	"bench: each depth with each test: $(grep -o '"test":"[^"]*"' "$work/out" | tr '\n' ' ')"
ok "$([ "$(grep -o '"samples":\[[0-9.e+]*,[0-9.e+]*,[0-9.e+]*\]' "$work/out" | wc -l)" = 4 ]
	echo $?)" "and all repetitions"
ok "$([ ! -s "$work/err" ]; echo $?)" "and nothing on stderr"
bytes() {
	grep -o "\"$1\":[0-9]*" "$work/out" | cut -d : -f 2
}
ok "$([ "$(bytes kv)" -gt 0 ] && [ "$(bytes activations)" -gt 0 ] && [ "$(bytes used)" -ge $((
	$(bytes weights) + $(bytes kv) + $(bytes activations))) ]; echo $?)" \
	"and what device memory is used for: $(grep -o '"memory":{[^}]*}' "$work/out")"
run tnpu bench -m "$tiny" -p 12,0 -n 0 -r 1 --md
ok "$([ "$status" = 0 ] && [ "$(grep -c '^|' "$work/out")" = 3 ] &&
	grep -q '^| pp12 |' "$work/out"; echo $?)" "bench --md: a table; 0 tokens, no test"
run tnpu bench -m "$tiny" -p 0 -n 6,9 -b 1,3 -d 5 -r 2 --json
ok "$([ "$status" = 0 ] && [ "$(grep -o '"test":"[^"]*"' "$work/out" | cut -d '"' -f 4 |
	tr '\n' ,)" = "tg6 @ d5,tg6 x 3 @ d5,tg9 @ d5,tg9 x 3 @ d5," ]; echo $?)" \
	"bench -b: each with each -n: $(grep -o '"test":"[^"]*"' "$work/out" | tr '\n' ' ')"
run tnpu bench -m "$tiny" -p 9 -n 6 -b 2 --serve 500 -r 12 --json
waits=$(grep -o '"samples":\[[^]]*\]' "$work/out" | tr -d '[]' | tr ':,' '\n' | grep -c '[1-9]')
ok "$([ "$status" = 0 ] && [ "$waits" = 24 ]; echo $?)" \
	"bench --serve: what each of 12 requests waited for: $(grep -o '"p99_s":[^,]*' "$work/out" | head -1)"
run tnpu bench -m "$tiny" -p 9 -n 6 --serve 500 -r 3 --md
ok "$([ "$status" = 0 ] && grep -q '^| first token |' "$work/out"; echo $?)" "and as a table"
fails "a batch beyond the context" "context" tnpu bench -m "$tiny" -p 0 -b 4 -d 2040 -n 200 -r 1
run tnpu bench --null -r 10 --json
ok "$([ "$status" = 0 ] && grep -q '"p50_us":[0-9.]*,"p99_us":[0-9.]*,' "$work/out"; echo $?)" \
	"bench --null: percentiles"
engines=$(tnpu info | sed -n 's/^engines *//p')
run tnpu bench --null -r 1 -t "$engines" --json
ok "$([ "$status" = 0 ]; echo $?)" "bench -t: as many engines as there are"
if [ "${TNPU_TRANSPORT:-drm}" = inproc ]; then
	run tnpu bench --null -r 1 -t $((engines % 3 + 1)) --json
	ok "$(grep -q "\"engines\":$((engines % 3 + 1))," "$work/out"; echo $?)" "or others"
else
	fails "more engines than there are" "which its machine sets" \
		tnpu bench --null -r 1 -t $((engines + 1))
fi

# ---- Bad input ---------------------------------------------------------------------------
fails "missing file" "No such file" tnpu run -m "$work/none.gguf" -p a
head -c 1000 "$tiny" > "$work/cut.gguf"
fails "truncated file" "cut.gguf" tnpu run -m "$work/cut.gguf" -p a
head -c 65536 /dev/zero > "$work/zero.gguf"
fails "not a dump" "zero.gguf" tnpu decode "$work/zero.gguf"
fails "no dump" "No such file" tnpu decode "$work/none"
fails "not a model" "zero.gguf" tnpu run -m "$work/zero.gguf" -p a
sed 's/general.architecture/general.architectur_/' "$tiny" > "$work/arch.gguf"
fails "no architecture" "general.architecture" tnpu run -m "$work/arch.gguf" -p a
fails "missing draft model" "none.gguf: No such file" \
	tnpu run -m "$tiny" -p a --draft "$work/none.gguf"
fails "a draft model that is none" "zero.gguf" tnpu run -m "$tiny" -p a --draft "$work/zero.gguf"
fails "a truncated one" "cut.gguf" tnpu run -m "$tiny" -p a --draft "$work/cut.gguf"
# shellcheck disable=SC2086
gguf_random -q $small --vocab 511 "$work/less.gguf"
fails "one of another vocabulary" "vocabulary of 511, the model one of 512" \
	tnpu run -m "$tiny" -p a --draft "$work/less.gguf"
sed 's/<s>/<S>/' "$work/small.gguf" > "$work/other.gguf"
fails "one with another token" 'token 1 is "<S>", not "<s>"' \
	tnpu run -m "$tiny" -p a --draft "$work/other.gguf"
fails "prompt longer than the context" "context of 4" \
	tnpu run -m "$tiny" --prompt-ids 1,2,3,4,5 -c 4 -n 1
fails "token outside of the vocabulary" "vocabulary" tnpu run -m "$tiny" --prompt-ids 4000000 -n 1
fails "context above the model's" "positions" tnpu run -m "$tiny" -p a -c 1000000
fails "a bench of nothing" "no test" tnpu bench -m "$tiny" -p 0 -n 0
fails "a bench beyond the context" "positions" tnpu bench -m "$tiny" -d 100000
fails "unwritable logits" "nodir" tnpu eval -m "$tiny" --ids 1,2 --logits "$work/nodir/x"
fails "a trace of no device" "No such file" env TNPU_TRANSPORT=drm tnpu trace \
	-d "$work/none" -o "$work/trace.json" -- touch "$work/traced"
fails "a trace of another device" "not the node of a TNPU" env TNPU_TRANSPORT=drm tnpu trace \
	-d /dev/null -o "$work/trace.json" -- touch "$work/traced"
fails "a trace to nowhere" "nodir" env TNPU_TRANSPORT=drm tnpu trace -d /dev/null \
	-o "$work/nodir/x" -- touch "$work/traced"
ok "$([ ! -e "$work/trace.json" ] && [ ! -e "$work/traced" ]; echo $?)" \
	"these leave no file and run nothing"
if [ "${TNPU_TRANSPORT:-drm}" = inproc ]; then
	fails "a trace without a driver" "no driver to trace" tnpu trace -- true
	gguf_random -q --width 256 --layers 8 "$work/big.gguf"
	fails "model larger than device memory" "device memory" \
		env TNPU_INPROC_MEM=2097152 tnpu run -m "$work/big.gguf" -p a
	fails "model and draft model larger than device memory" "device memory" \
		env TNPU_INPROC_MEM=4194304 tnpu run -m "$tiny" -p a --draft "$work/big.gguf"
	fails "missing firmware" "irmware" env TNPU_FIRMWARE="$work/none" tnpu info
	fails "corrupt firmware" "irmware" env TNPU_FIRMWARE="$work/zero.gguf" tnpu info
	fails "unknown transport" "nonsense" env TNPU_TRANSPORT=nonsense tnpu info
	fails "missing device" "TNPU" env TNPU_TRANSPORT=drm tnpu info
fi
run sh -c "tnpu run -m '$tiny' -p a -n 64 --ignore-eos > /dev/full"
ok "$([ "$status" = 1 ] && grep -q "No space" "$work/err"; echo $?)" "a full disk is an error"

done_testing
