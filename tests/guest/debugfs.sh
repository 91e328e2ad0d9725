#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The files in /sys/kernel/debug/magslab, while a run holds still with objects
# out: every column adds up, one with another and with the totals; and the
# classes, of which that run has none.  The module
# is in.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

DIR=/sys/kernel/debug/magslab

caches=/tmp/caches.$$
classes=/tmp/classes.$$
totals=/tmp/totals.$$

# What awk needs to know columns by their names; the header begins with "#".
# shellcheck disable=SC2016 # awk's own
COLUMNS='
	NR == 1 { for (i = 2; i <= NF; i++) at[$i] = i - 1; next }
	function pages(order, nr) {
		for (nr = 1; order > 0; order--)
			nr *= 2
		return nr
	}
	function value(name) {
		if (!(name in at)) {
			print "no column " name
			wrong = 1
		}
		return $at[name]
	}'

sum() { # COLUMN FILE
	awk "$COLUMNS"'{ sum += value(name) } END { print sum + 0 }' \
		name="$1" "$2"
}

sum_of_both() { # COLUMN
	echo $(($(sum "$1" "$caches") + $(sum "$1" "$classes")))
}

total() { # NAME
	awk -v name="$1" '$1 == name { print $2 }' "$totals"
}

# That a condition holds of the columns of each line, and there is a line.
each() { # CONDITION [FILE]
	awk "$COLUMNS"'
		!('"$1"') { print; wrong = 1 }
		END { exit wrong || NR < 2 }' "${2:-$caches}"
}

# All files at one moment: what waits for RCU is freed when its time comes.
snapshot() {
	for _ in $(seq 100); do
		cat "$DIR/totals" >"$totals"
		cat "$DIR/caches" >"$caches"
		cat "$DIR/classes" >"$classes"
		! cmp -s "$totals" "$DIR/totals" || return 0
	done
	return 1
}

test_caches() {
	is "the first line names the columns" \
		"$(head -n 1 "$caches" | cut -d ' ' -f 1-3)" "# name live"
	ok "each line has all of them" \
		awk 'NR == 1 { nr = NF - 1 } NR > 1 && NF != nr { exit 1 }
		     END { exit NR < 2 }' "$caches"
	ok "what is live was handed out and not taken back" \
		each 'value("allocs") - value("frees") == value("live")'
	ok "what was handed out came from a rung of the ladder" \
		each 'value("allocs") == value("alloc_loaded") +
			value("alloc_previous") + value("alloc_depot") +
			value("alloc_slab")'
	ok "what is live or cached fits in the slabs" \
		each 'value("live") + value("rounds_cached") <=
			value("slabs") * value("objects_per_slab")'
	ok "pages are those of the slabs, fewer where memory is in pieces" \
		each 'value("pages") >= value("slabs") && value("pages") <=
			value("slabs") * pages(value("order"))'
	ok "more is held than is live" \
		each 'value("held_bytes") >= value("live") * value("size") &&
			value("size") >= value("object_size")'
}

# Of sizes up to 64 KiB, none but the small ones loses more than an eighth.
test_classes() {
	is "classes have their columns named as well" \
		"$(head -n 1 "$classes" | cut -d ' ' -f 1-3)" "# name size"
	ok "each class has all of them" \
		awk 'NR == 1 { nr = NF - 1 } NR > 1 && NF != nr { exit 1 }
		     END { exit NR < 2 }' "$classes"
	ok "classes are in order of size" \
		each 'value("size") + 0 > last && (last = value("size") + 0)' "$classes"
	is "the large objects are last" \
		"$(tail -n 1 "$classes" | cut -d ' ' -f 1)" large
	ok "a class above 128 bytes wastes an eighth at most" \
		each 'value("size") <= 128 ||
			value("waste_per_mille") <= 125' "$classes"
	ok "a slab is of pages of its order, and wastes what it wastes" \
		each 'value("slab_pages") <= pages(value("order")) &&
			value("slab_waste_per_mille") < 1000 &&
			value("objects_per_slab") >= 1' "$classes"
	is "nobody has an object of a class" "$(sum live "$classes")" 0
	is "and none holds memory" "$(sum held_bytes "$classes")" 0
}

test_totals() {
	is "a line for each cache" "$(($(wc -l <"$caches") - 1))" \
		"$(total caches)"
	ok "objects are out" test "$(total objects)" -gt 0
	is "objects are the sum of the caches' and classes' live" "$(sum_of_both live)" \
		"$(total objects)"
	is "pages are the sum of the caches' and classes'" "$(sum_of_both pages)" "$(total pages)"
	is "magazines are the sum of the caches' and classes'" "$(sum_of_both magazines)" \
		"$(total magazines)"
}

gate=/tmp/gate.$$
said=/tmp/said.$$
mkfifo "$gate" "$said"
client hold live <"$gate" >"$said" &
holder=$!
exec 8>"$gate" 9<"$said"
read -r state <&9
is "a run holds still" "$state" live
ok "all files can be read at one moment" snapshot
test_caches
test_classes
test_totals
exec 8>&- 9<&-
ok "the run was not disturbed" wait "$holder"
snapshot
is "afterwards there is no cache" "$(total caches)" 0
is "and the table is empty" "$(wc -l <"$caches")" 1
rm -f "$gate" "$said" "$caches" "$classes" "$totals"
tap_done
