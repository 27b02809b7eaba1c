#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Model files on the chip in process: what each architecture may leave out, what is refused
# and in which words, and whether eval's likelihood is that of the logits it writes.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

list=$(seq -s, 1 20)

# model NAME OPTION...: a small one, as $work/NAME.
model() {
	file=$work/$1
	shift
	gguf_random -q --layers 2 --width 64 --heads 4 --ffn 96 --vocab 300 --ctx 64 "$@" "$file" \
		2> "$work/err" || bail "gguf-random: $(cat "$work/err")"
}

# Changes of a file, which is in $_: false where there is no such place. A string has its
# length before it; behind a key come its type and value, behind a tensor's name the number
# of its dimensions, these, and its type.
# shellcheck disable=SC2016 # Perl expands it
changes='
	sub name { quotemeta pack "Q</a*", $_[0] }
	sub put { my ($at, $new) = @_; my $n = length $new; s/$at\K.{$n}/$new/s }
	sub call { my ($old, $new) = @_; put(quotemeta(pack "Q<", length $old) . "(?=\Q$old\E)", $new) }
	sub hide { call($_[0], "_" x length $_[0]) }
	sub u32 { put(name($_[0]) . "\x04\0\0\0", pack "V", $_[1]) }
	sub f32 { put(name($_[0]) . "\x06\0\0\0", pack "f<", $_[1]) }
	sub str { put(name($_[0]) . "\x08\0\0\0.{8}", $_[1]) }
	sub shape { my ($t, @ne) = @_; put(name($t) . pack("V", scalar @ne), pack "Q<*", @ne) }
	sub type { my ($t, $dims, $type) = @_; put(name($t) . ".{@{[4 + 8 * $dims]}}", pack "V", $type) }
	sub key { pack "Q</a* V " . { 4 => "V", 6 => "f<", 8 => "Q</a*" }->{$_[1]}, @_ }
	# Keys in front of all others; as the data must stay aligned, another one fills up.
	sub add {
		my $new = join "", @_;
		$new .= key("pad", 8, "x" x (-(23 + length $new) % 32));
		substr($_, 16, 8) = pack "Q<", @_ + 1 + unpack "x16 Q<", $_;
		substr($_, 24, 0) = $new;
	}
'

# edit FROM TO CHANGE: a copy with a change, which must find its place.
edit() {
	perl -0777 -pe "$changes ($3) or die qq(no such place\n)" "$work/$1" > "$work/$2" ||
		bail "edit $1: $3"
}

# logits FILE: a digest of those of $list, nothing where there are none.
logits() {
	run tnpu eval -m "$work/$1" --ids "$list" --logits "$work/logits"
	[ "$status" = 0 ] && sha256sum < "$work/logits"
}

# same FILE WHAT, other FILE WHAT: against the logits $want, bit for bit.
same() {
	ok "$([ -n "$want" ] && [ "$(logits "$1")" = "$want" ]; echo $?)" "$2"
}

other() {
	got=$(logits "$1")
	ok "$([ -n "$got" ] && [ "$got" != "$want" ]; echo $?)" "$2"
}

# ---- Output weights, likelihood -------------------------------------------------------------

# The mean of -log p from $work/logits, and the likeliest token after the last position.
likelihood() {
	perl -0777 -ne '
		BEGIN { our ($vocab, @ids) = split /,/, shift }
		my @x = unpack "f<*";
		@x == $vocab * @ids or die "$#x + 1 logits\n";
		my ($nll, @row);
		for my $i (0 .. $#ids) {
			@row = @x[$i * $vocab .. ($i + 1) * $vocab - 1];
			my $sum = 0;
			$sum += exp for @row;
			$nll += log($sum) - $row[$ids[$i + 1]] if $i < $#ids;
		}
		my ($best) = sort { $row[$b] <=> $row[$a] } 0 .. $#row;
		printf "%.6f %d\n", $nll / $#ids, $best;
	' "$1" "$work/logits"
}

near() {
	perl -e 'exit !(@ARGV == 2 && abs($ARGV[0] - $ARGV[1]) < 1e-4)' "$@"
}

for arch in llama qwen2 gpt2; do
	for output in tied untied; do
		model $output --arch $arch --$output
		run tnpu eval -m "$work/$output" --ids "$list" --logits "$work/logits" --json
		nll=$(sed -n 's/.*"nll":\([0-9.]*\).*/\1/p' "$work/out")
		computed=$(likelihood "300,$list" 2>> "$work/err")
		ok "$(near "${nll:-0}" "${computed% *}"; echo $?)" \
			"$arch, $output: eval's NLL is that of its logits: $nll, ${computed% *}"
		run tnpu run -m "$work/$output" --prompt-ids "$list" -n 4 --ignore-eos --json
		ids=$(json_ids "$work/out")
		ok "$([ "$(commas "$ids")" = 3 ] && [ "${ids%%,*}" = "${computed#* }" ]; echo $?)" \
			"and run begins with the likeliest token, ${computed#* }: $ids"
	done
	want=$(logits tied)
	other untied "$arch: output weights of its own give other logits"
	edit untied hidden 'hide("output.weight")'
	same hidden "$arch: without them, those of the embeddings"
done
run tnpu eval -m "$work/tied" --ids 5
ok "$(grep -q '^nll 0.000000$' "$work/out"; echo $?)" "one token: nothing to predict, NLL 0"

# ---- What may be missing -------------------------------------------------------------------

# optional ARCH KEY...: hidden, each gives the logits of the file, whose values are the defaults.
optional() {
	arch=$1
	want=$(logits "$arch")
	shift
	cp "$work/$arch" "$work/none"
	for key; do
		edit "$arch" one "hide('$arch.$key')"
		same one "$arch.$key is missing: its default"
		edit none less "hide('$arch.$key')"
		mv "$work/less" "$work/none"
	done
	[ $# = 1 ] || same none "$arch: all of them are"
}

# effective CHANGE, ineffective CHANGE: of the file llama, whose logits are in $want.
effective() {
	edit llama changed "$1"
	other changed "other logits: $1"
}

ineffective() {
	edit llama changed "$1"
	same changed "the same logits: $1"
}

for arch in llama qwen2 gpt2; do
	model $arch --arch $arch
done
want=$(logits qwen2)
edit qwen2 changed 'hide("blk.1.attn_v.bias")'
other changed "qwen2 without a bias loads; it had an effect"
want=$(logits changed)
edit qwen2 changed 'call("blk.1.attn_v.bias", "rope_freqs.weight") && shape("rope_freqs.weight", 8)'
other changed "rope_freqs.weight has an effect"
edit qwen2 changed 'f32("qwen2.attention.layer_norm_rms_epsilon", 1e-5)'
mv "$work/changed" "$work/qwen2"
optional qwen2 attention.head_count_kv attention.layer_norm_rms_epsilon rope.freq_base
optional gpt2 attention.layer_norm_epsilon
edit gpt2 changed 'f32("gpt2.attention.layer_norm_epsilon", 0.1)'
other changed "gpt2.attention.layer_norm_epsilon has an effect"
optional llama attention.head_count_kv attention.layer_norm_rms_epsilon rope.freq_base \
	rope.dimension_count
effective 'f32("llama.attention.layer_norm_rms_epsilon", 0.1)'
effective 'f32("llama.rope.freq_base", 500)'
effective 'u32("llama.rope.dimension_count", 8)'
ineffective 'add(key("llama.attention.key_length", 4, 16))'
ineffective 'add(key("llama.rope.scaling.type", 8, "none"))'
ineffective 'add(key("llama.rope.scaling.type", 8, "linear"))'
linear='key("llama.rope.scaling.type", 8, "linear"), key("llama.rope.scaling.factor", 6,'
ineffective "add($linear 1))"
effective "add($linear 2))"

# ---- What is refused -------------------------------------------------------------------------

# refused WHAT PATTERN FROM CHANGE
refused() {
	edit "$3" bad.gguf "$4"
	fails "$1" "bad.gguf: .*$2" tnpu run -m "$work/bad.gguf" --prompt-ids 1 -n 1
}

refused "unknown architecture" 'architecture "llamb" is not supported' llama \
	'str("general.architecture", "llamb")'
refused "another one" "qwen2\.block_count" llama 'str("general.architecture", "qwen2")'
for key in block_count embedding_length feed_forward_length context_length attention.head_count; do
	refused "no $key" "llama\.$key" llama "hide('llama.$key')"
	for value in 0 4294967295; do
		refused "$key = $value" "llama\.$key is $value; allowed are 1 to [1-9]" llama \
			"u32('llama.$key', $value)"
	done
done
for key in attention.head_count_kv rope.dimension_count; do
	for value in 0 4294967295; do
		refused "$key = $value" "llama\.$key is $value; allowed are 1 to [1-9]" llama \
			"u32('llama.$key', $value)"
	done
done
refused "a number of another type" "rope\.freq_base" llama \
	'put(name("llama.rope.freq_base"), "\x04")'
refused "a negative epsilon" "epsilon is -1; allowed are 0 to 1e+30" llama \
	'f32("llama.attention.layer_norm_rms_epsilon", -1)'
refused "a rotary base below 1" "llama\.rope\.freq_base is 0\.5; allowed are 1 to" llama 'f32("llama.rope.freq_base", 0.5)'
for value in 0 1e-38; do
	refused "a scaling by $value" "rope\.scaling\.factor is $value; allowed are 0\.001 to" llama \
		"add($linear $value))"
done
refused "an unknown scaling" 'rope\.scaling\.type "yarn" is not supported' llama \
	'add(key("llama.rope.scaling.type", 8, "yarn"))'

# 4 heads of 16 dimensions: what must be a multiple.
refused "KV heads that do not divide the heads" "4 heads over 3 KV heads" llama \
	'u32("llama.attention.head_count_kv", 3)'
refused "heads of 6 dimensions" "10 heads over 5 KV heads of 6 dimensions" qwen2 \
	'u32("qwen2.attention.head_count", 10) && u32("qwen2.attention.head_count_kv", 5)'
refused "an odd number of rotated dimensions" "15 rotated" llama \
	'u32("llama.rope.dimension_count", 15)'

# Numbers that the tensors contradict.
refused "more heads than dimensions" "llama\.attention\.head_count is 128; allowed are 1 to embedding_length, 64" \
	llama 'u32("llama.attention.head_count", 128)'
refused "fewer layers than tensors" "tensor blk\.1\.attn_norm\.weight is beyond the block_count, 1" llama \
	'u32("llama.block_count", 1)'
refused "more layers than tensors" "blk\.2\.attn_norm\.weight is missing" llama \
	'u32("llama.block_count", 3)'
for width in 65 80; do
	refused "a width of $width" "token_embd\.weight has shape 64 x 300 .* ask for $width x 300" \
		llama "u32('llama.embedding_length', $width)"
done
refused "another feed-forward width" "ffn_gate\.weight has shape 64 x 96 .* ask for 64 x 95" llama \
	'u32("llama.feed_forward_length", 95)'
refused "fewer KV heads" "attn_k\.weight has shape 64 x 64 .* ask for 64 x 32" llama \
	'u32("llama.attention.head_count_kv", 2)'
refused "longer heads" "attn_q\.weight has shape 64 x 64 .* ask for 64 x 80" llama \
	'add(key("llama.attention.key_length", 4, 20))'
refused "more positions than embeddings" "position_embd\.weight has shape 64 x 64 .* ask for 64 x 65" \
	gpt2 'u32("gpt2.context_length", 65)'

# Tensors.
for name in token_embd.weight output_norm.weight blk.1.attn_norm.weight blk.1.attn_q.weight \
	blk.1.attn_k.weight blk.1.attn_v.weight blk.1.attn_output.weight blk.1.ffn_norm.weight \
	blk.1.ffn_gate.weight blk.1.ffn_up.weight blk.1.ffn_down.weight; do
	refused "no $name" "tensor $name is missing" llama "hide('$name')"
done
for name in position_embd.weight output_norm.bias blk.1.attn_norm.bias blk.1.attn_qkv.weight \
	blk.1.attn_qkv.bias blk.1.ffn_down.bias; do
	refused "no $name" "tensor $name is missing" gpt2 "hide('$name')"
done
refused "a matrix turned round" "ffn_down\.weight has shape 64 x 96 .* ask for 96 x 64" llama \
	'shape("blk.0.ffn_down.weight", 64, 96)'
refused "a short norm" "attn_norm\.weight has shape 32 x 1 .* ask for 64 x 1" llama \
	'shape("blk.0.attn_norm.weight", 32)'
refused "fewer embeddings than tokens" "299 token embeddings; allowed are 300" llama \
	'shape("token_embd.weight", 64, 299)'
refused "output for another vocabulary" "output\.weight has shape 64 x 299 .* ask for 64 x 300" untied \
	'shape("output.weight", 64, 299)'
refused "rotary factors for another width" "rope_freqs\.weight must be F32\[8\]" qwen2 \
	'call("blk.0.attn_k.bias", "rope_freqs.weight")'
refused "a vector in blocks" "ffn_norm\.weight is Q8_0; vectors must be" llama \
	'type("blk.0.ffn_norm.weight", 1, 8)'
refused "a matrix of a type that is not supported" "ffn_up\.weight.*Q4_K" llama \
	'type("blk.0.ffn_up.weight", 2, 12)'
done_testing
