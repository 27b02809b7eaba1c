#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The kselftests in a kernel tree, as a user would put them there: its Makefiles build,
# install, run and clean them.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"

top=$(cd "$here/../.." && pwd)
tree=$work/linux
ours=$work/tnpu
ksft=$tree/tools/testing/selftests
inst=$work/inst

# The tree's make is not to be told what this one was.
unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS LDFLAGS KBUILD_OUTPUT O OUTPUT

# Without FORCE_TARGETS make ends well where only one of the folders builds.
selftests() {
	run make -C "$ksft" TARGETS="tnpu/uapi tnpu/driver" FORCE_TARGETS=1 \
		KSFT_INSTALL_PATH="$inst" "$@"
}

# What differs between our folders and those in the tree.
differs() {
	diff -rq "$ours" "$ksft/tnpu" | sed 's/.*: //' | sort
}

command -v rsync > /dev/null || bail "the kernel's Makefiles install with rsync, which is missing"
"$here/fetch-harness" --tree "$tree" || bail "no kernel tree"
cp -r "$here/tnpu" "$ours"
cp -r "$ours" "$ksft/"
mkdir "$tree/include/uapi/tnpu"
cp "$top"/uapi/drm/tnpu_*.h "$tree/include/uapi/drm/"
cp "$top"/uapi/tnpu/*.h "$tree/include/uapi/tnpu/"

run make -C "$tree" -j "${JOBS:-$(nproc)}" headers
ok "$([ "$status" = 0 ] && [ -e "$tree/usr/include/drm/tnpu_accel.h" ]; echo $?)" \
	"make headers takes TNPU's"

# ---- With its objects in a folder of their own -------------------------------------------
mkdir "$work/obj"
ln -s "$tree/usr" "$work/obj/usr"
selftests O="$work/obj" USERCFLAGS=-Werror install
ok "$([ "$status" = 0 ] && [ -z "$(differs)" ]; echo $?)" \
	"they build without a warning, and are installed; the source stays as it is"
ok "$([ "$("$inst/run_kselftest.sh" -l | tr '\n' ' ')" = \
	"tnpu/uapi:uapi_test tnpu/driver:driver_test " ]; echo $?)" "run_kselftest.sh lists them"
for name in uapi driver; do
	run "$inst/tnpu/$name/${name}_test" -l
	sed -n 's/^UAPI_ROW(\([a-z0-9_]*\)).*/\1/p' "$ours/$name/${name}_table.h" | sort > "$work/rows"
	sed '1d; s/.* //' "$work/err" | sort > "$work/listed"
	ok "$([ -s "$work/rows" ] && cmp -s "$work/rows" "$work/listed"; echo $?)" \
		"${name}_test has each of the $(wc -l < "$work/rows") cases of its table"
done
# Where there is no TNPU they are skipped, one by one. It opens its output again, so that in a
# file one part would overwrite the other.
"$inst/run_kselftest.sh" 2> "$work/err" | cat > "$work/out"
ok "$([ "$(grep -c "^ok 1 selftests: tnpu/" "$work/out")" = 2 ] &&
	grep -q "^# timeout set to 600" "$work/out"; echo $?)" \
	"and runs them, the driver's with the time that they take"

# ---- Beside the source --------------------------------------------------------------------
selftests
ok "$([ "$status" = 0 ] && [ "$(differs | tr '\n' ' ')" = "driver_test uapi_test " ]; echo $?)" \
	"they build beside their source"
selftests clean
ok "$([ "$status" = 0 ] && [ -z "$(differs)" ]; echo $?)" "and clean leaves the source alone"
done_testing
