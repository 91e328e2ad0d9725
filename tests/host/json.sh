#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# json.sh DIR: check with jq, which shares no code with magctl, the JSON that
# the tests in the guest left in DIR.  TAP on standard output.
# shellcheck disable=SC2016 # what looks like variables are jq's
set -euo pipefail

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: json.sh DIR" >&2
	exit 2
fi
command -v jq >/dev/null || {
	echo "json.sh: jq is missing: apt-get install jq" >&2
	exit 2
}
DIR=$1
RUN=0
FAILED=0

result() # WORD NAME
{
	RUN=$((RUN + 1))
	echo "$1 $RUN - $2"
	[ "$1" = ok ] || FAILED=$((FAILED + 1))
}

# The claim that a filter gives true, once, of a file.
holds() # NAME FILE FILTER [JQ OPTION...]
{
	local name=$1 file=$2 filter=$3 said
	shift 3

	said=$(jq -c "$@" "$filter" "$file" 2>&1) || :
	if [ "$said" = true ]; then
		result ok "$name"
	else
		result 'not ok' "$name"
		echo "# $file: $filter"
		printf '%s\n' "$said" | sed 's/^/# /'
	fi
}

check_list()
{
	local file=$DIR/list.json

	holds "list: format and version" "$file" \
		'.magslab.format == "magslab-list" and .magslab.version == 1'
	holds "list: workloads" "$file" \
		'[.magslab.workloads[].name] | contains(["skb", "dentry", "pair"])'
	holds "list: backends" "$file" \
		'[.magslab.backends[].name] |
		 contains(["magazine", "kmem_cache", "kmalloc", "noop"])'
	holds "list: each backend names the primitives it uses" "$file" \
		'[.magslab.backends[].primitives | index("call") != null] | all'
	holds "list: clocks" "$file" \
		'[.magslab.clocks[].name] == ["auto", "tsc", "ktime", "ticks"]'
	holds "list: each parameter has a default within its bounds" "$file" \
		'[.magslab.workloads[].params[] |
		  .min <= .default and .default <= .max and .help != ""] | all'
	holds "list: each workload times something" "$file" \
		'[.magslab.workloads[] | .ops | length > 0] | all'
}

# What holds of the object "primitives" of every document.
check_primitives() # NAME FILE
{
	holds "$1: the machine was measured" "$2" \
		'.magslab.primitives | .measured and (.cpus | length > 0) and
		 .clock_step > 0 and .hz > 0'
	holds "$1: each primitive of one CPU has a cost" "$2" \
		'[.magslab.primitives.costs[] | select(.name != "line")] |
		 length == 8 and ([.[] | .measured and .min >= 0 and
		  .min <= .median and .median <= .worst] | all)'
	holds "$1: out of proportion is 20 times the usual" "$2" \
		'[.magslab.primitives.costs[] | select(.judged and .calls != null) |
		  .out_of_proportion == (.calls > 20 * .usual_calls)] | all'
	holds "$1: each primitive out of proportion is a warning" "$2" \
		'[.magslab.primitives.costs[] | select(.out_of_proportion) |
		  "machine_" + .name] - [.magslab.warnings[].name] == []'
}

check_machine()
{
	local file=$DIR/machine.json

	holds "machine: format and version" "$file" \
		'.magslab.format == "magslab-machine" and .magslab.version == 1'
	check_primitives machine "$file"
}

check_result()
{
	local file=$1 name near
	name=$(basename "$file" .json)
	# Whole ticks, by the 12 digits of a real.
	near='def within($b): . >= $b[0] * (1 - 1e-9) and . <= $b[1] * (1 + 1e-9); '

	holds "$name: format and version" "$file" \
		'.magslab.format == "magslab-result" and .magslab.version == 2'
	holds "$name: the environment is told" "$file" \
		'.magslab.environment |
		 (.machine | length > 0) and (.kernel | length > 0) and
		 (.arch | length > 0) and (.debug_kernel | type == "boolean") and
		 (.preempt | length > 0) and .cpus_online > 0 and
		 (.hooks.init_on_alloc | type == "boolean") and
		 (.state.config_hash | length == 12)'
	holds "$name: each precondition that is missing has a cure" "$file" \
		'[.magslab.warnings[] | select(.precondition) |
		  .cure | length > 0] | all'
	# A kernel may count user time as its own.
	holds "$name: the load is known, but perhaps for others, or is not" \
		"$file" \
		'.magslab.environment.state.load |
		 [.steal_percent, .starved_percent, .others_percent,
		  .irq_percent] | (map(. == null) | all) or
		 (to_entries | map(.value >= 0 and .value <= 100 or
				   .key == 2 and .value == null) | all)'
	holds "$name: each debugged cache is in a warning" "$file" \
		'.magslab |
		 ([.environment.state.caches[] | .debug != ""] | any) ==
		 ([.warnings[].name] | index("slab_debug") != null)'
	check_primitives "$name" "$file"
	holds "$name: clock and unit are told" "$file" \
		'.magslab.config | .clock as $clock | .unit as $unit |
		 (["tsc", "ktime"] | index($clock) != null) == ($unit == "ns") and
		 ($clock == "ticks") == ($unit == "ticks" or $unit == "insns") and
		 ($clock == "ticks") == (.clock_khz == 0) and
		 .clock_step > 0 and .clock_read >= 0'
	holds "$name: ticks are scaled by the rate of the clock" "$file" \
		'.magslab | (.config.clock_khz |
			     if . == 0 then 1 else 1e6 / . end) as $scale |
		 [.backends[].ops[] | select(.count > 0) |
		  .unit_per_tick / $scale - 1 | fabs | . < 1e-3] | all'
	holds "$name: parameters are those listed" "$file" \
		'.magslab as $r | $list[0].magslab.workloads[] |
		 select(.name == $r.config.workload) |
		 [.params[].name] == [$r.config.params | keys_unsorted[]]' \
		--slurpfile list "$DIR/list.json"
	holds "$name: each operation is one listed" "$file" \
		'.magslab as $r | $list[0].magslab.workloads[] |
		 select(.name == $r.config.workload) | [.ops[].name] as $ops |
		 [$r.backends[] | [.ops[].name] == $ops] | all' \
		--slurpfile list "$DIR/list.json"
	holds "$name: percentiles never fall" "$file" \
		'[.magslab.backends[].ops[] |
		  [.percentiles[]] as $p | $p == ($p | sort)] | all'
	holds "$name: each has p50 p90 p99 p99.9 p99.99" "$file" \
		'[.magslab.backends[].ops[] | .percentiles | keys_unsorted ==
		  ["p50", "p90", "p99", "p99.9", "p99.99"]] | all'
	holds "$name: histograms hold every sample" "$file" \
		'[.magslab.backends[].ops[] | ([.histogram[][2]] | add // 0) ==
		  .count] | all'
	holds "$name: samples out of range have buckets of their own" "$file" \
		'[.magslab.backends[].ops[] |
		  ([.histogram[] | select(.[0] == 0) | .[2]] | add // 0) ==
		  .below and
		  ([.histogram[] | select(.[0] == 300000000001) | .[2]] |
		   add // 0) == .above] | all'
	holds "$name: histograms rise" "$file" \
		'[.magslab.backends[].ops[] | [.histogram[] | .[0], .[1]] as $h |
		  $h == ($h | sort)] | all'
	holds "$name: a percentile is a sample of its rank" "$file" \
		"$near"'[.magslab.backends[].ops[] |
		  select(.count > 0 and .below == 0 and .above == 0) |
		  . as $op | (.count / 2 | ceil) as $rank |
		  ([foreach .histogram[] as $h (0; . + $h[2];
		    if . >= $rank then $h else empty end)][0]) as $bucket |
		  $op.percentiles.p50 / .unit_per_tick | within($bucket)] | all'
	holds "$name: min and max are in the outer buckets" "$file" \
		"$near"'[.magslab.backends[].ops[] |
		  select(.count > 0 and .below == 0 and .above == 0) |
		  .histogram as $h |
		  (.min / .unit_per_tick | within($h[0])) and
		  (.max / .unit_per_tick | within($h[-1]))] | all'
	holds "$name: samples of the rounds add up" "$file" \
		'[.magslab.backends[] | . as $b | range(.ops | length) as $i |
		  ([$b.rounds[] | select(.status != "failed") |
		    .ops[$i].count] | add // 0) == $b.ops[$i].count] | all'
	holds "$name: figures of an operation are a sample's by its size" \
		"$file" \
		'[.magslab.backends[].ops[] | select(.count > 0) |
		  (.per_operation.p50 * .per_sample - .percentiles.p50 |
		   fabs) < 0.01 * .per_sample] | all'
	holds "$name: nothing leaked, nothing was refused" "$file" \
		'[.magslab.backends[] | .alloc_failures == 0 and
		  (.failed | not) and
		  ([.rounds[] | .leaked_objects == 0] | all)] | all'
	holds "$name: held is no less than live, where both are exact" "$file" \
		'[.magslab.backends[].rounds[] |
		  select(.held_source == "backend") |
		  .held_bytes >= .live_bytes] | all'
}

check_whole()
{
	local file=$1 name
	name=$(basename "$file" .json)

	holds "$name: nothing interrupted it" "$file" \
		'(.magslab.interrupted | not) and
		 ([.magslab.backends[].rounds[] | .status == "whole"] | all)'
	holds "$name: as many rounds as asked for" "$file" \
		'.magslab.config.rounds as $n |
		 [.magslab.backends[] | .rounds | length == $n] | all'
	holds "$name: steps were done at some speed" "$file" \
		'[.magslab.backends[] | .throughput > 0] | all'
	holds "$name: each round took time and did steps" "$file" \
		'[.magslab.backends[].rounds[] |
		  .elapsed_ns > 0 and .elapsed_ticks > 0 and .steps > 0] | all'
}

check_interrupted()
{
	local file=$1 name
	name=$(basename "$file" .json)

	holds "$name: says that it was interrupted" "$file" \
		'.magslab.interrupted and
		 ([.magslab.backends[].rounds[] | .status == "stopped"] | any)'
}

check_compare()
{
	local file=$1 name
	name=$(basename "$file" .json)

	holds "$name: a ratio of throughput for each other backend" "$file" \
		'.magslab as $r |
		 [$r.ratios[] | select(.metric == "throughput") | .backend] ==
		 [$r.backends[].name | select(. != $r.baseline)]'
	holds "$name: a ratio lies within its interval" "$file" \
		'[.magslab.ratios[] | select(.low != null and .high != null) |
		  .low <= .ratio and .ratio <= .high] | all'
	holds "$name: what the machine could explain has no other verdict" \
		"$file" \
		'.magslab as $r | $list[0].magslab as $l |
		 ([$r.primitives.costs[] | select(.out_of_proportion) | .name] -
		  ["call", "clock"]) as $out |
		 def uses($name): $l.backends[] | select(.name == $name) |
			.primitives;
		 [$r.ratios[] | (.verdict == "machine") ==
		  (($out - ($out - (uses(.backend) + uses($r.baseline)))) != [])] |
		 all' --slurpfile list "$DIR/list.json"
	holds "$name: a ratio is the rounds' own" "$file" \
		'.magslab as $r |
		 def rate($name): [$r.backends[] | select(.name == $name) |
			.rounds[].throughput | log];
		 [$r.ratios[] | select(.metric == "throughput") |
		  . as $ratio | rate(.backend) as $a | rate($r.baseline) as $b |
		  ([range($a | length) | $a[.] - $b[.]] | add / length | exp) /
		  $ratio.ratio - 1 | fabs | . < 1e-6] | all'
	holds "$name: net of noop, where it takes part, is of paired rounds" \
		"$file" \
		'.magslab as $r |
		 def ops($name; $op): [$r.backends[] | select(.name == $name) |
			.rounds[].ops[] | select(.name == $op)];
		 def mean: .sum / .count / .per_sample;
		 def p50: .percentiles.p50 / .per_sample;
		 def off($a; $b; $said): [range($a | length) | $a[.] - $b[.]] |
			add / length - $said | fabs;
		 ([$r.backends[].name] | index("noop") != null) ==
		 ($r.net_of_noop | length > 0) and
		 ([$r.net_of_noop[] | . as $net |
		   ops(.backend; .op) as $a | ops("noop"; .op) as $b |
		   .pairs == ($a | length) and
		   off([$a[] | mean]; [$b[] | mean]; $net.mean.value) < 1e-3 and
		   off([$a[] | p50]; [$b[] | p50]; $net.p50.value) < 1e-3] |
		  all)'
	holds "$name: a net figure of three pairs lies within its interval" \
		"$file" \
		'[.magslab.net_of_noop[] | .pairs as $pairs | .p50, .mean |
		  if $pairs < 3 then .low == null and .high == null
		  else .low <= .value and .value <= .high end] | all'
	holds "$name: no time of a zero-width interval" "$file" \
		'[.magslab.ratios[] |
		  select(.metric != "throughput" and .low != null) |
		  .high == null or .high > .low] | all'
}

is_compare()
{
	[ "$(jq -r .magslab.command "$1" 2>/dev/null)" = compare ]
}

check_list
check_machine
for file in "$DIR"/*.json; do
	case $(basename "$file") in
	list.json | machine.json) continue ;;
	esac
	check_result "$file"
	case $(basename "$file") in
	interrupted*) check_interrupted "$file" ;;
	*) check_whole "$file" ;;
	esac
	! is_compare "$file" || check_compare "$file"
done
echo "1..$RUN"
[ "$FAILED" -eq 0 ]
