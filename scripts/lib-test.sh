# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the commands that run tests share.  Sourced after lib.sh.

# What UM_CPUS is, scripts/kernel/config/um.config says.
UM_CPUS=8

# start_results DIR: an empty folder for results, in $RESULTS.
start_results()
{
	RESULTS=$1
	new_dir "$RESULTS"
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

# use_newest: what is tested where only a machine is named.
use_newest()
{
	[ -n "${KERNEL:-}${KERNEL_TREE:-}${KDIR:-}${KERNEL_IMAGE:-}" ] ||
		export KERNEL=$NEWEST_KERNEL
}

# numa_set: the set of tests on two nodes, unless all are on NODES= of them.
numa_set()
{
	[ -n "${NODES:-}" ] || [ "${CPUS:-2}" -lt 2 ] || echo numa
}

# um_words: what of the user's words for the machines User-Mode Linux cannot
# take, where it is one of several and was not asked for.
um_words()
{
	printf '%s\n' NODES=
	[ "${CPUS:-1}" -le "$UM_CPUS" ] || printf '%s\n' "CPUS=$UM_CPUS"
}

# split_arguments NAME [VARIABLE=VALUE...] [SET...]: as $ON_NAME and, the
# command to run, $ON_COMMAND.
split_arguments()
{
	ON_NAME=$1
	ON_COMMAND=(env)
	shift
	while [[ ${1:-} == *=* ]]; do
		ON_COMMAND+=("$1")
		shift
	done
	ON_COMMAND+=("$TOP/scripts/test-on" "$RESULTS/$ON_NAME" "$@")
}

# test_on NAME [VARIABLE=VALUE...] [SET...]: test-on into $RESULTS/NAME.  Tests
# that fail are no reason to end: sum_up tells them.
test_on()
{
	local status=0

	split_arguments "$@"
	"${ON_COMMAND[@]}" || status=$?
	[ "$status" -le 1 ] || exit "$status"
}

# start_test_on: the same beside what follows, up to await_test_on.  Each line
# of it begins with its name.  A group of its own, so that it ends as a whole.
start_test_on()
{
	split_arguments "$@"
	setsid "${ON_COMMAND[@]}" > >(sed -u "s/^/[$ON_NAME] /") 2>&1 &
	BESIDE=$!
	on_exit "kill -- -$BESIDE 2>/dev/null && wait $BESIDE"
}

await_test_on()
{
	local status=0

	say "waiting for what runs beside"
	wait "$BESIDE" || status=$?
	[ "$status" -le 1 ] || exit "$status"
}
