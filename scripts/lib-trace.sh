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

# prepare_trace: the packages, a kernel that can be looked into, the build.
prepare_trace()
{
	[ "${MACHINE:-qemu}-${ARCH:-x86_64}" = qemu-x86_64 ] ||
		die "tracing is for QEMU's x86-64 machine alone" \
		    "Leave MACHINE= and ARCH= out."
	use_newest
	[ "${KERNEL:-}" != stock ] ||
		die "the distribution's kernel has no 9P to share the host's tools by" \
		    "KERNEL=6.1 is the same version, built here."
	export VARIANT=trace
	prepare build vm trace
}

# magctl_load WORKLOAD BACKEND WORDS: the load of a machine's job, as a script.
magctl_load()
{
	printf 'magctl run %q -b %q %s --json /out/load.json >/out/load.log 2>&1\n' \
		"$@"
	# shellcheck disable=SC2016 # for the guest
	echo 'echo $? >/out/load.status'
}
