# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A kernel's source with a patch of ours, beside the source, which others share
# and which stays as it is.  Sourced after lib.sh.

# patch_state SOURCE PATCH: whether SOURCE "takes" the patch, "has" it already,
# or "refuses" it.  Changes nothing.
patch_state()
{
	local -a words=(--dry-run --force --fuzz=0 -s -p1 -d "$1" -i "$2")

	if patch "${words[@]}" >/dev/null; then
		echo takes
	elif patch -R "${words[@]}" >/dev/null; then
		echo has
	else
		echo refuses
	fi
}

# patched_files PATCH: what it changes, one a line, from the top of the source.
patched_files()
{
	sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' "$1"
}

# parents FILE...: every folder above the files, one a line.
parents()
{
	local path

	for path; do
		while [[ $path == */* ]]; do
			path=${path%/*}
			echo "$path"
		done
	done | sort -u
}

# link_folder SOURCE TREE FOLDER: a folder of TREE whose entries are links to
# those of SOURCE, but for folders in $FOLDERS, which the caller makes, and files
# in $FILES, which are copied.
link_folder()
{
	local entry path

	mkdir -p "$2/$3"
	for entry in "$1${3:+/$3}"/*; do
		path=${3:+$3/}${entry##*/}
		if [[ " ${FOLDERS[*]} " == *" $path "* ]]; then
			continue
		elif [[ " ${FILES[*]} " == *" $path "* ]]; then
			cp -p "$entry" "$2/$path"
		else
			ln -s "$entry" "$2/$path"
		fi
	done
}

# keep_times OLD NEW: files that are what they were are as old as they were, or
# make would compile them again.
keep_times()
{
	local file

	for file in "${FILES[@]}"; do
		! cmp -s "$1/$file" "$2/$file" || cp -p "$1/$file" "$2/$file"
	done
}

# make_tree SOURCE PATCH TREE: TREE is SOURCE with the patch: links, and copies of
# the files that the patch changes.  One that is there already is brought up to date.
make_tree()
{
	local -a FILES FOLDERS
	local folder new=$3.new

	mapfile -t FILES < <(patched_files "$2")
	mapfile -t FOLDERS < <(parents "${FILES[@]}")
	rm -rf "$new"
	(
		shopt -s dotglob nullglob
		for folder in '' "${FOLDERS[@]}"; do
			link_folder "$1" "$new" "$folder"
		done
	)
	patch --force --fuzz=0 --no-backup-if-mismatch -s -p1 -d "$new" -i "$2" >&2
	keep_times "$3" "$new"
	rm -rf "$3"
	mv "$new" "$3"
}
