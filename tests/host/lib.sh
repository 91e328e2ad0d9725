# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of the commands share: a copy of the checkout in which the
# machines, the kernels and the packages are fakes.  There each command runs in no
# time, and there is nothing of value that it could remove.  Sourced.
# TAP is tests/guest/tap.sh's.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
. "$TOP/tests/guest/tap.sh"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# shellcheck disable=SC2034 # tap.sh writes to it
tap_out=$WORK/said
COPY=$WORK/checkout
# What the fake machine was given: its arguments, one after the other, each ended
# by a NUL, and its files.
GIVEN=$WORK/given

# fake FILE: a script of that name, from standard input.
fake()
{
	mkdir -p "$(dirname "$1")"
	cat >"$1"
	chmod 755 "$1"
}

fake_packages()
{
	fake "$COPY/scripts/setup-packages" <<<$'#!/bin/sh\nexit 0'
}

# A folder that passes for a kernel's build folder: its make makes a module of
# each Kbuild, and leaves its words and its environment in $WORK.
fake_kdir()
{
	KDIR=$WORK/kdir
	mkdir -p "$KDIR/include/generated" "$KDIR/include/config"
	: >"$KDIR/include/generated/autoconf.h"
	printf 'CONFIG_%s=y\n' KUNIT NUMA >"$KDIR/include/config/auto.conf"
	: >"$KDIR/Module.symvers"
	echo '#define UTS_RELEASE "7.0.0-made-up"' \
		>"$KDIR/include/generated/utsrelease.h"
	cat >"$KDIR/Makefile" <<EOF
\$(shell env -0 >"$WORK/make.env")
export KCFLAGS
.PHONY: modules
modules:
	@printf '%s\\n' "\$\$MAKEFLAGS" >"$WORK/make.flags"
	@printf '%s' "\$\$KCFLAGS" >"$WORK/make.kcflags"
	@if [ -n "\$(FILL)" ]; then dd if=/dev/zero of="\$(FILL)" bs=1M count=128; fi
	@touch \$(M)/magslab.ko \$(M)/magslab_bench.ko \$(M)/Module.symvers
EOF
}

fake_kernel()
{
	fake_kdir
	fake "$COPY/scripts/kernel/pick" <<-EOF
	#!/bin/bash
	printf '%s=%q\n' KERNEL_RELEASE 7.0.0-made-up KERNEL_IMAGE "$WORK/image" \\
		KDIR "$KDIR" KERNEL_DIR "" KERNEL_ARCH x86_64 \\
		KERNEL_VARIANT release KERNEL_NAME made-up >"\$1"
	EOF
	# What kernel/build is asked for, a line each.
	fake "$COPY/scripts/kernel/build" <<-EOF
	#!/bin/bash
	(IFS=' '; echo "\$*") >>"$WORK/kernels"
	EOF
	: >"$WORK/image"
}

# It takes its files, and all goes well.
fake_machine()
{
	fake "$COPY/scripts/vm/run" <<-EOF
	#!/bin/bash
	mkdir -p "$GIVEN"
	printf '%s\\0' "\$@" >>"$GIVEN/arguments"
	while [ \$# -gt 0 ]; do
		case \$1 in
		--job) cp "\$2" "$GIVEN/job" ;;
		--add)
			to=$GIVEN/add/\${2##*:}
			mkdir -p "\$(dirname "\$to")"
			cp "\${2%:*}" "\$to" ;;
		--out)
			mkdir -p "\$2"
			printf '1..1\nok 1\n' >"\$2/fake.tap" ;;
		esac
		shift
	done
	EOF
}

# Small stand-ins for what takes long to compile.
fake_programs()
{
	mkdir -p "$COPY"/{userspace,tests/unit,tests/guest,tests/torture,bench,kunit,kmod/uapi}
	: >"$COPY/kmod/uapi/magslab.h"
	# shellcheck disable=SC2016 # for make
	printf '.PHONY: all\nall:\n\t@mkdir -p $(O); echo static=$(STATIC) >$(O)/magctl\n' \
		>"$COPY/userspace/Makefile"
	printf '.PHONY: run\nrun:\n\t@printf "1..1\\nok 1\\n"\n' \
		>"$COPY/tests/unit/Makefile"
	printf '.PHONY: all print-add\nall print-add:\n\t@:\n' |
		tee "$COPY/tests/torture/Makefile" >"$COPY/tests/guest/Makefile"
	: >"$COPY/tests/guest/lib.sh"
	: >"$COPY/tests/torture/job.sh"
	for name in job job-kunit job-bench job-icount job-repeat tap; do
		: >"$COPY/tests/guest/$name.sh"
	done
	echo '# ours' | tee "$COPY/bench/Kbuild" "$COPY/kunit/fault.c" \
		"$COPY/kmod/main.c" >"$COPY/Kbuild"
	: >"$COPY/bench/bench.c"
	: >"$COPY/bench/bench.h"
}

# make_copy: $COPY, with all the fakes.
make_copy()
{
	rm -rf "$COPY"
	mkdir -p "$COPY/tests"
	cp -r "$TOP/Makefile" "$TOP/scripts" "$COPY/"
	cp -r "$TOP/tests/trace" "$COPY/tests/"
	fake_packages
	fake_kernel
	fake_machine
	fake_programs
}

# in_copy [VARIABLE=VALUE...] COMMAND...: in the copy, with a home of its own and
# nothing else of this environment.  What the machine was given before is gone.
in_copy()
{
	rm -rf "$GIVEN"
	mkdir -p "$WORK/home"
	(cd "$COPY" && env -i PATH="$PATH" HOME="$WORK/home" "$@")
}

# values OPTION: what the machines got for it, one after the other.
values()
{
	tr '\0\n' '\n\1' <"$GIVEN/arguments" |
		awk -v option="$1" 'last == option { print } { last = $0 }' |
		tr '\1' '\n'
}
