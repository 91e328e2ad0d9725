#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# magresize: each change of size that was made by hand, in its order.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# The lines of cache `known`, without the time.
changes() {
	awk '$2 == "known" { print $3, $4, $5 }' "$WORK/out" | paste -sd ','
}

test_by_hand() {
	known - backend=magazine size=256 allocs=100 <<-TURNS
	for rounds in 5 7 7 11; do
		echo \$rounds >$DEBUGFS/known/knobs/magazine_rounds
	done
	TURNS
	traced magresize known
	first=$(stat_of magazine_rounds)
	is "magresize: each change once, with its reason" \
		"$(changes)" "$first 5 knob,5 7 knob,7 11 knob"
}

test_none() {
	known backend=magazine allocs=100
	traced magresize known
	is "magresize: nothing, where nothing changed" "$(changes)" ""
}

test_by_hand
test_none
tap_done
