#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# After everything else: the module holds nothing, and goes without a trace.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

ok "the module is idle after all tests" idle
ok "it can be removed" unload
ok "nothing is left of it" gone
tap_done
