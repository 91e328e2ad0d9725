#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bpf.sh: the tables that are made of what a script of bpftrace's prints, on text
# that is made up here; and what all scripts of scripts/bpf must have in their
# text.  TAP on standard output.
set -uo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$TOP/tests/guest/tap.sh"
TABLES=$TOP/scripts/bpf/tables.awk

# tables NAME WANTED [ROWS]: what becomes of the text on standard input.
tables()
{
	is "$1" "$(awk -v rows="${3:-20}" -f "$TABLES")" "$2"
}

test_rows()
{
	tables "the largest first, under a heading" "\
objects freed  cache  caller
         1000  names  d_free
           30  heads  a b
            5  heads  other" <<-'EOT'
	objects freed [cache, caller]:
	@freed[heads, a b]: 30
	@freed[heads, other]: 5
	@freed[names, d_free]: 1000
	EOT
	tables "those of the same keys are one, and of several maps" "\
pages  cache
    7  a
    4  b" <<-'EOT'
	pages [cache]:
	@pages_even[b]: 1
	@pages_even[a]: 2

	@pages_odd[b]: 3
	@pages_odd[a]: 5
	EOT
	tables "but not of shares" "\
share  cache
   70  a
   20  a" <<-'EOT'
	share [cache], each:
	@share[a]: 20
	@share[a]: 70
	EOT
	tables "large numbers to the last digit" "\
           bytes  cache
2251799813685249  a
              -3  b" <<-'EOT'
	bytes [cache]:
	@bytes[a]: 2251799813685249
	@bytes[b]: -3
	EOT
	tables "none of what came to nothing" $'left  cache\n   1  b' <<-'EOT'
	left [cache]:
	@left[a]: 0
	@left[b]: 1
	EOT
	tables "a last key with commas" $'nr  a  b\n 1  x  y, z' <<-'EOT'
	nr [a, b]:
	@nr[x, y, z]: 1
	EOT
}

test_most()
{
	local text=$'nr [key]:\n@nr[a]: 1\n@nr[b]: 2\n@nr[c]: 4\n@nr[d]: 8\n'

	tables "at most so many rows, the rest summed" \
		$'nr  key\n 8  d\n 4  c\n 3  (2 others)' 2 <<<"$text"
	tables "one of them" $'nr  key\n 8  d\n 4  c\n 2  b\n 1  (1 other)' 3 <<<"$text"
	tables "as many as there are" $'nr  key\n 8  d\n 4  c\n 2  b\n 1  a' 4 <<<"$text"
	tables "all" $'nr  key\n 8  d\n 4  c\n 2  b\n 1  a' 0 <<<"$text"
	tables "shares have no sum" $'nr  key\n 8  d\n    (3 others)' 1 \
		<<<"${text/]:/], each:}"
}

# Frames as versions of bpftrace indent them.
test_stacks()
{
	local stacks=$'
calls [cache, stack]:
@calls[heads,\x20
    f+1
    g+20
]: 7
@calls[heads,
\tf+1
\th+3
]: 9'

	tables "stacks" "\
calls  cache  stack
    9  heads  f+1
              h+3
    7  heads  f+1
              g+20" <<<"$stacks"
	tables "and the rest of them" "\
calls  cache  stack
    9  heads  f+1
              h+3
    7  (1 other)" 1 <<<"$stacks"
}

test_histograms()
{
	local one='[1]                    2 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |'
	local two='[2, 4)                 4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|'
	local more='(..., 0)               9 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|'

	tables "histograms stay as they are, that of the most first" "\
calls  cache  ns
    9  names
$more

    6  heads
$one
$two" <<-EOT
	calls [cache, ns]:
	@ns[heads]: $(printf '\n%s\n%s' "$one" "$two")

	@ns[names]:
	$more
	EOT
	tables "one without keys" $'polls by packets, 6 in all:\n'"$one"$'\n'"$two" \
		<<<$'polls [packets]:\n@polls: \n'"$one"$'\n'"$two"$'\n'
}

test_others()
{
	tables "a map without keys is a line" $'lost: 12\nmissed: 0' \
		<<<$'lost:\n@lost: 12\nmissed:\n@missed: 0\n'
	tables "nothing is said" $'1 to 2 ms:\n\nallocs: none\n\nfrees: none\n\nend' \
		<<<$'1 to 2 ms:\n\nallocs [cache]:\n\n\n\nfrees [cache]:\n\n\n\n\nend\n\n\n'
	tables "other lines as they are" $'a b\n\n  c: d [e]\nTo look like this:\n  x' \
		<<<$'a b\n\n\n  c: d [e]\nTo look like this:\n  x'
	tables "maps of which nothing was said before" "\
 x
12  a, b
 5  c, d

y: 3" <<-'EOT'
	@x[c, d]: 5
	@x[a, b]: 12

	@y: 3
	EOT
}

# names PATTERN FILE: the maps that a pattern before them finds.
names()
{
	grep -oE "$1@[a-z0-9_]+" "$2" | sed 's/.*@//' | sort -u
}

# What is printed has a line before it that says what it is.
untitled()
{
	awk '/^\t*print\(@/ && last !~ /printf\(.*:\\n"\);$|print\(@|\{$/ { print }
	     { last = $0 }' "$1"
}

# What bpftrace has taken out, or will, and it has a way that is good for 0.17 as
# well: arguments of the stack, several maps in one delete(), sizes of exit codes,
# exit() in loops, signals and probes of its own that are experiments.
outdated()
{
	grep -nE '\bsarg[0-9]|delete\([^()]*\], *@|symbol_source|asyncwatchpoint|watchpoint:.*\+' "$1"
	awk '/while \(/ { on = 1 } on && /exit\(\)/ { print FILENAME ": " $0 }
	     /^\t}/ { on = 0 }' "$1"
}

test_scripts()
{
	local script name end=$tap_out.end

	for script in "$TOP"/scripts/bpf/*.bt; do
		name=$(basename "$script")
		sed -n '/^END$/,$p' "$script" >"$end"
		is "$name: no map is left at the end" \
			"$(names 'clear\(' "$end")" "$(names '' "$script")"
		is "$name: what is printed has a heading" "$(untitled "$script")" ""
		is "$name: nothing that bpftrace does not have any more" \
			"$(outdated "$script")" ""
	done
	rm -f "$end"
}

# What bpftrace 0.17 and 0.23 say, each in its words.
test_warnings()
{
	is "warnings, each once, and how often" "$(
		# shellcheck source=scripts/vm/jobs/bpftrace.sh
		. "$TOP/scripts/vm/jobs/bpftrace.sh"
		bpftrace_warnings <<-'SAID'
		Attaching 3 probes...
		stdin:7:5-20: WARNING: the while loop is deprecated
		WARNING: Map full; can't update element. [map_update_elem]
		Lost 12 events
		WARNING: Map full; can't update element. [map_update_elem]
		script.bt:9: ERROR: failed
		SAID
	)" "WARNING: Map full; can't update element. [map_update_elem] (2 times)
Lost 12 events
script.bt:9: ERROR: failed"
}

test_rows
test_warnings
test_most
test_stacks
test_histograms
test_others
test_scripts
tap_done
