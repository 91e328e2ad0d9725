# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the environment has to say, and what it has not; and how much of this
# machine a build may take.  Sourced by lib.sh, before all else.

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
	# Services are started without; without it, ~ is what the user's record says.
	[ -n "${HOME:-}" ] || {
		unset HOME
		export HOME=~
	}
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
