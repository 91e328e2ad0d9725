#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# environment.sh: what stands in the environment for other programs changes no
# command of ours; and what is for us, does.  TAP on standard output.
# shellcheck disable=SC2016 # for other shells
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# The names that the kernel's make found in its environment.
names_in_make()
{
	sed -zn 's/=.*//p' "$WORK/make.env" | tr '\0' '\n' | sort
}

# What kernel developers have in their shells.
DEVELOPER=(CROSS_COMPILE=no-such- LLVM=1 CC=no-such-cc LD=no-such-ld
	   KBUILD_OUTPUT=/no/such CFLAGS=--no-such LDFLAGS=--no-such
	   KCFLAGS=--no-such LOCALVERSION=-mine KBUILD_EXTMOD=/no/such
	   KCONFIG_CONFIG=/no/such MAKEFILES=/no/such CPATH=/no/such INSTALL_MOD_PATH=/no/such)

# What changes what shells and their usual programs do.
SHELL_USER=(CDPATH=. POSIXLY_CORRECT=1 'GREP_OPTIONS=--color=always'
	    'TAR_OPTIONS=--no-such' GLOBIGNORE='*' TMOUT=1 XZ_OPT=--no-such
	    'BASH_FUNC_say%%=() { exit 9; }' 'BASH_FUNC_cp%%=() { exit 9; }'
	    OMP_NUM_THREADS=7 DF_BLOCK_SIZE=4G GIT_DIR=/no/such
	    SHELLOPTS=noclobber:noglob LANGUAGE=de IFS=/)

test_build()
{
	status "make, in a developer's shell" 0 \
		in_copy "${DEVELOPER[@]}" make KDIR="$KDIR"
	says "what is ignored is said" 'warning: .*CROSS_COMPILE.* ignored'
	is "once" "$(grep -c CROSS_COMPILE "$tap_out")" 1
	is "nothing of it reaches the kernel's make" "$(names_in_make |
		grep -vxE 'PATH|HOME|USER|LOGNAME|TERM|TMPDIR|LC_ALL|MAKE.*|MFLAGS|PWD|SHLVL|_|WORDS|FLAGS|KCFLAGS')" ""
	status "make demo" 0 in_copy "${DEVELOPER[@]}" make demo
	is "said once as well" "$(grep -c CROSS_COMPILE "$tap_out")" 1
	status "make kunit" 0 in_copy "${DEVELOPER[@]}" make kunit
	is "and there" "$(grep -c CROSS_COMPILE "$tap_out")" 1
	status "nothing is said of nothing" 0 in_copy make demo
	is "no warning" "$(grep -c warning: "$tap_out")" 0
	status "compilers' caches are kept" 0 \
		in_copy CCACHE_DIR=/kept make KDIR="$KDIR"
	is "for the kernel's make" "$(names_in_make | grep CCACHE)" CCACHE_DIR
	status "what is meant for the module's make reaches it" 0 \
		in_copy make KDIR="$KDIR" KBUILD_FLAGS=KCFLAGS=-mine
	is "by KBUILD_FLAGS" "$(cat "$WORK/make.kcflags")" -mine
}

# same NAME COMMAND...: the machine of make demo is given the same as in an
# environment that is empty.
same()
{
	in_copy "${@:2}" >"$tap_out" 2>&1 || diag_output
	is "$1" "$(diff "$GIVEN/arguments" "$WORK/expected" 2>&1)" ""
}

test_shells()
{
	local variable

	echo 'cd /; set -f; echo noise' >"$WORK/bash_env"
	in_copy BASH_ENV="$WORK/bash_env" make demo >"$tap_out" 2>&1
	is "BASH_ENV is not read" "$(grep -c noise "$tap_out")" 0
	in_copy make demo >"$tap_out" 2>&1
	cp "$GIVEN/arguments" "$WORK/expected"
	same "all of them, make demo" "${SHELL_USER[@]}" make demo ||
		for variable in "${SHELL_USER[@]}"; do
			same "${variable%%=*}" "$variable" make demo
		done
	same "all of them, scripts/demo" "${SHELL_USER[@]}" scripts/demo ||
		for variable in "${SHELL_USER[@]}"; do
			same "${variable%%=*}" "$variable" scripts/demo
		done
	status "tests that need globs" 0 in_copy SHELLOPTS=noglob \
		make trace SCRIPT=slabrate
	status "lists that are read while the clock runs" 0 \
		in_copy TMOUT=1 POSIXLY_CORRECT=1 make kernels KERNELS=7.3:um:debug
}

# cache VARIABLE=VALUE...: the cache folder, which is not made.
cache()
{
	in_copy env -u HOME "$@" bash -c '. scripts/lib.sh
		own_cache() { :; }
		cache_dir
		echo "$CACHE"' 2>&1
}

# As a service is started.
test_home()
{
	local home

	home=$(getent passwd "$(id -u)" | cut -d : -f 6)
	is "without HOME, it is where the user's record says" "$(cache)" \
		"${home%/}/.cache/magslab"
	is "and so where HOME is empty" "$(cache HOME=)" \
		"${home%/}/.cache/magslab"
	is "which is not asked where HOME says it" "$(cache HOME=/of/mine)" \
		/of/mine/.cache/magslab
	is "nor where the cache is named" "$(cache MAGSLAB_CACHE=/of/mine)" /of/mine
}

# arch NAME ARCH... : what the machine is told.
test_arch()
{
	local word

	for word in x86 x86_64 amd64; do
		in_copy ARCH=$word make demo >"$tap_out" 2>&1
		is "ARCH=$word" "$(values --arch)" x86_64
	done
	for word in arm64 aarch64; do
		in_copy make demo ARCH=$word >"$tap_out" 2>&1
		is "ARCH=$word" "$(values --arch)" arm64
	done
	cp "$TOP/scripts/kernel/pick" "$COPY/scripts/kernel/pick"
	rm -f "$WORK/kernels"
	in_copy scripts/kernels 7.3 >"$tap_out" 2>&1
	in_copy ARCH=x86 KERNEL=7.3 scripts/kernel/pick "$WORK/picked" \
		>"$tap_out" 2>&1
	is "a kernel for ARCH=x86" "$(tail -n 1 "$WORK/kernels")" "7.3 x86_64 release"
	status "ARCH=um" 4 in_copy ARCH=um scripts/kernel/pick "$WORK/picked"
	says "has another name" MACHINE=um
	status "ARCH=riscv" 4 in_copy ARCH=riscv scripts/kernel/pick "$WORK/picked"
	says "is said to be none" 'no architecture "riscv"'
	make_copy
}

# What the kernel's make was told of jobs.
jobs_of()
{
	grep -oE -- '(^| )-j[0-9]*' "$WORK/make.flags" | tr -d ' '
}

test_jobs()
{
	in_copy make -j3 KDIR="$KDIR" >"$tap_out" 2>&1
	is "make -j3" "$(jobs_of)" -j3
	in_copy MAKEFLAGS=-j5 make KDIR="$KDIR" >"$tap_out" 2>&1
	is "MAKEFLAGS=-j5" "$(jobs_of)" -j5
	in_copy make -j1 KDIR="$KDIR" CMD='make -j9 x' >"$tap_out" 2>&1
	is "make -j1, and another -j in a word" "$(jobs_of)" -j1
	in_copy make -kj4 KDIR="$KDIR" >"$tap_out" 2>&1
	is "make -kj4" "$(jobs_of)" -j4
}

# jobs_on CPUS MEMORY_KIB FILE=VALUE...: how many jobs, in a container.
jobs_on()
{
	local word file

	rm -rf "$WORK/cgroup"
	for word in "${@:3}"; do
		file=$WORK/cgroup/${word%%=*}
		mkdir -p "${file%/*}"
		echo "${word#*=}" >"$file"
	done
	echo "MemAvailable: $2 kB" >"$WORK/meminfo"
	CPUS=$1 bash -c '. "$1/scripts/lib.sh"
		nproc() { echo "$CPUS"; }
		CGROUPS=$2/cgroup MEMINFO=$2/meminfo
		job_count' bash "$TOP" "$WORK"
}

test_containers()
{
	local much=99999999

	is "as many as CPUs" "$(jobs_on 4 $much)" 4
	is "a quota of two CPUs" "$(jobs_on 64 $much "cpu.max=200000 100000")" 2
	is "of one and a half" "$(jobs_on 64 $much "cpu.max=150000 100000")" 2
	is "of less than one" "$(jobs_on 64 $much "cpu.max=50000 100000")" 1
	is "none" "$(jobs_on 8 $much "cpu.max=max 100000")" 8
	is "of more than there are" \
		"$(jobs_on 2 $much "cpu.max=800000 100000")" 2
	is "by groups of version 1" "$(jobs_on 64 $much \
		cpu/cpu.cfs_quota_us=300000 cpu/cpu.cfs_period_us=100000)" 3
	is "no quota by version 1" "$(jobs_on 8 $much \
		cpu/cpu.cfs_quota_us=-1 cpu/cpu.cfs_period_us=100000)" 8
	is "little memory" "$(jobs_on 64 2200000)" 4
	is "little memory in a group" \
		"$(jobs_on 64 $much memory.max=1073741824)" 2
	is "by version 1" "$(jobs_on 64 $much \
		memory/memory.limit_in_bytes=1073741824)" 2
	is "no limit" "$(jobs_on 8 $much memory.max=max)" 8
	is "hardly any" "$(jobs_on 64 100000)" 1
}

test_locale()
{
	if localedef -i de_DE -f UTF-8 "$WORK/de_DE.UTF-8" 2>/dev/null ||
		[ -d "$WORK/de_DE.UTF-8" ]; then
		for name in flame bench repeat_pair; do
			"test_locale_$name"
		done
	else
		skip "decimal commas" "there is no source of locales here"
	fi
}

in_german()
{
	LOCPATH=$WORK LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 "$@"
}

test_locale_flame()
{
	status "the flame graph, where decimals have a comma" 0 \
		in_german "$TOP/tests/host/flame.sh"
}

test_locale_bench()
{
	status "the report of make bench, there" 0 \
		in_german "$TOP/tests/host/bench.sh"
}

test_locale_repeat_pair()
{
	local make='{magslab: {backends: [{name: "b", ops: [{name: "o",
		per_operation: {mean: $mean, p50: 7.5}}]}], net_of_noop: []}}'

	jq -n --argjson mean 1000.5 "$make" >"$WORK/a.json"
	jq -n --argjson mean 1006.5 "$make" >"$WORK/b.json"
	status "two boots that differ" 1 in_german \
		"$TOP/tests/host/repeat.sh" "$WORK/a.json" "$WORK/b.json"
	says "by how much" '1000.5, then 1006.5: \+0.5997 %'
}

make_copy
test_build
test_shells
test_home
test_arch
test_jobs
test_containers
test_locale
tap_done
