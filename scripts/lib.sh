# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts share: messages, clean-up, the cache and its locks.
# Sourced, never run.  Exit status 4 is a set-up or usage error everywhere.

# The environment may hold functions, and settings of shells and of the programs
# that the scripts run.  They would do other things than what is written here.
forget_environment()
{
	local name

	unset BASH_ENV ENV CDPATH GLOBIGNORE POSIXLY_CORRECT TMOUT LANGUAGE \
		GREP_OPTIONS TAR_OPTIONS GZIP XZ_OPT XZ_DEFAULTS PARALLEL \
		PERL5OPT BLOCKSIZE BLOCK_SIZE DF_BLOCK_SIZE DU_BLOCK_SIZE \
		LS_BLOCK_SIZE QUOTING_STYLE OMP_NUM_THREADS OMP_THREAD_LIMIT \
		SHELLCHECK_OPTS GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE \
		GCOV_PREFIX GCOV_PREFIX_STRIP
	export -n SHELLOPTS BASHOPTS
	while read -r _ _ name; do
		unset -f "$name"
	done < <(declare -Fx)
	# Messages and numbers are those of this locale.
	export LC_ALL=C
}
set +o posix +o noglob +o noclobber
forget_environment

# What compilers and Kbuild would read.  Nothing of it is for the kernels here, but
# a user may think so, and is told by check_top.
IGNORED=()
forget_compilers()
{
	local name

	for name in AR AS CC CPP CXX LD NM OBJCOPY OBJDUMP READELF STRIP HOSTCC \
		HOSTCXX HOSTLD LLVM LLVM_IAS CROSS_COMPILE SUBARCH CFLAGS \
		CPPFLAGS CXXFLAGS LDFLAGS HOSTCFLAGS HOSTLDFLAGS USERCFLAGS \
		USERLDFLAGS KCFLAGS KCPPFLAGS KAFLAGS KBUILD_OUTPUT \
		KBUILD_EXTMOD KBUILD_EXTRA_SYMBOLS KBUILD_VERBOSE \
		KCONFIG_CONFIG KCONFIG_ALLCONFIG LOCALVERSION KERNELRELEASE \
		INSTALL_MOD_PATH MAKEFILES CPATH C_INCLUDE_PATH LIBRARY_PATH \
		COMPILER_PATH GCC_EXEC_PREFIX; do
		[ -z "${!name:-}" ] || IGNORED+=("$name")
		unset "$name"
	done
}
forget_compilers

# Kernel developers and distributions have several words for one architecture.
case ${ARCH:-} in
x86 | amd64) ARCH=x86_64 ;;
aarch64) ARCH=arm64 ;;
esac

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
OUT=${O:-$TOP/out}
[[ $OUT == /* ]] || OUT=$TOP/$OUT
# Links stay, dots go.
OUT=$(realpath -ms -- "$OUT")
V=${V:-0}
PROG=${0##*/}
# Each folder that we make, and may empty or remove, holds a file of this name.
MARK=.magslab-out
# What is taken where a kernel of our own is needed and none is named.
# Scratch files are there also for those that work in another folder.
TMPDIR=$(realpath -ms -- "${TMPDIR:-/tmp}")
export TMPDIR
# A variable of the environment may have that name.
SCRATCH=
# shellcheck disable=SC2034 # for those that source this
NEWEST_KERNEL=7.3

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

# scratch_dir: a folder that goes when the script ends, in $SCRATCH.
scratch_dir()
{
	[ -z "$SCRATCH" ] || return 0
	check_scratch
	SCRATCH=$(mktemp -d "$TMPDIR/magslab.XXXXXX" 2>/dev/null) ||
		die "no scratch file can be made in $TMPDIR" \
		    "It may be full, or not yours: set TMPDIR= to another folder."
	on_exit "rm -rf $(printf %q "$SCRATCH")"
}

check_scratch()
{
	[ -d "$TMPDIR" ] ||
		die "there is no folder $TMPDIR for scratch files" \
		    "Make it, or set TMPDIR= to another one."
}

# odd_char PATH: one that is neither a letter, a digit, nor usual in names.
odd_char()
{
	local odd=${1//[A-Za-z0-9._\/+@~-]/}

	odd=${odd//[$'\x80'-$'\xff']/}
	case $odd in
	'') ;;
	[[:space:]]*) echo blank ;;
	*) printf '"%s"\n' "${odd:0:1}" ;;
	esac
}

# check_path WHAT PATH CURE: make, Kbuild and the shells that they start take many
# a character of a path of ours for something else.
check_path()
{
	local odd

	odd=$(odd_char "$2")
	[ -z "$odd" ] ||
		die "$1 \"$2\" has a $odd in it, which the kernel's build system cannot take" \
		    "$3"
	[[ /$2/ != */'~'/* ]] ||
		die "$1 $2 begins with a ~ that no shell has replaced" \
		    "Write it out: $HOME"
}

# check_top: at the start of each command that builds something.
check_top()
{
	[ ${#IGNORED[@]} -eq 0 ] ||
		warn "${IGNORED[*]} in the environment: ignored, for kernels and the module are compiled as the kernel's configuration says (the module's make takes KBUILD_FLAGS=)"
	IGNORED=()
	check_scratch
	check_path "the path of this checkout" "$TOP" \
		   "Move the checkout to a path without one."
	check_path "the output folder" "$OUT" \
		   "Set O= to a path without one."
}

# cache_dir: the folder that outlives the checkout, in $CACHE.
cache_dir()
{
	CACHE=${MAGSLAB_CACHE:-}
	if [ -z "$CACHE" ]; then
		CACHE=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
		[ -n "$CACHE" ] ||
			die "no cache folder: HOME is not set" \
			    "Set MAGSLAB_CACHE= to a folder of yours."
		CACHE=$CACHE/magslab
	fi
	CACHE=$(realpath -ms -- "$CACHE")
	check_path "the cache folder" "$CACHE" \
		   "Set MAGSLAB_CACHE= to a path without one."
	own_cache
}

# own_cache: the cache folder is ours.  Builds and sources that nobody needs are
# removed there, and so it must hold nothing else.
own_cache()
{
	[ "$(realpath -m "$CACHE")" != "$(realpath -m "$OUT")" ] ||
		die "MAGSLAB_CACHE= and O= are one folder, $CACHE" \
		    "Set them to two."
	[ -e "$CACHE/$MARK" ] || [ -z "${MAGSLAB_CACHE:-}" ] ||
		is_empty "$CACHE" || is_old_cache ||
		die "the cache folder $CACHE holds files that are not magslab's" \
		    "Set MAGSLAB_CACHE= to a new folder, or to an empty one."
	{ mkdir -p "$CACHE" && : >>"$CACHE/$MARK"; } 2>/dev/null ||
		die "the cache folder $CACHE cannot be written" \
		    "Set MAGSLAB_CACHE= to a folder of yours."
}

# is_old_cache: it was made when there was no mark yet: there is nothing in it but
# what we put into one, and the lock.
is_old_cache()
{
	[ -f "$CACHE/lock" ] && [ ! -s "$CACHE/lock" ] &&
		[ -z "$(find "$CACHE/" -mindepth 1 -maxdepth 1 ! -name apt \
			! -name arm64 ! -name build ! -name checkpatch \
			! -name kernel ! -name lock ! -name source)" ]
}

# Each script may start others.
STARTED_BY_US=$([ "${MAGSLAB_STARTED:-}" = true ] && echo true || echo false)
export MAGSLAB_STARTED=true
# Of which folder's disk has been told that it is full.
TOLD=
# Less than that on a disk is taken for the cause of what failed.
FULL_MIB=4

# free_mib DIR: on the disk where DIR is, or will be.  A disk may also be out of
# files that it can hold.
free_mib()
{
	local dir=$1

	while [ ! -e "$dir" ]; do
		dir=$(dirname "$dir")
	done
	df -k --output=avail,iavail,itotal "$dir" |
		awk 'NR == 2 { print ($2 == 0 && $3 > 0 ? 0 : int($1 / 1024)) }'
}

# space_cure DIR: what a user may do of DIR's disk.
space_cure()
{
	local variable=TMPDIR

	case $1/ in
	"$OUT"/*) variable=O ;;
	"${CACHE:-none}"/*) variable=MAGSLAB_CACHE ;;
	esac
	echo "Free some space, or set $variable= to a folder on a larger disk."
}

# need_space DIR MIB WHAT
need_space()
{
	local free

	free=$(free_mib "$1")
	[ "$free" -ge "$2" ] || {
		TOLD=$1
		die "$3: $2 MiB are needed in $1, and $free MiB are free" \
		    "$(space_cure "$1")"
	}
}

# tell_full: of the folders that this script writes to; of that of outputs only
# the script which the user started.
tell_full()
{
	local dir
	local -a dirs=("${SCRATCH:-}" "${CACHE:-}")

	"$STARTED_BY_US" || dirs+=("$OUT")
	for dir in "${dirs[@]}"; do
		[ -z "$dir" ] || [[ $TOLD/ == "$dir"/* ]] ||
			[ "$(free_mib "$dir")" -ge "$FULL_MIB" ] || {
			say "the disk of $dir is full"
			space_cure "$dir" | sed 's/^/    /' >&2
		}
	done
}

# lock FILE WHAT: hold FILE's lock until the script ends or unlocks it; say
# when it waits.  Its folder may be removed meanwhile: the lock counts only if
# the file is still that one.
lock()
{
	while :; do
		mkdir -p "$(dirname "$1")"
		exec {LOCK_FD}>>"$1"
		if ! flock -n "$LOCK_FD"; then
			say "waiting for another run that $2"
			flock "$LOCK_FD"
		fi
		[ ! "$1" -ef "/dev/fd/$LOCK_FD" ] || return 0
		unlock
	done
}

# Release the lock taken last.
unlock()
{
	exec {LOCK_FD}>&-
}

# hold FILE: hold a folder's file, and so the folder, against its removal until the
# script ends.  Fails if it is gone already.
hold()
{
	local fd

	exec {fd}<"$1" || return
	flock -s "$fd"
	[ "$1" -ef "/dev/fd/$fd" ]
} 2>/dev/null

# try_locks FILE...: hold those that are there, in $LOCKS.  Fails if another run
# holds one.
try_locks()
{
	local file fd free=true

	LOCKS=()
	for file; do
		[ -e "$file" ] || continue
		exec {fd}<"$file"
		LOCKS+=("$fd")
		flock -n "$fd" || free=false
	done
	"$free"
}

drop_locks()
{
	local fd

	for fd in "${LOCKS[@]}"; do
		exec {fd}<&-
	done
}

is_empty()
{
	[ ! -e "$1" ] || { [ -d "$1" ] && [ -z "$(ls -A "$1")" ]; }
}

# is_ours DIR: we have made it.
is_ours()
{
	[ -f "$1/$MARK" ] || is_old_output "$1"
}

# is_old_output DIR: the same, when there was no mark yet: it is in the checkout's
# own out/, and holds a file by a name that we give.
is_old_output()
{
	[ -f "$1/.magslab-results" ] || {
		[ "$OUT" -ef "$TOP/out" ] && [[ $1 == "$OUT"/* ]] &&
			[ -n "$(find "$1/" -maxdepth 4 '(' -name console.log -o \
				-name summary -o -name '*.tap' -o -name lock -o \
				-name '7.3-*.json' -o -name joblog ')' \
				-print -quit 2>/dev/null)" ]
	}
}

# own_dir DIR: DIR is there, and ours.
own_dir()
{
	is_ours "$1" || is_empty "$1" ||
		die "$1 holds files that are not magslab's" \
		    "Name another folder: O=." \
		    "If all of it is an earlier magslab's: touch $1/$MARK"
	{ mkdir -p "$1" && : >>"$1/$MARK"; } 2>/dev/null ||
		die "the folder $1 cannot be written" \
		    "Set O= to a folder of yours."
}

# new_dir DIR: the same, and empty.  Until this script ends no other run gets it so:
# each waits for the one before.
declare -A NEW
new_dir()
{
	own_dir "$1"
	[ -n "${NEW[$1]:-}" ] || lock "$1/$MARK" "writes to $1"
	NEW[$1]=1
	find "$1/" -mindepth 1 -maxdepth 1 ! -name "$MARK" -exec rm -rf {} +
}

# remove_own DIR: remove it if it is ours and no run uses it, or what is in it.
# Fails if it is still there.
remove_own()
{
	local status=1
	local -a marks

	[ -e "$1" ] || return 0
	is_ours "$1" || {
		warn "$1 holds files that are not magslab's: it stays"
		return 1
	}
	mapfile -d '' marks < <(find "$1/" -maxdepth 3 -name "$MARK" -print0)
	if ! try_locks "${marks[@]}"; then
		warn "another run uses $1: it stays"
	elif rm -rf "$1"; then
		status=0
	fi
	drop_locks
	return "$status"
}

# remove_tree DIR: what is left by one that is interrupted has another name, and
# is taken for nothing.
remove_tree()
{
	local doomed

	[ -e "$1" ] || return 0
	doomed=$(mktemp -d "${1%/*}/.removed.XXXXXX")
	mv "$1" "$doomed/" && rm -rf "$doomed"
}

# remove_unheld DIR: remove a folder of the cache, unless a run holds it or
# builds in it.
remove_unheld()
{
	if try_locks "$1/.inuse" "$1/lock"; then
		say "removing ${1#"$CACHE"/} from the cache"
		remove_tree "$1"
	fi
	drop_locks
}

# Where the kernel says what this process may use.
CGROUPS=/sys/fs/cgroup
MEMINFO=/proc/meminfo
# Of the compilers that run at once.
JOB_MIB=512

# limits FILE: what the control groups of this process, and those above them, hold
# in FILE.  In a container their paths may be those of the host: so at last, the
# top.
limits()
{
	local path

	while IFS=: read -r _ _ path; do
		while [ -n "$path" ]; do
			cat "$CGROUPS/${1%/*}$path/${1##*/}" 2>/dev/null || :
			path=${path%/*}
		done
	done </proc/self/cgroup
	cat "$CGROUPS/$1" 2>/dev/null || :
}

# cpu_count: CPUs that this process may use: a container's quota may be less than
# the CPUs of its host.
cpu_count()
{
	{
		nproc
		limits ./cpu.max | awk '/^[1-9]/ { print $1 / $2 }'
		paste <(limits cpu/cpu.cfs_quota_us) \
			<(limits cpu/cpu.cfs_period_us) |
			awk '$1 > 0 && $2 > 0 { print $1 / $2 }'
	} | awk '{ n = int($1); n += n < $1 }
		 NR == 1 || n < least { least = n }
		 END { print least }'
}

# memory_mib: memory that this process may use.
memory_mib()
{
	{
		awk '/^MemAvailable:/ { print $2 * 1024 }' "$MEMINFO"
		limits ./memory.max
		limits memory/memory.limit_in_bytes
	} | awk '$1 !~ /^[0-9]/ { next }
		 !found++ || $1 < least { least = $1 }
		 END { printf "%d\n", least / 1048576 }'
}

# job_count: compilers to run at once: as many as make -jN says, or as there are
# CPUs and memory for.  What follows " -- " there are other words of make's.
job_count()
{
	local cpus mib flags

	flags=" ${MAKEFLAGS:-}"
	if [[ ${flags%% -- *} =~ [[:space:]]-j([1-9][0-9]*) ]]; then
		echo "${BASH_REMATCH[1]}"
		return
	fi
	cpus=$(cpu_count)
	mib=$(memory_mib)
	awk -v cpus="$cpus" -v most=$((mib / JOB_MIB)) 'BEGIN {
		print (most >= cpus ? cpus : most >= 1 ? most : 1) }'
}

# kmake ARGS...: make as if from an empty environment.  What the caller's own make
# was told (O=, V=, ARCH=, KDIR=, a closed job server) must not reach Kbuild, nor
# what the user's shell has for other builds.
kmake()
{
	local name
	local -a kept=()

	# Of a folder of an odd name, make would not find its own files.
	[ -n "$(odd_char "$TMPDIR")" ] || kept+=("TMPDIR=$TMPDIR")
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

# prepare GROUP...: what a run in a machine needs: the packages, a kernel (see
# kernel/pick), and the build for it in $BUILD.
prepare()
{
	local groups=("$@")

	check_top
	[ "${ARCH:-}" != arm64 ] || groups+=(arm64)
	"$TOP/scripts/setup-packages" "${groups[@]}"
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
	"$TOP/scripts/vm/run" --kernel "$KERNEL_IMAGE" \
		--machine "${MACHINE:-}" --arch "${ARCH:-}" \
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
