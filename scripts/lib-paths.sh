# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Names of folders, scratch files, and room on disks.  Sourced by lib.sh.

# Absolute, for those that work in another folder.
TMPDIR=$(realpath -ms -- "${TMPDIR:-/tmp}")
export TMPDIR
# The environment may hold a variable of that name.
SCRATCH=

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

# build_tmpdir: where make and compilers put theirs.  In a folder of an odd name they
# do not find all of them again.
build_tmpdir()
{
	if [ -z "$(odd_char "$TMPDIR")" ]; then
		echo "$TMPDIR"
	else
		echo /tmp
	fi
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
