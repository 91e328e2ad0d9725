#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# packages.sh: packages are installed for root while other programs use apt as well, and
# named for others.  apt and dpkg are fakes.  TAP on standard output.
# shellcheck disable=SC2016 # for other shells
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# An apt that knows a package once its lists are there, and installs it.  Who holds
# its lists is in $WORK/holder, and goes once that was said.
fake_apt()
{
	fake "$WORK/bin/apt-get" <<-EOF
	#!/bin/bash
	echo "\$*" >>"$WORK/asked"
	case " \$* " in
	*" update "*)
		if pid=\$(cat "$WORK/holder" 2>/dev/null) && kill -0 "\$pid" 2>/dev/null; then
			echo "E: Could not get lock /var/lib/apt/lists/lock." \\
				"It is held by process \$pid (apt-get)" >&2
			echo >"$WORK/end"
			exit 100
		fi
		[ ! -e "$WORK/unreachable" ] || { echo "E: made up" >&2; exit 100; }
		: >"$WORK/lists" ;;
	*" install "*) [ -e "$WORK/lists" ] && : >"$WORK/installed" ;;
	esac
	EOF
	fake "$WORK/bin/apt-cache" <<-EOF
	#!/bin/sh
	[ ! -e "$WORK/lists" ] || echo '  Candidate: 1'
	EOF
	fake "$WORK/bin/dpkg-query" <<-EOF
	#!/bin/sh
	[ ! -e "$WORK/installed" ] || printf installed
	EOF
}

# setup USER: by the user of that number, on a machine without lists.
setup()
{
	rm -f "$WORK"/{lists,installed,asked}
	fake "$WORK/bin/id" <<<"echo $1"
	in_copy PATH="$WORK/bin:$PATH" scripts/setup-packages fetch
}

test_alone()
{
	status "root" 0 setup 0
	ok "gets the packages, with new lists" [ -e "$WORK/installed" ]
	status "a user" 4 setup 1000
	says "is told the command" "sudo apt-get install .*xz-utils"
	is "and nothing is done" "$(cat "$WORK/asked" 2>/dev/null)" ""
}

# As a clone beside this one, or a machine that has just booted, has it.
test_held()
{
	mkfifo "$WORK/end"
	(read -r _ <"$WORK/end") &
	echo $! >"$WORK/holder"
	status "root, while another program refreshes the lists" 0 setup 0
	says "waits, and says so" "waiting for process $(cat "$WORK/holder")"
	is "and asks again" "$(grep -c update "$WORK/asked")" 2
	ok "and gets the packages" [ -e "$WORK/installed" ]
	is "by one try" "$(grep -c install "$WORK/asked")" 1
	kill "$(cat "$WORK/holder")" 2>/dev/null
	rm "$WORK/holder"
}

test_unreachable()
{
	: >"$WORK/unreachable"
	status "root, where no archive is reached" 4 setup 0
	says "is told apt's words" "E: made up"
	says "and what could not be installed" "could not install xz-utils"
}

# first_asked VARIABLE=VALUE... TARGET: the groups that a command asks for first, where an
# ordinary user is told what is missing, and the command ends.
first_asked()
{
	rm -f "$WORK/groups"
	in_copy make "$@" >/dev/null 2>&1
	sed -n '1s/ /\n/gp' "$WORK/groups" | LC_ALL=C sort -u | paste -sd ' '
}

# A user who is not root is told once, not again after minutes of work.
test_groups()
{
	make_copy
	fake "$COPY/scripts/setup-packages" <<-EOF
	#!/bin/sh
	echo "\$*" >>"$WORK/groups"
	exit 4
	EOF
	is "make test" "$(first_asked test)" "bench build kernel test trace vm"
	is "on a kernel of ours" "$(first_asked test KERNEL=7.3)" \
		"bench build kernel test vm"
	is "on a machine, which takes one" "$(first_asked test MACHINE=icount)" \
		"bench build kernel test vm"
	is "on what there is" "$(first_asked test KERNEL=stock)" \
		"bench build test vm"
	is "make demo" "$(first_asked demo)" "build vm"
	is "on a kernel of ours" "$(first_asked demo KERNEL=7.3)" "build kernel vm"
	is "of the user's" "$(first_asked demo KERNEL_TREE=.)" "build kernel vm"
	is "that is built" "$(first_asked demo KDIR="$KDIR")" "build vm"
	is "under User-Mode Linux" "$(first_asked demo MACHINE=um)" "build kernel vm"
	is "with checks" "$(first_asked demo VARIANT=debug)" "build kernel vm"
	is "for arm64" "$(first_asked demo ARCH=arm64)" "arm64 build kernel vm"
	is "make kunit" "$(first_asked kunit)" "build kernel test vm"
	is "make coverage" "$(first_asked coverage)" \
		"build coverage kernel test vm"
	is "make bench" "$(first_asked bench)" "bench build kernel vm"
	is "of another kernel" "$(first_asked bench KDIR="$KDIR")" "bench build vm"
	is "make check" "$(first_asked check)" "build check fetch kernel"
	is "of what there is" "$(first_asked check KERNELS=stock)" \
		"build check fetch"
	is "of no kernel" "$(first_asked check CHECKS=text)" "build check fetch"
	is "make trace" "$(first_asked trace SCRIPT=slabrate)" "build kernel trace vm"
	is "make trace-test" "$(first_asked trace-test KERNELS=7.3)" \
		"build kernel recorders trace vm"
	is "of a single script" \
		"$(first_asked trace-test KERNELS=7.3 SCRIPTS=slabrate)" \
		"build kernel trace vm"
}

make_copy
cp "$TOP/scripts/setup-packages" "$COPY/scripts/"
fake_apt
test_alone
test_held
test_unreachable
test_groups
tap_done
