#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The folders of debugfs: what they say of a cache adds up, each knob takes what
# it may be and refuses the rest with its range in the log, loads run on while
# knobs are turned, and a cache that goes takes its folder along, also from
# under a reader.  The module is in, and is again at the end.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

DIR=/sys/kernel/debug/magslab
scratch=/tmp/knobs.$$
mkdir -p "$scratch"

# A line a knob: its name, values that it takes, values that it does not, and
# what the log then says, a regular expression.  A comma parts values.
KNOBS='magazines 1,2 0,3,x,-1 1.to.2
magazine_rounds 1,17,1021 0,1022,1x 1.to.1021
magazine_max 1,300,1021 0,1022,two 1.to.1021
depot_max 0,12,1048576 1048577,-1,all 0.to.1048576
depot_window 0,16,1000000 1000001,-1 0.to.1000000
empty_max 0,9,1048576 1048577,-3,some 0.to.1048576
resize_rule never,interval,event always,1 never,.interval,.event
resize_threshold 0,5,1000000 1000001,-1 0.to.1000000
remote_rule away,slab,ignore home,0 away,.slab,.ignore
reap_rule never,all,working_set,never none,2 never,.working_set,.all
reap_interval_ms 10,2500,3600000 9,3600001,5s 10.to.3600000'

PRESETS='bonwick uma sheaves dpdk magslab'

words() { # LIST
	echo "$1" | tr ',' ' '
}

put() { # VALUE FILE
	echo "$1" >"$2"
}

value() { # KEY FILE
	awk -v key="$1" '$1 == key { print $2 }' "$2"
}

# What the kernel said of a refusal, of late.
log_says() { # REGEX
	dmesg | tail -n 3 | grep -qE -- "$1"
}

test_knob() { # FOLDER NAME TAKES REFUSES RANGE
	taken=
	for text in $(words "$3"); do
		put "$text" "$1/$2" && taken="$taken$(cat "$1/$2"),"
	done
	is "$2 reads as it was written" "$taken" "$3,"
	refused=
	for text in $(words "$4"); do
		put "$text" "$1/$2" 2>/dev/null ||
			! log_says "$2: \"$text\" refused: $5" ||
			refused="$refused$text,"
	done
	is "$2 refuses what is out of range, and says so" "$refused" "$4,"
	is "$2 is as it was then" "$(cat "$1/$2")" "${3##*,}"
}

test_knobs() { # FOLDER
	while read -r name takes refuses range; do
		test_knob "$1" "$name" "$takes" "$refuses" "$range"
	done <"$scratch/table"
	is "there is no other knob" \
		"$(find "$1" -type f ! -name preset ! -name debug | wc -l)" \
		"$(wc -l <"$scratch/table")"
	for preset in $PRESETS; do
		ok "preset $preset is taken" put "$preset" "$1/preset"
		is "preset $preset reads as it was written" \
			"$(cat "$1/preset")" "$preset"
	done
	ok "a preset that there is not is refused" fails put linux "$1/preset"
	ok "and the log names those there are" \
		log_says 'preset: "linux" refused: magslab, bonwick, uma'
	ok "as is a line that is too long" \
		fails put "$(printf '%0300d' 7)" "$1/depot_max"
}

# Sums of columns over the lines of a table.
sum() { # COLUMN FILE
	awk 'NR == 1 { for (i = 2; i <= NF; i++) at[$i] = i - 1; next }
	     { sum += $at[name] } END { print sum + 0 }' name="$1" "$2"
}

# All that can be read of a cache, at one moment.
snapshot() { # FOLDER
	for _ in $(seq 50); do
		for file in stats cpus nodes; do
			cat "$1/$file" >"$scratch/$file"
		done
		cat "$DIR/caches" >"$scratch/caches"
		! cmp -s "$scratch/stats" "$1/stats" || return 0
	done
	return 1
}

test_stats() { # FOLDER NAME
	ok "$2: its files can be read at one moment" snapshot "$1"
	is "$2: its name is there" "$(value name "$scratch/stats")" "$2"
	awk -v name="$2" 'NR == 1 { for (i = 3; i <= NF; i++) key[i - 1] = $i; n = NF - 1; next }
		$1 == name { for (i = 2; i <= n; i++) print key[i], $i }' \
		"$scratch/caches" >"$scratch/columns"
	ok "$2: the table has columns of it" test -s "$scratch/columns"
	is "$2: each of them is in stats, and the same" \
		"$(grep -cxFf "$scratch/columns" "$scratch/stats")" \
		"$(wc -l <"$scratch/columns")"
	is "$2: slabs by fill are all slabs" \
		"$(awk '/^fill_/ { sum += $2 } END { print sum }' "$scratch/stats")" \
		"$(value slabs "$scratch/stats")"
	is "$2: eleven of them" "$(grep -c '^fill_' "$scratch/stats")" 11
	for key in slabs pages pages_returned; do
		is "$2: the nodes' $key are the cache's" \
			"$(sum $key "$scratch/nodes")" \
			"$(value $key "$scratch/stats")"
	done
	is "$2: what is out is live, or in a magazine" \
		"$(sum objects_out "$scratch/nodes")" \
		$(($(value live "$scratch/stats") + $(value rounds_cached "$scratch/stats")))
	for key in allocs frees alloc_slab free_remote; do
		is "$2: the CPUs' $key are the cache's" \
			"$(sum $key "$scratch/cpus")" \
			"$(value $key "$scratch/stats")"
	done
	is "$2: what CPUs handed out and did not take back is live" \
		$(($(sum allocs "$scratch/cpus") - $(sum frees "$scratch/cpus"))) \
		"$(value live "$scratch/stats")"
	# shellcheck disable=SC2016 # awk's own
	ok "$2: no magazine has more rounds than it may" \
		awk 'NR > 1 && ($4 > $5 || $6 > $7) { exit 1 }' "$scratch/cpus"
	# shellcheck disable=SC2016 # awk's own
	ok "$2: a CPU at rest is found at rest" \
		awk 'NR > 1 && !$3 { exit 1 }' "$scratch/cpus"
}

test_deeds() { # FOLDER
	ok "a cache is validated" put 1 "$1/validate"
	is "which finds no bug of any kind" \
		"$(awk '{ sum += $1 } END { print sum, (NR > 5) }' "$1/validate")" \
		"0 1"
	before=$(value pages "$1/stats")
	ok "a cache is shrunk" put 1 "$1/shrink"
	is "and what it gives back it has no more" \
		$(($(value pages "$1/stats") + $(cat "$1/shrink"))) "$before"
	is "no magazine is left" "$(value magazines "$1/stats")" 0
	for file in validate shrink knobs/debug; do
		ok "$file refuses what it does not understand" \
			fails put maybe "$1/$file"
		ok "and says so" log_says "${file##*/}: \"maybe\" refused"
	done
	is "a cache is not debugged unless told" "$(cat "$1/knobs/debug")" -
}

# The folders of a user's caches.
folders() {
	find "$DIR/cache" -mindepth 1 -maxdepth 1 | while read -r folder; do
		grep -q "^$(value name "$folder/stats") " "$DIR/caches" &&
			echo "$folder"
	done
}

# Runs to HOLD, with objects out.
hold() { # STATE
	client hold "$1" <"$scratch/gate" >"$scratch/said" &
	holder=$!
	exec 8>"$scratch/gate" 9<"$scratch/said"
	read -r state <&9
	is "a run comes to $1" "$state" "$1"
}

# What is open as 6; the claims themselves have no standard input.
read_open() {
	cat <&6
}

release() {
	exec 8>&- 9<&-
	ok "the run was not disturbed" wait "$holder"
}

test_held_run() {
	hold live
	is "a folder for each cache" "$(folders | wc -l)" \
		"$(($(wc -l <"$DIR/caches") - 1))"
	folder=$(folders | head -n 1)
	test_stats "$folder" "$(value name "$folder/stats")"
	test_deeds "$folder"
	test_stats "$folder" "$(value name "$folder/stats")"
	test_knobs "$folder/knobs"
	is "a cache that is like its preset says so" \
		"$(cat "$folder/knobs/preset")" magslab
	put 3 "$folder/knobs/depot_max"
	is "and one that is not, too" "$(cat "$folder/knobs/preset")" none

	exec 6<"$folder/stats" 7<>"$folder/knobs/magazines"
	release
	ok "with a cache its folder goes" fails test -e "$folder"
	ok "who has its counters open reads an error" fails read_open
	ok "who has a knob open cannot turn it" fails put 1 /proc/self/fd/7
	exec 6<&- 7<&-
	is "no folder of a user's cache is left" "$(folders)" ""
}

# A load of an allocation and a free a step, while everything is turned.
test_running_load() {
	hold measure
	folder=$(folders | head -n 1)
	before=$(value allocs "$folder/stats")
	failed=0
	for turn in 1 2; do
		for preset in $PRESETS; do
			put "$preset" "$folder/knobs/preset" || failed=1
			put $((turn % 2 + 1)) "$folder/knobs/magazines" ||
				failed=1
			put 1 "$folder/shrink" || failed=1
			cat "$folder/cpus" "$folder/nodes" "$folder/stats" \
				>/dev/null || failed=1
			put 1 "$folder/validate" || failed=1
		done
	done
	is "all was taken while a load ran" $failed 0
	ok "and the load went on" \
		test "$(value allocs "$folder/stats")" -gt "$before"
	release
	ok "and left nothing" idle
}

# Runs come and go while all there is of them is read.
test_readers() {
	(
		while [ ! -e "$scratch/enough" ]; do
			cat "$DIR"/cache/*/* "$DIR"/cache/*/knobs/* "$DIR/caches"
		done >/dev/null 2>&1
	) &
	reader=$!
	works=0
	for _ in $(seq 5); do
		run_works >/dev/null && works=$((works + 1))
	done
	touch "$scratch/enough"
	wait "$reader" || true
	is "runs work while their folders are read" "$works" 5
	ok "and leave nothing" idle
}

test_defaults() {
	is "defaults are left to a preset" "$(sort -u "$DIR"/knobs/*m*ax)" preset
	test_knobs "$DIR/knobs"
	put sheaves "$DIR/knobs/preset"
	is "a preset takes all knobs" "$(sort -u "$DIR"/knobs/*m*ax)" preset
	put 5 "$DIR/knobs/empty_max"
	put 77 "$DIR/knobs/depot_max"
	put CR "$DIR/knobs/debug"
	hold live
	folder=$(folders | head -n 1)
	is "new caches begin with the defaults" \
		"$(cat "$folder/knobs/depot_max")" 77
	is "and for the rest with the preset" \
		"$(cat "$folder/knobs/remote_rule")" slab
	is "and are debugged as told" "$(cat "$folder/knobs/debug")" CR
	ok "validation finds nothing wrong with them" put 1 "$folder/validate"
	is "no bug" "$(value bugs "$folder/stats")" 0
	release

	ok "a knob is left to the preset again" put preset "$DIR/knobs/depot_max"
	ok "an unknown letter is refused" fails put CZX "$DIR/knobs/debug"
	ok "and the log names the letters" log_says 'debug: "CZX" refused: letters of CRPT'
	put - "$DIR/knobs/debug"
	put magslab "$DIR/knobs/preset"
}

test_parameter() {
	ok "rmmod" unload
	ok "no file is left" fails test -e "$DIR"
	ok "a bad debug parameter is refused" fails insmod "$MODULE" debug=CX
	ok "insmod with a debug parameter" insmod "$MODULE" debug=CRPT,dent*
	is "it can be read" "$(cat "$DIR/knobs/debug")" "CRPT,dent*"
	hold live
	is "and is of the caches it names" \
		"$(cat "$DIR"/cache/dentry/knobs/debug)" CRPT
	release
	ok "rmmod" unload
	ok "insmod" load
}

mkfifo "$scratch/gate" "$scratch/said"
echo "$KNOBS" >"$scratch/table"
test_held_run
test_running_load
test_readers
test_defaults
test_parameter
rm -rf "$scratch"
tap_done
