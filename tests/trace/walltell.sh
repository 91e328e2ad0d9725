#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# walltell: calls to the last one, and time that a load took and timed itself.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

PARAMETERS=/sys/module/wallload/parameters

# The module wallload, on SLUB and then on magslab; what it found of its times
# is kept in $WORK/found.
wall() { # PARAMETER=VALUE...
	: >"$WORK/found"
	commands "wallload $*" <<-LOAD
	cat /proc/uptime >$WORK/uptime.before
	sed -n /^allocstall/p /proc/vmstat >$WORK/stalls.before
	for magazine in 0 1; do
		insmod /magslab/wallload.ko magazine=\$magazine $* || exit
		(cd $PARAMETERS && grep . *_ns) >>$WORK/found
		rmmod wallload
	done
	sed -n /^allocstall/p /proc/vmstat >$WORK/stalls.after
	cat /proc/uptime >$WORK/uptime.after
	LOAD
}

found_us() { # PARAMETER...
	for name; do
		sed -n "s/^${name}_ns://p" "$WORK/found"
	done | awk '{ ns += $1 } END { printf "%d\n", ns / 1000 }'
}

# A figure of the table.
row() { # ROW COLUMN
	awk -v row="$1" -v column="$2" 'index($0, row " ") == 1 {
			sub(row, "")
			print $column
		}' "$WORK/out"
}

# Of all the time that is told, that so many us are, in percent.
share() { # US...
	awk -v us="$(($1 + $2))" '
		/^(in the allocator|on its locks|in direct reclaim) / {
			all += $(NF - 2) + $(NF - 1)
		}
		/^elsewhere / { all += $(NF - 1) }
		END { printf "%.1f\n", int(1000 * us / all) / 10 }' "$WORK/out"
}

# A figure of the line on calls: 1 is those, 3 waits, 5 reclaims, 12 in a call.
told() { # COLUMN
	awk -v column="$1" '/^[0-9]+ calls, / { print $column + 0 }' "$WORK/out"
}

verdict() { # WORDS
	is "walltell: the verdict" \
		"$(sed -n 's/^verdict: //p' "$WORK/out")" "$1"
}

# Less than the load found by what interrupts took of it.
between() { # NAME VALUE LEAST MOST
	ok "$1: $2 us, of $3 to $4" test "$2" -ge "$3" -a "$2" -le "$4"
}

# From the start of the load to its end, and some seconds: on all CPUs, in us.
at_most() {
	cat "$WORK/uptime.before" "$WORK/uptime.after" |
		awk -v cpus="$(nproc)" '{ took = $1 - took }
			END { printf "%d\n", (took + 5) * cpus * 1000000 }'
}

test_calls() {
	wall pairs=20000
	traced walltell wallload
	is "walltell: calls" "$(told 1)" 80000
	is "walltell: no reclaim" "$(told 5)" 0
}

# Each kind of time of another length, so that none passes for another.
test_times() {
	wall work_us=150000 move_us=60000 irq_us=220000 lock_us=90000 \
		sleep_us=500000 spin_us=400000
	traced walltell wallload
	verdict "allocator wall"
	is "walltell: calls, a pair for each kind" "$(told 1)" 20
	us=$(found_us worked moved)
	between "walltell: work, here and there, and no interrupt" \
		"$(row 'in the allocator' 1)" $((us * 9 / 10)) $((us * 11 / 10))
	us=$(found_us slept)
	between "walltell: sleep, and the wait for another CPU" \
		"$(row 'in the allocator' 2)" $((us * 9 / 10)) $((us * 13 / 10))
	us=$(found_us waited)
	between "walltell: the wait for a lock" \
		"$(row 'on its locks' 1)" $((us * 9 / 10)) "$us"
	us=$(found_us spun)
	between "walltell: elsewhere, and no interrupt" "$(row elsewhere 1)" \
		$((us * 9 / 10)) $((us * 12 / 10))
	for row in 'in the allocator' 'on its locks' 'in direct reclaim'; do
		is "walltell: share, $row" "$(row "$row" 3)" \
			"$(share "$(row "$row" 1)" "$(row "$row" 2)")"
	done
	is "walltell: not asleep" "$(row 'on its locks' 2)" 0
	is "walltell: it was one" "$(told 3)" 2
}

test_lock() {
	wall lock_us=300000
	traced walltell wallload
	is "walltell: one wait each" "$(told 3)" 2
	verdict contention
}

test_nobody() {
	wall pairs=100
	traced walltell nobody
	is "walltell: calls of a name that nobody has" "$(told 1)" 0
	is "walltell: no verdict on them" "$(grep -c '^verdict' "$WORK/out")" 0
	is "walltell: but why" "$(grep -c '^no verdict: ' "$WORK/out")" 1
}

# Each that is missed is found by the next call of its thread.
test_crowd() {
	commands "24 threads at once" <<-LOAD
	insmod /magslab/crowd.ko threads=24
	rmmod crowd
	LOAD
	traced walltell crowd
	missed walltell "$(sed -n 's/^calls that were not seen to return: //p' \
		"$WORK/out")"
}

# Without a name: all that reclaims, as the kernel counts it.
stalls() {
	cat "$WORK/stalls.before" "$WORK/stalls.after" | awk '
		{ nr[$1] = $2 - nr[$1] }
		END { for (zone in nr) sum += nr[zone]; print sum + 0 }'
}

test_reclaim() {
	wall reclaims=3 shrink_us=100000 rest_us=2000000
	traced walltell
	between "walltell: elsewhere" "$(row elsewhere 1)" 1 "$(at_most)"
	if [ -s "$WORK/stalls.after" ]; then
		is "walltell: reclaims" "$(told 5)" "$(stalls)"
	else
		skip "walltell: reclaims" "needs CONFIG_VM_EVENT_COUNTERS"
	fi
	ok "walltell: in a call, at least those that fell short" \
		test "$(told 12)" -ge 6
	between "walltell: on a CPU in reclaim" "$(row 'in direct reclaim' 1)" \
		$(($(found_us shrunk) * 9 / 10)) 100000000
	between "walltell: asleep in reclaim" "$(row 'in direct reclaim' 2)" \
		$(($(found_us rested) * 9 / 10)) 100000000
	verdict "memory pressure"
}

# A cgroup that is too small for what is read in it.
test_cgroup() {
	commands "reading in a cgroup that is too small" <<-LOAD
	mkdir -p /tmp/cgroup && mount -t cgroup2 none /tmp/cgroup &&
	echo +memory >/tmp/cgroup/cgroup.subtree_control &&
	mkdir /tmp/cgroup/small && echo 4M >/tmp/cgroup/small/memory.max &&
	echo 1 >/proc/sys/vm/drop_caches &&
	sh -c 'echo \$\$ >/tmp/cgroup/small/cgroup.procs &&
		exec cat /usr/bin/qemu-system-x86_64' >/dev/null &&
	cat /tmp/cgroup/small/memory.events >$WORK/events
	LOAD
	traced walltell
	# A charge that is made though there is no room counts there as well.
	max=$(awk '$1 == "max" { print $2 }' "$WORK/events")
	ok "walltell: reclaims of a cgroup: $(told 5) of $max" \
		test "$(told 5)" -ge $((max * 95 / 100)) -a \
		"$(told 5)" -le "$max"
	ok "walltell: and there were some" test "$max" -gt 0
	umount /tmp/cgroup
}

# To 6.1 patterns of probes that match functions of modules are an error.
case $(uname -r) in
6.1.*)
	skip "walltell: wallload" "it needs magslab"
	rmmod magslab
	test_cgroup
	insmod /magslab/magslab.ko
	;;
*)
	test_calls
	test_times
	test_lock
	test_nobody
	test_crowd
	test_reclaim
	test_cgroup
	;;
esac
tap_done
