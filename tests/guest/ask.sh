# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For scripts that run in the guest: waiting, and asking the host (host.sh) for what only it can do.

# await SECONDS COMMAND...: until the command succeeds
await() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

gone() {
	[ ! -e "$1" ]
}

# host unplug | plug | aer ERROR | PROPERTY VALUE
host() {
	echo "$*" > /mnt/out/asking
	mv /mnt/out/asking /mnt/out/ask
	await 60 gone /mnt/out/ask
}
