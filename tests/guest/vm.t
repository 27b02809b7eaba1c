#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/vm: streams, status, signals, several machines, and what it says when it fails.

. "$(dirname "$0")/lib.sh"
VM=$TOP/scripts/vm

"$VM" -- sh -c 'echo out; echo err >&2; exit 7' > "$work/out" 2> "$work/err"
ok "$([ $? = 7 ] && [ "$(cat "$work/out")" = out ] && [ "$(cat "$work/err")" = err ]; echo $?)" \
	"exit status; stdout and stderr apart and clean"

head -c 1000000 /dev/urandom > "$work/in"
"$VM" -- cat < "$work/in" > "$work/out" 2> "$work/err"
ok "$(cmp -s "$work/in" "$work/out"; echo $?)" "1 MB of any bytes through cat"

mkdir "$work/dir"
"$VM" --share "$work/dir:x" -- sh -c 'head -c 3000000 /dev/urandom > /mnt/x/a; sha256sum < /mnt/x/a' \
	> "$work/out" 2> "$work/err"
ok "$([ "$(sha256sum < "$work/dir/a")" = "$(cat "$work/out")" ]; echo $?)" \
	"a shared folder, written in the machine"

"$VM" -- sh -c 'trap "echo caught; exit 3" INT; echo ready; while :; do sleep 0.1; done' \
	> "$work/out" 2> "$work/err" &
vm=$!
for _ in $(seq 600); do
	grep -q ready "$work/out" && break
	sleep 0.1
done
kill -INT $vm
wait $vm
ok "$([ $? = 3 ] && grep -q caught "$work/out"; echo $?)" "SIGINT reaches the command"
sed 's/^/# /' "$work/err"

"$VM" --npus 2 -- sh -c 'ls /dev/accel | wc -l' > "$work/two" 2> "$work/err2" &
one=$!
"$VM" --npus 0 -- sh -c 'ls /sys/class/accel | wc -l; tnpu info' > "$work/none" 2> "$work/err0"
status=$?
wait $one
two=$?
ok "$([ $two = 0 ] && [ "$(cat "$work/two")" = 2 ]; echo $?)" "two devices"
ok "$([ $status = 1 ] && [ "$(cat "$work/none")" = 0 ] && [ "$(wc -l < "$work/err0")" = 1 ]; echo $?)" \
	"at the same time, a machine without: $(cat "$work/err0")"

"$VM" --module none -- sh -c 'lspci -n 2>/dev/null | grep -c 1234:7e10; lsmod | grep -c ^tnpu' \
	> "$work/out" 2> "$work/err"
ok "$([ "$(tail -1 "$work/out")" = 0 ]; echo $?)" "--module none loads none"

for args in "--nonsense" "--npu-mem 3M -- true" "--npus x -- true" "--share $work/none -- true" \
	"--kernel $work/none -- true" "--module $work/none -- true"; do
	# shellcheck disable=SC2086
	timeout 60 "$VM" $args > "$work/out" 2> "$work/err"
	ok "$([ $? = 125 ] && [ -s "$work/err" ] && [ ! -s "$work/out" ]; echo $?)" \
		"vm ${args//$work\//}: 125: $(head -1 "$work/err" | cut -c 1-100)"
done
mkdir -p "$work/bad"
head -c 65536 /dev/zero > "$work/bad/vmlinuz"
timeout 60 "$VM" --kernel "$work/bad" --boot-timeout 20 -- true > "$work/out" 2> "$work/err"
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
