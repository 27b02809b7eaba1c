#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Sizes and offsets of the contracts' structs, for 32 and 64 bits: tests/unit/uapi_layout.c
# compiles, and leaves no struct out. No 32-bit C library is needed: nothing is linked.

cd "$(dirname "$0")/../.." || exit 1
headers=(uapi/drm/tnpu_accel.h uapi/tnpu/tnpu_dump.h uapi/tnpu/tnpu_isa.h \
	uapi/tnpu/tnpu_regs.h uapi/tnpu/tnpu_spans.h)
layout=tests/unit/uapi_layout.c
n=0
failed=0

ok() {
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	failed=1
}

compiles() {
	# shellcheck disable=SC2046 # flags are words
	"${CC:-gcc}" "$1" -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -Iuapi \
		-isystem "/usr/include/$("${CC:-gcc}" -print-multiarch)" \
		$("${PKG_CONFIG:-pkg-config}" --cflags libdrm) "$layout" 2>&1 | sed 's/^/# /'
	return "${PIPESTATUS[0]}"
}

if [ "$(uname -m)" = x86_64 ]; then
	bits=(-m32 -m64)
else
	bits=(-g)
fi
for flag in "${bits[@]}"; do
	compiles "$flag"
	ok $? "layout holds with $flag"
done

declared=$(sed -n 's/^struct \([a-z0-9_]*\) {$/\1/p' "${headers[@]}" | sort)
asserted=$(sed -n 's/^SIZE(\([a-z0-9_]*\), .*/\1/p' "$layout" | sort)
diff <(echo "$declared") <(echo "$asserted") | sed 's/^/# /'
[ "$declared" = "$asserted" ]
ok $? "every struct of the contracts is there"
echo "1..$n"
exit $failed
