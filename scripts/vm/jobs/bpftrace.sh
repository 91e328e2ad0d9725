# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For jobs that run bpftrace, which source it: what it is told by its environment
# and its options, and what it says.  Its versions differ:
#
# - since 0.20 the environment has other names for the same, and what a version
#   does not know it ignores;
# - since 0.23 strings have 1024 bytes unless it is told otherwise, and take that
#   much of each key;
# - since 0.23 it warns of a full map; before that it does so with -k, with which
#   0.17 also leaves out updates that it could have made;
# - since 0.24 a pattern that matches nothing is an error unless it is told
#   otherwise.  Other kernels have other functions: a warning will do.
export BPFTRACE_MAX_STRLEN=64
export BPFTRACE_MISSING_PROBES=warn

# bpftrace_room KEYS: room for so many in each map, from now on.
bpftrace_room() {
	export BPFTRACE_MAP_KEYS_MAX="$1" BPFTRACE_MAX_MAP_KEYS="$1"
}

# run_bpftrace PRINTED [ARGUMENT...]: what the script prints goes to a file of
# that name, and what bpftrace says to stdout and stderr.
run_bpftrace() {
	printed=$1
	shift
	bpftrace -q -o "$printed" "$@"
}

# all_rows SCRIPT: the script, but its tables are printed whole, not their largest
# rows alone.
all_rows() {
	sed 's/^\([[:space:]]*print(@[a-z_]*\), 20);$/\1);/' "$1"
}

# Of what bpftrace says, on standard input, the warnings of what went wrong while
# the script ran, each once, and how often.  Left out are those of the script's
# text, which is for old versions as well.
bpftrace_warnings() {
	awk '
	/deprecated|is empty or not provided|Return value discarded/ { next }
	/expanded from|different signs|RLIMIT_MEMLOCK/ { next }
	/^Lost |(^|: )(WARNING|ERROR)/ {
		if (!seen[$0]++)
			line[++nr] = $0
	}
	END {
		for (i = 1; i <= nr; i++) {
			times = seen[line[i]]
			print line[i] (times > 1 ? " (" times " times)" : "")
		}
	}'
}
