#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# docs.sh: Documentation/debugfs.rst tells of every column, key and knob that the
# sources have, of columns in their order.  TAP on standard output.
set -euo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd -P)
RST=$TOP/Documentation/debugfs.rst
STATS=$TOP/kmod/debugfs_stats.c
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
# How a name is marked as such.
MARK=$'\x60'
MARKED="$MARK${MARK}[a-z_0-9]*$MARK$MARK"
RUN=0
FAILED=0

# The section below a heading, up to the next one.
section() # HEADING
{
	awk -v heading="$1" '
		/^=+$/ && last == heading { on = 1; last = ""; next }
		/^=+$/ && on && last != "" { exit }
		on { print last }
		{ last = $0 }' "$RST"
}

# Of the names in a file, those that the section on stdin tells of, in its order.
told() # FILE
{
	grep -o "$MARKED" | tr -d "$MARK" |
		awk 'NR == FNR { name[$1]; next }
		     $1 in name && !seen[$1]++' "$1" -
}

# check NAME HEADING [any]: the names on stdin, in any order or in theirs.
check()
{
	local -a order=(cat)

	[ "${3:-}" != any ] || order=(sort)
	RUN=$((RUN + 1))
	"${order[@]}" >"$SCRATCH/names"
	section "$2" | told "$SCRATCH/names" | "${order[@]}" >"$SCRATCH/told"
	if [ -s "$SCRATCH/names" ] &&
		diff "$SCRATCH/names" "$SCRATCH/told" >"$SCRATCH/said"
	then
		echo "ok $RUN - $1"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $RUN - $1"
		sed 's/^/# /' "$SCRATCH/said"
	fi
}

# The words of a line that names columns: what function FUNCTION puts.
columns() # FUNCTION
{
	sed -n "/^static int $1(/,/^}/s/.*\"\(.*\)\".*/\1/p" "$STATS" |
		grep -v % | tr -d '#' | sed 's/\\n//' | xargs -n 1
}

knobs()
{
	sed -n 's/^\t\(NUMBER\|RULE\)(\([a-z_]*\),.*/\2/p' \
		"$TOP/kmod/allocator/knob.c"
}

check "columns of caches, which are keys of stats" "caches, stats" < <(
	sed -n 's/^\tSTAT(\([a-z_]*\)),$/\1/p' "$STATS")
check "keys that stats has beside them" "caches, stats" any < <(
	sed -n 's/.*show_value(m, "\([a-z_]*\)",.*/\1/p' "$STATS")
check "columns of cpus" cpus < <(columns mag_debugfs_cpus_show)
check "columns of nodes" nodes < <(columns mag_debugfs_nodes_show)
check "columns of classes" "classes, totals" < <(
	sed -n 's/^\tcolumn(row, "\([a-z_]*\)".*/\1/p' \
		"$TOP/kmod/debugfs_classes.c")
check "lines of totals" "classes, totals" any < <(
	sed -n 's/.*seq_printf(m, "\([a-z]*\) %llu.*/\1/p' "$TOP/kmod/debugfs.c")
check knobs knobs < <(knobs)
check "knobs that presets set" Presets < <(knobs)
echo "1..$RUN"
[ "$FAILED" -eq 0 ]
