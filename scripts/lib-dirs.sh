# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Folders of ours: which they are, who uses them, and their removal; the cache
# folder is one.  Sourced by lib.sh.

# Each folder that we make, and may empty or remove, holds a file of this name.
MARK=.magslab-out

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

# own_dir DIR: DIR is there, and ours.  What another run makes of it meanwhile is ours:
# the mark comes first.
own_dir()
{
	is_ours "$1" || is_empty "$1" || is_ours "$1" ||
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

# cache_dir: the folder that outlives the checkout, in $CACHE.
cache_dir()
{
	CACHE=${MAGSLAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/magslab}
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
		is_empty "$CACHE" || is_old_cache || [ -e "$CACHE/$MARK" ] ||
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
