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

# nodes_set: the set of tests on nodes without memory for slabs, likewise.
nodes_set()
{
	[ -z "$(numa_set)" ] || echo nodes
}

# ipi_set: the set of tests of interrupts between CPUs, unless there is one alone.
ipi_set()
{
	[ "${CPUS:-2}" -lt 2 ] || echo ipi
}

# um_words: what of the user's words for the machines User-Mode Linux cannot
# take, where it is one of several and was not asked for.
um_words()
{
	printf '%s\n' NODES=
	[ "${CPUS:-1}" -le "$UM_CPUS" ] || printf '%s\n' "CPUS=$UM_CPUS"
}

# test_on NAME [VARIABLE=VALUE...] [SET...]: test-on into $RESULTS/NAME.  Tests
# that fail are no reason to end: sum_up tells them.
test_on()
{
	local name=$1 status=0
	local -a variables=()

	shift
	while [[ ${1:-} == *=* ]]; do
		variables+=("$1")
		shift
	done
	env "${variables[@]}" "$TOP/scripts/test-on" "$RESULTS/$name" "$@" ||
		status=$?
	[ "$status" -le 1 ] || exit "$status"
}

# Tasks that run side by side: by process, the name and when it began.
declare -A TASK=() BEGUN=()

# start_task NAME: "$0 --task NAME", in a group of its own, so that it ends as a
# whole.  Each line of it begins with its name.
start_task()
{
	say "$1: begun"
	RESULTS=$RESULTS setsid "$0" --task "$1" \
		> >(sed -u "s/^/[$1] /" >&2) 2>&1 &
	TASK[$!]=$1
	BEGUN[$!]=$SECONDS
}

end_tasks()
{
	local pid

	for pid in "${!TASK[@]}"; do
		{ kill -- "-$pid" && wait "$pid"; } 2>/dev/null || :
	done
}

# Until one has ended.  Tests that fail are no reason to end: sum_up tells them.
await_task()
{
	local pid status=0

	wait -n -p pid "${!TASK[@]}" || status=$?
	[ "$status" -le 1 ] || exit "$status"
	say "${TASK[$pid]}: ended after $((SECONDS - BEGUN[$pid])) s"
	unset "TASK[$pid]" "BEGUN[$pid]"
}

# run_tasks NAME...: all of them, the first ones first, one more at a time than there are
# CPUs: each of them waits now and then, for a grace period or for its own workers.
run_tasks()
{
	local name slots

	slots=$(($(cpu_count) + 1))
	on_exit end_tasks
	for name; do
		[ ${#TASK[@]} -lt "$slots" ] || await_task
		start_task "$name"
	done
	while [ ${#TASK[@]} -gt 0 ]; do
		await_task
	done
}
