#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# allocsper: so many units as the load has, and in each what is its own.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

# A process that is called `units` while it does PERL, with $_ from 1 to TIMES;
# before that it does the same with $_ from -WARM to -1.
units() { # TIMES WARM PERL [PARAMETER=VALUE...]
	times=$1 warm=$2 body=$3
	shift 3
	commands "units of work, $*" <<-LOAD
	insmod /magslab/unitload.ko $* &&
	perl -e 'open(UNIT, ">", "/proc/unitload") or die;
		for (-$warm..-1) { $body }
		\$0 = "units"; for (1..$times) { $body } \$0 = "perl"' &&
	cp /sys/module/unitload/parameters/received $WORK/received &&
	rmmod unitload
	LOAD
}

# A column of the table at the end.
unit() { # KIND COLUMN
	awk -v kind="$1" -v column="$2" '
		index($0, kind " ") == 1 {
			sub(kind, "")
			value = $column
		}
		END { print value + 0 }' "$WORK/out"
}

# Units of so many allocations, by the histogram's line that begins so.
spread() { # MAP FROM
	awk -v map="@$1:" -v from="[$2," '
		/^@/ { on = $1 == map }
		on && $1 == from { nr += $3 }
		END { print nr + 0 }' "$WORK/out"
}

# Beside the writes there is one call, that gives the process its name back.
test_calls() { # EACH FROM VERDICT PARAMETER=VALUE...
	each=$1 from=$2 verdict=$3
	shift 3
	units 1000 0 'syswrite(UNIT, "c");' "$@"
	traced allocsper units
	is "allocsper: system calls" "$(unit 'system call' 1)" 1001
	is "allocsper: their own allocations" \
		"$(unit 'system call' 2)" "$((1000 * each))"
	is "allocsper: $each in each of them" \
		"$(spread allocs_per_call "$from")" 1000
	ok "allocsper: $each is $verdict" \
		grep -q "^system call .*$verdict" "$WORK/out"
}

test_packets() { # EACH FROM VERDICT PARAMETER=VALUE...
	each=$1 from=$2 verdict=$3
	shift 3
	units 250 0 'syswrite(UNIT, "p");' packets=4 packet="$each" "$@"
	traced allocsper units
	is "allocsper: the load's packets" "$(cat "$WORK/received")" 1000
	is "allocsper: packets" "$(unit packet 1)" 1000
	is "allocsper: their allocations" \
		"$(unit packet 2)" "$((1000 * each))"
	is "allocsper: $each in each of them" \
		"$(spread allocs_per_packet "$from")" 1000
	ok "allocsper: $each is $verdict" grep -q "^packet .*$verdict" "$WORK/out"
}

# What is not there takes a dentry each, and its name memory if it is long; and
# what is, if opened, a file.
test_paths() {
	long=$(printf '%080d' 0)
	echo >/tmp/there
	units 1000 2000 "-e \"/tmp/none\$_\"; -e \"/tmp/$long\$_\";
		sysopen(FILE, \"/tmp/there\", 0); close(FILE);"
	traced allocsper units
	is "allocsper: path lookups" "$(unit 'path lookup' 1)" "$lookups"
	is "allocsper: and their allocations" "$(unit 'path lookup' 2)" 3000
	is "allocsper: opens" "$(unit open 1)" 1000
	is "allocsper: and their allocations" "$(unit open 2)" 1000
	# To open is four of them to perl, who asks what it has got.
	is "allocsper: system calls" "$(unit 'system call' 1)" 7001
}

# Who opens a FIFO that nobody writes to waits in open().
crowd() {
	commands "24 processes that open at once" <<-LOAD
	mkfifo $WORK/fifo
	for i in \$(seq 24); do
		head -c 1 $WORK/fifo &
	done
	until [ "\$(cat /proc/[0-9]*/wchan | grep -o partner | wc -l)" -ge 24 ]; do
		:
	done
	: >$WORK/fifo
	wait
	rm $WORK/fifo
	LOAD
}

test_crowd() {
	crowd
	traced allocsper
	missed allocsper "$(scalar unreturned)"
}

test_no_room() {
	crowd
	no_room allocsper 16
}

# Up to 6.1, to ask of a file that is open is to look an empty path up.
case $(uname -r) in
6.1.*) lookups=3000 ;;
*) lookups=2000 ;;
esac

test_calls 7 5 'under 10' singly=3 bulk=4 large=2 softirq=5 hardirq=6
test_calls 40 40 'over 30' singly=40
test_packets 12 10 'on the knee' hardirq=3
test_paths
test_crowd
test_no_room
tap_done
