#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/vm: streams, status, signals, several machines, and what it says when it fails.

. "$(dirname "$0")/lib.sh"
VM=$TOP/scripts/vm

machine() {
	"$VM" --dmesg "$work/dmesg" "$@"
}

# What a machine has said on standard error, but for that a boot took more than one try.
errors() {
	grep -v '^vm: the guest has not booted in [0-9]* s: once more$' "$1"
}

machine -- sh -c 'echo out; echo err >&2; exit 7' > "$work/out" 2> "$work/err"
ok "$([ $? = 7 ] && [ "$(cat "$work/out")" = out ] && [ "$(errors "$work/err")" = err ]; echo $?)" \
	"exit status; stdout and stderr apart and clean"
dmesg_clean "streams"

head -c 1000000 /dev/urandom > "$work/in"
machine -- cat < "$work/in" > "$work/out" 2> "$work/err"
ok "$(cmp -s "$work/in" "$work/out"; echo $?)" "1 MB of any bytes through cat"
dmesg_clean "cat"

mkdir "$work/dir"
machine --share "$work/dir:x" -- sh -c 'head -c 3000000 /dev/urandom > /mnt/x/a; sha256sum < /mnt/x/a' \
	> "$work/out" 2> "$work/err"
ok "$([ "$(sha256sum < "$work/dir/a")" = "$(cat "$work/out")" ]; echo $?)" \
	"a shared folder, written in the machine"
dmesg_clean "share"

# ---- Signals --------------------------------------------------------------------------------
# appears WORD: waits until the machine's command has written it
appears() {
	for _ in $(seq 600); do
		grep -q "$1" "$work/out" && return
		sleep 0.1
	done
	return 1
}

# Not "machine": the signals are for the program itself.
"$VM" --dmesg "$work/dmesg" --timeout 300 -- sh -c 'trap "echo interrupted" INT
	trap "echo ended; exit 3" TERM
	echo ready; while :; do sleep 0.1; done' > "$work/out" 2> "$work/err" &
vm=$!
appears ready
kill -INT $vm
ok "$(appears interrupted; echo $?)" "SIGINT reaches the command"
kill -TERM $vm
wait $vm
ok "$([ $? = 3 ] && grep -q ended "$work/out"; echo $?)" "SIGTERM too, and the status is the command's"
sed 's/^/# /' "$work/err"
dmesg_clean "signals"

# ---- Machines of other kinds ------------------------------------------------------------------
"$VM" --npus 2 --dmesg "$work/two.dmesg" -- sh -c 'ls /dev/accel | wc -l' > "$work/two" 2> "$work/err2" &
one=$!
"$VM" --npus 0 --dmesg "$work/none.dmesg" -- sh -c 'ls /sys/class/accel | wc -l; tnpu info' \
	> "$work/none" 2> "$work/err0"
status=$?
wait $one
two=$?
ok "$([ $two = 0 ] && [ "$(cat "$work/two")" = 2 ]; echo $?)" "two devices"
ok "$([ $status = 1 ] && [ "$(cat "$work/none")" = 0 ] && [ "$(errors "$work/err0" | wc -l)" = 1 ]; echo $?)" \
	"at the same time, a machine without: $(errors "$work/err0")"
for name in two none; do
	mv "$work/$name.dmesg" "$work/dmesg"
	dmesg_clean "$name"
done

# On a terminal, with all that this machine leaves on the host below one folder.
mkdir "$work/tmp"
start=$SECONDS
TMPDIR=$work/tmp script -qec "stty cols 91 rows 33; exec '$VM' --dmesg '$work/dmesg' --verbose \
	--mem 3G --module none -- sh -c 'echo size \$(stty size); grep MemTotal /proc/meminfo
	echo modules \$(lsmod | grep -c ^tnpu)'" /dev/null < /dev/null 2> "$work/err" |
	tr -d '\r' > "$work/out"
total=$((SECONDS - start))
said=$(sed -n 's/.*vm: *[0-9.]* s: //p' "$work/out" | tr '\n' ',')
ended=$(sed -n 's/.*vm: *\([0-9]*\)\.[0-9]* s: command ended$/\1/p' "$work/out")
sed 's/^/# /' "$work/out"
# What "script" types at the end of its input may be echoed before it.
ok "$(grep -q 'size 33 91$' "$work/out"; echo $?)" "the terminal's size reaches the command"
ok "$(awk '/MemTotal/ { mb = $2 / 1024 } END { exit !(mb > 2600 && mb <= 3072) }' "$work/out"; echo $?)" \
	"--mem 3G: $(grep MemTotal "$work/out")"
ok "$(grep -qx 'modules 0' "$work/out"; echo $?)" "--module none loads none"
# A boot may have taken more than one try.
ok "$([ "${said%machine started,guest ready,command ended,}" != "$said" ]; echo $?)" \
	"--verbose tells the phases: $said"
# Two seconds are the promise; what is left to a busy host is what only a hang takes.
ok "$([ -n "$ended" ] && [ $((total - ended)) -lt 60 ]; echo $?)" \
	"the machine ends with its command: after $ended s of $total"
# The brackets keep grep from finding itself.
ok "$([ -z "$(ls "$work/tmp")" ] && ! cat /proc/[0-9]*/cmdline 2> /dev/null |
	grep -qa "$work/tm[p]/tnpu-vm"; echo $?)" "and leaves no file and no process"
dmesg_clean "terminal"

# ---- What cannot be run -------------------------------------------------------------------------
for args in "--nonsense" "--npu-mem 3M -- true" "--npus x -- true" "--share $work/none -- true" \
	"--kernel $work/none -- true" "--module $work/none -- true"; do
	# shellcheck disable=SC2086
	timeout 60 "$VM" $args > "$work/out" 2> "$work/err"
	ok "$([ $? = 125 ] && [ -s "$work/err" ] && [ ! -s "$work/out" ]; echo $?)" \
		"vm ${args//$work\//}: 125: $(head -1 "$work/err" | cut -c 1-100)"
done
# A kernel's own driver is found wherever its folder lies, but not behind the link to its source.
mkdir -p "$work/build/k/lib/modules/x/kernel/drivers/accel/tnpu" "$work/source/drivers"
own=$work/build/k/lib/modules/x/kernel/drivers/accel/tnpu/tnpu.ko
echo none | tee "$work/build/k/vmlinuz" "$own" > "$work/source/drivers/tnpu.ko"
ln -s "$work/source" "$work/build/k/lib/modules/x/build"
ln -s "$work/source" "$work/build/k/lib/modules/x/source"
timeout 60 "$VM" --kernel "$work/build/k" --boot-timeout 20 -- true > "$work/out" 2> "$work/err"
ok "$([ $? = 125 ] && grep -qF " $own is no kernel module" "$work/err"; echo $?)" \
	"a kernel's own driver, below a folder \"build\": $(tail -1 "$work/err" | sed "s,$work/,,")"
mkdir -p "$work/zeros"
head -c 65536 /dev/zero > "$work/zeros/vmlinuz"
timeout 60 "$VM" --kernel "$work/zeros" --boot-timeout 20 -- true > "$work/out" 2> "$work/err"
ok "$([ $? = 125 ] && [ -s "$work/err" ]; echo $?)" \
	"a kernel that does not boot: $(head -1 "$work/err" | cut -c 1-100)"

# An emulator whose first guest never gets ready; the second answers as vm-agent would.
cat > "$work/emulator" <<'EOF'
#!/bin/sh
[ -e "$1" ] && [ "$2" != 125 ] || { : > "$1"; exec sleep 600; }
printf '\001\0\0\0\0\0\0\0' >&3
printf '\010\0\0\0\003\0\0\0hi\n' >&3
printf '\013\0\0\0\004\0\0\0\007\0\0\0' >&3
exec sleep 600
EOF
chmod +x "$work/emulator"
for round in "7 hi" "125"; do
	read -r status text <<< "$round"
	mkdir "$work/host"
	"$BUILD/bin/vm-host" --dir "$work/host" --boot-timeout 6 \
		:: "$work/emulator" "$work/hung$status" "$status" :: true > "$work/out" 2> "$work/err"
	ok "$([ $? = "$status" ] && [ "$(cat "$work/out")" = "$text" ] && [ ! -e "$work/host" ]; echo $?)" \
		"started again: $(tail -1 "$work/err")"
done
done_testing
