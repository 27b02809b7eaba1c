#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What "make run" says and does before it builds anything: the plan, its checks, and the
# packages, on machines that a few fake commands pretend to be.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

top=$(cd "$here/../.." && pwd)
calls=$work/calls
mkdir "$work/fake"

# fake NAME: a command of this name, from standard input
fake() {
	{ echo '#!/bin/sh'; cat; } > "$work/fake/$1"
	chmod +x "$work/fake/$1"
}

fake id << 'EOS'
echo "$FAKE_UID"
EOS
fake dpkg-query << 'EOS'
for package; do :; done
case " $FAKE_MISSING " in
*" $package "*) exit 1 ;;
esac
printf installed
EOS
fake df << 'EOS'
echo "Filesystem 1048576-blocks Used Available Capacity Mounted on"
for disk in $FAKE_DISKS; do
	echo "/dev/fake 100000 1 $FAKE_MB 1% $disk"
done
EOS
fake apt-get << 'EOS'
echo "$*" >> "$FAKE_CALLS"
case $* in
*indextargets*) echo "http://archive.invalid/debian /dev/null:1" ;;
*update*)
	[ "$FAKE_ARCHIVE" != gone ] || {
		echo "W: Failed to fetch http://archive.invalid/debian  Could not resolve 'it'" >&2
		echo "W: Some index files failed to download." >&2
	}
	;;
esac
EOS

# plan [FAKE_NAME=VALUE]...: on a new machine, or on one that differs so from it
plan() {
	rm -rf "$calls" "$work/cache/apt"
	run env PATH="$work/fake:$PATH" B="$work/build" CACHE="$work/cache" \
		FAKE_CALLS="$calls" FAKE_UID=1000 FAKE_MISSING="ninja-build zstd" \
		FAKE_DISKS="/ / /" FAKE_MB=50000 FAKE_ARCHIVE= "$@" "$top/scripts/run" --plan
}

# What it says beside the plan and its progress.
rest() {
	grep -v '^TNPU: this machine needs$\|^    \|^  FETCH' "$work/err"
}

# ends STATUS PATTERN: with this status, and one line of text
ends() {
	[ "$status" = "$1" ] && [ "$(rest | wc -l)" = 1 ] && rest | grep -q "$2"
}

planned() {
	head -1 "$work/err" | grep -q '^TNPU: this machine needs$' || return
	for text in "^    packages of the distribution: 2 .*MB, 1 minute" "^      ninja-build zstd$" \
		"kernel .*120 MB" "virtiofsd .*10 MB" "QEMU's source .*40 MB" "^    the archive's index .*20 MB" \
		"QEMU has to be compiled .*minute" "TNPU has to be compiled .*minute"; do
		grep -q "$text" "$work/err" || return
	done
}

# ---- A new machine ------------------------------------------------------------------------
# A fetch that was interrupted is no fetch.
mkdir -p "$work/cache/kernel/tmp.1"
plan
ok "$(planned; echo $?)" "the plan comes first: packages, what is fetched, megabytes, minutes"
ok "$([ "$status" = 2 ] && tail -1 "$work/err" | grep -qx '    apt-get update && apt-get install -y --no-install-recommends ninja-build zstd'
	echo $?)" "packages are missing: the command, status 2"
ok "$(! grep -q install "$calls"; echo $?)" "and only root installs"

plan FAKE_UID=0
ok "$(planned && [ "$status" = 0 ] && [ "$(tail -1 "$calls")" = "install -y --no-install-recommends ninja-build zstd" ]
	echo $?)" "as root they are installed: $(tail -1 "$calls")"

# ---- What cannot work ---------------------------------------------------------------------
for uid in 0 1000; do
	plan FAKE_UID=$uid FAKE_MB=100
	ok "$(planned && ends 1 'free space.* has 100 MB'; echo $?)" \
		"user $uid, too little disk: $(rest)"
	ok "$([ ! -e "$calls" ]; echo $?)" "and nothing is fetched"
	plan FAKE_UID=$uid FAKE_ARCHIVE=gone
	ok "$(planned && ends 1 "Could not resolve 'it'"; echo $?)" \
		"user $uid, archive out of reach: $(rest)"
	ok "$(! grep -q install "$calls"; echo $?)" "and nothing is installed"
done
plan FAKE_MB=1500
ok "$(ends 1 'free space'; echo $?)" "what one disk has to hold is added up: $(rest)"
plan FAKE_MB=1500 FAKE_DISKS="/cache /build /"
ok "$([ "$status" = 2 ]; echo $?)" "and three disks have the room that one has not"

# ---- Nothing needed -----------------------------------------------------------------------
for file in kernel/build/Makefile tools/files/usr qemu/source/configure \
	qemu/qemu-system-x86_64 bin/vm-host; do
	mkdir -p "$work/build/$(dirname "$file")"
	: > "$work/build/$file"
done
plan FAKE_MISSING= FAKE_ARCHIVE=gone FAKE_MB=0
ok "$([ "$status" = 0 ] && [ ! -s "$work/err" ]; echo $?)" "nothing needed: nothing said"
ok "$([ ! -e "$calls" ]; echo $?)" "and apt is not called"
plan FAKE_MISSING=zstd
ok "$([ "$status" = 2 ] && grep -q ' distribution: 1 ' "$work/err" && ! grep -q QEMU "$work/err"
	echo $?)" "one package: that alone"

done_testing
