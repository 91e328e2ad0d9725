#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Job of make trace: the module in, if it is there, and a script of bpftrace's run
# on a load.  bpftrace starts the load itself, when all its probes are attached,
# and ends with it: so no event is missed.  /magslab/args holds the script's arguments,
# as words for a shell; /magslab/load is the load; /magslab/rounds says how often it is to
# be run without the script and with it, to compare, and 0 that it is not;
# /magslab/rows, how many rows a table has at most.
# shellcheck source=scripts/vm/jobs/bpftrace.sh
. /magslab/bpftrace.sh

check_load() {
	[ "$(cat /out/load.status 2>/dev/null)" != 0 ] || return 0
	echo "the load failed:"
	cat /out/load.log
	return 1
}

# Why bpftrace did not run a script.  Where a probe's name is a pattern that matches
# nothing, it tells nobody.
reason() {
	{
		grep -m 1 ERROR /out/bpftrace.log ||
			tail -n 1 /out/bpftrace.log | grep . ||
			echo "it has none of the probes"
	} | sed 's|^/tmp/||'
}

# Run bpftrace, and print what its script prints as tables, as it comes; the text
# itself stays in /out.  The pipe is open here as well, so that its reader ends
# also where bpftrace never opened it.
print_tables() { # COMMAND...
	rm -f /tmp/printed
	mkfifo /tmp/printed
	tee /out/script.out </tmp/printed |
		awk -v rows="$(cat /magslab/rows)" -f /magslab/tables.awk &
	tables=$!
	exec 3>/tmp/printed
	"$@" >/out/bpftrace.log 2>&1 3>&-
	ended=$?
	exec 3>&-
	wait "$tables"
	return "$ended"
}

# What is not the script's own output stays in /out, but for warnings.
run_script() { # [ARGUMENT...]
	rm -f /out/load.status
	all_rows /magslab/script.bt >/tmp/script.bt
	print_tables run_bpftrace /tmp/printed \
		-c '/bin/busybox sh /magslab/load' /tmp/script.bt "$@" || {
		echo "Linux $(uname -r) cannot run this script: $(reason)"
		return 1
	}
	bpftrace_warnings </out/bpftrace.log
	check_load
}

# magctl's figure for the load that has just been run; its report stays.
throughput() { # NAME
	mv /out/load.json "/out/$1.json"
	mv /out/load.log "/out/$1.log"
	jq '.magslab.backends[0].throughput | round' "/out/$1.json"
}

# The load by turns, so that what else this machine has to do meets both.
compare() { # ROUNDS [ARGUMENT...]
	rounds=$1
	shift
	for round in $(seq "$rounds"); do
		rm -f /out/load.status
		sh /magslab/load
		check_load || exit
		without=$(throughput "without-$round") || exit
		run_script "$@" >/out/script.log || {
			cat /out/script.log
			exit 1
		}
		with=$(throughput "with-$round") || exit
		echo "round $round: $without, $with with the script"
		echo "$without $with" >>/out/throughputs
	done
}

# A column's median on standard input.
median() {
	sort -n | awk '{ at[NR] = $1 } END {
		print (at[int((NR + 1) / 2)] + at[int(NR / 2) + 1]) / 2 }'
}

sum_up() {
	unit=$(jq -r .magslab.config.throughput_unit /out/with-1.json)
	without=$(cut -d ' ' -f 1 /out/throughputs | median)
	with=$(cut -d ' ' -f 2 /out/throughputs | median)
	awk -v unit="$unit" -v without="$without" -v with="$with" '
		{ ratio = $2 / $1 }
		NR == 1 || ratio < low { low = ratio }
		NR == 1 || ratio > high { high = ratio }
		END {
			printf "median %s: %.0f without, %.0f with, ", unit, without, with
			printf "ratio %.3f (rounds: %.3f to %.3f)\n",
			       with / without, low, high
		}' /out/throughputs
}

# Room in the script's maps for all objects that live, also of a large load.
bpftrace_room 262144
if [ -e /magslab/magslab.ko ]; then
	insert /magslab/magslab.ko || exit
fi
eval "set -- $(cat /magslab/args)"
read -r rounds </magslab/rounds
if [ "$rounds" = 0 ]; then
	run_script "$@" || exit
else
	compare "$rounds" "$@"
	sum_up
fi
[ ! -e /magslab/magslab.ko ] || remove magslab
