#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Nodes that no slab can be made of, for their memory is movable or they have none:
# their CPUs use magazines as those of other nodes do.  The module is in.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

DIR=/sys/kernel/debug/magslab
NODES=/sys/devices/system/node
TRACE=/sys/kernel/debug/tracing

gate=/tmp/gate.$$
said=/tmp/said.$$
caches=/tmp/caches.$$
nodes=/tmp/nodes.$$

# Whether a list such as 0-2,4 holds a number.
in_list() { # NUMBER LIST
	echo "$2" | tr ',' '\n' | awk -F - -v n="$1" '
		NF && n >= $1 && n <= $NF { found = 1 }
		END { exit !found }'
}

# What slabs can be made of a node's memory: normal, movable or bare.
kind_of() { # NODE
	if in_list "$1" "$(cat $NODES/has_normal_memory)"; then
		echo normal
	elif in_list "$1" "$(cat $NODES/has_memory)"; then
		echo movable
	else
		echo bare
	fi
}

# A CPU of the first node of a kind.
cpu_of() { # KIND
	for node in "$NODES"/node[0-9]*; do
		cpus=$(cat "$node/cpulist")
		if [ -n "$cpus" ] &&
			[ "$(kind_of "${node##*node}")" = "$1" ]; then
			echo "${cpus%%[-,]*}"
			return
		fi
	done
}

sum() { # COLUMN
	awk -v name="$1" '
		NR == 1 { for (i = 2; i <= NF; i++) if ($i == name) at = i - 1 }
		NR > 1 { sum += $at }
		END { print at ? sum + 0 : "no column " name }' "$caches"
}

# Slabs of a node, of all caches together.
slabs_of() { # NODE
	awk -v node="$1" '
		/^#/ { for (i = 2; i <= NF; i++) if ($i == "slabs") at = i - 1 }
		$1 == node { sum += $at }
		END { print at ? sum + 0 : "no column slabs" }' "$nodes"
}

# A load on a CPU, and its caches while their objects are out.
load_on() { # CPU
	mkfifo "$gate" "$said"
	client hold live "$1" <"$gate" >"$said" &
	holder=$!
	exec 8>"$gate" 9<"$said"
	read -r _ <&9
	cat "$DIR/caches" >"$caches"
	cat "$DIR"/cache/*/nodes >"$nodes"
	exec 8>&- 9<&-
	rm -f "$gate" "$said"
	wait "$holder"
}

# The same load on each.  How often it asks the slabs differs a little, by when
# grace periods end.
test_kind() { # KIND
	cpu=$(cpu_of "$1")
	if [ -z "$cpu" ]; then
		skip "a CPU of a $1 node" "the machine has none"
		return
	fi
	ok "a load runs on CPU $cpu, of a $1 node" load_on "$cpu"
	diag "$(sum allocs) allocs, $(sum alloc_slab) of them from slabs"
	diag "$(sum frees) frees, $(sum free_remote) of them remote"
	ok "$1: objects were handed out" test "$(sum allocs)" -gt 1000
	is "$1: no free was of another node's object" "$(sum free_remote)" 0
	[ "$1" != normal ] || usual=$(sum alloc_slab)
	ok "$1: the slabs were asked as seldom as on a normal node" \
		test "$(sum alloc_slab)" -le $((2 * usual))
}

# Frees that ask for the object's node, counted by a probe.
probe() { # 0|1
	echo "$1" >"$TRACE/events/kprobes/checked_free/enable"
}

checked_frees() {
	awk '$1 == "checked_free" { print $2 }' "$TRACE/kprobe_profile"
}

test_checks() {
	if [ ! -w "$TRACE/kprobe_events" ]; then
		skip "frees that ask for the node" "needs CONFIG_KPROBE_EVENTS"
		return
	fi
	echo 'p:checked_free magslab:mag_cache_free_checked' \
		>"$TRACE/kprobe_events"
	ok "frees that ask for the node can be counted" probe 1
	load_on "$(cpu_of normal)"
	ok "objects were freed meanwhile" test "$(sum frees)" -gt 1000
	is "one node with slabs is not many: none asks" "$(checked_frees)" 0
	probe 0
	echo >"$TRACE/kprobe_events"
}

set_memory() { # NODE STATE
	for state in "$NODES/node$1"/memory*/state; do
		echo "$2" >"$state" || return
	done
}

# Its memory comes again, and slabs can be made of it: then they are.
test_memory_that_comes() {
	cpu=$(cpu_of movable)
	if [ -z "$cpu" ]; then
		skip "a node whose memory comes later" "no memory can be plugged"
		return
	fi
	node=$(echo "$NODES"/node*/cpu"$cpu")
	node=${node%/*}
	node=${node##*node}
	ok "no slab is made of a node without memory for them" \
		test "$(slabs_of "$node")" -eq 0
	ok "its memory goes" set_memory "$node" offline
	ok "it comes again, not movable" set_memory "$node" online_kernel
	is "now it is a node that slabs can be made of" \
		"$(kind_of "$node")" normal
	ok "the load runs on its CPU" load_on "$cpu"
	ok "it has slabs of its node" test "$(slabs_of "$node")" -gt 0
	is "and of no other" "$(slabs_of 0)" 0
	is "and frees them there" "$(sum free_remote)" 0
	ok "a load on a CPU of the first node" load_on "$(cpu_of normal)"
	ok "has slabs of its own" test "$(slabs_of 0)" -gt 0
	is "and of no other" "$(slabs_of "$node")" 0
}

is "the machine has one node that slabs can be made of" \
	"$(cat $NODES/has_normal_memory)" 0
if grep -q memhp_default_state=online_movable /proc/cmdline; then
	ok "and one whose memory is movable" test -n "$(cpu_of movable)"
fi
ok "and one without memory" test -n "$(cpu_of bare)"
test_kind normal
test_kind movable
test_kind bare
test_checks
test_memory_that_comes
ok "nothing is left of the loads" idle
rm -f "$caches" "$nodes"
tap_done
