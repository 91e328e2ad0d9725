#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# foreign.sh: kernels of the user's own that another compiler built, or that do not
# export what a module needs.  Kernel and compilers are fakes.  TAP on standard output.
# shellcheck disable=SC2016 # for other shells
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# compiler NAME VERSION: one that knows its version, or a linker.
compiler()
{
	fake "$WORK/bin/$1" <<-EOF
	#!/bin/sh
	case $1-\$1 in
	ld.lld*--version) echo "Made-up LLD $2 (compatible with GNU linkers)" ;;
	ld.lld*-dumpversion) exit 1 ;;
	*-dumpversion) echo $2 ;;
	esac
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

# What the make of any module for that kernel is told, a word a line.
module_words() # [VARIABLE=VALUE...]
{
	in_copy KDIR="$KDIR" "$@" bash -c '. scripts/lib.sh
		module_words ""
		printf "%s\n" "${MODULE_WORDS[@]}"'
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
	is "so it is for the modules of the tests" \
		"$(module_words KBUILD_FLAGS="CC='wrap gcc' W=1 LD=mine")" \
		$'CC=wrap gcc\nLD=mine'
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
	# As the tools of LLVM are where they were unpacked.
	rm "$WORK/bin/ld.lld-17"
	compiler ld.lld 17.0.6
	ok "one whose linker has no number in its name" build
	told_make "is built with that" "LD=ld.lld( |$)"
	compiler ld.lld 16.0.0
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

# A kernel that exports half of what the module needs, whose modpost names no more
# than ten of the rest, as Linux does.
fake_modpost()
{
	local i

	for i in {10..39}; do
		echo "void need_$i(void);"
	done >"$WORK/needs.c"
	{
		echo 'extern int __this_module, lucky __attribute__((weak));'
		echo 'void *all[] = { &__this_module, &lucky,'
		printf 'need_%s,\n' {10..39}
		echo '};'
	} >>"$WORK/needs.c"
	printf '0x0\tneed_%s\tvmlinux\tEXPORT_SYMBOL\t\n' {10..19} \
		>"$KDIR/Module.symvers"
	{
		printf '.PHONY: modules\nmodules:\n'
		printf '\t@gcc -c -o $(M)/magslab.o %s\n' "$WORK/needs.c"
		printf '\t@echo '\''ERROR: modpost: "need_%s" [magslab.ko] undefined!'\''\n' \
			{20..29}
		printf '\t@exit 1\n'
	} >"$KDIR/Makefile"
}

test_symbols()
{
	# With the host's own compiler.
	rm -f "$WORK"/bin/*
	configure CONFIG_CC_IS_GCC=y CONFIG_TRIM_UNUSED_KSYMS=y
	fake_modpost
	status "a kernel that exports what its own modules use" 4 build
	says "is told by the option and the symbols" \
		"CONFIG_TRIM_UNUSED_KSYMS.* misses 20 symbols: need_20 need_21 .*need_29 \.\.\."
	says "with the cure" "CONFIG_UNUSED_KSYMS_WHITELIST=\"$WORK/module/missing-symbols\""
	is "and the list has all of them" \
		"$(cat "$WORK/module/missing-symbols")" "$(printf 'need_%s\n' {20..39})"
	configure CONFIG_CC_IS_GCC=y
	status "one that lacks them" 4 build
	says "is told by the symbols" "lacks 20 symbols that magslab.ko needs: need_20 "
	says "and where all of them are listed" "$WORK/module/missing-symbols"
}

# What no tool can read, or what has another cause.
test_other_words()
{
	configure CONFIG_CC_IS_GCC=y
	sed -i 's/gcc -c.*/echo bitcode >$(M)\/magslab.o/' "$KDIR/Makefile"
	status "an object of another format" 4 build
	says "is told by the words there are" "lacks 10 symbols that magslab.ko needs: need_20 "
	printf '.PHONY: modules\nmodules:\n\t@echo "error: made up"; exit 1\n' \
		>"$KDIR/Makefile"
	status "another failure" 1 build
	ok "is not explained" fails grep -q symbol "$tap_out"
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
test_other_words
tap_done
