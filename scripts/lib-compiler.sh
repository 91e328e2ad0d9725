# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # MODULE_WORDS is for the callers
#
# The compiler that a kernel was built with, which its modules need as well: options
# that one of them knows another refuses.  Sourced by lib.sh.

# kernel_config NAME: the value of CONFIG_NAME in the kernel of $KDIR, or nothing.
kernel_config()
{
	sed -n "s/^CONFIG_$1=//p" "$KDIR/include/config/auto.conf" 2>/dev/null
}

# major_of TOOL: of the version of a compiler or of LLVM's linker, or nothing where it
# is not there.
major_of()
{
	case $1 in
	ld.lld*) "$1" --version 2>/dev/null |
		sed -n 's/.*LLD \([0-9]*\).*/\1/p' ;;
	*) "$1" -dumpversion 2>/dev/null | cut -d . -f 1 ;;
	esac
}

# find_tool NAME MAJOR: NAME-MAJOR, or NAME if that is of this version.
find_tool()
{
	if command -v "$1-$2" >/dev/null; then
		echo "$1-$2"
	elif [ "$(major_of "$1")" = "$2" ]; then
		echo "$1"
	else
		return 1
	fi
}

gcc_words()
{
	local major=$1 here

	here=$(major_of gcc)
	[ -n "$here" ] && [ "$here" != "$major" ] || return 0
	if command -v "gcc-$major" >/dev/null; then
		echo "CC=gcc-$major"
	else
		warn "the kernel of $KDIR was built with gcc $major, and gcc $here is what there is: if it does not build, sudo apt-get install gcc-$major"
	fi
}

clang_words()
{
	local major=$1 clang lld

	if ! clang=$(find_tool clang "$major"); then
		command -v clang >/dev/null ||
			die "the kernel of $KDIR was built with clang $major, which is not there" \
			    "Install it: sudo apt-get install clang-$major lld-$major"
		clang=clang
		warn "the kernel of $KDIR was built with clang $major, and clang $(major_of clang) is what there is: if it does not build, sudo apt-get install clang-$major"
	fi
	echo "CC=$clang"
	[ "$(kernel_config AS_IS_GNU)" != y ] || echo LLVM_IAS=0
	[ "$(kernel_config LD_IS_LLD)" = y ] || return 0
	major=$(major_of "$clang")
	lld=$(find_tool ld.lld "$major") ||
		die "the kernel of $KDIR was linked by lld $major, which is not there" \
		    "Install it: sudo apt-get install lld-$major"
	echo "LD=$lld"
}

# kernel_compiler ARCH: words for the make that builds modules for the kernel of $KDIR,
# one a line.  None where its headers say it themselves, as Debian's do, or the user.
kernel_compiler()
{
	local version

	[[ " ${KBUILD_FLAGS:-} " != *" CC="* ]] &&
		[[ " ${KBUILD_FLAGS:-} " != *" LLVM="* ]] || return 0
	! grep -qs '^CC = ' "$KDIR/.kernelvariables" || return 0
	if [ "$(kernel_config CC_IS_CLANG)" = y ]; then
		version=$(kernel_config CLANG_VERSION)
		clang_words $((version / 10000))
	elif [ "$1" != arm64 ]; then
		version=$(kernel_config GCC_VERSION)
		[ -z "$version" ] || gcc_words $((version / 10000))
	fi
}

# module_words ARCH: all that the make is told that builds modules for the kernel of
# $KDIR, in $MODULE_WORDS: the tests' modules need the tools that the user names for ours.
module_words()
{
	local compiler word

	compiler=$(kernel_compiler "$1") || exit
	mapfile -t MODULE_WORDS < <(arch_words "$1"
		printf '%s' "${compiler:+$compiler$'\n'}")
	split_words KBUILD_FLAGS "${KBUILD_FLAGS:-}"
	for word in "${WORDS[@]}"; do
		[[ ! $word =~ ^(CC|LD|LLVM|LLVM_IAS|CROSS_COMPILE)= ]] ||
			MODULE_WORDS+=("$word")
	done
}

# missing_symbols LOG DIR: which symbols the kernel of $KDIR does not export, one a line,
# by the words of a build in DIR that failed.  modpost names ten of them; the
# object, if it can be read, has all.
missing_symbols()
{
	local named

	named=$(sed -n 's/.*modpost: "\([^"]*\)" \[.*\] undefined!.*/\1/p' "$1")
	[ -n "$named" ] || return 0
	{
		echo "$named"
		nm -u "$2/module/magslab.o" 2>/dev/null |
			awk '$1 == "U" && $2 != "__this_module" { print $2 }' |
			grep -vxFf <(cut -f 2 "$KDIR/Module.symvers")
	} | sort -u
}

# tell_symbols LOG DIR: the same for the user, with what helps.
tell_symbols()
{
	local list=$2/missing-symbols some
	local -a symbols

	mapfile -t symbols < <(missing_symbols "$1" "$2")
	[ ${#symbols[@]} -gt 0 ] || return 0
	printf '%s\n' "${symbols[@]}" >"$list"
	some=${symbols[*]:0:10}
	[ ${#symbols[@]} -le 10 ] || some+=" ..."
	if [ "$(kernel_config TRIM_UNUSED_KSYMS)" = y ]; then
		die "the kernel of $KDIR exports only what its own modules use (CONFIG_TRIM_UNUSED_KSYMS): magslab.ko misses ${#symbols[@]} symbols: $some" \
		    "Build the kernel without that option, or with CONFIG_UNUSED_KSYMS_WHITELIST=\"$list\", where all are listed."
	fi
	die "the kernel of $KDIR lacks ${#symbols[@]} symbols that magslab.ko needs: $some" \
	    "All of them are in $list." \
	    "Documentation/machines.rst lists the options of a kernel of yours."
}
