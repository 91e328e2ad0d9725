#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What CPUs get whose node has no memory for slabs.
# shellcheck source=/dev/null
. /magslab/lib.sh

load || exit
status=0
sh /magslab/nodes.sh >/out/nodes.tap 2>&1 || status=$?
grep -E '^(not ok|Bail out!|# .* of them)' /out/nodes.tap
unload && gone || exit
exit $status
