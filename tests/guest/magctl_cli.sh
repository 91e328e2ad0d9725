#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# magctl as a user meets it: names, numbers, messages, exit codes.
#   magctl_cli.sh             with the module in
#   magctl_cli.sh no-module   without
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

OK=0
FAILED=1
USAGE=2
NO_DEVICE=3

json=/out/json
full=/tmp/full.$$
workloads="skb dentry pair"
backends="magazine kmem_cache kmalloc noop"
clocks="auto tsc ktime ticks"

# What magctl says about a mistake, and that it is one of usage.
refuses() { # NAME REGEX ARGUMENT...
	name=$1
	regex=$2
	shift 2
	status "$name" $USAGE magctl "$@"
	says "$name, and says why" "$regex"
}

test_no_device() {
	for command in "run pair -b magazine -n 1000" \
		"compare pair -b magazine,noop -n 1000" list info machine; do
		# shellcheck disable=SC2086 # words
		status "without the module '$command' exits with $NO_DEVICE" \
			$NO_DEVICE magctl $command
		says "and tells to load it" 'insmod'
	done
	refuses "without it a number that is none is still told" 'abc' \
		run skbb -n abc
	test_help
}

test_help() {
	for command in --help "run --help" "compare --help" "list --help" \
		"info --help" "machine --help"; do
		# shellcheck disable=SC2086 # words
		status "magctl $command" $OK magctl $command
		says "magctl $command shows how to use it" '[Uu]sage'
		says "magctl $command shows an example" \
			'^ +magctl (run|compare|list|info|machine)'
	done
}

test_names() {
	refuses "no command" 'run|compare|list'
	refuses "an unknown command" 'frobnicate' frobnicate
	refuses "an unknown option" 'frobnicate' \
		run pair -b magazine -n 1000 --frobnicate
	refuses "no workload" 'workload' run -b magazine -n 1000
	refuses "a workload misspelt is told before a backend that is missing" \
		'"skbb"; did you mean skb\?' run skbb
	refuses "and before a number that is none" '"skbb"' run skbb -n abc
	refuses "unless that stands before it" 'abc' run -n abc skbb
	refuses "a backend misspelt" 'did you mean kmem_cache\?' \
		run pair -b kmem_cahce -n 1000
	refuses "a parameter misspelt" 'did you mean batch\?' \
		run pair -p bacth=1 -b noop
	refuses "an unknown workload" 'frobnicate' \
		run frobnicate -b magazine -n 1000
	for name in $workloads; do
		says "an unknown workload is answered with $name" "\\<$name\\>"
	done
	refuses "an unknown backend" 'frobnicate' run pair -b frobnicate -n 1000
	for name in $backends; do
		says "an unknown backend is answered with $name" "\\<$name\\>"
	done
	refuses "an unknown backend in a comparison" 'frobnicate' \
		compare pair -b magazine,frobnicate -n 1000
	refuses "an unknown clock" 'frobnicate' \
		run pair -b magazine -n 1000 --clock frobnicate
	for name in $clocks; do
		says "an unknown clock is answered with $name" "\\<$name\\>"
	done
	refuses "an unknown parameter" 'frobnicate' \
		run pair -b magazine -n 1000 -p frobnicate=1
	for name in size batch depth context; do
		says "an unknown parameter is answered with $name" \
			"\\<$name\\>"
	done
	refuses "a name that is only begun" '"magazin"' run pair -b magazin -n 1
	refuses "a backend named twice" 'twice' \
		compare pair -b magazine,magazine -n 1000
	refuses "one backend to compare" 'two' compare pair -b magazine -n 1000
	refuses "two backends to run" 'compare' \
		run pair -b magazine,noop -n 1000
	refuses "an unknown thing to list" 'workloads.*backends.*clocks' \
		list frobnicate
	refuses "a baseline that does not take part" 'kmalloc' \
		compare pair -b magazine,noop --baseline kmalloc -n 1000
	refuses "an option of compare given to run" 'compare' \
		run pair -b magazine -n 1000 --rounds 3
	refuses "a superfluous word" 'superfluous' \
		run pair superfluous -b magazine -n 1000
}

test_numbers() {
	for bad in '' ' 1' '1 ' +1 -1 0x10 1x 1.5 1e3 x \
		18446744073709551615 18446744073709551616 \
		18446744073709551G 99999999999999999999999; do
		refuses "-n '$bad'" '.' run pair -b noop -n "$bad"
		refuses "-w '$bad'" '.' run pair -b noop -n 1000 -w "$bad"
		refuses "--warmup-steps '$bad'" '.' \
			run pair -b noop -n 1000 --warmup-steps "$bad"
		refuses "--seed '$bad'" '.' run pair -b noop -n 1000 --seed "$bad"
		refuses "-p size='$bad'" '.' \
			run pair -b noop -n 1000 -p "size=$bad"
	done
	for bad in '' 1 -1s 1d s 1ss '1 s' 99999999999999999999s; do
		refuses "-d '$bad'" '.' run pair -b noop -d "$bad"
		refuses "--warmup '$bad'" '.' \
			run pair -b noop -n 1000 --warmup "$bad"
	done
	refuses "no worker at all" '.' run pair -b noop -n 1000 -w 0
	refuses "no step at all" '.' run pair -b noop -n 0
	refuses "-p twice for one parameter" 'twice' \
		run pair -b noop -n 1000 -p size=64 -p size=64
	refuses "-p without a value" 'size' run pair -b noop -n 1000 -p size
	refuses "-p without a name" '.' run pair -b noop -n 1000 -p =1
	refuses "-n without a value" '.' run pair -b noop -n
	refuses "a parameter below its bounds" '8.*65536' \
		run pair -b noop -n 1000 -p size=7
	refuses "a parameter above its bounds" '8.*65536' \
		run pair -b noop -n 1000 -p size=65537
	refuses "parameters that make no sense together" '.' \
		run pair -b noop -n 1000 -p batch=3 -p depth=2
	refuses "more workers than CPUs" '.' run pair -b noop -n 1000 -w 4096
	refuses "a longer run than an hour" '.' run pair -b noop -d 61m
	refuses "a longer warm-up than a minute" '.' \
		run pair -b noop -n 1000 --warmup 61s
}

test_list() {
	ok "magctl list" magctl list
	for name in $workloads $backends $clocks size batch depth context \
		burst handoff clone queue_depth; do
		says "list shows $name" "\\<$name\\>"
	done
	ok "magctl list --json" magctl list --json
	keep "$json/list.json"
}

test_run() {
	for workload in $workloads; do
		for backend in $backends; do
			ok "run $workload on $backend" magctl run "$workload" \
				-b "$backend" -w "$(workers)" -n 2000 --warmup-steps 500 \
				--seed 7 --json "$json/run-$workload-$backend.json"
			for word in p50 p90 p99 'p99\.9' 'p99\.99' max; do
				says "run $workload on $backend shows $word" \
					"\\<$word\\>"
			done
		done
	done
	# Counted where a counter is, and there on any machine.
	clock=ticks
	! magctl info | grep -q 'TSC 0 kHz' || clock=ktime
	ok "run for a time" magctl run pair -b magazine -d 20ms --warmup 5ms
	ok "run with every option" magctl run pair -b kmem_cache -p size=64 \
		-p batch=100 -w 1 -d 10s -n 1000 --warmup 1ms \
		--warmup-steps 100 --seed 4611686018427387903 --clock "$clock" \
		--json "$json/run-options.json"
}

test_compare() {
	ok "compare all backends" magctl compare pair \
		-b magazine,kmem_cache,kmalloc,noop -w 1 -n 20000 --rounds 3 \
		--histogram "$json/compare.csv" \
		--json "$json/compare.json"
	for name in $backends; do
		says "compare shows $name" "\\<$name\\>"
	done
}

test_info() {
	ok "magctl info" magctl info
	says "info shows the kernel" "$(uname -r | sed 's/[.+]/[&]/g')"
	says "info shows the hooks" 'init_on_alloc'
}

# What it finds is the machine's; that it is all there is checked on the host.
test_machine() {
	ok "magctl machine" magctl machine
	for name in call clock preempt irq bh spinlock atomic this_cpu line; do
		says "machine shows $name" "^ +$name +[0-9-]"
	done
	says "machine shows the clock's step" '^ +step +[0-9.]+ '
	says "machine shows timer ticks" '^ +timer +[0-9]+ ticks a second'
	refuses "machine of a CPU that is not there" 'not online' \
		machine --cpus 65535
	refuses "machine of no list" 'list' machine --cpus 0-
	ok "magctl machine --json" sh -c \
		"magctl machine --cpus 0 --json >$json/machine.json"
}

test_unprivileged() {
	status "an ordinary user is refused" $NO_DEVICE \
		su -s /bin/sh nobody -c 'magctl run pair -b magazine -n 1000'
	says "and told to be root" 'root|sudo'
	chmod 0666 /dev/magslab
	status "so he is when he can open the device" $NO_DEVICE \
		su -s /bin/sh nobody -c 'magctl run pair -b magazine -n 1000'
	says "and told to be root" 'root|sudo|CAP_SYS_ADMIN'
	chmod 0600 /dev/magslab
}

# A report that cannot be written is no success.
test_no_space() {
	mkdir -p "$full"
	mount -t tmpfs -o size=8k tmpfs "$full"
	echo old >"$full/run.json"
	dd if=/dev/zero of="$full/filler" bs=4k count=1 2>/dev/null
	status "--json without space exits with $FAILED" $FAILED \
		magctl run pair -b magazine -n 1000 --json "$full/run.json"
	says "and says so" 'No space'
	ok "what was there stays" grep -qx old "$full/run.json"
	ok "nothing else does" test "$(ls -A "$full")" = "filler
run.json"
	umount "$full"
	rmdir "$full"
	refuses "--json in a folder that is not there" 'No such file' \
		run pair -b magazine -n 1000 --json /nowhere/run.json
	refuses "--json and --histogram in one file" 'both' \
		run pair -b magazine -n 1000 --json "$json/one" \
		--histogram "$json/one"
	status "standard output without space exits with $FAILED" $FAILED \
		sh -c 'magctl run pair -b magazine -n 1000 >/dev/full'
}

# The reader may be gone before the report, in its midst, or not yet.
test_no_reader() {
	magctl compare pair -w 1 -n 20000 --rounds 3 --json "$json/unread.json" \
		--histogram "$json/unread.csv" | head -n 1 >/dev/null
	ok "a comparison whose reader leaves still writes JSON" \
		test -s "$json/unread.json"
	ok "and CSV" test -s "$json/unread.csv"
	echo before >/tmp/appended.$$
	ok "--json /dev/stdout to a file" sh -c \
		"magctl run pair -b noop -n 1000 --json /dev/stdout >>/tmp/appended.$$"
	ok "leaves what is in it" grep -qx before /tmp/appended.$$
	ok "and adds the result" grep -q magslab-result /tmp/appended.$$
	rm -f /tmp/appended.$$
}

# One run at a time, and magctl says so.
test_busy() {
	gate=/tmp/gate.$$
	said=/tmp/said.$$
	mkfifo "$gate" "$said"
	client hold measure <"$gate" >"$said" &
	exec 8>"$gate" 9<"$said"
	read -r _ <&9
	status "while another run is under way" $FAILED \
		magctl run pair -b magazine -n 1000
	says "magctl says so" 'another run'
	exec 8>&- 9<&-
	ok "and does not disturb it" wait $!
	rm -f "$gate" "$said"
}

mkdir -p "$json"
if [ "${1:-}" = no-module ]; then
	test_no_device
else
	test_help
	test_names
	test_numbers
	test_list
	test_run
	test_compare
	test_info
	test_machine
	test_unprivileged
	test_no_space
	test_no_reader
	test_busy
	ok "the module is idle" idle
fi
tap_done
