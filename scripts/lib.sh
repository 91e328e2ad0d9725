# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts share: messages, clean-up, words, make, kernels.
# Sourced, never run.  Exit status 4 is a set-up or usage error everywhere.

. "$(dirname "${BASH_SOURCE[0]}")/lib-env.sh"

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
OUT=${O:-$TOP/out}
[[ $OUT == /* ]] || OUT=$TOP/$OUT
# Links stay, dots go.
OUT=$(realpath -ms -- "$OUT")
V=${V:-0}
PROG=${0##*/}
# What is taken where a kernel of our own is needed and none is named.
# shellcheck disable=SC2034 # for those that source this
NEWEST_KERNEL=7.3
# QEMU without KVM is a machine of its own for vm/run alone.
if [ "${MACHINE:-}" = tcg ]; then
	export MACHINE=qemu WITHOUT_KVM=1
fi

# A progress line.
say()
{
	printf '%s: %s\n' "$PROG" "$*" >&2
}

warn()
{
	printf '%s: warning: %s\n' "$PROG" "$*" >&2
}

# die MESSAGE [LINE...]: the cause, then the cure on lines of its own.
die()
{
	printf '%s: error: %s\n' "$PROG" "$1" >&2
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/    /' >&2
	exit 4
}

# Print the header comment of the running script: its manual.
usage()
{
	sed -n '3,/^[^#]/ { /^#/ s/^# \{0,1\}//p }' "$0"
}

# split_words NAME TEXT: the words of the user's variable NAME, in $WORDS.  Blanks
# part them, and quotes of either kind hold one together.  Nothing else is special.
split_words()
{
	local text=$2 word='' begun=false

	WORDS=()
	while [ -n "$text" ]; do
		if [[ $text =~ ^([^[:space:]\'\"]+)(.*)$ ||
		      $text =~ ^\'([^\']*)\'(.*)$ ||
		      $text =~ ^\"([^\"]*)\"(.*)$ ]]; then
			word+=${BASH_REMATCH[1]} begun=true
		elif [[ $text =~ ^([[:space:]]+)(.*)$ ]]; then
			! "$begun" || WORDS+=("$word")
			word='' begun=false
		else
			die "$1=$2 is no list of words" "Quotes must be in pairs."
		fi
		text=${BASH_REMATCH[2]}
	done
	! "$begun" || WORDS+=("$word")
}

# put_in_place FROM TO: TO is a copy of FROM, or as it was, if there is no room.
put_in_place()
{
	on_exit "rm -f $(printf %q "$2.part")"
	cp "$1" "$2.part"
	mv "$2.part" "$2"
}

# for_awk FILE: as a word of awk's -v, which takes backslashes for more.
for_awk()
{
	printf '%s\n' "${1//\\/\\\\}"
}

# for_guest WORD...: the same words, for the guest's shell to read.
for_guest()
{
	local word

	for word; do
		printf " '%s'" "${word//\'/\'\\\'\'}"
	done
}

# Commands to run when the script ends, last added first.
CLEANUP=()
on_exit()
{
	CLEANUP=("$*" "${CLEANUP[@]}")
}

run_cleanup()
{
	local status=$? command

	trap '' INT TERM HUP
	[ "$status" -eq 0 ] || tell_full
	for command in "${CLEANUP[@]}"; do
		eval "$command" || :
	done
}
trap run_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

. "$TOP/scripts/lib-paths.sh"
. "$TOP/scripts/lib-dirs.sh"

# check_machine NAME: the default one may have none.
check_machine()
{
	case $1 in
	'' | qemu | tcg | icount | um) ;;
	*) die "no machine \"$1\"" "Machines: qemu tcg icount um" ;;
	esac
}

# check_top: at the start of each command that builds something.
check_top()
{
	check_machine "${MACHINE:-}"
	[ ${#IGNORED[@]} -eq 0 ] ||
		warn "${IGNORED[*]} in the environment: ignored, for kernels and the module are compiled as the kernel's configuration says (the module's make takes KBUILD_FLAGS=)"
	IGNORED=()
	check_scratch
	check_path "the path of this checkout" "$TOP" \
		   "Move the checkout to a path without one."
	check_path "the output folder" "$OUT" \
		   "Set O= to a path without one."
}

# kmake ARGS...: make as if from an empty environment.  What the caller's own make
# was told (O=, V=, ARCH=, KDIR=, a closed job server) must not reach Kbuild, nor
# what the user's shell has for other builds.
kmake()
{
	local name
	local -a kept=("TMPDIR=$(build_tmpdir)")

	for name in PATH HOME USER LOGNAME TERM LC_ALL LD_LIBRARY_PATH \
		LD_PRELOAD "${!CCACHE_@}"; do
		[ -z "${!name+set}" ] || kept+=("$name=${!name}")
	done
	env -i "${kept[@]}" make --no-print-directory -j"$(job_count)" V="$V" "$@"
}

# arch_words ARCH: what Kbuild is told of an architecture, one word a line;
# nothing of this machine's own.
arch_words()
{
	[ -z "$1" ] || printf '%s\n' "ARCH=$1"
	[ "$1" != arm64 ] || printf '%s\n' CROSS_COMPILE=aarch64-linux-gnu-
}

. "$TOP/scripts/lib-compiler.sh"

# compiler_words ARCH: what our own Makefiles are told of an architecture, one
# word a line; nothing of this machine's own.
compiler_words()
{
	local jansson

	[ "$1" = arm64 ] || return 0
	jansson=$("$TOP/scripts/vm/fetch-arm64" jansson) || return
	printf '%s\n' CC=aarch64-linux-gnu-gcc "CPPFLAGS=-I$jansson/include" \
		"LDFLAGS=-L$jansson/lib"
}

# make for our own Makefiles, which show each command: only V=1 asks for that.
plain_make()
{
	if [ "$V" = 0 ]; then
		kmake -s "$@"
	else
		kmake "$@"
	fi
}

# image_release FILE: the release that an x86 boot image names in its header
# (Documentation/arch/x86/boot.rst: HdrS at 0x202, kernel_version at 0x20e).
image_release()
{
	local offset

	[ "$(dd if="$1" bs=1 skip=$((0x202)) count=4 2>/dev/null |
	     tr '\0' ' ')" = HdrS ] ||
		return 1
	offset=$(od -An -tu2 -j$((0x20e)) -N2 "$1")
	dd if="$1" bs=1 skip=$((offset + 0x200)) count=128 2>/dev/null |
		tr '\0' '\n' | sed -n '1s/ .*//p'
}

# kdir_release DIR: the release that modules built in DIR are for.  Debian
# overrides it on the command line, so kernel.release may not be it.
kdir_release()
{
	local header=$1/include/generated/utsrelease.h

	[ -r "$header" ] || return 1
	sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' "$header"
}

# builds_kernel: kernel/pick will not find the kernel of this run ready: it is to be built.
builds_kernel()
{
	[ -z "${KDIR:-}${KERNEL_IMAGE:-}" ] && [ "${KERNEL:-}" != stock ] || return
	[ -n "${KERNEL:-}${KERNEL_TREE:-}" ] || [ "${MACHINE:-}" = um ] ||
		[ "${ARCH:-x86_64}-${VARIANT:-release}" != x86_64-release ]
}

# need_packages GROUP...: setup-packages, with all that the kernel and the machine of this
# run need as well: a user is to be told once, before anything is done.
need_packages()
{
	local groups=("$@")

	[ "${ARCH:-}" != arm64 ] || groups+=(arm64)
	! builds_kernel || groups+=(kernel)
	"$TOP/scripts/setup-packages" "${groups[@]}"
}

# prepare GROUP...: what a run in a machine needs: the packages, a kernel (see
# kernel/pick), and the build for it in $BUILD.
prepare()
{
	check_top
	need_packages "$@"
	pick_kernel
	BUILD=$OUT/build/$KERNEL_NAME
	build_in "$BUILD"
}

# build_in DIR: scripts/build, for the kernel that pick_kernel found; and no other
# run removes DIR until this script ends.
build_in()
{
	KERNEL_ARCH=$KERNEL_ARCH "$TOP/scripts/build" "$KDIR" "$1" || return
	hold "$1/$MARK" || die "another run has just removed $1" "Start again."
}

# in_machine ARGUMENT...: vm/run, on the kernel that pick_kernel found and the
# machine that the user's variables name.
in_machine()
{
	local machine=${MACHINE:-qemu}

	[ "$machine-${WITHOUT_KVM:-}" != qemu-1 ] || machine=tcg
	"$TOP/scripts/vm/run" --kernel "$KERNEL_IMAGE" \
		--machine "$machine" --arch "${ARCH:-}" \
		--cpus "${CPUS:-}" --nodes "${NODES:-}" --mem "${MEM:-}" \
		--append "${APPEND:-}" "$@"
}

# pick_kernel: the kernel of this run, as variables, held in the cache.
pick_kernel()
{
	local file

	scratch_dir
	file=$SCRATCH/kernel
	# Another run may remove it between the two: then it is made again.
	for _ in 1 2 3; do
		"$TOP/scripts/kernel/pick" "$file" || exit 4
		# shellcheck source=/dev/null
		. "$file"
		[ -n "$KERNEL_DIR" ] || return 0
		! hold "$KERNEL_DIR/.inuse" || return 0
	done
	die "other runs remove $KERNEL_DIR as soon as it is made" \
	    "Give this one a cache folder of its own: MAGSLAB_CACHE=."
}
