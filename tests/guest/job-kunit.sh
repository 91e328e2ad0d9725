#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites, which run while the module is inserted.  Each leaves its
# KTAP, from the kernel's log, in /out/SUITE.tap; /out/kunit.tap says whether
# all those listed in /magslab/suites ran, and whether the module went again.
# The log and not debugfs, whose copy Linux 6.1 cuts off at 512 bytes a case.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

START="magslab-kunit: the module goes in"
END="magslab-kunit: the module is in"
RESULTS=/sys/kernel/debug/kunit

mark() { # WORDS
	echo "<5>$1" >/dev/kmsg
}

# Says of each suite how it ended, and of each case that failed, as they do.
follow() {
	awk -v start="$START" -v end="$END" '
		index($0, end) { exit }
		index($0, start) { on = 1 }
		{ sub(/^[^;]*;/, "") }
		on && /^((not )?ok .*magslab_|  *not ok )/' /dev/kmsg
}

# The log in between, without what the kernel puts before each line.
log() {
	dmesg -r | sed 's/^<[0-9]*>//; s/^\[ *[0-9.]*\] //; s/^\[ *[CT][0-9]*\] //' |
		sed "1,/$START/d; /$END/,\$d"
}

# A suite is what is indented after its name, up to its own result.
split_log() {
	awk '
		/^    # Subtest: magslab_/ {
			file = "/out/" $3 ".tap"
			print "KTAP version 1\n1..1\n    KTAP version 1" >file
		}
		/^(not )?ok [0-9]+ (- )?magslab_/ {
			name = $0
			sub(/^(not )?ok [0-9]+ (- )?/, "", name)
			sub(/ .*/, "", name)
			if (file == "")
				print "KTAP version 1\n1..1" >"/out/" name ".tap"
			print >"/out/" name ".tap"
			close("/out/" name ".tap")
			file = ""
		}
		file != "" { print >file }'
}

# The suites that the kernel was not told to leave out.
wanted() {
	glob=$(sed -n 's/.*kunit\.filter_glob=\([^. ]*\).*/\1/p' /proc/cmdline)
	while read -r suite; do
		# shellcheck disable=SC2254 # a pattern
		case $suite in
		${glob:-*}) echo "$suite" ;;
		esac
	done </magslab/suites
}

# What turns it off before, a splat of the kernel's own, makes all of them
# blind to locks.
lockdep_is_on() {
	[ ! -r /proc/lockdep_stats ] ||
		grep -q 'debug_locks: *1$' /proc/lockdep_stats
}

no_suite_left() {
	! ls -d $RESULTS/magslab_* 2>/dev/null
}

# A case that hangs is ended by KUnit, after 300 s; the task that inserts the
# module waits for it all that time, and that is no fault of its own.
patient() {
	limit=/proc/sys/kernel/hung_task_timeout_secs
	[ ! -w $limit ] || echo 600 >$limit
}

patient
mark "$START"
follow &
follower=$!
inserted=0
load || inserted=$?
mark "$END"
wait $follower
log | split_log

{
	is "the module goes in" "$inserted" 0
	ok "the filter leaves a suite" test -n "$(wanted)"
	for suite in $(wanted); do
		ok "$suite ran to its end" \
			grep -qE "^(not )?ok .*$suite" "/out/$suite.tap"
	done
	ok "lockdep is on, where the kernel has it" lockdep_is_on
	ok "the module can be removed" unload
	ok "nothing is left of it" gone
	ok "nothing is left of its suites" no_suite_left
	tap_done
} >/out/kunit.tap
grep '^not ok' /out/kunit.tap
! grep -q '^ *not ok' /out/*.tap
