#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# remove.sh: no command removes or overwrites a file that is not ours, whatever O=,
# MAGSLAB_CACHE= and TMPDIR= name; and each removes what is ours.  TAP on standard
# output.
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# Names that the commands use in O= and in the cache folder, as a user may have
# used them as well.
NAMES=(build build/made-up build/made-up/module build/made-up/bench build/sparse
       build/unit build/host build/host/module
       build/7.3-x86_64-release-0123456789ab bench bench/7.3-icount bench/7.3-um
       bench/made-up-icount bench/made-up-um coverage coverage/tests demo flame
       flame/skb-magazine fresh fresh/bookworm kunit matrix matrix/7.3-um-debug
       test test/qemu torture torture/named trace trace/slabrate trace-test trace-test/made-up vm kernel kernel/mine source
       source/linux-7.3 source/linux-own apt arm64 arm64/jansson checkpatch)
TARGETS=(all demo vm test kunit bench bench-baseline trace flame trace-test
	 torture coverage matrix check kernels kernels-clean clean)

# fill DIR: a user's files, under all these names.
fill()
{
	local name file

	for name in "${NAMES[@]}"; do
		mkdir -p "$1/$name"
		for file in env lock .inuse summary console.log; do
			echo "mine: $name/$file" >"$1/$name/$file"
		done
	done
	echo mine >"$1/lock"
}

# What is in these folders, with a sum of each file.
listing()
{
	find "$@" '(' -type l -printf '%p -> %l\n' ')' -o \
		'(' -type f -exec sha256sum {} + ')' | LC_ALL=C sort
}

# keeps NAME DIR...: what was in the folders before, in $WORK/before, still is.
keeps()
{
	listing "${@:2}" >"$WORK/after"
	is "$1" "$(LC_ALL=C comm -23 "$WORK/before" "$WORK/after" | head -n 5)" ""
}

run()
{
	local OWN=()

	[ "$1" != all ] || OWN=(KDIR="$KDIR")
	in_copy MACHINE="${MACHINE:-}" make "$@" SCRIPT=slabrate CHECKS=sparse \
		CELLS=7.3:um:debug KERNELS=7.3 "${OWN[@]}" >"$tap_out" 2>&1
}

# each_target NAME DIR... VARIABLE=VALUE: all of them, one after the other.
each_target()
{
	local name=$1 target
	local -a dirs=("${@:2:$#-2}")

	listing "${dirs[@]}" >"$WORK/before"
	for target in "${TARGETS[@]}"; do
		run "$target" "${@: -1}"
		keeps "make $target, $name" "${dirs[@]}"
	done
}

# As a checkout has work that is not committed, in bench/ and kunit/.
test_output()
{
	make_copy
	fill "$WORK/home"
	each_target "O is the home" "$WORK/home" O="$WORK/home"
	each_target "O is the checkout" "$COPY/bench" "$COPY/kunit" "$COPY/kmod" O=.
	fill "$WORK/data"
	ln -s data "$WORK/link"
	TARGETS=(demo test bench clean)
	each_target "O is a link" "$WORK/data" O="$WORK/link"
	run demo O="$WORK/home"
	says "what is not ours is named" "$WORK/home/(build|demo) holds files"
	run clean O=.
	says "by clean as well" "$COPY/bench holds files"
	status "which fails" 2 in_copy make clean O=.
}

test_cache()
{
	make_copy
	fill "$WORK/home"
	cp "$TOP"/scripts/kernel/{build,pick} "$COPY/scripts/kernel/"
	TARGETS=(demo check kernels kernels-clean clean)
	# Nothing is to be fetched.
	for name in apt-get apt-cache dpkg-deb; do
		fake "$WORK/none/$name" <<<$'#!/bin/sh\nexit 1'
	done
	PATH=$WORK/none:$PATH each_target "the cache is the home" "$WORK/home" \
		MAGSLAB_CACHE="$WORK/home"
	status "it is refused" 2 \
		in_copy make kernels-clean MAGSLAB_CACHE="$WORK/home"
	says "it is said" "cache folder $WORK/home holds files"
	run kernels-clean MAGSLAB_CACHE=.
	says "the checkout is none either" "cache folder $COPY/?.? holds files"
	PATH=$WORK/none:$PATH status "kernel/fetch" 4 in_copy \
		MAGSLAB_CACHE="$WORK/home" scripts/kernel/fetch
	says "is refused, too" "cache folder $WORK/home holds files"
	status "a folder for both" 2 \
		in_copy make kernels-clean MAGSLAB_CACHE=out O=out
}

test_scratch()
{
	local dir

	make_copy
	fill "$WORK/home"
	TARGETS=(all demo trace bench kernels-clean clean)
	for dir in "$WORK/home" . ..; do
		each_target "scratch files in $dir" "$WORK/home" \
			"$COPY"/{bench,kunit} "TMPDIR=$dir"
	done
	is "nothing is left there" \
		"$(find "$WORK/home" "$COPY" "$WORK" -maxdepth 1 -name 'magslab.*')" ""
}

# What we made, we replace and remove.
test_ours()
{
	local name

	make_copy
	mkdir -p "$WORK/new"
	for name in demo vm trace flame kunit test; do
		run "$name" O="$WORK/new"
		find "$WORK/new/$name" -name fake.tap -execdir touch stale ';'
		run "$name" O="$WORK/new"
		is "make $name begins anew" \
			"$(find "$WORK/new/$name" -name stale)" ""
	done
	status "make check, of one kernel after the other" 0 in_copy timeout 60 \
		make check CHECKS=sparse KERNELS="6.1 7.3" O="$WORK/new"
	says "of both" "sparse, Linux 7.3"
	run bench O="$WORK/new" MACHINE=um
	touch "$WORK/new/notes"
	status "make clean" 0 in_copy make clean O="$WORK/new"
	is "leaves what is not ours" "$(ls -A "$WORK/new")" notes
	rm "$WORK/new/notes"
	run demo O="$WORK/new"
	run clean O="$WORK/new"
	is "and else nothing" "$(ls -d "$WORK/new" 2>/dev/null)" ""
}

# Of before there was a mark.
test_old()
{
	make_copy
	mkdir -p "$COPY"/out/{build/made-up/module,demo,vm,test,bench/7.3-um}
	touch "$COPY"/out/{demo,vm}/console.log "$COPY/out/test/summary" \
		"$COPY/out/build/made-up/lock" "$COPY/out/bench/7.3-um.json"
	echo old >"$COPY/out/demo/stale"
	status "the checkout's own out/ is taken for ours" 0 in_copy make demo
	is "and emptied" "$(ls "$COPY/out/demo/stale" 2>/dev/null)" ""
	status "and removed" 0 in_copy make clean
	is "all of it" "$(ls -d "$COPY/out" 2>/dev/null)" ""
	mkdir -p "$COPY/out/demo"
	echo mine >"$COPY/out/demo/letter"
	status "not if it never was" 2 in_copy make demo
	is "that is left" "$(cat "$COPY/out/demo/letter")" mine
	mkdir -p "$WORK/old/"{apt,kernel,build}
	touch "$WORK/old/lock"
	status "a cache of before" 0 \
		in_copy make kernels-clean MAGSLAB_CACHE="$WORK/old"
	mkdir -p "$WORK/home/.cache/magslab/other"
	status "the one in ~/.cache" 0 in_copy make kernels-clean
	mkdir -p "$WORK/empty"
	status "an empty one" 0 \
		in_copy make kernels-clean MAGSLAB_CACHE="$WORK/empty"
	touch "$WORK/empty/other"
	status "which is ours from then on" 0 \
		in_copy make kernels-clean MAGSLAB_CACHE="$WORK/empty"
}

test_tree()
{
	local tree=$WORK/tree/drivers/misc

	make_copy
	mkdir -p "$tree" "$WORK/other"
	printf 'menu "x"\nendmenu\n' >"$tree/Kconfig"
	echo 'obj-y += x.o' >"$tree/Makefile"
	ln -s "$WORK/other" "$tree/magslab"
	listing "$WORK/tree" >"$WORK/before"
	status "a link of the user's is not replaced" 4 \
		in_copy scripts/kernel/into-tree "$WORK/tree"
	keeps "it stays, and all else" "$WORK/tree"
	status "nor removed" 4 \
		in_copy scripts/kernel/into-tree --remove "$WORK/tree"
	keeps "it stays there, too" "$WORK/tree"
	rm "$tree/magslab"
	listing "$WORK/tree" >"$WORK/before"
	status "ours is made" 0 in_copy scripts/kernel/into-tree "$WORK/tree"
	status "and made again" 0 in_copy scripts/kernel/into-tree "$WORK/tree"
	status "and removed" 0 \
		in_copy scripts/kernel/into-tree --remove "$WORK/tree"
	keeps "and the tree is as it was" "$WORK/tree"
}

# What a script gets as its folder for results.
test_arguments()
{
	make_copy
	fill "$WORK/data"
	listing "$WORK/data" >"$WORK/before"
	in_copy KDIR="$KDIR" scripts/test-on "$WORK/data/test" kunit >/dev/null 2>&1
	in_copy scripts/trace-test --into "$WORK/data/trace" >/dev/null 2>&1
	in_copy scripts/matrix --cell 7.3:um:debug "$WORK/data/matrix" >/dev/null 2>&1
	in_copy scripts/build "$KDIR" "$WORK/data/build/made-up" >/dev/null 2>&1
	keeps "a folder that is named" "$WORK/data"
	: >"$WORK/linux" && : >"$WORK/job"
	status "the machine's folder" 4 in_copy "$TOP/scripts/vm/run" \
		--kernel "$WORK/linux" --job "$WORK/job" --out "$WORK/data/demo"
	keeps "is left alone, too" "$WORK/data"
}

test_output
test_cache
test_scratch
test_ours
test_old
test_tree
test_arguments
tap_done
