#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What make trace makes of what a script prints: tables; and what it says of a
# script that this kernel cannot run: one line that names what is missing, and
# nothing of the script's; and the job fails.  That job inserts the module itself.
# shellcheck source=/dev/null
. /magslab/tap.sh

: >/magslab/args
echo 0 >/magslab/rounds
echo 2 >/magslab/rows

refused() { # NAME PATTERN PROBE...
	name=$1 pattern=$2
	shift 2
	for probe; do
		echo "$probe { @ = count(); }"
	done >/magslab/script.bt
	status "$name: the job fails" 1 sh /magslab/trace-job
	keep /tmp/said
	is "$name: one line" "$(wc -l </tmp/said)" 1
	says "$name: why" "^Linux $(uname -r) cannot run this script: $pattern\$"
	ok "$name: the load never began" test ! -e /tmp/began
	rmmod magslab
}

# Maps of all kinds.  Of three rows there are two and the rest.
tabled() {
	cat >/magslab/script.bt <<-'SCRIPT'
	BEGIN
	{
		@calls["one", "read"] = sum(5);
		@calls["two words", "write"] = sum(700);
		@calls["three", "read"] = sum(3);
		@size["one"] = hist(5);
		@none = sum(0);
	}
	END
	{
		printf("to the end\n\ncalls [process, call]:\n");
		print(@calls, 20);
		printf("\nbytes [process, size]:\n");
		print(@size, 20);
		printf("\nlost:\n");
		print(@none);
		clear(@calls);
		clear(@size);
		clear(@none);
	}
	SCRIPT
	status "tables: the job succeeds" 0 sh /magslab/trace-job
	keep /tmp/said
	is "tables: the whole output" "$(cat /tmp/said)" "$(
		cat <<-'TABLES'
		to the end

		calls  process    call
		  700  two words  write
		    5  one        read
		    3  (1 other)

		bytes  process  size
		    1  one
		[4, 8)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

		lost: 0
		TABLES
	)"
	ok "tables: what was printed is kept" \
		grep -q '^@calls\[two words, write\]: 700$' /out/script.out
}

rmmod magslab

echo 'echo 0 >/out/load.status' >/magslab/load
tabled

echo 'touch /tmp/began' >/magslab/load
refused "no such tracepoint" '.*tracepoint not found: kmem:no_such' \
	tracepoint:kmem:kmem_cache_free tracepoint:kmem:no_such
refused "no such function" ".*attaching probe: 'kprobe:no_such_function'" \
	kprobe:kfree kprobe:no_such_function
refused "nothing that a pattern matches" 'it has none of the probes' \
	'kprobe:no_such_function*'
insmod /magslab/magslab.ko
tap_done
