# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For jobs that run bpftrace, which source it: what it is told by its environment.

# bpftrace_limits KEYS: room for so many in each map.  By the names that bpftrace
# has for it, other ones since 0.20, whose strings are of 1024 bytes unless it is
# told so, and take that much of each key.
bpftrace_limits() {
	if bpftrace --help 2>&1 | grep -q BPFTRACE_MAX_MAP_KEYS; then
		export BPFTRACE_MAX_MAP_KEYS="$1" BPFTRACE_MAX_STRLEN=64
	else
		export BPFTRACE_MAP_KEYS_MAX="$1"
	fi
}
