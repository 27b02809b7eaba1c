#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: models that do not fit into device memory, beside one that does.

here=/mnt/tests/e2e
. $here/lib.sh
# shellcheck source=tests/guest/used.sh
. /mnt/tests/guest/used.sh

small="tnpu run -m $work/small.gguf -p Once -n 400 --ignore-eos --json"
gguf_random -q --ctx 512 "$work/small.gguf"
$small > "$work/alone"
ok "$([ "$(commas "$(json_ids "$work/alone")")" = 399 ]; echo $?)" "a small model alone"

# The other user: the small model again and again, all the while.
(while [ ! -e "$work/stop" ]; do $small || echo failed; done) > "$work/beside" 2>&1 &
for _ in $(seq 600); do
	[ "$(clients)" = 0 ] || break
	sleep 0.05
done
ok "$([ "$(clients)" = 1 ]; echo $?)" "it runs again"

# With weights of 59 MiB nothing is loaded; with a context that is too long, the weights are.
gguf_random -q --width 1024 --ffn 3072 --heads 8 --kv-heads 8 --layers 8 "$work/big.gguf"
gguf_random -q --ctx 400000 "$work/long.gguf"
fails "more weights than device memory" "weights take .* device memory" \
	tnpu run -m "$work/big.gguf" -p a
fails "more context than device memory" "device memory .* context" \
	tnpu run -m "$work/long.gguf" -p a -c 400000
: > "$work/stop"
wait
$small >> "$work/beside" 2>&1
ok "$([ "$(sed 's/.*"ids":\[\([0-9,]*\)\].*/\1/' "$work/beside" | sort -u)" = \
	"$(json_ids "$work/alone")" ]; echo $?)" \
	"the small model gets its ids beside them and after: $(wc -l < "$work/beside") times"
settled && [ "$(clients)" = 0 ]
ok $? "and nothing is left behind"
done_testing
