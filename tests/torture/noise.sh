#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# noise.sh KIND SEED: what goes on around a torture, until /tmp/quiet is there.
# hotplug: CPUs but 0 go and come; caches: the kernel gives up what it caches, and
# compacts; knobs: files of debugfs are read, and written with right and wrong values;
# faults: the kernel lets allocations fail, of tasks that ask for it, by turns.

DIR=/sys/kernel/debug/magslab
FAULTS=/sys/kernel/debug
RIGHT='1 2 13 61 100 1021 never interval event away slab ignore working_set all
	magslab bonwick uma sheaves dpdk preset - CRPT CP,torture_ctor*'
WRONG='0 -1 1048577 99999999999 x linux CZX'

quiet() {
	[ -e /tmp/quiet ]
}

# Numbers without end; what reads them ends it.
numbers() { # SEED
	awk -v seed="$1" 'BEGIN { srand(seed); while (1) print int(rand() * 1e6) }'
}

rest() { # NUMBER
	sleep "0.$(($1 % 5))$(($1 % 7))"
}

put() { # VALUE FILE
	echo "$1" >"$2"
} 2>/dev/null

# Those that may go.
movable() {
	find /sys/devices/system/cpu/cpu[1-9]* -maxdepth 1 -name online
}

hotplug() {
	# shellcheck disable=SC2046 # words
	set -- $(movable)
	[ $# -gt 0 ] || exit 0
	while read -r n && ! quiet; do
		eval "file=\${$((n % $# + 1))}"
		put 0 "$file"
		rest "$n"
		[ $((n % 3)) -eq 0 ] || put 1 "$file"
		rest $((n / 7))
	done
	for file; do
		put 1 "$file"
	done
}

caches() {
	# No word in the log each time.
	put 4 /proc/sys/vm/drop_caches
	while read -r n && ! quiet; do
		put $((n % 3 + 1)) /proc/sys/vm/drop_caches
		[ $((n % 8)) -gt 0 ] || put 1 /proc/sys/vm/compact_memory
		rest "$n"
	done
}

word() { # NUMBER WORD...
	shift $(($1 % ($# - 1) + 1))
	echo "$1"
}

# Any word to any file: which is right for which is the file's matter.
turn() { # NUMBER
	case $(($1 % 6)) in
	0) list=$WRONG ;;
	*) list=$RIGHT ;;
	esac
	# shellcheck disable=SC2046,SC2086 # words
	put "$(word $(($1 / 6)) $list)" \
		"$(word $(($1 / 13)) $(find $DIR -path '*knobs/*'))"
}

look() { # NUMBER
	# shellcheck disable=SC2046 # words
	file=$(word "$1" $(find $DIR -type f ! -path '*knobs/*'))
	case $file in
	*/validate | */shrink) put 1 "$file" ;;
	esac
	cat "$file"
} >/dev/null 2>&1

knobs() {
	while read -r n && ! quiet; do
		turn "$n"
		look "$n"
		rest $((n % 4))
	done
}

fault_knob() { # FILE VALUE
	for dir in failslab fail_page_alloc; do
		[ ! -e "$FAULTS/$dir/$1" ] || put "$2" "$FAULTS/$dir/$1"
	done
}

# In percent; of what asks for it alone.
let_fail() { # PROBABILITY
	fault_knob probability "$1"
	put "$(($1 > 0))" /sys/module/torture/parameters/faulty
}

faults() {
	[ -d $FAULTS/failslab ] || [ -d $FAULTS/fail_page_alloc ] || exit 0
	fault_knob probability 0
	fault_knob verbose 0
	fault_knob task-filter Y
	fault_knob ignore-gfp-wait N
	fault_knob ignore-gfp-highmem N
	fault_knob min-order 0
	fault_knob times -1
	while read -r n && ! quiet; do
		let_fail $((n % 10 + 1))
		sleep 2
		let_fail 0
		rest "$n"
	done
}

numbers "$2" | "$1"
