#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What magctl says of a kernel that was booted to spoil its figures.
# shellcheck source=/dev/null
. /magslab/lib.sh

load || exit
status=0
sh /magslab/state.sh >/out/state.tap 2>&1 || status=$?
grep -E '^(not ok|Bail out!|#   WARNING)' /out/state.tap
unload && gone || exit
exit $status
