#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Job of make trace: the module in, a script of bpftrace's run on a load.
# bpftrace starts the load itself, when all its probes are attached, and ends
# with it: so no event is missed.  /magslab/args holds the script's arguments,
# one a line; /magslab/load is the load.

# Room in a script's maps for all objects that live.
export BPFTRACE_MAP_KEYS_MAX=262144
insmod /magslab/magslab.ko || exit
set --
while IFS= read -r word; do
	set -- "$@" "$word"
done </magslab/args
bpftrace -c '/bin/busybox sh /magslab/load' /magslab/script.bt "$@" || {
	echo "this kernel, $(uname -r), cannot run the script: see above"
	exit 1
}
if [ "$(cat /out/load.status)" != 0 ]; then
	echo "the load failed:"
	cat /out/load.log
	exit 1
fi
rmmod magslab
