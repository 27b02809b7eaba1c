#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A build folder has one name, however it is given: what was built by one name is built anew
# by another where a header has changed.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"

cd "$here/../.." || exit 1
unset MAKEFLAGS MAKELEVEL B
mkdir -p build
folder=$(mktemp -d build/one-name-XXXXXX) || bail "no folder"
trap 'rm -rf "$work" "$folder"' EXIT
object=$folder/obj/userlib/utf8.o
run make -s B="$PWD/$folder" "$object"
ok "$status" "a folder with its whole path is the same as one without"
run make -q B="$folder" "$object"
ok "$status" "what was built by the one name is not built again by the other"
run make -q -W userlib/utf8.h B="$folder" "$object"
ok "$([ "$status" = 1 ]; echo $?)" "but is when a header has changed"
done_testing
