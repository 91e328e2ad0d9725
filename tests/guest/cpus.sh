#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The CPUs of the workers: those that magctl may run on, those that it is told, and
# one that goes offline meanwhile.  The module is in.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

scratch=/tmp/cpus.$$
mkdir -p "$scratch"
short="-n 1000 --warmup 0"

# The CPUs of the workers by a result.
cpus_of() { # FILE
	jsonget "$1" magslab config places 0 cpu
}

# shellcheck disable=SC2086 # words
test_affinity() {
	ok "magctl that may run on CPU 1 alone runs" taskset 2 \
		magctl run pair -b magazine $short --json "$scratch/mask.json"
	says "and says on which CPU" "1 worker on CPU 1,"
	is "and its worker is on CPU 1" "$(cpus_of "$scratch/mask.json")" 1
	ok "--cpus 0 runs elsewhere all the same" taskset 2 \
		magctl run pair -b magazine $short --cpus 0 \
		--json "$scratch/list.json"
	is "and its worker is on CPU 0" "$(cpus_of "$scratch/list.json")" 0
	ok "magctl machine that may use CPU 1 alone measures" taskset 2 \
		magctl machine
	says "and no other" "measured   on 1 CPU,"
	ok "magctl machine --cpus 0-1 measures all the same" taskset 2 \
		magctl machine --cpus 0-1
	says "and both" "measured   on 2 CPUs,"
}

online() { # 0|1
	echo "$1" >/sys/devices/system/cpu/cpu1/online
}

# The line of progress that has a text, as it comes.
await_line() { # TEXT
	while IFS= read -r line; do
		case $line in *"$1"*) return 0 ;; esac
	done
	return 1
}

# A comparison that CPU 1 leaves in its fourth round.
lose_cpu() {
	mkfifo "$scratch/progress"
	magctl compare dentry -b magazine,kmem_cache,noop -w 2 -n 20000 \
		--warmup 0 --rounds 1000 --progress \
		--json "$scratch/lost.json" \
		>"$scratch/report" 2>"$scratch/progress" &
	lost_pid=$!
	{
		await_line "round 4/1000"
		online 0
		cat >"$scratch/errors"
	} <"$scratch/progress"
	wait "$lost_pid"
}

test_offline() {
	lost_status=0
	lose_cpu >/dev/null 2>&1 || lost_status=$?
	is "a CPU that goes ends a comparison with 1" "$lost_status" 1
	ok "it says which CPU went" \
		grep -q "CPU 1 went offline" "$scratch/errors"
	ok "it still reports" grep -q 'p99\.9' "$scratch/report"
	ok "it still writes JSON" test -s "$scratch/lost.json"
	is "the rounds before are whole" \
		"$(jsonget "$scratch/lost.json" \
			magslab backends 0 rounds 0 status)" whole
	status "a CPU that is offline is refused by its number" 2 \
		magctl run pair -b magazine -n 1000 --cpus 0-1
	says "and it says which" "CPU 1 is not online"
	ok "the CPU comes back" online 1
	ok "no thread and no memory is left" idle
	ok "another run works" run_works
}

if [ "$(nproc)" -lt 2 ]; then
	skip "workers on CPUs of one's choice" "there is one CPU alone"
else
	test_affinity
	if [ -w /sys/devices/system/cpu/cpu1/online ]; then
		test_offline
	else
		skip "a CPU that goes offline" "CPU 1 cannot"
	fi
fi
mkdir -p /out/json
cp "$scratch/mask.json" /out/json/cpus.json 2>/dev/null
rm -rf "$scratch"
tap_done
