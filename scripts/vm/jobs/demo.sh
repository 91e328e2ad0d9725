#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Job of make demo: the module in, both workloads compared, the module out.
# The JSON of each comparison stays in /out.  Where time is counted in
# instructions, a short run has as many samples as it needs.

TOTALS=/sys/kernel/debug/magslab/totals

case $MAGSLAB_MACHINE in
icount) duration=60ms warmup=20ms ;;
*) duration=300ms warmup=200ms ;;
esac
insert /magslab/magslab.ko || exit
for workload in skb dentry; do
	echo "$workload: four backends, five rounds of each, interleaved"
	magctl compare "$workload" \
		-b magazine,kmem_cache,kmalloc,noop \
		--rounds 5 -d "$duration" --warmup "$warmup" --json "/out/$workload.json" || exit
	echo
done
if [ ! -r "$TOTALS" ]; then
	echo "without debugfs it is not to be seen what the allocator holds after the last run"
elif ! awk '$2 != 0 { bad = 1 } END { exit bad || NR == 0 }' "$TOTALS"; then
	echo "the allocator still holds memory after the last run:"
	cat "$TOTALS"
	exit 1
fi
remove magslab
