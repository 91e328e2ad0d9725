#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# slableak: so many objects as were left, whichever way they and the others went.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# Of stacks with that function alone, for some caches are of everyone.
is_left() { # CACHE OBJECTS SIZE [FUNCTION]
	is "slableak: objects left" "$(stack_sum objects "$1" "${4:-}")" "$2"
	is "slableak: bytes left" "$(stack_sum bytes "$1" "${4:-}")" $(($2 * $3))
	is "slableak: none without room" \
		"$(awk '/^@no_room:/ { nr = $2 } END { print nr + 0 }' \
			"$WORK/out")" 0
}

test_left() {
	known backend=kmem_cache size=256 allocs=1000 remote=300 left=40 turns=2
	# The module stays, and what it left is not freed meanwhile.
	sed -i 's/rmmod knownload/true/' "$WORK/load"
	traced slableak known
	is_left known 40 256
	rmmod knownload
}

# Each way by its cache, but for what is of none.
test_ways() {
	going all times=480 left=160
	traced slableak
	for way in one node bulk one-bulk bulk-one; do
		is_left "known_$way" 160 512
	done
	is_left known_wide 160 10000
	is_left kmalloc-rcl-512 160 512
	is_left kmalloc-rcl-1k 160 1024
	is_left kmalloc-rcl-2k 160 2048
	is_left kmalloc-rcl-4k 160 4096
	is_left kmalloc-rcl-8k 160 8192
	is_left kmalloc-large 320 32768 ways_init
	rmmod slabways
}

# All that is left at the end was allocated in the first seconds, or was not
# followed.
test_first() {
	going one times=48 left=16
	cat >>"$WORK/load" <<-LATER
	sleep 5
	insmod /magslab/knownload.ko name=later backend=kmem_cache allocs=100 \
		left=100
	LATER
	traced slableak "" 5
	is_left known_one 16 512
	is "slableak: nothing of what came later" "$(stack_sum objects later)" 0
	rmmod knownload
	rmmod slabways
}

test_intervals() {
	going one times=48 left=16
	cat >>"$WORK/load" <<-LATER
	sleep 3
	rmmod slabways
	LATER
	traced slableak known_one 0 1
	is "slableak: nothing left at the end" "$(stack_sum objects known_one)" 0
	ok "slableak: but before" grep -q '^\]: 16$' "$WORK/out"
}

test_left
test_ways
test_first
test_intervals
crowded slableak 1
tap_done
