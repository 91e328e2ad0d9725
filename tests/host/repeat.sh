#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# repeat.sh FILE FILE: two results of magctl compare, of the same run booted
# twice, hold the same figures, each within 0.5 %.  TAP on standard output.
# shellcheck disable=SC2016 # what looks like variables are jq's
set -euo pipefail

. "$(dirname "$0")/../../scripts/lib.sh"
PERCENT=0.5

if [ $# -ne 2 ]; then
	echo "usage: repeat.sh FILE FILE" >&2
	exit 2
fi
command -v jq >/dev/null || {
	echo "repeat.sh: jq is missing: apt-get install jq" >&2
	exit 2
}

# name, figure of the first, of the second, one a line; - where there is none.
figures()
{
	jq -r -n --slurpfile a "$1" --slurpfile b "$2" '
		def figures: [.magslab |
			(.backends[] | .name as $b | .ops[] |
			 .name as $op | .per_operation |
			 ("mean", "p50") as $f |
			 {key: "\($b) \($op) \($f)", value: .[$f]}),
			(.net_of_noop[] |
			 ("mean", "p50") as $f |
			 {key: "\(.backend) \(.op) \($f), net of noop",
			  value: .[$f]})] | from_entries;
		($a[0] | figures) as $x | ($b[0] | figures) as $y |
		$x + $y | keys[] |
		[., $x[.] // "-", $y[.] // "-"] | @tsv'
}

figures "$1" "$2" | awk -F '\t' -v percent="$PERCENT" '
	{
		number = $2 ~ /^[0-9]/ && $3 ~ /^[0-9]/ && $2 > 0
		off = number ? ($3 - $2) / $2 * 100 : 0
		same = number && off <= percent && -off <= percent
		failed += !same
		printf "%s %d - %s repeats within %s %%\n",
			same ? "ok" : "not ok", NR, $1, percent
		printf "# %s, then %s: %+.4f %%\n", $2, $3, off
	}
	END {
		print "1.." NR
		exit failed || !NR
	}'
