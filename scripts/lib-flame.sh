# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# From samples of stacks to a picture and a table: the steps of make flame.
# Sourced after lib.sh.

STACKS=$TOP/scripts/stacks

# list_allocator DIR: the functions of magslab's allocator, of the module that was
# built in DIR; static ones as well.
list_allocator()
{
	nm "$1"/kmod/allocator/*.o | awk 'NF == 3 && $2 ~ /^[tT]$/ { print $3 }'
}

# fold SAMPLES SYMBOLS: folded stacks of what bpftrace printed.  Addresses and
# symbols, sorted together, tell which function an address is in; those of the
# kernel are all of the same length.
fold()
{
	{
		awk '{ print $1, "s", $2, $3 }' "$2"
		awk '/^\t/ { print $1, "~" }' "$1" | sort -u
	} | LC_ALL=C sort |
		awk '$2 == "s" { name = $3 (NF > 3 ? " " $4 : ""); next }
		     { print $1, name }' >"$SCRATCH/resolved"
	awk -v resolved="$(for_awk "$SCRATCH/resolved")" -f "$STACKS/fold.awk" "$1" |
		LC_ALL=C sort
}

# with_owners PROGRAM [ARGUMENT...]: one of stacks/ that asks whose a sample is.
with_owners()
{
	local program=$1

	shift
	awk -v slub="$STACKS/slub" -v mag="$(for_awk "$SCRATCH/allocator")" "$@" \
		-f "$STACKS/owner.awk" -f "$STACKS/$program.awk"
}
