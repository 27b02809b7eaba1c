# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# A machine of a test's own, for what scripts/vm cannot do: to be saved, and to go on in
# another QEMU. It shares nothing with the host; what it runs lies in its initramfs, and
# what it says goes to $work/console.
#
# Source after lib.sh, whose folder $work it uses. Each machine has a number; the functions below take it first.

: "${work:?}" "${for_kernel?}"
TOOLS=$BUILD/tools/files/usr/share
declare -A QMP_IN QMP_OUT PID

# machine_initrd DIR: adds the folder's files to the build's; DIR/sbin/vm-agent becomes
# process 1 once the driver is loaded.
machine_initrd() {
	(cd "$1" && find . -mindepth 1 | cpio -o -H newc -R 0:0 --quiet) > "$work/extra.cpio"
	cat "$BUILD"/guest/{base,files}.cpio "$BUILD/guest$for_kernel"/{modules,driver}.cpio \
		"$work/extra.cpio" > "$work/initrd"
}

machine_kernel() {
	find -L "$BUILD/kernel$for_kernel/files/boot" -name 'vmlinu[xz]-*' | sort | head -1
}

# machine_start N [QEMU-ARG]...: QMP goes through two pipes, which bash can read. The kernel
# does not try out its timer: on a busy host the emulated one looks broken.
machine_start() {
	local n=$1

	shift
	mkfifo "$work/qmp$n.in" "$work/qmp$n.out"
	"$BUILD/qemu/qemu-system-x86_64" -L "$TOOLS/seabios" -L "$TOOLS/qemu" \
		-nodefaults -no-user-config -no-reboot -display none -machine q35 \
		-accel tcg,thread=multi -cpu max,-erms,-fsrm,phys-bits=39 -m 384M -smp 2 \
		-kernel "$(machine_kernel)" -initrd "$work/initrd" \
		-append "console=ttyS0 quiet panic=-1 nokaslr mitigations=off $(
			)random.trust_cpu=on no_timer_check" \
		-chardev "file,id=console,path=$work/console,append=on" -serial chardev:console \
		-chardev "pipe,id=qmp,path=$work/qmp$n" -mon chardev=qmp,mode=control \
		-device "pcie-root-port,id=npuport,chassis=1,pref64-reserve=128M,mem-reserve=32M" \
		-device "tnpu,id=npu0,bus=npuport,mem-size=64M,engines=$((n % 3 + 1))" \
		"$@" 2>> "$work/qemu.err" &
	PID[$n]=$!
	machine_qmp "$n"
}

# machine_qmp N: opens the pipes $work/qmpN.in and .out to a QEMU, which opens them too.
machine_qmp() {
	local n=$1 in out

	exec {in}> "$work/qmp$n.in" {out}< "$work/qmp$n.out"
	QMP_IN[$n]=$in QMP_OUT[$n]=$out
	qmp "$n" '{"execute": "qmp_capabilities"}'
}

# qmp N COMMAND: waits for the answer, which goes to $ANSWER; false where it is an error.
qmp() {
	echo "$2" >&"${QMP_IN[$1]}"
	while read -r -t 60 ANSWER <&"${QMP_OUT[$1]}"; do
		case $ANSWER in
		'{"return"'*) return 0 ;;
		# A machine whose boot was tried again knows nothing of the first try's handshake.
		*'capabilities negotiation'*)
			qmp "$1" '{"execute": "qmp_capabilities"}' && qmp "$@"
			return
			;;
		'{"error"'*) echo "# $2: $ANSWER"; return 1 ;;
		esac
	done
	echo "# $2: no answer"
	return 1
}

# qmp_until N COMMAND PATTERN: asks until the answer matches; false where it tells a failure.
qmp_until() {
	local i

	for ((i = 0; i < 1200; i++)); do
		qmp "$1" "$2" || return
		case $ANSWER in
		*'"failed"'* | *'"error"'*) echo "# $2: $ANSWER"; return 1 ;;
		*$3*) return 0 ;;
		esac
		sleep 0.1
	done
	echo "# $2: still $ANSWER"
	return 1
}

machine_end() {
	local in=${QMP_IN[$1]} out=${QMP_OUT[$1]}

	qmp "$1" '{"execute": "quit"}' > /dev/null
	exec {in}>&- {out}<&-
	wait "${PID[$1]}"
	rm -f "$work/qmp$1".{in,out}
}

# machine_migrate FROM TO: live; TO goes on, FROM is gone.
machine_migrate() {
	machine_start "$2" -incoming "unix:$work/migrate$2"
	qmp "$1" '{"execute": "migrate-set-parameters", "arguments":
		{"max-bandwidth": 4000000000, "downtime-limit": 2000}}' &&
		qmp "$1" "{\"execute\": \"migrate\", \"arguments\":
			{\"uri\": \"unix:$work/migrate$2\"}}" &&
		qmp_until "$1" '{"execute": "query-migrate"}' '"status": "completed"' &&
		machine_end "$1" &&
		qmp_until "$2" '{"execute": "query-status"}' '"status": "running"'
}

# A file for snapshots belongs to a machine; it holds no disk.
# job N COMMAND: a command that starts the job "job"
job() {
	qmp "$1" "$2" && qmp_until "$1" '{"execute": "query-jobs"}' '"status": "concluded"' &&
		qmp "$1" '{"execute": "job-dismiss", "arguments": {"id": "job"}}'
}

machine_snapshots() {
	local file=$work/snapshots$1

	rm -f "$file"
	: > "$file"
	qmp "$1" "{\"execute\": \"blockdev-add\", \"arguments\":
		{\"driver\": \"file\", \"node-name\": \"file\", \"filename\": \"$file\"}}" &&
	job "$1" '{"execute": "blockdev-create", "arguments": {"job-id": "job", "options":
		{"driver": "qcow2", "file": "file", "size": 1048576}}}' &&
	qmp "$1" '{"execute": "blockdev-add", "arguments":
		{"driver": "qcow2", "node-name": "snapshots", "file": "file"}}'
}

# snapshot N save|load
snapshot() {
	job "$1" "{\"execute\": \"snapshot-$2\", \"arguments\": {\"job-id\": \"job\",
		\"tag\": \"here\", \"vmstate\": \"snapshots\", \"devices\": [\"snapshots\"]}}"
}

# machine_go_back N SECONDS: saves the machine, lets it run, takes it back to where it was.
# What it said meanwhile is taken back as well.
machine_go_back() {
	local size

	qmp "$1" '{"execute": "stop"}' || return
	size=$(stat -c %s "$work/console")
	snapshot "$1" save && qmp "$1" '{"execute": "cont"}' || return
	sleep "$2"
	qmp "$1" '{"execute": "stop"}' && snapshot "$1" load || return
	truncate -s "$size" "$work/console"
	qmp "$1" '{"execute": "snapshot-delete", "arguments":
		{"job-id": "job", "tag": "here", "devices": ["snapshots"]}}' &&
		qmp_until "$1" '{"execute": "query-jobs"}' '"status": "concluded"' &&
		qmp "$1" '{"execute": "job-dismiss", "arguments": {"id": "job"}}' &&
		qmp "$1" '{"execute": "cont"}'
}
