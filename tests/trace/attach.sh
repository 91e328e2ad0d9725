#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each script that /magslab/tests names, one a line, is understood by bpftrace
# and finds all its probes in this kernel: one TAP file.
# shellcheck source=/dev/null
. /magslab/tap.sh

insmod /magslab/magslab.ko || exit
{
	while IFS= read -r name; do
		ok "$name.bt attaches" bpftrace -c "/bin/busybox true" \
			"/magslab/bpf/$name.bt"
	done </magslab/tests
	tap_done
} >/out/attach.tap 2>&1 </dev/null
rmmod magslab || exit
! grep '^not ok' /out/attach.tap
