# SPDX-License-Identifier: GPL-2.0-only
# Every command of the project: make help lists them.  Each is a script in
# scripts/, which says more with --help.
#
# Variables:
#   MAGSLAB_CACHE=~/.cache/magslab  where fetched kernels are kept
#   FLAVOUR=cloud-amd64  flavour of the distribution's kernel to fetch
#   REFRESH=1            ask for a newer kernel now, not once a day
#   KDIR=DIR             headers or build folder of a kernel of your own
#   KERNEL_IMAGE=FILE    its bzImage or vmlinuz, where a machine is booted
#   O=out                where everything that is built goes
#   V=1                  show commands, and the console of the machine
#   CPUS=2 MEM=1024      CPUs and MiB of make vm
#   APPEND=...           further kernel arguments of make vm
#   CHECKS=...           the checks that make check runs, not all
#
# make all is for this machine's own kernel unless told otherwise; the virtual
# machine boots the distribution's newest, so there KDIR has no default.
HOST_KDIR := $(or $(KDIR),/lib/modules/$(shell uname -r)/build)
O ?= out
V ?= 0

export APPEND CPUS FLAVOUR KDIR KERNEL_IMAGE MAGSLAB_CACHE MEM O REFRESH V

.PHONY: all
all: ## magslab.ko and magctl for the running kernel, or for KDIR=
	@scripts/setup-packages build
	@scripts/build $(HOST_KDIR) $(O)/build/host
	@cp -L $(O)/build/host/magslab.ko $(O)/build/host/magctl .

.PHONY: demo
demo: ## compare allocators in a virtual machine: percentiles and JSON
	@scripts/demo

.PHONY: test
test: ## every test, in a virtual machine and here
	@scripts/test

.PHONY: check
check: ## checkpatch, sparse, cppcheck, shellcheck, clang-format; CHECKS=...
	@scripts/check $(CHECKS)

.PHONY: vm
vm: ## a shell in the virtual machine, module inserted; exit leaves
	@scripts/vm/shell

.PHONY: kernel
kernel: ## fetch the kernel that the virtual machine boots
	@scripts/kernel/fetch

.PHONY: packages
packages: ## install the packages that all this needs, or name them
	@scripts/setup-packages

.PHONY: format
format: ## lay out the C code with clang-format
	@find kmod kunit userspace tests -name '*.[ch]' -exec clang-format -i {} +

.PHONY: clean
clean: ## remove what was built
	rm -rf $(addprefix $(O)/,build demo test vm) magslab.ko magctl
	@rmdir $(O) 2>/dev/null || true

.PHONY: help
help: ## this list
	@echo "Commands:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18
	@echo "Variables:"
	@sed -n 's/^#   \([A-Z_]*=\)/  \1/p' Makefile
