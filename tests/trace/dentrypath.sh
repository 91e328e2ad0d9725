#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dentrypath: each dentry and each lookup of a program that makes so many.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

names=/magslab/load.d/names
state=/proc/sys/fs/dentry-state

# The claim that two numbers differ by little: others use the cache as well.
near() { # NAME GOT WANT MOST
	ok "$1: $2, about $3" \
		test $(($2 - $3)) -le "$4" -a $(($3 - $2)) -le "$4"
}

test_params() { # NAME=VALUE...
	for pair; do
		is "dentrypath: ${pair%=*}" "$(param "${pair%=*}")" "${pair#*=}"
	done
}

# Files of a tmpfs, which keeps no name that does not exist: each lookup of one
# is an allocation and a free.  Meanwhile sysfs keeps some, of another process.
test_files() {
	mkdir -p /tmp/names
	commands "1000 files, 800 unlinked" <<-LOAD
	cd /tmp/names
	i=0
	while [ \$i -lt 600 ]; do
		[ ! -e /sys/kernel/none\$i ]
		i=\$((i + 1))
	done
	$names -c 1000 -x 300 -s 3 -m 50 -u 800
	insmod /magslab/rcuwait.ko
	rmmod rcuwait
	cat $state >$WORK/state
	LOAD
	traced dentrypath known_names 60000
	read -r all _ _ _ negative _ <"$WORK/state"
	is "dentrypath: lookups that found" "$(sum lookups found)" 3800
	is "dentrypath: of these, negative" \
		"$(sum lookups 'found negative')" 0
	is "dentrypath: freed" "$(sum frees '.*')" 1000
	is "dentrypath: followed, live" \
		"$(sed -n 's/.*; of \(.*\) live$/\1/p' "$WORK/out")" \
		"1200 followed, 200"
	test_params lookups=3 hot_names=1000 cold_names=1050 ext_name=10 \
		short_lived=83 shrink_every=0 shrink=1
	near "dentrypath: bound" "$(param bound)" "$all" 64
	near "dentrypath: negative" "$(param negative)" \
		$((100 * negative / all)) 1
	rm -f /tmp/names/f*
}

# Names that sysfs knows not to exist, evicted from another CPU.  Those that
# were looked up since have as many second chances as lists.
test_negative() {
	commands "400 names that do not exist, evicted" <<-LOAD
	cd /sys/kernel
	taskset 1 $names -m 400 -s 3
	for i in 1 2 3 4; do
		taskset 2 sh -c 'echo 2 >/proc/sys/vm/drop_caches'
	done
	insmod /magslab/rcuwait.ko
	rmmod rcuwait
	LOAD
	traced dentrypath known_names 1
	is "dentrypath: names that do not exist, found" \
		"$(sum lookups 'found negative')" 1200
	is "dentrypath: freed where they were evicted" \
		"$(sum frees 'other CPU')" 400
	is "dentrypath: and nowhere else" "$(sum frees 'same CPU')" 0
	test_params lookups=3 hot_names=400 cold_names=400 ext_name=0 \
		short_lived=0
	shrunk=$(sed -n 's/^@shrunk: //p' "$WORK/out")
	ok "dentrypath: evicted by shrinks: $shrunk, 400 at least" \
		test "$shrunk" -ge 400
	ok "dentrypath: shrinks: $(param shrink_every) operations apart" \
		test "$(param shrink_every)" -gt 0
	ok "dentrypath: shrinks: $(param shrink) percent of the list" \
		test "$(param shrink)" -ge 5
}

# What finds no room makes what it would tell worth nothing.
test_no_room() {
	commands "names, and maps that are too small" <<-LOAD
	cd /sys/kernel
	$names -m 400 -s 3
	LOAD
	# shellcheck disable=SC2034 # for traced
	room=64
	traced dentrypath known_names
	is "dentrypath: no command without room" \
		"$(grep -c '^  magctl run' "$WORK/out")" 0
	is "dentrypath: but why" \
		"$(grep -c ' found no room in the maps: run it' "$WORK/out")" 1
}

test_files
test_negative
test_no_room
tap_done
