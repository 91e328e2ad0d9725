#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the machine where a clock tick is an instruction: magctl's figure for
# kmem_cache against a plain loop that shares no code with it, the magazine
# allocator against kmem_cache, and a run against its own repetition.  All of
# it is counted, nothing is timed.  The module is in.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

PLAIN_PERCENT=10 # magctl may differ from the plain loop by
REPEAT_PERCENT=0.5 # and a run from its repetition

scratch=/tmp/icount.$$
mkdir -p "$scratch"

plain() { # PARAMETER
	cat "/sys/module/plainloop/parameters/$1"
}

calc() { # EXPRESSION
	awk "BEGIN { printf \"%.3f\", $1 }"
}

# That a condition on numbers holds; an empty or broken one does not.
holds() { # CONDITION
	awk "BEGIN { exit !($1) }" || {
		echo "it is not so that $1"
		return 1
	}
}

within() { # A B PERCENT
	holds "$1 > 0 && $2 > 0 && ($1 - $2) <= $2 * $3 / 100 &&
		($2 - $1) <= $2 * $3 / 100"
}

net_of_noop() { # FILE BACKEND FIGURE
	jsonget "$1" magslab net_of_noop "backend=$2,op=pair" "$3" value
}

pair_p50() { # FILE BACKEND
	jsonget "$1" magslab backends "name=$2" ops name=pair per_operation p50
}

throughput() { # FILE BACKEND
	jsonget "$1" magslab backends "name=$2" throughput
}

ratio() { # FILE METRIC OP
	jsonget "$1" magslab ratios "backend=magazine,metric=$2,op=$3" ratio
}

# Medians of batches: the mean has the timer's ticks in it, and on some kernels
# these take more instructions than the loop.  Whole pairs: noop does a little
# more than nothing, which is a tenth of what a fast kmem_cache takes.
test_plain_loop() {
	file=$scratch/pair.json
	ok "the plain loop runs" insmod /magslab/plainloop.ko
	slub=$(plain slub_median) empty=$(plain empty_median)
	plain_pair=$(calc "$slub / 1000")
	diag "plain loop: $plain_pair insns a pair," \
		"$(calc "$empty / 1000") of them empty:" \
		"$(calc "($slub - $empty) / 1000") net" \
		"means: $(calc "$(plain slub_mean) / 1000")," \
		"$(calc "$(plain empty_mean) / 1000")"
	ok "compare pair" compare_pair "$file"
	diag_output
	ok "a tick is an instruction" \
		test "$(jsonget "$file" magslab config unit)" = insns
	ok "and the clock's step" \
		holds "$(jsonget "$file" magslab config clock_step) == 1"
	pair=$(pair_p50 "$file" kmem_cache)
	diag "magctl, kmem_cache: $pair insns a pair," \
		"$(net_of_noop "$file" kmem_cache p50) net of noop"
	ok "magctl and the plain loop agree within $PLAIN_PERCENT %" \
		within "$pair" "$plain_pair" $PLAIN_PERCENT
	ok "the plain loop can be removed" rmmod plainloop
}

test_repetition() {
	ok "compare pair once more" compare_pair "$scratch/again.json"
	for backend in magazine kmem_cache kmalloc noop; do
		once=$(pair_p50 "$scratch/pair.json" "$backend")
		twice=$(pair_p50 "$scratch/again.json" "$backend")
		diag "$backend: $once, then $twice"
		ok "$backend repeats within $REPEAT_PERCENT %" \
			within "$twice" "$once" $REPEAT_PERCENT
	done
}

# Faster is a ratio of throughput above 1, of a percentile below 1.
# The medians of three rounds: the kernel's own business of a moment, which is
# millions of instructions now and then, falls into one of them.
test_beats() { # WORKLOAD WARMUP STEPS OP...
	workload=$1
	file=$scratch/$workload.json
	ok "compare $workload" magctl compare "$workload" \
		-b magazine,kmem_cache --warmup-steps "$2" -n "$3" \
		--rounds 3 --json "$file"
	diag_output
	shift 3
	throughput=$(calc "$(throughput "$file" magazine) / \
		$(throughput "$file" kmem_cache)")
	diag "$workload throughput, magazine to kmem_cache: $throughput"
	ok "magazine does more $workload than kmem_cache an instruction" \
		holds "$throughput > 1"
	for op; do
		p50=$(ratio "$file" p50 "$op")
		diag "$workload $op p50, magazine to kmem_cache: $p50"
		ok "magazine's $workload $op is cheaper at p50" \
			holds "$p50 > 0 && $p50 < 1"
	done
}

test_plain_loop
test_repetition
test_beats skb 10000 20000 alloc_head alloc_data free free_bulk burst
# The LRU list is full, and entries are evicted, after some 90000 operations.
test_beats dentry 90000 60000 alloc alloc_name free_rcu free_name_rcu
ok "the module is idle" idle
ok "magctl list --json" magctl list --json
keep "$scratch/list.json"
mkdir -p /out/json
cp "$scratch"/*.json /out/json/
rm -rf "$scratch"
tap_done
