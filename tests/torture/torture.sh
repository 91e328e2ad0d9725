#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The torture: rounds of the module torture.ko, a fuzzer of the device and noise, each
# with magslab inserted anew.  TAP goes to /out/torture.tap, what was done to
# /out/torture.txt, and progress to standard output.
# /magslab/torture has three words: seconds, seed, and seconds of a round at most.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

PARAMETERS=/sys/module/torture/parameters
SLOWNESS=$(cat /magslab/slowness)
NOISES='hotplug caches knobs faults'
read -r seconds first_seed round_seconds </magslab/torture

uptime_s() {
	cut -d . -f 1 /proc/uptime
}

# A figure of the module's, or of a file that looks like it.
figure() { # NAME [FILE]
	awk -v name="$1" '$1 == name { print $2 }' \
		"${2:-$PARAMETERS/results}" 2>/dev/null
}

progress() { # TEXT
	echo "$(uptime_s) s: $1" >&3
}

begin() { # SEED [PARAMETER...]
	begin_seed=$1
	shift
	insert /magslab/torture.ko seed="$begin_seed" "$@"
}

# Holds all caches to account.
finish() {
	echo 0 >$PARAMETERS/run
}

# The actors break something on purpose.
sees() { # WHAT
	begin "$first_seed" broken="$1" || return
	patience=$(($(uptime_s) + 30 * SLOWNESS))
	until [ "$(figure failures)" -gt 0 ] ||
		[ "$1" = leak ] || [ "$(uptime_s)" -gt $patience ]
	do
		sleep 0.1
	done
	[ "$1" != leak ] || sleep 1
	finish
	found=$(figure failures)
	remove torture
	[ "$found" -gt 0 ]
}

test_sight() {
	ok "insmod" load
	for what in twice stamp write zero leak early reuse type; do
		progress "what is broken on purpose: $what"
		ok "torture sees what it breaks on purpose: $what" sees "$what"
	done
	ok "rmmod" unload
}

start_noise() { # SECONDS SEED
	rm -f /tmp/quiet
	pids=
	for kind in $NOISES; do
		sh /magslab/noise.sh "$kind" "$2" &
		pids="$pids $!"
	done
	hog "$1" "$2" &
	pids="$pids $!"
	fuzz "$1" "$2" >/tmp/fuzz 2>&1 &
	fuzzer=$!
}

# Until the fuzzer has had its time, a line every few seconds.
watch() { # NAME
	while kill -0 "$fuzzer" 2>/dev/null; do
		sleep 5
		progress "$1: $(figure operations) operations, $(figure faulty) with faults, $(figure failures) failures"
	done
	fuzzed=0
	wait "$fuzzer" || fuzzed=$?
}

# shellcheck disable=SC2086 # a word a process
end_noise() {
	: >/tmp/quiet
	wait $pids
}

add_figures() {
	cp $PARAMETERS/results /tmp/results
	for key in operations task softirq rcu hardirq faulty failures; do
		echo "$key $(figure $key /tmp/results)"
	done >>/tmp/sums
	for key in ioctls accepted runs others faults; do
		echo "$key $(figure $key /tmp/fuzz)"
	done >>/tmp/sums
}

# The log has the words.
told_nothing() {
	is "$1: no failure" "$(figure failures)" 0 || {
		dmesg | grep ' torture: ' | tail -n 20 | sed 's/^/# /'
	}
}

test_round() { # NUMBER SEED SECONDS
	name="round $1, seed $2"
	progress "$name"
	ok "$name: insmod magslab" load || return
	ok "$name: insmod torture" begin "$2" || return
	start_noise "$3" "$2"
	watch "$name"
	is "$name: the fuzzer finds nothing" "$fuzzed" 0 || sed 's/^/# /' /tmp/fuzz
	ok "$name: magslab, in use, is not removed" fails unload
	end_noise
	progress "$name: all caches are held to account"
	ok "$name: it comes to its end" finish
	told_nothing "$name"
	add_figures
	ok "$name: it did something" [ "$(figure operations)" -gt 0 ]
	ok "$name: rmmod torture" remove torture
	ok "$name: rmmod magslab" unload
	ok "$name: nothing is left" gone
}

test_rounds() {
	number=0
	left=$seconds
	# shellcheck disable=SC2154 # tap.sh counts it
	while [ "$left" -gt 0 ] && [ "$tap_failed" -eq 0 ]; do
		number=$((number + 1))
		span=$round_seconds
		[ "$left" -ge "$span" ] || span=$left
		test_round $number $((first_seed + number - 1)) "$span"
		left=$((left - span))
	done
}

# What all rounds did, together.
sum_up() {
	awk '{ if (!($1 in sum)) order[++n] = $1; sum[$1] += $2 }
	     END { for (i = 1; i <= n; i++) print order[i], sum[order[i]] }' \
		/tmp/sums
	echo "seed $first_seed"
	echo "rounds $number"
}

: >/tmp/sums
test_sight
test_rounds
sum_up >/out/torture.txt
sed 's/^/# /' /out/torture.txt
tap_done
