#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: see probe.t.

here=/mnt/tests/e2e
. $here/lib.sh
# shellcheck source=tests/guest/ask.sh
. /mnt/tests/guest/ask.sh

driver=/sys/bus/pci/drivers/tnpu
slot=$(basename "$(ls -d $driver/0000:*)")
firmware=/lib/firmware/tnpu/tnpu.bin
cp $firmware "$work/good"

# refused NAME TEXT: the driver does not take the device, and the kernel's log has the text
refused() {
	echo "probe: $1" > /dev/kmsg
	echo "$slot" > $driver/bind 2> /dev/null
	ok "$([ ! -e "$driver/$slot" ] && dmesg | sed "1,/probe: $1\$/d" | grep -qF "$2"; echo $?)" \
		"$1: $2"
	[ ! -e "$driver/$slot" ] || echo "$slot" > $driver/unbind
}

# image OFFSET BYTES: the good one, with these in it
image() {
	cp "$work/good" $firmware
	# shellcheck disable=SC2059 # the bytes are a format
	printf "$2" | dd of=$firmware bs=1 seek="$1" conv=notrunc 2> /dev/null
}

echo "$slot" > $driver/unbind

# ---- Images that the driver refuses -----------------------------------------------------
rm $firmware
refused "no image" "cannot be loaded"
head -c 100 "$work/good" > $firmware
refused "a short image" "the size of the file is wrong"
cp "$work/good" $firmware
head -c 1048576 /dev/zero >> $firmware
refused "a long image" "the size of the file is wrong"
while read -r name offset bytes; do
	image "$offset" "$bytes"
	refused "image with another $name" "$name is wrong"
done << 'END'
magic 0 x
header_version 4 x
header_size 6 x
image_size 8 x
protocol 26 x
name 32 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
END

# ---- Images that the device refuses -----------------------------------------------------
image 64 xxxx
refused "image with another digest" "wrong digest"
image 28 '\377\377\377\377'
refused "image for later hardware" "made for other hardware"
image 12 '\001'
refused "image with a crooked payload" "malformed header"
cp "$work/good" $firmware
host dma-error 1
refused "image that cannot be read" "the image could not be read"

# ---- Firmware that does not do what the driver needs ---------------------------------------
cp /mnt/out/no-context.bin $firmware
refused "firmware without contexts" "probe with driver tnpu failed with error -95"
cp /mnt/out/no-queue.bin $firmware
refused "firmware without queues" "firmware refuses queue 0 (-95)"
cp "$work/good" $firmware

# ---- A device that is not there --------------------------------------------------------------
host link-down true
refused "a device behind a cut link" "does not answer"
host link-down false

# ---- Devices that work ---------------------------------------------------------------------------
# works NAME: the driver takes the device, and keeps it
works() {
	echo "$slot" > $driver/bind
	/mnt/build/kselftests/tnpu/driver -t clear_pieces > "$work/out" 2>&1
	ok $? "$1"
	sed 's/^/# /' "$work/out"
}

sensors() {
	grep -lx tnpu /sys/class/hwmon/*/name 2> /dev/null
}

works "and then the device works"
ok "$([ -n "$(sensors)" ]; echo $?)" "and has sensors"
echo "$slot" > $driver/unbind
cp /mnt/out/no-copy.bin $firmware
works "what the device cannot clear, the CPU does"
echo "$slot" > $driver/unbind
cp /mnt/out/no-trace.bin $firmware
works "firmware without queries and traces is good for work"
ok "$([ -z "$(sensors)" ]; echo $?)" "but not for sensors"
for try in first second; do
	cat /sys/kernel/debug/accel/*/spans > "$work/out" 2>&1
	ok "$(grep -q 'not supported' "$work/out"; echo $?)" "nor for spans, the $try time"
done
done_testing
