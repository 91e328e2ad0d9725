#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Everything that is tested from user space, in the virtual machine: a TAP file
# an area in /out.  Fails if one of them does.
# shellcheck source=/dev/null
. /magslab/lib.sh

# Of each area, seconds: one that hangs is not to take the others with it.
PATIENCE=$((200 * $(cat /magslab/slowness)))
failed=0

# What an area that had no more time left running, magctl with a run of its own
# among it, would hold the device against the next one.
end_group() { # LEADER
	for _ in $(seq 100); do
		kill -s KILL -- "-$1" 2>/dev/null || return
		sleep 0.1
	done
}

# Runs a test program into its TAP file.  Its plan, or the want of one, is
# judged on the host; here only whether it ended well.
area() { # NAME COMMAND...
	area=$1
	shift
	start=$(cut -d ' ' -f 1 /proc/uptime)
	echo "$area ..."
	status=0
	# In the background it leads no group yet, so that setsid makes it one.
	setsid timeout -s KILL $PATIENCE "$@" >"/out/$area.tap" 2>&1 \
		</dev/null &
	wait $! || status=$?
	end_group $!
	end=$(cut -d ' ' -f 1 /proc/uptime)
	grep -E '^(not ok|Bail out!)' "/out/$area.tap"
	echo "$area: exit $status after" \
		"$(awk -v a="$start" -v b="$end" 'BEGIN { print b - a }') s"
	[ "$status" -eq 0 ] || failed=1
}

# In the order in which a fault of one would make another hard to read.
area cli_no_module sh /magslab/magctl_cli.sh no-module
area modules sh /magslab/modules.sh
load || exit
area abi_refuse abi_refuse
area abi_state abi_state
area abi_share abi_share
area workloads workloads
area debugfs sh /magslab/debugfs.sh
area knobs sh /magslab/knobs.sh
area killed killed
area kill sh /magslab/kill.sh
area cpus sh /magslab/cpus.sh
area cli sh /magslab/magctl_cli.sh
area state sh /magslab/state.sh
area idle sh /magslab/idle.sh
# Last, for it ends with a kernel that takes no module.
area insert sh /magslab/insert.sh
exit $failed
