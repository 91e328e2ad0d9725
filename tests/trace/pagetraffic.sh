#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# pagetraffic: the pages of each slab of a known cache, once each way.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# Pages of a cache's slabs, as /proc/slabinfo had it.
slabinfo_pages() { # CACHE
	awk -v name="$1" '$1 == name { print $6 * $15 }' "$WORK/slabinfo"
}

# Pages that a cache of magslab's had, by its statistics.
stats_pages() { # CACHE
	awk '$1 == "pages" || $1 == "pages_returned" { pages += $2 }
		END { print pages }' "$WORK/$1"
}

# A figure of the last line.
in_all() { # COLUMN
	awk -v column="$1" '/^in all/ { print $(column + 2) }' "$WORK/out"
}

# The sum of a column of the lines by second.
seconds() { # COLUMN
	awk -v column="$1" '/^[0-9]/ { nr += $(column + 1) }
		END { print nr + 0 }' "$WORK/out"
}

# So many pages came for a cache, and as many went.
is_traffic() { # ALLOCATOR CACHE PAGES
	is "pagetraffic: $1 drew for $2" "$(sum "$1_drew" "$2")" "$3"
	is "pagetraffic: and gave back" "$(sum "$1_gave_back" "$2")" "$3"
}

# All that was drawn was of caches that were told, and each time once.
test_whole() {
	is "pagetraffic: SLUB drew, by cache and in all" \
		"$(sum slub_drew)" "$(in_all 1)"
	is "pagetraffic: SLUB gave back, by cache and in all" \
		"$(sum slub_gave_back)" "$(in_all 2)"
	is "pagetraffic: magslab drew, by cache and in all" \
		"$(sum magslab_drew)" "$(in_all 3)"
	is "pagetraffic: magslab gave back, by cache and in all" \
		"$(sum magslab_gave_back)" "$(in_all 4)"
	ok "pagetraffic: no more in the seconds than in all" \
		test "$(seconds 1)" -le "$(in_all 1)" -a \
		"$(seconds 3)" -le "$(in_all 3)"
}

# Caches of all kinds, one after the other: some whose objects are all out when
# they are looked at, some whose slabs come and go, and objects of no slab.
test_caches() {
	commands "caches of all kinds" <<-LOAD
	with() {
		insmod /magslab/knownload.ko allocs=20000 "\$@"
	}
	with backend=kmem_cache name=held left=20000 &&
	cp /proc/slabinfo $WORK/slabinfo &&
	rmmod knownload &&
	with backend=kmem_cache name=swung turns=3 && rmmod knownload &&
	with backend=kmalloc size=1048576 allocs=32 && rmmod knownload &&
	with backend=magazine name=mag_held left=20000 &&
	cp $DEBUGFS/mag_held/stats $WORK/mag_held &&
	rmmod knownload &&
	with backend=magazine name=mag_swung size=700 turns=3 &&
	cp $DEBUGFS/mag_swung/stats $WORK/mag_swung &&
	rmmod knownload
	LOAD
	traced pagetraffic
	pages=$(slabinfo_pages held)
	is_traffic slub held "$pages"
	ok "pagetraffic: SLUB drew for those that came and went" \
		test "$(sum slub_drew swung)" -gt "$pages"
	is "pagetraffic: and gave back" \
		"$(sum slub_gave_back swung)" "$(sum slub_drew swung)"
	for name in mag_held mag_swung; do
		pages=$(stats_pages $name)
		is_traffic magslab $name "$pages"
	done
	test_whole
	ok "pagetraffic: large objects are none of it" \
		test "$(in_all 1)" -lt $(($(sum slub_drew held) +
			$(sum slub_drew swung) + 8192))
}

# One object by another, two kinds of them, kept until all have been drawn.
test_without_magslab() {
	rmmod magslab
	commands "two caches, without magslab" <<-LOAD
	for way in one wide; do
		insmod /magslab/slabways.ko way=\$way times=2000 left=2000
		cat /proc/slabinfo >>$WORK/slabinfo
		rmmod slabways
	done
	LOAD
	: >"$WORK/slabinfo"
	traced pagetraffic
	insmod /magslab/magslab.ko
	is "pagetraffic: none of magslab" "$(in_all 3)" 0
	for name in known_one known_wide; do
		pages=$(slabinfo_pages $name)
		is_traffic slub $name "$pages"
		ok "pagetraffic: and they were some" test "$pages" -gt 0
	done
}

# To 6.1 patterns of probes that match functions of modules are an error.
case $(uname -r) in
6.1.*) skip "pagetraffic: magslab" "it must not be there" ;;
*) test_caches ;;
esac
test_without_magslab
tap_done
