#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# magdepot: the exchanges that the nodes counted, and no contention that they
# did not.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# The sum of a column of the cache's nodes.
node_sum() { # COLUMN
	awk -v name="$1" '
		/^#/ {
			for (i = 2; i <= NF; i++)
				if ($i == name)
					column = i - 1
			next
		}
		{ sum += $column }
		END { print sum + 0 }' "$WORK/nodes"
}

test_exchanges() { # PARAMETER=VALUE...
	known backend=magazine "$@"
	traced magdepot known
	is "magdepot: magazines handed out" \
		"$(sum moved 'known, (full|empty), .*')" "$(node_sum exchanges)"
	is "magdepot: exchanges by stack are all that there are" \
		"$(stack_sum exchanges known)" "$(sum moved)"
	is "magdepot: contended" \
		"$(stack_sum contended known)" "$(stat_of depot_contended)"
	ok "magdepot: and there were some" test "$(sum moved)" -gt 0
}

# A line for one stack of those that exchange.
test_no_room() {
	known backend=magazine allocs=10000 remote=5000 turns=3
	no_room magdepot 1 known
	is "magdepot: by stack and by magazines the same were counted" \
		"$(stack_sum exchanges known)" "$(sum moved)"
}

test_exchanges allocs=10000
test_exchanges allocs=10000 remote=5000 turns=3
test_no_room
tap_done
