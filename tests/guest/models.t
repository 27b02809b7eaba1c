#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Models through the whole stack: the references, the command, and the very bits that the
# chip in process gives.

. "$(dirname "$0")/lib.sh"

[ -n "${TNPU_TEST_MODELS:-}" ] || { echo "1..0 # SKIP TNPU_TEST_MODELS is not set"; exit 0; }

guest_tap golden -- /mnt/build/tests/e2e/golden
guest_tap cli -- sh /mnt/tests/e2e/cli.t

# Logits of 70 tokens in the machine and in process, for 1, 2 and 5 engines.
ids=$(seq -s, 1 70)
for engines in 1 2 5; do
	vm --device-opts "engines=$engines" -- sh -c "
		for m in stories260K.q4_0 stories260K.f16 g2b_byte48x2.q4_0; do
			tnpu eval -m /mnt/models/\$m.gguf --ids $ids --chunk 33 \
				--logits /mnt/out/\$m.f32 || exit
		done" > "$work/out" 2> "$work/err"
	ok $? "$engines engines: logits of three models $(cat "$work/err")"
	dmesg_clean "$engines engines"
	for m in stories260K.q4_0 stories260K.f16 g2b_byte48x2.q4_0; do
		TNPU_TRANSPORT=inproc "$BUILD/bin/tnpu" eval -m "$TNPU_TEST_MODELS/$m.gguf" \
			--ids "$ids" --logits "$work/inproc.f32" > "$work/out" 2> "$work/err"
		ok "$([ -s "$work/$m.f32" ] && cmp -s "$work/$m.f32" "$work/inproc.f32"; echo $?)" \
			"$engines engines: $m: the machine and the chip in process, bit for bit"
	done
done
done_testing
