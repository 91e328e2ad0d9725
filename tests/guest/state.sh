#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The state that decides figures: each cause on the kernel's command line has its
# WARNING, and without its cause none is there.  The module is in.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

FAILED=1

json=/tmp/state.json.$$
report=/tmp/state.report.$$

booted_with() { # REGEX
	tr ' ' '\n' </proc/cmdline | grep -qxE "$1"
}

has_function() { # NAME
	grep -qw "$1" /proc/kallsyms
}

# Too short to tell anything of other tasks, so that those are in no warning.
compare() { # OPTION...
	magctl compare pair -b magazine,kmem_cache,kmalloc -w 1 -n 2000 \
		--warmup-steps 500 --rounds 3 "$@"
}

warned() { # NAME
	grep -q "^  WARNING    $1: " "$report"
}

precondition() { # NAME
	jsonget "$json" magslab warnings "name=$1" precondition 2>/dev/null
}

# A cause is there if the kernel was booted with it and knows it.
test_cause() { # WARNING PRECONDITION REGEX COMMAND...
	name=$1
	hard=$2
	regex=$3
	shift 3
	if ! booted_with "$regex"; then
		ok "no WARNING of $name without its cause" fails warned "$name"
		is "nor in the JSON" "$(precondition "$name")" ""
	elif ! "$@"; then
		skip "a WARNING of $name" "this kernel was built without"
		ok "and none is there" fails warned "$name"
	else
		ok "a WARNING of $name" warned "$name"
		is "and in the JSON, where precondition is $hard" \
			"$(precondition "$name")" "$hard"
	fi
}

test_causes() {
	ok "compare" compare
	keep "$report"
	diag_output
	ok "compare --json" compare --json "$json"
	test_cause slab_debug true '(slub|slab)_debug=[FZPU]+' \
		test -e /sys/kernel/slab/kmalloc-64/sanity_checks
	test_cause kfence true 'kfence\.sample_interval=[1-9][0-9]?' \
		test -e /sys/module/kfence
	test_cause page_owner true 'page_owner=on' has_function __set_page_owner
	test_cause init_on_free false 'init_on_free=1' true
}

# As SLUB says it of one of its own caches.
test_caches() {
	flags=
	for flag in F:sanity_checks Z:red_zone P:poison U:store_user; do
		! grep -qs 1 "/sys/kernel/slab/kmalloc-256/${flag#*:}" ||
			flags=$flags${flag%%:*}
	done
	is "kmalloc's caches are debugged as SLUB says" \
		"$(jsonget "$json" magslab environment state caches \
			backend=kmalloc,name=kmalloc-256 debug)" "$flags"
	capacity=$(cat /sys/kernel/slab/kmalloc-256/sheaf_capacity 2>/dev/null)
	sheaves=false
	[ "${capacity:-0}" -eq 0 ] || sheaves=true
	is "the hook sheaves is what is in force" "$(jsonget "$json" magslab \
		environment hooks sheaves)" $sheaves
	is "nothing is charged to control groups" "$(jsonget "$json" magslab \
		environment hooks memcg)" false
	is "the magazine's cache has its preset" \
		"$(jsonget "$json" magslab environment state caches \
			backend=magazine,name=pair knobs preset)" magslab
	is "the command line is whole" "$(jsonget "$json" magslab environment \
		state cmdline)" "$(cat /proc/cmdline)"
}

# A precondition that is missing costs the verdicts, not the figures.
test_strict() {
	status "--strict refuses a run too short to tell" $FAILED \
		magctl compare pair -b magazine,kmem_cache -w 1 -p batch=100 \
		-n 100 --warmup 0 --rounds 1 --strict
	# A host that stops the machine meanwhile makes the second full: then
	# that is the reason, and a good one.
	says "and says how long is enough" \
		'stand: .*(load_unknown \(run for 1 s or longer\)|starved \()'
	got=0
	magctl compare pair -b magazine,kmem_cache -w 1 -d 300ms --warmup 0 \
		--rounds 3 --strict --json "$json" >"$report" 2>&1 || got=$?
	if grep -q '"precondition": *true' "$json"; then
		is "--strict refuses verdicts" $got $FAILED
		ok "all of them" grep -q ' refused$' "$report"
		ok "and names what is missing, and a cure" \
			grep -qE '^  strict     .* stand: [a-z_]+ \(' "$report"
		ok "none is given" fails \
			grep -qE ' (faster|slower|same within noise)$' "$report"
	else
		is "--strict has nothing to refuse" $got 0
		ok "and refuses nothing" fails grep -q refused "$report"
	fi
}

# The magazine's own debugging is a cause as good as SLUB's.
test_magazine_debug() {
	knob=/sys/kernel/debug/magslab/knobs/debug
	echo CP >$knob
	ok "compare with the magazine's cache debugged" compare
	says "that is in the WARNING" '^  WARNING    slab_debug: magazine.s pair runs with CP'
	echo - >$knob
}

# Since boot somebody has run in user space, or the kernel does not count it.
counts_user_time() {
	awk '/^cpu / { exit $2 + $3 == 0 }' /proc/stat
}

# A task on the worker's CPU, the first, that does nothing but run in user space.
test_load() {
	taskset 1 sh -c 'while :; do :; done' &
	spinner=$!
	ok "run beside a busy task" \
		magctl run pair -b noop -w 1 -d 1500ms --warmup 0
	if counts_user_time; then
		says "it is a WARNING" '^  WARNING    load: '
	else
		says "it cannot be told from the kernel" 'other tasks unknown'
	fi
	kill "$spinner"
}

test_causes
test_caches
test_strict
test_magazine_debug
test_load
ok "the module is idle" idle
rm -f "$json" "$report"
tap_done
