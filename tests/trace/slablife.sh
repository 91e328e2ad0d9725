#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# slablife: every object once, and none that lived less than the load held it.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# Objects in the histogram's lines from a lower bound on, in microseconds.
lived() { # AT LEAST
	awk -v least="$1" '
		/^@/ { on = index($0, "@life_us[known]") == 1 }
		on && /^\[/ {
			bound = substr($1, 2) + 0
			if ($1 ~ /K/) bound *= 1024
			if ($1 ~ /M/) bound *= 1048576
			if (bound >= least) {
				match($0, /[])]/)
				nr += substr($0, RSTART + 1)
			}
		}
		END { print nr + 0 }' "$WORK/out"
}

test_lives() { # OBJECTS LONG PARAMETER=VALUE...
	objects=$1 long=$2
	shift 2
	known backend=kmem_cache "$@"
	traced slablife known
	is "slablife: each object once" "$(sum freed known)" "$objects"
	is "slablife: all of them in the histogram" "$(lived 0)" "$objects"
	is "slablife: none shorter than it was held" "$(lived 32768)" "$long"
	ok "slablife: the longest was held" \
		test "$(sum longest_us known)" -ge 40000
}

# 40 ms are of those from 32768 us on.
test_lives 2000 2000 allocs=1000 turns=2 hold_us=40000 remote=300
tap_done
