#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# foreign.sh: kernels of the user's own that another compiler built, or that do not
# export what a module needs.  Kernel and compilers are fakes.  TAP on standard output.
# shellcheck disable=SC2016 # for other shells
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# compiler NAME VERSION: one that knows its version.
compiler()
{
	fake "$WORK/bin/$1" <<-EOF
	#!/bin/sh
	[ "\$1" != -dumpversion ] || echo $2
	exit 0
	EOF
}

configure() # LINE...
{
	printf '%s\n' "$@" >"$KDIR/include/config/auto.conf"
}

# The module of a kernel, with the compilers of this test before all others.
build()
{
	rm -rf "$WORK/module" "$WORK/make.flags"
	in_copy PATH="$WORK/bin:$PATH" ONLY=module "$@" \
		scripts/build "$KDIR" "$WORK/module"
}

told_make() # NAME REGEX
{
	ok "$1" grep -qE -- "$2" "$WORK/make.flags"
}

test_gcc()
{
	compiler gcc 12.2.0
	configure CONFIG_CC_IS_GCC=y CONFIG_GCC_VERSION=120200
	ok "a kernel of the same gcc" build
	ok "asks for none" fails grep -q CC= "$WORK/make.flags"
	configure CONFIG_CC_IS_GCC=y CONFIG_GCC_VERSION=91200
	ok "one of another that is not there" build
	says "is worth a warning that names both" \
		"warning: .* built with gcc 9, and gcc 12 is what there is"
	compiler gcc-9 9.5.0
	ok "one of another that is there" build
	told_make "is built with that" "CC=gcc-9( |$)"
	ok "one that the user names" build KBUILD_FLAGS=CC=gcc
	told_make "is what is taken" "CC=gcc( |$)"
}

test_clang()
{
	configure CONFIG_CC_IS_CLANG=y CONFIG_CLANG_VERSION=170006 \
		CONFIG_LD_IS_LLD=y
	compiler clang 16.0.0
	compiler ld.lld 16.0.0
	ok "a kernel of another clang" build
	says "is worth a warning that names both" \
		"warning: .* built with clang 17, and clang 16 is what there is"
	told_make "is built with what is there" "CC=clang( |$)"
	compiler clang-17 17.0.6
	status "one whose linker is missing" 4 build
	says "is told so" "error: .* was linked by lld 17, which is not there"
	says "with the cure" "apt-get install lld-17"
	compiler ld.lld-17 17.0.6
	ok "one whose tools are there" build
	told_make "is built with its compiler" "CC=clang-17( |$)"
	told_make "and its linker" "LD=ld.lld-17( |$)"
	configure CONFIG_CC_IS_CLANG=y CONFIG_CLANG_VERSION=160000 \
		CONFIG_AS_IS_GNU=y CONFIG_LD_IS_BFD=y
	ok "one of clang and GNU's tools" build
	told_make "is built with both" "CC=clang .*LLVM_IAS=0|LLVM_IAS=0.* CC=clang"
	ok "and with no other linker" fails grep -q LD= "$WORK/make.flags"
}

# No compiler of the host's may be found where none is to be there.
test_no_clang()
{
	configure CONFIG_CC_IS_CLANG=y CONFIG_CLANG_VERSION=170006
	rm -f "$WORK"/bin/clang*
	status "no clang at all" 4 in_copy ONLY=module bash -c '
		command() { [[ "$*" != *clang* ]] && builtin command "$@"; }
		. scripts/lib.sh
		KDIR=$1
		kernel_compiler x86_64' sh "$KDIR"
	says "is named" "error: .* was built with clang 17, which is not there"
	says "with the cure" "apt-get install clang-17 lld-17"
}

test_symbols()
{
	configure CONFIG_CC_IS_GCC=y CONFIG_TRIM_UNUSED_KSYMS=y
	{
		printf '.PHONY: modules\nmodules:\n'
		printf '\t@echo '\''ERROR: modpost: "%s" [magslab.ko] undefined!'\''\n' \
			split_page node_states
		printf '\t@exit 1\n'
	} >"$KDIR/Makefile"
	status "a kernel that exports what its own modules use" 4 build
	says "is told by the option and the symbols" \
		"CONFIG_TRIM_UNUSED_KSYMS.* misses node_states split_page"
	says "with the cure" "CONFIG_UNUSED_KSYMS_WHITELIST=\"$WORK/module/missing-symbols\""
	is "and the list is there" \
		"$(paste -sd ' ' "$WORK/module/missing-symbols")" "node_states split_page"
	configure CONFIG_CC_IS_GCC=y
	status "one that lacks them" 4 build
	says "is told by the symbols" "lacks what magslab.ko needs: node_states split_page"
}

fails()
{
	! "$@"
}

make_copy
test_gcc
test_clang
test_no_clang
test_symbols
tap_done
