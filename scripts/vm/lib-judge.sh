# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a run in a machine comes to: takes the result apart, reads the kernel's
# log and state, and ends the script with the status that vm/run documents.
#
# The log is judged from the start of the job on, by the expressions in
# vm/complaints.  Two kinds of complaint are no fault of the module:
# - leaks from the cache kunit_leak, and bugs with and leaks from the cache
#   kunit_bug, which KUnit suites provoke and count;
# - a data race reported by KCSAN with no function of the module in either
#   stack, for the kernel has races of its own: races-of-the-kernel.log.

# Complaints that a machine makes which gets too little of its host.
STARVED='soft lockup|detected stall|blocked for more|hrtimer: interrupt took|clocksource'

# throttled: ticks for which a container's quota held its work back, the most of
# all control groups that this process is in.
throttled()
{
	{ limits cpu.stat; limits cpu/cpu.stat; } | awk '
		$1 == "throttled_usec" { ticks = $2 / 1e4 }
		$1 == "throttled_time" { ticks = $2 / 1e7 }
		ticks > most { most = ticks }
		END { printf "%d\n", most }'
}

# host_times: ticks, a hundred a second, that this host's CPUs were busy, idle and
# stolen, and that what this script waited for had of them; for which a quota held
# work back; and since the host's start.
host_times()
{
	local own up

	own=$(cut -d ')' -f 2- /proc/$$/stat)
	up=$(cut -d ' ' -f 1 /proc/uptime)
	awk -v own="$own" -v up="$up" -v held="$(throttled)" '/^cpu / {
		split(own, mine, " ")
		print $2 + $3 + $4 + $7 + $8, $5 + $6, $9 + 0,
		      mine[14] + mine[15], held, int(up * 100)
	}' /proc/stat
}

# Take the result apart.  Fails if it is not whole to the last byte.
unpack_result()
{
	local magic bytes sum body=$SCRATCH/body

	[ -s "$SCRATCH/result" ] || return 1
	IFS=' ' read -r magic JOB_STATUS bytes sum < <(
		head -c 200 "$SCRATCH/result" | head -n 1 | tr -d '\0') || return 1
	[ "$magic" = MAGSLAB-RESULT ] && is_number "$bytes" || return 1
	tail -n +2 "$SCRATCH/result" >"$body"
	[ "$(stat -c %s "$body")" = "$bytes" ] || return 1
	[ "$(sha256sum <"$body")" = "$sum  -" ] || return 1
	# Called where a failing command ends nothing: each is asked.
	tar -xzf "$body" -C "$DIR" --no-same-owner --no-same-permissions &&
		rm -rf "$SCRATCH/vm" &&
		mv "$DIR/.vm" "$SCRATCH/vm" &&
		mv "$SCRATCH/vm/dmesg" "$DIR/dmesg.log"
}

# without_races: the log on stdin without the reports of data races that name no
# function of the module; those go to $SCRATCH/races.  A report is what stands
# between two lines of "=" with the head of KCSAN's after the first; one into
# which another CPU wrote a complaint of its own stays.
without_races()
{
	awk -v races="$(for_awk "$SCRATCH/races")" \
		-v complaint="$(paste -sd '|' "$SCRATCH/complaints")" '
		function other_complaint(	lines, n, i) {
			n = split(held, lines, "\n")
			for (i = 3; i <= n; i++)
				if (lines[i] ~ complaint)
					return 1
			return 0
		}
		function release() {
			printf "%s", held
			held = ""
		}
		function close_report() {
			if (held !~ /\[magslab\]/ && !other_complaint()) {
				print held >>races
				held = ""
			}
			release()
		}
		/==========$/ && in_report {
			held = held $0 "\n"
			close_report()
			in_report = 0
			next
		}
		/==========$/ { release(); held = $0 "\n"; next }
		held != "" && !in_report {
			if (/BUG: KCSAN: /)
				in_report = 1
			else
				release()
		}
		in_report { held = held $0 "\n"; next }
		{ print }
		END { release() }'
}

# matching EXPRESSION...: the lines on stdin that match, each with those after,
# for that is where its stack trace is.
matching()
{
	grep -aE -A 50 "$@" | awk 'NR <= 200' || :
}

# complaints_in: of the kernel log on stdin.
complaints_in()
{
	tr -d '\0' | sed -E '/magslab: (cache kunit_leak|(BUG in )?cache kunit_bug): /d' |
		without_races | matching -f "$SCRATCH/complaints"
}

# since_job LOG: the log from the start of the job on.
since_job()
{
	local start

	# A log that has lost its beginning is judged as a whole.
	start=$(grep -a -n -m 1 'magslab-vm: the job starts' "$1" |
		cut -d: -f1) || :
	tail -n "+${start:-1}" "$1"
}

# All there is when the machine ended without a result.  What a kernel says
# while it boots is no fault of the job, unless it dies of it.
console_complaints()
{
	if grep -qa 'magslab-vm: the job starts' "$DIR/console.log"; then
		since_job "$DIR/console.log" | complaints_in
	else
		matching 'Kernel panic|Oops|BUG: ' <"$DIR/console.log"
	fi
}

# What the kernel said after its log was read, until the machine ended.
late_complaints()
{
	sed '1,/magslab-vm: the log is read/d' "$DIR/console.log" |
		complaints_in
}

# field FILE NAME: a value that init noted, or nothing.
field()
{
	awk -v name="$2" '$1 == name { print $2 }' "$SCRATCH/vm/$1"
}

# What changed in the kernel's state while the job ran.
state_complaints()
{
	# Proprietary, out of tree, unsigned and a test are what a module is.
	local harmless=$((1 << 0 | 1 << 12 | 1 << 13 | 1 << 18)) new

	new=$(($(field after taint) & ~$(field before taint) & ~harmless))
	[ "$new" -eq 0 ] ||
		echo "the kernel is tainted by bits $new that were not set before"
	[ "$(field before lockdep)" != 1 ] || [ "$(field after lockdep)" = 1 ] ||
		echo "lockdep switched itself off"
	[ "$(field before lockdep)" != 0 ] ||
		echo "lockdep was off before the job: of locks, this run proves nothing"
	[ ! -s "$SCRATCH/vm/kmemleak" ] || cat "$SCRATCH/vm/kmemleak"
}

find_complaints()
{
	sed '/^#/d' "$TOP/scripts/vm/complaints" >"$SCRATCH/complaints"
	if "$COMPLETE"; then
		since_job "$DIR/dmesg.log" | complaints_in
		state_complaints
		late_complaints
	else
		console_complaints
	fi
}

show_complaints()
{
	echo "$PROG: the kernel complained:" >&2
	sed 's/^/  | /' "$DIR/complaints.log" >&2
}

show_console_end()
{
	echo "$PROG: the console's last lines:" >&2
	tail -n 20 "$DIR/console.log" | sed 's/^/  | /' >&2
	[ ! -s "$SCRATCH/machine" ] ||
		tail -n 20 "$SCRATCH/machine" | sed 's/^/  machine: /' >&2
}

keep_races()
{
	[ -s "$SCRATCH/races" ] || return 0
	mv "$SCRATCH/races" "$DIR/races-of-the-kernel.log"
	warn "the kernel has data races of its own: $DIR/races-of-the-kernel.log"
}

# MiB below which a kernel may have no room to say a word.
LEAST_MIB=128

# What init, or the kernel where no init came to run, says is missing.
missing_of_console()
{
	local console=$DIR/console.log ports

	# With fewer than there are, the console itself may be lost.
	ports=$(sed -n 's,.*Serial: 8250/16550 driver\, \([0-9]*\) ports.*,\1,p' \
		"$console" | head -n 1)
	[ "$ARCH" = x86_64 ] && [ "$MACHINE" != um ] || ports=
	sed -n 's/.*magslab-vm: missing: //p' "$console" | head -n 1 | grep . && return
	if grep -qaE 'Unable to mount root fs|Cannot open root device' "$console"; then
		echo CONFIG_BLK_DEV_INITRD
	elif grep -qa 'No working init found\|Failed to execute /init' "$console"; then
		echo CONFIG_BINFMT_SCRIPT
	elif grep -qaE 'deadlocked on memory|Initramfs unpacking failed|Out of memory' "$console"; then
		echo memory
	elif [ "${ports:-9}" -lt 3 ]; then
		echo "/dev/ttyS$ports"
	elif [ ! -s "$console" ] && [ -s "$SCRATCH/machine" ]; then
		echo machine
	elif [ ! -s "$console" ] && [ "$MEM" -lt "$LEAST_MIB" ]; then
		echo memory
	elif [ ! -s "$console" ]; then
		echo console
	fi
}

# The user's own kernel arguments that can take away what is missing.
tell_of_arguments()
{
	local argument
	local -a arguments

	read -r -a arguments <<<"${APPEND//$'\n'/ }"
	for argument in "${arguments[@]}"; do
		case $argument in
		8250.nr_uarts=* | 8250_core.nr_uarts=* | rdinit=* | noinitrd | \
			initrd=* | console=* | mem=*)
			say "Leave $argument out of APPEND=: it may be the cause" ;;
		esac
	done
}

# die_of_missing WHAT: the cause, and the cure.
die_of_missing()
{
	local see="Documentation/machines.rst lists what a kernel of yours needs."

	case $1 in
	/dev/ttyS* | /dev/ttyAMA*)
		die "the kernel has no serial port $1, which the machine talks by" \
		    "It needs CONFIG_SERIAL_8250_RUNTIME_UARTS=4, or 8250.nr_uarts=4 in APPEND=; arm64 also CONFIG_SERIAL_8250_PCI=y." "$see" ;;
	/dev/*)
		die "the kernel has no $1, which the machine talks by" "$see" ;;
	9P)
		die "the kernel cannot share the host's /usr" \
		    "It needs CONFIG_NET_9P_VIRTIO=y, CONFIG_9P_FS=y and CONFIG_VIRTIO_PCI=y." "$see" ;;
	CONFIG_BINFMT_SCRIPT)
		die "the kernel cannot run the machine's first program" \
		    "It needs CONFIG_BINFMT_ELF=y and CONFIG_BINFMT_SCRIPT=y, and to be of the machine's architecture." "$see" ;;
	memory)
		die "the machine has too little memory for this kernel" \
		    "Give it more: MEM=2048." ;;
	machine)
		die "the virtual machine did not start" "Its words are above." ;;
	console)
		die "not a word came from the kernel" \
		    "It needs CONFIG_SERIAL_8250_CONSOLE=y and CONFIG_PRINTK=y; an early death is told with APPEND=earlyprintk=ttyS0." "$see" ;;
	*)
		die "the kernel was built without $1" "$see" ;;
	esac
}

# What CPU time the machine had; what of it this host gave to others meanwhile, what
# was not to be had at all, and what a quota forbade.  Fails where it had time to spare.
host_was_busy()
{
	host_times | awk -v before="$HOST_BEFORE" '{
		split(before, was, " ")
		for (i = 1; i <= 6; i++)
			spent[i] = $i - was[i]
		all = spent[1] + spent[2] + spent[3]
		others = spent[1] - spent[4]
		held = spent[5] > spent[6] / 4
		busy = all > 0 && spent[2] <= all / 10 &&
		       others + spent[3] >= all / 4
		if (!busy && !held)
			exit 1
		printf "the machine had %d s of CPU time in %d s; ",
		       spent[4] / 100, spent[6] / 100
		if (held) {
			printf "the quota of this container held work back for %d s\n",
			       spent[5] / 100
			exit
		}
		printf "other work on this host had %d %% of its CPU time, its own host %d %%, and %d %% was idle\n",
		       100 * others / all, 100 * spent[3] / all, 100 * spent[2] / all
	}'
}

# Neither is the kernel's fault then.
tell_of_host()
{
	local words

	words=$(host_was_busy) || return 0
	say "$words: the machine was starved, so do not blame the kernel; run it again when the host is quiet"
}

# timeout(1) ended it.
time_ran_out()
{
	[ "$ENDED" -eq 124 ] || [ "$ENDED" -eq 137 ]
}

# Neither complete nor hung: is there a job's status to speak of?
judge_end()
{
	if ! "$COMPLETE" || time_ran_out; then
		show_console_end
		if time_ran_out; then
			say "time ran out after $TIMEOUT s: the machine hung, or needs a larger --timeout"
			tell_of_host
		else
			say "the machine ended without a whole result"
		fi
		exit 3
	fi
	[ "$JOB_STATUS" -eq 0 ] || {
		say "the job failed with status $JOB_STATUS"
		exit 1
	}
}

# A machine that ended by itself, before the job: of what it lacks.
judge_start()
{
	local missing

	! time_ran_out || return 0
	! grep -qa 'magslab-vm: the job starts' "$DIR/console.log" || return 0
	missing=$(missing_of_console)
	[ -n "$missing" ] || return 0
	show_console_end
	tell_of_arguments
	die_of_missing "$missing"
}

judge()
{
	COMPLETE=true
	unpack_result || COMPLETE=false
	"$COMPLETE" || judge_start
	find_complaints >"$DIR/complaints.log"
	keep_races
	if [ -s "$DIR/complaints.log" ]; then
		show_complaints
		! grep -qaE "$STARVED" "$DIR/complaints.log" || tell_of_host
		exit 2
	fi
	rm -f "$DIR/complaints.log"
	judge_end
}
