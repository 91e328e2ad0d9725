#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whether interrupts between CPUs arrive: no matter of the module's, but of the
# machine that it is measured in.
status=0
sh /magslab/ipi.sh >/out/ipi.tap 2>&1 || status=$?
grep -E '^(not ok|Bail out!|# wake-ups)' /out/ipi.tap
exit $status
