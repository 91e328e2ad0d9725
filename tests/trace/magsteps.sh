#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# magsteps: rung by rung, what the cache itself counted.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

test_ladder() { # PARAMETER=VALUE...
	known backend=magazine "$@"
	traced magsteps known
	is "magsteps: every alloc" "$(sum_both allocs)" "$allocs"
	for rung in loaded previous depot; do
		is "magsteps: allocs, $rung" \
			"$(sum_both allocs "known, $rung")" "$(stat_of alloc_$rung)"
		is "magsteps: frees, $rung" \
			"$(sum_both frees "known, $rung")" "$(stat_of free_$rung)"
	done
	is "magsteps: allocs, slab and pages" \
		"$(sum_both allocs 'known, (slab|pages)')" "$(stat_of alloc_slab)"
	is "magsteps: frees, slab" \
		"$(sum_both frees 'known, slab')" "$(stat_of free_slab)"
	is "magsteps: every free" "$(sum_both frees)" "$allocs"
}

test_other_cache() {
	known backend=magazine allocs=100
	traced magsteps unknown
	is "magsteps: nothing of another cache" \
		"$(sum_both allocs)$(sum_both frees)" 00
}

test_without_name() {
	known backend=magazine name=mine allocs=300 size=700
	traced magsteps
	is "magsteps without a name: the allocs of any" \
		"$(sum_both allocs 'mine, .*')" 300
	is "magsteps without a name: and the frees" \
		"$(sum_both frees 'mine, .*')" 300
}

test_long_name() {
	known backend=magazine name=a-name-of-more-bytes-than-events-have allocs=200
	traced magsteps
	is "magsteps: a long name is cut" \
		"$(sum_both allocs 'a-name-of-more-bytes-than-event, .*')" 200
	traced magsteps a-name-of-more-bytes-than-events-have
	is "magsteps: and known by the whole of it" \
		"$(sum_both frees 'a-name-of-more-bytes-than-event, .*')" 200
}

# Lines for three of the rungs, of which the load has five.
test_no_room() {
	known backend=magazine allocs=10000
	no_room magsteps 3 known
	is "magsteps: counted, or without room" \
		"$(($(sum_both allocs) + $(sum_both frees) + $(scalar no_room)))" \
		20000
}

allocs=10000
test_ladder allocs=10000
# The second turn finds in the depot what the first left there.
allocs=20000
test_ladder allocs=10000 remote=4000 turns=2
ok "magsteps: and the depot did serve" test "$(sum_both allocs '.*, depot')" -gt 0
allocs=1
test_ladder allocs=1 size=4096
# For some seconds, so that calls are printed while others come.
allocs=100000
test_ladder allocs=25000 turns=4 hold_us=500000
ok "magsteps: in several intervals" \
	test "$(grep -c ' to [0-9]* ms:$' "$WORK/out")" -gt 1
test_other_cache
test_without_name
test_long_name
test_no_room
tap_done
