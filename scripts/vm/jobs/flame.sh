#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Job of make flame: the module in, and stacks sampled while a load runs.  What
# bpftrace printed and the names of all functions, the module's as well, stay
# in /out.  Every stack is a key of a map, which needs room for all.  Of one that
# the kernel's own table has no room for, bpftrace says that it is an error; there
# are a few.
# shellcheck source=scripts/vm/jobs/bpftrace.sh
. /magslab/bpftrace.sh

insert /magslab/magslab.ko || exit
bpftrace_room 262144
bpftrace -c '/bin/busybox sh /magslab/load' \
	/magslab/sample.bt >/out/samples 2>/out/bpftrace.log || {
	echo "Linux $(uname -r) cannot be sampled:"
	cat /out/bpftrace.log
	exit 1
}
awk '$2 ~ /^[tTwW]$/ { print $1, $3, $4 }' /proc/kallsyms >/out/symbols
if [ "$(cat /out/load.status)" != 0 ]; then
	echo "the load failed:"
	cat /out/load.log
	exit 1
fi
remove magslab
