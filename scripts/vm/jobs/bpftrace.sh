# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For jobs that run bpftrace, which source it: what it is told by its environment.
# Since 0.20 it has other names for that, and its strings are of 1024 bytes unless
# it is told otherwise, and take that much of each key.
if bpftrace --help 2>&1 | grep -q BPFTRACE_MAX_MAP_KEYS; then
	export BPFTRACE_MAX_STRLEN=64
	bpftrace_keys=BPFTRACE_MAX_MAP_KEYS
else
	bpftrace_keys=BPFTRACE_MAP_KEYS_MAX
fi

# bpftrace_room KEYS: room for so many in each map, from now on.
bpftrace_room() {
	export "$bpftrace_keys=$1"
}
