#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The module's tracepoints as perf and trace-cmd record them: so many events as
# the load makes calls, and as many pages as the cache counted.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# The load of `known`, recorded by a command; then what it recorded, as text.
recorded() { # RECORDER RECORD... -- SHOW...
	recorder=$1
	shift
	record=
	while [ "$1" != -- ]; do
		record="$record $1"
		shift
	done
	shift
	rm -f "$WORK/load.status"
	# shellcheck disable=SC2086,SC2154 # words, and those of known
	ok "$recorder: records $load_words" $record /bin/busybox sh "$WORK/load"
	is "$recorder: the load succeeds" "$(cat "$WORK/load.status")" 0 ||
		diag "$(cat "$WORK/load.log")"
	ok "$recorder: what it recorded can be read" "$@"
	keep "$WORK/out"
	is "$recorder: no event is lost" "$(grep -ciE 'lost|dropped' "$WORK/out")" 0
}

# Events of the cache, by the first of their fields.
events() { # NAME
	grep -c " \(magslab:\)\?$1: .*name=known " "$WORK/out"
}

pages() { # NAME
	sed -n "s/.* \(magslab:\)\?$1: .*name=known .* pages=\([0-9]*\).*/\2/p" \
		"$WORK/out" | awk '{ nr += $1 } END { print nr + 0 }'
}

is_whole() { # RECORDER
	is "$1: every alloc" "$(events mag_alloc)" 2000
	is "$1: every free" "$(events mag_free)" 2000
	is "$1: every page drawn" "$(pages mag_slab_new)" \
		$(($(stat_of pages) + $(stat_of pages_returned)))
	ok "$1: and exchanges with the depot" \
		test "$(events mag_depot_exchange)" -gt 0
}

cd "$WORK" || exit
known backend=magazine allocs=1000 remote=300 turns=2
recorded perf perf record -q -m 4M -o "$WORK/perf.data" -e 'magslab:*' -- \
	perf script -i "$WORK/perf.data"
is_whole perf
recorded trace-cmd trace-cmd record -q -b 4096 -o "$WORK/trace.dat" -e magslab -- \
	trace-cmd report -i "$WORK/trace.dat"
is_whole trace-cmd
tap_done
