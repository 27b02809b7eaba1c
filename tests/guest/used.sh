# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Sourced by tests that run in the guest: what clients hold of the device.

used() {
	tnpu info | awk '/^(mem_used|sysmem_used|queues_used|contexts_used) / { printf "%s ", $2 }'
}

# What other clients leave: `tnpu info' itself holds one context.
settled() {
	for _ in $(seq 50); do
		[ "$(used)" = "$before" ] && return 0
		sleep 0.1
	done
	echo "# used: $(used), before: $before"
	return 1
}

# The open files of the driver, in all processes.
clients() {
	cat /proc/[0-9]*/fdinfo/* 2> /dev/null | grep -c '^drm-driver:.tnpu$'
}

# held PID: waits until the process holds device memory, and tells how much
held() {
	for _ in $(seq 600); do
		cat "/proc/$1"/fdinfo/* 2> /dev/null |
			awk '/^drm-total-local:/ && $2 > 0 { print $2, $3; n++ } END { exit !n }' && return
		sleep 0.05
	done
}

before=$(used)
echo "# used at the start: $before"
