# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Tests that run in the emulated machine with the debug kernel: as those of tests/guest, but
# the machine is slower, and its kernel says more.

. "$(dirname "${BASH_SOURCE[0]}")/../guest/lib.sh"
hung_task_s=100

# debug_tap NAME [VM-OPTION]... -- COMMAND...: guest_tap on the debug kernel, with a search for
# leaks after the command
debug_tap() {
	local name=$1 options=()

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	guest_tap "$name" --kernel "$BUILD/kernel-debug" --mem 3G --boot-timeout 300 \
		--timeout 3600 "${options[@]}" -- sh /mnt/tests/debug/watch.sh "$@"
}

# Each tool of kernel.config has its own words, and says at boot that it is there.
dmesg_clean() {
	local bad='WARNING:|BUG:|INFO: |Oops|Call Trace|possible recursive|refcount_t|'
	bad+='general protection|unable to handle|blocked for more than|'
	bad+='KASAN: |UBSAN: |DMA-API: |ODEBUG: |kmemleak: |locking correctness validator|'
	bad+='list_add corruption|list_del corruption|LEAK'
	local good='kmemleak: Kernel memory leak detector initialized|'
	good+='DMA-API: (preallocated [0-9]+ debug entries|debugging enabled by kernel config)'

	grep -E "$bad" "$work/dmesg" | grep -vE "$good" > "$work/bad"
	ok "$([ -s "$work/dmesg" ] && [ ! -s "$work/bad" ]; echo $?)" "$1: the kernel's log is clean"
	[ ! -s "$work/bad" ] || sed -n 's/^<[0-9]*>//; /WARNING:\|BUG:\|INFO: \|LEAK/,$p' \
		"$work/dmesg" | head -200 | sed 's/^/# /'
}
