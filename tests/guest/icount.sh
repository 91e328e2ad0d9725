#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the machine where a clock tick is an instruction: magctl's figure for
# kmem_cache against a plain loop that shares no code with it, the magazine
# allocator against kmem_cache, a run against its own repetition, and the floor
# against the magazine allocator.  All of it is counted, nothing is timed.  The
# module is in.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

PLAIN_PERCENT=10 # magctl may differ from the plain loop by
REPEAT_PERCENT=0.5 # and a run from its repetition
# The floor may be above the magazine by the larger of these, for what the
# kernel does meanwhile.
FLOOR_PERCENT=2
FLOOR_INSNS=2
FLOOR_BEYOND=10 # samples beyond a percentile, for it to mean anything

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

op_figure() { # FILE BACKEND OP KEY...
	file=$1 backend=$2 op=$3
	shift 3
	jsonget "$file" magslab backends "name=$backend" ops "name=$op" "$@"
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
	ok "the plain loop runs" insert /magslab/plainloop.ko
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
	ok "the plain loop can be removed" remove plainloop
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
		-b magazine,kmem_cache,noop --warmup-steps "$2" -n "$3" \
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

# noop hands out objects that it has, so a figure of it above another backend's
# is a fault of noop's.
test_floor_of_op() { # FILE OP
	count=$(op_figure "$1" noop "$2" count)
	for percentile in 50 90 99 99.9; do
		holds "$count * (100 - $percentile) / 100 >= $FLOOR_BEYOND" \
			>/dev/null || break
		floor=$(op_figure "$1" noop "$2" per_operation "p$percentile")
		magazine=$(op_figure "$1" magazine "$2" per_operation \
			"p$percentile")
		diag "$2 p$percentile: noop $floor, magazine $magazine insns"
		ok "noop is no dearer than magazine in $2 at p$percentile" \
			holds "$floor > 0 && $magazine > 0 &&
				($floor <= $magazine + $FLOOR_INSNS ||
				 $floor <= $magazine * (1 + $FLOOR_PERCENT / 100))"
		compared=$((compared + 1))
	done
}

test_floor() { # WORKLOAD
	file=$scratch/$1.json
	compared=0 place=0
	while op=$(jsonget "$file" magslab backends name=noop ops $place \
		name 2>/dev/null); do
		test_floor_of_op "$file" "$op"
		place=$((place + 1))
	done
	ok "figures of $1 were compared" test $compared -gt 0
}

test_plain_loop
test_repetition
test_beats skb 10000 20000 alloc_head alloc_data free free_bulk burst
# The LRU list is full, and entries are evicted, after some 90000 operations.
test_beats dentry 90000 60000 alloc alloc_name free_rcu free_name_rcu
for workload in pair skb dentry; do
	test_floor $workload
done
ok "the module is idle" idle
ok "magctl list --json" magctl list --json
keep "$scratch/list.json"
mkdir -p /out/json
cp "$scratch"/*.json /out/json/
rm -rf "$scratch"
tap_done
