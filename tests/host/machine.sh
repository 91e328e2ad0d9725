#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# machine.sh: machines that do not come up, or not to their end: what vm/run says of
# them.  QEMU is a fake, and what it leaves on its ports is made up.  TAP on
# standard output.
# shellcheck disable=SC2016 # for other shells
set -uo pipefail
. "$(dirname "$0")/lib.sh"

RUN=$TOP/scripts/vm/run
JOB=$WORK/job

# qemu: standard input is what it does, in the folder of its ports.
qemu()
{
	fake "$WORK/bin/qemu-system-x86_64" < <(printf '#!/bin/bash\n'; cat)
}

# A CPU with virtualization, and a /dev/kvm, as vm/run looks for them.
run()
{
	PATH=$WORK/bin:$PATH "$RUN" --kernel "$WORK/image" --job "$JOB" \
		--out "$WORK/out-of-run" --timeout 20 "$@"
}

# A result as init sends it.
write_result='
result() {
	mkdir -p r/.vm
	printf "taint 0\n" | tee r/.vm/before >r/.vm/after
	echo "<3>magslab-vm: the job starts" >r/.vm/dmesg
	tar -czf body -C r .
	echo "MAGSLAB-RESULT $1 $(stat -c %s body) $(sha256sum <body | cut -d " " -f 1)" >result
	cat body >>result
}'

test_ports()
{
	qemu <<<'echo "magslab-vm: missing: /dev/ttyS1" >console'
	status "a kernel with one serial port" 4 run
	says "is told by the port" "error: the kernel has no serial port /dev/ttyS1"
	says "and by the option" "CONFIG_SERIAL_8250_RUNTIME_UARTS=4, or 8250.nr_uarts=4"
	status "one that was told to have one" 4 run --append "quiet 8250.nr_uarts=1"
	says "has the argument named" "Leave 8250.nr_uarts=1 out of APPEND="
	qemu <<<'echo "Serial: 8250/16550 driver, 1 ports, IRQ sharing enabled" >console'
	status "one that loses its console to that" 4 run
	says "is told as well" "error: the kernel has no serial port /dev/ttyS1"
	qemu <<<'echo "[  1.0] magslab-vm: missing: CONFIG_PROC_FS" >console'
	status "one without /proc" 4 run
	says "is told" "error: the kernel was built without CONFIG_PROC_FS"
	qemu <<<'echo "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)" >console; exit 0'
	status "one that takes no initramfs" 4 run
	says "is told by the option" "built without CONFIG_BLK_DEV_INITRD"
	status "one that was told to start another program" 4 run --append rdinit=/x
	says "has the argument named" "Leave rdinit=/x out of APPEND="
	qemu <<<'echo "Kernel panic - not syncing: No working init found." >console'
	status "one that runs no script" 4 run
	says "is told by the options" "CONFIG_BINFMT_ELF=y and CONFIG_BINFMT_SCRIPT=y"
	qemu <<<'echo "magslab-vm: missing: CONFIG_DEVTMPFS" >console'
	status "one without device files" 4 run
	says "is told" "error: the kernel was built without CONFIG_DEVTMPFS"
	qemu <<<'exit 0'
	status "one that says nothing" 4 run
	says "is told by the options" "CONFIG_SERIAL_8250_CONSOLE=y"
	status "one that says nothing for it has no room" 4 run --mem 64
	says "is told by its memory" "error: the machine has too little memory"
	qemu <<<'echo "no such CPU" >&2; exit 1'
	status "QEMU that does not start" 4 run
	says "has its words shown" "machine: no such CPU"
}

# A machine with a CPU that says it has virtualization is none of every host's.
test_kvm()
{
	mkdir -p "$WORK/scripts"
	cp -r "$TOP/scripts/." "$WORK/scripts"
	sed -i 's/\[ -w \/dev\/kvm \] && grep -qwE .vmx|svm. \/proc\/cpuinfo/true/' \
		"$WORK/scripts/vm/lib-qemu.sh"
	RUN=$WORK/scripts/vm/run
	qemu <<<"$write_result"'
case " $* " in
*" kvm "*) echo "failed to initialize kvm" >&2; exit 1 ;;
*) echo "booted" >console; result 0 ;;
esac'
	ok "KVM that fails at once is done without" run
	says "which is said" "warning: the machine does not start under KVM"
	says "with QEMU's words" "failed to initialize kvm"
	sed -i 's/^KVM_PATIENCE=.*/KVM_PATIENCE=1/' "$WORK/scripts/vm/lib-qemu.sh"
	qemu <<<"$write_result"'
case " $* " in
*" kvm "*) exec sleep 20 ;;
*) echo "booted" >console; result 0 ;;
esac'
	ok "KVM under which nothing happens is done without" run
	says "which is said as well" "warning: the machine does not start under KVM"
	qemu <<<"$write_result"'
echo "$*" >"'"$WORK/words"'"; echo "booted" >console; result 0'
	ok "KVM that works is used" run
	ok "as QEMU is told" grep -q -e '-accel kvm' "$WORK/words"
	ok "--machine tcg does without" run --machine tcg
	ok "as QEMU is told" grep -q -e '-accel tcg' "$WORK/words"
	test_kvm_on_terminal
	RUN=$TOP/scripts/vm/run
}

# on_terminal COMMAND...: with a terminal of its own.
on_terminal()
{
	script -qec "$(printf '%q ' "$@")" /dev/null
}

# The machine of make vm cannot begin again once it has the terminal.
test_kvm_on_terminal()
{
	local -a run=(env PATH="$WORK/bin:$PATH" "$RUN" --kernel "$WORK/image"
		      --job "$JOB" --out "$WORK/out-of-run" --timeout 20
		      --interactive)

	command -v script >/dev/null || {
		skip "KVM on a terminal" "there is no script(1)"
		return
	}
	qemu <<<"$write_result"'
case " $* " in
*" kvm "*) echo "failed to initialize kvm" >&2; exit 1 ;;
*) echo "booted" >console; result 0 ;;
esac'
	ok "a machine on a terminal does without KVM that fails" \
		on_terminal "${run[@]}"
	says "which is said" "warning: the machine does not start under KVM"
	qemu <<<"$write_result"'
echo "$*" >>"'"$WORK/words"'"; echo "booted" >console; result 0'
	rm -f "$WORK/words"
	ok "and uses KVM that works" on_terminal "${run[@]}"
	ok "as QEMU is told" grep -q -e '-accel kvm' "$WORK/words"
	ok "and nothing else" fails grep -q -e '-accel tcg' "$WORK/words"
}

fails()
{
	! "$@"
}

# The host's times, as /proc/stat has them before and after.
busy() # BEFORE AFTER
{
	bash -c '. "$1/scripts/vm/lib-judge.sh"
		host_times() { echo "$AFTER"; }
		HOST_BEFORE=$BEFORE host_was_busy' sh "$TOP"
}

test_host()
{
	BEFORE="1000 1000 0 50 0 1000" AFTER="1900 1100 0 550 0 3000" \
		ok "a host that others use is told" busy
	says "with what the machine had itself" "the machine had 5 s of CPU time in 20 s"
	says "with figures" "other work on this host had 40 % of its CPU time, its own host 0 %, and 10 % was idle"
	BEFORE="1000 1000 0 50" AFTER="1200 1000 300 200" \
		ok "so is one that is starved itself" busy
	says "with figures" "its own host 60 %"
	export BEFORE="1000 1000 0 50" AFTER="2000 1000 0 1040"
	status "one that the machine alone uses is not" 1 busy
	export BEFORE="1000 1000 0 50" AFTER="1500 1500 0 50"
	status "nor one that has time to spare" 1 busy
	export BEFORE="1000 1000 0 50 300 1000" AFTER="1500 1500 0 500 1300 3000"
	ok "but one that may not take it is" busy
	says "with figures" "the quota of this container held work back for 10 s"
	export AFTER="1500 1500 0 500 400 3000"
	status "and a little of that is not" 1 busy
}

# quota FILE TEXT: the machine's times where control groups say TEXT.
quota()
{
	mkdir -p "$WORK/cgroup/$(dirname "$1")"
	echo "$2" >"$WORK/cgroup/$1"
	bash -c '. "$1/scripts/lib-env.sh"; . "$1/scripts/vm/lib-judge.sh"
		CGROUPS=$2; host_times' sh "$TOP" "$WORK/cgroup" | cut -d " " -f 5
	rm -r "$WORK/cgroup"
}

test_quota()
{
	is "control groups tell what they held back" \
		"$(quota cpu.stat "throttled_usec 2500000")" 250
	is "so do those of old" \
		"$(quota cpu/cpu.stat "throttled_time 2500000000")" 250
	is "where there are none, it is nothing" "$(quota none "")" 0
}

printf '#!/bin/sh\n' >"$JOB"
: >"$WORK/image"
test_ports
test_kvm
test_host
test_quota
tap_done
