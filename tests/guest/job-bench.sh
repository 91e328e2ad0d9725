#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What an allocation costs: runs the cases that /magslab/cases names, one a
# line, and leaves a line of JSON a figure in /out/results.  What the figures were
# taken on is in /out/environment.json, and what primitives cost there in
# /out/machine.json.  Documentation/bench.rst explains the cases.
# shellcheck source=/dev/null
. /magslab/lib.sh

BENCH=/sys/kernel/debug/magslab_bench
PARAMETERS=/sys/module/magslab_bench/parameters
SIZES="64 192 256 700 2048"
OBJECTS=1000000
REAP_SIZE=256
# Of two intervals of 5 s, the kernel's timers may be late by an eighth.
REAP_LIMIT_CS=1125
REAP_PERCENT=2

# Slab pages of SLUB's cache, in bytes.
slub_held() {
	awk -v page="$page_size" '
		$1 == "bench_slub" { print $(NF - 1) * $6 * page }' \
		/proc/slabinfo
}

field() { # KEY
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" $BENCH/memory
}

held() { # SUBJECT
	case $1 in
	slub) slub_held ;;
	*) field held_bytes ;;
	esac
}

# Memory of the machine that is free, in bytes, with what CPUs keep at hand.
free_bytes() {
	cat /proc/sys/vm/stat_refresh 2>/dev/null
	awk -v page="$page_size" '
		$1 == "nr_free_pages" || $1 == "count:" { pages += $2 }
		END { printf "%.0f\n", pages * page }' /proc/zoneinfo
}

# As many objects as fit into three quarters of the memory, a million at most.
objects_of() { # SIZE
	awk -v size="$1" -v most=$OBJECTS '/^MemAvailable:/ {
		fit = int($2 * 1024 * 0.75 / size)
		print (fit < most ? fit : most)
	}' /proc/meminfo
}

command_memory() { # WORDS
	echo "$1" >$BENCH/memory || {
		echo "magslab_bench refuses: $1" >&2
		exit 1
	}
}

# Pages held for objects that are live.
case_memory() {
	for size in $SIZES; do
		objects=$(objects_of "$size")
		for subject in slub magslab; do
			before=$(free_bytes)
			command_memory "fill $subject $size $objects"
			after=$(free_bytes)
			echo "{\"case\":\"memory-$size\"," \
				"\"subject\":\"$subject\",\"cpus\":1," \
				"\"unit\":\"bytes/byte\"," \
				"\"objects\":$objects," \
				"\"live_bytes\":$(field live_bytes)," \
				"\"held_bytes\":$(held $subject)," \
				"\"free_before\":$before," \
				"\"free_after\":$after}"
			command_memory drop
		done
	done
}

centiseconds() {
	awk '{ printf "%d\n", $1 * 100 }' /proc/uptime
}

# Waits for two intervals, and says after how many ms no more than a trifle of
# the peak was held; nothing if that did not happen.
await_reap() { # SUBJECT PEAK
	start=$(centiseconds)
	waited=0 fell=
	while [ $waited -lt $REAP_LIMIT_CS ]; do
		if [ -z "$fell" ] &&
			[ $(($(held "$1") * 100)) -le $(($2 * REAP_PERCENT)) ]
		then
			fell=$((waited * 10))
		fi
		sleep 0.25
		waited=$(($(centiseconds) - start))
	done
	echo "${fell:-null}"
}

# What is held of the peak two reap intervals after the last free.
case_reap() {
	objects=$(objects_of $REAP_SIZE)
	for subject in slub magslab; do
		command_memory "fill $subject $REAP_SIZE $objects"
		peak=$(held $subject)
		command_memory empty
		at_once=$(held $subject)
		fell=$(await_reap $subject "$peak")
		echo "{\"case\":\"reap\",\"subject\":\"$subject\"," \
			"\"cpus\":1,\"unit\":\"percent\"," \
			"\"objects\":$objects,\"peak_bytes\":$peak," \
			"\"at_once_bytes\":$at_once," \
			"\"after_bytes\":$(held $subject)," \
			"\"fell_after_ms\":$fell}"
		command_memory drop
	done
}

# A loop's lines come from the module itself.
run_case() { # NAME CPUS
	case $1 in
	memory) case_memory ;;
	reap) case_reap ;;
	*)
		echo "$2" >$PARAMETERS/cpus || exit
		cat "$BENCH/$1" || exit
		;;
	esac
}

load || exit
magctl info --json >/out/environment.json || exit
magctl machine --json >/out/machine.json || exit
insns=0
[ "$MAGSLAB_MACHINE" != icount ] || insns=1
insert /magslab/magslab_bench.ko insns=$insns || exit
[ -d $BENCH ] || {
	echo "magslab_bench is told what to do by debugfs, which is not there: it needs CONFIG_DEBUG_FS=y, and no debugfs= in APPEND="
	exit 1
}
page_size=$(sed -n 's/.*"page_size_bytes": *\([0-9]*\).*/\1/p' \
	/out/environment.json)
while read -r name cpus; do
	echo "$name${cpus:+ on $cpus CPUs}"
	run_case "$name" "${cpus:-1}" >>/out/results
done </magslab/cases
remove magslab_bench || exit
unload
