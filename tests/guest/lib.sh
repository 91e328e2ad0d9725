# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the scripts share: the module in and out, and nothing left of it.

MODULE=${MODULE:-/magslab/magslab.ko}

# Two, or one on a machine of one CPU: a worker needs its own.
workers() {
	[ "$(nproc)" -gt 1 ] && echo 2 || echo 1
}

load() {
	insert "$MODULE"
}

unload() {
	remove magslab
}

# A module that is in, with no run, holds nothing for one.
idle() {
	client idle
}

# Of a module that is out nothing is left.
gone() {
	client gone
}

# A whole run, from START to DONE, clean.
run_works() {
	client hold "done" </dev/null
}

# The opposite of a command.
fails() {
	! "$@"
}

# LINES numbers below BELOW, the same ones for the same SEED.
random() { # SEED LINES BELOW
	awk -v seed="$1" -v lines="$2" -v below="$3" 'BEGIN {
		srand(seed)
		while (lines--)
			print int(rand() * below)
	}'
}

# 256-byte objects, whole batches, one worker: the plain loop's own terms.
compare_pair() { # FILE
	magctl compare pair -b magazine,kmem_cache,kmalloc,noop -w 1 \
		-p size=256 -n 100000 --warmup-steps 10000 --rounds 1 \
		--json "$1"
}
