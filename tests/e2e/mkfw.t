#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tnpu-mkfw: its options, and that the chip runs by what they say. On the host only.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

mkfw=$TNPU_BUILD/bin/tnpu-mkfw

# ---- Wrong usage: a message, and no file ---------------------------------------------------
long=$(printf '%032d' 0)
for args in "" "--nonsense" "--output" "-i 1.2" "-i 1.2.3x" "-i 256.0.0" "-i 0.0.65536" "-i one" \
	"-n $long" "--ops=x" "--ops=" "--ops=-1" "--ops=0x10000000000000000" "--messages=1x" \
	"--quantum-us=99" "--quantum-us=100001" "--heartbeat-ms=0" "--heartbeat-ms=1001" \
	"--max-cmd-bytes=-1" "--max-cmd-macs=x" "--hw-min=65536" "--hw-max=-1"; do
	# shellcheck disable=SC2086
	case $args in
	"") run "$mkfw" ;;
	*) run "$mkfw" -o "$work/image" $args ;;
	esac
	ok "$([ "$status" != 0 ] && [ -s "$work/err" ] && [ ! -e "$work/image" ]; echo $?)" \
		"tnpu-mkfw $args: refused"
done
run "$mkfw" -o "$work/none/image"
ok "$([ "$status" = 1 ] && grep -q "none/image: No such file" "$work/err"; echo $?)" \
	"a file that cannot be written"

# ---- What the options say ---------------------------------------------------------------------
# told NAME VALUE: by a chip that runs the image
told() {
	ok "$(TNPU_FIRMWARE=$work/image tnpu info | grep -qE "^$1 +$2\$"; echo $?)" "info: $1 $2"
}

run "$mkfw" -o "$work/image" -n other -i 3.4.5 --ops=0xff --messages=0xfff --quantum-us=100 \
	--heartbeat-ms=1000 --max-cmd-bytes=0x100000 --max-cmd-macs=1000000 --hw-min=0 --hw-max=2
ok "$status" "all options at once"
told firmware other
told firmware_version 3.4.5
told operators 255
told max_cmd_bytes 1048576
told max_cmd_macs 1000000

run "$mkfw" -o "$work/image" --hw-min=2 --hw-max=3
ok "$status" "an image for later hardware"
ok "$(! TNPU_FIRMWARE=$work/image tnpu info > /dev/null 2>&1; echo $?)" "which the chip refuses"
done_testing
