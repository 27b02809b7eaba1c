#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: sharing, kill -9, unbind and bind, rmmod.

here=/mnt/tests/e2e
. $here/lib.sh
# shellcheck source=tests/guest/used.sh
. /mnt/tests/guest/used.sh

driver=/sys/bus/pci/drivers/tnpu
module=/lib/tnpu/tnpu.ko
slot=$(basename "$(ls -d $driver/0000:*)")
a="tnpu run -m /mnt/models/stories260K.q4_0.gguf -p Once -n 400 --ignore-eos --json"
b="tnpu run -m /mnt/models/g2b_byte48x2.q4_0.gguf -p What -n 180 --ignore-eos --json"

# ---- Two models at once ----------------------------------------------------------
$a > "$work/a1" && $b > "$work/b1"
ok $? "each alone"
$a > "$work/a2" &
$b > "$work/b2" &
wait
ok "$([ -n "$(json_ids "$work/a1")" ] && [ "$(json_ids "$work/a1")" = "$(json_ids "$work/a2")" ]
	echo $?)" "both at once: the first gets the ids that it gets alone"
ok "$([ -n "$(json_ids "$work/b1")" ] && [ "$(json_ids "$work/b1")" = "$(json_ids "$work/b2")" ]
	echo $?)" "and so does the second"

# ---- Loading ----------------------------------------------------------------------
mv /dev/udmabuf /dev/away
$a > "$work/a4"
ok "$([ "$(json_ids "$work/a1")" = "$(json_ids "$work/a4")" ]; echo $?)" \
	"without udmabuf a model is loaded through the page cache"
mv /dev/away /dev/udmabuf
cp /mnt/models/stories260K.q4_0.gguf "$work/model"
tnpu run -m "$work/model" -p Once -n 400 --ignore-eos --json > "$work/a4"
ok "$([ "$(json_ids "$work/a1")" = "$(json_ids "$work/a4")" ]; echo $?)" \
	"a model in memory gives the same ids"
rm "$work/model"

# ---- kill -9 -----------------------------------------------------------------------
for delay in 0.05 0.1 0.2 0.3 0.5; do
	$a > /dev/null 2>&1 &
	victim=$!
	sleep $delay
	kill -9 $victim
	wait $victim 2> /dev/null
done
settled
ok $? "kill -9 in the middle leaves no memory, queue or context behind"

# One that would run for long, and dies when fdinfo has told of it.
tnpu bench -m /mnt/models/stories260K.q4_0.gguf -p 1 -n 400 -r 1000 > /dev/null 2>&1 &
victim=$!
memory=$(held $victim)
ok "$([ -n "$memory" ] && [ "$(clients)" = 1 ]; echo $?)" \
	"fdinfo tells of one client with device memory: $memory"
kill -9 $victim
wait $victim 2> /dev/null
settled && [ "$(clients)" = 0 ]
ok $? "and after kill -9 of none, and nothing is left behind"

# ---- Unbind and bind -----------------------------------------------------------------
fails=0
for i in $(seq 50); do
	$a > /dev/null 2>&1 &
	victim=$!
	usleep $((i * 7000))
	echo "$slot" > $driver/unbind || fails=$((fails + 1))
	wait $victim
	# It says what happened; a signal would be 128 and more.
	[ $? -lt 128 ] || fails=$((fails + 1))
	echo "$slot" > $driver/bind || fails=$((fails + 1))
done
ok $fails "50 times unbind and bind under an open node and running jobs"
settled
ok $? "nothing is left behind"
$a > "$work/a3"
ok "$([ "$(json_ids "$work/a1")" = "$(json_ids "$work/a3")" ]; echo $?)" \
	"and the device gives the same ids"

# ---- rmmod ------------------------------------------------------------------------------
# shellcheck disable=SC2217 # it only holds the node open
sleep 3 < "$(echo /dev/accel/accel*)" &
sleep 0.5
run rmmod tnpu
ok "$([ "$status" != 0 ] && [ -d $driver ]; echo $?)" "rmmod refuses while a file is open"
wait
rmmod tnpu 2> "$work/err"
ok "$([ ! -d $driver ]; echo $?)" "and succeeds after"
tnpu info > "$work/out" 2> "$work/err"
ok "$([ $? = 1 ] && [ "$(wc -l < "$work/err")" = 1 ]; echo $?)" \
	"no driver: one message: $(cat "$work/err")"
insmod "$module"
ok "$([ "$(used)" = "$before" ]; echo $?)" "insmod brings it back"

# ---- Firmware -----------------------------------------------------------------------------
firmware=/lib/firmware/tnpu/tnpu.bin
cp $firmware "$work/good"
for what in missing corrupt truncated; do
	rmmod tnpu
	case $what in
	missing) rm $firmware ;;
	corrupt) printf 'x' | dd of=$firmware bs=1 seek=250 conv=notrunc 2> /dev/null ;;
	truncated) head -c 100 "$work/good" > $firmware ;;
	esac
	echo "$what firmware" > /dev/kmsg
	insmod "$module" 2> /dev/null
	said=$(dmesg | sed -n "/$what firmware/,\$p" | grep 'tnpu 0000:' | grep -i firmware |
		tail -1 | cut -c 16-130)
	tnpu info > "$work/out" 2> "$work/err"
	ok "$([ $? = 1 ] && [ -n "$said" ]; echo $?)" "$what firmware: $said"
	cp "$work/good" $firmware
done
rmmod tnpu
insmod "$module"
ok "$([ "$(used)" = "$before" ]; echo $?)" "the good image boots again"
done_testing
