#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench.sh: what scripts/bench-report makes of figures that are made up here: the
# rule of regressions, the verdicts on targets, the baseline.  TAP on standard
# output.
# shellcheck disable=SC2016 # what looks like variables are jq's
set -euo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd -P)
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
BASELINE=$SCRATCH/baseline.json
RUN=0
FAILED=0

# result STATUS NAME: what was said stands below a failure.
result()
{
	RUN=$((RUN + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $RUN - $2"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $RUN - $2"
		sed 's/^/# /' "$SCRATCH/said"
	fi
}

# A file as scripts/bench leaves it, of one case.
make_result() # FILE MACHINE UNIT CASE MAGSLAB SLUB [FLOOR]
{
	jq -n --arg machine "$2" --arg unit "$3" --arg case "$4" \
		--argjson magslab "$5" --argjson slub "$6" \
		--argjson floor "${7:-0}" '
		{format: "magslab-bench", version: 2, kernel: "7.3",
		 machine: $machine, clock: "tsc", unit: $unit, cpus: 1,
		 kernel_build: "build", compiler: "cc 1",
		 environment: {kernel: "7.3.1", module_version: "1",
			       preempt: "none", hooks: {memcg: true}},
		 primitives: {costs: [
			{name: "irq", measured: true, median: 5,
			 out_of_proportion: false}]},
		 warnings: [],
		 results: [
			{case: $case, subject: "floor", unit: $unit, value: $floor},
			{case: $case, subject: "slub", unit: $unit, value: $slub},
			{case: $case, subject: "magslab", unit: $unit,
			 value: $magslab}]}' >"$1"
}

report() # STATUS [ARGUMENT...]
{
	local want=$1 status=0

	shift
	"$TOP/scripts/bench-report" --baseline "$BASELINE" "$@" \
		>"$SCRATCH/said" 2>&1 || status=$?
	[ "$status" -eq "$want" ] || {
		echo "status $status, not $want" >>"$SCRATCH/said"
		return 1
	}
}

# The status that a figure gets against a baseline of another.
against() # NAME STATUS UNIT OLD NEW
{
	local machine=icount

	[ "$3" != ns ] || machine=um
	rm -f "$BASELINE"
	make_result "$SCRATCH/old.json" "$machine" "$3" pair "$4" 200
	make_result "$SCRATCH/new.json" "$machine" "$3" pair "$5" 200
	if report 0 --update "$SCRATCH/old.json" &&
		report "$2" "$SCRATCH/new.json"
	then
		result 0 "$1"
	else
		result 1 "$1"
	fi
}

says() # NAME PATTERN
{
	local status=0

	grep -qE "$2" "$SCRATCH/said" || status=1
	result "$status" "$1"
}

# The verdict that the table gives a case.
verdict() # NAME CASE MAGSLAB SLUB PATTERN [FLOOR]
{
	rm -f "$BASELINE"
	make_result "$SCRATCH/one.json" icount insns "$2" "$3" "$4" "${6:-0}"
	report 0 "$SCRATCH/one.json" || :
	says "$1" "$5"
}

refused() # NAME FILTER
{
	local status=0

	jq "$2" "$SCRATCH/new.json" >"$SCRATCH/bad.json"
	report 4 "$SCRATCH/bad.json" || status=1
	result "$status" "$1"
}

test_regressions()
{
	against "the same figure is no regression" 0 insns 44 44
	against "3 % more is no regression" 0 insns 44 45.32
	against "a thousandth above 3 % is one" 1 insns 44 45.321
	says "it is named" 'above the baseline: 7.3-icount pair'
	says "it stands in the table" '^ *pair .*\+3 % REGRESSED$'
	against "less is no regression" 0 insns 44 30
	says "and the change is told" '^ *pair .* -31.8 %$'
	against "time is no count of instructions" 0 ns 5 50
	against "3 % of a fraction" 1 insns 0.5 0.516
}

test_verdicts()
{
	local all

	all=$(jq '[.[] | select(.machine == "icount")] | length' \
		"$TOP/bench/targets.json")
	verdict "both bounds met" pair 48 192 '^ *pair .* met '
	verdict "above the number" pair 48.1 2000 '^ *pair .* MISSED '
	verdict "above the share of SLUB's" pair 48 191 '^ *pair .* MISSED '
	verdict "a case that was not run" burst-32 48 100 \
		'^ *pair .* not measured '
	verdict "what the floor does is met" pair 21 200 '^ *pair .* met ' 21
	verdict "less than the floor is no verdict" pair 20.9 200 \
		'^ *pair .* below floor ' 21
	says "and counts as not measured" " 0 met, 0 missed, 0 without a verdict, $all not measured"
	verdict "less than nothing is none either" pair -6 200 \
		'^ *pair .* below floor ' -7
	verdict "misses are counted" pair 48.1 2000 ' 1 missed, '
	verdict "a target that hangs on another case" scale-pair-64 48 100 \
		'^ *pair, on 64 CPUs at once .* not measured '
}

# A machine on which a primitive costs far too much explains times, and no counts.
test_distorted()
{
	local unit machine

	rm -f "$BASELINE"
	for unit in ns insns; do
		machine=um
		[ $unit = ns ] || machine=icount
		make_result "$SCRATCH/one.json" $machine $unit pair 1 10
		jq '.primitives.costs[0] += {median: 2000,
				out_of_proportion: true} |
			.warnings = [{text: "irq costs 2000 ns"}]' \
			"$SCRATCH/one.json" >"$SCRATCH/far.json"
		report 0 "$SCRATCH/far.json" || :
		if [ $unit = ns ]; then
			says "a time on a distorted machine is no verdict" \
				'^ *pair .* machine '
			says "the cause is told" 'WARNING: irq costs 2000 ns'
			says "and nothing is met" '^targets: 0 met, 0 missed'
		else
			says "a count on it is one" '^ *pair .* met '
		fi
	done
	make_result "$SCRATCH/one.json" um ns pair 1 10
	jq '.primitives.costs += [{name: "clock", measured: true, median: 2000,
		out_of_proportion: true}]' "$SCRATCH/one.json" >"$SCRATCH/far.json"
	report 0 "$SCRATCH/far.json" || :
	says "the clock is in no net figure" '^ *pair .* met '
}

# Caches that are debugged make SLUB slow, and no target met.
test_unequal()
{
	local status=0

	rm -f "$BASELINE"
	make_result "$SCRATCH/one.json" icount insns pair 1 1000
	jq '.warnings = [{name: "slab_debug", precondition: true,
		text: "kmalloc-64 runs with FZPU"}]' "$SCRATCH/one.json" >"$SCRATCH/bad.json"
	report 0 "$SCRATCH/bad.json" || :
	says "a comparison that is unequal is refused" '^ *pair .* refused '
	says "and counted so" '^targets: 0 met, 0 missed, [1-9][0-9]* without a verdict'
	report 4 --update "$SCRATCH/bad.json" || status=1
	[ ! -e "$BASELINE" ] || status=1
	result "$status" "it becomes no baseline"
	says "and the cause is told" 'kmalloc-64 runs with FZPU'
}

test_baseline()
{
	local status=0

	against "a first baseline" 0 insns 44 44
	make_result "$SCRATCH/um.json" um ns pair 5 20
	report 0 --update "$SCRATCH/um.json" || :
	jq -e '."7.3-icount".figures.pair.magslab == 44 and
		."7.3-um".figures.pair.slub == 20' "$BASELINE" \
		>"$SCRATCH/said" 2>&1 || status=$?
	result "$status" "another machine's figures leave those there were"
	jq '.compiler = "cc 2"' "$SCRATCH/new.json" >"$SCRATCH/other.json"
	report 0 "$SCRATCH/other.json" || :
	says "a baseline of another compiler is told" 'baseline of 7.3-icount is of build, cc 1'
	rm -f "$BASELINE"
	report 0 "$SCRATCH/new.json" || :
	says "no baseline is told" 'no baseline for 7.3-icount'
}

test_refusals()
{
	refused "no machine" 'del(.machine)'
	refused "no kernel" 'del(.environment.kernel)'
	refused "no clock" '.clock = ""'
	refused "no number of CPUs" 'del(.cpus)'
	refused "no version of the module" 'del(.environment.module_version)'
	refused "no machine that was measured" 'del(.primitives)'
	refused "no figure" '.results = []'
	refused "a figure that is none" '.results[0].value = null'
}

test_regressions
test_verdicts
test_distorted
test_unequal
test_baseline
test_refusals
echo "1..$RUN"
[ "$FAILED" -eq 0 ]
