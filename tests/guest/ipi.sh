#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A storm of interrupts between CPUs, counted, sieges of CPUs, and wake-ups of
# idle ones: on a machine with nothing else to do, and beside programs that keep each CPU busy.
# Latencies are told, and nothing is claimed of them.
# shellcheck source=/dev/null
. /magslab/tap.sh

PARAMETERS=/sys/module/ipistorm/parameters
# A kernel with sanitizers is slow.
SLOWNESS=$(cat /magslab/slowness)
# Of everything so many times as much: a word of the kernel's command line.
SCALE=$(sed -n 's/.*\<ipi_scale=\([0-9]*\).*/\1/p' /proc/cmdline)

# Sieges of each CPU.  An x86-64's interrupt controller prefers interrupts between
# CPUs to the timer's, and would keep that one out.
SIEGES=10
grep -q 'User Mode Linux' /proc/cpuinfo || SIEGES=0

found() { # PARAMETER
	cat "$PARAMETERS/$1"
}

storm() { # PARAMETER...
	insert /magslab/ipistorm.ko "$@"
}

# A timer fired in a quarter of the sieges.  Where it is kept out, it fires in none.
relieved() {
	[ $((4 * $(found siege_fired))) -ge "$(found siege_laid)" ]
}

# What the module found.  A storm of which something is stuck had no more tests.
judge() { # NAME WAKES
	is "$1: no call is stuck" "$(found storm_stuck)" 0
	is "$1: each call is handled once" "$(found handled)" "$(found sent)"
	ok "$1: the storm was one" [ "$(found kicks)" -gt 0 ]
	[ "$(found sieges)" = 0 ] ||
		ok "$1: timers fire on besieged CPUs" relieved
	is "$1: no idle CPU sleeps with a call pending" "$(found idle_stuck)" 0
	is "$1: no thread waits for its wake-up" "$(found wake_stuck)" 0
	is "$1: each wake-up comes" "$(found woken)" "$2"
	diag "calls: $(found sent); $(found through) of them into softirqs"
	diag "sieges: $(found siege_laid), a timer fired in $(found siege_fired)"
	diag "calls to idle CPUs: $(found idle_called)"
	diag "wake-ups, $1, ns: p50 $(found wake_p50_ns), p99 $(found wake_p99_ns), max $(found wake_max_ns)" \
		"wake-ups of a millisecond or more: $(found wake_late)"
}

test_storm() { # NAME WAKES PARAMETER...
	name=$1
	wakes=$2
	shift 2
	ok "$name: the storm comes to its end" storm wakes="$wakes" "$@" ||
		return
	judge "$name" "$wakes"
	ok "$name: nothing of it is left" remove ipistorm
}

# A program a CPU, which is in user mode most of the time.
busy() {
	cpus=$(nproc)
	while [ "$cpus" -gt 0 ]; do
		while :; do :; done &
		spinners="$spinners $!"
		cpus=$((cpus - 1))
	done
}

scaled() { # NUMBER
	echo $(($1 * ${SCALE:-1} / SLOWNESS))
}

test_storm idle "$(scaled 100000)" spins="$(scaled 2000)" \
	steps="$(scaled 20000)" idles="$(scaled 100000)" sieges="$SIEGES"
spinners=
busy
test_storm busy "$(scaled 2000)" spins="$(scaled 500)" \
	steps="$(scaled 2000)" idles=0 sieges=0 seed=2
# shellcheck disable=SC2086 # one word a process
kill $spinners
tap_done
