# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the commands that run tests share.  Sourced after lib.sh.

# start_results DIR: an empty folder for results, in $RESULTS.
start_results()
{
	RESULTS=$1
	rm -rf "$RESULTS"
	mkdir -p "$RESULTS"
}

# sum_up: every TAP file of $RESULTS, failed tests first; the last line says
# N passed, N failed[, N skipped].  Fails if one did.
sum_up()
{
	local -a files

	mapfile -d '' files < <(find "$RESULTS" -name '*.tap' -print0 | sort -z)
	"$TOP/scripts/tap-sum" "${files[@]}" | tee "$RESULTS/summary"
}

# named_by_user: the user has named a kernel or a machine.
named_by_user()
{
	[ -n "${KERNEL:-}${KERNEL_TREE:-}${KDIR:-}${KERNEL_IMAGE:-}" ] ||
		[ -n "${MACHINE:-}${VARIANT:-}${ARCH:-}" ]
}

# test_on NAME [VARIABLE=VALUE...] [SET...]: test-on into $RESULTS/NAME.  Tests
# that fail are no reason to end: sum_up tells them.
test_on()
{
	local dir=$RESULTS/$1 status=0
	local -a variables=()

	shift
	while [[ ${1:-} == *=* ]]; do
		variables+=("$1")
		shift
	done
	env "${variables[@]}" "$TOP/scripts/test-on" "$dir" "$@" || status=$?
	[ "$status" -le 1 ] || exit "$status"
}
