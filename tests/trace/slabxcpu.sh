#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# slabxcpu: so many frees here and there as the load makes.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# CPU 1 is of the last node.
if [ -d /sys/devices/system/node/node1 ]; then
	far="other node" unseen="other CPU"
else
	far="other CPU" unseen="other node"
fi

test_frees() { # SAME OTHER PARAMETER=VALUE...
	same=$1 other=$2
	shift 2
	known backend=kmem_cache "$@"
	traced slabxcpu known
	is "slabxcpu: on the same CPU" "$(sum frees 'known, same CPU')" "$same"
	is "slabxcpu: on an $far" "$(sum frees "known, $far")" "$other"
	is "slabxcpu: on an $unseen" "$(sum frees "known, $unseen")" 0
	is "slabxcpu: share" "$(sum other_cpu_percent known)" \
		$((100 * other / (same + other)))
}

test_frees 3000 0 allocs=3000
test_frees 3750 2250 allocs=2000 remote=750 turns=3 seed=7
tap_done
