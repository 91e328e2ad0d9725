# SPDX-License-Identifier: GPL-2.0-only
# Every command of the project: make help lists them.  Each is a script in
# scripts/, which says more with --help.
#
# Variables, of every command that boots a machine:
#   KERNEL=7.3           6.1, 6.12 or 7.3, built here from Debian's sources, or
#                        stock, the distribution's own; demo and vm boot stock
#   KERNEL_TREE=DIR      a kernel's source of yours, built here, instead
#   KDIR=DIR             headers or build folder of a kernel of yours, instead
#   KERNEL_IMAGE=FILE    its bzImage, vmlinuz or linux, where it is not found
#   VARIANT=release      or debug, kcsan, rt, gcov, trace: how that kernel is built
#   UM_SOFT_IPI=1        or 0: a kernel for um without our patch, so that masking
#                        interrupts costs a system call there
#   MACHINE=qemu         with KVM where it works; or tcg, without; or icount,
#                        counting instructions; or um, User-Mode Linux
#   ARCH=x86_64          (or x86, amd64) or arm64 (aarch64), in QEMU
#   CPUS=2 NODES=1       CPUs of the machine (icount: 1), nodes of memory
#   MEM=1024             MiB of memory
#   APPEND=...           further kernel arguments
# and of all or single ones:
#   V=1                  show commands, and the console of the machine
#   O=out                where everything that is built goes; a folder in it that
#                        magslab has not made stays as it is
#   MAGSLAB_CACHE=~/.cache/magslab  where kernels are kept, 12 GB at most
#   FLAVOUR=cloud-amd64  of the distribution's kernel, of those it offers
#   REFRESH=1            ask for a newer one now, not once a day
#   CHECKS=...           make check: these checks, not all
#   KERNELS=...          make kernels: these, e.g. "6.1 7.3:um:debug", not all;
#                        make matrix, bench, check, trace-test: on these, e.g.
#                        "6.12 7.3"
#   CELLS=...            make matrix: these, e.g. "6.1:qemu:debug 7.3:um:release"
#   JOBS=1 SSHLOGIN=...  make matrix: cells at a time, hosts
#   SCRIPT=magsteps      make trace: a script of scripts/bpf; ARGS=... for it
#   WORKLOAD=skb BACKEND=magazine LOAD="-d 3s"  make trace, flame: magctl run
#   LOAD_FILE=...        make trace: a program, script or C file of yours is run
#                        instead, with the words of LOAD
#   ROWS=20              make trace: of a table, at most; 0 is all
#   OVERHEAD=3           make trace: what the script costs, in so many rounds
#   HOURS=0.5 SEED=1     make torture: for so long, and with the random numbers of
#                        that seed
#   SCRIPTS=...          make trace-test: the tests of these scripts, not all
#   CMD=...              make vm: a command in place of the shell
#   COVERAGE_MIN=90      make coverage: least percentage of lines
#   KBUILD_FLAGS=...     words for the make that builds the module, e.g. W=1
#
# make -jN: compilers that run at once; as many as this machine or container has
# CPUs.  Of the environment, CROSS_COMPILE=, LLVM=, CC=, KBUILD_OUTPUT= and their
# like are ignored, with a warning: see Documentation/machines.rst.
#
# make expands nothing in what they say.  Those that hold several words part them
# at blanks; quotes hold a word together.
#
# make all is for this machine's own kernel unless one is named.
VARIABLES := APPEND ARCH ARGS BACKEND CELLS CHECKS CMD COVERAGE_MIN CPUS FLAVOUR \
	HOURS JOBS KBUILD_FLAGS KDIR KERNEL KERNELS KERNEL_IMAGE KERNEL_TREE LOAD \
	LOAD_FILE MACHINE MAGSLAB_CACHE MEM NODES O OVERHEAD REFRESH ROWS SCRIPT \
	SCRIPTS SEED SSHLOGIN UM_SOFT_IPI V VARIANT WORKLOAD

# A variable that is none of these would be ignored: a name misspelt, or one that
# only the kernel's own make knows.
said := $(foreach v,$(.VARIABLES),$(if $(findstring command line,$(origin $v)),$v))
unknown := $(filter-out $(VARIABLES) MAKEFLAGS,$(said))
ifneq ($(unknown),)
$(error there is no variable $(addsuffix =,$(unknown)) make help lists those \
	there are; KBUILD_FLAGS="..." has words for the build of the module)
endif

# The user's words as they are, not what make would expand them to.
$(foreach v,$(VARIABLES),$(eval override $v := $$(value $v)))
# One that is empty is the default as well.
override O := $(or $(O),out)
override V := $(or $(V),0)

# Shells would heed these before the scripts see to it.
unexport BASH_ENV ENV CDPATH GLOBIGNORE POSIXLY_CORRECT SHELLOPTS BASHOPTS

# What is empty stays out: to the kernel's build, ARCH= is an architecture.
export $(foreach v,$(VARIABLES),$(if $($v),$v))
unexport $(foreach v,$(VARIABLES),$(if $($v),,$v))

.PHONY: all
all: ## magslab.ko and magctl, for the running kernel unless one is named
	@scripts/all

.PHONY: demo
demo: ## compare allocators in a machine: percentiles and JSON
	@scripts/demo

.PHONY: test
test: ## every test: here, in QEMU, under User-Mode Linux
	@scripts/test

.PHONY: kunit
kunit: ## the KUnit suites, in QEMU and under User-Mode Linux
	@scripts/kunit

.PHONY: torture
torture: ## the allocator and the device under all at once; HOURS=...
	@scripts/torture

.PHONY: matrix
matrix: ## the tests on every kernel, machine and variant, in one table
	@scripts/matrix

.PHONY: bench
bench: ## what an allocation costs: magslab, SLUB, the floor; fails if it rose
	@scripts/bench

.PHONY: bench-baseline
bench-baseline: ## the same, and keep the figures as bench/baseline.json
	@scripts/bench --update

.PHONY: trace
trace: ## a script of scripts/bpf on a workload, in a machine: SCRIPT=...
	@scripts/trace

.PHONY: flame
flame: ## a flame graph of a workload, and the allocators' share of CPU
	@scripts/flame

.PHONY: trace-test
trace-test: ## each script on loads of known counts, compared exactly
	@scripts/trace-test

.PHONY: coverage
coverage: ## lines and branches of the module that the tests execute
	@scripts/coverage

.PHONY: check
check: ## checkpatch, sparse, cppcheck, shellcheck, clang-format; CHECKS=...
	@scripts/check

.PHONY: vm
vm: ## a shell in a machine, module inserted; exit leaves
	@scripts/vm/shell

.PHONY: kernel
kernel: ## fetch the distribution's kernel
	@scripts/kernel/fetch

.PHONY: kernels
kernels: ## build the kernels of our own ahead of time; KERNELS=...
	@scripts/kernels

.PHONY: kernels-clean
kernels-clean: ## remove them and their sources
	@scripts/kernels --clean

.PHONY: packages
packages: ## install the packages that all this needs, or name them
	@scripts/setup-packages

.PHONY: format
format: ## lay out the C code with clang-format
	@find bench kmod kunit userspace tests -name '*.[ch]' -exec clang-format -i {} +

.PHONY: clean
clean: ## remove what was built
	@scripts/clean

.PHONY: help
help: ## this list
	@echo "Commands:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22
	@sed -n '/^# Variables/,/^VARIABLES/ s/^# \{0,1\}//p' Makefile
