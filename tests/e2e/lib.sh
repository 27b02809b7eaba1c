# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# TAP for shell tests, also for the guest's busybox. The test sets $here. $work is a fresh
# folder; run CMD leaves $status, $work/out, $work/err.

: "${TNPU_BUILD:=$(cd "$here/../../build" && pwd)}"
TNPU_FIRMWARE=${TNPU_FIRMWARE:-$TNPU_BUILD/firmware/tnpu.bin}
export TNPU_BUILD TNPU_FIRMWARE
PATH=$TNPU_BUILD/bin:$PATH
n=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=$((failed + 1))
		# prove hides what is on standard output.
		{
			echo "# ${0##*/}: not ok $n - $2"
			[ ! -e "$work/err" ] || sed 's/^/#   /' "$work/err" | head -5
		} >&2
	fi
}

bail() {
	echo "Bail out! $*"
	exit 1
}

run() {
	"$@" > "$work/out" 2> "$work/err"
	# shellcheck disable=SC2034 # the tests read it
	status=$?
}

# fails WHAT PATTERN CMD...: exit status 1, nothing on stdout, one line on stderr.
fails() {
	what=$1
	pattern=$2
	shift 2
	run "$@"
	ok "$([ "$status" = 1 ] && [ ! -s "$work/out" ] && [ "$(wc -l < "$work/err")" = 1 ] &&
		grep -q "$pattern" "$work/err"; echo $?)" "$what: $(head -1 "$work/err")"
}

gguf_random() {
	"$TNPU_BUILD/tests/tools/gguf-random" "$@"
}

# The ids of the first JSON line of a file, "1,2,3".
json_ids() {
	sed -n '1s/.*"ids":\[\([0-9,]*\)\].*/\1/p' "$@"
}

commas() {
	printf %s "$1" | tr -cd , | wc -c
}

done_testing() {
	echo "1..$n"
	exit $((failed > 0))
}
