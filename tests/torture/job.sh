#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The torture, in the virtual machine.
status=0
sh /magslab/torture.sh 3>&1 >/out/torture.tap 2>&1 || status=$?
grep -E '^(not ok|Bail out!)' /out/torture.tap
exit $status
