#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tests that count instructions.  One TAP file, named for what the kernel
# was booted with, so that the results of two boots can lie side by side.
# shellcheck source=/dev/null
. /magslab/lib.sh

if grep -qw init_on_alloc=0 /proc/cmdline; then
	tap=/out/icount-ioa0.tap
else
	tap=/out/icount-ioa1.tap
fi

load || exit
status=0
sh /magslab/icount.sh >"$tap" 2>&1 || status=$?
grep -E '^(not ok|Bail out!|# .*(net|to kmem_cache))' "$tap"
unload && gone || exit
exit $status
