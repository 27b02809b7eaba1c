#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: two models at the same time, which do not fit into device memory together.

here=/mnt/tests/e2e
. $here/lib.sh
# shellcheck source=tests/guest/used.sh
. /mnt/tests/guest/used.sh

# talk MODEL SEED: the same text each time
talk() {
	tnpu run -m "$work/$1.gguf" -p Once -n 40 --ignore-eos --temp 1 --seed "$2" --json
}

# moved: whether anybody's memory is elsewhere
moved() {
	cat /proc/[0-9]*/fdinfo/* 2> /dev/null | awk '
		$1 == "drm-total-local:" { total += $2 * ($3 == "MiB" ? 1024 : 1) }
		$1 == "drm-resident-local:" { there += $2 * ($3 == "MiB" ? 1024 : 1) }
		END { print total + 0, there + 0; exit !(total > there) }'
}

for seed in 1 2; do
	gguf_random -q --width 1024 --ffn 3072 --heads 8 --kv-heads 8 --layers 3 --ctx 256 \
		--seed $seed "$work/model$seed.gguf"
	talk model$seed $seed > "$work/alone$seed"
	ok "$([ "$(json_ids "$work/alone$seed" | tr -cd , | wc -c)" = 39 ]; echo $?)" \
		"model $seed alone: $(json_ids "$work/alone$seed" | cut -c 1-40)..."
done

for seed in 1 2; do
	(for _ in 1 2 3; do talk model$seed $seed; done; : > "$work/done$seed") \
		> "$work/beside$seed" 2>&1 &
done
most=0
until [ -e "$work/done1" ] && [ -e "$work/done2" ]; do
	# What they have and what of it is in its place, in KiB.
	if sum=$(moved) && [ "${sum% *}" -gt "$most" ]; then
		most=${sum% *}
		there=${sum#* }
	fi
	sleep 0.1
done
wait
ok "$([ "$most" -ge $((48 << 10)) ] && [ "${there:-0}" -le $((32 << 10)) ]; echo $?)" \
	"together they had $most KiB of memory, ${there:-0} KiB in the device"
for seed in 1 2; do
	ok "$([ "$(grep -c ids "$work/beside$seed")" = 3 ] &&
		[ "$(sed 's/.*"ids":\[\([0-9,]*\)\].*/\1/' "$work/beside$seed" | sort -u)" = \
		"$(json_ids "$work/alone$seed")" ]; echo $?)" "model $seed beside the other: the same ids"
done
settled
ok $? "and nothing is left behind"
done_testing
