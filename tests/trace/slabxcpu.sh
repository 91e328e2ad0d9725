#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# slabxcpu: so many frees here and there as the load makes.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# CPU 1 is of the last node.
if [ -d /sys/devices/system/node/node1 ]; then
	far="other node" unseen="other CPU"
else
	far="other CPU" unseen="other node"
fi

is_freed() { # CACHE SAME OTHER
	is "slabxcpu: on the same CPU" "$(sum frees "$1, same CPU")" "$2"
	is "slabxcpu: on an $far" "$(sum frees "$1, $far")" "$3"
	is "slabxcpu: on an $unseen" "$(sum frees "$1, $unseen")" 0
	is "slabxcpu: share" "$(sum other_cpu_percent "$1")" \
		$((100 * $3 / ($2 + $3)))
}

test_frees() { # SAME OTHER PARAMETER=VALUE...
	same=$1 other=$2
	shift 2
	known backend=kmem_cache "$@"
	traced slabxcpu known
	is_freed known "$same" "$other"
	is "slabxcpu: of this cache alone" "$(grep -c '^@frees' "$WORK/out")" \
		"$(grep -c '^@frees\[known, ' "$WORK/out")"
}

# All that waits for RCU is freed where that is asked for.
test_ways() { # SAME OTHER PARAMETER=VALUE...
	same=$1 other=$2
	shift 2
	going all times=480 "$@"
	traced slabxcpu
	for way in one wide node bulk one-bulk bulk-one; do
		is_freed "known_$way" "$same" "$other"
	done
	for class in 512 1k 2k 4k 8k; do
		is_freed "kmalloc-rcl-$class" "$same" "$other"
	done
	rmmod slabways
}

# What finds no room is not followed, but told.
test_no_room() {
	known backend=kmem_cache allocs=1000
	# shellcheck disable=SC2034 # for traced
	room=64
	traced slabxcpu known
	is "slabxcpu: followed, or without room" \
		"$(($(sum frees) + $(scalar no_room)))" \
		1000
	is "slabxcpu: followed, as far as there was room" "$(sum frees)" 64
}

test_frees 3000 0 allocs=3000
test_frees 3750 2250 allocs=2000 remote=750 turns=3 seed=7
test_ways 480 0 cpu=0 other=0
test_ways 0 480 cpu=0 other=1
crowded slabxcpu 1
test_no_room
tap_done
