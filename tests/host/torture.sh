#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# torture.sh: how long make torture tortures, with which seed, and what it refuses.
# TAP on standard output.
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# The words of the machine's job: seconds, seed, seconds of a round.
words()
{
	cat "$GIVEN/add/torture"
}

test_time()
{
	status "three minutes" 0 in_copy make torture SEED=17 KDIR="$KDIR"
	is "of rounds of half a minute, with the seed" "$(words)" "180 17 30"
	is "its job is the torture's" "$(basename "$(values --job)")" job.sh
	in_copy make torture SEED=1 HOURS=.5 >"$tap_out" 2>&1
	is "half an hour" "$(words)" "1800 1 30"
	ok "the machine may take longer" \
		[ "$(values --timeout)" -gt 1800 ]
	in_copy make torture HOURS=0.01 >"$tap_out" 2>&1
	says "a seed that it chose is printed" 'torture: seed [0-9]+, 36 s'
	is "and is the machine's" "$(words | cut -d ' ' -f 2)" \
		"$(sed -n 's/^torture: seed \([0-9]*\),.*/\1/p' "$tap_out")"
}

test_refusals()
{
	local value

	for value in x -1 1h '1 2' 0; do
		status "HOURS=$value" 2 in_copy make torture HOURS="$value"
		says "it is said" "HOURS=$value is no"
	done
	for value in x -1 12345678901; do
		status "SEED=$value" 2 in_copy make torture SEED="$value"
		says "it is said" "SEED=$value is no seed"
	done
}

# No torture unless it is asked for.
test_sets()
{
	in_copy MACHINE=um scripts/test-on "$WORK/results" >"$tap_out" 2>&1
	says "other sets are run" 'the kunit tests'
	is "and not the torture" "$(grep -c 'torture' "$tap_out")" 0
	in_copy MACHINE=um scripts/test-on "$WORK/results" torture >"$tap_out" 2>&1
	says "it is run where it is named" 'the torture tests'
	is "for a minute" "$(words)" "60 1 30"
}

make_copy
test_time
test_refusals
test_sets
tap_done
