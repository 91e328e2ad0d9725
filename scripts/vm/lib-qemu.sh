# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # vm/run reads what is set here
#
# The machines qemu and icount: QEMU with KVM, by emulation, or counting
# instructions; a PC, or arm64's "virt".  Sourced by vm/run, which calls
# machine_check, then machine_plan, then machine_batch or machine_interactive.

# Below that, a node is not worth the name, and kernels drop it.
LEAST_NODE_MIB=64
# Plugged into a movable node: kernels take memory by blocks of 128 MiB.
PLUGGED_MIB=256

check_icount()
{
	[ "$ARCH" = x86_64 ] ||
		die "the machine icount is for x86_64 alone" \
		    "On $ARCH the counter does not tick once an instruction."
	[ "$CPUS" -eq 1 ] || warn_of_unfair_qemu
}

# Before 8.1, QEMU gives a CPU that spins all the instructions until the next
# timer, and the CPU that it waits for none; a kernel may never get past that.
warn_of_unfair_qemu()
{
	local version

	version=$("$QEMU" --version |
		  sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/\1/p')
	[ "$(printf '%s\n' 8.1 "$version" | sort -V | head -n 1)" = 8.1 ] ||
		warn "counting instructions on $CPUS CPUs, QEMU $version may hang: use --cpus 1, or QEMU 8.1 or later"
}

check_nodes()
{
	local all=$((NODES + MOVABLE_NODES + BARE_NODES))

	[ "$all" -le "$CPUS" ] ||
		die "$all nodes need as many CPUs, and there are $CPUS" \
		    "CPUS=$all, or fewer NODES."
	[ $((MEM / NODES)) -ge "$LEAST_NODE_MIB" ] ||
		die "$MEM MiB on $NODES nodes are less than $LEAST_NODE_MIB each" \
		    "MEM=$((NODES * LEAST_NODE_MIB)), or fewer NODES."
	[ "$MOVABLE_NODES" -eq 0 ] || [ "$ARCH" = x86_64 ] ||
		die "--movable-nodes is for x86_64 alone" \
		    "On $ARCH, QEMU plugs memory in for firmware only."
}

machine_check()
{
	QEMU=qemu-system-x86_64
	[ "$ARCH" != arm64 ] || QEMU=qemu-system-aarch64
	command -v "$QEMU" >/dev/null ||
		die "$QEMU is missing" "Run scripts/setup-packages vm$(
			[ "$ARCH" != arm64 ] || echo ' arm64')."
	[ "$MACHINE" != icount ] || check_icount
	check_nodes
}

# /dev/kvm may open, and even make a machine, where no kernel boots: only a
# CPU that says it has virtualization is believed.
kvm_works()
{
	"$TRY_KVM" && [ "$ARCH" = x86_64 ] && [ "$(uname -m)" = x86_64 ] &&
		[ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo
}

plan_accelerator()
{
	if [ "$MACHINE" = icount ]; then
		COMMAND+=(-accel "tcg,thread=single" -cpu max
			  -icount "shift=0,sleep=off")
		GUEST_MACHINE=icount
		HOW="TCG, counting instructions"
	elif kvm_works; then
		COMMAND+=(-accel kvm -cpu host)
		GUEST_MACHINE=qemu-kvm
		HOW="KVM"
	else
		COMMAND+=(-accel "tcg,thread=$("$BY_TURNS" && echo single || echo multi)"
			  -cpu max)
		GUEST_MACHINE=qemu-tcg
		HOW="TCG, $("$TRY_KVM" && echo "no usable KVM" || echo "without KVM")"
		[ "$ARCH" = x86_64 ] || HOW="TCG, $ARCH"
	fi
}

# CPUs and memory, spread evenly over the nodes; the last ones have memory that is
# plugged in, and then none.
plan_nodes()
{
	local node first last mib plan
	local all=$((NODES + MOVABLE_NODES + BARE_NODES))

	[ "$all" -gt 1 ] || return 0
	for ((node = 0; node < all; node++)); do
		first=$((node * CPUS / all))
		last=$(((node + 1) * CPUS / all - 1))
		plan=node,nodeid=$node,cpus=$first-$last
		if [ "$node" -lt "$NODES" ]; then
			mib=$(((node + 1) * MEM / NODES - node * MEM / NODES))
			COMMAND+=(-object "memory-backend-ram,id=ram$node,size=${mib}M")
			plan+=,memdev=ram$node
		fi
		COMMAND+=(-numa "$plan")
	done
	for ((node = NODES; node < NODES + MOVABLE_NODES; node++)); do
		COMMAND+=(-object "memory-backend-ram,id=ram$node,size=${PLUGGED_MIB}M"
			  -device "pc-dimm,memdev=ram$node,node=$node")
	done
	HOW+=", $all nodes"
	[ "$MOVABLE_NODES" -eq 0 ] || HOW+=", $MOVABLE_NODES of movable memory"
	[ "$BARE_NODES" -eq 0 ] || HOW+=", $BARE_NODES of them without memory"
}

# Ports: the console, the result, and the job's words unless it has the
# console.  The console port of arm64's machine is none of the PC's kind.
plan_ports()
{
	CONSOLE_PORT=ttyS0 RESULT_PORT=ttyS1 WORDS_PORT=ttyS2
	if "$INTERACTIVE"; then
		COMMAND+=(-chardev "stdio,id=console,mux=on,signal=off,logfile=console"
			  -mon chardev=console)
	else
		COMMAND+=(-chardev "file,id=console,path=console"
			  -chardev "stdio,id=words,signal=off")
	fi
	COMMAND+=(-chardev "file,id=result,path=result"
		  -serial chardev:console)
	if [ "$ARCH" = arm64 ]; then
		CONSOLE_PORT=ttyAMA0 RESULT_PORT=ttyS0 WORDS_PORT=ttyS1
		COMMAND+=(-device "pci-serial,chardev=result")
		"$INTERACTIVE" || COMMAND+=(-device "pci-serial,chardev=words")
	else
		COMMAND+=(-serial chardev:result)
		"$INTERACTIVE" || COMMAND+=(-serial chardev:words)
	fi
}

# /usr has files of several file systems, whose numbers may be the same.
plan_tools()
{
	COMMAND+=(-virtfs "local,path=/usr,mount_tag=usr,security_model=none,readonly=on,multidevs=remap")
}

kernel_arguments()
{
	local arguments="console=$CONSOLE_PORT panic=-1 oops=panic log_buf_len=4M"

	! "$INTERACTIVE" || arguments+=" loglevel=4"
	# All CPUs of TCG read one time-stamp counter, but the kernel cannot
	# know, distrusts it and tells time by the HPET, a slow device.
	case $ARCH-$GUEST_MACHINE in
	x86_64-qemu-tcg | x86_64-icount) arguments+=" tsc=reliable" ;;
	esac
	# Where the host has other work, QEMU may get too little of it for the
	# ticks that a kernel counts at its start, and panics over if they lack.
	[ "$ARCH-$GUEST_MACHINE" != x86_64-qemu-tcg ] ||
		arguments+=" no_timer_check"
	# With threads for handlers (PREEMPT_RT) a port that writes much interrupts
	# for what was seen to already; the kernel would take its interrupt away.
	[ "$ARCH" != x86_64 ] || arguments+=" noirqdebug"
	[ "$MOVABLE_NODES" -eq 0 ] ||
		arguments+=" memhp_default_state=online_movable"
	echo "$arguments${APPEND:+ $APPEND}"
}

# machine_plan: what to run, in $COMMAND; what to call it, in $HOW; what the
# guest is told.
machine_plan()
{
	local board=pc mem=$MEM

	[ "$ARCH" != arm64 ] || board=virt
	# With -no-reboot a reboot ends the machine, with or without ACPI.
	END=reboot
	[ "$MOVABLE_NODES" -eq 0 ] ||
		mem+=,slots=$MOVABLE_NODES,maxmem=$((MEM + MOVABLE_NODES * PLUGGED_MIB))M
	COMMAND=("$QEMU" -no-user-config -nodefaults -display none -no-reboot
		 -machine "$board" -smp "$CPUS" -m "$mem")
	plan_accelerator
	plan_nodes
	plan_ports
	! "$TOOLS" || plan_tools
	COMMAND+=(-kernel "$KERNEL" -initrd initramfs
		  -append "$(kernel_arguments)")
	LIMIT=(timeout --kill-after=5)
}

# machine_batch FIFO: start it, the words going to FIFO.  Sets $MACHINE_PID.
machine_batch()
{
	in_scratch "${LIMIT[@]}" "${COMMAND[@]}" </dev/null >"$1" 2>"$SCRATCH/machine" &
	MACHINE_PID=$!
}

# machine_interactive: start it on the terminal.  Sets $MACHINE_PID.
machine_interactive()
{
	in_scratch "${LIMIT[@]}" "${COMMAND[@]}" <&0 2>"$SCRATCH/machine" &
	MACHINE_PID=$!
}

# Seconds for the first byte on the console.  Under KVM it takes less than one.
KVM_PATIENCE=30

# kvm_came_up: a byte has come on the console.  Where KVM cannot run a kernel QEMU
# says so and ends, or nothing ever happens.
kvm_came_up()
{
	local first

	first=$(head -c 1 < <(exec timeout "$KVM_PATIENCE" tail -c +1 -f \
		--pid="$MACHINE_PID" "$SCRATCH/console" 2>/dev/null) |
		tr '\0' .)
	[ -n "$first" ]
}

# What is left to do after the machine has ended.
machine_ended()
{
	:
}
