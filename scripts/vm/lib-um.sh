# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # vm/run reads what is set here
#
# The machine um: User-Mode Linux, the kernel as a process of this host.
# Sourced by vm/run, which calls machine_check, then machine_plan, then
# machine_batch or machine_interactive.
#
# Its ports are lines on file descriptors.  A line takes only what can be
# polled, and is hung up at the end of its input; so each descriptor is a pipe,
# and those to read from are one that this shell holds open and never fills.

# config NAME: what the kernel's configuration says of it, y or a number.
um_config()
{
	sed -n "s/^CONFIG_$1=//p" "$SCRATCH/um.config"
}

check_config()
{
	local name

	"$KERNEL" --showconfig >"$SCRATCH/um.config" 2>/dev/null ||
		die "the kernel $KERNEL does not run on this machine" \
		    "The machine um runs the program linux, as scripts/kernel/build 7.3 um makes it."
	for name in BLK_DEV_INITRD SSL; do
		[ -n "$(um_config "$name")" ] ||
			die "the kernel $KERNEL was built without CONFIG_$name" \
			    "scripts/kernel/config tells what one of yours needs."
	done
}

check_cpus()
{
	local most=1

	[ -z "$(um_config SMP)" ] || most=$(um_config NR_CPUS)
	[ "$CPUS" -le "$most" ] ||
		die "the kernel $KERNEL runs on at most $most CPUs" \
		    "CPUS=$most, or one with a larger CONFIG_NR_CPUS."
}

machine_check()
{
	[ "$ARCH" = x86_64 ] ||
		die "User-Mode Linux is of this machine's architecture, not $ARCH" \
		    "--machine qemu runs $ARCH."
	[ $((NODES + BARE_NODES)) -eq 1 ] ||
		die "User-Mode Linux has one node of memory" \
		    "--machine qemu has as many as --nodes says."
	check_config
	check_cpus
}

# Where the guest's memory lies, in a file without a name: a file system in
# memory, or else every page is written to a disk.
memory_dir()
{
	if awk '$2 == "/dev/shm" && $3 == "tmpfs" && $4 !~ /noexec/ { found = 1 }
		END { exit !found }' /proc/mounts && [ -w /dev/shm ] &&
		[ "$(df -Pm /dev/shm | awk 'NR == 2 { print $4 }')" -ge "$MEM" ]
	then
		echo /dev/shm
	else
		need_space "$SCRATCH" "$MEM" "the memory of the machine"
		echo "$SCRATCH"
	fi
}

# The kernel joins its arguments with blanks: those that are in quotes stay together.
append_words()
{
	local text=$APPEND

	while [[ $text =~ ^[[:space:]]*(([^[:space:]\"]|\"[^\"]*\"?)+)(.*)$ ]]; do
		COMMAND+=("${BASH_REMATCH[1]}")
		text=${BASH_REMATCH[3]}
	done
}

machine_plan()
{
	GUEST_MACHINE=um
	HOW="User-Mode Linux"
	CONSOLE_PORT=tty0 RESULT_PORT=ttyS0 WORDS_PORT=ttyS1
	# A reboot would start the program again.
	END=poweroff
	COMMAND=(env TMPDIR="$(memory_dir)" "$KERNEL" mem="${MEM}M"
		 initrd=initramfs root=/dev/ram0 rdinit=/init
		 uml_dir=um umid=magslab con=null ssl=null
		 "con0=fd:0,fd:1" "ssl0=fd:3,fd:4" "ssl1=fd:5,fd:6"
		 panic=-1 oops=panic log_buf_len=4M)
	# The other way to run its processes, ptrace, is for one CPU.
	[ "$CPUS" -eq 1 ] || COMMAND+=(seccomp=on ncpus="$CPUS")
	! "$INTERACTIVE" || COMMAND+=(loglevel=4)
	append_words
	# A kernel that hangs ignores every other signal; its processes die
	# with it.
	LIMIT=(timeout --signal=KILL --kill-after=1)
	# It aborts when it panics.
	ulimit -c 0
	mkfifo "$SCRATCH/silence" "$SCRATCH/console.pipe" "$SCRATCH/result.pipe"
	exec {SILENCE}<>"$SCRATCH/silence"
	READERS=()
}

# start_reader PIPE COMMAND...: what a port writes goes to COMMAND.
start_reader()
{
	"${@:2}" <"$SCRATCH/$1.pipe" &
	READERS+=("$!")
}

# machine_batch FIFO: start it, the words going to FIFO.  Sets $MACHINE_PID.
machine_batch()
{
	start_reader console dd bs=64K status=none of="$SCRATCH/console"
	start_reader result dd bs=64K status=none of="$SCRATCH/result"
	in_scratch "${LIMIT[@]}" "${COMMAND[@]}" 2>"$SCRATCH/machine" \
		<&"$SILENCE" >"$SCRATCH/console.pipe" \
		3<&"$SILENCE" 4>"$SCRATCH/result.pipe" \
		5<&"$SILENCE" 6>"$1" &
	MACHINE_PID=$!
}

# machine_interactive: start it on the terminal.  Sets $MACHINE_PID.  The job
# talks on the console, and the port for its words leads nowhere.
machine_interactive()
{
	start_reader console tee "$SCRATCH/console"
	start_reader result dd bs=64K status=none of="$SCRATCH/result"
	in_scratch "${LIMIT[@]}" "${COMMAND[@]}" 2>"$SCRATCH/machine" \
		<&0 >"$SCRATCH/console.pipe" \
		3<&"$SILENCE" 4>"$SCRATCH/result.pipe" \
		5<&"$SILENCE" 6>&"$SILENCE" &
	MACHINE_PID=$!
}

# What is left to do after the machine has ended.
machine_ended()
{
	wait "${READERS[@]}" || :
}
