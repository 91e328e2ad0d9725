#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# magctl killed and interrupted: its run ends with it, and what it was asked to
# report it reports.  The module is in.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

SIGHUP=1
SIGINT=2
SIGKILL=9
SIGTERM=15

scratch=/tmp/kill.$$
mkdir -p "$scratch"

after() { # NAME
	ok "$1: no thread and no memory is left" idle
	ok "$1: another run works" run_works
}

n=0
for us in $(random 6502 12 30000); do
	case $((n % 3)) in
	0) run="run skb -b magazine" ;;
	1) run="run dentry -b kmem_cache" ;;
	2) run="compare pair -b magazine,kmem_cache" ;;
	esac
	name="magctl $run killed $us us into its run"
	# shellcheck disable=SC2086 # words
	status "$name" $((128 + SIGKILL)) client signal $SIGKILL "$us" \
		magctl $run -w "$(workers)" -d 60s
	after "kill $n"
	n=$((n + 1))
done

for us in 0 100000; do
	status "SIGINT $us us into a run exits with 130" 130 \
		client signal $SIGINT "$us" \
		magctl run skb -b magazine -w "$(workers)" -d 60s --warmup 0 \
		--json "$scratch/interrupted-$us.json"
	says "SIGINT $us us into a run still reports" 'p99\.9'
	ok "SIGINT $us us into a run still writes JSON" \
		test -s "$scratch/interrupted-$us.json"
	after "SIGINT $us us into a run"
done

status "SIGINT in warm-up exits with 130" 130 client signal $SIGINT 0 \
	magctl run pair -b magazine -w 1 -d 60s --warmup 60s
after "SIGINT in warm-up"

status "SIGINT into a comparison exits with 130" 130 \
	client signal $SIGINT 100000 \
	magctl compare pair -b magazine,kmem_cache,noop -w 1 -d 60s
after "SIGINT into a comparison"

ends() { # NAME NUMBER
	status "$1 exits with 130" 130 client signal "$2" 100000 \
		magctl run pair -b magazine -w 1 -d 60s --warmup 0 \
		--json "$scratch/interrupted-$1.json"
	says "$1 still reports" 'p99\.9'
	ok "$1 still writes JSON" test -s "$scratch/interrupted-$1.json"
	after "$1"
}

ends SIGTERM $SIGTERM
ends SIGHUP $SIGHUP

mkdir -p /out/json
cp "$scratch"/*.json /out/json/ 2>/dev/null
rm -rf "$scratch"
tap_done
