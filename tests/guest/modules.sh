#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The module in and out, time and again and at bad moments.  It is not in at
# the start nor at the end.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

CYCLES=50
# A kernel with sanitizers is slow, and looks for what is left by itself.
[ "$(cat /magslab/slowness)" -eq 1 ] || CYCLES=20
WINDOW=10
RACES=10
RMMOD_TRIES=25
# What the kernel's own caches may take in a window of cycles.  A histogram lost
# a cycle would be 512 pages; the exact checks are those of idle and gone.
SLACK_PAGES=50

# Pages that nobody uses, once the kernel has given back what it caches.  Those
# on the per-CPU lists, which MemFree leaves out, are megabytes more or less.
free_pages() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "pages" && $2 == "free" { n += $3 }
	     $1 == "count:" { n += $2 }
	     END { print n }' /proc/zoneinfo
}

cycle() {
	load && run_works && idle && unload && gone
}

test_cycles() {
	# Caches of the kernel's own fill in the first ones.
	for _ in 1 2 3; do
		cycle >/dev/null
	done
	least=
	before=$(free_pages)
	for i in $(seq $CYCLES); do
		ok "cycle $i: insmod, run, rmmod and nothing left" cycle
		[ $((i % WINDOW)) -eq 0 ] || continue
		after=$(free_pages)
		lost=$((before - after))
		diag "$after pages free, $lost less than $WINDOW cycles before"
		[ "${least:-$lost}" -lt "$lost" ] || least=$lost
		before=$after
	done
	# The kernel itself takes some once in a while; what a cycle loses is
	# missing in each window.
	ok "cycles lose no memory" [ "$least" -lt "$SLACK_PAGES" ]
}

test_twice() {
	ok "insmod" load
	ok "a second insmod fails" fails load
	ok "and does not disturb the first" run_works
	ok "rmmod" unload
	ok "nothing is left" gone
	ok "a second rmmod fails" fails unload
}

# rmmod is refused while a descriptor is open, in whichever state its run is.
test_in_use() { # STATE
	gate=/tmp/gate.$$
	said=/tmp/said.$$
	mkfifo "$gate" "$said"
	load
	client hold "$1" <"$gate" >"$said" &
	holder=$!
	exec 8>"$gate" 9<"$said"
	read -r state <&9
	is "$1: a client is in that state" "$state" "$1"
	refused=0
	for _ in $(seq $RMMOD_TRIES); do
		unload 2>/dev/null || refused=$((refused + 1))
	done
	is "$1: rmmod is refused $RMMOD_TRIES times" "$refused" "$RMMOD_TRIES"
	status "$1: and once more" 1 unload
	says "$1: for it is in use" \
		'temporarily unavailable|busy|in use'
	exec 8>&- 9<&-
	ok "$1: the run was not disturbed" wait "$holder"
	ok "$1: the module is idle then" idle
	ok "$1: and can be removed" unload
	ok "$1: nothing is left" gone
	rm -f "$gate" "$said"
}

# Clients come and go while the module does: any of them may fail, but clean.
test_race() {
	{
		while [ ! -e /tmp/race.over ]; do
			run_works >/dev/null 2>&1
		done
	} &
	clients=$!
	for _ in $(seq $RACES); do
		load
		until unload 2>/dev/null; do
			:
		done
	done
	: >/tmp/race.over
	wait "$clients"
	rm -f /tmp/race.over
	ok "clients that race with rmmod leave nothing" gone
	ok "and the next cycle works" cycle
}

# A file of debugfs that is open keeps the module or is cut off from it.
test_debugfs_open() {
	load
	for file in /sys/kernel/debug/magslab/*; do
		[ -f "$file" ] || continue
		exec 7<"$file"
		if unload 2>/dev/null; then
			ok "${file##*/} outlives the module unread" \
				fails cat <&7
			load
		fi
		exec 7<&-
	done
	ok "rmmod after debugfs files were open" unload
	ok "nothing is left of them" gone
}

test_twice
for state in idle warmup measure hold "done"; do
	test_in_use "$state"
done
test_debugfs_open
test_race
test_cycles
tap_done
