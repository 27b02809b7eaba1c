#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Nothing that a guest does ends the process that emulates its device: neither the chip nor its
# PCIe shell has a call that can. Also none that ends it where memory is short, if the size is
# not a constant. QEMU's own functions are used with what they ask for: qemu-device/README.md.

cd "$(dirname "$0")/../.." || exit 1
# The tool that makes firmware images is a program of its own.
sources=$(find firmware-sim qemu-device/hw -name '*.[ch]' ! -name mkfw.c | sort)
n=0
failed=0

none() {
	local found

	n=$((n + 1))
	# shellcheck disable=SC2086 # a list
	found=$(grep -nE "$2" $sources)
	if [ -z "$found" ]; then
		echo "ok $n - no $1"
		return
	fi
	echo "not ok $n - no $1"
	echo "# ${found//$'\n'/$'\n'# }"
	failed=1
}

none "assertion" '\<(g_)?assert[a-z_]*\(|g_return_[a-z_]*\('
none "end of the process" '(^|[^.>a-zA-Z0-9_])(abort|_?exit|_Exit|quick_exit|raise|kill|hw_error|g_error)\('
none "error that ends it" '&error_(abort|fatal)'
none "allocation that ends it" '\<(g_(try_)?(malloc|new|realloc|memdup)[0-9a-z_]*|qemu_memalign)\('
none "trap" '__builtin_(trap|unreachable)'
[ "$(wc -w <<<"$sources")" -gt 50 ]
ok=$?
n=$((n + 1))
[ $ok = 0 ] && echo "ok $n - all sources were looked at" || echo "not ok $n - too few sources"
echo "1..$n"
exit $((failed | ok))
