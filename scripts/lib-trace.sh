# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the commands share that run scripts of bpftrace's in a machine.  Sourced
# after lib.sh and lib-test.sh.

SCRIPTS_DIR=$TOP/scripts/bpf

# list_scripts: their names, one a line.
list_scripts()
{
	(cd "$SCRIPTS_DIR" && printf '%s\n' *.bt) | sed 's/\.bt$//'
}

check_script()
{
	list_scripts | grep -qxF -e "${1:-none}" ||
		die "no script \"$1\"" \
		    "There are: $(list_scripts | paste -sd ' ')"
}

# without_module SCRIPT: whether it can only run here where magslab.ko is not in:
# before 6.2, a probe by a pattern that matches functions of modules is an error.
without_module()
{
	[ "$(printf '%s\n' 6.2 "$KERNEL_RELEASE" | sort -V | head -n 1)" != 6.2 ] &&
		grep -q '^kprobe:mag_.*\*' "$SCRIPTS_DIR/$1.bt"
}

# prepare_trace GROUP...: the packages, a kernel that can be looked into, the build.
prepare_trace()
{
	case ${MACHINE:-qemu}-${ARCH:-x86_64} in
	qemu-x86_64 | icount-x86_64) ;;
	*) die "tracing is for QEMU's x86-64 machines alone" \
		"Leave ARCH= out, and MACHINE= if it is not icount." ;;
	esac
	use_newest
	[ "${KERNEL:-}" != stock ] ||
		die "the distribution's kernel has no 9P to share the host's tools by" \
		    "KERNEL=6.1 is the same version, built here."
	export VARIANT=trace
	prepare "$@"
}

# trace_machine ARGUMENT...: in_machine, with this host's tools but clang, by all
# the names that it may have; by turns, for probes patch the kernel.
trace_machine()
{
	local name
	local -a add=(--add "$TOP/scripts/vm/jobs/bpftrace.sh:bpftrace.sh")

	for name in $(compgen -c clang | grep -xE 'clang(-[0-9.]+)?' | sort -u); do
		add+=(--add "$TOP/scripts/vm/no-clang:$name")
	done
	in_machine --tools --by-turns "${add[@]}" "$@"
}

# magctl_load WORKLOAD BACKEND [WORD...]: the load of a machine's job, as a script.
magctl_load()
{
	load_script magctl run "$1" -b "$2" "${@:3}" --json /out/load.json
}

# load_script COMMAND [WORD...]: the same of any command of the machine's.
load_script()
{
	printf '%s >/out/load.log 2>&1\n' "$(for_guest "$@")"
	# shellcheck disable=SC2016 # for the guest
	echo 'echo $? >/out/load.status'
}

# add_program FILE: to what the machine is given, $ADD; a C file is compiled.
# $PROGRAM is then what to call there.
add_program()
{
	local file=$1 name

	if [ ! -f "$file" ] || [ ! -r "$file" ]; then
		die "the program $file cannot be read"
	fi
	name=$(basename -- "$file" .c)
	if [[ $file == *.c ]]; then
		say "compiling $name"
		mkdir -p "$BUILD/load"
		TMPDIR=$(build_tmpdir) cc -O2 -Wall -static -pthread -o "$BUILD/load/$name" "$file" ||
			die "$file does not compile"
		file=$BUILD/load/$name
	fi
	# A colon parts the two names of --add.
	name=${name//:/_}
	ADD+=(--add "$file:load.d/$name")
	# shellcheck disable=SC2034 # for the caller
	PROGRAM=/magslab/load.d/$name
}
