#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# slablife: every object once, and none that lived less than the load held it.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

test_lives() { # OBJECTS LONG PARAMETER=VALUE...
	objects=$1 long=$2
	shift 2
	known backend=kmem_cache "$@"
	traced slablife known
	is "slablife: each object once" "$(sum freed known)" "$objects"
	is "slablife: all of them in the histogram" "$(hist_sum life_us known)" "$objects"
	is "slablife: none shorter than it was held" "$(hist_sum life_us known 32768)" "$long"
	ok "slablife: the longest was held" \
		test "$(sum longest_us known)" -ge 40000
}

is_whole() { # CACHE
	is "slablife: each object once" "$(sum freed "$1")" 480
	is "slablife: all of them in the histogram" "$(hist_sum life_us "$1")" 480
}

test_ways() {
	going all times=480
	traced slablife
	for way in one wide node bulk one-bulk bulk-one; do
		is_whole "known_$way"
	done
	for class in 512 1k 2k 4k 8k; do
		is_whole "kmalloc-rcl-$class"
	done
	rmmod slabways
}

# An object at a time finds room, and a line of the histogram.
test_no_room() {
	known backend=kmem_cache allocs=1000
	no_room slablife 1 known
	is "slablife: counted, or without room" \
		"$(($(sum freed known) + $(scalar no_room)))" 1000
}

# 40 ms are of those from 32768 us on.
test_lives 2000 2000 allocs=1000 turns=2 hold_us=40000 remote=300
test_ways
crowded slablife 1
test_no_room
tap_done
