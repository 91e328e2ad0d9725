#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What make trace says of a script that this kernel cannot run: one line that
# names what is missing, and nothing of the script's; and the job fails.  That job
# inserts the module itself.
# shellcheck source=/dev/null
. /magslab/tap.sh

: >/magslab/args
echo 0 >/magslab/rounds
echo 'touch /tmp/began' >/magslab/load

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

rmmod magslab

refused "no such tracepoint" '.*tracepoint not found: kmem:no_such' \
	tracepoint:kmem:kmem_cache_free tracepoint:kmem:no_such
refused "no such function" ".*attaching probe: 'kprobe:no_such_function'" \
	kprobe:kfree kprobe:no_such_function
refused "nothing that a pattern matches" 'it has none of the probes' \
	'kprobe:no_such_function*'
insmod /magslab/magslab.ko
tap_done
