# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by the scripts of this folder.

set -euo pipefail
shopt -s inherit_errexit

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The folder of what is made; make passes its own.
B=$(readlink -m "${B:-$TOP/build}")
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tnpu}
export CACHE

say() {
	printf '  %-8s %s\n' "$1" "$2" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# usage FILE: the text of a script's opening comment, from its "Usage:" line on
usage() {
	sed -n '/^# Usage:/,/^[^#]/s/^# \{0,1\}//p' "$1"
}

# release_field NAME: one field of os-release
release_field() {
	sed -n "s/^$1=\"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}\$/\\1/p" /etc/os-release
}

# The distribution whose headers and compiler this machine has.
host_suite() {
	local suite

	[ "$(release_field ID)" = debian ] ||
		die "this machine runs no Debian; TNPU is set up on Debian 12 or 13"
	suite=$(release_field VERSION_CODENAME)
	[ -n "$suite" ] || die "/etc/os-release names no VERSION_CODENAME"
	echo "$suite"
}

# The suite with a 6.12 kernel whose headers this machine's compiler can use.
kernel_suite() {
	local suite

	suite=$(host_suite)
	case $suite in
	bookworm) echo bookworm-backports ;;
	*) echo "$suite" ;;
	esac
}

# QEMU and what belongs to it come from one suite on every machine.
# shellcheck disable=SC2034 # for those who read this file
QEMU_SUITE=trixie

# locked FILE COMMAND...: one at a time among all clones of this user
locked() {
	local file=$1 fd

	shift
	mkdir -p "$(dirname "$file")"
	exec {fd}>"$file"
	flock -n "$fd" || {
		say WAIT "for another build that uses ${file##*/}"
		flock "$fd"
	}
	"$@"
	exec {fd}>&-
}
