#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A build folder has one name, however it is given: what was built by one name is built anew
# by another where a header has changed.

cd "$(dirname "$0")/../.." || exit 1
n=0
failed=0

ok() {
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	failed=1
}

unset MAKEFLAGS MAKELEVEL B
work=$(mktemp -d ./build-XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
object=${work#./}/obj/userlib/utf8.o
make -s B="$PWD/$work" "$object" > /dev/null 2>&1
ok $? "a folder with its whole path is the same as one without"
make -q B="${work#./}" "$object" 2> /dev/null
ok $? "what was built by the one name is not built again by the other"
make -q -W userlib/utf8.h B="${work#./}" "$object" 2> /dev/null
ok "$([ $? = 1 ]; echo $?)" "but is when a header has changed"
echo "1..$n"
exit $failed
