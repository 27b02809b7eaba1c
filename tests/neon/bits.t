#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What arm64 computes, with and without the NEON kernels, has the bits of this host's scalar
# reference: logits of models, and an answer with sampling, on the chip in process.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"

# A processor, and the instruction set that the chip is told to use.
on_arm64="max/neon-dotprod max/scalar cortex-a53/auto"

# on WHERE COMMAND...: "host", or one of the above
on() {
	where=$1
	command=$2
	shift 2
	if [ "$where" = host ]; then
		TNPU_INPROC_ISA=scalar "$command" "$@"
	else
		QEMU_CPU=${where%/*} TNPU_INPROC_ISA=${where#*/} \
			TNPU_PLUGIN_DIR=$TNPU_ARM64/lib/tnpu \
			"$here/on-arm64" "$TNPU_ARM64/bin/$command" "$@"
	fi
}

# digest WHERE SUBCOMMAND ARGUMENT...: what tnpu prints, and the logits that it writes
digest() {
	place=$1
	task=$2
	shift 2
	: > "$work/logits"
	on "$place" tnpu "$task" -m "$model" "$@" > "$work/out" 2> "$work/err" &&
		cat "$work/out" "$work/logits" | sha256sum
}

# same WHAT SUBCOMMAND ARGUMENT...
same() {
	what=$1
	shift
	want=$(digest host "$@")
	ok "$([ -n "$want" ] && [ -s "$work/out" ]; echo $?)" "$what: this host's reference"
	for place in $on_arm64; do
		got=$(digest "$place" "$@")
		ok "$([ -n "$want" ] && [ "$got" = "$want" ]; echo $?)" "$what: $place: the same"
	done
}

ids=$(seq -s, 1 40)
for type in q4_0 q8_0 f16 f32; do
	model=$work/$type.gguf
	gguf_random --arch qwen2 --layers 2 --width 256 --heads 4 --kv-heads 2 --ffn 704 \
		--vocab 1000 --tokenizer bytes --ctx 128 --type $type --embd-type q8_0 --seed 3 -q \
		"$model" 2> "$work/err" || bail "gguf-random: $(cat "$work/err")"
	kv=q8
	[ $type != f16 ] || kv=f16
	same "$type, KV cache $kv" eval --ids "$ids" --logits "$work/logits" --kv $kv
done

model=$here/../../examples/robot-agent/model/agent.gguf
same "the model in the box" run -p "pick up the green block" -n 24 --ignore-eos --temp 0.9 \
	--seed 4

on max/auto tnpu-mkfw --output="$work/tnpu.bin"
ok "$(cmp -s "$work/tnpu.bin" "$TNPU_FIRMWARE"; echo $?)" "the firmware image is the same"

on cortex-a53/neon-dotprod tnpu info > "$work/out" 2> "$work/err"
ok "$([ $? = 1 ] && grep -q "this host has no neon-dotprod" "$work/err"; echo $?)" \
	"without dot product instructions: $(cat "$work/err")"
done_testing
