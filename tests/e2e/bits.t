#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The same bits everywhere: logits of real and random models on the chip in process, for
# every instruction set of this host and 1, 2 and 5 engines.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

[ -n "${TNPU_TEST_MODELS:-}" ] || { echo "1..0 # SKIP TNPU_TEST_MODELS is not set"; exit 0; }
gguf_random --arch qwen2 --layers 2 --width 256 --heads 4 --kv-heads 2 --ffn 704 --vocab 1000 --tokenizer bytes \
	--ctx 512 --type q4_0 --embd-type q8_0 --seed 3 -q "$work/q.gguf" 2>"$work/err" ||
	bail "gguf-random: $(cat "$work/err")"
ids=$(seq -s, 1 70)

digest() {
	run env "$@" tnpu eval -m "$model" --ids "$ids" --logits "$work/logits" --kv "$kv"
	[ "$status" = 0 ] && sha256sum < "$work/logits"
}

for model in "$work/q.gguf" "$TNPU_TEST_MODELS"/stories260K.q4_0.gguf \
	"$TNPU_TEST_MODELS"/stories260K.f16.gguf "$TNPU_TEST_MODELS"/g2b_byte48x2.q4_0.gguf; do
	for kv in f16 q8; do
		want=$(digest TNPU_INPROC_ISA=scalar TNPU_INPROC_ENGINES=1)
		ok "$([ -n "$want" ]; echo $?)" "$(basename "$model") kv $kv: scalar, 1 engine"
		for isa in avx2 avx-vnni avx512-vnni amx-int8; do
			grep -qw "$(echo $isa | tr - _)" /proc/cpuinfo || continue
			for engines in 1 2 5; do
				got=$(digest TNPU_INPROC_ISA=$isa TNPU_INPROC_ENGINES=$engines)
				ok "$([ "$got" = "$want" ]; echo $?)" \
					"$(basename "$model") kv $kv: $isa, $engines engines: the same bits"
			done
		done
	done
done

# The same weights stated as another architecture: the other rotary order, zero biases.
prompts() {
	run tnpu run -m "$TNPU_TEST_MODELS/$1" -p "Once upon a time" -n 90 --ignore-eos --json
	json_ids "$work/out"
}
want=$(prompts stories260K.q4_0.gguf)
got=$(prompts stories260K_as_qwen2_zerobias.q4_0.gguf)
ok "$([ -n "$want" ] && [ "$got" = "$want" ]; echo $?)" "llama restated as qwen2: the same ids"

# Drafts of the restated file, whose sums are in another order: right as a rule, and for weights
# that are not rounded often.
drafts() {
	run tnpu run -m "$TNPU_TEST_MODELS/$model" -p "Once upon a time" -n 200 --ignore-eos \
		--json "$@"
	json_ids "$work/out"
}

count() {
	grep -o "\"$1\":[0-9]*" "$work/out" | cut -d : -f 2
}

for how in "" "--temp 0.9 --seed 4"; do
	for model in stories260K.q4_0.gguf stories260K.f32.gguf; do
		# shellcheck disable=SC2086
		want=$(drafts $how)
		# shellcheck disable=SC2086
		got=$(drafts $how --draft "$TNPU_TEST_MODELS/stories260K_as_qwen2_zerobias.q4_0.gguf")
		right="$(count accepted) of $(count drafted)"
		ok "$([ -n "$want" ] && [ "$got" = "$want" ] && [ "${right% of*}" -gt 99 ]; echo $?)" \
			"$model $how: the same ids with drafts, $right right"
	done
done
done_testing
