#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The example, built as a user would, against the installed library: shared and static.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

[ -n "${TNPU_TEST_MODELS:-}" ] || { echo "1..0 # SKIP TNPU_TEST_MODELS is not set"; exit 0; }
top=$here/../..
root=$work/root
make -C "$top" B="$TNPU_BUILD" install PREFIX="$root/usr" FIRMWAREDIR="$root/firmware" > "$work/out" 2> "$work/err"
ok $? "make install PREFIX= FIRMWAREDIR="
for f in bin/tnpu lib/libtnpu.so lib/libtnpu.a lib/tnpu/libtnpu-inproc.so include/tnpu/tnpu.h \
	lib/pkgconfig/tnpu.pc share/man/man1/tnpu.1 share/man/man3/libtnpu.3; do
	ok "$([ -s "$root/usr/$f" ]; echo $?)" "installs $f"
done

flags() {
	PKG_CONFIG_PATH=$root/usr/lib/pkgconfig pkg-config "$@" tnpu
}

model=$TNPU_TEST_MODELS/stories260K.q4_0.gguf
run tnpu run -m "$model" -p "Once upon a time" -n 64
cp "$work/out" "$work/want"
# shellcheck disable=SC2046 # flags are words
run cc -Wall -Werror "$top/examples/generate.c" -o "$work/shared" $(flags --cflags --libs) \
	-Wl,-rpath,"$root/usr/lib"
ok "$status" "builds with pkg-config's flags"
run env -u TNPU_PLUGIN_DIR "$work/shared" "$model" "Once upon a time"
ok "$([ "$status" = 0 ] && cmp -s "$work/out" "$work/want"; echo $?)" \
	"and gives the text of tnpu run; the plug-in is found beside the library"
rm "$root/usr/lib/libtnpu.so"
# shellcheck disable=SC2046
run cc -Wall -Werror "$top/examples/generate.c" -o "$work/static" \
	$(flags --cflags --libs --static)
ok "$status" "builds against the static library"
run "$work/static" "$model" "Once upon a time"
ok "$([ "$status" = 0 ] && cmp -s "$work/out" "$work/want"; echo $?)" "and gives the same text"
run "$work/static"
ok "$([ "$status" = 1 ] && grep -q usage "$work/err"; echo $?)" "without arguments: usage"
done_testing
