#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# slablat: every call once, with the path that it took, and no call's time taken
# for another's.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# Calls by keys, of those that took so many nanoseconds at least.
calls() { # KEYS [AT LEAST]
	hist_sum ns "$@"
}

is_calls() { # CACHE ALLOC FREE OBJECTS
	is "slablat: $2" "$(calls "$1, $2, .*")" "$4"
	is "slablat: $3" "$(calls "$1, $3, .*")" "$4"
	is "slablat: and no other call" "$(calls "$1, .*")" $((2 * $4))
}

# How many calls have to leave the fast path, until a new cache has so many
# objects: each fetches as many as a slab has, or a sheaf.
slow_calls() { # OBJECTS
	each=$(cat "$WORK/sheaf_capacity" 2>/dev/null ||
		cat "$WORK/objs_per_slab")
	echo $((($1 + each - 1) / each))
}

test_kmem_cache() { # OBJECTS PARAMETER=VALUE...
	objects=$1
	shift
	known - backend=kmem_cache size=256 allocs="$objects" "$@" <<-SIZES
	cp /sys/kernel/slab/known/*per_slab $WORK
	cp /sys/kernel/slab/known/*capacity $WORK
	SIZES
	traced slablat known
	is_calls known kmem_cache_alloc kmem_cache_free "$objects"
	is "slablat: allocs off the fast path" \
		"$(calls 'known, kmem_cache_alloc, (sheaf|slab|pages)')" \
		"$(slow_calls "$objects")"
	is "slablat: allocs on it" \
		"$(calls 'known, kmem_cache_alloc, fast')" \
		$((objects - $(slow_calls "$objects")))
	ok "slablat: frees on both" test \
		"$(calls 'known, kmem_cache_free, fast')" -gt 0 -a \
		"$(calls 'known, kmem_cache_free, (sheaf|slab|pages)')" -gt 0
}

# Each way by its cache: those in bulk are no calls for one object.
test_ways() {
	going all times=480
	traced slablat
	is_calls known_one kmem_cache_alloc kmem_cache_free 480
	is_calls known_node kmem_cache_alloc kmem_cache_free 480
	is_calls known_wide kmem_cache_alloc kmem_cache_free 480
	is "slablat: freed in bulk" "$(calls 'known_one-bulk, .*')" 480
	is "slablat: allocated in bulk" "$(calls 'known_bulk-one, .*')" 480
	is "slablat: both in bulk" "$(calls 'known_bulk, .*')" 0
	is_calls kmalloc-rcl-1k kmalloc kfree 480
	is_calls kmalloc-rcl-2k kmalloc kfree 480
	is_calls kmalloc-rcl-4k kmalloc kfree 480
	is "slablat: nothing of no cache" "$(grep -c '^@ns\[, ' "$WORK/out")" 0
	rmmod slabways
}

parameter() { # NAME
	cat /sys/module/slabways/parameters/"$1"
}

# While a call constructs objects, for 200 us each, others come and go: in the
# same task by the same function, and in an interrupt.
test_nested() {
	going ctor times=480 delay_us=200
	traced slablat
	grown=$(parameter grown) constructed=$(parameter constructed)
	ok "slablat: objects were constructed" test "$constructed" -ge 480
	is "slablat: calls that drew pages" \
		"$(calls 'known_ctor, kmem_cache_alloc, pages')" "$grown"
	is "slablat: all of which took their time" \
		"$(calls 'known_ctor, kmem_cache_alloc, pages' 131072)" "$grown"
	is "slablat: and the others" \
		"$(calls 'known_ctor, kmem_cache_alloc, (fast|sheaf|slab)')" \
		$((480 - grown))
	is_calls known_inner kmem_cache_alloc kmem_cache_free "$constructed"
	is_calls known_atomic kmem_cache_alloc kmem_cache_free "$constructed"
	rmmod slabways
}

test_others() {
	known backend=kmem_cache allocs=100
	traced slablat unknown
	is "slablat: nothing of another cache" "$(grep -c '^@ns' "$WORK/out")" 0
}

# The map @call has four keys; the histograms have more lines.
test_no_room() {
	known backend=kmem_cache allocs=1000
	no_room slablat 4 known
}

test_kmem_cache 3000 remote=700
test_ways
test_nested
test_others
crowded slablat 0
test_no_room
tap_done
