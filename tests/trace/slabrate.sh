#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# slabrate: each object of a load, by each way to the allocator, once.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# Objects, and bytes of each, that insmod allocated and freed.
is_rate() { # CACHE OBJECTS SIZE
	for map in objects freed; do
		is "slabrate: $map" "$(sum_both $map "$1, .*, insmod")" "$2"
	done
	is "slabrate: bytes" "$(sum_both bytes "$1, .*, insmod")" $(($2 * $3))
}

test_backend() { # BACKEND CACHE OBJECTS SIZE PARAMETER=VALUE...
	backend=$1 cache=$2 objects=$3 size=$4
	shift 4
	known backend="$backend" size="$size" "$@"
	traced slabrate "$cache"
	is_rate "$cache" "$objects" "$size"
}

# Each way by its cache; kfree_bulk() does not tell of which the objects are,
# and what waits for RCU has no event when it is freed.
test_ways() {
	going all times=480
	traced slabrate
	for way in one node bulk one-bulk bulk-one; do
		is_rate "known_$way" 480 512
	done
	is_rate known_wide 480 10000
	is_rate kmalloc-rcl-1k 480 1024
	is_rate kmalloc-rcl-2k 480 2048
	is_rate kmalloc-rcl-4k 480 4096
	is "slabrate: freed in bulk, allocated one by one" \
		"$(sum_both objects 'kmalloc-rcl-512, .*, insmod')" 480
	is "slabrate: freed in bulk, of whatever cache" \
		"$(sum_both freed 'several, .*, insmod')" 480
	is "slabrate: freed after a grace period" \
		"$(sum_both objects 'kmalloc-rcl-8k, .*, insmod')" 480
	is "slabrate: nothing of no cache" "$(grep -c '\[, ' "$WORK/out")" 0
	rmmod slabways
}

# Held for two seconds and more, so that what is counted is printed meanwhile.
test_intervals() {
	test_backend kmem_cache known 9000 256 \
		allocs=1500 remote=500 turns=6 hold_us=400000
	ok "slabrate: in several intervals" \
		test "$(grep -c ' to [0-9]* ms:$' "$WORK/out")" -gt 1
}

# Of two processes that do the same, one, which waits until the script is attached.
test_process() {
	insmod /magslab/unitload.ko singly=3
	mkfifo "$WORK/go" "$WORK/done"
	# shellcheck disable=SC2016 # for others to expand
	writes='for i in $(seq 100); do echo c >/proc/unitload; done'
	sh -c "read -r _; $writes; echo >$WORK/done" <"$WORK/go" &
	pid=$!
	commands "a process, and another" <<-LOAD
	$writes
	echo >$WORK/go
	read -r _ <$WORK/done
	LOAD
	traced slabrate unitload 60 $pid
	is "slabrate: of one of two processes" "$(sum_both objects)" 300
	is "slabrate: and freed" "$(sum_both freed)" 300
	# It waits for ever if the load never was.
	kill $pid 2>/dev/null
	wait $pid
	rmmod unitload
}

# So long are the intervals, and so many.
test_seconds() {
	commands "five seconds" <<-LOAD
	sleep 5
	LOAD
	traced slabrate known 2
	ok "slabrate: intervals" \
		test "$(grep -c ' to [0-9]* ms:$' "$WORK/out")" -ge 2
	awk '/ to [0-9]* ms:$/ && $3 - $1 < 2000 { exit 1 }' "$WORK/out" ||
		short=1
	is "slabrate: none shorter than was asked for" "${short:-0}" 0
}

test_others() {
	known backend=kmem_cache allocs=100
	traced slabrate unknown
	is "slabrate: nothing of another cache" \
		"$(sum_both objects)$(sum_both freed)" 00
	traced slabrate known 1 1
	is "slabrate: nothing of another process" \
		"$(sum_both objects)$(sum_both freed)" 00
}

# A line for each function that calls: of two, one that allocates and one that
# frees, one has room.
test_no_room() {
	known backend=kmem_cache allocs=1000
	no_room slabrate 1 known
	is "slabrate: counted, or without room" \
		"$(($(sum_both objects) + $(sum_both freed) +
			$(scalar no_room)))" 2000
}

test_intervals
test_backend kmalloc kmalloc-8k 600 8192 allocs=200 remote=50 turns=3
test_ways
test_others
test_process
test_seconds
crowded slabrate 1
test_no_room
tap_done
