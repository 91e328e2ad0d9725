#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each script that /magslab/tests names, one a line, is understood by bpftrace
# and finds all its probes in this kernel, and so does each of
# /magslab/tests-alone without the module: one TAP file.  A bpftrace on each CPU at
# a time, for most of its time is its start.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=scripts/vm/jobs/bpftrace.sh
. /magslab/bpftrace.sh

# What bpftrace says of a script, and then its status.
cat >/tmp/attach-one <<'EOT'
bpftrace -c '/bin/busybox true' "/magslab/bpf/$1.bt" \
	>"/tmp/attach.$1" 2>&1 </dev/null
echo $? >"/tmp/attach.$1.status"
EOT

attach_all() { # LIST
	xargs -r -n 1 -P "$(nproc)" sh /tmp/attach-one <"$1"
}

results() {
	while IFS= read -r name; do
		is "$name.bt attaches" "$(cat "/tmp/attach.$name.status")" 0 ||
			sed 's/^/# /' "/tmp/attach.$name"
	done
}

insert /magslab/magslab.ko || exit
attach_all /magslab/tests
remove magslab || exit
attach_all /magslab/tests-alone
cat /magslab/tests /magslab/tests-alone >/tmp/all
{
	results </tmp/all
	tap_done
} >/out/attach.tap 2>&1 </dev/null
! grep '^not ok' /out/attach.tap
